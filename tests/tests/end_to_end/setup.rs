//! Helpers for all stories: they start a simulator with a client, compare records, and summarise the requests that the
//! simulator has received.

use std::time::Duration;

use connectwise_psa::{CallOptions, Psa, RetryPolicy};
use connectwise_psa_sim::{Seed, Sim, SimBuilder};
use serde_json::{Value, json};

/// Starts a simulator with the demo data, and returns it with a client that retries after short delays.
pub(crate) async fn demo() -> (Sim, Psa) {
    start_sim(Sim::builder()).await
}

/// Starts a simulator with the given settings, and returns it with a client that retries after short delays.
pub(crate) async fn start_sim(builder: SimBuilder) -> (Sim, Psa) {
    let sim = builder.start().await.unwrap();
    let psa = sim.psa().with(quick_retries());
    (sim, psa)
}

/// Starts a simulator with few records, which takes a fraction of the time. For stories that do not need the demo data.
pub(crate) async fn small() -> (Sim, Psa) {
    start_sim(Sim::builder().seed(few_records())).await
}

/// The number of tickets in [`few_records`].
pub(crate) const FEW_TICKETS: usize = 120;

/// Returns a seed with two companies, two boards, four members, and tickets of one company on both boards.
pub(crate) fn few_records() -> Seed {
    let date = "2025-01-02T03:04:05Z";
    let info = json!({"lastUpdated": date, "updatedBy": "ann", "dateEntered": date, "enteredBy": "ann"});
    let status = |id: i64, closed: bool| {
        let name = if closed { "Closed" } else { "New" };
        json!({"id": id, "name": name, "closedStatus": closed, "defaultFlag": !closed})
    };
    let tickets = (1..=FEW_TICKETS).map(|id| {
        let board = if id % 3 == 0 { 2 } else { 1 };
        json!({
            "id": id,
            "summary": format!("Ticket {id}"),
            "company": {"id": 5, "identifier": "acme", "name": "Acme"},
            "board": {"id": board},
            "status": {"id": board * 2 - 1, "name": "New"},
            "closedFlag": false,
            "recordType": "ServiceTicket",
            "_info": info,
        })
    });
    let members = ["ann", "bob", "carla", "deniz"].map(|name| json!({"identifier": name, "firstName": name}));
    Seed::Records(json!({
        "/company/companies": [
            {"id": 5, "identifier": "acme", "name": "Acme"},
            {"id": 6, "identifier": "other", "name": "Other"},
        ],
        "/service/boards": [{"id": 1, "name": "Help Desk"}, {"id": 2, "name": "Monitoring"}],
        "/service/boards/1/statuses": [status(1, false), status(2, true)],
        "/service/boards/2/statuses": [status(3, false), status(4, true)],
        "/service/tickets": tickets.collect::<Vec<_>>(),
        "/system/members": members.as_slice(),
    }))
}

/// Returns options with the default number of attempts and short delays between them.
pub(crate) fn quick_retries() -> CallOptions {
    CallOptions::new().retry(RetryPolicy::default().backoff(Duration::from_millis(1), Duration::from_millis(5)))
}

/// Returns the ids of records.
pub(crate) fn ids<'a>(records: impl IntoIterator<Item = &'a Value>) -> Vec<i64> {
    records.into_iter().map(|record| record["id"].as_i64().unwrap()).collect()
}

/// Returns one line for each request that the simulator has received: the method, the path after the base URL, and the
/// status. The status is 0 if the simulator closed the connection without a response.
pub(crate) fn request_lines(sim: &Sim) -> Vec<String> {
    let line = |request: &connectwise_psa_sim::RecordedRequest| {
        let path = request.path.split_once("/apis/3.0").map_or(request.path.as_str(), |(_, path)| path);
        format!("{} {path} {}", request.method, request.status.unwrap_or_default())
    };
    sim.requests().iter().map(line).collect()
}

/// Returns the number of requests with this method and path that the simulator has received.
pub(crate) fn request_count(sim: &Sim, method: &str, path: &str) -> usize {
    let start = format!("{method} {path} ");
    request_lines(sim).iter().filter(|line| line.starts_with(&start)).count()
}

/// Returns the names of the fields in which two versions of a record differ. Ignores `_info`.
pub(crate) fn changed_fields(before: &Value, after: &Value) -> Vec<String> {
    let (before, after) = (before.as_object().unwrap(), after.as_object().unwrap());
    let mut names: Vec<_> = before
        .keys()
        .chain(after.keys())
        .filter(|name| *name != "_info" && before.get(*name) != after.get(*name))
        .cloned()
        .collect();
    names.sort();
    names.dedup();
    names
}

//! What the stories share: a server with its client, and short questions to what the server holds and has seen.

use std::time::Duration;

use connectwise_psa::{CallOptions, Psa, RetryPolicy};
use connectwise_psa_sim::{Seed, Sim, SimBuilder};
use serde_json::{Value, json};

/// A server with the demo data, and a client of it that does not wait long between its tries.
pub(crate) async fn demo() -> (Sim, Psa) {
    opened(Sim::builder()).await
}

/// The same with settings of its own.
pub(crate) async fn opened(builder: SimBuilder) -> (Sim, Psa) {
    let sim = builder.start().await.unwrap();
    let psa = sim.psa().with(quick());
    (sim, psa)
}

/// A server with a few records, for stories that are not about data: it starts several times as fast.
pub(crate) async fn small() -> (Sim, Psa) {
    opened(Sim::builder().seed(few())).await
}

/// How many tickets are among the few records.
pub(crate) const FEW: usize = 120;

/// Two companies, two boards, four members, and tickets of the one company on both boards.
pub(crate) fn few() -> Seed {
    let info = json!({"lastUpdated": "2025-01-02T03:04:05Z", "updatedBy": "ann", "dateEntered": "2025-01-02T03:04:05Z", "enteredBy": "ann"});
    let status = |id: i64, closed: bool| json!({"id": id, "name": if closed { "Closed" } else { "New" }, "closedStatus": closed, "defaultFlag": !closed});
    let tickets = (1..=FEW).map(|id| {
        let board = if id % 3 == 0 { 2 } else { 1 };
        json!({
            "id": id, "summary": format!("Ticket {id}"), "company": {"id": 5, "identifier": "acme", "name": "Acme"}, "board": {"id": board},
            "status": {"id": board * 2 - 1, "name": "New"}, "closedFlag": false, "recordType": "ServiceTicket", "_info": info,
        })
    });
    let members = ["ann", "bob", "carla", "deniz"].map(|name| json!({"identifier": name, "firstName": name}));
    Seed::Records(json!({
        "/company/companies": [{"id": 5, "identifier": "acme", "name": "Acme"}, {"id": 6, "identifier": "other", "name": "Other"}],
        "/service/boards": [{"id": 1, "name": "Help Desk"}, {"id": 2, "name": "Monitoring"}],
        "/service/boards/1/statuses": [status(1, false), status(2, true)],
        "/service/boards/2/statuses": [status(3, false), status(4, true)],
        "/service/tickets": tickets.collect::<Vec<_>>(),
        "/system/members": members.as_slice(),
    }))
}

/// The usual number of tries without the usual delays.
pub(crate) fn quick() -> CallOptions {
    CallOptions::new().retry(RetryPolicy::default().backoff(Duration::from_millis(1), Duration::from_millis(5)))
}

/// The ids of records.
pub(crate) fn ids<'a>(records: impl IntoIterator<Item = &'a Value>) -> Vec<i64> {
    records.into_iter().map(|record| record["id"].as_i64().unwrap()).collect()
}

/// Method, path under the base and status of what the server has seen, with 0 where the connection was broken.
pub(crate) fn seen(sim: &Sim) -> Vec<String> {
    let line = |seen: &connectwise_psa_sim::RecordedRequest| {
        let path = seen.path.split_once("/apis/3.0").map_or(seen.path.as_str(), |(_, path)| path);
        format!("{} {path} {}", seen.method, seen.status.unwrap_or_default())
    };
    sim.requests().iter().map(line).collect()
}

/// How many requests of a method the server has seen for a path under the base.
pub(crate) fn asked(sim: &Sim, method: &str, path: &str) -> usize {
    let start = format!("{method} {path} ");
    seen(sim).iter().filter(|line| line.starts_with(&start)).count()
}

/// The members in which two versions of a record differ, without the marks of who changed it when.
pub(crate) fn changed(before: &Value, after: &Value) -> Vec<String> {
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

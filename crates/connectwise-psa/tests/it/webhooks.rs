//! Registration of callbacks and catch-up, with a server that behaves worse than the simulator: without a check for
//! duplicates, and with lists that fail.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use connectwise_psa::webhooks::{
    Action as Change, CallbackType, CatchUpError, CatchUpOptions, ContactLevel, MemoryState, Registration,
    RegistrationSet, TicketLevel,
};
use serde_json::{Value, json};

use crate::server::{Action, RecordedRequest, Server, json_response};

const RECEIVER: &str = "https://hooks.example.com/psa";

fn wanted() -> RegistrationSet {
    RegistrationSet::below(RECEIVER)
        .unwrap()
        .with(Registration::tickets(TicketLevel::Owner, RECEIVER))
        .with(Registration::contacts(ContactLevel::Company(5), RECEIVER))
}

/// Callbacks that are stored without a check for duplicates.
#[derive(Clone, Default)]
struct Callbacks(Arc<Mutex<BTreeMap<i32, Value>>>);

impl Callbacks {
    fn respond(&self, request: &RecordedRequest) -> Action {
        let mut callbacks = self.0.lock().unwrap();
        let id = request.short_line().rsplit('/').next().unwrap().parse::<i32>().ok();
        match (request.method.as_str(), id) {
            ("GET", None) => json_response(200, Value::Array(callbacks.values().cloned().collect()).to_string()),
            ("POST", None) => {
                let id = callbacks.keys().last().map_or(1, |id| id + 1);
                let mut callback: Value = serde_json::from_str(&request.body).unwrap();
                callback["id"] = json!(id);
                callbacks.insert(id, callback.clone());
                // Slow enough that two processes have listed the callbacks before.
                json_response(201, callback.to_string()).after(Duration::from_millis(5))
            }
            ("DELETE", Some(id)) => match callbacks.remove(&id) {
                Some(_) => json_response(204, ""),
                None => json_response(404, r#"{"code":"NotFound","message":"Callback not found"}"#),
            },
            _ => json_response(418, "{}"),
        }
    }
}

#[tokio::test]
async fn processes_at_once_converge_without_a_check_for_duplicates() {
    for round in 0..20 {
        let callbacks = Callbacks::default();
        let shared = callbacks.clone();
        let server = Server::new(move |request| shared.respond(request)).await;
        let tasks: Vec<_> = (0..3)
            .map(|_| {
                // Built separately, as in another process.
                let psa = server.psa();
                tokio::spawn(async move { psa.callbacks().reconcile(&wanted()).await })
            })
            .collect();
        for task in tasks {
            task.await.unwrap().unwrap();
        }
        let types: Vec<String> = callbacks.0.lock().unwrap().values().map(|entry| entry["type"].to_string()).collect();
        assert_eq!(types.len(), 2, "round {round}: {types:?}");
        assert_ne!(types[0], types[1]);
        assert!(server.psa().callbacks().reconcile(&wanted()).await.unwrap().is_unchanged());
    }
}

#[tokio::test]
async fn invalid_sets_are_rejected_before_anything_is_sent() {
    let server = Server::always(json_response(200, "[]")).await;
    let outside = wanted().with(Registration::tickets(TicketLevel::Board(1), "https://elsewhere.example/"));
    let error = server.psa().callbacks().reconcile(&outside).await.unwrap_err();
    assert!(error.error.is_invalid_input() && server.count() == 0, "{error}");
}

#[tokio::test]
async fn a_set_that_another_process_keeps_changing_is_an_error() {
    // The list is empty whatever is created.
    let server = Server::new(|request| match request.method.as_str() {
        "GET" => json_response(200, "[]"),
        _ => json_response(201, json!({"id": 1, "type": "ticket", "level": "owner", "url": RECEIVER}).to_string()),
    })
    .await;
    let error = server.psa().callbacks().reconcile(&wanted()).await.unwrap_err();
    assert!(error.error.to_string().contains("still not as wanted"), "{}", error.error);
    assert_eq!(error.done.created.len(), 10);
}

/// Returns the records with these ids, as a page of a list.
fn page(ids: impl Iterator<Item = i32>) -> Value {
    ids.map(|id| json!({"id": id, "_info": {"lastUpdated": "2025-01-01T00:00:00Z"}})).collect()
}

/// Returns the value of a query parameter, decoded.
fn parameter(request: &RecordedRequest, name: &str) -> Option<String> {
    let url = url::Url::parse(&format!("http://h{}", request.target)).unwrap();
    url.query_pairs().find(|(other, _)| other == name).map(|(_, value)| value.into_owned())
}

/// A server with 1,500 members, whose list fails, shrinks or is truncated after the first read, as `then` says.
async fn members(then: fn(i32) -> Option<Action>) -> Server {
    let reads = Arc::new(Mutex::new(0));
    Server::new(move |request| {
        if parameter(request, "orderBy").is_some() {
            return json_response(200, page(1500..1501).to_string());
        }
        let after: i32 = parameter(request, "pageId").and_then(|id| id.parse().ok()).unwrap_or_default();
        let mut reads = reads.lock().unwrap();
        if after == 0 {
            *reads += 1;
        }
        if *reads > 1
            && let Some(action) = then(after)
        {
            return action;
        }
        let next = format!("<http://h/members?pageId={}>; rel=\"next\"", after + 1000);
        let response = json_response(200, page((after + 1)..(after + 1001).min(1501)).to_string());
        if after == 0 { response.header("link", next) } else { response.header("link", "") }
    })
    .await
}

#[tokio::test]
async fn a_list_that_fails_or_shrinks_deletes_nothing() {
    for (name, then) in [
        ("the second page fails", (|after| (after > 0).then(|| json_response(400, "{}"))) as fn(i32) -> Option<Action>),
        ("the list is empty", |_| Some(json_response(200, "[]"))),
        ("the list is forbidden", |_| Some(json_response(403, "{}"))),
        ("the list is an error object", |_| {
            Some(json_response(200, r#"{"code":"Security","message":"x","errors":null}"#))
        }),
        ("the list is truncated", |_| Some(Action::CutOff(Box::new(json_response(200, page(1..500).to_string()))))),
        ("the list ends early", |_| Some(json_response(200, page(1..800).to_string()))),
        ("records lack ids", |_| Some(json_response(200, r#"[{"identifier":"x"}]"#))),
    ] {
        let server = members(then).await;
        let state = MemoryState::new();
        let psa = server.psa();
        let types = [CallbackType::Member];
        let mut first = psa.callbacks().catch_up(types.clone(), &state, CatchUpOptions::new()).unwrap();
        assert!(first.next().await.is_none(), "{name}");
        first.commit().await.unwrap();
        let mut missed = psa.callbacks().catch_up(types, &state, CatchUpOptions::new()).unwrap();
        let error = missed.next().await.unwrap().unwrap_err();
        assert!(
            matches!(error, CatchUpError::Call(..) | CatchUpError::ManyDeleted { known: 1500, .. }),
            "{name}: {error:?}"
        );
        assert!(missed.next().await.is_none(), "{name}");
    }
}

#[tokio::test]
async fn records_that_a_list_leaves_out_are_looked_up_before_they_are_reported_as_deleted() {
    // The list leaves out member 3, which exists, and member 4, which does not.
    let reads = Arc::new(Mutex::new(0));
    let server = Server::new(move |request| {
        let conditions = parameter(request, "conditions").unwrap_or_default();
        if conditions.contains("id in") {
            return json_response(200, page(3..4).to_string());
        }
        if conditions.contains("lastUpdated") {
            return json_response(200, "[]");
        }
        if parameter(request, "orderBy").is_some() {
            return json_response(200, page(1..2).to_string());
        }
        let mut reads = reads.lock().unwrap();
        *reads += 1;
        let ids = (1..10).filter(|id| *reads == 1 || ![3, 4].contains(id));
        json_response(200, page(ids).to_string())
    })
    .await;
    let (psa, state) = (server.psa(), MemoryState::new());
    let mut found = Vec::new();
    for _ in 0..2 {
        let mut missed = psa.callbacks().catch_up([CallbackType::Member], &state, CatchUpOptions::new()).unwrap();
        while let Some(event) = missed.next().await {
            let event = event.unwrap();
            found.push((event.action, event.id));
        }
        missed.commit().await.unwrap();
    }
    assert_eq!(found, [(Change::Deleted, 4)]);
}

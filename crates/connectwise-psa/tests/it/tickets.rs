//! Tickets for keys and the closing of tickets, when another process interferes, a step fails, or a response is lost.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use connectwise_psa::tickets::{NewTicket, Note};
use serde_json::{Value, json};

use crate::server::{Action, RecordedRequest, Server, json_response};

const KEY: &str = "srv1-disk";

fn tickets(ids: &[i32]) -> Action {
    let tickets: Vec<_> = ids.iter().map(|id| json!({"id": id, "externalXRef": KEY})).collect();
    json_response(200, Value::from(tickets).to_string())
}

fn created(id: i32) -> Action {
    json_response(201, json!({"id": id, "externalXRef": KEY}).to_string())
}

fn new() -> NewTicket {
    NewTicket::new("Disk full", 5)
}

#[tokio::test]
async fn the_ticket_of_a_faster_process_is_returned() {
    for (after, record, duplicates) in [
        (tickets(&[9, 7]), 7, vec![9]),
        (tickets(&[9]), 9, vec![]),
        (tickets(&[9, 12, 11]), 9, vec![11, 12]),
        // The search does not find the new ticket yet.
        (tickets(&[]), 9, vec![]),
        (tickets(&[7]), 7, vec![9]),
        // The ticket exists, so a failed search is not an error.
        (json_response(400, "{}"), 9, vec![]),
    ] {
        let server = Server::with_actions([tickets(&[]), created(9), after]).await;
        let found = server.psa().tickets().find_or_create(KEY, new()).await.unwrap();
        assert_eq!((found.record.id, found.duplicates, found.created), (Some(record), duplicates, true));
        assert_eq!(server.request_lines(), ["GET /service/tickets", "POST /service/tickets", "GET /service/tickets"]);
    }
}

#[tokio::test]
async fn two_processes_at_once_return_one_ticket() {
    let stored: Arc<Mutex<Vec<i32>>> = Arc::default();
    let to_serve = Arc::clone(&stored);
    let server = Server::new(move |request: &RecordedRequest| {
        let mut stored = to_serve.lock().unwrap();
        if request.method == "POST" {
            let id = i32::try_from(stored.len()).unwrap() + 1;
            stored.push(id);
            return created(id);
        }
        // The first searches of both end before either creates.
        let delay = if stored.is_empty() { Duration::from_millis(300) } else { Duration::ZERO };
        tickets(&stored).after(delay)
    })
    .await;
    // Clients of different companies do not wait for each other, as if they were in different processes.
    let other = server.builder().company("other").build().unwrap();
    let (one, two) = (server.psa().tickets(), other.tickets());
    let (one, two) = tokio::join!(one.find_or_create(KEY, new()), two.find_or_create(KEY, new()));
    let (one, two) = (one.unwrap(), two.unwrap());
    assert_eq!(*stored.lock().unwrap(), [1, 2]);
    assert_eq!((one.record.id, two.record.id), (Some(1), Some(1)));
    assert!(one.created && two.created);
    assert!([one.duplicates, two.duplicates].contains(&vec![2]));
}

#[tokio::test]
async fn an_ambiguous_create_request_is_not_repeated() {
    // After the lost response, the first search finds nothing, the second fails, and the third finds the ticket.
    let actions = [tickets(&[]), Action::Close, tickets(&[]), json_response(400, "{}"), tickets(&[9])];
    let server = Server::with_actions(actions).await;
    tokio::time::pause();
    let psa = server.psa();
    let found = psa.tickets().find_or_create(KEY, new()).await.unwrap();
    assert_eq!((found.record.id, found.duplicates), (Some(9), vec![]));
    assert_eq!(server.request_lines().iter().filter(|line| line.starts_with("POST")).count(), 1);

    // A rejected create request is not searched again.
    let server = Server::with_actions([tickets(&[]), json_response(400, r#"{"code":"InvalidObject"}"#)]).await;
    let error = server.psa().tickets().find_or_create(KEY, new()).await.unwrap_err();
    assert!(!error.is_ambiguous(), "{error}");
    assert_eq!(server.count(), 2);
}

/// The actions of a close with a note: the ticket, the statuses of its board, the note, the status.
fn close_actions() -> [Action; 4] {
    [
        json_response(200, r#"{"id":5,"board":{"id":1},"closedFlag":false}"#),
        json_response(200, r#"[{"id":2,"name":"Closed","closedStatus":true}]"#),
        json_response(201, r#"{"id":70}"#),
        json_response(200, r#"{"id":5,"closedFlag":true}"#),
    ]
}

#[tokio::test]
async fn a_failed_step_of_closing_is_the_last_request() {
    use connectwise_psa::tickets::CloseStep::{Note as NoteStep, Preparation, Status};

    let still_open = json_response(200, r#"{"id":5,"closedFlag":false}"#);
    for (at, action, step) in [
        (0, json_response(404, "{}"), Preparation),
        (1, json_response(403, "{}"), Preparation),
        (1, json_response(200, "[]"), Preparation),
        (2, json_response(400, "{}"), NoteStep),
        (2, Action::Close, NoteStep),
        (2, Action::Reset, NoteStep),
        (3, json_response(400, "{}"), Status),
        (3, still_open, Status),
    ] {
        let mut actions = close_actions();
        actions[at] = action;
        let server = Server::with_actions(actions).await;
        let error = server.psa().tickets().close(5).note(Note::internal("a")).send().await.unwrap_err();
        assert_eq!(error.step, step, "{error}: {}", error.error);
        assert_eq!(error.done.note.as_ref().and_then(|note| note.id()), (step == Status).then_some(70));
        assert_eq!((server.count(), error.done.status.is_none()), (at + 1, true), "{:?}", server.request_lines());
        assert_eq!(error.to_string().contains("the note 70 was added"), step == Status, "{error}");
    }
}

#[tokio::test]
async fn a_close_whose_last_response_was_lost_can_be_repeated() {
    let (server, queue) = Server::with_queue().await;
    let psa = server.psa().with(connectwise_psa::CallOptions::new().retry(connectwise_psa::RetryPolicy::none()));
    let close = || psa.tickets().close(5).status(2).note(Note::internal("a"));
    let [ticket, statuses, note, _] = close_actions();
    queue.lock().unwrap().extend([ticket, statuses, note, Action::Close]);
    let error = close().send().await.unwrap_err();
    assert!(error.error.is_ambiguous(), "{}", error.error);
    queue.lock().unwrap().push_back(json_response(200, r#"{"id":5,"board":{"id":1},"closedFlag":true}"#));
    let closed = close().send().await.unwrap();
    assert!(closed.was_closed && closed.note.is_none() && closed.status.is_none());
    assert_eq!(server.request_lines().iter().filter(|line| line.starts_with("POST")).count(), 1);
}

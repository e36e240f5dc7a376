//! Successful responses that are not what was requested: an error, a web page, another record.

use connectwise_psa::{Method, Patch, Value};
use serde_json::json;

use crate::server::{Server, json_response};

/// Returns how many requests with this method the server has received.
fn calls(server: &Server, method: &str) -> usize {
    server.requests().iter().filter(|request| request.method == method).count()
}

/// The bodies of successful responses that are not the ticket 5, each with a part of the error.
const NOT_TICKET_5: [(&str, &str); 6] = [
    (r#"{"code":"Security","message":"SSL is required.","errors":null}"#, "is an error (Security: SSL is required)"),
    ("{}", "is an object without fields"),
    (r#"{"id":6,"summary":"another"}"#, "is the record with the id 6 instead of 5"),
    (r#"{"summary":"without an id"}"#, "is a record without an id"),
    (r#"{"id":null}"#, "is a record without an id"),
    ("<html><title>Log in</title></html>", "is an HTML page"),
];

#[tokio::test]
async fn a_record_that_is_read_or_written_by_id_must_be_that_record() {
    let body = json!({"summary": "a"});
    let patch = Patch::new().replace("summary", "a");
    for (response, expected) in NOT_TICKET_5 {
        let server = Server::always(json_response(200, response)).await;
        let psa = server.psa();
        let service = psa.service();
        let edit = service.get_ticket(5).edit(|ticket| ticket.summary = Some("b".into()));
        let path = "/service/tickets/5";
        let raw = |method| psa.request(method, path);
        // The call, whether it only reads, and its error.
        for (name, reads, error) in [
            ("get", true, service.get_ticket(5).await.unwrap_err()),
            ("get as JSON", true, service.get_ticket(5).decode_as::<Value>().await.unwrap_err()),
            ("edit", true, edit.await.unwrap_err()),
            ("raw get", true, raw(Method::Get).await.unwrap_err()),
            ("raw get as JSON", true, raw(Method::Get).decode_as::<Value>().await.unwrap_err()),
            ("update", false, service.update_ticket(5, &patch).await.unwrap_err()),
            ("replace", false, service.replace_ticket(5, &body).await.unwrap_err()),
            ("raw put", false, raw(Method::Put).json(&body).await.unwrap_err()),
        ] {
            let text = error.to_string();
            assert!(error.is_unexpected_response() && text.contains(expected), "{name} {response}: {text}");
            assert_eq!((error.is_ambiguous(), error.is_retryable()), (!reads, false), "{name} {response}: {text}");
            assert_eq!(error.attempts(), Some(1), "{name}: {text}");
        }
        // `edit` sent no patch: the only one is that of `update`.
        assert_eq!(calls(&server, "PATCH"), 1);
    }
}

#[tokio::test]
async fn a_created_record_must_have_an_id() {
    for (response, is_created) in [
        (r#"{"id":6}"#, true),
        (r#"{"code":"Security","message":"SSL is required.","errors":null}"#, false),
        ("{}", false),
        (r#"{"summary":"a"}"#, false),
        (r#"{"id":0}"#, false),
        ("", false),
        (r#"{"id":6,"summary":"#, false),
    ] {
        let server = Server::always(json_response(201, response)).await;
        let psa = server.psa();
        let body = json!({"summary": "a"});
        let raw = psa.request(Method::Post, "/service/tickets").json(&body);
        for (name, result) in
            [("create", psa.service().create_ticket(&body).await.map(drop)), ("raw", raw.await.map(drop))]
        {
            assert_eq!(result.is_ok(), is_created, "{name} {response}: {result:?}");
            if let Err(error) = result {
                assert!(error.is_ambiguous() && !error.is_retryable(), "{name} {response}: {error}");
            }
        }
        assert_eq!(calls(&server, "POST"), 2, "no create request is repeated");
    }
}

#[tokio::test]
async fn a_selection_is_checked_by_the_id_that_the_caller_does_not_see() {
    let server = Server::always(json_response(200, r#"{"id":5,"summary":"a"}"#)).await;
    let psa = server.psa();
    let get = || psa.service().get_ticket(5).select(|ticket| ticket.summary());
    let ticket = get().await.unwrap();
    assert_eq!((ticket.id, ticket.summary.as_deref()), (None, Some("a")));
    assert_eq!(get().decode_as::<Value>().await.unwrap(), json!({"summary": "a"}));
    assert!(get().dry_run().unwrap().url.ends_with("?fields=summary%2Cid"));
    let with_id = psa.service().get_ticket(5).select(|ticket| (ticket.summary(), ticket.id())).await.unwrap();
    assert_eq!(with_id.id, Some(5));
    let server = Server::always(json_response(200, r#"{"id":6,"summary":"a"}"#)).await;
    let error = server.psa().service().get_ticket(5).select(|ticket| ticket.summary()).await.unwrap_err();
    assert!(error.is_unexpected_response(), "{error}");
}

//! Contacts: which errors of a delete lead to a deactivation, and what stays when a step of a change fails.

use connectwise_psa::contacts::{CommunicationItem, Removal};
use connectwise_psa::{CallOptions, Psa, RetryPolicy};

use crate::server::{Action, Server, json_response, response};

const IN_USE: &str = r#"{"code":"ConnectWiseApi","message":"Contact 5 is in use and cannot be deleted."}"#;

fn once(server: &Server) -> Psa {
    server.psa().with(CallOptions::new().retry(RetryPolicy::none()))
}

#[tokio::test]
async fn only_the_conflict_of_a_record_in_use_deactivates_a_contact() {
    for action in [
        json_response(400, IN_USE),
        json_response(401, IN_USE),
        json_response(403, IN_USE),
        json_response(404, IN_USE),
        json_response(500, IN_USE),
        // A response of a proxy is not the server's decision.
        response(409, "text/html", "<html>Conflict</html>"),
        response(409, "text/plain", ""),
        response(503, "text/plain", "unavailable"),
        Action::Close,
    ] {
        let server = Server::with_actions([action]).await;
        let error = once(&server).contacts().delete_or_deactivate(5).await.unwrap_err();
        assert_eq!(server.request_lines(), ["DELETE /company/contacts/5"], "{error}");
    }

    let server = Server::with_actions([json_response(409, IN_USE), json_response(200, r#"{"id":5}"#)]).await;
    let Removal::Deactivated { reason } = once(&server).contacts().delete_or_deactivate(5).await.unwrap() else {
        panic!("the contact is in use")
    };
    assert_eq!(reason, "Contact 5 is in use and cannot be deleted.");
    assert_eq!(server.requests()[1].body, r#"[{"op":"replace","path":"inactiveFlag","value":true}]"#);

    // The contact is neither deleted nor deactivated, so this is an error.
    let server = Server::with_actions([json_response(409, IN_USE), json_response(403, "{}")]).await;
    assert!(once(&server).contacts().delete_or_deactivate(5).await.unwrap_err().is_permission_denied());
}

#[tokio::test]
async fn a_repeated_call_after_a_lost_response_does_not_add_an_item_twice() {
    let types = || json_response(200, r#"[{"id":1,"description":"Email","emailFlag":true,"defaultFlag":true}]"#);
    let (server, queue) = Server::with_queue().await;
    let contacts = once(&server).contacts();
    let item = CommunicationItem::email("jane@example.com").default();
    queue.lock().unwrap().extend([json_response(200, "[]"), types(), Action::Close]);
    let error = contacts.add_item(5, &item).await.unwrap_err();
    assert!(error.is_ambiguous(), "{error}");

    // The server has added the item, but ignored that it is the default.
    let added = r#"{"id":7,"value":"jane@example.com","communicationType":"Email","defaultFlag":false}"#;
    let other = r#"{"id":6,"value":"old@example.com","communicationType":"Email","defaultFlag":true}"#;
    let marked = added.replace("false", "true");
    queue.lock().unwrap().extend([
        json_response(200, format!("[{other},{added}]")),
        json_response(200, marked.clone()),
        json_response(200, format!("[{other},{marked}]")),
        json_response(200, other.replace("true", "false")),
    ]);
    assert_eq!(contacts.add_item(5, &item).await.unwrap().default_flag, Some(true));
    let changes: Vec<_> = server.request_lines().into_iter().filter(|line| !line.starts_with("GET")).collect();
    let list = "/company/contacts/5/communications";
    assert_eq!(changes, [format!("POST {list}"), format!("PATCH {list}/7"), format!("PATCH {list}/6")]);
}

//! The simulator as a program uses it: through the client, and through plain HTTP.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::time::Duration;

use connectwise_psa::Discovery;
use connectwise_psa::types::{Contact, Ticket};
use connectwise_psa::{Method, Patch, Psa};
use connectwise_psa_sim::{Fault, Seed, Sim};
use serde_json::{Value, json};

/// Starts a simulator with company 5, and board 1 with an open status (17) and a closed status (18).
async fn started() -> Sim {
    let sim = Sim::builder().seed(Seed::Empty).start().await.unwrap();
    let store = sim.store();
    store.insert("/company/companies", json!({"id": 5, "identifier": "acme", "name": "Acme"}));
    store.insert("/service/boards", json!({"id": 1, "name": "Help Desk"}));
    store.insert("/service/boards/1/statuses", json!({"id": 17, "name": "New", "defaultFlag": true}));
    store.insert("/service/boards/1/statuses", json!({"id": 18, "name": "Closed", "closedStatus": true}));
    sim
}

#[tokio::test]
async fn a_ticket_can_be_created_edited_closed_and_deleted() {
    let sim = started().await;
    let psa = sim.psa();
    let created = psa.service().create_ticket(&Ticket::new("Printer on fire", 5)).await.unwrap();
    let id = created.id.unwrap();
    assert_eq!(created.status.as_ref().and_then(|status| status.name.as_deref()), Some("New"));
    assert_eq!(created.board.as_ref().and_then(|board| board.id), Some(1));
    let note = json!({"text": "on my way", "detailDescriptionFlag": true});
    let note = psa.request(Method::Post, &format!("/service/tickets/{id}/notes")).json(&note).await.unwrap();
    assert_eq!(note.status.as_u16(), 201);
    let edited =
        psa.service().get_ticket(id).edit(|ticket| ticket.summary = Some("Printer extinguished".into())).await.unwrap();
    assert_eq!(edited.summary.as_deref(), Some("Printer extinguished"));
    let closed =
        psa.service().update_ticket(id, &Patch::new().replace("status", json!({"name": "Closed"}))).await.unwrap();
    assert_eq!(closed.closed_flag, Some(true));
    assert_eq!(psa.service().list_tickets().filter(|ticket| ticket.closed_flag().eq(true)).count().await.unwrap(), 1);
    let notes = psa.service().list_ticket_notes(id).all().await.unwrap();
    assert_eq!(notes[0].text.as_deref(), Some("on my way"));
    psa.service().delete_ticket(id).await.unwrap();
    assert!(psa.service().get_ticket(id).await.unwrap_err().is_not_found());
    let trail = psa
        .request(Method::Get, &format!("/system/audittrail?type=Ticket&id={id}"))
        .await
        .unwrap()
        .into_json()
        .unwrap();
    let changes: Vec<_> =
        trail.as_array().unwrap().iter().map(|entry| entry["auditSubType"].as_str().unwrap()).collect();
    assert_eq!(changes, ["added", "updated", "updated", "deleted"]);
}

#[tokio::test]
async fn lists_are_read_completely_with_both_ways_of_paging_and_by_search() {
    let sim = started().await;
    for number in 0..2500 {
        sim.store()
            .insert("/company/contacts", json!({"firstName": format!("Contact {number}"), "company": {"id": 5}}));
    }
    let psa = sim.psa();
    let all: Vec<Contact> = psa.company().list_contacts().all().await.unwrap();
    assert_eq!(all.len(), 2500);
    assert_eq!(sim.requests().len(), 3, "pages of 1,000 records");
    let parallel: Vec<Contact> = psa.company().list_contacts().parallel(4).all().await.unwrap();
    let ids = |contacts: &[Contact]| contacts.iter().map(|contact| contact.id).collect::<Vec<_>>();
    assert_eq!(ids(&parallel), ids(&all));
    // These ids are too many for one URL. Contacts have no search, so the client divides the list; for tickets, it uses
    // the search.
    let odd: Vec<i32> = (1..=2500).step_by(2).collect();
    let divided: Vec<Contact> =
        psa.company().list_contacts().filter(|contact| contact.id().is_in(odd.clone())).all().await.unwrap();
    assert_eq!(divided.len(), 1250);
    let tickets = psa.service().list_tickets().filter(|ticket| ticket.id().is_in(odd)).all().await.unwrap();
    assert!(tickets.is_empty());
    let last = sim.requests().pop().unwrap();
    assert_eq!((last.method.as_str(), last.path.ends_with("/service/tickets/search")), ("POST", true));
    let numbered_only = Sim::builder().seed(Seed::Empty).numbered_pages_only().start().await.unwrap();
    for number in 0..1500 {
        numbered_only.store().insert("/company/contacts", json!({"firstName": format!("Contact {number}")}));
    }
    assert_eq!(numbered_only.psa().company().list_contacts().all().await.unwrap().len(), 1500);
}

#[tokio::test]
async fn missing_rights_and_wrong_credentials_are_reported_and_integrators_act_as_members() {
    let sim = Sim::builder()
        .seed(Seed::Empty)
        .deny_right("System > Member Maintenance (Inquire)")
        .integrator("int", "pw")
        .start()
        .await
        .unwrap();
    sim.store().insert("/system/members", json!({"id": 3, "identifier": "jdoe"}));
    let psa = sim.psa();
    let forbidden = psa.system().list_members().page(1).await.unwrap_err();
    assert!(
        forbidden.is_permission_denied() && forbidden.to_string().contains("System > Member Maintenance (Inquire)"),
        "{forbidden}"
    );
    let client = |builder: connectwise_psa::PsaBuilder| builder.host(sim.url()).build().unwrap();
    let wrong = client(Psa::builder().company("demo").keys("public", "wrong").client_id("x"));
    assert!(wrong.service().list_tickets().page(1).await.unwrap_err().is_unauthenticated());
    let other_company = client(Psa::builder().company("other").keys("public", "private").client_id("x"));
    assert!(other_company.service().list_tickets().page(1).await.unwrap_err().to_string().contains("Cannot route"));
    let without_client_id = client(Psa::builder().company("demo").keys("public", "private"));
    assert_eq!(
        without_client_id.service().list_tickets().page(1).await.unwrap_err().status().map(|status| status.as_u16()),
        Some(401)
    );
    let integrator = client(Psa::builder().company("demo").integrator("int", "pw").client_id("x"));
    let member = integrator.as_member("jdoe");
    assert!(member.service().list_tickets().page(1).await.unwrap().is_empty());
    // The 404 is the response to minting keys. The call itself was not sent, so its error is not a "not found".
    let error = integrator.as_member("nobody").service().list_tickets().page(1).await.unwrap_err();
    assert!(error.is_preparation() && error.is_unsent() && !error.is_not_found(), "{error}");
    assert!(error.to_string().contains("404 Not Found"), "{error}");
    let error = psa.as_member("jdoe").service().list_tickets().page(1).await.unwrap_err();
    assert!(error.is_preparation() && error.to_string().contains("403 Forbidden"), "{error}");
}

#[tokio::test]
async fn the_code_base_is_discovered() {
    let sim = Sim::builder().seed(Seed::Empty).code_base("v2026_2").start().await.unwrap();
    let psa = Psa::builder()
        .host(sim.url())
        .code_base_discovery(Discovery::Always)
        .company("demo")
        .keys("public", "private")
        .client_id("x")
        .build()
        .unwrap();
    assert!(psa.base_url().await.unwrap().ends_with("/v2026_2/apis/3.0"));
    assert!(psa.service().list_tickets().page(1).await.unwrap().is_empty());
    let unknown = Psa::builder()
        .host(sim.url())
        .code_base_discovery(Discovery::Always)
        .company("nobody")
        .keys("public", "private")
        .client_id("x")
        .build()
        .unwrap();
    assert!(
        unknown
            .service()
            .list_tickets()
            .page(1)
            .await
            .unwrap_err()
            .to_string()
            .contains("company \"nobody\" is unknown")
    );
}

#[tokio::test]
async fn the_client_recovers_from_faults_or_reports_them() {
    let sim = started().await;
    let psa = sim.psa();
    sim.inject(Fault::next(2).with_429(Duration::ZERO));
    psa.service().list_tickets().page(1).await.unwrap();
    sim.inject(Fault::next(1).on("POST", "/service/tickets").with_lost_response());
    let lost = psa.service().create_ticket(&Ticket::new("once", 5)).await.unwrap_err();
    assert!(lost.is_ambiguous(), "{lost}");
    assert_eq!(sim.store().count("/service/tickets"), 1);
    sim.inject(Fault::next(1).with_truncated_body());
    assert_eq!(psa.service().list_tickets().page(1).await.unwrap().len(), 1);
    for fault in [Fault::next(1).with_nulls(), Fault::next(1).with_unknown_enums(), Fault::next(1).with_extra_fields()]
    {
        sim.inject(fault);
        assert_eq!(psa.service().list_tickets().page(1).await.unwrap()[0].id, Some(1));
    }
    sim.inject(Fault::next(1).with_html());
    assert!(psa.service().list_tickets().page(1).await.unwrap_err().is_unexpected_response());
    sim.inject(Fault::next(1).with_empty_body());
    assert!(psa.service().get_ticket(1).await.unwrap_err().is_empty_response());
}

#[tokio::test]
async fn error_responses_have_the_codes_and_messages_of_live_servers() {
    let sim = started().await;
    let psa = sim.psa();
    let error = psa.service().create_ticket(&json!({"summary": "x"})).await.unwrap_err();
    assert_eq!(
        (error.code(), error.field_errors()[0].code.as_deref()),
        (Some("InvalidObject"), Some("MissingRequiredField"))
    );
    let error = psa.service().list_tickets().filter_text("colour = 1").page(1).await.unwrap_err();
    assert_eq!((error.code(), error.message()), (Some("ApiFindCondition"), Some("colour is not a recognized name.")));
    psa.service().create_ticket(&Ticket::new("x", 5)).await.unwrap();
    let used = psa.company().delete_company(5).await.unwrap_err();
    assert_eq!(used.status().map(|status| status.as_u16()), Some(409));
    let nothing = psa.request(Method::Get, "/service/nothing").await.unwrap_err();
    assert_eq!(nothing.message(), Some("The endpoint does not exist."));
}

#[tokio::test]
async fn the_check_of_the_client_reports_no_problems() {
    let sim = started().await;
    let report = sim.psa().check().await;
    assert!(report.is_ok(), "{report}");
}

#[tokio::test]
async fn changes_through_the_store_derive_fields_and_are_audited() {
    let sim = started().await;
    let psa = sim.psa();
    psa.service().create_ticket(&Ticket::new("x", 5)).await.unwrap();
    let before = sim.store().get("/service/tickets", 1).unwrap();
    let after = sim.store().update("/service/tickets", 1, |ticket| {
        ticket.insert("status".to_owned(), json!({"id": 18, "name": "Closed"}));
        // Has no effect: an update does not change the id.
        ticket.insert("id".to_owned(), json!(77));
    });
    let after = after.unwrap();
    assert_eq!(
        (&after["closedFlag"], &after["id"], &after["_info"]["updatedBy"]),
        (&json!(true), &json!(1), &json!("sim"))
    );
    assert_eq!((&after["_info"]["enteredBy"], &before["closedFlag"]), (&json!("api"), &json!(false)));
    assert_eq!(sim.store().get("/service/tickets", 1), Some(after));
    assert!(sim.store().update("/service/tickets", 77, |_| panic!("the record does not exist")).is_none());
    let trail = psa.request(Method::Get, "/system/audittrail?type=Ticket&id=1").await.unwrap().into_json().unwrap();
    assert_eq!((&trail[1]["auditSubType"], &trail[1]["enteredBy"]), (&json!("updated"), &json!("sim")));
}

/// Returns the statuses of requests whose URLs are 2,000 and 2,001 characters long.
async fn statuses_of_long_urls(sim: &Sim, client: &reqwest::Client) -> [u16; 2] {
    let mut statuses = [0; 2];
    for (at, length) in [2000, 2001].into_iter().enumerate() {
        let url = format!("{}/v4_6_release/apis/3.0/service/tickets?fields=", sim.url());
        let url = format!("{url}{}", "x".repeat(length - url.len()));
        let request = client.get(url).basic_auth("demo+public", Some("private")).header("clientid", "x");
        statuses[at] = request.send().await.unwrap().status().as_u16();
    }
    statuses
}

#[tokio::test]
async fn urls_of_up_to_2000_characters_are_accepted() {
    let sim = started().await;
    assert_eq!(statuses_of_long_urls(&sim, &reqwest::Client::new()).await, [200, 414]);
}

#[cfg(feature = "tls")]
#[tokio::test]
async fn urls_of_up_to_2000_characters_are_accepted_with_tls() {
    let sim = Sim::builder().seed(Seed::Empty).tls().start().await.unwrap();
    let certificate = reqwest::Certificate::from_pem(sim.ca_certificate().unwrap().as_bytes()).unwrap();
    let client = reqwest::Client::builder().tls_certs_only([certificate]).build().unwrap();
    assert_eq!(statuses_of_long_urls(&sim, &client).await, [200, 414]);
}

#[tokio::test]
async fn bodies_of_a_wrong_media_type_or_size_are_rejected() {
    let sim = Sim::builder().seed(Seed::Empty).start().await.unwrap();
    let post = async |media_type: &str, body: Vec<u8>| {
        let request = reqwest::Client::new().post(format!("{}/v4_6_release/apis/3.0/company/companies", sim.url()));
        let request = request
            .basic_auth("demo+public", Some("private"))
            .header("clientid", "x")
            .header("content-type", media_type)
            .body(body);
        request.send().await.map(|response| response.status().as_u16())
    };
    let company = br#"{"name": "Acme", "identifier": "acme"}"#;
    assert_eq!(post("application/x-www-form-urlencoded", company.to_vec()).await.unwrap(), 415);
    assert_eq!(post("application/json; charset=utf-8", company.to_vec()).await.unwrap(), 201);
    // The limit is 8 MiB, and 64 MiB for forms. The response arrives before the body was sent completely, which some clients report as a
    // broken connection.
    if let Ok(status) = post("application/json", vec![b' '; 70_000_000]).await {
        assert_eq!(status, 413);
    }
    assert_eq!(sim.requests().iter().filter(|request| request.status == Some(413)).count(), 1);
}

#[tokio::test]
async fn responses_have_the_headers_of_live_servers() {
    let sim = started().await;
    let response = sim.psa().request(Method::Get, "/service/tickets").await.unwrap();
    for (name, value) in [
        ("api-current-version", "2025.8"),
        ("cache-control", "no-cache"),
        ("pragma", "no-cache"),
        ("x-frame-options", "SAMEORIGIN"),
    ] {
        assert_eq!(response.headers[name], value, "{name}");
    }
    assert!(response.headers.contains_key("x-cw-request-id") && response.headers.contains_key("x-server-name"));
    assert!(!response.headers.contains_key("strict-transport-security"), "the server does not use TLS");
}

/// Receives one HTTP request and returns its text.
async fn receive_request(listener: &tokio::net::TcpListener) -> String {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    let (mut stream, _) = listener.accept().await.unwrap();
    let mut text = String::new();
    // The body is JSON and the last field is the type of the callback.
    while !text.ends_with('}') {
        let mut part = [0; 4096];
        let length = stream.read(&mut part).await.unwrap();
        assert!(length > 0, "the request ended early: {text}");
        text.push_str(std::str::from_utf8(&part[..length]).unwrap());
    }
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap();
    text
}

/// Returns the key that a message is signed with.
async fn signing_key(url: &str) -> String {
    let response = reqwest::get(url).await.unwrap().text().await.unwrap();
    let response: Value = serde_json::from_str(&response).unwrap();
    response["signing_key"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_trigger_sends_a_signed_message_and_changes_nothing() {
    let sim = Sim::builder().start().await.unwrap();
    let psa = sim.psa();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let before = sim.store().get("/service/tickets", 5).unwrap();
    assert_eq!(sim.trigger("Ticket", 5).unwrap(), 0);

    let url = format!("http://{}/hook?recordId=", listener.local_addr().unwrap());
    let callback = json!({"url": url, "type": "ticket", "level": "owner", "objectId": 1});
    psa.request(Method::Post, "/system/callbacks").json(&callback).await.unwrap();
    assert_eq!(sim.trigger("Ticket", 5).unwrap(), 1);
    let request = receive_request(&listener).await;
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("POST /hook?recordId=5&action=updated "), "{head}");
    let message: Value = serde_json::from_str(body).unwrap();
    let (action, id) = (&message["Action"], &message["ID"]);
    assert_eq!((action.as_str(), id.as_i64(), message["Type"].as_str()), (Some("updated"), Some(5), Some("ticket")));

    let key = signing_key(message["Metadata"]["key_url"].as_str().unwrap()).await;
    let signature = connectwise_psa_sim::fixtures::sign(&key, body.as_bytes());
    assert!(head.to_ascii_lowercase().contains(&format!("x-content-signature: {}", signature.to_ascii_lowercase())));
    assert_eq!(sim.store().get("/service/tickets", 5).unwrap(), before);

    for (callback_type, id, expected) in [
        ("robot", 5, "is not a type of callbacks: activity"),
        ("ticket.closed", 5, "has no action of added"),
        ("ticket", 999_999, "there is no such ticket"),
    ] {
        let error = sim.trigger(callback_type, id).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[tokio::test]
async fn a_message_has_the_action_of_its_event() {
    let sim = Sim::builder().start().await.unwrap();
    for (event, action, has_entity) in [
        ("ticket", "updated", true),
        ("Ticket.Added", "added", true),
        ("ticket.updated", "updated", true),
        ("ticket.deleted", "deleted", false),
    ] {
        let message = sim.signed_message("demo", event, 5).unwrap();
        let body: Value = serde_json::from_slice(&message.body).unwrap();
        assert_eq!((body["Action"].as_str(), body["Entity"].is_string()), (Some(action), has_entity), "{event}");
    }
}

#[tokio::test]
async fn every_type_of_callbacks_has_records_in_the_demo_data() {
    use connectwise_psa::webhooks::CallbackType;

    let sim = Sim::builder().start().await.unwrap();
    for callback_type in CallbackType::KNOWN {
        let ids = sim.callback_record_ids(callback_type.as_str()).unwrap();
        let first = *ids.first().unwrap_or_else(|| panic!("{callback_type} has no records"));
        sim.signed_message("demo", callback_type.as_str(), first).unwrap();
    }
    assert!(sim.callback_record_ids("robot").is_err());
}

#[tokio::test]
async fn the_message_of_another_tenant_is_signed_with_its_own_key() {
    let sim = Sim::builder().start().await.unwrap();
    let mut keys = Vec::new();
    for company in ["demo", "other"] {
        let message = sim.signed_message(company, "contact", 3).unwrap();
        let body: Value = serde_json::from_slice(&message.body).unwrap();
        assert_eq!(body["CompanyId"].as_str(), Some(company));
        let key_url = body["Metadata"]["key_url"].as_str().unwrap();
        assert!(key_url.contains(&format!("companyName={company}&")), "{key_url}");
        let key = signing_key(key_url).await;
        assert_eq!(connectwise_psa_sim::fixtures::sign(&key, &message.body), message.signature);
        keys.push(key);
    }
    assert_ne!(keys[0], keys[1]);
}

//! Reads: budget, cursor, fields, long texts, files, and the messages of the server.

use connectwise_psa_sim::Fault;
use serde_json::{Value, json};

use super::{Fixture, read_only};
use crate::mcp::budget::{tokens, tokens_of_text};

fn ids(result: &Value) -> Vec<i64> {
    result["records"].as_array().unwrap().iter().map(|record| record["id"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn a_cursor_reads_a_list_to_its_end_without_gaps() {
    let mut settings = read_only();
    settings.budget = 1_000;
    let fixture = Fixture::new(settings).await;
    let created: Vec<i64> =
        (0..60).map(|number| fixture.ticket(json!({"summary": format!("{number} {}", "x".repeat(90))}))).collect();
    let client = fixture.client().await;
    let call = json!({"id": "service.list_tickets", "parameters": {"orderBy": "id"}, "fields": ["id", "summary"]});
    let mut result = client.result("read", call.clone()).await;
    let mut seen = ids(&result);
    let mut calls = 1;
    while let Some(cursor) = result["cursor"].as_str() {
        assert!(result["showing"].as_str().unwrap().ends_with(" of 60"), "{}", result["showing"]);
        let mut next = call.clone();
        next["cursor"] = cursor.into();
        result = client.result("read", next).await;
        assert!(tokens(&result) <= 1_000, "{}", tokens(&result));
        seen.extend(ids(&result));
        calls += 1;
    }
    assert_eq!(seen, created);
    assert!(calls > 60 / 25 + 1, "the budget, not the page, limited the results: {calls}");
}

#[tokio::test]
async fn a_cursor_is_for_its_call_and_server_only() {
    let fixture = Fixture::new(read_only()).await;
    (0..30).for_each(|_| {
        fixture.ticket(json!({}));
    });
    let client = fixture.client().await;
    let result = client.result("read", json!({"id": "service.list_tickets"})).await;
    let cursor = result["cursor"].as_str().unwrap().to_owned();
    let other = Fixture::new(read_only()).await;
    let other_client = other.client().await;
    let altered = format!("A{}", &cursor[1..]);
    for (client, arguments) in [
        (&client, json!({"id": "service.list_tickets", "cursor": altered})),
        (&client, json!({"id": "company.list_companies", "cursor": cursor})),
        (&client, json!({"id": "service.list_tickets", "parameters": {"conditions": "id>1"}, "cursor": cursor})),
        (&other_client, json!({"id": "service.list_tickets", "cursor": cursor})),
    ] {
        let error = client.error("read", arguments.clone()).await;
        assert_eq!(error["kind"], "cursor", "{arguments}");
    }
    let next = client.result("read", json!({"id": "service.list_tickets", "cursor": cursor})).await;
    assert_eq!(ids(&next).len(), 5);
}

#[tokio::test]
async fn a_long_text_is_cut_and_can_be_read_to_its_end() {
    for unit in [" ", "漢字", "\n\""] {
        read_long_text((0..2_000).map(|number| format!("{number}{unit}")).collect()).await;
    }
}

async fn read_long_text(text: String) {
    let mut settings = read_only();
    settings.budget = 1_000;
    let fixture = Fixture::new(settings).await;
    let ticket = fixture.ticket(json!({}));
    let note = json!({"text": text, "detailDescriptionFlag": true});
    let id = fixture.sim.store().insert(&format!("/service/tickets/{ticket}/notes"), note);
    let client = fixture.client().await;
    let get = json!({"id": "service.get_ticket_note", "parameters": {"parentId": ticket, "id": id}});
    let whole = client.result("read", get.clone()).await;
    assert!(whole["cut"].is_string() && tokens(&whole) <= 1_000, "{whole}");

    let mut call = get;
    call["fields"] = json!(["text"]);
    let mut read = String::new();
    loop {
        let result = client.result("read", call.clone()).await;
        assert!(tokens(&result) <= 1_000, "{result}");
        let shown = result["record"]["text"].as_str().unwrap();
        read.push_str(shown.split(" [cut: ").next().unwrap());
        let Some(cursor) = result["cursor"].as_str() else { break };
        call["cursor"] = cursor.into();
    }
    assert_eq!(read, text);
}

#[tokio::test]
async fn records_have_chosen_fields_only_and_no_links() {
    let fixture = Fixture::new(read_only()).await;
    let id = fixture.ticket(json!({}));
    let client = fixture.client().await;
    let get = json!({"id": "service.get_ticket", "parameters": {"id": id}, "fields": ["id", "company/name"]});
    let result = client.result("read", get).await;
    assert_eq!(result["record"], json!({"id": id, "company": {"name": "Acme"}}));
    let all = json!({"id": "service.list_tickets", "fields": ["*"]});
    let result = client.result("read", all).await;
    assert!(!result.to_string().contains("_info"), "{result}");
    assert!(result["note"].as_str().unwrap().contains("data"));
}

#[tokio::test]
async fn the_message_of_the_server_is_passed_on() {
    let fixture = Fixture::new(read_only()).await;
    let client = fixture.client().await;
    let error = client.error("read", json!({"id": "service.get_ticket", "parameters": {"id": 404}})).await;
    assert_eq!((&error["http"], &error["code"]), (&json!(404), &json!("NotFound")));
    assert!(error["message"].as_str().unwrap().contains("Service Ticket 404 not found"), "{error}");
    fixture.sim.inject(Fault::next(10).with_status(500));
    let error = client.error("read", json!({"id": "service.list_tickets"})).await;
    assert_eq!(error["http"], 500, "{error}");
}

#[tokio::test]
async fn a_file_is_a_link_to_a_resource() {
    let fixture = Fixture::new(read_only()).await;
    let client = fixture.client().await;
    let call = client.call("read", json!({"id": "system.download_document", "parameters": {"id": 7}})).await.unwrap();
    let link = call.content.iter().find_map(|content| content.as_resource_link()).unwrap();
    assert_eq!(link.uri, "psa://files/system.download_document?id=7");
    // There is no such document in the simulator.
    let error = client.resource(&link.uri).await.unwrap_err();
    assert!(error.to_string().contains("404"), "{error}");
    for uri in ["psa://files/service.delete_ticket?id=1", "psa://files/service.get_ticket?id=1", "file:///etc/passwd"] {
        let error = client.resource(uri).await.unwrap_err();
        assert!(error.to_string().contains("there is no resource"), "{uri}: {error}");
    }
    assert_eq!(fixture.changes(), [""; 0]);
}

#[tokio::test]
async fn guides_are_resources_that_fit_the_budget() {
    let client = Fixture::new(read_only()).await.client().await;
    let guides = client.0.list_all_resources().await.unwrap();
    assert!(guides.iter().any(|guide| guide.uri == "psa://guides/tickets"), "{guides:?}");
    for guide in guides {
        let contents = client.resource(&guide.uri).await.unwrap().contents;
        let text = serde_json::to_string(&contents).unwrap();
        assert!(tokens_of_text(&text) <= 6_000, "{}: {} bytes", guide.uri, text.len());
    }
    let described = client.result("describe", json!({"id": "service.list_ticket_notes"})).await;
    assert_eq!(described["guide"], "psa://guides/tickets");
}

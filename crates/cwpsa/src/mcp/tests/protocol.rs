//! Both versions of the protocol, the list of tools, and wrong calls.

use connectwise_psa::catalogue;
use rmcp::model::ProtocolVersion;
use serde_json::json;

use super::{Fixture, User, read_only, writing};
use crate::mcp::budget::tokens;
use crate::operations::id;

#[tokio::test]
async fn both_versions_of_the_protocol_are_served() {
    let fixture = Fixture::new(read_only()).await;
    fixture.ticket(json!({}));
    for version in [ProtocolVersion::V_2025_11_25, ProtocolVersion::V_2026_07_28] {
        let client = fixture.client_of(User::default(), version.clone()).await;
        let info = client.0.peer_info().unwrap();
        assert_eq!(info.protocol_version, version);
        let result = client.result("count", json!({"id": "service.list_tickets"})).await;
        assert_eq!(result, json!({"count": 1}), "{version}");
    }
}

#[tokio::test]
async fn only_allowed_tools_are_listed_with_their_hints() {
    for (settings, expected) in [
        (read_only(), vec!["search", "describe", "read", "count"]),
        (writing(), vec!["search", "describe", "read", "count", "write", "delete"]),
    ] {
        let client = Fixture::new(settings).await.client().await;
        let tools = client.0.list_all_tools().await.unwrap();
        let names: Vec<&str> = tools.iter().map(|tool| tool.name.as_ref()).collect();
        assert_eq!(names, expected);
        for tool in &tools {
            let hints = tool.annotations.as_ref().unwrap();
            let changes = matches!(tool.name.as_ref(), "write" | "delete");
            assert_eq!(hints.read_only_hint, Some(!changes), "{}", tool.name);
            assert_eq!(hints.destructive_hint, Some(changes), "{}", tool.name);
            assert_eq!(hints.idempotent_hint, Some(tool.name != "write"), "{}", tool.name);
            let is_local = matches!(tool.name.as_ref(), "search" | "describe");
            assert_eq!(hints.open_world_hint, Some(!is_local), "{}", tool.name);
        }
    }
}

#[tokio::test]
async fn a_tool_that_is_not_allowed_does_not_exist() {
    let fixture = Fixture::new(read_only()).await;
    let client = fixture.client().await;
    let error = client.call("write", json!({"id": "service.create_ticket"})).await.unwrap_err();
    assert!(error.to_string().contains("there is no tool"), "{error}");
    assert_eq!(fixture.changes(), [""; 0]);
}

#[tokio::test]
async fn wrong_arguments_are_errors_of_the_tool() {
    let client = Fixture::new(writing()).await.client().await;
    for (tool, arguments, expected) in [
        ("read", json!({}), "\"id\" is missing"),
        ("read", json!({"id": "service.unknown"}), "service.unknown"),
        ("read", json!({"id": "service.list_tickets", "page": 1}), "there is no argument \"page\""),
        ("read", json!({"id": "service.list_tickets", "parameters": 5}), "\"parameters\" must be a JSON object"),
        ("read", json!({"id": "service.list_tickets", "parameters": {"unknown": 5}}), "unknown"),
        ("read", json!({"id": "service.create_ticket"}), "use write or delete"),
        ("read", json!({"id": "service.get_ticket"}), "id"),
        ("write", json!({"id": "service.list_tickets"}), "use read"),
        ("write", json!({"id": "service.delete_ticket", "parameters": {"id": 1}}), "use delete"),
        ("write", json!({"id": "service.create_ticket"}), "body"),
        ("delete", json!({"id": "time.delete_time_entry", "parameters": {"id": 1}}), "--allow time"),
        ("search", json!({"query": "ticket", "limit": 0}), "\"limit\" must be a whole number"),
        ("count", json!({"id": "service.get_ticket"}), "cannot be counted"),
    ] {
        let error = client.error(tool, arguments.clone()).await;
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(expected), "{tool} {arguments}: {message}");
    }
}

#[tokio::test]
async fn search_and_describe_say_what_is_allowed() {
    let client = Fixture::new(read_only()).await.client().await;
    let found = client.result("search", json!({"query": "ticket", "limit": 3})).await;
    assert_eq!(found["results"].as_array().unwrap().len(), 3);
    let described = client.result("describe", json!({"id": "service.create_ticket"})).await;
    assert_eq!(described["tool"], "write");
    assert!(described["notAllowed"].as_str().unwrap().contains("--allow service --allow-verbs create"));
    assert!(described.to_string().contains("\"summary!\":\"string, at most 100 characters\""), "{described}");
}

#[tokio::test]
async fn every_description_fits_the_budget() {
    let client = Fixture::new(read_only()).await.client().await;
    for operation in catalogue::all().step_by(40) {
        for full in [false, true] {
            let described = client.result("describe", json!({"id": id::name(operation), "full": full})).await;
            assert!(tokens(&described) <= 6_000, "{operation}, full: {full}: {} tokens", tokens(&described));
            assert_eq!(described["id"], id::name(operation));
        }
    }
    let list = client.result("describe", json!({"id": "service.list_ticket_notes"})).await;
    assert!(list["parameters"]["conditions"].as_str().unwrap().starts_with("string: which records"), "{list}");
    assert!(list["parameters"]["parentId!"].is_string(), "{list}");
    let create = client.result("describe", json!({"id": "service.create_ticket"})).await;
    assert_eq!(create["outputSchema"], "the same as inputSchema");
    let update = client.result("describe", json!({"id": "service.update_ticket"})).await;
    assert!(update["inputSchema"].as_str().unwrap().contains("an object of the fields to set"), "{update}");
}

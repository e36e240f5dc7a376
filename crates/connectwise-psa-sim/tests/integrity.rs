//! Integrity of records: which references are rejected, what a patch cannot change, and which fields and records follow
//! others.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use connectwise_psa::Value;
use connectwise_psa::dependencies::reqwest;
use connectwise_psa_sim::{Seed, Sim};
use serde_json::json;

/// Starts a simulator with the company 5, its contact 7, and a board with an open and a closed status.
async fn started() -> Sim {
    let records = json!({
        "/company/companies": [
            {"id": 5, "identifier": "DupCo", "name": "Acme", "site": {"id": 51}},
            {"id": 6, "identifier": "beta", "name": "Beta", "parentCompany": {"id": 5}},
        ],
        "/company/companies/5/sites": [{"id": 50, "name": "Main"}, {"id": 51, "name": "Branch"}],
        "/company/communicationTypes": [{"id": 1, "description": "Direct", "phoneFlag": true}],
        "/company/contacts": [{"id": 7, "firstName": "Ida", "lastName": "Marsh", "company": {"id": 5}}],
        "/company/configurations": [{"id": 30, "name": "A"}, {"id": 31, "name": "B", "parentConfigurationId": 30}],
        "/system/locations": [{"id": 2, "name": "North"}],
        "/system/members": [{"id": 4, "identifier": "jo", "firstName": "Jo", "lastName": "Ray", "dailyCapacity": 8}],
        "/service/boards": [{"id": 1, "name": "Help Desk"}],
        "/service/boards/1/statuses": [
            {"id": 11, "name": "New", "defaultFlag": true, "closedStatus": false},
            {"id": 12, "name": "Closed", "closedStatus": true},
        ],
        "/service/tickets": [
            {"id": 1, "summary": "a", "company": {"id": 5}, "contact": {"id": 7}, "owner": {"id": 4}, "board": {"id": 1}, "status": {"id": 11}, "closedFlag": false},
            {"id": 2, "summary": "b", "company": {"id": 6}, "board": {"id": 1}, "status": {"id": 11}, "closedFlag": false},
            {"id": 3, "summary": "c", "company": {"id": 5}, "board": {"id": 1}, "status": {"id": 12}, "closedFlag": true, "closedBy": "jo", "closedDate": "2026-01-02T03:04:05Z"},
        ],
        "/service/tickets/1/notes": [{"id": 70, "text": "x", "ticketId": 1, "detailDescriptionFlag": true}],
        "/project/projects": [{"id": 20, "name": "Move", "company": {"id": 5}, "board": {"id": 1}}],
        "/project/projects/20/phases": [{"id": 21, "description": "First", "projectId": 20}, {"id": 22, "description": "Second", "projectId": 20}],
        "/schedule/types": [{"id": 4, "name": "Service", "identifier": "S"}, {"id": 1, "name": "Sales", "identifier": "C"}],
        "/sales/activities": [{"id": 1, "name": "Call"}],
        "/time/workRoles": [{"id": 1, "name": "Engineer", "hourlyRate": 100}],
    });
    Sim::builder().seed(Seed::Records(records)).start().await.unwrap()
}

/// Sends a request and returns the status and the body of the response.
async fn send(sim: &Sim, method: &str, path: &str, body: &Value) -> (u16, Value) {
    let url = format!("{}/v4_6_release/apis/3.0{path}", sim.url());
    let request = reqwest::Client::new().request(method.parse().unwrap(), url).header("clientid", "x");
    let request = request.basic_auth("demo+public", Some("private"));
    let request = if body.is_null() {
        request
    } else {
        request.header("content-type", "application/json").body(body.to_string())
    };
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    (status, serde_json::from_str(&response.text().await.unwrap()).unwrap_or_default())
}

/// Sends a request that must have the status, and returns the body of the response.
async fn sent(sim: &Sim, (method, status): (&str, u16), path: &str, body: Value) -> Value {
    let (found, response) = send(sim, method, path, &body).await;
    assert_eq!(found, status, "{method} {path} {body}: {response:#}");
    response
}

async fn get(sim: &Sim, path: &str) -> Value {
    sent(sim, ("GET", 200), path, Value::Null).await
}

async fn post(sim: &Sim, path: &str, body: Value) -> Value {
    sent(sim, ("POST", 201), path, body).await
}

fn replace(path: &str, value: Value) -> Value {
    json!([{"op": "replace", "path": path, "value": value}])
}

async fn patch(sim: &Sim, path: &str, field: &str, value: Value) -> Value {
    sent(sim, ("PATCH", 200), path, replace(field, value)).await
}

/// Returns the first error of a request that must be rejected with status 400: its field and its message.
async fn rejection(sim: &Sim, method: &str, path: &str, body: Value) -> (String, String) {
    let response = sent(sim, (method, 400), path, body).await;
    let error = &response["errors"][0];
    (error["field"].as_str().unwrap().to_owned(), error["message"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn unusable_references_are_rejected_and_change_nothing() {
    let sim = started().await;
    let before = get(&sim, "/service/tickets/1").await;
    let wrong_ids =
        [json!("abc"), json!(1.5), json!(1e30), json!(99_999_999_999_i64), json!(true), json!([1]), json!({"a": 1})];
    for id in &wrong_ids {
        for (method, path, body) in [
            ("PATCH", "/service/tickets/1", replace("contact", json!({ "id": id }))),
            ("PATCH", "/service/tickets/1", replace("contact/id", id.clone())),
            ("PATCH", "/company/contacts/7", replace("types", json!([{ "id": id }]))),
            ("POST", "/service/tickets", json!({"summary": "x", "company": {"id": 5}, "contact": {"id": id}})),
            ("POST", "/service/tickets/1/configurations", json!({ "id": id })),
        ] {
            let (status, error) = send(&sim, method, path, &body).await;
            let message = error["message"].as_str().unwrap_or_default();
            assert_eq!(status, 500, "{method} {path} {body}: {error}");
            assert!(message.starts_with("Error converting value "), "{message}");
            assert!(message.contains("to type 'System.Nullable`1[System.Int32]'"), "{message}");
        }
    }
    let body = json!({"summary": "x", "company": {"id": 5}, "contact": {"id": "abc"}});
    let (_, error) = send(&sim, "POST", "/service/tickets", &body).await;
    assert!(error["message"].as_str().unwrap().contains("Path 'contact.id', line 1, position "), "{error}");
    // An object that selects no record.
    for body in [replace("contact", json!({"a": 1})), replace("contact", json!({"phone": "1"}))] {
        assert_eq!(rejection(&sim, "PATCH", "/service/tickets/1", body).await.0, "contact");
    }
    let body = json!({"summary": "x", "company": {"id": 5}, "contact": {"a": 1}});
    assert_eq!(rejection(&sim, "POST", "/service/tickets", body).await.0, "contact");
    // Fields of a reference that select no record.
    for field in ["owner/dailyCapacity", "contact/phone", "contact/_info", "board/location"] {
        let operations = [replace(field, json!(1)), json!([{"op": "remove", "path": field}])];
        for operation in operations {
            let expected = (field.to_owned(), format!("The path {field} is invalid."));
            assert_eq!(rejection(&sim, "PATCH", "/service/tickets/1", operation).await, expected);
        }
    }
    assert_eq!(get(&sim, "/service/tickets/1").await, before);
    // Empty references are not given.
    for empty in [json!({}), json!(null), json!({"id": 0}), json!({"id": ""}), json!({"id": null, "name": " "})] {
        patch(&sim, "/service/tickets/1", "contact", json!({"id": 7})).await;
        let changed = patch(&sim, "/service/tickets/1", "contact", empty.clone()).await;
        assert_eq!(changed.get("contact"), None, "{empty}");
    }
    let changed = patch(&sim, "/service/tickets/1", "contact/id", json!("7")).await;
    assert_eq!(changed["contact"]["name"], "Ida Marsh");
}

#[tokio::test]
async fn the_status_alone_closes_and_reopens_a_ticket() {
    let sim = started().await;
    let without_info = |mut ticket: Value| {
        ticket.as_object_mut().unwrap().remove("_info");
        ticket
    };
    patch(&sim, "/service/tickets/1", "dateResolved", json!("2026-03-04T05:06:07Z")).await;
    for (id, flag) in [(3, false), (1, true)] {
        let path = format!("/service/tickets/{id}");
        let before = without_info(get(&sim, &path).await);
        let after = without_info(patch(&sim, &path, "closedFlag", json!(flag)).await);
        assert_eq!(after, before);
    }
    let reopened = patch(&sim, "/service/tickets/3", "status", json!({"id": 11})).await;
    assert_eq!((&reopened["closedFlag"], reopened.get("closedDate")), (&json!(false), None));
}

#[tokio::test]
async fn a_patch_cannot_change_the_owner_that_the_path_names() {
    let sim = started().await;
    let item = json!({"type": {"id": 1}, "value": "1"});
    let item = post(&sim, "/company/contacts/7/communications", item).await["id"].clone();
    for (path, field, expected) in [
        ("/service/tickets/1/notes/70".to_owned(), "ticketId", 1),
        ("/project/projects/20/phases/21".to_owned(), "projectId", 20),
        (format!("/company/contacts/7/communications/{item}"), "contactId", 7),
    ] {
        assert_eq!(patch(&sim, &path, field, json!(2)).await[field], expected, "{path}");
        assert_eq!(get(&sim, &path).await[field], expected, "{path}");
    }
}

#[tokio::test]
async fn ids_that_name_no_record_are_rejected() {
    let sim = started().await;
    for (method, path, body, field) in [
        ("POST", "/project/tickets", json!({"summary": "x", "phase": {"id": 99_999}}), "phase/id"),
        ("PATCH", "/service/tickets/1", replace("parentTicketId", json!(99_999)), "parentTicketId"),
        ("PATCH", "/service/tickets/1", replace("parentTicketId", json!(1)), "parentTicketId"),
        ("PATCH", "/company/configurations/30", replace("locationId", json!(99_999)), "locationId"),
        ("POST", "/service/tickets/1/tasks", json!({"notes": "x", "childTicketId": 99_999}), "childTicketId"),
        (
            "POST",
            "/company/configurations",
            json!({"name": "C", "parentConfigurationId": 99_999}),
            "parentConfigurationId",
        ),
        ("PATCH", "/company/configurations/30", replace("parentConfigurationId", json!(30)), "parentConfigurationId"),
        ("PATCH", "/company/configurations/30", replace("parentConfigurationId", json!(31)), "parentConfigurationId"),
        ("PATCH", "/project/projects/20/phases/21", replace("parentPhase", json!({"id": 21})), "parentPhase"),
        ("PATCH", "/company/companies/5", replace("parentCompany", json!({"id": 5})), "parentCompany"),
        ("PATCH", "/company/companies/5", replace("parentCompany", json!({"id": 6})), "parentCompany"),
        (
            "POST",
            "/time/entries",
            json!({"chargeToId": -1, "chargeToType": "ServiceTicket", "member": {"id": 4}, "timeStart": "2026-01-05T09:00:00Z"}),
            "chargeToId",
        ),
    ] {
        let response = sent(&sim, (method, 400), path, body.clone()).await;
        let errors = response["errors"].as_array().unwrap();
        assert!(errors.iter().any(|error| error["field"] == field), "{body}: {response:#}");
    }
    assert_eq!(patch(&sim, "/service/tickets/1", "parentTicketId", json!(2)).await["parentTicketId"], 2);
    patch(&sim, "/project/projects/20/phases/22", "parentPhase", json!({"id": 21})).await;
    let ticket = post(&sim, "/project/tickets", json!({"summary": "x", "phase": {"id": 21}})).await;
    assert_eq!(ticket["project"]["id"], 20);
}

#[tokio::test]
async fn a_deleted_record_takes_what_belongs_to_it_and_is_no_longer_named() {
    let sim = started().await;
    let entry = |entry_type: i64| json!({"objectId": 1, "type": {"id": entry_type}, "member": {"id": 4}});
    let of_ticket = post(&sim, "/schedule/entries", entry(4)).await["id"].clone();
    let of_activity = post(&sim, "/schedule/entries", entry(1)).await["id"].clone();
    sim.store().insert(
        "/system/documents",
        json!({"id": 90, "title": "a", "_attached": {"recordType": "Ticket", "recordId": "1"}}),
    );
    sim.store().insert(
        "/system/documents",
        json!({"id": 91, "title": "b", "_attached": {"recordType": "Ticket", "recordId": "2"}}),
    );
    patch(&sim, "/service/tickets/2", "parentTicketId", json!(1)).await;
    for configuration in [30, 31] {
        post(&sim, "/service/tickets/2/configurations", json!({ "id": configuration })).await;
    }
    for path in ["/service/tickets/1", "/company/configurations/30"] {
        sent(&sim, ("DELETE", 204), path, Value::Null).await;
    }
    let status = async |path: String| send(&sim, "GET", &path, &Value::Null).await.0;
    assert_eq!(
        [
            status(format!("/schedule/entries/{of_ticket}")).await,
            status(format!("/schedule/entries/{of_activity}")).await,
            status("/system/documents/90".to_owned()).await,
            status("/system/documents/91".to_owned()).await,
        ],
        [404, 200, 404, 200]
    );
    assert_eq!(get(&sim, "/service/tickets/2").await.get("parentTicketId"), None);
    assert_eq!(get(&sim, "/company/configurations/31").await.get("parentConfigurationId"), None);
    let attached = get(&sim, "/service/tickets/2/configurations").await;
    assert_eq!(attached.as_array().unwrap().iter().map(|record| &record["id"]).collect::<Vec<_>>(), [31]);
}

#[tokio::test]
async fn the_ticket_of_an_entry_is_the_record_that_it_is_charged_to() {
    let sim = started().await;
    let body = json!({"chargeToId": 1, "chargeToType": "ServiceTicket", "member": {"id": 4}, "workRole": {"id": 1}, "hourlyRate": 100,
        "timeStart": "2026-01-05T09:00:00Z", "timeEnd": "2026-01-05T11:00:00Z"});
    let entry = post(&sim, "/time/entries", body).await;
    let path = format!("/time/entries/{}", entry["id"]);
    let target =
        |entry: &Value| [entry["chargeToId"].clone(), entry["ticket"]["id"].clone(), entry["company"]["id"].clone()];
    assert_eq!(target(&entry), [1, 1, 5].map(Value::from));
    let by_ticket = patch(&sim, &path, "ticket", json!({"id": 2})).await;
    assert_eq!(target(&by_ticket), [2, 2, 6].map(Value::from));
    assert_eq!(get(&sim, "/service/tickets/2").await["actualHours"], 2.0);
    assert_eq!(target(&patch(&sim, &path, "chargeToId", json!(1)).await), [1, 1, 5].map(Value::from));
    assert_eq!(get(&sim, "/service/tickets/2").await["actualHours"], 0.0);
    let open = patch(&sim, &path, "timeEnd", Value::Null).await;
    let amount = |field: &str| open[field].as_f64().unwrap_or_default();
    assert_eq!(
        ["actualHours", "hoursBilled", "invoiceHours", "extendedInvoiceAmount"].map(amount),
        [0.0; 4],
        "{open:#}"
    );
    let free = patch(&sim, &path, "chargeToId", Value::Null).await;
    assert_eq!(target(&free)[..2], [Value::Null, Value::Null]);
}

#[tokio::test]
async fn a_schedule_entry_does_not_end_before_it_starts() {
    let sim = started().await;
    let body = json!({"objectId": 1, "type": {"id": 4}, "member": {"id": 4}, "dateStart": "2026-01-05T10:00:00Z", "dateEnd": "2026-01-05T09:00:00Z"});
    let expected = ("dateEnd".to_owned(), "dateEnd must be later than dateStart.".to_owned());
    assert_eq!(rejection(&sim, "POST", "/schedule/entries", body).await, expected);
}

#[tokio::test]
async fn responses_with_a_communication_item_are_those_of_later_reads() {
    let sim = started().await;
    let list = "/company/contacts/7/communications";
    let body = json!({"type": {"id": 1}, "value": "1", "mobileGuid": "abc"});
    let created = post(&sim, list, body.clone()).await;
    let path = format!("{list}/{}", created["id"]);
    assert_eq!(get(&sim, &path).await, created);
    assert_eq!(created["type"].get("_info"), None);
    let replaced = sent(&sim, ("PUT", 200), &path, body).await;
    assert_eq!(get(&sim, &path).await, replaced);
    let changed = patch(&sim, &path, "value", json!("2")).await;
    assert_eq!(get(&sim, &path).await, changed);
}

#[tokio::test]
async fn values_of_companies_are_valid() {
    let sim = started().await;
    let (status, error) =
        send(&sim, "PATCH", "/company/companies/5", &replace("numberOfEmployees", json!(99_999_999_999_i64))).await;
    let expected = "Error converting value \"99999999999\" to type 'System.Nullable`1[System.Int32]'.";
    assert_eq!((status, error["message"].as_str().unwrap().starts_with(expected)), (500, true), "{error}");
    let body = json!({"identifier": " dupco ", "name": "x"});
    let response = sent(&sim, ("POST", 400), "/company/companies", body).await;
    let errors = response["errors"].as_array().unwrap();
    assert!(errors.iter().any(|error| error["message"] == "Company ID already in use."), "{response:#}");
    for value in [Value::Null, json!({"id": 0})] {
        assert_eq!(patch(&sim, "/company/companies/5", "site", value).await["site"]["id"], 51);
    }
}

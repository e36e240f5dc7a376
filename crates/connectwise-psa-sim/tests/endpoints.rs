//! Endpoints that are not plain lists: documents, callbacks, bundles, bulk operations, reports. Actions are in
//! `actions.rs`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use connectwise_psa::raw::RawBody;
use connectwise_psa::{Method, Patch, Psa, Upload, Value};
use connectwise_psa_sim::{Seed, Sim, SimBuilder};
use http_body_util::BodyExt as _;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::json;

/// Starts a simulator with company 5, board 1, and the tickets 1 to 3 of this company on this board.
async fn started(builder: SimBuilder) -> (Sim, Psa) {
    let sim = builder.seed(Seed::Empty).start().await.unwrap();
    let store = sim.store();
    store.insert("/company/companies", json!({"id": 5, "identifier": "acme", "name": "Acme"}));
    store.insert("/service/boards", json!({"id": 1, "name": "Help Desk"}));
    for id in 1..=3 {
        store.insert(
            "/service/tickets",
            json!({"id": id, "summary": format!("Ticket {id}"), "company": {"id": 5, "name": "Acme"}, "board": {"id": 1}, "closedFlag": false}),
        );
    }
    let psa = sim.psa();
    (sim, psa)
}

async fn post(psa: &Psa, path: &str, body: Value) -> Result<Value, connectwise_psa::Error> {
    psa.request(Method::Post, path).json(&body).await?.into_json()
}

#[tokio::test]
async fn documents_can_be_uploaded_downloaded_and_listed() {
    let (sim, psa) = started(Sim::builder()).await;
    let content: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    let upload = |record: &str| {
        let form = json!({"recordType": "Ticket", "recordId": record, "title": "Größe"});
        psa.request(Method::Post, "/system/documents")
            .json(&form)
            .upload(Upload::from_bytes("Größe \"1\".bin", content.clone()))
    };
    let document = upload("1").await.unwrap().into_json().unwrap();
    assert_eq!(
        (&document["title"], &document["size"], document.get("_content")),
        (&json!("Größe"), &json!(100_000), None)
    );
    upload("2").await.unwrap();
    let id = i32::try_from(document["id"].as_i64().unwrap()).unwrap();
    let download = psa.request(Method::Get, &format!("/system/documents/{id}/download")).download().await.unwrap();
    assert_eq!(download.file_name.as_deref(), Some("Größe \"1\".bin"));
    assert_eq!(download.bytes().await.unwrap(), content);
    for path in ["/system/documents?recordType=ticket&recordId=1", "/service/tickets/1/documents"] {
        let listed = psa.request(Method::Get, path).await.unwrap().into_json().unwrap();
        assert_eq!(listed.as_array().map(Vec::len), Some(1), "{path}");
    }
    let missing = post(&psa, "/system/documents", json!({"recordType": "Ticket"})).await.unwrap_err();
    assert_eq!(
        missing.field_errors().iter().map(|error| error.field.as_deref().unwrap()).collect::<Vec<_>>(),
        ["recordId", "file"]
    );
    // The endpoint takes a multipart form, not JSON.
    let plain = reqwest::Client::new().post(format!("{}/v4_6_release/apis/3.0/system/documents", sim.url()));
    let plain = plain
        .basic_auth("demo+public", Some("private"))
        .header("clientid", "x")
        .header("content-type", "application/json")
        .body("{}");
    assert_eq!(plain.send().await.unwrap().status().as_u16(), 415);
    let thumbnail = psa.request(Method::Get, &format!("/system/documents/{id}/thumbnail")).await.unwrap();
    assert!(matches!(thumbnail.body, RawBody::Bytes(bytes) if bytes.starts_with(b"\x89PNG")));
    assert!(psa.request(Method::Get, "/system/documents/99/download").await.unwrap_err().is_not_found());
}

/// Starts a receiver of callbacks that responds with the given statuses, then with 200. Returns its URL, and the
/// received URIs, signatures and bodies.
async fn receiver(statuses: Vec<u16>) -> (String, Arc<Mutex<Vec<(String, String, Value)>>>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook?recordId=", listener.local_addr().unwrap());
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (to, statuses) = (Arc::clone(&seen), Arc::new(Mutex::new(statuses.into_iter())));
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let (to, statuses) = (Arc::clone(&to), Arc::clone(&statuses));
            let service = service_fn(move |request: http::Request<hyper::body::Incoming>| {
                let (to, statuses) = (Arc::clone(&to), Arc::clone(&statuses));
                async move {
                    let (head, body) = request.into_parts();
                    let body = body.collect().await.unwrap().to_bytes();
                    let signature = head.headers["x-content-signature"].to_str().unwrap().to_owned();
                    to.lock().unwrap().push((head.uri.to_string(), signature, serde_json::from_slice(&body).unwrap()));
                    let status = statuses.lock().unwrap().next().unwrap_or(200);
                    Ok::<_, std::convert::Infallible>(
                        http::Response::builder().status(status).body(String::new()).unwrap(),
                    )
                }
            });
            tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    });
    (url, seen)
}

/// Waits until a condition is true, at most five seconds.
async fn until(condition: impl Fn() -> bool) {
    for _ in 0..500 {
        if condition() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the condition did not become true within five seconds");
}

#[tokio::test]
async fn callbacks_report_changes_with_retries_and_are_deactivated_after_a_failure() {
    let (sim, psa) =
        started(Sim::builder().callback_retry_delays([Duration::from_millis(5); 2]).max_callback_failures(1)).await;
    // The first two deliveries succeed, the third one succeeds with its second retry, and the fourth one fails.
    let (url, seen) = receiver(vec![200, 200, 429, 404, 200, 500]).await;
    let entry = json!({"url": url, "type": "Ticket", "level": "Board", "objectId": 1});
    let callback = post(&psa, "/system/callbacks", entry.clone()).await.unwrap();
    assert_eq!((&callback["payloadVersion"], callback.get("_by")), (&json!("3.0.0"), None));
    assert!(callback["connectWiseID"].is_string(), "{callback}");
    let duplicate = post(&psa, "/system/callbacks", entry).await.unwrap_err();
    assert_eq!(duplicate.field_errors()[0].code.as_deref(), Some("ObjectExists"));
    for (wrong, message) in [
        (json!({"url": "nowhere", "type": "Ticket", "level": "Owner", "objectId": 1}), "Invalid URL"),
        (json!({"url": url, "type": "Ticket", "level": "Vendor", "objectId": 1}), "Unrecognized level for type"),
        (json!({"url": url, "type": "Tickets", "level": "Owner", "objectId": 1}), "Unrecognized type"),
        (json!({"type": "Ticket", "level": "Owner", "objectId": 1}), "The url field is required."),
    ] {
        let error = post(&psa, "/system/callbacks", wrong).await.unwrap_err();
        assert!(error.field_errors()[0].message.as_deref().is_some_and(|text| text.starts_with(message)), "{error}");
    }
    psa.service().update_ticket(1, &Patch::new().replace("summary", "New")).await.unwrap();
    until(|| seen.lock().unwrap().len() == 1).await;
    let (uri, signature, body) = seen.lock().unwrap()[0].clone();
    assert_eq!(uri, "/hook?recordId=1&action=updated");
    assert_eq!((&body["Action"], &body["ID"], &body["Type"]), (&json!("updated"), &json!(1), &json!("ticket")));
    let entity: Value = serde_json::from_str(body["Entity"].as_str().unwrap()).unwrap();
    assert_eq!(entity["summary"], "New");
    let key: Value = serde_json::from_str(
        &reqwest::get(body["Metadata"]["key_url"].as_str().unwrap()).await.unwrap().text().await.unwrap(),
    )
    .unwrap();
    // The key is a SHA-256 in hexadecimal digits, the signature an HMAC-SHA-256 in base64.
    assert!(key["signing_key"].as_str().is_some_and(|key| key.len() == 64) && signature.len() == 44);
    // Changes through the store, from any thread, are reported as well.
    let store = sim.store();
    std::thread::spawn(move || {
        store.update("/service/tickets", 3, |ticket| _ = ticket.insert("summary".to_owned(), json!("Other")))
    })
    .join()
    .unwrap()
    .unwrap();
    until(|| seen.lock().unwrap().len() == 2).await;
    let (_, _, other) = seen.lock().unwrap()[1].clone();
    assert_eq!((&other["MemberId"], &other["ID"]), (&json!("sim"), &json!(3)));
    // Deliveries that fail with 429 or 404 are retried: this one needs three attempts. 500 is not retried and
    // deactivates the callback.
    psa.service().delete_ticket(2).await.unwrap();
    until(|| seen.lock().unwrap().len() == 5).await;
    assert!(
        seen.lock().unwrap()[2..]
            .iter()
            .all(|(uri, _, body)| uri == "/hook?recordId=2&action=deleted" && body["Entity"].is_null())
    );
    psa.service().update_ticket(1, &Patch::new().replace("summary", "Newer")).await.unwrap();
    until(|| sim.store().list("/system/callbacks")[0]["inactiveFlag"] == true).await;
    assert_eq!(seen.lock().unwrap().len(), 6);
    // A callback that is activated again works, and starts without failures.
    psa.system().update_callback(1, &Patch::new().replace("inactiveFlag", false)).await.unwrap();
    psa.service().update_ticket(1, &Patch::new().replace("summary", "Newest")).await.unwrap();
    until(|| seen.lock().unwrap().len() == 7).await;
    assert_eq!(sim.store().list("/system/callbacks")[0]["inactiveFlag"], false);
}

#[tokio::test]
async fn bundles_and_bulk_operations_return_a_result_for_each_item() {
    let (sim, psa) = started(Sim::builder()).await;
    let bundle = json!({"requests": [
        {"sequenceNumber": 1, "resourceType": "Ticket", "version": "2025.8", "apiRequest": {"filters": {"conditions": "id > 1"}, "fields": "id", "page": {"pageSize": 1}}},
        {"sequenceNumber": 2, "resourceType": "company", "apiRequest": {"id": 5}},
        {"sequenceNumber": 3, "resourceType": "Ticket", "apiRequest": {"id": 99}},
    ]});
    let results = post(&psa, "/system/bundles", bundle.clone()).await.unwrap();
    let results = results["results"].as_array().unwrap();
    assert_eq!((&results[0]["entities"], &results[0]["success"]), (&json!([{"id": 2}]), &json!(true)));
    assert_eq!(results[1]["entities"][0]["name"], "Acme");
    assert_eq!(
        (&results[2]["statusCode"], &results[2]["error"]["message"]),
        (&json!(404), &json!("Service Ticket 99 not found"))
    );
    let counts = post(&psa, "/system/bundles/count", json!({"requests": [bundle["requests"][0]]})).await.unwrap();
    assert_eq!(counts["results"][0]["count"], 2);

    let path = "/company/configurations/bulk";
    sim.store().insert("/company/configurations/types", json!({"id": 1, "name": "Server"}));
    let records = json!([{"name": "SRV-01", "type": {"id": 1}, "company": {"id": 5}}, {"type": {"id": 1}}]);
    let response = psa.request(Method::Post, path).json(&records).await.unwrap();
    assert_eq!(response.status.as_u16(), 207);
    let payload = response.into_json().unwrap()["payload"].clone();
    assert_eq!(
        (&payload[0]["statusCode"], &payload[1]["statusCode"], &payload[1]["originalIndex"]),
        (&json!(201), &json!(400), &json!(1))
    );
    assert_eq!(payload[1]["error"]["errors"][0]["code"], "MissingRequiredField");
    let response = psa
        .request(Method::Delete, path)
        .json(&json!({"ids": [payload[0]["data"]["id"], 77]}))
        .await
        .unwrap()
        .into_json()
        .unwrap();
    assert_eq!(
        (&response["payload"][0]["success"], &response["payload"][1]["statusCode"]),
        (&json!(true), &json!(404))
    );
}

#[tokio::test]
async fn reports_return_the_selected_columns_and_a_count() {
    let (_sim, psa) = started(Sim::builder()).await;
    let report = psa
        .request(Method::Get, "/system/reports/service?columns=id,summary,company&conditions=id>1&pageSize=1")
        .await
        .unwrap()
        .into_json()
        .unwrap();
    let names: Vec<_> = report["column_definitions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|column| column.as_object().unwrap().keys().next().unwrap().clone())
        .collect();
    let row: std::collections::BTreeMap<_, _> =
        names.iter().map(String::as_str).zip(report["row_values"][0].as_array().unwrap()).collect();
    assert_eq!((row["id"], row["summary"], row["company"]), (&json!(2), &json!("Ticket 2"), &json!("Acme")));
    let count = psa.request(Method::Get, "/system/reports/Service/count").await.unwrap().into_json().unwrap();
    assert_eq!(count["count"], 3);
    assert!(psa.request(Method::Get, "/system/reports/Weather").await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn report_rows_are_filtered_and_sorted_by_columns() {
    let (_sim, psa) = started(Sim::builder()).await;
    let rows = async |query: &str| {
        let response = psa.request(Method::Get, &format!("/system/reports/Service?columns=id&{query}")).await?;
        let link = response.headers.get("link").map(|link| link.to_str().unwrap().to_owned());
        Ok::<_, connectwise_psa::Error>((response.into_json()?["row_values"].clone(), link))
    };
    let count = psa
        .request(Method::Get, "/system/reports/Service/count?conditions=company='acme' and closed_flag=false")
        .await
        .unwrap();
    assert_eq!(count.into_json().unwrap(), json!({"count": 3}));
    let (first, link) = rows("orderBy=summary desc&pageSize=2").await.unwrap();
    assert_eq!(first, json!([[3], [2]]));
    assert!(link.unwrap().contains("/v4_6_release/apis/3.0/system/reports/Service/?columns=id"), "pages have links");
    // Conditions and sorting take the names of columns, ignoring case, and not the names of fields.
    assert_eq!(rows("conditions=ID in (1,3)").await.unwrap(), (json!([[1], [3]]), None));
    for unknown in ["conditions=board/name='x'", "conditions=closedFlag=false", "orderBy=closedFlag"] {
        let error = rows(unknown).await.unwrap_err();
        assert!(error.to_string().contains("is not a recognized name"), "{unknown}: {error}");
    }
}

async fn get(psa: &Psa, path: &str) -> Value {
    psa.request(Method::Get, path).await.unwrap_or_else(|error| panic!("{path}: {error}")).into_json().unwrap()
}

#[tokio::test]
async fn all_notes_are_those_of_the_ticket_and_of_its_time_entries() {
    let (sim, psa) = started(Sim::builder()).await;
    let store = sim.store();
    store.insert("/system/members", json!({"id": 4, "identifier": "jo", "firstName": "Jo", "lastName": "Doe"}));
    store.insert("/project/tickets", json!({"id": 9, "summary": "Of a project"}));
    for (list, ticket) in [("/service/tickets", 1), ("/project/tickets", 9)] {
        let note = json!({"text": "Broken", "detailDescriptionFlag": true, "ticketId": ticket});
        post(&psa, &format!("{list}/{ticket}/notes"), note).await.unwrap();
        // Without a text, and of another ticket.
        for (of, notes) in [(ticket, "Repaired"), (ticket, ""), (2, "Other")] {
            store.insert(
                "/time/entries",
                json!({"ticket": {"id": of}, "member": {"id": 4, "identifier": "jo", "name": "Jo Doe"}, "notes": notes, "addToResolutionFlag": true,
                    "timeStart": "2026-05-01T09:00:00Z", "timeEnd": "2026-05-01T10:00:00Z"}),
            );
        }
        let path = format!("{list}/{ticket}/allNotes");
        let notes = get(&psa, &path).await;
        let shown = |name: &str| notes.as_array().unwrap().iter().map(|note| note[name].clone()).collect::<Vec<_>>();
        assert_eq!(shown("text"), ["Broken", "Repaired"], "{path}");
        assert_eq!(shown("noteType"), ["TicketNote", "TimeEntryNote"]);
        assert_eq!([shown("detailDescriptionFlag"), shown("resolutionFlag")], [[true, false], [false, true]]);
        assert_eq!(shown("issueFlag"), [false, false]);
        assert_eq!(
            (&notes[1]["originalAuthor"], &notes[1]["timeEnd"]),
            (&json!("Jo Doe"), &json!("2026-05-01T10:00:00Z"))
        );
        assert!(notes[0]["ticket"]["id"] == ticket && notes[0].get("ticketId").is_none(), "{notes}");
        assert_eq!(
            get(&psa, &format!("{path}?conditions=noteType='TimeEntryNote'&fields=text")).await,
            json!([{"text": "Repaired"}])
        );
        // The list is not part of the records, so nothing is left of it.
        assert_eq!(get(&psa, &format!("{list}/{ticket}/notes")).await.as_array().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn endpoints_with_a_single_record_return_its_flags() {
    let (_sim, psa) = started(Sim::builder()).await;
    let path = "/service/knowledgebasesettings";
    assert_eq!(get(&psa, path).await, json!({"_info": {}, "requireApproval": false}));
    let set = post(&psa, path, json!({"requireApproval": true})).await.unwrap();
    assert_eq!((&set["requireApproval"], set["_info"]["updatedBy"].is_string()), (&json!(true), true), "{set}");
    assert_eq!(get(&psa, path).await, set);
    // Null is not given.
    let set = post(&psa, path, json!({"requireApproval": null})).await.unwrap();
    assert_eq!(set["requireApproval"], false);
    let property = get(&psa, "/company/m365contactsync/1/property").await;
    assert_eq!(property["excludeIncludeFlag"], false, "{property}");
}

//! Raw calls with JSON, by path and by operation name; and dry runs, which show a request without sending it.

use connectwise_psa::raw::RawBody;
use connectwise_psa::types::Ticket;
use connectwise_psa::{CallOptions, Method, Patch, Upload, Value};
use connectwise_psa_sim::{Fault, Sim};
use serde_json::json;

use crate::setup::{changed_fields, demo, ids, request_count, start_sim};

#[tokio::test]
async fn a_ticket_is_created_read_updated_and_deleted_by_path() {
    let (sim, psa) = demo().await;
    let body =
        json!({"summary": "By path", "company": {"identifier": "LanternfoldIT"}, "budgetHours": 0.1, "poNumber": null});
    let response = psa.request(Method::Post, "/service/tickets").json(&body).await.unwrap();
    assert_eq!((response.status.as_u16(), response.headers["api-current-version"].to_str().unwrap()), (201, "2025.8"));
    let created = response.into_json().unwrap();
    let path = format!("/service/tickets/{}", created["id"]);
    let stored = || sim.store().get("/service/tickets", created["id"].as_i64().unwrap());
    assert_eq!(
        (Some(&created), &created["budgetHours"], &created["company"]["id"]),
        (stored().as_ref(), &json!(0.1), &json!(1))
    );
    // The client accepts a path in several forms.
    for form in [
        path.clone(),
        path.trim_start_matches('/').to_owned(),
        format!("{path}/"),
        format!("/v4_6_release/apis/3.0{path}"),
        path.to_uppercase(),
    ] {
        assert_eq!(psa.request(Method::Get, &form).await.unwrap().into_json().unwrap(), created, "{form}");
    }
    let patch =
        json!([{"op": "replace", "path": "summary", "value": "Patched"}, {"op": "remove", "path": "budgetHours"}]);
    let patched = psa.request(Method::Patch, &path).json(&patch).await.unwrap().into_json().unwrap();
    assert_eq!(changed_fields(&created, &patched), ["budgetHours", "summary"]);
    // Some guides show an object with the new values, but the server accepts only an array of patch operations.
    let error = psa.request(Method::Patch, &path).json(&json!({"summary": "Not a patch"})).await.unwrap_err();
    assert_eq!((error.status().map(|status| status.as_u16()), stored()), (Some(400), Some(patched)), "{error}");
    let deleted = psa.request(Method::Delete, &path).await.unwrap();
    assert_eq!((deleted.status.as_u16(), deleted.body, stored()), (204, RawBody::Empty, None));
    let gone = psa.request(Method::Get, &path).await.unwrap_err();
    assert!(
        gone.is_not_found() && gone.to_string().starts_with("service.get_ticket (GET /service/tickets/{id}): "),
        "{gone}"
    );
}

#[tokio::test]
async fn operations_are_called_by_their_name_in_this_library_or_in_the_openapi_document() {
    let (sim, psa) = demo().await;
    for (own_id, vendor_id, parameters, path) in [
        (
            "service.list_ticket_notes",
            "getServiceTicketsByParentIdNotes",
            json!({"parentId": 10}),
            "/service/tickets/10/notes",
        ),
        // The names of parameters ignore letter case, and an integer can be a string.
        (
            "company.list_company_sites",
            "getCompanyCompaniesByParentIdSites",
            json!({"PARENTID": "2", "orderBy": "id"}),
            "/company/companies/2/sites",
        ),
        ("system.list_members", "getSystemMembers", json!({"pageSize": 3, "conditions": null}), "/system/members"),
    ] {
        for name in [own_id, vendor_id] {
            let all: Vec<Value> = psa.operation(name).parameters(&parameters).list().all().await.unwrap();
            assert_eq!(all, sim.store().list(path), "{name}");
        }
        let counted = psa.operation(own_id).parameters(&parameters).list().count().await.unwrap();
        assert_eq!(counted, i64::try_from(sim.store().count(path)).unwrap(), "{own_id}");
    }
    let created = psa
        .operation("service.create_ticket")
        .json(&json!({"summary": "x", "company": {"id": 5}}))
        .await
        .unwrap()
        .into_json()
        .unwrap();
    let patch = serde_json::to_value(Patch::new().replace("summary", "y")).unwrap();
    let updated = psa
        .operation("patchServiceTicketsById")
        .parameters(&json!({"id": created["id"]}))
        .json(&patch)
        .await
        .unwrap()
        .into_json()
        .unwrap();
    assert_eq!(
        (updated["summary"].as_str(), Some(updated.clone())),
        (Some("y"), sim.store().get("/service/tickets", created["id"].as_i64().unwrap()))
    );
    // Invalid input is rejected before anything is sent.
    let before = sim.requests().len();
    for (request, expected) in [
        (psa.operation("service.get_ticket").parameters(&json!({"id": "5/notes"})), "is not an integer"),
        (psa.operation("service.delete_ticket"), "id is missing from the path"),
        (psa.operation("service.create_ticket"), "body is missing"),
        (psa.operation("service.list_tickets").parameters(&json!({"conditions": "closedFlag = "})), "conditions"),
        (psa.operation("service.close_ticket"), "is unknown"),
    ] {
        let error = request.await.unwrap_err();
        assert!(error.is_invalid_input() && error.to_string().contains(expected), "{error}");
    }
    assert_eq!(sim.requests().len(), before);
}

#[tokio::test]
async fn pages_can_be_requested_one_by_one() {
    let (sim, psa) = demo().await;
    let mut all = Vec::new();
    let mut page = Some(1);
    while let Some(number) = page {
        let response = psa
            .request(Method::Get, "/company/contacts?pageSize=50&conditions=inactiveFlag=false")
            .query("page", number.to_string())
            .await
            .unwrap();
        page = response.next_page().and_then(|next| next.page);
        all.extend(response.into_json().unwrap().as_array().unwrap().clone());
    }
    let expected: Vec<Value> =
        sim.store().list("/company/contacts").into_iter().filter(|contact| contact["inactiveFlag"] == false).collect();
    assert_eq!((ids(&all), request_count(&sim, "GET", "/company/contacts")), (ids(&expected), 3));
    // Forward-only paging: each response says after which id the next page starts.
    let (mut forward, mut after) = (Vec::new(), Some(0));
    while let Some(id) = after {
        let response = psa
            .request(Method::Get, "/company/contacts")
            .query("pageSize", "33")
            .query("pageId", id.to_string())
            .await
            .unwrap();
        after = response.next_page().and_then(|next| next.page_id);
        forward.extend(response.into_json().unwrap().as_array().unwrap().clone());
    }
    assert_eq!(forward, sim.store().list("/company/contacts"));
}

#[tokio::test]
async fn a_dry_run_shows_the_request_and_sends_nothing() {
    let (sim, psa) = start_sim(Sim::builder().integrator("robot", "secret")).await;
    let before = sim.store().list("/service/tickets");
    let documents = sim.store().count("/system/documents");
    let ticket = Ticket::new("Only shown", 5);
    let patch = Patch::new().replace("summary", "Only shown");
    let list = || psa.service().list_tickets().filter(|ticket| ticket.summary().contains("a&b+c"));
    let shown = [
        psa.service().create_ticket(&ticket).dry_run(),
        psa.service().update_ticket(1, &patch).dry_run(),
        psa.service().delete_ticket(1).dry_run(),
        psa.service().get_ticket(1).dry_run(),
        list().dry_run(),
        psa.service().list_tickets().parallel(4).count().dry_run(),
        psa.service().list_tickets().filter(|ticket| ticket.id().is_in(1..700)).dry_run(),
        psa.as_member("bob").with(CallOptions::new().without_version()).service().delete_ticket(1).dry_run(),
        psa.operation("service.merge_ticket")
            .parameters(&json!({"parentId": 1}))
            .json(&json!({"mergeTicketIds": [2]}))
            .dry_run(),
        psa.request(Method::Post, "/system/documents")
            .json(&json!({"recordId": 1}))
            .upload(Upload::from_bytes("a.txt", "a"))
            .dry_run(),
    ];
    let shown: Vec<_> = shown.into_iter().map(|shown| shown.unwrap()).collect();
    assert!(
        sim.requests().is_empty()
            && sim.store().list("/service/tickets") == before
            && sim.store().count("/system/documents") == documents
    );
    let lines: Vec<_> = shown
        .iter()
        .map(|shown| format!("{} {}", shown.method, shown.url.split_once("/apis/3.0").unwrap().1))
        .collect();
    assert_eq!(
        lines,
        [
            "POST /service/tickets",
            "PATCH /service/tickets/1",
            "DELETE /service/tickets/1",
            "GET /service/tickets/1",
            "GET /service/tickets?conditions=summary%20contains%20%22a%26b%2Bc%22&page=1&pageSize=1000",
            "GET /service/tickets/count",
            "POST /service/tickets/search?page=1&pageSize=1000",
            "DELETE /service/tickets/1",
            "POST /service/tickets/1/merge",
            "POST /system/documents",
        ]
    );
    assert!(shown.iter().all(|shown| shown.headers.contains(&("authorization".into(), "[redacted]".into()))
        && !shown.to_string().contains("private")));

    // The requests that are sent later match the dry runs.
    list().page(1).await.unwrap();
    psa.service().create_ticket(&ticket).await.unwrap();
    list().all().await.unwrap();
    let urls: Vec<_> = sim
        .requests()
        .iter()
        .map(|request| {
            format!(
                "{}{}{}",
                sim.url(),
                request.path,
                if request.query.is_empty() { String::new() } else { format!("?{}", request.query) }
            )
        })
        .collect();
    // The first request of a complete list differs only in the paging.
    let forward_only = shown[4].url.replace("page=1&pageSize=1000", "pageSize=1000&pageId=0");
    assert_eq!(urls, [shown[4].url.as_str(), shown[0].url.as_str(), forward_only.as_str()]);
    let body: Value = serde_json::from_str(shown[0].body.as_deref().unwrap()).unwrap();
    assert_eq!(body, json!({"summary": "Only shown", "company": {"id": 5}}));
}

#[tokio::test]
async fn raw_calls_follow_the_same_retry_rules_as_typed_calls() {
    let (sim, psa) = demo().await;
    let lose_response = |method: &str| sim.inject(Fault::next(1).on(method, "").with_lost_response());
    let send = async |method: Method, path: &str, body: Value| psa.request(method, path).json(&body).await;
    let items = || sim.store().get("/company/contacts", 2).unwrap()["communicationItems"].as_array().unwrap().len();
    lose_response("PATCH");
    let set = json!([{"op": "replace", "path": "summary", "value": "Twice the same"}]);
    assert!(send(Method::Patch, "/service/tickets/3", set).await.is_ok());
    assert_eq!(request_count(&sim, "PATCH", "/service/tickets/3"), 2);
    for (method, path, body) in [
        (Method::Post, "/service/tickets", json!({"summary": "Once", "company": {"id": 5}})),
        (Method::Post, "/service/tickets/3/notes", json!({"text": "Once", "detailDescriptionFlag": true})),
        (
            Method::Patch,
            "/company/contacts/2",
            json!([{"op": "add", "path": "communicationItems/9", "value": {"type": {"id": 3}, "value": "1"}}]),
        ),
        (Method::Patch, "/company/contacts/2", json!([{"op": "remove", "path": "/communicationItems/0"}])),
    ] {
        let (requests_before, items_before) = (request_count(&sim, method.as_str(), path), items());
        lose_response(method.as_str());
        let error = send(method, path, body.clone()).await.unwrap_err();
        assert!(error.is_ambiguous() && !error.is_retryable(), "{body}: {error}");
        assert_eq!(request_count(&sim, method.as_str(), path) - requests_before, 1, "{body}");
        assert!(method == Method::Post || items().abs_diff(items_before) == 1, "{body}");
    }
    // The demo data has 400 tickets, and the POST request for a ticket has created one.
    assert_eq!(sim.store().count("/service/tickets"), 401);
}

#[tokio::test]
async fn paths_and_methods_outside_of_the_catalogue_can_be_requested() {
    let (sim, psa) = demo().await;
    let error = psa.request(Method::Get, "/service/weather").await.unwrap_err();
    assert!(error.is_not_found() && error.to_string().starts_with("GET /service/weather: 404"), "{error}");
    assert!(error.to_string().contains("Check the path"), "{error}");
    let error = psa.request(Method::Post, "/service/tickets/5/notes/count").json(&json!({})).await.unwrap_err();
    assert!(
        error.status().map(|status| status.as_u16()) == Some(405)
            && error.to_string().contains("does not support this method"),
        "{error}"
    );
    assert_eq!(sim.requests().len(), 2);
}

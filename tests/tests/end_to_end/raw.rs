//! The same with JSON, by path and by the names of operations; and what would be sent, without sending it.

use connectwise_psa::raw::RawBody;
use connectwise_psa::types::Ticket;
use connectwise_psa::{CallOptions, Method, Patch, Upload, Value};
use connectwise_psa_sim::{Fault, Sim};
use serde_json::json;

use crate::organisation::{asked, changed, demo, ids, opened};

#[tokio::test]
async fn a_ticket_lives_and_dies_by_path() {
    let (sim, psa) = demo().await;
    let body =
        json!({"summary": "By path", "company": {"identifier": "LanternfoldIT"}, "budgetHours": 0.1, "poNumber": null});
    let reply = psa.request(Method::Post, "/service/tickets").json(&body).await.unwrap();
    assert_eq!((reply.status.as_u16(), reply.headers["api-current-version"].to_str().unwrap()), (201, "2025.8"));
    let created = reply.into_json().unwrap();
    let path = format!("/service/tickets/{}", created["id"]);
    let stored = || sim.store().get("/service/tickets", created["id"].as_i64().unwrap());
    assert_eq!(
        (Some(&created), &created["budgetHours"], &created["company"]["id"]),
        (stored().as_ref(), &json!(0.1), &json!(1))
    );
    // Paths are taken as people write them.
    for written in [
        path.clone(),
        path.trim_start_matches('/').to_owned(),
        format!("{path}/"),
        format!("/v4_6_release/apis/3.0{path}"),
        path.to_uppercase(),
    ] {
        assert_eq!(psa.request(Method::Get, &written).await.unwrap().into_json().unwrap(), created, "{written}");
    }
    let patch =
        json!([{"op": "replace", "path": "summary", "value": "Patched"}, {"op": "remove", "path": "budgetHours"}]);
    let patched = psa.request(Method::Patch, &path).json(&patch).await.unwrap().into_json().unwrap();
    assert_eq!(changed(&created, &patched), ["budgetHours", "summary"]);
    // An object of members, which some guides show, is no patch.
    let error = psa.request(Method::Patch, &path).json(&json!({"summary": "No patch"})).await.unwrap_err();
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
async fn operations_are_called_by_either_name_with_parameters() {
    let (sim, psa) = demo().await;
    for (ours, vendors, parameters, path) in [
        (
            "service.list_ticket_notes",
            "getServiceTicketsByParentIdNotes",
            json!({"parentId": 10}),
            "/service/tickets/10/notes",
        ),
        (
            "company.list_company_sites",
            "getCompanyCompaniesByParentIdSites",
            json!({"PARENTID": "2", "orderBy": "id"}),
            "/company/companies/2/sites",
        ),
        ("system.list_members", "getSystemMembers", json!({"pageSize": 3, "conditions": null}), "/system/members"),
    ] {
        for name in [ours, vendors] {
            let all: Vec<Value> = psa.operation(name).parameters(&parameters).list().all().await.unwrap();
            assert_eq!(all, sim.store().list(path), "{name}");
        }
        let counted = psa.operation(ours).parameters(&parameters).list().count().await.unwrap();
        assert_eq!(counted, i64::try_from(sim.store().count(path)).unwrap(), "{ours}");
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
    // What would be something else is refused before it is sent.
    let seen = sim.requests().len();
    for (request, why) in [
        (psa.operation("service.get_ticket").parameters(&json!({"id": "5/notes"})), "is not a whole number"),
        (psa.operation("service.delete_ticket"), "id is missing from the path"),
        (psa.operation("service.create_ticket"), "body is missing"),
        (psa.operation("service.list_tickets").parameters(&json!({"conditions": "closedFlag = "})), "conditions"),
        (psa.operation("service.close_ticket"), "is unknown"),
    ] {
        let error = request.await.unwrap_err();
        assert!(error.is_invalid_input() && error.to_string().contains(why), "{error}");
    }
    assert_eq!(sim.requests().len(), seen);
}

#[tokio::test]
async fn pages_can_be_turned_by_hand() {
    let (sim, psa) = demo().await;
    let mut all = Vec::new();
    let mut page = Some(1);
    while let Some(number) = page {
        let reply = psa
            .request(Method::Get, "/company/contacts?pageSize=50&conditions=inactiveFlag=false")
            .query("page", number.to_string())
            .await
            .unwrap();
        page = reply.next_page().and_then(|next| next.page);
        all.extend(reply.into_json().unwrap().as_array().unwrap().clone());
    }
    let expected: Vec<Value> =
        sim.store().list("/company/contacts").into_iter().filter(|contact| contact["inactiveFlag"] == false).collect();
    assert_eq!((ids(&all), asked(&sim, "GET", "/company/contacts")), (ids(&expected), 3));
    // Forward only, by what the server says comes next.
    let (mut forward, mut after) = (Vec::new(), Some(0));
    while let Some(id) = after {
        let reply = psa
            .request(Method::Get, "/company/contacts")
            .query("pageSize", "33")
            .query("pageId", id.to_string())
            .await
            .unwrap();
        after = reply.next_page().and_then(|next| next.page_id);
        forward.extend(reply.into_json().unwrap().as_array().unwrap().clone());
    }
    assert_eq!(forward, sim.store().list("/company/contacts"));
}

#[tokio::test]
async fn a_dry_run_sends_nothing_and_shows_what_would_be_sent() {
    let (sim, psa) = opened(Sim::builder().integrator("robot", "secret")).await;
    let before = sim.store().list("/service/tickets");
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
            && sim.store().count("/system/documents") == 0
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

    // What is sent then is what was shown.
    list().page(1).await.unwrap();
    psa.service().create_ticket(&ticket).await.unwrap();
    list().all().await.unwrap();
    let seen: Vec<_> = sim
        .requests()
        .iter()
        .map(|seen| {
            format!(
                "{}{}{}",
                sim.url(),
                seen.path,
                if seen.query.is_empty() { String::new() } else { format!("?{}", seen.query) }
            )
        })
        .collect();
    // A list that is read to its end begins the same, but for the paging.
    let forward_only = shown[4].url.replace("page=1&pageSize=1000", "pageSize=1000&pageId=0");
    assert_eq!(seen, [shown[4].url.as_str(), shown[0].url.as_str(), forward_only.as_str()]);
    let body: Value = serde_json::from_str(shown[0].body.as_deref().unwrap()).unwrap();
    assert_eq!(body, json!({"summary": "Only shown", "company": {"id": 5}}));
}

#[tokio::test]
async fn changes_with_json_are_sent_again_by_the_same_rules() {
    let (sim, psa) = demo().await;
    let lost = |method: &str| sim.inject(Fault::next(1).on(method, "").with_lost_response());
    let send = async |method: Method, path: &str, body: Value| psa.request(method, path).json(&body).await;
    let items = || sim.store().get("/company/contacts", 2).unwrap()["communicationItems"].as_array().unwrap().len();
    lost("PATCH");
    let set = json!([{"op": "replace", "path": "summary", "value": "Twice the same"}]);
    assert!(send(Method::Patch, "/service/tickets/3", set).await.is_ok());
    assert_eq!(asked(&sim, "PATCH", "/service/tickets/3"), 2);
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
        let (before, had) = (asked(&sim, method.as_str(), path), items());
        lost(method.as_str());
        let error = send(method, path, body.clone()).await.unwrap_err();
        assert!(error.is_ambiguous() && !error.is_retryable(), "{body}: {error}");
        assert_eq!(asked(&sim, method.as_str(), path) - before, 1, "{body}");
        assert!(method == Method::Post || items().abs_diff(had) == 1, "{body}");
    }
    assert_eq!(sim.store().count("/service/tickets"), 401);
}

#[tokio::test]
async fn what_no_operation_is_can_still_be_asked() {
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

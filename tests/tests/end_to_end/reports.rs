//! Information about records: reports, the audit trail, the usages that prevent a record from being deleted, bundles of
//! requests, and the reduced records of `infos` endpoints.

use connectwise_psa::system::{CountAuditTrailParameters, GetReportParameters, ListAuditTrailParameters};
use connectwise_psa::types::{AuditTrailRecordType, BundleRequest, BundleRequestsCollection, Ticket};
use connectwise_psa::{Method, Patch, Psa, Value};
use connectwise_psa_sim::Sim;
use serde_json::json;

use crate::setup::{demo, ids, quick_retries, start_sim};

#[tokio::test]
async fn a_report_returns_rows_with_the_requested_columns() {
    let (sim, psa) = demo().await;
    let reports: Vec<String> =
        psa.system().list_reports().all().await.unwrap().into_iter().filter_map(|report| report.name).collect();
    assert!(reports.contains(&"Service".to_owned()), "{reports:?}");
    let query = connectwise_psa::ListQuery::new().conditions("closed_flag = false").page_size(200);
    let report = psa
        .system()
        .get_report_with("Service", &GetReportParameters::new().columns("id,summary,closed_flag"))
        .with_query(query)
        .await
        .unwrap();
    let names: Vec<String> = report
        .column_definitions
        .unwrap()
        .iter()
        .flat_map(|column| column.keys().cloned().collect::<Vec<_>>())
        .collect();
    let index = |name: &str| names.iter().position(|other| other == name).unwrap();
    let (id, summary, closed) = (index("id"), index("summary"), index("closed_flag"));
    assert_eq!(names.len(), 3);
    let expected: Vec<Value> =
        sim.store().list("/service/tickets").into_iter().filter(|ticket| ticket["closedFlag"] == false).collect();
    let rows = report.row_values.unwrap();
    assert_eq!(rows.len(), expected.len());
    for (row, ticket) in rows.iter().zip(&expected) {
        assert_eq!((&row[id], &row[summary], &row[closed]), (&ticket["id"], &ticket["summary"], &json!(false)));
    }
    assert_eq!(
        psa.system().count_report_rows("Service").filter_text("closed_flag = false").await.unwrap(),
        i64::try_from(rows.len()).unwrap()
    );
    let columns: Vec<Value> = psa.system().list_report_columns("Service").decode_as().all().await.unwrap();
    assert!(columns.len() > 50 && columns.iter().any(|column| column["id"]["identityColumn"] == true));
    let missing = psa.system().get_report("Weather").await.unwrap_err();
    assert!(missing.is_not_found() && missing.to_string().contains("system.get_report"), "{missing}");
}

#[tokio::test]
async fn typed_rows_are_read_page_by_page() {
    #[derive(serde::Deserialize)]
    struct Row {
        id: i32,
        summary: Option<String>,
        closed_flag: bool,
        company: Option<String>,
        budget_hours: Option<f64>,
        #[serde(default, deserialize_with = "connectwise_psa::reports::lenient")]
        required_date: Option<connectwise_psa::Date>,
    }
    let (sim, psa) = demo().await;
    let reports = psa.reports();
    assert!(reports.names().await.unwrap().contains(&"Service".to_owned()));
    let columns = reports.columns("Service").await.unwrap();
    let id = columns.iter().find(|column| column.name == "id").unwrap();
    assert_eq!((id.data_type.as_str(), id.is_identity, id.is_nullable), ("Numeric", Some(true), Some(false)));

    let names = ["id", "summary", "closed_flag", "company", "budget_hours", "required_date"];
    let open = || reports.report("Service").columns(names).conditions("closed_flag = false");
    let expected: Vec<Value> =
        sim.store().list("/service/tickets").into_iter().filter(|ticket| ticket["closedFlag"] == false).collect();
    let mut rows = open().page_size(7).rows::<Row>();
    let mut count = 0;
    while let Some(row) = rows.next().await {
        let (row, ticket) = (row.unwrap(), &expected[count]);
        assert_eq!(
            (json!(row.id), json!(row.summary), row.closed_flag),
            (ticket["id"].clone(), ticket["summary"].clone(), false)
        );
        assert_eq!(json!(row.company), ticket["company"]["name"]);
        assert_eq!(row.budget_hours, ticket["budgetHours"].as_f64());
        let date = ticket["requiredDate"].as_str().map(|date| date[..10].to_owned());
        assert_eq!(row.required_date.map(|date| date.to_string()), date);
        count += 1;
    }
    assert_eq!((count, open().count().await.unwrap()), (expected.len(), i64::try_from(expected.len()).unwrap()));
    let pages = crate::setup::request_count(&sim, "GET", "/system/reports/Service");
    // A full page without a link may not be the last one.
    assert_eq!(pages, expected.len() / 7 + 1);

    // Maps are in the order of the columns.
    let maps = open().order_by("id desc").records().all().await.unwrap();
    assert_eq!(maps[0].get("id"), Some(expected.last().unwrap()["id"].clone()));
    let of_row: Vec<_> = maps[0].iter().map(|(name, _)| name.to_owned()).collect();
    let of_columns: Vec<_> = maps[0].columns().iter().map(|column| column.name.clone()).collect();
    assert!(of_row == of_columns && of_row.len() == names.len(), "{of_row:?}");
}

#[tokio::test]
async fn the_audit_trail_is_a_stream_of_pages() {
    let (_sim, psa) = demo().await;
    let id = psa.service().create_ticket(&Ticket::new("Audited", 2)).await.unwrap().id.unwrap();
    for number in 0..12 {
        let patch = Patch::new().set(Ticket::fields().summary(), format!("Audited {number}"));
        psa.service().update_ticket(id, &patch).await.unwrap();
    }
    let trail = psa.reports().audit_trail(AuditTrailRecordType::Ticket, id);
    let mut entries = trail.list().page_size(5).stream();
    let mut kinds = Vec::new();
    while let Some(entry) = entries.next().await {
        kinds.push(entry.unwrap().audit_sub_type.unwrap());
    }
    assert_eq!((kinds.len(), kinds[0].as_str(), kinds[12].as_str()), (13, "added", "updated"));
    assert_eq!(trail.count().await.unwrap(), 13);
    let other = psa.reports().audit_trail("Contact", id).device_identifier("x").xref_rec_id(5);
    assert!(other.stream().next().await.is_none());
    let query = other.list().dry_run().unwrap().to_string();
    assert!(
        query.contains("type=Contact") && query.contains("deviceIdentifier=x") && query.contains("xrefRecId=5"),
        "{query}"
    );
}

#[tokio::test]
async fn the_audit_trail_contains_changes_but_no_rejected_ones() {
    let (sim, psa) = start_sim(Sim::builder().integrator("robot", "secret")).await;
    let robot = Psa::builder()
        .host(sim.url())
        .company("demo")
        .integrator("robot", "secret")
        .client_id("x")
        .options(quick_retries())
        .build()
        .unwrap();
    let id = psa.service().create_ticket(&Ticket::new("Watched", 5)).await.unwrap().id.unwrap();
    robot.as_member("ann").service().update_ticket(id, &Patch::new().replace("summary", "Seen")).await.unwrap();
    // The server rejects the status 9999, and an edit without a change sends no update.
    psa.service().update_ticket(id, &Patch::new().replace("status/id", 9999)).await.unwrap_err();
    psa.service().get_ticket(id).edit(|_| {}).await.unwrap();
    psa.service().create_ticket(&Ticket::new("Another", 5)).await.unwrap();
    psa.service().delete_ticket(id).await.unwrap();
    let trail: Vec<_> = psa
        .system()
        .list_audit_trail_with(&ListAuditTrailParameters::new().type_(AuditTrailRecordType::Ticket).id(id))
        .all()
        .await
        .unwrap();
    let entries: Vec<_> =
        trail.into_iter().map(|entry| (entry.audit_sub_type.unwrap(), entry.entered_by.unwrap())).collect();
    let expected = [("added", "api"), ("updated", "ann"), ("deleted", "api")]
        .map(|(action, user)| (action.to_owned(), user.to_owned()));
    assert_eq!(entries, expected);
    let of = |record_type: AuditTrailRecordType| CountAuditTrailParameters::new().type_(record_type).id(id);
    assert_eq!(psa.system().count_audit_trail_with(&of(AuditTrailRecordType::Ticket)).await.unwrap(), 3);
    assert_eq!(psa.system().count_audit_trail_with(&of(AuditTrailRecordType::Contact)).await.unwrap(), 0);
}

#[tokio::test]
async fn a_record_in_use_cannot_be_deleted_and_its_usages_are_listed() {
    let (sim, psa) = demo().await;
    let company = json!({
        "identifier": "gone", "name": "Gone", "site": {"name": "Main"}, "types": [{"id": 2}], "status": {"id": 1},
    });
    let id = psa.company().create_company(&company).await.unwrap().id.unwrap();
    let ticket = psa.service().create_ticket(&Ticket::new("Uses the company", id)).await.unwrap().id.unwrap();
    let error = psa.company().delete_company(id).await.unwrap_err();
    assert_eq!(error.status().map(|status| status.as_u16()), Some(409));
    assert!(!error.is_ambiguous() && !error.is_retryable() && error.to_string().contains("is in use"), "{error}");
    let usages = psa.company().list_company_usages(id).all().await.unwrap();
    assert_eq!(usages.iter().map(|usage| usage.id.unwrap()).collect::<Vec<_>>(), [ticket]);
    assert!(sim.store().get("/company/companies", id.into()).is_some());
    psa.service().delete_ticket(ticket).await.unwrap();
    assert!(psa.company().list_company_usages(id).all().await.unwrap().is_empty());
    psa.company().delete_company(id).await.unwrap();
    assert_eq!(sim.store().get("/company/companies", id.into()), None);
    assert!(psa.company().get_company(id).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn a_bundle_sends_several_requests_and_returns_a_result_for_each() {
    let (sim, psa) = demo().await;
    let request = |number: i32, resource_type: &str, body: Value| BundleRequest {
        sequence_number: Some(number),
        resource_type: Some(resource_type.to_owned()),
        api_request: Some(serde_json::from_value(body).unwrap()),
        ..BundleRequest::default()
    };
    let requests = BundleRequestsCollection::new(vec![
        request(
            1,
            "Ticket",
            json!({"filters": {"conditions": "closedFlag = false"}, "page": {"page": 2, "pageSize": 7}}),
        ),
        request(2, "Contact", json!({"id": 12})),
        request(3, "Contact", json!({"id": 99_999})),
        request(4, "Ticket", json!({"filters": {"conditions": "colour = 1"}})),
    ]);
    let results = psa.system().run_bundle(&requests).await.unwrap().results.unwrap();
    let statuses: Vec<_> = results
        .iter()
        .map(|result| (result.sequence_number.unwrap(), result.success.unwrap(), result.status_code.unwrap()))
        .collect();
    assert_eq!(statuses, [(1, true, 200), (2, true, 200), (3, false, 404), (4, false, 400)]);
    let expected: Vec<i64> = sim
        .store()
        .list("/service/tickets")
        .iter()
        .filter(|ticket| ticket["closedFlag"] == false)
        .map(|ticket| ticket["id"].as_i64().unwrap())
        .collect();
    let of = |index: usize| {
        results[index].entities.as_ref().unwrap().iter().map(|entity| i64::from(entity.id.unwrap())).collect::<Vec<_>>()
    };
    assert_eq!((of(0), of(1)), (expected[7..14].to_vec(), vec![12]));
    assert_eq!(results[3].error.as_ref().unwrap().message.as_deref(), Some("colour is not a recognized name."));
    // The raw JSON contains the complete records.
    let complete = psa
        .request(Method::Post, "/system/bundles")
        .json(&serde_json::to_value(&requests).unwrap())
        .await
        .unwrap()
        .into_json()
        .unwrap();
    assert_eq!(Some(complete["results"][1]["entities"][0].clone()), sim.store().get("/company/contacts", 12));
    let open = BundleRequestsCollection::new(vec![request(
        1,
        "Ticket",
        json!({"filters": {"conditions": "closedFlag = false"}}),
    )]);
    let counts = psa.system().run_count_bundle(&open).await.unwrap().results.unwrap();
    assert_eq!(counts[0].count, Some(i32::try_from(expected.len()).unwrap()));
}

#[tokio::test]
async fn info_endpoints_return_reduced_records_without_the_right_for_complete_ones() {
    let (sim, psa) = start_sim(Sim::builder().deny_right("System > Member Maintenance")).await;
    assert!(psa.system().list_members().page(1).await.unwrap_err().is_permission_denied());
    let infos: Vec<Value> = psa.system().list_member_infos().decode_as().all().await.unwrap();
    assert_eq!(ids(&infos), ids(&sim.store().list("/system/members")));
    assert!(
        infos.iter().all(|member| member["identifier"].is_string() && member.get("hourlyCost").is_none()),
        "{infos:?}"
    );
}

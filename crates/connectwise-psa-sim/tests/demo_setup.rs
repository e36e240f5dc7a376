//! The set-up data of the demo data as live servers have it: schedule types, versions, screens of custom fields, sort
//! orders of statuses, and the files and reports that depend on demo data.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use connectwise_psa::{Method, Psa, Value};
use connectwise_psa_sim::Sim;
use serde_json::json;

async fn demo() -> (Sim, Psa) {
    let sim = Sim::builder().start().await.unwrap();
    let psa = sim.psa();
    (sim, psa)
}

async fn get(psa: &Psa, path: &str) -> Value {
    psa.request(Method::Get, path).await.unwrap().into_json().unwrap()
}

async fn post(psa: &Psa, path: &str, body: Value) -> Result<Value, connectwise_psa::Error> {
    psa.request(Method::Post, path).json(&body).await?.into_json()
}

#[tokio::test]
async fn versions_have_a_build_number_and_agree_with_the_code_base() {
    let (_sim, psa) = demo().await;
    let info = get(&psa, "/system/info").await;
    let parts: Vec<&str> = info["version"].as_str().unwrap().split('.').collect();
    assert!(parts.len() == 3 && parts[0].starts_with("v20") && parts[2].len() == 5, "{info}");
    let bits = info["licenseBits"].as_array().unwrap();
    assert!(bits.len() == 22 && bits.iter().all(|bit| bit["name"].is_string() && bit["activeFlag"].is_boolean()));
    for (code_base, expected) in [("v2025_1", "v2025.1"), ("v2026_11", "v2026.11"), ("v4_6_release", "v2025.8")] {
        let sim = Sim::builder().code_base(code_base).start().await.unwrap();
        let found = sim.psa().company_info().await.unwrap();
        assert_eq!(found.version_code.as_deref(), Some(expected), "{code_base}");
    }
}

#[tokio::test]
async fn the_type_of_a_schedule_entry_determines_what_it_schedules() {
    let (sim, psa) = demo().await;
    let ticket = sim.store().get("/service/tickets", 390).unwrap();
    let entry =
        |object: i64, entry_type: i64| json!({"objectId": object, "member": {"id": 1}, "type": {"id": entry_type}});
    let created = post(&psa, "/schedule/entries", entry(390, 4)).await.unwrap();
    assert_eq!(created["type"]["identifier"], "S");
    let name = format!("{} / {}", ticket["company"]["name"].as_str().unwrap(), ticket["summary"].as_str().unwrap());
    assert_eq!(created["name"], name);
    // Activities have other ids than tickets: 25 activities, 400 tickets and the project tickets.
    let activity = post(&psa, "/schedule/entries", entry(7, 1)).await.unwrap();
    assert_eq!(activity["type"]["identifier"], "C");
    for (object, entry_type, message) in
        [(390, 1, "Activity 390 not found"), (123_456, 4, "Service Ticket 123456 not found")]
    {
        let error = post(&psa, "/schedule/entries", entry(object, entry_type)).await.unwrap_err();
        let found = error.field_errors().first().cloned().unwrap();
        assert_eq!(error.status().map(|status| status.as_u16()), Some(400));
        assert!(error.to_string().contains("schedule object is invalid"), "{error}");
        assert_eq!(
            (found.code.as_deref(), found.message.as_deref(), found.field.as_deref()),
            (Some("NotFound"), Some(message), Some("objectId"))
        );
    }
    // A project ticket is a ticket too, and a meeting schedules nothing.
    let project_ticket = sim.store().list("/project/tickets")[0]["id"].as_i64().unwrap();
    post(&psa, "/schedule/entries", entry(project_ticket, 4)).await.unwrap();
    post(&psa, "/schedule/entries", entry(123_456, 2)).await.unwrap();
    // The list of a ticket does not contain the entries of the activity with its id.
    let of_ticket = get(&psa, "/service/tickets/7/scheduleentries").await;
    let entries = of_ticket.as_array().unwrap();
    assert!(entries.iter().all(|other| other["id"] != activity["id"]), "{of_ticket}");
    let of_ticket = get(&psa, "/service/tickets/390/scheduleentries").await;
    assert!(of_ticket.as_array().unwrap().iter().any(|other| other["id"] == created["id"]), "{of_ticket}");
}

#[tokio::test]
async fn a_callback_names_the_member_who_registered_it() {
    let (sim, psa) = demo().await;
    let entry = json!({"url": "http://127.0.0.1:9/hook?recordId=", "type": "ticket", "level": "owner", "objectId": 1});
    let callback = post(&psa, "/system/callbacks", entry).await.unwrap();
    let api = sim.store().list("/system/members").into_iter().find(|member| member["identifier"] == "api").unwrap();
    assert_eq!(callback["memberId"], api["id"]);
}

#[tokio::test]
async fn a_status_has_its_sort_order_wherever_a_ticket_gets_it() {
    let (sim, psa) = demo().await;
    let has_sort = |ticket: &Value| {
        let status = ticket["status"].as_object().unwrap();
        assert!(status["Sort"].is_i64() && !status.contains_key("sort"), "{ticket}");
    };
    for list in ["/service/tickets", "/project/tickets"] {
        sim.store().list(list).iter().for_each(has_sort);
    }
    let created = post(&psa, "/service/tickets", json!({"summary": "New", "company": {"id": 5}})).await.unwrap();
    has_sort(&created);
    assert_eq!([&created["billTime"], &created["billExpenses"], &created["billProducts"]], ["NoDefault"; 3]);
    let id = created["id"].as_i64().unwrap();
    let status = json!([{"op": "replace", "path": "status", "value": {"name": "Closed"}}]);
    let path = format!("/service/tickets/{id}");
    has_sort(&psa.request(Method::Patch, &path).json(&status).await.unwrap().into_json().unwrap());
    let board = json!([{"op": "replace", "path": "board", "value": {"id": 2}}]);
    has_sort(&psa.request(Method::Patch, &path).json(&board).await.unwrap().into_json().unwrap());
    let converted = post(&psa, "/sales/opportunities/1/convertToServiceTicket", json!({})).await.unwrap();
    has_sort(&sim.store().get("/service/tickets", converted["id"].as_i64().unwrap()).unwrap());
}

#[tokio::test]
async fn definitions_and_values_of_custom_fields_name_the_screen() {
    let (sim, psa) = demo().await;
    let definitions = get(&psa, "/system/userDefinedFields").await;
    let contact = definitions.as_array().unwrap().iter().find(|field| field["caption"] == "Door Badge").unwrap();
    assert_eq!((&contact["screenId"], &contact["podId"]), (&json!("ct300"), &json!(4)));
    for field in ["podDescription", "screenDescription", "connectWiseID"] {
        assert!(contact[field].as_str().is_some_and(|text| !text.is_empty()), "{field}: {contact}");
    }
    for field in ["businessUnitIds", "locationIds"] {
        assert_eq!(contact[field], json!([]));
    }
    assert_eq!(contact["displayScreenInASIO"], false);
    let value = sim.store().get("/company/contacts", 1).unwrap()["customFields"][0].clone();
    assert_eq!(
        (&value["id"], &value["caption"], &value["podId"]),
        (&contact["id"], &contact["caption"], &json!("contact_overview"))
    );
    for field in ["connectWiseId", "rowNum", "userDefinedFieldRecId"] {
        assert!(!value[field].is_null(), "{field}: {value}");
    }
}

#[tokio::test]
async fn documents_have_the_content_that_their_size_states() {
    let (sim, psa) = demo().await;
    let documents = sim.store().list("/system/documents");
    for document in documents.iter().step_by(7) {
        let path = format!("/system/documents/{}/download", document["id"]);
        let file = psa.request(Method::Get, &path).download().await.unwrap();
        assert_eq!(file.file_name.as_deref(), document["fileName"].as_str());
        let content = file.bytes().await.unwrap();
        assert_eq!(Some(content.len()), document["size"].as_u64().and_then(|size| usize::try_from(size).ok()));
        let is_image = content.starts_with(b"\x89PNG");
        assert_eq!(document["imageFlag"], is_image, "{document}");
    }
    let of_ticket = get(&psa, "/system/documents?recordType=Ticket&recordId=1").await;
    assert_eq!(of_ticket.as_array().unwrap().len(), 1, "{of_ticket}");
}

#[tokio::test]
async fn the_pdf_of_an_invoice_has_its_number() {
    let (_sim, psa) = demo().await;
    let pdf = psa.finance().download_invoice_pdf(7).await.unwrap();
    assert_eq!(pdf.file_name.as_deref(), Some("Invoice_20007.pdf"));
    let text = String::from_utf8(pdf.bytes().await.unwrap().to_vec()).unwrap();
    assert!(text.starts_with("%PDF-") && text.contains("(Invoice 20007, "), "{text}");
    assert!(psa.finance().download_invoice_pdf(9999).await.unwrap_err().is_not_found());
    let body = json!({"type": "Miscellaneous", "company": {"id": 5}});
    let created = post(&psa, "/finance/invoices", body).await.unwrap();
    assert_eq!(created["invoiceNumber"], "20061", "the next number after those of the 60 invoices");
}

#[tokio::test]
async fn the_report_of_hosted_screens_lists_their_ids() {
    let (_sim, psa) = demo().await;
    let report = get(&psa, "/system/reports/ConnectWiseHostedApiScreen/").await;
    let names: Vec<String> = report["column_definitions"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|column| column.as_object().unwrap().keys().cloned().collect::<Vec<_>>())
        .collect();
    assert_eq!(names, ["id", "name", "screen_id"]);
    let rows = report["row_values"].as_array().unwrap();
    assert!(rows.iter().any(|row| row[2] == "ticket") && rows.len() > 3, "{report}");
}

#[tokio::test]
async fn settings_of_the_provider_can_be_read_one_by_one() {
    let (_sim, psa) = demo().await;
    for name in ["corporateStructure", "crm", "documents", "other", "reportingServices", "services", "timeExpense"] {
        let list = get(&psa, &format!("/system/mycompany/{name}")).await;
        assert_eq!(list.as_array().unwrap().len(), 1, "{name}: {list}");
        assert_eq!(get(&psa, &format!("/system/mycompany/{name}/1")).await, list[0], "{name}");
    }
}

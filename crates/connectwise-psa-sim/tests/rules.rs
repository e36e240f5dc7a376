//! Business rules: what a record takes from others, what follows from it, and which references are rejected.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use connectwise_psa::{Error, Method, Psa, Upload, Value};
use connectwise_psa_sim::{Seed, Sim, Store};
use serde_json::json;

/// Starts a simulator with a provider, its member `api`, who makes the requests, and the company 5 with two sites.
async fn started() -> (Sim, Psa, Store) {
    let sim = Sim::builder().seed(Seed::Empty).start().await.unwrap();
    let store = sim.store();
    for (list, record) in [
        ("/finance/currencies", json!({"id": 1, "name": "US Dollars", "currencyIdentifier": "USD"})),
        ("/finance/billingTerms", json!({"id": 1, "name": "30 days", "defaultFlag": true})),
        ("/finance/taxCodes", json!({"id": 1, "identifier": "TX", "defaultFlag": true})),
        ("/system/locations", json!({"id": 2, "name": "North"})),
        ("/system/departments", json!({"id": 3, "identifier": "SVC", "name": "Service"})),
        ("/time/workRoles", json!({"id": 1, "name": "Engineer", "hourlyRate": 100})),
        (
            "/time/workTypes",
            json!({"id": 1, "name": "Remote", "billTime": "Billable", "rateType": "Multiplier", "rate": 1.5, "overallDefaultFlag": true}),
        ),
        (
            "/system/members",
            json!({"id": 4, "identifier": "api", "firstName": "Api", "lastName": "Access", "defaultLocation": {"id": 2}, "defaultDepartment": {"id": 3}, "workRole": {"id": 1}}),
        ),
        ("/service/priorities", json!({"id": 1, "name": "Normal", "defaultFlag": true})),
        ("/service/sources", json!({"id": 1, "name": "Phone", "defaultFlag": true})),
        ("/service/SLAs", json!({"id": 1, "name": "Standard", "defaultFlag": true})),
        ("/service/locations", json!({"id": 1, "name": "Remote", "defaultFlag": true})),
        ("/service/boards", json!({"id": 1, "name": "Help Desk", "location": {"id": 2}, "department": {"id": 3}})),
        (
            "/service/boards",
            json!({"id": 2, "name": "Projects", "projectFlag": true, "location": {"id": 2}, "billTime": "NoCharge"}),
        ),
        ("/service/boards/1/statuses", json!({"id": 11, "name": "New", "defaultFlag": true})),
        ("/service/boards/1/statuses", json!({"id": 12, "name": "Closed", "closedStatus": true})),
        ("/service/boards/2/statuses", json!({"id": 21, "name": "Planned", "defaultFlag": true})),
        ("/company/companies/statuses", json!({"id": 1, "name": "Active", "defaultFlag": true})),
        ("/company/companies/types", json!({"id": 1, "name": "Client", "defaultFlag": true})),
        ("/company/contacts/types", json!({"id": 1, "description": "Approver"})),
        ("/company/contacts/types", json!({"id": 2, "description": "End User"})),
        ("/company/configurations/types", json!({"id": 1, "name": "Server"})),
        ("/company/configurations/statuses", json!({"id": 1, "description": "Active", "defaultFlag": true})),
        (
            "/company/companies",
            json!({"id": 5, "identifier": "acme", "name": "Acme", "phoneNumber": "2075550100", "currency": {"id": 1}, "territory": {"id": 2}, "site": {"id": 50, "name": "Main"}}),
        ),
        (
            "/company/companies/5/sites",
            json!({"id": 50, "name": "Main", "addressLine1": "1 Signal Hill", "city": "Saltmere", "zip": "04900"}),
        ),
        (
            "/company/companies/5/sites",
            json!({"id": 51, "name": "Branch", "addressLine1": "2 Quay", "city": "Port Ellery"}),
        ),
        ("/company/contacts", json!({"id": 7, "firstName": "Ida", "lastName": "Marsh", "company": {"id": 5}})),
    ] {
        store.insert(list, record);
    }
    let psa = sim.psa();
    (sim, psa, store)
}

async fn send(psa: &Psa, method: Method, path: &str, body: Value) -> Result<Value, Error> {
    psa.request(method, path).json(&body).await?.into_json()
}

async fn post(psa: &Psa, path: &str, body: Value) -> Value {
    send(psa, Method::Post, path, body.clone()).await.unwrap_or_else(|error| panic!("POST {path} {body}: {error}"))
}

async fn put(psa: &Psa, path: &str, body: Value) -> Value {
    send(psa, Method::Put, path, body.clone()).await.unwrap_or_else(|error| panic!("PUT {path} {body}: {error}"))
}

/// Replaces the value at a path of a record.
async fn patch(psa: &Psa, path: &str, field: &str, value: Value) -> Value {
    let body = json!([{"op": "replace", "path": field, "value": value}]);
    send(psa, Method::Patch, path, body.clone()).await.unwrap_or_else(|error| panic!("PATCH {path} {body}: {error}"))
}

async fn get(psa: &Psa, path: &str) -> Value {
    psa.request(Method::Get, path).await.unwrap().into_json().unwrap()
}

async fn delete(psa: &Psa, path: &str) {
    psa.request(Method::Delete, path).await.unwrap();
}

/// Returns the field and the message of the first error of a rejected request.
async fn rejection(psa: &Psa, method: Method, path: &str, body: Value) -> (String, String) {
    let error = send(psa, method, path, body.clone()).await.expect_err(&format!("{path} {body}"));
    assert_eq!(error.status().map(|status| status.as_u16()), Some(400), "{path} {body}");
    let error = &error.field_errors()[0];
    (error.field.clone().unwrap_or_default(), error.message.clone().unwrap_or_default())
}

fn assert_fields(record: &Value, expected: &Value, what: &str) {
    for (pointer, value) in expected.as_object().unwrap() {
        assert_eq!(record.pointer(pointer).unwrap_or(&Value::Null), value, "{what}: {pointer} of {record:#}");
    }
}

#[tokio::test]
async fn custom_fields_are_completed_from_their_definitions() {
    let (_sim, psa, store) = started().await;
    for (id, screen, caption, field_type) in
        [(1, "ct300", "Badge", "Text"), (2, "ct300", "Floor", "Number"), (3, "other", "Region", "Text")]
    {
        store.insert(
            "/system/userDefinedFields",
            json!({"id": id, "screenId": screen, "caption": caption, "fieldTypeIdentifier": field_type, "entryTypeIdentifier": "EntryField", "numberDecimals": 1}),
        );
    }
    let floor = json!({"/customFields/1/id": 2, "/customFields/1/caption": "Floor", "/customFields/1/type": "Number",
        "/customFields/1/entryMethod": "EntryField", "/customFields/1/numberOfDecimals": 1, "/customFields/1/value": 3.5});
    let contact = json!({"firstName": "Ida", "customFields": [{"id": 2, "value": "3.5"}]});
    let created = post(&psa, "/company/contacts", contact).await;
    assert_fields(&created, &floor, "POST");
    let path = format!("/company/contacts/{}", created["id"]);
    let patched = patch(&psa, "/company/contacts/7", "customFields", json!([{"id": 2, "value": 3.5}])).await;
    assert_fields(&patched, &floor, "PATCH");
    for (value, field, message) in [
        (json!([{"id": 99, "value": 1}]), "customFields/id", "Custom Field 99 not found"),
        (json!([{"id": 3, "value": "x"}]), "customFields/id", "Custom Field 3 not found"),
        (json!([{"id": 2, "value": "high"}]), "customFields", "The value of the custom field Floor is invalid."),
    ] {
        let change = json!([{"op": "replace", "path": "customFields", "value": value}]);
        let whole = json!({"firstName": "Ida", "customFields": value});
        for (method, path, body) in [
            (Method::Patch, path.as_str(), change),
            (Method::Put, path.as_str(), whole.clone()),
            (Method::Post, "/company/contacts", whole),
        ] {
            assert_eq!(rejection(&psa, method, path, body).await, (field.to_owned(), message.to_owned()));
        }
    }
}

#[tokio::test]
async fn empty_references_of_create_requests_are_not_given() {
    let (_sim, psa, _store) = started().await;
    for empty in [
        json!(null),
        json!(""),
        json!({}),
        json!({"id": 0}),
        json!({"id": null}),
        json!({"identifier": ""}),
        json!({"name": ""}),
    ] {
        let ticket = json!({"summary": "x", "company": {"id": 5}, "board": empty, "priority": empty, "status": empty, "contact": empty, "site": empty});
        let created = post(&psa, "/service/tickets", ticket).await;
        let expected = json!({"/board/name": "Help Desk", "/priority/name": "Normal", "/status/name": "New", "/contact": null, "/site/name": "Main"});
        assert_fields(&created, &expected, &empty.to_string());
        // A required reference without a default value.
        let required =
            rejection(&psa, Method::Post, "/service/tickets", json!({"summary": "x", "company": empty})).await;
        assert_eq!(required, ("company".to_owned(), "The company/id field is required.".to_owned()), "{empty}");
    }
    // Required, with a default value.
    let order = json!({"vendorCompany": {"id": 5}, "terms": {"id": 0}, "status": {}});
    let missing = rejection(&psa, Method::Post, "/procurement/purchaseorders", order).await;
    assert_eq!(missing.0, "status", "the list has no default status; {missing:?}");
}

#[tokio::test]
async fn an_empty_text_clears_a_reference_date_or_number() {
    let (_sim, psa, _store) = started().await;
    let ticket = json!({"summary": "x", "company": {"id": 5}, "contact": {"id": 7}, "requiredDate": "2026-05-01", "budgetHours": 2, "poNumber": "7"});
    let path = format!("/service/tickets/{}", post(&psa, "/service/tickets", ticket).await["id"]);
    for (field, expected) in
        [("contact", Value::Null), ("requiredDate", Value::Null), ("budgetHours", json!(0.0)), ("poNumber", json!(""))]
    {
        assert!(!get(&psa, &path).await[field].is_null());
        assert_eq!(patch(&psa, &path, field, json!("")).await[field], expected, "{field}");
    }
    let whole = json!({"summary": "x", "company": {"id": 5}, "contact": "", "requiredDate": "", "budgetHours": "", "parentTicketId": "",
        "allowAllClientsPortalView": "", "severity": "", "poNumber": ""});
    let expected = json!({"/contact": null, "/requiredDate": null, "/budgetHours": 0.0, "/parentTicketId": null,
        "/allowAllClientsPortalView": false, "/severity": "Medium", "/poNumber": ""});
    assert_fields(&post(&psa, "/service/tickets", whole.clone()).await, &expected, "POST");
    assert_fields(&put(&psa, &path, whole).await, &expected, "PUT");
    let required = json!([{"op": "replace", "path": "company", "value": ""}]);
    assert_eq!(rejection(&psa, Method::Patch, &path, required).await.0, "company");
}

#[tokio::test]
async fn type_ids_become_types_and_are_not_returned() {
    let (_sim, psa, _store) = started().await;
    let created = post(&psa, "/company/contacts", json!({"firstName": "Ann", "typeIds": [2, 1]})).await;
    assert_fields(&created, &json!({"/types/0/name": "End User", "/types/1/id": 1, "/typeIds": null}), "POST");
    let path = format!("/company/contacts/{}", created["id"]);
    let patched = patch(&psa, &path, "typeIds", json!([1])).await;
    assert_fields(&patched, &json!({"/types/0/name": "Approver", "/types/1": null, "/typeIds": null}), "PATCH");
    let replaced = put(&psa, &path, json!({"firstName": "Ann", "typeIds": [2]})).await;
    assert_fields(&replaced, &json!({"/types/0/name": "End User", "/types/1": null, "/typeIds": null}), "PUT");
    let unknown = json!({"firstName": "Ann", "typeIds": [9]});
    assert_eq!(rejection(&psa, Method::Post, "/company/contacts", unknown).await.1, "Contact Type 9 not found");
}

#[tokio::test]
async fn the_initial_texts_of_a_ticket_become_notes() {
    let (_sim, psa, store) = started().await;
    store.insert("/project/projects", json!({"id": 1, "name": "Move", "company": {"id": 5}, "board": {"id": 2}}));
    store.insert("/project/projects/1/phases", json!({"id": 8, "description": "Plan"}));
    for (list, ticket) in [
        ("/service/tickets", json!({"summary": "x", "company": {"id": 5}})),
        ("/project/tickets", json!({"summary": "x", "phase": {"id": 8}})),
    ] {
        let mut ticket = ticket;
        for (field, text) in [
            ("initialDescription", "It hums"),
            ("initialInternalAnalysis", "The fan"),
            ("initialResolution", "Replaced"),
        ] {
            ticket[field] = json!(text);
        }
        let created = post(&psa, list, ticket).await;
        let none = json!({"/initialDescription": null, "/initialInternalAnalysis": null, "/initialResolution": null});
        assert_fields(&created, &none, list);
        let path = format!("{list}/{}", created["id"]);
        let notes = get(&psa, &format!("{path}/notes")).await;
        for (at, text, shown_in) in [
            (0, "It hums", "detailDescriptionFlag"),
            (1, "The fan", "internalAnalysisFlag"),
            (2, "Replaced", "resolutionFlag"),
        ] {
            let note = &notes[at];
            assert_eq!((&note["text"], &note["ticketId"]), (&json!(text), &created["id"]), "{list}");
            for field in ["detailDescriptionFlag", "internalAnalysisFlag", "resolutionFlag"] {
                assert_eq!(note[field], json!(field == shown_in), "{list}: {field} of {text}");
            }
            let author = json!({"/member/identifier": "api", "/issueFlag": false});
            assert_fields(note, &author, list);
        }
        assert_eq!(notes.as_array().unwrap().len(), 3, "{list}");
        // Later, the texts have no effect.
        patch(&psa, &path, "initialDescription", json!("again")).await;
        assert_eq!(get(&psa, &format!("{path}/notes")).await.as_array().unwrap().len(), 3, "{list}");
    }
    let empty =
        post(&psa, "/service/tickets", json!({"summary": "x", "company": {"id": 5}, "initialDescription": ""})).await;
    assert_eq!(store.count(&format!("/service/tickets/{}/notes", empty["id"])), 0);
}

#[tokio::test]
async fn project_tickets_and_phases_follow_their_project() {
    let (_sim, psa, store) = started().await;
    store.insert("/project/statuses", json!({"id": 1, "name": "Open", "defaultFlag": true}));
    store.insert("/project/phaseStatuses", json!({"id": 1, "name": "Open", "defaultFlag": true}));
    let project = json!({"name": "Move", "board": {"id": 2}, "company": {"id": 5}, "contact": {"id": 7}, "billingMethod": "FixedFee", "estimatedStart": "2026-05-01", "estimatedEnd": "2026-06-01"});
    let project = post(&psa, "/project/projects", project).await;
    let expected = json!({"/status/name": "Open", "/site/name": "Main", "/location/name": "North", "/billTime": "NoCharge",
        "/billToCompany/id": 5, "/billToSite/id": 50, "/currency/id": 1, "/billingTerms/id": 1});
    assert_fields(&project, &expected, "project");
    let phases = format!("/project/projects/{}/phases", project["id"]);
    let phase = post(&psa, &phases, json!({"description": "Plan"})).await;
    let expected = json!({"/projectId": project["id"], "/board/name": "Projects", "/status/name": "Open", "/billTime": "NoCharge", "/locationId": 2});
    assert_fields(&phase, &expected, "phase");
    let of_project = json!({"/project/name": "Move", "/company/identifier": "acme", "/board/name": "Projects",
        "/status/name": "Planned", "/contact/name": "Ida Marsh", "/site/name": "Main", "/city": "Saltmere",
        "/phase/id": phase["id"], "/phase/name": "Plan", "/contactName": "Ida Marsh"});
    for body in [
        json!({"summary": "x", "phase": {"id": phase["id"]}}),
        json!({"summary": "x", "phase": {"id": phase["id"]}, "project": {"id": project["id"]}}),
        json!({"summary": "x", "phase": {"name": "Plan"}, "project": {"id": project["id"]}}),
        json!({"summary": "x", "phase": {"id": phase["id"]}, "project": {}, "company": null, "board": {"id": 0}}),
    ] {
        let ticket = post(&psa, "/project/tickets", body.clone()).await;
        assert_fields(&ticket, &of_project, &body.to_string());
    }
    let other = json!({"summary": "x", "phase": {"id": 99}, "project": {"id": project["id"]}});
    assert_eq!(rejection(&psa, Method::Post, "/project/tickets", other).await.0, "phase/id");
}

#[tokio::test]
async fn new_records_take_values_from_the_records_they_refer_to() {
    let (_sim, psa, store) = started().await;
    for (list, record) in [
        (
            "/finance/agreements/types",
            json!({"id": 1, "name": "Managed", "billTime": "NoCharge", "applicationUnits": "Hours", "coverAgreementTimeFlag": true}),
        ),
        ("/system/members", json!({"id": 5, "identifier": "new"})),
        ("/service/tickets", json!({"id": 1, "summary": "x", "company": {"id": 5}})),
        ("/sales/opportunities/statuses", json!({"id": 1, "name": "Open", "defaultFlag": true})),
        ("/sales/probabilities", json!({"id": 1, "probability": 30})),
        ("/sales/stages", json!({"id": 1, "name": "Lead", "probability": {"id": 1}})),
        ("/sales/activities/types", json!({"id": 1, "name": "Call", "defaultFlag": true})),
        ("/sales/activities/statuses", json!({"id": 1, "name": "Open", "defaultFlag": true})),
        ("/finance/billingStatuses", json!({"id": 1, "name": "New", "defaultFlag": true})),
    ] {
        store.insert(list, record);
    }
    let today = chrono_today(&psa).await;
    for (path, body, expected) in [
        (
            "/service/tickets",
            json!({"summary": "x", "company": {"id": 5}}),
            json!({"/board/id": 1, "/status/id": 11, "/priority/id": 1, "/source/id": 1, "/sla/id": 1, "/serviceLocation/id": 1,
                "/location/name": "North", "/department/identifier": "SVC", "/severity": "Medium", "/impact": "Medium",
                "/billTime": "NoDefault", "/billExpenses": "NoDefault", "/currency/currencyIdentifier": "USD",
                "/site/name": "Main", "/siteName": "Main", "/addressLine1": "1 Signal Hill", "/city": "Saltmere", "/zip": "04900",
                "/contact": null, "/workType": null, "/owner": null}),
        ),
        (
            "/service/tickets",
            json!({"summary": "x", "company": {"id": 5}, "contact": {"id": 7}, "site": {"id": 51}, "city": "Elsewhere"}),
            json!({"/contactName": "Ida Marsh", "/siteName": "Branch", "/addressLine1": "2 Quay", "/city": "Elsewhere", "/zip": null}),
        ),
        (
            "/company/contacts",
            json!({"firstName": "Ann", "company": {"id": 5}}),
            json!({"/site/id": 50, "/defaultPhoneNbr": "2075550100", "/types": [], "/country": null, "/city": null}),
        ),
        (
            "/company/configurations",
            json!({"name": "srv", "type": {"id": 1}, "company": {"id": 5}}),
            json!({"/status/name": "Active", "/site/id": 50, "/locationId": 2, "/businessUnitId": 3, "/companyLocationId": 2}),
        ),
        (
            "/sales/opportunities",
            json!({"name": "x", "primarySalesRep": {"id": 4}, "company": {"id": 5}, "contact": {"id": 7}}),
            json!({"/status/name": "Open", "/stage/name": "Lead", "/probability/id": 1, "/site/id": 50, "/currency/id": 1, "/locationId": 2, "/businessUnitId": 3}),
        ),
        (
            // The sales representative has neither location nor department, so those of the caller apply.
            "/sales/opportunities",
            json!({"name": "x", "primarySalesRep": {"id": 5}, "company": {"id": 5}, "contact": {"id": 7}}),
            json!({"/primarySalesRep/id": 5, "/locationId": 2, "/businessUnitId": 3}),
        ),
        (
            "/service/boards/1/teams",
            json!({"name": "x", "teamLeader": {"id": 4}}),
            json!({"/boardId": 1, "/locationId": 2, "/businessUnitId": 3}),
        ),
        (
            "/service/knowledgeBaseArticles",
            json!({"title": "x", "issue": "y", "resolution": "z"}),
            json!({"/locationId": 2, "/businessUnitId": 3}),
        ),
        (
            "/time/ticketstopwatches",
            json!({"member": {"id": 4}, "status": "Running", "ticket": {"id": 1}}),
            json!({"/locationId": 2, "/businessUnitId": 3}),
        ),
        (
            "/sales/activities",
            json!({"name": "x", "assignTo": {"id": 4}, "contact": {"id": 7}}),
            json!({"/type/name": "Call", "/status/name": "Open", "/company/id": 5, "/assignedBy/identifier": "api", "/currency/id": 1, "/where/id": 1}),
        ),
        (
            "/finance/agreements",
            json!({"name": "x", "type": {"id": 1}, "company": {"id": 5}, "contact": {"id": 7}}),
            json!({"/billTime": "NoCharge", "/applicationUnits": "Hours", "/coverAgreementTime": true, "/site/id": 50, "/billToCompany/id": 5,
                "/billToContact/id": 7, "/startDate": today, "/billStartDate": today, "/agreementStatus": "Active", "/noEndingDateFlag": true, "/billAmount": 0.0}),
        ),
        (
            "/finance/invoices",
            json!({"type": "Miscellaneous", "company": {"id": 5}}),
            json!({"/status/name": "New", "/billToCompany/id": 5, "/billingSite/id": 50, "/billingTerms/id": 1, "/date": today, "/total": 0.0, "/balance": 0.0}),
        ),
    ] {
        let created = post(&psa, path, body.clone()).await;
        assert_fields(&created, &expected, &format!("{path} {body}"));
    }
}

/// Returns midnight of the day on the server.
async fn chrono_today(psa: &Psa) -> String {
    let ticket = post(psa, "/service/tickets", json!({"summary": "x", "company": {"id": 5}})).await;
    format!("{}T00:00:00Z", &ticket["_info"]["dateEntered"].as_str().unwrap()[..10])
}

#[tokio::test]
async fn a_new_company_has_a_site() {
    let (_sim, psa, _store) = started().await;
    for (site, name) in [(json!({"name": "Harbour"}), "Harbour"), (Value::Null, "Main")] {
        let body =
            json!({"identifier": name, "name": name, "site": site, "addressLine1": "3 Pier", "city": "Saltmere"});
        let company = post(&psa, "/company/companies", body).await;
        let expected = json!({"/site/name": name, "/status/name": "Active", "/types/0/name": "Client", "/territory/name": "North",
            "/billToCompany/identifier": name, "/currency/id": 1, "/billingTerms/id": 1});
        assert_fields(&company, &expected, name);
        let path = format!("/company/companies/{}", company["id"]);
        let sites = get(&psa, &format!("{path}/sites")).await;
        let expected = json!({"/0/id": company["site"]["id"], "/0/name": name, "/0/addressLine1": "3 Pier", "/0/primaryAddressFlag": true, "/0/company/id": company["id"], "/1": null});
        assert_fields(&sites, &expected, name);
        assert!(
            company["site"]["_info"]["site_href"]
                .as_str()
                .unwrap()
                .ends_with(&format!("{path}/sites/{}", company["site"]["id"]))
        );
        let other = json!([{"op": "replace", "path": "site", "value": {"id": 50}}]);
        assert_eq!(
            rejection(&psa, Method::Patch, &path, other).await,
            ("site/id".to_owned(), "Site 50 not found".to_owned())
        );
        delete(&psa, &path).await;
    }
}

#[tokio::test]
async fn a_changed_site_or_contact_changes_the_details_of_the_ticket() {
    let (_sim, psa, _store) = started().await;
    let ticket = json!({"summary": "x", "company": {"id": 5}, "contact": {"id": 7}});
    let path = format!("/service/tickets/{}", post(&psa, "/service/tickets", ticket).await["id"]);
    let patched = patch(&psa, &path, "site/id", json!(51)).await;
    assert_fields(&patched, &json!({"/siteName": "Branch", "/city": "Port Ellery", "/zip": null}), "site");
    let ann = post(&psa, "/company/contacts", json!({"firstName": "Ann", "company": {"id": 5}})).await;
    let patched = patch(&psa, &path, "contact", json!({"id": ann["id"]})).await;
    assert_eq!(patched["contactName"], "Ann");
    assert_eq!(patch(&psa, &path, "contact", json!("")).await.get("contactName"), None);
}

#[tokio::test]
async fn a_ticket_of_another_company_has_nothing_of_the_former_one() {
    let (_sim, psa, store) = started().await;
    store.insert("/company/states", json!({"id": 1, "identifier": "ME", "name": "Maine"}));
    store.insert("/company/countries", json!({"id": 1, "name": "United States", "defaultFlag": true}));
    store.insert("/finance/agreements/types", json!({"id": 1, "name": "Managed"}));
    let agreement = json!({"name": "x", "type": {"id": 1}, "company": {"id": 5}, "contact": {"id": 7}});
    let agreement = post(&psa, "/finance/agreements", agreement).await["id"].clone();
    let other = json!({"name": "Other", "identifier": "other", "state": "ME", "city": "Port Ellery"});
    let other = post(&psa, "/company/companies", other).await["id"].clone();
    let site = get(&psa, &format!("/company/companies/{other}/sites")).await[0].clone();
    assert_eq!(site["stateReference"]["identifier"], "ME");
    let ticket = json!({"summary": "x", "company": {"id": 5}, "contact": {"id": 7}, "agreement": {"id": agreement}});
    store.insert(
        "/project/projects",
        json!({"id": 3, "name": "Move", "company": {"id": 5}, "board": {"id": 2}, "site": {"id": 50}}),
    );
    store.insert("/project/projects/3/phases", json!({"id": 1, "description": "Plan"}));
    let mut project_ticket = ticket.clone();
    project_ticket["project"] = json!({"id": 3});
    project_ticket["phase"] = json!({"id": 1});
    for (list, ticket) in [("/service/tickets", ticket), ("/project/tickets", project_ticket)] {
        let path = format!("{list}/{}", post(&psa, list, ticket).await["id"]);
        let former = patch(&psa, &path, "summary", json!("y")).await;
        assert_fields(&former, &json!({"/site/id": 50, "/contactName": "Ida Marsh", "/siteName": "Main"}), list);
        let patched = patch(&psa, &path, "company", json!({"id": other})).await;
        let expected = json!({"/site/id": site["id"], "/contact": null, "/contactName": null, "/agreement": null, "/agreementType": null,
            "/city": "Port Ellery", "/addressLine1": null, "/zip": null, "/stateIdentifier": "ME", "/country/id": 1});
        assert_fields(&patched, &expected, list);
        let back = json!([{"op": "replace", "path": "company", "value": {"id": 5}}, {"op": "replace", "path": "agreement", "value": {"id": agreement}}]);
        let back = send(&psa, Method::Patch, &path, back).await.unwrap();
        assert_fields(
            &back,
            &json!({"/site/id": 50, "/city": "Saltmere", "/agreementType": "Managed", "/stateIdentifier": null}),
            list,
        );
    }
}

#[tokio::test]
async fn the_resources_of_a_ticket_are_its_owner_and_the_scheduled_members() {
    let (_sim, psa, store) = started().await;
    for (id, identifier) in [(8, "ann"), (9, "bob")] {
        store.insert("/system/members", json!({"id": id, "identifier": identifier, "firstName": identifier}));
    }
    store.insert("/schedule/types", json!({"id": 4, "name": "Service", "identifier": "S"}));
    store.insert("/schedule/statuses", json!({"id": 1, "name": "Firm", "defaultFlag": true}));
    let ticket = json!({"summary": "x", "company": {"id": 5}, "owner": {"id": 8}});
    let created = post(&psa, "/service/tickets", ticket).await;
    assert_eq!(created["resources"], "ann");
    let path = format!("/service/tickets/{}", created["id"]);
    let entry = |member: i64| {
        json!({"objectId": created["id"], "type": {"id": 4}, "member": {"id": member},
        "dateStart": "2026-05-06T08:00:00Z", "dateEnd": "2026-05-06T09:00:00Z"})
    };
    let first = format!("/schedule/entries/{}", post(&psa, "/schedule/entries", entry(9)).await["id"]);
    let second = format!("/schedule/entries/{}", post(&psa, "/schedule/entries", entry(9)).await["id"]);
    assert_eq!(get(&psa, &path).await["resources"], "ann, bob");
    delete(&psa, &second).await;
    assert_eq!(get(&psa, &path).await["resources"], "ann, bob", "bob has another entry");
    patch(&psa, &first, "member", json!({"id": 4})).await;
    assert_eq!(get(&psa, &path).await["resources"], "ann, api");
    assert_eq!(patch(&psa, &path, "owner", json!({"id": 9})).await["resources"], "bob, api");
    assert_eq!(patch(&psa, &path, "owner", json!("")).await["resources"], "api");
    delete(&psa, &first).await;
    assert_eq!(get(&psa, &path).await.get("resources"), None);
}

#[tokio::test]
async fn invoices_and_documents_have_dates_addresses_and_types() {
    let (_sim, psa, store) = started().await;
    store.insert("/finance/billingTerms", json!({"id": 2, "name": "30 days", "dueDays": 30}));
    store.insert("/finance/billingTerms", json!({"id": 3, "name": "At once", "dueDays": 0}));
    let invoice =
        json!({"type": "Standard", "company": {"id": 5}, "billingTerms": {"id": 2}, "date": "2026-05-01T00:00:00Z"});
    let invoice = post(&psa, "/finance/invoices", invoice).await;
    let expected = json!({"/dueDate": "2026-05-31T00:00:00Z", "/billingSiteCity": "Saltmere", "/shippingSiteAddressLine1": "1 Signal Hill"});
    assert_fields(&invoice, &expected, "invoice");
    let path = format!("/finance/invoices/{}", invoice["id"]);
    assert_eq!(patch(&psa, &path, "billingTerms", json!({"id": 3})).await["dueDate"], "2026-05-01T00:00:00Z");
    assert_eq!(patch(&psa, &path, "dueDate", json!("2026-06-02")).await["dueDate"], "2026-06-02T00:00:00Z");
    assert_eq!(patch(&psa, &path, "topComment", json!("x")).await["dueDate"], "2026-06-02T00:00:00Z");

    // A project ticket is also a ticket.
    store.insert("/project/projects", json!({"id": 3, "name": "Move", "company": {"id": 5}, "board": {"id": 2}}));
    store.insert("/project/projects/3/phases", json!({"id": 1, "description": "Plan"}));
    let ticket = json!({"summary": "x", "project": {"id": 3}, "phase": {"id": 1}});
    let ticket = post(&psa, "/project/tickets", ticket).await["id"].clone();
    for (number, record_type) in (1_usize..).zip(["Ticket", "ProjectTicket"]) {
        let form = json!({"recordType": record_type, "recordId": ticket.to_string(), "title": "t"});
        let upload = Upload::from_bytes("t.pdf", b"text".to_vec());
        let document = psa.request(Method::Post, "/system/documents").json(&form).upload(upload).await.unwrap();
        let document: Value = document.into_json().unwrap();
        assert!(document["documentType"]["name"] == "PDF" && document["createdOnDate"].is_string(), "{document}");
        for path in [
            format!("/project/tickets/{ticket}/documents"),
            format!("/system/documents?recordType=Ticket&recordId={ticket}"),
            format!("/system/documents?recordType=ProjectTicket&recordId={ticket}"),
        ] {
            assert_eq!(get(&psa, &path).await.as_array().unwrap().len(), number, "{path}");
        }
    }
}

#[tokio::test]
async fn a_reference_by_name_needs_its_record() {
    let sim = Sim::builder().seed(Seed::Empty).start().await.unwrap();
    let psa = sim.psa();
    // The list of companies has never had a record.
    let by_id = post(&psa, "/service/tickets", json!({"summary": "x", "company": {"id": 5}})).await;
    assert_eq!(by_id["company"]["id"], 5);
    for (field, name) in [("identifier", "acme"), ("name", "Acme")] {
        let ticket = json!({"summary": "x", "company": {field: name}});
        let expected = (format!("company/{field}"), format!("company {name} not found"));
        assert_eq!(rejection(&psa, Method::Post, "/service/tickets", ticket).await, expected);
    }
}

#[tokio::test]
async fn a_contact_without_a_number_shows_that_of_its_company() {
    let (_sim, psa, _store) = started().await;
    let contact = post(&psa, "/company/contacts", json!({"firstName": "Ann", "company": {"id": 5}})).await;
    let path = format!("/company/contacts/{}", contact["id"]);
    patch(&psa, "/company/companies/5", "phoneNumber", json!("6035550100")).await;
    assert_eq!(get(&psa, &path).await["defaultPhoneNbr"], "6035550100");
}

#[tokio::test]
async fn hours_and_amounts_follow_time_entries() {
    let (_sim, psa, store) = started().await;
    store.insert("/project/projects", json!({"id": 1, "name": "Move", "company": {"id": 5}, "board": {"id": 2}}));
    store.insert("/project/projects/1/phases", json!({"id": 8, "description": "Plan"}));
    let project_ticket =
        post(&psa, "/project/tickets", json!({"summary": "x", "phase": {"id": 8}})).await["id"].clone();
    let ticket = post(&psa, "/service/tickets", json!({"summary": "x", "company": {"id": 5}})).await["id"].clone();
    let hours = async |path: &str| get(&psa, path).await["actualHours"].as_f64().unwrap_or_default();
    let (ticket_path, project_ticket_path) =
        (format!("/service/tickets/{ticket}"), format!("/project/tickets/{project_ticket}"));
    let entry = json!({"chargeToId": ticket, "chargeToType": "ServiceTicket", "timeStart": "2026-05-06T08:00:00Z", "timeEnd": "2026-05-06T09:20:00Z"});
    let entry = post(&psa, "/time/entries", entry).await;
    let expected = json!({"/actualHours": 1.33, "/hourlyRate": 150.0, "/billableOption": "Billable", "/hoursBilled": 1.33,
        "/invoiceHours": 1.33, "/extendedInvoiceAmount": 199.5, "/member/identifier": "api", "/workRole/name": "Engineer",
        "/workType/name": "Remote", "/location/name": "North", "/locationId": 2, "/department/name": "Service",
        "/company/id": 5, "/ticket/id": ticket, "/ticketBoard": "Help Desk", "/ticketStatus": "New", "/enteredBy": "api",
        "/status": "Open", "/timeSheet/name": "2026-05-04 to 2026-05-10"});
    assert_fields(&entry, &expected, "time entry");
    let path = format!("/time/entries/{}", entry["id"]);
    assert_eq!(hours(&ticket_path).await, 1.33);
    let sheet = format!("/time/sheets/{}", entry["timeSheet"]["id"]);
    let expected = json!({"/hours": 1.33, "/dateStart": "2026-05-04T00:00:00Z", "/dateEnd": "2026-05-10T00:00:00Z", "/member/id": 4, "/status": "Open", "/year": 2026, "/period": 19});
    assert_fields(&get(&psa, &sheet).await, &expected, "time sheet");
    // A second entry of the week is on the same sheet.
    let second = json!({"ticket": {"id": ticket}, "timeStart": "2026-05-10T08:00:00Z", "actualHours": 0.1, "billableOption": "DoNotBill"});
    let second = post(&psa, "/time/entries", second).await;
    assert_fields(
        &second,
        &json!({"/timeSheet/id": entry["timeSheet"]["id"], "/chargeToId": ticket, "/chargeToType": "ServiceTicket", "/hoursBilled": 0.0, "/extendedInvoiceAmount": 0.0}),
        "second",
    );
    assert_eq!((hours(&ticket_path).await, get(&psa, &sheet).await["hours"].clone()), (1.43, json!(1.43)));
    // A changed end changes the hours and the amounts.
    let patched = patch(&psa, &path, "timeEnd", json!("2026-05-06T10:00:00Z")).await;
    assert_fields(
        &patched,
        &json!({"/actualHours": 2.0, "/hoursBilled": 2.0, "/extendedInvoiceAmount": 300.0}),
        "PATCH",
    );
    let patched = patch(&psa, &path, "hoursDeduct", json!(0.5)).await;
    assert_fields(&patched, &json!({"/hoursBilled": 1.5, "/extendedInvoiceAmount": 225.0}), "deducted hours");
    assert_eq!(hours(&ticket_path).await, 2.1);
    // The copy of a ticket has no time entries.
    assert_eq!(post(&psa, &format!("{ticket_path}/copy"), json!({})).await["actualHours"], 0.0);
    // Charged to another ticket, and moved to another week.
    let change = json!([
        {"op": "replace", "path": "chargeToId", "value": project_ticket},
        {"op": "replace", "path": "chargeToType", "value": "ProjectTicket"},
        {"op": "replace", "path": "timeStart", "value": "2026-05-11T08:00:00Z"},
        {"op": "replace", "path": "timeEnd", "value": "2026-05-11T09:00:00Z"},
    ]);
    let moved = send(&psa, Method::Patch, &path, change).await.unwrap();
    assert_eq!(moved["timeSheet"]["name"], "2026-05-11 to 2026-05-17");
    assert_eq!((hours(&ticket_path).await, hours(&project_ticket_path).await), (0.1, 1.0));
    assert_eq!(get(&psa, &sheet).await["hours"], 0.1);
    let whole = json!({"chargeToId": project_ticket, "chargeToType": "ProjectTicket", "timeStart": "2026-05-11T08:00:00Z", "timeEnd": "2026-05-11T11:00:00Z"});
    put(&psa, &path, whole).await;
    let sums = [
        hours(&project_ticket_path).await,
        hours("/project/projects/1").await,
        hours("/project/projects/1/phases/8").await,
    ];
    assert_eq!(sums, [3.0, 3.0, 3.0]);
    delete(&psa, &path).await;
    let sums = [
        hours(&project_ticket_path).await,
        hours("/project/projects/1").await,
        hours("/project/projects/1/phases/8").await,
    ];
    assert_eq!(sums, [0.0, 0.0, 0.0]);
    assert_eq!(store.count("/time/sheets"), 2);
}

#[tokio::test]
async fn expense_reports_follow_their_entries() {
    let (_sim, psa, store) = started().await;
    store.insert("/expense/types", json!({"id": 1, "name": "Travel", "billExpenses": "Billable"}));
    let entry =
        json!({"type": {"id": 1}, "amount": 12.5, "date": "2026-05-06", "chargeToType": "Company", "chargeToId": 5});
    let entry = post(&psa, "/expense/entries", entry).await;
    let expected = json!({"/billAmount": 12.5, "/billableOption": "Billable", "/company/id": 5, "/member/id": 4, "/currency/id": 1});
    assert_fields(&entry, &expected, "expense entry");
    let report = format!("/expense/reports/{}", entry["expenseReport"]["id"]);
    assert_fields(&get(&psa, &report).await, &json!({"/total": 12.5, "/dueDate": "2026-05-12T00:00:00Z"}), "report");
    let patched = patch(&psa, &format!("/expense/entries/{}", entry["id"]), "amount", json!(20)).await;
    assert_eq!((&patched["billAmount"], &get(&psa, &report).await["total"]), (&json!(20.0), &json!(20.0)));
    delete(&psa, &format!("/expense/entries/{}", entry["id"])).await;
    assert_eq!(get(&psa, &report).await["total"], 0.0);
}

#[tokio::test]
async fn sums_follow_additions_products_and_payments() {
    let (_sim, psa, store) = started().await;
    store.insert("/finance/agreements/types", json!({"id": 1, "name": "Managed"}));
    store.insert("/procurement/catalog", json!({"id": 6, "identifier": "CABLE", "description": "Cable", "customerDescription": "A cable", "price": 19.99, "cost": 10.1, "productClass": "NonInventory"}));
    let agreement =
        json!({"name": "x", "type": {"id": 1}, "company": {"id": 5}, "contact": {"id": 7}, "billAmount": 100});
    let agreement = format!("/finance/agreements/{}", post(&psa, "/finance/agreements", agreement).await["id"]);
    let amount = async |path: &str, field: &str| get(&psa, path).await[field].as_f64().unwrap();
    let addition = json!({"product": {"id": 6}, "billCustomer": "Billable", "quantity": 3});
    let addition = post(&psa, &format!("{agreement}/additions"), addition).await;
    let expected = json!({"/unitPrice": 19.99, "/unitCost": 10.1, "/description": "A cable", "/extPrice": 59.97, "/extCost": 30.3, "/margin": 29.67,
        "/agreementStatus": "Active", "/cancelledDate": null});
    assert_fields(&addition, &expected, "addition");
    assert_eq!(amount(&agreement, "billAmount").await, 59.97);
    let path = format!("{agreement}/additions/{}", addition["id"]);
    let patched = patch(&psa, &path, "quantity", json!(1)).await;
    assert_fields(&patched, &json!({"/extPrice": 19.99, "/margin": 9.89}), "quantity");
    assert_eq!(amount(&agreement, "billAmount").await, 19.99);
    let cancelled = patch(&psa, &path, "cancelledDate", json!("2020-01-01")).await;
    assert_eq!((&cancelled["agreementStatus"], amount(&agreement, "billAmount").await), (&json!("Cancelled"), 0.0));
    patch(&psa, &path, "cancelledDate", json!("")).await;
    let copy = post(&psa, &format!("{agreement}/copy"), json!({})).await;
    assert_eq!((&copy["billAmount"], copy.get("id") == addition.get("agreementId")), (&json!(19.99), false));
    // The status of an agreement follows from its dates, and that of its additions from the agreement.
    let ended = patch(&psa, &agreement, "endDate", json!("2020-01-01")).await;
    assert_fields(&ended, &json!({"/agreementStatus": "Expired", "/noEndingDateFlag": false}), "ended");
    let endless = patch(&psa, &agreement, "endDate", json!("")).await;
    assert_fields(&endless, &json!({"/agreementStatus": "Active", "/noEndingDateFlag": true}), "without an end");
    assert_eq!(patch(&psa, &agreement, "endDate", json!("2020-01-01")).await["agreementStatus"], "Expired");
    assert_eq!(patch(&psa, &agreement, "noEndingDateFlag", json!(true)).await["agreementStatus"], "Active");
    assert_eq!(patch(&psa, &agreement, "noEndingDateFlag", json!(false)).await["agreementStatus"], "Expired");
    assert_eq!(get(&psa, &path).await["agreementStatus"], "Expired");
    delete(&psa, &path).await;
    assert_eq!(amount(&agreement, "billAmount").await, 0.0);

    let invoice =
        post(&psa, "/finance/invoices", json!({"type": "Standard", "company": {"id": 5}, "salesTax": 1})).await;
    let invoice = format!("/finance/invoices/{}", invoice["id"]);
    let product = json!({"catalogItem": {"id": 6}, "billableOption": "Billable", "quantity": 2, "invoice": {"id": 1}});
    let product = post(&psa, "/procurement/products", product).await;
    let expected = json!({"/description": "Cable", "/price": 19.99, "/extPrice": 39.98, "/extCost": 20.2, "/margin": 19.78, "/company/id": 5});
    assert_fields(&product, &expected, "product");
    let payment = post(&psa, &format!("{invoice}/payments"), json!({"amount": 10})).await;
    let expected =
        json!({"/productTotal": 39.98, "/subtotal": 39.98, "/total": 40.98, "/payments": 10.0, "/balance": 30.98});
    assert_fields(&get(&psa, &invoice).await, &expected, "invoice");
    patch(&psa, &format!("{invoice}/payments/{}", payment["id"]), "amount", json!(40.98)).await;
    assert_eq!(amount(&invoice, "balance").await, 0.0);
    let detach = psa.request(Method::Post, &format!("/procurement/products/{}/detach", product["id"]));
    detach.json(&json!({"removeFromInvoice": true})).await.unwrap();
    let expected = json!({"/productTotal": 0.0, "/subtotal": 0.0, "/total": 1.0, "/balance": -39.98});
    assert_fields(&get(&psa, &invoice).await, &expected, "detached");
}

#[tokio::test]
async fn forecasts_follow_their_items() {
    let (_sim, psa, store) = started().await;
    store.insert("/sales/opportunities/statuses", json!({"id": 1, "name": "Open"}));
    store.insert("/sales/opportunities/statuses", json!({"id": 2, "name": "Won", "wonFlag": true}));
    store.insert("/sales/opportunities", json!({"id": 3, "name": "Servers", "company": {"id": 5}}));
    let item = |kind: &str, status: i64, revenue: f64, cost: f64| json!({"opportunity": {"id": 3}, "status": {"id": status}, "forecastType": kind, "revenue": revenue, "cost": cost, "includeFlag": kind == "Product"});
    let items = [item("Product", 1, 100.1, 80.0), item("Product", 2, 0.2, 0.1), item("Service", 1, 50.0, 20.0)];
    let forecast =
        put(&psa, "/sales/opportunities/3/forecast", json!({"forecastItems": items, "salesTaxRevenue": 5})).await;
    let expected = json!({"/forecastItems/0/margin": 20.1, "/productRevenue/revenue": 100.3, "/productRevenue/margin": 20.2,
        "/serviceRevenue/revenue": 50.0, "/agreementRevenue/revenue": 0.0, "/wonRevenue/revenue": 0.2, "/openRevenue/revenue": 150.1,
        "/inclusiveRevenueTotals/revenue": 100.3, "/forecastRevenueTotals/cost": 100.1, "/forecastRevenueTotals/percentage": 33.4, "/forecastTotalWithTaxes": 155.3});
    assert_fields(&forecast, &expected, "forecast");
    let patched = patch(&psa, "/sales/opportunities/3/forecast", "forecastItems/2/revenue", json!(60)).await;
    assert_fields(&patched, &json!({"/serviceRevenue/revenue": 60.0, "/forecastItems/2/margin": 40.0}), "PATCH");
}

#[tokio::test]
async fn references_of_entries_and_documents_are_checked() {
    let (_sim, psa, store) = started().await;
    let ticket = post(&psa, "/service/tickets", json!({"summary": "x", "company": {"id": 5}})).await["id"].clone();
    store.insert("/expense/types", json!({"id": 1, "name": "Travel", "billExpenses": "Billable"}));
    let (start, end) = ("2026-05-06T08:00:00Z", "2026-05-06T08:00:00Z");
    for (path, body, field, message) in [
        (
            "/time/entries",
            json!({"chargeToId": 99, "chargeToType": "ServiceTicket", "timeStart": start}),
            "chargeToId",
            "Service Ticket 99 not found",
        ),
        (
            "/time/entries",
            json!({"chargeToId": ticket, "chargeToType": "ServiceTicket", "timeStart": start, "timeEnd": end}),
            "timeEnd",
            "timeEnd must be later than timeStart.",
        ),
        (
            "/expense/entries",
            json!({"chargeToId": 99, "chargeToType": "Company", "type": {"id": 1}, "amount": 1, "date": start}),
            "chargeToId",
            "company 99 not found",
        ),
    ] {
        assert_eq!(rejection(&psa, Method::Post, path, body).await, (field.to_owned(), message.to_owned()));
    }
    for (record_type, id, expected) in [
        ("Ticket", ticket.to_string(), None),
        ("service", ticket.to_string(), None),
        ("Company", "5".to_owned(), None),
        ("Meeting", "1".to_owned(), None),
        ("Ticket", "99".to_owned(), Some("Ticket 99 not found")),
        ("Company", "x".to_owned(), Some("Company x not found")),
        ("Colour", "5".to_owned(), Some("The recordType Colour is invalid.")),
    ] {
        let form = json!({"recordType": record_type, "recordId": id, "title": "t"});
        let upload = Upload::from_bytes("t.txt", b"text".to_vec());
        let response = psa.request(Method::Post, "/system/documents").json(&form).upload(upload).await;
        let message = response.err().map(|error| error.field_errors()[0].message.clone().unwrap_or_default());
        assert_eq!(message.as_deref(), expected, "{record_type} {id}");
    }
}

#[tokio::test]
async fn schedule_entries_are_named_after_what_they_schedule() {
    let (_sim, psa, store) = started().await;
    for (id, identifier) in [(1, "C"), (4, "S"), (5, "H")] {
        store.insert("/schedule/types", json!({"id": id, "identifier": identifier, "name": identifier}));
    }
    store.insert("/schedule/statuses", json!({"id": 1, "name": "Firm", "defaultFlag": true}));
    let ticket = post(&psa, "/service/tickets", json!({"summary": "Hums", "company": {"id": 5}})).await["id"].clone();
    store.insert("/sales/activities", json!({"id": ticket, "name": "Call", "company": {"id": 5}}));
    let times = ("2026-05-06T08:00:00Z", "2026-05-06T09:30:00Z");
    let entry = |schedule_type: i64, object: &Value| json!({"objectId": object, "type": {"id": schedule_type}, "member": {"id": 4}, "dateStart": times.0, "dateEnd": times.1});
    let scheduled = post(&psa, "/schedule/entries", entry(4, &ticket)).await;
    let expected = json!({"/name": "Acme / Hums", "/hours": 1.5, "/status/name": "Firm", "/where/name": "Remote"});
    assert_fields(&scheduled, &expected, "ticket");
    assert_eq!(post(&psa, "/schedule/entries", entry(1, &ticket)).await["name"], "Acme / Call");
    let path = format!("/schedule/entries/{}", scheduled["id"]);
    assert_eq!(patch(&psa, &path, "dateEnd", json!("2026-05-06T10:00:00Z")).await["hours"], 2.0);
    // The list of the ticket has the entry of the ticket, not that of the activity with the same id.
    let shown = get(&psa, &format!("/service/tickets/{ticket}/scheduleentries")).await;
    assert_eq!(shown.as_array().unwrap().len(), 1);
    assert_fields(&shown[0], &json!({"/id": scheduled["id"], "/description": "Acme / Hums"}), "reference");
    assert!(shown[0]["_info"]["schedule_href"].as_str().unwrap().ends_with(&path));
}

#[tokio::test]
async fn lists_of_references_of_tickets_show_notes_and_names() {
    let (_sim, psa, store) = started().await;
    let ticket = post(&psa, "/service/tickets", json!({"summary": "x", "company": {"id": 5}})).await["id"].clone();
    let path = format!("/service/tickets/{ticket}");
    store.insert(
        "/company/configurations",
        json!({"id": 9, "name": "srv-1", "deviceIdentifier": "d9", "company": {"id": 5}}),
    );
    let entry = json!({"chargeToId": ticket, "chargeToType": "ServiceTicket", "timeStart": "2026-05-06T08:00:00Z", "actualHours": 1, "notes": "Looked at it"});
    let entry = post(&psa, "/time/entries", entry).await["id"].clone();
    post(&psa, &format!("{path}/configurations"), json!({"id": 9})).await;
    let shown = get(&psa, &format!("{path}/timeentries")).await;
    assert_eq!(shown[0]["_info"]["notes"], "Looked at it");
    assert!(shown[0]["_info"]["time_href"].as_str().unwrap().ends_with(&format!("/time/entries/{entry}")), "{shown}");
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&shown[0]), ["_info", "id"]);
    let shown = get(&psa, &format!("{path}/configurations")).await;
    assert_fields(&shown[0], &json!({"/id": 9, "/deviceIdentifier": "d9", "/_info/name": "srv-1"}), "configuration");
    assert!(
        shown[0]["_info"]["configuration_href"].as_str().unwrap().ends_with("/company/configurations/9"),
        "{shown}"
    );
    assert_eq!(keys(&shown[0]["_info"]), ["configuration_href", "name"]);
}

#[tokio::test]
async fn requests_cannot_set_the_sum_of_lines() {
    let (_sim, psa, store) = started().await;
    let number = async |path: &str, field: &str| get(&psa, path).await[field].as_f64().unwrap();
    // A stale replacement of a ticket.
    let ticket = json!({"summary": "x", "company": {"id": 5}, "actualHours": 5});
    let ticket = post(&psa, "/service/tickets", ticket).await;
    let path = format!("/service/tickets/{}", ticket["id"]);
    assert_eq!(ticket["actualHours"], 0.0);
    let entry = json!({"ticket": {"id": ticket["id"]}, "timeStart": "2026-05-06T08:00:00Z", "actualHours": 2});
    let entry = post(&psa, "/time/entries", entry).await;
    assert_eq!(number(&path, "actualHours").await, 2.0);
    for hours in [json!(0), json!(7), json!(null)] {
        let mut stale = json!({"summary": "y", "company": {"id": 5}, "board": {"id": 1}});
        stale["actualHours"] = hours;
        assert_eq!(put(&psa, &path, stale).await["actualHours"], 2.0);
    }
    assert_eq!(patch(&psa, &path, "actualHours", json!(9)).await["actualHours"], 2.0);
    delete(&psa, &format!("/time/entries/{}", entry["id"])).await;
    assert_eq!(number(&path, "actualHours").await, 0.0);
    assert_eq!(patch(&psa, &path, "actualHours", json!(9)).await["actualHours"], 0.0);

    // A replacement of an invoice without its totals.
    let invoice = post(&psa, "/finance/invoices", json!({"type": "Standard", "company": {"id": 5}})).await;
    let path = format!("/finance/invoices/{}", invoice["id"]);
    store.insert("/procurement/catalog", json!({"id": 6, "identifier": "CABLE", "price": 10}));
    let product = json!({"catalogItem": {"id": 6}, "billableOption": "Billable", "quantity": 2, "price": 10, "invoice": {"id": invoice["id"]}});
    let product = post(&psa, "/procurement/products", product).await;
    let whole = json!({"type": "Standard", "company": {"id": 5}, "salesTax": 1});
    let expected = json!({"/productTotal": 20.0, "/subtotal": 20.0, "/total": 21.0, "/balance": 21.0});
    assert_fields(&put(&psa, &path, whole).await, &expected, "PUT");
    assert_fields(&patch(&psa, &path, "subtotal", json!(500)).await, &expected, "PATCH of the subtotal");
    assert_fields(&patch(&psa, &path, "productTotal", json!(500)).await, &expected, "PATCH of a part");
    delete(&psa, &format!("/procurement/products/{}", product["id"])).await;
    let expected = json!({"/productTotal": 0.0, "/subtotal": 0.0, "/total": 1.0, "/balance": 1.0});
    assert_fields(&get(&psa, &path).await, &expected, "without products");
    // An invoice without lines may have a subtotal and parts.
    let patched = patch(&psa, &path, "serviceTotal", json!(7.5)).await;
    assert_fields(&patched, &json!({"/subtotal": 7.5, "/total": 8.5}), "set part");
    assert_fields(&patch(&psa, &path, "serviceTotal", json!(0)).await, &json!({"/subtotal": 0.0}), "no part");

    // The amount of an agreement, with and without additions.
    store.insert("/finance/agreements/types", json!({"id": 1, "name": "Managed"}));
    let agreement = json!({"name": "x", "type": {"id": 1}, "company": {"id": 5}, "contact": {"id": 7}});
    let path = format!("/finance/agreements/{}", post(&psa, "/finance/agreements", agreement).await["id"]);
    assert_eq!(patch(&psa, &path, "billAmount", json!(500)).await["billAmount"], 500.0);
    let addition = |option: &str, quantity: f64, price: f64| json!({"product": {"id": 6}, "billCustomer": option, "quantity": quantity, "unitPrice": price});
    let additions = format!("{path}/additions");
    let first = post(&psa, &additions, addition("Billable", 1.0, 10.0)).await;
    assert_eq!(number(&path, "billAmount").await, 10.0);
    assert_eq!(patch(&psa, &path, "billAmount", json!(500)).await["billAmount"], 10.0);
    // Additions that are not billed do not count; negative quantities are credits.
    for (option, quantity, expected) in [("DoNotBill", 3.0, 10.0), ("NoCharge", 3.0, 10.0), ("Billable", -5.0, -40.0)] {
        let added = post(&psa, &additions, addition(option, quantity, 10.0)).await;
        assert_eq!(added["extPrice"], quantity * 10.0);
        assert_eq!(number(&path, "billAmount").await, expected, "{option}");
        delete(&psa, &format!("{additions}/{}", added["id"])).await;
    }
    // The highest amounts are limited, and leave nothing behind.
    for (quantity, price) in [(1.0, 1e17), (1e308, 1e308), (1.0, 3.66)] {
        let added = post(&psa, &additions, addition("Billable", quantity, price)).await;
        let sum = number(&path, "billAmount").await;
        assert!(sum > 13.0 && sum <= 1e15, "{sum}");
        delete(&psa, &format!("{additions}/{}", added["id"])).await;
        assert_eq!(number(&path, "billAmount").await, 10.0);
    }
    assert_eq!(
        patch(&psa, &format!("{additions}/{}", first["id"]), "billCustomer", json!("NoCharge")).await["extPrice"],
        10.0
    );
    assert_eq!(number(&path, "billAmount").await, 0.0);
}

#[tokio::test]
async fn sums_are_rounded_once_and_follow_every_kind_of_write() {
    let (_sim, psa, store) = started().await;
    store.insert("/service/tickets", json!({"id": 1, "summary": "x", "company": {"id": 5}, "actualHours": 3}));
    store.insert("/service/tickets", json!({"id": 2, "summary": "y", "company": {"id": 5}}));
    // Entries of service tickets are not lines of project tickets.
    store.insert("/project/tickets", json!({"id": 3, "summary": "z", "actualHours": 4}));
    let hours =
        |ticket: i64| store.get("/service/tickets", ticket).unwrap()["actualHours"].as_f64().unwrap_or_default();
    // A request does not change a seeded sum.
    assert_eq!(patch(&psa, "/service/tickets/1", "summary", json!("w")).await["actualHours"], 3.0);
    let entry = |hours: f64| json!({"ticket": {"id": 1}, "timeStart": "2026-05-06T08:00:00Z", "actualHours": hours});
    let mut entries = Vec::new();
    for _ in 0..12 {
        entries.push(post(&psa, "/time/entries", entry(0.0833)).await["id"].as_i64().unwrap());
    }
    assert_eq!(hours(1), 1.0);
    for _ in 0..20 {
        let added = post(&psa, "/time/entries", entry(0.125)).await;
        delete(&psa, &format!("/time/entries/{}", added["id"])).await;
    }
    assert_eq!(hours(1), 1.0);
    let huge = post(&psa, "/time/entries", entry(1e308)).await;
    assert_eq!(hours(1), 1e15);
    delete(&psa, &format!("/time/entries/{}", huge["id"])).await;
    assert_eq!(hours(1), 1.0);
    // Changes through the store.
    let first = entries.remove(0);
    store.update("/time/entries", first, |entry| _ = entry.insert("actualHours".to_owned(), json!(1.0833)));
    assert_eq!(hours(1), 2.0);
    store.remove("/time/entries", first);
    assert_eq!(hours(1), 0.92);
    let id = store.insert("/time/entries", json!({"ticket": {"id": 2}, "actualHours": 0.5}));
    assert_eq!((hours(2), store.get("/project/tickets", 3).unwrap()["actualHours"].clone()), (0.5, json!(4.0)));
    store.insert("/time/entries", json!({"id": id, "ticket": {"id": 1}, "actualHours": 0.5}));
    assert_eq!((hours(1), hours(2)), (1.42, 0.0));
    // Moved to another ticket.
    let change = json!([{"op": "replace", "path": "chargeToId", "value": 2}]);
    send(&psa, Method::Patch, &format!("/time/entries/{}", entries[0]), change).await.unwrap();
    assert_eq!((hours(1), hours(2)), (1.33, 0.08));
}

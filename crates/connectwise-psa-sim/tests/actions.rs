//! Actions: operations that change records in other ways than create, update and delete, and proposals for new records.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use connectwise_psa::{Method, Patch, Psa, Upload, Value};
use connectwise_psa_sim::{Seed, Sim, Store};
use serde_json::json;

/// Starts a simulator with company 5, contact 7, board 1, and the tickets 1 to 3 of this company on this board.
async fn started() -> (Sim, Psa, Store) {
    let sim = Sim::builder().seed(Seed::Empty).start().await.unwrap();
    let store = sim.store();
    store.insert("/company/companies", json!({"id": 5, "identifier": "acme", "name": "Acme", "city": "Ghent"}));
    store.insert("/company/contacts", json!({"id": 7, "firstName": "Ida", "lastName": "Marsh", "company": {"id": 5}}));
    store.insert("/service/boards", json!({"id": 1, "name": "Help Desk"}));
    for id in 1..=3 {
        store.insert(
            "/service/tickets",
            json!({"id": id, "summary": format!("Ticket {id}"), "company": {"id": 5, "name": "Acme"}, "board": {"id": 1}, "closedFlag": false}),
        );
    }
    let psa = sim.psa();
    (sim, psa, store)
}

async fn send(psa: &Psa, method: Method, path: &str, body: Value) -> Result<Value, connectwise_psa::Error> {
    psa.request(method, path).json(&body).await?.into_json()
}

async fn post(psa: &Psa, path: &str, body: Value) -> Result<Value, connectwise_psa::Error> {
    send(psa, Method::Post, path, body).await
}

/// Sends a request whose response has no body. Returns the status of the response.
async fn send_for_status(psa: &Psa, method: Method, path: &str, body: Value) -> u16 {
    psa.request(method, path).json(&body).await.unwrap().status.as_u16()
}

async fn get(psa: &Psa, path: &str) -> Value {
    psa.request(Method::Get, path).await.unwrap().into_json().unwrap()
}

/// Returns the ids of the records of a list.
fn ids(store: &Store, list: &str) -> Vec<i64> {
    store.list(list).iter().map(|record| record["id"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn tickets_are_merged_and_attached() {
    let (_sim, psa, store) = started().await;
    store.insert("/service/boards/1/statuses", json!({"id": 17, "name": "New", "defaultFlag": true}));
    store.insert("/service/boards/1/statuses", json!({"id": 18, "name": "Done", "closedStatus": true}));
    store.insert("/service/boards/2/statuses", json!({"id": 19, "name": "Elsewhere", "closedStatus": true}));
    store.insert("/service/tickets/2/notes", json!({"id": 1, "text": "mine", "ticketId": 2}));
    post(&psa, "/service/tickets/1/attachChildren", json!({"childTicketIds": [2]})).await.unwrap();
    assert_eq!(
        (
            &store.get("/service/tickets", 2).unwrap()["parentTicketId"],
            &store.get("/service/tickets", 1).unwrap()["hasChildTicket"]
        ),
        (&json!(1), &json!(true))
    );
    post(&psa, "/service/tickets/1/merge", json!({"mergeTicketIds": [2]})).await.unwrap();
    let merged = store.get("/service/tickets", 2).unwrap();
    assert_eq!(
        (&merged["closedFlag"], &merged["status"]["name"]),
        (&json!(true), &json!("Done")),
        "the closed status of its own board"
    );
    assert_eq!(
        (&merged["mergedParentTicket"]["summary"], get(&psa, "/service/tickets/2/notes").await[0]["text"].as_str()),
        (&json!("Ticket 1"), Some("mine"))
    );
    // If one ticket cannot be merged, the others do not change. Rejected are: a ticket that does not exist, a status of
    // another board, an unknown field, the parent ticket itself, and no ticket.
    let before = store.list("/service/tickets");
    for (body, status) in [
        (json!({"mergeTicketIds": [3, 99]}), 404),
        (json!({"mergeTicketIds": [3], "status": {"id": 19}}), 400),
        (json!({"mergeTicketIds": [3], "colour": 1}), 400),
        (json!({"mergeTicketIds": [3, 1]}), 400),
        (json!({"mergeTicketIds": []}), 400),
    ] {
        let error = post(&psa, "/service/tickets/1/merge", body.clone()).await.unwrap_err();
        assert_eq!(error.status().map(|status| status.as_u16()), Some(status), "{body}");
    }
    assert!(
        post(&psa, "/service/tickets/1/attachChildren", json!({"childTicketIds": [3, 99]}))
            .await
            .unwrap_err()
            .is_not_found()
    );
    assert_eq!(store.list("/service/tickets"), before);
    // A ticket cannot belong to itself, directly or indirectly.
    assert_eq!(
        post(&psa, "/service/tickets/2/merge", json!({"mergeTicketIds": [1]}))
            .await
            .unwrap_err()
            .status()
            .map(|status| status.as_u16()),
        Some(400)
    );
    // A ticket that is named twice is merged once. A ticket whose board has no closed status is closed as well, and
    // stays closed.
    store.insert("/service/boards", json!({"id": 3, "name": "Open"}));
    store.insert("/service/boards/3/statuses", json!({"id": 30, "name": "New"}));
    store.insert("/service/tickets", json!({"id": 9, "summary": "x", "company": {"id": 5}, "board": {"id": 3}, "status": {"id": 30}, "closedFlag": false}));
    // The insert through the store above has no entry in the audit trail, so the merge is the first one.
    let audited = async || get(&psa, "/system/audittrail?type=Ticket&id=9").await.as_array().unwrap().len();
    post(&psa, "/service/tickets/1/merge", json!({"mergeTicketIds": [9, "9"]})).await.unwrap();
    assert_eq!((&store.get("/service/tickets", 9).unwrap()["closedFlag"], audited().await), (&json!(true), 1));
    psa.service().update_ticket(9, &Patch::new().replace("summary", "y")).await.unwrap();
    assert_eq!(store.get("/service/tickets", 9).unwrap()["closedFlag"], true);
}

#[tokio::test]
async fn tickets_can_be_converted_to_project_tickets_and_back() {
    let (_sim, psa, store) = started().await;
    store.insert("/service/boards", json!({"id": 2, "name": "Projects", "projectFlag": true}));
    store.insert("/service/boards/1/statuses", json!({"id": 17, "name": "New"}));
    store.insert("/service/boards/2/statuses", json!({"id": 27, "name": "Planned"}));
    store.insert("/project/projects", json!({"id": 8, "name": "Move", "board": {"id": 2}}));
    store.insert("/project/projects/8/phases", json!({"id": 4, "description": "First"}));
    store.insert("/service/tickets/3/notes", json!({"id": 1, "text": "mine"}));
    store.insert("/service/tickets/3/tasks", json!({"id": 1, "notes": "do"}));
    let time = json!({"company": {"id": 5}, "chargeToId": 3, "chargeToType": "ServiceTicket", "ticket": {"id": 3}, "timeStart": "2025-01-01T08:00:00Z"});
    let time = post(&psa, "/time/entries", time).await.unwrap()["id"].as_i64().unwrap();
    let form = json!({"recordType": "Ticket", "recordId": "3", "title": "Plan"});
    psa.request(Method::Post, "/system/documents")
        .json(&form)
        .upload(Upload::from_bytes("plan.txt", b"plan".to_vec()))
        .await
        .unwrap();

    // Project 9 and phase 5 do not exist.
    for (body, field) in [
        (json!({}), "project"),
        (json!({"project": {"id": 9}}), "project/id"),
        (json!({"project": {"id": 8}, "phase": {"id": 5}}), "phase/id"),
        (json!({"project": {"id": 8}, "recordType": "ServiceTicket"}), "recordType"),
    ] {
        let error = post(&psa, "/service/tickets/3/convert", body).await.unwrap_err();
        assert_eq!(error.field_errors()[0].field.as_deref(), Some(field), "{error}");
    }
    assert!(
        post(&psa, "/service/tickets/3/convert", json!({"project": {"id": 8}, "summary": "x"})).await.is_err(),
        "`summary` is not a field of the conversion"
    );
    assert!(store.get("/service/tickets", 3).is_some() && store.get("/project/tickets", 3).is_none());

    post(&psa, "/service/tickets/3/convert", json!({"project": {"id": 8}, "phase": {"id": 4}})).await.unwrap();
    assert!(store.get("/service/tickets", 3).is_none());
    let ticket = store.get("/project/tickets", 3).unwrap();
    assert_eq!(
        (&ticket["recordType"], &ticket["project"]["name"], &ticket["status"]["name"]),
        (&json!("ProjectTicket"), &json!("Move"), &json!("Planned"))
    );
    assert_eq!(
        (
            ids(&store, "/project/tickets/3/notes"),
            ids(&store, "/project/tickets/3/tasks"),
            ids(&store, "/service/tickets/3/notes")
        ),
        (vec![1], vec![1], vec![])
    );
    let entry = store.get("/time/entries", time).unwrap();
    assert_eq!(
        (
            &entry["chargeToType"],
            entry["ticket"]["_info"]["ticket_href"].as_str().unwrap().ends_with("/project/tickets/3")
        ),
        (&json!("ProjectTicket"), true)
    );
    assert_eq!(get(&psa, "/project/tickets/3/documents").await[0]["name"], "Plan");
    assert_eq!(get(&psa, "/system/audittrail?type=ProjectTicket&id=3").await[0]["auditSubType"], "updated");

    post(&psa, "/project/tickets/3/convert", json!({"recordType": "ProjectIssue"})).await.unwrap();
    let issue = store.get("/project/tickets", 3).unwrap();
    assert_eq!((&issue["isIssueFlag"], &issue["project"]["id"]), (&json!(true), &json!(8)));
    post(&psa, "/project/tickets/3/convert", json!({"recordType": "ServiceTicket"})).await.unwrap();
    let ticket = store.get("/service/tickets", 3).unwrap();
    assert_eq!(
        (&ticket["board"]["name"], &ticket["status"]["name"], ticket.get("project")),
        (&json!("Help Desk"), &json!("New"), None)
    );
    assert_eq!((ids(&store, "/service/tickets/3/notes"), store.count("/project/tickets")), (vec![1], 0));
    assert_eq!(store.get("/time/entries", time).unwrap()["chargeToType"], "ServiceTicket");
}

#[tokio::test]
async fn copies_have_new_ids_and_copies_of_the_lists_under_them() {
    let (_sim, psa, store) = started().await;
    let lists = [
        "/service/surveys",
        "/system/surveys",
        "/system/workflows",
        "/finance/agreements",
        "/finance/agreements/types",
        "/finance/taxCodes",
        "/procurement/catalog",
        "/procurement/purchaseorders",
        "/schedule/calendars",
        "/company/configurations/types",
        "/company/portalConfigurations",
        "/schedule/holidayLists",
    ];
    for list in lists {
        // Fields whose names start with an underscore are internal.
        store.insert(list, json!({"id": 1, "name": "first", "defaultFlag": true, "_secret": 1}));
        store.insert(&format!("{list}/1/notes"), json!({"id": 6, "text": "under"}));
        let by_body =
            ["configurations/types", "portalConfigurations", "holidayLists"].iter().any(|end| list.ends_with(end));
        let (path, body) = if by_body {
            (format!("{list}/copy"), json!({"id": 1, "name": "second"}))
        } else {
            (format!("{list}/1/copy"), json!({}))
        };
        let copy = post(&psa, &path, body).await.unwrap_or_else(|error| panic!("{list}: {error}"));
        let name = if by_body { "second" } else { "first" };
        assert_eq!(
            (&copy["id"], copy["name"].as_str(), &copy["defaultFlag"], copy.get("_secret")),
            (&json!(2), Some(name), &json!(false), None),
            "{list}"
        );
        assert_eq!(store.list(&format!("{list}/2/notes"))[0]["text"], "under", "{list}");
        assert!(store.get(list, 2).unwrap()["_info"]["lastUpdated"].is_string());
    }
    // Lists under the records of a list are copied as well. References to the record become references to the copy.
    // Ids continue after the highest id of all lists with the same path pattern.
    store.insert(
        "/service/boards/1/statuses",
        json!({"id": 17, "name": "New", "board": {"id": 1, "name": "Help Desk"}, "boardId": 1}),
    );
    let board = post(&psa, "/service/boards/copy", json!({"id": 1, "name": "Night Desk"})).await.unwrap();
    let status = &store.list("/service/boards/2/statuses")[0];
    assert_eq!((&board["name"], &status["id"], &status["boardId"]), (&json!("Night Desk"), &json!(18), &json!(2)));
    store.insert("/system/workflows/1/events", json!({"id": 4, "frequencyOfExecution": 1}));
    store.insert("/system/workflows/1/events/4/actions", json!({"id": 9, "workflowActionId": 3}));
    // Workflow 2 is the copy from above.
    assert_eq!(post(&psa, "/system/workflows/1/copy", json!({})).await.unwrap()["id"], 3);
    let event = ids(&store, "/system/workflows/3/events")[0];
    assert_eq!((event, ids(&store, &format!("/system/workflows/3/events/{event}/actions"))), (5, vec![10]));
    assert_eq!(post(&psa, "/system/workflows/1/events/4/copy", json!({})).await.unwrap()["id"], 6);
    let ticket = post(&psa, "/service/tickets/1/copy", json!({})).await.unwrap();
    assert_eq!(
        (&ticket["id"], &ticket["summary"], &ticket["_info"]["enteredBy"]),
        (&json!(4), &json!("Ticket 1"), &json!("api"))
    );
    assert_eq!(get(&psa, "/system/audittrail?type=Ticket&id=4").await[0]["auditSubType"], "added");
    store.insert("/procurement/catalog", json!({"id": 7, "identifier": "CABLE"}));
    for expected in ["CABLE-2", "CABLE-3"] {
        assert_eq!(post(&psa, "/procurement/catalog/7/copy", json!({})).await.unwrap()["identifier"], expected);
    }
    store.insert("/sales/opportunities", json!({"id": 1, "name": "Big"}));
    store.insert("/sales/opportunities/1/forecast", json!({"id": 2, "forecastDescription": "line"}));
    assert_eq!(
        post(&psa, "/sales/opportunities/1/forecast/copy/2", json!({})).await.unwrap(),
        json!({"success": true})
    );
    assert_eq!(ids(&store, "/sales/opportunities/1/forecast"), [2, 3]);
    for (path, body, status) in [
        ("/service/boards/copy", json!({"name": "x"}), 400),
        ("/service/boards/copy", json!({"id": 99}), 404),
        ("/service/boards/copy", json!({"id": 1, "colour": 1}), 400),
        ("/finance/taxCodes/99/copy", json!({}), 404),
    ] {
        let error = post(&psa, path, body.clone()).await.unwrap_err();
        assert_eq!(error.status().map(|status| status.as_u16()), Some(status), "{path} {body}");
    }
}

#[tokio::test]
async fn defaults_are_proposed_and_not_stored() {
    let (_sim, psa, store) = started().await;
    store.insert("/company/companies/statuses", json!({"id": 1, "name": "Old"}));
    store.insert("/company/companies/statuses", json!({"id": 2, "name": "Active", "defaultFlag": true}));
    // The client of `Sim::psa` authenticates as the member `api`.
    store.insert("/system/members", json!({"id": 4, "identifier": "api", "firstName": "Api", "workRole": {"id": 3}}));
    store.insert("/time/workRoles", json!({"id": 3, "name": "Engineer"}));
    store.insert("/time/workTypes", json!({"id": 2, "name": "Remote", "overallDefaultFlag": true}));
    store.insert(
        "/procurement/catalog",
        json!({"id": 6, "identifier": "CABLE", "description": "A cable", "price": 9.5}),
    );
    let company = get(&psa, "/company/companies/default").await;
    assert_eq!((&company["status"]["name"], company.get("id")), (&json!("Active"), None));
    let contact = get(&psa, "/company/contacts/default?companyId=5").await;
    assert_eq!(
        (&contact["company"]["identifier"], &contact["city"], contact.get("firstName")),
        (&json!("acme"), &json!("Ghent"), None)
    );
    assert_eq!(get(&psa, "/company/contacts/default?companyId=5&fields=city").await, json!({"city": "Ghent"}));
    assert!(psa.request(Method::Get, "/company/contacts/default?companyId=99").await.unwrap_err().is_not_found());
    assert!(psa.request(Method::Get, "/company/contacts/default").await.is_err());
    assert_eq!(get(&psa, "/sales/opportunities/default").await["primarySalesRep"]["id"], 4);
    let tag = get(&psa, "/procurement/rmaTags/default?productId=6&ticketId=1").await;
    assert_eq!(
        (&tag["productDescription"], &tag["unitPrice"], &tag["returnedCompany"]["name"]),
        (&json!("A cable"), &json!(9.5), &json!("Acme"))
    );
    for body in [json!({"ticket": {"id": 1}}), json!({"chargeToType": "ServiceTicket", "chargeToId": 1})] {
        let entry = post(&psa, "/time/entries/defaults", body).await.unwrap();
        assert_eq!(
            (&entry["company"]["name"], &entry["member"]["id"], &entry["ticket"]["summary"]),
            (&json!("Acme"), &json!(4), &json!("Ticket 1"))
        );
        assert_eq!(
            (&entry["workRole"]["name"], &entry["workType"]["name"], &entry["chargeToId"]),
            (&json!("Engineer"), &json!("Remote"), &json!(1))
        );
        assert!(entry["timeStart"].is_string() && entry.get("id").is_none());
    }
    store.insert("/project/tickets", json!({"id": 40, "summary": "Pack", "company": {"id": 5}}));
    let entry = post(&psa, "/time/entries/defaults", json!({"ticket": {"id": 40}})).await.unwrap();
    assert_eq!((&entry["chargeToType"], &entry["ticket"]["summary"]), (&json!("ProjectTicket"), &json!("Pack")));
    assert!(entry["ticket"]["_info"]["ticket_href"].as_str().unwrap().ends_with("/project/tickets/40"));
    let unknown = post(&psa, "/time/entries/defaults", json!({"chargeToType": "ServiceTicket", "chargeToId": 99}))
        .await
        .unwrap_err();
    assert_eq!(unknown.field_errors()[0].field.as_deref(), Some("chargeToId"));
    assert_eq!(
        (store.count("/time/entries"), store.count("/company/companies"), store.count("/company/contacts")),
        (0, 1, 1)
    );
}

#[tokio::test]
async fn my_members_is_the_record_of_the_caller() {
    let (_sim, psa, store) = started().await;
    store.insert("/system/members", json!({"id": 4, "identifier": "api", "firstName": "Api"}));
    for path in ["/system/myMembers", "/system/myMembers/info"] {
        assert_eq!(get(&psa, path).await["firstName"], "Api", "{path}");
    }
}

#[tokio::test]
async fn opportunities_and_orders_can_be_converted() {
    let (_sim, psa, store) = started().await;
    store.insert("/service/boards", json!({"id": 2, "name": "Projects", "projectFlag": true}));
    store.insert("/sales/orders/statuses", json!({"id": 3, "name": "Open", "defaultFlag": true}));
    store.insert("/finance/agreements/types", json!({"id": 8, "name": "Managed"}));
    store.insert("/system/members", json!({"id": 4, "identifier": "ann"}));
    let sale = json!({"id": 1, "name": "Big", "company": {"id": 5}, "contact": {"id": 7}, "primarySalesRep": {"id": 4}, "customerPO": "PO 9", "notes": "own"});
    store.insert("/sales/opportunities", sale);
    for id in [1, 2] {
        store.insert("/sales/opportunities/1/notes", json!({"id": id, "text": format!("note {id}")}));
        store.insert("/procurement/products", json!({"id": id, "opportunity": {"id": 1}}));
    }
    let form = json!({"recordType": "Opportunity", "recordId": "1", "title": "Offer"});
    psa.request(Method::Post, "/system/documents")
        .json(&form)
        .upload(Upload::from_bytes("offer.txt", b"offer".to_vec()))
        .await
        .unwrap();

    let body = json!({"includeAllNotesFlag": true, "includeProductIds": [2], "includeAllDocumentsFlag": true, "summary": "Install"});
    let ticket = post(&psa, "/sales/opportunities/1/convertToServiceTicket", body).await.unwrap();
    let id = ticket["id"].as_i64().unwrap();
    assert_eq!(
        (&ticket["summary"], &ticket["company"]["name"], &ticket["opportunity"]["name"]),
        (&json!("Install"), &json!("Acme"), &json!("Big"))
    );
    assert_eq!(store.list(&format!("/service/tickets/{id}/notes")).len(), 2);
    assert_eq!(get(&psa, &format!("/service/tickets/{id}/documents")).await[0]["name"], "Offer");
    assert_eq!(
        get(&psa, "/system/documents?recordType=Opportunity&recordId=1").await.as_array().unwrap().len(),
        1,
        "the source keeps its document"
    );
    assert_eq!(store.get("/procurement/products", 2).unwrap()["ticket"]["id"], id);
    assert!(store.get("/procurement/products", 1).unwrap().get("ticket").is_none());

    let order = post(&psa, "/sales/opportunities/1/convertToSalesOrder", json!({"includeAllProductsFlag": true}))
        .await
        .unwrap();
    assert_eq!(
        (&order["status"]["name"], &order["salesRep"]["id"], &order["opportunity"]["id"]),
        (&json!("Open"), &json!(4), &json!(1))
    );
    let again =
        post(&psa, "/sales/opportunities/1/convertToSalesOrder", json!({"salesOrderId": order["id"]})).await.unwrap();
    assert_eq!((&again["id"], store.count("/sales/orders")), (&order["id"], 1));
    let missing = post(&psa, "/sales/opportunities/1/convertToProject", json!({"board": {"id": 2}})).await.unwrap_err();
    assert_eq!(
        missing.field_errors().iter().map(|error| error.field.as_deref().unwrap()).collect::<Vec<_>>(),
        ["estimatedEnd", "estimatedStart"]
    );
    assert_eq!(store.count("/project/projects"), 0);
    let plan = json!({"board": {"id": 2}, "estimatedStart": "2025-01-01T00:00:00Z", "estimatedEnd": "2025-03-01T00:00:00Z", "includeNoteIds": [1]});
    let project = post(&psa, "/sales/opportunities/1/convertToProject", plan.clone()).await.unwrap();
    assert_eq!(
        (&project["name"], &project["board"]["name"], &project["billingMethod"]),
        (&json!("Big"), &json!("Projects"), &json!("ActualRates"))
    );
    assert_eq!(store.list(&format!("/project/projects/{}/notes", project["id"]))[0]["text"], "note 1");
    let agreement = post(&psa, "/sales/opportunities/1/convertToAgreement", json!({"type": {"id": 8}, "name": "Care"}))
        .await
        .unwrap();
    assert_eq!((&agreement["name"], &agreement["type"]["name"]), (&json!("Care"), &json!("Managed")));
    let order = order["id"].as_i64().unwrap();
    let ticket = post(&psa, &format!("/sales/orders/{order}/convertToServiceTicket"), json!({})).await.unwrap();
    assert_eq!(ticket["summary"], format!("Sales Order {order}"));
    assert_eq!(store.get("/procurement/products", 1).unwrap()["ticket"]["id"], ticket["id"]);
    assert!(
        post(&psa, &format!("/sales/orders/{order}/convertToProject"), plan).await.is_err(),
        "the conversion of an order has no `includeNoteIds`"
    );
    assert_eq!(store.get("/sales/opportunities", 1).unwrap()["name"], "Big");
}

#[tokio::test]
async fn a_company_can_be_merged_into_another() {
    let (_sim, psa, store) = started().await;
    store.insert("/company/companies", json!({"id": 6, "identifier": "beta", "name": "Beta", "phoneNumber": "1"}));
    store.insert("/company/companies/5/notes", json!({"id": 1, "text": "kept"}));
    store.insert("/company/companies/5/sites", json!({"id": 2, "name": "Main"}));
    store.insert("/company/companies/6/sites", json!({"id": 2, "name": "Other"}));
    let href = json!({"site_href": "https://x//apis/3.0/company/companies/5/sites/2"});
    store.insert(
        "/company/configurations",
        json!({"id": 1, "name": "PC", "company": {"id": 5}, "vendor": {"id": 5}, "site": {"id": 2, "_info": href}}),
    );
    store.insert("/sales/activities", json!({"id": 1, "name": "call", "company": {"id": 5}}));
    store.insert("/sales/activities", json!({"id": 2, "name": "call", "company": {"id": 6}}));
    let before = store.list("/service/tickets");
    for (path, body, status) in [
        ("/company/companies/5/merge", json!({}), 400),
        ("/company/companies/5/merge", json!({"toCompanyId": 5}), 400),
        ("/company/companies/5/merge", json!({"toCompanyId": 99}), 404),
        ("/company/companies/99/merge", json!({"toCompanyId": 5}), 404),
    ] {
        let error = post(&psa, path, body.clone()).await.unwrap_err();
        assert_eq!(error.status().map(|status| status.as_u16()), Some(status), "{path} {body}");
    }
    assert_eq!((store.list("/service/tickets"), store.count("/company/companies")), (before, 2));
    // `From` takes the value of company 5, which is merged; `To` keeps the value of company 6. The activities of
    // company 5 are deleted.
    let body = json!({"toCompanyId": 6, "name": "From", "phone": "To", "activities": "Discard", "contacts": "Merge"});
    assert_eq!(post(&psa, "/company/companies/5/merge", body).await.unwrap(), json!({"success": true}));
    let company = store.get("/company/companies", 6).unwrap();
    assert_eq!(
        (&company["name"], &company["identifier"], &company["phoneNumber"]),
        (&json!("Acme"), &json!("beta"), &json!("1"))
    );
    assert_eq!(
        (
            ids(&store, "/company/companies"),
            ids(&store, "/sales/activities"),
            store.list("/company/companies/6/notes")[0]["text"].as_str()
        ),
        (vec![6], vec![2], Some("kept"))
    );
    let sites: Vec<_> = store.list("/company/companies/6/sites").iter().map(|site| site["name"].clone()).collect();
    assert_eq!(sites, [json!("Other"), json!("Main")], "the existing site keeps its id");
    for (list, field) in [
        ("/service/tickets", "company"),
        ("/company/contacts", "company"),
        ("/company/configurations", "company"),
        ("/company/configurations", "vendor"),
    ] {
        for record in store.list(list) {
            assert_eq!(
                (&record[field]["id"], &record[field]["identifier"]),
                (&json!(6), &json!("beta")),
                "{list} {field}"
            );
        }
    }
    let site = store.get("/company/configurations", 1).unwrap()["site"].clone();
    assert_eq!((&site["id"], &site["name"]), (&json!(3), &json!("Main")), "references to the site have its new id");
    assert!(site["_info"]["site_href"].as_str().unwrap().ends_with("/company/companies/6/sites/3"));
    assert_eq!(get(&psa, "/system/audittrail?type=Company&id=5").await[0]["auditSubType"], "deleted");
    assert_eq!(get(&psa, "/system/audittrail?type=Ticket&id=1").await[0]["auditSubType"], "updated");
}

#[tokio::test]
async fn portal_credentials_are_validated() {
    let (_sim, psa, store) = started().await;
    let items = json!([{"id": 1, "communicationType": "Email", "value": "ida@acme.example"}]);
    store.insert(
        "/company/contacts",
        json!({"id": 8, "firstName": "Ida", "portalPassword": "secret", "communicationItems": items}),
    );
    let path = "/company/contacts/validatePortalCredentials";
    assert_eq!(
        post(&psa, path, json!({"email": "IDA@acme.example", "password": "secret"})).await.unwrap(),
        json!({"contactId": 8, "success": true})
    );
    for body in [
        json!({"email": "ida@acme.example", "password": "wrong"}),
        json!({"email": "x", "password": "secret"}),
        json!({}),
    ] {
        assert_eq!(post(&psa, path, body).await.unwrap(), json!({"success": false}));
    }
}

#[tokio::test]
async fn company_picker_items_of_a_member_and_a_type_are_cleared() {
    let (_sim, psa, store) = started().await;
    for (id, member, vendor) in [(1, 4, false), (2, 4, true), (3, 5, false)] {
        store.insert(
            "/company/companyPickerItems",
            json!({"id": id, "member": {"id": member}, "vendorPickerFlag": vendor}),
        );
    }
    assert_eq!(
        send_for_status(
            &psa,
            Method::Post,
            "/company/companyPickerItems/clear",
            json!({"member": {"id": 4}, "type": "Company"})
        )
        .await,
        204
    );
    assert_eq!(ids(&store, "/company/companyPickerItems"), [2, 3]);
}

#[tokio::test]
async fn project_templates_are_applied_and_created() {
    let (_sim, psa, store) = started().await;
    store.insert("/service/boards", json!({"id": 2, "name": "Projects"}));
    store.insert("/project/projects", json!({"id": 8, "name": "Move", "company": {"id": 5}, "board": {"id": 2}}));
    store.insert("/project/projectTemplates", json!({"id": 3, "name": "Office move"}));
    store.insert(
        "/project/projectTemplates/3/projectTemplatePhases",
        json!({"id": 1, "description": "First", "markAsMilestone": true}),
    );
    store.insert(
        "/project/projectTemplates/3/projectTemplatePhases",
        json!({"id": 2, "description": "Inner", "parentPhase": 1}),
    );
    store.insert(
        "/project/projectTemplates/3/projectTemplateTickets",
        json!({"id": 1, "description": "Pack", "projectTemplatePhaseId": 2, "budgetHours": 4.0}),
    );
    let plan = post(&psa, "/project/projects/8/applyTemplate/3", json!({})).await.unwrap();
    assert_eq!(
        (&plan["projectId"], &plan["phases"][0]["markAsMilestoneFlag"], &plan["phases"][1]["parentPhase"]["id"]),
        (&json!(8), &json!(true), &json!(1))
    );
    assert_eq!(plan, get(&psa, "/project/projects/8/projectWorkplan").await);
    let ticket = store.list("/project/tickets").remove(0);
    assert_eq!(
        (&ticket["summary"], &ticket["phase"]["name"], &ticket["project"]["name"]),
        (&json!("Pack"), &json!("Inner"), &json!("Move"))
    );
    assert_eq!((&ticket["company"]["identifier"], &ticket["budgetHours"]), (&json!("acme"), &json!(4.0)));
    let error = post(&psa, "/project/projects/8/applyTemplates", json!([{"id": 3}, {"id": 99}])).await.unwrap_err();
    assert!(error.is_not_found());
    assert_eq!(store.count("/project/projects/8/phases"), 2, "no template is applied if one does not exist");
    post(&psa, "/project/projects/8/applyTemplates", json!([{"id": 3}])).await.unwrap();
    assert_eq!((store.count("/project/projects/8/phases"), store.count("/project/tickets")), (4, 2));
    let template =
        post(&psa, "/project/projectTemplates/createFromProject/8", json!({"name": "As done"})).await.unwrap();
    let list = format!("/project/projectTemplates/{}/projectTemplate", template["id"]);
    assert_eq!(
        (&template["name"], store.count(&format!("{list}Phases")), store.count(&format!("{list}Tickets"))),
        (&json!("As done"), 4, 2)
    );
    assert_eq!(store.list(&format!("{list}Tickets"))[0]["description"], "Pack");
    let plan = get(&psa, &format!("/project/projectTemplates/{}/workplan", template["id"])).await;
    assert_eq!((&plan[0]["phases"][0]["description"], &plan[0]["templateId"]), (&json!("First"), &template["id"]));
}

#[tokio::test]
async fn agreement_invoices_can_only_be_created_from_an_agreement() {
    let (_sim, psa, store) = started().await;
    store.insert("/finance/agreements", json!({"id": 2, "name": "Care", "company": {"id": 5}, "billAmount": 120.0}));
    let response = psa.request(Method::Post, "/finance/agreements/2/invoice").json(&json!({})).await.unwrap();
    assert_eq!(response.status.as_u16(), 201);
    // The body of the response is the id of the invoice.
    let invoice = store.get("/finance/invoices", response.into_json().unwrap().as_i64().unwrap()).unwrap();
    assert_eq!(
        (&invoice["type"], &invoice["total"], &invoice["agreement"]["name"]),
        (&json!("Agreement"), &json!(120.0), &json!("Care"))
    );
    assert_eq!(invoice["billToCompany"]["identifier"], "acme");
    let error = post(&psa, "/finance/invoices", json!({"type": "Agreement", "company": {"id": 5}})).await.unwrap_err();
    assert_eq!(error.message(), Some("Cannot create agreement invoices through the Invoicing API"));
    post(&psa, "/finance/invoices", json!({"type": "Standard", "company": {"id": 5}})).await.unwrap();
}

#[tokio::test]
async fn catalog_items_have_a_price_and_a_quantity_on_hand() {
    let (_sim, psa, store) = started().await;
    store.insert("/procurement/catalog", json!({"id": 6, "identifier": "CABLE", "price": 9.5}));
    for (id, bin, count) in [(1, 1, 4), (2, 2, 3)] {
        store.insert(
            "/procurement/catalog/6/inventory",
            json!({"id": id, "warehouseBin": {"id": bin}, "onHand": count}),
        );
    }
    assert_eq!(
        post(&psa, "/procurement/catalog/6/pricing", json!({"quantity": 2, "company": {"id": 5}})).await.unwrap()["price"],
        9.5
    );
    assert_eq!(get(&psa, "/procurement/catalog/CABLE/quantityOnHand").await, json!({"count": 7}));
    assert_eq!(get(&psa, "/procurement/catalog/CABLE/quantityOnHand?warehouseBinId=2").await, json!({"count": 3}));
}

#[tokio::test]
async fn products_and_time_entries_are_detached() {
    let (_sim, psa, store) = started().await;
    store.insert(
        "/procurement/products",
        json!({"id": 1, "ticket": {"id": 1}, "project": {"id": 8}, "phase": {"id": 2}}),
    );
    assert_eq!(
        send_for_status(&psa, Method::Post, "/procurement/products/1/detach", json!({"removeFromProject": true})).await,
        204
    );
    let product = store.get("/procurement/products", 1).unwrap();
    assert_eq!((product.get("project"), product.get("phase"), &product["ticket"]["id"]), (None, None, &json!(1)));
    store.insert("/time/entries", json!({"id": 1, "invoice": {"id": 1}}));
    send_for_status(&psa, Method::Post, "/time/entries/1/detach", json!({})).await;
    assert!(store.get("/time/entries", 1).unwrap().get("invoice").is_none());
}

#[tokio::test]
async fn entries_get_the_status_of_their_time_sheet_or_expense_report() {
    let (_sim, psa, store) = started().await;
    for (list, entries, field) in
        [("/time/sheets", "/time/entries", "timeSheet"), ("/expense/reports", "/expense/entries", "expenseReport")]
    {
        store.insert(list, json!({"id": 1, "status": "Open", "member": {"id": 4}}));
        store.insert(entries, json!({"id": 1, "status": "Open", field: {"id": 1}}));
        store.insert(entries, json!({"id": 2, "status": "Open", field: {"id": 2}}));
        for (action, status) in [
            ("submit", "PendingApproval"),
            ("reject", "Rejected"),
            ("submit", "PendingApproval"),
            ("approve", "ApprovedByTierOne"),
            ("reverse", "Open"),
        ] {
            post(&psa, &format!("{list}/1/{action}"), json!({})).await.unwrap();
            assert_eq!(
                (&store.get(list, 1).unwrap()["status"], &store.get(entries, 1).unwrap()["status"]),
                (&json!(status), &json!(status)),
                "{list} {action}"
            );
        }
        assert!(post(&psa, &format!("{list}/1/approve"), json!({})).await.is_err(), "a sheet that was not submitted");
        // Entry 2 belongs to another sheet.
        assert_eq!(store.get(entries, 2).unwrap()["status"], "Open");
    }
}

#[tokio::test]
async fn members_are_linked_and_deactivated_and_their_open_time_sheets_deleted() {
    let (_sim, psa, store) = started().await;
    for id in [4, 5] {
        store.insert("/system/members", json!({"id": id, "identifier": format!("m{id}")}));
    }
    for (id, status) in [(1, "Open"), (2, "Open"), (3, "PendingApproval")] {
        store.insert("/time/sheets", json!({"id": id, "member": {"id": 4}, "status": status}));
    }
    // Only sheet 2 is open and has no entries.
    store.insert("/time/entries", json!({"id": 1, "timeSheet": {"id": 1}}));
    assert_eq!(send_for_status(&psa, Method::Delete, "/system/members/4/unusedTimeSheets", json!({})).await, 204);
    assert_eq!(ids(&store, "/time/sheets"), [1, 3]);
    post(&psa, "/system/members/5/linkSsoUser", json!({"ssoUserId": "u-5"})).await.unwrap();
    assert_eq!(send_for_status(&psa, Method::Post, "/system/members/u-5/deactivateIamMember", json!({})).await, 204);
    post(&psa, "/system/members/4/deactivate", json!({"deleteOpenTimeSheetsFlag": true})).await.unwrap();
    assert_eq!(ids(&store, "/time/sheets"), [3]);
    for id in [4, 5] {
        assert_eq!(store.get("/system/members", id).unwrap()["inactiveFlag"], true, "{id}");
    }
    post(&psa, "/system/members/5/unlinkSsoUser", json!({})).await.unwrap();
    assert!(store.get("/system/members", 5).unwrap().get("ssoSettings").is_none());
    assert!(post(&psa, "/system/members/4/deactivate", json!({"colour": 1})).await.is_err());
}

#[tokio::test]
async fn managed_device_accounts_are_created_replaced_and_deleted_in_bulk() {
    let (_sim, psa, store) = started().await;
    store.insert("/system/members", json!({"id": 4, "identifier": "m4"}));
    // Apart from the bulk operations, the API can only list these records.
    let path = "/system/members/4/managedDeviceAccounts/bulk";
    let created = send(&psa, Method::Put, path, json!([{"username": "ann"}, {"colour": 1}])).await.unwrap();
    assert_eq!(
        (&created["payload"][0]["data"]["username"], &created["payload"][1]["statusCode"]),
        (&json!("ann"), &json!(400))
    );
    let id = created["payload"][0]["data"]["id"].clone();
    let replaced = send(&psa, Method::Put, path, json!([{"id": id, "username": "bob"}])).await.unwrap();
    assert_eq!(replaced["payload"][0]["statusCode"], 200);
    assert_eq!(get(&psa, "/system/members/4/managedDeviceAccounts").await[0]["username"], "bob");
    let deleted = send(&psa, Method::Delete, path, json!({"ids": [id, 99]})).await.unwrap();
    assert_eq!((&deleted["payload"][0]["success"], &deleted["payload"][1]["statusCode"]), (&json!(true), &json!(404)));
}

#[tokio::test]
async fn the_path_of_a_list_can_be_put_patched_and_deleted() {
    let (_sim, psa, store) = started().await;
    store.insert("/sales/opportunities", json!({"id": 1, "name": "Big"}));
    // A PUT or PATCH of the list changes its only record; a DELETE empties the list.
    let forecast = "/sales/opportunities/1/forecast";
    send(&psa, Method::Put, forecast, json!({"expectedProbability": 50})).await.unwrap();
    send(&psa, Method::Patch, forecast, json!([{"op": "replace", "path": "expectedProbability", "value": 60}]))
        .await
        .unwrap();
    assert_eq!(get(&psa, forecast).await[0]["expectedProbability"], 60);
    assert_eq!((send_for_status(&psa, Method::Delete, forecast, json!({})).await, store.count(forecast)), (204, 0));
    // With an id in the query, a DELETE of the list deletes that record only.
    let lines = "/procurement/purchaseorders/1/lineitems";
    store.insert("/procurement/purchaseorders", json!({"id": 1}));
    for id in [1, 2, 3] {
        store.insert(lines, json!({"id": id}));
    }
    assert_eq!(
        (send_for_status(&psa, Method::Delete, &format!("{lines}?id=2"), json!({})).await, ids(&store, lines)),
        (204, vec![1, 3])
    );
    assert!(psa.request(Method::Delete, &format!("{lines}?id=2")).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn a_created_or_changed_component_is_returned_in_a_list() {
    let (_sim, psa, store) = started().await;
    store.insert("/procurement/products", json!({"id": 1}));
    let parts = "/procurement/products/1/components";
    let created = post(&psa, parts, json!({"quantity": 1.0, "catalogItem": {"id": 1}})).await.unwrap();
    let changed = send(
        &psa,
        Method::Patch,
        &format!("{parts}/{}", created[0]["id"]),
        json!([{"op": "replace", "path": "quantity", "value": 2.0}]),
    )
    .await
    .unwrap();
    assert_eq!((&changed[0]["quantity"], &store.list(parts)[0]["quantity"]), (&json!(2.0), &json!(2.0)));
}

#[tokio::test]
async fn settings_can_be_sent_and_a_connection_tested() {
    let (_sim, psa, _store) = started().await;
    post(&psa, "/service/knowledgebasesettings", json!({"requireApproval": true})).await.unwrap();
    assert_eq!(get(&psa, "/system/quoteLinkSetup/testConnection?url=https://x").await, json!({"success": true}));
}

#[tokio::test]
async fn schedule_colours_are_cleared() {
    let (_sim, psa, store) = started().await;
    store.insert("/schedule/colors", json!({"id": 1, "color": "red"}));
    assert_eq!(post(&psa, "/schedule/colors/1/clear", json!({})).await.unwrap().get("color"), None);
}

#[tokio::test]
async fn the_type_of_a_configuration_can_be_changed() {
    let (_sim, psa, store) = started().await;
    // Type 1, the type before the change, does not exist.
    store.insert("/company/configurations/types", json!({"id": 9, "name": "Server"}));
    store.insert("/company/configurations", json!({"id": 1, "name": "PC", "type": {"id": 1}, "company": {"id": 5}}));
    let patch = json!([{"op": "replace", "path": "type", "value": {"id": 9}}]);
    assert_eq!(
        send(&psa, Method::Patch, "/company/configurations/1/changeType", patch).await.unwrap()["type"]["name"],
        "Server"
    );
    assert_eq!(store.get("/company/configurations", 1).unwrap()["type"]["id"], 9);
}

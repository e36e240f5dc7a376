//! What the server adds to a record, and what it checks, because of the record's list, its owner (the record that the
//! list is under) and its references.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use connectwise_psa::{Method, Patch, Psa, Value};
use connectwise_psa_sim::{Seed, Sim};
use serde_json::json;

/// Starts a simulator with company 5; the boards 1 and 2, each with an open status (10, 20), a closed status (11, 21)
/// and a type (100, 200); the closed ticket 7 on board 1; and contact 9, who has an e-mail address.
async fn started() -> (Sim, Psa) {
    let sim = Sim::builder().seed(Seed::Empty).start().await.unwrap();
    let store = sim.store();
    store.insert("/company/companies", json!({"id": 5, "identifier": "acme", "name": "Acme"}));
    for (board, status, closed) in [(1, 10, false), (1, 11, true), (2, 20, false), (2, 21, true)] {
        store.insert("/service/boards", json!({"id": board, "name": format!("Board {board}")}));
        let list = format!("/service/boards/{board}/statuses");
        store.insert(
            &list,
            json!({"id": status, "name": format!("Status {status}"), "closedStatus": closed, "defaultFlag": !closed}),
        );
        store.insert(&format!("/service/boards/{board}/types"), json!({"id": board * 100, "name": "Printer"}));
    }
    store.insert(
        "/service/tickets",
        json!({"id": 7, "summary": "x", "company": {"id": 5, "name": "Acme"}, "board": {"id": 1}, "status": {"id": 11}, "type": {"id": 100}, "closedFlag": true}),
    );
    for (id, name, flag) in [(1, "Email", "emailFlag"), (2, "Direct", "phoneFlag")] {
        store.insert("/company/communicationTypes", json!({"id": id, "description": name, flag: true}));
    }
    let items = json!([{"id": 1, "type": {"id": 1}, "value": "ada@acme.example", "communicationType": "Email"}]);
    store.insert(
        "/company/contacts",
        json!({"id": 9, "firstName": "Ada", "company": {"id": 5}, "communicationItems": items}),
    );
    let psa = sim.psa();
    (sim, psa)
}

async fn post(psa: &Psa, path: &str, body: Value) -> Result<Value, connectwise_psa::Error> {
    psa.request(Method::Post, path).json(&body).await?.into_json()
}

#[tokio::test]
async fn a_new_note_contains_its_ticket_and_a_new_site_its_company() {
    let (_sim, psa) = started().await;
    let note =
        post(&psa, "/service/tickets/7/notes", json!({"text": "x", "internalAnalysisFlag": true})).await.unwrap();
    assert_eq!(note["ticketId"], 7);
    let site = post(&psa, "/company/companies/5/sites", json!({"name": "Main"})).await.unwrap();
    assert_eq!((&site["company"]["id"], &site["company"]["name"]), (&json!(5), &json!("Acme")));
}

#[tokio::test]
async fn a_replacement_keeps_the_owner_sets_defaults_and_removes_omitted_fields() {
    let (sim, psa) = started().await;
    let note =
        post(&psa, "/service/tickets/7/notes", json!({"text": "x", "internalAnalysisFlag": true})).await.unwrap();
    let put =
        async |path: &str, body: Value| psa.request(Method::Put, path).json(&body).await.unwrap().into_json().unwrap();
    let replaced =
        put(&format!("/service/tickets/7/notes/{}", note["id"]), json!({"text": "y", "internalAnalysisFlag": true}))
            .await;
    assert_eq!((&replaced["ticketId"], &replaced["text"]), (&json!(7), &json!("y")));
    // Without a board and a status, the ticket gets board 1 and its default status 10, and is no longer closed.
    let ticket = put("/service/tickets/7", json!({"summary": "z", "company": {"id": 5}})).await;
    assert_eq!(
        (&ticket["recordType"], &ticket["closedFlag"], &ticket["status"]["id"]),
        (&json!("ServiceTicket"), &json!(false), &json!(10))
    );
    assert_eq!(
        sim.store().get("/service/tickets", 7).unwrap().get("type"),
        None,
        "fields that the body omits are removed"
    );
}

#[tokio::test]
async fn a_company_with_sites_can_be_deleted_but_not_one_with_tickets() {
    let (sim, psa) = started().await;
    sim.store().insert("/company/companies", json!({"id": 70, "identifier": "gone", "name": "Gone"}));
    post(&psa, "/company/companies/70/sites", json!({"name": "Main"})).await.unwrap();
    psa.company().delete_company(70).await.unwrap();
    assert_eq!(
        (sim.store().get("/company/companies", 70), sim.store().count("/company/companies/70/sites")),
        (None, 0)
    );
    post(&psa, "/service/tickets", json!({"summary": "x", "company": {"id": 5}})).await.unwrap();
    assert_eq!(psa.company().delete_company(5).await.unwrap_err().status().map(|status| status.as_u16()), Some(409));
}

#[tokio::test]
async fn page_links_of_a_list_under_a_record_contain_its_path() {
    let (sim, psa) = started().await;
    for text in ["a", "b"] {
        post(&psa, "/service/tickets/7/notes", json!({"text": text, "internalAnalysisFlag": true})).await.unwrap();
    }
    let response = psa.request(Method::Get, "/service/tickets/7/notes?pageSize=1").await.unwrap();
    let link = response.headers["link"].to_str().unwrap();
    let next = format!("{}/v4_6_release/apis/3.0/service/tickets/7/notes/?pageSize=1&page=2", sim.url());
    assert!(link.starts_with(&format!("<{next}>; rel=\"next\"")), "{link}");
    // The link can be followed as it is.
    let request = reqwest::Client::new().get(next).basic_auth("demo+public", Some("private")).header("clientid", "x");
    let notes: Value = serde_json::from_str(&request.send().await.unwrap().text().await.unwrap()).unwrap();
    assert_eq!((notes[0]["text"].as_str(), notes.as_array().map(Vec::len)), (Some("b"), Some(1)));
}

#[tokio::test]
async fn a_ticket_moved_to_another_board_loses_its_type_and_gets_the_default_status_of_that_board() {
    let (sim, psa) = started().await;
    let moved = psa.service().update_ticket(7, &Patch::new().replace("board", json!({"id": 2}))).await.unwrap();
    assert_eq!(moved.status.and_then(|status| status.id), Some(20));
    assert_eq!((moved.closed_flag, moved.type_), (Some(false), None));
    // A status in the same patch is looked up on the new board.
    let patch = Patch::new().replace("board", json!({"id": 1})).replace("status", json!({"id": 11}));
    assert_eq!(psa.service().update_ticket(7, &patch).await.unwrap().closed_flag, Some(true));
    assert_eq!(sim.store().get("/service/tickets", 7).unwrap()["status"]["id"], 11);
}

#[tokio::test]
async fn a_ticket_copies_the_details_of_its_contact_and_has_closing_fields_while_it_is_closed() {
    let (sim, psa) = started().await;
    let id = i32::try_from(
        post(&psa, "/service/tickets", json!({"summary": "x", "company": {"id": 5}, "contact": {"id": 9}}))
            .await
            .unwrap()["id"]
            .as_i64()
            .unwrap(),
    )
    .unwrap();
    let status = async |id: i32, status: i64| {
        psa.service().update_ticket(id, &Patch::new().replace("status", json!({"id": status}))).await.unwrap()
    };
    let stored = || sim.store().get("/service/tickets", id.into()).unwrap();
    assert_eq!(
        (&stored()["contactName"], &stored()["contactEmailAddress"], stored().get("closedDate")),
        (&json!("Ada"), &json!("ada@acme.example"), None)
    );
    status(id, 11).await;
    assert_eq!((stored()["closedDate"].is_string(), &stored()["closedBy"]), (true, &json!("api")));
    status(id, 10).await;
    assert_eq!((stored().get("closedDate"), stored().get("closedBy")), (None, None));
}

#[tokio::test]
async fn configurations_are_attached_to_a_ticket_and_its_time_entries_are_listed_as_references() {
    let (sim, psa) = started().await;
    sim.store().insert("/company/configurations", json!({"id": 5, "name": "PC-5", "deviceIdentifier": "dev-5"}));
    let attached = post(&psa, "/service/tickets/7/configurations", json!({"id": 5})).await.unwrap();
    assert_eq!((&attached["id"], &attached["deviceIdentifier"]), (&json!(5), &json!("dev-5")));
    assert!(
        post(&psa, "/service/tickets/7/configurations", json!({"id": 99}))
            .await
            .unwrap_err()
            .to_string()
            .contains("99 not found")
    );
    let get = async |path: &str| psa.request(Method::Get, path).await.unwrap().into_json().unwrap();
    assert_eq!(get("/service/tickets/7/configurations").await.as_array().map(Vec::len), Some(1));
    psa.request(Method::Delete, "/service/tickets/7/configurations/5").await.unwrap();
    assert_eq!(get("/service/tickets/7/configurations/count").await["count"], 0);
    let entry = json!({"chargeToId": 7, "chargeToType": "ServiceTicket", "timeStart": "2026-01-05T09:00:00Z", "timeEnd": "2026-01-05T10:00:00Z"});
    let entry = post(&psa, "/time/entries", entry).await.unwrap();
    // A reference to a time entry has no `timeStart`.
    let listed = get("/service/tickets/7/timeentries").await;
    assert_eq!(
        (&listed[0]["id"], listed.as_array().map(Vec::len), listed[0].get("timeStart")),
        (&entry["id"], Some(1), None)
    );
    assert!(listed[0]["_info"]["time_href"].as_str().unwrap().ends_with(&format!("/time/entries/{}", entry["id"])));
}

#[tokio::test]
async fn types_that_records_refer_to_cannot_be_deleted() {
    let sim = Sim::builder().start().await.unwrap();
    let psa = sim.psa();
    // The type of the provider's own company, and the type of direct telephone numbers, in the demo data.
    for path in ["/company/companies/types/1", "/company/communicationTypes/2"] {
        let error = psa.request(Method::Delete, path).await.unwrap_err();
        assert_eq!(error.status().map(|status| status.as_u16()), Some(409), "{path}");
    }
}

#[tokio::test]
async fn references_in_seeds_and_in_changes_through_the_store_are_completed() {
    let sim = Sim::builder().seed(Seed::Records(json!({
        "/service/tickets": [{"id": 10, "company": {"id": 5}, "board": {"name": "help"}, "status": {"id": 2}, "owner": {"id": 77}}],
        "/company/companies": [{"id": 5, "identifier": "acme", "name": "Acme"}],
        "/service/boards": [{"id": 1, "name": "Help"}],
        "/service/boards/1/statuses": [{"id": 2, "name": "New"}],
    })));
    let sim = sim.start().await.unwrap();
    let found = sim
        .psa()
        .service()
        .list_tickets()
        .filter(|ticket| ticket.company().name().eq("Acme") & ticket.status().name().eq("new"))
        .page(1)
        .await
        .unwrap();
    // Member 77 does not exist, so the reference stays as it is.
    assert_eq!((found.len(), &sim.store().get("/service/tickets", 10).unwrap()["owner"]), (1, &json!({"id": 77})));
    sim.store().insert("/service/boards/1/statuses", json!({"id": 3, "name": "Done", "closedStatus": true}));
    let done = sim
        .store()
        .update("/service/tickets", 10, |ticket| _ = ticket.insert("status".to_owned(), json!({"name": "Done"})))
        .unwrap();
    assert_eq!((&done["status"]["id"], &done["closedFlag"]), (&json!(3), &json!(true)));
}

#[tokio::test]
async fn invalid_seeds_are_rejected() {
    for (lists, expected) in [
        (json!({"/service/borads": []}), "is not the path of a list"),
        (json!({"/v4_6_release/apis/3.0/service/boards": []}), "is not the path of a list"),
        (json!({"/service/boards": [{"id": 1}, {"id": 1}]}), "two records with the id 1"),
        (json!({"/service/boards": [{"id": "one"}]}), "not a whole number from 1 to 2147483647"),
        (json!({"/service/boards": [{"id": -4}]}), "not a whole number from 1 to 2147483647"),
        (json!({"/service/boards": [{"id": 2_147_483_648_i64}]}), "not a whole number from 1 to 2147483647"),
        (json!([]), "is not a JSON object"),
    ] {
        let error = Sim::builder().seed(Seed::Records(lists.clone())).start().await.unwrap_err().to_string();
        assert!(error.contains(expected), "{lists}: {error}");
    }
}

#[tokio::test]
async fn an_unknown_right_cannot_be_denied() {
    let nonsense = Sim::builder().deny_right("nonsense").start().await.unwrap_err();
    assert!(nonsense.to_string().contains("there is no right with this name"), "{nonsense}");
}

#[tokio::test]
async fn a_new_ticket_is_assigned_to_the_default_team() {
    let (sim, psa) = started().await;
    let new = |board: i64| json!({"summary": "New", "company": {"id": 5}, "board": {"id": board}});
    assert_eq!(post(&psa, "/service/tickets", new(1)).await.unwrap().get("team"), None, "a board without teams");
    sim.store().insert("/service/boards/1/teams", json!({"id": 3, "name": "Night"}));
    let error = post(&psa, "/service/tickets", new(1)).await.unwrap_err();
    assert!(error.to_string().contains("Cannot find default team"), "{error}");
    assert_eq!(sim.store().count("/service/tickets"), 2, "ticket 7 and the one without a team");
    sim.store().insert("/service/boards/1/teams", json!({"id": 4, "name": "Day", "defaultFlag": true}));
    let created = post(&psa, "/service/tickets", new(1)).await.unwrap();
    assert_eq!((&created["team"]["id"], &created["team"]["name"]), (&json!(4), &json!("Day")));
}

#[tokio::test]
async fn time_entries_derive_ticket_company_and_hours_and_reject_unknown_tickets() {
    let (sim, psa) = started().await;
    let entry = |ticket: i64| json!({"chargeToId": ticket, "chargeToType": "ServiceTicket", "timeStart": "2026-01-05T09:00:00Z", "timeEnd": "2026-01-05T09:45:00Z"});
    let created = post(&psa, "/time/entries", entry(7)).await.unwrap();
    assert_eq!(
        (&created["ticket"]["id"], &created["ticket"]["summary"], &created["company"]["id"], &created["actualHours"]),
        (&json!(7), &json!("x"), &json!(5), &json!(0.75))
    );
    let error = post(&psa, "/time/entries", entry(9999)).await.unwrap_err();
    assert_eq!(
        error.field_errors().first().and_then(|error| error.message.as_deref()),
        Some("Service Ticket 9999 not found"),
        "{error}"
    );
    assert_eq!(sim.store().count("/time/entries"), 1);

    // Updates are checked in the same way, and derived fields are derived again.
    sim.store().insert("/company/companies", json!({"id": 6, "identifier": "beta", "name": "Beta"}));
    sim.store().insert(
        "/service/tickets",
        json!({"id": 8, "summary": "y", "company": {"id": 6, "name": "Beta"}, "board": {"id": 1}}),
    );
    let id = i32::try_from(created["id"].as_i64().unwrap()).unwrap();
    let patch = Patch::new().replace("chargeToId", 8).replace("timeEnd", "2026-01-05T10:30:00Z");
    let moved = psa.time().update_time_entry(id, &patch).await.unwrap();
    assert_eq!(
        (moved.ticket.and_then(|ticket| ticket.id), moved.company.and_then(|company| company.id), moved.actual_hours),
        (Some(8), Some(6), Some(1.5.into()))
    );
    let before = sim.store().get("/time/entries", id.into());
    assert!(
        psa.time()
            .update_time_entry(id, &Patch::new().replace("chargeToId", 9999))
            .await
            .unwrap_err()
            .to_string()
            .contains("9999 not found")
    );
    assert_eq!(sim.store().get("/time/entries", id.into()), before);
}

#[tokio::test]
async fn the_identifier_of_a_company_cannot_be_given_to_another() {
    let (sim, psa) = started().await;
    sim.store().insert("/company/companies", json!({"id": 6, "identifier": "beta", "name": "Beta"}));
    let taken = psa.company().update_company(6, &Patch::new().replace("identifier", "ACME")).await.unwrap_err();
    assert!(taken.to_string().contains("Company ID already in use"), "{taken}");
    // A company's own identifier in another letter case is not taken.
    psa.company().update_company(6, &Patch::new().replace("identifier", "BETA")).await.unwrap();
}

#[tokio::test]
async fn the_communication_items_of_a_contact_and_the_list_under_it_are_the_same() {
    let (sim, psa) = started().await;
    let list = "/company/contacts/9/communications";
    let listed = psa.request(Method::Get, list).await.unwrap().into_json().unwrap();
    assert_eq!(
        (&listed[0]["value"], &listed[0]["contactId"], listed.as_array().map(Vec::len)),
        (&json!("ada@acme.example"), &json!(9), Some(1))
    );
    let phone =
        post(&psa, list, json!({"type": {"id": 2}, "value": "5550100", "extension": "12", "defaultFlag": true}))
            .await
            .unwrap();
    assert_eq!(
        (&phone["id"], &phone["communicationType"], &phone["contactId"]),
        (&json!(2), &json!("Phone"), &json!(9))
    );
    let items = || sim.store().get("/company/contacts", 9).unwrap()["communicationItems"].clone();
    assert_eq!(
        (&items()[1]["value"], &items()[1]["extension"], items()[1].get("contactId")),
        (&json!("5550100"), &json!("12"), None)
    );
    // An update of the contact changes the list, and vice versa. The 1 in the path is the index of the second item.
    psa.company().update_contact(9, &Patch::new().replace("communicationItems/1/value", "5550199")).await.unwrap();
    let count = psa
        .request(Method::Get, &format!("{list}/count?conditions=value='5550199'"))
        .await
        .unwrap()
        .into_json()
        .unwrap();
    assert_eq!(count["count"], 1);
    psa.request(Method::Patch, &format!("{list}/2"))
        .json(&json!([{"op": "replace", "path": "value", "value": "5550123"}]))
        .await
        .unwrap();
    assert_eq!(items()[1]["value"], "5550123");
    psa.request(Method::Delete, &format!("{list}/1")).await.unwrap();
    assert_eq!((items().as_array().map(Vec::len), &items()[0]["value"]), (Some(1), &json!("5550123")));
    let error = post(&psa, list, json!({"value": "5550100"})).await.unwrap_err();
    assert!(error.to_string().contains("type/id"), "{error}");
    assert_eq!(items().as_array().map(Vec::len), Some(1), "a rejected request does not change the contact");
    assert!(
        post(&psa, "/company/contacts/99/communications", json!({"type": {"id": 2}, "value": "1"}))
            .await
            .unwrap_err()
            .is_not_found()
    );
}

#[tokio::test]
async fn communication_items_have_unique_ids_and_a_derived_type() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state");
    let item_ids = |sim: &Sim, contact: i64| {
        let items = sim.store().get("/company/contacts", contact).unwrap()["communicationItems"].clone();
        items.as_array().unwrap().iter().map(|item| item["id"].as_i64().unwrap()).collect::<Vec<_>>()
    };
    let start = async || Sim::builder().seed(Seed::Empty).state(&file).start().await.unwrap();
    let sim = start().await;
    let psa = sim.psa();
    for (id, name, flag) in [(1, "Email", "emailFlag"), (2, "Direct", "phoneFlag")] {
        sim.store().insert("/company/communicationTypes", json!({"id": id, "description": name, flag: true}));
    }
    let new = json!({"firstName": "Ada", "communicationItems": [{"type": {"id": 1}, "value": "a@x"}, {"type": {"id": 2}, "value": "1"}]});
    let ada = post(&psa, "/company/contacts", new.clone()).await.unwrap();
    let bob = post(&psa, "/company/contacts", new).await.unwrap();
    assert_eq!((item_ids(&sim, 1), item_ids(&sim, 2)), (vec![1, 2], vec![3, 4]));
    assert_eq!(ada["communicationItems"][0]["communicationType"], "Email");
    let found = psa
        .request(Method::Get, "/company/contacts/count?childConditions=communicationItems/communicationType='Phone'")
        .await
        .unwrap();
    assert_eq!((found.into_json().unwrap(), &bob["id"]), (json!({"count": 2}), &json!(2)));
    // All items are replaced. The one without an id and the second one with the id 3 get new ids.
    let items = json!([{"type": {"id": 1}, "value": "b@x"}, {"id": 3, "type": {"id": 2}, "value": "2"}, {"id": 3, "type": {"id": 2}, "value": "3"}]);
    psa.company().update_contact(2, &Patch::new().replace("communicationItems", items)).await.unwrap();
    assert_eq!(item_ids(&sim, 2), [5, 3, 6]);
    let listed = psa.request(Method::Get, "/company/contacts/2/communications").await.unwrap().into_json().unwrap();
    assert_eq!(listed.as_array().map(Vec::len), Some(3));
    // The ids of deleted items are not used again, even after a restart.
    psa.company().update_contact(1, &Patch::new().replace("communicationItems", json!([]))).await.unwrap();
    psa.request(Method::Delete, "/company/contacts/2/communications/6").await.unwrap();
    let before = item_ids(&sim, 2);
    drop((psa, sim));
    let sim = start().await;
    assert_eq!(item_ids(&sim, 2), before, "the state file contains the items");
    post(&sim.psa(), "/company/contacts/1/communications", json!({"type": {"id": 2}, "value": "4"})).await.unwrap();
    assert_eq!(item_ids(&sim, 1), [7], "6 was the highest id so far");
    assert_eq!(
        sim.store().count("/company/contacts/1/communications"),
        0,
        "the items in the list are not stored twice"
    );
}

#[tokio::test]
async fn ids_from_outside_never_exhaust_a_sequence() {
    let (sim, psa) = started().await;
    let store = sim.store();
    store.insert("/company/communicationTypes", json!({"id": 1, "description": "Email", "emailFlag": true}));
    let item = |id: i64, value: &str| json!({"id": id, "type": {"id": 1}, "value": value});
    let ids = |contact: &Value| {
        let items = contact["communicationItems"].as_array().unwrap();
        items.iter().map(|item| item["id"].as_i64().unwrap()).collect::<Vec<_>>()
    };
    let contact = |items: Value| json!({"firstName": "Ada", "communicationItems": items});
    // Ids have 32 bits.
    let error = post(&psa, "/company/contacts", contact(json!([item(i64::MAX, "a@x")]))).await.unwrap_err();
    assert!(error.to_string().contains("System.Int32"), "{error}");
    const HIGHEST: i64 = 2_147_483_647;
    let first = post(&psa, "/company/contacts", contact(json!([item(HIGHEST - 1, "a@x"), item(HIGHEST, "b@x")])));
    let first = first.await.unwrap();
    assert_eq!(ids(&first), [2, 3], "the seed has an item with the id 1");
    // A new contact with the items of another one, as a client creates it from a record that it has read.
    let copy = post(&psa, "/company/contacts", contact(first["communicationItems"].clone())).await.unwrap();
    assert_eq!(ids(&copy), [4, 5]);
    let added = format!("/company/contacts/{}/communications", copy["id"]);
    let added = post(&psa, &added, json!({"type": {"id": 1}, "value": "c@x"})).await.unwrap();
    assert_eq!(added["id"], 6);
    let path = |contact: &Value| format!("/company/contacts/{}", contact["id"]);
    // Items of another contact get new ids, the contact's own keep theirs.
    let items = json!([item(1, "of another contact"), item(5, "own"), item(HIGHEST, "too high"), item(6, "own")]);
    let patch = json!([{"op": "replace", "path": "communicationItems", "value": items}]);
    let patched = psa.request(Method::Patch, &path(&copy)).json(&patch).await.unwrap().into_json().unwrap();
    assert_eq!(ids(&patched), [7, 5, 8, 6]);
    assert_eq!(
        ids(&store.get("/company/contacts", first["id"].as_i64().unwrap()).unwrap()),
        [2, 3],
        "the other contact is unchanged"
    );
    // The same for records that a test stores.
    for id in [i64::MAX, 2_147_483_648, 0, -1] {
        let id = store.insert("/service/boards", json!({"id": id, "name": "x"}));
        assert!((1..100).contains(&id), "{id}");
    }
    store.insert("/company/contacts", json!({"id": 90, "communicationItems": [item(i64::MAX, "d@x")]}));
    let next = post(&psa, "/company/contacts", contact(json!([item(0, "e@x")]))).await.unwrap();
    assert_eq!(ids(&next), [9]);
}

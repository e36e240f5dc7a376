//! Tickets: an integration creates tickets, adds notes and time entries, edits them concurrently with others, closes,
//! merges and finds them.

use connectwise_psa::types::{
    ChargeToType, Contact, ContactCommunicationType, ServiceNote, ServiceStatusReference, Ticket, TimeEntry,
};
use connectwise_psa::{DateTime, Patch, Reference, Value};
use connectwise_psa_sim::Fault;
use serde_json::json;

use crate::setup::{changed_fields, demo, ids, request_count};

fn timestamp(text: &str) -> DateTime {
    text.parse().unwrap()
}

#[tokio::test]
async fn a_ticket_gets_a_note_and_a_time_entry_and_is_closed() {
    let (sim, psa) = demo().await;
    let new = Ticket {
        board: Some(Reference::by_name("Monitoring").into()),
        budget_hours: Some(1.25.into()),
        ..Ticket::new("Größe der Platte · 盘", 5)
    };
    let created = psa.service().create_ticket(&new).await.unwrap();
    let id = created.id.unwrap();
    let stored = || sim.store().get("/service/tickets", id.into()).unwrap();
    assert_eq!(
        (stored()["summary"].as_str(), stored()["budgetHours"].as_f64()),
        (Some("Größe der Platte · 盘"), Some(1.25))
    );
    assert_eq!(
        (created.board.as_ref().unwrap().id, created.status.as_ref().unwrap().name.as_deref()),
        (Some(2), Some("New"))
    );
    // Observed on live servers: the name is `Sort`, although the vendor's document calls it `sort`.
    let sort = stored()["status"]["Sort"].as_i64();
    assert!(sort.is_some() && stored()["status"].get("sort").is_none(), "{}", stored());
    assert_eq!(created.status.as_ref().unwrap().sort.map(i64::from), sort);
    // The server completes references, and `enteredBy` names who created the record.
    let company = sim.store().get("/company/companies", 5).unwrap();
    assert_eq!(created.company.as_ref().unwrap().name.as_deref(), company["name"].as_str());
    assert_eq!(created.info().unwrap().entered_by(), Some("api"));

    let note = ServiceNote {
        text: Some("First line\nsecond \"line\"".into()),
        resolution_flag: Some(true),
        ..ServiceNote::default()
    };
    let note = psa.service().create_ticket_note(id, &note).await.unwrap();
    assert_eq!(note.resolution_flag, Some(true));
    let notes = sim.store().list(&format!("/service/tickets/{id}/notes"));
    assert_eq!((notes.len(), notes[0]["text"].as_str()), (1, Some("First line\nsecond \"line\"")));

    let entry = TimeEntry {
        charge_to_id: Some(id),
        charge_to_type: Some(ChargeToType::ServiceTicket),
        member: Some(connectwise_psa::types::MemberReference::by_identifier("bob").into()),
        time_end: Some(timestamp("2026-03-02T10:45:00Z")),
        notes: Some("Cleared the disk".into()),
        ..TimeEntry::new(timestamp("2026-03-02T09:15:00Z"))
    };
    let entry = psa.time().create_time_entry(&entry).await.unwrap();
    assert_eq!((entry.actual_hours, entry.time_start), (Some(1.5.into()), Some(timestamp("2026-03-02T09:15:00Z"))));
    let worked: Vec<TimeEntry> =
        psa.time().list_time_entries().filter(|entry| entry.charge_to_id().eq(id)).all().await.unwrap();
    assert_eq!(
        worked.iter().map(|entry| entry.member.as_ref().unwrap().name.clone().unwrap()).collect::<Vec<_>>(),
        ["Bob Marrowick"]
    );

    let before = stored();
    let closed = psa
        .service()
        .update_ticket(id, &Patch::new().set_object(Ticket::fields().status(), Reference::by_name("Closed")))
        .await
        .unwrap();
    assert_eq!(closed.closed_flag, Some(true));
    let names = changed_fields(&before, &stored());
    assert!(
        names.contains(&"status".to_owned()) && names.iter().all(|name| name == "status" || name.starts_with("closed")),
        "{names:?}"
    );
    assert_eq!(
        psa.service()
            .count_tickets()
            .filter(|ticket| ticket.id().eq(id) & ticket.closed_flag().eq(false))
            .await
            .unwrap(),
        0
    );
}

#[tokio::test]
async fn a_rejected_create_request_names_the_field_and_creates_nothing() {
    let (sim, psa) = demo().await;
    let tickets = sim.store().list("/service/tickets");
    // One character more than the maximum.
    let long = "x".repeat(101);
    for (body, field, code) in [
        (json!({"summary": "a", "company": {"id": 9999}}), "company/id", "NotFound"),
        (json!({"summary": "a", "company": {"identifier": "nobody"}}), "company/identifier", "NotFound"),
        (json!({"company": {"id": 5}}), "summary", "MissingRequiredField"),
        (json!({"summary": long, "company": {"id": 5}}), "summary", "MaxLengthField"),
        // A status of another board.
        (
            json!({"summary": "a", "company": {"id": 5}, "board": {"id": 1}, "status": {"id": 9}}),
            "status/id",
            "NotFound",
        ),
        // The server accepts no offset other than `Z`.
        (
            json!({"summary": "a", "company": {"id": 5}, "requiredDate": "2026-03-02T09:15:00-04:00"}),
            "requiredDate",
            "UnsupportedFormat",
        ),
    ] {
        let error = psa.service().create_ticket(&body).await.unwrap_err();
        let field_errors: Vec<_> = error
            .field_errors()
            .iter()
            .map(|error| (error.field.as_deref().unwrap(), error.code.as_deref().unwrap()))
            .collect();
        assert_eq!(field_errors, [(field, code)], "{error}");
        assert!(
            !error.is_ambiguous() && !error.is_retryable() && error.to_string().contains("Correct the listed errors"),
            "{error}"
        );
    }
    // A patch is applied completely or not at all: the valid operation is not applied if another one is invalid.
    let patch = Patch::new().replace("summary", "New").replace("status", json!({"id": 9}));
    let error = psa.service().update_ticket(1, &patch).await.unwrap_err();
    assert!(error.to_string().contains("Service Status 9 not found for Service Board"), "{error}");
    assert_eq!(sim.store().list("/service/tickets"), tickets);
}

#[tokio::test]
async fn a_patch_from_an_old_read_keeps_the_changes_of_others() {
    let (sim, psa) = demo().await;
    let stored = || sim.store().get("/service/tickets", 7).unwrap();
    let original = stored();
    let read = psa.service().get_ticket(7).await.unwrap();

    // Another program changes a string, a reference and a custom field, and removes the owner.
    let other = Patch::new()
        .set(Ticket::fields().po_number(), "PO-7")
        .set_object(Ticket::fields().priority(), json!({"id": 1}))
        .clear(Ticket::fields().owner())
        .custom_field(1, "Network");
    psa.service().update_ticket(7, &other).await.unwrap();
    let theirs = stored();
    // The resources are the owner and the scheduled members.
    assert_eq!(changed_fields(&original, &theirs), ["customFields", "owner", "poNumber", "priority", "resources"]);

    let mut mine = read.clone();
    mine.summary = Some("Seen to".into());
    mine.severity = Some("Low".into());
    mine.custom_fields.as_mut().unwrap()[1].value = Some(json!(12.5));
    let patch = Patch::diff(&read, &mine).unwrap();
    psa.service().update_ticket(7, &patch).await.unwrap();
    let both = stored();
    assert_eq!((both["summary"].as_str(), both["severity"].as_str()), (Some("Seen to"), Some("Low")));
    assert_eq!(
        (&both["poNumber"], &both["priority"], both.get("owner")),
        (&theirs["poNumber"], &theirs["priority"], None)
    );
    assert_eq!(
        (&both["customFields"][0]["value"], &both["customFields"][1]["value"]),
        (&json!("Network"), &json!(12.5))
    );
    assert!(
        changed_fields(&theirs, &both)
            .iter()
            .all(|name| ["customFields", "severity", "summary"].contains(&name.as_str()))
    );
}

#[tokio::test]
async fn concurrent_edits_of_different_fields_are_all_kept() {
    let (sim, psa) = demo().await;
    let before = sim.store().get("/service/tickets", 11).unwrap();
    let get = || psa.service().get_ticket(11);
    let edited = tokio::try_join!(
        get().edit(|ticket| ticket.summary = Some("Concurrent".into())),
        get().edit(|ticket| ticket.po_number = Some("PO-11".into())),
        get().edit(|ticket| ticket.status = Some(ServiceStatusReference::by_name("Assigned").into())),
        get().edit(|ticket| ticket.custom_fields.as_mut().unwrap()[0].value = Some(json!("Supplier"))),
        get().edit(|ticket| ticket.custom_fields.as_mut().unwrap()[1].value = Some(json!(3.5))),
    );
    edited.unwrap();
    let after = sim.store().get("/service/tickets", 11).unwrap();
    assert_eq!(
        (&after["summary"], &after["poNumber"], &after["status"]["name"]),
        (&json!("Concurrent"), &json!("PO-11"), &json!("Assigned"))
    );
    assert_eq!(
        (&after["customFields"][0]["value"], &after["customFields"][1]["value"]),
        (&json!("Supplier"), &json!(3.5))
    );
    // The ticket was closed. The new status reopens it, so the fields about its closing change as well.
    let allowed = [
        "closedBy",
        "closedDate",
        "closedFlag",
        "customFields",
        "dateResolved",
        "poNumber",
        "resolvedBy",
        "status",
        "summary",
    ];
    assert!(
        changed_fields(&before, &after).iter().all(|name| allowed.contains(&name.as_str())),
        "{:?}",
        changed_fields(&before, &after)
    );
}

#[tokio::test]
async fn fields_are_cleared_only_if_the_edit_clears_them() {
    let (sim, psa) = demo().await;
    let before = sim.store().get("/service/tickets", 13).unwrap();
    assert!(before["contact"].is_object() && before["contactEmailAddress"].is_string());
    psa.service()
        .get_ticket(13)
        .edit(|ticket| {
            ticket.contact = None;
            ticket.contact_email_address = None;
        })
        .await
        .unwrap();
    let after = sim.store().get("/service/tickets", 13).unwrap();
    // The server clears the other fields that show the contact.
    let cleared = ["contact", "contactEmailAddress", "contactName", "contactPhoneNumber"];
    assert_eq!(changed_fields(&before, &after), cleared);
    assert!(after["contact"].is_null() && after["contactEmailAddress"].as_str().unwrap_or_default().is_empty());
    // The server rejects an edit that clears a required field.
    let error = psa.service().get_ticket(13).edit(|ticket| ticket.summary = None).await.unwrap_err();
    assert_eq!(
        (error.field_errors()[0].field.as_deref(), sim.store().get("/service/tickets", 13)),
        (Some("summary"), Some(after)),
        "{error}"
    );
}

#[tokio::test]
async fn an_edit_that_changes_nothing_sends_nothing() {
    let (sim, psa) = demo().await;
    let before = sim.store().get("/service/tickets", 7).unwrap();
    let same = before["summary"].as_str().unwrap().to_owned();
    psa.service().get_ticket(7).edit(|ticket| ticket.summary = Some(same)).await.unwrap();
    assert_eq!(
        (request_count(&sim, "GET", "/service/tickets/7"), request_count(&sim, "PATCH", "/service/tickets/7")),
        (1, 0)
    );
    // An edit of a record that was read with selected fields does not change the other fields.
    let edited = psa
        .service()
        .get_ticket(7)
        .select(|ticket| (ticket.id(), ticket.summary()))
        .edit(|ticket| ticket.summary = Some("New".into()))
        .await
        .unwrap();
    assert_eq!(edited.company.unwrap().id.map(i64::from), before["company"]["id"].as_i64());
    assert_eq!(changed_fields(&before, &sim.store().get("/service/tickets", 7).unwrap()), ["summary"]);
}

#[tokio::test]
async fn editing_one_communication_item_of_a_contact_keeps_the_others() {
    let (sim, psa) = demo().await;
    let contact = sim
        .store()
        .list("/company/contacts")
        .into_iter()
        .find(|contact| contact["communicationItems"].as_array().unwrap().len() == 3)
        .unwrap();
    let id = i32::try_from(contact["id"].as_i64().unwrap()).unwrap();
    let items =
        || sim.store().get("/company/contacts", id.into()).unwrap()["communicationItems"].as_array().unwrap().clone();
    let before = items();
    psa.company()
        .get_contact(id)
        .edit(|contact| {
            let items = contact.communication_items.as_mut().unwrap();
            items[1].value = Some("2075550199".into());
        })
        .await
        .unwrap();
    let after = items();
    assert_eq!((&after[0], &after[2], after[1]["value"].as_str()), (&before[0], &before[2], Some("2075550199")));
    assert_eq!((&after[1]["id"], &after[1]["type"]), (&before[1]["id"], &before[1]["type"]));

    // One item is removed and another is added. The items after the removed one move up.
    let edited = psa.company().get_contact(id).edit(|contact| {
        let items = contact.communication_items.as_mut().unwrap();
        items.remove(0);
        let mut added = items[0].clone();
        (added.id, added.value, added.default_flag) = (None, Some("2075550111".into()), None);
        items.push(added);
    });
    let edited: Contact = edited.await.unwrap();
    let values: Vec<_> = edited.communication_items.unwrap().into_iter().map(|item| item.value.unwrap()).collect();
    assert_eq!(values, ["2075550199", before[2]["value"].as_str().unwrap(), "2075550111"]);
    assert_eq!(items().iter().map(|item| item["value"].as_str().unwrap()).collect::<Vec<_>>(), values);
    assert_eq!(
        changed_fields(&contact, &sim.store().get("/company/contacts", id.into()).unwrap()),
        // The default telephone number is that of the changed item.
        ["communicationItems", "defaultPhoneNbr"]
    );
}

#[tokio::test]
async fn a_long_filter_on_tickets_is_sent_as_a_search() {
    let (sim, psa) = demo().await;
    // Two thirds of the 400 tickets in the demo data, and 200 ids that no ticket has.
    let wanted: Vec<i32> = (1..=400).filter(|id| id % 3 != 0).chain(70_000..70_200).collect();
    let found: Vec<Ticket> = psa
        .service()
        .list_tickets()
        .filter(|ticket| ticket.id().is_in(wanted.clone()))
        .page_size(60)
        .all()
        .await
        .unwrap();
    let expected: Vec<_> = wanted.iter().copied().filter(|id| *id <= 400).collect();
    assert_eq!(found.iter().map(|ticket| ticket.id.unwrap()).collect::<Vec<_>>(), expected);
    assert!(
        request_count(&sim, "POST", "/service/tickets/search") >= 5
            && request_count(&sim, "GET", "/service/tickets") == 0
    );
    // Other conditions of the filter apply to the search as well.
    let narrow = psa
        .service()
        .list_tickets()
        .filter(|ticket| ticket.id().is_in(wanted.clone()) & ticket.closed_flag().eq(false));
    let open: Vec<Value> = narrow.decode_as().all().await.unwrap();
    let of_store = sim
        .store()
        .list("/service/tickets")
        .into_iter()
        .filter(|ticket| ticket["closedFlag"] == false && ticket["id"].as_i64().unwrap() % 3 != 0);
    assert_eq!(ids(&open), ids(&of_store.collect::<Vec<_>>()));
    // A search only reads records, so it is retried although it is a POST request.
    sim.inject(Fault::next(2).on("POST", "/service/tickets/search").with_lost_response());
    let again = psa.service().list_tickets().filter(|ticket| ticket.id().is_in(wanted.clone())).all().await.unwrap();
    assert_eq!(again.len(), found.len());
    // A search cannot be counted. The client rejects the query because of its length, and sends nothing.
    let before = sim.requests().len();
    let error = psa.service().count_tickets().filter(|ticket| ticket.id().is_in(wanted)).await.unwrap_err();
    assert!(
        error.is_invalid_input() && error.to_string().contains("2000") && sim.requests().len() == before,
        "{error}"
    );
}

#[tokio::test]
async fn a_filter_with_many_ids_is_split_into_several_requests() {
    let (sim, psa) = demo().await;
    // The even ids from 1500 down to 2, and three odd ones. The demo data has the configurations 1 to 300.
    let mut wanted: Vec<i32> = (1..=1500).rev().step_by(2).collect();
    wanted.extend([3, 5, 7]);
    let long = || psa.company().list_configurations().filter(|device| device.id().is_in(wanted.clone()));
    let expected: Vec<i64> = (1..=300)
        .filter(|id| id % 2 == 0)
        .chain([3, 5, 7])
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .collect();
    let found: Vec<Value> = long().decode_as().all().await.unwrap();
    assert_eq!(ids(&found), expected);
    assert!(request_count(&sim, "GET", "/company/configurations") > 2);
    assert!(sim.requests().iter().all(|request| request.query.len() < 2000 && request.status == Some(200)));
    let narrowed = || long().filter(|device| device.company().id().eq(6));
    let narrow: Vec<Value> = narrowed().decode_as().parallel(3).all().await.unwrap();
    let of_store: Vec<_> = found.iter().filter(|device| device["company"]["id"] == 6).cloned().collect();
    assert!(!of_store.is_empty() && narrow == of_store);
    let descending: Vec<Value> = long().sort(|device| device.id().desc()).decode_as().take(4).all().await.unwrap();
    assert_eq!(ids(&descending), expected.iter().rev().copied().take(4).collect::<Vec<_>>());
}

#[tokio::test]
async fn contacts_are_found_by_communication_items_and_custom_fields() {
    let (sim, psa) = demo().await;
    let contacts = sim.store().list("/company/contacts");
    let mail = contacts[40]["communicationItems"][0]["value"].as_str().unwrap().to_owned();
    let found = psa.company().list_contacts().filter_children(|contact| {
        let items = contact.communication_items();
        items.value().eq(mail.as_str()) & items.communication_type().eq(ContactCommunicationType::Email)
    });
    let has = |contact: &&Value| {
        contact["communicationItems"].as_array().unwrap().iter().any(|item| item["value"] == mail.as_str())
    };
    let expected: Vec<_> = contacts.iter().filter(has).cloned().collect();
    assert_eq!(found.decode_as::<Value>().all().await.unwrap(), expected);

    let approver = |contact: &Value| contact["customFields"][1]["value"] == true;
    let by_field = || {
        psa.company()
            .list_contacts()
            .filter_custom_fields(|field| field.caption().eq("May Approve Quotes") & field.value().eq(true))
    };
    let approvers: Vec<Value> = by_field().decode_as().all().await.unwrap();
    assert_eq!(approvers, contacts.iter().filter(|contact| approver(contact)).cloned().collect::<Vec<_>>());
    assert_eq!(by_field().count().await.unwrap(), i64::try_from(approvers.len()).unwrap());
    // All three query parameters for conditions are combined: a record must match all of them.
    let combined = by_field()
        .filter(|contact| contact.company().id().is_in([4, 5, 6]))
        .filter_children(|contact| contact.types().id().eq(2));
    let combined: Vec<Value> = combined.decode_as().all().await.unwrap();
    let company = |contact: &Value| (4..=6).contains(&contact["company"]["id"].as_i64().unwrap());
    let expected: Vec<_> =
        approvers.iter().filter(|contact| company(contact) && contact["types"][0]["id"] == 2).cloned().collect();
    assert!(!expected.is_empty() && combined == expected, "{combined:?}");
}

#[tokio::test]
async fn a_replaced_ticket_keeps_its_custom_fields_and_a_merged_one_is_closed() {
    let (sim, psa) = demo().await;
    let before = sim.store().get("/service/tickets", 9).unwrap();
    let company = i32::try_from(before["company"]["id"].as_i64().unwrap()).unwrap();
    psa.service().replace_ticket(9, &Ticket::new("Replaced", company)).await.unwrap();
    let after = sim.store().get("/service/tickets", 9).unwrap();
    // A replacement clears the fields that it omits or sets them to their defaults. Updates are therefore preferable.
    let default = sim.store().list("/service/priorities").into_iter().find(|priority| priority["defaultFlag"] == true);
    assert_eq!(
        (&after["customFields"], after.get("contact"), &after["priority"]["id"]),
        (&before["customFields"], None, &default.unwrap()["id"])
    );

    let closed = |id: i64| sim.store().get("/service/tickets", id).unwrap()["closedFlag"] == true;
    let is_open = |ticket: &&Value| ticket["closedFlag"] == false && ticket["board"]["id"] == 1;
    let open: Vec<_> =
        sim.store().list("/service/tickets").iter().filter(is_open).map(|ticket| ticket["id"].clone()).collect();
    let (parent, children) = (open[0].as_i64().unwrap(), &open[1..3]);
    let closed_status = sim
        .store()
        .list("/service/boards/1/statuses")
        .into_iter()
        .find(|status| status["closedStatus"] == true)
        .unwrap();
    let merge = json!({"mergeTicketIds": children, "status": {"id": closed_status["id"]}});
    let merged = psa.service().merge_ticket(i32::try_from(parent).unwrap(), &merge).await.unwrap();
    assert_eq!(merged.success, Some(true));
    assert!(children.iter().all(|child| closed(child.as_i64().unwrap())) && !closed(parent));
}

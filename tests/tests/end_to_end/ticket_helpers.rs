//! The helpers for tickets: notes with a place, closing with note and time, and one ticket for each key.

use connectwise_psa::tickets::{CloseStep, NewProjectTicket, NewTicket, Note, TicketId};
use connectwise_psa::types::{ConfigurationReference, ServiceStatusReference, TicketBundle, TicketMerge};
use connectwise_psa::{CallOptions, DateTime, Decimal, Psa, RetryPolicy};
use connectwise_psa_sim::{Fault, Sim};
use serde_json::Value;

use crate::setup::{demo, request_count, small};

const TICKETS: &str = "/service/tickets";

fn start() -> DateTime {
    "2026-03-02T09:15:00Z".parse().unwrap()
}

fn notes(sim: &Sim, list: &str, id: i32) -> Vec<Value> {
    sim.store().list(&format!("{list}/{id}/notes"))
}

#[tokio::test]
async fn notes_are_added_to_service_and_project_tickets() {
    let (sim, psa) = demo().await;
    let text = "Done.\n\n![screen](https://example.com/inline/1.png) **bold**";
    let note = psa.tickets().add_note(42, Note::discussion(text).and_internal().by_member(2).notify()).await.unwrap();
    let stored = notes(&sim, TICKETS, 42).into_iter().find(|stored| stored["id"] == note.id().unwrap()).unwrap();
    assert_eq!(stored["text"], text);
    let flags = ["detailDescriptionFlag", "internalAnalysisFlag", "resolutionFlag"].map(|flag| stored[flag].as_bool());
    assert_eq!(flags, [Some(true), Some(true), Some(false)]);
    assert_eq!(stored["member"]["id"], 2);

    let new = NewProjectTicket::in_phase("Rent a van", first_phase(&sim)).description("A large one.");
    let ticket = psa.tickets().create_in_project(new).await.unwrap();
    let id = ticket.id.unwrap();
    psa.tickets().add_note(TicketId::Project(id), Note::resolution("Rented.")).await.unwrap();
    let texts: Vec<_> =
        notes(&sim, "/project/tickets", id).iter().map(|note| note["text"].as_str().unwrap().to_owned()).collect();
    assert_eq!(texts, ["A large one.", "Rented."]);
    assert!(psa.tickets().add_note(42, Note::internal("")).await.unwrap_err().is_invalid_input());
}

fn first_phase(sim: &Sim) -> i32 {
    let phase = sim.store().list("/project/tickets")[0]["phase"]["id"].as_i64().unwrap();
    i32::try_from(phase).unwrap()
}

#[tokio::test]
async fn a_description_is_the_first_note() {
    let (sim, psa) = demo().await;
    let ticket = psa.tickets().create(NewTicket::new("Printer", 5).description("It smokes.")).await.unwrap();
    let notes = notes(&sim, TICKETS, ticket.id.unwrap());
    assert_eq!((notes.len(), &notes[0]["text"]), (1, &Value::from("It smokes.")));
    let error = psa.tickets().create(NewTicket::new("x".repeat(101), 5)).await.unwrap_err();
    assert!(error.is_invalid_input(), "{error}");
}

#[tokio::test]
async fn a_ticket_is_closed_with_note_and_time() {
    let (sim, psa) = demo().await;
    let id = psa.tickets().create(NewTicket::new("Printer", 5).board(2)).await.unwrap().id.unwrap();
    let close = psa.tickets().close(id).status(ServiceStatusReference::by_name("Closed"));
    let closed = close.note(Note::resolution("New toner.")).time(start(), Decimal::new(15, 1)).send().await.unwrap();
    assert!(closed.note.is_some() && closed.status.is_some());
    let time = closed.time.unwrap();
    assert_eq!((time.charge_to_id, time.actual_hours.unwrap().decimal()), (Some(id), Some(Decimal::new(15, 1))));
    let stored = sim.store().get(TICKETS, id.into()).unwrap();
    assert_eq!(stored["closedFlag"], true);
    // The status is the last change.
    let last = sim.requests().into_iter().rfind(|request| request.method != "GET").unwrap();
    assert_eq!(last.method, "PATCH");

    // Closing it again adds nothing, with or without a status.
    let changes = || sim.requests().iter().filter(|request| request.method != "GET").count();
    let before = changes();
    for status in [None, Some(ServiceStatusReference::by_name("Closed"))] {
        let close = psa.tickets().close(id).note(Note::internal("Checked.")).time(start(), Decimal::ONE);
        let close = if let Some(status) = status { close.status(status) } else { close };
        let again = close.send().await.unwrap();
        assert!(again.was_closed && again.note.is_none() && again.time.is_none() && again.status.is_none());
    }
    assert_eq!(changes(), before);
}

#[tokio::test]
async fn a_project_ticket_is_closed_with_note_and_time() {
    let (sim, psa) = demo().await;
    let new = NewProjectTicket::in_phase("Rent a van", first_phase(&sim));
    let id = psa.tickets().create_in_project(new).await.unwrap().id.unwrap();
    let close = psa.tickets().close(TicketId::Project(id)).status(ServiceStatusReference::by_name("Closed"));
    let closed = close.note(Note::resolution("Rented.")).time(start(), Decimal::ONE).send().await.unwrap();
    assert!(!closed.was_closed && closed.note.is_some() && closed.status.is_some());
    let time = sim.store().get("/time/entries", closed.time.unwrap().id.unwrap().into()).unwrap();
    assert_eq!((&time["chargeToType"], &time["chargeToId"]), (&"ProjectTicket".into(), &id.into()));
    assert_eq!(sim.store().get("/project/tickets", id.into()).unwrap()["closedFlag"], true);
    assert_eq!(notes(&sim, "/project/tickets", id).len(), 1);
}

/// The client without retries of its own.
fn once(psa: &Psa) -> Psa {
    psa.with(CallOptions::new().retry(RetryPolicy::none()))
}

#[tokio::test]
async fn a_failed_step_leaves_the_ticket_open_and_says_what_was_done() {
    let (sim, psa) = demo().await;
    let psa = once(&psa);
    for (method, path, step) in [
        ("POST", "/time/entries", CloseStep::Time),
        ("POST", "/notes", CloseStep::Note),
        ("PATCH", TICKETS, CloseStep::Status),
    ] {
        let id = psa.tickets().create(NewTicket::new("Printer", 5).board(2)).await.unwrap().id.unwrap();
        let path = if path == "/notes" { format!("{TICKETS}/{id}/notes") } else { path.to_owned() };
        sim.inject(Fault::next(1).on(method, &path).with_status(400));
        let close = psa.tickets().close(id).status(ServiceStatusReference::by_name("Closed"));
        let error = close.note(Note::resolution("a")).time(start(), Decimal::ONE).send().await.unwrap_err();
        assert_eq!(error.step, step, "{error}: {}", error.error);
        assert_eq!(error.done.time.is_some(), step != CloseStep::Time);
        assert_eq!(error.done.note.is_some(), step == CloseStep::Status);
        assert_eq!(error.done.status, None);
        let ids =
            [error.done.time.as_ref().and_then(|time| time.id), error.done.note.as_ref().and_then(|note| note.id())];
        assert!(ids.into_iter().flatten().all(|id| error.to_string().contains(&format!(" {id} was added"))), "{error}");
        assert_eq!(sim.store().get(TICKETS, id.into()).unwrap()["closedFlag"], false);
    }
}

#[tokio::test]
async fn an_ambiguous_step_is_not_repeated() {
    let (sim, psa) = demo().await;
    let id = psa.tickets().create(NewTicket::new("Printer", 5).board(2)).await.unwrap().id.unwrap();
    sim.inject(Fault::next(1).on("POST", "/time/entries").with_lost_response());
    let before = sim.store().count("/time/entries");
    let close = psa.tickets().close(id).status(ServiceStatusReference::by_name("Closed"));
    let error = close.note(Note::resolution("a")).time(start(), Decimal::ONE).send().await.unwrap_err();
    assert!(error.step == CloseStep::Time && error.error.is_ambiguous(), "{}", error.error);
    assert_eq!(sim.store().count("/time/entries"), before + 1);
    assert_eq!(notes(&sim, TICKETS, id).len(), 0);
}

#[tokio::test]
async fn a_wrong_status_changes_nothing() {
    let (sim, psa) = demo().await;
    let changes = || sim.requests().iter().filter(|request| request.method != "GET").count();
    let id = psa.tickets().create(NewTicket::new("Printer", 5).board(2)).await.unwrap().id.unwrap();
    let before = changes();
    let close = psa.tickets().close(id).status(ServiceStatusReference::by_name("New")).note(Note::internal("a"));
    let error = close.send().await.unwrap_err();
    assert!(error.step == CloseStep::Preparation && error.error.to_string().contains("Closed"), "{}", error.error);
    let error = psa.tickets().close(id).time(start(), Decimal::from(25)).send().await.unwrap_err();
    assert_eq!(error.step, CloseStep::Preparation);
    assert_eq!(changes(), before);
}

#[tokio::test]
async fn one_process_creates_one_ticket_for_a_key() {
    let (sim, psa) = small().await;
    let tickets = psa.tickets();
    let new = || NewTicket::new("Disk full", 5);
    let calls = (0..20).map(|_| tickets.find_or_create("srv1-disk", new()));
    let found = futures_util::future::try_join_all(calls).await.unwrap();
    assert_eq!(found.iter().filter(|found| found.created).count(), 1);
    let id = found[0].record.id;
    assert!(found.iter().all(|found| found.record.id == id && found.duplicates.is_empty()));
    assert_eq!(request_count(&sim, "POST", TICKETS), 1);
    // A key that differs in letter case is another key, although servers compare without regard to it.
    assert!(tickets.find_or_create("SRV1-disk", new()).await.unwrap().created);
    let before = sim.requests().len();
    for key in ["", " a", &"k".repeat(101), "[a]", "a\nb", "a\"b'c"] {
        assert!(tickets.find_or_create(key, new()).await.unwrap_err().is_invalid_input(), "{key}");
        // An empty key would find all tickets that have none.
        assert!(tickets.find_open(key).await.unwrap_err().is_invalid_input(), "{key}");
    }
    assert_eq!(sim.requests().len(), before);
    // Wildcards and quotes of one kind are part of the key.
    for key in ["a%", "a*", "a_b", "axb", "ab", "a\"b", "a'b", "a\\b"] {
        let created = tickets.find_or_create(key, new()).await.unwrap();
        assert!(created.created, "{key}");
        let found = tickets.find_or_create(key, new()).await.unwrap();
        assert!(!found.created && found.record.id == created.record.id && found.duplicates.is_empty(), "{key}");
    }
}

#[tokio::test]
async fn several_processes_agree_on_the_lowest_id() {
    let (_sim, psa) = small().await;
    let mut ids = Vec::new();
    // Two processes that both found nothing.
    for _ in 0..2 {
        ids.push(psa.tickets().create(NewTicket::new("Disk full", 5).key("srv1-disk")).await.unwrap().id.unwrap());
    }
    let found = psa.tickets().find_or_create("srv1-disk", NewTicket::new("Disk full", 5)).await.unwrap();
    assert!(!found.created);
    assert_eq!((found.record.id.unwrap(), found.duplicates), (ids[0], vec![ids[1]]));
}

#[tokio::test]
async fn an_ambiguous_create_request_is_searched_and_not_repeated() {
    let (sim, psa) = small().await;
    sim.inject(Fault::next(1).on("POST", TICKETS).with_lost_response());
    let before = sim.store().count(TICKETS);
    let found = psa.tickets().find_or_create("srv1-disk", NewTicket::new("Disk full", 5)).await.unwrap();
    assert!(found.is_ambiguous && !found.created && found.duplicates.is_empty());
    assert_eq!(sim.store().count(TICKETS), before + 1);

    // The request was not processed, so the searches find nothing, and nothing is created.
    sim.inject(Fault::next(1).on("POST", TICKETS).with_lost_request());
    let error = psa.tickets().find_or_create("srv2-disk", NewTicket::new("Disk full", 5)).await.unwrap_err();
    assert!(error.is_ambiguous(), "{error}");
    assert_eq!(sim.store().count(TICKETS), before + 1);
}

#[tokio::test]
async fn a_closed_ticket_does_not_count_among_the_open_ones() {
    let (_sim, psa) = demo().await;
    let new = || NewTicket::new("Disk full", 5).board(2);
    let first = psa.tickets().find_or_create_open("srv1-disk", new()).await.unwrap().record.id.unwrap();
    let closed = psa.tickets().close(first).status(ServiceStatusReference::by_name("Closed")).send().await.unwrap();
    assert!(!closed.was_closed);
    let second = psa.tickets().find_or_create_open("srv1-disk", new()).await.unwrap();
    assert!(second.created && second.record.id != Some(first));
    assert_eq!(psa.tickets().find_or_create("srv1-disk", new()).await.unwrap().record.id, Some(first));
}

#[tokio::test]
async fn companies_are_created_once_too() {
    let (sim, psa) = small().await;
    let find = || psa.company().list_companies().filter(|company| company.identifier().eq("acme"));
    let create = psa.company().create_company(&serde_json::json!({"identifier": "acme", "name": "Acme"}));
    let found = psa
        .find_or_create("acme", find, create, |company| company.identifier.as_deref() == Some("acme"))
        .await
        .unwrap();
    assert!(!found.created && found.record.id == Some(5));
    assert_eq!(request_count(&sim, "POST", "/company/companies"), 0);
}

#[tokio::test]
async fn tickets_are_linked_with_the_generated_calls() {
    let (sim, psa) = demo().await;
    let mut ids = Vec::new();
    for summary in ["One", "Two", "Three"] {
        ids.push(psa.tickets().create(NewTicket::new(summary, 5).board(2)).await.unwrap().id.unwrap());
    }
    let children = TicketBundle { child_ticket_ids: Some(vec![ids[1].into()]) };
    psa.service().attach_ticket_children(ids[0], &children).await.unwrap();
    assert_eq!(sim.store().get(TICKETS, ids[1].into()).unwrap()["parentTicketId"], ids[0]);
    let closed = psa.service().list_board_statuses(2).filter(|status| status.closed_status().eq(true));
    let closed = closed.first().await.unwrap().unwrap().id.unwrap();
    psa.service().merge_ticket(ids[0], &TicketMerge::new(vec![ids[2].into()], closed)).await.unwrap();
    let configuration = sim.store().list("/company/configurations")[0]["id"].as_i64();
    let configuration = configuration.and_then(|id| i32::try_from(id).ok());
    let link = ConfigurationReference { id: configuration, ..Default::default() };
    psa.service().create_ticket_configuration(ids[0], &link).await.unwrap();
    assert_eq!(psa.service().count_ticket_configurations(ids[0]).await.unwrap(), 1);
}

//! Catch-up: an integration was down, and PSA did not repeat the messages. At its next start it finds what it missed:
//! what was created, changed and deleted, and nothing that did not happen.

use std::collections::{BTreeMap, BTreeSet};

use connectwise_psa::Psa;
use connectwise_psa::dependencies::chrono::{TimeDelta, Utc};
use connectwise_psa::types::Ticket;
use connectwise_psa::webhooks::{
    Action, CallbackType, CatchUpError, CatchUpOptions, CatchUpState, Deletions, Entity, Event, FileState, MemoryState,
    Registration, RegistrationSet, TicketLevel,
};
use connectwise_psa::{DateTime, Patch};
use connectwise_psa_sim::{Fault, Seed, Sim};
use serde_json::{Value, json};

use crate::callback_registration::registrations_of_all_types;
use crate::setup::{FEW_TICKETS, small, start_sim};

/// Reads all events of a catch-up, and stores how far it has come. Panics after an error.
async fn caught_up(
    psa: &Psa,
    types: impl IntoIterator<Item = CallbackType>,
    state: &impl CatchUpState,
    options: CatchUpOptions,
) -> Vec<Event> {
    let mut missed = psa.callbacks().catch_up(types, state, options).unwrap();
    let mut events = Vec::new();
    while let Some(event) = missed.next().await {
        events.push(event.unwrap());
    }
    missed.commit().await.unwrap();
    events
}

/// Returns the ids of the events by action.
fn summary(events: &[Event]) -> BTreeMap<String, BTreeSet<i32>> {
    let mut by_action: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for event in events {
        by_action.entry(format!("{:?}", event.action)).or_default().insert(event.id);
        assert_eq!(event.entity.is_none(), event.action == Action::Deleted);
        assert!(event.message_id.is_none());
    }
    by_action
}

fn expected(groups: &[(&str, &[i32])]) -> BTreeMap<String, BTreeSet<i32>> {
    let groups = groups.iter().filter(|(_, ids)| !ids.is_empty());
    groups.map(|(action, ids)| ((*action).to_owned(), ids.iter().copied().collect())).collect()
}

/// The options of most stories: an overlap would return the changes that the story makes before the outage.
fn exact() -> CatchUpOptions {
    CatchUpOptions::new().overlap(std::time::Duration::ZERO)
}

fn ticket(id: i64, updated: DateTime) -> Value {
    let time = updated.format("%Y-%m-%dT%H:%M:%SZ").to_string();
    json!({
        "id": id, "summary": format!("Ticket {id}"), "company": {"id": 5}, "board": {"id": 1}, "status": {"id": 1},
        "recordType": "ServiceTicket", "_info": {"lastUpdated": time, "updatedBy": "ann", "dateEntered": time},
    })
}

/// The ticket that changed last before each story. A catch-up returns it again, because other tickets may have changed in
/// the same second.
const LAST: i32 = 121;

/// Starts a simulator in which one ticket changed later than the others, and before everything that a story does.
async fn quiet() -> (Sim, Psa) {
    let (sim, psa) = small().await;
    sim.store().insert("/service/tickets", ticket(LAST.into(), "2025-01-03T00:00:00Z".parse().unwrap()));
    (sim, psa)
}

#[tokio::test]
async fn nothing_is_missing_after_an_hour_without_a_receiver() {
    let (sim, psa) = quiet().await;
    let folder = tempfile::tempdir().unwrap();
    let state = FileState::open(folder.path()).unwrap();
    // The first catch-up stores what exists.
    assert!(caught_up(&psa, [CallbackType::Ticket], &state, CatchUpOptions::new()).await.is_empty());
    drop(state);
    // An hour passes: every 90 seconds, something happens. The records have the times of that hour.
    let start: DateTime = "2025-06-01T10:00:00Z".parse().unwrap();
    let (mut added, mut updated, mut deleted) = (Vec::new(), Vec::new(), Vec::new());
    for step in 0..40_i32 {
        let time = start + TimeDelta::seconds(90 * i64::from(step));
        match step % 4 {
            0 => {
                let id = 1000 + step;
                sim.store().insert("/service/tickets", ticket(id.into(), time));
                added.push(id);
            }
            1 => {
                let id = 1 + step;
                sim.store().insert("/service/tickets", ticket(id.into(), time));
                updated.push(id);
            }
            2 if step < 20 => {
                let id = 60 + step;
                assert!(sim.store().remove("/service/tickets", id.into()).is_some());
                deleted.push(id);
            }
            // A project ticket has the same type of callback.
            2 => {
                let id = 2000 + step;
                sim.store().insert("/project/tickets", ticket(id.into(), time));
                added.push(id);
            }
            // Created and deleted during the outage: there was nothing to see before, and there is nothing now.
            _ => {
                let id = 3000 + step;
                sim.store().insert("/service/tickets", ticket(id.into(), time));
                sim.store().remove("/service/tickets", id.into());
            }
        }
    }
    // The program starts again.
    let state = FileState::open(folder.path()).unwrap();
    let events = caught_up(&psa, [CallbackType::Ticket], &state, exact()).await;
    updated.push(LAST);
    assert_eq!(summary(&events), expected(&[("Added", &added), ("Updated", &updated), ("Deleted", &deleted)]));
    assert_eq!((added.len(), updated.len(), deleted.len()), (15, 11, 5));
    // Everything was handled: the deletions are not reported again.
    let again = summary(&caught_up(&psa, [CallbackType::Ticket], &state, exact()).await);
    assert_eq!(again, expected(&[("Updated", &[2038])]));
}

#[tokio::test]
async fn events_are_returned_again_until_they_are_committed() {
    let (sim, psa) = quiet().await;
    let state = MemoryState::new();
    caught_up(&psa, [CallbackType::Ticket], &state, exact()).await;
    let psa_change = Patch::new().set(Ticket::fields().summary(), "Changed");
    psa.service().update_ticket(7, &psa_change).await.unwrap();
    sim.store().remove("/service/tickets", 8);
    let wanted = expected(&[("Updated", &[7, LAST]), ("Deleted", &[8])]);
    for handled in 0..3 {
        let mut missed = psa.callbacks().catch_up([CallbackType::Ticket], &state, exact()).unwrap();
        let mut events = Vec::new();
        while let Some(event) = missed.next().await {
            events.push(event.unwrap());
        }
        // The program ends before the last event was handled: there is no commit.
        assert_eq!(summary(&events), wanted, "{handled}");
    }
    let mut missed = psa.callbacks().catch_up([CallbackType::Ticket], &state, exact()).unwrap();
    // A commit in the middle stores nothing of a type that is not complete.
    missed.next().await.unwrap().unwrap();
    missed.commit().await.unwrap();
    drop(missed);
    assert_eq!(summary(&caught_up(&psa, [CallbackType::Ticket], &state, exact()).await), wanted);
    // After the commit, only the time of the last change is read again.
    assert_eq!(
        summary(&caught_up(&psa, [CallbackType::Ticket], &state, exact()).await),
        expected(&[("Updated", &[7])])
    );
}

#[tokio::test]
async fn a_change_during_the_catch_up_is_found_by_the_next_one() {
    let (sim, psa) = quiet().await;
    let state = MemoryState::new();
    caught_up(&psa, [CallbackType::Ticket], &state, exact()).await;
    psa.service().update_ticket(1, &Patch::new().replace("summary", "Changed")).await.unwrap();
    let mut missed = psa.callbacks().catch_up([CallbackType::Ticket], &state, exact()).unwrap();
    missed.next().await.unwrap().unwrap();
    // The page with ticket 5 has been read already.
    sim.store().update("/service/tickets", 5, |ticket| {
        ticket.insert("summary".into(), json!("Changed meanwhile"));
    });
    while let Some(event) = missed.next().await {
        event.unwrap();
    }
    missed.commit().await.unwrap();
    let events = caught_up(&psa, [CallbackType::Ticket], &state, exact()).await;
    assert!(events.iter().any(|event| event.id == 5 && event.action == Action::Updated));
}

#[tokio::test]
async fn records_that_are_hidden_are_not_reported_as_deleted() {
    let (sim, psa) = quiet().await;
    let state = MemoryState::new();
    caught_up(&psa, [CallbackType::Ticket], &state, exact()).await;
    // A restriction of the API member hides a board: a third of the tickets.
    let hidden: Vec<Value> =
        sim.store().list("/service/tickets").into_iter().filter(|ticket| ticket["board"]["id"] == 2).collect();
    for ticket in &hidden {
        sim.store().remove("/service/tickets", ticket["id"].as_i64().unwrap());
    }
    let callbacks = psa.callbacks();
    let mut missed = callbacks.catch_up([CallbackType::Ticket], &state, exact()).unwrap();
    let error = missed.next().await.unwrap().unwrap_err();
    assert!(
        matches!(&error, CatchUpError::ManyDeleted { known, missing, .. }
            if (*known, *missing) == (FEW_TICKETS + 1, hidden.len())),
        "{error}"
    );
    assert!(missed.next().await.is_none());
    missed.commit().await.unwrap();
    // The changes can be read without the deletions.
    let ignoring = exact().deletions(Deletions::Ignored);
    let events = caught_up(&psa, [CallbackType::Ticket], &state, ignoring).await;
    assert!(events.iter().all(|event| event.action == Action::Updated));
    // The restriction is lifted: the tickets were never gone.
    for ticket in &hidden {
        sim.store().insert("/service/tickets", ticket.clone());
    }
    let events = caught_up(&psa, [CallbackType::Ticket], &state, exact()).await;
    assert!(events.iter().all(|event| event.action == Action::Updated), "{:?}", summary(&events));
    // After a person has confirmed it, the deletions are reported.
    for ticket in &hidden {
        sim.store().remove("/service/tickets", ticket["id"].as_i64().unwrap());
    }
    let confirmed = exact().deletions(Deletions::Confirmed);
    let events = caught_up(&psa, [CallbackType::Ticket], &state, confirmed).await;
    assert_eq!(summary(&events)["Deleted"].len(), hidden.len());
    assert!(
        caught_up(&psa, [CallbackType::Ticket], &state, exact())
            .await
            .iter()
            .all(|event| event.action == Action::Updated)
    );
}

#[tokio::test]
async fn an_empty_list_and_a_failing_list_are_errors_of_their_type_only() {
    let (sim, psa) = quiet().await;
    let state = MemoryState::new();
    let types = || [CallbackType::Member, CallbackType::Ticket, CallbackType::Company];
    caught_up(&psa, types(), &state, exact()).await;
    sim.store().remove("/company/companies", 6);
    for ticket in 1..=i64::from(LAST) {
        sim.store().remove("/service/tickets", ticket);
    }
    sim.inject(Fault::next(100).on("GET", "/system/members").with_status(403));
    let mut missed = psa.callbacks().catch_up(types(), &state, exact()).unwrap();
    let (mut errors, mut events) = (Vec::new(), Vec::new());
    while let Some(event) = missed.next().await {
        match event {
            Ok(event) => events.push(event),
            Err(error) => errors.push(error),
        }
    }
    missed.commit().await.unwrap();
    assert!(
        matches!(&errors[..], [
            CatchUpError::Call(CallbackType::Member, forbidden),
            CatchUpError::ManyDeleted { callback_type: CallbackType::Ticket, .. }
        ] if forbidden.is_permission_denied()),
        "{errors:?}"
    );
    assert_eq!(summary(&events)["Deleted"], BTreeSet::from([6]));
    assert!(events.iter().all(|event| event.callback_type == CallbackType::Company));
}

#[tokio::test]
async fn records_that_become_visible_are_reported_as_added() {
    let (sim, psa) = quiet().await;
    let state = MemoryState::new();
    let old: DateTime = "2020-01-01T00:00:00Z".parse().unwrap();
    let hidden: Vec<Value> = (500..900).map(|id| ticket(id, old)).collect();
    caught_up(&psa, [CallbackType::Ticket], &state, exact()).await;
    // Their last change is older than the checkpoint.
    for ticket in hidden {
        sim.store().insert("/service/tickets", ticket);
    }
    let events = caught_up(&psa, [CallbackType::Ticket], &state, exact()).await;
    assert_eq!(summary(&events)["Added"], (500..900).collect());
    let again = caught_up(&psa, [CallbackType::Ticket], &state, exact()).await;
    assert!(again.iter().all(|event| event.action == Action::Updated));
}

#[tokio::test]
async fn a_deletion_is_found_even_if_only_a_message_told_about_the_record() {
    let (sim, psa) = quiet().await;
    let state = MemoryState::new();
    caught_up(&psa, [CallbackType::Ticket], &state, exact()).await;
    // A message about a new ticket is handled. Then the receiver is down, and the ticket is deleted.
    sim.store().insert("/service/tickets", ticket(700, Utc::now()));
    let just_now = exact().since(Utc::now() - TimeDelta::minutes(1));
    for event in caught_up(&psa, [CallbackType::Ticket], &MemoryState::new(), just_now).await {
        state.observe(&event).await.unwrap();
    }
    sim.store().remove("/service/tickets", 700);
    let events = caught_up(&psa, [CallbackType::Ticket], &state, exact()).await;
    assert_eq!(summary(&events)["Deleted"], BTreeSet::from([700]));
}

#[tokio::test]
async fn the_first_catch_up_can_begin_at_a_time() {
    let (sim, psa) = quiet().await;
    let since: DateTime = "2025-03-01T00:00:00Z".parse().unwrap();
    sim.store().insert("/service/tickets", ticket(900, since));
    let mut changed = ticket(7, since);
    changed["_info"]["dateEntered"] = json!("2024-01-01T00:00:00Z");
    sim.store().insert("/service/tickets", changed);
    let events = caught_up(&psa, [CallbackType::Ticket], &MemoryState::new(), exact().since(since)).await;
    assert_eq!(summary(&events), expected(&[("Added", &[900]), ("Updated", &[7])]));
}

#[tokio::test]
async fn a_company_outside_of_the_clients_condition_is_not_deleted() {
    let (sim, _) = small().await;
    let condition = r#"name = "Acme" or name = "Other""#.parse().unwrap();
    let builder = Psa::builder().host(sim.url()).company("demo").keys("public", "private").client_id("x");
    let psa = builder.company_condition(condition).build().unwrap();
    let state = MemoryState::new();
    caught_up(&psa, [CallbackType::Company], &state, exact()).await;
    sim.store().update("/company/companies", 6, |company| {
        company.insert("name".into(), json!("Renamed"));
    });
    assert_eq!(psa.company().list_companies().all().await.unwrap().len(), 1);
    let events = caught_up(&psa, [CallbackType::Company], &state, exact()).await;
    assert!(events.iter().any(|event| event.id == 6));
    assert!(events.iter().all(|event| event.action == Action::Updated), "{:?}", summary(&events));
}

#[tokio::test]
async fn the_state_of_another_company_is_rejected() {
    let (_sim, psa) = small().await;
    let state = MemoryState::new();
    caught_up(&psa, [CallbackType::Company], &state, exact()).await;
    let (sim, _) = start_sim(Sim::builder().company("other").seed(Seed::Empty)).await;
    let mut missed = sim.psa().callbacks().catch_up([CallbackType::Company], &state, exact()).unwrap();
    let error = missed.next().await.unwrap().unwrap_err();
    assert!(matches!(&error, CatchUpError::OtherCompany { company, .. } if company == "demo"), "{error}");
}

#[tokio::test]
async fn a_start_registers_first_and_then_catches_up() {
    let (sim, psa) = quiet().await;
    let state = MemoryState::new();
    let receiver = "https://hooks.example.com/psa";
    let wanted = RegistrationSet::below(receiver).unwrap().with(Registration::tickets(TicketLevel::Board(1), receiver));
    let mut first = psa.callbacks().start(&wanted, &state, exact()).await.unwrap();
    assert_eq!(first.report.created.len(), 1);
    assert!(first.missed.next().await.is_none());
    first.missed.commit().await.unwrap();
    // PSA deactivates the callback while the receiver is down, and a ticket is deleted.
    let id = first.report.created[0].id;
    sim.store().update("/system/callbacks", id.into(), |callback| {
        callback.insert("inactiveFlag".into(), json!(true));
    });
    sim.store().remove("/service/tickets", 9);
    let mut second = psa.callbacks().start(&wanted, &state, exact()).await.unwrap();
    assert_eq!(second.report.activated[0].id, id);
    let mut deleted = Vec::new();
    while let Some(event) = second.missed.next().await {
        let event = event.unwrap();
        if event.action == Action::Deleted {
            deleted.push(event.id);
        }
    }
    second.missed.commit().await.unwrap();
    assert_eq!(deleted, [9]);
    assert!(!psa.callbacks().list().await.unwrap()[0].is_inactive);
    // A type without a catch-up is rejected before anything is sent, unless it is left out.
    let with_sites = wanted.with(Registration::sites(connectwise_psa::webhooks::NamedLevel::owner(), receiver));
    let before = sim.requests().len();
    let error = psa.callbacks().start(&with_sites, &state, exact()).await.unwrap_err();
    assert!(error.error.is_invalid_input() && sim.requests().len() == before, "{error}");
    let mut third = psa.callbacks().start(&with_sites, &state, exact().without(CallbackType::Site)).await.unwrap();
    assert_eq!(third.report.created.len(), 1);
    while let Some(event) = third.missed.next().await {
        assert_eq!(event.unwrap().callback_type, CallbackType::Ticket);
    }
}

/// The list of each type. `Site` is missing: PSA has no list of all sites.
const LISTS: [(&str, &str); 16] = [
    ("Activity", "/sales/activities"),
    ("Agreement", "/finance/agreements"),
    ("Company", "/company/companies"),
    ("Configuration", "/company/configurations"),
    ("Contact", "/company/contacts"),
    ("Expense", "/expense/entries"),
    ("Invoice", "/finance/invoices"),
    ("Opportunity", "/sales/opportunities"),
    ("ProductCatalog", "/procurement/catalog"),
    ("Project", "/project/projects"),
    ("PurchaseOrder", "/procurement/purchaseorders"),
    ("Schedule", "/schedule/entries"),
    ("Ticket", "/service/tickets"),
    ("Ticket", "/project/tickets"),
    ("Time", "/time/entries"),
    ("Member", "/system/members"),
];

#[tokio::test]
async fn every_trigger_has_its_added_updated_and_deleted_records() {
    let date = "2025-01-02T03:04:05Z";
    let records = |id: i64| json!({"id": id, "identifier": format!("r{id}"), "_info": {"lastUpdated": date, "dateEntered": date}});
    let lists: serde_json::Map<_, _> = LISTS
        .iter()
        .enumerate()
        .map(|(index, (_, list))| {
            // The ids of service tickets and project tickets do not overlap.
            let first = 100 * i64::try_from(index).unwrap();
            ((*list).to_owned(), Value::Array((1..=40).map(|id| records(first + id)).collect()))
        })
        .collect();
    let (sim, psa) = start_sim(Sim::builder().seed(Seed::Records(Value::Object(lists)))).await;
    let state = MemoryState::new();
    let types: Vec<_> = registrations_of_all_types("https://h/psa")
        .iter()
        .map(|registration| registration.subscription().callback_type())
        .filter(|callback_type| *callback_type != CallbackType::Site)
        .collect();
    assert_eq!(types.len(), 15);
    assert!(caught_up(&psa, types.clone(), &state, exact()).await.is_empty());
    let later = "2025-02-02T03:04:05Z";
    for (index, (_, list)) in LISTS.iter().enumerate() {
        let first = 100 * i64::try_from(index).unwrap();
        for id in [first + 2, first + 90] {
            let mut record = records(id);
            record["_info"] = json!({"lastUpdated": later, "dateEntered": date});
            sim.store().insert(list, record);
        }
        assert!(sim.store().remove(list, first + 3).is_some());
    }
    let events = caught_up(&psa, types, &state, exact()).await;
    for (index, (callback_type, list)) in LISTS.iter().enumerate() {
        let first = 100 * i32::try_from(index).unwrap();
        let of_list: Vec<_> = events
            .iter()
            .filter(|event| event.callback_type.as_str() == *callback_type && (first..first + 100).contains(&event.id))
            .filter(|event| event.action != Action::Updated || event.id == first + 2)
            .cloned()
            .collect();
        assert_eq!(
            summary(&of_list),
            expected(&[("Added", &[first + 90]), ("Updated", &[first + 2]), ("Deleted", &[first + 3])]),
            "{list}"
        );
    }
    // The records have the types of their lists.
    let project_ticket =
        100 * i32::try_from(LISTS.iter().position(|(_, list)| *list == "/project/tickets").unwrap()).unwrap();
    let entity = |id: i32| events.iter().find(|event| event.id == id).unwrap().entity.clone().unwrap();
    assert!(
        matches!(entity(project_ticket + 2), Entity::ProjectTicket(ticket) if ticket.id == Some(project_ticket + 2))
    );
    assert!(matches!(entity(project_ticket - 98), Entity::Ticket(_)));
    assert!(!events.iter().any(|event| matches!(event.entity, Some(Entity::Other(_)))));
    // Sites are below companies.
    let error = psa.callbacks().catch_up([CallbackType::Site], &state, exact()).unwrap_err();
    assert!(matches!(error, CatchUpError::Unsupported(CallbackType::Site, _)), "{error}");
}

#[tokio::test]
async fn a_large_catch_up_needs_few_requests_and_little_memory() {
    // The bound on memory is tested where the ids are stored. Here: the number of requests.
    let (sim, psa) = quiet().await;
    for id in 1000..6000 {
        sim.store().insert("/service/tickets", ticket(id, "2025-01-01T00:00:00Z".parse().unwrap()));
    }
    let state = MemoryState::new();
    caught_up(&psa, [CallbackType::Ticket], &state, exact()).await;
    let before = sim.requests().len();
    caught_up(&psa, [CallbackType::Ticket], &state, exact()).await;
    let requests = sim.requests().len() - before;
    // Two lists: the last change, six pages of ids and one, and one page of changes each.
    assert!(requests <= 14, "{requests} requests");
}

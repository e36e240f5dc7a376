//! Receiving webhooks: a callback is registered, records change, and the messages are verified, stored and handled.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use connectwise_psa::dependencies::bytes::Bytes;
use connectwise_psa::types::{CallbackEntry, Ticket};
use connectwise_psa::webhooks::{
    Action, CallbackType, Entity, Event, FileStore, MemoryStore, MessageStore, Outcome, Receiver, Rejection,
    StoreLimits, Verifier,
};
use connectwise_psa::{Patch, Psa};
use connectwise_psa_sim::Sim;
use connectwise_psa_sim::fixtures::message_shapes;

use crate::setup::{few_records, start_sim};

/// Starts a simulator that repeats failed messages after short delays.
async fn start() -> (Sim, Psa) {
    let delays = [Duration::from_millis(40), Duration::from_millis(80)];
    start_sim(Sim::builder().seed(few_records()).callback_retry_delays(delays)).await
}

/// Serves the receiver, and registers a callback for all tickets with a plain call.
async fn register(psa: &Psa, receiver: &Receiver) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/psa?recordId=", listener.local_addr().unwrap());
    let app = receiver.clone().into_router("/psa");
    tokio::spawn(async move { axum::serve(listener, app).await });
    psa.system().create_callback(&CallbackEntry::new(url, 1, "ticket", "owner")).await.unwrap();
}

/// Handles stored messages in the background, and returns their events.
fn handle(receiver: &Receiver) -> Arc<Mutex<Vec<Event>>> {
    let events = Arc::<Mutex<Vec<Event>>>::default();
    let (receiver, noted) = (receiver.clone(), events.clone());
    tokio::spawn(async move {
        let handler = move |event| {
            noted.lock().unwrap().push(event);
            std::future::ready(Ok::<_, String>(()))
        };
        receiver.run(handler).await;
    });
    events
}

async fn wait_until(name: &str, condition: impl Fn() -> bool) {
    let waiting = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    assert!(tokio::time::timeout(Duration::from_secs(20), waiting).await.is_ok(), "not within 20 s: {name}");
}

async fn change(psa: &Psa, id: i32, summary: &str) {
    psa.service().update_ticket(id, &Patch::new().replace("summary", summary)).await.unwrap();
}

#[tokio::test]
async fn changes_arrive_as_events_in_the_order_of_one_record() {
    let (_sim, psa) = start().await;
    let folder = tempfile::tempdir().unwrap();
    let store = FileStore::open(folder.path().join("messages.journal")).await.unwrap();
    let receiver = Receiver::new(Verifier::new(&psa).unwrap(), store);
    let events = handle(&receiver);
    register(&psa, &receiver).await;

    let company = psa.company().list_companies().take(1).all().await.unwrap()[0].id.unwrap();
    let id = psa.service().create_ticket(&Ticket::new("Printer on fire", company)).await.unwrap().id.unwrap();
    wait_until("the first event", || events.lock().unwrap().len() == 1).await;
    change(&psa, id, "Printer extinguished").await;
    wait_until("the second event", || events.lock().unwrap().len() == 2).await;
    psa.service().delete_ticket(id).await.unwrap();
    wait_until("the third event", || events.lock().unwrap().len() == 3).await;

    let events = events.lock().unwrap();
    let actions: Vec<_> = events.iter().map(|event| (event.action, event.id)).collect();
    assert_eq!(actions, [(Action::Added, id), (Action::Updated, id), (Action::Deleted, id)]);
    assert!(events.iter().all(|event| event.callback_type == CallbackType::Ticket && event.message_id.is_some()));
    let Some(Entity::Ticket(ticket)) = &events[1].entity else { panic!("{:?}", events[1].entity) };
    assert_eq!(ticket.summary.as_deref(), Some("Printer extinguished"));
    assert!(events[2].entity.is_none());
}

#[tokio::test]
async fn a_message_that_did_not_fit_arrives_with_the_retry() {
    let (_sim, psa) = start().await;
    let store = Arc::new(MemoryStore::with_limits(StoreLimits::default().max_messages(1)));
    let receiver = Receiver::new(Verifier::new(&psa).unwrap(), store.clone());
    register(&psa, &receiver).await;
    // The store is full until a handler runs.
    change(&psa, 1, "first").await;
    while store.unhandled(0, 1).await.unwrap().is_empty() {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    change(&psa, 2, "second").await;
    tokio::time::sleep(Duration::from_millis(20)).await;
    let events = handle(&receiver);
    wait_until("both events", || events.lock().unwrap().len() == 2).await;
    let ids: Vec<i32> = events.lock().unwrap().iter().map(|event| event.id).collect();
    assert_eq!(ids, [1, 2]);
}

#[tokio::test]
async fn an_accepted_message_survives_a_restart_and_a_duplicate_is_told() {
    let (sim, psa) = start().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("messages.journal");
    let message = sim.signed_message("demo", "ticket", 1).unwrap();
    for expected in ["accepted", "a duplicate after the restart"] {
        let receiver = Receiver::new(Verifier::new(&psa).unwrap(), FileStore::open(&path).await.unwrap());
        let outcome = receiver.accept(Some(&message.signature), Bytes::from(message.body.clone())).await;
        assert_eq!(matches!(outcome, Outcome::Accepted), expected == "accepted", "{outcome}");
        assert_eq!(outcome.status(), 200);
    }
    let receiver = Receiver::new(Verifier::new(&psa).unwrap(), FileStore::open(&path).await.unwrap());
    let events = handle(&receiver);
    wait_until("the event", || events.lock().unwrap().len() == 1).await;
    assert_eq!(events.lock().unwrap()[0].id, 1);
}

#[tokio::test]
async fn a_signed_message_of_another_company_is_rejected_and_not_stored() {
    let (sim, psa) = start().await;
    let store = Arc::new(MemoryStore::new());
    let receiver = Receiver::new(Verifier::new(&psa).unwrap(), store.clone());
    let message = sim.signed_message("intruder", "ticket", 1).unwrap();
    let before = sim.requests().len();
    let outcome = receiver.accept(Some(&message.signature), Bytes::from(message.body)).await;
    assert!(matches!(&outcome, Outcome::Rejected(Rejection::OtherCompany { .. } | Rejection::KeyUrl(_))), "{outcome}");
    assert_eq!((outcome.status().as_u16(), sim.requests().len()), (401, before));
    assert!(store.unhandled(0, 1).await.unwrap().is_empty());
}

#[tokio::test]
async fn every_shape_of_a_message_is_verified_and_has_a_typed_record() {
    // The signing key of one message of the simulator signs the others.
    let (sim, psa) = start().await;
    let verifier = Verifier::new(&psa).unwrap();
    let sample = sim.signed_message("demo", "ticket", 6).unwrap();
    let sample: serde_json::Value = serde_json::from_slice(&sample.body).unwrap();
    let key_url = sample["Metadata"]["key_url"].as_str().unwrap();
    let response = connectwise_psa::dependencies::reqwest::get(key_url).await.unwrap();
    let key: serde_json::Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
    let shapes = message_shapes("demo", key_url);
    assert!(shapes.len() >= 48);
    for shape in shapes {
        let message = shape.signed(key["signing_key"].as_str().unwrap());
        let event = verifier.verify(Some(&message.signature), &message.body).await.unwrap().into_event();
        let name = format!("{} {}", shape.callback_type, shape.action);
        assert_eq!(format!("{} {:?}", event.callback_type, event.action).to_lowercase(), name);
        assert_eq!((i64::from(event.id), event.entity.is_some()), (shape.id, shape.action != "deleted"), "{name}");
        assert!(!matches!(event.entity, Some(Entity::Other(_))), "{name} is not typed");
    }
}

#[tokio::test]
async fn protected_keys_need_the_option_for_credentials() {
    let (sim, psa) = start_sim(Sim::builder().seed(few_records()).protect_callback_keys()).await;
    let message = sim.signed_message("demo", "ticket", 6).unwrap();
    let without = Verifier::new(&psa).unwrap().verify(Some(&message.signature), &message.body).await;
    assert!(matches!(without, Err(Rejection::KeyUnavailable(_))), "{without:?}");
    let verifier = Verifier::builder(&psa).with_credentials().build().unwrap();
    assert_eq!(verifier.verify(Some(&message.signature), &message.body).await.unwrap().into_event().id, 6);
}

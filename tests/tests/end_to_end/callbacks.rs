//! Callbacks: an integration registers callbacks with the client and receives their messages with a small HTTP server.
//! The stories show what a receiver must cope with: repeated messages, signatures, messages that are never delivered.

use std::collections::{BTreeSet, VecDeque};
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use connectwise_psa::dependencies::reqwest;
use connectwise_psa::types::{CallbackEntry, Ticket};
use connectwise_psa::{Patch, Psa, Value};
use connectwise_psa_sim::{Fault, Sim};
use hmac::{Hmac, Mac as _};
use http_body_util::BodyExt as _;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::setup::{few_records, quick_retries, request_count, start_sim};

/// A callback message that the receiver got.
#[derive(Clone, Debug)]
struct Message {
    path: String,
    query: String,
    signature: String,
    raw: Vec<u8>,
    body: Value,
}

impl Message {
    /// Returns the action and the id of the record: `added 5`.
    fn summary(&self) -> String {
        format!("{} {}", self.body["Action"].as_str().unwrap(), self.body["ID"])
    }

    /// Returns the record in the message, or `None` if the message has none, as for a deleted record.
    fn entity(&self) -> Option<Value> {
        self.body["Entity"].as_str().map(|text| serde_json::from_str(text).unwrap())
    }
}

/// An HTTP server for callback messages. It responds with the queued statuses first, and then with 200.
#[derive(Clone)]
struct Receiver {
    url: String,
    messages: Arc<Mutex<Vec<Message>>>,
    statuses: Arc<Mutex<VecDeque<u16>>>,
}

impl Receiver {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let receiver = Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            messages: Arc::default(),
            statuses: Arc::default(),
        };
        let shared = receiver.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let shared = shared.clone();
                let service = service_fn(move |request| {
                    let shared = shared.clone();
                    async move { Ok::<_, Infallible>(shared.receive(request).await) }
                });
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        receiver
    }

    /// Stores a message and returns the response.
    async fn receive(&self, request: http::Request<hyper::body::Incoming>) -> http::Response<String> {
        let (head, body) = request.into_parts();
        let raw = body.collect().await.unwrap().to_bytes().to_vec();
        assert_eq!(
            (head.method.as_str(), head.headers["content-type"].to_str().unwrap()),
            ("POST", "application/json")
        );
        let message = Message {
            path: head.uri.path().to_owned(),
            query: head.uri.query().unwrap_or_default().to_owned(),
            signature: head.headers["x-content-signature"].to_str().unwrap().to_owned(),
            body: serde_json::from_slice(&raw).unwrap(),
            raw,
        };
        self.messages.lock().unwrap().push(message);
        let status = self.statuses.lock().unwrap().pop_front().unwrap_or(200);
        http::Response::builder().status(status).body(String::new()).unwrap()
    }

    /// Queues the statuses of the next responses.
    fn respond_with(&self, statuses: &[u16]) {
        self.statuses.lock().unwrap().extend(statuses);
    }

    fn messages(&self) -> Vec<Message> {
        self.messages.lock().unwrap().clone()
    }

    /// Returns the summaries of the messages for a path, as a set: the server does not guarantee an order.
    fn summaries(&self, path: &str) -> BTreeSet<String> {
        self.messages().iter().filter(|message| message.path == path).map(Message::summary).collect()
    }

    /// Waits until this number of messages has arrived.
    async fn wait_for(&self, count: usize) {
        wait_until(&format!("{count} messages arrive"), || self.messages().len() >= count).await;
    }
}

async fn wait_until(name: &str, condition: impl Fn() -> bool) {
    let waiting = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    let outcome = tokio::time::timeout(Duration::from_secs(20), waiting).await;
    assert!(outcome.is_ok(), "not within 20 s: {name}");
}

/// Starts a simulator that repeats failed messages after short delays, with a client and a receiver.
async fn start_with_receiver() -> (Sim, Psa, Receiver) {
    let builder = Sim::builder()
        .seed(few_records())
        .integrator("robot", "secret")
        .callback_retry_delays([Duration::from_millis(2), Duration::from_millis(4)])
        .max_callback_failures(2);
    let (sim, psa) = start_sim(builder).await;
    (sim, psa, Receiver::start().await)
}

/// Returns a callback for tickets, whose messages are sent to `path` of the receiver. `object` is the id of the record
/// at `level`, such as the board.
fn entry(receiver: &Receiver, path: &str, level: &str, object: i32) -> CallbackEntry {
    CallbackEntry::new(format!("{}{path}?recordId=", receiver.url), object, "ticket", level)
}

/// Changes a ticket, which causes a callback message.
async fn touch(psa: &Psa, id: i32, summary: &str) {
    psa.service().update_ticket(id, &Patch::new().replace("summary", summary)).await.unwrap();
}

#[tokio::test]
async fn a_message_contains_the_record_the_action_and_a_signature() {
    let (sim, psa, receiver) = start_with_receiver().await;
    // For the level `owner`, which means all records, the server sets the object id 1.
    let callback = psa.system().create_callback(&entry(&receiver, "/hook", "owner", 0)).await.unwrap();
    assert_eq!(
        (callback.object_id, callback.payload_version.as_deref(), callback.inactive_flag),
        (Some(1), Some("3.0.0"), Some(false))
    );
    let created =
        psa.service().create_ticket(&Ticket { board: Some(1.into()), ..Ticket::new("Größe · 盘", 5) }).await.unwrap();
    let id = created.id.unwrap();
    receiver.wait_for(1).await;
    touch(&psa, id, "Other").await;
    receiver.wait_for(2).await;
    psa.service().delete_ticket(id).await.unwrap();
    receiver.wait_for(3).await;

    let messages = receiver.messages();
    let entities: Vec<_> = messages.iter().map(Message::entity).collect();
    assert_eq!(
        messages.iter().map(Message::summary).collect::<Vec<_>>(),
        [format!("added {id}"), format!("updated {id}"), format!("deleted {id}")]
    );
    assert_eq!(
        (&entities[0].as_ref().unwrap()["summary"], &entities[1].as_ref().unwrap()["summary"], &entities[2]),
        (&json!("Größe · 盘"), &json!("Other"), &None)
    );
    // The record in the body can be deserialised, but it is incomplete: it has no custom fields.
    let entity: Ticket = serde_json::from_value(entities[0].clone().unwrap()).unwrap();
    assert_eq!((entity.id, entity.board.unwrap().id, entity.custom_fields), (Some(id), Some(1), None));
    for message in &messages {
        assert_eq!(message.query, format!("recordId={id}&action={}", message.body["Action"].as_str().unwrap()));
        assert_eq!(
            (&message.body["Type"], &message.body["CompanyId"], &message.body["MemberId"]),
            (&json!("ticket"), &json!("demo"), &json!("api"))
        );
        assert_eq!(message.body["CallbackObjectRecId"], json!(callback.id));
        // A real receiver must check that `key_url` is on its own PSA server before it fetches the key, because anyone
        // can send a message with another URL. Here, that server is the simulator.
        let key_url = message.body["Metadata"]["key_url"].as_str().unwrap();
        assert!(key_url.starts_with(&sim.url()), "{key_url}");
        let key: Value = serde_json::from_str(&reqwest::get(key_url).await.unwrap().text().await.unwrap()).unwrap();
        let secret = Sha256::digest(key["signing_key"].as_str().unwrap());
        let sign = |body: &[u8]| {
            let mut mac = Hmac::<Sha256>::new_from_slice(&secret).unwrap();
            mac.update(body);
            STANDARD.encode(mac.finalize().into_bytes())
        };
        assert_eq!(sign(&message.raw), message.signature);
        assert_ne!(sign(&[&message.raw[..], b" "].concat()), message.signature);
    }
    assert_eq!(
        messages.iter().map(|message| message.body["MessageId"].as_str().unwrap()).collect::<BTreeSet<_>>().len(),
        3
    );
}

#[tokio::test]
async fn a_callback_is_sent_only_for_records_at_its_level() {
    let (sim, psa, receiver) = start_with_receiver().await;
    let tickets = sim.store().list("/service/tickets");
    let (on_board, other): (Vec<&Value>, Vec<&Value>) = tickets.iter().partition(|ticket| ticket["board"]["id"] == 2);
    let ids: Vec<i32> = [on_board[0], other[0], other[1]]
        .iter()
        .map(|ticket| i32::try_from(ticket["id"].as_i64().unwrap()).unwrap())
        .collect();
    let company = i32::try_from(other[1]["company"]["id"].as_i64().unwrap()).unwrap();
    // There is no status 99, so its callback gets no message.
    for (path, level, object) in
        [("/owner", "Owner", 1), ("/board", "Board", 2), ("/ticket", "Ticket", ids[1]), ("/status", "status", 99)]
    {
        psa.system().create_callback(&entry(&receiver, path, level, object)).await.unwrap();
    }
    let contacts = CallbackEntry { type_: Some("Contact".into()), ..entry(&receiver, "/contact", "Company", company) };
    psa.system().create_callback(&contacts).await.unwrap();
    for id in &ids {
        touch(&psa, *id, "Touched").await;
    }
    let contact = psa
        .company()
        .create_contact(&json!({"firstName": "New", "company": {"id": company}}))
        .await
        .unwrap()
        .id
        .unwrap();
    psa.company().create_contact(&json!({"firstName": "Elsewhere", "company": {"id": company + 1}})).await.unwrap();
    touch(&psa, ids[0], "Last").await;
    // Three for the owner, one for the board and one for the ticket; one for the new contact; and two for the last
    // change, at the owner and the board.
    receiver.wait_for(3 + 1 + 1 + 1 + 2).await;
    let updated = |ids: &[i32]| ids.iter().map(|id| format!("updated {id}")).collect::<BTreeSet<_>>();
    assert_eq!(receiver.summaries("/owner"), updated(&ids));
    assert_eq!(
        (receiver.summaries("/board"), receiver.summaries("/ticket")),
        (updated(&ids[..1]), updated(&ids[1..2]))
    );
    assert_eq!(
        (receiver.summaries("/status"), receiver.summaries("/contact")),
        (BTreeSet::new(), BTreeSet::from([format!("added {contact}")]))
    );
    assert_eq!(receiver.messages().len(), 8);
}

#[tokio::test]
async fn a_callback_is_unique_validated_and_silent_after_its_deletion() {
    let (sim, psa, receiver) = start_with_receiver().await;
    let wanted = entry(&receiver, "/hook", "owner", 1);
    sim.inject(Fault::next(1).on("POST", "/system/callbacks").with_lost_response());
    let error = psa.system().create_callback(&wanted).await.unwrap_err();
    assert!(error.is_ambiguous() && request_count(&sim, "POST", "/system/callbacks") == 1, "{error}");
    let error = psa.system().create_callback(&wanted).await.unwrap_err();
    assert_eq!(
        (error.field_errors()[0].code.as_deref(), error.field_errors()[0].field.as_deref()),
        (Some("ObjectExists"), Some("objectId")),
        "{error}"
    );
    let registered: Vec<CallbackEntry> = psa
        .system()
        .list_callbacks()
        .filter(|callback| callback.url().eq(wanted.url.as_deref().unwrap()))
        .all()
        .await
        .unwrap();
    assert_eq!(registered.len(), 1);
    for (field, wrong) in [
        ("url", CallbackEntry { url: Some("nowhere".into()), ..wanted.clone() }),
        ("level", CallbackEntry { level: Some("Vendor".into()), ..wanted.clone() }),
        ("type", CallbackEntry { type_: Some("Tickets".into()), ..wanted.clone() }),
    ] {
        let error = psa.system().create_callback(&wrong).await.unwrap_err();
        assert_eq!(error.field_errors()[0].field.as_deref(), Some(field), "{error}");
    }
    // After the callback is deleted, it gets no more messages.
    touch(&psa, 1, "Before").await;
    receiver.wait_for(1).await;
    psa.system().create_callback(&entry(&receiver, "/later", "owner", 1)).await.unwrap();
    psa.system().delete_callback(registered[0].id.unwrap()).await.unwrap();
    touch(&psa, 2, "After").await;
    receiver.wait_for(2).await;
    assert_eq!(
        (receiver.summaries("/hook"), receiver.summaries("/later")),
        (BTreeSet::from(["updated 1".into()]), BTreeSet::from(["updated 2".into()]))
    );
    assert_eq!(sim.store().count("/system/callbacks"), 1);
}

#[tokio::test]
async fn an_integration_can_suppress_messages_about_its_own_changes() {
    let (sim, psa, receiver) = start_with_receiver().await;
    let suppressed = CallbackEntry { is_self_suppressed_flag: Some(true), ..entry(&receiver, "/others", "owner", 1) };
    psa.system().create_callback(&suppressed).await.unwrap();
    psa.system().create_callback(&entry(&receiver, "/all", "owner", 1)).await.unwrap();
    let robot = Psa::builder()
        .host(sim.url())
        .company("demo")
        .integrator("robot", "secret")
        .client_id("x")
        .options(quick_retries())
        .build()
        .unwrap();
    touch(&psa, 1, "Our own").await;
    touch(&robot.as_member("ann"), 2, "Of Ann").await;
    receiver.wait_for(3).await;
    assert_eq!(receiver.summaries("/others"), BTreeSet::from(["updated 2".into()]));
    assert_eq!(receiver.summaries("/all"), BTreeSet::from(["updated 1".into(), "updated 2".into()]));
    let message = receiver.messages().into_iter().find(|message| message.path == "/others").unwrap();
    assert_eq!(message.body["MemberId"], "ann");
}

#[tokio::test]
async fn a_message_is_repeated_until_the_receiver_accepts_it() {
    let (sim, psa, receiver) = start_with_receiver().await;
    let id = psa.system().create_callback(&entry(&receiver, "/hook", "owner", 1)).await.unwrap().id.unwrap();
    receiver.respond_with(&[429, 404, 202]);
    touch(&psa, 1, "Three attempts").await;
    receiver.wait_for(3).await;
    // The simulator records the delivery only after it has received the receiver's response.
    tokio::time::sleep(Duration::from_millis(50)).await;
    // All attempts send identical messages, so the receiver can recognise duplicates.
    let messages = receiver.messages();
    assert!(
        messages.iter().all(|message| message.raw == messages[0].raw && message.signature == messages[0].signature)
    );
    // After other statuses, such as 500, the message is not repeated. Two failed messages in a row deactivate the
    // callback.
    receiver.respond_with(&[500]);
    touch(&psa, 2, "One attempt").await;
    receiver.wait_for(4).await;
    receiver.respond_with(&[409, 419, 429]);
    touch(&psa, 3, "Three attempts, all rejected").await;
    let is_inactive = || sim.store().get("/system/callbacks", id.into()).unwrap()["inactiveFlag"] == true;
    wait_until("the callback is deactivated", is_inactive).await;
    assert_eq!(receiver.messages().len(), 7);
    touch(&psa, 4, "While inactive").await;
    // The callback can be activated again.
    let activated = psa
        .system()
        .update_callback(id, &Patch::new().set(CallbackEntry::fields().inactive_flag(), false))
        .await
        .unwrap();
    assert_eq!(activated.inactive_flag, Some(false));
    touch(&psa, 5, "Active again").await;
    receiver.wait_for(8).await;
    assert_eq!(receiver.messages()[7].summary(), "updated 5");
    assert!(!is_inactive());
}

#[tokio::test]
async fn a_receiver_that_was_down_finds_missed_changes_by_listing() {
    let (sim, psa, receiver) = start_with_receiver().await;
    let hook = psa.system().create_callback(&entry(&receiver, "/hook", "owner", 1)).await.unwrap().id.unwrap();
    touch(&psa, 1, "Delivered").await;
    receiver.wait_for(1).await;
    let since = psa.service().get_ticket(1).await.unwrap().info().unwrap().last_updated().unwrap();
    // The callback's URL now has a port on which nobody listens. The bound socket reserves the port.
    let reserved = tokio::net::TcpSocket::new_v4().unwrap();
    reserved.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let closed = reserved.local_addr().unwrap();
    psa.system().update_callback(hook, &Patch::new().replace("url", format!("http://{closed}/?id="))).await.unwrap();
    for id in [2, 3] {
        touch(&psa, id, "Not delivered").await;
    }
    wait_until("the callback is deactivated", || {
        sim.store().get("/system/callbacks", hook.into()).unwrap()["inactiveFlag"] == true
    })
    .await;
    let missed: Vec<Ticket> =
        psa.service().list_tickets().filter(|ticket| ticket.last_updated().ge(since)).all().await.unwrap();
    assert_eq!(
        (missed.iter().map(|ticket| ticket.id.unwrap()).collect::<Vec<_>>(), receiver.messages().len()),
        (vec![1, 2, 3], 1)
    );
}

//! Callbacks: registered through the client, received by a small server of this machine's own, with what a receiver has
//! to bear.

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

use crate::organisation::{asked, few, opened, quick};

/// A message as it came.
#[derive(Clone, Debug)]
struct Message {
    path: String,
    query: String,
    signature: String,
    raw: Vec<u8>,
    body: Value,
}

impl Message {
    /// `added 5`.
    fn what(&self) -> String {
        format!("{} {}", self.body["Action"].as_str().unwrap(), self.body["ID"])
    }

    fn entity(&self) -> Option<Value> {
        self.body["Entity"].as_str().map(|text| serde_json::from_str(text).unwrap())
    }
}

/// What waits for messages. It answers with the statuses given, and then with 200.
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
                    async move { Ok::<_, Infallible>(shared.take(request).await) }
                });
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        receiver
    }

    async fn take(&self, request: http::Request<hyper::body::Incoming>) -> http::Response<String> {
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

    fn answer(&self, statuses: &[u16]) {
        self.statuses.lock().unwrap().extend(statuses);
    }

    fn messages(&self) -> Vec<Message> {
        self.messages.lock().unwrap().clone()
    }

    /// What has come at a path, in any order: none is promised.
    fn what(&self, path: &str) -> BTreeSet<String> {
        self.messages().iter().filter(|message| message.path == path).map(Message::what).collect()
    }

    /// Waits until so many messages have come.
    async fn until(&self, count: usize) {
        until(|| self.messages().len() >= count).await;
    }
}

async fn until(is_so: impl Fn() -> bool) {
    let waiting = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), waiting).await.expect("it did not come");
}

/// A server that is quick to try again, an integrator's login to it, and a receiver.
async fn connected() -> (Sim, Psa, Receiver) {
    let builder = Sim::builder()
        .seed(few())
        .integrator("robot", "secret")
        .callback_retry_delays([Duration::from_millis(2), Duration::from_millis(4)])
        .max_callback_failures(2);
    let (sim, psa) = opened(builder).await;
    (sim, psa, Receiver::start().await)
}

fn entry(receiver: &Receiver, path: &str, level: &str, object: i32) -> CallbackEntry {
    CallbackEntry::new(format!("{}{path}?recordId=", receiver.url), object, "ticket", level)
}

async fn touch(psa: &Psa, id: i32, summary: &str) {
    psa.service().update_ticket(id, &Patch::new().replace("summary", summary)).await.unwrap();
}

#[tokio::test]
async fn changes_are_told_with_record_action_and_signature() {
    let (sim, psa, receiver) = connected().await;
    let callback = psa.system().create_callback(&entry(&receiver, "/hook", "owner", 0)).await.unwrap();
    assert_eq!(
        (callback.object_id, callback.payload_version.as_deref(), callback.inactive_flag),
        (Some(1), Some("3.0.0"), Some(false))
    );
    let created =
        psa.service().create_ticket(&Ticket { board: Some(1.into()), ..Ticket::new("Größe · 盘", 5) }).await.unwrap();
    let id = created.id.unwrap();
    receiver.until(1).await;
    touch(&psa, id, "Other").await;
    receiver.until(2).await;
    psa.service().delete_ticket(id).await.unwrap();
    receiver.until(3).await;

    let messages = receiver.messages();
    let entities: Vec<_> = messages.iter().map(Message::entity).collect();
    assert_eq!(
        messages.iter().map(Message::what).collect::<Vec<_>>(),
        [format!("added {id}"), format!("updated {id}"), format!("deleted {id}")]
    );
    assert_eq!(
        (&entities[0].as_ref().unwrap()["summary"], &entities[1].as_ref().unwrap()["summary"], &entities[2]),
        (&json!("Größe · 盘"), &json!("Other"), &None)
    );
    // What the body holds is a hint: it lacks the record's own fields, and can be read as the type.
    let hinted: Ticket = serde_json::from_value(entities[0].clone().unwrap()).unwrap();
    assert_eq!((hinted.id, hinted.board.unwrap().id, hinted.custom_fields), (Some(id), Some(1), None));
    for message in &messages {
        assert_eq!(message.query, format!("recordId={id}&action={}", message.body["Action"].as_str().unwrap()));
        assert_eq!(
            (&message.body["Type"], &message.body["CompanyId"], &message.body["MemberId"]),
            (&json!("ticket"), &json!("demo"), &json!("api"))
        );
        assert_eq!(message.body["CallbackObjectRecId"], json!(callback.id));
        // The key is asked for of the configured server alone, whatever the body says.
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
async fn each_callback_hears_of_its_own_records() {
    let (sim, psa, receiver) = connected().await;
    let tickets = sim.store().list("/service/tickets");
    let (on_board, other): (Vec<&Value>, Vec<&Value>) = tickets.iter().partition(|ticket| ticket["board"]["id"] == 2);
    let ids: Vec<i32> = [on_board[0], other[0], other[1]]
        .iter()
        .map(|ticket| i32::try_from(ticket["id"].as_i64().unwrap()).unwrap())
        .collect();
    let company = i32::try_from(other[1]["company"]["id"].as_i64().unwrap()).unwrap();
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
    receiver.until(3 + 1 + 1 + 2 + 1).await;
    let updated = |ids: &[i32]| ids.iter().map(|id| format!("updated {id}")).collect::<BTreeSet<_>>();
    assert_eq!(receiver.what("/owner"), updated(&ids));
    assert_eq!((receiver.what("/board"), receiver.what("/ticket")), (updated(&ids[..1]), updated(&ids[1..2])));
    assert_eq!(
        (receiver.what("/status"), receiver.what("/contact")),
        (BTreeSet::new(), BTreeSet::from([format!("added {contact}")]))
    );
    assert_eq!(receiver.messages().len(), 8);
}

#[tokio::test]
async fn a_registration_whose_answer_was_lost_is_there_once() {
    let (sim, psa, receiver) = connected().await;
    let wanted = entry(&receiver, "/hook", "owner", 1);
    sim.inject(Fault::next(1).on("POST", "/system/callbacks").with_lost_response());
    let error = psa.system().create_callback(&wanted).await.unwrap_err();
    assert!(error.is_ambiguous() && asked(&sim, "POST", "/system/callbacks") == 1, "{error}");
    let error = psa.system().create_callback(&wanted).await.unwrap_err();
    assert_eq!(
        (error.field_errors()[0].code.as_deref(), error.field_errors()[0].field.as_deref()),
        (Some("ObjectExists"), Some("objectId")),
        "{error}"
    );
    let there: Vec<CallbackEntry> = psa
        .system()
        .list_callbacks()
        .filter(|callback| callback.url().eq(wanted.url.as_deref().unwrap()))
        .all()
        .await
        .unwrap();
    assert_eq!(there.len(), 1);
    for (field, wrong) in [
        ("url", CallbackEntry { url: Some("nowhere".into()), ..wanted.clone() }),
        ("level", CallbackEntry { level: Some("Vendor".into()), ..wanted.clone() }),
        ("type", CallbackEntry { type_: Some("Tickets".into()), ..wanted.clone() }),
    ] {
        let error = psa.system().create_callback(&wrong).await.unwrap_err();
        assert_eq!(error.field_errors()[0].field.as_deref(), Some(field), "{error}");
    }
    // Once it is deleted, nothing more comes.
    touch(&psa, 1, "Before").await;
    receiver.until(1).await;
    psa.system().create_callback(&entry(&receiver, "/later", "owner", 1)).await.unwrap();
    psa.system().delete_callback(there[0].id.unwrap()).await.unwrap();
    touch(&psa, 2, "After").await;
    receiver.until(2).await;
    assert_eq!(
        (receiver.what("/hook"), receiver.what("/later")),
        (BTreeSet::from(["updated 1".into()]), BTreeSet::from(["updated 2".into()]))
    );
    assert_eq!(sim.store().count("/system/callbacks"), 1);
}

#[tokio::test]
async fn an_integration_does_not_hear_of_its_own_changes() {
    let (sim, psa, receiver) = connected().await;
    let suppressed = CallbackEntry { is_self_suppressed_flag: Some(true), ..entry(&receiver, "/others", "owner", 1) };
    psa.system().create_callback(&suppressed).await.unwrap();
    psa.system().create_callback(&entry(&receiver, "/all", "owner", 1)).await.unwrap();
    let robot = Psa::builder()
        .host(sim.url())
        .company("demo")
        .integrator("robot", "secret")
        .client_id("x")
        .options(quick())
        .build()
        .unwrap();
    touch(&psa, 1, "Our own").await;
    touch(&robot.as_member("ann"), 2, "Of Ann").await;
    receiver.until(3).await;
    assert_eq!(receiver.what("/others"), BTreeSet::from(["updated 2".into()]));
    assert_eq!(receiver.what("/all"), BTreeSet::from(["updated 1".into(), "updated 2".into()]));
    let of_ann = receiver.messages().into_iter().find(|message| message.path == "/others").unwrap();
    assert_eq!(of_ann.body["MemberId"], "ann");
}

#[tokio::test]
async fn a_message_comes_again_until_it_is_taken() {
    let (sim, psa, receiver) = connected().await;
    let id = psa.system().create_callback(&entry(&receiver, "/hook", "owner", 1)).await.unwrap().id.unwrap();
    receiver.answer(&[429, 404, 202]);
    touch(&psa, 1, "Thrice").await;
    receiver.until(3).await;
    // The server counts the success a moment after it was answered.
    tokio::time::sleep(Duration::from_millis(50)).await;
    // The same message, so that a receiver can tell that it has it.
    let messages = receiver.messages();
    assert!(
        messages.iter().all(|message| message.raw == messages[0].raw && message.signature == messages[0].signature)
    );
    // Other failures are not tried again; two messages in a row that fail switch it off.
    receiver.answer(&[500]);
    touch(&psa, 2, "Once").await;
    receiver.until(4).await;
    receiver.answer(&[409, 419, 429]);
    touch(&psa, 3, "In vain").await;
    let is_off = || sim.store().get("/system/callbacks", id.into()).unwrap()["inactiveFlag"] == true;
    until(is_off).await;
    assert_eq!(receiver.messages().len(), 7);
    touch(&psa, 4, "Unheard").await;
    // It can be switched on again.
    let on = psa
        .system()
        .update_callback(id, &Patch::new().set(CallbackEntry::fields().inactive_flag(), false))
        .await
        .unwrap();
    assert_eq!(on.inactive_flag, Some(false));
    touch(&psa, 5, "Heard").await;
    receiver.until(8).await;
    assert_eq!(receiver.messages()[7].what(), "updated 5");
    assert!(!is_off());
}

#[tokio::test]
async fn a_receiver_that_is_down_loses_messages_and_catches_up_by_reading() {
    let (sim, psa, receiver) = connected().await;
    let hook = psa.system().create_callback(&entry(&receiver, "/hook", "owner", 1)).await.unwrap().id.unwrap();
    touch(&psa, 1, "Told").await;
    receiver.until(1).await;
    let since = psa.service().get_ticket(1).await.unwrap().info().unwrap().last_updated().unwrap();
    // Nobody listens at the new place, which nobody else can have meanwhile.
    let held = tokio::net::TcpSocket::new_v4().unwrap();
    held.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let closed = held.local_addr().unwrap();
    psa.system().update_callback(hook, &Patch::new().replace("url", format!("http://{closed}/?id="))).await.unwrap();
    for id in [2, 3] {
        touch(&psa, id, "Untold").await;
    }
    until(|| sim.store().get("/system/callbacks", hook.into()).unwrap()["inactiveFlag"] == true).await;
    let missed: Vec<Ticket> =
        psa.service().list_tickets().filter(|ticket| ticket.last_updated().ge(since)).all().await.unwrap();
    assert_eq!(
        (missed.iter().map(|ticket| ticket.id.unwrap()).collect::<Vec<_>>(), receiver.messages().len()),
        (vec![1, 2, 3], 1)
    );
}

//! Receiving of messages: statuses, duplicates, limits, and the router for axum.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use connectwise_psa::transport::BoxFuture;
use connectwise_psa::webhooks::{
    Acceptance, FailedMessage, MemoryStore, MessageStore, NewMessage, Outcome, Receiver, Rejection, StoreError,
    StoreLimits, UnhandledMessage, Verifier,
};
use hmac::{Hmac, Mac as _};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::server::{Server, json_response};

const SIGNING_KEY: &str = "test-signing-key";

/// Returns a server that returns the signing key.
async fn key_server() -> Server {
    Server::always(json_response(200, json!({"signing_key": SIGNING_KEY}).to_string())).await
}

/// Returns a signed message.
fn signed(server: &Server, id: usize) -> (String, Bytes) {
    let key_url = format!("http://{}/v2025_1//system/callbackkey/index.rails?companyName=acme&id=1", server.address);
    let body = json!({
        "Action": "updated", "ID": id, "Type": "ticket", "CompanyId": "acme", "MessageId": format!("message-{id}"),
        "Metadata": {"key_url": key_url}, "Entity": format!("{{\"id\":{id}}}"),
    });
    let body = body.to_string();
    let mut mac = Hmac::<Sha256>::new_from_slice(&Sha256::digest(SIGNING_KEY)).unwrap();
    mac.update(body.as_bytes());
    (STANDARD.encode(mac.finalize().into_bytes()), body.into())
}

fn verifier(server: &Server) -> Verifier {
    Verifier::new(&server.psa()).unwrap()
}

async fn accept(receiver: &Receiver, (signature, body): (String, Bytes)) -> Outcome {
    receiver.accept(Some(&signature), body).await
}

#[tokio::test]
async fn a_message_is_stored_once_and_handled_once() {
    let server = key_server().await;
    let receiver = Receiver::new(verifier(&server), MemoryStore::new());
    let handled = Arc::<Mutex<Vec<i32>>>::default();
    let noted = handled.clone();
    let running = tokio::spawn({
        let receiver = receiver.clone();
        let handler = move |event: connectwise_psa::webhooks::Event| {
            noted.lock().unwrap().push(event.id);
            std::future::ready(Ok::<_, String>(()))
        };
        async move { receiver.run(handler).await }
    });
    for _ in 0..3 {
        let outcome = accept(&receiver, signed(&server, 5)).await;
        assert!(outcome.status() == 200 && outcome.is_stored(), "{outcome}");
    }
    assert!(matches!(accept(&receiver, signed(&server, 6)).await, Outcome::Accepted));
    while handled.lock().unwrap().len() < 2 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    assert!(matches!(accept(&receiver, signed(&server, 5)).await, Outcome::Duplicate));
    receiver.shutdown();
    running.await.unwrap();
    let mut handled = handled.lock().unwrap().clone();
    handled.sort_unstable();
    assert_eq!(handled, [5, 6]);
    assert_eq!(server.count(), 1, "the key is requested once");
}

#[tokio::test]
async fn messages_that_are_not_genuine_are_rejected_and_not_stored() {
    let server = key_server().await;
    let store = Arc::new(MemoryStore::new());
    let receiver = Receiver::new(verifier(&server), store.clone());
    let (signature, body) = signed(&server, 5);
    let changed = Bytes::from(String::from_utf8(body.to_vec()).unwrap().replace("updated", "deleted"));
    let large = Bytes::from(vec![b' '; receiver.max_body_size() + 1]);
    for (name, signature, body, status) in [
        ("no signature", None, body.clone(), 401),
        ("another signature", Some("AAAA"), body.clone(), 401),
        ("a changed body", Some(&*signature), changed, 401),
        ("not JSON", Some(&*signature), Bytes::from_static(b"{"), 400),
        ("too large", Some(&*signature), large, 413),
    ] {
        let outcome = receiver.accept(signature, body).await;
        assert_eq!(outcome.status().as_u16(), status, "{name}: {outcome}");
        assert!(matches!(outcome, Outcome::Rejected(_)) && !outcome.is_stored());
    }
    assert!(store.unhandled(0, 1).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_full_store_is_429_but_duplicates_are_not() {
    let server = key_server().await;
    let store = MemoryStore::with_limits(StoreLimits::default().max_messages(2));
    let receiver = Receiver::new(verifier(&server), store);
    let mut statuses = Vec::new();
    for id in [1, 2, 3, 2] {
        statuses.push(accept(&receiver, signed(&server, id)).await.status().as_u16());
    }
    assert_eq!(statuses, [200, 200, 429, 200]);
}

/// A store that fails, or never completes.
struct BadStore {
    hangs: bool,
}

impl BadStore {
    fn fail<T: Send + 'static>(&self) -> BoxFuture<'_, Result<T, StoreError>> {
        Box::pin(async {
            if self.hangs {
                std::future::pending::<()>().await;
            }
            Err(StoreError::new("no space left"))
        })
    }
}

impl MessageStore for BadStore {
    fn accept(&self, _: NewMessage) -> BoxFuture<'_, Result<Acceptance, StoreError>> {
        self.fail()
    }
    fn unhandled(&self, _: u64, _: usize) -> BoxFuture<'_, Result<Vec<UnhandledMessage>, StoreError>> {
        self.fail()
    }
    fn body(&self, _: u64) -> BoxFuture<'_, Result<Option<Bytes>, StoreError>> {
        self.fail()
    }
    fn handled(&self, _: u64) -> BoxFuture<'_, Result<(), StoreError>> {
        self.fail()
    }
    fn attempt_failed(&self, _: u64, _: String, _: bool) -> BoxFuture<'_, Result<(), StoreError>> {
        self.fail()
    }
    fn failed(&self) -> BoxFuture<'_, Result<Vec<FailedMessage>, StoreError>> {
        self.fail()
    }
    fn retry_failed(&self) -> BoxFuture<'_, Result<usize, StoreError>> {
        self.fail()
    }
    fn discard_failed(&self, _: u64) -> BoxFuture<'_, Result<bool, StoreError>> {
        self.fail()
    }
}

#[tokio::test]
async fn a_store_that_fails_or_hangs_is_429_in_time() {
    let server = key_server().await;
    for (hangs, expected) in [(false, "the store of messages failed: no space left"), (true, "in time")] {
        let builder = Receiver::builder(verifier(&server), BadStore { hangs });
        let receiver = builder.accept_timeout(Duration::from_millis(300)).build();
        let outcome = accept(&receiver, signed(&server, 1)).await;
        assert_eq!(outcome.status().as_u16(), 429);
        assert!(outcome.to_string().contains(expected), "{outcome}");
    }
}

#[tokio::test]
async fn more_messages_at_once_than_the_limit_are_429() {
    let server = key_server().await;
    let builder = Receiver::builder(verifier(&server), BadStore { hangs: true });
    let receiver = builder.max_receiving(2).accept_timeout(Duration::from_millis(300)).build();
    let tasks: Vec<_> = (0..5)
        .map(|id| {
            let (receiver, message) = (receiver.clone(), signed(&server, id));
            tokio::spawn(async move { accept(&receiver, message).await })
        })
        .collect();
    let mut names = Vec::new();
    for task in tasks {
        let outcome = task.await.unwrap();
        assert_eq!(outcome.status().as_u16(), 429);
        names.push(matches!(outcome, Outcome::TooManyAtOnce));
    }
    assert_eq!(names.iter().filter(|too_many| **too_many).count(), 3, "{names:?}");
    // The permissions are returned.
    assert!(!matches!(accept(&receiver, signed(&server, 1)).await, Outcome::TooManyAtOnce));
}

#[tokio::test]
async fn a_key_that_cannot_be_fetched_is_429() {
    let server = Server::always(json_response(500, "{}")).await;
    let receiver = Receiver::new(verifier(&server), MemoryStore::new());
    let outcome = accept(&receiver, signed(&server, 1)).await;
    assert_eq!(outcome.status().as_u16(), 429, "{outcome}");
    assert!(matches!(outcome, Outcome::Rejected(Rejection::KeyUnavailable(_))));
}

/// The router is served on a loopback listener.
#[cfg(feature = "axum")]
mod router {
    use super::*;
    use axum::Router;
    use axum::routing::post;
    use connectwise_psa::dependencies::reqwest;
    use connectwise_psa::webhooks::{VerifiedMessage, receive};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    async fn serve(router: Router) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        url
    }

    async fn post_to(url: &str, signatures: &[&str], body: impl Into<reqwest::Body>) -> (u16, String) {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut request = client.post(url).body(body);
        for signature in signatures {
            request = request.header("x-content-signature", *signature);
        }
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    #[tokio::test]
    async fn the_router_responds_with_the_status_and_an_empty_body() {
        let server = key_server().await;
        let store = Arc::new(MemoryStore::with_limits(StoreLimits::default().max_messages(1)));
        let receiver = Receiver::new(verifier(&server), store.clone());
        let limit = receiver.max_body_size();
        let url = serve(receiver.into_router("/psa")).await;
        let hook = format!("{url}/psa?recordId=99&action=deleted");
        let (signature, body) = signed(&server, 1);
        let other = signed(&server, 2);
        for (name, signatures, body, status) in [
            ("accepted", vec![&*signature], body.clone(), 200),
            ("duplicate", vec![&*signature], body.clone(), 200),
            ("the store is full", vec![&*other.0], other.1.clone(), 429),
            ("no signature", vec![], body.clone(), 401),
            ("two signatures", vec![&*signature, &*signature], body.clone(), 401),
            ("wrong signature", vec!["AAAA"], body.clone(), 401),
            ("too large", vec![&*signature], Bytes::from(vec![b' '; limit + 1]), 413),
        ] {
            assert_eq!(post_to(&hook, &signatures, body).await, (status, String::new()), "{name}");
        }
        let unhandled = store.unhandled(0, 9).await.unwrap();
        assert_eq!((unhandled.len(), &*unhandled[0].record), (1, "ticket:1"), "the query is ignored");
        assert_eq!(reqwest::get(format!("{url}/psa")).await.unwrap().status().as_u16(), 405);
        assert_eq!(post_to(&format!("{url}/other"), &[], "").await.0, 404);
    }

    /// Sends the head of a request and a part of its body, and returns the status line.
    async fn send_slowly(url: &str, head: &str, part: &[u8]) -> String {
        let mut stream = tokio::net::TcpStream::connect(url.strip_prefix("http://").unwrap()).await.unwrap();
        stream.write_all(format!("POST /psa HTTP/1.1\r\nhost: x\r\n{head}\r\n\r\n").as_bytes()).await.unwrap();
        let _ = stream.write_all(part).await;
        let mut response = [0; 12];
        stream.read_exact(&mut response).await.unwrap();
        String::from_utf8(response.to_vec()).unwrap()
    }

    #[tokio::test]
    async fn a_body_is_limited_while_it_is_read() {
        let server = key_server().await;
        let builder = Receiver::builder(verifier(&server), MemoryStore::new());
        let receiver = builder.accept_timeout(Duration::from_millis(500)).build();
        let limit = receiver.max_body_size();
        let url = serve(Router::new().route("/psa", post(receive)).with_state(receiver)).await;
        // The length says it all.
        assert_eq!(send_slowly(&url, "content-length: 99999999999", b"").await, "HTTP/1.1 413");
        // The body has no length, and does not end.
        let mut chunk = format!("{:x}\r\n", limit + 1).into_bytes();
        chunk.extend(vec![b' '; limit + 1]);
        assert_eq!(send_slowly(&url, "transfer-encoding: chunked", &chunk).await, "HTTP/1.1 413");
        // The rest of the body does not arrive.
        assert_eq!(send_slowly(&url, "content-length: 100", b"{").await, "HTTP/1.1 429");
    }

    #[tokio::test]
    async fn the_extractor_passes_only_verified_messages_on() {
        let server = key_server().await;
        async fn handler(verified: VerifiedMessage) -> String {
            format!("{} {}", verified.message.id().unwrap(), verified.body.len())
        }
        let url = serve(Router::new().route("/", post(handler)).with_state(verifier(&server))).await;
        let (signature, body) = signed(&server, 1);
        let expected = format!("message-1 {}", body.len());
        assert_eq!(post_to(&url, &[&signature], body.clone()).await, (200, expected));
        assert_eq!(post_to(&url, &[], body).await, (401, String::new()));
        assert_eq!(post_to(&url, &[&signature], vec![b' '; 2 << 20]).await, (413, String::new()));
    }
}

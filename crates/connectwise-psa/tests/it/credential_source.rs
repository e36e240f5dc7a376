//! Credentials that a source supplies: when it is called, what happens after a 401, and that its secrets stay secret.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use connectwise_psa::credentials::{CredentialSource, Credentials};
use connectwise_psa::transport::BoxFuture;
use connectwise_psa::{Error, Psa, Value};

use crate::server::{Action, BASIC, Server, json_response, ticket};

/// The error of a source.
type SourceError = Box<dyn std::error::Error + Send + Sync>;

/// A source that has a queue of credentials. It supplies the first until it is rejected. Without credentials, it fails.
#[derive(Clone, Default)]
struct Queue(Arc<Mutex<VecDeque<Credentials>>>);

impl Queue {
    fn new(credentials: impl IntoIterator<Item = Credentials>) -> Self {
        Self(Arc::new(Mutex::new(credentials.into_iter().collect())))
    }
}

impl CredentialSource for Queue {
    fn credentials(&self) -> BoxFuture<'_, Result<Credentials, SourceError>> {
        let first = self.0.lock().unwrap().front().cloned();
        Box::pin(async move { first.ok_or_else(|| "the vault is sealed".into()) })
    }

    fn rejected<'a>(&'a self, rejected: &'a Credentials) -> BoxFuture<'a, bool> {
        let mut queue = self.0.lock().unwrap();
        if queue.front() == Some(rejected) {
            queue.pop_front();
        }
        let has_more = !queue.is_empty();
        Box::pin(async move { has_more })
    }
}

async fn read(psa: &Psa) -> Result<Value, Error> {
    psa.service().get_ticket(5).decode_as::<Value>().await
}

fn client(server: &Server, source: Queue) -> Psa {
    server.builder().credential_source(source).build().unwrap()
}

/// A server that accepts one `Authorization` header. Its error response echoes the header that it rejects.
async fn server_that_accepts(authorization: &'static str) -> Server {
    Server::new(move |request| match request.header("authorization") {
        Some(sent) if sent == authorization => ticket(),
        sent => rejection(sent.unwrap_or_default()),
    })
    .await
}

fn rejection(text: &str) -> Action {
    json_response(401, format!(r#"{{"code":"Unauthorized","message":"not valid: {text}"}}"#))
}

#[tokio::test]
async fn every_kind_can_be_supplied_and_a_token_is_sent_alone() {
    for (credentials, authorization) in [
        (Credentials::keys("public", "private"), BASIC),
        (Credentials::keys("acme+public", "private"), BASIC),
        (Credentials::integrator("robot", "secret"), "Basic YWNtZStyb2JvdDpzZWNyZXQ="),
        (Credentials::member_hash("7", "abc"), "Basic YWNtZSs3OmFiYw=="),
        (Credentials::bearer("abc.def-_~+/="), "Bearer abc.def-_~+/="),
    ] {
        let server = Server::always(ticket()).await;
        read(&client(&server, Queue::new([credentials]))).await.unwrap();
        let request = &server.requests()[0];
        let sent: Vec<_> = request.headers.iter().filter(|(name, _)| name == "authorization").collect();
        assert_eq!(sent.len(), 1);
        assert_eq!(sent[0].1, authorization);
    }
}

#[tokio::test]
async fn rejected_credentials_are_replaced_once_for_each_call() {
    let server = server_that_accepts("Bearer second").await;
    let source = Queue::new([Credentials::bearer("first"), Credentials::bearer("second")]);
    let psa = client(&server, source.clone());
    read(&psa).await.unwrap();
    read(&psa).await.unwrap();
    assert_eq!(server.count(), 3);

    // Without other credentials, the 401 is the result, and there is no further attempt.
    let server = server_that_accepts("Bearer none").await;
    let error = read(&client(&server, Queue::new([Credentials::bearer("only")]))).await.unwrap_err();
    assert!(error.is_unauthenticated(), "{error}");
    assert_eq!(server.count(), 1);

    // Two rejections in one call end it.
    let server = server_that_accepts("Bearer third").await;
    let source = ["first", "second", "third"].map(Credentials::bearer);
    let error = read(&client(&server, Queue::new(source))).await.unwrap_err();
    assert!(error.is_unauthenticated(), "{error}");
    assert_eq!(server.count(), 2);
}

#[tokio::test]
async fn a_source_that_fails_or_supplies_invalid_credentials_ends_the_call_before_it_is_sent() {
    let server = Server::always(ticket()).await;
    for (source, expected) in [
        (Queue::default(), "credentials could not be supplied by their source"),
        (Queue::new([Credentials::bearer("hunter2 x")]), "bearer token contains characters"),
        (Queue::new([Credentials::bearer("")]), "bearer token is missing"),
        (Queue::new([Credentials::keys("public", "")]), "private key is missing"),
        (Queue::new([Credentials::keys("other+public", "hunter2")]), "company is \"acme\""),
    ] {
        let error = read(&client(&server, source)).await.unwrap_err();
        assert!(error.is_invalid_input() && !error.is_ambiguous(), "{error}");
        let text = format!("{error} {error:?}");
        assert!(text.contains(expected) && !text.contains("hunter2"), "{text}");
    }
    assert_eq!(server.count(), 0);
    let error = read(&client(&server, Queue::default())).await.unwrap_err();
    assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "the vault is sealed");
    let error = server.builder().company("").credential_source(Queue::default()).build().unwrap_err();
    assert!(error.to_string().contains("company is missing"), "{error}");
}

#[tokio::test]
async fn a_source_that_does_not_respond_is_covered_by_the_timeout() {
    struct Stuck;
    impl CredentialSource for Stuck {
        fn credentials(&self) -> BoxFuture<'_, Result<Credentials, SourceError>> {
            Box::pin(std::future::pending())
        }
    }
    let server = Server::always(ticket()).await;
    let psa = server.builder().credential_source(Stuck).build().unwrap();
    let call = psa.service().get_ticket(5).timeout(std::time::Duration::from_millis(100));
    let error = call.await.unwrap_err();
    assert!(error.to_string().contains("the source of the credentials did not supply them"), "{error}");
    assert!(!error.is_ambiguous());
    assert_eq!(server.count(), 0);
}

#[tokio::test]
async fn secrets_of_a_source_are_removed_from_errors_and_debug_output() {
    // Each error response echoes the header.
    let server = Server::new(|request| rejection(request.header("authorization").unwrap_or_default())).await;
    for credentials in [Credentials::bearer("hunter2hunter2"), Credentials::keys("public", "hunter2hunter2")] {
        assert!(!format!("{credentials:?}").contains("hunter2"));
        let psa = client(&server, Queue::new([credentials]));
        let error = read(&psa).await.unwrap_err();
        let text = format!("{error} {error:?} {psa:?}");
        assert!(text.contains("[redacted]") && !text.contains("hunter2") && !text.contains("aHVudGVyMg"), "{text}");
    }
}

#[tokio::test]
async fn a_source_can_supply_the_integrator_login_that_mints_keys_for_members() {
    let server = Server::new(|request| match request.target.ends_with("/tokens") {
        true => json_response(200, r#"{"publicKey": "m", "privateKey": "s"}"#),
        false => ticket(),
    })
    .await;
    let psa = client(&server, Queue::new([Credentials::integrator("robot", "secret")])).as_member("jdoe");
    read(&psa).await.unwrap();
    let requests = server.requests();
    assert_eq!(requests[0].header("authorization"), Some("Basic YWNtZStyb2JvdDpzZWNyZXQ="));
    assert_eq!(requests[0].header("x-cw-usertype"), Some("integrator"));
    assert_eq!(requests[1].header("authorization"), Some("Basic YWNtZSttOnM="));
}

#[tokio::test]
async fn a_check_reports_a_source_that_fails() {
    let server = Server::always(ticket()).await;
    let report = client(&server, Queue::default()).check().await;
    assert!(!report.is_ok());
    assert!(report.to_string().contains("could not be supplied by their source"), "{report}");
}

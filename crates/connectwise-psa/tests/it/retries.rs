//! Tests which requests are retried, how often, and which errors the calls return afterwards.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use connectwise_psa::transport::Request;
use connectwise_psa::{ByteStream, CallOptions, Error, Method, Patch, Psa, RetryPolicy, Upload, Value};
use futures_util::future::join_all;
use serde_json::json;

use crate::logs::{LogBuffer, capture};
use crate::server::{
    Action, BASE, Server, closed_port, cut_off, json_response, quick_retries, rate_limited, response, ticket,
};

/// Messages of status 500. The first two are transient failures. The third one quotes a value that the caller sent.
const SQL_POOL: &str = r#"{"code":"ConnectWiseApi","message":"Timeout expired.  The timeout period elapsed prior to obtaining a connection from the pool. Max pool size was reached."}"#;
const SLOW: &str = r#"{"code":"ConnectWiseApi","message":"A timeout has occured. Please try again."}"#;
const CONVERTING: &str = r#"{"code":"ConnectWiseApi","message":"Error converting value \"timeout\" to type 'System.Int32'. Path 'id', line 1, position 1."}"#;

/// Calls that differ in whether they are repeatable.
#[derive(Clone, Copy, Debug, PartialEq)]
enum CallKind {
    Read,
    Search,
    Replace,
    Delete,
    /// A patch that replaces fields.
    ReplacePatch,
    Create,
    /// A patch that adds a value.
    AddPatch,
    /// A patch that addresses an array element by its index.
    IndexPatch,
}

const ALL: [CallKind; 8] = [
    CallKind::Read,
    CallKind::Search,
    CallKind::Replace,
    CallKind::Delete,
    CallKind::ReplacePatch,
    CallKind::Create,
    CallKind::AddPatch,
    CallKind::IndexPatch,
];

impl CallKind {
    fn is_repeatable(self) -> bool {
        !matches!(self, Self::Create | Self::AddPatch | Self::IndexPatch)
    }

    async fn call(self, psa: &Psa) -> Result<(), Error> {
        let service = psa.service();
        let patched = |patch: Patch| async move { psa.service().update_ticket(5, &patch).await.map(drop) };
        match self {
            Self::Read => service.get_ticket(5).decode_as::<Value>().await.map(drop),
            Self::Search => {
                service.search_tickets(&json!({"conditions": "id>1"})).decode_as::<Value>().page(1).await.map(drop)
            }
            Self::Replace => service.replace_ticket(5, &json!({"summary": "a"})).await.map(drop),
            Self::Delete => service.delete_ticket(5).await,
            Self::ReplacePatch => patched(Patch::new().replace("summary", "a").replace("status/id", 7)).await,
            Self::Create => service.create_ticket(&json!({"summary": "a"})).await.map(drop),
            Self::AddPatch => patched(Patch::new().add("summary", "a")).await,
            Self::IndexPatch => patched(Patch::new().replace("customFields/0/value", "a")).await,
        }
    }

    fn success(self) -> Action {
        match self {
            Self::Search => json_response(200, "[]"),
            Self::Delete => json_response(204, ""),
            _ => ticket(),
        }
    }
}

/// A client and its server, for calls whose first attempt fails.
struct FailingServer {
    psa: Psa,
    server: Server,
    /// The next actions of the server.
    actions: Arc<Mutex<VecDeque<Action>>>,
}

impl FailingServer {
    async fn new() -> Self {
        let (server, actions) = Server::with_queue().await;
        Self { psa: server.psa(), server, actions }
    }

    /// Makes a call whose first attempt fails in this way. Returns the outcome and the number of requests.
    async fn call(&self, kind: CallKind, failure: &Action, options: CallOptions) -> (Result<(), Error>, usize) {
        *self.actions.lock().unwrap() = [failure.clone(), kind.success()].into();
        let before = self.server.count();
        let outcome = kind.call(&self.psa.with(options)).await;
        (outcome, self.server.count() - before)
    }
}

#[tokio::test]
async fn after_an_ambiguous_failure_only_repeatable_calls_are_retried() {
    let failures = [
        ("502", response(502, "text/html", "<html>Bad Gateway</html>")),
        ("503", json_response(503, "")),
        ("504", json_response(504, "")),
        ("500, slow", json_response(500, SLOW)),
        ("500, pool", json_response(500, SQL_POOL)),
        ("reset", Action::Reset),
        ("closed", Action::Close),
        ("cut off", cut_off(200, r#"{"id":5,"summary":"aaaaaaaaaaaaaaaaaaaaaaaaaa"}"#)),
    ];
    let failing_server = FailingServer::new().await;
    for (name, failure) in &failures {
        for kind in ALL {
            let (outcome, count) = failing_server.call(kind, failure, CallOptions::new()).await;
            if kind.is_repeatable() {
                outcome.unwrap_or_else(|error| panic!("{name} {kind:?}: {error}"));
                assert_eq!(count, 2, "{name} {kind:?}");
            } else {
                let error = outcome.unwrap_err();
                assert!(error.is_ambiguous() && !error.is_retryable(), "{name} {kind:?}: {error}");
                assert_eq!((count, error.attempts()), (1, Some(1)), "{name} {kind:?}");
            }
            let (outcome, count) = failing_server.call(kind, failure, CallOptions::new().retry_non_idempotent()).await;
            assert!(outcome.is_ok() && count == 2, "{name} {kind:?}");
        }
    }
}

#[tokio::test]
async fn every_call_is_retried_after_a_429() {
    for kind in ALL {
        // Zero seconds and a date in the past: the retry does not wait.
        for retry_after in ["0", "Sun, 22 Nov 2020 10:00:00 GMT"] {
            // A client sends fewer requests after a 429, so each call has its own client.
            let failing_server = FailingServer::new().await;
            let (outcome, count) = failing_server.call(kind, &rate_limited(retry_after), CallOptions::new()).await;
            outcome.unwrap_or_else(|error| panic!("{kind:?}: {error}"));
            assert_eq!(count, 2, "{kind:?}");
        }
    }
}

#[tokio::test]
async fn a_retry_sends_the_same_request() {
    let server = Server::with_actions([rate_limited("0"), ticket(), json_response(503, ""), ticket()]).await;
    let psa = server.psa();
    psa.service().create_ticket(&json!({"summary": "täxt"})).await.unwrap();
    psa.service().update_ticket(5, &Patch::new().replace("summary", "b")).await.unwrap();
    let requests = server.requests();
    for (first, second) in [(0, 1), (2, 3)] {
        assert_eq!(
            (&requests[first].body, &requests[first].headers, requests[first].request_line()),
            (&requests[second].body, &requests[second].headers, requests[second].request_line())
        );
    }
    assert_eq!(requests[0].body, r#"{"summary":"täxt"}"#);
}

#[tokio::test]
async fn permanent_error_responses_are_not_retried() {
    let failing_server = FailingServer::new().await;
    for failure in [
        // The same message without the word "timeout", which the next test checks.
        json_response(500, CONVERTING.replace("timeout", "x")),
        json_response(500, r#"{"code":"ConnectWiseApi","message":"String was not recognized as a valid Boolean."}"#),
        json_response(400, SLOW),
        json_response(404, "{}"),
        json_response(401, "{}"),
        json_response(403, "{}"),
        json_response(409, ""),
        json_response(501, ""),
    ] {
        for kind in [CallKind::Read, CallKind::Create] {
            let (outcome, count) = failing_server.call(kind, &failure, CallOptions::new().retry_non_idempotent()).await;
            let error = outcome.unwrap_err();
            assert!(error.is_api() && !error.is_ambiguous() && !error.is_retryable(), "{error}");
            assert_eq!((count, error.attempts()), (1, Some(1)));
        }
    }
}

/// The message quotes the caller's value, which may contain the word "timeout".
#[tokio::test]
async fn a_conversion_error_is_not_a_timeout() {
    let (outcome, count) =
        FailingServer::new().await.call(CallKind::Read, &json_response(500, CONVERTING), CallOptions::new()).await;
    assert!(!outcome.unwrap_err().is_transient());
    assert_eq!(count, 1);
}

#[tokio::test]
async fn attempts_end_with_the_policy_and_are_counted() {
    for (policy, attempts) in [
        (quick_retries(), 4),
        (quick_retries().max_attempts(2), 2),
        (quick_retries().max_attempts(0), 1),
        (RetryPolicy::none(), 1),
    ] {
        for failure in [json_response(503, r#"{"message":"busy"}"#), Action::Reset, rate_limited("0")] {
            let server = Server::always(failure).await;
            let error = CallKind::Read.call(&server.psa().with(CallOptions::new().retry(policy))).await.unwrap_err();
            assert_eq!(
                (server.count(), error.attempts()),
                (attempts, Some(u32::try_from(attempts).unwrap())),
                "{error}"
            );
            assert_eq!(error.to_string().contains(&format!("({attempts} attempts)")), attempts > 1, "{error}");
            assert!(error.is_retryable() && !error.is_ambiguous(), "{error}");
        }
    }
}

#[tokio::test]
async fn a_failed_connection_is_retried_for_every_call() {
    for kind in ALL {
        let server = Server::always(ticket()).await;
        let psa = server.builder().base_url(format!("http://127.0.0.1:{}{BASE}", closed_port().await)).build().unwrap();
        let error = kind.call(&psa).await.unwrap_err();
        assert!(error.is_connect() && error.is_retryable() && !error.is_ambiguous(), "{error}");
        assert_eq!(error.attempts(), Some(4), "{kind:?}");
        assert!(error.is_unsent() && error.to_string().contains("the request was not sent"), "{error}");
    }
}

#[tokio::test]
async fn an_ambiguous_attempt_is_remembered_when_the_next_one_cannot_connect() {
    for first in [Action::Reset, json_response(503, "")] {
        let server = Server::with_actions([first]).await;
        let slow =
            RetryPolicy::default().max_attempts(2).backoff(Duration::from_millis(200), Duration::from_millis(200));
        let psa = server.psa().with(CallOptions::new().retry(slow));
        let close = async {
            server.wait_for_requests(1).await;
            server.close();
        };
        let (outcome, ()) = futures_util::future::join(CallKind::Replace.call(&psa), close).await;
        let error = outcome.unwrap_err();
        assert!(
            error.is_ambiguous() && !error.is_unsent() && error.is_retryable() && error.attempts() == Some(2),
            "{error}"
        );
        assert!(error.to_string().contains("the last attempt was not sent"), "{error}");
    }
}

#[tokio::test]
async fn an_ambiguous_attempt_is_remembered_when_the_next_one_is_rejected() {
    for last in [rate_limited("0"), json_response(400, "{}"), json_response(401, "")] {
        let server = Server::with_actions([Action::Reset, last]).await;
        let psa = server.psa().with(CallOptions::new().retry(quick_retries().max_attempts(2)));
        let error = CallKind::Replace.call(&psa).await.unwrap_err();
        assert!(error.is_api() && error.is_ambiguous() && error.attempts() == Some(2), "{error}");
        // A read changes nothing, so it is never ambiguous.
        let server = Server::with_actions([Action::Reset, rate_limited("0")]).await;
        let psa = server.psa().with(CallOptions::new().retry(quick_retries().max_attempts(2)));
        assert!(!CallKind::Read.call(&psa).await.unwrap_err().is_ambiguous());
    }
}

#[tokio::test]
async fn a_retry_waits_as_long_as_retry_after_says() {
    let waited = |error_response: Action| async {
        let server = Server::with_actions([error_response, ticket()]).await;
        let psa = server.psa();
        let started = Instant::now();
        CallKind::Read.call(&psa).await.unwrap();
        started.elapsed()
    };
    let cases = [("1", 1000), ("0", 0)].into_iter().flat_map(|(retry_after, least)| {
        [rate_limited(retry_after), json_response(503, "").header("retry-after", retry_after)]
            .map(|error_response| (error_response, Duration::from_millis(least)))
    });
    let waits = join_all(cases.map(|(error_response, least)| async move { (waited(error_response).await, least) }));
    for (took, least) in waits.await {
        assert!(took >= least, "{took:?}");
    }
}

#[tokio::test]
async fn a_wait_beyond_the_timeout_of_the_call_fails_immediately() {
    let far = "Thu, 22 Nov 2992 10:00:00 GMT";
    for retry_after in ["", "60", far, "18446744073709551615", "9999999999999"] {
        for kind in [CallKind::Read, CallKind::Create] {
            let server = Server::always(rate_limited(retry_after)).await;
            let started = Instant::now();
            let error = kind.call(&server.psa()).await.unwrap_err();
            assert!(error.is_rate_limited() && error.is_retryable() && !error.is_ambiguous(), "{error}");
            assert!(error.to_string().contains("Rate limit exceeded"), "{error}");
            assert!(started.elapsed() < Duration::from_secs(20) && server.count() == 1);
        }
        // Without a time in `retry-after`, a 503 is retried after a short delay; a client waits 30 seconds after a 429.
        let server = Server::always(json_response(503, "").header("retry-after", retry_after)).await;
        let error = CallKind::Read
            .call(&server.psa().with(CallOptions::new().retry(quick_retries().max_attempts(2))))
            .await
            .unwrap_err();
        assert_eq!(
            (error.status().unwrap().as_u16(), server.count()),
            (503, if retry_after.is_empty() { 2 } else { 1 })
        );
    }
}

#[tokio::test]
async fn maximum_delays_and_timeouts_do_not_overflow() {
    let server =
        Server::with_actions([json_response(503, ""), ticket(), json_response(503, ""), rate_limited("0"), ticket()])
            .await;
    let longest = CallOptions::new().timeout(Duration::MAX);
    CallKind::Read.call(&server.psa().with(longest.clone())).await.unwrap();
    let endless = longest.clone().retry(RetryPolicy::default().backoff(Duration::MAX, Duration::MAX));
    let outcome =
        tokio::time::timeout(Duration::from_millis(50), CallKind::Read.call(&server.psa().with(endless))).await;
    // The call waits for its retry, or fails. It does not panic.
    assert!(outcome.is_err() || outcome.is_ok_and(|outcome| outcome.is_err()));
    CallKind::Read
        .call(
            &server.builder().read_timeout(Duration::MAX).connect_timeout(Duration::MAX).build().unwrap().with(longest),
        )
        .await
        .unwrap();
}

#[tokio::test]
async fn the_retry_budget_limits_retries_while_a_server_is_down() {
    let server = Server::always(json_response(503, "")).await;
    let psa = server.builder().max_concurrent_requests(16).unlimited_requests_per_minute().build().unwrap();
    for _ in 0..5 {
        let outcomes = join_all((0..20).map(|_| CallKind::Read.call(&psa))).await;
        assert!(outcomes.iter().all(Result::is_err));
    }
    // 100 calls, and the 100 retries of a full budget.
    assert_eq!(server.count(), 100 + 100);
    // Another client has its own budget.
    assert_eq!(CallKind::Read.call(&server.psa()).await.unwrap_err().attempts(), Some(4));
}

#[tokio::test]
async fn a_stream_is_sent_once_and_its_error_is_returned() {
    async fn upload(psa: &Psa) -> Error {
        let stream = Upload::from_stream("a.txt", 5, ByteStream::from("bytes"));
        psa.system().upload_menu_entry_image(5, &json!({"title": "a"}), Some(stream)).await.unwrap_err()
    }
    for (failure, status, ambiguous) in [
        (rate_limited("0"), Some(429), false),
        (json_response(503, ""), Some(503), true),
        (json_response(401, ""), Some(401), false),
        (Action::Reset, None, true),
    ] {
        let server = Server::always(failure).await;
        let error = upload(&server.psa().with(CallOptions::new().retry_non_idempotent())).await;
        assert_eq!(
            (error.status().map(|status| status.as_u16()), error.is_ambiguous(), server.count()),
            (status, ambiguous, 1),
            "{error}"
        );
        assert!(server.requests()[0].body.contains("bytes"));
    }
    let server = Server::always(ticket()).await;
    let error =
        upload(&server.builder().base_url(format!("http://127.0.0.1:{}{BASE}", closed_port().await)).build().unwrap())
            .await;
    assert!(error.is_connect() && !error.is_ambiguous(), "{error}");
    // After a 401, a stream cannot be sent again with new keys, but the next call as the member gets new keys.
    let mut minted = 0;
    let server = Server::new(move |request| {
        if request.target.ends_with("/tokens") {
            minted += 1;
            json_response(200, json!({"publicKey": format!("m{minted}"), "privateKey": "s"}).to_string())
        } else if request.method == "POST" {
            json_response(401, "")
        } else {
            ticket()
        }
    })
    .await;
    let member = server.psa().as_member("jdoe");
    assert!(upload(&member).await.is_unauthenticated());
    CallKind::Read.call(&member).await.unwrap();
    assert_eq!(server.requests().iter().filter(|request| request.target.ends_with("/tokens")).count(), 2);
}

#[tokio::test]
async fn a_form_with_bytes_is_retried_completely() {
    let server = Server::with_actions([rate_limited("0"), ticket()]).await;
    let file = Upload::from_bytes("täst.txt", "the bytes").with_media_type("text/plain");
    server.psa().system().upload_menu_entry_image(5, &json!({"title": "a"}), Some(file)).await.unwrap();
    let requests = server.requests();
    assert_eq!(requests.len(), 2);
    for request in requests {
        assert!(request.header("content-type").unwrap().starts_with("multipart/form-data; boundary="));
        assert!(
            request.body.contains("the bytes")
                && request.body.contains("text/plain")
                && request.body.contains("name=\"title\"\r\n\r\na\r\n"),
            "{}",
            request.body
        );
    }
}

#[tokio::test]
async fn an_upload_stream_that_is_too_short_is_an_error() {
    let server = Server::always(ticket()).await;
    let short = Upload::from_stream("a.txt", 50, ByteStream::from("bytes"));
    let error =
        server.psa().system().upload_menu_entry_image(5, &json!({"title": "a"}), Some(short)).await.unwrap_err();
    assert!(error.is_transport(), "{error}");
    let text = error.to_string();
    assert!(text.contains("the stream of the upload failed: the body has fewer than the expected 50 bytes"), "{text}");
    assert_eq!(server.count(), 0);
}

#[tokio::test]
async fn a_404_after_an_ambiguous_delete_has_advice() {
    let not_found = || json_response(404, r#"{"code":"NotFound","message":"Ticket 5 not found"}"#);
    for (first, expected) in [(Action::Reset, true), (json_response(503, ""), true), (rate_limited("0"), false)] {
        let server = Server::with_actions([first, not_found()]).await;
        let error = CallKind::Delete.call(&server.psa()).await.unwrap_err();
        assert!(error.is_not_found() && error.attempts() == Some(2), "{error}");
        assert_eq!(error.to_string().contains("it may have deleted the record"), expected, "{error}");
    }
    let error = CallKind::Delete.call(&Server::always(not_found()).await.psa()).await.unwrap_err();
    assert!(!error.to_string().contains("earlier attempt"), "{error}");
}

#[tokio::test]
async fn a_post_succeeds_after_the_server_closed_an_idle_connection() {
    // This header promises to keep the connection open, but the server closes it after each response.
    let server = Server::always(ticket().header("connection", "keep-alive")).await;
    let psa = server.psa();
    for number in 1..=10 {
        psa.service().create_ticket(&json!({"summary": "a"})).await.unwrap();
        assert_eq!(server.count(), number);
        // Waits until the client notices that the connection is closed.
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_response_has_the_number_of_attempts() {
    let server =
        Server::with_actions([json_response(503, ""), rate_limited("0"), ticket(), json_response(404, "{}")]).await;
    let psa = server.psa();
    let get = || Request::new(Method::Get, "/service/tickets/5");
    assert_eq!(psa.connection().send(get()).await.unwrap().attempts, 3);
    let missing = psa.connection().send(get()).await.unwrap();
    assert_eq!((missing.status.as_u16(), missing.attempts), (404, 1));
}

#[tokio::test]
async fn a_download_is_retried_until_its_headers_arrive() {
    let file = response(200, "text/plain", "the file");
    let server = Server::with_actions([
        json_response(503, ""),
        file,
        Action::CutOff(Box::new(response(200, "text/plain", "the file"))),
    ])
    .await;
    let psa = server.psa();
    assert_eq!(psa.system().download_document(5).await.unwrap().bytes().await.unwrap(), "the file");
    let error = psa.system().download_document(5).await.unwrap().bytes().await.unwrap_err();
    assert!(error.is_transport() && error.to_string().contains("system.download_document"), "{error}");
    assert_eq!(server.count(), 3);
}

#[tokio::test]
async fn every_retry_is_logged() {
    let logs = LogBuffer::default();
    let _capture = capture(logs.clone());
    let server = Server::with_actions([json_response(503, r#"{"message":"busy now"}"#), Action::Reset, ticket()]).await;
    CallKind::Read.call(&server.psa()).await.unwrap();
    let text = logs.text();
    let retries: Vec<_> =
        text.lines().filter(|line| line.contains("WARN") && line.contains("retrying the request")).collect();
    assert_eq!(retries.len(), 2, "{text}");
    assert!(
        retries[0].contains("operation=\"service.get_ticket\"")
            && retries[0].contains("attempt=1")
            && retries[0].contains("503"),
        "{text}"
    );
    assert!(retries[1].contains("attempt=2") && retries[1].contains("the connection was lost"), "{text}");
}

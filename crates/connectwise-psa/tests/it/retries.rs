//! What is sent again and what is not, how often, and what the error then says.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use connectwise_psa::transport::Request;
use connectwise_psa::{ByteStream, CallOptions, Error, Method, Patch, Psa, RetryPolicy, Upload, Value};
use futures_util::future::join_all;
use serde_json::json;

use crate::logs::{Written, listen};
use crate::server::{BASE, Reaction, Server, answer, closed_port, cut_off, other, quick, ticket, too_many};

const SQL_POOL: &str = r#"{"code":"ConnectWiseApi","message":"Timeout expired.  The timeout period elapsed prior to obtaining a connection from the pool. Max pool size was reached."}"#;
const SLOW: &str = r#"{"code":"ConnectWiseApi","message":"A timeout has occured. Please try again."}"#;
const CONVERTING: &str = r#"{"code":"ConnectWiseApi","message":"Error converting value \"timeout\" to type 'System.Int32'. Path 'id', line 1, position 1."}"#;

/// The kinds of calls there are, by what repeating them does.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Read,
    Search,
    Replace,
    Delete,
    SetByName,
    Create,
    AddPatch,
    IndexPatch,
}

const ALL: [Kind; 8] = [
    Kind::Read,
    Kind::Search,
    Kind::Replace,
    Kind::Delete,
    Kind::SetByName,
    Kind::Create,
    Kind::AddPatch,
    Kind::IndexPatch,
];

impl Kind {
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
            Self::SetByName => patched(Patch::new().replace("summary", "a").replace("status/id", 7)).await,
            Self::Create => service.create_ticket(&json!({"summary": "a"})).await.map(drop),
            Self::AddPatch => patched(Patch::new().add("summary", "a")).await,
            Self::IndexPatch => patched(Patch::new().replace("customFields/0/value", "a")).await,
        }
    }

    fn success(self) -> Reaction {
        match self {
            Self::Search => answer(200, "[]"),
            Self::Delete => answer(204, ""),
            _ => ticket(),
        }
    }
}

/// A client and its server, for calls whose first try fails.
struct Failing {
    psa: Psa,
    server: Server,
    script: Arc<Mutex<VecDeque<Reaction>>>,
}

impl Failing {
    async fn new() -> Self {
        let (server, script) = Server::open_script().await;
        Self { psa: server.psa(), server, script }
    }

    /// Calls once with the first try failing so; the outcome and how often the server was asked.
    async fn call(&self, kind: Kind, failure: &Reaction, options: CallOptions) -> (Result<(), Error>, usize) {
        *self.script.lock().unwrap() = [failure.clone(), kind.success()].into();
        let before = self.server.count();
        let outcome = kind.call(&self.psa.with(options)).await;
        (outcome, self.server.count() - before)
    }
}

#[tokio::test]
async fn what_may_have_been_done_is_repeated_only_where_that_does_no_harm() {
    let failures = [
        ("502", other(502, "text/html", "<html>Bad Gateway</html>")),
        ("503", answer(503, "")),
        ("504", answer(504, "")),
        ("500, slow", answer(500, SLOW)),
        ("500, pool", answer(500, SQL_POOL)),
        ("reset", Reaction::Reset),
        ("closed", Reaction::Close),
        ("cut off", cut_off(200, r#"{"id":5,"summary":"aaaaaaaaaaaaaaaaaaaaaaaaaa"}"#)),
    ];
    let failing = Failing::new().await;
    for (name, failure) in &failures {
        for kind in ALL {
            let (outcome, count) = failing.call(kind, failure, CallOptions::new()).await;
            if kind.is_repeatable() {
                outcome.unwrap_or_else(|error| panic!("{name} {kind:?}: {error}"));
                assert_eq!(count, 2, "{name} {kind:?}");
            } else {
                let error = outcome.unwrap_err();
                assert!(error.is_ambiguous() && !error.is_retryable(), "{name} {kind:?}: {error}");
                assert_eq!((count, error.attempts()), (1, Some(1)), "{name} {kind:?}");
            }
            let (outcome, count) = failing.call(kind, failure, CallOptions::new().retry_non_idempotent()).await;
            assert!(outcome.is_ok() && count == 2, "{name} {kind:?}");
        }
    }
}

#[tokio::test]
async fn what_certainly_was_not_done_is_repeated_whatever_it_is() {
    for kind in ALL {
        // A client that is refused sends fewer requests afterwards, so each call has its own.
        for retry_after in ["0", "Sun, 22 Nov 2020 10:00:00 GMT"] {
            let failing = Failing::new().await;
            let (outcome, count) = failing.call(kind, &too_many(retry_after), CallOptions::new()).await;
            outcome.unwrap_or_else(|error| panic!("{kind:?}: {error}"));
            assert_eq!(count, 2, "{kind:?}");
        }
    }
}

#[tokio::test]
async fn the_body_is_the_same_the_second_time() {
    let server = Server::script([too_many("0"), ticket(), answer(503, ""), ticket()]).await;
    let psa = server.psa();
    psa.service().create_ticket(&json!({"summary": "täxt"})).await.unwrap();
    psa.service().update_ticket(5, &Patch::new().replace("summary", "b")).await.unwrap();
    let asked = server.asked();
    for (first, second) in [(0, 1), (2, 3)] {
        assert_eq!(
            (&asked[first].body, &asked[first].headers, asked[first].line()),
            (&asked[second].body, &asked[second].headers, asked[second].line())
        );
    }
    assert_eq!(asked[0].body, r#"{"summary":"täxt"}"#);
}

#[tokio::test]
async fn refusals_that_stay_are_not_repeated() {
    let failing = Failing::new().await;
    for failure in [
        answer(500, CONVERTING.replace("timeout", "x")),
        answer(500, r#"{"code":"ConnectWiseApi","message":"String was not recognized as a valid Boolean."}"#),
        answer(400, SLOW),
        answer(404, "{}"),
        answer(401, "{}"),
        answer(403, "{}"),
        answer(409, ""),
        answer(501, ""),
    ] {
        for kind in [Kind::Read, Kind::Create] {
            let (outcome, count) = failing.call(kind, &failure, CallOptions::new().retry_non_idempotent()).await;
            let error = outcome.unwrap_err();
            assert!(error.is_api() && !error.is_ambiguous() && !error.is_retryable(), "{error}");
            assert_eq!((count, error.attempts()), (1, Some(1)));
        }
    }
}

/// The server quotes the caller's value in that message, which may be any text.
#[tokio::test]
async fn a_value_that_could_not_be_converted_is_never_taken_for_a_time_out() {
    let (outcome, count) = Failing::new().await.call(Kind::Read, &answer(500, CONVERTING), CallOptions::new()).await;
    assert!(!outcome.unwrap_err().is_transient());
    assert_eq!(count, 1);
}

#[tokio::test]
async fn tries_end_with_the_policy_and_are_counted() {
    for (policy, tries) in
        [(quick(), 4), (quick().max_attempts(2), 2), (quick().max_attempts(0), 1), (RetryPolicy::none(), 1)]
    {
        for failure in [answer(503, r#"{"message":"busy"}"#), Reaction::Reset, too_many("0")] {
            let server = Server::always(failure).await;
            let error = Kind::Read.call(&server.psa().with(CallOptions::new().retry(policy))).await.unwrap_err();
            assert_eq!((server.count(), error.attempts()), (tries, Some(u32::try_from(tries).unwrap())), "{error}");
            assert_eq!(error.to_string().contains(&format!("({tries} attempts)")), tries > 1, "{error}");
            assert!(error.is_retryable() && !error.is_ambiguous(), "{error}");
        }
    }
}

#[tokio::test]
async fn a_connection_that_cannot_be_made_is_tried_again_for_every_call() {
    for kind in ALL {
        let server = Server::always(ticket()).await;
        let psa = server.builder().base_url(format!("http://127.0.0.1:{}{BASE}", closed_port().await)).build().unwrap();
        let error = kind.call(&psa).await.unwrap_err();
        assert!(error.is_connect() && error.is_retryable() && !error.is_ambiguous(), "{error}");
        assert_eq!(error.attempts(), Some(4), "{kind:?}");
        assert!(error.to_string().contains("was not carried out"), "{error}");
    }
}

#[tokio::test]
async fn a_lost_try_is_not_forgotten_when_the_next_finds_no_server() {
    for first in [Reaction::Reset, answer(503, "")] {
        let server = Server::script([first]).await;
        let slow =
            RetryPolicy::default().max_attempts(2).backoff(Duration::from_millis(200), Duration::from_millis(200));
        let psa = server.psa().with(CallOptions::new().retry(slow));
        let gone = async {
            server.until(1).await;
            server.close();
        };
        let (outcome, ()) = futures_util::future::join(Kind::Replace.call(&psa), gone).await;
        let error = outcome.unwrap_err();
        assert!(
            error.is_ambiguous() && !error.is_connect() && error.is_retryable() && error.attempts() == Some(2),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_lost_try_is_not_forgotten_when_the_next_is_refused() {
    for last in [too_many("0"), answer(400, "{}"), answer(401, "")] {
        let server = Server::script([Reaction::Reset, last]).await;
        let psa = server.psa().with(CallOptions::new().retry(quick().max_attempts(2)));
        let error = Kind::Replace.call(&psa).await.unwrap_err();
        assert!(error.is_api() && error.is_ambiguous() && error.attempts() == Some(2), "{error}");
        let server = Server::script([Reaction::Reset, too_many("0")]).await;
        let psa = server.psa().with(CallOptions::new().retry(quick().max_attempts(2)));
        assert!(!Kind::Read.call(&psa).await.unwrap_err().is_ambiguous());
    }
}

#[tokio::test]
async fn the_server_says_how_long_to_wait() {
    let waited = |refusal: Reaction| async {
        let server = Server::script([refusal, ticket()]).await;
        let psa = server.psa();
        let begun = Instant::now();
        Kind::Read.call(&psa).await.unwrap();
        begun.elapsed()
    };
    let cases = [("1", 1000), ("0", 0)].into_iter().flat_map(|(retry_after, least)| {
        [too_many(retry_after), answer(503, "").header("retry-after", retry_after)]
            .map(|refusal| (refusal, Duration::from_millis(least)))
    });
    for (took, least) in join_all(cases.map(|(refusal, least)| async move { (waited(refusal).await, least) })).await {
        assert!(took >= least, "{took:?}");
    }
}

#[tokio::test]
async fn a_wait_beyond_the_time_of_the_call_is_the_error_at_once() {
    let far = "Thu, 22 Nov 2992 10:00:00 GMT";
    for retry_after in ["", "60", far, "18446744073709551615", "9999999999999"] {
        for kind in [Kind::Read, Kind::Create] {
            let server = Server::always(too_many(retry_after)).await;
            let begun = Instant::now();
            let error = kind.call(&server.psa()).await.unwrap_err();
            assert!(error.is_rate_limited() && error.is_retryable() && !error.is_ambiguous(), "{error}");
            assert!(error.to_string().contains("The rate limit is exhausted"), "{error}");
            assert!(begun.elapsed() < Duration::from_secs(4) && server.count() == 1);
        }
        let server = Server::always(answer(503, "").header("retry-after", retry_after)).await;
        let error =
            Kind::Read.call(&server.psa().with(CallOptions::new().retry(quick().max_attempts(2)))).await.unwrap_err();
        assert_eq!(
            (error.status().unwrap().as_u16(), server.count()),
            (503, if retry_after.is_empty() { 2 } else { 1 })
        );
    }
}

#[tokio::test]
async fn delays_and_times_without_end_do_no_harm() {
    let server = Server::script([answer(503, ""), ticket(), answer(503, ""), too_many("0"), ticket()]).await;
    let longest = CallOptions::new().timeout(Duration::MAX);
    Kind::Read.call(&server.psa().with(longest.clone())).await.unwrap();
    let endless = longest.clone().retry(RetryPolicy::default().backoff(Duration::MAX, Duration::MAX));
    let outcome = tokio::time::timeout(Duration::from_millis(50), Kind::Read.call(&server.psa().with(endless))).await;
    assert!(outcome.is_err() || outcome.is_ok_and(|outcome| outcome.is_err()));
    Kind::Read
        .call(
            &server.builder().read_timeout(Duration::MAX).connect_timeout(Duration::MAX).build().unwrap().with(longest),
        )
        .await
        .unwrap();
}

#[tokio::test]
async fn retries_of_a_server_that_is_down_have_an_end() {
    let server = Server::always(answer(503, "")).await;
    let psa = server.builder().max_concurrent_requests(16).unlimited_requests_per_minute().build().unwrap();
    for _ in 0..5 {
        let outcomes = join_all((0..20).map(|_| Kind::Read.call(&psa))).await;
        assert!(outcomes.iter().all(Result::is_err));
    }
    assert_eq!(server.count(), 100 + 100);
    // Another client has its own budget.
    assert_eq!(Kind::Read.call(&server.psa()).await.unwrap_err().attempts(), Some(4));
}

#[tokio::test]
async fn a_stream_is_sent_once_and_the_refusal_is_what_it_was() {
    async fn upload(psa: &Psa) -> Error {
        let stream = Upload::from_stream("a.txt", 5, ByteStream::from("bytes"));
        psa.system().create_menu_entry_image(5, &json!({"title": "a"}), Some(stream)).await.unwrap_err()
    }
    for (failure, status, ambiguous) in [
        (too_many("0"), Some(429), false),
        (answer(503, ""), Some(503), true),
        (answer(401, ""), Some(401), false),
        (Reaction::Reset, None, true),
    ] {
        let server = Server::always(failure).await;
        let error = upload(&server.psa().with(CallOptions::new().retry_non_idempotent())).await;
        assert_eq!(
            (error.status().map(|status| status.as_u16()), error.is_ambiguous(), server.count()),
            (status, ambiguous, 1),
            "{error}"
        );
        assert!(server.asked()[0].body.contains("bytes"));
    }
    let server = Server::always(ticket()).await;
    let error =
        upload(&server.builder().base_url(format!("http://127.0.0.1:{}{BASE}", closed_port().await)).build().unwrap())
            .await;
    assert!(error.is_connect() && !error.is_ambiguous(), "{error}");
    // The keys of a member are renewed for the next call all the same.
    let mut minted = 0;
    let server = Server::new(move |asked| {
        if asked.target.ends_with("/tokens") {
            minted += 1;
            answer(200, json!({"publicKey": format!("m{minted}"), "privateKey": "s"}).to_string())
        } else if asked.method == "POST" {
            answer(401, "")
        } else {
            ticket()
        }
    })
    .await;
    let member = server.psa().as_member("jdoe");
    assert!(upload(&member).await.is_unauthenticated());
    Kind::Read.call(&member).await.unwrap();
    assert_eq!(server.asked().iter().filter(|asked| asked.target.ends_with("/tokens")).count(), 2);
}

#[tokio::test]
async fn a_form_of_bytes_is_sent_again_whole() {
    let server = Server::script([too_many("0"), ticket()]).await;
    let file = Upload::from_bytes("täst.txt", "the bytes").with_media_type("text/plain");
    server.psa().system().create_menu_entry_image(5, &json!({"title": "a"}), Some(file)).await.unwrap();
    let asked = server.asked();
    assert_eq!(asked.len(), 2);
    for asked in asked {
        assert!(asked.header("content-type").unwrap().starts_with("multipart/form-data; boundary="));
        assert!(
            asked.body.contains("the bytes")
                && asked.body.contains("text/plain")
                && asked.body.contains("name=\"title\"\r\n\r\na\r\n"),
            "{}",
            asked.body
        );
    }
}

#[tokio::test]
async fn an_upload_stream_of_another_length_is_an_error() {
    let server = Server::always(ticket()).await;
    let short = Upload::from_stream("a.txt", 50, ByteStream::from("bytes"));
    let error =
        server.psa().system().create_menu_entry_image(5, &json!({"title": "a"}), Some(short)).await.unwrap_err();
    assert!(error.is_transport(), "{error}");
    let causes: Vec<String> = std::iter::successors(std::error::Error::source(&error), |cause| cause.source())
        .map(ToString::to_string)
        .collect();
    assert!(causes.iter().any(|cause| cause.contains("the body has fewer than the expected 50 bytes")), "{causes:?}");
    assert_eq!(server.count(), 0);
}

#[tokio::test]
async fn a_record_that_is_gone_after_a_lost_deletion_may_have_been_deleted_by_it() {
    let gone = || answer(404, r#"{"code":"NotFound","message":"Ticket 5 not found"}"#);
    for (first, expected) in [(Reaction::Reset, true), (answer(503, ""), true), (too_many("0"), false)] {
        let server = Server::script([first, gone()]).await;
        let error = Kind::Delete.call(&server.psa()).await.unwrap_err();
        assert!(error.is_not_found() && error.attempts() == Some(2), "{error}");
        assert_eq!(error.to_string().contains("that one may have deleted it"), expected, "{error}");
    }
    let error = Kind::Delete.call(&Server::always(gone()).await.psa()).await.unwrap_err();
    assert!(!error.to_string().contains("earlier try"), "{error}");
}

#[tokio::test]
async fn connections_that_the_server_closes_while_idle_lose_no_change() {
    let server = Server::always(ticket().header("connection", "keep-alive")).await;
    let psa = server.psa();
    for number in 1..=10 {
        psa.service().create_ticket(&json!({"summary": "a"})).await.unwrap();
        assert_eq!(server.count(), number);
        // The end of the connection is on its way.
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn an_answer_tells_how_often_it_was_asked_for() {
    let server = Server::script([answer(503, ""), too_many("0"), ticket(), answer(404, "{}")]).await;
    let psa = server.psa();
    let get = || Request::new(Method::Get, "/service/tickets/5");
    assert_eq!(psa.connection().send(get()).await.unwrap().attempts, 3);
    let missing = psa.connection().send(get()).await.unwrap();
    assert_eq!((missing.status.as_u16(), missing.attempts), (404, 1));
}

#[tokio::test]
async fn a_download_is_tried_again_until_its_head_is_there() {
    let file = other(200, "text/plain", "the file");
    let server =
        Server::script([answer(503, ""), file, Reaction::CutOff(Box::new(other(200, "text/plain", "the file")))]).await;
    let psa = server.psa();
    assert_eq!(psa.system().download_document(5).await.unwrap().bytes().await.unwrap(), "the file");
    let error = psa.system().download_document(5).await.unwrap().bytes().await.unwrap_err();
    assert!(error.is_transport() && error.to_string().contains("system.download_document"), "{error}");
    assert_eq!(server.count(), 3);
}

#[tokio::test]
async fn every_retry_is_told() {
    let written = Written::default();
    let _listening = listen(written.clone());
    let server = Server::script([answer(503, r#"{"message":"busy now"}"#), Reaction::Reset, ticket()]).await;
    Kind::Read.call(&server.psa()).await.unwrap();
    let text = written.text();
    let told: Vec<_> =
        text.lines().filter(|line| line.contains("WARN") && line.contains("sending the request again")).collect();
    assert_eq!(told.len(), 2, "{text}");
    assert!(
        told[0].contains("operation=\"service.get_ticket\"")
            && told[0].contains("attempt=1")
            && told[0].contains("503"),
        "{text}"
    );
    assert!(told[1].contains("attempt=2") && told[1].contains("broke off"), "{text}");
}

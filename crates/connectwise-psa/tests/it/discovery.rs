//! Tests the discovery of the base URL. A lookup requests the public company information, which contains the code base.
//! The client sends one lookup, without credentials, and another one when the API seems to have moved to another code
//! base. It does not send credentials to another host that a lookup returns.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use connectwise_psa::{ByteStream, CallOptions, Discovery, Error, Psa, Upload, Value};
use futures_util::future::{join_all, join3};
use serde_json::json;

use crate::logs::{LogBuffer, capture};
use crate::server::{Action, BASE, CLIENT_ID, RecordedRequest, Server, json_response, rate_limited, response, ticket};

/// The path of a lookup.
const LOOKUP: &str = "/login/companyinfo/acme";

async fn read(psa: &Psa) -> Result<Value, Error> {
    psa.service().get_ticket(5).decode_as::<Value>().await
}

fn is_lookup(request: &RecordedRequest) -> bool {
    request.target.starts_with("/login/companyinfo/")
}

/// Returns the response to a lookup: the company information. An empty `site_url` means the host that was requested.
fn info(site_url: &str, code_base: &str) -> Action {
    json_response(200, json!({"CompanyName": "Acme", "Codebase": code_base, "VersionCode": "v2025.1", "IsCloud": "True", "SiteUrl": site_url}).to_string())
}

/// Returns a client that discovers the base URL.
fn discovering_client(server: &Server) -> Psa {
    server.builder().code_base_discovery(Discovery::Always).build().unwrap()
}

/// Returns a server that takes these actions for lookups, repeating the last one, and calls `call` for other requests.
async fn server_with_lookups(
    lookups: Vec<Action>,
    mut call: impl FnMut(&RecordedRequest) -> Action + Send + 'static,
) -> Server {
    let mut number = 0;
    Server::new(move |request| {
        if is_lookup(request) {
            number += 1;
            lookups[(number - 1).min(lookups.len() - 1)].clone()
        } else {
            call(request)
        }
    })
    .await
}

/// Returns the number of lookups so far.
fn lookups(server: &Server) -> usize {
    server.requests().iter().filter(|request| is_lookup(request)).count()
}

/// Returns the error response of the cloud to a wrong code base.
fn cannot_route() -> Action {
    response(400, "text/plain", "Cannot route. Codebase/company is invalid")
}

/// Moves tokio's clock forward by more than a minute. The client looks up the base URL at most once a minute.
async fn advance_a_minute() {
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(61)).await;
    tokio::time::resume();
}

#[tokio::test]
async fn the_base_url_is_discovered_once_without_credentials_for_all_clones() {
    let server =
        server_with_lookups(vec![info("127.0.0.1", "v2025_1/").after(Duration::from_millis(20))], |_| ticket()).await;
    let psa = discovering_client(&server);
    // Before the lookup, the client has the default code base.
    assert!(format!("{psa:?}").contains("v4_6_release"));
    let clones: Vec<_> = (0..6).map(|_| psa.clone()).collect();
    assert!(join_all(clones.iter().map(read)).await.iter().all(Result::is_ok));
    read(&psa.with(CallOptions::new().without_version())).await.unwrap();
    let requests = server.requests();
    assert!(
        is_lookup(&requests[0]) && requests[0].target == LOOKUP && requests[0].has_no_credentials(),
        "{:?}",
        requests[0]
    );
    assert_eq!((lookups(&server), requests.len()), (1, 8));
    assert!(requests[1..].iter().all(|request| request.request_line() == "GET /v2025_1/apis/3.0/service/tickets/5"
        && request.header("clientid") == Some(CLIENT_ID)));
    assert_eq!(psa.base_url().await.unwrap(), format!("http://{}/v2025_1/apis/3.0", server.address));
}

#[tokio::test]
async fn booleans_as_strings_and_missing_fields_are_accepted() {
    for (body, base, is_cloud) in [
        (r#"{"Codebase":"v2025_1/","IsCloud":"True","SiteUrl":"127.0.0.1"}"#, "v2025_1", Some(true)),
        (r#"{"Codebase":"v2025_1/","IsCloud":true,"SiteUrl":"127.0.0.1","AllowedOrigins":[]}"#, "v2025_1", Some(true)),
        (r#"{"Codebase":"v4_6_release/","IsCloud":false,"SiteUrl":null}"#, "v4_6_release", Some(false)),
        (r#"{"CompanyID":"acme"}"#, "v4_6_release", None),
    ] {
        let server = server_with_lookups(vec![json_response(200, body)], |_| ticket()).await;
        let psa = discovering_client(&server);
        assert_eq!(psa.company_info().await.unwrap().is_cloud, is_cloud);
        read(&psa).await.unwrap();
        assert_eq!(server.requests().last().unwrap().request_line(), format!("GET /{base}/apis/3.0/service/tickets/5"));
    }
}

#[tokio::test]
async fn an_unknown_company_is_named() {
    for action in [json_response(200, "null"), json_response(404, ""), response(404, "text/plain", "no such company")] {
        let server = server_with_lookups(vec![action], |_| ticket()).await;
        let error = read(&discovering_client(&server)).await.unwrap_err();
        assert_eq!(lookup_error(&error).parameter(), Some("company"), "{error}");
        assert!(error.to_string().contains("\"acme\" is unknown at 127.0.0.1"), "{error}");
        assert!(!error.is_not_found() && !error.is_retryable(), "{error}");
        // It is not retried, although the policy allows more attempts.
        assert_eq!(server.count(), 1);
    }
}

#[tokio::test]
async fn a_host_that_is_not_a_psa_server_is_named() {
    for (action, expected) in [
        (response(200, "text/html", "<html>Log in</html>"), "it is not a PSA server"),
        (json_response(200, "[1]"), "it is not a PSA server"),
        (json_response(200, "{}"), "it is not a PSA server"),
        (json_response(200, r#"{"id":5}"#), "it is not a PSA server"),
        (
            response(404, "text/html", "<html><title>File not found</title></html>"),
            "returns an HTML page (404 Not Found)",
        ),
        (
            json_response(302, "").header("location", "https://elsewhere.example/x?key=1"),
            "redirects (302 Found) to https://elsewhere.example/x",
        ),
    ] {
        let server = server_with_lookups(vec![action], |_| ticket()).await;
        let error = read(&discovering_client(&server)).await.unwrap_err();
        assert!(lookup_error(&error).parameter() == Some("host") && error.to_string().contains(expected), "{error}");
        assert_eq!(server.count(), 1);
    }
}

#[tokio::test]
async fn a_redirected_lookup_is_not_followed() {
    let other_server = Server::always(info("127.0.0.1", "v2025_1")).await;
    let location = format!("http://{}/x", other_server.address);
    let server = server_with_lookups(vec![json_response(302, "").header("location", location)], |_| ticket()).await;
    let psa = discovering_client(&server);
    let error = read(&psa).await.unwrap_err();
    assert!(error.to_string().contains("redirect"), "{error}");
    assert_eq!(server.count(), 1);
    assert_eq!(other_server.count(), 0);
}

#[tokio::test]
async fn credentials_are_not_sent_to_another_host_that_a_lookup_returns() {
    for site_url in ["127.0.0.2", "evil.example", "127.0.0.1@evil.example", "127.0.0.1.evil.example", "//evil.example"]
    {
        let server = server_with_lookups(vec![info(site_url, "v2025_1/")], |_| ticket()).await;
        let error = read(&discovering_client(&server)).await.unwrap_err();
        assert_eq!(lookup_error(&error).parameter(), Some("host"), "{site_url}: {error}");
        assert_eq!(server.count(), 1, "{site_url}");
    }
    // Another port of the same host is another server: no request is sent to it.
    let other_server = Server::always(ticket()).await;
    let server = server_with_lookups(vec![info(&other_server.address.to_string(), "v2025_1/")], |_| ticket()).await;
    let _ = read(&discovering_client(&server)).await;
    assert_eq!(other_server.count(), 0);
    // A code base must be a single segment of a path.
    for code_base in ["../login", "a/b", "..", "v2025_1/../x", "a?b", "v1 x"] {
        let server = server_with_lookups(vec![info("127.0.0.1", code_base)], |_| ticket()).await;
        let error = read(&discovering_client(&server)).await.unwrap_err();
        assert!(lookup_error(&error).is_invalid_input(), "{code_base}");
        assert_eq!(server.count(), 1, "{code_base}");
    }
}

#[tokio::test]
async fn a_failed_lookup_is_retried_and_the_call_is_not_ambiguous() {
    let server = server_with_lookups(vec![Action::Reset, json_response(503, ""), info("", "v2025_1/")], |_| {
        json_response(201, r#"{"id":6}"#)
    })
    .await;
    discovering_client(&server).service().create_ticket(&json!({"summary": "a"})).await.unwrap();
    assert_eq!((lookups(&server), server.count()), (3, 4));
    for action in [Action::Reset, json_response(503, ""), Action::Close] {
        let server = server_with_lookups(vec![action], |_| ticket()).await;
        let error = discovering_client(&server).service().create_ticket(&json!({"summary": "a"})).await.unwrap_err();
        assert!(!error.is_ambiguous() && error.is_retryable(), "{error}");
        // The default policy allows four attempts.
        assert_eq!(server.count(), 4);
    }
}

#[tokio::test]
async fn a_stream_is_not_sent_before_a_retried_lookup_succeeds() {
    let server = server_with_lookups(
        vec![Action::Reset, json_response(429, "{}").header("retry-after", "0"), info("", "v2025_1/")],
        |_| Action::Reset,
    )
    .await;
    let stream = Upload::from_stream("a.txt", 5, ByteStream::from("bytes"));
    let error = discovering_client(&server)
        .system()
        .upload_menu_entry_image(5, &json!({"title": "a"}), Some(stream))
        .await
        .unwrap_err();
    assert!(error.is_ambiguous() && error.attempts() == Some(1), "{error}");
    assert_eq!((lookups(&server), server.count()), (3, 4));
    // A 429 for a lookup does not make the call ambiguous.
    let server = server_with_lookups(vec![json_response(429, "{}").header("retry-after", "0")], |_| ticket()).await;
    let error = discovering_client(&server).service().create_ticket(&json!({"summary": "a"})).await.unwrap_err();
    assert!(lookup_error(&error).is_rate_limited() && error.is_retryable(), "{error}");
    assert_eq!(error.retry_after(), Some(Duration::ZERO), "{error}");
}

#[tokio::test]
async fn the_next_call_repeats_a_failed_lookup() {
    let server = server_with_lookups(vec![json_response(200, "null"), info("", "v2025_1/")], |_| ticket()).await;
    let psa = discovering_client(&server);
    assert!(read(&psa).await.is_err());
    read(&psa).await.unwrap();
    assert_eq!(server.count(), 3);
}

#[tokio::test]
async fn if_the_code_base_has_changed_the_call_is_sent_to_the_new_one() {
    let server = server_with_lookups(vec![info("", "v2025_1/"), info("", "v2025_2/")], |request| {
        if request.target.starts_with("/v2025_2/") { json_response(201, r#"{"id":6}"#) } else { cannot_route() }
    })
    .await;
    let psa = discovering_client(&server);
    psa.base_url().await.unwrap();
    advance_a_minute().await;
    psa.service().create_ticket(&json!({"summary": "a"})).await.unwrap();
    let lines: Vec<_> = server.requests().iter().map(RecordedRequest::request_line).collect();
    let (old, new) =
        ("POST /v2025_1/apis/3.0/service/tickets".to_owned(), "POST /v2025_2/apis/3.0/service/tickets".to_owned());
    assert_eq!(lines, [format!("GET {LOOKUP}"), old, format!("GET {LOOKUP}"), new]);
    assert!(server.requests()[2].has_no_credentials());
}

#[tokio::test]
async fn if_the_code_base_is_the_same_the_error_response_is_the_error() {
    for error_response in
        [cannot_route(), json_response(404, r#"{"code":"ConnectWiseApi","message":"The endpoint does not exist."}"#)]
    {
        let server = server_with_lookups(vec![info("", "v2025_1/")], move |_| error_response.clone()).await;
        let psa = discovering_client(&server);
        psa.base_url().await.unwrap();
        advance_a_minute().await;
        let error = read(&psa).await.unwrap_err();
        assert!(error.is_api() && error.to_string().contains("Check the"), "{error}");
        assert_eq!((lookups(&server), server.count()), (2, 3));
        // Calls within the next minute do not repeat the lookup, even if they are concurrent.
        let outcomes = join_all((0..8).map(|_| read(&psa))).await;
        assert!(outcomes.iter().all(Result::is_err));
        assert_eq!(lookups(&server), 2);
    }
}

#[tokio::test]
async fn concurrent_error_responses_cause_one_lookup() {
    let server =
        server_with_lookups(vec![info("", "v2025_1/")], |_| cannot_route().after(Duration::from_millis(20))).await;
    let psa = discovering_client(&server);
    psa.base_url().await.unwrap();
    advance_a_minute().await;
    assert!(join_all((0..4).map(|_| read(&psa))).await.iter().all(Result::is_err));
    assert_eq!(lookups(&server), 2);
}

#[tokio::test]
async fn concurrent_calls_are_all_sent_again_to_the_new_code_base() {
    let server = server_with_lookups(vec![info("", "v2025_1/"), info("", "v2025_2/")], |request| {
        if request.target.starts_with("/v2025_2/") { ticket() } else { cannot_route().after(Duration::from_millis(20)) }
    })
    .await;
    let psa = discovering_client(&server);
    psa.base_url().await.unwrap();
    advance_a_minute().await;
    assert!(join_all((0..4).map(|_| read(&psa))).await.iter().all(Result::is_ok));
    assert_eq!(lookups(&server), 2);
}

#[tokio::test]
async fn a_late_error_response_from_the_old_code_base_does_not_cause_another_lookup() {
    let mut delay = Duration::ZERO;
    let server = server_with_lookups(vec![info("", "v2025_1/"), info("", "v2025_2/")], move |request| {
        if request.target.starts_with("/v2025_2/") {
            return ticket();
        }
        delay += Duration::from_millis(30);
        cannot_route().after(delay)
    })
    .await;
    let psa = discovering_client(&server);
    psa.base_url().await.unwrap();
    advance_a_minute().await;
    assert!(join_all((0..3).map(|_| read(&psa))).await.iter().all(Result::is_ok));
    assert_eq!(lookups(&server), 2);
}

#[tokio::test]
async fn several_404_responses_in_a_row_cause_a_lookup() {
    let is_found = Arc::new(AtomicBool::new(false));
    let found = Arc::clone(&is_found);
    let server = server_with_lookups(vec![info("", "v2025_1/")], move |_| {
        if found.load(Ordering::SeqCst) {
            ticket()
        } else {
            json_response(404, r#"{"code":"NotFound","message":"Ticket 5 not found"}"#)
        }
    })
    .await;
    let psa = discovering_client(&server);
    psa.base_url().await.unwrap();
    advance_a_minute().await;
    // The number of further calls that get a 404, and the number of lookups afterwards. The fifth 404 in a row causes
    // the second lookup. A third one would be too early.
    for (missing, expected) in [(4, 1), (1, 2), (7, 2)] {
        for _ in 0..missing {
            assert!(read(&psa).await.unwrap_err().is_not_found());
        }
        assert_eq!(lookups(&server), expected);
    }
    advance_a_minute().await;
    // After a success, a single 404 does not cause a lookup.
    is_found.store(true, Ordering::SeqCst);
    read(&psa).await.unwrap();
    is_found.store(false, Ordering::SeqCst);
    assert!(read(&psa).await.is_err());
    assert_eq!(lookups(&server), 2);
}

#[tokio::test]
async fn by_default_servers_outside_the_cloud_are_not_looked_up() {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let server = Server::new(move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        cannot_route()
    })
    .await;
    let with_host = Psa::builder()
        .host(format!("http://{}", server.address))
        .company("acme")
        .keys("public", "private")
        .build()
        .unwrap();
    for psa in [server.psa(), with_host] {
        advance_a_minute().await;
        // A client that discovers its base URL would look it up after the first of these error responses.
        for _ in 0..6 {
            assert!(read(&psa).await.is_err());
        }
    }
    // Two clients with six calls each.
    assert_eq!((lookups(&server), calls.load(Ordering::SeqCst)), (0, 12));
    assert_eq!(server.requests()[11].target, format!("{BASE}/service/tickets/5"));
}

#[tokio::test]
async fn after_the_first_call_is_dropped_the_next_call_repeats_the_lookup() {
    let server = server_with_lookups(vec![Action::Silence, info("", "v2025_1/")], |_| ticket()).await;
    let psa = discovering_client(&server);
    tokio::select! {
        _ = read(&psa) => panic!("the server is silent"),
        () = server.wait_for_requests(1) => {}
    }
    read(&psa).await.unwrap();
    assert_eq!(lookups(&server), 2);
}

/// Asserts that a call was not sent because of the client's limits.
#[track_caller]
fn assert_limited(error: &Error) {
    assert!(error.is_rate_limited() && error.status().is_none(), "{error}");
    assert!(error.is_unsent() && error.is_retryable() && !error.is_ambiguous(), "{error}");
}

/// Returns the error of the lookup that a call failed with.
#[track_caller]
fn lookup_error(error: &Error) -> &Error {
    assert!(error.is_preparation() && error.is_unsent() && !error.is_ambiguous(), "{error}");
    assert!(error.to_string().contains("the base URL of the API could not be looked up"), "{error}");
    std::error::Error::source(error).unwrap().downcast_ref().unwrap()
}

fn within(milliseconds: u64) -> CallOptions {
    CallOptions::new().timeout(Duration::from_millis(milliseconds))
}

#[tokio::test]
async fn a_lookup_has_a_span_and_a_user_agent_like_every_request() {
    let logs = LogBuffer::default();
    let _capture = capture(logs.clone());
    let server =
        server_with_lookups(vec![Action::Reset, info("", "v2025_1/").header("x-cw-request-id", "r-17")], |_| ticket())
            .await;
    let psa = discovering_client(&server);
    read(&psa).await.unwrap();
    psa.company_info().await.unwrap();
    let text = logs.text();
    let closed: Vec<_> = text.lines().filter(|line| line.contains("psa.request{") && line.contains("close")).collect();
    let lookups: Vec<_> =
        closed.iter().filter(|line| line.contains("method=\"GET\" path=\"/login/companyinfo/acme\"")).collect();
    // The failed lookup, its retry, the call, and the lookup of `company_info`.
    assert_eq!((closed.len(), lookups.len()), (4, 3), "{text}");
    assert!(lookups[0].contains("attempt=1") && lookups[0].contains("error="), "{}", lookups[0]);
    assert!(
        lookups[1].contains("attempt=2") && lookups[1].contains("status=200") && lookups[1].contains("duration_ms="),
        "{}",
        lookups[1]
    );
    assert!(lookups[1].contains("request_id=\"r-17\"") && lookups[2].contains("attempt=1"), "{text}");
    assert!(
        text.lines().any(|line| line.contains("WARN")
            && line.contains("retrying the discovery of the base URL")
            && line.contains("attempt=1")),
        "{text}"
    );
    for request in server.requests() {
        assert!(request.header("user-agent").unwrap().starts_with("connectwise-psa/"), "{request:?}");
        assert_eq!(
            request.header("accept"),
            Some(if is_lookup(&request) {
                "application/json"
            } else {
                "application/vnd.connectwise.com+json; version=2025.8"
            })
        );
    }
}

#[tokio::test]
async fn a_lookup_counts_towards_the_limit_per_minute() {
    let server = server_with_lookups(vec![info("", "v2025_1/")], |_| ticket()).await;
    let psa = server.builder().code_base_discovery(Discovery::Always).requests_per_minute(1).build().unwrap();
    // The lookup is the only request of this minute, so the call and the next lookup wait.
    assert_limited(&read(&psa.with(within(50))).await.unwrap_err());
    assert_eq!((lookups(&server), server.count()), (1, 1));
    assert_limited(&psa.with(within(50)).company_info().await.unwrap_err());
    assert_eq!(server.count(), 1);
    advance_a_minute().await;
    read(&psa.with(within(4000))).await.unwrap();
    assert_eq!((lookups(&server), server.count()), (1, 2));
    // A pause that the server asks for also delays discovery.
    let server = server_with_lookups(vec![info("", "v2025_1/")], |_| rate_limited("30")).await;
    let psa = discovering_client(&server);
    assert!(read(&psa).await.unwrap_err().is_rate_limited());
    assert_limited(&psa.with(within(50)).company_info().await.unwrap_err());
    assert_eq!(lookups(&server), 1);
}

#[tokio::test]
async fn a_lookup_ends_with_the_timeout_of_its_call() {
    let server = Server::always(Action::Silence).await;
    let psa = discovering_client(&server).with(within(100));
    let started = Instant::now();
    // The call itself was not sent, so it is not ambiguous.
    let error = psa.service().create_ticket(&json!({"summary": "a"})).await.unwrap_err();
    assert!(lookup_error(&error).is_timeout() && error.is_retryable(), "{error}");
    for error in [psa.base_url().await.unwrap_err(), psa.company_info().await.unwrap_err()] {
        assert!(error.is_timeout() && error.to_string().contains("100ms for the whole call"), "{error}");
    }
    assert!(started.elapsed() < Duration::from_secs(20));
    assert_eq!((lookups(&server), server.count()), (3, 3));
}

#[tokio::test]
async fn one_permit_does_not_cause_a_deadlock() {
    let mut minted = 0;
    let server = server_with_lookups(
        vec![
            info("", "v2025_1/").after(Duration::from_millis(5)),
            info("", "v2025_2/").after(Duration::from_millis(5)),
        ],
        move |request| {
            if request.target.ends_with("/tokens") {
                minted += 1;
                return json_response(200, json!({"publicKey": format!("m{minted}"), "privateKey": "s"}).to_string());
            }
            if request.target.starts_with("/v2025_2/") {
                ticket().after(Duration::from_millis(2))
            } else {
                cannot_route().after(Duration::from_millis(2))
            }
        },
    )
    .await;
    let psa = server.builder().code_base_discovery(Discovery::Always).max_concurrent_requests(1).build().unwrap();
    // Concurrent calls before the base URL is known.
    let (url, company, outcomes) =
        join3(psa.base_url(), psa.company_info(), join_all((0..6).map(|_| read(&psa)))).await;
    assert!(url.is_ok() && company.is_ok());
    // The code base is wrong, and the client does not repeat the lookup within a minute.
    assert!(outcomes.iter().all(|outcome| outcome.as_ref().unwrap_err().is_api()));
    advance_a_minute().await;
    // After the API has moved, rejected calls, the lookup, minting and retries share one permit.
    let clients: Vec<_> = (0..8)
        .map(|number| if number % 2 == 0 { psa.clone() } else { psa.as_member(&format!("member{}", number % 3)) })
        .collect();
    let outcomes = join_all(clients.iter().map(read)).await;
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    assert_eq!(server.max_open(), 1);
}

/// Returns a server that is looked up once with success, does not respond to any other lookup, and responds to each call
/// with `response`. The client is ready for another lookup.
async fn server_with_silent_lookups(response: Action) -> (Server, Psa) {
    let lookups = vec![info("", "v2025_1/"), Action::Silence];
    let server = server_with_lookups(lookups, move |_| response.clone()).await;
    let psa = discovering_client(&server).with(within(700));
    psa.base_url().await.unwrap();
    advance_a_minute().await;
    (server, psa)
}

#[tokio::test]
async fn a_repeated_lookup_without_a_response_does_not_replace_the_error_response() {
    let (server, psa) = server_with_silent_lookups(cannot_route()).await;
    for _ in 0..3 {
        let error = read(&psa).await.unwrap_err();
        assert_eq!(error.status().map(|status| status.as_u16()), Some(400), "{error}");
    }
    // The failed lookup counts, so the next one waits for a minute.
    assert_eq!(lookups(&server), 2);
}

#[tokio::test]
async fn a_repeated_lookup_of_a_dropped_call_counts() {
    let (server, psa) = server_with_silent_lookups(cannot_route()).await;
    let dropped = tokio::time::timeout(Duration::from_millis(200), read(&psa)).await;
    assert!(dropped.is_err());
    assert!(!read(&psa).await.unwrap_err().is_timeout());
    assert_eq!(lookups(&server), 2);
}

#[tokio::test]
async fn an_error_object_in_place_of_the_company_information_is_an_error() {
    let body = r#"{"code":"Security","message":"SSL is required.","errors":null}"#;
    let server = server_with_lookups(vec![json_response(200, body)], |_| ticket()).await;
    let psa = discovering_client(&server);
    let error = psa.company_info().await.unwrap_err();
    assert!(error.is_unexpected_response() && error.code() == Some("Security"), "{error}");
    let error = read(&psa).await.unwrap_err();
    assert!(lookup_error(&error).is_unexpected_response() && error.to_string().contains("SSL is required"), "{error}");
    let report = psa.check().await.to_string();
    assert!(report.contains("SSL is required") && !report.contains("was lost"), "{report}");
    assert_eq!(server.count(), lookups(&server));
}

#[tokio::test]
async fn company_information_may_start_with_a_byte_order_mark() {
    let body = "\u{feff}{\"CompanyName\":\"Acme\",\"Codebase\":\"v2025_1/\"}";
    let server = server_with_lookups(vec![json_response(200, body)], |_| ticket()).await;
    assert_eq!(discovering_client(&server).company_info().await.unwrap().code_base.as_deref(), Some("v2025_1"));
}

/// The company is a part of the credentials, but it is not secret, and company information contains it.
#[tokio::test]
async fn company_information_is_not_redacted() {
    for company in ["managedservicesprovider", "acme"] {
        let body = json!({"CompanyName": "MSP", "CompanyID": company, "Codebase": "v2025_1/", "SiteUrl": "127.0.0.1"});
        // A server that returns a key is unusual, but the caller gets what the server sent.
        let body = body.to_string().replace("MSP", "0123456789abcdef qwertzuiopasdfgh");
        let server = server_with_lookups(vec![json_response(200, body)], move |_| {
            json_response(400, format!(r#"{{"message":"{company} and 0123456789abcdef and qwertzuiopasdfgh"}}"#))
        })
        .await;
        let builder = server.builder().company(company).keys("0123456789abcdef", "qwertzuiopasdfgh");
        let psa = builder.code_base_discovery(Discovery::Always).build().unwrap();
        let info = psa.company_info().await.unwrap();
        assert_eq!(info.company_id.as_deref(), Some(company));
        assert_eq!(info.company_name.as_deref(), Some("0123456789abcdef qwertzuiopasdfgh"));
        let error = read(&psa).await.unwrap_err();
        let expected = format!("{company} and 0123456789abcdef and [redacted]");
        assert_eq!(error.message(), Some(expected.as_str()));
    }
}

//! Where the API is: asked once and without credentials, kept, asked again when the API has moved, and never followed
//! off the server.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use connectwise_psa::dependencies::reqwest;
use connectwise_psa::{ByteStream, CallOptions, Discovery, Error, Psa, Upload, Value};
use futures_util::future::{join_all, join3};
use serde_json::json;

use crate::logs::{Written, listen};
use crate::server::{Asked, BASE, CLIENT_ID, Reaction, Server, answer, other, ticket, too_many};

const LOOKUP: &str = "/login/companyinfo/acme";

async fn read(psa: &Psa) -> Result<Value, Error> {
    psa.service().get_ticket(5).decode_as::<Value>().await
}

fn is_lookup(asked: &Asked) -> bool {
    asked.target.starts_with("/login/companyinfo/")
}

fn info(site_url: &str, code_base: &str) -> Reaction {
    answer(200, json!({"CompanyName": "Acme", "Codebase": code_base, "VersionCode": "v2025.1", "IsCloud": "True", "SiteUrl": site_url}).to_string())
}

/// A client that asks where the API is.
fn asking(server: &Server) -> Psa {
    server.builder().code_base_discovery(Discovery::Always).build().unwrap()
}

/// A server that answers lookups with these, the last one for ever, and calls by `call`.
async fn moving(lookups: Vec<Reaction>, mut call: impl FnMut(&Asked) -> Reaction + Send + 'static) -> Server {
    let mut number = 0;
    Server::new(move |asked| {
        if is_lookup(asked) {
            number += 1;
            lookups[(number - 1).min(lookups.len() - 1)].clone()
        } else {
            call(asked)
        }
    })
    .await
}

fn lookups(server: &Server) -> usize {
    server.asked().iter().filter(|asked| is_lookup(asked)).count()
}

fn cannot_route() -> Reaction {
    other(400, "text/plain", "Cannot route. Codebase/company is invalid")
}

/// Lets a minute pass, during which nothing is sent.
async fn a_minute_passes() {
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(61)).await;
    tokio::time::resume();
}

#[tokio::test]
async fn it_is_asked_once_without_credentials_and_kept_by_all_clones() {
    let server = moving(vec![info("127.0.0.1", "v2025_1/").after(Duration::from_millis(20))], |_| ticket()).await;
    let psa = asking(&server);
    assert!(format!("{psa:?}").contains("v4_6_release"));
    let clones: Vec<_> = (0..6).map(|_| psa.clone()).collect();
    assert!(join_all(clones.iter().map(read)).await.iter().all(Result::is_ok));
    read(&psa.with(CallOptions::new().without_version())).await.unwrap();
    let asked = server.asked();
    assert!(is_lookup(&asked[0]) && asked[0].target == LOOKUP && asked[0].is_anonymous(), "{:?}", asked[0]);
    assert_eq!((lookups(&server), asked.len()), (1, 8));
    assert!(asked[1..].iter().all(|asked| asked.line() == "GET /v2025_1/apis/3.0/service/tickets/5"
        && asked.header("clientid") == Some(CLIENT_ID)));
    assert_eq!(psa.base_url().await.unwrap(), format!("http://{}/v2025_1/apis/3.0", server.address));
}

#[tokio::test]
async fn both_kinds_of_flags_and_missing_members_are_read() {
    for (body, base, is_cloud) in [
        (r#"{"Codebase":"v2025_1/","IsCloud":"True","SiteUrl":"127.0.0.1"}"#, "v2025_1", Some(true)),
        (r#"{"Codebase":"v2025_1/","IsCloud":true,"SiteUrl":"127.0.0.1","AllowedOrigins":[]}"#, "v2025_1", Some(true)),
        (r#"{"Codebase":"v4_6_release/","IsCloud":false,"SiteUrl":null}"#, "v4_6_release", Some(false)),
        ("{}", "v4_6_release", None),
    ] {
        let server = moving(vec![answer(200, body)], |_| ticket()).await;
        let psa = asking(&server);
        assert_eq!(psa.company_info().await.unwrap().is_cloud, is_cloud);
        read(&psa).await.unwrap();
        assert_eq!(server.asked().last().unwrap().line(), format!("GET /{base}/apis/3.0/service/tickets/5"));
    }
}

#[tokio::test]
async fn a_company_that_is_unknown_is_named() {
    for reaction in [answer(200, "null"), answer(404, ""), other(404, "text/html", "<html></html>")] {
        let server = moving(vec![reaction], |_| ticket()).await;
        let error = read(&asking(&server)).await.unwrap_err();
        assert!(
            error.is_invalid_input()
                && error.parameter() == Some("company")
                && error.to_string().contains("\"acme\" is unknown at 127.0.0.1"),
            "{error}"
        );
        // Once, although the policy has more tries.
        assert_eq!(server.count(), 1);
    }
}

#[tokio::test]
async fn a_server_that_is_none_is_named() {
    for (reaction, why) in [
        (other(200, "text/html", "<html>Log in</html>"), "it is no PSA server"),
        (answer(200, "[1]"), "it is no PSA server"),
        (answer(302, "").header("location", "https://elsewhere.example/"), "redirects (302 Found)"),
    ] {
        let server = moving(vec![reaction], |_| ticket()).await;
        let error = read(&asking(&server)).await.unwrap_err();
        assert!(error.parameter() == Some("host") && error.to_string().contains(why), "{error}");
        assert_eq!(server.count(), 1);
    }
}

#[tokio::test]
async fn a_redirected_lookup_is_refused_also_when_the_callers_client_follows_it() {
    let elsewhere = Server::always(info("127.0.0.1", "v2025_1")).await;
    let location = format!("http://{}/x", elsewhere.address);
    let server = moving(vec![answer(302, "").header("location", location)], |_| ticket()).await;
    let psa =
        server.builder().code_base_discovery(Discovery::Always).http_client(reqwest::Client::new()).build().unwrap();
    let error = read(&psa).await.unwrap_err();
    assert!(error.to_string().contains("redirect"), "{error}");
    assert_eq!(server.count(), 1);
    assert!(elsewhere.asked().iter().all(Asked::is_anonymous));
}

#[tokio::test]
async fn credentials_do_not_go_where_a_lookup_leads() {
    for site_url in ["127.0.0.2", "evil.example", "127.0.0.1@evil.example", "127.0.0.1.evil.example", "//evil.example"]
    {
        let server = moving(vec![info(site_url, "v2025_1/")], |_| ticket()).await;
        let error = read(&asking(&server)).await.unwrap_err();
        assert!(error.is_invalid_input() && error.parameter() == Some("host"), "{site_url}: {error}");
        assert_eq!(server.count(), 1, "{site_url}");
    }
    // Another port of the same host is another server, and is not gone to.
    let elsewhere = Server::always(ticket()).await;
    let server = moving(vec![info(&elsewhere.address.to_string(), "v2025_1/")], |_| ticket()).await;
    let _ = read(&asking(&server)).await;
    assert_eq!(elsewhere.count(), 0);
    for code_base in ["../login", "a/b", "..", "v2025_1/../x", "a?b", "v1 x"] {
        let server = moving(vec![info("127.0.0.1", code_base)], |_| ticket()).await;
        assert!(read(&asking(&server)).await.unwrap_err().is_invalid_input(), "{code_base}");
        assert_eq!(server.count(), 1, "{code_base}");
    }
}

#[tokio::test]
async fn a_lookup_that_is_lost_is_tried_again_and_the_call_is_not_ambiguous() {
    let server =
        moving(vec![Reaction::Reset, answer(503, ""), info("", "v2025_1/")], |_| answer(201, r#"{"id":6}"#)).await;
    asking(&server).service().create_ticket(&json!({"summary": "a"})).await.unwrap();
    assert_eq!((lookups(&server), server.count()), (3, 4));
    for reaction in [Reaction::Reset, answer(503, ""), Reaction::Close] {
        let server = moving(vec![reaction], |_| ticket()).await;
        let error = asking(&server).service().create_ticket(&json!({"summary": "a"})).await.unwrap_err();
        assert!(!error.is_ambiguous() && error.is_retryable(), "{error}");
        assert_eq!(server.count(), 4);
    }
}

#[tokio::test]
async fn a_stream_waits_for_a_lookup_that_is_tried_again() {
    let server =
        moving(vec![Reaction::Reset, answer(429, "{}").header("retry-after", "0"), info("", "v2025_1/")], |_| {
            Reaction::Reset
        })
        .await;
    let stream = Upload::from_stream("a.txt", 5, ByteStream::from("bytes"));
    let error =
        asking(&server).system().create_menu_entry_image(5, &json!({"title": "a"}), Some(stream)).await.unwrap_err();
    assert!(error.is_ambiguous() && error.attempts() == Some(1), "{error}");
    assert_eq!((lookups(&server), server.count()), (3, 4));
    // The refusal of a lookup is none of the call.
    let server = moving(vec![answer(429, "{}").header("retry-after", "0")], |_| ticket()).await;
    let error = asking(&server).service().create_ticket(&json!({"summary": "a"})).await.unwrap_err();
    assert!(error.is_rate_limited() && !error.is_ambiguous(), "{error}");
}

#[tokio::test]
async fn a_lookup_that_failed_is_asked_for_again_by_the_next_call() {
    let server = moving(vec![answer(200, "null"), info("", "v2025_1/")], |_| ticket()).await;
    let psa = asking(&server);
    assert!(read(&psa).await.is_err());
    read(&psa).await.unwrap();
    assert_eq!(server.count(), 3);
}

#[tokio::test]
async fn when_the_code_base_has_changed_the_call_goes_to_the_new_one() {
    let server = moving(vec![info("", "v2025_1/"), info("", "v2025_2/")], |asked| {
        if asked.target.starts_with("/v2025_2/") { answer(201, r#"{"id":6}"#) } else { cannot_route() }
    })
    .await;
    let psa = asking(&server);
    psa.base_url().await.unwrap();
    a_minute_passes().await;
    psa.service().create_ticket(&json!({"summary": "a"})).await.unwrap();
    let lines: Vec<_> = server.asked().iter().map(Asked::line).collect();
    let (old, new) =
        ("POST /v2025_1/apis/3.0/service/tickets".to_owned(), "POST /v2025_2/apis/3.0/service/tickets".to_owned());
    assert_eq!(lines, [format!("GET {LOOKUP}"), old, format!("GET {LOOKUP}"), new]);
    assert!(server.asked()[2].is_anonymous());
}

#[tokio::test]
async fn when_the_code_base_is_the_same_the_refusal_is_the_error() {
    for refusal in
        [cannot_route(), answer(404, r#"{"code":"ConnectWiseApi","message":"The endpoint does not exist."}"#)]
    {
        let server = moving(vec![info("", "v2025_1/")], move |_| refusal.clone()).await;
        let psa = asking(&server);
        psa.base_url().await.unwrap();
        a_minute_passes().await;
        let error = read(&psa).await.unwrap_err();
        assert!(error.is_api() && error.to_string().contains("Check the"), "{error}");
        assert_eq!((lookups(&server), server.count()), (2, 3));
        // And none of the next minute asks again, however many there are at a time.
        let outcomes = join_all((0..8).map(|_| read(&psa))).await;
        assert!(outcomes.iter().all(Result::is_err));
        assert_eq!(lookups(&server), 2);
    }
}

#[tokio::test]
async fn refusals_that_come_together_lead_to_one_lookup() {
    let server = moving(vec![info("", "v2025_1/")], |_| cannot_route().after(Duration::from_millis(20))).await;
    let psa = asking(&server);
    psa.base_url().await.unwrap();
    a_minute_passes().await;
    assert!(join_all((0..4).map(|_| read(&psa))).await.iter().all(Result::is_err));
    assert_eq!(lookups(&server), 2);
}

#[tokio::test]
async fn calls_that_were_refused_together_all_go_to_the_new_place() {
    let server = moving(vec![info("", "v2025_1/"), info("", "v2025_2/")], |asked| {
        if asked.target.starts_with("/v2025_2/") { ticket() } else { cannot_route().after(Duration::from_millis(20)) }
    })
    .await;
    let psa = asking(&server);
    psa.base_url().await.unwrap();
    a_minute_passes().await;
    assert!(join_all((0..4).map(|_| read(&psa))).await.iter().all(Result::is_ok));
    assert_eq!(lookups(&server), 2);
}

#[tokio::test]
async fn a_late_refusal_from_the_old_place_goes_to_the_new_one_without_another_lookup() {
    let mut delay = Duration::ZERO;
    let server = moving(vec![info("", "v2025_1/"), info("", "v2025_2/")], move |asked| {
        if asked.target.starts_with("/v2025_2/") {
            return ticket();
        }
        delay += Duration::from_millis(30);
        cannot_route().after(delay)
    })
    .await;
    let psa = asking(&server);
    psa.base_url().await.unwrap();
    a_minute_passes().await;
    assert!(join_all((0..3).map(|_| read(&psa))).await.iter().all(Result::is_ok));
    assert_eq!(lookups(&server), 2);
}

#[tokio::test]
async fn many_missing_records_in_a_row_lead_to_a_lookup() {
    let is_found = Arc::new(AtomicBool::new(false));
    let found = Arc::clone(&is_found);
    let server = moving(vec![info("", "v2025_1/")], move |_| {
        if found.load(Ordering::SeqCst) {
            ticket()
        } else {
            answer(404, r#"{"code":"NotFound","message":"Ticket 5 not found"}"#)
        }
    })
    .await;
    let psa = asking(&server);
    psa.base_url().await.unwrap();
    a_minute_passes().await;
    for (missing, expected) in [(4, 1), (1, 2), (7, 2)] {
        for _ in 0..missing {
            assert!(read(&psa).await.unwrap_err().is_not_found());
        }
        assert_eq!(lookups(&server), expected);
    }
    a_minute_passes().await;
    is_found.store(true, Ordering::SeqCst);
    read(&psa).await.unwrap();
    is_found.store(false, Ordering::SeqCst);
    assert!(read(&psa).await.is_err());
    assert_eq!(lookups(&server), 2);
}

#[tokio::test]
async fn a_server_of_ones_own_is_never_asked() {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let server = Server::new(move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        cannot_route()
    })
    .await;
    let of_host = Psa::builder()
        .host(format!("http://{}", server.address))
        .company("acme")
        .keys("public", "private")
        .build()
        .unwrap();
    for psa in [server.psa(), of_host] {
        a_minute_passes().await;
        for _ in 0..6 {
            assert!(read(&psa).await.is_err());
        }
    }
    assert_eq!((lookups(&server), calls.load(Ordering::SeqCst)), (0, 12));
    assert_eq!(server.asked()[11].target, format!("{BASE}/service/tickets/5"));
}

#[tokio::test]
async fn dropping_the_first_call_leaves_the_lookup_to_the_next() {
    let server = moving(vec![Reaction::Silence, info("", "v2025_1/")], |_| ticket()).await;
    let psa = asking(&server);
    tokio::select! {
        _ = read(&psa) => panic!("the server is silent"),
        () = server.until(1) => {}
    }
    read(&psa).await.unwrap();
    assert_eq!(lookups(&server), 2);
}

/// The error of something that waited for its permit until its time was up.
#[track_caller]
fn assert_waited(error: &Error) {
    assert!(error.is_connect() && error.is_retryable() && !error.is_ambiguous(), "{error}");
    assert!(error.message().unwrap().starts_with("waited ") && error.to_string().contains("(waited "), "{error}");
}

fn within(milliseconds: u64) -> CallOptions {
    CallOptions::new().timeout(Duration::from_millis(milliseconds))
}

#[tokio::test]
async fn a_lookup_has_a_span_and_the_user_agent_as_every_request() {
    let written = Written::default();
    let _listening = listen(written.clone());
    let server =
        moving(vec![Reaction::Reset, info("", "v2025_1/").header("x-cw-request-id", "r-17")], |_| ticket()).await;
    let psa = asking(&server);
    read(&psa).await.unwrap();
    psa.company_info().await.unwrap();
    let text = written.text();
    let closed: Vec<_> = text.lines().filter(|line| line.contains("psa.request{") && line.contains("close")).collect();
    let lookups: Vec<_> =
        closed.iter().filter(|line| line.contains("method=\"GET\" path=\"/login/companyinfo/acme\"")).collect();
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
            && line.contains("asking again where the API is")
            && line.contains("attempt=1")),
        "{text}"
    );
    for asked in server.asked() {
        assert!(asked.header("user-agent").unwrap().starts_with("connectwise-psa/"), "{asked:?}");
        assert_eq!(
            asked.header("accept"),
            Some(if is_lookup(&asked) {
                "application/json"
            } else {
                "application/vnd.connectwise.com+json; version=2025.8"
            })
        );
    }
}

#[tokio::test]
async fn a_lookup_counts_as_a_request_of_its_minute() {
    let server = moving(vec![info("", "v2025_1/")], |_| ticket()).await;
    let psa = server.builder().code_base_discovery(Discovery::Always).requests_per_minute(1).build().unwrap();
    assert_waited(&read(&psa.with(within(50))).await.unwrap_err());
    assert_eq!((lookups(&server), server.count()), (1, 1));
    assert_waited(&psa.with(within(50)).company_info().await.unwrap_err());
    assert_eq!(server.count(), 1);
    a_minute_passes().await;
    read(&psa.with(within(4000))).await.unwrap();
    assert_eq!((lookups(&server), server.count()), (1, 2));
    // A pause that the server asked for holds discovery back as well.
    let server = moving(vec![info("", "v2025_1/")], |_| too_many("30")).await;
    let psa = asking(&server);
    assert!(read(&psa).await.unwrap_err().is_rate_limited());
    assert_waited(&psa.with(within(50)).company_info().await.unwrap_err());
    assert_eq!(lookups(&server), 1);
}

#[tokio::test]
async fn a_lookup_ends_with_the_time_of_its_call() {
    let server = Server::always(Reaction::Silence).await;
    let psa = asking(&server).with(within(100));
    let begun = Instant::now();
    // The call itself was not sent, so a change is not ambiguous.
    assert_waited(&psa.service().create_ticket(&json!({"summary": "a"})).await.unwrap_err());
    for error in [psa.base_url().await.unwrap_err(), psa.company_info().await.unwrap_err()] {
        assert!(error.is_timeout() && error.to_string().contains("100ms for the whole call"), "{error}");
    }
    assert!(begun.elapsed() < Duration::from_secs(4));
    assert_eq!((lookups(&server), server.count()), (3, 3));
}

#[tokio::test]
async fn nothing_hangs_when_one_request_may_be_in_flight() {
    let mut minted = 0;
    let server = moving(
        vec![
            info("", "v2025_1/").after(Duration::from_millis(5)),
            info("", "v2025_2/").after(Duration::from_millis(5)),
        ],
        move |asked| {
            if asked.target.ends_with("/tokens") {
                minted += 1;
                return answer(200, json!({"publicKey": format!("m{minted}"), "privateKey": "s"}).to_string());
            }
            if asked.target.starts_with("/v2025_2/") {
                ticket().after(Duration::from_millis(2))
            } else {
                cannot_route().after(Duration::from_millis(2))
            }
        },
    )
    .await;
    let psa = server.builder().code_base_discovery(Discovery::Always).max_concurrent_requests(1).build().unwrap();
    // Everything at once before the base URL is known.
    let (url, company, outcomes) =
        join3(psa.base_url(), psa.company_info(), join_all((0..6).map(|_| read(&psa)))).await;
    assert!(url.is_ok() && company.is_ok());
    // Within the minute after a lookup there is no other.
    assert!(outcomes.iter().all(|outcome| outcome.as_ref().unwrap_err().is_api()));
    a_minute_passes().await;
    // And now the API has moved: refusals, lookup, mintings and calls share the one permit.
    let clients: Vec<_> = (0..8)
        .map(|number| if number % 2 == 0 { psa.clone() } else { psa.as_member(&format!("member{}", number % 3)) })
        .collect();
    let outcomes = join_all(clients.iter().map(read)).await;
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    assert_eq!(server.most_open(), 1);
}

//! Limits and timeouts. Before a request is sent, it waits for a permit, which it holds as one of the concurrent
//! requests, and for the limit per minute. The clones of a client and its members share both limits. A call can time
//! out while it waits to be sent, or while it waits for the response.

use std::time::{Duration, Instant};

use connectwise_psa::{CallOptions, Error, Method, Psa, RetryPolicy, Upload, Value};
use futures_util::FutureExt as _;
use futures_util::future::join_all;
use serde_json::json;

use crate::server::{Action, Server, json_response, rate_limited, response, stalled, ticket};

async fn read(psa: &Psa) -> Result<Value, Error> {
    psa.service().get_ticket(5).decode_as::<Value>().await
}

/// Makes a call that is not repeatable, and returns its error.
async fn create(psa: &Psa) -> Error {
    psa.service().create_ticket(&json!({"summary": "a"})).await.unwrap_err()
}

fn within(milliseconds: u64) -> CallOptions {
    CallOptions::new().timeout(Duration::from_millis(milliseconds))
}

/// Asserts that a call timed out while it waited for another one to end.
#[track_caller]
fn assert_waited(error: &Error) {
    assert!(error.is_timeout() && !error.is_connect() && error.status().is_none(), "{error}");
    assert!(error.is_unsent() && error.is_retryable() && !error.is_ambiguous(), "{error}");
    assert!(error.to_string().contains("the request was not sent (waited"), "{error}");
}

/// Asserts that a call was not sent because the limit per minute or a pause lasts too long.
#[track_caller]
fn assert_limited(error: &Error) {
    assert!(error.is_rate_limited() && !error.is_connect() && error.status().is_none(), "{error}");
    assert!(error.is_unsent() && error.is_retryable() && !error.is_ambiguous(), "{error}");
    assert!(error.retry_after().is_some_and(|wait| wait > Duration::ZERO), "{error}");
}

/// Moves tokio's clock, which the limits use, forward. The clock is paused only for this: a paused clock jumps to the
/// next timer whenever no task can run, so calls would time out before the server responds.
async fn advance(seconds: u64) {
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(seconds)).await;
    tokio::time::resume();
}

#[tokio::test]
async fn clones_and_members_share_the_limit_of_concurrent_requests() {
    let server = Server::new(|request| {
        let body =
            if request.target.ends_with("/tokens") { r#"{"publicKey":"m","privateKey":"s"}"# } else { r#"{"id":5}"# };
        json_response(200, body).after(Duration::from_millis(15))
    })
    .await;
    // The limit that is set, and the highest number of concurrent requests. The default limit is 4.
    for (limit, expected) in [(Some(1), 1), (Some(3), 3), (None, 4)] {
        let builder = server.builder();
        let psa = limit.map_or(server.builder(), |limit| builder.max_concurrent_requests(limit)).build().unwrap();
        let all: Vec<_> = (0..12)
            .map(|number| match number % 3 {
                0 => psa.clone(),
                1 => psa.as_member(&format!("member{}", number % 2)),
                _ => psa.with(CallOptions::new().without_version()),
            })
            .collect();
        assert!(join_all(all.iter().map(read)).await.iter().all(Result::is_ok));
        assert_eq!(server.max_open(), expected);
    }
}

#[tokio::test]
async fn a_parallel_list_keeps_the_limit() {
    let server = Server::new(|request| {
        let page: u32 = request
            .target
            .split("page=")
            .nth(1)
            .and_then(|rest| rest.split('&').next())
            .and_then(|page| page.parse().ok())
            .unwrap_or(0);
        let body = match page {
            // The count request has no page number.
            0 => r#"{"count":12}"#.to_owned(),
            1..=6 => format!(r#"[{{"id":{}}},{{"id":{}}}]"#, page * 2 - 1, page * 2),
            _ => "[]".to_owned(),
        };
        json_response(200, body).after(Duration::from_millis(5))
    })
    .await;
    let psa = server.builder().max_concurrent_requests(2).build().unwrap();
    let records: Vec<Value> =
        psa.service().list_tickets().page_size(2).parallel(6).decode_as::<Value>().all().await.unwrap();
    assert_eq!((server.max_open(), records.len()), (2, 12));
}

#[tokio::test]
async fn calls_between_the_records_of_a_parallel_list_are_sent() {
    let server = Server::new(|request| {
        let page = request.target.split("page=").nth(1).and_then(|rest| rest.split('&').next());
        json_response(
            200,
            match page.and_then(|page| page.parse::<u32>().ok()) {
                Some(page @ 1..=6) => format!(r#"[{{"id":{}}},{{"id":{}}}]"#, page * 2 - 1, page * 2),
                Some(_) => "[]".to_owned(),
                None if request.target.contains("/count") => r#"{"count":12}"#.to_owned(),
                None => r#"{"id":5}"#.to_owned(),
            },
        )
    })
    .await;
    let psa = server.builder().max_concurrent_requests(2).build().unwrap();
    let mut tickets = psa.service().list_tickets().page_size(2).parallel(2).stream();
    let mut count = 0;
    while let Some(ticket) = tickets.next().await {
        ticket.unwrap();
        read(&psa).await.unwrap();
        count += 1;
    }
    assert_eq!(count, 12);
}

#[tokio::test]
async fn a_request_above_the_limit_per_minute_waits() {
    let server = Server::always(ticket()).await;
    let psa = server.builder().requests_per_minute(2).build().unwrap();
    read(&psa).await.unwrap();
    read(&psa.clone()).await.unwrap();
    assert_limited(&read(&psa.with(within(30))).await.unwrap_err());
    assert_limited(&create(&psa.with(within(30))).await);
    assert_eq!(server.count(), 2);
    advance(61).await;
    read(&psa.with(within(4000))).await.unwrap();
    assert_eq!(server.count(), 3);
}

#[tokio::test]
async fn calls_that_time_out_while_waiting_release_their_reservation() {
    let server = Server::always(ticket()).await;
    let psa = server.builder().requests_per_minute(1).max_concurrent_requests(50).build().unwrap();
    read(&psa).await.unwrap();
    let impatient = psa.with(within(20));
    let timed_out = join_all((0..40).map(|_| read(&impatient))).await;
    assert!(timed_out.iter().all(Result::is_err));
    // Each reservation that was not released would delay the next call by another minute.
    advance(61).await;
    read(&psa.with(within(4000))).await.unwrap();
    assert_eq!(server.count(), 2);
}

#[tokio::test]
async fn a_timeout_that_has_passed_is_not_a_limit() {
    let server = Server::always(ticket()).await;
    let error = create(&server.psa().with(within(0))).await;
    assert!(error.is_timeout() && error.is_unsent() && error.retry_after().is_none(), "{error}");
    assert_eq!(server.count(), 0);
}

#[tokio::test]
async fn the_reservations_of_dropped_calls_are_free_for_other_calls() {
    let server = Server::always(ticket()).await;
    let psa = server.builder().requests_per_minute(1).max_concurrent_requests(20).build().unwrap();
    let patient = psa.with(CallOptions::new().timeout(Duration::from_secs(3600)));
    read(&patient).await.unwrap();
    let mut waiting: Vec<_> = (0..10).map(|_| Box::pin(read(&patient))).collect();
    for call in &mut waiting {
        assert!(call.now_or_never().is_none());
    }
    // The last call keeps the eleventh minute; those before it are free again.
    waiting.drain(..9);
    let error = read(&psa.with(within(30))).await.unwrap_err();
    assert!(error.retry_after().is_some_and(|wait| wait <= Duration::from_secs(60)), "{error}");
}

#[tokio::test]
async fn a_429_pauses_all_clones() {
    let server = Server::with_actions([rate_limited("1"), ticket()]).await;
    let psa = server.psa();
    let error = read(&psa.with(CallOptions::new().retry(RetryPolicy::none()))).await.unwrap_err();
    assert!(error.is_rate_limited(), "{error}");
    assert_limited(&read(&psa.clone().with(within(30))).await.unwrap_err());
    assert_limited(&create(&psa.with(within(30))).await);
    assert_eq!(server.count(), 1);
    advance(2).await;
    read(&psa).await.unwrap();
}

#[tokio::test]
async fn a_pause_lasts_at_most_an_hour() {
    // The largest u64, in seconds.
    let server = Server::with_actions([rate_limited("18446744073709551615"), ticket()]).await;
    let psa = server.psa();
    assert!(read(&psa).await.unwrap_err().is_rate_limited());
    advance(60 * 60 + 1).await;
    read(&psa).await.unwrap();
}

#[tokio::test]
async fn other_calls_are_sent_while_a_call_waits_for_its_retry() {
    let server =
        Server::new(
            |request| {
                if request.method == "PUT" { json_response(503, "").header("retry-after", "1") } else { ticket() }
            },
        )
        .await;
    // There is one permit: if the waiting call kept it, the other call could not be sent.
    let psa = server
        .builder()
        .max_concurrent_requests(1)
        .options(
            CallOptions::new().retry(RetryPolicy::default().max_attempts(2).backoff(Duration::ZERO, Duration::ZERO)),
        )
        .build()
        .unwrap();
    let service = psa.service();
    let body = json!({"summary": "a"});
    let waiting = service.replace_ticket(5, &body);
    let other = async {
        server.wait_for_requests(1).await;
        read(&psa).await.unwrap();
    };
    let (outcome, ()) = futures_util::future::join(waiting.into_future(), other).await;
    assert!(outcome.is_err());
    assert_eq!(server.request_lines(), ["PUT /service/tickets/5", "GET /service/tickets/5", "PUT /service/tickets/5"]);
}

#[tokio::test]
async fn a_call_ends_at_its_timeout() {
    let server = Server::always(Action::Silence).await;
    let psa = server.psa().with(within(150));
    let started = Instant::now();
    let error = read(&psa).await.unwrap_err();
    assert!(error.is_timeout() && error.is_retryable() && !error.is_ambiguous(), "{error}");
    assert!(
        error.to_string().contains("service.get_ticket") && error.to_string().contains("150ms for the whole call"),
        "{error}"
    );
    let error = create(&psa).await;
    assert!(error.is_timeout() && error.is_ambiguous() && !error.is_retryable(), "{error}");
    assert!(started.elapsed() < Duration::from_secs(20));
}

#[tokio::test]
async fn a_call_with_a_stalled_response_ends_at_its_timeout() {
    let server = Server::always(stalled(200, r#"{"id":5,"summary":"aaaaaaaaaaaaaaaaa"}"#)).await;
    for error in [read(&server.psa().with(within(40))).await.unwrap_err(), create(&server.psa().with(within(40))).await]
    {
        assert!(error.is_timeout(), "{error}");
    }
}

#[tokio::test]
async fn an_error_response_with_a_stalled_body_keeps_its_status() {
    let server = Server::always(stalled(403, r#"{"code":"Security","message":"no"}"#)).await;
    let psa = server.builder().read_timeout(Duration::from_millis(250)).build().unwrap();
    assert!(read(&psa).await.unwrap_err().is_permission_denied());
    // The timeout of the call is shorter than that of the read, and the status is known in time.
    let psa = server.psa().with(within(700));
    for error in [read(&psa).await.unwrap_err(), create(&psa).await] {
        assert!(error.is_permission_denied() && !error.is_ambiguous(), "{error}");
    }
}

#[tokio::test]
async fn a_call_that_times_out_before_its_retry_is_ambiguous_after_a_503() {
    let server = Server::always(json_response(503, "")).await;
    // The first attempt is the only request of this minute, so the retry waits for a minute.
    let psa = server.builder().requests_per_minute(1).build().unwrap().with(within(300));
    let error = psa.service().replace_ticket(5, &json!({"summary": "a"})).await.unwrap_err();
    assert!(error.is_ambiguous() && !error.is_connect(), "{error}");
    assert_eq!(server.count(), 1);
}

/// A request that was rejected with a 429 has done nothing, so it is certain that the call was not carried out.
#[tokio::test]
async fn a_call_that_times_out_before_its_retry_is_limited_after_a_429() {
    let server = Server::with_actions([rate_limited("0")]).await;
    let psa = server.builder().requests_per_minute(1).build().unwrap().with(within(300));
    let error = create(&psa).await;
    assert!(error.is_rate_limited() && error.is_retryable() && !error.is_ambiguous(), "{error}");
    // The request was sent, and the server rejected it.
    assert!(!error.is_unsent() && error.to_string().contains("the last attempt was not sent"), "{error}");
}

#[tokio::test]
async fn a_read_timeout_is_retried_only_for_repeatable_requests() {
    let server = Server::with_actions([Action::Silence, ticket(), Action::Silence]).await;
    let psa = server.builder().read_timeout(Duration::from_millis(250)).build().unwrap();
    read(&psa).await.unwrap();
    let error = create(&psa).await;
    assert!(error.is_timeout() && error.is_ambiguous(), "{error}");
    assert_eq!(server.count(), 3);
}

#[tokio::test]
async fn a_dropped_call_releases_its_permit() {
    let server = Server::with_actions([Action::Silence, ticket()]).await;
    let psa = server.builder().max_concurrent_requests(1).build().unwrap();
    {
        let mut call = Box::pin(read(&psa));
        tokio::select! {
            _ = &mut call => panic!("the server is silent"),
            () = server.wait_for_requests(1) => {}
        }
        assert_waited(&read(&psa.with(within(30))).await.unwrap_err());
    }
    read(&psa.with(within(4000))).await.unwrap();
}

#[tokio::test]
async fn downloads_that_are_being_read_delay_no_other_call() {
    let server = Server::new(|request| {
        if request.target.ends_with("/download") {
            Action::Stall(Box::new(response(200, "text/plain", &"x".repeat(1000))))
        } else {
            ticket()
        }
    })
    .await;
    for limit in [1, 4] {
        let psa = server.builder().max_concurrent_requests(limit).build().unwrap();
        let mut files = Vec::new();
        for _ in 0..10 {
            files.push(psa.request(Method::Get, "/system/documents/5/download").download().await.unwrap());
        }
        // All of them are open, and some are being read.
        for file in &mut files[..5] {
            assert!(!futures_util::StreamExt::next(file).await.unwrap().unwrap().is_empty());
        }
        read(&psa.with(within(4000))).await.unwrap();
        assert_eq!(files.len(), 10);
    }
}

#[tokio::test]
async fn a_download_can_be_streamed_into_an_upload() {
    let content = "0123456789".repeat(100_000);
    let to_send = content.clone();
    let server = Server::new(move |request| {
        if request.target.ends_with("/download") { response(200, "text/plain", &to_send) } else { ticket() }
    })
    .await;
    let psa = server.builder().max_concurrent_requests(1).build().unwrap();
    let file = psa.system().download_document(5).await.unwrap();
    let length = file.length.unwrap();
    let upload = Upload::from_stream("copy.txt", length, file.into_stream());
    psa.system().upload_menu_entry_image(5, &json!({"title": "a"}), Some(upload)).await.unwrap();
    let sent = &server.requests()[1].body;
    assert!(sent.contains(&content), "{} bytes", sent.len());
}

#[tokio::test]
async fn a_stalled_web_page_in_place_of_a_file_ends_with_the_timeout_of_the_call() {
    for media_type in ["text/html", "application/json"] {
        let server = Server::always(Action::Stall(Box::new(response(200, media_type, &"x".repeat(1000))))).await;
        let started = Instant::now();
        let error = server.psa().with(within(200)).system().download_document(5).await.unwrap_err();
        assert!(error.is_timeout() && error.to_string().contains("200ms for the whole call"), "{error}");
        assert!(started.elapsed() < Duration::from_secs(20), "{error}");
    }
}

#[tokio::test]
async fn a_failed_download_releases_its_permit_at_once() {
    let server = Server::with_actions([json_response(404, "{}"), ticket()]).await;
    let psa = server.builder().max_concurrent_requests(1).build().unwrap();
    // `failed` lives until after the next call.
    let failed = psa.system().download_document(5).await;
    read(&psa.with(within(4000))).await.unwrap();
    assert!(failed.unwrap_err().is_not_found());
}

#[tokio::test]
async fn two_clients_do_not_share_limits() {
    let server = Server::always(ticket()).await;
    let (first, second) = (
        server.builder().requests_per_minute(1).build().unwrap(),
        server.builder().requests_per_minute(1).build().unwrap(),
    );
    read(&first).await.unwrap();
    assert!(read(&first.with(within(20))).await.is_err());
    read(&second.with(within(4000))).await.unwrap();
}

/// Runs many calls on several threads. They succeed, fail, are retried, are dropped, or get new keys for their member.
/// Every call must end, and the client must still be usable afterwards.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_calls_on_many_threads_cause_no_deadlock() {
    let mut number = 0_u32;
    let server = Server::new(move |request| {
        number += 1;
        if request.target.ends_with("/tokens") {
            return json_response(200, format!(r#"{{"publicKey":"m{number}","privateKey":"s"}}"#))
                .after(Duration::from_millis(2));
        }
        match number % 7 {
            0 => json_response(503, ""),
            1 => Action::Reset,
            2 if request.header("x-cw-usertype").is_some() => json_response(401, "{}"),
            _ => ticket().after(Duration::from_millis(1)),
        }
    })
    .await;
    let patient =
        CallOptions::new().retry(crate::server::quick_retries().max_attempts(30)).timeout(Duration::from_secs(20));
    let psa =
        server.builder().max_concurrent_requests(3).unlimited_requests_per_minute().options(patient).build().unwrap();
    let calls: Vec<_> = (0..90)
        .map(|number| {
            let psa = if number % 3 == 0 { psa.as_member(&format!("member{}", number % 2)) } else { psa.clone() };
            tokio::spawn(async move {
                match number % 4 {
                    // Dropped after 0 to 18 ms, wherever the call is then.
                    0 => drop(tokio::time::timeout(Duration::from_micros(200 * number), read(&psa)).await),
                    // A call as a member may fail: the server may reject its keys twice in a row.
                    _ => assert!(read(&psa).await.is_ok_and(|ticket| ticket["id"] == 5) || number % 3 == 0),
                }
            })
        })
        .collect();
    for call in calls {
        call.await.unwrap();
    }
    // The calls ran concurrently. The server may have counted more than three requests, because it counts a dropped one
    // until it notices that the connection is closed.
    assert!(server.max_open() >= 3);
    assert!(join_all((0..3).map(|_| read(&psa))).await.iter().all(Result::is_ok));
}

#[tokio::test]
async fn calls_that_are_dropped_at_any_time_release_their_permits() {
    let server = Server::always(ticket().after(Duration::from_millis(3))).await;
    let psa = server.builder().max_concurrent_requests(2).requests_per_minute(1000).build().unwrap();
    join_all((0..60_u64).map(|number| tokio::time::timeout(Duration::from_micros(150 * number), read(&psa)))).await;
    let outcomes = join_all((0..4).map(|_| read(&psa))).await;
    assert!(outcomes.iter().all(Result::is_ok));
}

//! Limits that clones and members share, and the ends of waiting: for a place, for the server, for the whole call.

use std::time::{Duration, Instant};

use connectwise_psa::{CallOptions, Error, Psa, RetryPolicy, Value};
use futures_util::future::join_all;
use serde_json::json;

use crate::server::{Reaction, Server, answer, other, stalled, ticket, too_many};

async fn read(psa: &Psa) -> Result<Value, Error> {
    psa.service().get_ticket(5).decode_as::<Value>().await
}

async fn create(psa: &Psa) -> Error {
    psa.service().create_ticket(&json!({"summary": "a"})).await.unwrap_err()
}

fn within(milliseconds: u64) -> CallOptions {
    CallOptions::new().timeout(Duration::from_millis(milliseconds))
}

/// The error of a call that waited for its place until its time was up.
#[track_caller]
fn assert_waited(error: &Error) {
    assert!(error.is_connect() && error.is_retryable() && !error.is_ambiguous(), "{error}");
    assert!(
        error.to_string().contains("the request was not carried out (waited")
            && error.to_string().contains("Allow more time for a call"),
        "{error}"
    );
}

/// Lets time pass during which nothing is sent.
async fn pass(seconds: u64) {
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(seconds)).await;
    tokio::time::resume();
}

#[tokio::test]
async fn no_more_requests_are_in_flight_than_allowed_by_clones_and_members_together() {
    let server = Server::new(|asked| {
        let body =
            if asked.target.ends_with("/tokens") { r#"{"publicKey":"m","privateKey":"s"}"# } else { r#"{"id":5}"# };
        answer(200, body).after(Duration::from_millis(15))
    })
    .await;
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
        assert_eq!(server.most_open(), expected);
    }
}

#[tokio::test]
async fn a_list_in_parallel_keeps_the_limit() {
    let server = Server::new(|asked| {
        let page: u32 = asked
            .target
            .split("page=")
            .nth(1)
            .and_then(|rest| rest.split('&').next())
            .and_then(|page| page.parse().ok())
            .unwrap_or(0);
        let body = match page {
            0 => r#"{"count":12}"#.to_owned(),
            1..=6 => format!(r#"[{{"id":{}}},{{"id":{}}}]"#, page * 2 - 1, page * 2),
            _ => "[]".to_owned(),
        };
        answer(200, body).after(Duration::from_millis(5))
    })
    .await;
    let psa = server.builder().max_concurrent_requests(2).build().unwrap();
    let records: Vec<Value> =
        psa.service().list_tickets().page_size(2).parallel(6).decode_as::<Value>().all().await.unwrap();
    assert_eq!((server.most_open(), records.len()), (2, 12));
}

#[tokio::test]
async fn the_request_after_the_last_one_of_a_minute_waits() {
    let server = Server::always(ticket()).await;
    let psa = server.builder().requests_per_minute(2).build().unwrap();
    read(&psa).await.unwrap();
    read(&psa.clone()).await.unwrap();
    assert_waited(&read(&psa.with(within(30))).await.unwrap_err());
    assert_waited(&create(&psa.with(within(30))).await);
    assert_eq!(server.count(), 2);
    pass(61).await;
    read(&psa.with(within(4000))).await.unwrap();
    assert_eq!(server.count(), 3);
}

#[tokio::test]
async fn calls_that_gave_up_waiting_leave_their_minute_to_others() {
    let server = Server::always(ticket()).await;
    let psa = server.builder().requests_per_minute(1).max_concurrent_requests(50).build().unwrap();
    read(&psa).await.unwrap();
    let impatient = psa.with(within(20));
    let given_up = join_all((0..40).map(|_| read(&impatient))).await;
    assert!(given_up.iter().all(Result::is_err));
    pass(61).await;
    read(&psa.with(within(4000))).await.unwrap();
    assert_eq!(server.count(), 2);
}

#[tokio::test]
async fn a_pause_for_one_is_a_pause_for_all() {
    let server = Server::script([too_many("1"), ticket()]).await;
    let psa = server.psa();
    let error = read(&psa.with(CallOptions::new().retry(RetryPolicy::none()))).await.unwrap_err();
    assert!(error.is_rate_limited(), "{error}");
    assert_waited(&read(&psa.clone().with(within(30))).await.unwrap_err());
    assert_waited(&create(&psa.with(within(30))).await);
    assert_eq!(server.count(), 1);
    pass(2).await;
    read(&psa).await.unwrap();
}

#[tokio::test]
async fn a_pause_without_sense_ends() {
    let server = Server::script([too_many("18446744073709551615"), ticket()]).await;
    let psa = server.psa();
    assert!(read(&psa).await.unwrap_err().is_rate_limited());
    pass(60 * 60 + 1).await;
    read(&psa).await.unwrap();
}

#[tokio::test]
async fn others_may_send_while_one_waits_for_its_next_try() {
    let server =
        Server::new(|asked| if asked.method == "PUT" { answer(503, "").header("retry-after", "1") } else { ticket() })
            .await;
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
        server.until(1).await;
        read(&psa).await.unwrap();
    };
    let (refused, ()) = futures_util::future::join(waiting.into_future(), other).await;
    assert!(refused.is_err());
    assert_eq!(server.lines(), ["PUT /service/tickets/5", "GET /service/tickets/5", "PUT /service/tickets/5"]);
}

#[tokio::test]
async fn the_time_of_a_call_ends_it() {
    let server = Server::always(Reaction::Silence).await;
    let psa = server.psa().with(within(150));
    let begun = Instant::now();
    let error = read(&psa).await.unwrap_err();
    assert!(error.is_timeout() && error.is_retryable() && !error.is_ambiguous(), "{error}");
    assert!(
        error.to_string().contains("service.get_ticket") && error.to_string().contains("150ms for the whole call"),
        "{error}"
    );
    let error = create(&psa).await;
    assert!(error.is_timeout() && error.is_ambiguous() && !error.is_retryable(), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(4));
}

#[tokio::test]
async fn the_time_of_a_call_ends_an_answer_that_stalls() {
    let server = Server::always(stalled(200, r#"{"id":5,"summary":"aaaaaaaaaaaaaaaaa"}"#)).await;
    for error in [read(&server.psa().with(within(40))).await.unwrap_err(), create(&server.psa().with(within(40))).await]
    {
        assert!(error.is_timeout(), "{error}");
    }
    // Of a refusal, the status is known.
    let server = Server::always(stalled(403, r#"{"code":"Security","message":"no"}"#)).await;
    let psa = server.builder().read_timeout(Duration::from_millis(250)).build().unwrap();
    assert!(read(&psa).await.unwrap_err().is_permission_denied());
}

#[tokio::test]
async fn what_an_earlier_try_may_have_done_is_not_forgotten_while_waiting_for_the_next() {
    let server = Server::always(answer(503, "")).await;
    let psa = server.builder().requests_per_minute(1).build().unwrap().with(within(300));
    let error = psa.service().replace_ticket(5, &json!({"summary": "a"})).await.unwrap_err();
    assert!(error.is_ambiguous() && !error.is_connect(), "{error}");
    assert_eq!(server.count(), 1);
    // A connection that was refused has done nothing.
    let server = Server::script([too_many("0")]).await;
    let psa = server.builder().requests_per_minute(1).build().unwrap().with(within(300));
    assert_waited(&create(&psa).await);
}

#[tokio::test]
async fn a_silent_server_is_given_up_and_asked_again() {
    let server = Server::script([Reaction::Silence, ticket(), Reaction::Silence]).await;
    let psa = server.builder().read_timeout(Duration::from_millis(250)).build().unwrap();
    read(&psa).await.unwrap();
    let error = create(&psa).await;
    assert!(error.is_timeout() && error.is_ambiguous(), "{error}");
    assert_eq!(server.count(), 3);
}

#[tokio::test]
async fn a_call_that_is_dropped_frees_its_place() {
    let server = Server::script([Reaction::Silence, ticket()]).await;
    let psa = server.builder().max_concurrent_requests(1).build().unwrap();
    {
        let mut call = Box::pin(read(&psa));
        tokio::select! {
            _ = &mut call => panic!("the server is silent"),
            () = server.until(1) => {}
        }
        assert_waited(&read(&psa.with(within(30))).await.unwrap_err());
    }
    read(&psa.with(within(4000))).await.unwrap();
}

#[tokio::test]
async fn a_file_keeps_its_place_until_it_is_read_or_dropped() {
    let server =
        Server::new(
            |asked| if asked.target.ends_with("/download") { other(200, "text/plain", "the file") } else { ticket() },
        )
        .await;
    let psa = server.builder().max_concurrent_requests(1).build().unwrap();
    for is_read in [true, false] {
        let file = psa.system().download_document(5).await.unwrap();
        assert_waited(&read(&psa.with(within(30))).await.unwrap_err());
        if is_read {
            assert_eq!(file.bytes().await.unwrap(), "the file");
        } else {
            drop(file);
        }
        read(&psa.with(within(4000))).await.unwrap();
    }
    // One that is refused keeps none.
    let server = Server::script([answer(404, "{}"), ticket()]).await;
    let psa = server.builder().max_concurrent_requests(1).build().unwrap();
    let refused = psa.system().download_document(5).await;
    read(&psa.with(within(4000))).await.unwrap();
    assert!(refused.unwrap_err().is_not_found());
}

#[tokio::test]
async fn two_clients_do_not_hold_each_other() {
    let server = Server::always(ticket()).await;
    let (first, second) = (
        server.builder().requests_per_minute(1).build().unwrap(),
        server.builder().requests_per_minute(1).build().unwrap(),
    );
    read(&first).await.unwrap();
    assert!(read(&first.with(within(20))).await.is_err());
    read(&second.with(within(4000))).await.unwrap();
}

/// Everything at a time, on several threads: nothing hangs, nothing is lost, and every place comes back.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_crowd_on_many_threads_keeps_the_limits() {
    let mut number = 0_u32;
    let server = Server::new(move |asked| {
        number += 1;
        if asked.target.ends_with("/tokens") {
            return answer(200, format!(r#"{{"publicKey":"m{number}","privateKey":"s"}}"#))
                .after(Duration::from_millis(2));
        }
        match number % 7 {
            0 => answer(503, ""),
            1 => Reaction::Reset,
            2 if asked.header("x-cw-usertype").is_some() => answer(401, "{}"),
            _ => ticket().after(Duration::from_millis(1)),
        }
    })
    .await;
    let patient = CallOptions::new().retry(crate::server::quick().max_attempts(30)).timeout(Duration::from_secs(20));
    let psa =
        server.builder().max_concurrent_requests(3).unlimited_requests_per_minute().options(patient).build().unwrap();
    let calls: Vec<_> = (0..90)
        .map(|number| {
            let psa = if number % 3 == 0 { psa.as_member(&format!("member{}", number % 2)) } else { psa.clone() };
            tokio::spawn(async move {
                match number % 4 {
                    // Given up somewhere on the way.
                    0 => drop(tokio::time::timeout(Duration::from_micros(200 * number), read(&psa)).await),
                    // A member's keys can be refused twice in a row.
                    _ => assert!(read(&psa).await.is_ok_and(|ticket| ticket["id"] == 5) || number % 3 == 0),
                }
            })
        })
        .collect();
    for call in calls {
        call.await.unwrap();
    }
    // A connection that was given up may be open at the server a little longer.
    assert!(server.most_open() >= 3);
    assert!(join_all((0..3).map(|_| read(&psa))).await.iter().all(Result::is_ok));
}

#[tokio::test]
async fn places_of_calls_that_were_given_up_at_any_moment_come_back() {
    let server = Server::always(ticket().after(Duration::from_millis(3))).await;
    let psa = server.builder().max_concurrent_requests(2).requests_per_minute(1000).build().unwrap();
    join_all((0..60_u64).map(|number| tokio::time::timeout(Duration::from_micros(150 * number), read(&psa)))).await;
    let outcomes = join_all((0..4).map(|_| read(&psa))).await;
    assert!(outcomes.iter().all(Result::is_ok));
}

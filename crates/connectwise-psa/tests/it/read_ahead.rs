//! Lists that request the next page while the caller uses this one. That request takes a permit like any other, only
//! while it runs, and is retried like any other.

use std::time::Duration;

use connectwise_psa::calls::ItemStream;
use connectwise_psa::{Error, Psa, Value};

use crate::server::{Action, RecordedRequest, Server, json_response, ticket};

/// The number of pages. Each has two records.
const PAGES: u32 = 5;

/// Returns the page that was requested with forward-only paging, or the ticket.
fn page(request: &RecordedRequest) -> Action {
    let Some(after) = request.target.split("pageId=").nth(1).and_then(|rest| rest.split('&').next()) else {
        return ticket();
    };
    let after: u32 = after.parse().unwrap();
    let link = if after + 2 >= 2 * PAGES {
        String::new()
    } else {
        format!(r#"<https://other.example/x?pageId={}>; rel="next""#, after + 2)
    };
    json_response(200, format!(r#"[{{"id":{}}},{{"id":{}}}]"#, after + 1, after + 2)).header("link", link)
}

/// Returns whether a request is for page 3, which is the first one that is requested ahead.
fn is_page_3(request: &RecordedRequest) -> bool {
    request.target.contains("pageId=4")
}

fn list(psa: &Psa) -> ItemStream<Value> {
    psa.service().list_tickets().page_size(2).decode_as::<Value>().stream()
}

async fn read_ticket(psa: &Psa) -> Result<Value, Error> {
    psa.service().get_ticket(5).decode_as::<Value>().await
}

/// Waits until the server has received the request for page 3, without polling the list.
async fn wait_for_page_3(server: &Server) {
    while !server.requests().iter().any(is_page_3) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn calls_between_the_records_of_a_list_are_sent() {
    let server = Server::new(|request| page(request).after(Duration::from_millis(3))).await;
    for permits in [1, 2] {
        let psa = server.builder().max_concurrent_requests(permits).build().unwrap();
        let (mut tickets, mut count) = (list(&psa), 0);
        while let Some(ticket) = tickets.next().await {
            ticket.unwrap();
            read_ticket(&psa).await.unwrap();
            count += 1;
        }
        assert_eq!(count, 2 * PAGES);
        assert!(server.max_open() <= permits);
    }
    assert_eq!(server.count() as u32, 2 * (PAGES + 2 * PAGES));
}

#[tokio::test]
async fn a_page_ahead_is_read_while_the_caller_does_other_work() {
    let server = Server::new(page).await;
    let psa = server.psa();
    let mut tickets = list(&psa);
    for _ in 0..3 {
        tickets.next().await.unwrap().unwrap();
    }
    wait_for_page_3(&server).await;
    // Page 3 starts after record 4. Page 4 is requested only when the caller needs page 3.
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(server.count(), 3);
    for id in [4, 5] {
        assert_eq!(tickets.next().await.unwrap().unwrap()["id"], id);
    }
}

#[tokio::test]
async fn a_dropped_list_releases_the_permit_of_its_request_ahead() {
    let server = Server::new(|request| if is_page_3(request) { Action::Silence } else { page(request) }).await;
    let psa = server.builder().max_concurrent_requests(1).build().unwrap();
    let mut tickets = list(&psa);
    for _ in 0..3 {
        tickets.next().await.unwrap().unwrap();
    }
    wait_for_page_3(&server).await;
    let waiting = tokio::time::timeout(Duration::from_millis(50), read_ticket(&psa)).await;
    assert!(waiting.is_err(), "the request ahead has the only permit");
    drop(tickets);
    tokio::time::timeout(Duration::from_secs(20), read_ticket(&psa)).await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_ahead_that_was_sent_and_is_not_needed_releases_its_permit() {
    let server = Server::new(|request| {
        // Page 2 is longer than requested, so `take(5)` makes the page after it unnecessary.
        if request.target.contains("pageId=2") {
            let link = r#"<https://other.example/x?pageId=6>; rel="next""#;
            json_response(200, r#"[{"id":3},{"id":4},{"id":5},{"id":6}]"#).header("link", link)
        } else if request.target.contains("pageId=6") {
            Action::Silence
        } else {
            page(request)
        }
    })
    .await;
    // Whether the request is sent before page 2 is decoded depends on the threads.
    for _ in 0..20 {
        let psa = server.builder().max_concurrent_requests(1).build().unwrap();
        let mut tickets = psa.service().list_tickets().page_size(2).take(5).decode_as::<Value>().stream();
        let mut ids = Vec::new();
        while let Some(ticket) = tickets.next().await {
            ids.push(ticket.unwrap()["id"].clone());
        }
        assert_eq!(ids, [1, 2, 3, 4, 5]);
        tokio::time::timeout(Duration::from_secs(20), read_ticket(&psa)).await.unwrap().unwrap();
    }
    let needless = server.requests().iter().filter(|request| request.target.contains("pageId=6")).count();
    assert!(needless <= 20 && server.count() - needless == 3 * 20, "{needless} of {}", server.count());
}

#[tokio::test]
async fn a_page_ahead_is_retried() {
    for attempts in [2, 3] {
        let mut failures = attempts - 1;
        let server = Server::new(move |request| match is_page_3(request) {
            true if failures > 0 => {
                failures -= 1;
                json_response(503, "{}")
            }
            _ => page(request),
        })
        .await;
        let psa = server.psa();
        let mut tickets = list(&psa);
        for _ in 0..3 {
            tickets.next().await.unwrap().unwrap();
        }
        // All attempts are made although nobody polls the list.
        server.wait_for_requests(2 + attempts).await;
        let rest: Vec<Value> = tickets.try_collect().await.unwrap();
        assert_eq!((rest.len() as u32, server.count()), (2 * PAGES - 3, PAGES as usize + attempts - 1));
    }
}

#[tokio::test]
async fn the_error_of_a_page_ahead_is_that_of_its_call() {
    let server = Server::new(|request| if is_page_3(request) { json_response(503, "{}") } else { page(request) }).await;
    let psa = server.psa();
    let mut tickets = list(&psa);
    for id in 1..=4 {
        assert_eq!(tickets.next().await.unwrap().unwrap()["id"], id);
    }
    let error = tickets.next().await.unwrap().unwrap_err();
    assert!(error.status().is_some_and(|status| status == 503), "{error}");
    // No attempts were made beyond those of the request ahead.
    let attempts = server.count() - 2;
    let bookmark = tickets.bookmark().unwrap();
    assert!(bookmark.to_string().starts_with("forward/4/"), "{bookmark}");
    let resumed = psa.service().list_tickets().page_size(2).resume(bookmark).decode_as::<Value>();
    assert_eq!(resumed.all().await.unwrap_err().to_string(), error.to_string());
    assert_eq!(server.count() - 2, 2 * attempts);
}

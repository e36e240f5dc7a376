//! Calls as values: one call of each type is stored, spawned, timed out, and displayed without being sent. The options
//! of a call apply only to that call.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use connectwise_psa::raw::RawRequest;
use connectwise_psa::types::{DocumentFormData, DocumentInfo, SuccessResponse, Ticket};
use connectwise_psa::{
    Call, CallOptions, Count, Download, DryRun, Error, Get, List, Method, Patch, Psa, RetryPolicy, Upload, Value,
};
use connectwise_psa_sim::{Fault, Sim};
use httpmock::prelude::{HttpMockRequest, HttpMockResponse, MockServer};
use serde_json::json;
use tokio::task::JoinHandle;

use crate::setup::{quick_retries, request_lines, small};

const TICKETS: &str = "/service/tickets";

/// One call of each type. A create request, an update and a replacement all return a ticket and have the same type, so
/// they are in one vector.
struct Calls {
    list: List<Ticket>,
    get: Get<Ticket>,
    count: Count<Ticket>,
    writes: Vec<Call<Ticket>>,
    delete: Call<()>,
    action: Call<SuccessResponse>,
    upload: Call<DocumentInfo>,
    download: Call<Download>,
    raw: RawRequest,
}

impl Calls {
    /// Creates the calls. They own the data that they send: the clients and bodies that they are created with are
    /// dropped when this function returns.
    fn new(sim: &Sim, document: i32) -> Self {
        // Each call has its own client, so no call waits for another.
        let psa = || sim.psa().with(quick_retries());
        let form =
            DocumentFormData { record_type: Some("Ticket".into()), record_id: Some(8), ..DocumentFormData::default() };
        Self {
            list: psa().service().list_tickets().filter(|ticket| ticket.id().le(100)).page_size(40),
            get: psa().service().get_ticket(1),
            count: psa().service().count_tickets().filter(|ticket| ticket.id().le(100)),
            writes: vec![
                psa().service().create_ticket(&Ticket::new("Created", 5)),
                psa().service().update_ticket(2, &Patch::new().set(Ticket::fields().summary(), "Updated")),
                psa().service().replace_ticket(4, &Ticket::new("Replaced", 5)),
            ],
            delete: psa().service().delete_ticket(120),
            action: psa().service().merge_ticket(5, &json!({"mergeTicketIds": [7], "status": {"id": 2}})),
            upload: psa().system().upload_document(&form, Some(Upload::from_bytes("new.txt", "new"))),
            download: psa().system().download_document(document),
            raw: psa()
                .request(Method::Post, "/service/tickets/8/notes")
                .json(&json!({"text": "Noted", "detailDescriptionFlag": true})),
        }
    }

    /// Returns the same calls with a timeout.
    fn timeout(self, timeout: Duration) -> Self {
        Self {
            list: self.list.timeout(timeout),
            get: self.get.timeout(timeout),
            count: self.count.timeout(timeout),
            writes: self.writes.into_iter().map(|call| call.timeout(timeout)).collect(),
            delete: self.delete.timeout(timeout),
            action: self.action.timeout(timeout),
            upload: self.upload.timeout(timeout),
            download: self.download.timeout(timeout),
            raw: self.raw.timeout(timeout),
        }
    }
}

/// Starts a simulator with few records and a document to download. Returns it with the document's id.
async fn with_document() -> (Sim, i32) {
    let (sim, psa) = small().await;
    let form =
        DocumentFormData { record_type: Some("Ticket".into()), record_id: Some(9), ..DocumentFormData::default() };
    let document = psa.system().upload_document(&form, Some(Upload::from_bytes("old.txt", "old"))).await.unwrap();
    (sim, document.id.unwrap())
}

/// Awaits a call in a separate task.
fn spawn<T: Send + 'static, C>(call: C) -> JoinHandle<Result<T, Error>>
where
    C: IntoFuture<Output = Result<T, Error>, IntoFuture: Send> + Send + 'static,
{
    tokio::spawn(async move { call.await })
}

fn summary(sim: &Sim, ticket: i64) -> String {
    sim.store().get(TICKETS, ticket).unwrap()["summary"].as_str().unwrap().to_owned()
}

/// Checks that the server carried out each call exactly once.
fn check_outcome(sim: &Sim, created: &Ticket) {
    assert_eq!(summary(sim, created.id.unwrap().into()), "Created");
    assert_eq!((summary(sim, 2).as_str(), summary(sim, 4).as_str()), ("Updated", "Replaced"));
    // One of the 120 tickets was deleted, and one was created.
    assert_eq!((sim.store().get(TICKETS, 120), sim.store().count(TICKETS)), (None, 120));
    // The merge has closed ticket 7.
    assert_eq!(sim.store().get(TICKETS, 7).unwrap()["closedFlag"], true);
    // One of the two documents was there before the calls.
    assert_eq!((sim.store().count("/system/documents"), sim.store().count("/service/tickets/8/notes")), (2, 1));
}

#[tokio::test]
async fn a_stored_call_is_sent_only_when_it_is_awaited() {
    let (sim, document) = with_document().await;
    let before = sim.requests().len();
    let mut calls = Calls::new(&sim, document);
    tokio::task::yield_now().await;
    assert_eq!(sim.requests().len(), before, "nothing is sent before a call is awaited");
    assert_eq!(calls.list.all().await.unwrap().len(), 100);
    assert_eq!(calls.get.await.unwrap().summary.as_deref(), Some("Ticket 1"));
    assert_eq!(calls.count.await.unwrap(), 100);
    let (replace, update, create) =
        (calls.writes.pop().unwrap(), calls.writes.pop().unwrap(), calls.writes.pop().unwrap());
    assert_eq!(replace.await.unwrap().summary.as_deref(), Some("Replaced"));
    assert_eq!(update.await.unwrap().summary.as_deref(), Some("Updated"));
    let created = create.await.unwrap();
    calls.delete.await.unwrap();
    assert_eq!(calls.action.await.unwrap().success, Some(true));
    assert_eq!(calls.upload.await.unwrap().file_name.as_deref(), Some("new.txt"));
    assert_eq!(calls.download.await.unwrap().bytes().await.unwrap(), "old");
    assert_eq!(calls.raw.await.unwrap().into_json().unwrap()["text"], "Noted");
    check_outcome(&sim, &created);
}

#[tokio::test]
async fn a_call_of_each_type_can_be_spawned() {
    let (sim, document) = with_document().await;
    let calls = Calls::new(&sim, document);
    let list = calls.list;
    let list = tokio::spawn(async move { list.all().await });
    let (get, count) = (spawn(calls.get), spawn(calls.count));
    let writes: Vec<_> = calls.writes.into_iter().map(spawn).collect();
    let (delete, action, upload) = (spawn(calls.delete), spawn(calls.action), spawn(calls.upload));
    let (download, raw) = (spawn(calls.download), spawn(calls.raw));

    assert_eq!(list.await.unwrap().unwrap().len(), 100);
    assert_eq!(get.await.unwrap().unwrap().id, Some(1));
    assert_eq!(count.await.unwrap().unwrap(), 100);
    let mut tickets = Vec::new();
    for write in writes {
        tickets.push(write.await.unwrap().unwrap());
    }
    assert_eq!(
        tickets.iter().map(|ticket| ticket.summary.as_deref().unwrap()).collect::<Vec<_>>(),
        ["Created", "Updated", "Replaced"]
    );
    delete.await.unwrap().unwrap();
    assert_eq!(action.await.unwrap().unwrap().success, Some(true));
    assert_eq!(upload.await.unwrap().unwrap().file_name.as_deref(), Some("new.txt"));
    assert_eq!(download.await.unwrap().unwrap().bytes().await.unwrap(), "old");
    assert_eq!(raw.await.unwrap().unwrap().into_json().unwrap()["text"], "Noted");
    check_outcome(&sim, &tickets[0]);
}

/// Waits for a call that must fail, and returns its error.
async fn failure<T>(call: JoinHandle<Result<T, Error>>) -> Error {
    match call.await.unwrap() {
        Ok(_) => panic!("the call succeeded within its timeout"),
        Err(error) => error,
    }
}

#[tokio::test]
async fn a_timeout_error_says_whether_the_call_can_be_repeated() {
    let (sim, document) = with_document().await;
    let before = (
        sim.store().list(TICKETS),
        sim.store().count("/system/documents"),
        sim.store().count("/service/tickets/8/notes"),
    );
    // The server waits before it carries out a request.
    sim.inject(Fault::next(100).with_latency(Duration::from_secs(600)));
    // Four seconds are enough to send the requests, even on a busy machine.
    let calls = Calls::new(&sim, document).timeout(Duration::from_secs(4));
    let mut writes = calls.writes.into_iter().map(spawn);
    let reads = (spawn(calls.list.all()), spawn(calls.get), spawn(calls.count), spawn(calls.download));
    let changes = [
        ("service.create_ticket (POST /service/tickets)", false, writes.next().unwrap()),
        ("service.update_ticket (PATCH /service/tickets/{id})", true, writes.next().unwrap()),
        ("service.replace_ticket (PUT /service/tickets/{id})", true, writes.next().unwrap()),
    ];
    let other_changes = (spawn(calls.delete), spawn(calls.action), spawn(calls.upload), spawn(calls.raw));

    let reads = [
        ("service.list_tickets (GET /service/tickets)", failure(reads.0).await),
        ("service.get_ticket (GET /service/tickets/{id})", failure(reads.1).await),
        ("service.count_tickets (GET /service/tickets/count)", failure(reads.2).await),
        ("system.download_document (GET /system/documents/{id}/download)", failure(reads.3).await),
    ];
    for (operation, error) in &reads {
        let text = error.to_string();
        assert!(error.is_timeout() && !error.is_ambiguous() && error.is_retryable(), "{text}");
        assert!(
            text.starts_with(&format!("{operation}: no complete response arrived in time (the limit is 4s")),
            "{text}"
        );
        assert!(text.ends_with(". Narrow a broad query, or increase the timeout."), "{text}");
    }
    let mut changed = Vec::new();
    for (operation, is_repeatable, call) in changes {
        changed.push((operation, is_repeatable, failure(call).await));
    }
    changed.extend([
        ("service.delete_ticket (DELETE /service/tickets/{id})", true, failure(other_changes.0).await),
        ("service.merge_ticket (POST /service/tickets/{parentId}/merge)", false, failure(other_changes.1).await),
        ("system.upload_document (POST /system/documents)", false, failure(other_changes.2).await),
        ("service.create_ticket_note (POST /service/tickets/{parentId}/notes)", false, failure(other_changes.3).await),
    ]);
    for (operation, is_repeatable, error) in &changed {
        let text = error.to_string();
        assert!(error.is_timeout() && error.is_ambiguous(), "{text}");
        assert_eq!(error.is_retryable(), *is_repeatable, "{text}");
        assert!(
            text.starts_with(&format!("{operation}: no complete response arrived in time (the limit is 4s")),
            "{text}"
        );
        let advice = if *is_repeatable {
            assert!(
                text.ends_with(". The server may have carried out the request; repeating it is harmless."),
                "{text}"
            );
            continue;
        } else if operation.contains("(POST ") {
            "check whether the record was created, or the action took effect, before you repeat it"
        } else {
            "read the record before you repeat the change"
        };
        assert!(text.ends_with(&format!(". The server may have carried out the request: {advice}.")), "{text}");
    }
    let after = (
        sim.store().list(TICKETS),
        sim.store().count("/system/documents"),
        sim.store().count("/service/tickets/8/notes"),
    );
    assert!(before == after, "the server has not carried out any request yet");
}

#[tokio::test]
async fn a_dry_run_of_each_type_of_call_shows_the_request() {
    let (sim, document) = with_document().await;
    let before = sim.requests().len();
    let calls = Calls::new(&sim, document);
    let expected = [
        (Method::Get, "/service/tickets?conditions=id%3C%3D100&page=1&pageSize=40".to_owned()),
        (Method::Get, "/service/tickets/1".to_owned()),
        (Method::Get, "/service/tickets/count?conditions=id%3C%3D100".to_owned()),
        (Method::Post, "/service/tickets".to_owned()),
        (Method::Patch, "/service/tickets/2".to_owned()),
        (Method::Put, "/service/tickets/4".to_owned()),
        (Method::Delete, "/service/tickets/120".to_owned()),
        (Method::Post, "/service/tickets/5/merge".to_owned()),
        (Method::Post, "/system/documents".to_owned()),
        (Method::Get, format!("/system/documents/{document}/download")),
        (Method::Post, "/service/tickets/8/notes".to_owned()),
    ];
    let mut shown = vec![calls.list.dry_run(), calls.get.dry_run(), calls.count.dry_run()];
    shown.extend(calls.writes.iter().map(Call::dry_run));
    shown.extend([
        calls.delete.dry_run(),
        calls.action.dry_run(),
        calls.upload.dry_run(),
        calls.download.dry_run(),
        calls.raw.dry_run(),
    ]);
    let shown: Vec<DryRun> = shown.into_iter().map(Result::unwrap).collect();
    let base = format!("{}/v4_6_release/apis/3.0", sim.url());
    assert_eq!(
        shown.iter().map(|shown| (shown.method, shown.url.clone())).collect::<Vec<_>>(),
        expected.map(|(method, path)| (method, format!("{base}{path}")))
    );
    let bodies: Vec<Option<Value>> =
        shown.iter().map(|shown| serde_json::from_str(shown.body.as_deref()?).ok()).collect();
    let patch = json!([{"op": "replace", "path": "summary", "value": "Updated"}]);
    assert_eq!((&bodies[3], &bodies[4]), (&Some(json!({"summary": "Created", "company": {"id": 5}})), &Some(patch)));
    assert!(
        shown.iter().all(|shown| shown.headers.contains(&("authorization".into(), "[redacted]".into()))),
        "{shown:?}"
    );
    assert_eq!(sim.requests().len(), before, "nothing is sent");
    // A call can still be sent after a dry run.
    assert_eq!(calls.get.await.unwrap().id, Some(1));
}

/// Returns a header of a dry run.
fn header(shown: Result<DryRun, Error>, name: &str) -> Option<String> {
    shown.unwrap().headers.into_iter().find_map(|(found, value)| (found == name).then_some(value))
}

#[tokio::test]
async fn the_version_and_the_headers_of_a_call_apply_only_to_that_call() {
    let (_sim, psa) = small().await;
    let psa = psa.with(CallOptions::new().version("2020.4"));
    macro_rules! check {
        ($($call:expr),+ $(,)?) => {$(
            let accept = |shown| header(shown, "accept").unwrap();
            assert!(accept($call.dry_run()).contains("version=2020.4"), "the client's");
            assert!(accept($call.version("2023.2").dry_run()).contains("version=2023.2"), "the call's");
            assert!(!accept($call.without_version().dry_run()).contains("version="), "none");
            assert_eq!(header($call.dry_run(), "x-trace"), None);
            assert_eq!(header($call.header("x-trace", "7").dry_run(), "x-trace").as_deref(), Some("7"));
            let authorization = header($call.header("authorization", "mine").dry_run(), "authorization");
            assert_eq!(authorization.as_deref(), Some("[redacted]"));
        )+};
    }
    check!(
        psa.service().list_tickets(),
        psa.service().list_tickets().decode_as::<Value>(),
        psa.service().get_ticket(1),
        psa.service().count_tickets(),
        psa.service().create_ticket(&Ticket::new("x", 5)),
        psa.service().delete_ticket(1),
        psa.system().download_document(1),
        psa.request(Method::Get, "/service/tickets"),
    );
    // The options of a list also apply to the calls that are derived from it.
    let list = || psa.service().list_tickets().version("2023.2").header("x-trace", "7");
    for shown in [
        list().count().dry_run(),
        list().decode_as::<Value>().dry_run(),
        psa.operation("service.list_tickets").header("x-trace", "7").list().dry_run(),
    ] {
        assert_eq!(header(shown, "x-trace").as_deref(), Some("7"));
    }
    assert!(header(list().count().dry_run(), "accept").unwrap().contains("version=2023.2"));
}

#[tokio::test]
async fn the_retry_policy_of_a_call_applies_only_to_that_call() {
    let (sim, psa) = small().await;
    let no_retries = psa.with(CallOptions::new().retry(RetryPolicy::none()));
    let with_retries = quick_retries().retry.unwrap();
    let fail_once = |path: &str| sim.inject(Fault::next(1).on("GET", path).with_status(503));
    let is_503 =
        |result: Result<(), Error>| assert_eq!(result.unwrap_err().status().map(|status| status.as_u16()), Some(503));

    fail_once("/service/tickets/1");
    is_503(no_retries.service().get_ticket(1).await.map(drop));
    fail_once("/service/tickets/1");
    assert_eq!(no_retries.service().get_ticket(1).retry(with_retries).await.unwrap().id, Some(1));
    fail_once("/service/tickets/1");
    is_503(psa.service().get_ticket(1).retry(RetryPolicy::none()).await.map(drop));
    fail_once("/service/tickets/1");
    assert_eq!(
        no_retries.request(Method::Get, "/service/tickets/1").retry(with_retries).await.unwrap().into_json().unwrap()["id"],
        1
    );
    fail_once("/service/tickets/count");
    assert_eq!(no_retries.service().count_tickets().retry(with_retries).await.unwrap(), 120);
    // Other calls of the same client are not affected.
    fail_once("/service/tickets/1");
    is_503(no_retries.service().get_ticket(1).await.map(drop));

    let lose_response = || sim.inject(Fault::next(1).on("POST", TICKETS).with_lost_response());
    lose_response();
    assert!(psa.service().create_ticket(&Ticket::new("Once", 5)).await.unwrap_err().is_ambiguous());
    lose_response();
    assert!(psa.service().create_ticket(&Ticket::new("Twice", 5)).retry_non_idempotent().await.is_ok());
    lose_response();
    assert!(psa.operation("service.create_ticket").json(&Ticket::new("Twice", 5)).retry_non_idempotent().await.is_ok());
    // The first attempt and the retry both create a ticket, because only the response to the first one was lost.
    assert_eq!(sim.store().count(TICKETS), 120 + 1 + 2 + 2);
}

#[tokio::test]
async fn the_timeout_of_a_call_applies_only_to_that_call() {
    let (sim, psa) = small().await;
    let impatient = psa.with(CallOptions::new().timeout(Duration::from_millis(50)));
    let delay_next = || sim.inject(Fault::next(1).with_latency(Duration::from_millis(500)));
    delay_next();
    assert!(impatient.service().get_ticket(1).await.unwrap_err().is_transport());
    delay_next();
    assert_eq!(impatient.service().get_ticket(1).timeout(Duration::from_secs(60)).await.unwrap().id, Some(1));
    delay_next();
    assert!(psa.service().get_ticket(1).timeout(Duration::from_millis(50)).await.unwrap_err().is_transport());
    delay_next();
    assert!(impatient.request(Method::Get, "/service/tickets/1").timeout(Duration::from_secs(60)).await.is_ok());
}

/// Starts a mock server with 25 tickets. Returns it with a client and the requests that it has received.
async fn recording_server() -> (MockServer, Psa, Arc<Mutex<Vec<HttpMockRequest>>>) {
    let server = MockServer::start_async().await;
    let received: Arc<Mutex<Vec<HttpMockRequest>>> = Arc::default();
    let server_received = Arc::clone(&received);
    server
        .mock_async(move |when, then| {
            when.any_request();
            then.respond_with(move |request: &HttpMockRequest| {
                server_received.lock().unwrap().push(request.clone());
                HttpMockResponse::builder()
                    .status(200)
                    .header("content-type", "application/json")
                    .body(response_to(request.uri_str()).to_string())
                    .build()
            });
        })
        .await;
    let builder = Psa::builder()
        .host(server.base_url())
        .company("acme")
        .keys("public", "private")
        .client_id("x")
        .unlimited_requests_per_minute();
    let psa = builder.build().unwrap();
    (server, psa, received)
}

/// Returns a count, a page by number, or a page after an id.
fn response_to(uri: &str) -> Value {
    let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
    if path.ends_with("/count") {
        return json!({"count": 25});
    }
    let number = |name: &str| {
        query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')?.parse::<usize>().ok())
    };
    let size = number("pageSize").unwrap();
    let skipped = number("pageId").unwrap_or_else(|| (number("page").unwrap_or(1) - 1) * size);
    (skipped + 1..=25).take(size).map(|id| json!({"id": id})).collect()
}

#[tokio::test]
async fn the_options_of_a_list_apply_to_each_of_its_requests() {
    let (_server, psa, received) = recording_server().await;
    let list =
        || psa.service().list_tickets().page_size(10).header("x-trace", "7").version("2023.2").decode_as::<Value>();
    let pages = async |list: List<Value>| {
        let (mut pages, mut read) = (list.pages(), 0);
        while let Some(page) = pages.next().await {
            read += page.unwrap().len();
        }
        read
    };
    // All ways to read a list, each with the expected number of requests: forward only, by page numbers, page by page,
    // a count and then several pages at a time, one page, one record, and a count. The server ignores forward-only paging
    // and sends no links, so the second page is requested by id and again by number.
    let results: [(usize, usize); 7] = [
        (list().all().await.unwrap().len(), 4),
        (list().from_page(1).all().await.unwrap().len(), 3),
        (pages(list()).await, 4),
        (list().parallel(3).all().await.unwrap().len(), 4),
        (list().page(3).await.unwrap().len(), 1),
        (usize::from(list().first().await.unwrap().is_some()), 1),
        (usize::try_from(list().count().await.unwrap()).unwrap(), 1),
    ];
    assert_eq!(results.map(|(records, _)| records), [25, 25, 25, 25, 5, 1, 25]);
    let received = received.lock().unwrap();
    let counts = received.iter().filter(|request| request.uri_str().contains("/tickets/count")).count();
    assert_eq!((received.len(), counts), (results.iter().map(|(_, requests)| requests).sum(), 2));
    for request in received.iter() {
        let header = |name: &str| {
            request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
        };
        assert_eq!(header("x-trace"), "7", "{}", request.uri_str());
        assert!(header("accept").contains("version=2023.2"), "{}: {}", request.uri_str(), header("accept"));
        assert!(header("authorization").starts_with("Basic "), "{}", request.uri_str());
    }
}

#[tokio::test]
async fn each_request_of_a_list_has_its_own_attempts_and_timeout() {
    let (sim, psa) = small().await;
    let no_retries = psa.with(CallOptions::new().retry(RetryPolicy::none()));
    // The first attempt for each page fails. A fault counts only the requests that no earlier fault has taken.
    for page in 0..3 {
        sim.inject(Fault::next(1).on("GET", TICKETS).after(page).with_status(503));
    }
    assert_eq!(
        no_retries
            .service()
            .list_tickets()
            .page_size(40)
            .retry(quick_retries().retry.unwrap())
            .all()
            .await
            .unwrap()
            .len(),
        120
    );
    let failed: Vec<bool> = request_lines(&sim).iter().take(6).map(|line| line.ends_with(" 503")).collect();
    assert_eq!(failed, [true, false, true, false, true, false]);
    // All three pages together take longer than the timeout, which applies to each page.
    sim.inject(Fault::next(3).on("GET", TICKETS).with_latency(Duration::from_secs(2)));
    assert_eq!(
        psa.service().list_tickets().page_size(40).timeout(Duration::from_secs(5)).all().await.unwrap().len(),
        120
    );
    sim.inject(Fault::next(1).on("GET", TICKETS).after(1).with_latency(Duration::from_secs(600)));
    let mut pages = psa.service().list_tickets().page_size(40).timeout(Duration::from_secs(2)).pages();
    assert_eq!(pages.next().await.unwrap().unwrap().len(), 40);
    assert!(pages.next().await.unwrap().unwrap_err().is_timeout() && pages.next().await.is_none());
}

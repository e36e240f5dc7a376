//! Calls as values: one of each kind is stored, spawned, timed out and shown without being sent; and the options of one
//! call hold for that call alone.

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

use crate::organisation::{quick, seen, small};

const TICKETS: &str = "/service/tickets";

/// One call of each kind. Those that give a ticket are of one type, so that they go into one vector: a creation, an
/// update and a replacement.
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
    /// The calls own what they send: the client, the sections and the bodies of which they are made are gone when this
    /// returns.
    fn new(sim: &Sim, document: i32) -> Self {
        // Each call has a client of its own, so that none waits for another.
        let psa = || sim.psa().with(quick());
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

    /// The same calls with a limit of time.
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

/// A server with few records and a document to download.
async fn with_document() -> (Sim, i32) {
    let (sim, psa) = small().await;
    let form =
        DocumentFormData { record_type: Some("Ticket".into()), record_id: Some(9), ..DocumentFormData::default() };
    let document = psa.system().upload_document(&form, Some(Upload::from_bytes("old.txt", "old"))).await.unwrap();
    (sim, document.id.unwrap())
}

/// Moves a call into a task of its own, which awaits it.
fn spawned<T: Send + 'static, C>(call: C) -> JoinHandle<Result<T, Error>>
where
    C: IntoFuture<Output = Result<T, Error>, IntoFuture: Send> + Send + 'static,
{
    tokio::spawn(async move { call.await })
}

fn summary(sim: &Sim, ticket: i64) -> String {
    sim.store().get(TICKETS, ticket).unwrap()["summary"].as_str().unwrap().to_owned()
}

/// That each of the calls was carried out, once.
fn check_outcome(sim: &Sim, created: &Ticket) {
    assert_eq!(summary(sim, created.id.unwrap().into()), "Created");
    assert_eq!((summary(sim, 2).as_str(), summary(sim, 4).as_str()), ("Updated", "Replaced"));
    assert_eq!((sim.store().get(TICKETS, 120), sim.store().count(TICKETS)), (None, 120));
    assert_eq!(sim.store().get(TICKETS, 7).unwrap()["closedFlag"], true);
    assert_eq!((sim.store().count("/system/documents"), sim.store().count("/service/tickets/8/notes")), (2, 1));
}

#[tokio::test]
async fn a_call_of_each_kind_is_stored_and_sent_when_it_is_awaited() {
    let (sim, document) = with_document().await;
    let seen = sim.requests().len();
    let mut calls = Calls::new(&sim, document);
    tokio::task::yield_now().await;
    assert_eq!(sim.requests().len(), seen, "nothing is sent before it is awaited");
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
async fn a_call_of_each_kind_is_spawned() {
    let (sim, document) = with_document().await;
    let calls = Calls::new(&sim, document);
    let list = calls.list;
    let list = tokio::spawn(async move { list.all().await });
    let (get, count) = (spawned(calls.get), spawned(calls.count));
    let writes: Vec<_> = calls.writes.into_iter().map(spawned).collect();
    let (delete, action, upload) = (spawned(calls.delete), spawned(calls.action), spawned(calls.upload));
    let (download, raw) = (spawned(calls.download), spawned(calls.raw));

    assert_eq!(list.await.unwrap().unwrap().len(), 100);
    assert_eq!(get.await.unwrap().unwrap().id, Some(1));
    assert_eq!(count.await.unwrap().unwrap(), 100);
    let mut written = Vec::new();
    for write in writes {
        written.push(write.await.unwrap().unwrap());
    }
    assert_eq!(
        written.iter().map(|ticket| ticket.summary.as_deref().unwrap()).collect::<Vec<_>>(),
        ["Created", "Updated", "Replaced"]
    );
    delete.await.unwrap().unwrap();
    assert_eq!(action.await.unwrap().unwrap().success, Some(true));
    assert_eq!(upload.await.unwrap().unwrap().file_name.as_deref(), Some("new.txt"));
    assert_eq!(download.await.unwrap().unwrap().bytes().await.unwrap(), "old");
    assert_eq!(raw.await.unwrap().unwrap().into_json().unwrap()["text"], "Noted");
    check_outcome(&sim, &written[0]);
}

/// Waits for a call that must not succeed.
async fn failure<T>(call: JoinHandle<Result<T, Error>>) -> Error {
    match call.await.unwrap() {
        Ok(_) => panic!("it was in time"),
        Err(error) => error,
    }
}

#[tokio::test]
async fn a_call_of_each_kind_times_out_and_says_what_is_true() {
    let (sim, document) = with_document().await;
    let before = (
        sim.store().list(TICKETS),
        sim.store().count("/system/documents"),
        sim.store().count("/service/tickets/8/notes"),
    );
    // The server waits before it carries a request out.
    sim.inject(Fault::next(100).with_latency(Duration::from_secs(600)));
    // Long enough for the requests to be sent on a busy machine.
    let calls = Calls::new(&sim, document).timeout(Duration::from_secs(2));
    let mut writes = calls.writes.into_iter().map(spawned);
    let reads = (spawned(calls.list.all()), spawned(calls.get), spawned(calls.count), spawned(calls.download));
    let changes = [
        ("service.create_ticket (POST /service/tickets)", false, writes.next().unwrap()),
        ("service.update_ticket (PATCH /service/tickets/{id})", true, writes.next().unwrap()),
        ("service.replace_ticket (PUT /service/tickets/{id})", true, writes.next().unwrap()),
    ];
    let other_changes = (spawned(calls.delete), spawned(calls.action), spawned(calls.upload), spawned(calls.raw));

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
            text.starts_with(&format!("{operation}: no complete response arrived in time (the limit is 2s")),
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
            text.starts_with(&format!("{operation}: no complete response arrived in time (the limit is 2s")),
            "{text}"
        );
        assert!(
            text.ends_with(". The server may have carried out the request: read the record before repeating a change."),
            "{text}"
        );
    }
    let after = (
        sim.store().list(TICKETS),
        sim.store().count("/system/documents"),
        sim.store().count("/service/tickets/8/notes"),
    );
    assert!(before == after, "the server still waits");
}

#[tokio::test]
async fn a_call_of_each_kind_shows_what_it_would_send() {
    let (sim, document) = with_document().await;
    let seen = sim.requests().len();
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
    assert_eq!(sim.requests().len(), seen, "nothing is sent");
    // A call that was shown can still be sent.
    assert_eq!(calls.get.await.unwrap().id, Some(1));
}

/// A header of a dry run.
fn header(shown: Result<DryRun, Error>, name: &str) -> Option<String> {
    shown.unwrap().headers.into_iter().find_map(|(found, value)| (found == name).then_some(value))
}

#[tokio::test]
async fn the_version_and_the_headers_of_a_call_are_its_own() {
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
            assert_eq!(header($call.header("authorization", "mine").dry_run(), "authorization").as_deref(), Some("[redacted]"));
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
    // What was set on a list goes with what is made of it.
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
async fn how_often_a_call_is_tried_is_its_own() {
    let (sim, psa) = small().await;
    let once = psa.with(CallOptions::new().retry(RetryPolicy::none()));
    let patient = quick().retry.unwrap();
    let fails = |path: &str| sim.inject(Fault::next(1).on("GET", path).with_status(503));
    let refused =
        |result: Result<(), Error>| assert_eq!(result.unwrap_err().status().map(|status| status.as_u16()), Some(503));

    fails("/service/tickets/1");
    refused(once.service().get_ticket(1).await.map(drop));
    fails("/service/tickets/1");
    assert_eq!(once.service().get_ticket(1).retry(patient).await.unwrap().id, Some(1));
    fails("/service/tickets/1");
    refused(psa.service().get_ticket(1).retry(RetryPolicy::none()).await.map(drop));
    fails("/service/tickets/1");
    assert_eq!(
        once.request(Method::Get, "/service/tickets/1").retry(patient).await.unwrap().into_json().unwrap()["id"],
        1
    );
    fails("/service/tickets/count");
    assert_eq!(once.service().count_tickets().retry(patient).await.unwrap(), 120);
    // Other calls of the same client are as they were.
    fails("/service/tickets/1");
    refused(once.service().get_ticket(1).await.map(drop));

    let lost = || sim.inject(Fault::next(1).on("POST", TICKETS).with_lost_response());
    lost();
    assert!(psa.service().create_ticket(&Ticket::new("Once", 5)).await.unwrap_err().is_ambiguous());
    lost();
    assert!(psa.service().create_ticket(&Ticket::new("Twice", 5)).retry_non_idempotent().await.is_ok());
    lost();
    assert!(psa.operation("service.create_ticket").json(&Ticket::new("Twice", 5)).retry_non_idempotent().await.is_ok());
    assert_eq!(sim.store().count(TICKETS), 120 + 1 + 2 + 2);
}

#[tokio::test]
async fn the_time_that_a_call_may_take_is_its_own() {
    let (sim, psa) = small().await;
    let hasty = psa.with(CallOptions::new().timeout(Duration::from_millis(50)));
    let slow = || sim.inject(Fault::next(1).with_latency(Duration::from_millis(500)));
    slow();
    assert!(hasty.service().get_ticket(1).await.unwrap_err().is_transport());
    slow();
    assert_eq!(hasty.service().get_ticket(1).timeout(Duration::from_secs(60)).await.unwrap().id, Some(1));
    slow();
    assert!(psa.service().get_ticket(1).timeout(Duration::from_millis(50)).await.unwrap_err().is_transport());
    slow();
    assert!(hasty.request(Method::Get, "/service/tickets/1").timeout(Duration::from_secs(60)).await.is_ok());
}

/// What a server that lists 25 tickets responds, and the requests that it has received.
async fn recorder() -> (MockServer, Psa, Arc<Mutex<Vec<HttpMockRequest>>>) {
    let server = MockServer::start_async().await;
    let seen: Arc<Mutex<Vec<HttpMockRequest>>> = Arc::default();
    let to_see = Arc::clone(&seen);
    server
        .mock_async(move |when, then| {
            when.any_request();
            then.respond_with(move |request: &HttpMockRequest| {
                to_see.lock().unwrap().push(request.clone());
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
    (server, psa, seen)
}

/// A count, or a page by number or after an id.
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
async fn options_of_a_list_hold_for_each_of_its_requests() {
    let (_server, psa, seen) = recorder().await;
    let list =
        || psa.service().list_tickets().page_size(10).header("x-trace", "7").version("2023.2").decode_as::<Value>();
    let pages = async |list: List<Value>| {
        let (mut pages, mut read) = (list.pages(), 0);
        while let Some(page) = pages.next().await {
            read += page.unwrap().len();
        }
        read
    };
    // Forward only, by page numbers, page by page, several pages at a time behind a count, one page, one record, and a
    // count.
    let ways: [(usize, usize); 7] = [
        (list().all().await.unwrap().len(), 3),
        (list().from_page(1).all().await.unwrap().len(), 3),
        (pages(list()).await, 3),
        (list().parallel(3).all().await.unwrap().len(), 4),
        (list().page(3).await.unwrap().len(), 1),
        (usize::from(list().first().await.unwrap().is_some()), 1),
        (usize::try_from(list().count().await.unwrap()).unwrap(), 1),
    ];
    assert_eq!(ways.map(|(records, _)| records), [25, 25, 25, 25, 5, 1, 25]);
    let seen = seen.lock().unwrap();
    let counts = seen.iter().filter(|request| request.uri_str().contains("/tickets/count")).count();
    assert_eq!((seen.len(), counts), (ways.iter().map(|(_, requests)| requests).sum(), 2));
    for request in seen.iter() {
        let header = |name: &str| {
            request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
        };
        assert_eq!(header("x-trace"), "7", "{}", request.uri_str());
        assert!(header("accept").contains("version=2023.2"), "{}: {}", request.uri_str(), header("accept"));
        assert!(header("authorization").starts_with("Basic "), "{}", request.uri_str());
    }
}

#[tokio::test]
async fn each_request_of_a_list_has_its_own_tries_and_time() {
    let (sim, psa) = small().await;
    let once = psa.with(CallOptions::new().retry(RetryPolicy::none()));
    // Each page fails once: a fault counts the requests that none before it has taken.
    for page in 0..3 {
        sim.inject(Fault::next(1).on("GET", TICKETS).after(page).with_status(503));
    }
    assert_eq!(
        once.service().list_tickets().page_size(40).retry(quick().retry.unwrap()).all().await.unwrap().len(),
        120
    );
    let refused: Vec<bool> = seen(&sim).iter().take(6).map(|line| line.ends_with(" 503")).collect();
    assert_eq!(refused, [true, false, true, false, true, false]);
    // Three pages take longer together than each of them may.
    sim.inject(Fault::next(3).on("GET", TICKETS).with_latency(Duration::from_millis(800)));
    assert_eq!(
        psa.service().list_tickets().page_size(40).timeout(Duration::from_secs(2)).all().await.unwrap().len(),
        120
    );
    sim.inject(Fault::next(1).on("GET", TICKETS).after(1).with_latency(Duration::from_secs(600)));
    let mut pages = psa.service().list_tickets().page_size(40).timeout(Duration::from_secs(2)).pages();
    assert_eq!(pages.next().await.unwrap().unwrap().len(), 40);
    assert!(pages.next().await.unwrap().unwrap_err().is_timeout() && pages.next().await.is_none());
}

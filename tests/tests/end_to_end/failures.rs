//! Servers that fail: a list is complete or the call returns an error that says what to do. Nothing is created twice or
//! overwritten.

use std::time::Duration;

use connectwise_psa::types::{Ticket, TicketRecordType};
use connectwise_psa::{CallOptions, Error, Patch, Psa, RetryPolicy, Value};
use connectwise_psa_sim::{Fault, Sim};
use serde_json::json;

use crate::setup::{
    FEW_TICKETS, changed_fields, demo, few_records, ids, quick_retries, request_count, request_lines, small, start_sim,
};

const TICKETS: &str = "/service/tickets";

/// A function that selects the failure of a fault.
type SetFailure = fn(Fault) -> Fault;

/// Lists all tickets in pages of 15. [`crate::setup::few_records`] has eight pages of tickets.
async fn all(psa: &Psa) -> Result<Vec<Value>, Error> {
    psa.service().list_tickets().page_size(15).decode_as().all().await
}

/// Creates a ticket after injecting a fault. Returns the result of the call, and by how many tickets the store has
/// grown.
async fn create(sim: &Sim, psa: &Psa, fault: Fault) -> (Result<Ticket, Error>, usize) {
    let before = sim.store().count(TICKETS);
    sim.inject(fault);
    let created = psa.service().create_ticket(&Ticket::new("Once", 5)).await;
    (created, sim.store().count(TICKETS) - before)
}

#[tokio::test]
async fn lists_are_complete_despite_transient_failures() {
    let (sim, _) = small().await;
    let stored = sim.store().list(TICKETS);
    let faults: [(&str, SetFailure); 8] = [
        ("429", |fault| fault.with_429(Duration::ZERO)),
        ("502", |fault| fault.with_status(502)),
        ("503", |fault| fault.with_status(503)),
        ("504", |fault| fault.with_status(504)),
        ("timeout message", Fault::with_timeout_message),
        ("truncated body", Fault::with_truncated_body),
        ("lost request", Fault::with_lost_request),
        ("lost response", Fault::with_lost_response),
    ];
    for (name, fault) in faults {
        // A 429 response slows its client down, so each fault gets a new client. The first three attempts for the third
        // page fail, the fourth succeeds.
        let psa = sim.psa().with(quick_retries());
        sim.inject(fault(Fault::next(3).on("GET", TICKETS).after(2)));
        let before = sim.requests().len();
        assert_eq!(all(&psa).await.unwrap(), stored, "{name}");
        assert_eq!(sim.requests().len() - before, 8 + 3, "{name}");
        sim.inject(fault(Fault::next(2).on("GET", TICKETS).after(3)));
        let parallel: Vec<Value> =
            psa.service().list_tickets().page_size(15).parallel(4).decode_as().all().await.unwrap();
        assert_eq!(parallel, stored, "{name}, in parallel");
    }
}

#[tokio::test]
async fn a_list_that_stays_rate_limited_fails_and_can_be_resumed() {
    let (sim, psa) = small().await;
    sim.inject(Fault::next(20).on("GET", TICKETS).after(3).with_429(Duration::ZERO));
    let mut pages = psa.service().list_tickets().page_size(15).decode_as::<Value>().pages();
    let mut read = Vec::new();
    let error = loop {
        match pages.next().await.unwrap() {
            Ok(page) => read.extend(page.items),
            Err(error) => break error,
        }
    };
    assert!(error.is_rate_limited() && error.is_retryable() && error.attempts() == Some(4), "{error}");
    assert!(error.to_string().contains("send fewer requests at a time") && pages.next().await.is_none(), "{error}");
    let bookmark = pages.bookmark().unwrap();
    let rest = || psa.service().list_tickets().page_size(15).decode_as::<Value>().resume(bookmark).all();
    // The server still rejects requests. Each new call has its own attempts, and fails in the end as well.
    assert!(rest().await.unwrap_err().is_rate_limited());
    let rest = psa
        .with(CallOptions::new().retry(RetryPolicy::none().max_attempts(30)))
        .service()
        .list_tickets()
        .page_size(15)
        .decode_as::<Value>()
        .resume(bookmark);
    read.extend(rest.all().await.unwrap());
    assert_eq!(read, sim.store().list(TICKETS));
}

#[tokio::test]
async fn a_rate_limit_that_outlasts_the_timeout_fails_at_once() {
    // The server accepts 6 requests in 30 seconds. The list has 8 pages.
    let (sim, psa) = start_sim(Sim::builder().seed(few_records()).rate_limit(6, Duration::from_secs(30))).await;
    let impatient = psa.with(CallOptions::new().timeout(Duration::from_secs(5)));
    let error = all(&impatient).await.unwrap_err();
    // The server asks the client to wait for 30 seconds, but the timeout is 5 seconds. The call fails at once.
    assert!(error.is_rate_limited() && error.retry_after() == Some(Duration::from_secs(30)), "{error}");
    assert!(error.to_string().contains("Retry after 30 s"), "{error}");
    assert_eq!(request_lines(&sim).iter().filter(|line| line.ends_with(" 429")).count(), 1);
}

#[tokio::test]
async fn a_create_request_with_an_ambiguous_outcome_is_not_retried() {
    let (sim, psa) = small().await;
    for (name, fault, expected) in [
        ("lost response", Fault::next(1).on("POST", TICKETS).with_lost_response(), 1),
        ("truncated response", Fault::next(1).on("POST", TICKETS).with_truncated_body(), 1),
        ("lost request", Fault::next(1).on("POST", TICKETS).with_lost_request(), 0),
        ("gateway", Fault::next(1).on("POST", TICKETS).with_status(502), 0),
        ("timeout message", Fault::next(1).on("POST", TICKETS).with_timeout_message(), 0),
    ] {
        let before = request_count(&sim, "POST", TICKETS);
        let (created, count) = create(&sim, &psa, fault).await;
        let error = created.unwrap_err();
        assert!(error.is_ambiguous() && !error.is_retryable(), "{name}: {error}");
        assert!(
            error
                .to_string()
                .contains("The server may have carried out the request: check whether the record was created"),
            "{name}: {error}"
        );
        assert_eq!((count, request_count(&sim, "POST", TICKETS) - before), (expected, 1), "{name}");
    }
    // After a 429 response, the client knows that the server has not carried out the request. It retries, and the
    // server creates one record.
    let (created, count) = create(&sim, &psa, Fault::next(2).on("POST", TICKETS).with_429(Duration::ZERO)).await;
    assert!(created.is_ok() && count == 1);
    // With `retry_non_idempotent`, the client retries after a lost response as well: the server creates two records.
    let (created, count) = create(
        &sim,
        &psa.with(CallOptions::new().retry_non_idempotent()),
        Fault::next(1).on("POST", TICKETS).with_lost_response(),
    )
    .await;
    assert!(created.is_ok() && count == 2);
}

#[tokio::test]
async fn an_unreadable_response_to_a_create_request_must_not_be_retried() {
    let (sim, psa) = small().await;
    let (created, count) = create(&sim, &psa, Fault::next(1).on("POST", TICKETS).with_empty_body()).await;
    let error = created.unwrap_err();
    assert!(
        error.is_empty_response()
            && error.is_ambiguous()
            && !error.is_retryable()
            && error.to_string().contains("check whether the record was created"),
        "{error}"
    );
    assert_eq!((count, request_count(&sim, "POST", TICKETS)), (1, 1));
    // The response is the HTML page of another server. No ticket was created, but the client cannot know that.
    let (created, count) = create(&sim, &psa, Fault::next(1).on("POST", TICKETS).with_html()).await;
    let error = created.unwrap_err();
    assert!(error.is_unexpected_response() && error.is_ambiguous() && !error.is_retryable(), "{error}");
    assert!(error.to_string().contains("Check the base URL"), "{error}");
    assert_eq!((count, request_count(&sim, "POST", TICKETS)), (0, 2));
}

#[tokio::test]
async fn repeatable_changes_are_retried() {
    let (sim, psa) = demo().await;
    sim.inject(Fault::next(2).on("PATCH", TICKETS).with_lost_response());
    let updated = psa.service().update_ticket(3, &Patch::new().replace("summary", "Twice the same")).await.unwrap();
    assert_eq!(
        (updated.summary.as_deref(), request_count(&sim, "PATCH", "/service/tickets/3")),
        (Some("Twice the same"), 3)
    );
    // A patch that adds an array element is not repeatable: a retry could add it twice.
    let items = sim.store().get("/company/contacts", 2).unwrap()["communicationItems"].as_array().unwrap().len();
    sim.inject(Fault::next(1).on("PATCH", "/company/contacts").with_lost_response());
    let added = Patch::new().add("communicationItems/9", json!({"type": {"id": 3}, "value": "2075550177"}));
    let error = psa.company().update_contact(2, &added).await.unwrap_err();
    assert!(error.is_ambiguous() && !error.is_retryable(), "{error}");
    assert_eq!(request_count(&sim, "PATCH", "/company/contacts/2"), 1);
    assert_eq!(
        sim.store().get("/company/contacts", 2).unwrap()["communicationItems"].as_array().unwrap().len(),
        items + 1
    );
    // The second attempt to delete the ticket gets a 404. The error says that the first attempt may have deleted it.
    let id = psa.service().create_ticket(&Ticket::new("Short-lived", 5)).await.unwrap().id.unwrap();
    sim.inject(Fault::next(1).on("DELETE", TICKETS).with_lost_response());
    let error = psa.service().delete_ticket(id).await.unwrap_err();
    assert!(
        error.is_not_found() && error.is_ambiguous() && error.to_string().contains("it may have deleted the record"),
        "{error}"
    );
    assert_eq!(sim.store().get(TICKETS, id.into()), None);
}

#[tokio::test]
async fn a_slow_server_causes_a_timeout() {
    let (sim, psa) = small().await;
    sim.inject(Fault::next(3).on("", TICKETS).with_latency(Duration::from_secs(600)));
    // Four seconds are enough to send the request, even on a busy machine.
    let impatient = psa.with(CallOptions::new().timeout(Duration::from_secs(4)));
    let read = impatient.service().get_ticket(1).await.unwrap_err();
    assert!(
        read.is_timeout()
            && !read.is_ambiguous()
            && read.is_retryable()
            && read.to_string().contains("increase the timeout"),
        "{read}"
    );
    let before = sim.store().count(TICKETS);
    let created = impatient.service().create_ticket(&Ticket::new("Slow", 5)).await.unwrap_err();
    assert!(created.is_timeout() && created.is_ambiguous() && !created.is_retryable(), "{created}");
    assert!(created.to_string().contains("check whether the record was created"), "{created}");
    assert_eq!(sim.store().count(TICKETS), before, "the server has not carried out the request yet");
    let updated = impatient.service().update_ticket(1, &Patch::new().replace("summary", "Slow")).await.unwrap_err();
    assert!(updated.is_timeout() && updated.is_ambiguous(), "{updated}");
    assert_eq!(psa.service().list_tickets().take(1).page(1).await.unwrap().len(), 1);
}

#[tokio::test]
async fn the_error_of_a_permanent_failure_names_the_operation() {
    let (sim, psa) = small().await;
    for (fault, expected) in [
        (Fault::next(4).with_status(503), "503 Service Unavailable"),
        (Fault::next(4).with_lost_request(), "the request failed before a complete response arrived"),
        (Fault::next(1).with_status(500), "500 Internal Server Error"),
        (Fault::next(1).with_html(), "it needs the API's host and base path"),
    ] {
        sim.inject(fault);
        let error = all(&psa).await.unwrap_err();
        let text = error.to_string();
        assert!(
            text.starts_with("service.list_tickets (GET /service/tickets): ")
                && text.contains(expected)
                && !error.is_ambiguous(),
            "{text}"
        );
    }
    // Each fault takes all attempts: four, four, one and one.
    assert_eq!(sim.requests().len(), 10);
}

/// If an empty body counted as an empty list, a synchronisation would delete the missing records.
#[tokio::test]
async fn an_empty_body_is_not_an_empty_list() {
    let (sim, psa) = small().await;
    for page in 0..2 {
        sim.inject(Fault::next(1).on("GET", TICKETS).after(page).with_empty_body());
        let error = all(&psa).await.unwrap_err();
        assert!(error.is_empty_response() && error.to_string().contains("service.list_tickets"), "{error}");
    }
    sim.inject(Fault::next(1).with_empty_body());
    assert!(psa.service().count_tickets().await.unwrap_err().is_empty_response());
    sim.inject(Fault::next(1).on("GET", TICKETS).after(4).with_html());
    assert!(all(&psa).await.unwrap_err().is_unexpected_response());
}

#[tokio::test]
async fn unusual_values_are_read_and_not_written_back() {
    let (sim, psa) = demo().await;
    let stored = || sim.store().get(TICKETS, 20).unwrap();
    let faults: [SetFailure; 4] =
        [Fault::with_nulls, Fault::with_unknown_enums, Fault::with_extra_fields, Fault::with_unusual_encodings];
    for (number, fault) in faults.into_iter().enumerate() {
        // Nine requests: eight pages, and the request that `edit` reads the ticket with.
        sim.inject(fault(Fault::next(9).on("GET", TICKETS)));
        let tickets: Vec<Ticket> = psa.service().list_tickets().page_size(50).all().await.unwrap();
        let read: Vec<_> = tickets.iter().map(|ticket| i64::from(ticket.id.unwrap())).collect();
        assert_eq!(read, ids(&sim.store().list(TICKETS)));
        // Fields with unusual values that the edit does not change stay unchanged on the server.
        let before = stored();
        let summary = format!("Edited {number}");
        psa.service().get_ticket(20).edit(|ticket| ticket.summary = Some(summary.clone())).await.unwrap();
        assert_eq!(
            (changed_fields(&before, &stored()), stored()["summary"].as_str()),
            (vec!["summary".to_owned()], Some(summary.as_str()))
        );
    }
}

#[tokio::test]
async fn an_unknown_enum_value_is_kept_unchanged() {
    let (sim, psa) = demo().await;
    sim.inject(Fault::next(1).with_unknown_enums());
    let ticket = psa.service().get_ticket(1).await.unwrap();
    assert_eq!(ticket.record_type.unwrap().as_str(), "NewInNextRelease");
    assert_eq!(psa.service().get_ticket(1).await.unwrap().record_type, Some(TicketRecordType::ServiceTicket));
    // An unknown value is also sent unchanged.
    let created = psa
        .service()
        .create_ticket(&Ticket { severity: Some("Apocalyptic".into()), ..Ticket::new("New severity", 5) })
        .await
        .unwrap();
    let stored = sim.store().get(TICKETS, created.id.unwrap().into()).unwrap();
    assert_eq!((stored["severity"].as_str(), created.severity.unwrap().as_str()), (Some("Apocalyptic"), "Apocalyptic"));
}

#[tokio::test]
async fn the_error_names_an_unreadable_record_and_the_others_can_be_read_as_json() {
    let (sim, psa) = small().await;
    let mut odd = sim.store().get(TICKETS, 40).unwrap();
    odd["company"]["id"] = json!("five");
    sim.store().insert(TICKETS, odd);
    let error = psa.service().list_tickets().page_size(15).all().await.unwrap_err();
    // Ticket 40 is the tenth record of the third page, which starts with ticket 31.
    assert_eq!(
        (error.is_decode(), error.index(), error.path(), error.raw_value()),
        (true, Some(9), Some("[9].company.id"), Some("\"five\"")),
        "{error}"
    );
    let raw = all(&psa).await.unwrap();
    let unreadable: Vec<_> = raw
        .iter()
        .filter(|record| serde_json::from_value::<Ticket>((*record).clone()).is_err())
        .map(|record| &record["id"])
        .collect();
    assert_eq!((raw.len(), unreadable), (FEW_TICKETS, vec![&json!(40)]));
}

#[tokio::test]
async fn an_interrupted_download_is_an_error() {
    let (sim, psa) = demo().await;
    let invoice = psa.finance().download_invoice_pdf(1).await.unwrap().bytes().await.unwrap();
    sim.inject(Fault::next(1).on("GET", "/finance/invoices/1/pdf").with_truncated_body());
    let interrupted = psa.finance().download_invoice_pdf(1).await.unwrap();
    assert_eq!(interrupted.length, Some(invoice.len() as u64));
    let error = interrupted.bytes().await.unwrap_err();
    assert!(error.is_transport() && error.to_string().contains("finance.download_invoice_pdf"), "{error}");
}

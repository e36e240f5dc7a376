//! Servers that fail: lists are complete all the same or the error says what to do, and nothing is created twice or
//! overwritten.

use std::time::Duration;

use connectwise_psa::types::{Ticket, TicketRecordType};
use connectwise_psa::{CallOptions, Error, Patch, Psa, RetryPolicy, Value};
use connectwise_psa_sim::{Fault, Sim};
use serde_json::json;

use crate::organisation::{FEW, asked, changed, demo, few, ids, opened, quick, seen, small};

const TICKETS: &str = "/service/tickets";

/// What a fault does to the requests it is for.
type Doing = fn(Fault) -> Fault;

/// All tickets; there are eight pages of the few.
async fn all(psa: &Psa) -> Result<Vec<Value>, Error> {
    psa.service().list_tickets().page_size(15).decode_as().all().await
}

/// A creation that a fault meets, and how many tickets there are more behind it.
async fn create(sim: &Sim, psa: &Psa, fault: Fault) -> (Result<Ticket, Error>, usize) {
    let before = sim.store().count(TICKETS);
    sim.inject(fault);
    let created = psa.service().create_ticket(&Ticket::new("Once", 5)).await;
    (created, sim.store().count(TICKETS) - before)
}

#[tokio::test]
async fn lists_are_complete_in_spite_of_what_passes() {
    let (sim, _) = small().await;
    let stored = sim.store().list(TICKETS);
    let faults: [(&str, Doing); 8] = [
        ("429", |fault| fault.with_429(Duration::ZERO)),
        ("502", |fault| fault.with_status(502)),
        ("503", |fault| fault.with_status(503)),
        ("504", |fault| fault.with_status(504)),
        ("timeout in words", Fault::with_timeout_message),
        ("cut", Fault::with_truncated_body),
        ("lost request", Fault::with_lost_request),
        ("lost answer", Fault::with_lost_response),
    ];
    for (what, fault) in faults {
        // Refusals make a client slower, so that each has its own. The third page fails three times, and then comes.
        let psa = sim.psa().with(quick());
        sim.inject(fault(Fault::next(3).on("GET", TICKETS).after(2)));
        let before = sim.requests().len();
        assert_eq!(all(&psa).await.unwrap(), stored, "{what}");
        assert_eq!(sim.requests().len() - before, 8 + 3, "{what}");
        sim.inject(fault(Fault::next(2).on("GET", TICKETS).after(3)));
        let parallel: Vec<Value> =
            psa.service().list_tickets().page_size(15).parallel(4).decode_as().all().await.unwrap();
        assert_eq!(parallel, stored, "{what}, in parallel");
    }
}

#[tokio::test]
async fn a_storm_of_refusals_ends_in_an_error_and_reading_goes_on_later() {
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
    // While the storm lasts, each call has its own tries.
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
async fn a_server_that_admits_few_requests_is_asked_no_more_than_it_may() {
    let (sim, psa) = opened(Sim::builder().seed(few()).rate_limit(6, Duration::from_secs(30))).await;
    let hasty = psa.with(CallOptions::new().timeout(Duration::from_secs(5)));
    let error = all(&hasty).await.unwrap_err();
    // To wait for thirty seconds is longer than the call may take, which is told at once.
    assert!(error.is_rate_limited() && error.retry_after() == Some(Duration::from_secs(30)), "{error}");
    assert!(error.to_string().contains("Retry after 30 s"), "{error}");
    assert_eq!(seen(&sim).iter().filter(|line| line.ends_with(" 429")).count(), 1);
}

#[tokio::test]
async fn a_creation_whose_outcome_is_unknown_is_sent_once() {
    let (sim, psa) = small().await;
    for (what, fault, made) in [
        ("lost answer", Fault::next(1).on("POST", TICKETS).with_lost_response(), 1),
        ("cut answer", Fault::next(1).on("POST", TICKETS).with_truncated_body(), 1),
        ("lost request", Fault::next(1).on("POST", TICKETS).with_lost_request(), 0),
        ("gateway", Fault::next(1).on("POST", TICKETS).with_status(502), 0),
        ("timeout in words", Fault::next(1).on("POST", TICKETS).with_timeout_message(), 0),
    ] {
        let before = asked(&sim, "POST", TICKETS);
        let (created, more) = create(&sim, &psa, fault).await;
        let error = created.unwrap_err();
        assert!(error.is_ambiguous() && !error.is_retryable(), "{what}: {error}");
        assert!(
            error
                .to_string()
                .contains("The server may have carried out the request: read the record before repeating a change"),
            "{what}: {error}"
        );
        assert_eq!((more, asked(&sim, "POST", TICKETS) - before), (made, 1), "{what}");
    }
    // What was certainly not carried out is sent again, and gives one record.
    let (created, more) = create(&sim, &psa, Fault::next(2).on("POST", TICKETS).with_429(Duration::ZERO)).await;
    assert!(created.is_ok() && more == 1);
    // Who says that two do no harm may get two.
    let (created, more) = create(
        &sim,
        &psa.with(CallOptions::new().retry_non_idempotent()),
        Fault::next(1).on("POST", TICKETS).with_lost_response(),
    )
    .await;
    assert!(created.is_ok() && more == 2);
}

#[tokio::test]
async fn a_creation_that_was_answered_unreadably_is_not_to_be_repeated() {
    let (sim, psa) = small().await;
    let (created, more) = create(&sim, &psa, Fault::next(1).on("POST", TICKETS).with_empty_body()).await;
    let error = created.unwrap_err();
    assert!(
        error.is_empty_response() && !error.is_retryable() && error.to_string().contains("do not repeat a change"),
        "{error}"
    );
    assert_eq!((more, asked(&sim, "POST", TICKETS)), (1, 1));
    // The page of another site: nothing was created, and the error says where to look.
    let (created, more) = create(&sim, &psa, Fault::next(1).on("POST", TICKETS).with_html()).await;
    let error = created.unwrap_err();
    assert!(
        error.is_decode() && !error.is_retryable() && error.to_string().contains("returned an HTML page"),
        "{error}"
    );
    assert_eq!((more, asked(&sim, "POST", TICKETS)), (0, 2));
}

#[tokio::test]
async fn changes_that_leave_the_same_are_sent_again() {
    let (sim, psa) = demo().await;
    sim.inject(Fault::next(2).on("PATCH", TICKETS).with_lost_response());
    let updated = psa.service().update_ticket(3, &Patch::new().replace("summary", "Twice the same")).await.unwrap();
    assert_eq!((updated.summary.as_deref(), asked(&sim, "PATCH", "/service/tickets/3")), (Some("Twice the same"), 3));
    // An element that is added would be there twice.
    let items = sim.store().get("/company/contacts", 2).unwrap()["communicationItems"].as_array().unwrap().len();
    sim.inject(Fault::next(1).on("PATCH", "/company/contacts").with_lost_response());
    let added = Patch::new().add("communicationItems/9", json!({"type": {"id": 3}, "value": "2075550177"}));
    let error = psa.company().update_contact(2, &added).await.unwrap_err();
    assert!(error.is_ambiguous() && !error.is_retryable(), "{error}");
    assert_eq!(asked(&sim, "PATCH", "/company/contacts/2"), 1);
    assert_eq!(
        sim.store().get("/company/contacts", 2).unwrap()["communicationItems"].as_array().unwrap().len(),
        items + 1
    );
    // The second try of a deletion finds nothing, which says that the first one did it.
    let id = psa.service().create_ticket(&Ticket::new("Short-lived", 5)).await.unwrap().id.unwrap();
    sim.inject(Fault::next(1).on("DELETE", TICKETS).with_lost_response());
    let error = psa.service().delete_ticket(id).await.unwrap_err();
    assert!(
        error.is_not_found() && error.is_ambiguous() && error.to_string().contains("that one may have deleted it"),
        "{error}"
    );
    assert_eq!(sim.store().get(TICKETS, id.into()), None);
}

#[tokio::test]
async fn a_server_that_is_slow_is_waited_for_as_long_as_allowed() {
    let (sim, psa) = small().await;
    sim.inject(Fault::next(3).on("", TICKETS).with_latency(Duration::from_secs(600)));
    // Long enough for the request to be sent on a busy machine.
    let hasty = psa.with(CallOptions::new().timeout(Duration::from_secs(2)));
    let read = hasty.service().get_ticket(1).await.unwrap_err();
    assert!(
        read.is_timeout()
            && !read.is_ambiguous()
            && read.is_retryable()
            && read.to_string().contains("increase the timeout"),
        "{read}"
    );
    let before = sim.store().count(TICKETS);
    let created = hasty.service().create_ticket(&Ticket::new("Slow", 5)).await.unwrap_err();
    assert!(created.is_timeout() && created.is_ambiguous() && !created.is_retryable(), "{created}");
    assert!(created.to_string().contains("read the record before repeating"), "{created}");
    assert_eq!(sim.store().count(TICKETS), before, "it waits for its turn");
    let updated = hasty.service().update_ticket(1, &Patch::new().replace("summary", "Slow")).await.unwrap_err();
    assert!(updated.is_timeout() && updated.is_ambiguous(), "{updated}");
    assert_eq!(psa.service().list_tickets().take(1).page(1).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_failure_that_stays_names_the_operation_and_the_tries() {
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
    assert_eq!(sim.requests().len(), 10);
}

/// A list that ends too early would make a synchronisation delete what is missing.
#[tokio::test]
async fn an_empty_answer_is_no_empty_list() {
    let (sim, psa) = small().await;
    for page in 0..2 {
        sim.inject(Fault::next(1).on("GET", TICKETS).after(page).with_empty_body());
        let error = all(&psa).await.unwrap_err();
        assert!(error.is_empty_response() && error.to_string().contains("service.list_tickets"), "{error}");
    }
    sim.inject(Fault::next(1).with_empty_body());
    assert!(psa.service().count_tickets().await.unwrap_err().is_empty_response());
    sim.inject(Fault::next(1).on("GET", TICKETS).after(4).with_html());
    assert!(all(&psa).await.unwrap_err().is_decode());
}

#[tokio::test]
async fn odd_values_are_read_and_not_written_back() {
    let (sim, psa) = demo().await;
    let stored = || sim.store().get(TICKETS, 20).unwrap();
    let faults: [Doing; 4] =
        [Fault::with_nulls, Fault::with_unknown_enums, Fault::with_extra_members, Fault::with_unusual_encodings];
    for (number, fault) in faults.into_iter().enumerate() {
        // Eight pages, and the reading before the edit.
        sim.inject(fault(Fault::next(9).on("GET", TICKETS)));
        let tickets: Vec<Ticket> = psa.service().list_tickets().page_size(50).all().await.unwrap();
        let read: Vec<_> = tickets.iter().map(|ticket| i64::from(ticket.id.unwrap())).collect();
        assert_eq!(read, ids(&sim.store().list(TICKETS)));
        // What was read oddly, and not changed, stays as the server has it.
        let before = stored();
        let summary = format!("Edited {number}");
        psa.service().get_ticket(20).edit(|ticket| ticket.summary = Some(summary.clone())).await.unwrap();
        assert_eq!(
            (changed(&before, &stored()), stored()["summary"].as_str()),
            (vec!["summary".to_owned()], Some(summary.as_str()))
        );
    }
}

#[tokio::test]
async fn a_value_that_is_new_is_kept_as_it_came() {
    let (sim, psa) = demo().await;
    sim.inject(Fault::next(1).with_unknown_enums());
    let ticket = psa.service().get_ticket(1).await.unwrap();
    assert_eq!(ticket.record_type.unwrap().as_str(), "NewInNextRelease");
    assert_eq!(psa.service().get_ticket(1).await.unwrap().record_type, Some(TicketRecordType::ServiceTicket));
    // One that is written is written as it is.
    let created = psa
        .service()
        .create_ticket(&Ticket { severity: Some("Apocalyptic".into()), ..Ticket::new("New severity", 5) })
        .await
        .unwrap();
    let stored = sim.store().get(TICKETS, created.id.unwrap().into()).unwrap();
    assert_eq!((stored["severity"].as_str(), created.severity.unwrap().as_str()), (Some("Apocalyptic"), "Apocalyptic"));
}

#[tokio::test]
async fn a_record_that_cannot_be_read_is_named_and_the_others_are_not_lost() {
    let (sim, psa) = small().await;
    let mut odd = sim.store().get(TICKETS, 40).unwrap();
    odd["company"]["id"] = json!("five");
    sim.store().insert(TICKETS, odd);
    let error = psa.service().list_tickets().page_size(15).all().await.unwrap_err();
    assert_eq!(
        (error.is_decode(), error.index(), error.path(), error.raw_value()),
        (true, Some(9), Some("[9].company.id"), Some("\"five\"")),
        "{error}"
    );
    let raw = all(&psa).await.unwrap();
    let unread: Vec<_> = raw
        .iter()
        .filter(|record| serde_json::from_value::<Ticket>((*record).clone()).is_err())
        .map(|record| &record["id"])
        .collect();
    assert_eq!((raw.len(), unread), (FEW, vec![&json!(40)]));
}

#[tokio::test]
async fn a_download_that_breaks_off_is_an_error_and_no_short_file() {
    let (sim, psa) = demo().await;
    let invoice = psa.finance().get_invoice_pdf(1).await.unwrap().bytes().await.unwrap();
    sim.inject(Fault::next(1).on("GET", "/finance/invoices/1/pdf").with_truncated_body());
    let broken = psa.finance().get_invoice_pdf(1).await.unwrap();
    assert_eq!(broken.length, Some(invoice.len() as u64));
    let error = broken.bytes().await.unwrap_err();
    assert!(error.is_transport() && error.to_string().contains("finance.get_invoice_pdf"), "{error}");
}

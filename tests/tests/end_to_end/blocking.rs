//! Programs without async: they call `.blocking()` and `.blocking_iter()`, from any number of threads.

use connectwise_psa::blocking::{Blocking as _, BlockingStream as _};
use connectwise_psa::types::{DocumentFormData, ServiceNote, Ticket};
use connectwise_psa::{Error, Method, Psa, Upload};
use connectwise_psa_sim::{Fault, Sim};
use serde_json::json;
use tokio::runtime::Runtime;

use crate::setup::{FEW_TICKETS, few_records, ids, quick_retries, request_count};

/// Starts a simulator on its own thread, and returns it with a client for the test's thread.
fn start_in_background() -> (Runtime, Sim, Psa) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let sim = runtime.block_on(Sim::builder().seed(few_records()).start()).unwrap();
    let psa = sim.psa().with(quick_retries());
    (runtime, sim, psa)
}

#[test]
fn a_script_creates_edits_lists_and_closes_a_ticket() {
    let (_runtime, sim, psa) = start_in_background();
    let id = psa.service().create_ticket(&Ticket::new("From a script", 5)).blocking().unwrap().id.unwrap();
    let note = ServiceNote { text: Some("Seen".into()), internal_analysis_flag: Some(true), ..ServiceNote::default() };
    psa.service().create_ticket_note(id, &note).blocking().unwrap();
    let edited = psa.service().get_ticket(id).edit(|ticket| ticket.summary = Some("Edited".into())).blocking().unwrap();
    assert_eq!(
        (edited.summary.as_deref(), sim.store().count(&format!("/service/tickets/{id}/notes"))),
        (Some("Edited"), 1)
    );

    let open = || psa.service().list_tickets().filter(|ticket| ticket.closed_flag().eq(false)).page_size(20);
    let each: Vec<_> = open().stream().blocking_iter().map(|ticket| i64::from(ticket.unwrap().id.unwrap())).collect();
    let stored: Vec<_> =
        sim.store().list("/service/tickets").into_iter().filter(|ticket| ticket["closedFlag"] == false).collect();
    assert_eq!((&each, *each.last().unwrap()), (&ids(&stored), i64::from(id)));
    assert_eq!(open().count().blocking().unwrap(), i64::try_from(each.len()).unwrap());
    assert_eq!(open().all().blocking().unwrap().len(), each.len());
    assert_eq!(open().page(1).blocking().unwrap().len(), 20);
    let pages: Vec<_> = open().pages().blocking_iter().map(|page| page.unwrap().len()).collect();
    assert!(pages.len() > 1 && pages[0] == 20 && pages.iter().sum::<usize>() == each.len(), "{pages:?}");
    let close = psa
        .request(Method::Patch, &format!("/service/tickets/{id}"))
        .json(&json!([{"op": "replace", "path": "status", "value": {"name": "Closed"}}]));
    assert_eq!(close.blocking().unwrap().into_json().unwrap()["closedFlag"], true);
}

#[test]
fn a_file_is_uploaded_and_downloaded() {
    let (_runtime, _sim, psa) = start_in_background();
    let form =
        DocumentFormData { record_type: Some("Ticket".into()), record_id: Some(4), ..DocumentFormData::default() };
    let bytes: Vec<u8> = (0..200_000_u32).map(|index| u8::try_from(index % 251).unwrap()).collect();
    let id = psa
        .system()
        .upload_document(&form, Some(Upload::from_bytes("a.bin", bytes.clone())))
        .blocking()
        .unwrap()
        .id
        .unwrap();
    assert_eq!(psa.system().download_document(id).blocking().unwrap().bytes().blocking().unwrap(), bytes);
    let streamed: Vec<u8> = psa
        .system()
        .download_document(id)
        .blocking()
        .unwrap()
        .blocking_iter()
        .flat_map(|chunk| chunk.unwrap())
        .collect();
    assert_eq!(streamed, bytes);
}

#[test]
fn threads_can_share_a_client() {
    let (_runtime, sim, psa) = start_in_background();
    std::thread::scope(|scope| {
        for thread in 0..6 {
            let psa = psa.clone();
            scope.spawn(move || {
                for number in 0..10 {
                    psa.service().create_ticket(&Ticket::new(format!("{thread}-{number}"), 5)).blocking().unwrap();
                }
            });
        }
    });
    let mut summaries: Vec<_> = sim.store().list("/service/tickets")[FEW_TICKETS..]
        .iter()
        .map(|ticket| ticket["summary"].to_string())
        .collect();
    summaries.sort();
    summaries.dedup();
    assert_eq!(summaries.len(), 60);
}

#[test]
fn errors_are_the_same_as_those_of_async_calls() {
    let (runtime, sim, psa) = start_in_background();
    sim.inject(Fault::next(3).on("GET", "/service/tickets").with_status(503));
    assert_eq!(psa.service().get_ticket(1).blocking().unwrap().id, Some(1));
    sim.inject(Fault::next(1).on("POST", "/service/tickets").with_lost_response());
    let error = psa.service().create_ticket(&Ticket::new("Lost", 5)).blocking().unwrap_err();
    assert!(error.is_ambiguous() && request_count(&sim, "POST", "/service/tickets") == 1, "{error}");
    // An error ends the stream. The records before it are still returned: here, two pages of 30.
    sim.inject(Fault::next(1).on("GET", "/service/tickets").after(2).with_html());
    let each: Vec<Result<Ticket, Error>> =
        psa.service().list_tickets().page_size(30).stream().blocking_iter().collect();
    assert!(
        each.len() == 61
            && each[..60].iter().all(Result::is_ok)
            && each[60].as_ref().unwrap_err().is_unexpected_response()
    );
    // In async code, a blocking call would block the runtime's thread. The call fails instead.
    let error = runtime.block_on(async { psa.service().get_ticket(1).blocking() }).unwrap_err();
    assert!(error.is_invalid_input() && error.to_string().contains("in async code"), "{error}");
}

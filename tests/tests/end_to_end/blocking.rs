//! Programs without async: every call with `.blocking()`, every stream with `.blocking_iter()`, from as many threads as
//! one likes.

use connectwise_psa::blocking::{Blocking as _, BlockingStream as _};
use connectwise_psa::types::{DocumentFormData, ServiceNote, Ticket};
use connectwise_psa::{Error, Method, Psa, Upload};
use connectwise_psa_sim::{Fault, Sim};
use serde_json::json;
use tokio::runtime::Runtime;

use crate::organisation::{FEW, asked, few, ids, quick};

/// A server on threads of its own, and a client that the test's thread waits with.
fn beside() -> (Runtime, Sim, Psa) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let sim = runtime.block_on(Sim::builder().seed(few()).start()).unwrap();
    let psa = sim.psa().with(quick());
    (runtime, sim, psa)
}

#[test]
fn a_script_creates_notes_edits_lists_and_closes() {
    let (_runtime, sim, psa) = beside();
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
    let reply = psa
        .request(Method::Patch, &format!("/service/tickets/{id}"))
        .json(&json!([{"op": "replace", "path": "status", "value": {"name": "Closed"}}]));
    assert_eq!(reply.blocking().unwrap().into_json().unwrap()["closedFlag"], true);
}

#[test]
fn files_go_and_come() {
    let (_runtime, _sim, psa) = beside();
    let form =
        DocumentFormData { record_type: Some("Ticket".into()), record_id: Some(4), ..DocumentFormData::default() };
    let bytes: Vec<u8> = (0..200_000_u32).map(|at| u8::try_from(at % 251).unwrap()).collect();
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
        .flat_map(|piece| piece.unwrap())
        .collect();
    assert_eq!(streamed, bytes);
}

#[test]
fn threads_share_a_client() {
    let (_runtime, sim, psa) = beside();
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
    let mut summaries: Vec<_> =
        sim.store().list("/service/tickets")[FEW..].iter().map(|ticket| ticket["summary"].to_string()).collect();
    summaries.sort();
    summaries.dedup();
    assert_eq!(summaries.len(), 60);
}

#[test]
fn failures_are_the_same_as_those_of_async_calls() {
    let (runtime, sim, psa) = beside();
    sim.inject(Fault::next(3).on("GET", "/service/tickets").with_status(503));
    assert_eq!(psa.service().get_ticket(1).blocking().unwrap().id, Some(1));
    sim.inject(Fault::next(1).on("POST", "/service/tickets").with_lost_response());
    let error = psa.service().create_ticket(&Ticket::new("Lost", 5)).blocking().unwrap_err();
    assert!(error.is_ambiguous() && asked(&sim, "POST", "/service/tickets") == 1, "{error}");
    // An error ends the stream, after what came before it.
    sim.inject(Fault::next(1).on("GET", "/service/tickets").after(2).with_html());
    let each: Vec<Result<Ticket, Error>> =
        psa.service().list_tickets().page_size(30).stream().blocking_iter().collect();
    assert!(each.len() == 61 && each[..60].iter().all(Result::is_ok) && each[60].as_ref().unwrap_err().is_decode());
    // Inside of a runtime, waiting would stop it.
    let error = runtime.block_on(async { psa.service().get_ticket(1).blocking() }).unwrap_err();
    assert!(error.is_invalid_input() && error.to_string().contains("inside an async runtime"), "{error}");
}

//! What lists cost: time beside a loop written by hand, what reading pages at a time gains, and memory. Machines
//! differ, so that only ratios are of use.
//!
//! `cargo bench -p connectwise-psa --no-default-features --features rustls,service --bench lists`
//!
//! glibc's allocator gives the memory of each page back to the system and asks for it again, which costs either way of
//! reading a list up to half of its time and differs by chance.
//! `MALLOC_TRIM_THRESHOLD_=1000000000 MALLOC_MMAP_THRESHOLD_=1000000000` in front keeps that out of the comparison.
//!
//! The server is in this program, on the loopback interface: threads that send prebuilt pages over kept connections and
//! allocate nothing while they do.
#![allow(clippy::print_stdout, reason = "a benchmark prints")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a benchmark fails by panicking"
)]

mod baseline;

use std::time::Duration;

use baseline::{PAGE, Server, by_hand, page, side_by_side, used};
use connectwise_psa::types::Ticket;
use connectwise_psa::{List, Psa};
use peak_alloc::PeakAlloc;
use reqwest::Client;
use tokio::runtime::{Builder, Runtime};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// How long the server waits before an answer when there is a network between.
const LATENCY: Duration = Duration::from_millis(50);

fn main() {
    // Cargo's tests run benchmarks too, where it is enough that they work.
    let whole = std::env::args().any(|argument| argument == "--bench");
    let (pages, distant_pages, rounds, most_pages) = if whole { (100, 100, 15, 1000) } else { (2, 3, 1, 10) };
    let body = page();
    let record = body.len() / PAGE;
    let one_page = body.len() + decoded(&body);
    println!(
        "tickets of {record} bytes, pages of {PAGE}: {} KB of JSON, {} KB with the records in memory",
        body.len() / 1000,
        one_page / 1000
    );

    let near = Server::start(&body, pages, Duration::ZERO);
    for (name, runtime) in [("one thread", one_thread()), ("two threads", two_threads())] {
        let ours = || runtime.block_on(count(psa(&near).service().list_tickets()));
        let by_hand = || runtime.block_on(by_hand(&near.url()));
        let ([by_hand, ours], ratio) = side_by_side(rounds, pages * PAGE, [&by_hand, &ours]);
        println!(
            "{} tickets, {name}: by hand {by_hand:.2?}, the library {ours:.2?}: {ratio:.3} times as long (goal: at most 1.05)",
            pages * PAGE
        );
    }

    let far = Server::start(&body, distant_pages, LATENCY);
    let runtime = two_threads();
    let sequential = || runtime.block_on(count(psa(&far).service().list_tickets()));
    let parallel = || runtime.block_on(count(psa(&far).service().list_tickets().parallel(4)));
    let ([parallel, sequential], ratio) =
        side_by_side(rounds.div_ceil(5), distant_pages * PAGE, [&parallel, &sequential]);
    println!(
        "{} tickets, {LATENCY:?} for each answer: one at a time {sequential:.2?}, parallel(4) {parallel:.2?}: {ratio:.2} times faster (goal: at least 3.5)",
        distant_pages * PAGE
    );

    for pages in [most_pages / 10, most_pages] {
        let server = Server::start(&body, pages, Duration::ZERO);
        let peak = |read: &dyn Fn() -> usize| {
            let before = MEMORY.current_usage();
            MEMORY.reset_peak_usage();
            assert_eq!(read(), pages * PAGE);
            ratio_of(MEMORY.peak_usage() - before, one_page)
        };
        let ours = peak(&|| one_thread().block_on(count(psa(&server).service().list_tickets())));
        let by_hand = peak(&|| one_thread().block_on(by_hand(&server.url())));
        println!("{} tickets: peak of {ours:.2} pages (goal: at most 3), by hand {by_hand:.2}", pages * PAGE);
    }
}

/// Reads a whole list and uses every record.
async fn count(list: List<Ticket>) -> usize {
    let mut tickets = list.stream();
    let mut count = 0;
    while let Some(ticket) = tickets.next().await {
        count += used(&ticket.unwrap());
    }
    count
}

#[allow(clippy::cast_precision_loss, reason = "sizes of memory are far below 2^52")]
fn ratio_of(of: usize, to: usize) -> f64 {
    of as f64 / to as f64
}

fn one_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn two_threads() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// How many bytes the records of a page take.
fn decoded(body: &[u8]) -> usize {
    let before = MEMORY.current_usage();
    let tickets: Vec<Ticket> = serde_json::from_slice(body).unwrap();
    assert_eq!(tickets.len(), PAGE);
    // A member that does not fit any more would make the records smaller than they are.
    assert!(tickets.iter().all(
        |ticket| ticket.company.is_some() && ticket.custom_fields.as_ref().is_some_and(|fields| fields.len() == 3)
    ));
    MEMORY.current_usage() - before
}

fn psa(server: &Server) -> Psa {
    let psa = Psa::builder().host(server.url()).company("acme").keys("public", "private").client_id("bench");
    psa.unlimited_requests_per_minute().http_client(Client::builder().build().unwrap()).build().unwrap()
}

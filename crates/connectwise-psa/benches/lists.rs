//! Compares the library's lists with a hand-written loop, in time and in memory, and measures how much faster parallel
//! lists are. Machines differ, so only the ratios are meaningful.
//!
//! `cargo bench -p connectwise-psa --no-default-features --features rustls,service --bench lists`
//!
//! glibc's allocator returns the memory of each page to the system and requests it again. This takes up to half of the
//! time of the library and of the loop, and varies randomly. Set the variables
//! `MALLOC_TRIM_THRESHOLD_=1000000000 MALLOC_MMAP_THRESHOLD_=1000000000` to exclude it from the comparison.
//!
//! The server runs in this program, on the loopback interface: its threads send prebuilt pages over persistent
//! connections and do not allocate memory while they send.
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

use baseline::{PAGE, Server, by_hand, compare, page, used};
use connectwise_psa::types::Ticket;
use connectwise_psa::{List, Psa};
use peak_alloc::PeakAlloc;
use tokio::runtime::{Builder, Runtime};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// How long the server delays each response to simulate a network.
const LATENCY: Duration = Duration::from_millis(50);

fn main() {
    // `cargo test` runs benchmarks as well; a short run is enough there.
    let is_bench = std::env::args().any(|argument| argument == "--bench");
    let (pages, distant_pages, rounds, max_pages) = if is_bench { (100, 100, 15, 1000) } else { (2, 3, 1, 10) };
    let body = page();
    let record = body.len() / PAGE;
    // The memory that a page takes: its JSON and its records.
    let one_page = body.len() + decoded_size(&body);
    println!(
        "tickets of {record} bytes, pages of {PAGE}: {} KB of JSON, {} KB with the records in memory",
        body.len() / 1000,
        one_page / 1000
    );

    let near = Server::start(&body, pages, Duration::ZERO);
    for (name, runtime) in [("one thread", one_thread()), ("two threads", two_threads())] {
        let library = || runtime.block_on(count(psa(&near).service().list_tickets()));
        let by_hand = || runtime.block_on(by_hand(&near.url()));
        let ([by_hand, library], ratio) = compare(rounds, pages * PAGE, [&by_hand, &library]);
        println!(
            "{} tickets, {name}: hand-written {by_hand:.2?}, library {library:.2?}: ratio {ratio:.3} (goal: at most 1.05)",
            pages * PAGE
        );
    }

    let far = Server::start(&body, distant_pages, LATENCY);
    let runtime = two_threads();
    let sequential = || runtime.block_on(count(psa(&far).service().list_tickets()));
    let parallel = || runtime.block_on(count(psa(&far).service().list_tickets().parallel(4)));
    let ([parallel, sequential], ratio) = compare(rounds.div_ceil(5), distant_pages * PAGE, [&parallel, &sequential]);
    println!(
        "{} tickets, latency {LATENCY:?}: sequential {sequential:.2?}, parallel(4) {parallel:.2?}: {ratio:.2} times faster (goal: at least 3.5)",
        distant_pages * PAGE
    );

    for pages in [max_pages / 10, max_pages] {
        let server = Server::start(&body, pages, Duration::ZERO);
        let peak = |read: &dyn Fn() -> usize| {
            let before = MEMORY.current_usage();
            MEMORY.reset_peak_usage();
            assert_eq!(read(), pages * PAGE);
            ratio_of(MEMORY.peak_usage() - before, one_page)
        };
        let library = peak(&|| one_thread().block_on(count(psa(&server).service().list_tickets())));
        let by_hand = peak(&|| one_thread().block_on(by_hand(&server.url())));
        println!(
            "{} tickets: memory peak {library:.2} pages (goal: at most 3), hand-written {by_hand:.2}",
            pages * PAGE
        );
    }
}

/// Reads a whole list and returns the number of records.
async fn count(list: List<Ticket>) -> usize {
    let mut tickets = list.stream();
    let mut count = 0;
    while let Some(ticket) = tickets.next().await {
        count += used(&ticket.unwrap());
    }
    count
}

#[allow(clippy::cast_precision_loss, reason = "sizes of memory are far below 2^52")]
fn ratio_of(value: usize, base: usize) -> f64 {
    value as f64 / base as f64
}

fn one_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn two_threads() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// Returns the size in memory of a page's records, in bytes.
fn decoded_size(body: &[u8]) -> usize {
    let before = MEMORY.current_usage();
    let tickets: Vec<Ticket> = serde_json::from_slice(body).unwrap();
    assert_eq!(tickets.len(), PAGE);
    // If a field no longer matched its type, the records would be too small.
    assert!(tickets.iter().all(
        |ticket| ticket.company.is_some() && ticket.custom_fields.as_ref().is_some_and(|fields| fields.len() == 3)
    ));
    MEMORY.current_usage() - before
}

fn psa(server: &Server) -> Psa {
    let psa = Psa::builder().host(server.url()).company("acme").keys("public", "private").client_id("bench");
    psa.unlimited_requests_per_minute().build().unwrap()
}

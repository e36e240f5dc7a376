//! Measures the simulator with 100,000 tickets: start-up time, memory, the time of a condition on all tickets, and the
//! time to read them all. The baseline is a hand-written loop against a server that sends prebuilt pages.
//!
//! `cargo bench -p connectwise-psa-sim --bench scale`
//!
//! The simulator runs as a separate program, which makes its memory measurable; the clients run in the benchmark.
//! Compare ratios of the same run, because absolute times depend on the machine.
#![allow(clippy::print_stdout, reason = "a benchmark prints")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a benchmark fails by panicking")]

#[path = "../../connectwise-psa/benches/baseline/mod.rs"]
mod baseline;

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use baseline::{PAGE, Server, by_hand, compare, page, read_pages, used};
use connectwise_psa::catalogue::QueryKind;
use connectwise_psa::dependencies::reqwest;
use connectwise_psa::{Psa, catalogue};
use tokio::runtime::{Builder, Runtime};

/// Number of tickets at scale 1.
const TICKETS: usize = 400;

/// Two comparisons, one of them on a field of a reference. The simulator must check every ticket, because the `Link`
/// header names the last page.
const CONDITION: &str = "closedFlag=false and board/name=\"Help Desk\"";

fn main() {
    // `cargo test` runs benchmarks too, without `--bench`. A small run is enough there.
    let is_benchmark = std::env::args().any(|argument| argument == "--bench");
    let (scale, rounds, repetitions) = if is_benchmark { (250, 5, 40) } else { (5, 1, 2) };
    let tickets = scale * TICKETS;
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();

    let start = Instant::now();
    let sim = SimProgram::start(scale);
    println!("{tickets} tickets and their records: started in {:.1?}, {}", start.elapsed(), sim.memory());

    let first = once(&runtime, &sim, CONDITION);
    let warm = median((0..repetitions).map(|_| once(&runtime, &sim, CONDITION)).collect());
    println!("first page of {CONDITION}: first request {first:.1?}, later ones {warm:.1?} (goal: under 50 ms)");
    let sorted = median(
        (0..repetitions)
            .map(|_| once(&runtime, &sim, "summary contains \"mail\"&orderBy=company/name,lastUpdated desc"))
            .collect(),
    );
    println!("first page of tickets whose summary contains a word, sorted by two fields: {sorted:.1?}");

    let prebuilt = Server::start(&page(), tickets / PAGE, Duration::ZERO);
    // The pages are not decoded, so that the server alone is measured. A body that is long enough counts as `PAGE`
    // tickets.
    let unread = |url: String| runtime.block_on(read_pages(&url, |body| usize::from(body.len() > PAGE) * PAGE));
    let (prebuilt_unread, sim_unread) = (|| unread(prebuilt.url()), || unread(sim.url.clone()));
    let ([baseline, read], ratio) = compare(rounds, tickets, [&prebuilt_unread, &sim_unread]);
    println!(
        "all tickets, not decoded: {:.0} per second (goal: over 20,000); {ratio:.2} times the time of a server that sends prebuilt pages of tickets of half the size, {:.0} per second",
        rate(tickets, read),
        rate(tickets, baseline),
    );
    let from_prebuilt = || runtime.block_on(by_hand(&prebuilt.url()));
    let from_sim = || runtime.block_on(by_hand(&sim.url));
    let by_library = || runtime.block_on(library(&sim.psa()));
    for (reader, [baseline, read]) in [
        ("the hand-written loop", [&from_prebuilt as &dyn Fn() -> usize, &from_sim]),
        ("the library", [&from_sim, &by_library]),
    ] {
        let ([baseline, read], ratio) = compare(rounds, tickets, [baseline, read]);
        println!(
            "all tickets, decoded by {reader}: {:.0} per second; {ratio:.2} times the time of {}, {:.0} per second",
            rate(tickets, read),
            if reader == "the library" { "the hand-written loop" } else { "the server of prebuilt pages" },
            rate(tickets, baseline),
        );
    }

    runtime.block_on(every_list(&sim));
    println!("after reading a page of every list: {} (goal: under 1.2 GB)", sim.memory());
}

/// Returns how long it takes to read the first page of tickets that satisfy a condition. Other parameters may follow
/// the condition.
fn once(runtime: &Runtime, sim: &SimProgram, condition: &str) -> Duration {
    let start = Instant::now();
    let query = condition.replace(' ', "%20").replace('"', "%22");
    let text = runtime.block_on(sim.get(&format!("/service/tickets?conditions={query}")));
    assert!(text.starts_with("[{"), "{text}");
    start.elapsed()
}

/// Reads all tickets with the library.
async fn library(psa: &Psa) -> usize {
    let mut tickets = psa.service().list_tickets().stream();
    let mut count = 0;
    while let Some(ticket) = tickets.next().await {
        count += used(&ticket.unwrap());
    }
    count
}

/// Reads a page of every top-level list, with a condition that checks every record.
async fn every_list(sim: &SimProgram) {
    for operation in
        catalogue::all().filter(|operation| operation.query == QueryKind::List && !operation.path.contains('{'))
    {
        sim.get(&format!("{}?pageSize=1000&conditions=id%3E0", operation.path)).await;
    }
}

fn rate(tickets: usize, time: Duration) -> f64 {
    // The number is far below 2^32.
    f64::from(u32::try_from(tickets).unwrap()) / time.as_secs_f64()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// The simulator, running as a separate program.
struct SimProgram {
    program: Child,
    url: String,
    client: reqwest::Client,
}

impl SimProgram {
    fn start(scale: usize) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cwpsa-sim"));
        command.args(["--port", "0", "--company", "acme", "--quiet", "--scale", &scale.to_string()]);
        let mut program = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        let mut output = BufReader::new(program.stdout.take().unwrap());
        output.read_line(&mut line).unwrap();
        let url = line.trim().rsplit(' ').next().unwrap().to_owned();
        assert!(url.starts_with("http://"), "{line}");
        // The rest of the output is read and discarded; otherwise it would fill the pipe.
        std::thread::spawn(move || output.read_to_end(&mut Vec::new()));
        Self { program, url, client: reqwest::Client::new() }
    }

    fn psa(&self) -> Psa {
        let psa = Psa::builder().host(&self.url).company("acme").keys("public", "private").client_id("bench");
        psa.unlimited_requests_per_minute().build().unwrap()
    }

    async fn get(&self, path: &str) -> String {
        let request = self
            .client
            .get(format!("{}/v4_6_release/apis/3.0{path}", self.url))
            .basic_auth("acme+public", Some("private"));
        request.header("clientid", "bench").send().await.unwrap().text().await.unwrap()
    }

    /// Describes the current and the peak memory, if the operating system provides them.
    fn memory(&self) -> String {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.program.id())).unwrap_or_default();
        let of = |name: &str| {
            let kilobytes: Option<f64> =
                status.lines().find_map(|line| line.strip_prefix(name)?.split_whitespace().nth(1)?.parse().ok());
            kilobytes.map_or_else(|| "unknown".to_owned(), |kilobytes| format!("{:.2} GB", kilobytes / 1e6))
        };
        format!("memory {}, peak {}", of("VmRSS"), of("VmHWM"))
    }
}

impl Drop for SimProgram {
    fn drop(&mut self) {
        // Errors are ignored: the program may have ended already.
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

//! What a hundred thousand tickets cost the simulated server: its start, its memory, a condition on all of them, and
//! reading them all, beside the loop by hand against a server that sends prebuilt pages.
//!
//! `cargo bench -p connectwise-psa-sim --bench scale`
//!
//! The server is the program, so that its memory is its own; clients are in this one. Machines differ: ratios are of
//! the same run.
#![allow(clippy::print_stdout, reason = "a benchmark prints")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a benchmark fails by panicking")]

#[path = "../../connectwise-psa/benches/baseline/mod.rs"]
mod baseline;

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use baseline::{PAGE, Server, by_hand, page, read_pages, side_by_side, used};
use connectwise_psa::catalogue::QueryKind;
use connectwise_psa::dependencies::reqwest;
use connectwise_psa::{Psa, catalogue};
use tokio::runtime::{Builder, Runtime};

/// At scale 1.
const TICKETS: usize = 400;

/// Two comparisons, one of them behind a reference; the server has to look at every ticket, for the last page is in the
/// `Link`.
const CONDITION: &str = "closedFlag=false and board/name=\"Help Desk\"";

fn main() {
    // Cargo's tests run benchmarks too, where it is enough that they work.
    let whole = std::env::args().any(|argument| argument == "--bench");
    let (scale, rounds, questions) = if whole { (250, 5, 40) } else { (5, 1, 2) };
    let tickets = scale * TICKETS;
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();

    let begun = Instant::now();
    let sim = Simulated::start(scale);
    println!("{tickets} tickets and what belongs to them: started in {:.1?}, {}", begun.elapsed(), sim.memory());

    let first = once(&runtime, &sim, CONDITION);
    let warm = median((0..questions).map(|_| once(&runtime, &sim, CONDITION)).collect());
    println!("first page of {CONDITION}: the first time {first:.1?}, then {warm:.1?} (goal: under 50 ms)");
    let sorted = median(
        (0..questions)
            .map(|_| once(&runtime, &sim, "summary contains \"mail\"&orderBy=company/name,lastUpdated desc"))
            .collect(),
    );
    println!("first page by two members of the order, of those whose summary contains a word: {sorted:.1?}");

    let prebuilt = Server::start(&page(), tickets / PAGE, Duration::ZERO);
    // Nothing is made of the records: what the server itself takes.
    let unread = |url: String| runtime.block_on(read_pages(&url, |body| usize::from(body.len() > PAGE) * PAGE));
    let (prebuilt_unread, sim_unread) = (|| unread(prebuilt.url()), || unread(sim.url.clone()));
    let ([baseline, read], ratio) = side_by_side(rounds, tickets, [&prebuilt_unread, &sim_unread]);
    println!(
        "all tickets, not decoded: {:.0} a second (goal: over 20,000); {ratio:.2} times as long as from a server that sends prebuilt pages of tickets of half the size, {:.0} a second",
        rate(tickets, read),
        rate(tickets, baseline),
    );
    let from_prebuilt = || runtime.block_on(by_hand(&prebuilt.url()));
    let from_sim = || runtime.block_on(by_hand(&sim.url));
    let by_library = || runtime.block_on(library(&sim.psa()));
    for (what, [baseline, read]) in [
        ("the loop by hand", [&from_prebuilt as &dyn Fn() -> usize, &from_sim]),
        ("the library", [&from_sim, &by_library]),
    ] {
        let ([baseline, read], ratio) = side_by_side(rounds, tickets, [baseline, read]);
        println!(
            "all tickets, decoded by {what}: {:.0} a second; {ratio:.2} times as long as {}, {:.0} a second",
            rate(tickets, read),
            if what == "the library" { "the loop by hand" } else { "from the server of prebuilt pages" },
            rate(tickets, baseline),
        );
    }

    runtime.block_on(every_list(&sim));
    println!("after a page of every list: {} (goal: under 1.5 GB)", sim.memory());
}

/// How long the first page of tickets takes that fit a condition.
fn once(runtime: &Runtime, sim: &Simulated, condition: &str) -> Duration {
    let begun = Instant::now();
    let query = condition.replace(' ', "%20").replace('"', "%22");
    let text = runtime.block_on(sim.get(&format!("/service/tickets?conditions={query}")));
    assert!(text.starts_with("[{"), "{text}");
    begun.elapsed()
}

async fn library(psa: &Psa) -> usize {
    let mut tickets = psa.service().list_tickets().stream();
    let mut count = 0;
    while let Some(ticket) = tickets.next().await {
        count += used(&ticket.unwrap());
    }
    count
}

/// Reads a page of every list that is under no record, with a condition, so that no record is left alone.
async fn every_list(sim: &Simulated) {
    for operation in
        catalogue::all().filter(|operation| operation.query == QueryKind::List && !operation.path.contains('{'))
    {
        sim.get(&format!("{}?pageSize=1000&conditions=id%3E0", operation.path)).await;
    }
}

fn rate(tickets: usize, time: Duration) -> f64 {
    // Far below 2^32.
    f64::from(u32::try_from(tickets).unwrap()) / time.as_secs_f64()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// The program.
struct Simulated {
    program: Child,
    url: String,
    client: reqwest::Client,
}

impl Simulated {
    fn start(scale: usize) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cwpsa-sim"));
        command.args(["--port", "0", "--company", "acme", "--quiet", "--scale", &scale.to_string()]);
        let mut program = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        let mut output = BufReader::new(program.stdout.take().unwrap());
        output.read_line(&mut line).unwrap();
        let url = line.trim().rsplit(' ').next().unwrap().to_owned();
        assert!(url.starts_with("http://"), "{line}");
        // The rest is of no interest, and must not fill the pipe.
        std::thread::spawn(move || output.read_to_end(&mut Vec::new()));
        Self { program, url, client: reqwest::Client::new() }
    }

    fn psa(&self) -> Psa {
        let psa = Psa::builder().host(&self.url).company("acme").keys("public", "private").client_id("bench");
        psa.unlimited_requests_per_minute().http_client(self.client.clone()).build().unwrap()
    }

    async fn get(&self, path: &str) -> String {
        let request = self
            .client
            .get(format!("{}/v4_6_release/apis/3.0{path}", self.url))
            .basic_auth("acme+public", Some("private"));
        request.header("clientid", "bench").send().await.unwrap().text().await.unwrap()
    }

    /// How much memory it has and had, where the system tells.
    fn memory(&self) -> String {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.program.id())).unwrap_or_default();
        let of = |name: &str| {
            let kilobytes: Option<f64> =
                status.lines().find_map(|line| line.strip_prefix(name)?.split_whitespace().nth(1)?.parse().ok());
            kilobytes.map_or_else(|| "unknown".to_owned(), |kilobytes| format!("{:.2} GB", kilobytes / 1e6))
        };
        format!("memory {}, at most {}", of("VmRSS"), of("VmHWM"))
    }
}

impl Drop for Simulated {
    fn drop(&mut self) {
        // One that has gone already needs no end.
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

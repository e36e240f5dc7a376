//! The rows `simulator/…`: start, memory and throughput of the simulator with 100,000 tickets and their records.

use std::time::Instant;

use super::data_set::PAGE;
use super::row::Row;
use super::samples::{Samples, Variant, alternate, scaled};
use super::servers::{self, Server, TICKETS_OF_A_SCALE};
use super::session::{Session, own_program};
use crate::Failure;

/// The size of the demo data: 100,000 tickets.
const SCALE: u32 = 250;

/// How many tickets that is.
const TICKETS: usize = SCALE as usize * TICKETS_OF_A_SCALE;

/// Queries of the first page. Each examines every ticket, because the `Link` header names the last page. Each round has
/// another condition, because the simulator keeps the results of the last ones.
const QUERIES: &[(&str, &str)] = &[
    ("simulator/condition", "conditions=closedFlag=false%20and%20board/name=%22Help%20Desk%22%20and%20id%3E{round}"),
    (
        "simulator/sorted",
        "conditions=summary%20contains%20%22mail%22%20and%20id%3E{round}&orderBy=company/name,lastUpdated%20desc",
    ),
];

/// Measures the rows.
pub(crate) fn measure(session: &mut Session) -> Result<(), Failure> {
    let (start, memory) = ("simulator/start", "simulator/memory");
    let server = match session.simulator().and_then(|program| {
        // Built before the time is taken.
        let started = Instant::now();
        Ok((servers::simulator(program, SCALE)?, started.elapsed()))
    }) {
        Ok((server, elapsed)) => {
            if session.wants(start) {
                session.add(Row::sampled(start, "s", &Ok(vec![elapsed.as_secs_f64()]), None));
            }
            server
        }
        Err(reason) => {
            session.add(Row::not_measured(start, "s", None, &reason));
            return Ok(());
        }
    };
    queries(session, &server);
    throughput(session, &server)?;
    if session.wants(memory) {
        let row = match server.program.memory("VmRSS") {
            Some(value) => Row::sampled(memory, "MB", &Ok(vec![value]), None),
            None => Row::not_measured(memory, "MB", None, "this system does not report it"),
        };
        session.add(row);
    }
    Ok(())
}

/// Measures the time of a first page.
fn queries(session: &mut Session, server: &Server) {
    for (name, query) in QUERIES {
        if !session.wants(name) {
            continue;
        }
        let request = format!("get {}/v4_6_release/apis/3.0/service/tickets?{query}", server.url);
        let samples = alternate(session.rounds(40, 10), &[Variant::new(session.times(), request)]);
        if let [samples] = samples.as_slice() {
            session.add(Row::sampled(name, "ms", &scaled(samples, 1e3), None).responses("uncompressed"));
        }
    }
}

/// Measures how many tickets a second a client reads.
fn throughput(session: &mut Session, server: &Server) -> Result<(), Failure> {
    let (decoded, undecoded) = ("simulator/decoded", "simulator/undecoded");
    if !session.wants(decoded) && !session.wants(undecoded) {
        return Ok(());
    }
    let prebuilt = servers::pages(&own_program("bench-pages")?, TICKETS / PAGE, 0)?;
    let variants = [
        format!("list {} library", server.url),
        format!("list {} undecoded", server.url),
        format!("list {} undecoded", prebuilt.url),
    ]
    .map(|request| Variant::new(session.times(), request));
    let samples = alternate(session.rounds(7, 3), &variants);
    let rates: Vec<Samples> = samples.iter().map(rate).collect();
    if let [own, sim, baseline] = rates.as_slice() {
        if session.wants(decoded) {
            session.add(Row::sampled(decoded, "tickets/s", own, None).responses("uncompressed"));
        }
        if session.wants(undecoded) {
            let baseline = Some(("a server of prebuilt pages", baseline));
            session.add(Row::sampled(undecoded, "tickets/s", sim, baseline).responses("uncompressed"));
        }
    }
    Ok(())
}

/// Returns tickets per second for the times of all tickets.
fn rate(times: &Samples) -> Samples {
    times.as_ref().map(|times| times.iter().map(|time| TICKETS as f64 / time).collect()).map_err(Clone::clone)
}

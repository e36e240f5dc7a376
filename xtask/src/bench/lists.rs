//! The rows `list/…`: lists of tickets, beside hand-written loops and other clients on the same server. Every time is
//! that of one page of 1,000 tickets, on average.

use super::data_set::PAGE;
use super::goals::{CONNECTWISE_REST, LOOP_OWN, LOOP_PLAIN, LOOP_VALUE, PYCONNECTWISE};
use super::row::Row;
use super::samples::{Samples, Variant, alternate, scaled};
use super::servers::{self, Server, accepts_gzip};
use super::session::{Session, Started, own_program};
use crate::Failure;

/// The unit of all rows but the peak memory.
const UNIT: &str = "ms per page";

/// The names of the library's ways to read a list.
const SEQUENTIAL: &str = "sequential";
const PARALLEL: &str = "parallel";

/// The latency of a distant server.
const LATENCY_MS: u32 = 50;

/// Measures the rows.
pub(crate) fn measure(session: &mut Session) -> Result<(), Failure> {
    prebuilt(session)?;
    latency(session)?;
    peak(session)?;
    simulator(session);
    Ok(())
}

/// A way to read a list: a program, and the variant that it is told to use.
struct Reader {
    name: &'static str,
    program: Started,
    variant: &'static str,
}

impl Reader {
    fn variant(&self, url: &str) -> Variant {
        Variant::new(&self.program, format!("list {url} {}", self.variant).trim_end())
    }
}

/// The library with one request at a time. The next page is requested while this one is decoded.
fn library(session: &Session) -> Reader {
    Reader { name: SEQUENTIAL, program: session.times().clone(), variant: "library" }
}

/// The library with four pages at a time.
fn parallel(session: &Session) -> Reader {
    Reader { name: PARALLEL, program: session.times().clone(), variant: "parallel" }
}

/// The hand-written loops, which send the same requests as the library.
fn loops(session: &Session) -> Vec<Reader> {
    let program = session.times();
    [(LOOP_VALUE, "value"), (LOOP_PLAIN, "plain"), (LOOP_OWN, "types")]
        .map(|(name, variant)| Reader { name, program: program.clone(), variant })
        .into()
}

/// The clients in other languages.
fn clients(session: &Session) -> Vec<Reader> {
    vec![
        Reader { name: CONNECTWISE_REST, program: session.node().clone(), variant: "" },
        Reader { name: PYCONNECTWISE, program: session.python().clone(), variant: "" },
    ]
}

/// Reads prebuilt pages. The tickets have 2 KB, and the server does not compress.
fn prebuilt(session: &mut Session) -> Result<(), Failure> {
    let prefix = "list/prebuilt/";
    if !session.wants(prefix) {
        return Ok(());
    }
    let program = own_program("bench-pages")?;
    let uncompressed = |_: &Reader, _: &Reader| "uncompressed".to_owned();
    let (pages, rounds) = (session.rounds(100, 50), session.rounds(9, 5));
    let server = servers::pages(&program, pages, 0)?;
    let own = [library(session), parallel(session)];
    let baselines = loops(session);
    compare(session, prefix, &server, (pages, rounds), (&own, &baselines), uncompressed);
    let pages = session.rounds(100, 10);
    let server = servers::pages(&program, pages, 0)?;
    let baselines = clients(session);
    compare(session, prefix, &server, (pages, 3), (&own, &baselines), uncompressed);
    Ok(())
}

/// Reads the simulator's pages. It compresses if the client accepts it.
fn simulator(session: &mut Session) {
    let prefix = "list/simulator/";
    if !session.wants(prefix) {
        return;
    }
    let pages = session.rounds(100, 10);
    let scale = u32::try_from(pages * PAGE / servers::TICKETS_OF_A_SCALE).unwrap_or(u32::MAX);
    let server = match session.simulator().and_then(|program| servers::simulator(program, scale)) {
        Ok(server) => server,
        Err(reason) => return session.add(Row::not_measured("list/simulator/sequential", UNIT, None, &reason)),
    };
    let own = [library(session), parallel(session)];
    for (baselines, rounds) in [(loops(session), session.rounds(5, 3)), (clients(session), 3)] {
        compare(session, prefix, &server, (pages, rounds), (&own, &baselines), responses);
    }
}

/// Says whether the simulator compresses its responses to two readers.
fn responses(own: &Reader, baseline: &Reader) -> String {
    let transfer = |reader: &Reader| match accepts_gzip(|url| reader.variant(url)) {
        Ok(true) => "gzip",
        Ok(false) => "uncompressed",
        Err(_) => "unknown",
    };
    match (transfer(own), transfer(baseline)) {
        (own, baseline) if own == baseline => own.to_owned(),
        (own, baseline) => format!("{own}; baseline {baseline}"),
    }
}

/// Reads the same list in every way, and adds a row for each of the library's ways beside each baseline.
fn compare(
    session: &mut Session,
    prefix: &str,
    server: &Server,
    (pages, rounds): (usize, usize),
    (own, baselines): (&[Reader], &[Reader]),
    responses: impl Fn(&Reader, &Reader) -> String,
) {
    let readers = || own.iter().chain(baselines);
    let variants: Vec<Variant> = readers().map(|reader| reader.variant(&server.url)).collect();
    let samples: Vec<Samples> =
        alternate(rounds, &variants).iter().map(|samples| scaled(samples, 1e3 / pages as f64)).collect();
    let measured: Vec<(&Reader, &Samples)> = readers().zip(&samples).collect();
    let (own, baselines) = measured.split_at(own.len());
    for (reader, samples) in own {
        for (baseline, baseline_samples) in baselines {
            let name = format!("{prefix}{}", reader.name);
            if session.wants(&name) {
                let row = Row::sampled(&name, UNIT, samples, Some((baseline.name, baseline_samples)));
                session.add(row.responses(&responses(reader, baseline)));
            }
        }
    }
}

/// Reads from a distant server, beside the loop that requests one page after another.
fn latency(session: &mut Session) -> Result<(), Failure> {
    let prefix = "list/latency/";
    if !session.wants(prefix) {
        return Ok(());
    }
    let pages = session.rounds(100, 40);
    let server = servers::pages(&own_program("bench-pages")?, pages, LATENCY_MS)?;
    let own = [library(session), parallel(session)];
    let baselines: Vec<Reader> = loops(session).into_iter().filter(|reader| reader.name == LOOP_OWN).collect();
    compare(session, prefix, &server, (pages, 3), (&own, &baselines), |_, _| "uncompressed".to_owned());
    Ok(())
}

/// Measures the peak memory of a whole list, beside the memory of one page: its JSON and its decoded records.
fn peak(session: &mut Session) -> Result<(), Failure> {
    let (name, unit, baseline) = ("list/peak", "MB", "one page with its records");
    if !session.wants(name) {
        return Ok(());
    }
    let server = servers::pages(&own_program("bench-pages")?, session.rounds(1000, 100), 0)?;
    let program = session.memory().clone();
    let size = |request: &str| -> Result<f64, String> {
        let program = program.as_ref().map_err(Clone::clone)?;
        program.measure(request).map(|measured| measured.value / 1e6)
    };
    let page = size("json small-ticket").and_then(|json| Ok(json + size("decoded small-ticket page")?));
    let row = match (size(&format!("list {} library", server.url)), page) {
        (Ok(peak), Ok(page)) => {
            Row::sampled(name, unit, &Ok(vec![peak]), Some((baseline, &Ok(vec![page])))).responses("uncompressed")
        }
        (Err(reason), _) | (_, Err(reason)) => Row::not_measured(name, unit, Some(baseline), &reason),
    };
    session.add(row);
    Ok(())
}

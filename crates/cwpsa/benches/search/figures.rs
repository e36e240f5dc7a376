//! The figures: the shares of queries whose operation is first or among five, the confidence, and the query time.

use std::time::{Duration, Instant};

use crate::queries::{Queries, Query};
use crate::{AMONG, Search};

/// How many queries found their operation.
#[derive(Default)]
struct Shares {
    first: usize,
    among: usize,
    all: usize,
}

impl Shares {
    fn of<'a>(queries: impl Iterator<Item = &'a Query>, search: Search<'_>) -> Self {
        let mut shares = Self::default();
        for query in queries {
            let found = search(&query.text).iter().position(|id| query.accepted.iter().any(|accepted| accepted == id));
            shares.all += 1;
            shares.first += usize::from(found == Some(0));
            shares.among += usize::from(found.is_some_and(|position| position < AMONG));
        }
        shares
    }

    fn text(&self) -> String {
        format!("{:5.1} {:5.1}", percent(self.first, self.all), percent(self.among, self.all))
    }
}

fn percent(part: usize, all: usize) -> f64 {
    let number = |count: usize| u32::try_from(count).map_or(f64::INFINITY, f64::from);
    if all == 0 { 0.0 } else { 100.0 * number(part) / number(all) }
}

/// Prints the share of queries whose operation is first, and the share whose operation is among five, in percent.
pub(crate) fn print_shares(queries: &Queries, ways: &[(&str, Search<'_>)]) {
    println!("Share of queries in percent whose operation is first, and among {AMONG}");
    let header: Vec<_> = ways.iter().map(|(name, _)| format!("{name:^11}")).collect();
    println!("{:18} {:9} {:>4}  {}", "stratum", "split", "rows", header.join("  "));
    for stratum in ["verb-noun", "everyday", "wrong-vocabulary", "overall"] {
        for split in ["tuning", "held-out"] {
            let rows = || {
                let is_stratum = |query: &&Query| stratum == "overall" || query.stratum == stratum;
                queries.queries.iter().filter(move |query| query.split == split).filter(is_stratum)
            };
            print_row(stratum, split, rows, ways);
        }
    }
    print_row("overall", "both", || queries.queries.iter(), ways);
    print_row("names of actions", "all", || queries.actions.iter(), ways);
}

fn print_row<'a, I: Iterator<Item = &'a Query>>(
    stratum: &str,
    split: &str,
    rows: impl Fn() -> I,
    ways: &[(&str, Search<'_>)],
) {
    let shares: Vec<_> = ways.iter().map(|(_, search)| Shares::of(rows(), *search).text()).collect();
    println!("{stratum:18} {split:9} {:>4}  {}", rows().count(), shares.join("  "));
}

/// Prints the share of requests that are rightly and wrongly not confident.
pub(crate) fn print_confidence(queries: &Queries) {
    println!("\nShare of queries in percent that are not confident");
    let confident = |text: &str| cwpsa::search::search(text, AMONG).confident;
    for split in ["tuning", "held-out"] {
        let rows: Vec<_> = queries.unfulfillable.iter().filter(|query| query.split == split).collect();
        let not = rows.iter().filter(|query| !confident(&query.text)).count();
        println!("{:18} {split:9} {:>4}  {:5.1}", "unfulfillable", rows.len(), percent(not, rows.len()));
    }
    for split in ["tuning", "held-out"] {
        let rows: Vec<_> = queries.queries.iter().filter(|query| query.split == split).collect();
        let not = rows.iter().filter(|query| !confident(&query.text)).count();
        println!("{:18} {split:9} {:>4}  {:5.1}", "real requests", rows.len(), percent(not, rows.len()));
    }
    let not = queries.actions.iter().filter(|query| !confident(&query.text)).count();
    println!(
        "{:18} {:9} {:>4}  {:5.1}",
        "names of actions",
        "all",
        queries.actions.len(),
        percent(not, queries.actions.len())
    );
}

/// Prints the size of the index, the time to make it, and the times of queries.
pub(crate) fn print_index(queries: &Queries) {
    let mut times: Vec<_> = queries
        .queries
        .iter()
        .map(|query| {
            let start = Instant::now();
            std::hint::black_box(cwpsa::search::search(&query.text, 10));
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    let milliseconds = |time: Option<&Duration>| time.map_or(0.0, Duration::as_secs_f64) * 1e3;
    println!("\nIndex and glossary: {} KiB", cwpsa::search::size() / 1024);
    println!(
        "Query: median {:.3} ms, longest {:.3} ms",
        milliseconds(times.get(times.len() / 2)),
        milliseconds(times.last())
    );
}

/// Prints the queries of the split `tuning`, and the names of actions, whose first result is wrong.
pub(crate) fn print_misses(queries: &Queries, search: Search<'_>) {
    for query in queries.queries.iter().filter(|query| query.split == "tuning").chain(&queries.actions) {
        let found = search(&query.text);
        let position = found.iter().position(|id| query.accepted.iter().any(|accepted| accepted == id));
        if position != Some(0) {
            let position = position.map_or("-".to_owned(), |position| (position + 1).to_string());
            println!(
                "{position} {} {:?}\n    want {}\n    got  {}",
                query.stratum,
                query.text,
                query.accepted.join(" "),
                found.join(" ")
            );
        }
    }
    for query in queries.unfulfillable.iter().filter(|query| query.split == "tuning") {
        let found = cwpsa::search::search(&query.text, 1);
        if found.confident {
            println!("confident: {:?}: {:?}", query.text, found.results.first().map(|hit| hit.operation.vendor_id));
        }
    }
    for query in queries.queries.iter().filter(|query| query.split == "tuning") {
        if !cwpsa::search::search(&query.text, 1).confident {
            println!("not confident: {:?}", query.text);
        }
    }
}

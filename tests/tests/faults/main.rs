//! The fault matrix: every kind of call meets every fault of a scripted server, and `expectations.toml` says what each
//! cell must lead to. `docs/reliability.md` explains the guarantees and shows the table.
//!
//! Without settings, a seeded part of the matrix is run. Environment variables:
//!
//! - `FAULT_MATRIX=all` runs all cells; `FAULT_MATRIX=write` also writes the table into `docs/reliability.md`.
//! - `FAULT_SEED` is the number that selects the part.
//! - `FAULT_CELLS` runs only the cells whose label contains this text.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and prints what it found"
)]

mod api;
mod calls;
mod cell;
mod contents;
mod expectations;
mod faults;
mod page;
mod request;
mod selection;
mod server;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use peak_alloc::PeakAlloc;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::calls::CALLS;
use crate::cell::{Cell, Finding};
use crate::expectations::Table;
use crate::selection::Selection;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// How many cells are run at a time. They mostly wait.
const CONCURRENT: usize = 32;

#[test]
fn the_matrix_holds() {
    let table = Table::read().unwrap();
    let selection = Selection::from_environment();
    let cells = cell::all(&table, &faults::all(), CALLS).unwrap();
    let total = cells.len();
    let (waiting, cells): (Vec<_>, Vec<_>) =
        cells.into_iter().partition(|cell| table.rule(&cell.fault).is_some_and(|rule| rule.waiting.is_some()));
    let cells = selection.choose(cells);
    eprintln!("{} of {total} cells, {} of which wait; {selection}", cells.len(), waiting.len());
    let started = Instant::now();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap();
    let findings = runtime.block_on(run(cells));
    eprintln!("run in {:.0?}; all results: {}", started.elapsed(), write_results(&findings).display());
    let failing: Vec<_> = findings.iter().filter(|finding| !finding.problems.is_empty()).collect();
    print(&failing);
    if selection.writes_page() {
        page::write(&table, &findings);
    }
    assert!(failing.is_empty(), "{} of {} cells differ", failing.len(), findings.len());
}

/// Runs the cells concurrently, and those that measure memory or close a port alone. A cell that differs is run again,
/// at most twice, with fewer at a time: on a busy machine, the client's short time limits can end before the server has
/// responded.
async fn run(cells: Vec<Cell>) -> Vec<Finding> {
    let (alone, concurrent): (Vec<_>, Vec<_>) = cells.into_iter().partition(Cell::runs_alone);
    let mut findings = run_concurrently(concurrent, CONCURRENT).await;
    for cell in alone {
        findings.push(run_one(cell).await);
    }
    let may_depend_on_time = |finding: &Finding| {
        let never = ["repeated change", "secret", "credentials", "other server", "panic"];
        !finding.problems.is_empty() && !finding.problems.iter().any(|(name, _)| never.contains(&name.as_str()))
    };
    for concurrent in [CONCURRENT / 8, 1] {
        let (again, rest): (Vec<_>, Vec<_>) = findings.into_iter().partition(may_depend_on_time);
        findings = rest;
        if !again.is_empty() {
            eprintln!("{} cells differ and are run again", again.len());
        }
        let again = again.into_iter().map(|finding| finding.cell).collect();
        findings.extend(run_concurrently(again, concurrent).await);
    }
    findings
}

async fn run_concurrently(cells: Vec<Cell>, concurrent: usize) -> Vec<Finding> {
    let permits = Arc::new(Semaphore::new(concurrent));
    let mut running = JoinSet::new();
    for cell in cells {
        let permits = Arc::clone(&permits);
        running.spawn(async move {
            let _permit = permits.acquire_owned().await;
            run_one(cell).await
        });
    }
    running.join_all().await
}

/// Writes what every cell led to into a file of tab-separated values, and returns its path.
fn write_results(findings: &[Finding]) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fault-matrix.tsv");
    let mut lines: Vec<_> = findings
        .iter()
        .map(|finding| {
            let problems: Vec<_> = finding.problems.iter().map(|(name, _)| name.as_str()).collect();
            let (fault, call) = (finding.cell.fault.label(), finding.cell.call.name);
            format!("{fault}\t{call}\t{:?}\t{}\t{}\n", finding.cell.occasion, finding.summary, problems.join(", "))
        })
        .collect();
    lines.sort_unstable();
    std::fs::write(&path, lines.concat()).unwrap();
    path
}

/// Runs a cell. A panic is a problem of the cell.
async fn run_one(cell: Cell) -> Finding {
    match tokio::spawn(cell.clone().run()).await {
        Ok(finding) => finding,
        Err(error) => {
            let problems = vec![("panic".to_owned(), error.to_string())];
            Finding { cell, summary: "panic".to_owned(), problems }
        }
    }
}

/// Prints the problems by class of call, name and cause, with some cells of each.
fn print(failing: &[&Finding]) {
    let mut groups: BTreeMap<(&str, String), Vec<(&Finding, &str)>> = BTreeMap::new();
    for finding in failing {
        for (name, details) in &finding.problems {
            let cause = format!("{name}: {}", details.split(": ").next().unwrap_or_default());
            groups.entry((finding.cell.call.class.name(), cause)).or_default().push((finding, details));
        }
    }
    let most = if std::env::var_os("FAULT_CELLS").is_some() { usize::MAX } else { 2 };
    for ((class, cause), problems) in groups {
        let cause: String = cause.chars().take(120).collect();
        eprintln!("\n{class}: {cause}: {} cells", problems.len());
        let calls: BTreeSet<_> = problems.iter().map(|(finding, _)| finding.cell.call.name).collect();
        let faults: BTreeSet<_> = problems.iter().map(|(finding, _)| finding.cell.fault.name.as_str()).collect();
        eprintln!("  calls: {}", calls.into_iter().collect::<Vec<_>>().join(", "));
        eprintln!("  faults: {}", faults.into_iter().collect::<Vec<_>>().join(", "));
        for (finding, details) in problems.iter().take(most) {
            let details: String = details.chars().take(300).collect();
            eprintln!("  {}: {details}", finding.cell);
        }
    }
}

#[test]
fn the_table_has_one_rule_for_every_fault_and_no_other() {
    let table = Table::read().unwrap();
    let faults: BTreeSet<_> = faults::all().into_iter().map(|fault| fault.name).collect();
    let mut named = BTreeSet::new();
    for rule in &table.rules {
        for fault in &rule.faults {
            assert!(named.insert(fault.clone()), "two rules name {fault:?}");
        }
        for name in rule.only.keys() {
            let is_known = CALLS.iter().any(|call| call.name == name || call.content.name() == name);
            assert!(is_known, "{name:?} in {:?} is neither a call nor a content", rule.title);
        }
    }
    assert_eq!(faults, named);
}

#[test]
fn the_labels_of_cells_are_unique() {
    let cells = cell::all(&Table::read().unwrap(), &faults::all(), CALLS).unwrap();
    let labels: BTreeSet<_> = cells.iter().map(ToString::to_string).collect();
    assert_eq!(labels.len(), cells.len());
}

#[test]
fn the_page_shows_the_table() {
    assert_eq!(page::expected(&Table::read().unwrap()), page::committed());
}

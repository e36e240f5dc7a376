//! Times of the program as a whole process, from its start to its end, and the size of its binary. A baseline in the
//! same run is the process that does nothing: `true`.
//!
//! `cargo bench -p cwpsa --bench program`, or for the binary that users get
//! `cargo build --profile dist -p cwpsa && cargo bench -p cwpsa --bench program -- target/dist/cwpsa`.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark prints, and fails by panicking"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// How often each command runs. The first runs are not counted.
const RUNS: usize = 20;
const WARM_UP: usize = 3;

/// The goals.
const LONGEST: Duration = Duration::from_millis(20);
const LARGEST: u64 = 25 * 1024 * 1024;

/// A command whose processes are measured.
struct Case {
    name: &'static str,
    arguments: &'static [&'static str],
    variables: &'static [(&'static str, &'static str)],
}

impl Case {
    const fn new(name: &'static str, arguments: &'static [&'static str]) -> Self {
        Self { name, arguments, variables: &[] }
    }
}

const CASES: &[Case] = &[
    Case::new("--help", &["--help"]),
    Case::new("completion bash", &["completion", "bash"]),
    // What a shell runs when the user presses the tab key.
    Case { name: "tab key after `cwpsa ops `", arguments: &["--", "cwpsa", "ops", ""], variables: COMPLETION },
    Case::new(
        "ops search \"close a ticket and tell the customer\"",
        &["ops", "search", "close a ticket and tell the customer"],
    ),
    Case::new("ops show service.list_tickets", &["ops", "show", "service.list_tickets"]),
    Case::new("ops list --section service", &["ops", "list", "--section", "service"]),
    Case::new("conditions check 'board/id=2'", &["conditions", "check", "board/id=2"]),
    Case::new(
        "conditions check 'board/id=2' --type ticket",
        &["conditions", "check", "board/id=2", "--type", "ticket"],
    ),
];

const COMPLETION: &[(&str, &str)] =
    &[("CWPSA_COMPLETE", "bash"), ("_CLAP_COMPLETE_INDEX", "2"), ("_CLAP_COMPLETE_SPACE", "true"), ("_CLAP_IFS", "\n")];

fn main() {
    // Cargo passes `--bench`; a path is the user's.
    let chosen = std::env::args().skip(1).find(|argument| !argument.starts_with('-')).map(PathBuf::from);
    let binary = chosen.unwrap_or_else(|| env!("CARGO_BIN_EXE_cwpsa").into());
    println!("{}\n\n| process | median ms | fastest ms | goal |\n|---|---|---|---|", binary.display());
    let mut all_succeeded = measure(&Case::new("`true` (baseline)", &[]), Path::new("true"), false);
    for case in CASES {
        all_succeeded &= measure(case, &binary, true);
    }
    println!();
    print_size(&binary);
    assert!(all_succeeded, "a command failed, so its time says nothing");
}

/// Runs a command several times, and prints a line of the table. Returns whether it has succeeded.
fn measure(case: &Case, program: &Path, has_goal: bool) -> bool {
    let name = case.name;
    let times: Result<Vec<Duration>, ExitStatus> = (0..WARM_UP + RUNS).map(|_| run(program, case)).collect();
    let mut times = match times {
        Ok(mut times) => times.split_off(WARM_UP),
        Err(status) => {
            println!("| {name} | FAILED: {status} | | |");
            return false;
        }
    };
    times.sort_unstable();
    let (median, fastest) = (times.get(RUNS / 2).copied().unwrap(), times.first().copied().unwrap());
    let goal = match has_goal {
        false => "",
        true if median <= LONGEST => "20 ms: met",
        true => "20 ms: MISSED",
    };
    println!("| {name} | {:.1} | {:.1} | {goal} |", milliseconds(median), milliseconds(fastest));
    true
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

/// Returns the time from the start of a process to its end.
fn run(program: &Path, case: &Case) -> Result<Duration, ExitStatus> {
    let mut command = Command::new(program);
    command.args(case.arguments).env_remove("CWPSA_COMPLETE").envs(case.variables.iter().copied());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let start = Instant::now();
    let status = command.status().unwrap_or_else(|error| panic!("{}: {error}", program.display()));
    let time = start.elapsed();
    if status.success() { Ok(time) } else { Err(status) }
}

/// Prints the size of the binary, without symbols if the machine has the program `strip`.
fn print_size(binary: &Path) {
    let size = |path: &Path| std::fs::metadata(path).expect("a binary").len();
    let megabytes = |bytes: u64| bytes as f64 / 1024.0 / 1024.0;
    println!("binary: {:.1} MiB", megabytes(size(binary)));
    let folder = tempfile::tempdir().unwrap();
    let stripped = folder.path().join("cwpsa");
    match Command::new("strip").arg("-o").arg(&stripped).arg(binary).status() {
        Ok(status) if status.success() => {
            let size = size(&stripped);
            let verdict = if size <= LARGEST { "met" } else { "MISSED" };
            println!("stripped: {:.1} MiB (goal: 25 MiB: {verdict})", megabytes(size));
        }
        _ => println!("stripped: not measured, because `strip` is missing"),
    }
}

//! The time of whole processes: `--help`, completion, and `ops search`.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The number of runs of each command. The median counts.
const RUNS: usize = 25;

/// Prints the median time of each command, in milliseconds.
pub(crate) fn print_times() {
    println!("\nWhole process, median of {RUNS} runs in ms");
    let program = env!("CARGO_BIN_EXE_cwpsa");
    let commands: [(&str, &[&str], &[(&str, &str)]); 4] = [
        ("--help", &["--help"], &[]),
        ("completion bash", &["completion", "bash"], &[]),
        ("dynamic completion", &["--", "cwpsa", "ops", "se"], &[("COMPLETE", "bash"), ("_CLAP_COMPLETE_INDEX", "2")]),
        ("ops search", &["ops", "search", "close a ticket and tell the customer"], &[]),
    ];
    for (name, arguments, variables) in commands {
        let mut times = Vec::new();
        for _ in 0..RUNS {
            match time(program, arguments, variables) {
                Ok(time) => times.push(time),
                Err(error) => {
                    println!("{name:20} cannot run: {error}");
                    break;
                }
            }
        }
        times.sort_unstable();
        if let Some(median) = times.get(times.len() / 2) {
            println!("{name:20} {:.1}", median.as_secs_f64() * 1e3);
        }
    }
}

fn time(program: &str, arguments: &[&str], variables: &[(&str, &str)]) -> std::io::Result<Duration> {
    let start = Instant::now();
    Command::new(program)
        .args(arguments)
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()?;
    Ok(start.elapsed())
}

//! `bench`: measures every figure that the project claims, in one run, beside baselines on the same machine.
//!
//! Each group of rows has a file. The programs that measure are in `benches/`: they carry out one request at a time, so
//! that this task can alternate between them. A figure that cannot be measured has a row with the reason.

mod build_cost;
mod cargo;
mod command_line;
mod compiler;
mod conditions;
mod data_set;
mod decoding;
mod first_builds;
mod goals;
mod list_programs;
mod lists;
mod machine;
mod page;
mod peers;
mod plain;
mod program;
mod regeneration;
mod results;
mod row;
mod samples;
mod servers;
mod session;
mod simulator;
mod sizes;
mod table;

pub(crate) use compiler::run_as_compiler;

use std::path::PathBuf;

use results::Results;
use session::Session;

use crate::Failure;

/// The options of the task.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Options {
    /// Measure a subset, in at most ten minutes
    #[arg(long)]
    quick: bool,
    /// Measure only the rows whose names begin with this, such as `decode/` or `list/prebuilt/sequential`
    #[arg(long, value_name = "PREFIX")]
    only: Option<String>,
    /// Do not build progenitor's plain output (saves minutes); rows that are compared with it are not measured
    #[arg(long)]
    without_plain: bool,
    /// Write the results to this file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Like --json, but write the file after each group of rows. If the file exists, take over the groups that it has,
    /// and measure the others. With --only, the prefix must be that of a group
    #[arg(long, value_name = "FILE", conflicts_with = "json")]
    resume: Option<PathBuf>,
    /// Replace the table in docs/performance.md
    #[arg(long)]
    page: bool,
    /// Report what got worse by more than the noise since the results in this file; exit with 1 if anything did
    #[arg(long, value_name = "FILE")]
    against: Option<PathBuf>,
}

/// Runs the task.
pub(crate) fn bench(options: Options) -> Result<(), Failure> {
    // Read first, so that a wrong path does not cost a run.
    let earlier = options.against.as_deref().map(results::read).transpose()?;
    if let (Some(_), Some(only)) = (&options.resume, &options.only)
        && GROUPS.iter().all(|(prefix, _)| prefix != only)
    {
        return Err(format!("with --resume, --only needs a whole group such as `decode/`, found `{only}`").into());
    }
    let mut results = Results::new(options.command());
    if let Some(file) = options.resume.as_deref().filter(|file| file.exists()) {
        results.take_over(results::read(file)?).map_err(|error| format!("{}: {error}", file.display()))?;
    }
    let mut session = Session::new(options)?;
    let mut rows = Vec::new();
    for (prefix, measure) in GROUPS {
        let (mut of_group, others) = results.rows.into_iter().partition(|row| row.name.starts_with(prefix));
        results.rows = others;
        if of_group.is_empty() && session.wants(prefix) {
            measure(&mut session)?;
            of_group = std::mem::take(&mut session.rows);
        }
        rows.append(&mut of_group);
        if let Some(file) = &session.options.resume {
            results.data_set = session.data_if_used().or(results.data_set);
            let rows = rows.iter().chain(&results.rows).cloned().collect();
            results::write(file, &Results { rows, ..results.clone() })?;
        }
    }
    results.data_set = session.data_if_used().or(results.data_set);
    results.rows = rows;
    println!("{}; {}", results.date, results.machine);
    if let Some(file) = &session.options.json {
        results::write(file, &results)?;
    }
    if session.options.page {
        page::write(&results)?;
    }
    let Some(earlier) = earlier else { return Ok(()) };
    let is_part = session.options.resume.is_some() && session.options.only.is_some();
    let comparison = results::compare(&earlier, &results, is_part);
    comparison.notes.iter().for_each(|note| println!("note: {note}"));
    if comparison.worse.is_empty() {
        println!("nothing got worse by more than the noise");
        return Ok(());
    }
    Err(format!("worse than before, by more than the noise:\n{}", comparison.worse.join("\n")).into())
}

/// A group of rows: the prefix of their names, and the function that measures them.
type Group = (&'static str, fn(&mut Session) -> Result<(), Failure>);

/// The groups, in the order of the table. The first one builds what later ones use.
const GROUPS: &[Group] = &[
    ("build/", build_cost::measure),
    ("decode/", decoding::decode_all),
    ("encode/", decoding::encode_all),
    ("memory/", decoding::memory_all),
    ("list/", lists::measure),
    ("simulator/", simulator::measure),
    ("conditions/", conditions::measure),
    ("regen/", regeneration::measure),
    ("first/", first_builds::measure),
    ("size/", sizes::measure),
    ("program/", command_line::measure),
];

impl Options {
    /// Returns the command line that measures the same rows.
    fn command(&self) -> String {
        let mut command = "cargo xtask bench".to_owned();
        if self.quick {
            command += " --quick";
        }
        // With --resume, it selects the groups of one part of the run.
        if let (Some(prefix), None) = (&self.only, &self.resume) {
            command += &format!(" --only {prefix}");
        }
        if self.without_plain {
            command += " --without-plain";
        }
        command
    }
}

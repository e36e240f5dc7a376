//! Tasks of this repository: `cargo xtask regen | diff | actions | metrics | tidy`. Plain cargo is all they need.

#![allow(clippy::print_stderr, clippy::print_stdout, reason = "a command-line tool prints")]

mod actions;
mod check;
mod diff;
mod manifest;
mod metrics;
mod output;
mod regen;
mod repository;
mod tidy;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Tasks of this repository.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Render the bindings from openapi/psa.json, importing the vendor's document first when one is given
    Regen {
        /// The vendor's OpenAPI document (All.json): becomes openapi/psa.json
        #[arg(long, value_name = "VENDOR.json")]
        spec: Option<PathBuf>,
        /// Write psa.json and the bindings crate there, and nothing in the repository
        #[arg(long, value_name = "DIR", conflicts_with = "check")]
        out: Option<PathBuf>,
        /// Write nothing; exit 1 with a diff when what is committed is not what the generator makes
        #[arg(long)]
        check: bool,
    },
    /// Say what changed from one document to another, and what breaks users' code
    Diff {
        /// A vendor's document or a psa.json
        old: PathBuf,
        /// A vendor's document or a psa.json
        new: PathBuf,
        /// Print Markdown, as for the changelog
        #[arg(long)]
        markdown: bool,
    },
    /// Show the integration actions, each with its operation or the reason it has none
    Actions,
    /// Measure what the bindings cost to build, side by side with progenitor's plain output
    Metrics {
        /// Measure the bindings alone, without progenitor's plain output (several minutes less)
        #[arg(long)]
        without_baseline: bool,
        /// Measure what the typed fields add: release builds of the bindings with and without them, in turns
        #[arg(long, conflicts_with = "without_baseline")]
        fields: bool,
    },
    /// Check the invariants of the repository: import directions, file headers, paths, lint tables (the data is in
    /// xtask/tidy.toml)
    Tidy {
        /// Check the repository in this folder
        #[arg(long, value_name = "DIR")]
        repository: Option<PathBuf>,
        /// Check nothing; print the layers that the imports of this package make today
        #[arg(long, value_name = "PACKAGE")]
        layers: Option<String>,
    },
}

/// What a task may fail with.
type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    if let Some(code) = metrics::run_as_compiler() {
        return code;
    }
    let result = match Arguments::parse().task {
        Task::Regen { spec, check: true, .. } => check::check(spec.as_deref()),
        Task::Regen { spec, out, check: false } => regen::regen(spec.as_deref(), out.as_deref()),
        Task::Diff { old, new, markdown } => diff::diff(&old, &new, markdown),
        Task::Actions => actions::actions(),
        Task::Metrics { fields: true, .. } => metrics::fields(),
        Task::Metrics { without_baseline, fields: false } => metrics::metrics(!without_baseline),
        Task::Tidy { repository, layers: Some(package) } => tidy::layers(repository.as_deref(), &package),
        Task::Tidy { repository, layers: None } => tidy::tidy(repository.as_deref()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}

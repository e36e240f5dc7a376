//! Tasks of this repository: `cargo xtask regen | diff | names | actions | bench | reliability | tidy`. They require only cargo.

#![allow(clippy::print_stderr, clippy::print_stdout, reason = "a command-line tool prints")]

mod actions;
mod bench;
mod changelog;
mod check;
mod diff;
mod manifest;
mod names;
mod output;
mod regen;
mod reliability;
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
    /// Render the bindings from openapi/psa.json; with --spec, first import the vendor's document
    Regen {
        /// The vendor's OpenAPI document (All.json), imported as openapi/psa.json
        #[arg(long, value_name = "VENDOR.json")]
        spec: Option<PathBuf>,
        /// Write psa.json and the bindings crate to this folder instead of the repository
        #[arg(long, value_name = "DIR", conflicts_with = "check")]
        out: Option<PathBuf>,
        /// Write nothing; print a diff and exit with 1 if the committed files differ from the generator's output
        #[arg(long)]
        check: bool,
        /// Use the repository in this folder instead of this one
        #[arg(long, value_name = "DIR")]
        repository: Option<PathBuf>,
    },
    /// Print the changes between two OpenAPI documents, which of them break users' code, and what a user has to do
    ///
    /// Decisions that are open in a document do not stop the comparison. They are listed below the changes, with what
    /// could not be compared because of them.
    Diff {
        /// The old document: a vendor's document or a psa.json
        old: PathBuf,
        /// The new document: a vendor's document or a psa.json
        new: PathBuf,
        /// Print Markdown for the changelog
        #[arg(long)]
        markdown: bool,
        /// Print a JSON array of the changes, for programs
        ///
        /// Each change is an object with
        ///
        /// - `weight`: "breaking" (code may no longer compile, or may behave differently), "added" or "changed"
        ///
        /// - `subject`: what changed, with its newer names. `kind` is "version", "section" (`section`), "operation"
        ///   (`section`, `name`, `vendor_id`), "type" (`type`, `schema`) or "field" (`type`, `schema`, and `field` and
        ///   `json_name`, its names in Rust and in JSON)
        ///
        /// - `rule`: the type of the change, such as "field-removed"
        ///
        /// - `names`: the parameters, fields or values that the change is about, by their names in JSON or in the query
        ///
        /// - `message`: how it changed
        ///
        /// - `action`: what a user has to do; null if nothing
        #[arg(long, conflicts_with = "markdown", verbatim_doc_comment)]
        json: bool,
    },
    /// List the names of operations and types, each with the rule that made it, the oddest first
    Names {
        /// List only the operations of this section
        #[arg(long, value_name = "SECTION")]
        section: Option<String>,
        /// List only this many names
        #[arg(long, value_name = "N")]
        oddest: Option<usize>,
    },
    /// List the integration actions, each with its operation or with the reason why it has none
    Actions,
    /// Measure every figure that the project claims, beside baselines in the same run, and print one table
    Bench(bench::Options),
    /// Run the whole fault matrix, and write its table into docs/reliability.md
    Reliability,
    /// Check the rules of the repository that the compiler cannot check, such as import directions, file headers, paths
    /// and lint tables; xtask/tidy.toml configures them
    Tidy {
        /// Check the repository in this folder instead of this one
        #[arg(long, value_name = "DIR")]
        repository: Option<PathBuf>,
        /// Check nothing; print the layers that follow from the current imports of this package
        #[arg(long, value_name = "PACKAGE")]
        layers: Option<String>,
    },
}

/// The error of a task.
type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    if let Some(code) = bench::run_as_compiler() {
        return code;
    }
    let mut task = Arguments::parse().task;
    if let Task::Regen { repository, .. } = &mut task
        && let Some(folder) = repository.take()
    {
        repository::set_root(folder);
    }
    let result = match task {
        Task::Regen { spec, check: true, .. } => check::check(spec.as_deref()),
        Task::Regen { spec, out, check: false, .. } => regen::regen(spec.as_deref(), out.as_deref()),
        Task::Diff { old, new, markdown, json } => {
            let format = match (markdown, json) {
                (true, _) => diff::Format::Markdown,
                (false, true) => diff::Format::Json,
                (false, false) => diff::Format::Text,
            };
            diff::diff(&old, &new, format)
        }
        Task::Names { section, oddest } => names::names(section.as_deref(), oddest),
        Task::Actions => actions::actions(),
        Task::Bench(options) => bench::bench(options),
        Task::Reliability => reliability::reliability(),
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

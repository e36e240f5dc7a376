//! The command-line tool `cwpsa`, as a library that its program, benchmarks and tests share. It is not a stable API.
//!
//! docs/command-line.md and docs/agents.md explain the program to its users. [`run`] parses the arguments and runs one
//! of the commands.
#![forbid(unsafe_code)]

mod calls;
mod changes;
mod cli;
mod commands;
mod completion;
mod conditions;
mod connection;
mod context;
mod error;
mod exit;
mod health;
mod mcp;
mod operations;
mod output;
mod projection;
mod records;
pub mod search;
mod webhooks;

use clap::{CommandFactory as _, Parser as _};

use crate::cli::Cli;
pub use crate::exit::Exit;
use crate::output::report_error;

/// Runs the program with the arguments of the process.
#[must_use]
pub fn run() -> Exit {
    let program = || completion::arguments::with_names(Cli::command());
    clap_complete::CompleteEnv::with_factory(program).var(completion::VARIABLE).complete();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) if error.use_stderr() && cli::wants_json(std::env::args_os()) => {
            let error = cli::usage_error(&error);
            report_error(&error, true);
            return error.exit();
        }
        // Help, or a usage error for people.
        Err(error) => error.exit(),
    };
    let as_json = cli.global.is_json();
    match cli.run() {
        Ok(exit) => exit,
        Err(error) => {
            report_error(&error, as_json);
            error.exit()
        }
    }
}

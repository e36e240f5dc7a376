//! `cwpsa-sim`: the simulator as a program, for testing integrations in any language.
#![forbid(unsafe_code)]

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser};
use connectwise_psa_sim::program::{self, Options};

/// A simulated ConnectWise PSA (formerly Manage) server for testing integrations in any language.
#[derive(Debug, Parser)]
#[command(name = "cwpsa-sim", version)]
struct Arguments {
    #[command(flatten)]
    options: Options,
}

fn main() -> ExitCode {
    let Arguments { options } = Arguments::parse();
    if let Some(conflict) = options.conflict() {
        Arguments::command().error(ErrorKind::ArgumentConflict, conflict).exit();
    }
    match program::run(&options, "cwpsa-sim") {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            // Fails only if standard error is closed.
            let _ = writeln!(io::stderr(), "error: {why}");
            ExitCode::FAILURE
        }
    }
}

//! `cwpsa conditions`: checks, explains and formats conditions.

use clap::Subcommand;

use crate::context::Context;
use crate::error::{CommandError, Outcome};

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Check conditions
    Check {
        /// The conditions
        text: String,
    },
}

impl Command {
    pub(crate) fn run(&self, _context: &Context) -> Outcome {
        Err(CommandError::failure("this command is not implemented yet"))
    }
}

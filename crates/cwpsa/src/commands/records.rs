//! The commands of the popular types of records: `cwpsa tickets list` and the others.

use clap::Subcommand;

use crate::context::Context;
use crate::error::{CommandError, Outcome};

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Tickets of service boards
    Tickets,
}

impl Command {
    pub(crate) fn run(&self, _context: &Context) -> Outcome {
        Err(CommandError::failure("this command is not implemented yet"))
    }
}

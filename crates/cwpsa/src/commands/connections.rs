//! `cwpsa connections`: lists, chooses and removes connections.

use clap::Args;

use crate::context::Context;
use crate::error::{CommandError, Outcome};

#[derive(Debug, Args)]
pub(crate) struct Arguments {}

impl Arguments {
    pub(crate) fn run(&self, _context: &Context) -> Outcome {
        Err(CommandError::failure("this command is not implemented yet"))
    }
}

#[derive(Debug, Args)]
pub(crate) struct Use {
    /// The name of the connection
    name: String,
}

impl Use {
    pub(crate) fn run(&self, _context: &Context) -> Outcome {
        Err(CommandError::failure(format!("{}: this command is not implemented yet", self.name)))
    }
}

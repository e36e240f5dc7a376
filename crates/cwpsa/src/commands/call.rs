//! `cwpsa call`: calls any operation.

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

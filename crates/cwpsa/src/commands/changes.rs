//! `cwpsa diff` and `cwpsa apply`: what a file would change, and the change itself.

use std::path::PathBuf;

use clap::Args;

use crate::context::Context;
use crate::error::{CommandError, Outcome};

#[derive(Debug, Args)]
pub(crate) struct Diff {
    /// The file
    file: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Apply {
    /// The file
    file: PathBuf,
}

impl Diff {
    pub(crate) fn run(&self, _context: &Context) -> Outcome {
        Err(CommandError::failure(format!("{}: this command is not implemented yet", self.file.display())))
    }
}

impl Apply {
    pub(crate) fn run(&self, _context: &Context) -> Outcome {
        Err(CommandError::failure(format!("{}: this command is not implemented yet", self.file.display())))
    }
}

//! `cwpsa sim`: runs the simulator, with the options of the program `cwpsa-sim`.

use clap::Args;
use connectwise_psa_sim::program::{self, Options};

use crate::context::Context;
use crate::error::{CommandError, Outcome};
use crate::exit::Exit;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    options: Options,
}

impl Arguments {
    pub(crate) fn run(&self, _context: &Context) -> Outcome {
        if let Some(conflict) = self.options.conflict() {
            return Err(CommandError::usage(conflict));
        }
        program::run(&self.options, "cwpsa sim").map_err(CommandError::failure)?;
        Ok(Exit::Success)
    }
}

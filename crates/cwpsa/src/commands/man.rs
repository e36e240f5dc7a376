//! `cwpsa man`: prints the manual page.

use std::io::{self, Write as _};
use std::path::PathBuf;

use clap::Args;
use clap_mangen::Man;

use crate::context::Context;
use crate::error::{CommandError, Outcome};
use crate::exit::Exit;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Write one page for each command to this folder, which is created if it does not exist
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

impl Arguments {
    /// `program` is the command line of the whole program.
    pub(crate) fn run(&self, context: &Context, program: clap::Command) -> Outcome {
        match &self.dir {
            None => {
                let mut page = Vec::new();
                Man::new(program).render(&mut page).map_err(|error| CommandError::failure(error.to_string()))?;
                io::stdout().lock().write_all(&page).map_err(CommandError::stdout)?;
            }
            Some(folder) => {
                std::fs::create_dir_all(folder)
                    .and_then(|()| clap_mangen::generate_to(program, folder))
                    .map_err(|error| CommandError::failure(format!("{}: {error}", folder.display())))?;
                context.output().note(&format!("The manual pages are in {}.", folder.display()));
            }
        }
        Ok(Exit::Success)
    }
}

//! `cwpsa ops`: finds operations and shows what they need.

use std::io::{self, Write as _};

use clap::Subcommand;
use clap_complete::ArgValueCandidates;
use connectwise_psa::catalogue;

use crate::commands::search;
use crate::completion::candidates;
use crate::context::Context;
use crate::error::{CommandError, Outcome};
use crate::exit::Exit;
use crate::operations::description::Description;
use crate::operations::id;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Find operations in plain words
    Search(search::Arguments),
    /// Show what an operation needs and returns
    Show {
        /// The operation's id
        #[arg(add = ArgValueCandidates::new(candidates::operations))]
        id: String,
    },
    /// List operations
    List {
        /// Only operations of this section
        #[arg(long, add = ArgValueCandidates::new(candidates::sections))]
        section: Option<String>,
    },
}

impl Command {
    pub(crate) fn run(&self, context: &Context) -> Outcome {
        let mut stdout = io::stdout().lock();
        let written = match self {
            Self::Search(arguments) => return arguments.run(context),
            Self::Show { id } => {
                let description = Description::of(id::find(id)?);
                serde_json::to_string_pretty(&description)
                    .map_err(io::Error::from)
                    .and_then(|text| writeln!(stdout, "{text}"))
            }
            Self::List { section } => catalogue::all()
                .filter(|operation| section.as_deref().is_none_or(|section| section == operation.section))
                .try_for_each(|operation| {
                    writeln!(stdout, "{}  {}", id::name(operation), catalogue::summary(operation))
                }),
        };
        written.map_err(CommandError::stdout)?;
        Ok(Exit::Success)
    }
}

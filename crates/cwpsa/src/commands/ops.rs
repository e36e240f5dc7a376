//! `cwpsa ops`: finds operations and shows what they need.

use std::io::{self, Write as _};

use clap::Subcommand;
use clap_complete::ArgValueCandidates;
use connectwise_psa::catalogue;

use crate::completion::candidates;
use crate::context::Context;
use crate::error::{CommandError, Outcome};
use crate::exit::Exit;
use crate::operations::description::Description;
use crate::operations::id;
use crate::search::search;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Find operations in plain words
    Search {
        /// What the operation should do
        query: String,
        /// The maximum number of results
        #[arg(long, default_value_t = 10, value_name = "N")]
        limit: usize,
    },
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
    pub(crate) fn run(&self, _context: &Context) -> Outcome {
        let mut stdout = io::stdout().lock();
        let written = match self {
            Self::Search { query, limit } => search(query, *limit).results.iter().try_for_each(|hit| {
                writeln!(stdout, "{}  {}", id::name(hit.operation), catalogue::summary(hit.operation))
            }),
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

//! `cwpsa ops`: finds operations and shows what they need.

use clap::{Args, Subcommand};
use clap_complete::ArgValueCandidates;
use connectwise_psa::catalogue::{self, Operation};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use crate::commands::search;
use crate::completion::candidates;
use crate::context::Context;
use crate::error::{CommandError, Outcome};
use crate::exit::Exit;
use crate::operations::description::Description;
use crate::operations::{id, text};
use crate::output::Format;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Find operations in plain words
    Search(search::Arguments),
    /// Show what an operation needs and returns
    Show(Show),
    /// List operations
    List(List),
}

#[derive(Debug, Args)]
pub(crate) struct Show {
    /// The operation's id, such as service.list_tickets, getServiceTickets or list-service-tickets
    #[arg(add = ArgValueCandidates::new(candidates::operations))]
    id: String,
    /// Show all fields of the body, not only the usual ones
    #[arg(long)]
    all_fields: bool,
}

#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only operations of this section
    #[arg(long, add = ArgValueCandidates::new(candidates::sections))]
    section: Option<String>,
}

/// One operation of a list, for programs.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    id: String,
    title: &'static str,
    vendor_id: &'static str,
    method: &'static str,
    path: &'static str,
    collection: &'static str,
}

impl Command {
    pub(crate) fn run(&self, context: &Context) -> Outcome {
        match self {
            Self::Search(arguments) => arguments.run(context),
            Self::Show(arguments) => arguments.run(context),
            Self::List(arguments) => arguments.run(context),
        }
    }
}

impl Show {
    fn run(&self, context: &Context) -> Outcome {
        let description = Description::of(id::find(&self.id)?);
        let output = context.output();
        match output.format() {
            Format::Table => output.text(&text::page(&description, self.all_fields))?,
            _ => output.value(&raw(&description)?, &[])?,
        }
        Ok(Exit::Success)
    }
}

impl List {
    fn run(&self, context: &Context) -> Outcome {
        let operations = self.operations()?;
        let output = context.output();
        let columns: &[&str] = match output.format() {
            Format::Csv => &["id", "title", "vendorId", "method", "path", "collection"],
            _ => &["id", "title"],
        };
        let columns: Vec<_> = columns.iter().map(|name| (*name).to_owned()).collect();
        let mut records = output.records(&columns);
        for operation in operations {
            records.write(&raw(&Row::from(operation))?)?;
        }
        records.finish()?;
        Ok(Exit::Success)
    }

    /// Returns the operations of the section, or all.
    fn operations(&self) -> Result<Vec<&'static Operation>, CommandError> {
        let is_listed =
            |operation: &&Operation| self.section.as_deref().is_none_or(|section| section == operation.section);
        let operations: Vec<_> = catalogue::all().filter(is_listed).collect();
        match &self.section {
            Some(section) if operations.is_empty() => {
                let mut sections: Vec<_> = catalogue::all().map(|operation| operation.section).collect();
                sections.dedup();
                Err(CommandError::usage(format!("there is no section {section:?}"))
                    .with_next_step(format!("The sections are {}.", sections.join(", "))))
            }
            _ => Ok(operations),
        }
    }
}

impl From<&'static Operation> for Row {
    fn from(operation: &'static Operation) -> Self {
        Self {
            id: id::name(operation),
            title: catalogue::summary(operation),
            vendor_id: operation.vendor_id,
            method: operation.method.as_str(),
            path: operation.path,
            collection: operation.collection,
        }
    }
}

fn raw(value: &impl Serialize) -> Result<Box<RawValue>, CommandError> {
    to_raw_value(value).map_err(CommandError::unwritable)
}

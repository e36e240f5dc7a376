//! The commands of the popular types of records: `cwpsa tickets list` and the others.

mod change;
mod filter_options;
mod read;
mod tickets;
mod time;

use clap::Subcommand;

use crate::commands::records::change::{Create, Update};
use crate::commands::records::filter_options::RecordCommand;
use crate::commands::records::read::{Get, List};
use crate::context::Context;
use crate::error::Outcome;
use crate::records::types::{self, RecordType};

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Tickets of service boards: list, get, create, update, close, note
    #[command(subcommand)]
    Tickets(tickets::Command),
    /// Companies: list, get, create, update
    #[command(subcommand)]
    Companies(Common<Companies>),
    /// Contacts: list, get, create, update
    #[command(subcommand)]
    Contacts(Common<Contacts>),
    /// Projects: list, get, create, update
    #[command(subcommand)]
    Projects(Common<Projects>),
    /// Opportunities: list, get, create, update
    #[command(subcommand)]
    Opportunities(Common<Opportunities>),
    /// Time entries: list, get, create, update
    #[command(subcommand)]
    Time(time::Command),
    /// Products of tickets, projects, opportunities and orders: list, get, create, update
    #[command(subcommand)]
    Products(Common<Products>),
    /// Expense entries: list, get, create, update
    #[command(subcommand)]
    Expenses(Common<Expenses>),
    /// Configurations of companies: list, get, create, update
    #[command(subcommand)]
    Configurations(Common<Configurations>),
}

impl Command {
    pub(crate) fn run(&self, context: &Context) -> Outcome {
        match self {
            Self::Tickets(command) => command.run(context),
            Self::Companies(command) => command.run(context),
            Self::Contacts(command) => command.run(context),
            Self::Projects(command) => command.run(context),
            Self::Opportunities(command) => command.run(context),
            Self::Time(command) => command.run(context),
            Self::Products(command) => command.run(context),
            Self::Expenses(command) => command.run(context),
            Self::Configurations(command) => command.run(context),
        }
    }
}

/// The commands that all types have.
#[derive(Debug, Subcommand)]
pub(crate) enum Common<K: RecordCommand> {
    /// List records
    List(List<K>),
    /// Show records by id
    Get(Get),
    /// Create a record
    Create(Create),
    /// Change fields of records
    Update(Update),
}

impl<K: RecordCommand> Common<K> {
    fn run(&self, context: &Context) -> Outcome {
        match self {
            Self::List(list) => list.run(context),
            Self::Get(get) => get.run(context, K::record_type()),
            Self::Create(create) => create.run(context, K::record_type()),
            Self::Update(update) => update.run(context, K::record_type()),
        }
    }
}

/// Declares the marker of a type of record.
macro_rules! kinds {
    ($($name:ident $record_type:ident)+) => {
        $(
            #[doc = concat!("The type of record `", stringify!($record_type), "`.")]
            #[derive(Clone, Debug)]
            pub(crate) enum $name {}

            impl RecordCommand for $name {
                fn record_type() -> &'static RecordType {
                    &types::$record_type
                }
            }
        )+
    };
}

kinds! {
    Tickets TICKETS
    Companies COMPANIES
    Contacts CONTACTS
    Projects PROJECTS
    Opportunities OPPORTUNITIES
    Time TIME
    Products PRODUCTS
    Expenses EXPENSES
    Configurations CONFIGURATIONS
}

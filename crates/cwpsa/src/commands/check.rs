//! `cwpsa check`: tests a connection, and compares the rights of the API member with what a program needs.

use std::io::{self, Write as _};

use clap::Args;
use connectwise_psa::Psa;
use connectwise_psa::access::{Needs, Profile};
use serde_json::value::to_raw_value;

use crate::context::Context;
use crate::error::{CommandError, Outcome};
use crate::health::{self, Health};
use crate::operations::id;
use crate::output::Format;

/// The operations of the everyday commands. Their rights are reported if the caller does not say what it needs.
const EVERYDAY: [&str; 18] = [
    "service.list_tickets",
    "service.get_ticket",
    "service.create_ticket",
    "service.update_ticket",
    "service.create_ticket_note",
    "company.list_companies",
    "company.create_company",
    "company.update_company",
    "company.list_contacts",
    "company.create_contact",
    "company.list_configurations",
    "project.list_projects",
    "sales.list_opportunities",
    "time.list_time_entries",
    "time.create_time_entry",
    "expense.list_expense_entries",
    "finance.list_agreements",
    "system.list_members",
];

/// Without --profile and --needs, the report of the rights covers the everyday commands and does not change the exit
/// code.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Compare the rights with those that a product tells its users to grant
    #[arg(long, value_name = "NAME", value_parser = profile)]
    profile: Vec<Profile>,
    /// Compare the rights with those that these operations need
    #[arg(long, value_name = "OPERATION", num_args = 1..)]
    needs: Vec<String>,
}

impl Arguments {
    pub(crate) fn run(&self, context: &Context) -> Outcome {
        let needs = self.needs()?;
        let is_chosen = !(self.profile.is_empty() && self.needs.is_empty());
        let connection = context.connection()?;
        let health = context.block_on(async {
            let psa = context.psa().await?;
            Ok::<_, CommandError>(examine(psa, &needs, is_chosen).await)
        })??;
        if context.global.format() == Format::Table {
            writeln!(io::stdout().lock(), "{}", health.text()).map_err(CommandError::stdout)?;
        } else {
            let value = to_raw_value(&health.to_json(connection.label()))
                .map_err(|error| CommandError::failure(error.to_string()))?;
            context.output().value(&value, &[])?;
        }
        Ok(health.exit())
    }

    fn needs(&self) -> Result<Needs, CommandError> {
        let mut needs = Needs::new();
        for profile in &self.profile {
            needs = needs.profile(*profile);
        }
        for name in &self.needs {
            needs = needs.operation(&id::name(id::find(name)?))?;
        }
        if self.profile.is_empty() && self.needs.is_empty() {
            needs = needs.operations(EVERYDAY)?;
        }
        Ok(needs)
    }
}

/// Tests the settings and, if the server accepts them, the rights.
async fn examine(psa: &Psa, needs: &Needs, is_chosen: bool) -> Health {
    let check = psa.check().await;
    let access = if health::failed_setting(&check).is_none() { Some(psa.access().compare(needs).await) } else { None };
    Health { check, access, is_chosen }
}

fn profile(name: &str) -> Result<Profile, String> {
    Profile::named(name).ok_or_else(|| {
        let names: Vec<_> = Profile::all().iter().map(Profile::name).collect();
        format!("the profiles are {}", names.join(", "))
    })
}

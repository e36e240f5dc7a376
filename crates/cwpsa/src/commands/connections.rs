//! `cwpsa connections` and `cwpsa use`: lists, chooses and removes connections.

use clap::{Args, Subcommand};
use clap_complete::ArgValueCandidates;
use serde::Serialize;
use serde_json::value::to_raw_value;

use crate::completion::candidates;
use crate::connection::settings::{CredentialType, Settings};
use crate::connection::store;
use crate::context::Context;
use crate::error::{CommandError, Outcome};
use crate::exit::Exit;
use crate::output::prompt::confirm;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the connections
    List,
    /// Remove a connection and its private key from this machine
    Remove {
        /// The name of the connection
        #[arg(add = ArgValueCandidates::new(candidates::connections))]
        name: String,
    },
}

/// One connection in the list.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Row<'a> {
    name: &'a str,
    site: &'a str,
    company: Option<&'a str>,
    credentials: CredentialType,
    is_default: bool,
    secret: &'static str,
    company_condition: Option<&'a str>,
}

/// The columns of the table.
const COLUMNS: [&str; 6] = ["name", "site", "company", "credentials", "isDefault", "secret"];

impl Arguments {
    pub(crate) fn run(&self, context: &Context) -> Outcome {
        match &self.command {
            None | Some(Command::List) => list(context),
            Some(Command::Remove { name }) => remove(context, name),
        }
    }
}

fn list(context: &Context) -> Outcome {
    let settings = Settings::read()?;
    let mut records = context.output().records(&COLUMNS.map(str::to_owned));
    for (name, connection) in &settings.connections {
        let of_key = connection.credentials.user.split_once('+').map(|(company, _)| company);
        let row = Row {
            name,
            site: &connection.site,
            company: connection.company.as_deref().or(of_key),
            credentials: connection.credentials.credential_type,
            is_default: settings.default.as_deref() == Some(name),
            secret: connection.secret.store.as_str(),
            company_condition: connection.company_condition.as_deref(),
        };
        let row = to_raw_value(&row).map_err(|error| CommandError::failure(error.to_string()))?;
        records.write(&row)?;
    }
    records.finish()?;
    if settings.connections.is_empty() {
        context.output().note("No connections are stored. Run `cwpsa login` to store one.");
    }
    Ok(Exit::Success)
}

fn remove(context: &Context, name: &str) -> Outcome {
    if !confirm(context.global.yes, &format!("Remove the connection {name} and its private key?"))? {
        return Err(CommandError::failure("nothing was removed"));
    }
    let was_default = store::remove(name)?;
    let default = if was_default { " It was the default connection; choose another with `cwpsa use`." } else { "" };
    context.output().note(&format!("The connection {name} and its private key were removed.{default}"));
    Ok(Exit::Success)
}

#[derive(Debug, Args)]
pub(crate) struct Use {
    /// The name of the connection
    #[arg(add = ArgValueCandidates::new(candidates::connections))]
    name: String,
}

impl Use {
    pub(crate) fn run(&self, context: &Context) -> Outcome {
        store::set_default(&self.name)?;
        context.output().note(&format!("The default connection is {}.", self.name));
        Ok(Exit::Success)
    }
}

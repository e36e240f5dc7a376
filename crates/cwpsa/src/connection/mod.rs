//! Named connections: where they are stored, which one a command uses, and the client that it makes.
//!
//! The settings of all connections are in one file ([`settings`]). The secrets are not in it: they are in the keyring of
//! the operating system or in files that only their owner can read ([`secret_store`]). [`store`] changes both together.

pub(crate) mod choice;
mod environment;
mod files;
pub(crate) mod folders;
mod keyring;
pub(crate) mod secret_store;
pub(crate) mod settings;
pub(crate) mod store;

use connectwise_psa::PsaBuilder;

use crate::connection::choice::Choice;
use crate::connection::settings::Settings;
use crate::error::CommandError;
use crate::exit::Exit;

/// The environment variable with the name of the connection, for commands without `--connection`.
const VARIABLE: &str = "CWPSA_CONNECTION";

/// Returns which connection a command uses: that with a name, or that of the environment variable `CWPSA_CONNECTION`, or
/// that of the variables `CW_*` if all needed ones are set, or the default one. Secrets are not read.
pub(crate) fn choose(name: Option<&str>) -> Result<Choice, CommandError> {
    let variable = std::env::var(VARIABLE).ok().filter(|name| !name.is_empty());
    match name.map(str::to_owned).or(variable) {
        Some(name) => named(&Settings::read()?, &name),
        None if environment::is_complete() => Ok(Choice::Environment),
        None => {
            let settings = Settings::read()?;
            // Part of the variables is a mistake. Another connection in their place could be that of another tenant.
            if let Some(missing) = environment::missing() {
                return Err(incomplete(&missing, !settings.connections.is_empty()));
            }
            let default = settings.default.as_deref().filter(|default| settings.connections.contains_key(*default));
            default.map(|default| named(&settings, default)).unwrap_or_else(|| Err(no_connection(&settings)))
        }
    }
}

fn named(settings: &Settings, name: &str) -> Result<Choice, CommandError> {
    let connection = settings.connections.get(name).ok_or_else(|| settings.unknown(name))?;
    Ok(Choice::Stored { name: name.to_owned(), connection: connection.clone() })
}

/// Returns the builder of a connection's client. Reads its secret. The simulator of `--sim` has a client of its own.
pub(crate) fn builder(choice: &Choice) -> Result<PsaBuilder, CommandError> {
    match choice {
        Choice::Sim | Choice::Environment => Ok(PsaBuilder::from_env()),
        Choice::Stored { name, connection } => {
            let secret = secret_store::read(name, &connection.secret)?;
            connection.builder(&secret)
        }
    }
}

/// The error of variables that are only partly set.
fn incomplete(missing: &[&str], has_connections: bool) -> CommandError {
    let message = format!("the environment variables CW_* are incomplete: {} is missing", missing.join(" and "));
    let next_step = if has_connections {
        "Set all of them, or none, or choose a stored connection with --connection."
    } else {
        "Set all of them, or run `cwpsa login` to store a connection, or use --sim for a simulator with demo data."
    };
    CommandError::new(Exit::Authentication, "no_connection", message).with_next_step(next_step)
}

/// The error of a command without a connection.
fn no_connection(settings: &Settings) -> CommandError {
    let login = "Run `cwpsa login` to store a connection, set CW_SITE, CW_COMPANY, CW_PUBLIC_KEY, CW_PRIVATE_KEY and \
                 CW_CLIENT_ID, or use --sim for a simulator with demo data.";
    let names: Vec<_> = settings.connections.keys().map(String::as_str).collect();
    let (message, next_step) = if names.is_empty() {
        ("no connection is set up", login.to_owned())
    } else {
        (
            "there is no default connection",
            format!("Choose one with --connection or `cwpsa use`: {}.", names.join(", ")),
        )
    };
    CommandError::new(Exit::Authentication, "no_connection", message).with_next_step(next_step)
}

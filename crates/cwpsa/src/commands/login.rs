//! `cwpsa login`: checks the credentials of a connection and stores them.

use std::io::{self, IsTerminal as _, Read as _, Write as _};

use clap::Args;
use connectwise_psa::Condition;
use secrecy::SecretString;

use crate::connection::secret_store::{SecretLocation, SecretStore};
use crate::connection::settings::{Connection, CredentialType, Credentials, check_name};
use crate::connection::store::{self, Saved};
use crate::context::Context;
use crate::error::{CommandError, Outcome};
use crate::exit::Exit;
use crate::health;

/// The largest secret on standard input, in bytes.
const MAX_SECRET: u64 = 64 * 1024;

/// The private key is read from a prompt without echo, or from standard input with --private-key-stdin. It is never an
/// argument: other users of the machine could see it, and the shell would store it.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The name of the connection [default: the company]
    #[arg(value_parser = check_name)]
    name: Option<String>,
    /// The server, such as na.myconnectwise.net or the address in a browser
    #[arg(long, value_name = "HOST")]
    site: Option<String>,
    /// The company id: the short name that members enter when they log in
    #[arg(long, value_name = "ID")]
    company: Option<String>,
    /// The public key of an API member
    #[arg(long, value_name = "KEY", conflicts_with_all = ["integrator", "member_hash"])]
    public_key: Option<String>,
    /// The name of an integrator login, instead of a public key. Its password takes the place of the private key
    #[arg(long, value_name = "NAME", conflicts_with = "member_hash")]
    integrator: Option<String>,
    /// The id of the member whose member hash takes the place of the private key
    #[arg(long, value_name = "MEMBER_ID")]
    member_hash: Option<String>,
    /// The client id that ConnectWise issued for your program
    #[arg(long, value_name = "GUID")]
    client_id: Option<String>,
    /// Conditions that every list of companies gets, such as 'status/name = "Active"'
    #[arg(long, value_name = "CONDITIONS", value_parser = company_condition)]
    company_condition: Option<String>,
    /// Read the private key from standard input
    #[arg(long)]
    private_key_stdin: bool,
    /// Where to store the private key [default: the keyring, or a file if there is no keyring]
    #[arg(long, value_enum, hide_possible_values = true, value_name = "keyring|file")]
    store: Option<SecretStore>,
    /// Make this the default connection, also if there are others
    #[arg(long = "use")]
    is_default: bool,
    /// Store the credentials without a check
    #[arg(long)]
    no_check: bool,
}

impl Arguments {
    pub(crate) fn run(&self, context: &Context) -> Outcome {
        let site = text_or_prompt(self.site.as_deref(), "--site", "Server (such as na.myconnectwise.net): ")?;
        let credentials = self.credentials()?;
        let company = match &self.company {
            None if credentials.user.contains('+') => None,
            company => Some(text_or_prompt(company.as_deref(), "--company", "Company id: ")?),
        };
        let name = self.name(company.as_deref(), &credentials)?;
        let client_id = self.client_id.clone().filter(|id| !id.trim().is_empty());
        let company_condition = self.company_condition.clone();
        let connection = |secret| Connection { site, company, client_id, company_condition, credentials, secret };
        let secret = self.secret()?;
        // The location is not used yet: it is chosen when the secret is stored.
        let connection = connection(SecretLocation::new(&name, SecretStore::File));
        let psa = connection.builder(&secret)?.build().map_err(|error| option_error(&error))?;
        if !self.no_check {
            let report = context.block_on(psa.check())?;
            health::reject_failed_settings(&report)?;
        }
        let saved = store::save(&name, self.store, &secret, |secret| Connection { secret, ..connection })?;
        let is_default = saved.is_default || self.is_default;
        if self.is_default {
            store::set_default(&name)?;
        }
        context.output().note(&describe(&name, &saved, is_default, !self.no_check));
        Ok(Exit::Success)
    }

    fn credentials(&self) -> Result<Credentials, CommandError> {
        let (credential_type, user) = match (&self.public_key, &self.integrator, &self.member_hash) {
            (_, Some(name), _) => (CredentialType::Integrator, name.clone()),
            (_, _, Some(member)) => (CredentialType::MemberHash, member.clone()),
            (key, _, _) => (CredentialType::Keys, text_or_prompt(key.as_deref(), "--public-key", "Public key: ")?),
        };
        Ok(Credentials { credential_type, user })
    }

    /// Returns the name of the connection: the given one, or the company.
    fn name(&self, company: Option<&str>, credentials: &Credentials) -> Result<String, CommandError> {
        if let Some(name) = &self.name {
            return Ok(name.clone());
        }
        let of_key = credentials.user.split_once('+').map(|(company, _)| company);
        let company = company.or(of_key).unwrap_or_default();
        check_name(company).map_err(|_| {
            CommandError::usage(format!("the company {company:?} cannot be the name of the connection"))
                .with_next_step("Give the connection a name: cwpsa login NAME …")
        })
    }

    /// Reads the private key, the password or the hash.
    fn secret(&self) -> Result<SecretString, CommandError> {
        let is_terminal = io::stdin().is_terminal();
        let secret = if self.private_key_stdin {
            if is_terminal {
                return Err(CommandError::usage(
                    "--private-key-stdin: standard input is a terminal, which would show the key",
                )
                .with_next_step("Leave --private-key-stdin out to get a prompt without echo."));
            }
            let mut text = String::new();
            io::stdin()
                .take(MAX_SECRET)
                .read_to_string(&mut text)
                .map_err(|error| CommandError::usage(format!("standard input cannot be read: {error}")))?;
            text
        } else if is_terminal && io::stderr().is_terminal() {
            let prompt = format!("{}: ", self.secret_name());
            rpassword::prompt_password(prompt)
                .map_err(|error| CommandError::failure(format!("the prompt failed: {error}")))?
        } else {
            return Err(CommandError::usage("there is no terminal for a prompt")
                .with_next_step("Use --private-key-stdin, and write the private key to standard input."));
        };
        let secret = secret.trim_end_matches(['\r', '\n']);
        if secret.is_empty() {
            return Err(CommandError::usage(format!("the {} is empty", self.secret_name().to_lowercase())));
        }
        Ok(SecretString::from(secret))
    }

    fn secret_name(&self) -> &'static str {
        match (&self.integrator, &self.member_hash) {
            (Some(_), _) => "Password",
            (_, Some(_)) => "Member hash",
            _ => "Private key",
        }
    }
}

/// Returns the value of an option, or prompts for it if there is a terminal.
fn text_or_prompt(value: Option<&str>, option: &str, prompt: &str) -> Result<String, CommandError> {
    let text = match value {
        Some(value) => value.trim().to_owned(),
        None if io::stdin().is_terminal() && io::stderr().is_terminal() => {
            let failed = |error: io::Error| CommandError::failure(format!("the prompt failed: {error}"));
            write!(io::stderr(), "{prompt}").map_err(failed)?;
            let mut line = String::new();
            io::stdin().read_line(&mut line).map_err(failed)?;
            line.trim().to_owned()
        }
        None => String::new(),
    };
    if text.is_empty() { Err(CommandError::usage(format!("{option} is missing"))) } else { Ok(text) }
}

fn company_condition(text: &str) -> Result<String, String> {
    text.parse::<Condition>().map(|_| text.to_owned()).map_err(|error| error.to_string())
}

/// Names the option in place of the client's setting.
fn option_error(error: &connectwise_psa::Error) -> CommandError {
    let setting = error.parameter().unwrap_or_default();
    let name = match setting {
        "host" => "--site",
        "company" => "--company",
        "public key" => "--public-key",
        "client_id" => "--client-id",
        other => other,
    };
    let message = error.message().map_or_else(|| error.to_string(), str::to_owned);
    CommandError::usage(format!("{name} {message}"))
}

fn describe(name: &str, saved: &Saved, is_default: bool, is_checked: bool) -> String {
    let change = if saved.is_replaced { "replaced" } else { "stored" };
    let check = if is_checked { "The server accepts the credentials. " } else { "" };
    let default = if is_default { " It is the default connection." } else { "" };
    let location = match (saved.store, &saved.no_keyring) {
        (SecretStore::Keyring, _) => "The private key is in the keyring.".to_owned(),
        (SecretStore::File, None) => "The private key is in a file that only you can read.".to_owned(),
        (SecretStore::File, Some(why)) => {
            format!("The private key is in a file that only you can read, not in the keyring: {why}.")
        }
    };
    format!("{check}The connection {name} was {change}.{default} {location}")
}

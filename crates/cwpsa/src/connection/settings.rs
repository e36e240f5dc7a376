//! The settings of all connections: a TOML file without secrets.

use std::collections::BTreeMap;

use connectwise_psa::{Psa, PsaBuilder};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use crate::connection::files;
use crate::connection::folders::config_folder;
use crate::connection::secret_store::SecretLocation;
use crate::error::CommandError;

/// The name of the file in the folder for settings.
pub(crate) const FILE: &str = "connections.toml";

/// The longest name of a connection, in bytes.
const MAX_NAME: usize = 64;

/// All connections.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// The connection of commands that name none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) default: Option<String>,
    /// The connections by name.
    #[serde(default)]
    pub(crate) connections: BTreeMap<String, Connection>,
}

/// One connection.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Connection {
    /// The server, in any form that the client accepts.
    pub(crate) site: String,
    /// The company id. It may be part of the public key instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) company: Option<String>,
    /// The client id of the program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) client_id: Option<String>,
    /// The condition that every list of companies gets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) company_condition: Option<String>,
    /// Who makes the requests.
    pub(crate) credentials: Credentials,
    /// Where the secret is.
    pub(crate) secret: SecretLocation,
}

/// The credentials of a connection, without the secret.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Credentials {
    /// What they are.
    #[serde(rename = "type")]
    pub(crate) credential_type: CredentialType,
    /// The public key, the name of the integrator login, or the id of the member.
    pub(crate) user: String,
}

/// The types of credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum CredentialType {
    /// The keys of an API member.
    Keys,
    /// An integrator login.
    Integrator,
    /// The member hash of a page that PSA shows.
    MemberHash,
}

impl Settings {
    /// Reads the file. Without a file, there are no connections.
    pub(crate) fn read() -> Result<Self, CommandError> {
        let path = config_folder()?.join(FILE);
        let Some(text) = files::read(&path)? else { return Ok(Self::default()) };
        toml::from_str(&text).map_err(|error| {
            let position =
                error.span().map_or(0, |span| text.get(..span.start).map_or(0, |text| text.matches('\n').count()));
            CommandError::failure(format!("{}, line {}: {}", path.display(), position + 1, error.message()))
                .with_next_step("Correct the file, or remove it and log in again.")
        })
    }

    /// Replaces the file.
    pub(crate) fn write(&self) -> Result<(), CommandError> {
        let text = toml::to_string_pretty(self)
            .map_err(|error| CommandError::failure(format!("the connections cannot be written: {error}")))?;
        files::write(&config_folder()?.join(FILE), text.as_bytes())
    }

    /// The error for a name without a connection.
    pub(crate) fn unknown(&self, name: &str) -> CommandError {
        let names: Vec<_> = self.connections.keys().map(String::as_str).collect();
        let next_step = if names.is_empty() {
            format!("Run `cwpsa login {}` to store it.", if is_valid_name(name) { name } else { "NAME" })
        } else {
            format!("The connections are: {}.", names.join(", "))
        };
        CommandError::usage(format!("there is no connection {name:?}")).with_next_step(next_step)
    }
}

impl Connection {
    /// Returns the builder of the client.
    pub(crate) fn builder(&self, secret: &SecretString) -> Result<PsaBuilder, CommandError> {
        let (user, secret) = (self.credentials.user.as_str(), secret.expose_secret());
        let mut builder = Psa::builder().host(&self.site).company(self.company.as_deref().unwrap_or_default());
        builder = match self.credentials.credential_type {
            CredentialType::Keys => builder.keys(user, secret),
            CredentialType::Integrator => builder.integrator(user, secret),
            CredentialType::MemberHash => builder.member_hash(user, secret),
        };
        if let Some(client_id) = &self.client_id {
            builder = builder.client_id(client_id);
        }
        if let Some(text) = &self.company_condition {
            let condition = text.parse().map_err(|error| CommandError::usage(format!("company condition: {error}")))?;
            builder = builder.company_condition(condition);
        }
        Ok(builder)
    }
}

/// Checks the name of a connection. It is part of file names.
pub(crate) fn check_name(name: &str) -> Result<String, String> {
    if is_valid_name(name) {
        return Ok(name.to_owned());
    }
    Err(format!("a name has at most {MAX_NAME} letters, digits, `.`, `_` and `-`, and starts with a letter or a digit"))
}

fn is_valid_name(name: &str) -> bool {
    name.len() <= MAX_NAME
        && name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_safe_as_parts_of_file_names() {
        for name in ["acme", "Acme-2.test_1", "9"] {
            check_name(name).unwrap();
        }
        for name in ["", ".", "..", "-c", ".hidden", "a/b", "a\\b", "a b", "ä", &"x".repeat(65)] {
            check_name(name).unwrap_err();
        }
    }

    #[test]
    fn a_client_has_the_settings_of_its_connection_and_the_error_names_a_wrong_condition() {
        let connection: Connection = toml::from_str(
            "site = 'psa.example'\ncompany = 'acme'\ncredentials = { type = 'integrator', user = 'sync' }\n\
             secret = { store = 'file', id = 'x' }\n",
        )
        .unwrap();
        let psa = connection.builder(&"hunter2".into()).unwrap().build().unwrap();
        let text = format!("{psa:?}");
        assert!(text.contains("psa.example") && text.contains("acme") && !text.contains("hunter2"), "{text}");
        let connection = Connection { company_condition: Some("name = ".to_owned()), ..connection };
        let error = connection.builder(&"hunter2".into()).unwrap_err().to_string();
        assert!(error.starts_with("company condition: "), "{error}");
    }
}

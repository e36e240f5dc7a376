//! Where secrets are: in the keyring of the operating system, or in a file that only its owner can read.

use std::path::PathBuf;

use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use crate::connection::folders::config_folder;
use crate::connection::{files, keyring};
use crate::error::CommandError;

/// The folder of the files, in the folder for settings.
const FOLDER: &str = "keys";

/// The places for secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum SecretStore {
    /// The keyring of the operating system
    Keyring,
    /// A file that only its owner can read
    File,
}

impl SecretStore {
    /// Returns the name: `keyring`.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Keyring => "keyring",
            Self::File => "file",
        }
    }
}

/// Where the secret of a connection is.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SecretLocation {
    pub(crate) store: SecretStore,
    /// The name of the entry of the keyring, or of the file. Each login has a new one, so a login that is interrupted
    /// does not change the secret of the stored connection.
    id: String,
}

impl SecretLocation {
    /// Returns a new location for the secret of a connection.
    pub(crate) fn new(name: &str, store: SecretStore) -> Self {
        use std::hash::{BuildHasher as _, RandomState};
        // Unique, not secret.
        let number = RandomState::new().hash_one(std::process::id());
        Self { store, id: format!("{name}-{number:016x}") }
    }

    fn file(&self) -> Result<PathBuf, CommandError> {
        // The settings are a text file, so the id may be changed to another path.
        if self.id.is_empty() || !self.id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte)) {
            return Err(CommandError::failure(format!("{:?} is not the id of a secret", self.id)));
        }
        Ok(config_folder()?.join(FOLDER).join(&self.id))
    }
}

/// Why a secret was not stored.
#[derive(Debug)]
pub(crate) enum WriteError {
    /// This machine has no keyring, or it cannot be used.
    NoKeyring(String),
    /// Another failure.
    Failed(CommandError),
}

/// Stores a secret.
pub(crate) fn write(location: &SecretLocation, secret: &SecretString) -> Result<(), WriteError> {
    match location.store {
        SecretStore::Keyring => keyring::write(&location.id, secret).map_err(WriteError::NoKeyring),
        SecretStore::File => write_file(location, secret).map_err(WriteError::Failed),
    }
}

fn write_file(location: &SecretLocation, secret: &SecretString) -> Result<(), CommandError> {
    let path = location.file()?;
    files::create_private_folder(&config_folder()?.join(FOLDER))?;
    files::write(&path, secret.expose_secret().as_bytes())
}

/// Reads the secret of the connection with a name.
pub(crate) fn read(name: &str, location: &SecretLocation) -> Result<SecretString, CommandError> {
    let login = format!("Run `cwpsa login {name}` with the settings of the connection to store it again.");
    match location.store {
        SecretStore::Keyring => keyring::read(&location.id).map_err(|why| {
            CommandError::authentication(format!("the secret of the connection {name} cannot be read: {why}"))
                .with_next_step(login)
        }),
        SecretStore::File => {
            let path = location.file()?;
            files::read_private(&path)?.map(SecretString::from).ok_or_else(|| {
                let why = format!("{} does not exist", path.display());
                CommandError::authentication(format!("the secret of the connection {name} is missing: {why}"))
                    .with_next_step(login)
            })
        }
    }
}

/// Removes a secret. Success if it does not exist.
pub(crate) fn remove(location: &SecretLocation) -> Result<(), CommandError> {
    match location.store {
        SecretStore::Keyring => keyring::remove(&location.id)
            .map_err(|why| CommandError::failure(format!("the secret cannot be removed from the keyring: {why}"))),
        SecretStore::File => files::remove(&location.file()?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locations_are_unique_and_never_another_path() {
        let (first, second) =
            (SecretLocation::new("acme", SecretStore::File), SecretLocation::new("acme", SecretStore::File));
        assert_ne!(first.id, second.id);
        assert!(first.id.starts_with("acme-"));
        for id in ["", "a/b", "..\\x"] {
            let location = SecretLocation { store: SecretStore::File, id: id.to_owned() };
            location.file().unwrap_err();
        }
    }
}

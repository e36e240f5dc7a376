//! Changes of the stored connections. Settings and secrets change together: the settings file is replaced last, so an
//! interrupted change leaves the connection as it was. A lock lets one process change them at a time.

use secrecy::SecretString;

use crate::connection::files::{Lock, create_private_folder};
use crate::connection::folders::config_folder;
use crate::connection::secret_store::{self, SecretLocation, SecretStore, WriteError};
use crate::connection::settings::{Connection, Settings};
use crate::error::CommandError;

/// The name of the lock file in the folder for settings.
const LOCK: &str = "lock";

/// What a change did.
#[derive(Debug)]
pub(crate) struct Saved {
    /// Where the secret is.
    pub(crate) store: SecretStore,
    /// Why the secret is not in the keyring, if the caller left the choice open.
    pub(crate) no_keyring: Option<String>,
    /// Whether a connection with the name existed.
    pub(crate) is_replaced: bool,
    /// Whether it is the default connection.
    pub(crate) is_default: bool,
}

/// Stores a connection and its secret. Without a store, the secret goes to the keyring, or to a file if there is no
/// keyring. The first connection becomes the default one.
pub(crate) fn save(
    name: &str,
    store: Option<SecretStore>,
    secret: &SecretString,
    connection: impl FnOnce(SecretLocation) -> Connection,
) -> Result<Saved, CommandError> {
    let _lock = lock()?;
    let mut settings = Settings::read()?;
    let (location, no_keyring) = save_secret(name, store, secret)?;
    let store = location.store;
    let previous = settings.connections.insert(name.to_owned(), connection(location.clone()));
    let has_default = settings.default.as_ref().is_some_and(|default| settings.connections.contains_key(default));
    if !has_default {
        settings.default = Some(name.to_owned());
    }
    if let Err(error) = settings.write() {
        // The secret of a connection that does not exist.
        let _ = secret_store::remove(&location);
        return Err(error);
    }
    if let Some(previous) = &previous {
        // An old secret that cannot be removed does no harm to the new connection.
        let _ = secret_store::remove(&previous.secret);
    }
    let is_default = settings.default.as_deref() == Some(name);
    Ok(Saved { store, no_keyring, is_replaced: previous.is_some(), is_default })
}

fn save_secret(
    name: &str,
    store: Option<SecretStore>,
    secret: &SecretString,
) -> Result<(SecretLocation, Option<String>), CommandError> {
    let location = SecretLocation::new(name, store.unwrap_or(SecretStore::Keyring));
    match secret_store::write(&location, secret) {
        Ok(()) => Ok((location, None)),
        Err(WriteError::NoKeyring(why)) if store.is_none() => {
            let (location, _) = save_secret(name, Some(SecretStore::File), secret)?;
            Ok((location, Some(why)))
        }
        Err(WriteError::NoKeyring(why)) => Err(CommandError::failure(format!("the secret was not stored: {why}"))
            .with_next_step("Use --store file to store it in a file that only you can read.")),
        Err(WriteError::Failed(error)) => Err(error),
    }
}

/// Makes a connection the default one.
pub(crate) fn set_default(name: &str) -> Result<(), CommandError> {
    let _lock = lock()?;
    let mut settings = Settings::read()?;
    if !settings.connections.contains_key(name) {
        return Err(settings.unknown(name));
    }
    settings.default = Some(name.to_owned());
    settings.write()
}

/// Removes a connection and its secret. Returns whether it was the default one.
pub(crate) fn remove(name: &str) -> Result<bool, CommandError> {
    let _lock = lock()?;
    let mut settings = Settings::read()?;
    let Some(connection) = settings.connections.remove(name) else { return Err(settings.unknown(name)) };
    let was_default = settings.default.as_deref() == Some(name);
    if was_default {
        settings.default = None;
    }
    settings.write()?;
    secret_store::remove(&connection.secret)?;
    Ok(was_default)
}

fn lock() -> Result<Lock, CommandError> {
    let folder = config_folder()?;
    create_private_folder(&folder)?;
    Lock::wait(&folder.join(LOCK))
}

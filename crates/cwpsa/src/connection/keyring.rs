//! The keyring of the operating system: Keychain on macOS, Credential Manager on Windows, the Secret Service elsewhere.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use keyring::{Entry, Error};
use secrecy::{ExposeSecret as _, SecretString};

/// The name of this program in the keyring.
const SERVICE: &str = "cwpsa";

/// How long an access may take. A person may have to unlock the keyring.
const LIMIT: Duration = Duration::from_secs(60);

/// Stores a secret under a name.
pub(crate) fn write(name: &str, secret: &SecretString) -> Result<(), String> {
    let secret = secret.clone();
    access(name, move |entry| entry.set_password(secret.expose_secret()))
}

/// Reads the secret with a name.
pub(crate) fn read(name: &str) -> Result<SecretString, String> {
    access(name, |entry| entry.get_password().map(SecretString::from))
}

/// Removes the secret with a name. Success if it does not exist.
pub(crate) fn remove(name: &str) -> Result<(), String> {
    access(name, |entry| match entry.delete_credential() {
        Err(Error::NoEntry) => Ok(()),
        result => result,
    })
}

/// Uses an entry in a thread of its own: an access can wait for a prompt that nobody sees.
fn access<T: Send + 'static>(
    name: &str,
    work: impl FnOnce(Entry) -> Result<T, Error> + Send + 'static,
) -> Result<T, String> {
    let name = name.to_owned();
    let (sender, receiver) = mpsc::channel();
    let run = move || {
        let result = match Entry::store_status() {
            Ok(()) => Entry::new(SERVICE, &name).and_then(work).map_err(|error| reason(&error)),
            Err(error) => Err(reason(error)),
        };
        // Fails only after the limit.
        let _ = sender.send(result);
    };
    thread::Builder::new().spawn(run).map_err(|error| format!("cannot start a thread: {error}"))?;
    match receiver.recv_timeout(LIMIT) {
        Ok(result) => result,
        Err(_) => Err(format!("the keyring did not respond within {} s", LIMIT.as_secs())),
    }
}

/// Describes an error. Some errors carry the secret, so only those without one are printed whole.
fn reason(error: &Error) -> String {
    match error {
        Error::NoEntry => "the keyring does not have it".to_owned(),
        Error::PlatformFailure(error) | Error::NoStorageAccess(error) => format!("the keyring cannot be used: {error}"),
        Error::NoDefaultStore | Error::NotSupportedByStore(_) => "this machine has no keyring".to_owned(),
        Error::BadEncoding(_) | Error::BadDataFormat(..) => "the keyring has something else under its name".to_owned(),
        Error::Ambiguous(_) => "the keyring has it more than once".to_owned(),
        _ => "the keyring rejects it".to_owned(),
    }
}

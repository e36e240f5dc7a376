//! Where a client gets its credentials from: values that do not change, or a source such as a vault.

use std::collections::VecDeque;
use std::error::Error as StdError;
use std::sync::{Arc, Mutex};

use connectwise_psa_core::error::Error;
use connectwise_psa_core::secrets::KnownSecrets;
use connectwise_psa_core::transport::BoxFuture;

use crate::auth::authentication::Authentication;
use crate::auth::credentials::{CredentialKind, Credentials};
use crate::sync::lock;

/// How many of the latest credentials of a source stay known, so that they are removed from late responses that echo
/// them.
const KNOWN: usize = 4;

/// Supplies the credentials of a client when requests need them; see
/// [`PsaBuilder::credential_source`](crate::PsaBuilder::credential_source).
///
/// With it, keys can live in a vault, be rotated while the program runs, or be tokens of a gateway. New methods will
/// have default implementations.
///
/// ```
/// use std::sync::Mutex;
/// use connectwise_psa::credentials::{CredentialSource, Credentials};
/// use connectwise_psa::transport::BoxFuture;
///
/// struct Vault {
///     current: Mutex<Option<Credentials>>,
/// }
///
/// impl CredentialSource for Vault {
///     fn credentials(&self) -> BoxFuture<'_, Result<Credentials, Box<dyn std::error::Error + Send + Sync>>> {
///         Box::pin(async move {
///             if let Some(current) = self.current.lock().unwrap().clone() {
///                 return Ok(current);
///             }
///             // Here a program reads the keys from its vault.
///             let fresh = Credentials::keys("publicKey", "privateKey");
///             *self.current.lock().unwrap() = Some(fresh.clone());
///             Ok(fresh)
///         })
///     }
///
///     fn rejected<'a>(&'a self, rejected: &'a Credentials) -> BoxFuture<'a, bool> {
///         Box::pin(async move {
///             let mut current = self.current.lock().unwrap();
///             if current.as_ref() == Some(rejected) {
///                 *current = None;
///             }
///             true
///         })
///     }
/// }
///
/// let psa = connectwise_psa::Psa::builder()
///     .host("na.myconnectwise.net")
///     .company("acme")
///     .credential_source(Vault { current: Mutex::default() })
///     .build()?;
/// # Ok::<(), connectwise_psa::Error>(())
/// ```
pub trait CredentialSource: Send + Sync {
    /// Returns the credentials to use. The client calls this before each attempt of each request, so a source keeps
    /// its credentials in memory until they expire or are rejected. The time it takes counts towards the timeout of the
    /// call.
    ///
    /// # Errors
    ///
    /// An error becomes the [`source`](std::error::Error::source) of the call's error. It is not retried, and nothing is
    /// sent.
    fn credentials(&self) -> BoxFuture<'_, Result<Credentials, Box<dyn StdError + Send + Sync>>>;

    /// Tells the source that the server rejected credentials with a 401. Returns whether other credentials may be
    /// available: if so, the client sends the request once more, with what [`credentials`](Self::credentials) then
    /// returns. By default, it does not.
    ///
    /// Several requests can report the same credentials. A source compares them with its current ones, so that it
    /// discards only those that were rejected.
    fn rejected<'a>(&'a self, rejected: &'a Credentials) -> BoxFuture<'a, bool> {
        let _ = rejected;
        Box::pin(async { false })
    }
}

/// The credentials of a client: values that do not change, or a source.
pub(crate) enum OwnCredentials {
    Fixed(Box<Authentication>),
    Source {
        source: Arc<dyn CredentialSource>,
        /// The latest credentials that the source supplied, the newest first.
        recent: Mutex<VecDeque<Supplied>>,
    },
}

/// Credentials that a source supplied.
#[derive(Clone)]
pub(crate) struct Supplied {
    pub(crate) credentials: Credentials,
    pub(crate) authentication: Authentication,
    secrets: Arc<KnownSecrets>,
}

impl OwnCredentials {
    pub(crate) fn from_source(source: Arc<dyn CredentialSource>) -> Self {
        Self::Source { source, recent: Mutex::default() }
    }

    /// Returns the kind of the credentials; those of a source count as keys until the source has supplied some.
    pub(crate) fn kind(&self) -> CredentialKind {
        match self {
            Self::Fixed(authentication) => authentication.kind,
            Self::Source { recent, .. } => {
                lock(recent).front().map_or(CredentialKind::Keys, |supplied| supplied.credentials.kind)
            }
        }
    }

    /// Returns the secrets of the credentials that a source supplied. Those of fixed credentials are known to the client.
    pub(crate) fn supplied_secrets(&self) -> Vec<Arc<KnownSecrets>> {
        match self {
            Self::Fixed(_) => Vec::new(),
            Self::Source { recent, .. } => lock(recent).iter().map(|supplied| Arc::clone(&supplied.secrets)).collect(),
        }
    }
}

/// Gets the credentials of a source. `company` is the client's company id.
pub(crate) async fn supply(
    source: &dyn CredentialSource,
    recent: &Mutex<VecDeque<Supplied>>,
    company: &str,
) -> Result<Supplied, Error> {
    let supplied = source.credentials().await;
    let credentials = supplied
        .map_err(|error| Error::invalid_input_from("credentials", "could not be supplied by their source", error))?;
    let (known_company, credentials) = credentials.split_company(company)?;
    {
        let mut recent = lock(recent);
        let position = recent.iter().position(|known| known.credentials == credentials);
        if let Some(known) = position.and_then(|position| recent.remove(position)) {
            recent.push_front(known.clone());
            return Ok(known);
        }
    }
    let authentication = Authentication::new(&known_company, credentials.clone())?;
    let secrets = Arc::new(authentication.secrets());
    let supplied = Supplied { credentials, authentication, secrets };
    let mut recent = lock(recent);
    // Another request may have pushed the same credentials meanwhile.
    recent.retain(|known| known.credentials != supplied.credentials);
    recent.push_front(supplied.clone());
    recent.truncate(KNOWN);
    Ok(supplied)
}

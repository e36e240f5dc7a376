//! The simulator as a Rust value.

pub(crate) mod builder;
mod start;
pub(crate) mod store;
#[cfg(test)]
mod tests;
mod trigger;

use std::net::SocketAddr;
use std::sync::Arc;

use connectwise_psa::{Error, Psa};
use tokio::sync::watch;

use builder::SimBuilder;
use store::Store;

use crate::faults::Fault;
use crate::fixtures::SignedMessage;
use crate::request_log::RecordedRequest;
use crate::server::shared::Shared;
use crate::state_file::damage::StateDamage;
use crate::sync::lock;

/// A running server. It stops when it is dropped.
///
/// ```
/// use connectwise_psa_sim::{Seed, Sim};
/// use serde_json::json;
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let sim = Sim::builder().seed(Seed::Empty).start().await?;
/// sim.store().insert("/company/companies", json!({"identifier": "acme", "name": "Acme"}));
///
/// let psa = sim.psa();
/// let companies: Vec<_> = psa.company().list_companies().filter(|company| company.name().eq("Acme")).all().await?;
/// assert_eq!(companies.len(), 1);
/// # Ok::<(), connectwise_psa::Error>(())
/// # }).unwrap();
/// ```
pub struct Sim {
    shared: Arc<Shared>,
    /// The address where clients on this machine reach it.
    address: SocketAddr,
    /// The certificate authority that clients must trust; `None` without TLS.
    #[cfg(feature = "tls")]
    certificate: Option<reqwest::Certificate>,
    stop: watch::Sender<bool>,
}

impl Sim {
    /// Returns a builder with the defaults: company `demo`, keys `public` and `private`, demo data, no rate limit.
    pub fn builder() -> SimBuilder {
        SimBuilder::new()
    }

    /// Returns the URL where clients on this machine reach the server: `http://127.0.0.1:PORT` by default,
    /// `https://…` with TLS.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}://{}", self.shared.scheme(), self.address)
    }

    /// Returns the certificate authority that clients must trust, as PEM; `None` without TLS. Each server generates its
    /// own authority, and discards the authority's key after signing.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn ca_certificate(&self) -> Option<&str> {
        self.shared.tls.as_ref().map(|certificates| certificates.ca())
    }

    /// Returns a client for this server. It authenticates as the API member, trusts the server's certificate, and does
    /// not limit its own request rate.
    ///
    /// # Panics
    ///
    /// Never. The settings were checked when the server started.
    #[must_use]
    pub fn psa(&self) -> Psa {
        let settings = &self.shared.settings;
        let builder = Psa::builder()
            .host(self.url())
            .company(&settings.company)
            .keys(settings.public_key.clone(), settings.private_key.clone());
        #[cfg(feature = "tls")]
        let builder = match self.certificate.clone() {
            // Clients trust only this authority.
            Some(certificate) => {
                builder.http_client(move |client| client.tls_backend_rustls().tls_certs_only([certificate.clone()]))
            }
            None => builder,
        };
        // The server may listen on an address other than loopback.
        let builder = builder.allow_plain_http();
        #[allow(clippy::expect_used, reason = "the server's settings were checked when it was started")]
        builder
            .client_id("00000000-0000-0000-0000-000000000000")
            .unlimited_requests_per_minute()
            .build()
            .expect("the settings of a running server are valid")
    }

    /// Returns a handle to the records, for reading and changing them.
    #[must_use]
    pub fn store(&self) -> Store {
        Store(Arc::clone(&self.shared))
    }

    /// Injects a fault into some of the next requests.
    pub fn inject(&self, fault: Fault) {
        lock(&self.shared.faults).push(fault);
    }

    /// Returns the received requests in the order of their responses. Only the last 100,000 are kept, and fewer if they
    /// take more than 16 MiB.
    #[must_use]
    pub fn requests(&self) -> Vec<RecordedRequest> {
        lock(&self.shared.log).to_vec()
    }

    /// Sends callback messages about a record without changing it: one for each registered callback that matches. Returns
    /// the number of messages. `callback_event` is the type of the callback, such as `ticket`, or the type and the action:
    /// `ticket.added`, `ticket.updated`, `ticket.deleted`. The letter case does not matter. Without an action, the message
    /// says that the record was updated.
    ///
    /// # Errors
    ///
    /// Invalid input if the type, the action or the record does not exist.
    pub fn trigger(&self, callback_event: &str, id: i64) -> Result<usize, Error> {
        let (_, event) = trigger::event(&self.shared, callback_event, id)?;
        Ok(self.shared.send_callbacks(&[event]))
    }

    /// Returns a signed callback message about a record, without sending it. `company` is the company that sends and signs
    /// it: with another name than the server's, it is a correctly signed message of another tenant of the same host. A
    /// receiver must reject such a message. `callback_event` is that of [`trigger`](Self::trigger).
    ///
    /// # Errors
    ///
    /// Invalid input if the type, the action or the record does not exist.
    pub fn signed_message(&self, company: &str, callback_event: &str, id: i64) -> Result<SignedMessage, Error> {
        trigger::signed_message(&self.shared, company, callback_event, id)
    }

    /// Returns the ids of the records that callbacks of a type are about, in the order of their lists. The letter case of
    /// the type does not matter.
    ///
    /// # Errors
    ///
    /// Invalid input if the type does not exist.
    pub fn callback_record_ids(&self, callback_type: &str) -> Result<Vec<i64>, Error> {
        trigger::record_ids(&self.shared, callback_type)
    }

    /// Returns what was lost because lines of the state file were damaged when the server started; `None` if the file was
    /// intact, new or not used.
    #[must_use]
    pub fn state_damage(&self) -> Option<&StateDamage> {
        self.shared.damage.as_ref()
    }

    /// Waits until a write to the state file fails; without a state file, forever. For programs that only run the
    /// server.
    ///
    /// # Errors
    ///
    /// The reason why the state file cannot be written. After this, every request to the API gets status 500 with this
    /// reason.
    pub async fn run(&self) -> Result<(), std::io::Error> {
        match &self.shared.journal {
            Some(journal) => Err(std::io::Error::other(journal.failed().await)),
            None => {
                self.stop.closed().await;
                Ok(())
            }
        }
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        // Fails only if the runtime has already stopped.
        let _ = self.stop.send(true);
        if let Some(journal) = &self.shared.journal {
            journal.close();
        }
    }
}

impl std::fmt::Debug for Sim {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sim").field("url", &self.url()).finish_non_exhaustive()
    }
}

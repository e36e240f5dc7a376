//! A simulated server as a value: started on a free port, stopped when it is dropped.

pub(crate) mod builder;
mod start;
pub(crate) mod store;

use std::net::SocketAddr;
use std::sync::Arc;

use connectwise_psa::Psa;
use tokio::sync::watch;

use builder::SimBuilder;
use store::Store;

use crate::faults::Fault;
use crate::request_log::RecordedRequest;
use crate::server::shared::Shared;
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
/// let companies: Vec<_> = sim.psa().company().list_companies().filter(|company| company.name().eq("Acme")).all().await?;
/// assert_eq!(companies.len(), 1);
/// # Ok::<(), connectwise_psa::Error>(())
/// # }).unwrap();
/// ```
pub struct Sim {
    shared: Arc<Shared>,
    /// Under which clients of this machine reach it.
    address: SocketAddr,
    /// What trusts its certificate; none without TLS.
    #[cfg(feature = "tls")]
    client: Option<reqwest::Client>,
    stop: watch::Sender<bool>,
}

impl Sim {
    /// Settings: company `demo`, keys `public` and `private`, demo data, no limits.
    pub fn builder() -> SimBuilder {
        SimBuilder::new()
    }

    /// `http://127.0.0.1:PORT`, and `https://…` with TLS.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}://{}", self.shared.scheme(), self.address)
    }

    /// The certificate of the authority that signed the server's, as PEM, for clients to trust; none without TLS. Each
    /// server has an authority of its own, whose key is forgotten when it has signed.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn ca_certificate(&self) -> Option<&str> {
        self.shared.tls.as_ref().map(|certificates| certificates.ca())
    }

    /// A client of it, as its API member; it trusts the server's certificate. It does not limit its requests in a
    /// minute.
    ///
    /// # Panics
    ///
    /// Never: the settings are the server's own.
    #[must_use]
    pub fn psa(&self) -> Psa {
        let settings = &self.shared.settings;
        let builder = Psa::builder()
            .host(self.url())
            .company(&settings.company)
            .keys(settings.public_key.clone(), settings.private_key.clone());
        #[cfg(feature = "tls")]
        let builder = match &self.client {
            Some(client) => builder.http_client(client.clone()),
            None => builder,
        };
        // The server may listen elsewhere than on the loopback interface.
        let builder = builder.allow_plain_http();
        #[allow(clippy::expect_used, reason = "the server's settings were checked when it was started")]
        builder
            .client_id("00000000-0000-0000-0000-000000000000")
            .unlimited_requests_per_minute()
            .build()
            .expect("the server's own settings")
    }

    /// Its records, to look in and to add some.
    #[must_use]
    pub fn store(&self) -> Store {
        Store(Arc::clone(&self.shared))
    }

    /// Lets something go wrong with some of the coming requests.
    pub fn inject(&self, fault: Fault) {
        lock(&self.shared.faults).push(fault);
    }

    /// The requests it has received, in the order of their responses: the last 100 000.
    #[must_use]
    pub fn requests(&self) -> Vec<RecordedRequest> {
        lock(&self.shared.log).to_vec()
    }

    /// Waits as long as the server can do its work, which is for ever but for a state file that can no longer be
    /// written; for programs that are nothing but a server.
    ///
    /// # Errors
    ///
    /// Why the state file can no longer be written. Every request is answered with that and status 500 from then on.
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
        // Nobody listens when the runtime has gone before.
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

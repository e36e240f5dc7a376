//! Starts a server: address, certificate, records and state file.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use connectwise_psa::{Error, Psa};
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::Sim;
use super::builder::SimBuilder;
use crate::records::completion::complete;
use crate::rights;
use crate::seed::Seed;
use crate::server::connections::serve;
use crate::server::delivery::Deliveries;
use crate::server::shared::Shared;
use crate::server_state::ServerState;
use crate::state_file::damage::StateDamage;
use crate::state_file::file::StateFile;
use crate::state_file::journal::Journal;
use crate::sync::lock;

impl SimBuilder {
    /// Starts the server.
    ///
    /// # Errors
    ///
    /// An invalid-input error if
    ///
    /// - the server cannot listen on the address and port,
    /// - the client's builder rejects the company or the keys,
    /// - a denied right does not exist,
    /// - the seed is invalid,
    /// - the state file cannot be read, written or locked, is in use by another server, or belongs to another program or
    ///   format version,
    /// - a host of the certificate is neither a host name nor an IP address.
    pub async fn start(self) -> Result<Sim, Error> {
        let requested = SocketAddr::new(self.listen, self.port);
        let bind_error = |error: std::io::Error| {
            Error::invalid_input_from("port", format!("{requested} cannot be bound: {error}"), error)
        };
        let listener = TcpListener::bind(requested).await.map_err(bind_error)?;
        let bound = listener.local_addr().map_err(bind_error)?;
        let address = SocketAddr::new(client_ip(bound.ip()), bound.port());
        #[cfg(feature = "tls")]
        let (tls, certificate) = if self.tls {
            let certificates = crate::tls::Certificates::generate(&self.hosts, bound.ip())?;
            let certificate = certificates.certificate()?;
            (Some(certificates), Some(certificate))
        } else {
            (None, None)
        };
        // Building a client checks the company and the keys.
        let settings = &self.settings;
        let keys = (settings.public_key.clone(), settings.private_key.clone());
        Psa::builder().host("http://127.0.0.1").company(&settings.company).keys(keys.0, keys.1).build()?;
        for right in &self.settings.denied_rights {
            rights::check(right).map_err(|why| Error::invalid_input("deny_right", format!("{right:?}: {why}")))?;
        }
        let settings = self.settings;
        let Opened { state, journal, damage } = open_state(self.seed, self.state)?;
        let view = lock(&state).view();
        let (stop, stopped) = watch::channel(false);
        let shared = Arc::new_cyclic(|this| Shared {
            settings,
            state,
            view: Mutex::new(view),
            rate_limit: Mutex::default(),
            journal,
            damage,
            faults: Mutex::default(),
            log: Mutex::default(),
            deliveries: Deliveries::default(),
            observer: self.observer,
            authority: address.to_string(),
            this: this.clone(),
            runtime: tokio::runtime::Handle::current(),
            #[cfg(feature = "tls")]
            tls,
        });
        tokio::spawn(serve(listener, Arc::clone(&shared), stopped));
        Ok(Sim {
            shared,
            address,
            #[cfg(feature = "tls")]
            certificate,
            stop,
        })
    }
}

/// Returns the IP address where a client on this machine reaches a server that listens on `listening`.
fn client_ip(listening: IpAddr) -> IpAddr {
    match listening {
        IpAddr::V4(address) if address.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(address) if address.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        address => address,
    }
}

/// The records that a server starts with, and their state file.
struct Opened {
    state: Arc<Mutex<ServerState>>,
    journal: Option<Journal>,
    damage: Option<StateDamage>,
}

/// Loads the records from the state file or the seed, and starts the journal.
fn open_state(seed: Seed, file: Option<PathBuf>) -> Result<Opened, Error> {
    let mut state = ServerState::default();
    state.records.complete_with(complete);
    let Some(path) = file else {
        seed.add_to(&mut state.records)?;
        return Ok(Opened { state: Arc::new(Mutex::new(state)), journal: None, damage: None });
    };
    let (mut file, loaded) = StateFile::open(&path)?;
    let mut damage = None;
    match loaded {
        Some(loaded) => {
            (state.records, damage) = (loaded.records, loaded.damage);
            state.records.complete_with(complete);
        }
        None => {
            seed.add_to(&mut state.records)?;
            file.replace(&state.records)?;
        }
    }
    state.records.collect_edits();
    let state = Arc::new(Mutex::new(state));
    let journal = Journal::start(file, Arc::clone(&state))?;
    Ok(Opened { state, journal: Some(journal), damage })
}

//! The data that all connections of a server share, and access to the locked state.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::time::Instant;

use chrono::Utc;
use tokio::runtime::Handle;

use super::delivery::deliver;
use crate::callbacks::delivery::{Origin, deliveries};
use crate::faults::Fault;
use crate::middleware::authentication::Caller;
use crate::request_log::{Observer, RequestLog};
use crate::server_state::{RequestContext, ServerState};
use crate::settings::Settings;
use crate::state_file::Journal;
use crate::sync::lock;

/// The data that all connections of a server share.
pub(crate) struct Shared {
    pub(crate) settings: Settings,
    pub(crate) state: Arc<Mutex<ServerState>>,
    /// `None` without a state file.
    pub(crate) journal: Option<Journal>,
    pub(crate) faults: Mutex<Vec<Fault>>,
    pub(crate) log: Mutex<RequestLog>,
    /// Called for every request.
    pub(crate) observer: Option<Observer>,
    /// The host and port where clients reach the server.
    pub(crate) authority: String,
    /// A reference to itself, for tasks that continue after a response.
    pub(crate) this: Weak<Self>,
    /// The runtime of these tasks. Stored, because `Store::update` may start them on a thread outside of the runtime.
    pub(crate) runtime: Handle,
    /// `None` when the server speaks plain HTTP.
    #[cfg(feature = "tls")]
    pub(crate) tls: Option<crate::tls::Certificates>,
}

impl Shared {
    /// Returns the scheme of its URLs.
    pub(crate) fn scheme(&self) -> &'static str {
        #[cfg(feature = "tls")]
        if self.tls.is_some() {
            return "https";
        }
        "http"
    }

    /// Calls `work` with the state and a caller, then starts to send the callbacks for its changes.
    pub(crate) fn run_as<T>(
        &self,
        state: &mut ServerState,
        caller: &Caller,
        work: impl FnOnce(&mut RequestContext<'_>) -> T,
    ) -> T {
        let settings = &self.settings;
        let result =
            work(&mut RequestContext { state: &mut *state, settings, caller, now: Utc::now(), clock: Instant::now() });
        let origin = Origin { settings, url: &format!("{}://{}", self.scheme(), self.authority) };
        for event in std::mem::take(&mut state.events) {
            for message in deliveries(&state.records, &origin, &event) {
                self.runtime.spawn(deliver(self.this.clone(), message));
            }
        }
        result
    }

    /// Locks the state.
    pub(crate) fn state(&self) -> StateGuard<'_> {
        StateGuard { state: lock(&self.state), journal: self.journal.as_ref() }
    }
}

/// The locked server state. When it is unlocked, its changes are queued for the state file as one group.
pub(crate) struct StateGuard<'a> {
    state: MutexGuard<'a, ServerState>,
    journal: Option<&'a Journal>,
}

impl Deref for StateGuard<'_> {
    type Target = ServerState;

    fn deref(&self) -> &ServerState {
        &self.state
    }
}

impl DerefMut for StateGuard<'_> {
    fn deref_mut(&mut self) -> &mut ServerState {
        &mut self.state
    }
}

impl Drop for StateGuard<'_> {
    fn drop(&mut self) {
        if let Some(journal) = self.journal {
            journal.add(&self.state.records.take_edits());
        }
    }
}

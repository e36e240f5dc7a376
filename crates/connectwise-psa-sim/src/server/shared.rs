//! The data that all connections of a server share, and access to the state: locked for changes, as a copy for reads.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::time::Instant;

use chrono::Utc;
use tokio::runtime::Handle;

use super::delivery::Deliveries;
use crate::api_error::ApiError;
use crate::callbacks::delivery::{Origin, deliveries};
use crate::faults::Fault;
use crate::json_limits::MAX_RECORD_DEPTH;
use crate::middleware::authentication::Caller;
use crate::middleware::rate_limit::RateLimit;
use crate::request_log::{Observer, RequestLog};
use crate::server_state::{Event, RequestContext, ServerState, View};
use crate::settings::Settings;
use crate::state_file::damage::StateDamage;
use crate::state_file::journal::Journal;
use crate::sync::lock;

/// The data that all connections of a server share.
pub(crate) struct Shared {
    pub(crate) settings: Settings,
    pub(crate) state: Arc<Mutex<ServerState>>,
    /// The state after the last change. Reads use it and never wait for a change in progress.
    pub(crate) view: Mutex<View>,
    pub(crate) rate_limit: Mutex<RateLimit>,
    /// `None` without a state file.
    pub(crate) journal: Option<Journal>,
    /// What was lost with damaged lines of the state file.
    pub(crate) damage: Option<StateDamage>,
    pub(crate) faults: Mutex<Vec<Fault>>,
    pub(crate) log: Mutex<RequestLog>,
    /// The callback messages that are waiting to be sent.
    pub(crate) deliveries: Deliveries,
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

    /// Calls `work` with the locked state and a caller, then starts to send the callbacks for its changes.
    pub(crate) fn update<T>(&self, caller: &Caller, work: impl FnOnce(&mut RequestContext<'_>) -> T) -> T {
        let mut state = self.state();
        let result = self.with_context(&mut state, caller, work);
        let events = std::mem::take(&mut state.events);
        drop(state);
        self.send_callbacks(&events);
        result
    }

    /// Carries out a request that may change the state. If it fails, or if it would store a record that is nested too
    /// deeply, the state stays as it was.
    pub(crate) fn change<T>(
        &self,
        caller: &Caller,
        work: impl FnOnce(&mut RequestContext<'_>) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        self.update(caller, |ctx| {
            let before = ctx.state.records.clone();
            let mut result = work(ctx);
            if ctx.state.records.take_cut() {
                let message = format!("The record would be nested more than {MAX_RECORD_DEPTH} levels deep.");
                result = Err(ApiError::bad("InvalidObject", message));
            }
            if result.is_err() {
                ctx.state.records = before;
                ctx.state.events.clear();
            }
            result
        })
    }

    /// Carries out a request that only reads. It works on a copy of the state, without a lock.
    pub(crate) fn read<T>(&self, caller: &Caller, work: impl FnOnce(&mut RequestContext<'_>) -> T) -> T {
        let mut copy = ServerState::from(self.view());
        copy.records.collect_edits();
        let result = self.with_context(&mut copy, caller, work);
        debug_assert!(copy.records.take_edits().is_empty() && copy.events.is_empty(), "a read changed the records");
        result
    }

    fn with_context<T>(
        &self,
        state: &mut ServerState,
        caller: &Caller,
        work: impl FnOnce(&mut RequestContext<'_>) -> T,
    ) -> T {
        let settings = &self.settings;
        let (now, clock) = (Utc::now(), Instant::now());
        work(&mut RequestContext { state, settings, caller, now, clock })
    }

    /// Queues the callback messages for events, and returns their number. Does not lock the state.
    pub(crate) fn send_callbacks(&self, events: &[Event]) -> usize {
        if events.is_empty() {
            return 0;
        }
        let (url, records) = (self.url(), self.view().records);
        let origin = Origin { settings: &self.settings, url: &url };
        let messages: Vec<_> = events.iter().flat_map(|event| deliveries(&records, &origin, event)).collect();
        let count = messages.len();
        messages.into_iter().for_each(|message| self.deliveries.push(self, message));
        count
    }

    /// Returns the scheme, host and port where clients reach the server.
    pub(crate) fn url(&self) -> String {
        format!("{}://{}", self.scheme(), self.authority)
    }

    /// Returns the state after the last change.
    pub(crate) fn view(&self) -> View {
        lock(&self.view).clone()
    }

    /// Locks the state, to change it.
    pub(crate) fn state(&self) -> StateGuard<'_> {
        StateGuard { state: lock(&self.state), shared: self }
    }
}

/// The locked server state. When it is unlocked, its changes are queued for the state file as one group, and reads see
/// them.
pub(crate) struct StateGuard<'a> {
    state: MutexGuard<'a, ServerState>,
    shared: &'a Shared,
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
        // Queued before reads see the changes: a response that shows them waits until they are written.
        let edits = self.state.records.take_edits();
        if let Some(journal) = &self.shared.journal {
            journal.add(edits);
        }
        *lock(&self.shared.view) = self.state.view();
    }
}

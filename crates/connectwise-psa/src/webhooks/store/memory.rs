//! A store in memory, for tests and for programs that can lose messages when they end.

use std::sync::Mutex;

use connectwise_psa_core::bytes::Bytes;
use connectwise_psa_core::transport::BoxFuture;

use crate::sync::lock;
use crate::webhooks::store::limits::StoreLimits;
use crate::webhooks::store::message_store::{Acceptance, MessageStore, StoreError};
use crate::webhooks::store::messages::{FailedMessage, NewMessage, UnhandledMessage};
use crate::webhooks::store::state::{Batch, Change, State, now};

/// Keeps messages in memory. **Accepted messages that are not handled are lost when the program ends.** PSA does not
/// send them again, because they were accepted; use a [`FileStore`](crate::webhooks::FileStore), or a catch-up at each start.
#[derive(Debug)]
pub struct MemoryStore {
    state: Mutex<State>,
}

impl MemoryStore {
    /// Returns an empty store with the default limits.
    #[must_use]
    pub fn new() -> Self {
        Self::with_limits(StoreLimits::default())
    }

    /// Returns an empty store.
    #[must_use]
    pub fn with_limits(limits: StoreLimits) -> Self {
        Self { state: Mutex::new(State::new(limits)) }
    }

    /// Returns a future that makes a change when it is polled.
    fn with<T: Send + 'static>(
        &self,
        change: impl FnOnce(&mut State) -> T + Send + 'static,
    ) -> BoxFuture<'_, Result<T, StoreError>> {
        Box::pin(async move { Ok(change(&mut lock(&self.state))) })
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl MessageStore for MemoryStore {
    fn accept(&self, message: NewMessage) -> BoxFuture<'_, Result<Acceptance, StoreError>> {
        self.with(|state| {
            state.expire(now());
            let acceptance = state.acceptance(&message, &mut Batch::default());
            if acceptance == Acceptance::Accepted {
                let NewMessage { key, record, body } = message;
                let sequence = state.next_sequence();
                state.apply(Change::Accepted { sequence, attempts: 0, key, record, body });
            }
            acceptance
        })
    }

    fn unhandled(&self, after: u64, limit: usize) -> BoxFuture<'_, Result<Vec<UnhandledMessage>, StoreError>> {
        self.with(move |state| state.unhandled(after, limit))
    }

    fn body(&self, sequence: u64) -> BoxFuture<'_, Result<Option<Bytes>, StoreError>> {
        self.with(move |state| state.body(sequence))
    }

    fn handled(&self, sequence: u64) -> BoxFuture<'_, Result<(), StoreError>> {
        self.with(move |state| state.apply(Change::Done { sequence, at: now() }))
    }

    fn attempt_failed(&self, sequence: u64, error: String, give_up: bool) -> BoxFuture<'_, Result<(), StoreError>> {
        self.with(move |state| {
            let change = state.failure(sequence, error, give_up);
            state.apply(change);
        })
    }

    fn failed(&self) -> BoxFuture<'_, Result<Vec<FailedMessage>, StoreError>> {
        self.with(|state| state.failed())
    }

    fn retry_failed(&self) -> BoxFuture<'_, Result<usize, StoreError>> {
        self.with(|state| {
            let changes = state.requeue();
            let count = changes.len();
            changes.into_iter().for_each(|change| state.apply(change));
            count
        })
    }

    fn discard_failed(&self, sequence: u64) -> BoxFuture<'_, Result<bool, StoreError>> {
        self.with(move |state| {
            let exists = state.has_failed(sequence);
            if exists {
                state.apply(Change::Done { sequence, at: now() });
            }
            exists
        })
    }
}

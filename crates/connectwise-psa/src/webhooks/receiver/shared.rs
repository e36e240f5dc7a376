//! What the clones of a receiver share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use crate::webhooks::receiver::settings::Settings;
use crate::webhooks::store::message_store::MessageStore;
use crate::webhooks::verifier::Verifier;

/// What the clones of a receiver share.
pub(super) struct Shared {
    pub(super) verifier: Verifier,
    pub(super) store: Arc<dyn MessageStore>,
    pub(super) settings: Settings,
    pub(super) receiving: Arc<Semaphore>,
    /// Wakes the dispatcher.
    pub(super) wake: Notify,
    pub(super) is_shutdown: AtomicBool,
    /// Locked while messages are handled.
    pub(super) running: tokio::sync::Mutex<()>,
}

impl Shared {
    pub(super) fn is_shutdown(&self) -> bool {
        self.is_shutdown.load(Ordering::Relaxed)
    }
}

/// The permission to receive a message, with the time until which it must be stored.
pub(crate) struct Admission {
    pub(crate) deadline: Instant,
    pub(super) _permit: OwnedSemaphorePermit,
}

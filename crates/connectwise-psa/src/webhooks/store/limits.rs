//! The limits of a store.

use std::time::Duration;

/// The limits of a store.
///
/// ```
/// use connectwise_psa::webhooks::{MemoryStore, StoreLimits};
///
/// let store = MemoryStore::with_limits(StoreLimits::default().max_messages(500));
/// # drop(store);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreLimits {
    pub(super) messages: usize,
    pub(super) bytes: usize,
    pub(super) window_count: usize,
    pub(super) window_age: Duration,
}

impl Default for StoreLimits {
    fn default() -> Self {
        Self {
            messages: 10_000,
            bytes: 64 << 20,
            window_count: 100_000,
            window_age: Duration::from_secs(7 * 24 * 60 * 60),
        }
    }
}

impl StoreLimits {
    /// Sets how many unhandled and failed messages the store keeps. The default is 10,000.
    #[must_use]
    pub fn max_messages(mut self, count: usize) -> Self {
        self.messages = count;
        self
    }

    /// Sets how many bytes the bodies of the unhandled and failed messages may have together. The default is 64 MiB.
    #[must_use]
    pub fn max_bytes(mut self, bytes: usize) -> Self {
        self.bytes = bytes;
        self
    }

    /// Sets how many keys of handled messages the store keeps, to tell duplicates. The default is 100,000.
    #[must_use]
    pub fn max_known(mut self, count: usize) -> Self {
        self.window_count = count;
        self
    }

    /// Sets how long the store keeps the key of a handled message. The default is seven days.
    #[must_use]
    pub fn known_for(mut self, age: Duration) -> Self {
        self.window_age = age;
        self
    }
}

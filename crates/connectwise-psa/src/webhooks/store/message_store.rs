//! The trait that every store of messages implements.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use connectwise_psa_core::bytes::Bytes;
use connectwise_psa_core::transport::BoxFuture;

use crate::webhooks::store::messages::{FailedMessage, NewMessage, UnhandledMessage};

/// What a store did with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Acceptance {
    /// The message is stored.
    Accepted,
    /// The message was stored before, within the store's window.
    Duplicate,
    /// The store has reached a limit. The message is not stored.
    Full,
}

/// Keeps accepted messages until they are handled.
///
/// The crate has two stores: [`MemoryStore`](crate::webhooks::MemoryStore) and [`FileStore`](crate::webhooks::FileStore). Implement the
/// trait to keep messages in a database. New methods will have default implementations.
///
/// Every future may be dropped before it completes. Then the change may have been made, or not, but never in part.
/// [`accept`](Self::accept) must be quick: a message is accepted only if all of it ends within five seconds.
pub trait MessageStore: Send + Sync {
    /// Stores a message, unless it is a duplicate or the store is full.
    ///
    /// When the future completes with [`Acceptance::Accepted`], the message survives whatever the store promises to
    /// survive, such as a restart. The same holds for the first message when it completes with
    /// [`Acceptance::Duplicate`].
    fn accept(&self, message: NewMessage) -> BoxFuture<'_, Result<Acceptance, StoreError>>;

    /// Returns unhandled messages in order of arrival: those with a sequence number above `after`, at most `limit`. The
    /// first number that a store gives is above 0.
    fn unhandled(&self, after: u64, limit: usize) -> BoxFuture<'_, Result<Vec<UnhandledMessage>, StoreError>>;

    /// Returns the body of an unhandled message; `None` if there is no such message.
    fn body(&self, sequence: u64) -> BoxFuture<'_, Result<Option<Bytes>, StoreError>>;

    /// Marks a message as handled. Its key stays known within the store's window.
    fn handled(&self, sequence: u64) -> BoxFuture<'_, Result<(), StoreError>>;

    /// Counts a failed attempt to handle a message. With `give_up`, the message is no longer among the unhandled ones,
    /// but among the failed ones.
    fn attempt_failed(&self, sequence: u64, error: String, give_up: bool) -> BoxFuture<'_, Result<(), StoreError>>;

    /// Returns the failed messages in order of arrival.
    fn failed(&self) -> BoxFuture<'_, Result<Vec<FailedMessage>, StoreError>>;

    /// Makes every failed message an unhandled one without attempts, with a new sequence number at the end. Returns how
    /// many there were.
    fn retry_failed(&self) -> BoxFuture<'_, Result<usize, StoreError>>;

    /// Removes a failed message. Its key stays known within the store's window. Returns whether there was such a
    /// message.
    fn discard_failed(&self, sequence: u64) -> BoxFuture<'_, Result<bool, StoreError>>;
}

impl<S: MessageStore + ?Sized> MessageStore for Arc<S> {
    fn accept(&self, message: NewMessage) -> BoxFuture<'_, Result<Acceptance, StoreError>> {
        (**self).accept(message)
    }

    fn unhandled(&self, after: u64, limit: usize) -> BoxFuture<'_, Result<Vec<UnhandledMessage>, StoreError>> {
        (**self).unhandled(after, limit)
    }

    fn body(&self, sequence: u64) -> BoxFuture<'_, Result<Option<Bytes>, StoreError>> {
        (**self).body(sequence)
    }

    fn handled(&self, sequence: u64) -> BoxFuture<'_, Result<(), StoreError>> {
        (**self).handled(sequence)
    }

    fn attempt_failed(&self, sequence: u64, error: String, give_up: bool) -> BoxFuture<'_, Result<(), StoreError>> {
        (**self).attempt_failed(sequence, error, give_up)
    }

    fn failed(&self) -> BoxFuture<'_, Result<Vec<FailedMessage>, StoreError>> {
        (**self).failed()
    }

    fn retry_failed(&self) -> BoxFuture<'_, Result<usize, StoreError>> {
        (**self).retry_failed()
    }

    fn discard_failed(&self, sequence: u64) -> BoxFuture<'_, Result<bool, StoreError>> {
        (**self).discard_failed(sequence)
    }
}

/// A store could not read or write.
#[derive(Clone)]
pub struct StoreError(Arc<dyn StdError + Send + Sync>);

impl StoreError {
    /// Returns an error with this cause.
    pub fn new(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self(Arc::from(cause.into()))
    }
}

impl fmt::Debug for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("StoreError").field(&self.0).finish()
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the store of messages failed: {}", self.0)
    }
}

impl StdError for StoreError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&*self.0)
    }
}

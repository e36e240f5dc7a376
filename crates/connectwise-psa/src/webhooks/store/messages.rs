//! What a store keeps: messages before they are stored, messages that wait for a handler, and messages that failed.

use std::fmt;
use std::sync::Arc;

use connectwise_psa_core::bytes::Bytes;
use sha2::{Digest as _, Sha256};

/// Tells whether two messages are the same one: derived from the `MessageId`, or from the whole body of a message
/// without one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DedupKey([u8; 32]);

impl DedupKey {
    /// Returns the key of a message.
    #[must_use]
    pub fn new(message_id: Option<&str>, body: &[u8]) -> Self {
        let (origin, text) = match message_id {
            Some(id) => (&b"id:"[..], id.as_bytes()),
            None => (&b"body:"[..], body),
        };
        Self(Sha256::new().chain_update(origin).chain_update(text).finalize().into())
    }

    /// Returns the key with these bytes, which a store has kept.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Returns the bytes of the key, for a store to keep.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for DedupKey {
    /// Writes the key in hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for DedupKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DedupKey({self})")
    }
}

/// A verified message that a store is to keep.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct NewMessage {
    /// Tells duplicates.
    pub key: DedupKey,
    /// The record that the message is about, such as `ticket:7601`. Messages about one record are handled one after
    /// the other.
    pub record: Arc<str>,
    /// The body as it was received.
    pub body: Bytes,
}

impl NewMessage {
    /// Returns a message to store.
    #[must_use]
    pub fn new(key: DedupKey, record: impl Into<Arc<str>>, body: impl Into<Bytes>) -> Self {
        Self { key, record: record.into(), body: body.into() }
    }
}

/// A message that waits to be handled.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct UnhandledMessage {
    /// The position in the order of arrival. Later messages have higher numbers.
    pub sequence: u64,
    /// The record that the message is about.
    pub record: Arc<str>,
    /// How many attempts to handle the message have failed.
    pub attempts: u32,
}

impl UnhandledMessage {
    /// Returns an entry of the list of unhandled messages.
    #[must_use]
    pub fn new(sequence: u64, record: impl Into<Arc<str>>, attempts: u32) -> Self {
        Self { sequence, record: record.into(), attempts }
    }
}

/// A message that was given up after its last attempt to handle it failed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FailedMessage {
    /// The position in the order of arrival.
    pub sequence: u64,
    /// The record that the message is about.
    pub record: Arc<str>,
    /// How many attempts to handle the message have failed.
    pub attempts: u32,
    /// The error of the last attempt.
    pub error: String,
    /// The body as it was received.
    pub body: Bytes,
}

impl FailedMessage {
    /// Returns an entry of the list of failed messages.
    #[must_use]
    pub fn new(sequence: u64, record: impl Into<Arc<str>>, attempts: u32, error: String, body: Bytes) -> Self {
        Self { sequence, record: record.into(), attempts, error, body }
    }
}

#[cfg(test)]
mod tests {
    use super::DedupKey;

    #[test]
    fn a_key_is_derived_from_the_message_id_or_else_from_the_body() {
        assert_eq!(DedupKey::new(Some("a"), b"1"), DedupKey::new(Some("a"), b"2"));
        assert_ne!(DedupKey::new(None, b"1"), DedupKey::new(None, b"2"));
        assert_ne!(DedupKey::new(Some("a"), b"a"), DedupKey::new(None, b"a"));
        let key = DedupKey::new(Some("a"), b"");
        assert_eq!(DedupKey::from_bytes(*key.as_bytes()), key);
        assert_eq!(key.to_string().len(), 64);
    }
}

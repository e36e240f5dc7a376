//! Records in messages, as the type of their callback.

use connectwise_psa_core::serde_json::Value;

/// A record in a message.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Entity {
    /// A record of a type that this program does not have: the type is unknown, or the feature of its section is off.
    Other(Value),
}

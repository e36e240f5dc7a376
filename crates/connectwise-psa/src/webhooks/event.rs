//! Events: what happened to a record, from a verified message or from a catch-up.

use crate::webhooks::callback_type::CallbackType;
use crate::webhooks::entity::Entity;

/// What happened to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Action {
    /// The record was created.
    Added,
    /// The record was changed.
    Updated,
    /// The record was deleted.
    Deleted,
}

/// A change of a record. A verified message is one event; a catch-up after an outage returns the events whose messages
/// were lost.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Event {
    /// The type of the record.
    pub callback_type: CallbackType,
    /// What happened.
    pub action: Action,
    /// The id of the record.
    pub id: i32,
    /// The record; `None` if it was deleted. The record in a message lacks custom fields and communication items
    /// (observed on live servers), and messages can arrive in another order than the changes: read the record again
    /// before you rely on it.
    pub entity: Option<Entity>,
    /// The identifier of the member who made the change. A catch-up does not know it.
    pub member: Option<String>,
    /// The id of the message, which is the same if the server sends the message again. `None` for events of a catch-up.
    pub message_id: Option<String>,
}

//! A verified message that waits to be forwarded.

use connectwise_psa::dependencies::bytes::Bytes;
use connectwise_psa::webhooks::{Action, CallbackType, Message};
use serde_json::{Map, Value, json};

use crate::webhooks::event_filter::{action_name, type_name};
use crate::webhooks::forwarder::Forward;
use crate::webhooks::response_text::escaped;

/// A verified message.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) callback_type: CallbackType,
    pub(crate) action: Action,
    id: i32,
    member: Option<String>,
    pub(crate) message_id: Option<String>,
    pub(crate) forward: Forward,
}

impl Received {
    /// Takes what is printed from a message.
    pub(crate) fn new(message: Message, body: Bytes, signature: String) -> Self {
        let event = message.into_event();
        Self {
            forward: Forward { id: event.id.into(), action: event.action, body, signature },
            callback_type: event.callback_type,
            action: event.action,
            id: event.id,
            member: event.member,
            message_id: event.message_id,
        }
    }

    /// Returns the worker that forwards the message: messages about one record have the same one, so that they stay in
    /// order.
    pub(crate) fn worker(&self, workers: usize) -> usize {
        usize::try_from(self.id.unsigned_abs()).unwrap_or_default().checked_rem(workers).unwrap_or_default()
    }

    /// Returns what happened, for people: `ticket.updated 42 by jdoe`.
    pub(crate) fn title(&self) -> String {
        let by = self.member.as_deref().map(|member| format!(" by {}", escaped(member))).unwrap_or_default();
        format!("{}.{} {}{by}", escaped(&type_name(&self.callback_type)), action_name(self.action), self.id)
    }

    /// Returns what happened, for programs.
    pub(crate) fn json(&self) -> Map<String, Value> {
        let (type_name, action) = (type_name(&self.callback_type), action_name(self.action));
        let fields = [
            ("event", json!(format!("{type_name}.{action}"))),
            ("type", json!(type_name)),
            ("action", json!(action)),
            ("id", json!(self.id)),
            ("member", json!(self.member)),
            ("messageId", json!(self.message_id)),
        ];
        fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

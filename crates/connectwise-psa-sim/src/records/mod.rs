//! What the server does with records of any type: nothing here knows one endpoint from another.

pub(crate) mod check;
pub(crate) mod empty;
pub(crate) mod list;
pub(crate) mod patch;
pub(crate) mod references;
pub(crate) mod views;

use serde_json::{Map, Value};

/// A record or a part of one.
pub(crate) type Members = Map<String, Value>;

/// What a type is called in refusals: `ticket` for `Ticket`.
pub(crate) fn resource(type_name: &str) -> String {
    let mut characters = type_name.chars();
    characters.next().map(|first| first.to_lowercase().chain(characters).collect()).unwrap_or_default()
}

//! The behaviour that applies to records of any type, independent of the endpoint.

pub(crate) mod absent_fields;
pub(crate) mod check;
pub(crate) mod completion;
pub(crate) mod custom_fields;
pub(crate) mod document_types;
mod guid;
pub(crate) mod links;
pub(crate) mod list;
pub(crate) mod patch;
pub(crate) mod record_names;
pub(crate) mod references;
pub(crate) mod rejected_conditions;
pub(crate) mod screens;
pub(crate) mod table;
pub(crate) mod views;
pub(crate) mod write_only;

use serde_json::{Map, Value};

use crate::schema::singular;

/// A record or a part of one.
pub(crate) type JsonObject = Map<String, Value>;

/// Returns a name with a small first letter, as a field has it: `ticket` for `Ticket`.
pub(crate) fn resource_name(type_name: &str) -> String {
    let mut characters = type_name.chars();
    characters.next().map(|first| first.to_lowercase().chain(characters).collect()).unwrap_or_default()
}

/// Returns the singular of a list's name: `Ticket` for `service/tickets`. Messages use `record_names`.
pub(crate) fn display_name(list: &str) -> String {
    let singular = singular(list.rsplit('/').next().unwrap_or_default());
    let mut characters = singular.chars();
    characters.next().map(|first| first.to_uppercase().chain(characters).collect()).unwrap_or_default()
}

/// Returns the fields of a JSON object; an empty object for other values.
pub(crate) fn into_object(value: Value) -> JsonObject {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

//! The behaviour that applies to records of any type, independent of the endpoint.

pub(crate) mod absent_fields;
pub(crate) mod charge_types;
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
pub(crate) mod tickets;
pub(crate) mod views;
pub(crate) mod write_only;

use serde_json::{Map, Value};

/// A record or a part of one.
pub(crate) type JsonObject = Map<String, Value>;

/// Returns the fields of a JSON object; an empty object for other values.
pub(crate) fn into_object(value: Value) -> JsonObject {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

//! The effects of fields that requests set and responses never contain: the ids of types, and the texts of the first
//! notes of a ticket.

use serde_json::{Map, Value, json};

use crate::access::with_checker;
use crate::api_error::ApiError;
use crate::records::JsonObject;
use crate::records::write_only::effects;
use crate::schema::record_type;
use crate::server_state::RequestContext;

/// Replaces ids by references. An id that does not exist is rejected.
pub(crate) fn set_references(
    ctx: &RequestContext<'_>,
    type_name: &'static str,
    record: &mut JsonObject,
) -> Result<(), ApiError> {
    for (field, effect) in effects(type_name) {
        let Some(target) = effect.strip_prefix("references ") else { continue };
        let Some(Value::Array(ids)) = record.remove(field) else { continue };
        let references: Vec<Value> = ids.into_iter().map(|id| json!({ "id": id })).collect();
        let body = Map::from_iter([(target.to_owned(), Value::Array(references))]);
        record.extend(with_checker(ctx, type_name, |checker| checker.fields(&body))?);
    }
    Ok(())
}

/// Removes the fields from a record before it is stored, and returns the notes that they describe.
pub(crate) fn take(ctx: &RequestContext<'_>, list: &str, record: &mut JsonObject) -> Vec<JsonObject> {
    let Some(type_name) = record_type(list) else { return Vec::new() };
    let mut notes = Vec::new();
    for (field, effect) in effects(type_name) {
        let Some(value) = record.remove(field) else { continue };
        let text = value.as_str().filter(|text| !text.is_empty());
        if let (Some(shown_in), Some(text)) = (effect.strip_prefix("note "), text) {
            notes.push(note(ctx, shown_in, text));
        }
    }
    notes
}

fn note(ctx: &RequestContext<'_>, shown_in: &str, text: &str) -> JsonObject {
    let mut note = Map::from_iter([("text".to_owned(), json!(text))]);
    for other in super::notes::SHOWN_IN {
        note.insert(other.to_owned(), Value::Bool(other == shown_in));
    }
    note.insert("processNotifications".to_owned(), Value::Bool(false));
    super::notes::add_defaults(ctx, "ServiceNote", &mut note);
    note
}

//! Fields that requests set and responses never contain: the ids of types, and the texts of the first notes of a ticket.

use std::sync::LazyLock;

use serde_json::{Map, Value, json};

use crate::access::with_checker;
use crate::api_error::ApiError;
use crate::data_table::Table;
use crate::records::JsonObject;
use crate::schema::record_type;
use crate::server_state::RequestContext;

/// The fields, as CSV: record type, field, effect. The effects:
///
/// - `references x`: the ids in the field become the references in the field `x`
/// - `note x`: the text becomes a note of a new record, whose field `x` is true
/// - `none`
static FIELDS: LazyLock<Table<2>> = LazyLock::new(|| Table::read(include_str!("../../data/write_only.csv")));

/// Replaces ids by references. An id that does not exist is rejected.
pub(crate) fn set_references(
    ctx: &RequestContext<'_>,
    type_name: &'static str,
    record: &mut JsonObject,
) -> Result<(), ApiError> {
    for [field, effect] in FIELDS.of(type_name) {
        let Some(target) = effect.strip_prefix("references ") else { continue };
        let Some(Value::Array(ids)) = record.remove(*field) else { continue };
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
    for [field, effect] in FIELDS.of(type_name) {
        let Some(value) = record.remove(*field) else { continue };
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::type_of;

    #[test]
    fn the_data_has_all_write_only_fields_of_the_document() {
        for (type_name, line @ [field, effect]) in FIELDS.lines() {
            let schema = type_of(type_name).unwrap();
            assert!(schema.fields.contains_key(*field), "{type_name},{line:?}");
            let target = effect.split_once(' ').map_or("", |(_, target)| target);
            let is_known = target.is_empty() || effect.starts_with("note ") || schema.fields.contains_key(target);
            assert!(is_known, "{type_name},{line:?}");
        }
        let mut checked = 0;
        for (name, _) in crate::schema::named_types() {
            let schema = connectwise_psa::schemas::get(name).unwrap_or_default();
            for (field, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
                if property.get("writeOnly") == Some(&Value::Bool(true)) {
                    assert!(FIELDS.of(name).any(|[other, _]| other == field), "{name}.{field}");
                    checked += 1;
                }
            }
        }
        assert!(checked >= 7, "{checked}");
    }
}

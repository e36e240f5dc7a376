//! Fields that requests set and responses never contain: the ids of types, and the texts of the first notes of a ticket.

use serde_json::{Map, Value, json};

use crate::access::with_checker;
use crate::api_error::ApiError;
use crate::records::JsonObject;
use crate::schema::record_type;
use crate::server_state::RequestContext;

/// The fields, as CSV: record type, field, effect. The effects:
///
/// - `references x`: the ids in the field become the references in the field `x`
/// - `note x`: the text becomes a note of a new record, whose field `x` is true
/// - `none`
const FIELDS: &str = include_str!("../../data/write_only.csv");

/// Returns the fields of a type that are never returned, with their effects.
fn of_type(type_name: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let rows = FIELDS.lines().skip(1).filter_map(|line| {
        let (owner, rest) = line.split_once(',')?;
        let (field, effect) = rest.split_once(',')?;
        Some((owner, field, effect))
    });
    rows.filter(move |(owner, ..)| *owner == type_name).map(|(_, field, effect)| (field, effect))
}

/// Replaces ids by references. An id that does not exist is rejected.
pub(crate) fn set_references(
    ctx: &RequestContext<'_>,
    type_name: &'static str,
    record: &mut JsonObject,
) -> Result<(), ApiError> {
    for (field, effect) in of_type(type_name) {
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
    for (field, effect) in of_type(type_name) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::type_of;

    #[test]
    fn the_data_has_all_write_only_fields_of_the_document() {
        let rows: Vec<_> = FIELDS.lines().skip(1).map(|line| line.split(',').collect::<Vec<_>>()).collect();
        for row in &rows {
            let schema = type_of(row[0]).unwrap();
            assert!(schema.fields.contains_key(row[1]), "{row:?}");
            let target = row[2].split_once(' ').map_or("", |(_, target)| target);
            assert!(target.is_empty() || row[2].starts_with("note ") || schema.fields.contains_key(target), "{row:?}");
        }
        let mut checked = 0;
        for (name, _) in crate::schema::named_types() {
            let schema = connectwise_psa::schemas::get(name).unwrap_or_default();
            for (field, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
                if property.get("writeOnly") == Some(&Value::Bool(true)) {
                    assert!(rows.iter().any(|row| row[0] == name && row[1] == field), "{name}.{field}");
                    checked += 1;
                }
            }
        }
        assert!(checked >= 7, "{checked}");
    }
}

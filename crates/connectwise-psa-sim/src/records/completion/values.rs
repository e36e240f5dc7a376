//! The values that a record has when nothing was set. Observed on live servers: booleans are false, empty texts are
//! `""`, and columns without a value are omitted.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde_json::Value;

use crate::data_table::Table;
use crate::records::JsonObject;
use crate::records::guid::guid;
use crate::records::write_only::is_returned;
use crate::schema::{FieldType, Type, named_types};

/// Values of new records, as CSV: record type or `*` for all types, field, and one of
///
/// - a JSON value
/// - [`ENTERED`], the time when the record was created
/// - [`BY`], the member who created it
///
/// Fields without a line follow the rules of [`by_type`].
static VALUES: LazyLock<Table<2>> = LazyLock::new(|| Table::read(include_str!("../../../data/new_records.csv")));

const ENTERED: &str = "@entered";
const BY: &str = "@by";

/// The value of a field in a new record.
enum NewValue {
    Json(Value),
    /// The time when the record was created.
    Entered,
    /// The member who created the record.
    By,
    /// A GUID of this kind.
    Guid(&'static str),
    /// Responses never contain the field.
    Never,
}

impl NewValue {
    fn parse(text: &str) -> Self {
        match text {
            ENTERED => Self::Entered,
            BY => Self::By,
            // Invalid data would be a null; a test checks that all values are valid.
            json => Self::Json(serde_json::from_str(json).unwrap_or_default()),
        }
    }
}

static BY_TYPE: LazyLock<HashMap<&'static str, Vec<(&'static str, NewValue)>>> =
    LazyLock::new(|| named_types().map(|(name, schema)| (name, new_values(name, schema))).collect());

/// Returns the fields of a type that have a value in a new record.
fn new_values(type_name: &str, schema: &'static Type) -> Vec<(&'static str, NewValue)> {
    let listed: HashMap<_, _> = VALUES.of(type_name).map(|[field, value]| (*field, *value)).collect();
    let fields = schema.fields.iter().filter_map(|(name, field)| {
        let value = match listed.get(name.as_str()) {
            _ if !is_returned(type_name, name) => NewValue::Never,
            Some(value) => NewValue::parse(value),
            // References have only the fields of the record that they refer to.
            None if type_name.ends_with("Reference") => return None,
            None => by_type(name, &field.field_type)?,
        };
        Some((name.as_str(), value))
    });
    fields.collect()
}

/// Returns the value of a field that the data does not list.
fn by_type(name: &str, field_type: &FieldType) -> Option<NewValue> {
    match (name, field_type) {
        (_, FieldType::Boolean) => Some(NewValue::Json(Value::Bool(false))),
        // Lists of ids, such as `locationIds`.
        (_, FieldType::List(element)) if **element == FieldType::Integer => {
            Some(NewValue::Json(Value::Array(Vec::new())))
        }
        ("mobileGuid", _) => Some(NewValue::Guid("mobile")),
        ("connectWiseId" | "connectWiseID", _) => Some(NewValue::Guid("record")),
        _ => None,
    }
}

/// Adds the fields that the record `id` of a list lacks, and removes those that are never returned.
pub(super) fn complete(type_name: &str, list: &str, id: i64, record: &mut JsonObject) {
    for (name, value) in BY_TYPE.get(type_name).into_iter().flatten() {
        if matches!(value, NewValue::Never) {
            record.remove(*name);
            continue;
        }
        if record.get(*name).is_some_and(|value| !value.is_null()) {
            continue;
        }
        let value = match value {
            NewValue::Json(value) => value.clone(),
            NewValue::Guid(kind) => Value::from(guid(list, id, kind)),
            NewValue::Entered | NewValue::By => {
                let names = if matches!(value, NewValue::By) { BY_NAMES } else { ENTERED_NAMES };
                match first_of(record, names) {
                    Some(found) => found,
                    None => continue,
                }
            }
            NewValue::Never => continue,
        };
        record.insert((*name).to_owned(), value);
    }
}

/// The fields of `_info` that say when a record was created and by whom, and those of its last update.
const ENTERED_NAMES: [&str; 2] = ["dateEntered", "lastUpdated"];
const BY_NAMES: [&str; 2] = ["enteredBy", "updatedBy"];

/// Returns the first of the fields of `_info` that the record has.
fn first_of(record: &JsonObject, names: [&str; 2]) -> Option<Value> {
    let info = record.get("_info")?;
    names.iter().find_map(|name| info.get(*name)).cloned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::records::into_object;

    #[test]
    fn new_records_have_booleans_empty_texts_and_defaults() {
        let completed = |type_name: &str, list: &str, record: Value| {
            let mut record = into_object(record);
            complete(type_name, list, 7, &mut record);
            record
        };
        let ticket = completed(
            "Ticket",
            "service/tickets",
            json!({"_info": {"dateEntered": "2026-11-28T09:00:00Z"}, "customerUpdatedFlag": true, "skipCallback": true}),
        );
        for (field, expected) in [
            ("closedFlag", json!(false)),
            ("customerUpdatedFlag", json!(true)),
            ("billTime", json!("NoDefault")),
            ("severity", json!("Medium")),
            ("estimatedTimeCost", json!(0)),
            ("escalationStartDateUTC", json!("2026-11-28T09:00:00Z")),
        ] {
            assert_eq!(ticket.get(field), Some(&expected), "{field}");
        }
        assert!(ticket["mobileGuid"].as_str().is_some_and(|guid| guid.len() == 36));
        for absent in ["skipCallback", "initialDescription", "summary", "owner", "duration"] {
            assert!(!ticket.contains_key(absent), "{absent}");
        }
        let configuration = completed("CompanyConfiguration", "company/configurations", json!({"serialNumber": null}));
        assert_eq!((&configuration["activeFlag"], &configuration["serialNumber"]), (&json!(true), &json!("")));
        let contact = completed("Contact", "company/contacts", json!({"typeIds": [1]}));
        assert_eq!((&contact["types"], contact.get("typeIds")), (&json!([]), None));
    }

    #[test]
    fn the_data_names_fields_and_has_valid_values() {
        crate::schema::check_table(&VALUES, |[field, _]| Some(field));
        for (type_name, [field, value]) in VALUES.lines() {
            let is_valid = [ENTERED, BY].contains(value) || serde_json::from_str::<Value>(value).is_ok();
            assert!(is_valid, "{type_name},{field},{value}");
        }
    }
}

//! The custom fields that a request gives: which definitions they have, and whether their values fit.

use connectwise_psa_core::text::field_ignoring_case;
use serde_json::Value;

use super::JsonObject;
use super::check::parse_timestamp;
use super::record_names::resource_of;
use super::references::integer;
use super::screens::{DEFINITIONS, FIELD, definitions, element};
use crate::api_error::FieldError;
use crate::store::record::Node;
use crate::store::{Records, timestamp};

/// Returns the custom fields of a record after a request that gives some of them, by id or by caption; null if the
/// request gives null. The given ones are completed from their definitions. A field without a definition on the screen of
/// the record is rejected. Nothing is checked if no custom fields are defined.
pub(crate) fn checked(
    records: &Records,
    type_name: &str,
    existing: &[Value],
    given: &Value,
) -> Result<Value, FieldError> {
    let resource = resource_of(type_name);
    let invalid = || FieldError::new("InvalidField", "The customFields field is invalid.", &resource, FIELD);
    let given = match given {
        Value::Array(given) => given,
        Value::Null => return Ok(Value::Null),
        _ => return Err(invalid()),
    };
    let has_definitions = records.collection(DEFINITIONS).is_some_and(|list| list.records.len() > 0);
    let mut fields = existing.to_vec();
    for field in given {
        let field = field.as_object().ok_or_else(invalid)?;
        let named = FieldName::of(field);
        let position = fields.iter().position(|other| named.is(other));
        let definition = find(records, type_name, &named);
        if definition.is_none() && position.is_none() && has_definitions {
            let message = format!("Custom Field {} not found", named.shown());
            return Err(FieldError::new("NotFound", message, &resource, format!("{FIELD}/id")));
        }
        let value = field_ignoring_case(field, "value").cloned().unwrap_or_default();
        let value = match definition.as_ref().and_then(|(_, definition)| definition.text("fieldTypeIdentifier")) {
            Some(field_type) => converted(&field_type, &value).ok_or_else(|| {
                let caption = definition.as_ref().and_then(|(_, definition)| definition.text("caption"));
                value_error(&field_type, caption.as_deref().unwrap_or_default(), &resource)
            })?,
            None if has_definitions && (value.is_object() || value.is_array()) => return Err(invalid()),
            None => value,
        };
        let mut completed = match (definition, position.and_then(|position| fields.get(position))) {
            (Some((id, definition)), _) => element(type_name, id, definition),
            (None, Some(Value::Object(existing))) => existing.clone(),
            (None, _) => field.clone(),
        };
        completed.insert("value".to_owned(), value);
        let completed = Value::Object(completed);
        match position.and_then(|position| fields.get_mut(position)) {
            Some(field) => *field = completed,
            None => fields.push(completed),
        }
    }
    Ok(Value::Array(fields))
}

/// The custom field that an element of a request names.
enum FieldName<'a> {
    Id(i64),
    Caption(&'a str),
    Nothing,
}

impl<'a> FieldName<'a> {
    fn of(field: &'a JsonObject) -> Self {
        let id = field_ignoring_case(field, "id").and_then(integer).filter(|id| *id != 0);
        let caption = field_ignoring_case(field, "caption").and_then(Value::as_str);
        match (id, caption) {
            (Some(id), _) => Self::Id(id),
            (None, Some(caption)) => Self::Caption(caption),
            (None, None) => Self::Nothing,
        }
    }

    fn is(&self, field: &Value) -> bool {
        match self {
            Self::Id(id) => field.get("id").and_then(integer) == Some(*id),
            Self::Caption(caption) => field.get("caption").and_then(Value::as_str) == Some(caption),
            Self::Nothing => false,
        }
    }

    fn shown(&self) -> String {
        match self {
            Self::Id(id) => id.to_string(),
            Self::Caption(caption) => (*caption).to_owned(),
            Self::Nothing => "0".to_owned(),
        }
    }
}

/// Returns the definition of a custom field on the screen of a record type, and its id.
fn find<'r>(records: &'r Records, type_name: &str, named: &FieldName<'_>) -> Option<(i64, Node<'r>)> {
    definitions(records, type_name).find(|(id, definition)| match named {
        FieldName::Id(named) => named == id,
        FieldName::Caption(caption) => definition.text("caption").is_some_and(|other| other == *caption),
        FieldName::Nothing => false,
    })
}

/// Returns a value as a custom field of a type stores it, or `None` if it does not fit. Observed on live servers:
/// numbers and booleans in strings are accepted, and null or an empty string clears the field.
fn converted(field_type: &str, value: &Value) -> Option<Value> {
    if value.is_null() || value.as_str() == Some("") {
        return Some(Value::Null);
    }
    match field_type {
        "Number" | "Currency" | "Percent" => match value {
            Value::Number(_) => Some(value.clone()),
            Value::String(text) => {
                let text = text.trim();
                let whole = text.parse::<i64>().ok().map(Value::from);
                whole.or_else(|| serde_json::Number::from_f64(text.parse().ok()?).map(Value::Number))
            }
            _ => None,
        },
        "Checkbox" => match value {
            Value::Bool(_) => Some(value.clone()),
            Value::String(text) => text.trim().to_ascii_lowercase().parse().ok().map(Value::Bool),
            _ => None,
        },
        "Date" => parse_timestamp(value.as_str()?).map(|time| Value::from(timestamp(time))),
        _ => match value {
            Value::String(_) => Some(value.clone()),
            Value::Number(_) | Value::Bool(_) => Some(Value::from(value.to_string())),
            _ => None,
        },
    }
}

/// Returns the error for a value that does not fit the type of its custom field. The texts of live servers are known
/// for dates only.
fn value_error(field_type: &str, caption: &str, resource: &str) -> FieldError {
    if field_type == "Date" {
        let message = format!("Unsupported format applied to {caption}");
        return FieldError::new("UnsupportedFormat", message, resource, FIELD);
    }
    FieldError::new("InvalidField", format!("The value of the custom field {caption} is invalid."), resource, FIELD)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::records::into_object;

    fn records() -> Records {
        let mut records = Records::default();
        for (screen, caption, field_type) in [
            ("ct300", "Cause", "Text"),
            ("ct300", "Distance", "Number"),
            ("ct300", "Seen", "Date"),
            ("ct300", "Paid", "Checkbox"),
            ("other", "Badge", "Text"),
        ] {
            let definition = json!({"screenId": screen, "caption": caption, "fieldTypeIdentifier": field_type, "entryTypeIdentifier": "EntryField", "numberDecimals": 1});
            records.insert(DEFINITIONS, into_object(definition), None);
        }
        records
    }

    #[test]
    fn given_custom_fields_are_completed_and_converted() {
        let records = records();
        for (given, expected) in [
            (json!({"id": 1, "value": "User"}), json!([1, "Cause", "Text", "User"])),
            (json!({"id": "1", "value": 5}), json!([1, "Cause", "Text", "5"])),
            (json!({"caption": "Cause", "value": ""}), json!([1, "Cause", "Text", null])),
            (json!({"ID": 2, "Value": "1.5"}), json!([2, "Distance", "Number", 1.5])),
            (json!({"id": 2, "value": 3}), json!([2, "Distance", "Number", 3])),
            (json!({"id": 3, "value": "2026-01-02"}), json!([3, "Seen", "Date", "2026-01-02T00:00:00Z"])),
            (json!({"id": 4, "value": "True"}), json!([4, "Paid", "Checkbox", true])),
            (json!({"id": 4, "caption": "wrong", "type": "Text"}), json!([4, "Paid", "Checkbox", null])),
        ] {
            let field = checked(&records, "Contact", &[], &json!([given])).unwrap();
            let field = &field[0];
            let found = json!([field["id"], field["caption"], field["type"], field["value"]]);
            assert_eq!(found, expected, "{given}");
            assert_eq!(
                (&field["entryMethod"], &field["numberOfDecimals"]),
                (&json!("EntryField"), &json!(1)),
                "{given}"
            );
        }
    }

    #[test]
    fn custom_fields_without_definition_and_values_of_another_type_are_rejected() {
        let records = records();
        let existing = [json!({"id": 1, "caption": "Cause", "value": null, "rowNum": 1})];
        for (given, code, message) in [
            (json!([{"id": 9, "value": "x"}]), "NotFound", "Custom Field 9 not found"),
            (json!([{"caption": "Nothing", "value": "x"}]), "NotFound", "Custom Field Nothing not found"),
            // It appears on another screen than the existing ones.
            (json!([{"id": 5, "value": "x"}]), "NotFound", "Custom Field 5 not found"),
            (json!([{"value": "x"}]), "NotFound", "Custom Field 0 not found"),
            (json!([{"id": 2, "value": "far"}]), "InvalidField", "The value of the custom field Distance is invalid."),
            (json!([{"id": 4, "value": "maybe"}]), "InvalidField", "The value of the custom field Paid is invalid."),
            (
                json!([{"id": 3, "value": "2026-01-02T03:04:05-04:00"}]),
                "UnsupportedFormat",
                "Unsupported format applied to Seen",
            ),
            (json!([{"id": 1, "value": {"a": 1}}]), "InvalidField", "The value of the custom field Cause is invalid."),
            (json!(["x"]), "InvalidField", "The customFields field is invalid."),
            (json!("x"), "InvalidField", "The customFields field is invalid."),
        ] {
            let error = checked(&records, "Contact", &existing, &given).unwrap_err();
            assert_eq!((error.code, error.message.as_str()), (code, message), "{given}");
        }
        let merged = checked(&records, "Contact", &existing, &json!([{"id": 2, "value": 4}, {"id": 1, "value": "x"}]));
        let merged = merged.unwrap();
        assert_eq!(
            (&merged[0]["value"], &merged[0]["rowNum"], &merged[1]["value"]),
            (&json!("x"), &json!(1), &json!(4))
        );
        // Nothing is checked where no custom fields are defined.
        let undefined = checked(&Records::default(), "Contact", &[], &json!([{"id": 9, "value": "x"}])).unwrap();
        assert_eq!(undefined, json!([{"id": 9, "value": "x"}]));
    }
}

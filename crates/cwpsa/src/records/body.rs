//! The bodies of requests: a new record, or a patch with nothing but the changed fields.

use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use crate::error::CommandError;
use crate::records::exact;
use crate::records::property::{Properties, ValueType};

/// Returns the body of a new record. A field that is null is left out.
pub(crate) fn create(values: &Map<String, Value>) -> Result<Box<RawValue>, CommandError> {
    let set: Map<String, Value> = values
        .iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    exact::json(&Value::Object(set))
}

/// Returns the patch that sets fields. Null clears a field: a text becomes empty, and any other field is removed.
pub(crate) fn patch(properties: &Properties, values: &Map<String, Value>) -> Result<Box<RawValue>, CommandError> {
    if values.is_empty() {
        return Err(CommandError::usage("there is nothing to change: use --set or --input"));
    }
    let mut operations = Vec::new();
    for (field, value) in values {
        let (name, kind) = properties.find(field)?;
        operations.push(match (value, kind) {
            (Value::Null, ValueType::Text) => json!({ "op": "replace", "path": name, "value": "" }),
            (Value::Null, _) => json!({ "op": "remove", "path": name }),
            (value, _) => json!({ "op": "replace", "path": name, "value": value }),
        });
    }
    exact::json(&Value::Array(operations))
}

/// Reads the fields of a record in JSON: names as the server writes them, dates in UTC, and references by id. A text stays
/// the name of a reference.
pub(crate) fn fields(properties: &Properties, json: &Value) -> Result<Map<String, Value>, CommandError> {
    let Value::Object(members) = json else { return Err(CommandError::usage("a record must be a JSON object")) };
    let mut fields = Map::new();
    for (name, value) in members {
        let (name, kind) = properties.find(name)?;
        if name == "id" {
            return Err(CommandError::usage("the id of a record cannot be set"));
        }
        let value = match (kind, value) {
            (ValueType::Reference(_), Value::Number(id)) => json!({ "id": id }),
            (ValueType::DateTime, Value::String(text)) => {
                crate::records::property::typed(name, &ValueType::DateTime, text)?
            }
            (_, value) => value.clone(),
        };
        if fields.insert(name.to_owned(), value).is_some() {
            return Err(CommandError::usage(format!("{name} occurs twice")));
        }
    }
    Ok(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(json: &Value) -> Map<String, Value> {
        fields(&Properties::of("Ticket"), json).unwrap()
    }

    #[test]
    fn a_patch_has_only_the_fields_that_are_set() {
        let values = values(&json!({"Summary": null, "board": 5, "contact": null, "requiredDate": "2026-01-31"}));
        let patch = patch(&Properties::of("Ticket"), &values).unwrap();
        let expected = json!([
            {"op": "replace", "path": "board", "value": {"id": 5}},
            {"op": "remove", "path": "contact"},
            {"op": "replace", "path": "requiredDate", "value": "2026-01-31T00:00:00Z"},
            {"op": "replace", "path": "summary", "value": ""},
        ]);
        assert_eq!(serde_json::from_str::<Value>(patch.get()).unwrap(), expected);
    }

    #[test]
    fn a_new_record_has_no_null() {
        assert_eq!(create(&values(&json!({"summary": "x", "contact": null}))).unwrap().get(), r#"{"summary":"x"}"#);
    }

    #[test]
    fn wrong_input_is_an_error() {
        for input in
            [json!([]), json!({"sumary": 1}), json!({"summary": "a", "Summary": "b"}), json!({"requiredDate": "soon"})]
        {
            assert!(fields(&Properties::of("Ticket"), &input).is_err(), "{input}");
        }
    }
}

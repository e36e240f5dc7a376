//! Whether the value of a field on the server is the wanted one. Notations of one value are equal.

use connectwise_psa::Decimal;
use serde_json::{Map, Value};

use crate::records::exact;
use crate::records::property::instant;

/// A field that differs.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Difference {
    pub(crate) field: String,
    /// The value on the server; null if there is none.
    pub(crate) from: Value,
    /// The wanted value; null clears the field.
    pub(crate) to: Value,
}

/// Returns the fields of a record that differ from the wanted ones.
pub(crate) fn differences(current: &Value, wanted: &Map<String, Value>) -> Vec<Difference> {
    let fields = wanted.iter().map(|(field, to)| {
        let from = current.get(field).cloned().unwrap_or_default();
        Difference { field: field.clone(), from, to: to.clone() }
    });
    fields.filter(|difference| !is_same(&difference.from, &difference.to)).collect()
}

/// Returns whether a value is the wanted one. Of an object, such as a reference, only the wanted members count.
fn is_same(current: &Value, wanted: &Value) -> bool {
    match (current, wanted) {
        // The server leaves empty texts out.
        (Value::Null, Value::String(text)) | (Value::String(text), Value::Null) => text.is_empty(),
        (Value::Object(current), Value::Object(wanted)) => {
            let current = |name: &str| current.get(name).unwrap_or(&Value::Null);
            // The id decides about a reference. Its name is for people.
            match wanted.get("id") {
                Some(id) => is_same(current("id"), id),
                None => wanted.iter().all(|(name, value)| is_same(current(name), value)),
            }
        }
        (Value::Array(current), Value::Array(wanted)) => {
            current.len() == wanted.len()
                && current.iter().zip(wanted).all(|(current, wanted)| is_same(current, wanted))
        }
        (Value::String(current), Value::String(wanted)) => {
            current == wanted || instant(current).is_some_and(|instant_of| instant(wanted) == Some(instant_of))
        }
        (current, wanted) => {
            current == wanted || number(current).is_some_and(|current| number(wanted) == Some(current))
        }
    }
}

/// Returns a number: 10.50 and 10.5 are equal.
fn number(value: &Value) -> Option<Decimal> {
    if !value.is_number() {
        return None;
    }
    let text = exact::json(value).ok()?;
    text.get().parse().or_else(|_| Decimal::from_scientific(text.get())).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn notations_of_one_value_are_equal() {
        let current = json!({
            "summary": "x", "board": {"id": 1, "name": "Help Desk", "_info": {}}, "requiredDate": "2026-01-31T00:00:00Z",
            "budgetHours": 1.50, "closedFlag": false, "types": [{"id": 1, "name": "a"}]
        });
        let same = json!({
            "summary": "x", "board": {"id": 1}, "requiredDate": "2026-01-31T00:00:00.000Z", "budgetHours": 1.5,
            "closedFlag": false, "contact": null, "note": "", "types": [{"id": 1}], "owner": null
        });
        assert_eq!(differences(&current, same.as_object().unwrap()), []);
        let other = json!({
            "summary": "X", "board": {"name": "Projects"}, "requiredDate": "2026-02-01T00:00:00Z", "budgetHours": 2,
            "closedFlag": true, "contact": {"id": 3}, "types": []
        });
        let fields: Vec<String> =
            differences(&current, other.as_object().unwrap()).into_iter().map(|difference| difference.field).collect();
        assert_eq!(fields, ["board", "budgetHours", "closedFlag", "contact", "requiredDate", "summary", "types"]);
    }
}

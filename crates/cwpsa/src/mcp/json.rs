//! Access to fields of JSON values that does not panic.

use serde_json::Value;

/// Returns a field of an object; null if there is none.
pub(crate) fn field<'a>(value: &'a Value, name: &str) -> &'a Value {
    value.get(name).unwrap_or(&Value::Null)
}

/// Sets a field of an object. Does nothing if the value is not an object.
pub(crate) fn set(value: &mut Value, name: &str, field: impl Into<Value>) {
    if let Some(fields) = value.as_object_mut() {
        fields.insert(name.to_owned(), field.into());
    }
}

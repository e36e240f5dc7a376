//! Sample JSON for the schemas: a value for each field, in the format that the server sends.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::openapi::{referenced, schema};

/// The value of every secret in the samples. It must never be printed.
pub(crate) const SECRET: &str = "hunter2";

/// Options for a sample.
#[derive(Clone, Copy)]
pub(crate) struct Options {
    /// The value of every enum. `None` selects the first value of the enum.
    pub(crate) enum_value: Option<&'static str>,
}

/// Returns a sample of a named schema as the type of the bindings.
pub(crate) fn sample<T: DeserializeOwned>(name: &str) -> T {
    serde_json::from_value(of(name))
        .unwrap_or_else(|error| panic!("the sample of {name} cannot be deserialised: {error}"))
}

/// Returns a list with one sample.
pub(crate) fn samples<T: DeserializeOwned>(name: &str) -> Vec<T> {
    vec![sample(name)]
}

/// Returns a sample of a named schema.
pub(crate) fn of(name: &str) -> Value {
    of_schema(name, schema(name), Options { enum_value: None }, &mut Vec::new()).unwrap_or_default()
}

/// Returns a sample of a named schema with options.
pub(crate) fn with_options(name: &str, options: Options) -> Value {
    of_schema(name, schema(name), options, &mut Vec::new()).unwrap_or_default()
}

/// Returns a sample of an unnamed schema.
pub(crate) fn of_any(schema: &Value) -> Value {
    of_schema("", schema, Options { enum_value: None }, &mut Vec::new()).unwrap_or_default()
}

/// Returns a sample of a schema, or `None` inside of a sample of the same schema, because a schema can contain itself.
/// The property is then omitted. `open` are the names of the outer schemas.
fn of_schema(property: &str, schema_value: &Value, options: Options, open: &mut Vec<String>) -> Option<Value> {
    if let Some(name) = referenced(schema_value) {
        if open.iter().any(|outer| outer == name) {
            return None;
        }
        open.push(name.to_owned());
        let sample = of_schema(property, schema(name), options, open);
        open.pop();
        return sample;
    }
    if let Some(values) = schema_value.get("enum") {
        return Some(options.enum_value.map_or_else(|| values[0].clone(), Value::from));
    }
    if schema_value.get("x-reference").is_some() || schema_value.get("properties").is_some() {
        return Some(Value::Object(properties(schema_value, options, open)));
    }
    Some(match (schema_value["type"].as_str(), schema_value["format"].as_str()) {
        (None, _) => json!({"any": ["JSON", 1, 2.5, true, null, {}]}),
        (Some("string"), Some("date-time")) => json!("2026-06-09T21:59:49Z"),
        (Some("string"), Some("date")) => json!("2026-06-09T00:00:00Z"),
        (Some("string"), Some("uuid")) => json!("0b6f5b1e-7c1f-4b67-9c0e-5d4a3b2c1d0e"),
        (Some("string"), _) if is_secret(property) => json!(SECRET),
        (Some("string"), _) => json!("täxt"),
        (Some("integer"), _) => json!(7),
        (Some("number"), _) => json!(12.75),
        (Some("boolean"), _) => json!(true),
        (Some("array"), _) => Value::Array(of_schema("", &schema_value["items"], options, open).into_iter().collect()),
        // Most maps are the `_info` of a record, so the key is one of its keys.
        (Some("object"), _) => of_schema("", &schema_value["additionalProperties"], options, open)
            .map_or_else(|| json!({}), |value| json!({"lastUpdated": value})),
        (Some(other), _) => panic!("{property}: no sample of {other}"),
    })
}

fn properties(schema_value: &Value, options: Options, open: &mut Vec<String>) -> Map<String, Value> {
    let properties = schema_value["properties"].as_object().into_iter().flatten();
    properties
        .filter(|(_, property)| property["format"] != "binary")
        .filter_map(|(name, property)| Some((name.clone(), of_schema(name, property, options, open)?)))
        .collect()
}

/// Returns whether a property contains a secret, by its name.
pub(crate) fn is_secret(property: &str) -> bool {
    let name = property.to_ascii_lowercase();
    [
        "password",
        "secret",
        "token",
        "privatekey",
        "publickey",
        "apikey",
        "encryptionkey",
        "licensekey",
        "secretkey",
        "accesskey",
    ]
    .iter()
    .any(|ending| name.ends_with(ending))
}

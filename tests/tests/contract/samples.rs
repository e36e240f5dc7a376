//! JSON made from the schemas: every member set, in the forms the server sends.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::description::{referred, schema};

/// What a credential's value is in samples: it must never be printed.
pub(crate) const SECRET: &str = "hunter2";

/// What a sample is made of where the choice matters.
#[derive(Clone, Copy)]
pub(crate) struct Choice {
    /// The value of every enum; the first one of the description when there is none.
    pub(crate) enum_value: Option<&'static str>,
}

/// A sample of a named schema as the type of the bindings.
pub(crate) fn sample<T: DeserializeOwned>(name: &str) -> T {
    serde_json::from_value(of(name)).unwrap_or_else(|error| panic!("the sample of {name} is read: {error}"))
}

/// A list of one sample.
pub(crate) fn samples<T: DeserializeOwned>(name: &str) -> Vec<T> {
    vec![sample(name)]
}

/// A sample of a named schema.
pub(crate) fn of(name: &str) -> Value {
    of_schema(name, schema(name), Choice { enum_value: None }, &mut Vec::new()).unwrap_or_default()
}

/// A sample of a named schema with a choice.
pub(crate) fn with_choice(name: &str, choice: Choice) -> Value {
    of_schema(name, schema(name), choice, &mut Vec::new()).unwrap_or_default()
}

/// A sample of any schema.
pub(crate) fn of_any(schema: &Value) -> Value {
    of_schema("", schema, Choice { enum_value: None }, &mut Vec::new()).unwrap_or_default()
}

/// `None` where a schema contains itself once more: the member is left out there.
fn of_schema(member: &str, described: &Value, choice: Choice, open: &mut Vec<String>) -> Option<Value> {
    if let Some(name) = referred(described) {
        if open.iter().any(|outer| outer == name) {
            return None;
        }
        open.push(name.to_owned());
        let sample = of_schema(member, schema(name), choice, open);
        open.pop();
        return sample;
    }
    if let Some(values) = described.get("enum") {
        return Some(choice.enum_value.map_or_else(|| values[0].clone(), Value::from));
    }
    if described.get("x-reference").is_some() || described.get("properties").is_some() {
        return Some(Value::Object(members(described, choice, open)));
    }
    Some(match (described["type"].as_str(), described["format"].as_str()) {
        (None, _) => json!({"any": ["JSON", 1, 2.5, true, null, {}]}),
        (Some("string"), Some("date-time")) => json!("2026-06-09T21:59:49Z"),
        (Some("string"), Some("date")) => json!("2026-06-09T00:00:00Z"),
        (Some("string"), Some("uuid")) => json!("0b6f5b1e-7c1f-4b67-9c0e-5d4a3b2c1d0e"),
        (Some("string"), _) if is_secret(member) => json!(SECRET),
        (Some("string"), _) => json!("täxt"),
        (Some("integer"), _) => json!(7),
        (Some("number"), _) => json!(12.75),
        (Some("boolean"), _) => json!(true),
        (Some("array"), _) => Value::Array(of_schema("", &described["items"], choice, open).into_iter().collect()),
        (Some("object"), _) => of_schema("", &described["additionalProperties"], choice, open)
            .map_or_else(|| json!({}), |value| json!({"lastUpdated": value})),
        (Some(other), _) => panic!("{member}: no sample of {other}"),
    })
}

fn members(described: &Value, choice: Choice, open: &mut Vec<String>) -> Map<String, Value> {
    let properties = described["properties"].as_object().into_iter().flatten();
    properties
        .filter(|(_, property)| property["format"] != "binary")
        .filter_map(|(name, property)| Some((name.clone(), of_schema(name, property, choice, open)?)))
        .collect()
}

/// Members that hold credentials, by name.
pub(crate) fn is_secret(member: &str) -> bool {
    let name = member.to_ascii_lowercase();
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

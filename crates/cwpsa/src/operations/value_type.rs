//! Compares JSON values with the types in the JSON Schemas, and makes examples of them.

use serde_json::{Map, Value, json};

use crate::operations::body::unknown_member;

/// The most members of a reference, such as `_info`, `id`, `name` and `identifier`.
const MAX_REFERENCE_MEMBERS: usize = 4;

/// The types that a schema refers to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Types<'a> {
    /// The name of the type that the schema describes.
    pub(crate) name: &'a str,
    definitions: Option<&'a Map<String, Value>>,
}

impl<'a> Types<'a> {
    /// Takes the definitions of the schema of a type.
    pub(crate) fn new(name: &'a str, schema: &'a Value) -> Self {
        Self { name, definitions: schema.get("$defs").and_then(Value::as_object) }
    }

    /// Returns the schema that a property refers to, or the schema of the property itself.
    pub(crate) fn resolve(&self, property: &'a Value) -> &'a Value {
        let target = property.get("$ref").and_then(Value::as_str).and_then(|target| target.strip_prefix("#/$defs/"));
        target.and_then(|name| self.definitions?.get(name)).unwrap_or(property)
    }
}

/// Returns whether a schema is that of a reference to a record: the server finds the record by one of its members.
pub(crate) fn is_reference(schema: &Value) -> bool {
    let members = schema.get("properties").and_then(Value::as_object);
    schema.get("x-reference").is_some()
        || members.is_some_and(|members| members.contains_key("id") && members.len() <= MAX_REFERENCE_MEMBERS)
}

/// Returns what is wrong with a value and with everything in it. `path` is its position, empty for the whole body.
pub(crate) fn problems<'a>(types: &Types<'a>, property: &'a Value, value: &Value, path: &str) -> Vec<String> {
    let schema = types.resolve(property);
    let members = schema.get("properties").and_then(Value::as_object);
    match (members, value) {
        // Null clears a value.
        (_, Value::Null) => Vec::new(),
        (Some(members), Value::Object(object)) => object_problems(types, members, object, path),
        (Some(members), _) if is_reference(schema) && (value.is_number() || value.is_string()) => {
            vec![format!("{} is a reference: write {}", subject(path), reference(members, value))]
        }
        _ => match (schema.get("items"), value) {
            (Some(items), Value::Array(values)) => {
                let of_item = |(index, item)| problems(types, items, item, &format!("{path}[{index}]"));
                values.iter().enumerate().flat_map(of_item).collect()
            }
            _ => scalar_problem(schema, value, path).into_iter().collect(),
        },
    }
}

fn object_problems<'a>(
    types: &Types<'a>,
    members: &'a Map<String, Value>,
    object: &Map<String, Value>,
    path: &str,
) -> Vec<String> {
    let title = if path.is_empty() || path.starts_with('[') { types.name } else { path };
    let of_member = |(name, value): (&String, &Value)| match members.get(name) {
        Some(property) => {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            problems(types, property, value, &path)
        }
        // The server sends this one in another case than the document; see the type's description.
        None if members.keys().any(|known| known.eq_ignore_ascii_case(name)) && name == "Sort" => Vec::new(),
        None => unknown_member(members, title, name).into_iter().collect(),
    };
    object.iter().flat_map(of_member).collect()
}

/// Returns the problem with a text, number or boolean, or with a value of another kind.
fn scalar_problem(schema: &Value, value: &Value, path: &str) -> Option<String> {
    let texts = |kind: &str| schema.get(kind).and_then(Value::as_str);
    let number = value.as_str().and_then(|text| text.trim().parse::<f64>().ok()).or_else(|| value.as_f64());
    let expected = match texts("type")? {
        // The server reads numbers in texts.
        "integer" => number.is_none_or(|number| number.fract() != 0.0).then_some("an integer")?,
        "number" => number.is_none().then_some("a number")?,
        "boolean" => {
            let is_boolean = value.is_boolean() || matches!(value.as_str(), Some("true" | "false"));
            (!is_boolean).then_some("true or false")?
        }
        "array" => (!value.is_array()).then_some("an array")?,
        "object" => (!value.is_object()).then_some("an object")?,
        "string" => match value.as_str() {
            None => "a text",
            Some(text) => return text_problem(schema, text, path),
        },
        _ => return None,
    };
    Some(format!("{} is {}: write {expected}", subject(path), name(value)))
}

fn text_problem(schema: &Value, text: &str, path: &str) -> Option<String> {
    let characters = text.chars().count();
    let limit = schema.get("maxLength").and_then(Value::as_u64).and_then(|limit| usize::try_from(limit).ok());
    if let Some(limit) = limit.filter(|limit| characters > *limit) {
        return Some(format!("{} has {characters} characters: write at most {limit}", subject(path)));
    }
    // Observed on live servers: a time with an offset is rejected.
    let is_timestamp = schema.get("format").and_then(Value::as_str) == Some("date-time");
    let time = text.split_once('T').map(|(_, time)| time)?;
    (is_timestamp && time.contains(['+', '-']))
        .then(|| format!("{} is {text:?}: write it in UTC, such as 2026-01-31T12:00:00Z", subject(path)))
}

fn subject(path: &str) -> String {
    if path.is_empty() { "the body".to_owned() } else { format!("`{path}`") }
}

/// Returns the kind of a value for a message.
pub(crate) fn name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// Returns a reference from what was written for it: an id, or a name.
fn reference(members: &Map<String, Value>, value: &Value) -> Value {
    let id = value.as_i64().or_else(|| value.as_str().and_then(|text| text.parse().ok()));
    match (id, value.as_str()) {
        (Some(id), _) => json!({ "id": id }),
        (None, Some(text)) => {
            // References to members and companies have both; people type the identifier.
            let name = if members.contains_key("identifier") { "identifier" } else { "name" };
            json!({ name: text })
        }
        _ => json!({ "id": 1 }),
    }
}

/// Returns an example of a value.
pub(crate) fn example<'a>(types: &Types<'a>, property: &'a Value, name: &str) -> Value {
    let schema = types.resolve(property);
    let text = |key: &str| schema.get(key).and_then(Value::as_str);
    if schema.get("properties").is_some() {
        return if schema.pointer("/properties/id").is_some() { json!({"id": 1}) } else { json!({}) };
    }
    if let Some(known) = schema.get("examples").and_then(|known| known.get(0)) {
        return known.clone();
    }
    match text("type").unwrap_or_default() {
        "integer" | "number" => json!(1),
        "boolean" => json!(true),
        "array" => json!([]),
        "object" => json!({}),
        _ if text("format") == Some("date-time") || schema.get("x-date-as-text").is_some() => {
            json!("2026-01-31T12:00:00Z")
        }
        _ if text("format") == Some("date") => json!("2026-01-31"),
        _ if name == "identifier" => json!("Example"),
        _ => json!("Example text"),
    }
}

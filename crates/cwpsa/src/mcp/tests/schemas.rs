//! Results are valid against the described schemas.

use connectwise_psa::Method;
use connectwise_psa::catalogue::{self, ParameterLocation, ResponseKind};
use connectwise_psa_sim::Seed;
use serde_json::{Value, json};

use super::{Fixture, read_only};
use crate::operations::description::Description;
use crate::operations::id;

/// The number of list operations that are read.
const OPERATIONS: usize = 100;
/// The number of lists with records among them, so that the test compares something.
const WITH_RECORDS: usize = 40;

/// Returns what is wrong with a value. Covers what the schemas of the catalogue use.
fn problem(value: &Value, schema: &Value, root: &Value) -> Option<String> {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = reference.rsplit('/').next().unwrap_or_default();
        return problem(value, &root["$defs"][name], root);
    }
    for name in ["anyOf", "oneOf"] {
        if let Some(alternatives) = schema[name].as_array() {
            let problems: Option<Vec<String>> =
                alternatives.iter().map(|alternative| problem(value, alternative, root)).collect();
            return problems.map(|problems| problems.join("; or "));
        }
    }
    if let Some(parts) = schema["allOf"].as_array() {
        return parts.iter().find_map(|part| problem(value, part, root));
    }
    let kinds: Vec<&str> = match &schema["type"] {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => return None,
    };
    let fits = |kind: &&str| match *kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        _ => value.is_null(),
    };
    if !kinds.iter().any(fits) {
        return Some(format!("{value} is not {kinds:?}"));
    }
    if let (Some(items), Some(elements)) = (schema.get("items"), value.as_array()) {
        return elements.iter().find_map(|element| problem(element, items, root));
    }
    let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    if let Some(missing) = required.filter(|_| value.is_object()).find(|name| value.get(name).is_none()) {
        return Some(format!("{missing} is missing"));
    }
    let fields = value.as_object()?;
    fields.iter().find_map(|(name, field)| {
        problem(field, schema["properties"].get(name)?, root).map(|problem| format!("{name}: {problem}"))
    })
}

#[test]
fn the_validator_finds_problems() {
    let schema = json!({
        "type": "object",
        "properties": {"id": {"type": "integer"}, "board": {"$ref": "#/$defs/Board"}, "tags": {"type": "array", "items": {"type": "string"}}},
        "$defs": {"Board": {"type": "object", "properties": {"name": {"type": ["string", "null"]}}}},
    });
    for (value, is_valid) in [
        (json!({"id": 5, "board": {"name": "x"}, "tags": ["a"]}), true),
        (json!({"id": "5"}), false),
        (json!({"board": {"name": 5}}), false),
        (json!({"tags": [5]}), false),
        (json!([]), false),
    ] {
        assert_eq!(problem(&value, &schema, &schema).is_none(), is_valid, "{value}");
    }
}

#[tokio::test]
async fn records_are_valid_against_the_described_schemas() {
    let fixture = Fixture::with_seed(read_only(), Seed::Demo { scale: 1 }).await;
    let client = fixture.client().await;
    let lists = catalogue::all().filter(|operation| {
        operation.method == Method::Get
            && matches!(operation.response, ResponseKind::Many(_))
            && !operation
                .parameters
                .iter()
                .any(|parameter| parameter.required || parameter.location == ParameterLocation::Path)
    });
    let (mut with_records, mut read) = (0, 0);
    // Each fourth list, so that all sections are among them.
    for (index, operation) in lists.step_by(4).take(OPERATIONS).enumerate() {
        let fields = if index % 2 == 0 { json!(null) } else { json!(["*"]) };
        let name = id::name(operation);
        let result = client.result("read", json!({"id": name, "fields": fields})).await;
        let schema = serde_json::to_value(Description::of(operation)).unwrap()["outputSchema"].clone();
        let problem = problem(&result["records"], &schema, &schema);
        assert_eq!(problem, None, "{name}");
        read += 1;
        with_records += usize::from(result["records"].as_array().is_some_and(|records| !records.is_empty()));
    }
    assert!(read >= 80 && with_records >= WITH_RECORDS, "{with_records} of {read} lists had records");
}

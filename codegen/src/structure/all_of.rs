//! Replaces `allOf`, `anyOf` and `oneOf` where they have one meaning: of one schema, and `allOf` of objects.

use serde_json::{Map, Value, json};

use crate::corrections::notation::describe;
use crate::document::{self, Object, for_each_schema, text};
use crate::structure::UNDECIDED;

const COMBINATIONS: [&str; 3] = ["allOf", "anyOf", "oneOf"];

/// The keywords that describe a type.
const TYPING: [&str; 9] =
    ["$ref", "type", "format", "properties", "items", "additionalProperties", "enum", "allOf", "anyOf"];

/// Returns whether a schema says nothing about the type.
fn is_untyped(schema: &Value) -> bool {
    schema.get("oneOf").is_none() && TYPING.iter().all(|key| schema.get(*key).is_none())
}

/// Returns whether a schema says only that the value can be null.
fn is_null(schema: &Value) -> bool {
    let nullable_only = is_untyped(schema) && schema.get("nullable") == Some(&json!(true));
    nullable_only || schema.get("type") == Some(&json!("null")) || schema.get("enum") == Some(&json!([null]))
}

/// Replaces an `allOf`, `anyOf` or `oneOf` of one schema with that schema. The vendor's tools write nullable references
/// in this way. Schemas that say only that the value can be null do not count.
pub(super) fn collapse_single(document: &mut Value) -> usize {
    let mut collapsed = 0;
    for_each_schema(document, |_, schema| {
        while let Some((keyword, single)) =
            COMBINATIONS.iter().find_map(|keyword| Some((*keyword, single(schema, keyword)?)))
        {
            schema.remove(keyword);
            if single.contains_key("$ref") {
                schema.remove("type");
            }
            schema.extend(single);
            collapsed += 1;
        }
    });
    collapsed
}

/// Returns the only schema of a combination, or `None` if there are several, or if the outer schema describes a type
/// too.
fn single(schema: &Object, keyword: &str) -> Option<Object> {
    let parts = schema.get(keyword)?.as_array()?;
    let says_nothing = |part: &&Value| is_null(part) || (keyword == "allOf" && is_untyped(part));
    let typed: Vec<&Value> = parts.iter().filter(|part| !says_nothing(part)).collect();
    let own = |(key, value): (&String, &Value)| {
        key != keyword
            && (TYPING.contains(&key.as_str()) || key == "oneOf")
            && !(key == "type" && *value == "object")
            && !(key == "additionalProperties" && value.is_boolean())
    };
    if schema.iter().any(own) {
        return None;
    }
    match typed.as_slice() {
        [] => Some(Object::new()),
        [first, others @ ..] if others.iter().all(|other| other == first) => first.as_object().cloned(),
        _ => None,
    }
}

/// Merges the `allOf` of each named schema whose parts are objects. A property that two parts describe with different
/// types is marked.
pub(super) fn merge(document: &mut Value) -> usize {
    let Some(schemas) = document.pointer("/components/schemas").and_then(Value::as_object) else { return 0 };
    let merged: Vec<(String, Object)> = schemas
        .iter()
        .filter_map(|(name, schema)| {
            let schema = schema.as_object().filter(|schema| schema.contains_key("allOf"))?;
            Some((name.clone(), merged(schema, schemas, &mut vec![name])?))
        })
        .collect();
    let count = merged.len();
    if let Some(schemas) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) {
        schemas.extend(merged.into_iter().map(|(name, schema)| (name, Value::Object(schema))));
    }
    count
}

/// Returns a schema with the properties of its `allOf`, or `None` if a part is not an object or contains itself.
fn merged<'a>(schema: &'a Object, schemas: &'a Map<String, Value>, inside: &mut Vec<&'a str>) -> Option<Object> {
    let mut result = schema.clone();
    for key in ["allOf", "discriminator", "properties", "required", "additionalProperties"] {
        result.remove(key);
    }
    let mut properties = Object::new();
    let mut required: Vec<Value> = Vec::new();
    let mut add = |part: &Object| {
        for (name, property) in part.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let value = match properties.get(name) {
                Some(other) if !have_same_type(other, property) => conflict(schemas, name, other, property),
                _ => property.clone(),
            };
            properties.insert(name.clone(), value);
        }
        for name in document::array(part, "required") {
            if !required.contains(name) {
                required.push(name.clone());
            }
        }
    };
    for part in document::array(schema, "allOf").filter_map(Value::as_object) {
        add(&resolved(part, schemas, inside)?);
    }
    if !is_object(schema) {
        return None;
    }
    add(schema);
    result.insert("type".into(), json!("object"));
    result.insert("properties".into(), Value::Object(properties));
    if !required.is_empty() {
        result.insert("required".into(), Value::Array(required));
    }
    Some(result)
}

/// Returns a part of an `allOf` as one object.
fn resolved<'a>(part: &'a Object, schemas: &'a Map<String, Value>, inside: &mut Vec<&'a str>) -> Option<Object> {
    let Some(name) = text(part, "$ref").and_then(document::schema_name) else {
        return if part.contains_key("allOf") {
            merged(part, schemas, inside)
        } else {
            is_object(part).then(|| part.clone())
        };
    };
    if inside.contains(&name) {
        return None;
    }
    inside.push(name);
    let found = schemas.get(name).and_then(Value::as_object).and_then(|schema| resolved(schema, schemas, inside));
    inside.pop();
    found
}

/// Returns whether a schema is an object with known properties, apart from its `allOf`, or says nothing.
fn is_object(schema: &Object) -> bool {
    let is_map = schema.get("additionalProperties").is_some_and(Value::is_object) && !schema.contains_key("properties");
    let other = ["items", "enum", "anyOf", "oneOf", "format"].iter().any(|key| schema.contains_key(*key));
    !is_map && !other && schema.get("type").is_none_or(|json_type| json_type == "object")
}

/// Returns whether two properties have the same type. Other facts, such as a length, may differ.
fn have_same_type(one: &Value, other: &Value) -> bool {
    let typing = |schema: &Value| -> Object {
        let object = schema.as_object().cloned().unwrap_or_default();
        object.into_iter().filter(|(key, _)| TYPING.contains(&key.as_str()) || key == "oneOf").collect()
    };
    typing(one) == typing(other)
}

fn conflict(schemas: &Object, name: &str, one: &Value, other: &Value) -> Value {
    json!({
        "anyOf": [one, other],
        UNDECIDED: format!(
            "two parts of `allOf` have the property `{name}` with different types: {} and {}",
            describe(schemas, one),
            describe(schemas, other)
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(schemas: Value) -> Value {
        let mut document = json!({"paths": {}, "components": {"schemas": schemas}});
        collapse_single(&mut document);
        merge(&mut document);
        document["components"]["schemas"].take()
    }

    fn reference(name: &str) -> Value {
        json!({"$ref": format!("#/components/schemas/{name}")})
    }

    #[test]
    fn a_combination_of_one_schema_becomes_that_schema() {
        for (property, expected) in [
            (
                json!({"allOf": [reference("B")], "description": "d"}),
                json!({"$ref": "#/components/schemas/B", "description": "d"}),
            ),
            (json!({"type": "object", "allOf": [reference("B"), {"description": "d"}]}), reference("B")),
            (json!({"anyOf": [{"type": "string"}, {"type": "null"}]}), json!({"type": "string"})),
            (json!({"oneOf": [{"nullable": true}, {"allOf": [reference("B")]}]}), reference("B")),
            (json!({"oneOf": [reference("B"), reference("B")]}), reference("B")),
            (json!({"allOf": []}), json!({})),
        ] {
            assert_eq!(
                run(json!({"A": {"properties": {"p": property}}}))["A"]["properties"]["p"],
                expected,
                "{property}"
            );
        }
        let several = json!({"anyOf": [reference("A"), reference("B")]});
        assert_eq!(run(json!({"X": {"properties": {"p": several}}}))["X"]["properties"]["p"], several);
    }

    #[test]
    fn all_of_objects_is_merged_through_references() {
        let schemas = run(json!({
            "Base": {"type": "object", "properties": {"id": {"type": "integer"}, "name": {"type": "string"}}, "required": ["id"]},
            "Middle": {"allOf": [reference("Base"), {"properties": {"x": {"type": "boolean"}}, "required": ["id", "x"]}]},
            "Ticket": {"description": "d", "allOf": [reference("Middle")], "properties": {"name": {"type": "string", "maxLength": 9}}}
        }));
        assert_eq!(
            schemas["Ticket"],
            json!({"description": "d", "type": "object", "required": ["id", "x"], "properties": {
                "id": {"type": "integer"}, "name": {"type": "string", "maxLength": 9}, "x": {"type": "boolean"}
            }})
        );
        assert!(schemas["Middle"].get("allOf").is_none());
    }

    #[test]
    fn a_property_with_two_types_is_marked() {
        let schemas = run(json!({"A": {"allOf": [
            {"properties": {"p": {"type": "string"}}}, {"properties": {"p": {"type": "integer"}}}
        ]}}));
        let property = &schemas["A"]["properties"]["p"];
        assert!(property[UNDECIDED].as_str().unwrap().contains("different types: string and long"), "{property}");
    }

    #[test]
    fn other_combinations_are_left_for_a_decision() {
        for parts in [
            json!([reference("A"), {"properties": {}}]),
            json!([{"type": "string"}, {"type": "integer"}]),
            json!([reference("Gone"), {"properties": {}}]),
            json!([{"additionalProperties": {"type": "string"}}, {"properties": {}}]),
        ] {
            let schemas = run(json!({"A": {"allOf": parts}}));
            assert_eq!(schemas["A"]["allOf"], parts);
        }
    }
}

//! Finds parts of a document that have the wrong JSON type, such as a list of parameters that is a string. Those that
//! describe a type or an operation are marked, so that a person decides. Others have no effect and are removed.

use serde_json::{Map, Value, json};

use crate::document::{METHODS, Object, for_each_operation, for_each_schema};
use crate::structure::UNDECIDED;

/// Marks or removes values of a wrong JSON type, and returns their number.
pub(super) fn mark(document: &mut Value) -> usize {
    let mut found = mark_paths(document);
    for_each_operation(document, |_, _, operation| found += mark_in_operation(operation));
    if let Some(schemas) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) {
        schemas.values_mut().for_each(|schema| found += object_or_undecided(schema));
    }
    for_each_schema(document, |_, schema| found += mark_in_schema(schema));
    found
}

/// Marks paths and operations that are not objects. A path without any operation gets one that a correction can name.
fn mark_paths(document: &mut Value) -> usize {
    let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) else { return 0 };
    let mut found = 0;
    for (_, item) in paths.iter_mut().filter(|(path, _)| !path.starts_with("x-")) {
        let Some(object) = item.as_object_mut() else {
            found += 1;
            *item = json!({"get": {UNDECIDED: "the path is not a JSON object"}});
            continue;
        };
        let has_list = object.get("parameters").is_none_or(Value::is_array);
        for method in METHODS {
            let Some(operation) = object.get_mut(method) else { continue };
            if !operation.is_object() {
                *operation = json!({UNDECIDED: "the operation is not a JSON object"});
                found += 1;
            } else if !has_list {
                operation[UNDECIDED] = json!("the parameters of the path are not a list");
                found += 1;
            }
        }
        if !has_list {
            object.remove("parameters");
        }
    }
    found
}

fn mark_in_operation(operation: &mut Object) -> usize {
    let mut found = retain(operation, |key, value| match key {
        "tags" => value.is_array(),
        "operationId" | "summary" | "description" => value.is_string(),
        "deprecated" => value.is_boolean(),
        _ => true,
    });
    if let Some(tags) = operation.get_mut("tags").and_then(Value::as_array_mut) {
        let before = tags.len();
        tags.retain(Value::is_string);
        found += before - tags.len();
    }
    match operation.get_mut("parameters") {
        Some(Value::Array(parameters)) => {
            // A parameter without a name is marked later.
            for parameter in parameters.iter_mut().filter(|parameter| !parameter.is_object()) {
                *parameter = json!({});
                found += 1;
            }
        }
        Some(_) => {
            operation.remove("parameters");
            operation.insert(UNDECIDED.into(), json!("its parameters are not a list"));
            found += 1;
        }
        None => {}
    }
    if let Some(body) = operation.get_mut("requestBody") {
        found += mark_in_body(body);
        if body.as_object().is_some_and(|body| !body.contains_key("$ref") && !body.contains_key("content")) {
            // A body without content is not a body.
            operation.remove("requestBody");
            found += 1;
        }
    }
    // An operation without responses is a decision.
    if operation.get("responses").is_some_and(|responses| !responses.is_object()) {
        operation.remove("responses");
        found += 1;
    }
    for (_, response) in operation
        .get_mut("responses")
        .and_then(Value::as_object_mut)
        .into_iter()
        .flatten()
        .filter(|(status, _)| !status.starts_with("x-"))
    {
        found += mark_in_body(response);
    }
    found
}

/// A reference that leads nowhere. A body or response that is not an object becomes one.
const NOTHING: &str = "#/nothing";

fn mark_in_body(body: &mut Value) -> usize {
    let Some(object) = body.as_object_mut() else {
        *body = json!({"$ref": NOTHING});
        return 1;
    };
    let mut found = retain(object, |key, value| match key {
        "content" => value.as_object().is_none_or(|content| !content.is_empty()),
        "description" => value.is_string(),
        "required" => value.is_boolean(),
        _ => true,
    });
    let is_wrong = |key: &str, fits: fn(&Value) -> bool| object.get(key).is_some_and(|value| !fits(value));
    if is_wrong("content", Value::is_object) || is_wrong("$ref", Value::is_string) {
        *body = json!({"$ref": NOTHING});
        return found + 1;
    }
    for media in object.get_mut("content").and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut) {
        if !media.is_object() {
            *media = json!({"schema": undecided("its media type is not a JSON object")});
            found += 1;
        }
        if let Some(schema) = media.get_mut("schema") {
            found += object_or_undecided(schema);
        }
    }
    found
}

/// Marks a schema whose type is not clear, and removes keywords that do not describe a type. The schemas inside it are
/// checked on their own.
fn mark_in_schema(schema: &mut Object) -> usize {
    let mut found = 0;
    // OpenAPI 3.1 writes `nullable` in this way.
    if let Some(types) = schema.get("type").and_then(Value::as_array) {
        let is_type = |json_type: &&Value| json_type.is_string() && **json_type != "null";
        let others: Vec<Value> = types.iter().filter(is_type).cloned().collect();
        schema.remove("type");
        found += 1;
        match others.as_slice() {
            [] => {}
            [only] => drop(schema.insert("type".into(), only.clone())),
            // A person has to choose.
            several => {
                let alternatives: Vec<Value> = several.iter().map(|json_type| json!({"type": json_type})).collect();
                schema.insert("anyOf".into(), Value::Array(alternatives));
            }
        }
    }
    let wrong = schema.iter().find(|(key, value)| match key.as_str() {
        "$ref" | "type" => !value.is_string(),
        "properties" => !value.is_object(),
        "enum" | "allOf" | "anyOf" | "oneOf" => !value.is_array(),
        // Some tools write `required: true` into a property, where it has no effect.
        "required" => !value.is_array() && !value.is_boolean(),
        "additionalProperties" => !value.is_object() && !value.is_boolean(),
        _ => false,
    });
    if let Some((key, _)) = wrong {
        let reason = format!("its keyword `{key}` has a value of the wrong JSON type");
        *schema = undecided(&reason).as_object().cloned().unwrap_or_default();
        return found + 1;
    }
    found += retain(schema, |key, value| match key {
        "format" | "description" | "title" => value.is_string(),
        "required" => value.is_array(),
        "enum" => value.as_array().is_some_and(|values| !values.is_empty()),
        "nullable" | "readOnly" | "writeOnly" | "deprecated" => value.is_boolean(),
        "maxLength" => value.is_u64(),
        // A constraint that no type expresses.
        "not" => false,
        _ => true,
    });
    for property in schema.get_mut("properties").and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut) {
        found += object_or_undecided(property);
    }
    if let Some(items) = schema.get_mut("items") {
        found += object_or_undecided(items);
    }
    for key in ["allOf", "anyOf", "oneOf"] {
        for part in schema.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten() {
            found += object_or_undecided(part);
        }
    }
    found
}

/// Adds the type that properties, items and values imply.
pub(super) fn add_missing_types(document: &mut Value) -> usize {
    let mut changed = 0;
    for_each_schema(document, |_, schema| {
        if schema.contains_key("type")
            || ["$ref", "allOf", "anyOf", "oneOf"].iter().any(|key| schema.contains_key(*key))
        {
            return;
        }
        let all_values = |fits: fn(&Value) -> bool| {
            let values = schema.get("enum").and_then(Value::as_array);
            values.is_some_and(|values| values.iter().all(|value| fits(value) || value.is_null()))
        };
        let implied = if schema.contains_key("properties") {
            "object"
        } else if schema.contains_key("items") {
            "array"
        } else if schema.get("additionalProperties").is_some_and(Value::is_object) {
            "object"
        } else if all_values(Value::is_string) {
            "string"
        } else if all_values(Value::is_boolean) {
            "boolean"
        } else if all_values(Value::is_number) {
            "number"
        } else {
            match schema.get("format").and_then(Value::as_str) {
                Some("int32" | "int64") => "integer",
                Some("float" | "double") => "number",
                Some("date" | "date-time" | "uuid" | "binary") => "string",
                _ => return,
            }
        };
        schema.insert("type".into(), json!(implied));
        changed += 1;
    });
    changed
}

/// Removes formats that do not fit the type, and formats without a type.
pub(super) fn remove_other_formats(document: &mut Value) -> usize {
    let mut removed = 0;
    for_each_schema(document, |_, schema| {
        let Some(format) = schema.get("format").and_then(Value::as_str) else { return };
        let is_of_a_number = ["int32", "int64", "float", "double"].contains(&format);
        let fits = match schema.get("type").and_then(Value::as_str) {
            Some("integer" | "number") => is_of_a_number,
            Some("string") => !is_of_a_number,
            _ => false,
        };
        if !fits {
            schema.remove("format");
            removed += 1;
        }
    });
    removed
}

/// Removes the values of enums of booleans and numbers, because they have no names, and of enums without a value.
pub(super) fn remove_unnamed_values(document: &mut Value) -> usize {
    let mut removed = 0;
    for_each_schema(document, |_, schema| {
        let Some(values) = schema.get("enum").and_then(Value::as_array) else { return };
        let fits = |value: &Value| match schema.get("type").and_then(Value::as_str) {
            Some("integer" | "number") => value.is_number() || value.is_null(),
            Some("boolean") => value.is_boolean() || value.is_null(),
            _ => value.is_null(),
        };
        if values.iter().all(fits) {
            schema.remove("enum");
            removed += 1;
        }
    });
    removed
}

/// Marks a schema that is not an object.
fn object_or_undecided(schema: &mut Value) -> usize {
    if schema.is_object() {
        return 0;
    }
    *schema = undecided("it is not a JSON object, and therefore not a schema");
    1
}

/// Returns a schema that a person has to decide. Corrections describe it as a type that does not exist.
fn undecided(reason: &str) -> Value {
    json!({"type": "not a schema", UNDECIDED: reason})
}

fn retain(object: &mut Object, mut keep: impl FnMut(&str, &Value) -> bool) -> usize {
    let before = object.len();
    object.retain(|key, value| keep(key, value));
    before - object.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn properties(properties: Value) -> Value {
        json!({"paths": {}, "components": {"schemas": {"A": {"type": "object", "properties": properties}}}})
    }

    #[test]
    fn missing_types_are_added() {
        let mut document = properties(json!({
            "a": {"properties": {"x": {"type": "string"}}}, "b": {"items": {"type": "string"}}, "c": {"enum": ["x", null]},
            "d": {"additionalProperties": {"type": "string"}}, "e": {"enum": [true]}, "f": {"enum": [1, 2.5]}, "g": {"format": "odd"}, "h": {"enum": ["x", 1]}, "i": {"format": "int32"}
        }));
        assert_eq!(add_missing_types(&mut document), 7);
        assert_eq!(remove_other_formats(&mut document), 1);
        let types: Vec<_> = "abcdefghi"
            .chars()
            .map(|name| document["components"]["schemas"]["A"]["properties"][name.to_string()]["type"].clone())
            .collect();
        assert_eq!(
            json!(types),
            json!(["object", "array", "string", "object", "boolean", "number", null, null, "integer"])
        );
    }

    #[test]
    fn values_without_a_name_are_removed() {
        let mut document = properties(json!({
            "a": {"type": "integer", "enum": [1, 2, null]}, "b": {"type": "boolean", "enum": [true]}, "c": {"type": "string", "enum": [null]},
            "d": {"type": "string", "enum": ["x"]}, "e": {"type": "integer", "enum": ["x"]}
        }));
        assert_eq!(remove_unnamed_values(&mut document), 3);
        assert_eq!(document["components"]["schemas"]["A"]["properties"]["c"], json!({"type": "string"}));
    }

    #[test]
    fn values_of_a_wrong_json_type_are_marked_or_removed() {
        let mut document = json!({
            "paths": {"/a": {"get": [], "parameters": "x", "post": {
                "operationId": 5, "tags": ["T", 1], "parameters": [7, {"name": "p"}], "requestBody": {"content": {}},
                "responses": {"200": {"content": {"application/json": null}}, "201": "ok"}
            }}, "/b": null, "/c": {"get": {"parameters": {}, "responses": [], "requestBody": 3}}},
            "components": {"schemas": {"A": true, "B": {
                "type": ["string", "null"], "format": 1, "maxLength": "9", "enum": [], "not": {}, "required": true,
                "properties": {"p": true, "q": {"required": "q"}, "r": {"type": ["string", "integer"]}}, "items": []
            }}}
        });
        assert_eq!(mark(&mut document), 24);
        let is_marked = |pointer: &str| {
            document.pointer(pointer).and_then(|value| value.get(UNDECIDED)).is_some_and(Value::is_string)
        };
        for pointer in [
            "/paths/~1a/get",
            "/paths/~1a/post",
            "/paths/~1a/post/responses/200/content/application~1json/schema",
            "/paths/~1b/get",
            "/paths/~1c/get",
            "/components/schemas/A",
            "/components/schemas/B/properties/p",
            "/components/schemas/B/properties/q",
            "/components/schemas/B/items",
        ] {
            assert!(is_marked(pointer), "{pointer}: {document:#}");
        }
        assert_eq!(document["paths"]["/a"]["post"]["responses"]["201"], json!({"$ref": NOTHING}));
        assert_eq!(document["paths"]["/c"]["get"]["requestBody"], json!({"$ref": NOTHING}));
        assert_eq!(
            document["components"]["schemas"]["B"]["properties"]["r"],
            json!({"anyOf": [{"type": "string"}, {"type": "integer"}]})
        );
        assert_eq!(mark(&mut document), 0);
    }
}

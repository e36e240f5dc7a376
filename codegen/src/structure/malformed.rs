//! Removes parts of a document that have the wrong JSON type, such as a list of parameters that is a string. They
//! describe nothing.

use serde_json::{Map, Value, json};

use crate::document::{METHODS, Object, for_each_operation, for_each_schema};

/// Removes values of a wrong JSON type, and returns their number.
pub(super) fn remove(document: &mut Value) -> usize {
    let mut removed = remove_path_items(document);
    for_each_operation(document, |_, _, operation| removed += remove_from_operation(operation));
    if let Some(schemas) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) {
        schemas.values_mut().for_each(|schema| removed += object_or_any(schema));
    }
    for_each_schema(document, |_, schema| removed += remove_from_schema(schema));
    removed
}

fn remove_path_items(document: &mut Value) -> usize {
    let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) else { return 0 };
    let mut removed = retain(paths, |name, item| item.is_object() || name.starts_with("x-"));
    for item in paths.values_mut().filter_map(Value::as_object_mut) {
        removed += retain(item, |key, value| match key {
            "parameters" => value.is_array(),
            key => !METHODS.contains(&key) || value.is_object(),
        });
    }
    removed
}

fn remove_from_operation(operation: &mut Object) -> usize {
    let mut removed = retain(operation, |key, value| match key {
        "parameters" | "tags" => value.is_array(),
        "requestBody" | "responses" => value.is_object(),
        "operationId" | "summary" | "description" => value.is_string(),
        "deprecated" => value.is_boolean(),
        _ => true,
    });
    for (key, fits) in
        [("parameters", Value::is_object as fn(&Value) -> bool), ("tags", Value::is_string as fn(&Value) -> bool)]
    {
        if let Some(elements) = operation.get_mut(key).and_then(Value::as_array_mut) {
            let before = elements.len();
            elements.retain(fits);
            removed += before - elements.len();
        }
    }
    if let Some(body) = operation.get_mut("requestBody").and_then(Value::as_object_mut) {
        removed += remove_from_body(body);
        removed += retain(body, |key, value| key != "required" || value.is_boolean());
    }
    // A body without content is not a body.
    if operation.get("requestBody").is_some_and(|body| body.get("$ref").is_none() && body.get("content").is_none()) {
        operation.remove("requestBody");
        removed += 1;
    }
    if let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) {
        removed += retain(responses, |key, response| response.is_object() || key.starts_with("x-"));
        for response in responses.values_mut().filter_map(Value::as_object_mut) {
            removed += remove_from_body(response);
        }
    }
    removed
}

fn remove_from_body(body: &mut Object) -> usize {
    let mut removed = retain(body, |key, value| match key {
        "content" => value.as_object().is_some_and(|content| !content.is_empty()),
        "$ref" | "description" => value.is_string(),
        _ => true,
    });
    for media in body.get_mut("content").and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut) {
        removed += object_or_any(media);
        if let Some(schema) = media.get_mut("schema") {
            removed += object_or_any(schema);
        }
    }
    removed
}

/// Removes values of a wrong JSON type from a schema. The schemas inside it are checked on their own.
fn remove_from_schema(schema: &mut Object) -> usize {
    let mut removed = 0;
    // OpenAPI 3.1 writes `nullable` in this way.
    if let Some(types) = schema.get("type").and_then(Value::as_array) {
        let others: Vec<Value> =
            types.iter().filter(|json_type| json_type.is_string() && **json_type != "null").cloned().collect();
        schema.remove("type");
        removed += 1;
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
    removed += retain(schema, |key, value| match key {
        "$ref" | "type" | "format" | "description" | "title" => value.is_string(),
        "properties" => value.is_object(),
        "enum" => value.as_array().is_some_and(|values| !values.is_empty()),
        "required" | "allOf" | "anyOf" | "oneOf" => value.is_array(),
        "nullable" | "readOnly" | "writeOnly" | "deprecated" => value.is_boolean(),
        "maxLength" => value.is_u64(),
        "additionalProperties" => value.is_object() || value.is_boolean(),
        // A constraint that no type expresses.
        "not" => false,
        _ => true,
    });
    for property in schema.get_mut("properties").and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut) {
        removed += object_or_any(property);
    }
    if let Some(items) = schema.get_mut("items") {
        removed += object_or_any(items);
    }
    for key in ["allOf", "anyOf", "oneOf"] {
        for part in schema.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten() {
            removed += object_or_any(part);
        }
    }
    removed
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

/// Replaces a value that is not an object with the empty object: any JSON.
fn object_or_any(value: &mut Value) -> usize {
    if value.is_object() {
        return 0;
    }
    *value = json!({});
    1
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
    fn values_of_a_wrong_json_type_are_removed() {
        let mut document = json!({
            "paths": {"/a": {"get": [], "parameters": "x", "post": {
                "operationId": 5, "tags": ["T", 1], "parameters": [7, {"name": "p"}], "requestBody": {"content": {}},
                "responses": {"200": {"content": {"application/json": null}}, "201": "ok"}
            }}, "/b": null},
            "components": {"schemas": {"A": true, "B": {
                "type": ["string", "null"], "format": 1, "maxLength": "9", "enum": [], "not": {}, "properties": {"p": true},
                "items": [], "allOf": {}
            }}}
        });
        assert_eq!(remove(&mut document), 19);
        assert_eq!(
            document,
            json!({
                "paths": {"/a": {"post": {
                    "tags": ["T"], "parameters": [{"name": "p"}], "responses": {"200": {"content": {"application/json": {}}}}
                }}},
                "components": {"schemas": {"A": {}, "B": {"type": "string", "properties": {"p": {}}, "items": {}}}}
            })
        );
        assert_eq!(remove(&mut document), 0);
    }
}

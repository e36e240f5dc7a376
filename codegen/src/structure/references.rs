//! Follows references to paths, parameters, bodies and responses, also those from one reference to another.

use serde_json::{Value, json};

use crate::document::{METHODS, Object, array, for_each_operation, for_each_schema, text};
use crate::structure::UNDECIDED;

/// Returns what a `$ref` leads to, through any number of further references. The error is the reference that leads
/// nowhere or to itself.
fn follow<'a>(document: &'a Value, reference: &str) -> Result<&'a Value, String> {
    let mut seen: Vec<String> = Vec::new();
    let mut next = reference.to_owned();
    loop {
        let found = next.strip_prefix('#').and_then(|pointer| document.pointer(&decoded(pointer)));
        let (Some(found), false) = (found, seen.contains(&next)) else { return Err(next) };
        let Some(further) = found.get("$ref").and_then(Value::as_str) else { return Ok(found) };
        seen.push(std::mem::replace(&mut next, further.to_owned()));
    }
}

/// Returns a JSON pointer without the escapes of URLs.
fn decoded(pointer: &str) -> String {
    pointer.replace("%7B", "{").replace("%7D", "}").replace("%20", " ")
}

/// Replaces a path with a `$ref` by the path that it leads to. A path whose description is in another document has no
/// operations and is removed.
pub(super) fn copy_paths(document: &mut Value) -> usize {
    let whole = document.clone();
    let mut copied = 0;
    let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) else { return 0 };
    for item in paths.values_mut().filter_map(Value::as_object_mut) {
        let Some(reference) = text(item, "$ref").map(str::to_owned) else { continue };
        item.remove("$ref");
        copied += 1;
        if let Ok(found) = follow(&whole, &reference) {
            for (key, value) in found.as_object().into_iter().flatten() {
                item.entry(key.clone()).or_insert_with(|| value.clone());
            }
        }
    }
    paths.retain(|_, item| item.as_object().is_some_and(|item| !item.is_empty()));
    copied
}

/// Copies shared and path-level parameters to each operation. The operation's own parameters take precedence. A
/// parameter without a name gets one and is marked. A `$ref` that leads nowhere stays.
pub(super) fn copy_parameters(document: &mut Value) -> usize {
    let whole = json!({"components": {"parameters": document.pointer("/components/parameters")}, "paths": document.get("paths")});
    let mut copied = 0;
    let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) else { return 0 };
    for (path, item) in paths.iter_mut() {
        let Some(item) = item.as_object_mut() else { continue };
        let of_path: Vec<Value> =
            item.remove("parameters").and_then(|parameters| parameters.as_array().cloned()).unwrap_or_default();
        for method in METHODS {
            let Some(operation) = item.get_mut(method).and_then(Value::as_object_mut) else { continue };
            let own: Vec<Value> = array(operation, "parameters").cloned().collect();
            let mut all: Vec<Value> = Vec::new();
            for parameter in own.into_iter().chain(of_path.iter().cloned()) {
                let mut parameter = match parameter.get("$ref").and_then(Value::as_str) {
                    None => parameter,
                    Some(reference) => match follow(&whole, reference) {
                        Ok(found) => {
                            copied += 1;
                            found.clone()
                        }
                        // `decisions` reports it.
                        Err(_) => {
                            all.push(parameter);
                            continue;
                        }
                    },
                };
                complete(path, &mut parameter, all.len());
                let key = |parameter: &Value| (parameter.get("name").cloned(), parameter.get("in").cloned());
                if !all.iter().any(|existing| key(existing) == key(&parameter)) {
                    all.push(parameter);
                }
            }
            operation.insert("parameters".into(), Value::Array(all));
        }
    }
    if let Some(components) = document.get_mut("components").and_then(Value::as_object_mut) {
        components.remove("parameters");
    }
    copied
}

/// Adds what every parameter needs: a name, a place and a schema. Marks the parameter if it had no name.
fn complete(path: &str, parameter: &mut Value, index: usize) {
    let Some(parameter) = parameter.as_object_mut() else { return };
    if text(parameter, "name").is_none_or(str::is_empty) {
        parameter.insert("name".into(), json!(format!("parameter{}", index + 1)));
        parameter.insert(UNDECIDED.into(), json!(format!("the parameter with the index {index} has no name")));
    }
    let name = text(parameter, "name").unwrap_or_default();
    if text(parameter, "in").is_none() {
        let location = if path.contains(&format!("{{{name}}}")) { "path" } else { "query" };
        parameter.insert("in".into(), json!(location));
    }
    if !parameter.contains_key("content") && !parameter.get("schema").is_some_and(Value::is_object) {
        parameter.insert("schema".into(), json!({"type": "string"}));
    }
}

/// Replaces each `$ref` to a shared body or response with what it leads to. One that leads nowhere stays.
pub(super) fn copy_bodies(document: &mut Value) -> usize {
    let whole = json!({"components": document.get("components"), "paths": document.get("paths")});
    let mut copied = 0;
    for_each_operation(document, |_, _, operation| {
        let mut copy = |value: &mut Value| {
            let found = value.get("$ref").and_then(Value::as_str).and_then(|reference| follow(&whole, reference).ok());
            if let Some(found) = found.filter(|found| is_body(found)) {
                *value = found.clone();
                copied += 1;
            }
        };
        if let Some(body) = operation.get_mut("requestBody") {
            copy(body);
        }
        if let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) {
            responses.values_mut().for_each(copy);
        }
    });
    copied
}

/// Returns whether a value is a body or a response. A reference can lead to something else, such as a schema.
fn is_body(value: &Value) -> bool {
    value.get("content").is_some_and(Value::is_object)
        || (value.is_object() && value.get("description").is_some() && value.get("type").is_none())
}

/// Removes the keywords next to a `$ref` that OpenAPI 3.0 ignores: those that describe a type.
pub(super) fn remove_ignored_keywords(document: &mut Value) -> usize {
    const IGNORED: [&str; 9] =
        ["type", "format", "properties", "items", "additionalProperties", "enum", "required", "allOf", "maxLength"];
    let mut removed = 0;
    for_each_schema(document, |_, schema| {
        if schema.contains_key("$ref") {
            removed += remove_keys(schema, &IGNORED) + remove_keys(schema, &["anyOf", "oneOf"]);
        }
    });
    removed
}

fn remove_keys(object: &mut Object, keys: &[&str]) -> usize {
    keys.iter().filter(|key| object.remove(**key).is_some()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_to_references_are_followed_and_cycles_end() {
        let document = json!({"components": {"responses": {
            "A": {"$ref": "#/components/responses/B"}, "B": {"$ref": "#/components/responses/C"}, "C": {"content": 1},
            "D": {"$ref": "#/components/responses/E"}, "E": {"$ref": "#/components/responses/D"}
        }}});
        assert_eq!(follow(&document, "#/components/responses/A"), Ok(&json!({"content": 1})));
        assert_eq!(follow(&document, "#/components/responses/D"), Err("#/components/responses/D".into()));
        assert_eq!(follow(&document, "other.json#/A"), Err("other.json#/A".into()));
    }

    #[test]
    fn a_path_is_copied_from_the_path_that_it_refers_to() {
        let mut document = json!({"paths": {
            "/a/{id}": {"get": {"operationId": "getA"}}, "/b": {"$ref": "#/paths/~1a~1%7Bid%7D"}, "/c": {"$ref": "paths.json#/c"}
        }});
        assert_eq!(copy_paths(&mut document), 2);
        assert_eq!(document["paths"]["/b"], json!({"get": {"operationId": "getA"}}));
        assert!(document["paths"].get("/c").is_none());
    }

    #[test]
    fn parameters_are_copied_and_the_own_parameters_take_precedence() {
        let mut document = json!({
            "paths": {"/a/{y}": {
                "parameters": [{"name": "x", "in": "query", "schema": {}}, {"$ref": "#/components/parameters/Y"}],
                "get": {"parameters": [{"name": "x", "in": "query", "schema": {"type": "integer"}}, {"$ref": "#/components/parameters/Z"}, {"schema": {}}]}
            }},
            "components": {"parameters": {
                "Y": {"$ref": "#/components/parameters/Y2"}, "Y2": {"name": "y", "schema": {}}
            }}
        });
        assert_eq!(copy_parameters(&mut document), 1);
        let parameters = document["paths"]["/a/{y}"]["get"]["parameters"].as_array().unwrap();
        let named: Vec<_> = parameters
            .iter()
            .map(|parameter| (&parameter["name"], &parameter["in"], parameter.get(UNDECIDED).is_some()))
            .collect();
        let expected =
            [json!(["x", "query"]), json!([null, null]), json!(["parameter3", "query"]), json!(["y", "path"])];
        let found: Vec<Value> = named.iter().map(|(name, location, _)| json!([name, location])).collect();
        assert_eq!(found, expected);
        assert!(named[2].2 && !named[0].2);
    }

    #[test]
    fn bodies_are_copied_and_missing_ones_stay() {
        let mut document = json!({"paths": {"/a": {"post": {
                "requestBody": {"$ref": "#/components/requestBodies/B"},
                "responses": {"200": {"$ref": "#/components/responses/R"}, "201": {"$ref": "#/components/responses/Gone"}}
            }}},
            "components": {"requestBodies": {"B": {"content": {"a": 1}}}, "responses": {"R": {"content": {"a": 2}}}}});
        assert_eq!(copy_bodies(&mut document), 2);
        let operation = &document["paths"]["/a"]["post"];
        assert_eq!(
            (&operation["requestBody"]["content"], &operation["responses"]["200"]["content"]),
            (&json!({"a": 1}), &json!({"a": 2}))
        );
        assert_eq!(operation["responses"]["201"], json!({"$ref": "#/components/responses/Gone"}));
    }

    #[test]
    fn only_facts_remain_next_to_a_reference() {
        let mut document = json!({"components": {"schemas": {"A": {"properties": {"b": {
            "$ref": "#/components/schemas/B", "type": "object", "properties": {"x": {}}, "description": "Required On Updates", "readOnly": true
        }}}}}});
        assert_eq!(remove_ignored_keywords(&mut document), 2);
        assert_eq!(
            document["components"]["schemas"]["A"]["properties"]["b"],
            json!({"$ref": "#/components/schemas/B", "description": "Required On Updates", "readOnly": true})
        );
    }
}

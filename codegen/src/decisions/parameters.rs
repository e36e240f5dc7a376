//! Parameters that the bindings cannot send: headers and cookies, values that do not fit a URL, and parameters of the
//! path that are missing or superfluous.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::corrections::{Change, ParameterCorrection};
use crate::decisions::{Corrected, named, target};
use crate::document::{self, Object, for_each_operation, text};
use crate::model::references;
use crate::normalise::parameters::LIST_PARAMETERS;
use crate::normalise::paths::corrected as corrected_template;
use crate::paste::Paste;
use crate::problem::Problems;
use crate::structure::UNDECIDED;

/// Reports parameters that the bindings cannot send, and removes them. Adds missing parameters of the path.
pub(super) fn decide(document: &mut Value, corrected: &Corrected<'_>, problems: &mut Problems) {
    let schemas = document.pointer("/components/schemas").and_then(Value::as_object).cloned().unwrap_or_default();
    for_each_operation(document, |path, method, operation| {
        let label = document::operation_label(path, method, operation);
        let target = target(path, method, operation);
        let has_body = operation.contains_key("requestBody");
        let template = corrected_template(path).map(|(template, _)| template).unwrap_or_default();
        let in_template: BTreeSet<&str> = document::template_parameters(&template).collect();
        let Some(parameters) = operation.get_mut("parameters").and_then(Value::as_array_mut) else { return };
        // A routing constraint of the path can be part of the name.
        let bare_name = |parameter: &Object| name_of(parameter).split(':').next().unwrap_or_default().to_owned();
        let is_in_path = |parameter: &Object| {
            text(parameter, "in") == Some("path") && in_template.contains(bare_name(parameter).as_str())
        };
        let declared: BTreeSet<String> =
            parameters.iter().filter_map(Value::as_object).filter(|own| is_in_path(own)).map(bare_name).collect();
        parameters.retain_mut(|whole| {
            let Some(parameter) = whole.as_object() else { return false };
            let (bare, in_path) = (bare_name(parameter), is_in_path(parameter));
            let Some(message) = fault(parameter, in_path, method, has_body, &schemas) else { return true };
            // The decision about a missing parameter of the path is about this one too.
            let is_misplaced = in_template.contains(bare.as_str()) && !declared.contains(&bare);
            let is_undecided = refers_to_decided(parameter, &schemas, corrected);
            if !is_misplaced && !is_undecided {
                let choices = choices(corrected, &target, &message, parameter, in_path);
                problems.decide(&label, message, "give it a type that fits a URL, or remove it", choices);
            }
            if in_path {
                *whole = json!({"name": bare, "in": "path", "required": true, "schema": {"type": "string"}});
            }
            in_path
        });
        let missing: Vec<&&str> = in_template.iter().filter(|name| !declared.contains(**name)).collect();
        for name in missing {
            let message = format!("the parameter `{{{name}}}` of the path is not declared");
            let added =
                |json_type: &str| corrected.paste(&target, &message, &parameter_change(name, "path", json_type, true));
            let choices = if name.to_ascii_lowercase().ends_with("id") {
                [added("integer"), added("string")]
            } else {
                [added("string"), added("integer")]
            };
            problems.decide(&label, message.clone(), "declare it", choices);
        }
        let undeclared: Vec<Value> = in_template
            .iter()
            .filter(|name| !declared.contains(**name))
            .map(|name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}}))
            .collect();
        parameters.extend(undeclared);
    });
}

/// Returns why the bindings cannot send a parameter.
fn fault(
    parameter: &Object,
    in_path: bool,
    method: &str,
    has_body: bool,
    schemas: &Map<String, Value>,
) -> Option<String> {
    let name = name_of(parameter);
    if let Some(reference) = text(parameter, "$ref") {
        return Some(format!("a parameter is a $ref to `{reference}`, which does not exist"));
    }
    if let Some(reason) = text(parameter, UNDECIDED) {
        return Some(reason.to_owned());
    }
    match text(parameter, "in").unwrap_or_default() {
        "header" if name.eq_ignore_ascii_case("clientId") => return None,
        "query" | "path" => {}
        location => {
            return Some(format!("the parameter `{name}` is in the {location}, which the bindings cannot send"));
        }
    }
    // These become one parameter with a type of its own.
    if method == "get" && LIST_PARAMETERS.contains(&name) {
        return None;
    }
    if let Some(style) = text(parameter, "style").filter(|style| !["form", "simple"].contains(style)) {
        return Some(format!("the parameter `{name}` has the style {style}, which the bindings cannot send"));
    }
    if parameter.contains_key("content") {
        return Some(format!("the parameter `{name}` is JSON, which the bindings cannot send in a URL"));
    }
    let schema = parameter.get("schema").cloned().unwrap_or_default();
    let is_reference = schema.get("$ref").is_some();
    // The rule `move_out_of_path` makes it the body.
    if text(parameter, "in") == Some("path") && !in_path && is_reference && method != "get" {
        return has_body.then(|| format!("the parameter `{name}` is an object, but the operation already has a body"));
    }
    (!fits_a_url(&schema, schemas, in_path))
        .then(|| format!("the parameter `{name}` is not a text, a number, a boolean, an enum or an object of these"))
}

/// Returns whether a parameter refers to a schema that has a decision of its own. The parameter may fit a URL after it.
fn refers_to_decided(parameter: &Object, schemas: &Map<String, Value>, corrected: &Corrected<'_>) -> bool {
    let mut pending = Vec::new();
    let mut seen = BTreeSet::new();
    parameter.get("schema").into_iter().for_each(|schema| references(schema, &mut pending));
    while let Some(name) = pending.pop() {
        if !seen.insert(name) {
            continue;
        }
        if schemas.get(name) != corrected.schemas().get(name) {
            return true;
        }
        schemas.get(name).into_iter().for_each(|schema| references(schema, &mut pending));
    }
    false
}

/// Returns whether a schema can be sent in a URL: a string, a number, a boolean, an enum or, in the query, an object
/// with such properties.
fn fits_a_url(schema: &Value, schemas: &Map<String, Value>, nested: bool) -> bool {
    let mut schema = schema;
    let mut named = None;
    // A chain of references that is longer than the number of schemas leads to itself.
    for _ in 0..=schemas.len() {
        let name = schema.get("$ref").and_then(Value::as_str).and_then(document::schema_name);
        let Some((name, next)) = name.and_then(|name| Some((name, schemas.get(name)?))) else { break };
        (named, schema) = (Some(name), next);
    }
    match schema.get("type").and_then(Value::as_str) {
        Some("string" | "integer" | "number" | "boolean") => !document::is_binary(schema),
        Some("object") if !nested => {
            let properties = schema.get("properties").and_then(Value::as_object);
            // A reference becomes a type of core, which is not an object of the query.
            let is_reference = named.is_some_and(|name| name.ends_with("Reference"))
                && properties.is_some_and(|properties| properties.contains_key("id"));
            !is_reference
                && properties.is_some_and(|properties| {
                    !properties.is_empty() && properties.values().all(|property| fits_a_url(property, schemas, true))
                })
        }
        _ => false,
    }
}

/// Returns the name of a parameter, or of one whose `$ref` leads nowhere.
fn name_of(parameter: &Object) -> &str {
    let reference = || text(parameter, "$ref")?.rsplit('/').next();
    text(parameter, "name").or_else(reference).unwrap_or_default()
}

/// Returns the lines that make a parameter a text, or remove it.
fn choices(corrected: &Corrected<'_>, target: &str, message: &str, parameter: &Object, in_path: bool) -> Vec<Paste> {
    let name = name_of(parameter);
    let is_required = parameter.get("required") == Some(&json!(true));
    let location = if in_path { "path" } else { "query" };
    let changed = corrected.paste(target, message, &parameter_change(name, location, "string", is_required || in_path));
    let removed = corrected.paste(target, message, &Change::RemoveParameter(name.to_owned()));
    match text(parameter, "in") {
        _ if in_path => vec![changed],
        // The name that the import gave to it is not that of the server.
        _ if parameter.contains_key(UNDECIDED) => vec![removed],
        None | Some("query" | "path") => vec![changed, removed],
        Some(_) => vec![removed],
    }
}

fn parameter_change(name: &str, location: &str, value_type: &str, required: bool) -> Change {
    Change::Parameter(ParameterCorrection {
        name: name.to_owned(),
        location: location.to_owned(),
        value_type: named(value_type),
        required,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decisions::tests;

    fn decided(method: &str, operation: Value) -> (Value, Problems) {
        let document = json!({"paths": {"/a/{id}": {method: operation}}, "components": {"schemas": {
            "Flat": {"type": "object", "properties": {"x": {"type": "string"}}},
            "Deep": {"type": "object", "properties": {"x": {"type": "array"}}},
            "FlatReference": {"type": "object", "properties": {"id": {"type": "integer"}}},
            "Alias": {"$ref": "#/components/schemas/Text"}, "Text": {"type": "string"},
            "Loop": {"$ref": "#/components/schemas/Loop"}
        }}});
        let (mut document, problems) = tests::decided(document, decide);
        (document["paths"]["/a/{id}"][method].take(), problems)
    }

    #[test]
    fn parameters_that_cannot_be_sent_are_removed() {
        let reference = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
        for (parameter, lines) in [
            (json!({"in": "query", "schema": {"type": "integer"}}), 0),
            (json!({"in": "query", "style": "form", "schema": reference("Alias")}), 0),
            (json!({"in": "query", "schema": reference("Flat")}), 0),
            (json!({"in": "path", "schema": reference("Deep")}), 0),
            (json!({"in": "query", "schema": reference("Deep")}), 2),
            (json!({"in": "query", "schema": reference("FlatReference")}), 2),
            (json!({"in": "query", "schema": reference("Loop")}), 2),
            (json!({"in": "query", "schema": {"type": "array", "items": {"type": "string"}}}), 2),
            (json!({"in": "query", "style": "deepObject", "schema": {"type": "string"}}), 2),
            (json!({"in": "query", "content": {"application/json": {"schema": {}}}}), 2),
            (json!({"in": "query", "schema": {"type": "string"}, UNDECIDED: "it has no name"}), 1),
            (json!({"$ref": "#/components/parameters/p"}), 2),
            (json!({"in": "header", "schema": {"type": "string"}}), 1),
            (json!({"in": "cookie", "schema": {"type": "string"}}), 1),
        ] {
            let mut parameter = parameter;
            parameter["name"] = json!("p");
            let id = json!({"name": "id", "in": "path", "schema": {"type": "integer"}});
            let operation = json!({"operationId": "postA", "parameters": [id, parameter]});
            let (operation, problems) = decided("post", operation);
            assert_eq!(problems.0.len(), usize::from(lines > 0), "{parameter}: {problems}");
            assert!(problems.0.iter().all(|problem| problem.paste.len() == lines), "{parameter}: {problems}");
            assert_eq!(decided("post", operation).1, Problems::default(), "{parameter}");
        }
    }

    #[test]
    fn an_object_that_would_be_a_second_body_is_reported() {
        let object = json!({"name": "request", "in": "path", "schema": {"$ref": "#/components/schemas/Deep"}});
        let id = json!({"name": "id", "in": "path", "schema": {"type": "integer"}});
        let (_, problems) = decided("put", json!({"parameters": [id, object], "requestBody": {"content": {}}}));
        assert!(problems.to_string().contains("already has a body"), "{problems}");
        assert!(problems.to_string().contains("remove-parameter = \"request\""), "{problems}");
    }

    #[test]
    fn a_parameter_of_the_path_is_declared_and_fits_its_segment() {
        let (operation, problems) = decided("get", json!({"operationId": "getA", "parameters": []}));
        let lines = &problems.0[0].paste[0].lines;
        assert!(
            lines.contains("parameter = { name = \"id\", in = \"path\", type = \"integer\", required = true }"),
            "{lines}"
        );
        assert!(lines.contains("expects = \"none\""), "{lines}");
        assert_eq!(decided("get", operation).1, Problems::default());
        let object = json!({"name": "id", "in": "path", "schema": {"$ref": "#/components/schemas/Flat"}});
        let (_, problems) = decided("get", json!({"parameters": [object]}));
        assert_eq!((problems.0.len(), problems.0[0].paste.len()), (1, 1), "{problems}");
    }

    #[test]
    fn the_client_id_and_the_list_parameters_are_settings() {
        let parameters = json!([
            {"name": "id", "in": "path", "schema": {"type": "integer"}}, {"name": "clientid", "in": "header"},
            {"name": "fields", "in": "query", "schema": {"type": "array"}}
        ]);
        assert_eq!(decided("get", json!({"parameters": parameters})).1, Problems::default());
        assert_eq!(decided("post", json!({"parameters": parameters})).1.0.len(), 1);
    }
}

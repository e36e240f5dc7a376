//! Corrections of operations: finds the operation, says what the document has in the corrected place, and changes it.
//! Shared and path-level parameters, bodies and responses have been copied to the operations before.

use serde_json::{Map, Value, json};

use super::notation::{BYTES, FORM, NONE, describe, describe_content, schema};
use super::{Change, ParameterCorrection, ParameterType};
use crate::document::{LIST_PARAMETERS, METHODS, Object, array, is_count, template_parameters, text};
use crate::prose;

/// The path and method of an operation.
pub(super) type MethodAndPath = (String, String);

/// What a reference leads to that does not exist.
const MISSING: &str = "missing";

/// Returns the operations that a target names: a method and a path, or an operation ID. Several operations can have the
/// same ID.
pub(super) fn find(document: &Value, target: &str) -> Vec<MethodAndPath> {
    let paths = document.get("paths").and_then(Value::as_object).into_iter().flatten();
    let operations = paths.flat_map(|(path, item)| {
        METHODS.into_iter().filter_map(move |method| Some((path, method, item.get(method)?.as_object()?)))
    });
    operations
        .filter(|(path, method, operation)| match target.split_once(' ') {
            Some((own_method, own_path)) => method.eq_ignore_ascii_case(own_method) && *path == own_path.trim(),
            None => text(operation, "operationId") == Some(target),
        })
        .map(|(path, method, _)| (path.clone(), method.to_owned()))
        .collect()
}

/// Returns what the document has in the place that a change is about, in notation.
pub(super) fn found(document: &Value, schemas: &Object, at: &MethodAndPath, change: &Change) -> String {
    let (path, method) = at;
    let Some(operation) = operation(document, at) else { return NONE.to_owned() };
    match change {
        Change::Response(_) => response(schemas, operation),
        Change::Body(_) => body(schemas, at, operation),
        Change::Parameter(ParameterCorrection { name, .. }) | Change::RemoveParameter(name) => {
            join(parameters(operation, name).map(|parameter| parameter_notation(schemas, parameter, name)))
        }
        Change::ParameterType(ParameterType { name, .. }) => {
            join(parameters(operation, name).map(|parameter| parameter_type(schemas, parameter)))
        }
        Change::ListQuery => query(schemas, at, operation).to_owned(),
        Change::OperationId(_) => text(operation, "operationId").unwrap_or(NONE).to_owned(),
        Change::Path(new) if find(document, &format!("{method} {new}")).is_empty() => path.clone(),
        Change::Path(new) => format!("{path} and {new}"),
        _ => NONE.to_owned(),
    }
}

/// Applies a change to an operation.
pub(super) fn apply(document: &mut Value, at: &MethodAndPath, change: &Change) {
    match change {
        Change::Response(notation) => set_response(document, at, notation),
        Change::Body(notation) => set_body(document, at, notation),
        Change::Parameter(parameter) => set_parameter(document, at, parameter),
        Change::ParameterType(parameter) => set_parameter_type(document, at, parameter),
        Change::RemoveParameter(name) => remove_parameter(document, at, name),
        Change::ListQuery => set(document, at, "x-query", json!("list")),
        Change::OperationId(name) => set(document, at, "operationId", json!(name)),
        Change::Path(new) => move_operation(document, at, Some(new)),
        Change::RemoveOperation => move_operation(document, at, None),
        _ => {}
    }
}

fn operation<'a>(document: &'a Value, (path, method): &MethodAndPath) -> Option<&'a Object> {
    document.get("paths")?.get(path)?.get(method)?.as_object()
}

fn operation_mut<'a>(document: &'a mut Value, (path, method): &MethodAndPath) -> Option<&'a mut Object> {
    document.get_mut("paths")?.get_mut(path)?.get_mut(method)?.as_object_mut()
}

fn set(document: &mut Value, at: &MethodAndPath, key: &str, value: Value) {
    if let Some(operation) = operation_mut(document, at) {
        operation.insert(key.to_owned(), value);
    }
}

/// Joins the different notations of one place. Without any, it is `none`.
fn join(notations: impl Iterator<Item = String>) -> String {
    let mut distinct: Vec<String> = Vec::new();
    for notation in notations {
        if !distinct.contains(&notation) {
            distinct.push(notation);
        }
    }
    if distinct.is_empty() { NONE.to_owned() } else { distinct.join(" | ") }
}

// Responses

/// Returns the statuses of the success responses: 2xx or, without one, `default`.
fn success_statuses(operation: &Object) -> Vec<String> {
    let all = operation.get("responses").and_then(Value::as_object).into_iter().flat_map(Map::keys);
    let (success, others): (Vec<&String>, Vec<&String>) = all.partition(|status| status.starts_with('2'));
    let kept =
        if success.is_empty() { others.into_iter().filter(|status| *status == "default").collect() } else { success };
    kept.into_iter().cloned().collect()
}

fn response(schemas: &Object, operation: &Object) -> String {
    let statuses = success_statuses(operation);
    if statuses.is_empty() {
        return MISSING.to_owned();
    }
    let responses = operation.get("responses");
    join(statuses.iter().filter(|status| *status != "204").filter_map(|status| {
        let response = responses?.get(status)?;
        if response.get("$ref").is_some() {
            return Some(MISSING.to_owned());
        }
        match response.get("content").and_then(Value::as_object) {
            Some(content) => describe_content(schemas, content, true),
            None => {
                let description = response.get("description").and_then(Value::as_str)?;
                prose::content_type(description).map(|media| format!("{BYTES}{media}"))
            }
        }
    }))
}

fn set_response(document: &mut Value, at: &MethodAndPath, notation: &str) {
    let content = match notation.strip_prefix(BYTES) {
        Some(media) => Some(json!({media: {"schema": {"type": "string", "format": "binary"}}})),
        None => schema(notation).map(|schema| json!({"application/json": {"schema": schema}})),
    };
    let Some(operation) = operation_mut(document, at) else { return };
    let mut statuses = success_statuses(operation);
    if content.is_some() {
        // A response with the status 204 has no body.
        statuses.retain(|status| status != "204");
    }
    let Some(responses) = operation.entry("responses").or_insert_with(|| json!({})).as_object_mut() else { return };
    if statuses.is_empty() {
        responses.remove("204");
        statuses.push(if content.is_some() { "200" } else { "204" }.to_owned());
    }
    for status in statuses {
        // The description is dropped, because it can name a media type.
        let response = match &content {
            Some(content) => json!({"description": "", "content": content}),
            None => json!({"description": ""}),
        };
        responses.insert(status, response);
    }
}

// Bodies

fn body(schemas: &Object, at: &MethodAndPath, operation: &Object) -> String {
    let Some(body) = operation.get("requestBody") else {
        let moved = body_parameters(operation, at).filter_map(|parameter| parameter.get("schema"));
        return join(moved.map(|schema| describe(schemas, schema)));
    };
    if body.get("$ref").is_some() {
        return MISSING.to_owned();
    }
    let content = body.get("content").and_then(Value::as_object);
    let notation = content
        .and_then(|content| describe_content(schemas, content, false))
        .unwrap_or_else(|| "without a media type".to_owned());
    let is_required = body.get("required").and_then(Value::as_bool).unwrap_or(false);
    if is_required { notation } else { format!("optional {notation}") }
}

/// Returns the parameters that the import moves to the body: objects in the path that are not in its template.
fn body_parameters<'a>(operation: &'a Object, (path, method): &'a MethodAndPath) -> impl Iterator<Item = &'a Object> {
    array(operation, "parameters").filter_map(Value::as_object).filter(move |parameter| {
        method != "get"
            && text(parameter, "in") == Some("path")
            && !template_parameters(path).any(|own| own == name_of(parameter))
            && parameter.get("schema").is_some_and(|schema| schema.get("$ref").is_some())
    })
}

fn set_body(document: &mut Value, at: &MethodAndPath, notation: &str) {
    let moved = operation(document, at).into_iter().flat_map(|operation| body_parameters(operation, at));
    let moved: Vec<String> = moved.map(|parameter| name_of(parameter).to_owned()).collect();
    for name in moved {
        remove_parameter(document, at, &name);
    }
    let (is_required, notation) = match notation.strip_prefix("optional ") {
        Some(notation) => (false, notation),
        None => (true, notation),
    };
    let (media, notation) = match notation.split_once(':') {
        Some((FORM, notation)) => ("multipart/form-data", notation),
        _ => ("application/json", notation),
    };
    match schema(notation) {
        Some(schema) => {
            let body = json!({"content": {media: {"schema": schema}}, "required": is_required});
            set(document, at, "requestBody", body);
        }
        None => {
            if let Some(operation) = operation_mut(document, at) {
                operation.remove("requestBody");
            }
        }
    }
}

// Parameters

/// Returns the parameters with a name, in any letter case: the server ignores it in the query.
fn parameters<'a>(operation: &'a Object, name: &'a str) -> impl Iterator<Item = &'a Object> {
    let all = array(operation, "parameters").filter_map(Value::as_object);
    all.filter(move |parameter| name_of(parameter).eq_ignore_ascii_case(name))
}

/// Returns the name of a parameter without a routing constraint (`id:regex(…`). A parameter that does not exist has the
/// name of its reference.
fn name_of(parameter: &Object) -> &str {
    let reference = || text(parameter, "$ref")?.rsplit('/').next();
    let name = text(parameter, "name").or_else(reference).unwrap_or_default();
    name.split(':').next().unwrap_or(name)
}

fn parameter_notation(schemas: &Object, parameter: &Object, name: &str) -> String {
    if parameter.contains_key("$ref") {
        return MISSING.to_owned();
    }
    let location = text(parameter, "in").unwrap_or("nowhere");
    let is_required = location != "path" && parameter.get("required") == Some(&json!(true));
    let required = if is_required { " required" } else { "" };
    let other = Some(name_of(parameter)).filter(|own| *own != name);
    let other = other.map(|own| format!(", named {own}")).unwrap_or_default();
    format!("{location} {}{required}{other}", parameter_type(schemas, parameter))
}

fn parameter_type(schemas: &Object, parameter: &Object) -> String {
    if parameter.contains_key("$ref") {
        return MISSING.to_owned();
    }
    let described = match (parameter.get("schema"), parameter.get("content").and_then(Value::as_object)) {
        (Some(schema), _) => describe(schemas, schema),
        (None, Some(content)) => format!("content({})", content.keys().cloned().collect::<Vec<_>>().join(", ")),
        (None, None) => "without a type".to_owned(),
    };
    let style = text(parameter, "style").map(|style| format!(" (style {style})")).unwrap_or_default();
    format!("{described}{style}")
}

fn set_parameter(document: &mut Value, at: &MethodAndPath, parameter: &ParameterCorrection) {
    let Some(schema) = parameter.value_type.schema() else { return };
    let corrected =
        json!({"name": parameter.name, "in": parameter.location, "required": parameter.required, "schema": schema});
    change_parameters(document, at, &parameter.name, Some(&corrected), |_| corrected.clone());
}

fn set_parameter_type(document: &mut Value, at: &MethodAndPath, parameter: &ParameterType) {
    let Some(schema) = parameter.value_type.schema() else { return };
    change_parameters(document, at, &parameter.name, None, |found| {
        let mut corrected = found.clone();
        corrected.retain(|key, _| {
            !["content", "style", "explode", "allowReserved"].contains(&key.as_str()) && !key.starts_with("x-")
        });
        if corrected.remove("$ref").is_some() {
            corrected.insert("name".to_owned(), json!(parameter.name));
            corrected.insert("in".to_owned(), json!("query"));
        }
        corrected.insert("schema".to_owned(), schema.clone());
        Value::Object(corrected)
    });
}

fn remove_parameter(document: &mut Value, at: &MethodAndPath, name: &str) {
    change_parameters(document, at, name, None, |_| Value::Null);
}

/// Replaces the parameters with a name. The first one is replaced by what `change` returns, or removed if that is null;
/// the others are removed. If there is none, adds `new`.
fn change_parameters(
    document: &mut Value,
    at: &MethodAndPath,
    name: &str,
    new: Option<&Value>,
    change: impl Fn(&Object) -> Value,
) {
    let Some(operation) = operation_mut(document, at) else { return };
    let mut is_found = false;
    let mut kept = Vec::new();
    for parameter in array(operation, "parameters").filter_map(Value::as_object) {
        if !name_of(parameter).eq_ignore_ascii_case(name) {
            kept.push(Value::Object(parameter.clone()));
        } else if !std::mem::replace(&mut is_found, true) {
            kept.push(change(parameter));
        }
    }
    if !is_found {
        kept.extend(new.cloned());
    }
    kept.retain(|parameter| !parameter.is_null());
    operation.insert("parameters".to_owned(), Value::Array(kept));
}

/// Returns the shared query parameters that the import would give the operation.
fn query(schemas: &Object, (path, method): &MethodAndPath, operation: &Object) -> &'static str {
    if operation.get("x-query").is_some_and(|query| query == "list") {
        return "list";
    }
    let mut parameters = array(operation, "parameters").filter_map(Value::as_object);
    if !parameters.any(|own| LIST_PARAMETERS.contains(&name_of(own)) && text(own, "in") == Some("query")) {
        return NONE;
    }
    match response(schemas, operation).as_str() {
        NONE | MISSING => NONE,
        bytes if bytes.starts_with(BYTES) => NONE,
        array if array.starts_with('[') => "list",
        "Count" if is_count(path) => "count",
        _ if method == "get" => "fields",
        _ => NONE,
    }
}

// Operations

/// Moves an operation to another path, or removes it. Removes a path that has no more operations.
fn move_operation(document: &mut Value, at: &MethodAndPath, new: Option<&String>) {
    let (path, method) = at;
    let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) else { return };
    let Some(item) = paths.get_mut(path).and_then(Value::as_object_mut) else { return };
    let Some(operation) = item.remove(method) else { return };
    if !METHODS.iter().any(|method| item.contains_key(*method)) {
        paths.remove(path);
    }
    if let Some(new) = new
        && let Some(item) = paths.entry(new.clone()).or_insert_with(|| json!({})).as_object_mut()
    {
        item.insert(method.clone(), operation);
    }
}

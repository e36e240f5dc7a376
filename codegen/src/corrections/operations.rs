//! Corrections of operations: finds the operation, says what the document has in the corrected place, and changes it.

use serde_json::{Map, Value, json};

use super::notation::{BYTES, FORM, NONE, describe, describe_content, schema};
use super::{Change, ParameterCorrection, ParameterType};
use crate::document::{METHODS, Object, array, template_parameters, text};
use crate::normalise::parameters::{LIST_PARAMETERS, is_count};
use crate::prose;

/// The path and method of an operation.
pub(super) type Place = (String, String);

/// What a reference leads to that does not exist.
const MISSING: &str = "missing";

/// Returns the operations that a target names: a method and a path, or an operation ID. Several operations can have the
/// same ID.
pub(super) fn find(document: &Value, target: &str) -> Vec<Place> {
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
pub(super) fn found(document: &Value, schemas: &Object, place: &Place, change: &Change) -> String {
    let (path, method) = place;
    let Some(operation) = operation(document, place) else { return NONE.to_owned() };
    match change {
        Change::Response(_) => response(document, schemas, operation),
        Change::Body(_) => body(document, schemas, place, operation),
        Change::Parameter(ParameterCorrection { name, .. }) | Change::RemoveParameter(name) => {
            join(named_parameters(document, place, name).map(|parameter| parameter_notation(schemas, &parameter, name)))
        }
        Change::ParameterType(ParameterType { name, .. }) => {
            join(named_parameters(document, place, name).map(|parameter| parameter_type(schemas, &parameter)))
        }
        Change::ListQuery => query(document, schemas, place, operation).to_owned(),
        Change::OperationId(_) => text(operation, "operationId").unwrap_or(NONE).to_owned(),
        Change::Path(new) if find(document, &format!("{method} {new}")).is_empty() => path.clone(),
        Change::Path(new) => format!("{path} and {new}"),
        _ => NONE.to_owned(),
    }
}

/// Applies a change to an operation.
pub(super) fn apply(document: &mut Value, place: &Place, change: &Change) {
    match change {
        Change::Response(notation) => set_response(document, place, notation),
        Change::Body(notation) => set_body(document, place, notation),
        Change::Parameter(parameter) => set_parameter(document, place, parameter),
        Change::ParameterType(parameter) => set_parameter_type(document, place, parameter),
        Change::RemoveParameter(name) => remove_parameter(document, place, name),
        Change::ListQuery => set(document, place, "x-query", json!("list")),
        Change::OperationId(name) => set(document, place, "operationId", json!(name)),
        Change::Path(new) => move_operation(document, place, Some(new)),
        Change::RemoveOperation => move_operation(document, place, None),
        _ => {}
    }
}

fn operation<'a>(document: &'a Value, (path, method): &Place) -> Option<&'a Object> {
    document.get("paths")?.get(path)?.get(method)?.as_object()
}

fn operation_mut<'a>(document: &'a mut Value, (path, method): &Place) -> Option<&'a mut Object> {
    document.get_mut("paths")?.get_mut(path)?.get_mut(method)?.as_object_mut()
}

fn set(document: &mut Value, place: &Place, key: &str, value: Value) {
    if let Some(operation) = operation_mut(document, place) {
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

/// Returns the content of a shared component, or the value itself if it is not a reference. `None` if the component does
/// not exist.
fn resolved<'a>(document: &'a Value, value: &'a Value) -> Option<&'a Value> {
    match value.get("$ref").and_then(Value::as_str) {
        Some(reference) => document.pointer(reference.strip_prefix('#')?),
        None => Some(value),
    }
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

fn response(document: &Value, schemas: &Object, operation: &Object) -> String {
    let statuses = success_statuses(operation);
    if statuses.is_empty() {
        return MISSING.to_owned();
    }
    let responses = operation.get("responses");
    join(statuses.iter().filter(|status| *status != "204").filter_map(|status| {
        let Some(response) = resolved(document, responses?.get(status)?) else { return Some(MISSING.to_owned()) };
        match response.get("content").and_then(Value::as_object) {
            Some(content) => describe_content(schemas, content, true),
            None => {
                let description = response.get("description").and_then(Value::as_str)?;
                prose::content_type(description).map(|media| format!("{BYTES}{media}"))
            }
        }
    }))
}

fn set_response(document: &mut Value, place: &Place, notation: &str) {
    let content = match notation.strip_prefix(BYTES) {
        Some(media) => Some(json!({media: {"schema": {"type": "string", "format": "binary"}}})),
        None => schema(notation).map(|schema| json!({"application/json": {"schema": schema}})),
    };
    let Some(operation) = operation_mut(document, place) else { return };
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

fn body(document: &Value, schemas: &Object, place: &Place, operation: &Object) -> String {
    let Some(body) = operation.get("requestBody") else {
        return join(
            body_parameters(document, place)
                .filter_map(|parameter| parameter.get("schema").map(|schema| describe(schemas, schema))),
        );
    };
    let Some(body) = resolved(document, body) else { return MISSING.to_owned() };
    let content = body.get("content").and_then(Value::as_object);
    let notation = content
        .and_then(|content| describe_content(schemas, content, false))
        .unwrap_or_else(|| "without a media type".to_owned());
    let is_required = body.get("required").and_then(Value::as_bool).unwrap_or(false);
    if is_required { notation } else { format!("optional {notation}") }
}

/// Returns the parameters that the import moves to the body: objects in the path that are not in its template.
fn body_parameters<'a>(document: &'a Value, place: &'a Place) -> impl Iterator<Item = &'a Value> {
    let (path, method) = place;
    parameters(document, place).filter_map(move |(name, parameter)| {
        let parameter = parameter?;
        let is_body = method != "get"
            && parameter.get("in").is_some_and(|location| location == "path")
            && !template_parameters(path).any(|own| own == name)
            && parameter.pointer("/schema/$ref").is_some();
        is_body.then_some(parameter)
    })
}

fn set_body(document: &mut Value, place: &Place, notation: &str) {
    let in_parameters: Vec<String> = body_parameters(document, place)
        .filter_map(|parameter| Some(parameter.get("name")?.as_str()?.to_owned()))
        .collect();
    for name in in_parameters {
        remove_parameter(document, place, &name);
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
            set(document, place, "requestBody", body);
        }
        None => {
            if let Some(operation) = operation_mut(document, place) {
                operation.remove("requestBody");
            }
        }
    }
}

// Parameters

/// Returns the parameters of an operation and of its path, with their names. A parameter that does not exist has the
/// name of its reference, and no content.
fn parameters<'a>(document: &'a Value, place: &'a Place) -> impl Iterator<Item = (&'a str, Option<&'a Value>)> {
    let item = document.get("paths").and_then(|paths| paths.get(&place.0)).and_then(Value::as_object);
    let own = operation(document, place).into_iter().flat_map(|operation| array(operation, "parameters"));
    let of_path = item.into_iter().flat_map(|item| array(item, "parameters"));
    own.chain(of_path).map(|parameter| {
        let content = resolved(document, parameter);
        (name_of(parameter, content), content)
    })
}

fn name_of<'a>(parameter: &'a Value, content: Option<&'a Value>) -> &'a str {
    let reference = || parameter.get("$ref")?.as_str()?.rsplit('/').next();
    content.and_then(|content| content.get("name")).and_then(Value::as_str).or_else(reference).unwrap_or_default()
}

/// Returns whether a name in the document is that of a correction: apart from a routing constraint (`id:regex(…`) and
/// from letter case, which the server ignores in the query.
fn is_name(found: &str, name: &str) -> bool {
    found.split(':').next().unwrap_or(found).eq_ignore_ascii_case(name)
}

fn named_parameters<'a>(
    document: &'a Value,
    place: &'a Place,
    name: &'a str,
) -> impl Iterator<Item = Option<Value>> + 'a {
    parameters(document, place).filter(move |(found, _)| is_name(found, name)).map(|(_, content)| content.cloned())
}

fn parameter_notation(schemas: &Object, parameter: &Option<Value>, name: &str) -> String {
    let Some(parameter) = parameter.as_ref().and_then(Value::as_object) else { return MISSING.to_owned() };
    let location = text(parameter, "in").unwrap_or("nowhere");
    let is_required = location != "path" && parameter.get("required") == Some(&json!(true));
    let required = if is_required { " required" } else { "" };
    let other_name = match text(parameter, "name") {
        Some(found) if found.split(':').next() != Some(name) => format!(", named {found}"),
        _ => String::new(),
    };
    format!("{location} {}{required}{other_name}", type_of(schemas, parameter))
}

fn parameter_type(schemas: &Object, parameter: &Option<Value>) -> String {
    parameter
        .as_ref()
        .and_then(Value::as_object)
        .map_or_else(|| MISSING.to_owned(), |parameter| type_of(schemas, parameter))
}

fn type_of(schemas: &Object, parameter: &Object) -> String {
    let described = match (parameter.get("schema"), parameter.get("content").and_then(Value::as_object)) {
        (Some(schema), _) => describe(schemas, schema),
        (None, Some(content)) => format!("content({})", content.keys().cloned().collect::<Vec<_>>().join(", ")),
        (None, None) => "without a type".to_owned(),
    };
    text(parameter, "style").map_or(described.clone(), |style| format!("{described} (style {style})"))
}

/// Copies the parameters of a path to its operations, so that one of them can be corrected.
fn copy_to_operations(document: &mut Value, path: &str) {
    let Some(item) = document.get("paths").and_then(|paths| paths.get(path)) else { return };
    if item.get("parameters").is_none() {
        return;
    }
    for method in METHODS {
        let place = (path.to_owned(), method.to_owned());
        let key = |name: &str, content: Option<&Value>| {
            (name.to_owned(), content.and_then(|content| content.get("in")).cloned())
        };
        let mut seen = Vec::new();
        let mut all = Vec::new();
        for (name, content) in parameters(document, &place) {
            let key = key(name, content);
            if !seen.contains(&key) {
                seen.push(key);
                let missing = || json!({"$ref": format!("#/components/parameters/{name}")});
                all.push(content.cloned().unwrap_or_else(missing));
            }
        }
        set(document, &place, "parameters", Value::Array(all));
    }
    if let Some(item) = document.get_mut("paths").and_then(|paths| paths.get_mut(path)).and_then(Value::as_object_mut) {
        item.remove("parameters");
    }
}

fn set_parameter(document: &mut Value, place: &Place, parameter: &ParameterCorrection) {
    let Some(schema) = parameter.value_type.schema() else { return };
    let corrected =
        json!({"name": parameter.name, "in": parameter.location, "required": parameter.required, "schema": schema});
    change_parameters(document, place, &parameter.name, Some(&corrected), |_| corrected.clone());
}

fn set_parameter_type(document: &mut Value, place: &Place, parameter: &ParameterType) {
    let Some(schema) = parameter.value_type.schema() else { return };
    change_parameters(document, place, &parameter.name, None, |content| {
        let mut corrected = content.cloned().unwrap_or_else(|| json!({"name": parameter.name, "in": "query"}));
        if let Some(object) = corrected.as_object_mut() {
            for key in ["content", "style", "explode", "allowReserved"] {
                object.remove(key);
            }
            object.insert("schema".to_owned(), schema.clone());
        }
        corrected
    });
}

fn remove_parameter(document: &mut Value, place: &Place, name: &str) {
    change_parameters(document, place, name, None, |_| Value::Null);
}

/// Replaces the parameters with a name. The first one is replaced by what `change` returns, or removed if that is null;
/// the others are removed. If there is none, adds `new`.
fn change_parameters(
    document: &mut Value,
    place: &Place,
    name: &str,
    new: Option<&Value>,
    change: impl Fn(Option<&Value>) -> Value,
) {
    copy_to_operations(document, &place.0);
    let mut is_found = false;
    let mut kept = Vec::new();
    for (found, content) in parameters(document, place) {
        if !is_name(found, name) {
            let missing = || json!({"$ref": format!("#/components/parameters/{found}")});
            kept.push(content.cloned().unwrap_or_else(missing));
        } else if !std::mem::replace(&mut is_found, true) {
            kept.push(change(content));
        }
    }
    if !is_found {
        kept.extend(new.cloned());
    }
    kept.retain(|parameter| !parameter.is_null());
    set(document, place, "parameters", Value::Array(kept));
}

/// Returns the shared query parameters that the import would give the operation.
fn query(document: &Value, schemas: &Object, place: &Place, operation: &Object) -> &'static str {
    let (path, method) = place;
    if operation.get("x-query").is_some_and(|query| query == "list") {
        return "list";
    }
    let in_query = |parameter: &Value| parameter.get("in").is_some_and(|location| location == "query");
    let mut parameters = parameters(document, place);
    if !parameters.any(|(name, content)| LIST_PARAMETERS.contains(&name) && content.is_some_and(in_query)) {
        return NONE;
    }
    match response(document, schemas, operation).as_str() {
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
fn move_operation(document: &mut Value, place: &Place, new: Option<&String>) {
    let (path, method) = place;
    copy_to_operations(document, path);
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

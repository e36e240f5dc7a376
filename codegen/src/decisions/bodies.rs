//! Bodies that the bindings cannot send or read, and responses and bodies with several contents.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::decisions::reason;
use crate::document::{self, Object, for_each_operation};
use crate::notation::{self, notation};
use crate::paste::{Correction, Paste};
use crate::problem::Problems;

/// Reports bodies with several contents, and bodies of media types that the bindings do not support. Keeps one content,
/// or any JSON.
pub(super) fn decide(document: &mut Value, problems: &mut Problems) {
    let schemas = document.pointer("/components/schemas").cloned().unwrap_or_default();
    for_each_operation(document, |path, method, operation| {
        let label = document::operation_label(path, method, operation);
        let target = notation::target(path, method, operation);
        decide_request(&label, &target, operation, &schemas, problems);
        decide_response(&label, &target, operation, problems);
    });
}

fn decide_request(label: &str, target: &str, operation: &mut Object, schemas: &Value, problems: &mut Problems) {
    let found = notation::request_body(operation);
    let Some(body) = operation.get("requestBody") else { return };
    let set = |why: &str, to: &str| Correction::body(target, &reason(why), &found, to).paste();
    let removed = |why: &str| Correction::without_operation(target, &reason(why)).paste();
    let contents = notation::contents(Some(body), false);
    let is_sendable = |content: &&String| content.starts_with("multipart:") || !content.contains(':');
    let (message, fix, choices) = match contents.as_slice() {
        [] => {
            let reference = body.get("$ref").and_then(Value::as_str).unwrap_or_default();
            let message = format!("its request body is a $ref to `{reference}`, which does not exist");
            let choices = vec![set(&message, "any"), removed(&message)];
            (message, "choose the content that the server accepts, or remove the operation", choices)
        }
        [content] if is_sendable(&content) => {
            let form = content.strip_prefix("multipart:");
            if form.is_some_and(|form| decide_form(label, target, form, schemas, problems)) {
                set_any(operation.get_mut("requestBody"));
            }
            return;
        }
        several => {
            let message = match several {
                [content] => format!("its request body is {content}, which the bindings cannot send"),
                _ => format!("its request body has several contents: {}", several.join(", ")),
            };
            let mut choices: Vec<Paste> =
                several.iter().filter(is_sendable).map(|content| set(&message, content)).collect();
            if choices.is_empty() {
                choices.extend([set(&message, "any"), removed(&message)]);
            }
            (message, "choose the content that the bindings send, or remove the operation", choices)
        }
    };
    problems.decide(label, message, fix, choices);
    set_any(operation.get_mut("requestBody"));
}

/// Reports a form with several files. The bindings send text fields and one file. Returns whether it reported one.
fn decide_form(label: &str, target: &str, name: &str, schemas: &Value, problems: &mut Problems) -> bool {
    let properties = schemas.get(name).and_then(|schema| schema.get("properties")).and_then(Value::as_object);
    let is_file = |property: &Value| document::is_binary(&resolved(property, schemas));
    let mut files = Vec::new();
    let mut lists = BTreeMap::new();
    for (name, property) in properties.into_iter().flatten() {
        if is_file(property) {
            files.push((name, property));
        } else if resolved(property, schemas).get("items").is_some_and(is_file) {
            lists.insert(name, property);
        }
    }
    if files.len() < 2 && lists.is_empty() {
        return false;
    }
    let message = "its form has several files, but the bindings can send only one".to_owned();
    let kept = usize::from(!files.is_empty());
    let as_text: Vec<Correction> = files
        .into_iter()
        .skip(kept)
        .chain(lists)
        .map(|(property, schema)| {
            Correction::property_type(name, &reason(&message), property, &notation(schema), "any")
        })
        .collect();
    let choices = [Paste::corrections(&as_text), Correction::without_operation(target, &reason(&message)).paste()];
    problems.decide(label, message, "send only one of the files, or remove the operation", choices);
    true
}

/// Returns the schema that a schema stands for.
fn resolved(schema: &Value, schemas: &Value) -> Value {
    let mut schema = schema;
    // A chain of references that is longer than the number of schemas leads to itself.
    for _ in 0..=schemas.as_object().map_or(0, Map::len) {
        let name = schema.get("$ref").and_then(Value::as_str).and_then(document::schema_name);
        match name.and_then(|name| schemas.get(name)) {
            Some(next) => schema = next,
            None => break,
        }
    }
    schema.clone()
}

fn decide_response(label: &str, target: &str, operation: &mut Object, problems: &mut Problems) {
    let found = notation::response_body(operation);
    let contents = notation::response_bodies(operation);
    let set = |why: &str, to: &str| Correction::response(target, &reason(why), &found, to).paste();
    if contents.len() < 2 && found != "missing" {
        return;
    }
    let (message, choices) = match contents.as_slice() {
        [] => ("it has no success response".to_owned(), vec!["none", "any"]),
        [_] => ("its response is a $ref to something that does not exist".to_owned(), vec!["none", "any"]),
        several => {
            let usable =
                several.iter().map(String::as_str).filter(|to| !to.starts_with("multipart:") && *to != "missing");
            (format!("its successful responses have several contents: {}", several.join(", ")), usable.collect())
        }
    };
    let choices: Vec<Paste> = choices.into_iter().map(|to| set(&message, to)).collect();
    problems.decide(label, message, "choose the content that the server returns", choices);
    let statuses: Vec<String> =
        notation::success_responses(operation).into_iter().map(|(status, _)| status.to_owned()).collect();
    let Some(responses) = operation.entry("responses").or_insert_with(|| json!({})).as_object_mut() else { return };
    for status in statuses.into_iter().filter(|status| status != "204") {
        responses.insert(status, json!({}));
    }
    if responses.is_empty() || found == "missing" {
        responses.insert("200".into(), json!({}));
    }
    responses.iter_mut().filter(|(status, _)| *status != "204").for_each(|(_, response)| set_any(Some(response)));
}

/// Replaces the content of a body by any JSON.
fn set_any(body: Option<&mut Value>) {
    if let Some(body) = body.and_then(Value::as_object_mut) {
        body.remove("$ref");
        body.insert("content".into(), json!({"application/json": {"schema": {}}}));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reference(name: &str) -> Value {
        json!({"$ref": format!("#/components/schemas/{name}")})
    }

    fn decided(operation: Value) -> (Value, Problems) {
        let mut document = json!({"paths": {"/a": {"post": operation}}, "components": {"schemas": {
            "File": {"type": "string", "format": "binary"}, "Alias": reference("File"),
            "Form": {"type": "object", "properties": {"a": reference("Alias"), "text": {"type": "string"}, "b": reference("File")}},
            "Single": {"type": "object", "properties": {"a": reference("Alias")}},
            "List": {"type": "object", "properties": {"files": {"type": "array", "items": reference("File")}}}
        }}});
        let mut problems = Problems::default();
        decide(&mut document, &mut problems);
        (document["paths"]["/a"]["post"].take(), problems)
    }

    #[test]
    fn a_request_body_has_one_content_that_can_be_sent() {
        let schema = |name: &str| json!({"schema": reference(name)});
        for (content, lines) in [
            (json!({"application/json": schema("A")}), vec![]),
            (json!({"application/json": schema("A"), "text/csv": {}}), vec![]),
            (json!({"application/json": schema("A"), "text/json": schema("A")}), vec![]),
            (json!({"multipart/form-data": schema("Single")}), vec![]),
            (json!({"application/json": schema("A"), "text/json": schema("B")}), vec!["body = \"A\"", "body = \"B\""]),
            (
                json!({"application/json": schema("A"), "multipart/form-data": schema("Single")}),
                vec!["body = \"A\"", "body = \"multipart:Single\""],
            ),
            (json!({"text/csv": {}}), vec!["body = \"any\"", "remove-operation = true"]),
            (json!({"text/csv": {}, "text/xml": {}}), vec!["body = \"any\"", "remove-operation = true"]),
            (
                json!({"multipart/form-data": schema("Form")}),
                vec!["property-types = { b = \"any\" }", "remove-operation = true"],
            ),
            (
                json!({"multipart/form-data": schema("List")}),
                vec!["property-types = { files = \"any\" }", "remove-operation = true"],
            ),
        ] {
            let (operation, problems) = decided(
                json!({"operationId": "postA", "responses": {"204": {}}, "requestBody": {"required": true, "content": content}}),
            );
            assert_eq!(problems.0.len(), usize::from(!lines.is_empty()), "{content}: {problems}");
            let found: Vec<&str> =
                problems.0.iter().flat_map(|problem| &problem.paste).map(|paste| paste.lines.as_str()).collect();
            assert_eq!(found.len(), lines.len(), "{content}: {problems}");
            assert!(found.iter().zip(&lines).all(|(found, line)| found.contains(line)), "{content}: {problems}");
            assert_eq!(decided(operation).1, Problems::default(), "{content}");
        }
    }

    #[test]
    fn a_response_has_one_content() {
        let response = |name: &str| json!({"content": {"application/json": {"schema": reference(name)}}});
        for (responses, lines) in [
            (json!({"200": response("A"), "201": response("A"), "204": {}, "400": response("B")}), vec![]),
            (json!({"200": {"content": {"application/pdf": {}}}, "default": response("A")}), vec![]),
            (json!({"204": {}}), vec![]),
            (json!({"404": {}}), vec!["response = \"none\"", "response = \"any\""]),
            (
                json!({"200": {"$ref": "#/components/responses/Gone"}}),
                vec!["response = \"none\"", "response = \"any\""],
            ),
            (json!({"200": response("A"), "201": response("B")}), vec!["response = \"A\"", "response = \"B\""]),
            (
                json!({"200": {"content": {"application/pdf": {}, "text/csv": {}}}}),
                vec!["response = \"bytes:application/pdf\"", "response = \"bytes:text/csv\""],
            ),
        ] {
            let (operation, problems) = decided(json!({"operationId": "postA", "responses": responses}));
            let found: Vec<&str> =
                problems.0.iter().flat_map(|problem| &problem.paste).map(|paste| paste.lines.as_str()).collect();
            assert_eq!(found.len(), lines.len(), "{responses}: {problems}");
            assert!(found.iter().zip(&lines).all(|(found, line)| found.contains(line)), "{responses}: {problems}");
            assert_eq!(decided(operation).1, Problems::default(), "{responses}");
        }
    }
}

//! Bodies that the bindings cannot send or read, and responses and bodies with several contents.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::corrections::Change;
use crate::decisions::{Corrected, named, target};
use crate::document::{self, Object, for_each_operation};
use crate::paste::Paste;
use crate::problem::Problems;

/// Reports bodies with several contents, and bodies of media types that the bindings do not support. Keeps one content,
/// or any JSON.
pub(super) fn decide(document: &mut Value, corrected: &Corrected<'_>, problems: &mut Problems) {
    let schemas = document.pointer("/components/schemas").cloned().unwrap_or_default();
    for_each_operation(document, |path, method, operation| {
        let at = At {
            label: document::operation_label(path, method, operation),
            target: target(path, method, operation),
            corrected,
        };
        decide_request(&at, operation, &schemas, problems);
        decide_response(&at, operation, problems);
    });
}

/// An operation whose bodies are checked.
struct At<'a> {
    label: String,
    target: String,
    corrected: &'a Corrected<'a>,
}

impl At<'_> {
    fn paste(&self, message: &str, change: Change) -> Paste {
        self.corrected.paste(&self.target, message, &change)
    }

    /// Returns the contents that the document has in the place of a change.
    fn contents(&self, change: &Change) -> Vec<String> {
        let found = self.corrected.found(&self.target, change);
        found.split(" | ").filter(|content| *content != "none").map(str::to_owned).collect()
    }
}

/// The contents of a reference that leads nowhere, and of responses without a success.
const MISSING: &str = "missing";

fn decide_request(at: &At<'_>, operation: &mut Object, schemas: &Value, problems: &mut Problems) {
    let Some(body) = operation.get("requestBody") else { return };
    let contents = at.contents(&Change::Body(String::new()));
    let optional = if contents.first().is_some_and(|first| first.starts_with("optional ")) { "optional " } else { "" };
    let contents: Vec<&str> =
        contents.iter().map(|content| content.strip_prefix("optional ").unwrap_or(content)).collect();
    let set = |why: &str, to: &str| at.paste(why, Change::Body(format!("{optional}{to}")));
    let removed = |why: &str| at.paste(why, Change::RemoveOperation);
    let is_sendable = |content: &&&str| content.starts_with("multipart:") || !content.contains(':');
    let reference = body.get("$ref").and_then(Value::as_str);
    let (message, fix, choices) = match contents.as_slice() {
        _ if reference.is_some() => {
            let reference = reference.unwrap_or_default();
            let message = format!("its request body is a $ref to `{reference}`, which is not a body");
            let choices = vec![set(&message, "any"), removed(&message)];
            (message, "choose the content that the server accepts, or remove the operation", choices)
        }
        [content] if is_sendable(&content) => {
            let form = content.strip_prefix("multipart:");
            if form.is_some_and(|form| decide_form(at, form, schemas, problems)) {
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
    problems.decide(&at.label, message, fix, choices);
    set_any(operation.get_mut("requestBody"));
}

/// Reports a form with several files. The bindings send text fields and one file. Returns whether it reported one.
fn decide_form(at: &At<'_>, name: &str, schemas: &Value, problems: &mut Problems) -> bool {
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
    let as_any: Vec<String> = files
        .into_iter()
        .skip(kept)
        .chain(lists)
        .map(|(property, _)| {
            at.corrected.correction(name, &message, &Change::PropertyType(property.clone(), named("any")))
        })
        .collect();
    let choices = [Paste::corrections(&as_any), at.paste(&message, Change::RemoveOperation)];
    problems.decide(&at.label, message, "send only one of the files, or remove the operation", choices);
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

fn decide_response(at: &At<'_>, operation: &mut Object, problems: &mut Problems) {
    let contents = at.contents(&Change::Response(String::new()));
    let is_reference = |(status, response): (&String, &Value)| {
        (status.starts_with('2') || status == "default") && response.get("$ref").is_some()
    };
    let has_reference = operation
        .get("responses")
        .and_then(Value::as_object)
        .is_some_and(|responses| responses.iter().any(is_reference));
    let (message, choices) = match contents.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] | [_] if has_reference => {
            let message = "its response is a $ref to something that is not a response";
            (message.to_owned(), vec!["none".to_owned(), "any".to_owned()])
        }
        [MISSING] => ("it has no success response".to_owned(), vec!["none".to_owned(), "any".to_owned()]),
        [] | [_] => return,
        several => {
            let usable = several.iter().filter(|to| !to.starts_with("multipart:") && **to != MISSING);
            let message = format!("its successful responses have several contents: {}", several.join(", "));
            (message, usable.map(|to| (*to).to_owned()).collect())
        }
    };
    // A correction has to change something.
    let found = at.corrected.found(&at.target, &Change::Response(String::new()));
    let choices = choices.into_iter().filter(|to| *to != found);
    let choices: Vec<Paste> = choices.map(|to| at.paste(&message, Change::Response(to))).collect();
    problems.decide(&at.label, message, "choose the content that the server returns", choices);
    if let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) {
        responses.retain(|status, _| !status.starts_with('2') && status != "default");
    }
    let responses = operation.entry("responses").or_insert_with(|| json!({}));
    responses["200"] = json!({"content": {"application/json": {"schema": {}}}});
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
    use crate::decisions::tests;

    fn reference(name: &str) -> Value {
        json!({"$ref": format!("#/components/schemas/{name}")})
    }

    fn decided(operation: Value) -> (Value, Problems) {
        let document = json!({"paths": {"/a": {"post": operation}}, "components": {"schemas": {
            "File": {"type": "string", "format": "binary"}, "Alias": reference("File"),
            "Form": {"type": "object", "properties": {"a": reference("Alias"), "text": {"type": "string"}, "b": reference("File")}},
            "Single": {"type": "object", "properties": {"a": reference("Alias")}},
            "List": {"type": "object", "properties": {"files": {"type": "array", "items": reference("File")}}}
        }}});
        let (mut document, problems) = tests::decided(document, decide);
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

//! The notation in which corrections name operations, and describe types, bodies and parameters.

use serde_json::{Value, json};

use crate::document::{self, Object, array, text};

/// Returns the text with which a correction names an operation: its operation ID, or method and path if it has no
/// usable ID.
#[must_use]
pub fn target(path: &str, method: &str, operation: &Object) -> String {
    text(operation, TARGET)
        .or_else(|| text(operation, "operationId"))
        .map_or_else(|| format!("{} {path}", method.to_uppercase()), str::to_owned)
}

/// The key of an operation for the text with which a correction names it. Only `decisions` uses it.
pub const TARGET: &str = "x-target";

/// Returns a schema in the notation of corrections: `integer`, `string`, `date`, `timestamp`, `Type`, `[Type]`,
/// `{Type}`. Other schemas get a short description in the same style.
#[must_use]
pub fn notation(schema: &Value) -> String {
    let Some(object) = schema.as_object() else { return "any".to_owned() };
    if let Some(reference) = text(object, "$ref") {
        return document::schema_name(reference).unwrap_or(reference).to_owned();
    }
    let list = |values: Vec<String>| values.join(", ");
    for keyword in ["allOf", "anyOf", "oneOf"] {
        if object.contains_key(keyword) {
            return format!("{keyword}({})", list(array(object, keyword).map(notation).collect()));
        }
    }
    if object.contains_key("enum") {
        let texts = array(object, "enum").filter(|value| !value.is_null());
        let mut values: Vec<String> =
            texts.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)).collect();
        values.sort();
        values.dedup();
        return format!("enum({})", list(values));
    }
    match (text(object, "type"), text(object, "format")) {
        (Some("array"), _) => format!("[{}]", object.get("items").map_or_else(|| "any".to_owned(), notation)),
        (Some("integer"), Some("int32")) => "integer".to_owned(),
        (Some("integer"), _) => "long".to_owned(),
        (Some("string"), Some("date-time")) => "timestamp".to_owned(),
        (Some("string"), Some(format @ ("date" | "uuid"))) => format.to_owned(),
        (Some("string"), Some("binary")) => "bytes".to_owned(),
        (Some(scalar @ ("string" | "number" | "boolean")), _) => scalar.to_owned(),
        (Some("object") | None, _) => {
            match (object.get("properties").and_then(Value::as_object), object.get("additionalProperties")) {
                (Some(properties), _) if !properties.is_empty() => {
                    let mut names: Vec<String> = properties.keys().cloned().collect();
                    names.sort();
                    format!("object({})", list(names))
                }
                (_, Some(Value::Bool(true))) => "{any}".to_owned(),
                (_, Some(values @ Value::Object(_))) => format!("{{{}}}", notation(values)),
                _ => "any".to_owned(),
            }
        }
        (Some(other), _) => format!("type({other})"),
    }
}

/// Returns whether a schema has a notation that a correction can write.
#[must_use]
pub fn is_writable(schema: &Value) -> bool {
    !notation(schema).contains('(')
}

/// Returns each content of a body in the notation of corrections: that of its JSON, `multipart:Type` for a form,
/// `bytes:MEDIA` for responses of other media types. The import uses the JSON, if there is some.
#[must_use]
pub fn contents(body: Option<&Value>, is_response: bool) -> Vec<String> {
    let (mut json, mut others) = (Vec::new(), Vec::new());
    for (media, content) in body.and_then(|body| body.get("content")).and_then(Value::as_object).into_iter().flatten() {
        let schema = notation(content.get("schema").unwrap_or(&Value::Null));
        let essence = document::essence(media);
        let (list, text) = match essence.as_str() {
            "multipart/form-data" => (&mut others, format!("multipart:{schema}")),
            essence if document::is_json(essence) => (&mut json, schema),
            essence if is_response => (&mut others, format!("bytes:{essence}")),
            essence => (&mut others, format!("{essence}:{schema}")),
        };
        if !list.contains(&text) {
            list.push(text);
        }
    }
    if !json.is_empty() {
        others.retain(|text| text.starts_with("multipart:"));
    }
    json.append(&mut others);
    json
}

/// Returns the request body of an operation in the notation of corrections.
#[must_use]
pub fn request_body(operation: &Object) -> String {
    let Some(body) = operation.get("requestBody") else { return "none".to_owned() };
    if body.get("$ref").is_some() {
        return "missing".to_owned();
    }
    let notation = contents(Some(body), false).join(" | ");
    if body.get("required") == Some(&json!(true)) { notation } else { format!("optional {notation}") }
}

/// Returns the contents of the success responses of an operation in the notation of corrections.
#[must_use]
pub fn response_bodies(operation: &Object) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for (status, response) in success_responses(operation) {
        let own = match response.get("$ref") {
            Some(_) => vec!["missing".to_owned()],
            None if status == "204" => continue,
            None => contents(Some(response), true),
        };
        for text in own {
            if !all.contains(&text) {
                all.push(text);
            }
        }
    }
    all
}

/// Returns what a correction of the response of an operation expects.
#[must_use]
pub fn response_body(operation: &Object) -> String {
    match response_bodies(operation).as_slice() {
        [] if success_responses(operation).is_empty() => "missing".to_owned(),
        [] => "none".to_owned(),
        all => all.join(" | "),
    }
}

/// Returns the responses whose status is a success or, without one, the default response.
#[must_use]
pub fn success_responses(operation: &Object) -> Vec<(&str, &Value)> {
    let all = || operation.get("responses").and_then(Value::as_object).into_iter().flatten();
    let success: Vec<_> = all()
        .filter(|(status, _)| status.starts_with('2'))
        .map(|(status, response)| (status.as_str(), response))
        .collect();
    if !success.is_empty() {
        return success;
    }
    all().filter(|(status, _)| *status == "default").map(|(status, response)| (status.as_str(), response)).collect()
}

/// Returns what a correction of a parameter expects: `query string required`.
#[must_use]
pub fn parameter(parameter: &Object) -> String {
    if parameter.contains_key("$ref") {
        return "missing".to_owned();
    }
    let location = text(parameter, "in").unwrap_or("nowhere");
    let is_required = location != "path" && parameter.get("required") == Some(&json!(true));
    let described = match (parameter.get("schema"), parameter.get("content").and_then(Value::as_object)) {
        (Some(schema), _) => notation(schema),
        (None, Some(content)) => format!("content({})", content.keys().cloned().collect::<Vec<_>>().join(", ")),
        (None, None) => "without a type".to_owned(),
    };
    let style = text(parameter, "style").map(|style| format!(" (style {style})")).unwrap_or_default();
    format!("{location} {described}{style}{}", if is_required { " required" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_schema_has_a_notation() {
        let reference = json!({"$ref": "#/components/schemas/A.B"});
        for (schema, expected) in [
            (reference.clone(), "A.B"),
            (json!({"type": "array", "items": reference}), "[A.B]"),
            (json!({"type": "object", "additionalProperties": reference}), "{A.B}"),
            (json!({"type": "string", "format": "date-time"}), "timestamp"),
            (json!({"type": "string", "format": "date"}), "date"),
            (json!({"type": "string", "format": "uuid"}), "uuid"),
            (json!({"type": "integer"}), "long"),
            (json!({"type": "array"}), "[any]"),
            (json!({"type": "object", "properties": {"b": {}, "a": {}}}), "object(a, b)"),
            (json!({"anyOf": [{"type": "string"}, reference]}), "anyOf(string, A.B)"),
            (json!({"type": "string", "enum": ["b", "a", null]}), "enum(a, b)"),
            (json!({"type": "file"}), "type(file)"),
            (json!({}), "any"),
        ] {
            assert_eq!(notation(&schema), expected, "{schema}");
        }
    }

    #[test]
    fn bodies_and_parameters_have_a_notation() {
        for (content, expected) in [
            (json!({}), vec![]),
            (
                json!({"application/vnd.x+json; version=1": {"schema": {"type": "boolean"}}, "text/csv": {}}),
                vec!["boolean"],
            ),
            (
                json!({"multipart/form-data": {"schema": {"$ref": "#/components/schemas/F"}}, "text/json": {}}),
                vec!["any", "multipart:F"],
            ),
            (json!({"application/pdf": {}}), vec!["bytes:application/pdf"]),
        ] {
            assert_eq!(contents(Some(&json!({"content": content})), true), expected, "{content}");
        }
        let object = |value: Value| value.as_object().cloned().unwrap_or_default();
        assert_eq!(request_body(&object(json!({}))), "none");
        assert_eq!(request_body(&object(json!({"requestBody": {"content": {"text/json": {}}}}))), "optional any");
        assert_eq!(response_body(&object(json!({"responses": {"404": {}}}))), "missing");
        assert_eq!(response_body(&object(json!({"responses": {"200": {}}}))), "none");
        let parameter_of = |value: Value| parameter(&object(value));
        assert_eq!(
            parameter_of(json!({"in": "path", "required": true, "schema": {"type": "boolean"}})),
            "path boolean"
        );
        assert_eq!(parameter_of(json!({"in": "query", "required": true, "schema": {}})), "query any required");
    }
}

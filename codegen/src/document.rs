//! Reads, walks and writes an OpenAPI document as JSON. Equal documents are written as equal bytes.

use serde_json::{Map, Value};

use crate::limits;
use crate::problem::Problems;
use crate::strict_json;

/// A JSON object.
pub type Object = Map<String, Value>;

/// The HTTP methods of OpenAPI, in the order in which operations are listed.
pub const METHODS: [&str; 8] = ["get", "post", "put", "patch", "delete", "head", "options", "trace"];

/// Reads an OpenAPI 3.0 document.
///
/// # Errors
/// Fails if the text is not JSON, is not OpenAPI 3.0.x, or has no valid version, no paths or no schemas. The error says
/// what to do.
pub fn read(text: &str) -> Result<Value, Problems> {
    // A document from the developer portal can begin with a byte order mark.
    let document = strict_json::read(text.strip_prefix('\u{feff}').unwrap_or(text))?;
    if let Some(version) = document.get("swagger") {
        return Err(Problems::one(
            "/swagger",
            format!("the document is Swagger {version}"),
            "use the OpenAPI 3.0 document of the same API version",
        ));
    }
    match document.get("openapi").and_then(Value::as_str) {
        Some(version) if version.starts_with("3.0.") => {}
        Some(version) => {
            return Err(Problems::one(
                "/openapi",
                format!("OpenAPI {version} is not supported"),
                "use an OpenAPI 3.0 document, or add support for this version to the importer",
            ));
        }
        None => {
            return Err(Problems::one(
                "/openapi",
                "the document is not OpenAPI: it has no `openapi` version",
                "use the OpenAPI document from the developer portal",
            ));
        }
    }
    let mut problems = Problems::default();
    match document.pointer("/info/version").and_then(Value::as_str) {
        None => problems.add(
            "/info/version",
            "the document has no API version",
            "download the document from the developer portal again: its `info.version` is the version of the API, such as 2025.8",
        ),
        // The version is sent in a header, so it must not contain characters that a header cannot have.
        Some(version)
            if version
                .split('.')
                .any(|part| part.is_empty() || !part.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')) =>
        {
            problems.add(
                "/info/version",
                format!("{version:?} is not a version"),
                "download the document from the developer portal again: its `info.version` is a version such as 2025.8",
            );
        }
        Some(_) => {}
    }
    if !document.get("paths").is_some_and(Value::is_object) {
        problems.add(
            "/paths",
            "the document has no paths",
            "download the whole document (All.json) from the developer portal",
        );
    }
    if !document.pointer("/components/schemas").is_some_and(Value::is_object) {
        problems.add(
            "/components/schemas",
            "the document has no schemas",
            "download the whole document (All.json) from the developer portal",
        );
    }
    limits::check(&document, &mut problems);
    problems.into_result()?;
    Ok(document)
}

/// Returns the API version of a document that [`read`] accepted.
#[must_use]
pub fn version(document: &Value) -> &str {
    document.pointer("/info/version").and_then(Value::as_str).unwrap_or_default()
}

/// Writes a document with sorted keys, two spaces per level and one newline at the end.
#[must_use]
pub fn canonical(document: &Value) -> String {
    let mut text = format!("{:#}", sorted(document));
    text.push('\n');
    text
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(object) => {
            let mut entries: Vec<_> = object.iter().collect();
            entries.sort_by(|a, b| a.0.cmp(b.0));
            Value::Object(entries.into_iter().map(|(key, value)| (key.clone(), sorted(value))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        other => other.clone(),
    }
}

/// Calls `each` for every operation, with its path and lower-case method.
pub fn for_each_operation(document: &mut Value, mut each: impl FnMut(&str, &str, &mut Object)) {
    let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) else { return };
    for (path, item) in paths.iter_mut() {
        for method in METHODS {
            if let Some(operation) = item.get_mut(method).and_then(Value::as_object_mut) {
                each(path, method, operation);
            }
        }
    }
}

/// Calls `each` for every schema of the document, named or inline, with its JSON pointer. Outer schemas are first.
pub fn for_each_schema(document: &mut Value, mut each: impl FnMut(&str, &mut Object)) {
    if let Some(schemas) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) {
        for (name, schema) in schemas.iter_mut() {
            walk_schema(&format!("/components/schemas/{}", escape(name)), schema, &mut each);
        }
    }
    for_each_operation(document, |path, method, operation| {
        let at = format!("/paths/{}/{method}", escape(path));
        for (index, parameter) in array_mut(operation, "parameters").enumerate() {
            if let Some(schema) = parameter.get_mut("schema") {
                walk_schema(&format!("{at}/parameters/{index}/schema"), schema, &mut each);
            }
        }
        if let Some(content) = operation.get_mut("requestBody").and_then(|body| body.get_mut("content")) {
            walk_content(&format!("{at}/requestBody/content"), content, &mut each);
        }
        if let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) {
            for (status, response) in responses.iter_mut() {
                if let Some(content) = response.get_mut("content") {
                    walk_content(&format!("{at}/responses/{status}/content"), content, &mut each);
                }
            }
        }
    });
}

fn walk_content(at: &str, content: &mut Value, each: &mut impl FnMut(&str, &mut Object)) {
    let Some(content) = content.as_object_mut() else { return };
    for (media, body) in content.iter_mut() {
        if let Some(schema) = body.get_mut("schema") {
            walk_schema(&format!("{at}/{}/schema", escape(media)), schema, each);
        }
    }
}

/// Calls `each` for `schema` and every schema inside it.
pub fn walk_schema(at: &str, schema: &mut Value, each: &mut impl FnMut(&str, &mut Object)) {
    let Some(object) = schema.as_object_mut() else { return };
    each(at, object);
    if let Some(properties) = object.get_mut("properties").and_then(Value::as_object_mut) {
        for (name, property) in properties.iter_mut() {
            walk_schema(&format!("{at}/properties/{}", escape(name)), property, each);
        }
    }
    for key in ["items", "additionalProperties", "not"] {
        if let Some(inner) = object.get_mut(key) {
            walk_schema(&format!("{at}/{key}"), inner, each);
        }
    }
    for key in ["allOf", "anyOf", "oneOf"] {
        for (index, inner) in array_mut(object, key).enumerate() {
            walk_schema(&format!("{at}/{key}/{index}"), inner, each);
        }
    }
}

/// Returns the elements of an array in `object`. Empty if the key is missing or not an array.
pub fn array_mut<'a>(object: &'a mut Object, key: &str) -> impl Iterator<Item = &'a mut Value> {
    object.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten()
}

/// Returns the values of an object in `object`. Empty if the key is missing or not an object.
pub fn values_mut<'a>(object: &'a mut Object, key: &str) -> impl Iterator<Item = &'a mut Value> {
    object.get_mut(key).and_then(Value::as_object_mut).into_iter().flat_map(|object| object.values_mut())
}

/// Returns the elements of an array in `object`. Empty if the key is missing or not an array.
pub fn array<'a>(object: &'a Object, key: &str) -> impl Iterator<Item = &'a Value> {
    object.get(key).and_then(Value::as_array).into_iter().flatten()
}

/// Returns a string in `object`. `None` if the key is missing or not a string.
#[must_use]
pub fn text<'a>(object: &'a Object, key: &str) -> Option<&'a str> {
    object.get(key).and_then(Value::as_str)
}

/// Returns the names of the parameters in a path template, in order.
pub fn template_parameters(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
}

/// Returns a key as a segment of a JSON pointer.
#[must_use]
pub fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// Returns the label of an operation in messages: `GET /path (vendorId)`.
#[must_use]
pub fn operation_label(path: &str, method: &str, operation: &Object) -> String {
    format!(
        "{} {path} ({})",
        method.to_uppercase(),
        text(operation, "x-vendor-id").or_else(|| text(operation, "operationId")).unwrap_or("no operationId")
    )
}

/// Returns the name in `#/components/schemas/NAME`.
#[must_use]
pub fn schema_name(reference: &str) -> Option<&str> {
    reference.strip_prefix("#/components/schemas/")
}

/// Returns a media type without its parameters, in lower case.
#[must_use]
pub fn essence(media: &str) -> String {
    media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Returns whether a media type without parameters, in lower case, is JSON.
#[must_use]
pub fn is_json(essence: &str) -> bool {
    essence == "application/json" || essence.ends_with("+json") || essence == "text/json"
}

/// Returns whether a schema is bytes: a response, or the file in a form.
#[must_use]
pub fn is_binary(schema: &Value) -> bool {
    schema.get("format").is_some_and(|format| format == "binary")
}

/// Returns the name of the schema of an operation's form, or `None` if the body is not a form.
#[must_use]
pub fn form_schema(operation: &Object) -> Option<&str> {
    operation.get("requestBody")?.pointer("/content/multipart~1form-data/schema/$ref")?.as_str().and_then(schema_name)
}

/// Returns a `$ref` to a named schema.
#[must_use]
pub fn schema_reference(name: &str) -> Value {
    serde_json::json!({ "$ref": format!("#/components/schemas/{name}") })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn small() -> Value {
        json!({"openapi": "3.0.1", "info": {"version": "1"}, "paths": {}, "components": {"schemas": {}}})
    }

    #[test]
    fn unsupported_documents_are_rejected_with_a_fix() {
        for (text, expected) in [
            ("<html>".to_owned(), "not JSON"),
            (json!({"swagger": "2.0"}).to_string(), "Swagger \"2.0\""),
            (json!({"openapi": "3.1.0"}).to_string(), "OpenAPI 3.1.0 is not supported"),
            (json!({}).to_string(), "is not OpenAPI"),
            (json!({"openapi": "3.0.1"}).to_string(), "no paths"),
        ] {
            let message = read(&text).unwrap_err().to_string();
            assert!(message.contains(expected), "{message}");
            assert!(message.contains("fix:"), "{message}");
        }
        assert!(read(&small().to_string()).is_ok());
    }

    #[test]
    fn all_problems_of_a_document_are_reported() {
        let problems = read(&json!({"openapi": "3.0.1"}).to_string()).unwrap_err();
        // It has no version, no paths and no schemas.
        assert_eq!(problems.0.len(), 3, "{problems}");
    }

    #[test]
    fn canonical_text_is_sorted() {
        let (a, b): (Value, Value) = (
            serde_json::from_str(r#"{"b":1,"a":{"d":1,"c":[{"f":1,"e":2}]}}"#).unwrap(),
            serde_json::from_str(r#"{"a":{"c":[{"e":2,"f":1}],"d":1},"b":1}"#).unwrap(),
        );
        assert_eq!(canonical(&a), canonical(&b));
        assert!(canonical(&a).find("\"a\"") < canonical(&a).find("\"b\""));
    }

    #[test]
    fn every_schema_is_walked_with_its_pointer() {
        let mut document = small();
        document["components"]["schemas"]["A"] =
            json!({"properties": {"x": {"items": {"type": "string"}}}, "allOf": [{"type": "object"}]});
        document["paths"]["/a/b"] = json!({"get": {"parameters": [{"schema": {}}], "responses": {"200": {"content": {"application/json": {"schema": {}}}}}}});
        let mut seen = Vec::new();
        for_each_schema(&mut document, |at, _| seen.push(at.to_owned()));
        assert_eq!(
            seen,
            [
                "/components/schemas/A",
                "/components/schemas/A/properties/x",
                "/components/schemas/A/properties/x/items",
                "/components/schemas/A/allOf/0",
                "/paths/~1a~1b/get/parameters/0/schema",
                "/paths/~1a~1b/get/responses/200/content/application~1json/schema",
            ]
        );
    }
}

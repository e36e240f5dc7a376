//! An OpenAPI document as JSON: how it is read, walked and written, so that equal documents are equal bytes.

use serde_json::{Map, Value};

use crate::problem::Problems;

/// A JSON object, as `serde_json` has it.
pub type Object = Map<String, Value>;

/// The HTTP methods an OpenAPI path may carry, in the order in which operations are listed.
pub const METHODS: [&str; 8] = ["get", "post", "put", "patch", "delete", "head", "options", "trace"];

/// Reads an OpenAPI 3.0 document.
///
/// # Errors
/// Text that is not JSON, Swagger 2.0, any OpenAPI but 3.0.x, and a document without paths or schemas, each with what
/// to do instead.
pub fn read(text: &str) -> Result<Value, Problems> {
    // The portal's tools write a byte order mark.
    let document: Value = serde_json::from_str(text.strip_prefix('\u{feff}').unwrap_or(text)).map_err(|error| {
        Problems::one(
            "/",
            format!("this is not JSON: {error}"),
            "give the OpenAPI document as the developer portal serves it (All.json)",
        )
    })?;
    if let Some(version) = document.get("swagger") {
        return Err(Problems::one(
            "/swagger",
            format!("this is a Swagger {version} document"),
            "give the OpenAPI 3.0 document of the same API version",
        ));
    }
    match document.get("openapi").and_then(Value::as_str) {
        Some(version) if version.starts_with("3.0.") => {}
        Some(version) => {
            return Err(Problems::one(
                "/openapi",
                format!("OpenAPI {version} is not supported"),
                "give an OpenAPI 3.0 document, or teach the importer this version",
            ));
        }
        None => {
            return Err(Problems::one(
                "/openapi",
                "the document does not say that it is OpenAPI",
                "give the OpenAPI document as the developer portal serves it",
            ));
        }
    }
    let mut problems = Problems::default();
    match document.pointer("/info/version").and_then(Value::as_str) {
        None => problems.add(
            "/info/version",
            "the document does not name its API version",
            "add the version (for example 2025.8) to info.version",
        ),
        // It becomes build metadata of a cargo version, and goes into a header.
        Some(version)
            if version
                .split('.')
                .any(|part| part.is_empty() || !part.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')) =>
        {
            problems.add("/info/version", format!("{version:?} is no version"), "write it like 2025.8 in info.version");
        }
        Some(_) => {}
    }
    if !document.get("paths").is_some_and(Value::is_object) {
        problems.add("/paths", "the document has no paths", "give a complete document");
    }
    if !document.pointer("/components/schemas").is_some_and(Value::is_object) {
        problems.add("/components/schemas", "the document has no schemas", "give a complete document");
    }
    problems.into_result()?;
    Ok(document)
}

/// The API version of a document that [`read`] accepted.
#[must_use]
pub fn version(document: &Value) -> &str {
    document.pointer("/info/version").and_then(Value::as_str).unwrap_or_default()
}

/// Writes a document with every object sorted by key, two spaces a level, one newline at the end: the same facts are
/// always the same bytes.
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
            Value::Object(entries.into_iter().map(|(key, member)| (key.clone(), sorted(member))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        other => other.clone(),
    }
}

/// Calls `each` for every operation: path, method (lower case), the operation itself.
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

/// Calls `each` for every schema object of the document, named or inline, outermost first, with its JSON pointer.
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

/// The members of an array member of `object`; none when it is missing or no array.
pub fn array_mut<'a>(object: &'a mut Object, key: &str) -> impl Iterator<Item = &'a mut Value> {
    object.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten()
}

/// The members of an array member of `object`; none when it is missing or no array.
pub fn array<'a>(object: &'a Object, key: &str) -> impl Iterator<Item = &'a Value> {
    object.get(key).and_then(Value::as_array).into_iter().flatten()
}

/// A text member.
#[must_use]
pub fn text<'a>(object: &'a Object, key: &str) -> Option<&'a str> {
    object.get(key).and_then(Value::as_str)
}

/// The names in the braces of a template, in order.
pub fn template_parameters(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
}

/// A key as one segment of a JSON pointer.
#[must_use]
pub fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// `GET /path (vendorId)`: how an operation is named in messages.
#[must_use]
pub fn operation_label(path: &str, method: &str, operation: &Object) -> String {
    format!(
        "{} {path} ({})",
        method.to_uppercase(),
        text(operation, "x-vendor-id").or_else(|| text(operation, "operationId")).unwrap_or("no operationId")
    )
}

/// The name in `#/components/schemas/NAME`.
#[must_use]
pub fn schema_name(reference: &str) -> Option<&str> {
    reference.strip_prefix("#/components/schemas/")
}

/// Whether a schema is bytes: an answer, or the file of a form.
#[must_use]
pub fn is_binary(schema: &Value) -> bool {
    schema.get("format").is_some_and(|format| format == "binary")
}

/// The name of the schema of an operation's form; `None` where the body is none.
#[must_use]
pub fn form_schema(operation: &Object) -> Option<&str> {
    operation.get("requestBody")?.pointer("/content/multipart~1form-data/schema/$ref")?.as_str().and_then(schema_name)
}

/// A `$ref` to a named schema.
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
    fn refuses_what_it_cannot_read_and_says_what_to_give() {
        for (text, expected) in [
            ("<html>".to_owned(), "not JSON"),
            (json!({"swagger": "2.0"}).to_string(), "Swagger \"2.0\""),
            (json!({"openapi": "3.1.0"}).to_string(), "OpenAPI 3.1.0 is not supported"),
            (json!({}).to_string(), "does not say that it is OpenAPI"),
            (json!({"openapi": "3.0.1"}).to_string(), "no paths"),
        ] {
            let message = read(&text).unwrap_err().to_string();
            assert!(message.contains(expected), "{message}");
            assert!(message.contains("decide:"), "{message}");
        }
        assert!(read(&small().to_string()).is_ok());
    }

    #[test]
    fn a_bad_document_is_told_all_its_faults_at_once() {
        let problems = read(&json!({"openapi": "3.0.1"}).to_string()).unwrap_err();
        assert_eq!(problems.0.len(), 3, "{problems}");
    }

    #[test]
    fn canonical_text_is_sorted_whatever_the_order_was() {
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

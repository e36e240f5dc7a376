//! Finds everything that progenitor and typify would reject, panic on or silently get wrong. Their own messages do not
//! name the path and method; the problems that this module reports do.

use std::collections::BTreeMap;

use heck::{ToPascalCase, ToSnakeCase};
use serde_json::Value;

use crate::document::{self, Object, array, for_each_operation, for_each_schema, text};
use crate::problem::Problems;

/// Checks a normalised document with names.
pub(crate) fn check(document: &mut Value, problems: &mut Problems) {
    check_schemas(document, problems);
    check_type_names(document, problems);
    let schemas = document.pointer("/components/schemas").cloned().unwrap_or_default();
    for_each_operation(document, |path, method, operation| {
        check_operation(path, method, operation, &schemas, problems)
    });
}

fn check_schemas(document: &mut Value, problems: &mut Problems) {
    for_each_schema(document, |at, schema| {
        check_property_names(at, schema, problems);
        check_enum(at, schema, problems);
        let is_named = at.starts_with("/components/schemas/") && at.matches('/').count() == 3;
        for (keyword, category) in [("properties", "an object with properties"), ("enum", "an enum")] {
            if schema.contains_key(keyword) && !is_named {
                problems.add(
                    at,
                    format!("{category} is inline: it would have no type, or the type of another schema"),
                    "name it in /components/schemas, or simplify it with a correction",
                );
            }
        }
        for keyword in ["anyOf", "oneOf", "allOf", "not"] {
            if schema.contains_key(keyword) {
                problems.add(
                    at,
                    format!("`{keyword}` is not supported, because the generated types would be wrong"),
                    "simplify the schema with a correction, or add support for the keyword to the generator",
                );
            }
        }
        if let Some(json_type) = text(schema, "type")
            && !["string", "integer", "number", "boolean", "object", "array"].contains(&json_type)
        {
            problems.add(at, format!("`{json_type}` is not a JSON type"), "correct the type in the document");
        }
    });
}

/// Reports properties with invalid or equal Rust names, because the struct would not compile.
fn check_property_names(at: &str, schema: &Object, problems: &mut Problems) {
    let mut seen: BTreeMap<String, &String> = BTreeMap::new();
    for name in schema.get("properties").and_then(Value::as_object).into_iter().flat_map(Object::keys) {
        let rust_name = name.to_snake_case();
        if rust_name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || "_-.$ ".contains(c)) {
            problems.add(
                at,
                format!("the property `{name}` has no valid Rust name"),
                "rename it with a correction (rename-property)",
            );
        } else if let Some(other) = seen.insert(rust_name.clone(), name) {
            problems.add(
                at,
                format!("the properties `{other}` and `{name}` are both `{rust_name}` in Rust"),
                "rename one with a correction (rename-property)",
            );
        }
    }
}

/// Reports enums that typify panics on: values that are not strings, and values with invalid or equal variants.
fn check_enum(at: &str, schema: &Object, problems: &mut Problems) {
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    for value in array(schema, "enum") {
        let Some(value) = value.as_str() else {
            problems.add(at, format!("the enum value {value} is not a string"), "correct the values in the document");
            continue;
        };
        // Typify puts an X in front of a digit.
        let mut variant = value.to_pascal_case();
        if variant.starts_with(|c: char| c.is_ascii_digit()) {
            variant.insert(0, 'X');
        }
        if variant.is_empty() || value.chars().any(char::is_control) {
            problems.add(
                at,
                format!("the enum value `{value}` has no valid Rust name"),
                "correct the values in the document",
            );
        } else if variant == "Unrecognized" {
            problems.add(
                at,
                format!("the enum value `{value}` has the name of the variant for unknown values"),
                "rename that variant (core: `open_enum!`)",
            );
        } else if let Some(other) = seen.insert(variant.clone(), value) {
            problems.add(
                at,
                format!("the enum values `{other}` and `{value}` are both `{variant}` in Rust"),
                "correct the values in the document",
            );
        }
    }
}

/// Type names that the generated code uses without a path.
const TAKEN_TYPES: [&str; 6] = ["Into", "Option", "Result", "Self", "String", "Vec"];

/// Reports schemas with invalid or equal Rust names. One of two equal types would replace the other.
fn check_type_names(document: &Value, problems: &mut Problems) {
    let mut seen: BTreeMap<String, &String> = BTreeMap::new();
    for name in document.pointer("/components/schemas").and_then(Value::as_object).into_iter().flat_map(Object::keys) {
        if syn::parse_str::<syn::Ident>(&name.to_pascal_case()).is_err()
            || TAKEN_TYPES.contains(&name.to_pascal_case().as_str())
        {
            problems.add(
                format!("/components/schemas/{}", document::escape(name)),
                format!("`{}` cannot be the name of a generated type", name.to_pascal_case()),
                "rename the schema in the document",
            );
        }
        if let Some(other) = seen.insert(name.to_pascal_case(), name) {
            problems.add(
                format!("/components/schemas/{}", document::escape(name)),
                format!("the schemas `{other}` and `{name}` are both `{}` in Rust", name.to_pascal_case()),
                "rename one of them in the document",
            );
        }
    }
}

/// Returns whether a schema can be sent in a URL: a string, a number, a boolean, an enum or, in the query, an object
/// with such properties.
fn fits_a_url(schema: &Value, schemas: &Value, nested: bool) -> bool {
    if let Some(name) = schema.get("$ref").and_then(Value::as_str).and_then(document::schema_name) {
        return schemas
            .get(name)
            .is_some_and(|schema| schema.get("x-reference").is_none() && fits_a_url(schema, schemas, nested));
    }
    match schema.get("type").and_then(Value::as_str) {
        Some("string" | "integer" | "number" | "boolean") => true,
        Some("object") if !nested => schema
            .get("properties")
            .and_then(Value::as_object)
            .is_some_and(|properties| properties.values().all(|property| fits_a_url(property, schemas, true))),
        _ => false,
    }
}

/// Reports forms with several files. The bindings send text fields and one file.
fn check_form(label: &str, operation: &Object, schemas: &Value, problems: &mut Problems) {
    let form = document::form_schema(operation).and_then(|name| schemas.get(name)?.get("properties")?.as_object());
    let properties = || form.into_iter().flatten();
    if properties().filter(|(_, property)| document::is_binary(property)).count() > 1
        || properties().any(|(_, property)| property.get("items").is_some_and(document::is_binary))
    {
        problems.add(
            label,
            "its form has several files, but the bindings can send only one",
            "correct the body, or add support for such forms to the generator",
        );
    }
}

fn check_operation(path: &str, method: &str, operation: &Object, schemas: &Value, problems: &mut Problems) {
    let label = document::operation_label(path, method, operation);
    // The operation ID becomes a `doc(alias)`, which cannot contain whitespace or quotes.
    if text(operation, "x-vendor-id")
        .is_some_and(|id| id.chars().any(|c| c.is_whitespace() || c.is_control() || c == '"' || c == '\''))
    {
        problems.add(&label, "its operationId contains whitespace or quotes", "change the operationId in the document");
    }
    if !["get", "post", "put", "patch", "delete"].contains(&method) {
        problems.add(
            &label,
            format!("the naming rules have no verb for {}", method.to_uppercase()),
            "add one to the naming rules",
        );
    }
    for (media, _) in operation
        .get("requestBody")
        .and_then(|body| body.get("content"))
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        if media == "multipart/form-data" {
            check_form(&label, operation, schemas, problems);
        }
        if media != "application/json" && media != "multipart/form-data" {
            problems.add(
                &label,
                format!("the body is {media}, which the bindings cannot send"),
                "correct the body, or add support for the media type to the generator",
            );
        }
    }
    for parameter in array(operation, "parameters").filter_map(Value::as_object) {
        let name = text(parameter, "name").unwrap_or_default();
        for keyword in ["style", "content"] {
            if parameter.contains_key(keyword) && !parameter.contains_key("$ref") {
                problems.add(
                    &label,
                    format!("the parameter `{name}` has `{keyword}`, which the bindings cannot send"),
                    "simplify it with a correction",
                );
            }
        }
        let in_path = text(parameter, "in") == Some("path");
        if !parameter.contains_key("$ref")
            && !parameter.get("schema").is_some_and(|schema| fits_a_url(schema, schemas, in_path))
        {
            problems.add(
                &label,
                format!("the parameter `{name}` is not a string, number, boolean, enum or object of these"),
                "correct the parameter in the document",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn problems_of(mut document: Value) -> String {
        let mut problems = Problems::default();
        check(&mut document, &mut problems);
        problems.0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn unsupported_schemas_are_reported() {
        for (schema, expected) in [
            (json!({"properties": {"_info": {}, "info": {}}}), "`_info` and `info` are both `info`"),
            (json!({"properties": {"fooBar": {}, "FooBar": {}}}), "are both `foo_bar`"),
            (json!({"properties": {"日": {}}}), "has no valid Rust name"),
            (json!({"enum": ["a b", "a-b"]}), "`a b` and `a-b` are both `AB`"),
            (json!({"enum": ["%"]}), "has no valid Rust name"),
            (json!({"enum": [1]}), "is not a string"),
            (json!({"enum": ["Unrecognized"]}), "variant for unknown values"),
            (json!({"enum": ["1", "X1"]}), "are both `X1`"),
            (json!({"enum": ["a\nb"]}), "has no valid Rust name"),
            (json!({"properties": {"b": {"type": "object", "properties": {"c": {}}}}}), "is inline"),
            (json!({"anyOf": []}), "`anyOf` is not supported"),
            (json!({"type": "file"}), "is not a JSON type"),
        ] {
            let problems = problems_of(json!({"paths": {}, "components": {"schemas": {"A": schema}}}));
            assert!(problems.contains(expected) && problems.contains("/components/schemas/A"), "{problems}");
        }
        assert!(
            problems_of(json!({"paths": {}, "components": {"schemas": {"FooBar": {}, "foo_bar": {}}}}))
                .contains("are both `FooBar` in Rust")
        );
    }

    #[test]
    fn unsupported_operations_are_reported() {
        for (method, operation, expected) in [
            ("head", json!({}), "no verb for"),
            ("post", json!({"requestBody": {"content": {"text/csv": {}}}}), "the body is text/csv"),
            (
                "get",
                json!({"parameters": [{"name": "p", "style": "deepObject", "schema": {"type": "string"}}]}),
                "`p` has `style`",
            ),
            ("get", json!({"parameters": [{"name": "p", "schema": {"type": "array"}}]}), "`p` is not a string"),
            (
                "get",
                json!({"parameters": [{"name": "p", "in": "path", "schema": {"$ref": "#/components/schemas/Flat"}}]}),
                "`p` is not a string",
            ),
            (
                "get",
                json!({"parameters": [{"name": "p", "schema": {"$ref": "#/components/schemas/Deep"}}]}),
                "`p` is not a string",
            ),
            (
                "get",
                json!({"parameters": [{"name": "p", "schema": {"$ref": "#/components/schemas/FlatReference"}}]}),
                "`p` is not a string",
            ),
            ("get", json!({"x-vendor-id": "get it"}), "contains whitespace or quotes"),
            ("get", json!({"x-vendor-id": "get\"it"}), "contains whitespace or quotes"),
        ] {
            let problems = problems_of(json!({"paths": {"/a": {method: operation}}, "components": {"schemas": {
                "Flat": {"type": "object", "properties": {"x": {"type": "string"}}}, "FlatReference": {"x-reference": "plain", "type": "object", "properties": {"id": {"type": "integer"}}}, "Deep": {"type": "object", "properties": {"x": {"type": "array"}}}}}}));
            assert!(problems.contains(expected) && problems.contains(" /a "), "{problems}");
        }
    }
}

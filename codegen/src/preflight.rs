//! What progenitor and typify would refuse, panic on or silently get wrong is found here first, with path, method and
//! rule: their own messages name neither.

use std::collections::BTreeMap;

use heck::{ToPascalCase, ToSnakeCase};
use serde_json::Value;

use crate::document::{self, Object, array, for_each_operation, for_each_schema, text};
use crate::problem::Problems;

/// Checks a normalised, named document.
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
        check_member_names(at, schema, problems);
        check_enum(at, schema, problems);
        let is_named = at.starts_with("/components/schemas/") && at.matches('/').count() == 3;
        for (keyword, what) in [("properties", "an object with members"), ("enum", "an enum")] {
            if schema.contains_key(keyword) && !is_named {
                problems.add(
                    at,
                    format!("{what} stands inline, and would have no type or take that of another schema"),
                    "give it a name under /components/schemas, or describe the place plainly with a correction",
                );
            }
        }
        for keyword in ["anyOf", "oneOf", "allOf", "not"] {
            if schema.contains_key(keyword) {
                problems.add(
                    at,
                    format!("`{keyword}` is not supported: the generated types would be wrong"),
                    "describe the schema plainly with a correction, or teach the generator this keyword",
                );
            }
        }
        if let Some(kind) = text(schema, "type")
            && !["string", "integer", "number", "boolean", "object", "array"].contains(&kind)
        {
            problems.add(at, format!("`{kind}` is no JSON type"), "correct the type in the document");
        }
    });
}

/// Two members of one Rust name would make a struct that does not compile.
fn check_member_names(at: &str, schema: &Object, problems: &mut Problems) {
    let mut seen: BTreeMap<String, &String> = BTreeMap::new();
    for name in schema.get("properties").and_then(Value::as_object).into_iter().flat_map(Object::keys) {
        let rust = name.to_snake_case();
        if rust.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || "_-.$ ".contains(c)) {
            problems.add(
                at,
                format!("the member `{name}` makes no Rust name"),
                "rename it with a correction (rename-property)",
            );
        } else if let Some(other) = seen.insert(rust.clone(), name) {
            problems.add(
                at,
                format!("the members `{other}` and `{name}` are both `{rust}` in Rust"),
                "rename one with a correction (rename-property)",
            );
        }
    }
}

/// Typify panics on values that make one variant, and on enums that are no text.
fn check_enum(at: &str, schema: &Object, problems: &mut Problems) {
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    for value in array(schema, "enum") {
        let Some(value) = value.as_str() else {
            problems.add(at, format!("the enum value {value} is no text"), "correct the schema");
            continue;
        };
        // As typify does: what begins with a digit gets an X.
        let mut variant = value.to_pascal_case();
        if variant.starts_with(|c: char| c.is_ascii_digit()) {
            variant.insert(0, 'X');
        }
        if variant.is_empty() || value.chars().any(char::is_control) {
            problems.add(at, format!("the enum value `{value}` makes no Rust name"), "correct the schema");
        } else if variant == "Unrecognized" {
            problems.add(
                at,
                format!("the enum value `{value}` has the name of the open variant"),
                "rename the open variant (core: `open_enum!`)",
            );
        } else if let Some(other) = seen.insert(variant.clone(), value) {
            problems.add(
                at,
                format!("the enum values `{other}` and `{value}` are both `{variant}` in Rust"),
                "correct the schema",
            );
        }
    }
}

/// Names that the generated code uses without a path.
const TAKEN_TYPES: [&str; 6] = ["Into", "Option", "Result", "Self", "String", "Vec"];

/// Two schemas of one Rust name would replace each other, and some names are none.
fn check_type_names(document: &Value, problems: &mut Problems) {
    let mut seen: BTreeMap<String, &String> = BTreeMap::new();
    for name in document.pointer("/components/schemas").and_then(Value::as_object).into_iter().flat_map(Object::keys) {
        if syn::parse_str::<syn::Ident>(&name.to_pascal_case()).is_err()
            || TAKEN_TYPES.contains(&name.to_pascal_case().as_str())
        {
            problems.add(
                format!("/components/schemas/{}", document::escape(name)),
                format!("`{}` cannot be the name of a Rust type beside the generated code", name.to_pascal_case()),
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

/// Whether a schema can be sent in a URL: text, a number, a boolean, an enum, or (in the query) an object of such
/// members.
fn fits_a_url(schema: &Value, schemas: &Value, nested: bool) -> bool {
    if let Some(name) = schema.get("$ref").and_then(Value::as_str).and_then(document::schema_name) {
        return schemas
            .get(name)
            .is_some_and(|named| named.get("x-reference").is_none() && fits_a_url(named, schemas, nested));
    }
    match schema.get("type").and_then(Value::as_str) {
        Some("string" | "integer" | "number" | "boolean") => true,
        Some("object") if !nested => schema
            .get("properties")
            .and_then(Value::as_object)
            .is_some_and(|members| members.values().all(|member| fits_a_url(member, schemas, true))),
        _ => false,
    }
}

/// The bindings send texts and one file; a second file or a list of files would be left out.
fn check_form(label: &str, operation: &Object, schemas: &Value, problems: &mut Problems) {
    let form = document::form_schema(operation).and_then(|name| schemas.get(name)?.get("properties")?.as_object());
    let members = || form.into_iter().flatten();
    if members().filter(|(_, member)| document::is_binary(member)).count() > 1
        || members().any(|(_, member)| member.get("items").is_some_and(document::is_binary))
    {
        problems.add(
            label,
            "its form has more than one file, and the bindings send one",
            "correct the body, or teach the generator such forms",
        );
    }
}

fn check_operation(path: &str, method: &str, operation: &Object, schemas: &Value, problems: &mut Problems) {
    let label = document::operation_label(path, method, operation);
    // It becomes an alias in the documentation, which takes no blanks and quotes.
    if text(operation, "x-vendor-id")
        .is_some_and(|id| id.chars().any(|c| c.is_whitespace() || c.is_control() || c == '"' || c == '\''))
    {
        problems.add(&label, "its operationId holds blanks or quotes", "give it another operationId in the document");
    }
    if !["get", "post", "put", "patch", "delete"].contains(&method) {
        problems.add(
            &label,
            format!("{} is a method the bindings have no verb for", method.to_uppercase()),
            "add it to the naming rules",
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
                "correct the body, or teach the generator this media type",
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
                    "describe it plainly with a correction",
                );
            }
        }
        let in_path = text(parameter, "in") == Some("path");
        if !parameter.contains_key("$ref")
            && !parameter.get("schema").is_some_and(|schema| fits_a_url(schema, schemas, in_path))
        {
            problems.add(
                &label,
                format!("the parameter `{name}` is no text, number, boolean, enum or object of these"),
                "correct the parameter",
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
    fn each_trap_is_found_with_its_place() {
        for (schema, expected) in [
            (json!({"properties": {"_info": {}, "info": {}}}), "`_info` and `info` are both `info`"),
            (json!({"properties": {"fooBar": {}, "FooBar": {}}}), "are both `foo_bar`"),
            (json!({"properties": {"日": {}}}), "makes no Rust name"),
            (json!({"enum": ["a b", "a-b"]}), "`a b` and `a-b` are both `AB`"),
            (json!({"enum": ["%"]}), "makes no Rust name"),
            (json!({"enum": [1]}), "is no text"),
            (json!({"enum": ["Unrecognized"]}), "open variant"),
            (json!({"enum": ["1", "X1"]}), "are both `X1`"),
            (json!({"enum": ["a\nb"]}), "makes no Rust name"),
            (json!({"properties": {"b": {"type": "object", "properties": {"c": {}}}}}), "stands inline"),
            (json!({"anyOf": []}), "`anyOf` is not supported"),
            (json!({"type": "file"}), "is no JSON type"),
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
    fn operations_that_cannot_be_generated_are_found() {
        for (method, operation, expected) in [
            ("head", json!({}), "no verb for"),
            ("post", json!({"requestBody": {"content": {"text/csv": {}}}}), "the body is text/csv"),
            (
                "get",
                json!({"parameters": [{"name": "p", "style": "deepObject", "schema": {"type": "string"}}]}),
                "`p` has `style`",
            ),
            ("get", json!({"parameters": [{"name": "p", "schema": {"type": "array"}}]}), "`p` is no text"),
            (
                "get",
                json!({"parameters": [{"name": "p", "in": "path", "schema": {"$ref": "#/components/schemas/Flat"}}]}),
                "`p` is no text",
            ),
            (
                "get",
                json!({"parameters": [{"name": "p", "schema": {"$ref": "#/components/schemas/Deep"}}]}),
                "`p` is no text",
            ),
            (
                "get",
                json!({"parameters": [{"name": "p", "schema": {"$ref": "#/components/schemas/FlatReference"}}]}),
                "`p` is no text",
            ),
            ("get", json!({"x-vendor-id": "get it"}), "holds blanks or quotes"),
            ("get", json!({"x-vendor-id": "get\"it"}), "holds blanks or quotes"),
        ] {
            let problems = problems_of(json!({"paths": {"/a": {method: operation}}, "components": {"schemas": {
                "Flat": {"type": "object", "properties": {"x": {"type": "string"}}}, "FlatReference": {"x-reference": "plain", "type": "object", "properties": {"id": {"type": "integer"}}}, "Deep": {"type": "object", "properties": {"x": {"type": "array"}}}}}}));
            assert!(problems.contains(expected) && problems.contains(" /a "), "{problems}");
        }
    }
}

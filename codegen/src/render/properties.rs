//! The properties of a schema, as fields of its struct. The model has their names and types; progenitor's tree must have
//! the same fields.

use std::collections::BTreeSet;

use serde_json::Value;
use syn::{Fields, ItemStruct};

use crate::document;
use crate::model::{self, Api, SchemaKind};
use crate::problem::Problems;
use crate::render::progenitor_view;
use crate::render::rust_type::RustType;
use crate::render::types::is_secret;

/// A property of a schema.
#[derive(Clone, Debug)]
pub struct Property {
    /// The name in JSON.
    pub json_name: String,
    /// The name in Rust.
    pub ident: syn::Ident,
    /// The type inside the `Option`.
    pub rust_type: RustType,
}

/// Returns the properties of a schema, sorted by their Rust names. The file of a form is not one of them.
///
/// # Errors
/// Fails if typify generated an unexpected struct, or if a property has no Rust type.
pub fn properties(api: &Api, schema_name: &str, item: &ItemStruct) -> Result<Vec<Property>, Problems> {
    let at = format!("/components/schemas/{schema_name}");
    let gap = |at: String, message: &str| Problems::generator(at, message);
    // Typify generates no fields for a form that has only a file.
    let fields: BTreeSet<String> = match &item.fields {
        Fields::Named(fields) => {
            fields.named.iter().filter_map(|field| Some(field.ident.as_ref()?.to_string())).collect()
        }
        Fields::Unnamed(_) | Fields::Unit => BTreeSet::new(),
    };
    let schema = api.schemas.get(schema_name).and_then(|schema| schema.get("properties")).and_then(Value::as_object);
    let mut properties = Vec::new();
    for (index, (json_name, property)) in
        schema.into_iter().flatten().filter(|(_, property)| !document::is_binary(property)).enumerate()
    {
        let written = progenitor_view::field_name(index);
        let at = || format!("{at}/properties/{}", document::escape(json_name));
        if !fields.contains(&written) {
            return Err(gap(at(), "typify did not generate a field for it"));
        }
        let rust_type =
            rust_type(api, schema_name, json_name, property).ok_or_else(|| gap(at(), "it has no Rust type"))?;
        let ident = syn::parse_str(&model::field_name(json_name, property))
            .map_err(|_| gap(at(), "its field has no valid name"))?;
        properties.push(Property { json_name: json_name.clone(), ident, rust_type });
    }
    properties.sort_by(|a, b| a.ident.cmp(&b.ident));
    Ok(properties)
}

/// Returns the Rust type of a property, inside its `Option`. References, and objects that contain their own type, are in
/// core's pointer. `None` if the schema has no Rust type.
#[must_use]
pub fn rust_type(api: &Api, schema_name: &str, json_name: &str, property: &Value) -> Option<RustType> {
    let rust_type = RustType::from_schema(api, property)?;
    Some(match rust_type {
        // A credential stays a `String`, which the writer can hide.
        RustType::DateText if is_secret(json_name) => RustType::String,
        RustType::Reference(_) | RustType::ExtendedReference(_) => RustType::Shared(Box::new(rust_type)),
        RustType::Object(ref other) if contains(api, other, schema_name) => RustType::Shared(Box::new(rust_type)),
        other => other,
    })
}

/// Returns whether the struct of a schema contains another struct, or is it. Lists, maps and references do not count:
/// they are on the heap.
fn contains(api: &Api, schema_name: &str, wanted: &str) -> bool {
    let mut seen = BTreeSet::new();
    let mut pending = vec![schema_name];
    while let Some(name) = pending.pop() {
        let schema = api.schemas.get(name);
        if schema.is_some_and(|schema| schema.get("x-reference").is_some()) {
            continue;
        }
        if name == wanted {
            return true;
        }
        if !seen.insert(name) || api.schema_kind(name) != SchemaKind::Object {
            continue;
        }
        let properties = schema.and_then(|schema| schema.get("properties")?.as_object());
        pending.extend(
            properties.into_iter().flatten().filter_map(|(_, property)| {
                property.get("$ref").and_then(Value::as_str).and_then(document::schema_name)
            }),
        );
    }
    false
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn references_and_values_that_contain_their_own_type_are_shared() {
        let reference = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
        let object = |name: &str| json!({"properties": {"x": reference(name)}});
        let schemas = [
            ("Own", object("Own")),
            ("A", object("B")),
            ("B", object("A")),
            ("User", object("A")),
            ("List", json!({"properties": {"x": {"type": "array", "items": reference("List")}}})),
            ("OwnerReference", json!({"x-reference": "extended", "properties": {"x": reference("Owned")}})),
            ("Owned", object("OwnerReference")),
        ];
        let schemas = schemas.map(|(name, schema)| (name.to_owned(), schema)).into();
        let api = Api { version: String::new(), operations: Vec::new(), schemas };
        for (name, expected) in [
            ("Own", true),
            ("A", true),
            ("B", true),
            ("User", false),
            ("List", false),
            ("OwnerReference", false),
            ("Owned", true),
        ] {
            let property = &api.schemas[name]["properties"]["x"];
            let found = rust_type(&api, name, "x", property);
            assert_eq!(matches!(found, Some(RustType::Shared(_))), expected, "{name}");
        }
    }

    #[test]
    fn a_property_has_its_names_and_its_type() {
        let schema = json!({"properties": {
            "a/b": {"type": "string"},
            "file": {"type": "string", "format": "binary"},
            "FooBar": {"type": "boolean", "x-rust-name": "foo_bar_2"},
            "type": {"$ref": "#/components/schemas/Ticket"}
        }});
        let api =
            Api { version: String::new(), operations: Vec::new(), schemas: [("Ticket".to_owned(), schema)].into() };
        let found = properties(
            &api,
            "Ticket",
            &syn::parse_quote! { pub struct Ticket {
                pub f00000: ::std::option::Option<bool>,
                pub f00001: ::std::option::Option<::std::string::String>,
                pub f00002: ::std::boxed::Box<::std::option::Option<Ticket>>,
            } },
        )
        .unwrap();
        let found: Vec<_> = found
            .into_iter()
            .map(|property| (property.json_name, property.ident.to_string(), property.rust_type))
            .collect();
        assert_eq!(
            found,
            [
                ("a/b".to_owned(), "a_b".to_owned(), RustType::String),
                ("FooBar".to_owned(), "foo_bar_2".to_owned(), RustType::Boolean),
                (
                    "type".to_owned(),
                    "type_".to_owned(),
                    RustType::Shared(Box::new(RustType::Object("Ticket".to_owned())))
                ),
            ]
        );
        for item in [
            syn::parse_quote!(
                pub struct Ticket {
                    pub other: i32,
                }
            ),
            syn::parse_quote!(
                pub struct Ticket(i32);
            ),
        ] {
            let problems = properties(&api, "Ticket", &item).unwrap_err().to_string();
            assert!(problems.contains("/components/schemas/Ticket"), "{problems}");
        }
    }
}

//! The properties of a schema, as fields of its struct. The model has their names and types; progenitor's tree says which
//! fields are boxed.

use serde_json::Value;
use syn::{Fields, GenericArgument, ItemStruct, PathArguments, Type};

use crate::document;
use crate::model::{self, Api};
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
    let gap = |at: String, message: &str| Problems::one(at, message, "add the case to codegen's pre-flight check");
    let Fields::Named(fields) = &item.fields else {
        return Err(gap(at, "typify did not generate a struct with named fields for it"));
    };
    let schema = api.schemas.get(schema_name).and_then(|schema| schema.get("properties")).and_then(Value::as_object);
    let mut properties = Vec::new();
    for (index, (json_name, property)) in
        schema.into_iter().flatten().filter(|(_, property)| !document::is_binary(property)).enumerate()
    {
        let written = progenitor_view::field_name(index);
        let at = || format!("{at}/properties/{}", document::escape(json_name));
        let field = fields.named.iter().find(|field| field.ident.as_ref().is_some_and(|ident| *ident == written));
        let field = field.ok_or_else(|| gap(at(), "typify did not generate a field for it"))?;
        let rust_type = RustType::from_schema(api, property).ok_or_else(|| gap(at(), "it has no Rust type"))?;
        let ident = syn::parse_str(&model::field_name(json_name, property))
            .map_err(|_| gap(at(), "its field has no valid name"))?;
        // A credential stays a `String`, which the writer can hide.
        let rust_type =
            if rust_type == RustType::DateText && is_secret(json_name) { RustType::String } else { rust_type };
        let rust_type = if is_boxed(&field.ty) { RustType::Boxed(Box::new(rust_type)) } else { rust_type };
        properties.push(Property { json_name: json_name.clone(), ident, rust_type });
    }
    properties.sort_by(|a, b| a.ident.cmp(&b.ident));
    Ok(properties)
}

/// Returns whether typify boxed the field. It writes `Option<Box<T>>` or `Box<Option<T>>` if a type contains itself.
fn is_boxed(written: &Type) -> bool {
    let inside = argument_of(written, "Option").unwrap_or(written);
    argument_of(inside, "Box").is_some()
}

/// Returns the `T` of `wrapper<T>`.
fn argument_of<'a>(written: &'a Type, wrapper: &str) -> Option<&'a Type> {
    let Type::Path(path) = written else { return None };
    let last = path.path.segments.last().filter(|segment| segment.ident == wrapper)?;
    match &last.arguments {
        PathArguments::AngleBracketed(arguments) => match arguments.args.first() {
            Some(GenericArgument::Type(inner)) => Some(inner),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn boxes_are_found_on_either_side_of_the_option() {
        for (written, expected) in [
            ("::std::boxed::Box<::std::option::Option<Ticket>>", true),
            ("::std::option::Option<::std::boxed::Box<Ticket>>", true),
            ("::std::boxed::Box<Ticket>", true),
            ("::std::option::Option<Ticket>", false),
            ("::std::vec::Vec<::std::boxed::Box<Ticket>>", false),
            ("Ticket", false),
        ] {
            assert_eq!(is_boxed(&syn::parse_str(written).unwrap()), expected, "{written}");
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
                    RustType::Boxed(Box::new(RustType::Object("Ticket".to_owned())))
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

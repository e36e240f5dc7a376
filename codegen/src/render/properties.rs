//! The properties of a schema, as fields of its struct. Progenitor's tree has the Rust names and which fields are
//! boxed; the model has the types.

use serde_json::Value;
use syn::ext::IdentExt;
use syn::{Field, Fields, GenericArgument, ItemStruct, PathArguments, Type};

use crate::document;
use crate::model::Api;
use crate::problem::Problems;
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

/// Returns the properties of a schema, in the order of its struct.
///
/// # Errors
/// Fails if typify generated an unexpected struct, or if a property has no Rust type.
pub fn properties(api: &Api, schema_name: &str, item: &ItemStruct) -> Result<Vec<Property>, Problems> {
    let at = format!("/components/schemas/{schema_name}");
    let gap = |at: String, message: &str| Problems::one(at, message, "add the case to codegen's pre-flight check");
    let Fields::Named(fields) = &item.fields else {
        return Err(gap(at, "typify did not generate a struct with named fields for it"));
    };
    let mut properties = Vec::new();
    for field in &fields.named {
        let Some(ident) = field.ident.clone() else { continue };
        let json_name = json_name(field).unwrap_or_else(|| ident.unraw().to_string());
        let rust_type = property_schema(api, schema_name, &json_name)
            .and_then(|property| RustType::from_schema(api, property))
            .ok_or_else(|| gap(format!("{at}/properties/{json_name}"), "it has no Rust type"))?;
        // A credential stays a `String`, which the writer can hide.
        let rust_type =
            if rust_type == RustType::DateText && is_secret(&json_name) { RustType::String } else { rust_type };
        let rust_type = if is_boxed(&field.ty) { RustType::Boxed(Box::new(rust_type)) } else { rust_type };
        properties.push(Property { json_name, ident, rust_type });
    }
    Ok(properties)
}

/// Returns the schema of a property.
fn property_schema<'a>(api: &'a Api, schema_name: &str, json_name: &str) -> Option<&'a Value> {
    api.schemas.get(schema_name)?.pointer(&format!("/properties/{}", document::escape(json_name)))
}

/// Returns the name in `#[serde(rename = "…")]`.
fn json_name(field: &Field) -> Option<String> {
    let mut name = None;
    for attribute in field.attrs.iter().filter(|attribute| attribute.path().is_ident("serde")) {
        // Attributes without a value end the parse early. This loses nothing, because `rename` is first.
        let _ = attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("rename") {
                name = Some(meta.value()?.parse::<syn::LitStr>()?.value());
            } else if meta.input.peek(syn::Token![=]) {
                meta.value()?.parse::<syn::Expr>()?;
            }
            Ok(())
        });
    }
    name
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
        let schema =
            json!({"properties": {"a/b": {"type": "string"}, "type": {"$ref": "#/components/schemas/Ticket"}}});
        let api =
            Api { version: String::new(), operations: Vec::new(), schemas: [("Ticket".to_owned(), schema)].into() };
        let found = properties(
            &api,
            "Ticket",
            &syn::parse_quote! { pub struct Ticket {
                #[serde(rename = "a/b", default)] pub a_b: ::std::option::Option<::std::string::String>,
                pub r#type: ::std::boxed::Box<::std::option::Option<Ticket>>,
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
                (
                    "type".to_owned(),
                    "r#type".to_owned(),
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

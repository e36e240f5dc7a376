//! The members of a struct: progenitor's tree has their names in Rust and which of them are boxed, the model has their
//! types.

use serde_json::Value;
use syn::ext::IdentExt;
use syn::{Field, Fields, GenericArgument, ItemStruct, PathArguments, Type};

use crate::document;
use crate::model::Api;
use crate::problem::Problems;
use crate::render::rust_type::RustType;
use crate::render::types::is_secret;

/// One member of a struct.
#[derive(Clone, Debug)]
pub struct Member {
    /// Name on the wire.
    pub wire: String,
    /// Name in Rust.
    pub ident: syn::Ident,
    /// The type inside the `Option`.
    pub rust_type: RustType,
}

/// The members of a schema in the order of its struct.
///
/// # Errors
/// A struct that typify made in a form these steps do not know, or a member without a Rust type.
pub fn members(api: &Api, schema_name: &str, item: &ItemStruct) -> Result<Vec<Member>, Problems> {
    let at = format!("/components/schemas/{schema_name}");
    let gap = |at: String, what: &str| Problems::one(at, what, "add the case to codegen's pre-flight check");
    let Fields::Named(fields) = &item.fields else {
        return Err(gap(at, "typify made no struct with named members of it"));
    };
    let mut members = Vec::new();
    for field in &fields.named {
        let Some(ident) = field.ident.clone() else { continue };
        let wire = wire_name(field).unwrap_or_else(|| ident.unraw().to_string());
        let rust_type = property(api, schema_name, &wire)
            .and_then(|property| RustType::from_schema(api, property))
            .ok_or_else(|| gap(format!("{at}/properties/{wire}"), "it has no type in Rust"))?;
        // A credential stays the text that the writer knows how to hide.
        let rust_type = if rust_type == RustType::DateText && is_secret(&wire) { RustType::Text } else { rust_type };
        let rust_type = if is_boxed(&field.ty) { RustType::Boxed(Box::new(rust_type)) } else { rust_type };
        members.push(Member { wire, ident, rust_type });
    }
    Ok(members)
}

/// The schema of a member.
fn property<'a>(api: &'a Api, schema_name: &str, wire: &str) -> Option<&'a Value> {
    api.schemas.get(schema_name)?.pointer(&format!("/properties/{}", document::escape(wire)))
}

/// The name in `#[serde(rename = "…")]`.
fn wire_name(field: &Field) -> Option<String> {
    let mut name = None;
    for attribute in field.attrs.iter().filter(|attribute| attribute.path().is_ident("serde")) {
        // Members of serde's that carry no value end the parse early, which loses nothing: `rename` comes first.
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

/// Whether typify boxed the member: it writes `Option<Box<T>>` or `Box<Option<T>>` where a type contains itself.
fn is_boxed(written: &Type) -> bool {
    let inside = argument_of(written, "Option").unwrap_or(written);
    argument_of(inside, "Box").is_some()
}

/// The `T` of `wrapper<T>`.
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
    fn a_member_has_its_names_and_the_type_of_the_model() {
        let schema = json!({"properties": {"a/b": {"type": "string"}, "type": {"$ref": "#/components/schemas/Thing"}}});
        let api =
            Api { version: String::new(), operations: Vec::new(), schemas: [("Thing".to_owned(), schema)].into() };
        let found = members(
            &api,
            "Thing",
            &syn::parse_quote! { pub struct Thing {
                #[serde(rename = "a/b", default)] pub a_b: ::std::option::Option<::std::string::String>,
                pub r#type: ::std::boxed::Box<::std::option::Option<Thing>>,
            } },
        )
        .unwrap();
        let found: Vec<_> =
            found.into_iter().map(|member| (member.wire, member.ident.to_string(), member.rust_type)).collect();
        assert_eq!(
            found,
            [
                ("a/b".to_owned(), "a_b".to_owned(), RustType::Text),
                (
                    "type".to_owned(),
                    "r#type".to_owned(),
                    RustType::Boxed(Box::new(RustType::Object("Thing".to_owned())))
                ),
            ]
        );
        for item in [
            syn::parse_quote!(
                pub struct Thing {
                    pub other: i32,
                }
            ),
            syn::parse_quote!(
                pub struct Thing(i32);
            ),
        ] {
            let problems = members(&api, "Thing", &item).unwrap_err().to_string();
            assert!(problems.contains("/components/schemas/Thing"), "{problems}");
        }
    }
}

//! Generates the structs and enums of the bindings.
//!
//! Compact impls on core's shared visitor replace serde's derives. Every field is optional. Enums are open. The
//! properties that are required when creating are the arguments of a constructor. `write` passes the maximum lengths of
//! strings to the writer, and marks credentials, which `Debug` then hides.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::Value;

use crate::model;
use crate::render::code::{Code, References};
use crate::render::docs::context::Context;
use crate::render::docs::lines::code;
use crate::render::docs::{properties as property_docs, types as docs};
use crate::render::operations::deprecation;
use crate::render::properties::Property;
use crate::render::rust_type::RustType;

/// Returns the struct, constructor and impls of a schema that is an object.
#[must_use]
pub fn object(
    context: &Context<'_>,
    schema_name: &str,
    schema: &Value,
    ident: &syn::Ident,
    properties: &[Property],
) -> Code {
    let doc = docs::object(context, schema_name).attributes(0);
    let fields = properties.iter().map(|property| {
        let Property { json_name, ident, rust_type } = property;
        let (inner, doc) = (rust_type.tokens(), property_docs::property(context, schema_name, json_name).attributes(4));
        let deprecated = deprecation(is_deprecated(property, schema));
        // Public, because a private field would prevent `..Default::default()` outside the crate. Hidden, because
        // `info()` returns it.
        let hidden = (*rust_type == RustType::RecordInfo).then(|| quote!(#[doc(hidden)]));
        quote!(#doc #hidden #deprecated pub #ident: Option<#inner>)
    });
    let constructor = constructor(schema, properties, ident);
    let is_reference = schema.get("x-reference").map(|_| {
        quote!(
            const IS_REFERENCE: bool = true;
        )
    });
    let reads = properties
        .iter()
        // The length is compared first, and excludes most names at once: the compiler compares strings one by one.
        .map(|Property { json_name, ident, .. }| {
            let length = proc_macro2::Literal::usize_unsuffixed(json_name.len());
            quote!((#length, #json_name) => from.field(&mut self.#ident))
        });
    let writes = properties.iter().map(|property| write(property, schema));
    let macro_arguments = macro_arguments(schema, properties);
    let write_to = if properties.is_empty() { format_ident!("_to") } else { format_ident!("to") };
    // The impls use all fields, also the deprecated ones.
    let allowed = properties
        .iter()
        .any(|property| is_deprecated(property, schema))
        .then(|| quote!(#[allow(deprecated, reason = "the type still has its deprecated fields")]));
    let mut references = References::default();
    properties.iter().for_each(|property| references.add_rust_type(&property.rust_type));
    let items = quote! {
        #doc
        #[derive(Clone, Default, PartialEq)]
        pub struct #ident { #(#fields),* }
        #constructor
        #allowed
        impl psa::Object for #ident {
            const NAME: &'static str = #schema_name;
            #is_reference
            fn read<R: psa::Reader>(&mut self, name: &str, from: &mut R) {
                match (name.len(), name) {
                    #(#reads,)*
                    _ => psa::read_other_case(self, name, from),
                }
            }
            fn write<W: psa::Writer>(&self, #write_to: &mut W) {
                #(#writes)*
            }
        }
        psa::object!(#ident #macro_arguments);
    };
    Code { items, references }
}

/// Returns whether a field gets the attribute of deprecated items. The fields that core's macro uses do not, because the
/// compiler would warn of these uses.
pub(crate) fn is_deprecated(property: &Property, schema: &Value) -> bool {
    let at = format!("/properties/{}/deprecated", crate::document::escape(&property.json_name));
    schema.pointer(&at).is_some_and(|deprecated| *deprecated == true)
        && added_item(schema.get("x-reference").is_some(), &property.ident.to_string(), &property.rust_type).is_none()
}

/// Returns what a property with this Rust name and type adds to its struct, in words, or `None` if it adds nothing.
#[must_use]
pub fn added_item(is_reference: bool, rust_name: &str, rust_type: &RustType) -> Option<&'static str> {
    match rust_name {
        "id" if !is_reference && *rust_type == RustType::Integer => Some("an implementation of `Record`"),
        "name" if is_reference && *rust_type == RustType::String => Some("`by_name`"),
        "identifier" if is_reference && *rust_type == RustType::String => Some("`by_identifier`"),
        "info" if *rust_type == RustType::RecordInfo => Some("`info()`"),
        _ => None,
    }
}

/// Returns the arguments of core's macro: whether the type is a reference, and which properties add methods to it.
fn macro_arguments(schema: &Value, properties: &[Property]) -> TokenStream {
    let is_reference = schema.get("x-reference").is_some();
    // The macro's impls use the Rust names.
    let adds_item =
        |property: &&Property| added_item(is_reference, &property.ident.to_string(), &property.rust_type).is_some();
    let has: Vec<_> = properties.iter().filter(adds_item).map(|property| &property.ident).collect();
    match (is_reference, has.is_empty()) {
        (true, true) => quote!(, reference),
        (true, false) => quote!(, reference has #(#has)*),
        (false, true) => TokenStream::new(),
        (false, false) => quote!(, has #(#has)*),
    }
}

fn write(property: &Property, schema: &Value) -> TokenStream {
    let Property { json_name, ident, rust_type } = property;
    let limit = schema
        .pointer(&format!("/properties/{}/maxLength", crate::document::escape(json_name)))
        .and_then(Value::as_u64)
        .and_then(|limit| usize::try_from(limit).ok())
        .map(proc_macro2::Literal::usize_unsuffixed);
    match (rust_type.is_string() && is_secret(json_name), rust_type.is_string(), limit) {
        (true, _, Some(limit)) => quote!(to.secret(#json_name, Some(#limit), &self.#ident);),
        (true, _, None) => quote!(to.secret(#json_name, None, &self.#ident);),
        (false, true, Some(limit)) => quote!(to.text(#json_name, #limit, &self.#ident);),
        _ => quote!(to.field(#json_name, &self.#ident);),
    }
}

/// Returns whether the name of a string property says that it is a credential. `Debug` does not show its value.
#[must_use]
pub fn is_secret(json_name: &str) -> bool {
    let name = json_name.to_ascii_lowercase();
    [
        "password",
        "secret",
        "token",
        "privatekey",
        "publickey",
        "apikey",
        "encryptionkey",
        "licensekey",
        "secretkey",
        "accesskey",
    ]
    .iter()
    .any(|ending| name.ends_with(ending))
}

/// Returns `new`, with one argument for each property that is required when creating, in the order of the document.
fn constructor(schema: &Value, properties: &[Property], ident: &syn::Ident) -> TokenStream {
    let required: Vec<&Property> = schema
        .get("x-required-on-create")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .filter_map(|name| properties.iter().find(|property| property.json_name == name))
        .collect();
    if required.is_empty() {
        return TokenStream::new();
    }
    let arguments = required.iter().map(|property| {
        let ident = &property.ident;
        let inner = match &property.rust_type {
            // A function that accepts everything that converts into a reference can pass it on.
            RustType::Shared(inner) => inner.tokens(),
            other => other.tokens(),
        };
        if property.rust_type.accepts_conversion() { quote!(#ident: impl Into<#inner>) } else { quote!(#ident: #inner) }
    });
    let values = required.iter().map(|property| {
        let ident = &property.ident;
        match &property.rust_type {
            RustType::Shared(inner) if inner.is_reference() => quote!(#ident: Some(psa::Shared::new(#ident.into()))),
            RustType::Shared(_) => quote!(#ident: Some(psa::Shared::new(#ident))),
            other if other.accepts_conversion() => quote!(#ident: Some(#ident.into())),
            _ => quote!(#ident: Some(#ident)),
        }
    });
    let doc = docs::constructor(&ident.to_string(), required.iter().map(|property| property.json_name.as_str()));
    let rest = (required.len() < properties.len()).then(|| quote!(, ..Self::default()));
    let allowed = required
        .iter()
        .any(|property| is_deprecated(property, schema))
        .then(|| quote!(#[allow(deprecated, reason = "a required field is deprecated")]));
    quote! {
        impl #ident {
            #(#[doc = #doc])*
            #allowed
            #[must_use]
            pub fn new(#(#arguments),*) -> Self {
                Self { #(#values),* #rest }
            }
        }
    }
}

/// Returns the open enum of a schema.
#[must_use]
pub fn enumeration(context: &Context<'_>, schema_name: &str, schema: &Value) -> Code {
    let ident = format_ident!("{}", model::type_name(schema_name));
    let doc = docs::enumeration(context, schema_name).attributes(4);
    let variants = model::variants(schema).map(|(value, name)| {
        let (doc, ident) = (format!(" {}", code(value)), format_ident!("{name}"));
        quote!(#[doc = #doc] #ident => #value)
    });
    let items = quote! {
        psa::open_enum! {
            #doc
            pub enum #ident { #(#variants,)* }
        }
    };
    Code { items, references: References::default() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::docs::Docs;
    use crate::model::Api;
    use crate::render::properties::properties;

    fn render(schema: Value, item: &syn::ItemStruct) -> String {
        let record_info = ("RecordInfo".to_owned(), json!({"properties": {}}));
        let schemas = [
            ("Ticket".to_owned(), schema.clone()),
            ("BoardReference".to_owned(), json!({"x-reference": "plain"})),
            record_info,
        ]
        .into();
        let api = Api { version: String::new(), operations: Vec::new(), schemas };
        let docs = Docs::default();
        let context = Context::new(&api, &docs);
        object(&context, "Ticket", &schema, &item.ident, &properties(&api, "Ticket", item).unwrap())
            .items
            .to_string()
            .replace(' ', "")
    }

    #[test]
    fn fields_are_optional_and_keep_lengths_and_secrets() {
        let text = render(
            json!({"properties": {
                "a-b": {"type": "string", "maxLength": 9},
                "list": {"type": "array", "items": {"type": "integer"}},
                "board": {"$ref": "#/components/schemas/BoardReference"},
                "password": {"type": "string"},
            }, "x-required-on-create": ["board", "a-b"]}),
            &syn::parse_quote! { pub struct Ticket {
                pub f00000: ::std::option::Option<::std::string::String>,
                pub f00001: ::std::option::Option<BoardReference>,
                pub f00002: ::std::vec::Vec<i64>,
                pub f00003: ::std::option::Option<::std::string::String>,
            } },
        );
        for expected in [
            "puba_b:Option<String>",
            "publist:Option<Vec<i64>>",
            "(3,\"a-b\")=>from.field(&mutself.a_b)",
            "to.text(\"a-b\",9,&self.a_b);",
            "to.secret(\"password\",None,&self.password);",
            "to.field(\"list\",&self.list);",
            "pubfnnew(board:implInto<psa::Reference>,a_b:implInto<String>)",
            "..Self::default()",
        ] {
            assert!(text.contains(expected), "{expected} in {text}");
        }
        assert!(!text.contains("serde("), "{text}");
    }

    #[test]
    fn the_macro_gets_the_properties_that_add_methods() {
        let item = syn::parse_quote! { pub struct Ticket {
            pub f00000: ::std::option::Option<RecordInfo>,
            pub f00001: ::std::option::Option<i32>,
            pub f00002: ::std::option::Option<i32>,
            pub f00003: ::std::option::Option<::std::string::String>,
        } };
        let schema = |id: Value, more: Value| {
            let mut schema = json!({"properties": {
                "id": id, "name": {"type": "string"}, "level": {"type": "integer"}, "_info": {"$ref": "#/components/schemas/RecordInfo"}
            }});
            schema.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            schema
        };
        let id = || json!({"type": "integer", "format": "int32"});
        for (schema, expected) in [
            (schema(id(), json!({})), "psa::object!(Ticket,hasidinfo);"),
            (schema(json!({"type": "string"}), json!({})), "psa::object!(Ticket,hasinfo);"),
            (schema(id(), json!({"x-reference": "extended"})), "psa::object!(Ticket,referencehasinfoname);"),
        ] {
            let text = render(schema, &item);
            assert!(text.contains(expected) && text.contains("#[doc(hidden)]pubinfo:"), "{expected} in {text}");
        }
    }

    #[test]
    fn deprecated_fields_have_the_attribute() {
        let text = render(
            json!({"properties": {"old": {"type": "string", "deprecated": true}, "new": {"type": "string"}}, "x-required-on-create": ["old"]}),
            &syn::parse_quote! { pub struct Ticket {
                pub f00000: ::std::option::Option<::std::string::String>,
                pub f00001: ::std::option::Option<::std::string::String>,
            } },
        );
        assert_eq!(text.matches("#[deprecated=").count(), 1, "{text}");
        assert_eq!(text.matches("#[allow(deprecated").count(), 2, "the constructor and the impl: {text}");
        // The macro uses the field, and the compiler would warn of that.
        let id = render(
            json!({"properties": {"id": {"type": "integer", "format": "int32", "deprecated": true}}}),
            &syn::parse_quote! { pub struct Ticket { pub f00000: ::std::option::Option<i32> } },
        );
        assert!(!id.contains("#[deprecated"), "{id}");
    }

    #[test]
    fn credentials_are_recognised_by_name() {
        for name in ["password", "nAblePassword", "clientSecret", "privateKey", "token"] {
            assert!(is_secret(name), "{name}");
        }
        for name in
            ["portalPasswordFlag", "validPasswordEmailBody", "timebasedOneTimePasswordActivated", "businessNumber"]
        {
            assert!(!is_secret(name), "{name}");
        }
    }

    #[test]
    fn variants_keep_their_value() {
        let api = Api { version: String::new(), operations: Vec::new(), schemas: [].into() };
        let docs = Docs::default();
        let context = Context::new(&api, &docs);
        let text = enumeration(
            &context,
            "Level",
            &json!({"enum": ["Low", "Very High", "a-b"], "x-rust-names": {"a-b": "AB2"}}),
        );
        let text = text.items.to_string();
        for expected in ["Low => \"Low\"", "VeryHigh => \"Very High\"", "AB2 => \"a-b\""] {
            assert!(text.contains(expected), "{text}");
        }
    }
}

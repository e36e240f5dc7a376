//! Structs and enums: serde's derives make way for compact impls on core's one visitor, every member is optional, enums
//! are open, what a creation needs becomes the arguments of a constructor, and lengths and secrets are told to the
//! writer.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::Value;
use syn::ItemEnum;

use crate::render::code::{Code, References};
use crate::render::docs;
use crate::render::members::Member;
use crate::render::rust_type::RustType;

/// The items for one schema that is an object: struct, constructor, impls.
#[must_use]
pub fn object(schema_name: &str, schema: &Value, ident: &syn::Ident, members: &[Member]) -> Code {
    let doc = docs::object(schema_name, schema);
    let fields = members.iter().map(|member| {
        let Member { wire, ident, rust_type } = member;
        let (inner, doc) = (rust_type.tokens(), docs::member(wire, schema));
        // Public, because a private field would forbid `..Default::default()` outside of the crate; hidden, because
        // `info()` is the way to it.
        let hidden = (*rust_type == RustType::RecordInfo).then(|| quote!(#[doc(hidden)]));
        quote!(#(#[doc = #doc])* #hidden pub #ident: Option<#inner>)
    });
    let constructor = constructor(schema, members, ident);
    let reads = members.iter().map(|Member { wire, ident, .. }| quote!(#wire => psa::read(&mut self.#ident, from)));
    let writes = members.iter().map(|member| write(member, schema));
    let kind = kind(schema, members);
    let (read_from, write_to) = if members.is_empty() {
        (format_ident!("from"), format_ident!("_to"))
    } else {
        (format_ident!("from"), format_ident!("to"))
    };
    let mut references = References::default();
    members.iter().for_each(|member| references.add_rust_type(&member.rust_type));
    let items = quote! {
        #(#[doc = #doc])*
        #[derive(Clone, Default, PartialEq)]
        pub struct #ident { #(#fields),* }
        #constructor
        impl psa::Object for #ident {
            const NAME: &'static str = #schema_name;
            fn read<'de, A: psa::MapAccess<'de>>(&mut self, name: &str, #read_from: &mut A) -> Result<(), A::Error> {
                match name {
                    #(#reads,)*
                    _ => psa::skip(#read_from),
                }
            }
            fn write<W: psa::Writer>(&self, #write_to: &mut W) -> Result<(), W::Error> {
                #(#writes)*
                Ok(())
            }
        }
        psa::object!(#ident #kind);
    };
    Code { items, references }
}

/// What core's macro has to know: whether the type is a reference, and which members give it more.
fn kind(schema: &Value, members: &[Member]) -> TokenStream {
    let is_reference = schema.get("x-reference").is_some();
    // By the name in Rust, since that is what the macro's impls use.
    let gives_more = |member: &&Member| match member.ident.to_string().as_str() {
        "id" => !is_reference && member.rust_type == RustType::Integer,
        "name" | "identifier" => is_reference && member.rust_type == RustType::Text,
        "info" => member.rust_type == RustType::RecordInfo,
        _ => false,
    };
    let has: Vec<_> = members.iter().filter(gives_more).map(|member| &member.ident).collect();
    match (is_reference, has.is_empty()) {
        (true, true) => quote!(, reference),
        (true, false) => quote!(, reference has #(#has)*),
        (false, true) => TokenStream::new(),
        (false, false) => quote!(, has #(#has)*),
    }
}

fn write(member: &Member, schema: &Value) -> TokenStream {
    let Member { wire, ident, rust_type } = member;
    let limit = schema
        .pointer(&format!("/properties/{}/maxLength", crate::document::escape(wire)))
        .and_then(Value::as_u64)
        .and_then(|limit| usize::try_from(limit).ok())
        .map(proc_macro2::Literal::usize_unsuffixed);
    match (rust_type.is_text() && is_secret(wire), rust_type.is_text(), limit) {
        (true, _, Some(limit)) => quote!(to.secret(#wire, Some(#limit), &self.#ident)?;),
        (true, _, None) => quote!(to.secret(#wire, None, &self.#ident)?;),
        (false, true, Some(limit)) => quote!(to.text(#wire, #limit, &self.#ident)?;),
        _ => quote!(to.member(#wire, &self.#ident)?;),
    }
}

/// Whether a text member is a credential, by its name: its value is never printed.
#[must_use]
pub fn is_secret(wire: &str) -> bool {
    let name = wire.to_ascii_lowercase();
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

/// `new` with one argument for each member that a creation needs, in the order of the document.
fn constructor(schema: &Value, members: &[Member], ident: &syn::Ident) -> TokenStream {
    let required: Vec<&Member> = schema
        .get("x-required-on-create")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .filter_map(|name| members.iter().find(|member| member.wire == name))
        .collect();
    if required.is_empty() {
        return TokenStream::new();
    }
    let arguments = required.iter().map(|member| {
        let (ident, inner) = (&member.ident, member.rust_type.tokens());
        if member.rust_type.is_taken_by_conversion() {
            quote!(#ident: impl Into<#inner>)
        } else {
            quote!(#ident: #inner)
        }
    });
    let values = required.iter().map(|member| {
        let ident = &member.ident;
        if member.rust_type.is_taken_by_conversion() {
            quote!(#ident: Some(#ident.into()))
        } else {
            quote!(#ident: Some(#ident))
        }
    });
    let doc = docs::constructor(required.iter().map(|member| member.wire.as_str()));
    let rest = (required.len() < members.len()).then(|| quote!(, ..Self::default()));
    quote! {
        impl #ident {
            #(#[doc = #doc])*
            #[must_use]
            pub fn new(#(#arguments),*) -> Self {
                Self { #(#values),* #rest }
            }
        }
    }
}

/// The items for one schema that is an enum: an open enum, with the variants that typify named.
#[must_use]
pub fn enumeration(schema_name: &str, item: &ItemEnum) -> Code {
    let ident = &item.ident;
    let doc = docs::enumeration(schema_name);
    let variants = item.variants.iter().map(|variant| {
        let ident = &variant.ident;
        let mut value = ident.to_string();
        for attribute in variant.attrs.iter().filter(|attribute| attribute.path().is_ident("serde")) {
            let _ = attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("rename") {
                    value = meta.value()?.parse::<syn::LitStr>()?.value();
                }
                Ok(())
            });
        }
        let doc = format!(" `{value}`");
        quote!(#[doc = #doc] #ident => #value)
    });
    let items = quote! {
        psa::open_enum! {
            #(#[doc = #doc])*
            pub enum #ident { #(#variants,)* }
        }
    };
    Code { items, references: References::default() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::Api;
    use crate::render::members::members;

    fn render(schema: Value, item: &syn::ItemStruct) -> String {
        let record_info = ("RecordInfo".to_owned(), json!({"properties": {}}));
        let schemas = [
            ("Thing".to_owned(), schema.clone()),
            ("BoardReference".to_owned(), json!({"x-reference": "plain"})),
            record_info,
        ]
        .into();
        let api = Api { version: String::new(), operations: Vec::new(), schemas };
        object("Thing", &schema, &item.ident, &members(&api, "Thing", item).unwrap()).items.to_string().replace(' ', "")
    }

    #[test]
    fn members_are_optional_once_and_know_their_facts() {
        let text = render(
            json!({"properties": {
                "a-b": {"type": "string", "maxLength": 9},
                "list": {"type": "array", "items": {"type": "integer"}},
                "board": {"$ref": "#/components/schemas/BoardReference"},
                "password": {"type": "string"},
            }, "x-required-on-create": ["board", "a-b"]}),
            &syn::parse_quote! { pub struct Thing {
                #[serde(rename = "a-b", default, skip_serializing_if = "::std::option::Option::is_none")] pub a_b: ::std::option::Option<::std::string::String>,
                pub list: ::std::vec::Vec<i64>,
                pub board: ::std::option::Option<BoardReference>,
                pub password: ::std::option::Option<::std::string::String>,
            } },
        );
        for expected in [
            "puba_b:Option<String>",
            "publist:Option<Vec<i64>>",
            "puba_b:Option<String>",
            "\"a-b\"=>psa::read(&mutself.a_b,from)",
            "to.text(\"a-b\",9,&self.a_b)?;",
            "to.secret(\"password\",None,&self.password)?;",
            "to.member(\"list\",&self.list)?;",
            "pubfnnew(board:implInto<psa::Reference>,a_b:implInto<String>)",
            "..Self::default()",
        ] {
            assert!(text.contains(expected), "{expected} in {text}");
        }
        assert!(!text.contains("serde("), "{text}");
    }

    #[test]
    fn the_macro_is_told_what_a_type_has() {
        let item = syn::parse_quote! { pub struct Thing {
            pub id: ::std::option::Option<i32>,
            pub name: ::std::option::Option<::std::string::String>,
            pub level: ::std::option::Option<i32>,
            #[serde(rename = "_info")] pub info: ::std::option::Option<RecordInfo>,
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
            (schema(id(), json!({})), "psa::object!(Thing,hasidinfo);"),
            (schema(json!({"type": "string"}), json!({})), "psa::object!(Thing,hasinfo);"),
            (schema(id(), json!({"x-reference": "extended"})), "psa::object!(Thing,referencehasnameinfo);"),
        ] {
            let text = render(schema, &item);
            assert!(text.contains(expected) && text.contains("#[doc(hidden)]pubinfo:"), "{expected} in {text}");
        }
    }

    #[test]
    fn credentials_are_known_by_name() {
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
        let text = enumeration(
            "Level",
            &syn::parse_quote! { pub enum Level { Low, #[serde(rename = "Very High")] VeryHigh } },
        )
        .items
        .to_string();
        assert!(text.contains("Low => \"Low\"") && text.contains("VeryHigh => \"Very High\""), "{text}");
    }
}

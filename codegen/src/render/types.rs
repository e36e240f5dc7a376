//! Structs and enums: serde's derives make way for compact impls on core's one visitor, every member is optional, enums are open, what a creation needs
//! becomes the arguments of a constructor, and lengths and secrets are told to the writer.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::Value;
use syn::{Field, Fields, GenericArgument, ItemEnum, ItemStruct, PathArguments, Type};

use crate::model::{Api, SchemaKind, type_name};
use crate::problem::Problems;
use crate::render::docs;
use crate::render::rust_types::Names;

/// One member of a struct.
pub(super) struct Member {
    pub(super) wire: String,
    pub(super) ident: syn::Ident,
    /// The type inside the `Option`.
    inner: TokenStream,
    is_text: bool,
}

/// The items for one schema that is an object: struct, constructor, impls.
///
/// # Errors
/// A struct that typify made in a form these steps do not know.
pub fn object(api: &Api, names: &Names, schema_name: &str, item: &ItemStruct) -> Result<TokenStream, Problems> {
    let schema = api.schemas.get(schema_name).cloned().unwrap_or_default();
    let members = members(names, schema_name, item)?;
    let ident = &item.ident;
    let doc = docs::object(schema_name, &schema);
    let fields = members.iter().map(|member| {
        let Member { wire, ident, inner, .. } = member;
        let doc = docs::member(wire, &schema);
        quote!(#(#[doc = #doc])* pub #ident: Option<#inner>)
    });
    let constructor = constructor(api, &schema, &members, ident);
    let reads = members.iter().map(|Member { wire, ident, .. }| quote!(#wire => psa::read(&mut self.#ident, from)));
    let writes = members.iter().map(|member| write(member, &schema));
    let reference = schema.get("x-reference").map(|_| quote!(, reference));
    let (read_from, write_to) = if members.is_empty() { (format_ident!("from"), format_ident!("_to")) } else { (format_ident!("from"), format_ident!("to")) };
    Ok(quote! {
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
        psa::object!(#ident #reference);
    })
}

/// The members of a struct in its order.
pub(super) fn members(names: &Names, schema_name: &str, item: &ItemStruct) -> Result<Vec<Member>, Problems> {
    let Fields::Named(fields) = &item.fields else {
        return Err(Problems::one(
            format!("/components/schemas/{schema_name}"),
            "typify made no struct with named members of it",
            "add the case to codegen's pre-flight check",
        ));
    };
    Ok(fields.named.iter().filter_map(|field| member(names, field)).collect())
}

fn member(names: &Names, field: &Field) -> Option<Member> {
    let ident = field.ident.clone()?;
    let wire = wire_name(field).unwrap_or_else(|| ident.to_string().trim_start_matches("r#").to_owned());
    // Typify boxes a member that contains its own type as `Box<Option<T>>`; here the `Option` is outside.
    let written = inside_option(&field.ty);
    let inner = match argument_of(written, "Box").and_then(|boxed| argument_of(boxed, "Option")) {
        Some(boxed) => {
            let boxed = names.rewrite(boxed);
            quote!(Box<#boxed>)
        }
        None => names.rewrite(written),
    };
    let is_text = inner.to_string() == "String";
    Some(Member { wire, ident, inner, is_text })
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

/// Typify leaves arrays and maps without `Option`; here every member has exactly one.
fn inside_option(written: &Type) -> &Type {
    argument_of(written, "Option").unwrap_or(written)
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

fn write(member: &Member, schema: &Value) -> TokenStream {
    let Member { wire, ident, is_text, .. } = member;
    let limit = schema
        .pointer(&format!("/properties/{}/maxLength", crate::document::escape(wire)))
        .and_then(Value::as_u64)
        .and_then(|limit| usize::try_from(limit).ok())
        .map(proc_macro2::Literal::usize_unsuffixed);
    match (*is_text && is_secret(wire), *is_text, limit) {
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
    ["password", "secret", "token", "privatekey", "publickey", "apikey", "encryptionkey", "licensekey", "secretkey", "accesskey"]
        .iter()
        .any(|ending| name.ends_with(ending))
}

/// `new` with one argument for each member that a creation needs, in the order of the document.
fn constructor(api: &Api, schema: &Value, members: &[Member], ident: &syn::Ident) -> TokenStream {
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
        let Member { ident, inner, .. } = member;
        if takes_into(api, member) { quote!(#ident: impl Into<#inner>) } else { quote!(#ident: #inner) }
    });
    let values = required.iter().map(|member| {
        let ident = &member.ident;
        if takes_into(api, member) { quote!(#ident: Some(#ident.into())) } else { quote!(#ident: Some(#ident)) }
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

fn takes_into(api: &Api, member: &Member) -> bool {
    let written = member.inner.to_string();
    written == "String"
        || written == "psa :: Reference"
        || written.strip_prefix("types :: ").is_some_and(|name| {
            api.schemas
                .iter()
                .any(|(schema, value)| type_name(schema) == name && (api.kind(schema) == SchemaKind::Enumeration || value.get("x-reference").is_some()))
        })
}

/// The items for one schema that is an enum: an open enum, with the variants that typify named.
#[must_use]
pub fn enumeration(schema_name: &str, item: &ItemEnum) -> TokenStream {
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
    quote! {
        psa::open_enum! {
            #(#[doc = #doc])*
            pub enum #ident { #(#variants,)* }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;

    fn render(schema: Value, item: ItemStruct) -> String {
        let schemas: BTreeMap<_, _> = [("Thing".to_owned(), schema), ("BoardReference".to_owned(), json!({"x-reference": "plain"}))].into();
        let api = Api { version: String::new(), operations: Vec::new(), schemas };
        object(&api, &Names::new(&api), "Thing", &item).unwrap().to_string().replace(' ', "")
    }

    #[test]
    fn members_are_optional_once_and_know_their_facts() {
        let text = render(
            json!({"properties": {"a-b": {"type": "string", "maxLength": 9}, "password": {"type": "string"}}, "x-required-on-create": ["board", "a-b"]}),
            syn::parse_quote! { pub struct Thing {
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
    fn credentials_are_known_by_name() {
        for name in ["password", "nAblePassword", "clientSecret", "privateKey", "token"] {
            assert!(is_secret(name), "{name}");
        }
        for name in ["portalPasswordFlag", "validPasswordEmailBody", "timebasedOneTimePasswordActivated", "businessNumber"] {
            assert!(!is_secret(name), "{name}");
        }
    }

    #[test]
    fn variants_keep_their_value() {
        let text = enumeration("Level", &syn::parse_quote! { pub enum Level { Low, #[serde(rename = "Very High")] VeryHigh } }).to_string();
        assert!(text.contains("Low => \"Low\"") && text.contains("VeryHigh => \"Very High\""), "{text}");
    }
}

//! How progenitor's types are written in the bindings: short paths, core's types for what core owns, `types::` for what is generated.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{GenericArgument, PathArguments, Type, TypePath};

use crate::model::{Api, SchemaKind, type_name};

/// The names of generated types, for telling them from the rest.
#[derive(Debug)]
pub struct Names {
    core: Vec<(String, &'static str)>,
    own: Vec<String>,
}

impl Names {
    /// The names in a description.
    #[must_use]
    pub fn new(api: &Api) -> Self {
        let (mut core, mut own) = (Vec::new(), Vec::new());
        for name in api.schemas.keys() {
            match api.kind(name) {
                SchemaKind::Core(core_type) => core.push((type_name(name), core_type)),
                _ => own.push(type_name(name)),
            }
        }
        Self { core, own }
    }

    /// A type of progenitor's output as the bindings write it.
    #[must_use]
    pub fn rewrite(&self, written: &Type) -> TokenStream {
        match written {
            Type::Path(path) => self.rewrite_path(path),
            Type::Reference(reference) => {
                let inner = self.rewrite(&reference.elem);
                quote!(&#inner)
            }
            other => quote!(#other),
        }
    }

    fn rewrite_path(&self, path: &TypePath) -> TokenStream {
        let segments: Vec<String> = path.path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        let Some(last) = path.path.segments.last() else { return quote!(#path) };
        let arguments: Vec<TokenStream> = match &last.arguments {
            PathArguments::AngleBracketed(arguments) => arguments
                .args
                .iter()
                .filter_map(|argument| match argument {
                    GenericArgument::Type(inner) => Some(self.rewrite(inner)),
                    _ => None,
                })
                .collect(),
            _ => Vec::new(),
        };
        let name = last.ident.to_string();
        match (segments.first().map(String::as_str), name.as_str(), arguments.as_slice()) {
            (_, "Option", [inner]) => quote!(Option<#inner>),
            (_, "Vec", [inner]) => quote!(Vec<#inner>),
            (_, "Box", [inner]) => quote!(Box<#inner>),
            (_, "BTreeMap" | "HashMap", [_, inner]) => quote!(psa::Map<#inner>),
            (Some("serde_json"), "Map", _) => quote!(psa::Map<psa::Value>),
            (Some("std"), "String", []) => quote!(String),
            (Some("serde_json"), "Value", []) => quote!(psa::Value),
            (Some("chrono"), "DateTime", _) => quote!(psa::DateTime),
            (Some("chrono"), "NaiveDate", []) => quote!(psa::Date),
            (Some("uuid"), "Uuid", []) => quote!(psa::Uuid),
            (Some("psa"), core, []) => {
                let core = format_ident!("{core}");
                quote!(psa::#core)
            }
            (_, own, []) => {
                let ident = &last.ident;
                if let Some((_, core)) = self.core.iter().find(|(name, _)| name == own) {
                    let core = format_ident!("{core}");
                    quote!(psa::#core)
                } else if self.own.iter().any(|name| name == own) {
                    quote!(types::#ident)
                } else {
                    quote!(#ident)
                }
            }
            _ => quote!(#path),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;

    #[test]
    fn every_form_that_progenitor_writes() {
        let schemas: BTreeMap<_, _> = [("Ticket".to_owned(), json!({"properties": {}})), ("BoardReference".to_owned(), json!({"x-reference": "plain"}))].into();
        let names = Names::new(&Api { version: String::new(), operations: Vec::new(), schemas });
        for (written, expected) in [
            ("::std::option::Option<::std::string::String>", "Option < String >"),
            ("::std::vec::Vec<Ticket>", "Vec < types :: Ticket >"),
            ("::std::boxed::Box<Ticket>", "Box < types :: Ticket >"),
            ("types::Ticket", "types :: Ticket"),
            ("::psa::RecordInfo", "psa :: RecordInfo"),
            ("BoardReference", "psa :: Reference"),
            ("::serde_json::Value", "psa :: Value"),
            ("::chrono::DateTime<::chrono::offset::Utc>", "psa :: DateTime"),
            ("::chrono::naive::NaiveDate", "psa :: Date"),
            ("::uuid::Uuid", "psa :: Uuid"),
            ("::std::collections::BTreeMap<::std::string::String, Ticket>", "psa :: Map < types :: Ticket >"),
            ("::serde_json::Map<::std::string::String, ::serde_json::Value>", "psa :: Map < psa :: Value >"),
            ("i32", "i32"),
            ("&'a str", "& str"),
        ] {
            assert_eq!(names.rewrite(&syn::parse_str(written).unwrap()).to_string(), expected);
        }
    }
}

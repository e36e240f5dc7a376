//! Divides types and operations into files, and sets the feature of each file.
//!
//! A type that only one section uses is in the folder of that section. A type that several sections use has its own
//! file under `common`, which the feature of any of them compiles. A section that uses a type also uses the types that
//! this type refers to. Features can therefore be combined freely.

use std::collections::{BTreeMap, BTreeSet};

use heck::ToSnakeCase;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::Value;

use crate::model::{Api, Operation, SchemaKind, type_name};
use crate::problem::{Problem, Problems};
use crate::render::code::{Code, References};
use crate::render::fields;
use crate::render::operations;
use crate::render::properties::properties;
use crate::render::tree::Tree;
use crate::render::types;

/// The tokens of each file, by its path in the generated folder.
pub type Files = BTreeMap<String, TokenStream>;

/// The types of one section or shared file, with their typed fields.
#[derive(Default)]
struct SectionTypes<'a> {
    types: Code,
    fields: Code,
    schemas: Vec<&'a str>,
}

/// The code of one schema.
struct RenderedType {
    types: Code,
    /// `None` for enums.
    fields: Option<Code>,
}

/// The folder of a type's file: that of a section, or `common`.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Location {
    Section(String),
    Common,
}

/// Divides types and operations into files.
///
/// # Errors
/// Fails if progenitor did not generate a type or method, or generated an unexpected one.
pub fn partition(api: &Api, tree: &Tree) -> Result<Files, Problems> {
    let mut problems = Problems::default();
    let mut section_types: BTreeMap<String, SectionTypes> = BTreeMap::new();
    let mut common: Vec<SharedType<'_>> = Vec::new();
    let mut files = Files::new();
    for (schema, sections) in api.sections_of_schemas() {
        let output = match render_type(api, tree, schema) {
            Ok(output) => output,
            Err(mut more) => {
                problems.0.append(&mut more.0);
                continue;
            }
        };
        match location(&sections) {
            Location::Section(section) => {
                let own = section_types.entry(section).or_default();
                own.types.extend(output.types);
                own.fields.extend(output.fields.unwrap_or_default());
                own.schemas.push(schema);
            }
            Location::Common => {
                let module = type_name(schema).to_snake_case();
                let own = SectionTypes { types: output.types, schemas: vec![schema], ..SectionTypes::default() };
                files.insert(
                    format!("common/{module}.rs"),
                    file_of_types(&format!("The type `{schema}`, which several sections use."), &own),
                );
                let has_fields = output.fields.is_some();
                if let Some(fields) = output.fields {
                    files.insert(
                        format!("common/fields/{module}.rs"),
                        file_of_fields(
                            &format!("The fields of the type `{schema}`, which several sections use."),
                            &fields,
                        ),
                    );
                }
                common.push(SharedType { module, sections, has_fields });
            }
        }
    }
    let mut sections: BTreeMap<&str, Vec<&Operation>> = BTreeMap::new();
    for operation in &api.operations {
        sections.entry(&operation.section).or_default().push(operation);
    }
    for (section, operations) in &sections {
        match section_operations(api, tree, section, operations) {
            Ok(file) => drop(files.insert(format!("{section}/operations.rs"), file)),
            Err(mut more) => problems.0.append(&mut more.0),
        }
        files.insert(format!("{section}/catalogue.rs"), section_catalogue(api, section, operations));
        let own = section_types.remove(*section).unwrap_or_default();
        files.insert(
            format!("{section}/types.rs"),
            file_of_types(&format!("Types that only the section `{section}` uses."), &own),
        );
        files.insert(
            format!("{section}/fields.rs"),
            file_of_fields(&format!("The fields of the types that only the section `{section}` uses."), &own.fields),
        );
        files.insert(format!("{section}/mod.rs"), section_module(section));
    }
    problems.into_result()?;
    files.insert("common/mod.rs".into(), common_module(&common, api));
    files.insert("common/fields/mod.rs".into(), common_fields(&common, api));
    files.insert("mod.rs".into(), root_module(api));
    Ok(files)
}

/// A type that several sections use, or none.
struct SharedType<'a> {
    module: String,
    sections: BTreeSet<&'a str>,
    has_fields: bool,
}

fn location(sections: &BTreeSet<&str>) -> Location {
    match sections.iter().collect::<Vec<_>>().as_slice() {
        [one] => Location::Section((**one).to_owned()),
        _ => Location::Common,
    }
}

fn render_type(api: &Api, tree: &Tree, schema: &str) -> Result<RenderedType, Problems> {
    let rust_name = type_name(schema);
    let missing = || {
        let message = format!("progenitor did not generate the type `{rust_name}` for it");
        Problems::generator(format!("/components/schemas/{schema}"), message)
    };
    match api.schema_kind(schema) {
        SchemaKind::Enumeration => {
            let schema_json = api.schemas.get(schema).unwrap_or(&Value::Null);
            Ok(RenderedType { types: types::enumeration(schema, schema_json), fields: None })
        }
        _ => {
            let item = tree.structs.get(&rust_name).ok_or_else(missing)?;
            let (properties, ident) = (properties(api, schema, item)?, &item.ident);
            let schema_json = api.schemas.get(schema).unwrap_or(&Value::Null);
            Ok(RenderedType {
                types: types::object(schema, schema_json, ident, &properties),
                fields: Some(fields::object(api, schema, schema_json, ident, &properties)),
            })
        }
    }
}

fn file_of_types(doc: &str, own: &SectionTypes<'_>) -> TokenStream {
    let (items, imports) = (&own.types.items, own.types.references.imports());
    let schema_names = own.schemas.iter().map(|schema| {
        let ident = format_ident!("{}", type_name(schema));
        quote!(#ident: #schema)
    });
    let json_schema = (!own.schemas.is_empty()).then(|| {
        quote!(
            #[cfg(feature = "schemas")]
            crate::schemas::json_schema! { #(#schema_names),* }
        )
    });
    let doc = format!(" {doc}");
    quote! {
        #![doc = #doc]
        use connectwise_psa_core::generated as psa;
        #imports
        #items
        #json_schema
    }
}

fn file_of_fields(doc: &str, fields: &Code) -> TokenStream {
    let doc = format!(" {doc}");
    let (items, imports) = (&fields.items, fields.references.imports());
    let core = (!items.is_empty()).then(|| {
        quote!(
            use connectwise_psa_core::generated as psa;
        )
    });
    quote! {
        #![doc = #doc]
        #core
        #imports
        #items
    }
}

fn section_operations(
    api: &Api,
    tree: &Tree,
    section: &str,
    operations: &[&Operation],
) -> Result<TokenStream, Problems> {
    let mut problems = Problems::default();
    let (mut methods, mut parameters, mut references) = (TokenStream::new(), TokenStream::new(), References::default());
    for operation in operations {
        references.extend(operations::references(api, operation));
        let Some(signature) = tree.methods.get(&operation.id()) else {
            let message = format!("progenitor did not generate the method `{}` for it", operation.id());
            problems.0.push(Problem::generator(operation.label(), message));
            continue;
        };
        parameters.extend(operations::optional_parameters(api, operation));
        match operations::methods(api, operation, signature) {
            Ok(method) => methods.extend(method),
            Err(mut more) => problems.0.append(&mut more.0),
        }
    }
    problems.into_result()?;
    let imports = references.imports();
    let (doc, client, constructor) = (
        format!(" The {} operations of the section `{section}`.", operations.len()),
        format!(
            " The operations of the section `{section}`. `psa.{section}()` in `connectwise-psa` returns this client."
        ),
        format!(" Creates a client for a connection. Programs normally call `psa.{section}()` instead."),
    );
    Ok(quote! {
        #![doc = #doc]
        use connectwise_psa_core::generated as psa;
        use super::catalogue::*;
        #imports
        #[doc = #client]
        ///
        /// # Errors
        ///
        /// Every call fails with an [`Error`](psa::Error) in these cases:
        ///
        /// - The arguments are invalid. Nothing is sent.
        /// - The server cannot be reached, or the response does not arrive completely or in time.
        /// - The server rejects the request. The error contains the status and PSA's code, message and field errors.
        /// - The response cannot be decoded. The error names the record and the field.
        ///
        /// If [`Error::is_ambiguous`](psa::Error::is_ambiguous) returns true, the server may have carried out the
        /// request although the call failed.
        #[derive(Clone, Debug)]
        pub struct Client { connection: psa::Connection }
        impl Client {
            #[doc = #constructor]
            #[must_use]
            pub fn new(connection: &psa::Connection) -> Self { Self { connection: connection.clone() } }
            #methods
        }
        #parameters
    })
}

fn section_catalogue(api: &Api, section: &str, operations: &[&Operation]) -> TokenStream {
    let doc = format!(
        " The table of the operations of the section `{section}`: method, path, parameters, body and response of each."
    );
    let entries = operations.iter().map(|operation| operations::table_entry(api, operation));
    let all = operations.iter().map(|operation| operations::static_name(operation));
    quote! {
        #![doc = #doc]
        use connectwise_psa_core::generated as psa;
        /// The operations of this section, sorted by name.
        pub static ALL: &[&psa::Operation] = &[#(&#all),*];
        #(#entries)*
    }
}

fn section_module(section: &str) -> TokenStream {
    let doc = format!(" The section `{section}`: its client, and the types that only this section uses.");
    quote! {
        #![doc = #doc]
        // Public for the contract tests. Programs use `catalogue::find`.
        #[doc(hidden)]
        pub mod catalogue;
        pub(crate) mod fields;
        mod operations;
        pub(crate) mod types;
        pub use operations::*;
    }
}

fn any_of(sections: &BTreeSet<&str>) -> TokenStream {
    let features = sections.iter().map(|section| quote!(feature = #section));
    quote!(#[cfg(any(#(#features),*))])
}

fn common_module(common: &[SharedType<'_>], api: &Api) -> TokenStream {
    let modules = common.iter().map(|shared| shared.module(api));
    quote! {
        //! Types that several sections use. Each has its own file, which any of these sections compiles.
        pub(crate) mod fields;
        #(#modules)*
    }
}

fn common_fields(common: &[SharedType<'_>], api: &Api) -> TokenStream {
    let modules = common.iter().filter(|shared| shared.has_fields).map(|shared| shared.module(api));
    quote! {
        //! The fields of types that several sections use. Each type has its own file, which any of these sections
        //! compiles.
        #(#modules)*
    }
}

impl SharedType<'_> {
    /// Returns the module and its re-export.
    fn module(&self, api: &Api) -> TokenStream {
        let ident = format_ident!("{}", self.module);
        // A type that no operation uses is compiled if all sections are.
        let condition = if self.sections.is_empty() {
            let features = api.sections().into_iter().map(|section| quote!(feature = #section));
            quote!(#[cfg(all(#(#features),*))])
        } else {
            any_of(&self.sections)
        };
        quote! { #condition mod #ident; #condition pub use #ident::*; }
    }
}

fn root_module(api: &Api) -> TokenStream {
    let sections: Vec<_> =
        api.sections().into_iter().map(|section| (section.to_owned(), format_ident!("{section}"))).collect();
    let modules = sections.iter().map(|(section, ident)| quote!(#[cfg(feature = #section)] pub mod #ident;));
    let types =
        sections.iter().map(|(section, ident)| quote!(#[cfg(feature = #section)] pub use super::#ident::types::*;));
    let fields =
        sections.iter().map(|(section, ident)| quote!(#[cfg(feature = #section)] pub use super::#ident::fields::*;));
    let tables = sections.iter().map(|(section, ident)| quote!(#[cfg(feature = #section)] #ident::catalogue::ALL));
    let version = &api.version;
    quote! {
        //! The generated code: one module for each section, `types` with the types of all sections and `fields` with
        //! their fields.
        use connectwise_psa_core::generated as psa;
        mod common;
        #(#modules)*
        /// The types of all compiled sections, by the vendor's names.
        ///
        /// A type that several sections use is compiled if one of them is. The documentation of
        /// `connectwise-psa-bindings` shows the features of each type.
        pub mod types {
            #[allow(unused_imports, reason = "no type may be shared")]
            pub use super::common::*;
            #(#[allow(unused_imports, reason = "a section may have only shared types")] #types)*
        }
        /// The fields of the types of all compiled sections, by the names of the types.
        ///
        /// Programs rarely name these types: `Ticket::fields()` and the closures of `filter`, `sort` and `select`
        /// provide them. [`psa::Field`] documents the methods of a field.
        pub mod fields {
            #[allow(unused_imports, reason = "no type may be shared")]
            pub use super::common::fields::*;
            #(#[allow(unused_imports, reason = "a section may have only shared types")] #fields)*
        }
        /// The API version of the vendor's document that this code was generated from.
        pub const API_VERSION: &str = #version;
        /// The operation tables of all compiled sections.
        pub(crate) static TABLES: &[&[&psa::Operation]] = &[#(#tables),*];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_in_its_section_or_in_common() {
        assert_eq!(location(&["service"].into()), Location::Section("service".into()));
        assert_eq!(location(&["service", "time"].into()), Location::Common);
        assert_eq!(location(&BTreeSet::new()), Location::Common);
    }
}

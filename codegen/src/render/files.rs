//! Partition: which file each type and operation goes to, and which feature compiles it.
//!
//! A type that one section reaches lies with that section. A type that several reach has a file of its own under
//! `common`, compiled when any of them is. Whatever a type points at is reached by at least the same sections, so
//! features only ever add.

use std::collections::{BTreeMap, BTreeSet};

use heck::ToSnakeCase;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::Value;

use crate::model::{Api, Operation, SchemaKind, type_name};
use crate::problem::Problems;
use crate::render::code::{Code, References};
use crate::render::fields;
use crate::render::members::members;
use crate::render::operations;
use crate::render::tree::Tree;
use crate::render::types;

/// Files by path relative to the generated folder, as syntax: printed later.
pub type Files = BTreeMap<String, TokenStream>;

/// The types of one file, and the fields that go with them.
#[derive(Default)]
struct OwnTypes<'a> {
    types: Code,
    fields: Code,
    schemas: Vec<&'a str>,
}

/// What is made of one schema.
struct Output {
    types: Code,
    /// Enums have none.
    fields: Option<Code>,
}

/// Where a type lies.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Section(String),
    Common,
}

/// Partitions types and operations into files.
///
/// # Errors
/// A type or method that progenitor did not make, or made in a form the steps do not know.
pub fn partition(api: &Api, tree: &Tree) -> Result<Files, Problems> {
    let mut problems = Problems::default();
    let mut section_types: BTreeMap<String, OwnTypes> = BTreeMap::new();
    let mut common: Vec<Common<'_>> = Vec::new();
    let mut files = Files::new();
    for (schema, sections) in api.sections_of_schemas() {
        let output = match render_type(api, tree, schema) {
            Ok(output) => output,
            Err(mut more) => {
                problems.0.append(&mut more.0);
                continue;
            }
        };
        match place(&sections) {
            Place::Section(section) => {
                let own = section_types.entry(section).or_default();
                own.types.extend(output.types);
                own.fields.extend(output.fields.unwrap_or_default());
                own.schemas.push(schema);
            }
            Place::Common => {
                let module = type_name(schema).to_snake_case();
                let own = OwnTypes { types: output.types, schemas: vec![schema], ..OwnTypes::default() };
                files.insert(
                    format!("common/{module}.rs"),
                    file_of_types(&format!("`{schema}`, which several sections share."), &own),
                );
                let has_fields = output.fields.is_some();
                if let Some(fields) = output.fields {
                    files.insert(
                        format!("common/fields/{module}.rs"),
                        file_of_fields(&format!("The fields of `{schema}`, which several sections share."), &fields),
                    );
                }
                common.push(Common { module, sections, has_fields });
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

/// A type that several sections share.
struct Common<'a> {
    module: String,
    sections: BTreeSet<&'a str>,
    has_fields: bool,
}

fn place(sections: &BTreeSet<&str>) -> Place {
    match sections.iter().collect::<Vec<_>>().as_slice() {
        [one] => Place::Section((**one).to_owned()),
        _ => Place::Common,
    }
}

fn render_type(api: &Api, tree: &Tree, schema: &str) -> Result<Output, Problems> {
    let rust = type_name(schema);
    let missing = || {
        Problems::one(
            format!("/components/schemas/{schema}"),
            format!("progenitor made no type `{rust}` of it"),
            "add the case to codegen's pre-flight check",
        )
    };
    match api.kind(schema) {
        SchemaKind::Enumeration => {
            let item = tree.enums.get(&rust).ok_or_else(missing)?;
            Ok(Output { types: types::enumeration(schema, item), fields: None })
        }
        _ => {
            let item = tree.structs.get(&rust).ok_or_else(missing)?;
            let (members, ident) = (members(api, schema, item)?, &item.ident);
            let described = api.schemas.get(schema).unwrap_or(&Value::Null);
            Ok(Output {
                types: types::object(schema, described, ident, &members),
                fields: Some(fields::object(api, schema, described, ident, &members)),
            })
        }
    }
}

fn file_of_types(about: &str, own: &OwnTypes<'_>) -> TokenStream {
    let (items, imports) = (&own.types.items, own.types.references.imports());
    let described = own.schemas.iter().map(|schema| {
        let ident = format_ident!("{}", type_name(schema));
        quote!(#ident: #schema)
    });
    let json_schema = (!own.schemas.is_empty()).then(|| {
        quote!(
            #[cfg(feature = "schemas")]
            crate::schemas::json_schema! { #(#described),* }
        )
    });
    let about = format!(" {about}");
    quote! {
        #![doc = #about]
        use connectwise_psa_core::generated as psa;
        #imports
        #items
        #json_schema
    }
}

fn file_of_fields(about: &str, fields: &Code) -> TokenStream {
    let about = format!(" {about}");
    let (items, imports) = (&fields.items, fields.references.imports());
    let core = (!items.is_empty()).then(|| {
        quote!(
            use connectwise_psa_core::generated as psa;
        )
    });
    quote! {
        #![doc = #about]
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
            problems.add(
                operation.label(),
                format!("progenitor made no method `{}` of it", operation.id()),
                "add the case to codegen's pre-flight check",
            );
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
    let (about, client) = (
        format!(" The {} operations of the section `{section}`.", operations.len()),
        format!(" The operations of the section `{section}`."),
    );
    Ok(quote! {
        #![doc = #about]
        use connectwise_psa_core::generated as psa;
        use super::catalogue::*;
        #imports
        #[doc = #client]
        ///
        /// # Errors
        ///
        /// Every call fails with a [`psa::Error`] when its arguments cannot be sent (nothing is sent then), when the
        /// server cannot be reached, when it refuses (the error carries the status and PSA's code, message and field
        /// errors), and when its answer cannot be decoded (the error names the record and the member).
        #[derive(Clone, Debug)]
        pub struct Client { connection: psa::Connection }
        impl Client {
            /// A client of this section on a connection, which is cheap to share.
            #[must_use]
            pub fn new(connection: &psa::Connection) -> Self { Self { connection: connection.clone() } }
            #methods
        }
        #parameters
    })
}

fn section_catalogue(api: &Api, section: &str, operations: &[&Operation]) -> TokenStream {
    let about = format!(" The table of the section `{section}`: what each operation is on the wire.");
    let rows = operations.iter().map(|operation| operations::row(api, operation));
    let all = operations.iter().map(|operation| operations::static_name(operation));
    quote! {
        #![doc = #about]
        use connectwise_psa_core::generated as psa;
        /// Every operation of this section, by name.
        pub static ALL: &[&psa::Operation] = &[#(&#all),*];
        #(#rows)*
    }
}

fn section_module(section: &str) -> TokenStream {
    let about = format!(" The section `{section}`: its client and the types that no other section uses.");
    quote! {
        #![doc = #about]
        // For generated code. Programs find an operation with `catalogue::find`.
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

fn common_module(common: &[Common<'_>], api: &Api) -> TokenStream {
    let modules = common.iter().map(|shared| shared.module(api));
    quote! {
        //! Types that several sections use, one file each, compiled when any of those sections is.
        pub(crate) mod fields;
        #(#modules)*
    }
}

fn common_fields(common: &[Common<'_>], api: &Api) -> TokenStream {
    let modules = common.iter().filter(|shared| shared.has_fields).map(|shared| shared.module(api));
    quote! {
        //! The fields of types that several sections use, one file each, compiled when any of those sections is.
        #(#modules)*
    }
}

impl Common<'_> {
    /// The module and what it exports.
    fn module(&self, api: &Api) -> TokenStream {
        let ident = format_ident!("{}", self.module);
        // What no operation reaches is compiled when everything is.
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
        //! Everything generated: one module for each section, `types` with the types of all of them and `fields` with
        //! their fields.
        use connectwise_psa_core::generated as psa;
        mod common;
        #(#modules)*
        /// The types of every section that is compiled, by the vendor's names.
        ///
        /// A type that several sections use is compiled when one of them is. The documentation of
        /// `connectwise-psa-bindings` shows the features of each type.
        pub mod types {
            #[allow(unused_imports, reason = "a section may share nothing")]
            pub use super::common::*;
            #(#[allow(unused_imports, reason = "a section may have no type of its own")] #types)*
        }
        /// The fields of the types of every section that is compiled, under the names of the types.
        ///
        /// Programs rarely name these: `Ticket::fields()` and the closures of `filter`, `sort` and `select` give them.
        /// What can be done with each field is in [`psa::Field`].
        pub mod fields {
            #[allow(unused_imports, reason = "a section may share nothing")]
            pub use super::common::fields::*;
            #(#[allow(unused_imports, reason = "a section may have no type of its own")] #fields)*
        }
        /// The version of the vendor's document that this was generated from.
        pub const API_VERSION: &str = #version;
        /// The tables of operations of the sections that are compiled.
        pub(crate) static TABLES: &[&[&psa::Operation]] = &[#(#tables),*];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_of_one_section_lies_there() {
        assert_eq!(place(&["service"].into()), Place::Section("service".into()));
        assert_eq!(place(&["service", "time"].into()), Place::Common);
        assert_eq!(place(&BTreeSet::new()), Place::Common);
    }
}

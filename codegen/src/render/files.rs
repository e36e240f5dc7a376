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

use crate::model::{Api, SchemaKind, type_name};
use crate::problem::{Problem, Problems};
use crate::render::code::{Code, References};
use crate::render::collections::Collection;
use crate::render::docs::context::Context;
use crate::render::docs::operations as documentation;
use crate::render::docs::sections;
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
pub fn partition(context: &Context<'_>, tree: &Tree) -> Result<Files, Problems> {
    let api = context.api;
    let mut problems = Problems::default();
    let mut section_types: BTreeMap<String, SectionTypes> = BTreeMap::new();
    let mut common: Vec<SharedType<'_>> = Vec::new();
    let mut files = Files::new();
    for (schema, sections) in api.sections_of_schemas() {
        let output = match render_type(context, tree, schema) {
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
    for (section, collections) in &context.collections {
        match section_operations(context, tree, section, collections) {
            Ok(more) => files.extend(more),
            Err(mut more) => problems.0.append(&mut more.0),
        }
        files.extend(section_catalogue(context, section, collections));
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

fn render_type(context: &Context<'_>, tree: &Tree, schema: &str) -> Result<RenderedType, Problems> {
    let api = context.api;
    let rust_name = type_name(schema);
    let missing = || {
        let message = format!("progenitor did not generate the type `{rust_name}` for it");
        Problems::generator(format!("/components/schemas/{schema}"), message)
    };
    match api.schema_kind(schema) {
        SchemaKind::Enumeration => {
            let schema_json = api.schemas.get(schema).unwrap_or(&Value::Null);
            Ok(RenderedType { types: types::enumeration(context, schema, schema_json), fields: None })
        }
        _ => {
            let item = tree.structs.get(&rust_name).ok_or_else(missing)?;
            let (properties, ident) = (properties(api, schema, item)?, &item.ident);
            let schema_json = api.schemas.get(schema).unwrap_or(&Value::Null);
            Ok(RenderedType {
                types: types::object(context, schema, schema_json, ident, &properties),
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

/// Returns the file of a section's client and a file for each collection.
fn section_operations(
    context: &Context<'_>,
    tree: &Tree,
    section: &str,
    collections: &[Collection<'_>],
) -> Result<Files, Problems> {
    let mut problems = Problems::default();
    let mut files = Files::new();
    let mut modules = TokenStream::new();
    for collection in collections {
        let (module, path) = (collection.module(), collection.module().to_string());
        match collection_operations(context, tree, collection) {
            Ok((file, has_parameters)) => {
                files.insert(format!("{section}/operations/{path}.rs"), file);
                let export = has_parameters.then(|| quote!(pub use #module::*;));
                modules.extend(quote!(mod #module; #export));
            }
            Err(mut more) => problems.0.append(&mut more.0),
        }
    }
    problems.into_result()?;
    let operations = collections.iter().map(|collection| collection.operations.len()).sum::<usize>();
    let doc = format!(
        " The client of the section `{section}`. Its {operations} operations have one file for each collection."
    );
    let client = sections::client(context, section).attributes(0);
    let constructor = format!(" Creates a client for a connection. Programs normally call `psa.{section}()` instead.");
    files.insert(
        format!("{section}/operations/mod.rs"),
        quote! {
            #![doc = #doc]
            use connectwise_psa_core::generated as psa;
            // Rustdoc shows the `impl` blocks of the collections in this order.
            #modules
            #client
            #[derive(Clone, Debug)]
            pub struct Client { connection: psa::Connection }
            impl Client {
                #[doc = #constructor]
                #[must_use]
                pub fn new(connection: &psa::Connection) -> Self { Self { connection: connection.clone() } }
            }
        },
    );
    Ok(files)
}

/// Returns the file of a collection's operations, and whether it has structs with optional query parameters.
fn collection_operations(
    context: &Context<'_>,
    tree: &Tree,
    collection: &Collection<'_>,
) -> Result<(TokenStream, bool), Problems> {
    let mut problems = Problems::default();
    let (mut methods, mut parameters, mut references) = (TokenStream::new(), TokenStream::new(), References::default());
    for operation in &collection.operations {
        references.extend(operations::references(context.api, operation));
        let Some(signature) = tree.methods.get(&operation.id()) else {
            let message = format!("progenitor did not generate the method `{}` for it", operation.id());
            problems.0.push(Problem::generator(operation.label(), message));
            continue;
        };
        parameters.extend(operations::optional_parameters(context.api, operation));
        match operations::methods(context, operation, signature) {
            Ok(method) => methods.extend(method),
            Err(mut more) => problems.0.append(&mut more.0),
        }
    }
    problems.into_result()?;
    let doc = format!(" {}: {} operations.", collection.title, collection.operations.len());
    let (imports, module) = (references.imports(), collection.module());
    let heading = sections::collection(collection).attributes(0);
    let has_parameters = !parameters.is_empty();
    let file = quote! {
        #![doc = #doc]
        use connectwise_psa_core::generated as psa;
        use super::Client;
        use super::super::catalogue::#module::*;
        #imports
        #heading
        impl Client { #methods }
        #parameters
    };
    Ok((file, has_parameters))
}

/// Returns the files of a section's table of operations: one for each collection, and one with the order.
fn section_catalogue(context: &Context<'_>, section: &str, collections: &[Collection<'_>]) -> Files {
    let mut files = Files::new();
    for collection in collections {
        let doc = format!(" {}: method, path, parameters, body and response of each operation.", collection.title);
        let entries =
            collection.operations.iter().map(|operation| operations::table_entry(context.api, collection, operation));
        files.insert(
            format!("{section}/catalogue/{}.rs", collection.module()),
            quote! {
                #![doc = #doc]
                use connectwise_psa_core::generated as psa;
                #(#entries)*
            },
        );
    }
    let doc = format!(" The table of the operations of the section `{section}`.");
    let modules: Vec<_> = collections.iter().map(Collection::module).collect();
    let operations = || collections.iter().flat_map(|collection| &collection.operations);
    let all = operations().map(|operation| operations::static_name(operation));
    let texts = operations().map(|operation| {
        let (summary, about) = (documentation::summary(context, operation), documentation::about(context, operation));
        quote!((#summary, #about))
    });
    files.insert(
        format!("{section}/catalogue/mod.rs"),
        quote! {
            #![doc = #doc]
            use connectwise_psa_core::generated as psa;
            #(pub(crate) mod #modules;)*
            #(pub use #modules::*;)*
            /// The operations of this section, by collection.
            pub static ALL: &[&psa::Operation] = &[#(&#all),*];
            /// The first sentence and the text about each operation of `ALL`.
            pub(crate) static TEXTS: &[(&str, &str)] = &[#(#texts),*];
        },
    );
    files
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
    let tables =
        sections.iter().map(|(section, ident)| quote!(#[cfg(feature = #section)] (#section, #ident::catalogue::ALL)));
    let texts =
        sections.iter().map(|(section, ident)| quote!(#[cfg(feature = #section)] (#section, #ident::catalogue::TEXTS)));
    let version = &api.version;
    quote! {
        //! The generated code: one module for each section, `types` with the types of all sections and `fields` with
        //! their fields.
        use connectwise_psa_core::generated as psa;
        mod common;
        pub(crate) mod guides;
        #(#modules)*
        /// The types of all compiled sections, by the vendor's names.
        ///
        /// The documentation of each field begins with its name in JSON. The documentation of each type lists the
        /// operations that return it and that take it.
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
        /// The operations of each compiled section, in the order of the documentation.
        pub(crate) static TABLES: &[(&str, &[&psa::Operation])] = &[#(#tables),*];
        /// The texts about the operations of each compiled section, in the same order. Only programs that show them
        /// contain them.
        pub(crate) static TEXTS: &[(&str, &[(&str, &str)])] = &[#(#texts),*];
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

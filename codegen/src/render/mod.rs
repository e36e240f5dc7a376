//! Generates Rust from psa.json: progenitor generates code, and further steps rewrite its syntax tree and divide it
//! into files.

pub mod actions;
pub mod baseline;
pub mod code;
pub mod collections;
pub mod contract;
pub mod docs;
pub mod fields;
pub mod files;
pub mod guides;
pub mod layout;
pub mod macro_calls;
pub mod operations;
pub mod print;
pub mod progenitor_view;
pub mod properties;
pub mod rust_type;
pub mod schemas;
pub mod signature;
pub(crate) mod summary;
pub mod tree;
pub mod types;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::docs::Docs;
use crate::document;
use crate::model::{Api, CoreType, SchemaKind};
use crate::problem::Problems;
use crate::render::docs::context::Context;

/// Everything that is generated from one psa.json: the text of each file by its path in the folder, and counts.
#[derive(Debug, Default)]
pub struct Rendered {
    /// The files of `src/generated` in the bindings crate.
    pub bindings: BTreeMap<String, String>,
    /// The files of `generated` in the contract tests.
    pub tests: BTreeMap<String, String>,
    /// The counts for the report.
    pub totals: Totals,
}

/// Counts of what was generated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// The API version.
    pub version: String,
    /// The operations.
    pub operations: usize,
    /// The paths.
    pub paths: usize,
    /// The vendor's named schemas, without the enums and `RecordInfo`, which the importer named.
    pub schemas: usize,
    /// The enums.
    pub enums: usize,
    /// The plain references, which are all one Rust type.
    pub references: usize,
    /// Each section with the number of its operations and of the types that only it uses.
    pub sections: Vec<(String, usize, usize)>,
    /// The types that several sections share, and those that no operation uses.
    pub shared: usize,
}

/// Renders the bindings and the generated tests, with the texts of `docs` in the documentation. The file headers name `source` as their source.
///
/// # Errors
/// Fails if psa.json is not what the importer writes, if a text of `docs` names something that does not exist, or if the
/// generator has an error.
pub fn render(psa: &Value, docs: &Docs, source: &str) -> Result<Rendered, Problems> {
    let api = Api::read(psa)?;
    docs.check(&api)?;
    let origin = print::Origin::new(source, &api.version, &document::canonical(psa));
    let tree = tree::parse_output(progenitor_view::generate(psa, &api)?);
    let mut rendered = Rendered { totals: totals(psa, &api), ..Rendered::default() };
    let context = Context::new(&api, docs);
    for (path, tokens) in files::partition(&context, &tree)? {
        let text = print::file(&path, tokens, &origin)?;
        rendered.bindings.insert(path, text);
    }
    rendered.bindings.insert("actions.csv".into(), actions::table(&context));
    rendered.bindings.insert("guides.rs".into(), print::file("guides.rs", guides::table(&context), &origin)?);
    rendered.bindings.insert("schemas.json".into(), format!("{}\n", schemas::document(&context)));
    rendered.bindings.insert("api_version.md".into(), api_version_line(&rendered.totals));
    for section in api.sections() {
        let operations: Vec<_> = api.operations.iter().filter(|operation| operation.section == section).collect();
        let path = format!("{section}.rs");
        let text = print::file(&path, contract::calls(&api, section, &operations), &origin)?;
        rendered.tests.insert(path, text);
    }
    rendered.tests.insert("all_types.rs".into(), print::file("all_types.rs", contract::types(&api), &origin)?);
    rendered.tests.insert("mod.rs".into(), print::file("mod.rs", tests_module(&api), &origin)?);
    Ok(rendered)
}

/// Returns the line in the crate's documentation that names the API version.
fn api_version_line(totals: &Totals) -> String {
    format!("Generated from the vendor's OpenAPI document for API version **{}**.\n", totals.version)
}

fn tests_module(api: &Api) -> proc_macro2::TokenStream {
    let modules: Vec<_> = api.sections().into_iter().map(|section| quote::format_ident!("{section}")).collect();
    quote::quote! {
        //! One call of each operation and one check of each type.
        pub(crate) mod all_types;
        #(pub(crate) mod #modules;)*
        /// The calls, by section.
        pub(crate) static SECTIONS: &[&[crate::calls::Case]] = &[#(#modules::CASES),*];
    }
}

fn totals(psa: &Value, api: &Api) -> Totals {
    let sections_of_schemas = api.sections_of_schemas();
    let own = |section: &str| {
        sections_of_schemas.values().filter(|sections| sections.len() == 1 && sections.contains(section)).count()
    };
    let count =
        |wanted: fn(SchemaKind) -> bool| api.schemas.keys().filter(|name| wanted(api.schema_kind(name))).count();
    let enums = count(|kind| kind == SchemaKind::Enumeration);
    Totals {
        version: api.version.clone(),
        operations: api.operations.len(),
        paths: psa.get("paths").and_then(Value::as_object).map_or(0, serde_json::Map::len),
        schemas: api.schemas.len() - enums - usize::from(api.schemas.contains_key("RecordInfo")),
        enums,
        references: count(|kind| kind == SchemaKind::Core(CoreType::Reference)),
        sections: api
            .sections()
            .into_iter()
            .map(|section| {
                (
                    section.to_owned(),
                    api.operations.iter().filter(|operation| operation.section == section).count(),
                    own(section),
                )
            })
            .collect(),
        shared: sections_of_schemas.values().filter(|sections| sections.len() != 1).count(),
    }
}

impl std::fmt::Display for Totals {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "Totals")?;
        writeln!(
            f,
            "  {} operations, {} paths, {} schemas ({} of them plain references), {} enums",
            self.operations, self.paths, self.schemas, self.references, self.enums
        )?;
        for (section, operations, types) in &self.sections {
            writeln!(f, "  {operations:>5} operations, {types:>4} types  {section}")?;
        }
        writeln!(f, "                    {:>4} types  shared", self.shared)
    }
}

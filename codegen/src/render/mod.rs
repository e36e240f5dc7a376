//! From psa.json to Rust: progenitor generates, then the syntax tree is reshaped step by step and partitioned into
//! files.

pub mod baseline;
pub mod code;
pub mod contract;
pub mod docs;
pub mod fields;
pub mod files;
pub mod layout;
pub mod macro_calls;
pub mod members;
pub mod operations;
pub mod print;
pub mod progenitor_view;
pub mod rust_type;
pub mod schemas;
pub mod signature;
pub mod tree;
pub mod types;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::document;
use crate::model::{Api, CoreType, SchemaKind};
use crate::problem::Problems;

/// Everything generated from one psa.json: texts by path relative to a folder of their own.
#[derive(Debug, Default)]
pub struct Rendered {
    /// `src/generated` of the bindings crate.
    pub bindings: BTreeMap<String, String>,
    /// `generated` of the contract tests.
    pub tests: BTreeMap<String, String>,
    /// What there is, for the report.
    pub totals: Totals,
}

/// Counts of what was generated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// The version of the document.
    pub version: String,
    /// Operations.
    pub operations: usize,
    /// Paths.
    pub paths: usize,
    /// Named schemas of the vendor (without the enums lifted from them).
    pub schemas: usize,
    /// Enums.
    pub enums: usize,
    /// Plain references, all of them one Rust type.
    pub references: usize,
    /// Section, operations, types of its own.
    pub sections: Vec<(String, usize, usize)>,
    /// Types that several sections share.
    pub shared: usize,
}

/// Renders the bindings and the generated tests; the headers name `source` as what they were made from.
///
/// # Errors
/// What a person has to decide, or a gap of the pre-flight check, by its place.
pub fn render(psa: &Value, source: &str) -> Result<Rendered, Problems> {
    let api = Api::read(psa)?;
    let origin = print::Origin::new(source, &api.version, &document::canonical(psa));
    let tree = tree::parse_output(progenitor_view::generate(psa, &api)?)?;
    let mut rendered = Rendered { totals: totals(psa, &api), ..Rendered::default() };
    for (path, tokens) in files::partition(&api, &tree)? {
        let text = print::file(&path, tokens, &origin)?;
        rendered.bindings.insert(path, text);
    }
    rendered.bindings.insert("schemas.json".into(), format!("{}\n", schemas::document(&api)));
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

/// The line in the documentation of the crate that names the API version.
fn api_version_line(totals: &Totals) -> String {
    format!("Generated from the vendor's description of API version **{}**.\n", totals.version)
}

fn tests_module(api: &Api) -> proc_macro2::TokenStream {
    let modules: Vec<_> = api.sections().into_iter().map(|section| quote::format_ident!("{section}")).collect();
    quote::quote! {
        //! One call of every operation, one check of every type.
        pub(crate) mod all_types;
        #(pub(crate) mod #modules;)*
        /// Every call, by section.
        pub(crate) static SECTIONS: &[&[crate::calls::Case]] = &[#(#modules::CASES),*];
    }
}

fn totals(psa: &Value, api: &Api) -> Totals {
    let placed = api.sections_of_schemas();
    let own =
        |section: &str| placed.values().filter(|sections| sections.len() == 1 && sections.contains(section)).count();
    let count = |wanted: fn(SchemaKind) -> bool| api.schemas.keys().filter(|name| wanted(api.kind(name))).count();
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
        shared: placed.values().filter(|sections| sections.len() != 1).count(),
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

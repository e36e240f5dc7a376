//! Assigns the Rust names of operations, arguments, types, fields and variants.
//!
//! A rule proposes a name the first time. `openapi/names.toml` keeps it, so that it is the same in every later version of
//! the API, even if a rule changes.

mod arguments;
mod enums;
mod fields;
mod json_names;
pub mod listing;
mod operations;
pub mod rules;
mod sections;
pub mod types;
mod unknown_words;
pub mod words;
pub mod write;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use self::words::Words;
use crate::problem::Problems;

/// The content of `openapi/names.toml`: words that a rule cannot know, and all names that have been assigned.
///
/// An assigned name wins over every rule. An import adds the names of what is new.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lexicon {
    /// The known words of paths.
    #[serde(default)]
    pub words: Words,
    /// Path segments that the vendor writes as one word, with their words: `purchaseorders = "purchase orders"`.
    #[serde(default)]
    pub compounds: BTreeMap<String, String>,
    /// The first path segments of a section, joined by `/` and without parameters, that need other words:
    /// `[sections.time] entries = "time entries"`.
    #[serde(default)]
    pub sections: BTreeMap<String, BTreeMap<String, String>>,
    /// The vendor's name of a schema -> another name, if the type by rule has a bad name or that of another one.
    #[serde(default)]
    pub types: BTreeMap<String, String>,
    /// By section, the name of each operation -> its method, path and vendor's ID.
    #[serde(default)]
    pub operations: BTreeMap<String, BTreeMap<String, String>>,
    /// The name of each enum -> its uses.
    #[serde(default)]
    pub enums: BTreeMap<String, Vec<String>>,
    /// `Schema.jsonName` -> the name of the field.
    #[serde(default)]
    pub fields: BTreeMap<String, String>,
    /// `Enum.value` -> the name of the variant.
    #[serde(default)]
    pub values: BTreeMap<String, String>,
    /// `vendorId.parameter` -> the name of the argument.
    #[serde(default)]
    pub arguments: BTreeMap<String, String>,
}

const FILE: &str = "openapi/names.toml";

/// Reads the file.
///
/// # Errors
/// Fails if the text is not TOML or has an unknown table.
pub fn read(text: &str) -> Result<Lexicon, Problems> {
    toml::from_str(text).map_err(|error| {
        Problems::one(
            FILE,
            format!("the file cannot be read: {error}"),
            "correct the file; codegen's `Lexicon` lists the tables",
        )
    })
}

/// Assigns all names of a document: one that has been normalised, or psa.json after a change of names.toml. Adds the
/// names of what is new to the lexicon. Returns what was done, with counts, for the report.
pub fn assign(document: &mut Value, lexicon: &mut Lexicon, problems: &mut Problems) -> Vec<(&'static str, usize)> {
    unknown_words::check(&operations::unnamed(document, lexicon), lexicon, problems);
    let enums = enums::assign(document, lexicon, problems);
    let operations = operations::assign(document, lexicon, problems);
    let names = fields::assign(document, lexicon, problems) + arguments::assign(document, lexicon, problems);
    vec![
        ("inline enums become named schemas", enums),
        ("operations keep the name that openapi/names.toml has for them", operations.kept),
        ("new operations get a name by rule", operations.new),
        ("fields, variants and arguments have a name that differs from the rule", names),
    ]
}

/// Returns the name by which names.toml knows a schema: the vendor's, without dots. It stays when the type is renamed.
fn schema_key(name: &str, schema: &Value) -> String {
    let vendor_name = schema.get("x-vendor-name").and_then(Value::as_str).unwrap_or(name);
    vendor_name.chars().filter(|c| c.is_alphanumeric() || *c == '_').collect()
}

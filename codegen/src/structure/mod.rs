//! Makes every part of the vendor's document explicit before corrections apply: references are followed, `allOf` is
//! merged, and parts of a wrong JSON type are marked. Corrections can then name every operation, parameter,
//! body and property.
//!
//! A part that cannot be made explicit is marked (`x-undecided`, with the reason). A correction replaces it; without
//! one, `decisions` reports it.

mod all_of;
mod malformed;
mod methods;
mod references;

use serde_json::Value;

/// The key of an operation, parameter or schema that a person has to decide. Its value is the reason.
pub const UNDECIDED: &str = "x-undecided";

type Rule = fn(&mut Value) -> usize;

/// The rules, in the order in which they run.
const RULES: &[(&str, Rule)] = &[
    ("HEAD, OPTIONS and TRACE are removed: they are not operations of the API", methods::remove),
    ("parts of a wrong JSON type are marked or removed", malformed::mark),
    ("paths that refer to another path are copied from it", references::copy_paths),
    ("shared and path-level parameters are copied to each operation", references::copy_parameters),
    ("shared bodies and responses are copied to each operation", references::copy_bodies),
    ("keywords next to a $ref, which OpenAPI ignores, are removed", references::remove_ignored_keywords),
    ("allOf, anyOf and oneOf with one schema become that schema", all_of::collapse_single),
    ("allOf of objects becomes one object", all_of::merge),
    ("types that properties, items, values or formats imply are added", malformed::add_missing_types),
    ("formats that do not fit the type are removed", malformed::remove_other_formats),
    ("enums of numbers and booleans become numbers and booleans", malformed::remove_unnamed_values),
];

/// Applies all rules, and returns them with the number of changes that each made.
pub fn make_explicit(document: &mut Value) -> Vec<(&'static str, usize)> {
    RULES.iter().map(|(name, rule)| (*name, rule(document))).collect()
}

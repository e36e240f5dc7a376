//! Finds everything in a corrected document that a person has to decide, with the lines to paste for each decision.
//!
//! It runs before the normalising rules, so that places and lines have the vendor's names. Each undecided part is
//! replaced by something neutral, such as any JSON. The import can then continue and find the other problems of the
//! document in the same run.

mod bodies;
mod operation_ids;
mod parameters;
mod paths;
mod schemas;
pub(crate) mod type_names;

use serde_json::{Value, json};

use crate::document::{Object, for_each_operation};
use crate::notation;
use crate::problem::Problems;

/// Reports every undecided part of a document, and replaces it.
pub(crate) fn report(document: &mut Value, problems: &mut Problems) {
    operation_ids::decide(document, problems);
    paths::decide(document, problems);
    schemas::decide(document, problems);
    parameters::decide(document, problems);
    bodies::decide(document, problems);
    for_each_operation(document, |_, _, operation| {
        operation.remove(notation::TARGET);
    });
}

/// Sets the text with which a correction names an operation.
fn set_target(operation: &mut Object, target: String) {
    operation.insert(notation::TARGET.to_owned(), json!(target));
}

/// Returns a message as the reason of a correction: a sentence.
fn reason(message: &str) -> String {
    let mut characters = message.chars();
    let first = characters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}", characters.as_str())
}

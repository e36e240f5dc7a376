//! Finds everything in a corrected document that a person has to decide, with the lines to paste for each decision.
//!
//! It runs before the normalising rules, so that places and lines have the vendor's names. Each undecided part is
//! replaced by something neutral, such as any JSON. The import can then continue and find the other problems of the
//! document in the same run.

mod bodies;
mod operation_ids;
mod operations;
mod parameters;
mod paths;
mod schemas;
pub(crate) mod type_names;

use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::corrections::notation::{self, Notation};
use crate::corrections::{Change, advice, apply};
use crate::document::{Object, for_each_operation, text};
use crate::paste::Paste;
use crate::problem::Problems;

/// Reports every undecided part of a document, and replaces it.
pub(crate) fn report(document: &mut Value, problems: &mut Problems) {
    let before = document.clone();
    let corrected = Corrected { document: &before };
    operations::decide(document, &corrected, problems);
    operation_ids::decide(document, &corrected, problems);
    paths::decide(document, &corrected, problems);
    schemas::decide(document, &corrected, problems);
    parameters::decide(document, &corrected, problems);
    bodies::decide(document, &corrected, problems);
    for_each_operation(document, |_, _, operation| {
        operation.remove(TARGET);
    });
}

/// The document as the corrections left it. New corrections apply to it.
struct Corrected<'a> {
    document: &'a Value,
}

impl Corrected<'_> {
    fn schemas(&self) -> &Object {
        static NONE: LazyLock<Object> = LazyLock::new(Object::new);
        self.document.pointer("/components/schemas").and_then(Value::as_object).unwrap_or(&NONE)
    }

    /// Returns what the document has in the place of a change, in notation.
    fn found(&self, target: &str, change: &Change) -> String {
        apply::found(self.document, target, change)
    }

    /// Returns a schema in notation.
    fn describe(&self, schema: &Value) -> String {
        notation::describe(self.schemas(), schema)
    }

    /// Returns a correction as text. `message` is the message of the problem.
    fn correction(&self, target: &str, message: &str, change: &Change) -> String {
        advice::correction(target, &reason(message), change, &self.found(target, change))
    }

    /// Returns the lines of a correction.
    fn paste(&self, target: &str, message: &str, change: &Change) -> Paste {
        Paste::corrections(&[self.correction(target, message, change)])
    }
}

/// Returns a message as the reason of a correction: a sentence.
fn reason(message: &str) -> String {
    let mut characters = message.chars();
    let first = characters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}", characters.as_str())
}

fn named(notation: &str) -> Notation {
    Notation::Named(notation.to_owned())
}

/// The key of an operation for the text with which a correction names it.
const TARGET: &str = "x-target";

/// Returns the text with which a correction names an operation: its operation ID, or method and path if it has no ID of
/// its own.
fn target(path: &str, method: &str, operation: &Object) -> String {
    text(operation, TARGET)
        .or_else(|| text(operation, "operationId"))
        .map_or_else(|| format!("{} {path}", method.to_uppercase()), str::to_owned)
}

/// Sets the text with which a correction names an operation.
fn set_target(operation: &mut Object, target: String) {
    operation.insert(TARGET.to_owned(), json!(target));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs one kind of decisions on a document.
    pub(super) fn decided(
        mut document: Value,
        decide: fn(&mut Value, &Corrected<'_>, &mut Problems),
    ) -> (Value, Problems) {
        let before = document.clone();
        let mut problems = Problems::default();
        decide(&mut document, &Corrected { document: &before }, &mut problems);
        (document, problems)
    }
}

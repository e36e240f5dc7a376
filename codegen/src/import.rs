//! Converts the vendor's document to `psa.json`: corrects, normalises, names and checks it. Facts are kept; prose is
//! not.

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::corrections::{self, Corrections};
use crate::document;
use crate::names::{self, Lexicon, types};
use crate::preflight;
use crate::problem::Problems;
use crate::report::Report;

/// Converts the vendor's document to psa.json.
///
/// # Errors
/// Every problem that a person has to fix before the document can be used, in one list.
pub fn import(text: &str, corrections: &Corrections, lexicon: &Lexicon) -> Result<(Value, Report), Problems> {
    let (document, report, problems) = import_with_problems(text, corrections, lexicon);
    problems.into_result()?;
    Ok((document, report))
}

/// Converts the vendor's document as far as possible, to compare it while decisions are open. Returns the problems with
/// what was made: a document with problems must not be rendered or written. A text that is not an OpenAPI document
/// becomes null.
#[must_use]
pub fn import_with_problems(text: &str, corrections: &Corrections, lexicon: &Lexicon) -> (Value, Report, Problems) {
    let mut document = match document::read(text) {
        Ok(document) => document,
        Err(problems) => {
            let report = Report { rules: Vec::new(), names: lexicon.clone(), corrections: Vec::new() };
            return (Value::Null, report, problems);
        }
    };
    let mut problems = Problems::default();
    // Corrections run first, because they can correct every place that a later check or rule rejects.
    let outcomes = corrections::apply::apply(corrections, &mut document, &mut problems);
    check_references(&mut document, &mut problems);
    let mut names = lexicon.clone();
    let mut rules =
        vec![("schemas have another name in openapi/names.toml", types::rename(&mut document, lexicon, &mut problems))];
    rules.extend(crate::normalise::normalise(&mut document, &mut problems));
    rules.extend(names::assign(&mut document, &mut names, &mut problems));
    check_references(&mut document, &mut problems);
    preflight::check(&mut document, &mut problems);
    problems.0.dedup();
    if let Some(info) = document.get_mut("info").and_then(Value::as_object_mut) {
        info.insert("x-decisions".into(), decisions(corrections).into());
    }
    (document, Report { rules, names, corrections: outcomes }, problems)
}

/// Applies changes of names.toml to psa.json. Returns the names with those of what is new.
///
/// # Errors
/// Every name that cannot be used, in one list.
pub fn rename(psa: &mut Value, lexicon: &Lexicon) -> Result<Lexicon, Problems> {
    let (mut names, mut problems) = (lexicon.clone(), Problems::default());
    types::rename(psa, lexicon, &mut problems);
    names::assign(psa, &mut names, &mut problems);
    preflight::check(psa, &mut problems);
    problems.into_result()?;
    Ok(names)
}

/// Returns a fingerprint of corrections.toml. psa.json contains it, and `regen` reports when it no longer matches the
/// file.
#[must_use]
pub fn decisions(corrections: &Corrections) -> String {
    let text = format!("{corrections:?}");
    Sha256::digest(text.as_bytes()).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// Reports every `$ref` that does not name a schema of this document.
fn check_references(document: &mut Value, problems: &mut Problems) {
    let names: Vec<String> = document
        .pointer("/components/schemas")
        .and_then(Value::as_object)
        .map(|schemas| schemas.keys().cloned().collect())
        .unwrap_or_default();
    document::for_each_schema(document, |at, schema| {
        let Some(reference) = schema.get("$ref").and_then(Value::as_str) else { return };
        if !document::schema_name(reference).is_some_and(|name| names.iter().any(|known| known == name)) {
            let at = format!("{at}/$ref");
            if !problems.0.iter().any(|problem| problem.location == at) {
                problems.add(
                    at,
                    format!("`{reference}` does not exist"),
                    "add the schema to the document, or correct the reference",
                );
            }
        }
    });
}

//! Converts the vendor's document to `psa.json`: corrects, normalises, names and checks it. Facts are kept; prose is
//! not.

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::corrections::{self, Corrections};
use crate::decisions::{self, type_names};
use crate::document;
use crate::names::{self, Lexicon, types};
use crate::normalise;
use crate::problem::Problems;
use crate::report::Report;
use crate::structure;

/// Converts the vendor's document to psa.json.
///
/// # Errors
/// Every problem that a person has to solve before the document can be used, in one list.
pub fn import(text: &str, corrections: &Corrections, lexicon: &Lexicon) -> Result<(Value, Report), Problems> {
    let (document, report, problems) = import_with_problems(text, corrections, lexicon);
    problems.into_result()?;
    Ok((document, report))
}

/// Converts the vendor's document as far as possible, also if it has problems. Parts with a problem are replaced by
/// something neutral, such as any JSON, or left out. A document with problems must not be written. A text that is not an
/// OpenAPI document becomes null.
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
    let mut rules = structure::make_explicit(&mut document);
    let outcomes = corrections::apply::apply(corrections, &mut document, &mut problems);
    decisions::report(&mut document, &mut problems);
    let mut names = lexicon.clone();
    rules.push((
        "schemas have another name in openapi/names.toml",
        types::rename(&mut document, lexicon, &mut problems),
    ));
    type_names::decide(&mut document, &mut problems);
    rules.extend(normalise::normalise(&mut document, &mut problems));
    rules.extend(names::assign(&mut document, &mut names, &mut problems));
    problems.0.dedup();
    if let Some(info) = document.get_mut("info").and_then(Value::as_object_mut) {
        info.insert("x-decisions".into(), fingerprint(corrections).into());
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
    type_names::decide(psa, &mut problems);
    problems.into_result()?;
    Ok(names)
}

/// Returns a fingerprint of corrections.toml. psa.json contains it, and `regen` reports when it no longer matches the
/// file.
#[must_use]
pub fn fingerprint(corrections: &Corrections) -> String {
    let text = format!("{corrections:?}");
    Sha256::digest(text.as_bytes()).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

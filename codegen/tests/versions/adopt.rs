//! The only module that calls the generator: imports a version with the decisions of the version before it, compares two
//! versions, and renders the bindings.

use std::collections::BTreeMap;

use connectwise_psa_codegen::diff::{self, Subject, Weight};
use connectwise_psa_codegen::docs::Docs;
use connectwise_psa_codegen::model::Api;
use connectwise_psa_codegen::names::write;
use connectwise_psa_codegen::paste::Paste;
use connectwise_psa_codegen::problem::Problem;
use connectwise_psa_codegen::{corrections, import, names, render};
use serde_json::Value;

/// What a person has decided: the text of corrections.toml and names.toml.
#[derive(Clone, Debug)]
pub(crate) struct Decisions {
    pub(crate) corrections: String,
    pub(crate) names: String,
}

/// A decision that a document needs before it can be used.
#[derive(Clone, Debug)]
pub(crate) struct Decision {
    /// Where: an operation or a JSON pointer.
    pub(crate) location: String,
    /// The whole text that a person reads.
    pub(crate) text: String,
    /// The lines that solve it. If there are several, each solves it.
    pub(crate) pastes: Vec<Paste>,
}

/// A version that was imported, with the decisions for the next one.
pub(crate) struct Version {
    pub(crate) psa: Value,
    pub(crate) decisions: Decisions,
}

/// A line of a comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) weight: Weight,
    /// `section`, `section::operation`, `Type` or `Type.jsonName`.
    pub(crate) subject: String,
    /// The line as a person reads it.
    pub(crate) text: String,
}

impl Decisions {
    /// Returns the decisions about the small document.
    pub(crate) fn of_the_small_document() -> Self {
        Self { corrections: include_str!("corrections.toml").to_owned(), names: include_str!("names.toml").to_owned() }
    }

    /// Adds lines to their file, as a person does: below the heading of their table, or at the end.
    pub(crate) fn paste(&mut self, paste: &Paste) {
        let text = if paste.file.ends_with("names.toml") { &mut self.names } else { &mut self.corrections };
        let heading = paste.table.as_ref().map(|table| format!("[{table}]\n"));
        let below = heading.as_ref().and_then(|heading| {
            let start = text.match_indices(heading.as_str()).find(|(at, _)| *at == 0 || text[..*at].ends_with('\n'))?.0;
            Some(start + heading.len())
        });
        match below {
            Some(at) => text.insert_str(at, &format!("{}\n", paste.lines)),
            None => text.push_str(&format!("\n{}{}\n", heading.unwrap_or_default(), paste.lines)),
        }
    }
}

/// Imports a document of the vendor.
pub(crate) fn import(text: &str, decisions: &Decisions) -> Result<Version, Vec<Decision>> {
    let all =
        |problems: connectwise_psa_codegen::problem::Problems| problems.0.iter().map(decision).collect::<Vec<_>>();
    let corrections = corrections::read(&decisions.corrections).map_err(all)?;
    let lexicon = names::read(&decisions.names).map_err(all)?;
    let (psa, report) = import::import(text, &corrections, &lexicon).map_err(all)?;
    let names = write::updated(&decisions.names, &report.names).map_err(all)?;
    Ok(Version { psa, decisions: Decisions { names, ..decisions.clone() } })
}

fn decision(problem: &Problem) -> Decision {
    Decision { location: problem.location.clone(), text: problem.to_string(), pastes: problem.paste.clone() }
}

/// Compares two imported versions.
pub(crate) fn compare(old: &Version, new: &Version) -> Vec<Line> {
    let diff = diff::diff(&old.psa, &new.psa).unwrap_or_else(|problems| panic!("{problems}"));
    diff.changes
        .iter()
        .map(|change| Line { weight: change.weight, subject: subject(&change.subject), text: change.to_string() })
        .collect()
}

fn subject(subject: &Subject) -> String {
    match subject {
        Subject::Version => "API_VERSION".to_owned(),
        Subject::Section(section) => section.clone(),
        Subject::Operation { section, name, .. } => format!("{section}::{name}"),
        Subject::Type { name, property: None, .. } => name.clone(),
        Subject::Type { name, property: Some(property), .. } => format!("{name}.{}", property.json_name),
    }
}

/// Renders the bindings: the text of each file by its path.
pub(crate) fn render(version: &Version) -> BTreeMap<String, String> {
    let rendered = render::render(&version.psa, &Docs::default(), "a small document")
        .unwrap_or_else(|problems| panic!("{problems}"));
    rendered.bindings
}

/// Returns the sections of a version.
pub(crate) fn sections(version: &Version) -> Vec<String> {
    let api = Api::read(&version.psa).unwrap_or_else(|problems| panic!("{problems}"));
    api.sections().into_iter().map(str::to_owned).collect()
}

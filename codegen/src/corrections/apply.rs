//! Applies the corrections to the vendor's document. Each states what it expects to find, so that the import reports every
//! place that the vendor has changed.

use std::sync::LazyLock;

use serde_json::Value;

use super::advice::{self, Misfits};
use super::notation::{self, NONE};
use super::{Change, Correction, Corrections, FILE, operations, schemas};
use crate::document::{self, Object};
use crate::model::references;
use crate::problem::Problems;

/// How a change of a target fits the document.
enum Fit {
    /// The document has what the correction expects, and the change was made.
    Applied,
    /// The document does not have the operation or the schema.
    Absent,
    /// Several operations have the operation ID; these are their methods and paths.
    Ambiguous(Vec<String>),
    /// The document has what the change would make.
    AlreadyCorrect(String),
    /// The document has something else.
    Unexpected(String),
    /// The change was made, but the document still has this.
    WithoutEffect(String),
    /// The change writes a type that the document does not have.
    UnknownType(String),
}

/// Applies the corrections to the vendor's document. Returns the label and outcome of each correction: `applied` or
/// `not for VERSION`. Reports each place that is not as the correction expects.
pub fn apply(corrections: &Corrections, document: &mut Value, problems: &mut Problems) -> Vec<(String, String)> {
    let version = document::version(document).to_owned();
    let mut outcomes = Vec::new();
    for correction in &corrections.corrections {
        if !correction.applies_to(&version) {
            outcomes.push((correction.label(), format!("not for {version}")));
            continue;
        }
        // Each place has to fit on its own, so that a list of schemas does not become obsolete in part.
        let mut fits = Vec::new();
        for target in correction.targets() {
            for change in correction.changes() {
                let fit = correct(document, correction, target, &change);
                fits.push((target, change, fit));
            }
        }
        report(correction, fits, &version, problems);
        outcomes.push((correction.label(), "applied".to_owned()));
    }
    outcomes
}

/// Makes one change of one target, if the document is as the correction expects.
fn correct(document: &mut Value, correction: &Correction, target: &str, change: &Change) -> Fit {
    let schemas = schemas_of(document);
    if let Some(name) = change.types().iter().find_map(|notation| unknown_schema(schemas, notation)) {
        return Fit::UnknownType(name);
    }
    let found = match state(document, target, change) {
        State::Absent => return Fit::Absent,
        State::Ambiguous(operations) => return Fit::Ambiguous(operations),
        State::Is(found) => found,
    };
    let meaning = |text: &str| if change.is_of_a_name() { text.to_owned() } else { notation::canonical(schemas, text) };
    let (made, expected) = (meaning(&change.makes()), correction.expected(target, change));
    if found == made {
        return Fit::AlreadyCorrect(found);
    }
    if expected.as_deref().map(meaning).as_ref() != Some(&found) {
        return Fit::Unexpected(found);
    }
    if change.is_of_operation() {
        if let Some(place) = operations::find(document, target).first() {
            operations::apply(document, place, change);
        }
    } else {
        schemas::apply(document, target, change);
    }
    match state(document, target, change) {
        State::Is(found) if found == made => Fit::Applied,
        State::Is(found) => Fit::WithoutEffect(found),
        State::Absent | State::Ambiguous(_) => Fit::WithoutEffect(NONE.to_owned()),
    }
}

/// Returns what a document has in the place of a change, as `expects` says it.
pub(crate) fn found(document: &Value, target: &str, change: &Change) -> String {
    match state(document, target, change) {
        State::Is(found) => found,
        State::Absent | State::Ambiguous(_) => NONE.to_owned(),
    }
}

/// What a document has in the place of a change.
enum State {
    Absent,
    Ambiguous(Vec<String>),
    Is(String),
}

fn state(document: &Value, target: &str, change: &Change) -> State {
    let schemas = schemas_of(document);
    if !change.is_of_operation() {
        return schemas::found(schemas, target, change).map_or(State::Absent, State::Is);
    }
    match (operations::find(document, target).as_slice(), change) {
        ([_], Change::RemoveOperation) => State::Is(target.to_owned()),
        ([place], _) => State::Is(operations::found(document, schemas, place, change)),
        ([], Change::RemoveOperation) => State::Is(NONE.to_owned()),
        ([], Change::OperationId(new)) if !operations::find(document, new).is_empty() => State::Is(new.clone()),
        ([], Change::Path(new)) => {
            let method = target.split(' ').next().unwrap_or_default();
            let is_there = !operations::find(document, &format!("{method} {new}")).is_empty();
            if is_there { State::Is(new.clone()) } else { State::Absent }
        }
        ([], _) => State::Absent,
        (several, _) => {
            State::Ambiguous(several.iter().map(|(path, method)| format!("{} {path}", method.to_uppercase())).collect())
        }
    }
}

fn schemas_of(document: &Value) -> &Object {
    static NO_SCHEMAS: LazyLock<Object> = LazyLock::new(Object::new);
    document.pointer("/components/schemas").and_then(Value::as_object).unwrap_or(&NO_SCHEMAS)
}

/// Returns the schema in a type that the document does not have.
fn unknown_schema(schemas: &Object, notation: &str) -> Option<String> {
    let schema = notation::schema(notation)?;
    let mut names = Vec::new();
    references(&schema, &mut names);
    names.into_iter().find(|name| !schemas.contains_key(*name)).map(str::to_owned)
}

/// Reports the places that a correction does not fit: one problem for all targets that need the same.
fn report(correction: &Correction, fits: Vec<(&str, Change, Fit)>, version: &str, problems: &mut Problems) {
    let (mut absent, mut correct, mut unexpected) = (Vec::new(), Vec::new(), Vec::new());
    for (target, change, fit) in fits {
        let mut add =
            |message: String, fix: String| problems.add(place(correction, &[target], &[&change]), message, fix);
        match fit {
            Fit::Applied => {}
            Fit::Absent => Misfits::add(&mut absent, target, change, NONE.to_owned()),
            Fit::AlreadyCorrect(found) => Misfits::add(&mut correct, target, change, found),
            Fit::Unexpected(found) => Misfits::add(&mut unexpected, target, change, found),
            Fit::Ambiguous(operations) => add(
                format!("{} operations of {version} have this ID", operations.len()),
                format!("name one of them in the correction in {FILE}{}", advice::lines("operation", &operations)),
            ),
            Fit::WithoutEffect(found) => add(
                format!("the document still has {found} after the correction"),
                "the schema consists of several: correct the one that has the property".to_owned(),
            ),
            Fit::UnknownType(name) => add(
                format!("`{name}` is neither a type nor a schema of {version}"),
                format!("write {}", notation::TYPES),
            ),
        }
    }
    for misfits in Misfits::grouped(absent) {
        problems.add(
            place(correction, &misfits.targets(), &[]),
            format!("the correction matches nothing in {version}"),
            advice::without(correction, &misfits, version),
        );
    }
    for misfits in Misfits::grouped(correct) {
        problems.add(
            place(correction, &misfits.targets(), &misfits.changes()),
            format!("the correction changes nothing in {version}: the vendor's document is already correct"),
            advice::without(correction, &misfits, version),
        );
    }
    for misfits in Misfits::grouped(unexpected) {
        problems.add(
            place(correction, &misfits.targets(), &misfits.changes()),
            advice::difference(correction, &misfits),
            advice::look_again(correction, &misfits, version),
        );
    }
}

/// Returns the places in a message: `Board.podId, Ticket.podId (new property podId)`.
fn place(correction: &Correction, targets: &[&str], changes: &[&Change]) -> String {
    let parts: Vec<&str> = changes.iter().filter_map(|change| change.property()).collect();
    let mut names: Vec<String> = Vec::new();
    for target in targets {
        names.extend(parts.iter().map(|part| format!("{target}.{part}")));
        if parts.is_empty() {
            names.push((*target).to_owned());
        }
    }
    format!("{} ({})", names.join(", "), correction.summary())
}

//! What changed between two psa.json documents, above all what breaks code that was written against the bindings made
//! from the older one.
//!
//! What counts is the Rust that is made of a document: a change on the wire that leaves every signature and type as it
//! was is told, but does not break.

mod operations;
mod print;
mod schemas;
mod successors;
mod types;

use std::fmt;

use serde_json::Value;

use crate::model::{Api, Operation, type_name};
use crate::problem::Problems;

/// Every change from one document to another, sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diff {
    /// API version of the older document.
    pub old_version: String,
    /// API version of the newer document.
    pub new_version: String,
    /// The changes: breaking ones first, each kind in the order of sections, operations and types.
    pub changes: Vec<Change>,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// What it means for a program.
    pub weight: Weight,
    /// What it happened to.
    pub subject: Subject,
    /// What happened, and for a breaking change why it breaks.
    pub what: String,
}

/// What a change means for a program written against the older bindings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// It may no longer compile, or compiles and means something else.
    Breaking,
    /// There is something that was not there.
    Added,
    /// Something is different on the wire or in the documentation, and every program still compiles.
    Changed,
}

/// What a change happened to, by our name and the vendor's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// The API as a whole.
    Version,
    /// A section, which is a cargo feature and a module.
    Section(String),
    /// An operation: its newer names, or the older ones when it is gone.
    Operation {
        /// Section.
        section: String,
        /// Our name.
        name: String,
        /// The vendor's id.
        vendor_id: String,
    },
    /// A type or one of its members: the newer names, or the older ones when it is gone.
    Type {
        /// Name in Rust.
        name: String,
        /// The vendor's name.
        schema: String,
        /// The member; `None` when the whole type is meant.
        member: Option<Member>,
    },
}

/// A member of a type.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Member {
    /// Name in Rust.
    pub name: String,
    /// Name on the wire.
    pub wire: String,
}

/// Compares two documents that the importer made.
///
/// # Errors
/// A document that the importer did not make: what is missing, in which of the two.
pub fn diff(old: &Value, new: &Value) -> Result<Diff, Problems> {
    let (old, new) = read(old, new)?;
    let operations = operations::matched(&old, &new);
    let successors = successors::find(&old, &new, &operations);
    let pair = Pair { old: &old, new: &new, successors: &successors };
    let mut changes = Vec::new();
    versions(&pair, &mut changes);
    sections(&pair, &mut changes);
    operations::compare(&pair, &operations, &mut changes);
    schemas::compare(&pair, &mut changes);
    changes.sort();
    Ok(Diff { old_version: old.version.clone(), new_version: new.version.clone(), changes })
}

impl Diff {
    /// Whether the documents are the same as far as the bindings go.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// How many changes break programs.
    #[must_use]
    pub fn breaking(&self) -> usize {
        self.count(Weight::Breaking)
    }

    /// How many changes have this weight.
    #[must_use]
    pub fn count(&self, weight: Weight) -> usize {
        self.changes.iter().filter(|change| change.weight == weight).count()
    }

    /// The changes as headings and bullet lists, for a changelog.
    #[must_use]
    pub fn markdown(&self) -> String {
        print::markdown(self)
    }
}

impl fmt::Display for Diff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&print::text(self))
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version => f.write_str("`API_VERSION`"),
            Self::Section(section) => write!(f, "`{section}`"),
            Self::Operation { section, name, vendor_id } => write!(f, "`{section}::{name}` / {vendor_id}"),
            Self::Type { name, member: Some(member), .. } if member.name == member.wire => {
                write!(f, "`{name}.{}`", member.name)
            }
            Self::Type { name, member: Some(member), .. } => write!(f, "`{name}.{}` / {}", member.name, member.wire),
            Self::Type { name, schema, member: None } if name == schema => write!(f, "`{name}`"),
            Self::Type { name, schema, member: None } => write!(f, "`{name}` / {schema}"),
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.subject, self.what)
    }
}

/// The two descriptions, and what became of types whose name changed.
#[derive(Clone, Copy)]
struct Pair<'a> {
    old: &'a Api,
    new: &'a Api,
    successors: &'a successors::Successors,
}

/// Two operations that are one and the same, older first.
type Match<'a> = (&'a Operation, &'a Operation);

/// Collects changes.
trait Collect {
    fn note(&mut self, weight: Weight, subject: Subject, what: impl Into<String>);
}

impl Collect for Vec<Change> {
    fn note(&mut self, weight: Weight, subject: Subject, what: impl Into<String>) {
        self.push(Change { weight, subject, what: what.into() });
    }
}

impl Subject {
    fn operation(operation: &Operation) -> Self {
        Self::Operation {
            section: operation.section.clone(),
            name: operation.name.clone(),
            vendor_id: operation.vendor_id.clone(),
        }
    }

    fn schema(name: &str) -> Self {
        Self::Type { name: type_name(name), schema: name.to_owned(), member: None }
    }

    fn member(schema: &str, wire: &str) -> Self {
        Self::Type {
            name: type_name(schema),
            schema: schema.to_owned(),
            member: Some(Member { name: types::field(wire), wire: wire.to_owned() }),
        }
    }
}

/// Reads both documents and tells the faults of both.
fn read(old: &Value, new: &Value) -> Result<(Api, Api), Problems> {
    let in_document = |which: &'static str| {
        move |mut problems: Problems| {
            problems.0.iter_mut().for_each(|problem| problem.at = format!("{which} document: {}", problem.at));
            problems
        }
    };
    match (Api::read(old).map_err(in_document("older")), Api::read(new).map_err(in_document("newer"))) {
        (Ok(old), Ok(new)) => Ok((old, new)),
        (Err(mut problems), Err(mut more)) => {
            problems.0.append(&mut more.0);
            Err(problems)
        }
        (Err(problems), _) | (_, Err(problems)) => Err(problems),
    }
}

fn versions(pair: &Pair<'_>, changes: &mut Vec<Change>) {
    if pair.old.version != pair.new.version {
        changes.note(Weight::Changed, Subject::Version, format!("{} -> {}", pair.old.version, pair.new.version));
    }
}

fn sections(pair: &Pair<'_>, changes: &mut Vec<Change>) {
    let (old, new) = (pair.old.sections(), pair.new.sections());
    for gone in old.difference(&new) {
        changes.note(
            Weight::Breaking,
            Subject::Section((*gone).to_owned()),
            "the section is gone, and with it the cargo feature and the module",
        );
    }
    for added in new.difference(&old) {
        let count = pair.new.operations.iter().filter(|operation| operation.section == **added).count();
        changes.note(
            Weight::Added,
            Subject::Section((*added).to_owned()),
            format!("new section and cargo feature, {} in it", counted(count, "operation")),
        );
    }
}

/// `1 type`, `2 types`.
fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// Names in backticks, with commas.
fn listed<T: AsRef<str>>(names: impl IntoIterator<Item = T>) -> String {
    names.into_iter().map(|name| format!("`{}`", name.as_ref())).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A document with these paths and schemas, for the tests of all modules here.
    pub(super) fn document(paths: &Value, schemas: &Value) -> Value {
        json!({"info": {"version": "1"}, "paths": paths, "components": {"schemas": schemas}})
    }

    /// An operation without parameters whose answer has this schema.
    pub(super) fn operation(section: &str, name: &str, vendor_id: &str, answer: &Value) -> Value {
        json!({"x-section": section, "x-name": name, "x-vendor-id": vendor_id, "responses": {"200": {"content": {"application/json": {"schema": answer}}}}})
    }

    /// A reference to a schema.
    pub(super) fn named(name: &str) -> Value {
        crate::document::schema_reference(name)
    }

    /// The lines of a comparison, each with the first letter of its weight.
    pub(super) fn lines(old: &Value, new: &Value) -> Vec<String> {
        diff(old, new)
            .unwrap()
            .changes
            .iter()
            .map(|change| format!("{:.1} {change}", format!("{:?}", change.weight)))
            .collect()
    }

    #[test]
    fn a_document_does_not_differ_from_itself() {
        let document = document(
            &json!({"/a/b": {"get": operation("a", "get_b", "getAB", &named("B"))}}),
            &json!({"B": {"properties": {"x": {"type": "string"}}, "x-required-on-create": ["x"]}}),
        );
        let diff = diff(&document, &document).unwrap();
        assert!(diff.is_empty() && diff.breaking() == 0, "{diff}");
        assert!(diff.to_string().contains("no change"), "{diff}");
    }

    #[test]
    fn versions_and_sections_are_told() {
        let old = document(&json!({"/a/b": {"get": operation("a", "get_b", "getAB", &json!({}))}}), &json!({}));
        let mut new = document(&json!({"/c/b": {"get": operation("c", "get_d", "getCB", &json!({}))}}), &json!({}));
        new["info"]["version"] = json!("2");
        let lines = lines(&old, &new);
        for expected in [
            "B `a`: the section is gone, and with it the cargo feature and the module",
            "A `c`: new section and cargo feature, 1 operation in it",
            "C `API_VERSION`: 1 -> 2",
        ] {
            assert!(lines.iter().any(|line| line == expected), "{expected} in {lines:#?}");
        }
    }

    #[test]
    fn faults_of_both_documents_are_told_with_the_document() {
        let bad = document(&json!({"/a/b": {"get": {}}}), &json!({}));
        let problems = diff(&bad, &bad).unwrap_err();
        assert_eq!(problems.0.len(), 2);
        assert!(
            problems.to_string().contains("older document: GET /a/b")
                && problems.to_string().contains("newer document: "),
            "{problems}"
        );
        assert_eq!(diff(&document(&json!({}), &json!({})), &bad).unwrap_err().0.len(), 1);
    }

    #[test]
    fn subjects_carry_both_names_where_they_differ() {
        assert_eq!(Subject::schema("Ticket").to_string(), "`Ticket`");
        assert_eq!(Subject::schema("SLAInfo").to_string(), "`SlaInfo` / SLAInfo");
        assert_eq!(Subject::member("Ticket", "id").to_string(), "`Ticket.id`");
        assert_eq!(Subject::member("Ticket", "closedFlag").to_string(), "`Ticket.closed_flag` / closedFlag");
    }
}

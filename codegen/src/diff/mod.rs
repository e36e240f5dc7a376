//! Compares two psa.json documents and reports the changes, those that break programs first.
//!
//! The generated Rust decides whether a change is breaking: a change of the API that leaves all signatures and types
//! unchanged is reported, but is not breaking. The types and signatures come from the functions with which the generator
//! makes them. Changes after which a program may compile and behave differently are breaking too: other or reordered
//! arguments of the same type, and removed list parameters.

mod json;
mod matching;
mod open;
mod operations;
mod print;
mod schemas;
mod successors;
mod types;
mod values;

use std::collections::BTreeSet;
use std::fmt;

use serde_json::Value;

use crate::model::{Api, Operation, field_name, type_name};
use crate::problem::{Problem, Problems};

/// All changes from one document to another, sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diff {
    /// API version of the older document.
    pub old_version: String,
    /// API version of the newer document.
    pub new_version: String,
    /// The changes, sorted by weight (breaking changes first), then in the order of sections, operations and types.
    pub changes: Vec<Change>,
    /// The operations and types that could not be compared, because decisions about them are open.
    pub not_compared: Vec<String>,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// What the change means for programs.
    pub weight: Weight,
    /// What changed.
    pub subject: Subject,
    /// The type of the change, for programs that read the changes: `field-removed`.
    pub rule: &'static str,
    /// How it changed.
    pub message: String,
    /// What a user has to do. Empty if there is nothing to do.
    pub action: String,
    /// The parameters, fields or values that were added, removed or changed, by their names in JSON or in the query.
    pub names: Vec<String>,
}

impl Change {
    fn new(weight: Weight, subject: Subject, rule: &'static str, message: impl Into<String>) -> Self {
        Self { weight, subject, rule, message: message.into(), action: String::new(), names: Vec::new() }
    }

    /// Sets what a user has to do.
    fn action(self, action: impl Into<String>) -> Self {
        Self { action: action.into(), ..self }
    }

    /// Sets the parameters, fields or values.
    fn names<T: Into<String>>(self, names: impl IntoIterator<Item = T>) -> Self {
        Self { names: names.into_iter().map(Into::into).collect(), ..self }
    }

    /// Returns how it changed and what to do: `removed: remove it from calls`.
    fn text(&self) -> String {
        if self.action.is_empty() { self.message.clone() } else { format!("{}: {}", self.message, self.action) }
    }
}

/// What a change means for programs that use the older bindings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Programs may no longer compile, or may compile and behave differently.
    Breaking,
    /// Something is new.
    Added,
    /// The API or the documentation changed. All programs still compile.
    Changed,
}

/// The subject of a change, with its name in the bindings and the vendor's name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// The API version.
    Version,
    /// A section: a cargo feature and a module.
    Section(String),
    /// An operation, with its newer names, or the older ones if it was removed.
    Operation {
        /// The section.
        section: String,
        /// The name in the bindings.
        name: String,
        /// The vendor's operation ID.
        vendor_id: String,
    },
    /// A type or one of its properties, with the newer names, or the older ones if it was removed.
    Type {
        /// The name in Rust.
        name: String,
        /// The vendor's name.
        schema: String,
        /// The property, or `None` for the type itself.
        property: Option<Property>,
    },
}

/// A property of a type.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Property {
    /// The name in Rust.
    pub name: String,
    /// The name in JSON.
    pub json_name: String,
}

/// A document to compare, with the decisions that are open in it.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// The document that the importer wrote, or made so far.
    pub psa: &'a Value,
    /// The problems of its import.
    pub open: &'a Problems,
}

/// Compares two documents that the importer wrote.
///
/// # Errors
/// Fails for a document that the importer did not write. The error names the document and what is missing in it.
pub fn diff(old: &Value, new: &Value) -> Result<Diff, Problems> {
    let (old, new) = read(old, new)?;
    Ok(compare(&old, &new))
}

/// Compares two documents as far as they can be compared while decisions are open.
///
/// Leaves out changes of what a decision is about, because it may be incomplete in the document, and changes of
/// operations that cannot be read. `not_compared` lists both. What is new is not left out.
#[must_use]
pub fn diff_partly(old: Input<'_>, new: Input<'_>) -> Diff {
    let ((mut old_api, mut unreadable), (mut new_api, more)) = (Api::read_partly(old.psa), Api::read_partly(new.psa));
    unreadable.extend(more);
    let mut not_compared: BTreeSet<String> =
        unreadable.iter().map(|operation| operation.problem.location.clone()).collect();
    let is_unreadable = |operation: &Operation| {
        let endpoint = matching::endpoint(operation);
        unreadable.iter().any(|other| endpoint == matching::endpoint_of(&other.method, &other.path))
    };
    for api in [&mut old_api, &mut new_api] {
        not_compared.extend(api.operations.iter().filter(|operation| is_unreadable(operation)).map(Operation::label));
        api.operations.retain(|operation| !is_unreadable(operation));
    }
    let mut diff = compare(&old_api, &new_api);
    let open: Vec<&Problem> = old.open.0.iter().chain(&new.open.0).collect();
    diff.changes.retain(|change| {
        let is_open = || open.iter().any(|problem| open::is_about(problem, &change.subject, [&old_api, &new_api]));
        if change.rule.ends_with("-added") && change.weight != Weight::Breaking || !is_open() {
            return true;
        }
        not_compared.insert(change.subject.to_string());
        false
    });
    diff.not_compared = not_compared.into_iter().collect();
    diff
}

fn compare(old: &Api, new: &Api) -> Diff {
    let operations = matching::matched(old, new);
    let successors = successors::find(old, new, &operations);
    let pair = Pair { old, new, successors: &successors };
    let mut changes = Vec::new();
    versions(&pair, &mut changes);
    sections(&pair, &mut changes);
    operations::compare(&pair, &operations, &mut changes);
    schemas::compare(&pair, &mut changes);
    changes.iter_mut().for_each(|change| use_vendor_name(&pair, &mut change.subject));
    changes.sort();
    Diff { old_version: old.version.clone(), new_version: new.version.clone(), changes, not_compared: Vec::new() }
}

impl Diff {
    /// Returns whether there are no changes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Returns the number of breaking changes.
    #[must_use]
    pub fn breaking(&self) -> usize {
        self.count(Weight::Breaking)
    }

    /// Returns the number of changes with this weight.
    #[must_use]
    pub fn count(&self, weight: Weight) -> usize {
        self.changes.iter().filter(|change| change.weight == weight).count()
    }

    /// Returns the changes as a JSON array, for programs.
    #[must_use]
    pub fn json(&self) -> Value {
        json::changes(self)
    }

    /// Returns the changes as Markdown with headings and lists, for a changelog.
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

/// The name in the bindings and, in parentheses, the vendor's name if it differs.
impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version => f.write_str("`API_VERSION`"),
            Self::Section(section) => write!(f, "`{section}`"),
            Self::Operation { section, name, vendor_id } => write!(f, "`{section}::{name}` ({vendor_id})"),
            Self::Type { name, property: Some(property), .. } if property.name == property.json_name => {
                write!(f, "`{name}.{}`", property.name)
            }
            Self::Type { name, property: Some(property), .. } => {
                write!(f, "`{name}.{}` ({})", property.name, property.json_name)
            }
            Self::Type { name, schema, property: None } if name == schema => write!(f, "`{name}`"),
            Self::Type { name, schema, property: None } => write!(f, "`{name}` ({schema})"),
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.subject, self.text())
    }
}

/// The two documents, and the successors of renamed types.
#[derive(Clone, Copy)]
struct Pair<'a> {
    old: &'a Api,
    new: &'a Api,
    successors: &'a successors::Successors,
}

/// The same operation in the older and in the newer document.
type Match<'a> = (&'a Operation, &'a Operation);

impl Subject {
    fn operation(operation: &Operation) -> Self {
        Self::Operation {
            section: operation.section.clone(),
            name: operation.name.clone(),
            vendor_id: operation.vendor_id.clone(),
        }
    }

    fn schema(name: &str) -> Self {
        Self::Type { name: type_name(name), schema: name.to_owned(), property: None }
    }

    fn property(schema: &str, json_name: &str, property: &Value) -> Self {
        Self::Type {
            name: type_name(schema),
            schema: schema.to_owned(),
            property: Some(Property { name: field_name(json_name, property), json_name: json_name.to_owned() }),
        }
    }
}

/// Reads both documents. The error lists the problems of both.
fn read(old: &Value, new: &Value) -> Result<(Api, Api), Problems> {
    let in_document = |which: &'static str| {
        move |mut problems: Problems| {
            problems
                .0
                .iter_mut()
                .for_each(|problem| problem.location = format!("{which} document: {}", problem.location));
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

/// Replaces the name of a schema in psa.json with the vendor's name, if names.toml gives it another one.
fn use_vendor_name(pair: &Pair<'_>, subject: &mut Subject) {
    let Subject::Type { schema, .. } = subject else { return };
    let found = pair.new.schemas.get(schema.as_str()).or_else(|| pair.old.schemas.get(schema.as_str()));
    if let Some(name) = found.and_then(vendor_name) {
        *schema = name.to_owned();
    }
}

/// Returns the vendor's name of a schema that has another name in psa.json.
fn vendor_name(schema: &Value) -> Option<&str> {
    schema.get("x-vendor-name").and_then(Value::as_str)
}

fn versions(pair: &Pair<'_>, changes: &mut Vec<Change>) {
    if pair.old.version != pair.new.version {
        changes.push(
            Change::new(
                Weight::Changed,
                Subject::Version,
                "version",
                format!("{} -> {}", pair.old.version, pair.new.version),
            )
            .action("requests ask for this version of the API; set another one with `version`"),
        );
    }
}

fn sections(pair: &Pair<'_>, changes: &mut Vec<Change>) {
    let (old, new) = (pair.old.sections(), pair.new.sections());
    for removed in old.difference(&new) {
        changes.push(
            Change::new(
                Weight::Breaking,
                Subject::Section((*removed).to_owned()),
                "section-removed",
                "removed, with its cargo feature and module",
            )
            .action("remove the feature from Cargo.toml"),
        );
    }
    for added in new.difference(&old) {
        let count = pair.new.operations.iter().filter(|operation| operation.section == **added).count();
        changes.push(Change::new(
            Weight::Added,
            Subject::Section((*added).to_owned()),
            "section-added",
            format!("new section and cargo feature with {}", counted(count, "operation")),
        ));
    }
}

/// Returns a count with its noun: `1 type`, `2 types`.
fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// Returns the names in backticks, separated by commas.
fn listed<T: AsRef<str>>(names: impl IntoIterator<Item = T>) -> String {
    names.into_iter().map(|name| format!("`{}`", name.as_ref())).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Creates a document with these paths and schemas, for the tests of all modules.
    pub(super) fn document(paths: &Value, schemas: &Value) -> Value {
        json!({"info": {"version": "1"}, "paths": paths, "components": {"schemas": schemas}})
    }

    /// Creates an operation without parameters whose response has this schema.
    pub(super) fn operation(section: &str, name: &str, vendor_id: &str, response: &Value) -> Value {
        json!({"x-section": section, "x-name": name, "x-vendor-id": vendor_id, "responses": {"200": {"content": {"application/json": {"schema": response}}}}})
    }

    /// Creates a reference to a schema.
    pub(super) fn reference(name: &str) -> Value {
        crate::document::schema_reference(name)
    }

    /// Returns the changes as lines, each with the first letter of its weight.
    pub(super) fn lines(old: &Value, new: &Value) -> Vec<String> {
        diff(old, new)
            .unwrap()
            .changes
            .iter()
            .map(|change| format!("{:.1} {change}", format!("{:?}", change.weight)))
            .collect()
    }

    #[test]
    fn equal_documents_have_no_changes() {
        let document = document(
            &json!({"/a/b": {"get": operation("a", "get_b", "getAB", &reference("B"))}}),
            &json!({"B": {"properties": {"x": {"type": "string"}}, "x-required-on-create": ["x"]}}),
        );
        let diff = diff(&document, &document).unwrap();
        assert!(diff.is_empty() && diff.breaking() == 0, "{diff}");
        assert!(diff.to_string().contains("no changes"), "{diff}");
    }

    #[test]
    fn changed_versions_and_sections_are_reported() {
        let old = document(&json!({"/a/b": {"get": operation("a", "get_b", "getAB", &json!({}))}}), &json!({}));
        let mut new = document(&json!({"/c/b": {"get": operation("c", "get_d", "getCB", &json!({}))}}), &json!({}));
        new["info"]["version"] = json!("2");
        let lines = lines(&old, &new);
        for expected in [
            "B `a`: removed, with its cargo feature and module: remove the feature from Cargo.toml",
            "A `c`: new section and cargo feature with 1 operation",
            "C `API_VERSION`: 1 -> 2: requests ask for this version of the API; set another one with `version`",
        ] {
            assert!(lines.iter().any(|line| line == expected), "{expected} in {lines:#?}");
        }
    }

    #[test]
    fn problems_of_both_documents_are_reported() {
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
    fn documents_with_open_decisions_are_compared_in_part() {
        let good = |name: &str| operation("a", name, name, &reference("T"));
        let text = json!({"type": "string"});
        let types = |x: &Value| json!({"T": {"properties": {"x": x, "y": text, "z": text}}});
        let old = document(
            &json!({"/a/b": {"get": good("get_b")}, "/a/c": {"get": good("get_c")}, "/a/d": {"get": good("get_d")}, "/a/e": {"get": good("get_e")}}),
            &types(&text),
        );
        // `/a/b` cannot be read, the importer has left out `/a/c`, and `/a/d` was removed.
        let new = document(
            &json!({"/a/b": {"get": {"operationId": "get_b"}}, "/a/e": {"get": good("get_e")}, "/a/f": {"get": good("get_f")}}),
            &types(&json!({})),
        );
        let mut open = Problems::default();
        open.add("/paths/~1a~1c", "the path is invalid", "");
        open.add("GET /a/f (get_f)", "it has no name", "");
        open.add("/components/schemas/T/properties/x", "`anyOf` is not supported", "");
        let none = Problems::default();
        let diff = diff_partly(Input { psa: &old, open: &none }, Input { psa: &new, open: &open });
        let lines: Vec<String> = diff.changes.iter().map(ToString::to_string).collect();
        assert_eq!(
            lines,
            [
                "`a::get_d` (get_d): removed: the API no longer has `GET /a/d`: remove its calls",
                "`a::get_f` (get_f): `GET /a/f`"
            ]
        );
        assert_eq!(diff.not_compared, ["GET /a/b (get_b)", "`T.x`", "`a::get_c` (get_c)"], "each is named: {lines:#?}");
        let back = diff_partly(Input { psa: &new, open: &open }, Input { psa: &old, open: &none });
        assert_eq!(back.not_compared[0], "GET /a/b (get_b)");
    }

    #[test]
    fn a_subject_has_both_names_if_they_differ() {
        assert_eq!(Subject::schema("Ticket").to_string(), "`Ticket`");
        assert_eq!(Subject::schema("SLAInfo").to_string(), "`SlaInfo` (SLAInfo)");
        assert_eq!(Subject::property("Ticket", "id", &Value::Null).to_string(), "`Ticket.id`");
        assert_eq!(
            Subject::property("Ticket", "closedFlag", &Value::Null).to_string(),
            "`Ticket.closed_flag` (closedFlag)"
        );
        let chosen = json!({"x-rust-name": "closed"});
        assert_eq!(Subject::property("Ticket", "closedFlag", &chosen).to_string(), "`Ticket.closed` (closedFlag)");
    }
}

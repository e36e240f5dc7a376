//! Assigns the names of operations. An operation keeps the name that `openapi/names.toml` has for it; a new operation
//! gets its name by rule, and keeps it from then on.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::rules::ResponseShape;
use super::{FILE, Lexicon, sections};
use crate::document::{self, for_each_operation};
use crate::paste::Paste;
use crate::problem::Problems;
use crate::rust_names;

/// An operation of the document.
struct Found {
    path: String,
    method: String,
    vendor_id: String,
    section: String,
    label: String,
    by_rule: String,
}

/// A line of names.toml: the operation to which a name belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    section: String,
    name: String,
    /// `GET /service/tickets/{id}`.
    method_and_path: String,
    vendor_id: String,
}

/// How many operations have which kind of name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// Operations that keep their name.
    pub(super) kept: usize,
    /// Operations that got a name by rule.
    pub(super) new: usize,
}

/// Names the operations of a normalised document. Adds the names of new operations to the lexicon.
///
/// `operationId` becomes `SECTION_NAME`, and `x-vendor-id` the vendor's operation ID. Reports
/// names that are not free and names that are not valid in Rust.
pub(super) fn assign(document: &mut Value, lexicon: &mut Lexicon, problems: &mut Problems) -> Counts {
    let found = find(document, lexicon);
    let mut entries = entries(lexicon, problems);
    let matches = matched(&found, &entries);
    let mut counts = Counts::default();
    let mut names = Vec::new();
    for (operation, entry) in found.iter().zip(&matches) {
        // An operation that moves to another section keeps its name, unless an operation of that section has it.
        let kept = entry.and_then(|index| entries.get(index)).map(|entry| entry.name.clone());
        let moves = entry.and_then(|index| entries.get(index)).is_some_and(|entry| entry.section != operation.section);
        let proposed = kept.clone().unwrap_or_else(|| operation.by_rule.clone());
        let name =
            if kept.is_some() && !moves { proposed } else { free_name(operation, &proposed, &entries, problems) };
        match entry.and_then(|index| entries.get_mut(index)) {
            Some(entry) => {
                counts.kept += 1;
                *entry = operation.entry(&name);
            }
            None => {
                counts.new += 1;
                entries.push(operation.entry(&name));
            }
        }
        check_name(operation, &name, problems);
        names.push(name);
    }
    let by_endpoint: BTreeMap<(&str, &str), (&Found, &String)> = found
        .iter()
        .zip(&names)
        .map(|(operation, name)| ((operation.path.as_str(), operation.method.as_str()), (operation, name)))
        .collect();
    for_each_operation(document, |path, method, operation| {
        let Some((found, name)) = by_endpoint.get(&(path, method)) else { return };
        operation.insert("x-vendor-id".into(), json!(found.vendor_id));
        operation.insert("operationId".into(), json!(format!("{}_{name}", found.section)));
        operation.insert("x-section".into(), json!(found.section));
        operation.insert("x-name".into(), json!(name));
    });
    lexicon.operations.clear();
    for entry in entries {
        let line = format!("{} ({})", entry.method_and_path, entry.vendor_id);
        lexicon.operations.entry(entry.section).or_default().insert(entry.name, line);
    }
    counts
}

/// Returns the operations of the document.
fn find(document: &mut Value, lexicon: &Lexicon) -> Vec<Found> {
    let mut found = Vec::new();
    for_each_operation(document, |path, method, operation| {
        let label = document::operation_label(path, method, operation);
        // A document that has been imported before has the vendor's ID in `x-vendor-id`.
        let vendor_id = document::text(operation, "x-vendor-id").or_else(|| document::text(operation, "operationId"));
        // `decisions` gave every operation an ID of its own.
        let vendor_id = vendor_id.unwrap_or_default().to_owned();
        found.push(Found {
            path: path.to_owned(),
            method: method.to_owned(),
            vendor_id,
            section: sections::name(path),
            label,
            by_rule: lexicon.operation_name(method, path, response_shape(operation)).text,
        });
    });
    found
}

/// An operation that has no name yet.
pub(super) struct Unnamed {
    /// Its path.
    pub(super) path: String,
    /// Its method in lower case.
    pub(super) method: String,
    /// `GET /path (vendorId)`.
    pub(super) label: String,
}

/// Returns the operations for which the lexicon has no name.
pub(super) fn unnamed(document: &mut Value, lexicon: &Lexicon) -> Vec<Unnamed> {
    // `assign` reports the problems.
    let mut reported_later = Problems::default();
    let found = find(document, lexicon);
    let matches = matched(&found, &entries(lexicon, &mut reported_later));
    let new = found.into_iter().zip(matches).filter(|(_, entry)| entry.is_none());
    new.map(|(Found { path, method, label, .. }, _)| Unnamed { path, method, label }).collect()
}

/// Returns the shape of the response of a normalised operation.
pub(super) fn response_shape(operation: &document::Object) -> ResponseShape {
    let content = operation
        .get("responses")
        .and_then(Value::as_object)
        .and_then(|responses| responses.values().next())
        .and_then(|response| response.get("content"))
        .and_then(Value::as_object);
    let json_type = content
        .and_then(|content| content.get("application/json"))
        .and_then(|json| json.pointer("/schema/type"))
        .and_then(Value::as_str);
    match content {
        Some(_) if json_type == Some("array") => ResponseShape::Array,
        Some(content) if !content.contains_key("application/json") && !content.is_empty() => ResponseShape::Bytes,
        _ => ResponseShape::Other,
    }
}

/// Reads the operations of the lexicon. Reports lines that cannot be read.
fn entries(lexicon: &Lexicon, problems: &mut Problems) -> Vec<Entry> {
    let mut entries = Vec::new();
    for (section, names) in &lexicon.operations {
        for (name, line) in names {
            let parts = line.strip_suffix(')').and_then(|line| line.rsplit_once(" ("));
            match parts {
                Some((method_and_path, vendor_id)) if method_and_path.contains(" /") => entries.push(Entry {
                    section: section.clone(),
                    name: name.clone(),
                    method_and_path: method_and_path.to_owned(),
                    vendor_id: vendor_id.to_owned(),
                }),
                _ => problems.add(
                    format!("{FILE}, [operations.{section}] {name}"),
                    format!("`{line}` does not name an operation"),
                    "write the method, the path and the vendor's ID: \"GET /service/tickets (getServiceTickets)\"",
                ),
            }
        }
    }
    entries
}

impl Found {
    fn method_and_path(&self) -> String {
        format!("{} {}", self.method.to_uppercase(), self.path)
    }

    fn entry(&self, name: &str) -> Entry {
        Entry {
            section: self.section.clone(),
            name: name.to_owned(),
            method_and_path: self.method_and_path(),
            vendor_id: self.vendor_id.clone(),
        }
    }
}

/// Returns method and path without the names of parameters, in lower case and without a trailing slash.
fn endpoint(method_and_path: &str) -> String {
    let segments = method_and_path.split('/').filter(|segment| !segment.is_empty());
    segments
        .map(|segment| if segment.starts_with('{') { "{}".to_owned() } else { segment.to_ascii_lowercase() })
        .collect::<Vec<_>>()
        .join("/")
}

/// Returns the entry of each operation. Operation and entry match by the first of these criteria: path and ID; path; ID.
fn matched(found: &[Found], entries: &[Entry]) -> Vec<Option<usize>> {
    let mut matches: Vec<Option<usize>> = vec![None; found.len()];
    let mut used: BTreeSet<usize> = BTreeSet::new();
    type Key = fn(&str, &str) -> String;
    let criteria: [Key; 3] =
        [|path, id| format!("{} {id}", endpoint(path)), |path, _| endpoint(path), |_, id| id.to_owned()];
    for key in criteria {
        let mut by_key: BTreeMap<String, usize> = BTreeMap::new();
        for (index, entry) in entries.iter().enumerate().filter(|(index, _)| !used.contains(index)) {
            by_key.entry(key(&entry.method_and_path, &entry.vendor_id)).or_insert(index);
        }
        for (operation, entry) in found.iter().zip(&mut matches).filter(|(_, entry)| entry.is_none()) {
            if let Some(index) = by_key.remove(&key(&operation.method_and_path(), &operation.vendor_id)) {
                used.insert(index);
                *entry = Some(index);
            }
        }
    }
    matches
}

/// Returns the name of an operation that is new in its section: the proposed one or, if it is not free, a preliminary
/// name. Reports the latter.
fn free_name(operation: &Found, proposed: &str, entries: &[Entry], problems: &mut Problems) -> String {
    let owner = |name: &str| entries.iter().find(|entry| entry.section == operation.section && entry.name == name);
    let Some(other) = owner(proposed) else { return proposed.to_owned() };
    let preliminary =
        (2_u32..).map(|number| format!("{proposed}_{number}")).find(|name| owner(name).is_none()).unwrap_or_default();
    let message = format!(
        "its name would be {}::{proposed}, which belongs to {} ({})",
        operation.section, other.method_and_path, other.vendor_id
    );
    let line = format!("{} ({})", operation.method_and_path(), operation.vendor_id);
    let lines = Paste::name(&format!("operations.{}", operation.section), &preliminary, &line);
    problems.decide(&operation.label, message, "choose its name", [lines]);
    preliminary
}

fn check_name(operation: &Found, name: &str, problems: &mut Problems) {
    let Found { section, label, .. } = operation;
    if !rust_names::is_operation(name) {
        problems.add(
            label,
            format!("`{name}` is not a valid name of a Rust function"),
            format!("name the operation in {FILE}, [operations.{section}]"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lexicon(lines: &[(&str, &str, &str)]) -> Lexicon {
        let mut lexicon = Lexicon::default();
        for (section, name, line) in lines {
            let names = lexicon.operations.entry((*section).to_owned()).or_default();
            names.insert((*name).to_owned(), (*line).to_owned());
        }
        lexicon
    }

    /// Names one GET, and returns its name, the counts and the lexicon.
    fn run(path: &str, id: &str, lines: &[(&str, &str, &str)]) -> (String, Counts, Lexicon, Problems) {
        let mut document = json!({"paths": {path: {"get": {"operationId": id}}}});
        let (mut lexicon, mut problems) = (lexicon(lines), Problems::default());
        let counts = assign(&mut document, &mut lexicon, &mut problems);
        let operation = &document["paths"][path]["get"];
        (operation["operationId"].as_str().unwrap_or_default().to_owned(), counts, lexicon, problems)
    }

    #[test]
    fn a_new_operation_gets_its_name_by_rule_and_keeps_it() {
        let (name, counts, lexicon, problems) = run("/a/things/{id}", "getThing", &[]);
        assert_eq!((name.as_str(), counts, problems), ("a_get_thing", Counts { kept: 0, new: 1 }, Problems::default()));
        assert_eq!(lexicon.operations["a"]["get_thing"], "GET /a/things/{id} (getThing)");
    }

    #[test]
    fn only_a_body_that_is_not_json_is_bytes() {
        for (response, expected) in [
            (json!({"200": {"content": {"application/json": {"schema": {"type": "array"}}}}}), ResponseShape::Array),
            (json!({"200": {"content": {"application/json": {"schema": {"type": "object"}}}}}), ResponseShape::Other),
            (json!({"200": {"content": {"application/pdf": {"schema": {"type": "string"}}}}}), ResponseShape::Bytes),
            (json!({"204": {}}), ResponseShape::Other),
        ] {
            let operation = json!({"responses": response});
            assert_eq!(response_shape(operation.as_object().unwrap()), expected);
        }
    }

    #[test]
    fn an_operation_keeps_its_name_if_its_path_or_its_id_changes() {
        for (path, id, name, section) in [
            ("/a/things/{id}", "getThing", "a_odd", "a"),
            ("/a/Things/{thingId}/", "getTheThing", "a_odd", "a"),
            ("/a/others/{id}", "getThing", "a_odd", "a"),
            ("/b/things/{id}", "getThing", "b_odd", "b"),
        ] {
            let (found, counts, lexicon, problems) = run(path, id, &[("a", "odd", "GET /a/things/{id} (getThing)")]);
            assert_eq!((found.as_str(), counts, problems), (name, Counts { kept: 1, new: 0 }, Problems::default()));
            assert_eq!(lexicon.operations[section]["odd"], format!("GET {path} ({id})"));
        }
    }

    #[test]
    fn the_path_takes_precedence_over_the_id() {
        let lines = [("a", "one", "GET /a/one (getTwo)"), ("a", "two", "GET /a/two (getOne)")];
        assert_eq!(run("/a/one", "getOne", &lines).0, "a_one");
    }

    #[test]
    fn a_name_that_belongs_to_another_operation_is_not_given_again() {
        let (name, _, lexicon, problems) =
            run("/a/things/{id}", "getThing", &[("a", "get_thing", "GET /a/old (getOld)")]);
        assert_eq!(name, "a_get_thing_2");
        let lines = Paste::name("operations.a", "get_thing_2", "GET /a/things/{id} (getThing)");
        assert_eq!(problems.0[0].paste, [lines]);
        assert_eq!(lexicon.operations["a"]["get_thing"], "GET /a/old (getOld)", "it is kept for a later version");
    }

    #[test]
    fn an_operation_that_moves_to_a_section_with_its_name_is_reported() {
        let lines = [("a", "odd", "GET /a/things (getThing)"), ("b", "odd", "GET /b/other (getOther)")];
        let (name, _, lexicon, problems) = run("/b/things", "getThing", &lines);
        assert_eq!((name.as_str(), problems.0.len()), ("b_odd_2", 1));
        assert_eq!(lexicon.operations["b"]["odd"], "GET /b/other (getOther)");
    }

    #[test]
    fn invalid_names_and_lines_are_reported() {
        for (path, lines, expected) in [
            ("/a/b", vec![("a", "Get It", "GET /a/b (x)")], "`Get It` is not a valid name"),
            ("/a/b", vec![("a", "get_it", "/a/b")], "[operations.a] get_it: `/a/b` does not name an operation"),
        ] {
            let problems = run(path, "x", &lines).3.to_string();
            assert!(problems.contains(expected), "{expected} in {problems}");
        }
    }
}

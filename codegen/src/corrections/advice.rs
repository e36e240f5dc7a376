//! The lines that a person writes into `corrections.toml` when a correction no longer fits the document.

use std::collections::BTreeMap;

use toml::Value;

use super::notation::Notation;
use super::versions;
use super::{Change, Correction, FILE};

/// Targets that a correction does not fit in the same way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Misfits {
    targets: Vec<String>,
    /// The changes, and what the document has in place of each.
    changes: Vec<(Change, String)>,
}

impl Misfits {
    /// Adds a change of a target.
    pub(super) fn add(all: &mut Vec<Self>, target: &str, change: Change, found: String) {
        match all.iter_mut().find(|misfits| misfits.targets == [target]) {
            Some(misfits) => misfits.changes.push((change, found)),
            None => all.push(Self { targets: vec![target.to_owned()], changes: vec![(change, found)] }),
        }
    }

    /// Joins the targets that have the same changes.
    pub(super) fn grouped(all: Vec<Self>) -> Vec<Self> {
        let mut groups: Vec<Self> = Vec::new();
        for misfits in all {
            match groups.iter_mut().find(|group| group.changes == misfits.changes) {
                Some(group) => group.targets.extend(misfits.targets),
                None => groups.push(misfits),
            }
        }
        groups
    }

    pub(super) fn targets(&self) -> Vec<&str> {
        self.targets.iter().map(String::as_str).collect()
    }

    pub(super) fn changes(&self) -> Vec<&Change> {
        self.changes.iter().map(|(change, _)| change).collect()
    }

    /// Returns the changed properties.
    fn properties(&self) -> Vec<&str> {
        self.changes.iter().filter_map(|(change, _)| change.property()).collect()
    }

    /// Returns whether these are all targets and changes of a correction.
    fn is_whole(&self, correction: &Correction) -> bool {
        self.targets.len() == correction.targets().count() && self.changes.len() == correction.changes().len()
    }
}

/// Writes a correction that makes one change of a place, in which the document has `found`.
pub(crate) fn correction(target: &str, reason: &str, change: &Change, found: &str) -> String {
    let kind = if change.is_of_operation() { "operation" } else { "schema" };
    let mut lines = vec!["[[correction]]".to_owned(), format!("{kind} = {}", quoted(&[target]))];
    lines.push(format!("reason = {}", quoted(&[reason])));
    let written = match change {
        Change::Response(text)
        | Change::Body(text)
        | Change::RemoveParameter(text)
        | Change::OperationId(text)
        | Change::Path(text) => quoted(&[text]),
        Change::Parameter(parameter) => table(
            [
                ("name", quoted(&[&parameter.name])),
                ("in", quoted(&[&parameter.location])),
                ("type", value(&parameter.value_type)),
                ("required", parameter.required.to_string()),
            ]
            .into_iter(),
        ),
        Change::ParameterType(parameter) => {
            table([("name", quoted(&[&parameter.name])), ("type", value(&parameter.value_type))].into_iter())
        }
        Change::ListQuery => quoted(&["list"]),
        Change::RemoveOperation => "true".to_owned(),
        Change::RenameProperty(rename) => {
            table([("from", quoted(&[&rename.from])), ("to", quoted(&[&rename.to]))].into_iter())
        }
        Change::AddProperty(name, notation) | Change::PropertyType(name, notation) => {
            table([(name.as_str(), value(notation))].into_iter())
        }
        Change::NotRequired(name) => array(std::slice::from_ref(name)),
        Change::SchemaType(notation) => value(notation),
    };
    lines.push(format!("{} = {written}", change.key()));
    if !matches!(change, Change::NotRequired(_)) && change.states_expectation() {
        let expects = match change.property() {
            Some(property) => table([(property, found_value(found))].into_iter()),
            None => found_value(found),
        };
        lines.push(format!("expects = {expects}"));
    }
    lines.join("\n")
}

/// Says what a correction expects and what the document has.
pub(super) fn difference(correction: &Correction, misfits: &Misfits) -> String {
    let target = misfits.targets.first().map(String::as_str).unwrap_or_default();
    let differences = misfits.changes.iter().map(|(change, found)| {
        let property = change.property().map_or_else(String::new, |property| format!("{property}: "));
        match correction.expected(target, change) {
            Some(expected) => format!("{property}expected {expected}, found {found}"),
            None => format!("{property}found {found}, and the correction does not say what it expects"),
        }
    });
    differences.collect::<Vec<_>>().join("; ")
}

/// Says what to write if the document is right in some places of a correction, or does not have them.
pub(super) fn without(correction: &Correction, misfits: &Misfits, version: &str) -> String {
    let conditions = versions::without(&correction.versions, version);
    if misfits.is_whole(correction) {
        let mut text = format!("remove the correction from {FILE}");
        for (remaining, versions) in conditions {
            text.push_str(&format!("\n    or limit it to {remaining}:\n        versions = {}", array(&versions)));
        }
        return text;
    }
    let mut text = if misfits.changes.len() == correction.changes().len() {
        format!("remove {} from the correction in {FILE}", quoted(&misfits.targets()))
    } else {
        format!("remove {} from the correction in {FILE}", misfits.properties().join(", "))
    };
    if let Some((remaining, versions)) = conditions.first() {
        let block = block(correction, misfits, versions, false);
        text.push_str(&format!("\n    and, if {remaining} still need it, add\n{block}"));
    }
    text
}

/// Says what to write if the document has something unexpected in some places of a correction.
pub(super) fn look_again(correction: &Correction, misfits: &Misfits, version: &str) -> String {
    let has = |test: fn(&Change) -> bool| misfits.changes.iter().any(|(change, _)| test(change));
    let without = without(correction, misfits, version);
    // A property that is there cannot be added, but its type can be corrected.
    let is_added = has(|change| matches!(change, Change::AddProperty(..)));
    if is_added || (!misfits.is_whole(correction) && has(Change::states_expectation)) {
        let block = block(correction, misfits, &[format!(">={version}")], true);
        return format!(
            "look at the place again, and {without}\n    If it is still wrong in {version}, also add\n{block}"
        );
    }
    if has(Change::states_expectation) {
        let expectations = expectations(misfits);
        return format!(
            "look at the place again. If the correction is still right, write\n        expects = {expectations}\n    If not, {without}"
        );
    }
    format!("look at the place again, and {without}")
}

/// Writes alternative lines with the same key.
pub(super) fn lines(key: &str, values: &[String]) -> String {
    values.iter().map(|value| format!("\n        {key} = {}", Value::from(value.as_str()))).collect()
}

fn quoted<T: AsRef<str>>(names: &[T]) -> String {
    names.iter().map(|name| Value::from(name.as_ref()).to_string()).collect::<Vec<_>>().join(", ")
}

fn array(texts: &[String]) -> String {
    format!("[{}]", quoted(texts))
}

/// Writes what the document has as the value of `expects`: one text, or one for each property.
fn expectations(misfits: &Misfits) -> String {
    let each: BTreeMap<&str, &str> =
        misfits.changes.iter().filter_map(|(change, found)| Some((change.property()?, found.as_str()))).collect();
    match misfits.changes.as_slice() {
        [(change, found)] if change.property().is_none() => found_value(found),
        _ => table(each.into_iter().map(|(property, found)| (property, found_value(found)))),
    }
}

fn found_value(found: &str) -> String {
    match found.strip_prefix("enum(").and_then(|values| values.strip_suffix(')')) {
        Some(values) => format!("[{}]", quoted(&values.split(", ").collect::<Vec<_>>())),
        None => Value::from(found).to_string(),
    }
}

fn value(notation: &Notation) -> String {
    match notation {
        Notation::Named(name) => Value::from(name.as_str()).to_string(),
        Notation::Enumeration(values) => array(values),
    }
}

fn table<'a>(entries: impl Iterator<Item = (&'a str, String)>) -> String {
    let entries: Vec<String> = entries.map(|(name, value)| format!("{} = {value}", key(name))).collect();
    format!("{{ {} }}", entries.join(", "))
}

fn key(name: &str) -> String {
    let is_bare = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
    if is_bare { name.to_owned() } else { Value::from(name).to_string() }
}

/// Writes a correction for some of the schemas and properties of another one. With `is_found`, it expects what the
/// document has now: an added property becomes one with another type.
fn block(correction: &Correction, misfits: &Misfits, versions: &[String], is_found: bool) -> String {
    let mut lines = vec!["[[correction]]".to_owned()];
    lines.push(match misfits.targets.as_slice() {
        [target] => format!("schema = {}", quoted(&[target])),
        targets => format!("schemas = {}", array(targets)),
    });
    lines.push(format!("versions = {}", array(versions)));
    lines.push(format!("reason = {}", quoted(&[&correction.reason])));
    lines.extend(change_lines(misfits, is_found));
    if is_found {
        lines.push(format!("expects = {}", expectations(misfits)));
    } else if correction.expects.is_some() {
        let target = misfits.targets.first().map(String::as_str).unwrap_or_default();
        let stated = misfits
            .changes
            .iter()
            .filter_map(|(change, _)| Some((change.property()?, found_value(&correction.expected(target, change)?))));
        lines.push(format!("expects = {}", table(stated)));
    }
    lines.into_iter().map(|line| format!("        {line}")).collect::<Vec<_>>().join("\n")
}

/// Writes the keys of changes of schemas.
fn change_lines(misfits: &Misfits, is_found: bool) -> Vec<String> {
    let mut types: BTreeMap<&str, Vec<(&str, String)>> = BTreeMap::new();
    let mut lines = Vec::new();
    for (change, _) in &misfits.changes {
        let key = if is_found && matches!(change, Change::AddProperty(..)) { "property-types" } else { change.key() };
        match change {
            Change::AddProperty(name, notation) | Change::PropertyType(name, notation) => {
                types.entry(key).or_default().push((name, value(notation)));
            }
            Change::RenameProperty(rename) => {
                let sides = [("from", quoted(&[&rename.from])), ("to", quoted(&[&rename.to]))];
                lines.push(format!("{key} = {}", table(sides.into_iter())));
            }
            Change::NotRequired(_) => lines.push(format!("{key} = [{}]", quoted(&misfits.properties()))),
            Change::SchemaType(notation) => lines.push(format!("{key} = {}", value(notation))),
            _ => {}
        }
    }
    lines.dedup();
    lines.extend(types.into_iter().map(|(key, types)| format!("{key} = {}", table(types.into_iter()))));
    lines
}

//! Prints a comparison as text for a terminal and as Markdown for a changelog. Breaking changes are first. The changes
//! of each weight are grouped by section, and several equal changes share a line.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{Change, Diff, Property, Subject, Weight, counted};

/// The changes below one heading.
struct Group {
    title: String,
    /// A note about all changes of the group.
    note: Option<&'static str>,
    parts: Vec<Part>,
}

/// The changes of one section, of the types, or of the API as a whole.
struct Part {
    title: String,
    lines: Vec<String>,
}

/// Returns the text for a terminal.
pub(super) fn text(diff: &Diff) -> String {
    let mut text = summary(diff);
    for group in groups(diff) {
        let _ = writeln!(text, "\n{}", group.title);
        if let Some(note) = group.note {
            let _ = writeln!(text, "  {note}");
        }
        for part in group.parts {
            let _ = writeln!(text, "  {}", part.title);
            for line in part.lines {
                let _ = writeln!(text, "    {line}");
            }
        }
    }
    text
}

/// Returns Markdown that fits below the heading of a release.
pub(super) fn markdown(diff: &Diff) -> String {
    let mut text = format!("### API version {}\n\n{}", diff.new_version, summary(diff));
    for group in groups(diff) {
        let _ = writeln!(text, "\n#### {}", group.title);
        if let Some(note) = group.note {
            let _ = writeln!(text, "\n{note}");
        }
        for part in group.parts {
            let _ = writeln!(text, "\n##### {}\n", part.title);
            for line in part.lines {
                let _ = writeln!(text, "- {line}");
            }
        }
    }
    text
}

/// Returns the lines above the first heading: the counts and, if there are changes, the legend.
fn summary(diff: &Diff) -> String {
    let versions = if diff.old_version == diff.new_version {
        format!("ConnectWise PSA {}", diff.new_version)
    } else {
        format!("ConnectWise PSA {} -> {}", diff.old_version, diff.new_version)
    };
    if diff.is_empty() {
        return format!("{versions}: no changes.\n");
    }
    let count = |weight| diff.count(weight);
    format!(
        "{versions}: {}, {}, {}.\n{LEGEND}\n",
        counted(count(Weight::Breaking), "breaking change"),
        counted(count(Weight::Added), "addition"),
        counted(count(Weight::Changed), "other change")
    )
}

/// Explains the names in parentheses.
const LEGEND: &str =
    "In parentheses: the vendor's operation ID, the vendor's name of a type, or the name of a field in JSON.";

/// What additions mean for programs.
const ADDITIONS: &str = "No code has to change.";

/// The policy of the bindings for new fields.
const NEW_FIELDS: &str = "New fields do not count as breaking, because struct literals have to end with \
     `..Default::default()` and patterns with `..`. Add it to literals and patterns without it.";

fn groups(diff: &Diff) -> Vec<Group> {
    let of_weight = |weight| diff.changes.iter().filter(move |change| change.weight == weight).collect::<Vec<_>>();
    let (properties, added): (Vec<_>, Vec<_>) =
        of_weight(Weight::Added).into_iter().partition(|change| new_field(change).is_some());
    [
        ("Breaking changes", None, of_weight(Weight::Breaking)),
        ("Additions", Some(ADDITIONS), added),
        ("New fields", Some(NEW_FIELDS), properties),
        ("Other changes", None, of_weight(Weight::Changed)),
    ]
    .into_iter()
    .filter(|(.., changes)| !changes.is_empty())
    .map(|(title, note, changes)| Group {
        title: format!("{title}: {}", tally(&changes)),
        note,
        parts: parts(&changes),
    })
    .collect()
}

/// Returns the number of changes by subject: `3 to operations, 2 to types, 5 to fields`. If all are new fields, returns
/// only their number.
fn tally(changes: &[&Change]) -> String {
    let count = |is: fn(&Subject) -> bool| changes.iter().filter(|change| is(&change.subject)).count();
    if changes.iter().all(|change| new_field(change).is_some()) {
        return changes.len().to_string();
    }
    [
        (count(|subject| matches!(subject, Subject::Version | Subject::Section(_))), "to the API as a whole"),
        (count(|subject| matches!(subject, Subject::Operation { .. })), "to operations"),
        (count(|subject| matches!(subject, Subject::Type { property: None, .. })), "to types"),
        (count(|subject| matches!(subject, Subject::Type { property: Some(_), .. })), "to fields"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, to)| format!("{count} {to}"))
    .collect::<Vec<_>>()
    .join(", ")
}

/// Groups the changes of one weight: the API, then the sections, then the types.
fn parts(changes: &[&Change]) -> Vec<Part> {
    let mut by_part: BTreeMap<(u8, &str), Vec<&Change>> = BTreeMap::new();
    for change in changes {
        let key = match &change.subject {
            Subject::Version | Subject::Section(_) => (0, "API"),
            Subject::Operation { section, .. } => (1, section.as_str()),
            Subject::Type { .. } => (2, "Types"),
        };
        by_part.entry(key).or_default().push(change);
    }
    by_part
        .into_iter()
        .map(|((_, title), changes)| Part { title: format!("{title} ({})", changes.len()), lines: lines(&changes) })
        .collect()
}

/// Changes with the same message share a line if there are at least this many.
const SHARED: usize = 3;

/// Returns the lines of one part: first the shared lines, then one line for each other change. The new fields of a type
/// are one line.
fn lines(changes: &[&Change]) -> Vec<String> {
    let mut by_message: BTreeMap<String, Vec<&Subject>> = BTreeMap::new();
    let mut new_fields: BTreeMap<&str, Vec<(&Property, &str)>> = BTreeMap::new();
    for change in changes {
        match new_field(change) {
            Some((name, property)) => new_fields.entry(name).or_default().push((property, &change.message)),
            None => by_message.entry(change.text()).or_default().push(&change.subject),
        }
    }
    by_message.retain(|_, subjects| subjects.len() >= SHARED);
    let mut lines: Vec<String> = by_message.iter().map(|(message, subjects)| shared_line(message, subjects)).collect();
    for change in changes {
        match new_field(change) {
            Some((name, _)) => lines.extend(new_fields.remove(name).map(|properties| fields_line(name, &properties))),
            None if by_message.contains_key(&change.text()) => {}
            None => lines.push(change.to_string()),
        }
    }
    lines
}

/// Returns the type and the field, if the change is a new field.
fn new_field(change: &Change) -> Option<(&str, &Property)> {
    match &change.subject {
        Subject::Type { name, property: Some(property), .. }
            if change.weight == Weight::Added && change.rule == "field-added" =>
        {
            Some((name, property))
        }
        _ => None,
    }
}

fn fields_line(name: &str, properties: &[(&Property, &str)]) -> String {
    let texts: Vec<String> =
        properties.iter().map(|(property, message)| format!("`{}` ({message})", property.name)).collect();
    format!("`{name}`: {}: {}", counted(properties.len(), "new field"), texts.join(", "))
}

fn shared_line(message: &str, subjects: &[&Subject]) -> String {
    let texts: Vec<String> = subjects.iter().map(ToString::to_string).collect();
    format!("{message} ({}): {}", subjects.len(), texts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operation(section: &str, name: &str) -> Subject {
        Subject::Operation { section: section.into(), name: name.into(), vendor_id: format!("get{name}") }
    }

    fn example() -> Diff {
        let mut changes = vec![
            Change::new(Weight::Changed, Subject::Version, "version", "1 -> 2"),
            Change::new(Weight::Breaking, operation("b", "gone"), "operation-removed", "removed").action("stop"),
            Change::new(
                Weight::Breaking,
                Subject::property("T", "aB", &serde_json::Value::Null),
                "field-type",
                "string -> date",
            ),
            Change::new(Weight::Added, operation("a", "new"), "operation-added", "`GET /a`"),
            Change::new(Weight::Added, Subject::schema("U"), "type-added", "new struct"),
            Change::new(Weight::Added, Subject::schema("T"), "value-added", "1 new value: `x`"),
            Change::new(Weight::Added, Subject::property("T", "y", &serde_json::Value::Null), "field-added", "string"),
            Change::new(Weight::Added, Subject::property("T", "x", &serde_json::Value::Null), "field-added", "date"),
        ];
        changes.sort();
        Diff { old_version: "1".into(), new_version: "2".into(), changes, not_compared: Vec::new() }
    }

    #[test]
    fn terminal_text_lists_the_changes_by_weight_and_section() {
        let expected = "\
ConnectWise PSA 1 -> 2: 2 breaking changes, 5 additions, 1 other change.
In parentheses: the vendor's operation ID, the vendor's name of a type, or the name of a field in JSON.

Breaking changes: 1 to operations, 1 to fields
  b (1)
    `b::gone` (getgone): removed: stop
  Types (1)
    `T.a_b` (aB): string -> date

Additions: 1 to operations, 2 to types
  No code has to change.
  a (1)
    `a::new` (getnew): `GET /a`
  Types (2)
    `T`: 1 new value: `x`
    `U`: new struct

New fields: 2
  New fields do not count as breaking, because struct literals have to end with `..Default::default()` and patterns with `..`. Add it to literals and patterns without it.
  Types (2)
    `T`: 2 new fields: `x` (date), `y` (string)

Other changes: 1 to the API as a whole
  API (1)
    `API_VERSION`: 1 -> 2
";
        assert_eq!(example().to_string(), expected);
    }

    #[test]
    fn markdown_has_headings_and_lists() {
        let markdown = example().markdown();
        for expected in [
            "#### Breaking changes: 1 to operations, 1 to fields\n\n##### b (1)\n\n- `b::gone` (getgone): removed: stop\n",
            "\n##### Types (2)\n\n- `T`: 1 new value: `x`\n- `U`: new struct\n",
            "\n#### New fields: 2\n\nNew fields do not count as breaking",
            "without it.\n\n##### Types (2)\n\n- `T`: 2 new fields",
        ] {
            assert!(markdown.contains(expected), "{markdown}");
        }
    }

    #[test]
    fn three_equal_changes_share_a_line_and_two_do_not() {
        let changes =
            ["A", "B", "C"].map(|name| Change::new(Weight::Added, Subject::schema(name), "type-added", "new enum"));
        assert_eq!(lines(&changes.iter().collect::<Vec<_>>()), ["new enum (3): `A`, `B`, `C`"]);
        assert_eq!(lines(&changes.iter().take(2).collect::<Vec<_>>()), ["`A`: new enum", "`B`: new enum"]);
    }

    #[test]
    fn no_changes_are_one_line() {
        let diff = Diff { old_version: "1".into(), new_version: "1".into(), ..Diff::default() };
        assert_eq!(diff.to_string(), "ConnectWise PSA 1: no changes.\n");
    }
}

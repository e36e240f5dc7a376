//! A comparison as text for a terminal and as markdown for a changelog: breaking changes first, then by section, equal
//! news on one line.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{Change, Diff, Member, Subject, Weight, counted};

/// One heading with the parts below it.
struct Group {
    title: String,
    /// What holds for all of them.
    note: Option<&'static str>,
    parts: Vec<Part>,
}

/// What belongs to one section, to the types or to the API as a whole.
struct Part {
    title: String,
    lines: Vec<String>,
}

/// Text for a terminal.
pub(super) fn text(diff: &Diff) -> String {
    let mut text = format!("{}\n", summary(diff));
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

/// Headings and lists, to stand below the heading of a release.
pub(super) fn markdown(diff: &Diff) -> String {
    let mut text = format!("### API version {}\n\n{}\n", diff.new_version, summary(diff));
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

fn summary(diff: &Diff) -> String {
    let versions = if diff.old_version == diff.new_version {
        format!("ConnectWise PSA {}", diff.new_version)
    } else {
        format!("ConnectWise PSA {} -> {}", diff.old_version, diff.new_version)
    };
    if diff.is_empty() {
        return format!("{versions}: no change.");
    }
    let count = |weight| diff.count(weight);
    format!(
        "{versions}: {} breaking, {} added, {} changed.",
        count(Weight::Breaking),
        count(Weight::Added),
        count(Weight::Changed)
    )
}

/// The bindings' policy about generated structs, where it matters.
const NEW_MEMBERS: &str = "Not breaking by the policy of the bindings: struct literals end with `..Default::default()` and patterns with `..`; others stop compiling.";

fn groups(diff: &Diff) -> Vec<Group> {
    let of_weight = |weight| diff.changes.iter().filter(move |change| change.weight == weight).collect::<Vec<_>>();
    let (members, added): (Vec<_>, Vec<_>) =
        of_weight(Weight::Added).into_iter().partition(|change| new_member(change).is_some());
    [
        ("Breaking", None, of_weight(Weight::Breaking)),
        ("Added", None, added),
        ("Added members", Some(NEW_MEMBERS), members),
        ("Changed", None, of_weight(Weight::Changed)),
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

/// `3 in operations, 2 in types, 5 in members`.
fn tally(changes: &[&Change]) -> String {
    let count = |is: fn(&Subject) -> bool| changes.iter().filter(|change| is(&change.subject)).count();
    [
        (count(|subject| matches!(subject, Subject::Version | Subject::Section(_))), "in the API"),
        (count(|subject| matches!(subject, Subject::Operation { .. })), "in operations"),
        (count(|subject| matches!(subject, Subject::Type { member: None, .. })), "in types"),
        (count(|subject| matches!(subject, Subject::Type { member: Some(_), .. })), "in members"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, of)| format!("{count} {of}"))
    .collect::<Vec<_>>()
    .join(", ")
}

/// The changes of one weight, grouped by the API, the sections and the types, in this order.
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

/// From this many on, subjects of one and the same news share a line.
const SHARED: usize = 3;

/// The lines of one part: news that several share, then each for itself, the new members of a type on one line.
fn lines(changes: &[&Change]) -> Vec<String> {
    let mut by_news: BTreeMap<&str, Vec<&Subject>> = BTreeMap::new();
    let mut new_members: BTreeMap<&str, Vec<(&Member, &str)>> = BTreeMap::new();
    for change in changes {
        match new_member(change) {
            Some((name, member)) => new_members.entry(name).or_default().push((member, &change.what)),
            None => by_news.entry(&change.what).or_default().push(&change.subject),
        }
    }
    by_news.retain(|_, subjects| subjects.len() >= SHARED);
    let mut lines: Vec<String> = by_news.iter().map(|(what, subjects)| shared_line(what, subjects)).collect();
    for change in changes {
        match new_member(change) {
            Some((name, _)) => lines.extend(new_members.remove(name).map(|members| members_line(name, &members))),
            None if by_news.contains_key(change.what.as_str()) => {}
            None => lines.push(change.to_string()),
        }
    }
    lines
}

/// The type and the member, when the change is that it was added.
fn new_member(change: &Change) -> Option<(&str, &Member)> {
    match &change.subject {
        Subject::Type { name, member: Some(member), .. } if change.weight == Weight::Added => Some((name, member)),
        _ => None,
    }
}

fn members_line(name: &str, members: &[(&Member, &str)]) -> String {
    let written: Vec<String> = members.iter().map(|(member, what)| format!("`{}` ({what})", member.name)).collect();
    format!("`{name}`: {}: {}", counted(members.len(), "new member"), written.join(", "))
}

fn shared_line(what: &str, subjects: &[&Subject]) -> String {
    let written: Vec<String> = subjects.iter().map(ToString::to_string).collect();
    format!("{what} ({}): {}", subjects.len(), written.join(", "))
}

#[cfg(test)]
mod tests {
    use super::super::Collect as _;
    use super::*;

    fn operation(section: &str, name: &str) -> Subject {
        Subject::Operation { section: section.into(), name: name.into(), vendor_id: format!("get{name}") }
    }

    fn example() -> Diff {
        let mut changes: Vec<Change> = Vec::new();
        changes.note(Weight::Changed, Subject::Version, "1 -> 2");
        changes.note(Weight::Breaking, operation("b", "gone"), "gone");
        changes.note(Weight::Breaking, Subject::member("T", "aB"), "text -> date: the field has another type");
        changes.note(Weight::Added, operation("a", "new"), "`GET /a`");
        changes.note(Weight::Added, Subject::schema("U"), "new object");
        changes.note(Weight::Added, Subject::schema("T"), "1 new value: `x`");
        changes.note(Weight::Added, Subject::member("T", "y"), "text");
        changes.note(Weight::Added, Subject::member("T", "x"), "date");
        changes.sort();
        Diff { old_version: "1".into(), new_version: "2".into(), changes }
    }

    #[test]
    fn a_terminal_gets_indented_text() {
        let expected = "\
ConnectWise PSA 1 -> 2: 2 breaking, 5 added, 1 changed.

Breaking: 1 in operations, 1 in members
  b (1)
    `b::gone` / getgone: gone
  Types (1)
    `T.a_b` / aB: text -> date: the field has another type

Added: 1 in operations, 2 in types
  a (1)
    `a::new` / getnew: `GET /a`
  Types (2)
    `T`: 1 new value: `x`
    `U`: new object

Added members: 2 in members
  Not breaking by the policy of the bindings: struct literals end with `..Default::default()` and patterns with `..`; others stop compiling.
  Types (2)
    `T`: 2 new members: `x` (date), `y` (text)

Changed: 1 in the API
  API (1)
    `API_VERSION`: 1 -> 2
";
        assert_eq!(example().to_string(), expected);
    }

    #[test]
    fn a_changelog_gets_headings_and_lists() {
        let markdown = example().markdown();
        for expected in [
            "#### Breaking: 1 in operations, 1 in members\n\n##### b (1)\n\n- `b::gone` / getgone: gone\n",
            "\n##### Types (2)\n\n- `T`: 1 new value: `x`\n- `U`: new object\n",
            "\n#### Added members: 2 in members\n\nNot breaking by the policy",
            "stop compiling.\n\n##### Types (2)\n\n- `T`: 2 new members",
        ] {
            assert!(markdown.contains(expected), "{markdown}");
        }
    }

    #[test]
    fn equal_news_share_a_line() {
        let mut changes: Vec<Change> = Vec::new();
        for name in ["A", "B", "C"] {
            changes.note(Weight::Added, Subject::schema(name), "new enum");
        }
        assert_eq!(lines(&changes.iter().collect::<Vec<_>>()), ["new enum (3): `A`, `B`, `C`"]);
        assert_eq!(lines(&changes.iter().take(2).collect::<Vec<_>>()), ["`A`: new enum", "`B`: new enum"]);
    }

    #[test]
    fn nothing_is_said_in_one_line() {
        let diff = Diff { old_version: "1".into(), new_version: "1".into(), changes: Vec::new() };
        assert_eq!(diff.to_string(), "ConnectWise PSA 1: no change.\n");
    }
}

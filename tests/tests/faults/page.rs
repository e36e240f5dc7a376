//! The table in `docs/reliability.md`: one row for each rule, one column for each class of calls.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::calls::Class;
use crate::cell::Finding;
use crate::expectations::{Rule, Table};

const START: &str = "<!-- matrix: start -->\n";
const END: &str = "<!-- matrix: end -->";

const COLUMNS: [(Class, &str); 5] = [
    (Class::Read, "read"),
    (Class::RepeatableChange, "repeatable change"),
    (Class::Change, "other change"),
    (Class::Download, "download"),
    (Class::Preparation, "discovery, keys"),
];

/// How many cells of a rule and a class were run, and how many differ.
type Counts<'a> = BTreeMap<(&'a str, Class), (usize, usize)>;

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/reliability.md")
}

/// Returns the table as it must be in the page if no cell differs.
pub(crate) fn expected(table: &Table) -> String {
    render(table, &Counts::new())
}

/// Returns the table in the page.
pub(crate) fn committed() -> String {
    let page = fs::read_to_string(path()).unwrap();
    let (_, rest) = page.split_once(START).expect("the page has the start of the table");
    let (table, _) = rest.split_once(END).expect("the page has the end of the table");
    table.to_owned()
}

/// Writes the table into the page, with the cells that differ.
pub(crate) fn write(table: &Table, findings: &[Finding]) {
    let mut counts = Counts::new();
    for finding in findings {
        let Some(rule) = table.rule(&finding.cell.fault) else { continue };
        let (run, differ) = counts.entry((rule.title.as_str(), finding.cell.call.class)).or_default();
        *run += 1;
        *differ += usize::from(!finding.problems.is_empty());
    }
    let page = fs::read_to_string(path()).unwrap().replace(&committed(), &render(table, &counts));
    fs::write(path(), page).unwrap();
}

fn render(table: &Table, counts: &Counts<'_>) -> String {
    let mut text = "| fault |".to_owned();
    COLUMNS.iter().for_each(|(_, name)| text.push_str(&format!(" {name} |")));
    text.push_str("\n|---|");
    text.push_str(&"---|".repeat(COLUMNS.len()));
    for rule in &table.rules {
        text.push_str(&format!("\n| {} |", title(rule)));
        for (class, _) in COLUMNS {
            let outcome = rule.for_class(class).unwrap_or_default();
            let differ = match counts.get(&(rule.title.as_str(), class)) {
                Some((run, differ)) if *differ > 0 => format!(" (**{differ} of {run} cells differ**)"),
                _ => String::new(),
            };
            text.push_str(&format!(" {}{differ} |", readable(outcome)));
        }
    }
    text.push('\n');
    text
}

fn title(rule: &Rule) -> String {
    let exceptions: Vec<_> = rule.only.iter().map(|(name, outcome)| format!("{name}: {}", readable(outcome))).collect();
    let exceptions = if exceptions.is_empty() { String::new() } else { format!(" ({})", exceptions.join("; ")) };
    let waiting = rule.waiting.as_ref().map_or(String::new(), |why| format!(" **Not run: {why}.**"));
    format!("{}{exceptions}{waiting}", rule.title)
}

/// Returns the outcome as the page shows it. `transient` is left out, because it is of interest for tests only.
fn readable(outcome: &str) -> String {
    let words = outcome.split(',').map(str::trim).filter(|word| !word.starts_with("transient"));
    let mut parts: Vec<_> = words.map(|word| word.replace('?', " or not")).collect();
    if let Some(kinds) = parts.first_mut() {
        let named = kinds.split(" or ").map(|kind| if kind == "ok" { kind.to_owned() } else { format!("`{kind}`") });
        *kinds = named.collect::<Vec<_>>().join(" or ");
    }
    parts.join(", ")
}

//! The table in `docs/reliability.md`: one row for each rule, one column for each class of calls.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::calls::{CALLS, Class};
use crate::cell::Finding;
use crate::expectations::{MAX_ATTEMPTS, Rule, Table};
use crate::faults;

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
    parts().1
}

/// Returns the page before the table, the table, and the page after it.
fn parts() -> (String, String, String) {
    let page = fs::read_to_string(path()).unwrap();
    let (before, rest) = page.split_once(START).expect("the page has the start of the table");
    let (table, after) = rest.split_once(END).expect("the page has the end of the table");
    (format!("{before}{START}"), table.to_owned(), format!("{END}{after}"))
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
    let (before, _, after) = parts();
    fs::write(path(), [before, render(table, &counts), after].concat()).unwrap();
}

fn render(table: &Table, counts: &Counts<'_>) -> String {
    let faults = faults::all();
    let mut text = "| fault |".to_owned();
    COLUMNS.iter().for_each(|(_, name)| text.push_str(&format!(" {name} |")));
    text.push_str("\n|---|");
    text.push_str(&"---|".repeat(COLUMNS.len()));
    let mut exceptions = Vec::new();
    for rule in &table.rules {
        let faults: Vec<_> = faults.iter().filter(|fault| rule.faults.contains(&fault.name)).collect();
        text.push_str(&format!("\n| {} |", title(rule)));
        let mut others: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (class, _) in COLUMNS {
            let calls = CALLS.iter().filter(|call| call.class == class);
            let calls: Vec<_> = calls.filter(|call| faults.iter().any(|fault| fault.is_for(call.content))).collect();
            let regular =
                rule.for_class(class).filter(|regular| calls.iter().any(|call| rule.for_call(call) == *regular));
            let shown = regular.or_else(|| calls.first().map(|call| rule.for_call(call)));
            let differ = match counts.get(&(rule.title.as_str(), class)) {
                Some((run, differ)) if *differ > 0 => format!(" (**{differ} of {run} cells differ**)"),
                _ => String::new(),
            };
            text.push_str(&format!(" {}{differ} |", shown.map_or_else(|| "–".to_owned(), readable)));
            for call in calls.iter().filter(|call| Some(rule.for_call(call)) != shown) {
                others.entry(rule.for_call(call)).or_default().push(call.name);
            }
        }
        exceptions.extend(
            others
                .into_iter()
                .map(|(outcome, calls)| format!("- {}: {} for {}.\n", rule.title, readable(outcome), calls.join(", "))),
        );
    }
    text.push_str("\n\nExceptions for single calls, which [calls.rs](../tests/tests/faults/calls.rs) names:\n\n");
    text.push_str(&exceptions.concat());
    text
}

fn title(rule: &Rule) -> String {
    let waiting = rule.waiting.as_ref().map_or(String::new(), |why| format!(" **Not run: {why}.**"));
    format!("{}{waiting}", rule.title)
}

/// Returns the outcome as the page shows it. `transient` is left out, because it is of interest for tests only.
fn readable(outcome: &str) -> String {
    let words = outcome.split(',').map(str::trim).filter(|word| !word.starts_with("transient"));
    let mut parts: Vec<_> = words
        .map(|word| word.replace('?', " or not").replace("retried", &format!("{MAX_ATTEMPTS} attempts")))
        .collect();
    if let Some(kinds) = parts.first_mut() {
        let named = kinds.split(" or ").map(|kind| if kind == "ok" { kind.to_owned() } else { format!("`{kind}`") });
        *kinds = named.collect::<Vec<_>>().join(" or ");
    }
    parts.join(", ")
}

//! The rule `sections`: every section of the API is in every place that lists the sections, and no other name is there.
//! A section without a feature, an accessor or a row in a table compiles, but nobody can use or find it.

use std::collections::BTreeMap;

use crate::tidy::configuration::{SectionPlace, Sections};
use crate::tidy::problem::Problem;

const RULE: &str = "sections";

/// Checks the places of the configuration file. `text` returns the content of a file.
pub(crate) fn check(text: &dyn Fn(&str) -> Option<String>, configuration: &Sections) -> Vec<Problem> {
    let operations = text(&configuration.document).map(|document| operations(&document)).unwrap_or_default();
    if operations.is_empty() {
        return vec![Problem {
            file: configuration.document.clone(),
            line: 1,
            rule: RULE,
            message: "the document has no section".to_owned(),
            fix: "import a document: `cargo xtask regen --spec`".to_owned(),
        }];
    }
    let mut problems = Vec::new();
    for place in &configuration.places {
        match text(&place.file) {
            Some(text) => problems.extend(check_place(place, &text, &operations, configuration)),
            None => problems.push(Problem {
                file: place.file.clone(),
                line: 1,
                rule: RULE,
                message: "the file does not exist, but the configuration says that it lists the sections".to_owned(),
                fix: "correct `[[sections.places]]`".to_owned(),
            }),
        }
    }
    problems
}

/// Returns the number of operations of each section of a psa.json. Reads its lines, because parsing takes long.
fn operations(document: &str) -> BTreeMap<String, usize> {
    let mut operations = BTreeMap::new();
    for line in document.lines() {
        let section = line.trim().strip_prefix("\"x-section\": \"").and_then(|rest| rest.split('"').next());
        if let Some(section) = section {
            *operations.entry(section.to_owned()).or_default() += 1;
        }
    }
    operations
}

/// One section that a place lists.
struct Listed {
    line: usize,
    section: String,
    operations: Option<usize>,
    is_described: bool,
}

fn check_place(
    place: &SectionPlace,
    text: &str,
    operations: &BTreeMap<String, usize>,
    configuration: &Sections,
) -> Vec<Problem> {
    let listed = listed(place, text);
    let mut problems = Vec::new();
    let mut report = |line: usize, message: String, fix: String| {
        problems.push(Problem { file: place.file.clone(), line, rule: RULE, message, fix });
    };
    for (section, count) in operations {
        let entry = filled(&place.entry, section, *count);
        let Some(own) = listed.iter().find(|own| own.section == *section) else {
            // The entries are sorted by section.
            let before = listed.iter().filter(|other| other.section < *section).last();
            let (line, fix) = match (&place.line, before.or(listed.first())) {
                (Some(of), Some(any)) => (any.line, format!("add `{entry}` to the line with `{of}`")),
                (Some(of), None) => (1, format!("add a line with `{of}` and `{entry}`")),
                (None, _) => {
                    let line = before.map_or(listed.first().map_or(1, |first| first.line), |before| before.line + 1);
                    (line, format!("add the line `{entry}`{}", description(place)))
                }
            };
            report(line, format!("the section `{section}` is missing"), fix);
            continue;
        };
        if own.operations.is_some_and(|found| found != *count) {
            report(own.line, format!("`{section}` has {count} operations"), format!("write `{entry}`"));
        }
        if place.described && !own.is_described {
            report(
                own.line,
                format!("the section `{section}` has no description"),
                "add a line above it that starts with `## ` and says what the section contains".to_owned(),
            );
        }
    }
    for stale in &listed {
        if !operations.contains_key(&stale.section) && !configuration.others.contains(&stale.section) {
            let name = &stale.section;
            report(
                stale.line,
                format!("the document has no section `{name}`"),
                "remove the entry, or add the name to `others` of `[sections]` if it is not a section".to_owned(),
            );
        }
    }
    problems
}

fn description(place: &SectionPlace) -> &'static str {
    match (place.described, place.entry.ends_with(ANYTHING)) {
        (true, _) => ", and above it a line that starts with `## ` and says what the section contains",
        (false, true) => ", and say what the section contains",
        (false, false) => "",
    }
}

/// Returns the sections that a place lists, in the order of the file.
fn listed(place: &SectionPlace, text: &str) -> Vec<Listed> {
    let mut listed = Vec::new();
    let mut previous = "";
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        let is_described = previous.starts_with("## ");
        let mut add = |(section, operations): (String, Option<usize>)| {
            listed.push(Listed { line: number, section, operations, is_described });
        };
        match &place.line {
            None => matched(&place.entry, line).into_iter().for_each(&mut add),
            Some(of) if line.contains(of.as_str()) => {
                (0..line.len()).filter_map(|at| matched_start(&place.entry, line.get(at..)?)).for_each(&mut add);
            }
            Some(_) => {}
        }
        previous = line;
    }
    listed
}

const SECTION: &str = "SECTION";
const TYPE: &str = "TYPE";
const OPERATIONS: &str = "OPERATIONS";
/// At the end of an entry, stands for the rest of the line.
const ANYTHING: &str = "…";

/// Returns an entry with the values of a section.
fn filled(entry: &str, section: &str, operations: usize) -> String {
    entry
        .replace(SECTION, section)
        .replace(TYPE, &type_name(section))
        .replace(OPERATIONS, &operations.to_string())
        .trim_end_matches(ANYTHING)
        .trim_end()
        .to_owned()
}

fn type_name(section: &str) -> String {
    let capitalized =
        |word: &str| word.chars().take(1).flat_map(char::to_uppercase).chain(word.chars().skip(1)).collect();
    section.split('_').map(capitalized).collect::<Vec<String>>().concat()
}

/// Returns the section, and the number of operations if the entry has one, of a line that is an entry.
fn matched(entry: &str, line: &str) -> Option<(String, Option<usize>)> {
    let (rest, section, operations) = read(entry.trim_end_matches(ANYTHING), line)?;
    (rest.is_empty() || entry.ends_with(ANYTHING)).then_some((section, operations))
}

/// Returns the same for a text that starts with an entry.
fn matched_start(entry: &str, text: &str) -> Option<(String, Option<usize>)> {
    read(entry, text).map(|(_, section, operations)| (section, operations))
}

/// Reads an entry at the start of a text. Returns the rest of the text and the values.
fn read<'a>(entry: &str, text: &'a str) -> Option<(&'a str, String, Option<usize>)> {
    let (mut entry, mut text) = (entry, text);
    let (mut section, mut operations) = (None, None);
    while !entry.is_empty() {
        let take = |is_part: fn(char) -> bool| {
            let end = text.find(|c| !is_part(c)).unwrap_or(text.len());
            text.split_at_checked(end).filter(|(value, _)| !value.is_empty())
        };
        if let Some(after) = entry.strip_prefix(SECTION) {
            let (value, rest) = take(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')?;
            if section.get_or_insert_with(|| value.to_owned()) != value {
                return None;
            }
            (entry, text) = (after, rest);
        } else if let Some(after) = entry.strip_prefix(OPERATIONS) {
            let (value, rest) = take(|c| c.is_ascii_digit())?;
            operations = value.parse().ok();
            (entry, text) = (after, rest);
        } else if let Some(after) = entry.strip_prefix(TYPE) {
            (entry, text) = (after, take(|c| c.is_ascii_alphanumeric())?.1);
        } else {
            let next = entry.chars().next()?;
            (entry, text) = (entry.strip_prefix(next)?, text.strip_prefix(next)?);
        }
    }
    Some((text, section?, operations))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str =
        "  \"x-section\": \"company\",\n  \"x-section\": \"spare_parts\",\n  \"x-section\": \"company\",\n";

    fn place(entry: &str, line: Option<&str>, described: bool) -> SectionPlace {
        SectionPlace { file: "F".to_owned(), entry: entry.to_owned(), line: line.map(str::to_owned), described }
    }

    fn found(place: SectionPlace, text: &str) -> Vec<(usize, String, String)> {
        let configuration =
            Sections { document: "D".to_owned(), others: vec!["schemas".to_owned()], places: vec![place] };
        let text = |path: &str| match path {
            "D" => Some(DOCUMENT.to_owned()),
            "F" => Some(text.to_owned()),
            _ => None,
        };
        check(&text, &configuration).into_iter().map(|problem| (problem.line, problem.message, problem.fix)).collect()
    }

    #[test]
    fn a_complete_place_has_no_problem() {
        for (place, text) in [
            (
                place("SECTION = []", None, true),
                "## Companies\ncompany = []\n## Parts\nspare_parts = []\nschemas = []\n",
            ),
            (
                place("\"SECTION\"", Some("default = ["), false),
                "default = [\"company\", \"schemas\", \"spare_parts\"]\nother = [\"gone\"]",
            ),
            (
                place("| `SECTION` | OPERATIONS | …", None, false),
                "| `company` | 2 | words |\n| `spare_parts` | 1 | words |\n| `gone` | not a number |",
            ),
            (
                place("SECTION EnableTYPE: …", None, false),
                "company EnableCompany: \"a\";\n    spare_parts EnableSpareParts: \"b\";",
            ),
        ] {
            assert_eq!(found(place, text), [], "{text}");
        }
    }

    #[test]
    fn a_missing_section_is_reported_with_the_line_to_add() {
        let described = place("SECTION = []", None, true);
        let [problem] = found(described, "[features]\n## Companies\ncompany = []\n").try_into().unwrap();
        assert_eq!((problem.0, problem.1.as_str()), (4, "the section `spare_parts` is missing"));
        assert!(problem.2.starts_with("add the line `spare_parts = []`, and above it a line"), "{}", problem.2);

        let list = place("\"SECTION\"", Some("default = ["), false);
        let [problem] = found(list, "\ndefault = [\"spare_parts\"]\n").try_into().unwrap();
        assert_eq!((problem.0, problem.2.as_str()), (2, "add `\"company\"` to the line with `default = [`"));

        let named = place("SECTION EnableTYPE: …", None, false);
        let [problem] = found(named, "company EnableCompany: \"a\";\n").try_into().unwrap();
        assert_eq!(problem.2, "add the line `spare_parts EnableSpareParts:`, and say what the section contains");
    }

    #[test]
    fn stale_names_wrong_numbers_and_missing_descriptions_are_reported() {
        let messages =
            |place, text| found(place, text).into_iter().map(|(line, message, _)| (line, message)).collect::<Vec<_>>();
        assert_eq!(
            messages(place("SECTION = []", None, true), "## A\ncompany = []\nspare_parts = []\ngone = []\n"),
            [
                (3, "the section `spare_parts` has no description".to_owned()),
                (4, "the document has no section `gone`".to_owned())
            ]
        );
        assert_eq!(
            messages(
                place("| `SECTION` | OPERATIONS |…", None, false),
                "| `company` | 2 |\n| `spare_parts` | 3 | a |\n"
            ),
            [(2, "`spare_parts` has 1 operations".to_owned())]
        );
    }

    #[test]
    fn a_document_without_sections_and_a_missing_file_are_reported() {
        let configuration = |places| Sections { document: "D".to_owned(), others: Vec::new(), places };
        let problems = check(&|_| None, &configuration(Vec::new()));
        assert_eq!(problems[0].message, "the document has no section");
        let document = |path: &str| (path == "D").then(|| DOCUMENT.to_owned());
        let problems = check(&document, &configuration(vec![place("SECTION", None, false)]));
        assert!(problems[0].file == "F" && problems[0].message.contains("does not exist"));
    }
}

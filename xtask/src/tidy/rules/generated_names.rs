//! The rule `generated-names`: core does not depend on operations or generated types. Outside of comments and tests, it
//! uses no generated name. The configuration file lists the names that core and the generated code both use by
//! coincidence, each with the reason.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::tidy::configuration::{CONFIGURATION_FILE, Configuration};
use crate::tidy::files::Files;
use crate::tidy::problem::Problem;
use crate::tidy::references::name_of;

const RULE: &str = "generated-names";

/// Checks the folder that must not use the generated names. `tests` are the files that are compiled only for tests.
pub(crate) fn check(files: &Files, tests: &BTreeSet<String>, configuration: &Configuration) -> Vec<Problem> {
    let Some(settings) = &configuration.generated_names else { return Vec::new() };
    let generated = generated(files, &settings.folder);
    let mut problems = Vec::new();
    if generated.is_empty() {
        problems.push(in_configuration_file(
            configuration.line_of("generated_names", "folder"),
            format!("{} contains no generated names", settings.folder),
            "correct `generated_names.folder`, or the search for names in xtask/src/tidy/rules/generated_names.rs",
        ));
    }
    let mut used = BTreeSet::new();
    for (path, _) in files.below(&settings.unknown_to).filter(|(path, _)| !tests.contains(*path)) {
        let Some(parsed) = files.parsed(path) else { continue };
        let mut names = BTreeMap::new();
        names_in(&parsed.tokens, &mut names);
        for (name, line) in names {
            if settings.coincidences.contains_key(&name) {
                used.insert(name);
            } else if name == settings.crate_name || generated.contains(&name) {
                problems.push(Problem {
                    file: path.to_owned(),
                    line,
                    rule: RULE,
                    message: format!(
                        "`{name}` is a name of the generated code, on which {} must not depend",
                        settings.unknown_to
                    ),
                    fix: format!(
                        "use a parameter or a trait instead; if the equal name is a coincidence, choose another name, \
                         or add it with the reason to `[generated_names.coincidences]` in {CONFIGURATION_FILE}"
                    ),
                });
            }
        }
    }
    for name in settings.coincidences.keys().filter(|name| !used.contains(*name) || !generated.contains(*name)) {
        let line = configuration.line_of("generated_names.coincidences", name);
        problems.push(in_configuration_file(
            line,
            format!("`{name}` is no longer used by both the generated code and {}", settings.unknown_to),
            &format!("remove `{name}` from `[generated_names.coincidences]`"),
        ));
    }
    problems
}

fn in_configuration_file(line: usize, message: String, fix: &str) -> Problem {
    Problem { file: CONFIGURATION_FILE.to_owned(), line, rule: RULE, message, fix: fix.to_owned() }
}

/// Returns the names of the generated types, of the operations' functions and of the statics that describe operations.
fn generated(files: &Files, folder: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (path, text) in files.below(folder).filter(|(path, _)| path.ends_with(".rs")) {
        // Only the functions of the section's client are operations. The other functions set single parameters.
        let mut operations = false;
        for line in text.lines() {
            if line.starts_with("impl ") {
                operations = path.contains("/operations/") && line.starts_with("impl Client");
            }
            let Some(item) =
                line.trim_start().strip_prefix("pub ").or_else(|| line.trim_start().strip_prefix("pub(crate) "))
            else {
                continue;
            };
            let item = item.strip_prefix("async ").unwrap_or(item);
            let Some((keyword, rest)) = item.split_once(' ') else { continue };
            if matches!(keyword, "struct" | "enum" | "static") || (operations && keyword == "fn") {
                let name: String =
                    rest.chars().take_while(|character| character.is_alphanumeric() || *character == '_').collect();
                names.insert(name);
            }
        }
    }
    // The names of constructors and of the tables of all operations are not specific to one operation.
    for general in ["new", "ALL", "TABLES", "TEXTS", "Client"] {
        names.remove(general);
    }
    names
}

/// Collects the identifiers in tokens, each with its first line. Comments and string literals are not identifiers.
/// Skips items with `#[cfg(test)]`.
fn names_in(tokens: &TokenStream, names: &mut BTreeMap<String, usize>) {
    let mut tokens = tokens.clone().into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Ident(name) => {
                let line = name.span().start().line;
                names.entry(name_of(&name)).or_insert(line);
            }
            TokenTree::Punct(punct) if punct.as_char() == '#' && tokens.peek().is_some_and(is_test_attribute) => {
                for token in tokens.by_ref() {
                    let ends = match &token {
                        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
                        TokenTree::Punct(punct) => punct.as_char() == ';',
                        _ => false,
                    };
                    if ends {
                        break;
                    }
                }
            }
            TokenTree::Group(group) => names_in(&group.stream(), names),
            _ => {}
        }
    }
}

fn is_test_attribute(token: &TokenTree) -> bool {
    let TokenTree::Group(group) = token else { return false };
    let mut tokens = group.stream().into_iter();
    let named = matches!(tokens.next(), Some(TokenTree::Ident(name)) if name == "cfg");
    named && matches!(tokens.next(), Some(TokenTree::Group(condition)) if condition.stream().to_string() == "test")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(core: &str, coincidences: &[&str]) -> Vec<String> {
        let texts = [
            (
                "bindings/service/types.rs",
                "// @generated\npub struct Ticket {\n}\n    pub enum Severity {\n".to_owned()
                    // Too long to be parsed, so the names are found in the text.
                    + &"// long\n".repeat(20_000),
            ),
            (
                "bindings/service/operations/tickets.rs",
                "impl Client {\n    pub fn get_ticket() {}\n    pub fn new() {}\n}\n\
                pub static GET_TICKET: X = X;\nimpl GetTicketParameters {\n    pub fn setter() {}\n}\n"
                    .to_owned(),
            ),
            ("core/a.rs", core.to_owned()),
            ("core/tests.rs", "fn f() -> Ticket {}".to_owned()),
        ];
        let files = Files::from_texts(texts.map(|(path, text)| (path.to_owned(), text)).into());
        let coincidences: String = coincidences.iter().map(|name| format!("{name} = \"why\"\n")).collect();
        let data = format!(
            "[generated_names]\nfolder = \"bindings\"\ncrate_name = \"bindings\"\nunknown_to = \"core\"\n\
                [generated_names.coincidences]\n{coincidences}"
        );
        let configuration = crate::tidy::configuration::read(&data).unwrap();
        check(&files, &["core/tests.rs".to_owned()].into(), &configuration)
            .into_iter()
            .map(|problem| format!("{}:{}", problem.message, problem.line))
            .collect()
    }

    #[test]
    fn generated_types_operations_and_the_crate_itself_are_found() {
        for (text, name) in [
            ("use x::Ticket;", "Ticket"),
            ("fn f() { self.get_ticket() }", "get_ticket"),
            ("m!(GET_TICKET);", "GET_TICKET"),
            ("enum Severity {}", "Severity"),
            ("use bindings::x;", "bindings"),
        ] {
            let found = found(&format!("//! A.\n{text}\n"), &[]);
            assert_eq!(found.len(), 1, "{text}: {found:?}");
            assert!(
                found[0].starts_with(&format!("`{name}` is a name of the generated code")) && found[0].ends_with(":2"),
                "{text}: {}",
                found[0]
            );
        }
    }

    #[test]
    fn comments_string_literals_and_tests_are_skipped() {
        let text = "//! A `Ticket`.\n/// ```\n/// get_ticket()\n/// ```\nfn new() { \"Ticket\"; }\n#[cfg(test)]\n\
            mod tests { fn f() -> Ticket {} }\n#[cfg(test)]\nuse x::Ticket;\n";
        assert_eq!(found(text, &[]), Vec::<String>::new());
    }

    #[test]
    fn a_listed_coincidence_is_allowed_while_both_use_the_name() {
        assert_eq!(found("enum Severity {}", &["Severity"]), Vec::<String>::new());
        // Line 6 of the configuration lists `Severity`.
        assert_eq!(
            found("enum Other {}", &["Severity"]),
            ["`Severity` is no longer used by both the generated code and core:6"]
        );
    }
}

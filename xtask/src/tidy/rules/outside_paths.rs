//! The rule `outside-paths`: no file refers to a path outside of the repository, so a clone builds in any folder.

use proc_macro2::{TokenStream, TokenTree};
use toml::{Table, Value};

use crate::tidy::configuration::OutsidePaths;
use crate::tidy::files::{Files, Parsed, folder_of, join};
use crate::tidy::packages::Package;
use crate::tidy::problem::Problem;
use crate::tidy::references::name_of;

const RULE: &str = "outside-paths";
const FIX: &str = "add the file or folder to the repository and refer to it there";

/// Checks all files.
pub(crate) fn check(files: &Files, packages: &[Package], configuration: &OutsidePaths) -> Vec<Problem> {
    let forbidden = forbidden(configuration);
    let mut problems = Vec::new();
    for (path, text) in files.iter() {
        problems.extend(absolute_paths(path, text, &forbidden));
        if is_hand_written(path, text) {
            problems.extend(relative_paths(path, text));
        }
        if path == "Cargo.toml" || path.ends_with("/Cargo.toml") {
            problems.extend(manifest_paths(path, text));
        }
    }
    for (path, parsed) in files.all_parsed() {
        let package = packages
            .iter()
            .map(|package| package.folder.as_str())
            .filter(|folder| path.starts_with(&format!("{folder}/")))
            .max_by_key(|folder| folder.len());
        problems.extend(included_files(path, package.unwrap_or_default(), parsed));
    }
    problems.sort();
    problems.dedup_by(|one, other| (&one.file, one.line) == (&other.file, other.line));
    problems
}

fn problem(file: &str, line: usize, message: String) -> Problem {
    Problem { file: file.to_owned(), line, rule: RULE, message, fix: FIX.to_owned() }
}

/// Returns whether a file is a source file, a manifest, a script or a document. Other files are data.
fn is_hand_written(path: &str, text: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let known = name.rsplit_once('.').is_some_and(|(_, ending)| {
        matches!(ending, "rs" | "toml" | "md" | "sh" | "py" | "cjs" | "js" | "yml" | "yaml")
    });
    known || text.starts_with("#!/")
}

/// Returns the beginnings of paths that no file may contain.
fn forbidden(configuration: &OutsidePaths) -> Vec<String> {
    let absolute =
        configuration.machine_folders.iter().flat_map(|folder| [format!("/{folder}/"), format!(":\\{folder}\\")]);
    absolute.chain(configuration.neighbours.iter().map(|folder| format!("../{folder}/"))).collect()
}

/// Returns the problems of paths that start with a forbidden beginning.
fn absolute_paths(path: &str, text: &str, forbidden: &[String]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for outside in forbidden.iter().filter(|outside| text.contains(outside.as_str())) {
        for (line, text) in (1..).zip(text.lines()) {
            let begins =
                |at: usize| !outside.starts_with('/') || !text.get(..at).unwrap_or_default().ends_with(continues_path);
            if text.match_indices(outside.as_str()).any(|(at, _)| begins(at)) {
                problems.push(problem(path, line, format!("`{outside}` is outside of the repository")));
            }
        }
    }
    problems
}

/// Returns whether a `/` after this character continues a path or a URL. Otherwise the `/` begins a path.
fn continues_path(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '.' | '_' | '-' | '/' | '}' | ')' | ']' | '>' | '*' | '~')
}

/// Returns the problems of relative paths with more `../` than the file has parent folders.
fn relative_paths(path: &str, text: &str) -> Vec<Problem> {
    const UP: &str = "../";
    let depth = path.matches('/').count();
    let too_many = UP.repeat(depth + 1);
    if !text.contains(&too_many) {
        return Vec::new();
    }
    let lines = (1..).zip(text.lines()).filter(|(_, line)| line.contains(&too_many));
    lines.map(|(line, _)| problem(path, line, format!("`{too_many}` is outside of the repository"))).collect()
}

/// Returns the problems of `path = "…"` in dependencies and targets, and of the workspace's folders.
fn manifest_paths(path: &str, text: &str) -> Vec<Problem> {
    let Ok(manifest) = text.parse::<Table>() else { return Vec::new() };
    let mut paths = Vec::new();
    collect_paths(&Value::Table(manifest.clone()), &mut paths);
    for key in ["members", "exclude", "default-members"] {
        paths.extend(
            manifest
                .get("workspace")
                .and_then(|workspace| workspace.get(key))
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .map(str::to_owned),
        );
    }
    let outside = paths.into_iter().filter(|target| join(folder_of(path), target).is_none());
    outside
        .map(|target| {
            let line = (1..).zip(text.lines()).find(|(_, line)| line.contains(&target)).map_or(1, |(line, _)| line);
            problem(path, line, format!("`{target}` is outside of the repository"))
        })
        .collect()
}

fn collect_paths(value: &Value, paths: &mut Vec<String>) {
    match value {
        Value::Table(table) => {
            for (key, value) in table {
                match value {
                    Value::String(path) if key == "path" => paths.push(path.clone()),
                    value => collect_paths(value, paths),
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| collect_paths(value, paths)),
        _ => {}
    }
}

/// Returns the problems of files in `include!`, `include_str!`, `include_bytes!` and `#[path]`.
fn included_files(path: &str, package: &str, parsed: &Parsed) -> Vec<Problem> {
    let mut included = Vec::new();
    collect_included(&parsed.tokens, folder_of(path), package, &mut included);
    included
        .into_iter()
        .filter(|(folder, target, _)| join(folder, target).is_none())
        .map(|(_, target, line)| problem(path, line, format!("the file `{target}` is outside of the repository")))
        .collect()
}

/// Collects the included files: the folder that each is relative to, its path and its line.
fn collect_included(tokens: &TokenStream, folder: &str, package: &str, included: &mut Vec<(String, String, usize)>) {
    let tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        let punct = |at: usize, expected: char| matches!(tokens.get(at), Some(TokenTree::Punct(punct)) if punct.as_char() == expected);
        match token {
            TokenTree::Ident(name) if name.to_string().starts_with("include") && punct(at + 1, '!') => {
                if let Some(TokenTree::Group(arguments)) = tokens.get(at + 2) {
                    let (texts, names) = string_literals_and_names(&arguments.stream());
                    // `env!("CARGO_MANIFEST_DIR")` is the package's folder. The values of other variables are unknown.
                    let in_package = texts.first().is_some_and(|text| text == "CARGO_MANIFEST_DIR");
                    if in_package {
                        included.push((
                            package.to_owned(),
                            format!("./{}", texts.get(1..).unwrap_or_default().concat()),
                            name.span().start().line,
                        ));
                    } else if !names.iter().any(|name| name == "env") {
                        included.push((folder.to_owned(), texts.concat(), name.span().start().line));
                    }
                }
            }
            TokenTree::Ident(name) if name == "path" && punct(at + 1, '=') => {
                if let Some(TokenTree::Literal(literal)) = tokens.get(at + 2)
                    && let Ok(text) = syn::parse2::<syn::LitStr>(TokenTree::from(literal.clone()).into())
                    && tokens.len() == 3
                {
                    included.push((folder.to_owned(), text.value(), name.span().start().line));
                }
            }
            TokenTree::Group(group) => collect_included(&group.stream(), folder, package, included),
            _ => {}
        }
    }
}

/// Returns the string literals and the names in tokens and in their groups.
fn string_literals_and_names(tokens: &TokenStream) -> (Vec<String>, Vec<String>) {
    let (mut texts, mut names) = (Vec::new(), Vec::new());
    for token in tokens.clone() {
        match token {
            TokenTree::Ident(name) => names.push(name_of(&name)),
            TokenTree::Literal(literal) => {
                texts.extend(syn::parse2::<syn::LitStr>(TokenTree::from(literal).into()).map(|text| text.value()))
            }
            TokenTree::Group(group) => {
                let (mut inner_texts, mut inner_names) = string_literals_and_names(&group.stream());
                texts.append(&mut inner_texts);
                names.append(&mut inner_names);
            }
            TokenTree::Punct(_) => {}
        }
    }
    (texts, names)
}

#[cfg(test)]
mod tests {
    use super::*;

    // Concatenated, because this file must follow its own rule.
    const HOME: &str = concat!("/", "home/");
    const UP: &str = concat!("..", "/");

    fn found(path: &str, text: &str) -> Vec<usize> {
        let texts = [
            ("Cargo.toml", "[workspace]\nmembers = [\"lib\"]\n"),
            ("lib/Cargo.toml", "[package]\nname = \"lib\"\n"),
            (path, text),
        ];
        let files = Files::from_texts(texts.map(|(path, text)| (path.to_owned(), text.to_owned())).into());
        let packages = crate::tidy::packages::read(&files).unwrap();
        let configuration =
            OutsidePaths { machine_folders: vec!["home".to_owned()], neighbours: vec!["shared".to_owned()] };
        check(&files, &packages, &configuration).into_iter().map(|problem| problem.line).collect()
    }

    #[test]
    fn absolute_paths_are_found_in_every_file() {
        assert_eq!(found("lib/src/a.rs", &format!("//! A.\nconst X: &str = \"{HOME}me/x\";\n")), [2]);
        assert_eq!(found("docs/a.md", &format!("See {UP}shared/notes.md.\n")), [1]);
        assert_eq!(found("docs/a.md", "See C:\\home\\notes.md.\n"), [1]);
        assert_eq!(found("data.json", &format!("{{\"a\": \"{HOME}me\"}}")), [1]);
        assert_eq!(found(".ci/run", &format!("#!/bin/sh\ncd {HOME}me\n")), [2]);
        assert_eq!(
            found("docs/a.md", &format!("https://example.com{HOME}page and {{base}}{HOME}x\n")),
            Vec::<usize>::new()
        );
    }

    #[test]
    fn manifest_paths_outside_of_the_repository_are_found() {
        let dependency = |path: &str| format!("[package]\nname = \"x\"\n[dependencies]\na = {{ path = \"{path}\" }}\n");
        assert_eq!(found("lib/x/Cargo.toml", &dependency("../../lib")), Vec::<usize>::new());
        assert_eq!(found("lib/x/Cargo.toml", &dependency("../../../other")), [4]);
        assert_eq!(found("lib/x/Cargo.toml", &dependency("/opt/other")), [4]);
    }

    #[test]
    fn included_files_outside_of_the_repository_are_found() {
        for (text, count) in [
            (format!("const X: &str = include_str!(\"{UP}{UP}README.md\");"), 0),
            (format!("const X: &str = include_str!(\"{UP}{UP}{UP}x.md\");"), 1),
            (format!("#[doc = include_str!(\"{UP}{UP}{UP}x.md\")]\nstruct S;"), 1),
            (format!("fn f() {{ vec![include_bytes!(\"{UP}{UP}{UP}x\")] }}"), 1),
            ("include!(\"/etc/x.rs\");".to_owned(), 1),
            ("#[path = \"/etc/x.rs\"]\nmod x;".to_owned(), 1),
            ("include!(concat!(env!(\"OUT_DIR\"), \"/x.rs\"));".to_owned(), 0),
            (format!("const X: &str = include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/{UP}x\"));"), 0),
            (format!("const X: &str = include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/{UP}{UP}x\"));"), 1),
        ] {
            assert_eq!(found("lib/src/a.rs", &text).len(), count, "{text}");
        }
    }

    #[test]
    fn relative_paths_out_of_the_repository_are_found_in_scripts_and_documents() {
        assert_eq!(found("docs/a.md", &format!("[x]({UP}README.md)\n")), Vec::<usize>::new());
        assert_eq!(found("docs/a.md", &format!("[x]({UP}{UP}README.md)\n")), [1]);
        assert_eq!(found("run.sh", &format!("cat {UP}x\n")), [1]);
    }
}

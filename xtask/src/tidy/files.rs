//! The files of the repository, and the Rust files among them as syntax trees. They are read once for all rules.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use proc_macro2::TokenStream;

use crate::Failure;
use crate::tidy::problem::Problem;

/// The size in bytes up to which a generated file is parsed. Larger files are searched as text, because parsing all of
/// them takes many seconds.
const PARSED_GENERATED_BYTES: usize = 64 * 1024;

/// The text files of a repository, by path relative to its root. The separator is `/`.
#[derive(Debug, Default)]
pub(crate) struct Files {
    texts: BTreeMap<String, String>,
    parsed: BTreeMap<String, Parsed>,
    unparsed: Vec<Problem>,
}

/// A Rust file as tokens and as a syntax tree.
#[derive(Debug)]
pub(crate) struct Parsed {
    /// All tokens of the file.
    pub(crate) tokens: TokenStream,
    /// The items of the file.
    pub(crate) syntax: syn::File,
}

impl Files {
    /// Reads all text files of a folder except `.git`, `target` and what a `.gitignore` names.
    pub(crate) fn read(root: &Path) -> Result<Self, Failure> {
        let mut texts = BTreeMap::new();
        let mut pending = vec![String::new()];
        while let Some(folder) = pending.pop() {
            let absolute = root.join(&folder);
            let ignored = Ignored::read(&absolute);
            for entry in fs::read_dir(&absolute).map_err(|error| format!("{}: {error}", absolute.display()))? {
                let entry = entry?;
                let Ok(name) = entry.file_name().into_string() else { continue };
                let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
                let file_type = entry.file_type()?;
                if name == ".git" || name == "target" || ignored.covers(&name) {
                    continue;
                }
                if file_type.is_dir() {
                    pending.push(path);
                } else if file_type.is_file()
                    && let Ok(text) = fs::read_to_string(entry.path())
                {
                    texts.insert(path, text);
                }
            }
        }
        Ok(Self::from_texts(texts))
    }

    /// Parses the Rust files among these texts.
    pub(crate) fn from_texts(texts: BTreeMap<String, String>) -> Self {
        let mut files = Self { texts, ..Self::default() };
        for (path, text) in &files.texts {
            if !path.ends_with(".rs") || (is_generated(text) && text.len() > PARSED_GENERATED_BYTES) {
                continue;
            }
            match parse(text) {
                Ok(parsed) => {
                    files.parsed.insert(path.clone(), parsed);
                }
                Err(error) => files.unparsed.push(Problem {
                    file: path.clone(),
                    line: error.span().start().line.max(1),
                    rule: "syntax",
                    message: format!("the file cannot be parsed: {error}"),
                    fix: "correct the syntax; the other rules skip this file".to_owned(),
                }),
            }
        }
        files
    }

    /// Returns a problem for each file that cannot be parsed.
    pub(crate) fn unparsed(&self) -> &[Problem] {
        &self.unparsed
    }

    /// Returns all paths and texts, sorted by path.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// Returns the files below a folder.
    pub(crate) fn below<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.iter().filter(move |(path, _)| folder.is_empty() || is_below(path, folder))
    }

    /// Returns the text of a file.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.texts.get(path).map(String::as_str)
    }

    /// Returns a Rust file if it was parsed.
    pub(crate) fn parsed(&self, path: &str) -> Option<&Parsed> {
        self.parsed.get(path)
    }

    /// Returns all Rust files that were parsed.
    pub(crate) fn all_parsed(&self) -> impl Iterator<Item = (&str, &Parsed)> {
        self.parsed.iter().map(|(path, parsed)| (path.as_str(), parsed))
    }
}

fn parse(text: &str) -> syn::Result<Parsed> {
    let tokens: TokenStream =
        text.parse().map_err(|error: proc_macro2::LexError| syn::Error::new(error.span(), error))?;
    Ok(Parsed { syntax: syn::parse2(tokens.clone())?, tokens })
}

/// Returns whether the first line of a file marks it as generated.
pub(crate) fn is_generated(text: &str) -> bool {
    text.starts_with("// @generated")
}

/// Returns whether a file is in a folder, at any depth.
pub(crate) fn is_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// Returns a line of Markdown, or of a comment, without the code in backticks.
pub(crate) fn without_code(line: &str) -> String {
    line.split('`').step_by(2).collect::<Vec<_>>().join(" ` ")
}

/// Returns the folder of a file.
pub(crate) fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Converts a path relative to a folder into a path relative to the root. Returns `None` if it is outside of the
/// repository.
pub(crate) fn join(folder: &str, relative: &str) -> Option<String> {
    if relative.starts_with('/') || relative.contains(':') {
        return None;
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(relative.split(['/', '\\'])) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// The entries of a `.gitignore` that apply to its own folder: `/name` and `*ending`.
#[derive(Default)]
struct Ignored {
    names: Vec<String>,
    endings: Vec<String>,
}

impl Ignored {
    fn read(folder: &Path) -> Self {
        let mut ignored = Self::default();
        for line in fs::read_to_string(folder.join(".gitignore")).unwrap_or_default().lines().map(str::trim) {
            if let Some(name) = line.strip_prefix('/') {
                ignored.names.push(name.trim_end_matches('/').to_owned());
            } else if let Some(ending) = line.strip_prefix('*') {
                ignored.endings.push(ending.to_owned());
            }
        }
        ignored
    }

    fn covers(&self, name: &str) -> bool {
        self.names.iter().any(|ignored| ignored == name) || self.endings.iter().any(|ending| name.ends_with(ending))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_outside_of_the_repository_is_none() {
        assert_eq!(join("crates/a", "../../docs/x.md").as_deref(), Some("docs/x.md"));
        assert_eq!(join("crates/a", "../../../x"), None);
        assert_eq!(join("crates/a", "/x"), None);
    }

    #[test]
    fn a_file_that_cannot_be_parsed_is_reported_with_its_line() {
        let files = Files::from_texts(
            [("a.rs".to_owned(), "//! A.\nfn broken( {}\n".to_owned()), ("b.rs".to_owned(), "fn b() {}\n".to_owned())]
                .into(),
        );
        assert_eq!(
            files.unparsed().iter().map(|problem| (problem.file.as_str(), problem.line)).collect::<Vec<_>>(),
            [("a.rs", 2)]
        );
        assert!(files.parsed("b.rs").is_some());
    }

    #[test]
    fn ignored_files_and_build_output_are_not_read() {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in [
            (".gitignore", "/out\n*.new\n"),
            ("out/a.rs", ""),
            ("target/b.rs", ""),
            ("c.snap.new", ""),
            ("src/d.rs", ""),
        ] {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let files = Files::read(folder.path()).unwrap();
        assert_eq!(files.iter().map(|(path, _)| path).collect::<Vec<_>>(), [".gitignore", "src/d.rs"]);
    }
}

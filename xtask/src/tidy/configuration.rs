//! The data file of the rules: what this repository allows.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::Failure;

/// Where the data file is, relative to the root of the repository.
pub(crate) const DATA_FILE: &str = "xtask/tidy.toml";

/// The data file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Configuration {
    /// The file headers.
    #[serde(default)]
    pub(crate) file_headers: FileHeaders,
    /// The paths outside of the repository.
    #[serde(default)]
    pub(crate) outside_paths: OutsidePaths,
    /// The generated names; without it the rule is not checked.
    pub(crate) generated_names: Option<GeneratedNames>,
    /// The lint tables.
    #[serde(default)]
    pub(crate) lint_tables: LintTables,
    /// The oldest Rust that the libraries compile with; without it the rule is not checked.
    pub(crate) minimum_rust: Option<MinimumRust>,
    /// The crates, by package name.
    #[serde(default)]
    pub(crate) crates: BTreeMap<String, CrateRules>,
    /// The replaced words.
    #[serde(default)]
    pub(crate) vocabulary: Vec<ReplacedWords>,
    /// The text of the data file, for the lines of messages about it.
    #[serde(skip)]
    text: String,
}

impl Configuration {
    /// The modules of macros of a crate.
    pub(crate) fn macro_modules(&self, package: &str) -> &[String] {
        self.crates.get(package).map(|rules| rules.macro_modules.as_slice()).unwrap_or_default()
    }

    /// The line of a table such as `crates.xtask`, or of a word in it.
    pub(crate) fn line_of(&self, table: &str, word: &str) -> usize {
        let header = format!("[{table}]");
        let mut lines = (1..).zip(self.text.lines()).skip_while(|(_, line)| line.trim() != header);
        let first = lines.next().map_or(1, |(line, _)| line);
        let quoted = format!("\"{word}\"");
        let mut inside = lines.take_while(|(_, line)| !is_header(line));
        let found = inside
            .find(|(_, line)| line.contains(&quoted) || line.split('=').next().is_some_and(|key| key.trim() == word));
        found.map_or(first, |(line, _)| line)
    }
}

/// Whether a line opens a table. A line of a list can begin with `[` as well, and then goes on behind the closing one.
fn is_header(line: &str) -> bool {
    line.starts_with('[') && line.trim_end().ends_with(']')
}

/// Which files have to open with a `//!` line.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FileHeaders {
    /// The folders whose `.rs` files are checked.
    pub(crate) folders: Vec<String>,
}

/// What no file may refer to.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OutsidePaths {
    /// Top-level folders that are different on every machine.
    #[serde(default)]
    pub(crate) machine_folders: Vec<String>,
    /// Folders beside a clone of the repository.
    #[serde(default)]
    pub(crate) neighbours: Vec<String>,
}

/// Which code may not know which generated names.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GeneratedNames {
    /// The folder with the generated code.
    pub(crate) folder: String,
    /// The crate that the generated code belongs to, as Rust code names it.
    pub(crate) crate_name: String,
    /// The folder with the code that knows none of the names.
    pub(crate) unknown_to: String,
    /// Names that both have by coincidence, each with the reason.
    #[serde(default)]
    pub(crate) coincidences: BTreeMap<String, String>,
}

/// Which packages do without the workspace's lints.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LintTables {
    /// Package names, each with the reason.
    #[serde(default)]
    pub(crate) exempt: BTreeMap<String, String>,
}

/// The oldest Rust that libraries compile with.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MinimumRust {
    /// The Rust version, as in `rust-version`.
    pub(crate) version: String,
    /// The names of the packages.
    pub(crate) libraries: Vec<String>,
}

/// Words that are not to be used, and what to write instead.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReplacedWords {
    /// Words that no name contains as a part, and no prose as a word.
    #[serde(default)]
    pub(crate) words: Vec<String>,
    /// Names that nothing has.
    #[serde(default)]
    pub(crate) names: Vec<String>,
    /// Words and phrases that no prose contains.
    #[serde(default)]
    pub(crate) phrases: Vec<String>,
    /// What to write instead.
    pub(crate) write: String,
    /// Phrases, or sequences of parts of a name, in which the word is right.
    #[serde(default)]
    pub(crate) allowed_with: Vec<String>,
    /// Files and folders in which the word is right.
    #[serde(default)]
    pub(crate) allowed_in: Vec<String>,
}

/// What one crate may import.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CrateRules {
    /// The workspace's crates that it may depend on.
    #[serde(default)]
    pub(crate) depends_on: Vec<String>,
    /// The workspace's crates that only its tests, benchmarks and examples may depend on.
    #[serde(default)]
    pub(crate) tests_depend_on: Vec<String>,
    /// Its top-level modules in layers, the lowest first. A module may import modules of lower layers.
    #[serde(default)]
    pub(crate) layers: Vec<Vec<String>>,
    /// Its top-level modules of macros for other crates, inside which a path may go through the module itself.
    #[serde(default)]
    pub(crate) macro_modules: Vec<String>,
}

/// Reads the data file.
pub(crate) fn read(text: &str) -> Result<Configuration, Failure> {
    let configuration: Configuration = toml::from_str(text).map_err(|error| format!("{DATA_FILE}: {error}"))?;
    Ok(Configuration { text: text.to_owned(), ..configuration })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_is_refused_with_the_name_of_the_file() {
        let error = read("[crates.core]\nlayer = []\n").unwrap_err().to_string();
        assert!(error.starts_with(DATA_FILE) && error.contains("layer"), "{error}");
    }

    #[test]
    fn lines_are_those_of_the_table() {
        let configuration =
            read("[crates.a]\nlayers = [[\"x\"]]\n\n[crates.b]\nlayers = [\n    [\"y\"],\n    [\"x\"],\n]\n[lint_tables.exempt]\nx = \"why\"\n").unwrap();
        let lines =
            [("crates.a", "x"), ("crates.b", "x"), ("crates.b", "z"), ("lint_tables.exempt", "x"), ("crates.c", "x")]
                .map(|(table, word)| configuration.line_of(table, word));
        assert_eq!(lines, [2, 7, 4, 10, 1]);
    }

    #[test]
    fn layers_are_read_lowest_first() {
        let configuration = read("[crates.core]\nlayers = [[\"a\", \"b\"], [\"c\"]]\n").unwrap();
        assert_eq!(configuration.crates["core"].layers, [vec!["a", "b"], vec!["c"]]);
    }
}

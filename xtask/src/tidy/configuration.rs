//! The configuration file of the rules.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::Failure;

/// The path of the configuration file, relative to the root of the repository.
pub(crate) const CONFIGURATION_FILE: &str = "xtask/tidy.toml";

/// The content of the configuration file.
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
    /// The sections of the API; without it the rule is not checked.
    pub(crate) sections: Option<Sections>,
    /// The crates, by package name.
    #[serde(default)]
    pub(crate) crates: BTreeMap<String, CrateRules>,
    /// The replaced words.
    #[serde(default)]
    pub(crate) vocabulary: Vec<ReplacedWords>,
    /// The text of the file, from which messages about the file take their line numbers.
    #[serde(skip)]
    text: String,
}

impl Configuration {
    /// Returns the macro modules of a crate.
    pub(crate) fn macro_modules(&self, package: &str) -> &[String] {
        self.crates.get(package).map(|rules| rules.macro_modules.as_slice()).unwrap_or_default()
    }

    /// Returns the line of a word in a table such as `crates.xtask`. Returns the line of the table's header if the
    /// table does not contain the word, and 1 if there is no such table.
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

/// Returns whether a line is a table header. A line of an array can also start with `[`, but it does not end with `]`.
fn is_header(line: &str) -> bool {
    line.starts_with('[') && line.trim_end().ends_with(']')
}

/// The files that must start with a `//!` line.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FileHeaders {
    /// The folders whose `.rs` files are checked.
    pub(crate) folders: Vec<String>,
}

/// The folders that no file may refer to.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OutsidePaths {
    /// Top-level folders whose content differs between machines.
    #[serde(default)]
    pub(crate) machine_folders: Vec<String>,
    /// Folders next to a clone of the repository.
    #[serde(default)]
    pub(crate) neighbours: Vec<String>,
}

/// The generated names, and the code that must not use them.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GeneratedNames {
    /// The folder with the generated code.
    pub(crate) folder: String,
    /// The crate with the generated code, by its name in Rust code.
    pub(crate) crate_name: String,
    /// The folder with the code that must not use the generated names.
    pub(crate) unknown_to: String,
    /// Names that both use by coincidence, each with the reason.
    #[serde(default)]
    pub(crate) coincidences: BTreeMap<String, String>,
}

/// The packages that do not inherit the workspace's lints.
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

/// The sections of the API, and the places that list them.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sections {
    /// The document with the sections.
    pub(crate) document: String,
    /// Names in the places that are not sections.
    #[serde(default)]
    pub(crate) others: Vec<String>,
    /// The places.
    pub(crate) places: Vec<SectionPlace>,
}

/// A place that lists all sections.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SectionPlace {
    /// The file.
    pub(crate) file: String,
    /// The entry of a section. `SECTION` stands for its name, `TYPE` for its name in types, `OPERATIONS` for the number
    /// of its operations, and `…` at the end for the rest of the line.
    pub(crate) entry: String,
    /// A part of the line that has the entries of all sections. Without it, each entry is a line.
    pub(crate) line: Option<String>,
    /// Whether a line that starts with `## ` is above each entry.
    #[serde(default)]
    pub(crate) described: bool,
}

/// Words that are not to be used, and what to write instead.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReplacedWords {
    /// Words that no name contains as a part, and no prose as a word.
    #[serde(default)]
    pub(crate) words: Vec<String>,
    /// Names that no item, variable or file has.
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
    /// The only files and folders in which the word is replaced; all if empty.
    #[serde(default)]
    pub(crate) only_in: Vec<String>,
}

/// What one crate may depend on and import.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CrateRules {
    /// The workspace's crates that the crate may depend on.
    #[serde(default)]
    pub(crate) depends_on: Vec<String>,
    /// The workspace's crates that only the crate's tests, benchmarks and examples may depend on.
    #[serde(default)]
    pub(crate) tests_depend_on: Vec<String>,
    /// The top-level modules in layers, lowest first. A module may import only modules of lower layers.
    #[serde(default)]
    pub(crate) layers: Vec<Vec<String>>,
    /// The top-level modules with macros for other crates. In such a module, a path may go through the module's own
    /// imports.
    #[serde(default)]
    pub(crate) macro_modules: Vec<String>,
}

/// Parses the configuration file.
pub(crate) fn read(text: &str) -> Result<Configuration, Failure> {
    let configuration: Configuration =
        toml::from_str(text).map_err(|error| format!("{CONFIGURATION_FILE}: {error}"))?;
    Ok(Configuration { text: text.to_owned(), ..configuration })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_is_rejected_and_the_error_names_the_file() {
        let error = read("[crates.core]\nlayer = []\n").unwrap_err().to_string();
        assert!(error.starts_with(CONFIGURATION_FILE) && error.contains("layer"), "{error}");
    }

    #[test]
    fn a_word_is_found_in_its_own_table() {
        let configuration = read(
            "[crates.a]\nlayers = [[\"x\"]]\n\n[crates.b]\nlayers = [\n    [\"y\"],\n    [\"x\"],\n]\n\
                [lint_tables.exempt]\nx = \"why\"\n",
        )
        .unwrap();
        let lines =
            [("crates.a", "x"), ("crates.b", "x"), ("crates.b", "z"), ("lint_tables.exempt", "x"), ("crates.c", "x")]
                .map(|(table, word)| configuration.line_of(table, word));
        // `crates.b` does not contain `z`, and there is no `crates.c`.
        assert_eq!(lines, [2, 7, 4, 10, 1]);
    }

    #[test]
    fn layers_are_read_lowest_first() {
        let configuration = read("[crates.core]\nlayers = [[\"a\", \"b\"], [\"c\"]]\n").unwrap();
        assert_eq!(configuration.crates["core"].layers, [vec!["a", "b"], vec!["c"]]);
    }
}

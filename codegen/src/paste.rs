//! The lines that solve a problem, for corrections.toml or names.toml. A person pastes them, and may choose better
//! values and a better reason.

use std::fmt;

/// Lines that solve a problem, with the place to paste them into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paste {
    /// The file.
    pub file: &'static str,
    /// The table in the file below whose heading the lines belong. `None`: at the end of the file.
    pub table: Option<String>,
    /// The lines.
    pub lines: String,
}

const CORRECTIONS: &str = "openapi/corrections.toml";
const NAMES: &str = "openapi/names.toml";

impl Paste {
    /// Returns an entry of a table of names.toml.
    #[must_use]
    pub fn name(table: &str, key: &str, value: &str) -> Self {
        let lines = format!("{} = {}", toml_key(key), toml_text(value));
        Self { file: NAMES, table: Some(table.to_owned()), lines }
    }

    /// Returns an entry of a table of names.toml that lists several names.
    #[must_use]
    pub fn names(table: &str, key: &str, values: &[String]) -> Self {
        let values: Vec<String> = values.iter().map(|value| toml_text(value)).collect();
        let lines = format!("{} = [{}]", toml_key(key), values.join(", "));
        Self { file: NAMES, table: Some(table.to_owned()), lines }
    }

    /// Returns corrections as text, one after the other.
    #[must_use]
    pub fn corrections(corrections: &[String]) -> Self {
        Self { file: CORRECTIONS, table: None, lines: corrections.join("\n\n") }
    }
}

impl fmt::Display for Paste {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.table {
            Some(table) => write!(f, "paste into {}, below [{table}]:", self.file)?,
            None => write!(f, "paste into {}:", self.file)?,
        }
        for line in self.lines.lines() {
            write!(f, "\n        {line}")?;
        }
        Ok(())
    }
}

/// Returns a text as TOML.
#[must_use]
pub fn toml_text(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// Returns a key as TOML: in quotes if it needs them.
#[must_use]
pub fn toml_key(key: &str) -> String {
    let is_bare = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    if is_bare { key.to_owned() } else { toml_text(key) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_toml() {
        assert_eq!(Paste::name("fields", "A.@type", "kind").lines, "\"A.@type\" = \"kind\"");
        assert_eq!(Paste::name("types", "AB", "it \"is\"").lines, "AB = 'it \"is\"'");
        let names = Paste::names("enums", "Level", &["A.b".to_owned(), "A.c".to_owned()]);
        assert_eq!(names.lines, "Level = [\"A.b\", \"A.c\"]");
    }
}

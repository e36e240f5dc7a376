//! The report of an import: how many changes each rule made, and the outcome of each correction.

use std::fmt;

/// The report of one import.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Each rule with the number of changes that it made, in the order in which the rules ran.
    pub rules: Vec<(&'static str, usize)>,
    /// Entries of names.toml that this document does not use.
    pub unused_names: Vec<String>,
    /// The label and the outcome of each correction.
    pub corrections: Vec<(String, String)>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Rules (number of changes)")?;
        for (rule, count) in &self.rules {
            writeln!(f, "  {count:>6}  {rule}")?;
        }
        writeln!(f, "Corrections")?;
        for (correction, outcome) in &self.corrections {
            writeln!(f, "  {outcome:<8}  {correction}")?;
        }
        if !self.unused_names.is_empty() {
            writeln!(f, "Names that this document does not use: {}", self.unused_names.join(", "))?;
        }
        Ok(())
    }
}

//! The report of an import: how many changes each rule made, and the outcome of each correction.

use std::fmt;

use crate::names::Lexicon;

/// The report of one import.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Each rule with the number of changes that it made, in the order in which the rules ran.
    pub rules: Vec<(&'static str, usize)>,
    /// The content of names.toml with the names of what is new.
    pub names: Lexicon,
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
        Ok(())
    }
}

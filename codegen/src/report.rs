//! What an import did: each rule with how often it applied, each correction with its outcome.

use std::fmt;

/// The account of one import.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Rule and number of places it changed, in the order in which rules ran.
    pub rules: Vec<(&'static str, usize)>,
    /// Entries of names.toml that this document has no use for.
    pub unused_names: Vec<String>,
    /// Correction (its target) and outcome.
    pub corrections: Vec<(String, String)>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Rules (places changed)")?;
        for (rule, count) in &self.rules {
            writeln!(f, "  {count:>6}  {rule}")?;
        }
        writeln!(f, "Corrections")?;
        for (correction, outcome) in &self.corrections {
            writeln!(f, "  {outcome:<8}  {correction}")?;
        }
        if !self.unused_names.is_empty() {
            writeln!(f, "Names this document has no use for: {}", self.unused_names.join(", "))?;
        }
        Ok(())
    }
}

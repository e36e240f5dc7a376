//! The problems that stop an import or a rendering, each with its fix. One run reports all that it finds.

use std::fmt;

/// A problem that a person has to fix before the generator can continue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where: a JSON pointer, an operation (`GET /path (vendorId)`) or the label of a correction.
    pub location: String,
    /// What is wrong there.
    pub message: String,
    /// What to change, and in which file.
    pub fix: String,
}

impl Problem {
    /// Creates a problem.
    pub fn new(location: impl Into<String>, message: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { location: location.into(), message: message.into(), fix: fix.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}\n    fix: {}", self.location, self.message, self.fix)
    }
}

/// All problems of one run. As an error, the list is never empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl Problems {
    /// Adds a problem.
    pub fn add(&mut self, location: impl Into<String>, message: impl Into<String>, fix: impl Into<String>) {
        self.0.push(Problem::new(location, message, fix));
    }

    /// Creates a list with one problem.
    pub fn one(location: impl Into<String>, message: impl Into<String>, fix: impl Into<String>) -> Self {
        Self(vec![Problem::new(location, message, fix)])
    }

    /// Returns `Ok` if the list is empty.
    ///
    /// # Errors
    /// The list itself, if it is not empty.
    pub fn into_result(self) -> Result<(), Self> {
        if self.0.is_empty() { Ok(()) } else { Err(self) }
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.len() {
            1 => writeln!(f, "1 problem:")?,
            n => writeln!(f, "{n} problems:")?,
        }
        for problem in &self.0 {
            writeln!(f, "  {problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

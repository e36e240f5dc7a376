//! What stops an import or a rendering: every decision that a person has to take, in one list.

use std::fmt;

/// One thing that a person has to decide before the generator can go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where: a JSON pointer, an operation (`GET /path (vendorId)`) or the name of a correction.
    pub at: String,
    /// What is wrong there.
    pub what: String,
    /// What to decide, and where to write the decision down.
    pub decide: String,
}

impl Problem {
    /// Says what is wrong at `at` and what to decide.
    pub fn new(at: impl Into<String>, what: impl Into<String>, decide: impl Into<String>) -> Self {
        Self { at: at.into(), what: what.into(), decide: decide.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}\n    decide: {}", self.at, self.what, self.decide)
    }
}

/// All problems of one run. Never empty when it is an error.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl Problems {
    /// Notes one more problem.
    pub fn add(&mut self, at: impl Into<String>, what: impl Into<String>, decide: impl Into<String>) {
        self.0.push(Problem::new(at, what, decide));
    }

    /// An error with one problem.
    pub fn one(at: impl Into<String>, what: impl Into<String>, decide: impl Into<String>) -> Self {
        Self(vec![Problem::new(at, what, decide)])
    }

    /// `Ok` when nothing was noted, the whole list otherwise.
    ///
    /// # Errors
    /// The list itself, when it is not empty.
    pub fn into_result(self) -> Result<(), Self> {
        if self.0.is_empty() { Ok(()) } else { Err(self) }
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.len() {
            1 => writeln!(f, "1 decision is needed:")?,
            n => writeln!(f, "{n} decisions are needed:")?,
        }
        for problem in &self.0 {
            writeln!(f, "  {problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

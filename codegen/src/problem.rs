//! The problems that stop an import or a rendering, each with the lines that solve it. One run reports all that it
//! finds.

use std::fmt;

use crate::paste::Paste;

/// A problem that a person has to solve before the generator can continue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where: a JSON pointer, an operation (`GET /path (vendorId)`) or the label of a correction.
    pub location: String,
    /// What is wrong there.
    pub message: String,
    /// What to do.
    pub fix: String,
    /// The lines that solve the problem. If there are several, each of them solves it, and a person chooses. Empty if
    /// the solution is not an entry in one of the files of decisions.
    pub paste: Vec<Paste>,
}

impl Problem {
    /// Creates a problem without lines to paste.
    pub fn new(location: impl Into<String>, message: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { location: location.into(), message: message.into(), fix: fix.into(), paste: Vec::new() }
    }

    /// Creates the problem that the generator accepted a document that it cannot render. This is an error in the
    /// generator.
    pub fn generator(location: impl Into<String>, message: impl fmt::Display) -> Self {
        Self::new(
            location,
            format!(
                "the generator has an error: it accepted this part of the document, and cannot generate it: {message}"
            ),
            "report the error to the maintainers of the generator, with this message and the version of the document",
        )
    }

    /// Adds the lines that solve the problem.
    #[must_use]
    pub fn with(mut self, paste: impl IntoIterator<Item = Paste>) -> Self {
        for lines in paste {
            if !self.paste.contains(&lines) {
                self.paste.push(lines);
            }
        }
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}\n    fix: {}", self.location, self.message, self.fix)?;
        for (index, paste) in self.paste.iter().enumerate() {
            write!(f, "\n    {}{paste}", if index == 0 { "" } else { "or " })?;
        }
        Ok(())
    }
}

/// All problems of one run. As an error, the list is never empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl Problems {
    /// Adds a problem without lines to paste.
    pub fn add(&mut self, location: impl Into<String>, message: impl Into<String>, fix: impl Into<String>) {
        self.0.push(Problem::new(location, message, fix));
    }

    /// Adds a problem with the lines that solve it.
    pub fn decide(
        &mut self,
        location: impl Into<String>,
        message: impl Into<String>,
        fix: impl Into<String>,
        paste: impl IntoIterator<Item = Paste>,
    ) {
        self.0.push(Problem::new(location, message, fix).with(paste));
    }

    /// Creates a list with one problem.
    pub fn one(location: impl Into<String>, message: impl Into<String>, fix: impl Into<String>) -> Self {
        Self(vec![Problem::new(location, message, fix)])
    }

    /// Creates a list with one error of the generator.
    pub fn generator(location: impl Into<String>, message: impl fmt::Display) -> Self {
        Self(vec![Problem::generator(location, message)])
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_to_paste_are_printed_with_their_file() {
        let problem = Problem::new("GET /a (getA)", "it has two bodies", "choose one")
            .with([Paste::name("arguments", "getA.type[]", "types"), Paste::name("arguments", "getA.type[]", "types")]);
        assert_eq!(
            problem.to_string(),
            "GET /a (getA): it has two bodies\n    fix: choose one\n    \
             paste into openapi/names.toml, below [arguments]:\n        \"getA.type[]\" = \"types\""
        );
        let two = problem.with([Paste::name("arguments", "getA.type", "kind")]);
        assert!(two.to_string().contains("\n    or paste into openapi/names.toml, below [arguments]:\n"), "{two}");
    }
}

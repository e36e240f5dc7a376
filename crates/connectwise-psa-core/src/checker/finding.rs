//! What a check finds: which parameter and field, what is wrong, and what was meant.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use crate::conditions::syntax_error::pointed;
use crate::error::Error;

/// One thing that does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// What kind of thing.
    pub kind: FindingKind,
    /// The parameter: `conditions`, `childConditions`, `customFieldConditions`, `orderBy`, `fields`.
    pub parameter: &'static str,
    /// The field; empty when it is not about one.
    pub field: String,
    /// What is wrong, in words.
    pub message: String,
    /// What was meant, where it is known.
    pub hint: Option<String>,
    /// The bytes of the text that it is about, when the parameter was given as text.
    pub span: Option<Range<usize>>,
    text: Option<Arc<str>>,
}

/// The kinds of findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FindingKind {
    /// The text cannot be read.
    Syntax,
    /// A value cannot be written.
    InvalidLiteral,
    /// The record has no such field.
    UnknownField,
    /// A list, which belongs into `childConditions`.
    List,
    /// No list, which belongs into `conditions`.
    NoList,
    /// A custom field, which belongs into `customFieldConditions`.
    CustomField,
    /// A whole record where one of its members has to stand.
    WholeRecord,
    /// The value or the operator is of another kind than the field.
    WrongKind,
    /// A text that the enum of the field does not list. The server may know more than the description.
    UnknownValue,
    /// An order between values that have none.
    NoOrder,
    /// An operator that the parameter cannot hold.
    Operator,
    /// Parameters that cannot stand together.
    Query,
}

impl Finding {
    pub(super) fn new(
        kind: FindingKind,
        parameter: &'static str,
        field: &str,
        message: String,
        place: Option<(Arc<str>, Range<usize>)>,
    ) -> Self {
        let (text, span) = place.unzip();
        Self { kind, parameter, field: field.to_owned(), message, hint: None, span, text }
    }

    pub(super) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Parameter, message and hint as one line.
    #[must_use]
    pub fn summary(&self) -> String {
        let place = self.span.as_ref().map(|span| format!(" at byte {}", span.start)).unwrap_or_default();
        let hint = self.hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
        format!("{}{place}: {}{hint}", self.parameter, self.message)
    }
}

/// Prints the place in the text with a caret under it.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.parameter, self.message)?;
        if let (Some(text), Some(span)) = (&self.text, &self.span) {
            pointed(text, span, f)?;
        }
        match &self.hint {
            Some(hint) => write!(f, "\nhint: {hint}"),
            None => Ok(()),
        }
    }
}

/// Everything that a check found; at least one finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckError {
    findings: Vec<Finding>,
}

impl CheckError {
    pub(super) fn from_findings(findings: Vec<Finding>) -> Result<(), Self> {
        if findings.is_empty() { Ok(()) } else { Err(Self { findings }) }
    }

    /// What was found, in the order of the text.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }
}

impl fmt::Display for CheckError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, finding) in self.findings.iter().enumerate() {
            write!(f, "{}{finding}", if position == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}

impl std::error::Error for CheckError {}

impl From<CheckError> for Error {
    fn from(error: CheckError) -> Self {
        let summaries: Vec<String> = error.findings.iter().map(Finding::summary).collect();
        Self::invalid_input("query", format!("does not fit: {}", summaries.join("; "))).with_detail(error)
    }
}

//! Findings: what a check reports about a query. Each names the parameter, the field and the problem, and can have a
//! hint.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use crate::conditions::syntax_error::write_snippet;
use crate::error::Error;

/// One problem in a query.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The kind of problem.
    pub kind: FindingKind,
    /// The parameter: `conditions`, `childConditions`, `customFieldConditions`, `orderBy` or `fields`; `query` for
    /// [`FindingKind::Query`].
    pub parameter: &'static str,
    /// The field; empty if the problem does not concern a single field.
    pub field: String,
    /// The problem, as text.
    pub message: String,
    /// The probable correction, if there is one.
    pub hint: Option<String>,
    /// The byte range of the problem in the text, if the parameter was given as text.
    pub span: Option<Range<usize>>,
    text: Option<Arc<str>>,
}

/// The kind of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FindingKind {
    /// The text has a syntax error.
    Syntax,
    /// A typed value cannot be sent, such as a filter with a string that has no literal in the conditions language.
    InvalidLiteral,
    /// The record does not have the field, or the parameter cannot use a field with this path.
    UnknownField,
    /// The field is a list or inside one, and the parameter cannot use it. `childConditions` compares the fields of
    /// list elements.
    List,
    /// The field is not inside a list, so it belongs in `conditions` instead of `childConditions`.
    NotAList,
    /// The field is a custom field. Only `customFieldConditions` compares custom fields.
    CustomField,
    /// The path names a record, a reference or a list of records instead of one of its fields.
    WholeRecord,
    /// The value or the operator does not apply to the type of the field.
    WrongType,
    /// The value is not in the field's enum. The server may accept values that the OpenAPI document does not list.
    UnknownValue,
    /// The values of the field have no order.
    NotOrdered,
    /// The parameter does not support the operator.
    Operator,
    /// Two comparisons of the elements of a list, or of custom fields, cannot both be true for one of them.
    Contradiction,
    /// The parameters cannot be combined, or a paging parameter is out of range.
    Query,
}

impl Finding {
    pub(super) fn new(
        kind: FindingKind,
        parameter: &'static str,
        field: &str,
        message: String,
        source: Option<(Arc<str>, Range<usize>)>,
    ) -> Self {
        let (text, span) = source.unzip();
        Self { kind, parameter, field: field.to_owned(), message, hint: None, span, text }
    }

    pub(super) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Returns the parameter, the position, the message and the hint as one line.
    #[must_use]
    pub fn summary(&self) -> String {
        let position = self.span.as_ref().map(|span| format!(" at byte {}", span.start)).unwrap_or_default();
        let hint = self.hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
        format!("{}{position}: {}{hint}", self.parameter, self.message)
    }
}

/// Prints the message, the line of the text with carets under the span, and the hint.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.parameter, self.message)?;
        if let (Some(text), Some(span)) = (&self.text, &self.span) {
            write_snippet(text, span, f)?;
        }
        match &self.hint {
            Some(hint) => write!(f, "\nhint: {hint}"),
            None => Ok(()),
        }
    }
}

/// The error of a failed check: one or more findings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckError {
    findings: Vec<Finding>,
}

impl CheckError {
    pub(super) fn from_findings(findings: Vec<Finding>) -> Result<(), Self> {
        if findings.is_empty() { Ok(()) } else { Err(Self { findings }) }
    }

    /// Returns the findings, parameter by parameter, in the order of the text.
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
        Self::invalid_input("query", format!("failed the check: {}", summaries.join("; "))).with_detail(error)
    }
}

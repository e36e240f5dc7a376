//! The error of the parsers: the position, what is wrong there, and a hint.

use std::fmt;
use std::ops::Range;

/// An error in the text of a condition, an order or a list of fields.
///
/// `Display` prints several lines, with carets under the position. [`summary`](Self::summary) is one line.
///
/// ```
/// use connectwise_psa_core::conditions::Condition;
///
/// let error = "summary contains printer".parse::<Condition>().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "at byte 17: expected a value, found `printer`\n\
///      \x20 summary contains printer\n\
///      \x20                  ^^^^^^^\n\
///      hint: put text in quotes: \"printer\"",
/// );
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct SyntaxError {
    text: String,
    span: Range<usize>,
    message: String,
    hint: Option<String>,
}

impl SyntaxError {
    pub(crate) fn new(text: &str, span: Range<usize>, message: impl Into<String>) -> Self {
        Self { text: text.to_owned(), span, message: message.into(), hint: None }
    }

    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Returns the byte offset of the error in the text. If the text ends too early, this is its length.
    #[must_use]
    pub fn position(&self) -> usize {
        self.span.start
    }

    /// Returns the byte range of the error in the text. The range is empty at the end of the text.
    #[must_use]
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// Returns what is wrong, without the position and the hint.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Returns how to correct the text, for common mistakes.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// Returns the text that was parsed.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the position, the message and the hint as one line.
    #[must_use]
    pub fn summary(&self) -> String {
        let hint = self.hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
        format!("at byte {}: {}{hint}", self.span.start, self.message)
    }
}

/// Writes two lines: the line of the text that contains the span, and carets under the span.
pub(crate) fn write_snippet(text: &str, span: &Range<usize>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let before = text.get(..span.start).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = text.get(line_start..).unwrap_or_default().split('\n').next().unwrap_or_default();
    let line = line.trim_end_matches('\r');
    // Characters far from the span are cut.
    let on_line = before.get(line_start..).unwrap_or_default();
    let marked = text.get(span.clone()).unwrap_or_default().split('\n').next().unwrap_or_default();
    let after = line.get(on_line.len() + marked.len()..).unwrap_or_default();
    let (head, on_line) = match on_line.char_indices().rev().nth(MAX_CONTEXT - 1) {
        Some((start, _)) if start > 0 => ("…", on_line.get(start..).unwrap_or_default()),
        _ => ("", on_line),
    };
    let (marked, tail) = cut(marked);
    let (after, tail) = if tail.is_empty() { cut(after) } else { ("", tail) };
    let whitespace = |character: char| if character == '\t' { '\t' } else { ' ' };
    let indent: String = head.chars().chain(on_line.chars()).map(whitespace).collect();
    let carets = marked.chars().count().max(1);
    write!(f, "\n  {head}{on_line}{marked}{after}{tail}\n  {indent}{}", "^".repeat(carets))
}

/// The maximum number of characters to show before, in and after a span.
const MAX_CONTEXT: usize = 80;

/// Returns the start of a text, and an ellipsis if the text is longer.
fn cut(text: &str) -> (&str, &'static str) {
    match text.char_indices().nth(MAX_CONTEXT) {
        Some((end, _)) => (text.get(..end).unwrap_or(text), "…"),
        None => (text, ""),
    }
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at byte {}: {}", self.span.start, self.message)?;
        write_snippet(&self.text, &self.span, f)?;
        match &self.hint {
            Some(hint) => write!(f, "\nhint: {hint}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for SyntaxError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_carets_are_under_the_span() {
        let error = SyntaxError::new("ä=1\r\n\tand b !! 2\r\nor c=3", 13..15, "no");
        assert_eq!(error.to_string(), "at byte 13: no\n  \tand b !! 2\n  \t      ^^");
        let long = format!("{}!!{}", "ä".repeat(200), "ö".repeat(200));
        let expected = format!("at byte 400: no\n  …{}!!{}…\n  {}^^", "ä".repeat(80), "ö".repeat(80), " ".repeat(81));
        assert_eq!(SyntaxError::new(&long, 400..402, "no").to_string(), expected);
        assert_eq!(
            SyntaxError::new("a=", 2..2, "no").with_hint("do").to_string(),
            "at byte 2: no\n  a=\n    ^\nhint: do"
        );
        assert_eq!(SyntaxError::new("a=", 2..2, "no").with_hint("do").summary(), "at byte 2: no (do)");
    }
}

//! What is wrong with a text of the language: where, what was expected, and how it is meant to be written.

use std::fmt;
use std::ops::Range;

/// A text that is no condition, order or list of fields.
///
/// It prints as several lines with a caret under the place; [`summary`](Self::summary) is one line.
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
///      hint: text stands in quotes: \"printer\"",
/// );
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct SyntaxError {
    text: String,
    place: Range<usize>,
    message: String,
    hint: Option<String>,
}

impl SyntaxError {
    pub(crate) fn new(text: &str, place: Range<usize>, message: impl Into<String>) -> Self {
        Self { text: text.to_owned(), place, message: message.into(), hint: None }
    }

    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The byte of the text at which it goes wrong; the length of the text when it ends too soon.
    #[must_use]
    pub fn position(&self) -> usize {
        self.place.start
    }

    /// The bytes of the text that are wrong; empty at the end of the text.
    #[must_use]
    pub fn span(&self) -> Range<usize> {
        self.place.clone()
    }

    /// What was expected and what is there.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// How it is meant to be written, for the usual mistakes.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// The text that was read.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Everything but the text and the caret, as one line.
    #[must_use]
    pub fn summary(&self) -> String {
        let hint = self.hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
        format!("at byte {}: {}{hint}", self.place.start, self.message)
    }
}

/// Two lines: the line of the text that holds the place, and carets under it.
pub(crate) fn pointed(text: &str, place: &Range<usize>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let before = text.get(..place.start).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = text.get(line_start..).unwrap_or_default().split('\n').next().unwrap_or_default();
    let line = line.trim_end_matches('\r');
    // What stands far from the place is cut.
    let on_line = before.get(line_start..).unwrap_or_default();
    let wrong = text.get(place.clone()).unwrap_or_default().split('\n').next().unwrap_or_default();
    let behind = line.get(on_line.len() + wrong.len()..).unwrap_or_default();
    let (head, on_line) = match on_line.char_indices().rev().nth(MOST_SHOWN - 1) {
        Some((start, _)) if start > 0 => ("…", on_line.get(start..).unwrap_or_default()),
        _ => ("", on_line),
    };
    let (wrong, tail) = cut(wrong);
    let (behind, tail) = if tail.is_empty() { cut(behind) } else { ("", tail) };
    let blank = |character: char| if character == '\t' { '\t' } else { ' ' };
    let indent: String = head.chars().chain(on_line.chars()).map(blank).collect();
    let carets = wrong.chars().count().max(1);
    write!(f, "\n  {head}{on_line}{wrong}{behind}{tail}\n  {indent}{}", "^".repeat(carets))
}

/// How many characters are shown on each side of a place, and of it.
const MOST_SHOWN: usize = 80;

/// The beginning of a text, and an ellipsis when it goes on.
fn cut(text: &str) -> (&str, &'static str) {
    match text.char_indices().nth(MOST_SHOWN) {
        Some((end, _)) => (text.get(..end).unwrap_or(text), "…"),
        None => (text, ""),
    }
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at byte {}: {}", self.place.start, self.message)?;
        pointed(&self.text, &self.place, f)?;
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
    fn the_caret_stands_under_the_place() {
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

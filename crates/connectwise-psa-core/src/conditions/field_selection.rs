//! `fields`: the fields of the records to read.

use std::fmt;
use std::str::FromStr;

use super::lexer::{Lexer, Token};
use super::order_by::SeenNames;
use super::syntax_error::SyntaxError;
use crate::conditions::field_path::FieldPath;
use crate::error::Error;

/// The fields to read. All other fields of the records are `None`.
///
/// ```
/// use connectwise_psa_core::conditions::FieldSelection;
///
/// let fields: FieldSelection = "id, summary,status/name".parse()?;
/// assert_eq!(fields.to_string(), "id,summary,status/name");
/// # Ok::<(), connectwise_psa_core::conditions::SyntaxError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct FieldSelection(Vec<FieldPath>);

impl FieldSelection {
    /// Creates a selection of fields. Repeated fields count once.
    ///
    /// # Errors
    ///
    /// Fails if there is no field, because the server would return all fields.
    pub fn new(fields: impl IntoIterator<Item = FieldPath>) -> Result<Self, Error> {
        let fields = distinct(fields);
        if fields.is_empty() {
            Err(Error::invalid_input("fields", "lists no fields; the server would return all fields"))
        } else {
            Ok(Self(fields))
        }
    }

    /// Returns the fields.
    #[must_use]
    pub fn fields(&self) -> &[FieldPath] {
        &self.0
    }
}

fn distinct(fields: impl IntoIterator<Item = FieldPath>) -> Vec<FieldPath> {
    let mut seen = SeenNames::default();
    fields.into_iter().filter(|field| seen.is_new(field.as_str())).collect()
}

impl FromStr for FieldSelection {
    type Err = SyntaxError;

    fn from_str(text: &str) -> Result<Self, SyntaxError> {
        let mut lexer = Lexer::new(text);
        let mut fields = Vec::new();
        loop {
            let current = lexer.next()?;
            let Some(field) = current.token.path() else {
                let error = SyntaxError::new(
                    text,
                    current.span,
                    format!("expected a field, found {}", current.token.description()),
                );
                return Err(error.with_hint("separate fields with commas: id,summary,status/name"));
            };
            fields.push(field);
            let next = lexer.next()?;
            match next.token {
                Token::Comma => {}
                Token::End => return Ok(Self(distinct(fields))),
                token => {
                    let error =
                        SyntaxError::new(text, next.span, format!("expected `,`, found {}", token.description()));
                    return Err(error.with_hint("separate fields with commas: id,summary,status/name"));
                }
            }
        }
    }
}

impl fmt::Display for FieldSelection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, field) in self.0.iter().enumerate() {
            write!(f, "{}{field}", if position == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

super::impl_as_text!(FieldSelection);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn valid_selections_are_parsed_and_invalid_ones_rejected() {
        for (text, expected) in [
            ("id", "id"),
            (" id , status/name ", "id,status/name"),
            ("_info/lastUpdated,ID,id", "_info/lastUpdated,ID"),
        ] {
            let fields: FieldSelection = text.parse().unwrap();
            assert_eq!(fields.to_string(), expected);
            assert_eq!(
                serde_json::from_str::<FieldSelection>(&serde_json::to_string(&fields).unwrap()).unwrap(),
                fields
            );
        }
        for (text, position) in [
            ("", 0),
            ("id,", 3),
            ("id summary", 3),
            ("id,,summary", 3),
            ("*", 0),
            ("id,NOT", 3),
            ("status.name", 0),
            ("\"id\"", 0),
        ] {
            assert_eq!(text.parse::<FieldSelection>().unwrap_err().position(), position, "{text}");
        }
        assert!(FieldSelection::new([]).is_err());
    }
}

//! `fields`: which members of the records are read.

use std::fmt;
use std::str::FromStr;

use super::lexer::{Lexer, Token};
use super::order_by::Seen;
use super::syntax_error::SyntaxError;
use crate::conditions::field_path::FieldPath;
use crate::error::Error;

/// The members to read; all others are `None` in what is read.
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
    /// A selection of fields. A field named twice counts once.
    ///
    /// # Errors
    ///
    /// No field at all, which the server would take for all of them.
    pub fn new(fields: impl IntoIterator<Item = FieldPath>) -> Result<Self, Error> {
        let fields = distinct(fields);
        if fields.is_empty() {
            Err(Error::invalid_input("fields", "names no field, which the server takes for all of them"))
        } else {
            Ok(Self(fields))
        }
    }

    /// The fields.
    #[must_use]
    pub fn fields(&self) -> &[FieldPath] {
        &self.0
    }
}

fn distinct(fields: impl IntoIterator<Item = FieldPath>) -> Vec<FieldPath> {
    let mut seen = Seen::default();
    fields.into_iter().filter(|field| seen.is_new(field.as_str())).collect()
}

impl FromStr for FieldSelection {
    type Err = SyntaxError;

    fn from_str(text: &str) -> Result<Self, SyntaxError> {
        let mut lexer = Lexer::new(text);
        let mut fields = Vec::new();
        loop {
            let placed = lexer.next()?;
            let Some(field) = placed.token.path() else {
                let error =
                    SyntaxError::new(text, placed.place, format!("expected a field, found {}", placed.token.shown()));
                return Err(error.with_hint("fields are separated by commas: id,summary,status/name"));
            };
            fields.push(field);
            let next = lexer.next()?;
            match next.token {
                Token::Comma => {}
                Token::End => return Ok(Self(distinct(fields))),
                token => {
                    let error = SyntaxError::new(text, next.place, format!("expected `,`, found {}", token.shown()));
                    return Err(error.with_hint("fields are separated by commas: id,summary,status/name"));
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

super::text_form!(FieldSelection);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selections_and_what_is_none() {
        for (text, written) in [
            ("id", "id"),
            (" id , status/name ", "id,status/name"),
            ("_info/lastUpdated,ID,id", "_info/lastUpdated,ID"),
        ] {
            let fields: FieldSelection = text.parse().unwrap();
            assert_eq!(fields.to_string(), written);
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

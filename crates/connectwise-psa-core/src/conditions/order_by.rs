//! `orderBy`: fields with directions.

use std::collections::HashSet;
use std::fmt;
use std::str::FromStr;

use super::lexer::{Lexer, Token};
use super::syntax_error::SyntaxError;
use crate::conditions::field_path::FieldPath;
use crate::error::Error;

/// The direction of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Direction {
    /// `asc`: smallest or earliest first.
    Ascending,
    /// `desc`: largest or latest first.
    Descending,
}

/// The order of a list: one or more fields, each with a direction.
///
/// ```
/// use connectwise_psa_core::conditions::OrderBy;
///
/// let order: OrderBy = "company/id, summary DESC".parse()?;
/// assert_eq!(order.to_string(), "company/id asc,summary desc");
/// # Ok::<(), connectwise_psa_core::conditions::SyntaxError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct OrderBy(Vec<(FieldPath, Direction)>);

impl OrderBy {
    /// Creates an order from its fields.
    ///
    /// # Errors
    ///
    /// Fails if there is no field or if a field is listed twice. The server's database rejects a repeated field.
    pub fn new(fields: impl IntoIterator<Item = (FieldPath, Direction)>) -> Result<Self, Error> {
        let fields: Vec<_> = fields.into_iter().collect();
        if fields.is_empty() {
            return Err(Error::invalid_input("order", "lists no fields"));
        }
        let mut seen = SeenNames::default();
        match fields.iter().find(|(field, _)| !seen.is_new(field.as_str())) {
            None => Ok(Self(fields)),
            Some((field, _)) => Err(Error::invalid_input("order", format!("lists `{field}` twice"))),
        }
    }

    /// Returns the fields and their directions, the most significant first.
    #[must_use]
    pub fn fields(&self) -> &[(FieldPath, Direction)] {
        &self.0
    }
}

/// The names seen so far, ignoring letter case.
#[derive(Default)]
pub(super) struct SeenNames(HashSet<String>);

impl SeenNames {
    /// Records a name and returns whether it is new.
    pub(super) fn is_new(&mut self, name: &str) -> bool {
        self.0.insert(name.to_ascii_lowercase())
    }
}

impl FromStr for OrderBy {
    type Err = SyntaxError;

    fn from_str(text: &str) -> Result<Self, SyntaxError> {
        let mut lexer = Lexer::new(text);
        let (mut fields, mut seen) = (Vec::new(), SeenNames::default());
        loop {
            let current = lexer.next()?;
            let Some(field) = current.token.path() else {
                let error = SyntaxError::new(
                    text,
                    current.span,
                    format!("expected a field, found {}", current.token.description()),
                );
                return Err(error
                    .with_hint("list fields with `asc` or `desc`, separated by commas: company/id asc,summary desc"));
            };
            if !seen.is_new(field.as_str()) {
                return Err(SyntaxError::new(text, current.span, format!("`{field}` is listed twice")));
            }
            let mut next = lexer.next()?;
            let mut direction = Direction::Ascending;
            if let Token::Word(word) = next.token {
                direction = match word.to_ascii_lowercase().as_str() {
                    "asc" => Direction::Ascending,
                    "desc" => Direction::Descending,
                    _ => {
                        let error =
                            SyntaxError::new(text, next.span, format!("expected `asc`, `desc` or `,`, found `{word}`"));
                        return Err(error.with_hint("the directions are `asc` and `desc`; separate fields with commas"));
                    }
                };
                next = lexer.next()?;
            }
            fields.push((field, direction));
            match next.token {
                Token::Comma => {}
                Token::End => return Ok(Self(fields)),
                token => {
                    return Err(SyntaxError::new(
                        text,
                        next.span,
                        format!("expected `asc`, `desc` or `,`, found {}", token.description()),
                    ));
                }
            }
        }
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ascending => "asc",
            Self::Descending => "desc",
        })
    }
}

impl fmt::Display for OrderBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, (field, direction)) in self.0.iter().enumerate() {
            write!(f, "{}{field} {direction}", if position == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

super::impl_as_text!(OrderBy);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn valid_orders_are_parsed_and_invalid_ones_rejected() {
        for (text, expected) in [
            ("id desc", "id desc"),
            ("id", "id asc"),
            (" contact/name ASC , id Desc", "contact/name asc,id desc"),
            ("desc desc", "desc desc"),
        ] {
            let order: OrderBy = text.parse().unwrap();
            assert_eq!(order.to_string(), expected);
            assert_eq!(expected.parse::<OrderBy>().unwrap(), order);
            assert_eq!(serde_json::from_str::<OrderBy>(&serde_json::to_string(&order).unwrap()).unwrap(), order);
        }
        for (text, position, message) in [
            ("", 0, "expected a field, found end of input"),
            ("not desc", 0, "expected a field, found `not`"),
            ("id,", 3, "expected a field, found end of input"),
            ("-id", 0, "`-id` is not a number"),
            ("id descending", 3, "expected `asc`, `desc` or `,`, found `descending`"),
            ("id desc summary", 8, "expected `asc`, `desc` or `,`, found `summary`"),
            ("id, ID desc", 4, "`ID` is listed twice"),
            ("board.name", 0, "`board.name` is not a field path"),
            ("id; drop", 2, "unexpected character `;`"),
        ] {
            let error = text.parse::<OrderBy>().unwrap_err();
            assert_eq!((error.position(), error.message()), (position, message), "{text}");
        }
        assert!(OrderBy::new([]).unwrap_err().to_string().contains("lists no fields"));
        let id = || (FieldPath::new("id").unwrap(), Direction::Ascending);
        assert!(OrderBy::new([id(), id()]).unwrap_err().to_string().contains("lists `id` twice"));
    }
}

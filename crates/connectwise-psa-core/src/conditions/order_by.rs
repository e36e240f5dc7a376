//! `orderBy`: fields with directions.

use std::collections::HashSet;
use std::fmt;
use std::str::FromStr;

use super::lexer::{Lexer, Token};
use super::syntax_error::SyntaxError;
use crate::conditions::field_path::FieldPath;
use crate::error::Error;

/// Which way a field is ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Direction {
    /// `asc`: least first.
    Ascending,
    /// `desc`: greatest first.
    Descending,
}

/// The order of a list: one field or several, each with a direction.
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
    /// An order from its fields.
    ///
    /// # Errors
    ///
    /// No field at all, and a field named twice, which the database behind the server refuses.
    pub fn new(fields: impl IntoIterator<Item = (FieldPath, Direction)>) -> Result<Self, Error> {
        let fields: Vec<_> = fields.into_iter().collect();
        if fields.is_empty() {
            return Err(Error::invalid_input("order", "names no field"));
        }
        let mut seen = Seen::default();
        match fields.iter().find(|(field, _)| !seen.is_new(field.as_str())) {
            None => Ok(Self(fields)),
            Some((field, _)) => Err(Error::invalid_input("order", format!("names `{field}` twice"))),
        }
    }

    /// The fields and their directions, the most important first.
    #[must_use]
    pub fn fields(&self) -> &[(FieldPath, Direction)] {
        &self.0
    }
}

/// Names that were there before, in any letter case.
#[derive(Default)]
pub(super) struct Seen(HashSet<String>);

impl Seen {
    /// Whether a name is there for the first time.
    pub(super) fn is_new(&mut self, name: &str) -> bool {
        self.0.insert(name.to_ascii_lowercase())
    }
}

impl FromStr for OrderBy {
    type Err = SyntaxError;

    fn from_str(text: &str) -> Result<Self, SyntaxError> {
        let mut lexer = Lexer::new(text);
        let (mut fields, mut seen) = (Vec::new(), Seen::default());
        loop {
            let placed = lexer.next()?;
            let Some(field) = placed.token.path() else {
                let error =
                    SyntaxError::new(text, placed.place, format!("expected a field, found {}", placed.token.shown()));
                return Err(
                    error.with_hint("an order is fields with `asc` or `desc` by comma: company/id asc,summary desc")
                );
            };
            if !seen.is_new(field.as_str()) {
                return Err(SyntaxError::new(text, placed.place, format!("`{field}` is named twice")));
            }
            let mut next = lexer.next()?;
            let mut direction = Direction::Ascending;
            if let Token::Word(word) = next.token {
                direction = match word.to_ascii_lowercase().as_str() {
                    "asc" => Direction::Ascending,
                    "desc" => Direction::Descending,
                    _ => {
                        let error = SyntaxError::new(
                            text,
                            next.place,
                            format!("expected `asc`, `desc` or `,`, found `{word}`"),
                        );
                        return Err(
                            error.with_hint("the directions are `asc` and `desc`; fields are separated by commas")
                        );
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
                        next.place,
                        format!("expected `asc`, `desc` or `,`, found {}", token.shown()),
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

super::text_form!(OrderBy);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_and_what_is_none() {
        for (text, written) in [
            ("id desc", "id desc"),
            ("id", "id asc"),
            (" contact/name ASC , id Desc", "contact/name asc,id desc"),
            ("desc desc", "desc desc"),
        ] {
            let order: OrderBy = text.parse().unwrap();
            assert_eq!(order.to_string(), written);
            assert_eq!(written.parse::<OrderBy>().unwrap(), order);
            assert_eq!(serde_json::from_str::<OrderBy>(&serde_json::to_string(&order).unwrap()).unwrap(), order);
        }
        for (text, position, why) in [
            ("", 0, "expected a field, found the end"),
            ("not desc", 0, "expected a field, found `not`"),
            ("id,", 3, "expected a field, found the end"),
            ("-id", 0, "`-id` is no number"),
            ("id descending", 3, "expected `asc`, `desc` or `,`, found `descending`"),
            ("id desc summary", 8, "expected `asc`, `desc` or `,`, found `summary`"),
            ("id, ID desc", 4, "`ID` is named twice"),
            ("board.name", 0, "`board.name` is no path"),
            ("id; drop", 2, "`;` is not part of the language"),
        ] {
            let error = text.parse::<OrderBy>().unwrap_err();
            assert_eq!((error.position(), error.message()), (position, why), "{text}");
        }
        assert!(OrderBy::new([]).unwrap_err().to_string().contains("names no field"));
        let id = || (FieldPath::new("id").unwrap(), Direction::Ascending);
        assert!(OrderBy::new([id(), id()]).unwrap_err().to_string().contains("names `id` twice"));
    }
}

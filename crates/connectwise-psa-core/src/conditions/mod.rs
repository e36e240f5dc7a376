//! The conditions language: well-formed conditions as values, their text, and their evaluation.
//!
//! ConnectWise documents the language by examples only. Where the examples leave a case open, this library decides:
//!
//! - When text is parsed, `and` binds more tightly than `or`, as in SQL. When a condition that contains both is
//!   printed, it has parentheses, so the server's precedence does not matter.
//! - `not` before a comparison or a group is parsed and stored as the opposite: `not (a=1 or b=2)` becomes
//!   `a!=1 and b!=2`, which gives the same result for null too. The server is known to accept `not` only before
//!   `contains`, `like` and `in`.
//! - Dates without an offset are in UTC.

pub(crate) mod comparison;
pub(crate) mod contradiction;
pub(crate) mod field_path;
pub(crate) mod field_selection;
mod lexer;
pub(crate) mod like;
pub(crate) mod literal;
pub(crate) mod matcher;
pub(crate) mod order_by;
pub(crate) mod parser;
pub(crate) mod syntax_error;

pub use comparison::{Comparison, Operator};
pub use field_path::FieldPath;
pub use field_selection::FieldSelection;
pub use like::LikePattern;
pub use literal::{Literal, LiteralValue};
pub use matcher::{FieldValue, Matcher};
pub use order_by::{Direction, OrderBy};
pub use syntax_error::SyntaxError;

use std::fmt;
use std::ops::{BitAnd, BitOr, Not};
use std::str::FromStr;

/// Implements `Debug`, `Serialize` and `Deserialize` for a type through its text.
macro_rules! impl_as_text {
    ($type:ty) => {
        impl std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(self, f)
            }
        }

        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                // `Cow` borrows the text if the deserializer can.
                let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
use impl_as_text;

/// A condition: a comparison, or several joined with `and` and `or`.
///
/// Build it with typed fields (`Ticket::fields()` of the bindings), from text, or from [`Comparison`]s. It prints and
/// serializes as the text that the server accepts. Text with groups nested more than 256 levels deep is rejected, so a
/// condition built deeper than that cannot be parsed back.
///
/// ```
/// use connectwise_psa_core::conditions::Condition;
///
/// let condition: Condition = "closedFlag = False AND (board/id in (1, 2) or summary LIKE '%down%')".parse()?;
/// assert_eq!(condition.to_string(), r#"closedFlag=false and (board/id in (1,2) or summary like "%down%")"#);
/// assert_eq!((!condition).to_string(), r#"closedFlag!=false or (board/id not in (1,2) and summary not like "%down%")"#);
///
/// let error = "closedFlag == false".parse::<Condition>().unwrap_err();
/// assert_eq!(error.hint(), Some("use a single `=` for equality"));
/// # Ok::<(), connectwise_psa_core::conditions::SyntaxError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Condition(Node);

#[derive(Clone, PartialEq, Eq, Hash)]
enum Node {
    Comparison(Comparison),
    /// At least two conditions, none of them an `And`.
    And(Vec<Condition>),
    /// At least two conditions, none of them an `Or`.
    Or(Vec<Condition>),
}

/// The parts of a [`Condition`].
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum ConditionView<'a> {
    /// One comparison.
    Comparison(&'a Comparison),
    /// At least two conditions, all of which must hold.
    And(&'a [Condition]),
    /// At least two conditions, one of which must hold.
    Or(&'a [Condition]),
}

impl Condition {
    /// Returns the parts of the condition.
    #[must_use]
    pub fn view(&self) -> ConditionView<'_> {
        match &self.0 {
            Node::Comparison(comparison) => ConditionView::Comparison(comparison),
            Node::And(all) => ConditionView::And(all),
            Node::Or(any) => ConditionView::Or(any),
        }
    }

    /// Joins both conditions with `and`.
    #[must_use]
    pub fn and(self, other: impl Into<Self>) -> Self {
        let mut all = self.into_and_parts();
        all.extend(other.into().into_and_parts());
        Self(Node::And(all))
    }

    /// Joins both conditions with `or`.
    #[must_use]
    pub fn or(self, other: impl Into<Self>) -> Self {
        let mut any = self.into_or_parts();
        any.extend(other.into().into_or_parts());
        Self(Node::Or(any))
    }

    /// Returns the opposite: every comparison is replaced by its opposite, `and` by `or`, and `or` by `and`.
    ///
    /// If a field is null, neither a comparison nor its opposite matches, except `= null` and `!= null`: a record
    /// without `a` matches neither `a=1` nor `a!=1`.
    #[must_use]
    #[allow(
        clippy::should_implement_trait,
        reason = "the trait is implemented too, for `!`; the method needs no import"
    )]
    pub fn not(self) -> Self {
        let opposites = |conditions: Vec<Self>| conditions.into_iter().map(Self::not).collect();
        Self(match self.0 {
            Node::Comparison(comparison) => Node::Comparison(comparison.not()),
            Node::And(all) => Node::Or(opposites(all)),
            Node::Or(any) => Node::And(opposites(any)),
        })
    }

    /// Joins conditions with `and`. Returns `None` if there are none.
    #[must_use]
    pub fn all(conditions: impl IntoIterator<Item = Self>) -> Option<Self> {
        conditions.into_iter().reduce(Self::and)
    }

    /// Joins conditions with `or`. Returns `None` if there are none.
    #[must_use]
    pub fn any(conditions: impl IntoIterator<Item = Self>) -> Option<Self> {
        conditions.into_iter().reduce(Self::or)
    }

    /// Returns every comparison, in the order of the text.
    #[must_use]
    pub fn comparisons(&self) -> Vec<&Comparison> {
        fn collect<'a>(condition: &'a Condition, into: &mut Vec<&'a Comparison>) {
            match &condition.0 {
                Node::Comparison(comparison) => into.push(comparison),
                Node::And(conditions) | Node::Or(conditions) => {
                    conditions.iter().for_each(|condition| collect(condition, into))
                }
            }
        }
        let mut comparisons = Vec::new();
        collect(self, &mut comparisons);
        comparisons
    }

    fn into_and_parts(self) -> Vec<Self> {
        match self.0 {
            Node::And(all) => all,
            node => vec![Self(node)],
        }
    }

    fn into_or_parts(self) -> Vec<Self> {
        match self.0 {
            Node::Or(any) => any,
            node => vec![Self(node)],
        }
    }
}

impl From<Comparison> for Condition {
    fn from(comparison: Comparison) -> Self {
        Self(Node::Comparison(comparison))
    }
}

impl From<&Self> for Condition {
    fn from(condition: &Self) -> Self {
        condition.clone()
    }
}

impl BitAnd for Condition {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        self.and(other)
    }
}

impl BitOr for Condition {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        self.or(other)
    }
}

impl Not for Condition {
    type Output = Self;

    fn not(self) -> Self {
        self.not()
    }
}

impl FromStr for Condition {
    type Err = SyntaxError;

    fn from_str(text: &str) -> Result<Self, SyntaxError> {
        parser::parse(text)
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (word, conditions) = match &self.0 {
            Node::Comparison(comparison) => return fmt::Display::fmt(comparison, f),
            Node::And(all) => (" and ", all),
            Node::Or(any) => (" or ", any),
        };
        for (position, condition) in conditions.iter().enumerate() {
            let before = if position == 0 { "" } else { word };
            // A group directly inside a group always has the other connective, so it needs parentheses.
            match condition.0 {
                Node::Comparison(_) => write!(f, "{before}{condition}")?,
                _ => write!(f, "{before}({condition})")?,
            }
        }
        Ok(())
    }
}

impl_as_text!(Condition);

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Condition {
        text.parse().unwrap()
    }

    #[test]
    fn equal_connectives_are_flattened_and_mixed_ones_parenthesised() {
        let (a, b, c) = (parse("a=1"), parse("b=2"), parse("c=3"));
        assert_eq!(a.clone().and(b.clone().and(c.clone())), a.clone().and(b.clone()).and(c.clone()));
        assert_eq!(((a.clone() & b.clone()) | c.clone()).to_string(), "(a=1 and b=2) or c=3");
        assert_eq!((a.clone() & (b.clone() | c.clone())).to_string(), "a=1 and (b=2 or c=3)");
        assert_eq!((!(a.clone() & (b.clone() | c.clone()))).to_string(), "a!=1 or (b!=2 and c!=3)");
        assert_eq!(Condition::all([a.clone(), b.clone(), c.clone()]).unwrap().to_string(), "a=1 and b=2 and c=3");
        assert_eq!(Condition::any([a, b, c]).unwrap().to_string(), "a=1 or b=2 or c=3");
        assert_eq!(Condition::all([]), None);
    }

    #[test]
    fn conditions_are_serialized_as_text() {
        let condition: Condition = serde_json::from_str(r#""a = 'x' or b=[2025-01-01]""#).unwrap();
        assert_eq!(serde_json::to_string(&condition).unwrap(), r#""a=\"x\" or b=[2025-01-01]""#);
        let error = serde_json::from_str::<Condition>(r#""a == 1""#).unwrap_err().to_string();
        assert!(error.contains("use a single `=` for equality"), "{error}");
    }
}

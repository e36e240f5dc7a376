//! Comparisons: a field, an operator and values.

use std::fmt;

use crate::conditions::field_path::FieldPath;
use crate::conditions::literal::{Literal, LiteralValue};
use crate::error::Error;

/// An operator of the conditions language. Each has an opposite; that of a word operator is its `not` form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Operator {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `contains`: the value of the field contains the text.
    Contains,
    /// `not contains`
    NotContains,
    /// `like`: the whole value of the field matches a pattern; see
    /// [`LikePattern`](crate::conditions::like::LikePattern).
    Like,
    /// `not like`
    NotLike,
    /// `in`: the field equals one of a list of values.
    In,
    /// `not in`
    NotIn,
}

impl Operator {
    /// Every operator.
    pub const ALL: [Self; 12] = [
        Self::Equal,
        Self::NotEqual,
        Self::Less,
        Self::LessOrEqual,
        Self::Greater,
        Self::GreaterOrEqual,
        Self::Contains,
        Self::NotContains,
        Self::Like,
        Self::NotLike,
        Self::In,
        Self::NotIn,
    ];

    /// Returns the operator as text.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Contains => "contains",
            Self::NotContains => "not contains",
            Self::Like => "like",
            Self::NotLike => "not like",
            Self::In => "in",
            Self::NotIn => "not in",
        }
    }

    /// Returns the opposite operator: `!=` for `=`. If the field is null, neither of the two matches, except `= null`
    /// and `!= null`.
    #[must_use]
    pub const fn not(self) -> Self {
        match self {
            Self::Equal => Self::NotEqual,
            Self::NotEqual => Self::Equal,
            Self::Less => Self::GreaterOrEqual,
            Self::LessOrEqual => Self::Greater,
            Self::Greater => Self::LessOrEqual,
            Self::GreaterOrEqual => Self::Less,
            Self::Contains => Self::NotContains,
            Self::NotContains => Self::Contains,
            Self::Like => Self::NotLike,
            Self::NotLike => Self::Like,
            Self::In => Self::NotIn,
            Self::NotIn => Self::In,
        }
    }

    /// Returns whether this is one of `<`, `<=`, `>`, `>=`.
    #[must_use]
    pub const fn is_ordering(self) -> bool {
        matches!(self, Self::Less | Self::LessOrEqual | Self::Greater | Self::GreaterOrEqual)
    }

    /// Returns whether this searches in text: `contains`, `like` and their `not` forms.
    #[must_use]
    pub const fn is_textual(self) -> bool {
        matches!(self, Self::Contains | Self::NotContains | Self::Like | Self::NotLike)
    }

    /// Returns whether this takes a list of values: `in` and `not in`.
    #[must_use]
    pub const fn takes_list(self) -> bool {
        matches!(self, Self::In | Self::NotIn)
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// One comparison: `status/name in ("New","Open")`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Comparison {
    field: FieldPath,
    operator: Operator,
    /// At least one value; exactly one unless the operator takes a list.
    values: Vec<Literal>,
}

impl Comparison {
    /// Creates a comparison of a field with one value, or with several for `in` and `not in`.
    ///
    /// # Errors
    ///
    /// Fails for
    ///
    /// - no value, or several values for an operator that takes one;
    /// - null with an operator other than `=` and `!=`;
    /// - `contains` or `like` with a value that is not text;
    /// - `<`, `<=`, `>` or `>=` with text that is a date, which must be a date literal in brackets.
    pub fn new(field: FieldPath, operator: Operator, values: impl IntoIterator<Item = Literal>) -> Result<Self, Error> {
        let name = field.as_str().to_owned();
        Self::try_new(field, operator, values.into_iter().collect())
            .map_err(|reason| Error::invalid_input(name, reason))
    }

    /// Creates a comparison. The error is the reason, which follows the name of the field in the message.
    pub(crate) fn try_new(field: FieldPath, operator: Operator, values: Vec<Literal>) -> Result<Self, String> {
        match value_problem(operator, &values) {
            None => Ok(Self { field, operator, values }),
            Some(reason) => Err(reason),
        }
    }

    /// Returns the field.
    #[must_use]
    pub fn field(&self) -> &FieldPath {
        &self.field
    }

    /// Returns the operator.
    #[must_use]
    pub fn operator(&self) -> Operator {
        self.operator
    }

    /// Returns the values: exactly one, or at least one for `in` and `not in`.
    #[must_use]
    pub fn values(&self) -> &[Literal] {
        &self.values
    }

    pub(crate) fn not(self) -> Self {
        Self { operator: self.operator.not(), ..self }
    }
}

/// Returns why an operator does not accept the values. The reason follows the name of the field in the message.
fn value_problem(operator: Operator, values: &[Literal]) -> Option<String> {
    if values.is_empty() {
        let advice = empty_list_advice(operator).unwrap_or("it takes one value");
        return Some(format!("`{operator}` has no values; {advice}"));
    }
    if values.len() > 1 && !operator.takes_list() {
        return Some(format!("`{operator}` takes one value; use `in` for several"));
    }
    values.iter().find_map(|value| match value.value() {
        LiteralValue::Null if operator == Operator::In => {
            Some("null in the list of `in` matches nothing; add a separate `= null` with `or`".to_owned())
        }
        LiteralValue::Null if operator == Operator::NotIn => Some(
            "null in the list of `not in` makes it match nothing; leave null out, which `not in` never matches"
                .to_owned(),
        ),
        LiteralValue::Null if !matches!(operator, Operator::Equal | Operator::NotEqual) => {
            Some(format!("`{operator}` with null matches nothing; use `= null` or `!= null`"))
        }
        LiteralValue::Text(text) if operator.is_ordering() && Literal::bracketed(text).is_some() => {
            Some(format!("put the date in brackets, not in quotes: [{}]", text.trim()))
        }
        LiteralValue::Text(_) | LiteralValue::Null => None,
        _ if operator.is_textual() => Some(format!("`{operator}` takes text in quotes, not {}", value.type_name())),
        _ => None,
    })
}

/// Returns what to do instead of comparing with an empty list, or `None` if the operator does not take a list.
pub(crate) fn empty_list_advice(operator: Operator) -> Option<&'static str> {
    match operator {
        Operator::In => Some("an empty list matches no record, so do not send the request"),
        Operator::NotIn => Some("an empty list excludes no record, so leave this comparison out"),
        _ => None,
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { field, operator, values } = self;
        if operator.takes_list() {
            write!(f, "{field} {operator} (")?;
            for (position, value) in values.iter().enumerate() {
                write!(f, "{}{value}", if position == 0 { "" } else { "," })?;
            }
            return f.write_str(")");
        }
        let space = if operator.is_textual() { " " } else { "" };
        write!(f, "{field}{space}{operator}{space}")?;
        values.iter().try_for_each(|value| write!(f, "{value}"))
    }
}

impl fmt::Debug for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Literal {
        Literal::text(text).unwrap()
    }

    #[test]
    fn every_operator_prints_and_has_an_opposite() {
        let field = FieldPath::new("a/b").unwrap();
        let printed: Vec<String> = Operator::ALL
            .iter()
            .map(|operator| Comparison::new(field.clone(), *operator, [text("x")]).unwrap().to_string())
            .collect();
        assert_eq!(
            printed,
            [
                "a/b=\"x\"",
                "a/b!=\"x\"",
                "a/b<\"x\"",
                "a/b<=\"x\"",
                "a/b>\"x\"",
                "a/b>=\"x\"",
                "a/b contains \"x\"",
                "a/b not contains \"x\"",
                "a/b like \"x\"",
                "a/b not like \"x\"",
                "a/b in (\"x\")",
                "a/b not in (\"x\")"
            ]
        );
        for operator in Operator::ALL {
            assert_ne!(operator.not(), operator);
            assert_eq!(operator.not().not(), operator);
        }
    }

    #[test]
    fn meaningless_comparisons_are_rejected() {
        let one = Literal::integer(1);
        for (operator, values, expected) in [
            (Operator::In, vec![], "`in` has no values; an empty list matches no record, so do not send the request"),
            (
                Operator::NotIn,
                vec![],
                "`not in` has no values; an empty list excludes no record, so leave this comparison out",
            ),
            (Operator::Equal, vec![], "`=` has no values; it takes one value"),
            (Operator::Equal, vec![one.clone(), one.clone()], "takes one value"),
            (Operator::In, vec![one.clone(), Literal::NULL], "null in the list of `in` matches nothing"),
            (Operator::NotIn, vec![one.clone(), Literal::NULL], "null in the list of `not in` makes it match nothing"),
            (Operator::Greater, vec![Literal::NULL], "`>` with null matches nothing"),
            (Operator::Like, vec![Literal::NULL], "`like` with null matches nothing"),
            (Operator::Contains, vec![one.clone()], "takes text in quotes, not a number"),
            (Operator::Like, vec![Literal::boolean(true)], "takes text in quotes, not a boolean"),
            (
                Operator::GreaterOrEqual,
                vec![text("2025-01-01T00:00:00Z")],
                "put the date in brackets, not in quotes: [2025-01-01T00:00:00Z]",
            ),
        ] {
            let error = Comparison::new(FieldPath::new("x").unwrap(), operator, values).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}

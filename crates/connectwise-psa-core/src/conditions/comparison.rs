//! Comparisons: a field, an operator and what it is held against.

use std::fmt;

use crate::conditions::field_path::FieldPath;
use crate::conditions::literal::{Literal, LiteralValue};
use crate::error::Error;

/// The operators of the language; those with words have a `not` form, those with signs an opposite.
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
    /// `contains`: the text is somewhere inside.
    Contains,
    /// `not contains`
    NotContains,
    /// `like`: the whole text fits a pattern; see [`LikePattern`](crate::conditions::like::LikePattern).
    Like,
    /// `not like`
    NotLike,
    /// `in`: equal to one of a list.
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

    /// How it is written.
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

    /// The operator that holds where this one does not, and that neither of them does for null.
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

    /// Whether it is one of `<`, `<=`, `>`, `>=`.
    #[must_use]
    pub const fn is_ordering(self) -> bool {
        matches!(self, Self::Less | Self::LessOrEqual | Self::Greater | Self::GreaterOrEqual)
    }

    /// Whether it is about parts of texts: `contains`, `like` and their `not` forms.
    #[must_use]
    pub const fn is_textual(self) -> bool {
        matches!(self, Self::Contains | Self::NotContains | Self::Like | Self::NotLike)
    }

    /// Whether it takes a list: `in` and `not in`.
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
    /// At least one; exactly one unless the operator takes a list.
    values: Vec<Literal>,
}

impl Comparison {
    /// A comparison of a field with one value, or with several for `in` and `not in`.
    ///
    /// # Errors
    ///
    /// What cannot mean anything: no value, several for an operator that takes one, null for another operator than `=`
    /// and `!=`, `contains` and `like` of anything but text, and an order after or before text that is a date, which
    /// stands in brackets and not in quotes.
    pub fn new(field: FieldPath, operator: Operator, values: impl IntoIterator<Item = Literal>) -> Result<Self, Error> {
        let name = field.as_str().to_owned();
        Self::try_new(field, operator, values.into_iter().collect()).map_err(|why| Error::invalid_input(name, why))
    }

    /// A comparison, or why there is none; that continues the sentence after the field.
    pub(crate) fn try_new(field: FieldPath, operator: Operator, values: Vec<Literal>) -> Result<Self, String> {
        match misfit(operator, &values) {
            None => Ok(Self { field, operator, values }),
            Some(why) => Err(why),
        }
    }

    /// The field.
    #[must_use]
    pub fn field(&self) -> &FieldPath {
        &self.field
    }

    /// The operator.
    #[must_use]
    pub fn operator(&self) -> Operator {
        self.operator
    }

    /// The values: one, or for `in` and `not in` at least one.
    #[must_use]
    pub fn values(&self) -> &[Literal] {
        &self.values
    }

    pub(crate) fn not(self) -> Self {
        Self { operator: self.operator.not(), ..self }
    }
}

/// Why an operator cannot take the values; continues the sentence after the field.
fn misfit(operator: Operator, values: &[Literal]) -> Option<String> {
    if values.is_empty() {
        return Some(format!("`{operator}` has no values; an empty list fits nothing, so leave the request out"));
    }
    if values.len() > 1 && !operator.takes_list() {
        return Some(format!("`{operator}` takes one value; several are for `in`"));
    }
    values.iter().find_map(|value| match value.value() {
        LiteralValue::Null if operator.takes_list() => {
            Some(format!("null in a list of `{operator}` fits nothing; use `= null` or `!= null` beside it"))
        }
        LiteralValue::Null if !matches!(operator, Operator::Equal | Operator::NotEqual) => {
            Some(format!("`{operator}` null fits nothing; use `= null` or `!= null`"))
        }
        LiteralValue::Text(text) if operator.is_ordering() && Literal::bracketed(text).is_some() => {
            Some(format!("a date stands in brackets, not in quotes: [{}]", text.trim()))
        }
        LiteralValue::Text(_) | LiteralValue::Null => None,
        _ if operator.is_textual() => Some(format!("`{operator}` takes text in quotes, not {}", value.kind())),
        _ => None,
    })
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
        let blank = if operator.is_textual() { " " } else { "" };
        write!(f, "{field}{blank}{operator}{blank}")?;
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
    fn every_operator_is_written_and_has_an_opposite() {
        let field = FieldPath::new("a/b").unwrap();
        let written: Vec<String> = Operator::ALL
            .iter()
            .map(|operator| Comparison::new(field.clone(), *operator, [text("x")]).unwrap().to_string())
            .collect();
        assert_eq!(
            written,
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
    fn what_cannot_mean_anything_is_refused() {
        let one = Literal::integer(1);
        for (operator, values, why) in [
            (Operator::In, vec![], "no values"),
            (Operator::Equal, vec![], "no values"),
            (Operator::Equal, vec![one.clone(), one.clone()], "takes one value"),
            (Operator::In, vec![one.clone(), Literal::NULL], "null in a list"),
            (Operator::Greater, vec![Literal::NULL], "`>` null fits nothing"),
            (Operator::Like, vec![Literal::NULL], "`like` null fits nothing"),
            (Operator::Contains, vec![one.clone()], "takes text in quotes, not a number"),
            (Operator::Like, vec![Literal::boolean(true)], "takes text in quotes, not true or false"),
            (
                Operator::GreaterOrEqual,
                vec![text("2025-01-01T00:00:00Z")],
                "stands in brackets, not in quotes: [2025-01-01T00:00:00Z]",
            ),
        ] {
            let error = Comparison::new(FieldPath::new("x").unwrap(), operator, values).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}

//! The value of a query parameter: a typed value, text to parse, or verbatim text.

use std::fmt::Display;
use std::str::FromStr;

use crate::conditions::Condition;
use crate::conditions::field_selection::FieldSelection;
use crate::conditions::order_by::OrderBy;
use crate::conditions::syntax_error::SyntaxError;
use crate::error::Error;
use crate::fields::filter::Problem;

/// The argument of a setter for conditions, an order or a list of fields.
///
/// Converts from the value itself or an `Option` of it, from text, and from [`Verbatim`] text. `None` and
/// whitespace-only text leave the parameter unset.
#[derive(Clone, Debug)]
pub struct TextOr<T> {
    input: Input<T>,
    /// The text from which the value was parsed.
    source: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
enum Input<T> {
    Unset,
    Value(T),
    Verbatim(String),
    Invalid(Problem),
    SyntaxError(SyntaxError),
}

/// Text that is sent unchanged, for syntax that the server accepts and this library does not know. It must not contain
/// untrusted input.
///
/// ```
/// use connectwise_psa_core::query::{ListQuery, Verbatim};
///
/// let query = ListQuery::new().conditions(Verbatim::new("contact is mine"));
/// assert_eq!(query.pairs(), [("conditions", "contact is mine".to_owned())]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verbatim(String);

impl Verbatim {
    /// Creates text to send unchanged. Whitespace-only text leaves the parameter unset.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

/// Compares the values to send, not their source text.
impl<T: PartialEq> PartialEq for TextOr<T> {
    fn eq(&self, other: &Self) -> bool {
        self.input == other.input
    }
}

impl<T> Default for TextOr<T> {
    fn default() -> Self {
        Self::from_input(Input::Unset)
    }
}

impl<T> TextOr<T> {
    const fn from_input(input: Input<T>) -> Self {
        Self { input, source: None }
    }

    pub(crate) fn from_result(value: Result<T, Problem>) -> Self {
        Self::from_input(match value {
            Ok(value) => Input::Value(value),
            Err(problem) => Input::Invalid(problem),
        })
    }

    /// Returns the text from which the value was parsed, or `None` if it was not text.
    pub(crate) fn source(&self) -> Option<&str> {
        self.source.as_deref()
    }

    pub(crate) fn syntax_error(&self) -> Option<&SyntaxError> {
        match &self.input {
            Input::SyntaxError(error) => Some(error),
            _ => None,
        }
    }

    pub(crate) fn value(&self) -> Option<&T> {
        match &self.input {
            Input::Value(value) => Some(value),
            _ => None,
        }
    }

    pub(crate) fn is_set(&self) -> bool {
        !matches!(self.input, Input::Unset)
    }

    /// Returns an invalid-input error if the input cannot be sent.
    pub(crate) fn check(&self, name: &str) -> Result<(), Error> {
        match &self.input {
            Input::Invalid(problem) => Err(problem.clone().error()),
            Input::SyntaxError(error) => {
                let text = crate::conditions::literal::excerpt(error.text());
                let message = format!("has a syntax error {}: {text}", error.summary());
                Err(Error::invalid_input(name, message).with_detail(error.clone()))
            }
            _ => Ok(()),
        }
    }
}

impl<T: Display> TextOr<T> {
    /// Returns the text to send, or `None` if there is none.
    pub(crate) fn text(&self) -> Option<String> {
        match &self.input {
            Input::Value(value) => Some(value.to_string()),
            Input::Verbatim(text) => Some(text.clone()),
            _ => None,
        }
    }
}

impl<T: FromStr<Err = SyntaxError>> TextOr<T> {
    fn parse(text: &str) -> Self {
        let input = match text.trim() {
            "" => Input::Unset,
            text => text.parse().map_or_else(Input::SyntaxError, Input::Value),
        };
        Self { input, source: Some(text.trim().to_owned()) }
    }
}

impl TextOr<Condition> {
    /// Joins another condition with `and`.
    pub(crate) fn narrow(&mut self, name: &str, more: Self) {
        let before = std::mem::take(self);
        *self = match (before.input, more.input) {
            (input, Input::Unset) => Self { input, source: before.source },
            (Input::Unset, input) => Self { input, source: more.source },
            (input @ (Input::Invalid(_) | Input::SyntaxError(_)), _)
            | (_, input @ (Input::Invalid(_) | Input::SyntaxError(_))) => Self { input, source: None },
            (Input::Value(before), Input::Value(more)) => Self::from_input(Input::Value(before.and(more))),
            (Input::Verbatim(_), _) | (_, Input::Verbatim(_)) => Self::from_input(Input::Invalid(Problem {
                name: name.to_owned(),
                message:
                    "contains verbatim text, to which a filter cannot be added; write the filter as part of that text"
                        .to_owned(),
            })),
        };
    }
}

macro_rules! inputs {
    ($($type:ty)*) => {
        $(
            impl From<$type> for TextOr<$type> {
                fn from(value: $type) -> Self {
                    Self::from_input(Input::Value(value))
                }
            }

            impl From<&$type> for TextOr<$type> {
                fn from(value: &$type) -> Self {
                    Self::from_input(Input::Value(value.clone()))
                }
            }

            impl From<&str> for TextOr<$type> {
                fn from(text: &str) -> Self {
                    Self::parse(text)
                }
            }

            impl From<String> for TextOr<$type> {
                fn from(text: String) -> Self {
                    Self::parse(&text)
                }
            }

            impl From<&String> for TextOr<$type> {
                fn from(text: &String) -> Self {
                    Self::parse(text)
                }
            }

            impl From<Verbatim> for TextOr<$type> {
                fn from(text: Verbatim) -> Self {
                    Self::from_input(if text.0.trim().is_empty() { Input::Unset } else { Input::Verbatim(text.0) })
                }
            }

            impl From<Option<$type>> for TextOr<$type> {
                fn from(value: Option<$type>) -> Self {
                    Self::from_input(value.map_or(Input::Unset, Input::Value))
                }
            }
        )*
    };
}

inputs!(Condition OrderBy FieldSelection);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::reference::Reference;
    use crate::query::list_query::ListQuery;

    fn sent(query: &ListQuery) -> Vec<(&'static str, String)> {
        query.check().unwrap();
        query.pairs()
    }

    #[test]
    fn setters_accept_every_type_of_input() {
        let condition: Condition = "a=1".parse().unwrap();
        let expected = [("conditions", "a=1".to_owned())];
        let query = ListQuery::new;
        let owned = "a = 1".to_owned();
        for query in [
            query().conditions(&condition),
            query().conditions(Some(condition.clone())),
            query().conditions(condition),
            query().conditions("A = 1"),
            query().conditions(" a = 1 ".to_owned()),
            query().conditions(&owned),
            query().conditions(Verbatim::new("a=1")),
        ] {
            assert!(sent(&query)[0].1.eq_ignore_ascii_case(&expected[0].1), "{query:?}");
        }
        for unset in [
            query().conditions("  "),
            query().conditions(None),
            query().conditions(Verbatim::new("")),
            query().conditions("a=1").conditions(""),
        ] {
            assert_eq!(unset, query());
        }
    }

    #[test]
    fn errors_name_the_parameter() {
        for (query, expected) in [
            (
                ListQuery::new().conditions("a == 1"),
                "conditions has a syntax error at byte 2: `==` is not an operator (use a single `=` for equality): \
                 \"a == 1\"",
            ),
            (ListQuery::new().child_conditions("a"), "childConditions has a syntax error at byte 1"),
            (ListQuery::new().child_conditions("a/b in (1,2)"), "childConditions cannot contain `in`"),
            (
                ListQuery::new().custom_field_conditions("caption not in ('x')"),
                "customFieldConditions cannot contain `not in`, which works only in `conditions`; write caption!=… and \
                 caption!=…",
            ),
            (
                ListQuery::new().custom_field_conditions("caption='A' and value=1 and caption='B' and value=2"),
                "customFieldConditions matches no record: `caption=\"A\"` and `caption=\"B\"` cannot both be true for one \
                 custom field; join the two with `or`",
            ),
            (
                ListQuery::new().child_conditions("types/id=4 and types/id=7"),
                "childConditions matches no record: `types/id=4` and `types/id=7` cannot both be true for one list \
                 element",
            ),
            (ListQuery::new().order_by("id descending"), "orderBy has a syntax error at byte 3"),
            (ListQuery::new().fields("id summary"), "fields has a syntax error at byte 3"),
        ] {
            let error = query.check().unwrap_err();
            assert!(error.is_invalid_input() && error.to_string().contains(expected), "{error}");
            assert!(query.pairs().iter().all(|(_, text)| !text.contains("==")));
        }
        let source = ListQuery::new().conditions("a == 1").check().unwrap_err();
        assert!(source.detail::<SyntaxError>().unwrap().to_string().contains("\n  a == 1\n    ^^"));
        assert!(std::error::Error::source(&source).is_none(), "a source would print the message twice");
    }

    #[test]
    fn filters_are_joined_with_and() {
        let of = crate::query::filters::to_parameter::<Reference>;
        let filter = |id: i64| of(crate::fields::record::Fields::<Reference>::new().id().eq(id));
        let mut input = TextOr::from("name='x' or name='y'");
        input.narrow("conditions", TextOr::default());
        input.narrow("conditions", filter(5));
        assert_eq!(input.text().unwrap(), "(name=\"x\" or name=\"y\") and id=5");
        input.narrow("conditions", of(crate::fields::record::Fields::<Reference>::new().name().eq("a\"'")));
        input.narrow("conditions", filter(6));
        let error = input.check("conditions").unwrap_err().to_string();
        assert!(
            error.contains("name cannot be compared with \"a\\\"'\": it contains both single and double quotes"),
            "{error}"
        );
        let mut verbatim = TextOr::<Condition>::from(Verbatim::new("x"));
        verbatim.narrow("conditions", filter(5));
        assert!(verbatim.check("conditions").unwrap_err().to_string().contains("conditions contains verbatim text"));
    }
}

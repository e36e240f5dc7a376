//! A parameter of a query as callers give it: a value, text that is read first, or text to be sent as it is.

use std::fmt::Display;
use std::str::FromStr;

use crate::conditions::Condition;
use crate::conditions::field_selection::FieldSelection;
use crate::conditions::order_by::OrderBy;
use crate::conditions::syntax_error::SyntaxError;
use crate::error::Error;
use crate::fields::filter::Problem;

/// Conditions, an order or a list of fields, however given; every setter of a query takes one.
///
/// Made from the value itself, from text, or from [`Verbatim`] text. Blank text is nothing.
#[derive(Clone, Debug)]
pub struct TextOr<T> {
    given: Given<T>,
    /// The text that a value was read from.
    source: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
enum Given<T> {
    Nothing,
    Value(T),
    Verbatim(String),
    Wrong(Problem),
    /// Text that cannot be read.
    Misspelt(SyntaxError),
}

/// Text that is sent as it is, for what the server takes and this library does not know. It must not hold what a
/// stranger has written.
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
    /// Text to send as it is. Blank text is nothing.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

/// By what is sent, however it was given.
impl<T: PartialEq> PartialEq for TextOr<T> {
    fn eq(&self, other: &Self) -> bool {
        self.given == other.given
    }
}

impl<T> Default for TextOr<T> {
    fn default() -> Self {
        Self::given(Given::Nothing)
    }
}

impl<T> TextOr<T> {
    const fn given(given: Given<T>) -> Self {
        Self { given, source: None }
    }

    pub(crate) fn from_result(value: Result<T, Problem>) -> Self {
        Self::given(match value {
            Ok(value) => Given::Value(value),
            Err(problem) => Given::Wrong(problem),
        })
    }

    /// The text that the value was read from; none when it was no text.
    pub(crate) fn source(&self) -> Option<&str> {
        self.source.as_deref()
    }

    pub(crate) fn syntax_error(&self) -> Option<&SyntaxError> {
        match &self.given {
            Given::Misspelt(error) => Some(error),
            _ => None,
        }
    }

    pub(crate) fn value(&self) -> Option<&T> {
        match &self.given {
            Given::Value(value) => Some(value),
            _ => None,
        }
    }

    pub(crate) fn is_set(&self) -> bool {
        !matches!(self.given, Given::Nothing)
    }

    /// Why it cannot be sent.
    pub(crate) fn check(&self, name: &str) -> Result<(), Error> {
        match &self.given {
            Given::Wrong(problem) => Err(problem.clone().error()),
            Given::Misspelt(error) => {
                let message =
                    format!("cannot be read {}: {}", error.summary(), crate::conditions::literal::shown(error.text()));
                Err(Error::invalid_input(name, message).with_detail(error.clone()))
            }
            _ => Ok(()),
        }
    }
}

impl<T: Display> TextOr<T> {
    /// The text that is sent; none when there is nothing to send.
    pub(crate) fn text(&self) -> Option<String> {
        match &self.given {
            Given::Value(value) => Some(value.to_string()),
            Given::Verbatim(text) => Some(text.clone()),
            _ => None,
        }
    }
}

impl<T: FromStr<Err = SyntaxError>> TextOr<T> {
    fn read(text: &str) -> Self {
        let given = match text.trim() {
            "" => Given::Nothing,
            text => text.parse().map_or_else(Given::Misspelt, Given::Value),
        };
        Self { given, source: Some(text.trim().to_owned()) }
    }
}

impl TextOr<Condition> {
    /// Adds a condition that has to hold too.
    pub(crate) fn narrow(&mut self, name: &str, more: Self) {
        let before = std::mem::take(self);
        *self = match (before.given, more.given) {
            (given, Given::Nothing) => Self { given, source: before.source },
            (Given::Nothing, given) => Self { given, source: more.source },
            (given @ (Given::Wrong(_) | Given::Misspelt(_)), _)
            | (_, given @ (Given::Wrong(_) | Given::Misspelt(_))) => Self { given, source: None },
            (Given::Value(before), Given::Value(more)) => Self::given(Given::Value(before.and(more))),
            (Given::Verbatim(_), _) | (_, Given::Verbatim(_)) => Self::given(Given::Wrong(Problem {
                name: name.to_owned(),
                message: "were given as text that is not read, which a filter cannot be added to".to_owned(),
            })),
        };
    }
}

macro_rules! inputs {
    ($($type:ty)*) => {
        $(
            impl From<$type> for TextOr<$type> {
                fn from(value: $type) -> Self {
                    Self::given(Given::Value(value))
                }
            }

            impl From<&$type> for TextOr<$type> {
                fn from(value: &$type) -> Self {
                    Self::given(Given::Value(value.clone()))
                }
            }

            impl From<&str> for TextOr<$type> {
                fn from(text: &str) -> Self {
                    Self::read(text)
                }
            }

            impl From<String> for TextOr<$type> {
                fn from(text: String) -> Self {
                    Self::read(&text)
                }
            }

            impl From<&String> for TextOr<$type> {
                fn from(text: &String) -> Self {
                    Self::read(text)
                }
            }

            impl From<Verbatim> for TextOr<$type> {
                fn from(text: Verbatim) -> Self {
                    Self::given(if text.0.trim().is_empty() { Given::Nothing } else { Given::Verbatim(text.0) })
                }
            }

            impl From<Option<$type>> for TextOr<$type> {
                fn from(value: Option<$type>) -> Self {
                    Self::given(value.map_or(Given::Nothing, Given::Value))
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
    fn every_form_is_taken() {
        let condition: Condition = "a=1".parse().unwrap();
        let expected = [("conditions", "a=1".to_owned())];
        let query = ListQuery::new;
        let owned = "a = 1".to_owned();
        for given in [
            query().conditions(&condition),
            query().conditions(Some(condition.clone())),
            query().conditions(condition),
            query().conditions("A = 1"),
            query().conditions(" a = 1 ".to_owned()),
            query().conditions(&owned),
            query().conditions(Verbatim::new("a=1")),
        ] {
            assert!(sent(&given)[0].1.eq_ignore_ascii_case(&expected[0].1), "{given:?}");
        }
        for nothing in [
            query().conditions("  "),
            query().conditions(None),
            query().conditions(Verbatim::new("")),
            query().conditions("a=1").conditions(""),
        ] {
            assert_eq!(nothing, query());
        }
    }

    #[test]
    fn what_cannot_be_sent_names_the_parameter() {
        for (query, expected) in [
            (
                ListQuery::new().conditions("a == 1"),
                "conditions cannot be read at byte 2: `==` is no operator (equality is one `=`): \"a == 1\"",
            ),
            (ListQuery::new().child_conditions("a"), "childConditions cannot be read at byte 1"),
            (ListQuery::new().child_conditions("a/b in (1,2)"), "childConditions cannot hold `in`"),
            (
                ListQuery::new().custom_field_conditions("caption not in ('x')"),
                "customFieldConditions cannot hold `in`",
            ),
            (ListQuery::new().order_by("id descending"), "orderBy cannot be read at byte 3"),
            (ListQuery::new().fields("id summary"), "fields cannot be read at byte 3"),
        ] {
            let error = query.check().unwrap_err();
            assert!(error.is_invalid_input() && error.to_string().contains(expected), "{error}");
            assert!(query.pairs().iter().all(|(_, text)| !text.contains("==")));
        }
        let source = ListQuery::new().conditions("a == 1").check().unwrap_err();
        assert!(source.detail::<SyntaxError>().unwrap().to_string().contains("\n  a == 1\n    ^^"));
        assert!(std::error::Error::source(&source).is_none(), "a chain would print it twice");
    }

    #[test]
    fn filters_narrow() {
        let of = |filter: crate::fields::filter::Filter<Reference>| TextOr::from_result(filter.into_result());
        let filter = |id: i64| of(crate::fields::record::Fields::<Reference>::new().id().eq(id));
        let mut input = TextOr::from("name='x' or name='y'");
        input.narrow("conditions", TextOr::default());
        input.narrow("conditions", filter(5));
        assert_eq!(input.text().unwrap(), "(name=\"x\" or name=\"y\") and id=5");
        input.narrow("conditions", of(crate::fields::record::Fields::<Reference>::new().name().eq("a\"'")));
        input.narrow("conditions", filter(6));
        let error = input.check("conditions").unwrap_err().to_string();
        assert!(error.contains("name cannot be compared with \"a\\\"'\": it holds both kinds of quotes"), "{error}");
        let mut unread = TextOr::<Condition>::from(Verbatim::new("x"));
        unread.narrow("conditions", filter(5));
        assert!(unread.check("conditions").unwrap_err().to_string().contains("conditions were given as text"));
    }
}

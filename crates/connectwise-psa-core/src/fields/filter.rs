//! Conditions built from typed fields.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{BitAnd, BitAndAssign, BitOr, BitOrAssign, Not};

use crate::conditions::Condition;
use crate::error::Error;
use crate::fields::record::HasFields;

/// A condition built from typed fields: `Filter<Ticket>` for `conditions`, `Filter<Children<Contact>>` for
/// `childConditions`, `Filter<CustomFields<Ticket>>` for `customFieldConditions`.
///
/// Join filters with `&` and `|`, or with [`and`](Self::and) and [`or`](Self::or). Negate a filter on the record itself
/// with `!` or [`not`](Self::not). A filter on list elements or custom fields cannot be negated: the opposite of "one
/// element has" is "no element has", which the conditions language cannot express.
///
/// If a comparison cannot be built, for example because a string contains a line break, the filter keeps the error, and
/// the call fails before it sends anything.
///
/// An empty list has no condition: `not_in([])` matches every record, and `is_in([])` none. `a & not_in([])` and
/// `a | is_in([])` are `a`. A filter that matches every record sends no condition. A filter that matches no record makes
/// the call fail.
#[must_use = "a filter does nothing until a list takes it"]
pub struct Filter<S> {
    matching: Result<Matching, Problem>,
    scope: PhantomData<fn() -> S>,
}

/// The records that a filter matches.
#[derive(Clone)]
pub(crate) enum Matching {
    /// Those that match a condition.
    Condition(Condition),
    /// Every record, because the field with this name is compared with an empty list.
    All(String),
    /// No record, because the field with this name is compared with an empty list.
    None(String),
}

impl Matching {
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Condition(one), Self::Condition(other)) => Self::Condition(one.and(other)),
            (Self::None(field), _) | (_, Self::None(field)) => Self::None(field),
            (Self::All(_), matching) | (matching, Self::All(_)) => matching,
        }
    }

    fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Condition(one), Self::Condition(other)) => Self::Condition(one.or(other)),
            (Self::All(field), _) | (_, Self::All(field)) => Self::All(field),
            (Self::None(_), matching) | (matching, Self::None(_)) => matching,
        }
    }

    fn not(self) -> Self {
        match self {
            Self::Condition(condition) => Self::Condition(condition.not()),
            Self::All(field) => Self::None(field),
            Self::None(field) => Self::All(field),
        }
    }

    /// Returns the condition to send; `None` if every record matches. If no record matches, that is a problem.
    fn into_condition(self) -> Result<Option<Condition>, Problem> {
        match self {
            Self::Condition(condition) => Ok(Some(condition)),
            Self::All(_) => Ok(None),
            Self::None(name) => Err(Problem {
                name,
                message: "is compared with an empty list, so no record matches; do not send the request".to_owned(),
            }),
        }
    }
}

/// Why a filter, an order or a selection cannot be built. The message continues the sentence after the name, which is a
/// field, a parameter, or `sort` or `select`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Problem {
    pub(crate) name: String,
    pub(crate) message: String,
}

impl Problem {
    pub(crate) fn error(self) -> Error {
        Error::invalid_input(self.name, self.message)
    }
}

impl<S> Filter<S> {
    pub(crate) fn from_result(matching: Result<Matching, Problem>) -> Self {
        Self { matching, scope: PhantomData }
    }

    /// Joins both filters with `and`.
    pub fn and(self, other: Self) -> Self {
        Self::from_result(self.matching.and_then(|matching| Ok(matching.and(other.matching?))))
    }

    /// Joins both filters with `or`.
    pub fn or(self, other: Self) -> Self {
        Self::from_result(self.matching.and_then(|matching| Ok(matching.or(other.matching?))))
    }

    /// Returns the opposite: every comparison is replaced by its opposite, `and` by `or`, and `or` by `and`.
    ///
    /// If a field is null, neither a comparison nor its opposite matches, except `= null` and `!= null`.
    #[allow(
        clippy::should_implement_trait,
        reason = "the trait is implemented too, for `!`; the method needs no import"
    )]
    pub fn not(self) -> Self
    where
        S: HasFields,
    {
        Self::from_result(self.matching.map(Matching::not))
    }

    /// Joins filters with `and`. Returns `None` if there are none.
    #[must_use]
    pub fn all(filters: impl IntoIterator<Item = Self>) -> Option<Self> {
        filters.into_iter().reduce(Self::and)
    }

    /// Joins filters with `or`. Returns `None` if there are none.
    #[must_use]
    pub fn any(filters: impl IntoIterator<Item = Self>) -> Option<Self> {
        filters.into_iter().reduce(Self::or)
    }

    /// Returns the condition; `None` if the filter matches every record. It prints as the text that is sent.
    ///
    /// # Errors
    ///
    /// Returns an invalid-input error that names the field of the first comparison that cannot be built, or of an empty
    /// list that no record matches.
    pub fn condition(&self) -> Result<Option<Condition>, Error> {
        self.clone().into_result().map_err(Problem::error)
    }

    /// Moves the filter out. The caller overwrites the placeholder that remains.
    fn take(&mut self) -> Self {
        let placeholder = Err(Problem { name: String::new(), message: String::new() });
        Self::from_result(std::mem::replace(&mut self.matching, placeholder))
    }

    pub(crate) fn into_result(self) -> Result<Option<Condition>, Problem> {
        self.matching?.into_condition()
    }
}

/// A return type for the closures of `filter`, `filter_children` and `filter_custom_fields`: a filter, or an `Option`
/// of one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a filter",
    note = "compare fields with `.eq(…)`, `.gt(…)` and so on instead of `==` and `>`, \
            and join comparisons with `&` and `|` instead of `&&` and `||`"
)]
pub trait IntoFilter<S> {
    /// Returns the filter. `None` keeps every record.
    fn into_filter(self) -> Option<Filter<S>>;
}

impl<S> IntoFilter<S> for Filter<S> {
    fn into_filter(self) -> Option<Filter<S>> {
        Some(self)
    }
}

impl<S> IntoFilter<S> for Option<Filter<S>> {
    fn into_filter(self) -> Option<Filter<S>> {
        self
    }
}

/// Converts a condition, such as one from a configuration file, to join it with typed filters. Its fields are not
/// checked.
impl<S> From<Condition> for Filter<S> {
    fn from(condition: Condition) -> Self {
        Self::from_result(Ok(Matching::Condition(condition)))
    }
}

impl<S> Clone for Filter<S> {
    fn clone(&self) -> Self {
        Self::from_result(self.matching.clone())
    }
}

impl<S> fmt::Debug for Filter<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.matching {
            Ok(Matching::Condition(condition)) => write!(f, "Filter({condition})"),
            Ok(Matching::All(_)) => f.write_str("Filter(every record)"),
            Ok(Matching::None(_)) => f.write_str("Filter(no record)"),
            Err(problem) => write!(f, "Filter({}: {})", problem.name, problem.message),
        }
    }
}

impl<S> BitAnd for Filter<S> {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        self.and(other)
    }
}

impl<S> BitOr for Filter<S> {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        self.or(other)
    }
}

impl<S> BitAndAssign for Filter<S> {
    fn bitand_assign(&mut self, other: Self) {
        *self = self.take().and(other);
    }
}

impl<S> BitOrAssign for Filter<S> {
    fn bitor_assign(&mut self, other: Self) {
        *self = self.take().or(other);
    }
}

impl<S: HasFields> Not for Filter<S> {
    type Output = Self;

    fn not(self) -> Self {
        self.not()
    }
}

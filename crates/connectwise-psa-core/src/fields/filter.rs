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
/// If a comparison cannot be built, for example because a string contains a line break or a list is empty, the filter
/// keeps the error, and the call fails before it sends anything.
#[must_use = "a filter does nothing until a list takes it"]
pub struct Filter<S> {
    condition: Result<Condition, Problem>,
    scope: PhantomData<fn() -> S>,
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
    pub(crate) fn from_result(condition: Result<Condition, Problem>) -> Self {
        Self { condition, scope: PhantomData }
    }

    /// Joins both filters with `and`.
    pub fn and(self, other: Self) -> Self {
        Self::from_result(self.condition.and_then(|condition| Ok(condition.and(other.condition?))))
    }

    /// Joins both filters with `or`.
    pub fn or(self, other: Self) -> Self {
        Self::from_result(self.condition.and_then(|condition| Ok(condition.or(other.condition?))))
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
        Self::from_result(self.condition.map(Condition::not))
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

    /// Returns the condition. It prints as the text that is sent.
    ///
    /// # Errors
    ///
    /// Returns an invalid-input error that names the field of the first comparison that cannot be built.
    pub fn condition(&self) -> Result<Condition, Error> {
        self.condition.clone().map_err(Problem::error)
    }

    /// Moves the filter out. The caller overwrites the placeholder that remains.
    fn take(&mut self) -> Self {
        let placeholder = Err(Problem { name: String::new(), message: String::new() });
        Self::from_result(std::mem::replace(&mut self.condition, placeholder))
    }

    pub(crate) fn into_result(self) -> Result<Condition, Problem> {
        self.condition
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
        Self::from_result(Ok(condition))
    }
}

impl<S> Clone for Filter<S> {
    fn clone(&self) -> Self {
        Self::from_result(self.condition.clone())
    }
}

impl<S> fmt::Debug for Filter<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.condition {
            Ok(condition) => write!(f, "Filter({condition})"),
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

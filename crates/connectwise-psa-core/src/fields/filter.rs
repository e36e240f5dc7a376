//! Conditions made of typed fields.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{BitAnd, BitAndAssign, BitOr, BitOrAssign, Not};

use crate::conditions::Condition;
use crate::error::Error;
use crate::fields::record::HasFields;

/// A condition made of typed fields: `Filter<Ticket>` for `conditions`, `Filter<Children<Contact>>` for
/// `childConditions`, `Filter<CustomFields<Ticket>>` for `customFieldConditions`.
///
/// Filters are joined by `&` and `|`, or by [`and`](Self::and) and [`or`](Self::or). Those on a record itself can be
/// turned round by `!` or [`not`](Self::not); those on the elements of its lists cannot, because the opposite of "one
/// has" is "none has", which the language has no words for. A value that cannot be written is remembered and becomes
/// the error of the call, before anything is sent.
#[must_use = "a filter does nothing until a list takes it"]
pub struct Filter<S> {
    condition: Result<Condition, Problem>,
    scope: PhantomData<fn() -> S>,
}

/// A field with a value that cannot be written.
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

    /// Both hold.
    pub fn and(self, other: Self) -> Self {
        Self::from_result(self.condition.and_then(|condition| Ok(condition.and(other.condition?))))
    }

    /// One of them holds.
    pub fn or(self, other: Self) -> Self {
        Self::from_result(self.condition.and_then(|condition| Ok(condition.or(other.condition?))))
    }

    /// The opposite, by the opposites of its comparisons; see [`Condition::not`].
    #[allow(
        clippy::should_implement_trait,
        reason = "the trait is implemented as well, so that `!` works; the method needs no import"
    )]
    pub fn not(self) -> Self
    where
        S: HasFields,
    {
        Self::from_result(self.condition.map(Condition::not))
    }

    /// All of them hold; `None` when there are none.
    #[must_use]
    pub fn all(filters: impl IntoIterator<Item = Self>) -> Option<Self> {
        filters.into_iter().reduce(Self::and)
    }

    /// One of them holds; `None` when there are none.
    #[must_use]
    pub fn any(filters: impl IntoIterator<Item = Self>) -> Option<Self> {
        filters.into_iter().reduce(Self::or)
    }

    /// The condition, which prints as the text that is sent.
    ///
    /// # Errors
    ///
    /// An invalid-input error that names the first field with a value that cannot be written.
    pub fn condition(&self) -> Result<Condition, Error> {
        self.condition.clone().map_err(Problem::error)
    }

    /// Moves it out; what stays is overwritten.
    fn take(&mut self) -> Self {
        let nothing = Err(Problem { name: String::new(), message: String::new() });
        Self::from_result(std::mem::replace(&mut self.condition, nothing))
    }

    pub(crate) fn into_result(self) -> Result<Condition, Problem> {
        self.condition
    }
}

/// What the closures of `filter` and its kin may give: a filter, or one that may be none.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a filter",
    note = "compare fields with `.eq(…)`, `.gt(…)` and so on instead of `==` and `>`, and join comparisons with `&` and `|` instead of `&&` and `||`"
)]
pub trait IntoFilter<S> {
    /// The filter; none keeps every record.
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

/// A condition from elsewhere, such as a configuration file, to be joined with typed ones. It is taken as it is.
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

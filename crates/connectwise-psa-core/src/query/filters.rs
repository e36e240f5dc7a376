//! The typed filters of a builder.

use crate::conditions::Condition;
use crate::fields::filter::IntoFilter;
use crate::query::text_or::TextOr;

/// The typed filters of a builder. They are joined with the conditions of its query.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filters {
    pub(crate) conditions: TextOr<Condition>,
    pub(crate) child_conditions: TextOr<Condition>,
    pub(crate) custom_field_conditions: TextOr<Condition>,
}

impl Filters {
    /// Creates filters from the condition that a client adds to a list or a count by default.
    pub(crate) fn from_default(condition: Option<Condition>) -> Self {
        let conditions = condition.map(|condition| TextOr::from_result(Ok(condition))).unwrap_or_default();
        Self { conditions, ..Self::default() }
    }
}

/// Converts a filter to a query parameter. A filter that matches every record leaves it unset.
pub(crate) fn to_parameter<S>(filter: impl IntoFilter<S>) -> TextOr<Condition> {
    let condition = filter.into_filter().and_then(|filter| filter.into_result().transpose());
    condition.map(TextOr::from_result).unwrap_or_default()
}

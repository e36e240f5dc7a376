//! The typed filters of a builder, beside the conditions of its query.

use crate::conditions::Condition;
use crate::fields::filter::IntoFilter;
use crate::query::text_or::TextOr;

/// The typed filters of a builder.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filters {
    pub(crate) conditions: TextOr<Condition>,
    pub(crate) child_conditions: TextOr<Condition>,
    pub(crate) custom_field_conditions: TextOr<Condition>,
}

/// A filter as a part of a query.
pub(crate) fn given<S>(filter: impl IntoFilter<S>) -> TextOr<Condition> {
    filter.into_filter().map(|filter| TextOr::from_result(filter.into_result())).unwrap_or_default()
}

//! The typed filters of a builder, beside the conditions of its query.

use crate::conditions::Condition;
use crate::fields::filter::IntoFilter;
use crate::query::text_or::Input;

/// The typed filters of a builder.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filters {
    pub(crate) conditions: Input<Condition>,
    pub(crate) child_conditions: Input<Condition>,
    pub(crate) custom_field_conditions: Input<Condition>,
}

/// A filter as a part of a query.
pub(crate) fn given<S>(filter: impl IntoFilter<S>) -> Input<Condition> {
    filter.into_filter().map(|filter| Input::of(filter.into_result())).unwrap_or_default()
}

//! Types for conditions, sort orders and field lists: their parts, the parsed forms, the [`Schema`] that checks them,
//! and the [`Matcher`] that tests records against a condition. [`TextOr`] and [`Verbatim`] are the arguments of the
//! methods that set conditions, sort orders and field lists as text.
//!
//! [`Condition`](crate::Condition) and [`Filter`](crate::Filter) are at the crate root.

pub use connectwise_psa_core::checker::{CheckError, Finding, FindingKind, Schema};
pub use connectwise_psa_core::conditions::{
    Comparison, ConditionView, Direction, FieldPath, FieldSelection, FieldValue, LikePattern, Literal, LiteralValue,
    Matcher, Operator, OrderBy, SyntaxError,
};
pub use connectwise_psa_core::query::{TextOr, Verbatim};

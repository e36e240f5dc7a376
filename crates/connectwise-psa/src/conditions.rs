//! The types of the conditions language: the parts of conditions, sort orders and field lists, and the types to parse
//! conditions, check them against a record's schema and match them with records.
//!
//! [`Condition`](crate::Condition) and [`Filter`](crate::Filter) are at the crate root.

pub use connectwise_psa_core::checker::{CheckError, Finding, FindingKind, Schema};
pub use connectwise_psa_core::conditions::{
    Comparison, ConditionView, Direction, FieldPath, FieldSelection, FieldValue, LikePattern, Literal, LiteralValue,
    Matcher, Operator, OrderBy, SyntaxError,
};
pub use connectwise_psa_core::query::{TextOr, Verbatim};

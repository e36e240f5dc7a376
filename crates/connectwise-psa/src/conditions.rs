//! The conditions language as values: what conditions, orders and field lists are made of, how they are parsed, checked
//! against a record and matched.
//!
//! [`Condition`](crate::Condition) and [`Filter`](crate::Filter), which programs name every day, are at the crate's
//! root.

pub use connectwise_psa_core::checker::{CheckError, Finding, FindingKind, Schema};
pub use connectwise_psa_core::conditions::{
    Comparison, ConditionView, Direction, FieldPath, FieldSelection, FieldValue, LikePattern, Literal, LiteralValue,
    Matcher, Operator, OrderBy, SyntaxError,
};
pub use connectwise_psa_core::query::{TextOr, Verbatim};

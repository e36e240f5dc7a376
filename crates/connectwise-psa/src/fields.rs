//! Typed fields for filters, sort orders and field selections: a set of fields for each type of record, and the traits
//! and types that all sets share.

#[allow(unused_imports, unreachable_pub, reason = "without a section there are no types with fields")]
#[doc(inline)]
pub use connectwise_psa_bindings::fields::*;
pub use connectwise_psa_core::fields::{
    ChildFields, CustomFieldFields, Field, Fields, FullReference, HasFields, IdReference, IdentifiedReference,
    InfoField, IntoFilter, ListField, NamedReference, Selected, SortKeys, Sorted, field_types, scope,
};

//! Typed fields: a set of them for each type of record, of which filters, orders and selections are made, and what they
//! have in common.

#[allow(unused_imports, unreachable_pub, reason = "without a section there are no types with fields")]
#[doc(inline)]
pub use connectwise_psa_bindings::fields::*;
pub use connectwise_psa_core::fields::{
    ChildFields, CustomFieldFields, Field, Fields, FullReference, HasFields, IdReference, IdentifiedReference,
    InfoField, IntoFilter, ListField, NamedReference, Selected, SortKeys, Sorted, field_types, scope,
};

//! The operations and values of a [`Patch`](crate::Patch).

pub use connectwise_psa_core::patch::{ObjectValue, PatchKind, PatchOperation, PatchValue, ValueField};

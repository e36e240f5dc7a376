//! The crates whose types are part of this crate's public API, in the versions that it uses. A new major version of one
//! of them is a breaking change: a new minor version of this crate below 1.0, and a new major version after 1.0.
//! `docs/policy.md` in the repository lists where their items appear.
//!
//! Each public item has one path. The exceptions are [`Value`](crate::Value), [`Uuid`](crate::Uuid) and
//! [`Decimal`](crate::Decimal), which the crate root exports as well.

#[cfg(feature = "schemas")]
pub use connectwise_psa_bindings::schemars;
pub use connectwise_psa_core::{bytes, chrono, http, rust_decimal, serde, serde_json, uuid};
pub use reqwest;

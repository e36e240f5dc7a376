//! The crates whose types are part of this crate's public API, in the versions that it uses. When this crate moves to a
//! new major version of one of them, that is a breaking change: its version then increases as a major version, or as a
//! minor version below 1.0. `docs/policy.md` in the repository lists where the items of these crates appear.
//!
//! Each public item has one path. The exceptions are [`Value`](crate::Value), [`Uuid`](crate::Uuid) and
//! [`Decimal`](crate::Decimal), which the crate root exports as well.

#[cfg(feature = "schemas")]
pub use connectwise_psa_bindings::schemars;
pub use connectwise_psa_core::{bytes, chrono, http, rust_decimal, serde, serde_json, uuid};
pub use reqwest;

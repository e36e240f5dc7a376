//! The crates of this crate's public API whose items programs name, in the versions that this crate uses. A new major
//! version of one of them (for `0.x`: a new minor version) is a breaking change of this crate. This crate then gets a
//! new major version or, as long as it is below 1.0, a new minor version. `docs/policy.md` in the repository lists
//! where the items of these crates appear.
//!
//! Each public item has one path. The exceptions are [`Value`](crate::Value), [`Uuid`](crate::Uuid) and
//! [`Decimal`](crate::Decimal), which the crate root exports as well.

#[cfg(feature = "schemas")]
pub use connectwise_psa_bindings::schemars;
pub use connectwise_psa_core::{bytes, chrono, http, rust_decimal, serde, serde_json, uuid};
pub use reqwest;

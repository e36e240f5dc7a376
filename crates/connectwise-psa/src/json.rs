//! Records as JSON: the traits for generic code over generated types, length checks, and redaction of secrets.

pub use connectwise_psa_core::json::{Map, Object, OpenEnum, check_lengths};
pub use connectwise_psa_core::redaction::redacted;

//! Tools for records as JSON: traits for code that is generic over record types, a check of text lengths, and the
//! redaction of secrets.

pub use connectwise_psa_core::json::{Map, Object, OpenEnum, check_lengths};
pub use connectwise_psa_core::redaction::redacted;

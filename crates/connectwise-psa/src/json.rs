//! Objects of the API as JSON: the traits that generated types implement, length checks, members in any letter case, and JSON without its secrets.

pub use connectwise_psa_core::json::{LengthCheck, Map, Object, OpenEnum, Property, Writer, check_lengths};
pub use connectwise_psa_core::redaction::redacted;
pub use connectwise_psa_core::text::member_ignoring_case;

//! Open enums: a variant for each value in the OpenAPI document; other values are kept unchanged.

use std::borrow::Cow;

use serde::de::Deserializer;

use crate::json::scalars::TextVisitor;

/// An enum of strings that keeps unknown values; implemented by [`open_enum!`](crate::open_enum!).
pub trait OpenEnum: From<String> {
    /// The name of the Rust type.
    const NAME: &'static str;

    /// The values that the OpenAPI document lists.
    const VALUES: &'static [&'static str];

    /// Returns the string that JSON holds for the value.
    fn as_str(&self) -> &str;
}

/// Deserializes the string of an enum; `None` for `null`.
#[doc(hidden)]
pub fn read_text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Cow<'de, str>>, D::Error> {
    from.deserialize_any(TextVisitor)
}

/// Deserializes the string of an enum for `Deserialize`; `null` is an error.
#[doc(hidden)]
pub fn required_text<'de, D: Deserializer<'de>>(from: D) -> Result<Cow<'de, str>, D::Error> {
    read_text(from)?.ok_or_else(|| serde::de::Error::invalid_type(serde::de::Unexpected::Unit, &"a string"))
}

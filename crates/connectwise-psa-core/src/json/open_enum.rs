//! Open enums: the texts the description lists as variants, any other text kept as it came.

use std::borrow::Cow;

use serde::de::Deserializer;

use crate::json::scalars::TextVisitor;

/// An enum of texts that keeps texts it does not know; made by [`open_enum!`](crate::open_enum!).
pub trait OpenEnum: From<String> {
    /// The name of the type.
    const NAME: &'static str;

    /// Every text the description of the API lists.
    const VALUES: &'static [&'static str];

    /// The text as it is on the wire.
    fn as_str(&self) -> &str;
}

/// Reads the text of an enum; none for `null`.
#[doc(hidden)]
pub fn read_text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Cow<'de, str>>, D::Error> {
    from.deserialize_any(TextVisitor)
}

/// Reads the text of an enum for `Deserialize`, where nothing is an error.
#[doc(hidden)]
pub fn required_text<'de, D: Deserializer<'de>>(from: D) -> Result<Cow<'de, str>, D::Error> {
    read_text(from)?.ok_or_else(|| serde::de::Error::invalid_type(serde::de::Unexpected::Unit, &"text"))
}

//! The body of a raw response: empty, JSON or bytes. JSON is recognised by its content, whatever the content type.

use std::fmt;

use bytes::Bytes;
use connectwise_psa_core::redaction::redacted;
use serde_json::Value;

use connectwise_psa_core::text::without_byte_order_mark;

/// The body of a response.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum RawBody {
    /// No content: a 204, or a body of whitespace.
    Empty,
    /// JSON.
    Json(Value),
    /// Anything else.
    Bytes(Bytes),
}

/// Shows only the kind and the length, because the server may echo the credentials of the request. `Debug` of the whole
/// [`RawResponse`](crate::raw::RawResponse) shows JSON without them.
impl fmt::Debug for RawBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("Empty"),
            Self::Json(value) => write!(f, "Json({} bytes)", value.to_string().len()),
            Self::Bytes(bytes) => write!(f, "Bytes({} bytes)", bytes.len()),
        }
    }
}

impl RawBody {
    /// Returns the body as text, with `[redacted]` in place of fields with secret names.
    pub(crate) fn with_json(&self) -> String {
        match self {
            Self::Json(value) => format!("Json({})", redacted(value)),
            other => format!("{other:?}"),
        }
    }
}

/// Parses a body. `is_file` says that the operation returns a file, which is not parsed.
pub(crate) fn parse(body: Bytes, is_file: bool) -> RawBody {
    let text = without_byte_order_mark(&body);
    if text.trim_ascii().is_empty() {
        return RawBody::Empty;
    }
    if is_file {
        return RawBody::Bytes(body);
    }
    match serde_json::from_slice(text) {
        Ok(value) => RawBody::Json(value),
        Err(_) => RawBody::Bytes(body),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_classified() {
        for (text, is_file, expected, with_json) in [
            ("", false, "Empty", "Empty"),
            (" \r\n", false, "Empty", "Empty"),
            ("{\"a\":1,\"apiKey\":2}", false, "Json(18 bytes)", "Json({\"a\":1,\"apiKey\":\"[redacted]\"})"),
            ("\u{feff}[]", false, "Json(2 bytes)", "Json([])"),
            ("17", false, "Json(2 bytes)", "Json(17)"),
            ("hello", false, "Bytes(5 bytes)", "Bytes(5 bytes)"),
            ("<html>", true, "Bytes(6 bytes)", "Bytes(6 bytes)"),
            ("{}", true, "Bytes(2 bytes)", "Bytes(2 bytes)"),
        ] {
            let found = parse(Bytes::from_static(text.as_bytes()), is_file);
            assert_eq!(format!("{found:?}"), expected, "{text}");
            assert_eq!(found.with_json(), with_json, "{text}");
        }
    }
}

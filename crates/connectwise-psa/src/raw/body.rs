//! The body of a raw response: empty, JSON or bytes. JSON is recognised by its content, whatever the content type.

use std::fmt;

use bytes::Bytes;
use connectwise_psa_core::redaction::redacted;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use serde_json::Value;

use connectwise_psa_core::text::{header_text, is_html, without_byte_order_mark};

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

/// Redacts secrets in JSON, and shows the number of bytes instead of bytes.
impl fmt::Debug for RawBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("Empty"),
            Self::Json(value) => write!(f, "Json({})", redacted(value)),
            Self::Bytes(bytes) => write!(f, "Bytes({} bytes)", bytes.len()),
        }
    }
}

/// Parses a body. `is_file` says that the operation returns a file, which is not parsed. Returns the body as the error
/// if it is an HTML page, or if the content type is JSON and the body is not.
pub(crate) fn parse(headers: &HeaderMap, body: Bytes, is_file: bool) -> Result<RawBody, Bytes> {
    let text = without_byte_order_mark(&body);
    if text.trim_ascii().is_empty() {
        return Ok(RawBody::Empty);
    }
    if is_file {
        return Ok(RawBody::Bytes(body));
    }
    if is_html(headers, &body) {
        return Err(body);
    }
    match serde_json::from_slice(text) {
        Ok(value) => Ok(RawBody::Json(value)),
        Err(_)
            if header_text(headers, CONTENT_TYPE.as_str())
                .is_some_and(|media_type| media_type.to_ascii_lowercase().contains("json")) =>
        {
            Err(body)
        }
        Err(_) => Ok(RawBody::Bytes(body)),
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn bodies_are_classified() {
        let html = |text: &'static str| (Some("text/html"), text);
        for ((media_type, text), is_file, expected) in [
            ((None, ""), false, "Empty"),
            ((Some("application/json"), " \r\n"), false, "Empty"),
            // `Debug` redacts secrets.
            ((None, "{\"a\":1,\"apiKey\":2}"), false, "Json({\"a\":1,\"apiKey\":\"[redacted]\"})"),
            ((Some("application/json; charset=utf-8"), "\u{feff}[]"), false, "Json([])"),
            ((Some("text/plain"), "17"), false, "Json(17)"),
            ((Some("text/plain"), "hello"), false, "Bytes(5 bytes)"),
            ((Some("application/json"), "{\"a\":"), false, "rejected"),
            (html("<html>"), false, "rejected"),
            ((None, " <!DOCTYPE html>"), false, "rejected"),
            (html("<html>"), true, "Bytes(6 bytes)"),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(media_type) = media_type {
                headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
            }
            let found = parse(&headers, Bytes::from_static(text.as_bytes()), is_file);
            assert_eq!(found.map_or_else(|_| "rejected".to_owned(), |body| format!("{body:?}")), expected, "{text}");
        }
    }
}

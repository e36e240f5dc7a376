//! The body of a raw response: empty, JSON or bytes, by what it is and not by what its headers claim.

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
    /// Nothing: a 204, or a blank body, which is an answer too.
    Empty,
    /// JSON.
    Json(Value),
    /// Anything else.
    Bytes(Bytes),
}

/// Shows no secrets, and of bytes their number.
impl fmt::Debug for RawBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("Empty"),
            Self::Json(value) => write!(f, "Json({})", redacted(value)),
            Self::Bytes(bytes) => write!(f, "Bytes({} bytes)", bytes.len()),
        }
    }
}

/// Reads a body; the body itself is the error when it is a web page that nobody asked for.
pub(crate) fn read(headers: &HeaderMap, body: Bytes, is_file: bool) -> Result<RawBody, Bytes> {
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
    fn bodies_are_told_apart() {
        let html = |text: &'static str| (Some("text/html"), text);
        for ((media_type, text), is_file, expected) in [
            ((None, ""), false, "Empty"),
            ((Some("application/json"), " \r\n"), false, "Empty"),
            ((None, "{\"a\":1,\"apiKey\":2}"), false, "Json({\"a\":1,\"apiKey\":\"[redacted]\"})"),
            ((Some("application/json; charset=utf-8"), "\u{feff}[]"), false, "Json([])"),
            ((Some("text/plain"), "17"), false, "Json(17)"),
            ((Some("text/plain"), "hello"), false, "Bytes(5 bytes)"),
            ((Some("application/json"), "{\"a\":"), false, "refused"),
            (html("<html>"), false, "refused"),
            ((None, " <!DOCTYPE html>"), false, "refused"),
            (html("<html>"), true, "Bytes(6 bytes)"),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(media_type) = media_type {
                headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
            }
            let found = read(&headers, Bytes::from_static(text.as_bytes()), is_file);
            assert_eq!(found.map_or_else(|_| "refused".to_owned(), |body| format!("{body:?}")), expected, "{text}");
        }
    }
}

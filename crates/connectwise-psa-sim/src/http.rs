//! Requests and responses.

use std::fmt::Write as _;
use std::time::Instant;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde_json::Value;

/// A request with decoded query and form.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: Method,
    /// The scheme, host and port as the client addressed the server: `http://127.0.0.1:8080`. Empty for a part of a
    /// bundle.
    pub(crate) origin: String,
    /// The path as received, still percent-encoded.
    pub(crate) path: String,
    /// The query as received, still percent-encoded.
    pub(crate) raw_query: String,
    /// The query parameters, decoded, in order.
    pub(crate) query: Vec<(String, String)>,
    /// The length of path and query as received, in bytes.
    pub(crate) target_length: usize,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// The parts of the body, if it is a multipart form.
    pub(crate) form: Option<Vec<FormPart>>,
    /// The end of the time for finding records; `None` if it starts with the search.
    pub(crate) time_end: Option<Instant>,
}

/// A part of a multipart form.
#[derive(Clone, Debug)]
pub(crate) struct FormPart {
    pub(crate) name: String,
    pub(crate) file_name: Option<String>,
    pub(crate) content: Bytes,
}

impl Request {
    pub(crate) fn new(method: Method, path_and_query: &str, headers: HeaderMap, body: Bytes) -> Self {
        let (path, raw_query) = path_and_query.split_once('?').unwrap_or((path_and_query, ""));
        // Observed on live servers: the server decodes a plus as a space.
        let query = form_urlencoded::parse(raw_query.as_bytes()).into_owned().collect();
        let (path, raw_query) = (path.to_owned(), raw_query.to_owned());
        let (origin, target_length) = (String::new(), path_and_query.len());
        Self { method, origin, path, raw_query, query, target_length, headers, body, form: None, time_end: None }
    }

    /// Returns a query parameter by name, in any letter case.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Returns the value of a header; `None` if it contains anything but visible ASCII.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// The media type of JSON bodies.
const JSON: &str = "application/json; charset=utf-8";

/// A response.
#[derive(Clone, Debug)]
pub(crate) struct Response {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// Whether the server closes the connection in the middle of the body.
    pub(crate) is_truncated: bool,
    /// Whether the links in the body name the requested host. Otherwise they start with a placeholder.
    pub(crate) has_links: bool,
}

impl Response {
    pub(crate) fn new(status: StatusCode, media_type: &'static str, body: impl Into<Bytes>) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static(media_type));
        Self { status, headers, body: body.into(), is_truncated: false, has_links: false }
    }

    pub(crate) fn json(status: StatusCode, value: &Value) -> Self {
        Self::json_text(status, value.to_string())
    }

    /// Creates a response from serialized JSON.
    pub(crate) fn json_text(status: StatusCode, text: impl Into<Bytes>) -> Self {
        Self::new(status, JSON, text)
    }

    pub(crate) fn ok(value: &Value) -> Self {
        Self::json(StatusCode::OK, value)
    }

    /// Returns whether the body is JSON.
    pub(crate) fn is_json(&self) -> bool {
        self.headers.get(http::header::CONTENT_TYPE).is_some_and(|value| value == JSON)
    }

    pub(crate) fn no_content() -> Self {
        let (status, headers) = (StatusCode::NO_CONTENT, HeaderMap::new());
        Self { status, headers, body: Bytes::new(), is_truncated: false, has_links: false }
    }

    /// Creates a plain-text response, as the gateway in front of the server sends it.
    pub(crate) fn text(status: StatusCode, text: &'static str) -> Self {
        Self::new(status, "text/plain; charset=utf-8", text)
    }

    /// Sets a header. Non-ASCII characters in its value are sent unencoded, as UTF-8. A value with control characters
    /// is dropped.
    pub(crate) fn with_raw_header(mut self, name: &'static str, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
            self.headers.insert(HeaderName::from_static(name), value);
        }
        self
    }

    /// Sets a header. A value with other characters than visible ASCII is dropped.
    pub(crate) fn with_header(mut self, name: &'static str, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(HeaderName::from_static(name), value);
        }
        self
    }
}

/// Encodes a query value for a link. Observed on live servers: escapes are in lower case, and a space is a plus.
pub(crate) fn encode_link_value(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'!' | b'*' | b'(' | b')' => {
                encoded.push(char::from(byte))
            }
            b' ' => encoded.push('+'),
            _ => _ = write!(encoded, "%{byte:02x}"),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_decoded_and_link_values_are_encoded() {
        let request = Request::new(
            Method::GET,
            "/a/b?Conditions=LastUpdated+%3E%3D%20%5b2025%5d&page=2&flag",
            HeaderMap::new(),
            Bytes::new(),
        );
        assert_eq!(
            (
                request.path.as_str(),
                request.parameter("conditions"),
                request.parameter("PAGE"),
                request.parameter("flag")
            ),
            ("/a/b", Some("LastUpdated >= [2025]"), Some("2"), Some(""))
        );
        assert_eq!(request.parameter("none"), None);
        assert_eq!(encode_link_value("LastUpdated >= [2025]"), "LastUpdated+%3e%3d+%5b2025%5d");
    }
}

//! What a body is, whatever its headers claim: servers and the proxies before them send web pages where JSON belongs, and byte order marks before it.

use http::HeaderMap;
use http::header::CONTENT_TYPE;

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// The body behind its byte order mark, if it has one.
pub(crate) fn without_byte_order_mark(body: &[u8]) -> &[u8] {
    body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body)
}

/// The media type in small letters; empty where none is named.
pub(crate) fn media_type(headers: &HeaderMap) -> String {
    headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default().to_ascii_lowercase()
}

/// Whether a body is a web page, by its media type or its first character.
pub(crate) fn is_html(headers: &HeaderMap, body: &[u8]) -> bool {
    media_type(headers).contains("html") || without_byte_order_mark(body).trim_ascii_start().starts_with(b"<")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn web_pages_are_detected_by_media_type_or_first_character() {
        for (media_type, body, expected) in [
            ("text/html; charset=utf-8", "", true),
            ("Text/HTML", "{}", true),
            ("application/json", " \r\n<!DOCTYPE html>", true),
            ("", "\u{feff}<html>", true),
            ("application/json", "{\"a\":\"<\"}", false),
            ("", "", false),
        ] {
            let headers = HeaderMap::from_iter([(CONTENT_TYPE, media_type.parse().unwrap())]);
            assert_eq!(is_html(&headers, body.as_bytes()), expected, "{media_type} {body}");
        }
        assert_eq!(without_byte_order_mark("\u{feff}[]".as_bytes()), b"[]");
    }
}

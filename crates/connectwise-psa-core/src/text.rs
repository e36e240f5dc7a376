//! Helpers for text from the server: single lines of limited length, headers, path segments, names of JSON fields, byte
//! order marks, and HTML in place of JSON.

use std::borrow::Cow;

use http::HeaderMap;
use http::header::CONTENT_TYPE;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

/// Returns the text as one line of at most `most` characters, followed by `…` if it was longer. Runs of whitespace and
/// control characters become single spaces.
pub(crate) fn one_line(text: &str, most: usize) -> String {
    let mut line = String::new();
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    for word in words {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        // A character has at most 4 bytes, so the line is already too long.
        if line.len() > most * 4 {
            break;
        }
    }
    match line.char_indices().nth(most) {
        Some((end, _)) => {
            line.truncate(end);
            line.push('…');
            line
        }
        None => line,
    }
}

/// Returns the trimmed value of a header; `None` if the header is missing, empty or contains other characters than
/// visible ASCII and whitespace.
#[must_use]
pub fn header_text(headers: &HeaderMap, name: &str) -> Option<String> {
    let text = headers.get(name)?.to_str().ok()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// Percent-decodes a path segment. Invalid UTF-8 becomes the replacement character.
#[must_use]
pub fn decode_path_segment(segment: &str) -> Cow<'_, str> {
    percent_decode_str(segment).decode_utf8_lossy()
}

/// Returns the value of the field with this name, ignoring ASCII case. A field with exactly this name is preferred.
#[must_use]
pub fn field_ignoring_case<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    object
        .get(name)
        .or_else(|| object.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value))
}

/// Returns the bytes without the byte order mark that some servers put before UTF-8.
#[must_use]
pub fn without_byte_order_mark(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body)
}

/// Returns whether a body is HTML: its media type contains `html`, or it begins with `<` and its media type does not
/// contain `xml`. The API itself sends neither HTML nor XML.
#[must_use]
pub fn is_html(headers: &HeaderMap, body: &[u8]) -> bool {
    let has_html_type = header_text(headers, CONTENT_TYPE.as_str())
        .is_some_and(|media_type| media_type.to_ascii_lowercase().contains("html"));
    let is_xml = || {
        header_text(headers, CONTENT_TYPE.as_str())
            .is_some_and(|media_type| media_type.to_ascii_lowercase().contains("xml"))
    };
    has_html_type || (without_byte_order_mark(body).trim_ascii_start().first() == Some(&b'<') && !is_xml())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn text_becomes_one_line_of_limited_length() {
        for (text, expected) in [
            ("a\r\n  b\tc", "a b c"),
            ("", ""),
            ("abcdefgh", "abcdef…"),
            ("ääääääää", "ääääää…"),
            ("a\u{0}b\u{1b}[m", "a b [m"),
        ] {
            assert_eq!(one_line(text, 6), expected);
        }
    }

    #[test]
    fn fields_are_found_in_any_letter_case() {
        let object = json!({"ID": 1, "id": 2, "Name": null});
        let object = object.as_object().unwrap();
        for (name, expected) in
            [("id", Some(json!(2))), ("ID", Some(json!(1))), ("name", Some(json!(null))), ("names", None)]
        {
            assert_eq!(field_ignoring_case(object, name), expected.as_ref(), "{name}");
        }
    }

    #[test]
    fn path_segments_are_decoded() {
        for (segment, expected) in
            [("tickets", "tickets"), ("J%20Doe", "J Doe"), ("50%", "50%"), ("a+b", "a+b"), ("%ff", "\u{fffd}")]
        {
            assert_eq!(decode_path_segment(segment), expected);
        }
    }
}

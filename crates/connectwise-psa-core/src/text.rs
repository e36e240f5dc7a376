//! Text that others wrote: bounded lines for messages, headers, byte order marks, and HTML where JSON was expected.

use http::HeaderMap;
use http::header::CONTENT_TYPE;

/// Text of others on one line and of bounded length: blanks and control characters become single spaces.
pub(crate) fn one_line(text: &str, most: usize) -> String {
    let mut line = String::new();
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    for word in words {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
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

/// The text of a header; `None` when it is absent, blank or not text.
#[must_use]
pub fn header_text(headers: &HeaderMap, name: &str) -> Option<String> {
    let text = headers.get(name)?.to_str().ok()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// The bytes without the byte order mark that some servers put in front of UTF-8.
#[must_use]
pub fn without_byte_order_mark(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body)
}

/// Whether a body is HTML: its media type says so, or it begins with `<`. The API itself sends neither HTML nor XML.
#[must_use]
pub fn is_html(headers: &HeaderMap, body: &[u8]) -> bool {
    let named = header_text(headers, CONTENT_TYPE.as_str()).is_some_and(|media_type| media_type.to_ascii_lowercase().contains("html"));
    named || without_byte_order_mark(body).trim_ascii_start().first() == Some(&b'<')
}

#[cfg(test)]
mod tests {
    use super::one_line;

    #[test]
    fn text_of_others_becomes_one_bounded_line() {
        for (text, expected) in [("a\r\n  b\tc", "a b c"), ("", ""), ("abcdefgh", "abcdef…"), ("ääääääää", "ääääää…"), ("a\u{0}b\u{1b}[m", "a b [m")]
        {
            assert_eq!(one_line(text, 6), expected);
        }
    }
}

//! Files that are read: bytes as they come, with a file name that is safe to use.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;
use http::HeaderMap;
use http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE};

use crate::error::Error;
use crate::operation::Operation;
use crate::text::header_text;
use crate::transport::byte_stream::ByteStream;
use crate::transport::response::Response;

/// A file from the server: a stream of its bytes, or all of them with [`bytes`](Self::bytes).
///
/// A file that ends before its announced length is an error.
#[derive(Debug)]
#[non_exhaustive]
pub struct Download {
    /// The name the server gives it, without any directory, so that it cannot choose where a file is written.
    pub file_name: Option<String>,
    /// Its media type, such as `image/png`.
    pub media_type: Option<String>,
    /// Its length in bytes, when the server announces it.
    pub length: Option<u64>,
    body: ByteStream,
}

impl Download {
    pub(crate) fn new(response: Response, operation: Option<&'static Operation>) -> Self {
        let headers = &response.headers;
        let length = header_text(headers, CONTENT_LENGTH.as_str()).and_then(|length| length.parse().ok());
        let body = match length {
            Some(length) => response.body.expect_length(length),
            None => response.body,
        };
        let body = ByteStream::new(Named { body, operation });
        Self { file_name: file_name(headers), media_type: header_text(headers, CONTENT_TYPE.as_str()), length, body }
    }

    /// All bytes of the file.
    ///
    /// # Errors
    ///
    /// A transport error when the connection breaks or the file ends early.
    pub async fn bytes(self) -> Result<Bytes, Error> {
        self.body.collect().await
    }

    /// The stream alone.
    #[must_use]
    pub fn into_stream(self) -> ByteStream {
        self.body
    }
}

impl Stream for Download {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Pin::new(&mut self.body).poll_next(context)
    }
}

/// Names the operation in the errors of a body.
struct Named {
    body: ByteStream,
    operation: Option<&'static Operation>,
}

impl Stream for Named {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let operation = self.operation;
        Pin::new(&mut self.body)
            .poll_next(context)
            .map(|item| item.map(|chunk| chunk.map_err(|error| error.with_operation(operation))))
    }
}

/// The file name of a `Content-Disposition` header. facts: quotes are optional and other than ASCII comes raw.
fn file_name(headers: &HeaderMap) -> Option<String> {
    let header = headers.get(CONTENT_DISPOSITION)?.as_bytes();
    let header = match std::str::from_utf8(header) {
        Ok(text) => text.to_owned(),
        // Bytes that are no UTF-8 are Latin-1, in which each byte is one character.
        Err(_) => header.iter().copied().map(char::from).collect(),
    };
    let mut plain = None;
    for (name, value) in parameters(&header) {
        if name.eq_ignore_ascii_case("filename*")
            && let Some(decoded) = extended(&value)
            && let Some(safe) = without_directory(&decoded)
        {
            return Some(safe);
        }
        if name.eq_ignore_ascii_case("filename") {
            plain = without_directory(&value);
        }
    }
    plain
}

/// The parameters of a header's value, quotes taken off.
fn parameters(header: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = header.split_once(';').map_or("", |(_, rest)| rest);
    while let Some((name, after)) = rest.split_once('=') {
        // Parts without a value stand before the name.
        let name = name.rsplit(';').next().unwrap_or_default().trim().to_owned();
        let after = after.trim_start();
        let (value, next) = match after.strip_prefix('"') {
            Some(quoted) => unquoted(quoted),
            None => {
                let (value, next) = after.split_once(';').unwrap_or((after, ""));
                (value.trim().to_owned(), next)
            }
        };
        found.push((name, value));
        rest = next;
    }
    found
}

/// The text of a quoted string whose opening quote has been read, and what follows it.
fn unquoted(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return (value, text.get(at + 1..).unwrap_or_default()),
            // Only quotes and backslashes are escaped, so that a Windows path keeps its separators.
            '\\' if characters.peek().is_some_and(|(_, next)| matches!(next, '"' | '\\')) => {
                value.extend(characters.next().map(|(_, next)| next))
            }
            other => value.push(other),
        }
    }
    (value, "")
}

/// An extended value: `UTF-8'en'%e2%82%ac%20rates`.
fn extended(value: &str) -> Option<String> {
    let (charset, rest) = value.split_once('\'')?;
    let (_, encoded) = rest.split_once('\'')?;
    let bytes: Vec<u8> = percent_encoding::percent_decode_str(encoded).collect();
    if charset.eq_ignore_ascii_case("iso-8859-1") {
        return Some(bytes.into_iter().map(char::from).collect());
    }
    charset.eq_ignore_ascii_case("utf-8").then(|| String::from_utf8(bytes).ok()).flatten()
}

/// The last part of a path of any system, without control characters; `None` when nothing usable is left.
fn without_directory(name: &str) -> Option<String> {
    let clean: String = name.chars().filter(|c| !c.is_control()).collect();
    // A colon ends a drive's letter, or begins a stream behind the file, on Windows.
    let last = clean.rsplit(['/', '\\', ':']).next().unwrap_or_default();
    let clean = last.trim();
    (!clean.is_empty() && !clean.chars().all(|c| c == '.')).then(|| clean.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn file_names_are_read_and_made_safe() {
        for (header, expected) in [
            (&b"attachment; filename=name.ext"[..], Some("name.ext")),
            (b"attachment; filename=my file.pdf; size=3", Some("my file.pdf")),
            (b"attachment; filename=\"a;b \\\"c\\\".pdf\"", Some("a;b \"c\".pdf")),
            (b"attachment;FileName = \"x.txt\" ", Some("x.txt")),
            ("attachment; filename=Größe.pdf".as_bytes(), Some("Größe.pdf")),
            (b"attachment; filename=Gr\xf6\xdfe.pdf", Some("Größe.pdf")),
            (b"attachment; filename=\"fallback.pdf\"; filename*=UTF-8''%e2%82%ac%20rates.pdf", Some("€ rates.pdf")),
            (b"attachment; filename*=utf-8'en'a%2Fb.pdf; filename=c.pdf", Some("b.pdf")),
            (b"attachment; filename*=iso-8859-1''%A3.pdf", Some("£.pdf")),
            (b"attachment; filename*=koi8-r''%A3.pdf; filename=c.pdf", Some("c.pdf")),
            (b"attachment; filename*=UTF-8''%ff; filename=c.pdf", Some("c.pdf")),
            (b"attachment; filename=../../etc/passwd", Some("passwd")),
            (b"attachment; filename=\"C:\\Temp\\x.doc\"", Some("x.doc")),
            (b"attachment; filename=C:x.doc", Some("x.doc")),
            (b"attachment; filename=C:D:x.doc", Some("x.doc")),
            (b"attachment; filename=a.pdf:b.exe", Some("b.exe")),
            (b"attachment; filename=/", None),
            (b"attachment; filename=..", None),
            (b"attachment; filename=\"a\\\\..\"", None),
            (b"attachment; filename=\"\"", None),
            (b"attachment; filename=\"open", Some("open")),
            (b"attachment", None),
            (b"inline; preview; filename=a.png", Some("a.png")),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_DISPOSITION, HeaderValue::from_bytes(header).unwrap());
            assert_eq!(file_name(&headers).as_deref(), expected, "{}", String::from_utf8_lossy(header));
        }
        assert_eq!(file_name(&HeaderMap::new()), None);
    }
}

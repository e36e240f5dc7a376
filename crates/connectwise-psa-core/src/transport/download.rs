//! Downloads: streams of bytes with a file name that is safe to use.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;
use http::HeaderMap;
use http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE};

use crate::error::Error;
use crate::text::header_text;
use crate::transport::byte_stream::ByteStream;
use crate::transport::connection::RequestContext;
use crate::transport::response::Response;

/// A file from the server, as a stream of bytes; [`bytes`](Self::bytes) reads all of them into memory.
///
/// A download does not count as a concurrent request of the client while it is read, so a program can hold several, or
/// stream one into an upload. A length that differs from the `Content-Length` header is an error.
#[non_exhaustive]
pub struct Download {
    /// The file name from the server; `None` if there is none, or only one that is not usable, such as `..`.
    /// Directories are removed, so that the server cannot choose where the file is written.
    pub file_name: Option<String>,
    /// The media type from the `Content-Type` header, such as `image/png`.
    pub media_type: Option<String>,
    /// The length in bytes from the `Content-Length` header.
    pub length: Option<u64>,
    body: ByteStream,
    context: Arc<RequestContext>,
}

impl Download {
    pub(crate) fn new(response: Response, context: RequestContext) -> Self {
        let headers = &response.headers;
        let length = header_text(headers, CONTENT_LENGTH.as_str()).and_then(|length| length.parse().ok());
        let body = match length {
            Some(length) => response.body.expect_length(length),
            None => response.body,
        };
        let context = Arc::new(context);
        let body = body.map_stream(|body| WithContext { body, context: Arc::clone(&context) });
        let media_type = header_text(headers, CONTENT_TYPE.as_str());
        Self { file_name: file_name(headers), media_type, length, body, context }
    }

    /// Reads all bytes of the file into memory. The client limits their number; read a larger file as a stream.
    ///
    /// # Errors
    ///
    /// A transport error if the connection fails or the length differs from the `Content-Length` header, and an error
    /// whose [`is_response_too_large`](Error::is_response_too_large) is true if the file is larger than the limit.
    pub async fn bytes(self) -> Result<Bytes, Error> {
        let context = Arc::clone(&self.context);
        self.body.collect().await.map_err(|error| context.annotate(error))
    }

    /// Returns the next bytes of the file; `None` at its end. Like `StreamExt::next` of `futures`, but without that
    /// dependency.
    ///
    /// # Errors
    ///
    /// A transport error if the connection fails or the length differs from the `Content-Length` header.
    pub async fn next(&mut self) -> Option<Result<Bytes, Error>> {
        self.body.next().await
    }

    /// Returns the stream of bytes.
    #[must_use]
    pub fn into_stream(self) -> ByteStream {
        self.body
    }
}

/// Does not show the content, nor the client's secrets, which the server may echo.
impl fmt::Debug for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let redacted = |text: &Option<String>| text.as_deref().map(|text| self.context.redact(text).into_owned());
        f.debug_struct("Download")
            .field("file_name", &redacted(&self.file_name))
            .field("media_type", &redacted(&self.media_type))
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}

impl Stream for Download {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Pin::new(&mut self.body).poll_next(context)
    }
}

/// A body that adds the properties of the request to its errors.
struct WithContext {
    body: ByteStream,
    context: Arc<RequestContext>,
}

impl Stream for WithContext {
    type Item = Result<Bytes, Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Self { body, context: request } = self.get_mut();
        Pin::new(body).poll_next(context).map(|item| item.map(|chunk| chunk.map_err(|error| request.annotate(error))))
    }
}

/// Returns the file name of a `Content-Disposition` header; `filename*` has precedence over `filename`. Observed on
/// live servers: quotes are optional, and characters outside ASCII are not encoded.
fn file_name(headers: &HeaderMap) -> Option<String> {
    let header = headers.get(CONTENT_DISPOSITION)?.as_bytes();
    let header = match std::str::from_utf8(header) {
        Ok(text) => text.to_owned(),
        // Bytes that are not UTF-8 are Latin-1, in which each byte is one character.
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

/// Returns the parameters of a header value, without quotes.
fn parameters(header: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = header.split_once(';').map_or("", |(_, rest)| rest);
    while let Some((name, after)) = rest.split_once('=') {
        // Skips parameters without a value, such as `preview` in `preview; filename=a.png`.
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

/// Returns the contents of a quoted string whose opening quote has been read, and the text after it.
fn unquoted(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return (value, text.get(at + 1..).unwrap_or_default()),
            // A backslash escapes only quotes and backslashes, so a Windows path keeps its separators.
            '\\' if characters.peek().is_some_and(|(_, next)| matches!(next, '"' | '\\')) => {
                value.extend(characters.next().map(|(_, next)| next))
            }
            other => value.push(other),
        }
    }
    (value, "")
}

/// Decodes an extended value (RFC 8187): `UTF-8'en'%e2%82%ac%20rates`.
fn extended(value: &str) -> Option<String> {
    let (charset, rest) = value.split_once('\'')?;
    let (_, encoded) = rest.split_once('\'')?;
    let bytes: Vec<u8> = percent_encoding::percent_decode_str(encoded).collect();
    if charset.eq_ignore_ascii_case("iso-8859-1") {
        return Some(bytes.into_iter().map(char::from).collect());
    }
    charset.eq_ignore_ascii_case("utf-8").then(|| String::from_utf8(bytes).ok()).flatten()
}

/// Returns the last part of a Unix or Windows path, without control characters; `None` if nothing usable is left.
fn without_directory(name: &str) -> Option<String> {
    let clean: String = name.chars().filter(|c| !c.is_control()).collect();
    // On Windows, a colon separates a drive letter, or an alternate data stream.
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
            // An unknown charset and invalid UTF-8: `filename` is used instead.
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

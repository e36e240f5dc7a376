//! Decodes the bodies of responses. If a value does not have the expected type, the error contains its path and, unless
//! it may be secret, its JSON. If the JSON is truncated or malformed, the error contains the line and the column.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use serde::de::{Deserialize, DeserializeOwned, DeserializeSeed, Deserializer, IgnoredAny, SeqAccess, Visitor};

use crate::calls::response_check::{Expected, without_id};
use crate::error::Error;
use crate::error::{DecodeFailure, DecodeProblem};
use crate::json::json_path::{byte_offset, first_index, locate, split_path, value_text};
use crate::redaction::{REDACTED, is_in_custom_fields, looks_secret, mentions_secret, quotable};
use crate::text::{header_text, is_html, one_line, without_byte_order_mark};
use crate::transport::connection::{BoxFuture, Connection, RequestContext};
use crate::transport::request::Request;

/// The most characters of a value that an error shows.
const MAX_RAW_VALUE: usize = 200;

/// A successful response whose body has been read completely.
pub(crate) struct BufferedResponse {
    pub(crate) context: Box<RequestContext>,
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// How many times the request was sent.
    pub(crate) attempts: u32,
    pub(crate) body: Bytes,
    /// What the body has to contain.
    pub(crate) expected: Expected,
    /// The page number, if the response is a numbered page of a list.
    pub(crate) page: Option<u32>,
}

/// Sends a request and reads the whole response. A status outside 2xx is an error.
pub(crate) async fn fetch(connection: Connection, request: Request) -> Result<BufferedResponse, Error> {
    let (context, expected) = (Box::new(RequestContext::new(&connection, &request)), Expected::of(&request));
    let response = connection.execute(request, &context).await?;
    let body = response
        .body
        .collect()
        .await
        .map_err(|error| context.annotate(error.with_response(response.status, &response.headers)))?;
    Ok(BufferedResponse {
        context,
        status: response.status,
        headers: response.headers,
        body,
        expected,
        page: None,
        attempts: response.attempts,
    })
}

impl BufferedResponse {
    /// Decodes the body, if it is what was requested.
    pub(crate) fn decode<T: DeserializeOwned>(&self) -> Result<T, Error> {
        let text = self.checked_text()?;
        serde_json::from_slice(text).map_err(|error| self.decode_error(text, &error))
    }

    /// Decodes the body as an array and returns `buffer` with the elements appended.
    pub(crate) fn decode_into<T: DeserializeOwned>(&self, buffer: Vec<T>) -> Result<Vec<T>, Error> {
        let text = self.text()?;
        let mut from = serde_json::Deserializer::from_slice(text);
        AppendTo(buffer)
            .deserialize(&mut from)
            .and_then(|values| from.end().map(|()| values))
            .map_err(|error| self.decode_error(text, &error))
    }

    /// Returns the body without a byte order mark. A body that is not what was requested is an error.
    pub(crate) fn checked_text(&self) -> Result<&[u8], Error> {
        let text = self.text()?;
        self.expected.check(text).map_err(|problem| self.annotate(Error::unexpected(problem)))?;
        Ok(text)
    }

    /// Checks a body that may be any JSON or, with another content type than JSON, anything but a web page.
    pub(crate) fn check_json(&self) -> Result<(), Error> {
        let text = self.checked_text()?;
        let media_type = header_text(&self.headers, CONTENT_TYPE.as_str()).unwrap_or_default();
        let must_be_json = media_type.to_ascii_lowercase().contains("json") || is_html(&self.headers, text);
        match serde_json::from_slice::<IgnoredAny>(text) {
            Err(error) if must_be_json => Err(self.decode_error(text, &error)),
            _ => Ok(()),
        }
    }

    /// Returns the response with a body without the id, which the caller has not selected.
    pub(crate) fn without_id(self) -> Result<Self, Error> {
        self.checked_text()?;
        let body = without_id(&self.body).unwrap_or_else(|| self.body.clone());
        Ok(Self { body, expected: Expected::nothing(), ..self })
    }

    /// Returns the body without a byte order mark. An empty body, or one with only whitespace, is an error.
    fn text(&self) -> Result<&[u8], Error> {
        let text = without_byte_order_mark(&self.body);
        if text.trim_ascii().is_empty() { Err(self.annotate(Error::empty_response())) } else { Ok(text) }
    }

    /// Adds the request, the status and the request id to an error about this response.
    pub(crate) fn annotate(&self, error: Error) -> Error {
        self.context.annotate(error.with_response(self.status, &self.headers).with_attempts(self.attempts))
    }

    #[cold]
    fn decode_error(&self, text: &[u8], error: &serde_json::Error) -> Error {
        if !self.may_be_json(text) {
            let text = quotable(self.context.path(), text);
            return self.annotate(Error::unexpected_response(self.status, &self.headers, text));
        }
        if let Err(problem) = self.expected.check(text) {
            return self.annotate(Error::unexpected(problem));
        }
        self.annotate(Error::decode(decode_failure(text, error, self.page)))
    }

    /// Returns the error about one record of a page, whose text could not be decoded.
    #[cold]
    pub(crate) fn record_error(&self, record: &[u8], error: &serde_json::Error, index: usize) -> Error {
        let mut failure = decode_failure(record, error, self.page);
        let path = failure.path.unwrap_or_default();
        let separator = if path.is_empty() || path.starts_with('[') { "" } else { "." };
        failure.path = Some(format!("[{index}]{separator}{path}"));
        failure.index = Some(index);
        self.annotate(Error::decode(failure))
    }

    fn may_be_json(&self, text: &[u8]) -> bool {
        let starts_like_json = text.trim_ascii_start().first().is_some_and(|byte| b"{[\"-0123456789tfn".contains(byte));
        starts_like_json && !is_html(&self.headers, text)
    }
}

/// Deserializes an array by appending its elements to an existing vector.
struct AppendTo<T>(Vec<T>);

impl<'de, T: Deserialize<'de>> DeserializeSeed<'de> for AppendTo<T> {
    type Value = Vec<T>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Vec<T>, D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for AppendTo<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a sequence")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut from: A) -> Result<Vec<T>, A::Error> {
        while let Some(value) = from.next_element()? {
            self.0.push(value);
        }
        Ok(self.0)
    }
}

/// Describes why and where `text` could not be decoded.
fn decode_failure(text: &[u8], error: &serde_json::Error, page: Option<u32>) -> DecodeFailure {
    // Inside an object, this library's deserializers wrap every error to add the path, which turns a syntax error into
    // a data error. So the body is parsed again. A syntax error anywhere means that no value of the body is reliable.
    let syntax = serde_json::from_slice::<IgnoredAny>(text).err();
    let error = syntax.as_ref().unwrap_or(error);
    if error.is_eof() || error.is_syntax() {
        let (problem, what) = match error.is_eof() {
            true => (DecodeProblem::Truncated, "ends early"),
            false => (DecodeProblem::Malformed, "is malformed"),
        };
        let (line, column, length) = (error.line(), error.column(), text.len());
        let message = format!("the JSON {what} at line {line} column {column} (the body has {length} bytes)");
        return DecodeFailure { index: None, page, raw_value: None, path: None, message, problem };
    }
    let full_message = error.to_string();
    let (error_path, message) = split_path(&full_message).unwrap_or(("", &full_message));
    // The position gives the full path, also inside the caller's own types. The path in the error's text covers only
    // the types of this library. If a value was read as text, the position is behind the bracket that follows it.
    let offset = byte_offset(text, error.line(), error.column());
    let location = [offset, offset.saturating_sub(1)]
        .into_iter()
        .map(|offset| locate(text, offset))
        .find(|location| error.line() > 0 && location.path.ends_with(error_path));
    let (path, raw) = match location {
        Some(location) => (location.path, Some(value_text(text, location.start))),
        None => (error_path.to_owned(), None),
    };
    let raw = raw.map(String::from_utf8_lossy);
    let secret = looks_secret(&path)
        || is_in_custom_fields(&path)
        || raw.as_deref().is_some_and(|raw| raw.starts_with(['{', '[', '"']) && mentions_secret(raw));
    let message = if secret { without_value(message) } else { one_line(message, 300) };
    DecodeFailure {
        index: first_index(&path),
        page,
        raw_value: raw.map(|raw| if secret { REDACTED.to_owned() } else { one_line(&raw, MAX_RAW_VALUE) }),
        problem: if path.is_empty() { DecodeProblem::Form } else { DecodeProblem::Value },
        path: (!path.is_empty()).then_some(path),
        message,
    }
}

/// Returns serde's message without the value that it quotes: the expected type and the position, or only
/// `invalid value` if the message names no expected type.
fn without_value(message: &str) -> String {
    match message.rsplit_once(", expected ") {
        Some((_, expected)) => format!("invalid value, expected {}", one_line(expected, 100)),
        None => "invalid value".to_owned(),
    }
}

/// The future of a call.
#[must_use = "futures do nothing unless awaited"]
pub struct ResponseFuture<T>(State<T>);

enum State<T> {
    /// Reads the whole body first. `response` has the same type for every `T`, so little code is generated for each
    /// `T`.
    Read {
        response: BoxFuture<'static, Result<BufferedResponse, Error>>,
        read: fn(BufferedResponse) -> Result<T, Error>,
    },
    /// Reads the body while it arrives, as for a download.
    Stream(BoxFuture<'static, Result<T, Error>>),
}

impl<T> ResponseFuture<T> {
    pub(crate) fn new(
        response: impl Future<Output = Result<BufferedResponse, Error>> + Send + 'static,
        read: fn(BufferedResponse) -> Result<T, Error>,
    ) -> Self {
        Self(State::Read { response: Box::pin(response), read })
    }

    pub(crate) fn boxed(future: BoxFuture<'static, Result<T, Error>>) -> Self {
        Self(State::Stream(future))
    }
}

impl<T> Future for ResponseFuture<T> {
    type Output = Result<T, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            State::Read { response, read } => {
                let response = ready!(response.as_mut().poll(context));
                Poll::Ready(response.and_then(*read))
            }
            State::Stream(future) => future.as_mut().poll(context),
        }
    }
}

impl<T> fmt::Debug for ResponseFuture<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResponseFuture")
    }
}

//! Answers and how they are read: the value, or an error that names the place and shows what is there.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde::de::{Deserialize, DeserializeOwned, DeserializeSeed, Deserializer, IgnoredAny, SeqAccess, Visitor};

use crate::error::DecodeFailure;
use crate::error::Error;
use crate::json::json_path::{first_index, offset, place, split, value_text};
use crate::redaction::{REDACTED, looks_secret};
use crate::text::{is_html, one_line, without_byte_order_mark};
use crate::transport::connection::{BoxFuture, Connection, RequestInfo};
use crate::transport::request::Request;

/// How much of a value that could not be read is shown, in characters.
const MOST_RAW: usize = 200;

/// A successful answer, read to its end.
pub(crate) struct Received {
    pub(crate) about: RequestInfo,
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// The number of the page, when it is one of numbered pages.
    pub(crate) page: Option<u32>,
}

/// Sends a request and reads the whole answer; a status outside 2xx is an error.
pub(crate) async fn receive(connection: Connection, request: Request) -> Result<Received, Error> {
    let about = RequestInfo::new(&request);
    let response = connection.execute(request, &about).await?;
    let body = response
        .body
        .collect()
        .await
        .map_err(|error| about.name(error.with_response(response.status, &response.headers)))?;
    Ok(Received { about, status: response.status, headers: response.headers, body, page: None })
}

impl Received {
    /// The value in the body.
    pub(crate) fn decode<T: DeserializeOwned>(&self) -> Result<T, Error> {
        let text = self.text()?;
        serde_json::from_slice(text).map_err(|error| self.decode_error(text, &error))
    }

    /// The values of the array in the body, behind those in `room`, whose memory they use.
    pub(crate) fn decode_into<T: DeserializeOwned>(&self, room: Vec<T>) -> Result<Vec<T>, Error> {
        let text = self.text()?;
        let mut from = serde_json::Deserializer::from_slice(text);
        Array(room)
            .deserialize(&mut from)
            .and_then(|values| from.end().map(|()| values))
            .map_err(|error| self.decode_error(text, &error))
    }

    /// The body without a byte order mark; blank is an error.
    fn text(&self) -> Result<&[u8], Error> {
        let text = without_byte_order_mark(&self.body);
        if text.trim_ascii().is_empty() { Err(self.name(Error::empty_response())) } else { Ok(text) }
    }

    /// An error about this answer, with its facts.
    pub(crate) fn name(&self, error: Error) -> Error {
        self.about.name(error.with_response(self.status, &self.headers))
    }

    #[cold]
    fn decode_error(&self, text: &[u8], error: &serde_json::Error) -> Error {
        if !self.may_be_json(text) {
            return self.name(Error::unexpected_response(self.status, &self.headers, text));
        }
        self.name(Error::decode(describe(text, error, self.page)))
    }

    fn may_be_json(&self, text: &[u8]) -> bool {
        let starts = text.trim_ascii_start().first().is_some_and(|byte| b"{[\"-0123456789tfn".contains(byte));
        starts && !is_html(&self.headers, text)
    }
}

/// Reads an array into a vector that is there.
struct Array<T>(Vec<T>);

impl<'de, T: Deserialize<'de>> DeserializeSeed<'de> for Array<T> {
    type Value = Vec<T>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Vec<T>, D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Array<T> {
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

/// Finds out what did not fit and where.
fn describe(text: &[u8], error: &serde_json::Error, page: Option<u32>) -> DecodeFailure {
    // On their way out through the members, errors become errors about data.
    let syntax = serde_json::from_slice::<IgnoredAny>(text)
        .err()
        .filter(|syntax| (syntax.line(), syntax.column()) == (error.line(), error.column()));
    let error = syntax.as_ref().unwrap_or(error);
    if error.is_eof() || error.is_syntax() {
        let what = if error.is_eof() { "the JSON ends too soon" } else { "the JSON is malformed" };
        let message = format!("{what}, after {} bytes, at line {} column {}", text.len(), error.line(), error.column());
        return DecodeFailure { index: None, page, raw_value: None, path: None, message, cut_off: true };
    }
    let whole = error.to_string();
    let (in_band, message) = split(&whole).unwrap_or(("", &whole));
    let place = place(text, offset(text, error.line(), error.column()));
    // The position gives the whole path, also through types that are not ours; the error's own path only starts where
    // ours begin.
    let (path, raw) = if error.line() > 0 && place.path.ends_with(in_band) {
        (place.path, Some(value_text(text, place.start)))
    } else {
        (in_band.to_owned(), None)
    };
    let raw = raw.map(String::from_utf8_lossy);
    let secret =
        looks_secret(&path) || raw.as_deref().is_some_and(|raw| raw.starts_with(['{', '[']) && looks_secret(raw));
    let message = if secret { without_value(message) } else { one_line(message, 300) };
    DecodeFailure {
        index: first_index(&path),
        page,
        raw_value: raw.map(|raw| if secret { REDACTED.to_owned() } else { one_line(&raw, MOST_RAW) }),
        path: (!path.is_empty()).then_some(path),
        message,
        cut_off: false,
    }
}

/// serde's message without the value it quotes: only what was expected, and where.
fn without_value(message: &str) -> String {
    match message.rsplit_once(", expected ") {
        Some((_, expected)) => format!("invalid value, expected {}", one_line(expected, 100)),
        None => "invalid value".to_owned(),
    }
}

/// The response of a call that is being awaited.
#[must_use = "futures do nothing unless awaited"]
pub struct ResponseFuture<T>(State<T>);

enum State<T> {
    /// Only the reading is generic, so that each type adds little code.
    Read {
        received: BoxFuture<'static, Result<Received, Error>>,
        read: fn(Received) -> Result<T, Error>,
    },
    Stream(BoxFuture<'static, Result<T, Error>>),
}

impl<T> ResponseFuture<T> {
    pub(crate) fn new(
        received: impl Future<Output = Result<Received, Error>> + Send + 'static,
        read: fn(Received) -> Result<T, Error>,
    ) -> Self {
        Self(State::Read { received: Box::pin(received), read })
    }

    pub(crate) fn boxed(future: BoxFuture<'static, Result<T, Error>>) -> Self {
        Self(State::Stream(future))
    }
}

impl<T> Future for ResponseFuture<T> {
    type Output = Result<T, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            State::Read { received, read } => {
                let received = ready!(received.as_mut().poll(context));
                Poll::Ready(received.and_then(*read))
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

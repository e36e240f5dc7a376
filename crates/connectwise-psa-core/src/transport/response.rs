//! Responses of any status, before their body is read.

use http::{HeaderMap, StatusCode};

use crate::error::{Error, MAX_ERROR_BODY};
use crate::operation::Operation;
use crate::transport::byte_stream::ByteStream;

/// A response of any status.
#[derive(Debug)]
#[non_exhaustive]
pub struct Response {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, which has not been read.
    pub body: ByteStream,
    /// How many times the request was sent, including the attempt that got this response.
    pub attempts: u32,
    /// Whether an earlier attempt was ambiguous: the server may have carried it out, whatever this response says.
    pub earlier_attempt_ambiguous: bool,
    /// Advice for an error response, in place of the default advice for its status: one sentence.
    pub advice: Option<String>,
}

impl Response {
    /// Creates a response without headers, of a request that was sent once.
    pub fn new(status: StatusCode, body: impl Into<ByteStream>) -> Self {
        Self {
            status,
            headers: HeaderMap::new(),
            body: body.into(),
            attempts: 1,
            earlier_attempt_ambiguous: false,
            advice: None,
        }
    }

    /// Replaces the headers.
    pub fn with_headers(self, headers: HeaderMap) -> Self {
        Self { headers, ..self }
    }

    /// Replaces the body with the result of `body`, which takes the current body.
    pub fn map_body(self, body: impl FnOnce(ByteStream) -> ByteStream) -> Self {
        Self { body: body(self.body), ..self }
    }

    /// Sets the number of attempts.
    pub fn with_attempts(self, attempts: u32) -> Self {
        Self { attempts, ..self }
    }

    /// Sets whether an earlier attempt was ambiguous: the server may have carried it out, whatever this response says.
    pub fn with_earlier_attempt_ambiguous(self, earlier_attempt_ambiguous: bool) -> Self {
        Self { earlier_attempt_ambiguous, ..self }
    }

    /// Sets the advice for an error response, in place of the default advice for its status: one sentence.
    pub fn with_advice(self, advice: Option<String>) -> Self {
        Self { advice, ..self }
    }

    /// Returns the response if its status is 2xx.
    ///
    /// # Errors
    ///
    /// An error for any other status, with the contents of the body, of which at most 64 KiB are read.
    pub async fn success(self, operation: Option<&'static Operation>) -> Result<Self, Error> {
        if self.status.is_success() {
            return Ok(self);
        }
        let body = self.body.collect_available(MAX_ERROR_BODY).await;
        let error = Error::from_response(self.status, &self.headers, &body)
            .with_attempts(self.attempts)
            .with_earlier_attempt_ambiguous(self.earlier_attempt_ambiguous);
        Err(self.advice.into_iter().fold(error, Error::with_advice).or_operation(operation))
    }
}

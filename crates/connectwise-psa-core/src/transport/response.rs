//! A response of any status, its body not yet read.

use http::{HeaderMap, StatusCode};

use crate::error::{Error, MAX_ERROR_BODY};
use crate::operation::Operation;
use crate::transport::byte_stream::ByteStream;

/// An answer of any status.
#[derive(Debug)]
#[non_exhaustive]
pub struct Response {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, not yet read.
    pub body: ByteStream,
    /// How many times the request was sent until this answer came.
    pub attempts: u32,
    /// Whether the answer to an earlier try was lost, so that what was asked may have been done already, whatever this
    /// answer says.
    pub earlier_attempt_lost: bool,
    /// What to do about a refusal, where the transport knows better than the status tells: one sentence.
    pub advice: Option<String>,
}

impl Response {
    /// An answer without headers, for transports that make answers up.
    pub fn new(status: StatusCode, body: impl Into<ByteStream>) -> Self {
        Self {
            status,
            headers: HeaderMap::new(),
            body: body.into(),
            attempts: 1,
            earlier_attempt_lost: false,
            advice: None,
        }
    }

    /// The same response with these headers.
    pub fn with_headers(self, headers: HeaderMap) -> Self {
        Self { headers, ..self }
    }

    /// The same response with another body made of its own.
    pub fn map_body(self, body: impl FnOnce(ByteStream) -> ByteStream) -> Self {
        Self { body: body(self.body), ..self }
    }

    /// The same response, which came after this many attempts.
    pub fn with_attempts(self, attempts: u32) -> Self {
        Self { attempts, ..self }
    }

    /// The same response, after an earlier attempt whose own response was lost: what was asked may have been done
    /// already, whatever this response says.
    pub fn with_earlier_attempt_lost(self, earlier_attempt_lost: bool) -> Self {
        Self { earlier_attempt_lost, ..self }
    }

    /// The same response, with what to do about it where the transport knows better than the status tells: one
    /// sentence.
    pub fn with_advice(self, advice: Option<String>) -> Self {
        Self { advice, ..self }
    }

    /// The response when its status is 2xx.
    ///
    /// # Errors
    ///
    /// Any other status, with what its body says; at most 64 KiB of it are read.
    pub async fn success(self, operation: Option<&'static Operation>) -> Result<Self, Error> {
        if self.status.is_success() {
            return Ok(self);
        }
        let body = self.body.collect_available(MAX_ERROR_BODY).await;
        let error = Error::from_response(self.status, &self.headers, &body)
            .with_attempts(self.attempts)
            .with_earlier_attempt_lost(self.earlier_attempt_lost);
        Err(self.advice.into_iter().fold(error, Error::with_advice).in_operation(operation))
    }
}

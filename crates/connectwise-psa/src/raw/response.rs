//! The response to a raw request.

use std::fmt;

use bytes::Bytes;
use connectwise_psa_core::calls::NextPage;
use connectwise_psa_core::error::Error;
use connectwise_psa_core::operation::Operation;
use connectwise_psa_core::redaction::quotable;
use connectwise_psa_core::text::without_byte_order_mark;
use connectwise_psa_core::transport::Connection;
use http::{HeaderMap, StatusCode};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::raw::body::RawBody;

/// The response to a raw request.
#[derive(Clone)]
#[non_exhaustive]
pub struct RawResponse {
    /// The status, always 2xx.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: RawBody,
    /// The bytes of the body.
    pub(crate) text: Bytes,
    /// The operation of the request, if it is known.
    pub(crate) operation: Option<&'static Operation>,
    /// Whether the request only reads, so that an error cannot be about a change.
    pub(crate) is_read: bool,
    /// The path of the request, which decides whether an error may quote the body.
    pub(crate) path: String,
    /// Redacts the client's secrets in what is printed.
    pub(crate) connection: Connection,
}

impl RawResponse {
    /// Returns the body as JSON. An empty body is `null`.
    ///
    /// # Errors
    ///
    /// Returns a decode error if the body is not JSON.
    pub fn into_json(self) -> Result<Value, Error> {
        match self.body {
            RawBody::Empty => Ok(Value::Null),
            RawBody::Json(value) => Ok(value),
            RawBody::Bytes(body) => {
                let error = Error::unexpected_response(self.status, &self.headers, quotable(&self.path, &body));
                let error = error.with_operation(self.operation);
                let error = if self.is_read { error.with_request(true, true) } else { error };
                Err(error.redact_texts(&|text| self.connection.redact(text)))
            }
        }
    }

    /// Returns the body as the text that the server sent, in which numbers have all their digits. `None` if the body is
    /// not JSON.
    #[must_use]
    pub fn json_text(&self) -> Option<&RawValue> {
        match self.body {
            RawBody::Json(_) => serde_json::from_slice(without_byte_order_mark(&self.text)).ok(),
            _ => None,
        }
    }

    /// Returns the next page if the response is a page of a list and links to one.
    #[must_use]
    pub fn next_page(&self) -> Option<NextPage> {
        NextPage::from_headers(&self.headers)
    }
}

/// Redacts secrets: fields with secret names, and the client's own secrets, which the server may echo.
impl fmt::Debug for RawResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawResponse")
            .field("status", &self.status)
            .field("headers", &self.headers)
            .field("body", &format_args!("{}", self.connection.redact(&self.body.with_json())))
            .finish()
    }
}

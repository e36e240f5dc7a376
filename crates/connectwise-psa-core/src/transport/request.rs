//! Requests, before a transport turns them into HTTP requests.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::error::Error;
use crate::operation::{Method, Operation};
use crate::transport::encoding::encode_query;
use crate::transport::options::CallOptions;
use crate::transport::upload::Form;

/// The headers that carry credentials, in lower case. Only the transport sets them; requests do not contain them.
pub const CREDENTIAL_HEADERS: &[&str] = &["authorization", "cookie", "clientid"];

/// A request relative to the base URL and without credentials. A transport turns it into an HTTP request.
#[non_exhaustive]
pub struct Request {
    /// The operation; `None` for a call by path.
    pub operation: Option<&'static Operation>,
    /// The method.
    pub method: Method,
    /// The path relative to the base URL, percent-encoded, with a leading slash: `/service/tickets/5`.
    pub path: String,
    /// Whether `path` starts at the root of the server instead of the base URL, for files outside the API.
    pub outside_api: bool,
    /// The names and values of the query parameters in order, not percent-encoded.
    pub query: Vec<(Cow<'static, str>, String)>,
    /// Headers in addition to those that every request has.
    pub headers: HeaderMap,
    /// The body.
    pub body: RequestBody,
    /// Whether the response is a file, which can have any type and length. The transport must stream its body, and may
    /// buffer other responses.
    pub download: bool,
    /// Options that override the client's settings.
    pub options: CallOptions,
}

/// The body of a request.
#[non_exhaustive]
pub enum RequestBody {
    /// No body.
    Empty,
    /// JSON.
    Json(Bytes),
    /// `multipart/form-data`.
    Multipart(Form),
}

impl Request {
    /// Creates a request without operation, query, headers, body and options.
    #[must_use]
    pub fn new(method: Method, path: impl Into<String>) -> Self {
        Self {
            operation: None,
            method,
            path: path.into(),
            outside_api: false,
            query: Vec::new(),
            headers: HeaderMap::new(),
            body: RequestBody::Empty,
            download: false,
            options: CallOptions::new(),
        }
    }

    /// Returns the path and, after a `?`, the query. All but unreserved characters of the query are percent-encoded,
    /// also `+`, because the server reads a plain `+` as a space (observed on live servers).
    #[must_use]
    pub fn path_and_query(&self) -> String {
        let mut text = self.path.clone();
        encode_query(&mut text, &self.query);
        text
    }

    /// Returns the length of [`path_and_query`](Self::path_and_query), in characters. The whole URL must not exceed
    /// [`MAX_URL_LENGTH`](crate::transport::MAX_URL_LENGTH).
    #[must_use]
    pub fn path_and_query_length(&self) -> usize {
        self.path_and_query().len()
    }

    /// Replaces the options.
    #[must_use]
    pub fn with_options(self, options: CallOptions) -> Self {
        Self { options, ..self }
    }

    /// Changes the options in place.
    pub fn change_options(&mut self, change: impl FnOnce(CallOptions) -> CallOptions) {
        self.options = change(std::mem::take(&mut self.options));
    }

    /// Adds a header. Headers that carry credentials are ignored, because only the transport sets them.
    ///
    /// # Errors
    ///
    /// An invalid-input error for an invalid name or value, or too many headers.
    pub fn add_header(&mut self, name: &str, value: &str) -> Result<(), Error> {
        if CREDENTIAL_HEADERS.iter().any(|credential| credential.eq_ignore_ascii_case(name)) {
            return Ok(());
        }
        let invalid = |problem: &str| Error::invalid_input(format!("header {name:?}"), problem);
        let header = HeaderName::try_from(name).map_err(|_| invalid("is not a valid header name"))?;
        let value = HeaderValue::from_str(value).map_err(|_| invalid("does not have a valid header value"))?;
        self.headers.try_append(header, value).map_err(|_| Error::invalid_input("headers", "are too many"))?;
        Ok(())
    }

    /// Returns a copy to show, not to send: streams in the body have no content.
    #[must_use]
    pub fn description(&self) -> Self {
        let body = match &self.body {
            RequestBody::Empty => RequestBody::Empty,
            RequestBody::Json(json) => RequestBody::Json(json.clone()),
            RequestBody::Multipart(form) => RequestBody::Multipart(form.description()),
        };
        self.with_body(body)
    }

    fn with_body(&self, body: RequestBody) -> Self {
        Self {
            operation: self.operation,
            method: self.method,
            path: self.path.clone(),
            outside_api: self.outside_api,
            query: self.query.clone(),
            headers: self.headers.clone(),
            body,
            download: self.download,
            options: self.options.clone(),
        }
    }

    /// Copies the request, for a retry or the next page; `None` if its body contains a stream, which can be read only
    /// once.
    #[must_use]
    pub fn try_clone(&self) -> Option<Self> {
        let body = match &self.body {
            RequestBody::Empty => RequestBody::Empty,
            RequestBody::Json(json) => RequestBody::Json(json.clone()),
            RequestBody::Multipart(form) => RequestBody::Multipart(form.try_clone()?),
        };
        Some(self.with_body(body))
    }
}

/// Shows the size of the body, not its content.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("operation", &self.operation.map(|operation| operation.id))
            .field("method", &self.method)
            .field("path_and_query", &self.path_and_query())
            .field("body", &self.body)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for RequestBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("Empty"),
            Self::Json(json) => write!(f, "Json({} bytes)", json.len()),
            Self::Multipart(form) => f.debug_tuple("Multipart").field(form).finish(),
        }
    }
}

//! A request before it becomes one of HTTP.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::error::Error;
use crate::operation::{Method, Operation};
use crate::transport::encoding::encode_query;
use crate::transport::options::CallOptions;
use crate::transport::upload::Form;

/// The headers that carry credentials, in small letters. The transport alone sets them, so a request does not carry
/// them.
pub const CREDENTIAL_HEADERS: &[&str] = &["authorization", "cookie", "clientid"];

/// A request before it is one of HTTP: relative to the API base and without credentials.
#[non_exhaustive]
pub struct Request {
    /// The operation it is for; `None` for a call by path.
    pub operation: Option<&'static Operation>,
    /// The method.
    pub method: Method,
    /// The path under the API base, percent-encoded, with a leading slash: `/service/tickets/5`.
    pub path: String,
    /// The query parameters in order, not encoded.
    pub query: Vec<(Cow<'static, str>, String)>,
    /// Headers beyond those every request has.
    pub headers: HeaderMap,
    /// The body.
    pub body: RequestBody,
    /// Whether the answer is a file of any type and length, which is handed on as it comes. Other answers may be read
    /// whole before they are handed on.
    pub download: bool,
    /// What differs from the client's settings.
    pub options: CallOptions,
}

/// The body of a request.
#[non_exhaustive]
pub enum RequestBody {
    /// None.
    Empty,
    /// JSON text.
    Json(Bytes),
    /// `multipart/form-data`.
    Multipart(Form),
}

impl Request {
    /// A request without query, headers or body.
    #[must_use]
    pub fn new(method: Method, path: impl Into<String>) -> Self {
        Self {
            operation: None,
            method,
            path: path.into(),
            query: Vec::new(),
            headers: HeaderMap::new(),
            body: RequestBody::Empty,
            download: false,
            options: CallOptions::new(),
        }
    }

    /// The path and, after a `?`, the query, percent-encoded but for unreserved characters: facts: a `+` would be read
    /// as a space.
    #[must_use]
    pub fn path_and_query(&self) -> String {
        let mut text = self.path.clone();
        encode_query(&mut text, &self.query);
        text
    }

    /// The length of [`path_and_query`](Self::path_and_query), in bytes. facts: the whole URL should keep below 2,000.
    #[must_use]
    pub fn path_and_query_length(&self) -> usize {
        self.path_and_query().len()
    }

    /// The same request with these options.
    #[must_use]
    pub fn with_options(self, options: CallOptions) -> Self {
        Self { options, ..self }
    }

    /// Changes the options in place.
    pub fn change_options(&mut self, change: impl FnOnce(CallOptions) -> CallOptions) {
        self.options = change(std::mem::take(&mut self.options));
    }

    /// Adds a header. Headers that carry credentials are set by the transport alone and are left out.
    ///
    /// # Errors
    ///
    /// A name or a value that a header cannot have, and more headers than a request can have.
    pub fn add_header(&mut self, name: &str, value: &str) -> Result<(), Error> {
        if CREDENTIAL_HEADERS.iter().any(|credential| credential.eq_ignore_ascii_case(name)) {
            return Ok(());
        }
        let invalid = |problem: &str| Error::invalid_input(format!("header {name:?}"), problem);
        let header = HeaderName::try_from(name).map_err(|_| invalid("is not a valid header name"))?;
        let value = HeaderValue::from_str(value).map_err(|_| invalid("has a value that a header cannot hold"))?;
        self.headers.try_append(header, value).map_err(|_| Error::invalid_input("headers", "are too many"))?;
        Ok(())
    }

    /// The same request for showing it: streams in its body are empty.
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
            query: self.query.clone(),
            headers: self.headers.clone(),
            body,
            download: self.download,
            options: self.options.clone(),
        }
    }

    /// The same request again, for a retry or the next page; `None` when its body is a stream, which can be read once
    /// only.
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

/// Shows the sizes of bodies, not their content.
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

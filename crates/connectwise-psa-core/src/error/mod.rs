//! The error of every call: one opaque, pointer-sized type. This file has its parts and its constructors.

pub(crate) mod advice;
mod classification;
mod details;
pub(crate) mod display;
pub(crate) mod kind;
mod redacted_texts;
pub(crate) mod response_body;
pub(crate) mod status;

pub use kind::ErrorKind;

use std::any::Any;
use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, StatusCode};

use crate::error::response_body::ErrorResponse;
use crate::operation::{Method, Operation};
use crate::text::{header_text, is_html, one_line, without_byte_order_mark};

/// The most bytes that are read of the body of an error response, or of a body that is discarded so that the connection
/// can be reused.
pub const MAX_ERROR_BODY: usize = 64 * 1024;

/// Any error as a source.
pub(crate) type BoxError = Box<dyn StdError + Send + Sync>;

/// The error of a call.
///
/// [`kind`](Self::kind) and the predicates classify the error; the accessors return its details. New kinds can be added
/// without breaking callers. The error prints as one line: the operation, what happened, and what to do next. The
/// line does not include the underlying network error, which is the [`source`](StdError::source). Print the whole chain
/// of sources, as `anyhow` and `eyre` do.
///
/// ```
/// use connectwise_psa_core::error::Error;
///
/// let error = Error::invalid_input("page_size", "is 5000; a page holds 1 to 1000 records");
/// assert!(error.is_invalid_input());
/// assert_eq!(error.to_string(), "invalid input: page_size is 5000; a page holds 1 to 1000 records.");
/// ```
///
/// # Troubleshooting
///
/// | predicate | usual cause |
/// |---|---|
/// | [`is_unauthenticated`](Self::is_unauthenticated) | company id, keys or client id |
/// | [`is_permission_denied`](Self::is_permission_denied) | the security role of the API member; on some servers, a missing or wrong client id |
/// | [`is_not_found`](Self::is_not_found) | the record is gone, or the code base in the base URL is not the tenant's |
/// | [`is_rate_limited`](Self::is_rate_limited) | too many requests; wait for [`retry_after`](Self::retry_after) |
/// | [`is_ambiguous`](Self::is_ambiguous) | no response confirms a change: check whether the server made it before you repeat it |
/// | [`is_retryable`](Self::is_retryable) | a temporary problem; the same call may succeed later, and repeating it is harmless |
/// | [`is_decode`](Self::is_decode) | the response does not match the OpenAPI document; read it as JSON |
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
pub(crate) struct Inner {
    pub(crate) repr: Repr,
    pub(crate) operation: Option<&'static Operation>,
    pub(crate) status: Option<StatusCode>,
    pub(crate) request_id: Option<String>,
    pub(crate) retry_after: Option<String>,
    /// Where a redirect points to, without the query.
    pub(crate) location: Option<String>,
    /// How many times the request was sent; 0 if the transport did not count.
    pub(crate) attempts: u32,
    pub(crate) advice: Option<String>,
    /// Whether a timeout ended the call before its request was sent.
    pub(crate) not_sent: bool,
    /// Whether a further attempt to connect would fail in the same way.
    permanent: bool,
    pub(crate) earlier_attempt_ambiguous: bool,
    /// Whether an earlier attempt of the call was sent.
    pub(crate) earlier_attempt_sent: bool,
    /// The method and path of a request without an operation.
    pub(crate) method_and_path: Option<String>,
    /// Whether the request only reads; `None` until [`Error::with_request`] sets it.
    pub(crate) is_read: Option<bool>,
    repeatable: bool,
    source: Option<Arc<dyn StdError + Send + Sync>>,
    /// Why there is no response, for errors without a source.
    pub(crate) reason: Option<String>,
    /// The typed error behind invalid input.
    detail: Option<Arc<dyn Any + Send + Sync>>,
    /// The body of an error response, truncated to [`MAX_ERROR_BODY`] bytes.
    body: Vec<u8>,
}

#[derive(Clone)]
pub(crate) enum Repr {
    /// An error response: a status outside 2xx.
    Api(ErrorResponse),
    /// A successful response whose body does not fit its type.
    Decode(DecodeFailure),
    /// A successful response that is not what was requested.
    Unexpected(Unexpected),
    /// A successful response with an empty body.
    EmptyResponse,
    /// A successful response with a body of more bytes than the client accepts.
    TooLarge { limit: u64 },
    /// A record without an id.
    MissingId { type_name: &'static str },
    /// A list that should hold exactly one record: `found` is 0, or 2 for two or more.
    RecordCount { found: usize },
    /// The pages of a list contradict each other or the request.
    Paging { message: String },
    /// No complete response arrived.
    Transport,
    /// No complete response arrived in time.
    Timeout,
    /// The client could not connect.
    Connect,
    /// A request that has to precede this one failed, so this one was not sent. `purpose` is a clause: `the base URL of
    /// the API could not be looked up`.
    Preparation { purpose: String },
    /// The request was not sent because the client's own limit per minute, or a pause that the server requested, lasts
    /// longer than the timeout of the call.
    Limited,
    /// The caller's input is invalid.
    InvalidInput { name: String, message: String, fields: Vec<FieldError> },
}

/// How a successful response differs from what was requested.
#[derive(Clone)]
pub(crate) enum Unexpected {
    /// The body is a web page or otherwise not JSON. `start` is its beginning.
    NotJson { media_type: Option<String>, start: String, is_html: bool },
    /// The body is an error object.
    ErrorObject(ErrorResponse),
    /// The body is an object without fields.
    EmptyObject,
    /// The body is a record without an id.
    NoId,
    /// Anything else: a clause that continues `the response `.
    Other(String),
    /// The body is the record with the id `found`; the record with the id `requested` was requested.
    OtherRecord { requested: String, found: String },
}

/// Where and why a response could not be decoded.
#[derive(Clone, Default)]
pub(crate) struct DecodeFailure {
    pub(crate) path: Option<String>,
    pub(crate) index: Option<usize>,
    pub(crate) page: Option<u32>,
    pub(crate) raw_value: Option<String>,
    pub(crate) message: String,
    pub(crate) problem: DecodeProblem,
}

/// What is wrong with a response that could not be decoded.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum DecodeProblem {
    /// One value does not have its type.
    #[default]
    Value,
    /// The JSON as a whole has another form than was requested, such as an array instead of an object.
    Form,
    /// The JSON ends early, so no single value is the cause.
    Truncated,
    /// The body is not well-formed JSON, so no single value is the cause.
    Malformed,
}

/// An error about one field, from the server or from the client's own length check.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FieldError {
    /// The code: `MissingRequiredField`, `MaxLengthField`, `NotFound`, `ObjectExists`, `InvalidField`, …
    pub code: Option<String>,
    /// The message.
    pub message: Option<String>,
    /// The type of record: `ticket`.
    pub resource: Option<String>,
    /// The field, such as `status/id`. For an error of the client's own length check, the JSON path, such as
    /// `communicationItems[1].value`.
    pub field: Option<String>,
    /// The server's further details.
    pub details: Option<String>,
}

impl Inner {
    /// Returns whether the request only reads. If the error does not know its request, the method of the operation
    /// decides; without an operation, the request counts as a change.
    pub(crate) fn is_read_only(&self) -> bool {
        let is_get = || self.operation.is_some_and(|operation| operation.method == Method::Get);
        self.is_read.unwrap_or_else(is_get)
    }
}

impl Error {
    fn new(repr: Repr, source: Option<BoxError>) -> Self {
        let source = source.map(Arc::from);
        Self(Box::new(Inner {
            repr,
            operation: None,
            status: None,
            request_id: None,
            retry_after: None,
            location: None,
            attempts: 0,
            advice: None,
            not_sent: false,
            permanent: false,
            earlier_attempt_ambiguous: false,
            earlier_attempt_sent: false,
            method_and_path: None,
            is_read: None,
            repeatable: false,
            source,
            reason: None,
            detail: None,
            body: Vec::new(),
        }))
    }

    /// Creates an error for a request that failed before a complete response arrived. The server may have carried out
    /// the request.
    #[must_use]
    pub fn transport(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::new(Repr::Transport, Some(source.into()))
    }

    /// Creates an error for a request without a complete response in time. The server may have carried out the request.
    #[must_use]
    pub fn timeout(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::new(Repr::Timeout, Some(source.into()))
    }

    /// Creates an error for a request that was not carried out because the client could not connect.
    #[must_use]
    pub fn connect(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::new(Repr::Connect, Some(source.into()))
    }

    /// Like [`transport`](Self::transport), but without a source. `reason` is a clause; the error prints it in
    /// parentheses.
    #[must_use]
    pub fn transport_because(reason: impl Into<String>) -> Self {
        Self::with_reason(Repr::Transport, reason)
    }

    /// Like [`timeout`](Self::timeout), but without a source. `reason` is a clause; the error prints it in parentheses.
    #[must_use]
    pub fn timeout_because(reason: impl Into<String>) -> Self {
        Self::with_reason(Repr::Timeout, reason)
    }

    /// Like [`connect`](Self::connect), but without a source. `reason` is a clause; the error prints it in parentheses.
    #[must_use]
    pub fn connect_because(reason: impl Into<String>) -> Self {
        Self::with_reason(Repr::Connect, reason)
    }

    /// Creates an error for a request that was not sent because a request that has to precede it failed: `failure`, the
    /// source of the new error. `purpose` is a clause that says what could not be done, such as `the base URL of the API
    /// could not be looked up`.
    #[must_use]
    pub fn preparation(purpose: impl Into<String>, failure: Self) -> Self {
        let mut error = Self::new(Repr::Preparation { purpose: purpose.into() }, None);
        error.0.reason = display::cause(&failure);
        error.0.retry_after.clone_from(&failure.0.retry_after);
        error.0.request_id.clone_from(&failure.0.request_id);
        error.0.advice.clone_from(&failure.0.advice);
        error.0.source = Some(Arc::new(failure));
        error
    }

    /// Creates an error for a request that was not sent, because the client's own limits or a pause that the server
    /// requested delay it by `wait`, which is longer than the timeout of the call. `reason` is a clause.
    #[must_use]
    pub fn limited(reason: impl Into<String>, wait: Duration) -> Self {
        let mut error = Self::with_reason(Repr::Limited, reason);
        // Rounded up, so that a call after this time is not too early.
        error.0.retry_after = Some(wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0)).to_string());
        error
    }

    /// Records that the timeout ended the call before its request was sent. Only for [`timeout`](Self::timeout) errors.
    #[must_use]
    pub fn not_sent(mut self) -> Self {
        self.0.not_sent = true;
        self
    }

    /// Records that a further attempt to connect would fail in the same way, for example because the client does not
    /// trust the server's certificate. Only for [`connect`](Self::connect) errors.
    #[must_use]
    pub fn permanent(mut self) -> Self {
        self.0.permanent = true;
        self
    }

    fn with_reason(repr: Repr, reason: impl Into<String>) -> Self {
        let mut error = Self::new(repr, None);
        error.0.reason = Some(reason.into());
        error
    }

    /// Creates an error for the invalid input `name`. `message` continues the sentence after the name, without a full
    /// stop, and must not contain a secret.
    #[must_use]
    pub fn invalid_input(name: impl Into<String>, message: impl Into<String>) -> Self {
        Self::invalid_fields(name, message, Vec::new())
    }

    pub(crate) fn invalid_fields(name: impl Into<String>, message: impl Into<String>, fields: Vec<FieldError>) -> Self {
        Self::new(Repr::InvalidInput { name: name.into(), message: message.into(), fields }, None)
    }

    /// Like [`invalid_input`](Self::invalid_input), with a [`source`](StdError::source). `message` must not repeat the
    /// text of the source, because programs that print the whole chain would print it twice.
    #[must_use]
    pub fn invalid_input_from(
        name: impl Into<String>,
        message: impl Into<String>,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        let mut error = Self::invalid_input(name, message);
        error.0.source = Some(Arc::from(source.into()));
        error
    }

    /// Adds the typed error that [`detail`](Self::detail) returns.
    pub(crate) fn with_detail(mut self, detail: impl Any + Send + Sync) -> Self {
        self.0.detail = Some(Arc::new(detail));
        self
    }

    /// Returns the typed error behind invalid input: a [`SyntaxError`](crate::conditions::SyntaxError) if text could
    /// not be parsed, a [`CheckError`](crate::checker::CheckError) if conditions do not match the fields of the record.
    #[must_use]
    pub fn detail<T: 'static>(&self) -> Option<&T> {
        self.0.detail.as_deref()?.downcast_ref()
    }

    /// Replaces the name of the invalid input, for example with the environment variable that a setting was read from.
    #[must_use]
    pub fn with_parameter(mut self, parameter: impl Into<String>) -> Self {
        if let Repr::InvalidInput { name, .. } = &mut self.0.repr {
            *name = parameter.into();
        }
        self
    }

    /// Returns the source, the reason if there is no source, or the error itself if it has neither. Use it to build
    /// another error from this one.
    #[must_use]
    pub fn into_cause(self) -> Box<dyn StdError + Send + Sync> {
        match (&self.0.source, &self.0.reason) {
            (Some(source), _) => Box::new(SharedSource(Arc::clone(source))),
            (None, Some(reason)) => reason.clone().into(),
            (None, None) => Box::new(self),
        }
    }

    /// Returns the body of an error response, truncated to 64 KiB, without the client's own secrets. Empty for other
    /// errors. The body may contain values that the caller sent.
    #[must_use]
    pub fn response_body(&self) -> &[u8] {
        &self.0.body
    }

    /// Creates the error for an error response. Accepts any body.
    #[must_use]
    pub fn from_response(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Self {
        let mut error = Self::new(Repr::Api(response_body::read(headers, body)), None).with_response(status, headers);
        error.0.retry_after = header_text(headers, http::header::RETRY_AFTER.as_str());
        error.0.location = status.is_redirection().then(|| location(headers)).flatten();
        error.0.body = body.get(..MAX_ERROR_BODY).unwrap_or(body).to_vec();
        error
    }

    /// Creates a decode error. It has no source, because serde's error quotes the value, which may be a secret;
    /// `failure` holds the rest of that error.
    pub(crate) fn decode(failure: DecodeFailure) -> Self {
        Self::new(Repr::Decode(failure), None)
    }

    /// Creates the error for a successful response that is not what was requested.
    pub(crate) fn unexpected(problem: Unexpected) -> Self {
        Self::new(Repr::Unexpected(problem), None)
    }

    /// Creates the error for a successful response that is not what was requested. `problem` is a clause that continues
    /// `the response `, and must not contain a secret.
    #[must_use]
    pub fn unexpected_because(problem: impl Into<String>) -> Self {
        Self::unexpected(Unexpected::Other(problem.into()))
    }

    /// Creates the error for a successful response whose body is an error object; `None` if it is not one.
    #[doc(hidden)]
    #[must_use]
    pub fn from_error_object(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Option<Self> {
        let object = serde_json::from_slice(without_byte_order_mark(body)).ok()?;
        let response = response_body::read_error_object(&object)?;
        Some(Self::unexpected(Unexpected::ErrorObject(response)).with_response(status, headers))
    }

    /// Creates the error for a successful response whose body has more than `limit` bytes.
    #[must_use]
    pub fn response_too_large(limit: u64) -> Self {
        Self::new(Repr::TooLarge { limit }, None)
    }

    /// Creates the error for a successful response whose body is not JSON, for example a web page.
    #[must_use]
    pub fn unexpected_response(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Self {
        let start = response_body::start(headers, body);
        let media_type = header_text(headers, http::header::CONTENT_TYPE.as_str());
        let is_html = is_html(headers, body);
        Self::unexpected(Unexpected::NotJson { media_type, start, is_html }).with_response(status, headers)
    }

    pub(crate) fn empty_response() -> Self {
        Self::new(Repr::EmptyResponse, None)
    }

    /// Creates the error for a record of this type without an id.
    pub(crate) fn missing_id(type_name: &'static str) -> Self {
        Self::new(Repr::MissingId { type_name }, None)
    }

    /// Creates the error for a list that holds `found` records (2 for two or more) instead of exactly one.
    pub(crate) fn record_count(found: usize) -> Self {
        Self::new(Repr::RecordCount { found }, None)
    }

    pub(crate) fn paging(message: impl Into<String>) -> Self {
        Self::new(Repr::Paging { message: message.into() }, None)
    }

    /// Sets the operation; `None` keeps the operation that is set.
    #[must_use]
    pub fn with_operation(mut self, operation: impl Into<Option<&'static Operation>>) -> Self {
        self.0.operation = operation.into().or(self.0.operation);
        self
    }

    /// Sets the operation if none is set.
    pub(crate) fn or_operation(self, operation: Option<&'static Operation>) -> Self {
        if self.0.operation.is_none() { self.with_operation(operation) } else { self }
    }

    /// Sets the number of attempts.
    #[must_use]
    pub fn with_attempts(mut self, attempts: u32) -> Self {
        self.0.attempts = attempts;
        self
    }

    /// Sets the method and path of a request without an operation, if they are not set.
    pub(crate) fn or_method_and_path(mut self, method_and_path: String) -> Self {
        self.0.method_and_path = self.0.method_and_path.or(Some(method_and_path));
        self
    }

    /// Sets whether an earlier attempt of the call was ambiguous: the server may have carried it out.
    #[must_use]
    pub fn with_earlier_attempt_ambiguous(mut self, earlier_attempt_ambiguous: bool) -> Self {
        self.0.earlier_attempt_ambiguous = earlier_attempt_ambiguous;
        self
    }

    /// Sets whether an earlier attempt of the call was sent, even if the server certainly did not carry it out.
    #[must_use]
    pub fn with_earlier_attempt_sent(mut self, earlier_attempt_sent: bool) -> Self {
        self.0.earlier_attempt_sent = earlier_attempt_sent;
        self
    }

    /// Sets the advice that an error prints in place of the default advice: one or more sentences with their full stops.
    /// It applies to error responses, unexpected responses, connect errors and failures before the call; an ambiguous
    /// error prints what to check instead. Other errors ignore it.
    #[must_use]
    pub fn with_advice(mut self, advice: impl Into<String>) -> Self {
        self.0.advice = Some(advice.into());
        self
    }

    /// Sets whether the request only reads and whether it is repeatable. Later calls have no effect.
    #[doc(hidden)]
    #[must_use]
    pub fn with_request(mut self, is_read: bool, repeatable: bool) -> Self {
        if self.0.is_read.is_none() {
            self.0.is_read = Some(is_read);
            self.0.repeatable = repeatable;
        }
        self
    }

    /// Sets the status of the response and the id of the request from its headers.
    #[doc(hidden)]
    #[must_use]
    pub fn with_response(mut self, status: StatusCode, headers: &HeaderMap) -> Self {
        self.0.status = Some(status);
        self.0.request_id = header_text(headers, "x-cw-request-id");
        self
    }

    /// Replaces every text of the error with the result of `redact`, which returns the text without secrets: those that
    /// the server sent, the body of an error response, and the sources.
    #[doc(hidden)]
    #[must_use]
    pub fn redact_texts(mut self, redact: &dyn Fn(&str) -> Cow<'_, str>) -> Self {
        redacted_texts::redact(&mut self.0, redact);
        self
    }

    pub(crate) fn inner(&self) -> &Inner {
        &self.0
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = self.inner();
        let mut output = f.debug_struct("Error");
        output.field("message", &format_args!("\"{self}\""));
        if let Some(request_id) = &inner.request_id {
            output.field("request_id", request_id);
        }
        if let Some(source) = &inner.source {
            output.field("source", source);
        }
        output.finish()
    }
}

/// Returns the target of a redirect without user, query and fragment, which can contain secrets.
fn location(headers: &HeaderMap) -> Option<String> {
    let text = header_text(headers, http::header::LOCATION.as_str())?;
    let end = text.find(['?', '#']).unwrap_or(text.len());
    let target = text.get(..end)?;
    let without_user = target.split_once("//").and_then(|(scheme, rest)| {
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (_, host) = authority.rsplit_once('@')?;
        Some(format!("{scheme}//{host}{path}"))
    });
    Some(one_line(&without_user.unwrap_or_else(|| target.to_owned()), 200))
}

/// A shared source, as an error that forwards `Display`, `Debug` and `source`.
struct SharedSource(Arc<dyn StdError + Send + Sync>);

impl fmt::Debug for SharedSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for SharedSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl StdError for SharedSource {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_pointer_sized_and_send() {
        fn assert_send<T: Send + Sync + 'static>() {}
        assert_send::<Error>();
        assert_eq!(size_of::<Error>(), size_of::<usize>());
        assert_eq!(size_of::<Result<(), Error>>(), size_of::<usize>());
    }

    #[test]
    fn only_error_objects_become_errors_of_successful_responses() {
        let read = |body: &str| Error::from_error_object(StatusCode::OK, &HeaderMap::new(), body.as_bytes());
        let error = read("\u{feff}{\"code\":\"Security\",\"message\":\"SSL is required.\"}").unwrap();
        assert_eq!((error.code(), error.status()), (Some("Security"), Some(StatusCode::OK)));
        for body in ["", "{}", "[]", "null", r#"{"id":5}"#, r#"{"publicKey":"a","privateKey":"b"}"#] {
            assert!(read(body).is_none(), "{body}");
        }
    }

    #[test]
    fn a_redirect_names_its_target_without_secrets() {
        for (location, expected) in [
            ("https://other.example/login?token=hunter2", ", to https://other.example/login."),
            ("https://user:hunter2@other.example:8443/a#hunter2", ", to https://other.example:8443/a."),
            ("//user@other.example", ", to //other.example."),
            ("/login/a@b", ", to /login/a@b."),
        ] {
            let headers = HeaderMap::from_iter([(http::header::LOCATION, location.parse().unwrap())]);
            for status in [301, 302, 303, 307, 308] {
                let error = Error::from_response(StatusCode::from_u16(status).unwrap(), &headers, b"");
                let text = error.to_string();
                assert!(text.contains(expected) && !text.contains("hunter2"), "{text}");
            }
        }
    }
}

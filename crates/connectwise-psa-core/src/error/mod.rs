//! The error of every call: one opaque, pointer-sized type with predicates and accessors.

pub(crate) mod advice;
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
use std::time::{Duration, SystemTime};

use http::{HeaderMap, StatusCode};

use crate::error::response_body::ErrorResponse;
use crate::error::status::{StatusRule, status_rule};
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

    /// Returns the kind of the error. Each predicate tests for one kind, or for a property of several kinds.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match &self.0.repr {
            Repr::InvalidInput { .. } => ErrorKind::InvalidInput,
            Repr::Connect => ErrorKind::Connect,
            Repr::Timeout => ErrorKind::Timeout,
            Repr::Transport => ErrorKind::Transport,
            Repr::Preparation { .. } => ErrorKind::Preparation,
            Repr::Limited => ErrorKind::RateLimited,
            Repr::Decode(_) => ErrorKind::Decode,
            Repr::Unexpected(_) => ErrorKind::UnexpectedResponse,
            Repr::EmptyResponse => ErrorKind::EmptyResponse,
            Repr::TooLarge { .. } => ErrorKind::ResponseTooLarge,
            Repr::Paging { .. } => ErrorKind::Paging,
            Repr::RecordCount { .. } => ErrorKind::RecordCount,
            Repr::MissingId { .. } => ErrorKind::MissingId,
            Repr::Api(_) => match self.0.status.map(|status| status.as_u16()) {
                Some(401) => ErrorKind::Unauthenticated,
                Some(403) => ErrorKind::PermissionDenied,
                Some(404) => ErrorKind::NotFound,
                Some(429) => ErrorKind::RateLimited,
                Some(500..) => ErrorKind::Server,
                _ => ErrorKind::Rejected,
            },
        }
    }

    /// Returns whether the error is an error response of the server: a status outside 2xx.
    #[must_use]
    pub fn is_api(&self) -> bool {
        matches!(self.0.repr, Repr::Api(_))
    }

    /// Returns whether the server reported success, but a value of the response does not have its type, or the JSON is
    /// truncated or malformed.
    ///
    /// If one value could not be decoded, the server has made the change. If the JSON is truncated or malformed, it is
    /// unknown whether it has, and the error [is ambiguous](Self::is_ambiguous).
    #[must_use]
    pub fn is_decode(&self) -> bool {
        self.kind() == ErrorKind::Decode
    }

    /// Returns whether the server reported success, but the response is not what was requested: an error, a web page,
    /// another record, or a record without its id.
    #[must_use]
    pub fn is_unexpected_response(&self) -> bool {
        matches!(self.0.repr, Repr::Unexpected(_))
    }

    /// Returns whether the server reported success, but the response is larger than the client's limit.
    #[must_use]
    pub fn is_response_too_large(&self) -> bool {
        matches!(self.0.repr, Repr::TooLarge { .. })
    }

    /// Returns whether a list could not be read to its end, because the pages that the server returned contradict each
    /// other or the request.
    #[must_use]
    pub fn is_paging(&self) -> bool {
        matches!(self.0.repr, Repr::Paging { .. })
    }

    /// Returns whether the request was not sent because a request that has to precede it failed; see
    /// [`ErrorKind::Preparation`].
    #[must_use]
    pub fn is_preparation(&self) -> bool {
        matches!(self.0.repr, Repr::Preparation { .. })
    }

    /// Returns whether the server reported success, but the response is empty where a value was expected.
    #[must_use]
    pub fn is_empty_response(&self) -> bool {
        matches!(self.0.repr, Repr::EmptyResponse)
    }

    /// Returns whether a list that should hold exactly one record ([`List::one`](crate::calls::List::one)) holds none,
    /// or more than one.
    #[must_use]
    pub fn is_record_count(&self) -> bool {
        matches!(self.0.repr, Repr::RecordCount { .. })
    }

    /// Returns whether [`Record::id`](crate::json::Record::id) was called on a record without an id.
    #[must_use]
    pub fn is_missing_id(&self) -> bool {
        matches!(self.0.repr, Repr::MissingId { .. })
    }

    /// Returns whether no complete response arrived. Includes [`is_timeout`](Self::is_timeout) and
    /// [`is_connect`](Self::is_connect).
    #[must_use]
    pub fn is_transport(&self) -> bool {
        matches!(self.0.repr, Repr::Transport | Repr::Timeout | Repr::Connect)
    }

    /// Returns whether no complete response arrived in time, or the call waited too long to be sent; see
    /// [`ErrorKind::Timeout`]. A timeout while connecting is [`is_connect`](Self::is_connect) instead.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        matches!(self.0.repr, Repr::Timeout)
    }

    /// Returns whether the client could not connect, so that the request was not sent.
    #[must_use]
    pub fn is_connect(&self) -> bool {
        matches!(self.0.repr, Repr::Connect)
    }

    /// Returns whether the client rejected the caller's input. The request was not sent.
    #[must_use]
    pub fn is_invalid_input(&self) -> bool {
        matches!(self.0.repr, Repr::InvalidInput { .. })
    }

    /// Returns whether the status is 404. A body with a reference to a missing record causes a 400 instead, with
    /// `NotFound` among its [`field_errors`](Self::field_errors).
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.has_status(StatusCode::NOT_FOUND)
    }

    /// Returns whether the status is 403: usually, the credentials are valid, but the security role does not permit the
    /// request.
    #[must_use]
    pub fn is_permission_denied(&self) -> bool {
        self.has_status(StatusCode::FORBIDDEN)
    }

    /// Returns whether the status is 401: the server does not accept the credentials.
    #[must_use]
    pub fn is_unauthenticated(&self) -> bool {
        self.has_status(StatusCode::UNAUTHORIZED)
    }

    /// Returns whether there were too many requests; see [`ErrorKind::RateLimited`]. The request was not carried out.
    /// [`retry_after`](Self::retry_after) says when to repeat it.
    #[must_use]
    pub fn is_rate_limited(&self) -> bool {
        self.kind() == ErrorKind::RateLimited
    }

    /// Returns whether the server may have made a change although no response confirms it. Before you repeat the change,
    /// read the record; after a create request, check whether the record was created.
    ///
    /// It is true if this attempt, or an earlier one, failed before a complete response arrived, timed out, or got a status
    /// after which a change may have been made (408, 425 and most from 500; `docs/errors.md` has the table). It is also true
    /// if the server reported success with a response that is empty, truncated, malformed, too large or not what was
    /// requested.
    ///
    /// [`is_retryable`](Self::is_retryable) can be true as well, for example for a PUT: the server may have made the
    /// change, and repeating it is harmless. Test `is_retryable` first.
    #[must_use]
    pub fn is_ambiguous(&self) -> bool {
        (self.is_ambiguous_if_change() || self.0.earlier_attempt_ambiguous) && !self.0.is_read_only()
    }

    /// Returns whether the same call may succeed later and repeating it is harmless: the error is
    /// [transient](Self::is_transient), and the request is repeatable (a read, for example) or was certainly not
    /// carried out.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        let not_carried_out = !self.is_ambiguous_if_change() && !self.0.earlier_attempt_ambiguous;
        self.is_transient() && (self.0.repeatable || not_carried_out)
    }

    /// Returns whether the error may disappear without a change by the caller: no complete response arrived, the client
    /// could not connect (except if it does not trust the server's certificate), there were too many requests, or the
    /// status is 408, 425, 429, 502 to 504, 520 to 527, 529, 530, 598 or 599, or a 500 whose message mentions a timeout
    /// or an exhausted connection pool (as observed on live servers). Also if the JSON that a read request returned is
    /// truncated, and if the request that failed [before the call](Self::is_preparation) had such an error.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match &self.0.repr {
            Repr::Transport | Repr::Timeout | Repr::Limited => true,
            Repr::Connect => !self.0.permanent,
            Repr::Api(_) => self.status_rule().is_transient,
            Repr::Decode(failure) => failure.problem == DecodeProblem::Truncated && self.0.is_read == Some(true),
            Repr::Preparation { .. } => self.failure_before_the_call().is_some_and(Self::is_transient),
            _ => false,
        }
    }

    /// Returns whether the request was certainly not sent: the input is invalid, a request that has to precede it failed,
    /// the client could not connect, or the call waited too long. It is false if an earlier attempt of the call was sent,
    /// even if the server rejected it.
    #[must_use]
    pub fn is_unsent(&self) -> bool {
        let is_unsent = match &self.0.repr {
            Repr::InvalidInput { .. } | Repr::Preparation { .. } | Repr::Connect | Repr::Limited => true,
            Repr::Timeout => self.0.not_sent,
            _ => false,
        };
        is_unsent && !self.0.earlier_attempt_ambiguous && !self.0.earlier_attempt_sent
    }

    /// Returns whether the server may have carried out the request that failed with this error, whatever kind of request
    /// it was.
    #[doc(hidden)]
    #[must_use]
    pub fn is_ambiguous_if_change(&self) -> bool {
        match &self.0.repr {
            Repr::Transport | Repr::Unexpected(_) | Repr::EmptyResponse | Repr::TooLarge { .. } => true,
            Repr::Timeout => !self.0.not_sent,
            Repr::Api(_) => self.status_rule().leaves_change_ambiguous,
            Repr::Decode(failure) => failure.problem != DecodeProblem::Value,
            _ => false,
        }
    }

    /// Returns the rule for the status of an error response.
    fn status_rule(&self) -> StatusRule {
        status_rule(self.0.status.unwrap_or_default().as_u16(), self.message())
    }

    /// Returns the error of the request that had to precede the call.
    fn failure_before_the_call(&self) -> Option<&Self> {
        self.0.source.as_deref()?.downcast_ref()
    }

    fn has_status(&self, status: StatusCode) -> bool {
        self.is_api() && self.0.status == Some(status)
    }

    /// Returns the problem in a few words, without operation and advice.
    #[doc(hidden)]
    #[must_use]
    pub fn summary(&self) -> String {
        display::cause(self).unwrap_or_else(|| self.to_string())
    }

    /// Returns the operation of the call.
    #[must_use]
    pub fn operation(&self) -> Option<&'static Operation> {
        self.0.operation
    }

    /// Returns the status of the response, if there is one.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.0.status
    }

    /// Returns what the server said, in an error response or in a successful response with an error.
    fn error_response(&self) -> Option<&ErrorResponse> {
        match &self.0.repr {
            Repr::Api(response) | Repr::Unexpected(Unexpected::ErrorObject(response)) => Some(response),
            _ => None,
        }
    }

    /// Returns the server's error code, such as `InvalidObject` or `ApiFindCondition`. Match on the code and the status
    /// rather than on the message, whose wording changes.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.error_response()?.code.as_deref()
    }

    /// Returns the message of the server, or this library's message about an undecodable value, a list, the input, a
    /// failure before the call or a missing response; `None` for all other errors. The text of a network error is in
    /// [`source`](StdError::source). For display only, because the wording changes.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        match &self.0.repr {
            Repr::Api(response) | Repr::Unexpected(Unexpected::ErrorObject(response)) => response.message.as_deref(),
            Repr::Decode(failure) => Some(&failure.message),
            Repr::Preparation { purpose } => Some(purpose),
            Repr::Unexpected(Unexpected::Other(problem)) => Some(problem),
            Repr::Paging { message } | Repr::InvalidInput { message, .. } => Some(message),
            _ => self.0.reason.as_deref(),
        }
    }

    /// Returns the target of a redirect, without user, query and fragment, which can contain secrets. `None` for other
    /// responses, and for a redirect without a target.
    #[must_use]
    pub fn redirect_target(&self) -> Option<&str> {
        self.0.location.as_deref()
    }

    /// Returns the name of the input that the client rejected.
    #[must_use]
    pub fn parameter(&self) -> Option<&str> {
        match &self.0.repr {
            Repr::InvalidInput { name, .. } => Some(name),
            _ => None,
        }
    }

    /// Returns the errors about single fields.
    #[must_use]
    pub fn field_errors(&self) -> &[FieldError] {
        match &self.0.repr {
            Repr::InvalidInput { fields, .. } => fields,
            _ => self.error_response().map_or(&[], |response| &response.fields),
        }
    }

    /// Returns the path of the value in the response that could not be decoded: `[17].company.id`.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        self.decode_failure()?.path.as_deref()
    }

    /// Returns the index, counted from 0, of the record that could not be decoded, in the page or array of the
    /// response.
    #[must_use]
    pub fn index(&self) -> Option<usize> {
        self.decode_failure()?.index
    }

    /// Returns the number of the page that could not be decoded, counted from 1, if pages are numbered.
    #[must_use]
    pub fn page(&self) -> Option<u32> {
        self.decode_failure()?.page
    }

    /// Returns the JSON of the value that could not be decoded: at most 200 characters, and `[redacted]` if it may
    /// contain a secret.
    #[must_use]
    pub fn raw_value(&self) -> Option<&str> {
        self.decode_failure()?.raw_value.as_deref()
    }

    fn decode_failure(&self) -> Option<&DecodeFailure> {
        match &self.0.repr {
            Repr::Decode(failure) => Some(failure),
            _ => None,
        }
    }

    /// Returns how long to wait from now, according to the `Retry-After` header; `None` if the response has no valid
    /// one.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after_from(SystemTime::now())
    }

    fn retry_after_from(&self, now: SystemTime) -> Option<Duration> {
        let text = self.retry_after_text()?.trim();
        let until = |date: SystemTime| date.duration_since(now).unwrap_or_default();
        text.parse().ok().map(Duration::from_secs).or_else(|| httpdate::parse_http_date(text).ok().map(until))
    }

    /// Returns how many times the request was sent, if the transport counts attempts.
    #[must_use]
    pub fn attempts(&self) -> Option<u32> {
        Some(self.0.attempts).filter(|attempts| *attempts > 0)
    }

    /// Returns the unparsed `Retry-After` header: seconds or an HTTP date.
    #[must_use]
    pub fn retry_after_text(&self) -> Option<&str> {
        self.0.retry_after.as_deref()
    }

    /// Returns the server's id of the request (header `x-cw-request-id`), which the vendor's support asks for.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
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

    fn error_response(status: u16, body: &str) -> Error {
        Error::from_response(StatusCode::from_u16(status).unwrap(), &HeaderMap::new(), body.as_bytes())
    }

    fn decode(problem: DecodeProblem) -> Error {
        Error::decode(DecodeFailure { problem, ..DecodeFailure::default() })
    }

    #[test]
    fn errors_are_classified_as_transient_retryable_and_ambiguous() {
        let timeout = r#"{"code":"ConnectWiseApi","message":"A timeout has occured. Please try again."}"#;
        let pool = r#"{"message":"Timeout expired.  The timeout period elapsed prior to obtaining a connection from the pool. Max pool size was reached."}"#;
        // is_transient; then (is_retryable, is_ambiguous) for a GET, a PUT and a POST
        for (error, transient, get, put, post) in [
            (error_response(429, ""), true, (true, false), (true, false), (true, false)),
            (error_response(503, ""), true, (true, false), (true, true), (false, true)),
            (error_response(502, "<html>"), true, (true, false), (true, true), (false, true)),
            (error_response(504, ""), true, (true, false), (true, true), (false, true)),
            (error_response(500, timeout), true, (true, false), (true, true), (false, true)),
            (error_response(500, pool), true, (true, false), (true, true), (false, true)),
            (
                error_response(500, r#"{"message":"Error converting value \"timeout\" to type 'System.Int32'."}"#),
                false,
                (false, false),
                (false, false),
                (false, false),
            ),
            (error_response(400, timeout), false, (false, false), (false, false), (false, false)),
            (error_response(404, ""), false, (false, false), (false, false), (false, false)),
            (error_response(521, ""), true, (true, false), (true, true), (false, true)),
            (Error::connect("x"), true, (true, false), (true, false), (true, false)),
            (Error::connect("x").permanent(), false, (false, false), (false, false), (false, false)),
            (Error::limited("x", Duration::from_secs(9)), true, (true, false), (true, false), (true, false)),
            (Error::timeout("x").not_sent(), true, (true, false), (true, false), (true, false)),
            (
                Error::preparation("x", Error::timeout("x").with_request(true, true)),
                true,
                (true, false),
                (true, false),
                (true, false),
            ),
            (Error::preparation("x", error_response(404, "")), false, (false, false), (false, false), (false, false)),
            (decode(DecodeProblem::Truncated), false, (true, false), (false, true), (false, true)),
            (decode(DecodeProblem::Form), false, (false, false), (false, true), (false, true)),
            (decode(DecodeProblem::Malformed), false, (false, false), (false, true), (false, true)),
            (decode(DecodeProblem::Value), false, (false, false), (false, false), (false, false)),
            (Error::unexpected(Unexpected::NoId), false, (false, false), (false, true), (false, true)),
            (Error::empty_response(), false, (false, false), (false, true), (false, true)),
            (Error::response_too_large(9), false, (false, false), (false, true), (false, true)),
            (Error::paging("x"), false, (false, false), (false, false), (false, false)),
            (Error::timeout("x"), true, (true, false), (true, true), (false, true)),
            (Error::transport("x"), true, (true, false), (true, true), (false, true)),
            (Error::invalid_input("a", "b"), false, (false, false), (false, false), (false, false)),
        ] {
            assert_eq!(error.is_transient(), transient, "{error}");
            let mut error = error;
            for ((is_read, repeatable), expected) in
                [(true, true), (false, true), (false, false)].into_iter().zip([get, put, post])
            {
                error.0.is_read = None;
                error = error.with_request(is_read, repeatable);
                assert_eq!((error.is_retryable(), error.is_ambiguous()), expected, "{error} {is_read} {repeatable}");
            }
        }
    }

    #[test]
    fn after_an_ambiguous_attempt_a_change_that_is_not_repeatable_is_not_retryable() {
        // With `retry_non_idempotent`, an attempt that the server may have carried out is followed by another one.
        for error in [error_response(429, ""), Error::connect("x")] {
            let error = error.with_earlier_attempt_ambiguous(true);
            let post = error.clone().with_request(false, false);
            assert_eq!((post.is_retryable(), post.is_ambiguous()), (false, true), "{post}");
            let put = error.with_request(false, true);
            assert_eq!((put.is_retryable(), put.is_ambiguous()), (true, true), "{put}");
        }
    }

    #[test]
    fn an_error_after_an_attempt_that_was_sent_is_not_unsent_but_still_retryable() {
        for error in [
            Error::connect("refused"),
            Error::timeout_because("waited").not_sent(),
            Error::limited("a pause", Duration::from_secs(5)),
            Error::preparation("the keys are missing", Error::connect("refused")),
        ] {
            assert!(error.is_unsent() && error.to_string().contains("the request was not sent"), "{error}");
            let error = error.with_earlier_attempt_sent(true);
            assert!(!error.is_unsent() && error.to_string().contains("the last attempt was not sent"), "{error}");
            assert!(error.is_retryable() && !error.is_ambiguous(), "{error}");
        }
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

    #[test]
    fn retry_after_accepts_seconds_and_dates() {
        let now = httpdate::parse_http_date("Sun, 22 Nov 2026 10:00:00 GMT").unwrap();
        for (text, expected) in [
            ("30", Some(30)),
            (" 0 ", Some(0)),
            ("Sun, 22 Nov 2026 10:01:05 GMT", Some(65)),
            ("Sun, 22 Nov 2026 09:00:00 GMT", Some(0)),
            ("soon", None),
            ("-5", None),
            ("", None),
        ] {
            let headers = HeaderMap::from_iter([(http::header::RETRY_AFTER, text.parse().unwrap())]);
            let error = Error::from_response(StatusCode::TOO_MANY_REQUESTS, &headers, b"");
            assert_eq!(error.retry_after_from(now), expected.map(Duration::from_secs), "{text}");
        }
    }
}

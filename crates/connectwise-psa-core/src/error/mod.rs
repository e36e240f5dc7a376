//! The error of every call: one opaque type with predicates and facts, one word large.

pub(crate) mod display;
pub(crate) mod response_body;

use std::any::Any;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::{HeaderMap, StatusCode};

use crate::error::response_body::ErrorResponse;
use crate::operation::Operation;
use crate::redaction::{REDACTED, looks_secret};
use crate::text::{header_text, is_html, one_line};

/// How much of the body of a response is read that nobody asked for, in bytes: what explains an error, or what stands
/// in the way of the next response.
pub const MAX_ERROR_BODY: usize = 64 * 1024;

/// Any error as a source.
pub(crate) type BoxError = Box<dyn StdError + Send + Sync>;

/// What went wrong with a call.
///
/// The predicates tell kinds apart and the accessors give the facts; new kinds can come without breaking callers. It
/// prints as one line: the operation, what happened, and what to do next. What the network said is in
/// [`source`](StdError::source) and is not part of that line, so print the chain of sources as well (`anyhow` and
/// `eyre` do).
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
/// | [`is_permission_denied`](Self::is_permission_denied) | the security role of the API member |
/// | [`is_not_found`](Self::is_not_found) | the record is gone, or the code base in the base URL is not the tenant's |
/// | [`is_rate_limited`](Self::is_rate_limited) | too many requests; wait [`retry_after`](Self::retry_after) |
/// | [`is_ambiguous`](Self::is_ambiguous) | a change whose answer was lost: read the record again before repeating it |
/// | [`is_retryable`](Self::is_retryable) | none of the caller's doing; the same call may succeed later, and repeating it does no harm |
/// | [`is_decode`](Self::is_decode) | the server sends something the description does not say; read it as JSON |
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
pub(crate) struct Inner {
    pub(crate) repr: Repr,
    pub(crate) operation: Option<&'static Operation>,
    pub(crate) status: Option<StatusCode>,
    pub(crate) request_id: Option<String>,
    pub(crate) retry_after: Option<String>,
    /// How often the request was sent; 0 where nobody counted.
    pub(crate) attempts: u32,
    pub(crate) advice: Option<String>,
    earlier_attempt_lost: bool,
    /// Method and path of a call that is none of an operation.
    pub(crate) place: Option<String>,
    /// Whether the request changes nothing; unknown for errors that have not met theirs.
    pub(crate) reads: Option<bool>,
    repeatable: bool,
    source: Option<Arc<dyn StdError + Send + Sync>>,
    /// Why no response came, where there is no source that says so.
    pub(crate) reason: Option<String>,
    /// The typed description of an input that cannot be used.
    detail: Option<Arc<dyn Any + Send + Sync>>,
    /// The body of the response with a status outside 2xx, cut off after [`MAX_ERROR_BODY`] bytes.
    body: Vec<u8>,
}

#[derive(Clone)]
pub(crate) enum Repr {
    /// The server refused: a status outside 2xx.
    Api(ErrorResponse),
    /// A value in the answer is of another kind than its type.
    Decode(DecodeFailure),
    /// A success whose body is no JSON.
    NotJson { media_type: Option<String>, start: String, is_html: bool },
    /// A success without the value that was to come.
    EmptyResponse,
    /// A record without its id.
    MissingId { type_name: &'static str },
    /// A list with another number of records than exactly one: none, or at least two.
    RecordCount { found: usize },
    /// Pages that do not go forward.
    Paging { message: String },
    /// The request or its answer was lost on the way.
    Transport,
    /// No answer in time.
    Timeout,
    /// The request was not carried out, mostly because no connection could be made.
    Connect,
    /// The caller's input.
    InvalidInput { name: String, message: String, fields: Vec<FieldError> },
}

/// What kind of error it is, for one `match`; see [`Error::kind`].
///
/// ```
/// use connectwise_psa_core::error::{Error, ErrorKind};
///
/// let next_step = |error: &Error| match error.kind() {
///     ErrorKind::NotFound => "create it",
///     ErrorKind::RateLimited | ErrorKind::Connect => "try again later",
///     _ => "give up",
/// };
/// assert_eq!(next_step(&Error::connect("connection refused")), "try again later");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The input cannot be used, so the request was not sent.
    InvalidInput,
    /// The request was not carried out, mostly because no connection could be made. Repeating it is safe.
    Connect,
    /// No response came in time.
    Timeout,
    /// The exchange with the server broke off.
    Transport,
    /// 401: the server does not accept the credentials.
    Unauthenticated,
    /// 403: the security role forbids it.
    PermissionDenied,
    /// 404: the record, or the endpoint, does not exist.
    NotFound,
    /// 429: too many requests.
    RateLimited,
    /// Another status outside 2xx below 500: the server rejected the request.
    Rejected,
    /// A status of 500 or above: the server, or a gateway before it, failed.
    Server,
    /// The server reported success, but its response cannot be understood.
    Decode,
    /// The server reported success without the value that was expected.
    EmptyResponse,
    /// A list that should hold exactly one record holds none, or more than one.
    RecordCount,
    /// A record has no id. This says nothing about a request.
    MissingId,
}

/// Where and how an answer does not fit.
#[derive(Clone, Default)]
pub(crate) struct DecodeFailure {
    pub(crate) path: Option<String>,
    pub(crate) index: Option<usize>,
    pub(crate) page: Option<u32>,
    pub(crate) raw_value: Option<String>,
    pub(crate) message: String,
    /// Whether the text is no whole JSON, so that no member is to blame.
    pub(crate) cut_off: bool,
}

/// What the server, or a check before sending, says about one field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FieldError {
    /// The kind of error: `MissingRequiredField`, `MaxLengthField`, `NotFound`, `ObjectExists`, `InvalidField`, …
    pub code: Option<String>,
    /// What is wrong, in words.
    pub message: Option<String>,
    /// The object it is about: `ticket`.
    pub resource: Option<String>,
    /// The field: `status/id`; for a check before sending, its path: `communicationItems[1].value`.
    pub field: Option<String>,
    /// Anything more, as the server wrote it.
    pub details: Option<String>,
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
            attempts: 0,
            advice: None,
            earlier_attempt_lost: false,
            place: None,
            reads: None,
            repeatable: false,
            source,
            reason: None,
            detail: None,
            body: Vec::new(),
        }))
    }

    /// The exchange with the server failed under way: it is unknown whether the server did what was asked.
    #[must_use]
    pub fn transport(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::new(Repr::Transport, Some(source.into()))
    }

    /// No answer came in time: it is unknown whether the server did what was asked.
    #[must_use]
    pub fn timeout(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::new(Repr::Timeout, Some(source.into()))
    }

    /// No connection could be made, so the request was not carried out.
    #[must_use]
    pub fn connect(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::new(Repr::Connect, Some(source.into()))
    }

    /// As [`transport`](Self::transport), without a source: `reason` says why, as a clause, and is part of the line
    /// that the error prints.
    #[must_use]
    pub fn transport_because(reason: impl Into<String>) -> Self {
        Self::because(Repr::Transport, reason)
    }

    /// As [`timeout`](Self::timeout), without a source: `reason` says why, as a clause, and is part of the line that
    /// the error prints.
    #[must_use]
    pub fn timeout_because(reason: impl Into<String>) -> Self {
        Self::because(Repr::Timeout, reason)
    }

    /// As [`connect`](Self::connect), without a source: `reason` says why, as a clause, and is part of the line that
    /// the error prints.
    #[must_use]
    pub fn connect_because(reason: impl Into<String>) -> Self {
        Self::because(Repr::Connect, reason)
    }

    fn because(repr: Repr, reason: impl Into<String>) -> Self {
        let mut error = Self::new(repr, None);
        error.0.reason = Some(reason.into());
        error
    }

    /// The caller's input `name` cannot be used. `message` continues the sentence after the name, without a full stop,
    /// and must not hold a secret.
    #[must_use]
    pub fn invalid_input(name: impl Into<String>, message: impl Into<String>) -> Self {
        Self::invalid_fields(name, message, Vec::new())
    }

    pub(crate) fn invalid_fields(name: impl Into<String>, message: impl Into<String>, fields: Vec<FieldError>) -> Self {
        Self::new(Repr::InvalidInput { name: name.into(), message: message.into(), fields }, None)
    }

    /// As [`invalid_input`](Self::invalid_input), with the error that says why as its [`source`](StdError::source).
    /// `message` must not repeat what the source says: programs that print the whole chain would print it twice.
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

    /// The same error with a typed description of what is wrong, for [`detail`](Self::detail).
    pub(crate) fn with_detail(mut self, detail: impl Any + Send + Sync) -> Self {
        self.0.detail = Some(Arc::new(detail));
        self
    }

    /// The typed description behind an invalid input: a [`SyntaxError`](crate::conditions::SyntaxError) where text
    /// cannot be parsed, a [`CheckError`](crate::checker::CheckError) where conditions do not fit their record.
    #[must_use]
    pub fn detail<T: 'static>(&self) -> Option<&T> {
        self.0.detail.as_deref()?.downcast_ref()
    }

    /// The same invalid input under another name, such as that of the variable that a setting was read from.
    #[must_use]
    pub fn with_parameter(mut self, parameter: impl Into<String>) -> Self {
        if let Repr::InvalidInput { name, .. } = &mut self.0.repr {
            *name = parameter.into();
        }
        self
    }

    /// What the error was made of: its source, its reason, or the error itself when it has neither. For an error that
    /// replaces this one.
    #[must_use]
    pub fn into_cause(self) -> Box<dyn StdError + Send + Sync> {
        match (&self.0.source, &self.0.reason) {
            (Some(source), _) => Box::new(Cause(Arc::clone(source))),
            (None, Some(reason)) => reason.clone().into(),
            (None, None) => Box::new(self),
        }
    }

    /// The body of the response with a status outside 2xx, as it came; at most its first 64 KiB. Empty for other errors
    /// and for an empty body. It may hold what the caller sent.
    #[must_use]
    pub fn response_body(&self) -> &[u8] {
        &self.0.body
    }

    /// The error that a response with a status outside 2xx is, whatever its body holds.
    #[must_use]
    pub fn from_response(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Self {
        let mut error = Self::new(Repr::Api(response_body::read(headers, body)), None).with_response(status, headers);
        error.0.retry_after = header_text(headers, http::header::RETRY_AFTER.as_str());
        error.0.body = body.get(..MAX_ERROR_BODY).unwrap_or(body).to_vec();
        error
    }

    /// Without a source: serde's error quotes the value, which may be a secret, and all else it says is in `failure`.
    pub(crate) fn decode(failure: DecodeFailure) -> Self {
        Self::new(Repr::Decode(failure), None)
    }

    pub(crate) fn not_json(media_type: Option<String>, start: String, is_html: bool) -> Self {
        Self::new(Repr::NotJson { media_type, start, is_html }, None)
    }

    /// A success whose body is no JSON although JSON was to come: the page of a web site, for one.
    #[must_use]
    pub fn unexpected_response(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Self {
        let start = one_line(&String::from_utf8_lossy(body.get(..1000).unwrap_or(body)), 100);
        let start = if looks_secret(&start) { REDACTED.to_owned() } else { start };
        Self::not_json(header_text(headers, http::header::CONTENT_TYPE.as_str()), start, is_html(headers, body))
            .with_response(status, headers)
    }

    pub(crate) fn empty_response() -> Self {
        Self::new(Repr::EmptyResponse, None)
    }

    /// A record of this type was asked for its id and has none.
    pub(crate) fn missing_id(type_name: &'static str) -> Self {
        Self::new(Repr::MissingId { type_name }, None)
    }

    /// A list that should hold exactly one record and holds none, or more than one.
    pub(crate) fn record_count(found: usize) -> Self {
        Self::new(Repr::RecordCount { found }, None)
    }

    pub(crate) fn paging(message: impl Into<String>) -> Self {
        Self::new(Repr::Paging { message: message.into() }, None)
    }

    /// The same error, naming the operation it happened in, if there is one.
    #[must_use]
    pub fn with_operation(mut self, operation: impl Into<Option<&'static Operation>>) -> Self {
        self.0.operation = operation.into().or(self.0.operation);
        self
    }

    /// The same error, naming the operation unless it names one already.
    pub(crate) fn in_operation(self, operation: Option<&'static Operation>) -> Self {
        if self.0.operation.is_none() { self.with_operation(operation) } else { self }
    }

    /// The same error, after this many tries.
    #[must_use]
    pub fn with_attempts(mut self, attempts: u32) -> Self {
        self.0.attempts = attempts;
        self
    }

    /// The same error of a call by path.
    pub(crate) fn at(mut self, place: String) -> Self {
        self.0.place = self.0.place.or(Some(place));
        self
    }

    /// The same error, after an earlier try whose answer was lost.
    pub(crate) fn with_earlier_attempt_lost(mut self, earlier_attempt_lost: bool) -> Self {
        self.0.earlier_attempt_lost = earlier_attempt_lost;
        self
    }

    /// The same error, with what to do about it in place of what its status tells: one sentence.
    #[must_use]
    pub fn with_advice(mut self, advice: impl Into<String>) -> Self {
        self.0.advice = Some(advice.into());
        self
    }

    /// The same error, knowing what kind of request it is about. The first one to say so is right.
    #[doc(hidden)]
    #[must_use]
    pub fn with_request(mut self, reads: bool, repeatable: bool) -> Self {
        if self.0.reads.is_none() {
            self.0.reads = Some(reads);
            self.0.repeatable = repeatable;
        }
        self
    }

    pub(crate) fn with_response(mut self, status: StatusCode, headers: &HeaderMap) -> Self {
        self.0.status = Some(status);
        self.0.request_id = header_text(headers, "x-cw-request-id");
        self
    }

    pub(crate) fn inner(&self) -> &Inner {
        &self.0
    }

    /// What kind of error it is. The predicates beside it ask for one kind, or for what several kinds have in common.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match &self.0.repr {
            Repr::InvalidInput { .. } => ErrorKind::InvalidInput,
            Repr::Connect => ErrorKind::Connect,
            Repr::Timeout => ErrorKind::Timeout,
            Repr::Transport => ErrorKind::Transport,
            Repr::Decode(_) | Repr::NotJson { .. } | Repr::Paging { .. } => ErrorKind::Decode,
            Repr::EmptyResponse => ErrorKind::EmptyResponse,
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

    /// Whether the server answered with a status outside 2xx.
    #[must_use]
    pub fn is_api(&self) -> bool {
        matches!(self.0.repr, Repr::Api(_))
    }

    /// Whether the server reported success but its answer could not be understood.
    ///
    /// When the operation changes something, it has been done.
    #[must_use]
    pub fn is_decode(&self) -> bool {
        self.kind() == ErrorKind::Decode
    }

    /// Whether the server reported success without the value that was expected. The request has been accepted.
    #[must_use]
    pub fn is_empty_response(&self) -> bool {
        matches!(self.0.repr, Repr::EmptyResponse)
    }

    /// Whether a list that should hold exactly one record ([`List::one`](crate::calls::List::one)) holds none, or more
    /// than one.
    #[must_use]
    pub fn is_record_count(&self) -> bool {
        matches!(self.0.repr, Repr::RecordCount { .. })
    }

    /// Whether a record was asked for its id ([`Record::id`](crate::json::Record::id)) and has none.
    #[must_use]
    pub fn is_missing_id(&self) -> bool {
        matches!(self.0.repr, Repr::MissingId { .. })
    }

    /// Whether no complete answer came: [`is_timeout`](Self::is_timeout) and [`is_connect`](Self::is_connect) are kinds
    /// of it.
    #[must_use]
    pub fn is_transport(&self) -> bool {
        matches!(self.0.repr, Repr::Transport | Repr::Timeout | Repr::Connect)
    }

    /// Whether no answer came in time. A connection that could not be made in time is [`is_connect`](Self::is_connect).
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        matches!(self.0.repr, Repr::Timeout)
    }

    /// Whether the request was not carried out, mostly because no connection could be made. Trying again is safe for
    /// every operation.
    #[must_use]
    pub fn is_connect(&self) -> bool {
        matches!(self.0.repr, Repr::Connect)
    }

    /// Whether the caller's input was refused here, before anything was sent.
    #[must_use]
    pub fn is_invalid_input(&self) -> bool {
        matches!(self.0.repr, Repr::InvalidInput { .. })
    }

    /// Whether the server answered 404. A reference to a missing record inside a body is a 400 instead, with `NotFound`
    /// among its [`field_errors`](Self::field_errors).
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.has_status(StatusCode::NOT_FOUND)
    }

    /// Whether the server answered 403: the credentials are good, the security role forbids it.
    #[must_use]
    pub fn is_permission_denied(&self) -> bool {
        self.has_status(StatusCode::FORBIDDEN)
    }

    /// Whether the server answered 401.
    #[must_use]
    pub fn is_unauthenticated(&self) -> bool {
        self.has_status(StatusCode::UNAUTHORIZED)
    }

    /// Whether the server answered 429: too many requests.
    #[must_use]
    pub fn is_rate_limited(&self) -> bool {
        self.has_status(StatusCode::TOO_MANY_REQUESTS)
    }

    /// Whether a change may have been carried out although no answer says so: the exchange broke off, timed out, or a
    /// gateway answered in the server's place; of this try or, when it was sent more than once, of an earlier one. Read
    /// the record again before repeating it.
    #[must_use]
    pub fn is_ambiguous(&self) -> bool {
        let lost = matches!(self.0.repr, Repr::Transport | Repr::Timeout)
            || (self.is_transient() && !self.is_rate_limited() && !self.is_connect());
        (lost || self.0.earlier_attempt_lost) && self.0.reads != Some(true)
    }

    /// Whether the same call may succeed later and repeating it does no harm: the server was busy or not to be reached,
    /// and what was asked is a reading or leaves the same when it is done twice, or has certainly not been done.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.is_transient() && (self.0.repeatable || self.is_rate_limited() || self.is_connect())
    }

    /// Whether it may pass by itself: facts: beside 429 and the gateway's statuses, a 500 that speaks of a timeout or
    /// of the pool of connections.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        let Repr::Api(response) = &self.0.repr else { return self.is_transport() };
        let says =
            |text: &str| response.message.as_deref().is_some_and(|message| message.to_ascii_lowercase().contains(text));
        match self.0.status.map(|status| status.as_u16()) {
            Some(429 | 502 | 503 | 504) => true,
            // Such a message quotes the caller's value, which may be any text.
            Some(500) => (says("timeout") || says("max pool size")) && !says("error converting"),
            _ => false,
        }
    }

    fn has_status(&self, status: StatusCode) -> bool {
        self.is_api() && self.0.status == Some(status)
    }

    /// The operation that was called.
    #[must_use]
    pub fn operation(&self) -> Option<&'static Operation> {
        self.0.operation
    }

    /// The status of the answer, when one came.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.0.status
    }

    /// The server's code for the error, such as `InvalidObject` or `ApiFindCondition`. The steadiest thing to match on,
    /// together with the status.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        match &self.0.repr {
            Repr::Api(response) => response.code.as_deref(),
            _ => None,
        }
    }

    /// The server's words, or ours about the answer or the input. For people: the server's wording changes.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        match &self.0.repr {
            Repr::Api(response) => response.message.as_deref(),
            Repr::Decode(failure) => Some(&failure.message),
            Repr::Paging { message } | Repr::InvalidInput { message, .. } => Some(message),
            _ => self.0.reason.as_deref(),
        }
    }

    /// The name of the input that was refused here, before anything was sent.
    #[must_use]
    pub fn parameter(&self) -> Option<&str> {
        match &self.0.repr {
            Repr::InvalidInput { name, .. } => Some(name),
            _ => None,
        }
    }

    /// What is wrong with single fields.
    #[must_use]
    pub fn field_errors(&self) -> &[FieldError] {
        match &self.0.repr {
            Repr::Api(response) => &response.fields,
            Repr::InvalidInput { fields, .. } => fields,
            _ => &[],
        }
    }

    /// Where in the answer the value is that could not be read: `[17].company.id`.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        self.decode_failure()?.path.as_deref()
    }

    /// Which record of the page could not be read, counted from 0.
    #[must_use]
    pub fn index(&self) -> Option<usize> {
        self.decode_failure()?.index
    }

    /// Which page of a list could not be read, counted from 1, when pages are numbered.
    #[must_use]
    pub fn page(&self) -> Option<u32> {
        self.decode_failure()?.page
    }

    /// The JSON text of the value that could not be read: at most 200 characters, and `[redacted]` when it may hold a
    /// secret.
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

    /// How long the server asks to wait from now on, in seconds or until a date.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after_from(SystemTime::now())
    }

    fn retry_after_from(&self, now: SystemTime) -> Option<Duration> {
        let text = self.retry_after_text()?.trim();
        let until = |date: SystemTime| date.duration_since(now).unwrap_or_default();
        text.parse().ok().map(Duration::from_secs).or_else(|| httpdate::parse_http_date(text).ok().map(until))
    }

    /// How many times the request was sent, when the transport counts.
    #[must_use]
    pub fn attempts(&self) -> Option<u32> {
        Some(self.0.attempts).filter(|attempts| *attempts > 0)
    }

    /// The `Retry-After` header as it came: seconds or an HTTP date.
    #[must_use]
    pub fn retry_after_text(&self) -> Option<&str> {
        self.0.retry_after.as_deref()
    }

    /// The server's id of the request (`x-cw-request-id`), for the vendor's support.
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

/// A shared source as an error of its own: it prints as the source and has its sources.
struct Cause(Arc<dyn StdError + Send + Sync>);

impl fmt::Debug for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl StdError for Cause {
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
    fn an_error_is_one_word_and_moves_between_threads() {
        fn moves<T: Send + Sync + 'static>() {}
        moves::<Error>();
        assert_eq!(size_of::<Error>(), size_of::<usize>());
        assert_eq!(size_of::<Result<(), Error>>(), size_of::<usize>());
    }

    fn refused(status: u16, body: &str) -> Error {
        Error::from_response(StatusCode::from_u16(status).unwrap(), &HeaderMap::new(), body.as_bytes())
    }

    #[test]
    fn what_passes_by_itself_and_what_may_have_been_done() {
        let timeout = r#"{"code":"ConnectWiseApi","message":"A timeout has occured. Please try again."}"#;
        let pool = r#"{"message":"Timeout expired.  The timeout period elapsed prior to obtaining a connection from the pool. Max pool size was reached."}"#;
        // transient; then for a reading, a PUT and a POST: retryable, ambiguous
        for (error, transient, reading, put, post) in [
            (refused(429, ""), true, (true, false), (true, false), (true, false)),
            (refused(503, ""), true, (true, false), (true, true), (false, true)),
            (refused(502, "<html>"), true, (true, false), (true, true), (false, true)),
            (refused(504, ""), true, (true, false), (true, true), (false, true)),
            (refused(500, timeout), true, (true, false), (true, true), (false, true)),
            (refused(500, pool), true, (true, false), (true, true), (false, true)),
            (
                refused(500, r#"{"message":"Error converting value \"timeout\" to type 'System.Int32'."}"#),
                false,
                (false, false),
                (false, false),
                (false, false),
            ),
            (refused(400, timeout), false, (false, false), (false, false), (false, false)),
            (refused(404, ""), false, (false, false), (false, false), (false, false)),
            (Error::connect("x"), true, (true, false), (true, false), (true, false)),
            (Error::timeout("x"), true, (true, false), (true, true), (false, true)),
            (Error::transport("x"), true, (true, false), (true, true), (false, true)),
            (Error::invalid_input("a", "b"), false, (false, false), (false, false), (false, false)),
        ] {
            assert_eq!(error.is_transient(), transient, "{error}");
            let mut error = error;
            for ((reads, repeatable), expected) in
                [(true, true), (false, true), (false, false)].into_iter().zip([reading, put, post])
            {
                error.0.reads = None;
                error = error.with_request(reads, repeatable);
                assert_eq!((error.is_retryable(), error.is_ambiguous()), expected, "{error} {reads} {repeatable}");
            }
        }
    }

    #[test]
    fn the_wait_is_read_in_seconds_and_as_a_date() {
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

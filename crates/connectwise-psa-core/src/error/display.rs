//! The line that an error prints: the operation, what happened, and what to do next.

use std::fmt::{self, Display, Write as _};

use http::StatusCode;

use crate::error::advice::{advice, advice_for_not_json};
use crate::error::response_body::{BodyFormat, ErrorResponse};
use crate::error::{DecodeFailure, DecodeProblem, Error, FieldError, Inner, Repr, Unexpected};
use crate::operation::Method;

impl Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = self.inner();
        match (inner.operation, &inner.method_and_path) {
            (Some(operation), _) => write!(f, "{operation}: ")?,
            (None, Some(method_and_path)) => write!(f, "{method_and_path}: ")?,
            (None, None) => {}
        }
        match &inner.repr {
            Repr::Api(response) => write_error_response(self, response, f),
            Repr::Decode(failure) => write_decode_failure(failure, inner.is_read_only(), f),
            Repr::Unexpected(problem) => write_unexpected(self, problem, f),
            Repr::EmptyResponse => {
                f.write_str("the server reported success, but the response is empty where a value was expected. ")?;
                f.write_str(match inner.is_read_only() {
                    true => "Check any proxy or gateway in front of the server.",
                    false => ambiguous_advice(self),
                })
            }
            Repr::TooLarge { limit } => {
                write!(f, "the server reported success, but the response {}. ", what_is_too_large(*limit))?;
                f.write_str(match inner.is_read_only() {
                    true => "Read fewer records or fields at a time, read a file as a stream, or set a higher limit.",
                    false => ambiguous_advice(self),
                })
            }
            Repr::MissingId { type_name } => write!(
                f,
                "the {type_name} has no id: it was not read from the server, or the field selection left the id out. \
                 Select `id` as well, or use `optional_id`."
            ),
            Repr::RecordCount { found: 0 } => f.write_str(
                "no record matches, but exactly one was expected. \
                 Widen the filter, or use `first`, which returns `None` if no record matches.",
            ),
            Repr::RecordCount { .. } => f.write_str(
                "more than one record matches, but exactly one was expected. \
                 Narrow the filter, or use `first` or `all`.",
            ),
            Repr::Paging { message } => {
                write!(
                    f,
                    "the list could not be read to its end: {message}. Read the list again; if it fails in the same way, check any proxy \
                     or cache in front of the server, or read single pages with `page`."
                )
            }
            Repr::Transport => {
                write!(f, "the request failed before a complete response arrived{}. ", reason(inner))?;
                f.write_str(if self.is_ambiguous() { ambiguous_advice(self) } else { "Try again later." })?;
                write_attempts(inner, f)
            }
            Repr::Timeout => {
                match inner.not_sent {
                    true => write!(f, "the call waited too long, so {}", not_carried_out(inner))?,
                    false => f.write_str("no complete response arrived in time")?,
                }
                write!(f, "{}. ", reason(inner))?;
                f.write_str(if self.is_ambiguous() {
                    ambiguous_advice(self)
                } else if inner.not_sent {
                    "Start fewer calls at a time, allow more concurrent requests, or increase the timeout."
                } else {
                    "Narrow a broad query, or increase the timeout."
                })?;
                write_attempts(inner, f)
            }
            Repr::Connect => {
                write!(f, "could not connect, so {}{}. ", not_carried_out(inner), reason(inner))?;
                f.write_str(if self.is_ambiguous() {
                    ambiguous_advice(self)
                } else {
                    inner.advice.as_deref().unwrap_or("Check the host and the network.")
                })?;
                write_attempts(inner, f)
            }
            Repr::Preparation { purpose } => {
                write!(f, "{}, because {purpose}{}. ", not_carried_out(inner), reason(inner))?;
                f.write_str(if self.is_ambiguous() {
                    ambiguous_advice(self)
                } else {
                    inner.advice.as_deref().unwrap_or(match self.is_transient() {
                        true => "Try again later.",
                        false => "Check the settings of the client.",
                    })
                })?;
                write_attempts(inner, f)
            }
            Repr::Limited => {
                write!(f, "{}{}. ", not_carried_out(inner), reason(inner))?;
                write_retry_after(inner, f)?;
                f.write_str(if self.is_ambiguous() {
                    ambiguous_advice(self)
                } else {
                    "Send fewer requests, or increase the timeout."
                })?;
                write_attempts(inner, f)
            }
            Repr::InvalidInput { name, message, fields } => {
                write!(f, "invalid input: {name} {message}")?;
                write_field_errors(fields, f)?;
                // Without an operation or a path, the check did not belong to a request.
                let has_request = inner.operation.is_some() || inner.method_and_path.is_some();
                f.write_str(if has_request { ". The request was not sent." } else { "." })
            }
        }
    }
}

/// Says that the request was not sent. If an earlier attempt was sent, that is true of the last attempt only.
const fn not_carried_out(inner: &Inner) -> &'static str {
    match inner.earlier_attempt_ambiguous || inner.earlier_attempt_sent {
        true => "the last attempt was not sent",
        false => "the request was not sent",
    }
}

/// Returns the cause of an error in a few words, for the error of a call that could not be sent because of it. `None` for
/// an error of the network, which is the source.
pub(crate) fn cause(error: &Error) -> Option<String> {
    let inner = error.inner();
    let message = error.message().map(|message| message.trim_end_matches('.'));
    match (&inner.repr, inner.status) {
        (Repr::InvalidInput { name, message, .. }, _) => Some(format!("{name} {message}")),
        (Repr::Unexpected(problem), _) => Some(format!("the response {}", what_is_unexpected(problem))),
        (Repr::TooLarge { limit }, _) => Some(format!("the response {}", what_is_too_large(*limit))),
        (_, Some(status)) => Some(message.map_or(status.to_string(), |message| format!("{status}: {message}"))),
        _ => message.map(str::to_owned),
    }
}

/// Describes a successful response with more than `limit` bytes: a clause that continues `the response `.
fn what_is_too_large(limit: u64) -> String {
    format!("has more than {limit} bytes, the client's limit `max_response_size`")
}

/// Describes a successful response that is not what was requested: a clause that continues `the response `.
fn what_is_unexpected(problem: &Unexpected) -> String {
    match problem {
        Unexpected::NotJson { media_type, start, is_html } => {
            let format = if *is_html { "is an HTML page" } else { "is not JSON" };
            format!("{format} ({}): {start:?}", media_type.as_deref().unwrap_or("no media type"))
        }
        Unexpected::ErrorObject(response) => {
            let code = response.code.iter().map(String::as_str);
            let message = response.message.iter().map(|message| message.trim_end_matches('.'));
            format!("is an error ({})", code.chain(message).collect::<Vec<_>>().join(": "))
        }
        Unexpected::EmptyObject => "is an object without fields".to_owned(),
        Unexpected::Other(problem) => problem.clone(),
        Unexpected::NoId => "is a record without an id".to_owned(),
        Unexpected::OtherRecord { requested, found } => {
            format!("is the record with the id {found} instead of {requested}")
        }
    }
}

fn write_unexpected(error: &Error, problem: &Unexpected, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let inner = error.inner();
    write!(f, "the server reported success, but the response {}", what_is_unexpected(problem))?;
    if let Unexpected::ErrorObject(response) = problem {
        write_field_errors(&response.fields, f)?;
    }
    f.write_str(". ")?;
    if !inner.is_read_only() {
        f.write_str(ambiguous_advice(error))?;
        f.write_char(' ')?;
    }
    let advice = match (problem, &inner.advice) {
        (_, Some(advice)) => advice,
        (Unexpected::NotJson { is_html, .. }, None) => advice_for_not_json(*is_html),
        (Unexpected::ErrorObject(response), None) => advice(StatusCode::BAD_REQUEST, response, inner.operation, false),
        (_, None) => "Check any proxy, cache or gateway in front of the server.",
    };
    f.write_str(advice)?;
    write_attempts(inner, f)
}

/// Returns the advice for an ambiguous error. The advice for a POST differs: there may be no record to read.
fn ambiguous_advice(error: &Error) -> &'static str {
    if error.is_retryable() {
        return "The server may have carried out the request; repeating it is harmless.";
    }
    let inner = error.inner();
    let is_post = match (inner.operation, &inner.method_and_path) {
        (Some(operation), _) => operation.method == Method::Post,
        (None, method_and_path) => method_and_path.as_ref().is_some_and(|text| text.starts_with("POST ")),
    };
    if is_post {
        "The server may have carried out the request: check whether the record was created, or the action took effect, \
         before you repeat it."
    } else {
        "The server may have carried out the request: read the record before you repeat the change."
    }
}

fn write_attempts(inner: &Inner, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if inner.attempts > 1 { write!(f, " ({} attempts)", inner.attempts) } else { Ok(()) }
}

/// Returns the reason in parentheses, if the error has one.
fn reason(inner: &Inner) -> String {
    inner.reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default()
}

fn write_error_response(error: &Error, response: &ErrorResponse, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let inner = error.inner();
    if let Some(status) = inner.status {
        write!(f, "{status}")?;
    }
    if let Some(code) = &response.code {
        write!(f, ", {code}")?;
    }
    let message = match (&response.message, response.format) {
        (None, BodyFormat::Empty) if inner.location.is_some() => "the server redirects",
        (Some(message), BodyFormat::Html) => &format!("the server returned an HTML page ({message})"),
        (None, BodyFormat::Html) => "the server returned an HTML page",
        (Some(message), _) => message,
        (None, _) => "the server gives no reason",
    };
    write!(f, ": {}", message.trim_end_matches('.'))?;
    if let Some(location) = &inner.location {
        write!(f, ", to {location}")?;
    }
    write_field_errors(&response.fields, f)?;
    f.write_str(". ")?;
    let must_check_first = error.is_ambiguous() && !error.is_retryable();
    if inner.status == Some(StatusCode::TOO_MANY_REQUESTS) && !must_check_first {
        write_retry_after(inner, f)?;
    }
    if error.is_ambiguous() {
        f.write_str(ambiguous_advice(error))?;
    }
    match &inner.advice {
        Some(advice) if error.is_ambiguous() => write!(f, " {advice}")?,
        Some(advice) => f.write_str(advice)?,
        None if error.is_ambiguous() => {}
        None => {
            f.write_str(advice(inner.status.unwrap_or_default(), response, inner.operation, error.is_transient()))?
        }
    }
    write_attempts(inner, f)?;
    match &inner.request_id {
        Some(id) => write!(f, " (request {id})"),
        None => Ok(()),
    }
}

/// Writes when to repeat the call, if the error says so.
fn write_retry_after(inner: &Inner, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match &inner.retry_after {
        Some(wait) if wait.bytes().all(|byte| byte.is_ascii_digit()) => write!(f, "Retry after {wait} s. "),
        Some(date) => write!(f, "Retry after {date}. "),
        None => Ok(()),
    }
}

fn write_field_errors(fields: &[FieldError], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (position, error) in fields.iter().enumerate() {
        f.write_str(if position == 0 { " [" } else { "; " })?;
        if let Some(field) = &error.field {
            write!(f, "{field}: ")?;
        }
        let message = error.message.as_deref().or(error.code.as_deref()).unwrap_or("no reason given");
        f.write_str(message.trim_end_matches('.'))?;
    }
    if fields.is_empty() { Ok(()) } else { f.write_char(']') }
}

fn write_decode_failure(failure: &DecodeFailure, is_read: bool, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str("the server reported success, but its response could not be decoded")?;
    if let Some(page) = failure.page {
        write!(f, ", page {page}")?;
    }
    if let Some(path) = &failure.path {
        write!(f, ", at `{path}`")?;
    }
    write!(f, ": {}", failure.message)?;
    if let Some(raw) = &failure.raw_value {
        write!(f, ", found {raw}")?;
    }
    f.write_str(match (is_read, failure.problem) {
        (true, DecodeProblem::Truncated) => {
            ". Send the request again; a proxy or a timeout may have truncated the response."
        }
        (true, DecodeProblem::Malformed) => {
            ". Send the request again; if it fails in the same way, check any proxy or gateway in front of the server."
        }
        (true, DecodeProblem::Value) if failure.index.is_some() => {
            ". Use `stream_lenient` to read the other records of the list."
        }
        (true, DecodeProblem::Form) => {
            ". Check the base URL, and any proxy or gateway in front of the server; `.decode_as::<serde_json::Value>()` \
             accepts JSON of any form."
        }
        (true, DecodeProblem::Value) => {
            ". Use `.decode_as::<serde_json::Value>()`, or your own type, to read the other values of the response."
        }
        // The server has no idempotency keys and no ETags, so it would make a repeated change twice.
        (false, DecodeProblem::Value) => ". The server has made the change: do not repeat it; read the record again.",
        (false, _) => ". The server has probably made the change: check whether it has before you repeat the request.",
    })
}

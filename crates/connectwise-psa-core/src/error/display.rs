//! The line that an error prints: the operation, what happened, and what to do next.

use std::fmt::{self, Display, Write as _};

use http::StatusCode;

use crate::error::response_body::{BodyFormat, ErrorResponse};
use crate::error::{DecodeFailure, DecodeProblem, Error, FieldError, Inner, Repr};
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
            Repr::Api(response) => write_error_response(inner, response, self.is_ambiguous(), f),
            Repr::Decode(failure) => write_decode_failure(failure, is_read(inner), f),
            Repr::NotJson { media_type, start, is_html } => {
                let format = if *is_html { "an HTML page" } else { "a body that is not JSON" };
                let media_type = media_type.as_deref().unwrap_or("no media type");
                write!(f, "the server reported success, but returned {format} ({media_type}): {start:?}. ")?;
                f.write_str(match is_html {
                    true => USE_THE_API_HOST,
                    false => "Check the base URL, and any proxy or gateway in front of the server.",
                })
            }
            Repr::EmptyResponse => {
                f.write_str("the server reported success, but the response is empty where a value was expected. ")?;
                f.write_str(match is_read(inner) {
                    true => "Send the request again.",
                    false => "The server has probably made the change: do not repeat it; read the record.",
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
                    "the list cannot be read: {message}. Read single pages by page number with `page`, without `page_id`."
                )
            }
            Repr::Transport => {
                write!(f, "the request failed before a complete response arrived{}. ", reason(inner))?;
                f.write_str(if self.is_ambiguous() { ambiguous_advice(inner) } else { "Try again later." })?;
                write_attempts(inner, f)
            }
            Repr::Timeout => {
                write!(f, "no complete response arrived in time{}. ", reason(inner))?;
                f.write_str(if self.is_ambiguous() {
                    ambiguous_advice(inner)
                } else {
                    "Narrow a broad query, or increase the timeout."
                })?;
                write_attempts(inner, f)
            }
            Repr::Connect => {
                // With a reason, or with an `Error` as the source, the call ended before it connected: at a time limit,
                // or in a preparatory request.
                let could_not_connect = inner.reason.is_none()
                    && !std::error::Error::source(self).is_some_and(|source| source.is::<Self>());
                f.write_str(match could_not_connect {
                    true => "could not connect, so the request was not carried out",
                    false => "the request was not carried out",
                })?;
                write!(f, "{}. ", reason(inner))?;
                f.write_str(inner.advice.as_deref().unwrap_or("Check the host and the network."))?;
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

/// Returns whether the request only reads. If the error does not know its request, the method of the operation decides.
fn is_read(inner: &Inner) -> bool {
    let is_get = || inner.operation.is_none_or(|operation| operation.method == Method::Get);
    inner.is_read.unwrap_or_else(is_get)
}

/// Returns the advice for an ambiguous error. A POST may have created no record, and the program has no id to read one
/// by, so the advice for it differs.
fn ambiguous_advice(inner: &Inner) -> &'static str {
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

const USE_THE_API_HOST: &str = "Check the base URL: it needs the API's host and base path, such as https://api-na.myconnectwise.net/v4_6_release/apis/3.0.";

fn write_attempts(inner: &Inner, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if inner.attempts > 1 { write!(f, " ({} attempts)", inner.attempts) } else { Ok(()) }
}

/// Returns the reason in parentheses, if the error has one.
fn reason(inner: &Inner) -> String {
    inner.reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default()
}

fn write_error_response(
    inner: &Inner,
    response: &ErrorResponse,
    ambiguous: bool,
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    if let Some(status) = inner.status {
        write!(f, "{status}")?;
    }
    if let Some(code) = &response.code {
        write!(f, ", {code}")?;
    }
    let message = match (&response.message, response.format) {
        (Some(message), BodyFormat::Html) => &format!("the server returned an HTML page ({message})"),
        (None, BodyFormat::Html) => "the server returned an HTML page",
        (Some(message), _) => message,
        (None, _) => "the server gives no reason",
    };
    write!(f, ": {}", message.trim_end_matches('.'))?;
    write_field_errors(&response.fields, f)?;
    f.write_str(". ")?;
    if inner.status == Some(StatusCode::TOO_MANY_REQUESTS)
        && let Some(wait) = &inner.retry_after
    {
        let unit = if wait.bytes().all(|byte| byte.is_ascii_digit()) { " s" } else { "" };
        write!(f, "Retry after {wait}{unit}. ")?;
    }
    match &inner.advice {
        Some(advice) => f.write_str(advice)?,
        None if ambiguous => f.write_str(ambiguous_advice(inner))?,
        None => f.write_str(advice(inner.status.unwrap_or_default(), response))?,
    }
    write_attempts(inner, f)?;
    match &inner.request_id {
        Some(id) => write!(f, " (request {id})"),
        None => Ok(()),
    }
}

/// Returns advice for an error response.
fn advice(status: StatusCode, response: &ErrorResponse) -> &'static str {
    let message = response.message.as_deref().unwrap_or_default();
    match status.as_u16() {
        _ if response.format == BodyFormat::Html && status.as_u16() < 500 => USE_THE_API_HOST,
        300..=399 => {
            "Redirects are not followed, because they could send the credentials to another host. \
             Use the host that the redirect points to."
        }
        _ if message.contains("Cannot route") => "Check the code base in the base URL and the company id.",
        _ if message.contains("SSL is required") => "Use https and the API's host.",
        400 if response.code.as_deref() == Some("ApiFindCondition") => {
            "Check the conditions and the order: their syntax, and whether this endpoint has the fields."
        }
        400 if !response.fields.is_empty() => "Correct the listed errors and send the request again.",
        401 if message.contains("clientId") => "Check the client id.",
        401 => "Check the credentials (company id and API keys, integrator login or member hash) and the client id.",
        403 => "Check the permissions in the security role of the API member.",
        404 if message.contains("endpoint does not exist") => "Check the path and the code base in the base URL.",
        404 => "The record does not exist, or the API member has no permission to see it.",
        405 => "This endpoint does not support this method.",
        409 => {
            "Someone else has changed the record, or other records refer to it: read it again and decide whether the request still applies."
        }
        414 => "The query is too long: shorten the conditions or split the list of ids.",
        415 => "The endpoint does not accept a body of this content type.",
        400 | 406 if message.contains("does not support the API version") => {
            "Use `without_version` for this call, or set another version."
        }
        429 => "Send fewer requests at a time.",
        500..=599 => "The server failed: try again later; for a list, narrow the conditions.",
        _ => "Correct the request and send it again.",
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
        (true, DecodeProblem::Value) => {
            ". Use `.decode_as::<serde_json::Value>()`, or your own type, to read the other values of the response."
        }
        // The server has no idempotency keys and no ETags, so it would make a repeated change twice.
        (false, _) => ". The server has made the change: do not repeat it; read the record again.",
    })
}

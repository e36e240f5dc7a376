//! The one line an error prints: operation, what happened, what to do next.

use std::fmt::{self, Display, Write as _};

use http::StatusCode;

use crate::error::response_body::{ErrorResponse, Form};
use crate::error::{DecodeFailure, Error, FieldError, Inner, Repr};
use crate::operation::Method;

impl Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = self.inner();
        match (inner.operation, &inner.place) {
            (Some(operation), _) => write!(f, "{operation}: ")?,
            (None, Some(place)) => write!(f, "{place}: ")?,
            (None, None) => {}
        }
        match &inner.repr {
            Repr::Api(response) => refused(inner, response, self.is_ambiguous(), f),
            Repr::Decode(failure) => {
                decode_failure(failure, inner.reads.unwrap_or_else(|| inner.operation.is_none_or(|operation| operation.method == Method::Get)), f)
            }
            Repr::NotJson { media_type, start, is_html } => {
                let media_type = media_type.as_deref().unwrap_or("without a media type");
                if *is_html {
                    let advice = "use the API's host and base path, as in https://api-na.myconnectwise.net/v4_6_release/apis/3.0";
                    return write!(f, "wrong host: an HTML page came back as a success ({media_type}): {start:?}; {advice}.");
                }
                write!(f, "the server reported success but the answer is no JSON ({media_type}): {start:?}. ")?;
                f.write_str("Check the base URL and what stands between here and the server.")
            }
            Repr::EmptyResponse => f.write_str(
                "the server accepted the request but its answer is empty where a value was expected. Read the record again; do not repeat a change.",
            ),
            Repr::MissingId { type_name } => write!(
                f,
                "the {type_name} has no id: it was not read from the server, or the selection of fields left the id out. Select `id` as well, or use `optional_id`."
            ),
            Repr::RecordCount { found: 0 } => {
                f.write_str("no record matches where exactly one was expected. Widen the filter, or use `first`, which may find none.")
            }
            Repr::RecordCount { .. } => f.write_str("more than one record matches where exactly one was expected. Narrow the filter, or use `first` or `all`."),
            Repr::Paging { message } => write!(f, "the pages of the list do not go forward: {message}. Read it by page numbers, in single pages."),
            Repr::Transport => {
                write!(f, "the exchange with the server broke off{}. ", reason(inner))?;
                f.write_str(if self.is_ambiguous() { MAY_BE_DONE } else { "Try again later." })?;
                tries(inner, f)
            }
            Repr::Timeout => {
                write!(f, "no response came in time{}. ", reason(inner))?;
                f.write_str(if self.is_ambiguous() { MAY_BE_DONE } else { "Narrow wide queries, or allow more time." })?;
                tries(inner, f)
            }
            Repr::Connect => {
                let is_network = inner.reason.is_none() && !std::error::Error::source(self).is_some_and(|source| source.is::<Self>());
                f.write_str(if is_network { "no connection could be made, so the request was not carried out" } else { "the request was not carried out" })?;
                write!(f, "{}. ", reason(inner))?;
                f.write_str(inner.advice.as_deref().unwrap_or("Check the host and the network."))?;
                tries(inner, f)
            }
            Repr::InvalidInput { name, message, fields } => {
                write!(f, "invalid input: {name} {message}")?;
                field_errors(fields, f)?;
                // A check that belongs to no request says nothing about one.
                f.write_str(if inner.operation.is_some() || inner.place.is_some() { ". The request was not sent." } else { "." })
            }
        }
    }
}

const MAY_BE_DONE: &str = "It may have been carried out: read again before repeating a change.";

fn tries(inner: &Inner, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if inner.attempts > 1 { write!(f, " ({} tries)", inner.attempts) } else { Ok(()) }
}

/// Why no response came, in parentheses, where no source says so.
fn reason(inner: &Inner) -> String {
    inner.reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default()
}

fn refused(inner: &Inner, response: &ErrorResponse, ambiguous: bool, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if let Some(status) = inner.status {
        write!(f, "{status}")?;
    }
    if let Some(code) = &response.code {
        write!(f, ", {code}")?;
    }
    let message = match (&response.message, response.form) {
        (Some(message), Form::Html) => &format!("an HTML page came back ({message})"),
        (None, Form::Html) => "an HTML page came back",
        (Some(message), _) => message,
        (None, _) => "the server gives no reason",
    };
    write!(f, ": {}", message.trim_end_matches('.'))?;
    field_errors(&response.fields, f)?;
    f.write_str(". ")?;
    if inner.status == Some(StatusCode::TOO_MANY_REQUESTS)
        && let Some(wait) = &inner.retry_after
    {
        let unit = if wait.bytes().all(|byte| byte.is_ascii_digit()) { " s" } else { "" };
        write!(f, "Retry after {wait}{unit}. ")?;
    }
    match &inner.advice {
        Some(advice) => f.write_str(advice)?,
        None if ambiguous => f.write_str(MAY_BE_DONE)?,
        None => f.write_str(advice(inner.status.unwrap_or_default(), response))?,
    }
    tries(inner, f)?;
    match &inner.request_id {
        Some(id) => write!(f, " (request {id})"),
        None => Ok(()),
    }
}

/// What to do next about an error response: one sentence.
fn advice(status: StatusCode, response: &ErrorResponse) -> &'static str {
    let message = response.message.as_deref().unwrap_or_default();
    match status.as_u16() {
        _ if response.form == Form::Html && status.as_u16() < 500 => {
            "Wrong host: use the API's host and base path, as in https://api-na.myconnectwise.net/v4_6_release/apis/3.0."
        }
        300..=399 => {
            "Redirects are not followed, so that credentials stay with the host they are for: use the host it leads to."
        }
        _ if message.contains("Cannot route") => "Check the code base in the base URL and the company id.",
        _ if message.contains("SSL is required") => "Use https and the API's host.",
        400 if response.code.as_deref() == Some("ApiFindCondition") => "Filter by a name that this endpoint knows.",
        400 if !response.fields.is_empty() => "Correct what it names and send it again.",
        401 => "Check the company id, the public and the private key, and the client id.",
        403 => "Check the permissions in the security role of the API member.",
        404 if message.contains("endpoint does not exist") => "Check the path and the code base in the base URL.",
        404 => "The record does not exist, or this API member may not see it.",
        405 => "This endpoint does not have that method.",
        409 => "The record is in use or was changed by somebody else: read it again.",
        414 => "The query is too long: shorten the conditions or split the list of ids.",
        415 => "The endpoint takes another kind of body.",
        400 | 406 if message.contains("does not support the API version") => {
            "Leave the version out of this call, or name another one."
        }
        429 => "Send fewer requests at a time.",
        500..=599 => "The server failed: try again later, and narrow wide queries.",
        _ => "Correct the request and send it again.",
    }
}

fn field_errors(fields: &[FieldError], f: &mut fmt::Formatter<'_>) -> fmt::Result {
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

fn decode_failure(failure: &DecodeFailure, is_read: bool, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str("the server reported success but its answer could not be read")?;
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
    f.write_str(match (is_read, failure.cut_off) {
        (true, true) => ". Ask again; a proxy or a time limit may have cut the answer off.",
        (true, false) => {
            ". Read it with `.decode_as::<serde_json::Value>()`, or as a type of your own, to get at the rest."
        }
        // facts: no answer tells whether a repeated change would be noticed, so the advice is never to repeat one.
        (false, _) => ". The change was made: do not repeat it, read the record again.",
    })
}

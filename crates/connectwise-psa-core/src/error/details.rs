//! The details of an error: what the server said, where a value could not be decoded, and when to try again.

use std::time::{Duration, SystemTime};

use http::StatusCode;

use crate::error::response_body::ErrorResponse;
use crate::error::{DecodeFailure, Error, FieldError, Repr, Unexpected, display};
use crate::operation::Operation;

impl Error {
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
    pub(super) fn error_response(&self) -> Option<&ErrorResponse> {
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
    /// [`source`](std::error::Error::source). For display only, because the wording changes.
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

    pub(super) fn decode_failure(&self) -> Option<&DecodeFailure> {
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

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;

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

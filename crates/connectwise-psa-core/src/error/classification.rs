//! The kind of an error, and the predicates: whether it is of a kind, and whether a call can be repeated after it.

use http::StatusCode;

use crate::error::kind::ErrorKind;
use crate::error::status::{StatusRule, status_rule};
use crate::error::{DecodeProblem, Error, Repr};

impl Error {
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
    pub(super) fn status_rule(&self) -> StatusRule {
        status_rule(self.0.status.unwrap_or_default().as_u16(), self.message())
    }

    /// Returns the error of the request that had to precede the call.
    pub(super) fn failure_before_the_call(&self) -> Option<&Self> {
        self.0.source.as_deref()?.downcast_ref()
    }

    pub(super) fn has_status(&self, status: StatusCode) -> bool {
        self.is_api() && self.0.status == Some(status)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::HeaderMap;

    use super::*;
    use crate::error::{DecodeFailure, Unexpected};

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
}

//! The errors of the client on the command line: the exit code, the name in JSON, and what to do next.

use std::error::Error as _;

use connectwise_psa::catalogue::Operation;
use connectwise_psa::{Error, ErrorKind};

use crate::exit::Exit;

/// What a kind of error is on the command line. `{id}` in the next step is the id of the operation.
struct Row(ErrorKind, Exit, &'static str, &'static str);

const SHOW: &str = "`cwpsa ops show {id}` shows what the operation takes.";
const CHECK: &str = "`cwpsa check` tests the connection step by step.";
const SMALLER: &str = "Ask for less at a time: --fields, --conditions, or a smaller --page-size.";
const CONFLICT: &str = "Read the record again, and decide whether the change still applies.";
const READ_FIRST: &str = "Read the record before you send the change again: the server may have made it.";

const KINDS: [Row; 18] = [
    Row(ErrorKind::InvalidInput, Exit::Usage, "invalid_input", SHOW),
    Row(ErrorKind::Preparation, Exit::Failure, "preparation", CHECK),
    Row(ErrorKind::Connect, Exit::Network, "connect", CHECK),
    Row(ErrorKind::Timeout, Exit::Network, "timeout", "Send it again later. For a list, narrow --conditions."),
    Row(ErrorKind::Transport, Exit::Network, "transport", CHECK),
    Row(
        ErrorKind::Unauthenticated,
        Exit::Authentication,
        "unauthenticated",
        "`cwpsa login` stores other credentials; `cwpsa check` tests them.",
    ),
    Row(
        ErrorKind::PermissionDenied,
        Exit::Authentication,
        "permission_denied",
        "`cwpsa check --needs {id}` shows which right of the security role is missing.",
    ),
    Row(ErrorKind::NotFound, Exit::NotFound, "not_found", "Read the list of the records to find the id."),
    Row(ErrorKind::RateLimited, Exit::RateLimited, "rate_limited", "Send it again after the time of `retryAfter`."),
    Row(ErrorKind::Rejected, Exit::Rejected, "rejected", SHOW),
    Row(ErrorKind::Server, Exit::Failure, "server", "Send it again later. For a list, narrow --conditions."),
    Row(ErrorKind::Decode, Exit::Failure, "decode", SMALLER),
    Row(ErrorKind::UnexpectedResponse, Exit::Failure, "unexpected_response", CHECK),
    Row(ErrorKind::EmptyResponse, Exit::Failure, "empty_response", CHECK),
    Row(ErrorKind::ResponseTooLarge, Exit::Failure, "response_too_large", SMALLER),
    Row(ErrorKind::Paging, Exit::Failure, "paging", "Read the list again: it changed while it was read."),
    Row(ErrorKind::RecordCount, Exit::Failure, "record_count", "Narrow --conditions to one record."),
    Row(ErrorKind::MissingId, Exit::Failure, "missing_id", "Add `id` to --fields."),
];

/// A kind of a later version of the client.
const UNKNOWN: Row = Row(ErrorKind::Server, Exit::Failure, "unexpected", "");

fn find(kind: ErrorKind) -> &'static Row {
    KINDS.iter().find(|known| known.0 == kind).unwrap_or(&UNKNOWN)
}

/// Returns the exit code and the name of a kind of error.
pub(crate) fn exit_of(kind: ErrorKind) -> (Exit, &'static str) {
    let Row(_, exit, name, _) = find(kind);
    (*exit, name)
}

/// Returns the exit code and the name of an error. If a request before the call failed, its exit code counts.
pub(super) fn classify(error: &Error) -> (Exit, &'static str) {
    let (exit, name) = exit_of(error.kind());
    let cause = error.source().and_then(|source| source.downcast_ref::<Error>());
    match cause {
        Some(cause) if error.is_preparation() => (classify(cause).0, name),
        _ => (exit, name),
    }
}

/// Returns what to do next with the options and commands of the program.
pub(super) fn next_step(error: &Error) -> Option<String> {
    if error.is_ambiguous() {
        return Some(READ_FIRST.to_owned());
    }
    if error.status().is_some_and(|status| status.as_u16() == 409) {
        return Some(CONFLICT.to_owned());
    }
    let Row(_, _, _, step) = find(error.kind());
    let id = error.operation().map(operation_id);
    match id {
        // Without the operation, the step has no command to show.
        None if step.contains("{id}") => None,
        id => Some(step.replace("{id}", &id.unwrap_or_default())).filter(|step| !step.is_empty()),
    }
}

/// Returns our id of an operation.
pub(super) fn operation_id(operation: &'static Operation) -> String {
    format!("{}.{}", operation.section, operation.id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_an_exit_code_and_a_name() {
        let table = [
            (ErrorKind::InvalidInput, 2, "invalid_input"),
            (ErrorKind::Preparation, 1, "preparation"),
            (ErrorKind::Connect, 8, "connect"),
            (ErrorKind::Timeout, 8, "timeout"),
            (ErrorKind::Transport, 8, "transport"),
            (ErrorKind::Unauthenticated, 4, "unauthenticated"),
            (ErrorKind::PermissionDenied, 4, "permission_denied"),
            (ErrorKind::NotFound, 5, "not_found"),
            (ErrorKind::RateLimited, 7, "rate_limited"),
            (ErrorKind::Rejected, 6, "rejected"),
            (ErrorKind::Server, 1, "server"),
            (ErrorKind::Decode, 1, "decode"),
            (ErrorKind::UnexpectedResponse, 1, "unexpected_response"),
            (ErrorKind::EmptyResponse, 1, "empty_response"),
            (ErrorKind::ResponseTooLarge, 1, "response_too_large"),
            (ErrorKind::Paging, 1, "paging"),
            (ErrorKind::RecordCount, 1, "record_count"),
            (ErrorKind::MissingId, 1, "missing_id"),
        ];
        assert_eq!(KINDS.len(), table.len());
        for (kind, code, name) in table {
            let (exit, found) = exit_of(kind);
            assert_eq!((exit as u8, found), (code, name), "{kind:?}");
        }
    }

    #[test]
    fn the_failure_before_the_call_decides_the_exit_code() {
        let error = Error::preparation("the base URL", Error::connect("refused"));
        assert_eq!(classify(&error), (Exit::Network, "preparation"));
    }

    #[test]
    fn a_change_that_may_have_been_made_is_read_first() {
        let failed = Error::transport("closed").with_request(false, false);
        assert_eq!(next_step(&failed).as_deref(), Some(READ_FIRST));
        let failed = Error::transport("closed").with_request(true, true);
        assert_eq!(next_step(&failed).as_deref(), Some(CHECK));
        // Without an operation, there is nothing to show.
        assert_eq!(next_step(&Error::invalid_input("x", "is wrong")), None);
    }
}

//! The exit codes of the program. docs/command-line.md lists them.

use std::process::ExitCode;

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Everything was done.
    Success = 0,
    /// Something failed that has no code of its own.
    Failure = 1,
    /// The arguments are wrong. Nothing was sent.
    Usage = 2,
    /// The credentials are missing, or the server rejected them, or they lack a right.
    Authentication = 4,
    /// The record or the endpoint does not exist.
    NotFound = 5,
    /// The server rejected the request.
    Rejected = 6,
    /// The server's rate limit was exceeded.
    RateLimited = 7,
    /// There was no response: connection, timeout, or transport.
    Network = 8,
    /// Some of several requests failed.
    PartlyFailed = 9,
    /// `diff --exit-code` found a difference. Not an error.
    Different = 10,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

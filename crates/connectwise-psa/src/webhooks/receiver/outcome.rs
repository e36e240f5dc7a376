//! What became of a message, and the status for the response.

use std::fmt;

use http::StatusCode;

use crate::webhooks::rejection::Rejection;
use crate::webhooks::store::message_store::StoreError;

/// What became of a received message.
///
/// The response has the [status](Self::status) and no body: a reason would help only those who forge messages. The
/// receiver writes reasons to the log (`tracing`), where rejected messages are warnings.
///
/// ConnectWise's documentation says that PSA sends a message again, after two and after four seconds, only if the status
/// is 404, 409, 419 or 429. A 5xx loses the message. That is why everything that may be different later is 429.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Outcome {
    /// The message is stored: 200.
    Accepted,
    /// The message was stored before: 200.
    Duplicate,
    /// The message is not genuine, too large or malformed, or its signature cannot be checked now. The status is that of
    /// the [`Rejection`]: 401, 413, 400 or 429.
    Rejected(Rejection),
    /// Too many messages are being received at once: 429.
    TooManyAtOnce,
    /// The message did not arrive completely, or could not be verified and stored, within the time limit: 429. It may
    /// have been stored; then the next delivery is a duplicate.
    TimedOut,
    /// The body of the request broke off: 429.
    Interrupted,
    /// The store has reached a limit, because handlers are slower than messages arrive, or fail: 429.
    StoreFull,
    /// The store failed: 429.
    StoreFailed(StoreError),
}

impl Outcome {
    /// Returns the status for the response.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Accepted | Self::Duplicate => StatusCode::OK,
            Self::Rejected(rejection) => rejection.status(),
            Self::TooManyAtOnce | Self::TimedOut | Self::Interrupted | Self::StoreFull | Self::StoreFailed(_) => {
                StatusCode::TOO_MANY_REQUESTS
            }
        }
    }

    /// Returns whether the message is stored, now or before.
    #[must_use]
    pub fn is_stored(&self) -> bool {
        matches!(self, Self::Accepted | Self::Duplicate)
    }

    /// Writes the outcome to the log.
    pub(crate) fn log(&self) {
        let status = self.status().as_u16();
        match self {
            Self::Accepted | Self::Duplicate => tracing::debug!(status, "{self}"),
            Self::StoreFailed(_) => tracing::error!(status, "{self}"),
            _ => tracing::warn!(status, "{self}"),
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accepted => f.write_str("the message is stored"),
            Self::Duplicate => f.write_str("the message is a duplicate"),
            Self::Rejected(rejection) => write!(f, "the message is rejected: {rejection}"),
            Self::TooManyAtOnce => f.write_str("too many messages are being received at once"),
            Self::TimedOut => f.write_str("the message was not received, verified and stored in time"),
            Self::Interrupted => f.write_str("the body of the message broke off"),
            Self::StoreFull => f.write_str("the store of messages is full"),
            Self::StoreFailed(error) => error.fmt(f),
        }
    }
}

//! Why a delivery is rejected, and the status that PSA gets for it.

use std::fmt;
use std::sync::Arc;

use connectwise_psa_core::error::Error;
use http::StatusCode;

use crate::webhooks::message::{InvalidMessage, quoted};

/// Why a delivery is rejected. The texts contain no keys, and only short parts of the message.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Rejection {
    /// The body is longer than [`VerifierBuilder::max_body_size`](crate::webhooks::VerifierBuilder::max_body_size).
    #[non_exhaustive]
    TooLarge {
        /// The most bytes that are accepted.
        limit: usize,
    },
    /// The body is not a message.
    Malformed(InvalidMessage),
    /// The delivery has no signature.
    MissingSignature,
    /// The signature does not match the body: someone else wrote the message, or changed it.
    WrongSignature,
    /// The message is about another company than the configured one.
    #[non_exhaustive]
    OtherCompany {
        /// The company that the message names; `None` if it names none.
        company: Option<String>,
    },
    /// The key URL in the message is not one of the configured server and company. It was not requested.
    KeyUrl(KeyUrlProblem),
    /// The server did not return the signing key, so nobody knows whether the message is genuine.
    KeyUnavailable(KeyFailure),
    /// The signing key was not requested, because the limit
    /// [`VerifierBuilder::key_fetches_per_minute`](crate::webhooks::VerifierBuilder::key_fetches_per_minute) was reached.
    TooManyKeys,
}

impl Rejection {
    /// Returns the status for the response to the delivery. According to ConnectWise's documentation, PSA sends a message
    /// again, after 2 and after 4 seconds, only for 404, 409, 419 and 429. It gets 429 if the same message may be accepted
    /// later.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Malformed(_) => StatusCode::BAD_REQUEST,
            Self::MissingSignature | Self::WrongSignature | Self::OtherCompany { .. } | Self::KeyUrl(_) => {
                StatusCode::UNAUTHORIZED
            }
            Self::KeyUnavailable(_) | Self::TooManyKeys => StatusCode::TOO_MANY_REQUESTS,
        }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge { limit } => write!(f, "the body is longer than {limit} bytes"),
            Self::Malformed(invalid) => invalid.fmt(f),
            Self::MissingSignature => f.write_str("the signature is missing"),
            Self::WrongSignature => f.write_str("the signature does not match the body"),
            Self::OtherCompany { company: Some(company) } => {
                write!(f, "the message is about the company {}, which is not the configured one", quoted(company))
            }
            Self::OtherCompany { company: None } => f.write_str("the message does not name a company"),
            Self::KeyUrl(problem) => write!(f, "the key URL {problem}"),
            Self::KeyUnavailable(failure) => write!(f, "the signing key is not available: {failure}"),
            Self::TooManyKeys => f.write_str("the limit for requests of signing keys per minute was reached"),
        }
    }
}

impl std::error::Error for Rejection {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Malformed(invalid) => Some(invalid),
            Self::KeyUrl(problem) => Some(problem),
            Self::KeyUnavailable(failure) => Some(failure),
            _ => None,
        }
    }
}

/// Why a key URL is rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyUrlProblem {
    /// The message has no key URL.
    Missing,
    /// The URL is too long.
    TooLong,
    /// The URL contains characters that a key URL does not have, such as `@`, `#`, `\` or control characters.
    Characters,
    /// The text is not a URL, or would be another one after it is interpreted.
    NotAUrl,
    /// Scheme, host or port are not those of the configured server.
    OtherServer,
    /// The path is not that of signing keys.
    Path,
    /// The query does not consist of `companyName` and `id`, each of them once.
    Query,
    /// The key is that of another company.
    OtherCompany,
}

impl fmt::Display for KeyUrlProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "is missing",
            Self::TooLong => "is too long",
            Self::Characters => "contains characters that a key URL does not have",
            Self::NotAUrl => "is not a valid URL",
            Self::OtherServer => "has another scheme, host or port than the configured server",
            Self::Path => "does not have the path of signing keys",
            Self::Query => "has a query other than one `companyName` and one `id`",
            Self::OtherCompany => "belongs to another company",
        })
    }
}

impl std::error::Error for KeyUrlProblem {}

/// Why a signing key is not available. The texts do not contain the response, which may contain the key.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum KeyFailure {
    /// The server responded with a status other than 2xx. Redirects are not followed.
    Status(StatusCode),
    /// The response contains no signing key.
    NotAKey,
    /// The response is longer than 64 KiB.
    TooLong,
    /// The server did not respond in time.
    Timeout,
    /// The request failed.
    Request(Arc<Error>),
}

impl KeyFailure {
    /// Returns whether the same request may succeed after a short time.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Status(status) => {
                status.is_server_error()
                    || matches!(*status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS)
            }
            Self::Timeout | Self::Request(_) => true,
            Self::NotAKey | Self::TooLong => false,
        }
    }
}

impl fmt::Display for KeyFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => write!(f, "the server responded with status {}", status.as_u16()),
            Self::NotAKey => f.write_str("the response of the server contains no signing key"),
            Self::TooLong => f.write_str("the response of the server is longer than 64 KiB"),
            Self::Timeout => f.write_str("the server did not respond in time"),
            Self::Request(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for KeyFailure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Request(error) => Some(&**error),
            _ => None,
        }
    }
}

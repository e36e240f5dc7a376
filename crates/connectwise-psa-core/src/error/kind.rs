//! The kinds of errors, for `match`.

/// The kind of an [`Error`](crate::error::Error), for `match`; see [`Error::kind`](crate::error::Error::kind).
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
    /// The input is invalid, so the request was not sent.
    InvalidInput,
    /// The request was not sent because a request that has to precede it failed: the lookup of the base URL, or the
    /// request for the keys of a member. The [`source`](std::error::Error::source) is the [`Error`](crate::error::Error) of
    /// that request. The predicates for statuses, such as `is_not_found`, are false: the server has not responded to
    /// the call itself.
    Preparation,
    /// The client could not connect, so the request was not sent. If a call is sent several times, this is true of the
    /// last attempt; [`is_ambiguous`](crate::error::Error::is_ambiguous) covers the earlier ones.
    Connect,
    /// No complete response arrived in time; or, if the message says so, the call waited too long for one of the
    /// client's own concurrent requests to end, and was not sent.
    Timeout,
    /// The request failed before a complete response arrived. Unlike [`is_transport`], this does not include `Timeout`
    /// and `Connect`.
    ///
    /// [`is_transport`]: crate::error::Error::is_transport
    Transport,
    /// 401: the server does not accept the credentials.
    Unauthenticated,
    /// 403: the security role does not permit the request.
    PermissionDenied,
    /// 404: the record, or the endpoint, does not exist.
    NotFound,
    /// Too many requests: a 429; or, without a status, the client's own limit per minute or a pause that the server
    /// requested, which lasts longer than the timeout of the call. The last attempt was not carried out.
    RateLimited,
    /// Any other status outside 2xx and below 500: the server rejected the request. 408 and 425 may succeed later: test
    /// [`is_retryable`](crate::error::Error::is_retryable).
    Rejected,
    /// A status of 500 or above: the server, or a gateway in front of it, failed.
    Server,
    /// The server reported success, but a value of the response does not have its type, or the JSON is truncated or
    /// malformed.
    Decode,
    /// The server reported success, but the response is not what was requested: an error, a web page, another record,
    /// or a record without its id.
    UnexpectedResponse,
    /// The server reported success, but the response is empty where a value was expected.
    EmptyResponse,
    /// The server reported success, but the response is larger than the client's limit.
    ResponseTooLarge,
    /// A list could not be read to its end: the pages that the server returned contradict each other or the request.
    Paging,
    /// A list that should hold exactly one record holds none, or more than one.
    RecordCount,
    /// A record has no id. This error does not come from a request.
    MissingId,
}

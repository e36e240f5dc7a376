//! What to do after an error response: advice by status, code and message.

use http::StatusCode;

use crate::error::response_body::{BodyFormat, ErrorResponse};
use crate::operation::Operation;

const CHECK_THE_CREDENTIALS: &str =
    "Check the credentials (company id and API keys, integrator login or member hash) and the client id.";

const NO_RECORD: &str = "The record does not exist, or the API member has no permission to see it.";

const SIGN_IN_TO_THE_PROXY: &str =
    "A proxy between this program and the server requires a user and a password: set them in the proxy's URL.";

const NOT_BY_THE_API: &str = "The response is not from the API: a firewall, a proxy or the web server in front of it rejected the request. Ask its \
     administrator to allow requests of this program.";

const NO_SUCH_PAGE: &str = "The web server does not have this path. Check the base URL: it needs the API's host and base path, such as \
     https://api-na.myconnectwise.net/v4_6_release/apis/3.0.";

/// Returns advice for an error response to a call of `operation`. `is_transient` says whether the error may disappear by
/// itself.
pub(crate) fn advice(
    status: StatusCode,
    response: &ErrorResponse,
    operation: Option<&'static Operation>,
    is_transient: bool,
) -> &'static str {
    let message = response.message.as_deref().unwrap_or_default();
    match status.as_u16() {
        300..=399 => {
            "Redirects are not followed, because they could send the credentials to another host. \
             Use the host that the redirect points to."
        }
        407 => SIGN_IN_TO_THE_PROXY,
        404 if response.format == BodyFormat::Html => NO_SUCH_PAGE,
        400..=403 | 405 | 406 | 409..=428 | 430..=499 if response.format == BodyFormat::Html => NOT_BY_THE_API,
        _ if message.contains("Cannot route") => "Check the code base in the base URL and the company id.",
        _ if message.contains("SSL is required") => "Use https and the API's host.",
        400 if response.code.as_deref() == Some("ApiFindCondition") => {
            "Check the conditions and the order: their syntax, and whether this endpoint has the fields."
        }
        400 if !response.fields.is_empty() => "Correct the listed errors and send the request again.",
        401 if message.contains("clientId") => "Check the client id.",
        // Observed on live servers: some reject the credentials with 400, 403 or 404.
        400..=404 if message.contains("UserNotAuthenticated") => CHECK_THE_CREDENTIALS,
        401 => CHECK_THE_CREDENTIALS,
        403 => "Check the permissions in the security role of the API member.",
        404 if message.contains("endpoint does not exist") => "Check the path and the code base in the base URL.",
        404 => operation.map_or(NO_RECORD, advice_for_not_found),
        405 => "This endpoint does not support this method.",
        409 => {
            "Someone else has changed the record, or other records refer to it: read it again and decide whether the request still applies."
        }
        408 | 425 => "Try again later.",
        413 => "The request is too large for the server: send less at a time.",
        414 => "The query is too long: shorten the conditions or split the list of ids.",
        415 => "The endpoint does not accept a body of this content type.",
        431 => "The headers of the request are too large for the server.",
        400 | 406 if message.contains("does not support the API version") => {
            "Use `without_version` for this call, or set another version."
        }
        429 => "Send fewer requests at a time.",
        500..=599 if is_transient => "The server is busy: try again later; for a list, narrow the conditions.",
        500..=599 => "The server failed: check the request; for a list, narrow the conditions.",
        _ => "Correct the request and send it again.",
    }
}

/// Returns the advice for a 404 to a call of `operation`. Observed on live servers: a service ticket is not found among the
/// project tickets, and the other way round, although both have ids of the same sequence.
fn advice_for_not_found(operation: &Operation) -> &'static str {
    const OTHER_TICKETS: [(&str, &str); 2] = [
        (
            "/service/tickets/{",
            "The ticket does not exist, the API member has no permission to see it, or it is a project ticket: use \
             `project()` for those.",
        ),
        (
            "/project/tickets/{",
            "The ticket does not exist, the API member has no permission to see it, or it is a service ticket: use \
             `service()` for those.",
        ),
    ];
    let of_ticket = OTHER_TICKETS.into_iter().find(|(path, _)| operation.path.starts_with(path));
    match of_ticket {
        Some((_, advice)) => advice,
        None if operation.path.contains('{') => NO_RECORD,
        None => "Check the code base in the base URL, and the permissions of the API member.",
    }
}

/// Returns advice for a successful response that is not JSON.
pub(crate) const fn advice_for_not_json(is_html: bool) -> &'static str {
    match is_html {
        true => {
            "It can be a login or maintenance page, or the page of a network that requires a login. Check the base URL: it \
             needs the API's host and base path, such as https://api-na.myconnectwise.net/v4_6_release/apis/3.0."
        }
        false => "Check the base URL, and any proxy or gateway in front of the server.",
    }
}

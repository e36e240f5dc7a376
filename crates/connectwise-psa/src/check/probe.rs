//! Classifies the result of one request of a check.

use std::error::Error as _;
use std::sync::Arc;

use connectwise_psa_core::error::Error;
use http::{HeaderMap, StatusCode};
use serde_json::Value;

use connectwise_psa_core::text::{field_ignoring_case, is_html, without_byte_order_mark};

use crate::transport::connect_failure::ConnectFailure;

/// The maximum length of quoted text, in characters.
const MAX_QUOTE: usize = 200;

/// The lists that most programs read, each with the path of its count and its name.
pub(crate) const PROBED_COUNTS: [(&str, &str); 6] = [
    ("/system/members/count", "members"),
    ("/company/companies/count", "companies"),
    ("/company/contacts/count", "contacts"),
    ("/service/tickets/count", "service tickets"),
    ("/service/boards/count", "service boards"),
    ("/time/entries/count", "time entries"),
];

/// What the result of a request shows about the settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The response is as expected.
    Success,
    /// A 403: usually, the credentials are valid and the security role lacks the right.
    Forbidden,
    /// The server rejects the credentials.
    Unauthenticated,
    /// The client id is missing or invalid.
    ClientId,
    /// The cloud does not know the company, or not with this code base.
    Unrouted,
    /// The response is not from the API.
    NotTheApi,
    /// A 404: usually, the endpoint does not exist.
    NotFound,
    /// Too many requests.
    Busy,
    /// The server, or a gateway in front of it, failed.
    ServerError,
    /// There is no response.
    NoResponse,
    /// Anything else.
    Other,
}

/// The expected content of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    /// Information about the server.
    Release,
    /// The number of records.
    Count,
}

/// The classified result of one request.
#[derive(Debug)]
pub(crate) struct ProbeResult {
    pub(crate) verdict: Verdict,
    /// The result as text: `401 Unauthorized, ConnectWiseApi: UserNotAuthenticated`.
    pub(crate) summary: String,
    pub(crate) error: Option<Arc<Error>>,
    /// The release of the server, if the response contains it.
    pub(crate) release: Option<String>,
}

impl ProbeResult {
    /// Classifies a response with any status. Its texts contain no secrets of the client.
    pub(crate) fn from_response(status: StatusCode, headers: &HeaderMap, body: &[u8], expected: Expected) -> Self {
        let is_html = is_html(headers, body);
        if !status.is_success() {
            return Self::from_error_response(Error::from_response(status, headers, body), is_html);
        }
        let json = serde_json::from_slice(without_byte_order_mark(body)).ok();
        let object = json.as_ref().and_then(Value::as_object);
        let field = |name: &str| field_ignoring_case(object?, name);
        let (verdict, summary) = match expected {
            Expected::Release if object.is_some() => (Verdict::Success, "responds"),
            Expected::Count if field("count").is_some_and(Value::is_number) => (Verdict::Success, "responds"),
            _ if is_html => (Verdict::NotTheApi, "responds with an HTML page"),
            _ if json.is_none() => (Verdict::NotTheApi, "responds with a body that is not JSON"),
            _ => (Verdict::NotTheApi, "responds with JSON that is not from the API"),
        };
        let release = field("version").and_then(Value::as_str).and_then(release);
        Self { verdict, summary: summary.to_owned(), error: None, release }
    }

    /// Classifies the error of a request.
    pub(crate) fn from_error(error: Error) -> Self {
        // The lookup or the request for keys that had to precede the request shows the problem.
        let error = error.source().and_then(<dyn std::error::Error>::downcast_ref::<Error>).cloned().unwrap_or(error);
        if error.is_api() {
            return Self::from_error_response(error, false);
        }
        let (verdict, summary) = match error.parameter() {
            // Discovery returned a host that credentials are not sent to.
            Some("host") => (Verdict::NotTheApi, error.message().unwrap_or_default().to_owned()),
            Some(input) => (Verdict::Other, format!("{input} {}", error.message().unwrap_or_default())),
            None if waited(&error) => (Verdict::Busy, NO_TIME.to_owned()),
            None if error.is_unexpected_response() => (Verdict::Other, error.summary()),
            None if error.is_transport() => (Verdict::NoResponse, error_text(&error)),
            None => (Verdict::Other, error_text(&error)),
        };
        Self { verdict, summary: one_line(&summary), error: Some(Arc::new(error)), release: None }
    }

    fn from_error_response(error: Error, is_html: bool) -> Self {
        let verdict = verdict(&error, is_html);
        let summary = match verdict {
            Verdict::NotTheApi if is_html => format!("responds with an HTML page ({})", error_text(&error)),
            Verdict::NotTheApi if error.status().is_some_and(|status| status.is_redirection()) => {
                format!("redirects to another URL ({})", error_text(&error))
            }
            Verdict::NotTheApi => format!("responds with {}", error_text(&error)),
            _ => error_text(&error),
        };
        Self { verdict, summary, error: Some(Arc::new(error)), release: None }
    }

    /// Returns whether to send further requests. It is false if the server is busy or does not respond.
    pub(crate) fn should_continue(&self) -> bool {
        !matches!(self.verdict, Verdict::Busy | Verdict::NoResponse)
    }

    /// Returns whether the request was not sent, so that the result shows nothing about the server.
    pub(crate) fn is_unsent(&self) -> bool {
        self.verdict != Verdict::NoResponse && self.error.as_ref().is_some_and(|error| error.is_unsent())
    }

    /// Returns whether every further request with the same credentials would fail in the same way.
    pub(crate) fn applies_to_every_request(&self) -> bool {
        matches!(self.verdict, Verdict::Unauthenticated | Verdict::ClientId | Verdict::Unrouted | Verdict::NotTheApi)
    }

    /// Returns whether this is the API's own 403 for a missing right, which proves that the credentials are valid.
    pub(crate) fn mentions_permissions(&self) -> bool {
        let mentions = |text: Option<&str>| text.is_some_and(|text| text.to_ascii_lowercase().contains("permission"));
        self.verdict == Verdict::Forbidden
            && self.error.as_ref().is_some_and(|error| error.code() == Some("Security") || mentions(error.message()))
    }

    /// Returns whether the response has the format of the API.
    pub(crate) fn looks_like_api(&self) -> bool {
        self.verdict == Verdict::Success
            || (self.verdict != Verdict::NotTheApi && self.error.as_ref().is_some_and(|error| error.code().is_some()))
    }
}

/// Classifies an error response. Observed on live servers: the statuses vary (an invalid client id is rejected with
/// 400, 401 or 403, invalid keys also with 400), so the message takes precedence over the status.
fn verdict(error: &Error, is_html: bool) -> Verdict {
    let status = error.status().unwrap_or_default();
    let message = error.message().unwrap_or_default().to_ascii_lowercase();
    let mentions = |texts: &[&str]| texts.iter().any(|text| message.contains(text));
    match status.as_u16() {
        _ if is_html && status.as_u16() < 500 => Verdict::NotTheApi,
        300..=399 => Verdict::NotTheApi,
        _ if mentions(&["ssl is required"]) => Verdict::NotTheApi,
        _ if mentions(&["cannot route"]) => Verdict::Unrouted,
        400 | 401 | 403 if mentions(&["clientid", "client id", "client-id"]) => Verdict::ClientId,
        401 => Verdict::Unauthenticated,
        400 | 403 | 404 if mentions(&["usernotauthenticated", "public/private key"]) => Verdict::Unauthenticated,
        403 => Verdict::Forbidden,
        404 => Verdict::NotFound,
        429 => Verdict::Busy,
        500..=599 => Verdict::ServerError,
        _ => Verdict::Other,
    }
}

/// Returns status, code and message of an error response. For any other error, returns its innermost source.
pub(crate) fn error_text(error: &Error) -> String {
    let Some(status) = error.status().filter(|_| error.is_api()) else { return innermost(error) };
    let code = error.code().map(|code| format!(", {code}")).unwrap_or_default();
    let message = error.message().map(|message| format!(": {}", message.trim_end_matches('.'))).unwrap_or_default();
    one_line(&format!("{status}{code}{message}"))
}

/// Returns the text of the innermost source, which is the cause.
fn innermost(error: &Error) -> String {
    let Some(mut innermost) = error.source() else { return one_line(error.to_string().trim_end_matches('.')) };
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    one_line(innermost.to_string().trim_end_matches('.'))
}

/// The text for a call that timed out before it was sent.
pub(crate) const NO_TIME: &str = "the request was not sent because of the client's own limits";

/// Returns whether the call was not sent because of the client's own limits.
pub(crate) fn waited(error: &Error) -> bool {
    error.is_unsent() && (error.is_timeout() || error.is_rate_limited())
}

/// Returns why a host is unreachable, and the advice.
pub(crate) fn unreachable(host: &str, error: &Error) -> (String, &'static str) {
    let cause = match error.source() {
        _ if error.is_timeout() => ConnectFailure::Timeout,
        Some(source) => ConnectFailure::of(source),
        None => ConnectFailure::Other,
    };
    let text = match cause {
        ConnectFailure::Proxy => format!("cannot connect to {host} through the proxy"),
        ConnectFailure::ProxyLogin => format!("the proxy on the way to {host} requires a user and a password"),
        ConnectFailure::Socks => format!("{host} is behind a SOCKS proxy, which this program does not support"),
        ConnectFailure::HostName => format!("the host name {host} cannot be resolved"),
        ConnectFailure::Closed => format!("{host} refuses connections"),
        ConnectFailure::Certificate => format!("the certificate of {host} is not trusted"),
        ConnectFailure::Timeout => format!("{host} does not respond in time"),
        ConnectFailure::Tls => format!("the TLS handshake with {host} failed"),
        ConnectFailure::Network => format!("there is no network route to {host}"),
        ConnectFailure::Other if error.is_connect() => format!("cannot connect to {host}"),
        ConnectFailure::Other => {
            let text = format!("the connection to {host} was lost ({})", innermost(error));
            return (text, "Check host and port, and any proxy or firewall in between; try again later.");
        }
    };
    (format!("{text} ({})", innermost(error)), cause.advice())
}

/// Returns the text if it looks like the name of a release.
pub(crate) fn release(text: &str) -> Option<String> {
    let text = text.trim();
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    (!text.is_empty() && text.len() <= 30 && text.chars().all(is_allowed)).then(|| text.to_owned())
}

/// Returns quoted text on one line, truncated to [`MAX_QUOTE`] characters.
pub(crate) fn one_line(text: &str) -> String {
    let words: Vec<_> =
        text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()).collect();
    let line = words.join(" ");
    match line.char_indices().nth(MAX_QUOTE) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Returns the result for a response.
    fn probe(status: u16, media_type: &'static str, body: &str, expected: Expected) -> ProbeResult {
        let headers = HeaderMap::from_iter([(http::header::CONTENT_TYPE, media_type.parse().unwrap())]);
        ProbeResult::from_response(StatusCode::from_u16(status).unwrap(), &headers, body.as_bytes(), expected)
    }

    #[test]
    fn responses_are_classified() {
        let json = "application/json; charset=utf-8";
        for (status, media_type, body, expected) in [
            (200, json, r#"{"count": 5}"#, Verdict::Success),
            (200, json, r#"{"Count": 0}"#, Verdict::Success),
            (200, json, r#"{"headers": {}}"#, Verdict::NotTheApi),
            (200, json, "[]", Verdict::NotTheApi),
            (200, json, "", Verdict::NotTheApi),
            (200, "text/html", "<html></html>", Verdict::NotTheApi),
            (401, json, r#"{"code":"ConnectWiseApi","message":"UserNotAuthenticated"}"#, Verdict::Unauthenticated),
            (401, "", "", Verdict::Unauthenticated),
            (400, json, r#"{"message":"Incorrect public/private key"}"#, Verdict::Unauthenticated),
            (
                403,
                json,
                r#"{"code":"Security","message":"You do not have security permission to perform this action."}"#,
                Verdict::Forbidden,
            ),
            (403, json, "", Verdict::Forbidden),
            (400, json, r#"{"message":"The clientId header is missing."}"#, Verdict::ClientId),
            (401, json, r#"{"message":"Invalid ClientID"}"#, Verdict::ClientId),
            (403, "text/plain", "Client Id is not valid", Verdict::ClientId),
            (404, json, r#"{"message":"clientId 5 not found"}"#, Verdict::NotFound),
            (400, "text/plain", "Cannot route. Codebase/company is invalid", Verdict::Unrouted),
            (403, json, r#"{"code":"Security","message":"SSL is required.","errors":null}"#, Verdict::NotTheApi),
            (404, "text/html", "<html><title>404</title></html>", Verdict::NotTheApi),
            (401, "text/html; charset=utf-8", " <html>", Verdict::NotTheApi),
            (302, "", "", Verdict::NotTheApi),
            (404, json, r#"{"code":"ConnectWiseApi","message":"The endpoint does not exist."}"#, Verdict::NotFound),
            (429, json, "", Verdict::Busy),
            (502, "text/html", "<html><title>Bad Gateway</title></html>", Verdict::ServerError),
            (500, json, "", Verdict::ServerError),
            (400, json, r#"{"message":"… does not support the API version '0.0'."}"#, Verdict::Other),
        ] {
            assert_eq!(probe(status, media_type, body, Expected::Count).verdict, expected, "{status} {body}");
        }
    }

    #[test]
    fn the_release_is_read_from_the_server_information() {
        // The second release has characters that no release has.
        for (body, expected) in [
            (r#"{"version":"v2025.1.12345","isCloud":true}"#, Some("v2025.1.12345")),
            (r#"{"version":"<b>"}"#, None),
            ("{}", None),
        ] {
            let result = probe(200, "application/json", body, Expected::Release);
            assert_eq!((result.verdict, result.release.as_deref()), (Verdict::Success, expected), "{body}");
        }
        assert_eq!(probe(200, "application/json", "[]", Expected::Release).verdict, Verdict::NotTheApi);
    }

    #[test]
    fn errors_without_a_response_are_classified() {
        for (error, expected) in [
            (Error::connect("connection refused"), Verdict::NoResponse),
            (Error::timeout("the limit is 20s for the whole call"), Verdict::NoResponse),
            (Error::transport("connection reset"), Verdict::NoResponse),
            (Error::timeout_because("waited 20s for one of 4 concurrent requests to end").not_sent(), Verdict::Busy),
            (Error::limited("the client sends at most 9 requests per minute", Duration::from_secs(5)), Verdict::Busy),
            (Error::preparation("x", Error::connect("connection refused")), Verdict::NoResponse),
            (Error::invalid_input("host", "refers to evil.example"), Verdict::NotTheApi),
            (Error::invalid_input("path", "is not encoded"), Verdict::Other),
            (Error::from_response(StatusCode::UNAUTHORIZED, &HeaderMap::new(), b""), Verdict::Unauthenticated),
        ] {
            let text = error.to_string();
            assert_eq!(ProbeResult::from_error(error).verdict, expected, "{text}");
        }
    }

    #[test]
    fn causes_of_unreachable_hosts_are_classified() {
        for (error, expected) in [
            (
                Error::connect("dns error\nfailed to lookup address information: Name or service not known"),
                "the host name h cannot be resolved",
            ),
            (Error::connect("tcp connect error: Connection refused (os error 111)"), "h refuses connections"),
            (
                Error::connect(
                    "No connection could be made because the target machine actively refused it. (os error 10061)",
                ),
                "h refuses connections",
            ),
            (Error::connect("invalid peer certificate: UnknownIssuer"), "the certificate of h is not trusted"),
            (
                Error::connect("error:0A000086:SSL routines: certificate verify failed"),
                "the certificate of h is not trusted",
            ),
            (Error::connect("operation timed out"), "h does not respond in time"),
            (Error::timeout("x"), "h does not respond in time"),
            (Error::connect("received corrupt message of type InvalidContentType"), "the TLS handshake with h failed"),
            (Error::connect("Network is unreachable (os error 101)"), "there is no network route to h"),
            (Error::connect("tunnel error: unsuccessful"), "cannot connect to h through the proxy"),
            (Error::connect("x"), "cannot connect to h (x)"),
            (Error::transport("connection reset by peer"), "the connection to h was lost"),
        ] {
            let (text, advice) = unreachable("h", &error);
            assert!(text.starts_with(expected) && advice.ends_with('.'), "{text}");
        }
    }

    #[test]
    fn quoted_text_is_put_on_one_line_and_truncated() {
        let line = one_line(&"a\u{7}\r\n".repeat(300));
        assert!(line.starts_with("a a ") && line.ends_with('…'), "{line}");
        assert_eq!(line.chars().count(), MAX_QUOTE + 1);
    }
}

//! What one response, or its absence, says about the settings of a client.

use std::error::Error as _;
use std::sync::Arc;

use connectwise_psa_core::error::Error;
use http::{HeaderMap, StatusCode};
use serde_json::Value;

use connectwise_psa_core::text::{is_html, member_ignoring_case};

/// The longest text of others that is repeated, in characters.
const MOST_TEXT: usize = 200;

/// The lists that most programs read: the path of their count, and what is counted.
pub(crate) const PROBED_COUNTS: [(&str, &str); 6] = [
    ("/system/members/count", "members"),
    ("/company/companies/count", "companies"),
    ("/company/contacts/count", "contacts"),
    ("/service/tickets/count", "service tickets"),
    ("/service/boards/count", "service boards"),
    ("/time/entries/count", "time entries"),
];

/// What an answer means for the login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// It is what was asked for.
    Answered,
    /// The login is good, its role forbids this.
    Forbidden,
    /// The server does not know the login.
    Unauthenticated,
    /// The client id is missing or not known.
    ClientId,
    /// The cloud knows no such company, or not behind this code base.
    Unrouted,
    /// What answers is not the API.
    NotTheApi,
    /// Nothing is there.
    Missing,
    /// Too many requests.
    Busy,
    /// The server, or what stands before it, failed.
    Failing,
    /// No answer came.
    Lost,
    /// Anything else.
    Odd,
}

/// What an answer has to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    /// The facts about the server.
    Release,
    /// The number of records.
    Count,
}

/// What one request has shown.
#[derive(Debug)]
pub(crate) struct ProbeResult {
    pub(crate) meaning: Meaning,
    /// What came, in words: `401 Unauthorized, ConnectWiseApi: UserNotAuthenticated`.
    pub(crate) what: String,
    pub(crate) error: Option<Arc<Error>>,
    /// The release of the server, where it tells.
    pub(crate) release: Option<String>,
}

impl ProbeResult {
    /// An answer of any status. What repeats a secret is not kept.
    pub(crate) fn answer(
        status: StatusCode,
        headers: &HeaderMap,
        body: &[u8],
        expected: Expected,
        is_secret: impl Fn(&str) -> bool,
    ) -> Self {
        let is_html = is_html(headers, body);
        if !status.is_success() {
            return Self::refusal(Error::from_response(status, headers, body), is_html, is_secret);
        }
        let answer = serde_json::from_slice(body).ok();
        let members = answer.as_ref().and_then(Value::as_object);
        let member = |name: &str| member_ignoring_case(members?, name);
        let (meaning, what) = match expected {
            Expected::Release if members.is_some() => (Meaning::Answered, "answers"),
            Expected::Count if member("count").is_some_and(Value::is_number) => (Meaning::Answered, "answers"),
            _ if is_html => (Meaning::NotTheApi, "answers with an HTML page"),
            _ if answer.is_none() => (Meaning::NotTheApi, "answers with something else than JSON"),
            _ => (Meaning::NotTheApi, "answers with JSON that is not the API's"),
        };
        let release = member("version").and_then(Value::as_str).and_then(release).filter(|release| !is_secret(release));
        Self { meaning, what: what.to_owned(), error: None, release }
    }

    /// An error in place of an answer.
    pub(crate) fn error(error: Error, is_secret: impl Fn(&str) -> bool) -> Self {
        if error.is_api() {
            return Self::refusal(error, false, is_secret);
        }
        let (meaning, what) = match error.parameter() {
            // What leads elsewhere is never followed with credentials.
            Some("host") => (Meaning::NotTheApi, error.message().unwrap_or_default().to_owned()),
            Some("client") => {
                (Meaning::NotTheApi, format!("is asked by a client that {}", error.message().unwrap_or_default()))
            }
            Some(input) => (Meaning::Odd, format!("{input} {}", error.message().unwrap_or_default())),
            None if waited(&error) => (Meaning::Busy, NO_TIME.to_owned()),
            None if error.is_transport() => (Meaning::Lost, words(&error)),
            None => (Meaning::Odd, words(&error)),
        };
        Self { meaning, what: one_line(&what), error: Some(Arc::new(error)), release: None }
    }

    fn refusal(error: Error, is_html: bool, is_secret: impl Fn(&str) -> bool) -> Self {
        let meaning = meaning(&error, is_html);
        let error = match error.status() {
            Some(status) if is_secret(&format!("{error:?}")) => {
                Error::from_response(status, &HeaderMap::new(), WITHHELD)
            }
            _ => error,
        };
        let what = match meaning {
            Meaning::NotTheApi if is_html => format!("answers with an HTML page ({})", words(&error)),
            Meaning::NotTheApi if error.status().is_some_and(|status| status.is_redirection()) => {
                format!("leads elsewhere ({})", words(&error))
            }
            Meaning::NotTheApi => format!("answers {}", words(&error)),
            _ => words(&error),
        };
        Self { meaning, what, error: Some(Arc::new(error)), release: None }
    }

    /// Whether it makes sense to ask for more: a server that is busy or silent is left alone.
    pub(crate) fn should_continue(&self) -> bool {
        !matches!(self.meaning, Meaning::Busy | Meaning::Lost)
    }

    /// Whether every other request of the same login will be answered alike.
    pub(crate) fn refuses_login(&self) -> bool {
        matches!(self.meaning, Meaning::Unauthenticated | Meaning::ClientId | Meaning::Unrouted | Meaning::NotTheApi)
    }

    /// Whether it speaks of rights as the API does, so that the login is known.
    pub(crate) fn mentions_permissions(&self) -> bool {
        let says = |text: Option<&str>| text.is_some_and(|text| text.to_ascii_lowercase().contains("permission"));
        self.meaning == Meaning::Forbidden
            && self.error.as_ref().is_some_and(|error| error.code() == Some("Security") || says(error.message()))
    }

    /// Whether it has the form of the API's own answers.
    pub(crate) fn looks_like_api(&self) -> bool {
        self.meaning == Meaning::Answered
            || (self.meaning != Meaning::NotTheApi && self.error.as_ref().is_some_and(|error| error.code().is_some()))
    }
}

/// What stands in place of an answer that repeats the credentials.
const WITHHELD: &[u8] = br#"{"message":"(what it says is withheld, since it repeats the credentials)"}"#;

/// facts: the statuses are not steady, so that what the message says comes first: a client id can be refused with 400,
/// 401 or 403, and keys with 400.
fn meaning(error: &Error, is_html: bool) -> Meaning {
    let status = error.status().unwrap_or_default();
    let message = error.message().unwrap_or_default().to_ascii_lowercase();
    let says = |texts: &[&str]| texts.iter().any(|text| message.contains(text));
    match status.as_u16() {
        _ if is_html && status.as_u16() < 500 => Meaning::NotTheApi,
        300..=399 => Meaning::NotTheApi,
        _ if says(&["ssl is required"]) => Meaning::NotTheApi,
        _ if says(&["cannot route"]) => Meaning::Unrouted,
        400 | 401 | 403 if says(&["clientid", "client id", "client-id"]) => Meaning::ClientId,
        401 => Meaning::Unauthenticated,
        400 | 403 if says(&["usernotauthenticated", "public/private key"]) => Meaning::Unauthenticated,
        403 => Meaning::Forbidden,
        404 => Meaning::Missing,
        429 => Meaning::Busy,
        500..=599 => Meaning::Failing,
        _ => Meaning::Odd,
    }
}

/// Status, code and message of a refusal; what the network said otherwise.
pub(crate) fn words(error: &Error) -> String {
    let Some(status) = error.status().filter(|_| error.is_api()) else { return innermost(error) };
    let code = error.code().map(|code| format!(", {code}")).unwrap_or_default();
    let message = error.message().map(|message| format!(": {}", message.trim_end_matches('.'))).unwrap_or_default();
    one_line(&format!("{status}{code}{message}"))
}

/// The innermost source, which says why.
fn innermost(error: &Error) -> String {
    let Some(mut innermost) = error.source() else { return one_line(error.to_string().trim_end_matches('.')) };
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    one_line(innermost.to_string().trim_end_matches('.'))
}

/// Everything that an error and its sources say, in small letters.
fn chain(error: &Error) -> String {
    let mut text = String::new();
    let mut next = error.source();
    while let Some(source) = next {
        text.push_str(&source.to_string().to_ascii_lowercase());
        text.push('\n');
        next = source.source();
    }
    text
}

/// What is said when the time of a call went by before anything was sent.
pub(crate) const NO_TIME: &str = "other requests leave no time for this one";

/// Whether the time went by before anything was sent.
pub(crate) fn waited(error: &Error) -> bool {
    error.is_connect() && chain(error).starts_with("waited ")
}

/// Why a host is not reached, and what to do about it.
pub(crate) fn unreachable(host: &str, error: &Error) -> (String, &'static str) {
    let chain = chain(error);
    let says = |texts: &[&str]| texts.iter().any(|text| chain.contains(text));
    let why = innermost(error);
    if says(&["proxy", "tunnel"]) {
        (
            format!("the proxy does not lead to {host} ({why})"),
            "Check the settings of the proxy: HTTPS_PROXY and NO_PROXY, or those of the system.",
        )
    } else if says(&[
        "dns error",
        "lookup address",
        "name or service not known",
        "nodename nor servname",
        "no such host",
    ]) {
        (
            format!("there is no host of the name {host} ({why})"),
            "Check how the host is spelled, and whether this machine can look names up.",
        )
    } else if says(&["connection refused", "actively refused"]) {
        (format!("{host} refuses connections ({why})"), "Check host and port, and whether the server runs.")
    } else if says(&["certificate", "unknownissuer", "notvalidforname", "self-signed", "self signed"]) {
        (
            format!("the certificate of {host} is not trusted ({why})"),
            "Check the host; where its certificate is one of your own, trust its issuer on this machine or in a client given to the builder.",
        )
    } else if error.is_timeout() || says(&["timed out", "deadline has elapsed"]) {
        (
            format!("{host} gives no answer in time ({why})"),
            "Check host and port, and whether a firewall is in between; try again later.",
        )
    } else if says(&["invalidcontenttype", "wrong version number", "corrupt message", "handshake", "tls", "ssl"]) {
        (
            format!("{host} does not speak TLS as it should ({why})"),
            "Check the port, and whether something in between opens the connection.",
        )
    } else if says(&["unreachable", "no route"]) {
        (format!("no way leads to {host} ({why})"), "Check the network of this machine.")
    } else if error.is_connect() {
        (format!("no connection to {host} can be made ({why})"), "Check the host and the network.")
    } else {
        (
            format!("the connection to {host} breaks off ({why})"),
            "Check host and port, and what stands between here and the server; try again later.",
        )
    }
}

/// The name of a release, when it looks like one.
pub(crate) fn release(text: &str) -> Option<String> {
    let text = text.trim();
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    (!text.is_empty() && text.len() <= 30 && text.chars().all(fits)).then(|| text.to_owned())
}

/// Text of others on one line and of bounded length.
pub(crate) fn one_line(text: &str) -> String {
    let words: Vec<_> =
        text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()).collect();
    let line = words.join(" ");
    match line.char_indices().nth(MOST_TEXT) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn probed(status: u16, media_type: &'static str, body: &str, expected: Expected) -> ProbeResult {
        let headers = HeaderMap::from_iter([(http::header::CONTENT_TYPE, media_type.parse().unwrap())]);
        ProbeResult::answer(StatusCode::from_u16(status).unwrap(), &headers, body.as_bytes(), expected, |text| {
            text.contains("hunter2")
        })
    }

    #[test]
    fn every_answer_has_its_meaning() {
        let json = "application/json; charset=utf-8";
        for (status, media_type, body, expected) in [
            (200, json, r#"{"count": 5}"#, Meaning::Answered),
            (200, json, r#"{"Count": 0}"#, Meaning::Answered),
            (200, json, r#"{"headers": {}}"#, Meaning::NotTheApi),
            (200, json, "[]", Meaning::NotTheApi),
            (200, json, "", Meaning::NotTheApi),
            (200, "text/html", "<html></html>", Meaning::NotTheApi),
            (401, json, r#"{"code":"ConnectWiseApi","message":"UserNotAuthenticated"}"#, Meaning::Unauthenticated),
            (401, "", "", Meaning::Unauthenticated),
            (400, json, r#"{"message":"Incorrect public/private key"}"#, Meaning::Unauthenticated),
            (
                403,
                json,
                r#"{"code":"Security","message":"You do not have security permission to perform this action."}"#,
                Meaning::Forbidden,
            ),
            (403, json, "", Meaning::Forbidden),
            (400, json, r#"{"message":"The clientId header is missing."}"#, Meaning::ClientId),
            (401, json, r#"{"message":"Invalid ClientID"}"#, Meaning::ClientId),
            (403, "text/plain", "Client Id is not valid", Meaning::ClientId),
            (404, json, r#"{"message":"clientId 5 not found"}"#, Meaning::Missing),
            (400, "text/plain", "Cannot route. Codebase/company is invalid", Meaning::Unrouted),
            (403, json, r#"{"code":"Security","message":"SSL is required.","errors":null}"#, Meaning::NotTheApi),
            (404, "text/html", "<html><title>404</title></html>", Meaning::NotTheApi),
            (401, "text/html; charset=utf-8", " <html>", Meaning::NotTheApi),
            (302, "", "", Meaning::NotTheApi),
            (404, json, r#"{"code":"ConnectWiseApi","message":"The endpoint does not exist."}"#, Meaning::Missing),
            (429, json, "", Meaning::Busy),
            (502, "text/html", "<html><title>Bad Gateway</title></html>", Meaning::Failing),
            (500, json, "", Meaning::Failing),
            (400, json, r#"{"message":"… does not support the API version '0.0'."}"#, Meaning::Odd),
        ] {
            assert_eq!(probed(status, media_type, body, Expected::Count).meaning, expected, "{status} {body}");
        }
        for (body, expected) in [
            (r#"{"version":"v2025.1.12345","isCloud":true}"#, Some("v2025.1.12345")),
            (r#"{"version":"<b>"}"#, None),
            (r#"{"version":"hunter2"}"#, None),
            ("{}", None),
        ] {
            let result = probed(200, json, body, Expected::Release);
            assert_eq!((result.meaning, result.release.as_deref()), (Meaning::Answered, expected), "{body}");
        }
        assert_eq!(probed(200, json, "[]", Expected::Release).meaning, Meaning::NotTheApi);
    }

    #[test]
    fn errors_in_place_of_answers_have_theirs() {
        for (error, expected) in [
            (Error::connect("connection refused"), Meaning::Lost),
            (Error::timeout("the limit is 20s for the whole call"), Meaning::Lost),
            (Error::transport("connection reset"), Meaning::Lost),
            (Error::connect("waited 20s, which is the limit for the whole call"), Meaning::Busy),
            (Error::invalid_input("host", "leads to evil.example"), Meaning::NotTheApi),
            (Error::invalid_input("client", "followed a redirect to evil.example"), Meaning::NotTheApi),
            (Error::invalid_input("path", "is not encoded"), Meaning::Odd),
            (Error::from_response(StatusCode::UNAUTHORIZED, &HeaderMap::new(), b""), Meaning::Unauthenticated),
        ] {
            let text = error.to_string();
            assert_eq!(ProbeResult::error(error, |_| false).meaning, expected, "{text}");
        }
    }

    #[test]
    fn reasons_of_the_network_are_told_apart() {
        for (error, expected) in [
            (
                Error::connect("dns error\nfailed to lookup address information: Name or service not known"),
                "there is no host of the name h",
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
            (Error::connect("operation timed out"), "h gives no answer in time"),
            (Error::timeout("x"), "h gives no answer in time"),
            (Error::connect("received corrupt message of type InvalidContentType"), "h does not speak TLS"),
            (Error::connect("Network is unreachable (os error 101)"), "no way leads to h"),
            (Error::connect("tunnel error: unsuccessful"), "the proxy does not lead to h"),
            (Error::connect("x"), "no connection to h can be made (x)"),
            (Error::transport("connection reset by peer"), "the connection to h breaks off"),
        ] {
            let (what, advice) = unreachable("h", &error);
            assert!(what.starts_with(expected) && advice.ends_with('.'), "{what}");
        }
    }

    #[test]
    fn what_repeats_the_credentials_is_withheld() {
        for (body, is_kept) in [
            (r#"{"code":"A","message":"you sent hunter2"}"#, false),
            (r#"{"code":"A","message":"you sent something"}"#, true),
        ] {
            let result = probed(401, "application/json", body, Expected::Count);
            let text = format!("{result:?}");
            assert_eq!(
                (result.meaning, text.contains("you sent"), text.contains("withheld")),
                (Meaning::Unauthenticated, is_kept, !is_kept),
                "{text}"
            );
        }
        assert_eq!(one_line(&"a\u{7}\r\n".repeat(300)).chars().count(), MOST_TEXT + 1);
    }
}

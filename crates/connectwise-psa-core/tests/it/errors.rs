//! Tests of what an error tells the caller: its kind, its message, and the parts of the response that it keeps.

use std::time::Duration;

use connectwise_psa_core as psa;
use serde::Deserialize;
use serde_json::Value;

use crate::sample::{Script, ScriptedResponse, Ticket, connection_error, response};

async fn error_of(response: ScriptedResponse) -> psa::error::Error {
    Script::new([response]).client().get_ticket(5).await.unwrap_err()
}

type Predicate = fn(&psa::error::Error) -> bool;

const PREDICATES: [(&str, Predicate); 12] = [
    ("api", psa::error::Error::is_api),
    ("decode", psa::error::Error::is_decode),
    ("unexpected", psa::error::Error::is_unexpected_response),
    ("empty", psa::error::Error::is_empty_response),
    ("transport", psa::error::Error::is_transport),
    ("timeout", psa::error::Error::is_timeout),
    ("connect", psa::error::Error::is_connect),
    ("input", psa::error::Error::is_invalid_input),
    ("not found", psa::error::Error::is_not_found),
    ("denied", psa::error::Error::is_permission_denied),
    ("unauthenticated", psa::error::Error::is_unauthenticated),
    ("limited", psa::error::Error::is_rate_limited),
];

/// Returns the names of the predicates that hold.
fn predicates_of(error: &psa::error::Error) -> Vec<&'static str> {
    PREDICATES.iter().filter(|(_, holds)| holds(error)).map(|(name, _)| *name).collect()
}

#[tokio::test]
async fn predicates_and_message_fit_the_response() {
    let operation = "service.get_ticket (GET /service/tickets/{id}): ";
    for (status, body, expected_predicates, line) in [
        (
            400,
            "{\r\n\"code\":\"InvalidObject\",\"message\":\"ticket object is invalid\",\"errors\":[{\"code\":\"NotFound\",\"message\":\"Service Status 17 not found for Service Board 21\",\"resource\":\"ticket\",\"field\":\"status/id\"},{\"code\":\"X\"}]}",
            &["api"][..],
            "400 Bad Request, InvalidObject: ticket object is invalid [status/id: Service Status 17 not found for Service Board 21; X]. Correct the listed errors and send the request again.",
        ),
        (
            400,
            r#"{"code":"ApiFindCondition","message":"resources/identifier is not a recognized name."}"#,
            &["api"],
            "400 Bad Request, ApiFindCondition: resources/identifier is not a recognized name. Check the conditions and the order: their syntax, and whether this endpoint has the fields.",
        ),
        (
            400,
            "Cannot route. Codebase/company is invalid",
            &["api"],
            "400 Bad Request: Cannot route. Codebase/company is invalid. Check the code base in the base URL and the company id.",
        ),
        (
            401,
            "",
            &["api", "unauthenticated"],
            "401 Unauthorized: the server gives no reason. Check the credentials (company id and API keys, integrator login or member hash) and the client id.",
        ),
        (
            401,
            r#"{"code":"Unauthorized","message":"The clientId header is missing or invalid"}"#,
            &["api", "unauthenticated"],
            "401 Unauthorized, Unauthorized: The clientId header is missing or invalid. Check the client id.",
        ),
        (
            403,
            r#"{"code":"Security","message":"You do not have security permission to perform this action."}"#,
            &["api", "denied"],
            "403 Forbidden, Security: You do not have security permission to perform this action. Check the permissions in the security role of the API member.",
        ),
        (
            404,
            r#"{"code":"NotFound","message":"Ticket 5 not found"}"#,
            &["api", "not found"],
            "404 Not Found, NotFound: Ticket 5 not found. The ticket does not exist, the API member has no permission to see it, or it is a project ticket: use `project()` for those.",
        ),
        (
            404,
            "<html><title>Sign in</title></html>",
            &["api", "not found"],
            "404 Not Found: the server returned an HTML page (Sign in). The web server does not have this path. Check the base URL: it needs the API's host and base path, such as https://api-na.myconnectwise.net/v4_6_release/apis/3.0.",
        ),
        (
            502,
            "<html></html>",
            &["api"],
            "502 Bad Gateway: the server returned an HTML page. The server is busy: try again later; for a list, narrow the conditions.",
        ),
        (
            302,
            "",
            &["api"],
            "302 Found: the server gives no reason. Redirects are not followed, because they could send the credentials to another host. Use the host that the redirect points to.",
        ),
        (
            200,
            "<!DOCTYPE html>\r\n<html><body>Welcome</body></html>",
            &["unexpected"],
            "the server reported success, but the response is an HTML page (no media type): \"<!DOCTYPE html> <html><body>Welcome</body></html>\". It can be a login or maintenance page, or the page of a network that requires a login. Check the base URL: it needs the API's host and base path, such as https://api-na.myconnectwise.net/v4_6_release/apis/3.0.",
        ),
        (
            200,
            " \r\n",
            &["empty"],
            "the server reported success, but the response is empty where a value was expected. Check any proxy or gateway in front of the server.",
        ),
        (
            204,
            "",
            &["empty"],
            "the server reported success, but the response is empty where a value was expected. Check any proxy or gateway in front of the server.",
        ),
        (
            200,
            r#"{"company":{"id":{"x":1}}}"#,
            &["decode"],
            "the server reported success, but its response could not be decoded, at `company.id`: invalid type: map, expected a 32-bit integer at line 1 column 21, found {\"x\":1}. Use `.decode_as::<serde_json::Value>()`, or your own type, to read the other values of the response.",
        ),
    ] {
        let error = error_of(response(status, body)).await;
        assert_eq!(predicates_of(&error), expected_predicates, "{error}");
        assert_eq!(error.to_string(), format!("{operation}{line}"));
        assert_eq!(error.status().map(|status| status.as_u16()), Some(status));
        assert_eq!(error.operation().map(|operation| operation.id), Some("get_ticket"));
        assert_eq!(error.to_string().lines().count(), 1);
        assert!(!format!("{error:?}").contains('\n'));
    }
}

#[tokio::test]
async fn the_error_of_a_429_tells_how_long_to_wait() {
    let body = r#"{"error":"ConnectWiseAPI","message":"Too many requests. Please try again in 30 seconds."}"#;
    for (header, seconds, shown) in [
        ("30", Some(30), " Retry after 30 s. "),
        // A date in the past: there is nothing left to wait.
        ("Wed, 21 Oct 2015 07:28:00 GMT", Some(0), " Retry after Wed, 21 Oct 2015 07:28:00 GMT. "),
    ] {
        let error =
            error_of(response(429, body).header("retry-after", header).header("x-cw-request-id", "abc-1")).await;
        assert_eq!(predicates_of(&error), ["api", "limited"]);
        assert_eq!(
            (error.code(), error.retry_after(), error.retry_after_text()),
            (Some("ConnectWiseAPI"), seconds.map(Duration::from_secs), Some(header))
        );
        assert_eq!(error.request_id(), Some("abc-1"));
        assert!(error.to_string().contains(shown) && error.to_string().ends_with("(request abc-1)"), "{error}");
    }
    assert_eq!(error_of(response(429, body)).await.retry_after(), None);
}

#[tokio::test]
async fn the_message_of_a_huge_error_response_is_truncated() {
    let error = error_of(response(500, "x ".repeat(10_000_000))).await;
    assert!(error.to_string().len() < 2000, "{}", error.to_string().len());
}

#[tokio::test]
async fn secrets_in_responses_are_redacted() {
    // None of these values has the type of its field, so the error would quote it.
    for body in [
        r#"{"parent":{"password":{"text":"hunter2"}}}"#,
        r#"{"parent":{"password":["hunter2"]}}"#,
        r#"{"company":[{"password":"hunter2"}]}"#,
        r#"{"_info":[{"password":"hunter2"}]}"#,
    ] {
        let error = error_of(response(200, body)).await;
        let text = format!("{error} {error:?} {:?} {:?}", error.raw_value(), error.message());
        assert!(error.is_decode() && !text.contains("hunter2") && error.raw_value() == Some("[redacted]"), "{text}");
    }
    #[derive(Debug, Deserialize)]
    struct Login {
        #[serde(rename = "loginToken")]
        _token: i32,
    }
    let script = Script::new([response(200, r#"{"loginToken":"hunter2"}"#)]);
    let error = script.client().get_ticket(5).decode_as::<Login>().await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    assert_eq!(
        (error.path(), error.message()),
        (Some("loginToken"), Some("invalid value, expected i32 at line 1 column 23"))
    );
}

#[tokio::test]
async fn a_long_value_is_truncated() {
    let error = error_of(response(200, format!(r#"{{"id":"{}"}}"#, "ä".repeat(5000)))).await;
    // 200 characters and `…`.
    assert_eq!(error.raw_value().unwrap().chars().count(), 201);
    assert!(error.to_string().len() < 2000);
}

/// A type of the caller. The errors of such types contain no path; the path is derived from the position in the JSON.
#[derive(Debug, Deserialize)]
struct Own {
    #[serde(rename = "a")]
    _a: Vec<Inner>,
}

#[derive(Debug, Deserialize)]
struct Inner {
    #[serde(rename = "b")]
    _b: i32,
}

#[tokio::test]
async fn errors_of_the_callers_own_types_have_a_path() {
    for (body, path, raw) in [
        (r#"{"a":[{"b":1},{"b":"x"}]}"#, Some("a[1].b"), Some(r#""x""#)),
        ("{\n \"a\": [\n  {\"b\": 1},\n  {\"c\": 2}\n ]\n}", Some("a[1]"), Some(r#"{"c": 2}"#)),
        (r#"{"a":{"b":1}}"#, Some("a"), Some(r#"{"b":1}"#)),
        (r#"{"c":1}"#, None, Some(r#"{"c":1}"#)),
    ] {
        let error = Script::new([response(200, body)]).client().get_ticket(5).decode_as::<Own>().await.unwrap_err();
        assert!(error.is_decode());
        assert_eq!((error.path(), error.raw_value()), (path, raw), "{body}: {error}");
    }
}

#[tokio::test]
async fn invalid_json_has_no_path_and_advice_to_send_the_request_again() {
    for (body, what, advice) in [
        (r#"{"a":[{"b":1}"#, "ends early", "may have truncated the response"),
        (r#"{"a":[{"b":1}}"#, "malformed", "if it fails in the same way, check any proxy or gateway"),
    ] {
        let error = Script::new([response(200, body)]).client().get_ticket(5).decode_as::<Own>().await.unwrap_err();
        assert_eq!((error.is_decode(), error.path(), error.raw_value()), (true, None, None), "{body}: {error}");
        let text = error.to_string();
        assert!(text.contains(what) && text.contains("Send the request again") && text.contains(advice), "{text}");
    }
}

#[tokio::test]
async fn the_path_in_an_array_starts_with_an_index() {
    let error = Script::new([response(200, r#"[{"id":1},{"id":2,"company":{"id":[]}}]"#)])
        .client()
        .create_tickets(&Vec::<Ticket>::new())
        .await
        .unwrap_err();
    assert_eq!((error.path(), error.index(), error.raw_value()), (Some("[1].company.id"), Some(1), Some("[]")));
    assert!(
        error.to_string().ends_with("The server has made the change: do not repeat it; read the record again."),
        "{error}"
    );
    let error = Script::new([response(200, r#"[{"id":1}, null, {"id":2}]"#)])
        .client()
        .create_tickets(&Vec::<Ticket>::new())
        .await
        .unwrap_err();
    assert_eq!((error.path(), error.raw_value()), (Some("[1]"), Some("null")));
}

#[tokio::test]
async fn a_byte_order_mark_is_ignored() {
    let script = Script::new([response(200, "\u{feff}{\"id\":1}")]);
    assert_eq!(script.client().get_ticket(5).await.unwrap().id, Some(1));
}

#[tokio::test]
async fn a_media_type_of_html_is_an_error_unless_the_body_is_json() {
    let error = error_of(response(200, "5<html>").header("content-type", "text/html; charset=utf-8")).await;
    let text = error.to_string();
    assert!(error.is_unexpected_response() && text.contains("(text/html; charset=utf-8): \"5<html>\""), "{text}");
    let script = Script::new([response(200, r#"{"id":1}"#).header("content-type", "text/html")]);
    let value: Value = script.client().get_ticket(1).decode_as().await.unwrap();
    assert_eq!(value["id"], 1);
}

#[tokio::test]
async fn every_error_has_a_kind() {
    use psa::error::ErrorKind;
    for (response, kind) in [
        (response(401, ""), ErrorKind::Unauthenticated),
        (response(403, ""), ErrorKind::PermissionDenied),
        (response(404, ""), ErrorKind::NotFound),
        (response(409, ""), ErrorKind::Rejected),
        (response(302, ""), ErrorKind::Rejected),
        (response(429, ""), ErrorKind::RateLimited),
        (response(500, ""), ErrorKind::Server),
        (response(503, ""), ErrorKind::Server),
        (response(200, "<html>"), ErrorKind::UnexpectedResponse),
        (response(200, r#"{"message":"no"}"#), ErrorKind::UnexpectedResponse),
        (response(200, r#"{"id":{}}"#), ErrorKind::Decode),
        (response(200, " "), ErrorKind::EmptyResponse),
        (connection_error(), ErrorKind::Transport),
    ] {
        assert_eq!(error_of(response).await.kind(), kind);
    }
    assert_eq!(psa::error::Error::timeout("late").kind(), ErrorKind::Timeout);
    assert_eq!(psa::error::Error::connect("closed").kind(), ErrorKind::Connect);
    assert_eq!(psa::error::Error::invalid_input("id", "is 0").kind(), ErrorKind::InvalidInput);
}

#[tokio::test]
async fn an_error_keeps_64_kib_of_the_body_and_does_not_print_it() {
    let error = error_of(response(400, r#"{"code":"InvalidObject","extra":{"a":1}}"#)).await;
    assert_eq!(error.response_body(), br#"{"code":"InvalidObject","extra":{"a":1}}"#);
    assert_eq!(error_of(response(502, "x".repeat(100_000))).await.response_body().len(), 64 * 1024);
    assert!(!format!("{error:?}").contains("extra"), "the body may contain what the caller sent");
    assert!(error_of(response(404, "")).await.response_body().is_empty());
}

#[tokio::test]
async fn the_advice_for_an_ambiguous_change_depends_on_the_method() {
    let client = || Script::new([connection_error()]).client();
    let patch = psa::patch::Patch::new().replace("summary", "a");
    for (error, advice) in [
        (
            client().create_ticket(&Ticket::default()).await.unwrap_err(),
            "The server may have carried out the request: check whether the record was created, or the action took effect, before you repeat it.",
        ),
        (
            client().update_ticket(5, &patch).await.unwrap_err(),
            "The server may have carried out the request; repeating it is harmless.",
        ),
        (
            client().update_ticket(5, &psa::patch::Patch::new().add("customFields/0", 5)).await.unwrap_err(),
            "The server may have carried out the request: read the record before you repeat the change.",
        ),
        (client().get_ticket(5).await.unwrap_err(), "Try again later."),
    ] {
        assert!(error.to_string().ends_with(advice), "{error}");
    }
}

#[tokio::test]
async fn the_message_does_not_repeat_the_source() {
    let error = error_of(connection_error()).await;
    let source = std::error::Error::source(&error).expect("the error has a source").to_string();
    assert!(!error.to_string().contains(&source), "{error}");
}

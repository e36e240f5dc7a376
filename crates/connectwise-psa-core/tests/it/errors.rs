//! Errors: kinds, facts and the line they print.

use std::time::Duration;

use connectwise_psa_core as psa;
use serde::Deserialize;
use serde_json::Value;

use crate::sample::{Script, Scripted, Ticket, answer, broken};

async fn error_of(scripted: Scripted) -> psa::error::Error {
    Script::new([scripted]).client().get_ticket(5).await.unwrap_err()
}

type Predicate = fn(&psa::error::Error) -> bool;

const PREDICATES: [(&str, Predicate); 11] = [
    ("api", psa::error::Error::is_api),
    ("decode", psa::error::Error::is_decode),
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

fn kinds(error: &psa::error::Error) -> Vec<&'static str> {
    PREDICATES.iter().filter(|(_, holds)| holds(error)).map(|(name, _)| *name).collect()
}

#[tokio::test]
async fn every_answer_has_its_kind_and_its_line() {
    let operation = "service.get_ticket (GET /service/tickets/{id}): ";
    for (status, body, expected_kinds, line) in [
        (
            400,
            "{\r\n\"code\":\"InvalidObject\",\"message\":\"ticket object is invalid\",\"errors\":[{\"code\":\"NotFound\",\"message\":\"Service Status 17 not found for Service Board 21\",\"resource\":\"ticket\",\"field\":\"status/id\"},{\"code\":\"X\"}]}",
            &["api"][..],
            "400 Bad Request, InvalidObject: ticket object is invalid [status/id: Service Status 17 not found for Service Board 21; X]. Correct what it names and send it again.",
        ),
        (
            400,
            r#"{"code":"ApiFindCondition","message":"resources/identifier is not a recognized name."}"#,
            &["api"],
            "400 Bad Request, ApiFindCondition: resources/identifier is not a recognized name. Filter by a name that this endpoint knows.",
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
            "401 Unauthorized: the server gives no reason. Check the company id, the public and the private key, and the client id.",
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
            "404 Not Found, NotFound: Ticket 5 not found. The record does not exist, or this API member may not see it.",
        ),
        (
            404,
            "<html><title>Sign in</title></html>",
            &["api", "not found"],
            "404 Not Found: an HTML page came back (Sign in). Wrong host: use the API's host and base path, as in https://api-na.myconnectwise.net/v4_6_release/apis/3.0.",
        ),
        (
            502,
            "<html></html>",
            &["api"],
            "502 Bad Gateway: an HTML page came back. The server failed: try again later, and narrow wide queries.",
        ),
        (
            302,
            "",
            &["api"],
            "302 Found: the server gives no reason. Redirects are not followed, so that credentials stay with the host they are for: use the host it leads to.",
        ),
        (
            200,
            "<!DOCTYPE html>\r\n<html><body>Welcome</body></html>",
            &["decode"],
            "wrong host: an HTML page came back as a success (without a media type): \"<!DOCTYPE html> <html><body>Welcome</body></html>\"; use the API's host and base path, as in https://api-na.myconnectwise.net/v4_6_release/apis/3.0.",
        ),
        (
            200,
            " \r\n",
            &["empty"],
            "the server accepted the request but its answer is empty where a value was expected. Read the record again; do not repeat a change.",
        ),
        (
            204,
            "",
            &["empty"],
            "the server accepted the request but its answer is empty where a value was expected. Read the record again; do not repeat a change.",
        ),
        (
            200,
            r#"{"company":{"id":{"x":1}}}"#,
            &["decode"],
            "the server reported success but its answer could not be read, at `company.id`: invalid type: map, expected an integer of 32 bits at line 1 column 21, found {\"x\":1}. Read it with `.decode_as::<serde_json::Value>()`, or as a type of your own, to get at the rest.",
        ),
    ] {
        let error = error_of(answer(status, body)).await;
        assert_eq!(kinds(&error), expected_kinds, "{error}");
        assert_eq!(error.to_string(), format!("{operation}{line}"));
        assert_eq!(error.status().map(|status| status.as_u16()), Some(status));
        assert_eq!(error.operation().map(|operation| operation.id), Some("get_ticket"));
        assert_eq!(error.to_string().lines().count(), 1);
        assert!(!format!("{error:?}").contains('\n'));
    }
}

#[tokio::test]
async fn the_limiter_says_how_long_to_wait() {
    let body = r#"{"error":"ConnectWiseAPI","message":"Too many requests. Please try again in 30 seconds."}"#;
    for (header, seconds, shown) in [
        ("30", Some(30), " Retry after 30 s. "),
        ("Wed, 21 Oct 2026 07:28:00 GMT", Some(0), " Retry after Wed, 21 Oct 2026 07:28:00 GMT. "),
    ] {
        let error = error_of(answer(429, body).header("retry-after", header).header("x-cw-request-id", "abc-1")).await;
        assert_eq!(kinds(&error), ["api", "limited"]);
        assert_eq!(
            (error.code(), error.retry_after(), error.retry_after_text()),
            (Some("ConnectWiseAPI"), seconds.map(Duration::from_secs), Some(header))
        );
        assert_eq!(error.request_id(), Some("abc-1"));
        assert!(error.to_string().contains(shown) && error.to_string().ends_with("(request abc-1)"), "{error}");
    }
    assert_eq!(error_of(answer(429, body)).await.retry_after(), None);
}

#[tokio::test]
async fn a_huge_refusal_is_cut() {
    let error = error_of(answer(500, "x ".repeat(10_000_000))).await;
    assert!(error.to_string().len() < 2000, "{}", error.to_string().len());
}

#[tokio::test]
async fn secrets_in_answers_do_not_show() {
    for body in [
        r#"{"parent":{"password":{"text":"hunter2"}}}"#,
        r#"{"parent":{"password":["hunter2"]}}"#,
        r#"{"company":[{"password":"hunter2"}]}"#,
        r#"{"_info":[{"password":"hunter2"}]}"#,
    ] {
        let error = error_of(answer(200, body)).await;
        let text = format!("{error} {error:?} {:?} {:?}", error.raw_value(), error.message());
        assert!(error.is_decode() && !text.contains("hunter2") && error.raw_value() == Some("[redacted]"), "{text}");
    }
    #[derive(Debug, Deserialize)]
    struct Login {
        #[serde(rename = "loginToken")]
        _token: i32,
    }
    let script = Script::new([answer(200, r#"{"loginToken":"hunter2"}"#)]);
    let error = script.client().get_ticket(5).decode_as::<Login>().await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    assert_eq!(
        (error.path(), error.message()),
        (Some("loginToken"), Some("invalid value, expected i32 at line 1 column 23"))
    );
}

#[tokio::test]
async fn a_long_value_is_cut() {
    let error = error_of(answer(200, format!(r#"{{"id":"{}"}}"#, "ä".repeat(5000)))).await;
    assert_eq!(error.raw_value().unwrap().chars().count(), 201);
    assert!(error.to_string().len() < 2000);
}

/// The caller's own types: their errors carry no path, which the position makes up for.
#[tokio::test]
async fn places_are_found_in_any_type() {
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
    for (body, path, raw) in [
        (r#"{"a":[{"b":1},{"b":"x"}]}"#, Some("a[1].b"), Some(r#""x""#)),
        ("{\n \"a\": [\n  {\"b\": 1},\n  {\"c\": 2}\n ]\n}", Some("a[1]"), Some(r#"{"c": 2}"#)),
        (r#"{"a":{"b":1}}"#, Some("a"), Some(r#"{"b":1}"#)),
        (r#"{"c":1}"#, None, Some(r#"{"c":1}"#)),
    ] {
        let error = Script::new([answer(200, body)]).client().get_ticket(5).decode_as::<Own>().await.unwrap_err();
        assert!(error.is_decode());
        assert_eq!((error.path(), error.raw_value()), (path, raw), "{body}: {error}");
    }
    for (body, what) in [(r#"{"a":[{"b":1}"#, "ends too soon"), (r#"{"a":[{"b":1}}"#, "malformed")] {
        let error = Script::new([answer(200, body)]).client().get_ticket(5).decode_as::<Own>().await.unwrap_err();
        assert_eq!((error.is_decode(), error.path(), error.raw_value()), (true, None, None), "{body}: {error}");
        assert!(error.to_string().contains(what) && error.to_string().contains("Ask again"), "{error}");
    }
    let error = Script::new([answer(200, r#"[{"id":1},{"id":2,"company":{"id":[]}}]"#)])
        .client()
        .create_tickets(&Vec::<Ticket>::new())
        .await
        .unwrap_err();
    assert_eq!((error.path(), error.index(), error.raw_value()), (Some("[1].company.id"), Some(1), Some("[]")));
    assert!(error.to_string().ends_with("The change was made: do not repeat it, read the record again."), "{error}");
    let error = Script::new([answer(200, r#"[{"id":1}, null, {"id":2}]"#)])
        .client()
        .create_tickets(&Vec::<Ticket>::new())
        .await
        .unwrap_err();
    assert_eq!((error.path(), error.raw_value()), (Some("[1]"), Some("null")));
}

#[tokio::test]
async fn a_byte_order_mark_is_no_error() {
    let script = Script::new([answer(200, "\u{feff}{\"id\":1}")]);
    assert_eq!(script.client().get_ticket(5).await.unwrap().id, Some(1));
}

#[tokio::test]
async fn json_as_html_is_no_json() {
    let error = error_of(answer(200, "5<html>").header("content-type", "text/html; charset=utf-8")).await;
    assert!(error.is_decode() && error.to_string().contains("(text/html; charset=utf-8): \"5<html>\""), "{error}");
    let value: Value = Script::new([answer(200, "5").header("content-type", "text/html")])
        .client()
        .get_ticket(1)
        .decode_as()
        .await
        .unwrap();
    assert_eq!(value, 5);
}

#[tokio::test]
async fn one_match_tells_kinds_apart() {
    use psa::error::ErrorKind;
    for (scripted, kind) in [
        (answer(401, ""), ErrorKind::Unauthenticated),
        (answer(403, ""), ErrorKind::PermissionDenied),
        (answer(404, ""), ErrorKind::NotFound),
        (answer(409, ""), ErrorKind::Rejected),
        (answer(302, ""), ErrorKind::Rejected),
        (answer(429, ""), ErrorKind::RateLimited),
        (answer(500, ""), ErrorKind::Server),
        (answer(503, ""), ErrorKind::Server),
        (answer(200, "<html>"), ErrorKind::Decode),
        (answer(200, r#"{"id":{}}"#), ErrorKind::Decode),
        (answer(200, " "), ErrorKind::EmptyResponse),
        (broken(), ErrorKind::Transport),
    ] {
        assert_eq!(error_of(scripted).await.kind(), kind);
    }
    assert_eq!(psa::error::Error::timeout("late").kind(), ErrorKind::Timeout);
    assert_eq!(psa::error::Error::connect("closed").kind(), ErrorKind::Connect);
    assert_eq!(psa::error::Error::invalid_input("id", "is 0").kind(), ErrorKind::InvalidInput);
}

#[tokio::test]
async fn the_body_of_an_error_is_there_up_to_its_limit() {
    let error = error_of(answer(400, r#"{"code":"InvalidObject","extra":{"a":1}}"#)).await;
    assert_eq!(error.response_body(), br#"{"code":"InvalidObject","extra":{"a":1}}"#);
    assert_eq!(error_of(answer(502, "x".repeat(100_000))).await.response_body().len(), 64 * 1024);
    assert!(!format!("{error:?}").contains("extra"), "what the caller sent may be in it");
    assert!(error_of(answer(404, "")).await.response_body().is_empty());
}

#[tokio::test]
async fn a_cause_is_told_once() {
    let error = error_of(broken()).await;
    let cause = std::error::Error::source(&error).expect("the cause").to_string();
    assert!(!error.to_string().contains(&cause), "{error}");
}

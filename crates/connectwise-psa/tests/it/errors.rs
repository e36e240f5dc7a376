//! Tests error messages. They have the server's message and advice, or the position of the record that cannot be
//! decoded.

use std::error::Error as _;

use connectwise_psa::dependencies::reqwest;
use connectwise_psa::{Error, Patch, Psa, Value};
use httpmock::MockServer;
use serde_json::json;

use crate::server::closed_port;

/// Returns a server that sends the same response to every request, and a client of it.
async fn server_with_response(status: u16, media_type: &str, body: &str) -> (MockServer, Psa) {
    let server = MockServer::start_async().await;
    let (media_type, body) = (media_type.to_owned(), body.to_owned());
    server
        .mock_async(|when, then| {
            when.any_request();
            then.status(status).header("content-type", media_type).header("x-cw-request-id", "request-7").body(body);
        })
        .await;
    let psa = client(&server.base_url());
    (server, psa)
}

fn client(base: &str) -> Psa {
    let options = connectwise_psa::CallOptions::new().retry(crate::server::quick_retries());
    Psa::builder()
        .host(base)
        .company("acme")
        .keys("public", "private")
        .client_id("id")
        .options(options)
        .build()
        .unwrap()
}

async fn server_with_json(status: u16, body: Value) -> (MockServer, Psa) {
    // Observed on live servers: JSON on several lines, which end with CR and LF.
    let text = serde_json::to_string_pretty(&body).unwrap().replace('\n', "\r\n");
    server_with_response(status, "application/json; charset=utf-8", &text).await
}

async fn get_error(psa: &Psa) -> Error {
    psa.service().get_ticket(5).await.unwrap_err()
}

#[tokio::test]
async fn a_rejected_record_names_its_fields() {
    let cases = [
        ("NotFound", "Service Status 17 not found for Service Board 21", "status/id"),
        ("ObjectExists", "A matching callback entry already exists", "objectId"),
        ("MaxLengthField", "The field summary must be a string with a maximum length of 100.", "summary"),
        ("MissingRequiredField", "The summary field is required.", "summary"),
    ];
    let errors: Vec<_> = cases
        .iter()
        .map(|(code, message, field)| json!({"code": code, "message": message, "resource": "ticket", "field": field}))
        .collect();
    let (_server, psa) = server_with_json(
        400,
        json!({"code": "InvalidObject", "message": "ticket object is invalid", "errors": errors}),
    )
    .await;
    for error in [
        psa.service().create_ticket(&json!({"summary": "a"})).await.unwrap_err(),
        psa.service().update_ticket(5, &Patch::new().replace("status/id", 17)).await.unwrap_err(),
    ] {
        assert_eq!((error.code(), error.status().unwrap().as_u16()), (Some("InvalidObject"), 400));
        assert!(!error.is_not_found() && !error.is_ambiguous() && !error.is_retryable());
        let text = error.to_string();
        for ((code, message, field), found) in cases.iter().zip(error.field_errors()) {
            assert_eq!(
                (found.code.as_deref(), found.message.as_deref(), found.field.as_deref()),
                (Some(*code), Some(*message), Some(*field))
            );
            assert_eq!((found.resource.as_deref(), found.details.as_deref()), (Some("ticket"), None));
            assert!(text.contains(&format!("{field}: {}", message.trim_end_matches('.'))), "{text}");
        }
        assert_eq!(error.field_errors().len(), 4);
        assert!(text.contains("Correct the listed errors and send the request again."), "{text}");
    }
}

#[tokio::test]
async fn error_responses_have_advice() {
    for (status, media_type, body, message, advice) in [
        (
            400,
            "application/json",
            r#"{"code":"ApiFindCondition","message":"resources/identifier is not a recognized name."}"#,
            "400 Bad Request, ApiFindCondition: resources/identifier is not a recognized name. ",
            "Check the conditions and the order: their syntax, and whether this endpoint has the fields.",
        ),
        (
            400,
            "text/plain",
            "Cannot route. Codebase/company is invalid",
            "400 Bad Request: Cannot route. Codebase/company is invalid. ",
            "Check the code base in the base URL and the company id.",
        ),
        (
            403,
            "application/json",
            r#"{"code":"Security","message":"SSL is required.","errors":null}"#,
            "403 Forbidden, Security: SSL is required. ",
            "Use https and the API's host.",
        ),
        (
            403,
            "text/html",
            "<html><title>Access denied</title></html>",
            "403 Forbidden: the server returned an HTML page (Access denied). ",
            "a firewall, a proxy or the web server in front of it rejected the request",
        ),
        (
            401,
            "application/json",
            r#"{"code":"ConnectWiseApi","message":"UserNotAuthenticated"}"#,
            "401 Unauthorized, ConnectWiseApi: UserNotAuthenticated. ",
            "Check the credentials (company id",
        ),
        (
            404,
            "application/json",
            r#"{"code":"NotFound","message":"Ticket 5 not found","errors":[]}"#,
            "404 Not Found, NotFound: Ticket 5 not found. ",
            "or it is a project ticket: use `project()` for those.",
        ),
        (
            404,
            "application/json",
            r#"{"code":"ConnectWiseApi","message":"The endpoint does not exist."}"#,
            "404 Not Found, ConnectWiseApi: The endpoint does not exist. ",
            "Check the path and the code base",
        ),
        (
            404,
            "text/html",
            "<html><head><title>404 - File or directory not found.</title></head></html>",
            "the server returned an HTML page (404 - File or directory not found.)",
            "Check the base URL: it needs the API's host",
        ),
        // The advice of this one is not checked.
        (414, "text/html", "<html>", "414 URI Too Long", ""),
        (
            405,
            "application/json",
            r#"{"Message":"The requested resource does not support http method 'GET'."}"#,
            "does not support http method 'GET'. ",
            "This endpoint does not support this method.",
        ),
        (
            409,
            "",
            "",
            "409 Conflict: the server gives no reason. ",
            "Someone else has changed the record, or other records refer to it",
        ),
        (
            500,
            "application/json",
            r#"{"code":"ConnectWiseApi","message":"String was not recognized as a valid Boolean."}"#,
            "500 Internal Server Error",
            "The server failed",
        ),
    ] {
        let (_server, psa) = server_with_response(status, media_type, body).await;
        let error = get_error(&psa).await;
        let text = error.to_string();
        assert!(error.is_api() && text.contains(message) && text.contains(advice), "{text}");
        assert!(text.starts_with("service.get_ticket (GET /service/tickets/{id}): ") && !text.contains('\n'), "{text}");
    }
}

#[tokio::test]
async fn a_gateway_error_advises_to_read_the_record_before_repeating_a_change() {
    let (_server, psa) = server_with_response(502, "text/html", "<html></html>").await;
    let created = psa.service().create_ticket(&json!({"summary": "a"})).await.unwrap_err();
    assert!(
        created.is_ambiguous() && created.to_string().contains("check whether the record was created"),
        "{created}"
    );
    let read = get_error(&psa).await;
    assert!(!read.is_ambiguous() && read.to_string().contains("try again later"), "{read}");
}

#[tokio::test]
async fn a_success_response_without_json_is_an_error() {
    let (_server, psa) =
        server_with_response(200, "text/html", "<!DOCTYPE html><html><title>Log in</title></html>").await;
    let error = get_error(&psa).await;
    assert!(error.is_unexpected_response() && error.status().unwrap().as_u16() == 200, "{error}");
    assert!(error.to_string().contains("the response is an HTML page (text/html)"), "{error}");
    let created = psa.service().create_ticket(&json!({"summary": "a"})).await.unwrap_err();
    assert!(created.is_ambiguous() && !created.is_retryable(), "{created}");
    let deleted = psa.service().delete_ticket(5).await.unwrap_err();
    assert!(deleted.is_unexpected_response() && deleted.is_ambiguous(), "{deleted}");
    let downloaded = psa.system().download_document(5).await.unwrap_err();
    assert!(downloaded.is_unexpected_response() && !downloaded.is_ambiguous(), "{downloaded}");
    let (_server, psa) = server_with_response(200, "application/json", "").await;
    assert!(get_error(&psa).await.is_empty_response());
    let (_server, psa) = server_with_response(204, "application/json", "").await;
    assert!(get_error(&psa).await.is_empty_response());
    let created = psa.service().create_ticket(&json!({"summary": "a"})).await.unwrap_err();
    assert!(created.is_empty_response() && created.is_ambiguous() && !created.is_retryable(), "{created}");
    // A delete returns no record, so an empty response is a success.
    psa.service().delete_ticket(5).await.unwrap();
}

#[tokio::test]
async fn an_exceeded_rate_limit_has_advice() {
    let body = json!({"error": "ConnectWiseAPI", "message": "Too many requests. Please try again in 30 seconds."});
    let server = MockServer::start_async().await;
    let mock = server
        .mock_async(|when, then| {
            when.any_request();
            then.status(429).header("retry-after", "0").json_body(body);
        })
        .await;
    let error = get_error(&client(&server.base_url())).await;
    assert!(error.is_rate_limited() && error.is_retryable() && error.code() == Some("ConnectWiseAPI"), "{error}");
    assert_eq!((mock.calls_async().await, error.attempts()), (4, Some(4)));
    let text = error.to_string();
    assert!(
        text.contains("Retry after 0 s. Rate limit exceeded: send fewer requests at a time")
            && text.contains("(4 attempts)"),
        "{text}"
    );
}

#[tokio::test]
async fn a_decode_error_has_the_position_of_the_record() {
    let (_server, psa) =
        server_with_json(200, json!([{"id": 1}, {"id": 2, "company": {"id": "no number"}}, {"id": 3}])).await;
    let error = psa.service().list_tickets().page(1).await.unwrap_err();
    assert!(error.is_decode() && !error.is_retryable() && !error.is_ambiguous(), "{error}");
    assert_eq!(
        (error.index(), error.path(), error.page(), error.raw_value()),
        (Some(1), Some("[1].company.id"), Some(1), Some("\"no number\""))
    );
    assert_eq!(error.request_id(), Some("request-7"));
    assert!(error.to_string().contains("at `[1].company.id`: "), "{error}");
    assert_eq!(psa.service().list_tickets().decode_as::<Value>().page(1).await.unwrap().len(), 3);
}

#[tokio::test]
async fn a_decode_error_after_a_change_advises_not_to_repeat_it() {
    let (_server, psa) = server_with_json(201, json!({"id": 5, "company": {"id": {"x": 1}}})).await;
    let error = psa.service().create_ticket(&json!({"summary": "a"})).await.unwrap_err();
    assert!(
        error.is_decode()
            && error.path() == Some("company.id")
            && !error.is_ambiguous()
            && error.to_string().contains("The server has made the change: do not repeat it"),
        "{error}"
    );
}

#[tokio::test]
async fn the_source_chain_contains_the_error_of_the_operating_system() {
    let psa = client(&format!("http://127.0.0.1:{}", closed_port().await));
    let error = get_error(&psa).await;
    let mut chain = Vec::new();
    let mut next = error.source();
    while let Some(source) = next {
        chain.push(source);
        next = source.source();
    }
    let cause = chain
        .iter()
        .find_map(|source| source.downcast_ref::<std::io::Error>())
        .expect("an error of the operating system");
    assert_eq!(cause.kind(), std::io::ErrorKind::ConnectionRefused);
    assert!(chain[0].is::<reqwest::Error>(), "{error:?}");
    assert!(error.to_string().contains("service.get_ticket") && error.to_string().contains("(4 attempts)"), "{error}");
}

#[tokio::test]
async fn a_host_that_cannot_be_resolved_is_a_connect_error() {
    let psa = Psa::builder().host("psa.invalid").company("acme").keys("public", "private");
    let psa = psa
        .options(connectwise_psa::CallOptions::new().retry(crate::server::quick_retries().max_attempts(2)))
        .build()
        .unwrap();
    let error = psa.service().create_ticket(&json!({"summary": "a"})).await.unwrap_err();
    assert!(error.is_connect() && !error.is_ambiguous(), "{error}");
}

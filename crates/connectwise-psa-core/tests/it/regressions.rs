//! Regression tests: input that once caused lost or changed data, or showed secrets.

use std::error::Error as _;

use connectwise_psa_core as psa;
use http::{HeaderMap, StatusCode};
use psa::error::Error;
use psa::json::Amount;

use crate::sample::{Script, Ticket, response};

fn next_link(parameter: &str) -> String {
    format!("<https://psa.example/x?{parameter}>; rel=\"next\"")
}

#[tokio::test]
async fn equal_pages_without_ids_are_all_read() {
    // Two tickets on every page, all in the same company; `select` leaves their ids out, but the reference has one.
    let page = r#"[{"company":{"id":1}},{"company":{"id":1}}]"#;
    let pages = |parameters: [&str; 2]| {
        Script::new([
            response(200, page).header("link", &next_link(parameters[0])),
            response(200, page).header("link", &next_link(parameters[1])),
            response(200, page).header("link", ""),
        ])
    };
    let forward = pages(["pageId=2", "pageId=4"])
        .client()
        .list_tickets()
        .select_text("company")
        .page_size(2)
        .page_id(0)
        .all()
        .await
        .unwrap();
    assert_eq!(forward.len(), 6);
    let numbered = pages(["page=2", "page=3"])
        .client()
        .list_tickets()
        .select_text("company")
        .page_size(2)
        .sort_text("summary")
        .all()
        .await
        .unwrap();
    assert_eq!(numbered.len(), 6);
}

#[tokio::test]
async fn a_search_that_cannot_be_decoded_is_not_reported_as_a_change() {
    let script = Script::new([response(200, r#"[{"id":"x"}]"#)]);
    let error = script.client().search_tickets(&crate::sample::Item::default()).all().await.unwrap_err();
    assert!(error.is_decode() && !error.to_string().contains("made the change"), "{error}");
}

#[test]
fn into_cause_does_not_repeat_the_source() {
    let error = Error::transport(Error::connect("connection refused").into_cause());
    let mut texts = vec![error.to_string()];
    let mut source = error.source();
    while let Some(error) = source {
        texts.push(error.to_string());
        source = error.source();
    }
    // The transport error and its cause, each once.
    assert_eq!(texts.len(), 2, "{texts:?}");
}

#[tokio::test]
async fn a_truncated_response_is_reported_as_truncated() {
    for body in [
        r#"{"id"#,
        r#"{"id":"#,
        r#"{"id":1"#,
        r#"{"id":1,"summary":"ab"#,
        r#"{"company":{"id":5"#,
        r#"{"closedFlag":tr"#,
    ] {
        let error = Script::new([response(200, body)]).client().get_ticket(5).await.unwrap_err();
        assert!(
            error.to_string().contains("the JSON ends early") && error.to_string().contains("Send the request again"),
            "{body}: {error}"
        );
        assert_eq!((error.path(), error.raw_value()), (None, None), "{body}");
    }
}

#[test]
fn amounts_that_a_decimal_cannot_hold_round_trip() {
    for text in ["1e30", "1.5e300", "1e-50", "1e99999999999999999999"] {
        assert_eq!(serde_json::to_string(&serde_json::from_str::<Amount>(text).unwrap()).unwrap(), text);
    }
}

#[test]
fn eq_and_partial_cmp_agree_about_an_amount_that_is_nan() {
    let nan = Amount::from(f64::NAN);
    assert_eq!(nan == nan.clone(), nan.partial_cmp(&nan).is_some_and(std::cmp::Ordering::is_eq));
}

#[test]
fn an_error_response_shows_no_secret() {
    for body in [
        r#"[{"privateKey":"hunter2"}]"#,
        r#"{"privateKey":"hunter2","mess"#,
        r#"{"message":{"password":"hunter2"}}"#,
        r#"{"code":{"apiKey":"hunter2"}}"#,
    ] {
        let error = Error::from_response(StatusCode::BAD_REQUEST, &HeaderMap::new(), body.as_bytes());
        assert!(!format!("{error} {error:?} {:?}", error.message()).contains("hunter2"), "{error}");
    }
}

#[tokio::test]
async fn too_many_headers_are_an_error() {
    // A `HeaderMap` holds at most 32,768 headers.
    let mut call = Script::new([]).client().get_ticket(5);
    for number in 0..40_000 {
        call = call.header(&format!("x-{number}"), "1");
    }
    assert!(call.dry_run().unwrap_err().is_invalid_input());
}

#[test]
fn a_dry_run_shows_the_number_that_is_sent() {
    let ticket = Ticket { budget_hours: Some("12345678901234567890.50".parse().unwrap()), ..Ticket::default() };
    let body = Script::new([]).client().create_ticket(&ticket).dry_run().unwrap().body.unwrap();
    assert!(body.contains("12345678901234567890.50"), "{body}");
}

#[test]
fn a_dry_run_shows_no_password_field_and_no_credentials() {
    let ticket = serde_json::json!({"customFields": [{"id": 1, "type": "Password", "value": "hunter2"}]});
    let run = Script::new([])
        .client()
        .create_ticket(&ticket)
        .header("authorization", "hunter2")
        .header("x-api-key", "hunter2")
        .dry_run()
        .unwrap();
    assert!(!run.to_string().contains("hunter2"), "{run}");
}

#[tokio::test]
async fn first_after_take_0_returns_no_record() {
    assert!(
        Script::new([response(200, r#"[{"id":1}]"#)]).client().list_tickets().take(0).first().await.unwrap().is_none()
    );
}

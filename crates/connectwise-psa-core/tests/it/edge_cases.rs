//! Tests of edge cases: empty pages with endless links, values that JSON or .NET cannot represent, and responses that
//! are a single number.

use connectwise_psa_core as psa;

use crate::sample::{Script, response};

#[tokio::test]
async fn empty_pages_with_endless_links_end_the_list_if_the_count_confirms_it() {
    let pages =
        || (0..9).map(|n| response(200, "[]").header("link", &format!(r#"<https://h/x?page={}>; rel="next""#, n + 2)));
    // The number of empty pages that are read, `MAX_EMPTY_PAGES`, is private.
    for (count, complete) in [(0, true), (3, false)] {
        // An empty page is requested and counted again a few times.
        let counted = || response(200, format!(r#"{{"count":{count}}}"#));
        let times = if complete { 1 } else { 4 };
        let script = Script::new((0..times).flat_map(|_| pages().take(1).chain([counted()])));
        let list = psa::calls::RequestBuilder::new(
            &psa::transport::Connection::new(script.clone()),
            &crate::paging_server::NUMBERED,
        )
        .list::<crate::sample::Ticket>();
        let records = list.all().await;
        assert_eq!(records.is_ok(), complete, "{records:?}");
        assert!(script.lines().last().unwrap().contains("/count"));
    }
    // Without a count, the end is not certain.
    assert!(Script::new(pages()).client().list_tickets().all().await.is_err());
}

#[test]
fn a_number_that_json_cannot_represent_is_not_written_as_null() {
    for number in [f64::NAN, f64::INFINITY] {
        let patch = psa::patch::Patch::new().replace("amount", number);
        assert!(serde_json::to_string(&patch).is_err(), "null would clear the field");
        let inside = psa::patch::Patch::new().add("items/0", vec![Some(number)]);
        assert!(serde_json::to_string(&inside).is_err());
    }
}

#[test]
fn a_timestamp_in_a_patch_has_at_most_seven_decimal_places() {
    let timestamp: psa::json::DateTime = "2026-06-09T21:59:49.123456789Z".parse().unwrap();
    let patch = serde_json::to_string(&psa::patch::Patch::new().replace("dateEnd", timestamp)).unwrap();
    assert_eq!(patch, r#"[{"op":"replace","path":"dateEnd","value":"2026-06-09T21:59:49.1234567Z"}]"#);
}

#[tokio::test]
async fn an_amount_as_the_response_keeps_all_digits() {
    for text in ["993826735515.7467", "7556048239312.8237", "6309558322749.7818", "12.75"] {
        let script = Script::new([response(200, text)]);
        // The operation has no influence on how the number is read.
        let read = psa::calls::RequestBuilder::new(&psa::transport::Connection::new(script), &crate::sample::READ)
            .scalar::<psa::json::Amount>()
            .await
            .unwrap();
        assert_eq!(read.to_string(), text);
    }
}

#[tokio::test]
async fn an_integer_as_the_response_is_read_in_every_notation_but_null_is_an_error() {
    for body in ["13", "13.0", r#""13""#] {
        let script = Script::new([response(200, body)]);
        let connection = psa::transport::Connection::new(script);
        assert_eq!(
            psa::calls::RequestBuilder::new(&connection, &crate::sample::READ).scalar::<i64>().await.unwrap(),
            13,
            "{body}"
        );
    }
    let connection = psa::transport::Connection::new(Script::new([response(200, "null")]));
    assert!(
        psa::calls::RequestBuilder::new(&connection, &crate::sample::READ)
            .scalar::<i64>()
            .await
            .unwrap_err()
            .is_decode()
    );
}

//! What servers and callers do at the edges: links that go on for ever, numbers that JSON cannot hold, more decimals than .NET reads.

use connectwise_psa_core as psa;

use crate::sample::{Script, answer};

#[tokio::test]
async fn empty_pages_whose_links_go_on_end_the_list() {
    let pages: Vec<_> = (0..500).map(|n| answer(200, "[]").header("link", &format!(r#"<https://h/x?page={}>; rel="next""#, n + 2))).collect();
    let script = Script::new(pages);
    let mut records = script.client().list_tickets().stream();
    assert!(records.next().await.is_none());
    assert!(script.asked().len() < 10, "{} requests", script.asked().len());
}

#[test]
fn a_number_that_json_cannot_hold_is_no_null() {
    for number in [f64::NAN, f64::INFINITY] {
        let patch = psa::Patch::new().replace("amount", number);
        assert!(serde_json::to_string(&patch).is_err(), "null would blank the field");
        let inside = psa::Patch::new().add("items/0", vec![Some(number)]);
        assert!(serde_json::to_string(&inside).is_err());
    }
}

#[test]
fn a_moment_in_a_patch_has_the_decimals_that_the_server_reads() {
    let moment: psa::DateTime = "2026-06-09T21:59:49.123456789Z".parse().unwrap();
    let patch = serde_json::to_string(&psa::Patch::new().replace("dateEnd", moment)).unwrap();
    assert_eq!(patch, r#"[{"op":"replace","path":"dateEnd","value":"2026-06-09T21:59:49.1234567Z"}]"#);
}

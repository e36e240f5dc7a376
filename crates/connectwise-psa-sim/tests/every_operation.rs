//! Sends a request for every operation of the catalogue. Each is routed, and returns a response of the type that the
//! catalogue names or an error that is to be expected.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use connectwise_psa::catalogue::{Operation, ParameterKind, QueryKind, ResponseKind};
use connectwise_psa::dependencies::reqwest;
use connectwise_psa::{Method, Value, catalogue};
use connectwise_psa_sim::{Seed, Sim};

/// Returns the path of an operation in upper case, with parameter values and a trailing slash.
fn path(operation: &Operation) -> String {
    let mut path = operation.path.to_owned();
    for parameter in operation.parameters {
        let value = if parameter.kind == ParameterKind::Integer { "1" } else { "word" };
        path = path.replace(&format!("{{{}}}", parameter.name), value);
    }
    format!("{}/", path.trim_end_matches('/').to_uppercase())
}

#[tokio::test]
async fn every_operation_returns_its_response_type_or_an_expected_error() {
    let sim = Sim::builder().seed(Seed::Empty).integrator("int", "pw").start().await.unwrap();
    // Every list gets a record with the id 1, which is also the id of all owners in the paths.
    for operation in catalogue::all().filter(|operation| operation.query == QueryKind::List) {
        let list = operation
            .path
            .trim_matches('/')
            .split('/')
            .map(|segment| if segment.starts_with('{') { "1" } else { segment })
            .collect::<Vec<_>>()
            .join("/");
        sim.store().insert(&list, serde_json::json!({"id": 1, "name": "word", "identifier": "word"}));
    }
    let client = reqwest::Client::new();
    let mut succeeded = 0;
    let mut operations: Vec<_> = catalogue::all().collect();
    // DELETE operations run last, because the others need the records.
    operations.sort_by_key(|operation| operation.method == Method::Delete);
    for operation in operations {
        let method = reqwest::Method::from_bytes(operation.method.as_str().as_bytes()).unwrap();
        let url = format!("{}/V4_6_RELEASE/apis/3.0{}", sim.url(), path(operation));
        let request = client.request(method, url).basic_auth("demo+int", Some("pw")).header("clientid", "x");
        let request = if operation.method == Method::Get {
            request
        } else {
            request.header("content-type", "application/json").body("{}")
        };
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        assert!(!text.contains("The endpoint does not exist.") && status != 405, "{operation}: {status} {text}");
        // Expected errors: a request that lacks a required field (400), a record that was already deleted
        // (404), a body of the wrong media type (415), and the deletion of a record that is in use (409).
        let is_expected_error =
            matches!(status, 400 | 404 | 415) || (status == 409 && operation.method == Method::Delete);
        assert!((200..300).contains(&status) || is_expected_error, "{operation}: {status} {text}");
        let body: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
        if is_expected_error {
            assert!(body["code"].is_string() && body["message"].is_string(), "{operation}: {status} {text}");
            continue;
        }
        succeeded += 1;
        let is_expected = match (operation.response, operation.query) {
            (_, QueryKind::Count(_)) => body["count"].is_u64(),
            (ResponseKind::Many(_), _) => body.is_array(),
            (ResponseKind::One(_), _) => body.is_object(),
            // The document inserted above has no content.
            (ResponseKind::Bytes(_), _) => !text.is_empty() || operation.id == "download_document",
            _ => true,
        };
        assert!(is_expected, "{operation}: {status} {text}");
    }
    println!("{succeeded} of {} operations succeeded, the others returned expected errors", catalogue::all().count());
    assert!(succeeded > 1900, "{succeeded}");
}

//! Every operation of the catalogue is routed and answers what its description says.
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

/// The path of an operation in another letter case, with values and a slash at its end.
fn path(operation: &Operation) -> String {
    let mut path = operation.path.to_owned();
    for parameter in operation.parameters {
        let value = if parameter.kind == ParameterKind::Integer { "1" } else { "word" };
        path = path.replace(&format!("{{{}}}", parameter.name), value);
    }
    format!("{}/", path.trim_end_matches('/').to_uppercase())
}

#[tokio::test]
async fn every_operation_answers_in_its_form() {
    let sim = Sim::builder().seed(Seed::Empty).integrator("int", "pw").start().await.unwrap();
    // One record in every list, which is also the one that others are under.
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
    let mut answered = 0;
    let mut operations: Vec<_> = catalogue::all().collect();
    // What deletes comes last.
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
        // A record that was deleted before is not found, and one that others refer to is in use; a body of nothing can
        // lack something.
        let is_refusal = matches!(status, 400 | 404 | 415) || (status == 409 && operation.method == Method::Delete);
        assert!((200..300).contains(&status) || is_refusal, "{operation}: {status} {text}");
        let body: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
        if is_refusal {
            assert!(body["code"].is_string() && body["message"].is_string(), "{operation}: {status} {text}");
            continue;
        }
        answered += 1;
        let fits = match (operation.response, operation.query) {
            (_, QueryKind::Count(_)) => body["count"].is_u64(),
            (ResponseKind::Many(_), _) => body.is_array(),
            (ResponseKind::One(_), _) => body.is_object(),
            // The document that was planted has no content.
            (ResponseKind::Bytes(_), _) => !text.is_empty() || operation.id == "download_document",
            _ => true,
        };
        assert!(fits, "{operation}: {status} {text}");
    }
    println!("{answered} of {} answered, the others refuse as described", catalogue::all().count());
    assert!(answered > 1900, "{answered}");
}

//! Tests the API version in the `Accept` header. It can be set for the client and for single calls.

use connectwise_psa::{API_VERSION, CallOptions, Psa, Value};

use crate::server::{Server, json_response, response, ticket};

/// Reads a ticket with each client, and returns the `Accept` headers.
async fn accept_headers(server: &Server, clients: &[Psa]) -> Vec<String> {
    let before = server.count();
    for psa in clients {
        psa.service().get_ticket(5).decode_as::<Value>().await.unwrap();
    }
    server.requests()[before..].iter().map(|request| request.header("accept").unwrap().to_owned()).collect()
}

fn media_type(version: &str) -> String {
    format!("application/vnd.connectwise.com+json; version={version}")
}

#[tokio::test]
async fn the_version_is_that_of_the_bindings_unless_another_one_is_set() {
    let server = Server::always(ticket()).await;
    let psa = server.psa();
    let older = psa.with(CallOptions::new().version("2024.1"));
    let unversioned = psa.with(CallOptions::new().without_version());
    let back = older.with(CallOptions::new().version("2025.1"));
    // Another option keeps the version.
    let kept = older.with(CallOptions::new().retry_non_idempotent());
    assert_eq!(
        accept_headers(&server, &[psa.clone(), older, unversioned, back, kept, psa]).await,
        [
            media_type(API_VERSION),
            media_type("2024.1"),
            "application/json".to_owned(),
            media_type("2025.1"),
            media_type("2024.1"),
            media_type(API_VERSION)
        ]
    );
    let with_version = server.builder().options(CallOptions::new().version("2023.2")).build().unwrap();
    let without = server.builder().options(CallOptions::new().without_version()).build().unwrap();
    assert_eq!(
        accept_headers(&server, &[with_version, without]).await,
        [media_type("2023.2"), "application/json".to_owned()]
    );
}

#[tokio::test]
async fn a_download_accepts_any_type_after_the_version() {
    let server =
        Server::always(response(200, "image/png", "bytes").header("content-disposition", "attachment; filename=a.png"))
            .await;
    let psa = server.psa();
    for psa in [psa.clone(), psa.with(CallOptions::new().without_version())] {
        let file = psa.system().download_document(7).await.unwrap();
        assert_eq!(
            (file.file_name.as_deref(), file.media_type.as_deref(), file.length),
            (Some("a.png"), Some("image/png"), Some(5))
        );
        assert_eq!(file.bytes().await.unwrap(), "bytes");
    }
    let accept: Vec<_> = server.requests().iter().map(|request| request.header("accept").unwrap().to_owned()).collect();
    assert_eq!(accept, [format!("{}, */*", media_type(API_VERSION)), "application/json, */*".to_owned()]);
}

#[tokio::test]
async fn an_invalid_version_is_rejected_before_sending() {
    let server = Server::always(ticket()).await;
    for version in ["", "2025 8", "1, */*", "1\r\nx: y", "1;q=0"] {
        let error = server
            .psa()
            .with(CallOptions::new().version(version))
            .service()
            .get_ticket(5)
            .decode_as::<Value>()
            .await
            .unwrap_err();
        assert!(error.is_invalid_input() && error.to_string().contains("version is"), "{error}");
        assert!(server.builder().options(CallOptions::new().version(version)).build().is_err());
    }
    assert_eq!(server.count(), 0);
}

#[tokio::test]
async fn an_unsupported_version_has_advice() {
    let message = "The HTTP resource that matches the request URI does not support the API version '0.0'.";
    let server = Server::always(json_response(
        400,
        serde_json::json!({"code": "ConnectWiseApi", "message": message}).to_string(),
    ))
    .await;
    let error = server.psa().service().get_ticket(5).await.unwrap_err();
    assert_eq!(error.code(), Some("ConnectWiseApi"));
    assert!(error.to_string().contains("Use `without_version` for this call"), "{error}");
}

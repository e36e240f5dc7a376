//! The version of the API's types in the header, for the client and call by call.

use connectwise_psa::{API_VERSION, CallOptions, Psa, Value};

use crate::server::{Server, answer, other, ticket};

/// The `Accept` headers of one reading through each client.
async fn accepts(server: &Server, clients: &[Psa]) -> Vec<String> {
    let before = server.count();
    for psa in clients {
        psa.service().get_ticket(5).decode_as::<Value>().await.unwrap();
    }
    server.asked()[before..].iter().map(|asked| asked.header("accept").unwrap().to_owned()).collect()
}

fn of(version: &str) -> String {
    format!("application/vnd.connectwise.com+json; version={version}")
}

#[tokio::test]
async fn the_version_is_the_bindings_unless_another_is_named() {
    let server = Server::always(ticket()).await;
    let psa = server.psa();
    let older = psa.with(CallOptions::new().version("2024.1"));
    let newest = psa.with(CallOptions::new().without_version());
    let back = older.with(CallOptions::new().version("2025.1"));
    let kept = older.with(CallOptions::new().retry_non_idempotent());
    assert_eq!(
        accepts(&server, &[psa.clone(), older, newest, back, kept, psa]).await,
        [of(API_VERSION), of("2024.1"), "application/json".to_owned(), of("2025.1"), of("2024.1"), of(API_VERSION)]
    );
    let of_the_client = server.builder().options(CallOptions::new().version("2023.2")).build().unwrap();
    let without = server.builder().options(CallOptions::new().without_version()).build().unwrap();
    assert_eq!(accepts(&server, &[of_the_client, without]).await, [of("2023.2"), "application/json".to_owned()]);
}

#[tokio::test]
async fn a_file_may_be_of_any_type_and_the_version_comes_first() {
    let server =
        Server::always(other(200, "image/png", "bytes").header("content-disposition", "attachment; filename=a.png"))
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
    let accepted: Vec<_> = server.asked().iter().map(|asked| asked.header("accept").unwrap().to_owned()).collect();
    assert_eq!(accepted, [format!("{}, */*", of(API_VERSION)), "application/json, */*".to_owned()]);
}

#[tokio::test]
async fn what_is_no_version_is_refused_before_it_is_sent() {
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
async fn an_endpoint_that_refuses_the_version_has_advice() {
    let message = "The HTTP resource that matches the request URI does not support the API version '0.0'.";
    let server =
        Server::always(answer(400, serde_json::json!({"code": "ConnectWiseApi", "message": message}).to_string()))
            .await;
    let error = server.psa().service().get_ticket(5).await.unwrap_err();
    assert_eq!(error.code(), Some("ConnectWiseApi"));
    assert!(error.to_string().contains("Use `without_version` for this call"), "{error}");
}

//! Requests are sent only to the configured server, regardless of redirects, links and paths.

use std::time::Duration;

use connectwise_psa::dependencies::reqwest;
use connectwise_psa::transport::{Request, RequestBody};
use connectwise_psa::{CallOptions, Method, RetryPolicy, Upload, Value};
use serde_json::json;

use crate::server::{Action, BASE, RecordedRequest, Server, json_response, ticket};

#[tokio::test]
async fn redirects_are_not_followed() {
    let other_server = Server::always(ticket()).await;
    for status in [301, 302, 303, 307, 308] {
        let server =
            Server::always(json_response(status, "").header("location", format!("http://{}/x", other_server.address)))
                .await;
        let psa = server.psa();
        let read = psa.service().get_ticket(5).await.unwrap_err();
        let created = psa.service().create_ticket(&json!({"summary": "a"})).await.unwrap_err();
        let file = psa.system().download_document(5).await.unwrap_err();
        for error in [read, created, file] {
            assert_eq!((error.is_api(), error.status().map(|status| status.as_u16())), (true, Some(status)));
            assert!(error.to_string().contains("Redirects are not followed"), "{error}");
        }
        assert_eq!(server.count(), 3);
    }
    assert_eq!(other_server.count(), 0);
}

#[tokio::test]
async fn an_http_client_of_the_caller_does_not_follow_redirects_either() {
    let other_server = Server::always(ticket()).await;
    for status in [301, 302, 303, 307, 308] {
        for target in [format!("http://{}/x", other_server.address), format!("{BASE}/service/tickets/6")] {
            let server = Server::always(json_response(status, "").header("location", target)).await;
            // The function replaces the whole builder, and asks for redirects.
            let psa = server
                .builder()
                .http_client(|_| reqwest::Client::builder().redirect(reqwest::redirect::Policy::limited(5)))
                .build()
                .unwrap();
            for error in [
                psa.service().get_ticket(5).await.unwrap_err(),
                psa.service().create_ticket(&json!({"summary": "a"})).await.unwrap_err(),
                psa.system().download_document(5).await.unwrap_err(),
            ] {
                assert_eq!((error.is_api(), error.status().map(|status| status.as_u16())), (true, Some(status)));
            }
            assert_eq!(server.count(), 3);
        }
    }
    assert_eq!(other_server.count(), 0);
}

#[tokio::test]
async fn the_http_client_is_configured_on_top_of_the_settings_of_the_builder() {
    let server = Server::with_actions([ticket(), ticket(), Action::Silence]).await;
    server.psa().service().get_ticket(5).await.unwrap();
    let psa = server
        .builder()
        .read_timeout(Duration::from_millis(250))
        .http_client(|client| client.user_agent("mine/1"))
        .build()
        .unwrap();
    psa.service().get_ticket(5).await.unwrap();
    let agents: Vec<_> =
        server.requests().iter().map(|request| request.header("user-agent").unwrap_or_default().to_owned()).collect();
    assert!(agents[0].starts_with("connectwise-psa/") && agents[1] == "mine/1", "{agents:?}");
    let error = psa.with(CallOptions::new().retry(RetryPolicy::none())).service().get_ticket(5).await.unwrap_err();
    assert!(error.is_timeout() && !error.to_string().contains("whole call"), "the read timeout applies: {error}");
}

#[tokio::test]
async fn only_the_page_number_of_a_link_is_used() {
    let other_server = Server::always(json_response(200, "[]")).await;
    let link = format!(
        r#"<http://{0}/v2025_1//apis/3.0/service/tickets?conditions=id%3E5&pageSize=1000&page=2>; rel="next""#,
        other_server.address
    );
    let server = Server::with_actions([
        json_response(200, r#"[{"id":1}]"#).header("link", link.clone()),
        // The list ends with this page, because its link is not `rel="next"`.
        json_response(200, r#"[{"id":2}]"#).header("link", link.replace("next", "first")),
    ])
    .await;
    let records: Vec<Value> = server
        .psa()
        .service()
        .list_tickets()
        .from_page(1)
        .page_size(1)
        .filter_text("closedFlag=false")
        .decode_as::<Value>()
        .stream()
        .try_collect()
        .await
        .unwrap();
    assert_eq!((records.len(), other_server.count()), (2, 0));
    let query = |page| format!("GET {BASE}/service/tickets?conditions=closedFlag%3Dfalse&page={page}&pageSize=1");
    assert_eq!(server.requests().iter().map(RecordedRequest::request_line).collect::<Vec<_>>(), [query(1), query(2)]);
}

#[tokio::test]
async fn a_path_cannot_leave_the_api() {
    let server = Server::always(ticket()).await;
    let psa = server.psa();
    for path in [
        "",
        "x",
        "@evil.example/",
        ":80/",
        ".evil.example/",
        "/../login",
        "/a/../../x",
        "/%2e%2e/x",
        "/.%2E/x",
        "/a?b=c",
        "/a#b",
        "/a b",
        "\\\\evil",
        "/a\\b",
        "/a\r\nx: y",
        "/a\tb",
        "/ä",
    ] {
        for method in [Method::Get, Method::Post] {
            let mut request = Request::new(method, path);
            request.body = RequestBody::Json("{}".into());
            let error = psa.connection().send(request).await.unwrap_err();
            assert!(error.is_invalid_input() && error.parameter() == Some("path"), "{path}: {error}");
        }
    }
    assert_eq!(server.count(), 0);
    // These paths are harmless: the server gets them below the base URL.
    psa.connection().send(Request::new(Method::Get, "//evil.example/x")).await.unwrap();
    psa.connection().send(Request::new(Method::Get, "/a%2F..%2Fb")).await.unwrap();
    assert_eq!(
        server.requests().iter().map(RecordedRequest::request_line).collect::<Vec<_>>(),
        [format!("GET {BASE}//evil.example/x"), format!("GET {BASE}/a%2F..%2Fb")]
    );
}

#[tokio::test]
async fn query_parameters_are_encoded() {
    let server = Server::always(ticket()).await;
    let mut request = Request::new(Method::Get, "/a");
    request.query =
        vec![("x".into(), "1&y=2#z\r\nHost: evil.example ä+%20".to_owned()), ("a b&c".into(), String::new())];
    server.psa().connection().send(request).await.unwrap();
    let requests = server.requests();
    assert_eq!(
        requests[0].target,
        format!("{BASE}/a?x=1%26y%3D2%23z%0D%0AHost%3A%20evil.example%20%C3%A4%2B%2520&a%20b%26c=")
    );
    assert_eq!(requests[0].header("host"), Some(server.address.to_string().as_str()));
}

#[tokio::test]
async fn names_and_media_types_in_a_form_cannot_inject_headers() {
    let server = Server::always(ticket()).await;
    let file = Upload::from_bytes("a\"; name=\"title ä.txt", "bytes");
    let form = json!({"title": "a", "b\"\r\nX-Evil: 2": "c"});
    server.psa().system().upload_menu_entry_image(5, &form, Some(file)).await.unwrap();
    let body = &server.requests()[0].body;
    assert!(!body.lines().any(|line| line.starts_with("X-Evil")), "{body}");
    assert!(body.contains(r#"name="file"; filename="a\"; name=\"title ä.txt""#), "{body}");
    for invalid in [
        Upload::from_bytes("a\r\nX-Evil: 1\r\n\r\nb.txt", "bytes"),
        Upload::from_bytes("a\nb.txt", "bytes"),
        Upload::from_bytes("a.txt", "bytes").with_media_type("text/plain\r\nX-Evil: 3"),
    ] {
        let error =
            server.psa().system().upload_menu_entry_image(5, &json!({"title": "a"}), Some(invalid)).await.unwrap_err();
        assert!(error.is_invalid_input() && error.to_string().contains("of the upload"), "{error}");
    }
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn a_trailing_slash_of_the_base_url_is_ignored() {
    let server = Server::always(ticket()).await;
    let psa = server.builder().base_url(format!("http://{}{BASE}/", server.address)).build().unwrap();
    psa.service().get_ticket(5).await.unwrap();
    assert_eq!(server.requests()[0].target, format!("{BASE}/service/tickets/5"));
}

#[tokio::test]
async fn the_http_client_does_not_retry_by_itself() {
    // A 503 for a POST is ambiguous, so the request must not be sent again.
    let server = Server::always(json_response(503, "")).await;
    let always = || {
        let builder = reqwest::retry::for_host("127.0.0.1").max_retries_per_request(3).no_budget();
        builder.classify_fn(|attempt| attempt.retryable())
    };
    let psa = server.builder().http_client(move |client| client.retry(always())).build().unwrap();
    let error = psa.service().create_ticket(&json!({"summary": "a"})).await.unwrap_err();
    assert!(error.is_ambiguous() && error.attempts() == Some(1), "{error}");
    assert_eq!(server.count(), 1);
}

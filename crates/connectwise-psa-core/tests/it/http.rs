//! The transport over HTTP against a mock server.

use connectwise_psa_core as psa;
use futures_util::StreamExt as _;
use httpmock::prelude::*;
use psa::Transport as _;
use serde_json::json;

use crate::sample::{Client, Item, Ticket};

const PRIVATE: &str = "pr1vate-key";

/// A transport on a mock server; its base path is that of the API.
fn transport(server: &MockServer) -> psa::HttpTransportBuilder {
    let builder = psa::HttpTransport::builder(&server.url("/v4_6_release/apis/3.0/")).unwrap();
    builder.company("acme").keys("pub", PRIVATE).client_id("6b1f2c3d-0000-0000-0000-000000000001")
}

fn client(server: &MockServer) -> Client {
    Client::new(&psa::Connection::new(transport(server).version("2025.8").build().unwrap()))
}

#[tokio::test]
async fn a_request_has_its_headers_path_and_query() {
    let server = MockServer::start_async().await;
    let mock = server
        .mock_async(|when, then| {
            when.method(GET)
                .path("/v4_6_release/apis/3.0/service/tickets")
                .query_param("conditions", r#"summary="a+b & c" and closedFlag=false"#)
                .query_param("pageSize", "5")
                // base64 of acme+pub:pr1vate-key
                .header("authorization", "Basic YWNtZStwdWI6cHIxdmF0ZS1rZXk=")
                .header("clientid", "6b1f2c3d-0000-0000-0000-000000000001")
                .header("accept", "application/vnd.connectwise.com+json; version=2025.8")
                .is_true(|request| {
                    let uri = request.uri().to_string();
                    uri.contains("summary%3D%22a%2Bb%20%26%20c%22%20and")
                        && request.headers().get("content-type").is_none()
                        && request.headers().get("pagination-type").is_none()
                });
            then.status(200).header("content-type", "application/json; charset=utf-8").body(r#"[{"id":1}]"#);
        })
        .await;
    let page = client(&server).list_tickets().conditions(r#"summary="a+b & c" and closedFlag=false"#).page_size(5).await.unwrap();
    assert_eq!(page[0].id, Some(1));
    mock.assert_async().await;
}

#[tokio::test]
async fn accept_is_plain_json_without_a_version_and_anything_for_files() {
    let server = MockServer::start_async().await;
    let plain = server
        .mock_async(|when, then| {
            when.path("/v4_6_release/apis/3.0/service/tickets/5").header("accept", "application/json");
            then.status(200).body("{}");
        })
        .await;
    let file = server
        .mock_async(|when, then| {
            when.path("/v4_6_release/apis/3.0/company/contacts/3/image").query_param("useDefaultFlag", "true").header("accept", "application/json, */*");
            then.status(200).header("content-disposition", "attachment; filename=me.png").header("content-type", "image/png").body([0, 159, 146, 150]);
        })
        .await;
    let client = Client::new(&psa::Connection::new(transport(&server).build().unwrap()));
    client.get_ticket(5).await.unwrap();
    let download = client.get_contact_image(3, Some(true), None).await.unwrap();
    assert_eq!((download.file_name.as_deref(), download.media_type.as_deref(), download.length), (Some("me.png"), Some("image/png"), Some(4)));
    assert_eq!(download.bytes().await.unwrap(), [0, 159, 146, 150][..]);
    plain.assert_async().await;
    file.assert_async().await;
}

#[tokio::test]
async fn bodies_are_json() {
    let server = MockServer::start_async().await;
    let create = server
        .mock_async(|when, then| {
            when.method(POST).path("/v4_6_release/apis/3.0/service/tickets").header("content-type", "application/json").json_body(json!({"summary": "New"}));
            then.status(201).body(r#"{"id":6}"#);
        })
        .await;
    let update = server
        .mock_async(|when, then| {
            when.method("PATCH")
                .path("/v4_6_release/apis/3.0/service/tickets/6")
                .header("content-type", "application/json")
                .json_body(json!([{"op": "replace", "path": "summary", "value": "Newer"}]));
            then.status(200).body(r#"{"id":6,"summary":"Newer"}"#);
        })
        .await;
    let delete = server
        .mock_async(|when, then| {
            when.method(DELETE).path("/v4_6_release/apis/3.0/service/tickets/6");
            then.status(204);
        })
        .await;
    let client = client(&server);
    assert_eq!(client.create_ticket(&Ticket { summary: Some("New".into()), ..Ticket::default() }).await.unwrap().id, Some(6));
    assert_eq!(client.update_ticket(6, &psa::Patch::new().replace("summary", "Newer")).await.unwrap().summary.as_deref(), Some("Newer"));
    client.delete_ticket(6).await.unwrap();
    for mock in [create, update, delete] {
        mock.assert_async().await;
    }
}

#[tokio::test]
async fn files_are_sent_whole_from_memory_and_from_streams() {
    let server = MockServer::start_async().await;
    let mock = server
        .mock_async(|when, then| {
            when.method(POST).path("/v4_6_release/apis/3.0/system/documents").is_true(|request| {
                let body = request.body().to_vec();
                let text = String::from_utf8_lossy(&body);
                request.headers()["content-type"].to_str().unwrap().starts_with("multipart/form-data; boundary=")
                    && text.contains("name=\"summary\"\r\n\r\nOffer")
                    && text.contains("name=\"file\"; filename=\"ö.pdf\"\r\nContent-Type: application/pdf")
                    && body.windows(4).any(|window| window == [0, 159, 146, 150])
            });
            then.status(201).body(r#"{"value":"x"}"#);
        })
        .await;
    let client = client(&server);
    let form = Ticket { summary: Some("Offer".into()), ..Ticket::default() };
    let bytes = [0_u8, 159, 146, 150];
    let upload = psa::Upload::from_bytes("ö.pdf", bytes.to_vec()).with_media_type("application/pdf");
    assert_eq!(client.upload_document(&form, Some(upload)).await.unwrap(), Item { value: Some("x".into()) });
    let stream = futures_util::stream::iter(bytes.map(|byte| Ok(vec![byte].into())));
    let upload = psa::Upload::from_stream("ö.pdf", 4, stream).with_media_type("application/pdf");
    client.upload_document(&form, Some(upload)).await.unwrap();
    mock.assert_calls_async(2).await;

    let named = client.upload_document(&form, Some(psa::Upload::from_bytes("a", "x").with_media_type("no type"))).await.unwrap_err();
    assert!(named.is_invalid_input() && named.to_string().contains("media type of the upload"), "{named}");
    let short = futures_util::stream::iter([Ok(vec![1].into())]);
    let error = client.upload_document(&form, Some(psa::Upload::from_stream("a", 2, short))).await.unwrap_err();
    assert!(error.is_transport(), "{error}");
}

#[tokio::test]
async fn credentials_stay_where_they_belong() {
    let elsewhere = MockServer::start_async().await;
    let stolen = elsewhere
        .mock_async(|when, then| {
            when.path_includes("/");
            then.status(200).body(r#"{"id":666}"#);
        })
        .await;
    let server = MockServer::start_async().await;
    server
        .mock_async(|when, then| {
            when.path("/v4_6_release/apis/3.0/service/tickets/5");
            then.status(302).header("location", elsewhere.url("/"));
        })
        .await;
    server
        .mock_async(|when, then| {
            when.path("/v4_6_release/apis/3.0/service/tickets").query_param("page", "1");
            then.status(200).header("link", format!(r#"<{}>; rel="next""#, elsewhere.url("/?page=2"))).body(r#"[{"id":1}]"#);
        })
        .await;
    let second = server
        .mock_async(|when, then| {
            when.path("/v4_6_release/apis/3.0/service/tickets").query_param("page", "2");
            then.status(200).header("link", "").body(r#"[{"id":2}]"#);
        })
        .await;
    let client = client(&server);
    let error = client.get_ticket(5).await.unwrap_err();
    assert_eq!(error.status().map(|status| status.as_u16()), Some(302));
    assert_eq!(client.list_tickets().page_size(1).stream().try_collect::<Vec<_>>().await.unwrap().len(), 2);
    second.assert_async().await;
    stolen.assert_calls_async(0).await;
}

#[tokio::test]
async fn a_path_that_leads_elsewhere_is_not_sent() {
    let server = MockServer::start_async().await;
    let all = server
        .mock_async(|when, then| {
            when.path_includes("/");
            then.status(200).body("{}");
        })
        .await;
    let transport = transport(&server).build().unwrap();
    for path in ["service", "@evil.example/", "/../../login", "/a/%2e%2E/b", "/a/./b", "/a?b=c", "/a#b", "/a b", "/a\\b", "/ä", ""] {
        let error = transport.send(psa::Request::new(psa::Method::Get, path)).await.unwrap_err();
        assert!(error.is_invalid_input(), "{path}: {error}");
    }
    let mut request = psa::Request::new(psa::Method::Get, "/a//b/%2Fc/");
    request.headers.insert("authorization", "Bearer other".parse().unwrap());
    request.headers.insert("x-extra", "1".parse().unwrap());
    assert_eq!(transport.send(request).await.unwrap().status, 200);
    all.assert_calls_async(1).await;
}

#[tokio::test]
async fn refusals_are_read_from_real_answers() {
    let server = MockServer::start_async().await;
    server
        .mock_async(|when, then| {
            when.path("/v4_6_release/apis/3.0/service/tickets/5");
            then.status(429).header("retry-after", "30").header("x-cw-request-id", "id-1").body(r#"{"error":"ConnectWiseAPI","message":"Too many requests."}"#);
        })
        .await;
    let error = client(&server).get_ticket(5).await.unwrap_err();
    assert!(error.is_rate_limited());
    assert_eq!((error.retry_after().map(|wait| wait.as_secs()), error.request_id()), (Some(30), Some("id-1")));
    assert!(!format!("{error} {error:?}").contains(PRIVATE));
}

#[tokio::test]
async fn failures_of_the_network_have_their_kind_and_no_url() {
    // Bound and closed again: nobody listens there.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let base = format!("http://127.0.0.1:{port}/v4_6_release/apis/3.0");
    let build =
        |builder: psa::HttpTransportBuilder| Client::new(&psa::Connection::new(builder.company("acme").keys("pub", PRIVATE).client_id("id").build().unwrap()));
    let refused = build(psa::HttpTransport::builder(&base).unwrap()).list_tickets().conditions("confidential=1").await.unwrap_err();
    assert!(refused.is_connect() && refused.is_transport() && !refused.is_timeout(), "{refused:?}");
    assert!(refused.to_string().contains("refused"), "the line says why: {refused}");

    let server = MockServer::start_async().await;
    server
        .mock_async(|when, then| {
            when.path_includes("/");
            then.status(200).delay(std::time::Duration::from_secs(5)).body("[]");
        })
        .await;
    let impatient = reqwest::Client::builder().read_timeout(std::time::Duration::from_millis(100)).build().unwrap();
    let late = build(psa::HttpTransport::builder(&server.base_url()).unwrap().client(impatient)).list_tickets().conditions("confidential=1").await.unwrap_err();
    assert!(late.is_timeout() && late.is_transport() && !late.is_connect(), "{late:?}");
    for error in [refused, late] {
        assert!(error.to_string().starts_with("service.list_tickets"), "{error}");
        let text = format!("{error} {error:?}");
        assert!(!text.contains("confidential") && !text.contains(PRIVATE), "{text}");
    }
}

#[tokio::test]
async fn an_answer_cut_off_is_an_error() {
    use std::io::{Read as _, Write as _};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}/", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        for _ in 0..2 {
            let (mut stream, _) = listener.accept().unwrap();
            let mut buffer = [0; 4096];
            let _ = stream.read(&mut buffer).unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n[{\"id\":1}").unwrap();
        }
    });
    let transport = psa::HttpTransport::builder(&base).unwrap().company("acme").keys("pub", PRIVATE).client_id("id").build().unwrap();
    let client = Client::new(&psa::Connection::new(transport));
    let listed = client.list_tickets().await.unwrap_err();
    let downloaded = client.get_contact_image(1, None, None).await.unwrap().next().await;
    assert!(downloaded.is_some());
    assert!(listed.is_transport(), "{listed}");
    assert_eq!(listed.status().map(|status| status.as_u16()), Some(200));
    server.join().unwrap();
}

#[test]
fn settings_that_cannot_be_used_are_named() {
    let base = "https://api-na.myconnectwise.net/v4_6_release/apis/3.0";
    for (url, name) in [
        ("", "base_url is no URL"),
        ("https://", "base_url is no URL"),
        ("not a host", "base_url is no URL"),
        ("ftp://h/", "base_url is no URL of https"),
        ("https://user:hunter2@h/", "base_url holds credentials"),
        ("https://h/?a=b", "base_url holds a query"),
        ("https://h/#a", "base_url holds a query or a fragment"),
    ] {
        let error = psa::HttpTransport::builder(url).unwrap_err();
        assert!(error.is_invalid_input() && error.to_string().starts_with(&format!("invalid input: {name}")), "{url}: {error}");
        assert!(!error.to_string().contains("hunter2"));
    }
    let site = |site: &str| psa::HttpTransport::builder(site).unwrap().company("a").keys("b", "c").client_id("d").build().unwrap().base_url().to_owned();
    assert_eq!(site("api-na.myconnectwise.net"), base);
    assert_eq!(site("https://api-na.myconnectwise.net/"), base);
    let build = |company: &str, public: &str, private: &str, client_id: &str| {
        psa::HttpTransport::builder(base).unwrap().company(company).keys(public, private).client_id(client_id).build()
    };
    for (company, public, private, client_id, name) in [
        ("", "p", "hunter2", "c", "company is missing"),
        ("a", "", "hunter2", "c", "public key is missing"),
        ("a", "p", "", "c", "private key is missing"),
        ("a", "p", "hunter2", "", "client_id is missing"),
        ("a+b", "p", "hunter2", "c", "company holds one of"),
        ("a:b", "p", "hunter2", "c", "company holds one of"),
        ("a", "p:q", "hunter2", "c", "public key holds one of"),
        ("a", "p", "hunter2\n", "c", "private key has blanks"),
        ("a", "p", "hunter2", "c\r\nx: y", "client_id has blanks"),
        (" a", "p", "hunter2", "c", "company has blanks"),
    ] {
        let error = build(company, public, private, client_id).unwrap_err();
        assert!(error.is_invalid_input() && error.to_string().contains(name), "{name}: {error}");
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
    let version = psa::HttpTransport::builder(base).unwrap().company("a").keys("p", "q").client_id("c").version("2025.8, */*").build().unwrap_err();
    assert!(version.to_string().contains("version is"), "{version}");
}

#[test]
fn plain_http_is_for_this_machine_unless_permitted() {
    let build = |url: &str, permitted: bool| {
        let builder = psa::HttpTransport::builder(url).unwrap().company("a").keys("p", "q").client_id("c");
        if permitted { builder.allow_plain_http().build() } else { builder.build() }
    };
    for (url, permitted, fine) in [
        ("http://localhost:8080/", false, true),
        ("http://127.0.0.1/", false, true),
        ("http://[::1]:99/", false, true),
        ("http://localhost.evil.example/", false, false),
        ("http://10.0.0.5/", false, false),
        ("http://psa.example/", false, false),
        ("http://psa.example/", true, true),
        ("https://psa.example/", false, true),
    ] {
        let built = build(url, permitted);
        assert_eq!(built.is_ok(), fine, "{url}");
        assert!(fine || built.is_err_and(|error| error.to_string().contains("allow_plain_http")), "{url}");
    }
}

#[test]
fn nothing_prints_the_keys() {
    let builder = psa::HttpTransport::builder("https://h/").unwrap().company("acme").keys("public-key", PRIVATE).client_id("client-id");
    let before = format!("{builder:?}");
    let text = format!("{before} {:?}", builder.build().unwrap());
    for secret in [PRIVATE, "public-key", "client-id"] {
        assert!(!text.contains(secret), "{text}");
    }
}

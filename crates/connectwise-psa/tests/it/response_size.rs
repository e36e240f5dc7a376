//! A response that is read into memory has a maximum size, in every kind of call. A download that is read as a stream has
//! none.

use std::time::{Duration, Instant};

use connectwise_psa::{CallOptions, Discovery, Error, ErrorKind, Method, Patch, Psa, Upload, Value};
use serde_json::json;

use crate::server::{Action, Server, endless, json_response, quick_retries, response, stalled};

const LIMIT: u64 = 5000;

/// Returns the responses that are too large: a declared length of 5 GB, of which only the start ever arrives; a body
/// without a length that never ends; one byte too many. Each is JSON as far as it arrives.
fn too_large(status: u16) -> [Action; 3] {
    let start = format!(r#"[{{"id":5,"summary":"{}"}},"#, "x".repeat(900));
    let mut one_too_many = format!(r#"[{{"id":5,"summary":"{}"}}]"#, "x".repeat(4900));
    while one_too_many.len() as u64 <= LIMIT {
        one_too_many.push(' ');
    }
    let Action::Stall(mut declared) = stalled(status, &start) else { unreachable!("`stalled` returns this action") };
    if let Action::Respond { headers, .. } = &mut *declared {
        headers.push(("content-length".to_owned(), "5000000000".to_owned()));
    }
    [Action::Stall(declared), endless(status, &start), json_response(status, one_too_many)]
}

fn client(server: &Server) -> Psa {
    // A response that is not rejected ends the test at this timeout.
    let options = CallOptions::new().retry(quick_retries()).timeout(Duration::from_secs(20));
    server.builder().max_response_size(LIMIT).options(options).build().unwrap()
}

/// Makes every kind of call that reads its response into memory. Returns its name, whether it is a change, and its error.
async fn calls(psa: &Psa) -> Vec<(&'static str, bool, Error)> {
    let service = psa.service();
    let body = json!({"summary": "a"});
    let mut errors = vec![
        ("get", false, service.get_ticket(5).await.unwrap_err()),
        ("get as JSON", false, service.get_ticket(5).decode_as::<Value>().await.unwrap_err()),
        ("count", false, service.count_tickets().await.unwrap_err()),
        ("page", false, service.list_tickets().page(1).await.unwrap_err()),
        ("all", false, service.list_tickets().all().await.unwrap_err()),
        ("parallel", false, service.list_tickets().parallel(2).all().await.unwrap_err()),
        ("first", false, service.list_tickets().first().await.unwrap_err()),
        ("stream", false, service.list_tickets().stream().next().await.unwrap().unwrap_err()),
        ("pages", false, service.list_tickets().pages().next().await.unwrap().unwrap_err()),
        ("create", true, service.create_ticket(&body).await.unwrap_err()),
        ("replace", true, service.replace_ticket(5, &body).await.unwrap_err()),
        ("update", true, service.update_ticket(5, &Patch::new().replace("summary", "a")).await.unwrap_err()),
        ("delete", true, service.delete_ticket(5).await.unwrap_err()),
        ("raw request", false, psa.request(Method::Get, "/service/tickets").await.unwrap_err()),
        ("raw change", true, psa.request(Method::Post, "/service/tickets").json(&body).await.unwrap_err()),
        ("raw list", false, psa.request(Method::Get, "/service/tickets").list().all().await.unwrap_err()),
    ];
    let upload = Upload::from_bytes("a.txt", "bytes");
    let upload = psa.system().upload_menu_entry_image(5, &json!({"title": "a"}), Some(upload)).await;
    errors.push(("upload", true, upload.unwrap_err()));
    // The conditions are too long for a URL, so the list is sent as a search.
    let ids = (1..2000).map(|id| id.to_string()).collect::<Vec<_>>().join(",");
    let search = service.list_tickets().filter_text(format!("board/id in ({ids})"));
    errors.push(("search", false, search.page(1).await.unwrap_err()));
    errors
}

#[tokio::test]
async fn every_call_rejects_a_response_that_is_too_large() {
    for action in too_large(200) {
        let server = Server::always(action).await;
        let started = Instant::now();
        let errors = calls(&client(&server)).await;
        assert_eq!(server.count(), errors.len(), "none of them is retried");
        for (name, is_change, error) in errors {
            assert_eq!(
                (error.kind(), error.is_response_too_large()),
                (ErrorKind::ResponseTooLarge, true),
                "{name}: {error}"
            );
            assert_eq!((error.is_ambiguous(), error.is_retryable()), (is_change, false), "{name}: {error}");
            assert_eq!(error.status().map(|status| status.as_u16()), Some(200), "{name}");
            let text = error.to_string();
            assert!(text.contains("5000 bytes") && text.contains("`max_response_size`"), "{name}: {text}");
        }
        assert!(started.elapsed() < Duration::from_secs(20), "nothing waits for the rest of a response");
    }
}

#[tokio::test]
async fn a_response_of_the_maximum_size_is_read() {
    let mut body = r#"{"id":5}"#.to_owned();
    while (body.len() as u64) < LIMIT {
        body.push(' ');
    }
    let server = Server::always(json_response(200, body)).await;
    assert_eq!(client(&server).service().get_ticket(5).await.unwrap().id, Some(5));
}

#[tokio::test]
async fn only_collecting_a_download_is_limited() {
    let content = "x".repeat(1_000_000);
    let server = Server::always(response(200, "application/pdf", &content)).await;
    let psa = client(&server);
    let error = psa.system().download_document(5).await.unwrap().bytes().await.unwrap_err();
    assert!(error.is_response_too_large() && !error.is_ambiguous(), "{error}");
    assert!(
        error.to_string().contains("download_document") && error.to_string().contains("`max_response_size`"),
        "{error}"
    );
    let mut file = psa.system().download_document(5).await.unwrap();
    let mut length = 0;
    while let Some(chunk) = file.next().await {
        length += chunk.unwrap().len();
    }
    assert_eq!(length, content.len());
    let larger = server.builder().max_response_size(1_000_000).build().unwrap();
    assert_eq!(larger.system().download_document(5).await.unwrap().bytes().await.unwrap(), content);
}

#[tokio::test]
async fn of_an_error_response_only_the_start_is_read() {
    for status in [400, 401, 403, 404, 409, 500] {
        for action in [endless(status, &"x".repeat(1000)), endless(status, r#"{"message":"a"} "#)] {
            let server = Server::always(action).await;
            for error in [
                client(&server).service().get_ticket(5).await.unwrap_err(),
                client(&server).system().download_document(5).await.unwrap_err(),
            ] {
                assert_eq!(error.status().map(|status| status.as_u16()), Some(status), "{error}");
                assert!(error.is_api() && error.response_body().len() == 64 * 1024, "{error}");
            }
        }
    }
}

#[tokio::test]
async fn requests_before_a_call_have_a_maximum_too() {
    for action in too_large(200) {
        let server = Server::always(action).await;
        let error = client(&server).as_member("jdoe").service().get_ticket(5).await.unwrap_err();
        assert!(error.is_preparation() && !error.is_ambiguous(), "{error}");
        assert!(error.to_string().contains("`max_response_size`"), "{error}");
    }
    // A lookup has a maximum of its own: 64 KiB.
    let server = Server::always(endless(200, r#"{"Codebase":"v2025_1"} "#)).await;
    let psa = server.builder().code_base_discovery(Discovery::Always).build().unwrap();
    for error in [psa.company_info().await.unwrap_err(), psa.base_url().await.unwrap_err()] {
        assert!(error.to_string().contains("returns more than 64 KiB"), "{error}");
    }
    let report = psa.check().await.to_string();
    assert!(report.contains("returns more than 64 KiB"), "{report}");
}

#[tokio::test]
async fn a_check_names_a_response_that_is_too_large() {
    let server = Server::always(endless(200, r#"{"version":"v2025.1"} "#)).await;
    let report = client(&server).check().await;
    assert!(!report.is_ok() && report.to_string().contains("`max_response_size`"), "{report}");
}

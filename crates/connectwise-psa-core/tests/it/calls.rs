//! Calls: the requests that they send, and the results of their responses.

use connectwise_psa_core as psa;
use futures_util::TryStreamExt as _;
use serde_json::json;

use crate::sample::{Item, Script, Ticket, TicketSeverity, connection_error, response};

#[tokio::test]
async fn every_type_of_call_sends_its_request() {
    let script = Script::new([
        response(200, r#"{"id":5}"#),
        response(200, r#"{"id":5}"#),
        response(200, r#"{"count":17}"#),
        response(201, r#"{"id":6}"#),
        response(201, r#"{"id":7}"#),
        response(207, r#"[{"id":8}]"#),
        response(200, r#"{"id":5}"#),
        response(204, ""),
        response(200, "true"),
        response(200, "5"),
        response(200, "5"),
        response(200, "[]"),
    ]);
    let client = script.client();
    assert_eq!(client.get_ticket(5).await.unwrap().id, Some(5));
    assert_eq!(
        client.get_ticket(5).select_text("id,summary").decode_as::<serde_json::Value>().await.unwrap(),
        json!({"id": 5})
    );
    assert_eq!(
        client
            .count_tickets()
            .filter_text("a=1")
            .filter_children_text("b=2")
            .filter_custom_fields_text("c=3")
            .await
            .unwrap(),
        17
    );
    let ticket = Ticket { summary: Some("New".into()), ..Ticket::default() };
    assert_eq!(client.create_ticket(&ticket).await.unwrap().id, Some(6));
    assert_eq!(client.create_ticket(&json!({"summary": null})).await.unwrap().id, Some(7));
    assert_eq!(client.create_tickets(&[ticket][..]).await.unwrap()[0].id, Some(8));
    assert_eq!(client.update_ticket(5, &psa::patch::Patch::new().set_null("summary")).await.unwrap().id, Some(5));
    client.delete_ticket(5).await.unwrap();
    assert_eq!(client.get_level("a/b c+ä", &TicketSeverity::from("x?y")).await.unwrap(), json!(true));
    client.act(None).await.unwrap();
    client.act(Some(&json!([1]))).await.unwrap();
    client.search_tickets(&Item { value: Some("x".into()) }).page_size(5).page(1).await.unwrap();
    // `Empty` means that the request has no body.
    let requests: Vec<_> = script.requests().into_iter().map(|request| (request.line, request.body)).collect();
    let expected = [
        ("GET /service/tickets/5", "Empty"),
        ("GET /service/tickets/5?fields=id%2Csummary", "Empty"),
        ("GET /service/tickets/count?conditions=a%3D1&childConditions=b%3D2&customFieldConditions=c%3D3", "Empty"),
        ("POST /service/tickets", r#"{"summary":"New"}"#),
        ("POST /service/tickets", r#"{"summary":null}"#),
        ("POST /service/tickets", r#"[{"summary":"New"}]"#),
        ("PATCH /service/tickets/5", r#"[{"op":"replace","path":"summary","value":null}]"#),
        ("DELETE /service/tickets/5", "Empty"),
        ("GET /a/a%2Fb%20c%2B%C3%A4/b/x%3Fy/levels", "Empty"),
        ("POST /service/tickets", "Empty"),
        ("POST /service/tickets", "[1]"),
        ("POST /service/tickets/search?page=1&pageSize=5", r#"{"value":"x"}"#),
    ];
    assert_eq!(requests, expected.map(|(line, body)| (line.to_owned(), body.to_owned())));
}

#[tokio::test]
async fn invalid_path_values_and_bodies_are_not_sent() {
    let script = Script::new([]);
    let client = script.client();
    for (first, name) in [("", "first is empty"), (".", "first is `.`"), ("..", "first is `..`")] {
        let error = client.get_level(first, &TicketSeverity::Low).await.unwrap_err();
        assert!(error.is_invalid_input(), "{error}");
        assert!(error.to_string().contains(name), "{error}");
        assert_eq!(error.operation().map(|operation| operation.id), Some("get_level"));
    }
    let connection = psa::transport::Connection::new(script.clone());
    let missing =
        psa::calls::RequestBuilder::new(&connection, &crate::sample::GET_LEVEL).path(1).empty().await.unwrap_err();
    assert!(missing.to_string().contains("second is missing"), "{missing}");
    let many = psa::calls::RequestBuilder::new(&connection, &crate::sample::LIST_TICKETS)
        .path(1_i64)
        .empty()
        .await
        .unwrap_err();
    assert!(many.is_invalid_input(), "{many}");
    let empty = client.update_ticket(5, &psa::patch::Patch::new()).await.unwrap_err();
    assert!(empty.is_invalid_input() && empty.to_string().contains("patch is empty"), "{empty}");
    let unwritable =
        client.create_ticket(&Ticket { budget_hours: Some(f64::NAN.into()), ..Ticket::default() }).await.unwrap_err();
    assert!(unwritable.is_invalid_input() && unwritable.to_string().contains("body cannot be written"), "{unwritable}");
    assert_eq!(script.lines(), [""; 0]);
}

#[tokio::test]
async fn only_query_values_that_are_set_are_sent() {
    let script = Script::new([response(200, "x"), response(200, "x"), response(204, "")]);
    let client = script.client();
    client.download_contact_image(3, Some(true), Some("2026-01-01T00:00:00Z+&")).await.unwrap();
    client.download_contact_image(3, None, None).await.unwrap();
    let connection = psa::transport::Connection::new(script.clone());
    let ticket = Ticket { id: Some(4), closed_flag: Some(false), company: Some(5.into()), ..Ticket::default() };
    let call = psa::calls::RequestBuilder::new(&connection, &crate::sample::LIST_TICKETS)
        .query("s", Some(&TicketSeverity::Low))
        .query("f", Some(1.5))
        .query("t", Some("x".to_owned()));
    call.query_object(Some(&ticket)).query_object(None::<&Ticket>).empty().await.unwrap();
    assert_eq!(
        script.lines(),
        [
            "GET /company/contacts/3/image?useDefaultFlag=true&lastModified=2026-01-01T00%3A00%3A00Z%2B%26",
            "GET /company/contacts/3/image",
            "GET /service/tickets?s=Low&f=1.5&t=x&closedFlag=false&company=%7B%22id%22%3A5%7D&id=4",
        ]
    );
}

#[tokio::test]
async fn downloads_have_a_file_name_and_are_checked_against_their_length() {
    let script = Script::new([
        response(200, "\u{1}png")
            .header("content-disposition", "attachment; filename=../me.png")
            .header("content-type", "image/png")
            .header("content-length", "4"),
        response(200, "png").header("content-length", "4"),
        response(200, "png"),
        response(404, r#"{"code":"NotFound","message":"no image"}"#),
    ]);
    let client = script.client();
    let download = client.download_contact_image(3, None, None).await.unwrap();
    // Directories are removed from the file name.
    assert_eq!(
        (download.file_name.as_deref(), download.media_type.as_deref(), download.length),
        (Some("me.png"), Some("image/png"), Some(4))
    );
    assert_eq!(download.bytes().await.unwrap(), "\u{1}png");
    let short = client.download_contact_image(3, None, None).await.unwrap().bytes().await.unwrap_err();
    assert!(short.is_transport(), "{short}");
    assert_eq!(short.operation().map(|operation| operation.id), Some("download_contact_image"));
    let chunks: Vec<_> = client.download_contact_image(3, None, None).await.unwrap().try_collect().await.unwrap();
    assert_eq!(chunks, ["png"]);
    assert!(client.download_contact_image(3, None, None).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn uploads_are_multipart_forms_of_the_fields_of_an_object() {
    let script = Script::new([response(201, r#"{"value":"x"}"#), response(201, r#"{"value":"x"}"#)]);
    let client = script.client();
    let form = Ticket { id: Some(4), summary: Some("ab".into()), closed_flag: Some(true), ..Ticket::default() };
    client.upload_document(&form, Some(psa::transport::Upload::from_bytes("a.txt", "secret"))).await.unwrap();
    client.upload_document(&json!({"recordType": "Ticket", "url": null}), None).await.unwrap();
    let bodies: Vec<_> = script.requests().into_iter().map(|request| request.body).collect();
    assert_eq!(
        bodies,
        [
            r#"Multipart({"closedFlag": 4 bytes, "id": 1 bytes, "summary": 2 bytes, "file": Upload { file_name: "a.txt", media_type: None, length: 6 }})"#,
            r#"Multipart({"recordType": 6 bytes})"#,
        ]
    );
    let error = client.upload_document(&json!([1]), None).await.unwrap_err();
    assert!(error.is_invalid_input(), "{error}");
}

#[tokio::test]
async fn a_count_is_a_number_or_a_string_and_is_required() {
    for (body, expected) in [
        (r#"{"count":3}"#, Some(3)),
        (r#"{"count":"3"}"#, Some(3)),
        (r#"{"count":5000000000}"#, Some(5_000_000_000)),
        ("{}", None),
        (r#"{"count":null}"#, None),
    ] {
        let script = Script::new([response(200, body)]);
        let count = script.client().count_tickets().await;
        assert_eq!(count.as_ref().ok(), expected.as_ref(), "{body}");
        assert!(
            count.is_ok() || count.is_err_and(|error| error.is_unexpected_response() || error.path() == Some("count")),
            "{body}"
        );
    }
}

#[tokio::test]
async fn transport_errors_name_the_operation_and_keep_their_source() {
    let error = Script::new([connection_error()]).client().get_ticket(5).await.unwrap_err();
    assert!(error.is_transport() && !error.is_timeout() && !error.is_connect());
    assert!(
        error.to_string().starts_with("service.get_ticket (GET /service/tickets/{id}): the request failed"),
        "{error}"
    );
    assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "connection reset");
}

#[test]
fn futures_and_streams_are_send() {
    fn assert_send<T: Send + 'static>(_: T) {}
    let client = Script::new([]).client();
    assert_send(client.list_tickets());
    assert_send(client.list_tickets().all());
    assert_send(client.list_tickets().page(1));
    assert_send(client.list_tickets().first());
    assert_send(client.list_tickets().one());
    assert_send(client.list_tickets().stream());
    assert_send(client.list_tickets().pages());
    assert_send(client.get_ticket(1).into_future());
    assert_send(client.count_tickets().into_future());
    assert_send(client.create_ticket(&Ticket::default()));
    assert_send(client.create_ticket(&Ticket::default()).into_future());
    assert_send(client.upload_document(&Ticket::default(), None));
    assert_send(client.download_contact_image(1, None, None));
    assert_send(async move { client.download_contact_image(1, None, None).await?.bytes().await });
}

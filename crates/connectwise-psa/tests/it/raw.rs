//! Tests calls by path and by operation name, dry runs, edits and blocking calls, against a mock server.

use connectwise_psa::raw::RawBody;
use connectwise_psa::{Discovery, Method, Psa, PsaBuilder, Upload, Value};
use httpmock::prelude::*;
use serde_json::json;

const BASE: &str = "/v4_6_release/apis/3.0";

fn builder(server: &MockServer) -> PsaBuilder {
    Psa::builder().host(server.base_url()).company("acme").keys("public", "pr1vate-key").client_id("the-client-id")
}

fn psa(server: &MockServer) -> Psa {
    builder(server).build().unwrap()
}

#[tokio::test]
async fn any_path_can_be_called_and_its_body_is_parsed_or_rejected() {
    let server = MockServer::start_async().await;
    for (path, status, media_type, body) in [
        ("/system/anything", 200, "application/json", r#"{"a":1}"#),
        ("/system/blank", 200, "application/json", " "),
        ("/system/none", 204, "", ""),
        ("/system/text", 200, "text/plain", "hello"),
        ("/system/page", 200, "text/html", "<html><title>Log in</title></html>"),
        ("/system/cut", 200, "application/json", r#"{"a":"#),
    ] {
        server
            .mock_async(|when, then| {
                when.method(POST)
                    .path(format!("{BASE}{path}"))
                    .query_param("x y", "a+b")
                    .header("x-own", "1")
                    .json_body(json!({"b": 2}));
                then.status(status).header("content-type", media_type).body(body);
            })
            .await;
    }
    let call = async |path: &str| {
        psa(&server).request(Method::Post, path).query("x y", "a+b").header("x-own", "1").json(&json!({"b": 2})).await
    };
    assert_eq!(call("/system/anything").await.unwrap().into_json().unwrap(), json!({"a": 1}));
    let empty = call("system/blank").await.unwrap();
    assert_eq!((empty.status.as_u16(), empty.into_json().unwrap()), (200, Value::Null));
    let none = call("/system/none").await.unwrap();
    assert_eq!((none.status.as_u16(), none.body.clone()), (204, RawBody::Empty));
    assert_eq!(call("/system/text").await.unwrap().body, RawBody::Bytes("hello".into()));
    let page = call("/system/page").await.unwrap_err();
    assert!(page.is_unexpected_response() && page.is_ambiguous() && page.to_string().contains("text/html"), "{page}");
    let cut = call("/system/cut").await.unwrap_err();
    assert!(cut.is_decode() && cut.is_ambiguous() && !cut.is_retryable(), "{cut}");
    let missing = call("/system/missing").await.unwrap_err();
    assert!(missing.is_not_found(), "{missing}");
}

#[tokio::test]
async fn a_hyperlink_is_requested_and_one_of_another_server_is_rejected() {
    let server = MockServer::start_async().await;
    let other = MockServer::start_async().await;
    let other_mock = other
        .mock_async(|when, then| {
            when.any_request();
            then.status(200).body("{}");
        })
        .await;
    let mock = server
        .mock_async(|when, then| {
            when.path(format!("{BASE}/company/contacts/57961/notes"))
                // The client decodes the query of the link and normalises the condition.
                .query_param("conditions", "id>5")
                .header_exists("authorization");
            then.status(200).body("[]");
        })
        .await;
    let link = |server: &MockServer| {
        format!("{}/v2025_1//apis/3.0/company/contacts/57961/notes?conditions=id+%3e+5", server.base_url())
    };
    psa(&server).request(Method::Get, &link(&server)).await.unwrap();
    mock.assert_async().await;
    let outside = server
        .mock_async(|when, then| {
            when.path("/v4_6_release/inline/5").query_param("size", "2").header_exists("authorization");
            then.status(200).header("content-type", "image/png").body("png");
        })
        .await;
    let image = format!("{}/v4_6_release/inline/5?size=2", server.base_url());
    psa(&server).request(Method::Get, &image).download().await.unwrap();
    outside.assert_async().await;
    for url in [link(&other), other.url("/service/tickets/5")] {
        let psa = psa(&server);
        let request = || psa.request(Method::Get, &url);
        for error in [
            request().await.unwrap_err(),
            request().download().await.unwrap_err(),
            request().list().page(1).await.unwrap_err(),
            request().decode_as::<Value>().await.unwrap_err(),
            request().dry_run().unwrap_err(),
        ] {
            assert!(error.is_invalid_input() && error.to_string().contains(&other.base_url()), "{error}");
        }
    }
    other_mock.assert_calls_async(0).await;
}

#[tokio::test]
async fn a_list_by_path_is_read_by_page_or_completely() {
    let server = MockServer::start_async().await;
    let link = |rest: &str| format!("<https://elsewhere.example/v1//apis/3.0/unknown/things?{rest}>; rel=\"next\"");
    for (page, body, next) in
        [("1", r#"[{"id":1},{"id":2}]"#, link("page=2")), ("2", r#"[{"id":3,"amount":10.50}]"#, String::new())]
    {
        server
            .mock_async(|when, then| {
                when.path(format!("{BASE}/unknown/things"))
                    .query_param("page", page)
                    .query_param("pageSize", "2")
                    .query_param("orderBy", "id asc");
                then.status(200).header("link", next).body(body);
            })
            .await;
    }
    let psa = psa(&server);
    let request = || psa.request(Method::Get, "/unknown/things?orderBy=id&pageSize=2");
    let one = request().query("page", "1").await.unwrap();
    assert_eq!(one.next_page().and_then(|next| next.page), Some(2));
    let all: Vec<Value> = request().list().all().await.unwrap();
    assert_eq!(all, [json!({"id": 1}), json!({"id": 2}), json!({"id": 3, "amount": 10.5})]);
    let texts: Vec<Box<serde_json::value::RawValue>> = request().list_as().all().await.unwrap();
    assert_eq!(texts.last().map(|text| text.get()), Some(r#"{"id":3,"amount":10.50}"#));
    let first: Vec<Value> = request().list().take(1).all().await.unwrap();
    assert_eq!(first.len(), 1);
    let error = psa.request(Method::Get, "/unknown/things?conditions=a==1").list().page(1).await.unwrap_err();
    assert!(error.is_invalid_input() && error.to_string().contains("conditions has a syntax error"), "{error}");
}

#[tokio::test]
async fn an_operation_is_called_by_name_with_json_parameters() {
    let server = MockServer::start_async().await;
    let notes = server
        .mock_async(|when, then| {
            when.method(GET)
                .path(format!("{BASE}/service/tickets/5/notes"))
                .query_param("conditions", "internalFlag=true")
                .query_param("page", "2");
            then.status(200).body(r#"[{"id":1}]"#);
        })
        .await;
    let psa = psa(&server);
    // Both names of the operation, and parameters in any letter case. A parameter that is null is not sent.
    for id in ["service.list_ticket_notes", "getServiceTicketsByParentIdNotes"] {
        let response = psa
            .operation(id)
            .parameters(&json!({"parentid": 5, "Conditions": "internalFlag = True", "page": 2, "fields": null}))
            .await
            .unwrap();
        assert_eq!(response.into_json().unwrap(), json!([{"id": 1}]));
    }
    notes.assert_calls_async(2).await;
    let count = server
        .mock_async(|when, then| {
            when.path(format!("{BASE}/service/tickets/5/notes/count"));
            then.status(200).body(r#"{"count":7}"#);
        })
        .await;
    let counted =
        psa.operation("service.list_ticket_notes").parameters(&json!({"parentId": "5"})).list().count().await.unwrap();
    assert_eq!((counted, count.calls_async().await), (7, 1));
}

#[tokio::test]
async fn unknown_operations_and_invalid_parameters_are_rejected() {
    let server = MockServer::start_async().await;
    let psa = psa(&server);
    for (request, expected) in [
        (psa.operation("service.list_tickts"), "operation \"service.list_tickts\" is unknown"),
        (psa.operation("service.get_ticket"), "id is missing from the path"),
        (
            psa.operation("service.get_ticket").parameters(&json!({"id": "five"})),
            "id is \"five\", which is not an integer",
        ),
        (
            psa.operation("service.get_ticket").parameters(&json!({"id": [5]})),
            "parameter \"id\" is not a string, number or boolean",
        ),
        (
            psa.operation("service.get_ticket").parameters(&json!({"id": 5, "page": 2})),
            "parameter \"page\" is unknown; the operation takes id, fields",
        ),
        (psa.operation("service.get_ticket").parameters(&json!([5])), "parameters are not a JSON object"),
        (psa.operation("service.create_ticket"), "body is missing; the operation takes the JSON of Ticket"),
        (psa.operation("service.list_tickets").parameters(&json!({"pageSize": 5000})), "page_size is 5000"),
    ] {
        let error = request.await.unwrap_err();
        assert!(error.is_invalid_input() && error.to_string().contains(expected), "{error}");
    }
    assert!(
        psa.operation("service.get_ticket")
            .parameters(&json!({"id": 5}))
            .list()
            .all()
            .await
            .unwrap_err()
            .to_string()
            .contains("list is not supported: this operation does not return a list")
    );
}

#[tokio::test]
async fn a_query_too_long_for_a_url_becomes_a_search_or_is_rejected() {
    let server = MockServer::start_async().await;
    let search = server
        .mock_async(|when, then| {
            when.method(POST)
                .path(format!("{BASE}/service/tickets/search"))
                .query_param("pageSize", "5")
                .body_includes("\"conditions\":\"summary in (");
            then.status(200).body(r#"[{"id":1}]"#);
        })
        .await;
    let psa = psa(&server);
    let names: Vec<_> = (0..300).map(|number| format!("'ticket {number}'")).collect();
    let parameters = json!({"conditions": format!("summary in ({})", names.join(",")), "pageSize": 5});
    for request in [
        psa.operation("service.list_tickets").parameters(&parameters),
        psa.request(Method::Get, "/service/tickets?pageSize=5")
            .query("conditions", parameters["conditions"].as_str().unwrap()),
    ] {
        assert_eq!(request.await.unwrap().into_json().unwrap(), json!([{"id": 1}]));
    }
    search.assert_calls_async(2).await;
    let shown = psa.operation("service.list_tickets").parameters(&parameters).dry_run().unwrap();
    assert!(
        shown.to_string().starts_with("POST ") && shown.to_string().contains("/service/tickets/search?pageSize=5"),
        "{shown}"
    );
    // Boards have no search, so the client rejects conditions that are too long for a URL.
    let request = psa
        .operation("service.list_boards")
        .parameters(&json!({"conditions": parameters["conditions"].as_str().unwrap().replace("summary", "name")}));
    let error = request.await.unwrap_err();
    // 2000 is the maximum length of a URL.
    assert!(error.is_invalid_input() && error.to_string().contains("2000"), "{error}");
}

#[tokio::test]
async fn a_dry_run_shows_the_exact_request_without_secrets() {
    let server = MockServer::start_async().await;
    let psa = psa(&server);
    let request = psa
        .operation("service.list_tickets")
        .parameters(&json!({"conditions": "summary contains 'a+b'", "pageSize": 5}))
        .dry_run()
        .unwrap();
    assert_eq!(
        request.url,
        format!("{}{BASE}/service/tickets?conditions=summary%20contains%20%22a%2Bb%22&pageSize=5", server.base_url())
    );
    let body = json!({"summary": "x", "portalPassword": "hunter2", "list": [{"apiKey": "hunter2"}]});
    let request = psa.service().create_ticket(&body).dry_run().unwrap();
    let text = request.to_string();
    for expected in [
        "POST http://127.0.0.1",
        "\nauthorization: [redacted]",
        "\nclientid: [redacted]",
        "\naccept: application/vnd.connectwise.com+json; version=2025.8",
        "\"summary\": \"x\"",
    ] {
        assert!(text.contains(expected), "{expected} in {text}");
    }
    let debug = format!("{request:?}{text}");
    // The last one is base64 of `acme+public:`, the start of the `Authorization` header.
    for secret in ["hunter2", "pr1vate-key", "the-client-id", "YWNtZStwdWJsaWM6"] {
        assert!(!debug.contains(secret), "{secret} in {debug}");
    }
    let patch = connectwise_psa::Patch::new().replace("password", "hunter2");
    let request = psa.service().update_ticket(5, &patch).dry_run().unwrap();
    assert!(!request.to_string().contains("hunter2"), "{request}");
    let file = psa
        .request(Method::Post, "/system/documents")
        .json(&json!({"recordType": "Ticket"}))
        .upload(Upload::from_bytes("a.txt", "content"));
    let request = file.dry_run().unwrap();
    assert_eq!(request.body.as_deref(), Some("recordType: Ticket\nfile: file \"a.txt\", 7 bytes"));
    let invalid = psa.service().list_tickets().filter_text("a == 1").dry_run().unwrap_err();
    assert!(invalid.to_string().contains("conditions has a syntax error"), "{invalid}");
}

#[tokio::test]
async fn an_edit_sends_only_the_changed_fields() {
    let server = MockServer::start_async().await;
    let path = format!("{BASE}/service/tickets/5");
    server
        .mock_async(|when, then| {
            when.method(GET).path(&path);
            then.status(200).body(
                r#"{"id":5,"summary":"old","company":{"id":1,"name":"A","_info":{}},"severity":"New kind","unknownField":{"a":1},
                    "customFields":[{"id":1,"caption":"a","value":"x"},{"id":2,"caption":"b","value":"y"}],"_info":{"lastUpdated":"2026-01-01T00:00:00Z"}}"#,
            );
        })
        .await;
    let patch = server
        .mock_async(|when, then| {
            when.method("PATCH").path(&path).json_body(json!([
                {"op": "replace", "path": "company", "value": {"id": 2}},
                {"op": "replace", "path": "customFields", "value": [{"id": 2, "value": "z"}]},
                {"op": "replace", "path": "summary", "value": "new"}
            ]));
            then.status(200).body(r#"{"id":5,"summary":"new"}"#);
        })
        .await;
    let psa = psa(&server);
    let edited = psa
        .service()
        .get_ticket(5)
        .edit(|ticket| {
            ticket.summary = Some("new".into());
            ticket.company = Some(2.into());
            ticket.custom_fields.as_mut().unwrap()[1].value = Some("z".into());
        })
        .await
        .unwrap();
    assert_eq!(edited.summary.as_deref(), Some("new"));
    let unchanged = psa.service().get_ticket(5).edit(|ticket| ticket.summary = Some("old".into())).await.unwrap();
    assert_eq!(unchanged.summary.as_deref(), Some("old"));
    patch.assert_calls_async(1).await;
    let error = psa.service().get_ticket(5).edit(|ticket| ticket.id = Some(6)).await.unwrap_err();
    assert!(error.is_invalid_input(), "{error}");
}

#[cfg(feature = "blocking")]
mod blocking {
    use connectwise_psa::blocking::{Blocking as _, BlockingStream as _};

    use super::*;

    #[tokio::test]
    async fn a_blocking_call_in_async_code_is_an_error_and_does_not_panic() {
        let server = MockServer::start_async().await;
        let psa = psa(&server);
        assert!(psa.service().get_ticket(5).blocking().unwrap_err().to_string().contains("in async code"));
        let mut tickets = psa.service().list_tickets().stream().blocking_iter();
        assert!(tickets.next().unwrap().unwrap_err().is_invalid_input() && tickets.next().is_none());
        tokio::spawn(async move { assert!(psa.service().get_ticket(5).blocking().unwrap_err().is_invalid_input()) })
            .await
            .unwrap();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_blocking_call_works_where_code_may_block() {
        let server = MockServer::start_async().await;
        server
            .mock_async(|when, then| {
                when.any_request();
                then.status(200).body(r#"{"id":5}"#);
            })
            .await;
        let psa = psa(&server);
        let read = |psa: Psa| psa.service().get_ticket(5).blocking().unwrap().id;
        let clone = psa.clone();
        assert_eq!(tokio::task::spawn_blocking(move || read(clone)).await.unwrap(), Some(5));
        assert_eq!(tokio::task::block_in_place(|| read(psa.clone())), Some(5));
        let clone = psa.clone();
        let handle = tokio::spawn(async move { tokio::task::block_in_place(|| read(clone)) });
        assert_eq!(handle.await.unwrap(), Some(5));
        // Tokio does not limit this task, so it looks like code that may block: it must not panic.
        let clone = psa.clone();
        let handle = tokio::spawn(tokio::task::unconstrained(async move { read(clone) }));
        assert_eq!(handle.await.unwrap(), Some(5));
        assert_eq!(std::thread::spawn(move || read(psa)).join().unwrap(), Some(5));
    }

    #[test]
    fn an_async_call_outside_a_runtime_is_an_error_and_does_not_panic() {
        let psa = Psa::builder().host("psa.example").company("acme").keys("pub", "priv").build().unwrap();
        for error in [
            futures_util::FutureExt::now_or_never(psa.service().get_ticket(5).into_future()).unwrap().unwrap_err(),
            futures_util::FutureExt::now_or_never(psa.base_url()).unwrap().unwrap_err(),
            futures_util::FutureExt::now_or_never(psa.company_info()).unwrap().unwrap_err(),
        ] {
            assert!(error.is_invalid_input() && error.to_string().contains("Tokio runtime"), "{error}");
        }
    }
}

#[tokio::test]
async fn dry_runs_of_any_client_and_call_send_nothing() {
    let server = MockServer::start_async().await;
    let any = server
        .mock_async(|when, then| {
            when.any_request();
            then.status(200).body("{}");
        })
        .await;
    let psa = builder(&server).code_base_discovery(Discovery::Always).build().unwrap();
    let body = json!({"summary": "x"});
    let request = psa
        .with(connectwise_psa::CallOptions::new().without_version())
        .service()
        .create_ticket(&body)
        .dry_run()
        .unwrap();
    assert!(request.headers.contains(&("accept".to_owned(), "application/json".to_owned())), "{request}");
    let request = psa.service().create_ticket(&body).without_version().header("x-trace", "7").dry_run().unwrap();
    assert!(request.headers.contains(&("accept".to_owned(), "application/json".to_owned())), "{request}");
    assert!(request.headers.contains(&("x-trace".to_owned(), "7".to_owned())), "{request}");
    psa.as_member("jdoe").service().create_ticket(&body).dry_run().unwrap();
    let reading = psa.service().get_ticket(5);
    assert_eq!(reading.dry_run().unwrap().method, Method::Get);
    // A dry run does not read a stream. It shows the file's name and length.
    let stream = Upload::from_stream("a.txt", 7, connectwise_psa::ByteStream::from("content"));
    let upload = psa.request(Method::Post, "/system/documents").json(&json!({"recordType": "Ticket"})).upload(stream);
    assert_eq!(upload.dry_run().unwrap().body.as_deref(), Some("recordType: Ticket\nfile: file \"a.txt\", 7 bytes"));
    any.assert_calls_async(0).await;
}

#[tokio::test]
async fn a_raw_request_hides_secrets_and_its_errors_name_the_path() {
    let server = MockServer::start_async().await;
    let psa = psa(&server);
    let request = psa
        .request(Method::Post, "/company/contacts")
        .json(&json!({"portalPassword": "hunter2", "a": 1}))
        .header("x-api-key", "hunter2");
    let text = format!("{request:?}");
    assert!(!text.contains("hunter2") && text.contains("/company/contacts") && text.contains("x-api-key"), "{text}");
    let error = psa.request(Method::Get, "/nope/at/all").await.unwrap_err().to_string();
    assert!(error.starts_with("GET /nope/at/all: 404"), "{error}");
}

#[tokio::test]
async fn an_unknown_operation_name_gets_a_suggestion() {
    let psa = Psa::builder().host("psa.example").company("acme").keys("pub", "priv").build().unwrap();
    for (id, expected) in [
        ("service.get_tickets", "a similar name is `service.get_ticket`"),
        ("getServiceTicket", "a similar name is `getServiceTickets`"),
        ("weather.list_tickets", "section \"weather\" does not exist"),
        ("tickets", "use a name with its section"),
    ] {
        let error = psa.operation(id).await.unwrap_err().to_string();
        assert!(error.contains(expected), "{id}: {error}");
    }
}

#[tokio::test]
async fn a_body_keeps_exact_numbers_or_is_rejected() {
    let psa = Psa::builder().host("psa.example").company("acme").keys("pub", "priv").build().unwrap();
    let request = || psa.request(Method::Post, "/x");
    let amount: connectwise_psa::Amount = "12345678901234567890.50".parse().unwrap();
    assert_eq!(request().json(&amount).dry_run().unwrap().body.as_deref(), Some("12345678901234567890.50"));
    // JSON has no notation for NaN.
    assert!(request().json(&[f64::NAN]).dry_run().is_err());
}

#[test]
fn secrets_are_hidden_wherever_json_is_shown() {
    use connectwise_psa::Patch;
    use connectwise_psa::types::{CustomFieldValue, Ticket};

    let psa = Psa::builder().host("psa.example").company("acme").keys("pub", "priv").build().unwrap();
    let text = |value: Value| CustomFieldValue {
        type_: Some("Text".into()),
        value: Some(value),
        ..CustomFieldValue::default()
    };
    let shapes = [
        json!({"id": 5, "summary": "shown", "customFields": [{"id": 1, "caption": "c", "type": "Password", "value": "hunter2"}]}),
        json!({"id": 5, "customFields": [{"id": 1, "value": "hunter2"}, {"id": 2, "type": "Text", "value": "shown"}]}),
        json!({"id": 5, "summary": "shown", "customFields": [{"caption": "c", "value": 5, "other": "hunter2"}]}),
        json!({"summary": "shown", "password": "hunter2", "list": [{"apiKey": "hunter2"}]}),
        json!({"summary": "shown", "questions": [{"fieldType": "Password", "answer": "hunter2"}]}),
        json!([{"op": "replace", "path": "customFields", "value": [{"id": 1, "caption": "shown", "value": "hunter2"}]}]),
        json!([{"op": "add", "path": "/customFields/0", "value": {"caption": "shown", "value": "hunter2"}}]),
        json!([{"op": "replace", "path": "customFields/0/value", "value": "hunter2"}, {"op": "replace", "path": "summary", "value": "shown"}]),
        json!([{"op": "replace", "path": "password", "value": "hunter2"}, {"op": "replace", "path": "summary", "value": "shown"}]),
        json!({"requests": [{"type": "create", "body": {"summary": "shown", "customFields": [{"id": 1, "value": "hunter2"}]}}]}),
        json!({"Action": "shown", "Entity": json!({"customFields": [{"id": 1, "value": "hunter2"}]}).to_string()}),
    ];
    for shape in shapes {
        let request = || psa.request(Method::Post, "/system/anything");
        let form = request().json(&json!({"part": shape})).upload(Upload::from_bytes("a", "b"));
        let body = format!("{:?}", RawBody::Json(shape.clone()));
        assert!(!body.contains("hunter2"), "{body}");
        let mut shown = vec![
            ("dry run", request().json(&shape).dry_run().unwrap().to_string()),
            ("dry run of a form", form.dry_run().unwrap().to_string()),
            ("request", format!("{:?} {form:?}", request().json(&shape))),
            ("JSON in a record", format!("{:?}", text(shape.clone()))),
            ("patch", format!("{:?}", Patch::new().replace("anything", &shape))),
            (
                "dry run of a patch",
                psa.service()
                    .update_ticket(5, &Patch::new().replace("anything", &shape))
                    .dry_run()
                    .unwrap()
                    .to_string(),
            ),
        ];
        if let Ok(ticket) = serde_json::from_value::<Ticket>(shape.clone())
            && ticket.custom_fields.is_some()
        {
            let debug = format!("{ticket:?} {:?}", ticket.custom_fields);
            assert!(!debug.contains("hunter2") && debug.contains("customFields: [CustomFieldValue {"), "{debug}");
            shown.push(("dry run of a record", psa.service().create_ticket(&ticket).dry_run().unwrap().to_string()));
        }
        if shape.is_array() {
            let patch: Patch = serde_json::from_value(shape.clone()).unwrap();
            shown.push(("patch of this shape", format!("{patch:?}")));
            shown.push(("its dry run", psa.service().update_ticket(5, &patch).dry_run().unwrap().to_string()));
        }
        for (output, text) in shown {
            assert!(!text.contains("hunter2") && text.contains("shown"), "{output}: {text}");
        }
    }
    let part = |name: &str, value: &str| {
        let request = psa.request(Method::Post, "/system/anything").json(&json!({ name: value }));
        request.upload(Upload::from_bytes("a", "b")).dry_run().unwrap().body.unwrap()
    };
    assert!(
        part("customFields", "[{\"id\":1,\"value\":\"hunter2\"}]")
            .starts_with("customFields: [{\"id\":1,\"value\":\"[redacted]\"}]")
    );
    assert!(part("password", "hunter2").starts_with("password: [redacted]"));
    assert!(part("title", "{x").starts_with("title: {x"));
}

#[tokio::test]
async fn a_truncated_response_with_minted_keys_is_not_quoted() {
    let server = MockServer::start_async().await;
    let long = "x".repeat(200);
    let bodies = [
        r#"{"publicKey":"pub","privateKey":"hunter2","#.to_owned(),
        // Without a name in the part that an error shows, or at all.
        format!(r#"{{"id":"hunter2","note":"{long}","privateKey":"a"#),
        r#"{"id":5,"key":"hunter2","#.to_owned(),
        "hunter2".to_owned(),
    ];
    for (number, body) in bodies.iter().enumerate() {
        for media_type in ["application/json", "text/plain"] {
            let member = format!("m{number}{}", media_type.len());
            let path = format!("/system/members/{member}/tokens");
            let mock = server
                .mock_async(|when, then| {
                    when.path(format!("{BASE}{path}"));
                    then.status(200).header("content-type", media_type).body(body);
                })
                .await;
            let parameters = json!({"memberIdentifier": member});
            let by_path = psa(&server).request(Method::Post, &path).json(&json!({}));
            let by_name = psa(&server)
                .operation("postSystemMembersByMemberIdentifierTokens")
                .parameters(&parameters)
                .json(&json!({}));
            let decoded = psa(&server).request(Method::Post, &path).json(&json!({})).decode_as::<Value>();
            let mut errors = vec![decoded.await.unwrap_err()];
            for request in [by_path, by_name] {
                errors.push(match request.await {
                    Ok(response) => {
                        assert!(!format!("{response:?}").contains("hunter2"));
                        response.into_json().unwrap_err()
                    }
                    Err(error) => error,
                });
            }
            for error in errors {
                let text = format!("{error} {error:?}");
                assert!(!text.contains("hunter2"), "{text}");
            }
            mock.assert_calls_async(3).await;
        }
    }
    // Any other path: the whole body decides.
    for body in &bodies[..2] {
        let path = format!("/system/other/{}", body.len());
        server
            .mock_async(|when, then| {
                when.path(format!("{BASE}{path}"));
                then.status(200).header("content-type", "text/plain").body(body);
            })
            .await;
        let error = psa(&server).request(Method::Get, &path).await.unwrap().into_json().unwrap_err();
        let text = format!("{error} {error:?}");
        assert!(!text.contains("hunter2") && text.contains("[redacted]"), "{text}");
        // A request that only reads cannot have changed anything.
        assert!(!error.is_ambiguous(), "{text}");
    }
}

//! Lists over scripted pages: no record is missed or repeated, and every list ends.

use connectwise_psa_core as psa;
use futures_util::TryStreamExt as _;
use serde::Deserialize;
use serde_json::Value;

use crate::sample::{Script, ScriptedResponse, connection_error, response};

/// Returns a page of tickets with these ids.
fn page(ids: impl IntoIterator<Item = i32>) -> ScriptedResponse {
    let records: Vec<_> = ids.into_iter().map(|id| format!(r#"{{"id":{id}}}"#)).collect();
    response(200, format!("[{}]", records.join(",")))
}

impl ScriptedResponse {
    /// Adds the `Link` header of a page that is not the last. As on live servers, the links name another host and
    /// encode the conditions differently than the client.
    fn next(self, query: &str) -> Self {
        self.header("link", &format!(r#"<https://other.example/v2025_1//apis/3.0/service/tickets/?conditions=a+%3d+1&{query}>; rel="next", <https://other.example/x?page=9>; rel="last""#))
    }

    /// Adds the `Link` header of the last page.
    fn end(self) -> Self {
        self.header("link", r#"<https://other.example/x?page=1>; rel="first""#)
    }
}

/// Returns the ids that were read, whether an error followed, the requested pages or page ids, and the number of unused
/// responses.
async fn run(query: psa::query::ListQuery, responses: Vec<ScriptedResponse>) -> (Vec<i32>, bool, Vec<String>, usize) {
    let script = Script::new(responses);
    let mut stream = script.client().list_tickets().with_query(query).stream();
    let (mut ids, mut failed) = (Vec::new(), false);
    while let Some(item) = stream.next().await {
        assert!(!failed, "a stream ends after an error");
        match item {
            Ok(ticket) => ids.push(ticket.id.unwrap()),
            Err(_) => failed = true,
        }
    }
    assert!(stream.next().await.is_none(), "a stream that has ended stays ended");
    let requested = script
        .requests()
        .iter()
        .map(|request| format!("{}{}", if request.forward { "forward " } else { "" }, page_parameters(&request.line)))
        .collect();
    (ids, failed, requested, script.remaining())
}

/// Returns the parameters `page` and `pageId` of a request line.
fn page_parameters(line: &str) -> String {
    let query = line.split_once('?').map_or("", |(_, query)| query);
    query
        .split('&')
        .filter(|pair| pair.starts_with("page=") || pair.starts_with("pageId="))
        .collect::<Vec<_>>()
        .join("&")
}

/// The name, the query, the responses; the expected ids, whether an error follows, and the requested pages.
type Case<'a> = (&'a str, psa::query::ListQuery, Vec<ScriptedResponse>, &'a [i32], bool, &'a [&'a str]);

#[tokio::test]
async fn pages_are_read_to_the_end_and_no_further() {
    let by_two = || psa::query::ListQuery::new().page_size(2);
    let forward = || psa::query::ListQuery::new().page_size(2).page_id(0);
    let cases: Vec<Case<'_>> = vec![
        ("an empty list", by_two(), vec![page([])], &[], false, &["page=1"]),
        ("one short page", by_two(), vec![page([1])], &[1], false, &["page=1"]),
        (
            "links to the end",
            by_two(),
            vec![page([1, 2]).next("pageSize=2&page=2"), page([3, 4]).end()],
            &[1, 2, 3, 4],
            false,
            &["page=1", "page=2"],
        ),
        (
            "a full last page without links needs one more request",
            by_two(),
            vec![page([1, 2]), page([3, 4]), page([])],
            &[1, 2, 3, 4],
            false,
            &["page=1", "page=2", "page=3"],
        ),
        (
            "a short last page without links",
            by_two(),
            vec![page([1, 2]), page([3])],
            &[1, 2, 3],
            false,
            &["page=1", "page=2"],
        ),
        (
            "the last page has no link header",
            by_two(),
            vec![page([1, 2]).next("page=2"), page([3])],
            &[1, 2, 3],
            false,
            &["page=1", "page=2"],
        ),
        (
            "an empty page in the middle",
            by_two(),
            vec![page([1, 2]).next("page=2"), page([]).next("page=3"), page([5]).end()],
            &[1, 2, 5],
            false,
            &["page=1", "page=2", "page=3"],
        ),
        (
            "a short page in the middle",
            by_two(),
            vec![page([1]).next("page=2"), page([3]).end()],
            &[1, 3],
            false,
            &["page=1", "page=2"],
        ),
        (
            "a link without a page",
            by_two(),
            vec![page([1, 2]).next("pageSize=2"), page([3]).end()],
            &[1, 2, 3],
            false,
            &["page=1", "page=2"],
        ),
        (
            "an error on page 2",
            by_two(),
            vec![page([1, 2]).next("page=2"), response(500, "{}")],
            &[1, 2],
            true,
            &["page=1", "page=2"],
        ),
        (
            "a connection error on page 2",
            by_two(),
            vec![page([1, 2]).next("page=2"), connection_error()],
            &[1, 2],
            true,
            &["page=1", "page=2"],
        ),
        (
            "a bad record on page 2",
            by_two(),
            vec![page([1, 2]), response(200, r#"[{"id":3},{"id":{}}]"#)],
            &[1, 2],
            true,
            &["page=1", "page=2"],
        ),
        ("a link back to page 1", by_two(), vec![page([1, 2]).next("page=1")], &[1, 2], true, &["page=1"]),
        (
            "more records than requested: paging is ignored",
            by_two(),
            vec![page([1, 2, 3])],
            &[1, 2, 3],
            false,
            &["page=1"],
        ),
        (
            "the same full page again: the page number is ignored",
            by_two(),
            vec![page([1, 2]), page([1, 2])],
            &[1, 2],
            false,
            &["page=1", "page=2"],
        ),
        (
            "the same page again, with links",
            by_two(),
            vec![page([1, 2]).next("page=2"), page([1, 2]).next("page=3")],
            &[1, 2],
            false,
            &["page=1", "page=2"],
        ),
        ("from page 3", by_two().from_page(3), vec![page([5, 6]), page([7])], &[5, 6, 7], false, &["page=3", "page=4"]),
        (
            "forward only",
            forward(),
            vec![page([1, 5]).next("pageId=5"), page([6, 9]).next("pageId=9"), page([10]).header("link", "")],
            &[1, 5, 6, 9, 10],
            false,
            &["forward pageId=0", "forward pageId=5", "forward pageId=9"],
        ),
        (
            "forward only, an empty page in the middle",
            forward(),
            vec![page([1, 5]).next("pageId=5"), page([]).next("pageId=7"), page([8]).header("link", "")],
            &[1, 5, 8],
            false,
            &["forward pageId=0", "forward pageId=5", "forward pageId=7"],
        ),
        (
            "forward only is ignored by the server",
            forward(),
            vec![page([1, 2]), page([3])],
            &[1, 2, 3],
            false,
            &["forward pageId=0", "page=2"],
        ),
        (
            "forward only is ignored by the server, with links",
            forward(),
            vec![page([1, 2]).next("page=2"), page([3, 4]).end()],
            &[1, 2, 3, 4],
            false,
            &["forward pageId=0", "page=2"],
        ),
        (
            "forward only is ignored by the server, one page",
            forward(),
            vec![page([1])],
            &[1],
            false,
            &["forward pageId=0"],
        ),
        (
            "forward only, a full page without the header in the middle",
            forward(),
            vec![page([1, 2]).next("pageId=2"), page([3, 4])],
            &[1, 2, 3, 4],
            true,
            &["forward pageId=0", "forward pageId=2"],
        ),
        (
            "forward only, last page without the header",
            forward(),
            vec![page([1, 2]).next("pageId=2"), page([3])],
            &[1, 2, 3],
            false,
            &["forward pageId=0", "forward pageId=2"],
        ),
        (
            "forward only, a link without an id in the middle",
            forward(),
            vec![page([1, 2]).next("pageId=2"), page([3]).next("page=2")],
            &[1, 2, 3],
            true,
            &["forward pageId=0", "forward pageId=2"],
        ),
        (
            "a page id that does not change",
            forward(),
            vec![page([1, 2]).next("pageId=2"), page([3, 4]).next("pageId=2")],
            &[1, 2, 3, 4],
            true,
            &["forward pageId=0", "forward pageId=2"],
        ),
        (
            "a page id that decreases",
            forward().page_id(7),
            vec![page([8, 9]).next("pageId=3")],
            &[8, 9],
            true,
            &["forward pageId=7"],
        ),
    ];
    for (name, query, responses, expected_ids, expected_failed, expected_pages) in cases {
        let (ids, failed, pages, unused) = run(query, responses).await;
        assert_eq!((ids.as_slice(), failed), (expected_ids, expected_failed), "{name}");
        assert_eq!(pages, expected_pages, "{name}");
        assert_eq!(unused, 0, "{name}");
    }
}

#[tokio::test]
async fn equal_pages_without_ids_are_kept_if_there_are_links() {
    let city = || response(200, r#"[{"summary":"Tampa"},{"summary":"Tampa"}]"#);
    let script = Script::new([city().next("page=2"), city().next("page=3"), city().end()]);
    let tickets: Vec<_> =
        script.client().list_tickets().select_text("summary").page_size(2).stream().try_collect().await.unwrap();
    assert_eq!(tickets.len(), 6);
}

#[tokio::test]
async fn every_page_request_has_all_parameters() {
    let script = Script::new([page(0..1000), page([5])]);
    let list = script
        .client()
        .list_tickets()
        .filter_text("a=1")
        .filter_children_text("b=2")
        .filter_custom_fields_text("c=3")
        .sort_text("id desc")
        .select_text("id");
    let pages: Vec<_> = list.pages().try_collect().await.unwrap();
    assert_eq!(pages.iter().map(|page| page.len()).collect::<Vec<_>>(), [1000, 1]);
    let filters = "GET /service/tickets?conditions=a%3D1&childConditions=b%3D2&customFieldConditions=c%3D3&orderBy=id%20desc&fields=id";
    assert_eq!(script.lines(), [format!("{filters}&page=1&pageSize=1000"), format!("{filters}&page=2&pageSize=1000")]);
}

#[tokio::test]
async fn a_search_sends_its_body_for_every_page() {
    let script = Script::new([page([1]).next("page=2"), page([2]).end()]);
    let stream = script.client().search_tickets(&serde_json::json!({"conditions": "a=1"})).page_size(1).stream();
    assert_eq!(stream.try_collect::<Vec<_>>().await.unwrap().len(), 2);
    assert!(script.requests().iter().all(|request| request.body == r#"{"conditions":"a=1"}"#));
    assert_eq!(
        script.lines(),
        ["POST /service/tickets/search?page=1&pageSize=1", "POST /service/tickets/search?page=2&pageSize=1"]
    );
}

#[tokio::test]
async fn a_single_page_is_read_and_links_to_the_next() {
    let script = Script::new([
        page([1, 2]).next("page=2").header("x-cw-request-id", "r"),
        page([3]).next("pageId=3"),
        page([]),
        page([]),
    ]);
    let client = script.client();
    let first = client.list_tickets().page(1).await.unwrap();
    assert_eq!((first.len(), first[1].id, first.headers["x-cw-request-id"].to_str().unwrap()), (2, Some(2), "r"));
    assert_eq!(first.next_page().and_then(|next| next.page), Some(2));
    // A page of two records can be iterated by reference and by value.
    assert_eq!((&first).into_iter().count() + first.into_iter().count(), 4);
    let forward = client.list_tickets().page_id(0).pages().next().await.unwrap().unwrap();
    assert_eq!(forward.next_page().and_then(|next| next.page_id), Some(3));
    assert_eq!(client.list_tickets().page_size(1000).page(7).await.unwrap().next_page(), None);
    // A filter of only whitespace is not sent.
    assert!(client.list_ticket_notes(5).filter_text(" ").page(1).await.unwrap().is_empty());
    let expected = [
        "GET /service/tickets?page=1&pageSize=1000",
        "GET /service/tickets?pageSize=1000&pageId=0",
        "GET /service/tickets?page=7&pageSize=1000",
        "GET /service/tickets/5/notes?page=1&pageSize=1000",
    ];
    assert_eq!(script.lines(), expected);
    let forward: Vec<_> = script.requests().iter().map(|request| request.forward).collect();
    assert_eq!(forward, [false, true, false, false]);
}

#[tokio::test]
async fn invalid_queries_are_rejected_before_sending() {
    let script = Script::new([]);
    let client = script.client();
    for (query, name) in [
        (psa::query::ListQuery::new().from_page(0), "page is 0"),
        (psa::query::ListQuery::new().page_size(0), "page_size is 0"),
        (psa::query::ListQuery::new().page_size(1001), "page_size is 1001"),
        (psa::query::ListQuery::new().page_id(-1), "page_id is -1"),
        (psa::query::ListQuery::new().page_id(1).from_page(1), "page cannot"),
        (psa::query::ListQuery::new().page_id(1).order_by("id"), "order_by cannot"),
    ] {
        let single = client.list_tickets().with_query(query.clone()).page(1).await.unwrap_err();
        let mut stream = client.list_tickets().with_query(query).stream();
        let streamed = stream.next().await.unwrap().unwrap_err();
        for error in [single, streamed] {
            assert!(error.is_invalid_input(), "{error}");
            assert!(
                error
                    .to_string()
                    .starts_with(&format!("service.list_tickets (GET /service/tickets): invalid input: {name}")),
                "{error}"
            );
        }
        assert!(stream.next().await.is_none());
    }
    assert!(script.lines().is_empty());
}

#[tokio::test]
async fn a_bad_record_is_named_and_can_be_read_as_another_type() {
    let bad = || response(200, r#"[{"id":3},{"id":4,"company":{"id":{"x":1}}}]"#);
    let script = Script::new([page([1, 2]), bad(), page([1, 2]), bad(), page([]), bad()]);
    let client = script.client();
    let mut stream = client.list_tickets().page_size(2).stream();
    let error = loop {
        match stream.next().await.unwrap() {
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    assert_eq!(
        (error.page(), error.index(), error.path(), error.raw_value()),
        (Some(2), Some(1), Some("[1].company.id"), Some(r#"{"x":1}"#))
    );
    let text = error.to_string();
    assert!(text.starts_with("service.list_tickets (GET /service/tickets): "), "{text}");
    assert!(text.contains("page 2, at `[1].company.id`: invalid type: map, expected a 32-bit integer"), "{text}");

    let values: Vec<Value> =
        client.list_tickets().page_size(2).decode_as::<Value>().stream().try_collect().await.unwrap();
    assert_eq!(values.len(), 4);

    #[derive(Deserialize)]
    struct Own {
        id: i64,
    }
    let own = client.list_tickets().decode_as::<Own>().page(1).await.unwrap();
    assert_eq!(own.iter().map(|own| own.id).collect::<Vec<_>>(), [3, 4]);
}

#[tokio::test]
async fn a_response_that_is_not_a_list_is_an_error() {
    use psa::error::ErrorKind;
    for (body, kind) in [
        ("", ErrorKind::EmptyResponse),
        ("{}", ErrorKind::Decode),
        ("null", ErrorKind::Decode),
        (r#"{"code":"Security","message":"SSL is required."}"#, ErrorKind::UnexpectedResponse),
        ("<html>", ErrorKind::UnexpectedResponse),
    ] {
        let error = Script::new([response(200, body)]).client().list_tickets().page(1).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{body}: {error}");
    }
}

#[tokio::test]
async fn a_page_is_requested_only_when_its_records_are_polled() {
    let script = Script::new([page([1, 2]).next("page=2"), page([3]).end()]);
    let mut stream = script.client().list_tickets().page_size(2).stream();
    assert_eq!(script.lines().len(), 0);
    stream.next().await.unwrap().unwrap();
    stream.next().await.unwrap().unwrap();
    assert_eq!(script.lines().len(), 1);
}

#[tokio::test]
async fn next_reads_records_and_pages_without_the_futures_crates() {
    let script = Script::new([page([1, 2]), page([3]), page([1, 2]), page([3])]);
    let mut records = script.client().list_tickets().page_size(2).stream();
    let mut ids = Vec::new();
    while let Some(record) = records.next().await {
        ids.push(record.unwrap().id);
    }
    assert_eq!(ids, [Some(1), Some(2), Some(3)]);
    let mut pages = script.client().list_tickets().page_size(2).pages();
    assert_eq!(pages.next().await.unwrap().unwrap().len(), 2);
    assert_eq!(pages.next().await.unwrap().unwrap().len(), 1);
    assert!(pages.next().await.is_none());
}

#[tokio::test]
async fn first_returns_the_first_record_and_one_the_only_record() {
    let none = Script::new([response(200, "[]"), response(200, "[]")]);
    assert!(none.client().list_tickets().first().await.unwrap().is_none());
    let error = none.client().list_tickets().one().await.unwrap_err();
    assert!(error.is_record_count() && error.to_string().contains("no record matches"), "{error}");
    let one = Script::new([response(200, r#"[{"id":1}]"#), response(200, r#"[{"id":1}]"#)]);
    assert_eq!(one.client().list_tickets().first().await.unwrap().and_then(|ticket| ticket.id), Some(1));
    assert_eq!(one.client().list_tickets().one().await.unwrap().id, Some(1));
    // Only `first` requests a page of one record; `one` requests two, to notice a second record.
    assert_eq!(
        one.requests()
            .iter()
            .filter(|request| request.line.contains("pageSize=1&") || request.line.ends_with("pageSize=1"))
            .count(),
        1
    );
    let two = Script::new([response(200, r#"[{"id":1},{"id":2}]"#)]);
    let error = two.client().list_tickets().one().await.unwrap_err();
    assert!(error.is_record_count() && error.to_string().contains("more than one record matches"), "{error}");
    assert_eq!(error.operation().map(|operation| operation.id), Some("list_tickets"));
}

//! Lists over scripted pages: no record is missed or repeated, and every list ends.

use connectwise_psa_core as psa;
use futures_util::TryStreamExt as _;
use serde::Deserialize;
use serde_json::Value;

use crate::sample::{LIST_TICKETS, Script, ScriptedResponse, Ticket, connection_error, response};

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
            "more records than requested, and the same page again: paging is ignored",
            by_two(),
            vec![page([1, 2, 3]), page([1, 2, 3])],
            &[1, 2, 3],
            false,
            &["page=1", "page=2"],
        ),
        (
            "more records than requested, and an empty page: paging is ignored",
            by_two(),
            vec![page([1, 2, 3]), page([])],
            &[1, 2, 3],
            false,
            &["page=1", "page=2"],
        ),
        (
            "more records than requested, and others on the next page: the page size is ignored",
            by_two(),
            vec![page([1, 2, 3]), page([4, 5, 6]), page([7])],
            &[1, 2, 3, 4, 5, 6, 7],
            false,
            &["page=1", "page=2", "page=3"],
        ),
        (
            "forward only, more records than requested, and the same page again",
            forward(),
            vec![page([1, 2, 3]), page([1, 2, 3]), page([1, 2, 3])],
            &[1, 2, 3],
            false,
            &["forward pageId=0", "forward pageId=3", "page=2"],
        ),
        (
            "a link to page 3 as the last page, but none to the next",
            by_two(),
            vec![
                page([1, 2]).header("link", r#"<https://h/x?page=3>; rel="last""#),
                page([3]).header("link", r#"<https://h/x?page=1>; rel="first", <https://h/x?page=3>; rel="last""#),
                page([4]).end(),
            ],
            &[1, 2, 3, 4],
            false,
            &["page=1", "page=2", "page=3"],
        ),
        (
            "only a link to the first page, on a full first page",
            by_two(),
            vec![page([1, 2]).end(), page([3])],
            &[1, 2, 3],
            false,
            &["page=1", "page=2"],
        ),
        (
            "forward only, only a link to the first page, on a full first page",
            forward(),
            vec![page([1, 2]).end(), page([3, 4]).end(), page([])],
            &[1, 2, 3, 4],
            false,
            &["forward pageId=0", "forward pageId=2", "forward pageId=4"],
        ),
        (
            "forward only, no links",
            forward(),
            vec![page([1, 2]), page([3, 4]), page([7]), page([])],
            &[1, 2, 3, 4, 7],
            false,
            &["forward pageId=0", "forward pageId=2", "forward pageId=4", "forward pageId=7"],
        ),
        (
            "forward only, a first page of ids that are not positive",
            forward(),
            vec![page([-5, 0]).next("pageId=0"), page([1])],
            &[-5, 0, 1],
            false,
            &["forward pageId=0", "page=2"],
        ),
        (
            "records that new records have moved by a whole page",
            by_two(),
            vec![page([5, 4]), page([5, 4]), page([7, 6]), page([3, 2]), page([1])],
            &[5, 4, 3, 2, 1],
            false,
            &["page=1", "page=2", "page=1", "page=3", "page=4"],
        ),
        (
            "the same page again, once",
            by_two(),
            vec![page([1, 2]), page([1, 2]), page([1, 2]), page([3])],
            &[1, 2, 3],
            false,
            &["page=1", "page=2", "page=1", "page=2"],
        ),
        (
            "the same full page again: the page number is ignored",
            by_two(),
            (0..9).map(|_| page([1, 2])).collect(),
            &[1, 2],
            true,
            &["page=1", "page=2", "page=1", "page=2", "page=1", "page=2", "page=1", "page=2", "page=1"],
        ),
        (
            "the same page again, with links",
            by_two(),
            (0..9).map(|_| page([1, 2]).next("page=2")).collect(),
            &[1, 2],
            true,
            &["page=1", "page=2", "page=1", "page=2", "page=1", "page=2", "page=1", "page=2", "page=1"],
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
            vec![page([1, 2]), page([1, 2]), page([3])],
            &[1, 2, 3],
            false,
            &["forward pageId=0", "forward pageId=2", "page=2"],
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
            "forward only, pages without the header after the first one",
            forward(),
            vec![page([1, 2]).next("pageId=2"), page([3, 4]), page([5]), page([])],
            &[1, 2, 3, 4, 5],
            false,
            &["forward pageId=0", "forward pageId=2", "forward pageId=4", "forward pageId=5"],
        ),
        (
            "forward only is ignored after the first page",
            forward(),
            vec![page([1, 2]).next("pageId=2"), page([1, 2])],
            &[1, 2],
            true,
            &["forward pageId=0", "forward pageId=2"],
        ),
        (
            "forward only, the same page again",
            forward(),
            vec![page([1, 2]).next("pageId=2"), page([1, 2]).next("pageId=2")],
            &[1, 2],
            true,
            &["forward pageId=0", "forward pageId=2"],
        ),
        (
            "forward only, ids that do not increase",
            forward(),
            vec![page([1, 2]).next("pageId=2"), page([4, 3]).next("pageId=4")],
            &[1, 2],
            true,
            &["forward pageId=0", "forward pageId=2"],
        ),
        (
            "forward only, an id that occurs twice",
            forward(),
            vec![page([1, 1]).next("pageId=1")],
            &[],
            true,
            &["forward pageId=0"],
        ),
        (
            "forward only, a first page in another order, without a link: it was ignored",
            forward(),
            vec![page([2, 1]), page([3])],
            &[2, 1, 3],
            false,
            &["forward pageId=0", "page=2"],
        ),
        (
            "forward only, a full first page in another order, with an empty link: it was ignored",
            forward(),
            vec![page([2, 1]).header("link", ""), page([3])],
            &[2, 1, 3],
            false,
            &["forward pageId=0", "page=2"],
        ),
        (
            "forward only, the first record has the id 0",
            forward(),
            vec![page([0, 1]).next("pageId=1"), page([2]).header("link", "")],
            &[0, 1, 2],
            false,
            &["forward pageId=0", "forward pageId=1"],
        ),
        (
            "forward only, a link that skips ids",
            forward(),
            vec![page([1, 2]).next("pageId=9"), page([3]).header("link", "")],
            &[1, 2, 3],
            false,
            &["forward pageId=0", "forward pageId=2"],
        ),
        (
            "forward only, unreadable links",
            forward(),
            vec![page([1, 2]).header("link", "<x"), page([3, 4]).header("link", "<x"), page([5]).header("link", "")],
            &[1, 2, 3, 4, 5],
            false,
            &["forward pageId=0", "forward pageId=2", "forward pageId=4"],
        ),
        (
            "forward only, unreadable links and an empty page",
            forward(),
            vec![page([1, 2]).header("link", "<x"), page([]).header("link", "<x")],
            &[1, 2],
            true,
            &["forward pageId=0", "forward pageId=2"],
        ),
        (
            "forward only is ignored, with unreadable links",
            forward(),
            vec![page([1, 2]).header("link", "<x"), page([1, 2]).header("link", "<x"), page([3]).end()],
            &[1, 2, 3],
            false,
            &["forward pageId=0", "forward pageId=2", "page=2"],
        ),
        (
            "unreadable links",
            by_two(),
            vec![page([1, 2]).header("link", "<x"), page([3]).header("link", "<x"), page([4]).end()],
            &[1, 2, 3, 4],
            false,
            &["page=1", "page=2", "page=3"],
        ),
        (
            "an unreadable link on an empty page",
            by_two(),
            vec![page([1, 2]).header("link", "<x"), page([]).header("link", "<x")],
            &[1, 2],
            true,
            &["page=1", "page=2"],
        ),
        (
            "a link that is not about pages",
            by_two(),
            vec![page([1, 2]).header("link", "</a.css>; rel=preload"), page([3])],
            &[1, 2, 3],
            false,
            &["page=1", "page=2"],
        ),
        (
            "a link that skips a page",
            by_two(),
            vec![page([1, 2]).next("page=3"), page([3]).end()],
            &[1, 2, 3],
            false,
            &["page=1", "page=2"],
        ),
        (
            "records that a new record has moved to the next page",
            by_two(),
            vec![page([1, 2]), page([2, 3]), page([4])],
            &[1, 2, 3, 4],
            false,
            &["page=1", "page=2", "page=3"],
        ),
        (
            "two pages in turn",
            by_two(),
            vec![page([1, 2]), page([3, 4]), page([1, 2])],
            &[1, 2, 3, 4],
            true,
            &["page=1", "page=2", "page=3"],
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
async fn equal_pages_of_records_without_ids_need_links() {
    let city = || response(200, r#"[{"summary":"Tampa"},{"summary":"Tampa"}]"#);
    let list = |script: &Script| script.client().list_tickets().page_size(2).stream();
    // Each link leads to a later page.
    let script = Script::new([city().next("page=2"), city().next("page=3"), city().end()]);
    assert_eq!(list(&script).try_collect::<Vec<_>>().await.unwrap().len(), 6);
    // Without links, the server may have ignored the page number.
    let script = Script::new([city(), city()]);
    let error = list(&script).try_collect::<Vec<_>>().await.unwrap_err();
    assert!(error.to_string().contains("reading stopped at page 2, after 2 records"), "{error}");
    // The links of a server that ignores the page number can lead to ever later pages.
    let script = Script::new((2..100).map(|page| city().next(&format!("page={page}"))));
    assert!(list(&script).try_collect::<Vec<_>>().await.is_err());
    assert!(script.lines().len() < 20, "{}", script.lines().len());
}

#[tokio::test]
async fn an_id_that_is_not_selected_is_requested_and_hidden() {
    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Own {
        summary: String,
    }
    let record = |id: i32| format!(r#"{{"summary":"same","id":{id}}}"#);
    let pages =
        || [(1, 2), (3, 4)].map(|(first, second)| response(200, format!("[{},{}]", record(first), record(second))));
    let script = || Script::new(pages().into_iter().chain([response(200, format!("[{}]", record(5)))]));
    let list = |script: &Script| script.client().list_tickets().select_text("summary").page_size(2);
    let values = script();
    let all = list(&values).decode_as::<Value>().all().await.unwrap();
    assert_eq!(all, vec![serde_json::json!({"summary": "same"}); 5]);
    assert!(
        values
            .lines()
            .iter()
            .all(|line| line.contains("&fields=summary%2Cid&") || line.contains("?fields=summary%2Cid&"))
    );
    assert_eq!(list(&script()).decode_as::<Own>().all().await.unwrap().len(), 5);
    let typed = list(&script()).pages().next().await.unwrap().unwrap();
    assert!(typed.iter().all(|ticket| ticket.id.is_none() && ticket.summary.as_deref() == Some("same")));
    // Selected in any letter case: nothing is added or hidden.
    let selected = script();
    let all = list(&selected).select_text("summary,ID").decode_as::<Value>().all().await.unwrap();
    assert_eq!(all.last().unwrap()["id"], 5);
    assert!(selected.lines()[0].contains("fields=summary%2CID&"), "{:?}", selected.lines());
    // Errors in records have the position in the page, and verbatim text is kept.
    let bad = Script::new([response(200, r#"[{"id":7,"summary":"a"},{"id":8,"summary":{"a":1}}]"#)]);
    let verbatim = psa::query::Verbatim::new("summary , board/name");
    let error = bad.client().list_tickets().select_text(verbatim).all().await.unwrap_err();
    assert_eq!((error.path(), error.raw_value()), (Some("[1].summary"), Some(r#"{"a":1}"#)), "{error}");
    assert!(bad.lines()[0].contains("fields=summary%20%2C%20board%2Fname%2Cid&"), "{:?}", bad.lines());
}

#[tokio::test]
async fn fields_without_the_id_are_requested_if_the_server_rejects_the_id() {
    let rejected = || response(400, r#"{"code":"InvalidObject","message":"id is unknown"}"#);
    let script = Script::new([rejected(), response(200, r#"[{"summary":"a"},{"summary":"b"}]"#), response(200, "[]")]);
    let all = script.client().list_tickets().select_text("summary").page_size(2).all().await.unwrap();
    assert_eq!(all.len(), 2);
    assert!(script.lines()[0].contains("fields=summary%2Cid&") && script.lines()[1].contains("fields=summary&"));
    // If the selection is not the cause, the second error is returned.
    let script = Script::new([rejected(), rejected()]);
    assert!(script.client().list_tickets().select_text("summary").all().await.unwrap_err().is_api());
}

/// A list of records with ids.
static IDENTIFIED: psa::operation::Operation = LIST_TICKETS.identified();

#[tokio::test]
async fn a_record_without_an_id_is_not_a_record_if_its_type_has_one() {
    use psa::error::ErrorKind::UnexpectedResponse;
    let list = |script: &Script| {
        let connection = psa::transport::Connection::new(script.clone());
        psa::calls::RequestBuilder::new(&connection, &IDENTIFIED).list::<Ticket>()
    };
    let denied = r#"[{"code":"Security","message":"SSL is required.","errors":null}]"#;
    for body in [denied, "[{}]", r#"[{"id":1},{"id":null}]"#, r#"[{"summary":"x"}]"#] {
        let script = || Script::new([response(200, body)]);
        for (name, error) in [
            ("all", list(&script()).all().await.unwrap_err()),
            ("values", list(&script()).decode_as::<Value>().all().await.unwrap_err()),
            ("selected", list(&script()).select_text("summary").all().await.unwrap_err()),
            ("first", list(&script()).first().await.unwrap_err()),
            ("one", list(&script()).one().await.unwrap_err()),
            ("page", list(&script()).page(1).await.unwrap_err()),
            ("lenient", list(&script()).pages_lenient().next().await.unwrap().unwrap_err()),
        ] {
            assert_eq!(error.kind(), UnexpectedResponse, "{name}, {body}: {error}");
            assert!(body != denied || error.to_string().contains("SSL is required"), "{name}: {error}");
        }
        // The type of these records has no id.
        assert!(!script().client().list_tickets().all().await.unwrap().is_empty(), "{body}");
    }
    let values = |body| list(&Script::new([response(200, body)])).decode_as::<Value>().all();
    assert_eq!(values("[null]").await.unwrap_err().kind(), UnexpectedResponse);
    assert!(values("[]").await.unwrap().is_empty());
    assert_eq!(values(r#"[{"Id":"5"}]"#).await.unwrap().len(), 1);
    // The selected fields do not include the id.
    let script = Script::new([response(200, r#"[{"summary":"x"}]"#)]);
    assert_eq!(list(&script).select_text("summary").page(1).await.unwrap().len(), 1);
    let rejected = response(400, r#"{"code":"InvalidObject","message":"id is unknown"}"#);
    let script = Script::new([rejected, response(200, r#"[{"summary":"x"}]"#)]);
    assert_eq!(list(&script).select_text("summary").all().await.unwrap().len(), 1);
    // A record that cannot be decoded is still reported on its own.
    let script = Script::new([response(200, r#"[{"id":1},5]"#)]);
    let page = list(&script).pages_lenient().next().await.unwrap().unwrap();
    assert!(page[0].is_ok() && page[1].is_err());
}

#[tokio::test]
async fn two_pages_in_turn_without_ids_end_the_list_with_an_error() {
    let script = Script::new(
        (2..400).map(|page| response(200, format!(r#"[{{"summary":"{}"}}]"#, page % 2)).next(&format!("page={page}"))),
    );
    let error = script.client().list_tickets().page_size(1).all().await.unwrap_err();
    assert!(error.is_paging(), "{error}");
    assert!(script.lines().len() < 150, "{}", script.lines().len());
}

#[tokio::test]
async fn a_negative_count_is_an_error() {
    let error = Script::new([response(200, r#"{"count":-5}"#)]).client().count_tickets().await.unwrap_err();
    assert!(error.is_decode() && error.to_string().contains("the count is negative"), "{error}");
}

#[tokio::test]
async fn a_lenient_list_returns_the_readable_records_and_reports_the_others() {
    let script = || {
        Script::new([
            response(200, r#"[{"id":1},{"summary":"x","id":2,"company":{"id":{"x":1}}},{"id":3}]"#).next("page=2"),
            response(200, r#"[{"id":4,"password":[1]},5,{"id":6}]"#).end(),
        ])
    };
    let mut stream = script().client().list_tickets().page_size(3).stream_lenient();
    let (mut ids, mut unreadable) = (Vec::new(), Vec::new());
    while let Some(record) = stream.next().await {
        match record.unwrap() {
            Ok(ticket) => ids.push(ticket.id.unwrap()),
            Err(record) => unreadable.push(record),
        }
    }
    assert_eq!(ids, [1, 3, 6]);
    let found: Vec<_> = unreadable
        .iter()
        .map(|record| (record.page(), record.index(), record.id(), record.path(), record.raw_value()))
        .collect();
    assert_eq!(
        found,
        [
            (Some(1), 1, Some(2), Some("[1].company.id"), Some(r#"{"x":1}"#)),
            (Some(2), 0, Some(4), Some("[0].password"), Some("[redacted]")),
            (Some(2), 1, None, Some("[1]"), Some("5")),
        ]
    );
    let text = unreadable[0].to_string();
    assert!(text.starts_with("the record with the id 2 could not be decoded, at `[1].company.id`: "), "{text}");
    assert!(text.ends_with(r#", found {"x":1}"#), "{text}");
    assert_eq!(psa::error::Error::from(unreadable[0].clone()).index(), Some(1));
    // `take` counts unreadable records too, and the id is known although it is hidden.
    let list = script().client().list_tickets().select_text("company/id").page_size(3).take(2).pages_lenient();
    let pages: Vec<_> = list.try_collect().await.unwrap();
    assert_eq!(pages.len(), 1);
    let hidden = pages[0][1].as_ref().unwrap_err();
    assert_eq!((pages[0].len(), hidden.id(), hidden.index()), (2, Some(2), 1));
    assert!(pages[0][0].as_ref().unwrap().id.is_none());
}

#[tokio::test]
async fn a_page_that_is_not_a_list_is_an_error_of_the_page_in_lenient_mode_too() {
    for body in [r#"[{"id":3},{"id":4"#, r#"[{"id":3},{"id":}]"#, "{}", "<html>", "", "[{\"id\":3}] x"] {
        let script = Script::new([page([1, 2]), response(200, body)]);
        let mut stream = script.client().list_tickets().page_size(2).stream_lenient();
        for _ in 0..2 {
            stream.next().await.unwrap().unwrap().unwrap();
        }
        let strict = Script::new([response(200, body)]).client().list_tickets().all().await.unwrap_err();
        let error = stream.next().await.unwrap().unwrap_err();
        assert_eq!(error.kind(), strict.kind(), "{body}");
        assert!(stream.next().await.is_none());
        assert!(stream.bookmark().unwrap().to_string().starts_with("page/2/"), "{body}");
    }
}

#[tokio::test]
async fn after_an_error_the_bookmark_is_at_the_first_page_that_was_not_returned() {
    /// The name, the query, the responses, the beginning of the bookmark, and how many records were returned.
    type Case = (&'static str, psa::query::ListQuery, Vec<ScriptedResponse>, &'static str, usize);
    let by_two = || psa::query::ListQuery::new().page_size(2);
    let forward = || psa::query::ListQuery::new().page_size(2).page_id(0);
    let bad = || response(200, r#"[{"id":7},{"id":{}}]"#);
    let cases: Vec<Case> = vec![
        ("a failed request", by_two(), vec![page([1, 2]), connection_error()], "page/2/", 2),
        ("a bad record", by_two(), vec![page([1, 2]), bad()], "page/2/", 2),
        ("a repeated page", by_two(), (0..9).map(|_| page([1, 2])).collect(), "page/2/", 2),
        ("a link back", by_two(), vec![page([1, 2]).next("page=1")], "page/2/", 2),
        ("an unreadable empty page", by_two(), vec![page([1, 2]), page([]).header("link", "<x")], "page/2/", 2),
        (
            "endless empty pages",
            by_two(),
            [page([1, 2])].into_iter().chain((3..9).map(|next| page([]).next(&format!("page={next}")))).collect(),
            "page/2/",
            2,
        ),
        (
            "forward, a failed request",
            forward(),
            vec![page([1, 5]).next("pageId=5"), connection_error()],
            "forward/5/",
            2,
        ),
        ("forward, a bad record", forward(), vec![page([1, 5]).next("pageId=5"), bad()], "forward/5/", 2),
        (
            "forward, a repeated page",
            forward(),
            vec![page([1, 5]).next("pageId=5"), page([1, 5]).next("pageId=5")],
            "forward/5/",
            2,
        ),
        (
            "forward, a link back",
            forward(),
            vec![page([1, 5]).next("pageId=5"), page([6, 9]).next("pageId=5")],
            "forward/9/",
            4,
        ),
        (
            "forward, a link to a page number",
            forward(),
            vec![page([1, 5]).next("pageId=5"), page([6, 9]).next("page=3")],
            "forward/9/",
            4,
        ),
        (
            "forward, neither ids nor a link",
            forward(),
            vec![page([1, 5]).next("pageId=5"), response(200, r#"[{"summary":"x"}]"#)],
            "forward/5/",
            2,
        ),
    ];
    for (name, query, responses, bookmark, records) in cases {
        let mut stream = Script::new(responses).client().list_tickets().with_query(query).stream();
        let mut returned = 0;
        let error = loop {
            match stream.next().await.unwrap_or_else(|| panic!("{name}: no error")) {
                Ok(_) => returned += 1,
                Err(error) => break error,
            }
        };
        assert_eq!(returned, records, "{name}");
        let found = stream.bookmark().unwrap_or_else(|| panic!("{name}: no bookmark")).to_string();
        assert!(found.starts_with(bookmark), "{name}: {found}");
        if error.is_paging() {
            assert!(error.to_string().contains(&format!("after {records} records")), "{name}: {error}");
        }
    }
}

#[tokio::test]
async fn every_page_request_has_all_parameters() {
    let script = Script::new([page(0..1000), page([1000])]);
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
async fn a_parameter_that_the_operation_does_not_take_is_never_ignored() {
    const ALL: &[&str] =
        &["conditions", "childConditions", "customFieldConditions", "orderBy", "fields", "page", "pageSize", "pageId"];
    static PLAIN: psa::operation::Operation = LIST_TICKETS.without(ALL);
    let script = Script::new([]);
    let list =
        || psa::calls::RequestBuilder::new(&psa::transport::Connection::new(script.clone()), &PLAIN).list::<Ticket>();
    for (list, name) in [
        (list().filter_text("id > 1"), "conditions"),
        (list().filter(|ticket| ticket.id().gt(1)), "conditions"),
        (list().filter_children_text("id = 1"), "childConditions"),
        (list().filter_custom_fields_text("value = 1"), "customFieldConditions"),
        (list().sort_text("id"), "orderBy"),
        (list().select_text("id"), "fields"),
        (list().from_page(2), "page"),
        (list().page_id(7), "pageId"),
    ] {
        let expected = format!("{name} is not a parameter of this operation");
        for error in [list.dry_run().unwrap_err(), list.all().await.unwrap_err()] {
            assert!(error.is_invalid_input() && error.to_string().contains(&expected), "{name}: {error}");
        }
    }
    assert!(script.lines().is_empty(), "nothing is sent");
}

#[tokio::test]
async fn a_list_without_parameters_for_paging_is_read_with_one_request() {
    static UNPAGED: psa::operation::Operation = LIST_TICKETS.without(&["page", "pageSize", "pageId"]);
    let next = r#"<https://other.example/service/tickets?cursor=x>; rel="next""#;
    let script = Script::new([page([1, 2, 3]), page([1, 2]).header("link", next)]);
    let list = || {
        psa::calls::RequestBuilder::new(&psa::transport::Connection::new(script.clone()), &UNPAGED)
            .list::<Ticket>()
            .page_size(2)
    };
    // The page is longer than requested, as of a server that does not page.
    let tickets = list().filter_text("id > 0").all().await.unwrap();
    assert_eq!(tickets.len(), 3);
    // A list that links to a next page is not complete.
    let error = list().all().await.unwrap_err();
    assert!(error.to_string().contains("page is not a parameter"), "{error}");
    let sent: Vec<String> = script.lines().iter().map(|line| page_parameters(line)).collect();
    assert_eq!(sent, ["", ""]);
    assert!(script.lines()[0].contains("conditions="), "{:?}", script.lines());
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
        ("{}", ErrorKind::UnexpectedResponse),
        ("null", ErrorKind::UnexpectedResponse),
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

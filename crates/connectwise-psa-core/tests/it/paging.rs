//! Lists from a server that pages like PSA. The tests check which way of paging is chosen, which requests are sent,
//! that no record is missed or read twice, and that no request is unnecessary.

use std::collections::BTreeSet;

use connectwise_psa_core as psa;
use futures_util::TryStreamExt as _;
use proptest::prelude::*;

use crate::paging_server::{Edit, FORWARD, Fault, Forward, NUMBERED, SEARCHED, Server, UNCOUNTED};
use crate::sample::{Script, Ticket, response};

type List = psa::calls::List<Ticket>;

/// Creates a list of a server.
type MakeList = fn(&Server) -> List;

/// Creates a server.
type MakeServer = fn() -> Server;

/// Sets options of a list.
type ModifyList = fn(List) -> List;

/// Returns the ids of a list, and the error at its end.
async fn read(list: List) -> (Vec<i32>, Option<psa::error::Error>) {
    let mut stream = list.stream();
    let mut ids = Vec::new();
    while let Some(ticket) = stream.next().await {
        match ticket {
            Ok(ticket) => ids.push(ticket.id.unwrap()),
            Err(error) => {
                assert!(stream.next().await.is_none(), "the stream must end after an error");
                return (ids, Some(error));
            }
        }
    }
    assert!(stream.next().await.is_none(), "the stream must stay at its end");
    (ids, None)
}

fn ids(page: &psa::calls::Page<Ticket>) -> Vec<i32> {
    page.iter().map(|ticket| ticket.id.unwrap()).collect()
}

fn up_to(last: i32) -> Vec<i32> {
    (1..=last).collect()
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![(1..200).prop_map(Edit::Insert), (0..200_usize).prop_map(Edit::Delete)]
}

proptest! {
    #[test]
    fn forward_only_misses_and_repeats_no_record_while_records_are_created_and_deleted(
        table in proptest::collection::btree_set(1..200, 0..80),
        edits in proptest::collection::vec(proptest::collection::vec(edit(), 0..6), 0..30),
        size in 1..12_u32,
        reads_ahead in any::<bool>(),
    ) {
        let server = Server::new(table.clone()).edits(edits).running_tasks(reads_ahead);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let pages: Vec<_> = runtime.block_on(server.list(&FORWARD).page_size(size).pages().try_collect()).unwrap();
        let sent = server.sent();
        let mut seen = BTreeSet::new();
        for (page, sent) in pages.iter().zip(&sent) {
            for id in ids(page) {
                prop_assert!(seen.insert(id), "{id} was read twice");
                prop_assert!(sent.table.contains(&id), "{id} had been deleted");
            }
        }
        prop_assert_eq!(pages.len(), sent.len());
        let always = table.iter().filter(|id| sent.iter().all(|sent| sent.table.contains(id)));
        for id in always {
            prop_assert!(seen.contains(id), "{id} was missed");
        }
    }
}

/// How some servers reject forward-only paging.
const REJECTS_FORWARD_ONLY: Forward = Forward::Rejected(500, "String was not recognized as a valid Boolean.");

#[tokio::test]
async fn forward_only_is_chosen_where_possible_and_page_numbers_elsewhere() {
    /// The name, the server, the list, the requests, how many of 25 records are read, and a part of the error.
    type Case = (&'static str, Server, MakeList, &'static [&'static str], usize, Option<&'static str>);
    let server = || Server::new(1..=25);
    let by_id: &[&str] = &["after 0", "after 10", "after 20"];
    let by_page: &[&str] = &["page 1", "page 2", "page 3"];
    let first_by_id: &[&str] = &["after 0", "page 2", "page 3"];
    let twice_by_id: &[&str] = &["after 0", "after 10", "page 2", "page 3"];
    let both: &[&str] = &["after 0", "page 1", "page 2", "page 3"];
    let cases: [Case; 19] = [
        ("no options", server(), |server| server.list(&FORWARD), by_id, 25, None),
        ("without a count", server(), |server| server.list(&UNCOUNTED), by_id, 25, None),
        ("an order", server(), |server| server.list(&FORWARD).sort_text("id"), by_page, 25, None),
        ("a page", server(), |server| server.list(&FORWARD).from_page(2), &["page 2", "page 3"], 15, None),
        ("a numbered list", server(), |server| server.list(&NUMBERED), by_page, 25, None),
        ("a numbered list read by id", server(), |server| server.list(&NUMBERED).page_id(0), by_id, 25, None),
        ("ignored", server().forward(Forward::Ignored), |server| server.list(&FORWARD), first_by_id, 25, None),
        (
            "ignored, without links",
            server().forward(Forward::Ignored).without_links(),
            |server| server.list(&FORWARD),
            twice_by_id,
            25,
            None,
        ),
        (
            "rejected with a message about a boolean",
            server().forward(REJECTS_FORWARD_ONLY),
            |server| server.list(&FORWARD),
            both,
            25,
            None,
        ),
        (
            "rejected with a message about a parameter",
            server().forward(Forward::Rejected(400, "pageId is not valid")),
            |server| server.list(&FORWARD),
            both,
            25,
            None,
        ),
        (
            "rejected, and requested by the caller",
            server().forward(REJECTS_FORWARD_ONLY),
            |server| server.list(&FORWARD).page_id(0),
            &["after 0"],
            0,
            Some("valid Boolean"),
        ),
        (
            "another 500",
            server().forward(Forward::Rejected(500, "Sorry")),
            |server| server.list(&FORWARD),
            &["after 0"],
            0,
            Some("Sorry"),
        ),
        (
            "another 400",
            server().forward(Forward::Rejected(400, "conditions")),
            |server| server.list(&FORWARD),
            &["after 0"],
            0,
            Some("conditions"),
        ),
        (
            "a 404",
            server().forward(Forward::Rejected(404, "pageId")),
            |server| server.list(&FORWARD),
            &["after 0"],
            0,
            Some("pageId"),
        ),
        ("from an id", server(), |server| server.list(&FORWARD).page_id(17), &["after 17"], 8, None),
        (
            "from an id, ignored",
            server().forward(Forward::Ignored),
            |server| server.list(&FORWARD).page_id(17),
            &["after 17"],
            0,
            Some("cannot start after id 17"),
        ),
        (
            "from an id, ignored without links",
            server().forward(Forward::Ignored).without_links(),
            |server| server.list(&FORWARD).page_id(17),
            &["after 17"],
            0,
            Some("cannot start after id 17"),
        ),
        (
            "a later page fails",
            server().failing([1]),
            |server| server.list(&FORWARD),
            &["after 0", "after 10"],
            10,
            Some("502"),
        ),
        ("a first page fails", server().failing([0]), |server| server.list(&FORWARD), &["after 0"], 0, Some("502")),
    ];
    for (name, server, list, labels, records, why) in cases {
        let (read_ids, error) = read(list(&server).page_size(10)).await;
        // Cases that start at an id skip the records before it.
        let skipped = read_ids.first().map_or(0, |first| first - 1);
        assert_eq!(read_ids, (1..).skip(skipped as usize).take(records).collect::<Vec<i32>>(), "{name}");
        assert_eq!(server.labels(), labels, "{name}");
        let text = error.as_ref().map(ToString::to_string);
        assert_eq!(text.is_some(), why.is_some(), "{name}: {text:?}");
        assert!(text.unwrap_or_default().contains(why.unwrap_or_default()), "{name}");
        // Only an ignored page id is a paging error: the status is 200, but the page is not the one after the id. The
        // other errors are error responses.
        assert_eq!(error.is_some_and(|error| error.is_paging()), name.starts_with("from an id, "), "{name}");
    }
}

#[tokio::test]
async fn no_unnecessary_page_is_requested() {
    for records in [0, 1, 9, 10, 11, 19, 20, 21, 30] {
        let pages = |extra: i32| (records + extra).div_euclid(10).max(1);
        // Without links, only a page that is not full is certainly the last one. A list of one page has no `Link`
        // header at all, so after exactly 10 records even a server with links gets a second request.
        let (linked, unlinked) = (if records == 10 { 2 } else { pages(9) }, pages(10));
        let server = || Server::new(1..=records);
        // After a full first page without a link, one request shows that the endpoint ignores forward-only paging.
        let extra = |has_links: bool| i32::from(records == 10 || records > 10 && !has_links);
        let cases: [(&str, Server, MakeList, i32); 7] = [
            ("forward", server(), |server| server.list(&FORWARD), pages(9)),
            (
                "forward ignored",
                server().forward(Forward::Ignored),
                |server| server.list(&FORWARD),
                linked + extra(true),
            ),
            (
                "forward ignored, without links",
                server().forward(Forward::Ignored).without_links(),
                |server| server.list(&FORWARD),
                unlinked + extra(false),
            ),
            ("by number", server(), |server| server.list(&NUMBERED), linked),
            ("by number, without links", server().without_links(), |server| server.list(&NUMBERED), unlinked),
            ("parallel", server(), |server| server.list(&FORWARD).parallel(3), 1 + linked),
            (
                "parallel, without links",
                server().without_links(),
                |server| server.list(&FORWARD).parallel(3),
                1 + unlinked,
            ),
        ];
        for (name, server, list, requests) in cases {
            assert_eq!(read(list(&server).page_size(10)).await.0, up_to(records), "{name}, {records}");
            assert_eq!(server.labels().len(), requests as usize, "{name}, {records}: {:?}", server.labels());
        }
    }
}

/// Returns conditions that match all tickets with these ids. With enough ids, they are too long for a URL.
fn long_conditions(ids: impl IntoIterator<Item = i32>) -> String {
    let ids: Vec<String> = ids.into_iter().map(|id| id.to_string()).collect();
    format!("id in ({}) and summary contains \"ticket\"", ids.join(","))
}

/// Returns every way of paging, with a server of 45 records. The ids have seven or more digits, so conditions with 400
/// of them are too long for a URL.
fn paging_modes() -> [(&'static str, MakeServer, MakeList); 9] {
    let server: MakeServer = || Server::new((1..=45).map(|id| id * 1_000_003));
    [
        ("forward", server, |server| server.list(&FORWARD)),
        ("forward ignored", || Server::new(1..=45).forward(Forward::Ignored), |server| server.list(&FORWARD)),
        (
            "forward ignored, without links",
            || Server::new(1..=45).forward(Forward::Ignored).without_links(),
            |server| server.list(&FORWARD),
        ),
        ("forward rejected", || Server::new(1..=45).forward(REJECTS_FORWARD_ONLY), |server| server.list(&FORWARD)),
        ("by number", server, |server| server.list(&NUMBERED)),
        (
            "by number, descending, without links",
            || Server::new(1..=45).without_links(),
            |server| server.list(&FORWARD).sort_text("id desc"),
        ),
        ("parallel", server, |server| server.list(&FORWARD).parallel(3)),
        ("in parts", server, |server| {
            server.list(&FORWARD).filter_text(long_conditions((1..=400).map(|id| id * 1_000_003)))
        }),
        ("in parts, parallel", server, |server| {
            server
                .list(&FORWARD)
                .filter_text(long_conditions((1..=400).map(|id| id * 1_000_003)))
                .sort_text("id")
                .parallel(2)
        }),
    ]
}

/// Serializes and deserializes a bookmark.
fn round_trip(bookmark: psa::calls::Bookmark) -> psa::calls::Bookmark {
    serde_json::from_str(&serde_json::to_string(&bookmark).unwrap()).unwrap()
}

#[tokio::test]
async fn pages_resume_at_the_next_page() {
    for (name, server, list) in paging_modes() {
        let list = |server: &Server| list(server).page_size(10);
        let whole = read(list(&server())).await.0;
        assert_eq!(whole.len(), 45, "{name}");
        let all = list(&server()).pages().try_collect::<Vec<_>>().await.unwrap().len();
        for until in 0..=all {
            let mut read_ids = Vec::new();
            let mut pages = list(&server()).pages();
            for _ in 0..until {
                read_ids.extend(ids(&pages.next().await.unwrap().unwrap()));
            }
            // There is no bookmark before the first request and after the last page.
            let bookmark = pages.bookmark();
            assert_eq!(bookmark.is_some(), (1..all).contains(&until), "{name}, {until}");
            if let Some(bookmark) = bookmark {
                read_ids.extend(read(list(&server()).resume(round_trip(bookmark))).await.0);
            }
            if until > 0 {
                assert_eq!(read_ids, whole, "{name}, {until}");
            }
        }
    }
}

#[tokio::test]
async fn a_stream_resumes_at_the_current_page() {
    for (name, server, list) in paging_modes() {
        let list = |server: &Server| list(server).page_size(10);
        let pages: Vec<Vec<i32>> = list(&server()).pages().map_ok(|page| ids(&page)).try_collect().await.unwrap();
        let whole = pages.concat();
        for until in [1, 2, 9, 10, 11, 19, 20, 25, 40, 41, 44, 45] {
            let mut stream = list(&server()).stream();
            let mut read_ids = Vec::new();
            for _ in 0..until {
                read_ids.push(stream.next().await.unwrap().unwrap().id.unwrap());
            }
            // How many records the completely returned pages hold.
            let full: Vec<&Vec<i32>> = pages
                .iter()
                .scan(0, |end, page| {
                    *end += page.len();
                    Some((*end, page))
                })
                .filter(|(end, _)| *end <= until)
                .map(|(_, page)| page)
                .collect();
            let full = full.into_iter().flatten().count();
            let rest = match stream.bookmark() {
                Some(bookmark) => read(list(&server()).resume(round_trip(bookmark))).await.0,
                None => Vec::new(),
            };
            assert_eq!(rest, whole[full..], "{name}, {until}");
            assert_eq!(read_ids, whole[..until], "{name}, {until}");
        }
    }
}

#[tokio::test]
async fn a_list_resumes_after_an_error() {
    for (name, server, list) in paging_modes() {
        let list = |server: &Server| list(server).page_size(10);
        let whole = read(list(&server())).await.0;
        let requests = {
            let server = server();
            read(list(&server)).await;
            server.labels().iter().filter(|label| *label != "count").count()
        };
        for failing in 0..requests {
            let broken = server().failing([failing]);
            let mut stream = list(&broken).stream();
            let mut read_ids = Vec::new();
            let error = loop {
                match stream.next().await.unwrap() {
                    Ok(ticket) => read_ids.push(ticket.id.unwrap()),
                    Err(error) => break error,
                }
            };
            assert!(error.is_api(), "{name}, {failing}: {error}");
            assert_eq!(read_ids, whole[..read_ids.len()], "{name}, {failing}");
            let bookmark = stream.bookmark().unwrap_or_else(|| panic!("{name}, {failing}: no bookmark"));
            read_ids.extend(read(list(&server()).resume(round_trip(bookmark))).await.0);
            assert_eq!(read_ids, whole, "{name}, {failing}");
        }
    }
}

#[tokio::test]
async fn a_bookmark_of_another_list_is_rejected() {
    let server = Server::new(1..=45);
    let long = || long_conditions(100_000..100_400);
    let bookmark_of = async |list: List| {
        let mut pages = list.pages();
        pages.next().await.unwrap().unwrap();
        pages.bookmark().unwrap()
    };
    let forward = bookmark_of(server.list(&FORWARD).page_size(10)).await;
    let numbered = bookmark_of(server.list(&NUMBERED).page_size(10)).await;
    let part = bookmark_of(server.list(&FORWARD).filter_text(long()).page_size(10)).await;
    let sorted = bookmark_of(server.list(&FORWARD).sort_text("id").page_size(10)).await;
    let requests = server.sent().len();
    let altered = |text: &str, from: &str, to: &str| text.replace(from, to).parse::<psa::calls::Bookmark>().unwrap();
    let list = || server.list(&FORWARD).page_size(10);
    for (name, list, why) in [
        ("other conditions", list().filter_text("closedFlag=true").resume(forward), "belongs to another list"),
        ("other child conditions", list().filter_children_text("a=1").resume(forward), "belongs to another list"),
        ("other custom fields", list().filter_custom_fields_text("a=1").resume(forward), "belongs to another list"),
        ("an order", list().sort_text("id").resume(forward), "belongs to another list"),
        ("no order", list().resume(sorted), "belongs to another list"),
        ("another page size", server.list(&NUMBERED).page_size(11).resume(numbered), "another page size"),
        ("conditions that are not valid", list().filter_text("id >").resume(forward), "has a syntax error"),
        ("a page size that is not valid", list().page_size(0).resume(forward), "page_size is 0"),
        ("a page too", list().from_page(2).resume(forward), "cannot be combined with a page"),
        ("a page id too", list().page_id(2).resume(forward), "cannot be combined with a page"),
        (
            "a bookmark of a part, for a list that is not split",
            list().resume(altered(&forward.to_string(), "forward/", "part/")),
            "is read in parts, but this list is not",
        ),
        (
            "a page bookmark, for a list that is split",
            list().filter_text(long()).resume(altered(&part.to_string(), "part/", "page/")),
            "is not read in parts, but this list is",
        ),
        (
            "a forward-only bookmark, for a sorted list",
            list().sort_text("id").resume(altered(&sorted.to_string(), "page/", "forward/")),
            "another order is set",
        ),
        (
            "another long list",
            list().filter_text(long_conditions(100_000..100_401)).resume(part),
            "belongs to another list",
        ),
    ] {
        let mut pages = list.pages();
        let bookmark = pages.bookmark();
        let error = match pages.next().await {
            Some(Err(error)) => error,
            _ => panic!("{name} is accepted"),
        };
        assert!(bookmark.is_some() && pages.bookmark() == bookmark, "{name}: the bookmark must stay");
        assert!(error.is_invalid_input() && error.to_string().contains(why), "{name}: {error}");
    }
    assert_eq!(server.sent().len(), requests, "nothing must be sent");
    // Accepted: other selected fields; for a forward-only bookmark, another page size or an operation that pages by
    // number; for a page-number bookmark, forward-only paging or `parallel`.
    for list in [
        list().select_text("id").resume(forward),
        server.list(&FORWARD).resume(forward),
        server.list(&NUMBERED).page_size(10).resume(forward),
    ] {
        assert_eq!(read(list).await.0, (11..=45).collect::<Vec<_>>());
    }
    for list in [list().resume(numbered), list().parallel(4).resume(numbered)] {
        assert_eq!(read(list).await.0, (11..=45).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_list_in_parts_resumes_even_if_it_is_split_differently() {
    let all: Vec<i32> = (1..=900).map(|id| id * 1_000_003).collect();
    let conditions = long_conditions(all.iter().copied());
    let server = |base_length: usize| Server::new(all.iter().copied()).base_length(base_length);
    for until in 1..5 {
        let mut pages = server(40).list(&FORWARD).filter_text(conditions.as_str()).select_text("id").pages();
        let mut read_ids = Vec::new();
        for _ in 0..until {
            read_ids.extend(ids(&pages.next().await.unwrap().unwrap()));
        }
        let list = server(140)
            .list(&FORWARD)
            .filter_text(conditions.as_str())
            .select_text("id,summary,closedFlag,company/name,board/name,status/name");
        read_ids.extend(read(list.resume(round_trip(pages.bookmark().unwrap()))).await.0);
        assert_eq!(read_ids, all, "{until}");
    }
}

#[tokio::test]
async fn a_list_that_resumes_at_its_start_chooses_the_paging_again() {
    let broken = Server::new(1..=25).failing([0]);
    let mut stream = broken.list(&FORWARD).page_size(10).stream();
    assert!(stream.next().await.unwrap().is_err());
    let bookmark = round_trip(stream.bookmark().unwrap());
    let server = Server::new(1..=25).forward(REJECTS_FORWARD_ONLY);
    assert_eq!(read(server.list(&FORWARD).page_size(10).resume(bookmark)).await.0, up_to(25));
    let server = Server::new(1..=25);
    assert_eq!(read(server.list(&FORWARD).page_size(10).parallel(2).resume(bookmark)).await.0, up_to(25));
}

#[tokio::test]
async fn take_limits_the_records() {
    /// The limit, the options, the requests, the page size, and the id of the last of 45 records that is read.
    type Case = (u64, ModifyList, &'static [&'static str], &'static str, i32);
    let cases: [Case; 13] = [
        (0, |list| list, &[], "", 0),
        (1, |list| list, &["after 0"], "1", 1),
        (45, |list| list, &["after 0"], "45", 45),
        (46, |list| list, &["after 0"], "46", 45),
        (5000, |list| list, &["after 0"], "1000", 45),
        (u64::MAX, |list| list, &["after 0"], "1000", 45),
        (10, |list| list.page_size(10), &["after 0"], "10", 10),
        (25, |list| list.page_size(10), &["after 0", "after 10", "after 20"], "10", 25),
        (25, |list| list.page_size(10).sort_text("id"), &["page 1", "page 2", "page 3"], "10", 25),
        (30, |list| list.page_size(10).sort_text("id"), &["page 1", "page 2", "page 3"], "10", 30),
        (100, |list| list.page_size(20), &["after 0", "after 20", "after 40"], "20", 45),
        (25, |list| list.page_size(10).parallel(4), &["count", "page 1", "page 2", "page 3"], "10", 25),
        (10, |list| list.page_size(10).from_page(2).parallel(4), &["count", "page 2"], "10", 20),
    ];
    for (limit, modify, labels, size, last) in cases {
        let server = Server::new(1..=45);
        let (read_ids, error) = read(modify(server.list(&FORWARD)).take(limit)).await;
        assert!(error.is_none(), "{limit}: {error:?}");
        let first = if labels.last() == Some(&"page 2") { 11 } else { 1 };
        assert_eq!(read_ids, (first..=last).collect::<Vec<_>>(), "{limit}");
        assert_eq!(server.labels(), labels, "{limit}");
        for sent in server.sent().iter().filter(|sent| sent.label() != "count") {
            assert_eq!(sent.parameter("pageSize"), Some(size), "{limit}");
        }
    }
    assert_eq!(Server::new(1..=45).list(&FORWARD).take(7).all().await.unwrap().len(), 7);
    assert_eq!(Server::new(1..=45).list(&FORWARD).take(7).page(1).await.unwrap().len(), 7);
}

#[tokio::test]
async fn records_beyond_the_limit_of_take_are_read_after_resuming() {
    for limit in [1, 9, 10, 11, 25, 40, 44, 45_usize] {
        for (name, server, list) in paging_modes() {
            let list = |server: &Server| list(server).page_size(10);
            let whole = read(list(&server())).await.0;
            let mut stream = list(&server()).take(limit as u64).stream();
            let mut read_ids = Vec::new();
            while let Some(ticket) = stream.next().await {
                read_ids.push(ticket.unwrap().id.unwrap());
            }
            assert_eq!(read_ids, whole[..limit], "{name}, {limit}");
            if let Some(bookmark) = stream.bookmark() {
                read_ids.extend(read(list(&server()).resume(round_trip(bookmark))).await.0);
            }
            let mut unique = read_ids.clone();
            unique.sort_unstable();
            unique.dedup();
            let mut expected = whole.clone();
            expected.sort_unstable();
            assert_eq!(unique, expected, "{name}, {limit}");
            assert!(read_ids.len() - unique.len() < 10, "{name}, {limit}: more than a page was read twice");
        }
    }
}

#[tokio::test]
async fn parallel_pages_are_returned_in_order() {
    for parallel in [2, 3, 4, 8, 100] {
        let server = Server::new(1..=245);
        let mut pages =
            server.list(&FORWARD).filter_text("id>0").select_text("id").page_size(10).parallel(parallel).pages();
        let mut read_ids = Vec::new();
        while let Some(page) = pages.next().await {
            server.page_received();
            if read_ids.is_empty() {
                // While the first page is used, the maximum number of other pages is in flight.
                assert_eq!(server.labels().len(), 2 + parallel.min(24), "{parallel}");
            }
            read_ids.extend(ids(&page.unwrap()));
        }
        assert_eq!(read_ids, up_to(245), "{parallel}");
        let (in_flight, ahead) = server.maxima();
        assert_eq!(in_flight, parallel.min(25), "{parallel}");
        // In addition to the current page.
        assert!(ahead <= parallel + 1, "{parallel}: {ahead} pages");
        let sent = server.sent();
        assert_eq!(sent[0].path_and_query, "/service/tickets/count?conditions=id%3E0", "{parallel}");
        assert_eq!(sent[1].path_and_query, "/service/tickets?conditions=id%3E0&fields=id&page=1&pageSize=10");
        assert_eq!(sent.len(), 26);
    }
}

#[tokio::test]
async fn parallel_pages_end_at_the_end_of_the_list() {
    let grown = |links: bool| {
        let edits = [vec![], vec![], (21..=42).map(Edit::Insert).collect()];
        let server = Server::new(1..=20).edits(edits);
        if links { server } else { server.without_links() }
    };
    let shrunk = || Server::new(1..=95).edits([vec![], vec![], (0..80).map(|_| Edit::Delete(15)).collect::<Vec<_>>()]);
    let list = |server: &Server| server.list(&FORWARD).page_size(10).parallel(3);
    // The count is 20. Records that are created while the last counted page is requested are also read, with and
    // without links.
    for links in [true, false] {
        let server = Server::new(1..=20).edits([vec![], (21..=42).map(Edit::Insert).collect()]);
        let server = if links { server } else { server.without_links() };
        assert_eq!(read(list(&server)).await.0, up_to(42), "{links}");
        assert_eq!(server.labels(), ["count", "page 1", "page 2", "page 3", "page 4", "page 5"]);
    }
    assert_eq!(read(list(&grown(false))).await.0, up_to(42));
    let (read_ids, error) = read(list(&shrunk())).await;
    assert!(error.is_none());
    assert_eq!(read_ids, up_to(20), "the pages that still existed");
    let empty = Server::new([]);
    assert!(read(list(&empty)).await.0.is_empty());
    assert_eq!(empty.labels(), ["count", "page 1"]);
    // An endpoint that ignores the page number and returns all records.
    for links in [true, false] {
        let all = server_of_all_records(links);
        assert_eq!(
            read(psa::calls::RequestBuilder::new(&all, &FORWARD).list().page_size(10).parallel(2)).await.0,
            up_to(25),
            "{links}"
        );
    }
    // One that returns the first page for every page number.
    let same = server_of_one_page();
    let (read_ids, error) =
        read(psa::calls::RequestBuilder::new(&same, &FORWARD).list().page_size(10).parallel(2)).await;
    assert_eq!(read_ids, up_to(10));
    let text = error.unwrap().to_string();
    assert!(text.contains("without a new record") && text.contains("stopped at page 2, after 10 records"), "{text}");
}

#[tokio::test]
async fn a_page_with_fewer_records_than_were_counted_is_counted_again() {
    /// The name, the server, the number of counts, the last id of 45 that is read, and a part of the error.
    type Case = (&'static str, Server, usize, i32, Option<&'static str>);
    let server = || Server::new(1..=45);
    let delete = |times: usize, at: usize| vec![Edit::Delete(at); times];
    let cases: [Case; 6] = [
        ("all pages are full", server(), 1, 45, None),
        ("an empty page in the middle", server().fault(Some(Fault::EmptyPage(2))), 2, 45, None),
        ("the last records were deleted", server().edits([vec![], vec![], vec![], vec![], delete(2, 43)]), 2, 43, None),
        ("whole pages were deleted", server().edits([vec![], vec![], delete(20, 25)]), 2, 25, None),
        (
            "an absurd count",
            server().fault(Some(Fault::WrongCount(1_000_000_000_000))),
            5,
            40,
            Some("counts 1000000000000 records, but its page ends after 45"),
        ),
        ("a count that is too small", server().fault(Some(Fault::WrongCount(1))), 1, 45, None),
    ];
    for (name, server, counts, last, why) in cases {
        let mut stream = server.list(&FORWARD).page_size(10).parallel(2).stream();
        let (mut read_ids, mut failure) = (Vec::new(), None);
        while let Some(ticket) = stream.next().await {
            match ticket {
                Ok(ticket) => read_ids.push(ticket.id.unwrap()),
                Err(error) => failure = Some(error.to_string()),
            }
        }
        assert_eq!(read_ids, up_to(last), "{name}");
        let labels = server.labels();
        assert_eq!(labels.iter().filter(|label| *label == "count").count(), counts, "{name}: {labels:?}");
        assert!(labels.len() <= 16, "{name}: {labels:?}");
        assert_eq!(failure.is_some(), why.is_some(), "{name}: {failure:?}");
        assert!(failure.unwrap_or_default().contains(why.unwrap_or_default()), "{name}");
        // The page that was too short is read again.
        let expected = why.map(|_| format!("page/{}/", last / 10 + 1));
        let bookmark = stream.bookmark().map(|bookmark| bookmark.to_string());
        assert_eq!(bookmark.is_some(), expected.is_some(), "{name}");
        assert!(bookmark.unwrap_or_default().starts_with(&expected.unwrap_or_default()), "{name}");
    }
}

#[tokio::test]
async fn pages_that_were_counted_are_planned_lazily() {
    // Storing the plan of all pages would need terabytes.
    for count in [1_000_000_000_000, i64::MAX] {
        let server = Server::new(1..=45).fault(Some(Fault::WrongCount(count)));
        let list = server.list(&FORWARD).page_size(1).parallel(4).take(20);
        assert_eq!(read(list).await.0, up_to(20), "{count}");
        assert!(server.labels().len() < 30);
    }
}

#[tokio::test]
async fn parts_are_checked_by_their_ids() {
    let ids = || (1..=600).map(|id| id * 1_000_003);
    let list = |server: &Server| server.list(&FORWARD).filter_text(long_conditions(ids())).page_size(100);
    // A cache returns the first part for every part.
    let same = Server::new(ids()).fault(Some(Fault::SamePage));
    let (read_ids, error) = read(list(&same)).await;
    assert_eq!(read_ids, ids().take(100).collect::<Vec<_>>());
    assert!(error.unwrap().to_string().contains("whose id was not requested"));
    // The ids that no record has are not missing.
    let some = Server::new(ids().step_by(3));
    assert_eq!(read(list(&some)).await.0, ids().step_by(3).collect::<Vec<_>>());
}

#[tokio::test]
async fn take_does_not_make_the_parts_smaller() {
    let list = |server: &Server| server.list(&FORWARD).filter_text(long_conditions((1..=600).map(|id| id * 1_000_003)));
    let whole = Server::new([]);
    assert!(list(&whole).all().await.unwrap().is_empty());
    for take in [1, 10] {
        let server = Server::new([]);
        assert!(list(&server).take(take).all().await.unwrap().is_empty());
        assert_eq!(server.labels().len(), whole.labels().len(), "{take}");
        for sent in server.sent() {
            let ids = sent.parameter("conditions").unwrap().matches(',').count() + 1;
            assert_eq!(sent.parameter("pageSize"), Some(ids.to_string().as_str()), "{take}");
        }
    }
    assert!(list(&Server::new([])).first().await.unwrap().is_none());
}

#[tokio::test]
async fn the_records_of_a_part_are_those_that_were_requested() {
    let list = |script: &Script| script.client().list_tickets().filter_text(long_conditions(1001..=1400));
    let part = |ids: &[i32]| {
        let records: Vec<String> = ids.iter().map(|id| format!(r#"{{"id":{id}}}"#)).collect();
        response(200, format!("[{}]", records.join(",")))
    };
    let script = Script::new([part(&[1001, 1002, 1001]), part(&[]), part(&[])]);
    let (read_ids, error) = read(list(&script)).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!(read_ids, [1001, 1002]);
    for other in [1400, 7] {
        let script = Script::new([part(&[1001, other]), part(&[])]);
        let (read_ids, error) = read(list(&script)).await;
        let error = error.unwrap();
        assert!(read_ids.is_empty() && error.is_paging(), "{error}");
        assert!(error.to_string().contains(&format!("the record {other}, whose id was not requested")), "{error}");
    }
}

#[tokio::test]
async fn a_page_is_requested_again_if_a_record_was_created_before_the_new_count() {
    let count = |count: i32| response(200, format!(r#"{{"count":{count}}}"#));
    let page = |ids: &[i32]| {
        let records: Vec<String> = ids.iter().map(|id| format!(r#"{{"id":{id}}}"#)).collect();
        response(200, format!("[{}]", records.join(",")))
    };
    // One of four records is deleted after the count, and another one is created before the new count.
    let script = Script::new([count(4), page(&[1, 2]), page(&[4]), count(4), page(&[4, 5]), page(&[])]);
    let connection = psa::transport::Connection::new(script.clone());
    let list = psa::calls::RequestBuilder::new(&connection, &FORWARD).list().page_size(2).parallel(2);
    let (read_ids, error) = read(list).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!(read_ids, [1, 2, 4, 5]);
    assert_eq!(script.remaining(), 0);
}

#[tokio::test]
async fn newest_first_lists_do_not_fail_if_records_are_created() {
    /// The table, the edits before each request, and the options.
    type Case = (i32, Vec<Vec<Edit>>, ModifyList);
    let insert = |ids: std::ops::RangeInclusive<i32>| ids.map(Edit::Insert).collect::<Vec<_>>();
    let cases: [Case; 5] = [
        (10, vec![vec![], insert(12..=12)], |list| list.page_size(10)),
        (10, vec![vec![], insert(12..=12)], |list| list.page_size(10).parallel(3)),
        (25, vec![vec![], insert(30..=39)], |list| list.page_size(10)),
        (5, vec![vec![], vec![], insert(12..=12), vec![], insert(13..=13)], |list| list.page_size(1)),
        (5, (0..9).map(|id| insert(20 + id..=20 + id)).collect(), |list| list.page_size(1)),
    ];
    for (number, (last, edits, modify)) in cases.into_iter().enumerate() {
        let server = Server::new(1..=last).edits(edits);
        let (mut read_ids, error) = read(modify(server.list(&FORWARD).sort_text("id desc"))).await;
        assert!(error.is_none(), "{number}: {error:?}");
        read_ids.retain(|id| *id <= last);
        read_ids.sort_unstable();
        read_ids.dedup();
        assert_eq!(read_ids, up_to(last), "{number}");
    }
}

/// A server that ignores page numbers: it counts 25 records and always returns all of them, or the first ten.
struct UnpagedServer {
    records: i32,
    links: bool,
}

fn server_of_all_records(links: bool) -> psa::transport::Connection {
    psa::transport::Connection::new(UnpagedServer { records: 25, links })
}

fn server_of_one_page() -> psa::transport::Connection {
    psa::transport::Connection::new(UnpagedServer { records: 10, links: false })
}

impl psa::transport::Transport for UnpagedServer {
    fn send(
        &self,
        request: psa::transport::Request,
    ) -> psa::transport::BoxFuture<'_, Result<psa::transport::Response, psa::error::Error>> {
        let records: Vec<String> = (1..=self.records).map(|id| format!(r#"{{"id":{id}}}"#)).collect();
        let body = if request.path.ends_with("/count") {
            r#"{"count":25}"#.to_owned()
        } else {
            format!("[{}]", records.join(","))
        };
        let mut response = psa::transport::Response::new(http::StatusCode::OK, body.into_bytes());
        if self.links {
            response
                .headers
                .insert("link", http::HeaderValue::from_static(r#"<https://other.example/x?page=1>; rel="first""#));
        }
        Box::pin(async { Ok(response) })
    }
}

#[tokio::test]
async fn a_parallel_list_returns_the_pages_before_an_error() {
    for failing in 0..5 {
        let server = Server::new(1..=45).failing([failing]);
        let (read_ids, error) = read(server.list(&FORWARD).page_size(10).parallel(3)).await;
        assert_eq!(read_ids, up_to(i32::try_from(failing).unwrap() * 10), "{failing}");
        assert_eq!(error.unwrap().status().unwrap().as_u16(), 502, "{failing}");
        assert_eq!(server.maxima().0, 3);
    }
}

#[tokio::test]
async fn lists_that_cannot_be_parallel_are_rejected_or_read_in_sequence() {
    let server = Server::new(1..=25);
    let (read_ids, error) = read(server.list(&FORWARD).page_id(5).parallel(2)).await;
    let error = error.unwrap();
    assert!(read_ids.is_empty() && error.is_invalid_input() && error.to_string().contains("page_id"), "{error}");
    assert!(server.labels().is_empty());
    let list: [(&str, MakeList, &[&str]); 4] = [
        ("no count", |server| server.list(&UNCOUNTED).parallel(4), &["after 0", "after 10", "after 20"]),
        ("none at a time", |server| server.list(&FORWARD).parallel(0), &["after 0", "after 10", "after 20"]),
        ("one at a time", |server| server.list(&FORWARD).parallel(1), &["after 0", "after 10", "after 20"]),
        // The conditions are also too long for the count, which has no search.
        (
            "a search",
            |server| server.list(&SEARCHED).filter_text(long_conditions(1..=900)).parallel(4),
            &["search after 0", "search after 10", "search after 20"],
        ),
    ];
    for (name, list, labels) in list {
        let server = Server::new(1..=25);
        let (read_ids, error) = read(list(&server).page_size(10)).await;
        assert!(error.is_none(), "{name}: {error:?}");
        assert_eq!(read_ids, up_to(25), "{name}");
        assert_eq!(server.labels(), labels, "{name}");
        assert_eq!(server.maxima().0, 1, "{name}");
    }
}

#[tokio::test]
async fn a_long_query_is_sent_in_the_body_of_the_search() {
    let long = long_conditions(1..=900);
    let list = |server: &Server| {
        server
            .list(&SEARCHED)
            .filter_text(long.as_str())
            .filter_children_text("a=1")
            .filter_custom_fields_text("b=2")
            .select_text("id,summary")
    };
    let server = Server::new(1..=25);
    assert_eq!(read(list(&server).page_size(10)).await.0, up_to(25));
    let sorted = Server::new(1..=25);
    assert_eq!(read(list(&sorted).sort_text("id desc").page_size(20)).await.0, (1..=25).rev().collect::<Vec<_>>());
    let paths: Vec<_> = server.sent().into_iter().chain(sorted.sent()).map(|sent| sent.path_and_query).collect();
    let expected = [
        "/service/tickets/search?fields=id%2Csummary&pageSize=10&pageId=0",
        "/service/tickets/search?fields=id%2Csummary&pageSize=10&pageId=10",
        "/service/tickets/search?fields=id%2Csummary&pageSize=10&pageId=20",
        "/service/tickets/search?fields=id%2Csummary&page=1&pageSize=20",
        "/service/tickets/search?fields=id%2Csummary&page=2&pageSize=20",
    ];
    assert_eq!(paths, expected);
    let conditions = server.list(&SEARCHED).filter_text(long.as_str()).to_query().pairs()[0].1.clone();
    let body = serde_json::json!({"conditions": conditions, "childconditions": "a=1", "customfieldconditions": "b=2"});
    assert!(
        server
            .sent()
            .iter()
            .all(|sent| sent.method == psa::operation::Method::Post && sent.body.as_ref() == Some(&body))
    );
    let mut body = body;
    body["orderBy"] = "id desc".into();
    assert!(sorted.sent().iter().all(|sent| sent.body.as_ref() == Some(&body)));
    // One page, and its dry run.
    let one = Server::new(1..=25);
    let expected = "/service/tickets/search?fields=id%2Csummary&page=1&pageSize=10";
    assert_eq!(list(&one).page_size(10).dry_run().unwrap().url, expected);
    assert_eq!(list(&one).page_size(10).page(1).await.unwrap().len(), 10);
    assert_eq!(one.sent()[0].path_and_query, expected);
    // A query that just fits is sent as a GET. With one character more, it is sent as a search.
    for (excess, method) in [(0, psa::operation::Method::Get), (1, psa::operation::Method::Post)] {
        let server = Server::new(1..=25);
        let text = |letters: usize| format!("summary!=\"{}\"", "a".repeat(letters));
        let length = server.list(&SEARCHED).filter_text(text(1)).dry_run().unwrap().url.len();
        let server = server.base_length(100);
        let fitting = server.list(&SEARCHED).filter_text(text(2000 - 100 - length + 1 + excess));
        let url = fitting.dry_run().unwrap().url;
        assert_eq!(fitting.page(1).await.unwrap().len(), 25);
        assert_eq!(
            (server.sent()[0].method, server.sent()[0].path_and_query.as_str()),
            (method, url.as_str()),
            "{excess}"
        );
        assert!(excess == 1 || url.len() == 1900);
    }
}

#[tokio::test]
async fn a_long_list_of_ids_is_read_in_parts() {
    // Every other requested id exists. The requested ids are not sorted, and 50 of them occur twice.
    for first in [2, 1000, 1_000_000] {
        let requested: Vec<i32> = (0..900).map(|at| (at * 389) % 900 + first).chain(first..first + 50).collect();
        let table = || Server::new((0..450).map(|at| at * 2 + first)).base_length(123);
        let expected: Vec<i32> = (0..450).map(|at| at * 2 + first).collect();
        let list = |server: &Server| {
            server
                .list(&FORWARD)
                .filter_text("closedFlag=true and ".to_owned() + &long_conditions(requested.iter().copied()))
        };
        let options: [(&str, ModifyList, bool); 5] = [
            ("no order", |list| list, false),
            ("by id", |list| list.sort_text("id"), false),
            ("descending", |list| list.sort_text("ID desc").page_size(120), true),
            ("parallel", |list| list.parallel(3), false),
            ("small pages", |list| list.page_size(30).parallel(2), false),
        ];
        for (name, modify, descending) in options {
            let server = table();
            let (mut read_ids, error) = read(modify(list(&server))).await;
            assert!(error.is_none(), "{name}, {first}: {error:?}");
            if descending {
                read_ids.reverse();
            }
            assert_eq!(read_ids, expected, "{name}, {first}");
            let sent = server.sent();
            assert!(sent.len() > 1, "{name}, {first}");
            for sent in &sent {
                assert_eq!(
                    (sent.method, sent.forward, sent.parameter("page"), sent.parameter("pageId")),
                    (psa::operation::Method::Get, false, None, None)
                );
                assert!(sent.path_and_query.len() + 123 <= 2000, "{name}, {first}: {}", sent.path_and_query.len());
                let conditions = sent.parameter("conditions").unwrap();
                assert!(
                    conditions.contains("closedFlag=true") && conditions.contains(r#"summary contains "ticket""#),
                    "{name}: {conditions}"
                );
            }
            // No part except the last has space for another id.
            let full = sent
                .iter()
                .take(sent.len() - 1)
                .all(|sent| sent.path_and_query.len() + 123 > 2000 - "1000000%2C".len());
            assert!(full || name == "small pages" || name == "descending", "{name}, {first}");
        }
    }
}

#[tokio::test]
async fn parts_with_equal_responses_are_not_taken_for_a_repeated_page() {
    let script = Script::new((0..10).map(|_| response(200, r#"[{"summary":"Tampa"}]"#)));
    let (script_clone, list) =
        (script.clone(), script.client().list_tickets().filter_text(long_conditions(1..=900)).select_text("summary"));
    let records = list.stream().try_collect::<Vec<_>>().await.unwrap().len();
    // Three of the ten scripted responses are used: the ids are read in three parts.
    assert_eq!((records, script_clone.remaining()), (3, 7));
}

#[tokio::test]
async fn a_long_query_that_cannot_be_split_is_rejected_with_its_length() {
    let server = Server::new(1..=25).base_length(50);
    let list = || server.list(&FORWARD);
    let names: Vec<String> = (0..200).map(|number| format!("\"name {number}\"")).collect();
    let names = names.join(",");
    for (name, list) in [
        ("another order", list().filter_text(long_conditions(1..900)).sort_text("summary")),
        ("a further order", list().filter_text(long_conditions(1..900)).sort_text("id,summary")),
        ("two lists", list().filter_text(format!("{} and {}", long_conditions(1..900), long_conditions(500..1400)))),
        ("an alternative", list().filter_text(format!("({} or closedFlag=true)", long_conditions(1..900)))),
        ("not in", list().filter_text(long_conditions(1..900).replace("id in", "id not in"))),
        ("another id", list().filter_text(long_conditions(1..900).replace("id in", "board/id in"))),
        ("strings", list().filter_text(format!("summary in ({names})"))),
        ("strings as ids", list().filter_text(format!("id in ({names})"))),
        ("a page", list().filter_text(long_conditions(1..900)).from_page(2)),
        ("a page id", list().filter_text(long_conditions(1..900)).page_id(2)),
        (
            "long other conditions",
            list().filter_text(format!("{} and summary!=\"{}\"", long_conditions(1..900), "a".repeat(2000))),
        ),
    ] {
        let shown = list.dry_run().unwrap_err().to_string();
        let (read_ids, error) = read(list).await;
        let error = error.unwrap_or_else(|| panic!("{name} is sent"));
        assert!(read_ids.is_empty() && error.is_invalid_input(), "{name}: {error}");
        let length =
            error.to_string().split("the URL ").nth(1).and_then(|rest| rest.split(' ').next()?.parse::<usize>().ok());
        assert!(length.is_some_and(|length| length > 2000), "{name}: {error}");
        assert!(shown.contains("the URL ") && shown.contains("characters long"), "{name}: {shown}");
    }
    for operation in [&FORWARD, &SEARCHED] {
        let error = server.list(operation).filter_text(long_conditions(1..900)).count().await.unwrap_err();
        assert!(error.is_invalid_input() && error.to_string().contains("characters long"), "{error}");
    }
    let awaited = list().filter_text(long_conditions(1..900)).page(1).await.unwrap_err();
    assert!(awaited.to_string().contains("characters long"), "{awaited}");
    assert!(server.labels().is_empty());
}

#[tokio::test]
async fn the_advice_for_a_long_query_depends_on_what_makes_the_url_long() {
    let server = Server::new(1..=25);
    let fields: Vec<String> = (0..200).map(|number| format!("field_{number}")).collect();
    let fields = fields.join(",");
    for (name, list, advice) in [
        (
            "conditions",
            server.list(&UNCOUNTED).filter_text(format!("summary!=\"{}\"", "a".repeat(2000))),
            "shorten the conditions, or split them into several queries",
        ),
        (
            "a search with many fields",
            server.list(&SEARCHED).filter_text(long_conditions(1..900)).select_text(fields.as_str()),
            "the conditions are already in the body of the search, so shorten the other parameters, such as `fields`",
        ),
        (
            "many fields",
            server.list(&UNCOUNTED).select_text(fields.as_str()),
            "shorten the parameters, such as `fields`",
        ),
    ] {
        let error = list.page(1).await.unwrap_err();
        assert!(
            error.is_invalid_input() && error.to_string().contains(&format!("2000: {advice}. ")),
            "{name}: {error}"
        );
    }
    assert!(server.labels().is_empty());
}

#[tokio::test]
async fn take_0_rejects_a_page_and_sends_nothing_for_a_stream() {
    let server = Server::new(up_to(3));
    let error = server.list(&FORWARD).take(0).page(1).await.unwrap_err();
    assert!(error.is_invalid_input() && error.to_string().contains("take is 0"), "{error}");
    assert_eq!(read(server.list(&FORWARD).take(0)).await.0, Vec::<i32>::new());
    assert!(server.sent().is_empty());
}

#[tokio::test]
async fn a_bookmark_is_rejected_by_page_and_dry_run() {
    let server = Server::new(up_to(25));
    let mut stream = server.list(&FORWARD).take(2).stream();
    stream.next().await.unwrap().unwrap();
    stream.next().await.unwrap().unwrap();
    let bookmark = stream.bookmark().unwrap();
    let error = server.list(&FORWARD).resume(bookmark).page(1).await.unwrap_err();
    assert!(error.is_invalid_input() && error.to_string().contains("bookmark cannot be used here"), "{error}");
    assert!(server.list(&FORWARD).resume(bookmark).dry_run().is_err());
    // The page size may differ when a forward-only list resumes. `parallel` has no effect on it.
    let before = server.sent().len();
    for list in [
        server.list(&FORWARD).resume(bookmark),
        server.list(&FORWARD).resume(bookmark).page_size(1000),
        server.list(&FORWARD).resume(bookmark).parallel(3),
    ] {
        assert_eq!(read(list).await.0, (3..=25).collect::<Vec<_>>());
    }
    assert_eq!(server.sent().len(), before + 3);
}

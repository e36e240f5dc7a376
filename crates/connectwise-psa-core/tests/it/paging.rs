//! Lists over a table that is paged as the server does it: which way is chosen, what is sent, and that nothing is lost,
//! repeated or asked in vain.

use std::collections::BTreeSet;

use connectwise_psa_core as psa;
use futures_util::TryStreamExt as _;
use proptest::prelude::*;

use crate::sample::{Script, Ticket, answer};
use crate::table::{Edit, FORWARD, Forward, NUMBERED, SEARCHED, Server, UNCOUNTED};

type List = psa::calls::List<Ticket>;

/// A list of a server.
type Asked = fn(&Server) -> List;

/// Makes a server.
type Made = fn() -> Server;

/// What else is said of a list.
type Said = fn(List) -> List;

/// The ids that came, and the error behind them.
async fn read(list: List) -> (Vec<i32>, Option<psa::error::Error>) {
    let mut stream = list.stream();
    let mut ids = Vec::new();
    while let Some(ticket) = stream.next().await {
        match ticket {
            Ok(ticket) => ids.push(ticket.id.unwrap()),
            Err(error) => {
                assert!(stream.next().await.is_none(), "nothing comes after an error");
                return (ids, Some(error));
            }
        }
    }
    assert!(stream.next().await.is_none(), "nothing comes after the end");
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
    fn forward_only_loses_and_repeats_nothing_while_records_come_and_go(
        table in proptest::collection::btree_set(1..200, 0..80),
        edits in proptest::collection::vec(proptest::collection::vec(edit(), 0..6), 0..30),
        size in 1..12_u32,
    ) {
        let server = Server::new(table.clone()).edits(edits);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let pages: Vec<_> = runtime.block_on(server.list(&FORWARD).page_size(size).pages().try_collect()).unwrap();
        let sent = server.sent();
        let mut seen = BTreeSet::new();
        for (page, sent) in pages.iter().zip(&sent) {
            for id in ids(page) {
                prop_assert!(seen.insert(id), "{id} came twice");
                prop_assert!(sent.table.contains(&id), "{id} had been deleted");
            }
        }
        prop_assert_eq!(pages.len(), sent.len());
        let always = table.iter().filter(|id| sent.iter().all(|sent| sent.table.contains(id)));
        for id in always {
            prop_assert!(seen.contains(id), "{id} was left out");
        }
    }
}

const NO_BOOLEAN: Forward = Forward::Refused(500, "String was not recognized as a valid Boolean.");

#[tokio::test]
async fn forward_only_is_chosen_where_it_can_be_and_page_numbers_elsewhere() {
    /// Name, server, list, places asked for, how many records come of 25, and what the error says.
    type Case = (&'static str, Server, Asked, &'static [&'static str], usize, Option<&'static str>);
    let server = || Server::new(1..=25);
    let by_id: &[&str] = &["after 0", "after 10", "after 20"];
    let by_page: &[&str] = &["page 1", "page 2", "page 3"];
    let first_by_id: &[&str] = &["after 0", "page 2", "page 3"];
    let both: &[&str] = &["after 0", "page 1", "page 2", "page 3"];
    let cases: [Case; 19] = [
        ("nothing said", server(), |server| server.list(&FORWARD), by_id, 25, None),
        ("nothing to count with", server(), |server| server.list(&UNCOUNTED), by_id, 25, None),
        ("an order", server(), |server| server.list(&FORWARD).sort_text("id"), by_page, 25, None),
        ("a page", server(), |server| server.list(&FORWARD).from_page(2), &["page 2", "page 3"], 15, None),
        ("a numbered list", server(), |server| server.list(&NUMBERED), by_page, 25, None),
        ("a numbered list read by id", server(), |server| server.list(&NUMBERED).page_id(0), by_id, 25, None),
        ("ignored", server().forward(Forward::Ignored), |server| server.list(&FORWARD), first_by_id, 25, None),
        (
            "ignored, without links",
            server().forward(Forward::Ignored).without_links(),
            |server| server.list(&FORWARD),
            first_by_id,
            25,
            None,
        ),
        ("a boolean", server().forward(NO_BOOLEAN), |server| server.list(&FORWARD), both, 25, None),
        (
            "a parameter",
            server().forward(Forward::Refused(400, "pageId is not valid")),
            |server| server.list(&FORWARD),
            both,
            25,
            None,
        ),
        (
            "a boolean, by our own wish",
            server().forward(NO_BOOLEAN),
            |server| server.list(&FORWARD).page_id(0),
            &["after 0"],
            0,
            Some("valid Boolean"),
        ),
        (
            "another 500",
            server().forward(Forward::Refused(500, "Sorry")),
            |server| server.list(&FORWARD),
            &["after 0"],
            0,
            Some("Sorry"),
        ),
        (
            "another 400",
            server().forward(Forward::Refused(400, "conditions")),
            |server| server.list(&FORWARD),
            &["after 0"],
            0,
            Some("conditions"),
        ),
        (
            "a 404",
            server().forward(Forward::Refused(404, "pageId")),
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
            Some("cannot begin after id 17"),
        ),
        (
            "from an id, ignored without links",
            server().forward(Forward::Ignored).without_links(),
            |server| server.list(&FORWARD).page_id(17),
            &["after 17"],
            0,
            Some("cannot begin after id 17"),
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
    for (name, server, list, places, records, why) in cases {
        let (came, error) = read(list(&server).page_size(10)).await;
        let missing = came.first().map_or(0, |first| first - 1);
        assert_eq!(came, (1..).skip(missing as usize).take(records).collect::<Vec<i32>>(), "{name}");
        assert_eq!(server.places(), places, "{name}");
        let text = error.as_ref().map(ToString::to_string);
        assert_eq!(text.is_some(), why.is_some(), "{name}: {text:?}");
        assert!(text.unwrap_or_default().contains(why.unwrap_or_default()), "{name}");
        // What the server said well and we cannot go on with.
        assert_eq!(error.is_some_and(|error| error.is_decode()), name.starts_with("from an id, "), "{name}");
    }
}

#[tokio::test]
async fn no_page_is_asked_for_in_vain() {
    for records in [0, 1, 9, 10, 11, 19, 20, 21, 30] {
        let pages = |extra: i32| (records + extra).div_euclid(10).max(1);
        // Without a link, only a page that is not full is surely the last one.
        let (linked, unlinked) = (if records == 10 { 2 } else { pages(9) }, pages(10));
        let still = || Server::new(1..=records);
        let cases: [(&str, Server, Asked, i32); 7] = [
            ("forward", still(), |server| server.list(&FORWARD), pages(9)),
            ("forward ignored", still().forward(Forward::Ignored), |server| server.list(&FORWARD), linked),
            (
                "forward ignored, without links",
                still().forward(Forward::Ignored).without_links(),
                |server| server.list(&FORWARD),
                unlinked,
            ),
            ("by number", still(), |server| server.list(&NUMBERED), linked),
            ("by number, without links", still().without_links(), |server| server.list(&NUMBERED), unlinked),
            ("parallel", still(), |server| server.list(&FORWARD).parallel(3), 1 + linked),
            (
                "parallel, without links",
                still().without_links(),
                |server| server.list(&FORWARD).parallel(3),
                1 + unlinked,
            ),
        ];
        for (name, server, list, requests) in cases {
            assert_eq!(read(list(&server).page_size(10)).await.0, up_to(records), "{name}, {records}");
            assert_eq!(server.places().len(), requests as usize, "{name}, {records}: {:?}", server.places());
        }
    }
}

/// Ids that make a list too long for one URL, of which every other one exists; conditions that hold for all of these.
fn many(ids: impl IntoIterator<Item = i32>) -> String {
    let ids: Vec<String> = ids.into_iter().map(|id| id.to_string()).collect();
    format!("id in ({}) and summary contains \"ticket\"", ids.join(","))
}

/// Every way of reading, over a server of 45 records.
fn ways() -> [(&'static str, Made, Asked); 9] {
    let server: Made = || Server::new((1..=45).map(|id| id * 1_000_003));
    [
        ("forward", server, |server| server.list(&FORWARD)),
        ("forward ignored", || Server::new(1..=45).forward(Forward::Ignored), |server| server.list(&FORWARD)),
        (
            "forward ignored, without links",
            || Server::new(1..=45).forward(Forward::Ignored).without_links(),
            |server| server.list(&FORWARD),
        ),
        ("forward refused", || Server::new(1..=45).forward(NO_BOOLEAN), |server| server.list(&FORWARD)),
        ("by number", server, |server| server.list(&NUMBERED)),
        (
            "by number, without links",
            || Server::new(1..=45).without_links(),
            |server| server.list(&FORWARD).sort_text("id desc"),
        ),
        ("parallel", server, |server| server.list(&FORWARD).parallel(3)),
        ("in parts", server, |server| server.list(&FORWARD).filter_text(many((1..=400).map(|id| id * 1_000_003)))),
        ("in parts, parallel", server, |server| {
            server.list(&FORWARD).filter_text(many((1..=400).map(|id| id * 1_000_003))).sort_text("id").parallel(2)
        }),
    ]
}

/// As it comes out of a file.
fn stored(bookmark: psa::calls::Bookmark) -> psa::calls::Bookmark {
    serde_json::from_str(&serde_json::to_string(&bookmark).unwrap()).unwrap()
}

#[tokio::test]
async fn a_list_of_pages_goes_on_where_it_was_left() {
    for (name, server, list) in ways() {
        let list = |server: &Server| list(server).page_size(10);
        let whole = read(list(&server())).await.0;
        assert_eq!(whole.len(), 45, "{name}");
        let all = list(&server()).pages().try_collect::<Vec<_>>().await.unwrap().len();
        for until in 0..=all {
            let mut came = Vec::new();
            let mut pages = list(&server()).pages();
            for _ in 0..until {
                came.extend(ids(&pages.next().await.unwrap().unwrap()));
            }
            let bookmark = pages.bookmark();
            assert_eq!(bookmark.is_some(), (1..all).contains(&until), "{name}, {until}");
            if let Some(bookmark) = bookmark {
                came.extend(read(list(&server()).resume(stored(bookmark))).await.0);
            }
            if until > 0 {
                assert_eq!(came, whole, "{name}, {until}");
            }
        }
    }
}

#[tokio::test]
async fn a_list_of_records_goes_on_with_the_page_in_use() {
    for (name, server, list) in ways() {
        let list = |server: &Server| list(server).page_size(10);
        let pages: Vec<Vec<i32>> = list(&server()).pages().map_ok(|page| ids(&page)).try_collect().await.unwrap();
        let whole = pages.concat();
        for until in [1, 2, 9, 10, 11, 19, 20, 25, 40, 41, 44, 45] {
            let mut stream = list(&server()).stream();
            let mut came = Vec::new();
            for _ in 0..until {
                came.push(stream.next().await.unwrap().unwrap().id.unwrap());
            }
            // The records of the pages that have been handed out in full.
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
                Some(bookmark) => read(list(&server()).resume(stored(bookmark))).await.0,
                None => Vec::new(),
            };
            assert_eq!(rest, whole[full..], "{name}, {until}");
            assert_eq!(came, whole[..until], "{name}, {until}");
        }
    }
}

#[tokio::test]
async fn a_list_goes_on_after_an_error() {
    for (name, server, list) in ways() {
        let list = |server: &Server| list(server).page_size(10);
        let whole = read(list(&server())).await.0;
        let requests = {
            let server = server();
            read(list(&server)).await;
            server.places().iter().filter(|place| *place != "count").count()
        };
        for failing in 0..requests {
            let broken = server().failing([failing]);
            let mut stream = list(&broken).stream();
            let mut came = Vec::new();
            let error = loop {
                match stream.next().await.unwrap() {
                    Ok(ticket) => came.push(ticket.id.unwrap()),
                    Err(error) => break error,
                }
            };
            assert!(error.is_api(), "{name}, {failing}: {error}");
            assert_eq!(came, whole[..came.len()], "{name}, {failing}");
            let bookmark = stream.bookmark().unwrap_or_else(|| panic!("{name}, {failing}: no bookmark"));
            came.extend(read(list(&server()).resume(stored(bookmark))).await.0);
            assert_eq!(came, whole, "{name}, {failing}");
        }
    }
}

#[tokio::test]
async fn a_bookmark_of_another_list_is_refused() {
    let server = Server::new(1..=45);
    let long = || many(100_000..100_400);
    let mark = async |list: List| {
        let mut pages = list.pages();
        pages.next().await.unwrap().unwrap();
        pages.bookmark().unwrap()
    };
    let forward = mark(server.list(&FORWARD).page_size(10)).await;
    let numbered = mark(server.list(&NUMBERED).page_size(10)).await;
    let part = mark(server.list(&FORWARD).filter_text(long()).page_size(10)).await;
    let sorted = mark(server.list(&FORWARD).sort_text("id").page_size(10)).await;
    let divided = mark(server.list(&FORWARD).filter_text(long()).page_size(10)).await;
    let requests = server.sent().len();
    let other = |text: &str, from: &str, to: &str| text.replace(from, to).parse::<psa::calls::Bookmark>().unwrap();
    let list = || server.list(&FORWARD).page_size(10);
    for (name, list, why) in [
        ("other conditions", list().filter_text("closedFlag=true").resume(forward), "is of another list"),
        ("other child conditions", list().filter_children_text("a=1").resume(forward), "is of another list"),
        ("other custom fields", list().filter_custom_fields_text("a=1").resume(forward), "is of another list"),
        ("an order", list().sort_text("id").resume(forward), "is of another list"),
        ("no order", list().resume(sorted), "is of another list"),
        ("another page size", server.list(&NUMBERED).page_size(11).resume(numbered), "is of pages of another size"),
        ("a page too", list().from_page(2).resume(forward), "says where to begin"),
        ("a page id too", list().page_id(2).resume(forward), "says where to begin"),
        ("a part of a whole list", list().resume(other(&forward.to_string(), "forward/", "part/")), "is read in parts"),
        (
            "a page of parts",
            list().filter_text(long()).resume(other(&part.to_string(), "part/", "page/")),
            "is read whole",
        ),
        (
            "an id of an order",
            list().sort_text("id").resume(other(&sorted.to_string(), "page/", "forward/")),
            "an order is set",
        ),
        ("another long list", list().filter_text(many(100_000..100_401)).resume(divided), "is of another list"),
    ] {
        let (came, error) = read(list).await;
        let error = error.unwrap_or_else(|| panic!("{name} is taken"));
        assert!(came.is_empty() && error.is_invalid_input() && error.to_string().contains(why), "{name}: {error}");
    }
    assert_eq!(server.sent().len(), requests, "nothing is sent");
    // What decides is the records, not how they are read.
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
async fn parts_are_resumed_wherever_they_are_divided() {
    let all: Vec<i32> = (1..=900).map(|id| id * 1_000_003).collect();
    let conditions = many(all.iter().copied());
    let server = |base_length: usize| Server::new(all.iter().copied()).base_length(base_length);
    for until in 1..5 {
        let mut pages = server(40).list(&FORWARD).filter_text(conditions.as_str()).select_text("id").pages();
        let mut came = Vec::new();
        for _ in 0..until {
            came.extend(ids(&pages.next().await.unwrap().unwrap()));
        }
        let list = server(140)
            .list(&FORWARD)
            .filter_text(conditions.as_str())
            .select_text("id,summary,closedFlag,company/name,board/name,status/name");
        came.extend(read(list.resume(stored(pages.bookmark().unwrap()))).await.0);
        assert_eq!(came, all, "{until}");
    }
}

#[tokio::test]
async fn what_was_refused_is_chosen_anew_when_a_list_is_resumed() {
    let broken = Server::new(1..=25).failing([0]);
    let mut stream = broken.list(&FORWARD).page_size(10).stream();
    assert!(stream.next().await.unwrap().is_err());
    let bookmark = stored(stream.bookmark().unwrap());
    let server = Server::new(1..=25).forward(NO_BOOLEAN);
    assert_eq!(read(server.list(&FORWARD).page_size(10).resume(bookmark)).await.0, up_to(25));
    let server = Server::new(1..=25);
    assert_eq!(read(server.list(&FORWARD).page_size(10).parallel(2).resume(bookmark)).await.0, up_to(25));
}

#[tokio::test]
async fn no_more_records_come_than_wanted() {
    /// How many are wanted, what else is said, the places asked for, the size of the pages, and how many records come
    /// of 45.
    type Case = (u64, Said, &'static [&'static str], &'static str, i32);
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
    for (wanted, said, places, size, last) in cases {
        let server = Server::new(1..=45);
        let (came, error) = read(said(server.list(&FORWARD)).take(wanted)).await;
        assert!(error.is_none(), "{wanted}: {error:?}");
        let first = if places.last() == Some(&"page 2") { 11 } else { 1 };
        assert_eq!(came, (first..=last).collect::<Vec<_>>(), "{wanted}");
        assert_eq!(server.places(), places, "{wanted}");
        for sent in server.sent().iter().filter(|sent| sent.place() != "count") {
            assert_eq!(sent.parameter("pageSize"), Some(size), "{wanted}");
        }
    }
    assert_eq!(Server::new(1..=45).list(&FORWARD).take(7).all().await.unwrap().len(), 7);
    assert_eq!(Server::new(1..=45).list(&FORWARD).take(7).page(1).await.unwrap().len(), 7);
}

#[tokio::test]
async fn what_is_cut_off_stands_behind_the_bookmark() {
    for wanted in [1, 9, 10, 11, 25, 40, 44, 45_usize] {
        for (name, server, list) in ways() {
            let list = |server: &Server| list(server).page_size(10);
            let whole = read(list(&server())).await.0;
            let mut stream = list(&server()).take(wanted as u64).stream();
            let mut came = Vec::new();
            while let Some(ticket) = stream.next().await {
                came.push(ticket.unwrap().id.unwrap());
            }
            assert_eq!(came, whole[..wanted], "{name}, {wanted}");
            if let Some(bookmark) = stream.bookmark() {
                came.extend(read(list(&server()).resume(stored(bookmark))).await.0);
            }
            let mut once = came.clone();
            once.sort_unstable();
            once.dedup();
            let mut expected = whole.clone();
            expected.sort_unstable();
            assert_eq!(once, expected, "{name}, {wanted}");
            assert!(came.len() - once.len() < 10, "{name}, {wanted}: more than a page came twice");
        }
    }
}

#[tokio::test]
async fn pages_come_in_order_however_many_are_asked_for_at_a_time() {
    for at_a_time in [2, 3, 4, 8, 100] {
        let server = Server::new(1..=245);
        let mut pages =
            server.list(&FORWARD).filter_text("id>0").select_text("id").page_size(10).parallel(at_a_time).pages();
        let mut came = Vec::new();
        while let Some(page) = pages.next().await {
            server.hand_out();
            if came.is_empty() {
                // While the first page is in use, as many others as may be are on their way.
                assert_eq!(server.places().len(), 2 + at_a_time.min(24), "{at_a_time}");
            }
            came.extend(ids(&page.unwrap()));
        }
        assert_eq!(came, up_to(245), "{at_a_time}");
        let (in_flight, ahead) = server.most();
        assert_eq!(in_flight, at_a_time.min(25), "{at_a_time}");
        // Beside the one in use.
        assert!(ahead <= at_a_time + 1, "{at_a_time}: {ahead} pages");
        let sent = server.sent();
        assert_eq!(sent[0].path_and_query, "/service/tickets/count?conditions=id%3E0", "{at_a_time}");
        assert_eq!(sent[1].path_and_query, "/service/tickets?conditions=id%3E0&fields=id&page=1&pageSize=10");
        assert_eq!(sent.len(), 26);
    }
}

#[tokio::test]
async fn pages_at_a_time_end_where_the_list_ends() {
    let grown = |links: bool| {
        let edits = [vec![], vec![], (21..=42).map(Edit::Insert).collect()];
        let server = Server::new(1..=20).edits(edits);
        if links { server } else { server.without_links() }
    };
    let shrunk = || Server::new(1..=95).edits([vec![], vec![], (0..80).map(|_| Edit::Delete(15)).collect::<Vec<_>>()]);
    let list = |server: &Server| server.list(&FORWARD).page_size(10).parallel(3);
    // Twenty were counted; what came while the last of their pages was asked for is read as well, with and without
    // links.
    for links in [true, false] {
        let server = Server::new(1..=20).edits([vec![], (21..=42).map(Edit::Insert).collect()]);
        let server = if links { server } else { server.without_links() };
        assert_eq!(read(list(&server)).await.0, up_to(42), "{links}");
        assert_eq!(server.places(), ["count", "page 1", "page 2", "page 3", "page 4", "page 5"]);
    }
    assert_eq!(read(list(&grown(false))).await.0, up_to(42));
    let (came, error) = read(list(&shrunk())).await;
    assert!(error.is_none());
    assert_eq!(came, up_to(20), "the pages there were");
    let empty = Server::new([]);
    assert!(read(list(&empty)).await.0.is_empty());
    assert_eq!(empty.places(), ["count", "page 1"]);
    // An endpoint that sends all it has whatever page is asked for.
    for links in [true, false] {
        let all = answers_everything(links);
        assert_eq!(
            read(psa::calls::RequestBuilder::new(&all, &FORWARD).list().page_size(10).parallel(2)).await.0,
            up_to(25),
            "{links}"
        );
    }
    let same = answers_one_page();
    assert_eq!(
        read(psa::calls::RequestBuilder::new(&same, &FORWARD).list().page_size(10).parallel(2)).await.0,
        up_to(10)
    );
}

/// A server that heeds no page: it counts 25 records and answers every request with all of them, or the first ten.
struct Stubborn {
    records: i32,
    links: bool,
}

fn answers_everything(links: bool) -> psa::transport::Connection {
    psa::transport::Connection::new(Stubborn { records: 25, links })
}

fn answers_one_page() -> psa::transport::Connection {
    psa::transport::Connection::new(Stubborn { records: 10, links: false })
}

impl psa::transport::Transport for Stubborn {
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
async fn an_error_comes_behind_the_pages_before_it() {
    for failing in 0..5 {
        let server = Server::new(1..=45).failing([failing]);
        let (came, error) = read(server.list(&FORWARD).page_size(10).parallel(3)).await;
        assert_eq!(came, up_to(i32::try_from(failing).unwrap() * 10), "{failing}");
        assert_eq!(error.unwrap().status().unwrap().as_u16(), 502, "{failing}");
        assert_eq!(server.most().0, 3);
    }
}

#[tokio::test]
async fn what_parallel_cannot_do_is_refused_or_read_in_sequence() {
    let server = Server::new(1..=25);
    let (came, error) = read(server.list(&FORWARD).page_id(5).parallel(2)).await;
    let error = error.unwrap();
    assert!(came.is_empty() && error.is_invalid_input() && error.to_string().contains("page_id"), "{error}");
    assert!(server.places().is_empty());
    let list: [(&str, Asked, &[&str]); 4] = [
        ("no count", |server| server.list(&UNCOUNTED).parallel(4), &["after 0", "after 10", "after 20"]),
        ("none at a time", |server| server.list(&FORWARD).parallel(0), &["after 0", "after 10", "after 20"]),
        ("one at a time", |server| server.list(&FORWARD).parallel(1), &["after 0", "after 10", "after 20"]),
        // Its conditions are too long for the count as well, which has no search.
        (
            "a search",
            |server| server.list(&SEARCHED).filter_text(many(1..=900)).parallel(4),
            &["search after 0", "search after 10", "search after 20"],
        ),
    ];
    for (name, list, places) in list {
        let server = Server::new(1..=25);
        let (came, error) = read(list(&server).page_size(10)).await;
        assert!(error.is_none(), "{name}: {error:?}");
        assert_eq!(came, up_to(25), "{name}");
        assert_eq!(server.places(), places, "{name}");
        assert_eq!(server.most().0, 1, "{name}");
    }
}

#[tokio::test]
async fn a_long_query_goes_into_the_body_of_the_search() {
    let long = many(1..=900);
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
    // One page, when awaited; and what is said to be sent is.
    let one = Server::new(1..=25);
    let shown = list(&one).page_size(10).dry_run().unwrap().url;
    assert_eq!(list(&one).page_size(10).page(1).await.unwrap().len(), 10);
    assert_eq!(
        (shown.as_str(), one.sent()[0].path_and_query.as_str()),
        (shown.as_str(), "/service/tickets/search?fields=id%2Csummary&page=1&pageSize=10")
    );
    // One that fits stays a plain list, to the last character.
    for (spare, method) in [(0, psa::operation::Method::Get), (1, psa::operation::Method::Post)] {
        let server = Server::new(1..=25);
        let text = |letters: usize| format!("summary!=\"{}\"", "a".repeat(letters));
        let length = server.list(&SEARCHED).filter_text(text(1)).dry_run().unwrap().url.len();
        let server = server.base_length(100);
        let fitting = server.list(&SEARCHED).filter_text(text(2000 - 100 - length + 1 + spare));
        let shown = fitting.dry_run().unwrap().url;
        assert_eq!(fitting.page(1).await.unwrap().len(), 25);
        assert_eq!(
            (server.sent()[0].method, server.sent()[0].path_and_query.as_str()),
            (method, shown.as_str()),
            "{spare}"
        );
        assert!(spare == 1 || shown.len() == 1900);
    }
}

#[tokio::test]
async fn a_long_list_of_ids_is_read_in_parts() {
    // Every other id exists; they are asked for in no order, and some of them twice.
    for first in [2, 1000, 1_000_000] {
        let asked: Vec<i32> = (0..900).map(|at| (at * 389) % 900 + first).chain(first..first + 50).collect();
        let table = || Server::new((0..450).map(|at| at * 2 + first)).base_length(123);
        let expected: Vec<i32> = (0..450).map(|at| at * 2 + first).collect();
        let list = |server: &Server| {
            server.list(&FORWARD).filter_text("closedFlag=true and ".to_owned() + &many(asked.iter().copied()))
        };
        let ways: [(&str, Said, bool); 5] = [
            ("no order", |list| list, false),
            ("by id", |list| list.sort_text("id"), false),
            ("down", |list| list.sort_text("ID desc").page_size(120), true),
            ("parallel", |list| list.parallel(3), false),
            ("small pages", |list| list.page_size(30).parallel(2), false),
        ];
        for (name, way, down) in ways {
            let server = table();
            let (mut came, error) = read(way(list(&server))).await;
            assert!(error.is_none(), "{name}, {first}: {error:?}");
            if down {
                came.reverse();
            }
            assert_eq!(came, expected, "{name}, {first}");
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
            // None that is full could take another id.
            let full = sent
                .iter()
                .take(sent.len() - 1)
                .all(|sent| sent.path_and_query.len() + 123 > 2000 - "1000000%2C".len());
            assert!(full || name == "small pages" || name == "down", "{name}, {first}");
        }
    }
}

#[tokio::test]
async fn parts_that_look_alike_are_kept() {
    let script = Script::new((0..10).map(|_| answer(200, r#"[{"summary":"Tampa"}]"#)));
    let (left, list) =
        (script.clone(), script.client().list_tickets().filter_text(many(1..=900)).select_text("summary"));
    let records = list.stream().try_collect::<Vec<_>>().await.unwrap().len();
    assert_eq!((records, left.left()), (3, 7));
}

#[tokio::test]
async fn what_is_too_long_and_cannot_be_divided_is_refused_with_its_length() {
    let server = Server::new(1..=25).base_length(50);
    let list = || server.list(&FORWARD);
    let names: Vec<String> = (0..200).map(|number| format!("\"name {number}\"")).collect();
    let names = names.join(",");
    for (name, list) in [
        ("another order", list().filter_text(many(1..900)).sort_text("summary")),
        ("a further order", list().filter_text(many(1..900)).sort_text("id,summary")),
        ("two lists", list().filter_text(format!("{} and {}", many(1..900), many(500..1400)))),
        ("one of two", list().filter_text(format!("({} or closedFlag=true)", many(1..900)))),
        ("none of them", list().filter_text(many(1..900).replace("id in", "id not in"))),
        ("another id", list().filter_text(many(1..900).replace("id in", "board/id in"))),
        ("texts", list().filter_text(format!("summary in ({names})"))),
        ("texts as ids", list().filter_text(format!("id in ({names})"))),
        ("a page", list().filter_text(many(1..900)).from_page(2)),
        ("a page id", list().filter_text(many(1..900)).page_id(2)),
        (
            "long other conditions",
            list().filter_text(format!("{} and summary!=\"{}\"", many(1..900), "a".repeat(2000))),
        ),
    ] {
        let shown = list.dry_run().unwrap_err().to_string();
        let (came, error) = read(list).await;
        let error = error.unwrap_or_else(|| panic!("{name} is sent"));
        assert!(came.is_empty() && error.is_invalid_input(), "{name}: {error}");
        let length =
            error.to_string().split("the URL ").nth(1).and_then(|rest| rest.split(' ').next()?.parse::<usize>().ok());
        assert!(length.is_some_and(|length| length > 2000), "{name}: {error}");
        assert!(shown.contains("the URL ") && shown.contains("characters long"), "{name}: {shown}");
    }
    for operation in [&FORWARD, &SEARCHED] {
        let error = server.list(operation).filter_text(many(1..900)).count().await.unwrap_err();
        assert!(error.is_invalid_input() && error.to_string().contains("characters long"), "{error}");
    }
    let awaited = list().filter_text(many(1..900)).page(1).await.unwrap_err();
    assert!(awaited.to_string().contains("characters long"), "{awaited}");
    assert!(server.places().is_empty());
}

#[tokio::test]
async fn a_page_of_nothing_is_refused_and_a_stream_of_nothing_asks_nothing() {
    let server = Server::new(up_to(3));
    let error = server.list(&FORWARD).take(0).page(1).await.unwrap_err();
    assert!(error.is_invalid_input() && error.to_string().contains("take is 0"), "{error}");
    assert_eq!(read(server.list(&FORWARD).take(0)).await.0, Vec::<i32>::new());
    assert!(server.sent().is_empty());
}

#[tokio::test]
async fn a_bookmark_is_for_reading_on() {
    let server = Server::new(up_to(25));
    let mut stream = server.list(&FORWARD).take(2).stream();
    stream.next().await.unwrap().unwrap();
    stream.next().await.unwrap().unwrap();
    let bookmark = stream.bookmark().unwrap();
    let error = server.list(&FORWARD).resume(bookmark).page(1).await.unwrap_err();
    assert!(error.is_invalid_input() && error.to_string().contains("bookmark continues a list"), "{error}");
    assert!(server.list(&FORWARD).resume(bookmark).dry_run().is_err());
    // The size of the pages before says nothing about those that come, nor is a list read forward in parallel.
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

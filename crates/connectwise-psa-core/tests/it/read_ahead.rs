//! Lists that request the next page while the caller uses this one. The tests check when that request is sent, that it
//! changes neither the records nor the errors nor the bookmarks, and that it ends with the list.

use std::time::Duration;

use connectwise_psa_core as psa;

use crate::paging_server::{Edit, FORWARD, Fault, NUMBERED, Server};
use crate::sample::Ticket;

type List = psa::calls::List<Ticket>;

/// Creates a list of a server.
type MakeList = fn(&Server) -> List;

/// How long a slow caller uses a record.
const SLOW: Duration = Duration::from_millis(60);

/// A server of five pages whose transport runs tasks in the background.
fn five_pages() -> Server {
    Server::new(1..=45).running_tasks(true)
}

fn list(server: &Server) -> List {
    server.list(&FORWARD).page_size(10)
}

/// Lets the tasks in the background run.
async fn settle() {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}

/// Reads this many records.
async fn read(stream: &mut psa::calls::ItemStream<Ticket>, records: i32) -> Vec<i32> {
    let mut ids = Vec::new();
    for _ in 0..records {
        ids.push(stream.next().await.unwrap().unwrap().id.unwrap());
    }
    ids
}

/// Reads a list to its end. Returns the ids, and the error at its end.
async fn read_all(list: List) -> (Vec<i32>, Option<psa::error::Error>) {
    let (mut stream, mut ids) = (list.stream(), Vec::new());
    while let Some(ticket) = stream.next().await {
        match ticket {
            Ok(ticket) => ids.push(ticket.id.unwrap()),
            Err(error) => return (ids, Some(error)),
        }
    }
    (ids, None)
}

#[tokio::test]
async fn a_page_is_requested_ahead_once_the_caller_has_come_for_the_second_one() {
    /// The name, the list, how many records are read, and the requests afterwards.
    type Case = (&'static str, MakeList, i32, &'static [&'static str]);
    let cases: [Case; 13] = [
        ("nothing is read", list, 0, &[]),
        ("the first record", list, 1, &["after 0"]),
        ("page 1", list, 10, &["after 0"]),
        ("a record of page 2", list, 11, &["after 0", "after 10", "after 20"]),
        ("page 2", list, 20, &["after 0", "after 10", "after 20"]),
        ("a record of page 3", list, 21, &["after 0", "after 10", "after 20", "after 30"]),
        ("the last page", list, 45, &["after 0", "after 10", "after 20", "after 30", "after 40"]),
        ("a limit on page 2", |server| list(server).take(15), 11, &["after 0", "after 10"]),
        ("a limit at the end of page 2", |server| list(server).take(20), 11, &["after 0", "after 10"]),
        ("a limit on page 3", |server| list(server).take(21), 11, &["after 0", "after 10", "after 20"]),
        (
            "a limit on page 3, in the middle of the list",
            |server| list(server).page_id(10).take(21),
            21,
            &["after 10", "after 20", "after 30"],
        ),
        ("page numbers", |server| server.list(&NUMBERED).page_size(10), 11, &["page 1", "page 2"]),
        ("an order", |server| list(server).sort_text("id desc"), 11, &["page 1", "page 2"]),
    ];
    for (name, list, records, labels) in cases {
        let server = five_pages();
        let mut stream = list(&server).stream();
        read(&mut stream, records).await;
        settle().await;
        assert_eq!(server.labels(), labels, "{name}");
    }
}

#[tokio::test]
async fn a_list_that_is_read_to_its_end_requests_the_second_page_ahead() {
    for (name, make, tasks) in [
        ("a list of five pages", list as MakeList, 4),
        ("a limit", |server: &Server| list(server).take(25), 2),
        ("a limit at the end of a page", |server: &Server| list(server).take(20), 1),
        ("one page", |server: &Server| list(server).page_size(45), 0),
    ] {
        let server = five_pages();
        let records = make(&server).all().await.unwrap().len();
        assert_eq!((server.tasks(), server.in_flight()), (tasks, 0), "{name}");
        let (expected, without) = (server.labels(), five_pages().running_tasks(false));
        assert_eq!(make(&without).all().await.unwrap().len(), records, "{name}");
        assert_eq!(without.labels(), expected, "{name}");
    }
    for (records, first, one) in [(45, true, false), (1, true, true), (0, false, false)] {
        let server = Server::new(1..=records).running_tasks(true);
        assert_eq!(server.list(&FORWARD).first().await.unwrap().is_some(), first);
        assert_eq!(server.list(&FORWARD).one().await.is_ok(), one);
        settle().await;
        assert_eq!((server.labels(), server.tasks()), (vec!["after 0".to_owned(); 2], 0));
    }
}

#[tokio::test]
async fn a_dropped_stream_cancels_the_request_ahead() {
    let server = five_pages().fault(Some(Fault::Stalls(2)));
    let mut stream = list(&server).stream();
    read(&mut stream, 15).await;
    settle().await;
    assert_eq!((server.labels().len(), server.in_flight()), (3, 1));
    drop(stream);
    settle().await;
    assert_eq!((server.labels().len(), server.in_flight()), (3, 0));
}

#[tokio::test]
async fn a_limit_that_a_longer_page_reaches_cancels_the_request_ahead() {
    for (limit, labels) in
        [(40, &["after 0", "after 20"][..]), (35, &["after 0", "after 20"]), (41, &["after 0", "after 20", "after 40"])]
    {
        let server = five_pages().fault(Some(Fault::LongerPages));
        let mut stream = list(&server).take(limit).stream();
        read(&mut stream, 35).await;
        settle().await;
        // The second page has 20 records, so it can have ten more than were expected.
        assert_eq!((server.labels(), server.tasks()), (labels.iter().map(ToString::to_string).collect(), 1), "{limit}");
    }
}

#[tokio::test]
async fn an_error_of_the_page_ahead_is_returned_when_the_caller_needs_it() {
    for fault in [Fault::Rejects(2), Fault::Truncated(2)] {
        let server = five_pages().fault(Some(fault));
        let mut stream = list(&server).stream();
        assert_eq!(read(&mut stream, 11).await, (1..=11).collect::<Vec<_>>());
        settle().await;
        assert_eq!((server.labels().len(), server.in_flight()), (3, 0), "{fault:?}");
        assert_eq!(stream.bookmark().unwrap().to_string().split('/').nth(1), Some("10"));
        assert_eq!(read(&mut stream, 9).await, (12..=20).collect::<Vec<_>>());
        let error = stream.next().await.unwrap().unwrap_err();
        let (ids, without) = read_all(list(&five_pages().running_tasks(false).fault(Some(fault)))).await;
        assert_eq!((ids.len(), error.to_string()), (20, without.unwrap().to_string()), "{fault:?}");
        assert!(stream.next().await.is_none());
        let bookmark = stream.bookmark().unwrap();
        assert!(bookmark.to_string().starts_with("forward/20/"), "{bookmark}");
        assert_eq!(server.labels(), ["after 0", "after 10", "after 20"], "{fault:?}");
        assert_eq!(read_all(list(&server).resume(bookmark)).await.0, (21..=45).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn the_bookmark_is_the_same_as_without_a_request_ahead() {
    let servers = [five_pages(), five_pages().running_tasks(false)];
    let mut streams = servers.each_ref().map(|server| list(server).stream());
    for records in 0..=45 {
        settle().await;
        let [ahead, without] = streams.each_ref().map(psa::calls::ItemStream::bookmark);
        assert_eq!(ahead, without, "after {records} records");
        for stream in &mut streams {
            assert_eq!(stream.next().await.is_some(), records < 45);
        }
    }
    assert_eq!(servers.each_ref().map(Server::tasks), [3, 0]);
}

#[tokio::test]
async fn links_to_other_pages_are_not_followed_ahead() {
    // Each link leads past the next record. The first request ahead is cancelled before it is sent, and is the only one.
    let server = five_pages().fault(Some(Fault::SkippingLinks));
    assert_eq!(read_all(list(&server)).await.0, (1..=45).collect::<Vec<_>>());
    assert_eq!(server.tasks(), 1);
    assert_eq!(server.labels(), ["after 0", "after 10", "after 20", "after 30", "after 40"]);
    // Links that do not lead forward, cannot be read or are missing.
    for fault in [Fault::LoopingLinks, Fault::UnreadableLinks, Fault::NoLinks] {
        let server = five_pages().fault(Some(fault));
        assert_eq!(list(&server).all().await.is_err(), fault == Fault::LoopingLinks, "{fault:?}");
        assert_eq!(server.tasks(), 0, "{fault:?}");
    }
}

#[tokio::test]
async fn the_page_after_a_doubtful_one_is_not_requested_ahead() {
    // Page 2 is empty but links to a next page. A count decides, and the page is requested again.
    let server = five_pages().fault(Some(Fault::EmptyPage(1)));
    assert_eq!(read_all(list(&server)).await.0, (1..=45).collect::<Vec<_>>());
    assert_eq!(server.labels(), ["after 0", "after 10", "count", "after 10", "after 20", "after 30", "after 40"]);
    // Page 3 is sent a second time in place of page 4, which ends the list. Its link leads forward.
    let server = five_pages().fault(Some(Fault::RepeatedPage(3)));
    let (ids, error) = read_all(list(&server)).await;
    settle().await;
    assert_eq!((ids.len(), error.is_some(), server.in_flight()), (30, true, 0));
    assert_eq!(server.labels(), ["after 0", "after 10", "after 20", "after 30"]);
}

#[tokio::test]
async fn the_page_ahead_is_the_state_of_the_table_when_it_was_requested() {
    // A record is deleted before the request for page 3, and another one before that for page 4.
    let edits = [vec![], vec![], vec![Edit::Delete(0), Edit::Delete(24)], vec![Edit::Delete(29)]];
    for runs_tasks in [true, false] {
        let server = five_pages().edits(edits.clone()).running_tasks(runs_tasks);
        let expected: Vec<_> = (1..=45).filter(|id| ![26, 32].contains(id)).collect();
        assert_eq!(read_all(list(&server)).await.0, expected);
    }
}

#[tokio::test]
async fn a_page_ahead_that_failed_while_the_caller_was_busy_is_requested_again() {
    // The caller uses a record for a long time, and the request fails at once.
    for fault in [Fault::TimesOut(2, Duration::ZERO), Fault::Fails(2)] {
        let server = five_pages().fault(Some(fault));
        let mut stream = list(&server).stream();
        let mut ids = read(&mut stream, 20).await;
        tokio::time::sleep(SLOW).await;
        assert_eq!(server.labels().len(), 3);
        ids.extend(read(&mut stream, 25).await);
        assert_eq!(ids, (1..=45).collect::<Vec<_>>(), "{fault:?}");
        assert_eq!(server.labels(), ["after 0", "after 10", "after 20", "after 20", "after 30", "after 40"]);
    }
    // The caller waits for the page.
    let waiting = five_pages().fault(Some(Fault::TimesOut(2, SLOW)));
    let (ids, error) = read_all(list(&waiting)).await;
    assert!(ids.len() == 20 && error.unwrap().is_timeout() && waiting.labels().len() == 3);
    // The transport runs no tasks, so the request starts when the caller needs the page.
    let lazy = five_pages().fault(Some(Fault::TimesOut(2, Duration::ZERO))).running_tasks(false);
    let mut stream = list(&lazy).stream();
    read(&mut stream, 20).await;
    tokio::time::sleep(SLOW).await;
    assert!(stream.next().await.unwrap().unwrap_err().is_timeout());
    assert_eq!(lazy.labels().len(), 3);
}

#[test]
fn a_list_continues_on_another_runtime() {
    let runtime = || tokio::runtime::Builder::new_current_thread().build().unwrap();
    let server = five_pages();
    let mut stream = list(&server).stream();
    // The request for page 3 has started when its runtime ends.
    let mut ids = runtime().block_on(async {
        let ids = read(&mut stream, 15).await;
        tokio::task::yield_now().await;
        ids
    });
    assert_eq!((server.tasks(), server.in_flight()), (1, 0));
    ids.extend(runtime().block_on(read(&mut stream, 30)));
    assert_eq!(ids, (1..=45).collect::<Vec<_>>());
}

//! Properties of lists, with random servers, honest and not: a list returns what the server has, each record once, or
//! fails. After an error, reading resumes at the first page that was not returned.

use std::collections::{BTreeMap, BTreeSet};

use connectwise_psa_core as psa;
use proptest::prelude::*;
use serde_json::Value;

use crate::paging_server::{Edit, FORWARD, Fault, FieldsRule, Forward, NUMBERED, Server, selected_record};

type List = psa::calls::List<Value>;

/// A list and its options.
#[derive(Clone, Debug)]
struct Options {
    is_numbered: bool,
    is_descending: bool,
    fields: Option<&'static [&'static str]>,
    size: u32,
    parallel: usize,
}

impl Options {
    fn list(&self, server: &Server) -> List {
        let mut list = server.list(if self.is_numbered { &NUMBERED } else { &FORWARD });
        if self.is_descending {
            list = list.sort_text("id desc");
        }
        if let Some(fields) = self.fields {
            list = list.select_text(fields.join(","));
        }
        list.page_size(self.size).parallel(self.parallel).decode_as()
    }

    /// Returns the records that the list must return.
    fn expected(&self, table: &BTreeSet<i32>, rule: FieldsRule) -> Vec<Value> {
        let record = |id: &i32| match (rule, self.fields) {
            // The id is hidden although the server has sent all fields.
            (FieldsRule::Ignored, Some(fields)) if !fields.contains(&"id") => {
                selected_record(*id, Some(&["summary", "closedFlag"]))
            }
            (FieldsRule::Ignored, _) => selected_record(*id, None),
            (_, fields) => selected_record(*id, fields),
        };
        match self.is_descending {
            true => table.iter().rev().map(record).collect(),
            false => table.iter().map(record).collect(),
        }
    }

    fn selects_id(&self) -> bool {
        self.fields.is_none_or(|fields| fields.contains(&"id"))
    }
}

fn options() -> impl Strategy<Value = Options> {
    let fields = prop_oneof![
        2 => Just(None),
        1 => Just(Some(&["id"][..])),
        1 => Just(Some(&["summary", "id"][..])),
        2 => Just(Some(&["summary"][..])),
        2 => Just(Some(&["closedFlag"][..])),
    ];
    (any::<bool>(), any::<bool>(), fields, 1..12_u32, 0..5_usize).prop_map(
        |(is_numbered, is_descending, fields, size, parallel)| Options {
            is_numbered,
            is_descending,
            fields,
            size,
            parallel,
        },
    )
}

fn forward() -> impl Strategy<Value = Forward> {
    prop_oneof![Just(Forward::Supported), Just(Forward::Ignored), Just(Forward::Rejected(400, "pageId is not valid")),]
}

fn fields_rule() -> impl Strategy<Value = FieldsRule> {
    prop_oneof![3 => Just(FieldsRule::Obeyed), 1 => Just(FieldsRule::Ignored), 1 => Just(FieldsRule::RejectsId)]
}

fn fault() -> impl Strategy<Value = Option<Fault>> {
    prop_oneof![
        2 => Just(None),
        1 => Just(Some(Fault::IgnoresPosition)),
        1 => Just(Some(Fault::SamePage)),
        1 => Just(Some(Fault::TwoPagesInTurn)),
        1 => Just(Some(Fault::NoLinks)),
        1 => Just(Some(Fault::UnreadableLinks)),
        1 => Just(Some(Fault::LoopingLinks)),
        1 => Just(Some(Fault::SkippingLinks)),
        1 => (0..6_usize).prop_map(|at| Some(Fault::EmptyPage(at))),
        1 => (0..6_usize).prop_map(|at| Some(Fault::RepeatedPage(at))),
        1 => prop_oneof![-5..100_i64, Just(i64::MAX), Just(1_000_000_000_000)].prop_map(|n| Some(Fault::WrongCount(n))),
        1 => (0..6_usize).prop_map(|at| Some(Fault::Fails(at))),
        1 => (0..6_usize).prop_map(|at| Some(Fault::Truncated(at))),
    ]
}

fn table() -> impl Strategy<Value = BTreeSet<i32>> {
    proptest::collection::btree_set(1..300, 0..60)
}

fn edits() -> impl Strategy<Value = Vec<Vec<Edit>>> {
    let edit = prop_oneof![(1..300).prop_map(Edit::Insert), (0..200_usize).prop_map(Edit::Delete)];
    proptest::collection::vec(proptest::collection::vec(edit, 0..4), 0..20)
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

/// How a list ended: the error, and the bookmark after it.
type Failure = (psa::error::Error, psa::calls::Bookmark);

/// Reads a list page by page, and returns the records of the pages that were returned.
async fn read(list: List) -> (Vec<Value>, Option<Failure>) {
    let mut pages = list.pages();
    let mut records = Vec::new();
    let mut returned = 0;
    while let Some(page) = pages.next().await {
        returned += 1;
        assert!(returned < 300, "the list does not end");
        match page {
            Ok(page) => records.extend(page),
            Err(error) => {
                let bookmark = pages.bookmark().expect("there is a bookmark after an error");
                assert!(pages.next().await.is_none(), "the stream must end after an error");
                return (records, Some((error, bookmark)));
            }
        }
    }
    assert!(pages.bookmark().is_none(), "there is no bookmark after the end");
    (records, None)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn a_list_returns_what_the_server_has_or_fails(
        table in table(),
        options in options(),
        forward in forward(),
        rule in fields_rule(),
        fault in fault(),
        reads_ahead in any::<bool>(),
    ) {
        // Without ids, equal pages of a dishonest server cannot be told from equal records.
        let rule = if fault.is_some() && rule == FieldsRule::RejectsId { FieldsRule::Obeyed } else { rule };
        let server = Server::new(table.clone()).forward(forward).fields(rule).fault(fault).running_tasks(reads_ahead);
        let expected = options.expected(&table, rule);
        let (records, failure) = block_on(read(options.list(&server)));
        let sent = server.labels();
        prop_assert!(sent.len() < 200, "{} requests", sent.len());
        let honest = matches!(fault, None | Some(Fault::NoLinks | Fault::UnreadableLinks | Fault::SkippingLinks));
        match failure {
            None => prop_assert_eq!(records, expected, "{:?}", sent),
            // If neither the ids nor the links show that two equal pages are different, the list fails.
            Some((error, _)) if honest && rule == FieldsRule::RejectsId => {
                let rejects_selection = error.is_api() && options.fields.is_some() && options.selects_id();
                prop_assert!(rejects_selection || !options.selects_id(), "{}", error);
            }
            Some((error, _)) if honest => prop_assert!(false, "{error}: {sent:?}"),
            Some((error, bookmark)) => {
                // An honest server of the same kind holds the rest.
                let honest = Server::new(table).forward(forward).fields(rule);
                let (rest, failure) = block_on(read(options.list(&honest).resume(bookmark)));
                // Only a list whose forward-only paging the dishonest server has hidden cannot be resumed.
                if let Some((error, _)) = failure {
                    prop_assert!(error.to_string().contains("cannot start after id"), "{}", error);
                    return Ok(());
                }
                prop_assert_eq!([records, rest].concat(), expected, "{}, {}: {:?}", error, bookmark, sent);
            }
        }
    }

    #[test]
    fn numbered_pages_lose_and_repeat_only_what_the_changes_explain(
        table in table(),
        options in options(),
        edits in edits(),
        without_links in any::<bool>(),
    ) {
        let options = Options { is_numbered: true, fields: Some(&["id"]), ..options };
        let mut server = Server::new(table).edits(edits.clone());
        if without_links {
            server = server.without_links();
        }
        let (records, failure) = block_on(read(options.list(&server)));
        let sent = server.sent();
        let pages: Vec<_> = sent.iter().filter(|sent| sent.label() != "count").collect();
        let applied: Vec<Edit> = edits.into_iter().take(pages.len()).flatten().collect();
        let deletes = applied.iter().filter(|edit| matches!(edit, Edit::Delete(_))).count();
        let inserts = applied.len() - deletes;
        let mut seen = BTreeMap::new();
        for record in &records {
            let id = i32::try_from(record["id"].as_i64().unwrap()).unwrap();
            *seen.entry(id).or_insert(0_usize) += 1;
            prop_assert!(pages.iter().any(|sent| sent.table.contains(&id)), "{id} never existed");
        }
        prop_assert!(seen.values().map(|times| times - 1).sum::<usize>() <= inserts, "{seen:?}");
        match failure {
            Some((error, _)) => prop_assert!(!applied.is_empty(), "{}", error),
            None if deletes == 0 => {
                for id in pages.first().map(|sent| &sent.table).into_iter().flatten() {
                    prop_assert!(seen.contains_key(id), "{id} was missed");
                }
            }
            None => {}
        }
    }

    #[test]
    fn a_forward_only_list_is_complete_while_records_change_and_requests_fail(
        table in table(),
        edits in edits(),
        fields in prop_oneof![Just("id"), Just("summary"), Just("summary,closedFlag")],
        size in 1..12_u32,
        failing in proptest::collection::btree_set(0..20_usize, 0..5),
        reads_ahead in any::<bool>(),
    ) {
        let server = Server::new(table.clone()).edits(edits).failing(failing).running_tasks(reads_ahead);
        let list = || server.list(&FORWARD).select_text(fields).page_size(size);
        let mut records = Vec::new();
        let mut bookmark = None;
        loop {
            let list = list().decode_as();
            let list = match bookmark {
                Some(bookmark) => list.resume(bookmark),
                None => list,
            };
            let (read, failure) = block_on(read(list));
            records.extend(read);
            let Some((_, position)) = failure else { break };
            bookmark = Some(position);
        }
        let ids: Vec<i32> = records
            .iter()
            .map(|record| match (&record["id"], record["summary"].as_str()) {
                (Value::Null, Some(summary)) => summary.trim_start_matches("ticket ").parse().unwrap(),
                (id, _) => i32::try_from(id.as_i64().unwrap()).unwrap(),
            })
            .collect();
        prop_assert!(ids.is_sorted_by(|before, id| before < id), "{ids:?}");
        let sent = server.sent();
        for id in table.iter().filter(|id| sent.iter().all(|sent| sent.table.contains(id))) {
            prop_assert!(ids.contains(id), "{id} was missed");
        }
    }
}

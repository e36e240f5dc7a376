//! The search for operations: typical requests, the names of actions, and requests that no operation fulfils.

use std::path::Path;

use cwpsa::search::{Found, search};

/// Requests, each with the vendor ids that may be first.
const TYPICAL: &[(&str, &[&str])] = &[
    ("merge two tickets", &["postServiceTicketsByParentIdMerge"]),
    ("add a note to the ticket", &["postServiceTicketsByParentIdNotes"]),
    ("how many tickets are open on this board", &["getServiceTicketsCount"]),
    ("log time on a ticket", &["postTimeEntries"]),
    ("approve my team's timesheets", &["postTimeSheetsByIdApprove"]),
    ("list the devices of a client", &["getCompanyConfigurations"]),
    ("create a purchase order", &["postProcurementPurchaseorders"]),
    ("change the priority of an incident", &["patchServiceTicketsById"]),
    ("delete a contact", &["deleteCompanyContactsById"]),
    ("get the pdf of an invoice", &["getFinanceInvoicesByIdPdf"]),
    ("convert a deal to a project", &["postSalesOpportunitiesByIdConvertToProject"]),
    ("lsit the agreemnts", &["getFinanceAgreements"]),
    ("register a webhook", &["postSystemCallbacks"]),
    ("who is out of office", &["getSystemInOutBoards"]),
];

/// Requests that PSA cannot fulfil.
const UNFULFILLABLE: &[&str] =
    &["reboot the server of the customer", "translate the text into German", "water the plants on Friday", "xyzzy"];

fn ids(found: &Found) -> Vec<&'static str> {
    found.results.iter().map(|hit| hit.operation.vendor_id).collect()
}

#[test]
fn typical_requests_find_their_operation_first_with_confidence() {
    for (query, accepted) in TYPICAL {
        let found = search(query, 5);
        let first = ids(&found).first().copied();
        assert!(first.is_some_and(|id| accepted.contains(&id)), "{query:?} finds {:?}", ids(&found));
        assert!(found.confident, "{query:?} is not confident");
    }
}

#[test]
fn requests_that_no_operation_fulfils_are_not_confident() {
    for query in UNFULFILLABLE {
        let found = search(query, 5);
        assert!(!found.confident, "{query:?} finds {:?}", ids(&found));
    }
}

/// The names in `openapi/actions.csv`. 95 percent find their operation first.
#[test]
fn names_of_actions_find_their_operation() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../openapi/actions.csv");
    let mut reader = csv::Reader::from_path(path).expect("the actions");
    let (mut first, mut among, mut all) = (0, 0, 0);
    for record in reader.records() {
        let record = record.expect("an action");
        let found = search(&record[1], 5);
        let position = ids(&found).iter().position(|id| *id == &record[4]);
        all += 1;
        first += usize::from(position == Some(0));
        among += usize::from(position.is_some());
    }
    assert!(all > 400, "{all} actions");
    assert!(first * 100 >= all * 95, "{first} of {all} are first");
    assert!(among * 100 >= all * 98, "{among} of {all} are among five");
}

#[test]
fn a_search_is_the_same_each_time_and_has_at_most_the_limit() {
    for (query, _) in TYPICAL {
        let results = |limit| {
            search(query, limit).results.iter().map(|hit| (hit.operation.vendor_id, hit.score)).collect::<Vec<_>>()
        };
        let all = results(usize::MAX);
        assert_eq!(all, results(usize::MAX), "{query:?}");
        assert_eq!(results(3), all[..3.min(all.len())], "{query:?}");
        assert!(all.windows(2).all(|pair| pair[0].1 >= pair[1].1), "{query:?}");
    }
    assert!(search("merge two tickets", 0).results.is_empty());
}

#[test]
fn any_text_can_be_searched() {
    for query in ["", " ", "?!", "the", "\u{0}", "tickets\nnotes", "票", "a'b", "ßtraße İ", &"ticket ".repeat(5_000)]
    {
        let found = search(query, 3);
        assert!(found.results.len() <= 3, "{query:?}");
    }
    assert!(!search("", 3).confident);
}

//! Each case of `cases` has exactly the lines and decisions that it expects.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use connectwise_psa_codegen::paste::Paste;

use crate::adopt::{self, Decisions, Version};
use crate::cases::{self, Case};
use crate::document::{Document, base, json_response, list, reference};
use crate::isolated;

/// Both versions of a case.
pub(crate) struct Adopted {
    pub(crate) old: Version,
    pub(crate) new: Version,
}

/// Imports both versions of a case. Makes the decisions that the newer one needs, with the lines that the import offers.
pub(crate) fn adopt(case: &Case) -> Result<Adopted, Vec<String>> {
    let mut document = base();
    (case.old)(&mut document);
    let old = adopt::import(&document.text(), &Decisions::of_the_small_document())
        .unwrap_or_else(|decisions| panic!("{}: the older version needs decisions: {decisions:#?}", case.name));
    (case.new)(&mut document);
    let new = decide(&document, &old, &case.decisions)?;
    Ok(Adopted { old, new })
}

/// Imports a version. The import has to request exactly these decisions, and its own lines have to be enough.
pub(crate) fn decide(
    document: &Document,
    old: &Version,
    expected: &[cases::ExpectedDecision],
) -> Result<Version, Vec<String>> {
    let mut decisions = old.decisions.clone();
    let found = match adopt::import(&document.text(), &decisions) {
        Ok(new) if expected.is_empty() => return Ok(new),
        Ok(_) => Vec::new(),
        Err(found) => found,
    };
    let wrong = cases::wrong_decisions(expected, &found);
    if !wrong.is_empty() {
        return Err(wrong);
    }
    for paste in found.iter().filter_map(|decision| decision.pastes.first()) {
        decisions.paste(paste);
    }
    adopt::import(&document.text(), &decisions)
        .map_err(|left| left.iter().map(|decision| format!("left after pasting: {}", decision.text)).collect())
}

/// Returns what is wrong with a case.
fn wrong(case: &Case) -> Vec<String> {
    let Adopted { old, new } = match adopt(case) {
        Ok(adopted) => adopted,
        Err(wrong) => return wrong,
    };
    let mut wrong = cases::wrong_lines(&case.lines, &adopt::compare(&old, &new));
    for line in adopt::compare(&new, &new) {
        wrong.push(format!("differs from itself: {}", line.text));
    }
    if case.lines.is_empty() {
        // What needs no line in one direction needs none in the other one.
        wrong.extend(adopt::compare(&new, &old).iter().map(|line| format!("in the other direction: {}", line.text)));
    }
    for (path, text) in adopt::render(&new).iter().filter(|(path, _)| path.ends_with(".rs")) {
        if let Err(error) = syn::parse_file(text) {
            wrong.push(format!("{path} is not Rust: {error}"));
        }
    }
    wrong
}

/// What is wrong with each case. A case that ends its process has [`CRASHED`] in front.
pub(crate) static WRONG: LazyLock<Vec<(Case, Vec<String>)>> = LazyLock::new(|| {
    let cases = cases::all();
    let next = AtomicUsize::new(0);
    let run = || {
        let mut results = Vec::new();
        while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
            let text = isolated::run("verdicts::child", case.name, Duration::from_secs(60));
            results.push((case.name, text.unwrap_or_else(|end| format!("{CRASHED}{end}"))));
        }
        results
    };
    let results: BTreeMap<&str, String> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..2).map(|_| scope.spawn(run)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    cases
        .into_iter()
        .map(|case| {
            let wrong =
                results[case.name].split(SEPARATOR).filter(|text| !text.is_empty()).map(str::to_owned).collect();
            (case, wrong)
        })
        .collect()
});

/// The beginning of the message about a case that ended its process.
pub(crate) const CRASHED: &str = "crashed: ";

const SEPARATOR: char = '\u{1e}';

/// Only for [`WRONG`]: returns what is wrong with one case.
#[test]
fn child() {
    isolated::child(|name| {
        let case = cases::all().into_iter().find(|case| case.name == name).unwrap();
        catch_unwind(AssertUnwindSafe(|| wrong(&case).join(&SEPARATOR.to_string())))
            .unwrap_or_else(|panic| format!("{CRASHED}{}", panic_text(panic.as_ref())))
    });
}

#[test]
fn each_change_has_its_verdict() {
    let failed: Vec<String> = WRONG
        .iter()
        .filter(|(_, wrong)| !wrong.is_empty())
        .map(|(case, wrong)| format!("{}\n    {}", case.name, wrong.join("\n    ")))
        .collect();
    println!("{} changes, {} with another verdict", WRONG.len(), failed.len());
    assert!(failed.is_empty(), "{} of {} changes:\n{}", failed.len(), WRONG.len(), failed.join("\n"));
}

/// Returns the message of a panic.
pub(crate) fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    panic
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
        .unwrap_or_default()
}

#[test]
fn every_breaking_change_has_a_program_or_a_reason() {
    for case in cases::all().iter().filter(|case| case.is_breaking()) {
        assert!(
            !case.breaks.is_empty() || case.in_requests.is_some(),
            "{}: add a program that breaks, or say why no program can show the change",
            case.name
        );
    }
}

#[test]
fn the_names_of_the_cases_are_unique() {
    let mut names: Vec<&str> = cases::all().iter().map(|case| case.name).collect();
    names.sort_unstable();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count);
}

#[test]
fn an_unknown_word_asks_the_first_time_only() {
    const NOUNS: &[&str] = &[
        "board",
        "column",
        "configuration",
        "contact",
        "document",
        "image",
        "member",
        "note",
        "pin",
        "report",
        "ticket",
    ];
    let mut document = base();
    let mut decisions = Decisions::of_the_small_document();
    for noun in NOUNS {
        decisions.paste(&Paste::name("words", noun, "noun"));
    }
    let old = adopt::import(&document.text(), &decisions).unwrap();
    let ok = || json_response(&reference("SuccessResponse"));
    document.add(
        "GET /service/boardnotes",
        "getServiceBoardnotes",
        None,
        "200",
        json_response(&list(reference("TicketNote"))),
    );
    document.add("POST /service/tickets/{parentId}/archive", "postServiceTicketsArchive", None, "200", ok());
    let mut decisions = old.decisions.clone();
    let found = adopt::import(&document.text(), &decisions).map(|_| ()).unwrap_err();
    assert_eq!(found.len(), 2, "{found:#?}");
    for (word, table) in [("boardnotes", "compounds"), ("archive", "words")] {
        let decision = found.iter().find(|decision| decision.text.contains(&format!("`{word}`"))).unwrap();
        // The verb is the last of the possible kinds of a word.
        let paste = decision.pastes.iter().rfind(|paste| paste.table.as_deref() == Some(table)).unwrap();
        decisions.paste(paste);
    }
    let new = adopt::import(&document.text(), &decisions).unwrap();
    let added: Vec<String> = adopt::compare(&old, &new).into_iter().map(|line| line.subject).collect();
    assert_eq!(added, ["service::archive_ticket", "service::list_board_notes"]);
    document.add("POST /company/contacts/{id}/archive", "postCompanyContactsArchive", None, "200", ok());
    let next = adopt::import(&document.text(), &new.decisions).unwrap();
    assert_eq!(adopt::compare(&new, &next)[0].subject, "company::archive_contact");
}

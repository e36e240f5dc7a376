//! Documents with one to six random changes each: no change is missed, none is reported that was not made, nothing panics,
//! and every accepted document becomes Rust. The environment selects longer runs: `VERSIONS_SEED`, `VERSIONS_DOCUMENTS`
//! and `VERSIONS_COMPILED` (how many of the documents are compiled).

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::adopt::{self, Decisions, Version};
use crate::cases::{self, ExpectedDecision, ExpectedLine};
use crate::document::{Document, base};
use crate::isolated;
use crate::planted::{Draft, Planted, classes};
use crate::random::Random;
use crate::verdicts::{decide, panic_text};
use crate::workspace::{Workspace, everything};

/// A document with its changes, each with its class.
struct Planned {
    document: Document,
    changes: Vec<(&'static str, Planted)>,
}

impl Planned {
    fn lines(&self) -> Vec<ExpectedLine> {
        self.changes.iter().flat_map(|(_, planted)| planted.lines.clone()).collect()
    }

    fn decisions(&self) -> Vec<ExpectedDecision> {
        self.changes.iter().flat_map(|(_, planted)| planted.decisions.clone()).collect()
    }
}

/// The result of one document.
struct Outcome {
    number: usize,
    planned: Planned,
    checked: Checked,
}

/// What the import, the comparison and the rendering of a document showed.
#[derive(Default)]
struct Checked {
    /// The version, if it was accepted.
    version: Option<Version>,
    wrong: Vec<String>,
    /// Whether the comparison says that programs break.
    breaks: bool,
    /// Whether each change was found. Empty if the document was not accepted.
    found: Vec<bool>,
}

/// Makes the document with a number.
fn plan(seed: u64, number: usize) -> Planned {
    // A factor without a common pattern keeps documents of neighbouring seeds apart.
    let mut random = Random::new(seed.wrapping_mul(0x2545_f491_4f6c_dd1d).wrapping_add(u64::try_from(number).unwrap()));
    let wanted = 1 + random.below(6);
    let classes = classes();
    let mut draft = Draft::new(base(), random);
    let mut changes = Vec::new();
    while changes.len() < wanted {
        let class = &classes[draft.random.below(classes.len())];
        let document = draft.document.clone();
        match (class.plant)(&mut draft) {
            Some(planted) => changes.push((class.name, planted)),
            None => draft.document = document,
        }
    }
    Planned { document: draft.document, changes }
}

/// Imports, compares and renders a document.
fn check(old: &Version, planned: &Planned) -> Checked {
    let new = match decide(&planned.document, old, &planned.decisions()) {
        Ok(new) => new,
        Err(wrong) => return Checked { wrong, ..Checked::default() },
    };
    let lines = adopt::compare(old, &new);
    let found = planned.changes.iter().map(|(_, planted)| cases::all_found(&planted.lines, &lines)).collect();
    let mut wrong = cases::wrong_lines(&planned.lines(), &lines);
    for (path, text) in adopt::render(&new).iter().filter(|(path, _)| path.ends_with(".rs")) {
        if let Err(error) = syn::parse_file(text) {
            wrong.push(format!("{path} is not Rust: {error}"));
        }
    }
    Checked { version: Some(new), wrong, breaks: cases::break_programs(&lines), found }
}

fn number_from_environment(name: &str, default: usize) -> usize {
    std::env::var(name).map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is not a number")))
}

#[test]
fn random_documents_have_their_verdicts() {
    let seed = u64::try_from(number_from_environment("VERSIONS_SEED", 15)).unwrap();
    let count = number_from_environment("VERSIONS_DOCUMENTS", 300);
    let compiled = number_from_environment("VERSIONS_COMPILED", 10);
    let old = adopt::import(&base().text(), &Decisions::of_the_small_document()).unwrap();
    let next = AtomicUsize::new(0);
    let run = || {
        let mut outcomes = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= count {
                return outcomes;
            }
            let planned = plan(seed, number);
            let checked = catch_unwind(AssertUnwindSafe(|| check(&old, &planned))).unwrap_or_else(|panic| Checked {
                wrong: vec![format!("panicked: {}", panic_text(panic.as_ref()))],
                ..Checked::default()
            });
            outcomes.push(Outcome { number, planned, checked });
        }
    };
    let mut outcomes: Vec<Outcome> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..2).map(|_| scope.spawn(|| isolated::on_large_stack(run))).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    outcomes.sort_by_key(|outcome| outcome.number);
    let mut failed = failures(&outcomes);
    failed.extend(compile(&outcomes, compiled));
    print_counts(&outcomes);
    assert!(failed.is_empty(), "seed {seed}: {} of {count} documents:\n{}", failed.len(), failed.join("\n"));
}

fn failures(outcomes: &[Outcome]) -> Vec<String> {
    outcomes
        .iter()
        .filter(|outcome| !outcome.checked.wrong.is_empty())
        .map(|outcome| {
            let changes: Vec<String> =
                outcome.planned.changes.iter().map(|(class, planted)| format!("{class} ({})", planted.what)).collect();
            format!("document {}: {}\n    {}", outcome.number, changes.join("; "), outcome.checked.wrong.join("\n    "))
        })
        .collect()
}

/// Compiles the bindings of some accepted documents, with the program that uses everything if nothing breaks programs.
fn compile(outcomes: &[Outcome], count: usize) -> Vec<String> {
    let accepted: Vec<_> = outcomes
        .iter()
        .filter_map(|outcome| outcome.checked.version.as_ref().map(|version| (outcome, version)))
        .collect();
    let mut workspace = Workspace::new("random-versions");
    let mut programs = Vec::new();
    for (outcome, version) in accepted.iter().step_by((accepted.len() / count.max(1)).max(1)).take(count) {
        let code = if outcome.checked.breaks { "fn main() {}\n".to_owned() } else { everything() };
        programs.push((outcome.number, workspace.add(version, "program", &code)));
    }
    if programs.is_empty() {
        return Vec::new();
    }
    let verdicts = workspace.check();
    println!("{} documents compiled", programs.len());
    programs
        .iter()
        .filter(|(_, program)| !verdicts.compiles(program))
        .map(|(number, program)| format!("document {number} does not compile:\n{}", verdicts.errors(program)))
        .collect()
}

/// Prints how many changes of each class were planted and found. A document with a wrong decision has no comparison, so
/// that none of its changes counts as found.
fn print_counts(outcomes: &[Outcome]) {
    let mut counts: BTreeMap<&str, (usize, usize)> = classes().iter().map(|class| (class.name, (0, 0))).collect();
    for outcome in outcomes {
        for (index, (class, _)) in outcome.planned.changes.iter().enumerate() {
            let count = counts.entry(class).or_default();
            count.0 += 1;
            count.1 += usize::from(outcome.checked.found.get(index) == Some(&true));
        }
    }
    let decided = outcomes.iter().filter(|outcome| !outcome.planned.decisions().is_empty()).count();
    println!("{} documents, {decided} of them with decisions", outcomes.len());
    println!("planted, found, class");
    for (class, (planted, found)) in counts {
        println!("{planted:>5} {found:>5}  {class}");
    }
}

#[test]
fn a_seed_makes_the_same_documents_and_every_class() {
    let mut planted: BTreeMap<&str, usize> = classes().iter().map(|class| (class.name, 0)).collect();
    for number in 0..300 {
        let (one, other) = (plan(15, number), plan(15, number));
        assert_eq!(one.document.0, other.document.0);
        for (class, _) in one.changes {
            *planted.get_mut(class).unwrap() += 1;
        }
    }
    let missing: Vec<_> = planted.iter().filter(|(_, count)| **count == 0).collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert!(plan(15, 0).document.0 != plan(16, 0).document.0);
}

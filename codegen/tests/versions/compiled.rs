//! The compiler confirms the verdicts: programs that a change breaks compile with the older bindings only, and all other
//! programs compile with both.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use crate::isolated;
use crate::verdicts::{self, Adopted};
use crate::workspace::{Program, Workspace, everything, statements};

/// A program, with what the compiler has to say about it.
struct Expectation {
    case: &'static str,
    program: Program,
    /// The code, for messages.
    code: String,
    compiles: bool,
}

#[test]
fn the_compiler_confirms_the_verdicts() {
    isolated::on_large_stack(compile);
}

fn compile() {
    let mut workspace = Workspace::new("versions");
    let mut expectations = Vec::new();
    let mut failed = Vec::new();
    for (case, wrong) in &*verdicts::WRONG {
        if wrong.iter().any(|text| text.starts_with(verdicts::CRASHED)) {
            failed.push(format!("{}: {}", case.name, wrong.join("; ")));
            continue;
        }
        let Ok(Adopted { old, new }) = verdicts::adopt(case) else {
            failed.push(format!("{}: it cannot be imported", case.name));
            continue;
        };
        let mut add = |version, name: &str, program: &str, code: &str, compiles| {
            let added = catch_unwind(AssertUnwindSafe(|| workspace.add(version, name, program)));
            match added {
                Ok(program) => {
                    expectations.push(Expectation { case: case.name, program, code: code.to_owned(), compiles })
                }
                Err(panic) => failed.push(format!("{}: {}", case.name, verdicts::panic_text(panic.as_ref()))),
            }
        };
        let programs: Vec<&str> = case.breaks.iter().chain(&case.compiles).copied().collect();
        if !programs.is_empty() {
            add(&old, "older", &statements(&programs), &programs.join("\n"), true);
        }
        for code in &case.breaks {
            add(&new, "breaks", &statements(&[code]), code, false);
        }
        if !case.compiles.is_empty() {
            add(&new, "compiles", &statements(&case.compiles), &case.compiles.join("\n"), true);
        }
        if !case.is_breaking() {
            add(&new, "everything", &everything(), "everything", true);
        }
    }
    let started = Instant::now();
    let verdicts = workspace.check();
    println!("{} versions with their programs checked in {:.0?}", workspace.versions(), started.elapsed());
    for Expectation { case, program, code, compiles } in &expectations {
        if !verdicts.bindings_compile(program) {
            failed.push(format!("{case}: the bindings do not compile:\n{}", beginning(&verdicts.errors(program))));
        } else if verdicts.compiles(program) != *compiles {
            let verdict = if *compiles { "does not compile" } else { "compiles" };
            failed.push(format!("{case}: this program {verdict}: {code}\n{}", beginning(&verdicts.errors(program))));
        }
    }
    let count = |compiles| expectations.iter().filter(|expectation| expectation.compiles == compiles).count();
    println!("{} programs compile, {} programs break", count(true), count(false));
    assert!(
        failed.is_empty(),
        "{} programs:\n{}\n{}",
        failed.len(),
        failed.join("\n"),
        if failed.len() == expectations.len() { verdicts.output() } else { "" }
    );
}

/// Returns the first lines of errors.
fn beginning(errors: &str) -> String {
    errors.lines().take(8).map(|line| format!("    {line}\n")).collect()
}

//! The rows `program/…`: the time of whole processes of `cwpsa` that need no network, and the size of the program. The
//! program is built with the profile `dist`, as its users get it.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use super::cargo;
use super::row::Row;
use super::samples::Samples;
use super::session::Session;
use crate::Failure;

/// A command whose processes are measured.
struct Case {
    name: &'static str,
    arguments: &'static [&'static str],
    variables: &'static [(&'static str, &'static str)],
}

const fn case(name: &'static str, arguments: &'static [&'static str]) -> Case {
    Case { name, arguments, variables: &[] }
}

const CASES: &[Case] = &[
    case("program/help", &["--help"]),
    case("program/completion", &["completion", "bash"]),
    // What a shell runs when the user presses the tab key after `cwpsa ops `.
    Case { name: "program/tab-key", arguments: &["--", "cwpsa", "ops", ""], variables: COMPLETION },
    case("program/search", &["ops", "search", "close a ticket and tell the customer"]),
    case("program/show", &["ops", "show", "service.list_tickets"]),
    case("program/list", &["ops", "list", "--section", "service"]),
    case("program/conditions", &["conditions", "check", "board/id=2"]),
    case("program/conditions-of-type", &["conditions", "check", "board/id=2", "--type", "ticket"]),
];

const COMPLETION: &[(&str, &str)] =
    &[("CWPSA_COMPLETE", "bash"), ("_CLAP_COMPLETE_INDEX", "2"), ("_CLAP_COMPLETE_SPACE", "true"), ("_CLAP_IFS", "\n")];

/// A process that does nothing, as the baseline.
const NOTHING: Case = case("`true`", &[]);

/// Measures the rows.
pub(crate) fn measure(session: &mut Session) -> Result<(), Failure> {
    if session.options.quick {
        return Ok(());
    }
    let program = cargo::target_folder().join("dist/cwpsa");
    let built = cargo::run_in_repository(&["build", "--profile", "dist", "-p", "cwpsa", "--bin", "cwpsa"]);
    if let Err(error) = built {
        session.add(Row::not_measured("program/size", "MB", None, &error.to_string()));
        return Ok(());
    }
    for case in CASES.iter().filter(|case| session.wants(case.name)).collect::<Vec<_>>() {
        let (own, nothing) = alternate(&program, case);
        session.add(Row::sampled(case.name, "ms", &own, Some((NOTHING.name, &nothing))));
    }
    if session.wants("program/size") {
        // The profile strips the program.
        let size = fs::metadata(&program).map_err(|error| format!("{}: {error}", program.display()))?.len();
        session.add(Row::exact("program/size", "MB", size as f64 / 1e6, None));
    }
    Ok(())
}

/// Runs the program and the baseline alternately, after three rounds that warm up.
fn alternate(program: &Path, case: &Case) -> (Samples, Samples) {
    let (mut own, mut nothing): (Samples, Samples) = (Ok(Vec::new()), Ok(Vec::new()));
    for round in 0..23 {
        for (samples, program, case) in [(&mut own, program, case), (&mut nothing, Path::new("true"), &NOTHING)] {
            match (run(program, case), samples.as_mut()) {
                (Ok(time), Ok(values)) if round >= 3 => values.push(time),
                (Err(reason), Ok(_)) => *samples = Err(reason),
                _ => {}
            }
        }
    }
    (own, nothing)
}

/// Returns the time from the start of a process to its end, in ms.
fn run(program: &Path, case: &Case) -> Result<f64, String> {
    let mut command = Command::new(program);
    command.args(case.arguments).env_remove("CWPSA_COMPLETE").envs(case.variables.iter().copied());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let start = Instant::now();
    let status = command.status().map_err(|error| format!("{}: {error}", program.display()))?;
    let time = start.elapsed().as_secs_f64() * 1e3;
    if status.success() { Ok(time) } else { Err(format!("{}: {status}", case.name)) }
}

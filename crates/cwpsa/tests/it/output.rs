//! Formats of results: any number of pages, a failed page, and a reader that stops.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::Stdio;

use connectwise_psa_sim::{Fault, Sim};
use serde_json::Value;

use crate::program::{Finished, Program};

/// The arguments of a list of tickets with pages of five records.
fn tickets<'a>(conditions: &'a str, options: &[&'a str]) -> Vec<&'a str> {
    let list = ["call", "service.list_tickets", "--all", "--page-size", "5", "--order-by", "id"];
    [&list[..], &["--conditions", conditions], options].concat()
}

fn ids(records: &[Value]) -> Vec<u64> {
    records.iter().map(|record| record["id"].as_u64().unwrap()).collect()
}

fn documents(lines: &str) -> Vec<Value> {
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn any_number_of_pages_is_one_valid_result() {
    let sim = Sim::builder().start().await.unwrap();
    let program = Program::of_sim(&sim);
    for (conditions, count) in [("id < 0", 0_u64), ("id <= 4", 4), ("id <= 12", 12)] {
        let expected: Vec<u64> = (1..=count).collect();
        let run = |options: &[&str]| {
            let finished = program.run(&tickets(conditions, options));
            assert_eq!(finished.code, Some(0), "{finished:?}");
            finished.stdout
        };
        let json: Vec<Value> = serde_json::from_str(&run(&["--json"])).unwrap();
        assert_eq!(ids(&json), expected);
        assert_eq!(ids(&documents(&run(&["--jsonl"]))), expected);
        let filtered = run(&["--jq", "map(.id) | length"]);
        assert_eq!(filtered, format!("{count}\n"));
        let csv = run(&["--csv", "--fields", "id,board/name"]);
        let lines: Vec<&str> = csv.lines().collect();
        assert_eq!(lines[0], "id,board/name", "{csv}");
        assert_eq!(lines.len() as u64, count + 1, "{csv}");
        let table = run(&["--fields", "id,summary"]);
        assert_eq!(table.lines().count() as u64, if count == 0 { 0 } else { count + 1 }, "{table}");
    }
}

/// Runs a list of 12 records whose third page fails.
async fn third_page_fails(fault: fn(Fault) -> Fault, options: &[&str]) -> Finished {
    let sim = Sim::builder().start().await.unwrap();
    sim.inject(fault(Fault::next(1_000).on("GET", "/service/tickets").after(2)));
    Program::of_sim(&sim).run(&tickets("id <= 12", options))
}

fn error_of(finished: &Finished) -> Value {
    let text = finished.stderr.lines().last().unwrap_or_default();
    let error: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {finished:?}"));
    error["error"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_page_never_looks_like_success() {
    for options in [&["--json"][..], &["--jq", "length"]] {
        let finished = third_page_fails(|fault| fault.with_status(403), options).await;
        assert_eq!((finished.code, finished.stdout.as_str()), (Some(4), ""), "{options:?}: {finished:?}");
        let error = error_of(&finished);
        assert_eq!((&error["kind"], &error["http"]), (&"permission_denied".into(), &403.into()), "{error}");
        assert_eq!(error["operation"], "service.list_tickets");
    }
    // Lines were printed before. The exit code and the error tell that they are not all.
    let finished = third_page_fails(|fault| fault.with_status(500), &["--jsonl"]).await;
    assert_eq!((finished.code, ids(&documents(&finished.stdout)).len()), (Some(1), 10), "{finished:?}");
    assert_eq!(error_of(&finished)["kind"], "server");
    let finished = third_page_fails(|fault| fault.with_status(500), &["--csv"]).await;
    assert_eq!((finished.code, finished.stdout.lines().count()), (Some(1), 11), "{finished:?}");
    let finished = third_page_fails(|fault| fault.with_status(500), &[]).await;
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(1), ""), "{finished:?}");
    assert!(finished.stderr.starts_with("error: "), "{finished:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_connection_is_a_network_failure() {
    let finished = third_page_fails(Fault::with_lost_request, &["--json"]).await;
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(8), ""), "{finished:?}");
    let error = error_of(&finished);
    assert_eq!((&error["kind"], &error["mayHaveChanged"]), (&"transport".into(), &false.into()), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_stops_ends_the_program_quietly() {
    let sim = Sim::builder().start().await.unwrap();
    let program = Program::of_sim(&sim);
    for format in ["--jsonl", "--csv", "--json"] {
        let arguments = ["call", "service.list_tickets", "--all", format];
        let mut child = program.command(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut first = [0];
        let mut reader = BufReader::with_capacity(1, child.stdout.take().unwrap());
        reader.fill_buf().unwrap();
        reader.read_exact(&mut first).unwrap();
        drop(reader);
        let status = child.wait().unwrap();
        let mut stderr = String::new();
        child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        assert!(status.success() && stderr.is_empty(), "{format}: {status} {stderr}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn text_of_records_cannot_control_the_terminal() {
    let sim = Sim::builder().start().await.unwrap();
    let program = Program::of_sim(&sim);
    let patch = r#"[{"op":"replace","path":"summary","value":"a\u001b[31mb\nc"}]"#;
    let finished = program.run(&["call", "service.update_ticket", "-p", "id=5", "--input", patch]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(!finished.stdout.contains('\u{1b}'), "{finished:?}");
    let table = program.run(&tickets("id = 5", &["--fields", "id,summary"])).stdout;
    assert!(table.contains("a\u{fffd}[31mb c") && table.lines().count() == 2, "{table}");
}

#[test]
fn a_wrong_filter_is_reported_before_anything_is_sent() {
    // Without a connection, anything that is sent fails with another exit code.
    let finished = Program::new().run(&["call", "service.list_tickets", "--jq", ".["]);
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(2), ""), "{finished:?}");
    assert!(finished.stderr.contains("syntax error"), "{finished:?}");
}

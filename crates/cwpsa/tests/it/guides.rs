//! The command lines of the guides and of `ops show` are right: the program accepts them and makes their requests.

use connectwise_psa::catalogue;
use serde_json::Value;

use crate::program::Program;

/// Returns the program with a connection to a server that is off.
fn program() -> Program {
    Program::new()
        .with("CW_SITE", "https://psa.example")
        .with("CW_COMPANY", "demo")
        .with("CW_PUBLIC_KEY", "public")
        .with("CW_PRIVATE_KEY", "private")
        .with("CW_CLIENT_ID", "00000000-0000-0000-0000-000000000000")
}

/// Divides a command line as a shell does, with single quotes.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut is_quoted) = (Vec::new(), String::new(), false);
    for letter in line.chars() {
        match letter {
            '\'' => is_quoted = !is_quoted,
            ' ' if !is_quoted => words.push(std::mem::take(&mut word)),
            _ => word.push(letter),
        }
    }
    words.push(word);
    words
}

/// Runs a command line with `--dry-run`, and returns the error, if there is one.
fn failure(program: &Program, line: &str) -> Option<String> {
    let words = words(line);
    let arguments: Vec<&str> = words.iter().map(String::as_str).skip(1).chain(["--dry-run"]).collect();
    let finished = program.run(&arguments);
    (finished.code != Some(0)).then(|| format!("{line}: {}", finished.stderr))
}

#[test]
fn the_recipes_of_the_guides_are_right() {
    let program = program();
    let mut failures = Vec::new();
    for guide in catalogue::guides() {
        let lines = guide.text.lines().filter_map(|line| line.strip_prefix("$ "));
        failures.extend(lines.filter_map(|line| failure(&program, line)));
    }
    assert_eq!(failures, [""; 0]);
}

#[test]
fn the_examples_of_operations_are_right() {
    let program = program();
    let mut failures = Vec::new();
    // One of each method and kind of response.
    for id in [
        "service.list_tickets",
        "service.get_ticket",
        "service.count_tickets",
        "service.create_ticket",
        "service.update_ticket",
        "service.replace_ticket",
        "service.delete_ticket",
        "service.list_ticket_notes",
        "time.create_time_entry",
        "finance.download_invoice_pdf",
        "company.create_contact",
    ] {
        let shown = program.run(&["ops", "show", id, "--json"]);
        let description: Value = serde_json::from_str(&shown.stdout).unwrap();
        failures.extend(failure(&program, description["examples"]["cwpsa"].as_str().unwrap()));
    }
    assert_eq!(failures, [""; 0]);
}

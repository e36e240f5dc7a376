//! `cwpsa conditions`: the JSON results, and text on standard input.

use std::io::Write as _;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::program::{Finished, Program};

fn value(finished: &Finished) -> Value {
    serde_json::from_str(&finished.stdout).unwrap_or_else(|error| panic!("{error}: {finished:?}"))
}

#[test]
fn findings_are_json() {
    let finished = Program::new().run(&[
        "conditions",
        "check",
        "boardId = 2 and closedFlag = 3",
        "--type",
        "service.list_tickets",
        "--json",
    ]);
    assert_eq!((finished.code, finished.stderr.as_str()), (Some(2), ""));
    let expected = json!({
        "parameter": "conditions",
        "type": "Ticket",
        "valid": false,
        "findings": [
            {"position": 0, "length": 7, "message": "`Ticket` has no field `boardId`", "hint": "write board/id=2"},
            {"position": 29, "length": 1, "message": "`closedFlag` is a boolean, not a number", "hint": "write true or false"},
        ],
    });
    assert_eq!(value(&finished), expected);
    let finished = Program::new().run(&["conditions", "format", "a =", "--json"]);
    assert_eq!(finished.code, Some(2));
    assert_eq!(value(&finished)["findings"][0]["position"], 3);
}

#[test]
fn an_explanation_is_a_tree() {
    let finished = Program::new().run(&["conditions", "explain", "a = 1 or b = null", "--json"]);
    assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), ""));
    let explained = value(&finished);
    assert_eq!((&explained["text"], &explained["valid"]), (&json!("a=1 or b=null"), &json!(true)));
    assert_eq!(explained["explanation"]["any"][1]["meaning"], "b has no value");
    assert_eq!(explained["notes"].as_array().map(Vec::len), Some(1));
}

#[test]
fn text_is_read_from_standard_input() {
    for (text, code, expected) in [(&b"a = 1\nand b = 2\n"[..], 0, "a=1 and b=2\n"), (b"", 2, ""), (b"a = \xff", 2, "")]
    {
        let program = Program::new();
        let mut command = program.command(&["conditions", "format", "-"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(text).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
        assert_eq!(output.stderr.is_empty(), code == 0);
    }
}

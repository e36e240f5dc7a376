//! Completion of values: what the shell's script gets.

use crate::program::{Finished, Program};

/// Returns the candidates for the last word of a command line, each with its help after a colon.
pub(crate) fn complete(program: &Program, words: &[&str]) -> Finished {
    let mut command = program.command(&[&["--"], words].concat());
    command
        .env("CWPSA_COMPLETE", "zsh")
        .env("_CLAP_COMPLETE_INDEX", (words.len() - 1).to_string())
        .env("_CLAP_IFS", "\n");
    let output = command.output().unwrap();
    Finished {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn commands_operations_and_sections_are_candidates() {
    let program = Program::new();
    for (words, expected) in [
        (&["cwpsa", "compl"][..], "completion:"),
        (&["cwpsa", "ops", "show", "service.list_tickets"], "service.list_tickets:"),
        (&["cwpsa", "ops", "list", "--section", "serv"], "service"),
        (&["cwpsa", "completion", "power"], "powershell:"),
    ] {
        let finished = complete(&program, words);
        assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), ""), "{words:?}");
        assert!(finished.stdout.lines().any(|line| line.starts_with(expected)), "{words:?}: {finished:?}");
    }
}

#[test]
fn names_of_connections_are_candidates() {
    let user = crate::user::User::new();
    for name in ["acme", "another", "beta"] {
        user.login(name, "psa.example", "key", &["--store", "file", "--no-check"]);
    }
    for words in
        [&["cwpsa", "use", "a"][..], &["cwpsa", "connections", "remove", "a"], &["cwpsa", "ops", "--connection", "a"]]
    {
        let finished = complete(user.program(), words);
        assert_eq!(finished.stdout, "acme:psa.example\nanother:psa.example", "{words:?}: {finished:?}");
    }
}

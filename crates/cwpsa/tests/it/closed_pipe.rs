//! A program that reads only the start of the output, such as `head`.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::Stdio;

use crate::program::Program;

#[test]
fn the_program_ends_quietly_when_nobody_reads_its_output() {
    let program = Program::new();
    for arguments in [&["ops", "list"][..], &["man"], &["completion", "bash"], &["--help"]] {
        let mut child = program.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::with_capacity(16, child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(!line.is_empty(), "{arguments:?}");
        let status = child.wait().unwrap();
        let mut stderr = String::new();
        child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        assert!(status.success() && stderr.is_empty(), "{arguments:?}: {status} {stderr}");
    }
}

#[test]
fn without_arguments_the_help_is_printed() {
    let finished = Program::new().run(&[]);
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(2), ""));
    assert!(finished.stderr.contains("Usage: cwpsa"), "{finished:?}");
}

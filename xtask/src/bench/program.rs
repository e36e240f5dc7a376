//! A program that measures: it reads a request per line, and prints a line of JSON for each.

use std::cell::RefCell;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde::Deserialize;

/// A running program. It ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Program {
    child: RefCell<Child>,
    input: RefCell<ChildStdin>,
    output: RefCell<BufReader<ChildStdout>>,
}

/// The outcome of one request.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
pub(crate) struct Measured {
    /// Seconds for a time, bytes for memory.
    pub(crate) value: f64,
    pub(crate) records: u64,
}

/// A line that a program prints.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Line {
    Measured(Measured),
    Failed { error: String },
}

impl Program {
    /// Starts a program.
    pub(crate) fn start(command: &mut Command) -> Result<Self, String> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{}: {error}", command.get_program().display()))?;
        let (input, output) = (child.stdin.take(), child.stdout.take());
        let (Some(input), Some(output)) = (input, output) else { return Err("a pipe is missing".to_owned()) };
        let output = RefCell::new(BufReader::new(output));
        Ok(Self { child: RefCell::new(child), input: RefCell::new(input), output })
    }

    /// Reads the next line that the program prints.
    pub(crate) fn line(&self) -> Result<String, String> {
        let mut line = String::new();
        match self.output.borrow_mut().read_line(&mut line) {
            Ok(0) => Err("the program has ended".to_owned()),
            Ok(_) => Ok(line),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Sends a request, and reads its line.
    pub(crate) fn measure(&self, request: &str) -> Result<Measured, String> {
        let context = |error: String| format!("`{request}`: {error}");
        writeln!(self.input.borrow_mut(), "{request}").map_err(|error| context(error.to_string()))?;
        parse(&self.line().map_err(context)?).map_err(context)
    }

    /// Returns a figure of the process in MB, by its name in `/proc`, such as `VmHWM` for the peak memory. `None` on
    /// other systems than Linux.
    pub(crate) fn memory(&self, name: &str) -> Option<f64> {
        super::machine::process_memory(self.child.borrow().id(), name)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Errors are ignored: the program may have ended already.
        let child = self.child.get_mut();
        let _ = child.kill();
        let _ = child.wait();
    }
}

fn parse(line: &str) -> Result<Measured, String> {
    match serde_json::from_str(line) {
        Ok(Line::Measured(measured)) => Ok(measured),
        Ok(Line::Failed { error }) => Err(error),
        Err(_) => Err(format!("expected a value or an error as JSON, found {line:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_parsed() {
        let measured = Measured { value: 0.25, records: 1000 };
        assert_eq!(parse("{\"value\": 0.25, \"records\": 1000}\n"), Ok(measured));
        assert_eq!(parse("{\"error\": \"unknown request\"}\n"), Err("unknown request".to_owned()));
        assert!(parse("Traceback").unwrap_err().contains("found \"Traceback\""));
    }

    #[test]
    fn the_error_names_the_program_that_does_not_exist() {
        let error = Program::start(&mut Command::new("no-such-program-here")).unwrap_err();
        assert!(error.starts_with("no-such-program-here: "), "{error}");
    }
}

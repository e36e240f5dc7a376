//! Standard output. A reader that closes the pipe, as `head` does, ends the program without an error.

use std::io::{self, BufWriter, IsTerminal as _, Read, StdoutLock, Write};

use crate::error::CommandError;

/// The size of the buffer.
const BUFFER: usize = 64 * 1024;

/// Standard output, buffered.
pub(crate) struct Stdout(BufWriter<StdoutLock<'static>>);

impl Stdout {
    pub(crate) fn lock() -> Self {
        Self(BufWriter::with_capacity(BUFFER, io::stdout().lock()))
    }

    /// Returns whether a person reads the output.
    pub(crate) fn is_terminal() -> bool {
        io::stdout().is_terminal()
    }

    /// Writes a line.
    pub(crate) fn line(&mut self, text: &str) -> Result<(), CommandError> {
        writeln!(self.0, "{text}").map_err(CommandError::stdout)
    }

    /// Writes a JSON document: for people with indentation, for programs as it is.
    pub(crate) fn document(&mut self, json: &str) -> Result<(), CommandError> {
        match Self::is_terminal().then(|| super::jq::indented(json)).flatten() {
            Some(text) => self.line(&text),
            None => self.line(json),
        }
    }

    /// Copies text.
    pub(crate) fn copy(&mut self, from: &mut impl Read) -> Result<(), CommandError> {
        io::copy(from, &mut self.0).map(drop).map_err(CommandError::stdout)
    }

    /// Passes the text on to the reader.
    pub(crate) fn flush(&mut self) -> Result<(), CommandError> {
        self.0.flush().map_err(CommandError::stdout)
    }
}

/// Flushes, because a short result is only in the buffer. An error was either reported by `flush`, or is a closed pipe.
impl Drop for Stdout {
    fn drop(&mut self) {
        let _ = self.0.flush();
    }
}

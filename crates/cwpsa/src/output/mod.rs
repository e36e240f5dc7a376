//! Results on standard output, everything else on standard error.

use std::io::{self, Write as _};

use serde_json::value::RawValue;

use crate::error::CommandError;

/// The format of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// A table that fits the terminal.
    Table,
    /// One JSON document.
    Json,
    /// One JSON value on each line.
    JsonLines,
    /// Comma-separated values with a header line.
    Csv,
}

/// Where the result of a command goes.
#[derive(Debug)]
pub(crate) struct Output {
    format: Format,
    jq: Option<String>,
}

impl Output {
    pub(crate) fn new(format: Format, jq: Option<String>) -> Self {
        Self { format, jq }
    }

    /// Prints one value: a record, or any other JSON. The text of numbers is kept. `columns` are the paths of the fields
    /// that people see first; empty for all.
    pub(crate) fn value(&self, value: &RawValue, columns: &[String]) -> Result<(), CommandError> {
        let _ = (self.format, &self.jq, columns);
        writeln!(io::stdout().lock(), "{value}").map_err(CommandError::stdout)
    }

    /// Starts a result of many records. Tables and CSV have these columns, which are paths such as `board/name`; empty
    /// for all fields.
    pub(crate) fn records(&self, columns: &[String]) -> RecordWriter {
        let _ = columns;
        RecordWriter { records: Vec::new() }
    }

    /// Prints text for people, such as "3 records were changed", on standard error.
    pub(crate) fn note(&self, text: &str) {
        // Fails only if standard error is closed.
        let _ = writeln!(io::stderr().lock(), "{text}");
    }
}

/// Writes a result of many records. A JSON document is printed by [`finish`](Self::finish): after a failure, standard
/// output has no part of it.
#[derive(Debug)]
pub(crate) struct RecordWriter {
    records: Vec<Box<RawValue>>,
}

impl RecordWriter {
    /// Adds a record.
    pub(crate) fn write(&mut self, record: &RawValue) -> Result<(), CommandError> {
        self.records.push(record.to_owned());
        Ok(())
    }

    /// Ends the result.
    pub(crate) fn finish(self) -> Result<(), CommandError> {
        let text = serde_json::to_string(&self.records)
            .map_err(|error| CommandError::failure(format!("the result cannot be written: {error}")))?;
        writeln!(io::stdout().lock(), "{text}").map_err(CommandError::stdout)
    }
}

/// Prints an error on standard error.
pub(crate) fn report_error(error: &CommandError, as_json: bool) {
    let mut stderr = io::stderr().lock();
    // Fails only if standard error is closed.
    let _ = if as_json { writeln!(stderr, "{}", error.to_json()) } else { writeln!(stderr, "error: {error}") };
}

//! Results on standard output, everything else on standard error.
//!
//! Records stay JSON text from the response to the output, so that numbers keep their digits.

pub(crate) mod cell;
pub(crate) mod jq;
mod lines;
mod progress;
pub(crate) mod prompt;
mod spool;
mod stdout;
mod table;
mod writer;

pub(crate) mod text;

use std::io::{self, Write as _};

use serde_json::value::RawValue;

use crate::error::CommandError;
use crate::output::jq::Filter;
use crate::output::stdout::Stdout;
pub(crate) use crate::output::writer::RecordWriter;

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
#[derive(Clone, Debug)]
pub(crate) struct Output {
    format: Format,
    jq: Option<String>,
    /// Whether a filter prints texts without quotes.
    raw: bool,
    quiet: bool,
}

impl Output {
    /// Creates an output. `jq` is a program that [`jq::parse_filter`] has accepted. A quiet output prints no progress.
    pub(crate) fn new(format: Format, jq: Option<String>, raw: bool, quiet: bool) -> Self {
        Self { format, jq, raw, quiet }
    }

    /// Returns the format.
    pub(crate) const fn format(&self) -> Format {
        self.format
    }

    /// Prints one value: a record, or any other JSON. `columns` are the paths of the fields that people see first; empty
    /// for all fields in their order. The elements of an array are printed as records, except in JSON.
    pub(crate) fn value(&self, value: &RawValue, columns: &[String]) -> Result<(), CommandError> {
        let mut stdout = Stdout::lock();
        if let Some(program) = &self.jq {
            return Filter::new(program)?.run(value.get().as_bytes(), self.raw, &mut stdout);
        }
        match self.format {
            Format::Json => stdout.document(value.get()),
            Format::Table if value.get().starts_with('{') => {
                drop(stdout);
                table::record(value, columns, &mut Stdout::lock())
            }
            Format::Table if !value.get().starts_with('[') => stdout.line(&cell::text(value)),
            _ => {
                drop(stdout);
                let mut writer = self.records(columns);
                for record in cell::elements(value) {
                    writer.write(record)?;
                }
                writer.finish()
            }
        }
    }

    /// Prints records that are known already.
    pub(crate) fn all(&self, records: &[Box<RawValue>], columns: &[String]) -> Result<(), CommandError> {
        let mut writer = self.records(columns);
        for record in records {
            writer.write(record)?;
        }
        writer.finish()
    }

    /// Starts a result of many records. Tables and CSV have these columns, which are paths such as `board/name`; empty
    /// for the fields of the first record.
    pub(crate) fn records(&self, columns: &[String]) -> RecordWriter {
        RecordWriter::new(self.format, self.jq.as_deref(), self.raw, columns, self.quiet)
    }

    /// Prints text that is the result.
    pub(crate) fn text(&self, text: &str) -> Result<(), CommandError> {
        Stdout::lock().line(text)
    }

    /// Prints text for people, such as "3 records were changed", on standard error.
    pub(crate) fn note(&self, text: &str) {
        // Fails only if standard error is closed.
        let _ = writeln!(io::stderr().lock(), "{text}");
    }
}

/// Prints an error on standard error.
pub(crate) fn report_error(error: &CommandError, as_json: bool) {
    if error.is_closed_pipe() {
        return;
    }
    let mut stderr = io::stderr().lock();
    // Fails only if standard error is closed.
    let _ = if as_json { writeln!(stderr, "{}", error.to_json()) } else { writeln!(stderr, "error: {error}") };
}

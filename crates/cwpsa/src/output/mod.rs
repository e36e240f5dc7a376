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

    /// Prints one value. The text of numbers is kept.
    pub(crate) fn value(&self, value: &RawValue) -> Result<(), CommandError> {
        let _ = (self.format, &self.jq);
        writeln!(io::stdout().lock(), "{value}")
            .map_err(|error| CommandError::failure(format!("standard output: {error}")))
    }
}

/// Prints an error on standard error.
pub(crate) fn report_error(error: &CommandError, as_json: bool) {
    let mut stderr = io::stderr().lock();
    // Fails only if standard error is closed.
    let _ = if as_json { writeln!(stderr, "{}", error.to_json()) } else { writeln!(stderr, "error: {error}") };
}

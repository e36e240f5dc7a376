//! Results that are text or JSON values of the program itself, such as explanations.

use std::io::{self, ErrorKind, Write as _};

use serde::Serialize;
use serde_json::value::to_raw_value;

use crate::error::CommandError;
use crate::output::Output;

/// Prints text and a line break on standard output. If the reader has closed its end, the text is dropped.
pub(crate) fn print(text: &str) -> Result<(), CommandError> {
    print_line(text).map(|_| ())
}

/// Prints text and a line break on standard output at once. Returns whether anyone still reads.
pub(crate) fn print_line(text: &str) -> Result<bool, CommandError> {
    let mut stdout = io::stdout().lock();
    match writeln!(stdout, "{text}").and_then(|()| stdout.flush()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(CommandError::failure(format!("standard output: {error}"))),
    }
}

/// Prints a value as JSON.
pub(crate) fn print_value(output: &Output, value: &impl Serialize) -> Result<(), CommandError> {
    let raw = to_raw_value(value)
        .map_err(|error| CommandError::failure(format!("the result cannot be written as JSON: {error}")))?;
    output.value(&raw, &[])
}

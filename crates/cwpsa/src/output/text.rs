//! Results that are text or JSON values of the program itself, such as explanations.

use serde::Serialize;
use serde_json::value::to_raw_value;

use crate::error::CommandError;
use crate::output::Output;
use crate::output::stdout::Stdout;

/// Prints text and a line break on standard output at once.
pub(crate) fn print(text: &str) -> Result<(), CommandError> {
    let mut stdout = Stdout::lock();
    stdout.line(text)?;
    stdout.flush()
}

/// Prints a value as JSON.
pub(crate) fn print_value(output: &Output, value: &impl Serialize) -> Result<(), CommandError> {
    let raw = to_raw_value(value)
        .map_err(|error| CommandError::failure(format!("the result cannot be written as JSON: {error}")))?;
    output.value(&raw, &[])
}

//! The text of `--input`: JSON itself, a file, or standard input.

use std::io::Read as _;

use crate::error::CommandError;

/// Returns the JSON of an argument: `@FILE` and `-` (standard input) are read, everything else is the JSON itself.
pub(crate) fn read(argument: &str) -> Result<String, CommandError> {
    let unreadable = |error: std::io::Error| CommandError::usage(format!("--input {argument}: {error}"));
    if argument == "-" {
        let mut text = String::new();
        std::io::stdin().lock().read_to_string(&mut text).map_err(unreadable)?;
        return Ok(text);
    }
    match argument.strip_prefix('@') {
        Some(path) => std::fs::read_to_string(path).map_err(unreadable),
        None => Ok(argument.to_owned()),
    }
}

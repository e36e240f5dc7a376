//! A rejected request as a value, for `--no-fail`.

use serde_json::value::to_raw_value;
use serde_json::{Value, json};

use crate::error::{CommandError, Outcome};
use crate::exit::Exit;
use crate::output::Output;

/// Prints a rejected request as a value: `{"status", "body", "error"}`. An error without a response stays an error.
pub(crate) fn print(error: CommandError, output: &Output) -> Outcome {
    let Some((call, status)) = error.call().and_then(|call| Some((call, call.status()?))) else { return Err(error) };
    let body = serde_json::from_slice::<Value>(call.response_body())
        .unwrap_or_else(|_| String::from_utf8_lossy(call.response_body()).into());
    let value = json!({ "status": status.as_u16(), "body": body, "error": error.details() });
    let value = to_raw_value(&value)
        .map_err(|problem| CommandError::failure(format!("the response cannot be written: {problem}")))?;
    output.value(&value, &[])?;
    Ok(Exit::Success)
}

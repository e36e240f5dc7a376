//! Several requests of one command, one after another, with one result each.

use connectwise_psa::Psa;
use connectwise_psa::catalogue::Operation;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};

use crate::calls::Input;
use crate::calls::items::items;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::output::RecordWriter;

/// The columns of a table of results.
pub(crate) const COLUMNS: [&str; 4] = ["index", "status", "result", "error/message"];

/// Sends the requests and writes their results: `{"index", "status", "result"}` or `{"index", "error"}`, or
/// `{"index", "skipped": true}` for those that were not sent because an earlier failure would repeat.
pub(crate) async fn run(
    psa: &Psa,
    operation: &'static Operation,
    inputs: &[Input],
    mut writer: RecordWriter,
) -> Result<Exit, CommandError> {
    let (mut succeeded, mut first_failure) = (0_usize, None);
    let mut stopped = false;
    for (index, input) in inputs.iter().enumerate() {
        let result = if stopped {
            json_text(&json!({ "index": index, "skipped": true }))?
        } else {
            match input.request(psa, operation).await {
                Ok(response) => {
                    succeeded += 1;
                    success(index, response.status.as_u16(), &items(&response))?
                }
                Err(error) => {
                    let error = CommandError::from(error);
                    stopped = would_repeat(error.exit());
                    let result = failure(index, &error)?;
                    first_failure.get_or_insert(error.exit());
                    result
                }
            }
        };
        writer.write(&result)?;
    }
    writer.finish()?;
    Ok(match first_failure {
        None => Exit::Success,
        Some(_) if succeeded > 0 => Exit::PartlyFailed,
        Some(exit) => exit,
    })
}

/// Returns whether further requests would fail for the same reason.
const fn would_repeat(exit: Exit) -> bool {
    matches!(exit, Exit::Authentication | Exit::Network | Exit::RateLimited)
}

fn success(index: usize, status: u16, items: &[Box<RawValue>]) -> Result<Box<RawValue>, CommandError> {
    let result = match items {
        [] => "null".to_owned(),
        [item] => item.get().to_owned(),
        items => serde_json::to_string(items).map_err(unwritable)?,
    };
    RawValue::from_string(format!(r#"{{"index":{index},"status":{status},"result":{result}}}"#)).map_err(unwritable)
}

fn failure(index: usize, error: &CommandError) -> Result<Box<RawValue>, CommandError> {
    let mut result = error.to_json();
    result["index"] = index.into();
    json_text(&result)
}

fn json_text(value: &Value) -> Result<Box<RawValue>, CommandError> {
    to_raw_value(value).map_err(unwritable)
}

fn unwritable(error: serde_json::Error) -> CommandError {
    CommandError::failure(format!("a result cannot be written: {error}"))
}

//! Dry runs: the exact request and a curl command, without sending anything.

use connectwise_psa::DryRun;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value, json};

use crate::calls::curl::{Form, curl};
use crate::error::CommandError;
use crate::output::{Format, Output};

/// Prints the requests that a command would send. `form` is what a request with a file sends.
pub(crate) fn print(requests: &[DryRun], form: Option<&Form<'_>>, output: &Output) -> Result<(), CommandError> {
    if output.format() == Format::Table {
        for request in requests {
            output.text(&format!("{request}\n\n{}\n", curl(request, form)))?;
        }
        return Ok(());
    }
    let mut writer = output.records(&["method".to_owned(), "url".to_owned(), "curl".to_owned()]);
    for request in requests {
        writer.write(&json_of(request, form)?)?;
    }
    writer.finish()
}

fn json_of(request: &DryRun, form: Option<&Form<'_>>) -> Result<Box<RawValue>, CommandError> {
    let headers: Map<String, Value> =
        request.headers.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect();
    // A body of JSON is printed as JSON, with its digits.
    let body = match &request.body {
        None => None,
        Some(body) => Some(match RawValue::from_string(body.clone()) {
            Ok(json) => json,
            Err(_) => to_raw_value(body).map_err(CommandError::unwritable)?,
        }),
    };
    let request = json!({
        "method": request.method.as_str(),
        "url": request.url,
        "headers": headers,
        "curl": curl(request, form),
    });
    let Some(body) = body else { return to_raw_value(&request).map_err(CommandError::unwritable) };
    let text = request.to_string();
    let rest = text.strip_prefix('{').unwrap_or(&text);
    RawValue::from_string(format!(r#"{{"body":{body},{rest}"#)).map_err(CommandError::unwritable)
}

//! The input of a call, checked before anything is sent.

use connectwise_psa::catalogue::Operation;
use serde_json::Value;

use crate::calls::{Input, twice};
use crate::mcp::arguments::ToolArguments;
use crate::mcp::failure::Failure;
use crate::operations::check::problems;

/// Returns the parameters and the body of a tool call.
pub(crate) fn input(arguments: &ToolArguments) -> Result<Input, Failure> {
    let body = arguments.json("body");
    let body = body.map(|body| serde_json::value::to_raw_value(&body)).transpose();
    let body = body.map_err(|error| Failure::usage(format!("body: {error}")))?;
    let parameters = arguments.object("parameters")?;
    match twice(parameters.keys().map(String::as_str)) {
        Some(name) => Err(Failure::usage(format!("parameters: {name} is given twice"))),
        None => Ok(Input { parameters, body }),
    }
}

/// Checks parameters, conditions and body. The failure names each problem with the right form.
pub(crate) fn checked_input(operation: &'static Operation, input: &Input) -> Result<(), Failure> {
    let body: Option<Value> = input.body.as_ref().and_then(|body| serde_json::from_str(body.get()).ok());
    let problems = problems(operation, &input.parameters, body.as_ref());
    if problems.is_empty() { Ok(()) } else { Err(Failure::usage(problems.join("\n"))) }
}

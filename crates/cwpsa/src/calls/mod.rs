//! Calls of operations by id, with JSON in and out: what `cwpsa call`, the commands of records and the agent server share.

pub(crate) mod batch;
pub(crate) mod curl;
pub(crate) mod download;
pub(crate) mod dry_run;
pub(crate) mod items;
pub(crate) mod listing;

use connectwise_psa::Psa;
use connectwise_psa::catalogue::Operation;
use connectwise_psa::raw::RawRequest;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::error::CommandError;
use crate::operations::{check, id};

/// What a caller gives an operation.
#[derive(Clone, Debug, Default)]
pub(crate) struct Input {
    /// Path, query and list parameters (`conditions`, `fields` and the others) by name.
    pub(crate) parameters: Map<String, Value>,
    /// The JSON body, as the caller wrote it.
    pub(crate) body: Option<Box<RawValue>>,
}

impl Input {
    /// Makes the request of an operation. Invalid input becomes the error of the request.
    pub(crate) fn request(&self, psa: &Psa, operation: &'static Operation) -> RawRequest {
        let request = psa.operation(&id::name(operation)).parameters(&Value::Object(self.parameters.clone()));
        match &self.body {
            Some(body) => request.json(body),
            None => request,
        }
    }

    /// Checks the input against the description of the operation. Nothing is sent.
    pub(crate) fn check(&self, operation: &'static Operation) -> Result<(), CommandError> {
        let body = match &self.body {
            None => None,
            Some(body) => Some(
                serde_json::from_str(body.get())
                    .map_err(|error| CommandError::usage(format!("the input cannot be read: {error}")))?,
            ),
        };
        let problems = check::problems(operation, &self.parameters, body.as_ref());
        if problems.is_empty() {
            return Ok(());
        }
        let name = id::name(operation);
        Err(CommandError::usage(format!("the input of {name} is wrong, so nothing was sent:\n{}", problems.join("\n")))
            .with_next_step(format!("`cwpsa ops show {name}` shows what it takes; --no-check sends it anyway")))
    }
}

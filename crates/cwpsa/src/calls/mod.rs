//! Calls of operations by id, with JSON in and out: what `cwpsa call`, the commands of records and the agent server share.

use connectwise_psa::Psa;
use connectwise_psa::catalogue::Operation;
use connectwise_psa::raw::RawRequest;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::operations::id;

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
}

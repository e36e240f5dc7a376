//! The records that documents are attached to.

use crate::api_error::{ApiError, FieldError};
use crate::records::references::integer;
use crate::server_state::RequestContext;

/// The values of `recordType`, as CSV: the value, and the list of such records. Without a list, the records are not
/// simulated.
const RECORD_TYPES: &str = include_str!("../../data/document_records.csv");

/// The list of the documents.
pub(crate) const DOCUMENTS: &str = "system/documents";

/// Returns the values of `recordType` for the records of a list.
pub(crate) fn types_of(list: &str) -> impl Iterator<Item = &'static str> {
    let rows = RECORD_TYPES.lines().skip(1).filter_map(|line| line.split_once(','));
    rows.filter(move |(_, other)| *other == list).map(|(name, _)| name)
}

fn list_of(record_type: &str) -> Option<&'static str> {
    let rows = RECORD_TYPES.lines().skip(1).filter_map(|line| line.split_once(','));
    rows.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(record_type)).map(|(_, list)| list)
}

/// Rejects a document of an unknown record type, or of a record that does not exist. The texts of live servers are not
/// known. A list that never contained a record is not checked.
pub(crate) fn check_record(ctx: &RequestContext<'_>, record_type: &str, id: &str) -> Result<(), ApiError> {
    let reject = |error| Err(ApiError::invalid_object("document", vec![error]));
    let Some(list) = list_of(record_type) else {
        let message = format!("The recordType {record_type} is invalid.");
        return reject(FieldError::new("InvalidField", message, "document", "recordType"));
    };
    let id_number = integer(&id.into());
    let has = |list: &str| id_number.is_some_and(|id| ctx.state.records.contains(list, id));
    // Service and project tickets share one id sequence.
    let is_found = has(list) || (list == "service/tickets" && has("project/tickets"));
    if ctx.state.records.collection(list).is_some() && !is_found {
        let message = format!("{record_type} {id} not found");
        return reject(FieldError::new("NotFound", message, "document", "recordId"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_names_lists() {
        for (record_type, list) in RECORD_TYPES.lines().skip(1).map(|line| line.split_once(',').unwrap()) {
            assert!(list.is_empty() || crate::schema::record_type(list).is_some(), "{record_type},{list}");
        }
        assert_eq!(
            (list_of("ticket"), list_of("Meeting"), list_of("Colour")),
            (Some("service/tickets"), Some(""), None)
        );
    }
}

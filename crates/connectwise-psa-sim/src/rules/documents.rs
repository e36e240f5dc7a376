//! The records that documents are attached to.

use std::sync::LazyLock;

use crate::api_error::{ApiError, FieldError};
use crate::data_table::Table;
use crate::records::references::integer;
use crate::records::tickets::list_of_referred;
use crate::server_state::RequestContext;

/// The values of `recordType`, as CSV: the value, and the list of such records. Without a list, the records are not
/// simulated.
static RECORD_TYPES: LazyLock<Table<1>> =
    LazyLock::new(|| Table::read(include_str!("../../data/document_records.csv")));

/// Returns the values of `recordType` for the records of a list.
pub(crate) fn types_of(list: &str) -> impl Iterator<Item = &'static str> {
    RECORD_TYPES.lines().filter(move |(_, [other])| *other == list).map(|(name, _)| name)
}

fn list_of(record_type: &str) -> Option<&'static str> {
    RECORD_TYPES.lines().find(|(name, _)| name.eq_ignore_ascii_case(record_type)).map(|(_, [list])| *list)
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
    let records = &ctx.state.records;
    let is_found = id_number.is_some_and(|id| records.contains(list_of_referred(records, list, id), id));
    if records.collection(list).is_some() && !is_found {
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
        for (record_type, [list]) in RECORD_TYPES.lines() {
            assert!(list.is_empty() || crate::schema::record_type(list).is_some(), "{record_type},{list}");
        }
        assert_eq!(
            (list_of("ticket"), list_of("Meeting"), list_of("Colour")),
            (Some("service/tickets"), Some(""), None)
        );
    }
}

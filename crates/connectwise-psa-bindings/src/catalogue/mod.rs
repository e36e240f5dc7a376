//! The table of operations: what each one is on the wire, for generic calls, documentation and tools.

mod match_path;

use connectwise_psa_core::operation::Operation;

use crate::generated::TABLES;

pub use match_path::{PathMatch, match_path};

/// Every operation of the sections that are compiled, by section and name.
///
/// ```
/// use connectwise_psa_bindings::catalogue;
///
/// let deletions = catalogue::all().filter(|operation| operation.method == connectwise_psa_core::operation::Method::Delete).count();
/// assert!(deletions < catalogue::all().count());
/// ```
pub fn all() -> impl Iterator<Item = &'static Operation> {
    TABLES.iter().flat_map(|table| table.iter().copied())
}

/// The operation of a section by our name: `("service", "list_tickets")`. `None` when there is none, or its section is
/// not compiled.
#[must_use]
pub fn find(section: &str, id: &str) -> Option<&'static Operation> {
    let table = TABLES.iter().find(|table| table.first().is_some_and(|operation| operation.section == section))?;
    let index = table.binary_search_by(|operation| operation.id.cmp(id)).ok()?;
    table.get(index).copied()
}

/// The operation with the vendor's id: `getServiceTickets`. `None` when there is none, or its section is not compiled.
#[must_use]
pub fn find_by_vendor_id(vendor_id: &str) -> Option<&'static Operation> {
    all().find(|operation| operation.vendor_id == vendor_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_is_found_by_both_names() {
        for operation in all() {
            assert_eq!(find(operation.section, operation.id), Some(operation), "{}", operation.id);
        }
        #[cfg(feature = "service")]
        assert_eq!(find_by_vendor_id("getServiceTickets"), find("service", "list_tickets"));
        assert_eq!(find("service", "burn_ticket"), None);
        assert_eq!(find_by_vendor_id("burn"), None);
    }
}

//! The table of all operations, with method, path, parameters, body and response, for generic calls and tools.

mod match_path;

use connectwise_psa_core::operation::Operation;

use crate::generated::TABLES;

pub use match_path::{PathMatch, match_path};

/// Returns all operations of the compiled sections, sorted by section and name.
///
/// ```
/// use connectwise_psa_bindings::catalogue;
/// use connectwise_psa_core::operation::Method;
///
/// let deletions = catalogue::all().filter(|operation| operation.method == Method::Delete).count();
/// assert!(deletions < catalogue::all().count());
/// ```
pub fn all() -> impl Iterator<Item = &'static Operation> {
    TABLES.iter().flat_map(|table| table.iter().copied())
}

/// Returns the operation of a section by its name: `("service", "list_tickets")`. `None` if there is none, or its
/// section is not compiled.
#[must_use]
pub fn find(section: &str, id: &str) -> Option<&'static Operation> {
    let table = TABLES.iter().find(|table| table.first().is_some_and(|operation| operation.section == section))?;
    let index = table.binary_search_by(|operation| operation.id.cmp(id)).ok()?;
    table.get(index).copied()
}

/// Returns the operation with the vendor's operation ID: `getServiceTickets`. `None` if there is none, or its section
/// is not compiled.
#[must_use]
pub fn find_by_vendor_id(vendor_id: &str) -> Option<&'static Operation> {
    all().find(|operation| operation.vendor_id == vendor_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_found_by_name_and_by_vendor_id() {
        for operation in all() {
            assert_eq!(find(operation.section, operation.id), Some(operation), "{}", operation.id);
        }
        #[cfg(feature = "service")]
        assert_eq!(find_by_vendor_id("getServiceTickets"), find("service", "list_tickets"));
        assert_eq!(find("service", "burn_ticket"), None);
        assert_eq!(find_by_vendor_id("burn"), None);
    }
}

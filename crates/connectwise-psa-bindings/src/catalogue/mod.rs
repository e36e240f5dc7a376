//! The table of all operations, with method, path, parameters, body and response, for generic calls and tools.

mod actions;
mod guides;
mod match_path;

use connectwise_psa_core::operation::Operation;

use crate::generated::{TABLES, TEXTS};

pub use actions::{Action, actions};
pub use guides::{Guide, guide, guides};
pub use match_path::{PathMatch, match_path};

/// Returns all operations of the compiled sections, by section and collection. In a collection, the operations have this
/// order: list, get, count, create, update, replace, delete, others; then the same for each list below its records.
///
/// ```
/// use connectwise_psa_bindings::catalogue;
/// use connectwise_psa_core::operation::Method;
///
/// let deletions = catalogue::all().filter(|operation| operation.method == Method::Delete).count();
/// assert!(deletions < catalogue::all().count());
/// ```
pub fn all() -> impl Iterator<Item = &'static Operation> {
    TABLES.iter().flat_map(|(_, operations)| operations.iter().copied())
}

/// Returns the operation of a section by its name: `("service", "list_tickets")`. `None` if there is none, or its
/// section is not compiled.
#[must_use]
pub fn find(section: &str, id: &str) -> Option<&'static Operation> {
    let (_, operations) = TABLES.iter().find(|(name, _)| *name == section)?;
    operations.iter().copied().find(|operation| operation.id == id)
}

/// Returns what an operation does, in one sentence: "Lists ticket notes." Empty for an operation that is not in the
/// catalogue.
///
/// ```
/// # #[cfg(feature = "service")]
/// # {
/// use connectwise_psa_bindings::catalogue;
///
/// let operation = catalogue::find("service", "count_tickets").expect("an operation");
/// assert_eq!(operation.collection, "tickets");
/// assert_eq!(catalogue::summary(operation), "Counts service tickets.");
/// # }
/// ```
#[must_use]
pub fn summary(operation: &Operation) -> &'static str {
    texts(operation).map_or("", |(summary, _)| summary)
}

/// Returns what an operation is for, when to use it instead of a similar one, and what surprises, as Markdown. Empty for
/// the operations that need no explanation, and for an operation that is not in the catalogue.
#[must_use]
pub fn about(operation: &Operation) -> &'static str {
    texts(operation).map_or("", |(_, about)| about)
}

fn texts(operation: &Operation) -> Option<(&'static str, &'static str)> {
    let (_, operations) = TABLES.iter().find(|(section, _)| *section == operation.section)?;
    let (_, texts) = TEXTS.iter().find(|(section, _)| *section == operation.section)?;
    let index = operations.iter().position(|other| other.id == operation.id)?;
    texts.get(index).copied()
}

/// Returns the operation with the vendor's operation ID: `getServiceTickets`. `None` if there is none, or its section
/// is not compiled.
#[must_use]
pub fn find_by_vendor_id(vendor_id: &str) -> Option<&'static Operation> {
    all().find(|operation| operation.vendor_id == vendor_id)
}

#[cfg(test)]
mod tests {
    use connectwise_psa_core::operation::{Method, ResponseKind};

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

    #[test]
    fn each_operation_has_a_sentence_and_is_with_its_collection() {
        let mut finished = Vec::new();
        let mut current = ("", "");
        for operation in all() {
            assert!(summary(operation).ends_with('.'), "{operation}: {}", summary(operation));
            let collection = (operation.section, operation.collection);
            if collection != current {
                finished.push(current);
                current = collection;
            }
            assert!(!operation.collection.is_empty() && !finished.contains(&collection), "{operation}: {collection:?}");
        }
        let unknown = Operation::new("service", "burn", "burn", Method::Get, "/burn", ResponseKind::None);
        assert_eq!((summary(&unknown), about(&unknown)), ("", ""));
    }
}

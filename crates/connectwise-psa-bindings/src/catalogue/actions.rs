//! The actions that integration products offer, each with its operation.

use connectwise_psa_core::operation::Operation;

use crate::catalogue::find;

/// Key, category, name, section and id of the operation, whether the action is popular, and the reason for having no
/// operation, in each line. Only the reason can contain commas.
const TABLE: &str = include_str!("../generated/actions.csv");

/// An action that integration products offer, such as "List Companies".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Action {
    /// The name in lower case with hyphens, which is unique: `list-companies`.
    pub key: &'static str,
    /// The category: `Companies`.
    pub category: &'static str,
    /// The name in the products: `List Companies`.
    pub name: &'static str,
    /// Why the action has no operation. Empty if it has one.
    pub reason: &'static str,
    /// Whether it is one of the twenty actions that people use most.
    pub popular: bool,
    /// The section of the operation: `company`. Empty if the action has none.
    pub section: &'static str,
    /// The id of the operation in its section: `list_companies`. Empty if the action has none.
    pub id: &'static str,
}

impl Action {
    /// Returns the operation. `None` if the action has none, or the section of the operation is not compiled.
    #[must_use]
    pub fn operation(&self) -> Option<&'static Operation> {
        find(self.section, self.id)
    }
}

/// Returns all actions by category.
///
/// ```
/// use connectwise_psa_bindings::catalogue;
///
/// assert_eq!(catalogue::actions().filter(|action| action.popular).count(), 20);
/// # #[cfg(feature = "company")]
/// # {
/// let action = catalogue::actions().find(|action| action.key == "list-companies").expect("an action");
/// assert_eq!(action.operation(), catalogue::find("company", "list_companies"));
/// # }
/// ```
pub fn actions() -> impl Iterator<Item = Action> {
    TABLE.lines().skip(1).filter_map(|line| {
        let mut cells = line.splitn(7, ',');
        Some(Action {
            key: cells.next()?,
            category: cells.next()?,
            name: cells.next()?,
            section: cells.next()?,
            id: cells.next()?,
            popular: !cells.next()?.is_empty(),
            reason: cells.next()?,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::all;

    #[test]
    fn each_action_has_an_operation_or_a_reason() {
        for action in actions() {
            assert_eq!(action.section.is_empty(), !action.reason.is_empty(), "{}", action.name);
            let is_compiled = all().any(|operation| operation.section == action.section);
            assert_eq!(action.operation().is_some(), is_compiled, "{}", action.name);
        }
    }
}

//! The lists whose names completion shows.

/// A list of records with names.
#[derive(Debug)]
pub(crate) struct List {
    /// The operation that lists the records.
    pub(crate) operation: &'static str,
    /// The fields that people know a record by.
    pub(crate) name: &'static [&'static str],
    /// The order in which the records are read. The newest of a large table are the most useful.
    pub(crate) order: &'static str,
}

const fn list(operation: &'static str, name: &'static [&'static str], order: &'static str) -> List {
    List { operation, name, order }
}

static LISTS: [List; 17] = [
    list("company.list_companies", &["name"], "name"),
    list("company.list_configurations", &["name"], "id desc"),
    list("company.list_contacts", &["firstName", "lastName"], "id desc"),
    list("expense.list_expense_entries", &["notes"], "id desc"),
    list("finance.list_agreements", &["name"], "name"),
    list("procurement.list_products", &["description"], "id desc"),
    list("project.list_projects", &["name"], "id desc"),
    list("sales.list_opportunities", &["name"], "id desc"),
    list("service.list_boards", &["name"], "name"),
    list("service.list_priorities", &["name"], "sortOrder"),
    list("service.list_sources", &["name"], "name"),
    list("service.list_tickets", &["summary"], "id desc"),
    list("system.list_members", &["identifier"], "identifier"),
    list("time.list_time_entries", &["notes"], "id desc"),
    list("time.list_work_roles", &["name"], "name"),
    list("time.list_work_types", &["name"], "name"),
    list("procurement.list_catalog_items", &["identifier"], "identifier"),
];

/// The commands of types of records, with their lists.
const COMMANDS: [(&str, &str); 9] = [
    ("companies", "company.list_companies"),
    ("configurations", "company.list_configurations"),
    ("contacts", "company.list_contacts"),
    ("expenses", "expense.list_expense_entries"),
    ("opportunities", "sales.list_opportunities"),
    ("products", "procurement.list_products"),
    ("projects", "project.list_projects"),
    ("tickets", "service.list_tickets"),
    ("time", "time.list_time_entries"),
];

/// The fields of records that refer to one of the lists, with the list.
const REFERENCES: [(&str, &str); 12] = [
    ("agreement", "finance.list_agreements"),
    ("board", "service.list_boards"),
    ("catalogItem", "procurement.list_catalog_items"),
    ("company", "company.list_companies"),
    ("manager", "system.list_members"),
    ("member", "system.list_members"),
    ("owner", "system.list_members"),
    ("priority", "service.list_priorities"),
    ("project", "project.list_projects"),
    ("source", "service.list_sources"),
    ("workRole", "time.list_work_roles"),
    ("workType", "time.list_work_types"),
];

/// Returns the list of a command's records: that of `tickets`.
pub(crate) fn of_command(command: &str) -> Option<&'static List> {
    let (_, operation) = COMMANDS.iter().find(|(name, _)| *name == command)?;
    find(operation)
}

/// Returns the list that a field refers to.
pub(crate) fn of_field(field: &str) -> Option<&'static List> {
    references().find(|(known, _)| *known == field).map(|(_, list)| list)
}

/// Returns the list of an operation.
pub(crate) fn find(operation: &str) -> Option<&'static List> {
    LISTS.iter().find(|list| list.operation == operation)
}

/// Returns the fields with references, each with its list.
pub(crate) fn references() -> impl Iterator<Item = (&'static str, &'static List)> {
    REFERENCES.into_iter().filter_map(|(field, operation)| Some((field, find(operation)?)))
}

#[cfg(test)]
mod tests {
    use connectwise_psa_core::operation::ResponseKind;

    use super::*;
    use crate::operations::id;

    #[test]
    fn every_list_has_an_operation_and_a_name() {
        for list in &LISTS {
            let operation = id::find(list.operation).unwrap();
            let ResponseKind::Many(record) = operation.response else { panic!("{list:?}") };
            let schema = connectwise_psa::schemas::schema(record).unwrap();
            assert!(list.name.iter().all(|name| schema.fields().any(|field| field == *name)), "{list:?}");
            let order = list.order.split(' ').next();
            assert!(schema.fields().any(|field| Some(field) == order), "{list:?}");
        }
        assert_eq!(references().count(), REFERENCES.len());
        assert!(COMMANDS.iter().all(|(command, _)| of_command(command).is_some()));
    }
}

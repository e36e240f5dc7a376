//! The types of records with commands of their own, and their operations.

use connectwise_psa::catalogue::Operation;

use crate::error::CommandError;
use crate::operations::id;
use crate::records::filters::Filter;

/// A type of record.
#[derive(Debug)]
pub(crate) struct RecordType {
    /// The name of the command, and of the type in files: `tickets`.
    pub(crate) command: &'static str,
    /// What one record is called: `ticket`.
    pub(crate) one: &'static str,
    /// The name of the schema: `Ticket`.
    pub(crate) schema: &'static str,
    /// The ids of the operations.
    list: &'static str,
    get: &'static str,
    create: &'static str,
    update: &'static str,
    /// The short filters of `list`.
    pub(crate) filters: &'static [Filter],
}

const BOARD: Filter = Filter::reference("board", "board", &["name"]);
const STATUS: Filter = Filter::reference("status", "status", &["name"]);
const COMPANY: Filter = Filter::reference("company", "company", &["name", "identifier"]);
const CONTACT: Filter = Filter::reference("contact", "contact", &["name"]);
const OWNER: Filter = Filter::reference("owner", "owner", &["identifier", "name"]);
const MEMBER: Filter = Filter::reference("member", "member", &["identifier", "name"]);
const MANAGER: Filter = Filter::reference("manager", "manager", &["identifier", "name"]);
const SALES_REP: Filter = Filter::reference("sales-rep", "primarySalesRep", &["identifier", "name"]);
const TYPE: Filter = Filter::reference("type", "type", &["name"]);
const STAGE: Filter = Filter::reference("stage", "stage", &["name"]);
const PRIORITY: Filter = Filter::reference("priority", "priority", &["name"]);
const PROJECT: Filter = Filter::reference("project", "project", &["name"]);
const OPPORTUNITY: Filter = Filter::reference("opportunity", "opportunity", &["name"]);
const CATALOG_ITEM: Filter = Filter::reference("item", "catalogItem", &["identifier"]);
const TICKET: Filter = Filter::reference("ticket", "ticket", &[]);
const CHARGED_TICKET: Filter = Filter::charged_ticket();
const NAME: Filter = Filter::text("name", "name");
const IDENTIFIER: Filter = Filter::text("identifier", "identifier");
const FIRST_NAME: Filter = Filter::text("first-name", "firstName");
const LAST_NAME: Filter = Filter::text("last-name", "lastName");
const SERIAL_NUMBER: Filter = Filter::text("serial-number", "serialNumber");
const OPEN: Filter = Filter::open("closedFlag");
const ACTIVE: Filter = Filter::active("inactiveFlag");

/// Tickets of service boards.
pub(crate) static TICKETS: RecordType = RecordType {
    command: "tickets",
    one: "ticket",
    schema: "Ticket",
    list: "service.list_tickets",
    get: "service.get_ticket",
    create: "service.create_ticket",
    update: "service.update_ticket",
    filters: &[BOARD, STATUS, COMPANY, CONTACT, OWNER, PRIORITY, TYPE, OPEN],
};

/// Companies.
pub(crate) static COMPANIES: RecordType = RecordType {
    command: "companies",
    one: "company",
    schema: "Company",
    list: "company.list_companies",
    get: "company.get_company",
    create: "company.create_company",
    update: "company.update_company",
    filters: &[NAME, IDENTIFIER, STATUS],
};

/// Contacts.
pub(crate) static CONTACTS: RecordType = RecordType {
    command: "contacts",
    one: "contact",
    schema: "Contact",
    list: "company.list_contacts",
    get: "company.get_contact",
    create: "company.create_contact",
    update: "company.update_contact",
    filters: &[FIRST_NAME, LAST_NAME, COMPANY, ACTIVE],
};

/// Projects.
pub(crate) static PROJECTS: RecordType = RecordType {
    command: "projects",
    one: "project",
    schema: "Project",
    list: "project.list_projects",
    get: "project.get_project",
    create: "project.create_project",
    update: "project.update_project",
    filters: &[NAME, BOARD, STATUS, COMPANY, MANAGER, TYPE, OPEN],
};

/// Opportunities.
pub(crate) static OPPORTUNITIES: RecordType = RecordType {
    command: "opportunities",
    one: "opportunity",
    schema: "Opportunity",
    list: "sales.list_opportunities",
    get: "sales.get_opportunity",
    create: "sales.create_opportunity",
    update: "sales.update_opportunity",
    filters: &[NAME, STATUS, STAGE, TYPE, COMPANY, SALES_REP],
};

/// Time entries.
pub(crate) static TIME: RecordType = RecordType {
    command: "time",
    one: "time entry",
    schema: "TimeEntry",
    list: "time.list_time_entries",
    get: "time.get_time_entry",
    create: "time.create_time_entry",
    update: "time.update_time_entry",
    filters: &[CHARGED_TICKET, MEMBER, COMPANY],
};

/// Products of tickets, projects, opportunities and orders.
pub(crate) static PRODUCTS: RecordType = RecordType {
    command: "products",
    one: "product",
    schema: "ProductItem",
    list: "procurement.list_products",
    get: "procurement.get_product",
    create: "procurement.create_product",
    update: "procurement.update_product",
    filters: &[CATALOG_ITEM, TICKET, PROJECT, OPPORTUNITY, COMPANY],
};

/// Expense entries.
pub(crate) static EXPENSES: RecordType = RecordType {
    command: "expenses",
    one: "expense entry",
    schema: "ExpenseEntry",
    list: "expense.list_expense_entries",
    get: "expense.get_expense_entry",
    create: "expense.create_expense_entry",
    update: "expense.update_expense_entry",
    filters: &[MEMBER, COMPANY, TYPE],
};

/// Configurations: the devices and software of companies.
pub(crate) static CONFIGURATIONS: RecordType = RecordType {
    command: "configurations",
    one: "configuration",
    schema: "CompanyConfiguration",
    list: "company.list_configurations",
    get: "company.get_configuration",
    create: "company.create_configuration",
    update: "company.update_configuration",
    filters: &[NAME, SERIAL_NUMBER, TYPE, STATUS, COMPANY],
};

/// All types.
static ALL: [&RecordType; 9] =
    [&TICKETS, &COMPANIES, &CONTACTS, &PROJECTS, &OPPORTUNITIES, &TIME, &PRODUCTS, &EXPENSES, &CONFIGURATIONS];

impl RecordType {
    /// Finds a type by the name of its command, its singular or its schema, in any letter case.
    pub(crate) fn find(name: &str) -> Result<&'static Self, CommandError> {
        let is_named = |record_type: &&&'static Self| {
            [record_type.command, record_type.one, record_type.schema].iter().any(|own| own.eq_ignore_ascii_case(name))
        };
        ALL.iter().find(is_named).copied().ok_or_else(|| {
            let known: Vec<&str> = ALL.iter().map(|record_type| record_type.command).collect();
            CommandError::usage(format!("there is no type {name:?}; the types are {}", known.join(", ")))
        })
    }

    /// Returns the operation that lists the records.
    pub(crate) fn list(&self) -> Result<&'static Operation, CommandError> {
        id::find(self.list)
    }

    /// Returns the operation that reads a record.
    pub(crate) fn get(&self) -> Result<&'static Operation, CommandError> {
        id::find(self.get)
    }

    /// Returns the operation that creates a record.
    pub(crate) fn create(&self) -> Result<&'static Operation, CommandError> {
        id::find(self.create)
    }

    /// Returns the operation that updates a record with a patch.
    pub(crate) fn update(&self) -> Result<&'static Operation, CommandError> {
        id::find(self.update)
    }
}

#[cfg(test)]
mod tests {
    use connectwise_psa::Method;
    use connectwise_psa::catalogue::ResponseKind;
    use connectwise_psa::schemas;

    use super::*;

    #[test]
    fn the_operations_exist_and_have_the_schema() {
        for record_type in ALL {
            let is_one = |operation: &Operation| matches!(operation.response, ResponseKind::One(name) if name == record_type.schema);
            let list = record_type.list().unwrap();
            assert!(matches!(list.response, ResponseKind::Many(name) if name == record_type.schema), "{record_type:?}");
            for (operation, method) in [
                (record_type.get(), Method::Get),
                (record_type.create(), Method::Post),
                (record_type.update(), Method::Patch),
            ] {
                let operation = operation.unwrap();
                assert!(operation.method == method && is_one(operation), "{record_type:?}");
            }
        }
    }

    #[test]
    fn the_filters_are_valid_conditions() {
        for record_type in ALL {
            let schema = schemas::schema(record_type.schema).unwrap();
            for filter in record_type.filters {
                for value in ["5", "text"] {
                    let Ok(condition) = filter.condition(value) else { continue };
                    schema
                        .check_conditions(condition)
                        .unwrap_or_else(|error| panic!("{}: {error}", record_type.command));
                }
            }
        }
    }

    #[test]
    fn a_type_has_several_names() {
        for name in ["tickets", "Ticket", "ticket"] {
            assert_eq!(RecordType::find(name).unwrap().command, "tickets");
        }
        let error = RecordType::find("invoices").unwrap_err();
        assert!(error.to_string().contains("the types are tickets, companies"), "{error}");
    }
}

//! References by name: for each type of reference, the list that has its records.

use connectwise_psa::catalogue::Operation;

use crate::error::CommandError;
use crate::operations::id;

/// How the records of a type of reference are found by name.
#[derive(Debug)]
pub(crate) struct ReferenceType {
    /// The name of the reference's schema.
    schema: &'static str,
    /// The id of the operation that lists the records.
    list: &'static str,
    /// The fields that a name can be.
    pub(crate) names: &'static [&'static str],
    /// What the list depends on.
    pub(crate) parent: Parent,
}

/// The field of the changed record that a list depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parent {
    /// The list is the same for all records.
    None,
    /// The list belongs to the record that this field refers to: the statuses of the board.
    Path(&'static str),
    /// The list has the records of all, each with this field: the contacts of the company.
    Field(&'static str),
}

/// The name that consists of the first and the last name.
pub(crate) const PERSON: &str = "firstName lastName";

const NAME: &[&str] = &["name"];
const DESCRIPTION: &[&str] = &["description"];

const fn same(schema: &'static str, list: &'static str, names: &'static [&'static str]) -> ReferenceType {
    ReferenceType { schema, list, names, parent: Parent::None }
}

const fn under(
    schema: &'static str,
    list: &'static str,
    names: &'static [&'static str],
    field: &'static str,
) -> ReferenceType {
    ReferenceType { schema, list, names, parent: Parent::Path(field) }
}

const fn with(
    schema: &'static str,
    list: &'static str,
    names: &'static [&'static str],
    field: &'static str,
) -> ReferenceType {
    ReferenceType { schema, list, names, parent: Parent::Field(field) }
}

static ALL: &[ReferenceType] = &[
    with("AgreementReference", "finance.list_agreements", NAME, "company"),
    same("BillingTermsReference", "finance.list_billing_terms", NAME),
    same("BoardReference", "service.list_boards", NAME),
    same("CampaignReference", "marketing.list_campaigns", NAME),
    same("CatalogItemReference", "procurement.list_catalog_items", &["identifier", "description"]),
    same("ClassificationReference", "expense.list_classifications", NAME),
    same("CompanyReference", "company.list_companies", &["identifier", "name"]),
    same("CompanyStatusReference", "company.list_company_statuses", NAME),
    same("ConfigurationStatusReference", "company.list_configuration_statuses", DESCRIPTION),
    same("ConfigurationTypeReference", "company.list_configuration_types", NAME),
    with("ContactReference", "company.list_contacts", &[PERSON], "company"),
    same("ContactDepartmentReference", "company.list_contact_departments", NAME),
    same("CountryReference", "company.list_countries", NAME),
    same("CurrencyReference", "finance.list_currencies", NAME),
    same("ExpenseTypeReference", "expense.list_expense_types", NAME),
    same("ManufacturerReference", "procurement.list_manufacturers", NAME),
    same("MemberReference", "system.list_members", &["identifier", PERSON]),
    with("OpportunityReference", "sales.list_opportunities", NAME, "company"),
    same("OpportunityStageReference", "sales.list_stages", NAME),
    same("OpportunityStatusReference", "sales.list_opportunity_statuses", NAME),
    same("OpportunityTypeReference", "sales.list_opportunity_types", DESCRIPTION),
    same("OwnershipTypeReference", "company.list_ownership_types", NAME),
    same("PaymentMethodReference", "expense.list_payment_types", NAME),
    same("PriorityReference", "service.list_priorities", NAME),
    same("ProjectBoardReference", "service.list_boards", NAME),
    under("ProjectPhaseReference", "project.list_project_phases", DESCRIPTION, "project"),
    with("ProjectReference", "project.list_projects", NAME, "company"),
    same("ProjectStatusReference", "project.list_project_statuses", NAME),
    same("ProjectTypeReference", "project.list_project_types", NAME),
    same("RelationshipReference", "company.list_contact_relationships", NAME),
    same("SLAReference", "service.list_slas", NAME),
    under("ServiceItemReference", "service.list_board_items", NAME, "board"),
    same("ServiceLocationReference", "service.list_locations", NAME),
    same("ServiceSourceReference", "service.list_sources", NAME),
    under("ServiceStatusReference", "service.list_board_statuses", NAME, "board"),
    under("ServiceSubTypeReference", "service.list_board_subtypes", NAME, "board"),
    under("ServiceTeamReference", "service.list_board_teams", NAME, "board"),
    under("ServiceTypeReference", "service.list_board_types", NAME, "board"),
    under("SiteReference", "company.list_company_sites", NAME, "company"),
    same("SystemDepartmentReference", "system.list_departments", &["identifier", "name"]),
    same("SystemLocationReference", "system.list_locations", NAME),
    same("TaxCodeReference", "finance.list_tax_codes", &["identifier", "description"]),
    same("WorkRoleReference", "time.list_work_roles", NAME),
    same("WorkTypeReference", "time.list_work_types", NAME),
];

impl ReferenceType {
    /// Finds the type by the name of the reference's schema. `None` if its records are not found by name.
    pub(crate) fn of(schema: &str) -> Option<&'static Self> {
        ALL.iter().find(|reference_type| reference_type.schema == schema)
    }

    /// Returns the operation that lists the records.
    pub(crate) fn list(&self) -> Result<&'static Operation, CommandError> {
        id::find(self.list)
    }
}

#[cfg(test)]
mod tests {
    use connectwise_psa::catalogue::ResponseKind;
    use connectwise_psa::schemas;

    use super::*;

    #[test]
    fn the_lists_have_the_names_and_the_parents() {
        for reference_type in ALL {
            let list = reference_type.list().unwrap();
            let ResponseKind::Many(name) = list.response else { panic!("{reference_type:?} is not a list") };
            let schema = schemas::schema(name).unwrap();
            assert!(schemas::schema(reference_type.schema).is_some(), "{reference_type:?}");
            let names = reference_type.names.iter().flat_map(|names| names.split(' '));
            for field in names {
                schema.check_fields(field).unwrap_or_else(|error| panic!("{reference_type:?}: {error}"));
            }
            let path_parameters = list.parameters.len();
            match reference_type.parent {
                Parent::Path(_) => assert_eq!(path_parameters, 1, "{reference_type:?}"),
                Parent::Field(field) => {
                    schema.check_fields(format!("{field}/id").as_str()).unwrap();
                    assert_eq!(path_parameters, 0, "{reference_type:?}");
                }
                Parent::None => assert_eq!(path_parameters, 0, "{reference_type:?}"),
            }
        }
    }
}

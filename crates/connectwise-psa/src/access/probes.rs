//! Harmless reads that show whether a right is granted.

/// The lists whose count shows whether the member may read with a right: area, entry, and the path of the count. Rights
/// that only particular records or parameters would show are not here.
pub(crate) const PROBES: [(&str, &str, &str); 17] = [
    ("Companies", "Company Maintenance", "/company/companies/count"),
    ("Companies", "Configurations", "/company/configurations/count"),
    ("Companies", "Contacts", "/company/contacts/count"),
    ("Companies", "CRM/Sales Activities", "/sales/activities/count"),
    ("Finance", "Agreements", "/finance/agreements/count"),
    ("Project", "Project Tickets", "/project/tickets/count"),
    ("Sales", "Opportunity", "/sales/opportunities/count"),
    ("Service Desk", "Resource Scheduling", "/schedule/entries/count"),
    ("Service Desk", "Service Tickets", "/service/tickets/count"),
    ("System", "Manage Hosted API", "/system/connectwisehostedsetups/count"),
    ("System", "Member Maintenance", "/system/members/count"),
    ("System", "Security Roles", "/system/securityroles/count"),
    ("System", "Table Setup", "/service/boards/count"),
    ("System", "Table Setup", "/company/contacts/types/count"),
    ("System", "Table Setup", "/time/workTypes/count"),
    ("Time & Expense", "Expense Report Entry", "/expense/entries/count"),
    ("Time & Expense", "Time Entry", "/time/entries/count"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_probe_is_a_count_that_needs_its_right() {
        for (area, entry, path) in PROBES {
            let rights = crate::rights::rights("GET", path);
            assert!(rights.iter().any(|right| right.area == area && right.entry == entry), "{path}");
            let section = path.split('/').nth(1).unwrap();
            let all = || connectwise_psa_bindings::catalogue::all().filter(|operation| operation.section == section);
            // Sections whose feature is off are not in the catalogue.
            assert!(all().count() == 0 || all().any(|operation| operation.path == path), "{path}");
        }
    }
}

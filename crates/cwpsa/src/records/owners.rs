//! Which record the list of a field's names belongs to: the contact to bill is one of the company to bill.

use crate::records::property::Properties;

/// Where the record is that a list belongs to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Owners {
    /// One of these fields refers to it: the first that has a value.
    Fields(Vec<String>),
    /// It is the changed record itself: a company has its own contacts.
    Record,
}

/// Returns where the parent of a field's list is. The contact and the site to bill belong to the company to bill, if the
/// record has one.
pub(crate) fn owners(properties: &Properties, field: &str, parent: &str) -> Owners {
    if parent == "company" && properties.is_of("Company") {
        return Owners::Record;
    }
    let role = ["Contact", "Site"].iter().find_map(|suffix| field.strip_suffix(suffix));
    let company = role.map(|role| format!("{role}Company")).filter(|company| properties.is_reference(company));
    Owners::Fields(company.filter(|_| parent == "company").into_iter().chain([parent.to_owned()]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contacts_belong_to_the_company_of_their_role() {
        for (schema, field, parent, expected) in [
            ("Ticket", "contact", "company", &["company"][..]),
            ("Project", "billToContact", "company", &["billToCompany", "company"]),
            ("Opportunity", "shipToSite", "company", &["shipToCompany", "company"]),
            ("Opportunity", "technicalContact", "company", &["company"]),
            ("Ticket", "status", "board", &["board"]),
        ] {
            let expected = Owners::Fields(expected.iter().map(ToString::to_string).collect());
            assert_eq!(owners(&Properties::of(schema), field, parent), expected, "{schema} {field}");
        }
        assert_eq!(owners(&Properties::of("Company"), "defaultContact", "company"), Owners::Record);
    }
}

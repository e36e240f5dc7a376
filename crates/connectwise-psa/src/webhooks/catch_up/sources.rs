//! The lists in which the records of each type are found.

use connectwise_psa_bindings::catalogue;
use connectwise_psa_core::operation::Method;

use crate::webhooks::callback_type::CallbackType;
use crate::webhooks::catch_up::error::CatchUpError;

/// Returns the lists of the records of a type.
///
/// # Errors
///
/// The type does not have a list, is unknown, or the feature of its section is off.
pub(crate) fn lists(callback_type: &CallbackType) -> Result<&'static [&'static str], CatchUpError> {
    let unsupported = |reason: &str| Err(CatchUpError::Unsupported(callback_type.clone(), reason.to_owned()));
    let lists: &[&str] = match callback_type {
        CallbackType::Activity => &["/sales/activities"],
        CallbackType::Agreement => &["/finance/agreements"],
        CallbackType::Company => &["/company/companies"],
        CallbackType::Configuration => &["/company/configurations"],
        CallbackType::Contact => &["/company/contacts"],
        CallbackType::Expense => &["/expense/entries"],
        CallbackType::Invoice => &["/finance/invoices"],
        CallbackType::Member => &["/system/members"],
        CallbackType::Opportunity => &["/sales/opportunities"],
        CallbackType::ProductCatalog => &["/procurement/catalog"],
        CallbackType::Project => &["/project/projects"],
        CallbackType::PurchaseOrder => &["/procurement/purchaseorders"],
        CallbackType::Schedule => &["/schedule/entries"],
        CallbackType::Ticket => &["/service/tickets", "/project/tickets"],
        CallbackType::Time => &["/time/entries"],
        CallbackType::Site => {
            return unsupported(
                "PSA has no list of all sites: read the sites of the companies that changed, with `list_company_sites`",
            );
        }
        CallbackType::Other(_) => return unsupported("this crate does not know where its records are listed"),
    };
    match lists.iter().find(|list| catalogue::match_path(Method::Get, list).is_none()) {
        None => Ok(lists),
        Some(list) => {
            let section = list.trim_start_matches('/').split('/').next().unwrap_or_default();
            unsupported(&format!("this program was compiled without its list: enable the feature `{section}`"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_type_except_sites_has_lists_if_its_section_is_compiled() {
        for callback_type in CallbackType::KNOWN {
            match lists(&callback_type) {
                Ok(lists) => {
                    for list in lists {
                        let operation = catalogue::match_path(Method::Get, list).unwrap().operation;
                        assert!(operation.has_id && operation.id.starts_with("list_"), "{list}: {}", operation.id);
                    }
                }
                Err(error) => {
                    let is_off = !cfg!(all(
                        feature = "company",
                        feature = "expense",
                        feature = "finance",
                        feature = "procurement",
                        feature = "project",
                        feature = "sales",
                        feature = "schedule",
                        feature = "service",
                        feature = "time"
                    ));
                    assert!(is_off || callback_type == CallbackType::Site, "{error}");
                }
            }
        }
        let error = lists(&CallbackType::Site).unwrap_err();
        assert!(error.to_string().contains("no list of all sites"), "{error}");
        assert!(lists(&CallbackType::Other("Robot".into())).is_err());
        assert!(lists(&CallbackType::Member).is_ok());
    }
}

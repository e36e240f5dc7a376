//! Searches for contacts. Each returns the list, so that a program can add filters, a sort order or a selection of fields.

use connectwise_psa_bindings::types::{Contact, ContactCommunicationType};
use connectwise_psa_core::calls::List;

use crate::contacts::handle::Contacts;

impl Contacts {
    /// Lists the active contacts of a company.
    pub fn active_of_company(&self, company_id: i32) -> List<Contact> {
        self.active().filter(|contact| contact.company().id().eq(company_id))
    }

    /// Lists the active contacts.
    pub fn active(&self) -> List<Contact> {
        self.psa.company().list_contacts().filter(|contact| contact.inactive_flag().eq(false))
    }

    /// Lists the contacts with a contact type. Types are an array, so this uses `childConditions`; servers reject
    /// `conditions=type/id=2`.
    pub fn with_type(&self, type_id: i32) -> List<Contact> {
        self.psa.company().list_contacts().filter_children(|contact| contact.types().id().eq(type_id))
    }

    /// Lists the active contacts who may log in to the customer portal.
    pub fn with_portal_access(&self) -> List<Contact> {
        self.active().filter(|contact| contact.disable_portal_login_flag().eq(false))
    }

    /// Lists the contacts with this first and last name. Servers compare without regard to letter case.
    pub fn by_name(&self, first: &str, last: &str) -> List<Contact> {
        let contacts = self.psa.company().list_contacts();
        contacts.filter(|contact| contact.first_name().eq(first) & contact.last_name().eq(last))
    }

    /// Lists the contacts with this e-mail address. Addresses are in an array, so this uses `childConditions`.
    pub fn by_email(&self, address: &str) -> List<Contact> {
        self.psa.company().list_contacts().filter_children(|contact| {
            let items = contact.communication_items();
            items.value().eq(address) & items.communication_type().eq(ContactCommunicationType::Email)
        })
    }

    /// Lists the primary contacts: those with `defaultFlag`, one for each company. The operation `get_default_contact`
    /// does not read them: it proposes the fields of a new contact.
    pub fn primary(&self) -> List<Contact> {
        self.psa.company().list_contacts().filter(|contact| contact.default_flag().eq(true))
    }
}

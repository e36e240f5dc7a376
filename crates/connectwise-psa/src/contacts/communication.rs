//! The communication items of contacts: e-mail addresses, telephone and fax numbers.
//!
//! An item has a medium (`communicationType`: Email, Fax or Phone), which is fixed, and a communication type, which the
//! tenant defines: "Direct", "Cell", "Pager".

use connectwise_psa_bindings::types::{
    CommunicationType, CommunicationTypeReference, Contact, ContactCommunication, ContactCommunicationItem,
    ContactCommunicationType,
};
use connectwise_psa_core::error::Error;
use connectwise_psa_core::patch::Patch;

use crate::contacts::handle::Contacts;

/// The medium of a communication item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Medium {
    /// E-mail.
    Email,
    /// Telephone.
    Phone,
    /// Fax.
    Fax,
}

impl Medium {
    const fn communication_type(self) -> ContactCommunicationType {
        match self {
            Self::Email => ContactCommunicationType::Email,
            Self::Phone => ContactCommunicationType::Phone,
            Self::Fax => ContactCommunicationType::Fax,
        }
    }

    fn is_of(self, communication_type: &CommunicationType) -> bool {
        let flag = match self {
            Self::Email => communication_type.email_flag,
            Self::Phone => communication_type.phone_flag,
            Self::Fax => communication_type.fax_flag,
        };
        flag == Some(true)
    }
}

/// A new communication item.
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct CommunicationItem {
    medium: Medium,
    value: String,
    extension: Option<String>,
    type_name: Option<String>,
    is_default: bool,
}

impl CommunicationItem {
    const fn new(medium: Medium, value: String) -> Self {
        Self { medium, value, extension: None, type_name: None, is_default: false }
    }

    /// Starts an e-mail address.
    pub fn email(address: impl Into<String>) -> Self {
        Self::new(Medium::Email, address.into())
    }

    /// Starts a telephone number.
    pub fn phone(number: impl Into<String>) -> Self {
        Self::new(Medium::Phone, number.into())
    }

    /// Starts a fax number.
    pub fn fax(number: impl Into<String>) -> Self {
        Self::new(Medium::Fax, number.into())
    }

    /// Sets the extension of a telephone number.
    pub fn extension(self, extension: impl Into<String>) -> Self {
        Self { extension: Some(extension.into()), ..self }
    }

    /// Sets the communication type by its name (`description`), such as "Direct" or "Cell". Without this, it is the
    /// tenant's default type of the medium, or the only one.
    pub fn of_type(self, name: impl Into<String>) -> Self {
        Self { type_name: Some(name.into()), ..self }
    }

    /// Makes it the default of its medium.
    pub fn default(self) -> Self {
        Self { is_default: true, ..self }
    }

    fn check(&self) -> Result<(), Error> {
        let problem = if self.value.trim().is_empty() {
            "is empty"
        } else if self.medium == Medium::Email && !self.value.contains('@') {
            "is not an e-mail address"
        } else if self.medium != Medium::Phone && self.extension.is_some() {
            "has an extension, but is not a telephone number"
        } else {
            return Ok(());
        };
        Err(Error::invalid_input(format!("communication item {:?}", self.value), problem))
    }

    /// Chooses the communication type.
    fn choose_type(&self, types: &[CommunicationType]) -> Result<CommunicationTypeReference, Error> {
        let of_medium: Vec<_> = types
            .iter()
            .filter(|communication_type| {
                self.medium.is_of(communication_type) && communication_type.disabled != Some(true)
            })
            .collect();
        let names = || of_medium.iter().filter_map(|found| found.description.as_deref()).collect::<Vec<_>>().join(", ");
        let chosen = match &self.type_name {
            Some(name) => of_medium.iter().find(|found| {
                found.description.as_deref().is_some_and(|other| other.trim().eq_ignore_ascii_case(name.trim()))
            }),
            None => of_medium.iter().find(|found| found.default_flag == Some(true)).or(match &*of_medium {
                [only] => Some(only),
                _ => None,
            }),
        };
        chosen.and_then(|chosen| chosen.id).map(CommunicationTypeReference::from).ok_or_else(|| {
            let problem = match &self.type_name {
                Some(name) => format!("cannot have the type {name:?}; the types of its medium are: {}", names()),
                None => format!("needs a type, because its medium has no default: {}", names()),
            };
            Error::invalid_input(format!("communication item {:?}", self.value), problem)
        })
    }
}

/// A telephone number of a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Phone<'a> {
    /// The number.
    pub number: &'a str,
    /// The extension.
    pub extension: Option<&'a str>,
}

/// Returns the communication items of a medium with a value.
pub fn items_of(contact: &Contact, medium: Medium) -> impl Iterator<Item = &ContactCommunicationItem> {
    let items = contact.communication_items.as_deref().unwrap_or_default().iter();
    items.filter(move |item| {
        item.communication_type == Some(medium.communication_type())
            && item.value.as_deref().is_some_and(|value| !value.trim().is_empty())
    })
}

fn default_item(contact: &Contact, medium: Medium) -> Option<&ContactCommunicationItem> {
    let is_default = |item: &&ContactCommunicationItem| item.default_flag == Some(true);
    items_of(contact, medium).find(is_default).or_else(|| items_of(contact, medium).next())
}

/// Returns the default e-mail address of a contact: the item marked as the default, or else the first one.
#[must_use]
pub fn default_email(contact: &Contact) -> Option<&str> {
    default_item(contact, Medium::Email)?.value.as_deref()
}

/// Returns the default telephone number of a contact: the item marked as the default, or else the first one. Observed on
/// live servers: the field `defaultPhoneNbr` shows the number of the company if the contact has none, so it is not used.
#[must_use]
pub fn default_phone(contact: &Contact) -> Option<Phone<'_>> {
    let item = default_item(contact, Medium::Phone)?;
    let extension = item.extension.as_deref().filter(|extension| !extension.is_empty());
    Some(Phone { number: item.value.as_deref()?, extension })
}

impl Contacts {
    /// Creates a contact with communication items, which are part of the create request.
    ///
    /// # Errors
    ///
    /// Invalid input if the contact has no first name (observed on live servers: it is required), if it has
    /// `communication_items` already, or if an item has no communication type; the errors of the requests.
    /// [`is_duplicate`](crate::contacts::is_duplicate) recognises a duplicate e-mail address.
    pub async fn create(&self, contact: Contact, items: &[CommunicationItem]) -> Result<Contact, Error> {
        if contact.first_name.as_deref().is_none_or(|name| name.trim().is_empty()) {
            return Err(Error::invalid_input("firstName", "is empty; a contact needs one"));
        }
        if contact.communication_items.is_some() {
            return Err(Error::invalid_input(
                "communicationItems",
                "is set in the contact; pass the items as an argument only",
            ));
        }
        items.iter().try_for_each(CommunicationItem::check)?;
        let mut contact = contact;
        if !items.is_empty() {
            let types = self.psa.company().list_communication_types().all().await?;
            let items = items.iter().map(|item| {
                Ok(ContactCommunicationItem {
                    type_: Some(item.choose_type(&types)?.into()),
                    value: Some(item.value.clone()),
                    extension: item.extension.clone(),
                    communication_type: Some(item.medium.communication_type()),
                    default_flag: Some(item.is_default),
                    ..ContactCommunicationItem::default()
                })
            });
            contact.communication_items = Some(items.collect::<Result<_, Error>>()?);
        }
        self.psa.company().create_contact(&contact).await
    }

    /// Adds a communication item to a contact. The others stay, because the item is a record of its own under the contact.
    /// If the contact has the same value already, this returns that item, makes it the default if the new one is, and sets
    /// its extension if the new one has another. Its communication type stays.
    ///
    /// # Errors
    ///
    /// Invalid input if the item has no communication type; the errors of the requests. If the item was created but not
    /// made the default, the error is that of the second request; a repeated call finds the item.
    pub async fn add_item(&self, contact_id: i32, item: &CommunicationItem) -> Result<ContactCommunication, Error> {
        item.check()?;
        let known = self.find_item(contact_id, item.medium, &item.value).await?;
        let added = match known {
            Some(known) => self.with_extension(contact_id, known, item).await?,
            None => {
                let types = self.psa.company().list_communication_types().all().await?;
                let new = ContactCommunication {
                    extension: item.extension.clone(),
                    communication_type: Some(item.medium.communication_type()),
                    default_flag: Some(item.is_default),
                    ..ContactCommunication::new(item.choose_type(&types)?, item.value.as_str())
                };
                self.psa.company().create_contact_communication(contact_id, &new).await?
            }
        };
        // Observed on live servers: `defaultFlag` of an added item can be ignored.
        match added.id {
            Some(id) if item.is_default && added.default_flag != Some(true) => self.mark_default(contact_id, id).await,
            _ => Ok(added),
        }
    }

    /// Sets the extension of an item that the contact has, if the new item has another one.
    async fn with_extension(
        &self,
        contact: i32,
        known: ContactCommunication,
        item: &CommunicationItem,
    ) -> Result<ContactCommunication, Error> {
        match (known.id, &item.extension) {
            (Some(id), Some(extension)) if known.extension.as_ref() != Some(extension) => {
                let patch = Patch::new().set(ContactCommunication::fields().extension(), extension.as_str());
                self.psa.company().update_contact_communication(contact, id, &patch).await
            }
            _ => Ok(known),
        }
    }

    /// Makes an e-mail address that the contact has its default. This sends several requests; if one fails, the contact
    /// may have two defaults, and a repeated call corrects that.
    ///
    /// # Errors
    ///
    /// Invalid input if the contact does not have the address; the errors of the requests.
    pub async fn set_default_email(&self, contact_id: i32, address: &str) -> Result<ContactCommunication, Error> {
        self.set_default(contact_id, Medium::Email, address).await
    }

    /// Makes a telephone number that the contact has its default. This sends several requests; if one fails, the contact
    /// may have two defaults, and a repeated call corrects that.
    ///
    /// # Errors
    ///
    /// Invalid input if the contact does not have the number; the errors of the requests.
    pub async fn set_default_phone(&self, contact_id: i32, number: &str) -> Result<ContactCommunication, Error> {
        self.set_default(contact_id, Medium::Phone, number).await
    }

    async fn set_default(&self, contact: i32, medium: Medium, value: &str) -> Result<ContactCommunication, Error> {
        let item = self.find_item(contact, medium, value).await?;
        match item.and_then(|item| item.id) {
            Some(id) => self.mark_default(contact, id).await,
            None => Err(Error::invalid_input(
                format!("communication item {value:?}"),
                format!("does not belong to contact {contact}; add it first"),
            )),
        }
    }

    async fn find_item(
        &self,
        contact: i32,
        medium: Medium,
        value: &str,
    ) -> Result<Option<ContactCommunication>, Error> {
        let items = self.psa.company().list_contact_communications(contact).all().await?;
        Ok(items.into_iter().find(|item| {
            item.communication_type == Some(medium.communication_type())
                && item.value.as_deref().is_some_and(|other| is_same(medium, other, value))
        }))
    }

    /// Makes an item the default, and then every other item of its medium not the default, if the server has not done
    /// that.
    async fn mark_default(&self, contact: i32, item: i32) -> Result<ContactCommunication, Error> {
        let company = self.psa.company();
        let flag = |is_default: bool| Patch::new().set(ContactCommunication::fields().default_flag(), is_default);
        let marked = company.update_contact_communication(contact, item, &flag(true)).await?;
        for other in company.list_contact_communications(contact).all().await? {
            if let Some(id) = other.id
                && id != item
                && other.default_flag == Some(true)
                && other.communication_type == marked.communication_type
            {
                company.update_contact_communication(contact, id, &flag(false)).await?;
            }
        }
        Ok(marked)
    }
}

/// Returns whether two values are the same address or number. The digits of a number decide, not its separators.
fn is_same(medium: Medium, one: &str, other: &str) -> bool {
    let digits = |text: &str| text.chars().filter(|character| !" ()-./".contains(*character)).collect::<String>();
    match medium {
        Medium::Email => one.trim().eq_ignore_ascii_case(other.trim()),
        Medium::Phone | Medium::Fax => digits(one) == digits(other),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn types() -> Vec<CommunicationType> {
        let types = json!([
            {"id": 1, "description": "Email", "emailFlag": true},
            {"id": 2, "description": "Direct", "phoneFlag": true, "defaultFlag": true},
            {"id": 4, "description": "Cell", "phoneFlag": true},
            {"id": 5, "description": "Fax A", "faxFlag": true},
            {"id": 6, "description": "Fax B", "faxFlag": true},
        ]);
        serde_json::from_value(types).unwrap()
    }

    #[test]
    fn the_communication_type_is_found() {
        for (item, expected) in [
            (CommunicationItem::email("a@b.c"), Ok(1)),
            (CommunicationItem::phone("5"), Ok(2)),
            (CommunicationItem::phone("5").of_type("cell"), Ok(4)),
            (CommunicationItem::fax("5"), Err("Fax A, Fax B")),
            (CommunicationItem::email("a@b.c").of_type("Cell"), Err("Email")),
        ] {
            match (item.choose_type(&types()), expected) {
                (Ok(found), Ok(id)) => assert_eq!(found.id, Some(id)),
                (Err(error), Err(text)) => assert!(error.to_string().contains(text), "{text}: {error}"),
                (found, expected) => panic!("{found:?} instead of {expected:?}"),
            }
        }
    }

    #[test]
    fn wrong_items_are_rejected() {
        for item in [
            CommunicationItem::email("nobody"),
            CommunicationItem::phone(" "),
            CommunicationItem::email("a@b.c").extension("5"),
        ] {
            assert!(item.check().is_err(), "{item:?}");
        }
    }

    #[test]
    fn defaults_are_read_from_the_items() {
        let contact: Contact = serde_json::from_value(json!({"defaultPhoneNbr": "company", "communicationItems": [
            {"value": "a@b.c", "communicationType": "Email"},
            {"value": "555-1", "communicationType": "Phone"},
            {"value": "d@b.c", "communicationType": "Email", "defaultFlag": true},
            {"value": "555-2", "communicationType": "Phone", "extension": "12", "defaultFlag": true},
        ]}))
        .unwrap();
        assert_eq!(default_email(&contact), Some("d@b.c"));
        assert_eq!(default_phone(&contact), Some(Phone { number: "555-2", extension: Some("12") }));
        assert_eq!(default_phone(&Contact::default()), None);
        assert!(is_same(Medium::Phone, "(555) 0-1", "555 01") && !is_same(Medium::Phone, "5551", "5552"));
    }
}

//! The types of a contact: `type_ids` in the create request, associations afterwards.

use connectwise_psa_bindings::types::TypeAssociationOfContact;
use connectwise_psa_core::error::Error;

use crate::contacts::handle::Contacts;

impl Contacts {
    /// Gives an existing contact a type. If it has the type already, nothing is changed. A new contact gets its types with
    /// `type_ids` of the create request; they are read as `types`.
    ///
    /// # Errors
    ///
    /// The errors of the requests.
    pub async fn add_type(&self, contact_id: i32, type_id: i32) -> Result<(), Error> {
        if self.association(contact_id, type_id).await?.is_none() {
            let association = TypeAssociationOfContact::new(type_id, contact_id);
            self.psa.company().create_type_association_of_contact(contact_id, &association).await?;
        }
        Ok(())
    }

    /// Takes a type from a contact. Returns whether it had the type.
    ///
    /// # Errors
    ///
    /// The errors of the requests.
    pub async fn remove_type(&self, contact_id: i32, type_id: i32) -> Result<bool, Error> {
        let Some(association) = self.association(contact_id, type_id).await? else { return Ok(false) };
        self.psa.company().delete_type_association_of_contact(contact_id, association).await?;
        Ok(true)
    }

    /// Returns the id of the association of a contact with a type.
    async fn association(&self, contact: i32, type_id: i32) -> Result<Option<i32>, Error> {
        let associations = self.psa.company().list_type_associations_of_contact(contact).all().await?;
        let of_type = |association: &TypeAssociationOfContact| {
            association.type_.as_ref().and_then(|found| found.id) == Some(type_id)
        };
        Ok(associations.into_iter().find(of_type).and_then(|association| association.id))
    }
}

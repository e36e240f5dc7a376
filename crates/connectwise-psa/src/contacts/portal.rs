//! Access of contacts to the customer portal.

use connectwise_psa_bindings::types::{Contact, RequestPasswordRequest};
use connectwise_psa_core::error::Error;
use connectwise_psa_core::patch::Patch;

use crate::contacts::handle::Contacts;

/// A security level of the customer portal, from 1 to 6. What a level allows is a setting of the tenant
/// (`list_portal_security_levels`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortalLevel(i32);

impl PortalLevel {
    /// Creates a level.
    ///
    /// # Errors
    ///
    /// Invalid input if it is not between 1 and 6.
    pub fn new(level: i32) -> Result<Self, Error> {
        if (1..=6).contains(&level) {
            return Ok(Self(level));
        }
        Err(Error::invalid_input("portal security level", format!("must be between 1 and 6, not {level}")))
    }

    /// Returns the number.
    #[must_use]
    pub const fn number(self) -> i32 {
        self.0
    }
}

impl Contacts {
    /// Lets a contact log in to the customer portal. The contact logs in with an e-mail address, so it needs one.
    /// [`request_password`](Self::request_password) has the server send a password.
    ///
    /// # Errors
    ///
    /// The errors of the request.
    pub async fn enable_portal(&self, contact_id: i32, level: PortalLevel) -> Result<Contact, Error> {
        let patch = Patch::new()
            .set(Contact::fields().disable_portal_login_flag(), false)
            .set(Contact::fields().portal_security_level(), level.number());
        self.psa.company().update_contact(contact_id, &patch).await
    }

    /// Forbids a contact to log in to the customer portal. The level stays.
    ///
    /// # Errors
    ///
    /// The errors of the request.
    pub async fn disable_portal(&self, contact_id: i32) -> Result<Contact, Error> {
        let patch = Patch::new().set(Contact::fields().disable_portal_login_flag(), true);
        self.psa.company().update_contact(contact_id, &patch).await
    }

    /// Has the server send a portal password to an e-mail address.
    ///
    /// # Errors
    ///
    /// The errors of the request.
    pub async fn request_password(&self, address: &str) -> Result<(), Error> {
        self.psa.company().request_contact_password(&RequestPasswordRequest::new(address)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_from_1_to_6() {
        assert!([1, 6].map(PortalLevel::new).iter().all(Result::is_ok));
        assert!([0, 7, -1].map(PortalLevel::new).iter().all(Result::is_err));
    }
}

//! The handle for contacts.

use crate::client::Psa;

/// Communication items, searches, portal access and removal of contacts; see [`Psa::contacts`].
#[derive(Clone, Debug)]
pub struct Contacts {
    pub(crate) psa: Psa,
}

impl Psa {
    /// Returns the handle for contacts.
    #[must_use]
    pub fn contacts(&self) -> Contacts {
        Contacts { psa: self.clone() }
    }
}

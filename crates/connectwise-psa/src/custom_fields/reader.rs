//! Reads the definitions of custom fields once, and checks changes against them.

use std::time::Duration;

use connectwise_psa_bindings::types::CustomFieldValue;
use connectwise_psa_core::error::Error;
use connectwise_psa_core::patch::Patch;

use crate::client::Psa;
use crate::custom_fields::changes::CustomFieldChanges;
use crate::custom_fields::definitions::CustomFieldDefinitions;

/// How long the definitions are used before they are read again.
const MAX_AGE: Duration = Duration::from_secs(600);

/// Reads the definitions of custom fields, and makes patches that fit them; see [`Psa::custom_fields`].
#[derive(Clone, Debug)]
pub struct CustomFieldReader {
    psa: Psa,
}

impl Psa {
    /// Returns the handle for custom fields. All clones of a client share the definitions, which are read at the first
    /// use and again after 10 minutes.
    #[must_use]
    pub fn custom_fields(&self) -> CustomFieldReader {
        CustomFieldReader { psa: self.clone() }
    }
}

impl CustomFieldReader {
    /// Returns the definitions of all custom fields. At most one request is in flight: other callers wait for it.
    ///
    /// # Errors
    ///
    /// The errors of the request. An error is not kept: the next call sends the request again.
    pub async fn definitions(&self) -> Result<CustomFieldDefinitions, Error> {
        let cache = &self.psa.pipeline().shared.custom_field_definitions;
        let definitions = cache.get(MAX_AGE, || self.psa.system().list_user_defined_fields().all()).await?;
        Ok(CustomFieldDefinitions::new(definitions))
    }

    /// Forgets the definitions, so that the next use reads them again.
    pub async fn refresh(&self) {
        self.psa.pipeline().shared.custom_field_definitions.clear().await;
    }

    /// Checks changes against the definitions and makes a patch, for a record that was read with its custom fields.
    ///
    /// ```no_run
    /// # #[cfg(feature = "service")]
    /// # async fn run(psa: connectwise_psa::Psa) -> Result<(), connectwise_psa::Error> {
    /// use connectwise_psa::custom_fields::CustomFieldChanges;
    ///
    /// let ticket = psa.service().get_ticket(42).await?;
    /// let changes = CustomFieldChanges::new().set("Root Cause", "Network");
    /// let patch = psa.custom_fields().patch(&ticket.custom_fields, &changes).await?;
    /// psa.service().update_ticket(42, &patch).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The errors of [`definitions`](Self::definitions) and [`CustomFieldDefinitions::check`].
    pub async fn patch(
        &self,
        fields: &Option<Vec<CustomFieldValue>>,
        changes: &CustomFieldChanges,
    ) -> Result<Patch, Error> {
        let patch = changes.patch(fields)?;
        self.definitions().await?.check(changes, fields)?;
        Ok(patch)
    }
}

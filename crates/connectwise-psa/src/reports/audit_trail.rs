//! The audit trail of a record: who changed what, and when.

use connectwise_psa_bindings::system::{CountAuditTrailParameters, ListAuditTrailParameters};
use connectwise_psa_bindings::types::{AuditTrailEntry, AuditTrailRecordType};
use connectwise_psa_core::calls::{ItemStream, List};
use connectwise_psa_core::error::Error;

use crate::client::Psa;

/// The audit trail of a record; see [`Reports::audit_trail`](crate::reports::Reports::audit_trail).
#[derive(Clone, Debug)]
#[must_use = "an audit trail reads nothing by itself: call `stream`, `list` or `count`"]
pub struct AuditTrail {
    psa: Psa,
    record_type: AuditTrailRecordType,
    id: i32,
    device_identifier: Option<String>,
    xref_rec_id: Option<i32>,
}

impl AuditTrail {
    pub(crate) fn new(psa: &Psa, record_type: AuditTrailRecordType, id: i32) -> Self {
        Self { psa: psa.clone(), record_type, id, device_identifier: None, xref_rec_id: None }
    }

    /// Sets the query parameter `deviceIdentifier`: the identifier of a device, for configurations.
    pub fn device_identifier(mut self, identifier: impl Into<String>) -> Self {
        self.device_identifier = Some(identifier.into());
        self
    }

    /// Sets the query parameter `xrefRecId`: the id of a cross-reference.
    pub fn xref_rec_id(mut self, id: i32) -> Self {
        self.xref_rec_id = Some(id);
        self
    }

    /// Returns the entries as a stream, which is read page by page, by page number: the API has no forward-only paging
    /// for the audit trail. Entries that are added meanwhile can move others to another page.
    pub fn stream(&self) -> ItemStream<AuditTrailEntry> {
        self.list().stream()
    }

    /// Returns the list of the entries, for filters, an order, or single pages.
    pub fn list(&self) -> List<AuditTrailEntry> {
        let mut parameters = ListAuditTrailParameters::new().type_(self.record_type.clone()).id(self.id);
        if let Some(identifier) = &self.device_identifier {
            parameters = parameters.device_identifier(identifier);
        }
        if let Some(id) = self.xref_rec_id {
            parameters = parameters.xref_rec_id(id);
        }
        self.psa.system().list_audit_trail_with(&parameters)
    }

    /// Counts the entries.
    ///
    /// # Errors
    ///
    /// The errors of the call.
    pub async fn count(&self) -> Result<i64, Error> {
        let mut parameters = CountAuditTrailParameters::new().type_(self.record_type.clone()).id(self.id);
        if let Some(identifier) = &self.device_identifier {
            parameters = parameters.device_identifier(identifier);
        }
        if let Some(id) = self.xref_rec_id {
            parameters = parameters.xref_rec_id(id);
        }
        self.psa.system().count_audit_trail_with(&parameters).await
    }
}

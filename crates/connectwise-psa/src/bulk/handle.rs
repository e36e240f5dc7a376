//! The handle `psa.bulk()`: the operations that change many records with one request.

use connectwise_psa_bindings::catalogue;
#[cfg(feature = "company")]
use connectwise_psa_bindings::types::CompanyConfiguration;
use connectwise_psa_bindings::types::IdCollection;
#[cfg(feature = "system")]
use connectwise_psa_bindings::types::ManagedDeviceAccount;
#[cfg(feature = "procurement")]
use connectwise_psa_bindings::types::PurchaseOrderLineItem;
use connectwise_psa_core::calls::RequestBuilder;
use connectwise_psa_core::error::Error;
use connectwise_psa_core::json::{Property, Record};
use connectwise_psa_core::operation::Method;
use connectwise_psa_core::transport::{JsonBody, Request, RetryPolicy};

use crate::bulk::call::BulkCall;
use crate::bulk::outcome::{Returned, read_record};
use crate::client::Psa;

impl Psa {
    /// Operations on many records with one request.
    #[must_use]
    pub fn bulk(&self) -> Bulk {
        Bulk { psa: self.clone() }
    }
}

/// Operations on many records with one request; see [`Psa::bulk`].
///
/// The status of their responses is 207: each record succeeds or fails by itself, so look at every
/// [`BulkOutcome`](crate::bulk::BulkOutcome). The results are in the order of the request. The records in the results
/// have the fields that the server returns, at least their ids.
///
/// For records without such an operation, use [`run`](crate::bulk::run).
#[derive(Clone, Debug)]
pub struct Bulk {
    pub(crate) psa: Psa,
}

/// What a record without an id means.
#[derive(Clone, Copy)]
enum MissingId {
    /// It becomes a new record.
    New,
    /// It is invalid.
    #[cfg(any(feature = "company", feature = "procurement"))]
    Invalid,
}

#[cfg(feature = "company")]
impl Bulk {
    /// Creates configurations (assets).
    pub fn create_configurations(&self, records: &[CompanyConfiguration]) -> BulkCall<CompanyConfiguration> {
        self.write("company.bulk_create_configurations", None, records, MissingId::New)
    }

    /// Replaces configurations, which need their ids. The server empties every field that a record leaves out.
    pub fn replace_configurations(&self, records: &[CompanyConfiguration]) -> BulkCall<CompanyConfiguration> {
        self.write("company.bulk_replace_configurations", None, records, MissingId::Invalid)
    }

    /// Deletes configurations. The value of a success is the id.
    pub fn delete_configurations(&self, ids: &[i32]) -> BulkCall<i32> {
        self.delete("company.bulk_delete_configurations", None, ids)
    }
}

#[cfg(feature = "procurement")]
impl Bulk {
    /// Adds lines to a purchase order.
    pub fn create_purchase_order_line_items(
        &self,
        purchase_order_id: i32,
        records: &[PurchaseOrderLineItem],
    ) -> BulkCall<PurchaseOrderLineItem> {
        let operation = "procurement.bulk_create_purchase_order_line_items";
        self.write(operation, Some(purchase_order_id), records, MissingId::New)
    }

    /// Replaces lines of a purchase order, which need their ids. The server empties every field that a record leaves
    /// out.
    pub fn replace_purchase_order_line_items(
        &self,
        purchase_order_id: i32,
        records: &[PurchaseOrderLineItem],
    ) -> BulkCall<PurchaseOrderLineItem> {
        let operation = "procurement.bulk_replace_purchase_order_line_items";
        self.write(operation, Some(purchase_order_id), records, MissingId::Invalid)
    }

    /// Deletes lines of a purchase order. The value of a success is the id.
    pub fn delete_purchase_order_line_items(&self, purchase_order_id: i32, ids: &[i32]) -> BulkCall<i32> {
        self.delete("procurement.bulk_delete_purchase_order_line_items", Some(purchase_order_id), ids)
    }
}

#[cfg(feature = "system")]
impl Bulk {
    /// Replaces the accounts that a member has in managed device integrations. An account without an id may become a new
    /// one, so a request with such an account is not retried.
    pub fn replace_member_managed_device_accounts(
        &self,
        member_id: i32,
        records: &[ManagedDeviceAccount],
    ) -> BulkCall<ManagedDeviceAccount> {
        self.write("system.bulk_replace_member_managed_device_accounts", Some(member_id), records, MissingId::New)
    }

    /// Deletes accounts that a member has in managed device integrations. The value of a success is the id.
    pub fn delete_member_managed_device_accounts(&self, member_id: i32, ids: &[i32]) -> BulkCall<i32> {
        self.delete("system.bulk_delete_member_managed_device_accounts", Some(member_id), ids)
    }
}

impl Bulk {
    /// Sends records. A request that may create records is not retried after an attempt that the server may have carried
    /// out.
    fn write<T: Record + Property>(
        &self,
        operation: &str,
        parent: Option<i32>,
        records: &[T],
        missing_id: MissingId,
    ) -> BulkCall<T> {
        let id = |record: &T| record.optional_id().filter(|id| *id != 0).map(i64::from);
        let ids: Vec<_> = records.iter().map(id).collect();
        let first_without_id = ids.iter().position(Option::is_none);
        let request = self.request(operation, parent, records);
        let call = match (first_without_id, missing_id) {
            (None, _) => request.value(),
            (Some(_), MissingId::New) if operation.contains(".bulk_create_") => request.value(),
            // The client repeats a PUT, because it replaces records. This one may create some.
            (Some(_), MissingId::New) => request.value().retry(RetryPolicy::none()),
            #[cfg(any(feature = "company", feature = "procurement"))]
            (Some(index), MissingId::Invalid) => {
                let problem = format!("have no id at the index {index}; a record is replaced by its id");
                request.failed(Error::invalid_input("records", problem)).value()
            }
        };
        BulkCall::new(&self.psa, call, records.len(), Returned::Record { ids, read: read_record })
    }

    /// Deletes records by their ids.
    fn delete(&self, operation: &str, parent: Option<i32>, ids: &[i32]) -> BulkCall<i32> {
        let body = IdCollection { ids: Some(ids.iter().copied().map(i64::from).collect()) };
        let returned = Returned::Nothing { ids: ids.to_vec(), id: |id| i64::from(*id) };
        BulkCall::new(&self.psa, self.request(operation, parent, &body).value(), ids.len(), returned)
    }

    fn request(&self, operation: &str, parent: Option<i32>, body: &(impl JsonBody + ?Sized)) -> RequestBuilder {
        let found = operation.split_once('.').and_then(|(section, id)| catalogue::find(section, id));
        let Some(found) = found else {
            let request = RequestBuilder::from_request(self.psa.connection(), Request::new(Method::Get, "/"));
            return request.failed(Error::invalid_input(operation, "is not in the catalogue"));
        };
        let request = RequestBuilder::new(self.psa.connection(), found).json(body);
        match parent {
            Some(parent) => request.path(parent),
            None => request,
        }
    }
}

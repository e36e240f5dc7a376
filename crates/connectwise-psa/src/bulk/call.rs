//! The call of a bulk operation.

use std::fmt;
use std::future::IntoFuture;
use std::time::Duration;

use connectwise_psa_core::calls::Call;
use connectwise_psa_core::error::Error;
use connectwise_psa_core::transport::BoxFuture;
use serde_json::value::RawValue;

use crate::bulk::outcome::{BulkOutcomes, RawObject, Returned, assign, raw_field, unreadable};
use crate::client::Psa;

/// A bulk operation. Awaiting it sends one request and returns a result for each record.
///
/// An error of the call concerns the whole request. If it [`is_ambiguous`](Error::is_ambiguous), the server may have
/// changed some or all of the records. A create request is not repeated then. Deletions, and replacements whose records
/// all have ids, are, because repeating them is harmless.
#[must_use = "a bulk operation is not sent until it is awaited"]
pub struct BulkCall<T> {
    psa: Psa,
    call: Call<RawObject>,
    count: usize,
    returned: Returned<T>,
}

impl<T: Send + 'static> BulkCall<T> {
    pub(crate) fn new(psa: &Psa, call: Call<RawObject>, count: usize, returned: Returned<T>) -> Self {
        Self { psa: psa.clone(), call, count, returned }
    }

    /// Sets the timeout of the call, including its retries.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.call = self.call.timeout(timeout);
        self
    }

    async fn send(self) -> Result<BulkOutcomes<T>, Error> {
        if self.count == 0 {
            return Err(Error::invalid_input("records", "is empty"));
        }
        let response = self.call.await?;
        let payload: Option<Vec<Box<RawValue>>> =
            raw_field(&response, "payload").and_then(|payload| serde_json::from_str(payload.get()).ok());
        let Some(payload) = payload else { return Ok(unreadable(self.count)) };
        let secrets = self.psa.pipeline().secrets();
        Ok(assign(payload, self.count, self.returned, &|text| secrets.redact(&text).into_owned()))
    }
}

impl<T: Send + 'static> IntoFuture for BulkCall<T> {
    type Output = Result<BulkOutcomes<T>, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

impl<T> fmt::Debug for BulkCall<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BulkCall").field("call", &self.call).field("records", &self.count).finish_non_exhaustive()
    }
}

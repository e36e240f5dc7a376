//! Calls that read one record or value.

use std::fmt;
use std::future::IntoFuture;
use std::marker::PhantomData;

use serde::de::DeserializeOwned;

use crate::calls::decode::{BufferedResponse, ResponseFuture, fetch};
use crate::calls::request_builder::RequestBuilder;
use crate::calls::setters::header_setter;
use crate::conditions::field_selection::FieldSelection;
use crate::error::Error;
use crate::fields::record::{Fields, HasFields};
use crate::fields::sort_and_select::Selected;
use crate::json::object::Object;
use crate::patch::Patch;
use crate::query::list_query::ListQuery;
use crate::query::text_or::TextOr;
use crate::transport::dry_run::DryRun;
use crate::transport::options::RetryPolicy;

/// A call that reads one record or value. Awaiting it sends the request.
#[must_use = "a request is not sent until it is awaited"]
pub struct Get<T> {
    request: RequestBuilder,
    query: ListQuery,
    value: PhantomData<fn() -> T>,
}

impl<T> Get<T> {
    pub(crate) fn new(request: RequestBuilder) -> Self {
        Self { request, query: ListQuery::default(), value: PhantomData }
    }

    crate::option_setters!();

    header_setter!();

    /// Returns the request, with secrets redacted, without sending it.
    ///
    /// # Errors
    ///
    /// Invalid input.
    pub fn dry_run(&self) -> Result<DryRun, Error> {
        let mut query = self.query.clone();
        if self.request.operation().is_some_and(|operation| operation.has_id) {
            query.select_id();
        }
        self.request.dry_run(&query)
    }

    /// Selects the fields to read: a comma-separated list, such as `id,summary,status/name`, or a [`FieldSelection`].
    /// All other fields of the record are `None`. See [`select`](Self::select) for typed fields.
    ///
    /// The client also requests the `id`, to check that the response is the requested record, and removes it if
    /// it is not selected.
    pub fn select_text(mut self, fields: impl Into<TextOr<FieldSelection>>) -> Self {
        self.query = self.query.fields(fields);
        self
    }

    /// Replaces the list parameters, including the selected fields. The GET of one record accepts only `fields`;
    /// reports accept all list parameters.
    pub fn with_query(mut self, query: ListQuery) -> Self {
        self.query = query;
        self
    }

    /// Decodes the response as another type, such as the caller's own type or [`serde_json::Value`].
    pub fn decode_as<U>(self) -> Get<U> {
        Get { request: self.request, query: self.query, value: PhantomData }
    }
}

impl<T: Object + DeserializeOwned + 'static> Get<T> {
    /// Reads the record, changes it with `change`, and sends the difference as a patch. Returns the updated record.
    ///
    /// Sends only the fields that `change` altered (see [`Patch::diff`]). If it altered none, sends no patch and
    /// returns the record as read. Do not call `select` first, unless `change` alters only selected fields.
    ///
    /// Observed on live servers: the server does not detect that someone else changed the record between the two
    /// requests. A field that both changed keeps the value that was sent last; other fields are not touched. Elements
    /// of an array, such as the communication items of a contact, are changed by index: if someone else removes an
    /// element between the two requests, the following elements move up, and the patch changes the wrong one.
    ///
    /// # Errors
    ///
    /// The errors of both requests and of [`Patch::diff`], and an invalid-input error for the few records that cannot
    /// be patched.
    pub async fn edit(self, change: impl FnOnce(&mut T)) -> Result<T, Error> {
        let operation = self.request.operation();
        let Some(update) = operation.and_then(|operation| operation.related.update) else {
            return Err(
                Error::invalid_input("edit", "is not available: these records have no PATCH").with_operation(operation)
            );
        };
        let update = self.request.related_call(update);
        // The response is checked: a patch that is computed from another record would overwrite fields of this one.
        let response = send(self.request, self.query).await?;
        let (before, mut after): (T, T) = (response.decode()?, response.decode()?);
        change(&mut after);
        let patch = Patch::diff(&before, &after).map_err(|error| error.with_operation(update.operation()))?;
        if patch.is_empty() { Ok(before) } else { update.patch(&patch).value().await }
    }
}

impl<T: HasFields> Get<T> {
    /// Selects fields: `|ticket| (ticket.id(), ticket.summary(), ticket.status().name())`. All other fields of the
    /// record are `None`.
    pub fn select<F: Selected<T>>(mut self, fields: impl FnOnce(Fields<T>) -> F) -> Self {
        self.query.fields = TextOr::from_result(crate::fields::sort_and_select::selection(fields(Fields::new())));
        self
    }
}

impl<T> fmt::Debug for Get<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Get").field("request", &self.request).field("query", &self.query).finish()
    }
}

impl<T: DeserializeOwned + 'static> IntoFuture for Get<T> {
    type Output = Result<T, Error>;
    type IntoFuture = ResponseFuture<T>;

    fn into_future(self) -> ResponseFuture<T> {
        ResponseFuture::new(send(self.request, self.query), |response| response.decode())
    }
}

/// Sends the request. If the caller selects fields without the id, requests it as well to check that the response is the
/// requested record, and removes it from the response.
async fn send(request: RequestBuilder, mut query: ListQuery) -> Result<BufferedResponse, Error> {
    let hides_id = request.operation().is_some_and(|operation| operation.has_id) && query.select_id().is_some();
    let (connection, request) = request.prepare_list(&query)?;
    let response = fetch(connection, request).await?;
    if hides_id { response.without_id() } else { Ok(response) }
}

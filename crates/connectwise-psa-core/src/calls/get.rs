//! Reading one value.

use std::fmt;
use std::future::IntoFuture;
use std::marker::PhantomData;

use serde::de::DeserializeOwned;

use crate::calls::decode::{Received, ResponseFuture, receive};
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

/// The reading of one value under construction; `.await` it.
#[must_use = "nothing is read until it is awaited"]
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

    /// What would be sent, with its secrets hidden. Nothing is sent.
    ///
    /// # Errors
    ///
    /// Input that cannot be sent.
    pub fn dry_run(&self) -> Result<DryRun, Error> {
        self.request.dry_run(&self.query)
    }

    /// Only these fields, as text by comma: `id,summary,status/name`, or a [`FieldSelection`]. All others are `None` in
    /// what is read. [`select`](Self::select) takes the record's own fields.
    pub fn select_text(mut self, fields: impl Into<TextOr<FieldSelection>>) -> Self {
        self.query = self.query.fields(fields);
        self
    }

    /// Replaces all parameters at once. Reports take the parameters of lists.
    pub fn with_query(mut self, query: ListQuery) -> Self {
        self.query = query;
        self
    }

    /// Reads the value as another type: the caller's own, or [`serde_json::Value`].
    pub fn decode_as<U>(self) -> Get<U> {
        Get { request: self.request, query: self.query, value: PhantomData }
    }
}

impl<T: Object + DeserializeOwned + 'static> Get<T> {
    /// Reads the record, lets `change` alter it, and sends the difference as a patch; gives the record as it is then.
    ///
    /// Only what `change` altered is sent ([`Patch::diff`] tells how); when that is nothing, nothing is. The record is
    /// read as it is asked for here: without `select`, unless only the selected fields are altered.
    ///
    /// facts: the server has no way to notice that somebody else changed the record between the two requests; what both
    /// changed is then as the last one sent it, and other members are not touched. Elements of a list are changed by
    /// their places (the communication items of a contact): when somebody else removes one between the two requests,
    /// those behind it have moved up, and the change meets its neighbour.
    ///
    /// # Errors
    ///
    /// Those of both requests and of [`Patch::diff`], and an invalid-input error for the few records that have no
    /// patch.
    pub async fn edit(self, change: impl FnOnce(&mut T)) -> Result<T, Error> {
        let operation = self.request.operation();
        let Some(update) = operation.and_then(|operation| operation.related.update) else {
            return Err(
                Error::invalid_input("edit", "is not possible: these records have no patch").with_operation(operation)
            );
        };
        let update = self.request.related_call(update);
        let received = received(self.request, self.query).await?;
        let (before, mut after): (T, T) = (received.decode()?, received.decode()?);
        change(&mut after);
        let patch = Patch::diff(&before, &after).map_err(|error| error.with_operation(update.operation()))?;
        if patch.is_empty() { Ok(before) } else { update.patch(&patch).value().await }
    }
}

impl<T: HasFields> Get<T> {
    /// Only these fields: `|ticket| (ticket.id(), ticket.summary(), ticket.status().name())`. All others are `None` in
    /// what is read.
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
        ResponseFuture::new(received(self.request, self.query), |received| received.decode())
    }
}

async fn received(request: RequestBuilder, query: ListQuery) -> Result<Received, Error> {
    let (connection, request) = request.prepare_list(&query)?;
    receive(connection, request).await
}

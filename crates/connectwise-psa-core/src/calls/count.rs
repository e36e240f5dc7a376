//! Calls that count records.

use std::fmt;
use std::future::IntoFuture;
use std::marker::PhantomData;

use crate::calls::decode::{BufferedResponse, ResponseFuture, fetch};
use crate::calls::request_builder::RequestBuilder;
use crate::calls::setters::header_setter;
use crate::error::DecodeFailure;
use crate::error::Error;
use crate::fields::record::HasFields;
use crate::json::object::{Object, Reader, Writer};
use crate::query::filters::Filters;
use crate::query::list_query::ListQuery;
use crate::query::setters::{text_filters, typed_filters};
use crate::transport::connection::Connection;
use crate::transport::dry_run::DryRun;
use crate::transport::options::RetryPolicy;
use crate::transport::request::Request;

/// A call that counts records of the type `T`. Awaiting it sends the request.
#[must_use = "a count is not sent until it is awaited"]
pub struct Count<T> {
    request: RequestBuilder,
    query: ListQuery,
    filters: Filters,
    records: PhantomData<fn() -> T>,
}

impl<T> Count<T> {
    pub(crate) fn new(request: RequestBuilder) -> Self {
        let filters = Filters::from_default(request.default_condition());
        Self { request, query: ListQuery::default(), filters, records: PhantomData }
    }

    /// Counts the records that match a query, which includes the filters.
    pub(crate) fn with_query(request: RequestBuilder, query: ListQuery) -> Self {
        Self { request, query, filters: Filters::default(), records: PhantomData }
    }

    text_filters!();

    /// Returns the conditions and the filters as a query.
    pub fn to_query(&self) -> ListQuery {
        self.query.clone().narrowed(self.filters.clone())
    }

    crate::option_setters!();

    header_setter!();

    /// Returns the request, with secrets redacted, without sending it.
    ///
    /// # Errors
    ///
    /// Invalid input.
    pub fn dry_run(&self) -> Result<DryRun, Error> {
        let query = self.to_query();
        self.request.dry_run(&query)
    }
}

impl<T: HasFields> Count<T> {
    typed_filters!(T);
}

impl<T> fmt::Debug for Count<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Count").field("request", &self.request).field("query", &self.to_query()).finish()
    }
}

impl<T> IntoFuture for Count<T> {
    type Output = Result<i64, Error>;
    type IntoFuture = ResponseFuture<i64>;

    fn into_future(self) -> ResponseFuture<i64> {
        ResponseFuture::new(send(self.request, self.query.narrowed(self.filters)), read)
    }
}

/// Sends a prepared count and reads its response.
pub(crate) async fn count_records(connection: Connection, request: Request) -> Result<i64, Error> {
    read(fetch(connection, request).await?)
}

async fn send(request: RequestBuilder, query: ListQuery) -> Result<BufferedResponse, Error> {
    let (connection, request) = request.prepare_list(&query)?;
    fetch(connection, request).await
}

fn read(response: BufferedResponse) -> Result<i64, Error> {
    let body: CountResponse = response.decode()?;
    let problem = match body.count {
        Some(count) if count >= 0 => return Ok(count),
        Some(_) => "the count is negative",
        None => "the count is missing",
    };
    let failure =
        DecodeFailure { path: Some("count".to_owned()), message: problem.to_owned(), ..DecodeFailure::default() };
    Err(response.annotate(Error::decode(failure)))
}

/// The body of a response to a count: `{"count": 17}`.
#[derive(Default)]
struct CountResponse {
    count: Option<i64>,
}

impl Object for CountResponse {
    const NAME: &'static str = "Count";

    fn read<R: Reader>(&mut self, name: &str, from: &mut R) {
        match name {
            "count" => from.field(&mut self.count),
            _ => crate::json::letter_case::read_other_case(self, name, from),
        }
    }

    fn write<W: Writer>(&self, to: &mut W) {
        to.field("count", &self.count);
    }
}

crate::object!(CountResponse);

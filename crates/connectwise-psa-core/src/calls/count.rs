//! Counting records.

use std::fmt;
use std::future::IntoFuture;
use std::marker::PhantomData;

use crate::calls::call::Call;
use crate::calls::decode::{Received, ResponseFuture, receive};
use crate::calls::list::prepare;
use crate::error::Error;
use crate::error::Misfit;
use crate::fields::record::Record;
use crate::json::object::{Object, Writer};
use crate::query::filters::Filters;
use crate::query::list_query::ListQuery;
use crate::query::setters::{filter_setters, typed_filters};
use serde::de::MapAccess;

/// A count of records of the type `T` under construction; `.await` it.
#[must_use = "nothing is counted until it is awaited"]
pub struct Count<T> {
    call: Call,
    query: ListQuery,
    filters: Filters,
    records: PhantomData<fn() -> T>,
}

impl<T> Count<T> {
    pub(crate) fn new(call: Call) -> Self {
        Self { call, query: ListQuery::default(), filters: Filters::default(), records: PhantomData }
    }

    /// Counts what a query asks for.
    pub(crate) fn of(call: Call, query: ListQuery) -> Self {
        Self { query, ..Self::new(call) }
    }

    filter_setters!(query);

    /// What is asked for: the conditions and the filters.
    pub fn parameters(&self) -> ListQuery {
        self.query.clone().narrowed(self.filters.clone())
    }

    /// The path and query of the request, as it will be sent behind the base URL.
    ///
    /// # Errors
    ///
    /// What cannot be sent, as when it is awaited.
    pub fn path_and_query(&self) -> Result<String, Error> {
        self.call.path_and_query(&self.parameters())
    }
}

impl<T: Record> Count<T> {
    typed_filters!(T);
}

impl<T> fmt::Debug for Count<T> {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.debug_struct("Count").field("call", &self.call).field("query", &self.parameters()).finish()
    }
}

impl<T> IntoFuture for Count<T> {
    type Output = Result<i64, Error>;
    type IntoFuture = ResponseFuture<i64>;

    fn into_future(self) -> ResponseFuture<i64> {
        ResponseFuture::new(answer(self.call, self.query.narrowed(self.filters)), read)
    }
}

async fn answer(call: Call, query: ListQuery) -> Result<Received, Error> {
    let (connection, request) = prepare(call, &query)?;
    receive(connection, request).await
}

fn read(received: Received) -> Result<i64, Error> {
    let answer: CountAnswer = received.decode()?;
    answer.count.ok_or_else(|| {
        let misfit = Misfit { path: Some("count".to_owned()), message: "no count is there".to_owned(), ..Misfit::default() };
        received.name(Error::misfit(misfit))
    })
}

/// `{"count": 17}`.
#[derive(Default)]
struct CountAnswer {
    count: Option<i64>,
}

impl Object for CountAnswer {
    const NAME: &'static str = "Count";

    fn read<'de, A: MapAccess<'de>>(&mut self, name: &str, from: &mut A) -> Result<(), A::Error> {
        match name {
            "count" => crate::json::object::read(&mut self.count, from),
            _ => crate::json::object::skip(from),
        }
    }

    fn write<W: Writer>(&self, to: &mut W) -> Result<(), W::Error> {
        to.member("count", &self.count)
    }
}

crate::object!(CountAnswer);

//! Counting records.

use std::future::IntoFuture;

use crate::call::Call;
use crate::decode::{Pending, Received, receive};
use crate::error::Misfit;
use crate::list::prepare;
use crate::query::filter_setters;
use crate::{Error, ListQuery, MapAccess, Object, Writer};

/// A count under construction; `.await` it.
#[derive(Debug)]
#[must_use = "nothing is counted until it is awaited"]
pub struct Count {
    call: Call,
    query: ListQuery,
}

impl Count {
    pub(crate) fn new(call: Call) -> Self {
        Self { call, query: ListQuery::default() }
    }

    filter_setters!(query);
}

impl IntoFuture for Count {
    type Output = Result<i64, Error>;
    type IntoFuture = Pending<i64>;

    fn into_future(self) -> Pending<i64> {
        Pending::new(answer(self.call, self.query), read)
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
            "count" => crate::read(&mut self.count, from),
            _ => crate::skip(from),
        }
    }

    fn write<W: Writer>(&self, to: &mut W) -> Result<(), W::Error> {
        to.member("count", &self.count)
    }
}

crate::object!(CountAnswer);

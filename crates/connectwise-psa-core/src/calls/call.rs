//! A call of an operation that responds with one value, a file or nothing.

use std::fmt;
use std::future::IntoFuture;

use crate::calls::decode::{Received, ResponseFuture, receive};
use crate::calls::request_builder::RequestBuilder;
use crate::calls::setters::header_setter;
use crate::error::Error;
use crate::query::list_query::ListQuery;
use crate::transport::connection::{BoxFuture, Connection};
use crate::transport::dry_run::DryRun;
use crate::transport::options::RetryPolicy;
use crate::transport::request::Request;

/// A call of an operation, ready to be sent: awaiting it sends the request.
///
/// It owns everything it needs (`'static` and `Send`), so it can be stored, passed on and spawned. Its options override
/// those of the client for this call alone.
///
/// Input that cannot be sent is remembered and becomes the error of the call; nothing is sent then.
#[must_use = "a call is not sent until it is awaited"]
pub struct Call<T> {
    request: RequestBuilder,
    finish: Finish<T>,
}

/// How a call comes to its value.
pub(crate) enum Finish<T> {
    /// From the response, read to its end.
    Read(fn(Received) -> Result<T, Error>),
    /// From the response as it arrives.
    Stream(fn(Connection, Request) -> BoxFuture<'static, Result<T, Error>>),
}

impl<T> Call<T> {
    #[inline]
    pub(crate) fn new(request: RequestBuilder, finish: Finish<T>) -> Self {
        Self { request, finish }
    }

    crate::option_setters!();

    header_setter!();

    /// What would be sent, with its secrets hidden. Nothing is sent.
    ///
    /// # Errors
    ///
    /// Input that cannot be sent.
    pub fn dry_run(&self) -> Result<DryRun, Error> {
        self.request.dry_run(&ListQuery::default())
    }
}

impl<T: 'static> IntoFuture for Call<T> {
    type Output = Result<T, Error>;
    type IntoFuture = ResponseFuture<T>;

    fn into_future(self) -> ResponseFuture<T> {
        match self.finish {
            Finish::Read(read) => ResponseFuture::new(received(self.request), read),
            Finish::Stream(stream) => ResponseFuture::boxed(match self.request.prepare() {
                Ok((connection, request)) => stream(connection, request),
                Err(error) => Box::pin(async move { Err(error) }),
            }),
        }
    }
}

async fn received(request: RequestBuilder) -> Result<Received, Error> {
    let (connection, request) = request.prepare()?;
    receive(connection, request).await
}

impl<T> fmt::Debug for Call<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("request", &self.request).finish()
    }
}

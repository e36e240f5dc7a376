//! Calls of operations whose response is one value, a file or empty.

use std::fmt;
use std::future::IntoFuture;

use crate::calls::decode::{BufferedResponse, ResponseFuture, fetch};
use crate::calls::request_builder::RequestBuilder;
use crate::calls::setters::header_setter;
use crate::error::Error;
use crate::query::list_query::ListQuery;
use crate::transport::connection::{BoxFuture, Connection};
use crate::transport::dry_run::DryRun;
use crate::transport::options::RetryPolicy;
use crate::transport::request::Request;

/// A call of an operation. Awaiting it sends the request.
///
/// It is `'static` and `Send`, so it can be stored, moved and spawned. Its options override the client's options for
/// this call only.
///
/// Invalid input is stored and becomes the error of the call; the request is not sent.
#[must_use = "a call is not sent until it is awaited"]
pub struct Call<T> {
    request: RequestBuilder,
    finish: Finish<T>,
}

/// How a call gets its value.
pub(crate) enum Finish<T> {
    /// From the buffered response.
    Read(fn(BufferedResponse) -> Result<T, Error>),
    /// From the response while its body arrives.
    Stream(fn(Connection, Request) -> BoxFuture<'static, Result<T, Error>>),
}

impl<T> Call<T> {
    #[inline]
    pub(crate) fn new(request: RequestBuilder, finish: Finish<T>) -> Self {
        Self { request, finish }
    }

    crate::option_setters!();

    header_setter!();

    /// Returns the request, with secrets redacted, without sending it.
    ///
    /// # Errors
    ///
    /// Invalid input.
    pub fn dry_run(&self) -> Result<DryRun, Error> {
        self.request.dry_run(&ListQuery::default())
    }
}

impl<T: 'static> IntoFuture for Call<T> {
    type Output = Result<T, Error>;
    type IntoFuture = ResponseFuture<T>;

    fn into_future(self) -> ResponseFuture<T> {
        match self.finish {
            Finish::Read(read) => ResponseFuture::new(send(self.request), read),
            Finish::Stream(stream) => ResponseFuture::boxed(match self.request.prepare() {
                Ok((connection, request)) => stream(connection, request),
                Err(error) => Box::pin(async move { Err(error) }),
            }),
        }
    }
}

async fn send(request: RequestBuilder) -> Result<BufferedResponse, Error> {
    let (connection, request) = request.prepare()?;
    fetch(connection, request).await
}

impl<T> fmt::Debug for Call<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("request", &self.request).finish()
    }
}

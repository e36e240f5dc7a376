//! Requests for pages that a list sends before the caller needs them. They run in the background, because the caller may
//! not poll the list for a long time: a request that nobody polls would keep its permit, for which another call of the
//! caller may wait, and would run into its timeout.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use crate::calls::decode::{BufferedResponse, fetch};
use crate::error::Error;
use crate::transport::connection::{BoxFuture, Connection};
use crate::transport::request::Request;

/// The response to the request for a page.
pub(crate) type PageResponse = BoxFuture<'static, Result<BufferedResponse, Error>>;

/// What a request in the background led to.
pub(crate) struct Fetched {
    /// When the request started: at once if the transport runs tasks, otherwise when it was first polled.
    pub(crate) started: Instant,
    pub(crate) result: Result<BufferedResponse, Error>,
}

/// Sends a request and reads the whole response, even while the returned future is not polled. Dropping the future
/// cancels the request. An error if the task was stopped.
pub(crate) fn fetch_in_background(connection: &Connection, request: Request) -> PageResponse {
    let fetched = run_in_background(connection, request);
    Box::pin(async move {
        let stopped = || Err(Error::transport_because("the task that read the page was stopped"));
        fetched.await.map_or_else(stopped, |fetched| fetched.result)
    })
}

/// Like [`fetch_in_background`], with more details. `None` if the task was stopped, such as by the end of its runtime.
pub(crate) fn run_in_background(connection: &Connection, request: Request) -> BoxFuture<'static, Option<Fetched>> {
    let fetched = Arc::new(Mutex::new(None));
    let response = fetch(connection.clone(), request);
    let task = connection.spawn(Box::pin({
        let fetched = Arc::clone(&fetched);
        async move {
            let started = Instant::now();
            let result = response.await;
            *fetched.lock().unwrap_or_else(PoisonError::into_inner) = Some(Fetched { started, result });
        }
    }));
    Box::pin(async move {
        task.await;
        fetched.lock().unwrap_or_else(PoisonError::into_inner).take()
    })
}

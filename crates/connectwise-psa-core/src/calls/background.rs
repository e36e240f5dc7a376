//! Requests for pages that a list sends before the caller needs them. They run in the background, because the caller may
//! not poll the list for a long time: a request that nobody polls would keep its permit, for which another call of the
//! caller may wait, and would run into its timeout.

use std::sync::{Arc, Mutex, PoisonError};

use crate::calls::decode::{BufferedResponse, fetch};
use crate::error::Error;
use crate::transport::connection::{BoxFuture, Connection};
use crate::transport::request::Request;

/// The response to the request for a page.
pub(crate) type PageResponse = BoxFuture<'static, Result<BufferedResponse, Error>>;

/// Sends a request and reads the whole response, even while the returned future is not polled. Dropping the future
/// cancels the request.
pub(crate) fn fetch_in_background(connection: &Connection, request: Request) -> PageResponse {
    let result = Arc::new(Mutex::new(None));
    let fetched = fetch(connection.clone(), request);
    let task = connection.spawn(Box::pin({
        let result = Arc::clone(&result);
        async move {
            let fetched = fetched.await;
            *result.lock().unwrap_or_else(PoisonError::into_inner) = Some(fetched);
        }
    }));
    Box::pin(async move {
        task.await;
        let result = result.lock().unwrap_or_else(PoisonError::into_inner).take();
        result.unwrap_or_else(|| Err(Error::transport_because("the task that read the page was stopped")))
    })
}

//! The request for the next page of a list, sent while the caller uses the page before it, so that the latency of the
//! server and the work of the caller overlap.
//!
//! Only forward-only paging reads ahead. Its next page starts after the last id of this one, whatever the caller does
//! with the records of this page in the meantime. With page numbers, the next page depends on it: if the caller closes
//! the tickets of a list of open ones, the following tickets move to earlier pages. The pager itself requests the pages
//! of a queue (`parallel`, parts) ahead.

use std::time::Instant;

use crate::calls::background::{Fetched, PageResponse, run_in_background};
use crate::calls::bookmark::Position;
use crate::calls::decode::{BufferedResponse, fetch};
use crate::calls::page::{Link, NextPage};
use crate::error::Error;
use crate::transport::connection::{BoxFuture, Connection};
use crate::transport::request::Request;

/// Decides whether the next page is requested ahead, and holds that request.
#[derive(Default)]
pub(crate) struct ReadAhead {
    /// Whether the caller reads the list to its end.
    reads_all: bool,
    /// Whether a request ahead was cancelled because another page followed, or because the page before it was doubtful.
    /// Then the links of the server are not relied upon.
    is_unreliable: bool,
    page: Option<PageAhead>,
}

/// A page that was requested ahead.
struct PageAhead {
    position: Position,
    fetched: BoxFuture<'static, Option<Fetched>>,
}

/// How far a list has been read when a page arrives.
pub(crate) struct Arrived {
    /// The start of the page.
    pub(crate) position: Option<Position>,
    pub(crate) link: Link,
    /// Whether it is the first page of the list.
    pub(crate) is_first: bool,
    /// Whether the caller wants no records beyond this page.
    pub(crate) is_enough: bool,
}

impl ReadAhead {
    /// Notes that the caller reads the list to its end.
    pub(crate) fn read_all(&mut self) {
        self.reads_all = true;
    }

    /// Returns the start of the page to request ahead, if any. Many callers need only the first page, so the second one
    /// is requested ahead only if the caller reads the list to its end.
    pub(crate) fn next(&self, page: &Arrived) -> Option<Position> {
        if self.is_unreliable || page.is_enough || page.is_first && !self.reads_all {
            return None;
        }
        match (page.position, page.link.next()) {
            (Some(Position::Forward(after)), Some(NextPage { page_id: Some(id), .. })) if id > after => {
                Some(Position::Forward(id))
            }
            _ => None,
        }
    }

    /// Requests a page ahead. Nothing is sent before the page is needed if the transport runs no tasks.
    pub(crate) fn start(&mut self, position: Position, connection: &Connection, request: Request) {
        self.page = Some(PageAhead { position, fetched: run_in_background(connection, request) });
    }

    /// Cancels the request ahead, unless it is for the page that follows. `next` is the start of that page, if it is
    /// certain.
    pub(crate) fn keep_only(&mut self, next: Option<Position>) {
        if self.page.take_if(|page| Some(page.position) != next).is_some() {
            self.is_unreliable = true;
        }
    }

    /// Cancels the request ahead.
    pub(crate) fn cancel(&mut self) {
        self.page = None;
    }

    /// Returns the response with a page: that to the request ahead if it is for this page, otherwise that to `request`.
    pub(crate) fn fetch(
        &mut self,
        position: Option<Position>,
        connection: Connection,
        request: Request,
    ) -> PageResponse {
        match self.page.take() {
            Some(page) if Some(page.position) == position => Box::pin(page.or_fetch(connection, request)),
            _ => Box::pin(fetch(connection, request)),
        }
    }
}

impl PageAhead {
    /// Returns the response to the request ahead. If that request was stopped, or failed before the caller needed the
    /// page, returns the response to `request`.
    async fn or_fetch(self, connection: Connection, request: Request) -> Result<BufferedResponse, Error> {
        let needed = Instant::now();
        match self.fetched.await {
            // The runtime on which it was sent has ended.
            None => fetch(connection, request).await,
            // Most of the time of the request had passed before the caller needed the page. The server may have recovered,
            // or the caller may have blocked the thread that should have read the response.
            Some(Fetched { started, result: Err(error) })
                if error.is_retryable() && needed.saturating_duration_since(started) > needed.elapsed() =>
            {
                fetch(connection, request).await
            }
            Some(Fetched { result, .. }) => result,
        }
    }
}

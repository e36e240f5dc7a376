//! Paging: which page to ask for next, and when there is none. Not generic: it sees counts and headers, no records.

use std::task::{Context, Poll};

use bytes::Bytes;

use crate::call::Call;
use crate::decode::{Received, receive};
use crate::list::ask;
use crate::page::{Link, NextPage};
use crate::query::LARGEST_PAGE;
use crate::{BoxFuture, Connection, Error, ListQuery, Request};

/// How many empty pages in a row may still have a next one.
const MOST_EMPTY: u32 = 3;

/// Reads a list page by page.
pub(crate) struct Pager {
    /// The connection and the request without list parameters, from the first poll on.
    ready: Option<(Connection, Request)>,
    query: ListQuery,
    state: State,
    /// How many pages have been read.
    pages: u32,
    /// How many of the last ones were empty.
    empty: u32,
    /// The body of the page before, against servers that send one page for ever.
    previous: Bytes,
}

enum State {
    /// Nothing has been sent.
    Start(Box<Call>),
    /// The query asks for the next page.
    Ask,
    Wait(BoxFuture<'static, Result<Received, Error>>),
    /// One page was read and the next cannot be asked for.
    Fail(Error),
    End,
}

/// What paging needs to know of a page.
pub(crate) struct PageFacts {
    link: Link,
    body: Bytes,
}

impl Pager {
    pub(crate) fn new(call: Call, mut query: ListQuery) -> Self {
        query.page_size = query.page_size.or(Some(LARGEST_PAGE));
        if query.page_id.is_none() {
            query.page = query.page.or(Some(1));
        }
        Self { ready: None, query, state: State::Start(Box::new(call)), pages: 0, empty: 0, previous: Bytes::new() }
    }

    /// The next page; after an error, nothing more.
    pub(crate) fn poll_page(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Received, Error>>> {
        loop {
            match std::mem::replace(&mut self.state, State::End) {
                State::Start(call) => match begin(*call, &self.query) {
                    Ok(ready) => {
                        self.ready = Some(ready);
                        self.state = State::Ask;
                    }
                    Err(error) => return Poll::Ready(Some(Err(error))),
                },
                State::Ask => match self.request() {
                    Some((connection, request)) => self.state = State::Wait(Box::pin(receive(connection, request))),
                    None => return Poll::Ready(None),
                },
                State::Wait(mut answer) => {
                    let Poll::Ready(received) = answer.as_mut().poll(context) else {
                        self.state = State::Wait(answer);
                        return Poll::Pending;
                    };
                    return Poll::Ready(self.accept(received));
                }
                State::Fail(error) => return Poll::Ready(Some(Err(error))),
                State::End => return Poll::Ready(None),
            }
        }
    }

    fn request(&self) -> Option<(Connection, Request)> {
        let (connection, request) = self.ready.as_ref()?;
        let mut request = request.try_clone()?;
        ask(&mut request, &self.query);
        Some((connection.clone(), request))
    }

    /// Takes a page, unless it is the one before once more.
    fn accept(&mut self, received: Result<Received, Error>) -> Option<Result<Received, Error>> {
        match received {
            Ok(received) if self.is_repeated(&received) => None,
            Ok(received) => Some(Ok(Received { page: self.query.page, ..received })),
            Err(error) => Some(Err(error)),
        }
    }

    /// Whether the server does not heed the page asked for. With links that go on, two pages can be equal for good reason when `fields` leaves the id
    /// out, so only pages with ids are then taken for one.
    fn is_repeated(&self, received: &Received) -> bool {
        let equal = self.pages > 0 && received.body == self.previous && received.body.len() > 2;
        let holds_ids = || received.body.windows(5).any(|window| window == b"\"id\":");
        equal && (!Link::read(&received.headers).present || holds_ids())
    }

    pub(crate) fn facts(&self, received: &Received) -> PageFacts {
        PageFacts { link: Link::read(&received.headers), body: received.body.clone() }
    }

    /// Decides what follows a page of `count` records.
    pub(crate) fn advance(&mut self, facts: PageFacts, count: usize) {
        let first = self.pages == 0;
        self.pages = self.pages.saturating_add(1);
        self.empty = if count == 0 { self.empty + 1 } else { 0 };
        self.previous = facts.body;
        // A server whose links go on for ever behind the end.
        if self.empty > MOST_EMPTY {
            self.state = State::End;
            return;
        }
        self.state = match next(&self.query, facts.link, count, first) {
            Ok(Some(query)) => {
                self.query = query;
                State::Ask
            }
            Ok(None) => State::End,
            Err(error) => State::Fail(match self.ready.as_ref().and_then(|(_, request)| request.operation) {
                Some(operation) => error.with_operation(operation),
                None => error,
            }),
        };
    }

    /// Ends the list.
    pub(crate) fn stop(&mut self) {
        self.state = State::End;
    }
}

/// Checks the query and makes the request without its parameters.
fn begin(call: Call, query: &ListQuery) -> Result<(Connection, Request), Error> {
    let (connection, request) = call.prepare()?;
    query.check().map_err(|error| request.operation.into_iter().fold(error, Error::with_operation))?;
    if request.try_clone().is_none() {
        return Err(Error::invalid_input("body", "is a stream, which cannot be sent once for each page"));
    }
    Ok((connection, request))
}

/// The query for the page after one of `count` records; `None` at the end.
fn next(query: &ListQuery, link: Link, count: usize, first: bool) -> Result<Option<ListQuery>, Error> {
    let asked = query.page_size.unwrap_or(LARGEST_PAGE) as usize;
    if let Some(after) = query.page_id {
        match link.next {
            None if link.present => return Ok(None),
            Some(NextPage { page_id: Some(page_id), .. }) if page_id > after => {
                return Ok(Some(ListQuery { page_id: Some(page_id), ..query.clone() }));
            }
            Some(NextPage { page_id: Some(page_id), .. }) => {
                return Err(Error::paging(format!("after page id {after} the server leads to page id {page_id}")));
            }
            // The endpoint did not heed forward-only reading.
            _ if first => {}
            None if count < asked => return Ok(None),
            // It has heeded it so far, so page numbers would begin anew.
            _ => return Err(Error::paging(format!("after page id {after} the server does not say where the list goes on"))),
        }
    }
    // By page numbers; what was to be forward-only reading was the first page.
    let page = query.page.unwrap_or(1);
    let following = match (link.present, link.next) {
        (true, None) => return Ok(None),
        (true, Some(next)) => next.page.unwrap_or_else(|| page.saturating_add(1)),
        // A longer page than asked for is all there is: paging was not heeded.
        (false, _) if count != asked => return Ok(None),
        (false, _) => page.saturating_add(1),
    };
    if following <= page {
        return Err(Error::paging(format!("after page {page} the server leads to page {following}")));
    }
    Ok(Some(ListQuery { page: Some(following), page_id: None, ..query.clone() }))
}

//! Decides which page of a list to request next, and when the list ends. The code does not depend on the type of the
//! records: it uses their number, the headers and the undecoded body.

use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};
use std::task::{Context, Poll};

use bytes::Bytes;

use crate::calls::bookmark::{Bookmark, Position, stable_hash};
use crate::calls::count::Count;
use crate::calls::decode::{BufferedResponse, fetch};
use crate::calls::long_query::{apply_query, split_by_ids};
use crate::calls::page::{Link, NextPage};
use crate::calls::request_builder::RequestBuilder;
use crate::error::Error;
use crate::operation::Paging;
use crate::query::list_query::LARGEST_PAGE;
use crate::query::list_query::ListQuery;
use crate::text::without_byte_order_mark;
use crate::transport::connection::{BoxFuture, Connection};
use crate::transport::request::Request;
use serde::de::IgnoredAny;
use serde_json::Value;

/// The most consecutive empty pages after which the pager still follows a link to a next page.
const MAX_EMPTY_PAGES: u32 = 3;

/// How a list is read.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReadOptions {
    /// How many pages are requested at a time; 0 and 1 mean one.
    pub(crate) parallel_pages: usize,
    /// Where to resume.
    pub(crate) bookmark: Option<Bookmark>,
    /// The most records to return.
    pub(crate) limit: Option<u64>,
}

/// Reads a list page by page.
pub(crate) struct Pager {
    /// The connection and the request without list parameters; set by the first poll.
    request: Option<(Connection, Request)>,
    query: ListQuery,
    options: ReadOptions,
    state: State,
    /// The start of the next page to return; `None` after the last page.
    position: Option<Position>,
    /// Where reading starts; `None` before the first poll.
    start: Option<Position>,
    list_hash: u64,
    /// How many pages have been returned.
    pages: u32,
    /// How many consecutive pages up to now were empty.
    empty_pages: u32,
    /// The fingerprint of the previous page, to detect servers that return the same page repeatedly.
    previous: PageFingerprint,
    /// Whether the pager, and not the caller, chose forward-only paging.
    chose_forward: bool,
}

enum State {
    /// Nothing has been sent.
    Start(Box<RequestBuilder>),
    /// A count of the records is in flight.
    Counting(BoxFuture<'static, Result<i64, Error>>),
    /// `query` is the query of the next page, which has not been sent.
    Ready,
    /// The request of the next page is in flight.
    Waiting(BoxFuture<'static, Result<BufferedResponse, Error>>),
    /// The queries of the next pages are known in advance.
    Queued(PageQueue),
    /// The query of the next page is not known, because the link on the previous page was missing or invalid.
    Failed(Error),
    End,
}

/// Pages whose queries are known in advance. Several are requested at a time; they are returned in order.
struct PageQueue {
    queries: VecDeque<(Position, ListQuery)>,
    in_flight: VecDeque<(Position, InFlight)>,
    max_in_flight: usize,
    /// Whether the list can be longer than the queue, because records may have been created since the count.
    may_continue: bool,
}

enum InFlight {
    Pending(BoxFuture<'static, Result<BufferedResponse, Error>>),
    Complete(Result<BufferedResponse, Error>),
}

/// What the pager uses of a page.
pub(crate) struct PageSummary {
    link: Link,
    fingerprint: PageFingerprint,
}

impl PageSummary {
    pub(crate) fn new(response: &BufferedResponse) -> Self {
        Self { link: Link::read(&response.headers), fingerprint: PageFingerprint::new(&response.body) }
    }
}

/// The length of a page's body with its start and end, which distinguishes pages without storing them.
#[derive(Default, PartialEq)]
struct PageFingerprint {
    length: usize,
    start: Vec<u8>,
    end: Vec<u8>,
}

impl PageFingerprint {
    const SAMPLE: usize = 1024;

    fn new(body: &Bytes) -> Self {
        let start = body.get(..Self::SAMPLE).unwrap_or(body).to_vec();
        let end = body.get(body.len().saturating_sub(Self::SAMPLE)..).unwrap_or_default().to_vec();
        Self { length: body.len(), start, end }
    }
}

impl Pager {
    pub(crate) fn new(request: RequestBuilder, mut query: ListQuery, options: ReadOptions) -> Self {
        let size = options.bookmark.filter(is_page_number).map(|bookmark| bookmark.page_size);
        query.page_size = query.page_size.or(size).or(Some(LARGEST_PAGE));
        Self {
            request: None,
            query,
            options,
            state: State::Start(Box::new(request)),
            position: None,
            start: None,
            list_hash: 0,
            pages: 0,
            empty_pages: 0,
            previous: PageFingerprint::default(),
            chose_forward: false,
        }
    }

    /// Polls for the next page. Returns `None` after the last page and after an error.
    pub(crate) fn poll_page(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<BufferedResponse, Error>>> {
        loop {
            match std::mem::replace(&mut self.state, State::End) {
                State::Start(request) => match self.start(*request) {
                    Ok(state) => self.state = state,
                    Err(error) => return Poll::Ready(Some(Err(error))),
                },
                State::Counting(mut count) => {
                    let Poll::Ready(result) = count.as_mut().poll(context) else {
                        self.state = State::Counting(count);
                        return Poll::Pending;
                    };
                    match result {
                        Ok(records) => self.state = State::Queued(self.queue_pages(records)),
                        Err(error) => return Poll::Ready(Some(Err(error))),
                    }
                }
                State::Ready => match self.page_request(&self.query) {
                    Some(Ok((connection, request))) => {
                        self.state = State::Waiting(Box::pin(fetch(connection, request)))
                    }
                    Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                    None => return Poll::Ready(None),
                },
                State::Waiting(mut response) => {
                    let Poll::Ready(result) = response.as_mut().poll(context) else {
                        self.state = State::Waiting(response);
                        return Poll::Pending;
                    };
                    if let Err(error) = &result
                        && self.chose_forward
                        && self.pages == 0
                        && rejects_forward_only(error)
                    {
                        self.restart_by_page_number();
                        continue;
                    }
                    return Poll::Ready(self.accept(result));
                }
                State::Queued(queue) => match self.poll_queue(queue, context) {
                    Some(result) => return result,
                    None => continue,
                },
                State::Failed(error) => return Poll::Ready(Some(Err(error))),
                State::End => return Poll::Ready(None),
            }
        }
    }

    /// Checks the query, prepares the request without list parameters, and chooses the way of paging.
    fn start(&mut self, builder: RequestBuilder) -> Result<State, Error> {
        let operation = builder.operation();
        let count = operation
            .and_then(|operation| operation.related.count)
            .filter(|_| self.options.parallel_pages > 1)
            .map(|count| builder.related_call(count));
        let (connection, request) = builder.prepare()?;
        self.query.check().map_err(|error| error.with_operation(operation))?;
        // Conditions that need a search are too long for the URL of a count.
        let forward = matches!(self.options.bookmark, Some(Bookmark { position: Position::Forward(_), .. }));
        let count = count.filter(|count| !forward && count.can_send(&self.query.counted()));
        if request.try_clone().is_none() {
            return Err(Error::invalid_input("body", "is a stream, which cannot be sent again for each page")
                .with_operation(operation));
        }
        self.list_hash = list_hash(&request, &self.query);
        let skip = match self.options.bookmark.map(|bookmark| bookmark.position) {
            Some(Position::Part(skip)) => skip,
            _ => 0,
        };
        let parts = split_by_ids(&request, &self.query, connection.base_length(), skip);
        self.request = Some((connection, request));
        self.apply_bookmark(parts.is_some()).map_err(|error| error.with_operation(operation))?;
        if let Some(parts) = parts {
            return Ok(State::Queued(self.queue_parts(parts)));
        }
        if self.query.page_id.is_none() && self.query.page.is_none() {
            // Observed on live servers: forward-only paging supports only the order by id. Records that are created or
            // deleted during the read cause neither gaps nor duplicates.
            self.chose_forward = operation.is_none_or(|operation| operation.paging == Paging::PageOrForward)
                && !self.query.order_by.is_set()
                && count.is_none();
            if self.chose_forward {
                self.query.page_id = Some(0);
            } else {
                self.query.page = Some(1);
            }
        }
        self.position = Some(position(&self.query));
        self.start = self.position;
        Ok(match count {
            Some(_) if self.query.page_id.is_some() => {
                let why = "uses forward-only paging, which cannot be parallel: remove either `page_id` or `parallel`";
                return Err(Error::invalid_input("page_id", why).with_operation(operation));
            }
            Some(count) => {
                let query = self.query.counted();
                State::Counting(Box::pin(async move { Count::<Value>::with_query(count, query).await }))
            }
            None => State::Ready,
        })
    }

    /// Starts at the bookmark, if there is one. `is_split` says whether the list is read in parts.
    fn apply_bookmark(&mut self, is_split: bool) -> Result<(), Error> {
        let Some(bookmark) = self.options.bookmark else { return Ok(()) };
        let reject = |why: &str| Err(Error::invalid_input("bookmark", why));
        if bookmark.list_hash != self.list_hash {
            return reject(
                "belongs to another list: the path, the conditions or the order differ. Use those of the interrupted list, or start without a bookmark",
            );
        }
        if is_page_number(&bookmark) && self.query.page_size != Some(bookmark.page_size) {
            return reject("belongs to a list with another page size");
        }
        if self.query.page.is_some() || self.query.page_id.is_some() {
            return reject("cannot be combined with a page or a page id");
        }
        match bookmark.position {
            Position::Part(_) if is_split => {}
            Position::Part(_) => return reject("belongs to a list that is read in parts, but this list is not"),
            _ if is_split => return reject("belongs to a list that is not read in parts, but this list is"),
            Position::Page(page) => self.query.page = Some(page),
            Position::Forward(_) if self.query.order_by.is_set() => {
                return reject("belongs to a list in the order of the ids, but another order is set");
            }
            // The start of the list: the way of paging is chosen again.
            Position::Forward(0) => {}
            Position::Forward(after) => self.query.page_id = Some(after),
        }
        Ok(())
    }

    /// Queues the parts of a list that is read by its ids.
    fn queue_parts(&mut self, parts: Vec<(u32, ListQuery)>) -> PageQueue {
        let queries: VecDeque<_> = parts.into_iter().map(|(start, query)| (Position::Part(start), query)).collect();
        self.position = queries.front().map(|(position, _)| *position);
        self.start = self.position;
        let max_in_flight = self.options.parallel_pages.max(1);
        PageQueue { queries, in_flight: VecDeque::new(), max_in_flight, may_continue: false }
    }

    /// Queues the pages of a list of this many records, but not those beyond the limit. Queues at least one page.
    fn queue_pages(&self, records: i64) -> PageQueue {
        let size = i64::from(self.query.page_size.unwrap_or(LARGEST_PAGE)).max(1);
        let page_count = |records: i64| {
            u32::try_from(records.saturating_sub(1).div_euclid(size).saturating_add(1)).unwrap_or(1).max(1)
        };
        let first = self.query.page.unwrap_or(1);
        let last_needed = self
            .options
            .limit
            .map_or(u32::MAX, |limit| first.saturating_add(page_count(i64::try_from(limit).unwrap_or(i64::MAX)) - 1));
        let last = page_count(records).min(last_needed).max(first);
        let queries = (first..=last)
            .map(|page| (Position::Page(page), ListQuery { page: Some(page), ..self.query.clone() }))
            .collect();
        let max_in_flight = self.options.parallel_pages;
        PageQueue { queries, in_flight: VecDeque::new(), max_in_flight, may_continue: true }
    }

    /// Sends requests until `max_in_flight` is reached, and stores the responses that are complete.
    fn prefetch(&self, queue: &mut PageQueue, context: &mut Context<'_>) {
        while queue.in_flight.len() < queue.max_in_flight
            && let Some((position, query)) = queue.queries.pop_front()
        {
            match self.page_request(&query) {
                Some(Ok((connection, request))) => {
                    queue.in_flight.push_back((position, InFlight::Pending(Box::pin(fetch(connection, request)))))
                }
                Some(Err(error)) => queue.in_flight.push_back((position, InFlight::Complete(Err(error)))),
                None => return,
            }
        }
        for (_, page) in &mut queue.in_flight {
            if let InFlight::Pending(response) = page
                && let Poll::Ready(result) = response.as_mut().poll(context)
            {
                *page = InFlight::Complete(result);
            }
        }
    }

    /// Polls for the next page of the queue. Returns `None` if the queue is empty; the state is then `End`.
    fn poll_queue(
        &mut self,
        mut queue: PageQueue,
        context: &mut Context<'_>,
    ) -> Option<Poll<Option<Result<BufferedResponse, Error>>>> {
        self.prefetch(&mut queue, context);
        match queue.in_flight.pop_front() {
            None => {
                self.state = State::End;
                None
            }
            Some((position, InFlight::Complete(result))) => {
                if let Position::Page(page) = position {
                    self.query.page = Some(page);
                }
                self.position = Some(position);
                // Parts hold different records, even if their bodies are equal.
                let accepted = match position {
                    Position::Part(_) => Some(result),
                    _ => self.accept(result),
                };
                if let Some(Ok(_)) = accepted {
                    // Sends the next request while the caller uses this page.
                    self.prefetch(&mut queue, context);
                    self.state = State::Queued(queue);
                }
                // Otherwise the requests in flight are dropped with the queue.
                Some(Poll::Ready(accepted))
            }
            Some(pending) => {
                queue.in_flight.push_front(pending);
                self.state = State::Queued(queue);
                Some(Poll::Pending)
            }
        }
    }

    /// Returns the request with the parameters of a page; `None` before the first poll, and for a body that is a
    /// stream, which [`start`](Self::start) rejects.
    fn page_request(&self, query: &ListQuery) -> Option<Result<(Connection, Request), Error>> {
        let (connection, request) = self.request.as_ref()?;
        let mut request = request.try_clone()?;
        let operation = request.operation;
        Some(match apply_query(&mut request, query, connection.base_length()) {
            Ok(()) => Ok((connection.clone(), request)),
            Err(error) => Err(error.with_operation(operation)),
        })
    }

    /// Starts again with page 1, after the endpoint has rejected forward-only paging.
    fn restart_by_page_number(&mut self) {
        self.chose_forward = false;
        self.query.page_id = None;
        self.query.page = Some(1);
        self.position = Some(Position::Page(1));
        self.start = self.position;
        self.state = State::Ready;
    }

    /// Returns the page, or the error of the request; `None` if the page repeats the previous one.
    fn accept(&mut self, result: Result<BufferedResponse, Error>) -> Option<Result<BufferedResponse, Error>> {
        let response = match result {
            Ok(response) => response,
            Err(error) => return Some(Err(error)),
        };
        let link = Link::read(&response.headers);
        // A link to a page number, not to an id, means that the endpoint ignored forward-only paging.
        let is_forward = link.present && link.next.is_none_or(|next| next.page_id.is_some());
        if let Some(after) = self.query.page_id
            && self.pages == 0
            && after > 0
            && !is_forward
        {
            // These are the first records of the list, not the records after the id.
            return Some(Err(response.annotate(Error::paging(format!(
                "the endpoint does not support forward-only paging, so the list cannot start after id {after}"
            )))));
        }
        if self.is_repeated(&response) {
            self.position = None;
            return None;
        }
        Some(Ok(BufferedResponse { page: self.query.page, ..response }))
    }

    /// Returns whether the server ignored the requested page and sent the previous page again. If there are links and
    /// `fields` leaves the id out, two different pages can be equal, so then only pages with ids count as repeated.
    fn is_repeated(&self, response: &BufferedResponse) -> bool {
        // An empty page (`[]`, 2 bytes) does not count as repeated.
        let equal = self.pages > 0
            && response.body.len() > 2
            && response.body.len() == self.previous.length
            && PageFingerprint::new(&response.body) == self.previous;
        // Only the ids of the records count: the references inside them also have ids, which are often all the same.
        let records = || {
            serde_json::from_slice::<Vec<BTreeMap<Cow<'_, str>, IgnoredAny>>>(without_byte_order_mark(&response.body))
        };
        let has_ids = || records().is_ok_and(|records| records.iter().any(|record| record.contains_key("id")));
        equal && (!Link::read(&response.headers).present || has_ids())
    }

    /// Moves to the position after a page of `count` records, which the caller has received.
    pub(crate) fn advance(&mut self, page: PageSummary, count: usize) {
        let first = self.pages == 0;
        self.pages = self.pages.saturating_add(1);
        self.empty_pages = if count == 0 { self.empty_pages + 1 } else { 0 };
        self.previous = page.fingerprint;
        if let State::Queued(queue) = &self.state {
            // A page that is longer than requested and has no next page holds the whole list: the endpoint does not
            // page.
            if queue.may_continue
                && page.link.next.is_none()
                && count > self.query.page_size.unwrap_or(LARGEST_PAGE) as usize
            {
                return self.end();
            }
            let upcoming = queue
                .in_flight
                .front()
                .map(|(position, _)| *position)
                .or_else(|| queue.queries.front().map(|(position, _)| *position));
            if upcoming.is_some() || !queue.may_continue {
                self.position = upcoming;
                return;
            }
            // According to the count, this is the last page. Records may have been created since, so the link decides.
        }
        // Some servers send links after the end of the list without limit.
        if self.empty_pages > MAX_EMPTY_PAGES {
            return self.end();
        }
        self.state = match next_query(&self.query, page.link, count, first) {
            Ok(Some(query)) => {
                self.query = query;
                self.position = Some(position(&self.query));
                State::Ready
            }
            Ok(None) => return self.end(),
            Err(error) => {
                State::Failed(error.with_operation(self.request.as_ref().and_then(|(_, request)| request.operation)))
            }
        };
    }

    /// Marks the list as complete: there is no next page.
    fn end(&mut self) {
        self.position = None;
        self.state = State::End;
    }

    /// Stops reading, but keeps the position of the next page for the bookmark.
    pub(crate) fn stop(&mut self) {
        self.state = State::End;
    }

    /// Returns the start of the first page; `None` before the first poll, and once the second page has been returned.
    pub(crate) fn first_bookmark(&self) -> Option<Bookmark> {
        (self.pages <= 1).then_some(self.start?).map(|position| self.bookmark_at(position))
    }

    /// Returns the start of the next page; `None` after the end of the list. Before the first poll, returns the
    /// bookmark to resume at, if there is one.
    pub(crate) fn bookmark(&self) -> Option<Bookmark> {
        match self.state {
            State::Start(_) => self.options.bookmark,
            _ => self.position.map(|position| self.bookmark_at(position)),
        }
    }

    fn bookmark_at(&self, position: Position) -> Bookmark {
        Bookmark { position, page_size: self.query.page_size.unwrap_or(LARGEST_PAGE), list_hash: self.list_hash }
    }
}

/// Returns whether a bookmark is a page number, which is only valid for the same page size.
fn is_page_number(bookmark: &Bookmark) -> bool {
    matches!(bookmark.position, Position::Page(_))
}

/// Returns a hash of the path and the query parameters that define the list: all except the selected fields and the
/// page.
fn list_hash(request: &Request, query: &ListQuery) -> u64 {
    let pairs = query.pairs();
    let from_query = pairs
        .iter()
        .filter(|(name, _)| !["fields", "page", "pageSize", "pageId"].contains(name))
        .flat_map(|(name, value)| [*name, value.as_str()]);
    let from_request = request.query.iter().flat_map(|(name, value)| [name.as_ref(), value.as_str()]);
    stable_hash([request.path.as_str()].into_iter().chain(from_request).chain(from_query))
}

/// Returns the position at which a query starts.
fn position(query: &ListQuery) -> Position {
    query.page_id.map_or(Position::Page(query.page.unwrap_or(1)), Position::Forward)
}

/// Returns whether the endpoint rejected forward-only paging. Observed on live servers: one endpoint failed with a 500
/// whose message is about a boolean.
fn rejects_forward_only(error: &Error) -> bool {
    let mentions = |text: &str| error.message().is_some_and(|message| message.to_ascii_lowercase().contains(text));
    match error.status().map(|status| status.as_u16()) {
        Some(500) => mentions("valid boolean"),
        Some(400) => mentions("pagination") || mentions("pageid") || mentions("forward-only"),
        _ => false,
    }
}

/// Returns the query for the page after a page of `count` records; `None` at the end of the list. `first` says whether
/// that page was the first one.
fn next_query(query: &ListQuery, link: Link, count: usize, first: bool) -> Result<Option<ListQuery>, Error> {
    let page_size = query.page_size.unwrap_or(LARGEST_PAGE) as usize;
    if let Some(after) = query.page_id {
        match link.next {
            None if link.present => return Ok(None),
            Some(NextPage { page_id: Some(page_id), .. }) if page_id > after => {
                return Ok(Some(ListQuery { page_id: Some(page_id), ..query.clone() }));
            }
            Some(NextPage { page_id: Some(page_id), .. }) => {
                return Err(Error::paging(format!("the server links from page id {after} back to page id {page_id}")));
            }
            // The endpoint ignored forward-only paging.
            _ if first => {}
            None if count < page_size => return Ok(None),
            // The endpoint has used forward-only paging up to here, so page numbers would start the list again.
            _ => {
                return Err(Error::paging(format!("the server sent no link to the next page after page id {after}")));
            }
        }
    }
    // Page numbers. If forward-only paging was requested and ignored, the response was page 1.
    let page = query.page.unwrap_or(1);
    let following = match (link.present, link.next) {
        (true, None) => return Ok(None),
        (true, Some(next)) => next.page.unwrap_or_else(|| page.saturating_add(1)),
        // A shorter page is the last one. A longer page holds the whole list: the endpoint does not page.
        (false, _) if count != page_size => return Ok(None),
        (false, _) => page.saturating_add(1),
    };
    if following <= page {
        return Err(Error::paging(format!("the server links from page {page} back to page {following}")));
    }
    Ok(Some(ListQuery { page: Some(following), page_id: None, ..query.clone() }))
}

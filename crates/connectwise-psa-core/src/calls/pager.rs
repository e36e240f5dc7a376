//! Decides which page of a list to request next, whether each page has new records, and when the list ends. The code
//! does not depend on the type of the records: it uses their number, their ids, the headers and a hash of the body.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;

use crate::calls::background::{PageResponse, fetch_in_background};
use crate::calls::bookmark::{Bookmark, Position, stable_hash};
use crate::calls::count::count_records;
use crate::calls::decode::{BufferedResponse, fetch};
use crate::calls::long_query::{Part, apply_query, split_by_ids};
use crate::calls::next_step::{PageFacts, Step, after_forward, after_numbered};
use crate::calls::page::{Link, NextPage};
use crate::calls::progress::{Identity, Progress, Repetition, first_out_of_order, integers};
use crate::calls::read_ahead::{Arrived, ReadAhead};
use crate::calls::record_id::RecordId;
use crate::calls::records::{RecordIds, read_ids};
use crate::calls::request_builder::RequestBuilder;
use crate::conditions::field_selection::FieldSelection;
use crate::error::Error;
use crate::operation::Paging;
use crate::query::list_query::LARGEST_PAGE;
use crate::query::list_query::ListQuery;
use crate::query::text_or::TextOr;
use crate::transport::connection::{BoxFuture, Connection};
use crate::transport::request::Request;

/// The most consecutive empty pages after which the pager still follows a link to a next page.
const MAX_EMPTY_PAGES: u32 = 3;

/// How often a page is requested again because it does not fit what was read or counted before. Records can change
/// between two requests, and some faults are temporary.
const MAX_REPEATED_REQUESTS: u32 = 3;

/// The most consecutive pages without a new record that are accepted because the list has shifted.
const MAX_SHIFTED_PAGES: u32 = 10;

/// Why a list fails whose next page has no new record.
const NO_NEW_RECORD: &str =
    "the server sent a page without a new record: all were on the previous page, as if it ignored the page number";

/// The most pages that are requested at a time, because a count can be wrong by any factor.
const MAX_PARALLEL_PAGES: usize = 100;

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

impl ReadOptions {
    /// Returns the page size for a list whose caller has set none: no more records than the limit.
    pub(crate) fn page_size(&self) -> u32 {
        self.limit.and_then(|limit| u32::try_from(limit.max(1)).ok()).unwrap_or(LARGEST_PAGE).min(LARGEST_PAGE)
    }
}

/// Reads a list page by page.
///
/// The stream of pages calls [`poll_page`](Self::poll_page), decodes the page, and passes what it has found to
/// [`review`](Self::review), which decides what happens with the page. When the page is returned,
/// [`advance`](Self::advance) moves to the next position.
pub(crate) struct Pager {
    /// The connection and the request without list parameters; set by the first poll, if the query is valid.
    request: Option<(Connection, Request)>,
    /// The request that counts the list, if it has a count; set by the first poll.
    count: Option<(Connection, Request)>,
    query: ListQuery,
    /// The caller's selection of fields, if the pager has added the id to it.
    selected: Option<TextOr<FieldSelection>>,
    /// Whether each record must have an id.
    requires_ids: bool,
    options: ReadOptions,
    state: State,
    ahead: ReadAhead,
    /// The start of the next page to return; `None` after the last page.
    position: Option<Position>,
    /// The start of the last page that was returned.
    current: Option<Position>,
    /// Where reading starts; `None` before the first poll.
    start: Option<Position>,
    list_hash: u64,
    /// How many pages have been returned.
    pages: u32,
    /// How many records have been returned.
    records: u64,
    /// How many consecutive pages up to now were empty, and the start of the first one.
    empty_pages: u32,
    empty_since: Option<Position>,
    progress: Progress,
    /// The page that was reviewed and has not been returned.
    reviewed: Option<Reviewed>,
    /// The request that decides about that page.
    confirmation: Option<Confirmation>,
    /// How often the page at the current position has been requested again.
    repeated_requests: u32,
    /// How many consecutive pages up to now had no new record.
    shifted_pages: u32,
    /// Whether the previous page had more records than were requested.
    previous_is_longer: bool,
    /// The id after which page 2 must start, if page 1 was read before the list resumed.
    page_2_starts_after: Option<i64>,
    /// How many records were counted before the pages were requested in parallel.
    counted: Option<i64>,
    /// Whether the pager, and not the caller, chose forward-only paging.
    chose_forward: bool,
    /// Whether a link has shown that the endpoint supports forward-only paging.
    forward_is_proven: bool,
    /// The most ids of a part, if the caller has set a page size.
    max_part: u32,
}

enum State {
    /// Nothing has been sent.
    Start(Box<RequestBuilder>),
    /// A count of the records is in flight.
    Counting(BoxFuture<'static, Result<i64, Error>>),
    /// `query` is the query of the next page, which has not been sent.
    Ready,
    /// The request of the next page is in flight.
    Waiting(PageResponse),
    /// The queries of the next pages are known in advance.
    Queued(PageQueue),
    /// The list cannot be read further.
    Failed(Error),
    End,
}

/// Pages whose queries are known in advance. Several are requested at a time; they are returned in order.
struct PageQueue {
    planned: Planned,
    in_flight: VecDeque<(Planning, InFlight)>,
    max_in_flight: usize,
    /// The page that was taken out of the queue last.
    current: Option<Planning>,
}

/// The pages that have not been requested. They are not stored, because a count can be wrong by any factor.
enum Planned {
    /// The pages from `next` to `last`.
    Pages {
        next: Option<u32>,
        last: u32,
    },
    Parts(VecDeque<Part>),
}

/// A page that was planned.
#[derive(Clone)]
struct Planning {
    position: Position,
    /// The ids that a part requests; `None` for a numbered page.
    ids: Option<Arc<[i64]>>,
}

enum InFlight {
    Pending(PageResponse),
    Complete(Result<BufferedResponse, Error>),
}

impl Planned {
    /// Returns the next page and its query, and removes it.
    fn take(&mut self, query: &ListQuery) -> Option<(Planning, ListQuery)> {
        match self {
            Self::Pages { next, last } => {
                let page = next.take()?;
                *next = page.checked_add(1).filter(|page| page <= last);
                let planning = Planning { position: Position::Page(page), ids: None };
                Some((planning, ListQuery { page: Some(page), ..query.clone() }))
            }
            Self::Parts(parts) => parts.pop_front().map(|part| {
                (Planning { position: Position::Part(part.start), ids: Some(part.ids.into()) }, part.query)
            }),
        }
    }

    fn position(&self) -> Option<Position> {
        match self {
            Self::Pages { next, .. } => next.map(Position::Page),
            Self::Parts(parts) => parts.front().map(|part| Position::Part(part.start)),
        }
    }
}

impl PageQueue {
    fn new(planned: Planned, max_in_flight: usize) -> Self {
        Self {
            planned,
            in_flight: VecDeque::new(),
            max_in_flight: max_in_flight.clamp(1, MAX_PARALLEL_PAGES),
            current: None,
        }
    }

    /// Returns the start of the next page.
    fn position(&self) -> Option<Position> {
        self.in_flight.front().map(|(planning, _)| planning.position).or_else(|| self.planned.position())
    }
}

/// What the pager uses of a page.
pub(crate) struct PageSummary {
    link: Link,
    ids: RecordIds,
    body: Bytes,
}

impl PageSummary {
    /// Creates the summary of a page with these ids: one for each record, `None` for a record without an id.
    pub(crate) fn new(response: &BufferedResponse, ids: RecordIds) -> Self {
        Self { link: Link::read(&response.headers), ids, body: response.body.clone() }
    }
}

/// What happens with a page.
#[derive(Debug)]
pub(crate) enum Review {
    /// It is returned, without the records that are marked. No mark means that all records are returned.
    Return(Vec<bool>),
    /// It is returned if [`Pager::poll_confirmation`] confirms it.
    Confirm(Vec<bool>),
    /// It is not the page that was requested. Another one is requested.
    Discard,
}

/// What was found out about a page.
struct Reviewed {
    identity: Identity,
    step: Step,
    is_empty: bool,
    /// Whether it has more records than were requested.
    is_longer: bool,
}

/// A request that decides whether a page is returned.
enum Confirmation {
    Recount(Recount),
    Shift(Shift),
}

/// A second request for the page before a page without a new record. If records were created on earlier pages in the
/// meantime, the page before now has other records. A server that ignores the page number sends the same again.
struct Shift {
    before: PageResponse,
    /// The ids of the page without a new record.
    ids: HashSet<RecordId>,
}

/// A count of the list while it is read, because a page has fewer records than expected.
struct Recount {
    count: BoxFuture<'static, Result<i64, Error>>,
    /// How many records were read up to the end of the page. If the list has no more, the page is complete.
    read: i64,
    /// What follows a complete page.
    then: Step,
}

impl Pager {
    pub(crate) fn new(request: RequestBuilder, mut query: ListQuery, options: ReadOptions) -> Self {
        let max_part = query.page_size.unwrap_or(LARGEST_PAGE);
        let size = match options.bookmark {
            Some(bookmark) if is_page_number(&bookmark) => bookmark.page_size,
            Some(_) => LARGEST_PAGE,
            None => options.page_size(),
        };
        query.page_size = query.page_size.or(Some(size));
        let selected = query.select_id();
        // The id cannot be added to a selection that cannot be parsed.
        let selects_id = query.fields.text().is_none_or(|fields| fields.parse::<FieldSelection>().is_ok());
        let requires_ids = selects_id && request.operation().is_some_and(|operation| operation.has_id);
        Self {
            requires_ids,
            request: None,
            count: None,
            query,
            selected,
            options,
            state: State::Start(Box::new(request)),
            ahead: ReadAhead::default(),
            position: None,
            current: None,
            start: None,
            list_hash: 0,
            pages: 0,
            records: 0,
            empty_pages: 0,
            empty_since: None,
            progress: Progress::default(),
            reviewed: None,
            confirmation: None,
            repeated_requests: 0,
            shifted_pages: 0,
            previous_is_longer: false,
            page_2_starts_after: None,
            counted: None,
            chose_forward: false,
            forward_is_proven: false,
            max_part,
        }
    }

    /// Returns whether the ids must be removed from the records, because the caller did not select them.
    pub(crate) fn hides_ids(&self) -> bool {
        self.selected.is_some()
    }

    /// Returns whether each record must have an id: its type has one, and it is among the requested fields.
    pub(crate) fn requires_ids(&self) -> bool {
        self.requires_ids
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
                        Ok(records) => {
                            self.counted = Some(records);
                            self.state = State::Queued(self.queue_pages(records));
                        }
                        Err(error) => return Poll::Ready(Some(Err(error))),
                    }
                }
                State::Ready => match self.page_request(&self.query) {
                    Some(Ok((connection, request))) => {
                        self.state = State::Waiting(self.ahead.fetch(self.position, connection, request));
                    }
                    Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                    None => return Poll::Ready(None),
                },
                State::Waiting(mut response) => {
                    let Poll::Ready(result) = response.as_mut().poll(context) else {
                        self.state = State::Waiting(response);
                        return Poll::Pending;
                    };
                    match result {
                        Err(error) if self.starts_again(&error) => continue,
                        Err(error) => return Poll::Ready(Some(Err(error))),
                        Ok(response) => {
                            self.read_ahead(&response);
                            return Poll::Ready(Some(self.with_page_number(Ok(response))));
                        }
                    }
                }
                State::Queued(queue) => match self.poll_queue(queue, context) {
                    Some(result) => return result.map(Some),
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
        let counted = self.query.counted();
        // Conditions that need a search are too long for the URL of a count.
        self.count = operation
            .and_then(|operation| operation.related.count)
            .and_then(|count| builder.related_call(count).prepare_list(&counted).ok());
        let (connection, request) = builder.prepare()?;
        self.query.check().map_err(|error| error.with_operation(operation))?;
        let forward = matches!(self.options.bookmark, Some(Bookmark { position: Position::Forward(_), .. }));
        let count = self.count_request().filter(|_| self.options.parallel_pages > 1 && !forward);
        if request.try_clone().is_none() {
            return Err(Error::invalid_input("body", "is a stream, which cannot be sent again for each page")
                .with_operation(operation));
        }
        self.list_hash = list_hash(&request, &self.query);
        let skip = match self.options.bookmark.map(|bookmark| bookmark.position) {
            Some(Position::Part(skip)) => skip,
            _ => 0,
        };
        let parts = split_by_ids(&request, &self.query, self.max_part, connection.base_length(), skip);
        self.apply_bookmark(parts.is_some()).map_err(|error| error.with_operation(operation))?;
        self.request = Some((connection, request));
        if let Some(parts) = parts {
            self.position = parts.first().map(|part| Position::Part(part.start));
            self.start = self.position;
            return Ok(State::Queued(PageQueue::new(Planned::Parts(parts.into()), self.options.parallel_pages)));
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
            Some((connection, request)) => State::Counting(Box::pin(count_records(connection, request))),
            None => State::Ready,
        })
    }

    /// Notes that the caller reads the list to its end.
    pub(crate) fn read_all(&mut self) {
        self.ahead.read_all();
    }

    /// Requests the page after this one if the caller will probably need it, before this one is decoded. If the
    /// [review](Self::review) of this page leads elsewhere, the request is cancelled.
    fn read_ahead(&mut self, response: &BufferedResponse) {
        let page_end = self.records.saturating_add(u64::from(self.page_size()));
        let next = self.ahead.next(&Arrived {
            position: self.position,
            link: Link::read(&response.headers),
            is_first: self.pages == 0,
            is_enough: self.options.limit.is_some_and(|limit| limit <= page_end),
        });
        let Some(position) = next else { return };
        let mut query = self.query.clone();
        start_at(&mut query, position);
        // An error is returned when the caller comes for the page.
        if let Some(Ok((connection, request))) = self.page_request(&query) {
            self.ahead.start(position, &connection, request);
        }
    }

    /// Returns a copy of the request that counts the list, if it has a count.
    fn count_request(&self) -> Option<(Connection, Request)> {
        let (connection, request) = self.count.as_ref()?;
        Some((connection.clone(), request.try_clone()?))
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

    /// Plans the pages of a list of this many records, but not those beyond the limit. Plans at least one page.
    fn queue_pages(&self, records: i64) -> PageQueue {
        let size = u64::from(self.page_size());
        // More pages than there are numbers cannot be requested.
        let last_of = |records: u64| u32::try_from(records.div_ceil(size)).unwrap_or(u32::MAX).max(1);
        let first = self.query.page.unwrap_or(1);
        let last_needed = self.options.limit.map_or(u32::MAX, |limit| first.saturating_add(last_of(limit) - 1));
        let last = last_of(u64::try_from(records).unwrap_or(0)).min(last_needed).max(first);
        PageQueue::new(Planned::Pages { next: Some(first), last }, self.options.parallel_pages)
    }

    /// Sends requests until `max_in_flight` is reached, and stores the responses that are complete.
    fn prefetch(&self, queue: &mut PageQueue, context: &mut Context<'_>) {
        while queue.in_flight.len() < queue.max_in_flight
            && let Some((planning, query)) = queue.planned.take(&self.query)
        {
            let page = match self.page_request(&query) {
                Some(Ok((connection, request))) => InFlight::Pending(fetch_in_background(&connection, request)),
                Some(Err(error)) => InFlight::Complete(Err(error)),
                None => return,
            };
            queue.in_flight.push_back((planning, page));
        }
        for (_, page) in &mut queue.in_flight {
            if let InFlight::Pending(response) = page
                && let Poll::Ready(result) = response.as_mut().poll(context)
            {
                *page = InFlight::Complete(result);
            }
        }
    }

    /// Polls for the next page of the queue. Returns `None` if another state follows.
    fn poll_queue(
        &mut self,
        mut queue: PageQueue,
        context: &mut Context<'_>,
    ) -> Option<Poll<Result<BufferedResponse, Error>>> {
        self.prefetch(&mut queue, context);
        let (planning, result) = match queue.in_flight.pop_front()? {
            (planning, InFlight::Complete(result)) => (planning, result),
            pending => {
                queue.in_flight.push_front(pending);
                self.state = State::Queued(queue);
                return Some(Poll::Pending);
            }
        };
        if let Position::Page(page) = planning.position {
            self.query.page = Some(page);
        }
        self.position = Some(planning.position);
        match result {
            Err(error) if self.starts_again(&error) => return None,
            Ok(_) => {
                queue.current = Some(planning);
                // Sends the next request while the caller uses this page.
                self.prefetch(&mut queue, context);
                self.state = State::Queued(queue);
            }
            // The requests in flight are dropped with the queue.
            Err(_) => {}
        }
        Some(Poll::Ready(self.with_page_number(result)))
    }

    fn with_page_number(&self, result: Result<BufferedResponse, Error>) -> Result<BufferedResponse, Error> {
        result.map(|response| BufferedResponse { page: self.query.page, ..response })
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

    /// Prepares another request for the first page, if the error says that the endpoint rejects forward-only paging, or
    /// may say that its records have no id to select.
    fn starts_again(&mut self, error: &Error) -> bool {
        if self.pages > 0 {
            return false;
        }
        if self.chose_forward && rejects_forward_only(error) {
            self.chose_forward = false;
            self.go_to(Position::Page(1));
            self.start = self.position;
            return true;
        }
        // Observed on live servers: some reject unknown fields, others ignore them. Parts are requested by id.
        let is_part = matches!(self.position, Some(Position::Part(_)));
        if error.status().is_some_and(|status| status.as_u16() == 400)
            && !is_part
            && let Some(fields) = self.selected.take()
        {
            self.query.fields = fields;
            self.requires_ids = false;
            self.state = match self.counted {
                Some(records) => State::Queued(self.queue_pages(records)),
                None => State::Ready,
            };
            return true;
        }
        false
    }

    /// Sets the position of the next page, to be requested on its own.
    fn go_to(&mut self, position: Position) {
        start_at(&mut self.query, position);
        self.position = Some(position);
        self.state = State::Ready;
    }

    /// Decides what happens with a page. After an error, the page must not be returned.
    pub(crate) fn review(&mut self, page: &PageSummary) -> Result<Review, Error> {
        let review = match self.position {
            Some(Position::Forward(after)) => self.review_forward(after, page),
            Some(Position::Page(number)) => self.review_numbered(number, page, page.link),
            Some(Position::Part(_)) => self.review_part(page),
            None => Ok(Review::Discard),
        };
        let next = match (&review, &self.reviewed) {
            (Ok(Review::Return(_)), Some(Reviewed { step: Step::Page(position), .. })) => Some(*position),
            _ => None,
        };
        self.ahead.keep_only(next);
        if review.is_err() {
            self.state = State::End;
        }
        review
    }

    /// Reviews a page of forward-only paging. Its ids must increase, and be greater than the id that was requested.
    fn review_forward(&mut self, after: i64, page: &PageSummary) -> Result<Review, Error> {
        let is_first = self.pages == 0;
        let is_proven = page.link.next().is_some_and(|next| next.page_id.is_some());
        if is_first && self.is_page_1_again(after, page) {
            self.start = Some(Position::Page(2));
            self.page_2_starts_after = Some(after);
            self.go_to(Position::Page(2));
            return Ok(Review::Discard);
        }
        let ignores_forward_only = matches!(page.link, Link::Next(NextPage { page: Some(_), page_id: None }));
        if is_first && after > 0 && ignores_forward_only {
            return Err(self.cannot_start(after));
        }
        let ids = integers(&page.ids);
        if ids.is_empty() && !page.ids.is_empty() && is_first && after > 0 && !is_proven && page.link != Link::Last {
            return Err(self.cannot_start(after));
        }
        // The first page can begin with any id: some records that every server has have the id 0.
        let start = if is_first && after == 0 { i64::MIN } else { after };
        if let Some((before, id)) = first_out_of_order(start, &ids) {
            if is_first && after == 0 && !is_proven {
                // The endpoint has ignored forward-only paging, so this is page 1, and an empty `Link` header does not
                // mean the end.
                self.go_to(Position::Page(1));
                let link = if page.link == Link::Last { Link::Absent } else { page.link };
                return self.review_numbered(1, page, link);
            }
            if self.pages == 1 && !self.forward_is_proven && self.start == Some(Position::Forward(0)) {
                // The server has ignored the page id and sent page 1 again.
                self.go_to(Position::Page(2));
                return Ok(Review::Discard);
            }
            if is_first && after > 0 {
                return Err(self.cannot_start(after));
            }
            return Err(self.stopped(&format!(
                "on the page after id {after}, the server sent the record {id} after the record {before}, but \
                 forward-only paging returns records by ascending id"
            )));
        }
        // A server that ignores the page id sends page 1 again, which has no greater ids.
        self.forward_is_proven |= is_proven || after > 0 && !ids.is_empty();
        let last_id = page.ids.last().and_then(|id| id.as_ref()?.integer());
        let step = after_forward(after, self.facts(page, page.link, last_id));
        // Later pages are compared with the first one if page numbers have to be used after it.
        let identity = if is_first { Identity::new(&page.ids, &page.body) } else { Identity::Unchecked };
        self.keep(identity, step, page, Vec::new(), None)
    }

    /// Reviews a numbered page. It must bring a record that the previous page did not have.
    fn review_numbered(&mut self, number: u32, page: &PageSummary, link: Link) -> Result<Review, Error> {
        let identity = Identity::new(&page.ids, &page.body);
        let count = page.ids.len();
        if let Some(after) = self.page_2_starts_after.take()
            && first_out_of_order(after, &integers(&page.ids)).is_some()
        {
            return Err(self.cannot_start(after));
        }
        let problem = self.progress.check(&identity).err();
        if self.previous_is_longer && problem.is_some() {
            // The endpoint does not page: the previous page was the whole list, and this is the same one.
            return self.keep(identity, Step::End, page, vec![true; count], self.records_read());
        }
        // A list that goes on shifting can also send a page that was read before the previous one.
        let may_be_shifted =
            problem == Some(Repetition::Previous) || problem == Some(Repetition::Earlier) && self.shifted_pages > 0;
        if may_be_shifted && let Some(before) = self.request_before(number) {
            self.confirm_shift(number, page, link, before);
            return Ok(Review::Confirm(vec![true; count]));
        }
        let repeated = self.check_progress(&identity, link)?;
        let before = i64::from(number - 1).saturating_mul(i64::from(self.page_size()));
        let new = count.saturating_sub(repeated.iter().filter(|repeated| **repeated).count());
        let in_list = |before: i64, count: usize| before.saturating_add(i64::try_from(count).unwrap_or(i64::MAX));
        // If pages are longer than requested, more records have been read than the page number says.
        let read = in_list(before, count).max(self.records_read().map_or(0, |before| in_list(before, new)));
        // A page that is longer than requested holds the whole list if the list has no more records.
        let is_whole_list = count > self.page_size() as usize
            && link.next().is_none()
            && self.counted.is_some_and(|counted| read >= counted);
        let queue = match &self.state {
            State::Queued(queue) => Some(queue),
            _ => None,
        };
        let page_end = before.saturating_add(i64::from(self.page_size()));
        let expected = self.counted.filter(|_| queue.is_some()).map(|counted| counted.min(page_end));
        let step = match queue.and_then(PageQueue::position) {
            Some(position) if !is_whole_list => Step::Page(position),
            Some(_) => Step::End,
            // According to the count, this is the last page. Records may have been created since, so the link decides.
            None => after_numbered(number, self.facts(page, link, None)),
        };
        let is_short = expected.is_some_and(|expected| read < expected);
        self.keep(identity, step, page, repeated, is_short.then_some(read))
    }

    /// Notes that a second response to the request for the page before this one decides about it.
    fn confirm_shift(&mut self, number: u32, page: &PageSummary, link: Link, before: PageResponse) {
        let ids = page.ids.iter().flatten().cloned().collect();
        self.confirmation = Some(Confirmation::Shift(Shift { before, ids }));
        let step = match &self.state {
            State::Queued(queue) if let Some(position) = queue.position() => Step::Page(position),
            _ => after_numbered(number, self.facts(page, link, None)),
        };
        // The next page is compared with the records that were returned last.
        self.reviewed = Some(Reviewed { identity: Identity::Unchecked, step, is_empty: false, is_longer: false });
    }

    /// Reviews a part of a list that is read by its ids.
    fn review_part(&mut self, page: &PageSummary) -> Result<Review, Error> {
        let State::Queued(queue) = &self.state else { return Ok(Review::Discard) };
        let requested = queue.current.as_ref().and_then(|planning| planning.ids.clone()).unwrap_or_default();
        let known: HashSet<i64> = requested.iter().copied().collect();
        if let Some(other) = integers(&page.ids).into_iter().find(|id| !known.contains(id)) {
            return Err(self.stopped(&format!("the server sent the record {other}, whose id was not requested")));
        }
        let mut seen = HashSet::new();
        let repeated: Vec<bool> = page.ids.iter().map(|id| id.as_ref().is_some_and(|id| !seen.insert(id))).collect();
        let count = repeated.iter().filter(|repeated| !**repeated).count();
        if page.link.next().is_some() && count < requested.len() {
            return Err(self.stopped(&format!(
                "the server sent {count} records for {} ids, and a link to more, although they fit on one page",
                requested.len()
            )));
        }
        let step = queue.position().map_or(Step::End, Step::Page);
        // Parts request different ids, so they are not compared with each other.
        self.keep(Identity::Unchecked, step, page, repeated, None)
    }

    /// Returns which records were on the previous page. A page without a new record is an error.
    fn check_progress(&self, page: &Identity, link: Link) -> Result<Vec<bool>, Error> {
        let why = match self.progress.check(page) {
            Ok(repeated) => return Ok(repeated),
            Err(Repetition::Content) if link == Link::Last => return Ok(Vec::new()),
            // Each link leads to a later page, so equal pages can hold different records.
            Err(Repetition::Content)
                if matches!(link, Link::Next(_) | Link::OtherPages { .. })
                    && !self.progress.has_too_many_equal_pages() =>
            {
                return Ok(Vec::new());
            }
            Err(Repetition::Content) => {
                "the server sent a page that equals the previous one, and its records have no ids"
            }
            Err(Repetition::Previous) => NO_NEW_RECORD,
            Err(Repetition::Earlier) => "the server sent an earlier page again",
            Err(Repetition::EarlierContent) => {
                "the server sent only earlier pages again, and their records have no ids"
            }
        };
        Err(self.stopped(why))
    }

    fn facts(&self, page: &PageSummary, link: Link, last_id: Option<i64>) -> PageFacts {
        // An operation without parameters for paging returns the whole list, unless it links to a next page.
        let operation = self.request.as_ref().and_then(|(_, request)| request.operation);
        let is_whole = operation.is_some_and(|operation| operation.lacks("page") && operation.lacks("pageId"));
        let link = if is_whole && link.next().is_none() { Link::Last } else { link };
        PageFacts {
            link,
            count: page.ids.len(),
            page_size: self.page_size() as usize,
            last_id,
            is_first: self.pages == 0,
        }
    }

    /// Stores what was found out about a page, for [`advance`](Self::advance). `short` is how many records were read up
    /// to the end of a planned page that has fewer records than were counted.
    ///
    /// If the list cannot be read further and the next position is unknown, fails before the page is returned, so that
    /// the bookmark stays correct.
    fn keep(
        &mut self,
        identity: Identity,
        step: Step,
        page: &PageSummary,
        repeated: Vec<bool>,
        short: Option<i64>,
    ) -> Result<Review, Error> {
        if let Step::Fail { why, resume: None } = &step {
            return Err(self.stopped(why));
        }
        let is_empty = page.ids.is_empty();
        let is_longer = page.ids.len() > self.page_size() as usize;
        let is_forward = matches!(self.position, Some(Position::Forward(_)));
        let is_last_empty_page = self.empty_pages >= MAX_EMPTY_PAGES;
        // A correct server does not send an empty page before the end of a list. Which one is wrong, the page or the
        // link, is decided by a count.
        let is_doubtful =
            is_empty && self.planned_pages_are_over() && matches!(step, Step::Page(_) | Step::UnconfirmedEnd);
        let (read, then) = match short {
            Some(read) => (Some(read), Step::End),
            None if is_doubtful && is_forward && !is_last_empty_page => (self.records_read(), step.clone()),
            None if is_doubtful => (self.records_read(), Step::End),
            None => (None, step.clone()),
        };
        if let (Some(read), Some((connection, request))) = (read, self.count_request()) {
            let count = Box::pin(count_records(connection, request));
            self.confirmation = Some(Confirmation::Recount(Recount { count, read, then }));
            self.reviewed = Some(Reviewed { identity, step, is_empty, is_longer });
            return Ok(Review::Confirm(repeated));
        }
        if is_doubtful && (is_last_empty_page || step == Step::UnconfirmedEnd) {
            // What the empty pages should have held is read when the list resumes.
            self.position = self.empty_since.or(self.position);
            return Err(self.stopped("the server sent an empty page, but not the end of the list"));
        }
        self.reviewed = Some(Reviewed { identity, step, is_empty, is_longer });
        Ok(Review::Return(repeated))
    }

    /// Returns how many records of the list have been read; `None` if reading started after an id.
    fn records_read(&self) -> Option<i64> {
        let skipped = match self.start? {
            Position::Forward(0) => 0,
            Position::Page(page) => i64::from(page - 1).saturating_mul(i64::from(self.page_size())),
            Position::Forward(_) | Position::Part(_) => return None,
        };
        Some(skipped.saturating_add(i64::try_from(self.records).unwrap_or(i64::MAX)))
    }

    /// Returns whether no planned page is left.
    fn planned_pages_are_over(&self) -> bool {
        match &self.state {
            State::Queued(queue) => queue.position().is_none(),
            _ => true,
        }
    }

    /// Polls for the decision about the reviewed page. Returns whether it is returned; otherwise, it is requested again.
    pub(crate) fn poll_confirmation(&mut self, context: &mut Context<'_>) -> Poll<Result<bool, Error>> {
        let result = match &mut self.confirmation {
            None => return Poll::Ready(Ok(true)),
            Some(Confirmation::Recount(recount)) => {
                let count = ready!(recount.count.as_mut().poll(context));
                let (read, then) = (recount.read, recount.then.clone());
                count.and_then(|count| self.decide_by_count(count, read, then))
            }
            Some(Confirmation::Shift(shift)) => {
                let before = ready!(shift.before.as_mut().poll(context));
                let ids = std::mem::take(&mut shift.ids);
                before.and_then(|before| self.decide_by_page_before(&before, &ids))
            }
        };
        self.confirmation = None;
        if result.is_err() {
            self.state = State::End;
        }
        Poll::Ready(result)
    }

    /// Decides by a new count whether a page is complete that has fewer records than expected: records may have been
    /// deleted. If the list has more records than were read, they may have been created since the page was sent.
    fn decide_by_count(&mut self, records: i64, read: i64, then: Step) -> Result<bool, Error> {
        if records > read {
            let why = format!(
                "the server counts {records} records, but its page ends after {read}, although it should hold more"
            );
            return self.request_again(&why);
        }
        if let Some(reviewed) = &mut self.reviewed {
            reviewed.step = then;
        }
        Ok(true)
    }

    /// Decides whether a page has no new record because the list has shifted: the page before it then has other records
    /// now.
    fn decide_by_page_before(&mut self, before: &BufferedResponse, ids: &HashSet<RecordId>) -> Result<bool, Error> {
        let has_shifted =
            read_ids(&before.body).is_some_and(|before| before.iter().flatten().any(|id| !ids.contains(id)));
        if has_shifted && self.shifted_pages < MAX_SHIFTED_PAGES { Ok(true) } else { self.request_again(NO_NEW_RECORD) }
    }

    /// Requests the reviewed page again. Fails for the reason `why` if that has been done too often.
    fn request_again(&mut self, why: &str) -> Result<bool, Error> {
        self.reviewed = None;
        if self.repeated_requests >= MAX_REPEATED_REQUESTS {
            return Err(self.stopped(why));
        }
        self.repeated_requests += 1;
        let Some(position) = self.position else { return Err(self.stopped(why)) };
        let page = match self.state {
            State::Queued(_) => self.page_request(&self.query),
            _ => None,
        };
        match (&mut self.state, page) {
            (State::Queued(queue), Some(page)) => {
                let (connection, request) = page?;
                let page = InFlight::Pending(Box::pin(fetch(connection, request)));
                queue.in_flight.push_front((Planning { position, ids: None }, page));
            }
            _ => self.go_to(position),
        }
        Ok(false)
    }

    /// Starts a second request for the page before this one, if there is one.
    fn request_before(&self, number: u32) -> Option<PageResponse> {
        let query = ListQuery { page: Some(number.checked_sub(1).filter(|page| *page > 0)?), ..self.query.clone() };
        let (connection, request) = self.page_request(&query)?.ok()?;
        Some(Box::pin(fetch(connection, request)))
    }

    /// Returns whether a list that was resumed after an id got page 1, which ends with that id. The endpoint then ignores
    /// forward-only paging, which the page before the bookmark did not show.
    fn is_page_1_again(&self, after: i64, page: &PageSummary) -> bool {
        let is_resumed = self.options.bookmark.is_some_and(|bookmark| {
            bookmark.position == Position::Forward(after) && bookmark.page_size == self.page_size()
        });
        let ids = integers(&page.ids);
        is_resumed && after > 0 && ids.last() == Some(&after) && first_out_of_order(i64::MIN, &ids).is_none()
    }

    fn cannot_start(&self, after: i64) -> Error {
        self.stopped(&format!(
            "the endpoint does not support forward-only paging, so the list cannot start after id {after}"
        ))
    }

    /// Notes that the reviewed page is about to be returned.
    pub(crate) fn begin_page(&mut self) {
        self.current = self.position;
    }

    /// Moves to the position after the reviewed page, of which the caller has received `returned` records.
    pub(crate) fn advance(&mut self, returned: usize) {
        let Some(Reviewed { identity, step, is_empty, is_longer }) = self.reviewed.take() else { return };
        // Only a page without a new record that the list's shift explains is not remembered.
        self.shifted_pages = match identity {
            Identity::Unchecked if returned == 0 && !is_empty => self.shifted_pages + 1,
            _ => 0,
        };
        self.repeated_requests = 0;
        self.previous_is_longer = is_longer;
        self.progress.remember(identity);
        self.pages = self.pages.saturating_add(1);
        // A usize fits into 64 bits on every platform.
        self.records = self.records.saturating_add(returned as u64);
        (self.empty_pages, self.empty_since) = match is_empty {
            true => (self.empty_pages + 1, self.empty_since.or(self.position)),
            false => (0, None),
        };
        match step {
            Step::Page(position) if !self.planned_pages_are_over() => self.position = Some(position),
            Step::Page(position) => self.go_to(position),
            Step::End | Step::UnconfirmedEnd => self.end(),
            Step::Fail { why, resume } => {
                self.position = resume;
                self.state = State::Failed(self.stopped(&why));
            }
        }
    }

    /// Returns the error for a list that cannot be read to its end. It says where reading stopped.
    fn stopped(&self, why: &str) -> Error {
        let records = match self.records {
            1 => "1 record".to_owned(),
            records => format!("{records} records"),
        };
        let at = self.position.map_or_else(String::new, |position| format!(" at {position}"));
        Error::paging(format!("{why}; reading stopped{at}, after {records}; a bookmark resumes there"))
            .with_operation(self.request.as_ref().and_then(|(_, request)| request.operation))
    }

    fn page_size(&self) -> u32 {
        self.query.page_size.unwrap_or(LARGEST_PAGE).max(1)
    }

    /// Marks the list as complete: there is no next page.
    fn end(&mut self) {
        self.position = None;
        self.state = State::End;
    }

    /// Stops reading, but keeps the position of the next page for the bookmark.
    pub(crate) fn stop(&mut self) {
        self.ahead.cancel();
        self.state = State::End;
    }

    /// Returns the start of the last page that was returned.
    pub(crate) fn current_bookmark(&self) -> Option<Bookmark> {
        self.current.map(|position| self.bookmark_at(position))
    }

    /// Returns the start of the next page; `None` after the end of the list. Before the first poll, and if the query is
    /// not valid, returns the bookmark to resume at, if there is one.
    pub(crate) fn bookmark(&self) -> Option<Bookmark> {
        match self.request {
            None => self.options.bookmark,
            Some(_) => self.position.map(|position| self.bookmark_at(position)),
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

/// Sets the position at which a query starts.
fn start_at(query: &mut ListQuery, position: Position) {
    (query.page_id, query.page) = match position {
        Position::Forward(id) => (Some(id), None),
        Position::Page(page) => (None, Some(page)),
        Position::Part(_) => (None, None),
    };
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

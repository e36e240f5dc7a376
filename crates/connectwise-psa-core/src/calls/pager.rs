//! Decides which page of a list to request next, and when the list ends. The code does not depend on the type of the
//! records: it uses their number, their ids, the headers and a hash of the body.

pub(crate) mod review;

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Context, Poll};

use crate::calls::background::{PageResponse, fetch_in_background};
use crate::calls::bookmark::{Bookmark, Position, stable_hash};
use crate::calls::count::count_records;
use crate::calls::decode::BufferedResponse;
use crate::calls::long_query::{Part, apply_query, split_by_ids};
use crate::calls::next_step::Step;
use crate::calls::page::Link;
use crate::calls::pager::review::{Confirmation, Reviewed};
use crate::calls::progress::{Identity, Progress};
use crate::calls::read_ahead::{Arrived, ReadAhead};
use crate::calls::request_builder::RequestBuilder;
use crate::conditions::field_selection::FieldSelection;
use crate::error::Error;
use crate::operation::Paging;
use crate::query::list_query::LARGEST_PAGE;
use crate::query::list_query::ListQuery;
use crate::query::text_or::TextOr;
use crate::transport::connection::{BoxFuture, Connection};
use crate::transport::request::Request;

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
                            return Poll::Ready(Some(Ok(self.with_page_number(response))));
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
        // An error is returned when the caller needs the page.
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
        Some(Poll::Ready(result.map(|response| self.with_page_number(response))))
    }

    fn with_page_number(&self, response: BufferedResponse) -> BufferedResponse {
        BufferedResponse { page: self.query.page, ..response }
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

    /// Returns whether no planned page is left.
    fn planned_pages_are_over(&self) -> bool {
        match &self.state {
            State::Queued(queue) => queue.position().is_none(),
            _ => true,
        }
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

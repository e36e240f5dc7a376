//! Paging: which page to ask for next, and when there is none. Not generic: it sees counts and headers, no records.

use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};
use std::task::{Context, Poll};

use bytes::Bytes;

use crate::calls::bookmark::{Bookmark, Position, mark};
use crate::calls::count::Count;
use crate::calls::decode::{Received, receive};
use crate::calls::long_query::{apply_query, split};
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

/// How many empty pages in a row may still have a next one.
const MOST_EMPTY: u32 = 3;

/// How a list is to be read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reading {
    /// How many pages are asked for at a time; 0 and 1 are the same.
    pub(crate) at_a_time: usize,
    /// Where to go on.
    pub(crate) bookmark: Option<Bookmark>,
    /// The greatest number of records wanted.
    pub(crate) most: Option<u64>,
}

/// Reads a list page by page.
pub(crate) struct Pager {
    /// The connection and the request without list parameters, from the first poll on.
    ready: Option<(Connection, Request)>,
    query: ListQuery,
    reading: Reading,
    state: State,
    /// Where the next page to be handed out begins; none behind the last one.
    position: Option<Position>,
    /// Where the list begins.
    start: Option<Position>,
    mark: u64,
    /// How many pages have been read.
    pages: u32,
    /// How many of the last ones were empty.
    empty: u32,
    /// What the page before looked like, against servers that send one page for ever.
    previous: PageFingerprint,
    /// Whether forward-only reading was this pager's own choice.
    chose_forward: bool,
}

enum State {
    /// Nothing has been sent.
    Start(Box<RequestBuilder>),
    /// The number of records is being asked for.
    Count(BoxFuture<'static, Result<i64, Error>>),
    /// The query asks for the next page.
    Ask,
    Wait(BoxFuture<'static, Result<Received, Error>>),
    /// The pages are known beforehand.
    Planned(Planned),
    /// One page was read and the next cannot be asked for.
    Fail(Error),
    End,
}

/// Pages that are known beforehand, several of them asked for at a time and handed out in order.
struct Planned {
    queries: VecDeque<(Position, ListQuery)>,
    in_flight: VecDeque<(Position, InFlight)>,
    at_a_time: usize,
    /// Whether records may stand behind the last planned page: the count is of before.
    may_go_on: bool,
}

enum InFlight {
    Asked(BoxFuture<'static, Result<Received, Error>>),
    Here(Result<Received, Error>),
}

/// What paging needs to know of a page.
pub(crate) struct PageInfo {
    link: Link,
    fingerprint: PageFingerprint,
}

/// The length of a page with its start and its end, which tell pages apart without keeping them.
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
    pub(crate) fn new(request: RequestBuilder, mut query: ListQuery, reading: Reading) -> Self {
        let size = reading.bookmark.filter(counts_pages).map(|bookmark| bookmark.page_size);
        query.page_size = query.page_size.or(size).or(Some(LARGEST_PAGE));
        Self {
            ready: None,
            query,
            reading,
            state: State::Start(Box::new(request)),
            position: None,
            start: None,
            mark: 0,
            pages: 0,
            empty: 0,
            previous: PageFingerprint::default(),
            chose_forward: false,
        }
    }

    /// The next page; after an error, nothing more.
    pub(crate) fn poll_page(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Received, Error>>> {
        loop {
            match std::mem::replace(&mut self.state, State::End) {
                State::Start(request) => match self.begin(*request) {
                    Ok(state) => self.state = state,
                    Err(error) => return Poll::Ready(Some(Err(error))),
                },
                State::Count(mut count) => {
                    let Poll::Ready(counted) = count.as_mut().poll(context) else {
                        self.state = State::Count(count);
                        return Poll::Pending;
                    };
                    match counted {
                        Ok(records) => self.state = State::Planned(self.plan_pages(records)),
                        Err(error) => return Poll::Ready(Some(Err(error))),
                    }
                }
                State::Ask => match self.request(&self.query) {
                    Some(Ok((connection, request))) => self.state = State::Wait(Box::pin(receive(connection, request))),
                    Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                    None => return Poll::Ready(None),
                },
                State::Wait(mut answer) => {
                    let Poll::Ready(received) = answer.as_mut().poll(context) else {
                        self.state = State::Wait(answer);
                        return Poll::Pending;
                    };
                    if let Err(error) = &received
                        && self.chose_forward
                        && self.pages == 0
                        && refuses_forward_only(error)
                    {
                        self.by_page_numbers();
                        continue;
                    }
                    return Poll::Ready(self.accept(received));
                }
                State::Planned(planned) => match self.poll_planned(planned, context) {
                    Some(answer) => return answer,
                    None => continue,
                },
                State::Fail(error) => return Poll::Ready(Some(Err(error))),
                State::End => return Poll::Ready(None),
            }
        }
    }

    /// Checks the query, makes the request without its parameters, and chooses how to read.
    fn begin(&mut self, builder: RequestBuilder) -> Result<State, Error> {
        let operation = builder.operation();
        let counting = operation
            .and_then(|operation| operation.related.count)
            .filter(|_| self.reading.at_a_time > 1)
            .map(|count| builder.related_call(count));
        let (connection, request) = builder.prepare()?;
        self.query.check().map_err(|error| error.with_operation(operation))?;
        // What is searched for is too long for the URL of a count.
        let forward = matches!(self.reading.bookmark, Some(Bookmark { position: Position::Forward(_), .. }));
        let counting = counting.filter(|count| !forward && count.fits(&self.query.counted()));
        if request.try_clone().is_none() {
            return Err(Error::invalid_input("body", "is a stream, which cannot be sent once for each page")
                .with_operation(operation));
        }
        self.mark = list_fingerprint(&request, &self.query);
        let done = match self.reading.bookmark.map(|bookmark| bookmark.position) {
            Some(Position::Part(done)) => done,
            _ => 0,
        };
        let divided = split(&request, &self.query, connection.base_length(), done);
        self.ready = Some((connection, request));
        self.resume(divided.is_some()).map_err(|error| error.with_operation(operation))?;
        if let Some(divided) = divided {
            return Ok(State::Planned(self.plan_parts(divided)));
        }
        if self.query.page_id.is_none() && self.query.page.is_none() {
            // facts: forward-only reading knows one order alone, by id; nothing is lost or repeated in it while records
            // come and go.
            self.chose_forward = operation.is_none_or(|operation| operation.paging == Paging::PageOrForward)
                && !self.query.order_by.is_set()
                && counting.is_none();
            if self.chose_forward {
                self.query.page_id = Some(0);
            } else {
                self.query.page = Some(1);
            }
        }
        self.position = Some(position(&self.query));
        self.start = self.position;
        Ok(match counting {
            Some(_) if self.query.page_id.is_some() => {
                let why = "reads forward only, which is one page after the other; leave out either it or `parallel`";
                return Err(Error::invalid_input("page_id", why).with_operation(operation));
            }
            Some(count) => {
                let query = self.query.counted();
                State::Count(Box::pin(async move { Count::<Value>::with_query(count, query).await }))
            }
            None => State::Ask,
        })
    }

    /// Goes to the bookmark, if there is one.
    fn resume(&mut self, is_divided: bool) -> Result<(), Error> {
        let Some(bookmark) = self.reading.bookmark else { return Ok(()) };
        let refuse = |why: &str| Err(Error::invalid_input("bookmark", why));
        if bookmark.mark != self.mark {
            return refuse("is of another list: path, conditions or order differ");
        }
        if counts_pages(&bookmark) && self.query.page_size != Some(bookmark.page_size) {
            return refuse("is of pages of another size");
        }
        if self.query.page.is_some() || self.query.page_id.is_some() {
            return refuse("says where to begin, and so does a page or a page id");
        }
        match bookmark.position {
            Position::Part(_) if is_divided => {}
            Position::Part(_) => return refuse("is of a list that is read in parts, which this one is not"),
            _ if is_divided => return refuse("is of a list that is read whole, and this one is read in parts"),
            Position::Page(page) => self.query.page = Some(page),
            Position::Forward(_) if self.query.order_by.is_set() => return refuse("reads by id, and an order is set"),
            // The start of the list: how to read it is chosen anew.
            Position::Forward(0) => {}
            Position::Forward(after) => self.query.page_id = Some(after),
        }
        Ok(())
    }

    fn plan_parts(&mut self, divided: Vec<(u32, ListQuery)>) -> Planned {
        let queries: VecDeque<_> = divided.into_iter().map(|(place, query)| (Position::Part(place), query)).collect();
        self.position = queries.front().map(|(position, _)| *position);
        self.start = self.position;
        Planned { queries, in_flight: VecDeque::new(), at_a_time: self.reading.at_a_time.max(1), may_go_on: false }
    }

    /// The pages that so many records fill, as far as they are wanted.
    fn plan_pages(&self, records: i64) -> Planned {
        let size = i64::from(self.query.page_size.unwrap_or(LARGEST_PAGE)).max(1);
        let filled = |records: i64| {
            u32::try_from(records.saturating_sub(1).div_euclid(size).saturating_add(1)).unwrap_or(1).max(1)
        };
        let first = self.query.page.unwrap_or(1);
        let wanted = self
            .reading
            .most
            .map_or(u32::MAX, |most| first.saturating_add(filled(i64::try_from(most).unwrap_or(i64::MAX)) - 1));
        let last = filled(records).min(wanted).max(first);
        let queries = (first..=last)
            .map(|page| (Position::Page(page), ListQuery { page: Some(page), ..self.query.clone() }))
            .collect();
        Planned { queries, in_flight: VecDeque::new(), at_a_time: self.reading.at_a_time, may_go_on: true }
    }

    /// Asks for as many pages as may be on their way, and takes those that have come.
    fn ask_ahead(&self, planned: &mut Planned, context: &mut Context<'_>) {
        while planned.in_flight.len() < planned.at_a_time
            && let Some((position, query)) = planned.queries.pop_front()
        {
            match self.request(&query) {
                Some(Ok((connection, request))) => {
                    planned.in_flight.push_back((position, InFlight::Asked(Box::pin(receive(connection, request)))))
                }
                Some(Err(error)) => planned.in_flight.push_back((position, InFlight::Here(Err(error)))),
                None => return,
            }
        }
        for (_, page) in &mut planned.in_flight {
            if let InFlight::Asked(answer) = page
                && let Poll::Ready(received) = answer.as_mut().poll(context)
            {
                *page = InFlight::Here(received);
            }
        }
    }

    /// The next planned page; `None` when the state has changed.
    fn poll_planned(
        &mut self,
        mut planned: Planned,
        context: &mut Context<'_>,
    ) -> Option<Poll<Option<Result<Received, Error>>>> {
        self.ask_ahead(&mut planned, context);
        match planned.in_flight.pop_front() {
            None => {
                self.state = State::End;
                None
            }
            Some((position, InFlight::Here(received))) => {
                if let Position::Page(page) = position {
                    self.query.page = Some(page);
                }
                self.position = Some(position);
                // Parts are different records, however much alike they look.
                let accepted = match position {
                    Position::Part(_) => Some(received),
                    _ => self.accept(received),
                };
                if let Some(Ok(_)) = accepted {
                    // The next request is on its way while this page is in use.
                    self.ask_ahead(&mut planned, context);
                    self.state = State::Planned(planned);
                }
                // Otherwise what is under way is dropped with the plan.
                Some(Poll::Ready(accepted))
            }
            Some(asked) => {
                planned.in_flight.push_front(asked);
                self.state = State::Planned(planned);
                Some(Poll::Pending)
            }
        }
    }

    fn request(&self, query: &ListQuery) -> Option<Result<(Connection, Request), Error>> {
        let (connection, request) = self.ready.as_ref()?;
        let mut request = request.try_clone()?;
        let operation = request.operation;
        Some(match apply_query(&mut request, query, connection.base_length()) {
            Ok(()) => Ok((connection.clone(), request)),
            Err(error) => Err(error.with_operation(operation)),
        })
    }

    fn by_page_numbers(&mut self) {
        self.chose_forward = false;
        self.query.page_id = None;
        self.query.page = Some(1);
        self.position = Some(Position::Page(1));
        self.start = self.position;
        self.state = State::Ask;
    }

    /// Takes a page, unless it is the one before once more.
    fn accept(&mut self, received: Result<Received, Error>) -> Option<Result<Received, Error>> {
        let received = match received {
            Ok(received) => received,
            Err(error) => return Some(Err(error)),
        };
        let link = Link::read(&received.headers);
        // One that leads to a page number, not to an id, is of numbered pages.
        let is_forward = link.present && link.next.is_none_or(|next| next.page_id.is_some());
        if let Some(after) = self.query.page_id
            && self.pages == 0
            && after > 0
            && !is_forward
        {
            // Its records are those of the list's beginning.
            return Some(Err(received.name(Error::paging(format!(
                "the endpoint does not read forward only, so it cannot begin after id {after}"
            )))));
        }
        if self.is_repeated(&received) {
            self.position = None;
            return None;
        }
        Some(Ok(Received { page: self.query.page, ..received }))
    }

    /// Whether the server does not heed the page asked for. With links that go on, two pages can be equal for good
    /// reason when `fields` leaves the id out, so only pages with ids are then taken for one.
    fn is_repeated(&self, received: &Received) -> bool {
        let equal = self.pages > 0
            && received.body.len() > 2
            && received.body.len() == self.previous.length
            && PageFingerprint::new(&received.body) == self.previous;
        // Of the records themselves: references inside them have ids of their own, and those are often all the same.
        let records = || {
            serde_json::from_slice::<Vec<BTreeMap<Cow<'_, str>, IgnoredAny>>>(without_byte_order_mark(&received.body))
        };
        let holds_ids = || records().is_ok_and(|records| records.iter().any(|record| record.contains_key("id")));
        equal && (!Link::read(&received.headers).present || holds_ids())
    }

    pub(crate) fn info(&self, received: &Received) -> PageInfo {
        PageInfo { link: Link::read(&received.headers), fingerprint: PageFingerprint::new(&received.body) }
    }

    /// Goes on behind a page of `count` records.
    pub(crate) fn advance(&mut self, info: PageInfo, count: usize) {
        let first = self.pages == 0;
        self.pages = self.pages.saturating_add(1);
        self.empty = if count == 0 { self.empty + 1 } else { 0 };
        self.previous = info.fingerprint;
        if let State::Planned(planned) = &self.state {
            // A longer page than asked for, with none behind it, is all there is: paging was not heeded.
            if planned.may_go_on
                && info.link.next.is_none()
                && count > self.query.page_size.unwrap_or(LARGEST_PAGE) as usize
            {
                return self.end();
            }
            let upcoming = planned
                .in_flight
                .front()
                .map(|(position, _)| *position)
                .or_else(|| planned.queries.front().map(|(position, _)| *position));
            if upcoming.is_some() || !planned.may_go_on {
                self.position = upcoming;
                return;
            }
            // The last page that the count promised: records may have come since.
        }
        // A server whose links go on for ever behind the end.
        if self.empty > MOST_EMPTY {
            return self.end();
        }
        self.state = match next(&self.query, info.link, count, first) {
            Ok(Some(query)) => {
                self.query = query;
                self.position = Some(position(&self.query));
                State::Ask
            }
            Ok(None) => return self.end(),
            Err(error) => {
                State::Fail(error.with_operation(self.ready.as_ref().and_then(|(_, request)| request.operation)))
            }
        };
    }

    /// The end of the list is reached: there is no next page.
    fn end(&mut self) {
        self.position = None;
        self.state = State::End;
    }

    /// Reads no further; the next page keeps its bookmark.
    pub(crate) fn stop(&mut self) {
        self.state = State::End;
    }

    /// Where the page begins that was handed out first; `None` before and behind it.
    pub(crate) fn first(&self) -> Option<Bookmark> {
        (self.pages <= 1).then_some(self.start?).map(|position| self.at(position))
    }

    /// Where the next page begins; `None` before the list has begun and behind its end.
    pub(crate) fn bookmark(&self) -> Option<Bookmark> {
        match self.state {
            State::Start(_) => self.reading.bookmark,
            _ => self.position.map(|position| self.at(position)),
        }
    }

    fn at(&self, position: Position) -> Bookmark {
        Bookmark { position, page_size: self.query.page_size.unwrap_or(LARGEST_PAGE), mark: self.mark }
    }
}

/// Whether a bookmark's place depends on the size of pages.
fn counts_pages(bookmark: &Bookmark) -> bool {
    matches!(bookmark.position, Position::Page(_))
}

/// What tells a list from others: where it is read and what is asked, but for fields and pages.
fn list_fingerprint(request: &Request, query: &ListQuery) -> u64 {
    let asked = query.pairs();
    let asked = asked.iter().filter(|(name, _)| !["fields", "page", "pageSize", "pageId"].contains(name));
    let own = request.query.iter().flat_map(|(name, value)| [name.as_ref(), value.as_str()]);
    mark([request.path.as_str()].into_iter().chain(own).chain(asked.flat_map(|(name, value)| [*name, value.as_str()])))
}

/// The place a query begins at.
fn position(query: &ListQuery) -> Position {
    query.page_id.map_or(Position::Page(query.page.unwrap_or(1)), Position::Forward)
}

/// Whether an endpoint that was asked to read forward only says that it cannot. facts: one of them failed with a 500
/// about a boolean.
fn refuses_forward_only(error: &Error) -> bool {
    let says = |text: &str| error.message().is_some_and(|message| message.to_ascii_lowercase().contains(text));
    match error.status().map(|status| status.as_u16()) {
        Some(500) => says("valid boolean"),
        Some(400) => says("pagination") || says("pageid") || says("forward-only"),
        _ => false,
    }
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
            _ => {
                return Err(Error::paging(format!(
                    "after page id {after} the server does not say where the list goes on"
                )));
            }
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

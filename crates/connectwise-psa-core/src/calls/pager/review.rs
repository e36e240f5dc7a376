//! Decides what happens with a page that has arrived: whether it is the one that was requested, which of its records are
//! new, and what follows it. A doubtful page is confirmed by another request.

use std::collections::HashSet;
use std::task::{Context, Poll, ready};

use bytes::Bytes;

use crate::calls::background::PageResponse;
use crate::calls::bookmark::Position;
use crate::calls::count::count_records;
use crate::calls::decode::{BufferedResponse, fetch};
use crate::calls::next_step::{PageFacts, Step, after_forward, after_numbered};
use crate::calls::page::{Link, NextPage};
use crate::calls::pager::{InFlight, PageQueue, Pager, Planning, State};
use crate::calls::progress::{Identity, Repetition, first_out_of_order, integers};
use crate::calls::record_id::RecordId;
use crate::calls::records::{RecordIds, read_ids};
use crate::error::Error;
use crate::query::list_query::ListQuery;
use crate::transport::connection::BoxFuture;

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
pub(super) struct Reviewed {
    pub(super) identity: Identity,
    pub(super) step: Step,
    pub(super) is_empty: bool,
    /// Whether it has more records than were requested.
    pub(super) is_longer: bool,
}

/// A request that decides whether a page is returned.
pub(super) enum Confirmation {
    Recount(Recount),
    Shift(Shift),
}

/// A second request for the page before a page without a new record. If records were created on earlier pages in the
/// meantime, the page before now has other records. A server that ignores the page number sends the same again.
pub(super) struct Shift {
    before: PageResponse,
    /// The ids of the page without a new record.
    ids: HashSet<RecordId>,
}

/// A count of the list while it is read, because a page has fewer records than expected.
pub(super) struct Recount {
    count: BoxFuture<'static, Result<i64, Error>>,
    /// How many records were read up to the end of the page. If the list has no more, the page is complete.
    read: i64,
    /// What follows a complete page.
    then: Step,
}

impl Pager {
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
}

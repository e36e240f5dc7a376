//! Calls that read lists: all records, one record, one page, or a stream of records or pages.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use serde::de::DeserializeOwned;

use crate::calls::bookmark::Bookmark;
use crate::calls::count::Count;
use crate::calls::decode::{BufferedResponse, fetch};
use crate::calls::page::{Link, Page};
use crate::calls::pager::review::{PageSummary, Review};
use crate::calls::pager::{Pager, ReadOptions};
use crate::calls::records::{DecodeRecords, UnreadableRecord, decode_all, decode_readable, remove_ids};
use crate::calls::request_builder::RequestBuilder;
use crate::calls::setters::header_setter;
use crate::conditions::field_selection::FieldSelection;
use crate::conditions::order_by::OrderBy;
use crate::error::Error;
use crate::fields::record::{Fields, HasFields};
use crate::fields::sort_and_select::{Selected, SortKeys};
use crate::query::filters::Filters;
use crate::query::list_query::ListQuery;
use crate::query::setters::{page_setters, text_filters, typed_filters};
use crate::query::text_or::TextOr;
use crate::transport::dry_run::DryRun;
use crate::transport::options::RetryPolicy;

/// A list of records. Choose what to read: [`all`](Self::all) records, one [`page`](Self::page), the
/// [`first`](Self::first) record, exactly [`one`](Self::one) record, a [`stream`](Self::stream) of records, or
/// [`pages`](Self::pages). A list is not a future, so that one page cannot be mistaken for the whole list.
///
/// The options of a call ([`timeout`](Self::timeout), [`retry`](Self::retry), [`header`](Self::header), …) apply to
/// each request of the list.
///
/// # Paging
///
/// If the endpoint supports it and no order is set, a list is read with forward-only paging: by ascending id, with each
/// page starting after the last id of the previous page. Records that are created or deleted during the read then cause
/// neither gaps nor duplicates. Endpoints that ignore or reject forward-only paging are detected and read by page
/// number. Lists with an order, and lists that start at a [page number](Self::from_page), are also read by page number.
/// Page numbers guarantee less: if a record on an earlier page is deleted, the following records move up and one can be
/// missed. If a record is inserted on an earlier page, records of the previous page appear again; they are left out.
///
/// With forward-only paging, the next page is requested while the caller uses this one: by [`all`](Self::all) and
/// [`ItemStream::try_collect`] on a new stream from the first page on, otherwise from the second page on. The list then
/// holds one response more than the current page. A record that is changed after the request for its page is returned as
/// it was before. With page numbers and without [`parallel`](Self::parallel), each page is requested when the caller needs
/// it, because changes by the caller can move the records between the pages.
///
/// Each page must have new records: forward-only pages must have ascending ids, and a numbered page must have a record
/// that was not on the previous page, unless new records on earlier pages have shifted the list. Otherwise, or if the
/// server's links or counts do not fit, the list fails with a paging error that says where it stopped. For this, the ids
/// are also requested if other fields are selected, and are then removed from the records. A record without an id is an
/// error if its type has one.
///
/// A query that is too long for a URL (2,000 characters) is sent as a search if there is one (service and project
/// tickets). A list with a long `id in (…)` is read in parts, by ascending or descending id, if no other order and no
/// page is set. Any other query that is too long is rejected before it is sent; the error states the length of the URL.
///
/// A record that cannot be decoded is an error that names its index on the page and the field.
/// [`stream_lenient`](Self::stream_lenient) returns the other records of the list, and
/// [`decode_as`](Self::decode_as) decodes the list as another type, such as [`serde_json::Value`].
#[must_use = "a list reads nothing by itself: await `all`, `page`, `first` or `one`, or read from `stream` or `pages`"]
pub struct List<T> {
    request: RequestBuilder,
    query: ListQuery,
    filters: Filters,
    options: ReadOptions,
    records: PhantomData<fn() -> T>,
}

impl<T> List<T> {
    pub(crate) fn new(request: RequestBuilder) -> Self {
        Self {
            filters: Filters::from_default(request.default_condition()),
            request,
            query: ListQuery::default(),
            options: ReadOptions::default(),
            records: PhantomData,
        }
    }

    /// Returns the query with the filters, for example to check it with `schemas::check` of `connectwise-psa`.
    pub fn to_query(&self) -> ListQuery {
        self.query.clone().narrowed(self.filters.clone())
    }

    crate::option_setters!();

    header_setter!();

    /// Returns the request that [`page`](Self::page) sends, with secrets redacted, without sending it: for the first
    /// page, or the one set with [`from_page`](Self::from_page). [`all`](Self::all) and [`stream`](Self::stream) may
    /// use forward-only paging instead, and [`parallel`](Self::parallel) first sends a count.
    ///
    /// # Errors
    ///
    /// Invalid input.
    pub fn dry_run(&self) -> Result<DryRun, Error> {
        reject_bookmark(&self.request, &self.options)?;
        let mut query = self.query_with_page_size();
        if query.page_id.is_none() {
            query.page = query.page.or(Some(1));
        }
        self.request.dry_run(&query)
    }

    /// Returns the query with the filters and a page size.
    fn query_with_page_size(&self) -> ListQuery {
        let mut query = self.to_query();
        query.page_size = query.page_size.or(Some(self.options.page_size()));
        query
    }

    /// Limits the number of records that are returned. Also limits the page size, unless a page size or a bookmark is
    /// set.
    #[doc(alias = "limit")]
    pub fn take(mut self, records: u64) -> Self {
        self.options.limit = Some(records);
        self
    }

    /// Requests this many pages at a time. The records are counted first, and are returned in the order of their pages.
    /// If fewer records arrive than were counted, they are counted and requested again a few times; the list fails unless
    /// records were deleted.
    /// At most this many pages are in memory in addition to the current one. Use it to read a whole list. The list is
    /// read by page number, with the weaker guarantee of page numbers. The list is read one page at a time if
    /// its endpoint has no count, or if the URL of the count would be too long. The parts of a long `id in (…)` are
    /// requested in parallel. Cannot be combined with [`page_id`](Self::page_id).
    ///
    /// The client's own limit on concurrent requests also applies. 0 and 1 read one page at a time; more than 100 count as
    /// 100.
    pub fn parallel(mut self, pages: usize) -> Self {
        self.options.parallel_pages = pages;
        self
    }

    /// Continues at a [`bookmark`](ItemStream::bookmark) of the same list. The conditions and the order must be the
    /// same; if the list is read by page number, the page size too. Leave out [`from_page`](Self::from_page) and
    /// [`page_id`](Self::page_id): the bookmark replaces them. [`page`](Self::page) and `dry_run` reject a bookmark.
    /// [`take`](Self::take) counts from the bookmark. A list that was read with forward-only paging continues with it,
    /// one page at a time.
    pub fn resume(mut self, bookmark: Bookmark) -> Self {
        self.options.bookmark = Some(bookmark);
        self
    }

    /// Counts the records instead of reading them. [`take`](Self::take) and [`resume`](Self::resume) do not affect the
    /// count. Fails with an invalid-input error for the few lists without a count.
    pub fn count(self) -> Count<T> {
        let query = self.to_query().counted();
        match self.request.operation().and_then(|operation| operation.related.count) {
            Some(count) => Count::with_query(self.request.related_call(count), query),
            None => Count::with_query(
                self.request.failed(Error::invalid_input(
                    "count",
                    "is not available for this list: read the list and count its records instead",
                )),
                query,
            ),
        }
    }

    /// Replaces all list parameters, including conditions set as text. Filters built from typed fields are kept.
    pub fn with_query(mut self, query: ListQuery) -> Self {
        self.query = query;
        self
    }

    text_filters!();
    page_setters!(query);

    /// Sets the order, as text such as `company/id asc,summary desc`, or as an [`OrderBy`]. Cannot be combined with
    /// [`page_id`](Self::page_id). Replaces an earlier order. See [`sort`](Self::sort) for typed fields.
    pub fn sort_text(mut self, order: impl Into<TextOr<OrderBy>>) -> Self {
        self.query.order_by = order.into();
        self
    }

    /// Selects fields: a comma-separated list, such as `id,summary,status/name`, or a [`FieldSelection`]. All other
    /// fields of the records are `None`. [`page`](Self::page) sends the selection as it is; the other methods also
    /// request the ids, and remove them from the records. Replaces an earlier selection. See
    /// [`select`](Self::select) for typed fields.
    pub fn select_text(mut self, fields: impl Into<TextOr<FieldSelection>>) -> Self {
        self.query.fields = fields.into();
        self
    }

    /// Decodes the records as another type, such as the caller's own type or [`serde_json::Value`].
    ///
    /// One record that cannot be decoded fails its whole page; see [`stream_lenient`](Self::stream_lenient).
    pub fn decode_as<U>(self) -> List<U> {
        List {
            request: self.request,
            query: self.query,
            filters: self.filters,
            options: self.options,
            records: PhantomData,
        }
    }

    /// Returns a stream of all records, from the first page or the one that is set, to the last. Ends after an error.
    pub fn stream(self) -> ItemStream<T>
    where
        T: DeserializeOwned,
    {
        ItemStream::new(self.pages())
    }

    /// Returns a stream of all pages, from the first or the one that is set, to the last. Ends after an error.
    pub fn pages(self) -> PageStream<T>
    where
        T: DeserializeOwned,
    {
        self.pages_decoded_by(decode_all)
    }

    /// Like [`stream`](Self::stream), but a record that cannot be decoded does not end the stream: it is returned as an
    /// [`UnreadableRecord`] in the place of the record. Use it for exports. The records are decoded more slowly than by
    /// `stream`.
    ///
    /// A page that cannot be read at all is still an error, and ends the stream: the request failed, or the body is
    /// truncated, malformed or not a list. Nothing of such a page is returned.
    ///
    /// ```
    /// # use connectwise_psa_core as psa;
    /// # async fn export<T: psa::json::Record>(list: psa::calls::List<T>) -> Result<(), psa::error::Error> {
    /// let mut records = list.stream_lenient();
    /// while let Some(record) = records.next().await {
    ///     // The outer result is the page, the inner one the record.
    ///     match record? {
    ///         Ok(record) => println!("{:?}", record.optional_id()),
    ///         Err(unreadable) => eprintln!(
    ///             "record {:?}, page {:?}, index {}: {} is {}",
    ///             unreadable.id(),
    ///             unreadable.page(),
    ///             unreadable.index(),
    ///             unreadable.path().unwrap_or_default(),
    ///             unreadable.raw_value().unwrap_or_default(),
    ///         ),
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// # fn main() {}
    /// ```
    pub fn stream_lenient(self) -> ItemStream<Result<T, UnreadableRecord>>
    where
        T: DeserializeOwned,
    {
        ItemStream::new(self.pages_lenient())
    }

    /// Like [`pages`](Self::pages), but a record that cannot be decoded is returned as an [`UnreadableRecord`] on its
    /// page; see [`stream_lenient`](Self::stream_lenient).
    pub fn pages_lenient(self) -> PageStream<Result<T, UnreadableRecord>>
    where
        T: DeserializeOwned,
    {
        self.pages_decoded_by(decode_readable)
    }

    fn pages_decoded_by<U>(self, decode: DecodeRecords<U>) -> PageStream<U> {
        let query = self.to_query();
        PageStream {
            remaining: self.options.limit,
            pager: Pager::new(self.request, query, self.options),
            decode,
            held: None,
            buffer: Vec::new(),
        }
    }
}

impl<T: HasFields> List<T> {
    typed_filters!(T);

    /// Sets the order, the most significant field first: `|ticket| ticket.last_updated().desc()`, or several fields as
    /// a tuple or an array. Cannot be combined with [`page_id`](Self::page_id).
    #[doc(alias = "orderBy")]
    pub fn sort<K: SortKeys<T>>(mut self, keys: impl FnOnce(Fields<T>) -> K) -> Self {
        self.query.order_by = TextOr::from_result(crate::fields::sort_and_select::order(keys(Fields::new())));
        self
    }

    /// Selects fields: `|ticket| (ticket.id(), ticket.summary(), ticket.status().name())`. All other fields of the
    /// records are `None`.
    #[doc(alias = "fields")]
    pub fn select<F: Selected<T>>(mut self, fields: impl FnOnce(Fields<T>) -> F) -> Self {
        self.query.fields = TextOr::from_result(crate::fields::sort_and_select::selection(fields(Fields::new())));
        self
    }
}

impl<T> fmt::Debug for List<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("List").field("request", &self.request).field("query", &self.to_query()).finish()
    }
}

impl<T: DeserializeOwned> List<T> {
    /// Reads all records into memory; [`take`](Self::take) limits their number. [`stream`](Self::stream) holds only one
    /// page in memory at a time, and the response with the next one.
    ///
    /// # Errors
    ///
    /// The first error; the records read before it are dropped.
    #[doc(alias = "collect")]
    pub async fn all(self) -> Result<Vec<T>, Error> {
        self.stream().try_collect().await
    }

    /// Reads one page, counted from 1. It holds at most 1,000 records unless [`page_size`](Self::page_size) or
    /// [`take`](Self::take) sets a smaller limit.
    ///
    /// # Errors
    ///
    /// The errors of the call; an invalid-input error if [`resume`](Self::resume), [`page_id`](Self::page_id) or
    /// [`from_page`](Self::from_page) was called.
    pub async fn page(self, number: u32) -> Result<Page<T>, Error> {
        let mut query = self.query_with_page_size();
        query.check().map_err(|error| error.with_operation(self.request.operation()))?;
        if query.page.is_some() {
            return Err(Error::invalid_input("page", "is set twice: use either `from_page` or `page`")
                .with_operation(self.request.operation()));
        }
        query.page = Some(number);
        // A selection is sent as it is, so it may leave out the id.
        let has_ids = !query.fields.is_set() && self.request.operation().is_some_and(|operation| operation.has_id);
        decode_page(&fetch_page(self.request, query, self.options).await?, has_ids)
    }

    /// Reads the first record in the order of the list; `None` if there is none. Requests one record, unless a page
    /// size or a bookmark is set.
    ///
    /// # Errors
    ///
    /// The errors of the call.
    pub async fn first(self) -> Result<Option<T>, Error> {
        let limit = self.options.limit.map_or(1, |limit| limit.min(1));
        self.take(limit).stream().next().await.transpose()
    }

    /// Reads the only record. Requests two records, unless a page size or a bookmark is set.
    ///
    /// # Errors
    ///
    /// The errors of the call; a [record-count error](Error::is_record_count) if there is no record or more than one.
    pub async fn one(self) -> Result<T, Error> {
        let operation = self.request.operation();
        let mut records = self.take(2).stream();
        let first = records.next().await.transpose()?;
        let found = match (first, records.next().await.transpose()?) {
            (Some(only), None) => return Ok(only),
            (Some(_), Some(_)) => 2,
            (None, _) => 0,
        };
        Err(Error::record_count(found).with_operation(operation))
    }
}

/// Returns an error if a bookmark is set, which single pages and dry runs do not support.
fn reject_bookmark(request: &RequestBuilder, options: &ReadOptions) -> Result<(), Error> {
    match options.bookmark {
        Some(_) => Err(Error::invalid_input(
            "bookmark",
            "cannot be used here: use `stream`, `pages` or `all` to resume a list",
        )
        .with_operation(request.operation())),
        None => Ok(()),
    }
}

async fn fetch_page(
    request: RequestBuilder,
    query: ListQuery,
    options: ReadOptions,
) -> Result<BufferedResponse, Error> {
    reject_bookmark(&request, &options)?;
    if options.limit == Some(0) {
        return Err(
            Error::invalid_input("take", "is 0, so there is no page to read").with_operation(request.operation())
        );
    }
    let (connection, request) = request.prepare_list(&query)?;
    let page = query.page_id.is_none().then_some(query.page.unwrap_or(1));
    Ok(BufferedResponse { page, ..fetch(connection, request).await? })
}

/// Decodes a page. `has_ids` says whether its records must have ids.
fn decode_page<T: DeserializeOwned>(response: &BufferedResponse, has_ids: bool) -> Result<Page<T>, Error> {
    let items = if has_ids {
        let records = decode_all(response, Vec::new(), None)?;
        match records.without_id {
            Some(record) => return Err(record.error(response)),
            None => records.items,
        }
    } else {
        response.decode_into(Vec::new())?
    };
    let link = Link::read(&response.headers);
    Ok(Page { items, headers: response.headers.clone(), link })
}

/// A stream of the pages of a list.
#[must_use = "streams do nothing unless polled"]
pub struct PageStream<T> {
    pager: Pager,
    /// How many records may still be returned, if there is a limit.
    remaining: Option<u64>,
    decode: DecodeRecords<T>,
    /// A page that is returned if another request confirms it.
    held: Option<ReviewedPage<T>>,
    /// An empty vector for the records of the next page, reused from an earlier page.
    buffer: Vec<T>,
}

/// A decoded page that brings the list forward.
struct ReviewedPage<T> {
    page: Page<T>,
    /// Which records were on the previous page; empty if none was.
    repeated: Vec<bool>,
}

// No field is structurally pinned.
impl<T> Unpin for PageStream<T> {}

impl<T> Stream for PageStream<T> {
    type Item = Result<Page<T>, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.remaining == Some(0) {
            return Poll::Ready(None);
        }
        loop {
            if self.held.is_some() {
                let confirmed = ready!(self.pager.poll_confirmation(context));
                let Some(reviewed) = self.held.take() else { continue };
                match confirmed {
                    Ok(true) => return Poll::Ready(Some(Ok(self.take_page(reviewed)))),
                    Ok(false) => continue,
                    Err(error) => return Poll::Ready(Some(Err(error))),
                }
            }
            let response = match ready!(self.pager.poll_page(context)) {
                Some(Ok(response)) => response,
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            };
            match self.decode_and_review(response) {
                Ok((review, page)) => match review {
                    Review::Return(repeated) => {
                        return Poll::Ready(Some(Ok(self.take_page(ReviewedPage { page, repeated }))));
                    }
                    Review::Confirm(repeated) => self.held = Some(ReviewedPage { page, repeated }),
                    Review::Discard => {}
                },
                Err(error) => {
                    self.pager.stop();
                    return Poll::Ready(Some(Err(error)));
                }
            }
        }
    }
}

impl<T> PageStream<T> {
    fn decode_and_review(&mut self, mut response: BufferedResponse) -> Result<(Review, Page<T>), Error> {
        let hidden = if self.pager.hides_ids() { remove_ids(&mut response) } else { None };
        let records = (self.decode)(&response, std::mem::take(&mut self.buffer), hidden)?;
        if self.pager.requires_ids()
            && let Some(record) = &records.without_id
        {
            return Err(record.error(&response));
        }
        let summary = PageSummary::new(&response, records.ids);
        let review = self.pager.review(&summary).map_err(|error| response.annotate(error))?;
        let link = Link::read(&response.headers);
        Ok((review, Page { items: records.items, headers: response.headers, link }))
    }

    /// Returns the page without the records of the previous page, truncated to the remaining limit, and moves the pager
    /// forward.
    fn take_page(&mut self, ReviewedPage { mut page, repeated }: ReviewedPage<T>) -> Page<T> {
        self.pager.begin_page();
        if !repeated.is_empty() {
            let mut repeated = repeated.into_iter();
            page.items.retain(|_| !repeated.next().unwrap_or(false));
        }
        // A usize fits into 64 bits on every platform.
        let count = page.items.len() as u64;
        match &mut self.remaining {
            // The bookmark stays at this page, so that a later read returns the records that are cut off here.
            Some(remaining) if count > *remaining => {
                page.items.truncate(usize::try_from(*remaining).unwrap_or(usize::MAX));
                *remaining = 0;
                self.pager.stop();
                return page;
            }
            Some(remaining) => *remaining -= count,
            None => {}
        }
        self.pager.advance(page.items.len());
        if self.remaining == Some(0) {
            self.pager.stop();
        }
        page
    }

    /// Returns the start of the next page, for [`resume`](List::resume). `None` after the last page. Before the first
    /// page has been requested, and if the query is not valid, returns the bookmark that was passed to `resume`; `None` if
    /// there was none.
    ///
    /// After an error, returns the start of the first page that has not been returned. The resumed list returns no page
    /// again that was returned completely.
    #[must_use]
    pub fn bookmark(&self) -> Option<Bookmark> {
        self.pager.bookmark()
    }
}

impl<T> PageStream<T> {
    /// Returns the next page; `None` after the last one and after an error.
    ///
    /// # Errors
    ///
    /// The errors of the call, and a decode error if the page cannot be decoded.
    pub async fn next(&mut self) -> Option<Result<Page<T>, Error>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }
}

impl<T> fmt::Debug for PageStream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PageStream")
    }
}

/// A stream of the records of a list, read page by page.
#[must_use = "streams do nothing unless polled"]
pub struct ItemStream<T> {
    pages: PageStream<T>,
    items: VecDeque<T>,
}

// No field is structurally pinned.
impl<T> Unpin for ItemStream<T> {}

impl<T> Stream for ItemStream<T> {
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(item) = self.items.pop_front() {
                return Poll::Ready(Some(Ok(item)));
            }
            // The pages of a list have the same size, so the allocation is reused.
            self.pages.buffer = std::mem::take(&mut self.items).into();
            let page = ready!(Pin::new(&mut self.pages).poll_next(context));
            match page {
                Some(Ok(page)) => self.items = page.items.into(),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }
}

impl<T> ItemStream<T> {
    fn new(pages: PageStream<T>) -> Self {
        Self { pages, items: VecDeque::new() }
    }

    /// Returns the start of the first page that has not been returned completely, for [`resume`](List::resume). The
    /// resumed list returns the records of that page again. `None` after the last record of the list. Before the first
    /// page has been requested, and if the query is not valid, returns the bookmark that was passed to `resume`; `None` if
    /// there was none.
    #[must_use]
    pub fn bookmark(&self) -> Option<Bookmark> {
        if self.items.is_empty() { self.pages.bookmark() } else { self.pages.pager.current_bookmark() }
    }
}

impl<T> ItemStream<T> {
    /// Returns the next record; `None` after the last one and after an error. Like `StreamExt::next` of `futures`, but
    /// without that dependency.
    ///
    /// # Errors
    ///
    /// The errors of the call, and a decode error if a page cannot be decoded.
    pub async fn next(&mut self) -> Option<Result<T, Error>> {
        if let Some(item) = self.items.pop_front() {
            // Records are large: returning directly avoids a move through `Poll`.
            return Some(Ok(item));
        }
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// Reads the remaining records into a collection: `try_collect::<Vec<_>>()`.
    ///
    /// # Errors
    ///
    /// The first error; the records read before it are dropped.
    pub async fn try_collect<C: Default + Extend<T>>(mut self) -> Result<C, Error> {
        self.pages.pager.read_all();
        let mut records = C::default();
        while let Some(record) = self.next().await {
            records.extend([record?]);
        }
        Ok(records)
    }
}

impl<T> fmt::Debug for ItemStream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ItemStream")
    }
}

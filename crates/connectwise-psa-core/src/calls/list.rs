//! Lists: all records, one page, or a stream of records or pages.

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
use crate::calls::decode::{Received, receive};
use crate::calls::page::{Link, Page};
use crate::calls::pager::{PageInfo, Pager, Reading};
use crate::calls::request_builder::RequestBuilder;
use crate::calls::setters::header_setter;
use crate::conditions::field_selection::FieldSelection;
use crate::conditions::order_by::OrderBy;
use crate::error::Error;
use crate::fields::record::{Fields, HasFields};
use crate::fields::sort_and_select::{Selected, SortKeys};
use crate::query::filters::Filters;
use crate::query::list_query::LARGEST_PAGE;
use crate::query::list_query::ListQuery;
use crate::query::setters::{page_setters, text_filters, typed_filters};
use crate::query::text_or::TextOr;
use crate::transport::dry_run::DryRun;
use crate::transport::options::RetryPolicy;

/// A list under construction. The caller says what to read: [`all`](Self::all) records, one [`page`](Self::page), the
/// [`first`](Self::first) record, the only [`one`](Self::one), a [`stream`](Self::stream) of records, or
/// [`pages`](Self::pages). A list is not a future, so that nobody takes one page for the whole.
///
/// The options of a call ([`timeout`](Self::timeout), [`retry`](Self::retry), [`header`](Self::header), …) apply to
/// each request of the list.
///
/// # Reading all of a list
///
/// Where the endpoint can and no order is set, a list is read forward only: by ascending id, each page beginning after
/// the last id of the one before. No record is left out or given twice then, whatever is inserted or deleted meanwhile.
/// Endpoints that do not heed this are noticed and read by page numbers, as are lists with an order and those that
/// begin with a [page number](Self::from_page). That promise is weaker: a record that is deleted while its page has
/// been read moves the ones behind it up, so that one may be left out; one that is inserted in front may give one
/// twice.
///
/// A query that is too long for a URL (2,000 characters) is sent as a search where there is one (service and project
/// tickets). A long `id in (…)` is read in parts, in the order of the ids. Anything else is refused before it is sent,
/// with its length.
///
/// A record that cannot be read is an error that names its place on its page and the field;
/// [`decode_as`](Self::decode_as) reads the list as another type, such as [`serde_json::Value`], which takes any
/// record.
#[must_use = "nothing is read before `all`, `page`, `first`, `one`, `stream` or `pages` is called and awaited"]
pub struct List<T> {
    request: RequestBuilder,
    query: ListQuery,
    filters: Filters,
    reading: Reading,
    records: PhantomData<fn() -> T>,
}

impl<T> List<T> {
    pub(crate) fn new(request: RequestBuilder) -> Self {
        Self {
            request,
            query: ListQuery::default(),
            filters: Filters::default(),
            reading: Reading::default(),
            records: PhantomData,
        }
    }

    /// What is asked for: the query and the filters. For `schemas::check`, for one.
    pub fn to_query(&self) -> ListQuery {
        self.query.clone().narrowed(self.filters.clone())
    }

    crate::option_setters!();

    header_setter!();

    /// One page of the list as [`page`](Self::page) requests it, with its secrets hidden: the first one, or the one set
    /// with [`from_page`](Self::from_page). Nothing is sent. [`all`](Self::all) and [`stream`](Self::stream) may read
    /// forward only instead, and [`parallel`](Self::parallel) counts first.
    ///
    /// # Errors
    ///
    /// Input that cannot be sent.
    pub fn dry_run(&self) -> Result<DryRun, Error> {
        refuse_bookmark(&self.request, &self.reading)?;
        let mut query = self.sized();
        if query.page_id.is_none() {
            query.page = query.page.or(Some(1));
        }
        self.request.dry_run(&query)
    }

    /// What is asked for, with the size of its pages.
    fn sized(&self) -> ListQuery {
        let most = self
            .reading
            .most
            .and_then(|most| u32::try_from(most.max(1)).ok())
            .unwrap_or(LARGEST_PAGE)
            .min(LARGEST_PAGE);
        let mut query = self.to_query();
        // A bookmark brings its own.
        if self.reading.bookmark.is_none() {
            query.page_size = query.page_size.or(Some(most));
        }
        query
    }

    /// At most so many records. A page holds no more than that, unless a page size is set.
    #[doc(alias = "limit")]
    pub fn take(mut self, records: u64) -> Self {
        self.reading.most = Some(records);
        self
    }

    /// Asks for so many pages at a time: the records are counted first, and come in the order of their pages. At most
    /// that many pages are in memory beside the one in use. For reading all of a list; it is read by page numbers then,
    /// with their weaker promise. A list that has no count, or whose conditions are too long for one, is read one page
    /// after the other.
    ///
    /// The client's own limit of requests in flight holds as well. 0 and 1 are one page after the other.
    pub fn parallel(mut self, pages: usize) -> Self {
        self.reading.at_a_time = pages;
        self
    }

    /// Goes on where a [`bookmark`](ItemStream::bookmark) was set, in the same list: what is asked for has to be the
    /// same but for the fields. For [`all`](Self::all), [`stream`](Self::stream) and [`pages`](Self::pages).
    /// [`take`](Self::take) counts anew. A list that was read forward only goes on so, one page after the other.
    pub fn resume(mut self, bookmark: Bookmark) -> Self {
        self.reading.bookmark = Some(bookmark);
        self
    }

    /// Counts the records instead of reading them: all of them, whatever [`take`](Self::take) and
    /// [`resume`](Self::resume) say. An invalid-input error for the few lists that have no count.
    pub fn count(self) -> Count<T> {
        let query = self.to_query().counted();
        match self.request.operation().and_then(|operation| operation.related.count) {
            Some(count) => Count::with_query(self.request.related_call(count), query),
            None => Count::with_query(
                self.request.failed(Error::invalid_input(
                    "count",
                    "is not available for this list: read the list and count its records",
                )),
                query,
            ),
        }
    }

    /// Replaces all parameters at once, and with them the filters that were given as text. Filters made of the record's
    /// fields stay.
    pub fn with_query(mut self, query: ListQuery) -> Self {
        self.query = query;
        self
    }

    text_filters!();
    page_setters!(query);

    /// The order as text, such as `company/id asc,summary desc`, or an [`OrderBy`]. Not together with
    /// [`page_id`](Self::page_id). Replaces an order that was set before; [`sort`](Self::sort) takes the record's own
    /// fields.
    pub fn sort_text(mut self, order: impl Into<TextOr<OrderBy>>) -> Self {
        self.query.order_by = order.into();
        self
    }

    /// Only these fields, as text by comma: `id,summary,status/name`, or a [`FieldSelection`]. All others are `None` in
    /// what is read. Replaces a selection that was set before; [`select`](Self::select) takes the record's own fields.
    pub fn select_text(mut self, fields: impl Into<TextOr<FieldSelection>>) -> Self {
        self.query.fields = fields.into();
        self
    }

    /// Reads the records as another type: the caller's own, or [`serde_json::Value`].
    ///
    /// One record that cannot be read fails its page. Read as [`serde_json::Value`] and then one by one
    /// (`serde_json::from_value::<Ticket>(record)`), the others are not lost.
    pub fn decode_as<U>(self) -> List<U> {
        List {
            request: self.request,
            query: self.query,
            filters: self.filters,
            reading: self.reading,
            records: PhantomData,
        }
    }

    /// All records from the first page, or the page set, to the last. Ends after an error.
    pub fn stream(self) -> ItemStream<T>
    where
        T: DeserializeOwned,
    {
        ItemStream { pages: self.pages(), items: VecDeque::new(), begun: None }
    }

    /// All pages from the first, or the one set, to the last. Ends after an error.
    pub fn pages(self) -> PageStream<T>
    where
        T: DeserializeOwned,
    {
        let query = self.sized();
        PageStream { left: self.reading.most, pager: Pager::new(self.request, query, self.reading), room: Vec::new() }
    }
}

impl<T: HasFields> List<T> {
    typed_filters!(T);

    /// The order, the most important field first: `|ticket| ticket.last_updated().desc()`, or several as a tuple or an
    /// array. Not together with [`page_id`](Self::page_id).
    #[doc(alias = "orderBy")]
    pub fn sort<K: SortKeys<T>>(mut self, keys: impl FnOnce(Fields<T>) -> K) -> Self {
        self.query.order_by = TextOr::from_result(crate::fields::sort_and_select::order(keys(Fields::new())));
        self
    }

    /// Only these fields: `|ticket| (ticket.id(), ticket.summary(), ticket.status().name())`. All others are `None` in
    /// what is read.
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
    /// All records, in memory at once; with [`take`](Self::take) at most that many. [`stream`](Self::stream) holds one
    /// page at a time.
    ///
    /// # Errors
    ///
    /// The first error; the records read before it are dropped.
    #[doc(alias = "collect")]
    pub async fn all(self) -> Result<Vec<T>, Error> {
        self.stream().try_collect().await
    }

    /// One page, counted from 1. It holds 1,000 records unless [`page_size`](Self::page_size) or [`take`](Self::take)
    /// says otherwise.
    ///
    /// # Errors
    ///
    /// Those of the call; an invalid-input error together with [`resume`](Self::resume), [`page_id`](Self::page_id) or
    /// [`from_page`](Self::from_page).
    pub async fn page(self, number: u32) -> Result<Page<T>, Error> {
        let mut query = self.sized();
        query.check().map_err(|error| error.with_operation(self.request.operation()))?;
        if query.page.is_some() {
            return Err(Error::invalid_input("page", "is given twice: use either `from_page` or `page`")
                .with_operation(self.request.operation()));
        }
        query.page = Some(number);
        read_page(one_page(self.request, query, self.reading).await?, Vec::new())
    }

    /// The first record in the order of the list; `None` when there is none. One record is requested unless a page size
    /// or a bookmark says otherwise.
    ///
    /// # Errors
    ///
    /// Those of the call.
    pub async fn first(self) -> Result<Option<T>, Error> {
        let most = self.reading.most.map_or(1, |most| most.min(1));
        self.take(most).stream().next().await.transpose()
    }

    /// The only record. Two records are requested unless a page size or a bookmark says otherwise.
    ///
    /// # Errors
    ///
    /// Those of the call; a [record-count error](Error::is_record_count) when there is none or more than one.
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

/// A bookmark is of a place between pages, which streams go on from.
fn refuse_bookmark(request: &RequestBuilder, reading: &Reading) -> Result<(), Error> {
    match reading.bookmark {
        Some(_) => Err(Error::invalid_input("bookmark", "continues a list: use `stream`, `pages` or `all`")
            .with_operation(request.operation())),
        None => Ok(()),
    }
}

async fn one_page(request: RequestBuilder, query: ListQuery, reading: Reading) -> Result<Received, Error> {
    refuse_bookmark(&request, &reading)?;
    if reading.most == Some(0) {
        return Err(
            Error::invalid_input("take", "is 0, so that there is no page to read").with_operation(request.operation())
        );
    }
    let (connection, request) = request.prepare_list(&query)?;
    let page = query.page_id.is_none().then_some(query.page.unwrap_or(1));
    Ok(Received { page, ..receive(connection, request).await? })
}

/// The page in an answer, its records in the room given.
fn read_page<T: DeserializeOwned>(received: Received, room: Vec<T>) -> Result<Page<T>, Error> {
    let items = received.decode_into(room)?;
    let link = Link::read(&received.headers);
    Ok(Page { items, headers: received.headers, link })
}

/// The pages of a list.
#[must_use = "streams do nothing unless polled"]
pub struct PageStream<T> {
    pager: Pager,
    /// How many records are still wanted.
    left: Option<u64>,
    /// Room for the records of the next page, if there is any from pages before.
    room: Vec<T>,
}

// Nothing in it is pinned: the records are moved out.
impl<T> Unpin for PageStream<T> {}

impl<T: DeserializeOwned> Stream for PageStream<T> {
    type Item = Result<Page<T>, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.left == Some(0) {
            return Poll::Ready(None);
        }
        let received = match ready!(self.pager.poll_page(context)) {
            Some(Ok(received)) => received,
            Some(Err(error)) => return Poll::Ready(Some(Err(error))),
            None => return Poll::Ready(None),
        };
        let info = self.pager.info(&received);
        let mut page = read_page(received, std::mem::take(&mut self.room));
        match &mut page {
            Ok(page) => self.accept(info, page),
            Err(_) => self.pager.stop(),
        }
        Poll::Ready(Some(page))
    }
}

impl<T> PageStream<T> {
    fn accept(&mut self, info: PageInfo, page: &mut Page<T>) {
        // Lengths of memory fit into 64 bits on every platform.
        let count = page.items.len() as u64;
        match &mut self.left {
            // What is cut off stands behind the bookmark of this page, so that it is not lost to a later reading.
            Some(left) if count > *left => {
                page.items.truncate(usize::try_from(*left).unwrap_or(usize::MAX));
                *left = 0;
                self.pager.stop();
                return;
            }
            Some(left) => *left -= count,
            None => {}
        }
        self.pager.advance(info, page.items.len());
    }

    /// Where the next page begins, to [`resume`](List::resume) there. `None` behind the last page, and before the first
    /// one has been asked for.
    ///
    /// After an error it is where the page begins that could not be read.
    #[must_use]
    pub fn bookmark(&self) -> Option<Bookmark> {
        self.pager.bookmark()
    }
}

impl<T: DeserializeOwned> PageStream<T> {
    /// The next page; `None` after the last one and after an error.
    ///
    /// # Errors
    ///
    /// Those of the call, and of a page that cannot be read.
    pub async fn next(&mut self) -> Option<Result<Page<T>, Error>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }
}

impl<T> fmt::Debug for PageStream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PageStream")
    }
}

/// The records of a list, page after page.
#[must_use = "streams do nothing unless polled"]
pub struct ItemStream<T> {
    pages: PageStream<T>,
    items: VecDeque<T>,
    /// Where the page in use begins.
    begun: Option<Bookmark>,
}

// Nothing in it is pinned: the records are moved out.
impl<T> Unpin for ItemStream<T> {}

impl<T: DeserializeOwned> Stream for ItemStream<T> {
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(item) = self.items.pop_front() {
                return Poll::Ready(Some(Ok(item)));
            }
            let before = self.pages.bookmark();
            // Pages of a list are of one size: their records take turns in the same memory.
            self.pages.room = std::mem::take(&mut self.items).into();
            let page = ready!(Pin::new(&mut self.pages).poll_next(context));
            // The place of the first page is known once it has been asked for.
            self.begun = before.or_else(|| self.pages.pager.first());
            match page {
                Some(Ok(page)) => self.items = page.items.into(),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }
}

impl<T> ItemStream<T> {
    /// Where the first page begins of which not every record has been handed out, to [`resume`](List::resume) there:
    /// those of its records that were handed out come again. `None` when every record has been handed out, and before
    /// the first page has been asked for.
    #[must_use]
    pub fn bookmark(&self) -> Option<Bookmark> {
        if self.items.is_empty() { self.pages.bookmark() } else { self.begun }
    }
}

impl<T: DeserializeOwned> ItemStream<T> {
    /// The next record; `None` after the last one and after an error. What `StreamExt::next` does, without another
    /// dependency.
    ///
    /// # Errors
    ///
    /// Those of the call, and of a page that cannot be read.
    pub async fn next(&mut self) -> Option<Result<T, Error>> {
        if let Some(item) = self.items.pop_front() {
            // Records are large, so that every way round costs.
            return Some(Ok(item));
        }
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// All records that are left, in memory at once: `try_collect::<Vec<_>>()`.
    ///
    /// # Errors
    ///
    /// The first error; the records read before it are dropped.
    pub async fn try_collect<C: Default + Extend<T>>(mut self) -> Result<C, Error> {
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

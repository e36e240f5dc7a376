//! Lists: one page when awaited, all pages as a stream.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::fmt;
use std::future::{IntoFuture, poll_fn};
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use serde::de::DeserializeOwned;

use crate::call::Call;
use crate::decode::{Pending, Received, receive};
use crate::page::{Link, Page};
use crate::pager::Pager;
use crate::query::{Filters, filter_setters, list_setters, typed_filters};
use crate::{Connection, Error, Fields, Input, ListQuery, Record, Request, Selected, SortKeys};

/// A list under construction: `.await` reads one page, [`stream`](Self::stream) all records.
///
/// A record that cannot be read is an error that names its place on its page and the field; [`json`](Self::json) reads the list as another type, such
/// as [`serde_json::Value`], which takes any record.
#[must_use = "a list does nothing until it is awaited or streamed"]
pub struct List<T> {
    call: Call,
    query: ListQuery,
    filters: Filters,
    records: PhantomData<fn() -> T>,
}

impl<T> List<T> {
    pub(crate) fn new(call: Call) -> Self {
        Self { call, query: ListQuery::default(), filters: Filters::default(), records: PhantomData }
    }

    /// What is asked for: the query and the filters. For `schemas::check`, for one.
    pub fn parameters(&self) -> ListQuery {
        self.query.clone().narrowed(self.filters.clone())
    }

    /// The path and query of the request for one page, as it will be sent behind the base URL.
    ///
    /// facts: the whole URL should keep below 2,000 characters, and servers refuse longer ones.
    ///
    /// # Errors
    ///
    /// What cannot be sent, as when it is awaited.
    pub fn path_and_query(&self) -> Result<String, Error> {
        self.call.path_and_query(&self.parameters())
    }

    /// Replaces all parameters at once, and no filters.
    pub fn query(mut self, query: ListQuery) -> Self {
        self.query = query;
        self
    }

    filter_setters!(query);
    list_setters!(query);

    /// Reads the records as another type: the caller's own, or [`serde_json::Value`].
    ///
    /// One record that cannot be read fails its page. Read as [`serde_json::Value`] and then one by one
    /// (`serde_json::from_value::<Ticket>(record)`), the others are not lost.
    pub fn json<U>(self) -> List<U> {
        List { call: self.call, query: self.query, filters: self.filters, records: PhantomData }
    }

    /// All records from the first page, or the page set, to the last, in pages of 1,000 unless set otherwise. Ends after an error.
    pub fn stream(self) -> ItemStream<T>
    where
        T: DeserializeOwned,
    {
        ItemStream { pages: self.pages(), items: VecDeque::new() }
    }

    /// All pages from the first, or the one set, to the last, of 1,000 records unless set otherwise. Ends after an error.
    pub fn pages(self) -> PageStream<T>
    where
        T: DeserializeOwned,
    {
        PageStream { pager: Pager::new(self.call, self.query.narrowed(self.filters)), records: PhantomData }
    }
}

impl<T: Record> List<T> {
    typed_filters!(T);

    /// The order, the most important field first: `|ticket| ticket.last_updated().desc()`, or several as a tuple or an array. Not together with
    /// [`page_id`](Self::page_id).
    pub fn sort<K: SortKeys<T>>(mut self, keys: impl FnOnce(Fields<T>) -> K) -> Self {
        self.query.order_by = Input::of(crate::fields::sort_and_select::order(keys(Fields::new())));
        self
    }

    /// Only these fields: `|ticket| (ticket.id(), ticket.summary(), ticket.status().name())`. All others are `None` in what is read.
    pub fn select<F: Selected<T>>(mut self, fields: impl FnOnce(Fields<T>) -> F) -> Self {
        self.query.fields = Input::of(crate::fields::sort_and_select::selection(fields(Fields::new())));
        self
    }
}

impl<T> fmt::Debug for List<T> {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.debug_struct("List").field("call", &self.call).field("query", &self.parameters()).finish()
    }
}

impl<T: DeserializeOwned> IntoFuture for List<T> {
    type Output = Result<Page<T>, Error>;
    type IntoFuture = Pending<Page<T>>;

    fn into_future(self) -> Pending<Page<T>> {
        Pending::new(one_page(self.call, self.query.narrowed(self.filters)), read_page)
    }
}

async fn one_page(call: Call, query: ListQuery) -> Result<Received, Error> {
    let (connection, request) = prepare(call, &query)?;
    let page = query.page_id.is_none().then_some(query.page.unwrap_or(1));
    Ok(Received { page, ..receive(connection, request).await? })
}

/// The request for what the query asks.
pub(crate) fn prepare(call: Call, query: &ListQuery) -> Result<(Connection, Request), Error> {
    let (connection, mut request) = call.prepare()?;
    query.check().map_err(|error| request.operation.into_iter().fold(error, Error::with_operation))?;
    ask(&mut request, query);
    Ok((connection, request))
}

/// Adds the query's parameters, and the header that turns forward-only reading on when it begins after an id.
pub(crate) fn ask(request: &mut Request, query: &ListQuery) {
    request.query.extend(query.pairs().into_iter().map(|(name, value)| (Cow::Borrowed(name), value)));
    if query.page_id.is_some() {
        request.headers.insert("pagination-type", http::HeaderValue::from_static("forward-only"));
    }
}

pub(crate) fn read_page<T: DeserializeOwned>(received: Received) -> Result<Page<T>, Error> {
    let items = received.decode()?;
    let link = Link::read(&received.headers);
    Ok(Page { items, headers: received.headers, link })
}

/// The pages of a list.
#[must_use = "streams do nothing unless polled"]
pub struct PageStream<T> {
    pager: Pager,
    records: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned> Stream for PageStream<T> {
    type Item = Result<Page<T>, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let received = match ready!(self.pager.poll_page(context)) {
            Some(Ok(received)) => received,
            Some(Err(error)) => return Poll::Ready(Some(Err(error))),
            None => return Poll::Ready(None),
        };
        let facts = self.pager.facts(&received);
        let page = read_page::<T>(received);
        match &page {
            Ok(page) => self.pager.advance(facts, page.items.len()),
            Err(_) => self.pager.stop(),
        }
        Poll::Ready(Some(page))
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
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("PageStream")
    }
}

/// The records of a list, page after page.
#[must_use = "streams do nothing unless polled"]
pub struct ItemStream<T> {
    pages: PageStream<T>,
    items: VecDeque<T>,
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
            match ready!(Pin::new(&mut self.pages).poll_next(context)) {
                Some(Ok(page)) => self.items = page.items.into(),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }
}

impl<T: DeserializeOwned> ItemStream<T> {
    /// The next record; `None` after the last one and after an error. What `StreamExt::next` does, without another dependency.
    ///
    /// # Errors
    ///
    /// Those of the call, and of a page that cannot be read.
    pub async fn next(&mut self) -> Option<Result<T, Error>> {
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
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("ItemStream")
    }
}

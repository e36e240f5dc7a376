//! A transport that pages through a table of tickets like the API: by page number and forward-only, with `Link`
//! headers, while records are created and deleted.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use connectwise_psa_core as psa;
use connectwise_psa_core::operation::{Operation, Paging, QueryKind, RelatedOperations};
use http::{HeaderValue, StatusCode};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::sample::{COUNT_TICKETS, LIST_TICKETS, SEARCH_TICKETS, Ticket};

/// A list that supports forward-only paging.
pub(crate) static FORWARD: Operation = LIST_TICKETS
    .with_query(QueryKind::List, Paging::PageOrForward)
    .with_related(RelatedOperations::NONE.with_count(&COUNT_TICKETS));

/// A list that supports only page numbers.
pub(crate) static NUMBERED: Operation = FORWARD.with_query(QueryKind::List, Paging::Page);

/// A list without a count.
pub(crate) static UNCOUNTED: Operation = FORWARD.with_related(RelatedOperations::NONE);

/// A list with a search, for conditions that are too long for a URL.
pub(crate) static SEARCHED: Operation =
    FORWARD.with_related(RelatedOperations::NONE.with_count(&COUNT_TICKETS).with_search(&SEARCH_TICKETS));

/// A change of the table between two requests.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Edit {
    Insert(i32),
    /// Deletes the record at this index modulo the number of records.
    Delete(usize),
}

/// How the endpoint handles forward-only paging.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum Forward {
    #[default]
    Supported,
    /// Responds as if forward-only paging had not been requested.
    Ignored,
    /// Responds with this status and message.
    Rejected(u16, &'static str),
}

/// How the endpoint handles the parameter `fields`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum FieldsRule {
    #[default]
    Obeyed,
    /// Every response has complete records.
    Ignored,
    /// Responds with 400 if the id is selected, as for records without an id.
    RejectsId,
}

/// What is wrong with the server, or unusual.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Fault {
    /// The page number and the page id are ignored.
    IgnoresPosition,
    /// A cache returns the first page for every request.
    SamePage,
    /// A cache returns the first two pages in turn.
    TwoPagesInTurn,
    /// No response has a `Link` header.
    NoLinks,
    /// Every response has a `Link` header that cannot be read.
    UnreadableLinks,
    /// Every link leads to the page that it is on.
    LoopingLinks,
    /// Every link to a next page leads too far.
    SkippingLinks,
    /// Pages that are read forward have twice as many records as requested.
    LongerPages,
    /// The request with this index gets an empty page, unless it is for the last page.
    EmptyPage(usize),
    /// The request with this index gets the page of the request before it.
    RepeatedPage(usize),
    /// The count is this number.
    WrongCount(i64),
    /// The request with this index fails.
    Fails(usize),
    /// The request with this index is rejected.
    Rejects(usize),
    /// The response to the request with this index is truncated.
    Truncated(usize),
    /// The request with this index gets no response.
    Stalls(usize),
    /// The request with this index times out after this time.
    TimesOut(usize, Duration),
}

/// A request that the server received.
#[derive(Clone, Debug)]
pub(crate) struct SentRequest {
    pub(crate) method: psa::operation::Method,
    pub(crate) path_and_query: String,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) body: Option<Value>,
    pub(crate) forward: bool,
    /// The table at the time of the response.
    pub(crate) table: BTreeSet<i32>,
}

impl SentRequest {
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// Returns the selected fields, if any.
    fn selected(&self) -> Option<Vec<&str>> {
        self.parameter("fields").map(|fields| fields.split(',').collect())
    }

    /// Returns what was requested: the count, the page after an id, or a page by its number (`?` if it has none).
    pub(crate) fn label(&self) -> String {
        let search = if self.method == psa::operation::Method::Post { "search " } else { "" };
        if self.path_and_query.starts_with("/service/tickets/count") {
            "count".to_owned()
        } else if self.forward {
            format!("{search}after {}", self.parameter("pageId").unwrap_or("?"))
        } else {
            format!("{search}page {}", self.parameter("page").unwrap_or("?"))
        }
    }
}

#[derive(Default)]
struct State {
    table: BTreeSet<i32>,
    edits: VecDeque<Vec<Edit>>,
    forward: Forward,
    fields: FieldsRule,
    fault: Option<Fault>,
    /// The pages that were sent, without faults.
    pages: Vec<PageContent>,
    /// Whether numbered pages have no `Link` headers.
    without_links: bool,
    /// The indexes of the page requests that fail, counted from 0. Count requests have no index.
    failing: Vec<usize>,
    /// The length of the base URL.
    base_length: usize,
    sent: Vec<SentRequest>,
    /// Whether the transport runs tasks in the background.
    runs_tasks: bool,
    /// How many tasks it has run.
    tasks: usize,
    in_flight: usize,
    max_in_flight: usize,
    /// How many pages the test has received from the list.
    received_pages: usize,
    /// The most pages that were requested ahead of the received pages.
    max_ahead: usize,
}

/// The server. Its clones share the table.
#[derive(Clone, Default)]
pub(crate) struct Server(Arc<Mutex<State>>);

impl Server {
    pub(crate) fn new(table: impl IntoIterator<Item = i32>) -> Self {
        let server = Self::default();
        server.state().table = table.into_iter().collect();
        server
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    pub(crate) fn forward(self, forward: Forward) -> Self {
        self.state().forward = forward;
        self
    }

    pub(crate) fn fields(self, rule: FieldsRule) -> Self {
        self.state().fields = rule;
        self
    }

    pub(crate) fn fault(self, fault: Option<Fault>) -> Self {
        self.state().fault = fault;
        self
    }

    pub(crate) fn without_links(self) -> Self {
        self.state().without_links = true;
        self
    }

    /// Makes page requests fail, by their index from 0.
    pub(crate) fn failing(self, requests: impl IntoIterator<Item = usize>) -> Self {
        self.state().failing = requests.into_iter().collect();
        self
    }

    /// Sets the edits of the table: the first element is applied before the first page, the second before the second
    /// page, and so on. Counts do not apply edits.
    pub(crate) fn edits(self, edits: impl IntoIterator<Item = Vec<Edit>>) -> Self {
        self.state().edits = edits.into_iter().collect();
        self
    }

    /// Sets the length of the base URL.
    pub(crate) fn base_length(self, characters: usize) -> Self {
        self.state().base_length = characters;
        self
    }

    /// Makes the transport run tasks in the background, such as the requests for pages ahead.
    pub(crate) fn running_tasks(self, runs: bool) -> Self {
        self.state().runs_tasks = runs;
        self
    }

    pub(crate) fn list(&self, operation: &'static Operation) -> psa::calls::List<Ticket> {
        psa::calls::RequestBuilder::new(&psa::transport::Connection::new(self.clone()), operation).list()
    }

    pub(crate) fn sent(&self) -> Vec<SentRequest> {
        self.state().sent.clone()
    }

    pub(crate) fn labels(&self) -> Vec<String> {
        self.state().sent.iter().map(SentRequest::label).collect()
    }

    /// Returns how many tasks have run in the background.
    pub(crate) fn tasks(&self) -> usize {
        self.state().tasks
    }

    pub(crate) fn in_flight(&self) -> usize {
        self.state().in_flight
    }

    /// Records that the test has received a page from the list.
    pub(crate) fn page_received(&self) {
        self.state().received_pages += 1;
    }

    /// Returns the most concurrent requests, and the most pages that were requested ahead of the received pages.
    pub(crate) fn maxima(&self) -> (usize, usize) {
        let state = self.state();
        (state.max_in_flight, state.max_ahead)
    }
}

impl State {
    fn respond(&mut self, request: &psa::transport::Request) -> psa::transport::Response {
        let path_and_query = request.path_and_query();
        let is_count = request.path.ends_with("/count");
        if !is_count {
            for edit in self.edits.pop_front().unwrap_or_default() {
                self.edit(edit);
            }
        }
        let index = self.sent.iter().filter(|sent| sent.label() != "count").count();
        let sent = SentRequest {
            method: request.method,
            path_and_query,
            query: request.query.iter().map(|(name, value)| (name.clone().into_owned(), value.clone())).collect(),
            body: match &request.body {
                psa::transport::RequestBody::Json(json) => Some(serde_json::from_slice(json).unwrap()),
                _ => None,
            },
            forward: request.headers.get("pagination-type").is_some_and(|value| value == "forward-only"),
            table: self.table.clone(),
        };
        self.sent.push(sent.clone());
        if is_count {
            return psa::transport::Response::new(
                StatusCode::OK,
                json!({"count": self.count(&sent)}).to_string().into_bytes(),
            );
        }
        if self.failing.contains(&index) || self.fault == Some(Fault::Fails(index)) {
            return psa::transport::Response::new(StatusCode::BAD_GATEWAY, "{}");
        }
        if self.fault == Some(Fault::Rejects(index)) {
            return psa::transport::Response::new(StatusCode::BAD_REQUEST, "{}");
        }
        if let Forward::Rejected(status, message) = self.forward
            && sent.forward
        {
            return error_response(status, message);
        }
        if self.fields == FieldsRule::RejectsId && sent.selected().is_some_and(|fields| fields.contains(&"id")) {
            return error_response(400, "id is not a field of this record");
        }
        let page = self.with_fault(&sent, index);
        page_response(&page, self.fields, &sent, self.fault == Some(Fault::Truncated(index)))
    }

    fn count(&self, sent: &SentRequest) -> i64 {
        match self.fault {
            Some(Fault::WrongCount(count)) => count,
            _ => i64::try_from(self.matching_ids(sent).len()).unwrap(),
        }
    }

    /// Returns the page for a request, changed by the fault. `index` is the index of the request.
    fn with_fault(&mut self, sent: &SentRequest, index: usize) -> PageContent {
        let honest = match self.forward {
            Forward::Supported if sent.forward => self.forward_page(sent),
            _ => self.numbered_page(sent),
        };
        self.pages.push(honest.clone());
        let last = self.pages.len() - 1;
        let has_next = honest.link.as_ref().is_some_and(|link| link.contains("next"));
        let page_id = honest.ids.last().copied().unwrap_or_default() + 1;
        let (number, after) = (sent.parameter("page").unwrap_or("1"), sent.parameter("pageId").unwrap_or("0"));
        let link = |page: String, page_id: String| match sent.forward && self.forward == Forward::Supported {
            true => Some(format!(r#"<https://other.example/x?pageId={page_id}>; rel="next""#)),
            false => Some(format!(r#"<https://other.example/x?page={page}>; rel="next""#)),
        };
        match self.fault {
            Some(Fault::SamePage) => self.pages[0].clone(),
            Some(Fault::TwoPagesInTurn) => self.pages[last % 2].clone(),
            Some(Fault::NoLinks) => PageContent { link: None, ..honest },
            Some(Fault::UnreadableLinks) => {
                PageContent { link: Some("<https://other.example/x?pa".to_owned()), ..honest }
            }
            Some(Fault::LoopingLinks) => PageContent { link: link(number.to_owned(), after.to_owned()), ..honest },
            Some(Fault::SkippingLinks) if has_next => {
                let number: u32 = number.parse().unwrap();
                PageContent { link: link((number + 2).to_string(), page_id.to_string()), ..honest }
            }
            Some(Fault::EmptyPage(at)) if at == index && has_next => PageContent { ids: Vec::new(), ..honest },
            Some(Fault::RepeatedPage(at)) if at == index && last > 0 => {
                PageContent { ids: self.pages[last - 1].ids.clone(), ..honest }
            }
            _ => honest,
        }
    }

    fn edit(&mut self, edit: Edit) {
        match edit {
            Edit::Insert(id) => _ = self.table.insert(id),
            Edit::Delete(_) if self.table.is_empty() => {}
            Edit::Delete(index) => {
                let id = *self.table.iter().nth(index % self.table.len()).unwrap();
                self.table.remove(&id);
            }
        }
    }

    /// Returns the ids that match the conditions of the query or the body, in the requested order.
    fn matching_ids(&self, sent: &SentRequest) -> Vec<i32> {
        let value = |name: &str| sent.parameter(name).or_else(|| sent.body.as_ref()?[name].as_str()).map(str::to_owned);
        let matcher = value("conditions").map(|text| text.parse::<psa::conditions::Condition>().unwrap().matcher());
        let matches = |id: i32| matcher.as_ref().is_none_or(|matcher| matcher.matches(&record(id)));
        let mut ids: Vec<i32> = self.table.iter().copied().filter(|id| matches(*id)).collect();
        if value("orderBy").is_some_and(|order| order.eq_ignore_ascii_case("id desc")) {
            ids.reverse();
        }
        ids
    }

    /// Returns a parameter that gives the position of the page.
    fn position<'s>(&self, sent: &'s SentRequest, name: &str) -> Option<&'s str> {
        sent.parameter(name).filter(|_| self.fault != Some(Fault::IgnoresPosition))
    }

    fn forward_page(&self, sent: &SentRequest) -> PageContent {
        let after: i32 = self.position(sent, "pageId").unwrap_or("0").parse().unwrap();
        let remaining: Vec<i32> = self.matching_ids(sent).into_iter().filter(|id| *id > after).collect();
        let size = page_size(sent) * if self.fault == Some(Fault::LongerPages) { 2 } else { 1 };
        let (page, rest) = remaining.split_at(size.min(remaining.len()));
        let next = if rest.is_empty() {
            String::new()
        } else {
            format!(r#"<https://other.example/x?pageId={}>; rel="next""#, page.last().unwrap())
        };
        PageContent { ids: page.to_vec(), link: Some(next) }
    }

    fn numbered_page(&self, sent: &SentRequest) -> PageContent {
        let number = self.position(sent, "page").map_or(1, |page| page.parse().unwrap());
        let ids = self.matching_ids(sent);
        let pages = ids.chunks(page_size(sent)).collect::<Vec<_>>();
        let page = pages.get(number - 1).copied().unwrap_or_default();
        let links = [
            (number > 1, 1, "first"),
            (number < pages.len(), number + 1, "next"),
            (number < pages.len(), pages.len(), "last"),
        ];
        let links: Vec<String> = links
            .iter()
            .filter(|(exists, ..)| *exists)
            .map(|(_, number, relation)| format!(r#"<https://other.example/x/?a=%3e&page={number}>; rel="{relation}""#))
            .collect();
        // A list of one page has no `Link` header.
        let link = Some(links.join(", ")).filter(|_| pages.len() > 1 && !self.without_links);
        PageContent { ids: page.to_vec(), link }
    }
}

fn page_size(sent: &SentRequest) -> usize {
    sent.parameter("pageSize").map_or(25, |size| size.parse().unwrap())
}

/// The records of a page and its `Link` header.
#[derive(Clone)]
struct PageContent {
    ids: Vec<i32>,
    link: Option<String>,
}

fn record(id: i32) -> Value {
    json!({"id": id, "summary": format!("ticket {id}"), "closedFlag": id % 2 == 0})
}

/// Returns a record with the selected fields: all if `fields` is `None`.
pub(crate) fn selected_record(id: i32, fields: Option<&[&str]>) -> Value {
    let mut record = record(id);
    if let (Some(fields), Some(record)) = (fields, record.as_object_mut()) {
        record.retain(|name, _| fields.contains(&name.as_str()));
    }
    record
}

fn page_response(
    page: &PageContent,
    rule: FieldsRule,
    sent: &SentRequest,
    truncated: bool,
) -> psa::transport::Response {
    let fields = sent.selected().filter(|_| rule != FieldsRule::Ignored);
    let records: Vec<Value> = page.ids.iter().map(|id| selected_record(*id, fields.as_deref())).collect();
    let mut body = Value::Array(records).to_string().into_bytes();
    if truncated {
        body.truncate(body.len() - 1);
    }
    let mut response = psa::transport::Response::new(StatusCode::OK, body);
    if let Some(link) = &page.link {
        response.headers.insert("link", HeaderValue::from_str(link).unwrap());
    }
    response
}

fn error_response(status: u16, message: &str) -> psa::transport::Response {
    let body = json!({"code": "ConnectWiseApi", "message": message}).to_string().into_bytes();
    psa::transport::Response::new(StatusCode::from_u16(status).unwrap(), body)
}

impl psa::transport::Transport for Server {
    fn send(
        &self,
        request: psa::transport::Request,
    ) -> psa::transport::BoxFuture<'_, Result<psa::transport::Response, psa::error::Error>> {
        Box::pin(async move {
            let (request_number, response, fault) = {
                let mut state = self.state();
                state.in_flight += 1;
                state.max_in_flight = state.max_in_flight.max(state.in_flight);
                let response = state.respond(&request);
                let pages = state.sent.iter().filter(|sent| sent.label() != "count").count();
                state.max_ahead = state.max_ahead.max(pages - state.received_pages);
                let index = pages.wrapping_sub(1);
                let fault = state.fault.filter(|fault| match fault {
                    Fault::Stalls(at) | Fault::TimesOut(at, _) => *at == index,
                    _ => false,
                });
                (state.sent.len(), response, fault)
            };
            let _guard = InFlightGuard(self);
            match fault {
                Some(Fault::Stalls(_)) => std::future::pending().await,
                Some(Fault::TimesOut(_, after)) => {
                    tokio::time::sleep(after).await;
                    return Err(psa::error::Error::timeout_because("a test"));
                }
                _ => {}
            }
            // Delays the response by one to five polls, so that some responses arrive after those to later requests.
            for _ in 0..=(request_number * 7) % 5 {
                tokio::task::yield_now().await;
            }
            Ok(response)
        })
    }

    fn spawn(&self, task: psa::transport::BoxFuture<'static, ()>) -> psa::transport::BoxFuture<'static, ()> {
        if !self.state().runs_tasks {
            return task;
        }
        self.state().tasks += 1;
        // The set cancels the task when it is dropped.
        let mut tasks = JoinSet::new();
        tasks.spawn(task);
        Box::pin(async move { _ = tasks.join_next().await })
    }

    fn base_length(&self) -> usize {
        self.state().base_length
    }
}

/// Marks a request as no longer in flight when its future completes or is dropped.
struct InFlightGuard<'a>(&'a Server);

impl Drop for InFlightGuard<'_> {
    fn drop(&mut self) {
        self.0.state().in_flight -= 1;
    }
}

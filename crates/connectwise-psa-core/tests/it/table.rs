//! A table of tickets behind a transport that pages as the server does: by page numbers and forward only, with `Link`
//! headers, while records come and go.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use connectwise_psa_core as psa;
use connectwise_psa_core::operation::{Operation, Paging, QueryKind, RelatedOperations};
use http::{HeaderValue, StatusCode};
use serde_json::{Value, json};

use crate::sample::{COUNT_TICKETS, LIST_TICKETS, SEARCH_TICKETS, Ticket};

/// Reads forward only where it can.
pub(crate) static FORWARD: Operation = LIST_TICKETS
    .with_query(QueryKind::List, Paging::PageOrForward)
    .with_related(RelatedOperations::NONE.with_count(&COUNT_TICKETS));

/// Knows page numbers alone.
pub(crate) static NUMBERED: Operation = FORWARD.with_query(QueryKind::List, Paging::Page);

/// Has no count.
pub(crate) static UNCOUNTED: Operation = FORWARD.with_related(RelatedOperations::NONE);

/// Has a search for long conditions.
pub(crate) static SEARCHED: Operation =
    FORWARD.with_related(RelatedOperations::NONE.with_count(&COUNT_TICKETS).with_search(&SEARCH_TICKETS));

/// What happens to the table between two requests.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Edit {
    Insert(i32),
    /// The record that stands at this place, counted around the table.
    Delete(usize),
}

/// What the endpoint makes of forward-only reading.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum Forward {
    #[default]
    Heeded,
    /// It answers as if nothing had been said of it.
    Ignored,
    /// It answers with this status and message.
    Refused(u16, &'static str),
}

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) method: psa::operation::Method,
    pub(crate) path_and_query: String,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) body: Option<Value>,
    pub(crate) forward: bool,
    /// The table when it was answered.
    pub(crate) table: BTreeSet<i32>,
}

impl Sent {
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// What was asked for: the count, the page after an id, a page by its number, or a page that is not named.
    pub(crate) fn place(&self) -> String {
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
    /// Whether it sends no `Link` headers with numbered pages.
    without_links: bool,
    /// The requests that fail, counted from 0 over all but counts.
    failing: Vec<usize>,
    base_length: usize,
    sent: Vec<Sent>,
    in_flight: usize,
    most_in_flight: usize,
    /// How many pages have been handed out, as the test says, and the most pages there were beyond them.
    handed_out: usize,
    most_ahead: usize,
}

/// The server; clones share its table.
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

    pub(crate) fn without_links(self) -> Self {
        self.state().without_links = true;
        self
    }

    pub(crate) fn failing(self, requests: impl IntoIterator<Item = usize>) -> Self {
        self.state().failing = requests.into_iter().collect();
        self
    }

    /// What happens before each answer but those to counts.
    pub(crate) fn edits(self, edits: impl IntoIterator<Item = Vec<Edit>>) -> Self {
        self.state().edits = edits.into_iter().collect();
        self
    }

    pub(crate) fn base_length(self, bytes: usize) -> Self {
        self.state().base_length = bytes;
        self
    }

    pub(crate) fn list(&self, operation: &'static Operation) -> psa::calls::List<Ticket> {
        psa::calls::RequestBuilder::new(&psa::transport::Connection::new(self.clone()), operation).list()
    }

    pub(crate) fn sent(&self) -> Vec<Sent> {
        self.state().sent.clone()
    }

    pub(crate) fn places(&self) -> Vec<String> {
        self.state().sent.iter().map(Sent::place).collect()
    }

    pub(crate) fn hand_out(&self) {
        self.state().handed_out += 1;
    }

    /// The most requests at a time, and the most pages beyond those handed out.
    pub(crate) fn most(&self) -> (usize, usize) {
        let state = self.state();
        (state.most_in_flight, state.most_ahead)
    }
}

impl State {
    fn answer(&mut self, request: &psa::transport::Request) -> psa::transport::Response {
        let path_and_query = request.path_and_query();
        let counts = request.path.ends_with("/count");
        if !counts {
            for edit in self.edits.pop_front().unwrap_or_default() {
                self.edit(edit);
            }
        }
        let asked = self.sent.iter().filter(|sent| sent.place() != "count").count();
        let sent = Sent {
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
        if counts {
            return psa::transport::Response::new(
                StatusCode::OK,
                json!({"count": self.chosen(&sent).len()}).to_string().into_bytes(),
            );
        }
        if self.failing.contains(&asked) {
            return psa::transport::Response::new(StatusCode::BAD_GATEWAY, "{}");
        }
        match self.forward {
            Forward::Refused(status, message) if sent.forward => psa::transport::Response::new(
                StatusCode::from_u16(status).unwrap(),
                json!({"code": "ConnectWiseApi", "message": message}).to_string().into_bytes(),
            ),
            Forward::Heeded if sent.forward => self.forward_page(&sent),
            _ => self.numbered_page(&sent),
        }
    }

    fn edit(&mut self, edit: Edit) {
        match edit {
            Edit::Insert(id) => _ = self.table.insert(id),
            Edit::Delete(_) if self.table.is_empty() => {}
            Edit::Delete(place) => {
                let id = *self.table.iter().nth(place % self.table.len()).unwrap();
                self.table.remove(&id);
            }
        }
    }

    /// The ids that fit the conditions, wherever these stand, in the order asked for.
    fn chosen(&self, sent: &Sent) -> Vec<i32> {
        let of = |name: &str| sent.parameter(name).or_else(|| sent.body.as_ref()?[name].as_str()).map(str::to_owned);
        let matcher = of("conditions").map(|text| text.parse::<psa::conditions::Condition>().unwrap().matcher());
        let fits = |id: i32| matcher.as_ref().is_none_or(|matcher| matcher.matches(&record(id)));
        let mut ids: Vec<i32> = self.table.iter().copied().filter(|id| fits(*id)).collect();
        if of("orderBy").is_some_and(|order| order.eq_ignore_ascii_case("id desc")) {
            ids.reverse();
        }
        ids
    }

    fn forward_page(&self, sent: &Sent) -> psa::transport::Response {
        let after: i32 = sent.parameter("pageId").unwrap().parse().unwrap();
        let left: Vec<i32> = self.chosen(sent).into_iter().filter(|id| *id > after).collect();
        let (page, behind) = left.split_at(size(sent).min(left.len()));
        let next = if behind.is_empty() {
            String::new()
        } else {
            format!(r#"<https://other.example/x?pageId={}>; rel="next""#, page.last().unwrap())
        };
        with_link(page, Some(&next))
    }

    fn numbered_page(&self, sent: &Sent) -> psa::transport::Response {
        let number = sent.parameter("page").map_or(1, |page| page.parse().unwrap());
        let ids = self.chosen(sent);
        let pages = ids.chunks(size(sent)).collect::<Vec<_>>();
        let page = pages.get(number - 1).copied().unwrap_or_default();
        let links = [
            (number > 1, 1, "first"),
            (number < pages.len(), number + 1, "next"),
            (number < pages.len(), pages.len(), "last"),
        ];
        let links: Vec<String> = links
            .iter()
            .filter(|(there, ..)| *there)
            .map(|(_, number, relation)| format!(r#"<https://other.example/x/?a=%3e&page={number}>; rel="{relation}""#))
            .collect();
        // What fits one page has no such header.
        with_link(page, Some(links.join(", ").as_str()).filter(|_| pages.len() > 1 && !self.without_links))
    }
}

fn size(sent: &Sent) -> usize {
    sent.parameter("pageSize").map_or(25, |size| size.parse().unwrap())
}

fn record(id: i32) -> Value {
    json!({"id": id, "summary": format!("ticket {id}"), "closedFlag": id % 2 == 0})
}

fn with_link(page: &[i32], link: Option<&str>) -> psa::transport::Response {
    let records: Vec<Value> = page.iter().map(|id| record(*id)).collect();
    let mut response = psa::transport::Response::new(StatusCode::OK, Value::Array(records).to_string().into_bytes());
    if let Some(link) = link {
        response.headers.insert("link", HeaderValue::from_str(link).unwrap());
    }
    response
}

impl psa::transport::Transport for Server {
    fn send(
        &self,
        request: psa::transport::Request,
    ) -> psa::transport::BoxFuture<'_, Result<psa::transport::Response, psa::error::Error>> {
        Box::pin(async move {
            let (turn, response) = {
                let mut state = self.state();
                state.in_flight += 1;
                state.most_in_flight = state.most_in_flight.max(state.in_flight);
                let response = state.answer(&request);
                let pages = state.sent.iter().filter(|sent| sent.place() != "count").count();
                state.most_ahead = state.most_ahead.max(pages - state.handed_out);
                (state.sent.len(), response)
            };
            let _leaving = Leaving(self);
            // Later answers overtake earlier ones.
            for _ in 0..=(turn * 7) % 5 {
                tokio::task::yield_now().await;
            }
            Ok(response)
        })
    }

    fn base_length(&self) -> usize {
        self.state().base_length
    }
}

/// A request is no longer in flight when it has been answered or dropped.
struct Leaving<'a>(&'a Server);

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        self.0.state().in_flight -= 1;
    }
}

//! The responses of an honest API: a few tickets, a document, the company information and the keys of a person.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::request::RecordedRequest;

/// The path of the API in the configured base URL.
pub(crate) const BASE: &str = "/v4_6_release/apis/3.0";

/// The code base that discovery returns.
const CODE_BASE: &str = "v2025_1";

/// The id of the ticket and of the document that the calls read or change.
pub(crate) const ID: i64 = 5;

/// The id of the record that a create request returns.
pub(crate) const NEW_ID: i64 = 101;

/// The content of the document.
pub(crate) const FILE: &[u8] = b"%PDF-1.7 \x00\x01\xfe\xff the content of a document";

/// The private key that the API mints.
pub(crate) const MINTED_KEY: &str = "minted-hunter2-private";

/// A complete response.
#[derive(Clone, Debug)]
pub(crate) struct ApiResponse {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl ApiResponse {
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self::new(status, "application/json; charset=utf-8", body.to_string())
    }

    pub(crate) fn new(status: u16, media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: vec![("content-type".to_owned(), media_type.to_owned())], body: body.into() }
    }

    pub(crate) fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Removes a header.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(other, _)| other != name);
        self
    }

    /// Returns the head: the status line and the headers, with the empty line. `length` is the value of
    /// `Content-Length`; `None` leaves it out.
    pub(crate) fn head(&self, length: Option<u64>, closes: bool) -> String {
        let mut head = format!("HTTP/1.1 {} Status\r\n", self.status);
        if let Some(length) = length {
            head.push_str(&format!("content-length: {length}\r\n"));
        }
        if closes {
            head.push_str("connection: close\r\n");
        }
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head + "\r\n"
    }

    /// Returns the bytes of the response. `closes` announces that the server closes the connection.
    pub(crate) fn bytes(&self, closes: bool) -> Vec<u8> {
        let has_length = !matches!(self.status, 100..=199 | 204 | 304);
        let mut bytes = self.head(has_length.then_some(self.body.len() as u64), closes).into_bytes();
        bytes.extend_from_slice(&self.body);
        bytes
    }
}

/// The API.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Api {
    /// How many tickets there are, with the ids from 1.
    pub(crate) tickets: i64,
}

impl Api {
    /// Returns the response to a request.
    pub(crate) fn response(&self, request: &RecordedRequest) -> ApiResponse {
        let path = request.path();
        let below = path.split_once("/apis/3.0").map_or(path, |(_, below)| below);
        match (request.method.as_str(), below) {
            ("GET", path) if path.starts_with("/login/companyinfo/") => ApiResponse::json(200, &company_info(request)),
            ("GET", "/system/info") => ApiResponse::json(200, &json!({"version": "v2025.1.98765", "isCloud": false})),
            ("GET", "/service/tickets") | ("POST", "/service/tickets/search") => self.page(request),
            ("GET", "/service/tickets/count") => ApiResponse::json(200, &json!({"count": self.tickets})),
            ("GET", path) if path.ends_with("/count") => ApiResponse::json(200, &json!({"count": 1})),
            ("GET", path) if path.ends_with("/download") => ApiResponse::new(200, "application/pdf", FILE)
                .header("content-disposition", "attachment; filename=\"offer.pdf\""),
            ("POST", "/service/tickets") => ApiResponse::json(201, &ticket(NEW_ID)),
            ("POST", "/system/documents") => ApiResponse::json(201, &document()),
            ("POST", path) if path.ends_with("/tokens") => ApiResponse::json(200, &keys()),
            ("GET" | "PUT" | "PATCH", "/service/tickets/5") => ApiResponse::json(200, &ticket(ID)),
            ("DELETE", _) => ApiResponse { status: 204, headers: Vec::new(), body: Vec::new() },
            _ => ApiResponse::json(404, &json!({"code": "NotFound", "message": "the test has no such endpoint"})),
        }
    }

    /// Returns a page of tickets: those after a page id, or those of a page number, with the link to the next page.
    fn page(&self, request: &RecordedRequest) -> ApiResponse {
        let number = |name: &str| request.query(name).and_then(|text| text.parse::<i64>().ok());
        let size = number("pageSize").unwrap_or(25).max(1);
        let (start, is_forward) = match (number("pageId"), number("page")) {
            (Some(after), _) => (after, true),
            (None, page) => ((page.unwrap_or(1) - 1) * size, false),
        };
        let ids: Vec<_> = (start + 1..=self.tickets.min(start + size)).collect();
        let tickets: Vec<_> = ids.iter().map(|id| ticket(*id)).collect();
        let response = ApiResponse::json(200, &Value::Array(tickets));
        // Observed on live servers: the URL names the API's public host.
        let url = "https://psa.example/v4_6_release/apis/3.0/service/tickets";
        let next = match ids.last() {
            Some(last) if *last < self.tickets && is_forward => {
                format!("<{url}?pageSize={size}&pageId={last}>; rel=\"next\"")
            }
            Some(last) if *last < self.tickets => {
                format!("<{url}?pageSize={size}&page={}>; rel=\"next\"", start / size + 2)
            }
            _ => String::new(),
        };
        response.header("link", next)
    }
}

/// Returns a ticket.
pub(crate) fn ticket(id: i64) -> Value {
    json!({"id": id, "summary": format!("Ticket {id}"), "board": {"id": 1, "name": "Help Desk"}, "budgetHours": 1.5})
}

fn document() -> Value {
    json!({"id": NEW_ID, "title": "Offer", "fileName": "offer.pdf"})
}

fn keys() -> Value {
    json!({"publicKey": "minted-public", "privateKey": MINTED_KEY, "expiration": "2099-01-01T00:00:00Z"})
}

fn company_info(request: &RecordedRequest) -> Value {
    let host = request.header("host").unwrap_or_default();
    let host = host.parse::<SocketAddr>().map_or_else(|_| host.to_owned(), |address| address.ip().to_string());
    json!({"CompanyName": "Acme", "CompanyID": "acme", "Codebase": format!("{CODE_BASE}/"), "SiteUrl": host})
}

//! Types and operations as the generator writes them, and a transport with scripted responses.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use connectwise_psa_core as psa;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

psa::open_enum! {
    /// The severity of a ticket.
    pub(crate) enum TicketSeverity {
        /// Low.
        Low => "Low",
        /// Medium.
        Medium => "Medium",
        /// High.
        High => "High",
    }
}

/// A ticket with a field of every type.
#[derive(Clone, Default, PartialEq)]
pub(crate) struct Ticket {
    pub(crate) id: Option<i32>,
    pub(crate) summary: Option<String>,
    pub(crate) large: Option<i64>,
    pub(crate) budget_hours: Option<psa::json::Amount>,
    pub(crate) closed_flag: Option<bool>,
    pub(crate) guid: Option<uuid::Uuid>,
    pub(crate) required_date: Option<psa::json::DateTime>,
    pub(crate) birthday: Option<psa::json::Date>,
    pub(crate) closed_date: Option<psa::json::DateText>,
    pub(crate) company: Option<psa::json::Reference>,
    pub(crate) agreement: Option<AgreementReference>,
    pub(crate) severity: Option<TicketSeverity>,
    pub(crate) items: Option<Vec<Item>>,
    pub(crate) ids: Option<Vec<i32>>,
    pub(crate) names: Option<Vec<String>>,
    pub(crate) answer: Option<serde_json::Value>,
    pub(crate) parent: Option<psa::json::Shared<Ticket>>,
    pub(crate) rows: Option<Vec<Vec<serde_json::Value>>>,
    pub(crate) definitions: Option<psa::json::Map<Item>>,
    pub(crate) password: Option<String>,
    pub(crate) info: Option<psa::json::RecordInfo>,
}

impl psa::json::Object for Ticket {
    const NAME: &'static str = "Ticket";

    #[inline]
    fn read<R: psa::json::Reader>(&mut self, name: &str, from: &mut R) {
        match name {
            "id" => from.field(&mut self.id),
            "summary" => from.field(&mut self.summary),
            "large" => from.field(&mut self.large),
            "budgetHours" => from.field(&mut self.budget_hours),
            "closedFlag" => from.field(&mut self.closed_flag),
            "guid" => from.field(&mut self.guid),
            "requiredDate" => from.field(&mut self.required_date),
            "birthday" => from.field(&mut self.birthday),
            "closedDate" => from.field(&mut self.closed_date),
            "company" => from.field(&mut self.company),
            "agreement" => from.field(&mut self.agreement),
            "severity" => from.field(&mut self.severity),
            "items" => from.field(&mut self.items),
            "ids" => from.field(&mut self.ids),
            "names" => from.field(&mut self.names),
            "answer" => from.field(&mut self.answer),
            "parent" => from.field(&mut self.parent),
            "rows" => from.field(&mut self.rows),
            "definitions" => from.field(&mut self.definitions),
            "password" => from.field(&mut self.password),
            "_info" => from.field(&mut self.info),
            _ => psa::generated::read_other_case(self, name, from),
        }
    }

    #[inline]
    fn write<W: psa::json::Writer>(&self, to: &mut W) {
        to.field("id", &self.id);
        to.text("summary", 10, &self.summary);
        to.field("large", &self.large);
        to.field("budgetHours", &self.budget_hours);
        to.field("closedFlag", &self.closed_flag);
        to.field("guid", &self.guid);
        to.field("requiredDate", &self.required_date);
        to.field("birthday", &self.birthday);
        to.field("closedDate", &self.closed_date);
        to.field("company", &self.company);
        to.field("agreement", &self.agreement);
        to.field("severity", &self.severity);
        to.field("items", &self.items);
        to.field("ids", &self.ids);
        to.field("names", &self.names);
        to.field("answer", &self.answer);
        to.field("parent", &self.parent);
        to.field("rows", &self.rows);
        to.field("definitions", &self.definitions);
        to.secret("password", Some(8), &self.password);
        to.field("_info", &self.info);
    }
}
psa::object!(Ticket, has id info);

/// The fields of [`Ticket`].
pub(crate) struct TicketFields<S>(psa::fields::FieldLocation<S>);

impl<S> TicketFields<S> {
    pub(crate) fn id(&self) -> psa::fields::Field<S, psa::fields::field_types::Integer> {
        self.0.value("id")
    }

    pub(crate) fn summary(&self) -> psa::fields::Field<S, psa::fields::field_types::Text> {
        self.0.value("summary")
    }

    pub(crate) fn budget_hours(&self) -> psa::fields::Field<S, psa::fields::field_types::Number> {
        self.0.value("budgetHours")
    }

    pub(crate) fn closed_flag(&self) -> psa::fields::Field<S, psa::fields::field_types::Boolean> {
        self.0.value("closedFlag")
    }

    pub(crate) fn guid(&self) -> psa::fields::Field<S, psa::fields::field_types::Uuid> {
        self.0.value("guid")
    }

    pub(crate) fn required_date(&self) -> psa::fields::Field<S, psa::fields::field_types::DateTime> {
        self.0.value("requiredDate")
    }

    pub(crate) fn birthday(&self) -> psa::fields::Field<S, psa::fields::field_types::Date> {
        self.0.value("birthday")
    }

    pub(crate) fn closed_date(&self) -> psa::fields::Field<S, psa::fields::field_types::DateText> {
        self.0.value("closedDate")
    }

    pub(crate) fn company(&self) -> psa::fields::FullReference<S> {
        self.0.field("company")
    }

    pub(crate) fn severity(&self) -> psa::fields::Field<S, psa::fields::field_types::Enumeration<TicketSeverity>> {
        self.0.value("severity")
    }

    pub(crate) fn parent(&self) -> TicketFields<S> {
        self.0.field("parent")
    }

    pub(crate) fn names(&self) -> psa::fields::Field<S, psa::fields::field_types::Opaque> {
        self.0.value("names")
    }
}

impl<S: psa::fields::scope::Scope> TicketFields<S> {
    pub(crate) fn items(&self) -> psa::fields::ListField<S, TicketFields<S::Element>> {
        self.0.field("items")
    }
}

psa::record!(Ticket, TicketFields);

#[derive(Clone, Default, PartialEq)]
pub(crate) struct Item {
    pub(crate) value: Option<String>,
}

impl psa::json::Object for Item {
    const NAME: &'static str = "Item";
    fn read<R: psa::json::Reader>(&mut self, name: &str, from: &mut R) {
        match name {
            "value" => from.field(&mut self.value),
            _ => psa::generated::read_other_case(self, name, from),
        }
    }
    fn write<W: psa::json::Writer>(&self, to: &mut W) {
        to.text("value", 5, &self.value);
    }
}
psa::object!(Item);

#[derive(Clone, Default, PartialEq)]
pub(crate) struct AgreementReference {
    pub(crate) id: Option<i32>,
    pub(crate) charge_firm_flag: Option<bool>,
    pub(crate) info: Option<psa::json::RecordInfo>,
}

impl psa::json::Object for AgreementReference {
    const NAME: &'static str = "AgreementReference";
    const IS_REFERENCE: bool = true;
    fn read<R: psa::json::Reader>(&mut self, name: &str, from: &mut R) {
        match name {
            "id" => from.field(&mut self.id),
            "chargeFirmFlag" => from.field(&mut self.charge_firm_flag),
            "_info" => from.field(&mut self.info),
            _ => psa::generated::read_other_case(self, name, from),
        }
    }
    fn write<W: psa::json::Writer>(&self, to: &mut W) {
        to.field("id", &self.id);
        to.field("chargeFirmFlag", &self.charge_firm_flag);
        to.field("_info", &self.info);
    }
}
psa::object!(AgreementReference, reference has info);

const fn operation(
    id: &'static str,
    method: psa::operation::Method,
    path: &'static str,
    response: psa::operation::ResponseKind,
) -> psa::operation::Operation {
    psa::operation::Operation::new("service", id, "vendor", method, path, response)
        .with_query(psa::operation::QueryKind::List, psa::operation::Paging::Page)
        .with_tag("Tickets")
}

pub(crate) static LIST_TICKETS: psa::operation::Operation = operation(
    "list_tickets",
    psa::operation::Method::Get,
    "/service/tickets",
    psa::operation::ResponseKind::Many("Ticket"),
);
pub(crate) static LIST_NOTES: psa::operation::Operation = operation(
    "list_ticket_notes",
    psa::operation::Method::Get,
    "/service/tickets/{parentId}/notes",
    psa::operation::ResponseKind::Many("Item"),
);
pub(crate) static GET_TICKET: psa::operation::Operation = operation(
    "get_ticket",
    psa::operation::Method::Get,
    "/service/tickets/{id}",
    psa::operation::ResponseKind::One("Ticket"),
);
pub(crate) static COUNT_TICKETS: psa::operation::Operation = operation(
    "count_tickets",
    psa::operation::Method::Get,
    "/service/tickets/count",
    psa::operation::ResponseKind::One("Count"),
);
pub(crate) static SEARCH_TICKETS: psa::operation::Operation = operation(
    "search_tickets",
    psa::operation::Method::Post,
    "/service/tickets/search",
    psa::operation::ResponseKind::Many("Ticket"),
);
pub(crate) static CREATE_TICKET: psa::operation::Operation = operation(
    "create_ticket",
    psa::operation::Method::Post,
    "/service/tickets",
    psa::operation::ResponseKind::One("Ticket"),
);
pub(crate) static CREATE_TICKETS: psa::operation::Operation = operation(
    "create_tickets",
    psa::operation::Method::Post,
    "/service/tickets",
    psa::operation::ResponseKind::Many("Ticket"),
);
pub(crate) static ACT: psa::operation::Operation =
    operation("act", psa::operation::Method::Post, "/service/tickets", psa::operation::ResponseKind::Any);
/// Any JSON.
pub(crate) static READ: psa::operation::Operation =
    operation("read", psa::operation::Method::Get, "/service/tickets", psa::operation::ResponseKind::Any);
pub(crate) static UPDATE_TICKET: psa::operation::Operation = operation(
    "update_ticket",
    psa::operation::Method::Patch,
    "/service/tickets/{id}",
    psa::operation::ResponseKind::One("Ticket"),
);
pub(crate) static DELETE_TICKET: psa::operation::Operation = operation(
    "delete_ticket",
    psa::operation::Method::Delete,
    "/service/tickets/{id}",
    psa::operation::ResponseKind::None,
);
pub(crate) static GET_LEVEL: psa::operation::Operation = operation(
    "get_level",
    psa::operation::Method::Get,
    "/a/{first}/b/{second}/levels",
    psa::operation::ResponseKind::Any,
);
pub(crate) static GET_IMAGE: psa::operation::Operation = operation(
    "download_contact_image",
    psa::operation::Method::Get,
    "/company/contacts/{id}/image",
    psa::operation::ResponseKind::Bytes("image/png"),
);
pub(crate) static UPLOAD: psa::operation::Operation = operation(
    "upload_document",
    psa::operation::Method::Post,
    "/system/documents",
    psa::operation::ResponseKind::One("Item"),
);

/// A client as the generator writes it.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    connection: psa::transport::Connection,
}

impl Client {
    pub(crate) fn new(connection: &psa::transport::Connection) -> Self {
        Self { connection: connection.clone() }
    }
    #[inline]
    pub(crate) fn list_tickets(&self) -> psa::calls::List<Ticket> {
        psa::calls::RequestBuilder::new(&self.connection, &LIST_TICKETS).list()
    }
    #[inline]
    pub(crate) fn list_ticket_notes(&self, ticket_id: i32) -> psa::calls::List<Item> {
        psa::calls::RequestBuilder::new(&self.connection, &LIST_NOTES).path(ticket_id).list()
    }
    #[inline]
    pub(crate) fn get_ticket(&self, id: i32) -> psa::calls::Get<Ticket> {
        psa::calls::RequestBuilder::new(&self.connection, &GET_TICKET).path(id).get()
    }
    #[inline]
    pub(crate) fn count_tickets(&self) -> psa::calls::Count<Ticket> {
        psa::calls::RequestBuilder::new(&self.connection, &COUNT_TICKETS).count()
    }
    #[inline]
    pub(crate) fn search_tickets(&self, body: &(impl psa::transport::Body<Item> + ?Sized)) -> psa::calls::List<Ticket> {
        psa::calls::RequestBuilder::new(&self.connection, &SEARCH_TICKETS).json(body).list()
    }
    #[inline]
    pub(crate) fn create_ticket(
        &self,
        body: &(impl psa::transport::Body<Ticket> + ?Sized),
    ) -> psa::calls::Call<Ticket> {
        psa::calls::RequestBuilder::new(&self.connection, &CREATE_TICKET).json(body).value()
    }
    #[inline]
    pub(crate) fn create_tickets(
        &self,
        body: &(impl psa::transport::Body<Vec<Ticket>> + ?Sized),
    ) -> psa::calls::Call<Vec<Ticket>> {
        psa::calls::RequestBuilder::new(&self.connection, &CREATE_TICKETS).json(body).value()
    }
    #[inline]
    pub(crate) fn act(&self, body: Option<&serde_json::Value>) -> psa::calls::Call<serde_json::Value> {
        psa::calls::RequestBuilder::new(&self.connection, &ACT).json_opt(body).value()
    }
    #[inline]
    pub(crate) fn update_ticket(&self, id: i32, patch: &psa::patch::Patch) -> psa::calls::Call<Ticket> {
        psa::calls::RequestBuilder::new(&self.connection, &UPDATE_TICKET).path(id).patch(patch).value()
    }
    #[inline]
    pub(crate) fn delete_ticket(&self, id: i32) -> psa::calls::Call<()> {
        psa::calls::RequestBuilder::new(&self.connection, &DELETE_TICKET).path(id).empty()
    }
    #[inline]
    pub(crate) fn get_level(&self, first: &str, second: &TicketSeverity) -> psa::calls::Call<serde_json::Value> {
        psa::calls::RequestBuilder::new(&self.connection, &GET_LEVEL).path(first).path(second).value()
    }
    #[inline]
    pub(crate) fn download_contact_image(
        &self,
        id: i32,
        use_default_flag: Option<bool>,
        last_modified: Option<&str>,
    ) -> psa::calls::Call<psa::transport::Download> {
        psa::calls::RequestBuilder::new(&self.connection, &GET_IMAGE)
            .path(id)
            .query("useDefaultFlag", use_default_flag)
            .query("lastModified", last_modified)
            .download()
    }
    #[inline]
    pub(crate) fn upload_document(
        &self,
        form: &(impl psa::transport::Body<Ticket> + ?Sized),
        file: Option<psa::transport::Upload>,
    ) -> psa::calls::Call<Item> {
        psa::calls::RequestBuilder::new(&self.connection, &UPLOAD).multipart(form, "file", file).value()
    }
}

/// A response that a [`Script`] returns, or a connection error.
pub(crate) struct ScriptedResponse {
    status: u16,
    headers: HeaderMap,
    body: Result<String, ()>,
}

/// Returns a response with this status and body.
pub(crate) fn response(status: u16, body: impl Into<String>) -> ScriptedResponse {
    ScriptedResponse { status, headers: HeaderMap::new(), body: Ok(body.into()) }
}

/// Returns a transport error in place of a response.
pub(crate) fn connection_error() -> ScriptedResponse {
    ScriptedResponse { status: 0, headers: HeaderMap::new(), body: Err(()) }
}

impl ScriptedResponse {
    /// Adds a header.
    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.append(HeaderName::from_static(name), HeaderValue::from_bytes(value.as_bytes()).unwrap());
        self
    }
}

/// A request that was sent: method, path and query, body, and whether it requests forward-only paging.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SentRequest {
    pub(crate) line: String,
    pub(crate) body: String,
    pub(crate) forward: bool,
}

/// A transport that returns the given responses in order and stores the requests. It panics if there are more requests
/// than responses.
#[derive(Clone, Default)]
pub(crate) struct Script {
    responses: Arc<Mutex<VecDeque<ScriptedResponse>>>,
    requests: Arc<Mutex<Vec<SentRequest>>>,
}

impl Script {
    pub(crate) fn new(responses: impl IntoIterator<Item = ScriptedResponse>) -> Self {
        Self { responses: Arc::new(Mutex::new(responses.into_iter().collect())), requests: Arc::default() }
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(&psa::transport::Connection::new(self.clone()))
    }

    pub(crate) fn requests(&self) -> Vec<SentRequest> {
        self.requests.lock().unwrap().clone()
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.requests().into_iter().map(|request| request.line).collect()
    }

    /// Returns how many responses have not been used.
    pub(crate) fn remaining(&self) -> usize {
        self.responses.lock().unwrap().len()
    }
}

impl psa::transport::Transport for Script {
    fn send(
        &self,
        request: psa::transport::Request,
    ) -> psa::transport::BoxFuture<'_, Result<psa::transport::Response, psa::error::Error>> {
        let body = match &request.body {
            psa::transport::RequestBody::Json(json) => String::from_utf8(json.to_vec()).unwrap(),
            other => format!("{other:?}"),
        };
        let forward = request.headers.get("pagination-type").is_some_and(|value| value == "forward-only");
        self.requests.lock().unwrap().push(SentRequest {
            line: format!("{} {}", request.method, request.path_and_query()),
            body,
            forward,
        });
        let next = self.responses.lock().unwrap().pop_front().expect("the script has no more responses");
        Box::pin(async move {
            // Makes the first poll pending, as with a real connection.
            tokio::task::yield_now().await;
            match next.body {
                Ok(body) => {
                    let mut response =
                        psa::transport::Response::new(StatusCode::from_u16(next.status).unwrap(), body.into_bytes());
                    response.headers = next.headers;
                    Ok(response)
                }
                Err(()) => Err(psa::error::Error::transport("connection reset")),
            }
        })
    }
}

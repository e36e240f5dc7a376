//! The code that the generated ConnectWise PSA bindings share: calls, the conditions language, patches, errors and the
//! transport trait.
//!
//! The generated bindings describe each operation as an [`Operation`](operation::Operation) and each type as an
//! [`Object`](json::Object); this crate turns them into calls and JSON. A [`Transport`](transport::Transport) sends the
//! requests. This crate has no transport: HTTP, authentication, retries, limits and logging are in the client,
//! `connectwise-psa`.
//!
//! ```
//! use connectwise_psa_core as psa;
//! use psa::json::Object as _;
//!
//! // Code like that generated for one schema and one operation:
//! #[derive(Clone, Default, PartialEq)]
//! pub struct Ticket {
//!     pub id: Option<i32>,
//!     pub summary: Option<String>,
//!     pub company: Option<psa::json::Shared<psa::json::Reference>>,
//! }
//!
//! impl psa::json::Object for Ticket {
//!     const NAME: &'static str = "Ticket";
//!     fn read<R: psa::json::Reader>(&mut self, name: &str, from: &mut R) {
//!         match name {
//!             "id" => from.field(&mut self.id),
//!             "summary" => from.field(&mut self.summary),
//!             "company" => from.field(&mut self.company),
//!             _ => psa::generated::read_other_case(self, name, from),
//!         }
//!     }
//!     fn write<W: psa::json::Writer>(&self, to: &mut W) {
//!         to.field("id", &self.id);
//!         to.text("summary", 100, &self.summary);
//!         to.field("company", &self.company);
//!     }
//! }
//! psa::object!(Ticket);
//!
//! pub static LIST_TICKETS: psa::operation::Operation = psa::operation::Operation::new(
//!     "service", "list_tickets", "getServiceTickets", psa::operation::Method::Get, "/service/tickets", psa::operation::ResponseKind::Many("Ticket"),
//! )
//! .with_query(psa::operation::QueryKind::List, psa::operation::Paging::PageOrForward);
//!
//! // How a program uses them:
//! async fn open_tickets(connection: &psa::transport::Connection) -> Result<Vec<Ticket>, psa::error::Error> {
//!     // The bindings also have generated fields, so a program writes
//!     // `.filter(|ticket| ticket.closed_flag().eq(false))` instead of `filter_text`.
//!     psa::calls::RequestBuilder::new(connection, &LIST_TICKETS).list::<Ticket>().filter_text("closedFlag=false").all().await
//! }
//!
//! // Observed on live servers: a number can be a string, and a missing reference can be `{}`.
//! let ticket: Ticket = serde_json::from_str(r#"{"id": "13", "summary": "Printer on fire", "company": {}}"#)?;
//! assert_eq!(ticket.id, Some(13));
//! assert_eq!(ticket.company, None);
//! assert_eq!(serde_json::to_string(&ticket)?, r#"{"id":13,"summary":"Printer on fire"}"#);
//! ticket.check_lengths()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | module | contents |
//! |---|---|
//! | [`calls`] | [`List`](calls::List), [`Get`](calls::Get), [`Count`](calls::Count), [`Call`](calls::Call): calls of operations, and how their responses are read |
//! | [`query`] | [`ListQuery`](query::ListQuery): the query parameters of lists: conditions, order, fields and page, as values or text |
//! | [`conditions`] | [`Condition`](conditions::Condition): the conditions language; [`Matcher`](conditions::Matcher) evaluates one for a record |
//! | [`fields`] | [`Field`](fields::Field), [`Filter`](fields::Filter): typed conditions |
//! | [`checker`] | [`Schema`](checker::Schema): checks conditions against the fields of a record |
//! | [`json`] | [`Object`](json::Object), [`Reader`](json::Reader), [`Writer`](json::Writer), [`Property`](json::Property), [`Reference`](json::Reference): how types are deserialized and serialized |
//! | [`patch`] | [`Patch`](patch::Patch): an update of a record |
//! | [`transport`] | [`Transport`](transport::Transport), [`Request`](transport::Request), [`Response`](transport::Response), files |
//! | [`error`] | [`Error`](error::Error), [`ErrorKind`](error::ErrorKind) |
//! | [`operation`] | [`Operation`](operation::Operation): an operation as data |
//! | [`redaction`], [`secrets`], [`text`] | JSON with its secrets redacted; text of the server without the client's secrets; helpers for text from the server |

pub mod calls;
pub mod checker;
pub mod conditions;
pub mod error;
pub mod fields;
#[doc(hidden)]
pub mod generated;
pub mod json;
pub mod operation;
pub mod patch;
pub mod query;
pub mod redaction;
pub mod secrets;
pub mod text;
pub mod transport;

// The crates whose types appear in the public API.
pub use {bytes, chrono, http, rust_decimal, serde, serde_json, uuid};

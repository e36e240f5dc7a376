//! The runtime under the ConnectWise PSA bindings: the conditions language, lists, patches, errors and the transport seam.
//!
//! The generated bindings describe each operation as data ([`Operation`]) and each type as an [`Object`]; everything that happens is here, once. Requests
//! leave through a [`Transport`]; there is none here: HTTP, authentication, retries, limits and logging are the client's, `connectwise-psa`.
//!
//! ```
//! use connectwise_psa_core as psa;
//! use psa::Object as _;
//!
//! // What the generator makes of one schema and one operation:
//! #[derive(Clone, Default, PartialEq)]
//! pub struct Ticket {
//!     pub id: Option<i32>,
//!     pub summary: Option<String>,
//!     pub company: Option<psa::Reference>,
//! }
//!
//! impl psa::Object for Ticket {
//!     const NAME: &'static str = "Ticket";
//!     fn read<'de, A: psa::MapAccess<'de>>(&mut self, name: &str, from: &mut A) -> Result<(), A::Error> {
//!         match name {
//!             "id" => psa::read(&mut self.id, from),
//!             "summary" => psa::read(&mut self.summary, from),
//!             "company" => psa::read(&mut self.company, from),
//!             _ => psa::skip(from),
//!         }
//!     }
//!     fn write<W: psa::Writer>(&self, to: &mut W) -> Result<(), W::Error> {
//!         to.member("id", &self.id)?;
//!         to.text("summary", 100, &self.summary)?;
//!         to.member("company", &self.company)
//!     }
//! }
//! psa::object!(Ticket);
//!
//! pub static LIST_TICKETS: psa::Operation = psa::Operation {
//!     id: "list_tickets",
//!     section: "service",
//!     vendor_id: "getServiceTickets",
//!     method: psa::Method::Get,
//!     path: "/service/tickets",
//!     parameters: &[],
//!     body: None,
//!     answer: psa::Answer::Many("Ticket"),
//!     query: psa::QueryKind::List,
//!     paging: psa::Paging::PageOrForward,
//!     tag: "Tickets",
//!     twins: psa::Twins::NONE,
//! };
//!
//! // What a program does with them:
//! async fn open_tickets(connection: &psa::Connection) -> Result<Vec<Ticket>, psa::Error> {
//!     // The generated fields (`record!`) make `.filter(|ticket| ticket.closed_flag().eq(false))` of it.
//!     let page = psa::Call::new(connection, &LIST_TICKETS).list::<Ticket>().conditions("closedFlag=false").await?;
//!     Ok(page.items)
//! }
//!
//! // The server writes what it has in more than one way; all of them are read.
//! let ticket: Ticket = serde_json::from_str(r#"{"id": "13", "summary": "Printer on fire", "company": {}}"#)?;
//! assert_eq!(ticket.id, Some(13));
//! assert_eq!(ticket.company, None);
//! assert_eq!(serde_json::to_string(&ticket)?, r#"{"id":13,"summary":"Printer on fire"}"#);
//! ticket.check_lengths()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | for | see |
//! |---|---|
//! | types | [`Object`], [`Member`], [`object!`], [`open_enum!`], [`Reference`], [`RecordInfo`] |
//! | reading | [`List`], [`ListQuery`], [`Page`], [`Get`], [`Count`], [`Download`] |
//! | conditions | [`Condition`], [`OrderBy`], [`FieldSelection`], [`SyntaxError`]; typed: [`Fields`], [`Field`], [`Filter`], [`record!`]; checked: [`Schema`]; held against records: [`Matcher`] |
//! | writing | [`Body`], [`Patch`], [`Upload`], [`check_lengths`] |
//! | what goes wrong | [`Error`] |
//! | how it is sent | [`Transport`], [`Connection`], [`Request`], [`Response`] |

mod body;
mod bookmark;
mod byte_stream;
mod call;
mod checker;
mod conditions;
mod count;
mod decode;
mod download;
mod encoding;
mod error;
mod error_body;
mod error_text;
mod fields;
mod finite;
mod get;
mod input;
mod lengths;
mod list;
mod long_query;
mod member;
mod object;
mod open_enum;
mod operation;
mod page;
mod pager;
mod patch;
mod query;
mod record_info;
mod reference;
mod repeat;
mod scalars;
mod secrets;
mod transport;
mod upload;
mod wire_path;

// What the public interface is made of, for callers that name its types.
pub use {bytes, chrono, http};

pub use body::{Body, JsonBody};
pub use bookmark::Bookmark;
pub use byte_stream::ByteStream;
pub use call::Call;
pub use checker::schema::Schema;
pub use checker::{CheckError, Finding, FindingKind};
pub use conditions::comparison::{Comparison, Operator};
pub use conditions::field_path::FieldPath;
pub use conditions::field_selection::FieldSelection;
pub use conditions::like::LikePattern;
pub use conditions::literal::{Literal, LiteralValue};
pub use conditions::matcher::{FieldValue, Matcher};
pub use conditions::order_by::{Direction, OrderBy};
pub use conditions::syntax_error::SyntaxError;
pub use conditions::{Condition, ConditionView};
pub use count::Count;
pub use decode::Pending;
pub use download::Download;
pub use encoding::{PathValue, QueryValue};
pub use error::{Error, FieldError};
pub use fields::field::{CustomFieldFields, Field, InfoField, ListField};
pub use fields::filter::{Filter, IntoFilter};
pub use fields::references::{FullReference, IdReference, IdentifiedReference, NamedReference};
pub use fields::sort_and_select::{Selected, SortKeys, Sorted};
pub use fields::{ChildFields, ChildRoot, Children, Comparable, CustomFields, Element, FieldSet, Fields, Place, Record, Scope, Selecting, kinds};
pub use get::Get;
pub use input::{Input, Unread};
pub use lengths::{LengthCheck, check_lengths};
pub use list::{ItemStream, List, PageStream};
pub use member::{Map, Member};
pub use object::{Object, Writer, read, skip};
pub use open_enum::OpenEnum;
pub use operation::{Answer, BodyFact, Kind, Location, Media, Method, Operation, Paging, Parameter, QueryKind, Twins};
pub use page::{NextPage, Page};
pub use patch::typed::PatchValue;
pub use patch::{Patch, PatchKind, PatchOperation};
pub use query::ListQuery;
pub use record_info::RecordInfo;
pub use reference::Reference;
pub use scalars::{Date, DateTime};
pub use secrets::redacted;
pub use serde::de::MapAccess;
pub use serde_json::Value;
pub use transport::{BoxFuture, Connection, LONGEST_URL, Request, RequestBody, Response, Transport};
pub use upload::{Form, Part, Upload};
pub use uuid::Uuid;

/// What the macros expand to. Not for use by hand.
#[doc(hidden)]
pub mod __private {
    pub use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub use crate::fields::kinds::enum_literal;
    pub use crate::lengths::check_object;
    pub use crate::object::{debug_object, read_object, read_object_member, read_reference_member, write_object};
    pub use crate::open_enum::{read_text, required_text};
}

//! The names and macros that generated code uses. Not part of the public API.

mod object;
mod open_enum;
mod record;

pub use serde::{Deserialize, Deserializer, Serialize, Serializer};
pub use serde_json::Value;
pub use uuid::Uuid;

pub use crate::calls::call::Call;
pub use crate::calls::count::Count;
pub use crate::calls::get::Get;
pub use crate::calls::list::List;
pub use crate::calls::request_builder::RequestBuilder;
pub use crate::conditions::literal::Literal;
pub use crate::error::Error;
pub use crate::fields::field::{Field, ListField};
pub use crate::fields::field_types::{self, enum_literal};
pub use crate::fields::filter::Filter;
pub use crate::fields::record::{FieldLocation, FieldSet, Fields, HasFields};
pub use crate::fields::references::{FullReference, IdReference, IdentifiedReference, NamedReference, WholeComparison};
pub use crate::fields::scope::Scope;
pub use crate::json::amount::Amount;
pub use crate::json::date_text::DateText;
pub use crate::json::lengths::check_lengths;
pub use crate::json::letter_case::read_other_case;
pub use crate::json::object::{Object, Reader, Writer, debug_object, read_object, write_object};
pub use crate::json::open_enum::{OpenEnum, read_text, required_text};
pub use crate::json::property::{Map, Property};
pub use crate::json::record::Record;
pub use crate::json::record_info::RecordInfo;
pub use crate::json::reference::Reference;
pub use crate::json::scalars::{Date, DateTime};
pub use crate::json::shared::Shared;
pub use crate::operation::{
    BodyEncoding, BodySpec, Method, Operation, Paging, Parameter, ParameterKind, ParameterLocation, QueryKind,
    RelatedOperations, ResponseKind,
};
pub use crate::patch::Patch;
pub use crate::patch::typed::ObjectValue;
pub use crate::transport::body::Body;
pub use crate::transport::connection::Connection;
pub use crate::transport::download::Download;
pub use crate::transport::encoding::{PathValue, QueryValue};
pub use crate::transport::upload::Upload;
pub use crate::{object, open_enum, record};

//! JSON types of the API: lenient deserialization, exact serialization, and the paths of values in errors.

pub(crate) mod amount;
pub(crate) mod date_text;
pub(crate) mod digits;
pub(crate) mod json_path;
pub(crate) mod lengths;
pub(crate) mod letter_case;
pub(crate) mod object;
pub(crate) mod open_enum;
pub(crate) mod property;
pub(crate) mod record;
pub(crate) mod record_info;
pub(crate) mod reference;
pub(crate) mod scalars;
pub(crate) mod server_notation;
pub(crate) mod shared;
pub(crate) mod to_value;

pub use amount::Amount;
pub use date_text::DateText;
pub use lengths::{LengthCheck, check_lengths};
pub use object::{Object, Reader, Writer};
pub use open_enum::OpenEnum;
pub use property::{Map, Property};
pub use record::Record;
pub use record_info::RecordInfo;
pub use reference::Reference;
pub use rust_decimal::Decimal;
pub use scalars::{Date, DateTime};
pub use shared::Shared;
pub use to_value::json_text;

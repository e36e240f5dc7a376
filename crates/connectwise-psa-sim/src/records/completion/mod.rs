//! Completes records before they are stored. Observed on live servers: a record has all of these, however it was
//! created.
//!
//! | part | content |
//! |---|---|
//! | [`values`] | booleans, empty texts and other values of a new record; fields that are never returned are removed |
//! | [`custom_fields`] | the custom fields of the record type, with a null value unless they were set |
//! | [`days`] | calendar days are at midnight |
//! | [`amounts`] | amounts and hours have a fraction |
//! | [`info`] | timestamps and links in `_info`, of the record and of its references |
//!
//! The rules and the data apply to all record types. The store calls [`complete`] for every record that it is given.

mod amounts;
mod custom_fields;
mod days;
mod info;
mod values;

use serde_json::Value;

use crate::records::JsonObject;
use crate::records::screens::describe_screen;
use crate::schema::{record_type, single_type, type_of};
use crate::store::Records;

/// Returns a record of a type that nothing was set in, without an id. Observed on live servers: booleans are never omitted.
pub(crate) fn empty_record(type_name: &str, path: &str) -> JsonObject {
    let mut record = JsonObject::new();
    values::complete(type_name, path, 0, &mut record);
    amounts::complete(type_name, &mut record);
    if type_of(type_name).is_none_or(info::has_info) {
        record.insert("_info".to_owned(), Value::Object(JsonObject::new()));
    }
    record
}

/// Completes the record `id` of a list.
pub(crate) fn complete(records: &Records, list: &str, id: i64, record: &mut JsonObject) {
    let Some(type_name) = record_type(list).or_else(|| single_type(list)) else { return };
    values::complete(type_name, list, id, record);
    custom_fields::complete(records, type_name, record);
    describe_screen(type_name, record);
    days::truncate(type_name, record);
    amounts::complete(type_name, record);
    info::complete(records, type_name, list, id, record);
}

//! What endpoints show of records: public fields only, and the usages of a record.

use serde_json::{Value, json};

use crate::schema::type_of;
use crate::store::Records;
use crate::store::record::{Node, RecordNode as _};

/// Returns whether a field is part of the API. The simulator's internal fields start with an underscore; of the API's
/// fields, only `_info` does.
pub(crate) fn is_public(name: &str) -> bool {
    !name.starts_with('_') || name == "_info"
}

/// Removes the simulator's internal fields from a record.
pub(crate) fn public(mut record: Value) -> Value {
    if let Value::Object(fields) = &mut record {
        fields.retain(|name, _| is_public(name));
    }
    record
}

/// Returns whether a type has a field; true for an unknown type.
pub(crate) fn has_field(type_name: &str, field: &str) -> bool {
    type_of(type_name).is_none_or(|schema| schema.fields.contains_key(field))
}

/// Returns the other records that refer to a record, with their lists and ids. Itself and records under it do not count,
/// because they are deleted with it.
fn referring_records<'a>(
    records: &'a Records,
    path: &'a str,
    id: i64,
) -> impl Iterator<Item = (&'a str, i64, Node<'a>)> {
    let mut lists: Vec<_> = records.collections().collect();
    lists.sort_unstable_by_key(|(list, _)| *list);
    let (record, under) = (format!("{path}/{id}"), format!("{path}/{id}/"));
    let all = lists
        .into_iter()
        .flat_map(|(list, collection)| collection.records.iter().map(move |(id, record)| (list, id, record)));
    let is_itself = move |list: &str, other: i64| list == path && other == id;
    all.filter(move |(list, other, node)| {
        !list.starts_with(&under) && !is_itself(list, *other) && node.refers_to(&record)
    })
}

/// Returns whether other records refer to a record.
pub(crate) fn is_referenced(records: &Records, path: &str, id: i64) -> bool {
    referring_records(records, path, id).next().is_some()
}

/// Returns the usages of a record: the records that refer to it, with their lists.
pub(crate) fn usages(records: &Records, path: &str, id: i64) -> Vec<Value> {
    let usage = |(list, id, record): (&str, i64, Node<'_>)| {
        let name = ["name", "summary", "identifier"].iter().find_map(|name| record.text(name)).unwrap_or_default();
        json!({"id": id, "name": name, "_info": {"list": list}})
    };
    referring_records(records, path, id).map(usage).collect()
}

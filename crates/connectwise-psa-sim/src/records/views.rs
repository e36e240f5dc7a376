//! Records as other endpoints show them: reduced twins, usages.

use serde_json::{Value, json};

use crate::schema::type_of;
use crate::store::Records;
use crate::store::record::{Node, RecordNode as _};

/// Whether a member is the server's: the simulator's own begin with an underscore, as `_info` does.
pub(crate) fn is_public(name: &str) -> bool {
    !name.starts_with('_') || name == "_info"
}

/// A record without the members that are the simulator's own.
pub(crate) fn public(mut record: Value) -> Value {
    if let Value::Object(members) = &mut record {
        members.retain(|name, _| is_public(name));
    }
    record
}

/// Whether a smaller type has a member.
pub(crate) fn is_of(type_name: &str, member: &str) -> bool {
    type_of(type_name).is_none_or(|schema| schema.fields.contains_key(member))
}

/// The records that refer to one, with their lists.
fn users<'a>(records: &'a Records, path: &str, id: i64) -> impl Iterator<Item = (&'a str, i64, Node<'a>)> {
    let mut lists: Vec<_> = records.collections().collect();
    lists.sort_unstable_by_key(|(list, _)| *list);
    let path = format!("{path}/{id}");
    let all = lists
        .into_iter()
        .flat_map(|(list, collection)| collection.records.iter().map(move |(id, record)| (list, id, record)));
    all.filter(move |(.., record)| record.refers_to(&path))
}

/// Whether records refer to one; those under it go with it, and have no say.
pub(crate) fn is_used(records: &Records, path: &str, id: i64) -> bool {
    let under = format!("{path}/{id}/");
    users(records, path, id).any(|(list, ..)| !list.starts_with(&under))
}

/// The records that refer to one: of each kind of list which.
pub(crate) fn usages(records: &Records, path: &str, id: i64) -> Vec<Value> {
    let usage = |(list, id, record): (&str, i64, Node<'_>)| {
        let name = ["name", "summary", "identifier"].iter().find_map(|name| record.text(name)).unwrap_or_default();
        json!({"id": id, "name": name, "_info": {"list": list}})
    };
    users(records, path, id).map(usage).collect()
}

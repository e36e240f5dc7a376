//! Records as other endpoints show them: reduced twins, usages.

use serde_json::{Value, json};

use crate::facts::type_of;
use crate::store::Records;

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
    type_of(type_name).is_none_or(|facts| facts.members.contains_key(member))
}

/// The records that refer to one: of each kind of list how many, and which.
pub(crate) fn usages(records: &Records, path: &str, id: i64) -> Vec<Value> {
    let mut usages = Vec::new();
    let path = format!("{path}/{id}");
    for (key, collection) in records.collections() {
        for (user, record) in collection.records.iter() {
            if record.refers_to(&path) {
                let name = ["name", "summary", "identifier"].iter().find_map(|name| record.text(name)).unwrap_or_default();
                usages.push(json!({"id": user, "name": name, "_info": {"list": key}}));
            }
        }
    }
    usages.sort_by_key(|usage| usage.to_string());
    usages
}

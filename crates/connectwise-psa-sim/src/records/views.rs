//! Records as other endpoints show them: reduced twins, usages.

use serde_json::{Value, json};

use crate::facts::type_of;
use crate::store::Records;

/// A record without the members that are the simulator's own: those that begin with an underscore, but for `_info`.
pub(crate) fn public(record: &Value) -> Value {
    let is_own = |name: &str| name.starts_with('_') && name != "_info";
    match record {
        Value::Object(members) => Value::Object(members.iter().filter(|(name, _)| !is_own(name)).map(|(name, value)| (name.clone(), value.clone())).collect()),
        other => other.clone(),
    }
}

/// A record with the members of a smaller type.
pub(crate) fn reduced(record: &Value, type_name: &str) -> Value {
    let Some(facts) = type_of(type_name) else { return record.clone() };
    let members = record.as_object().into_iter().flatten().filter(|(name, _)| facts.members.contains_key(*name));
    Value::Object(members.map(|(name, value)| (name.clone(), value.clone())).collect())
}

/// The records that refer to one: of each kind of list how many, and which.
pub(crate) fn usages(records: &Records, path: &str, id: i64) -> Vec<Value> {
    let mut usages = Vec::new();
    let ending = format!("/{path}/{id}");
    // How such a link ends in JSON: most records need not be looked at.
    let written = format!("/{id}\"");
    for (key, collection) in records.collections() {
        for record in collection.records.values_with(&written) {
            let refers = record.as_object().into_iter().flatten().any(|(name, value)| {
                let href = value.get("_info").and_then(|info| info.get(format!("{name}_href"))).and_then(Value::as_str);
                href.is_some_and(|href| href.to_ascii_lowercase().ends_with(&ending))
            });
            if refers {
                let name = ["name", "summary", "identifier"].iter().find_map(|name| record.get(*name)?.as_str()).unwrap_or_default();
                usages.push(json!({"id": record.get("id"), "name": name, "_info": {"list": key}}));
            }
        }
    }
    usages.sort_by_key(|usage| usage.to_string());
    usages
}

//! What endpoints show of records: public fields only, and the usages of a record.

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};

use crate::schema::{FieldType, path_pattern, record_type, target_of, type_of};
use crate::store::record::{Node, RecordNode as _};
use crate::store::{Records, id_sequence};

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
/// because they are deleted with it. Only lists whose type has a reference to such records are read.
fn referring_records<'a>(
    records: &'a Records,
    path: &'a str,
    id: i64,
) -> impl Iterator<Item = (&'a str, i64, Node<'a>)> {
    let target = id_sequence(path);
    let mut known: HashMap<&str, bool> = HashMap::new();
    let mut lists: Vec<_> = records
        .collections()
        .filter(|(list, _)| match record_type(list) {
            Some(name) => *known.entry(name).or_insert_with(|| may_refer(name, &target, &mut HashSet::new())),
            None => true,
        })
        .collect();
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

/// Returns whether records of a type can contain a reference to records of the id sequence `target`, at any depth.
fn may_refer(type_name: &str, target: &str, seen: &mut HashSet<String>) -> bool {
    if !seen.insert(type_name.to_owned()) {
        return false;
    }
    let fields = type_of(type_name).into_iter().flat_map(|schema| schema.fields.values());
    fields.into_iter().any(|field| holds_reference(&field.field_type, target, seen))
}

fn holds_reference(field_type: &FieldType, target: &str, seen: &mut HashSet<String>) -> bool {
    match field_type {
        FieldType::Reference(reference) => target_of(reference).is_some_and(|path| path_pattern(path) == target),
        FieldType::Object(inner) => may_refer(inner, target, seen),
        FieldType::List(element) => holds_reference(element, target, seen),
        _ => false,
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_that_can_refer_to_a_list_are_known() {
        for (type_name, list, expected) in [
            ("Ticket", "company/companies", true),
            ("Ticket", "company/companies/5/sites", true),
            ("TimeEntry", "project/tickets", true),
            // The types of a company are a list of references, those of communication items are inside of objects.
            ("Company", "company/companies/types", true),
            ("Contact", "company/communicationtypes", true),
            ("BoardStatus", "company/companies", false),
            ("CompanyType", "service/tickets", false),
        ] {
            assert_eq!(may_refer(type_name, &id_sequence(list), &mut HashSet::new()), expected, "{type_name} {list}");
        }
    }
}

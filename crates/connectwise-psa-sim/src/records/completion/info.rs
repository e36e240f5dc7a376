//! The timestamps and links in `_info`. Observed on live servers: some types have all four timestamps, the others have
//! only those of the last update. Some types link to their lists, and some references have more than a link.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde_json::{Map, Value};

use crate::data_table::Table;
use crate::records::guid::guid;
use crate::records::links::href;
use crate::records::{JsonObject, charge_types, tickets};
use crate::schema::{FieldType, RECORD_INFO, Type, named_types, type_of};
use crate::store::Records;
use crate::store::format::LINK_BASE;
use crate::store::record::Node;

/// The fields of `_info`, as CSV: record type, reference type, name, value.
///
/// Without a reference type, the line is about the `_info` of the record; with one, about that of the record's
/// references of this type. A value that starts with `/` is a link. Names in braces stand for
///
/// - `{id}`: the id of the record or of the referenced record
/// - `{guid}`: its GUID; `{guid:objectId}`: the GUID of the record whose id is in the field `objectId`
/// - other names, such as `{status/name}`: the value at this path of the record or of the referenced record
///
/// A line without a value keeps a field that the record has.
static INFO: LazyLock<Table<3>> = LazyLock::new(|| Table::read(RECORD_INFO));

/// The lines of [`INFO`] for one record type.
#[derive(Default)]
struct TypeInfo {
    /// The fields of the record's own `_info` that are kept.
    kept: Vec<&'static str>,
    /// The fields that the record's own `_info` gets: name and value.
    own: Vec<(&'static str, &'static str)>,
    /// The record's fields with references: the name, whether it is a list, and the fields that their `_info` gets.
    references: Vec<ReferenceField>,
}

/// A field with a reference, or a list of references, and what its `_info` gets.
struct ReferenceField {
    name: &'static str,
    reference: &'static str,
    added: Vec<(&'static str, &'static str)>,
}

static BY_TYPE: LazyLock<HashMap<&'static str, TypeInfo>> = LazyLock::new(|| {
    let read = |(name, schema): (&'static str, &'static Type)| {
        let mut found = TypeInfo::default();
        for [_, field, value] in INFO.of(name).filter(|[reference, ..]| reference.is_empty()) {
            if value.is_empty() { found.kept.push(field) } else { found.own.push((field, value)) }
        }
        for (field_name, field) in &schema.fields {
            let FieldType::Reference(reference) = &field.field_type else { continue };
            let lines = INFO.of(name).filter(|[of, ..]| of == reference).map(|[_, field, value]| (*field, *value));
            let added: Vec<_> = lines.collect();
            if !added.is_empty() {
                found.references.push(ReferenceField { name: field_name, reference, added });
            }
        }
        (name, found)
    };
    named_types().map(read).collect()
});

/// Returns whether records of a type have `_info`. Types without any fields in the OpenAPI document may have.
pub(super) fn has_info(schema: &Type) -> bool {
    schema.fields.is_empty() || schema.fields.contains_key("_info")
}

/// Completes the `_info` of the record `id` of a list, and that of its references.
pub(super) fn complete(records: &Records, type_name: &str, list: &str, id: i64, record: &mut JsonObject) {
    let Some(found) = BY_TYPE.get(type_name) else { return };
    if type_of(type_name).is_some_and(|schema| !has_info(schema)) {
        record.remove("_info");
    }
    if let Some(Value::Object(mut info)) = record.remove("_info") {
        if !type_name.ends_with("Reference") {
            info.retain(|name, _| found.kept.contains(&name.as_str()));
        }
        let source = Source::Record { list, id, record, info: &info };
        let added: Vec<_> = found.own.iter().filter_map(|(name, value)| source.field(name, value)).collect();
        info.extend(added);
        record.insert("_info".to_owned(), Value::Object(info));
    }
    for field in &found.references {
        if let Some(Value::Object(reference)) = record.get_mut(field.name) {
            complete_reference(records, field, reference);
        }
    }
}

fn complete_reference(records: &Records, field: &ReferenceField, reference: &mut JsonObject) {
    let id = reference.get("id").and_then(Value::as_i64);
    let Some((id, info)) = id.zip(reference.get_mut("_info").and_then(Value::as_object_mut)) else { return };
    let Some(list) = linked_list(field.reference, info) else { return };
    let source = Source::Stored { list: &list, id, record: records.node(&list, id) };
    info.extend(field.added.iter().filter_map(|(name, value)| source.field(name, value)).collect::<Vec<_>>());
}

/// Returns the list of the record that a reference links to.
fn linked_list(reference: &str, info: &Map<String, Value>) -> Option<String> {
    let link = info.get(crate::schema::link_of(reference)?)?.as_str()?;
    let path = link.strip_prefix(LINK_BASE)?;
    let (list, _) = path.rsplit_once('/')?;
    Some(crate::store::key(list))
}

/// Where the values in braces come from.
enum Source<'a> {
    /// The record itself, without its `_info`.
    Record { list: &'a str, id: i64, record: &'a JsonObject, info: &'a JsonObject },
    /// A record in the store.
    Stored { list: &'a str, id: i64, record: Option<Node<'a>> },
}

impl Source<'_> {
    /// Returns a field of `_info`; `None` if a value in braces is missing.
    fn field(&self, name: &str, value: &str) -> Option<(String, Value)> {
        let mut text = String::new();
        let mut rest = value;
        while let Some((before, after)) = rest.split_once('{') {
            let (inner, after) = after.split_once('}')?;
            text.push_str(before);
            text.push_str(&self.value(inner)?);
            rest = after;
        }
        text.push_str(rest);
        let text = if text.starts_with('/') { href(&text) } else { text };
        Some((name.to_owned(), Value::from(text)))
    }

    fn value(&self, name: &str) -> Option<String> {
        let (list, id) = match self {
            Self::Record { list, id, .. } | Self::Stored { list, id, .. } => (*list, *id),
        };
        match name {
            "id" => Some(id.to_string()),
            "guid" => Some(guid(list, id, "mobile")),
            _ => match name.strip_prefix("guid:") {
                Some(field) => self.guid_of(field),
                None => self.at(name),
            },
        }
    }

    /// Returns the GUID of the record whose id is in a field.
    fn guid_of(&self, field: &str) -> Option<String> {
        let Self::Record { record, .. } = self else { return None };
        let id = record.get(field)?.as_i64()?;
        let list = match record.get("chargeToType").and_then(|name| charge_types::named(name.as_str()?)) {
            Some(charge_type) => charge_type.list,
            None if field == "contactId" => "company/contacts",
            None => tickets::SERVICE,
        };
        Some(guid(list, id, "mobile"))
    }

    /// Returns the text at a path.
    fn at(&self, path: &str) -> Option<String> {
        let value = match self {
            Self::Record { record, info, .. } => info.get(path).cloned().or_else(|| {
                let mut steps = path.split('/');
                let first = record.get(steps.next()?)?;
                steps.try_fold(first, |value, step| value.get(step)).cloned()
            })?,
            Self::Stored { record, .. } => {
                let path = crate::store::record::Path::new(path.split('/'));
                crate::store::record::RecordNode::find_field((*record)?, &path)?.value()
            }
        };
        match value {
            Value::String(text) => Some(text),
            Value::Null => None,
            other => Some(other.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::records::into_object;

    fn info() -> Value {
        json!({"lastUpdated": "2026-11-28T09:00:00Z", "updatedBy": "a", "dateEntered": "2026-11-27T09:00:00Z", "enteredBy": "b", "old_href": "x"})
    }

    #[test]
    fn records_have_two_or_four_timestamps_and_links_to_their_lists() {
        let records = Records::default();
        let completed = |type_name: &str, list: &str| {
            let mut record = into_object(json!({"_info": info()}));
            complete(&records, type_name, list, 7, &mut record);
            record.remove("_info").unwrap()
        };
        let ticket = completed("Ticket", "service/tickets");
        assert_eq!(ticket.as_object().unwrap().len(), 4 + 9);
        assert_eq!(ticket["notes_href"], href("/service/tickets/7/notes"));
        assert_eq!(ticket["scheduleentries_href"], href("/schedule/entries?conditions=type/id=4 AND objectId=7"));
        assert_eq!(completed("Company", "company/companies").as_object().unwrap().len(), 4 + 13);
        assert_eq!(completed("Contact", "company/contacts").as_object().unwrap().len(), 2 + 11);
        assert_eq!(
            completed("Board", "service/boards"),
            json!({"lastUpdated": "2026-11-28T09:00:00Z", "updatedBy": "a"})
        );
    }

    #[test]
    fn records_of_types_without_info_have_none() {
        for (type_name, list, expected) in [
            ("EntityType", "company/entitytypes", false),
            ("ConnectWiseHostedScreen", "system/connectwisehostedscreens", false),
            ("Board", "service/boards", true),
        ] {
            let mut record = into_object(json!({"name": "x", "_info": info()}));
            complete(&Records::default(), type_name, list, 7, &mut record);
            assert_eq!(record.contains_key("_info"), expected, "{type_name}");
        }
    }

    #[test]
    fn references_get_what_live_servers_add() {
        let mut records = Records::default();
        let member = json!({"identifier": "jo", "_info": {"lastUpdated": "2026-01-01T00:00:00Z"}});
        records.insert("system/members", into_object(member), Some(3));
        records.insert("finance/agreements", into_object(json!({"type": {"id": 5}})), Some(9));
        let reference =
            |id: i64, link: &str, path: &str| json!({"id": id, "_info": {link: href(&format!("{path}/{id}"))}});
        let mut ticket = into_object(json!({
            "owner": reference(3, "member_href", "/system/members"),
            "agreement": reference(9, "agreement_href", "/finance/agreements"),
            "company": reference(4, "company_href", "/company/companies"),
            "site": {"id": 2, "name": "not completed"},
        }));
        complete(&records, "Ticket", "service/tickets", 7, &mut ticket);
        assert_eq!(ticket["owner"]["_info"]["image_href"], href("/system/members/3/image?lm=2026-01-01T00:00:00Z"));
        assert_eq!(ticket["agreement"]["_info"]["typeId"], "5");
        assert_eq!(ticket["company"]["_info"]["mobileGuid"], guid("company/companies", 4, "mobile"));
        assert_eq!(ticket["site"], json!({"id": 2, "name": "not completed"}));
    }

    #[test]
    fn the_data_names_types_and_references() {
        for (type_name, [reference, name, _]) in INFO.lines() {
            assert!(type_name == "*" || type_of(type_name).is_some(), "{type_name}");
            assert!(reference.is_empty() || crate::schema::link_of(reference).is_some(), "{reference}");
            assert!(!name.is_empty());
        }
    }
}

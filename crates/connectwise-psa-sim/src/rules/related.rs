//! The records that a record refers to, or under which its list is.

use serde_json::Value;

use crate::records::references::{integer, record_name, resolve_path};
use crate::records::{JsonObject, into_object};
use crate::schema::{FieldType, target_of, type_of};
use crate::server_state::RequestContext;
use crate::store::{Key, key};

/// Returns the list and the id of the record that a reference field refers to, if the list has this record. Project
/// tickets are referred to like service tickets.
pub(crate) fn target(
    ctx: &RequestContext<'_>,
    type_name: &str,
    record: &JsonObject,
    field: &str,
) -> Option<(Key, i64)> {
    let id = record.get(field)?.get("id").and_then(integer)?;
    let list = list_of(type_name, record, field)?;
    if ctx.state.records.contains(&list, id) {
        return Some((list, id));
    }
    let is_project_ticket = list == "service/tickets" && ctx.state.records.contains("project/tickets", id);
    is_project_ticket.then(|| ("project/tickets".to_owned(), id))
}

/// Returns the record that a reference field refers to.
pub(crate) fn referred(
    ctx: &RequestContext<'_>,
    type_name: &str,
    record: &JsonObject,
    field: &str,
) -> Option<JsonObject> {
    let (list, id) = target(ctx, type_name, record, field)?;
    ctx.state.records.get(&list, id).map(into_object)
}

/// Returns the name in a reference field, or else the name of the record that it refers to.
pub(crate) fn name_of(ctx: &RequestContext<'_>, type_name: &str, record: &JsonObject, field: &str) -> Option<String> {
    let name = record.get(field)?.get("name").and_then(Value::as_str).map(str::to_owned);
    name.or_else(|| record_name(&referred(ctx, type_name, record, field)?))
}

/// Returns the key of the list that a reference field, or a field with a list of references, refers to.
pub(crate) fn list_of(type_name: &str, record: &JsonObject, field: &str) -> Option<Key> {
    let reference = match &type_of(type_name)?.fields.get(field)?.field_type {
        FieldType::Reference(reference) => reference,
        FieldType::List(element) => match &**element {
            FieldType::Reference(reference) => reference,
            _ => return None,
        },
        _ => return None,
    };
    resolve_path(target_of(reference)?, record).map(|path| key(&path))
}

/// Returns the list and the id of the record that a list is directly under.
pub(crate) fn owner_of(list: &str) -> Option<(&str, i64)> {
    let (owner, _) = list.rsplit_once('/')?;
    let (list, id) = owner.rsplit_once('/')?;
    Some((list, id.parse().ok()?))
}

/// Returns the list and the id of the project that has a phase.
pub(crate) fn project_of_phase(ctx: &RequestContext<'_>, phase: i64) -> Option<i64> {
    let id_of = |list: &str| list.strip_prefix("project/projects/")?.strip_suffix("/phases")?.parse().ok();
    let collections = ctx.state.records.collections();
    collections.filter(|(_, phases)| phases.records.contains(phase)).find_map(|(list, _)| id_of(list))
}

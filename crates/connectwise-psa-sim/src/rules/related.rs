//! The records that a record refers to, or under which its list is.

use serde_json::Value;

use crate::access::reference_id;
use crate::records::references::{record_name, resolve_path};
use crate::records::tickets::list_of_referred;
use crate::records::{JsonObject, into_object};
use crate::schema::{FieldType, record_type, target_of, type_of};
use crate::server_state::RequestContext;
use crate::store::{Key, key};

/// Returns the list and the id of the record that a reference field refers to, if the list has this record.
pub(crate) fn target(
    ctx: &RequestContext<'_>,
    type_name: &str,
    record: &JsonObject,
    field: &str,
) -> Option<(Key, i64)> {
    let id = reference_id(record, field)?;
    let list = list_of(type_name, record, field)?;
    let list = list_of_referred(&ctx.state.records, &list, id).to_owned();
    ctx.state.records.contains(&list, id).then_some((list, id))
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
pub(crate) fn referred_name(
    ctx: &RequestContext<'_>,
    type_name: &str,
    record: &JsonObject,
    field: &str,
) -> Option<String> {
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

/// Returns the id of the record that is marked as the default of its list. A default contact is the default of its
/// company, not of the list.
pub(crate) fn default_of(ctx: &RequestContext<'_>, list: &str) -> Option<i64> {
    let flags = ["defaultFlag", "overallDefaultFlag"];
    let schema = record_type(list).and_then(type_of)?;
    let flag = flags.iter().find(|flag| schema.fields.contains_key(**flag)).filter(|_| !list.ends_with("/contacts"))?;
    let records = &ctx.state.records.collection(list)?.records;
    records.iter().find(|(_, record)| record.boolean(flag) == Some(true)).map(|(id, _)| id)
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

//! The functions with which rules and actions read records, the lists under them, and request bodies, and check the
//! bodies against their types. Actions finish all checks before the first change, so a rejected request leaves the
//! records unchanged.

use serde_json::{Map, Value, json};

use crate::api_error::{ApiError, FieldError};
use crate::http::Request;
use crate::records::check::Checker;
use crate::records::record_names::{field_in, name_in, resource_of};
use crate::records::references::integer;
use crate::records::{JsonObject, into_object};
use crate::server_state::RequestContext;
use crate::store::Key;
use crate::store::record::Node;

/// Returns a record as a JSON object, or the 404 error.
pub(crate) fn read(ctx: &RequestContext<'_>, list: &str, id: i64) -> Result<JsonObject, ApiError> {
    let record = ctx.state.records.get(list, id);
    record.map(into_object).ok_or_else(|| ApiError::not_found(&name_in(list), &id.to_string()))
}

/// Returns the records of a list, with their ids.
pub(crate) fn list_all(ctx: &RequestContext<'_>, list: &str) -> Vec<(i64, JsonObject)> {
    matching(ctx, list, |_| true)
}

/// Returns the records of a list that pass `test`, with their ids. The test reads the stored records in place: records
/// that do not pass are not converted to JSON.
pub(crate) fn matching(
    ctx: &RequestContext<'_>,
    list: &str,
    test: impl Fn(Node<'_>) -> bool,
) -> Vec<(i64, JsonObject)> {
    let records = ctx.state.records.collection(list).into_iter().flat_map(|collection| collection.records.iter());
    records.filter(|(_, record)| test(*record)).map(|(id, record)| (id, into_object(record.value()))).collect()
}

/// Calls `work` with a checker for the fields of a type.
pub(crate) fn with_checker<T>(
    ctx: &RequestContext<'_>,
    type_name: &'static str,
    work: impl FnOnce(&Checker<'_>) -> T,
) -> T {
    work(&Checker { records: &ctx.state.records, type_name })
}

/// Reads a body and checks its fields against a type. No field is required, and null fields are dropped. An empty body
/// has no fields.
pub(crate) fn body(
    ctx: &RequestContext<'_>,
    request: &Request,
    type_name: &'static str,
) -> Result<JsonObject, ApiError> {
    let fields = raw_body(request)?;
    let mut checked = with_checker(ctx, type_name, |checker| checker.fields(&fields))?;
    checked.retain(|_, value| !value.is_null());
    Ok(checked)
}

/// Returns the error for a request that lacks a required field or parameter.
pub(crate) fn missing_field(type_name: &str, name: &str) -> ApiError {
    let resource = resource_of(type_name);
    ApiError::invalid_object(
        &resource,
        vec![FieldError::new("MissingRequiredField", format!("The {name} field is required."), &resource, name)],
    )
}

/// Returns the reference to the record `id` as the field `field` of the type `type_name` stores it. `owner` is the
/// record that contains the field; see [`checked_fields`].
pub(crate) fn reference(
    ctx: &RequestContext<'_>,
    type_name: &'static str,
    field: &str,
    id: i64,
    owner: &JsonObject,
) -> Result<Value, ApiError> {
    let body = JsonObject::from_iter([(field.to_owned(), json!({ "id": id }))]);
    checked_fields(ctx, type_name, owner, &body).map(|mut checked| checked.remove(field).unwrap_or_default())
}

/// Returns a record with the fields of a body set, checked against the record's type. Other fields of the record may
/// determine the list in which a reference is looked up: a ticket's status is looked up on the ticket's board.
pub(crate) fn checked_fields(
    ctx: &RequestContext<'_>,
    type_name: &'static str,
    record: &JsonObject,
    body: &JsonObject,
) -> Result<JsonObject, ApiError> {
    let mut changed = record.clone();
    with_checker(ctx, type_name, |checker| crate::records::patch::set_fields(checker, &mut changed, body))?;
    Ok(changed)
}

/// Returns the keys of the lists directly under a record.
pub(crate) fn child_lists(ctx: &RequestContext<'_>, list: &str, id: i64) -> Vec<Key> {
    let under = format!("{list}/{id}/");
    let is_direct = |key: &&str| {
        key.strip_prefix(&under).is_some_and(|rest| !rest.split('/').any(|segment| segment.parse::<i64>().is_ok()))
    };
    let mut lists: Vec<Key> =
        ctx.state.records.collections().map(|(key, _)| key).filter(is_direct).map(str::to_owned).collect();
    lists.sort();
    lists
}

/// Returns the id of the record that a field refers to, in any form that the server accepts.
pub(crate) fn reference_id(record: &JsonObject, field: &str) -> Option<i64> {
    record.get(field)?.get("id").and_then(integer)
}

/// Returns the name of the field that holds the id of a record of a list: `ticketId` for `service/tickets`.
pub(crate) fn id_field(list: &str) -> String {
    format!("{}Id", field_in(list))
}

/// Returns the id and the member record of the caller. `None` if no member has the caller's identifier, as for an
/// integrator.
pub(crate) fn caller(ctx: &RequestContext<'_>) -> Option<(i64, JsonObject)> {
    let is_caller = |member: Node<'_>| {
        member.text("identifier").is_some_and(|identifier| identifier.eq_ignore_ascii_case(&ctx.caller.member))
    };
    matching(ctx, "system/members", is_caller).into_iter().next()
}

/// Reads the fields of a body without checking them. An empty body has no fields.
pub(crate) fn raw_body(request: &Request) -> Result<JsonObject, ApiError> {
    match serde_json::from_slice(&request.body) {
        Ok(Value::Object(fields)) => Ok(fields),
        _ if request.body.trim_ascii().is_empty() => Ok(Map::new()),
        _ => Err(ApiError::bad("InvalidObject", "The request object is invalid")),
    }
}

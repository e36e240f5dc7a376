//! What rules and actions read: records, the lists under them, and bodies as the types that they have. Actions check
//! everything before they change anything, so that a refused request leaves the records as they were.

use serde_json::{Map, Value, json};

use crate::api_error::{ApiError, FieldError};
use crate::http::Request;
use crate::records::check::Checker;
use crate::records::references::Links;
use crate::records::{JsonObject, display_name, into_object, resource_name};
use crate::server_state::RequestContext;
use crate::store::Key;
use crate::store::record::Node;

/// A record, as something to work with.
pub(crate) fn read(ctx: &RequestContext<'_>, list: &str, id: i64) -> Result<JsonObject, ApiError> {
    let record = ctx.state.records.get(list, id);
    record.map(into_object).ok_or_else(|| ApiError::not_found(&display_name(list), &id.to_string()))
}

/// The records of a list, with their ids.
pub(crate) fn list_all(ctx: &RequestContext<'_>, list: &str) -> Vec<(i64, JsonObject)> {
    matching(ctx, list, |_| true)
}

/// The records of a list for which a test holds, with their ids. The test reads them in place: most of many records are
/// never made into JSON.
pub(crate) fn matching(
    ctx: &RequestContext<'_>,
    list: &str,
    test: impl Fn(Node<'_>) -> bool,
) -> Vec<(i64, JsonObject)> {
    let records = ctx.state.records.collection(list).into_iter().flat_map(|collection| collection.records.iter());
    records.filter(|(_, record)| test(*record)).map(|(id, record)| (id, into_object(record.value()))).collect()
}

/// Works with what checks members of a type.
pub(crate) fn with_checker<T>(
    ctx: &RequestContext<'_>,
    type_name: &'static str,
    work: impl FnOnce(&Checker<'_>) -> T,
) -> T {
    let links = Links { base: ctx.link_base };
    work(&Checker { records: &ctx.state.records, links: &links, type_name })
}

/// The members of a body, of which none has to be there; no body is one without members.
pub(crate) fn body(
    ctx: &RequestContext<'_>,
    request: &Request,
    type_name: &'static str,
) -> Result<JsonObject, ApiError> {
    let given = raw_body(request)?;
    let mut checked = with_checker(ctx, type_name, |checker| checker.fields(&given))?;
    checked.retain(|_, value| !value.is_null());
    Ok(checked)
}

/// The refusal of a body that lacks a member.
pub(crate) fn missing_field(type_name: &str, name: &str) -> ApiError {
    let resource = resource_name(type_name);
    ApiError::invalid_object(
        &resource,
        vec![FieldError::new("MissingRequiredField", format!("The {name} field is required."), &resource, name)],
    )
}

/// A reference to a record, as a member of a type has it.
pub(crate) fn reference(
    ctx: &RequestContext<'_>,
    type_name: &'static str,
    member: &str,
    id: i64,
    owner: &JsonObject,
) -> Result<Value, ApiError> {
    let body = JsonObject::from_iter([(member.to_owned(), json!({ "id": id }))]);
    checked_fields(ctx, type_name, owner, &body).map(|mut checked| checked.remove(member).unwrap_or_default())
}

/// Members as a record of a type would have them: where a reference is looked up may depend on those that are there.
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

/// The lists directly under a record: their paths.
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

/// The id of the record that a member refers to.
pub(crate) fn reference_id(record: &JsonObject, member: &str) -> Option<i64> {
    record.get(member)?.get("id")?.as_i64()
}

/// The name of the member that holds the id of a record of a list: `ticketId` for `service/tickets`.
pub(crate) fn id_member(list: &str) -> String {
    format!("{}Id", resource_name(&display_name(list)))
}

/// The record of the member who asks; logins of integrators and API members may have none.
pub(crate) fn caller(ctx: &RequestContext<'_>) -> Option<(i64, JsonObject)> {
    let is_caller = |member: Node<'_>| {
        member.text("identifier").is_some_and(|identifier| identifier.eq_ignore_ascii_case(&ctx.caller.member))
    };
    matching(ctx, "system/members", is_caller).into_iter().next()
}

/// The members of a body as they came; no body is one without members.
pub(crate) fn raw_body(request: &Request) -> Result<JsonObject, ApiError> {
    match serde_json::from_slice(&request.body) {
        Ok(Value::Object(members)) => Ok(members),
        _ if request.body.trim_ascii().is_empty() => Ok(Map::new()),
        _ => Err(ApiError::bad("InvalidObject", "The request object is invalid")),
    }
}

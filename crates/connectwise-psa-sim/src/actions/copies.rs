//! Copies of records: the copy gets a new id and copies of the lists under the record.

use serde_json::Value;

use super::redirect::Replacement;
use super::{ActionResult, owner, respond_with};
use crate::access::{body, child_lists, id_field, list_all, missing_field, read};
use crate::api_error::ApiError;
use crate::http::Request;
use crate::records::JsonObject;
use crate::records::references::integer;
use crate::router::Route;
use crate::server_state::RequestContext;
use crate::store::key;
use crate::writes::insert;

/// Fields that are not copied.
const NOT_COPIED: &[&str] =
    &["mergedParentTicket", "hasMergedChildTicketFlag", "hasChildTicket", "connectWiseId", "mobileGuid"];

/// Copies the record in the path.
pub(super) fn copy_by_path(ctx: &mut RequestContext<'_>, route: &Route, _: &Request) -> ActionResult {
    let (list, id) = owner(route)?;
    let list = list.trim_end_matches("/copy");
    let id = copy(ctx, list, id, JsonObject::new())?;
    respond_with(ctx, route, list, id)
}

/// Copies the record whose `id` is in the body. The other fields of the body are set in the copy.
pub(super) fn copy_by_body(ctx: &mut RequestContext<'_>, route: &Route, request: &Request) -> ActionResult {
    let type_name = route.operation.body.map(|body| body.type_name).unwrap_or_default();
    let mut fields = body(ctx, request, type_name)?;
    let id = fields.remove("id").as_ref().and_then(integer).ok_or_else(|| missing_field(type_name, "id"))?;
    let list = key(route.operation.path.trim_end_matches("/copy"));
    let id = copy(ctx, &list, id, fields)?;
    respond_with(ctx, route, &list, id)
}

fn copy(ctx: &mut RequestContext<'_>, list: &str, id: i64, fields: JsonObject) -> Result<i64, ApiError> {
    let mut record = read(ctx, list, id)?;
    record.retain(|name, _| name != "id" && !NOT_COPIED.contains(&name.as_str()));
    if record.contains_key("defaultFlag") {
        record.insert("defaultFlag".to_owned(), Value::Bool(false));
    }
    record.extend(fields);
    if let Some(identifier) = record.get("identifier").and_then(Value::as_str) {
        let free = free_identifier(ctx, list, identifier);
        record.insert("identifier".to_owned(), Value::from(free));
    }
    let copy = insert(ctx, list, record);
    copy_lists(ctx, (list, id), (list, copy));
    Ok(copy)
}

/// Returns the identifier for a copy, with a number if it is taken. What live servers choose is unknown.
fn free_identifier(ctx: &RequestContext<'_>, list: &str, identifier: &str) -> String {
    let taken: Vec<String> = list_all(ctx, list)
        .iter()
        .filter_map(|(_, record)| record.get("identifier")?.as_str().map(str::to_ascii_lowercase))
        .collect();
    let candidates = std::iter::once(identifier.to_owned())
        .chain((2..=taken.len() + 2).map(|number| format!("{identifier}-{number}")));
    candidates.into_iter().find(|candidate| !taken.contains(&candidate.to_ascii_lowercase())).unwrap_or_default()
}

/// Copies the lists under a record, and the lists under their records. References to the record become references to
/// the copy.
fn copy_lists(ctx: &mut RequestContext<'_>, from: (&str, i64), to: (&str, i64)) {
    let Ok(record) = read(ctx, to.0, to.1) else { return };
    let replacement = Replacement { from, to, record: &record };
    let owner_field = id_field(from.0);
    for list in child_lists(ctx, from.0, from.1) {
        let Some(rest) = list.strip_prefix(&format!("{}/{}/", from.0, from.1)) else { continue };
        let target = format!("{}/{}/{rest}", to.0, to.1);
        for (id, mut inner) in list_all(ctx, &list) {
            inner.remove("id");
            if inner.get(&owner_field).and_then(Value::as_i64) == Some(from.1) {
                inner.insert(owner_field.clone(), Value::from(to.1));
            }
            replacement.redirect(&list, &mut inner);
            let copy = insert(ctx, &target, inner);
            copy_lists(ctx, (&list, id), (&target, copy));
        }
    }
}

//! Time sheets and expense reports: the allowed status changes, which also apply to their entries.

use serde_json::Value;

use super::{ActionResult, owner};
use crate::access::{matching, read};
use crate::api_error::ApiError;
use crate::http::{Request, Response};
use crate::placeholders::success;
use crate::router::Route;
use crate::server_state::RequestContext;
use crate::store::record::{Node, RecordNode as _};
use crate::writes::{remove, update};

const TIME_SHEETS: &str = "time/sheets";

/// Returns the list of the entries of a time sheet or expense report, and the field of the entries that refers to it.
fn entries_of(list: &str) -> (&'static str, &'static str) {
    if list == TIME_SHEETS { ("time/entries", "timeSheet") } else { ("expense/entries", "expenseReport") }
}

/// Changes the status of a time sheet or expense report and of its entries.
pub(super) fn change_status(ctx: &mut RequestContext<'_>, route: &Route, _: &Request) -> ActionResult {
    let (list, id) = owner(route)?;
    let mut sheet = read(ctx, &list, id)?;
    let action = route.operation.path.rsplit('/').next().unwrap_or_default();
    let status = sheet.get("status").and_then(Value::as_str).unwrap_or("Open").to_owned();
    let next = match (action, status.as_str()) {
        ("submit", "Open" | "Rejected") => "PendingApproval",
        ("approve", "PendingApproval") => "ApprovedByTierOne",
        ("reject", "PendingApproval") => "Rejected",
        ("reverse", "PendingApproval" | "ApprovedByTierOne") => "Open",
        _ => return Err(ApiError::bad("InvalidObject", format!("Cannot {action}: the status is {status}"))),
    };
    sheet.insert("status".to_owned(), Value::from(next));
    update(ctx, &list, id, sheet);
    let (entries, field) = entries_of(&list);
    for (entry, mut record) in matching(ctx, entries, |entry| entry.reference_id(field) == Some(id)) {
        record.insert("status".to_owned(), Value::from(next));
        update(ctx, entries, entry, record);
    }
    Ok(success())
}

/// Deletes the open time sheets without entries of the member in the path.
pub(super) fn delete_unused(ctx: &mut RequestContext<'_>, route: &Route, _: &Request) -> ActionResult {
    let (_, member) = owner(route)?;
    delete_open(ctx, member, true);
    Ok(Response::no_content())
}

/// Deletes the open time sheets of a member: all, or only those without entries.
pub(super) fn delete_open(ctx: &mut RequestContext<'_>, member: i64, only_unused: bool) {
    let is_open = |sheet: Node<'_>| {
        sheet.reference_id("member") == Some(member) && sheet.text("status").is_none_or(|status| status == "Open")
    };
    for (id, _) in matching(ctx, TIME_SHEETS, is_open) {
        let is_used = || !matching(ctx, "time/entries", |entry| entry.reference_id("timeSheet") == Some(id)).is_empty();
        if !(only_unused && is_used()) {
            remove(ctx, TIME_SHEETS, id);
        }
    }
}

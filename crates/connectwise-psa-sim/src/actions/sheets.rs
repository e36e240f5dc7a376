//! Time sheets and expense reports: their states, which leads where, and the entries that go along.

use serde_json::Value;

use super::changes::{keep, read, remove, those};
use super::{Done, owner, succeeded};
use crate::exchange::{Answer, Asked};
use crate::packed::Node;
use crate::problem::Problem;
use crate::router::Route;
use crate::world::Scene;

const TIME_SHEETS: &str = "time/sheets";

/// The list of the entries of a sheet or report, and their member that refers to it.
fn entries_of(list: &str) -> (&'static str, &'static str) {
    if list == TIME_SHEETS { ("time/entries", "timeSheet") } else { ("expense/entries", "expenseReport") }
}

/// Moves a time sheet or an expense report, and with it its entries, into another state.
pub(super) fn move_sheet(scene: &mut Scene<'_>, route: &Route, _: &Asked) -> Done {
    let (list, id) = owner(route)?;
    let mut sheet = read(scene, &list, id)?;
    let action = route.operation.path.rsplit('/').next().unwrap_or_default();
    let state = sheet.get("status").and_then(Value::as_str).unwrap_or("Open").to_owned();
    let next = match (action, state.as_str()) {
        ("submit", "Open" | "Rejected") => "PendingApproval",
        ("approve", "PendingApproval") => "ApprovedByTierOne",
        ("reject", "PendingApproval") => "Rejected",
        ("reverse", "PendingApproval" | "ApprovedByTierOne") => "Open",
        _ => return Err(Problem::bad("InvalidObject", format!("Cannot {action}: the status is {state}"))),
    };
    sheet.insert("status".to_owned(), Value::from(next));
    keep(scene, &list, id, sheet);
    let (entries, member) = entries_of(&list);
    for (entry, mut record) in those(scene, entries, |entry| entry.referred(member) == Some(id)) {
        record.insert("status".to_owned(), Value::from(next));
        keep(scene, entries, entry, record);
    }
    Ok(succeeded())
}

/// Deletes the time sheets of the member that the path names which are open and have no entries.
pub(super) fn delete_unused(scene: &mut Scene<'_>, route: &Route, _: &Asked) -> Done {
    let (_, member) = owner(route)?;
    delete_open(scene, member, true);
    Ok(Answer::no_content())
}

/// Deletes the open time sheets of a member: all, or those without entries.
pub(super) fn delete_open(scene: &mut Scene<'_>, member: i64, only_unused: bool) {
    let is_open = |sheet: Node<'_>| sheet.referred("member") == Some(member) && sheet.text("status").is_none_or(|status| status == "Open");
    for (id, _) in those(scene, TIME_SHEETS, is_open) {
        let is_used = || !those(scene, "time/entries", |entry| entry.referred("timeSheet") == Some(id)).is_empty();
        if !(only_unused && is_used()) {
            remove(scene, TIME_SHEETS, id);
        }
    }
}

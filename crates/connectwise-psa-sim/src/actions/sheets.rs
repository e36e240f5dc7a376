//! Time sheets and expense reports: their states, and which leads where.

use serde_json::{Value, json};

use super::{Done, owner};
use crate::exchange::{Answer, Asked};
use crate::problem::Problem;
use crate::router::Route;
use crate::store::{Change, touch};
use crate::world::{Scene, members};

/// The states of time sheets and expense reports, and which leads where.
pub(super) fn move_sheet(scene: &mut Scene<'_>, route: &Route, _: &Asked) -> Done {
    let (list, id) = owner(route)?;
    let mut sheet = scene.world.records.get(&list, id).map(members).ok_or_else(|| Problem::not_found("Sheet", &id.to_string()))?;
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
    touch(&mut sheet, scene.now, &scene.caller.member);
    scene.world.records.put(&list, id, sheet);
    scene.happened(&list, id, Change::Updated);
    Ok(Answer::ok(&json!({"success": true})))
}

//! Tickets: merging, children, conversion; and copies of any record.

use serde_json::{Value, json};

use super::{Done, body, owner, settle};
use crate::exchange::{Answer, Asked};
use crate::operations::insert;
use crate::problem::Problem;
use crate::records::Members;
use crate::router::Route;
use crate::store::{Change, key, touch};
use crate::world::{Scene, members};

/// The tickets that a body names.
fn named_tickets(scene: &Scene<'_>, body: &Members, member: &str) -> Result<Vec<i64>, Problem> {
    let ids = body.iter().find(|(name, _)| name.eq_ignore_ascii_case(member)).and_then(|(_, value)| value.as_array());
    let ids: Vec<i64> = ids.into_iter().flatten().filter_map(crate::records::references::integer).collect();
    match ids.iter().find(|id| scene.world.records.get("service/tickets", **id).is_none()) {
        Some(missing) => Err(Problem::not_found("Ticket", &missing.to_string())),
        None if ids.is_empty() => Err(Problem::bad("InvalidObject", format!("{member} is required"))),
        None => Ok(ids),
    }
}

fn change_ticket(scene: &mut Scene<'_>, id: i64, change: impl FnOnce(&mut Members)) {
    let mut ticket = scene.world.records.get("service/tickets", id).map(members).unwrap_or_default();
    change(&mut ticket);
    touch(&mut ticket, scene.now, &scene.caller.member);
    settle(scene, "service/tickets", &mut ticket);
    scene.world.records.put("service/tickets", id, ticket);
    scene.happened("service/tickets", id, Change::Updated);
}

/// Merged tickets are closed, and name the one they were merged into.
pub(super) fn merge(scene: &mut Scene<'_>, route: &Route, asked: &Asked) -> Done {
    let (_, parent) = owner(route)?;
    let body = body(asked)?;
    let status = body.get("status").cloned();
    for id in named_tickets(scene, &body, "mergeTicketIds")? {
        change_ticket(scene, id, |ticket| {
            ticket.insert("mergedParentTicket".to_owned(), json!({"id": parent}));
            ticket.insert("closedFlag".to_owned(), Value::Bool(true));
            if let Some(status) = &status {
                ticket.insert("status".to_owned(), status.clone());
            }
        });
    }
    Ok(Answer::ok(&json!({"success": true})))
}

pub(super) fn attach_children(scene: &mut Scene<'_>, route: &Route, asked: &Asked) -> Done {
    let (_, parent) = owner(route)?;
    for id in named_tickets(scene, &body(asked)?, "childTicketIds")? {
        change_ticket(scene, id, |ticket| _ = ticket.insert("parentTicketId".to_owned(), Value::from(parent)));
    }
    change_ticket(scene, parent, |ticket| _ = ticket.insert("hasChildTicket".to_owned(), Value::Bool(true)));
    Ok(Answer::ok(&json!({"success": true})))
}

/// A service ticket becomes one of a project.
pub(super) fn convert(scene: &mut Scene<'_>, route: &Route, asked: &Asked) -> Done {
    let (list, id) = owner(route)?;
    let mut ticket = scene.world.records.get(&list, id).map(members).unwrap_or_default();
    ticket.extend(body(asked)?);
    ticket.insert("recordType".to_owned(), json!("ProjectTicket"));
    scene.world.records.remove(&list, id);
    scene.world.records.insert("project/tickets", ticket, Some(id));
    scene.happened(&list, id, Change::Deleted);
    scene.happened("project/tickets", id, Change::Added);
    Ok(Answer::ok(&json!({"success": true})))
}

fn copy_record(scene: &mut Scene<'_>, list: &str, id: i64, change: impl FnOnce(&mut Members)) -> Done {
    let what = list.rsplit('/').next().unwrap_or_default();
    let mut record = scene.world.records.get(list, id).map(members).ok_or_else(|| Problem::not_found(what, &id.to_string()))?;
    record.remove("id");
    change(&mut record);
    let id = insert(scene, list, record);
    Ok(Answer::ok(&scene.world.records.get(list, id).unwrap_or_default()))
}

pub(super) fn copy(scene: &mut Scene<'_>, route: &Route, _: &Asked) -> Done {
    let (list, id) = owner(route)?;
    copy_record(scene, &list, id, |_| {})
}

pub(super) fn copy_by_body(scene: &mut Scene<'_>, route: &Route, asked: &Asked) -> Done {
    let body = body(asked)?;
    let list = key(route.operation.path.trim_end_matches("/copy"));
    let id = body.get("id").or_else(|| body.get("boardId")).and_then(crate::records::references::integer).unwrap_or_default();
    let name = body.get("name").cloned();
    copy_record(scene, &list, id, |record| {
        if let Some(name) = name {
            record.insert("name".to_owned(), name);
        }
    })
}

//! The resources of a ticket: the identifiers of its owner and of the members who are scheduled for it, as a text
//! ("ann, bob").

use serde_json::Value;

use super::schedule::{ENTRIES, schedule_target};
use crate::access::{matching, reference_id};
use crate::records::{JsonObject, into_object};
use crate::server_state::RequestContext;

const RESOURCES: &str = "resources";

/// Returns the identifier of the member in a reference field.
fn identifier(ctx: &RequestContext<'_>, record: &JsonObject, field: &str) -> Option<String> {
    let member = reference_id(record, field)?;
    ctx.state.records.node("system/members", member)?.text("identifier").map(|text| text.into_owned())
}

/// Replaces the owner among the resources of a new or changed ticket. The owner is the first of them.
pub(super) fn follow_owner(ctx: &RequestContext<'_>, before: &JsonObject, ticket: &mut JsonObject) {
    let (former, owner) = (identifier(ctx, before, "owner"), identifier(ctx, ticket, "owner"));
    if former == owner {
        return;
    }
    let mut names = names(ticket);
    let id = ticket.get("id").and_then(Value::as_i64);
    let is_scheduled = |name: &String| id.is_some_and(|id| is_scheduled(ctx, id, name));
    if let Some(former) = former.filter(|former| !is_scheduled(former)) {
        names.retain(|name| *name != former);
    }
    if let Some(owner) = owner {
        names.retain(|name| *name != owner);
        names.insert(0, owner);
    }
    set(ticket, &names);
}

/// Adds the member of a new or changed schedule entry to the resources of the ticket that it schedules, and removes the
/// member of the entry before the change from those of the ticket that it scheduled, unless the member is the owner or
/// has another entry.
pub(super) fn follow_entry(ctx: &mut RequestContext<'_>, before: Option<&JsonObject>, after: Option<&JsonObject>) {
    let scheduled = |ctx: &RequestContext<'_>, entry: Option<&JsonObject>| {
        let (list, id) = schedule_target(ctx, entry?).filter(|(list, _)| super::tickets::is_list(list))?;
        Some((list, id, identifier(ctx, entry?, "member")?))
    };
    let (former, current) = (scheduled(ctx, before), scheduled(ctx, after));
    if former == current {
        return;
    }
    if let Some((list, id, member)) = former
        && let Some(mut ticket) = ctx.state.records.get(list, id).map(into_object)
        && identifier(ctx, &ticket, "owner").as_ref() != Some(&member)
        && !is_scheduled(ctx, id, &member)
    {
        let names: Vec<_> = names(&ticket).into_iter().filter(|name| *name != member).collect();
        set(&mut ticket, &names);
        ctx.state.records.put(list, id, ticket);
    }
    if let Some((list, id, member)) = current
        && let Some(mut ticket) = ctx.state.records.get(list, id).map(into_object)
    {
        let mut names = names(&ticket);
        if !names.contains(&member) {
            names.push(member);
            set(&mut ticket, &names);
            ctx.state.records.put(list, id, ticket);
        }
    }
}

/// Returns whether a member has a schedule entry for a ticket.
fn is_scheduled(ctx: &RequestContext<'_>, ticket: i64, member: &str) -> bool {
    let entries = matching(ctx, ENTRIES, |entry| entry.integer("objectId") == Some(ticket));
    entries.into_iter().any(|(_, entry)| {
        schedule_target(ctx, &entry).is_some_and(|(list, _)| super::tickets::is_list(list))
            && identifier(ctx, &entry, "member").as_deref() == Some(member)
    })
}

fn names(ticket: &JsonObject) -> Vec<String> {
    let text = ticket.get(RESOURCES).and_then(Value::as_str).unwrap_or_default();
    text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

fn set(ticket: &mut JsonObject, names: &[String]) {
    if names.is_empty() {
        ticket.remove(RESOURCES);
    } else {
        ticket.insert(RESOURCES.to_owned(), Value::from(names.join(", ")));
    }
}

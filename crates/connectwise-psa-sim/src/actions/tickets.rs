//! Tickets: merging, children, and conversion between those of service and those of projects.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::redirect::Replacement;
use super::{ActionResult, owner};
use crate::access::{
    body, checked_fields, child_lists, list_all, matching, missing_field, read, reference, reference_id,
};
use crate::api_error::{ApiError, FieldError};
use crate::http::Request;
use crate::placeholders::success;
use crate::records::JsonObject;
use crate::records::references::integer;
use crate::router::Route;
use crate::rules::derive_fields;
use crate::server_state::RequestContext;
use crate::store::record::{Node, RecordNode as _};
use crate::store::{Change, touch};
use crate::writes::update;

const SERVICE: &str = "service/tickets";
const PROJECT: &str = "project/tickets";

/// The tickets that a body names; the one they come to is none of them.
fn named_tickets(ctx: &RequestContext<'_>, body: &JsonObject, member: &str, parent: i64) -> Result<Vec<i64>, ApiError> {
    let mut ids: Vec<i64> =
        body.get(member).and_then(Value::as_array).into_iter().flatten().filter_map(integer).collect();
    let mut named = HashSet::new();
    ids.retain(|id| named.insert(*id));
    let above = above(ctx, parent);
    match ids.iter().find(|id| !ctx.state.records.contains(SERVICE, **id)) {
        Some(missing) => Err(ApiError::not_found("Ticket", &missing.to_string())),
        None if ids.is_empty() => Err(ApiError::bad("InvalidObject", format!("{member} is required"))),
        None if ids.iter().any(|id| above.contains(id)) => Err(ApiError::bad(
            "InvalidObject",
            format!("Ticket {parent}, and what it belongs to, cannot be in {member} of itself"),
        )),
        None => Ok(ids),
    }
}

/// A ticket, and those that it belongs to or was merged into.
fn above(ctx: &RequestContext<'_>, ticket: i64) -> HashSet<i64> {
    let mut above = HashSet::new();
    let mut next = vec![ticket];
    while let Some(id) = next.pop().filter(|id| above.insert(*id)) {
        if let Some(record) = ctx.state.records.node(SERVICE, id) {
            next.extend(record.integer("parentTicketId").into_iter().chain(record.reference_id("mergedParentTicket")));
        }
    }
    above
}

fn mark(ctx: &mut RequestContext<'_>, id: i64, flag: &str) {
    if let Ok(mut ticket) = read(ctx, SERVICE, id) {
        ticket.insert(flag.to_owned(), Value::Bool(true));
        update(ctx, SERVICE, id, ticket);
    }
}

/// Merged tickets are closed, and name the one they were merged into. Their notes and times stay under their own
/// numbers.
pub(super) fn merge(ctx: &mut RequestContext<'_>, route: &Route, request: &Request) -> ActionResult {
    let (_, parent) = owner(route)?;
    let body = body(ctx, request, "TicketMerge")?;
    let into = reference(ctx, "Ticket", "mergedParentTicket", parent, &JsonObject::new())?;
    let mut merged = Vec::new();
    for id in named_tickets(ctx, &body, "mergeTicketIds", parent)? {
        let mut ticket = read(ctx, SERVICE, id)?;
        if let Some(status) = body.get("status").cloned().or_else(|| closed_status(ctx, &ticket)) {
            ticket = checked_fields(ctx, "Ticket", &ticket, &JsonObject::from_iter([("status".to_owned(), status)]))?;
        }
        ticket.insert("mergedParentTicket".to_owned(), into.clone());
        ticket.insert("closedFlag".to_owned(), Value::Bool(true));
        merged.push((id, ticket));
    }
    merged.into_iter().for_each(|(id, ticket)| update(ctx, SERVICE, id, ticket));
    mark(ctx, parent, "hasMergedChildTicketFlag");
    Ok(success())
}

/// The first status of a ticket's board that closes it.
fn closed_status(ctx: &RequestContext<'_>, ticket: &JsonObject) -> Option<Value> {
    let closing = matching(ctx, &format!("service/boards/{}/statuses", reference_id(ticket, "board")?), |status| {
        status.boolean("closedStatus") == Some(true)
    });
    closing.first().map(|(id, _)| json!({ "id": id }))
}

pub(super) fn attach_children(ctx: &mut RequestContext<'_>, route: &Route, request: &Request) -> ActionResult {
    let (_, parent) = owner(route)?;
    let body = body(ctx, request, "TicketBundle")?;
    for id in named_tickets(ctx, &body, "childTicketIds", parent)? {
        let mut ticket = read(ctx, SERVICE, id)?;
        ticket.insert("parentTicketId".to_owned(), Value::from(parent));
        update(ctx, SERVICE, id, ticket);
    }
    mark(ctx, parent, "hasChildTicket");
    Ok(success())
}

/// A service ticket becomes one of a project, which the body names.
pub(super) fn convert_to_project(ctx: &mut RequestContext<'_>, route: &Route, request: &Request) -> ActionResult {
    let (_, id) = owner(route)?;
    let body = body(ctx, request, "ConvertToProject")?;
    let kind = record_type(&body, "ProjectTicket", &["ProjectTicket", "ProjectIssue"])?;
    let ticket = of_project(ctx, read(ctx, SERVICE, id)?, &body, kind, "ConvertToProject")?;
    move_ticket(ctx, id, SERVICE, PROJECT, ticket);
    Ok(success())
}

/// A ticket of a project becomes one of service, or a ticket or an issue of this or another project.
pub(super) fn convert_from_project(ctx: &mut RequestContext<'_>, route: &Route, request: &Request) -> ActionResult {
    let (_, id) = owner(route)?;
    let body = body(ctx, request, "ConvertItem")?;
    let mut ticket = read(ctx, PROJECT, id)?;
    match record_type(&body, "ServiceTicket", &["ServiceTicket", "ProjectTicket", "ProjectIssue"])? {
        "ServiceTicket" => {
            ticket.retain(|name, _| !["project", "phase", "wbsCode", "isIssueFlag"].contains(&name.as_str()));
            ticket.insert("recordType".to_owned(), json!("ServiceTicket"));
            // A board of projects holds no service tickets.
            if let Some((board, _)) =
                matching(ctx, "service/boards", |board| board.boolean("projectFlag") != Some(true)).first()
            {
                put_on_board(ctx, "Ticket", &mut ticket, *board)?;
            }
            move_ticket(ctx, id, PROJECT, SERVICE, ticket);
        }
        kind => {
            let mut whole = body;
            if let (false, Some(project)) = (whole.contains_key("project"), ticket.get("project")) {
                whole.insert("project".to_owned(), project.clone());
            }
            let ticket = of_project(ctx, ticket, &whole, kind, "ConvertItem")?;
            update(ctx, PROJECT, id, ticket);
        }
    }
    Ok(success())
}

/// The kind of ticket that a body asks for.
fn record_type(
    body: &JsonObject,
    otherwise: &'static str,
    possible: &[&'static str],
) -> Result<&'static str, ApiError> {
    let Some(wanted) = body.get("recordType").and_then(Value::as_str) else { return Ok(otherwise) };
    possible.iter().find(|kind| kind.eq_ignore_ascii_case(wanted)).copied().ok_or_else(|| {
        let error = FieldError::new(
            "InvalidField",
            format!("The ticket cannot become a {wanted}."),
            "convertItem",
            "recordType",
        );
        ApiError::invalid_object("convertItem", vec![error])
    })
}

/// A ticket as one of the project, and the phase, that a body names.
fn of_project(
    ctx: &RequestContext<'_>,
    mut ticket: JsonObject,
    body: &JsonObject,
    kind: &str,
    body_type: &str,
) -> Result<JsonObject, ApiError> {
    let project = reference_id(body, "project").ok_or_else(|| missing_field(body_type, "project"))?;
    let board = ctx
        .state
        .records
        .get("project/projects", project)
        .and_then(|project| project.get("board")?.get("id")?.as_i64());
    let moves = reference_id(&ticket, "project") != Some(project);
    let mut set: JsonObject = body
        .iter()
        .filter(|(name, _)| ["project", "phase", "wbsCode"].contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    set.insert("isIssueFlag".to_owned(), Value::Bool(kind == "ProjectIssue"));
    if moves {
        ["project", "phase", "wbsCode"].iter().for_each(|name| _ = ticket.remove(*name));
    }
    let schema = crate::schema::type_of("ProjectTicket");
    ticket.retain(|name, _| name.starts_with('_') || schema.is_none_or(|schema| schema.fields.contains_key(name)));
    let mut ticket = checked_fields(ctx, "ProjectTicket", &ticket, &set)?;
    if let Some(board) = board {
        put_on_board(ctx, "ProjectTicket", &mut ticket, board)?;
    }
    // facts: tickets of projects say in callbacks what they are.
    ticket.insert("recordType".to_owned(), json!(kind));
    Ok(ticket)
}

fn put_on_board(
    ctx: &RequestContext<'_>,
    type_name: &'static str,
    ticket: &mut JsonObject,
    board: i64,
) -> Result<(), ApiError> {
    if reference_id(ticket, "board") != Some(board) {
        let board = reference(ctx, type_name, "board", board, ticket)?;
        ticket.insert("board".to_owned(), board);
        ticket.insert("closedFlag".to_owned(), Value::Bool(false));
    }
    Ok(())
}

/// Moves a ticket into another list under its number, with the lists under it and what refers to it. It is the same
/// ticket: it was changed, not deleted.
fn move_ticket(ctx: &mut RequestContext<'_>, id: i64, from: &str, to: &str, mut ticket: JsonObject) {
    let lists =
        child_lists(ctx, from, id).into_iter().map(|list| (list.clone(), list_all(ctx, &list))).collect::<Vec<_>>();
    touch(&mut ticket, ctx.now, &ctx.caller.member);
    derive_fields(ctx, to, &mut ticket);
    ctx.state.records.remove(from, id);
    ctx.state.records.insert(to, ticket.clone(), Some(id));
    for (list, records) in lists {
        let list = list.replacen(from, to, 1);
        for (inner, record) in records {
            ctx.state.records.insert(&list, record, Some(inner));
        }
    }
    ctx.record_change(to, id, Change::Updated);
    Replacement { from: (from, id), to: (to, id), record: &ticket }.redirect_all(ctx);
    let (charged, attached) = if to == PROJECT {
        ("ProjectTicket", ("Ticket", "ProjectTicket"))
    } else {
        ("ServiceTicket", ("ProjectTicket", "Ticket"))
    };
    for list in ["time/entries", "expense/entries"] {
        recharge(ctx, list, id, charged);
    }
    super::documents::reattach(ctx, (attached.0, id), (attached.1, id));
}

/// What was entered for a ticket is charged to it by its new kind.
fn recharge(ctx: &mut RequestContext<'_>, list: &str, ticket: i64, charged: &str) {
    let is_of_ticket = |entry: Node<'_>| {
        entry.integer("chargeToId") == Some(ticket)
            && entry.text("chargeToType").is_some_and(|kind| ["ServiceTicket", "ProjectTicket"].contains(&&*kind))
    };
    for (id, mut entry) in matching(ctx, list, is_of_ticket) {
        entry.insert("chargeToType".to_owned(), json!(charged));
        ctx.state.records.put(list, id, entry);
    }
}

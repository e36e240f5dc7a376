//! Tickets: merging, attaching children, and conversion between service tickets and project tickets.

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
use crate::records::record_names::name_in;
use crate::records::references::integer;
use crate::router::Route;
use crate::rules::derive_fields;
use crate::server_state::RequestContext;
use crate::store::record::{Node, RecordNode as _};
use crate::store::{Change, touch};
use crate::writes::update;

const SERVICE: &str = "service/tickets";
const PROJECT: &str = "project/tickets";

/// Returns the ids of the tickets in a field of a body, without duplicates. Rejects an empty list, tickets that do not
/// exist, and the parent ticket and its ancestors.
fn ticket_ids(
    ctx: &RequestContext<'_>,
    body_type: &str,
    body: &JsonObject,
    field: &str,
    parent: i64,
) -> Result<Vec<i64>, ApiError> {
    let mut ids: Vec<i64> =
        body.get(field).and_then(Value::as_array).into_iter().flatten().filter_map(integer).collect();
    let mut seen = HashSet::new();
    ids.retain(|id| seen.insert(*id));
    let ancestors = self_and_ancestors(ctx, parent);
    match ids.iter().find(|id| !ctx.state.records.contains(SERVICE, **id)) {
        Some(missing) => Err(ApiError::not_found(&name_in(SERVICE), &missing.to_string())),
        None if ids.is_empty() => Err(missing_field(body_type, field)),
        None if ids.iter().any(|id| ancestors.contains(id)) => Err(ApiError::bad(
            "InvalidObject",
            format!("{field} cannot contain ticket {parent} or a ticket that it belongs to"),
        )),
        None => Ok(ids),
    }
}

/// Returns the id of a ticket, of its parents, and of the tickets that they were merged into.
fn self_and_ancestors(ctx: &RequestContext<'_>, ticket: i64) -> HashSet<i64> {
    let mut ids = HashSet::new();
    let mut next = vec![ticket];
    while let Some(id) = next.pop().filter(|id| ids.insert(*id)) {
        if let Some(record) = ctx.state.records.node(SERVICE, id) {
            next.extend(record.integer("parentTicketId").into_iter().chain(record.reference_id("mergedParentTicket")));
        }
    }
    ids
}

fn set_flag(ctx: &mut RequestContext<'_>, id: i64, flag: &str) {
    if let Ok(mut ticket) = read(ctx, SERVICE, id) {
        ticket.insert(flag.to_owned(), Value::Bool(true));
        update(ctx, SERVICE, id, ticket);
    }
}

/// Merges the tickets in the body into the ticket in the path: they are closed and refer to that ticket. They keep
/// their own notes and time entries.
pub(super) fn merge(ctx: &mut RequestContext<'_>, route: &Route, request: &Request) -> ActionResult {
    let (_, parent) = owner(route)?;
    let body = body(ctx, request, "TicketMerge")?;
    let into = reference(ctx, "Ticket", "mergedParentTicket", parent, &JsonObject::new())?;
    let mut merged = Vec::new();
    for id in ticket_ids(ctx, "TicketMerge", &body, "mergeTicketIds", parent)? {
        let mut ticket = read(ctx, SERVICE, id)?;
        if let Some(status) = body.get("status").cloned().or_else(|| closed_status(ctx, &ticket)) {
            ticket = checked_fields(ctx, "Ticket", &ticket, &JsonObject::from_iter([("status".to_owned(), status)]))?;
        }
        ticket.insert("mergedParentTicket".to_owned(), into.clone());
        ticket.insert("closedFlag".to_owned(), Value::Bool(true));
        merged.push((id, ticket));
    }
    merged.into_iter().for_each(|(id, ticket)| update(ctx, SERVICE, id, ticket));
    set_flag(ctx, parent, "hasMergedChildTicketFlag");
    Ok(success())
}

/// Returns a reference to the first closed status of a ticket's board.
fn closed_status(ctx: &RequestContext<'_>, ticket: &JsonObject) -> Option<Value> {
    let statuses = matching(ctx, &format!("service/boards/{}/statuses", reference_id(ticket, "board")?), |status| {
        status.boolean("closedStatus") == Some(true)
    });
    statuses.first().map(|(id, _)| json!({ "id": id }))
}

pub(super) fn attach_children(ctx: &mut RequestContext<'_>, route: &Route, request: &Request) -> ActionResult {
    let (_, parent) = owner(route)?;
    let body = body(ctx, request, "TicketBundle")?;
    for id in ticket_ids(ctx, "TicketBundle", &body, "childTicketIds", parent)? {
        let mut ticket = read(ctx, SERVICE, id)?;
        ticket.insert("parentTicketId".to_owned(), Value::from(parent));
        update(ctx, SERVICE, id, ticket);
    }
    set_flag(ctx, parent, "hasChildTicket");
    Ok(success())
}

/// Converts a service ticket into a ticket or an issue of the project that the body names.
pub(super) fn convert_to_project(ctx: &mut RequestContext<'_>, route: &Route, request: &Request) -> ActionResult {
    let (_, id) = owner(route)?;
    let body = body(ctx, request, "ConvertToProject")?;
    let record_type = requested_record_type(&body, "ProjectTicket", &["ProjectTicket", "ProjectIssue"])?;
    let ticket = to_project_ticket(ctx, read(ctx, SERVICE, id)?, &body, record_type, "ConvertToProject")?;
    move_ticket(ctx, id, SERVICE, PROJECT, ticket);
    Ok(success())
}

/// Converts a project ticket into a service ticket, or into a ticket or an issue of the same or another project.
pub(super) fn convert_from_project(ctx: &mut RequestContext<'_>, route: &Route, request: &Request) -> ActionResult {
    let (_, id) = owner(route)?;
    let body = body(ctx, request, "ConvertItem")?;
    let mut ticket = read(ctx, PROJECT, id)?;
    match requested_record_type(&body, "ServiceTicket", &["ServiceTicket", "ProjectTicket", "ProjectIssue"])? {
        "ServiceTicket" => {
            ticket.retain(|name, _| !["project", "phase", "wbsCode", "isIssueFlag"].contains(&name.as_str()));
            ticket.insert("recordType".to_owned(), json!("ServiceTicket"));
            // A project board cannot hold service tickets.
            if let Some((board, _)) =
                matching(ctx, "service/boards", |board| board.boolean("projectFlag") != Some(true)).first()
            {
                set_board(ctx, "Ticket", &mut ticket, *board)?;
            }
            move_ticket(ctx, id, PROJECT, SERVICE, ticket);
        }
        record_type => {
            let mut body = body;
            if let (false, Some(project)) = (body.contains_key("project"), ticket.get("project")) {
                body.insert("project".to_owned(), project.clone());
            }
            let ticket = to_project_ticket(ctx, ticket, &body, record_type, "ConvertItem")?;
            update(ctx, PROJECT, id, ticket);
        }
    }
    Ok(success())
}

/// Returns the `recordType` that a body requests, or `default`.
fn requested_record_type(
    body: &JsonObject,
    default: &'static str,
    allowed: &[&'static str],
) -> Result<&'static str, ApiError> {
    let Some(wanted) = body.get("recordType").and_then(Value::as_str) else { return Ok(default) };
    allowed.iter().find(|allowed| allowed.eq_ignore_ascii_case(wanted)).copied().ok_or_else(|| {
        let error = FieldError::new(
            "InvalidField",
            format!("The ticket cannot become a {wanted}."),
            "convertItem",
            "recordType",
        );
        ApiError::invalid_object("convertItem", vec![error])
    })
}

/// Returns a ticket as a project ticket, with the project and the phase that a body names.
fn to_project_ticket(
    ctx: &RequestContext<'_>,
    mut ticket: JsonObject,
    body: &JsonObject,
    record_type: &str,
    body_type: &str,
) -> Result<JsonObject, ApiError> {
    let project = reference_id(body, "project").ok_or_else(|| missing_field(body_type, "project"))?;
    let board = ctx
        .state
        .records
        .get("project/projects", project)
        .and_then(|project| project.get("board")?.get("id")?.as_i64());
    let changes_project = reference_id(&ticket, "project") != Some(project);
    let mut fields: JsonObject = body
        .iter()
        .filter(|(name, _)| ["project", "phase", "wbsCode"].contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    fields.insert("isIssueFlag".to_owned(), Value::Bool(record_type == "ProjectIssue"));
    if changes_project {
        ["project", "phase", "wbsCode"].iter().for_each(|name| _ = ticket.remove(*name));
    }
    let schema = crate::schema::type_of("ProjectTicket");
    ticket.retain(|name, _| name.starts_with('_') || schema.is_none_or(|schema| schema.fields.contains_key(name)));
    let mut ticket = checked_fields(ctx, "ProjectTicket", &ticket, &fields)?;
    if let Some(board) = board {
        set_board(ctx, "ProjectTicket", &mut ticket, board)?;
    }
    // Observed on live servers: callbacks for project tickets contain `recordType`.
    ticket.insert("recordType".to_owned(), json!(record_type));
    Ok(ticket)
}

fn set_board(
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

/// Moves a ticket to another list under the same id, with the lists under it, and updates references to it. The audit
/// trail and callbacks report an update, not a deletion.
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
    let (charge_type, attached) = if to == PROJECT {
        ("ProjectTicket", ("Ticket", "ProjectTicket"))
    } else {
        ("ServiceTicket", ("ProjectTicket", "Ticket"))
    };
    for list in ["time/entries", "expense/entries"] {
        set_charge_type(ctx, list, id, charge_type);
    }
    super::documents::reattach(ctx, (attached.0, id), (attached.1, id));
}

/// Sets `chargeToType` of the entries that are charged to a ticket.
fn set_charge_type(ctx: &mut RequestContext<'_>, list: &str, ticket: i64, charge_type: &str) {
    let is_of_ticket = |entry: Node<'_>| {
        entry.integer("chargeToId") == Some(ticket)
            && entry.text("chargeToType").is_some_and(|charged| ["ServiceTicket", "ProjectTicket"].contains(&&*charged))
    };
    for (id, mut entry) in matching(ctx, list, is_of_ticket) {
        entry.insert("chargeToType".to_owned(), json!(charge_type));
        ctx.state.records.put(list, id, entry);
    }
}

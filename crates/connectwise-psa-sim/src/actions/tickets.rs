//! Tickets: merging, children, and conversion between those of service and those of projects.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::changes::{all, body, checked_in, keep, lacks, lists_under, read, reference, referred, those};
use super::redirect::Replacement;
use super::{Done, owner, succeeded};
use crate::exchange::Asked;
use crate::packed::Node;
use crate::problem::{FieldProblem, Problem};
use crate::records::Members;
use crate::records::references::{called, integer};
use crate::router::Route;
use crate::store::{Change, Collection, text, touch};
use crate::world::Scene;

const SERVICE: &str = "service/tickets";
const PROJECT: &str = "project/tickets";

/// The list whose records an endpoint under a ticket shows, the member by which they belong to it, and its id.
pub(super) fn view_of(key: &str) -> Option<(&'static str, &'static str, i64)> {
    let (ticket, name) = key.rsplit_once('/')?;
    let id = ticket.strip_prefix(SERVICE).or_else(|| ticket.strip_prefix(PROJECT))?.strip_prefix('/')?.parse().ok()?;
    let (list, member) = match name {
        "timeentries" => ("time/entries", "ticket"),
        "activities" => ("sales/activities", "ticket"),
        "products" => ("procurement/products", "ticket"),
        "scheduleentries" => ("schedule/entries", "objectId"),
        _ => return None,
    };
    Some((list, member, id))
}

/// The tickets that a body names; the one they come to is none of them.
fn named_tickets(scene: &Scene<'_>, body: &Members, member: &str, parent: i64) -> Result<Vec<i64>, Problem> {
    let mut ids: Vec<i64> = body.get(member).and_then(Value::as_array).into_iter().flatten().filter_map(integer).collect();
    let mut named = HashSet::new();
    ids.retain(|id| named.insert(*id));
    let above = above(scene, parent);
    match ids.iter().find(|id| !scene.world.records.contains(SERVICE, **id)) {
        Some(missing) => Err(Problem::not_found("Ticket", &missing.to_string())),
        None if ids.is_empty() => Err(Problem::bad("InvalidObject", format!("{member} is required"))),
        None if ids.iter().any(|id| above.contains(id)) => {
            Err(Problem::bad("InvalidObject", format!("Ticket {parent}, and what it belongs to, cannot be in {member} of itself")))
        }
        None => Ok(ids),
    }
}

/// A ticket, and those that it belongs to or was merged into.
fn above(scene: &Scene<'_>, ticket: i64) -> HashSet<i64> {
    let mut above = HashSet::new();
    let mut next = vec![ticket];
    while let Some(id) = next.pop().filter(|id| above.insert(*id)) {
        if let Some(record) = scene.world.records.node(SERVICE, id) {
            next.extend(record.integer("parentTicketId").into_iter().chain(record.referred("mergedParentTicket")));
        }
    }
    above
}

fn mark(scene: &mut Scene<'_>, id: i64, flag: &str) {
    if let Ok(mut ticket) = read(scene, SERVICE, id) {
        ticket.insert(flag.to_owned(), Value::Bool(true));
        keep(scene, SERVICE, id, ticket);
    }
}

/// Merged tickets are closed, and name the one they were merged into. Their notes and times stay under their own numbers.
pub(super) fn merge(scene: &mut Scene<'_>, route: &Route, asked: &Asked) -> Done {
    let (_, parent) = owner(route)?;
    let body = body(scene, asked, "TicketMerge")?;
    let into = reference(scene, "Ticket", "mergedParentTicket", parent, &Members::new())?;
    let mut merged = Vec::new();
    for id in named_tickets(scene, &body, "mergeTicketIds", parent)? {
        let mut ticket = read(scene, SERVICE, id)?;
        if let Some(status) = body.get("status").cloned().or_else(|| closed_status(scene, &ticket)) {
            ticket = checked_in(scene, "Ticket", &ticket, &Members::from_iter([("status".to_owned(), status)]))?;
        }
        ticket.insert("mergedParentTicket".to_owned(), into.clone());
        ticket.insert("closedFlag".to_owned(), Value::Bool(true));
        merged.push((id, ticket));
    }
    merged.into_iter().for_each(|(id, ticket)| keep(scene, SERVICE, id, ticket));
    mark(scene, parent, "hasMergedChildTicketFlag");
    Ok(succeeded())
}

/// The first status of a ticket's board that closes it.
fn closed_status(scene: &Scene<'_>, ticket: &Members) -> Option<Value> {
    let closing = those(scene, &format!("service/boards/{}/statuses", referred(ticket, "board")?), |status| status.flag("closedStatus") == Some(true));
    closing.first().map(|(id, _)| json!({ "id": id }))
}

pub(super) fn attach_children(scene: &mut Scene<'_>, route: &Route, asked: &Asked) -> Done {
    let (_, parent) = owner(route)?;
    let body = body(scene, asked, "TicketBundle")?;
    for id in named_tickets(scene, &body, "childTicketIds", parent)? {
        let mut ticket = read(scene, SERVICE, id)?;
        ticket.insert("parentTicketId".to_owned(), Value::from(parent));
        keep(scene, SERVICE, id, ticket);
    }
    mark(scene, parent, "hasChildTicket");
    Ok(succeeded())
}

/// A service ticket becomes one of a project, which the body names.
pub(super) fn to_project(scene: &mut Scene<'_>, route: &Route, asked: &Asked) -> Done {
    let (_, id) = owner(route)?;
    let body = body(scene, asked, "ConvertToProject")?;
    let kind = record_type(&body, "ProjectTicket", &["ProjectTicket", "ProjectIssue"])?;
    let ticket = of_project(scene, read(scene, SERVICE, id)?, &body, kind, "ConvertToProject")?;
    move_ticket(scene, id, SERVICE, PROJECT, ticket);
    Ok(succeeded())
}

/// A ticket of a project becomes one of service, or a ticket or an issue of this or another project.
pub(super) fn of_project_to(scene: &mut Scene<'_>, route: &Route, asked: &Asked) -> Done {
    let (_, id) = owner(route)?;
    let body = body(scene, asked, "ConvertItem")?;
    let mut ticket = read(scene, PROJECT, id)?;
    match record_type(&body, "ServiceTicket", &["ServiceTicket", "ProjectTicket", "ProjectIssue"])? {
        "ServiceTicket" => {
            ticket.retain(|name, _| !["project", "phase", "wbsCode", "isIssueFlag"].contains(&name.as_str()));
            ticket.insert("recordType".to_owned(), json!("ServiceTicket"));
            // A board of projects holds no service tickets.
            if let Some((board, _)) = those(scene, "service/boards", |board| board.flag("projectFlag") != Some(true)).first() {
                put_on_board(scene, "Ticket", &mut ticket, *board)?;
            }
            move_ticket(scene, id, PROJECT, SERVICE, ticket);
        }
        kind => {
            let mut whole = body;
            if let (false, Some(project)) = (whole.contains_key("project"), ticket.get("project")) {
                whole.insert("project".to_owned(), project.clone());
            }
            let ticket = of_project(scene, ticket, &whole, kind, "ConvertItem")?;
            keep(scene, PROJECT, id, ticket);
        }
    }
    Ok(succeeded())
}

/// The kind of ticket that a body asks for.
fn record_type(body: &Members, otherwise: &'static str, possible: &[&'static str]) -> Result<&'static str, Problem> {
    let Some(wanted) = body.get("recordType").and_then(Value::as_str) else { return Ok(otherwise) };
    possible.iter().find(|kind| kind.eq_ignore_ascii_case(wanted)).copied().ok_or_else(|| {
        let error = FieldProblem::new("InvalidField", format!("The ticket cannot become a {wanted}."), "convertItem", "recordType");
        Problem::invalid_object("convertItem", vec![error])
    })
}

/// A ticket as one of the project, and the phase, that a body names.
fn of_project(scene: &Scene<'_>, mut ticket: Members, body: &Members, kind: &str, body_type: &str) -> Result<Members, Problem> {
    let project = referred(body, "project").ok_or_else(|| lacks(body_type, "project"))?;
    let board = scene.world.records.get("project/projects", project).and_then(|project| project.get("board")?.get("id")?.as_i64());
    let moves = referred(&ticket, "project") != Some(project);
    let mut set: Members =
        body.iter().filter(|(name, _)| ["project", "phase", "wbsCode"].contains(&name.as_str())).map(|(name, value)| (name.clone(), value.clone())).collect();
    set.insert("isIssueFlag".to_owned(), Value::Bool(kind == "ProjectIssue"));
    if moves {
        ["project", "phase", "wbsCode"].iter().for_each(|name| _ = ticket.remove(*name));
    }
    let facts = crate::facts::type_of("ProjectTicket");
    ticket.retain(|name, _| name.starts_with('_') || facts.is_none_or(|facts| facts.members.contains_key(name)));
    let mut ticket = checked_in(scene, "ProjectTicket", &ticket, &set)?;
    if let Some(board) = board {
        put_on_board(scene, "ProjectTicket", &mut ticket, board)?;
    }
    // facts: tickets of projects say in callbacks what they are.
    ticket.insert("recordType".to_owned(), json!(kind));
    Ok(ticket)
}

fn put_on_board(scene: &Scene<'_>, type_name: &'static str, ticket: &mut Members, board: i64) -> Result<(), Problem> {
    if referred(ticket, "board") != Some(board) {
        let board = reference(scene, type_name, "board", board, ticket)?;
        ticket.insert("board".to_owned(), board);
        ticket.insert("closedFlag".to_owned(), Value::Bool(false));
    }
    Ok(())
}

/// Gives a new ticket to the default team of its board. facts: where the board has none, the ticket is refused in these words.
pub(super) fn give_to_team(scene: &Scene<'_>, ticket: &mut Members) -> Result<(), Problem> {
    let teams = referred(ticket, "board").and_then(|board| scene.world.records.collection(&format!("service/boards/{board}/teams")));
    let Some(teams) = teams.filter(|teams| teams.records.len() > 0 && !ticket.contains_key("team")) else { return Ok(()) };
    let Some((team, _)) = default_of(teams) else {
        let error = FieldProblem::new("InvalidObject", "Cannot find default team for board specified", "ticket", "board");
        return Err(Problem::invalid_object("ticket", vec![error]));
    };
    let team = reference(scene, "Ticket", "team", team, ticket)?;
    ticket.insert("team".to_owned(), team);
    Ok(())
}

/// The record of a list that is marked as the default.
fn default_of(list: &Collection) -> Option<(i64, Node<'_>)> {
    list.records.iter().find(|(_, record)| record.flag("defaultFlag") == Some(true))
}

/// A ticket says how its contact is called and reached.
pub(super) fn name_contact(scene: &Scene<'_>, ticket: &mut Members) {
    let Some(contact) = referred(ticket, "contact").and_then(|id| scene.world.records.get("company/contacts", id)) else { return };
    let items = contact.get("communicationItems").and_then(Value::as_array);
    let item = |kind: &str| items.into_iter().flatten().find(|item| item.get("communicationType").and_then(Value::as_str) == Some(kind))?.get("value").cloned();
    let name = contact.as_object().and_then(called).map(Value::from);
    for (member, value) in [("contactName", name), ("contactEmailAddress", item("Email")), ("contactPhoneNumber", item("Phone"))] {
        if let Some(value) = value {
            ticket.entry(member).or_insert(value);
        }
    }
}

/// What a ticket has of another board than its own goes: it begins with its board's first status, which also says whether it is closed.
pub(super) fn settle(scene: &Scene<'_>, ticket: &mut Members) {
    let Some(board) = referred(ticket, "board") else { return };
    let list = |name: &str| format!("service/boards/{board}/{name}");
    for (member, of_board) in [("status", "statuses"), ("type", "types"), ("subType", "subtypes"), ("item", "items"), ("team", "teams")] {
        let is_of_another = |id: i64| scene.world.records.collection(&list(of_board)).is_some_and(|choices| !choices.records.contains(id));
        if referred(ticket, member).is_some_and(is_of_another) {
            ticket.remove(member);
        }
    }
    let was_closed = ticket.get("closedFlag") == Some(&Value::Bool(true));
    let Some(statuses) = scene.world.records.collection(&list("statuses")) else { return };
    if !ticket.contains_key("status")
        && let Some((id, status)) = default_of(statuses).or_else(|| statuses.records.iter().next())
    {
        let href = format!("{}/{}/{id}", scene.link_base, list("statuses"));
        ticket.insert("status".to_owned(), json!({"id": id, "name": status.text("name"), "_info": {"status_href": href}}));
    }
    // A merged ticket stays closed, whatever statuses its board has.
    if ticket.contains_key("mergedParentTicket") {
        ticket.insert("closedFlag".to_owned(), Value::Bool(true));
    } else if let Some(closed) = referred(ticket, "status").and_then(|status| statuses.records.get(status)?.flag("closedStatus")) {
        ticket.insert("closedFlag".to_owned(), Value::Bool(closed));
    }
    match (was_closed, ticket.get("closedFlag") == Some(&Value::Bool(true))) {
        (false, true) => {
            ticket.insert("closedDate".to_owned(), Value::from(text(scene.now)));
            ticket.insert("closedBy".to_owned(), Value::from(scene.caller.member.clone()));
        }
        (true, false) => CLOSING.iter().for_each(|name| _ = ticket.remove(*name)),
        _ => {}
    }
}

/// What a ticket says of its end, as long as it has one.
const CLOSING: [&str; 4] = ["closedDate", "closedBy", "dateResolved", "resolvedBy"];

/// Moves a ticket into another list under its number, with the lists under it and what refers to it. It is the same ticket: it was changed, not deleted.
fn move_ticket(scene: &mut Scene<'_>, id: i64, from: &str, to: &str, mut ticket: Members) {
    let lists = lists_under(scene, from, id).into_iter().map(|list| (list.clone(), all(scene, &list))).collect::<Vec<_>>();
    touch(&mut ticket, scene.now, &scene.caller.member);
    settle(scene, &mut ticket);
    scene.world.records.remove(from, id);
    scene.world.records.insert(to, ticket.clone(), Some(id));
    for (list, records) in lists {
        let list = list.replacen(from, to, 1);
        for (inner, record) in records {
            scene.world.records.insert(&list, record, Some(inner));
        }
    }
    scene.happened(to, id, Change::Updated);
    Replacement { from: (from, id), to: (to, id), record: &ticket }.follow_everywhere(scene);
    let (charged, attached) = if to == PROJECT { ("ProjectTicket", ("Ticket", "ProjectTicket")) } else { ("ServiceTicket", ("ProjectTicket", "Ticket")) };
    for list in ["time/entries", "expense/entries"] {
        recharge(scene, list, id, charged);
    }
    super::documents::reattach(scene, (attached.0, id), (attached.1, id));
}

/// What was entered for a ticket is charged to it by its new kind.
fn recharge(scene: &mut Scene<'_>, list: &str, ticket: i64, charged: &str) {
    let is_of_ticket = |entry: Node<'_>| {
        entry.integer("chargeToId") == Some(ticket) && entry.text("chargeToType").is_some_and(|kind| ["ServiceTicket", "ProjectTicket"].contains(&&*kind))
    };
    for (id, mut entry) in those(scene, list, is_of_ticket) {
        entry.insert("chargeToType".to_owned(), json!(charged));
        scene.world.records.put(list, id, entry);
    }
}

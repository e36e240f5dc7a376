//! Rules of tickets: the team, the contact details, the status, and the fields that say when and by whom a ticket was
//! closed.

use serde_json::Value;

use super::related::{default_of, referred, referred_name};
use super::resources;
use crate::access::{reference, reference_id};
use crate::api_error::{ApiError, FieldError};
use crate::records::references::{record_name, reference_fields, reference_with_link};
use crate::records::tickets::{PROJECT, SERVICE};
use crate::records::{JsonObject, into_object};
use crate::server_state::RequestContext;
use crate::store::record::Node;
use crate::store::timestamp;

/// The lists of tickets.
pub(crate) const LISTS: [&str; 2] = [SERVICE, PROJECT];

/// Returns whether a list contains tickets.
pub(crate) fn is_list(key: &str) -> bool {
    LISTS.contains(&key)
}

/// Assigns a new ticket without a team to the default team of its board. Observed on live servers: if the board has
/// teams but none is the default, the ticket is rejected with the message below.
pub(crate) fn assign_team(ctx: &RequestContext<'_>, ticket: &mut JsonObject) -> Result<(), ApiError> {
    let Some(teams) = reference_id(ticket, "board").map(|board| format!("service/boards/{board}/teams")) else {
        return Ok(());
    };
    let has_teams = ctx.state.records.collection(&teams).is_some_and(|teams| teams.records.len() > 0);
    if !has_teams || ticket.contains_key("team") {
        return Ok(());
    }
    let Some(team) = default_of(ctx, &teams) else {
        let error = FieldError::new("InvalidObject", "Cannot find default team for board specified", "ticket", "board");
        return Err(ApiError::invalid_object("ticket", vec![error]));
    };
    let team = reference(ctx, "Ticket", "team", team, ticket)?;
    ticket.insert("team".to_owned(), team);
    Ok(())
}

/// Copies the contact's name, e-mail address and phone number into a ticket, where the ticket has none.
pub(crate) fn add_contact_details(ctx: &RequestContext<'_>, ticket: &mut JsonObject) {
    let Some(contact) = reference_id(ticket, "contact").and_then(|id| ctx.state.records.get("company/contacts", id))
    else {
        return;
    };
    let items = contact.get("communicationItems").and_then(Value::as_array);
    let item = |communication_type: &str| {
        items
            .into_iter()
            .flatten()
            .find(|item| item.get("communicationType").and_then(Value::as_str) == Some(communication_type))?
            .get("value")
            .cloned()
    };
    let name = contact.as_object().and_then(record_name).map(Value::from);
    for (field, value) in CONTACT_FIELDS.into_iter().zip([name, item("Email"), item("Phone")]) {
        if let Some(value) = value {
            ticket.entry(field).or_insert(value);
        }
    }
}

/// Fields of a ticket that contain the address of its site, and the fields of the site.
const SITE_FIELDS: [(&str, &str); 6] = [
    ("siteName", "name"),
    ("addressLine1", "addressLine1"),
    ("addressLine2", "addressLine2"),
    ("city", "city"),
    ("zip", "zip"),
    ("country", "country"),
];

/// Fields of a ticket that contain the name of its contact and how the contact can be reached.
const CONTACT_FIELDS: [&str; 3] = ["contactName", "contactEmailAddress", "contactPhoneNumber"];

/// Copies the name and the address of the site into a ticket, where the ticket has none.
pub(crate) fn add_site_details(ctx: &RequestContext<'_>, type_name: &str, ticket: &mut JsonObject) {
    let Some(site) = referred(ctx, type_name, ticket, "site") else { return };
    let state = site.get("stateReference").and_then(|state| state.get("identifier")).cloned();
    let address = SITE_FIELDS.iter().filter_map(|(to, from)| Some((*to, site.get(*from)?.clone())));
    for (field, value) in address.chain(state.map(|state| ("stateIdentifier", state))) {
        if !value.is_null() && value.as_str() != Some("") {
            ticket.entry(field).or_insert(value);
        }
    }
}

/// The fields of a ticket that a new company replaces, and the fields of the company that they are taken from.
const FROM_COMPANY: [(&str, &str); 2] = [("site", "site"), ("currency", "currency")];

/// The references of a ticket to records that belong to a company.
const OF_COMPANY: [&str; 2] = ["contact", "agreement"];

/// Replaces the site and the currency of a changed ticket that now has another company, and removes the contact and the
/// agreement of the other company, unless the request changed these fields too.
fn update_company(ctx: &RequestContext<'_>, type_name: &'static str, before: &JsonObject, ticket: &mut JsonObject) {
    let Some(company) = reference_id(ticket, "company").filter(|id| Some(*id) != reference_id(before, "company"))
    else {
        return;
    };
    let is_unchanged = |ticket: &JsonObject, field: &str| reference_id(before, field) == reference_id(ticket, field);
    for (field, source) in FROM_COMPANY.into_iter().filter(|(field, _)| is_unchanged(ticket, field)).collect::<Vec<_>>()
    {
        let id = referred(ctx, type_name, ticket, "company").and_then(|company| reference_id(&company, source));
        let value = id.and_then(|id| reference(ctx, type_name, field, id, ticket).ok());
        match value {
            Some(value) => _ = ticket.insert(field.to_owned(), value),
            // A site belongs to its company, a currency does not.
            None if field == "site" => _ = ticket.remove(field),
            None => {}
        }
    }
    for field in OF_COMPANY {
        let owner = referred(ctx, type_name, ticket, field).and_then(|record| reference_id(&record, "company"));
        if is_unchanged(ticket, field) && owner.is_some_and(|owner| owner != company) {
            ticket.remove(field);
        }
    }
}

/// Sets the type of the agreement of a changed ticket that now has another agreement or none, unless the request changed
/// the type too.
fn update_agreement_type(ctx: &RequestContext<'_>, type_name: &str, before: &JsonObject, ticket: &mut JsonObject) {
    const TYPE: &str = "agreementType";
    if reference_id(before, "agreement") == reference_id(ticket, "agreement") || before.get(TYPE) != ticket.get(TYPE) {
        return;
    }
    let agreement = referred(ctx, type_name, ticket, "agreement");
    match agreement.and_then(|agreement| referred_name(ctx, "Agreement", &agreement, "type")) {
        Some(name) => _ = ticket.insert(TYPE.to_owned(), Value::from(name)),
        None => _ = ticket.remove(TYPE),
    }
}

/// Replaces what a changed ticket has of its company, its site, its contact, its agreement and its owner, if it now has
/// another one, unless the request changed these fields too.
pub(crate) fn update_details(
    ctx: &RequestContext<'_>,
    type_name: &'static str,
    before: &JsonObject,
    ticket: &mut JsonObject,
) {
    update_company(ctx, type_name, before, ticket);
    update_agreement_type(ctx, type_name, before, ticket);
    if before.get("resources") == ticket.get("resources") {
        resources::follow_owner(ctx, before, ticket);
    }
    let has_other = |ticket: &JsonObject, field: &str| reference_id(before, field) != reference_id(ticket, field);
    let remove = |ticket: &mut JsonObject, fields: &[&str]| {
        for field in fields {
            if before.get(*field) == ticket.get(*field) {
                ticket.remove(*field);
            }
        }
    };
    if has_other(ticket, "site") {
        remove(ticket, &SITE_FIELDS.map(|(field, _)| field));
        remove(ticket, &["stateIdentifier"]);
        add_site_details(ctx, type_name, ticket);
    }
    if has_other(ticket, "contact") {
        remove(ticket, &CONTACT_FIELDS);
        add_contact_details(ctx, ticket);
    }
}

/// Removes the status, type, subtype, item and team if they belong to another board. Sets the board's default status,
/// or else its first one, if the ticket has none. Derives `closedFlag`, `closedDate` and `closedBy` from the status.
pub(crate) fn derive_fields(ctx: &RequestContext<'_>, ticket: &mut JsonObject) {
    let Some(board) = reference_id(ticket, "board") else { return };
    let path = |name: &str| format!("service/boards/{board}/{name}");
    for (field, segment) in
        [("status", "statuses"), ("type", "types"), ("subType", "subtypes"), ("item", "items"), ("team", "teams")]
    {
        let is_of_another_board =
            |id: i64| ctx.state.records.collection(&path(segment)).is_some_and(|list| !list.records.contains(id));
        if reference_id(ticket, field).is_some_and(is_of_another_board) {
            ticket.remove(field);
        }
    }
    // The status decides. The request may contain another `closedFlag`, so the stored ticket has the old value.
    let stored = ticket.get("id").and_then(Value::as_i64).and_then(|id| stored_ticket(ctx, id));
    let was_closed = stored.and_then(|stored| stored.boolean("closedFlag")) == Some(true);
    let Some(statuses) = ctx.state.records.collection(&path("statuses")) else { return };
    if !ticket.contains_key("status")
        && let Some(id) = default_of(ctx, &path("statuses")).or_else(|| statuses.records.ids().next())
        && let Some(status) = statuses.records.get(id)
    {
        let fields = reference_fields("ServiceStatusReference", id, &into_object(status.value()));
        let list = format!("/{}", path("statuses"));
        ticket.insert("status".to_owned(), reference_with_link("ServiceStatusReference", fields, &list, id));
    }
    // A merged ticket stays closed, whatever its status: its board may have no closed status.
    if ticket.contains_key("mergedParentTicket") {
        ticket.insert("closedFlag".to_owned(), Value::Bool(true));
    } else if let Some(closed) =
        reference_id(ticket, "status").and_then(|status| statuses.records.get(status)?.boolean("closedStatus"))
    {
        ticket.insert("closedFlag".to_owned(), Value::Bool(closed));
    }
    match (was_closed, ticket.get("closedFlag") == Some(&Value::Bool(true))) {
        (false, true) => {
            ticket.insert("closedDate".to_owned(), Value::from(timestamp(ctx.now)));
            ticket.insert("closedBy".to_owned(), Value::from(ctx.caller.member.clone()));
        }
        (true, false) => REMOVED_ON_REOPEN.iter().for_each(|name| _ = ticket.remove(*name)),
        _ => {}
    }
}

/// Returns a stored ticket of either kind.
fn stored_ticket<'a>(ctx: &'a RequestContext<'_>, id: i64) -> Option<Node<'a>> {
    LISTS.iter().find_map(|list| ctx.state.records.node(list, id))
}

/// The fields that are removed when a ticket is reopened. A program may have set the last two.
const REMOVED_ON_REOPEN: [&str; 4] = ["closedDate", "closedBy", "dateResolved", "resolvedBy"];

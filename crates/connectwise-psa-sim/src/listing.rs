//! Chooses the records that a list endpoint shows. Some endpoints show the records of another list, or only some of
//! them.

use crate::http::Request;
use crate::records::list::RecordPredicate;
use crate::router::Route;
use crate::store::Key;
use crate::store::record::{Node, RecordNode as _};

const SERVICE_TICKETS: &str = "service/tickets";
const PROJECT_TICKETS: &str = "project/tickets";
const SCHEDULE_ENTRIES: &str = "schedule/entries";

/// Returns the key of the list whose records an endpoint shows.
pub(crate) fn list_key(route: &Route) -> Key {
    let key = route.list_key();
    match document_owner(&key) {
        Some(_) => "system/documents".to_owned(),
        None => view_of(&key).map_or(key, |(list, ..)| list.to_owned()),
    }
}

/// Returns the predicate for the records that an endpoint shows, according to its path and its own parameters.
pub(crate) fn predicate<'a>(route: &Route, request: &'a Request) -> RecordPredicate<'a> {
    if list_key(route) == "system/audittrail" {
        let (audit_type, id) = (request.parameter("type"), request.parameter("id"));
        return Some(Box::new(move |record: Node<'_>| {
            let audited = record.get("_audited");
            let type_of = || audited.and_then(|audited| audited.text("type"));
            let id_of = || audited.and_then(|audited| audited.integer("id"));
            audit_type.is_none_or(|wanted| type_of().is_some_and(|found| found.eq_ignore_ascii_case(wanted)))
                && id.is_none_or(|id| id_of().is_some_and(|found| found.to_string() == id))
        }));
    }
    if list_key(route) == "system/documents" {
        return documents(route, request);
    }
    view_of(&route.list_key()).map(|(list, field, id)| -> Box<dyn Fn(Node<'_>) -> bool> {
        let is_of_ticket =
            move |record: Node<'_>| record.reference_id(field) == Some(id) || record.integer(field) == Some(id);
        Box::new(move |record| is_of_ticket(record) && !(list == SCHEDULE_ENTRIES && is_of_activity(record)))
    })
}

/// Returns whether a schedule entry schedules an activity. Its object id may be that of a ticket too.
fn is_of_activity(entry: Node<'_>) -> bool {
    entry.get("type").is_some_and(|entry_type| match entry_type.text("identifier") {
        Some(identifier) => identifier.eq_ignore_ascii_case("C"),
        None => entry_type.integer("id") == Some(1),
    })
}

/// Returns the list that an endpoint under a ticket shows, the field that refers to the ticket, and the ticket's id;
/// `None` for an endpoint that has its own list.
pub(crate) fn view_of(key: &str) -> Option<(&'static str, &'static str, i64)> {
    let (ticket, name) = key.rsplit_once('/')?;
    let id = ticket
        .strip_prefix(SERVICE_TICKETS)
        .or_else(|| ticket.strip_prefix(PROJECT_TICKETS))?
        .strip_prefix('/')?
        .parse()
        .ok()?;
    let (list, field) = match name {
        "timeentries" => ("time/entries", "ticket"),
        "activities" => ("sales/activities", "ticket"),
        "products" => ("procurement/products", "ticket"),
        "scheduleentries" => (SCHEDULE_ENTRIES, "objectId"),
        _ => return None,
    };
    Some((list, field, id))
}

/// Returns the record type and the id of the ticket whose documents a path lists: `Ticket` and `5` for
/// `service/tickets/5/documents`.
pub(crate) fn document_owner(key: &str) -> Option<(&'static str, &str)> {
    let owner = key.strip_suffix("/documents")?;
    let (list, id) = owner.rsplit_once('/')?;
    let record_type = match list {
        "service/tickets" => "Ticket",
        "project/tickets" => "ProjectTicket",
        _ => return None,
    };
    Some((record_type, id))
}

/// Returns the predicate for the documents that an endpoint shows: those of the record in the path, or of the record
/// that the query names.
pub(crate) fn documents<'a>(route: &Route, request: &'a Request) -> RecordPredicate<'a> {
    let key = route.list_key();
    let parameter = |name: &str| request.parameter(name).map(str::to_owned);
    let (record_type, id) = match document_owner(&key) {
        Some((record_type, id)) => (Some(record_type.to_owned()), Some(id.to_owned())),
        None => (parameter("recordType"), parameter("recordId")),
    };
    Some(Box::new(move |record: Node<'_>| is_attached(record, record_type.as_deref(), id.as_deref())))
}

/// The record types that name a ticket. Service and project tickets share one id sequence.
const TICKETS: [&str; 2] = ["Ticket", "ProjectTicket"];

/// Returns whether a document is attached to a record of a type and with an id. `None` matches any. A project ticket can
/// be named by both types of tickets.
pub(crate) fn is_attached(document: Node<'_>, record_type: Option<&str>, id: Option<&str>) -> bool {
    let names_ticket = |found: &str| TICKETS.iter().any(|name| name.eq_ignore_ascii_case(found));
    let is = |name: &str, wanted: Option<&str>| {
        let found = document.get("_attached").and_then(|attached| attached.text(name));
        let is_same = |found: &str, wanted: &str| {
            found.eq_ignore_ascii_case(wanted) || (name == "recordType" && names_ticket(found) && names_ticket(wanted))
        };
        wanted.is_none_or(|wanted| found.is_some_and(|found| is_same(&found, wanted)))
    };
    is("recordType", record_type) && is("recordId", id)
}

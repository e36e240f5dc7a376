//! Which records an endpoint that lists shows: some show those of another list, and some only a part of them.

use crate::http::Request;
use crate::records::list::RecordFilter;
use crate::router::Route;
use crate::store::Key;
use crate::store::record::{Node, RecordNode as _};

const SERVICE: &str = "service/tickets";
const PROJECT: &str = "project/tickets";

/// The list that an endpoint shows: some show the same records.
pub(crate) fn list_key(route: &Route) -> Key {
    let key = route.list_key();
    match key.strip_suffix("/allnotes") {
        Some(owner) => format!("{owner}/notes"),
        None if document_owner(&key).is_some() => "system/documents".to_owned(),
        None => view_of(&key).map_or(key, |(list, ..)| list.to_owned()),
    }
}

/// Records of a list that an endpoint shows because of its own parameters.
pub(crate) fn filter<'a>(route: &Route, request: &'a Request) -> RecordFilter<'a> {
    if list_key(route) == "system/audittrail" {
        let (kind, id) = (request.parameter("type"), request.parameter("id"));
        return Some(Box::new(move |record: Node<'_>| {
            let about = record.get("_audited");
            let kind_of = || about.and_then(|about| about.text("type"));
            let id_of = || about.and_then(|about| about.integer("id"));
            kind.is_none_or(|kind| kind_of().is_some_and(|found| found.eq_ignore_ascii_case(kind)))
                && id.is_none_or(|id| id_of().is_some_and(|found| found.to_string() == id))
        }));
    }
    if list_key(route) == "system/documents" {
        return documents(route, request);
    }
    view_of(&route.list_key()).map(|(_, member, id)| -> Box<dyn Fn(Node<'_>) -> bool> {
        Box::new(move |record: Node<'_>| record.reference_id(member) == Some(id) || record.integer(member) == Some(id))
    })
}

/// The list whose records an endpoint under a ticket shows, the member by which they belong to it, and its id.
pub(crate) fn view_of(key: &str) -> Option<(&'static str, &'static str, i64)> {
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

/// The kind of record and the id that a path of documents under a record names.
pub(crate) fn document_owner(key: &str) -> Option<(&'static str, &str)> {
    let owner = key.strip_suffix("/documents")?;
    let (list, id) = owner.rsplit_once('/')?;
    let kind = match list {
        "service/tickets" => "Ticket",
        "project/tickets" => "ProjectTicket",
        _ => return None,
    };
    Some((kind, id))
}

/// The documents that an endpoint shows: those of a record.
pub(crate) fn documents<'a>(route: &Route, request: &'a Request) -> RecordFilter<'a> {
    let key = route.list_key();
    let owner = document_owner(&key).map(|(kind, id)| (kind.to_owned(), id.to_owned()));
    let asked_for = |name: &str| request.parameter(name).map(str::to_owned);
    let (kind, id) =
        owner.map_or_else(|| (asked_for("recordType"), asked_for("recordId")), |(kind, id)| (Some(kind), Some(id)));
    Some(Box::new(move |record: Node<'_>| is_attached(record, kind.as_deref(), id.as_deref())))
}

/// Whether a document is one of a kind of record, and of one with an id.
pub(crate) fn is_attached(document: Node<'_>, kind: Option<&str>, id: Option<&str>) -> bool {
    let is = |name: &str, wanted: Option<&str>| {
        let found = document.get("_attached").and_then(|about| about.text(name));
        wanted.is_none_or(|wanted| found.is_some_and(|found| found.eq_ignore_ascii_case(wanted)))
    };
    is("recordType", kind) && is("recordId", id)
}

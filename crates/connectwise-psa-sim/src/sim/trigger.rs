//! Callback messages about records that have not changed.

use connectwise_psa::Error;

use crate::callbacks::delivery::{Origin, message};
use crate::callbacks::{type_name, type_names, type_of_list};
use crate::fixtures::SignedMessage;
use crate::server::shared::Shared;
use crate::server_state::Event;
use crate::store::{Change, Records};

/// The id of the callback in messages that no callback causes.
const NO_CALLBACK: i64 = 1;

/// The member who made the change.
const MEMBER: &str = "sim";

/// Returns the name of the type as messages write it, and an event about a record. `callback_event` is a type, or a type
/// and an action: `ticket.deleted`. Without an action, the record was updated.
pub(super) fn event(shared: &Shared, callback_event: &str, id: i64) -> Result<(&'static str, Event), Error> {
    let (callback_type, action) = callback_event.split_once('.').unwrap_or((callback_event, "updated"));
    let Some(change) = Change::ALL.into_iter().find(|change| change.as_str().eq_ignore_ascii_case(action)) else {
        let names = Change::ALL.map(Change::as_str).join(", ");
        return Err(Error::invalid_input(
            format!("callback_event {callback_event:?}"),
            format!("has no action of {names}"),
        ));
    };
    let name = checked_type(callback_type)?;
    let records = shared.view().records;
    let found = lists(&records, name).find_map(|list| Some((list.to_owned(), records.get(list, id)?)));
    let (list, record) =
        found.ok_or_else(|| Error::invalid_input("id", format!("is {id}, but there is no such {name}")))?;
    Ok((name, Event { list, id, change, record, member: MEMBER.to_owned() }))
}

/// Returns the ids of the records of a type, in the order of their lists.
pub(super) fn record_ids(shared: &Shared, callback_type: &str) -> Result<Vec<i64>, Error> {
    let name = checked_type(callback_type)?;
    let records = shared.view().records;
    let of_list = |list| records.collection(list).into_iter().flat_map(|list| list.records.iter().map(|(id, _)| id));
    Ok(lists(&records, name).flat_map(of_list).collect())
}

/// Returns the name of a type as messages write it.
fn checked_type(callback_type: &str) -> Result<&'static str, Error> {
    type_name(callback_type).ok_or_else(|| {
        let problem = format!("is not a type of callbacks: {}", type_names().join(", "));
        Error::invalid_input(format!("callback_type {callback_type:?}"), problem)
    })
}

/// Returns the lists of the records of a type.
fn lists<'a>(records: &'a Records, name: &'static str) -> impl Iterator<Item = &'a str> {
    records.collections().map(|(list, _)| list).filter(move |list| type_of_list(list) == Some(name))
}

/// Returns a message about a record, signed with a key of `company`.
pub(super) fn signed_message(
    shared: &Shared,
    company: &str,
    callback_event: &str,
    id: i64,
) -> Result<SignedMessage, Error> {
    let (name, event) = event(shared, callback_event, id)?;
    let url = shared.url();
    Ok(message(&Origin { settings: &shared.settings, url: &url }, NO_CALLBACK, company, name, &event))
}

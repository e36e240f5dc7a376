//! Callback messages about records that have not changed.

use connectwise_psa::Error;

use crate::callbacks::delivery::{Origin, message};
use crate::callbacks::{type_name, type_names, type_of_list};
use crate::fixtures::SignedMessage;
use crate::server::shared::Shared;
use crate::server_state::Event;
use crate::store::Change;

/// The id of the callback in messages that no callback causes.
const NO_CALLBACK: i64 = 1;

/// The member who made the change.
const MEMBER: &str = "sim";

/// Returns the name of the type as messages write it, and an event about a record that says that it was updated.
pub(super) fn event(shared: &Shared, callback_type: &str, id: i64) -> Result<(&'static str, Event), Error> {
    let Some(name) = type_name(callback_type) else {
        let problem = format!("is not a type of callbacks: {}", type_names().join(", "));
        return Err(Error::invalid_input(format!("callback_type {callback_type:?}"), problem));
    };
    let records = shared.view().records;
    let lists = records.collections().map(|(list, _)| list).filter(|list| type_of_list(list) == Some(name));
    let found = lists.into_iter().find_map(|list| Some((list.to_owned(), records.get(list, id)?)));
    let (list, record) =
        found.ok_or_else(|| Error::invalid_input("id", format!("is {id}, but there is no such {name}")))?;
    Ok((name, Event { list, id, change: Change::Updated, record, member: MEMBER.to_owned() }))
}

/// Returns a message about a record, signed with a key of `company`.
pub(super) fn signed_message(
    shared: &Shared,
    company: &str,
    callback_type: &str,
    id: i64,
) -> Result<SignedMessage, Error> {
    let (name, event) = event(shared, callback_type, id)?;
    let url = shared.url();
    Ok(message(&Origin { settings: &shared.settings, url: &url }, NO_CALLBACK, company, name, &event))
}

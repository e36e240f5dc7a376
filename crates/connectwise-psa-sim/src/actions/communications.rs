//! The telephone numbers and addresses of a contact: the contact's `communicationItems` and the list under the contact
//! are the same ones. The contact holds them; the list shows them while a request is about it.

use serde_json::{Map, Value};

use crate::access::read;
use crate::api_error::ApiError;
use crate::records::into_object;
use crate::rules::communications::{CONTACTS, ITEMS, contact_of};
use crate::server_state::RequestContext;
use crate::writes::update;

/// What an item does not say, for the contact does.
const OF_THE_LIST: [&str; 3] = ["contactId", "mobileGuid", "_info"];

/// Makes the list show what its contact has, and says whether it is such a list.
pub(crate) fn show(ctx: &mut RequestContext<'_>, key: &str) -> Result<bool, ApiError> {
    let Some(contact) = contact_of(key) else { return Ok(false) };
    let record = read(ctx, CONTACTS, contact)?;
    let items = record.get(ITEMS).and_then(Value::as_array).into_iter().flatten();
    let shown = items.filter_map(|item| {
        let mut item = item.as_object().cloned()?;
        item.insert("contactId".to_owned(), Value::from(contact));
        Some((item.get("id")?.as_i64()?, Value::Object(item)))
    });
    ctx.state.records.show_virtual_list(key, shown);
    Ok(true)
}

/// Makes the contact have what has become of the list.
pub(crate) fn store_in_contact(ctx: &mut RequestContext<'_>, key: &str) {
    let Some((contact, Ok(mut record))) = contact_of(key).map(|contact| (contact, read(ctx, CONTACTS, contact))) else {
        return;
    };
    let items = ctx.state.records.collection(key).into_iter().flat_map(|list| list.records.values()).map(|item| {
        let item = into_object(item).into_iter().filter(|(name, _)| !OF_THE_LIST.contains(&name.as_str()));
        Value::Object(item.collect::<Map<_, _>>())
    });
    record.insert(ITEMS.to_owned(), items.collect());
    update(ctx, CONTACTS, contact, record);
}

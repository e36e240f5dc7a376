//! The communication items of a contact: `communicationItems` and the list under the contact contain the same items.
//! The contact stores them; the list is filled for the duration of a request to it.

use serde_json::{Map, Value};

use crate::access::{read, reference, reference_id};
use crate::api_error::ApiError;
use crate::records::into_object;
use crate::rules::communications::{CONTACTS, ITEMS, contact_of};
use crate::server_state::RequestContext;
use crate::writes::update;

/// Fields that items have in the list under the contact but not in the contact.
const LIST_ONLY_FIELDS: [&str; 3] = ["contactId", "mobileGuid", "_info"];

/// If the key is that of the list under a contact, fills this list with the contact's items and returns true.
pub(crate) fn show(ctx: &mut RequestContext<'_>, key: &str) -> Result<bool, ApiError> {
    let Some(contact) = contact_of(key) else { return Ok(false) };
    let record = read(ctx, CONTACTS, contact)?;
    let items = record.get(ITEMS).and_then(Value::as_array).into_iter().flatten();
    let shown = items.filter_map(|item| {
        let mut item = item.as_object().cloned()?;
        item.insert("contactId".to_owned(), Value::from(contact));
        item.insert("_info".to_owned(), record.get("_info").cloned().unwrap_or_default());
        // Observed on live servers: the types in this list have no link.
        if let Some(Value::Object(item_type)) = item.get_mut("type") {
            item_type.remove("_info");
        }
        Some((item.get("id")?.as_i64()?, Value::Object(item)))
    });
    ctx.state.records.show_virtual_list(key, shown);
    Ok(true)
}

/// Stores the items of the list in the contact.
pub(crate) fn store_in_contact(ctx: &mut RequestContext<'_>, key: &str) {
    let Some((contact, Ok(mut record))) = contact_of(key).map(|contact| (contact, read(ctx, CONTACTS, contact))) else {
        return;
    };
    let items = ctx.state.records.collection(key).into_iter().flat_map(|list| list.records.values()).map(|item| {
        let item = into_object(item).into_iter().filter(|(name, _)| !LIST_ONLY_FIELDS.contains(&name.as_str()));
        let mut item = item.collect::<Map<_, _>>();
        // Adds the link again.
        if let Some(Ok(item_type)) =
            reference_id(&item, "type").map(|id| reference(ctx, "ContactCommunicationItem", "type", id, &Map::new()))
        {
            item.insert("type".to_owned(), item_type);
        }
        Value::Object(item)
    });
    let items = items.collect();
    record.insert(ITEMS.to_owned(), items);
    update(ctx, CONTACTS, contact, record);
}

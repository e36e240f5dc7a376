//! The communication items of a contact (telephone numbers and e-mail addresses): their ids, and the fields derived
//! from their types.

use std::collections::HashSet;

use serde_json::{Value, json};

use crate::access::reference_id;
use crate::records::JsonObject;
use crate::server_state::RequestContext;

pub(crate) const CONTACTS: &str = "company/contacts";
pub(crate) const ITEMS: &str = "communicationItems";

/// Returns the id of the contact, if the key is that of the `communications` list under a contact.
pub(crate) fn contact_of(key: &str) -> Option<i64> {
    key.strip_prefix(CONTACTS)?.strip_prefix('/')?.strip_suffix("/communications")?.parse().ok()
}

/// Assigns ids to the items of a contact that have none or a duplicate one. New ids are unique across all contacts and
/// are never reused.
pub(crate) fn number_items(ctx: &mut RequestContext<'_>, list: &str, contact: &mut JsonObject) {
    let Some(Value::Array(items)) = contact.get_mut(ITEMS).filter(|_| list == CONTACTS) else { return };
    let mut taken = HashSet::new();
    for item in items.iter_mut().filter_map(Value::as_object_mut) {
        let id = item.get("id").and_then(Value::as_i64).filter(|id| *id != 0 && !taken.contains(id));
        // All contacts share one id sequence, so the contact id in this key does not matter.
        let id = id.unwrap_or_else(|| ctx.state.records.next_id(&format!("{CONTACTS}/0/communications")));
        taken.insert(id);
        item.insert("id".to_owned(), Value::from(id));
    }
}

/// Sets the derived fields of all items of a contact.
pub(crate) fn derive_all(ctx: &RequestContext<'_>, contact: &mut JsonObject) {
    let items = contact.get_mut(ITEMS).and_then(Value::as_array_mut);
    items.into_iter().flatten().filter_map(Value::as_object_mut).for_each(|item| derive_fields(ctx, item));
}

/// Sets `communicationType` of an item to the medium of its type: `Email`, `Fax` or `Phone`.
pub(crate) fn derive_fields(ctx: &RequestContext<'_>, item: &mut JsonObject) {
    const TYPES: [(&str, &str); 3] = [("emailFlag", "Email"), ("faxFlag", "Fax"), ("phoneFlag", "Phone")];
    let item_type = reference_id(item, "type").and_then(|id| ctx.state.records.node("company/communicationtypes", id));
    if let Some((_, name)) =
        item_type.and_then(|item_type| TYPES.into_iter().find(|(flag, _)| item_type.boolean(flag) == Some(true)))
    {
        item.insert("communicationType".to_owned(), json!(name));
    }
}

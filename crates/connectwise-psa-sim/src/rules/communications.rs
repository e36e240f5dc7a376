//! The telephone numbers and addresses of a contact: their ids, and what follows from their types.

use std::collections::HashSet;

use serde_json::{Value, json};

use crate::access::reference_id;
use crate::records::JsonObject;
use crate::server_state::RequestContext;

pub(crate) const CONTACTS: &str = "company/contacts";
pub(crate) const ITEMS: &str = "communicationItems";

/// The contact whose items a list holds.
pub(crate) fn contact_of(key: &str) -> Option<i64> {
    key.strip_prefix(CONTACTS)?.strip_prefix('/')?.strip_suffix("/communications")?.parse().ok()
}

/// Gives the items of a contact ids that no other has had.
pub(crate) fn number_items(ctx: &mut RequestContext<'_>, list: &str, contact: &mut JsonObject) {
    let Some(Value::Array(items)) = contact.get_mut(ITEMS).filter(|_| list == CONTACTS) else { return };
    let mut taken = HashSet::new();
    for item in items.iter_mut().filter_map(Value::as_object_mut) {
        let id = item.get("id").and_then(Value::as_i64).filter(|id| *id != 0 && !taken.contains(id));
        let id = id.unwrap_or_else(|| ctx.state.records.next_id(&format!("{CONTACTS}/0/communications")));
        taken.insert(id);
        item.insert("id".to_owned(), Value::from(id));
    }
}

/// What follows from the types of a contact's items.
pub(crate) fn derive_all(ctx: &RequestContext<'_>, contact: &mut JsonObject) {
    let items = contact.get_mut(ITEMS).and_then(Value::as_array_mut);
    items.into_iter().flatten().filter_map(Value::as_object_mut).for_each(|item| derive_fields(ctx, item));
}

/// What follows from the type of an item: whether it is an address, a telephone or a fax.
pub(crate) fn derive_fields(ctx: &RequestContext<'_>, item: &mut JsonObject) {
    const KINDS: [(&str, &str); 3] = [("emailFlag", "Email"), ("faxFlag", "Fax"), ("phoneFlag", "Phone")];
    let of_type = reference_id(item, "type").and_then(|id| ctx.state.records.node("company/communicationtypes", id));
    if let Some((_, kind)) =
        of_type.and_then(|of_type| KINDS.into_iter().find(|(flag, _)| of_type.boolean(flag) == Some(true)))
    {
        item.insert("communicationType".to_owned(), json!(kind));
    }
}

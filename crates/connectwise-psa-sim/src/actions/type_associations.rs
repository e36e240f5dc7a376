//! The types of a contact: `types` of the contact, and the list of associations under it, say the same.

use std::collections::HashSet;

use serde_json::{Map, Value};

use crate::access::{list_all, read, reference, reference_id};
use crate::rules::communications::CONTACTS;
use crate::server_state::RequestContext;
use crate::writes::update;

const TYPES: &str = "types";

/// Returns the id of the contact, if the key is that of the associations under a contact.
fn contact_of(key: &str) -> Option<i64> {
    key.strip_prefix(CONTACTS)?.strip_prefix('/')?.strip_suffix("/typeassociations")?.parse().ok()
}

/// If the key is that of the associations under a contact, adds those that its types lack, and returns true. A read shows
/// them for the duration of the request, with the ids that a change gives them.
pub(crate) fn complete(ctx: &mut RequestContext<'_>, key: &str, is_read: bool) -> bool {
    let Some((contact, Ok(record))) = contact_of(key).map(|contact| (contact, read(ctx, CONTACTS, contact))) else {
        return false;
    };
    let stored = list_all(ctx, key);
    let known: HashSet<_> = stored.iter().filter_map(|(_, found)| reference_id(found, "type")).collect();
    let types = record.get(TYPES).and_then(Value::as_array).into_iter().flatten();
    let is_missing = |found: &&Value| found.get("id").and_then(Value::as_i64).is_some_and(|id| !known.contains(&id));
    let contact = reference(ctx, "TypeAssociationOfContact", "contact", contact, &Map::new()).unwrap_or_default();
    let missing = types
        .filter(is_missing)
        .map(|found| Map::from_iter([("type".to_owned(), found.clone()), ("contact".to_owned(), contact.clone())]));
    if is_read {
        let ids = ctx.state.records.last_id(key).saturating_add(1)..;
        let missing = ids.zip(missing).map(|(id, mut association)| {
            association.insert("id".to_owned(), Value::from(id));
            (id, association)
        });
        let shown: Vec<_> = stored.into_iter().chain(missing).collect();
        let shown = shown.into_iter().map(|(id, association)| (id, Value::Object(association)));
        ctx.state.records.show_virtual_list(key, shown);
    } else {
        let missing: Vec<_> = missing.collect();
        missing.into_iter().for_each(|association| _ = ctx.state.records.insert(key, association, None));
    }
    true
}

/// Stores the types of the associations in the contact.
pub(crate) fn store_in_contact(ctx: &mut RequestContext<'_>, key: &str) {
    let Some((contact, Ok(mut record))) = contact_of(key).map(|contact| (contact, read(ctx, CONTACTS, contact))) else {
        return;
    };
    let types = list_all(ctx, key).into_iter().filter_map(|(_, mut association)| association.remove("type"));
    record.insert(TYPES.to_owned(), types.collect());
    update(ctx, CONTACTS, contact, record);
}

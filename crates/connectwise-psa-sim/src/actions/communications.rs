//! The telephone numbers and addresses of a contact: the contact's `communicationItems` and the list under the contact are the same ones. The contact holds
//! them; the list shows them while a request is about it.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::changes::{keep, read, referred};
use crate::problem::Problem;
use crate::records::Members;
use crate::world::{Scene, members};

const CONTACTS: &str = "company/contacts";
const ITEMS: &str = "communicationItems";

/// What an item does not say, for the contact does.
const OF_THE_LIST: [&str; 3] = ["contactId", "mobileGuid", "_info"];

/// The contact whose items a list holds.
pub(super) fn contact_of(key: &str) -> Option<i64> {
    key.strip_prefix(CONTACTS)?.strip_prefix('/')?.strip_suffix("/communications")?.parse().ok()
}

/// Makes the list show what its contact has, and says whether it is such a list.
pub(crate) fn show(scene: &mut Scene<'_>, key: &str) -> Result<bool, Problem> {
    let Some(contact) = contact_of(key) else { return Ok(false) };
    let record = read(scene, CONTACTS, contact)?;
    let items = record.get(ITEMS).and_then(Value::as_array).into_iter().flatten();
    let shown = items.filter_map(|item| {
        let mut item = item.as_object().cloned()?;
        item.insert("contactId".to_owned(), Value::from(contact));
        Some((item.get("id")?.as_i64()?, Value::Object(item)))
    });
    scene.world.records.show(key, shown);
    Ok(true)
}

/// Makes the contact have what has become of the list.
pub(crate) fn keep_in_contact(scene: &mut Scene<'_>, key: &str) {
    let Some((contact, Ok(mut record))) = contact_of(key).map(|contact| (contact, read(scene, CONTACTS, contact))) else { return };
    let items = scene.world.records.collection(key).into_iter().flat_map(|list| list.records.values()).map(|item| {
        let item = members(item).into_iter().filter(|(name, _)| !OF_THE_LIST.contains(&name.as_str()));
        Value::Object(item.collect::<Map<_, _>>())
    });
    record.insert(ITEMS.to_owned(), items.collect());
    keep(scene, CONTACTS, contact, record);
}

/// Gives the items of a contact ids that no other has had.
pub(crate) fn number(scene: &mut Scene<'_>, list: &str, contact: &mut Members) {
    let Some(Value::Array(items)) = contact.get_mut(ITEMS).filter(|_| list == CONTACTS) else { return };
    let mut taken = HashSet::new();
    for item in items.iter_mut().filter_map(Value::as_object_mut) {
        let id = item.get("id").and_then(Value::as_i64).filter(|id| *id != 0 && !taken.contains(id));
        let id = id.unwrap_or_else(|| scene.world.records.next_id(&format!("{CONTACTS}/0/communications")));
        taken.insert(id);
        item.insert("id".to_owned(), Value::from(id));
    }
}

/// What follows from the types of a contact's items.
pub(super) fn settle_all(scene: &Scene<'_>, contact: &mut Members) {
    let items = contact.get_mut(ITEMS).and_then(Value::as_array_mut);
    items.into_iter().flatten().filter_map(Value::as_object_mut).for_each(|item| settle(scene, item));
}

/// What follows from the type of an item: whether it is an address, a telephone or a fax.
pub(super) fn settle(scene: &Scene<'_>, item: &mut Members) {
    const KINDS: [(&str, &str); 3] = [("emailFlag", "Email"), ("faxFlag", "Fax"), ("phoneFlag", "Phone")];
    let of_type = referred(item, "type").and_then(|id| scene.world.records.node("company/communicationtypes", id));
    if let Some((_, kind)) = of_type.and_then(|of_type| KINDS.into_iter().find(|(flag, _)| of_type.flag(flag) == Some(true))) {
        item.insert("communicationType".to_owned(), json!(kind));
    }
}

//! The telephone numbers and addresses of a contact: the contact's `communicationItems` and the list under the contact are the same ones.

use serde_json::{Map, Value, json};

use super::changes::{self, keep};
use crate::records::Members;
use crate::world::{Scene, members};

const CONTACTS: &str = "company/contacts";

/// What an item does not say, for the contact does.
const OF_THE_LIST: [&str; 3] = ["contactId", "mobileGuid", "_info"];

/// The contact whose items a list holds.
pub(super) fn contact_of(key: &str) -> Option<i64> {
    key.strip_prefix(CONTACTS)?.strip_prefix('/')?.strip_suffix("/communications")?.parse().ok()
}

/// Makes the list show what the contact has.
pub(crate) fn show(scene: &mut Scene<'_>, key: &str) {
    let Some(contact) = contact_of(key) else { return };
    let Some(record) = scene.world.records.get(CONTACTS, contact) else { return };
    let items = record.get("communicationItems").and_then(Value::as_array).into_iter().flatten();
    let shown = items.filter_map(|item| {
        let mut item = item.as_object().cloned()?;
        item.insert("contactId".to_owned(), Value::from(contact));
        Some((item.get("id")?.as_i64()?, Value::Object(item)))
    });
    scene.world.records.show(key, shown);
}

/// Makes the contact have what has become of the list.
pub(crate) fn keep_in_contact(scene: &mut Scene<'_>, key: &str) {
    let Some((contact, Ok(mut record))) = contact_of(key).map(|contact| (contact, changes::read(scene, CONTACTS, contact))) else { return };
    let items = scene.world.records.collection(key).into_iter().flat_map(|list| list.records.values()).map(|item| {
        let item = members(item).into_iter().filter(|(name, _)| !OF_THE_LIST.contains(&name.as_str()));
        Value::Object(item.collect::<Map<_, _>>())
    });
    record.insert("communicationItems".to_owned(), items.collect());
    keep(scene, CONTACTS, contact, record);
}

/// What follows from the type of an item. facts: items say which of three kinds they are of.
pub(super) fn settle(scene: &Scene<'_>, item: &mut Members) {
    let type_id = changes::referred(item, "type");
    let kind = type_id.and_then(|id| scene.world.records.node("company/communicationtypes", id));
    let kind =
        kind.and_then(|kind| [("emailFlag", "Email"), ("faxFlag", "Fax"), ("phoneFlag", "Phone")].into_iter().find(|(flag, _)| kind.flag(flag) == Some(true)));
    if let Some((_, kind)) = kind {
        item.insert("communicationType".to_owned(), json!(kind));
    }
}

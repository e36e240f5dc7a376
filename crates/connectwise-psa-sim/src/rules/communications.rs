//! The communication items of a contact (telephone numbers and e-mail addresses): their ids, and the fields derived
//! from their types.

use std::collections::HashSet;

use serde_json::{Value, json};

use crate::access::{matching, reference_id};
use crate::records::JsonObject;
use crate::server_state::RequestContext;
use crate::store::record::{Node, RecordNode as _};
use crate::store::touch;

pub(crate) const CONTACTS: &str = "company/contacts";
pub(crate) const ITEMS: &str = "communicationItems";

/// Returns the id of the contact, if the key is that of the `communications` list under a contact.
pub(crate) fn contact_of(key: &str) -> Option<i64> {
    key.strip_prefix(CONTACTS)?.strip_prefix('/')?.strip_suffix("/communications")?.parse().ok()
}

/// Assigns ids to the items of the contact `contact_id` that have none, a duplicate one, or one that is not of an item of
/// this contact. A new contact has no id yet, so all its items get new ids. They are unique across all contacts and are
/// never reused.
pub(crate) fn number_items(
    ctx: &mut RequestContext<'_>,
    list: &str,
    contact_id: Option<i64>,
    contact: &mut JsonObject,
) {
    let Some(Value::Array(items)) = contact.get_mut(ITEMS).filter(|_| list == CONTACTS) else { return };
    let mut own = contact_id.map(|id| item_ids(ctx, id)).unwrap_or_default();
    for item in items.iter_mut().filter_map(Value::as_object_mut) {
        let id = item.get("id").and_then(Value::as_i64).filter(|id| own.remove(id));
        // All contacts share one id sequence, so the contact id in this key does not matter.
        let id = id.unwrap_or_else(|| ctx.state.records.next_id(&format!("{CONTACTS}/0/communications")));
        item.insert("id".to_owned(), Value::from(id));
    }
}

/// Returns the ids of the items that a contact has, and of those in the list under it. During a request to that list, it
/// contains items that are not in the contact yet.
fn item_ids(ctx: &RequestContext<'_>, contact: i64) -> HashSet<i64> {
    let stored = ctx.state.records.node(CONTACTS, contact).and_then(|contact| contact.get(ITEMS));
    let stored = stored.into_iter().flat_map(Node::elements).filter_map(|item| item.integer("id"));
    let listed = ctx.state.records.collection(&format!("{CONTACTS}/{contact}/communications"));
    stored.chain(listed.into_iter().flat_map(|list| list.records.ids())).collect()
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

/// Gives a new or changed item the form that it has when the list under its contact is read: the timestamps of the
/// contact, its own GUID, and a type without a link.
pub(crate) fn show_in_list(ctx: &RequestContext<'_>, contact: i64, item: &mut JsonObject) {
    if let Some(Value::Object(item_type)) = item.get_mut("type") {
        item_type.remove("_info");
    }
    item.remove("mobileGuid");
    if let Some(info) = ctx.state.records.node(CONTACTS, contact).and_then(|contact| contact.get("_info")) {
        item.insert("_info".to_owned(), info.value());
        touch(item, ctx.now, &ctx.caller.member);
    }
}

/// Sets the fields of a contact that show its telephone number: its default one, or else its first one. Observed on live
/// servers: a contact without a number shows that of its company (one source).
pub(crate) fn derive_phone(ctx: &RequestContext<'_>, contact: &mut JsonObject) {
    let items = contact.get(ITEMS).and_then(Value::as_array).into_iter().flatten();
    let phones = items.filter(|item| item.get("communicationType").and_then(Value::as_str) == Some("Phone"));
    let phone = phones.reduce(|first, other| {
        let is_default = |item: &Value| item.get("defaultFlag") == Some(&Value::Bool(true));
        if is_default(other) && !is_default(first) { other } else { first }
    });
    if let Some(phone) = phone {
        let shown = [
            ("defaultPhoneNbr", phone.get("value")),
            ("defaultPhoneType", phone.pointer("/type/name")),
            ("defaultPhoneExtension", phone.get("extension")),
        ]
        .map(|(field, value)| (field, value.cloned()));
        for (field, value) in shown {
            match value {
                Some(value) => _ = contact.insert(field.to_owned(), value),
                None => _ = contact.remove(field),
            }
        }
        return;
    }
    let company = reference_id(contact, "company").and_then(|id| ctx.state.records.node("company/companies", id));
    if let Some(number) = company.and_then(|company| company.text("phoneNumber")).filter(|number| !number.is_empty()) {
        contact.insert("defaultPhoneNbr".to_owned(), json!(number));
    }
}

/// Shows the new telephone number of a company in its contacts without a number of their own.
pub(crate) fn follow_company(ctx: &mut RequestContext<'_>, id: i64, before: &JsonObject, after: &JsonObject) {
    if before.get("phoneNumber") == after.get("phoneNumber") {
        return;
    }
    for (contact, before) in matching(ctx, CONTACTS, |contact| contact.reference_id("company") == Some(id)) {
        let mut after = before.clone();
        derive_phone(ctx, &mut after);
        if after != before {
            ctx.state.records.put(CONTACTS, contact, after);
        }
    }
}

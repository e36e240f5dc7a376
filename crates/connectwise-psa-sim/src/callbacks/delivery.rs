//! Callback messages: which callbacks match a change, and the content of the messages.

use bytes::Bytes;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{LIST, object_id, string_field, type_of_list};
use crate::fixtures::{SignedMessage, sign};
use crate::http::Response;
use crate::records::{JsonObject, into_object, links};
use crate::server_state::Event;
use crate::settings::Settings;
use crate::store::{Change, Records};

/// A message to send for a callback.
#[derive(Clone, Debug)]
pub(crate) struct Delivery {
    pub(crate) callback: i64,
    pub(crate) url: String,
    /// Bytes, because retries share them.
    pub(crate) body: Bytes,
    pub(crate) signature: String,
}

impl Delivery {
    /// Returns the memory that it takes, in bytes.
    pub(crate) fn size(&self) -> usize {
        size_of::<Self>() + self.url.len() + self.body.len() + self.signature.len()
    }
}

/// How callback messages name the server.
pub(crate) struct Origin<'a> {
    pub(crate) settings: &'a Settings,
    /// The scheme, host and port where clients reach the server.
    pub(crate) url: &'a str,
}

/// Returns the messages for an event.
pub(crate) fn deliveries(records: &Records, origin: &Origin<'_>, event: &Event) -> Vec<Delivery> {
    let Some(callback_type) = type_of_list(&event.list) else { return Vec::new() };
    let Some(callbacks) = records.collection(LIST) else { return Vec::new() };
    let matches = |callback: &JsonObject| {
        let is_set = |name: &str| callback.get(name) == Some(&Value::Bool(true));
        let is_own_change = is_set("isSelfSuppressedFlag")
            && callback.get("_by").and_then(Value::as_str) == Some(event.member.as_str());
        string_field(callback, "type").eq_ignore_ascii_case(callback_type)
            && !is_set("inactiveFlag")
            && !is_own_change
            && matches_level(callback, callback_type, event.id, &event.record)
    };
    let matching = callbacks.records.iter().filter_map(|(callback, entry)| {
        Some((callback, Some(into_object(entry.value())).filter(|entry| matches(entry))?))
    });
    matching.map(|(callback, entry)| delivery(origin, callback, &entry, callback_type, event)).collect()
}

/// Returns whether a record matches the level and object id of a callback.
fn matches_level(callback: &JsonObject, callback_type: &str, id: i64, record: &Value) -> bool {
    let (level, object) = (string_field(callback, "level").to_ascii_lowercase(), object_id(callback));
    let refers_by = |field: &str| {
        record.get(field).and_then(|reference| reference.get("id")).and_then(Value::as_i64) == Some(object)
    };
    match level.as_str() {
        "owner" => true,
        level if level == callback_type => id == object,
        "statusid" => refers_by("status"),
        "type" => {
            refers_by("type")
                || record.get("types").and_then(Value::as_array).is_some_and(|types| {
                    types.iter().any(|record_type| record_type.get("id").and_then(Value::as_i64) == Some(object))
                })
        }
        "vendor" => refers_by("vendorCompany"),
        "securityrole" => refers_by("securityRole"),
        level => refers_by(level),
    }
}

fn delivery(origin: &Origin<'_>, callback: i64, entry: &JsonObject, callback_type: &str, event: &Event) -> Delivery {
    let SignedMessage { body, signature } = message(origin, callback, &origin.settings.company, callback_type, event);
    // Observed on live servers: the id and the action are appended to the URL as it is.
    let url = format!("{}{}&action={}", string_field(entry, "url"), event.id, event.change.as_str());
    Delivery { callback, url, signature, body: body.into() }
}

/// Returns the message of a company about an event.
pub(crate) fn message(
    origin: &Origin<'_>,
    callback: i64,
    company: &str,
    callback_type: &str,
    event: &Event,
) -> SignedMessage {
    let Event { id, change, record, member, .. } = event;
    let guid = Uuid::new_v4();
    // Observed on live servers: the entity is JSON in a string, without custom fields and communication items, and null
    // for a deleted record.
    let entity = match change {
        Change::Deleted => Value::Null,
        _ => {
            let mut shown = record.as_object().cloned().unwrap_or_else(Map::new);
            for name in ["customFields", "communicationItems"] {
                shown.remove(name);
            }
            if event.list == "project/tickets" {
                shown.insert("recordType".to_owned(), Value::from(project_record_type(&shown)));
            }
            let base = links::callback_base(origin.url, &origin.settings.code_base);
            let mut shown = Value::Object(shown);
            links::value_with_base(&mut shown, &base);
            Value::from(shown.to_string())
        }
    };
    let site = &origin.settings.public_site;
    let host = site.split_once("://").map_or(site.as_str(), |(_, host)| host);
    let key_url = format!(
        "{}/{}//system/callbackkey/index.rails?companyName={company}&id={guid}",
        origin.url, origin.settings.code_base
    );
    let body = json!({
        "Action": change.as_str(), "CallbackObjectRecId": callback, "CompanyId": company, "Entity": entity,
        "FromUrl": host, "ID": id, "MemberId": member, "MessageId": Uuid::new_v4().to_string(), "Metadata": {"key_url": key_url},
        "PartnerId": digits(&format!("{company}/partner")), "ProductInstanceId": digits(&format!("{company}/product")), "Type": callback_type,
    });
    let body = body.to_string().into_bytes();
    SignedMessage { signature: sign(&signing_key(company, &guid.to_string()), &body), body }
}

/// Returns the record type of a project ticket. Observed on live servers: the entity has it, although the record that
/// the API returns does not.
fn project_record_type(ticket: &JsonObject) -> &'static str {
    if ticket.get("isIssueFlag") == Some(&Value::Bool(true)) { "ProjectIssue" } else { "ProjectTicket" }
}

/// Returns 24 hexadecimal digits, always the same for a name.
fn digits(name: &str) -> String {
    Sha256::digest(name).iter().take(12).map(|byte| format!("{byte:02x}")).collect()
}

/// Returns the signing key of a message. It is derived from the GUID in the message's key URL and is not stored.
fn signing_key(company: &str, guid: &str) -> String {
    let digest = Sha256::digest(format!("{company}/{guid}/callbacks"));
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The response of the endpoint for signing keys.
pub(crate) fn key_response(company: &str, id: &str) -> Response {
    Response::ok(&json!({"signing_key": signing_key(company, id)}))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_entity_of_a_project_ticket_has_its_record_type_and_ids_of_the_server_have_24_digits() {
        let settings = Settings::default();
        let origin = Origin { settings: &settings, url: "https://localhost" };
        let message = |list: &str, record: Value| {
            let event =
                Event { list: list.to_owned(), id: 7, change: Change::Updated, record, member: "ann".to_owned() };
            let body = delivery(&origin, 1, &JsonObject::new(), "ticket", &event).body;
            serde_json::from_slice::<Value>(&body).unwrap()
        };
        for (list, record, expected) in [
            ("project/tickets", json!({"id": 7, "isIssueFlag": false}), Some("ProjectTicket")),
            ("project/tickets", json!({"id": 7, "isIssueFlag": true}), Some("ProjectIssue")),
            ("service/tickets", json!({"id": 7, "recordType": "ServiceTicket"}), Some("ServiceTicket")),
            ("sales/activities", json!({"id": 7}), None),
        ] {
            let message = message(list, record);
            let entity: Value = serde_json::from_str(message["Entity"].as_str().unwrap()).unwrap();
            assert_eq!(entity.get("recordType").and_then(Value::as_str), expected, "{list}");
            for name in ["PartnerId", "ProductInstanceId"] {
                let digits = message[name].as_str().unwrap();
                assert!(
                    digits.len() == 24 && digits.chars().all(|digit| digit.is_ascii_hexdigit()),
                    "{name}: {digits}"
                );
            }
            assert_ne!(message["PartnerId"], message["ProductInstanceId"]);
        }
    }

    #[test]
    fn levels_match_fields_of_records() {
        let callback =
            |level: &str, object: i64| json!({"level": level, "objectId": object}).as_object().cloned().unwrap();
        let ticket = json!({"board": {"id": 3}, "status": {"id": 4}, "types": [{"id": 9}]});
        // The ticket has the id 7. Level names ignore case.
        for (level, object, expected) in [
            ("owner", 1, true),
            ("Board", 3, true),
            ("board", 4, false),
            ("status", 4, true),
            ("ticket", 7, true),
            ("ticket", 8, false),
            ("type", 9, true),
            ("project", 1, false),
        ] {
            assert_eq!(matches_level(&callback(level, object), "ticket", 7, &ticket), expected, "{level} {object}");
        }
    }
}

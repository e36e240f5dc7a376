//! Callback messages: which callbacks match a change, and the content of the messages.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hmac::{Hmac, Mac as _};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{LIST, TYPES, object_id, string_field};
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
    let Some((callback_type, ..)) = TYPES.iter().find(|(_, lists, _)| lists.contains(&event.list.as_str())) else {
        return Vec::new();
    };
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
    let (host, company) = (site.split_once("://").map_or(site.as_str(), |(_, host)| host), &origin.settings.company);
    let key_url = format!(
        "{}/{}//system/callbackkey/index.rails?companyName={company}&id={guid}",
        origin.url, origin.settings.code_base
    );
    let body = json!({
        "Action": change.as_str(), "CallbackObjectRecId": callback, "CompanyId": company, "Entity": entity,
        "FromUrl": host, "ID": id, "MemberId": member, "MessageId": Uuid::new_v4().to_string(), "Metadata": {"key_url": key_url},
        "PartnerId": digits(&format!("{company}/partner")), "ProductInstanceId": digits(&format!("{company}/product")), "Type": callback_type,
    });
    let body = body.to_string();
    // Observed on live servers: the id and the action are appended to the URL as it is.
    let url = format!("{}{id}&action={}", string_field(entry, "url"), change.as_str());
    Delivery {
        callback,
        url,
        signature: sign(&signing_key(company, &guid.to_string()), body.as_bytes()),
        body: body.into(),
    }
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

/// Returns the signature of a body. Observed on live servers: base64 of the HMAC-SHA-256 of the body, keyed with the
/// SHA-256 of the signing key's text.
pub(crate) fn sign(signing_key: &str, body: &[u8]) -> String {
    let key = Sha256::digest(signing_key.as_bytes());
    // HMAC accepts keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&key) else { return String::new() };
    mac.update(body);
    STANDARD.encode(mac.finalize().into_bytes())
}

/// The response of the endpoint for signing keys.
pub(crate) fn key_response(company: &str, id: &str) -> Response {
    Response::ok(&json!({"signing_key": signing_key(company, id)}))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_match_those_that_receivers_compute() {
        // Computed with Python's hmac and hashlib.
        let body = br#"{"Action":"updated","ID":7601,"Type":"ticket"}"#;
        assert_eq!(sign("test-signing-key", body), "gafmZW08u4In2zHlJAU3fImYuNfyHTEYc/MVX2bP5KQ=");
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

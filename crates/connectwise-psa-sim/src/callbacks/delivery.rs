//! Messages of callbacks: whom a change concerns, and what is delivered.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{LIST, TYPES, object_id, text};
use crate::http::Response;
use crate::records::{JsonObject, into_object};
use crate::server_state::Event;
use crate::settings::Settings;
use crate::store::{Change, Records};

/// What is to be sent, and for which callback.
#[derive(Clone, Debug)]
pub(crate) struct Delivery {
    pub(crate) callback: i64,
    pub(crate) url: String,
    pub(crate) body: String,
    pub(crate) signature: String,
}

/// The server as messages of callbacks name it.
pub(crate) struct Origin<'a> {
    pub(crate) settings: &'a Settings,
    /// Scheme, host and port under which the server is reached.
    pub(crate) url: &'a str,
}

/// The deliveries that an event leads to.
pub(crate) fn deliveries(records: &Records, origin: &Origin<'_>, event: &Event) -> Vec<Delivery> {
    let Some((kind, ..)) = TYPES.iter().find(|(_, lists, _)| lists.contains(&event.list.as_str())) else {
        return Vec::new();
    };
    let Some(callbacks) = records.collection(LIST) else { return Vec::new() };
    let concerns = |callback: &JsonObject| {
        let is_set = |name: &str| callback.get(name) == Some(&Value::Bool(true));
        let own = is_set("isSelfSuppressedFlag")
            && callback.get("_by").and_then(Value::as_str) == Some(event.member.as_str());
        text(callback, "type").eq_ignore_ascii_case(kind)
            && !is_set("inactiveFlag")
            && !own
            && at_level(callback, kind, event.id, &event.record)
    };
    let fitting = callbacks.records.iter().filter_map(|(callback, entry)| {
        Some((callback, Some(into_object(entry.value())).filter(|entry| concerns(entry))?))
    });
    fitting.map(|(callback, entry)| delivery(origin, callback, &entry, kind, event)).collect()
}

/// Whether a record is one that a callback's level is about.
fn at_level(callback: &JsonObject, kind: &str, id: i64, record: &Value) -> bool {
    let (level, object) = (text(callback, "level").to_ascii_lowercase(), object_id(callback));
    let of =
        |member: &str| record.get(member).and_then(|member| member.get("id")).and_then(Value::as_i64) == Some(object);
    match level.as_str() {
        "owner" => true,
        level if level == kind => id == object,
        "statusid" => of("status"),
        "type" => {
            of("type")
                || record.get("types").and_then(Value::as_array).is_some_and(|types| {
                    types.iter().any(|kind| kind.get("id").and_then(Value::as_i64) == Some(object))
                })
        }
        "vendor" => of("vendorCompany"),
        "securityrole" => of("securityRole"),
        level => of(level),
    }
}

fn delivery(origin: &Origin<'_>, callback: i64, entry: &JsonObject, kind: &str, event: &Event) -> Delivery {
    let Event { id, change, record, member, .. } = event;
    let guid = Uuid::new_v4();
    // facts: the entity is JSON in a text, lacks custom fields and communication items, and is null when the record has
    // gone.
    let entity = match change {
        Change::Deleted => Value::Null,
        _ => {
            let mut shown = record.as_object().cloned().unwrap_or_else(Map::new);
            for name in ["customFields", "communicationItems"] {
                shown.remove(name);
            }
            Value::from(Value::Object(shown).to_string())
        }
    };
    let site = &origin.settings.public_site;
    let (host, company) = (site.split_once("://").map_or(site.as_str(), |(_, host)| host), &origin.settings.company);
    let key_url = format!(
        "{}/{}//system/callbackkey/index.rails?companyName={company}&id={guid}",
        origin.url, origin.settings.code_base
    );
    let body = json!({
        "Action": change.as_str(), "CallbackObjectRecId": callback, "CompanyId": company, "Entity": entity, "FromUrl": host,
        "ID": id, "MemberId": member, "MessageId": Uuid::new_v4().to_string(), "Metadata": {"key_url": key_url},
        "PartnerId": "00", "ProductInstanceId": "00", "Type": kind,
    });
    let body = body.to_string();
    // facts: id and action are put behind the URL as they are.
    let url = format!("{}{id}&action={}", text(entry, "url"), change.as_str());
    Delivery { callback, url, signature: sign(&signing_key(company, &guid.to_string()), body.as_bytes()), body }
}

/// The key that a message is signed with: made of its guid, so that none have to be kept.
fn signing_key(company: &str, guid: &str) -> String {
    let digest = Sha256::digest(format!("{company}/{guid}/callbacks"));
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// facts: base64 of the HMAC-SHA-256 of the body, keyed with the SHA-256 of the signing key's text.
pub(crate) fn sign(signing_key: &str, body: &[u8]) -> String {
    let key = Sha256::digest(signing_key.as_bytes());
    // Any length of key is taken.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&key) else { return String::new() };
    mac.update(body);
    STANDARD.encode(mac.finalize().into_bytes())
}

/// The response of the endpoint that gives out keys.
pub(crate) fn key_response(company: &str, id: &str) -> Response {
    Response::ok(&json!({"signing_key": signing_key(company, id)}))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_signed_as_receivers_reckon_it() {
        // Reckoned once with Python's hmac and hashlib.
        let body = br#"{"Action":"updated","ID":7601,"Type":"ticket"}"#;
        assert_eq!(sign("test-signing-key", body), "gafmZW08u4In2zHlJAU3fImYuNfyHTEYc/MVX2bP5KQ=");
    }

    #[test]
    fn levels_are_about_members_of_records() {
        let callback =
            |level: &str, object: i64| json!({"level": level, "objectId": object}).as_object().cloned().unwrap();
        let ticket = json!({"board": {"id": 3}, "status": {"id": 4}, "types": [{"id": 9}]});
        for (level, object, fits) in [
            ("owner", 1, true),
            ("Board", 3, true),
            ("board", 4, false),
            ("status", 4, true),
            ("ticket", 7, true),
            ("ticket", 8, false),
            ("type", 9, true),
            ("project", 1, false),
        ] {
            assert_eq!(at_level(&callback(level, object), "ticket", 7, &ticket), fits, "{level} {object}");
        }
    }
}

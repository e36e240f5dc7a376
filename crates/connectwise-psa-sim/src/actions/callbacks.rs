//! Callbacks: which can be registered, whom a change concerns, and what is delivered.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::exchange::Answer;
use crate::problem::{FieldProblem, Problem};
use crate::records::Members;
use crate::records::references::integer;
use crate::store::{Change, Key};
use crate::world::{Scene, members};

const LIST: &str = "system/callbacks";

/// Types with the lists their records are in, and their levels. facts: from the vendor's table; a type has its own name as a level, for one record.
const TYPES: &[(&str, &[&str], &[&str])] = &[
    ("activity", &["sales/activities"], &["owner", "status", "type", "company", "activity"]),
    ("agreement", &["finance/agreements"], &["owner", "type", "company", "agreement"]),
    ("company", &["company/companies"], &["owner", "status", "type", "territory", "company", "integratortag"]),
    ("configuration", &["company/configurations"], &["owner", "type", "status", "configuration"]),
    ("contact", &["company/contacts"], &["owner", "type", "territory", "company", "contact"]),
    ("expense", &["expense/entries"], &["owner", "chargetotype", "type", "class", "company", "expense"]),
    ("invoice", &["finance/invoices"], &["owner", "status", "company", "invoice"]),
    ("member", &["system/members"], &["owner", "location", "securityrole", "member"]),
    ("opportunity", &["sales/opportunities"], &["owner", "statusid", "company", "opportunity"]),
    ("productcatalog", &["procurement/catalog"], &["owner"]),
    ("project", &["project/projects"], &["owner", "status", "board", "project"]),
    ("purchaseorder", &["procurement/purchaseorders"], &["owner", "status", "vendor", "company", "purchaseorder"]),
    ("schedule", &["schedule/entries"], &["owner", "status", "type", "location", "member", "schedule"]),
    ("ticket", &["service/tickets", "project/tickets"], &["owner", "board", "project", "phase", "status", "ticket", "integratortag"]),
    ("time", &["time/entries"], &["owner", "company", "time"]),
];

/// What is to be sent, and for which callback.
#[derive(Clone, Debug)]
pub(crate) struct Delivery {
    pub(crate) callback: i64,
    pub(crate) url: String,
    pub(crate) body: String,
    pub(crate) signature: String,
}

fn text<'a>(members: &'a Members, name: &str) -> &'a str {
    members.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).and_then(|(_, value)| value.as_str()).unwrap_or_default().trim()
}

fn object_id(members: &Members) -> i64 {
    members.iter().find(|(name, _)| name.eq_ignore_ascii_case("objectId")).and_then(|(_, value)| integer(value)).unwrap_or_default()
}

/// Refuses a registration that cannot be.
pub(super) fn check(scene: &Scene<'_>, body: &Members) -> Result<(), Problem> {
    let refuse =
        |code, message: &str, field: &str| Err(Problem::invalid_object("callbackEntry", vec![FieldProblem::new(code, message, "callbackEntry", field)]));
    let (url, kind, level) = (text(body, "url"), text(body, "type").to_ascii_lowercase(), text(body, "level").to_ascii_lowercase());
    for (name, value) in [("url", url), ("type", &kind), ("level", &level)] {
        if value.is_empty() {
            return refuse("MissingRequiredField", &format!("The {name} field is required."), name);
        }
    }
    if !(url.starts_with("https://") || url.starts_with("http://")) || url.contains(char::is_whitespace) {
        return refuse("InvalidField", "Invalid URL", "url");
    }
    let Some((_, _, levels)) = TYPES.iter().find(|(name, ..)| *name == kind) else {
        return refuse("InvalidObject", "Unrecognized type", "type");
    };
    if !levels.contains(&level.as_str()) {
        return refuse("InvalidObject", "Unrecognized level for type, see documentation for supported levels for each type", "level");
    }
    let same = |other: Value| {
        let other = members(other);
        text(&other, "url") == url
            && text(&other, "type").eq_ignore_ascii_case(&kind)
            && text(&other, "level").eq_ignore_ascii_case(&level)
            && normal(object_id(&other), &level) == normal(object_id(body), &level)
    };
    if scene.world.records.collection(LIST).is_some_and(|callbacks| callbacks.records.values().any(same)) {
        return refuse("ObjectExists", "A matching callback entry already exists", "objectId");
    }
    Ok(())
}

/// facts: an owner-level callback is stored with the object 1, whatever was given.
fn normal(object: i64, level: &str) -> i64 {
    if level == "owner" && object == 0 { 1 } else { object }
}

/// What the server makes of a registration.
pub(super) fn settle(record: &mut Members) {
    let level = text(record, "level").to_ascii_lowercase();
    let object = normal(object_id(record), &level);
    record.insert("objectId".to_owned(), Value::from(object));
}

/// The deliveries that a change leads to. `record` is as it is then, or was before it went.
pub(crate) fn deliveries(scene: &Scene<'_>, key: &Key, id: i64, change: Change, record: &Value) -> Vec<Delivery> {
    let Some((kind, ..)) = TYPES.iter().find(|(_, lists, _)| lists.contains(&key.as_str())) else { return Vec::new() };
    let Some(callbacks) = scene.world.records.collection(LIST) else { return Vec::new() };
    let concerns = |callback: &Members| {
        let is_set = |name: &str| callback.get(name) == Some(&Value::Bool(true));
        let own = is_set("isSelfSuppressedFlag") && callback.get("_by").and_then(Value::as_str) == Some(scene.caller.member.as_str());
        text(callback, "type").eq_ignore_ascii_case(kind) && !is_set("inactiveFlag") && !own && at_level(callback, kind, id, record)
    };
    let fitting = callbacks.records.iter().filter_map(|(callback, entry)| Some((callback, Some(members(entry.value())).filter(|entry| concerns(entry))?)));
    fitting.map(|(callback, entry)| delivery(scene, callback, &entry, kind, id, change, record)).collect()
}

/// Whether a record is one that a callback's level is about.
fn at_level(callback: &Members, kind: &str, id: i64, record: &Value) -> bool {
    let (level, object) = (text(callback, "level").to_ascii_lowercase(), object_id(callback));
    let of = |member: &str| record.get(member).and_then(|member| member.get("id")).and_then(Value::as_i64) == Some(object);
    match level.as_str() {
        "owner" => true,
        level if level == kind => id == object,
        "statusid" => of("status"),
        "type" => {
            of("type")
                || record
                    .get("types")
                    .and_then(Value::as_array)
                    .is_some_and(|types| types.iter().any(|kind| kind.get("id").and_then(Value::as_i64) == Some(object)))
        }
        "vendor" => of("vendorCompany"),
        "securityrole" => of("securityRole"),
        level => of(level),
    }
}

fn delivery(scene: &Scene<'_>, callback: i64, entry: &Members, kind: &str, id: i64, change: Change, record: &Value) -> Delivery {
    let guid = Uuid::new_v4();
    // facts: the entity is JSON in a text, lacks custom fields and communication items, and is null when the record has gone.
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
    let site = &scene.settings.public_site;
    let (host, company) = (site.split_once("://").map_or(site.as_str(), |(_, host)| host), &scene.settings.company);
    let key_url = format!("{}/{}//system/callbackkey/index.rails?companyName={company}&id={guid}", scene.origin, scene.settings.code_base);
    let body = json!({
        "Action": change.as_str(), "CallbackObjectRecId": callback, "CompanyId": company, "Entity": entity, "FromUrl": host,
        "ID": id, "MemberId": scene.caller.member, "MessageId": Uuid::new_v4().to_string(), "Metadata": {"key_url": key_url},
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

/// The answer of the endpoint that gives out keys; it takes no credentials here, which facts leave open.
pub(crate) fn key_answer(company: &str, id: &str) -> Answer {
    Answer::ok(&json!({"signing_key": signing_key(company, id)}))
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
        let callback = |level: &str, object: i64| json!({"level": level, "objectId": object}).as_object().cloned().unwrap();
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

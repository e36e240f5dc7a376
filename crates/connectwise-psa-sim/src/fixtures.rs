//! Callback messages for tests of receivers: the shape of each type, signatures, and an example of a signature.
//!
//! [`Sim::trigger`](crate::Sim::trigger) sends a message about a record of the simulator without a change, and
//! [`Sim::signed_message`](crate::Sim::signed_message) returns one without sending it, also in the name of another company.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// The body of a callback message, and its signature, which is the header `x-content-signature`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SignedMessage {
    /// The body, which is JSON.
    pub body: Vec<u8>,
    /// The signature of the body.
    pub signature: String,
}

/// An example of a signature: signing key, body, signature.
///
/// ```
/// use connectwise_psa_sim::fixtures::{SIGNATURE_EXAMPLE, sign};
///
/// let (signing_key, body, signature) = SIGNATURE_EXAMPLE;
/// assert_eq!(sign(signing_key, body.as_bytes()), signature);
/// ```
pub const SIGNATURE_EXAMPLE: (&str, &str, &str) = (
    "test-signing-key",
    r#"{"Action":"updated","ID":7601,"Type":"ticket"}"#,
    "gafmZW08u4In2zHlJAU3fImYuNfyHTEYc/MVX2bP5KQ=",
);

/// The types of callbacks, in lower case as in messages, each with a record as it is in the field `Entity` of a message.
/// Observed on live servers: the record has no custom fields and no communication items.
const ENTITIES: [(&str, &str); 18] = [
    (
        "activity",
        r#"{"id":31,"name":"Call back","status":{"id":1,"name":"Open"},"assignTo":{"id":3,"identifier":"mkeller"}}"#,
    ),
    (
        "agreement",
        r#"{"id":12,"name":"Managed Services","type":{"id":2,"name":"Flat Rate"},"company":{"id":21,"identifier":"Nettlecombe"},"startDate":"2026-01-01T00:00:00Z","cancelledFlag":false}"#,
    ),
    (
        "company",
        r#"{"id":21,"identifier":"Nettlecombe","name":"Nettlecombe Dental","status":{"id":1,"name":"Active"},"faxNumber":"","site":{}}"#,
    ),
    (
        "configuration",
        r#"{"id":88,"name":"NC-PRT-02","type":{"id":5,"name":"Printer"},"status":{"id":1,"name":"Active"},"company":{"id":21,"identifier":"Nettlecombe"},"activeFlag":true}"#,
    ),
    (
        "contact",
        r#"{"id":45,"firstName":"Edda","lastName":"Vance","company":{"id":21,"identifier":"Nettlecombe"},"inactiveFlag":false,"types":[]}"#,
    ),
    (
        "expense",
        r#"{"id":9,"company":{"id":21,"identifier":"Nettlecombe"},"chargeToType":"Company","amount":12.50,"type":{"id":3,"name":"Mileage"}}"#,
    ),
    (
        "invoice",
        r#"{"id":301,"invoiceNumber":"301","type":"Standard","status":{"id":1,"name":"New"},"company":{"id":21,"identifier":"Nettlecombe"},"total":1890.00}"#,
    ),
    ("member", r#"{"id":3,"identifier":"mkeller","firstName":"Mara","lastName":"Keller","inactiveFlag":false}"#),
    (
        "opportunity",
        r#"{"id":17,"name":"New switches","stage":{"id":2,"name":"Quote"},"status":{"id":1,"name":"Open"},"company":{"id":21,"identifier":"Nettlecombe"}}"#,
    ),
    (
        "productcatalog",
        r#"{"id":64,"identifier":"SW-24","description":"Switch, 24 ports","price":410.00,"cost":298.75,"inactiveFlag":false}"#,
    ),
    (
        "project",
        r#"{"id":5,"name":"Office move","status":{"id":1,"name":"Open"},"board":{"id":4,"name":"Projects"},"company":{"id":21,"identifier":"Nettlecombe"}}"#,
    ),
    (
        "purchaseorder",
        r#"{"id":70,"poNumber":"PO-70","status":{"id":1,"name":"Open"},"vendorCompany":{"id":30,"identifier":"Ostrow"},"closedFlag":false}"#,
    ),
    (
        "schedule",
        r#"{"id":512,"objectId":7601,"member":{"id":3,"identifier":"mkeller"},"type":{"id":4,"identifier":"S"},"dateStart":"2026-11-28T09:00:00Z","dateEnd":"2026-11-28T10:00:00Z"}"#,
    ),
    (
        "site",
        r#"{"id":33,"name":"Main","addressLine1":"4 Mill Lane","company":{"id":21,"identifier":"Nettlecombe"},"inactiveFlag":false}"#,
    ),
    (
        "ticket",
        r#"{"id":7601,"summary":"Printer on fire","recordType":"ServiceTicket","board":{"id":1,"name":"Help Desk"},"status":{"id":2,"name":"New","Sort":1},"company":{"id":21,"identifier":"Nettlecombe"},"closedFlag":false}"#,
    ),
    (
        "ticket",
        r#"{"id":7602,"summary":"Plan the racks","recordType":"ProjectTicket","project":{"id":5,"name":"Office move"},"status":{"id":9,"name":"New"},"isIssueFlag":false,"closedFlag":false}"#,
    ),
    (
        "ticket",
        r#"{"id":7603,"summary":"No power in the server room","recordType":"ProjectIssue","project":{"id":5,"name":"Office move"},"status":{"id":9,"name":"New"},"isIssueFlag":true,"closedFlag":false}"#,
    ),
    (
        "time",
        r#"{"id":950,"chargeToId":7601,"chargeToType":"ServiceTicket","member":{"id":3,"identifier":"mkeller"},"actualHours":0.75,"billableOption":"Billable"}"#,
    ),
];

/// The shape of a message.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct MessageShape {
    /// The type of the callback, in lower case as in messages.
    pub callback_type: &'static str,
    /// `added`, `updated` or `deleted`.
    pub action: &'static str,
    /// The id of the record.
    pub id: i64,
    /// The body of the message.
    pub body: Value,
}

impl MessageShape {
    /// Returns the message with a signature.
    #[must_use]
    pub fn signed(&self, signing_key: &str) -> SignedMessage {
        let body = self.body.to_string().into_bytes();
        SignedMessage { signature: sign(signing_key, &body), body }
    }
}

/// Returns one message for each type and action, of an invented company. `key_url` is the URL of the signing key.
///
/// ```
/// use connectwise_psa_sim::fixtures::{message_shapes, sign};
///
/// let key_url = "http://127.0.0.1:9000/v2025_1//system/callbackkey/index.rails?companyName=acme&id=1";
/// let shapes = message_shapes("acme", key_url);
/// let deleted = shapes.iter().find(|shape| shape.callback_type == "ticket" && shape.action == "deleted").unwrap();
/// assert!(deleted.body["Entity"].is_null());
/// let message = deleted.signed("the signing key that the URL returns");
/// assert_eq!(message.signature, sign("the signing key that the URL returns", &message.body));
/// ```
#[must_use]
pub fn message_shapes(company: &str, key_url: &str) -> Vec<MessageShape> {
    let mut shapes = Vec::new();
    for (number, (callback_type, entity)) in (1_i64..).zip(ENTITIES) {
        let id = serde_json::from_str::<Value>(entity)
            .ok()
            .and_then(|entity| entity.get("id")?.as_i64())
            .unwrap_or_default();
        for action in ["added", "updated", "deleted"] {
            let entity = if action == "deleted" { Value::Null } else { Value::from(entity) };
            let body = json!({
                "Action": action, "CallbackObjectRecId": 26600 + number, "CompanyId": company, "Entity": entity,
                "FromUrl": "na.myconnectwise.example", "ID": id, "MemberId": "mkeller",
                "MessageId": format!("00000000-0000-4000-8000-{:012}", 10 * number + shapes.len() as i64 % 3),
                "Metadata": {"key_url": key_url}, "PartnerId": "5f0c1b7a93d2e84615cc0a77",
                "ProductInstanceId": "8d41e02b6a9f7c350be1d948", "Type": callback_type,
            });
            shapes.push(MessageShape { callback_type, action, id, body });
        }
    }
    shapes
}

/// Returns the signature of a body. Observed on live servers: base64 of the HMAC-SHA-256 of the body, keyed with the
/// SHA-256 of the signing key's text.
#[must_use]
pub fn sign(signing_key: &str, body: &[u8]) -> String {
    let key = Sha256::digest(signing_key.as_bytes());
    // HMAC accepts keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&key) else { return String::new() };
    mac.update(body);
    STANDARD.encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_match_those_that_receivers_compute() {
        // Computed with Python's hmac and hashlib.
        let (signing_key, body, signature) = SIGNATURE_EXAMPLE;
        assert_eq!(sign(signing_key, body.as_bytes()), signature);
    }

    #[test]
    fn every_callback_type_has_a_shape_with_a_record_and_its_own_message_ids() {
        let shapes = message_shapes("acme", "https://psa.example/");
        let known = crate::callbacks::type_names();
        assert!(known.iter().all(|name| shapes.iter().any(|shape| shape.callback_type == *name)));
        let ids: std::collections::BTreeSet<_> =
            shapes.iter().map(|shape| shape.body["MessageId"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), shapes.len());
        for shape in shapes.iter().filter(|shape| shape.action != "deleted") {
            let entity: Value = serde_json::from_str(shape.body["Entity"].as_str().unwrap()).unwrap();
            assert_eq!(entity["id"].as_i64(), Some(shape.id));
        }
    }
}

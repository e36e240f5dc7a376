//! Callbacks: registration, and delivery of the messages about changes.

pub(crate) mod delivery;
pub(crate) mod registration;

use connectwise_psa_core::text::field_ignoring_case;
use serde_json::Value;

use crate::records::JsonObject;
use crate::records::references::integer;

const LIST: &str = "system/callbacks";

/// The callback types, each with the lists of its records and with its levels, from ConnectWise's documentation. The
/// level with the name of the type is for a single record. In a list, `*` is any id. The levels of sites are not
/// documented: all are accepted.
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
    ("site", &["company/companies/*/sites"], &[]),
    (
        "ticket",
        &["service/tickets", "project/tickets"],
        &["owner", "board", "project", "phase", "status", "ticket", "integratortag"],
    ),
    ("time", &["time/entries"], &["owner", "company", "time"]),
];

/// Returns the name of a type as messages write it; `None` if it does not exist. Ignores the letter case.
pub(crate) fn type_name(name: &str) -> Option<&'static str> {
    TYPES.iter().map(|(known, ..)| *known).find(|known| known.eq_ignore_ascii_case(name))
}

/// Returns the type of the callbacks that report changes of a list.
pub(crate) fn type_of_list(list: &str) -> Option<&'static str> {
    let is_match = |pattern: &str| {
        let (mut pattern, mut segments) = (pattern.split('/'), list.split('/'));
        loop {
            match (pattern.next(), segments.next()) {
                (None, None) => return true,
                (Some("*"), Some(_)) => {}
                (Some(expected), Some(segment)) if expected == segment => {}
                _ => return false,
            }
        }
    };
    TYPES.iter().find(|(_, lists, _)| lists.iter().any(|pattern| is_match(pattern))).map(|(name, ..)| *name)
}

/// Returns the names of all types.
pub(crate) fn type_names() -> Vec<&'static str> {
    TYPES.iter().map(|(name, ..)| *name).collect()
}

/// Returns a string field, in any letter case of its name; an empty string if there is none.
fn string_field<'a>(fields: &'a JsonObject, name: &str) -> &'a str {
    field_ignoring_case(fields, name).and_then(Value::as_str).unwrap_or_default().trim()
}

/// Returns the object id of a callback; 0 if there is none.
fn object_id(fields: &JsonObject) -> i64 {
    field_ignoring_case(fields, "objectId").and_then(integer).unwrap_or_default()
}

/// Returns the object id to store. Observed on live servers: a callback at level `owner` without an object id is stored
/// with object id 1.
fn normalized_object_id(object: i64, level: &str) -> i64 {
    if level == "owner" && object == 0 { 1 } else { object }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_have_the_type_of_their_callbacks() {
        for (list, expected) in [
            ("service/tickets", Some("ticket")),
            ("project/tickets", Some("ticket")),
            ("company/companies", Some("company")),
            ("company/companies/5/sites", Some("site")),
            ("company/companies/5/notes", None),
            ("company/companies/5/sites/1", None),
            ("service/tickets/5", None),
        ] {
            assert_eq!(type_of_list(list), expected, "{list}");
        }
        assert_eq!((type_name("PurchaseOrder"), type_name("robot")), (Some("purchaseorder"), None));
    }
}

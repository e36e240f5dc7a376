//! Callbacks: which can be registered, whom a change concerns, and what is delivered.

pub(crate) mod delivery;
pub(crate) mod registration;

use connectwise_psa_core::text::member_ignoring_case;
use serde_json::Value;

use crate::records::JsonObject;
use crate::records::references::integer;

const LIST: &str = "system/callbacks";

/// Types with the lists their records are in, and their levels. facts: from the vendor's table; a type has its own name
/// as a level, for one record.
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
    (
        "ticket",
        &["service/tickets", "project/tickets"],
        &["owner", "board", "project", "phase", "status", "ticket", "integratortag"],
    ),
    ("time", &["time/entries"], &["owner", "company", "time"]),
];

fn text<'a>(members: &'a JsonObject, name: &str) -> &'a str {
    member_ignoring_case(members, name).and_then(Value::as_str).unwrap_or_default().trim()
}

fn object_id(members: &JsonObject) -> i64 {
    member_ignoring_case(members, "objectId").and_then(integer).unwrap_or_default()
}

/// facts: an owner-level callback is stored with the object 1, whatever was given.
fn normal(object: i64, level: &str) -> i64 {
    if level == "owner" && object == 0 { 1 } else { object }
}

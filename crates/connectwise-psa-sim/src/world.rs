//! The simulated company: its records, who may call, and what has happened.

use std::collections::HashMap;
use std::time::Instant;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use crate::actions::callbacks::Delivery;
use crate::gate::{Caller, Minted, RateLimit};
use crate::settings::Settings;
use crate::store::{Change, Records};

/// Everything that changes while the server runs.
#[derive(Debug, Default)]
pub(crate) struct World {
    pub(crate) records: Records,
    pub(crate) minted: Vec<Minted>,
    pub(crate) rate: RateLimit,
    /// Messages of callbacks that are to be sent.
    pub(crate) outbox: Vec<Delivery>,
    /// How many messages in a row each callback could not deliver.
    failures: HashMap<i64, usize>,
}

impl World {
    /// Notes whether a message of a callback arrived; one that fails too often in a row is switched off.
    pub(crate) fn delivered(&mut self, callback: i64, delivered: bool, most: usize) {
        let failures = self.failures.entry(callback).or_default();
        *failures = if delivered { 0 } else { *failures + 1 };
        if *failures < most {
            return;
        }
        // Switched on again, it has the same chances as before.
        self.failures.remove(&callback);
        if let Some(mut entry) = self.records.get("system/callbacks", callback).map(members) {
            entry.insert("inactiveFlag".to_owned(), Value::Bool(true));
            self.records.put("system/callbacks", callback, entry);
        }
    }
}

/// One request under way.
pub(crate) struct Scene<'a> {
    pub(crate) world: &'a mut World,
    pub(crate) settings: &'a Settings,
    pub(crate) caller: &'a Caller,
    pub(crate) now: DateTime<Utc>,
    pub(crate) clock: Instant,
    /// What hyperlinks begin with.
    pub(crate) link_base: &'a str,
    /// Scheme, host and port under which the server is reached.
    pub(crate) origin: &'a str,
}

impl Scene<'_> {
    /// Writes what happened into the audit trail, and tells those who asked to be told.
    pub(crate) fn happened(&mut self, key: &str, id: i64, change: Change) {
        let record = self.world.records.get(key, id).unwrap_or_default();
        self.happened_to(key, id, change, &record);
    }

    /// The same of a record that may have gone.
    pub(crate) fn happened_to(&mut self, key: &str, id: i64, change: Change, record: &Value) {
        let deliveries = crate::actions::callbacks::deliveries(self, &key.to_owned(), id, change, record);
        self.world.outbox.extend(deliveries);
        if let Some(kind) = audited(key) {
            let words = change.as_str();
            let entry = json!({
                "text": format!("{kind} {id} has been {words}."), "enteredDate": crate::store::text(self.now), "enteredBy": self.caller.member,
                "auditType": "Record", "auditSubType": words, "auditSource": "API", "_audited": {"type": kind, "id": id},
            });
            self.world.records.insert("system/audittrail", entry.as_object().cloned().unwrap_or_else(Map::new), None);
        }
    }
}

/// The type of the audit trail that a list's records have.
pub(crate) fn audited(key: &str) -> Option<&'static str> {
    Some(match key {
        "service/tickets" => "Ticket",
        "project/tickets" => "ProjectTicket",
        "company/contacts" => "Contact",
        "company/companies" => "Company",
        "company/configurations" => "Configuration",
        "sales/opportunities" => "Opportunity",
        "sales/activities" => "Activity",
        "time/entries" => "Time",
        "expense/entries" => "Expense",
        "finance/agreements" => "Agreement",
        "finance/invoices" => "Invoice",
        "project/projects" => "Project",
        "procurement/purchaseorders" => "PurchaseOrder",
        "procurement/catalog" => "ProductCatalog",
        "schedule/entries" => "Schedule",
        _ => return None,
    })
}

/// The members of an object; none of anything else.
pub(crate) fn members(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

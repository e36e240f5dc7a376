//! The simulated company: its records, who may call, and what has happened.

use std::collections::HashMap;
use std::time::Instant;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::middleware::authentication::{Caller, MintedKeys};
use crate::middleware::rate_limit::RateLimit;
use crate::records::into_object;
use crate::settings::Settings;
use crate::store::{Change, Key, Records, timestamp};

/// Everything that changes while the server runs.
#[derive(Debug, Default)]
pub(crate) struct ServerState {
    pub(crate) records: Records,
    pub(crate) minted_keys: Vec<MintedKeys>,
    pub(crate) rate_limit: RateLimit,
    /// What has happened to records since the server last looked. The server turns it into messages of callbacks.
    pub(crate) events: Vec<Event>,
    /// How many messages in a row each callback could not deliver.
    failures: HashMap<i64, usize>,
}

/// A change of a record.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) list: Key,
    pub(crate) id: i64,
    pub(crate) change: Change,
    /// The record after the change; a deleted one as it was before.
    pub(crate) record: Value,
    /// The member who made the change.
    pub(crate) member: String,
}

impl ServerState {
    /// Notes whether a message of a callback arrived; one that fails too often in a row is switched off.
    pub(crate) fn delivered(&mut self, callback: i64, delivered: bool, most: usize) {
        let failures = self.failures.entry(callback).or_default();
        *failures = if delivered { 0 } else { *failures + 1 };
        if *failures < most {
            return;
        }
        // Switched on again, it has the same chances as before.
        self.failures.remove(&callback);
        if let Some(mut entry) = self.records.get("system/callbacks", callback).map(into_object) {
            entry.insert("inactiveFlag".to_owned(), Value::Bool(true));
            self.records.put("system/callbacks", callback, entry);
        }
    }
}

/// One request under way: who makes it, when, and what it works on.
pub(crate) struct RequestContext<'a> {
    pub(crate) state: &'a mut ServerState,
    pub(crate) settings: &'a Settings,
    pub(crate) caller: &'a Caller,
    pub(crate) now: DateTime<Utc>,
    pub(crate) clock: Instant,
    /// What hyperlinks begin with.
    pub(crate) link_base: &'a str,
}

impl RequestContext<'_> {
    /// Records that a record was added or updated: in the audit trail, and as an event for callbacks.
    pub(crate) fn record_change(&mut self, key: &str, id: i64, change: Change) {
        let record = self.state.records.get(key, id).unwrap_or_default();
        self.record_change_of(key, id, change, record);
    }

    /// The same for a record that may be gone.
    pub(crate) fn record_change_of(&mut self, key: &str, id: i64, change: Change, record: Value) {
        if let Some(kind) = audited(key) {
            let words = change.as_str();
            let entry = json!({
                "text": format!("{kind} {id} has been {words}."), "enteredDate": timestamp(self.now), "enteredBy": self.caller.member,
                "auditType": "Record", "auditSubType": words, "auditSource": "API", "_audited": {"type": kind, "id": id},
            });
            self.state.records.insert("system/audittrail", into_object(entry), None);
        }
        self.state.events.push(Event { list: key.to_owned(), id, change, record, member: self.caller.member.clone() });
    }
}

/// The type of the audit trail that a list's records have.
fn audited(key: &str) -> Option<&'static str> {
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

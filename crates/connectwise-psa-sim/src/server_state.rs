//! The state of the simulator: records, minted keys and pending events.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::middleware::authentication::{Caller, MintedKeys};
use crate::records::into_object;
use crate::settings::Settings;
use crate::store::{Change, Key, Records, timestamp};

/// Everything that changes while the server runs.
#[derive(Debug, Default)]
pub(crate) struct ServerState {
    pub(crate) records: Records,
    /// Shared with copies of the state.
    pub(crate) minted_keys: Arc<Vec<MintedKeys>>,
    /// Record changes that the server has not yet turned into callback messages.
    pub(crate) events: Vec<Event>,
    /// The number of consecutive failed deliveries of each callback.
    failures: HashMap<i64, usize>,
}

/// What reads need of the state. Copies share memory.
#[derive(Clone, Debug, Default)]
pub(crate) struct View {
    pub(crate) records: Records,
    pub(crate) minted_keys: Arc<Vec<MintedKeys>>,
}

impl From<View> for ServerState {
    fn from(view: View) -> Self {
        Self { records: view.records, minted_keys: view.minted_keys, ..Self::default() }
    }
}

/// A change of a record.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) list: Key,
    pub(crate) id: i64,
    pub(crate) change: Change,
    /// The record after the change; for a deletion, the record before it.
    pub(crate) record: Value,
    /// The member who made the change.
    pub(crate) member: String,
}

impl ServerState {
    pub(crate) fn view(&self) -> View {
        View { records: self.records.clone(), minted_keys: Arc::clone(&self.minted_keys) }
    }

    /// Adds minted keys, and removes those that have expired.
    pub(crate) fn add_minted_keys(&mut self, keys: MintedKeys, now: Instant) {
        let minted = Arc::make_mut(&mut self.minted_keys);
        minted.retain(|other| other.expires > now);
        minted.push(keys);
    }

    /// Records whether a callback message was delivered. Deactivates the callback after `max_failures` consecutive
    /// failures.
    pub(crate) fn record_delivery(&mut self, callback: i64, delivered: bool, max_failures: usize) {
        let failures = self.failures.entry(callback).or_default();
        *failures = if delivered { 0 } else { *failures + 1 };
        if *failures < max_failures {
            return;
        }
        // The count starts again at 0 when the callback is reactivated.
        self.failures.remove(&callback);
        if let Some(mut entry) = self.records.get("system/callbacks", callback).map(into_object) {
            entry.insert("inactiveFlag".to_owned(), Value::Bool(true));
            self.records.put("system/callbacks", callback, entry);
        }
    }
}

/// The context of one request: the caller, the time, and the state that it works on.
pub(crate) struct RequestContext<'a> {
    pub(crate) state: &'a mut ServerState,
    pub(crate) settings: &'a Settings,
    pub(crate) caller: &'a Caller,
    pub(crate) now: DateTime<Utc>,
    /// The same time on the monotonic clock, which the expiry of minted keys needs.
    pub(crate) clock: Instant,
}

impl RequestContext<'_> {
    /// Adds a callback event for a record that was added or updated, and an audit trail entry if its list is audited.
    pub(crate) fn record_change(&mut self, key: &str, id: i64, change: Change) {
        let record = self.state.records.get(key, id).unwrap_or_default();
        self.record_change_of(key, id, change, record);
    }

    /// Does the same as [`Self::record_change`]. Takes the record, because it may have been deleted.
    pub(crate) fn record_change_of(&mut self, key: &str, id: i64, change: Change, record: Value) {
        if let Some(audit_type) = audit_type(key) {
            let change = change.as_str();
            let entry = json!({
                "text": format!("{audit_type} {id} has been {change}."),
                "enteredDate": timestamp(self.now), "enteredBy": self.caller.member,
                "auditType": "Record", "auditSubType": change, "auditSource": "API",
                "_audited": {"type": audit_type, "id": id},
            });
            self.state.records.insert("system/audittrail", into_object(entry), None);
        }
        self.state.events.push(Event { list: key.to_owned(), id, change, record, member: self.caller.member.clone() });
    }
}

/// Returns the audit trail type of a list's records; `None` when the list is not audited.
fn audit_type(key: &str) -> Option<&'static str> {
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

//! Access to the records of a running server.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::middleware::authentication::{Caller, Credentials};
use crate::records::references::complete_references;
use crate::records::{into_object, links};
use crate::rules::amounts::update_sums;
use crate::server::shared::Shared;
use crate::server_state::ServerState;
use crate::store::{MAX_ID, key, new_info};
use crate::writes;

/// The records of a running server. A list is named by its path: `/service/tickets`, `/service/tickets/5/notes`.
#[derive(Clone)]
pub struct Store(pub(super) Arc<Shared>);

impl Store {
    /// Adds a record, and returns its id: that of the record, or the next free one if it has none, or one outside of 1 to
    /// 2,147,483,647. Replaces a record with the same id. If the record is a line of a sum, such as a time entry of a
    /// ticket, the sum is calculated again; sums in the record itself are stored as they are.
    /// The server adds the fields that live servers always return. Nothing is checked, no audit trail entry is added,
    /// and no callbacks are sent. A value that is not a JSON object becomes an empty record. In a record that is nested
    /// more than 96 levels deep, deeper arrays and objects become null.
    pub fn insert(&self, list: &str, record: Value) -> i64 {
        let mut record = into_object(record);
        let id = record.get("id").and_then(Value::as_i64).filter(|id| (1..=MAX_ID).contains(id));
        record.entry("_info").or_insert_with(|| new_info(chrono::Utc::now(), "sim"));
        let list = key(list);
        self.0.update(&sim_caller(), |ctx| {
            let before = id.and_then(|id| ctx.state.records.get(&list, id)).map(into_object);
            let id = ctx.state.records.insert(&list, record, id);
            warn_if_cut(ctx.state);
            let after = ctx.state.records.get(&list, id).map(into_object);
            update_sums(ctx, &list, before.as_ref(), after.as_ref());
            id
        })
    }

    /// Updates a record as the member `sim`, and returns the updated record; `None` if it does not exist.
    ///
    /// The update sets `lastUpdated` and `updatedBy` in `_info`, adds an audit trail entry if the list is audited (such
    /// as tickets, companies and contacts), sends callbacks, and updates dependent fields such as a ticket's
    /// `closedFlag`. References without `_info` are completed if the record exists. To change a reference, replace it
    /// as a whole (`json!({"id": 7})`): a reference that keeps its `_info` also keeps its old name. Nothing else is
    /// checked. Deeply nested values are treated like those of [`insert`](Self::insert).
    ///
    /// The closure must not change other records, because the records are locked while it runs. It may read them.
    pub fn update(&self, list: &str, id: i64, change: impl FnOnce(&mut Map<String, Value>)) -> Option<Value> {
        let list = key(list);
        let updated = self.0.update(&sim_caller(), |ctx| {
            let mut record = into_object(ctx.state.records.get(&list, id)?);
            change(&mut record);
            record.insert("id".to_owned(), Value::from(id));
            complete_references(&ctx.state.records, &list, &mut record);
            writes::update(ctx, &list, id, record);
            warn_if_cut(ctx.state);
            ctx.state.records.get(&list, id)
        });
        updated.map(|record| self.with_links(record))
    }

    /// Returns a record; `None` if it does not exist.
    #[must_use]
    pub fn get(&self, list: &str, id: i64) -> Option<Value> {
        self.0.view().records.get(&key(list), id).map(|record| self.with_links(record))
    }

    /// Returns all records of a list, ordered by id.
    #[must_use]
    pub fn list(&self, list: &str) -> Vec<Value> {
        let view = self.0.view();
        let records = view.records.collection(&key(list)).into_iter().flat_map(|list| list.records.values());
        records.map(|record| self.with_links(record)).collect()
    }

    /// Returns the number of records in a list.
    #[must_use]
    pub fn count(&self, list: &str) -> usize {
        self.0.view().records.collection(&key(list)).map_or(0, |collection| collection.records.len())
    }

    /// Removes a record with the lists under it, without an audit trail entry and without callbacks. If it is a line of a
    /// sum, the sum is calculated again. Returns the removed record; `None` if it does not exist.
    pub fn remove(&self, list: &str, id: i64) -> Option<Value> {
        let list = key(list);
        let removed = self.0.update(&sim_caller(), |ctx| {
            let removed = ctx.state.records.remove(&list, id)?;
            update_sums(ctx, &list, Some(&into_object(removed.clone())), None);
            Some(removed)
        });
        removed.map(|record| self.with_links(record))
    }

    /// Writes the links of a record for the server's own address.
    fn with_links(&self, mut record: Value) -> Value {
        let origin = format!("{}://{}", self.0.scheme(), self.0.authority);
        links::value_with_base(&mut record, &links::response_base(&origin));
        record
    }
}

/// Returns the member that makes the changes.
fn sim_caller() -> Caller {
    Caller { member: "sim".to_owned(), credentials: Credentials::ApiKeys }
}

/// Logs a warning if the last change contained a value that was nested too deeply.
fn warn_if_cut(state: &mut ServerState) {
    if state.records.take_cut() {
        tracing::warn!("a record was nested too deeply: its deepest arrays and objects were replaced by null");
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Store")
    }
}

//! The records of a running server, for tests to look in and to add some.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::middleware::authentication::{Caller, CallerKind};
use crate::records::into_object;
use crate::records::references::complete_references;
use crate::server::shared::Shared;
use crate::store::{key, new_info};
use crate::writes;

/// The records of a server. Lists are named by their path: `/service/tickets`, `/service/tickets/5/notes`.
#[derive(Clone)]
pub struct Store(pub(super) Arc<Shared>);

impl Store {
    /// Adds a record as it is, without any check, and gives its id: the one in it, or the next. Anything but an object
    /// becomes an empty record.
    pub fn insert(&self, list: &str, record: Value) -> i64 {
        let mut record = into_object(record);
        let id = record.get("id").and_then(Value::as_i64);
        record.entry("_info").or_insert_with(|| new_info(chrono::Utc::now(), "sim"));
        self.0.state().records.insert(&key(list), record, id)
    }

    /// Changes a record as somebody else would, and gives what has become of it; none when it is not there. References
    /// are completed where what they lead to is there; nothing else is checked. The change is in `_info`, in the audit
    /// trail and in callbacks, as one of a member called `sim`; what follows from the members follows, as `closedFlag`
    /// does from a ticket's status.
    ///
    /// The closure must not use the server: it is waiting.
    pub fn update(&self, list: &str, id: i64, change: impl FnOnce(&mut Map<String, Value>)) -> Option<Value> {
        let caller = Caller { member: "sim".to_owned(), kind: CallerKind::Keys };
        let list = key(list);
        let mut state = self.0.state();
        let mut record = into_object(state.records.get(&list, id)?);
        change(&mut record);
        record.insert("id".to_owned(), Value::from(id));
        complete_references(&state.records, &self.0.settings.link_base(), &list, &mut record);
        self.0.act(&mut state, &caller, |ctx| writes::update(ctx, &list, id, record));
        state.records.get(&list, id)
    }

    /// A record.
    #[must_use]
    pub fn get(&self, list: &str, id: i64) -> Option<Value> {
        self.0.state().records.get(&key(list), id)
    }

    /// All records of a list, by id.
    #[must_use]
    pub fn list(&self, list: &str) -> Vec<Value> {
        let state = self.0.state();
        state.records.collection(&key(list)).map(|collection| collection.records.values().collect()).unwrap_or_default()
    }

    /// How many records a list has.
    #[must_use]
    pub fn count(&self, list: &str) -> usize {
        self.0.state().records.collection(&key(list)).map_or(0, |collection| collection.records.len())
    }

    /// Takes a record out, as if it had never been.
    pub fn remove(&self, list: &str, id: i64) -> Option<Value> {
        self.0.state().records.remove(&key(list), id)
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Store")
    }
}

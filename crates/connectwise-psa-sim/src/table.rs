//! A list of records by id, packed.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::packed::{Node, Packed};

/// Records by id.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Table(BTreeMap<i64, Packed>);

impl Table {
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn contains(&self, id: i64) -> bool {
        self.0.contains_key(&id)
    }

    pub(crate) fn ids(&self) -> impl DoubleEndedIterator<Item = i64> {
        self.0.keys().copied()
    }

    /// A record, to be read in place.
    pub(crate) fn get(&self, id: i64) -> Option<Node<'_>> {
        self.0.get(&id).map(Packed::node)
    }

    /// All records in the order of their ids, to be read in place.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = (i64, Node<'_>)> {
        self.0.iter().map(|(id, record)| (*id, record.node()))
    }

    /// The records with greater ids.
    pub(crate) fn after(&self, id: i64) -> impl DoubleEndedIterator<Item = (i64, Node<'_>)> {
        self.0.range(id.saturating_add(1)..).map(|(id, record)| (*id, record.node()))
    }

    /// All records as JSON.
    pub(crate) fn values(&self) -> impl DoubleEndedIterator<Item = Value> {
        self.0.values().map(Packed::value)
    }

    /// All records as they are kept.
    pub(crate) fn packed(&self) -> impl Iterator<Item = (i64, &Packed)> {
        self.0.iter().map(|(id, record)| (*id, record))
    }

    pub(crate) fn insert(&mut self, id: i64, record: Packed) {
        self.0.insert(id, record);
    }

    pub(crate) fn remove(&mut self, id: i64) -> Option<Value> {
        self.0.remove(&id).map(|record| record.value())
    }
}

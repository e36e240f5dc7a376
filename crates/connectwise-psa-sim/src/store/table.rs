//! Packed records by id.

use std::collections::BTreeMap;
use std::hint::black_box;

use serde_json::Value;

use crate::store::record::{Node, Packed};

/// Packed records by id.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Table(BTreeMap<i64, Packed>);

impl Table {
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn contains(&self, id: i64) -> bool {
        self.0.contains_key(&id)
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = i64> {
        self.0.keys().copied()
    }

    /// Returns a record for reading without unpacking.
    pub(crate) fn get(&self, id: i64) -> Option<Node<'_>> {
        self.0.get(&id).map(Packed::node)
    }

    /// Returns all records, ordered by id, for reading without unpacking.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (i64, Node<'_>)> {
        Prefetching { records: self.0.iter(), batch: Vec::new().into_iter() }
    }

    /// Returns the records with ids greater than `id`.
    pub(crate) fn after(&self, id: i64) -> impl Iterator<Item = (i64, Node<'_>)> {
        Prefetching { records: self.0.range(id.saturating_add(1)..), batch: Vec::new().into_iter() }
    }

    /// Returns all records as JSON.
    pub(crate) fn values(&self) -> impl Iterator<Item = Value> {
        self.0.values().map(Packed::value)
    }

    /// Returns all records as stored.
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

/// An iterator that touches a batch of records before it returns the first of them, so that the CPU loads them into its
/// cache at the same time. Records are scattered in memory, and cache misses take most of the time of a condition on
/// many records.
struct Prefetching<'a, I> {
    records: I,
    batch: std::vec::IntoIter<(i64, Node<'a>)>,
}

impl<'a, I: Iterator<Item = (&'a i64, &'a Packed)>> Iterator for Prefetching<'a, I> {
    type Item = (i64, Node<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        const BATCH: usize = 32;
        if self.batch.as_slice().is_empty() {
            let next: Vec<_> = self.records.by_ref().take(BATCH).map(|(id, record)| (*id, record.node())).collect();
            black_box(next.iter().fold(0, |all, (_, record)| all ^ record.prefetch()));
            self.batch = next.into_iter();
        }
        self.batch.next()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_record_is_returned_once_and_in_order() {
        for count in [0, 1, 31, 32, 33, 100] {
            let mut table = Table::default();
            for id in (0..count).rev() {
                table.insert(id, Packed::from(&json!({ "id": id })));
            }
            assert!(
                table.iter().map(|(id, record)| (id, record.integer("id"))).eq((0..count).map(|id| (id, Some(id))))
            );
            assert!(table.after(30).map(|(id, _)| id).eq(31..count.max(31)));
            assert_eq!((table.len(), table.after(i64::MAX).count()), (usize::try_from(count).unwrap(), 0));
        }
    }
}

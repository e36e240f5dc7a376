//! A list of records by id, packed.

use std::collections::BTreeMap;
use std::hint::black_box;

use serde_json::Value;

use crate::store::record::{Node, Packed};

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

    pub(crate) fn ids(&self) -> impl Iterator<Item = i64> {
        self.0.keys().copied()
    }

    /// A record, to be read in place.
    pub(crate) fn get(&self, id: i64) -> Option<Node<'_>> {
        self.0.get(&id).map(Packed::node)
    }

    /// All records in the order of their ids, to be read in place.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (i64, Node<'_>)> {
        Prefetched { records: self.0.iter(), fetched: Vec::new().into_iter() }
    }

    /// The records with greater ids.
    pub(crate) fn after(&self, id: i64) -> impl Iterator<Item = (i64, Node<'_>)> {
        Prefetched { records: self.0.range(id.saturating_add(1)..), fetched: Vec::new().into_iter() }
    }

    /// All records as JSON.
    pub(crate) fn values(&self) -> impl Iterator<Item = Value> {
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

/// Records, of which several are touched before the first of them is read. They are scattered over the memory, and a
/// reader that touches one after the other waits for each: with many records, that is most of the time that a condition
/// takes.
struct Prefetched<'a, I> {
    records: I,
    fetched: std::vec::IntoIter<(i64, Node<'a>)>,
}

impl<'a, I: Iterator<Item = (&'a i64, &'a Packed)>> Iterator for Prefetched<'a, I> {
    type Item = (i64, Node<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        const AT_ONCE: usize = 32;
        if self.fetched.as_slice().is_empty() {
            let next: Vec<_> = self.records.by_ref().take(AT_ONCE).map(|(id, record)| (*id, record.node())).collect();
            black_box(next.iter().fold(0, |all, (_, record)| all ^ record.prefetch()));
            self.fetched = next.into_iter();
        }
        self.fetched.next()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_record_comes_once_and_in_order() {
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

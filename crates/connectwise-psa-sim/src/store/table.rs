//! Packed records by id. Copies of a table share memory: a copy takes constant time, and a change copies only a small
//! part of the table.

use std::hint::black_box;
use std::sync::{Arc, Weak};

use serde_json::Value;

use crate::store::record::{Node, Packed};

/// The maximum number of records in a part of a table.
const PART: usize = 128;

/// Records ordered by id; never empty.
type Part = Arc<Vec<(i64, Packed)>>;

/// Packed records by id.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Table {
    /// The parts, ordered by id.
    parts: Arc<Vec<Part>>,
    length: usize,
}

/// Identifies a table with its records, as long as nothing has changed. Does not keep the records in memory.
#[derive(Debug)]
pub(crate) struct TableVersion(Weak<Vec<Part>>);

impl TableVersion {
    /// Returns whether the table has not changed since, or is an unchanged copy.
    pub(crate) fn is_of(&self, table: &Table) -> bool {
        // A change moves the list of parts, because this weak reference exists. Its memory is not used again meanwhile.
        std::ptr::eq(self.0.as_ptr(), Arc::as_ptr(&table.parts))
    }
}

impl Table {
    pub(crate) fn version(&self) -> TableVersion {
        TableVersion(Arc::downgrade(&self.parts))
    }

    pub(crate) fn len(&self) -> usize {
        self.length
    }

    pub(crate) fn contains(&self, id: i64) -> bool {
        self.find(id).is_some()
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = i64> {
        self.packed().map(|(id, _)| id)
    }

    /// Returns a record for reading without unpacking.
    pub(crate) fn get(&self, id: i64) -> Option<Node<'_>> {
        self.find(id).map(Packed::node)
    }

    /// Returns all records, ordered by id, for reading without unpacking.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (i64, Node<'_>)> {
        Prefetching { records: self.packed(), batch: Vec::new().into_iter() }
    }

    /// Returns up to `count` records, without the first `start` ones.
    pub(crate) fn range(&self, mut start: usize, count: usize) -> Vec<Node<'_>> {
        let mut parts = self.parts.iter();
        while let Some(part) = parts.as_slice().first()
            && part.len() <= start
        {
            start -= part.len();
            parts.next();
        }
        let records = parts.flat_map(|part| part.iter()).skip(start).take(count);
        let records = records.map(|(id, record)| (*id, record));
        Prefetching { records, batch: Vec::new().into_iter() }.map(|(_, record)| record).collect()
    }

    /// Returns the records with ids greater than `id`.
    pub(crate) fn after(&self, id: i64) -> impl Iterator<Item = (i64, Node<'_>)> {
        let part = id.checked_add(1).map_or(self.parts.len(), |id| self.part_of(id));
        let records = self.parts.iter().skip(part).flat_map(|part| part.iter());
        let records = records.map(|(id, record)| (*id, record)).skip_while(move |(other, _)| *other <= id);
        Prefetching { records, batch: Vec::new().into_iter() }
    }

    /// Returns all records as JSON.
    pub(crate) fn values(&self) -> impl Iterator<Item = Value> {
        self.packed().map(|(_, record)| record.value())
    }

    /// Returns all records as stored.
    pub(crate) fn packed(&self) -> impl Iterator<Item = (i64, &Packed)> {
        self.parts.iter().flat_map(|part| part.iter()).map(|(id, record)| (*id, record))
    }

    fn find(&self, id: i64) -> Option<&Packed> {
        let part = self.parts.get(self.part_of(id))?;
        let at = part.binary_search_by_key(&id, |(id, _)| *id).ok()?;
        part.get(at).map(|(_, record)| record)
    }

    /// Returns the index of the part that contains an id, if any does: the first part that ends with this or a higher
    /// id.
    fn part_of(&self, id: i64) -> usize {
        self.parts.partition_point(|part| part.last().is_some_and(|(last, _)| *last < id))
    }

    /// Adds or replaces a record.
    pub(crate) fn insert(&mut self, id: i64, record: Packed) {
        // A record after all others belongs to the last part.
        let at = self.part_of(id).min(self.parts.len().saturating_sub(1));
        let parts = Arc::make_mut(&mut self.parts);
        let Some(part) = parts.get_mut(at) else {
            parts.push(Arc::new(vec![(id, record)]));
            self.length = 1;
            return;
        };
        let records = Arc::make_mut(part);
        let position = match records.binary_search_by_key(&id, |(id, _)| *id) {
            Ok(found) => {
                if let Some(entry) = records.get_mut(found) {
                    entry.1 = record;
                }
                return;
            }
            Err(position) => position,
        };
        self.length += 1;
        if records.len() < PART {
            records.insert(position, (id, record));
        } else if position == records.len() {
            // Ids usually ascend. Then all parts but the last are full.
            parts.insert(at + 1, Arc::new(vec![(id, record)]));
        } else {
            let mut rest = records.split_off(PART / 2);
            match position.checked_sub(records.len()) {
                Some(position) => rest.insert(position, (id, record)),
                None => records.insert(position, (id, record)),
            }
            parts.insert(at + 1, Arc::new(rest));
        }
    }

    pub(crate) fn remove(&mut self, id: i64) -> Option<Value> {
        self.find(id)?;
        let at = self.part_of(id);
        let parts = Arc::make_mut(&mut self.parts);
        let records = Arc::make_mut(parts.get_mut(at)?);
        let found = records.binary_search_by_key(&id, |(id, _)| *id).ok()?;
        let (_, removed) = records.remove(found);
        if records.is_empty() {
            parts.remove(at);
        }
        self.length -= 1;
        Some(removed.value())
    }
}

/// An iterator that touches a batch of records before it returns the first of them, so that the CPU loads them into its
/// cache at the same time. Records are scattered in memory, and cache misses take most of the time of a condition on
/// many records.
struct Prefetching<'a, I> {
    records: I,
    batch: std::vec::IntoIter<(i64, Node<'a>)>,
}

impl<'a, I: Iterator<Item = (i64, &'a Packed)>> Iterator for Prefetching<'a, I> {
    type Item = (i64, Node<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        const BATCH: usize = 32;
        if self.batch.as_slice().is_empty() {
            let next: Vec<_> = self.records.by_ref().take(BATCH).map(|(id, record)| (id, record.node())).collect();
            black_box(next.iter().fold(0, |all, (_, record)| all ^ record.prefetch()));
            self.batch = next.into_iter();
        }
        self.batch.next()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;

    #[test]
    fn every_record_is_returned_once_and_in_order() {
        for count in [0, 1, 31, 32, 33, 100, 700] {
            let mut table = Table::default();
            for id in (0..count).rev() {
                table.insert(id, Packed::from(&json!({ "id": id })));
            }
            assert!(
                table.iter().map(|(id, record)| (id, record.integer("id"))).eq((0..count).map(|id| (id, Some(id))))
            );
            assert!(table.after(30).map(|(id, _)| id).eq(31..count.max(31)));
            for (start, length) in [(0, 5), (31, 2), (90, 20), (500, 1)] {
                let ids = table.range(start, length).into_iter().filter_map(|record| record.integer("id"));
                assert!(ids.eq((0..count).skip(start).take(length)), "{count} {start}");
            }
            assert_eq!((table.len(), table.after(i64::MAX).count()), (usize::try_from(count).unwrap(), 0));
        }
    }

    #[test]
    fn a_table_behaves_like_a_map_and_its_copies_do_not_change() {
        let record = |id: i64| Packed::from(&json!({ "id": id }));
        let (mut table, mut map) = (Table::default(), BTreeMap::new());
        let mut copies = Vec::new();
        // A sequence of ids in which each of 0 to 1008 occurs several times, in no order.
        let mut id = 1;
        for step in 0..4000 {
            id = (id * 11 + step) % 1009;
            if step % 3 == 2 {
                let removed = map.remove(&id).map(|record: Packed| record.value());
                assert_eq!(table.remove(id), removed, "{id}");
            } else {
                table.insert(id, record(id));
                map.insert(id, record(id));
            }
            assert_eq!((table.len(), table.contains(id)), (map.len(), map.contains_key(&id)), "{step}");
            if step % 500 == 0 {
                copies.push((table.clone(), map.clone()));
            }
        }
        copies.push((table, map));
        for (table, map) in copies {
            assert!(table.ids().eq(map.keys().copied()));
            assert!(table.parts.iter().all(|part| !part.is_empty() && part.len() <= PART));
            for id in [-1, 0, 500, 1008] {
                assert!(table.after(id).map(|(id, _)| id).eq(map.range(id + 1..).map(|(id, _)| *id)), "{id}");
                assert_eq!(table.get(id).map(Node::value), map.get(&id).map(Packed::value), "{id}");
            }
        }
    }

    #[test]
    fn a_change_copies_a_small_part_only() {
        let mut table = Table::default();
        for id in 0..10_000 {
            table.insert(id, Packed::from(&json!({ "id": id })));
        }
        // Ascending ids fill the parts.
        assert_eq!(table.parts.len(), 10_000_usize.div_ceil(PART));
        let copy = table.clone();
        table.insert(5000, Packed::from(&json!({"changed": true})));
        let shared = table.parts.iter().zip(copy.parts.iter()).filter(|(a, b)| Arc::ptr_eq(a, b)).count();
        assert_eq!(shared, copy.parts.len() - 1);
        assert_eq!(copy.get(5000).map(Node::value), Some(json!({"id": 5000})));
    }
}

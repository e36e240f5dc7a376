//! The ids of the records that recent requests have found. Without them, the server would examine and sort all records of
//! a list again for each of its pages.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use super::table::{Table, TableVersion};
use crate::sync::lock;

/// The maximum number of results to keep. Few lists are read at a time.
const MAX_RESULTS: usize = 8;

/// The maximum number of ids to keep, in all results.
const MAX_IDS: usize = 1_000_000;

/// The maximum length of the conditions and the order of a result, in bytes.
const MAX_TEXT: usize = 8 * 1024;

/// Which records of a list a request selects, and their order: the parameters, as the request has them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Selection {
    pub(crate) conditions: String,
    pub(crate) child_conditions: String,
    pub(crate) custom_field_conditions: String,
    pub(crate) order: String,
}

impl Selection {
    fn length(&self) -> usize {
        self.conditions.len() + self.child_conditions.len() + self.custom_field_conditions.len() + self.order.len()
    }
}

#[derive(Debug)]
struct Found {
    table: TableVersion,
    selection: Selection,
    ids: Arc<[i64]>,
}

/// The ids of the records that recent requests have found, the most recent request last.
#[derive(Debug, Default)]
pub(crate) struct FoundRecords(Mutex<VecDeque<Found>>);

impl FoundRecords {
    /// Returns what a selection has found in a table. `None` if it is not known, or if the table has changed since.
    pub(super) fn get(&self, table: &Table, selection: &Selection) -> Option<Arc<[i64]>> {
        let mut all = lock(&self.0);
        let at = all.iter().position(|found| found.table.is_of(table) && found.selection == *selection)?;
        let found = all.remove(at)?;
        let ids = Arc::clone(&found.ids);
        all.push_back(found);
        Some(ids)
    }

    /// Stores what a selection has found in a table. Drops the oldest results when there are too many.
    pub(super) fn add(&self, table: &Table, selection: &Selection, ids: Arc<[i64]>) {
        if selection.length() > MAX_TEXT || ids.len() > MAX_IDS {
            return;
        }
        let mut all = lock(&self.0);
        all.push_back(Found { table: table.version(), selection: selection.clone(), ids });
        while all.len() > MAX_RESULTS || all.iter().map(|found| found.ids.len()).sum::<usize>() > MAX_IDS {
            all.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::store::record::Packed;

    fn by(conditions: &str) -> Selection {
        Selection { conditions: conditions.to_owned(), ..Selection::default() }
    }

    #[test]
    fn results_are_known_until_the_table_changes() {
        let (mut table, found) = (Table::default(), FoundRecords::default());
        table.insert(1, Packed::from(&json!({"id": 1})));
        found.add(&table, &by("id=1"), [1].into());
        let copy = table.clone();
        for table in [&table, &copy] {
            assert_eq!(found.get(table, &by("id=1")).as_deref(), Some(&[1][..]));
        }
        assert_eq!((found.get(&table, &by("id=2")), found.get(&Table::default(), &by("id=1"))), (None, None));
        table.insert(1, Packed::from(&json!({"id": 1, "name": "new"})));
        assert_eq!(found.get(&table, &by("id=1")), None);
        assert_eq!(found.get(&copy, &by("id=1")).as_deref(), Some(&[1][..]), "the copy has not changed");
        // A change in place: no other copy shares the table.
        drop(copy);
        found.add(&table, &by("id=1"), [1].into());
        table.insert(2, Packed::from(&json!({"id": 2})));
        assert_eq!(found.get(&table, &by("id=1")), None);
        found.add(&table, &by("id>0"), [1, 2].into());
        table.remove(2);
        assert_eq!(found.get(&table, &by("id>0")), None);
    }

    #[test]
    fn the_number_of_results_and_ids_is_limited() {
        let (table, found) = (Table::default(), FoundRecords::default());
        (0..20).for_each(|number| found.add(&table, &by(&number.to_string()), [number].into()));
        let known = |number: i64| found.get(&table, &by(&number.to_string())).is_some();
        assert!((0..12).all(|number| !known(number)) && (12..20).all(known));
        found.add(&table, &by("all"), vec![0; MAX_IDS].into());
        assert_eq!(lock(&found.0).len(), 1);
        found.add(&table, &by("more"), vec![0; MAX_IDS + 1].into());
        found.add(&table, &by(&"x".repeat(MAX_TEXT + 1)), [1].into());
        assert_eq!(lock(&found.0).len(), 1);
    }
}

//! A hash map whose copies share memory: a copy takes constant time, and a change copies only a small part of the map.
//! Requests that only read therefore work on a copy of the records, without a lock.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

/// The number of parts. A change copies the list of parts and one part.
const PARTS: usize = 256;

type Part<V> = Arc<HashMap<String, V>>;

/// A hash map with cheap copies.
#[derive(Clone, Debug)]
pub(crate) struct SharedMap<V>(Arc<Vec<Part<V>>>);

impl<V> Default for SharedMap<V> {
    fn default() -> Self {
        Self(Arc::new(vec![Part::default(); PARTS]))
    }
}

impl<V: Clone> SharedMap<V> {
    pub(crate) fn get(&self, key: &str) -> Option<&V> {
        self.0.get(part_of(key))?.get(key)
    }

    /// Returns a value for changing. Copies its part of the map if another copy of the map shares it.
    pub(crate) fn get_mut(&mut self, key: &str) -> Option<&mut V> {
        // Copies nothing if there is no such value.
        self.get(key)?;
        Arc::make_mut(Arc::make_mut(&mut self.0).get_mut(part_of(key))?).get_mut(key)
    }

    /// Calls `change` with a value, which is inserted first if it is missing.
    pub(crate) fn change<T>(&mut self, key: &str, change: impl FnOnce(&mut V) -> T) -> Option<T>
    where
        V: Default,
    {
        let part = Arc::make_mut(Arc::make_mut(&mut self.0).get_mut(part_of(key))?);
        Some(match part.get_mut(key) {
            Some(value) => change(value),
            None => change(part.entry(key.to_owned()).or_default()),
        })
    }

    pub(crate) fn insert(&mut self, key: &str, value: V) {
        if let Some(part) = Arc::make_mut(&mut self.0).get_mut(part_of(key)) {
            Arc::make_mut(part).insert(key.to_owned(), value);
        }
    }

    pub(crate) fn remove(&mut self, key: &str) {
        self.remove_if(|other| other == key);
    }

    /// Removes the values of the keys that pass a test.
    pub(crate) fn remove_if(&mut self, test: impl Fn(&str) -> bool) {
        for at in 0..PARTS {
            // Copies only the parts with such keys.
            if self.0.get(at).is_some_and(|part| part.keys().any(|key| test(key)))
                && let Some(part) = Arc::make_mut(&mut self.0).get_mut(at)
            {
                Arc::make_mut(part).retain(|key, _| !test(key));
            }
        }
    }

    /// Returns all keys and values, in no particular order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &V)> {
        self.0.iter().flat_map(|part| part.iter()).map(|(key, value)| (key.as_str(), value))
    }
}

/// Returns the index of the part that contains a key.
fn part_of(key: &str) -> usize {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    // The remainder is less than 256.
    usize::try_from(hasher.finish() % PARTS as u64).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_share_memory_and_do_not_see_each_others_changes() {
        let mut map = SharedMap::default();
        for number in 0..2000 {
            map.insert(&format!("list {number}"), number);
        }
        let copy = map.clone();
        assert!(Arc::ptr_eq(&map.0, &copy.0));
        map.change("list 5", |value| *value = -5);
        map.change("new", |value: &mut i32| *value += 1);
        *map.get_mut("list 6").unwrap() = -6;
        map.remove("list 7");
        map.remove_if(|key| key.ends_with("99"));
        assert_eq!(map.get_mut("nothing"), None);
        let of = |map: &SharedMap<i32>, key: &str| map.get(key).copied();
        for (key, old, new) in [
            ("list 5", Some(5), Some(-5)),
            ("list 6", Some(6), Some(-6)),
            ("list 7", Some(7), None),
            ("list 199", Some(199), None),
            ("list 8", Some(8), Some(8)),
            ("new", None, Some(1)),
        ] {
            assert_eq!((of(&copy, key), of(&map, key)), (old, new), "{key}");
        }
        // 20 keys end with 99.
        assert_eq!((copy.iter().count(), map.iter().count()), (2000, 2000 + 1 - 1 - 20));
        let shared = map.0.iter().zip(copy.0.iter()).filter(|(a, b)| Arc::ptr_eq(a, b)).count();
        assert!(shared > PARTS / 2, "{shared}");
    }
}

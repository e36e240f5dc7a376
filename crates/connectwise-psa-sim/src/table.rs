//! A list of records by id, some of them packed: a server with a hundred thousand planted tickets starts fast and small, and unpacks what is looked at.

use std::collections::BTreeMap;
use std::ops::RangeBounds;
use std::sync::OnceLock;

use serde_json::Value;

/// Records by id. It is used as a `BTreeMap<i64, Value>` would be.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table(BTreeMap<i64, Slot>);

/// A record, or its text until somebody looks at it: as values, records take ten times the memory.
#[derive(Clone, Debug)]
struct Slot {
    value: OnceLock<Value>,
    packed: Box<str>,
}

impl Slot {
    fn value(&self) -> &Value {
        // The text was written from a value, so it is one.
        self.value.get_or_init(|| serde_json::from_str(&self.packed).unwrap_or_default())
    }

    fn into_value(self) -> Value {
        self.value.into_inner().unwrap_or_else(|| serde_json::from_str(&self.packed).unwrap_or_default())
    }
}

impl From<Value> for Slot {
    fn from(value: Value) -> Self {
        Self { value: OnceLock::from(value), packed: Box::default() }
    }
}

impl Table {
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn contains_key(&self, id: &i64) -> bool {
        self.0.contains_key(id)
    }

    pub(crate) fn get(&self, id: &i64) -> Option<&Value> {
        self.0.get(id).map(Slot::value)
    }

    pub(crate) fn get_key_value(&self, id: &i64) -> Option<(&i64, &Value)> {
        self.0.get_key_value(id).map(|(id, slot)| (id, slot.value()))
    }

    pub(crate) fn keys(&self) -> impl DoubleEndedIterator<Item = &i64> {
        self.0.keys()
    }

    pub(crate) fn values(&self) -> impl DoubleEndedIterator<Item = &Value> {
        self.0.values().map(Slot::value)
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = (&i64, &Value)> {
        self.0.iter().map(|(id, slot)| (id, slot.value()))
    }

    pub(crate) fn range(&self, ids: impl RangeBounds<i64>) -> impl DoubleEndedIterator<Item = (&i64, &Value)> {
        self.0.range(ids).map(|(id, slot)| (id, slot.value()))
    }

    /// Records that may hold a text, as JSON has it: those that are packed and do not are passed over, without unpacking them.
    pub(crate) fn values_with<'a>(&'a self, text: &'a str) -> impl Iterator<Item = &'a Value> {
        self.0.values().filter(move |slot| slot.value.get().is_some() || slot.packed.contains(text)).map(Slot::value)
    }

    pub(crate) fn insert(&mut self, id: i64, record: Value) -> Option<Value> {
        self.0.insert(id, Slot::from(record)).map(Slot::into_value)
    }

    /// Inserts a record that takes little memory until it is looked at.
    pub(crate) fn insert_packed(&mut self, id: i64, record: &Value) {
        self.0.insert(id, Slot { value: OnceLock::new(), packed: record.to_string().into_boxed_str() });
    }

    pub(crate) fn remove(&mut self, id: &i64) -> Option<Value> {
        self.0.remove(id).map(Slot::into_value)
    }

    /// Replaces a record that is there.
    pub(crate) fn replace(&mut self, id: i64, record: Value) {
        if let Some(slot) = self.0.get_mut(&id) {
            *slot = Slot::from(record);
        }
    }
}

impl PartialEq for Table {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().eq(other.iter())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn packed_records_are_as_others() {
        let records = [json!({"id": 1, "hours": 1.0, "name": "ä \"b\""}), json!({"id": 2, "_info": {"x_href": "a/7"}}), json!({"id": 5, "none": null})];
        let (mut plain, mut packed) = (Table::default(), Table::default());
        for record in &records {
            let id = record["id"].as_i64().unwrap();
            plain.insert(id, record.clone());
            packed.insert_packed(id, record);
        }
        assert!(packed.0.values().all(|slot| slot.value.get().is_none()));
        assert_eq!(packed.values_with("/7\"").collect::<Vec<_>>(), [&records[1]]);
        assert!(packed.0.values().filter(|slot| slot.value.get().is_some()).count() == 1);
        assert_eq!(packed, plain);
        assert_eq!(packed.range(2..).map(|(id, _)| *id).collect::<Vec<_>>(), [2, 5]);
        packed.replace(1, json!({}));
        packed.replace(9, json!({}));
        assert_eq!(packed.remove(&5), Some(records[2].clone()));
        assert_eq!((packed.get(&1), packed.get(&9)), (Some(&json!({})), None));
        assert_eq!((packed.len(), packed.contains_key(&5), packed.keys().count()), (2, false, 2));
    }
}

//! The records of a server: lists by path, with ids that are never given twice.

mod format;
pub(crate) mod record;
pub(crate) mod table;

use std::borrow::Cow;
use std::collections::HashMap;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value, json};

use self::record::{Node, Packed};
use self::table::Table;

/// The list a record is in: the path of its list under the API base, in lower case and without slashes around:
/// `service/tickets/5/notes`.
pub(crate) type Key = String;

/// A list of records by id.
#[derive(Clone, Debug, Default)]
pub(crate) struct Collection {
    pub(crate) records: Table,
}

/// All records. Nothing else changes them, so that every change can be kept.
#[derive(Clone, Debug, Default)]
pub(crate) struct Records {
    collections: HashMap<Key, Collection>,
    /// Values of endpoints that have one record without an id.
    singles: HashMap<Key, Value>,
    /// The greatest id that any list of a kind has given, so that the notes of two tickets have different ids.
    last_ids: HashMap<String, i64>,
    /// The changes since they were last taken; none when nobody keeps them.
    edits: Option<Vec<Edit<'static>>>,
    /// The list that shows what another record holds, as long as a request is about it; see [`Records::show`].
    shown: Option<Key>,
}

/// Contacts hold the records of the list under them: the list, the member, and the kind of those records.
const HOLDERS: (&str, &str, &str) = ("company/contacts", "communicationItems", "company/contacts/*/communications");

/// A change to the records as it is kept: applied to the records as they were, it makes them what they are.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Edit<'a> {
    /// A record is added, or replaced by another.
    Put { list: Cow<'a, str>, id: i64, record: Cow<'a, Packed> },
    /// A record is taken out, with the lists under it.
    Remove { list: Cow<'a, str>, id: i64 },
    /// The value of an endpoint without ids.
    Single { key: Cow<'a, str>, value: Cow<'a, Value> },
    /// The greatest id that a kind has given. Only whole states need it: with changes it follows from the records.
    Last { kind: Cow<'a, str>, id: i64 },
    /// A list that may be empty: paths through it are then refused. Only whole states need it.
    List { list: Cow<'a, str> },
}

/// What happened to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Added,
    Updated,
    Deleted,
}

impl Change {
    /// The word for it in the audit trail. facts: callbacks have the same.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Updated => "updated",
            Self::Deleted => "deleted",
        }
    }
}

/// The key of a list's path.
pub(crate) fn key(path: &str) -> Key {
    path.trim_matches('/').to_ascii_lowercase()
}

/// The kind of a list: its path without the ids in it. facts: tickets of projects are numbered together with those of
/// service.
pub(crate) fn kind(key: &str) -> String {
    if key == "project/tickets" { "service/tickets".to_owned() } else { crate::schema::kind_of_path(key) }
}

impl Records {
    pub(crate) fn collection(&self, key: &str) -> Option<&Collection> {
        self.collections.get(key)
    }

    pub(crate) fn collections(&self) -> impl Iterator<Item = (&str, &Collection)> {
        self.collections.iter().map(|(key, collection)| (key.as_str(), collection))
    }

    /// A record as JSON.
    pub(crate) fn get(&self, key: &str, id: i64) -> Option<Value> {
        self.node(key, id).map(Node::value)
    }

    /// A record, to be read in place.
    pub(crate) fn node(&self, key: &str, id: i64) -> Option<Node<'_>> {
        self.collections.get(key)?.records.get(id)
    }

    pub(crate) fn contains(&self, key: &str, id: i64) -> bool {
        self.collections.get(key).is_some_and(|collection| collection.records.contains(id))
    }

    /// Adds a record; its `id` is the next one of its kind, unless `id` is given.
    pub(crate) fn insert(&mut self, key: &str, mut members: Map<String, Value>, id: Option<i64>) -> i64 {
        let id = self.number(key, id);
        members.insert("id".to_owned(), Value::from(id));
        self.place(key, id, Packed::from(&Value::Object(members)));
        id
    }

    /// The next id of a list's kind, for a record that is held elsewhere.
    pub(crate) fn next_id(&mut self, key: &str) -> i64 {
        self.number(key, None)
    }

    /// Puts a record in its place, whether there is one already or not.
    fn place(&mut self, key: &str, id: i64, record: Packed) {
        let (list, member, kind) = HOLDERS;
        if key == list {
            let held = record
                .node()
                .get(member)
                .into_iter()
                .flat_map(Node::elements)
                .filter_map(|item| item.integer("id"))
                .max();
            let last = self.last_ids.entry(kind.to_owned()).or_default();
            *last = (*last).max(held.unwrap_or_default());
        }
        self.note(key, || Edit::Put { list: Cow::Owned(key.to_owned()), id, record: Cow::Owned(record.clone()) });
        self.collections.entry(key.to_owned()).or_default().records.insert(id, record);
    }

    /// The id that is given, or the next one of the kind.
    fn number(&mut self, key: &str, id: Option<i64>) -> i64 {
        let last = self.last_ids.entry(kind(key)).or_default();
        let id = id.unwrap_or(*last + 1);
        *last = (*last).max(id);
        id
    }

    /// Replaces a record that is there.
    pub(crate) fn put(&mut self, key: &str, id: i64, members: Map<String, Value>) {
        if self.contains(key, id) {
            self.place(key, id, Packed::from(&Value::Object(members)));
        }
    }

    /// Takes a record out, with the lists under it.
    pub(crate) fn remove(&mut self, key: &str, id: i64) -> Option<Value> {
        let removed = self.collections.get_mut(key)?.records.remove(id)?;
        // What belongs to it goes with it.
        let under = format!("{key}/{id}/");
        self.collections.retain(|other, _| !other.starts_with(&under));
        self.note(key, || Edit::Remove { list: Cow::Owned(key.to_owned()), id });
        Some(removed)
    }

    /// Makes a list show what another record holds, until it is hidden: nothing is kept of it, nor of changes to it.
    pub(crate) fn show(&mut self, key: &str, records: impl IntoIterator<Item = (i64, Value)>) {
        let mut shown = Collection::default();
        for (id, record) in records {
            shown.records.insert(id, Packed::from(&record));
        }
        self.collections.insert(key.to_owned(), shown);
        self.shown = Some(key.to_owned());
    }

    /// Takes out what is shown.
    pub(crate) fn hide(&mut self) {
        if let Some(key) = self.shown.take() {
            self.collections.remove(&key);
        }
    }

    /// The value of an endpoint without ids.
    pub(crate) fn single(&self, key: &str) -> Option<&Value> {
        self.singles.get(key)
    }

    pub(crate) fn set_single(&mut self, key: &str, value: Value) {
        self.note(key, || Edit::Single { key: Cow::Owned(key.to_owned()), value: Cow::Owned(value.clone()) });
        self.singles.insert(key.to_owned(), value);
    }

    /// Collects a change, but for one of what is shown.
    fn note(&mut self, key: &str, edit: impl FnOnce() -> Edit<'static>) {
        if let Some(edits) = self.edits.as_mut().filter(|_| self.shown.as_deref() != Some(key)) {
            edits.push(edit());
        }
    }

    /// From now on, changes are collected.
    pub(crate) fn collect_edits(&mut self) {
        self.edits.get_or_insert_default();
    }

    /// The changes since the last call.
    pub(crate) fn take_edits(&mut self) -> Vec<Edit<'static>> {
        self.edits.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Everything, as changes to nothing.
    pub(crate) fn whole(&self) -> impl Iterator<Item = Edit<'_>> {
        let last = self.last_ids.iter().map(|(kind, id)| Edit::Last { kind: Cow::Borrowed(kind), id: *id });
        let lists = self.collections.iter().flat_map(|(list, collection)| {
            let list: Cow<'_, str> = Cow::Borrowed(list);
            let records = collection.records.packed();
            let puts = records.map({
                let list = list.clone();
                move |(id, record)| Edit::Put { list: list.clone(), id, record: Cow::Borrowed(record) }
            });
            std::iter::once(Edit::List { list }).chain(puts)
        });
        let singles = self
            .singles
            .iter()
            .map(|(key, value)| Edit::Single { key: Cow::Borrowed(key), value: Cow::Borrowed(value) });
        last.chain(lists).chain(singles)
    }

    /// Makes a change that was kept.
    pub(crate) fn apply(&mut self, edit: Edit<'_>) {
        match edit {
            Edit::Put { list, id, record } => {
                self.number(&list, Some(id));
                self.place(&list, id, record.into_owned());
            }
            Edit::Remove { list, id } => _ = self.remove(&list, id),
            Edit::Single { key, value } => self.set_single(&key, value.into_owned()),
            Edit::Last { kind, id } => {
                let last = self.last_ids.entry(kind.into_owned()).or_default();
                *last = (*last).max(id);
            }
            Edit::List { list } => _ = self.collections.entry(list.into_owned()).or_default(),
        }
    }
}

/// `_info` of a new record.
pub(crate) fn new_info(now: DateTime<Utc>, by: &str) -> Value {
    let now = timestamp(now);
    json!({"lastUpdated": now, "updatedBy": by, "dateEntered": now, "enteredBy": by})
}

/// `_info` after a change.
pub(crate) fn touch(members: &mut Map<String, Value>, now: DateTime<Utc>, by: &str) {
    let info = members.entry("_info").or_insert_with(|| json!({}));
    if let Some(info) = info.as_object_mut() {
        info.insert("lastUpdated".to_owned(), Value::from(timestamp(now)));
        info.insert("updatedBy".to_owned(), Value::from(by));
    }
}

/// A timestamp as the server writes it: whole seconds in UTC.
pub(crate) fn timestamp(moment: DateTime<Utc>) -> String {
    moment.to_rfc3339_opts(SecondsFormat::Secs, true)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn ids_are_never_given_twice_and_differ_within_a_kind() {
        let mut records = Records::default();
        assert_eq!(records.insert("service/tickets", Map::new(), None), 1);
        assert_eq!(records.insert("service/tickets/1/notes", Map::new(), None), 1);
        assert_eq!(records.insert("service/tickets/2/notes", Map::new(), None), 2);
        assert_eq!(records.insert("service/tickets", Map::new(), Some(40)), 40);
        records.remove("service/tickets", 40);
        assert_eq!(records.insert("service/tickets", Map::new(), None), 41);
        assert_eq!(records.insert("project/tickets", Map::new(), None), 42);
        records.remove("service/tickets", 1);
        assert!(
            records.collection("service/tickets/1/notes").is_none()
                && records.collection("service/tickets/2/notes").is_some()
        );
    }

    #[test]
    fn changes_and_the_whole_make_the_same_records_again() {
        let mut records = Records::default();
        records.insert("service/tickets", Map::new(), Some(7));
        assert_eq!(records.take_edits(), [], "nobody keeps them yet");
        records.collect_edits();
        let mut copy = records.clone();
        let record = |text: &str| json!({"summary": text}).as_object().cloned().unwrap();
        records.insert("service/tickets", record("a"), None);
        records.put("service/tickets", 8, record("b"));
        records.put("service/tickets", 9, record("not there"));
        records.insert("service/tickets/8/notes", Map::new(), None);
        records.insert("service/tickets/7/notes", Map::new(), None);
        records.remove("service/tickets", 8);
        records.insert("company/companies", Map::new(), None);
        records.remove("company/companies", 1);
        records.set_single("system/x", json!([1]));
        let edits = records.take_edits();
        assert_eq!((edits.len(), records.take_edits().len()), (8, 0));
        let mut whole = Records::default();
        records.whole().for_each(|edit| whole.apply(edit));
        edits.into_iter().for_each(|edit| copy.apply(edit));
        for other in [copy, whole] {
            assert_eq!(format!("{:?}", sorted(&other)), format!("{:?}", sorted(&records)));
        }
    }

    fn sorted(records: &Records) -> [BTreeMap<String, String>; 3] {
        let text = |(key, value): (&String, String)| (key.clone(), value);
        [
            records.collections.iter().map(|(key, list)| text((key, format!("{list:?}")))).collect(),
            records.singles.iter().map(|(key, value)| text((key, value.to_string()))).collect(),
            records.last_ids.iter().map(|(key, id)| text((key, id.to_string()))).collect(),
        ]
    }
}

//! The records of a server: lists by path, with ids that are never reused.

pub(crate) mod format;
pub(crate) mod found;
pub(crate) mod record;
mod shared_map;
pub(crate) mod table;

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use self::found::{FoundRecords, Selection};
use self::record::{Node, Packed};
use self::shared_map::SharedMap;
use self::table::Table;
use crate::json_limits;

/// The key of a list: its path below the base URL, in lower case, without leading and trailing slashes:
/// `service/tickets/5/notes`.
pub(crate) type Key = String;

/// The highest id that a seed, a request or a test may choose: ids are 32-bit integers. Ids that this server assigns
/// continue above it, so a sequence never ends.
pub(crate) const MAX_ID: i64 = i32::MAX as i64;

/// The list of the documents.
pub(crate) const DOCUMENTS: &str = "system/documents";

/// The field of a document that names its file; see [`Records::add_file`].
pub(crate) const FILE_FIELD: &str = "_file";

/// A list of records by id.
#[derive(Clone, Debug, Default)]
pub(crate) struct Collection {
    pub(crate) records: Table,
}

/// All records. Every change is made by a method of this type, which can collect it for the state file. Copies share
/// memory: a copy takes constant time, and a change copies only a small part.
#[derive(Clone, Debug, Default)]
pub(crate) struct Records {
    collections: SharedMap<Collection>,
    /// The values of endpoints with a single record that has no id.
    singles: SharedMap<Value>,
    /// The highest assigned id of each id sequence; see [`id_sequence`].
    last_ids: SharedMap<i64>,
    /// The contents of files by their names.
    files: SharedMap<Bytes>,
    /// The changes since the last call of [`Records::take_edits`]; `None` when changes are not collected.
    edits: Option<Vec<Edit<'static>>>,
    /// The virtual list, which exists during a request only; see [`Records::show_virtual_list`].
    virtual_list: Option<Key>,
    /// Whether a value that was too deep has been cut; see [`Records::take_cut`].
    was_cut: bool,
    /// See [`Records::complete_with`].
    completion: Option<Completion>,
    /// See [`Records::find`]. Copies share it.
    found: Arc<FoundRecords>,
}

/// Completes the record with an id of a list, before it is stored.
pub(crate) type Completion = fn(&Records, &str, i64, &mut Map<String, Value>);

/// Contacts contain the records of the `communications` list under them. These are the list of contacts, the field that
/// contains the records, and their id sequence.
const EMBEDDED: (&str, &str, &str) = ("company/contacts", "communicationItems", "company/contacts/*/communications");

/// A change to the records, as the state file stores it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Edit<'a> {
    /// Adds or replaces a record.
    Put { list: Cow<'a, str>, id: i64, record: Cow<'a, Packed> },
    /// Removes a record and the lists under it.
    Remove { list: Cow<'a, str>, id: i64 },
    /// Sets the value of an endpoint with a single record.
    Single { key: Cow<'a, str>, value: Cow<'a, Value> },
    /// Sets the highest assigned id of an id sequence. Only in snapshots: otherwise it follows from the added records.
    LastId { sequence: Cow<'a, str>, id: i64 },
    /// Adds the content of a file.
    File { name: Cow<'a, str>, content: Cow<'a, Bytes> },
    /// Removes the content of a file.
    RemoveFile { name: Cow<'a, str> },
    /// Creates a list. An empty list differs from none: a request checks that the owners in its path exist only if
    /// their lists exist. Only in snapshots.
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
    /// Every change.
    pub(crate) const ALL: [Self; 3] = [Self::Added, Self::Updated, Self::Deleted];

    /// Returns the name of the change in the audit trail. Observed on live servers: callbacks use the same name.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Updated => "updated",
            Self::Deleted => "deleted",
        }
    }
}

/// Returns the key for the path of a list.
pub(crate) fn key(path: &str) -> Key {
    path.trim_matches('/').to_ascii_lowercase()
}

/// Returns the id sequence that a list takes its ids from: lists whose paths differ only in ids share one, so the notes
/// of two tickets have different ids. Observed on live servers: service tickets and project tickets share one.
pub(crate) fn id_sequence(key: &str) -> String {
    if key == "project/tickets" { "service/tickets".to_owned() } else { crate::schema::path_pattern(key) }
}

impl Records {
    /// Sets the function that completes every record before it is stored. Records from a state file are complete
    /// already.
    pub(crate) fn complete_with(&mut self, completion: Completion) {
        self.completion = Some(completion);
    }

    /// Completes a record and packs it. Every record that a request or a seed stores passes through this function, so it
    /// is also the place where nesting is limited: a value that is too deep becomes null.
    fn completed(&mut self, key: &str, id: i64, mut fields: Map<String, Value>) -> Packed {
        for value in fields.values_mut() {
            self.was_cut |= json_limits::cut(value, json_limits::MAX_RECORD_DEPTH - 1);
        }
        if let Some(complete) = self.completion {
            complete(self, key, id, &mut fields);
        }
        Packed::from(&Value::Object(fields))
    }

    pub(crate) fn collection(&self, key: &str) -> Option<&Collection> {
        self.collections.get(key)
    }

    /// Returns the ids of the records that a selection finds in a list: those of an earlier request, or those that `find`
    /// returns. They are stored for the next request if `find` returns them.
    pub(crate) fn find<E>(
        &self,
        collection: &Collection,
        selection: &Selection,
        find: impl FnOnce() -> Result<Vec<i64>, E>,
    ) -> Result<Arc<[i64]>, E> {
        if let Some(ids) = self.found.get(&collection.records, selection) {
            return Ok(ids);
        }
        let ids: Arc<[i64]> = find()?.into();
        self.found.add(&collection.records, selection, Arc::clone(&ids));
        Ok(ids)
    }

    pub(crate) fn collections(&self) -> impl Iterator<Item = (&str, &Collection)> {
        self.collections.iter()
    }

    /// Returns a record as JSON.
    pub(crate) fn get(&self, key: &str, id: i64) -> Option<Value> {
        self.node(key, id).map(Node::value)
    }

    /// Returns a record for reading without unpacking.
    pub(crate) fn node(&self, key: &str, id: i64) -> Option<Node<'_>> {
        self.collections.get(key)?.records.get(id)
    }

    pub(crate) fn contains(&self, key: &str, id: i64) -> bool {
        self.collections.get(key).is_some_and(|collection| collection.records.contains(id))
    }

    /// Adds a record with the next id of its sequence, or with `id`; in this case, replaces a record with the same id.
    /// Returns the id.
    pub(crate) fn insert(&mut self, key: &str, mut fields: Map<String, Value>, id: Option<i64>) -> i64 {
        let id = self.assign_id(key, id);
        fields.insert("id".to_owned(), Value::from(id));
        let record = self.completed(key, id, fields);
        self.store(key, id, record);
        id
    }

    /// Returns whether a value has become null since the last call, because it was nested too deeply.
    pub(crate) fn take_cut(&mut self) -> bool {
        std::mem::take(&mut self.was_cut)
    }

    /// Assigns the next id of a list's sequence to a record that is part of another record, and returns it.
    pub(crate) fn next_id(&mut self, key: &str) -> i64 {
        self.assign_id(key, None)
    }

    /// Adds or replaces a record.
    fn store(&mut self, key: &str, id: i64, record: Packed) {
        let (list, field, sequence) = EMBEDDED;
        if key == list {
            let highest = record
                .node()
                .get(field)
                .into_iter()
                .flat_map(Node::elements)
                .filter_map(|item| item.integer("id"))
                .filter(|id| *id <= MAX_ID)
                .max();
            self.last_ids.change(sequence, |last| *last = (*last).max(highest.unwrap_or_default()));
        }
        self.collect_edit(key, || Edit::Put {
            list: Cow::Owned(key.to_owned()),
            id,
            record: Cow::Owned(record.clone()),
        });
        let replaced = self.file_name(key, id);
        self.collections.change(key, |list: &mut Collection| list.records.insert(id, record));
        self.release_file(replaced);
    }

    /// Stores the content of a file, outside of the records, so that it is never copied. Returns its name, which a
    /// document has in the field [`FILE_FIELD`]. It is removed with the last such document.
    pub(crate) fn add_file(&mut self, content: Bytes) -> String {
        let name = Uuid::new_v4().to_string();
        self.store_file(&name, content);
        name
    }

    fn store_file(&mut self, name: &str, content: Bytes) {
        self.collect_edit("", || Edit::File {
            name: Cow::Owned(name.to_owned()),
            content: Cow::Owned(content.clone()),
        });
        self.files.insert(name, content);
    }

    /// Returns the content of a file.
    pub(crate) fn file(&self, name: &str) -> Option<Bytes> {
        self.files.get(name).cloned()
    }

    /// Returns the name of the file of a document.
    fn file_name(&self, key: &str, id: i64) -> Option<String> {
        if key == DOCUMENTS { self.node(key, id)?.text(FILE_FIELD).map(Cow::into_owned) } else { None }
    }

    /// Removes the content of a file that no document has any more.
    fn release_file(&mut self, name: Option<String>) {
        let Some(name) = name else { return };
        let documents = self.collections.get(DOCUMENTS);
        let is_used = documents.is_some_and(|documents| {
            documents.records.iter().any(|(_, document)| document.text(FILE_FIELD).is_some_and(|file| *file == *name))
        });
        if !is_used {
            self.remove_file(&name);
        }
    }

    fn remove_file(&mut self, name: &str) {
        self.collect_edit("", || Edit::RemoveFile { name: Cow::Owned(name.to_owned()) });
        self.files.remove(name);
    }

    /// Returns `id`, or else the next id of the list's sequence, and records it as assigned.
    /// Returns the last id of a list's sequence.
    pub(crate) fn last_id(&self, key: &str) -> i64 {
        self.last_ids.get(&id_sequence(key)).copied().unwrap_or_default()
    }

    fn assign_id(&mut self, key: &str, id: Option<i64>) -> i64 {
        let sequence = id_sequence(key);
        let last = self.last_ids.get(&sequence).copied().unwrap_or_default();
        // No overflow: higher ids than `MAX_ID` are only assigned one by one.
        let id = id.unwrap_or(last.saturating_add(1));
        let is_assigned = id <= MAX_ID || last.checked_add(1) == Some(id);
        if is_assigned {
            self.last_ids.insert(&sequence, last.max(id));
        }
        id
    }

    /// Replaces an existing record. Does nothing if it does not exist.
    pub(crate) fn put(&mut self, key: &str, id: i64, fields: Map<String, Value>) {
        if self.contains(key, id) {
            let record = self.completed(key, id, fields);
            self.store(key, id, record);
        }
    }

    /// Removes a record and the lists under it.
    pub(crate) fn remove(&mut self, key: &str, id: i64) -> Option<Value> {
        if !self.contains(key, id) {
            return None;
        }
        let file = self.file_name(key, id);
        let removed = self.collections.get_mut(key)?.records.remove(id)?;
        let under = format!("{key}/{id}/");
        self.collections.remove_if(|other| other.starts_with(&under));
        self.collect_edit(key, || Edit::Remove { list: Cow::Owned(key.to_owned()), id });
        self.release_file(file);
        Some(removed)
    }

    /// Creates a virtual list from records that are part of another record. It exists until
    /// [`Records::hide_virtual_list`]. Its changes are not collected.
    pub(crate) fn show_virtual_list(&mut self, key: &str, records: impl IntoIterator<Item = (i64, Value)>) {
        let mut collection = Collection::default();
        for (id, record) in records {
            let record = match record {
                Value::Object(fields) => self.completed(key, id, fields),
                other => Packed::from(&other),
            };
            collection.records.insert(id, record);
        }
        self.collections.insert(key, collection);
        self.virtual_list = Some(key.to_owned());
    }

    /// Removes the virtual list.
    pub(crate) fn hide_virtual_list(&mut self) {
        if let Some(key) = self.virtual_list.take() {
            self.collections.remove(&key);
        }
    }

    /// Returns the value of an endpoint with a single record.
    pub(crate) fn single(&self, key: &str) -> Option<&Value> {
        self.singles.get(key)
    }

    /// Completes and sets the value of an endpoint with a single record that has no id.
    pub(crate) fn set_single(&mut self, key: &str, mut value: Value) {
        self.was_cut |= json_limits::cut(&mut value, json_limits::MAX_RECORD_DEPTH);
        if let (Some(complete), Value::Object(fields)) = (self.completion, &mut value) {
            complete(self, key, 0, fields);
        }
        self.store_single(key, value);
    }

    fn store_single(&mut self, key: &str, value: Value) {
        self.collect_edit(key, || Edit::Single { key: Cow::Owned(key.to_owned()), value: Cow::Owned(value.clone()) });
        self.singles.insert(key, value);
    }

    /// Collects a change, unless it is one of the virtual list.
    fn collect_edit(&mut self, key: &str, edit: impl FnOnce() -> Edit<'static>) {
        if let Some(edits) = self.edits.as_mut().filter(|_| self.virtual_list.as_deref() != Some(key)) {
            edits.push(edit());
        }
    }

    /// Starts to collect changes.
    pub(crate) fn collect_edits(&mut self) {
        self.edits.get_or_insert_default();
    }

    /// Returns the changes since the last call.
    pub(crate) fn take_edits(&mut self) -> Vec<Edit<'static>> {
        self.edits.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Returns the changes that turn empty records into these.
    pub(crate) fn snapshot(&self) -> impl Iterator<Item = Edit<'_>> {
        let last_ids =
            self.last_ids.iter().map(|(sequence, id)| Edit::LastId { sequence: Cow::Borrowed(sequence), id: *id });
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
        let files = self
            .files
            .iter()
            .map(|(name, content)| Edit::File { name: Cow::Borrowed(name), content: Cow::Borrowed(content) });
        last_ids.chain(lists).chain(singles).chain(files)
    }

    /// Applies a change from the state file.
    pub(crate) fn apply(&mut self, edit: Edit<'_>) {
        match edit {
            Edit::Put { list, id, record } => {
                self.assign_id(&list, Some(id));
                self.store(&list, id, record.into_owned());
            }
            Edit::Remove { list, id } => _ = self.remove(&list, id),
            Edit::Single { key, value } => self.store_single(&key, value.into_owned()),
            Edit::LastId { sequence, id } => {
                self.last_ids.change(&sequence, |last| *last = (*last).max(id));
            }
            Edit::File { name, content } => self.store_file(&name, content.into_owned()),
            Edit::RemoveFile { name } => self.remove_file(&name),
            Edit::List { list } => _ = self.collections.change(&list, |_| ()),
        }
    }
}

/// Returns the `_info` of a new record.
pub(crate) fn new_info(now: DateTime<Utc>, by: &str) -> Value {
    let now = timestamp(now);
    json!({"lastUpdated": now, "updatedBy": by, "dateEntered": now, "enteredBy": by})
}

/// Updates `_info` after a change.
pub(crate) fn touch(fields: &mut Map<String, Value>, now: DateTime<Utc>, by: &str) {
    let info = fields.entry("_info").or_insert_with(|| json!({}));
    if let Some(info) = info.as_object_mut() {
        info.insert("lastUpdated".to_owned(), Value::from(timestamp(now)));
        info.insert("updatedBy".to_owned(), Value::from(by));
    }
}

/// Formats a timestamp as the server does: in UTC, with whole seconds.
pub(crate) fn timestamp(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn ids_are_never_reused_and_are_unique_within_a_sequence() {
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
    fn edits_and_snapshots_reproduce_the_records() {
        let mut records = Records::default();
        records.insert("service/tickets", Map::new(), Some(7));
        assert_eq!(records.take_edits(), [], "changes are not collected yet");
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
        // The `put` of ticket 9, which does not exist, is not an edit.
        let edits = records.take_edits();
        assert_eq!((edits.len(), records.take_edits().len()), (8, 0));
        let mut restored = Records::default();
        records.snapshot().for_each(|edit| restored.apply(edit));
        edits.into_iter().for_each(|edit| copy.apply(edit));
        for other in [copy, restored] {
            assert_eq!(format!("{:?}", sorted(&other)), format!("{:?}", sorted(&records)));
        }
    }

    #[test]
    fn a_file_is_removed_with_its_last_document() {
        let mut records = Records::default();
        records.collect_edits();
        let name = records.add_file(Bytes::from_static(b"content"));
        let document = json!({ FILE_FIELD: name }).as_object().cloned().unwrap();
        let first = records.insert(DOCUMENTS, document.clone(), None);
        let copy = records.insert(DOCUMENTS, document, None);
        let mut restored = Records::default();
        records.snapshot().for_each(|edit| restored.apply(edit));
        assert_eq!(restored.file(&name).unwrap(), "content");
        records.remove(DOCUMENTS, first);
        assert_eq!(records.file(&name).unwrap(), "content");
        records.put(DOCUMENTS, copy, Map::new());
        assert_eq!(records.file(&name), None);
        let mut replayed = Records::default();
        records.take_edits().into_iter().for_each(|edit| replayed.apply(edit));
        assert_eq!(sorted(&replayed)[3], sorted(&records)[3]);
    }

    fn sorted(records: &Records) -> [BTreeMap<String, String>; 4] {
        let text = |(key, value): (&str, String)| (key.to_owned(), value);
        [
            records.collections.iter().map(|(key, list)| text((key, format!("{list:?}")))).collect(),
            records.singles.iter().map(|(key, value)| text((key, value.to_string()))).collect(),
            records.last_ids.iter().map(|(key, id)| text((key, id.to_string()))).collect(),
            records.files.iter().map(|(key, content)| text((key, format!("{content:?}")))).collect(),
        ]
    }
}

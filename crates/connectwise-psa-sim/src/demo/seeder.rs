//! Helpers for all demo data: adding records, building references, setting dates.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::calendar::Calendar;
use crate::records::references::{complete_references, reference_fields, reference_with_link};
use crate::records::{JsonObject, into_object};
use crate::store::{Records, key, timestamp};

/// Adds records to the store.
pub(super) struct Seeder<'a> {
    pub(super) records: &'a mut Records,
    pub(super) calendar: Calendar,
}

/// A record that is added to the store, with the fields that a reference to it contains.
#[derive(Clone, Debug)]
pub(super) struct SeededRecord {
    /// The type of references to it.
    pub(super) reference: String,
    pub(super) path: String,
    pub(super) id: i64,
    pub(super) fields: JsonObject,
}

/// Who created a record, who last changed it, and when.
#[derive(Clone, Copy, Debug)]
pub(super) struct RecordInfo<'a> {
    pub(super) entered: DateTime<Utc>,
    pub(super) by: &'a str,
    pub(super) updated: DateTime<Utc>,
    pub(super) updated_by: &'a str,
}

impl<'a> RecordInfo<'a> {
    /// The info of a record that was never changed.
    pub(super) fn new(entered: DateTime<Utc>, by: &'a str) -> Self {
        Self { entered, by, updated: entered, updated_by: by }
    }

    /// Returns the `_info` field of the record.
    fn to_json(self) -> Value {
        json!({"lastUpdated": timestamp(self.updated), "updatedBy": self.updated_by, "dateEntered": timestamp(self.entered), "enteredBy": self.by})
    }

    /// Sets when the record was last changed, but not before it was created, and who changed it.
    pub(super) fn changed(self, updated: DateTime<Utc>, updated_by: &'a str) -> Self {
        Self { updated: updated.max(self.entered), updated_by, ..self }
    }
}

impl SeededRecord {
    /// Describes a record for references of the type `reference`. The record may be added later.
    pub(super) fn new(reference: &str, path: impl Into<String>, id: i64, record: &JsonObject) -> Self {
        Self { reference: reference.to_owned(), path: path.into(), id, fields: reference_fields(reference, id, record) }
    }

    /// Returns the same record in another list, whose records have references of the same type.
    pub(super) fn in_list(self, path: &str) -> Self {
        Self { path: path.to_owned(), ..self }
    }

    /// Returns a string field of the reference, or an empty string.
    pub(super) fn text(&self, field: &str) -> &str {
        self.fields.get(field).and_then(Value::as_str).unwrap_or_default()
    }

    pub(super) fn name(&self) -> &str {
        self.text("name")
    }
}

impl Seeder<'_> {
    /// Adds a record and returns its id.
    pub(super) fn add(&mut self, path: &str, mut record: JsonObject, info: RecordInfo<'_>) -> i64 {
        record.insert("_info".to_owned(), info.to_json());
        self.records.insert(&key(path), record, None)
    }

    /// Adds a record with a given id, which must be free.
    pub(super) fn add_with_id(&mut self, path: &str, id: i64, record: Value, info: RecordInfo<'_>) {
        let mut record = into_object(record);
        record.insert("_info".to_owned(), info.to_json());
        self.records.insert(&key(path), record, Some(id));
    }

    /// Adds a record whose references contain only an id, an identifier or a name. The records that they refer to must
    /// have been added before. Returns the id.
    pub(super) fn add_completed(&mut self, path: &str, record: Value, info: RecordInfo<'_>) -> i64 {
        let mut record = into_object(record);
        self.complete(path, &mut record);
        self.add(path, record, info)
    }

    /// Adds a reference to a record to a list of references, in which it has the record's id.
    pub(super) fn attach(&mut self, path: &str, id: i64, reference: Value) {
        self.records.insert(&key(path), into_object(reference), Some(id));
    }

    /// Completes the references of a record that contain only an id, an identifier or a name.
    pub(super) fn complete(&self, path: &str, record: &mut JsonObject) {
        complete_references(self.records, &key(path), record);
    }

    /// Sets fields of a record that was added before. Their references may be incomplete, as in [`Self::add_completed`].
    pub(super) fn amend(&mut self, path: &str, id: i64, fields: Value) {
        let list = key(path);
        let Some(mut record) = self.records.get(&list, id).map(into_object) else { return };
        record.extend(into_object(fields));
        self.complete(path, &mut record);
        self.records.put(&list, id, record);
    }

    /// Returns a record that was added before, as the target of references of the type `reference`.
    pub(super) fn find(&self, reference: &str, path: &str, id: i64) -> Option<SeededRecord> {
        let record = self.records.get(&key(path), id).map(into_object)?;
        Some(SeededRecord::new(reference, path, id, &record))
    }

    /// Adds a record to which others refer with the given type of reference.
    pub(super) fn add_referenced(
        &mut self,
        reference: &str,
        path: &str,
        record: Value,
        info: RecordInfo<'_>,
    ) -> SeededRecord {
        let record = into_object(record);
        let mut seeded = SeededRecord::new(reference, path, 0, &record);
        seeded.id = self.add(path, record, info);
        seeded.fields.insert("id".to_owned(), Value::from(seeded.id));
        seeded
    }

    /// Adds the records of a list of choices, such as statuses, created at [`Self::system_start`].
    pub(super) fn add_choices(
        &mut self,
        reference: &str,
        path: &str,
        records: impl IntoIterator<Item = Value>,
    ) -> Vec<SeededRecord> {
        let start = self.system_start();
        records
            .into_iter()
            .map(|record| self.add_referenced(reference, path, record, RecordInfo::new(start, "api")))
            .collect()
    }

    /// Returns a reference to a record.
    pub(super) fn reference_to(target: &SeededRecord) -> Value {
        reference_with_link(&target.reference, target.fields.clone(), &target.path, target.id)
    }

    /// Sets fields of a record to references.
    pub(super) fn link(&self, record: &mut JsonObject, references: &[(&str, &SeededRecord)]) {
        for (field, target) in references {
            record.insert((*field).to_owned(), Self::reference_to(target));
        }
    }

    /// Sets fields of a record to references to the records that exist.
    pub(super) fn link_known(&self, record: &mut JsonObject, references: &[(&str, Option<&SeededRecord>)]) {
        for (field, target) in references {
            if let Some(target) = target {
                self.link(record, &[(field, target)]);
            }
        }
    }

    /// Returns the time when the provider started to use the system: 1,000 working days, almost four years, ago.
    pub(super) fn system_start(&self) -> DateTime<Utc> {
        self.calendar.between(1000.0, 0.0, 0.0)
    }
}

/// Returns the element at an index, which wraps around at the end of the list.
pub(super) fn wrapping_get<T>(list: &[T], index: usize) -> Option<&T> {
    list.get(index.checked_rem(list.len())?)
}

/// Returns the position of `number + offset` among `count` records, from 0 to 1.
pub(super) fn position(number: usize, count: usize, offset: f64) -> f64 {
    (number as f64 + offset) / count.max(1) as f64
}

/// Returns an amount in dollars from cents.
pub(super) fn amount(cents: i64) -> Value {
    json!(cents as f64 / 100.0)
}

/// Returns the `customFields` of a record with the values of the fields with these ids.
pub(super) fn custom_fields(ids: &[i64], values: impl IntoIterator<Item = Value>) -> Value {
    ids.iter().zip(values).map(|(id, value)| json!({"id": id, "value": value})).collect()
}

//! Tools for all demo data: what adds records, refers to them and dates them.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::calendar::Calendar;
use crate::records::references::{reference_fields, reference_with_link};
use crate::records::{JsonObject, into_object};
use crate::store::{Records, key, timestamp};

/// Where records are added, and what all of them need.
pub(super) struct Seeder<'a> {
    pub(super) records: &'a mut Records,
    pub(super) base: &'a str,
    pub(super) calendar: Calendar,
}

/// A added record as others refer to it.
#[derive(Clone, Debug)]
pub(super) struct SeededRecord {
    pub(super) path: String,
    pub(super) id: i64,
    pub(super) members: JsonObject,
}

/// Who made a record, and when; and who changed it last.
#[derive(Clone, Copy, Debug)]
pub(super) struct RecordInfo<'a> {
    pub(super) entered: DateTime<Utc>,
    pub(super) by: &'a str,
    pub(super) updated: DateTime<Utc>,
    pub(super) updated_by: &'a str,
}

impl<'a> RecordInfo<'a> {
    /// Of a record that nobody has changed.
    pub(super) fn new(entered: DateTime<Utc>, by: &'a str) -> Self {
        Self { entered, by, updated: entered, updated_by: by }
    }

    /// As `_info` of the record.
    fn to_json(self) -> Value {
        json!({"lastUpdated": timestamp(self.updated), "updatedBy": self.updated_by, "dateEntered": timestamp(self.entered), "enteredBy": self.by})
    }

    pub(super) fn changed(self, updated: DateTime<Utc>, updated_by: &'a str) -> Self {
        Self { updated: updated.max(self.entered), updated_by, ..self }
    }
}

impl SeededRecord {
    /// A record as a type of reference shows it, whether it is added already or will be.
    pub(super) fn new(reference: &str, path: impl Into<String>, id: i64, record: &JsonObject) -> Self {
        Self { path: path.into(), id, members: reference_fields(reference, id, record) }
    }

    /// A text that the reference shows; nothing when it does not.
    pub(super) fn text(&self, member: &str) -> &str {
        self.members.get(member).and_then(Value::as_str).unwrap_or_default()
    }

    pub(super) fn name(&self) -> &str {
        self.text("name")
    }
}

impl Seeder<'_> {
    /// Adds a record, and gives its id.
    pub(super) fn add(&mut self, path: &str, mut record: JsonObject, info: RecordInfo<'_>) -> i64 {
        record.insert("_info".to_owned(), info.to_json());
        self.records.insert(&key(path), record, None)
    }

    /// Adds a record that others refer to by a type of reference.
    pub(super) fn add_named(
        &mut self,
        reference: &str,
        path: &str,
        record: Value,
        info: RecordInfo<'_>,
    ) -> SeededRecord {
        let record = into_object(record);
        let mut named = SeededRecord::new(reference, path, 0, &record);
        named.id = self.add(path, record, info);
        named.members.insert("id".to_owned(), Value::from(named.id));
        named
    }

    /// Adds a list of choices, made when the company began.
    pub(super) fn choices(
        &mut self,
        reference: &str,
        path: &str,
        records: impl IntoIterator<Item = Value>,
    ) -> Vec<SeededRecord> {
        let began = self.began();
        records
            .into_iter()
            .map(|record| self.add_named(reference, path, record, RecordInfo::new(began, "api")))
            .collect()
    }

    /// A reference to a record, as the member `field` of another.
    pub(super) fn refer(&self, to: &SeededRecord, field: &str) -> Value {
        reference_with_link(self.base, to.members.clone(), &to.path, to.id, field)
    }

    /// Sets members of a record to references.
    pub(super) fn link(&self, record: &mut JsonObject, references: &[(&str, &SeededRecord)]) {
        for (field, to) in references {
            record.insert((*field).to_owned(), self.refer(to, field));
        }
    }

    /// When the company began to use the system: four years of working days ago.
    pub(super) fn began(&self) -> DateTime<Utc> {
        self.calendar.between(1000.0, 0.0, 0.0)
    }
}

/// One of a list by any number, round and round.
pub(super) fn nth<T>(of: &[T], number: usize) -> Option<&T> {
    of.get(number.checked_rem(of.len())?)
}

/// Where a number stands among so many, from 0 to 1.
pub(super) fn share(number: usize, of: usize, further: f64) -> f64 {
    (number as f64 + further) / of.max(1) as f64
}

/// An amount of money from cents.
pub(super) fn amount(cents: i64) -> Value {
    json!(cents as f64 / 100.0)
}

/// A field that the provider has added to a type of record, as its definition says.
#[derive(Clone, Debug)]
pub(super) struct CustomField {
    pub(super) id: i64,
    pub(super) caption: &'static str,
    pub(super) kind: &'static str,
    pub(super) entry: &'static str,
    pub(super) decimals: i64,
}

impl CustomField {
    pub(super) fn with(&self, value: impl Into<Value>) -> Value {
        json!({
            "id": self.id, "caption": self.caption, "type": self.kind, "entryMethod": self.entry, "numberOfDecimals": self.decimals, "value": value.into(),
        })
    }
}

/// The values of a record's own fields, in the order of their definitions.
pub(super) fn custom_fields(fields: &[CustomField], values: impl IntoIterator<Item = Value>) -> Value {
    fields.iter().zip(values).map(|(field, value)| field.with(value)).collect()
}

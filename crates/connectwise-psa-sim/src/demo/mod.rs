//! Demo data: a believable small managed-service provider, made by a generator from a fixed beginning.
//!
//! Everything is invented. The same records come each time; only their dates move with the moment they are planted at, so that there are always
//! tickets of this week. Areas are planted in an order in which what is referred to comes first, and references are built from what was planted:
//! nothing is looked up, so that large companies are planted fast.

mod calendar;
mod companies;
mod desk;
mod devices;
mod money;
mod office;
mod products;
mod projects;
mod random;
mod sales;
#[cfg(test)]
mod tests;
mod tickets;
mod words;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::records::Members;
use crate::records::references::{linked, shown};
use crate::store::{Records, key, text};
use crate::world::members;
use calendar::Calendar;

/// Plants the demo data: `scale` multiplies customers and what hangs on them, `base` is what links begin with, and dates lie before `now`.
pub(crate) fn plant(records: &mut Records, base: &str, scale: usize, now: DateTime<Utc>) {
    let mut to = Planter { records, base, calendar: Calendar { now } };
    let office = office::plant(&mut to);
    let desk = desk::plant(&mut to, &office);
    let products = products::plant(&mut to);
    let customers = companies::plant(&mut to, &office, scale);
    let agreements = money::plant_agreements(&mut to, &office, &customers, &products, scale);
    devices::plant(&mut to, &office, &customers, scale);
    let opportunities = sales::plant(&mut to, &office, &customers, scale);
    tickets::plant(&mut to, &office, &desk, &customers, &agreements, scale);
    projects::plant(&mut to, &office, &desk, &customers, &opportunities, scale);
    money::plant_invoices(&mut to, &office, &customers, &agreements, scale);
    products::plant_orders(&mut to, &office, &customers, &products);
}

/// Where records are planted, and what all of them need.
struct Planter<'a> {
    records: &'a mut Records,
    base: &'a str,
    calendar: Calendar,
}

/// A planted record as others refer to it.
#[derive(Clone, Debug)]
struct Named {
    path: String,
    id: i64,
    members: Members,
}

/// Who made a record, and when; and who changed it last.
#[derive(Clone, Copy, Debug)]
struct Stamp<'a> {
    entered: DateTime<Utc>,
    by: &'a str,
    updated: DateTime<Utc>,
    updated_by: &'a str,
}

impl<'a> Stamp<'a> {
    /// Of a record that nobody has changed.
    fn new(entered: DateTime<Utc>, by: &'a str) -> Self {
        Self { entered, by, updated: entered, updated_by: by }
    }

    fn changed(self, updated: DateTime<Utc>, updated_by: &'a str) -> Self {
        Self { updated: updated.max(self.entered), updated_by, ..self }
    }
}

impl Named {
    /// A record as a type of reference shows it, whether it is planted already or will be.
    fn new(reference: &str, path: impl Into<String>, id: i64, record: &Members) -> Self {
        Self { path: path.into(), id, members: shown(reference, id, record) }
    }

    /// A text that the reference shows; nothing when it does not.
    fn text(&self, member: &str) -> &str {
        self.members.get(member).and_then(Value::as_str).unwrap_or_default()
    }

    fn name(&self) -> &str {
        self.text("name")
    }
}

impl Planter<'_> {
    /// Plants a record, and gives its id.
    fn add(&mut self, path: &str, mut record: Members, stamp: Stamp<'_>) -> i64 {
        record.insert("_info".to_owned(), info(stamp));
        self.records.insert(&key(path), record, None)
    }

    /// Plants a record that others refer to by a type of reference.
    fn add_named(&mut self, reference: &str, path: &str, record: Value, stamp: Stamp<'_>) -> Named {
        let record = members(record);
        let mut named = Named::new(reference, path, 0, &record);
        named.id = self.add(path, record, stamp);
        named.members.insert("id".to_owned(), Value::from(named.id));
        named
    }

    /// Plants a list of choices, made when the company began.
    fn choices(&mut self, reference: &str, path: &str, records: impl IntoIterator<Item = Value>) -> Vec<Named> {
        let began = self.began();
        records.into_iter().map(|record| self.add_named(reference, path, record, Stamp::new(began, "api"))).collect()
    }

    /// A reference to a record, as the member `field` of another.
    fn refer(&self, to: &Named, field: &str) -> Value {
        linked(self.base, to.members.clone(), &to.path, to.id, field)
    }

    /// Sets members of a record to references.
    fn link(&self, record: &mut Members, references: &[(&str, &Named)]) {
        for (field, to) in references {
            record.insert((*field).to_owned(), self.refer(to, field));
        }
    }

    /// When the company began to use the system: four years of working days ago.
    fn began(&self) -> DateTime<Utc> {
        self.calendar.between(1000.0, 0.0, 0.0)
    }
}

fn info(stamp: Stamp<'_>) -> Value {
    json!({"lastUpdated": text(stamp.updated), "updatedBy": stamp.updated_by, "dateEntered": text(stamp.entered), "enteredBy": stamp.by})
}

/// One of a list by any number, round and round.
fn nth<T>(of: &[T], number: usize) -> Option<&T> {
    of.get(number.checked_rem(of.len())?)
}

/// Where a number stands among so many, from 0 to 1.
fn share(number: usize, of: usize, further: f64) -> f64 {
    (number as f64 + further) / of.max(1) as f64
}

/// An amount of money from cents.
fn money(cents: i64) -> Value {
    json!(cents as f64 / 100.0)
}

/// A field that the provider has added to a type of record, as its definition says.
#[derive(Clone, Debug)]
struct CustomField {
    id: i64,
    caption: &'static str,
    kind: &'static str,
    entry: &'static str,
    decimals: i64,
}

impl CustomField {
    fn with(&self, value: impl Into<Value>) -> Value {
        json!({
            "id": self.id, "caption": self.caption, "type": self.kind, "entryMethod": self.entry, "numberOfDecimals": self.decimals, "value": value.into(),
        })
    }
}

/// The values of a record's own fields, in the order of their definitions.
fn custom_fields(fields: &[CustomField], values: impl IntoIterator<Item = Value>) -> Value {
    fields.iter().zip(values).map(|(field, value)| field.with(value)).collect()
}

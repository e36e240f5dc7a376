//! The work on tickets and activities, which is added after them, and what documents and expenses know of tickets.

use chrono::{DateTime, Utc};
use serde_json::json;

use super::companies::SeededCompany;
use super::devices::Devices;
use super::finance::Agreements;
use super::organisation::Organisation;
use super::seeder::{RecordInfo, SeededRecord, Seeder};
use super::service_desk::ServiceDesk;
use super::time_sheets::PlannedTime;
use crate::records::{JsonObject, into_object};

/// A schedule entry before it is added. Entries are added after all tickets, sorted by date, because ids ascend with the
/// dates. The record is built only when it is added, to save memory.
pub(super) struct PlannedSchedule<'a> {
    pub(super) entered: DateTime<Utc>,
    pub(super) by: &'static str,
    pub(super) build: Box<dyn FnOnce(&Seeder<'_>) -> JsonObject + 'a>,
}

/// The work on tickets that is added later.
#[derive(Default)]
pub(super) struct Work<'a> {
    pub(super) time: Vec<PlannedTime<'a>>,
    pub(super) schedule: Vec<PlannedSchedule<'a>>,
}

/// A ticket to which documents and expenses refer.
pub(super) struct SeededTicket {
    pub(super) id: i64,
    /// The index of the company.
    pub(super) customer: usize,
    pub(super) owner: &'static str,
    pub(super) summary: String,
    pub(super) entered: DateTime<Utc>,
    /// The end of the first work, or else the last change.
    pub(super) worked: DateTime<Utc>,
    /// Whether an engineer was on site.
    pub(super) was_visited: bool,
}

impl SeededTicket {
    /// Returns the ticket as the target of references.
    pub(super) fn reference(&self) -> SeededRecord {
        ticket_reference(self.id, &self.summary)
    }
}

/// Returns a service ticket as the target of references.
pub(super) fn ticket_reference(id: i64, summary: &str) -> SeededRecord {
    let fields = into_object(json!({"id": id, "summary": summary}));
    SeededRecord { reference: "TicketReference".into(), path: "/service/tickets".into(), id, fields }
}

/// What tickets refer to.
#[derive(Clone, Copy)]
pub(super) struct TicketContext<'a> {
    pub(super) organisation: &'a Organisation,
    pub(super) service_desk: &'a ServiceDesk,
    pub(super) companies: &'a [SeededCompany],
    pub(super) agreements: &'a Agreements,
    pub(super) devices: &'a Devices,
}

/// Returns whether the ticket with an id has a document.
pub(super) const fn has_document(ticket: i64) -> bool {
    ticket % 16 == 1
}

/// Adds the schedule entries, sorted by date.
pub(super) fn seed_schedule(seeder: &mut Seeder<'_>, mut schedule: Vec<PlannedSchedule<'_>>) {
    schedule.sort_by_key(|entry| entry.entered);
    for entry in schedule {
        let record = (entry.build)(seeder);
        seeder.add("/schedule/entries", record, RecordInfo::new(entry.entered, entry.by));
    }
}

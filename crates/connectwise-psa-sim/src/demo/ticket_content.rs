//! What a ticket contains: notes, tasks, the device that it is about, and how fast it was worked on.

use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};

use super::devices::Devices;
use super::seeder::{RecordInfo, SeededRecord, Seeder, wrapping_get};
use super::tickets::TicketPlan;
use super::work::TicketContext;
use crate::records::{JsonObject, into_object};
use crate::store::timestamp;

/// The parts of a ticket that are lists under it.
pub(super) struct TicketContent<'a> {
    pub(super) id: i64,
    pub(super) summary: &'a str,
    pub(super) problem: &'a str,
    /// The contact who wrote the first note; `None` if a member or a program did.
    pub(super) writer: Option<&'a SeededRecord>,
    /// The member who entered the ticket.
    pub(super) by: &'a str,
    /// When the ticket was last changed.
    pub(super) touched: DateTime<Utc>,
    pub(super) has_tasks: bool,
}

impl TicketContent<'_> {
    /// Adds the notes, the tasks and the device.
    pub(super) fn add(&self, seeder: &mut Seeder<'_>, context: TicketContext<'_>, plan: &TicketPlan<'_>) {
        self.add_notes(seeder, context, plan);
        if self.has_tasks {
            self.add_tasks(seeder, context, plan);
        }
        if self.id % 5 == 1 {
            attach_device(seeder, context.devices, plan.customer.record.id, self.id);
        }
    }

    fn add_notes(&self, seeder: &mut Seeder<'_>, context: TicketContext<'_>, plan: &TicketPlan<'_>) {
        let path = format!("/service/tickets/{}/notes", self.id);
        let mut problem = note(self.id, self.problem, "detailDescriptionFlag", plan.entered, self.by);
        // Observed on live servers: a note has the member or the contact who wrote it.
        let member = context.organisation.member(self.by).filter(|_| self.writer.is_none());
        seeder.link_known(&mut problem, &[("contact", self.writer), ("member", member)]);
        seeder.add(&path, problem, RecordInfo::new(plan.entered, self.by));
        if plan.status.closed && plan.status.record.name() != "Cancelled" {
            let owner = plan.owner.identifier;
            let mut solution = note(self.id, plan.scenario.resolution, "resolutionFlag", self.touched, owner);
            seeder.link(&mut solution, &[("member", &plan.owner.record)]);
            seeder.add(&path, solution, RecordInfo::new(self.touched, owner));
        }
    }

    fn add_tasks(&self, seeder: &mut Seeder<'_>, context: TicketContext<'_>, plan: &TicketPlan<'_>) {
        for (order, code) in (1..).zip(&context.service_desk.task_codes) {
            let order: i64 = order;
            let mut task = into_object(json!({
                "ticketId": self.id, "notes": code.name(), "priority": order, "closedFlag": plan.status.closed, "summary": self.summary,
            }));
            seeder.link(&mut task, &[("code", code), ("member", &plan.owner.record)]);
            seeder.add(&format!("/service/tickets/{}/tasks", self.id), task, RecordInfo::new(plan.entered, self.by));
        }
    }
}

/// Returns the fields that say when a ticket was responded to, planned and resolved, and what comes next. A ticket is
/// planned when it is responded to.
pub(super) fn service_level(
    entered: DateTime<Utc>,
    responded: Option<DateTime<Utc>>,
    resolved: Option<DateTime<Utc>>,
    (priority, now): (usize, DateTime<Utc>),
) -> JsonObject {
    let minutes = |until: Option<DateTime<Utc>>| until.map_or(0, |until| (until - entered).num_minutes());
    let hours = |until: Option<DateTime<Utc>>| (minutes(until) as f64 / 0.6).round() / 100.0;
    let goal = Duration::hours(i64::try_from(priority).unwrap_or(3) * 8 + 4);
    let (respond_by, resolve_by) = (entered + goal / 2, entered + goal * 3);
    let by = |verb: &str, time: DateTime<Utc>| format!("{verb} by {} UTC", time.format("%a %m/%d %-I:%M %p"));
    let (status, is_in_time) = match (responded, resolved) {
        (_, Some(resolved)) => ("Resolved".to_owned(), resolved <= resolve_by),
        (Some(_), None) => (by("Resolve", resolve_by), now <= resolve_by),
        (None, None) => (by("Respond", respond_by), now <= respond_by),
    };
    let mut fields = into_object(json!({
        "slaStatus": status, "isInSla": is_in_time, "respondMinutes": minutes(responded), "resPlanMinutes": minutes(responded), "resolveMinutes": minutes(resolved),
        "respondedHours": hours(responded), "resplanHours": hours(responded), "resolutionHours": hours(resolved), "escalationStartDateUTC": timestamp(entered),
        "escalationLevel": 0, "minutesBeforeWaiting": 0, "minutesWaiting": 0, "respondedSkippedMinutes": 0, "resplanSkippedMinutes": 0,
    }));
    for (name, date) in [("dateResponded", responded), ("dateResplan", responded), ("dateResolved", resolved)] {
        if let Some(date) = date {
            fields.insert(name.to_owned(), Value::from(timestamp(date)));
        }
    }
    fields
}

/// Attaches one of the customer's devices to a ticket.
fn attach_device(seeder: &mut Seeder<'_>, devices: &Devices, company: i64, ticket: i64) {
    let known = devices.get(&company).map(Vec::as_slice).unwrap_or_default();
    let Some(device) = usize::try_from(ticket / 5).ok().and_then(|at| wrapping_get(known, at)) else { return };
    let mut reference = Seeder::reference_to(&device.record);
    // Observed on live servers: the reference has the name only here.
    if let Some(info) = reference.get_mut("_info").and_then(Value::as_object_mut) {
        info.insert("name".to_owned(), Value::from(device.name.as_str()));
    }
    seeder.attach(&format!("/service/tickets/{ticket}/configurations"), device.record.id, reference);
}

fn note(ticket: i64, text: &str, shown_as: &str, at: DateTime<Utc>, by: &str) -> JsonObject {
    let mut note = into_object(json!({
        "ticketId": ticket, "text": text, "dateCreated": timestamp(at), "createdBy": by, "internalFlag": true, "externalFlag": true, "customerUpdatedFlag": false,
    }));
    for flag in ["detailDescriptionFlag", "internalAnalysisFlag", "resolutionFlag"] {
        note.insert(flag.to_owned(), Value::Bool(flag == shown_as));
    }
    note
}

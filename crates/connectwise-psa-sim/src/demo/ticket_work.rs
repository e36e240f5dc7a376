//! The work on service tickets: time entries and schedule entries.

use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};

use super::finance::Agreement;
use super::seeder::Seeder;
use super::tickets::TicketPlan;
use super::time_sheets::PlannedTime;
use super::work::{PlannedSchedule, TicketContext, ticket_reference};
use crate::records::{JsonObject, into_object};
use crate::store::timestamp;

/// The hourly rate of work on tickets, in dollars.
const RATE: f64 = 110.0;

/// What the entries of a ticket depend on.
#[derive(Clone)]
pub(super) struct TicketWork<'a> {
    pub(super) context: TicketContext<'a>,
    pub(super) plan: TicketPlan<'a>,
    pub(super) id: i64,
    pub(super) summary: String,
    pub(super) agreement: Option<&'a Agreement>,
    /// The index of the place: 0 is remote, 1 is on site.
    pub(super) location: usize,
}

impl<'a> TicketWork<'a> {
    /// Returns an entry for work that ended at a time and took some quarter-hours.
    pub(super) fn time_entry(&self, end: DateTime<Utc>, quarters: i64) -> PlannedTime<'a> {
        let (work, hours) = (self.clone(), quarters as f64 / 4.0);
        let build = move |seeder: &Seeder<'_>| work.time_record(seeder, (end, quarters));
        PlannedTime {
            end,
            member: self.plan.owner.identifier,
            hours,
            agreement: self.agreement.map(|agreement| agreement.record.id),
            build: Box::new(build),
        }
    }

    fn time_record(&self, seeder: &Seeder<'_>, (end, quarters): (DateTime<Utc>, i64)) -> JsonObject {
        let (organisation, plan) = (self.context.organisation, &self.plan);
        let hours = quarters as f64 / 4.0;
        let is_covered = self.agreement.is_some();
        let billed = if is_covered { 0.0 } else { hours };
        let named = |list: &[super::seeder::SeededRecord], at: usize| {
            list.get(at).map_or("", |record| record.name()).to_owned()
        };
        let mut record = into_object(json!({
            "chargeToId": self.id, "chargeToType": "ServiceTicket", "timeStart": timestamp(end - Duration::minutes(quarters * 15)), "timeEnd": timestamp(end),
            "actualHours": hours, "hoursBilled": billed, "hoursDeduct": 0.0, "billableOption": if is_covered { "NoCharge" } else { "Billable" },
            "hourlyRate": RATE, "hourlyCost": "42.50", "overageRate": 0.0, "notes": plan.scenario.resolution, "enteredBy": plan.owner.identifier, "dateEntered": timestamp(end),
            "invoiceFlag": true, "invoiceHours": billed, "extendedInvoiceAmount": billed * RATE, "agreementHours": hours - billed, "agreementAmount": 0.0,
            "agreementAdjustment": 0.0, "adjustment": 0.0, "ticketBoard": plan.board.record.name(), "ticketStatus": plan.status.record.name(),
            "ticketType": named(&plan.board.types, plan.scenario.ticket_type), "ticketSubType": named(&plan.board.subtypes, plan.scenario.subtype),
            "companyType": "Client", "locationId": 1, "businessUnitId": 1, "locationName": named(&organisation.locations, 0),
            "businessGroupDesc": named(&organisation.departments, 0), "territory": named(&organisation.locations, 0),
        }));
        if let Some(agreement) = self.agreement {
            record.insert("agreementType".to_owned(), Value::from(agreement.type_name));
        }
        let ticket = ticket_reference(self.id, &self.summary);
        seeder.link(
            &mut record,
            &[("company", &plan.customer.record), ("member", &plan.owner.record), ("ticket", &ticket)],
        );
        seeder.link_known(
            &mut record,
            &[
                ("workType", organisation.work_types.get(self.location)),
                ("workRole", organisation.work_roles.first()),
                ("agreement", self.agreement.map(|agreement| &agreement.record)),
                ("location", organisation.locations.first()),
                ("department", organisation.billing_units.first()),
                ("taxCode", Some(&organisation.tax_code)),
            ],
        );
        record
    }

    /// Returns the schedule entry of a visit that starts at a time and takes some quarter-hours.
    pub(super) fn schedule_entry(
        &self,
        entered: DateTime<Utc>,
        (start, quarters): (DateTime<Utc>, i64),
    ) -> PlannedSchedule<'a> {
        let work = self.clone();
        let build = move |seeder: &Seeder<'_>| work.schedule_record(seeder, (start, quarters));
        PlannedSchedule { entered, by: self.plan.owner.identifier, build: Box::new(build) }
    }

    fn schedule_record(&self, seeder: &Seeder<'_>, (start, quarters): (DateTime<Utc>, i64)) -> JsonObject {
        let (service_desk, plan) = (self.context.service_desk, &self.plan);
        let end = start + Duration::minutes(quarters * 15);
        let mut record = into_object(json!({
            "objectId": self.id, "name": format!("{} / {}", plan.customer.record.name(), self.summary), "dateStart": timestamp(start), "dateEnd": timestamp(end),
            "hours": quarters as f64 / 4.0, "doneFlag": plan.status.closed, "acknowledgedFlag": true, "ownerFlag": true,
        }));
        if plan.status.closed {
            record.insert("closeDate".to_owned(), Value::from(timestamp(end)));
        }
        seeder.link_known(
            &mut record,
            &[
                ("member", Some(&plan.owner.record)),
                ("type", Some(&service_desk.service_entries)),
                ("status", service_desk.schedule_statuses.first()),
                ("where", service_desk.locations.get(self.location)),
                ("reminder", service_desk.reminder.as_ref()),
            ],
        );
        record
    }
}

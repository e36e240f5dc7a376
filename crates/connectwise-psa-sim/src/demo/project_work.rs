//! The work on project tickets: time entries.

use chrono::{DateTime, Duration, Utc};
use serde_json::json;

use super::companies::SeededCompany;
use super::organisation::{Member, Organisation};
use super::seeder::{SeededRecord, Seeder};
use super::time_sheets::PlannedTime;
use crate::records::{JsonObject, into_object};
use crate::store::timestamp;

/// The hourly rate of work on projects, in dollars.
const RATE: f64 = 165.0;

/// What the time entries of a project ticket depend on.
pub(super) struct ProjectWork<'a> {
    pub(super) organisation: &'a Organisation,
    pub(super) customer: &'a SeededCompany,
    pub(super) owner: &'a Member,
    pub(super) project: SeededRecord,
    pub(super) phase: SeededRecord,
    pub(super) ticket: SeededRecord,
    /// The name of the ticket's status.
    pub(super) status: &'a str,
}

impl<'a> ProjectWork<'a> {
    /// Returns an entry for all work on the ticket, which ended at a time.
    pub(super) fn time_entry(self, end: DateTime<Utc>, hours: f64) -> PlannedTime<'a> {
        let member = self.owner.identifier;
        PlannedTime {
            end,
            member,
            hours,
            agreement: None,
            build: Box::new(move |seeder: &Seeder<'_>| self.record(seeder, end, hours)),
        }
    }

    fn record(&self, seeder: &Seeder<'_>, end: DateTime<Utc>, hours: f64) -> JsonObject {
        let Self { organisation, customer, owner, .. } = self;
        let start = end - Duration::minutes((hours * 60.0) as i64);
        let location = organisation.locations.first().map_or("", SeededRecord::name);
        let mut record = into_object(json!({
            "chargeToId": self.ticket.id, "chargeToType": "ProjectTicket", "timeStart": timestamp(start), "timeEnd": timestamp(end), "actualHours": hours,
            "hoursBilled": hours, "hoursDeduct": 0.0, "billableOption": "Billable", "hourlyRate": RATE, "hourlyCost": "42.50", "overageRate": 0.0,
            "notes": self.ticket.text("summary"), "enteredBy": owner.identifier, "dateEntered": timestamp(end), "invoiceFlag": true, "invoiceHours": hours,
            "extendedInvoiceAmount": hours * RATE, "agreementHours": 0.0, "agreementAmount": 0.0, "agreementAdjustment": 0.0, "adjustment": 0.0,
            "ticketBoard": "Projects", "ticketStatus": self.status, "companyType": "Client", "locationId": 1, "businessUnitId": 2, "locationName": location,
            "businessGroupDesc": organisation.departments.get(1).map_or("", SeededRecord::name), "territory": location,
        }));
        seeder.link_known(
            &mut record,
            &[
                ("company", Some(&customer.record)),
                ("member", Some(&owner.record)),
                ("ticket", Some(&self.ticket)),
                ("project", Some(&self.project)),
                ("phase", Some(&self.phase)),
                ("workType", organisation.work_types.first()),
                ("workRole", organisation.work_roles.get(2)),
                ("location", organisation.locations.first()),
                ("department", organisation.billing_units.get(1)),
                ("taxCode", Some(&organisation.tax_code)),
            ],
        );
        record
    }
}

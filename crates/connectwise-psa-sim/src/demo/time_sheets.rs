//! Time sheets with their time entries, and the periods of time sheets and expense reports.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, NaiveDate, NaiveTime, Utc};
use serde_json::{Value, json};

use super::finance::Invoices;
use super::organisation::Organisation;
use super::seeder::{RecordInfo, SeededRecord, Seeder};
use super::weeks::Week;
use crate::records::{JsonObject, into_object};
use crate::store::timestamp;

/// A time entry before it is added. Entries are added after everything they are charged to, sorted by date, because ids
/// ascend with the dates. The record is built only when it is added, to save memory.
pub(super) struct PlannedTime<'a> {
    pub(super) end: DateTime<Utc>,
    pub(super) member: &'static str,
    pub(super) hours: f64,
    /// The id of the agreement that covers it.
    pub(super) agreement: Option<i64>,
    pub(super) build: Box<dyn FnOnce(&Seeder<'_>) -> JsonObject + 'a>,
}

/// A time sheet that its entries refer to.
struct Sheet {
    record: SeededRecord,
    status: &'static str,
}

/// Adds the time sheets of the weeks and members of the entries, and then the entries.
pub(super) fn seed(
    seeder: &mut Seeder<'_>,
    organisation: &Organisation,
    mut entries: Vec<PlannedTime<'_>>,
    invoices: &Invoices,
) {
    seed_periods(seeder);
    entries.sort_by_key(|entry| entry.end);
    let mut hours: BTreeMap<(Week, &'static str), f64> = BTreeMap::new();
    for entry in &entries {
        *hours.entry((Week::of(entry.end), entry.member)).or_default() += entry.hours;
    }
    let sheets: BTreeMap<(Week, &str), Sheet> = (0..)
        .zip(hours)
        .map(|(number, ((week, member), hours))| {
            ((week, member), add_sheet(seeder, organisation, number, (week, member), hours))
        })
        .collect();
    for entry in entries {
        let mut record = (entry.build)(seeder);
        if let Some(sheet) = sheets.get(&(Week::of(entry.end), entry.member)) {
            seeder.link(&mut record, &[("timeSheet", &sheet.record)]);
            let is_approved = sheet.status == "ApprovedByTierOne";
            record.insert("status".to_owned(), Value::from(sheet.status));
            record.insert("invoiceReady".to_owned(), Value::from(i32::from(is_approved)));
            // The next invoice of the agreement includes it.
            let invoices = entry.agreement.and_then(|agreement| invoices.get(&agreement)).filter(|_| is_approved);
            let next = invoices.into_iter().flatten().find(|(date, _)| *date >= entry.end);
            seeder.link_known(&mut record, &[("invoice", next.map(|(_, invoice)| invoice))]);
        }
        seeder.add("/time/entries", record, RecordInfo::new(entry.end, entry.member));
    }
}

fn add_sheet(
    seeder: &mut Seeder<'_>,
    organisation: &Organisation,
    number: usize,
    (week, member): (Week, &'static str),
    hours: f64,
) -> Sheet {
    let status = week.status(seeder.calendar.now, number);
    let (year, period) = week.year_and_number();
    let mut record = into_object(json!({
        "year": year, "period": period, "dateStart": timestamp(week.monday), "dateEnd": timestamp(week.sunday()), "deadline": timestamp(week.deadline()),
        "hours": hours, "status": status,
    }));
    seeder.link_known(&mut record, &[("member", organisation.member(member))]);
    let info = sheet_info(seeder, week, member, status);
    let record = seeder.add_referenced("TimeSheetReference", "/time/sheets", Value::Object(record), info);
    Sheet { record, status }
}

/// Returns who opened and who last changed the sheet or report of a week.
pub(super) fn sheet_info<'a>(seeder: &Seeder<'_>, week: Week, member: &'a str, status: &str) -> RecordInfo<'a> {
    let info = RecordInfo::new(week.opened(), member);
    let now = seeder.calendar.now;
    match status {
        "Open" => info,
        "PendingApproval" => info.changed(week.deadline().min(now), member),
        // The service manager approves and rejects.
        _ => info.changed((week.deadline() + Duration::hours(14)).min(now), "ann"),
    }
}

/// Adds the weekly periods of the current year.
fn seed_periods(seeder: &mut Seeder<'_>) {
    let year = Week::of(seeder.calendar.now).year_and_number().0;
    let info = RecordInfo::new(seeder.system_start(), "api");
    // January 4 is always in the first week of the year.
    let Some(day) = NaiveDate::from_ymd_opt(year, 1, 4) else { return };
    let first = Week::of(day.and_time(NaiveTime::MIN).and_utc());
    let weeks = (0..53).map(|number| Week { monday: first.monday + Duration::days(number * 7) });
    let weeks: Vec<Week> = weeks.filter(|week| week.year_and_number().0 == year).collect();
    let setup = json!({
        "description": format!("Weeks of {year}"), "periodApplyTo": "Both", "type": "Weekly", "year": year, "firstPeriodEndDate": timestamp(first.sunday()),
        "daysPastEndDate": 2, "numberFuturePeriods": weeks.len(),
    });
    let setup = seeder.add_referenced("TimePeriodSetupReference", "/time/timePeriodSetups", setup, info);
    for week in weeks {
        let mut period = into_object(json!({
            "period": week.year_and_number().1, "startDate": timestamp(week.monday), "endDate": timestamp(week.sunday()), "deadlineDate": timestamp(week.deadline()),
        }));
        seeder.link(&mut period, &[("timePeriodSetup", &setup)]);
        seeder.add(&format!("/time/timePeriodSetups/{}/periods", setup.id), period, info);
    }
}

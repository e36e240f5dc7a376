//! The holidays of the provider's calendar.

use chrono::{DateTime, Datelike as _, NaiveDate, NaiveTime, Utc, Weekday};
use serde_json::json;

use super::seeder::{RecordInfo, SeededRecord, Seeder};
use crate::records::into_object;
use crate::store::timestamp;

/// Adds the holidays of the previous, the current and the next year to the list of holidays, which has the id 1.
pub(super) fn seed(seeder: &mut Seeder<'_>) {
    let Some(list) = seeder.find("HolidayListReference", "/schedule/holidayLists", 1) else { return };
    let info = RecordInfo::new(seeder.system_start(), "api");
    let year = seeder.calendar.now.year();
    for (name, date) in (year - 1..=year + 1).flat_map(holidays_in) {
        add(seeder, &list, name, date, info);
    }
}

fn add(seeder: &mut Seeder<'_>, list: &SeededRecord, name: &str, date: DateTime<Utc>, info: RecordInfo<'_>) {
    let mut holiday = into_object(json!({"name": name, "date": timestamp(date), "allDayFlag": true}));
    seeder.link(&mut holiday, &[("holidayList", list)]);
    seeder.add(&format!("/schedule/holidayLists/{}/holidays", list.id), holiday, info);
}

/// Returns the holidays of a year, in the order of their dates.
fn holidays_in(year: i32) -> Vec<(&'static str, DateTime<Utc>)> {
    let dates = [
        ("New Year's Day", NaiveDate::from_ymd_opt(year, 1, 1)),
        ("Independence Day", NaiveDate::from_ymd_opt(year, 7, 4)),
        ("Labor Day", NaiveDate::from_weekday_of_month_opt(year, 9, Weekday::Mon, 1)),
        ("Thanksgiving", NaiveDate::from_weekday_of_month_opt(year, 11, Weekday::Thu, 4)),
        ("Christmas Day", NaiveDate::from_ymd_opt(year, 12, 25)),
    ];
    let at_midnight = |date: NaiveDate| date.and_time(NaiveTime::MIN).and_utc();
    dates.into_iter().filter_map(|(name, date)| Some((name, at_midnight(date?)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holidays_are_on_their_days() {
        let days: Vec<String> = holidays_in(2026).iter().map(|(_, date)| timestamp(*date)).collect();
        let expected = ["2026-01-01", "2026-07-04", "2026-09-07", "2026-11-26", "2026-12-25"];
        assert_eq!(days, expected.map(|day| format!("{day}T00:00:00Z")));
    }
}

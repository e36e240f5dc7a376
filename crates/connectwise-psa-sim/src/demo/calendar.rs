//! Dates of the demo data. They are counted back from now in working time, so some records are always recent.

use chrono::{DateTime, Datelike, Duration, Timelike, Utc, Weekday};

/// Start of the working day, in minutes after midnight UTC. The working day is 08:00 to 18:00 in the provider's time
/// zone, UTC-5.
const WORKDAY_START: i64 = 13 * 60;
/// Length of the working day, in minutes.
const WORKDAY_MINUTES: i64 = 10 * 60;

/// Counts working time back and forth from `now`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Calendar {
    pub(super) now: DateTime<Utc>,
}

impl Calendar {
    /// Returns the time that is `minutes` working minutes before now. It is within working hours.
    pub(super) fn before(&self, minutes: i64) -> DateTime<Utc> {
        let midnight = |time: DateTime<Utc>| {
            time - Duration::seconds(i64::from(time.num_seconds_from_midnight())) - nanoseconds(time)
        };
        let mut day = midnight(self.now);
        let mut worked = (i64::from(self.now.num_seconds_from_midnight()) / 60 - WORKDAY_START).min(WORKDAY_MINUTES);
        while worked <= 0 || is_weekend(day) {
            day -= Duration::days(1);
            worked = WORKDAY_MINUTES;
        }
        let mut back = minutes.max(0);
        if back >= worked {
            back -= worked;
            day = workday_before(day, back / WORKDAY_MINUTES + 1);
            worked = WORKDAY_MINUTES;
            back %= WORKDAY_MINUTES;
        }
        day + Duration::minutes(WORKDAY_START + worked - back)
    }

    /// Returns a time between `from_days` and `to_days` working days ago. A fraction of 0 is `from_days`, 1 is
    /// `to_days`.
    pub(super) fn between(&self, from_days: f64, to_days: f64, fraction: f64) -> DateTime<Utc> {
        let days = from_days + (to_days - from_days) * fraction.clamp(0.0, 1.0);
        self.before((days * WORKDAY_MINUTES as f64) as i64)
    }

    /// Returns the end of the working day that is `days` working days from now.
    pub(super) fn due(&self, days: i64) -> DateTime<Utc> {
        let mut day = self.before(0);
        for _ in 0..days.max(0) {
            day += Duration::days(1);
            while is_weekend(day) {
                day += Duration::days(1);
            }
        }
        day - Duration::seconds(i64::from(day.num_seconds_from_midnight()))
            + Duration::minutes(WORKDAY_START + WORKDAY_MINUTES)
    }
}

fn nanoseconds(time: DateTime<Utc>) -> Duration {
    Duration::nanoseconds(i64::from(time.nanosecond()))
}

fn is_weekend(day: DateTime<Utc>) -> bool {
    matches!(day.weekday(), Weekday::Sat | Weekday::Sun)
}

/// Returns the working day that is `days` working days before another one.
fn workday_before(day: DateTime<Utc>, days: i64) -> DateTime<Utc> {
    let mut found = day - Duration::days(days / 5 * 7);
    for _ in 0..days % 5 {
        found -= Duration::days(1);
        while is_weekend(found) {
            found -= Duration::days(1);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn working_time_is_counted_back_in_minutes_and_forth_in_days() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        // The working day is 13:00 to 23:00 UTC. 2026-06-10 is a Wednesday.
        for (now, minutes, expected) in [
            ("2026-06-10T15:30:20.5Z", 0, "2026-06-10T15:30:00Z"),
            ("2026-06-10T15:30:00Z", 149, "2026-06-10T13:01:00Z"),
            ("2026-06-10T15:30:00Z", 150, "2026-06-09T23:00:00Z"),
            ("2026-06-10T15:30:00Z", 151, "2026-06-09T22:59:00Z"),
            ("2026-06-10T02:00:00Z", 0, "2026-06-09T23:00:00Z"),
            ("2026-06-14T15:30:00Z", 10, "2026-06-12T22:50:00Z"),
            ("2026-06-08T08:00:00Z", 0, "2026-06-05T23:00:00Z"),
            // Six working days of 600 minutes, with a weekend between them.
            ("2026-06-10T23:30:00Z", 6 * 600, "2026-06-02T23:00:00Z"),
        ] {
            assert_eq!(Calendar { now: at(now) }.before(minutes), at(expected), "{now} - {minutes}");
        }
        let calendar = Calendar { now: at("2026-06-10T15:30:00Z") };
        assert!((0..3000).all(|minutes| calendar.before(minutes + 1) < calendar.before(minutes)));
        assert_eq!((calendar.due(0), calendar.due(3)), (at("2026-06-10T23:00:00Z"), at("2026-06-15T23:00:00Z")));
    }
}

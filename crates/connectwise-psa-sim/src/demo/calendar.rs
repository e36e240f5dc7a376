//! When things happened: working hours before now, so that demo data is of this week whenever it is added.

use chrono::{DateTime, Datelike, Duration, Timelike, Utc, Weekday};

/// The working day in UTC: eight to six in the time zone of the provider.
const OPENS: i64 = 13 * 60;
const DAY: i64 = 10 * 60;

/// Working hours before a moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Calendar {
    pub(super) now: DateTime<Utc>,
}

impl Calendar {
    /// The moment that lies so many working minutes before now, in a working hour.
    pub(super) fn before(&self, minutes: i64) -> DateTime<Utc> {
        let midnight = |moment: DateTime<Utc>| {
            moment - Duration::seconds(i64::from(moment.num_seconds_from_midnight())) - nanoseconds(moment)
        };
        let mut day = midnight(self.now);
        let mut worked = (i64::from(self.now.num_seconds_from_midnight()) / 60 - OPENS).min(DAY);
        while worked <= 0 || is_weekend(day) {
            day -= Duration::days(1);
            worked = DAY;
        }
        let mut back = minutes.max(0);
        if back >= worked {
            back -= worked;
            day = workday_before(day, back / DAY + 1);
            worked = DAY;
            back %= DAY;
        }
        day + Duration::minutes(OPENS + worked - back)
    }

    /// A moment between two numbers of working days ago; greater fractions are later.
    pub(super) fn between(&self, from_days: f64, to_days: f64, fraction: f64) -> DateTime<Utc> {
        let days = from_days + (to_days - from_days) * fraction.clamp(0.0, 1.0);
        self.before((days * DAY as f64) as i64)
    }

    /// The moment so many working days from now, at the end of the day.
    pub(super) fn due(&self, days: i64) -> DateTime<Utc> {
        let mut day = self.before(0);
        for _ in 0..days.max(0) {
            day += Duration::days(1);
            while is_weekend(day) {
                day += Duration::days(1);
            }
        }
        day - Duration::seconds(i64::from(day.num_seconds_from_midnight())) + Duration::minutes(OPENS + DAY)
    }
}

fn nanoseconds(moment: DateTime<Utc>) -> Duration {
    Duration::nanoseconds(i64::from(moment.nanosecond()))
}

fn is_weekend(day: DateTime<Utc>) -> bool {
    matches!(day.weekday(), Weekday::Sat | Weekday::Sun)
}

/// The working day that lies so many before another.
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
    fn only_working_hours_count() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        for (now, minutes, expected) in [
            ("2026-06-10T15:30:20.5Z", 0, "2026-06-10T15:30:00Z"),
            ("2026-06-10T15:30:00Z", 149, "2026-06-10T13:01:00Z"),
            ("2026-06-10T15:30:00Z", 150, "2026-06-09T23:00:00Z"),
            ("2026-06-10T15:30:00Z", 151, "2026-06-09T22:59:00Z"),
            ("2026-06-10T02:00:00Z", 0, "2026-06-09T23:00:00Z"),
            ("2026-06-14T15:30:00Z", 10, "2026-06-12T22:50:00Z"),
            ("2026-06-08T08:00:00Z", 0, "2026-06-05T23:00:00Z"),
            ("2026-06-10T23:30:00Z", 6 * 600, "2026-06-02T23:00:00Z"),
        ] {
            assert_eq!(Calendar { now: at(now) }.before(minutes), at(expected), "{now} - {minutes}");
        }
        let calendar = Calendar { now: at("2026-06-10T15:30:00Z") };
        assert!((0..3000).all(|minutes| calendar.before(minutes + 1) < calendar.before(minutes)));
        assert_eq!((calendar.due(0), calendar.due(3)), (at("2026-06-10T23:00:00Z"), at("2026-06-15T23:00:00Z")));
    }
}

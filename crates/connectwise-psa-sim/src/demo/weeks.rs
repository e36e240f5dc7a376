//! Weeks, from Monday to Sunday: the periods of time sheets and expense reports.

use chrono::{DateTime, Datelike as _, Duration, NaiveTime, Utc};

/// A week, by its Monday at midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Week {
    pub(super) monday: DateTime<Utc>,
}

impl Week {
    /// Returns the week of a time.
    pub(super) fn of(time: DateTime<Utc>) -> Self {
        let days = i64::from(time.weekday().num_days_from_monday());
        Self { monday: (time - Duration::days(days)).date_naive().and_time(NaiveTime::MIN).and_utc() }
    }

    pub(super) fn sunday(self) -> DateTime<Utc> {
        self.monday + Duration::days(6)
    }

    /// Returns the day by which a sheet of the week must be submitted.
    pub(super) fn deadline(self) -> DateTime<Utc> {
        self.monday + Duration::days(8)
    }

    /// Returns the year and the number of the week, as in ISO 8601.
    pub(super) fn year_and_number(self) -> (i32, u32) {
        let week = self.monday.iso_week();
        (week.year(), week.week())
    }

    /// Returns the time when the week's sheets are opened, which is the start of the first working day.
    pub(super) fn opened(self) -> DateTime<Utc> {
        self.monday + Duration::hours(13)
    }

    /// Returns the status of a sheet of the week: open in the current week, pending in the next, then approved. One sheet
    /// in ten of the previous week is rejected.
    pub(super) fn status(self, now: DateTime<Utc>, number: usize) -> &'static str {
        match (Self::of(now).monday - self.monday).num_days() / 7 {
            ..=0 => "Open",
            1 if number % 10 == 9 => "Rejected",
            1 => "PendingApproval",
            _ => "ApprovedByTierOne",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weeks_start_on_monday_and_their_sheets_are_approved_after_two_weeks() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        // 2026-06-10 is a Wednesday.
        let week = Week::of(at("2026-06-10T18:00:00Z"));
        assert_eq!((week.monday, week.sunday()), (at("2026-06-08T00:00:00Z"), at("2026-06-14T00:00:00Z")));
        assert_eq!((week.year_and_number(), Week::of(at("2026-06-14T23:59:59Z"))), ((2026, 24), week));
        assert_eq!(Week::of(at("2027-01-01T00:00:00Z")).year_and_number(), (2026, 53));
        for (now, number, status) in [
            ("2026-06-14T10:00:00Z", 9, "Open"),
            ("2026-06-15T10:00:00Z", 0, "PendingApproval"),
            ("2026-06-15T10:00:00Z", 9, "Rejected"),
            ("2026-06-22T10:00:00Z", 9, "ApprovedByTierOne"),
        ] {
            assert_eq!(week.status(at(now), number), status, "{now}");
        }
    }
}

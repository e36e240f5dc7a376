//! `cwpsa time`: the common commands, and options for the time of a ticket.

use clap::{Args, Subcommand};
use connectwise_psa::dependencies::chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use connectwise_psa::{DateTime as Timestamp, Decimal};
use serde_json::{Map, Value};

use crate::commands::records::Time;
use crate::commands::records::change::{Create, Update};
use crate::commands::records::read::{Get, List};
use crate::context::Context;
use crate::error::{CommandError, Outcome};
use crate::records::assignment::text_of;
use crate::records::exact;
use crate::records::types::TIME;

/// The longest time entry, in minutes: a day, as in PSA.
const MAX_MINUTES: i64 = 24 * 60;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List time entries
    List(List<Time>),
    /// Show time entries by id
    Get(Get),
    /// Create a time entry
    Create(CreateTime),
    /// Change fields of time entries
    Update(Update),
}

#[derive(Debug, Args)]
pub(crate) struct CreateTime {
    /// The service ticket that the time is charged to
    #[arg(long, value_name = "ID", value_parser = clap::value_parser!(i64).range(1..))]
    ticket: Option<i64>,
    /// The time worked: 30m, 1h30m or 1.5 (hours); without a timeStart, until now
    #[arg(long, value_name = "TIME", value_parser = hours)]
    hours: Option<String>,
    /// What was done; @FILE is the text of a file
    #[arg(long, value_name = "TEXT")]
    notes: Option<String>,
    #[command(flatten)]
    create: Create,
}

impl Command {
    pub(crate) fn run(&self, context: &Context) -> Outcome {
        match self {
            Self::List(list) => list.run(context),
            Self::Get(get) => get.run(context, &TIME),
            Self::Create(create) => create.run(context),
            Self::Update(update) => update.run(context, &TIME),
        }
    }
}

impl CreateTime {
    fn run(&self, context: &Context) -> Outcome {
        let mut extra: Map<String, Value> = Map::new();
        let mut defaults: Map<String, Value> = Map::new();
        if let Some(ticket) = self.ticket {
            extra.insert("chargeToId".to_owned(), ticket.into());
            extra.insert("chargeToType".to_owned(), "ServiceTicket".into());
        }
        if let Some(hours) = &self.hours {
            let (start, _) = until(Utc::now(), hours)?;
            defaults.insert("timeStart".to_owned(), start.to_rfc3339_opts(SecondsFormat::Secs, true).into());
            extra.insert("actualHours".to_owned(), exact::number(hours));
        }
        if let Some(notes) = &self.notes {
            extra.insert("notes".to_owned(), text_of("--notes", notes)?.into());
        }
        self.create.run_with(context, &TIME, &defaults, &extra)
    }
}

/// Parses a time such as `30m`, `1h30m`, `1h` or `1.5` (hours). Returns the hours as a number's text.
pub(crate) fn hours(text: &str) -> Result<String, String> {
    let text = text.trim();
    let wrong = || format!("{text:?} is not a time such as 30m, 1h30m or 1.5");
    if exact::is_number(text) {
        let hours: f64 = text.parse().map_err(|_| wrong())?;
        return if hours > 0.0 && hours <= 24.0 {
            Ok(text.to_owned())
        } else {
            Err(format!("{text} is not between 0 and 24 hours"))
        };
    }
    let (whole, rest) = text.split_once('h').map_or(("0", text), |(whole, rest)| (whole, rest));
    let minutes = if rest.is_empty() { "0" } else { rest.strip_suffix('m').ok_or_else(wrong)? };
    if ![whole, minutes].iter().all(|number| number.bytes().all(|byte| byte.is_ascii_digit())) {
        return Err(wrong());
    }
    let (whole, minutes): (i64, i64) = (whole.parse().map_err(|_| wrong())?, minutes.parse().map_err(|_| wrong())?);
    let minutes = whole.checked_mul(60).and_then(|whole| whole.checked_add(minutes)).ok_or_else(wrong)?;
    if !(1..=MAX_MINUTES).contains(&minutes) {
        return Err(format!("{text} is not between 0 and 24 hours"));
    }
    // PSA keeps four decimals of hours.
    let ten_thousandths = (minutes * 10_000 + 30) / 60;
    let fraction = format!("{:04}", ten_thousandths % 10_000);
    let fraction = fraction.trim_end_matches('0');
    let whole = ten_thousandths / 10_000;
    Ok(if fraction.is_empty() { whole.to_string() } else { format!("{whole}.{fraction}") })
}

/// Returns the start of a time that ends at `end`, and its hours.
pub(crate) fn until(end: DateTime<Utc>, hours: &str) -> Result<(Timestamp, Decimal), CommandError> {
    let wrong = || CommandError::usage(format!("{hours:?} is not a number of hours"));
    let decimal: Decimal = hours.parse().map_err(|_| wrong())?;
    let minutes: f64 = hours.parse::<f64>().map_err(|_| wrong())? * 60.0;
    #[allow(clippy::cast_possible_truncation, reason = "a time of at most 24 hours")]
    let start = end - TimeDelta::minutes(minutes.round() as i64);
    Ok((start, decimal))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_become_hours() {
        for (text, expected) in [
            ("30m", "0.5"),
            ("1h30m", "1.5"),
            ("2h", "2"),
            ("0.25", "0.25"),
            ("20m", "0.3333"),
            ("1.5", "1.5"),
            ("24h", "24"),
        ] {
            assert_eq!(hours(text).as_deref(), Ok(expected), "{text}");
        }
        for text in ["", "m", "h", "x", "-1", "0", "0m", "25h", "1h-5m", "30", "1e9", "9223372036854775807h"] {
            assert!(hours(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_time_ends_now() {
        let end = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let (start, hours) = until(end, "0.5").unwrap();
        assert_eq!((end - start.to_utc()).num_minutes(), 30);
        assert_eq!(hours.to_string(), "0.5");
    }
}

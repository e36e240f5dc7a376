//! Dates that the OpenAPI document declares as strings. The string is kept unchanged; `date_time` and `date` parse it.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer};
use serde::ser::{Serialize, Serializer};

use crate::json::open_enum::required_text;
use crate::json::property::Property;
use crate::json::scalars::{Date, DateTime, Scalar as _, TextVisitor, date_text, date_time_text};

/// A date that the OpenAPI document declares as a string without a format, such as `closedDate` or `nextInvoiceDate`.
///
/// The string is kept and written back unchanged, so every value can be read. A number becomes a string.
/// [`date_time`](Self::date_time) and [`date`](Self::date) parse it. Two values are equal if their strings are equal.
///
/// ```
/// use connectwise_psa_core::json::DateText;
///
/// let closed = DateText::from("2026-06-09T21:59:49Z");
/// assert_eq!(closed.date_time().map(|timestamp| timestamp.timestamp()), Some(1_781_042_389));
/// let odd = DateText::from("soon");
/// assert_eq!((odd.date_time(), odd.as_str()), (None, "soon"));
/// ```
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct DateText(String);

impl DateText {
    /// Parses the string as a timestamp in the format of RFC 3339, also with a space for `T`. A string without an
    /// offset is in UTC. A date without a time is midnight UTC. Returns `None` for any other text.
    #[must_use]
    pub fn date_time(&self) -> Option<DateTime> {
        DateTime::from_text(self.0.trim())
    }

    /// Parses the string as a date, in the same formats as [`date_time`](Self::date_time). Returns the date as written:
    /// an offset does not change it. Returns `None` for any other text.
    #[must_use]
    pub fn date(&self) -> Option<Date> {
        Date::from_text(self.0.trim())
    }

    /// Returns the string.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for DateText {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for DateText {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<DateTime> for DateText {
    /// Formats the timestamp as the server does: `2026-06-09T21:59:49Z`.
    fn from(timestamp: DateTime) -> Self {
        Self(date_time_text(&timestamp).unwrap_or_else(|| timestamp.to_rfc3339()))
    }
}

impl From<Date> for DateText {
    /// Formats the date as the server does, as midnight UTC: `2026-06-09T00:00:00Z`.
    fn from(date: Date) -> Self {
        Self(date_text(&date).unwrap_or_else(|| date.to_string()))
    }
}

impl From<DateText> for String {
    fn from(date: DateText) -> Self {
        date.0
    }
}

impl PartialEq<str> for DateText {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl PartialEq<&str> for DateText {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

impl fmt::Display for DateText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for DateText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl Property for DateText {
    fn read_property<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Self>, D::Error> {
        Ok(from.deserialize_any(TextVisitor)?.map(Cow::into_owned).map(Self))
    }

    fn write_property<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.0)
    }

    fn debug_property(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

impl Serialize for DateText {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.write_property(to)
    }
}

impl<'de> Deserialize<'de> for DateText {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        required_text(from).map(|text| Self(text.into_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_string_is_kept_and_parsed() {
        for (text, timestamp, date) in [
            ("2026-06-09T21:59:49Z", Some("2026-06-09T21:59:49Z"), Some("2026-06-09")),
            ("2026-06-09T23:30:00-02:00", Some("2026-06-10T01:30:00Z"), Some("2026-06-09")),
            ("2026-06-09 21:59:49.5", Some("2026-06-09T21:59:49.5Z"), Some("2026-06-09")),
            (" 2026-06-09 ", Some("2026-06-09T00:00:00Z"), Some("2026-06-09")),
            ("06/09/2026", None, None),
            ("soon", None, None),
            ("", None, None),
        ] {
            let read: DateText = serde_json::from_value(serde_json::json!(text)).unwrap();
            assert_eq!(serde_json::to_value(&read).unwrap(), text);
            assert_eq!(read.date_time().and_then(|found| date_time_text(&found)).as_deref(), timestamp, "{text}");
            assert_eq!(read.date().map(|found| found.to_string()).as_deref(), date, "{text}");
        }
        assert_eq!(serde_json::from_str::<DateText>("20260609").unwrap(), "20260609", "a number becomes a string");
    }

    #[test]
    fn dates_are_formatted_as_the_server_does() {
        let date = DateText::from("2026-06-09T21:59:49.25Z");
        let timestamp = date.date_time().unwrap();
        assert_eq!(DateText::from(timestamp), date);
        assert_eq!(DateText::from(date.date().unwrap()), "2026-06-09T00:00:00Z");
    }
}

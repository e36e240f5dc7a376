//! Scalars: numbers, booleans, strings, dates and UUIDs. Every notation that the server is known to send is accepted;
//! one notation is written.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use chrono::{
    DateTime as ChronoDateTime, Datelike as _, NaiveDate, NaiveDateTime, NaiveTime, SecondsFormat, Timelike as _, Utc,
};
use serde::de::{DeserializeSeed, Deserializer, MapAccess, Unexpected, Visitor};
use serde::ser::{Error as _, Serializer};
use uuid::Uuid;

use crate::json::property::{Property, null_is_none};
use crate::json::to_value::number_text;

/// A timestamp in UTC, written as `2026-06-09T21:59:49Z`. Observed on live servers: other offsets are rejected.
pub type DateTime = ChronoDateTime<Utc>;

/// A calendar date. In records, patches and other bodies it is written as midnight UTC, `2026-06-09T00:00:00Z`, as the
/// server does.
pub type Date = NaiveDate;

/// The field name under which serde_json passes numbers if any crate enables its feature `arbitrary_precision`.
pub(crate) const NUMBER_TOKEN: &str = "$serde_json::private::Number";

/// The struct name that requests the text of a value from serde_json, and the field name under which serde_json passes
/// it. Formats that do not know the name pass the value instead.
pub(crate) const RAW_VALUE_TOKEN: &str = "$serde_json::private::RawValue";

/// A scalar that can be converted from other JSON scalars; `None` means that the conversion is not possible.
pub(crate) trait Scalar: Sized {
    const EXPECTED: &'static str;

    fn from_text(text: &str) -> Option<Self>;

    fn from_integer(_: i64) -> Option<Self> {
        None
    }

    /// Converts an integer that is greater than `i64::MAX`.
    fn from_large_integer(number: u64) -> Option<Self> {
        // The API has no integers of this size, so the rounding does not matter.
        Self::from_number(number as f64)
    }

    fn from_number(_: f64) -> Option<Self> {
        None
    }

    fn from_boolean(_: bool) -> Option<Self> {
        None
    }
}

/// Deserializes any scalar. `null` and strings of only whitespace become `None`.
pub(crate) struct ScalarVisitor<T>(pub(crate) PhantomData<T>);

impl<T: Scalar> ScalarVisitor<T> {
    fn checked<E: serde::de::Error>(self, value: Option<T>, found: Unexpected<'_>) -> Result<Option<T>, E> {
        match value {
            Some(value) => Ok(Some(value)),
            None => Err(E::invalid_value(found, &self)),
        }
    }
}

impl<'de, T: Scalar> Visitor<'de> for ScalarVisitor<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<Option<T>, E> {
        self.checked(T::from_boolean(value), Unexpected::Bool(value))
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Option<T>, E> {
        self.checked(T::from_integer(number), Unexpected::Signed(number))
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Option<T>, E> {
        match i64::try_from(number) {
            Ok(number) => self.visit_i64(number),
            Err(_) => self.checked(T::from_large_integer(number), Unexpected::Unsigned(number)),
        }
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Option<T>, E> {
        self.checked(T::from_number(number), Unexpected::Float(number))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Option<T>, E> {
        let trimmed = text.trim();
        if trimmed.is_empty() { Ok(None) } else { self.checked(T::from_text(trimmed), Unexpected::Str(text)) }
    }

    null_is_none!();

    fn visit_newtype_struct<D: Deserializer<'de>>(self, from: D) -> Result<Option<T>, D::Error> {
        from.deserialize_any(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Option<T>, A::Error> {
        match map.next_key::<Cow<'de, str>>()?.as_deref() {
            Some(NUMBER_TOKEN) => self.visit_str(&map.next_value::<Cow<'de, str>>()?),
            Some(RAW_VALUE_TOKEN) => self.raw_value(&map.next_value_seed(TextSeed)?),
            _ => Err(serde::de::Error::invalid_type(Unexpected::Map, &self)),
        }
    }
}

impl<T: Scalar> ScalarVisitor<T> {
    /// Converts the text of a JSON value.
    fn raw_value<E: serde::de::Error>(self, json: &str) -> Result<Option<T>, E> {
        match json.bytes().next() {
            Some(b'"') => match serde_json::from_str::<Cow<'_, str>>(json) {
                Ok(text) => self.visit_str(&text),
                Err(error) => Err(E::custom(error)),
            },
            Some(b't') => self.visit_bool(true),
            Some(b'f') => self.visit_bool(false),
            Some(b'n') => Ok(None),
            Some(b'{') => match serde_json::from_str(json).ok().as_ref().and_then(number_text) {
                Some(number) => self.visit_str(&number),
                None => Err(E::invalid_type(Unexpected::Map, &self)),
            },
            Some(b'[') => Err(E::invalid_type(Unexpected::Seq, &self)),
            _ => self.checked(T::from_text(json), Unexpected::Other("number")),
        }
    }
}

/// Deserializes a string, without copying it if the input allows that.
pub(crate) struct TextSeed;

impl<'de> DeserializeSeed<'de> for TextSeed {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Cow<'de, str>, D::Error> {
        from.deserialize_str(TextVisitor).map(Option::unwrap_or_default)
    }
}

/// Returns the text of a number that serde_json passes as a map; any other map is an error.
fn number_token<'de, A: MapAccess<'de>>(mut map: A, expected: &dyn serde::de::Expected) -> Result<String, A::Error> {
    match map.next_key::<String>()? {
        Some(name) if name == NUMBER_TOKEN => map.next_value(),
        _ => Err(serde::de::Error::invalid_type(Unexpected::Map, expected)),
    }
}

/// Deserializes a string, borrowed if the input allows that. Numbers and booleans become strings.
pub(crate) struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Option<Cow<'de, str>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_borrowed_str<E: serde::de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Some(Cow::Borrowed(text)))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(text.to_owned())))
    }

    fn visit_string<E: serde::de::Error>(self, text: String) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(text)))
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Some(Cow::Borrowed(if value { "true" } else { "false" })))
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(number.to_string())))
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(number.to_string())))
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Self::Value, E> {
        // `Debug` formats 1 as `1.0`, as JSON does; `Display` does not.
        Ok(Some(Cow::Owned(format!("{number:?}"))))
    }

    null_is_none!();

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        Ok(Some(Cow::Owned(number_token(map, &self)?)))
    }
}

impl Scalar for i64 {
    const EXPECTED: &'static str = "an integer";

    fn from_text(text: &str) -> Option<Self> {
        let whole = text
            .split_once('.')
            .filter(|(_, fraction)| fraction.bytes().all(|digit| digit == b'0'))
            .map_or(text, |(whole, _)| whole);
        whole.parse().ok().or_else(|| Self::from_number(f64::from_text(text)?))
    }

    fn from_integer(number: i64) -> Option<Self> {
        Some(number)
    }

    fn from_number(number: f64) -> Option<Self> {
        // Beyond 2^53, an f64 may have been rounded.
        let fits = number.fract() == 0.0 && number.abs() <= 9_007_199_254_740_992.0;
        fits.then_some(number as Self)
    }
}

impl Scalar for i32 {
    const EXPECTED: &'static str = "a 32-bit integer";

    fn from_text(text: &str) -> Option<Self> {
        Self::from_integer(i64::from_text(text)?)
    }

    fn from_integer(number: i64) -> Option<Self> {
        Self::try_from(number).ok()
    }

    fn from_number(number: f64) -> Option<Self> {
        Self::from_integer(i64::from_number(number)?)
    }
}

impl Scalar for f64 {
    const EXPECTED: &'static str = "a number";

    fn from_text(text: &str) -> Option<Self> {
        // The standard parser also accepts `inf` and `nan`, and returns infinity for numbers that are too large.
        text.parse().ok().filter(|number: &Self| number.is_finite())
    }

    fn from_integer(number: i64) -> Option<Self> {
        Some(number as Self)
    }

    fn from_number(number: f64) -> Option<Self> {
        number.is_finite().then_some(number)
    }
}

impl Scalar for bool {
    const EXPECTED: &'static str = "true or false";

    fn from_text(text: &str) -> Option<Self> {
        match text {
            "0" => Some(false),
            "1" => Some(true),
            text if text.eq_ignore_ascii_case("true") => Some(true),
            text if text.eq_ignore_ascii_case("false") => Some(false),
            // With `arbitrary_precision`, the number 1.0 arrives as text.
            text => Self::from_number(f64::from_text(text)?),
        }
    }

    fn from_integer(number: i64) -> Option<Self> {
        match number {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    fn from_number(number: f64) -> Option<Self> {
        Self::from_integer(i64::from_number(number)?)
    }

    fn from_boolean(value: bool) -> Option<Self> {
        Some(value)
    }
}

impl Scalar for Uuid {
    const EXPECTED: &'static str = "a UUID";

    fn from_text(text: &str) -> Option<Self> {
        Self::parse_str(text).ok()
    }
}

impl Scalar for DateTime {
    const EXPECTED: &'static str = "a date and time such as 2026-06-09T21:59:49Z";

    fn from_text(text: &str) -> Option<Self> {
        if !starts_with_date(text) {
            return None;
        }
        if let Ok(timestamp) = ChronoDateTime::parse_from_rfc3339(text) {
            return Some(timestamp.to_utc());
        }
        if let Ok(timestamp) = ChronoDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%#z") {
            return Some(timestamp.to_utc());
        }
        for format in ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M"] {
            if let Ok(timestamp) = NaiveDateTime::parse_from_str(text, format) {
                return Some(timestamp.and_utc());
            }
        }
        let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
        Some(date.and_time(NaiveTime::MIN).and_utc())
    }
}

impl Scalar for Date {
    const EXPECTED: &'static str = "a date such as 2026-06-09";

    fn from_text(text: &str) -> Option<Self> {
        // The offset of a timestamp does not change its date. The rest of the text must still be a valid time.
        DateTime::from_text(text)?;
        Self::parse_from_str(text.get(..10)?, "%Y-%m-%d").ok()
    }
}

/// Returns whether the text starts like `2026-06-09`. chrono alone also accepts years with one digit or a sign.
fn starts_with_date(text: &str) -> bool {
    let shape =
        |(index, byte): (usize, &u8)| if index == 4 || index == 7 { *byte == b'-' } else { byte.is_ascii_digit() };
    text.len() >= 10 && text.as_bytes().iter().take(10).enumerate().all(shape)
}

/// Formats a timestamp with seconds and, if there is one, the fraction to 100 ns, which is the precision of .NET.
/// `None` outside the years 1 to 9999.
pub(crate) fn date_time_text(timestamp: &DateTime) -> Option<String> {
    // .NET and SQL Server do not support other years.
    (1..=9999).contains(&timestamp.year()).then(|| format_date_time(timestamp))
}

/// Formats a timestamp in the years 1 to 9999. A leap second becomes the second before it, because .NET has no leap
/// seconds.
pub(crate) fn format_date_time(timestamp: &DateTime) -> String {
    let ticks = timestamp.nanosecond() % 1_000_000_000 / 100;
    let mut text = timestamp.with_nanosecond(0).unwrap_or(*timestamp).to_rfc3339_opts(SecondsFormat::Secs, true);
    if ticks != 0 {
        text.pop();
        text.push('.');
        text.push_str(format!("{ticks:07}").trim_end_matches('0'));
        text.push('Z');
    }
    text
}

/// Parses a timestamp in any format that the server is known to use. Without an offset it is in UTC.
pub(crate) fn date_time_from_text(text: &str) -> Option<DateTime> {
    DateTime::from_text(text)
}

/// Parses a boolean.
pub(crate) fn boolean_from_text(text: &str) -> Option<bool> {
    bool::from_text(text)
}

/// Formats a date as midnight UTC; `None` outside the years 1 to 9999.
pub(crate) fn date_text(date: &Date) -> Option<String> {
    (1..=9999).contains(&date.year()).then(|| format!("{date}T00:00:00Z"))
}

/// Implements `Property` with the shared lenient deserialization and the given serialization.
macro_rules! scalar_property {
    ($type:ty, $value:ident, $to:ident, $write:expr) => {
        impl Property for $type {
            fn read_property<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Self>, D::Error> {
                from.deserialize_any(ScalarVisitor::<Self>(PhantomData))
            }

            fn write_property<S: Serializer>(&self, $to: S) -> Result<S::Ok, S::Error> {
                let $value = self;
                $write
            }

            fn debug_property(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    };
}

scalar_property!(i32, value, to, to.serialize_i32(*value));
scalar_property!(i64, value, to, to.serialize_i64(*value));
scalar_property!(bool, value, to, to.serialize_bool(*value));
scalar_property!(Uuid, value, to, to.collect_str(value));
scalar_property!(
    DateTime,
    value,
    to,
    match date_time_text(value) {
        Some(text) => to.serialize_str(&text),
        None => Err(S::Error::custom(format_args!("{value} is outside the years 1 to 9999"))),
    }
);
scalar_property!(
    Date,
    value,
    to,
    match date_text(value) {
        Some(text) => to.serialize_str(&text),
        None => Err(S::Error::custom(format_args!("{value} is outside the years 1 to 9999"))),
    }
);

impl Property for String {
    fn read_property<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Self>, D::Error> {
        Ok(from.deserialize_any(TextVisitor)?.map(Cow::into_owned))
    }

    fn write_property<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self)
    }

    fn debug_property(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

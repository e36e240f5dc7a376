//! Scalars: numbers, flags, text, dates and ids, read in every form the server is known to send and written in one.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use chrono::{DateTime as ChronoDateTime, Datelike as _, NaiveDate, NaiveDateTime, NaiveTime, Timelike as _, Utc};
use serde::de::{DeserializeSeed, Deserializer, MapAccess, Unexpected, Visitor};
use serde::ser::{Error as _, Serializer};
use uuid::Uuid;

use crate::json::property::{Property, null_is_none};
use crate::json::to_value::number_text;

/// A moment, in UTC. Written as `2026-06-09T21:59:49Z`: facts: the server refuses offsets.
pub type DateTime = ChronoDateTime<Utc>;

/// A calendar date. As a member of a record it is written as midnight, `2026-06-09T00:00:00Z`, which is how the server
/// writes a date; as the value of a [`Patch`](crate::patch::Patch) it is written by its own type, `2026-06-09`, so give
/// a [`DateTime`] there.
pub type Date = NaiveDate;

/// How serde_json hands over a number when its `arbitrary_precision` feature is on anywhere in the program.
pub(crate) const NUMBER_TOKEN: &str = "$serde_json::private::Number";

/// How serde_json is asked for the text of a value, and what it calls that text. A format that does not know the name
/// answers with the value instead.
pub(crate) const RAW_VALUE_TOKEN: &str = "$serde_json::private::RawValue";

/// How a scalar is made from each kind of JSON scalar; `None` when it cannot be.
pub(crate) trait Scalar: Sized {
    const EXPECTED: &'static str;

    fn from_text(text: &str) -> Option<Self>;

    fn from_integer(_: i64) -> Option<Self> {
        None
    }

    /// A whole number that is larger than 64 bits with a sign.
    fn from_large_integer(number: u64) -> Option<Self> {
        // Exact enough: no integer of the API is as large.
        Self::from_number(number as f64)
    }

    fn from_number(_: f64) -> Option<Self> {
        None
    }

    fn from_boolean(_: bool) -> Option<Self> {
        None
    }
}

/// Reads any scalar; `null` and blank text are none.
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

    fn visit_bool<E: serde::de::Error>(self, flag: bool) -> Result<Option<T>, E> {
        self.checked(T::from_boolean(flag), Unexpected::Bool(flag))
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
    /// Reads the text of a JSON value.
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

/// Reads text without copying it where the input allows.
struct TextSeed;

impl<'de> DeserializeSeed<'de> for TextSeed {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Cow<'de, str>, D::Error> {
        from.deserialize_str(TextVisitor).map(Option::unwrap_or_default)
    }
}

/// The text of a number that comes as a map; any other map is an error.
fn number_token<'de, A: MapAccess<'de>>(mut map: A, expected: &dyn serde::de::Expected) -> Result<String, A::Error> {
    match map.next_key::<String>()? {
        Some(name) if name == NUMBER_TOKEN => map.next_value(),
        _ => Err(serde::de::Error::invalid_type(Unexpected::Map, expected)),
    }
}

/// Reads text, borrowed where the input allows; numbers and flags are kept as their text.
pub(crate) struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Option<Cow<'de, str>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text")
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

    fn visit_bool<E: serde::de::Error>(self, flag: bool) -> Result<Self::Value, E> {
        Ok(Some(Cow::Borrowed(if flag { "true" } else { "false" })))
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(number.to_string())))
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(number.to_string())))
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Self::Value, E> {
        // Debug keeps the point of `1.0`, as JSON does.
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
        // Beyond 2^53 the number may be another than the one that was written.
        let fits = number.fract() == 0.0 && number.abs() <= 9_007_199_254_740_992.0;
        fits.then_some(number as Self)
    }
}

impl Scalar for i32 {
    const EXPECTED: &'static str = "an integer of 32 bits";

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
        // The standard parser also takes `inf` and `nan`, and makes infinity of what is too large.
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
            // With `arbitrary_precision`, this is how the number 1.0 comes.
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

    fn from_boolean(flag: bool) -> Option<Self> {
        Some(flag)
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
        if let Ok(moment) = ChronoDateTime::parse_from_rfc3339(text) {
            return Some(moment.to_utc());
        }
        if let Ok(moment) = ChronoDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%#z") {
            return Some(moment.to_utc());
        }
        for form in ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M"] {
            if let Ok(moment) = NaiveDateTime::parse_from_str(text, form) {
                return Some(moment.and_utc());
            }
        }
        let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
        Some(date.and_time(NaiveTime::MIN).and_utc())
    }
}

impl Scalar for Date {
    const EXPECTED: &'static str = "a date such as 2026-06-09";

    fn from_text(text: &str) -> Option<Self> {
        // A date is a day on the calendar and no moment, so an offset does not move it. The rest must still be a time.
        DateTime::from_text(text)?;
        Self::parse_from_str(text.get(..10)?, "%Y-%m-%d").ok()
    }
}

/// Whether the text starts like `2026-06-09`: chrono alone would also take years of one digit and with a sign.
fn starts_with_date(text: &str) -> bool {
    let shape =
        |(index, byte): (usize, &u8)| if index == 4 || index == 7 { *byte == b'-' } else { byte.is_ascii_digit() };
    text.len() >= 10 && text.as_bytes().iter().take(10).enumerate().all(shape)
}

/// The text of a moment: seconds, and the fraction when there is one, to the 100 ns that .NET keeps.
pub(crate) fn date_time_text(moment: &DateTime) -> Option<String> {
    // Years that .NET and SQL Server do not have.
    (1..=9999).contains(&moment.year()).then(|| text_of_moment(moment))
}

/// The text of a moment in the years 1 to 9999.
pub(crate) fn text_of_moment(moment: &DateTime) -> String {
    let ticks = moment.nanosecond() % 1_000_000_000 / 100;
    let mut text = moment.format("%Y-%m-%dT%H:%M:%S").to_string();
    if ticks != 0 {
        text.push('.');
        text.push_str(format!("{ticks:07}").trim_end_matches('0'));
    }
    text.push('Z');
    text
}

/// A moment from its text, in every form the server is known to use; without an offset it is in UTC.
pub(crate) fn moment_of_text(text: &str) -> Option<DateTime> {
    DateTime::from_text(text)
}

/// true or false from its text.
pub(crate) fn boolean_from_text(text: &str) -> Option<bool> {
    bool::from_text(text)
}

/// The text of a date.
pub(crate) fn date_text(date: &Date) -> Option<String> {
    (1..=9999).contains(&date.year()).then(|| date.format("%Y-%m-%dT00:00:00Z").to_string())
}

/// The lenient reading is shared; writing differs.
macro_rules! scalar_member {
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

scalar_member!(i32, value, to, to.serialize_i32(*value));
scalar_member!(i64, value, to, to.serialize_i64(*value));
scalar_member!(bool, value, to, to.serialize_bool(*value));
scalar_member!(Uuid, value, to, to.collect_str(value));
scalar_member!(
    DateTime,
    value,
    to,
    match date_time_text(value) {
        Some(text) => to.serialize_str(&text),
        None => Err(S::Error::custom(format_args!("{value} is outside the years 1 to 9999"))),
    }
);
scalar_member!(
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

//! Serializes a program's values as the server reads them: dates in UTC, and only numbers that JSON can represent.

use std::fmt::Display;

use serde::ser::{
    Error as _, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

use crate::json::scalars::{date_time_from_text, date_time_text};

/// A value that is serialized in the server's notation, also inside objects and arrays:
///
/// - A timestamp of any time zone is written in UTC, with at most seven decimals; a date, as midnight. Observed on live
///   servers: timestamps with an offset are rejected.
/// - A number that is not finite is an error. serde_json would write `null`, which clears a field.
///
/// Strings are never changed, even if they look like a date. The date types of chrono and jiff are recognized because
/// they format themselves ([`Serializer::collect_str`]), which strings do not.
pub(crate) struct ServerNotation<'a, T: ?Sized>(pub(crate) &'a T);

impl<T: Serialize + ?Sized> Serialize for ServerNotation<'_, T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(Notation(to))
    }
}

/// Returns a date or timestamp in the server's notation, and any other text unchanged. A year outside 1 to 9999 is an
/// error.
fn in_server_notation(text: String) -> Result<String, String> {
    // A zone name follows the offset in RFC 9557: `2026-06-09T21:59:49-04:00[America/New_York]`.
    let timestamp = match text.split_once('[') {
        Some((timestamp, zone)) if zone.ends_with(']') => timestamp,
        _ => text.as_str(),
    };
    let out_of_range = || Err(format!("{text} is outside the years 1 to 9999"));
    match year_digits(timestamp) {
        None => Ok(text),
        // Without a sign, a longer number is not the year of a date, but a part of some other text.
        Some(digits) if digits != 4 && !timestamp.starts_with(['+', '-']) => Ok(text),
        Some(4) => match date_time_from_text(timestamp) {
            Some(parsed) => date_time_text(&parsed).map_or_else(out_of_range, Ok),
            None => Ok(text),
        },
        Some(_) => out_of_range(),
    }
}

/// Returns the number of characters of the year, with its sign, if the text is a date or begins with a date and `T`.
fn year_digits(text: &str) -> Option<usize> {
    let sign = usize::from(text.starts_with(['+', '-']));
    let digits = text.bytes().skip(sign).take_while(u8::is_ascii_digit).count();
    let rest = text.as_bytes().get(sign + digits..)?;
    let is_date = match rest {
        [b'-', m1, m2, b'-', d1, d2, after @ ..] => {
            [m1, m2, d1, d2].into_iter().all(u8::is_ascii_digit) && matches!(after.first(), None | Some(b'T' | b' '))
        }
        _ => false,
    };
    (is_date && digits >= 4).then_some(sign + digits)
}

/// The serializer that writes to another one in the server's notation.
struct Notation<S>(S);

macro_rules! forward {
    ($($name:ident($type:ty)),* $(,)?) => {
        $(fn $name(self, value: $type) -> Result<S::Ok, S::Error> {
            self.0.$name(value)
        })*
    };
}

macro_rules! nested {
    ($($name:ident($($argument:ident: $type:ty),*) -> $compound:ident),* $(,)?) => {
        $(fn $name(self, $($argument: $type),*) -> Result<Self::$compound, S::Error> {
            self.0.$name($($argument),*).map(Notation)
        })*
    };
}

fn check_finite<E: serde::ser::Error>(number: f64) -> Result<(), E> {
    if number.is_finite() {
        Ok(())
    } else {
        Err(E::custom(format_args!("{number} is not a number that JSON can represent")))
    }
}

impl<S: Serializer> Serializer for Notation<S> {
    type Ok = S::Ok;
    type Error = S::Error;
    type SerializeSeq = Notation<S::SerializeSeq>;
    type SerializeTuple = Notation<S::SerializeTuple>;
    type SerializeTupleStruct = Notation<S::SerializeTupleStruct>;
    type SerializeTupleVariant = Notation<S::SerializeTupleVariant>;
    type SerializeMap = Notation<S::SerializeMap>;
    type SerializeStruct = Notation<S::SerializeStruct>;
    type SerializeStructVariant = Notation<S::SerializeStructVariant>;

    forward! {
        serialize_bool(bool), serialize_i8(i8), serialize_i16(i16), serialize_i32(i32), serialize_i64(i64),
        serialize_i128(i128), serialize_u8(u8), serialize_u16(u16), serialize_u32(u32), serialize_u64(u64),
        serialize_u128(u128), serialize_char(char), serialize_str(&str), serialize_bytes(&[u8]),
        serialize_unit_struct(&'static str),
    }
    nested! {
        serialize_seq(length: Option<usize>) -> SerializeSeq,
        serialize_tuple(length: usize) -> SerializeTuple,
        serialize_tuple_struct(name: &'static str, length: usize) -> SerializeTupleStruct,
        serialize_tuple_variant(name: &'static str, index: u32, variant: &'static str, length: usize)
            -> SerializeTupleVariant,
        serialize_map(length: Option<usize>) -> SerializeMap,
        serialize_struct(name: &'static str, length: usize) -> SerializeStruct,
        serialize_struct_variant(name: &'static str, index: u32, variant: &'static str, length: usize)
            -> SerializeStructVariant,
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        match in_server_notation(value.to_string()) {
            Ok(text) => self.0.serialize_str(&text),
            Err(message) => Err(S::Error::custom(message)),
        }
    }

    fn serialize_f32(self, number: f32) -> Result<S::Ok, S::Error> {
        check_finite(number.into())?;
        self.0.serialize_f32(number)
    }

    fn serialize_f64(self, number: f64) -> Result<S::Ok, S::Error> {
        check_finite(number)?;
        self.0.serialize_f64(number)
    }

    fn serialize_none(self) -> Result<S::Ok, S::Error> {
        self.0.serialize_none()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        self.0.serialize_some(&ServerNotation(value))
    }

    fn serialize_unit(self) -> Result<S::Ok, S::Error> {
        self.0.serialize_unit()
    }

    fn serialize_unit_variant(self, name: &'static str, index: u32, variant: &'static str) -> Result<S::Ok, S::Error> {
        self.0.serialize_unit_variant(name, index, variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Result<S::Ok, S::Error> {
        self.0.serialize_newtype_struct(name, &ServerNotation(value))
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        self.0.serialize_newtype_variant(name, index, variant, &ServerNotation(value))
    }

    fn is_human_readable(&self) -> bool {
        self.0.is_human_readable()
    }
}

macro_rules! compound {
    ($($trait:ident: $name:ident($($key:ident: $type:ty)?)),* $(,)?) => {
        $(impl<S: $trait> $trait for Notation<S> {
            type Ok = S::Ok;
            type Error = S::Error;

            fn $name<T: Serialize + ?Sized>(&mut self, $($key: $type,)? value: &T) -> Result<(), S::Error> {
                self.0.$name($($key,)? &ServerNotation(value))
            }

            fn end(self) -> Result<S::Ok, S::Error> {
                self.0.end()
            }
        })*
    };
}

compound! {
    SerializeSeq: serialize_element(), SerializeTuple: serialize_element(), SerializeTupleStruct: serialize_field(),
    SerializeTupleVariant: serialize_field(), SerializeStruct: serialize_field(name: &'static str),
    SerializeStructVariant: serialize_field(name: &'static str),
}

impl<S: SerializeMap> SerializeMap for Notation<S> {
    type Ok = S::Ok;
    type Error = S::Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), S::Error> {
        // A key is a name, not a value.
        self.0.serialize_key(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), S::Error> {
        self.0.serialize_value(&ServerNotation(value))
    }

    fn end(self) -> Result<S::Ok, S::Error> {
        self.0.end()
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, Utc};
    use serde_json::json;

    use super::*;

    #[test]
    fn dates_are_written_in_utc_and_other_text_is_unchanged() {
        for (text, expected) in [
            ("2026-06-09T21:59:49Z", Ok("2026-06-09T21:59:49Z")),
            ("2026-06-09T21:59:49+02:00", Ok("2026-06-09T19:59:49Z")),
            ("2026-06-09T21:59:49.123456789-04:00", Ok("2026-06-10T01:59:49.1234567Z")),
            ("2026-06-09T21:59:49.500-04:00[America/New_York]", Ok("2026-06-10T01:59:49.5Z")),
            ("2026-06-09T21:59:49", Ok("2026-06-09T21:59:49Z")),
            ("2026-06-09", Ok("2026-06-09T00:00:00Z")),
            ("2016-12-31T23:59:60Z", Ok("2016-12-31T23:59:59Z")),
            ("0001-01-01", Ok("0001-01-01T00:00:00Z")),
            ("0000-06-09", Err("0000-06-09 is outside the years 1 to 9999")),
            ("+10000-01-01T00:00:00Z", Err("+10000-01-01T00:00:00Z is outside the years 1 to 9999")),
            ("-0001-01-01", Err("-0001-01-01 is outside the years 1 to 9999")),
            ("0001-01-01T00:00:00+01:00", Err("0001-01-01T00:00:00+01:00 is outside the years 1 to 9999")),
            ("2026-06-09 is a day", Ok("2026-06-09 is a day")),
            ("2026-06-0900", Ok("2026-06-0900")),
            ("12345-67-89", Ok("12345-67-89")),
            ("12345-06-09", Ok("12345-06-09")),
            ("2026-13-09", Ok("2026-13-09")),
            ("555-01-00", Ok("555-01-00")),
            ("1.5", Ok("1.5")),
            ("ä", Ok("ä")),
            ("", Ok("")),
        ] {
            assert_eq!(
                in_server_notation(text.to_owned()),
                expected.map(str::to_owned).map_err(str::to_owned),
                "{text}"
            );
        }
    }

    #[derive(serde::Serialize)]
    struct Nested {
        list: Vec<Option<DateTime<FixedOffset>>>,
        pair: (NaiveDate, NaiveDateTime),
        text: &'static str,
        json: serde_json::Value,
    }

    #[test]
    fn values_are_converted_by_their_type_at_any_depth() {
        const TEXT: &str = "2026-06-09T21:59:49+02:00";
        let timestamp: DateTime<FixedOffset> = TEXT.parse().unwrap();
        let nested = Nested {
            list: vec![Some(timestamp), None],
            pair: (timestamp.date_naive(), timestamp.naive_utc()),
            text: TEXT,
            json: json!({"text": TEXT}),
        };
        assert_eq!(
            serde_json::to_value(ServerNotation(&nested)).unwrap(),
            json!({
                "list": ["2026-06-09T19:59:49Z", null],
                "pair": ["2026-06-09T00:00:00Z", "2026-06-09T19:59:49Z"],
                "text": TEXT,
                "json": {"text": TEXT},
            })
        );
        let error = serde_json::to_string(&ServerNotation(&[Some(DateTime::<Utc>::MAX_UTC)])).unwrap_err();
        assert!(error.to_string().contains("outside the years 1 to 9999"), "{error}");
        for number in [f64::NAN, f64::INFINITY] {
            let error = serde_json::to_string(&ServerNotation(&json_map(number))).unwrap_err().to_string();
            assert!(error.contains("is not a number that JSON can represent"), "{error}");
        }
    }

    fn json_map(number: f64) -> std::collections::BTreeMap<&'static str, f64> {
        [("a", number)].into()
    }
}

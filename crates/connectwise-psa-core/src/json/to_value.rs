//! Conversion of a program's values to JSON, in the server's notation and without loss: a number that a [`Value`] would
//! round keeps its digits.

use std::borrow::Cow;
use std::collections::BTreeMap;

use bytes::Bytes;
use serde::ser::{Error as _, Serialize, Serializer};
use serde_json::value::RawValue;
use serde_json::{Error, Map, Number, Value};

use crate::error::Error as PsaError;
use crate::json::digits::is_same_number;
use crate::json::scalars::NUMBER_TOKEN;
use crate::json::server_notation::ServerNotation;

/// Converts a value to JSON in the [server's notation](ServerNotation): dates in UTC. A number that is not finite is an
/// error.
///
/// A number with more digits than a `Value` keeps becomes an object with the field [`NUMBER_TOKEN`], as in serde_json's
/// `arbitrary_precision`: [`number_text`] reads it and [`Exact`] writes it as a number.
pub(crate) fn to_value(value: &impl Serialize) -> Result<Value, Error> {
    exact_value(&serde_json::to_string(&ServerNotation(value))?)
}

/// Serializes a value as JSON, with all digits of its numbers. Dates and timestamps of chrono and jiff are written as the
/// server reads them, in UTC: `2026-06-09T21:59:49Z`. Strings are not changed, nor is a
/// [`Value`](serde_json::Value), whose dates are strings.
///
/// # Errors
///
/// An invalid-input error for a value that cannot be sent: a number that is not finite, which serde_json would write as
/// `null`, or a date outside the years 1 to 9999.
pub fn json_text(value: &(impl Serialize + ?Sized)) -> Result<Bytes, PsaError> {
    serde_json::to_vec(&ServerNotation(value))
        .map(Bytes::from)
        .map_err(|error| PsaError::invalid_input("body", format!("cannot be written as JSON: {error}")))
}

/// Parses JSON. Every number keeps its exact value, but not its notation: `1.50` becomes `1.5`. See [`to_value`].
pub(crate) fn exact_value(json: &str) -> Result<Value, Error> {
    let json = json.trim_ascii();
    match json.bytes().next() {
        Some(b'{') => {
            let fields: BTreeMap<Cow<'_, str>, &RawValue> = serde_json::from_str(json)?;
            fields
                .into_iter()
                .map(|(name, value)| Ok((name.into_owned(), exact_value(value.get())?)))
                .collect::<Result<Map<_, _>, _>>()
                .map(Value::Object)
        }
        Some(b'[') => {
            let elements: Vec<&RawValue> = serde_json::from_str(json)?;
            elements.into_iter().map(|value| exact_value(value.get())).collect::<Result<_, _>>().map(Value::Array)
        }
        Some(b'-' | b'0'..=b'9') => Ok(match serde_json::from_str::<Number>(json) {
            Ok(number) if is_same_number(&number.to_string(), json) => Value::Number(number),
            _ => Value::Object(Map::from_iter([(NUMBER_TOKEN.to_owned(), Value::from(json))])),
        }),
        _ => serde_json::from_str(json),
    }
}

/// Returns the digits of a number; `None` for any other value.
pub(crate) fn number_text(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::Number(number) => Some(Cow::Owned(number.to_string())),
        Value::Object(fields) if fields.len() == 1 => fields.get(NUMBER_TOKEN)?.as_str().map(Cow::Borrowed),
        _ => None,
    }
}

/// Serializes a value that [`to_value`] or [`exact_value`] returned, with the exact values of its numbers.
pub(crate) struct Exact<'a>(pub(crate) &'a Value);

impl Serialize for Exact<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Array(elements) => to.collect_seq(elements.iter().map(Exact)),
            Value::Object(fields) => match number_text(self.0) {
                Some(number) => match serde_json::from_str::<&RawValue>(&number) {
                    Ok(raw) => raw.serialize(to),
                    Err(error) => Err(S::Error::custom(error)),
                },
                None => to.collect_map(fields.iter().map(|(name, value)| (name, Exact(value)))),
            },
            scalar => scalar.serialize(to),
        }
    }
}

//! The ids of records: finds them in undecoded JSON, and removes those that the caller did not select.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::json::object::NameSeed;

/// The id of a record. Few types have text as their id.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum RecordId {
    Integer(i64),
    Text(Box<str>),
}

impl RecordId {
    pub(crate) fn integer(&self) -> Option<i64> {
        match self {
            Self::Integer(id) => Some(*id),
            Self::Text(_) => None,
        }
    }

    /// Reads the value of a field `id`. A number in a string is a number, and `5.0` is 5.
    pub(crate) fn from_json(value: &Value) -> Option<Self> {
        match value {
            Value::Number(number) => number.as_i64().or_else(|| integer(&number.to_string())).map(Self::Integer),
            Value::String(text) => match text.trim() {
                "" => None,
                text => Some(integer(text).map_or_else(|| Self::Text(text.into()), Self::Integer)),
            },
            _ => None,
        }
    }
}

/// Returns the integer in a text such as `5` or `5.0`.
fn integer(text: &str) -> Option<i64> {
    let (digits, decimals) = text.split_once('.').unwrap_or((text, ""));
    if decimals.bytes().all(|decimal| decimal == b'0') { digits.parse().ok() } else { None }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(id) => write!(f, "{id}"),
            Self::Text(id) => f.write_str(id),
        }
    }
}

/// Returns the id of a record, the field `id` in any letter case. The exact name has priority. Reads no further than
/// that field, which live servers send first.
pub(crate) fn record_id(record: &[u8]) -> Option<RecordId> {
    let mut id = None;
    // Ends with an error if the visitor stops early.
    let _ = serde_json::Deserializer::from_slice(record).deserialize_map(IdVisitor(&mut id));
    id
}

struct IdVisitor<'a>(&'a mut Option<RecordId>);

impl<'de> Visitor<'de> for IdVisitor<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key_seed(NameSeed)? {
            if !is_id(&name) {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            let id = RecordId::from_json(&map.next_value()?);
            if name == "id" {
                *self.0 = id;
                return Err(A::Error::custom("the id was found"));
            }
            *self.0 = self.0.take().or(id);
        }
        Ok(())
    }
}

/// Writes a record without its id. Returns `None`, and writes nothing, if the text is not an object.
pub(crate) fn write_without_id(record: &[u8], output: &mut Vec<u8>) -> Option<()> {
    let fields: RawFields<'_> = serde_json::from_slice(record).ok()?;
    output.push(b'{');
    let remaining = fields.0.iter().filter(|(name, _)| !is_id(name));
    for (position, (name, value)) in remaining.enumerate() {
        if position > 0 {
            output.push(b',');
        }
        // Writing text to a vector does not fail.
        serde_json::to_writer(&mut *output, name).ok()?;
        output.push(b':');
        output.extend_from_slice(value.get().as_bytes());
    }
    output.push(b'}');
    Some(())
}

/// Returns whether a field is the id.
pub(crate) fn is_id(name: &str) -> bool {
    name.eq_ignore_ascii_case("id")
}

/// The fields of a record, with the source text of their values.
struct RawFields<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de> Deserialize<'de> for RawFields<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(RawFieldsVisitor)
    }
}

struct RawFieldsVisitor;

impl<'de> Visitor<'de> for RawFieldsVisitor {
    type Value = RawFields<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RawFields<'de>, A::Error> {
        let mut fields = Vec::new();
        while let Some(name) = map.next_key_seed(NameSeed)? {
            fields.push((name, map.next_value()?));
        }
        Ok(RawFields(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_found_in_any_letter_case_and_position() {
        for (record, id) in [
            (r#"{"id":5}"#, Some(RecordId::Integer(5))),
            (r#"{ "summary" : "a \" ] }" , "id" : 5 , "x": 1}"#, Some(RecordId::Integer(5))),
            (r#"{"company":{"id":7},"Id":5}"#, Some(RecordId::Integer(5))),
            (r#"{"ID":4,"id":5}"#, Some(RecordId::Integer(5))),
            (r#"{"ID":4,"iD":5}"#, Some(RecordId::Integer(4))),
            (r#"{"\u0069d":"5"}"#, Some(RecordId::Integer(5))),
            (r#"{"id":5.0}"#, Some(RecordId::Integer(5))),
            (r#"{"id":"5.00"}"#, Some(RecordId::Integer(5))),
            (r#"{"id":5.5}"#, None),
            (r#"{"id":"5.5"}"#, Some(RecordId::Text("5.5".into()))),
            (r#"{"id":9223372036854775807}"#, Some(RecordId::Integer(i64::MAX))),
            (r#"{"id":"jdoe@example.com"}"#, Some(RecordId::Text("jdoe@example.com".into()))),
            (r#"{"id":null}"#, None),
            (r#"{"id":" "}"#, None),
            (r#"{"id":{"id":5}}"#, None),
            (r#"{"id":[1,2]}"#, None),
            (r#"{"company":{"id":7}}"#, None),
            ("{}", None),
            ("5", None),
            ("null", None),
        ] {
            assert_eq!(record_id(record.as_bytes()), id, "{record}");
        }
    }
}

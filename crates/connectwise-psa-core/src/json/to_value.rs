//! Lossless conversion of a program's values to JSON. A number that JSON cannot represent is an error; serde_json would
//! write `null`, which clears a field. A number that a [`Value`] would round keeps its digits.

use std::borrow::Cow;
use std::collections::BTreeMap;

use bytes::Bytes;
use serde::ser::{
    Error as _, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};
use serde_json::value::RawValue;
use serde_json::{Error, Map, Number, Value};

use crate::error::Error as PsaError;
use crate::json::digits::is_same_number;
use crate::json::scalars::NUMBER_TOKEN;

/// Converts a value to JSON. A number that is not finite is an error.
///
/// A number with more digits than a `Value` keeps becomes an object with the field [`NUMBER_TOKEN`], as in serde_json's
/// `arbitrary_precision`: [`number_text`] reads it and [`Exact`] writes it as a number.
pub(crate) fn to_value(value: &impl Serialize) -> Result<Value, Error> {
    value.serialize(FiniteCheck)?;
    exact_value(&serde_json::to_string(value)?)
}

/// Serializes a value as JSON, with all digits of its numbers.
///
/// # Errors
///
/// An invalid-input error for a value that JSON cannot represent, such as a number that is not finite. serde_json would
/// write `null`.
pub fn json_text(value: &(impl Serialize + ?Sized)) -> Result<Bytes, PsaError> {
    let text = value.serialize(FiniteCheck).and_then(|()| serde_json::to_vec(value));
    text.map(Bytes::from)
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

/// A serializer without output that fails at the first number that is not finite.
#[derive(Clone, Copy)]
struct FiniteCheck;

macro_rules! accept {
    ($($name:ident($($type:ty),*)),* $(,)?) => {
        $(fn $name(self, $(_: $type),*) -> Result<(), Error> {
            Ok(())
        })*
    };
}

macro_rules! nested {
    ($($name:ident($($type:ty),*)),* $(,)?) => {
        $(fn $name(self, $(_: $type),*) -> Result<Self, Error> {
            Ok(self)
        })*
    };
}

impl Serializer for FiniteCheck {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    accept! {
        serialize_bool(bool), serialize_i8(i8), serialize_i16(i16), serialize_i32(i32), serialize_i64(i64), serialize_i128(i128), serialize_u8(u8),
        serialize_u16(u16), serialize_u32(u32), serialize_u64(u64), serialize_u128(u128), serialize_char(char), serialize_str(&str), serialize_bytes(&[u8]),
        serialize_none(), serialize_unit(), serialize_unit_struct(&'static str), serialize_unit_variant(&'static str, u32, &'static str),
    }
    nested! {
        serialize_seq(Option<usize>), serialize_tuple(usize), serialize_tuple_struct(&'static str, usize), serialize_map(Option<usize>),
        serialize_tuple_variant(&'static str, u32, &'static str, usize), serialize_struct(&'static str, usize),
        serialize_struct_variant(&'static str, u32, &'static str, usize),
    }

    fn serialize_f32(self, number: f32) -> Result<(), Error> {
        self.serialize_f64(number.into())
    }

    fn serialize_f64(self, number: f64) -> Result<(), Error> {
        if number.is_finite() {
            Ok(())
        } else {
            Err(Error::custom(format_args!("{number} is not a number that JSON can represent")))
        }
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        value.serialize(self)
    }
}

macro_rules! compound {
    ($($trait:ident: $name:ident($($key:ty)?)),* $(,)?) => {
        $(impl $trait for FiniteCheck {
            type Ok = ();
            type Error = Error;

            fn $name<T: Serialize + ?Sized>(&mut self, $(_: $key,)? value: &T) -> Result<(), Error> {
                value.serialize(*self)
            }

            fn end(self) -> Result<(), Error> {
                Ok(())
            }
        })*
    };
}

compound! {
    SerializeSeq: serialize_element(), SerializeTuple: serialize_element(), SerializeTupleStruct: serialize_field(), SerializeTupleVariant: serialize_field(),
    SerializeStruct: serialize_field(&'static str), SerializeStructVariant: serialize_field(&'static str),
}

impl SerializeMap for FiniteCheck {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, _: &T) -> Result<(), Error> {
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        value.serialize(*self)
    }

    fn end(self) -> Result<(), Error> {
        Ok(())
    }
}

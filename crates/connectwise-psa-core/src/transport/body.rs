//! Request bodies: which types an operation accepts, and how they become JSON or forms.

use std::borrow::Cow;

use bytes::Bytes;
use serde::Serialize;
use serde_json::Value;

use crate::error::Error;
use crate::json::amount::Amount;
use crate::json::object::Object;
use crate::json::property::PropertyRef;
use crate::json::property::{Map, Property};
use crate::json::to_value::{exact_value, number_text};
use crate::transport::upload::Upload;
use crate::transport::upload::{Form, Part};

/// A request body for an operation that takes a `T`: a `T` or a [`serde_json::Value`]. A `Value` can send `null` for a
/// field; a `T` leaves fields that are `None` out.
///
/// ```
/// use connectwise_psa_core::json::Reference;
/// use connectwise_psa_core::transport::Body;
///
/// fn takes_a_reference(_: &impl Body<Reference>) {}
///
/// takes_a_reference(&Reference::from(5));
/// takes_a_reference(&serde_json::json!({"id": 5, "name": null}));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a request body for `{T}`",
    note = "pass a value of that type, or any JSON: `serde_json::to_value(&your_own_type)?`"
)]
pub trait Body<T: ?Sized>: JsonBody {}

/// A value that can be sent as JSON. [`Body`] adds the type that the operation takes.
pub trait JsonBody: sealed::Sealed {
    /// Serializes the value as JSON.
    ///
    /// # Errors
    ///
    /// An invalid-input error for a value that JSON cannot represent, such as a number that is not finite.
    fn json(&self) -> Result<Bytes, Error>;
}

mod sealed {
    pub trait Sealed {}
}

fn encode(value: &impl Serialize) -> Result<Bytes, Error> {
    match serde_json::to_vec(value) {
        Ok(text) => Ok(text.into()),
        Err(error) => Err(Error::invalid_input("body", format!("cannot be written as JSON: {error}"))),
    }
}

impl<T: Object> sealed::Sealed for T {}
impl<T: Object> JsonBody for T {
    fn json(&self) -> Result<Bytes, Error> {
        encode(&PropertyRef(self))
    }
}
impl<T: Object> Body<T> for T {}

impl sealed::Sealed for Value {}
impl JsonBody for Value {
    fn json(&self) -> Result<Bytes, Error> {
        encode(self)
    }
}
impl<T: ?Sized> Body<T> for Value {}

impl<T: Property> sealed::Sealed for Vec<T> {}
impl<T: Property> JsonBody for Vec<T> {
    fn json(&self) -> Result<Bytes, Error> {
        encode(&PropertyRef(self.as_slice()))
    }
}
impl<T: Property> Body<Self> for Vec<T> {}

impl<T: Property> sealed::Sealed for [T] {}
impl<T: Property> JsonBody for [T] {
    fn json(&self) -> Result<Bytes, Error> {
        encode(&PropertyRef(self))
    }
}
impl<T: Property> Body<Vec<T>> for [T] {}

impl<T: Property, const N: usize> sealed::Sealed for [T; N] {}
impl<T: Property, const N: usize> JsonBody for [T; N] {
    fn json(&self) -> Result<Bytes, Error> {
        encode(&PropertyRef(self.as_slice()))
    }
}
impl<T: Property, const N: usize> Body<Vec<T>> for [T; N] {}

impl<T: Property> sealed::Sealed for Map<T> {}
impl<T: Property> JsonBody for Map<T> {
    fn json(&self) -> Result<Bytes, Error> {
        encode(&PropertyRef(self))
    }
}
impl<T: Property> Body<Self> for Map<T> {}

macro_rules! scalar_bodies {
    ($($type:ty),*) => {
        $(impl sealed::Sealed for $type {}
        impl JsonBody for $type {
            fn json(&self) -> Result<Bytes, Error> {
                encode(&PropertyRef(self))
            }
        }
        impl Body<Self> for $type {})*
    };
}

scalar_bodies!(i32, i64, Amount, bool, String);

/// Returns the names and values of the fields of a JSON object, without those that are `null`. Values that are not
/// strings are written as JSON.
pub(crate) fn fields(json: &[u8]) -> Result<Vec<(String, String)>, Error> {
    let Some(Value::Object(fields)) = std::str::from_utf8(json).ok().and_then(|json| exact_value(json).ok()) else {
        return Err(Error::invalid_input("body", "is not a JSON object, so it has no fields to send"));
    };
    let text = |value: Value| match value {
        Value::Null => None,
        Value::String(text) => Some(text),
        other => Some(number_text(&other).map_or_else(|| other.to_string(), Cow::into_owned)),
    };
    Ok(fields.into_iter().filter_map(|(name, value)| Some((name, text(value)?))).collect())
}

/// Returns a form with the fields of a JSON object as text parts, followed by the file.
pub(crate) fn form(json: &[u8], file_part: &str, file: Option<Upload>) -> Result<Form, Error> {
    let texts = fields(json)?.into_iter().map(|(name, text)| (name, Part::Text(text)));
    let file = file.map(|file| (file_part.to_owned(), Part::File(file)));
    Ok(Form { parts: texts.chain(file).collect() })
}

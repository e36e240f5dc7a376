//! Deserializes and serializes the generated structs: all of them through the same visitor and the same writers.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Unexpected, Visitor};
use serde::ser::{SerializeMap, Serializer};

use crate::error::Error;
use crate::json::json_path::{Step, prepend_step};
use crate::json::lengths::{LengthCheck, check_object};
use crate::json::property::{Property, PropertyRef};
use crate::json::scalars::TextVisitor;
use crate::redaction::{REDACTED, hides_value, is_type_name, is_value_name};

/// A JSON object of the API, all of whose fields are optional.
///
/// The implementations are generated: `read` is one `match` over the names of the fields, and `write` passes each field
/// to the writer. Both return nothing: a reader or writer that can fail keeps its error. [`object!`](crate::object!)
/// adds `Serialize`, `Deserialize` and `Debug`. Every object is a [`Property`].
pub trait Object: Default {
    /// The name of the schema in the OpenAPI document.
    const NAME: &'static str;

    /// Whether this is a reference. A field with a reference that is `{}` or contains only `_info` is read as `None`.
    /// Observed on live servers: a missing reference is written in both ways.
    const IS_REFERENCE: bool = false;

    /// Reads the value of the field with exactly this name. If there is no such field, passes the value to
    /// [`read_other_case`](crate::generated::read_other_case). Calls exactly one method of `from`, once: without a call,
    /// the value is lost or the input is reported as malformed.
    fn read<R: Reader>(&mut self, name: &str, from: &mut R);

    /// Passes each field to the writer, including those that are `None`.
    fn write<W: Writer>(&self, to: &mut W);

    /// Checks the lengths of all strings; see [`check_lengths`](crate::json::lengths::check_lengths()).
    ///
    /// # Errors
    ///
    /// An invalid-input error that lists every string that is too long.
    fn check_lengths(&self) -> Result<(), Error> {
        crate::json::lengths::check_lengths(self)
    }
}

/// The value of one field in the input. Exactly one of the methods is called, once.
// The methods return nothing, and the reader keeps the error. The compiler checks the 8,000 generated calls faster than
// with a result, whose type depends on the input.
pub trait Reader {
    /// Reads the value into `field`, which must be a field of the object itself. `null` and the server's other notations
    /// for a missing value become `None`.
    fn field<T: Property>(&mut self, field: &mut Option<T>);

    /// Skips the value.
    fn skip(&mut self);
}

/// A receiver of the fields of an [`Object`]: a serde map, `Debug` output or a length check.
// The methods return nothing, and a writer that can fail keeps its first error. The compiler checks the 8,000 generated
// calls faster than with a `?` after each of them.
pub trait Writer {
    /// Writes a field without a maximum length.
    fn field<T: Property>(&mut self, name: &'static str, value: &Option<T>);

    /// Writes a string of at most `max_length` UTF-16 code units.
    fn text(&mut self, name: &'static str, max_length: usize, value: &Option<String>);

    /// Writes a secret string, which `Debug` output must not show. `max_length` is its maximum length in UTF-16 code
    /// units; `None` if it has none.
    fn secret(&mut self, name: &'static str, max_length: Option<usize>, value: &Option<String>);
}

/// Reads the values of a serde map.
struct MapReader<'de, A: MapAccess<'de>> {
    map: A,
    /// The address of the object. It is only compared with those of the fields.
    start: usize,
    /// The first error.
    result: Result<(), A::Error>,
    input: PhantomData<&'de ()>,
}

impl<'de, A: MapAccess<'de>> Reader for MapReader<'de, A> {
    #[inline]
    fn field<T: Property>(&mut self, field: &mut Option<T>) {
        let position = std::ptr::from_ref(field).addr().wrapping_sub(self.start);
        match self.map.next_value_seed(FieldSeed { position, field: PhantomData }) {
            Ok(value) => *field = value,
            Err(error) => self.keep(error),
        }
    }

    fn skip(&mut self) {
        if let Err(error) = self.map.next_value::<IgnoredAny>() {
            self.keep(error);
        }
    }
}

impl<'de, A: MapAccess<'de>> MapReader<'de, A> {
    #[cold]
    fn keep(&mut self, error: A::Error) {
        if self.result.is_ok() {
            self.result = Err(error);
        }
    }
}

struct FieldSeed<T> {
    position: usize,
    field: PhantomData<T>,
}

impl<'de, T: Property> DeserializeSeed<'de> for FieldSeed<T> {
    type Value = Option<T>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Option<T>, D::Error> {
        T::read_field(from, self.position)
    }
}

/// Reads the name of a field, without copying it if the input allows that.
pub(crate) struct NameSeed;

impl<'de> DeserializeSeed<'de> for NameSeed {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Cow<'de, str>, D::Error> {
        from.deserialize_str(TextVisitor).map(Option::unwrap_or_default)
    }
}

/// Reads an object for `Deserialize`. Any other value is an error.
#[doc(hidden)]
pub fn read_object<'de, T: Object, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
    let mut object = T::default();
    from.deserialize_any(ObjectVisitor { object: &mut object, required: true })?;
    Ok(object)
}

/// Objects as fields. `null` and strings of only whitespace become `None`, and so does a missing reference.
// One implementation for all types compiles faster than one for each of 700 types.
impl<T: Object> Property for T {
    fn read_property<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Self>, D::Error> {
        Ok(Self::read_element(from)?.filter(|object: &Self| !Self::IS_REFERENCE || !has_only_info(object)))
    }

    /// A reference that is an element of an array is kept, also without fields.
    fn read_element<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Self>, D::Error> {
        let mut object = Self::default();
        let is_present = from.deserialize_any(ObjectVisitor { object: &mut object, required: false })?;
        Ok(is_present.then_some(object))
    }

    fn write_property<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        write_object(self, to)
    }

    fn debug_property(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug_object(self, f)
    }

    fn check_property(&self, check: &mut LengthCheck) {
        check_object(self, check);
    }
}

/// Reads an object into an empty one, and returns whether the value was an object. A record has about 2 KB: returning it
/// through the deserializer would copy it several times.
struct ObjectVisitor<'a, T> {
    object: &'a mut T,
    /// Whether `null` and strings of only whitespace are errors.
    required: bool,
}

impl<'de, T: Object> Visitor<'de> for ObjectVisitor<'_, T> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of type ")?;
        f.write_str(T::NAME)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<bool, A::Error> {
        let object = self.object;
        let start = std::ptr::from_ref(object).addr();
        let mut reader = MapReader { map, start, result: Ok(()), input: PhantomData };
        while let Some(name) = reader.map.next_key_seed(NameSeed)? {
            object.read(&name, &mut reader);
            if let Err(error) = reader.result {
                return Err(prepend_step(Step::Property(&name), error));
            }
        }
        Ok(true)
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<bool, E> {
        if self.required { Err(E::invalid_type(Unexpected::Unit, &self)) } else { Ok(false) }
    }

    fn visit_none<E: serde::de::Error>(self) -> Result<bool, E> {
        self.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<bool, D::Error> {
        from.deserialize_any(self)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<bool, E> {
        if text.trim().is_empty() && !self.required {
            Ok(false)
        } else {
            Err(E::invalid_type(Unexpected::Str(text), &self))
        }
    }
}

/// Serializes the fields of an object that are set, as a serde map.
#[doc(hidden)]
pub fn write_object<T: Object, S: Serializer>(object: &T, to: S) -> Result<S::Ok, S::Error> {
    let mut writer = MapWriter { map: to.serialize_map(None)?, result: Ok(()) };
    object.write(&mut writer);
    writer.result?;
    writer.map.end()
}

struct MapWriter<M: SerializeMap> {
    map: M,
    /// The first error. Later fields are not written.
    result: Result<(), M::Error>,
}

impl<M: SerializeMap> Writer for MapWriter<M> {
    fn field<T: Property>(&mut self, name: &'static str, value: &Option<T>) {
        if let Some(value) = value
            && self.result.is_ok()
        {
            self.result = self.map.serialize_entry(name, &PropertyRef(value));
        }
    }

    fn text(&mut self, name: &'static str, _: usize, value: &Option<String>) {
        self.field(name, value);
    }

    fn secret(&mut self, name: &'static str, _: Option<usize>, value: &Option<String>) {
        self.field(name, value);
    }
}

/// Formats the fields of an object that are set, with `[redacted]` in place of secrets.
#[doc(hidden)]
pub fn debug_object<T: Object>(object: &T, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut output = f.debug_struct(T::NAME);
    let mut field_type = TypeReader(None);
    object.write(&mut field_type);
    let hides_value = hides_value(T::NAME == CUSTOM_FIELD, field_type.0.as_deref());
    object.write(&mut DebugWriter(&mut output, hides_value));
    output.finish()
}

/// The name of the schema of custom fields.
const CUSTOM_FIELD: &str = "CustomFieldValue";

/// Reads the type of a custom field or a question. That of a password decides that its value is a secret, although its
/// name does not indicate it.
struct TypeReader(Option<String>);

impl Writer for TypeReader {
    fn field<T: Property>(&mut self, name: &'static str, value: &Option<T>) {
        if let Some(value) = value
            && is_type_name(name)
        {
            self.0 = Some(format!("{:?}", PropertyRef(value)).trim_matches('"').to_owned());
        }
    }

    fn text(&mut self, name: &'static str, _: usize, value: &Option<String>) {
        self.field(name, value);
    }

    fn secret(&mut self, _: &'static str, _: Option<usize>, _: &Option<String>) {}
}

/// The debug output, and whether the fields `value` and `answer` are secrets.
struct DebugWriter<'a, 'b, 'c>(&'a mut fmt::DebugStruct<'b, 'c>, bool);

impl Writer for DebugWriter<'_, '_, '_> {
    fn field<T: Property>(&mut self, name: &'static str, value: &Option<T>) {
        match value {
            Some(_) if self.1 && is_value_name(name) => {
                self.0.field(name, &format_args!("{REDACTED}"));
            }
            Some(value) => {
                self.0.field(name, &PropertyRef(value));
            }
            None => {}
        }
    }

    fn text(&mut self, name: &'static str, _: usize, value: &Option<String>) {
        self.field(name, value);
    }

    fn secret(&mut self, name: &'static str, _: Option<usize>, value: &Option<String>) {
        if value.is_some() {
            self.0.field(name, &format_args!("{REDACTED}"));
        }
    }
}

/// Returns whether no field other than `_info` is set.
fn has_only_info<T: Object>(object: &T) -> bool {
    let mut search = OtherFieldSearch { found: false };
    object.write(&mut search);
    !search.found
}

/// Finds out whether a field other than `_info` is set.
struct OtherFieldSearch {
    found: bool,
}

impl Writer for OtherFieldSearch {
    #[inline]
    fn field<T: Property>(&mut self, name: &'static str, value: &Option<T>) {
        self.found |= value.is_some() && name != "_info";
    }

    #[inline]
    fn text(&mut self, name: &'static str, _: usize, value: &Option<String>) {
        self.field(name, value);
    }

    #[inline]
    fn secret(&mut self, name: &'static str, _: Option<usize>, value: &Option<String>) {
        self.field(name, value);
    }
}

//! Objects: how every generated struct is read and written, through one shared visitor.

use std::borrow::Cow;
use std::convert::Infallible;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Unexpected, Visitor};
use serde::ser::{SerializeMap as _, Serializer};

use crate::error::Error;
use crate::json::json_path::{Step, within};
use crate::json::property::{Property, Wire};
use crate::json::scalars::TextVisitor;

/// A JSON object of the API with optional members.
///
/// Generated: `read` is one `match` over the names of the members, `write` names each with its value.
/// [`object!`](crate::object!) adds `Serialize`, `Deserialize`, `Debug` and [`Property`].
pub trait Object: Default + Property {
    /// The name of the schema in the description of the API.
    const NAME: &'static str;

    /// Reads the value of the member `name`, or skips it when there is no such member.
    ///
    /// # Errors
    ///
    /// Whatever the input says, when the value is of another kind than the member.
    fn read<'de, A: MapAccess<'de>>(&mut self, name: &str, from: &mut A) -> Result<(), A::Error>;

    /// Gives each member, set or not, to the writer.
    ///
    /// # Errors
    ///
    /// Whatever the writer says.
    fn write<W: Writer>(&self, to: &mut W) -> Result<(), W::Error>;

    /// Checks texts against their greatest lengths; see [`check_lengths`](crate::json::lengths::check_lengths()).
    ///
    /// # Errors
    ///
    /// An invalid-input error that lists every text that is too long.
    fn check_lengths(&self) -> Result<(), Error> {
        crate::json::lengths::check_lengths(self)
    }
}

/// What an [`Object`] gives its members to: a serde map, `Debug`, the check of lengths.
pub trait Writer {
    /// What can go wrong.
    type Error;

    /// A member without a limit.
    ///
    /// # Errors
    ///
    /// Whatever the writer says.
    fn member<T: Property>(&mut self, name: &'static str, value: &Option<T>) -> Result<(), Self::Error>;

    /// A text of at most `max_length` UTF-16 code units.
    ///
    /// # Errors
    ///
    /// Whatever the writer says.
    fn text(&mut self, name: &'static str, max_length: usize, value: &Option<String>) -> Result<(), Self::Error>;

    /// A text that `Debug` must not show.
    ///
    /// # Errors
    ///
    /// Whatever the writer says.
    fn secret(
        &mut self,
        name: &'static str,
        max_length: Option<usize>,
        value: &Option<String>,
    ) -> Result<(), Self::Error>;
}

/// Reads the value of one member: absent, `null` and the server's ways of writing nothing become `None`.
///
/// # Errors
///
/// The input's error, when the value is of another kind.
pub fn read<'de, T: Property, A: MapAccess<'de>>(member: &mut Option<T>, from: &mut A) -> Result<(), A::Error> {
    *member = from.next_value_seed(MemberSeed(PhantomData))?;
    Ok(())
}

/// Skips the value of a member that the type does not have: the server adds members without notice.
///
/// # Errors
///
/// The input's error, when it is not well formed.
pub fn skip<'de, A: MapAccess<'de>>(from: &mut A) -> Result<(), A::Error> {
    from.next_value::<IgnoredAny>().map(drop)
}

struct MemberSeed<T>(PhantomData<T>);

impl<'de, T: Property> DeserializeSeed<'de> for MemberSeed<T> {
    type Value = Option<T>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Option<T>, D::Error> {
        T::read_property(from)
    }
}

/// Reads a member's name without copying it where the input allows.
pub(crate) struct NameSeed;

impl<'de> DeserializeSeed<'de> for NameSeed {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Cow<'de, str>, D::Error> {
        from.deserialize_str(TextVisitor).map(Option::unwrap_or_default)
    }
}

/// Reads an object for `Deserialize`: anything but an object is an error.
#[doc(hidden)]
pub fn read_object<'de, T: Object, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
    let visitor = ObjectVisitor { required: true, object: PhantomData };
    from.deserialize_any(visitor).map(Option::unwrap_or_default)
}

/// Reads an object as a member: `null` and blank text are none.
#[doc(hidden)]
pub fn read_object_property<'de, T: Object, D: Deserializer<'de>>(from: D) -> Result<Option<T>, D::Error> {
    from.deserialize_any(ObjectVisitor { required: false, object: PhantomData })
}

/// Reads a reference as a member: facts: the server writes an empty reference as `{}` or with `_info` alone, so both
/// are none.
#[doc(hidden)]
pub fn read_reference_property<'de, T: Object, D: Deserializer<'de>>(from: D) -> Result<Option<T>, D::Error> {
    Ok(read_object_property::<T, D>(from)?.filter(|reference| !is_blank(reference)))
}

struct ObjectVisitor<T> {
    /// Whether nothing (`null`, blank text) is an error.
    required: bool,
    object: PhantomData<T>,
}

impl<'de, T: Object> Visitor<'de> for ObjectVisitor<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object ")?;
        f.write_str(T::NAME)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Option<T>, A::Error> {
        let mut object = T::default();
        while let Some(name) = map.next_key_seed(NameSeed)? {
            if let Err(error) = object.read(&name, &mut map) {
                return Err(within(Step::Property(&name), error));
            }
        }
        Ok(Some(object))
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Option<T>, E> {
        if self.required { Err(E::invalid_type(Unexpected::Unit, &self)) } else { Ok(None) }
    }

    fn visit_none<E: serde::de::Error>(self) -> Result<Option<T>, E> {
        self.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<Option<T>, D::Error> {
        from.deserialize_any(self)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Option<T>, E> {
        if text.trim().is_empty() && !self.required {
            Ok(None)
        } else {
            Err(E::invalid_type(Unexpected::Str(text), &self))
        }
    }
}

/// Writes an object's set members as a serde map.
#[doc(hidden)]
pub fn write_object<T: Object, S: Serializer>(object: &T, to: S) -> Result<S::Ok, S::Error> {
    let mut map = MapWriter(to.serialize_map(None)?);
    object.write(&mut map)?;
    map.0.end()
}

struct MapWriter<M>(M);

impl<M: serde::ser::SerializeMap> Writer for MapWriter<M> {
    type Error = M::Error;

    fn member<T: Property>(&mut self, name: &'static str, value: &Option<T>) -> Result<(), M::Error> {
        match value {
            Some(value) => self.0.serialize_entry(name, &Wire(value)),
            None => Ok(()),
        }
    }

    fn text(&mut self, name: &'static str, _: usize, value: &Option<String>) -> Result<(), M::Error> {
        self.member(name, value)
    }

    fn secret(&mut self, name: &'static str, _: Option<usize>, value: &Option<String>) -> Result<(), M::Error> {
        self.member(name, value)
    }
}

/// Prints an object's set members, secrets as `[redacted]`.
#[doc(hidden)]
pub fn debug_object<T: Object>(object: &T, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut output = f.debug_struct(T::NAME);
    let mut kind = KindWriter { is_password: false };
    let Ok(()) = object.write(&mut kind);
    match object.write(&mut DebugWriter(&mut output, kind.is_password)) {
        Ok(()) => output.finish(),
        Err(never) => match never {},
    }
}

/// Finds out whether an object is a custom field or a question of the kind `Password`, whose value is a secret though
/// its name does not say so.
struct KindWriter {
    is_password: bool,
}

impl Writer for KindWriter {
    type Error = Infallible;

    fn member<T: Property>(&mut self, name: &'static str, value: &Option<T>) -> Result<(), Infallible> {
        if let Some(value) = value
            && matches!(name, "type" | "fieldType")
        {
            self.is_password |= format!("{:?}", Wire(value)).trim_matches('"') == "Password";
        }
        Ok(())
    }

    fn text(&mut self, name: &'static str, _: usize, value: &Option<String>) -> Result<(), Infallible> {
        self.member(name, value)
    }

    fn secret(&mut self, _: &'static str, _: Option<usize>, _: &Option<String>) -> Result<(), Infallible> {
        Ok(())
    }
}

/// The struct that is printed, and whether its value is a secret.
struct DebugWriter<'a, 'b, 'c>(&'a mut fmt::DebugStruct<'b, 'c>, bool);

impl Writer for DebugWriter<'_, '_, '_> {
    type Error = Infallible;

    fn member<T: Property>(&mut self, name: &'static str, value: &Option<T>) -> Result<(), Infallible> {
        match value {
            Some(_) if self.1 && matches!(name, "value" | "answer") => {
                self.0.field(name, &format_args!("{}", crate::redaction::REDACTED));
            }
            Some(value) => {
                self.0.field(name, &Wire(value));
            }
            None => {}
        }
        Ok(())
    }

    fn text(&mut self, name: &'static str, _: usize, value: &Option<String>) -> Result<(), Infallible> {
        self.member(name, value)
    }

    fn secret(&mut self, name: &'static str, _: Option<usize>, value: &Option<String>) -> Result<(), Infallible> {
        if value.is_some() {
            self.0.field(name, &format_args!("{}", crate::redaction::REDACTED));
        }
        Ok(())
    }
}

/// Whether nothing but `_info` is set.
fn is_blank<T: Object>(object: &T) -> bool {
    object.write(&mut BlankWriter).is_ok()
}

/// Fails at the first member that is set.
struct BlankWriter;

impl Writer for BlankWriter {
    type Error = ();

    fn member<T: Property>(&mut self, name: &'static str, value: &Option<T>) -> Result<(), ()> {
        if value.is_none() || name == "_info" { Ok(()) } else { Err(()) }
    }

    fn text(&mut self, name: &'static str, _: usize, value: &Option<String>) -> Result<(), ()> {
        self.member(name, value)
    }

    fn secret(&mut self, name: &'static str, _: Option<usize>, value: &Option<String>) -> Result<(), ()> {
        self.member(name, value)
    }
}

//! Field values: lenient deserialization and exact serialization of each type that a field can have.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Unexpected, Visitor};
use serde::ser::{SerializeMap as _, Serializer};
use serde::{Deserialize as _, Serialize};
use serde_json::Value;

use crate::json::json_path::{Step, prepend_step};
use crate::json::lengths::LengthCheck;
use crate::json::object::NameSeed;
use crate::redaction::{
    REDACTED, Redacted, hides_value, is_in_custom_fields, is_type_name, is_value_name, looks_secret,
};

/// A map with arbitrary names.
pub type Map<T> = BTreeMap<String, T>;

/// A type that a field of an object can have.
///
/// Reading accepts every notation that the server is known to send for the type (`1.0` or `"13"` for an integer,
/// `"False"` for a boolean). Writing uses one notation.
pub trait Property: Sized {
    /// Reads the value of a field; `None` for `null` and for the server's other notations for a missing value.
    ///
    /// # Errors
    ///
    /// The input's error, if the value does not have this type.
    fn read_property<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Self>, D::Error>;

    /// Reads the value of a field like [`read_property`](Self::read_property). `position` says which field of its object
    /// this is: its distance from the start of the object in memory. References use it to decide for each field whether
    /// they look for equal ones.
    ///
    /// # Errors
    ///
    /// The input's error, if the value does not have this type.
    fn read_field<'de, D: Deserializer<'de>>(from: D, _position: usize) -> Result<Option<Self>, D::Error> {
        Self::read_property(from)
    }

    /// Reads an element of an array or a value of a map. The array or map leaves out an element that is `None`.
    ///
    /// # Errors
    ///
    /// The input's error, if the value does not have this type.
    fn read_element<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Self>, D::Error> {
        Self::read_property(from)
    }

    /// Writes the value.
    ///
    /// # Errors
    ///
    /// The output's error, and an error for a value that JSON or the server cannot represent.
    fn write_property<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error>;

    /// Formats the value with its secrets redacted.
    ///
    /// # Errors
    ///
    /// The formatter's error.
    fn debug_property(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result;

    /// Checks the lengths of the strings inside the value.
    fn check_property(&self, _check: &mut LengthCheck) {}
}

/// A borrowed value of a field, or slice of such values, that implements `Serialize` and `Debug`.
pub(crate) struct PropertyRef<'a, T: ?Sized>(pub(crate) &'a T);

impl<T: Property> Serialize for PropertyRef<'_, T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.0.write_property(to)
    }
}

impl<T: Property> Serialize for PropertyRef<'_, [T]> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(self.0.iter().map(PropertyRef))
    }
}

impl<T: Property> fmt::Debug for PropertyRef<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.debug_property(f)
    }
}

/// Any JSON. `null` as a field becomes `None`. `null` as an element of an array is kept, because the position of a cell
/// in a report's row determines its column.
impl Property for Value {
    fn read_property<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Self>, D::Error> {
        Ok(Some(Self::deserialize(from)?).filter(|value| !value.is_null()))
    }

    fn read_element<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Self>, D::Error> {
        Self::deserialize(from).map(Some)
    }

    fn write_property<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.serialize(to)
    }

    fn debug_property(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&Redacted(self), f)
    }
}

/// `null` elements are left out: they have no meaning in the API, and must not make the record fail. Arrays of
/// [`Value`] keep them.
impl<T: Property> Property for Vec<T> {
    fn read_property<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Self>, D::Error> {
        from.deserialize_any(ElementsVisitor(PhantomData))
    }

    fn write_property<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        PropertyRef(self.as_slice()).serialize(to)
    }

    fn debug_property(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(PropertyRef)).finish()
    }

    fn check_property(&self, check: &mut LengthCheck) {
        for (index, element) in self.iter().enumerate() {
            check.inside(Step::Index(index), |check| element.check_property(check));
        }
    }
}

/// `null` values are left out. Maps of [`Value`] keep them.
impl<T: Property> Property for Map<T> {
    fn read_property<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Self>, D::Error> {
        from.deserialize_any(EntriesVisitor(PhantomData))
    }

    fn write_property<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(Some(self.len()))?;
        for (name, value) in self {
            map.serialize_entry(name, &PropertyRef(value))?;
        }
        map.end()
    }

    fn debug_property(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let field_type = self.iter().find(|(name, _)| is_type_name(name));
        let field_type = field_type.map(|(_, value)| format!("{:?}", PropertyRef(value)));
        let hides_value = hides_value(false, field_type.as_deref().map(|name| name.trim_matches('"')));
        let mut map = f.debug_map();
        for (name, value) in self {
            // The values of custom fields without a type can be passwords, and `T` does not know that it is inside them.
            if looks_secret(name) || is_in_custom_fields(name) || (hides_value && is_value_name(name)) {
                map.entry(name, &format_args!("{REDACTED}"));
            } else {
                map.entry(name, &PropertyRef(value));
            }
        }
        map.finish()
    }

    fn check_property(&self, check: &mut LengthCheck) {
        for (name, value) in self {
            check.inside(Step::Property(name), |check| value.check_property(check));
        }
    }
}

struct ElementSeed<T>(PhantomData<T>);

impl<'de, T: Property> DeserializeSeed<'de> for ElementSeed<T> {
    type Value = Option<T>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Option<T>, D::Error> {
        T::read_element(from)
    }
}

/// Defines the methods of a visitor that turn `null` into `None`. The visitor's `Value` must be an `Option`.
macro_rules! null_is_none {
    () => {
        fn visit_unit<E: serde::de::Error>(self) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_none<E: serde::de::Error>(self) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_some<D: serde::de::Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
            from.deserialize_any(self)
        }
    };
}

pub(crate) use null_is_none;

/// Defines the methods of a visitor that turn `null` and strings of only whitespace into `None`. Other strings are
/// errors.
macro_rules! null_and_whitespace_are_none {
    () => {
        null_is_none!();

        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
            if text.trim().is_empty() { Ok(None) } else { Err(E::invalid_type(Unexpected::Str(text), &self)) }
        }
    };
}

struct ElementsVisitor<T>(PhantomData<T>);

impl<'de, T: Property> Visitor<'de> for ElementsVisitor<T> {
    type Value = Option<Vec<T>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
        let mut read = Vec::new();
        for index in 0.. {
            match elements.next_element_seed(ElementSeed(PhantomData)) {
                Ok(Some(element)) => read.extend(element),
                Ok(None) => break,
                Err(error) => return Err(prepend_step(Step::Index(index), error)),
            }
        }
        Ok(Some(read))
    }

    null_and_whitespace_are_none!();
}

struct EntriesVisitor<T>(PhantomData<T>);

impl<'de, T: Property> Visitor<'de> for EntriesVisitor<T> {
    type Value = Option<Map<T>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut read = Map::new();
        while let Some(name) = entries.next_key_seed(NameSeed)? {
            match entries.next_value_seed(ElementSeed(PhantomData)) {
                Ok(Some(value)) => drop(read.insert(name.into_owned(), value)),
                // If a name occurs twice, the last value is kept, even if it is null.
                Ok(None) => drop(read.remove(name.as_ref())),
                Err(error) => return Err(prepend_step(Step::Property(&name), error)),
            }
        }
        Ok(Some(read))
    }

    null_and_whitespace_are_none!();
}

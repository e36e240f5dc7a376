//! The `_info` of a record: who created and updated it, when, and links.

use std::borrow::Cow;
use std::fmt;
use std::sync::OnceLock;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Unexpected, Visitor};
use serde::ser::{Error as _, Serialize, Serializer};
use serde_json::Value;

use crate::json::object::NameSeed;
use crate::json::property::{Map, Property, PropertyRef, null_is_none};
use crate::json::scalars::{DateTime, RAW_VALUE_TOKEN, TextSeed};

/// The server's metadata about a record: `lastUpdated`, `updatedBy`, `dateEntered`, `enteredBy`, links and other
/// fields.
///
/// All names and values are kept, including `null`, and are written back unchanged, in alphabetical order of the names.
/// `Debug` shows `[redacted]` in place of the values of fields with secret names.
///
/// ```
/// use connectwise_psa_core::json::RecordInfo;
///
/// let info: RecordInfo = serde_json::from_str(r#"{"lastUpdated":"2026-06-09T21:59:49Z","updatedBy":"jdoe"}"#)?;
/// assert_eq!(info.updated_by(), Some("jdoe"));
/// assert_eq!(info.last_updated().map(|timestamp| timestamp.timestamp()), Some(1_781_042_389));
/// # Ok::<(), serde_json::Error>(())
/// ```
// The fields are parsed from the JSON text when they are first needed. Most programs need them for few records, and
// parsing them takes half of the time of reading a list.
#[derive(Clone, Default)]
pub struct RecordInfo {
    /// The JSON text; empty if the input was not JSON.
    text: Box<str>,
    /// `None` if the text cannot be parsed: a number is out of range, or arrays are nested too deeply. The box keeps
    /// references small.
    fields: OnceLock<Option<Box<Map<Value>>>>,
}

impl RecordInfo {
    /// Returns when the record was last updated (`lastUpdated`); `None` if the value is missing or not a timestamp.
    #[must_use]
    pub fn last_updated(&self) -> Option<DateTime> {
        self.timestamp("lastUpdated")
    }

    /// Returns the identifier of the member who last updated the record (`updatedBy`); `None` if the value is missing
    /// or not a string.
    #[must_use]
    pub fn updated_by(&self) -> Option<&str> {
        self.text("updatedBy")
    }

    /// Returns when the record was created (`dateEntered`); `None` if the value is missing or not a timestamp.
    #[must_use]
    pub fn date_entered(&self) -> Option<DateTime> {
        self.timestamp("dateEntered")
    }

    /// Returns the identifier of the member who created the record (`enteredBy`); `None` if the value is missing or not
    /// a string.
    #[must_use]
    pub fn entered_by(&self) -> Option<&str> {
        self.text("enteredBy")
    }

    /// Returns the value of a field, which can be `null`; `None` if there is no such field.
    ///
    /// If no field has exactly this name, a field whose name differs only in the case of ASCII letters is returned.
    /// Observed on live servers: most links begin with a lowercase letter, but some are written as `Market_href`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        let fields = self.fields();
        let other_case = || fields.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value);
        fields.get(name).or_else(other_case)
    }

    /// Returns the link `<name>_href`: `notes_href` for the name `notes`. `None` if the value is missing or not a
    /// string.
    ///
    /// For display only. Do not request the link; call the operation that reads the linked record or list. Observed on
    /// live servers: the link names another host than the API's and contains a double slash.
    #[must_use]
    pub fn href(&self, name: &str) -> Option<&str> {
        self.text(&format!("{name}_href"))
    }

    /// Returns all fields, in alphabetical order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.fields().iter().map(|(name, value)| (name.as_str(), value))
    }

    /// Returns the fields; none if the text cannot be parsed.
    fn fields(&self) -> &Map<Value> {
        static NONE: Map<Value> = Map::new();
        self.parsed().unwrap_or(&NONE)
    }

    /// Returns the fields; `None` if the text cannot be parsed. The first use parses them.
    fn parsed(&self) -> Option<&Map<Value>> {
        let parse = || match self.text.as_ref() {
            "" => Some(Box::default()),
            text => parse(text).ok().flatten().map(Box::new),
        };
        self.fields.get_or_init(parse).as_deref()
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str()
    }

    fn timestamp(&self, name: &str) -> Option<DateTime> {
        DateTime::read_property(self.get(name)?).ok().flatten()
    }
}

impl From<Map<Value>> for RecordInfo {
    fn from(fields: Map<Value>) -> Self {
        Self { text: Box::default(), fields: OnceLock::from(Some(Box::new(fields))) }
    }
}

impl PartialEq for RecordInfo {
    fn eq(&self, other: &Self) -> bool {
        let has_same_text = !self.text.is_empty() && self.text == other.text;
        has_same_text || self.parsed().is_some() && self.parsed() == other.parsed()
    }
}

impl Serialize for RecordInfo {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.write_property(to)
    }
}

impl<'de> Deserialize<'de> for RecordInfo {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::read_property(from).map(Option::unwrap_or_default)
    }
}

impl fmt::Debug for RecordInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&PropertyRef(self), f)
    }
}

impl Property for RecordInfo {
    fn read_property<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Self>, D::Error> {
        from.deserialize_newtype_struct(RAW_VALUE_TOKEN, ContentVisitor)
    }

    fn write_property<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        // The fields and not the text: other formats than JSON can be the output.
        match self.parsed() {
            Some(fields) => fields.write_property(to),
            None => {
                Err(S::Error::custom("`_info` has a number that is out of range, or arrays that are nested too deeply"))
            }
        }
    }

    fn debug_property(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fields().debug_property(f)
    }
}

fn parse(text: &str) -> serde_json::Result<Option<Map<Value>>> {
    Map::read_property(&mut serde_json::Deserializer::from_str(text))
}

/// Keeps the text of an object if the input is JSON, and reads the fields otherwise.
struct ContentVisitor;

impl<'de> Visitor<'de> for ContentVisitor {
    type Value = Option<RecordInfo>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_any(self)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        if text.trim().is_empty() { Ok(None) } else { Err(E::invalid_type(Unexpected::Str(text), &self)) }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = Map::new();
        while let Some(name) = map.next_key_seed(NameSeed)? {
            if fields.is_empty() && name == RAW_VALUE_TOKEN {
                return from_text(map.next_value_seed(TextSeed)?);
            }
            fields.insert(name.into_owned(), map.next_value()?);
        }
        Ok(Some(RecordInfo::from(fields)))
    }

    null_is_none!();
}

/// Keeps the text of an object. Any other JSON is treated as if it had been parsed.
fn from_text<E: Error>(text: Cow<'_, str>) -> Result<Option<RecordInfo>, E> {
    let found = match text.bytes().next() {
        Some(b'{') => {
            let text = text.into_owned().into_boxed_str();
            return Ok(Some(RecordInfo { text, fields: OnceLock::new() }));
        }
        Some(b'n') => return Ok(None),
        Some(b'"') => {
            return ContentVisitor.visit_str(&serde_json::from_str::<Cow<'_, str>>(&text).map_err(E::custom)?);
        }
        Some(b'[') => Unexpected::Seq,
        Some(b't') => Unexpected::Bool(true),
        Some(b'f') => Unexpected::Bool(false),
        _ => Unexpected::Other("number"),
    };
    Err(E::invalid_type(found, &ContentVisitor))
}

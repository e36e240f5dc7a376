//! The `_info` of a record: who created and updated it, when, and links.

use std::fmt;

use serde::de::{Deserialize, Deserializer};
use serde::ser::{Serialize, Serializer};
use serde_json::Value;

use crate::json::property::PropertyRef;
use crate::json::property::{Map, Property};
use crate::json::scalars::DateTime;

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
#[derive(Clone, Default, PartialEq)]
pub struct RecordInfo(Map<Value>);

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
        let other_case = || self.0.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value);
        self.0.get(name).or_else(other_case)
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
        self.0.iter().map(|(name, value)| (name.as_str(), value))
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
        Self(fields)
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
        Ok(Map::read_property(from)?.map(Self))
    }

    fn write_property<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.0.write_property(to)
    }

    fn debug_property(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.debug_property(f)
    }
}

//! The `_info` of a record: who changed it when, and links.

use std::fmt;

use serde::de::{Deserialize, Deserializer};
use serde::ser::{Serialize, Serializer};
use serde_json::Value;

use crate::json::property::Wire;
use crate::json::property::{Map, Property};
use crate::json::scalars::DateTime;

/// What the server says about a record: `lastUpdated`, `updatedBy`, `dateEntered`, `enteredBy` and links, and whatever
/// else it puts there.
///
/// Keys and values are kept as they come, `null` too, so that writing gives back what was read.
///
/// ```
/// use connectwise_psa_core::json::RecordInfo;
///
/// let info: RecordInfo = serde_json::from_str(r#"{"lastUpdated":"2026-06-09T21:59:49Z","updatedBy":"jdoe"}"#)?;
/// assert_eq!(info.updated_by(), Some("jdoe"));
/// assert_eq!(info.last_updated().map(|moment| moment.timestamp()), Some(1_781_042_389));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Default, PartialEq)]
pub struct RecordInfo(Map<Value>);

impl RecordInfo {
    /// When the record was last changed; `None` also when the server's text is no date.
    #[must_use]
    pub fn last_updated(&self) -> Option<DateTime> {
        self.moment("lastUpdated")
    }

    /// Who changed it last: a member's identifier.
    #[must_use]
    pub fn updated_by(&self) -> Option<&str> {
        self.text("updatedBy")
    }

    /// When the record was made; `None` also when the server's text is no date.
    #[must_use]
    pub fn date_entered(&self) -> Option<DateTime> {
        self.moment("dateEntered")
    }

    /// Who made it: a member's identifier.
    #[must_use]
    pub fn entered_by(&self) -> Option<&str> {
        self.text("enteredBy")
    }

    /// Any entry by its key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key)
    }

    /// The link `<name>_href`, such as `notes` or `board`.
    ///
    /// For display only, never to be requested: facts: it names another host than the API's and holds a double slash.
    #[must_use]
    pub fn href(&self, name: &str) -> Option<&str> {
        self.text(&format!("{name}_href"))
    }

    /// All entries, by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value))
    }

    fn text(&self, key: &str) -> Option<&str> {
        self.get(key)?.as_str()
    }

    fn moment(&self, key: &str) -> Option<DateTime> {
        DateTime::read_property(self.get(key)?).ok().flatten()
    }
}

impl From<Map<Value>> for RecordInfo {
    fn from(entries: Map<Value>) -> Self {
        Self(entries)
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
        fmt::Debug::fmt(&Wire(self), f)
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

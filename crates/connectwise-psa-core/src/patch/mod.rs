//! Patches: updates of single fields of a record.

mod diff;
pub(crate) mod typed;

pub use typed::{ObjectValue, PatchValue, ValueField};

use std::fmt;

use bytes::Bytes;
use serde::de::{Deserialize, Deserializer, Error as _};
use serde::ser::{Error as _, Serialize, SerializeMap as _, Serializer};
use serde_json::{Map, Value};

use crate::error::Error;
use crate::json::to_value::{Exact, to_value};
use crate::redaction::RedactedPatchValue;

/// A JSON Patch (RFC 6902) with the patch operations `add`, `replace` and `remove`, which the server applies in order.
/// Fields that no patch operation names are unchanged. [`diff`](Self::diff) computes the patch between two states of a
/// record.
///
/// A path consists of names separated by slashes, with or without a leading slash (`summary`, `status/id`,
/// `communicationItems/1/value`), in the letter case of the API.
///
/// Observed on live servers: some endpoints report success for an update of the `identifier` of a reference and change
/// nothing, so replace references as a whole. After `remove` from an array, the indexes of the later elements shift.
///
/// ```
/// use connectwise_psa_core::json::Reference;
/// use connectwise_psa_core::patch::Patch;
///
/// let patch = Patch::new().replace("summary", "New").replace("company", Reference::from(5)).remove("parentPhase");
/// assert_eq!(
///     serde_json::to_string(&patch)?,
///     r#"[{"op":"replace","path":"summary","value":"New"},{"op":"replace","path":"company","value":{"id":5}},{"op":"remove","path":"parentPhase"}]"#,
/// );
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use = "a patch does nothing until it is sent"]
pub struct Patch {
    operations: Vec<PatchOperation>,
    /// The first path that cannot be updated with its value, and the reason.
    problem: Option<(String, String)>,
}

/// One patch operation.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct PatchOperation {
    /// What the patch operation does.
    pub op: PatchKind,
    /// The path of the field.
    pub path: String,
    /// The value. `Some(Value::Null)` is sent as `null`, `None` is omitted.
    ///
    /// A number with more digits than a [`Value`] keeps is represented as in serde_json: an object with the single key
    /// `$serde_json::private::Number`. It is sent as a number.
    pub value: Option<Value>,
}

/// What a [`PatchOperation`] does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PatchKind {
    /// Sets a field, or appends to an array.
    Add,
    /// Sets a field.
    Replace,
    /// Clears a field, or removes an element from an array.
    Remove,
}

impl PatchKind {
    /// Returns the name that is sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Replace => "replace",
            Self::Remove => "remove",
        }
    }
}

impl Patch {
    /// Creates an empty patch.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a field. A value that cannot be serialized as JSON makes sending the patch fail. Pass a number with more
    /// digits than an `f64` keeps as an [`Amount`](crate::json::Amount).
    ///
    /// A date or timestamp of chrono or jiff, of any time zone, is sent in UTC, as the server requires; a date is sent as
    /// its midnight. A string is sent unchanged, also if it looks like a date.
    pub fn replace(self, path: impl Into<String>, value: impl Serialize) -> Self {
        self.with_result(PatchKind::Replace, path.into(), to_value(&value))
    }

    /// Sets a field, or appends to an array if the path ends with the array's length: `communicationItems/3` for three
    /// elements. A value that cannot be serialized as JSON makes sending the patch fail.
    pub fn add(self, path: impl Into<String>, value: impl Serialize) -> Self {
        self.with_result(PatchKind::Add, path.into(), to_value(&value))
    }

    /// Sends `replace` with `null`, for endpoints that expect it. To clear a field, use [`remove`](Self::remove).
    pub fn set_null(self, path: impl Into<String>) -> Self {
        self.with_result(PatchKind::Replace, path.into(), Ok(Value::Null))
    }

    /// Sends `remove`: the server clears the field, or removes the element from the array.
    pub fn remove(mut self, path: impl Into<String>) -> Self {
        self.operations.push(PatchOperation { op: PatchKind::Remove, path: path.into(), value: None });
        self
    }

    fn with_result(mut self, op: PatchKind, path: String, value: Result<Value, serde_json::Error>) -> Self {
        match value {
            Ok(value) => self.operations.push(PatchOperation { op, path, value: Some(value) }),
            Err(error) => self.problem = self.problem.or(Some((path, error.to_string()))),
        }
        self
    }

    /// Returns whether the patch has nothing to send: no patch operations, and no invalid value.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.operations.is_empty() && self.problem.is_none()
    }

    /// Returns the operations, in order.
    #[must_use]
    pub fn operations(&self) -> &[PatchOperation] {
        &self.operations
    }

    /// Returns the JSON text to send.
    pub(crate) fn json(&self) -> Result<Bytes, Error> {
        if let Some((path, problem)) = &self.problem {
            return Err(Error::invalid_input(format!("patch value of `{path}`"), format!("cannot be sent: {problem}")));
        }
        if self.operations.is_empty() {
            return Err(Error::invalid_input("patch", "is empty; there is nothing to update"));
        }
        if let Some(position) =
            self.operations.iter().position(|operation| operation.path.trim_matches('/').trim().is_empty())
        {
            return Err(Error::invalid_input(
                format!("patch operations[{position}]"),
                "has an empty path; a path names a field of the record",
            ));
        }
        match serde_json::to_vec(self) {
            Ok(json) => Ok(json.into()),
            Err(error) => Err(Error::invalid_input("patch", format!("cannot be written as JSON: {error}"))),
        }
    }
}

impl From<Vec<PatchOperation>> for Patch {
    fn from(operations: Vec<PatchOperation>) -> Self {
        Self { operations, problem: None }
    }
}

impl FromIterator<PatchOperation> for Patch {
    fn from_iter<I: IntoIterator<Item = PatchOperation>>(operations: I) -> Self {
        Self::from(operations.into_iter().collect::<Vec<_>>())
    }
}

impl Serialize for Patch {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match &self.problem {
            Some((path, problem)) => Err(S::Error::custom(format_args!("patch value of `{path}`: {problem}"))),
            None => to.collect_seq(&self.operations),
        }
    }
}

impl Serialize for PatchOperation {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        map.serialize_entry("op", self.op.as_str())?;
        map.serialize_entry("path", &self.path)?;
        if let Some(value) = &self.value {
            map.serialize_entry("value", &Exact(value))?;
        }
        map.end()
    }
}

/// Deserializes from an array of operations. Observed on live servers: an object of fields, which some guides show, is
/// not accepted as a patch.
impl<'de> Deserialize<'de> for Patch {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match Value::deserialize(from)? {
            Value::Array(operations) => {
                let operations: Result<Vec<PatchOperation>, _> =
                    operations.into_iter().map(serde_json::from_value).collect();
                operations.map(Self::from).map_err(D::Error::custom)
            }
            Value::Object(fields) => {
                let field = fields.keys().next().map_or("summary", String::as_str);
                Err(D::Error::custom(format_args!(
                    "a patch is an array of operations, not an object of fields: \
                     [{{\"op\":\"replace\",\"path\":\"{field}\",\"value\":…}}]"
                )))
            }
            _ => Err(D::Error::custom("a patch is an array of operations")),
        }
    }
}

/// Observed on live servers: `op` is accepted in any letter case.
impl<'de> Deserialize<'de> for PatchOperation {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let mut operation = Map::deserialize(from)?;
        let op = match operation.get("op") {
            Some(Value::String(op)) => op,
            _ => return Err(D::Error::custom("a patch operation needs a string `op`")),
        };
        let op = [PatchKind::Add, PatchKind::Replace, PatchKind::Remove]
            .into_iter()
            .find(|kind| op.eq_ignore_ascii_case(kind.as_str()))
            .ok_or_else(|| {
                D::Error::custom(format_args!("unknown patch op {op:?}, expected add, replace or remove"))
            })?;
        let Some(Value::String(path)) = operation.remove("path") else {
            return Err(D::Error::custom("a patch operation needs a string `path`"));
        };
        Ok(Self { op, path, value: operation.remove("value") })
    }
}

/// Hides secrets, and the values of custom fields without a type, which can be passwords.
impl fmt::Debug for PatchOperation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut output = f.debug_struct("PatchOperation");
        output.field("op", &self.op).field("path", &self.path);
        match &self.value {
            Some(value) => output.field("value", &RedactedPatchValue { path: &self.path, value }),
            None => &mut output,
        };
        output.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    struct Unserializable;

    impl Serialize for Unserializable {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(S::Error::custom("no"))
        }
    }

    #[test]
    fn only_an_array_deserializes_as_a_patch() {
        let text = r#"[{"op":"replace","path":"summary","value":"New"},{"op":"remove","path":"site"}]"#;
        let patch: Patch = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&patch).unwrap(), text);
        for (text, expected) in [
            (r#"{"firstName":"Jane"}"#, r#"not an object of fields: [{"op":"replace","path":"firstName","value":…}]"#),
            ("5", "a patch is an array of operations"),
            (r#"[{"op":"replace"}]"#, "needs a string `path`"),
        ] {
            let error = serde_json::from_str::<Patch>(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn every_operation_serializes_as_json_patch() {
        let patch = Patch::new()
            .replace("summary", "New")
            .set_null("predecessorId")
            .add("communicationItems/3", json!({"value": "x"}))
            .remove("parentPhase")
            .replace("/budgetHours", 1.5)
            .replace("requiredDate", crate::json::scalars::DateTime::UNIX_EPOCH)
            .replace("severity", crate::json::reference::Reference::by_name("x"))
            .replace("guid", uuid::Uuid::nil());
        let expected = json!([
            {"op": "replace", "path": "summary", "value": "New"},
            {"op": "replace", "path": "predecessorId", "value": null},
            {"op": "add", "path": "communicationItems/3", "value": {"value": "x"}},
            {"op": "remove", "path": "parentPhase"},
            {"op": "replace", "path": "/budgetHours", "value": 1.5},
            {"op": "replace", "path": "requiredDate", "value": "1970-01-01T00:00:00Z"},
            {"op": "replace", "path": "severity", "value": {"name": "x"}},
            {"op": "replace", "path": "guid", "value": "00000000-0000-0000-0000-000000000000"},
        ]);
        assert_eq!(serde_json::to_value(&patch).unwrap(), expected);
        let read: Vec<PatchOperation> = serde_json::from_value(expected).unwrap();
        assert_eq!(Patch::from(read.clone()), patch);
        assert_eq!(read.into_iter().collect::<Patch>(), patch);
    }

    #[test]
    fn errors_name_the_path() {
        for (patch, name) in [
            (Patch::new(), "patch is empty"),
            (
                Patch::new().replace("a", 1).add("bad", Unserializable).add("worse", Unserializable),
                "patch value of `bad`",
            ),
            (Patch::new().replace("a", 1).remove("/"), "patch operations[1] has an empty path"),
        ] {
            let error = patch.json().unwrap_err();
            assert!(error.is_invalid_input(), "{error}");
            assert!(error.to_string().contains(name), "{error}");
        }
        assert!(Patch::new().is_empty());
        assert!(!Patch::new().add("bad", Unserializable).is_empty());
        assert!(serde_json::to_string(&Patch::new().add("bad", Unserializable)).is_err());
    }

    #[test]
    fn operations_deserialize_in_any_letter_case() {
        for (text, expected) in [
            (r#"{"op":"Remove","path":"x"}"#, Some((PatchKind::Remove, None))),
            (r#"{"op":"REPLACE","path":"x","value":null}"#, Some((PatchKind::Replace, Some(Value::Null)))),
            (r#"{"op":"move","path":"x"}"#, None),
            (r#"{"op":"add"}"#, None),
            (r#"{"path":"x"}"#, None),
            (r#"{"op":"add","path":7}"#, None),
        ] {
            let read =
                serde_json::from_str::<PatchOperation>(text).ok().map(|operation| (operation.op, operation.value));
            assert_eq!(read, expected, "{text}");
        }
    }

    #[test]
    fn debug_hides_secrets() {
        let patch =
            Patch::new().replace("password", "hunter2").replace("login", json!({"apiKey": "hunter2", "user": "shown"}));
        let text = format!("{patch:?}");
        assert!(!text.contains("hunter2") && text.contains("shown"), "{text}");
        let patch = Patch::new()
            .replace("customFields", json!([{"id": 51, "value": "hunter2"}]))
            .add("/customFields/0", json!({"caption": "shown", "value": "hunter2"}))
            .replace("customFields/0/value", "hunter2")
            .replace("questions", json!([{"fieldType": "Password", "answer": "hunter2"}]));
        let text = format!("{patch:?}");
        assert!(!text.contains("hunter2") && text.contains("shown") && text.contains("51"), "{text}");
    }
}

//! Patches: changes to single members of a record.

mod diff;
pub(crate) mod typed;

pub use typed::{ObjectValue, PatchValue, ValueField};

use std::fmt;

use bytes::Bytes;
use serde::de::{Deserialize, Deserializer, Error as _};
use serde::ser::{Error as _, Serialize, SerializeMap as _, Serializer};
use serde_json::{Map, Value};

use crate::error::Error;
use crate::json::scalars::date_time_text;
use crate::json::to_value::{Exact, to_value};
use crate::redaction::{REDACTED, Redacted, looks_secret};

/// What to change in a record, in order. Members that are not named stay as they are. [`diff`](Self::diff) makes one of
/// a record as it was and as it is to be.
///
/// Paths are names by slash, with or without one in front (`summary`, `status/id`, `communicationItems/1/value`), in
/// the letter case of the API. facts: a reference is best replaced whole, since some endpoints answer success to a
/// change of its `identifier` and do nothing; after `remove` from an array the indexes behind it shift.
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
    /// The first path whose value could not be written, and why.
    problem: Option<(String, String)>,
}

/// One change.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct PatchOperation {
    /// What to do.
    pub op: PatchKind,
    /// Where.
    pub path: String,
    /// With what; `Some(Value::Null)` is written as `null`, `None` is left out.
    ///
    /// A number with more digits than a [`Value`] keeps stands here as serde_json hands such numbers over, as an object
    /// with the one member `$serde_json::private::Number`. It is written as a number.
    pub value: Option<Value>,
}

/// What a change does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PatchKind {
    /// Sets a member, or appends to an array.
    Add,
    /// Sets a member.
    Replace,
    /// Empties a member, or takes an element out of an array.
    Remove,
}

impl PatchKind {
    /// The name on the wire.
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
    /// A patch that changes nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a member. A value that cannot be written as JSON makes the call fail. Numbers are exact when they are given
    /// as an [`Amount`](crate::json::Amount).
    pub fn replace(self, path: impl Into<String>, value: impl Serialize) -> Self {
        self.with_result(PatchKind::Replace, path.into(), to_value(&value))
    }

    /// Sets a member, or appends to an array (`communicationItems/3`). A value that cannot be written as JSON makes the
    /// call fail.
    pub fn add(self, path: impl Into<String>, value: impl Serialize) -> Self {
        self.with_result(PatchKind::Add, path.into(), to_value(&value))
    }

    /// Sets a member to `null`.
    pub fn set_null(self, path: impl Into<String>) -> Self {
        self.with_result(PatchKind::Replace, path.into(), Ok(Value::Null))
    }

    /// Empties a member, or takes an element out of an array.
    pub fn remove(mut self, path: impl Into<String>) -> Self {
        self.operations.push(PatchOperation { op: PatchKind::Remove, path: path.into(), value: None });
        self
    }

    fn with_result(mut self, op: PatchKind, path: String, value: Result<Value, serde_json::Error>) -> Self {
        match value {
            Ok(value) => self.operations.push(PatchOperation { op, path, value: Some(in_ticks(value)) }),
            Err(error) => self.problem = self.problem.or(Some((path, error.to_string()))),
        }
        self
    }

    /// Whether it changes nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.operations.is_empty() && self.problem.is_none()
    }

    /// The changes in order.
    #[must_use]
    pub fn operations(&self) -> &[PatchOperation] {
        &self.operations
    }

    /// The JSON text to send.
    pub(crate) fn json(&self) -> Result<Bytes, Error> {
        if let Some((path, problem)) = &self.problem {
            return Err(Error::invalid_input(
                format!("patch value of `{path}`"),
                format!("cannot be written: {problem}"),
            ));
        }
        if self.operations.is_empty() {
            return Err(Error::invalid_input("patch", "is empty, so there is nothing to change"));
        }
        if let Some(position) =
            self.operations.iter().position(|operation| operation.path.trim_matches('/').trim().is_empty())
        {
            return Err(Error::invalid_input(
                format!("patch path of change {position}"),
                "is empty; it names a member of the record",
            ));
        }
        match serde_json::to_vec(self) {
            Ok(json) => Ok(json.into()),
            Err(error) => Err(Error::invalid_input("patch", format!("cannot be written as JSON: {error}"))),
        }
    }
}

/// A moment as chrono writes it can have nine decimals; .NET reads seven.
fn in_ticks(value: Value) -> Value {
    let moment = match &value {
        Value::String(text) if text.len() == "2026-06-09T21:59:49.123456789Z".len() && text.ends_with('Z') => {
            text.parse().ok()
        }
        _ => None,
    };
    moment.and_then(|moment| date_time_text(&moment)).map_or(value, Value::String)
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

/// From an array of changes. facts: an object of members, which some guides show, is no patch.
impl<'de> Deserialize<'de> for Patch {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match Value::deserialize(from)? {
            Value::Array(operations) => {
                let operations: Result<Vec<PatchOperation>, _> =
                    operations.into_iter().map(serde_json::from_value).collect();
                operations.map(Self::from).map_err(D::Error::custom)
            }
            Value::Object(members) => {
                let member = members.keys().next().map_or("summary", String::as_str);
                Err(D::Error::custom(format_args!(
                    "a patch is an array of changes, not an object of members: [{{\"op\":\"replace\",\"path\":\"{member}\",\"value\":…}}]"
                )))
            }
            _ => Err(D::Error::custom("a patch is an array of changes")),
        }
    }
}

/// facts: the server takes `op` in any letter case.
impl<'de> Deserialize<'de> for PatchOperation {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let mut members = Map::deserialize(from)?;
        let op = match members.get("op") {
            Some(Value::String(op)) => op,
            _ => return Err(D::Error::custom("a patch operation needs a text `op`")),
        };
        let op = [PatchKind::Add, PatchKind::Replace, PatchKind::Remove]
            .into_iter()
            .find(|kind| op.eq_ignore_ascii_case(kind.as_str()))
            .ok_or_else(|| {
                D::Error::custom(format_args!("unknown patch op {op:?}, expected add, replace or remove"))
            })?;
        let Some(Value::String(path)) = members.remove("path") else {
            return Err(D::Error::custom("a patch operation needs a text `path`"));
        };
        Ok(Self { op, path, value: members.remove("value") })
    }
}

/// Shows no value that looks like a secret, and none of a custom field, which can be a password.
impl fmt::Debug for PatchOperation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut output = f.debug_struct("PatchOperation");
        output.field("op", &self.op).field("path", &self.path);
        match &self.value {
            Some(_) if looks_secret(&self.path) => output.field("value", &format_args!("{REDACTED}")),
            // The kind, which can be `Password`, need not be sent with the value.
            Some(value) if is_in_custom_fields(&self.path) => {
                output.field("value", &Redacted(&without_field_values(value)))
            }
            Some(value) => output.field("value", &Redacted(value)),
            None => &mut output,
        };
        output.finish()
    }
}

fn is_in_custom_fields(path: &str) -> bool {
    path.trim_matches('/').split('/').any(|name| name.eq_ignore_ascii_case("customFields"))
}

/// Custom fields, or one, or the value of one, with nothing to be seen but which they are.
fn without_field_values(value: &Value) -> Value {
    match value {
        Value::Array(fields) => fields.iter().map(without_field_values).collect(),
        Value::Object(field) => {
            let shown = |(name, value): (&String, &Value)| {
                (name.clone(), if name == "value" { Value::from(REDACTED) } else { value.clone() })
            };
            field.iter().map(shown).collect()
        }
        _ => Value::from(REDACTED),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    struct InvalidLiteral;

    impl Serialize for InvalidLiteral {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(S::Error::custom("no"))
        }
    }

    #[test]
    fn a_patch_is_read_from_an_array_and_from_nothing_else() {
        let text = r#"[{"op":"replace","path":"summary","value":"New"},{"op":"remove","path":"site"}]"#;
        let patch: Patch = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&patch).unwrap(), text);
        for (text, why) in [
            (r#"{"firstName":"Jane"}"#, r#"not an object of members: [{"op":"replace","path":"firstName","value":…}]"#),
            ("5", "a patch is an array of changes"),
            (r#"[{"op":"replace"}]"#, "needs a text `path`"),
        ] {
            let error = serde_json::from_str::<Patch>(text).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }

    #[test]
    fn every_change_has_its_form() {
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
    fn what_cannot_be_sent_is_named() {
        for (patch, name) in [
            (Patch::new(), "patch is empty"),
            (
                Patch::new().replace("a", 1).add("bad", InvalidLiteral).add("worse", InvalidLiteral),
                "patch value of `bad`",
            ),
            (Patch::new().replace("a", 1).remove("/"), "patch path of change 1"),
        ] {
            let error = patch.json().unwrap_err();
            assert!(error.is_invalid_input(), "{error}");
            assert!(error.to_string().contains(name), "{error}");
        }
        assert!(Patch::new().is_empty());
        assert!(!Patch::new().add("bad", InvalidLiteral).is_empty());
        assert!(serde_json::to_string(&Patch::new().add("bad", InvalidLiteral)).is_err());
    }

    #[test]
    fn operations_are_read_in_any_letter_case() {
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

//! The patch between two states of a record: read a record, change it as a value, and send only the differences.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::{PatchKind, PatchOperation};
use crate::error::Error;
use crate::json::digits::is_same_number;
use crate::json::object::Object;
use crate::json::property::{Property as _, PropertyRef};
use crate::json::scalars::date_time_from_text;
use crate::json::to_value::{number_text, to_value};
use crate::patch::Patch;
use crate::text::field_ignoring_case;

type Fields = Map<String, Value>;

/// The value of a missing field.
static NULL: Value = Value::Null;

/// The fields by which a reference identifies its record, the most reliable first.
const IDENTIFYING_FIELDS: [&str; 3] = ["id", "identifier", "name"];

const CUSTOM_FIELDS: &str = "customFields";
const COMMUNICATION_ITEMS: &str = "communicationItems";

impl Patch {
    /// Computes a patch with only what differs between `before`, the record as the server returned it, and `after`.
    ///
    /// For equal states, the patch [is empty](Self::is_empty) and cannot be sent. The patch operations are in the order
    /// of the field names. A record that was read with a selection of its fields can be compared too: fields in neither
    /// state are unchanged.
    ///
    /// ```
    /// use connectwise_psa_core::generated as psa;
    /// use connectwise_psa_core::json::Reference;
    /// use connectwise_psa_core::patch::Patch;
    ///
    /// // The code that the generator writes for a schema:
    /// #[derive(Clone, Default, PartialEq)]
    /// struct Ticket {
    ///     id: Option<i32>,
    ///     summary: Option<String>,
    ///     company: Option<Reference>,
    /// }
    ///
    /// impl psa::Object for Ticket {
    ///     const NAME: &'static str = "Ticket";
    ///     fn read<R: psa::Reader>(&mut self, name: &str, from: &mut R) {
    ///         match name {
    ///             "id" => from.field(&mut self.id),
    ///             "summary" => from.field(&mut self.summary),
    ///             "company" => from.field(&mut self.company),
    ///             _ => psa::read_other_case(self, name, from),
    ///         }
    ///     }
    ///     fn write<W: psa::Writer>(&self, to: &mut W) {
    ///         to.field("id", &self.id);
    ///         to.text("summary", 100, &self.summary);
    ///         to.field("company", &self.company);
    ///     }
    /// }
    /// psa::object!(Ticket);
    ///
    /// // The code of a program:
    /// let before: Ticket = serde_json::from_str(r#"{"id": 13, "summary": "Printer on fire", "company": {"id": 5, "name": "Acme"}}"#)?;
    /// let mut after = before.clone();
    /// assert!(Patch::diff(&before, &after)?.is_empty());
    ///
    /// after.company = Some(Reference::from(7));
    /// after.summary = None;
    /// let patch = Patch::diff(&before, &after)?;
    /// assert_eq!(
    ///     serde_json::to_string(&patch)?,
    ///     r#"[{"op":"replace","path":"company","value":{"id":7}},{"op":"replace","path":"summary","value":""}]"#,
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # How fields are compared and sent
    ///
    /// - `_info` is neither compared nor sent, at any depth.
    /// - **Numbers** are compared by value, without rounding: 1 equals 1.0. A number is sent without trailing zeros.
    /// - **Values that became `None`** are sent as `remove`, but a string as `replace` with `""`, because the server
    ///   clears text that way. A string whose old value is a date or timestamp is sent as `remove`, also in a text
    ///   field: use `set(field, "")` there. Enum values are sent as `""`, which the server accepts for some fields
    ///   only.
    /// - **References** are replaced by the most reliable of id, identifier and name that `after` has: `{"id":7}`, or
    ///   `{"name":"New"}` if it has only a name. Other fields next to a new id (name, sort order, …) belong to the old
    ///   record and are not sent. A reference to the same record, such as `Reference::from(5)` for a reference with the
    ///   id 5, is not a difference. If a reference to the same record has further fields, such as a sort order, and one
    ///   of them differs, the whole reference of `after` is sent.
    /// - **Other nested objects**, without an id and with fields other than `identifier` and `name`, such as an
    ///   address, are replaced as a whole.
    /// - **Custom fields** are matched by id, or by caption if there is no id. Only their `value` is compared. Observed
    ///   on live servers: a partial array updates only the custom fields that it lists. So only the changed ones are
    ///   sent; one that is missing in `after` is sent with the value `null`.
    /// - **Communication items** are matched by id, in any order. Observed on live servers: an operation addresses them
    ///   by their index. So `before` must contain all of them in the server's order, and no other program may have
    ///   updated the record since it was read. An item without an id is new and is appended. Observed on live servers:
    ///   the `defaultFlag` of a new item is ignored; set it with another patch.
    /// - **Other arrays** are replaced as a whole.
    ///
    /// # Limits
    ///
    /// The patch does not account for what the server does itself: defaults, dependencies between fields, read-only
    /// fields. Observed on live servers: if a custom field is required, some endpoints reject a patch that does not
    /// update `customFields`. Add an operation then, such as `.replace("customFields", json!([{"id": 3, "value":
    /// "unchanged value"}]))`.
    ///
    /// # Errors
    ///
    /// Returns an invalid-input error if
    ///
    /// - the `id` of the record differs or is in only one of the states, because it cannot be changed;
    /// - the name of a reference differs but its id (or identifier) does not, because it is unclear which record is
    ///   meant. To select a record by name, leave out the id;
    /// - a custom field in an array that differs has neither id nor caption, is listed twice, or matches several custom
    ///   fields of `before`;
    /// - a communication item of `before` has no id, one of `after` has an id that `before` does not have, or one is
    ///   listed twice;
    /// - a value cannot be serialized as JSON, such as a number that is not finite.
    pub fn diff<T: Object>(before: &T, after: &T) -> Result<Self, Error> {
        Self::diff_json(&to_json(before)?, &to_json(after)?)
    }

    /// Computes the [`diff`](Self::diff) of records that were read as JSON. A field that is `null` equals a missing
    /// field.
    ///
    /// ```
    /// use connectwise_psa_core::patch::Patch;
    /// use serde_json::json;
    ///
    /// let before = json!({"id": 5, "customFields": [{"id": 1, "value": "a"}, {"id": 2, "value": "b"}], "site": null});
    /// let after = json!({"id": 5, "customFields": [{"id": 1, "value": "a"}, {"id": 2, "value": "c"}]});
    /// let patch = Patch::diff_json(&before, &after)?;
    /// assert_eq!(serde_json::to_value(&patch)?, json!([{"op": "replace", "path": "customFields", "value": [{"id": 2, "value": "c"}]}]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the errors of [`diff`](Self::diff), and an invalid-input error for a value that is not a JSON object.
    pub fn diff_json(before: &Value, after: &Value) -> Result<Self, Error> {
        let (Value::Object(before), Value::Object(after)) = (before, after) else {
            let state = if before.is_object() { "after" } else { "before" };
            return Err(Error::invalid_input(state, "is not a JSON object, so it has no fields to compare"));
        };
        if !is_same_key("id", before, after) {
            return Err(Error::invalid_input(
                "id",
                "of the record cannot be changed; compare two states of one record, both with its id or both without",
            ));
        }
        let mut changes = Changes::default();
        for (name, before, after) in pairs(before, after).filter(|(name, ..)| !name.eq_ignore_ascii_case("id")) {
            if is_same(before, after) {
                continue;
            }
            match (elements(before), elements(after)) {
                (Some(before), Some(after)) if name.eq_ignore_ascii_case(CUSTOM_FIELDS) => {
                    changes.custom_fields(before, after)?;
                }
                (Some(before), Some(after)) if name.eq_ignore_ascii_case(COMMUNICATION_ITEMS) => {
                    changes.communication_items(before, after)?;
                }
                _ => changes.field(name.to_owned(), before, after)?,
            }
        }
        Ok(Self::from(changes.operations))
    }
}

fn to_json<T: Object>(record: &T) -> Result<Value, Error> {
    to_value(&PropertyRef(record))
        .map_err(|error| Error::invalid_input("record", format!("cannot be written as JSON: {error}")))
}

/// The operations of the patch, while it is computed.
#[derive(Default)]
struct Changes {
    operations: Vec<PatchOperation>,
}

impl Changes {
    fn replace(&mut self, path: String, value: Value) {
        self.operations.push(PatchOperation { op: PatchKind::Replace, path, value: Some(value) });
    }

    fn remove(&mut self, path: String) {
        self.operations.push(PatchOperation { op: PatchKind::Remove, path, value: None });
    }

    /// Compares a field without special rules.
    fn field(&mut self, path: String, before: &Value, after: &Value) -> Result<(), Error> {
        if is_same(before, after) {
            return Ok(());
        }
        if is_unset(after) {
            self.clear(path, before);
            return Ok(());
        }
        let value = match after {
            Value::Object(object) if number_text(after).is_none() => object_value(&path, before, object)?,
            after => Some(without_info(after)),
        };
        if let Some(value) = value {
            self.replace(path, value);
        }
        Ok(())
    }

    /// Clears a field that is not set any more.
    fn clear(&mut self, path: String, before: &Value) {
        match before {
            // Already empty. Observed on live servers: responses omit empty fields.
            Value::String(text) if text.is_empty() => {}
            Value::Array(elements) if elements.is_empty() => {}
            // A date is a string in JSON, but "" is not a date.
            Value::String(text) if date_time_from_text(text).is_none() => self.replace(path, Value::from("")),
            _ => self.remove(path),
        }
    }

    fn custom_fields(&mut self, before: &[Value], after: &[Value]) -> Result<(), Error> {
        let before = CustomField::all(before, " in `before`")?;
        let after = CustomField::all(after, "")?;
        let mut kept = BTreeSet::new();
        let mut changed = Vec::new();
        for (index, field) in after.iter().enumerate() {
            let mut matching = before.iter().enumerate().filter(|(_, old)| field.is_same_field(old));
            let old = matching.next();
            if matching.next().is_some() {
                return Err(custom_field_error(
                    index,
                    "matches several custom fields of `before`; each needs an id of its own",
                ));
            }
            let is_repeated = match old {
                Some((position, _)) => !kept.insert(position),
                None => after.iter().take(index).any(|earlier| field.is_same_field(earlier)),
            };
            if is_repeated {
                return Err(custom_field_error(index, "in `after` is listed twice"));
            }
            changed.extend(field.change_from(old.map(|(_, old)| old)));
        }
        let removed = before.iter().enumerate().filter(|(position, _)| !kept.contains(position));
        changed.extend(removed.filter_map(|(_, old)| CustomField { value: &NULL, ..*old }.change_from(Some(old))));
        if !changed.is_empty() {
            self.replace(CUSTOM_FIELDS.to_owned(), Value::Array(changed));
        }
        Ok(())
    }

    fn communication_items(&mut self, before: &[Value], after: &[Value]) -> Result<(), Error> {
        let mut positions = BTreeMap::new();
        for (index, item) in before.iter().enumerate() {
            let id = id_of(item_object(index, item)?).ok_or_else(|| item_error(index, "in `before` has no id"))?;
            if positions.insert(id, index).is_some() {
                return Err(item_error(index, &format!("in `before` has the id {id} of another item")));
            }
        }
        // By index in `before`, because a different order is not a difference.
        let mut kept = BTreeMap::new();
        let mut added = Vec::new();
        for (index, item) in after.iter().enumerate() {
            let object = item_object(index, item)?;
            if !is_set(object, "id") {
                added.push(without_info(item));
                continue;
            }
            let position = id_of(object).and_then(|id| positions.get(&id));
            let position = *position.ok_or_else(|| {
                item_error(index, "has an id that `before` does not have; leave out the id to add an item")
            })?;
            if kept.insert(position, object).is_some() {
                return Err(item_error(index, "has the id of another item"));
            }
        }
        for (index, item) in before.iter().enumerate() {
            let (Some(after), Value::Object(before)) = (kept.get(&index), item) else { continue };
            for (name, before, after) in pairs(before, after).filter(|(name, ..)| !name.eq_ignore_ascii_case("id")) {
                self.field(format!("{COMMUNICATION_ITEMS}/{index}/{name}"), before, after)?;
            }
        }
        // From the last to the first, because a removal shifts the indexes of the later items.
        for index in (0..before.len()).rev().filter(|index| !kept.contains_key(index)) {
            self.remove(format!("{COMMUNICATION_ITEMS}/{index}"));
        }
        for (index, item) in (kept.len()..).zip(added) {
            self.operations.push(PatchOperation {
                op: PatchKind::Add,
                path: format!("{COMMUNICATION_ITEMS}/{index}"),
                value: Some(item),
            });
        }
        Ok(())
    }
}

/// Returns the value to send for an object that differs, or `None` if both states refer to the same record and no
/// further field of `after` differs.
fn object_value(path: &str, before: &Value, after: &Fields) -> Result<Option<Value>, Error> {
    let no_fields = Fields::new();
    let before = before.as_object().unwrap_or(&no_fields);
    let whole = || Some(without_info_of(after));
    // An object with further fields and no id is a part of the record, not a reference, even if it has a name: an
    // address.
    let is_reference =
        |object| is_set(object, "id") || (has_only_reference_keys(before) && has_only_reference_keys(after));
    if !is_reference(before) && !is_reference(after) {
        return Ok(whole());
    }
    let mut keys = IDENTIFYING_FIELDS.into_iter().filter(|key| is_set(after, key));
    let Some(key) = keys.next() else { return Ok(whole()) };
    if !is_same_key(key, before, after) {
        // The other fields may belong to the old record and contradict the key.
        return Ok(Some(Value::Object(Fields::from_iter([(key.to_owned(), value_of(after, key).clone())]))));
    }
    if let Some(weaker) = keys.find(|weaker| !is_same_key(weaker, before, after)) {
        let name = format!("{path}/{weaker}");
        return Err(Error::invalid_input(
            name,
            format!("differs, but the {key} does not; leave out the {key} to select the record by {weaker}"),
        ));
    }
    let changed = pairs(before, after).any(|(name, before, after)| !is_identifying(name) && !is_same(before, after));
    // With nothing but the keys of the same record, `after` selects that record and leaves its further fields as they
    // are.
    if has_only_reference_keys(after) || !changed { Ok(None) } else { Ok(whole()) }
}

/// Returns whether an object has no other fields than id, identifier, name and `_info`.
fn has_only_reference_keys(object: &Fields) -> bool {
    object.iter().all(|(name, value)| name == "_info" || is_identifying(name) || is_unset(value))
}

fn is_identifying(name: &str) -> bool {
    IDENTIFYING_FIELDS.iter().any(|field| field.eq_ignore_ascii_case(name))
}

/// Returns whether an identifying field has a value.
fn is_set(object: &Fields, key: &str) -> bool {
    let value = value_of(object, key);
    !is_unset(value) && value.as_str() != Some("")
}

/// Returns whether an id, identifier or name is the same in both states or set in neither. The ids 5 and "5" are the
/// same. Observed on live servers: ids are accepted as strings.
fn is_same_key(key: &str, before: &Fields, after: &Fields) -> bool {
    let is_same_id = || key == "id" && id_of(before).is_some_and(|id| id_of(after) == Some(id));
    match (is_set(before, key), is_set(after, key)) {
        (true, true) => is_same(value_of(before, key), value_of(after, key)) || is_same_id(),
        (was_set, is_set) => was_set == is_set,
    }
}

fn id_of(object: &Fields) -> Option<i64> {
    i64::read_property(value_of(object, "id")).ok().flatten()
}

fn item_object(index: usize, item: &Value) -> Result<&Fields, Error> {
    item.as_object().ok_or_else(|| item_error(index, "is not a JSON object"))
}

fn item_error(index: usize, problem: &str) -> Error {
    Error::invalid_input(format!("{COMMUNICATION_ITEMS}[{index}]"), problem)
}

/// The parts of a custom field that are compared.
#[derive(Clone, Copy)]
struct CustomField<'a> {
    id: Option<i64>,
    caption: Option<&'a str>,
    value: &'a Value,
}

impl<'a> CustomField<'a> {
    /// Reads the custom fields of a record. `state` names the state in error messages.
    fn all(fields: &'a [Value], state: &str) -> Result<Vec<Self>, Error> {
        let field = |(index, field): (usize, &'a Value)| {
            let object =
                field.as_object().ok_or_else(|| custom_field_error(index, &format!("{state} is not a JSON object")))?;
            let caption = value_of(object, "caption").as_str().filter(|caption| !caption.is_empty());
            let field = Self { id: id_of(object), caption, value: value_of(object, "value") };
            let is_identified = field.id.is_some() || field.caption.is_some();
            if is_identified {
                Ok(field)
            } else {
                Err(custom_field_error(index, &format!("{state} has neither id nor caption")))
            }
        };
        fields.iter().enumerate().map(field).collect()
    }

    /// Returns whether both are the same custom field. Captions are compared only if an id is missing, because two
    /// custom fields can have the same caption.
    fn is_same_field(&self, other: &Self) -> bool {
        match (self.id, other.id) {
            (Some(id), Some(other)) => id == other,
            _ => self.caption.is_some() && self.caption == other.caption,
        }
    }

    /// Returns the element to send if the value differs.
    fn change_from(&self, before: Option<&Self>) -> Option<Value> {
        let old = before.map_or(&NULL, |before| before.value);
        let is_empty_already = is_unset(self.value) && old.as_str() == Some("");
        if is_same(old, self.value) || is_empty_already {
            return None;
        }
        let (name, key) = match self.id.or(before.and_then(|before| before.id)) {
            Some(id) => ("id", Value::from(id)),
            None => ("caption", Value::from(self.caption)),
        };
        Some(Value::Object(Fields::from_iter([(name.to_owned(), key), ("value".to_owned(), without_info(self.value))])))
    }
}

fn custom_field_error(index: usize, problem: &str) -> Error {
    Error::invalid_input(format!("{CUSTOM_FIELDS}[{index}]"), problem.trim_start())
}

/// Returns the fields of both objects except `_info`: the name, the value in `one`, and the value in `other`. They are
/// sorted by name, so that the order does not depend on the features of serde_json.
///
/// Two fields whose names differ only in letter case are one field, unless one of the objects has both. Observed on live
/// servers: the status of a ticket has `Sort`, which this library writes as `sort`.
fn pairs<'a>(one: &'a Fields, other: &'a Fields) -> impl Iterator<Item = (&'a str, &'a Value, &'a Value)> {
    let mut pairs = BTreeMap::new();
    for (name, value) in one {
        pairs.insert(name.as_str(), (value, counterpart(other, one, name).unwrap_or(&NULL)));
    }
    for (name, value) in other {
        if counterpart(one, other, name).is_none() {
            pairs.insert(name, (&NULL, value));
        }
    }
    pairs.into_iter().filter(|(name, _)| *name != "_info").map(|(name, (one, other))| (name, one, other))
}

/// Returns the value that `object` has for the field `name` of the object `of`.
fn counterpart<'a>(object: &'a Fields, of: &Fields, name: &str) -> Option<&'a Value> {
    object.get(name).or_else(|| {
        let is_counterpart = |other: &str| other.eq_ignore_ascii_case(name) && !of.contains_key(other);
        object.iter().find(|(other, _)| is_counterpart(other)).map(|(_, value)| value)
    })
}

fn value_of<'a>(object: &'a Fields, name: &str) -> &'a Value {
    field_ignoring_case(object, name).unwrap_or(&NULL)
}

/// Returns the elements of an array, an empty slice for an unset field, and `None` for any other value.
fn elements(value: &Value) -> Option<&[Value]> {
    match value {
        Value::Array(elements) => Some(elements),
        value => is_unset(value).then_some(&[]),
    }
}

/// Returns whether a value counts as unset. Observed on live servers: an unset reference is `{}` or has only `_info`.
fn is_unset(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(object) => object.iter().all(|(name, value)| name == "_info" || is_unset(value)),
        _ => false,
    }
}

/// Returns whether two values are the same to the server, ignoring `_info`.
fn is_same(one: &Value, other: &Value) -> bool {
    // By value: 1 equals 1.0.
    if let (Some(one), Some(other)) = (number_text(one), number_text(other)) {
        return one == other || is_same_number(&one, &other);
    }
    match (one, other) {
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => pairs(one, other).all(|(_, one, other)| is_same(one, other)),
        _ => one == other || (is_unset(one) && is_unset(other)),
    }
}

fn without_info(value: &Value) -> Value {
    match value {
        Value::Array(elements) => elements.iter().map(without_info).collect(),
        Value::Object(object) => without_info_of(object),
        scalar => scalar.clone(),
    }
}

fn without_info_of(object: &Fields) -> Value {
    object
        .iter()
        .filter(|(name, _)| *name != "_info")
        .map(|(name, value)| (name.clone(), without_info(value)))
        .collect()
}

#[cfg(test)]
mod tests;

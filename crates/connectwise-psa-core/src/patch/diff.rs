//! The patch between two states of a record, so that a record can be read, changed as a value, and only the change
//! sent.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::{PatchKind, PatchOperation, in_ticks};
use crate::error::Error;
use crate::json::digits::is_same_number;
use crate::json::object::Object;
use crate::json::property::{Property as _, PropertyRef};
use crate::json::scalars::date_time_from_text;
use crate::json::to_value::{number_text, to_value};
use crate::patch::Patch;

type Members = Map<String, Value>;

/// What a member has that is not there.
static NOTHING: Value = Value::Null;

/// How a reference names its record, the surest first.
const REFERENCE_KEYS: [&str; 3] = ["id", "identifier", "name"];

const CUSTOM_FIELDS: &str = "customFields";
const COMMUNICATION_ITEMS: &str = "communicationItems";

impl Patch {
    /// The smallest patch that makes `after` of `before`: `before` as the server gave the record, `after` as it is to
    /// be.
    ///
    /// Two equal states give a patch that [is empty](Self::is_empty), which cannot be sent. The changes are in the
    /// order of the members' names. A record that was read with only some of its members can be compared as well: what
    /// is in neither state is left alone.
    ///
    /// ```
    /// use connectwise_psa_core::generated as psa;
    /// use connectwise_psa_core::json::Reference;
    /// use connectwise_psa_core::patch::Patch;
    ///
    /// // What the generator makes of one schema:
    /// #[derive(Clone, Default, PartialEq)]
    /// struct Ticket {
    ///     id: Option<i32>,
    ///     summary: Option<String>,
    ///     company: Option<Reference>,
    /// }
    ///
    /// impl psa::Object for Ticket {
    ///     const NAME: &'static str = "Ticket";
    ///     fn read<'de, A: psa::MapAccess<'de>>(&mut self, name: &str, from: &mut A) -> Result<(), A::Error> {
    ///         match name {
    ///             "id" => psa::read(&mut self.id, from),
    ///             "summary" => psa::read(&mut self.summary, from),
    ///             "company" => psa::read(&mut self.company, from),
    ///             _ => psa::skip(from),
    ///         }
    ///     }
    ///     fn write<W: psa::Writer>(&self, to: &mut W) -> Result<(), W::Error> {
    ///         to.member("id", &self.id)?;
    ///         to.text("summary", 100, &self.summary)?;
    ///         to.member("company", &self.company)
    ///     }
    /// }
    /// psa::object!(Ticket);
    ///
    /// // What a program does with it:
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
    /// # How each kind of member is compared and sent
    ///
    /// - `_info` is neither compared nor sent, at any depth.
    /// - **Numbers** are compared by value, to the last digit that the two states have: 1 is 1.0. A number is sent
    ///   without the zeros at its end.
    /// - **What became `None`** is sent as `remove`, and a text as `""`, since facts: that is how text is cleared. A
    ///   text that reads as a date or a moment is removed as well. Whether the server accepts `""` for the value of an
    ///   enumeration, which is a text here too, depends on the member.
    /// - **References** are sent whole, by the strongest of id, identifier and name that `after` has: `{"id":7}`, or
    ///   `{"name":"New"}` when there is nothing else. What still stands beside a new id (name, sort order, …) is of the
    ///   old record and is not sent. The same record chosen once more, `Reference::from(5)` where 5 was, is no change.
    ///   A reference with members of its own, such as a sort order, is replaced by all that `after` has when it is to
    ///   the same record and one of these members differs.
    /// - **Other objects inside**, those that never had an id and have more than a name, such as an address, are
    ///   replaced whole.
    /// - **Custom fields** are matched by id, and by caption where there is no id; only their `value` counts. facts: a
    ///   partial array touches only the fields it names, so the changed ones are sent, and one that is no longer there
    ///   is sent with the value `null`.
    /// - **Communication items** are matched by id, wherever they stand. facts: they are addressed by their index on
    ///   the server, so `before` has to have all of them in the server's order, and the record must not have been
    ///   changed by others since it was read. An item without an id is new and comes last. facts: the server ignores
    ///   the `defaultFlag` of an item that is added; set it with another patch.
    /// - **Other arrays** are replaced whole.
    ///
    /// # What it cannot know
    ///
    /// What the server does beyond the patch: defaults, rules that tie members together, members that cannot be
    /// written. facts: where a custom field is required, some endpoints refuse a patch without any change to
    /// `customFields`; add one, such as `.replace("customFields", json!([{"id": 3, "value": "as it was"}]))`.
    ///
    /// # Errors
    ///
    /// An invalid-input error when
    ///
    /// - the `id` of the record itself differs or is in one of the two only: it cannot be changed;
    /// - the name of a reference differs, and its id (or identifier) does not: which of the two is meant? To choose by
    ///   name, leave out the id;
    /// - a custom field has neither id nor caption, or is there twice, in an array that changed;
    /// - a communication item of `before` has no id, one of `after` has an id that `before` does not have, or one is
    ///   there twice;
    /// - a value cannot be written as JSON, such as a number that is not finite.
    pub fn diff<T: Object>(before: &T, after: &T) -> Result<Self, Error> {
        Self::diff_json(&json_of(before)?, &json_of(after)?)
    }

    /// [`diff`](Self::diff) of records that were read as JSON. A member that is `null` and one that is not there are
    /// the same.
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
    /// Those of [`diff`](Self::diff), and an invalid-input error for what is no JSON object.
    pub fn diff_json(before: &Value, after: &Value) -> Result<Self, Error> {
        let (Value::Object(before), Value::Object(after)) = (before, after) else {
            return Err(Error::invalid_input("record", "is no JSON object, so it has no members to compare"));
        };
        if !same_key("id", before, after) {
            return Err(Error::invalid_input(
                "id",
                "of the record cannot be changed; compare two states of one record, both with its id or both without",
            ));
        }
        let mut changes = Changes::default();
        for name in names(before, after).filter(|name| *name != "id") {
            let (before, after) = (member(before, name), member(after, name));
            if same(before, after) {
                continue;
            }
            match (name, elements(before), elements(after)) {
                (CUSTOM_FIELDS, Some(before), Some(after)) => changes.custom_fields(before, after)?,
                (COMMUNICATION_ITEMS, Some(before), Some(after)) => changes.communication_items(before, after)?,
                _ => changes.member(name.to_owned(), before, after)?,
            }
        }
        Ok(Self::from(changes.operations))
    }
}

fn json_of<T: Object>(record: &T) -> Result<Value, Error> {
    to_value(&PropertyRef(record))
        .map_err(|error| Error::invalid_input("record", format!("cannot be written as JSON: {error}")))
}

/// The operations so far.
#[derive(Default)]
struct Changes {
    operations: Vec<PatchOperation>,
}

impl Changes {
    fn replace(&mut self, path: String, value: Value) {
        self.operations.push(PatchOperation { op: PatchKind::Replace, path, value: Some(in_ticks(value)) });
    }

    fn remove(&mut self, path: String) {
        self.operations.push(PatchOperation { op: PatchKind::Remove, path, value: None });
    }

    /// Any member but those with rules of their own.
    fn member(&mut self, path: String, before: &Value, after: &Value) -> Result<(), Error> {
        if same(before, after) {
            return Ok(());
        }
        if is_nothing(after) {
            self.empty(path, before);
            return Ok(());
        }
        let value = match after {
            Value::Object(members) if number_text(after).is_none() => new_object(&path, before, members)?,
            after => Some(without_info(after)),
        };
        if let Some(value) = value {
            self.replace(path, value);
        }
        Ok(())
    }

    /// A member that is no longer set.
    fn empty(&mut self, path: String, before: &Value) {
        match before {
            // It is so already: facts: replies leave out what is empty.
            Value::String(text) if text.is_empty() => {}
            Value::Array(elements) if elements.is_empty() => {}
            // A date is text on the wire only, and "" is none.
            Value::String(text) if date_time_from_text(text).is_none() => self.replace(path, Value::from("")),
            _ => self.remove(path),
        }
    }

    fn custom_fields(&mut self, before: &[Value], after: &[Value]) -> Result<(), Error> {
        let before = CustomField::all(before, " of the record as it was")?;
        let after = CustomField::all(after, "")?;
        let mut kept = BTreeSet::new();
        let mut changed = Vec::new();
        for (index, field) in after.iter().enumerate() {
            let mut matching = before.iter().enumerate().filter(|(_, old)| field.is(old));
            let old = matching.next();
            if matching.next().is_some() {
                return Err(field_problem(index, "is one of several with that caption or id; give its id"));
            }
            let is_twice = match old {
                Some((position, _)) => !kept.insert(position),
                None => after.iter().take(index).any(|earlier| field.is(earlier)),
            };
            if is_twice {
                return Err(field_problem(index, "is there twice"));
            }
            changed.extend(field.change_from(old.map(|(_, old)| old)));
        }
        let left_out = before.iter().enumerate().filter(|(position, _)| !kept.contains(position));
        changed.extend(left_out.filter_map(|(_, old)| CustomField { value: &NOTHING, ..*old }.change_from(Some(old))));
        if !changed.is_empty() {
            self.replace(CUSTOM_FIELDS.to_owned(), Value::Array(changed));
        }
        Ok(())
    }

    fn communication_items(&mut self, before: &[Value], after: &[Value]) -> Result<(), Error> {
        let mut positions = BTreeMap::new();
        for (index, item) in before.iter().enumerate() {
            let id = id_of(item_members(index, item)?)
                .ok_or_else(|| item_problem(index, "of the record as it was has no id"))?;
            if positions.insert(id, index).is_some() {
                return Err(item_problem(index, &format!("of the record as it was has the id {id} of another item")));
            }
        }
        // By the index before, so that an order of another kind is no change.
        let mut kept = BTreeMap::new();
        let mut added = Vec::new();
        for (index, item) in after.iter().enumerate() {
            let members = item_members(index, item)?;
            if !is_set(members, "id") {
                added.push(without_info(item));
                continue;
            }
            let position = id_of(members).and_then(|id| positions.get(&id));
            let position = *position.ok_or_else(|| {
                item_problem(index, "has an id that the record does not have; an item to be added has none")
            })?;
            if kept.insert(position, members).is_some() {
                return Err(item_problem(index, "has the id of another item"));
            }
        }
        for (index, item) in before.iter().enumerate() {
            let (Some(after), Value::Object(before)) = (kept.get(&index), item) else { continue };
            for name in names(before, after).filter(|name| *name != "id") {
                self.member(
                    format!("{COMMUNICATION_ITEMS}/{index}/{name}"),
                    member(before, name),
                    member(after, name),
                )?;
            }
        }
        // From the end, as the indexes behind one that is removed shift.
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

/// What to send for an object that is not as it was; nothing when it only names the same record in another way.
fn new_object(path: &str, before: &Value, after: &Members) -> Result<Option<Value>, Error> {
    let no_members = Members::new();
    let before = before.as_object().unwrap_or(&no_members);
    let whole = || Some(without_info_of(after));
    // With members of its own and no id it is no reference but a part of the record: an address that has a name.
    let is_reference = |object| is_set(object, "id") || (is_plain(before) && is_plain(after));
    if !is_reference(before) && !is_reference(after) {
        return Ok(whole());
    }
    let mut keys = REFERENCE_KEYS.into_iter().filter(|key| is_set(after, key));
    let Some(key) = keys.next() else { return Ok(whole()) };
    if !same_key(key, before, after) {
        // Whatever stands beside it may still be of the old record and would contradict.
        return Ok(Some(Value::Object(Members::from_iter([(key.to_owned(), member(after, key).clone())]))));
    }
    if let Some(weaker) = keys.find(|weaker| !same_key(weaker, before, after)) {
        let name = format!("{path}/{weaker}");
        return Err(Error::invalid_input(
            name,
            format!("is changed beside the {key} that was there; leave out the {key} to choose by {weaker}"),
        ));
    }
    let own = |name: &&str| !REFERENCE_KEYS.contains(name);
    let changed = names(before, after).filter(own).any(|name| !same(member(before, name), member(after, name)));
    // Nothing but the choice of the record, which is the one that was there.
    if is_plain(after) || !changed { Ok(None) } else { Ok(whole()) }
}

/// Whether the object has nothing but what a plain reference has.
fn is_plain(object: &Members) -> bool {
    object.iter().all(|(name, value)| name == "_info" || REFERENCE_KEYS.contains(&name.as_str()) || is_nothing(value))
}

/// Whether a reference's key says something.
fn is_set(object: &Members, key: &str) -> bool {
    let value = member(object, key);
    !is_nothing(value) && value.as_str() != Some("")
}

/// Whether an id, identifier or name is the same, or in neither. An id can also be text, as facts: the server takes it
/// so.
fn same_key(key: &str, before: &Members, after: &Members) -> bool {
    let is_same_id = || key == "id" && id_of(before).is_some_and(|id| id_of(after) == Some(id));
    match (is_set(before, key), is_set(after, key)) {
        (true, true) => same(member(before, key), member(after, key)) || is_same_id(),
        (was_set, is_set) => was_set == is_set,
    }
}

fn id_of(object: &Members) -> Option<i64> {
    i64::read_property(member(object, "id")).ok().flatten()
}

fn item_members(index: usize, item: &Value) -> Result<&Members, Error> {
    item.as_object().ok_or_else(|| item_problem(index, "is no JSON object"))
}

fn item_problem(index: usize, problem: &str) -> Error {
    Error::invalid_input(format!("{COMMUNICATION_ITEMS}[{index}]"), problem)
}

/// A custom field, as far as it is compared.
#[derive(Clone, Copy)]
struct CustomField<'a> {
    id: Option<i64>,
    caption: Option<&'a str>,
    value: &'a Value,
}

impl<'a> CustomField<'a> {
    fn all(fields: &'a [Value], whose: &str) -> Result<Vec<Self>, Error> {
        let field = |(index, field): (usize, &'a Value)| {
            let members =
                field.as_object().ok_or_else(|| field_problem(index, &format!("{whose} is no JSON object")))?;
            let caption = member(members, "caption").as_str().filter(|caption| !caption.is_empty());
            let field = Self { id: id_of(members), caption, value: member(members, "value") };
            let is_named = field.id.is_some() || field.caption.is_some();
            if is_named { Ok(field) } else { Err(field_problem(index, &format!("{whose} has neither id nor caption"))) }
        };
        fields.iter().enumerate().map(field).collect()
    }

    /// Captions are asked only where an id is missing: those of two fields can be the same.
    fn is(&self, other: &Self) -> bool {
        match (self.id, other.id) {
            (Some(id), Some(other)) => id == other,
            _ => self.caption.is_some() && self.caption == other.caption,
        }
    }

    /// What to send, when the value is another.
    fn change_from(&self, before: Option<&Self>) -> Option<Value> {
        let old = before.map_or(&NOTHING, |before| before.value);
        let is_empty_already = is_nothing(self.value) && old.as_str() == Some("");
        if same(old, self.value) || is_empty_already {
            return None;
        }
        let (name, key) = match self.id.or(before.and_then(|before| before.id)) {
            Some(id) => ("id", Value::from(id)),
            None => ("caption", Value::from(self.caption)),
        };
        Some(Value::Object(Members::from_iter([
            (name.to_owned(), key),
            ("value".to_owned(), without_info(self.value)),
        ])))
    }
}

fn field_problem(index: usize, problem: &str) -> Error {
    Error::invalid_input(format!("{CUSTOM_FIELDS}[{index}]"), problem.trim_start())
}

/// The names of both objects' members in one fixed order, whatever order serde_json keeps in this program.
fn names<'a>(one: &'a Members, other: &'a Members) -> impl Iterator<Item = &'a str> {
    let names: BTreeSet<&str> =
        one.keys().chain(other.keys()).map(String::as_str).filter(|name| *name != "_info").collect();
    names.into_iter()
}

fn member<'a>(object: &'a Members, name: &str) -> &'a Value {
    object.get(name).unwrap_or(&NOTHING)
}

/// The elements of an array; none for a member that is not there, and nothing for what is no array.
fn elements(value: &Value) -> Option<&[Value]> {
    match value {
        Value::Array(elements) => Some(elements),
        value => is_nothing(value).then_some(&[]),
    }
}

/// Whether a value says nothing: facts: a reference that is not set comes as `{}` or with `_info` alone.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(members) => members.iter().all(|(name, value)| name == "_info" || is_nothing(value)),
        _ => false,
    }
}

/// Whether two values are the same to the server, whatever their `_info`.
fn same(one: &Value, other: &Value) -> bool {
    // By value: 1 is 1.0.
    if let (Some(one), Some(other)) = (number_text(one), number_text(other)) {
        return one == other || is_same_number(&one, &other);
    }
    match (one, other) {
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            names(one, other).all(|name| same(member(one, name), member(other, name)))
        }
        _ => one == other || (is_nothing(one) && is_nothing(other)),
    }
}

fn without_info(value: &Value) -> Value {
    match value {
        Value::Array(elements) => elements.iter().map(without_info).collect(),
        Value::Object(members) => without_info_of(members),
        scalar => scalar.clone(),
    }
}

fn without_info_of(members: &Members) -> Value {
    members
        .iter()
        .filter(|(name, _)| *name != "_info")
        .map(|(name, value)| (name.clone(), without_info(value)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::reference::Reference;
    use serde_json::json;

    fn diff(before: Value, after: Value) -> Value {
        serde_json::to_value(Patch::diff_json(&before, &after).unwrap()).unwrap()
    }

    fn problem(before: Value, after: Value) -> String {
        let error = Patch::diff_json(&before, &after).unwrap_err();
        assert!(error.is_invalid_input(), "{error}");
        error.to_string()
    }

    /// Each row: a member before, after, and the operations without their path.
    fn check_property(rows: &[(Value, Value, Value)]) {
        for (before, after, expected) in rows {
            let mut expected = expected.clone();
            for operation in expected.as_array_mut().unwrap() {
                operation["path"] = json!("m");
            }
            assert_eq!(
                diff(json!({"id": 1, "m": before}), json!({"id": 1, "m": after})),
                expected,
                "{before} to {after}"
            );
            if before.is_null() {
                assert_eq!(diff(json!({"id": 1}), json!({"id": 1, "m": after})), expected, "absent to {after}");
            }
            if after.is_null() {
                assert_eq!(diff(json!({"id": 1, "m": before}), json!({"id": 1})), expected, "{before} to absent");
            }
        }
    }

    fn replaced(value: Value) -> Value {
        json!([{"op": "replace", "value": value}])
    }

    #[test]
    fn scalars_are_replaced_and_emptied() {
        let none = || json!([]);
        let removed = || json!([{"op": "remove"}]);
        check_property(&[
            (json!("a"), json!("a"), none()),
            (json!("a"), json!("b"), replaced(json!("b"))),
            (json!(null), json!("b"), replaced(json!("b"))),
            (json!("a"), json!(null), replaced(json!(""))),
            (json!("a"), json!(""), replaced(json!(""))),
            (json!(""), json!(null), none()),
            (json!("2026-06-09T21:59:49Z"), json!(null), removed()),
            (json!("2026-06-09"), json!(null), removed()),
            (json!(1), json!(1.0), none()),
            (json!(1.0), json!(2), replaced(json!(2))),
            (json!(0.1), json!(0.25), replaced(json!(0.25))),
            (
                json!(9_007_199_254_740_993_i64),
                json!(9_007_199_254_740_992_i64),
                replaced(json!(9_007_199_254_740_992_i64)),
            ),
            (
                json!(9_007_199_254_740_993_i64),
                json!(9_007_199_254_740_992.0),
                replaced(json!(9_007_199_254_740_992.0)),
            ),
            (json!(1e300), json!(1e301), replaced(json!(1e301))),
            (json!(1), json!("1"), replaced(json!("1"))),
            (json!(1), json!(null), removed()),
            (json!(true), json!(false), replaced(json!(false))),
            (json!(false), json!(null), removed()),
            (json!(null), json!(null), none()),
            (json!(1), json!({"_info": {}}), removed()),
        ]);
    }

    #[test]
    fn references_are_chosen_by_the_surest_key() {
        let none = || json!([]);
        let acme = || json!({"id": 5, "identifier": "ACME", "name": "Acme", "_info": {"company_href": "x"}});
        check_property(&[
            (acme(), json!({"id": 7}), replaced(json!({"id": 7}))),
            (acme(), json!({"id": 7, "identifier": "ACME", "name": "Acme"}), replaced(json!({"id": 7}))),
            (acme(), json!({"id": 7, "name": "Other", "_info": {}}), replaced(json!({"id": 7}))),
            (json!(null), json!({"id": 7, "name": "Other"}), replaced(json!({"id": 7}))),
            (json!({"_info": {}}), json!({"id": 7}), replaced(json!({"id": 7}))),
            (json!({"name": "Acme"}), json!({"id": 5, "name": "Acme"}), replaced(json!({"id": 5}))),
            (acme(), json!({"id": 5}), none()),
            (acme(), json!({"id": 5.0, "name": "Acme"}), none()),
            (acme(), json!({"id": "5", "_info": {"updatedBy": "me"}}), none()),
            (acme(), json!({"identifier": "OTHER", "name": "Acme"}), replaced(json!({"identifier": "OTHER"}))),
            (acme(), json!({"name": "Other"}), replaced(json!({"name": "Other"}))),
            (acme(), json!({"id": null, "identifier": "", "name": "Other"}), replaced(json!({"name": "Other"}))),
            (json!(null), json!({"name": "Other"}), replaced(json!({"name": "Other"}))),
            (json!(null), json!({"identifier": "OTHER", "name": "Other"}), replaced(json!({"identifier": "OTHER"}))),
            (acme(), json!({"name": "Acme"}), none()),
            (acme(), json!({"identifier": "ACME"}), none()),
            (acme(), json!(null), json!([{"op": "remove"}])),
            (acme(), json!({}), json!([{"op": "remove"}])),
            (json!({}), json!(null), none()),
            (json!({"_info": {"a": "b"}}), json!({}), none()),
        ]);
    }

    #[test]
    fn references_with_members_of_their_own_are_replaced_whole() {
        let high = || json!({"id": 5, "name": "High", "sort": 1, "level": "a", "_info": {"image_href": "x"}});
        check_property(&[
            (high(), json!({"id": 5}), json!([])),
            (high(), json!({"name": "High"}), json!([])),
            (high(), json!({"id": 5, "sort": 1, "level": "a"}), json!([])),
            (high(), json!({"id": 5, "name": "High", "sort": 1.0, "level": "a"}), json!([])),
            (high(), json!({"id": 6, "name": "High", "sort": 1, "level": "a"}), replaced(json!({"id": 6}))),
            (high(), json!({"name": "Low", "sort": 1, "level": "a"}), replaced(json!({"name": "Low"}))),
            (high(), json!({"id": 5, "name": "High", "sort": 2, "level": "a", "_info": {}}), {
                replaced(json!({"id": 5, "name": "High", "sort": 2, "level": "a"}))
            }),
            (high(), json!({"id": 5, "sort": 1}), replaced(json!({"id": 5, "sort": 1}))),
            (json!(null), json!({"id": 5, "sort": 1}), replaced(json!({"id": 5}))),
            (high(), json!({"sort": 3}), replaced(json!({"sort": 3}))),
        ]);
    }

    #[test]
    fn other_objects_and_arrays_are_replaced_whole() {
        let address =
            || json!({"line1": "1 Main St", "city": "Tampa", "country": {"id": 1, "_info": {"a": "b"}}, "_info": {}});
        check_property(&[
            (address(), json!({"line1": "1 Main St", "city": "Tampa", "country": {"id": 1}, "zip": null}), json!([])),
            (
                address(),
                json!({"line1": "1 Main St", "country": {"id": 1, "_info": {"a": "c"}}}),
                replaced(json!({"line1": "1 Main St", "country": {"id": 1}})),
            ),
            (json!(null), json!({"city": "Tampa"}), replaced(json!({"city": "Tampa"}))),
            (address(), json!(null), json!([{"op": "remove"}])),
            (
                json!({"name": "Home", "city": "Tampa"}),
                json!({"name": "Work", "city": "Tampa"}),
                replaced(json!({"name": "Work", "city": "Tampa"})),
            ),
            (json!(null), json!({"name": "Work", "city": "Tampa"}), replaced(json!({"name": "Work", "city": "Tampa"}))),
            (json!([1, 2]), json!([1.0, 2]), json!([])),
            (json!([1, 2]), json!([2, 1]), replaced(json!([2, 1]))),
            (json!([1, 2]), json!([1]), replaced(json!([1]))),
            (json!([1]), json!([]), replaced(json!([]))),
            (json!([1]), json!(null), json!([{"op": "remove"}])),
            (json!([]), json!(null), json!([])),
            (json!([{"id": 1, "_info": {"a": "b"}}]), json!([{"id": 1}]), json!([])),
            (
                json!([{"id": 1}]),
                json!([{"id": 1, "name": "A", "_info": {}}, {"id": 2}]),
                replaced(json!([{"id": 1, "name": "A"}, {"id": 2}])),
            ),
            (json!(5), json!({"name": "A"}), replaced(json!({"name": "A"}))),
            (json!({"id": 5}), json!(7), replaced(json!(7))),
        ]);
    }

    #[test]
    fn what_is_meant_has_to_be_clear() {
        let company = |company: Value| json!({"id": 1, "company": company});
        let acme = || company(json!({"id": 5, "identifier": "ACME", "name": "Acme"}));
        for (before, after, name) in [
            (json!({"id": 1}), json!({"id": 2}), "id of the record cannot be changed"),
            (json!({"id": 1}), json!({}), "id of the record cannot be changed"),
            (json!({"id": null}), json!({"id": 1}), "id of the record cannot be changed"),
            (json!({"id": "a"}), json!({"id": "b"}), "id of the record cannot be changed"),
            (json!([]), json!({}), "record is no JSON object"),
            (json!({}), json!(null), "record is no JSON object"),
            (
                acme(),
                company(json!({"id": 5, "name": "Other"})),
                "company/name is changed beside the id that was there; leave out the id to choose by name",
            ),
            (
                acme(),
                company(json!({"id": 5, "identifier": "OTHER", "name": "Acme"})),
                "company/identifier is changed beside the id",
            ),
            (
                acme(),
                company(json!({"identifier": "ACME", "name": "Other"})),
                "company/name is changed beside the identifier",
            ),
            (
                company(json!({"id": 5})),
                company(json!({"id": 5, "name": "Acme"})),
                "company/name is changed beside the id",
            ),
            (
                company(json!({"id": 5, "name": "A", "sort": 1})),
                company(json!({"id": 5, "name": "B", "sort": 1})),
                "company/name is changed beside the id",
            ),
        ] {
            let problem = problem(before.clone(), after.clone());
            assert!(problem.contains(name), "{before} to {after}: {problem}");
        }
        for (before, after) in [(json!({"id": 1}), json!({"id": "1"})), (json!({}), json!({"id": null}))] {
            assert_eq!(diff(before, after), json!([]));
        }
    }

    #[test]
    fn custom_fields_are_sent_where_their_value_changed() {
        let field =
            |id: i32, value: Value| json!({"id": id, "caption": format!("C{id}"), "type": "Text", "value": value});
        let titled = |caption: &str, value: Value| json!({"caption": caption, "value": value});
        let rows = [
            (
                json!([field(1, json!("a")), field(2, json!(2))]),
                json!([field(2, json!(2.0)), field(1, json!("a"))]),
                json!([]),
            ),
            (
                json!([field(1, json!("a"))]),
                json!([{"id": 1, "caption": "Other", "type": "Number", "value": "a"}]),
                json!([]),
            ),
            (
                json!([field(1, json!("a")), field(2, json!(2))]),
                json!([field(1, json!("b")), field(2, json!(2))]),
                json!([{"id": 1, "value": "b"}]),
            ),
            (json!([field(1, json!(null))]), json!([{"id": "1", "value": false}]), json!([{"id": 1, "value": false}])),
            (json!([field(1, json!("a"))]), json!([field(1, json!(null))]), json!([{"id": 1, "value": null}])),
            (json!([field(1, json!("a"))]), json!([{"id": 1}]), json!([{"id": 1, "value": null}])),
            (
                json!([field(1, json!("a")), field(2, json!("b"))]),
                json!([field(2, json!("c"))]),
                json!([{"id": 2, "value": "c"}, {"id": 1, "value": null}]),
            ),
            (json!([field(1, json!("a"))]), json!(null), json!([{"id": 1, "value": null}])),
            (json!([field(1, json!(null)), field(2, json!(""))]), json!([]), json!([])),
            (json!(null), json!([field(1, json!("a")), field(2, json!(null))]), json!([{"id": 1, "value": "a"}])),
            (
                json!([field(1, json!("a"))]),
                json!([field(1, json!("a")), field(7, json!(3))]),
                json!([{"id": 7, "value": 3}]),
            ),
            (
                json!([titled("A", json!(1)), titled("B", json!(2))]),
                json!([titled("B", json!(3)), titled("A", json!(1))]),
                { json!([{"caption": "B", "value": 3}]) },
            ),
            (
                json!([titled("A", json!(1))]),
                json!([titled("C", json!(1))]),
                json!([{"caption": "C", "value": 1}, {"caption": "A", "value": null}]),
            ),
            (json!([field(1, json!("a"))]), json!([titled("C1", json!("b"))]), json!([{"id": 1, "value": "b"}])),
            (json!([titled("C1", json!("a"))]), json!([field(1, json!("b"))]), json!([{"id": 1, "value": "b"}])),
            (
                json!([field(1, json!("a")), {"id": 2, "caption": "C1"}]),
                json!([field(1, json!("b")), {"id": 2, "caption": "C1"}]),
                { json!([{"id": 1, "value": "b"}]) },
            ),
        ];
        for (before, after, expected) in rows {
            let expected = if expected == json!([]) {
                expected
            } else {
                json!([{"op": "replace", "path": "customFields", "value": expected}])
            };
            assert_eq!(
                diff(json!({"customFields": before}), json!({"customFields": after})),
                expected,
                "{before} to {after}"
            );
        }
    }

    #[test]
    fn custom_fields_have_to_be_told_apart() {
        let one = || json!([{"id": 1, "caption": "A", "value": "hunter2"}]);
        for (before, after, name) in [
            (one(), json!([{"id": 1, "value": 2}, {"id": 1, "value": 3}]), "customFields[1] is there twice"),
            (one(), json!([{"id": 1, "value": 2}, {"caption": "A", "value": 3}]), "customFields[1] is there twice"),
            (one(), json!([{"id": 2, "value": 2}, {"id": 2, "value": 3}]), "customFields[1] is there twice"),
            (one(), json!([{"value": 2}]), "customFields[0] has neither id nor caption"),
            (one(), json!(["x"]), "customFields[0] is no JSON object"),
            (json!([{"value": 1}]), one(), "customFields[0] of the record as it was has neither"),
            (
                json!([{"id": 1, "caption": "A"}, {"id": 2, "caption": "A"}]),
                json!([{"caption": "A", "value": 1}]),
                "customFields[0] is one of several",
            ),
        ] {
            let problem = problem(json!({"customFields": before}), json!({"customFields": after}));
            assert!(problem.contains(name) && !problem.contains("hunter2"), "{problem}");
        }
        // What did not change is not looked into.
        let odd = || json!({"customFields": [{"value": 1}, {"id": 1}, {"id": 1}, 5], "communicationItems": [{"id": 1}, {"id": 1}, {"value": "a"}]});
        assert_eq!(diff(odd(), odd()), json!([]));
        // No array, no rules of its own.
        assert_eq!(
            diff(json!({"customFields": 1}), json!({"customFields": 2})),
            json!([{"op": "replace", "path": "customFields", "value": 2}])
        );
    }

    #[test]
    fn communication_items_are_addressed_by_their_old_index() {
        let phone = || json!({"id": 10, "type": {"id": 2, "name": "Direct", "_info": {}}, "value": "555", "extension": "1", "defaultFlag": true});
        let mail = || json!({"id": 11, "type": {"id": 1, "name": "Email"}, "value": "a@b.c", "domain": "@b.c"});
        let fax = || json!({"id": 12, "type": {"id": 3, "name": "Fax"}, "value": "556"});
        let new = || json!({"type": {"id": 1}, "value": "new", "_info": {}});
        let all = || json!([phone(), mail(), fax()]);
        let changed_phone = json!({"id": 10, "type": {"id": 4, "name": "Direct"}, "value": "557", "defaultFlag": null});
        let rows = [
            (all(), json!([fax(), phone(), mail()]), json!([])),
            (all(), json!([mail(), fax(), changed_phone]), {
                json!([
                    {"op": "remove", "path": "communicationItems/0/defaultFlag"},
                    {"op": "replace", "path": "communicationItems/0/extension", "value": ""},
                    {"op": "replace", "path": "communicationItems/0/type", "value": {"id": 4}},
                    {"op": "replace", "path": "communicationItems/0/value", "value": "557"},
                ])
            }),
            (
                all(),
                json!([mail()]),
                json!([{"op": "remove", "path": "communicationItems/2"}, {"op": "remove", "path": "communicationItems/0"}]),
            ),
            (all(), json!(null), {
                json!([
                    {"op": "remove", "path": "communicationItems/2"},
                    {"op": "remove", "path": "communicationItems/1"},
                    {"op": "remove", "path": "communicationItems/0"},
                ])
            }),
            (json!(null), json!([new(), new()]), {
                json!([
                    {"op": "add", "path": "communicationItems/0", "value": {"type": {"id": 1}, "value": "new"}},
                    {"op": "add", "path": "communicationItems/1", "value": {"type": {"id": 1}, "value": "new"}},
                ])
            }),
            (all(), json!([new(), {"id": "12", "type": {"id": 3}, "value": "x"}, phone()]), {
                json!([
                    {"op": "replace", "path": "communicationItems/2/value", "value": "x"},
                    {"op": "remove", "path": "communicationItems/1"},
                    {"op": "add", "path": "communicationItems/2", "value": {"type": {"id": 1}, "value": "new"}},
                ])
            }),
        ];
        for (before, after, expected) in rows {
            assert_eq!(
                diff(json!({"communicationItems": before}), json!({"communicationItems": after})),
                expected,
                "{after}"
            );
        }
        for (before, after, name) in [
            (all(), json!([phone(), phone()]), "communicationItems[1] has the id of another item"),
            (all(), json!([{"id": 77, "value": "x"}]), "communicationItems[0] has an id that the record does not have"),
            (
                json!([phone(), phone()]),
                json!([]),
                "communicationItems[1] of the record as it was has the id 10 of another item",
            ),
            (json!([new()]), json!([]), "communicationItems[0] of the record as it was has no id"),
            (all(), json!([5]), "communicationItems[0] is no JSON object"),
            (
                all(),
                json!([{"id": 10, "type": {"id": 2, "name": "Fax"}}]),
                "communicationItems/0/type/name is changed beside the id",
            ),
        ] {
            let problem = problem(json!({"communicationItems": before}), json!({"communicationItems": after}));
            assert!(problem.contains(name), "{problem}");
        }
    }

    #[test]
    fn members_come_in_the_order_of_their_names() {
        let after =
            json!({"summary": "a", "board": {"id": 1}, "customFields": [{"id": 1, "value": 1}], "_info": {"a": "b"}});
        let patch = Patch::diff_json(&json!({"zip": 1, "_info": {}}), &after).unwrap();
        let paths: Vec<_> = patch.operations().iter().map(|operation| operation.path.as_str()).collect();
        assert_eq!(paths, ["board", "customFields", "summary", "zip"]);
    }

    #[test]
    fn records_are_compared_as_they_are_written() {
        let before = Reference { id: Some(5), name: Some("A".into()), identifier: Some("I".into()), info: None };
        let after = Reference { name: None, info: Some(Default::default()), ..before.clone() };
        assert!(Patch::diff(&before, &before).unwrap().is_empty());
        assert_eq!(
            serde_json::to_value(Patch::diff(&before, &after).unwrap()).unwrap(),
            json!([{"op": "replace", "path": "name", "value": ""}])
        );
    }

    #[test]
    fn a_moment_has_the_decimals_that_the_server_reads() {
        let after = json!({"dateEnd": "2026-06-09T21:59:49.123456789Z"});
        assert_eq!(
            diff(json!({}), after),
            json!([{"op": "replace", "path": "dateEnd", "value": "2026-06-09T21:59:49.1234567Z"}])
        );
    }

    #[test]
    fn errors_and_debug_show_no_secrets() {
        let after = json!({"password": "hunter2", "customFields": [{"id": 1, "type": "Password", "value": "hunter2"}]});
        let text = format!("{:?}", Patch::diff_json(&json!({}), &after).unwrap());
        assert!(text.contains("customFields") && !text.contains("hunter2"), "{text}");
        let token = |name: &str| json!({"token": {"id": 5, "name": name}});
        let problem = problem(token("hunter1"), token("hunter2"));
        assert!(problem.contains("token/name") && !problem.contains("hunter"), "{problem}");
    }
}

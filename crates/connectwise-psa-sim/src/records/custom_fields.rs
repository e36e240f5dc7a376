//! The custom fields that a request gives: which definitions they have, and whether their values fit.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};

use connectwise_psa_core::text::field_ignoring_case;
use serde_json::{Map, Value};

use super::JsonObject;
use super::check::parse_timestamp;
use super::record_names::resource_of;
use super::references::integer;
use super::screens::{COMPLETED, DEFINITIONS, FIELD, screen_of};
use crate::api_error::FieldError;
use crate::store::record::Node;
use crate::store::{Records, timestamp};

/// The custom fields of a record while a request changes them. A field is found by its id or caption with an index, so
/// the time for a request depends on the length of its lists, not on their product.
pub(crate) struct CustomFields<'r> {
    definitions: Definitions<'r>,
    resource: String,
    fields: Vec<Value>,
    by_id: HashMap<i64, usize>,
    by_caption: HashMap<String, usize>,
}

impl<'r> CustomFields<'r> {
    /// Takes the custom fields of a record of a type.
    pub(crate) fn new(records: &'r Records, type_name: &str, fields: Vec<Value>) -> Self {
        let definitions = Definitions::of(records, type_name, &fields);
        let mut new = Self {
            definitions,
            resource: resource_of(type_name),
            fields: Vec::with_capacity(fields.len()),
            by_id: HashMap::new(),
            by_caption: HashMap::new(),
        };
        fields.into_iter().for_each(|field| new.push(field));
        new
    }

    pub(crate) fn into_value(self) -> Value {
        Value::Array(self.fields)
    }

    /// Merges the custom fields of a request, by id or by caption. Observed on live servers: only the given ones change;
    /// omitted ones and an empty array clear nothing. The given ones get the caption, type, entry method and decimals of
    /// their definitions. A field without a definition on the screen of the record is rejected. Nothing is checked if no
    /// custom fields are defined.
    pub(crate) fn merge(&mut self, given: &Value) -> Result<(), FieldError> {
        match given {
            Value::Array(given) => given.iter().try_for_each(|field| self.set(field)),
            Value::Null => Ok(()),
            _ => Err(self.invalid()),
        }
    }

    /// Merges one custom field of a request. Without an id or a caption in the request, it is the one at an index.
    pub(crate) fn set_at(&mut self, at: Option<usize>, given: &Value) -> Result<(), FieldError> {
        let is_named = given.as_object().is_some_and(|given| !matches!(FieldName::of(given), FieldName::Nothing));
        match (at.and_then(|at| self.fields.get(at)), given) {
            (Some(Value::Object(existing)), Value::Object(given)) if !is_named => {
                let mut named = given.clone();
                let name = ["id", "caption"].into_iter().find_map(|name| Some((name, existing.get(name)?)));
                named.extend(name.map(|(name, value)| (name.to_owned(), value.clone())));
                self.set(&Value::Object(named))
            }
            _ => self.set(given),
        }
    }

    /// Removes the value of the custom field at an index, or returns `None` if there is none.
    pub(crate) fn clear_at(&mut self, at: usize) -> Option<()> {
        self.fields.get_mut(at)?.as_object_mut()?.insert("value".to_owned(), Value::Null);
        Some(())
    }

    /// Returns whether there is a custom field at an index.
    pub(crate) fn exists_at(&self, at: usize) -> bool {
        at < self.fields.len()
    }

    /// Removes the values of all custom fields.
    pub(crate) fn clear(&mut self) {
        (0..self.fields.len()).for_each(|at| _ = self.clear_at(at));
    }

    fn invalid(&self) -> FieldError {
        FieldError::new("InvalidField", "The customFields field is invalid.", &self.resource, FIELD)
    }

    fn push(&mut self, field: Value) {
        let at = self.fields.len();
        if let Some(id) = field.get("id").and_then(integer) {
            self.by_id.entry(id).or_insert(at);
        }
        if let Some(caption) = field.get("caption").and_then(Value::as_str) {
            self.by_caption.entry(caption.to_owned()).or_insert(at);
        }
        self.fields.push(field);
    }

    fn position(&self, named: &FieldName<'_>) -> Option<usize> {
        match named {
            FieldName::Id(id) => self.by_id.get(id).copied(),
            FieldName::Caption(caption) => self.by_caption.get(*caption).copied(),
            FieldName::Nothing => None,
        }
    }

    fn set(&mut self, field: &Value) -> Result<(), FieldError> {
        let field = field.as_object().ok_or_else(|| self.invalid())?;
        let named = FieldName::of(field);
        let definition = self.definitions.find(&named);
        // A caption may name a custom field whose stored caption is another one.
        let position = definition.as_ref().and_then(|(id, _)| self.by_id.get(id).copied());
        let position = position.or_else(|| self.position(&named));
        if definition.is_none() && position.is_none() && self.definitions.exist() {
            let message = format!("Custom Field {} not found", named.shown());
            return Err(FieldError::new("NotFound", message, &self.resource, format!("{FIELD}/id")));
        }
        let value = field_ignoring_case(field, "value").cloned().unwrap_or_default();
        let value = match definition.as_ref().and_then(|(_, definition)| definition.text("fieldTypeIdentifier")) {
            Some(field_type) => converted(&field_type, &value).ok_or_else(|| {
                let caption = definition.as_ref().and_then(|(_, definition)| definition.text("caption"));
                value_error(&field_type, caption.as_deref().unwrap_or_default(), &self.resource)
            })?,
            None if self.definitions.exist() && (value.is_object() || value.is_array()) => return Err(self.invalid()),
            None => value,
        };
        let mut completed = match position.and_then(|position| self.fields.get_mut(position)) {
            Some(Value::Object(existing)) => std::mem::take(existing),
            _ if definition.is_some() => Map::new(),
            _ => field.clone(),
        };
        if let Some((id, definition)) = definition {
            completed.insert("id".to_owned(), Value::from(id));
            for (from, to) in COMPLETED {
                completed.insert(to.to_owned(), definition.get(from).map(Node::value).unwrap_or_default());
            }
        }
        completed.insert("value".to_owned(), value);
        match position.and_then(|position| self.fields.get_mut(position)) {
            Some(field) => *field = Value::Object(completed),
            None => self.push(Value::Object(completed)),
        }
        Ok(())
    }
}

/// The custom field that an element of a request names.
enum FieldName<'a> {
    Id(i64),
    Caption(&'a str),
    Nothing,
}

impl<'a> FieldName<'a> {
    fn of(field: &'a JsonObject) -> Self {
        let id = field_ignoring_case(field, "id").and_then(integer).filter(|id| *id != 0);
        let caption = field_ignoring_case(field, "caption").and_then(Value::as_str);
        match (id, caption) {
            (Some(id), _) => Self::Id(id),
            (None, Some(caption)) => Self::Caption(caption),
            (None, None) => Self::Nothing,
        }
    }

    fn shown(&self) -> String {
        match self {
            Self::Id(id) => id.to_string(),
            Self::Caption(caption) => (*caption).to_owned(),
            Self::Nothing => "0".to_owned(),
        }
    }
}

/// The definitions of custom fields.
struct Definitions<'a> {
    records: &'a Records,
    /// The screen of the record type; if it is not known, the screens of the existing custom fields of the record.
    screens: HashSet<String>,
    /// The ids of the definitions on these screens by caption, read when a caption is looked up for the first time.
    by_caption: OnceCell<HashMap<String, i64>>,
}

impl<'a> Definitions<'a> {
    fn of(records: &'a Records, type_name: &str, existing: &[Value]) -> Self {
        let screens = match screen_of(type_name) {
            Some(screen) => HashSet::from([screen.id.to_owned()]),
            None => {
                let ids = existing.iter().filter_map(|field| field.get("id").and_then(integer));
                ids.filter_map(|id| Some(records.node(DEFINITIONS, id)?.text("screenId")?.into_owned())).collect()
            }
        };
        Self { records, screens, by_caption: OnceCell::new() }
    }

    fn exist(&self) -> bool {
        self.records.collection(DEFINITIONS).is_some_and(|list| list.records.len() > 0)
    }

    fn is_on_screen(&self, definition: Node<'_>) -> bool {
        self.screens.is_empty()
            || definition.text("screenId").is_none_or(|screen| self.screens.contains(screen.as_ref()))
    }

    fn find(&self, named: &FieldName<'_>) -> Option<(i64, Node<'a>)> {
        let id = match named {
            FieldName::Id(id) => *id,
            FieldName::Caption(caption) => *self.by_caption.get_or_init(|| self.captions()).get(*caption)?,
            FieldName::Nothing => return None,
        };
        let definition = self.records.node(DEFINITIONS, id)?;
        self.is_on_screen(definition).then_some((id, definition))
    }

    fn captions(&self) -> HashMap<String, i64> {
        let mut ids = HashMap::new();
        let all = self.records.collection(DEFINITIONS).into_iter().flat_map(|list| list.records.iter());
        for (id, definition) in all.filter(|(_, definition)| self.is_on_screen(*definition)) {
            if let Some(caption) = definition.text("caption") {
                ids.entry(caption.into_owned()).or_insert(id);
            }
        }
        ids
    }
}

/// Returns a value as a custom field of a type stores it, or `None` if it does not fit. Observed on live servers:
/// numbers and booleans in strings are accepted, and null or an empty string clears the field.
fn converted(field_type: &str, value: &Value) -> Option<Value> {
    if value.is_null() || value.as_str() == Some("") {
        return Some(Value::Null);
    }
    match field_type {
        "Number" | "Currency" | "Percent" => match value {
            Value::Number(_) => Some(value.clone()),
            Value::String(text) => {
                let text = text.trim();
                let whole = text.parse::<i64>().ok().map(Value::from);
                whole.or_else(|| serde_json::Number::from_f64(text.parse().ok()?).map(Value::Number))
            }
            _ => None,
        },
        "Checkbox" => match value {
            Value::Bool(_) => Some(value.clone()),
            Value::String(text) => text.trim().to_ascii_lowercase().parse().ok().map(Value::Bool),
            _ => None,
        },
        "Date" => parse_timestamp(value.as_str()?).map(|time| Value::from(timestamp(time))),
        _ => match value {
            Value::String(_) => Some(value.clone()),
            Value::Number(_) | Value::Bool(_) => Some(Value::from(value.to_string())),
            _ => None,
        },
    }
}

/// Returns the error for a value that does not fit the type of its custom field. The texts of live servers are known
/// for dates only.
fn value_error(field_type: &str, caption: &str, resource: &str) -> FieldError {
    if field_type == "Date" {
        let message = format!("Unsupported format applied to {caption}");
        return FieldError::new("UnsupportedFormat", message, resource, FIELD);
    }
    FieldError::new("InvalidField", format!("The value of the custom field {caption} is invalid."), resource, FIELD)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::records::into_object;

    fn records() -> Records {
        let mut records = Records::default();
        for (screen, caption, field_type) in [
            ("ct300", "Cause", "Text"),
            ("ct300", "Distance", "Number"),
            ("ct300", "Seen", "Date"),
            ("ct300", "Paid", "Checkbox"),
            ("other", "Badge", "Text"),
        ] {
            let definition = json!({"screenId": screen, "caption": caption, "fieldTypeIdentifier": field_type, "entryTypeIdentifier": "EntryField", "numberDecimals": 1});
            records.insert(DEFINITIONS, into_object(definition), None);
        }
        records
    }

    fn checked(records: &Records, type_name: &str, existing: &[Value], given: &Value) -> Result<Value, FieldError> {
        let mut fields = CustomFields::new(records, type_name, existing.to_vec());
        fields.merge(given).map(|()| fields.into_value())
    }

    #[test]
    fn long_lists_are_merged_in_linear_time() {
        let many = |value: i64| (0..20_000).map(|id| json!({"id": id + 1, "value": value})).collect::<Vec<_>>();
        let started = std::time::Instant::now();
        let merged = checked(&Records::default(), "Contact", &many(1), &Value::Array(many(2))).unwrap();
        let values = merged.as_array().unwrap();
        assert!(values.len() == 20_000 && values.iter().all(|field| field["value"] == 2));
        // 400 million comparisons would take longer, even without optimization on a busy machine.
        assert!(started.elapsed().as_secs() < 5, "{:?}", started.elapsed());
    }

    #[test]
    fn given_custom_fields_are_completed_and_converted() {
        let records = records();
        for (given, expected) in [
            (json!({"id": 1, "value": "User"}), json!([1, "Cause", "Text", "User"])),
            (json!({"id": "1", "value": 5}), json!([1, "Cause", "Text", "5"])),
            (json!({"caption": "Cause", "value": ""}), json!([1, "Cause", "Text", null])),
            (json!({"ID": 2, "Value": "1.5"}), json!([2, "Distance", "Number", 1.5])),
            (json!({"id": 2, "value": 3}), json!([2, "Distance", "Number", 3])),
            (json!({"id": 3, "value": "2026-01-02"}), json!([3, "Seen", "Date", "2026-01-02T00:00:00Z"])),
            (json!({"id": 4, "value": "True"}), json!([4, "Paid", "Checkbox", true])),
            (json!({"id": 4, "caption": "wrong", "type": "Text"}), json!([4, "Paid", "Checkbox", null])),
        ] {
            let field = checked(&records, "Contact", &[], &json!([given])).unwrap();
            let field = &field[0];
            let found = json!([field["id"], field["caption"], field["type"], field["value"]]);
            assert_eq!(found, expected, "{given}");
            assert_eq!(
                (&field["entryMethod"], &field["numberOfDecimals"]),
                (&json!("EntryField"), &json!(1)),
                "{given}"
            );
        }
    }

    #[test]
    fn custom_fields_without_definition_and_values_of_another_type_are_rejected() {
        let records = records();
        let existing = [json!({"id": 1, "caption": "Cause", "value": null, "rowNum": 1})];
        for (given, code, message) in [
            (json!([{"id": 9, "value": "x"}]), "NotFound", "Custom Field 9 not found"),
            (json!([{"caption": "Nothing", "value": "x"}]), "NotFound", "Custom Field Nothing not found"),
            // It appears on another screen than the existing ones.
            (json!([{"id": 5, "value": "x"}]), "NotFound", "Custom Field 5 not found"),
            (json!([{"value": "x"}]), "NotFound", "Custom Field 0 not found"),
            (json!([{"id": 2, "value": "far"}]), "InvalidField", "The value of the custom field Distance is invalid."),
            (json!([{"id": 4, "value": "maybe"}]), "InvalidField", "The value of the custom field Paid is invalid."),
            (
                json!([{"id": 3, "value": "2026-01-02T03:04:05-04:00"}]),
                "UnsupportedFormat",
                "Unsupported format applied to Seen",
            ),
            (json!([{"id": 1, "value": {"a": 1}}]), "InvalidField", "The value of the custom field Cause is invalid."),
            (json!(["x"]), "InvalidField", "The customFields field is invalid."),
            (json!("x"), "InvalidField", "The customFields field is invalid."),
        ] {
            let error = checked(&records, "Contact", &existing, &given).unwrap_err();
            assert_eq!((error.code, error.message.as_str()), (code, message), "{given}");
        }
        let merged = checked(&records, "Contact", &existing, &json!([{"id": 2, "value": 4}, {"id": 1, "value": "x"}]));
        let merged = merged.unwrap();
        assert_eq!(
            (&merged[0]["value"], &merged[0]["rowNum"], &merged[1]["value"]),
            (&json!("x"), &json!(1), &json!(4))
        );
        // Nothing is checked where no custom fields are defined.
        let undefined = checked(&Records::default(), "Contact", &[], &json!([{"id": 9, "value": "x"}])).unwrap();
        assert_eq!(undefined, json!([{"id": 9, "value": "x"}]));
    }
}

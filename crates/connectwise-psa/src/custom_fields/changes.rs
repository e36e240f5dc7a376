//! Changes of custom fields, checked and written as a patch.

use std::fmt;

use connectwise_psa_bindings::types::{CustomFieldValue, UserDefinedFieldType};
use connectwise_psa_core::error::Error;
use connectwise_psa_core::patch::Patch;

use crate::custom_fields::fields::CustomFields;
use crate::custom_fields::key::CustomFieldKey;
use crate::custom_fields::value::{Content, CustomValue};

/// Changes of custom fields of one record. The module page has an example. [`Debug`](fmt::Debug) shows which fields are
/// changed, without their values, because a field may be a password.
#[derive(Clone, Default)]
#[must_use]
pub struct CustomFieldChanges {
    changes: Vec<(CustomFieldKey, CustomValue)>,
}

impl fmt::Debug for CustomFieldChanges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.changes.iter().map(|(key, _)| key)).finish()
    }
}

impl CustomFieldChanges {
    /// Creates an empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a field by caption or id. The value is text, a number, a boolean or a date, and must fit the type of the
    /// field. `None` clears the field.
    pub fn set(mut self, key: impl Into<CustomFieldKey>, value: impl Into<CustomValue>) -> Self {
        let key = key.into();
        self.changes.retain(|(other, _)| *other != key);
        self.changes.push((key, value.into()));
        self
    }

    /// Clears a field by caption or id: sends null. Observed on live servers: leaving a field out clears nothing.
    pub fn clear(self, key: impl Into<CustomFieldKey>) -> Self {
        self.set(key, CustomValue::Null)
    }

    /// Returns whether there is no change.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &(CustomFieldKey, CustomValue)> {
        self.changes.iter()
    }

    /// Makes a patch of the changes, for a record that was read with its custom fields. Sends nothing.
    ///
    /// # Errors
    ///
    /// See [`add_to`](Self::add_to).
    pub fn patch(&self, fields: &Option<Vec<CustomFieldValue>>) -> Result<Patch, Error> {
        self.add_to(Patch::new(), fields)
    }

    /// Adds the changes to a patch that also changes other fields of the record. Sends nothing.
    ///
    /// Only the named custom fields are sent, by id. Observed on live servers: the others keep their values. (The
    /// vendor's guide says to send all of them, which would overwrite what others have changed since the record was read.)
    ///
    /// # Errors
    ///
    /// Invalid input if the record does not have one of the fields, if a caption occurs several times, if the value has
    /// another type than the field, or if a number has more decimals than the field.
    pub fn add_to(&self, patch: Patch, fields: &Option<Vec<CustomFieldValue>>) -> Result<Patch, Error> {
        let resolved = self.resolve(fields)?;
        Ok(resolved.into_iter().fold(patch, |patch, (field, value)| match field.id {
            Some(id) => patch.custom_field(id, value.json()),
            None => patch,
        }))
    }

    /// Pairs each change with the field of the record, and checks it.
    pub(crate) fn resolve<'f>(
        &self,
        fields: &'f Option<Vec<CustomFieldValue>>,
    ) -> Result<Vec<(&'f CustomFieldValue, &CustomValue)>, Error> {
        let mut resolved: Vec<(&'f CustomFieldValue, &CustomValue)> = Vec::new();
        for (key, value) in self.iter() {
            let field = CustomFields::of(fields).find(key.clone())?;
            if field.id.is_none() {
                return Err(key.error("has no id in the record, so it cannot be changed"));
            }
            if resolved.iter().any(|(other, _)| other.id == field.id) {
                return Err(key.error("is changed twice, by caption and by id"));
            }
            check(key, value, field.type_.as_ref(), field.number_of_decimals)?;
            resolved.push((field, value));
        }
        Ok(resolved)
    }
}

/// Checks the type of a value, and the number of its decimals.
pub(crate) fn check(
    key: &CustomFieldKey,
    value: &CustomValue,
    field_type: Option<&UserDefinedFieldType>,
    decimals: Option<i32>,
) -> Result<(), Error> {
    let Some(field_type) = field_type else { return Ok(()) };
    if *field_type == UserDefinedFieldType::Button {
        return Err(key.error("is a button, which has no value"));
    }
    if let (Some(content), Some(given)) = (Content::of(field_type), value.content())
        && content != given
    {
        let takes = match content {
            Content::Text => "text",
            Content::Number => "a number",
            Content::Bool => "true or false",
            Content::Date => "a `Date`",
        };
        return Err(key.error(format!("has the type {}, so its value must be {takes}", field_type.as_str())));
    }
    if let (CustomValue::Number(number), Some(decimals)) = (value, decimals.and_then(|count| u32::try_from(count).ok()))
        && number.normalize().scale() > decimals
    {
        return Err(key.error(format!("takes {decimals} digits after the decimal point, so {number} would be rounded")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use connectwise_psa_core::json::{Date, Decimal};
    use serde_json::json;

    use super::*;

    fn fields() -> Option<Vec<CustomFieldValue>> {
        let fields = json!([
            {"id": 1, "caption": "Cause", "type": "Text", "value": "a"},
            {"id": 2, "caption": "Distance", "type": "Number", "numberOfDecimals": 1, "value": "12.5"},
            {"id": 3, "caption": "Done", "type": "Checkbox"},
            {"id": 4, "caption": "Review", "type": "Date"},
            {"id": 5, "caption": "Open", "type": "Button"},
            {"id": 6, "caption": "New", "type": "Colour"},
        ]);
        serde_json::from_value(fields).unwrap()
    }

    #[test]
    fn a_patch_names_only_the_changed_fields() {
        let day = Date::from_ymd_opt(2026, 6, 9).unwrap();
        let changes = CustomFieldChanges::new()
            .set("Cause", "x")
            .set("Cause", "b")
            .set("Distance", Decimal::new(35, 1))
            .set(3, true)
            .set("Review", day)
            .set("New", "red");
        let patch = serde_json::to_value(changes.patch(&fields()).unwrap()).unwrap();
        let expected = json!([{"op": "replace", "path": "customFields", "value": [
            {"id": 1, "value": "b"}, {"id": 2, "value": 3.5}, {"id": 3, "value": true},
            {"id": 4, "value": "2026-06-09T00:00:00Z"}, {"id": 6, "value": "red"},
        ]}]);
        assert_eq!(patch, expected);
    }

    #[test]
    fn wrong_changes_are_rejected() {
        for (changes, expected) in [
            (CustomFieldChanges::new().set("Cause", 5), "has the type Text"),
            (CustomFieldChanges::new().set("Distance", "5"), "must be a number"),
            (CustomFieldChanges::new().set("Distance", Decimal::new(1255, 2)), "takes 1 digits"),
            (CustomFieldChanges::new().set("Done", "true"), "true or false"),
            (CustomFieldChanges::new().set("Review", "2026-06-09"), "`Date`"),
            (CustomFieldChanges::new().set("Open", "x"), "button"),
            (CustomFieldChanges::new().set("Causes", "x"), "\"Cause\""),
            (CustomFieldChanges::new().set("Cause", "x").set(1, "y"), "twice"),
        ] {
            let error = changes.patch(&fields()).unwrap_err().to_string();
            assert!(error.contains(expected), "{expected}: {error}");
        }
        assert!(!format!("{:?}", CustomFieldChanges::new().set("Code", "hunter2")).contains("hunter2"));
        // 12.50 has one decimal.
        assert!(CustomFieldChanges::new().set("Distance", Decimal::new(1250, 2)).patch(&fields()).is_ok());
    }
}

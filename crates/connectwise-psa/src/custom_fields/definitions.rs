//! The definitions of custom fields: `/system/userDefinedFields`.

use std::sync::Arc;

use connectwise_psa_bindings::types::{CustomFieldValue, UserDefinedField};
use connectwise_psa_core::error::Error;

use crate::custom_fields::changes::{CustomFieldChanges, check};
use crate::custom_fields::key::{CustomFieldKey, Named, find};
use crate::custom_fields::value::CustomValue;

impl Named for UserDefinedField {
    fn id(&self) -> Option<i32> {
        self.id
    }

    fn caption(&self) -> Option<&str> {
        self.caption.as_deref()
    }

    fn shown_in(&self) -> Option<String> {
        let screen = self.screen_description.as_deref().or(self.screen_id.as_deref())?;
        let pod = self.pod_description.clone().or_else(|| self.pod_id.map(|id| format!("pod {id}")));
        Some(pod.map_or_else(|| screen.to_owned(), |pod| format!("{screen}, {pod}")))
    }
}

/// The definitions of all custom fields of the tenant. Cheap to clone.
///
/// A definition belongs to a screen (`ct300` is the screen of contacts) and to a pod, an area of a screen. The ids of the
/// other screens differ between servers or are not known, so the library does not map record types to screens. The `id`
/// of a custom field in a record is the id of its definition.
#[derive(Clone, Debug)]
pub struct CustomFieldDefinitions {
    definitions: Arc<Vec<UserDefinedField>>,
}

impl CustomFieldDefinitions {
    pub(crate) const fn new(definitions: Arc<Vec<UserDefinedField>>) -> Self {
        Self { definitions }
    }

    /// Returns all definitions.
    #[must_use]
    pub fn all(&self) -> &[UserDefinedField] {
        &self.definitions
    }

    /// Returns the definitions on a screen, such as `ct300`.
    #[must_use]
    pub fn on_screen(&self, screen_id: &str) -> Self {
        let is_on_screen = |definition: &&UserDefinedField| {
            definition.screen_id.as_deref().is_some_and(|screen| screen.eq_ignore_ascii_case(screen_id))
        };
        Self { definitions: Arc::new(self.definitions.iter().filter(is_on_screen).cloned().collect()) }
    }

    /// Finds a definition by caption or id.
    ///
    /// # Errors
    ///
    /// Invalid input if there is none, or if several have the caption, with their ids, screens and pods.
    pub fn find(&self, key: impl Into<CustomFieldKey>) -> Result<&UserDefinedField, Error> {
        find(&self.definitions.iter().collect::<Vec<_>>(), &key.into())
    }

    /// Checks changes of a record against the definitions of its fields. A field whose definition is not listed is
    /// checked against the record alone.
    ///
    /// # Errors
    ///
    /// The errors of [`CustomFieldChanges::patch`]; and invalid input if the field is read-only, if it is required and
    /// would be cleared, or if it offers a list of options and a text is not one of them, or an inactive one.
    pub fn check(&self, changes: &CustomFieldChanges, fields: &Option<Vec<CustomFieldValue>>) -> Result<(), Error> {
        for (field, value) in changes.resolve(fields)? {
            let Some(definition) = self.definitions.iter().find(|definition| definition.id == field.id) else {
                continue;
            };
            let key =
                field.caption.as_deref().map_or_else(|| field.id.unwrap_or_default().into(), CustomFieldKey::from);
            check_definition(&key, value, definition)?;
        }
        Ok(())
    }

    /// Makes the `custom_fields` of a create request. The fields are found among these definitions: select those of
    /// [one screen](Self::on_screen) first if captions repeat, or name the fields by id.
    ///
    /// # Errors
    ///
    /// Those of [`find`](Self::find) and [`check`](Self::check).
    pub fn new_values(&self, changes: &CustomFieldChanges) -> Result<Vec<CustomFieldValue>, Error> {
        let mut values: Vec<CustomFieldValue> = Vec::new();
        for (key, value) in changes.iter() {
            let definition = self.find(key.clone())?;
            check_definition(key, value, definition)?;
            if values.iter().any(|other| other.id == definition.id) {
                return Err(key.error("is set twice, by caption and by id"));
            }
            let value = Some(value.json());
            values.push(CustomFieldValue { id: definition.id, value, ..CustomFieldValue::default() });
        }
        Ok(values)
    }
}

fn check_definition(key: &CustomFieldKey, value: &CustomValue, definition: &UserDefinedField) -> Result<(), Error> {
    if definition.read_only_flag == Some(true) {
        return Err(key.error("is read-only"));
    }
    if definition.required_flag == Some(true) && value.is_empty() {
        return Err(key.error("is required, so it cannot be cleared"));
    }
    check(key, value, definition.field_type_identifier.as_ref(), definition.number_decimals)?;
    let options = definition.options.as_deref().unwrap_or_default();
    let CustomValue::Text(text) = value else { return Ok(()) };
    // Text in a field without options, or in one whose options the server does not list, is free.
    if options.is_empty() {
        return Ok(());
    }
    let active = || options.iter().filter(|option| option.inactive_flag != Some(true));
    if active().any(|option| option.option_value.as_deref() == Some(text)) {
        return Ok(());
    }
    let offered: Vec<_> = active().filter_map(|option| option.option_value.as_deref()).collect();
    Err(key.error(format!("offers {offered:?}, not {text:?}")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn definitions() -> CustomFieldDefinitions {
        let definitions = json!([
            {"id": 1, "caption": "Cause", "screenId": "sr300", "podId": 1, "fieldTypeIdentifier": "Text", "entryTypeIdentifier": "List",
             "options": [{"optionValue": "User"}, {"optionValue": "Fax", "inactiveFlag": true}]},
            {"id": 2, "caption": "Cause", "screenId": "ct300", "screenDescription": "Contact", "podDescription": "Overview", "fieldTypeIdentifier": "Text"},
            {"id": 3, "caption": "Number", "screenId": "sr300", "fieldTypeIdentifier": "Number", "requiredFlag": true, "numberDecimals": 0},
            {"id": 4, "caption": "Origin", "screenId": "sr300", "fieldTypeIdentifier": "Text", "readOnlyFlag": true},
        ]);
        CustomFieldDefinitions::new(Arc::new(serde_json::from_value(definitions).unwrap()))
    }

    #[test]
    fn values_that_do_not_fit_the_definition_are_rejected() {
        let fields = serde_json::from_value(json!([
            {"id": 1, "caption": "Cause", "type": "Text"}, {"id": 3, "caption": "Number", "type": "Number"},
            {"id": 4, "caption": "Origin", "type": "Text"}, {"id": 9, "caption": "Undefined", "type": "Text"},
        ]))
        .unwrap();
        let set = |key: &str, value: CustomValue| CustomFieldChanges::new().set(key, value);
        for (changes, expected) in [
            (set("Cause", "Nobody".into()), "offers [\"User\"]"),
            (set("Cause", "Fax".into()), "offers"),
            (set("Number", CustomValue::Null), "required"),
            (set("Origin", "x".into()), "read-only"),
        ] {
            let error = definitions().check(&changes, &fields).unwrap_err().to_string();
            assert!(error.contains(expected), "{expected}: {error}");
        }
        for changes in [set("Cause", "User".into()), set("Cause", CustomValue::Null), set("Undefined", "x".into())] {
            definitions().check(&changes, &fields).unwrap();
        }
    }

    #[test]
    fn a_create_request_takes_the_fields_of_one_screen() {
        let changes = CustomFieldChanges::new().set("Cause", "User");
        let error = definitions().new_values(&changes).unwrap_err().to_string();
        assert!(error.contains("1 (sr300, pod 1), 2 (Contact, Overview)"), "{error}");
        let values = definitions().on_screen("SR300").new_values(&changes).unwrap();
        assert_eq!(serde_json::to_value(values).unwrap(), json!([{"id": 1, "value": "User"}]));
    }
}

//! The custom fields of one record, read by caption or id.

use connectwise_psa_bindings::types::CustomFieldValue;
use connectwise_psa_core::error::Error;

use crate::custom_fields::key::{CustomFieldKey, Named, find};
use crate::custom_fields::value::{CustomValue, FromCustomValue};

impl Named for CustomFieldValue {
    fn id(&self) -> Option<i32> {
        self.id
    }

    fn caption(&self) -> Option<&str> {
        self.caption.as_deref()
    }

    fn shown_in(&self) -> Option<String> {
        self.pod_id.clone()
    }
}

/// The custom fields of one record: `CustomFields::of(&ticket.custom_fields)`. Every record type with custom fields has
/// them in `custom_fields`, so this works for all of them, and does not compile for a type without them.
///
/// PSA lists fields without a value too. The module page has an example.
#[derive(Clone, Copy, Debug)]
pub struct CustomFields<'a> {
    fields: &'a [CustomFieldValue],
}

impl<'a> CustomFields<'a> {
    /// Takes the `custom_fields` of a record.
    #[must_use]
    pub fn of(fields: &'a Option<Vec<CustomFieldValue>>) -> Self {
        Self { fields: fields.as_deref().unwrap_or_default() }
    }

    /// Returns all of them.
    #[must_use]
    pub const fn all(&self) -> &'a [CustomFieldValue] {
        self.fields
    }

    /// Finds a custom field by caption or id.
    ///
    /// # Errors
    ///
    /// Invalid input if the record does not have it, with a similar caption if there is one; or if several have the
    /// caption, with their ids.
    pub fn find(&self, key: impl Into<CustomFieldKey>) -> Result<&'a CustomFieldValue, Error> {
        find(&self.fields.iter().collect::<Vec<_>>(), &key.into())
    }

    /// Returns a value as a Rust type: `String`, [`Decimal`](connectwise_psa_core::json::Decimal), `bool` or
    /// [`Date`](connectwise_psa_core::json::Date). `None` means that the field has no value.
    ///
    /// Decimals are exact up to the digits that `serde_json` keeps of a JSON number (about 15); more digits are exact
    /// only in a string.
    ///
    /// # Errors
    ///
    /// The errors of [`find`](Self::find), and invalid input if the value cannot be read as this type.
    pub fn get<T: FromCustomValue>(&self, key: impl Into<CustomFieldKey>) -> Result<Option<T>, Error> {
        T::from_field(self.find(key)?)
    }

    /// Returns a value as the type of the field says.
    ///
    /// # Errors
    ///
    /// The errors of [`find`](Self::find), and invalid input if the value does not fit the type of the field.
    pub fn value(&self, key: impl Into<CustomFieldKey>) -> Result<CustomValue, Error> {
        CustomValue::read(self.find(key)?)
    }
}

#[cfg(test)]
mod tests {
    use connectwise_psa_core::json::Decimal;
    use serde_json::json;

    use super::*;

    fn fields() -> Option<Vec<CustomFieldValue>> {
        let fields = json!([
            {"id": 1, "caption": "Cause", "type": "Text", "value": 5, "podId": "ticket_overview"},
            {"id": 2, "caption": "Distance", "type": "Number", "value": "12.5"},
            {"id": 3, "caption": "Cause", "type": "Text", "value": "b", "podId": "ticket_other"},
            {"id": 4, "caption": "Done", "type": "Checkbox"},
        ]);
        serde_json::from_value(fields).unwrap()
    }

    #[test]
    fn fields_are_found_by_caption_and_id() {
        let fields = fields();
        let custom = CustomFields::of(&fields);
        assert_eq!(custom.value(1).unwrap(), CustomValue::Text("5".to_owned()));
        assert_eq!(custom.value("Distance").unwrap(), CustomValue::Number(Decimal::new(125, 1)));
        assert_eq!(custom.value("Done").unwrap(), CustomValue::Null);
        assert_eq!(custom.get::<bool>("Done").unwrap(), None);
    }

    #[test]
    fn unknown_and_repeated_captions_are_rejected() {
        let fields = fields();
        let custom = CustomFields::of(&fields);
        for (key, expected) in [
            (CustomFieldKey::from("Cause"), "1 (ticket_overview), 3 (ticket_other)"),
            ("distanse".into(), "\"Distance\""),
            ("Quite different".into(), "does not exist"),
            (9.into(), "does not exist"),
        ] {
            let error = custom.find(key.clone()).unwrap_err().to_string();
            assert!(error.contains(expected), "{key}: {error}");
        }
        let error = CustomFields::of(&None).find("Cause").unwrap_err().to_string();
        assert!(error.contains("select"), "{error}");
    }
}

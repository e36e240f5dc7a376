//! Checks and converts request bodies.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use serde_json::{Map, Value};

use super::references::{integer, resolve};
use super::{JsonObject, custom_fields, resource_name};
use crate::api_error::{ApiError, FieldError};
use crate::schema::{FieldType, Type, type_of};
use crate::store::{Records, timestamp};

/// Checks request bodies that contain a record of a type, or some of its fields.
pub(crate) struct Checker<'a> {
    pub(crate) records: &'a Records,
    pub(crate) type_name: &'static str,
}

impl Checker<'_> {
    fn schema(&self) -> Option<&'static Type> {
        type_of(self.type_name)
    }

    /// Parses a JSON body as an object.
    pub(crate) fn object(&self, body: &[u8]) -> Result<JsonObject, ApiError> {
        match serde_json::from_slice(body) {
            Ok(Value::Object(fields)) => Ok(fields),
            Ok(_) => {
                Err(ApiError::bad("InvalidObject", format!("{} object is invalid", resource_name(self.type_name))))
            }
            Err(_) if body.trim_ascii().is_empty() => {
                Err(ApiError::bad("InvalidObject", format!("{} object is required", resource_name(self.type_name))))
            }
            Err(error) => Err(ApiError::bad("ConnectWiseApi", format!("Invalid JSON: {error}"))),
        }
    }

    /// Returns the fields of a new record, after the checks of [`Self::fields`] and [`Self::check_required`].
    /// `defaults` are fields that the body may leave out.
    pub(crate) fn new_record(&self, body: &JsonObject, defaults: &JsonObject) -> Result<JsonObject, ApiError> {
        let fields = self.fields_of(body, defaults, &|_| ())?;
        self.check_required(&fields)?;
        Ok(fields)
    }

    /// Checks that a record has the required fields of its type.
    pub(crate) fn check_required(&self, fields: &JsonObject) -> Result<(), ApiError> {
        let resource = resource_name(self.type_name);
        let required = self.schema().into_iter().flat_map(|schema| &schema.required);
        let missing: Vec<_> = required
            .filter(|name| fields.get(name.as_str()).is_none_or(|value| value.is_null() || value.as_str() == Some("")))
            .map(|name| {
                let is_reference = self
                    .schema()
                    .and_then(|schema| schema.field(name))
                    .is_some_and(|(_, field)| matches!(field.field_type, FieldType::Reference(_)));
                // Observed on live servers: for a reference, the message names the id, but `field` does not.
                let shown = if is_reference { format!("{name}/id") } else { name.clone() };
                FieldError::new(
                    "MissingRequiredField",
                    format!("The {shown} field is required."),
                    &resource,
                    name.clone(),
                )
            })
            .collect();
        if missing.is_empty() { Ok(()) } else { Err(ApiError::invalid_object(&resource, missing)) }
    }

    /// Checks the fields of a body and returns them as the server stores them: with canonical names, converted values
    /// and completed references. Fields that the body does not give are missing: those with null, and references to
    /// `{}`, to the id 0, or to an empty identifier or name.
    pub(crate) fn fields(&self, body: &JsonObject) -> Result<JsonObject, ApiError> {
        self.fields_of(body, &Map::new(), &|_| ())
    }

    /// Does the same as [`Self::fields`] for a record that has `others` besides the fields of the body. `add_owners`
    /// adds references that the lists of other references depend on, such as the default board of a ticket.
    pub(crate) fn fields_of(
        &self,
        body: &JsonObject,
        others: &JsonObject,
        add_owners: &dyn Fn(&mut JsonObject),
    ) -> Result<JsonObject, ApiError> {
        let Some(schema) = self.schema() else { return Ok(others.iter().chain(body).map(owned).collect()) };
        let mut kept = others.clone();
        // Resolved last, boards before statuses, because the list of a reference may depend on another reference.
        let mut references = Vec::new();
        let mut errors = Vec::new();
        for (name, value) in body {
            if name == "_info" {
                continue;
            }
            let Some((name, field)) = schema.field(name) else {
                return Err(ApiError::unknown_field(name, self.type_name, name));
            };
            match &field.field_type {
                FieldType::Reference(reference) => references.push((name.to_owned(), reference, value)),
                FieldType::List(_) if name == custom_fields::FIELD => {
                    match custom_fields::checked(self.records, self.type_name, &[], value) {
                        Ok(fields) => set_if_given(&mut kept, name, fields),
                        Err(error) => errors.push(error),
                    }
                }
                field_type => match self.value(name, field_type, field.max_length, value)? {
                    Ok(value) => set_if_given(&mut kept, name, value),
                    Err(error) => errors.push(error),
                },
            }
        }
        let (dependent, independent): (Vec<_>, Vec<_>) = references
            .into_iter()
            .partition(|(_, reference, _)| crate::schema::target_of(reference).is_some_and(|path| path.contains('{')));
        for (references, is_last) in [(independent, false), (dependent, true)] {
            if is_last {
                add_owners(&mut kept);
            }
            for (name, reference, value) in references {
                match self.reference(&name, reference, value, &kept) {
                    Ok(value) => set_if_given(&mut kept, &name, value),
                    Err(error) => errors.push(error),
                }
            }
        }
        if errors.is_empty() { Ok(kept) } else { Err(ApiError::invalid_object(&resource_name(self.type_name), errors)) }
    }

    /// Checks a reference and returns it as the server stores it.
    pub(crate) fn reference(
        &self,
        name: &str,
        reference: &str,
        value: &Value,
        owner: &JsonObject,
    ) -> Result<Value, FieldError> {
        match value {
            Value::Object(given) => {
                resolve(self.records, reference, given, owner, &resource_name(self.type_name), name)
            }
            Value::Null => Ok(Value::Null),
            // The behaviour of live servers for a bare id is not known. It is rejected here.
            _ => Err(FieldError::new(
                "InvalidField",
                format!("The {name} field is invalid."),
                &resource_name(self.type_name),
                name,
            )),
        }
    }

    /// Checks a value and returns it as the server stores it. The inner error is reported together with those of other
    /// fields. The outer error is reported alone, because a live server cannot parse such a body.
    pub(crate) fn value(
        &self,
        name: &str,
        field_type: &FieldType,
        max_length: Option<usize>,
        value: &Value,
    ) -> Result<Result<Value, FieldError>, ApiError> {
        let resource = resource_name(self.type_name);
        // Observed on live servers: a value of the wrong type gets status 500, although it is a client error.
        let wrong_type = || {
            let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let expected = match field_type {
                FieldType::Integer => "System.Nullable`1[System.Int32]",
                FieldType::Number => "System.Nullable`1[System.Decimal]",
                FieldType::Boolean => "System.Nullable`1[System.Boolean]",
                _ => "System.Object",
            };
            let message =
                format!("Error converting value \"{shown}\" to type '{expected}'. Path '{name}', line 1, position 1.");
            ApiError::new(http::StatusCode::INTERNAL_SERVER_ERROR, "ConnectWiseApi", message)
        };
        if value.is_null() {
            return Ok(Ok(Value::Null));
        }
        Ok(Ok(match field_type {
            FieldType::String | FieldType::Enumeration(_) => {
                let text = match value {
                    Value::String(text) => text.clone(),
                    Value::Number(_) | Value::Bool(_) => value.to_string(),
                    _ => return Err(wrong_type()),
                };
                if let Some(most) = max_length.filter(|most| text.encode_utf16().count() > *most) {
                    let message = format!("The field {name} must be a string with a maximum length of {most}.");
                    return Ok(Err(FieldError::new("MaxLengthField", message, &resource, name)));
                }
                Value::from(text)
            }
            FieldType::Integer => integer(value).map(Value::from).ok_or_else(wrong_type)?,
            FieldType::Number => match value {
                Value::Number(_) => value.clone(),
                Value::String(text) => text
                    .trim()
                    .parse::<f64>()
                    .ok()
                    .and_then(serde_json::Number::from_f64)
                    .map(Value::Number)
                    .ok_or_else(wrong_type)?,
                _ => return Err(wrong_type()),
            },
            FieldType::Boolean => match value {
                Value::Bool(_) => value.clone(),
                Value::String(text) => {
                    text.trim().to_ascii_lowercase().parse().map(Value::Bool).map_err(|_| wrong_type())?
                }
                _ => return Err(wrong_type()),
            },
            FieldType::DateTime | FieldType::Date => match value.as_str().and_then(parse_timestamp) {
                Some(time) => Value::from(timestamp(time)),
                None => {
                    return Ok(Err(FieldError::new(
                        "UnsupportedFormat",
                        format!("Unsupported format applied to {name}"),
                        &resource,
                        name,
                    )));
                }
            },
            FieldType::Reference(reference) => match self.reference(name, reference, value, &Map::new()) {
                Ok(value) => value,
                Err(error) => return Ok(Err(error)),
            },
            FieldType::Object(type_name) => match (value, type_of(type_name)) {
                (Value::Object(fields), Some(_)) => {
                    let inner = Checker { records: self.records, type_name: static_name(type_name) };
                    Value::Object(inner.fields(fields)?)
                }
                (Value::Object(_), None) => value.clone(),
                _ => return Err(wrong_type()),
            },
            FieldType::List(element_type) => {
                let Value::Array(elements) = value else { return Err(wrong_type()) };
                let mut kept = Vec::with_capacity(elements.len());
                for element in elements {
                    match self.value(name, element_type, None, element)? {
                        Ok(element) => kept.push(element),
                        Err(error) => return Ok(Err(error)),
                    }
                }
                // Empty references are not given.
                kept.retain(|element| !element.is_null());
                Value::Array(kept)
            }
            FieldType::Any => value.clone(),
        }))
    }
}

/// Sets a field that a body gives. Null and empty references mean that the body does not give it.
fn set_if_given(fields: &mut JsonObject, name: &str, value: Value) {
    if !value.is_null() {
        fields.insert(name.to_owned(), value);
    }
}

fn owned((name, value): (&String, &Value)) -> (String, Value) {
    (name.clone(), value.clone())
}

/// Returns the name of a type with a static lifetime.
fn static_name(name: &str) -> &'static str {
    crate::schema::static_type_name(name).unwrap_or("Object")
}

/// Parses a timestamp in UTC, with or without `Z`. Observed on live servers: an offset is rejected.
pub(crate) fn parse_timestamp(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    let bare = text.strip_suffix(['Z', 'z']).unwrap_or(text);
    let parsed = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M"]
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(bare, format).ok());
    parsed
        .or_else(|| NaiveDate::parse_from_str(bare, "%Y-%m-%d").ok().and_then(|date| date.and_hms_opt(0, 0, 0)))
        .map(|time| time.and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn checked(type_name: &'static str, body: Value) -> Result<Value, ApiError> {
        let mut records = Records::default();
        records.insert(
            "company/companies",
            json!({"name": "Acme", "identifier": "acme"}).as_object().cloned().unwrap(),
            Some(5),
        );
        let checker = Checker { records: &records, type_name };
        checker.new_record(body.as_object().unwrap(), &Map::new()).map(Value::Object)
    }

    #[test]
    fn bodies_are_converted_and_completed() {
        let ticket = json!({"SUMMARY": "x", "company": {"identifier": "ACME"}, "budgetHours": "1.5", "closedFlag": "False", "requiredDate": "2026-01-02T03:04:05.678Z", "site": null});
        let kept = checked("Ticket", ticket).unwrap();
        // The server stores timestamps without fractions of a second.
        assert_eq!(
            (&kept["summary"], &kept["budgetHours"], &kept["closedFlag"], &kept["requiredDate"]),
            (&json!("x"), &json!(1.5), &json!(false), &json!("2026-01-02T03:04:05Z"))
        );
        assert_eq!((&kept["company"]["id"], &kept["company"]["name"]), (&json!(5), &json!("Acme")));
        assert_eq!(kept.get("site"), None);
    }

    #[test]
    fn errors_are_those_of_live_servers() {
        let company = json!({"id": 5});
        let nested = |error: &ApiError| {
            error
                .errors
                .iter()
                .map(|error| format!("{} {}: {}", error.code, error.field, error.message))
                .collect::<Vec<_>>()
        };
        for (body, status, code, expected) in [
            (
                json!({"company": company}),
                400,
                "InvalidObject",
                "MissingRequiredField summary: The summary field is required.",
            ),
            (
                json!({"summary": "x"}),
                400,
                "InvalidObject",
                "MissingRequiredField company: The company/id field is required.",
            ),
            (
                json!({"summary": "x".repeat(101), "company": company}),
                400,
                "InvalidObject",
                "MaxLengthField summary: The field summary must be a string with a maximum length of 100.",
            ),
            (
                json!({"summary": "x", "company": {"id": 6}}),
                400,
                "InvalidObject",
                "NotFound company/id: Company 6 not found",
            ),
            (
                json!({"summary": "x", "company": company, "requiredDate": "2026-01-02T03:04:05-04:00"}),
                400,
                "InvalidObject",
                "UnsupportedFormat requiredDate: Unsupported format applied to requiredDate",
            ),
        ] {
            let error = checked("Ticket", body).unwrap_err();
            assert_eq!((error.status.as_u16(), error.code, nested(&error)), (status, code, vec![expected.to_owned()]));
        }
        let unknown = checked("Ticket", json!({"summary": "x", "colour": "red"})).unwrap_err();
        assert!(
            unknown.message.starts_with("Could not find member 'colour' on object of type 'Ticket'")
                && unknown.message.contains("1.Check your accept"),
            "{unknown:?}"
        );
        let wrong_type = checked("Ticket", json!({"summary": "x", "budgetHours": "many"})).unwrap_err();
        assert_eq!((wrong_type.status.as_u16(), wrong_type.code), (500, "ConnectWiseApi"));
    }
}

//! Checks and converts request bodies.

use std::collections::HashSet;
use std::sync::LazyLock;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use serde_json::{Map, Value};

use super::JsonObject;
use super::custom_fields::CustomFields;
use super::record_names::resource_of;
use super::references::{INTEGER_32, check_kinds, integer_32, invalid_reference, resolve};
use super::screens;
use crate::api_error::{ApiError, FieldError};
use crate::data_table::Table;
use crate::schema::{FieldType, Type, type_of};
use crate::store::{Records, timestamp};

/// The ranges of numbers, as CSV: type, field, minimum and maximum. Observed on live servers.
static RANGES: LazyLock<Table<3>> = LazyLock::new(|| Table::read(include_str!("../../data/ranges.csv")));

/// Required fields that the OpenAPI document does not name: type and field. Observed on live servers.
const ALSO_REQUIRED: &[(&str, &str)] = &[("Contact", "firstName")];

/// Types whose updates check the whole stored record instead of the changed fields. Observed on live servers: an update
/// of a company is rejected for an invalid value that the company had before; updates of contacts and tickets are not.
const CHECKED_WHOLE: &[&str] = &["Company"];

/// The fields of a body as the server stores them, and the errors of the others.
#[derive(Debug, Default)]
pub(crate) struct Checked {
    pub(crate) fields: JsonObject,
    pub(crate) errors: Vec<FieldError>,
}

impl Checked {
    /// Adds errors, except those of fields that have an error already.
    pub(crate) fn add_errors(&mut self, errors: impl IntoIterator<Item = FieldError>) {
        let known: HashSet<String> = self.errors.iter().map(|error| top_level(&error.field).to_owned()).collect();
        self.errors.extend(errors.into_iter().filter(|error| !known.contains(top_level(&error.field))));
    }

    /// Returns the fields, or the error response with all errors. `type_name` is the type of the body.
    pub(crate) fn into_result(self, type_name: &str) -> Result<JsonObject, ApiError> {
        if self.errors.is_empty() {
            Ok(self.fields)
        } else {
            Err(ApiError::invalid_object(&resource_of(type_name), self.errors))
        }
    }
}

/// Returns the first step of a path: `company` for `company/id`.
fn top_level(path: &str) -> &str {
    path.split('/').next().unwrap_or_default()
}

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
            Ok(_) => Err(ApiError::bad("InvalidObject", format!("{} object is invalid", resource_of(self.type_name)))),
            Err(_) if body.trim_ascii().is_empty() => {
                Err(ApiError::bad("InvalidObject", format!("{} object is required", resource_of(self.type_name))))
            }
            Err(error) => Err(ApiError::malformed_json(&error)),
        }
    }

    /// Returns the fields of a new record, after all checks. `defaults` are fields that the body may leave out.
    pub(crate) fn new_record(&self, body: &JsonObject, defaults: &JsonObject) -> Result<JsonObject, ApiError> {
        self.checked_record(body, defaults)?.into_result(self.type_name)
    }

    /// Does the same as [`Self::new_record`], and returns all errors: those of missing fields first.
    pub(crate) fn checked_record(&self, body: &JsonObject, defaults: &JsonObject) -> Result<Checked, ApiError> {
        Ok(self.with_record_errors(self.checked_fields_of(body, defaults, &|_| ())?))
    }

    /// Adds the errors of a record as a whole to those of its fields: missing fields first, and numbers out of range.
    pub(crate) fn with_record_errors(&self, given: Checked) -> Checked {
        let has_error = |field: &str| given.errors.iter().any(|error| top_level(&error.field) == field);
        let missing = self.missing(&given.fields).into_iter().filter(|error| !has_error(&error.field)).collect();
        let mut checked = Checked { fields: given.fields, errors: missing };
        checked.add_errors(given.errors);
        checked.add_errors(self.out_of_range(&checked.fields));
        checked
    }

    /// Checks that a record has the required fields of its type.
    pub(crate) fn check_required(&self, fields: &JsonObject) -> Result<(), ApiError> {
        Checked { fields: JsonObject::new(), errors: self.missing(fields) }.into_result(self.type_name).map(|_| ())
    }

    /// Returns the errors of a record that an update changes, apart from those of the new values.
    pub(crate) fn update_errors(&self, before: &JsonObject, after: &JsonObject) -> Result<Vec<FieldError>, ApiError> {
        let is_checked_whole = CHECKED_WHOLE.contains(&self.type_name);
        if is_checked_whole && self.has_invalid_timestamp(after) {
            return Err(ApiError::new(
                http::StatusCode::INTERNAL_SERVER_ERROR,
                "ConnectWiseApi",
                "String was not recognized as a valid DateTime.",
            ));
        }
        let mut errors = self.missing(after);
        errors.extend(self.out_of_range(after));
        let is_checked_whole = is_checked_whole || before.is_empty();
        errors.retain(|error| is_checked_whole || before.get(&error.field) != after.get(&error.field));
        Ok(errors)
    }

    /// Returns an error for each required field that a record lacks.
    fn missing(&self, fields: &JsonObject) -> Vec<FieldError> {
        let resource = resource_of(self.type_name);
        let required = self.schema().into_iter().flat_map(|schema| &schema.required).map(String::as_str);
        let also = ALSO_REQUIRED.iter().filter(|(type_name, _)| *type_name == self.type_name).map(|(_, field)| *field);
        let is_missing = |name: &&str| {
            fields.get(*name).is_none_or(|value| value.is_null() || value.as_str().is_some_and(str::is_empty))
        };
        let missing = required.chain(also).filter(is_missing).map(|name| {
            let is_reference = self
                .schema()
                .and_then(|schema| schema.field(name))
                .is_some_and(|(_, field)| matches!(field.field_type, FieldType::Reference(_)));
            // Observed on live servers: for a reference, the message names the id, but `field` does not.
            let shown = if is_reference { format!("{name}/id") } else { name.to_owned() };
            FieldError::new("MissingRequiredField", format!("The {shown} field is required."), &resource, name)
        });
        missing.collect()
    }

    /// Returns an error for each number out of its range, in the order of the table.
    fn out_of_range(&self, fields: &JsonObject) -> Vec<FieldError> {
        let error = |[field, minimum, maximum]: &[&'static str; 3]| {
            let number = fields.get(*field)?.as_f64()?;
            let is_outside = number < minimum.parse().ok()? || number > maximum.parse().ok()?;
            let message = format!("The field {field} must be between {minimum} and {maximum}.");
            is_outside.then(|| FieldError::new("OutOfRange", message, &resource_of(self.type_name), *field))
        };
        RANGES.of(self.type_name).filter_map(error).collect()
    }

    /// Returns whether a timestamp of a stored record is not one.
    fn has_invalid_timestamp(&self, fields: &JsonObject) -> bool {
        let types = self.schema().into_iter().flat_map(|schema| &schema.fields);
        let timestamps = types.filter(|(_, field)| matches!(field.field_type, FieldType::DateTime | FieldType::Date));
        let mut values = timestamps.filter_map(|(name, _)| fields.get(name)).filter(|value| !value.is_null());
        values.any(|value| value.as_str().and_then(parse_timestamp).is_none())
    }

    /// Checks the fields of a body and returns them as the server stores them: with canonical names, converted values
    /// and completed references. Fields that the body does not give are missing: those with null, those with an empty
    /// text whose type has no texts, and references to `{}`, to the id 0, or to an empty identifier or name.
    pub(crate) fn fields(&self, body: &JsonObject) -> Result<JsonObject, ApiError> {
        self.checked_fields(body)?.into_result(self.type_name)
    }

    /// Does the same as [`Self::fields`], and returns all errors.
    pub(crate) fn checked_fields(&self, body: &JsonObject) -> Result<Checked, ApiError> {
        self.checked_fields_of(body, &Map::new(), &|_| ())
    }

    /// Does the same as [`Self::checked_fields`] for a record that has `others` besides the fields of the body.
    /// `add_owners` adds references that the lists of other references depend on, such as the default board of a
    /// ticket.
    pub(crate) fn checked_fields_of(
        &self,
        body: &JsonObject,
        others: &JsonObject,
        add_owners: &dyn Fn(&mut JsonObject),
    ) -> Result<Checked, ApiError> {
        let Some(schema) = self.schema() else {
            return Ok(Checked { fields: others.iter().chain(body).map(owned).collect(), errors: Vec::new() });
        };
        let mut kept = others.clone();
        // Resolved last, boards before statuses, because the list of a reference may depend on another reference.
        let mut references = Vec::new();
        let mut errors = Vec::new();
        for (name, value) in body {
            if name == "_info" {
                continue;
            }
            let Some((name, field)) = schema.field(name) else {
                return Err(ApiError::unknown_field(name, self.type_name));
            };
            if field.field_type.is_without_value(value) {
                continue;
            }
            match &field.field_type {
                FieldType::Reference(reference) => {
                    check_reference_kinds(name, value)?;
                    references.push((name.to_owned(), reference, value));
                }
                FieldType::List(_) if name == screens::FIELD => {
                    let mut fields = CustomFields::new(self.records, self.type_name, Vec::new());
                    match fields.merge(value) {
                        Ok(()) => _ = kept.insert(name.to_owned(), fields.into_value()),
                        Err(error) => errors.push(error),
                    }
                }
                field_type => match self.value(name, field_type, field.max_length, value)? {
                    Ok(value) => set_if_given(&mut kept, name, value),
                    Err(found) => errors.extend(found),
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
        Ok(Checked { fields: kept, errors })
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
            Value::Object(given) => resolve(self.records, reference, given, owner, &resource_of(self.type_name), name),
            Value::Null => Ok(Value::Null),
            // The behaviour of live servers for a bare id is not known. It is rejected here.
            _ => Err(invalid_reference(&resource_of(self.type_name), name)),
        }
    }

    /// Checks a value and returns it as the server stores it. The inner errors are reported together with those of other
    /// fields. The outer error is reported alone, because a live server cannot parse such a body.
    pub(crate) fn value(
        &self,
        name: &str,
        field_type: &FieldType,
        max_length: Option<usize>,
        value: &Value,
    ) -> Result<Result<Value, Vec<FieldError>>, ApiError> {
        let resource = resource_of(self.type_name);
        // Observed on live servers: a value of the wrong type gets status 500, although it is a client error.
        let wrong_type = || {
            let expected = match field_type {
                FieldType::Integer => INTEGER_32,
                FieldType::Number => "System.Nullable`1[System.Decimal]",
                FieldType::Boolean => "System.Nullable`1[System.Boolean]",
                _ => "System.Object",
            };
            ApiError::wrong_type(name, value, expected)
        };
        if field_type.is_without_value(value) {
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
                    return Ok(Err(vec![FieldError::new("MaxLengthField", message, &resource, name)]));
                }
                Value::from(text)
            }
            FieldType::Integer => integer_32(value).map(Value::from).ok_or_else(wrong_type)?,
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
                    let message = format!("Unsupported format applied to {name}");
                    return Ok(Err(vec![FieldError::new("UnsupportedFormat", message, &resource, name)]));
                }
            },
            FieldType::Reference(reference) => {
                check_reference_kinds(name, value)?;
                match self.reference(name, reference, value, &Map::new()) {
                    Ok(value) => value,
                    Err(error) => return Ok(Err(vec![error])),
                }
            }
            FieldType::Object(type_name) => match (value, type_of(type_name)) {
                (Value::Object(fields), Some(_)) => {
                    let inner = Checker { records: self.records, type_name: static_name(type_name) };
                    let checked = inner.checked_fields(fields).map_err(|error| error.inside(name))?;
                    if !checked.errors.is_empty() {
                        let inside = |error: FieldError| FieldError {
                            resource: resource.clone(),
                            field: format!("{name}/{}", error.field),
                            ..error
                        };
                        return Ok(Err(checked.errors.into_iter().map(inside).collect()));
                    }
                    Value::Object(checked.fields)
                }
                (Value::Object(_), None) => value.clone(),
                _ => return Err(wrong_type()),
            },
            FieldType::List(element_type) => {
                let Value::Array(elements) = value else { return Err(wrong_type()) };
                let (mut kept, mut errors) = (Vec::with_capacity(elements.len()), Vec::new());
                for (at, element) in elements.iter().enumerate() {
                    match self.value(name, element_type, None, element).map_err(|error| error.in_element(name, at))? {
                        Ok(element) => kept.push(element),
                        Err(found) => errors.extend(found),
                    }
                }
                if !errors.is_empty() {
                    return Ok(Err(errors));
                }
                // Empty references are not given.
                kept.retain(|element| !element.is_null());
                Value::Array(kept)
            }
            FieldType::Any => value.clone(),
        }))
    }
}

/// Rejects a reference in the field `name` whose fields have values of the wrong types.
fn check_reference_kinds(name: &str, value: &Value) -> Result<(), ApiError> {
    value.as_object().map_or(Ok(()), |given| check_kinds(given).map_err(|error| error.inside(name)))
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
    fn ranges_name_fields_and_numbers() {
        crate::schema::check_table(&RANGES, |[field, ..]| Some(field));
        for (type_name, line @ [_, minimum, maximum]) in RANGES.lines() {
            let limits = (minimum.parse::<f64>().unwrap(), maximum.parse::<f64>().unwrap());
            assert!(limits.0 < limits.1, "{type_name},{line:?}");
        }
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
    fn an_empty_text_means_that_a_field_without_texts_is_not_given() {
        let ticket = json!({"summary": "x", "company": {"id": 5}, "contact": "", "budgetHours": "", "parentTicketId": "",
            "requiredDate": "", "allowAllClientsPortalView": "", "severity": "", "poNumber": "", "automaticEmailCc": ""});
        let kept = checked("Ticket", ticket).unwrap();
        let names: Vec<_> = kept.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(names, ["automaticEmailCc", "company", "poNumber", "summary"]);
        let holiday = checked("Holiday", json!({"name": "x", "date": "", "holidayList": {"id": 1}}));
        assert_eq!(holiday.unwrap_err().errors[0].code, "MissingRequiredField");
        let without_company = checked("Ticket", json!({"summary": "x", "company": ""})).unwrap_err();
        assert_eq!(without_company.errors[0].message, "The company/id field is required.");
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
                "NotFound company/id: company 6 not found",
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

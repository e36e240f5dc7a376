//! Bodies: what the server takes, what it makes of it, and what it refuses.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use serde_json::{Map, Value};

use super::references::{Links, integer, resolve};
use super::{JsonObject, resource};
use crate::api_error::{ApiError, FieldError};
use crate::schema::{FieldKind, Type, type_of};
use crate::store::{Records, timestamp};

/// What a body is checked with.
pub(crate) struct Checker<'a> {
    pub(crate) records: &'a Records,
    pub(crate) links: &'a Links<'a>,
    pub(crate) type_name: &'static str,
}

impl Checker<'_> {
    fn schema(&self) -> Option<&'static Type> {
        type_of(self.type_name)
    }

    /// A JSON body as an object.
    pub(crate) fn object(&self, body: &[u8]) -> Result<JsonObject, ApiError> {
        match serde_json::from_slice(body) {
            Ok(Value::Object(members)) => Ok(members),
            Ok(_) => Err(ApiError::bad("InvalidObject", format!("{} object is invalid", resource(self.type_name)))),
            Err(_) if body.trim_ascii().is_empty() => {
                Err(ApiError::bad("InvalidObject", format!("{} object is required", resource(self.type_name))))
            }
            Err(error) => Err(ApiError::bad("ConnectWiseApi", format!("Invalid JSON: {error}"))),
        }
    }

    /// The members of a new record: known, of their kinds, not too long, references found, and all that are required.
    pub(crate) fn new_record(&self, body: &JsonObject, defaults: &JsonObject) -> Result<JsonObject, ApiError> {
        let mut members = defaults.clone();
        members.extend(self.members(body)?);
        members.retain(|_, value| !value.is_null());
        self.complete(&members)?;
        Ok(members)
    }

    /// Refuses a record that lacks what its type needs.
    pub(crate) fn complete(&self, members: &JsonObject) -> Result<(), ApiError> {
        let resource = resource(self.type_name);
        let required = self.schema().into_iter().flat_map(|schema| &schema.required);
        let missing: Vec<_> = required
            .filter(|name| members.get(name.as_str()).is_none_or(|value| value.is_null() || value.as_str() == Some("")))
            .map(|name| {
                let is_reference = self
                    .schema()
                    .and_then(|schema| schema.field(name))
                    .is_some_and(|(_, member)| matches!(member.kind, FieldKind::Reference(_)));
                // facts: of a reference the message names the id and the field does not.
                let called = if is_reference { format!("{name}/id") } else { name.clone() };
                FieldError::new(
                    "MissingRequiredField",
                    format!("The {called} field is required."),
                    &resource,
                    name.clone(),
                )
            })
            .collect();
        if missing.is_empty() { Ok(()) } else { Err(ApiError::invalid_object(&resource, missing)) }
    }

    /// The members of a body as the server keeps them.
    pub(crate) fn members(&self, body: &JsonObject) -> Result<JsonObject, ApiError> {
        let Some(schema) = self.schema() else { return Ok(body.clone()) };
        let mut kept = Map::new();
        // Boards before statuses: where a reference is looked up may depend on another.
        let mut later = Vec::new();
        let mut errors = Vec::new();
        for (name, value) in body {
            if name == "_info" {
                continue;
            }
            let Some((name, member)) = schema.field(name) else {
                return Err(ApiError::unknown_member(name, self.type_name, name));
            };
            match &member.kind {
                FieldKind::Reference(reference) => later.push((name.to_owned(), reference, value)),
                kind => match self.value(name, kind, member.max_length, value)? {
                    Ok(value) => _ = kept.insert(name.to_owned(), value),
                    Err(error) => errors.push(error),
                },
            }
        }
        later.sort_by_key(|(_, reference, _)| {
            crate::schema::target_of(reference).is_some_and(|path| path.contains('{'))
        });
        for (name, reference, value) in later {
            match self.reference(&name, reference, value, &kept) {
                Ok(value) => _ = kept.insert(name, value),
                Err(error) => errors.push(error),
            }
        }
        if errors.is_empty() { Ok(kept) } else { Err(ApiError::invalid_object(&resource(self.type_name), errors)) }
    }

    /// A reference as it is kept.
    pub(crate) fn reference(
        &self,
        name: &str,
        reference: &str,
        value: &Value,
        owner: &JsonObject,
    ) -> Result<Value, FieldError> {
        match value {
            Value::Object(given) => {
                resolve(self.records, self.links, reference, given, owner, &resource(self.type_name), name)
            }
            Value::Null => Ok(Value::Null),
            // facts: ids are coerced; a bare one is not known to be, so it is refused.
            _ => Err(FieldError::new(
                "InvalidField",
                format!("The {name} field is invalid."),
                &resource(self.type_name),
                name,
            )),
        }
    }

    /// A value as it is kept. The outer error is that of a body that cannot be read at all.
    pub(crate) fn value(
        &self,
        name: &str,
        kind: &FieldKind,
        max_length: Option<usize>,
        value: &Value,
    ) -> Result<Result<Value, FieldError>, ApiError> {
        let resource = resource(self.type_name);
        // facts: a value of the wrong kind is the client's mistake and still answered with 500.
        let misfit = || {
            let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let what = match kind {
                FieldKind::Integer => "System.Nullable`1[System.Int32]",
                FieldKind::Number => "System.Nullable`1[System.Decimal]",
                FieldKind::Boolean => "System.Nullable`1[System.Boolean]",
                _ => "System.Object",
            };
            let message =
                format!("Error converting value \"{shown}\" to type '{what}'. Path '{name}', line 1, position 1.");
            ApiError::new(http::StatusCode::INTERNAL_SERVER_ERROR, "ConnectWiseApi", message)
        };
        if value.is_null() {
            return Ok(Ok(Value::Null));
        }
        Ok(Ok(match kind {
            FieldKind::Text | FieldKind::Enumeration(_) => {
                let text = match value {
                    Value::String(text) => text.clone(),
                    Value::Number(_) | Value::Bool(_) => value.to_string(),
                    _ => return Err(misfit()),
                };
                if let Some(most) = max_length.filter(|most| text.encode_utf16().count() > *most) {
                    let message = format!("The field {name} must be a string with a maximum length of {most}.");
                    return Ok(Err(FieldError::new("MaxLengthField", message, &resource, name)));
                }
                Value::from(text)
            }
            FieldKind::Integer => integer(value).map(Value::from).ok_or_else(misfit)?,
            FieldKind::Number => match value {
                Value::Number(_) => value.clone(),
                Value::String(text) => text
                    .trim()
                    .parse::<f64>()
                    .ok()
                    .and_then(serde_json::Number::from_f64)
                    .map(Value::Number)
                    .ok_or_else(misfit)?,
                _ => return Err(misfit()),
            },
            FieldKind::Boolean => match value {
                Value::Bool(_) => value.clone(),
                Value::String(text) => {
                    text.trim().to_ascii_lowercase().parse().map(Value::Bool).map_err(|_| misfit())?
                }
                _ => return Err(misfit()),
            },
            FieldKind::DateTime | FieldKind::Date => match value.as_str().and_then(parse_timestamp) {
                Some(moment) => Value::from(timestamp(moment)),
                None => {
                    return Ok(Err(FieldError::new(
                        "UnsupportedFormat",
                        format!("Unsupported format applied to {name}"),
                        &resource,
                        name,
                    )));
                }
            },
            FieldKind::Reference(reference) => match self.reference(name, reference, value, &Map::new()) {
                Ok(value) => value,
                Err(error) => return Ok(Err(error)),
            },
            FieldKind::Object(type_name) => match (value, type_of(type_name)) {
                (Value::Object(members), Some(_)) => {
                    let inner =
                        Checker { records: self.records, links: self.links, type_name: type_of_static(type_name) };
                    Value::Object(inner.members(members)?)
                }
                (Value::Object(_), None) => value.clone(),
                _ => return Err(misfit()),
            },
            FieldKind::List(of) => {
                let Value::Array(elements) = value else { return Err(misfit()) };
                let mut kept = Vec::with_capacity(elements.len());
                for element in elements {
                    match self.value(name, of, None, element)? {
                        Ok(element) => kept.push(element),
                        Err(error) => return Ok(Err(error)),
                    }
                }
                Value::Array(kept)
            }
            FieldKind::Any => value.clone(),
        }))
    }
}

/// The name of a type as the table of types has it.
fn type_of_static(name: &str) -> &'static str {
    crate::schema::name_of(name).unwrap_or("Object")
}

/// A moment as the server reads it: in UTC, with or without `Z`. facts: an offset is refused.
pub(crate) fn parse_timestamp(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    let bare = text.strip_suffix(['Z', 'z']).unwrap_or(text);
    let parsed = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M"]
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(bare, format).ok());
    parsed
        .or_else(|| NaiveDate::parse_from_str(bare, "%Y-%m-%d").ok().and_then(|date| date.and_hms_opt(0, 0, 0)))
        .map(|moment| moment.and_utc())
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
        let links = Links { base: "https://h" };
        let checker = Checker { records: &records, links: &links, type_name };
        checker.new_record(body.as_object().unwrap(), &Map::new()).map(Value::Object)
    }

    #[test]
    fn bodies_are_coerced_and_completed() {
        let ticket = json!({"SUMMARY": "x", "company": {"identifier": "ACME"}, "budgetHours": "1.5", "closedFlag": "False", "requiredDate": "2026-01-02T03:04:05.678Z", "site": null});
        let kept = checked("Ticket", ticket).unwrap();
        assert_eq!(
            (&kept["summary"], &kept["budgetHours"], &kept["closedFlag"], &kept["requiredDate"]),
            (&json!("x"), &json!(1.5), &json!(false), &json!("2026-01-02T03:04:05Z"))
        );
        assert_eq!((&kept["company"]["id"], &kept["company"]["name"]), (&json!(5), &json!("Acme")));
        assert_eq!(kept.get("site"), None);
    }

    #[test]
    fn what_the_server_refuses_is_refused_in_its_words() {
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
        let misfit = checked("Ticket", json!({"summary": "x", "budgetHours": "many"})).unwrap_err();
        assert_eq!((misfit.status.as_u16(), misfit.code), (500, "ConnectWiseApi"));
    }
}

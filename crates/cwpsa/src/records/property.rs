//! The properties of a type of record: the type of its values, and the value of a text.

use connectwise_psa::dependencies::chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, SecondsFormat, Utc};
use serde_json::{Map, Value};

use crate::error::CommandError;
use crate::records::exact;

/// The type of the values of a property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ValueType {
    /// Text, and values of which the schema lists examples.
    Text,
    Boolean,
    Integer,
    Number,
    DateTime,
    /// A reference to another record, with the name of its schema.
    Reference(String),
    /// The custom fields of the record.
    CustomFields,
    /// Arrays and other objects.
    Json,
}

/// The properties of a type of record.
pub(crate) struct Properties {
    name: &'static str,
    schema: Value,
}

impl Properties {
    /// Returns the properties of a schema. An unknown name has none.
    pub(crate) fn of(name: &'static str) -> Self {
        Self { name, schema: connectwise_psa::schemas::get(name).unwrap_or_default() }
    }

    /// Finds a property in any letter case. Returns its name as the server writes it, and the type of its values.
    pub(crate) fn find(&self, name: &str) -> Result<(&str, ValueType), CommandError> {
        let found = self.properties().and_then(|properties| {
            properties.get_key_value(name).or_else(|| properties.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)))
        });
        match found {
            Some((name, schema)) => Ok((name, self.kind(name, schema))),
            None => Err(self.unknown(name)),
        }
    }

    fn properties(&self) -> Option<&Map<String, Value>> {
        self.schema.get("properties")?.as_object()
    }

    fn kind(&self, name: &str, schema: &Value) -> ValueType {
        if name == "customFields" {
            return ValueType::CustomFields;
        }
        let text = |schema: &Value, key: &str| schema.get(key).and_then(Value::as_str).map(str::to_owned);
        if let Some(reference) = text(schema, "$ref") {
            let target = reference.rsplit('/').next().unwrap_or_default();
            let definition = self.schema.get("$defs").and_then(|definitions| definitions.get(target));
            let is_text = definition.and_then(|definition| text(definition, "type")).as_deref() == Some("string");
            return match target.ends_with("Reference") {
                true => ValueType::Reference(target.to_owned()),
                false if is_text => ValueType::Text,
                false => ValueType::Json,
            };
        }
        match (text(schema, "type").as_deref(), text(schema, "format").as_deref()) {
            (Some("string"), Some("date-time")) => ValueType::DateTime,
            (Some("string"), _) => ValueType::Text,
            (Some("boolean"), _) => ValueType::Boolean,
            (Some("integer"), _) => ValueType::Integer,
            (Some("number"), _) => ValueType::Number,
            _ => ValueType::Json,
        }
    }

    /// Returns whether these are the properties of a schema.
    pub(crate) fn is_of(&self, name: &str) -> bool {
        self.name == name
    }

    /// Returns whether a property is a reference to another record.
    pub(crate) fn is_reference(&self, name: &str) -> bool {
        self.find(name).is_ok_and(|(_, value_type)| matches!(value_type, ValueType::Reference(_)))
    }

    fn unknown(&self, name: &str) -> CommandError {
        let similarity = |own: &&String| strsim::jaro_winkler(&own.to_lowercase(), &name.to_lowercase());
        let similar = self
            .properties()
            .into_iter()
            .flat_map(Map::keys)
            .filter(|own| similarity(own) > 0.8)
            .max_by(|one, other| similarity(one).total_cmp(&similarity(other)));
        let error = CommandError::usage(format!("the type {} has no field {name:?}", self.name));
        match similar {
            Some(similar) => error.with_next_step(format!("hint: did you mean {similar}?")),
            None => error,
        }
    }
}

/// Returns the value of a text for a property of a kind, but for references and custom fields.
pub(crate) fn typed(name: &str, kind: &ValueType, text: &str) -> Result<Value, CommandError> {
    let wrong = |expected: &str| Err(CommandError::usage(format!("{name}: {text:?} is not {expected}")));
    match kind {
        ValueType::Text => Ok(Value::from(text)),
        ValueType::Boolean => match text.to_ascii_lowercase().as_str() {
            "true" | "yes" => Ok(Value::Bool(true)),
            "false" | "no" => Ok(Value::Bool(false)),
            _ => wrong("true or false"),
        },
        ValueType::Integer => match text.parse::<i64>() {
            Ok(integer) => Ok(Value::from(integer)),
            Err(_) => wrong("an integer"),
        },
        ValueType::Number if exact::is_number(text) => Ok(exact::number(text)),
        ValueType::Number => wrong("a number such as 1.5"),
        ValueType::DateTime => match date_time(text) {
            Some(time) => Ok(Value::from(time)),
            None => wrong("a date such as 2026-01-31 or a timestamp such as 2026-01-31T14:00:00Z"),
        },
        ValueType::Reference(_) | ValueType::CustomFields | ValueType::Json => {
            match serde_json::value::RawValue::from_string(text.to_owned()) {
                Ok(json) => exact::value(&json),
                Err(_) => wrong("JSON"),
            }
        }
    }
}

/// Returns a date or a timestamp as the server takes it: in UTC, with seconds. A date is its midnight in UTC. A time
/// without an offset is in UTC.
pub(crate) fn date_time(text: &str) -> Option<String> {
    let time = instant(text)?;
    Some(time.to_rfc3339_opts(SecondsFormat::Secs, true))
}

/// Returns the instant of a date or a timestamp.
pub(crate) fn instant(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    if text == "now" {
        return Some(Utc::now());
    }
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.to_utc());
    }
    if let Ok(date) = text.parse::<NaiveDate>() {
        return Some(date.and_time(NaiveTime::MIN).and_utc());
    }
    let formats = ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"];
    formats.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok()).map(|time| time.and_utc())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn properties_have_kinds() {
        let ticket = Properties::of("Ticket");
        for (name, expected) in [
            ("summary", ValueType::Text),
            ("SUMMARY", ValueType::Text),
            ("severity", ValueType::Text),
            ("board", ValueType::Reference("BoardReference".to_owned())),
            ("closedFlag", ValueType::Boolean),
            ("budgetHours", ValueType::Number),
            ("requiredDate", ValueType::DateTime),
            ("customFields", ValueType::CustomFields),
            ("_info", ValueType::Json),
        ] {
            assert_eq!(ticket.find(name).unwrap().1, expected, "{name}");
        }
        let error = ticket.find("sumary").unwrap_err().to_string();
        assert!(error.contains("did you mean summary?"), "{error}");
    }

    #[test]
    fn texts_are_typed() {
        for (kind, text, expected) in [
            (ValueType::Text, "5", json!("5")),
            (ValueType::Boolean, "True", json!(true)),
            (ValueType::Integer, "5", json!(5)),
            (ValueType::Number, "0.5", json!(0.5)),
            (ValueType::DateTime, "2026-01-31", json!("2026-01-31T00:00:00Z")),
            (ValueType::DateTime, "2026-01-31 14:30", json!("2026-01-31T14:30:00Z")),
            (ValueType::DateTime, "2026-01-31T14:00:00+02:00", json!("2026-01-31T12:00:00Z")),
            (ValueType::Json, "[1]", json!([1])),
        ] {
            assert_eq!(typed("field", &kind, text).unwrap(), expected, "{text}");
        }
        for (kind, text) in [
            (ValueType::Boolean, "1"),
            (ValueType::Integer, "1.5"),
            (ValueType::Number, "1,5"),
            (ValueType::DateTime, "31.1.2026"),
            (ValueType::DateTime, "2026-02-30"),
            (ValueType::Json, "{"),
        ] {
            let error = typed("field", &kind, text).unwrap_err().to_string();
            assert!(error.contains("field:"), "{error}");
        }
    }
}

//! The value of a custom field as the Rust type that belongs to the type of the field.

use std::fmt;

use connectwise_psa_bindings::types::{CustomFieldValue, UserDefinedFieldType};
use connectwise_psa_core::error::Error;
use connectwise_psa_core::json::{Amount, Date, DateText, Decimal};
use serde_json::{Number, Value};

/// The value of a custom field. [`Debug`](fmt::Debug) shows it, except for the variant [`Password`](Self::Password).
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum CustomValue {
    /// The field has no value.
    Null,
    /// A text, text area, hyperlink, IP address or button.
    Text(String),
    /// A password.
    Password(String),
    /// A number, an amount of money, or a percentage: `12.5` is 12.5 %.
    Number(Decimal),
    /// A checkbox.
    Bool(bool),
    /// A date.
    Date(Date),
}

macro_rules! from {
    ($($type:ty: |$value:ident| $custom:expr;)*) => {
        $(impl From<$type> for CustomValue {
            fn from($value: $type) -> Self {
                $custom
            }
        })*
    };
}

from! {
    &str: |value| Self::Text(value.to_owned());
    String: |value| Self::Text(value);
    Decimal: |value| Self::Number(value);
    i32: |value| Self::Number(value.into());
    i64: |value| Self::Number(value.into());
    bool: |value| Self::Bool(value);
    Date: |value| Self::Date(value);
}

impl<T: Into<Self>> From<Option<T>> for CustomValue {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl fmt::Debug for CustomValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("Null"),
            Self::Text(text) => f.debug_tuple("Text").field(text).finish(),
            Self::Password(_) => f.write_str("Password([redacted])"),
            Self::Number(number) => f.debug_tuple("Number").field(number).finish(),
            Self::Bool(boolean) => f.debug_tuple("Bool").field(boolean).finish(),
            Self::Date(date) => f.debug_tuple("Date").field(date).finish(),
        }
    }
}

/// What values of a type of custom field are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    Text,
    Number,
    Bool,
    Date,
}

impl Content {
    /// Returns what a type of custom field contains; `None` for a type that this version does not know.
    pub(crate) fn of(field_type: &UserDefinedFieldType) -> Option<Self> {
        match field_type.as_str() {
            "Text" | "TextArea" | "Hyperlink" | "IPAddress" | "Password" | "Button" => Some(Self::Text),
            "Number" | "Currency" | "Percent" => Some(Self::Number),
            "Checkbox" => Some(Self::Bool),
            "Date" => Some(Self::Date),
            _ => None,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Number => "a number",
            Self::Bool => "true or false",
            Self::Date => "a date",
        }
    }
}

impl CustomValue {
    /// Returns whether the value is null or an empty string, which are the same to the server.
    #[cfg(feature = "system")]
    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Text(text) | Self::Password(text) => text.is_empty(),
            _ => false,
        }
    }

    /// Returns what the value is; `None` for null.
    pub(crate) const fn content(&self) -> Option<Content> {
        match self {
            Self::Null => None,
            Self::Text(_) | Self::Password(_) => Some(Content::Text),
            Self::Number(_) => Some(Content::Number),
            Self::Bool(_) => Some(Content::Bool),
            Self::Date(_) => Some(Content::Date),
        }
    }

    /// Reads the value of a field as its type says. A type that this version does not know gives what the JSON is.
    ///
    /// # Errors
    ///
    /// Invalid input if the value cannot be read as the type of the field.
    pub(crate) fn read(field: &CustomFieldValue) -> Result<Self, Error> {
        let Some(value) = present(field) else { return Ok(Self::Null) };
        let content = field.type_.as_ref().and_then(Content::of).unwrap_or(match value {
            Value::Bool(_) => Content::Bool,
            Value::Number(_) => Content::Number,
            _ => Content::Text,
        });
        let read = match content {
            Content::Text if is_password(field) => text(value).map(Self::Password),
            Content::Text => text(value).map(Self::Text),
            Content::Number => number(value).map(Self::Number),
            Content::Bool => boolean(value).map(Self::Bool),
            Content::Date => date(value).map(Self::Date),
        };
        read.ok_or_else(|| unreadable(field, value, content))
    }

    /// Returns the value as the JSON that is sent. A decimal that a JSON number of serde_json would round is sent as a
    /// string. Observed on live servers: numbers in strings are accepted.
    pub(crate) fn json(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Text(text) | Self::Password(text) => Value::from(text.as_str()),
            Self::Bool(boolean) => Value::Bool(*boolean),
            Self::Date(date) => Value::from(format!("{date}T00:00:00Z")),
            Self::Number(decimal) => {
                let text = decimal.normalize().to_string();
                match serde_json::from_str::<Number>(&text) {
                    Ok(number) if parse_decimal(&number.to_string()) == Some(*decimal) => Value::Number(number),
                    _ => Value::from(text),
                }
            }
        }
    }
}

/// Returns the value of a field, if it has one. Null, an absent value and an empty string are the same to the server.
fn present(field: &CustomFieldValue) -> Option<&Value> {
    field.value.as_ref().filter(|value| !value.is_null() && value.as_str() != Some(""))
}

fn is_password(field: &CustomFieldValue) -> bool {
    field.type_ == Some(UserDefinedFieldType::Password)
}

fn unreadable(field: &CustomFieldValue, value: &Value, content: Content) -> Error {
    let name = field.caption.clone().unwrap_or_else(|| field.id.map_or_else(String::new, |id| id.to_string()));
    // A field without a type may be a password.
    let shown = match &field.type_ {
        Some(field_type) if *field_type != UserDefinedFieldType::Password => format!("value {value}"),
        _ => "value".to_owned(),
    };
    Error::invalid_input(format!("custom field {name:?}"), format!("has the {shown}, which is not {}", content.name()))
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

fn number(value: &Value) -> Option<Decimal> {
    match value {
        Value::Number(number) => parse_decimal(&number.to_string()),
        Value::String(text) => parse_decimal(text.trim()),
        _ => None,
    }
}

/// Parses a decimal without rounding.
fn parse_decimal(text: &str) -> Option<Decimal> {
    text.parse::<Amount>().ok()?.decimal()
}

fn boolean(value: &Value) -> Option<bool> {
    let text = match value {
        Value::Bool(boolean) => return Some(*boolean),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.trim().to_ascii_lowercase(),
        _ => return None,
    };
    match text.as_str() {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

fn date(value: &Value) -> Option<Date> {
    DateText::from(value.as_str()?.trim()).date()
}

/// A Rust type that the value of a custom field can be read as. The type of the field does not matter: a number that
/// arrives as a string is read as a number, and a number can be read as text.
pub trait FromCustomValue: Sized {
    /// Reads the value of a field; `None` if it has none.
    ///
    /// # Errors
    ///
    /// Invalid input, with the caption and the value, if the value cannot be read as this type.
    fn from_field(field: &CustomFieldValue) -> Result<Option<Self>, Error>;
}

macro_rules! readable {
    ($($type:ty: $content:ident, $read:expr;)*) => {
        $(impl FromCustomValue for $type {
            fn from_field(field: &CustomFieldValue) -> Result<Option<Self>, Error> {
                let Some(value) = present(field) else { return Ok(None) };
                $read(value).map(Some).ok_or_else(|| unreadable(field, value, Content::$content))
            }
        })*
    };
}

readable! {
    String: Text, text;
    Decimal: Number, number;
    bool: Bool, boolean;
    Date: Date, date;
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn field(value: Value) -> CustomFieldValue {
        serde_json::from_value(json!({"id": 1, "caption": "A", "type": "Text", "value": value})).unwrap()
    }

    #[test]
    fn values_are_read_in_every_form_that_arrives() {
        let decimal = |text: &str| Decimal::from_str_exact(text).unwrap();
        for (value, expected) in [
            (json!("12.50"), Some(decimal("12.50"))),
            (json!(12.5), Some(decimal("12.5"))),
            (json!(" 7 "), Some(decimal("7"))),
            (json!(0.1), Some(decimal("0.1"))),
            (json!("1e2"), Some(decimal("100"))),
            (json!(null), None),
            (json!(""), None),
        ] {
            assert_eq!(Decimal::from_field(&field(value.clone())).unwrap(), expected, "{value}");
        }
        for (value, expected) in
            [(json!("True"), true), (json!(1), true), (json!(false), false), (json!("0"), false), (json!("1"), true)]
        {
            assert_eq!(bool::from_field(&field(value.clone())).unwrap(), Some(expected), "{value}");
        }
        let day = Date::from_ymd_opt(2026, 6, 9).unwrap();
        for value in ["2026-06-09T00:00:00Z", "2026-06-09"] {
            assert_eq!(Date::from_field(&field(json!(value))).unwrap(), Some(day));
        }
        assert_eq!(String::from_field(&field(json!(5))).unwrap().as_deref(), Some("5"));
    }

    #[test]
    fn an_unreadable_value_is_named() {
        let error = Decimal::from_field(&field(json!("far"))).unwrap_err().to_string();
        assert!(error.contains("\"A\"") && error.contains("\"far\"") && error.contains("a number"), "{error}");
        assert!(bool::from_field(&field(json!("maybe"))).is_err());
        assert!(bool::from_field(&field(json!(2))).is_err());
        assert!(Date::from_field(&field(json!(5))).is_err());
        assert!(String::from_field(&field(json!({"a": 1}))).is_err());
        assert!(Decimal::from_field(&field(json!(true))).is_err());
    }

    #[test]
    fn a_password_is_not_shown() {
        let mut secret = field(json!({"a": "hunter2"}));
        secret.type_ = Some(UserDefinedFieldType::Password);
        let error = String::from_field(&secret).unwrap_err().to_string();
        assert!(!error.contains("hunter2"), "{error}");
        secret.value = Some(json!("hunter2"));
        let value = CustomValue::read(&secret).unwrap();
        assert_eq!(value, CustomValue::Password("hunter2".to_owned()));
        assert!(!format!("{value:?}").contains("hunter2"));
        secret.type_ = None;
        let error = Decimal::from_field(&secret).unwrap_err().to_string();
        assert!(!error.contains("hunter2"), "{error}");
    }

    #[test]
    fn decimals_are_sent_without_rounding() {
        for (text, expected) in [
            ("12.50", json!(12.5)),
            ("3", json!(3)),
            ("-0.1", json!(-0.1)),
            ("1234567890.1234567890123", json!("1234567890.1234567890123")),
        ] {
            assert_eq!(CustomValue::Number(Decimal::from_str_exact(text).unwrap()).json(), expected, "{text}");
        }
    }
}

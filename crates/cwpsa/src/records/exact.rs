//! JSON values that keep every digit of their numbers. A JSON value of `serde_json` has numbers of 64 bits, so a number
//! that does not fit becomes a marked text, and a number again when the value is written.

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::error::CommandError;

/// The start of a text that stands for a number. Records do not contain it.
const MARK: &str = "\u{0}number:";

/// Reads JSON.
pub(crate) fn value(json: &RawValue) -> Result<Value, CommandError> {
    let unreadable = |error: serde_json::Error| CommandError::usage(format!("not valid JSON: {error}"));
    Ok(match json.get().as_bytes().first() {
        Some(b'{') => {
            let members: std::collections::BTreeMap<String, Box<RawValue>> =
                serde_json::from_str(json.get()).map_err(unreadable)?;
            let members: Result<Map<String, Value>, CommandError> =
                members.into_iter().map(|(name, member)| Ok((name, value(&member)?))).collect();
            Value::Object(members?)
        }
        Some(b'[') => {
            let elements: Vec<Box<RawValue>> = serde_json::from_str(json.get()).map_err(unreadable)?;
            let elements: Result<Vec<Value>, CommandError> = elements.iter().map(|element| value(element)).collect();
            Value::Array(elements?)
        }
        Some(b'-' | b'0'..=b'9') => number(json.get()),
        _ => serde_json::from_str(json.get()).map_err(unreadable)?,
    })
}

/// Returns the value of a number's text, which must be a number of JSON.
pub(crate) fn number(text: &str) -> Value {
    let marked = || Value::from(format!("{MARK}{text}"));
    match serde_json::from_str::<Value>(text) {
        Ok(number) if digits(&number.to_string()) == digits(text) => number,
        _ => marked(),
    }
}

/// Returns whether a text is a number of JSON.
pub(crate) fn is_number(text: &str) -> bool {
    let starts = text.starts_with(|first: char| first == '-' || first.is_ascii_digit());
    starts && serde_json::from_str::<&RawValue>(text).is_ok_and(|raw| raw.get() == text)
}

/// Returns the sign, the digits and the exponent of a number, which are the same for 1.50 and 1.5.
fn digits(text: &str) -> (bool, String, i64) {
    let (sign, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = format!("{whole}{fraction}");
    let significant = all.trim_start_matches('0').trim_end_matches('0');
    let removed = all.len() - all.trim_end_matches('0').len();
    let length = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    // An exponent that does not fit is far beyond every amount.
    let exponent = exponent.parse::<i64>().unwrap_or(i64::MAX);
    let exponent = exponent.saturating_sub(length(fraction.len())).saturating_add(length(removed));
    if significant.is_empty() { (false, String::new(), 0) } else { (sign, significant.to_owned(), exponent) }
}

/// Returns the text of a value for people: a marked text is its number.
pub(crate) fn shown(text: &str) -> &str {
    text.strip_prefix(MARK).filter(|number| is_number(number)).unwrap_or(text)
}

/// Writes a value as JSON.
pub(crate) fn json(value: &Value) -> Result<Box<RawValue>, CommandError> {
    let mut text = String::new();
    write(value, &mut text);
    RawValue::from_string(text).map_err(|error| CommandError::failure(format!("a value cannot be written: {error}")))
}

fn write(value: &Value, to: &mut String) {
    match value {
        Value::String(text) => match text.strip_prefix(MARK) {
            Some(number) if is_number(number) => to.push_str(number),
            _ => to.push_str(&value.to_string()),
        },
        Value::Array(elements) => {
            to.push('[');
            for (index, element) in elements.iter().enumerate() {
                if index > 0 {
                    to.push(',');
                }
                write(element, to);
            }
            to.push(']');
        }
        Value::Object(members) => {
            to.push('{');
            for (index, (name, member)) in members.iter().enumerate() {
                if index > 0 {
                    to.push(',');
                }
                to.push_str(&Value::from(name.as_str()).to_string());
                to.push(':');
                write(member, to);
            }
            to.push('}');
        }
        scalar => to.push_str(&scalar.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_digit_is_kept() {
        for text in [
            r#"{"a":[1,2.5,"x\n"],"b":{"c":null,"d":true}}"#,
            "12345678901234567890.12",
            "0.12345678901234567890123",
            "-9007199254740993.01",
            "123456789012345678901234567890",
        ] {
            let raw = RawValue::from_string(text.to_owned()).unwrap();
            let value = value(&raw).unwrap();
            assert_eq!(json(&value).unwrap().get(), text);
            assert_eq!(value.as_str().map_or(text, shown), text);
        }
    }

    #[test]
    fn equal_numbers_that_fit_are_equal() {
        assert_eq!(number("1.50"), number("1.5"));
        assert_ne!(number("9007199254740993.01"), number("9007199254740993.02"));
        assert!(number("1e400").is_string());
        for (text, expected) in
            [("1", true), ("-1.5e3", true), ("1.", false), ("", false), ("1 ", false), ("NaN", false)]
        {
            assert_eq!(is_number(text), expected, "{text}");
        }
    }
}

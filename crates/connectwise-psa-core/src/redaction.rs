//! Redaction: which fields hold secrets, and JSON and text without them. Every place that shows JSON uses these rules.

use std::borrow::Cow;
use std::fmt;

use serde_json::{Map, Value};

/// The text printed in place of a secret.
pub(crate) const REDACTED: &str = "[redacted]";

/// A field holds a secret if its name contains one of these parts. They are in lower case and without punctuation.
const PARTS: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "privatekey",
    "apikey",
    "signingkey",
    "encryptionkey",
    "licensekey",
    "accesskey",
    "credential",
    "authorization",
    "hash",
];

/// The fields of a custom field that describe it. All others can contain its value.
const DESCRIPTIVE: &[&str] = &[
    "id",
    "caption",
    "type",
    "entryMethod",
    "numberOfDecimals",
    "connectWiseId",
    "rowNum",
    "userDefinedFieldRecId",
    "podId",
];

/// Returns whether the name or path of a field indicates that its value is a secret.
pub(crate) fn looks_secret(name: &str) -> bool {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    PARTS.iter().any(|part| plain.contains(part))
}

/// Returns whether a path, with slashes or dots between its names, leads to custom fields.
pub(crate) fn is_in_custom_fields(path: &str) -> bool {
    path.split(['/', '.', '[']).any(|name| name.eq_ignore_ascii_case("customFields"))
}

/// Returns whether the `value` of a custom field, or the `answer` of a question, is hidden. It is if the type is
/// `Password`. A custom field without a type can be a password: a patch of custom fields does not contain their types.
pub(crate) fn hides_value(is_custom_field: bool, field_type: Option<&str>) -> bool {
    field_type.map_or(is_custom_field, |field_type| field_type.eq_ignore_ascii_case("Password"))
}

/// Returns whether this is the name of the field that contains the value of a custom field or the answer of a question.
pub(crate) fn is_value_name(name: &str) -> bool {
    ["value", "answer"].iter().any(|value| name.eq_ignore_ascii_case(value))
}

/// Returns whether this is the name of the field that contains the type of a custom field or a question.
pub(crate) fn is_type_name(name: &str) -> bool {
    ["type", "fieldType"].iter().any(|field_type| name.eq_ignore_ascii_case(field_type))
}

/// JSON whose `Debug` output has `[redacted]` in place of secrets; see [`redacted`].
pub(crate) struct Redacted<'a>(pub(crate) &'a Value);

impl fmt::Debug for Redacted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&Shown(&redacted(self.0)), f)
    }
}

/// The value of a patch operation, with the `Debug` output of [`Redacted`].
pub(crate) struct RedactedPatchValue<'a> {
    pub(crate) path: &'a str,
    pub(crate) value: &'a Value,
}

impl fmt::Debug for RedactedPatchValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&Shown(&redacted_field(self.path, self.value)), f)
    }
}

/// JSON that is already redacted. Its `Debug` output has `[redacted]` without quotes.
struct Shown<'a>(&'a Value);

impl fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::Array(elements) => f.debug_list().entries(elements.iter().map(Shown)).finish(),
            Value::Object(fields) => {
                f.debug_map().entries(fields.iter().map(|(name, value)| (name, Shown(value)))).finish()
            }
            Value::String(text) if text == REDACTED => f.write_str(text),
            scalar => fmt::Display::fmt(scalar, f),
        }
    }
}

/// Returns the JSON with `[redacted]` in place of secrets, at any depth:
///
/// - the values of fields with secret names, such as `password` and `apiKey`;
/// - the values of custom fields, and the answers of questions, of the type `Password`;
/// - the values of custom fields without a type, as patches contain them;
/// - in a patch, the path of an operation counts as the name of its value;
/// - strings that contain JSON are redacted in the same way.
///
/// ```
/// use connectwise_psa_core::redaction::redacted;
/// use serde_json::json;
///
/// assert_eq!(redacted(&json!({"user": "a", "password": "b"})), json!({"user": "a", "password": "[redacted]"}));
/// assert_eq!(
///     redacted(&json!([{"op": "replace", "path": "password", "value": "b"}])),
///     json!([{"op": "replace", "path": "password", "value": "[redacted]"}]),
/// );
/// assert_eq!(
///     redacted(&json!([{"op": "replace", "path": "customFields", "value": [{"id": 5, "value": "b"}]}])),
///     json!([{"op": "replace", "path": "customFields", "value": [{"id": 5, "value": "[redacted]"}]}]),
/// );
/// ```
#[must_use]
pub fn redacted(value: &Value) -> Value {
    match value {
        Value::Array(elements) => elements.iter().map(redacted).collect(),
        Value::Object(fields) => redacted_object(fields),
        Value::String(text) => match text_without_secrets(text) {
            Cow::Borrowed(_) => value.clone(),
            Cow::Owned(text) => Value::String(text),
        },
        scalar => scalar.clone(),
    }
}

fn redacted_object(fields: &Map<String, Value>) -> Value {
    let path = fields.get("path").and_then(Value::as_str);
    let hides_value = hides_value(false, type_of(fields));
    let redact = |(name, value): (&String, &Value)| {
        let value = match path {
            Some(path) if name == "value" && !hides_value => redacted_field(path, value),
            _ if hides_value && is_value_name(name) => Value::from(REDACTED),
            _ => redacted_field(name, value),
        };
        (name.clone(), value)
    };
    fields.iter().map(redact).collect()
}

/// Returns the value of a field, or of a patch operation with this path, without secrets.
pub(crate) fn redacted_field(name: &str, value: &Value) -> Value {
    if looks_secret(name) {
        return Value::from(REDACTED);
    }
    if is_in_custom_fields(name) { redacted_custom_fields(value) } else { redacted(value) }
}

/// Redacts an array of custom fields, one custom field, or the bare value of one. JSON in a string is redacted like
/// other JSON.
fn redacted_custom_fields(value: &Value) -> Value {
    match value {
        Value::Array(fields) => fields.iter().map(redacted_custom_fields).collect(),
        Value::Object(fields) => {
            let field_type = type_of(fields);
            let hides_value = hides_value(true, field_type);
            let is_shown = |name: &str| match field_type {
                Some(_) => !(hides_value && is_value_name(name)),
                None => DESCRIPTIVE.iter().any(|descriptive| name.eq_ignore_ascii_case(descriptive)),
            };
            let redact = |(name, value): (&String, &Value)| {
                (name.clone(), if is_shown(name) { redacted_field(name, value) } else { Value::from(REDACTED) })
            };
            fields.iter().map(redact).collect()
        }
        Value::String(text) => match parsed(text) {
            Some(value) => Value::from(redacted_custom_fields(&value).to_string()),
            None => Value::from(REDACTED),
        },
        _ => Value::from(REDACTED),
    }
}

fn type_of(fields: &Map<String, Value>) -> Option<&str> {
    fields.iter().find(|(name, _)| is_type_name(name)).and_then(|(_, value)| value.as_str())
}

/// Parses a string that contains a JSON object or array.
fn parsed(text: &str) -> Option<Value> {
    if begins_like_json(text) { serde_json::from_str(text).ok() } else { None }
}

/// Returns whether text begins like an object or an array of objects, arrays or strings. `[urgent] …` does not.
fn begins_like_json(text: &str) -> bool {
    let mut characters = text.chars().filter(|character| !character.is_whitespace());
    match characters.next() {
        Some('{') => characters.next() == Some('"'),
        Some('[') => matches!(characters.next(), Some('{' | '[' | '"')),
        _ => false,
    }
}

/// Returns text without secrets. JSON is redacted by its fields. In other text that begins like JSON, fields cannot be
/// separated from values, so the whole text is replaced if it contains the name of a secret or of custom fields.
pub(crate) fn text_without_secrets(text: &str) -> Cow<'_, str> {
    if !begins_like_json(text) {
        return Cow::Borrowed(text);
    }
    match parsed(text) {
        Some(value) => {
            let shown = redacted(&value);
            if shown == value { Cow::Borrowed(text) } else { Cow::Owned(shown.to_string()) }
        }
        None if mentions_secret(text) => Cow::Owned(REDACTED.to_owned()),
        None => Cow::Borrowed(text),
    }
}

/// Returns whether text that cannot be parsed may contain a secret. The public key of a pair is not a secret, but where
/// it is, the private key can be too.
pub(crate) fn mentions_secret(text: &str) -> bool {
    let plain: String = text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    PARTS.iter().chain(&["publickey", "customfields"]).any(|part| plain.contains(part))
}

/// Returns the part of a response that an error may quote: nothing of it, except HTML, if the path is the one that creates
/// keys.
#[must_use]
pub fn quotable<'a>(path: &str, body: &'a [u8]) -> &'a [u8] {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let mints_keys =
        path.trim_end_matches('/').rsplit('/').next().is_some_and(|last| last.eq_ignore_ascii_case("tokens"));
    let is_html = body.trim_ascii_start().first() == Some(&b'<');
    if mints_keys && !is_html { REDACTED.as_bytes() } else { body }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secret_names_are_recognized_in_any_spelling() {
        for (name, secret) in [
            ("password", true),
            ("smtpPassword", true),
            ("private_key", true),
            ("Private-Key", true),
            ("memberHash", true),
            ("accessToken", true),
            ("[3].login.apiKey", true),
            ("summary", false),
            ("keyword", false),
            ("publicKey", false),
            ("", false),
        ] {
            assert_eq!(looks_secret(name), secret, "{name}");
        }
    }

    #[test]
    fn json_is_shown_without_secrets() {
        const HIDDEN: &str = REDACTED;
        for (value, expected) in [
            (json!({"a": [{"password": {"deep": 1}, "b": 2}]}), json!({"a": [{"password": HIDDEN, "b": 2}]})),
            (
                json!({"customFields": [{"id": 1, "type": "Password", "value": 1}, {"id": 2, "type": "Text", "value": 2}, {"id": 3, "value": 3}]}),
                json!({"customFields": [{"id": 1, "type": "Password", "value": HIDDEN}, {"id": 2, "type": "Text", "value": 2}, {"id": 3, "value": HIDDEN}]}),
            ),
            (
                json!({"CustomFields": {"ID": 1, "Caption": "x", "Value": 1, "other": 2}}),
                json!({"CustomFields": {"ID": 1, "Caption": "x", "Value": HIDDEN, "other": HIDDEN}}),
            ),
            (json!({"customFields": ["x", 5, null]}), json!({"customFields": [HIDDEN, HIDDEN, HIDDEN]})),
            (
                json!([{"Type": "password", "Value": 1}, {"type": "Text", "value": 2}, {"value": 3}]),
                json!([{"Type": "password", "Value": HIDDEN}, {"type": "Text", "value": 2}, {"value": 3}]),
            ),
            (
                json!({"questions": [{"fieldType": "Password", "answer": 1}, {"fieldType": "Text", "answer": 2}]}),
                json!({"questions": [{"fieldType": "Password", "answer": HIDDEN}, {"fieldType": "Text", "answer": 2}]}),
            ),
            (
                json!([{"op": "replace", "path": "/customFields", "value": [{"id": 1, "value": 1}, {"id": 2, "type": "Text", "value": 2}]}]),
                json!([{"op": "replace", "path": "/customFields", "value": [{"id": 1, "value": HIDDEN}, {"id": 2, "type": "Text", "value": 2}]}]),
            ),
            (
                json!([{"op": "add", "path": "customFields/0", "value": {"caption": "x", "value": 1}}]),
                json!([{"op": "add", "path": "customFields/0", "value": {"caption": "x", "value": HIDDEN}}]),
            ),
            (
                json!([{"op": "replace", "path": "customFields/0/value", "value": "x"}]),
                json!([{"op": "replace", "path": "customFields/0/value", "value": HIDDEN}]),
            ),
            (
                json!([{"op": "replace", "path": "login/apiKey", "value": "x"}, {"op": "replace", "path": "summary", "value": "x"}]),
                json!([{"op": "replace", "path": "login/apiKey", "value": HIDDEN}, {"op": "replace", "path": "summary", "value": "x"}]),
            ),
            (
                json!({"requests": [{"body": {"customFields": [{"id": 1, "value": 1}]}}]}),
                json!({"requests": [{"body": {"customFields": [{"id": 1, "value": HIDDEN}]}}]}),
            ),
            (
                json!({"Entity": r#"{"id":5,"customFields":[{"id":1,"value":"x"}]}"#}),
                json!({"Entity": r#"{"customFields":[{"id":1,"value":"[redacted]"}],"id":5}"#}),
            ),
            (
                json!({"customFields": r#"[{"id":1,"value":"x"}]"#}),
                json!({"customFields": r#"[{"id":1,"value":"[redacted]"}]"#}),
            ),
            (json!({"Entity": r#"{"password":"x"#}), json!({"Entity": HIDDEN})),
            (
                json!({"Entity": "{ \"a\" : 1 }", "summary": "[x] reset the password"}),
                json!({"Entity": "{ \"a\" : 1 }", "summary": "[x] reset the password"}),
            ),
            (
                json!({"summary": "reset the password", "value": "x"}),
                json!({"summary": "reset the password", "value": "x"}),
            ),
        ] {
            assert_eq!(redacted(&value), expected, "{value}");
            let debug = format!("{:?}", Redacted(&value));
            assert_eq!(debug, format!("{:?}", Shown(&expected)), "{value}");
        }
        assert_eq!(
            format!("{:?}", Redacted(&json!({"password": 1, "b": "x"}))),
            r#"{"b": "x", "password": [redacted]}"#
        );
    }

    #[test]
    fn responses_with_minted_keys_are_not_quoted() {
        let body = b"5,\"abc\"}";
        for (path, quoted) in [
            ("/system/members/jdoe/tokens", false),
            ("POST /system/{identifier}/Tokens/", false),
            ("/system/members/jdoe/tokens?x=y", false),
            ("/service/tickets", true),
            ("/tokens/5", true),
            ("", true),
        ] {
            assert_eq!(quotable(path, body) == body, quoted, "{path}");
            assert_eq!(quotable(path, b" <html>"), b" <html>");
        }
        for text in ["{\"a\":1,\"private", "{\"publicKey\":\"x\",\"val", "{\"customFields\":[{\"value\":\"x\""] {
            let start = text_without_secrets(text);
            assert_eq!(start == REDACTED, !text.ends_with("private"), "{text}");
        }
    }
}

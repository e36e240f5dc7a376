//! Redaction: which field names hold secrets, and JSON without the values of such fields.

use std::fmt;

use serde_json::Value;

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

/// Returns whether the name or path of a field indicates that its value is a secret.
pub(crate) fn looks_secret(name: &str) -> bool {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    PARTS.iter().any(|part| plain.contains(part))
}

/// JSON whose `Debug` output has `[redacted]` in place of the values of fields with secret names, and of custom fields
/// and answers of the type `Password`.
pub(crate) struct Redacted<'a>(pub(crate) &'a Value);

impl fmt::Debug for Redacted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::Array(elements) => f.debug_list().entries(elements.iter().map(Redacted)).finish(),
            Value::Object(fields) => {
                let is_password =
                    ["type", "fieldType"].iter().any(|name| fields.get(*name).is_some_and(|kind| kind == "Password"));
                let mut map = f.debug_map();
                for (name, value) in fields {
                    if looks_secret(name) || (is_password && matches!(name.as_str(), "value" | "answer")) {
                        map.entry(name, &format_args!("{REDACTED}"));
                    } else {
                        map.entry(name, &Redacted(value));
                    }
                }
                map.finish()
            }
            scalar => fmt::Display::fmt(scalar, f),
        }
    }
}

/// Returns the JSON with `[redacted]` in place of the values of fields with secret names, and of custom fields and
/// answers of the type `Password`. In a patch, the path of an operation counts as the name of its value.
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
/// ```
#[must_use]
pub fn redacted(value: &Value) -> Value {
    match value {
        Value::Array(elements) => elements.iter().map(redacted).collect(),
        Value::Object(fields) => {
            let is_secret_patch = fields.get("path").and_then(Value::as_str).is_some_and(looks_secret);
            let is_password =
                ["type", "fieldType"].iter().any(|name| fields.get(*name).is_some_and(|kind| kind == "Password"));
            let redact = |(name, value): (&String, &Value)| {
                let secret = looks_secret(name)
                    || (is_secret_patch && name == "value")
                    || (is_password && matches!(name.as_str(), "value" | "answer"));
                (name.clone(), if secret { Value::from(REDACTED) } else { redacted(value) })
            };
            Value::Object(fields.iter().map(redact).collect())
        }
        scalar => scalar.clone(),
    }
}

#[cfg(test)]
mod tests {
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
    fn secrets_are_redacted_at_any_depth() {
        let value = serde_json::json!({"a": [{"password": {"deep": "hunter2"}, "b": "shown"}]});
        assert_eq!(format!("{:?}", Redacted(&value)), r#"{"a": [{"b": "shown", "password": [redacted]}]}"#);
        let fields = serde_json::json!([{"type": "Password", "value": "hunter2"}, {"type": "Text", "value": "shown"}]);
        assert_eq!(
            format!("{:?}", Redacted(&fields)),
            r#"[{"type": "Password", "value": [redacted]}, {"type": "Text", "value": "shown"}]"#
        );
    }
}

//! Bodies of error responses: the JSON of the API, the JSON of its rate limiter, a gateway's plain text, HTML, or
//! empty.

use http::HeaderMap;
use serde_json::{Map, Value};

use crate::error::FieldError;
use crate::redaction::{REDACTED, looks_secret, redacted};
use crate::text::{field_ignoring_case, is_html, one_line, without_byte_order_mark};

/// The longest text that is kept from an error response, in characters.
const MAX_TEXT: usize = 1000;

/// The contents of an error response.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ErrorResponse {
    pub(crate) format: BodyFormat,
    pub(crate) code: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) fields: Vec<FieldError>,
}

/// The format of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyFormat {
    Json,
    Html,
    Text,
    Empty,
}

/// Reads the body of an error response. Never fails.
pub(crate) fn read(headers: &HeaderMap, body: &[u8]) -> ErrorResponse {
    let body = without_byte_order_mark(body).trim_ascii();
    if body.is_empty() {
        return ErrorResponse { format: BodyFormat::Empty, code: None, message: None, fields: Vec::new() };
    }
    if let Ok(Value::Object(fields)) = serde_json::from_slice(body) {
        return from_json(&fields);
    }
    let text = String::from_utf8_lossy(body);
    let (format, message) = if is_html(headers, body) {
        (BodyFormat::Html, title(&text))
    } else {
        (BodyFormat::Text, Some(one_line(&text, MAX_TEXT)))
    };
    // In text that is not JSON, fields cannot be separated from values, so the whole text is redacted.
    let message = message.map(|message| if looks_secret(&message) { REDACTED.to_owned() } else { message });
    ErrorResponse { format, code: None, message, fields: Vec::new() }
}

/// Observed on live servers: the body is `{code, message, errors}`, and each of the three can be missing or null. A 429
/// has `error` in place of `code`. The web framework sends only `Message`.
fn from_json(body: &Map<String, Value>) -> ErrorResponse {
    let fields = match field_ignoring_case(body, "errors") {
        Some(Value::Array(errors)) => errors.iter().filter_map(Value::as_object).map(field_error).collect(),
        _ => Vec::new(),
    };
    ErrorResponse {
        format: BodyFormat::Json,
        code: text(body, "code").or_else(|| text(body, "error")),
        message: text(body, "message").or_else(|| text(body, "title")),
        fields,
    }
}

fn field_error(error: &Map<String, Value>) -> FieldError {
    FieldError {
        code: text(error, "code"),
        message: text(error, "message"),
        resource: text(error, "resource"),
        field: text(error, "field"),
        details: text(error, "details"),
    }
}

/// Returns the text of a field on one line, with secrets redacted; `None` if it is missing, null or empty.
fn text(object: &Map<String, Value>, name: &str) -> Option<String> {
    let text = match field_ignoring_case(object, name)? {
        Value::Null => return None,
        Value::String(text) => one_line(text, MAX_TEXT),
        other => one_line(&redacted(other).to_string(), MAX_TEXT),
    };
    (!text.is_empty()).then_some(text)
}

/// Returns the title of an HTML page.
fn title(page: &str) -> Option<String> {
    // `to_ascii_lowercase` keeps the byte offsets.
    let lower = page.to_ascii_lowercase();
    let start = lower.find("<title")?;
    let start = start + lower.get(start..)?.find('>')? + 1;
    let end = start + lower.get(start..)?.find("</title")?;
    let title = one_line(page.get(start..end)?, 100);
    (!title.is_empty()).then_some(title)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The format, code and message, and the field errors as `field:code:message`.
    type Expected<'a> = (BodyFormat, Option<&'a str>, Option<&'a str>, &'a [&'a str]);

    #[test]
    fn every_format_of_error_response_is_read() {
        let cases: [(&str, &str, Expected<'_>); 15] = [
            (
                "an invalid object, pretty-printed with CRLF",
                "{\r\n  \"code\": \"InvalidObject\",\r\n  \"message\": \"contact object is invalid\",\r\n  \"errors\": [\r\n    {\"code\":\"MissingRequiredField\",\"message\":\"The firstName field is required.\",\"resource\":\"contact\",\"field\":\"firstName\"}\r\n  ]\r\n}",
                (
                    BodyFormat::Json,
                    Some("InvalidObject"),
                    Some("contact object is invalid"),
                    &["firstName:MissingRequiredField:The firstName field is required."],
                ),
            ),
            (
                "errors null",
                r#"{"code":"Security","message":"SSL is required.","errors":null}"#,
                (BodyFormat::Json, Some("Security"), Some("SSL is required."), &[]),
            ),
            (
                "errors empty",
                r#"{"code":"NotFound","message":"Contact 57919 not found","errors":[]}"#,
                (BodyFormat::Json, Some("NotFound"), Some("Contact 57919 not found"), &[]),
            ),
            (
                "errors missing",
                r#"{"code":"NotFound","message":"gone"}"#,
                (BodyFormat::Json, Some("NotFound"), Some("gone"), &[]),
            ),
            (
                "fields of an error missing",
                r#"{"code":"A","errors":[{"field":"x"},{},null,"text"]}"#,
                (BodyFormat::Json, Some("A"), None, &["x::", "::"]),
            ),
            (
                "the rate limiter",
                r#"{"error":"ConnectWiseAPI","message":"Too many requests. Please try again in 30 seconds."}"#,
                (
                    BodyFormat::Json,
                    Some("ConnectWiseAPI"),
                    Some("Too many requests. Please try again in 30 seconds."),
                    &[],
                ),
            ),
            (
                "the web framework",
                r#"{"Message":"No HTTP resource was found."}"#,
                (BodyFormat::Json, None, Some("No HTTP resource was found."), &[]),
            ),
            ("the code is a number", r#"{"code":17,"message":null}"#, (BodyFormat::Json, Some("17"), None, &[])),
            ("an empty object", "{}", (BodyFormat::Json, None, None, &[])),
            (
                "a gateway",
                "Cannot route. Codebase/company is invalid",
                (BodyFormat::Text, None, Some("Cannot route. Codebase/company is invalid"), &[]),
            ),
            (
                "an HTML page",
                "<!DOCTYPE html><html><head><TITLE>\nLog in </TITLE></head>",
                (BodyFormat::Html, None, Some("Log in"), &[]),
            ),
            ("an HTML page without a title", "<html></html>", (BodyFormat::Html, None, None, &[])),
            ("only whitespace", " \r\n", (BodyFormat::Empty, None, None, &[])),
            ("truncated JSON", r#"{"code":"A","mess"#, (BodyFormat::Text, None, Some(r#"{"code":"A","mess"#), &[])),
            ("JSON that is not an object", "[1, 2]", (BodyFormat::Text, None, Some("[1, 2]"), &[])),
        ];
        for (name, body, (format, code, message, fields)) in cases {
            let response = read(&HeaderMap::new(), body.as_bytes());
            let listed: Vec<String> = response
                .fields
                .iter()
                .map(|e| {
                    format!(
                        "{}:{}:{}",
                        e.field.as_deref().unwrap_or(""),
                        e.code.as_deref().unwrap_or(""),
                        e.message.as_deref().unwrap_or("")
                    )
                })
                .collect();
            assert_eq!(
                (response.format, response.code.as_deref(), response.message.as_deref()),
                (format, code, message),
                "{name}"
            );
            assert_eq!(listed, fields, "{name}");
        }
    }
}

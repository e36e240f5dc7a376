//! Bodies of refusals: the API's own form, that of its limiter, a gateway's plain text, HTML, nothing.

use http::HeaderMap;
use serde_json::{Map, Value};

use crate::error::FieldError;
use crate::redaction::{REDACTED, looks_secret, redacted};
use crate::text::{is_html, member_ignoring_case, one_line, without_byte_order_mark};

/// How much of any text in it is kept, in characters.
const MOST_TEXT: usize = 1000;

/// What an error response says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ErrorResponse {
    pub(crate) form: Form,
    pub(crate) code: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) fields: Vec<FieldError>,
}

/// What the body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Json,
    Html,
    Text,
    Blank,
}

/// Reads the body of an error response. Whatever it is, something comes of it.
pub(crate) fn read(headers: &HeaderMap, body: &[u8]) -> ErrorResponse {
    let body = without_byte_order_mark(body).trim_ascii();
    if body.is_empty() {
        return ErrorResponse { form: Form::Blank, code: None, message: None, fields: Vec::new() };
    }
    if let Ok(Value::Object(members)) = serde_json::from_slice(body) {
        return json(&members);
    }
    let text = String::from_utf8_lossy(body);
    let (form, message) = if is_html(headers, body) {
        (Form::Html, title(&text))
    } else {
        (Form::Text, Some(one_line(&text, MOST_TEXT)))
    };
    // Nothing tells members from values here.
    let message = message.map(|message| if looks_secret(&message) { REDACTED.to_owned() } else { message });
    ErrorResponse { form, code: None, message, fields: Vec::new() }
}

/// facts: `{code, message, errors}` where any may be missing or null; 429 has `error` in place of `code`; the framework
/// alone sends `Message`.
fn json(members: &Map<String, Value>) -> ErrorResponse {
    let fields = match member_ignoring_case(members, "errors") {
        Some(Value::Array(errors)) => errors.iter().filter_map(Value::as_object).map(field_error).collect(),
        _ => Vec::new(),
    };
    ErrorResponse {
        form: Form::Json,
        code: text(members, "code").or_else(|| text(members, "error")),
        message: text(members, "message").or_else(|| text(members, "title")),
        fields,
    }
}

fn field_error(members: &Map<String, Value>) -> FieldError {
    FieldError {
        code: text(members, "code"),
        message: text(members, "message"),
        resource: text(members, "resource"),
        field: text(members, "field"),
        details: text(members, "details"),
    }
}

fn text(members: &Map<String, Value>, name: &str) -> Option<String> {
    let text = match member_ignoring_case(members, name)? {
        Value::Null => return None,
        Value::String(text) => one_line(text, MOST_TEXT),
        other => one_line(&redacted(other).to_string(), MOST_TEXT),
    };
    (!text.is_empty()).then_some(text)
}

/// The title of an HTML page.
fn title(page: &str) -> Option<String> {
    // Lower case of ASCII alone keeps the offsets.
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

    /// Form, code, message, and the fields as `field:code:message`.
    type Expected<'a> = (Form, Option<&'a str>, Option<&'a str>, &'a [&'a str]);

    #[test]
    fn every_form_of_refusal_is_read() {
        let cases: [(&str, &str, Expected<'_>); 15] = [
            (
                "a refused object, pretty-printed with CRLF",
                "{\r\n  \"code\": \"InvalidObject\",\r\n  \"message\": \"contact object is invalid\",\r\n  \"errors\": [\r\n    {\"code\":\"MissingRequiredField\",\"message\":\"The firstName field is required.\",\"resource\":\"contact\",\"field\":\"firstName\"}\r\n  ]\r\n}",
                (
                    Form::Json,
                    Some("InvalidObject"),
                    Some("contact object is invalid"),
                    &["firstName:MissingRequiredField:The firstName field is required."],
                ),
            ),
            (
                "errors null",
                r#"{"code":"Security","message":"SSL is required.","errors":null}"#,
                (Form::Json, Some("Security"), Some("SSL is required."), &[]),
            ),
            (
                "errors empty",
                r#"{"code":"NotFound","message":"Contact 57919 not found","errors":[]}"#,
                (Form::Json, Some("NotFound"), Some("Contact 57919 not found"), &[]),
            ),
            (
                "errors missing",
                r#"{"code":"NotFound","message":"gone"}"#,
                (Form::Json, Some("NotFound"), Some("gone"), &[]),
            ),
            (
                "members of an error missing",
                r#"{"code":"A","errors":[{"field":"x"},{},null,"text"]}"#,
                (Form::Json, Some("A"), None, &["x::", "::"]),
            ),
            (
                "the limiter",
                r#"{"error":"ConnectWiseAPI","message":"Too many requests. Please try again in 30 seconds."}"#,
                (Form::Json, Some("ConnectWiseAPI"), Some("Too many requests. Please try again in 30 seconds."), &[]),
            ),
            (
                "the framework",
                r#"{"Message":"No HTTP resource was found."}"#,
                (Form::Json, None, Some("No HTTP resource was found."), &[]),
            ),
            ("code no text", r#"{"code":17,"message":null}"#, (Form::Json, Some("17"), None, &[])),
            ("an empty object", "{}", (Form::Json, None, None, &[])),
            (
                "a gateway",
                "Cannot route. Codebase/company is invalid",
                (Form::Text, None, Some("Cannot route. Codebase/company is invalid"), &[]),
            ),
            (
                "an HTML page",
                "<!DOCTYPE html><html><head><TITLE>\nLog in </TITLE></head>",
                (Form::Html, None, Some("Log in"), &[]),
            ),
            ("an HTML page without a title", "<html></html>", (Form::Html, None, None, &[])),
            ("nothing", " \r\n", (Form::Blank, None, None, &[])),
            ("JSON cut off", r#"{"code":"A","mess"#, (Form::Text, None, Some(r#"{"code":"A","mess"#), &[])),
            ("JSON of another shape", "[1, 2]", (Form::Text, None, Some("[1, 2]"), &[])),
        ];
        for (name, body, (form, code, message, fields)) in cases {
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
                (response.form, response.code.as_deref(), response.message.as_deref()),
                (form, code, message),
                "{name}"
            );
            assert_eq!(listed, fields, "{name}");
        }
    }
}

//! Bodies of error responses: the JSON of the API, the JSON of its rate limiter, a gateway's plain text, HTML, or
//! empty.

use http::HeaderMap;
use serde_json::{Map, Value};

use crate::error::FieldError;
use crate::redaction::{REDACTED, looks_secret, mentions_secret, redacted};
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
    // In text that is not JSON, fields cannot be separated from values, so the whole text is redacted. Of a page, only
    // the title is shown.
    let secret = match format {
        BodyFormat::Html => message.as_deref().is_some_and(looks_secret),
        _ => mentions_secret(&text),
    };
    let message = message.map(|message| if secret { REDACTED.to_owned() } else { message });
    ErrorResponse { format, code: None, message, fields: Vec::new() }
}

/// Returns the start of a body that is not the expected JSON, as an error shows it. All of the body decides whether it
/// can contain a secret, because its start can have a value whose name comes later. A page is judged by its start: most
/// pages mention a password somewhere.
pub(crate) fn start(headers: &HeaderMap, body: &[u8]) -> String {
    let start = one_line(&String::from_utf8_lossy(body.get(..1000).unwrap_or(body)), 100);
    let secret =
        if is_html(headers, body) { looks_secret(&start) } else { mentions_secret(&String::from_utf8_lossy(body)) };
    if secret { REDACTED.to_owned() } else { start }
}

/// Observed on live servers: the body is `{code, message, errors}`, and each of the three can be missing or null. A 429
/// has `error` in place of `code`. The web framework (ASP.NET) sends `Message`, with details in `MessageDetail`,
/// `ExceptionMessage` and `ModelState`, or the fields of RFC 9457: `title`, `detail`, and `errors` as an object.
pub(crate) fn from_json(body: &Map<String, Value>) -> ErrorResponse {
    let mut fields = match field_ignoring_case(body, "errors") {
        Some(Value::Array(errors)) => errors.iter().filter_map(Value::as_object).map(field_error).collect(),
        Some(Value::Object(errors)) => errors_by_field(errors),
        _ => Vec::new(),
    };
    if let Some(Value::Object(errors)) = field_ignoring_case(body, "ModelState") {
        fields.extend(errors_by_field(errors));
    }
    let first = |names: [&str; 2]| names.iter().find_map(|name| text(body, name));
    let messages = [first(["message", "title"]), first(["MessageDetail", "detail"]), text(body, "ExceptionMessage")];
    ErrorResponse {
        format: BodyFormat::Json,
        code: text(body, "code").or_else(|| text(body, "error")),
        message: joined(messages.into_iter().flatten()),
        fields,
    }
}

/// Joins sentences; `None` if there are none.
fn joined(sentences: impl Iterator<Item = String>) -> Option<String> {
    sentences.reduce(|all, sentence| format!("{}. {sentence}", all.trim_end_matches('.')))
}

/// Reads errors in the form `{"field": ["message", …]}`. Observed on live servers: the web framework puts the name of the
/// action's parameter in front of the field (`ticket.summary`).
fn errors_by_field(errors: &Map<String, Value>) -> Vec<FieldError> {
    let of_field = |(field, messages): (&String, &Value)| {
        let messages = match messages {
            Value::Array(messages) => messages.iter().filter_map(|message| one_line_text(Some(message))).collect(),
            message => one_line_text(Some(message)).into_iter().collect::<Vec<_>>(),
        };
        let field = Some(one_line(field, MAX_TEXT)).filter(|field| !field.is_empty());
        FieldError { field, message: joined(messages.into_iter()), ..FieldError::default() }
    };
    errors.iter().map(of_field).collect()
}

/// The names of the fields of error objects, in lower case.
const ERROR_FIELDS: &[&str] = &[
    "code",
    "error",
    "message",
    "errors",
    "messagedetail",
    "exceptionmessage",
    "exceptiontype",
    "stacktrace",
    "innerexception",
    "modelstate",
    // Gateways.
    "error_description",
    "path",
    "requestid",
    "statuscode",
    "timestamp",
    "traceid",
];

/// The names of the fields of problem objects (RFC 9457), in lower case.
const PROBLEM_FIELDS: &[&str] = &["type", "title", "status", "detail", "instance", "errors", "traceid"];

/// Returns the contents of a JSON object if it is an error object: it has a message or a code, and no fields except those
/// of error objects; or it is a problem object with title and status. Records always have other fields.
pub(crate) fn read_error_object(body: &Map<String, Value>) -> Option<ErrorResponse> {
    let has_only = |fields: &[&str]| body.keys().all(|name| fields.contains(&name.to_ascii_lowercase().as_str()));
    let response = from_json(body);
    let says_something = response.code.is_some() || response.message.is_some();
    let is_problem = || {
        has_only(PROBLEM_FIELDS)
            && field_ignoring_case(body, "title").is_some()
            && field_ignoring_case(body, "status").is_some_and(Value::is_number)
    };
    (says_something && (has_only(ERROR_FIELDS) || is_problem())).then_some(response)
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
    one_line_text(field_ignoring_case(object, name))
}

/// Returns the text of a value on one line, with secrets redacted; `None` if it is null or empty.
fn one_line_text(value: Option<&Value>) -> Option<String> {
    let text = match value? {
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
        let cases: [(&str, &str, Expected<'_>); 18] = [
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
            (
                "the web framework, with an exception",
                r#"{"Message":"An error has occurred.","ExceptionMessage":"Sequence contains no elements","ExceptionType":"System.InvalidOperationException","StackTrace":"at X"}"#,
                (BodyFormat::Json, None, Some("An error has occurred. Sequence contains no elements"), &[]),
            ),
            (
                "the web framework, with the state of the model",
                r#"{"Message":"The request is invalid.","ModelState":{"ticket.summary":["Required.","Too short."],"ticket.id":[]}}"#,
                (
                    BodyFormat::Json,
                    None,
                    Some("The request is invalid."),
                    &["ticket.id::", "ticket.summary::Required. Too short."],
                ),
            ),
            (
                "problem details",
                r#"{"type":"about:none","title":"Bad Request","detail":"The id is wrong.","errors":{"id":["not a number"]}}"#,
                (BodyFormat::Json, None, Some("Bad Request. The id is wrong."), &["id::not a number"]),
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

    #[test]
    fn error_objects_are_told_from_records() {
        for (body, is_error) in [
            (r#"{"code":"Security","message":"SSL is required.","errors":null}"#, true),
            (r#"{"error":"ConnectWiseAPI","message":"Too many requests."}"#, true),
            (r#"{"Message":"No HTTP resource was found."}"#, true),
            (r#"{"code":"NotFound"}"#, true),
            (r#"{"type":"about:none","title":"Bad Request","status":400,"traceId":"x"}"#, true),
            (r#"{"title":"Engineer"}"#, false),
            ("{}", false),
            (r#"{"code":null,"message":null}"#, false),
            (r#"{"id":5,"message":"a comment"}"#, false),
            (r#"{"success":true,"message":"done"}"#, false),
        ] {
            let object: Map<String, Value> = serde_json::from_str(body).unwrap();
            assert_eq!(read_error_object(&object).is_some(), is_error, "{body}");
        }
    }
}

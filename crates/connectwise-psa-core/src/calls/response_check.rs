//! Checks that a successful response is what was requested. A proxy, a cache or the server itself can report success and
//! return an error, a web page or another record.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use http::{HeaderMap, StatusCode};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value};

use crate::calls::record_id::{RecordId, is_id, write_without_id};
use crate::error::response_body::{ErrorResponse, from_json as read_response, read_error_object};
use crate::error::{Error, Unexpected};
use crate::operation::{Method, Operation, ResponseKind};
use crate::text::{decode_path_segment, field_ignoring_case, header_text, one_line, without_byte_order_mark};
use crate::transport::request::Request;

/// The type of the response of the operations that check values: an error object is their regular response.
const ERROR_RESPONSE_TYPE: &str = "ErrorResponseMessage";

/// What the response to a request has to contain.
#[derive(Clone, Debug, Default)]
pub(crate) struct Expected {
    id: ExpectedId,
    /// Whether the response can be an error object although the call succeeded.
    allows_errors: bool,
    /// Whether the response can be an object without fields.
    allows_empty_object: bool,
    shape: Shape,
}

/// The form of the JSON in a response.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Shape {
    #[default]
    Any,
    Object,
    Array,
}

/// The id of the record in a response.
#[derive(Clone, Debug, Default)]
enum ExpectedId {
    /// The response is not a record, or the request leaves its id out.
    #[default]
    Unknown,
    /// Any id.
    Any,
    /// The id of a new record. Observed on live servers: a record that is not stored, such as a template, has the id 0.
    New,
    /// The id in the path of the request, percent-encoded.
    OfPath(String),
}

impl Expected {
    /// Returns what the response to a request has to contain.
    pub(crate) fn of(request: &Request) -> Self {
        let Some(operation) = request.operation else {
            return Self { allows_empty_object: true, ..Self::default() };
        };
        let selected = request.query.iter().find(|(name, _)| name == "fields").map(|(_, fields)| fields.as_str());
        let selects = |names: &[&str]| {
            selected.is_some_and(|fields| {
                fields.split(',').any(|field| names.iter().any(|name| field.trim().eq_ignore_ascii_case(name)))
            })
        };
        let leaves_id_out = selected.is_some() && !selects(&["id"]);
        Self {
            id: if leaves_id_out { ExpectedId::Unknown } else { expected_id(operation, &request.path) },
            // A selection of these fields of a record looks like an error object.
            allows_errors: operation.response == ResponseKind::One(ERROR_RESPONSE_TYPE)
                || selects(&["code", "message", "errors"]),
            // Observed on live servers: fields without a value are left out, so a selection of such fields is empty.
            allows_empty_object: selected.is_some() || !matches!(operation.response, ResponseKind::One(_)),
            shape: match operation.response {
                ResponseKind::One(_) => Shape::Object,
                ResponseKind::Many(_) => Shape::Array,
                _ => Shape::Any,
            },
        }
    }

    /// Returns expectations that every response meets, for a response that has been checked.
    pub(crate) fn nothing() -> Self {
        Self { allows_errors: true, allows_empty_object: true, ..Self::default() }
    }

    /// Checks the JSON of a response. Accepts JSON that is not an object, and JSON that cannot be parsed: decoding rejects
    /// it if it is wrong, with a better error.
    pub(crate) fn check(&self, json: &[u8]) -> Result<(), Unexpected> {
        let json = without_byte_order_mark(json).trim_ascii();
        if json.first() != Some(&b'{') {
            return self.check_shape(json);
        }
        let Ok(summary) = serde_json::from_slice::<ObjectSummary>(json) else { return Ok(()) };
        if !self.allows_errors
            && summary.may_be_error
            && let Some(error) = error_object(json)
        {
            return Err(Unexpected::ErrorObject(error));
        }
        if self.shape == Shape::Array {
            return Err(Unexpected::Other("is not a list".to_owned()));
        }
        if summary.is_empty && !self.allows_empty_object {
            return Err(Unexpected::EmptyObject);
        }
        self.check_id(summary.id)
    }

    /// Checks JSON that is not an object. Decoding rejects JSON that cannot be parsed, with a better error.
    fn check_shape(&self, json: &[u8]) -> Result<(), Unexpected> {
        let problem = match self.shape {
            Shape::Object => "is not a record",
            Shape::Array if json.first() != Some(&b'[') => "is not a list",
            _ => return Ok(()),
        };
        match serde_json::from_slice::<IgnoredAny>(json) {
            Ok(_) => Err(Unexpected::Other(problem.to_owned())),
            Err(_) => Ok(()),
        }
    }

    fn check_id(&self, id: Option<RecordId>) -> Result<(), Unexpected> {
        match (&self.id, id) {
            (ExpectedId::Unknown, _) => Ok(()),
            (_, None) => Err(Unexpected::NoId),
            (ExpectedId::New, Some(RecordId::Integer(0))) => Err(Unexpected::NoId),
            (ExpectedId::Any | ExpectedId::New, Some(_)) => Ok(()),
            (ExpectedId::OfPath(requested), Some(found)) if is_same_id(requested, &found) => Ok(()),
            (ExpectedId::OfPath(requested), Some(found)) => {
                let requested = decode_path_segment(requested).into_owned();
                Err(Unexpected::OtherRecord { requested, found: one_line(&found.to_string(), 100) })
            }
        }
    }
}

fn expected_id(operation: &Operation, path: &str) -> ExpectedId {
    if !operation.has_id || !matches!(operation.response, ResponseKind::One(_)) {
        return ExpectedId::Unknown;
    }
    let template = operation.path.trim_matches('/').split('/');
    let values = path.trim_matches('/').split('/');
    let id = template.zip(values).find(|(name, _)| *name == "{id}");
    match id {
        Some((_, value)) => ExpectedId::OfPath(value.to_owned()),
        None if operation.method == Method::Post => ExpectedId::New,
        None => ExpectedId::Any,
    }
}

/// Returns whether an id in a response is the one in the path.
fn is_same_id(requested: &str, found: &RecordId) -> bool {
    let requested = decode_path_segment(requested);
    match found {
        RecordId::Integer(found) => requested.trim().parse() == Ok(*found),
        RecordId::Text(found) => requested.eq_ignore_ascii_case(found),
    }
}

/// Returns the contents of an error object.
fn error_object(json: &[u8]) -> Option<ErrorResponse> {
    serde_json::from_slice::<Map<String, Value>>(json).ok().and_then(|object| read_error_object(&object))
}

/// Returns the error object in the body of a successful response, if it is one.
pub(crate) fn unexpected_error_object(json: &[u8]) -> Option<Unexpected> {
    error_object(without_byte_order_mark(json)).map(Unexpected::ErrorObject)
}

/// What the check needs of a JSON object.
struct ObjectSummary {
    is_empty: bool,
    /// Whether the object has a field that error objects have.
    may_be_error: bool,
    /// The id, if the object has one. A field with exactly this name has priority over one in another letter case.
    id: Option<RecordId>,
}

impl<'de> Deserialize<'de> for ObjectSummary {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(ObjectVisitor)
    }
}

struct ObjectVisitor;

impl<'de> Visitor<'de> for ObjectVisitor {
    type Value = ObjectSummary;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut summary = ObjectSummary { is_empty: true, may_be_error: false, id: None };
        let mut is_exact = false;
        while let Some(name) = map.next_key::<Cow<'_, str>>()? {
            summary.is_empty = false;
            if is_id(&name) {
                let id = RecordId::from_json(&map.next_value()?);
                if name == "id" {
                    (summary.id, is_exact) = (id, true);
                } else if !is_exact {
                    summary.id = summary.id.or(id);
                }
                continue;
            }
            summary.may_be_error |=
                ["code", "message", "error", "title"].iter().any(|field| name.eq_ignore_ascii_case(field));
            map.next_value::<IgnoredAny>()?;
        }
        Ok(summary)
    }
}

/// Returns whether the headers are those of a file. A web page or JSON is a file only if the server names it, because
/// documents can be of any type; for an operation that returns a PDF, never. The JSON of an operation that returns no file
/// can be streamed. Observed on live servers: files have the header `Content-Disposition`.
#[must_use]
pub fn is_file(operation: Option<&'static Operation>, headers: &HeaderMap) -> bool {
    let response = operation.map(|operation| operation.response);
    let is_pdf = response == Some(ResponseKind::Bytes("application/pdf"));
    let media_type = header_text(headers, CONTENT_TYPE.as_str()).unwrap_or_default();
    let media_type = media_type.to_ascii_lowercase();
    if matches!(response, Some(ResponseKind::Bytes(declared)) if declared.contains("html")) {
        return true;
    }
    // The JSON of an operation without a file can be streamed as well.
    let is_json = media_type.contains("json") && matches!(response, Some(ResponseKind::Bytes(_)));
    let is_page_or_json = media_type.contains("html") || is_json;
    !is_page_or_json || (!is_pdf && headers.contains_key(CONTENT_DISPOSITION))
}

/// Returns whether headers and start of a response are those of a file.
pub(crate) fn looks_like_file(operation: Option<&'static Operation>, headers: &HeaderMap, start: &[u8]) -> bool {
    is_file(operation, headers) && starts_like_file(operation, headers, start)
}

/// Returns whether a file can start like this. A PDF does not start like a web page or JSON. Any other file that the server
/// does not name is not a web page, nor an error object.
fn starts_like_file(operation: Option<&'static Operation>, headers: &HeaderMap, start: &[u8]) -> bool {
    let start = without_byte_order_mark(start).trim_ascii_start();
    match operation.map(|operation| operation.response) {
        Some(ResponseKind::Bytes("application/pdf")) => !start.starts_with(b"<") && !start.starts_with(b"{"),
        Some(ResponseKind::Bytes(declared)) if declared.contains("html") => true,
        _ if headers.contains_key(CONTENT_DISPOSITION) => true,
        Some(ResponseKind::Bytes(_)) => {
            let is_page = [&b"<!doctype html"[..], b"<html"]
                .iter()
                .any(|page| start.get(..page.len()).is_some_and(|start| start.eq_ignore_ascii_case(page)));
            !is_page && error_object(start).is_none()
        }
        _ => true,
    }
}

/// Returns the error for a file that is a web page or JSON. `body` is its beginning.
pub(crate) fn not_a_file(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Error {
    match unexpected_error_object(body) {
        Some(problem) => Error::unexpected(problem).with_response(status, headers),
        None => Error::unexpected_response(status, headers, body),
    }
}

/// Checks the body of a response that callers do not need: it must be empty or JSON, and must not report an error. Observed
/// on live servers: the response to a deletion is empty.
pub(crate) fn check_discarded(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Result<(), Error> {
    let text = without_byte_order_mark(body).trim_ascii();
    if text.is_empty() {
        return Ok(());
    }
    let problem = match serde_json::from_slice::<Value>(text) {
        Err(_) => return Err(Error::unexpected_response(status, headers, body)),
        Ok(Value::Object(object)) => error_in(&object),
        Ok(Value::Array(elements)) => elements.iter().filter_map(Value::as_object).find_map(error_in),
        Ok(Value::String(text)) if !text.trim().is_empty() => {
            Some(Unexpected::Other(format!("is the text {:?}", one_line(&text, 100))))
        }
        Ok(_) => None,
    };
    match problem {
        Some(problem) => Err(Error::unexpected(problem).with_response(status, headers)),
        None => Ok(()),
    }
}

/// Returns the error that an object reports. It need not have the form of the API's errors: the caller expects no object.
fn error_in(object: &Map<String, Value>) -> Option<Unexpected> {
    let field = |name| field_ignoring_case(object, name);
    if let Some(error) = read_error_object(object) {
        return Some(Unexpected::ErrorObject(error));
    }
    let success = field("success").and_then(Value::as_bool);
    let is_given = |value: &Value| {
        !matches!(value, Value::Null | Value::Bool(false)) && value != "" && *value != Value::Array(Vec::new())
    };
    let reports_error = success == Some(false)
        || (success.is_none()
            && RecordId::from_json(field("id").unwrap_or(&Value::Null)).is_none()
            && ["error", "errors", "message"].into_iter().any(|name| field(name).is_some_and(is_given)));
    reports_error.then(|| Unexpected::ErrorObject(read_response(object)))
}

/// Returns a JSON object without its id, which the client requested in addition to the fields that the caller selected.
/// `None` if the JSON is not an object.
pub(crate) fn without_id(json: &[u8]) -> Option<Bytes> {
    let mut output = Vec::new();
    write_without_id(without_byte_order_mark(json), &mut output).map(|()| output.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    static GET: Operation =
        Operation::new("service", "get_ticket", "x", Method::Get, "/service/tickets/{id}", ResponseKind::One("Ticket"))
            .identified();
    static CREATE: Operation =
        Operation::new("service", "create_ticket", "x", Method::Post, "/service/tickets", ResponseKind::One("Ticket"))
            .identified();
    static LIST: Operation =
        Operation::new("service", "list_tickets", "x", Method::Get, "/service/tickets", ResponseKind::Many("Ticket"));
    static INFO: Operation =
        Operation::new("system", "get_info", "x", Method::Get, "/system/info", ResponseKind::One("Info"));
    static VALIDATE: Operation =
        Operation::new("x", "validate", "x", Method::Post, "/x", ResponseKind::One(ERROR_RESPONSE_TYPE));
    static ANY: Operation = Operation::new("x", "any", "x", Method::Post, "/x", ResponseKind::Any);

    fn request(operation: &'static Operation, path: &str, fields: Option<&str>) -> Request {
        let mut request = Request { operation: Some(operation), ..Request::new(operation.method, path) };
        request.query.extend(fields.map(|fields| ("fields".into(), fields.to_owned())));
        request
    }

    fn found(request: &Request, body: &str) -> &'static str {
        match Expected::of(request).check(body.as_bytes()) {
            Ok(()) => "ok",
            Err(Unexpected::ErrorObject(_)) => "error",
            Err(Unexpected::EmptyObject) => "empty",
            Err(Unexpected::NoId) => "no id",
            Err(Unexpected::OtherRecord { .. }) => "other",
            Err(Unexpected::NotJson { .. } | Unexpected::Other(_)) => "shape",
        }
    }

    #[test]
    fn a_record_must_have_its_id() {
        let get = request(&GET, "/service/tickets/5", None);
        for (body, expected) in [
            (r#"{"id":5}"#, "ok"),
            (r#"{"summary":"a","id":5.0,"board":{"id":7}}"#, "ok"),
            (r#"{"id":"5"}"#, "ok"),
            (r#"{"ID":5}"#, "ok"),
            (r#"{"ID":6,"id":5}"#, "ok"),
            (r#"{"id":5,"ID":6}"#, "ok"),
            (" \u{feff}{\"id\":5}", "ok"),
            (r#"{"id":6}"#, "other"),
            (r#"{"id":50}"#, "other"),
            (r#"{"id":"x"}"#, "other"),
            (r#"{"id":null}"#, "no id"),
            (r#"{"id":{}}"#, "no id"),
            (r#"{"board":{"id":5}}"#, "no id"),
            ("{}", "empty"),
            (r#"{"code":"Security","message":"SSL is required.","errors":null}"#, "error"),
            (r#"{"message":"a comment","id":5}"#, "ok"),
            (r#"{"ID":5,"id":null}"#, "no id"),
            ("[]", "shape"),
            (r#"[{"id":5}]"#, "shape"),
            ("null", "shape"),
            ("true", "shape"),
            (r#""Access denied""#, "shape"),
            // Decoding rejects these.
            (r#"{"id":"#, "ok"),
            ("no JSON", "ok"),
        ] {
            assert_eq!(found(&get, body), expected, "{body}");
        }
        for (request, body, expected) in [
            (request(&CREATE, "/service/tickets", None), r#"{"id":77}"#, "ok"),
            (request(&CREATE, "/service/tickets", None), r#"{"id":0}"#, "no id"),
            (request(&CREATE, "/service/tickets", None), r#"{"summary":"a"}"#, "no id"),
            (request(&GET, "/service/tickets/0", None), r#"{"id":0}"#, "ok"),
            (request(&GET, "/service/tickets/5", Some("summary")), r#"{"summary":"a"}"#, "ok"),
            (request(&GET, "/service/tickets/5", Some("closedDate")), "{}", "ok"),
            (request(&GET, "/service/tickets/5", Some("summary, ID")), r#"{"summary":"a"}"#, "no id"),
            (request(&INFO, "/system/info", None), r#"{"version":"x"}"#, "ok"),
            (request(&INFO, "/system/info", None), "{}", "empty"),
            (request(&INFO, "/system/info", None), r#"{"message":"no"}"#, "error"),
            (
                request(&INFO, "/system/info", None),
                r#"{"message":"Endpoint request timed out","requestId":"1"}"#,
                "error",
            ),
            (request(&INFO, "/system/info", Some("code")), r#"{"code":"T1"}"#, "ok"),
            (request(&INFO, "/system/info", None), "[]", "shape"),
            (request(&LIST, "/service/tickets", None), "[]", "ok"),
            (request(&LIST, "/service/tickets", None), "{}", "shape"),
            (request(&LIST, "/service/tickets", None), r#"{"message":"no"}"#, "error"),
            (request(&LIST, "/service/tickets", None), "null", "shape"),
            (request(&VALIDATE, "/x", None), r#"{"code":"A","message":"no"}"#, "ok"),
            (request(&ANY, "/x", None), "{}", "ok"),
            (request(&ANY, "/x", None), r#"{"code":"A","message":"no"}"#, "error"),
            (Request::new(Method::Get, "/x"), "{}", "ok"),
            (Request::new(Method::Get, "/x"), r#"{"code":"A","message":"no"}"#, "error"),
        ] {
            assert_eq!(found(&request, body), expected, "{request:?} {body}");
        }
    }

    #[test]
    fn the_id_is_removed_in_any_letter_case() {
        for (body, expected) in [
            (r#"{"id":5,"summary":"a","board":{"id":7}}"#, Some(r#"{"summary":"a","board":{"id":7}}"#)),
            (r#"{"Id":5}"#, Some("{}")),
            ("[]", None),
        ] {
            assert_eq!(without_id(body.as_bytes()).as_deref(), expected.map(str::as_bytes), "{body}");
        }
    }

    #[test]
    fn a_web_page_or_json_without_a_file_name_is_not_a_file() {
        static PDF: Operation =
            Operation::new("x", "pdf", "x", Method::Get, "/x", ResponseKind::Bytes("application/pdf"));
        static FILE: Operation = Operation::new("x", "file", "x", Method::Get, "/x", ResponseKind::Bytes("*/*"));
        for (operation, media_type, disposition, expected) in [
            (&FILE, "application/octet-stream", false, true),
            (&FILE, "", false, true),
            (&FILE, "text/html; charset=utf-8", true, true),
            (&FILE, "text/html; charset=utf-8", false, false),
            (&FILE, "application/json", true, true),
            (&FILE, "application/json", false, false),
            (&INFO, "application/json", false, true),
            (&INFO, "text/html", false, false),
            (&PDF, "application/pdf", false, true),
            (&PDF, "text/html", true, false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, media_type.parse().unwrap());
            if disposition {
                headers.insert(CONTENT_DISPOSITION, "attachment; filename=a".parse().unwrap());
            }
            assert_eq!(is_file(Some(operation), &headers), expected, "{media_type} {disposition}");
        }
    }

    #[test]
    fn a_discarded_body_must_not_report_an_error() {
        for (body, is_accepted) in [
            ("", true),
            (" \r\n", true),
            ("{}", true),
            ("null", true),
            ("true", true),
            ("\"\"", true),
            ("[]", true),
            (r#"{"id":5,"message":"a comment"}"#, true),
            (r#"{"success":true,"message":"deleted"}"#, true),
            (r#"[{"id":5}]"#, true),
            (r#"{"errors":[]}"#, true),
            (r#"{"code":"Security","message":"SSL is required.","errors":null}"#, false),
            (r#"{"errors":[{"code":"A","message":"no"}]}"#, false),
            (r#"{"success":false,"message":"denied"}"#, false),
            (r#"{"error":"invalid_token","error_description":"x"}"#, false),
            (r#"{"message":"Endpoint request timed out","other":"1"}"#, false),
            (r#"{"type":"x","title":"Unauthorized","status":401,"traceId":"x"}"#, false),
            (r#"[{"code":"A"}]"#, false),
            ("\"Access denied\"", false),
            ("Access denied", false),
            ("<html></html>", false),
            ("<?xml version=\"1.0\"?><Error/>", false),
            (r#"{"id":5,"summary":"#, false),
        ] {
            let result = check_discarded(StatusCode::OK, &HeaderMap::new(), body.as_bytes());
            assert_eq!(result.is_ok(), is_accepted, "{body}: {result:?}");
            assert!(result.is_ok() || result.unwrap_err().is_unexpected_response(), "{body}");
        }
    }

    #[test]
    fn the_start_of_a_file_shows_whether_it_is_one() {
        static PDF: Operation =
            Operation::new("x", "p", "x", Method::Get, "/x", ResponseKind::Bytes("application/pdf"));
        static FILE: Operation = Operation::new("x", "f", "x", Method::Get, "/x", ResponseKind::Bytes("*/*"));
        static HTML: Operation = Operation::new("x", "h", "x", Method::Get, "/x", ResponseKind::Bytes("text/html"));
        for (operation, start, is_named, expected) in [
            (&PDF, "%PDF-1.7", false, true),
            (&PDF, " <html>", true, false),
            (&PDF, r#"{"code":"A"}"#, true, false),
            (&FILE, "<!DOCTYPE html>", false, false),
            (&FILE, "<HTML>", false, false),
            (&FILE, "<html>", true, true),
            (&FILE, r#"{"code":"A","message":"no"}"#, false, false),
            (&FILE, r#"{"a":1}"#, false, true),
            (&FILE, "", false, true),
            (&HTML, "<html>", false, true),
        ] {
            let mut headers = HeaderMap::new();
            if is_named {
                headers.insert(CONTENT_DISPOSITION, "attachment; filename=a".parse().unwrap());
            }
            assert_eq!(starts_like_file(Some(operation), &headers, start.as_bytes()), expected, "{start}");
        }
    }
}

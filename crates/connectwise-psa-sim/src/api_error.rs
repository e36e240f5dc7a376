//! Error responses, with the same bodies as those of live servers.

use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};

use crate::http::Response;
use crate::json_position::{self, field_path};

/// An error response.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ApiError {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) errors: Vec<FieldError>,
    json_error: Option<Box<JsonError>>,
}

/// An error of the server's JSON library. Its message ends with the path and the position of a field of the body.
#[derive(Clone, Debug, PartialEq)]
struct JsonError {
    /// The text before the path.
    problem: String,
    path: String,
    /// The text after the position.
    advice: &'static str,
    /// Whether the position is that after the value instead of that after the name.
    is_at_value: bool,
}

/// An error about one field.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FieldError {
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) resource: String,
    pub(crate) field: String,
}

impl ApiError {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), errors: Vec::new(), json_error: None }
    }

    /// An error with status 400.
    pub(crate) fn bad(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// An error for a missing record: `Service Ticket 5 not found`. `records::record_names` has the names.
    pub(crate) fn not_found(name: &str, id: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "NotFound", format!("{name} {id} not found"))
    }

    /// The error of a request that took too long. Observed on live servers: the status, and the message with its spelling.
    pub(crate) fn timeout() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "ConnectWiseApi", "A timeout has occured. Please try again.")
    }

    pub(crate) fn no_endpoint() -> Self {
        Self::new(StatusCode::NOT_FOUND, "ConnectWiseApi", "The endpoint does not exist.")
    }

    /// An error for a record with invalid fields: `ticket object is invalid`.
    pub(crate) fn invalid_object(resource: &str, errors: Vec<FieldError>) -> Self {
        Self { errors, ..Self::bad("InvalidObject", format!("{resource} object is invalid")) }
    }

    /// An error for a field that the type of the body does not have. Observed on live servers: the message is that of
    /// the server's JSON library, with no space before the last sentence.
    pub(crate) fn unknown_field(name: &str, type_name: &str) -> Self {
        let json_error = JsonError {
            problem: format!("Could not find member '{name}' on object of type '{type_name}'."),
            path: field_path("", name),
            advice: "Check your accept header to make sure you are using the correct version.",
            is_at_value: false,
        };
        Self::from_json_error(StatusCode::BAD_REQUEST, json_error)
    }

    /// An error for a value that the type of a field cannot have. Observed on live servers: its status is 500, although
    /// it is a client error. `json_type` is the name of the type in .NET.
    pub(crate) fn wrong_type(name: &str, value: &Value, json_type: &str) -> Self {
        let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let json_error = JsonError {
            problem: format!("Error converting value \"{shown}\" to type '{json_type}'."),
            path: name.to_owned(),
            advice: "",
            is_at_value: true,
        };
        Self::from_json_error(StatusCode::INTERNAL_SERVER_ERROR, json_error)
    }

    /// An error for a body that is not JSON. The text of live servers is not known: this one names the position as their
    /// other messages about bodies do.
    pub(crate) fn malformed_json(error: &serde_json::Error) -> Self {
        let position = format!("line {}, position {}", error.line(), error.column());
        Self::bad("ConnectWiseApi", format!("The body of the request is not valid JSON. Path '', {position}."))
    }

    fn from_json_error(status: StatusCode, json_error: JsonError) -> Self {
        let message = json_error.message(&[]);
        Self { json_error: Some(Box::new(json_error)), ..Self::new(status, "ConnectWiseApi", message) }
    }

    /// Puts the name of the field that contains the erroneous record in front of the path of the error.
    pub(crate) fn inside(mut self, field: &str) -> Self {
        if let Some(json_error) = &mut self.json_error {
            let separator = if json_error.path.starts_with('[') { "" } else { "." };
            json_error.path = format!("{field}{separator}{}", json_error.path);
            self.message = json_error.message(&[]);
        }
        self
    }

    /// Puts the index of the element behind the name of the list that the path of the error starts with.
    pub(crate) fn in_element(mut self, list: &str, index: usize) -> Self {
        if let Some(json_error) = &mut self.json_error
            && let Some(rest) = json_error.path.strip_prefix(list)
        {
            json_error.path = format!("{list}[{index}]{rest}");
            self.message = json_error.message(&[]);
        }
        self
    }

    /// Sets the position in the message to that in the body of the request.
    pub(crate) fn located_in(mut self, body: &[u8]) -> Self {
        if let Some(json_error) = &self.json_error {
            self.message = json_error.message(body);
        }
        self
    }

    /// An error for a media type that the endpoint does not accept.
    pub(crate) fn media_type(code: &'static str, content_type: &str) -> Self {
        let media_type = content_type.split(';').next().unwrap_or_default().trim();
        let message = format!("The request entity's media type '{media_type}' is not supported for this resource.");
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, code, message)
    }

    /// Returns the body as a JSON value. Observed on live servers: `errors` is absent if there are none.
    pub(crate) fn body(&self) -> Value {
        if self.errors.is_empty() {
            return json!({"code": self.code, "message": self.message});
        }
        let errors: Vec<Value> = self.errors.iter().map(FieldError::body).collect();
        json!({"code": self.code, "message": self.message, "errors": errors})
    }

    pub(crate) fn response(&self) -> Response {
        Response::new(self.status, "application/json; charset=utf-8", self.text())
    }

    /// Returns the body as text. Observed on live servers: it is pretty-printed with CRLF, and the fields have this order.
    fn text(&self) -> String {
        let mut fields = vec![("code", json!(self.code).to_string()), ("message", json!(self.message).to_string())];
        if !self.errors.is_empty() {
            let errors: Vec<String> = self.errors.iter().map(|error| format!("\r\n    {}", error.text())).collect();
            fields.push(("errors", format!("[{}\r\n  ]", errors.join(","))));
        }
        pretty_object(&fields, "")
    }
}

/// Returns a pretty-printed JSON object. The values are JSON.
fn pretty_object(fields: &[(&str, String)], indent: &str) -> String {
    let fields: Vec<String> = fields.iter().map(|(name, value)| format!("\r\n{indent}  \"{name}\": {value}")).collect();
    format!("{{{}\r\n{indent}}}", fields.join(","))
}

impl JsonError {
    /// Returns the message. The position is line 1, position 1 if the body does not have the field; the value in a patch
    /// has no position.
    fn message(&self, body: &[u8]) -> String {
        let found = json_position::find(body, &self.path);
        let found = found.map(|found| if self.is_at_value { found.after_value } else { found.after_name });
        let (line, column) = found.map_or((1, 1), |found| (found.line, found.column));
        format!("{} Path '{}', line {line}, position {column}.{}", self.problem, self.path, self.advice)
    }
}

impl FieldError {
    pub(crate) fn new(
        code: &'static str,
        message: impl Into<String>,
        resource: &str,
        field: impl Into<String>,
    ) -> Self {
        Self { code, message: message.into(), resource: resource.to_owned(), field: field.into() }
    }

    fn body(&self) -> Value {
        json!({"code": self.code, "message": self.message, "resource": self.resource, "field": self.field})
    }

    fn text(&self) -> String {
        let fields = [
            ("code", self.code),
            ("message", self.message.as_str()),
            ("resource", self.resource.as_str()),
            ("field", self.field.as_str()),
        ];
        pretty_object(&fields.map(|(name, value)| (name, json!(value).to_string())), "    ")
    }
}

/// Adds `"errors": null` to an error response without `errors`.
pub(crate) fn with_null_errors(mut response: Response) -> Response {
    let text = std::str::from_utf8(&response.body).unwrap_or_default();
    // A body with `errors` ends with that list.
    let fields =
        text.strip_suffix("\r\n}").filter(|fields| fields.starts_with("{\r\n  \"code\"") && fields.ends_with('"'));
    if let Some(fields) = fields {
        response.body = format!("{fields},\r\n  \"errors\": null\r\n}}").into();
    }
    response
}

/// The response to a request over the rate limit. Observed on live servers: its body has `error` where other error
/// responses have `code`, and the value is spelled `ConnectWiseAPI`.
pub(crate) fn too_many_requests(retry_after: Duration) -> Response {
    let seconds = retry_after.as_secs();
    let body = json!({"error": "ConnectWiseAPI", "message": format!("Too many requests. Please try again in {seconds} seconds.")});
    Response::json(StatusCode::TOO_MANY_REQUESTS, &body).with_header("retry-after", &seconds.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_written_as_by_live_servers() {
        let error = FieldError::new("NotFound", "company 5 \"x\" not found", "ticket", "company/id");
        let rejected = ApiError::invalid_object("ticket", vec![error.clone(), error]);
        let field = "    {\r\n      \"code\": \"NotFound\",\r\n      \"message\": \"company 5 \\\"x\\\" not found\",\r\n      \"resource\": \"ticket\",\r\n      \"field\": \"company/id\"\r\n    }";
        assert_eq!(
            rejected.text(),
            format!(
                "{{\r\n  \"code\": \"InvalidObject\",\r\n  \"message\": \"ticket object is invalid\",\r\n  \"errors\": [\r\n{field},\r\n{field}\r\n  ]\r\n}}"
            )
        );
        assert_eq!(serde_json::from_str::<Value>(&rejected.text()).unwrap(), rejected.body());
        let missing = ApiError::not_found("Service Ticket", "404");
        let expected = "{\r\n  \"code\": \"NotFound\",\r\n  \"message\": \"Service Ticket 404 not found\"\r\n}";
        assert_eq!((missing.text().as_str(), missing.body().get("errors")), (expected, None));
    }

    #[test]
    fn errors_of_the_json_library_have_a_position() {
        let body = br#"{"conditions":"id>0","page":1,"items":[{"id":"x"}]}"#;
        let error = ApiError::unknown_field("page", "FilterValues").located_in(body);
        assert_eq!(
            error.message,
            "Could not find member 'page' on object of type 'FilterValues'. Path 'page', line 1, position 28.Check your \
             accept header to make sure you are using the correct version."
        );
        let error = ApiError::wrong_type("id", &json!("x"), "System.Int32").inside("items").in_element("items", 0);
        let text = "Error converting value \"x\" to type 'System.Int32'. Path 'items[0].id', line 1, position ";
        assert_eq!((&error.message, error.status.as_u16()), (&format!("{text}1."), 500));
        assert_eq!(error.located_in(body).message, format!("{text}48."));
    }
}

//! Error responses, with the same bodies as those of live servers.

use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};

use crate::http::Response;

/// An error response.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ApiError {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) errors: Vec<FieldError>,
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
        Self { status, code, message: message.into(), errors: Vec::new() }
    }

    /// An error with status 400.
    pub(crate) fn bad(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// An error for a missing record: `Ticket 5 not found`.
    pub(crate) fn not_found(what: &str, id: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "NotFound", format!("{what} {id} not found"))
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
    /// the server's JSON library, with no space before the last sentence. The simulator does not know the line and the
    /// position, so they are always 1.
    pub(crate) fn unknown_field(name: &str, type_name: &str, path: &str) -> Self {
        let message = format!(
            "Could not find member '{name}' on object of type '{type_name}'. Path '{path}', line 1, \
             position 1.Check your accept header to make sure you are using the correct version."
        );
        Self::bad("ConnectWiseApi", message)
    }

    /// An error for a media type that the endpoint does not accept.
    pub(crate) fn media_type(code: &'static str, media_type: &str) -> Self {
        let message = format!("The request entity's media type '{media_type}' is not supported for this resource.");
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, code, message)
    }

    /// Returns the JSON body.
    pub(crate) fn body(&self) -> Value {
        let errors: Vec<Value> =
            self.errors.iter().map(|error| json!({"code": error.code, "message": error.message, "resource": error.resource, "field": error.field})).collect();
        let errors = if errors.is_empty() { Value::Null } else { Value::Array(errors) };
        json!({"code": self.code, "message": self.message, "errors": errors})
    }

    pub(crate) fn response(&self) -> Response {
        // Observed on live servers: error bodies are pretty-printed with CRLF.
        let text = serde_json::to_string_pretty(&self.body()).unwrap_or_default().replace('\n', "\r\n");
        Response::new(self.status, "application/json; charset=utf-8", text)
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
}

/// The response to a request over the rate limit. Observed on live servers: its body has `error` where other error
/// responses have `code`, and the value is spelled `ConnectWiseAPI`.
pub(crate) fn too_many_requests(retry_after: Duration) -> Response {
    let seconds = retry_after.as_secs();
    let body = json!({"error": "ConnectWiseAPI", "message": format!("Too many requests. Please try again in {seconds} seconds.")});
    Response::json(StatusCode::TOO_MANY_REQUESTS, &body).with_header("retry-after", &seconds.to_string())
}

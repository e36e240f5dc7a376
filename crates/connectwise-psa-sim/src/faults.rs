//! Faults that a test injects.

use std::time::Duration;

use http::StatusCode;
use serde_json::{Map, Value};

use crate::api_error::{ApiError, too_many_requests};
use crate::http::{Request, Response};

/// A failure of some of the next requests; see [`Sim::inject`](crate::Sim::inject).
///
/// ```
/// use std::time::Duration;
/// use connectwise_psa_sim::Fault;
///
/// let limited = Fault::next(3).with_429(Duration::from_secs(2));
/// let broken = Fault::next(1).on("GET", "/service/tickets").with_truncated_body();
/// ```
#[derive(Clone, Debug)]
#[must_use = "a fault has no effect until it is passed to `Sim::inject`"]
pub struct Fault {
    /// The number of further requests that it affects.
    remaining: u64,
    /// The number of matching requests that it still lets pass before it affects one.
    skip: u64,
    method: Option<String>,
    path: Option<String>,
    kind: FaultKind,
}

#[derive(Clone, Debug)]
enum FaultKind {
    None,
    Status(StatusCode, String),
    TooManyRequests(Duration),
    Latency(Duration),
    /// The connection is closed without a response, after the request was processed or before.
    Disconnect {
        processed: bool,
    },
    TruncatedBody,
    Html,
    EmptyBody,
    Nulls,
    UnknownEnums,
    ExtraFields,
    UnusualEncodings,
}

/// The effect of a fault on one request.
pub(crate) enum Effect {
    /// Sends this response, and does not process the request.
    Replace(Response),
    /// Waits, then processes the request as usual.
    Delay(Duration),
    /// Closes the connection without a response.
    Disconnect { processed: bool },
    /// Changes the response.
    Modify(fn(Response) -> Response),
}

impl Fault {
    /// Creates a fault that affects the next `requests` matching requests. A `with_…` method sets the failure; without
    /// one, the requests succeed.
    pub fn next(requests: u64) -> Self {
        Self { remaining: requests, skip: 0, method: None, path: None, kind: FaultKind::None }
    }

    /// Limits the fault to requests with this method, and with a path below the base URL that starts with `path`,
    /// such as `/service`. Both ignore case. An empty method matches all methods, an empty path all paths.
    pub fn on(mut self, method: &str, path: &str) -> Self {
        self.method = Some(method.to_owned()).filter(|method| !method.is_empty());
        self.path = Some(path.to_owned());
        self
    }

    /// Lets this number of matching requests pass first. Requests that an earlier injected fault affects do not
    /// count.
    pub fn after(mut self, requests: u64) -> Self {
        self.skip = requests;
        self
    }

    fn with(mut self, kind: FaultKind) -> Self {
        self.kind = kind;
        self
    }

    /// Does not process the request; sends status 429 with this time in `Retry-After`, rounded down to whole seconds.
    pub fn with_429(self, retry_after: Duration) -> Self {
        self.with(FaultKind::TooManyRequests(retry_after))
    }

    /// Does not process the request; sends this status with an error body. A number that is not an HTTP status becomes
    /// 500.
    pub fn with_status(self, status: u16) -> Self {
        self.with(FaultKind::Status(
            StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            "The request could not be processed.".to_owned(),
        ))
    }

    /// Does not process the request; sends status 500 with a message about a timeout. Observed on live servers: they
    /// respond like this when the database is too slow.
    pub fn with_timeout_message(self) -> Self {
        let error = ApiError::timeout();
        self.with(FaultKind::Status(error.status, error.message))
    }

    /// Waits this long before it processes the request. If the client times out during the wait, the request has not
    /// been processed yet. For a processed request without a response, use
    /// [`with_lost_response`](Self::with_lost_response).
    pub fn with_latency(self, latency: Duration) -> Self {
        self.with(FaultKind::Latency(latency))
    }

    /// Closes the connection without processing the request.
    pub fn with_lost_request(self) -> Self {
        self.with(FaultKind::Disconnect { processed: false })
    }

    /// Processes the request, then closes the connection without a response. The client cannot know that the request
    /// was processed.
    pub fn with_lost_response(self) -> Self {
        self.with(FaultKind::Disconnect { processed: true })
    }

    /// Processes the request, then closes the connection in the middle of the response body.
    pub fn with_truncated_body(self) -> Self {
        self.with(FaultKind::TruncatedBody)
    }

    /// Sends an HTML page with status 200, and does not process the request.
    pub fn with_html(self) -> Self {
        self.with(FaultKind::Html)
    }

    /// Processes the request, then sends the response without its body.
    pub fn with_empty_body(self) -> Self {
        self.with(FaultKind::EmptyBody)
    }

    /// Sets every field in the response to null, except `id`, objects and arrays.
    pub fn with_nulls(self) -> Self {
        self.with(FaultKind::Nulls)
    }

    /// Replaces one-word strings such as `High` with `NewInNextRelease`, in fields whose names end with `type`,
    /// `option`, `severity`, `impact` or `status`.
    pub fn with_unknown_enums(self) -> Self {
        self.with(FaultKind::UnknownEnums)
    }

    /// Adds an unknown field to every object of the response.
    pub fn with_extra_fields(self) -> Self {
        self.with(FaultKind::ExtraFields)
    }

    /// Writes whole numbers as `7.0`, and appends invisible characters such as NUL to strings that contain a space.
    /// Observed on live servers: both occur.
    pub fn with_unusual_encodings(self) -> Self {
        self.with(FaultKind::UnusualEncodings)
    }

    fn matches(&self, request: &Request, path: &str) -> bool {
        let starts = |prefix: &String| path.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
        self.method.as_ref().is_none_or(|method| request.method.as_str().eq_ignore_ascii_case(method))
            && self.path.as_ref().is_none_or(starts)
    }
}

/// Returns the effect of the first fault that matches a request and lets no more requests pass. Counts the request for
/// the faults up to this one, and removes the fault if it affects no more requests.
pub(crate) fn take_effect(faults: &mut Vec<Fault>, request: &Request, path: &str) -> Option<Effect> {
    let index = faults.iter_mut().position(|fault| {
        let matches = fault.remaining > 0 && fault.matches(request, path);
        if matches && fault.skip > 0 {
            fault.skip -= 1;
            return false;
        }
        matches
    })?;
    let fault = faults.get_mut(index)?;
    fault.remaining -= 1;
    let effect = effect(&fault.kind);
    faults.retain(|fault| fault.remaining > 0);
    effect
}

fn effect(kind: &FaultKind) -> Option<Effect> {
    Some(match kind {
        FaultKind::None => return None,
        FaultKind::Status(status, message) => {
            Effect::Replace(ApiError::new(*status, "ConnectWiseApi", message.clone()).response())
        }
        FaultKind::TooManyRequests(retry_after) => Effect::Replace(too_many_requests(*retry_after)),
        FaultKind::Latency(latency) => Effect::Delay(*latency),
        FaultKind::Disconnect { processed } => Effect::Disconnect { processed: *processed },
        FaultKind::Html => Effect::Replace(Response::new(
            StatusCode::OK,
            "text/html",
            "<!DOCTYPE html><html><head><title>Log in</title></head><body></body></html>",
        )),
        FaultKind::TruncatedBody => Effect::Modify(|response| Response { is_truncated: true, ..response }),
        FaultKind::EmptyBody => Effect::Modify(|response| Response { body: bytes::Bytes::new(), ..response }),
        FaultKind::Nulls => Effect::Modify(|response| with_changed_body(response, nulls)),
        FaultKind::UnknownEnums => Effect::Modify(|response| with_changed_body(response, unknown_enums)),
        FaultKind::ExtraFields => Effect::Modify(|response| with_changed_body(response, extra_fields)),
        FaultKind::UnusualEncodings => Effect::Modify(|response| with_changed_body(response, unusual_encodings)),
    })
}

fn with_changed_body(mut response: Response, change: fn(Value) -> Value) -> Response {
    if let Ok(value) = serde_json::from_slice(&response.body) {
        response.body = change(value).to_string().into();
    }
    response
}

/// Applies a change to every object in a value.
fn map_objects(value: Value, change: &dyn Fn(Map<String, Value>) -> Map<String, Value>) -> Value {
    match value {
        Value::Array(elements) => elements.into_iter().map(|element| map_objects(element, change)).collect(),
        Value::Object(fields) => {
            Value::Object(change(fields.into_iter().map(|(name, value)| (name, map_objects(value, change))).collect()))
        }
        scalar => scalar,
    }
}

fn nulls(value: Value) -> Value {
    map_objects(value, &|fields| {
        let null = |(name, value): (String, Value)| {
            let keeps = name == "id" || value.is_object() || value.is_array();
            (name, if keeps { value } else { Value::Null })
        };
        fields.into_iter().map(null).collect()
    })
}

fn unknown_enums(value: Value) -> Value {
    map_objects(value, &|fields| {
        let renamed = |(name, value): (String, Value)| {
            let is_word = value.as_str().is_some_and(|text| {
                !text.is_empty()
                    && text.bytes().all(|byte| byte.is_ascii_alphabetic())
                    && text.starts_with(|c: char| c.is_ascii_uppercase())
            });
            let is_enum_field =
                ["Type", "Option", "type", "severity", "impact", "status"].iter().any(|end| name.ends_with(end));
            (name, if is_word && is_enum_field { Value::from("NewInNextRelease") } else { value })
        };
        fields.into_iter().map(renamed).collect()
    })
}

fn unusual_encodings(value: Value) -> Value {
    map_objects(value, &|fields| {
        let odd = |(name, value): (String, Value)| {
            let value = match value {
                // Exact up to 2^53, which no id reaches.
                Value::Number(number) if number.is_i64() => number.as_f64().map_or(Value::Null, Value::from),
                // A string with a space is not a date, a link or an enum value.
                Value::String(text) if text.contains(' ') => Value::from(format!("{}\u{200b}\0", text)),
                value => value,
            };
            (name, value)
        };
        fields.into_iter().map(odd).collect()
    })
}

fn extra_fields(value: Value) -> Value {
    map_objects(value, &|mut fields| {
        fields.insert("newInNextRelease".to_owned(), serde_json::json!({"a": [1, null]}));
        fields
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http::{HeaderMap, Method};
    use serde_json::json;

    #[test]
    fn faults_affect_only_matching_requests() {
        let mut faults =
            vec![Fault::next(1).on("get", "/Service").after(1).with_status(503), Fault::next(2).with_html()];
        let request = |method: Method| Request::new(method, "/x", HeaderMap::new(), Bytes::new());
        let mut applied = |method: Method, path: &str| match take_effect(&mut faults, &request(method), path) {
            Some(Effect::Replace(response)) => response.status.as_u16(),
            // No fault.
            _ => 0,
        };
        // The first fault lets one matching request pass, so the second fault affects this one, with an HTML page.
        assert_eq!(applied(Method::GET, "/service/tickets"), 200);
        // The first fault does not match; the second one affects its second and last request.
        assert_eq!(applied(Method::POST, "/service/tickets"), 200);
        assert_eq!(applied(Method::POST, "/service/tickets"), 0);
        // The first fault affects its only request.
        assert_eq!(applied(Method::GET, "/service/tickets"), 503);
        assert_eq!(applied(Method::GET, "/service/tickets"), 0);
    }

    #[test]
    fn faults_change_the_fields_of_json_responses() {
        let response = || {
            Response::ok(
                &json!([{"id": 1, "summary": "x", "recordType": "ServiceTicket", "board": {"id": 2, "name": "b"}}]),
            )
        };
        for (kind, expected) in [
            (
                FaultKind::Nulls,
                json!([{"id": 1, "summary": null, "recordType": null, "board": {"id": 2, "name": null}}]),
            ),
            (
                FaultKind::UnknownEnums,
                json!([{"id": 1, "summary": "x", "recordType": "NewInNextRelease", "board": {"id": 2, "name": "b"}}]),
            ),
            (
                FaultKind::UnusualEncodings,
                json!([{"id": 1.0, "summary": "x", "recordType": "ServiceTicket", "board": {"id": 2.0, "name": "b"}}]),
            ),
        ] {
            let Some(Effect::Modify(change)) = effect(&kind) else { panic!("{kind:?}") };
            assert_eq!(serde_json::from_slice::<Value>(&change(response()).body).unwrap(), expected);
        }
        let Some(Effect::Modify(change)) = effect(&FaultKind::ExtraFields) else { panic!() };
        // The ticket and its board.
        assert!(String::from_utf8_lossy(&change(response()).body).matches("newInNextRelease").count() == 2);
        assert_eq!(
            unusual_encodings(json!({"summary": "x y", "hours": 1.5})),
            json!({"summary": "x y\u{200b}\0", "hours": 1.5})
        );
    }
}

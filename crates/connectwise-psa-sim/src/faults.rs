//! Faults on demand: what servers do wrong now and then, as values.

use std::time::Duration;

use http::StatusCode;
use serde_json::{Map, Value};

use crate::api_error::{ApiError, too_many_requests};
use crate::http::{Request, Response};

/// Something that goes wrong with some of the coming requests; given to [`Sim::inject`](crate::Sim::inject).
///
/// ```
/// use std::time::Duration;
/// use connectwise_psa_sim::Fault;
///
/// let limited = Fault::next(3).with_429(Duration::from_secs(2));
/// let broken = Fault::next(1).on("GET", "/service/tickets").with_truncated_body();
/// ```
#[derive(Clone, Debug)]
#[must_use = "a fault does nothing until a simulator has it"]
pub struct Fault {
    left: u64,
    skip: u64,
    method: Option<String>,
    path: Option<String>,
    kind: FaultKind,
}

#[derive(Clone, Debug)]
enum FaultKind {
    Nothing,
    Status(StatusCode, String),
    TooMany(Duration),
    Latency(Duration),
    /// The connection ends before any answer; the request is carried out or not.
    Disconnect {
        carried_out: bool,
    },
    TruncatedBody,
    Html,
    EmptyBody,
    Nulls,
    UnknownEnums,
    ExtraMembers,
    UnusualEncodings,
}

/// FaultKind a fault does to one request.
pub(crate) enum Effect {
    /// This answer, and nothing is done.
    Instead(Response),
    /// A wait, and then as usual.
    Wait(Duration),
    /// No answer at all.
    Disconnect { carried_out: bool },
    /// The answer, changed.
    Change(fn(Response) -> Response),
}

impl Fault {
    /// A fault of the next so many requests. It does nothing until a `with_…` method says what goes wrong.
    pub fn next(requests: u64) -> Self {
        Self { left: requests, skip: 0, method: None, path: None, kind: FaultKind::Nothing }
    }

    /// Only requests of this method whose path under the API base begins so, in any letter case. An empty method is
    /// any.
    pub fn on(mut self, method: &str, path: &str) -> Self {
        self.method = Some(method.to_owned()).filter(|method| !method.is_empty());
        self.path = Some(path.to_owned());
        self
    }

    /// Begins after so many requests have passed.
    pub fn after(mut self, requests: u64) -> Self {
        self.skip = requests;
        self
    }

    fn with(mut self, kind: FaultKind) -> Self {
        self.kind = kind;
        self
    }

    /// The server is asked too much: 429, with so long to wait.
    pub fn with_429(self, retry_after: Duration) -> Self {
        self.with(FaultKind::TooMany(retry_after))
    }

    /// Another status, with an error body of its kind. A number that is no status becomes 500.
    pub fn with_status(self, status: u16) -> Self {
        self.with(FaultKind::Status(
            StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            "The request could not be processed.".to_owned(),
        ))
    }

    /// facts: a 500 that says in words that the database took too long.
    pub fn with_timeout_message(self) -> Self {
        self.with(FaultKind::Status(
            StatusCode::INTERNAL_SERVER_ERROR,
            "A timeout has occured. Please try again.".to_owned(),
        ))
    }

    /// The answer comes so much later.
    pub fn with_latency(self, latency: Duration) -> Self {
        self.with(FaultKind::Latency(latency))
    }

    /// The connection is closed before the request is carried out.
    pub fn with_lost_request(self) -> Self {
        self.with(FaultKind::Disconnect { carried_out: false })
    }

    /// The request is carried out, and the connection closed before the answer: nobody who waits for it can tell.
    pub fn with_lost_response(self) -> Self {
        self.with(FaultKind::Disconnect { carried_out: true })
    }

    /// The connection is closed in the middle of the answer's body.
    pub fn with_truncated_body(self) -> Self {
        self.with(FaultKind::TruncatedBody)
    }

    /// A page of a web site comes back as a success.
    pub fn with_html(self) -> Self {
        self.with(FaultKind::Html)
    }

    /// A success without a body.
    pub fn with_empty_body(self) -> Self {
        self.with(FaultKind::EmptyBody)
    }

    /// Every member that is a value becomes null, but for ids.
    pub fn with_nulls(self) -> Self {
        self.with(FaultKind::Nulls)
    }

    /// Texts that look like values of enums become values that no document lists.
    pub fn with_unknown_enums(self) -> Self {
        self.with(FaultKind::UnknownEnums)
    }

    /// Every object has a member that no document lists.
    pub fn with_extra_members(self) -> Self {
        self.with(FaultKind::ExtraMembers)
    }

    /// Values come in the forms that servers have been seen to use at times: whole numbers as `7.0`, texts with
    /// characters that nobody sees, NUL among them.
    pub fn with_unusual_encodings(self) -> Self {
        self.with(FaultKind::UnusualEncodings)
    }

    fn fits(&self, request: &Request, path: &str) -> bool {
        let starts = |prefix: &String| path.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
        self.method.as_ref().is_none_or(|method| request.method.as_str().eq_ignore_ascii_case(method))
            && self.path.as_ref().is_none_or(starts)
    }
}

/// FaultKind the first fault that fits does to a request; faults that are used up go.
pub(crate) fn apply_fault(faults: &mut Vec<Fault>, request: &Request, path: &str) -> Option<Effect> {
    let at = faults.iter_mut().position(|fault| {
        let fits = fault.left > 0 && fault.fits(request, path);
        if fits && fault.skip > 0 {
            fault.skip -= 1;
            return false;
        }
        fits
    })?;
    let fault = faults.get_mut(at)?;
    fault.left -= 1;
    let effect = effect(&fault.kind);
    faults.retain(|fault| fault.left > 0);
    effect
}

fn effect(kind: &FaultKind) -> Option<Effect> {
    Some(match kind {
        FaultKind::Nothing => return None,
        FaultKind::Status(status, message) => {
            Effect::Instead(ApiError::new(*status, "ConnectWiseApi", message.clone()).response())
        }
        FaultKind::TooMany(retry_after) => Effect::Instead(too_many_requests(*retry_after)),
        FaultKind::Latency(latency) => Effect::Wait(*latency),
        FaultKind::Disconnect { carried_out } => Effect::Disconnect { carried_out: *carried_out },
        FaultKind::Html => Effect::Instead(Response::new(
            StatusCode::OK,
            "text/html",
            "<!DOCTYPE html><html><head><title>Log in</title></head><body></body></html>",
        )),
        FaultKind::TruncatedBody => Effect::Change(|response| Response { is_truncated: true, ..response }),
        FaultKind::EmptyBody => Effect::Change(|response| Response { body: bytes::Bytes::new(), ..response }),
        FaultKind::Nulls => Effect::Change(|response| changed(response, nulls)),
        FaultKind::UnknownEnums => Effect::Change(|response| changed(response, unknown_enums)),
        FaultKind::ExtraMembers => Effect::Change(|response| changed(response, extra_members)),
        FaultKind::UnusualEncodings => Effect::Change(|response| changed(response, unusual_encodings)),
    })
}

fn changed(mut response: Response, change: fn(Value) -> Value) -> Response {
    if let Ok(value) = serde_json::from_slice(&response.body) {
        response.body = change(value).to_string().into();
    }
    response
}

/// Applies a change to the members of every object.
fn each_object(value: Value, change: &dyn Fn(Map<String, Value>) -> Map<String, Value>) -> Value {
    match value {
        Value::Array(elements) => elements.into_iter().map(|element| each_object(element, change)).collect(),
        Value::Object(members) => {
            Value::Object(change(members.into_iter().map(|(name, value)| (name, each_object(value, change))).collect()))
        }
        scalar => scalar,
    }
}

fn nulls(value: Value) -> Value {
    each_object(value, &|members| {
        let null = |(name, value): (String, Value)| {
            let keeps = name == "id" || value.is_object() || value.is_array();
            (name, if keeps { value } else { Value::Null })
        };
        members.into_iter().map(null).collect()
    })
}

fn unknown_enums(value: Value) -> Value {
    each_object(value, &|members| {
        let renamed = |(name, value): (String, Value)| {
            let is_word = value.as_str().is_some_and(|text| {
                !text.is_empty()
                    && text.bytes().all(|byte| byte.is_ascii_alphabetic())
                    && text.starts_with(|c: char| c.is_ascii_uppercase())
            });
            let named =
                ["Type", "Option", "type", "severity", "impact", "status"].iter().any(|end| name.ends_with(end));
            (name, if is_word && named { Value::from("NewInNextRelease") } else { value })
        };
        members.into_iter().map(renamed).collect()
    })
}

fn unusual_encodings(value: Value) -> Value {
    each_object(value, &|members| {
        let odd = |(name, value): (String, Value)| {
            let value = match value {
                // Ids lie far below 2^52.
                Value::Number(number) if number.is_i64() => number.as_f64().map_or(Value::Null, Value::from),
                // A text of several words: neither a date, nor a link, nor a value of an enum.
                Value::String(text) if text.contains(' ') => Value::from(format!("{}\u{200b}\0", text)),
                value => value,
            };
            (name, value)
        };
        members.into_iter().map(odd).collect()
    })
}

fn extra_members(value: Value) -> Value {
    each_object(value, &|mut members| {
        members.insert("newInNextRelease".to_owned(), serde_json::json!({"a": [1, null]}));
        members
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http::{HeaderMap, Method};
    use serde_json::json;

    #[test]
    fn faults_strike_the_requests_they_are_for() {
        let mut faults =
            vec![Fault::next(1).on("get", "/Service").after(1).with_status(503), Fault::next(2).with_html()];
        let request = |method: Method| Request::new(method, "/x", HeaderMap::new(), Bytes::new());
        let mut applied = |method: Method, path: &str| match apply_fault(&mut faults, &request(method), path) {
            Some(Effect::Instead(response)) => response.status.as_u16(),
            _ => 0,
        };
        assert_eq!(applied(Method::GET, "/service/tickets"), 200);
        assert_eq!(applied(Method::POST, "/service/tickets"), 200);
        assert_eq!(applied(Method::POST, "/service/tickets"), 0);
        assert_eq!(applied(Method::GET, "/service/tickets"), 503);
        assert_eq!(applied(Method::GET, "/service/tickets"), 0);
    }

    #[test]
    fn answers_are_changed_and_stay_json() {
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
            let Some(Effect::Change(change)) = effect(&kind) else { panic!("{kind:?}") };
            assert_eq!(serde_json::from_slice::<Value>(&change(response()).body).unwrap(), expected);
        }
        let Some(Effect::Change(change)) = effect(&FaultKind::ExtraMembers) else { panic!() };
        assert!(String::from_utf8_lossy(&change(response()).body).matches("newInNextRelease").count() == 2);
        assert_eq!(
            unusual_encodings(json!({"summary": "x y", "hours": 1.5})),
            json!({"summary": "x y\u{200b}\0", "hours": 1.5})
        );
    }
}

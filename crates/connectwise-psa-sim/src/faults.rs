//! Faults on demand: what servers do wrong now and then, as values.

use std::time::Duration;

use http::StatusCode;
use serde_json::{Map, Value};

use crate::exchange::{Answer, Asked};
use crate::gate::too_many;
use crate::problem::Problem;

/// Something that goes wrong with some of the coming requests; given to [`Sim::fail`](crate::Sim::fail).
///
/// ```
/// use std::time::Duration;
/// use connectwise_psa_sim::next;
///
/// let limited = next(3).with_429(Duration::from_secs(2));
/// let broken = next(1).on("GET", "/service/tickets").with_cut();
/// ```
#[derive(Clone, Debug)]
#[must_use = "a fault does nothing until a simulator has it"]
pub struct Fault {
    left: u64,
    skip: u64,
    method: Option<String>,
    path: Option<String>,
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    Nothing,
    Status(StatusCode, String),
    TooMany(Duration),
    Latency(Duration),
    /// The connection ends before any answer; the request is carried out or not.
    Drop {
        carried_out: bool,
    },
    Cut,
    Html,
    Blank,
    Nulls,
    UnknownEnums,
    ExtraMembers,
    OddForms,
}

/// What a fault does to one request.
pub(crate) enum Effect {
    /// This answer, and nothing is done.
    Instead(Answer),
    /// A wait, and then as usual.
    Wait(Duration),
    /// No answer at all.
    Drop { carried_out: bool },
    /// The answer, changed.
    Change(fn(Answer) -> Answer),
}

/// A fault of the next so many requests.
pub fn next(requests: u64) -> Fault {
    Fault { left: requests, skip: 0, method: None, path: None, what: What::Nothing }
}

impl Fault {
    /// Only requests of this method whose path under the API base begins so, in any letter case. An empty method is any.
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

    fn with(mut self, what: What) -> Self {
        self.what = what;
        self
    }

    /// The server is asked too much: 429, with so long to wait.
    pub fn with_429(self, retry_after: Duration) -> Self {
        self.with(What::TooMany(retry_after))
    }

    /// Another status, with an error body of its kind. A number that is no status becomes 500.
    pub fn with_status(self, status: u16) -> Self {
        self.with(What::Status(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), "The request could not be processed.".to_owned()))
    }

    /// facts: a 500 that says in words that the database took too long.
    pub fn with_timeout_text(self) -> Self {
        self.with(What::Status(StatusCode::INTERNAL_SERVER_ERROR, "A timeout has occured. Please try again.".to_owned()))
    }

    /// The answer comes so much later.
    pub fn with_latency(self, latency: Duration) -> Self {
        self.with(What::Latency(latency))
    }

    /// The connection is closed before the request is carried out.
    pub fn with_lost_request(self) -> Self {
        self.with(What::Drop { carried_out: false })
    }

    /// The request is carried out, and the connection closed before the answer: nobody who waits for it can tell.
    pub fn with_lost_answer(self) -> Self {
        self.with(What::Drop { carried_out: true })
    }

    /// The connection is closed in the middle of the answer's body.
    pub fn with_cut(self) -> Self {
        self.with(What::Cut)
    }

    /// A page of a web site comes back as a success.
    pub fn with_html(self) -> Self {
        self.with(What::Html)
    }

    /// A success without a body.
    pub fn with_blank(self) -> Self {
        self.with(What::Blank)
    }

    /// Every member that is a value becomes null, but for ids.
    pub fn with_nulls(self) -> Self {
        self.with(What::Nulls)
    }

    /// Texts that look like values of enums become values that no document lists.
    pub fn with_unknown_enums(self) -> Self {
        self.with(What::UnknownEnums)
    }

    /// Every object has a member that no document lists.
    pub fn with_extra_members(self) -> Self {
        self.with(What::ExtraMembers)
    }

    /// Values come in the forms that servers have been seen to use at times: whole numbers as `7.0`, texts with characters that nobody sees, NUL among them.
    pub fn with_odd_forms(self) -> Self {
        self.with(What::OddForms)
    }

    fn fits(&self, asked: &Asked, path: &str) -> bool {
        let starts = |prefix: &String| path.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
        self.method.as_ref().is_none_or(|method| asked.method.as_str().eq_ignore_ascii_case(method)) && self.path.as_ref().is_none_or(starts)
    }
}

/// What the first fault that fits does to a request; faults that are used up go.
pub(crate) fn strike(faults: &mut Vec<Fault>, asked: &Asked, path: &str) -> Option<Effect> {
    let at = faults.iter_mut().position(|fault| {
        let fits = fault.left > 0 && fault.fits(asked, path);
        if fits && fault.skip > 0 {
            fault.skip -= 1;
            return false;
        }
        fits
    })?;
    let fault = faults.get_mut(at)?;
    fault.left -= 1;
    let effect = effect(&fault.what);
    faults.retain(|fault| fault.left > 0);
    effect
}

fn effect(what: &What) -> Option<Effect> {
    Some(match what {
        What::Nothing => return None,
        What::Status(status, message) => Effect::Instead(Problem::new(*status, "ConnectWiseApi", message.clone()).answer()),
        What::TooMany(retry_after) => Effect::Instead(too_many(*retry_after)),
        What::Latency(latency) => Effect::Wait(*latency),
        What::Drop { carried_out } => Effect::Drop { carried_out: *carried_out },
        What::Html => Effect::Instead(Answer::new(StatusCode::OK, "text/html", "<!DOCTYPE html><html><head><title>Log in</title></head><body></body></html>")),
        What::Cut => Effect::Change(|answer| Answer { cut: true, ..answer }),
        What::Blank => Effect::Change(|answer| Answer { body: bytes::Bytes::new(), ..answer }),
        What::Nulls => Effect::Change(|answer| changed(answer, nulls)),
        What::UnknownEnums => Effect::Change(|answer| changed(answer, unknown_enums)),
        What::ExtraMembers => Effect::Change(|answer| changed(answer, extra_members)),
        What::OddForms => Effect::Change(|answer| changed(answer, odd_forms)),
    })
}

fn changed(mut answer: Answer, change: fn(Value) -> Value) -> Answer {
    if let Ok(value) = serde_json::from_slice(&answer.body) {
        answer.body = change(value).to_string().into();
    }
    answer
}

/// Applies a change to the members of every object.
fn each_object(value: Value, change: &dyn Fn(Map<String, Value>) -> Map<String, Value>) -> Value {
    match value {
        Value::Array(elements) => elements.into_iter().map(|element| each_object(element, change)).collect(),
        Value::Object(members) => Value::Object(change(members.into_iter().map(|(name, value)| (name, each_object(value, change))).collect())),
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
                !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphabetic()) && text.starts_with(|c: char| c.is_ascii_uppercase())
            });
            let named = ["Type", "Option", "type", "severity", "impact", "status"].iter().any(|end| name.ends_with(end));
            (name, if is_word && named { Value::from("NewInNextRelease") } else { value })
        };
        members.into_iter().map(renamed).collect()
    })
}

fn odd_forms(value: Value) -> Value {
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
        let mut faults = vec![next(1).on("get", "/Service").after(1).with_status(503), next(2).with_html()];
        let asked = |method: Method| Asked::new(method, "/x", HeaderMap::new(), Bytes::new());
        let mut strike = |method: Method, path: &str| match strike(&mut faults, &asked(method), path) {
            Some(Effect::Instead(answer)) => answer.status.as_u16(),
            _ => 0,
        };
        assert_eq!(strike(Method::GET, "/service/tickets"), 200);
        assert_eq!(strike(Method::POST, "/service/tickets"), 200);
        assert_eq!(strike(Method::POST, "/service/tickets"), 0);
        assert_eq!(strike(Method::GET, "/service/tickets"), 503);
        assert_eq!(strike(Method::GET, "/service/tickets"), 0);
    }

    #[test]
    fn answers_are_changed_and_stay_json() {
        let answer = || Answer::ok(&json!([{"id": 1, "summary": "x", "recordType": "ServiceTicket", "board": {"id": 2, "name": "b"}}]));
        for (what, expected) in [
            (What::Nulls, json!([{"id": 1, "summary": null, "recordType": null, "board": {"id": 2, "name": null}}])),
            (What::UnknownEnums, json!([{"id": 1, "summary": "x", "recordType": "NewInNextRelease", "board": {"id": 2, "name": "b"}}])),
            (What::OddForms, json!([{"id": 1.0, "summary": "x", "recordType": "ServiceTicket", "board": {"id": 2.0, "name": "b"}}])),
        ] {
            let Some(Effect::Change(change)) = effect(&what) else { panic!("{what:?}") };
            assert_eq!(serde_json::from_slice::<Value>(&change(answer()).body).unwrap(), expected);
        }
        let Some(Effect::Change(change)) = effect(&What::ExtraMembers) else { panic!() };
        assert!(String::from_utf8_lossy(&change(answer()).body).matches("newInNextRelease").count() == 2);
        assert_eq!(odd_forms(json!({"summary": "x y", "hours": 1.5})), json!({"summary": "x y\u{200b}\0", "hours": 1.5}));
    }
}

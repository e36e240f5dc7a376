//! Reads faults from a JSON file.

use connectwise_psa::Method;
use serde_json::{Map, Value};

use crate::faults::Fault;

/// The allowed values of `with`, for error messages.
const WITH_VALUES: &str = r#"{"status": 503}, {"429": "2s"}, {"latency": "1s"}, "truncated-body", "html", "empty-body", "nulls", "unknown-enums", "extra-fields", "unusual-encodings", "lost-request", "lost-response" or "timeout-message""#;

/// The fields of an entry, for error messages.
const FIELDS: &str = r#""next", "method", "path", "after" and "with""#;

/// Parses a list of faults.
///
/// # Errors
///
/// The first invalid entry, what is wrong with it, and what is allowed.
pub(crate) fn read(text: &str) -> Result<Vec<Fault>, String> {
    let value: Value = serde_json::from_str(text).map_err(|error| format!("the file is not valid JSON: {error}"))?;
    let Value::Array(entries) = value else {
        return Err(format!(
            r#"the file is not a JSON array of faults such as [{{"next": 3, "method": "GET", "path": "/service", "with": {{"status": 503}}}}, …]; "with" can be {WITH_VALUES}"#
        ));
    };
    let numbered = entries.iter().zip(1..);
    numbered.map(|(entry, number)| fault(entry).map_err(|why| format!("entry {number} of the file: {why}"))).collect()
}

fn fault(entry: &Value) -> Result<Fault, String> {
    let entry = entry.as_object().ok_or_else(|| format!("{entry} is not an object with {FIELDS}"))?;
    if let Some(unknown) =
        entry.keys().find(|name| !["next", "method", "path", "after", "with"].contains(&name.as_str()))
    {
        return Err(format!("unknown field {unknown:?}; the fields are {FIELDS}"));
    }
    let requests = count(entry, "next", 1)?;
    if requests == 0 {
        return Err(r#""next" is 0; it must be the number of requests to affect, at least 1"#.to_owned());
    }
    let method = match string(entry, "method")? {
        Some(method) if !Method::ALL.iter().any(|known| known.as_str().eq_ignore_ascii_case(method)) => {
            return Err(format!(
                r#""method" is {method:?}; it must be one of {}"#,
                Method::ALL.map(Method::as_str).join(", ")
            ));
        }
        method => method.unwrap_or_default(),
    };
    let path = match string(entry, "path")? {
        Some(path) if !path.starts_with('/') => {
            return Err(format!(
                r#""path" is {path:?}; it must be the start of a path below the base URL, such as "/service""#
            ));
        }
        Some(path) if path.to_ascii_lowercase().contains("/apis/3.0") => {
            return Err(format!(r#""path" is {path:?}; write it without the base URL, as in "/service""#));
        }
        path => path.unwrap_or_default(),
    };
    let fault = Fault::next(requests).on(method, path).after(count(entry, "after", 0)?);
    let failure = entry.get("with").ok_or_else(|| format!(r#""with" is missing; it can be {WITH_VALUES}"#))?;
    with(fault, failure)
}

fn count(entry: &Map<String, Value>, name: &str, otherwise: u64) -> Result<u64, String> {
    match entry.get(name) {
        None => Ok(otherwise),
        Some(value) => {
            value.as_u64().ok_or_else(|| format!("{name:?} is {value}; it must be a whole number of requests"))
        }
    }
}

fn string<'a>(entry: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, String> {
    match entry.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(other) => Err(format!("{name:?} is {other}; it must be a string")),
    }
}

fn with(fault: Fault, failure: &Value) -> Result<Fault, String> {
    let invalid = || format!(r#""with" is {failure}; it can be {WITH_VALUES}"#);
    if let Some(name) = failure.as_str() {
        return Ok(match name {
            "truncated-body" => fault.with_truncated_body(),
            "html" => fault.with_html(),
            "empty-body" => fault.with_empty_body(),
            "nulls" => fault.with_nulls(),
            "unknown-enums" => fault.with_unknown_enums(),
            "extra-fields" => fault.with_extra_fields(),
            "unusual-encodings" => fault.with_unusual_encodings(),
            "lost-request" => fault.with_lost_request(),
            "lost-response" => fault.with_lost_response(),
            "timeout-message" => fault.with_timeout_message(),
            _ => return Err(invalid()),
        });
    }
    let fields = failure.as_object().filter(|fields| fields.len() == 1).ok_or_else(invalid)?;
    let (name, value) = fields.iter().next().ok_or_else(invalid)?;
    let time = || {
        let text = value
            .as_str()
            .ok_or_else(|| format!("{name:?} is {value}; it must be a time such as \"2s\" or \"50ms\""))?;
        humantime::parse_duration(text)
            .map_err(|error| format!("{name:?} is {value}; it must be a time such as \"2s\" or \"50ms\": {error}"))
    };
    match name.as_str() {
        "429" => Ok(fault.with_429(time()?)),
        "latency" => Ok(fault.with_latency(time()?)),
        "status" => {
            let status = value
                .as_u64()
                .and_then(|status| u16::try_from(status).ok())
                .filter(|status| (200..600).contains(status));
            status
                .map(|status| fault.with_status(status))
                .ok_or_else(|| format!(r#""status" is {value}; it must be a number from 200 to 599"#))
        }
        _ => Err(invalid()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_parsed() {
        let faults = r#"[{"with": {"status": 503}}, {"with": {"429": "2s"}}, {"with": {"latency": "1s"}}, {"with": "truncated-body"}, {"with": "html"}, {"with": "empty-body"},
            {"with": "nulls"}, {"with": "unknown-enums"}, {"with": "extra-fields"}, {"with": "unusual-encodings"}, {"with": "lost-request"}, {"with": "lost-response"},
            {"next": 3, "method": "get", "path": "/service", "after": 1, "with": "timeout-message"}]"#;
        assert_eq!(read(faults).unwrap().len(), 13);
        assert!(read("[]").unwrap().is_empty());
    }

    #[test]
    fn invalid_entries_are_reported_with_the_allowed_values() {
        for (text, expected) in [
            ("{", "the file is not valid JSON"),
            ("{}", "the file is not a JSON array of faults"),
            (r#"[{"with": "truncated-body"}, 1]"#, r#"entry 2 of the file: 1 is not an object with "next", "method""#),
            (
                r#"[{"with": "truncated-body"}, {}]"#,
                r#"entry 2 of the file: "with" is missing; it can be {"status": 503}, {"429""#,
            ),
            (r#"[{"with": "cat"}]"#, r#"entry 1 of the file: "with" is "cat"; it can be {"status": 503}"#),
            (r#"[{"with": {"truncated-body": 1}}]"#, r#""with" is {"truncated-body":1}; it can be"#),
            (r#"[{"with": {"status": 503, "latency": "1s"}}]"#, "it can be"),
            (r#"[{"with": {"status": 99}}]"#, r#""status" is 99; it must be a number from 200 to 599"#),
            (r#"[{"with": {"429": 2}}]"#, r#""429" is 2; it must be a time such as "2s""#),
            (r#"[{"with": {"latency": "2"}}]"#, r#""latency" is "2"; it must be a time such as "2s""#),
            (r#"[{"with": "truncated-body", "on": 1}]"#, r#"unknown field "on"; the fields are "next""#),
            (r#"[{"with": "truncated-body", "next": 0}]"#, r#""next" is 0"#),
            (r#"[{"with": "truncated-body", "after": -1}]"#, r#""after" is -1; it must be a whole number of requests"#),
            (
                r#"[{"with": "truncated-body", "method": "FETCH"}]"#,
                r#""method" is "FETCH"; it must be one of GET, POST"#,
            ),
            (r#"[{"with": "truncated-body", "path": "service"}]"#, r#""path" is "service"; it must be the start"#),
            (
                r#"[{"with": "truncated-body", "path": "/v4_6_release/apis/3.0/service"}]"#,
                r#"write it without the base URL"#,
            ),
            (r#"[{"with": "truncated-body", "path": 1}]"#, r#""path" is 1; it must be a string"#),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}

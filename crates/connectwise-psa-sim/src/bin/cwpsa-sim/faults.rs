//! Faults from a file: a JSON list of what goes wrong with which requests.

use connectwise_psa::Method;
use connectwise_psa_sim::Fault;
use serde_json::{Map, Value};

/// What an entry can do, for those who wrote something else.
const ALLOWED: &str = r#"{"status": 503}, {"429": "2s"}, {"latency": "1s"}, "truncated-body", "html", "empty-body", "nulls", "unknown-enums", "extra-members", "unusual-encodings", "lost-request", "lost-response" or "timeout-message""#;

/// The members of an entry.
const MEMBERS: &str = r#""next", "method", "path", "after" and "with""#;

/// Reads a list of faults.
///
/// # Errors
///
/// What is wrong with which entry, and what is allowed there.
pub(crate) fn read(text: &str) -> Result<Vec<Fault>, String> {
    let value: Value = serde_json::from_str(text).map_err(|error| format!("the file is no JSON: {error}"))?;
    let Value::Array(entries) = value else {
        return Err(format!(
            r#"the file is no list of faults: [{{"next": 3, "method": "GET", "path": "/service", "with": {{"status": 503}}}}, …]; "with" is {ALLOWED}"#
        ));
    };
    let numbered = entries.iter().zip(1..);
    numbered.map(|(entry, number)| fault(entry).map_err(|why| format!("entry {number} of the file: {why}"))).collect()
}

fn fault(entry: &Value) -> Result<Fault, String> {
    let entry = entry.as_object().ok_or_else(|| format!("{entry} is no object with {MEMBERS}"))?;
    if let Some(unknown) =
        entry.keys().find(|name| !["next", "method", "path", "after", "with"].contains(&name.as_str()))
    {
        return Err(format!("{unknown:?} is unknown; there are {MEMBERS}"));
    }
    let requests = count(entry, "next", 1)?;
    if requests == 0 {
        return Err(r#""next" is 0; it is the number of requests that meet the fault"#.to_owned());
    }
    let method = match text(entry, "method")? {
        Some(method) if !Method::ALL.iter().any(|known| known.as_str().eq_ignore_ascii_case(method)) => {
            return Err(format!(r#""method" is {method:?}; it can be {}"#, Method::ALL.map(Method::as_str).join(", ")));
        }
        method => method.unwrap_or_default(),
    };
    let path = match text(entry, "path")? {
        Some(path) if !path.starts_with('/') => {
            return Err(format!(
                r#""path" is {path:?}; it is the beginning of a path under the API's base, like "/service""#
            ));
        }
        Some(path) if path.to_ascii_lowercase().contains("/apis/3.0") => {
            return Err(format!(r#""path" is {path:?}; it begins behind the API's base, like "/service""#));
        }
        path => path.unwrap_or_default(),
    };
    let fault = Fault::next(requests).on(method, path).after(count(entry, "after", 0)?);
    let what = entry.get("with").ok_or_else(|| format!(r#""with" is missing; it can be {ALLOWED}"#))?;
    with(fault, what)
}

fn count(entry: &Map<String, Value>, name: &str, otherwise: u64) -> Result<u64, String> {
    match entry.get(name) {
        None => Ok(otherwise),
        Some(value) => value.as_u64().ok_or_else(|| format!("{name:?} is {value}; it is a number of requests")),
    }
}

fn text<'a>(entry: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, String> {
    match entry.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(other) => Err(format!("{name:?} is {other}; it is a text")),
    }
}

fn with(fault: Fault, what: &Value) -> Result<Fault, String> {
    let refused = || format!(r#""with" is {what}; it can be {ALLOWED}"#);
    if let Some(name) = what.as_str() {
        return Ok(match name {
            "truncated-body" => fault.with_truncated_body(),
            "html" => fault.with_html(),
            "empty-body" => fault.with_empty_body(),
            "nulls" => fault.with_nulls(),
            "unknown-enums" => fault.with_unknown_enums(),
            "extra-members" => fault.with_extra_members(),
            "unusual-encodings" => fault.with_unusual_encodings(),
            "lost-request" => fault.with_lost_request(),
            "lost-response" => fault.with_lost_response(),
            "timeout-message" => fault.with_timeout_message(),
            _ => return Err(refused()),
        });
    }
    let members = what.as_object().filter(|members| members.len() == 1).ok_or_else(refused)?;
    let (name, value) = members.iter().next().ok_or_else(refused)?;
    let time = || {
        let text =
            value.as_str().ok_or_else(|| format!("{name:?} is {value}; it is a time like \"2s\" or \"50ms\""))?;
        humantime::parse_duration(text)
            .map_err(|error| format!("{name:?} is {value}; it is a time like \"2s\" or \"50ms\": {error}"))
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
                .ok_or_else(|| format!(r#""status" is {value}; it is a number from 200 to 599"#))
        }
        _ => Err(refused()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_read() {
        let kinds = r#"[{"with": {"status": 503}}, {"with": {"429": "2s"}}, {"with": {"latency": "1s"}}, {"with": "truncated-body"}, {"with": "html"}, {"with": "empty-body"},
            {"with": "nulls"}, {"with": "unknown-enums"}, {"with": "extra-members"}, {"with": "unusual-encodings"}, {"with": "lost-request"}, {"with": "lost-response"},
            {"next": 3, "method": "get", "path": "/service", "after": 1, "with": "timeout-message"}]"#;
        assert_eq!(read(kinds).unwrap().len(), 13);
        assert!(read("[]").unwrap().is_empty());
    }

    #[test]
    fn wrong_entries_are_named_with_what_is_allowed() {
        for (text, expected) in [
            ("{", "the file is no JSON"),
            ("{}", "the file is no list of faults"),
            (r#"[{"with": "truncated-body"}, 1]"#, r#"entry 2 of the file: 1 is no object with "next", "method""#),
            (
                r#"[{"with": "truncated-body"}, {}]"#,
                r#"entry 2 of the file: "with" is missing; it can be {"status": 503}, {"429""#,
            ),
            (r#"[{"with": "cat"}]"#, r#"entry 1 of the file: "with" is "cat"; it can be {"status": 503}"#),
            (r#"[{"with": {"truncated-body": 1}}]"#, r#""with" is {"truncated-body":1}; it can be"#),
            (r#"[{"with": {"status": 503, "latency": "1s"}}]"#, "it can be"),
            (r#"[{"with": {"status": 99}}]"#, r#""status" is 99; it is a number from 200 to 599"#),
            (r#"[{"with": {"429": 2}}]"#, r#""429" is 2; it is a time like "2s""#),
            (r#"[{"with": {"latency": "2"}}]"#, r#""latency" is "2"; it is a time like "2s""#),
            (r#"[{"with": "truncated-body", "on": 1}]"#, r#""on" is unknown; there are "next""#),
            (r#"[{"with": "truncated-body", "next": 0}]"#, r#""next" is 0"#),
            (r#"[{"with": "truncated-body", "after": -1}]"#, r#""after" is -1; it is a number of requests"#),
            (r#"[{"with": "truncated-body", "method": "FETCH"}]"#, r#""method" is "FETCH"; it can be GET, POST"#),
            (r#"[{"with": "truncated-body", "path": "service"}]"#, r#""path" is "service"; it is the beginning"#),
            (
                r#"[{"with": "truncated-body", "path": "/v4_6_release/apis/3.0/service"}]"#,
                r#"it begins behind the API's base"#,
            ),
            (r#"[{"with": "truncated-body", "path": 1}]"#, r#""path" is 1; it is a text"#),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}

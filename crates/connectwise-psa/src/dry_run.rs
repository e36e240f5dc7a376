//! Dry runs: what a call would send, without sending it.

use std::fmt;
use std::sync::{Arc, Mutex};

use connectwise_psa_bindings::psa::{Error, Method, Part, Request, RequestBody, redacted};
use http::HeaderMap;
use serde_json::Value;

use crate::sync::lock;

/// The request that a call would send, without the secrets in it. It prints as it would go over the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DryRun {
    /// The method.
    pub method: Method,
    /// The whole URL. On the cloud its code base is the alias for the tenant's own until that has been looked up.
    pub url: String,
    /// The headers in order, those that carry secrets as `[redacted]`.
    pub headers: Vec<(String, String)>,
    /// The body as text: JSON with the values of secret members as `[redacted]`, of forms the parts with the sizes of files.
    pub body: Option<String>,
}

/// Keeps the first request of a pipeline and of all that are made of it, which then send none.
#[derive(Clone, Default)]
pub(crate) struct Recorder(Arc<Mutex<Option<DryRun>>>);

impl Recorder {
    /// Takes a request in place of sending it to `url` with `headers`.
    pub(crate) fn record(&self, url: &str, headers: &HeaderMap, request: &Request) {
        lock(&self.0).get_or_insert_with(|| show(url, headers, request));
    }

    /// The request that was recorded, if there was one.
    pub(crate) fn take(&self) -> Option<DryRun> {
        lock(&self.0).take()
    }
}

/// What comes of a request in a dry run.
pub(crate) fn unsent() -> Error {
    Error::invalid_input("dry run", "sends nothing, so there is no answer")
}

fn show(url: &str, sent: &HeaderMap, request: &Request) -> DryRun {
    let mut headers = vec![("authorization".to_owned(), "[redacted]".to_owned())];
    headers.extend(lines(sent));
    let body = match &request.body {
        RequestBody::Empty => None,
        RequestBody::Json(json) => Some(match serde_json::from_slice::<Value>(json) {
            Ok(value) => format!("{:#}", redacted(&value)),
            Err(_) => format!("{} bytes", json.len()),
        }),
        RequestBody::Multipart(form) => Some(form.parts.iter().map(part).collect::<Vec<_>>().join("\n")),
    };
    DryRun { method: request.method, url: url.to_owned(), headers, body }
}

fn lines(headers: &HeaderMap) -> impl Iterator<Item = (String, String)> {
    headers.iter().map(|(name, value)| {
        let text = if value.is_sensitive() { "[redacted]".to_owned() } else { String::from_utf8_lossy(value.as_bytes()).into_owned() };
        (name.as_str().to_owned(), text)
    })
}

fn part((name, part): &(String, Part)) -> String {
    match part {
        Part::Text(text) => format!("{name}: {}", redacted(&serde_json::json!({ name: text })).get(name).and_then(Value::as_str).unwrap_or_default()),
        Part::File(file) => format!("{name}: file {:?}, {} bytes", file.file_name(), file.length()),
    }
}

impl fmt::Display for DryRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.url)?;
        for (name, value) in &self.headers {
            write!(f, "\n{name}: {value}")?;
        }
        match &self.body {
            Some(body) => write!(f, "\n\n{body}"),
            None => Ok(()),
        }
    }
}

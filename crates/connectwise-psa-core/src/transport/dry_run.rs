//! Dry runs: the request of a call, without sending it.

use std::fmt;

use http::HeaderMap;
use serde_json::Value;

use crate::json::to_value::{Exact, exact_value};
use crate::operation::Method;
use crate::redaction::{REDACTED, looks_secret, redacted, redacted_field};
use crate::transport::request::{Request, RequestBody};
use crate::transport::upload::Part;

/// The request that a call would send; for a list, the request of one page. Secrets in headers and in the body are
/// redacted; the URL, with its conditions, is not. It formats like an HTTP request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DryRun {
    /// The method.
    pub method: Method,
    /// The URL, which is not redacted; only the path and query if the transport does not know the server. In
    /// ConnectWise's cloud, the URL has the alias `v4_6_release` in place of the tenant's code base until the client
    /// has looked the code base up.
    pub url: String,
    /// The headers in order. Headers with secrets have the value `[redacted]`.
    pub headers: Vec<(String, String)>,
    /// The body as text. JSON has `[redacted]` in place of secrets; JSON that cannot be parsed is given by its length.
    /// A form is given by its strings, with secrets redacted, and by the names and lengths of its files.
    pub body: Option<String>,
}

impl DryRun {
    /// Creates a dry run of a request with this URL and these headers. For transports. A transport must mark headers
    /// with secrets as sensitive ([`HeaderValue::set_sensitive`](http::HeaderValue::set_sensitive)).
    #[must_use]
    pub fn new(request: &Request, url: impl Into<String>, headers: &HeaderMap) -> Self {
        let headers = headers.iter().map(|(name, value)| {
            let text = if value.is_sensitive() || looks_secret(name.as_str()) {
                REDACTED.to_owned()
            } else {
                String::from_utf8_lossy(value.as_bytes()).into_owned()
            };
            (name.as_str().to_owned(), text)
        });
        let body = match &request.body {
            RequestBody::Empty => None,
            RequestBody::Json(json) => Some(
                match std::str::from_utf8(json)
                    .ok()
                    .and_then(|json| serde_json::to_string_pretty(&Exact(&redacted(&exact_value(json).ok()?))).ok())
                {
                    Some(text) => text,
                    None => format!("{} bytes", json.len()),
                },
            ),
            RequestBody::Multipart(form) => Some(form.parts.iter().map(part).collect::<Vec<_>>().join("\n")),
        };
        Self { method: request.method, url: url.into(), headers: headers.collect(), body }
    }
}

fn part((name, part): &(String, Part)) -> String {
    match part {
        Part::Text(text) => match redacted_field(name, &Value::from(text.as_str())) {
            Value::String(text) => format!("{name}: {text}"),
            other => format!("{name}: {other}"),
        },
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

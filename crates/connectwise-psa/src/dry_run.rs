//! Dry runs: what a call would send, without sending it.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use http::HeaderMap;
use serde_json::Value;

use crate::transport::http::{headers, url};
use crate::transport::pipeline::Pipeline;
use crate::{Error, Method, Part, Psa, Request, RequestBody, redacted};

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

impl Psa {
    /// What the first request of some calls would be. Nothing is sent, so what comes after it does not happen: of an edit it is the reading, of pages in parallel the
    /// count. Clients that are made of the given one (`with`, `as_member`) send nothing either.
    ///
    /// ```
    /// # #[cfg(feature = "service")]
    /// # async fn run() -> Result<(), connectwise_psa::Error> {
    /// use connectwise_psa::types::Ticket;
    ///
    /// # let psa = connectwise_psa::Psa::builder().host("psa.msp.example").company("acme").keys("public", "private").build()?;
    /// let ticket = Ticket::new("Printer on fire", 5);
    /// let request = psa.dry_run(async |psa| psa.service().create_ticket(&ticket).await).await?;
    /// assert_eq!(request.url, "https://psa.msp.example/v4_6_release/apis/3.0/service/tickets");
    /// println!("{request}");
    /// # Ok(())
    /// # }
    /// # #[cfg(feature = "service")]
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(run()).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Input that cannot be sent, or the calls' own error when they ask for nothing.
    pub async fn dry_run<T>(&self, calls: impl AsyncFnOnce(Self) -> Result<T, Error>) -> Result<DryRun, Error> {
        let recorder = Recorder::default();
        let outcome = calls(self.recording(recorder.clone())).await;
        let recorded = recorder.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        match (recorded, outcome) {
            (Some(recorded), _) => Ok(recorded),
            (None, Err(error)) => Err(error),
            (None, Ok(_)) => Err(Error::invalid_input("dry run", "asks for nothing")),
        }
    }
}

/// Keeps the first request of a pipeline and of all that are made of it, which then send none.
#[derive(Clone, Default)]
pub(crate) struct Recorder(Arc<Mutex<Option<DryRun>>>);

impl Recorder {
    /// Takes a request in place of sending it.
    pub(crate) fn keep(&self, pipeline: &Pipeline, request: &Request) -> Result<(), Error> {
        let shown = show(pipeline, request)?;
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(shown);
        Ok(())
    }
}

/// What comes of a request in a dry run.
pub(crate) fn unsent() -> Error {
    Error::invalid_input("dry run", "sends nothing, so there is no answer")
}

fn show(pipeline: &Pipeline, request: &Request) -> Result<DryRun, Error> {
    let url = url(&pipeline.shared.place.known(), request)?.to_string();
    let sent = headers(request, &pipeline.accept()?, pipeline.shared.client_id.as_ref())?;
    let mut headers = vec![("authorization".to_owned(), "[redacted]".to_owned())];
    headers.extend(lines(&sent));
    let body = match &request.body {
        RequestBody::Empty => None,
        RequestBody::Json(json) => Some(match serde_json::from_slice::<Value>(json) {
            Ok(value) => format!("{:#}", redacted(&value)),
            Err(_) => format!("{} bytes", json.len()),
        }),
        RequestBody::Multipart(form) => Some(form.parts.iter().map(part).collect::<Vec<_>>().join("\n")),
    };
    Ok(DryRun { method: request.method, url, headers, body })
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
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "{} {}", self.method, self.url)?;
        for (name, value) in &self.headers {
            write!(to, "\n{name}: {value}")?;
        }
        match &self.body {
            Some(body) => write!(to, "\n\n{body}"),
            None => Ok(()),
        }
    }
}

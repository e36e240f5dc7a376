//! What a program that listens through `tracing` learns: a span for each request, an event for each retry. No query,
//! body or secret is in them.

use std::time::Duration;

use connectwise_psa_core::error::Error;
use connectwise_psa_core::transport::{Request, Response};
use http::HeaderMap;
use tokio::time::Instant;
use tracing::{Instrument as _, Span, field};

/// What logs say about a request. The query is left out, since conditions are the caller's data.
pub(crate) struct RequestInfo {
    /// With its section; empty for requests by path.
    pub(crate) operation: String,
    pub(crate) method: &'static str,
    pub(crate) path: String,
}

impl RequestInfo {
    pub(crate) fn new(request: &Request) -> Self {
        Self {
            operation: request
                .operation
                .map_or_else(String::new, |operation| format!("{}.{}", operation.section, operation.id)),
            method: request.method.as_str(),
            path: request.path.clone(),
        }
    }
}

/// Runs one exchange inside the span of its request.
pub(crate) async fn in_span(
    info: &RequestInfo,
    attempt: u32,
    exchange: impl Future<Output = Result<Response, Error>>,
) -> Result<Response, Error> {
    let span = tracing::debug_span!(
        "psa.request",
        operation = info.operation.as_str(),
        method = info.method,
        path = info.path.as_str(),
        attempt,
        status = field::Empty,
        duration_ms = field::Empty,
        request_id = field::Empty,
        error = field::Empty,
    );
    let started = Instant::now();
    let outcome = exchange.instrument(span.clone()).await;
    record(&span, &outcome, started.elapsed());
    outcome
}

fn record(span: &Span, outcome: &Result<Response, Error>, duration: Duration) {
    span.record("duration_ms", duration.as_secs_f64() * 1000.0);
    match outcome {
        Ok(response) => {
            span.record("status", response.status.as_u16());
            if let Some(id) = text(&response.headers, "x-cw-request-id") {
                span.record("request_id", id);
            }
        }
        Err(error) => {
            span.record("error", field::display(error));
        }
    }
    span.in_scope(|| if outcome.is_ok() { tracing::debug!("answered") } else { tracing::debug!("not answered") });
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// A request is sent again after `wait`.
pub(crate) fn retrying(info: &RequestInfo, attempt: u32, wait: Duration, reason: &str) {
    tracing::warn!(
        operation = info.operation.as_str(),
        method = info.method,
        attempt,
        ?wait,
        reason,
        "sending the request again"
    );
}

/// The server is asked again after `wait` where the API is.
pub(crate) fn retrying_discovery(attempt: u32, wait: Duration, reason: &str) {
    tracing::warn!(attempt, ?wait, reason, "asking again where the API is");
}

//! Logs through `tracing`: a span and an event for each request, and an event for each retry. They do not contain
//! queries, bodies or secrets.

use std::time::Duration;

use connectwise_psa_core::error::Error;
use connectwise_psa_core::transport::{Request, Response};
use http::HeaderMap;
use tokio::time::Instant;
use tracing::{Instrument as _, Span, field};

/// The part of a request that is logged. The query is omitted, because conditions are the caller's data.
pub(crate) struct RequestInfo {
    /// The operation with its section, such as `service.get_ticket`. Empty if the path matches no operation.
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

/// Runs an exchange in the span of its request.
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
    span.in_scope(
        || if outcome.is_ok() { tracing::debug!("response received") } else { tracing::debug!("no response") },
    );
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let value = headers.get(name)?;
    // A value that contains a secret of the client is marked as sensitive.
    if value.is_sensitive() { Some("[redacted]") } else { value.to_str().ok() }
}

/// Logs that a request is retried after `wait`.
pub(crate) fn retrying(info: &RequestInfo, attempt: u32, wait: Duration, reason: &str) {
    tracing::warn!(
        operation = info.operation.as_str(),
        method = info.method,
        attempt,
        ?wait,
        reason,
        "retrying the request"
    );
}

/// Logs that discovery is retried after `wait`.
pub(crate) fn retrying_discovery(attempt: u32, wait: Duration, reason: &str) {
    tracing::warn!(attempt, ?wait, reason, "retrying the discovery of the base URL");
}

/// Logs that a repeated discovery failed.
pub(crate) fn not_rediscovered(error: &str) {
    tracing::warn!(error, "the base URL could not be discovered again");
}

//! Sends callback messages.

use std::sync::Weak;
use std::time::Duration;

use super::shared::Shared;
use crate::callbacks::delivery::Delivery;

/// Sends a callback message, with retries. Observed on live servers: the timeout is 5 s, there are retries after 2 s
/// and 4 s for certain statuses only, and a callback that keeps failing is deactivated.
pub(super) async fn deliver(shared: Weak<Shared>, message: Delivery) {
    let Some(settings) = shared.upgrade().map(|shared| shared.settings.clone()) else { return };
    let mut delays = settings.callback_retry_delays.iter();
    let delivered = loop {
        let request = settings
            .http
            .post(&message.url)
            .header("content-type", "application/json")
            .header("x-content-signature", &message.signature);
        let outcome = request.timeout(Duration::from_secs(5)).body(message.body.clone()).send().await;
        let status = outcome.as_ref().ok().map(|response| response.status().as_u16());
        tracing::info!(url = message.url, status, "callback");
        match status {
            Some(200..=299) => break true,
            Some(404 | 409 | 419 | 429) => match delays.next() {
                Some(delay) => tokio::time::sleep(*delay).await,
                None => break false,
            },
            _ => break false,
        }
    };
    if let Some(shared) = shared.upgrade() {
        shared.state().record_delivery(message.callback, delivered, settings.max_callback_failures);
    }
}

//! Forwards a message to a target: the body and the signature as they are, with a time limit, without redirects.

use std::fmt;
use std::time::{Duration, Instant};

use connectwise_psa::dependencies::bytes::Bytes;
use connectwise_psa::dependencies::reqwest::redirect::Policy;
use connectwise_psa::dependencies::reqwest::{self, Client, Response, StatusCode, header};
use connectwise_psa::webhooks::{Action, SIGNATURE_HEADER};

use crate::error::CommandError;
use crate::webhooks::response_text::ResponseText;
use crate::webhooks::target::Target;

/// The delays before PSA sends a message again, according to ConnectWise's documentation.
const RETRY_DELAYS: [Duration; 2] = [Duration::from_secs(2), Duration::from_secs(4)];

/// A message to forward.
#[derive(Clone, Debug)]
pub(crate) struct Forward {
    pub(crate) id: i64,
    pub(crate) action: Action,
    pub(crate) body: Bytes,
    pub(crate) signature: String,
}

/// What became of one attempt.
#[derive(Clone, Debug)]
pub(crate) struct Attempt {
    pub(crate) result: Result<TargetResponse, ForwardError>,
    pub(crate) duration: Duration,
}

/// The response of the target.
#[derive(Clone, Debug)]
pub(crate) struct TargetResponse {
    pub(crate) status: StatusCode,
    pub(crate) body: ResponseText,
}

/// Why there is no response.
#[derive(Clone, Debug)]
pub(crate) struct ForwardError {
    message: String,
    is_connect: bool,
}

impl fmt::Display for ForwardError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Attempt {
    /// Returns whether the target has accepted the message.
    pub(crate) fn is_success(&self) -> bool {
        self.result.as_ref().is_ok_and(|response| response.status.is_success())
    }

    /// Returns how long to wait before the next attempt. `None` if there is none: PSA repeats a message only after these
    /// statuses. A program that is not running is treated in the same way: it may be restarting.
    pub(crate) fn retry_delay(&self, attempt: usize) -> Option<Duration> {
        let is_repeated = match &self.result {
            Ok(response) => matches!(response.status.as_u16(), 404 | 409 | 419 | 429),
            Err(error) => error.is_connect,
        };
        RETRY_DELAYS.get(attempt).copied().filter(|_| is_repeated)
    }
}

/// Sends messages to one target.
#[derive(Clone, Debug)]
pub(crate) struct Forwarder {
    client: Client,
    target: Target,
    timeout: Duration,
}

impl Forwarder {
    /// Creates a forwarder. `timeout` is the limit for one attempt, with the body of the response.
    pub(crate) fn new(target: Target, timeout: Duration) -> Result<Self, CommandError> {
        let client = Client::builder()
            .redirect(Policy::none())
            // The target is a program of this machine, or of this network.
            .no_proxy()
            .timeout(timeout)
            .user_agent(concat!("cwpsa/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| CommandError::failure(format!("cannot prepare to forward messages: {error}")))?;
        Ok(Self { client, target, timeout })
    }

    /// Sends a message once.
    pub(crate) async fn attempt(&self, forward: &Forward) -> Attempt {
        let started = Instant::now();
        let request = self
            .client
            .post(self.target.url(forward.id, forward.action))
            .header(header::CONTENT_TYPE, "application/json")
            .header(SIGNATURE_HEADER, &forward.signature)
            .body(forward.body.clone());
        let result = match request.send().await {
            Ok(response) => Ok(read(response).await),
            Err(error) => Err(self.failure(&error)),
        };
        Attempt { result, duration: started.elapsed() }
    }

    fn failure(&self, error: &reqwest::Error) -> ForwardError {
        let message = if error.is_timeout() {
            format!("no response within {} s", self.timeout.as_secs_f64())
        } else if error.is_connect() {
            format!("cannot connect: {}", innermost(error))
        } else {
            innermost(error)
        };
        ForwardError { message, is_connect: error.is_connect() && !error.is_timeout() }
    }
}

/// Reads the body, as far as it is printed.
async fn read(mut response: Response) -> TargetResponse {
    let status = response.status();
    let mut body = ResponseText::default();
    loop {
        match response.chunk().await {
            Ok(Some(part)) if body.push(&part) => {}
            Ok(Some(_) | None) => break,
            Err(_) => {
                body.cut();
                break;
            }
        }
    }
    TargetResponse { status, body }
}

/// Returns the text of the error at the end of the chain, which says what the operating system reports.
fn innermost(error: &reqwest::Error) -> String {
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(result: Result<u16, bool>) -> Attempt {
        let result = match result {
            Ok(status) => {
                Ok(TargetResponse { status: StatusCode::from_u16(status).unwrap(), body: ResponseText::default() })
            }
            Err(is_connect) => Err(ForwardError { message: "x".to_owned(), is_connect }),
        };
        Attempt { result, duration: Duration::ZERO }
    }

    #[test]
    fn attempts_are_repeated_as_psa_repeats_messages() {
        for (result, is_repeated) in [
            (Ok(200), false),
            (Ok(302), false),
            (Ok(401), false),
            (Ok(404), true),
            (Ok(409), true),
            (Ok(419), true),
            (Ok(429), true),
            (Ok(500), false),
            (Ok(503), false),
            (Err(true), true),
            (Err(false), false),
        ] {
            let attempt = attempt(result);
            assert_eq!(attempt.retry_delay(0), Some(Duration::from_secs(2)).filter(|_| is_repeated), "{result:?}");
            assert_eq!(attempt.retry_delay(1), Some(Duration::from_secs(4)).filter(|_| is_repeated), "{result:?}");
            assert_eq!(attempt.retry_delay(2), None);
        }
    }
}

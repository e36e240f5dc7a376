//! Messages with the web framework axum: a router, a handler for one, and an extractor.

use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{FromRef, FromRequest, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use connectwise_psa_core::bytes::Bytes;
use futures_core::Stream as _;
use http::{HeaderMap, header};
use tokio::time::{Instant, timeout_at};

use crate::webhooks::message::Message;
use crate::webhooks::receiver::handle::{Receiver, SIGNATURE_HEADER};
use crate::webhooks::receiver::outcome::Outcome;
use crate::webhooks::rejection::Rejection;
use crate::webhooks::verifier::Verifier;

/// How long an extractor reads and verifies a message. PSA waits for five seconds.
const EXTRACTOR_TIMEOUT: Duration = Duration::from_secs(4);

impl Receiver {
    /// Returns a router that receives messages at this path, such as `/psa`. Nest or merge it with others.
    ///
    /// ```no_run
    /// # async fn run(receiver: connectwise_psa::webhooks::Receiver) -> Result<(), std::io::Error> {
    /// let handling = receiver.clone();
    /// tokio::spawn(async move {
    ///     handling.run(|event| async move { Ok::<_, std::io::Error>(println!("{event:?}")) }).await;
    /// });
    /// let app: axum::Router = receiver.into_router("/psa");
    /// # drop(app);
    /// // With axum's feature `tokio`: axum::serve(tokio::net::TcpListener::bind("0.0.0.0:8080").await?, app).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Panics
    ///
    /// Panics if the path does not start with `/`, as axum's `Router::route` does.
    pub fn into_router<S: Clone + Send + Sync + 'static>(self, path: &str) -> Router<S> {
        Router::new().route(path, post(receive)).with_state(self)
    }
}

/// An axum handler that receives messages with the [`Receiver`] of the router's state, which is either the state or a
/// part of it (`FromRef`). It reads at most [`Receiver::max_body_size`] bytes.
///
/// ```
/// use axum::Router;
/// use axum::routing::post;
/// use connectwise_psa::webhooks::{Receiver, receive};
///
/// fn router(receiver: Receiver) -> Router {
///     Router::new().route("/psa", post(receive)).with_state(receiver)
/// }
/// ```
pub async fn receive(State(receiver): State<Receiver>, request: Request) -> Outcome {
    let outcome = received(&receiver, request).await;
    outcome.log();
    outcome
}

async fn received(receiver: &Receiver, request: Request) -> Outcome {
    let Some(admission) = receiver.admit() else { return Outcome::TooManyAtOnce };
    let (parts, body) = request.into_parts();
    match read(&parts.headers, body, receiver.max_body_size(), admission.deadline).await {
        Ok(body) => receiver.accept_admitted(signature(&parts.headers), body, &admission).await,
        Err(outcome) => outcome,
    }
}

/// The response to a message: the status, and an empty body.
impl IntoResponse for Outcome {
    fn into_response(self) -> Response {
        self.status().into_response()
    }
}

/// An axum extractor for a verified message, for programs that have their own storage. The router's state is a
/// [`Verifier`], or has one as a part (`FromRef`).
///
/// Store the message durably before you return a 2xx, ignore a message whose [id](Message::id) you have stored before,
/// and return 429 if you cannot store it now: PSA sends nothing again after any other error. A message that is not
/// genuine does not reach the handler.
///
/// ```
/// use axum::Router;
/// use axum::http::StatusCode;
/// use axum::routing::post;
/// use connectwise_psa::webhooks::{VerifiedMessage, Verifier};
///
/// async fn receive(verified: VerifiedMessage) -> StatusCode {
///     match store(verified.message.id(), &verified.body).await {
///         Ok(()) => StatusCode::OK,
///         Err(_) => StatusCode::TOO_MANY_REQUESTS,
///     }
/// }
/// # async fn store(_: Option<&str>, _: &[u8]) -> Result<(), std::io::Error> { Ok(()) }
///
/// fn router(verifier: Verifier) -> Router {
///     Router::new().route("/psa", post(receive)).with_state(verifier)
/// }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct VerifiedMessage {
    /// The message.
    pub message: Message,
    /// The body as it was received.
    pub body: Bytes,
}

impl<S> FromRequest<S> for VerifiedMessage
where
    S: Send + Sync,
    Verifier: FromRef<S>,
{
    type Rejection = Outcome;

    async fn from_request(request: Request, state: &S) -> Result<Self, Outcome> {
        let verified = verified(&Verifier::from_ref(state), request).await;
        verified.inspect_err(Outcome::log)
    }
}

async fn verified(verifier: &Verifier, request: Request) -> Result<VerifiedMessage, Outcome> {
    let deadline = Instant::now() + EXTRACTOR_TIMEOUT;
    let (parts, body) = request.into_parts();
    let body = read(&parts.headers, body, verifier.max_body_size(), deadline).await?;
    let verifying = verifier.verify(signature(&parts.headers), &body);
    let verified = timeout_at(deadline, verifying).await.map_err(|_| Outcome::TimedOut)?;
    Ok(VerifiedMessage { message: verified.map_err(Outcome::Rejected)?, body })
}

/// Returns the signature, if there is exactly one.
fn signature(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(SIGNATURE_HEADER).iter();
    let value = values.next()?;
    if values.next().is_some() { None } else { value.to_str().ok() }
}

/// Reads a body of at most `limit` bytes until the deadline.
async fn read(headers: &HeaderMap, body: Body, limit: usize, deadline: Instant) -> Result<Bytes, Outcome> {
    let too_large = || Outcome::Rejected(Rejection::TooLarge { limit });
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| usize::try_from(length).map_or(true, |length| length > limit)) {
        return Err(too_large());
    }
    let mut stream = body.into_data_stream();
    let mut bytes = Vec::new();
    let reading = async {
        while let Some(part) = poll_fn(|context| Pin::new(&mut stream).poll_next(context)).await {
            let part = part.map_err(|_| Outcome::Interrupted)?;
            if part.len() > limit - bytes.len() {
                return Err(too_large());
            }
            bytes.extend_from_slice(&part);
        }
        Ok(())
    };
    timeout_at(deadline, reading).await.map_err(|_| Outcome::TimedOut)??;
    Ok(bytes.into())
}

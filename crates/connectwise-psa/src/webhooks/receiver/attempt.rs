//! One attempt to handle a message: calls the handler, and writes the result to the store.

use std::any::Any;
use std::fmt;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use connectwise_psa_core::transport::BoxFuture;
use tokio::time::{sleep, timeout};

use crate::webhooks::event::Event;
use crate::webhooks::message::Message;
use crate::webhooks::receiver::shared::Shared;
use crate::webhooks::store::message_store::StoreError;
use crate::webhooks::store::messages::UnhandledMessage;

/// The most characters of a handler's error that are kept.
const MAX_ERROR: usize = 1000;

/// The delay before the first repeated access to a store that failed, and the longest one.
const STORE_DELAY: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// What happens to a message after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// The message is handled or given up.
    Done,
    /// The message gets another attempt.
    Retry,
}

/// Why an attempt failed.
struct Failure {
    problem: String,
    /// Another attempt would fail too.
    is_final: bool,
}

impl Failure {
    fn of_handler(problem: &str) -> Self {
        Self { problem: problem.chars().take(MAX_ERROR).collect(), is_final: false }
    }
}

/// Makes an attempt to handle a message.
pub(super) async fn attempt<H, F, E>(shared: Arc<Shared>, handler: Arc<H>, message: UnhandledMessage) -> Next
where
    H: Fn(Event) -> F + Send + Sync + 'static,
    F: Future<Output = Result<(), E>> + Send + 'static,
    E: fmt::Display + Send + 'static,
{
    let UnhandledMessage { sequence, record, attempts } = message;
    let body = match persist(&shared, "read a message", || shared.store.body(sequence)).await {
        Some(Some(body)) => body,
        // Somebody else has handled or removed it.
        Some(None) => return Next::Done,
        None => return Next::Retry,
    };
    let result = match Message::parse(&body) {
        Ok(message) => call(&shared, &*handler, message.into_event()).await,
        Err(invalid) => Err(Failure { problem: format!("the stored message is invalid: {invalid}"), is_final: true }),
    };
    let Err(Failure { problem, is_final }) = result else {
        persist(&shared, "mark a message as handled", || shared.store.handled(sequence)).await;
        return Next::Done;
    };
    let attempts = attempts.saturating_add(1);
    let give_up = is_final || attempts >= shared.settings.max_attempts;
    if give_up {
        tracing::error!(%record, sequence, attempts, error = problem, "gave up handling a message");
    } else {
        tracing::warn!(%record, sequence, attempts, error = problem, "could not handle a message, will retry");
    }
    let note = || shared.store.attempt_failed(sequence, problem.clone(), give_up);
    persist(&shared, "note a failed attempt", note).await;
    if give_up { Next::Done } else { Next::Retry }
}

/// Calls the handler. A panic is a failure.
async fn call<H, F, E>(shared: &Shared, handler: &H, event: Event) -> Result<(), Failure>
where
    H: Fn(Event) -> F,
    F: Future<Output = Result<(), E>>,
    E: fmt::Display,
{
    // The handler's state after a panic is the handler's concern: it is called again.
    let panicked =
        |panic: Box<dyn Any + Send>| Failure::of_handler(&format!("the handler panicked: {}", text(&*panic)));
    let future = catch_unwind(AssertUnwindSafe(|| handler(event))).map_err(panicked)?;
    let mut future = pin!(future);
    let caught = poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
        Ok(poll) => poll.map(Ok),
        Err(panic) => Poll::Ready(Err(panic)),
    });
    match timeout(shared.settings.handler_timeout, caught).await {
        Ok(Ok(Ok(()))) => Ok(()),
        Ok(Ok(Err(error))) => Err(Failure::of_handler(&error.to_string())),
        Ok(Err(panic)) => Err(panicked(panic)),
        Err(_) => Err(Failure::of_handler("the handler took too long")),
    }
}

/// Returns the text of a panic.
fn text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without a message")
}

/// Accesses the store until that succeeds. Returns `None` if the receiver is shut down before it does.
async fn persist<'a, T>(
    shared: &'a Shared,
    purpose: &str,
    access: impl Fn() -> BoxFuture<'a, Result<T, StoreError>>,
) -> Option<T> {
    let (mut delay, longest) = STORE_DELAY;
    loop {
        match access().await {
            Ok(value) => return Some(value),
            Err(error) if shared.is_shutdown() => {
                tracing::error!(%error, "could not {purpose}");
                return None;
            }
            Err(error) => tracing::error!(%error, "could not {purpose}, will retry"),
        }
        sleep(delay).await;
        delay = longest.min(delay * 2);
    }
}

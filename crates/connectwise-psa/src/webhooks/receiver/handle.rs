//! The receiver of messages.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use connectwise_psa_core::bytes::Bytes;
use tokio::sync::{Notify, Semaphore};
use tokio::time::{Instant, timeout_at};

use crate::webhooks::event::Event;
use crate::webhooks::message::Message;
use crate::webhooks::receiver::dispatcher::Dispatcher;
use crate::webhooks::receiver::outcome::Outcome;
use crate::webhooks::receiver::settings::Settings;
use crate::webhooks::receiver::shared::{Admission, Shared};
use crate::webhooks::rejection::Rejection;
use crate::webhooks::store::message_store::{Acceptance, MessageStore, StoreError};
use crate::webhooks::store::messages::{DedupKey, FailedMessage, NewMessage};
use crate::webhooks::verifier::Verifier;

/// The header with the signature of the body.
pub const SIGNATURE_HEADER: &str = "x-content-signature";

/// Receives messages: verifies and stores each one before PSA gets its response, and passes stored messages to a
/// handler.
///
/// [`accept`](Self::accept) works with any web framework; with the feature `axum` there is a ready router. Clones share
/// everything.
///
/// ```no_run
/// use connectwise_psa::Psa;
/// use connectwise_psa::dependencies::bytes::Bytes;
/// use connectwise_psa::webhooks::{Event, FileStore, Receiver, Verifier};
///
/// # async fn run(signature: Option<&str>, body: Bytes) -> Result<(), Box<dyn std::error::Error>> {
/// let psa = Psa::from_env()?;
/// let store = FileStore::open("messages.journal").await?;
/// let receiver = Receiver::new(Verifier::new(&psa)?, store);
///
/// // Handle stored messages in the background, also those that an earlier run of the program has stored.
/// let handling = receiver.clone();
/// tokio::spawn(async move { handling.run(handle).await });
///
/// // For each POST to the URL of the callback:
/// let status = receiver.accept(signature, body).await.status();
/// # drop(status);
/// # Ok(())
/// # }
///
/// async fn handle(event: Event) -> Result<(), std::io::Error> {
///     println!("{:?} {} {}", event.action, event.callback_type, event.id);
///     Ok(())
/// }
/// ```
#[derive(Clone)]
pub struct Receiver {
    shared: Arc<Shared>,
}

/// Sets a [`Receiver`] up.
#[must_use = "a builder does nothing until `build`"]
pub struct ReceiverBuilder {
    verifier: Verifier,
    store: Arc<dyn MessageStore>,
    settings: Settings,
}

impl Receiver {
    /// Returns a receiver with the default settings.
    #[must_use]
    pub fn new(verifier: Verifier, store: impl MessageStore + 'static) -> Self {
        Self::builder(verifier, store).build()
    }

    /// Starts to set a receiver up. To use the store elsewhere too, pass an `Arc` of it.
    pub fn builder(verifier: Verifier, store: impl MessageStore + 'static) -> ReceiverBuilder {
        ReceiverBuilder { verifier, store: Arc::new(store), settings: Settings::default() }
    }

    /// Verifies a message and stores it. `signature` is the value of the header [`SIGNATURE_HEADER`], `body` the body of
    /// the request as it was received. Respond with the [status](Outcome::status) of the outcome and an empty body.
    ///
    /// Limit the body to [`max_body_size`](Self::max_body_size) bytes while you read it. Ignore the query of the request:
    /// `recordId` and `action` are not signed.
    ///
    /// Takes at most four seconds (see [`ReceiverBuilder::accept_timeout`]), because PSA waits for five. If the future is
    /// dropped, the message may be stored or not.
    pub async fn accept(&self, signature: Option<&str>, body: Bytes) -> Outcome {
        let outcome = match self.admit() {
            Some(admission) => self.accept_admitted(signature, body, &admission).await,
            None => Outcome::TooManyAtOnce,
        };
        outcome.log();
        outcome
    }

    /// Returns the most bytes that the body of a message may have.
    #[must_use]
    pub fn max_body_size(&self) -> usize {
        self.shared.verifier.max_body_size()
    }

    /// Returns the permission to receive a message; `None` if too many are being received.
    pub(crate) fn admit(&self) -> Option<Admission> {
        let _permit = self.shared.receiving.clone().try_acquire_owned().ok()?;
        Some(Admission { deadline: Instant::now() + self.shared.settings.accept_timeout, _permit })
    }

    /// Verifies and stores a message, without writing the outcome to the log.
    pub(crate) async fn accept_admitted(&self, signature: Option<&str>, body: Bytes, admission: &Admission) -> Outcome {
        let limit = self.max_body_size();
        if body.len() > limit {
            return Outcome::Rejected(Rejection::TooLarge { limit });
        }
        let verify_and_store = async {
            match self.shared.verifier.verify(signature, &body).await {
                Ok(message) => self.store(&message, body.clone()).await,
                Err(rejection) => Outcome::Rejected(rejection),
            }
        };
        timeout_at(admission.deadline, verify_and_store).await.unwrap_or(Outcome::TimedOut)
    }

    /// Stores a verified message.
    async fn store(&self, message: &Message, body: Bytes) -> Outcome {
        let event = message.event();
        let record = format!("{}:{}", event.callback_type.as_str().to_ascii_lowercase(), event.id);
        let key = DedupKey::new(message.id(), &body);
        match self.shared.store.accept(NewMessage::new(key, record, body)).await {
            Ok(Acceptance::Accepted) => {
                self.shared.wake.notify_one();
                Outcome::Accepted
            }
            Ok(Acceptance::Duplicate) => Outcome::Duplicate,
            Ok(Acceptance::Full) => Outcome::StoreFull,
            Err(error) => Outcome::StoreFailed(error),
        }
    }

    /// Passes stored messages to the handler until [`shutdown`](Self::shutdown), starting with those of earlier runs of
    /// the program.
    ///
    /// - Every message is handled **at least once**. A message is marked as handled only after the handler has returned
    ///   `Ok`. If the program ends before that, the message is handled again at the next start: a handler must be able
    ///   to repeat its work.
    /// - Messages about one record are handled one after the other, in order of arrival; messages about different
    ///   records at the same time, up to [`max_handlers`](ReceiverBuilder::max_handlers).
    /// - A handler that returns an error, panics, or exceeds the
    ///   [`handler_timeout`](ReceiverBuilder::handler_timeout) gets the message again, after delays that grow. Later
    ///   messages about the same record wait. After [`max_attempts`](ReceiverBuilder::max_attempts) the message is
    ///   [failed](Self::failed).
    /// - If the store fails, the error is logged and the access is repeated.
    ///
    /// Dropping the future stops the handlers at their next `await`, and never marks a message as handled that was not.
    /// Only one `run` per receiver is active; a second one waits until the first ends.
    ///
    /// # Panics
    ///
    /// Panics outside of a Tokio runtime.
    pub async fn run<H, F, E>(&self, handler: H)
    where
        H: Fn(Event) -> F + Send + Sync + 'static,
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: fmt::Display + Send + 'static,
    {
        let _running = self.shared.running.lock().await;
        Dispatcher::new(self.shared.clone(), handler).run().await;
    }

    /// Makes [`run`](Self::run) return when the handlers that are running have ended. Messages are still accepted, and
    /// handled by the next run of the program if the store survives it. There is no way back.
    pub fn shutdown(&self) {
        self.shared.is_shutdown.store(true, Ordering::Relaxed);
        self.shared.wake.notify_one();
    }

    /// Returns the messages that were given up, because every attempt to handle them failed.
    ///
    /// # Errors
    ///
    /// The store failed.
    pub async fn failed(&self) -> Result<Vec<FailedMessage>, StoreError> {
        self.shared.store.failed().await
    }

    /// Handles the failed messages again, after the unhandled ones. Returns how many there were.
    ///
    /// # Errors
    ///
    /// The store failed.
    pub async fn retry_failed(&self) -> Result<usize, StoreError> {
        let count = self.shared.store.retry_failed().await?;
        self.shared.wake.notify_one();
        Ok(count)
    }

    /// Removes a failed message. Returns whether there was such a message.
    ///
    /// # Errors
    ///
    /// The store failed.
    pub async fn discard_failed(&self, sequence: u64) -> Result<bool, StoreError> {
        self.shared.store.discard_failed(sequence).await
    }
}

impl ReceiverBuilder {
    /// Sets how many messages are received at once, at least one. More get the status 429. The default is 64.
    pub fn max_receiving(mut self, count: usize) -> Self {
        self.settings.max_receiving = count.clamp(1, Semaphore::MAX_PERMITS);
        self
    }

    /// Sets how long a message may take from its arrival until it is stored. A message that takes longer gets the status
    /// 429. The default is four seconds: PSA waits for five.
    pub fn accept_timeout(mut self, timeout: Duration) -> Self {
        self.settings.accept_timeout = timeout;
        self
    }

    /// Sets how many handlers run at once, at least one. The default is 8.
    pub fn max_handlers(mut self, count: usize) -> Self {
        self.settings.max_handlers = count.max(1);
        self
    }

    /// Sets how long a handler may take. The default is five minutes.
    pub fn handler_timeout(mut self, timeout: Duration) -> Self {
        self.settings.handler_timeout = timeout;
        self
    }

    /// Sets how many attempts a message gets, at least one. The default is 15, which takes about an hour.
    pub fn max_attempts(mut self, count: u32) -> Self {
        self.settings.max_attempts = count.max(1);
        self
    }

    /// Sets the delay after the first failed attempt, and the longest delay. The delay doubles from attempt to attempt.
    /// The default is one second and ten minutes.
    pub fn retry_delays(mut self, first: Duration, longest: Duration) -> Self {
        self.settings.first_delay = first;
        self.settings.max_delay = longest;
        self
    }

    /// Returns the receiver.
    #[must_use]
    pub fn build(self) -> Receiver {
        let receiving = Arc::new(Semaphore::new(self.settings.max_receiving));
        let shared = Shared {
            verifier: self.verifier,
            store: self.store,
            settings: self.settings,
            receiving,
            wake: Notify::new(),
            is_shutdown: AtomicBool::new(false),
            running: tokio::sync::Mutex::new(()),
        };
        Receiver { shared: Arc::new(shared) }
    }
}

impl fmt::Debug for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").field("settings", &self.shared.settings).finish_non_exhaustive()
    }
}

impl fmt::Debug for ReceiverBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReceiverBuilder").field("settings", &self.settings).finish_non_exhaustive()
    }
}

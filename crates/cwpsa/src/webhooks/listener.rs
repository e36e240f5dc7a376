//! The server of `cwpsa listen`: it verifies messages, acknowledges them at once, and leaves them to workers that
//! forward them. So a slow target never delays the response to PSA, which waits for five seconds.

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::{FromRef, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use connectwise_psa::webhooks::{Outcome, SIGNATURE_HEADER, VerifiedMessage, Verifier};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;

use crate::webhooks::backlog::Backlog;
use crate::webhooks::event_filter::EventFilter;
use crate::webhooks::forwarder::{Attempt, Forwarder};
use crate::webhooks::received::Received;

/// How many messages are forwarded at once. Messages about one record are forwarded one after the other.
const WORKERS: usize = 8;

/// How many messages are received at once. More get the status 429.
const RECEIVING: usize = 64;

/// How many messages wait for each worker. More get the status 429: PSA then sends them again.
const WAITING: usize = 250;

/// How many reports wait to be printed. Of rejected messages, more are dropped.
const REPORTS: usize = 1_000;

/// How many ids of messages are known, to recognise duplicates.
const KNOWN_IDS: usize = 10_000;

/// What happened to a message.
#[derive(Debug)]
pub(crate) enum Notice {
    Attempted { received: Received, attempt: Attempt, number: usize, retry_after: Option<Duration> },
    Filtered(Received),
    Duplicate(Received),
    Rejected { status: StatusCode, reason: String },
}

/// What the handler of requests needs.
#[derive(Clone)]
struct Handler {
    verifier: Verifier,
    events: Arc<[EventFilter]>,
    workers: Arc<[mpsc::Sender<Received>]>,
    notices: mpsc::Sender<Notice>,
    known: Arc<Mutex<KnownIds>>,
    backlog: Backlog,
}

impl FromRef<Handler> for Verifier {
    fn from_ref(handler: &Handler) -> Self {
        handler.verifier.clone()
    }
}

/// The parts of a listener that its command uses.
pub(crate) struct Listener {
    pub(crate) router: Router,
    pub(crate) notices: mpsc::Receiver<Notice>,
    /// How many accepted messages are not forwarded yet.
    backlog: Backlog,
    /// They forward messages. Dropping them stops this.
    _workers: JoinSet<()>,
}

impl Listener {
    /// Creates the router, and starts the workers. Without `events`, every message is forwarded.
    pub(crate) fn new(verifier: Verifier, events: &[EventFilter], forwarder: &Forwarder) -> Self {
        let (notices, receiver) = mpsc::channel(REPORTS);
        let backlog = Backlog::default();
        let mut running = JoinSet::new();
        let workers = (0..WORKERS).map(|_| {
            let (sender, messages) = mpsc::channel(WAITING);
            running.spawn(work(messages, forwarder.clone(), notices.clone(), backlog.clone()));
            sender
        });
        let handler = Handler {
            verifier,
            events: events.into(),
            workers: workers.collect(),
            notices,
            known: Arc::default(),
            backlog: backlog.clone(),
        };
        // A tunnel may change the path of a request. Which path it is does not matter: the signature proves the rest.
        let receiving = Arc::new(Semaphore::new(RECEIVING));
        let router = Router::new()
            .route("/", post(receive))
            .route("/{*path}", post(receive))
            .layer(from_fn_with_state(receiving, limit))
            .with_state(handler);
        Self { router, notices: receiver, backlog, _workers: running }
    }

    /// Returns how many accepted messages are not forwarded yet.
    pub(crate) fn waiting(&self) -> usize {
        self.backlog.messages()
    }
}

/// Rejects a request if too many are being received.
async fn limit(State(receiving): State<Arc<Semaphore>>, request: Request, next: Next) -> Response {
    match receiving.try_acquire() {
        Ok(_permit) => next.run(request).await,
        Err(_) => StatusCode::TOO_MANY_REQUESTS.into_response(),
    }
}

async fn receive(
    State(handler): State<Handler>,
    headers: HeaderMap,
    verified: Result<VerifiedMessage, Outcome>,
) -> StatusCode {
    let verified = match verified {
        Ok(verified) => verified,
        Err(Outcome::Rejected(rejection)) => return handler.rejected(rejection.status(), rejection.to_string()),
        Err(outcome) => return handler.rejected(outcome.status(), outcome.to_string()),
    };
    // The signature was verified, so there is exactly one.
    let signature = headers.get(SIGNATURE_HEADER).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    handler.accept(Received::new(verified.message, verified.body, signature))
}

impl Handler {
    fn rejected(&self, status: StatusCode, reason: String) -> StatusCode {
        // If very many messages are rejected, not all are printed.
        let _ = self.notices.try_send(Notice::Rejected { status, reason });
        status
    }

    /// Leaves a message to its worker.
    fn accept(&self, received: Received) -> StatusCode {
        if !self.events.is_empty()
            && !self.events.iter().any(|event| event.matches(&received.callback_type, received.action))
        {
            let _ = self.notices.try_send(Notice::Filtered(received));
            return StatusCode::OK;
        }
        // Locked until the message waits: two deliveries of it cannot both be accepted.
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if received.message_id.as_deref().is_some_and(|id| known.contains(id)) {
            let _ = self.notices.try_send(Notice::Duplicate(received));
            return StatusCode::OK;
        }
        let message_id = received.message_id.clone();
        let worker = received.worker(self.workers.len());
        let title = received.title();
        let size = received.forward.body.len();
        let mut is_sent = false;
        if self.backlog.add(size) {
            is_sent = self.workers.get(worker).is_some_and(|worker| worker.try_send(received).is_ok());
            if !is_sent {
                self.backlog.remove(size);
            }
        }
        if !is_sent {
            let reason = format!("{title}: too many messages wait for the target; PSA sends it again");
            return self.rejected(StatusCode::TOO_MANY_REQUESTS, reason);
        }
        if let Some(id) = message_id {
            known.insert(id);
        }
        StatusCode::OK
    }
}

/// Forwards messages one after the other.
async fn work(
    mut messages: mpsc::Receiver<Received>,
    forwarder: Forwarder,
    notices: mpsc::Sender<Notice>,
    backlog: Backlog,
) {
    while let Some(received) = messages.recv().await {
        for number in 1.. {
            let attempt = forwarder.attempt(&received.forward).await;
            let retry_after = attempt.retry_delay(number - 1);
            if retry_after.is_none() {
                backlog.remove(received.forward.body.len());
            }
            let notice = Notice::Attempted { received: received.clone(), attempt, number, retry_after };
            if notices.send(notice).await.is_err() {
                return;
            }
            match retry_after {
                Some(delay) => tokio::time::sleep(delay).await,
                None => break,
            }
        }
    }
}

/// The ids of the last messages.
#[derive(Debug, Default)]
struct KnownIds {
    ids: HashSet<String>,
    order: VecDeque<String>,
}

impl KnownIds {
    fn contains(&self, id: &str) -> bool {
        self.ids.contains(id)
    }

    fn insert(&mut self, id: String) {
        if self.order.len() == KNOWN_IDS
            && let Some(oldest) = self.order.pop_front()
        {
            self.ids.remove(&oldest);
        }
        self.order.push_back(id.clone());
        self.ids.insert(id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_ids_are_known() {
        let mut known = KnownIds::default();
        for number in 0..=KNOWN_IDS {
            known.insert(number.to_string());
        }
        assert!(!known.contains("0") && known.contains("1") && known.contains(&KNOWN_IDS.to_string()));
        assert_eq!((known.ids.len(), known.order.len()), (KNOWN_IDS, KNOWN_IDS));
    }
}

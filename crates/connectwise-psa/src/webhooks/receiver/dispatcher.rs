//! Decides which message is handled next: messages about one record one after the other, and no more than a number of
//! messages at once.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, sleep_until};

use crate::webhooks::event::Event;
use crate::webhooks::receiver::attempt::{Next, attempt};
use crate::webhooks::receiver::shared::Shared;
use crate::webhooks::store::messages::UnhandledMessage;

/// How many messages are read from the store at once.
const READ: usize = 1000;

/// How many messages wait in the dispatcher at most. More stay in the store.
const MAX_LOADED: usize = 10_000;

/// How often the store is read without a new message of this receiver: another program may have added one.
const INTERVAL: Duration = Duration::from_secs(30);

/// When the store is read again after it failed.
const AFTER_FAILURE: Duration = Duration::from_secs(2);

/// Passes messages to the handler. Dropping it aborts the running handlers.
pub(super) struct Dispatcher<H> {
    shared: Arc<Shared>,
    handler: Arc<H>,
    /// The number of the last message that was read.
    last_read: u64,
    /// When the store is read again.
    next_read: Instant,
    /// Unhandled messages by record. The first one of each record is ready, being handled or waiting for a retry.
    records: HashMap<Arc<str>, VecDeque<UnhandledMessage>>,
    /// How many messages `records` has.
    loaded: usize,
    /// The records whose first message can be handled now.
    ready: VecDeque<Arc<str>>,
    /// The records whose first message is handled again at a later time.
    waiting: BTreeSet<(Instant, Arc<str>)>,
    running: JoinSet<Next>,
    /// The record of each running task.
    tasks: HashMap<Id, Arc<str>>,
}

impl<H, F, E> Dispatcher<H>
where
    H: Fn(Event) -> F + Send + Sync + 'static,
    F: Future<Output = Result<(), E>> + Send + 'static,
    E: fmt::Display + Send + 'static,
{
    pub(super) fn new(shared: Arc<Shared>, handler: H) -> Self {
        Self {
            shared,
            handler: Arc::new(handler),
            last_read: 0,
            next_read: Instant::now(),
            records: HashMap::new(),
            loaded: 0,
            ready: VecDeque::new(),
            waiting: BTreeSet::new(),
            running: JoinSet::new(),
            tasks: HashMap::new(),
        }
    }

    /// Handles messages until the receiver is shut down.
    pub(super) async fn run(mut self) {
        loop {
            if self.shared.is_shutdown() {
                if self.running.is_empty() {
                    return;
                }
            } else {
                if self.next_read <= Instant::now() && self.loaded < MAX_LOADED {
                    self.read().await;
                }
                self.end_waiting(Instant::now());
                self.start();
            }
            self.step().await;
        }
    }

    /// Reads messages from the store.
    async fn read(&mut self) {
        while self.loaded < MAX_LOADED {
            let messages = match self.shared.store.unhandled(self.last_read, READ).await {
                Ok(messages) => messages,
                Err(error) => {
                    tracing::error!(%error, "could not read messages, will retry");
                    self.next_read = Instant::now() + AFTER_FAILURE;
                    return;
                }
            };
            let count = messages.len();
            messages.into_iter().for_each(|message| self.add(message));
            if count < READ {
                self.next_read = Instant::now() + INTERVAL;
                return;
            }
        }
        // There may be more. They are read as soon as some of these are handled.
        self.next_read = Instant::now();
    }

    fn add(&mut self, message: UnhandledMessage) {
        self.last_read = self.last_read.max(message.sequence);
        self.loaded += 1;
        let record = message.record.clone();
        let messages = self.records.entry(record.clone()).or_default();
        messages.push_back(message);
        if messages.len() == 1 {
            self.ready.push_back(record);
        }
    }

    /// Moves records whose time has come from the waiting to the ready ones.
    fn end_waiting(&mut self, now: Instant) {
        while self.waiting.first().is_some_and(|(at, _)| *at <= now) {
            if let Some((_, record)) = self.waiting.pop_first() {
                self.ready.push_back(record);
            }
        }
    }

    /// Starts handlers.
    fn start(&mut self) {
        while self.running.len() < self.shared.settings.max_handlers
            && let Some(record) = self.ready.pop_front()
        {
            let Some(message) = self.records.get(&record).and_then(VecDeque::front) else { continue };
            let task = attempt(self.shared.clone(), self.handler.clone(), message.clone());
            let handle = self.running.spawn(task);
            self.tasks.insert(handle.id(), record);
        }
    }

    /// Waits until a handler ends, a message is ready or may have arrived, or the receiver is shut down.
    async fn step(&mut self) {
        let shared = self.shared.clone();
        let waiting = self.waiting.first().map(|(at, _)| *at);
        let read = (self.loaded < MAX_LOADED).then_some(self.next_read);
        let wake_at = if shared.is_shutdown() { None } else { waiting.into_iter().chain(read).min() };
        let mut wake = pin!(shared.wake.notified());
        // Without a time to wake up at, a handler ends or the receiver is woken.
        let mut sleep = pin!(sleep_until(wake_at.unwrap_or_else(|| Instant::now() + INTERVAL)));
        let ended = poll_fn(|context| {
            if let Poll::Ready(Some(ended)) = self.running.poll_join_next_with_id(context) {
                return Poll::Ready(Some(ended));
            }
            if wake.as_mut().poll(context).is_ready() {
                self.next_read = Instant::now();
                return Poll::Ready(None);
            }
            sleep.as_mut().poll(context).map(|()| None)
        });
        if let Some(ended) = ended.await {
            self.end(ended);
        }
    }

    /// Takes note of a handler that has ended.
    fn end(&mut self, ended: Result<(Id, Next), JoinError>) {
        let (id, next) = match ended {
            Ok(ended) => ended,
            // Panics of the handler are caught, so this one is of the store.
            Err(error) => {
                tracing::error!(%error, "the task that handles a message failed, will retry");
                (error.id(), Next::Retry)
            }
        };
        let Some(record) = self.tasks.remove(&id) else { return };
        let Some(messages) = self.records.get_mut(&record) else { return };
        match next {
            Next::Done => {
                messages.pop_front();
                self.loaded -= 1;
                if messages.is_empty() {
                    self.records.remove(&record);
                } else {
                    self.ready.push_back(record);
                }
            }
            Next::Retry => {
                let Some(message) = messages.front_mut() else { return };
                message.attempts = message.attempts.saturating_add(1);
                let delay = self.shared.settings.delay(message.attempts);
                self.waiting.insert((Instant::now() + delay, record));
            }
        }
    }
}

//! Sends callback messages. The queue is bounded, and a receiver that does not respond delays its own messages only.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, Weak};

use super::shared::Shared;
use crate::callbacks::delivery::Delivery;
use crate::sync::{Throttle, lock};

/// The maximum number of messages that wait.
const MAX_WAITING: usize = 1000;

/// The maximum size of the messages that wait, in bytes.
const MAX_WAITING_BYTES: usize = 16 * 1024 * 1024;

/// The maximum number of messages that are being sent at the same time, in total and for one callback.
const MAX_SENDING: usize = 64;
const MAX_SENDING_PER_CALLBACK: usize = 8;

/// The messages that are waiting to be sent.
#[derive(Debug, Default)]
pub(crate) struct Deliveries(Mutex<Queue>);

#[derive(Debug, Default)]
struct Queue {
    /// The oldest message first.
    waiting: VecDeque<Delivery>,
    /// The size of the waiting messages in bytes.
    bytes: usize,
    /// The number of messages that are being sent, by callback.
    sending: HashMap<i64, usize>,
    dropped: Throttle,
}

impl Deliveries {
    /// Queues a message, and starts to send it if the callback is not busy. Drops the oldest messages if too many wait.
    pub(super) fn push(&self, shared: &Shared, message: Delivery) {
        let mut queue = lock(&self.0);
        let dropped = queue.add(message);
        if let Some(count) = queue.dropped.report(dropped) {
            tracing::warn!(
                count,
                waiting = queue.waiting.len(),
                "the oldest callback messages are dropped, because too many wait for receivers that respond slowly"
            );
        }
        if let Some(message) = queue.start_next() {
            drop(queue);
            shared.runtime.spawn(send(shared.this.clone(), message));
        }
    }
}

impl Queue {
    /// Adds a message. Returns the number of messages that were dropped.
    fn add(&mut self, message: Delivery) -> u64 {
        self.bytes += message.size();
        self.waiting.push_back(message);
        let mut dropped = 0;
        while self.waiting.len() > MAX_WAITING || self.bytes > MAX_WAITING_BYTES {
            let Some(oldest) = self.waiting.pop_front() else { break };
            self.bytes -= oldest.size();
            dropped += 1;
        }
        dropped
    }

    /// Takes the oldest message whose callback may send.
    fn start_next(&mut self) -> Option<Delivery> {
        if self.sending.values().sum::<usize>() >= MAX_SENDING {
            return None;
        }
        let may_send = |message: &Delivery| {
            self.sending.get(&message.callback).is_none_or(|sending| *sending < MAX_SENDING_PER_CALLBACK)
        };
        let at = self.waiting.iter().position(may_send)?;
        let message = self.waiting.remove(at)?;
        self.bytes -= message.size();
        *self.sending.entry(message.callback).or_default() += 1;
        Some(message)
    }

    fn finish(&mut self, callback: i64) {
        if let Some(sending) = self.sending.get_mut(&callback) {
            *sending -= 1;
            if *sending == 0 {
                self.sending.remove(&callback);
            }
        }
    }
}

/// Sends a message, then others that wait.
async fn send(shared: Weak<Shared>, mut message: Delivery) {
    loop {
        let delivered = deliver(&shared, &message).await;
        let Some(shared) = shared.upgrade() else { return };
        let next = {
            let mut queue = lock(&shared.deliveries.0);
            queue.finish(message.callback);
            queue.start_next()
        };
        record(shared, message.callback, delivered).await;
        match next {
            Some(next) => message = next,
            None => return,
        }
    }
}

/// Sends a message, with retries. Returns whether it was delivered. Observed on live servers: there are retries after
/// 2 s and 4 s for certain statuses only.
async fn deliver(shared: &Weak<Shared>, message: &Delivery) -> bool {
    let mut retries = 0;
    loop {
        // Not kept while the message is being sent: the server may stop meanwhile.
        let Some(client) = shared.upgrade().map(|shared| shared.settings.callback_client.clone()) else {
            return false;
        };
        let status = client.post(&message.url, &message.signature, message.body.clone()).await;
        tracing::info!(url = message.url, status, "callback");
        match status {
            Some(200..=299) => return true,
            Some(404 | 409 | 419 | 429) => {}
            _ => return false,
        }
        let delay = |shared: Arc<Shared>| shared.settings.callback_retry_delays.get(retries).copied();
        let Some(delay) = shared.upgrade().and_then(delay) else { return false };
        retries += 1;
        tokio::time::sleep(delay).await;
    }
}

/// Records whether a message was delivered. Observed on live servers: a callback that keeps failing is deactivated.
async fn record(shared: Arc<Shared>, callback: i64, delivered: bool) {
    // On a thread for blocking work, because it may wait for a change in progress.
    let recorded = tokio::task::spawn_blocking(move || {
        let failures = shared.settings.max_callback_failures;
        shared.state().record_delivery(callback, delivered, failures);
    });
    // Fails only if the runtime stops.
    let _ = recorded.await;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(callback: i64, length: usize) -> Delivery {
        Delivery { callback, url: String::new(), body: "x".repeat(length).into(), signature: String::new() }
    }

    #[test]
    fn the_oldest_messages_are_dropped() {
        let mut queue = Queue::default();
        let dropped: u64 = (0..1500).map(|callback| queue.add(message(callback, 10))).sum();
        assert_eq!((dropped, queue.waiting.len()), (500, MAX_WAITING));
        assert_eq!(queue.start_next().map(|message| message.callback), Some(500));
        // Each message is longer than an eighth of the limit.
        let dropped: u64 = (0..10).map(|callback| queue.add(message(callback, MAX_WAITING_BYTES / 8))).sum();
        assert_eq!((dropped, queue.waiting.len()), (999 + 3, 7));
        assert!(queue.bytes <= MAX_WAITING_BYTES);
    }

    #[test]
    fn a_slow_receiver_delays_its_own_messages_only() {
        let mut queue = Queue::default();
        for _ in 0..100 {
            queue.add(message(1, 10));
        }
        queue.add(message(2, 10));
        let started: Vec<_> = std::iter::from_fn(|| queue.start_next()).map(|message| message.callback).collect();
        assert_eq!(started, [[1; MAX_SENDING_PER_CALLBACK].as_slice(), &[2]].concat());
        queue.finish(1);
        assert_eq!(queue.start_next().map(|message| message.callback), Some(1));
        for callback in 3..1000 {
            queue.add(message(callback, 10));
        }
        assert_eq!(std::iter::from_fn(|| queue.start_next()).count(), MAX_SENDING - MAX_SENDING_PER_CALLBACK - 1);
    }
}

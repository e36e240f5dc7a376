//! The messages of a store and the changes to them, without reading or writing anything.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::ops::Bound;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use connectwise_psa_core::bytes::Bytes;

use crate::webhooks::store::limits::StoreLimits;
use crate::webhooks::store::message_store::Acceptance;
use crate::webhooks::store::messages::{DedupKey, FailedMessage, NewMessage, UnhandledMessage};

/// A change of the state. A journal has one line for each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// A message was stored. `attempts` is above 0 only after a compaction.
    Accepted { sequence: u64, attempts: u32, key: DedupKey, record: Arc<str>, body: Bytes },
    /// A message was handled, or discarded after it had failed.
    Done { sequence: u64, at: u64 },
    /// An attempt to handle a message failed.
    AttemptFailed { sequence: u64 },
    /// The last attempt to handle a message failed. `attempts` counts all of them.
    GivenUp { sequence: u64, attempts: u32, error: String },
    /// A failed message is to be handled again.
    Requeued { sequence: u64, new_sequence: u64 },
    /// The key of a handled message. Compaction writes it.
    Known { key: DedupKey, at: u64 },
    /// The numbers up to this one are used. Compaction writes it.
    Used { sequence: u64 },
}

/// A message that is not handled.
#[derive(Debug)]
struct Entry {
    key: DedupKey,
    record: Arc<str>,
    body: Bytes,
    attempts: u32,
    /// The error of the last attempt, if the message was given up.
    error: Option<String>,
}

/// All messages and known keys.
#[derive(Debug)]
pub(super) struct State {
    limits: StoreLimits,
    last_sequence: u64,
    unhandled: BTreeMap<u64, Entry>,
    failed: BTreeMap<u64, Entry>,
    /// The bytes of the bodies of all entries.
    bytes: usize,
    /// The keys of messages that are done, with the time, in milliseconds since 1970; the oldest first.
    window: VecDeque<(u64, DedupKey)>,
    /// The keys of all entries and of the window.
    known: HashSet<DedupKey>,
}

/// Messages that are to be stored, but are not part of the state yet.
#[derive(Debug, Default)]
pub(super) struct Batch {
    keys: HashSet<DedupKey>,
    bytes: usize,
}

/// Returns the current time in milliseconds since 1970.
pub(super) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

impl State {
    pub(super) fn new(limits: StoreLimits) -> Self {
        Self {
            limits,
            last_sequence: 0,
            unhandled: BTreeMap::new(),
            failed: BTreeMap::new(),
            bytes: 0,
            window: VecDeque::new(),
            known: HashSet::new(),
        }
    }

    /// Returns whether a message can be stored after the messages of `batch`, and adds it to them if so.
    pub(super) fn acceptance(&self, message: &NewMessage, batch: &mut Batch) -> Acceptance {
        if self.known.contains(&message.key) || batch.keys.contains(&message.key) {
            return Acceptance::Duplicate;
        }
        let count = self.unhandled.len() + self.failed.len() + batch.keys.len();
        let bytes = self.bytes + batch.bytes + message.body.len();
        if count >= self.limits.messages || bytes > self.limits.bytes {
            return Acceptance::Full;
        }
        batch.keys.insert(message.key);
        batch.bytes += message.body.len();
        Acceptance::Accepted
    }

    /// Returns a number that no message has. It is not given again, even if the message is not stored in the end.
    pub(super) fn next_sequence(&mut self) -> u64 {
        self.last_sequence += 1;
        self.last_sequence
    }

    /// Removes the keys that are too old at this time.
    pub(super) fn expire(&mut self, now: u64) {
        let age = u64::try_from(self.limits.window_age.as_millis()).unwrap_or(u64::MAX);
        while let Some((at, key)) = self.window.front().copied() {
            if self.window.len() <= self.limits.window_count && now.saturating_sub(at) <= age {
                break;
            }
            self.window.pop_front();
            self.known.remove(&key);
        }
    }

    /// Makes a change. A change of a message that does not exist has no effect.
    pub(super) fn apply(&mut self, change: Change) {
        match change {
            Change::Accepted { sequence, attempts, key, record, body } => {
                self.last_sequence = self.last_sequence.max(sequence);
                let is_free = !self.unhandled.contains_key(&sequence) && !self.failed.contains_key(&sequence);
                if is_free && (self.known.insert(key) || self.forget_handled(&key)) {
                    self.bytes += body.len();
                    self.unhandled.insert(sequence, Entry { key, record, body, attempts, error: None });
                }
            }
            Change::Done { sequence, at } => {
                let entry = self.unhandled.remove(&sequence).or_else(|| self.failed.remove(&sequence));
                if let Some(entry) = entry {
                    self.bytes -= entry.body.len();
                    self.window.push_back((at, entry.key));
                    self.expire(at);
                }
            }
            Change::AttemptFailed { sequence } => {
                if let Some(entry) = self.unhandled.get_mut(&sequence) {
                    entry.attempts = entry.attempts.saturating_add(1);
                }
            }
            Change::GivenUp { sequence, attempts, error } => {
                if let Some(mut entry) = self.unhandled.remove(&sequence) {
                    entry.attempts = attempts;
                    entry.error = Some(error);
                    self.failed.insert(sequence, entry);
                }
            }
            Change::Requeued { sequence, new_sequence } => {
                self.last_sequence = self.last_sequence.max(new_sequence);
                if let Some(mut entry) = self.failed.remove(&sequence) {
                    entry.attempts = 0;
                    entry.error = None;
                    self.unhandled.insert(new_sequence, entry);
                }
            }
            Change::Known { key, at } => {
                if self.known.insert(key) {
                    self.window.push_back((at, key));
                }
            }
            Change::Used { sequence } => self.last_sequence = self.last_sequence.max(sequence),
        }
    }

    /// Removes a key from the window of handled messages. Returns whether it was there; if so, the caller makes it that of
    /// a new message.
    ///
    /// The journal does not say when a key expired. So the message that was accepted after that has a key that is still
    /// in the window when the journal is read.
    fn forget_handled(&mut self, key: &DedupKey) -> bool {
        let position = self.window.iter().position(|(_, handled)| handled == key);
        position.and_then(|position| self.window.remove(position)).is_some()
    }

    /// Returns the changes that lead from an empty state to this one.
    pub(super) fn snapshot(&self) -> impl Iterator<Item = Change> + '_ {
        let used = Change::Used { sequence: self.last_sequence };
        let known = self.window.iter().map(|&(at, key)| Change::Known { key, at });
        let accepted = |(&sequence, entry): (&u64, &Entry)| Change::Accepted {
            sequence,
            attempts: entry.attempts,
            key: entry.key,
            record: entry.record.clone(),
            body: entry.body.clone(),
        };
        let given_up = |(&sequence, entry): (&u64, &Entry)| Change::GivenUp {
            sequence,
            attempts: entry.attempts,
            error: entry.error.clone().unwrap_or_default(),
        };
        std::iter::once(used)
            .chain(known)
            .chain(self.failed.iter().flat_map(move |item| [accepted(item), given_up(item)]))
            .chain(self.unhandled.iter().map(accepted))
    }

    /// Returns the change for a failed attempt to handle a message.
    pub(super) fn failure(&self, sequence: u64, error: String, give_up: bool) -> Change {
        if !give_up {
            return Change::AttemptFailed { sequence };
        }
        Change::GivenUp { sequence, attempts: self.attempts(sequence).saturating_add(1), error }
    }

    /// Returns the changes that make every failed message an unhandled one.
    pub(super) fn requeue(&mut self) -> Vec<Change> {
        let failed: Vec<u64> = self.failed.keys().copied().collect();
        failed.into_iter().map(|sequence| Change::Requeued { sequence, new_sequence: self.next_sequence() }).collect()
    }

    fn attempts(&self, sequence: u64) -> u32 {
        self.unhandled.get(&sequence).map_or(0, |entry| entry.attempts)
    }

    pub(super) fn unhandled(&self, after: u64, limit: usize) -> Vec<UnhandledMessage> {
        let entries = self.unhandled.range((Bound::Excluded(after), Bound::Unbounded));
        entries
            .take(limit)
            .map(|(&sequence, entry)| UnhandledMessage::new(sequence, entry.record.clone(), entry.attempts))
            .collect()
    }

    pub(super) fn body(&self, sequence: u64) -> Option<Bytes> {
        self.unhandled.get(&sequence).map(|entry| entry.body.clone())
    }

    pub(super) fn failed(&self) -> Vec<FailedMessage> {
        let message = |(&sequence, entry): (&u64, &Entry)| {
            let error = entry.error.clone().unwrap_or_default();
            FailedMessage::new(sequence, entry.record.clone(), entry.attempts, error, entry.body.clone())
        };
        self.failed.iter().map(message).collect()
    }

    pub(super) fn has_failed(&self, sequence: u64) -> bool {
        self.failed.contains_key(&sequence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn message(id: &str, body: &'static str) -> NewMessage {
        NewMessage::new(DedupKey::new(Some(id), b""), "ticket:1", body)
    }

    fn store(state: &mut State, message: &NewMessage) -> u64 {
        let sequence = state.next_sequence();
        let NewMessage { key, record, body } = message.clone();
        state.apply(Change::Accepted { sequence, attempts: 0, key, record, body });
        sequence
    }

    #[test]
    fn a_duplicate_is_known_before_and_after_it_is_handled() {
        let mut state = State::new(StoreLimits::default());
        let first = message("a", "1");
        let mut batch = Batch::default();
        assert_eq!(state.acceptance(&first, &mut batch), Acceptance::Accepted);
        assert_eq!(state.acceptance(&first, &mut batch), Acceptance::Duplicate);
        let sequence = store(&mut state, &first);
        assert_eq!(state.acceptance(&first, &mut Batch::default()), Acceptance::Duplicate);
        state.apply(Change::Done { sequence, at: 5 });
        assert_eq!(state.acceptance(&first, &mut Batch::default()), Acceptance::Duplicate);
        assert!(state.unhandled(0, 10).is_empty() && state.bytes == 0);
    }

    #[test]
    fn the_window_is_limited_by_count_and_by_age() {
        let limits = StoreLimits::default().max_known(2).known_for(Duration::from_millis(100));
        let mut state = State::new(limits);
        for (at, id) in [(10, "a"), (20, "b"), (30, "c")] {
            let sequence = store(&mut state, &message(id, "1"));
            state.apply(Change::Done { sequence, at });
        }
        let is_known =
            |state: &State, id| state.acceptance(&message(id, "1"), &mut Batch::default()) == Acceptance::Duplicate;
        assert!(!is_known(&state, "a") && is_known(&state, "b") && is_known(&state, "c"));
        state.expire(120);
        assert!(is_known(&state, "b"));
        state.expire(121);
        assert!(!is_known(&state, "b") && is_known(&state, "c"));
        assert_eq!((state.window.len(), state.known.len()), (1, 1));
    }

    #[test]
    fn messages_and_bytes_are_limited_and_failed_messages_count() {
        let mut state = State::new(StoreLimits::default().max_messages(2).max_bytes(10));
        let sequence = store(&mut state, &message("a", "123456"));
        assert_eq!(state.acceptance(&message("b", "12345"), &mut Batch::default()), Acceptance::Full);
        assert_eq!(state.acceptance(&message("b", "1234"), &mut Batch::default()), Acceptance::Accepted);
        let mut batch = Batch::default();
        assert_eq!(state.acceptance(&message("c", "1"), &mut batch), Acceptance::Accepted);
        assert_eq!(state.acceptance(&message("b", "1234"), &mut batch), Acceptance::Full);
        store(&mut state, &message("c", ""));
        state.apply(Change::GivenUp { sequence, attempts: 3, error: "no".to_owned() });
        assert_eq!(state.acceptance(&message("d", ""), &mut Batch::default()), Acceptance::Full);
        assert_eq!(state.acceptance(&message("c", ""), &mut Batch::default()), Acceptance::Duplicate);
        state.apply(Change::Done { sequence, at: 1 });
        assert_eq!(state.acceptance(&message("d", ""), &mut Batch::default()), Acceptance::Accepted);
    }

    #[test]
    fn a_failed_message_moves_to_the_end() {
        let mut state = State::new(StoreLimits::default());
        let first = store(&mut state, &message("a", "1"));
        let second = store(&mut state, &message("b", "2"));
        state.apply(Change::AttemptFailed { sequence: first });
        assert_eq!(state.attempts(first), 1);
        state.apply(Change::GivenUp { sequence: first, attempts: 2, error: "no".to_owned() });
        assert!(state.has_failed(first) && state.body(first).is_none());
        assert_eq!(state.failed()[0].error, "no");
        let new_sequence = state.next_sequence();
        state.apply(Change::Requeued { sequence: first, new_sequence });
        let order: Vec<_> = state.unhandled(0, 10).iter().map(|message| (message.sequence, message.attempts)).collect();
        assert_eq!(order, [(second, 0), (new_sequence, 0)]);
        assert_eq!(state.unhandled(second, 10).len(), 1);
        assert_eq!(state.unhandled(0, 1).len(), 1);
    }

    #[test]
    fn a_snapshot_restores_the_state() {
        let mut state = State::new(StoreLimits::default());
        let [a, b, c] = ["a", "b", "c"].map(|id| store(&mut state, &message(id, "body")));
        state.apply(Change::Done { sequence: a, at: 7 });
        state.apply(Change::GivenUp { sequence: b, attempts: 4, error: "no".to_owned() });
        state.apply(Change::AttemptFailed { sequence: c });
        let mut restored = State::new(StoreLimits::default());
        state.snapshot().for_each(|change| restored.apply(change));
        assert_eq!(
            format!("{:?}", restored.snapshot().collect::<Vec<_>>()),
            format!("{:?}", state.snapshot().collect::<Vec<_>>())
        );
        assert_eq!((restored.bytes, restored.attempts(c), restored.failed()[0].attempts), (8, 1, 4));
        assert_eq!(restored.next_sequence(), 4);
    }
}

//! The messages that were accepted and are not forwarded yet: how many, and how much memory they take.

use std::sync::{Arc, Mutex, PoisonError};

/// The most memory of messages that wait, in bytes. More get the status 429: PSA then sends them again.
const MAX_BYTES: usize = 64 * 1024 * 1024;

/// A count that the handler of requests and the workers share.
#[derive(Clone, Debug, Default)]
pub(crate) struct Backlog(Arc<Mutex<Waiting>>);

#[derive(Debug, Default)]
struct Waiting {
    messages: usize,
    bytes: usize,
}

impl Backlog {
    /// Adds a message. Returns false, and adds nothing, if too many bytes wait.
    pub(crate) fn add(&self, bytes: usize) -> bool {
        self.change(|waiting| {
            let total = waiting.bytes.saturating_add(bytes);
            // A single message always fits.
            if waiting.messages > 0 && total > MAX_BYTES {
                return false;
            }
            *waiting = Waiting { messages: waiting.messages + 1, bytes: total };
            true
        })
    }

    /// Removes a message that [`add`](Self::add) has added.
    pub(crate) fn remove(&self, bytes: usize) {
        self.change(|waiting| {
            waiting.messages = waiting.messages.saturating_sub(1);
            waiting.bytes = waiting.bytes.saturating_sub(bytes);
        });
    }

    /// Returns the number of messages.
    pub(crate) fn messages(&self) -> usize {
        self.change(|waiting| waiting.messages)
    }

    fn change<T>(&self, change: impl FnOnce(&mut Waiting) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_memory_of_messages_is_limited() {
        let backlog = Backlog::default();
        assert!(backlog.add(MAX_BYTES - 1) && backlog.add(1) && !backlog.add(1));
        assert_eq!(backlog.messages(), 2);
        backlog.remove(1);
        assert!(backlog.add(1));
        backlog.remove(1);
        backlog.remove(MAX_BYTES - 1);
        assert_eq!(backlog.messages(), 0);
        assert!(backlog.add(2 * MAX_BYTES));
    }
}

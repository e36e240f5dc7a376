//! Locks that stay usable after a panic, and messages that are logged at intervals.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Locks a mutex and ignores poisoning. After a panic in another request, the value is as that request left it.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    recover(mutex.lock())
}

/// Returns the guard of a lock or a wait, and ignores poisoning.
pub(crate) fn recover<T>(result: Result<T, PoisonError<T>>) -> T {
    result.unwrap_or_else(PoisonError::into_inner)
}

/// Counts events that may be frequent, and says when to log them: the first one, then at most once in ten seconds.
#[derive(Debug, Default)]
pub(crate) struct Throttle {
    count: u64,
    logged: Option<Instant>,
}

impl Throttle {
    /// Adds events. Returns the number of events to log now: those since the last time.
    pub(crate) fn report(&mut self, events: u64) -> Option<u64> {
        self.report_at(events, Instant::now())
    }

    fn report_at(&mut self, events: u64, now: Instant) -> Option<u64> {
        const INTERVAL: Duration = Duration::from_secs(10);
        self.count += events;
        if self.count == 0 || self.logged.is_some_and(|logged| now.duration_since(logged) < INTERVAL) {
            return None;
        }
        self.logged = Some(now);
        Some(std::mem::take(&mut self.count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_logged_at_intervals() {
        let (mut throttle, start) = (Throttle::default(), Instant::now());
        let mut report = |events, seconds| throttle.report_at(events, start + Duration::from_secs(seconds));
        assert_eq!(
            [report(0, 0), report(1, 0), report(2, 1), report(3, 9), report(1, 10), report(0, 30)],
            [None, Some(1), None, None, Some(6), None]
        );
    }
}

//! The limit of changes per minute, which stops an agent that repeats itself.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

const WINDOW: Duration = Duration::from_mins(1);

/// Counts the changes of the last minute.
#[derive(Debug)]
pub(crate) struct WriteLimit {
    per_minute: usize,
    sent: Mutex<VecDeque<Instant>>,
}

impl WriteLimit {
    pub(crate) fn new(per_minute: usize) -> Self {
        Self { per_minute, sent: Mutex::default() }
    }

    /// Counts a change. If there were too many in the last minute, returns how long to wait.
    pub(crate) fn count(&self, now: Instant) -> Result<(), Duration> {
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        while sent.front().is_some_and(|first| now.duration_since(*first) >= WINDOW) {
            sent.pop_front();
        }
        if sent.len() < self.per_minute {
            sent.push_back(now);
            return Ok(());
        }
        Err(sent.front().map_or(WINDOW, |first| WINDOW.saturating_sub(now.duration_since(*first))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_of_the_last_minute_are_limited() {
        let (limit, now) = (WriteLimit::new(2), Instant::now());
        assert_eq!(limit.count(now), Ok(()));
        assert_eq!(limit.count(now + Duration::from_secs(10)), Ok(()));
        assert_eq!(limit.count(now + Duration::from_secs(20)), Err(Duration::from_secs(40)));
        assert_eq!(limit.count(now + Duration::from_secs(60)), Ok(()));
        assert_eq!(limit.count(now + Duration::from_secs(61)), Err(Duration::from_secs(9)));
        assert_eq!(WriteLimit::new(0).count(now), Err(WINDOW));
    }
}

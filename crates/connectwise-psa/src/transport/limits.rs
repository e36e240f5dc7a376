//! Limits shared by all clones of a client: requests in flight, requests in any minute, and the pauses the server asks
//! for.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep_until};

use crate::sync::lock;

const MINUTE: Duration = Duration::from_secs(60);

/// The least number of requests a minute that refusals of the server can lead to.
const LEAST: usize = 60;

/// The longest pause that the server can ask for: a nonsensical one must not stop the client for good.
const LONGEST_PAUSE: Duration = Duration::from_secs(60 * 60);

/// A time that is as good as never.
pub(crate) const FAR: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);

/// The time after a wait of any length.
pub(crate) fn after(now: Instant, wait: Duration) -> Instant {
    now.checked_add(wait.min(FAR)).unwrap_or(now)
}

/// Requests are admitted when there is a place for them.
pub(crate) struct Limits {
    permits: Arc<Semaphore>,
    window: Mutex<RateWindow>,
}

/// When requests may leave. Times are passed in, so that it can be tested without waiting.
#[derive(Debug)]
struct RateWindow {
    /// The caller's limit; none is no limit.
    per_minute: Option<usize>,
    /// The limit in force: lower after the server has refused requests.
    allowed: Option<usize>,
    /// When requests left in the last minute, and when those leave that have their place already.
    admitted: VecDeque<Instant>,
    paused_until: Option<Instant>,
    last_change: Option<Instant>,
}

impl Limits {
    pub(crate) fn new(max_concurrent_requests: usize, per_minute: Option<usize>) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(max_concurrent_requests.clamp(1, Semaphore::MAX_PERMITS))),
            window: Mutex::new(RateWindow::new(per_minute)),
        }
    }

    /// Waits until a request may leave. The permit is given back when it is dropped.
    pub(crate) async fn admit(&self) -> Option<OwnedSemaphorePermit> {
        // The semaphore is never closed; without a permit there is no limit left to hold.
        let permit = Arc::clone(&self.permits).acquire_owned().await.ok();
        loop {
            let now = Instant::now();
            let at = self.window().reserve(now);
            let mut reserved = Reservation { limits: self, at: Some(at) };
            // Even a wait for a moment that has passed takes a tick of the timer, a millisecond or two.
            if at > now {
                sleep_until(at).await;
            }
            // A pause may have begun meanwhile.
            if self.window().may_leave(Instant::now()) {
                reserved.at = None;
                return permit;
            }
        }
    }

    /// Lets nobody leave for a while, and fewer requests in a minute afterwards.
    pub(crate) fn slow_down(&self, wait: Duration) {
        self.window().slow_down(Instant::now(), wait);
    }

    fn window(&self) -> MutexGuard<'_, RateWindow> {
        lock(&self.window)
    }
}

/// A place in the minute, which others get when it is not used: its call was dropped, or a pause began.
struct Reservation<'a> {
    limits: &'a Limits,
    at: Option<Instant>,
}

impl Drop for Reservation<'_> {
    fn drop(&mut self) {
        if let Some(at) = self.at {
            self.limits.window().give_back(at);
        }
    }
}

impl RateWindow {
    fn new(per_minute: Option<usize>) -> Self {
        let per_minute = per_minute.map(|requests| requests.max(1));
        Self { per_minute, allowed: per_minute, admitted: VecDeque::new(), paused_until: None, last_change: None }
    }

    /// The time at which the next request may leave; its place is taken.
    fn reserve(&mut self, now: Instant) -> Instant {
        while self.admitted.front().is_some_and(|at| *at + MINUTE <= now) {
            self.admitted.pop_front();
        }
        self.recover(now);
        let mut at = self.paused_until.map_or(now, |until| until.max(now));
        if let Some(allowed) = self.allowed {
            // The one that has to be a minute old for there to be room.
            let blocking = self.admitted.len().checked_sub(allowed).and_then(|index| self.admitted.get(index));
            at = blocking.map_or(at, |blocking| at.max(*blocking + MINUTE));
            at = self.admitted.back().map_or(at, |last| at.max(*last));
            self.admitted.push_back(at);
        }
        at
    }

    fn give_back(&mut self, at: Instant) {
        if let Some(index) = self.admitted.iter().rposition(|other| *other == at) {
            self.admitted.remove(index);
        }
    }

    fn may_leave(&self, now: Instant) -> bool {
        self.paused_until.is_none_or(|until| until <= now)
    }

    /// facts: the limit is not documented beyond "about 1,000 a minute" and may be shared with other programs, so a
    /// refusal halves ours.
    fn slow_down(&mut self, now: Instant, wait: Duration) {
        let until = now + wait.min(LONGEST_PAUSE);
        let is_new = self.paused_until.is_none_or(|before| before <= now);
        self.paused_until = Some(self.paused_until.map_or(until, |before| before.max(until)));
        // The refusals of requests that left together count once; without a limit, the server's word is all there is.
        if let (true, Some(most), Some(allowed)) = (is_new, self.per_minute, self.allowed) {
            self.allowed = Some((allowed / 2).max(LEAST.min(most)));
            self.last_change = Some(until);
        }
    }

    /// A tenth of the limit comes back with each minute without a refusal.
    fn recover(&mut self, now: Instant) {
        let (Some(changed), Some(allowed), Some(most)) = (self.last_change, self.allowed, self.per_minute) else {
            return;
        };
        if now < changed + MINUTE {
            return;
        }
        if allowed < most {
            self.allowed = Some(allowed.saturating_add((most / 10).max(1)).min(most));
            self.last_change = Some(now);
        } else {
            self.last_change = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    fn seconds(window: &mut RateWindow, start: Instant, now: f64, requests: usize) -> Vec<f64> {
        (0..requests)
            .map(|_| (window.reserve(start + Duration::from_secs_f64(now)) - start).as_secs_f64().round())
            .collect()
    }

    #[test]
    fn no_minute_holds_more_than_the_limit() {
        let start = Instant::now();
        let mut window = RateWindow::new(Some(3));
        assert_eq!(seconds(&mut window, start, 0.0, 3), [0.0; 3]);
        assert_eq!(seconds(&mut window, start, 10.0, 4), [60.0, 60.0, 60.0, 120.0]);
        assert_eq!(seconds(&mut window, start, 200.0, 1), [200.0]);
        let mut unlimited = RateWindow::new(None);
        assert_eq!(seconds(&mut unlimited, start, 0.0, 5000).last(), Some(&0.0));
    }

    #[test]
    fn every_window_of_a_minute_keeps_the_limit() {
        let start = Instant::now();
        let mut window = RateWindow::new(Some(7));
        let mut left = Vec::new();
        let mut now = 0.0;
        for step in 0..400_u32 {
            now += f64::from(step * 37 % 11);
            left.push(window.reserve(start + Duration::from_secs_f64(now)));
        }
        for window in left.windows(8) {
            assert!(window[7] - window[0] >= MINUTE);
        }
    }

    #[test]
    fn a_refusal_pauses_halves_and_heals() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut window = RateWindow::new(Some(1000));
        for _ in 0..1000 {
            window.reserve(start);
        }
        window.slow_down(at(1), Duration::from_secs(30));
        assert_eq!(window.allowed, Some(500));
        // The refusals of those that left together.
        window.slow_down(at(2), Duration::from_secs(10));
        assert_eq!((window.allowed, window.paused_until), (Some(500), Some(at(31))));
        assert!(!window.may_leave(at(30)) && window.may_leave(at(31)));
        assert!(window.reserve(at(5)) >= at(31));
        window.reserve(at(92));
        assert_eq!(window.allowed, Some(600));
        for minute in 1..10 {
            window.reserve(at(92 + minute * 61));
        }
        assert_eq!(window.allowed, Some(1000));
        for _ in 0..10 {
            let now = window.paused_until.unwrap() + Duration::from_secs(1);
            window.slow_down(now, Duration::from_secs(1));
        }
        assert_eq!(window.allowed, Some(LEAST));
        let mut unlimited = RateWindow::new(None);
        unlimited.slow_down(at(1), Duration::from_secs(5));
        assert_eq!((unlimited.reserve(at(2)), unlimited.allowed), (at(6), None));
        assert_eq!(seconds(&mut unlimited, start, 7.0, 200).last(), Some(&7.0));
        let mut few = RateWindow::new(Some(2));
        few.slow_down(start, Duration::ZERO);
        assert_eq!(few.allowed, Some(2));
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_that_begins_meanwhile_holds_those_that_wait() {
        let limits = Arc::new(Limits::new(2, Some(1)));
        let start = Instant::now();
        drop(limits.admit().await);
        let waiting = tokio::spawn({
            let limits = Arc::clone(&limits);
            async move {
                limits.admit().await;
                Instant::now()
            }
        });
        tokio::time::sleep(Duration::from_secs(59)).await;
        limits.slow_down(Duration::from_secs(30));
        assert!(waiting.await.unwrap() - start >= Duration::from_secs(89));
    }

    #[tokio::test(start_paused = true)]
    async fn who_may_leave_does_not_wait() {
        let limits = Limits::new(1, Some(10));
        // Between two ticks.
        tokio::time::advance(Duration::from_micros(300)).await;
        for _ in 0..10 {
            assert!(limits.admit().now_or_never().is_some());
        }
        assert!(limits.admit().now_or_never().is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_are_in_flight_than_allowed() {
        let limits = Limits::new(2, None);
        let (_first, second) = (limits.admit().await, limits.admit().await);
        assert!(tokio::time::timeout(MINUTE, limits.admit()).await.is_err());
        drop(second);
        assert!(limits.admit().await.is_some());
    }
}

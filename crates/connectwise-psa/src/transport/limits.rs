//! Limits that all clones of a client share: requests in flight, requests in any minute, and the pauses that the server
//! asks for.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use connectwise_psa_core::error::Error;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep_until};

use crate::sync::lock;

const MINUTE: Duration = Duration::from_secs(60);

/// The lowest number of requests per minute that 429 responses can lead to.
const MIN_PER_MINUTE: usize = 60;

/// The longest pause that the server can ask for. An absurd `retry-after` must not stop the client for good.
const LONGEST_PAUSE: Duration = Duration::from_secs(60 * 60);

/// The longest duration that is added to a time: 30 years. Longer ones could overflow.
pub(crate) const MAX_DURATION: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);

/// How long before the deadline of a call work ends whose result is reported.
const LONGEST_MARGIN: Duration = Duration::from_millis(200);

/// Returns the time after a wait of any length, which is clamped to [`MAX_DURATION`].
pub(crate) fn after(now: Instant, wait: Duration) -> Instant {
    now.checked_add(wait.min(MAX_DURATION)).unwrap_or(now)
}

/// Returns a time shortly before the deadline of a call: work that ends by then leaves the time to report its result.
pub(crate) fn shortly_before(deadline: Instant) -> Instant {
    let margin = (deadline.saturating_duration_since(Instant::now()) / 10).min(LONGEST_MARGIN);
    deadline.checked_sub(margin).unwrap_or(deadline)
}

/// Admits requests within the limits.
pub(crate) struct Limits {
    permits: Arc<Semaphore>,
    max_concurrent_requests: usize,
    window: Mutex<RateWindow>,
}

/// The sliding window that determines when requests may be sent. The current time is a parameter, so tests do not wait.
#[derive(Debug)]
struct RateWindow {
    /// The configured limit; `None` is unlimited.
    per_minute: Option<usize>,
    /// The current limit, which is lower after a 429.
    allowed: Option<usize>,
    /// The send times of the requests of the last minute, and those reserved for waiting requests.
    admitted: VecDeque<Instant>,
    paused_until: Option<Instant>,
    /// When `allowed` was last raised or, after a 429, when the pause ends. `None` if no 429 has lowered it, or if it
    /// has recovered.
    last_change: Option<Instant>,
}

impl Limits {
    pub(crate) fn new(max_concurrent_requests: usize, per_minute: Option<usize>) -> Self {
        let max_concurrent_requests = max_concurrent_requests.clamp(1, Semaphore::MAX_PERMITS);
        Self {
            permits: Arc::new(Semaphore::new(max_concurrent_requests)),
            max_concurrent_requests,
            window: Mutex::new(RateWindow::new(per_minute)),
        }
    }

    /// Waits until a request may be sent. Dropping the permit releases it. If the request may be sent only after
    /// `deadline`, fails at once with a rate-limit error that says when; if the deadline has passed, with a timeout.
    pub(crate) async fn admit(&self, deadline: Instant) -> Result<Option<OwnedSemaphorePermit>, Error> {
        self.check_deadline(deadline)?;
        // Acquiring fails only on a closed semaphore, and this one is never closed.
        let permit = Arc::clone(&self.permits).acquire_owned().await.ok();
        loop {
            self.check_deadline(deadline)?;
            let now = Instant::now();
            let at = self.window().reserve(now);
            let mut reservation = Reservation { limits: self, at: Some(at) };
            // Sleeping until a past time would still take a timer tick of one or two milliseconds.
            if at > now {
                sleep_until(at).await;
            }
            // A pause may have started meanwhile.
            if self.window().may_send(Instant::now()) {
                reservation.at = None;
                return Ok(permit);
            }
        }
    }

    /// Returns how many requests may be in flight.
    pub(crate) const fn max_concurrent_requests(&self) -> usize {
        self.max_concurrent_requests
    }

    /// Fails if `deadline` has passed, or if the next request may be sent only after it.
    fn check_deadline(&self, deadline: Instant) -> Result<(), Error> {
        let now = Instant::now();
        if deadline <= now {
            return Err(Error::timeout_because("the timeout of the call has passed").not_sent());
        }
        let mut window = self.window();
        let at = window.earliest(now);
        if at < deadline {
            return Ok(());
        }
        let wait = at.saturating_duration_since(now);
        let reason = match window.allowed {
            Some(requests) if !window.is_paused_until(at) => {
                format!(
                    "the client sends at most {requests} requests per minute, and the next one is due after the timeout of the call"
                )
            }
            _ => "the server has requested a pause that is longer than the timeout of the call".to_owned(),
        };
        Err(Error::limited(reason, wait))
    }

    /// Pauses all requests for `wait`, and lowers the limit per minute afterwards.
    pub(crate) fn slow_down(&self, wait: Duration) {
        self.window().slow_down(Instant::now(), wait);
    }

    fn window(&self) -> MutexGuard<'_, RateWindow> {
        lock(&self.window)
    }
}

/// A reserved send time. It is released unless the request is sent: the call may be dropped, or a pause may start.
struct Reservation<'a> {
    limits: &'a Limits,
    at: Option<Instant>,
}

impl Drop for Reservation<'_> {
    fn drop(&mut self) {
        if let Some(at) = self.at {
            self.limits.window().release(at);
        }
    }
}

impl RateWindow {
    fn new(per_minute: Option<usize>) -> Self {
        let per_minute = per_minute.map(|requests| requests.max(1));
        Self { per_minute, allowed: per_minute, admitted: VecDeque::new(), paused_until: None, last_change: None }
    }

    /// Reserves the next send time and returns it.
    fn reserve(&mut self, now: Instant) -> Instant {
        while self.admitted.front().is_some_and(|at| *at + MINUTE <= now) {
            self.admitted.pop_front();
        }
        self.recover(now);
        let earliest = self.paused_until.map_or(now, |until| until.max(now));
        let Some(allowed) = self.allowed else { return earliest };
        let at = self.next_free(earliest, allowed);
        self.admitted.insert(self.admitted.partition_point(|other| *other <= at), at);
        at
    }

    /// Returns the first time from `earliest` on at which one more request keeps every minute within the limit. It can
    /// be before reserved times, because calls that were dropped have released theirs.
    fn next_free(&self, earliest: Instant, allowed: usize) -> Instant {
        let mut at = earliest;
        loop {
            let before = self.admitted.partition_point(|other| *other <= at);
            // The request that must be a minute old.
            let blocking = before.checked_sub(allowed).and_then(|index| self.admitted.get(index));
            if let Some(blocking) = blocking.filter(|blocking| **blocking + MINUTE > at) {
                at = *blocking + MINUTE;
                continue;
            }
            // Returns the first of `allowed + 1` requests in a row: this one, `following` later ones, and earlier ones.
            let first = |following: usize| match following == allowed {
                true => Some(at),
                false => (before + following).checked_sub(allowed).and_then(|index| self.admitted.get(index).copied()),
            };
            let fits =
                |(last, following): (&Instant, usize)| first(following).is_none_or(|first| first + MINUTE <= *last);
            match self.admitted.get(before) {
                Some(next) if !self.admitted.range(before..).take(allowed).zip(1..).all(fits) => at = *next,
                _ => return at,
            }
        }
    }

    /// Returns when the next request may be sent.
    fn earliest(&mut self, now: Instant) -> Instant {
        let at = self.reserve(now);
        self.release(at);
        at
    }

    fn is_paused_until(&self, at: Instant) -> bool {
        self.paused_until == Some(at)
    }

    fn release(&mut self, at: Instant) {
        if let Some(index) = self.admitted.iter().rposition(|other| *other == at) {
            self.admitted.remove(index);
        }
    }

    fn may_send(&self, now: Instant) -> bool {
        self.paused_until.is_none_or(|until| until <= now)
    }

    /// Starts a pause and halves the limit. The server's limit is not documented beyond "about 1,000 a minute", and
    /// other programs may share it.
    fn slow_down(&mut self, now: Instant, wait: Duration) {
        let until = now + wait.min(LONGEST_PAUSE);
        let is_new = self.paused_until.is_none_or(|before| before <= now);
        self.paused_until = Some(self.paused_until.map_or(until, |before| before.max(until)));
        // Several 429 responses to concurrent requests count once. Without a configured limit, only the pause applies.
        if let (true, Some(max), Some(allowed)) = (is_new, self.per_minute, self.allowed) {
            self.allowed = Some((allowed / 2).max(MIN_PER_MINUTE.min(max)));
            self.last_change = Some(until);
        }
    }

    /// Raises a lowered limit by a tenth of the configured limit for each minute without a 429.
    fn recover(&mut self, now: Instant) {
        let (Some(changed), Some(allowed), Some(max)) = (self.last_change, self.allowed, self.per_minute) else {
            return;
        };
        if now < changed + MINUTE {
            return;
        }
        if allowed < max {
            self.allowed = Some(allowed.saturating_add((max / 10).max(1)).min(max));
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

    /// A deadline that no test reaches.
    fn far() -> Instant {
        after(Instant::now(), MAX_DURATION)
    }

    /// Reserves this number of requests at the time `now`. Returns the send times. Times are in seconds after `start`.
    fn reserve_seconds(window: &mut RateWindow, start: Instant, now: f64, requests: usize) -> Vec<f64> {
        (0..requests)
            .map(|_| (window.reserve(start + Duration::from_secs_f64(now)) - start).as_secs_f64().round())
            .collect()
    }

    #[test]
    fn no_more_requests_than_the_limit_are_sent_in_a_minute() {
        let start = Instant::now();
        let mut window = RateWindow::new(Some(3));
        assert_eq!(reserve_seconds(&mut window, start, 0.0, 3), [0.0; 3]);
        assert_eq!(reserve_seconds(&mut window, start, 10.0, 4), [60.0, 60.0, 60.0, 120.0]);
        assert_eq!(reserve_seconds(&mut window, start, 200.0, 1), [200.0]);
        let mut unlimited = RateWindow::new(None);
        assert_eq!(reserve_seconds(&mut unlimited, start, 0.0, 5000).last(), Some(&0.0));
    }

    #[test]
    fn every_sliding_minute_keeps_the_limit() {
        let start = Instant::now();
        let mut window = RateWindow::new(Some(7));
        let mut sent = Vec::new();
        let mut now = 0.0;
        // The intervals are irregular: 0 to 10 s.
        for step in 0..400_u32 {
            now += f64::from(step * 37 % 11);
            sent.push(window.reserve(start + Duration::from_secs_f64(now)));
        }
        // Of eight requests in a row, one more than the limit, the last is at least a minute after the first.
        for window in sent.windows(8) {
            assert!(window[7] - window[0] >= MINUTE);
        }
    }

    #[test]
    fn the_reservations_of_dropped_calls_are_used_by_the_next_calls() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut window = RateWindow::new(Some(1));
        assert_eq!(reserve_seconds(&mut window, start, 0.0, 5), [0.0, 60.0, 120.0, 180.0, 240.0]);
        // A call that fails at once releases its reservation; so do dropped calls.
        [60, 120, 180].into_iter().for_each(|seconds| window.release(at(seconds)));
        assert_eq!(reserve_seconds(&mut window, start, 1.0, 4), [60.0, 120.0, 180.0, 300.0]);
        // Any order of reservations and releases keeps the limit.
        let mut window = RateWindow::new(Some(3));
        let mut reserved = Vec::new();
        for step in 0..500_u64 {
            reserved.push(window.reserve(at(step)));
            if step % 3 == 1 {
                let index = usize::try_from(step * 7).unwrap() % reserved.len();
                if reserved[index] > at(step) {
                    window.release(reserved.swap_remove(index));
                }
            }
        }
        reserved.sort();
        assert!(reserved.windows(4).all(|four| four[3] - four[0] >= MINUTE), "{reserved:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_deadline_that_has_passed_is_a_timeout_and_not_a_limit() {
        for limits in [Limits::new(9, None), Limits::new(9, Some(5))] {
            let error = limits.admit(Instant::now()).await.unwrap_err();
            assert!(error.is_timeout() && error.is_unsent() && !error.is_rate_limited(), "{error}");
            assert_eq!(error.retry_after(), None);
        }
    }

    #[test]
    fn a_429_pauses_requests_and_halves_the_limit_until_it_recovers() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut window = RateWindow::new(Some(1000));
        for _ in 0..1000 {
            window.reserve(start);
        }
        window.slow_down(at(1), Duration::from_secs(30));
        assert_eq!(window.allowed, Some(500));
        // A 429 of a concurrent request.
        window.slow_down(at(2), Duration::from_secs(10));
        assert_eq!((window.allowed, window.paused_until), (Some(500), Some(at(31))));
        assert!(!window.may_send(at(30)) && window.may_send(at(31)));
        assert!(window.reserve(at(5)) >= at(31));
        // The pause ends at 31. A minute later, the limit rises by a tenth of 1,000.
        window.reserve(at(92));
        assert_eq!(window.allowed, Some(600));
        for minute in 1..10 {
            window.reserve(at(92 + minute * 61));
        }
        assert_eq!(window.allowed, Some(1000));
    }

    #[test]
    fn no_429_lowers_the_limit_below_the_minimum() {
        let start = Instant::now();
        let mut window = RateWindow::new(Some(1000));
        for number in 0..10 {
            // Each pause has ended when the next one starts.
            window.slow_down(start + Duration::from_secs(2 * number), Duration::from_secs(1));
        }
        assert_eq!(window.allowed, Some(MIN_PER_MINUTE));
        // A configured limit below the minimum is kept.
        let mut few = RateWindow::new(Some(2));
        few.slow_down(start, Duration::ZERO);
        assert_eq!(few.allowed, Some(2));
    }

    #[test]
    fn a_429_only_pauses_requests_without_a_limit() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut unlimited = RateWindow::new(None);
        unlimited.slow_down(at(1), Duration::from_secs(5));
        assert_eq!((unlimited.reserve(at(2)), unlimited.allowed), (at(6), None));
        assert_eq!(reserve_seconds(&mut unlimited, start, 7.0, 200).last(), Some(&7.0));
    }

    #[tokio::test(start_paused = true)]
    async fn a_new_pause_delays_waiting_requests() {
        let limits = Arc::new(Limits::new(2, Some(1)));
        let start = Instant::now();
        drop(limits.admit(far()).await);
        let waiting = tokio::spawn({
            let limits = Arc::clone(&limits);
            async move {
                limits.admit(far()).await.unwrap();
                Instant::now()
            }
        });
        tokio::time::sleep(Duration::from_secs(59)).await;
        limits.slow_down(Duration::from_secs(30));
        // The pause starts after 59 s and lasts 30 s.
        assert!(waiting.await.unwrap() - start >= Duration::from_secs(89));
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_below_the_limits_does_not_wait() {
        let limits = Limits::new(1, Some(10));
        // Between two timer ticks: even a sleep until the current time would last until the next tick.
        tokio::time::advance(Duration::from_micros(300)).await;
        for _ in 0..10 {
            assert!(limits.admit(far()).now_or_never().is_some());
        }
        assert!(limits.admit(far()).now_or_never().is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_requests_than_the_limit_are_in_flight() {
        let limits = Limits::new(2, None);
        let (_first, second) = (limits.admit(far()).await, limits.admit(far()).await);
        assert!(tokio::time::timeout(MINUTE, limits.admit(far())).await.is_err());
        drop(second);
        assert!(limits.admit(far()).await.unwrap().is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_whose_deadline_ends_before_the_limit_lifts_fails_at_once_and_says_when() {
        let start = Instant::now();
        let minute = Limits::new(9, Some(2));
        for _ in 0..2 {
            minute.admit(far()).await.unwrap();
        }
        let paused = Limits::new(9, None);
        paused.slow_down(Duration::from_secs(3600));
        for (limits, wait, text) in
            [(&minute, 60, "at most 2 requests per minute"), (&paused, 3600, "requested a pause")]
        {
            let error = limits.admit(start + Duration::from_secs(30)).await.unwrap_err();
            assert!(error.is_rate_limited() && error.is_unsent() && error.status().is_none(), "{error}");
            assert_eq!(error.retry_after(), Some(Duration::from_secs(wait)), "{error}");
            assert!(error.to_string().contains(text), "{error}");
        }
        assert_eq!(Instant::now(), start, "nothing waits");
        // The failed calls have released their reservations.
        minute.admit(start + Duration::from_secs(61)).await.unwrap();
        assert_eq!((Instant::now() - start).as_secs(), 60);
    }
}

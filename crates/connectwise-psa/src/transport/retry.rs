//! Decides whether a request is retried, and after which delay.

use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBuilder};

use connectwise_psa_core::error::Error;
use connectwise_psa_core::transport::Response;
use tokio::time::Instant;

use crate::transport::budget::Budget;
use crate::transport::limits::{self, Limits};
use connectwise_psa_core::transport::RetryPolicy;

/// The wait after a 429 without a `retry-after` header. ConnectWise's guide advises 30 s, doubled each time. The client
/// doubles the wait at most four times in a call.
const COOL_DOWN: Duration = Duration::from_secs(30);

/// The next step after an attempt.
pub(crate) enum Step {
    Done(Result<Response, Error>),
    /// Another attempt after a wait. The permit is released, so other requests may be sent meanwhile.
    Retry {
        wait: Duration,
        reason: String,
    },
}

impl Step {
    /// Returns the step of another attempt without an additional wait.
    pub(crate) fn retry_now(reason: &str) -> Self {
        Self::Retry { wait: Duration::ZERO, reason: reason.to_owned() }
    }
}

/// The state of a call between its attempts.
pub(crate) struct RetryState<D> {
    policy: RetryPolicy,
    delays: D,
    deadline: Instant,
    /// Whether sending the request twice has the same effect as sending it once.
    repeatable: bool,
    /// How many times the request was sent.
    pub(crate) attempts: u32,
    /// How often the call has needed the base URL, which logs use as the number of an attempt to discover it. Most of the
    /// time, the base URL is already known.
    pub(crate) discoveries: u32,
    /// How many 429 responses there were.
    rate_limited: u32,
    /// Whether the server may have carried out an earlier attempt.
    pub(crate) ambiguous: bool,
    /// Whether an attempt was sent. Also true if the server rejected it.
    pub(crate) sent: bool,
    /// Whether the body can be sent again.
    pub(crate) replayable: bool,
    /// Whether the member's keys were renewed once in this call.
    pub(crate) renewed: bool,
    /// Whether discovery was repeated once in this call.
    pub(crate) moved: bool,
}

/// Returns the state of a call before its first attempt.
pub(crate) fn start(
    policy: RetryPolicy,
    deadline: Instant,
    repeatable: bool,
) -> RetryState<impl Iterator<Item = Duration> + Send> {
    RetryState {
        delays: delays(&policy),
        policy,
        deadline,
        repeatable,
        attempts: 0,
        discoveries: 0,
        rate_limited: 0,
        ambiguous: false,
        sent: false,
        replayable: true,
        renewed: false,
        moved: false,
    }
}

impl<D: Iterator<Item = Duration>> RetryState<D> {
    /// Returns the next step after a request without a response.
    pub(crate) fn after_error(&mut self, error: Error, budget: &Budget) -> Step {
        let earlier_attempt_ambiguous = self.ambiguous;
        self.ambiguous |= error.is_ambiguous_if_change();
        self.sent |= !error.is_unsent();
        let repeatable = self.repeatable || !error.is_ambiguous_if_change();
        match self.retry(&error, budget, repeatable) {
            Some(step) => step,
            None => Step::Done(Err(self.last(error, earlier_attempt_ambiguous))),
        }
    }

    /// Returns the next step after a request that has to precede the attempt failed. Such a request changes nothing on
    /// the server, so it is repeatable.
    pub(crate) fn after_failed_preparation(
        &mut self,
        error: Error,
        purpose: &str,
        budget: &Budget,
        limits: &Limits,
    ) -> Step {
        let may_retry = !error.is_rate_limited() || {
            let wait = self.cool_down(&error);
            // The limits delay all requests, also those of preparations.
            limits.slow_down(wait);
            self.has_time_for(wait)
        };
        match self.retry(&error, budget, may_retry) {
            Some(step) => step,
            None => Step::Done(Err(self.not_prepared(error, purpose))),
        }
    }

    /// Returns the error of the call after a request that has to precede its next attempt failed.
    pub(crate) fn not_prepared(&self, error: Error, purpose: &str) -> Error {
        self.last(Error::preparation(purpose, error), self.ambiguous)
    }

    /// Adds what earlier attempts say about the call to the error of the last one.
    pub(crate) fn last(&self, error: Error, earlier_attempt_ambiguous: bool) -> Error {
        error
            .with_attempts(self.attempts)
            .with_earlier_attempt_ambiguous(earlier_attempt_ambiguous)
            .with_earlier_attempt_sent(self.sent)
    }

    /// Returns how long to wait after a 429.
    fn cool_down(&mut self, error: &Error) -> Duration {
        let wait = error.retry_after().unwrap_or_else(|| COOL_DOWN.saturating_mul(1 << self.rate_limited.min(4)));
        self.rate_limited += 1;
        wait
    }

    /// Returns the next step after a 429. Returns `None` if another attempt is not possible, for example because the
    /// call would time out before it.
    pub(crate) fn after_rate_limit(&mut self, error: &Error, limits: &Limits) -> Option<Step> {
        let wait = self.cool_down(error);
        limits.slow_down(wait);
        // The limits delay all requests, so this one needs no wait of its own.
        let may_retry = self.replayable && self.attempts < self.policy.max_attempts.max(1) && self.has_time_for(wait);
        may_retry.then(|| Step::retry_now("rate limit exceeded"))
    }

    /// Returns the step of another attempt after an error response other than a 429; `None` if the response is final.
    pub(crate) fn after_status(&mut self, error: &Error, budget: &Budget) -> Option<Step> {
        self.ambiguous |= error.is_ambiguous_if_change();
        let repeatable = self.repeatable || !error.is_ambiguous_if_change();
        self.retry(error, budget, repeatable)
    }

    /// Returns the step of another attempt if the policy, the timeout and the budget allow it.
    fn retry(&mut self, error: &Error, budget: &Budget, repeatable: bool) -> Option<Step> {
        if !error.is_transient() || !repeatable || !self.replayable {
            return None;
        }
        let delay = self.delays.next()?;
        let wait = error.retry_after().map_or(delay, |retry_after| retry_after.max(delay));
        if self.attempts >= self.policy.max_attempts || !self.has_time_for(wait) || !budget.withdraw() {
            return None;
        }
        Some(Step::Retry { wait, reason: reason(error) })
    }

    /// Returns whether a wait ends before the deadline of the call.
    fn has_time_for(&self, wait: Duration) -> bool {
        limits::after(Instant::now(), wait) < self.deadline
    }
}

/// Returns the delays between the attempts: one fewer than there are attempts.
fn delays(policy: &RetryPolicy) -> impl Iterator<Item = Duration> + Send + use<> {
    let times = usize::try_from(policy.max_attempts.max(1) - 1).unwrap_or(usize::MAX);
    ExponentialBuilder::new()
        .with_jitter()
        .with_factor(2.0)
        .with_min_delay(policy.min_delay)
        .with_max_delay(policy.max_delay.max(policy.min_delay))
        .with_max_times(times)
        .build()
}

/// Returns the reason for a retry, for logs.
fn reason(error: &Error) -> String {
    match error.status() {
        Some(status) => status.to_string(),
        None if error.is_connect() => "connecting failed".to_owned(),
        None if error.is_timeout() => "the request timed out".to_owned(),
        None => "the connection was lost".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_the_maximum_and_end_with_the_attempts() {
        let policy =
            RetryPolicy::default().max_attempts(6).backoff(Duration::from_millis(100), Duration::from_millis(400));
        let found: Vec<_> = delays(&policy).collect();
        assert_eq!(found.len(), 5);
        // Jitter adds up to the same time again.
        for (delay, least) in found.iter().zip([100, 200, 400, 400, 400]) {
            let least = Duration::from_millis(least);
            assert!(*delay >= least && *delay <= least * 2, "{delay:?}");
        }
        for attempts in [0, 1] {
            assert_eq!(delays(&RetryPolicy::default().max_attempts(attempts)).count(), 0);
        }
        assert_eq!(delays(&RetryPolicy::none()).count(), 0);
    }
}

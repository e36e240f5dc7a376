//! Whether a request is sent again, and after which wait.

use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBuilder};

use connectwise_psa_core::error::Error;
use connectwise_psa_core::transport::Response;
use tokio::time::Instant;

use crate::transport::budget::Budget;
use crate::transport::limits::{self, Limits};
use connectwise_psa_core::transport::RetryPolicy;

/// How long to wait after a 429 that does not say. facts: the vendor's guide advises 30 s, doubled each time.
const COOL_DOWN: Duration = Duration::from_secs(30);

/// What follows from an attempt.
pub(crate) enum Step {
    Done(Result<Response, Error>),
    /// Another attempt after a wait. The permit has been given back: other requests may be sent meanwhile.
    Retry {
        wait: Duration,
        reason: String,
    },
}

impl Step {
    /// Another attempt without a wait of its own.
    pub(crate) fn retry_now(reason: &str) -> Self {
        Self::Retry { wait: Duration::ZERO, reason: reason.to_owned() }
    }
}

/// A call between its attempts.
pub(crate) struct RetryState<D> {
    policy: RetryPolicy,
    delays: D,
    deadline: Instant,
    /// Whether sending the request twice has the same effect as sending it once.
    repeatable: bool,
    /// How many times the request was sent.
    pub(crate) attempts: u32,
    /// How many times the server was asked where the API is.
    pub(crate) discoveries: u32,
    /// How many times the server asked for fewer requests.
    rate_limited: u32,
    /// Whether an earlier attempt may have been carried out.
    pub(crate) ambiguous: bool,
    /// Whether there is a body to send again.
    pub(crate) replayable: bool,
    /// Whether the member's keys were renewed once in this call.
    pub(crate) renewed: bool,
    /// Whether discovery was repeated once in this call.
    pub(crate) moved: bool,
}

/// The state of a call before its first attempt.
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
        replayable: true,
        renewed: false,
        moved: false,
    }
}

impl<D: Iterator<Item = Duration>> RetryState<D> {
    /// What follows when no response came to the request.
    pub(crate) fn after_error(&mut self, error: Error, budget: &Budget) -> Step {
        let repeatable = self.repeatable;
        self.after_lost(error, budget, repeatable)
    }

    /// What follows when discovery failed. It changes nothing on the server, so it can always be repeated.
    pub(crate) fn after_failed_discovery(&mut self, error: Error, budget: &Budget) -> Step {
        self.after_lost(error, budget, true)
    }

    fn after_lost(&mut self, error: Error, budget: &Budget, repeatable: bool) -> Step {
        if error.is_transient() {
            self.ambiguous |= !error.is_connect() && !error.is_rate_limited();
            if let Some(step) = self.retry(&error, budget, repeatable || error.is_connect()) {
                return step;
            }
        }
        // This attempt sent nothing, but an earlier one did.
        let error = if self.ambiguous && error.is_connect() { Error::transport(error.into_cause()) } else { error };
        Step::Done(Err(error.with_attempts(self.attempts)))
    }

    /// What follows from a 429; nothing when the call does not last long enough for another attempt.
    pub(crate) fn after_rate_limit(&mut self, error: &Error, limits: &Limits) -> Option<Step> {
        let wait = error.retry_after().unwrap_or_else(|| COOL_DOWN.saturating_mul(1 << self.rate_limited.min(4)));
        self.rate_limited += 1;
        limits.slow_down(wait);
        // The limits hold everybody back for as long.
        let may = self.replayable && self.attempts < self.policy.max_attempts.max(1) && self.lasts(wait);
        may.then(|| Step::retry_now("the server asks for fewer requests"))
    }

    /// What follows from a response that says that the request may succeed later.
    pub(crate) fn after_transient(&mut self, error: &Error, budget: &Budget) -> Option<Step> {
        self.ambiguous = true;
        let repeatable = self.repeatable;
        self.retry(error, budget, repeatable)
    }

    /// Another attempt, if there may be one.
    fn retry(&mut self, error: &Error, budget: &Budget, may: bool) -> Option<Step> {
        if !may || !self.replayable {
            return None;
        }
        let delay = self.delays.next()?;
        let wait = error.retry_after().map_or(delay, |asked| asked.max(delay));
        if self.attempts >= self.policy.max_attempts || !self.lasts(wait) || !budget.withdraw() {
            return None;
        }
        Some(Step::Retry { wait, reason: reason(error) })
    }

    /// Whether the time of the call goes beyond such a wait.
    fn lasts(&self, wait: Duration) -> bool {
        limits::after(Instant::now(), wait) < self.deadline
    }
}

/// The delays between the attempts; they end when there is no further attempt.
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

/// Why a request is sent again, in a few words.
fn reason(error: &Error) -> String {
    match error.status() {
        Some(status) => status.to_string(),
        None if error.is_connect() => "no connection could be made".to_owned(),
        None if error.is_timeout() => "no answer came in time".to_owned(),
        None => "the exchange broke off".to_owned(),
    }
}

/// The failure of what comes before a call: it says nothing about the call itself, which was not sent.
pub(crate) fn not_sent(error: Error, advice: &str) -> Error {
    if error.is_transient() && !error.is_connect() && !error.is_rate_limited() {
        Error::connect(error).with_advice(advice)
    } else {
        error
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_the_longest_and_end_with_the_attempts() {
        let policy =
            RetryPolicy::default().max_attempts(6).backoff(Duration::from_millis(100), Duration::from_millis(400));
        let found: Vec<_> = delays(&policy).collect();
        assert_eq!(found.len(), 5);
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

//! What can differ from call to call: the version, the time, how often to try.

use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBuilder};

/// How often and after which delays a request is sent again.
///
/// What is sent again at all is not a matter of this policy: see [the crate's documentation](crate#retries).
///
/// ```
/// use std::time::Duration;
/// use connectwise_psa::RetryPolicy;
///
/// let patient = RetryPolicy::background().max_attempts(10);
/// let once = RetryPolicy::none();
/// let own = RetryPolicy::default().backoff(Duration::from_millis(50), Duration::from_secs(1));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a policy does nothing until a client has it"]
pub struct RetryPolicy {
    pub(crate) max_attempts: u32,
    pub(crate) min_delay: Duration,
    pub(crate) max_delay: Duration,
}

impl Default for RetryPolicy {
    /// 4 attempts, the delays from 250 ms to 10 s.
    fn default() -> Self {
        Self { max_attempts: 4, min_delay: Duration::from_millis(250), max_delay: Duration::from_secs(10) }
    }
}

impl RetryPolicy {
    /// One attempt.
    pub const fn none() -> Self {
        Self { max_attempts: 1, min_delay: Duration::ZERO, max_delay: Duration::ZERO }
    }

    /// For somebody who waits: 3 attempts, the delays from 100 ms to 2 s. facts: what the vendor's guide advises.
    pub const fn interactive() -> Self {
        Self { max_attempts: 3, min_delay: Duration::from_millis(100), max_delay: Duration::from_secs(2) }
    }

    /// For work that nobody waits for: 8 attempts, the delays from 250 ms to 60 s. facts: what the vendor's guide advises.
    pub const fn background() -> Self {
        Self { max_attempts: 8, min_delay: Duration::from_millis(250), max_delay: Duration::from_secs(60) }
    }

    /// How many times a request is sent at most, the first time included; 0 is taken as 1.
    pub const fn max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = attempts;
        self
    }

    /// The shortest delay, which is the first and doubles with each further attempt, and the longest. Up to its own length is added to each at random.
    pub const fn backoff(mut self, min: Duration, max: Duration) -> Self {
        self.min_delay = min;
        self.max_delay = max;
        self
    }

    /// The delays between the attempts; it ends when there is no further attempt.
    pub(crate) fn sequence(&self) -> impl Iterator<Item = Duration> + Send + use<> {
        let times = usize::try_from(self.max_attempts.max(1) - 1).unwrap_or(usize::MAX);
        ExponentialBuilder::new()
            .with_jitter()
            .with_factor(2.0)
            .with_min_delay(self.min_delay)
            .with_max_delay(self.max_delay.max(self.min_delay))
            .with_max_times(times)
            .build()
    }
}

/// What differs from the client's own settings for some calls; given to [`Psa::with`](crate::Psa::with).
///
/// ```
/// use std::time::Duration;
/// use connectwise_psa::CallOptions;
///
/// let options = CallOptions::new().version("2024.1").timeout(Duration::from_secs(20));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use = "options do nothing until a client has them"]
pub struct CallOptions {
    pub(crate) version: Option<Version>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) retry: Option<RetryPolicy>,
    pub(crate) retry_non_idempotent: Option<bool>,
}

/// Which version of the API's types is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    Named(String),
    /// Whatever the server has newest.
    Newest,
}

impl CallOptions {
    /// Nothing differs.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks for another version of the API's types, such as `2024.1`.
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = Some(Version::Named(version.into()));
        self
    }

    /// Names no version: the server uses its newest. facts: some endpoints refuse every version.
    pub fn without_version(mut self) -> Self {
        self.version = Some(Version::Newest);
        self
    }

    /// How long a call may take in all, with its retries, its waits for the limits, and the reading of answers that are no files.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// How often, and after which delays, requests are sent again.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = Some(policy);
        self
    }

    /// Sends changes again even when the first attempt may have been carried out: a POST can then create a record twice. For calls whose repetition the caller
    /// knows to be harmless.
    pub fn retry_non_idempotent(mut self) -> Self {
        self.retry_non_idempotent = Some(true);
        self
    }

    /// These options where they say something, `others` where they do not.
    pub(crate) fn over(self, others: &Self) -> Self {
        Self {
            version: self.version.or_else(|| others.version.clone()),
            timeout: self.timeout.or(others.timeout),
            retry: self.retry.or(others.retry),
            retry_non_idempotent: self.retry_non_idempotent.or(others.retry_non_idempotent),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_the_longest_and_end_with_the_attempts() {
        let policy = RetryPolicy::default().max_attempts(6).backoff(Duration::from_millis(100), Duration::from_millis(400));
        let delays: Vec<_> = policy.sequence().collect();
        assert_eq!(delays.len(), 5);
        for (delay, least) in delays.iter().zip([100, 200, 400, 400, 400]) {
            let least = Duration::from_millis(least);
            assert!(*delay >= least && *delay <= least * 2, "{delay:?}");
        }
        for attempts in [0, 1] {
            assert_eq!(RetryPolicy::default().max_attempts(attempts).sequence().count(), 0);
        }
        assert_eq!(RetryPolicy::none().sequence().count(), 0);
    }

    #[test]
    fn options_lie_over_others() {
        let base = CallOptions::new().version("2025.8").timeout(Duration::from_secs(1)).retry(RetryPolicy::none());
        let over = CallOptions::new().without_version().retry_non_idempotent().over(&base);
        assert_eq!(over, CallOptions { version: Some(Version::Newest), retry_non_idempotent: Some(true), ..base });
    }
}

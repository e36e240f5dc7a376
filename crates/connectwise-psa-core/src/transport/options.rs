//! The options of calls: version, timeout and retries.

use std::time::Duration;

/// How often, and after which delays, a request is retried.
///
/// Which errors are followed by a retry does not depend on the policy; see
/// [`Error::is_retryable`](crate::error::Error::is_retryable).
///
/// ```
/// use std::time::Duration;
/// use connectwise_psa_core::transport::RetryPolicy;
///
/// let patient = RetryPolicy::background().max_attempts(10);
/// let once = RetryPolicy::none();
/// let custom = RetryPolicy::default().backoff(Duration::from_millis(50), Duration::from_secs(1));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[must_use = "a policy does nothing until it is set on a client or a call"]
pub struct RetryPolicy {
    /// The maximum number of attempts; 0 means 1.
    pub max_attempts: u32,
    /// The first delay. Each further delay is twice as long, up to `max_delay`.
    pub min_delay: Duration,
    /// The maximum of the doubling delay, before a random part of up to the same length is added. A longer
    /// `Retry-After` takes precedence. After a 429, only `Retry-After` or the client's own pause counts.
    pub max_delay: Duration,
}

impl Default for RetryPolicy {
    /// Returns a policy of 4 attempts. The delays are 250 ms, 500 ms and 1 s, each with a random part.
    fn default() -> Self {
        Self { max_attempts: 4, min_delay: Duration::from_millis(250), max_delay: Duration::from_secs(10) }
    }
}

impl RetryPolicy {
    /// Returns a policy of one attempt. A request that was rejected because minted keys had expired, or because the API
    /// had moved to another URL, is still sent a second time.
    pub const fn none() -> Self {
        Self { max_attempts: 1, min_delay: Duration::ZERO, max_delay: Duration::ZERO }
    }

    /// Returns a policy for interactive programs: 3 attempts with delays of 100 ms and 200 ms, each with a random part.
    /// ConnectWise's guide recommends 3 attempts and delays between 100 ms and 2 s.
    pub const fn interactive() -> Self {
        Self { max_attempts: 3, min_delay: Duration::from_millis(100), max_delay: Duration::from_secs(2) }
    }

    /// Returns a policy for background jobs: 8 attempts with delays from 250 ms to 16 s, each with a random part.
    /// ConnectWise's guide recommends 8 attempts and delays between 250 ms and 60 s.
    pub const fn background() -> Self {
        Self { max_attempts: 8, min_delay: Duration::from_millis(250), max_delay: Duration::from_secs(60) }
    }

    /// Sets the maximum number of attempts; 0 means 1.
    pub const fn max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = attempts;
        self
    }

    /// Sets the first delay, which doubles with each further attempt, and the maximum delay. A random duration of up to
    /// the delay itself is added to each delay.
    pub const fn backoff(mut self, min: Duration, max: Duration) -> Self {
        self.min_delay = min;
        self.max_delay = max;
        self
    }
}

/// Options of a call that override the client's settings. Every type of call has setters with the same names.
///
/// ```
/// use std::time::Duration;
/// use connectwise_psa_core::transport::CallOptions;
///
/// let options = CallOptions::new().version("2024.1").timeout(Duration::from_secs(20));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
#[must_use = "options do nothing until they are set on a client or a call"]
pub struct CallOptions {
    /// The requested version of the API's types.
    pub version: Option<ApiVersion>,
    /// The time limit of each request, including its retries, its waits for the client's limits, and the reading of the
    /// response (but not of a download).
    pub timeout: Option<Duration>,
    /// How often to retry.
    pub retry: Option<RetryPolicy>,
    /// Whether a change is retried even if the server may have carried out an earlier attempt.
    pub retry_non_idempotent: Option<bool>,
}

/// The requested version of the API's types.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ApiVersion {
    /// This version, such as `2024.1`.
    Specific(String),
    /// No version is sent, so the server uses its newest one.
    Unspecified,
}

impl CallOptions {
    /// Creates options that override nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Requests another version of the API's types, such as `2024.1`.
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = Some(ApiVersion::Specific(version.into()));
        self
    }

    /// Sends no version: the server uses its newest one. Observed on live servers: some endpoints reject every version.
    pub fn without_version(mut self) -> Self {
        self.version = Some(ApiVersion::Unspecified);
        self
    }

    /// Limits the time of each request, including its retries, its waits for the client's limits, and the reading of
    /// the response (but not of a download).
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Sets how often to retry.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = Some(policy);
        self
    }

    /// Retries a change even if the server may have carried out an earlier attempt: a POST can then create a record
    /// twice. Use it for calls that are harmless to repeat.
    pub fn retry_non_idempotent(mut self) -> Self {
        self.retry_non_idempotent = Some(true);
        self
    }

    /// Returns these options, with those that are not set taken from `others`.
    pub fn or(self, others: &Self) -> Self {
        Self {
            version: self.version.or_else(|| others.version.clone()),
            timeout: self.timeout.or(others.timeout),
            retry: self.retry.or(others.retry),
            retry_non_idempotent: self.retry_non_idempotent.or(others.retry_non_idempotent),
        }
    }
}

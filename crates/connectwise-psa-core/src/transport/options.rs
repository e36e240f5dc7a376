//! What can differ from call to call: the version, the time limit, how often to retry.

use std::time::Duration;

/// How often, and after which delays, a request is sent again.
///
/// Which requests are sent again at all is not part of this policy.
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
#[must_use = "a policy does nothing until a client or a call has it"]
pub struct RetryPolicy {
    /// How many times a request is sent at most; 0 is taken as 1.
    pub max_attempts: u32,
    /// The first delay. Each further delay is twice as long.
    pub min_delay: Duration,
    /// The longest delay.
    pub max_delay: Duration,
}

impl Default for RetryPolicy {
    /// 4 attempts, delays from 250 ms to 10 s.
    fn default() -> Self {
        Self { max_attempts: 4, min_delay: Duration::from_millis(250), max_delay: Duration::from_secs(10) }
    }
}

impl RetryPolicy {
    /// One attempt. A request that was rejected because the keys of a member had expired, or because the API had moved,
    /// is sent once more.
    pub const fn none() -> Self {
        Self { max_attempts: 1, min_delay: Duration::ZERO, max_delay: Duration::ZERO }
    }

    /// For a user who waits: 3 attempts, delays from 100 ms to 2 s, as the vendor's guide advises.
    pub const fn interactive() -> Self {
        Self { max_attempts: 3, min_delay: Duration::from_millis(100), max_delay: Duration::from_secs(2) }
    }

    /// For work that nobody waits for: 8 attempts, delays from 250 ms to 60 s, as the vendor's guide advises.
    pub const fn background() -> Self {
        Self { max_attempts: 8, min_delay: Duration::from_millis(250), max_delay: Duration::from_secs(60) }
    }

    /// How many times a request is sent at most; 0 is taken as 1.
    pub const fn max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = attempts;
        self
    }

    /// The first delay, which doubles with each further attempt, and the longest. A random share of up to its own
    /// length is added to each.
    pub const fn backoff(mut self, min: Duration, max: Duration) -> Self {
        self.min_delay = min;
        self.max_delay = max;
        self
    }
}

/// What differs from the client's settings for some calls. Each call has setters of the same names.
///
/// ```
/// use std::time::Duration;
/// use connectwise_psa_core::transport::CallOptions;
///
/// let options = CallOptions::new().version("2024.1").timeout(Duration::from_secs(20));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
#[must_use = "options do nothing until a client or a call has them"]
pub struct CallOptions {
    /// Which version of the API's types is asked for.
    pub version: Option<ApiVersion>,
    /// How long each request may take in all, with its retries, its waits for the limits, and the reading of responses
    /// that are not downloads.
    pub timeout: Option<Duration>,
    /// How often to retry.
    pub retry: Option<RetryPolicy>,
    /// Whether a change is retried although the first attempt may have been carried out.
    pub retry_non_idempotent: Option<bool>,
}

/// Which version of the API's types is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ApiVersion {
    /// This one, such as `2024.1`.
    Named(String),
    /// None is named, so the server uses its newest.
    Newest,
}

impl CallOptions {
    /// Nothing differs.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks for another version of the API's types, such as `2024.1`.
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = Some(ApiVersion::Named(version.into()));
        self
    }

    /// Names no version: the server uses its newest. Observed on live servers: some endpoints reject every version.
    pub fn without_version(mut self) -> Self {
        self.version = Some(ApiVersion::Newest);
        self
    }

    /// How long each request may take in all, with its retries, its waits for the limits, and the reading of responses
    /// that are not downloads.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// How often to retry.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = Some(policy);
        self
    }

    /// Retries a change even when the first attempt may have been carried out: a POST can then create a record twice.
    /// For calls whose repetition the caller knows to be harmless.
    pub fn retry_non_idempotent(mut self) -> Self {
        self.retry_non_idempotent = Some(true);
        self
    }

    /// These options where they are set, `others` where they are not.
    pub fn or(self, others: &Self) -> Self {
        Self {
            version: self.version.or_else(|| others.version.clone()),
            timeout: self.timeout.or(others.timeout),
            retry: self.retry.or(others.retry),
            retry_non_idempotent: self.retry_non_idempotent.or(others.retry_non_idempotent),
        }
    }
}

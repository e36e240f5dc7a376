//! The rate limit, in requests per minute.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::MiddlewareResult;
use crate::api_error::too_many_requests;

pub(super) const MINUTE: Duration = Duration::from_secs(60);

/// The requests of the last minute.
#[derive(Debug, Default)]
pub(crate) struct RateLimit {
    admitted: VecDeque<Instant>,
}

impl RateLimit {
    /// Admits a request, or rejects it when the last minute already has `per_minute` requests.
    pub(crate) fn admit(
        &mut self,
        per_minute: Option<usize>,
        retry_after: Duration,
        now: Instant,
    ) -> MiddlewareResult<()> {
        let Some(limit) = per_minute else { return Ok(()) };
        while self.admitted.front().is_some_and(|at| now.duration_since(*at) >= MINUTE) {
            self.admitted.pop_front();
        }
        if self.admitted.len() >= limit {
            return Err(Box::new(too_many_requests(retry_after)));
        }
        self.admitted.push_back(now);
        Ok(())
    }
}

//! The limit of requests in a minute.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::Refused;
use crate::api_error::too_many_requests;

pub(super) const MINUTE: Duration = Duration::from_secs(60);

/// The limit of requests in a minute.
#[derive(Debug, Default)]
pub(crate) struct RateLimit {
    admitted: VecDeque<Instant>,
}

impl RateLimit {
    /// facts: the limiter's body has `error` where others have `code`.
    pub(crate) fn admit(&mut self, per_minute: Option<usize>, retry_after: Duration, now: Instant) -> Refused<()> {
        let Some(most) = per_minute else { return Ok(()) };
        while self.admitted.front().is_some_and(|at| now.duration_since(*at) >= MINUTE) {
            self.admitted.pop_front();
        }
        if self.admitted.len() >= most {
            return Err(Box::new(too_many_requests(retry_after)));
        }
        self.admitted.push_back(now);
        Ok(())
    }
}

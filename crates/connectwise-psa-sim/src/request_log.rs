//! The requests that the simulator has received, for tests to inspect.

use std::collections::VecDeque;
use std::time::Duration;

/// The maximum number of requests to keep; older ones are dropped, because the simulator may run for weeks.
const MAX_REQUESTS: usize = 100_000;

/// The maximum memory of the requests to keep, in bytes.
const MAX_BYTES: usize = 16 * 1024 * 1024;

/// A request that the simulator has received.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecordedRequest {
    /// The method.
    pub method: String,
    /// The path of the URL, percent-encoded. For requests to the API it includes the code base and `/apis/3.0`.
    pub path: String,
    /// The query as received, still percent-encoded.
    pub query: String,
    /// The status of the response; `None` when the simulator closed the connection without a response.
    pub status: Option<u16>,
    /// The time from when the request was read completely until its response was ready. It includes the configured
    /// latency and the delays that faults inject.
    pub duration: Duration,
}

impl RecordedRequest {
    /// Returns the memory that it takes, in bytes.
    fn size(&self) -> usize {
        size_of::<Self>() + self.method.len() + self.path.len() + self.query.len()
    }
}

/// A closure that is called for every request, before its response is sent or its connection is closed.
pub(crate) type Observer = Box<dyn Fn(&RecordedRequest) + Send + Sync>;

/// The most recent requests, in the order in which the simulator finished handling them.
#[derive(Debug, Default)]
pub(crate) struct RequestLog {
    requests: VecDeque<RecordedRequest>,
    /// The memory of the requests in bytes.
    bytes: usize,
}

impl RequestLog {
    /// Adds a request. Drops the oldest ones when the log is full.
    pub(crate) fn push(&mut self, request: RecordedRequest) {
        self.bytes += request.size();
        self.requests.push_back(request);
        while self.requests.len() > MAX_REQUESTS || self.bytes > MAX_BYTES {
            let Some(oldest) = self.requests.pop_front() else { break };
            self.bytes -= oldest.size();
        }
    }

    /// Returns a copy of all requests.
    pub(crate) fn to_vec(&self) -> Vec<RecordedRequest> {
        self.requests.iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_is_limited_in_requests_and_in_bytes() {
        let request = |query: String| RecordedRequest {
            method: "GET".to_owned(),
            path: "/x".to_owned(),
            query,
            status: Some(200),
            duration: Duration::ZERO,
        };
        let mut log = RequestLog::default();
        (0..MAX_REQUESTS + 10).for_each(|number| log.push(request(number.to_string())));
        assert_eq!((log.requests.len(), log.requests[0].query.as_str()), (MAX_REQUESTS, "10"));
        (0..40_000).for_each(|number| log.push(request(format!("{number}{}", "x".repeat(2000)))));
        assert!(log.bytes <= MAX_BYTES && log.requests.len() > 7000, "{} {}", log.bytes, log.requests.len());
        assert!(log.requests.back().unwrap().query.starts_with("39999x"));
        assert_eq!(log.bytes, log.requests.iter().map(RecordedRequest::size).sum::<usize>());
    }
}

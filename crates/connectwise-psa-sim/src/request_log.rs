//! The requests that a server has received, for tests to inspect.

use std::collections::VecDeque;
use std::time::Duration;

/// The number of requests to keep; older ones are dropped, because a server may run for weeks.
const CAPACITY: usize = 100_000;

/// A request that the server has received.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecordedRequest {
    /// The method.
    pub method: String,
    /// The whole path of the URL: for the API, with the code base and `/apis/3.0`. Still percent-encoded.
    pub path: String,
    /// The query as received, still percent-encoded.
    pub query: String,
    /// The status of the response; `None` when the server closed the connection without a response.
    pub status: Option<u16>,
    /// The time from the whole request to the response, including the delays of latency and faults.
    pub duration: Duration,
}

/// A closure to call for every received request.
pub(crate) type Observer = Box<dyn Fn(&RecordedRequest) + Send + Sync>;

/// The most recent requests, in the order of their responses.
#[derive(Debug, Default)]
pub(crate) struct RequestLog(VecDeque<RecordedRequest>);

impl RequestLog {
    /// Adds a request. Drops the oldest one when the log is full.
    pub(crate) fn push(&mut self, request: RecordedRequest) {
        if self.0.len() == CAPACITY {
            self.0.pop_front();
        }
        self.0.push_back(request);
    }

    /// Returns a copy of all requests.
    pub(crate) fn to_vec(&self) -> Vec<RecordedRequest> {
        self.0.iter().cloned().collect()
    }
}

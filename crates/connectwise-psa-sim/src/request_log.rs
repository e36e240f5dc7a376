//! The requests that the simulator has received, for tests to inspect.

use std::collections::VecDeque;
use std::time::Duration;

/// The number of requests to keep; older ones are dropped, because the simulator may run for weeks.
const CAPACITY: usize = 100_000;

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

/// A closure that is called for every request, before its response is sent or its connection is closed.
pub(crate) type Observer = Box<dyn Fn(&RecordedRequest) + Send + Sync>;

/// The most recent requests, in the order in which the simulator finished handling them.
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

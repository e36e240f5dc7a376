//! The requests that a server has answered, for tests to look at.

use std::collections::VecDeque;
use std::time::Duration;

/// How many requests are remembered: a server that runs for weeks forgets.
const CAPACITY: usize = 100_000;

/// A request that the server has received.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecordedRequest {
    /// The method.
    pub method: String,
    /// The path, with the API base.
    pub path: String,
    /// The query as it came.
    pub query: String,
    /// The status of the response; none when the connection was broken.
    pub status: Option<u16>,
    /// How long the response took, latency and faults included.
    pub duration: Duration,
}

/// What is done with every request that was received.
pub(crate) type Observer = Box<dyn Fn(&RecordedRequest) + Send + Sync>;

/// The last requests, in the order of their responses.
#[derive(Debug, Default)]
pub(crate) struct RequestLog(VecDeque<RecordedRequest>);

impl RequestLog {
    /// Adds a request, in place of the oldest one when there are too many.
    pub(crate) fn push(&mut self, request: RecordedRequest) {
        if self.0.len() == CAPACITY {
            self.0.pop_front();
        }
        self.0.push_back(request);
    }

    /// All of them.
    pub(crate) fn to_vec(&self) -> Vec<RecordedRequest> {
        self.0.iter().cloned().collect()
    }
}

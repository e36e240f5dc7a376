//! Response bodies that a fault can interrupt.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

/// The error that makes hyper close a connection: because of a fault, or because the request body was cut off.
#[derive(Debug)]
pub(super) struct ConnectionClosed;

impl std::fmt::Display for ConnectionClosed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the connection is closed without a complete response")
    }
}

impl std::error::Error for ConnectionClosed {}

/// A response body that may close the connection in the middle.
pub(super) struct ResponseBody {
    body: Option<Bytes>,
    length: u64,
    is_truncated: bool,
    /// Whether the first half had time to be written.
    was_written: bool,
}

impl ResponseBody {
    pub(super) fn new(body: Bytes, is_truncated: bool) -> Self {
        // Lengths fit into 64 bits on every platform.
        let length = body.len() as u64;
        let body = if is_truncated { body.slice(..body.len() / 2) } else { body };
        Self { body: Some(body).filter(|body| !body.is_empty()), length, is_truncated, was_written: false }
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = ConnectionClosed;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ConnectionClosed>>> {
        match self.body.take() {
            Some(body) => Poll::Ready(Some(Ok(Frame::data(body)))),
            // Closing the connection drops unwritten bytes, which for a small response include the head. Therefore the
            // body is pending once before the error: meanwhile, hyper writes them.
            None if self.is_truncated && !self.was_written => {
                self.was_written = true;
                context.waker().wake_by_ref();
                Poll::Pending
            }
            None if self.is_truncated => {
                self.is_truncated = false;
                Poll::Ready(Some(Err(ConnectionClosed)))
            }
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_none() && !self.is_truncated
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.length)
    }
}

//! Bodies of responses, which a fault can break in their middle.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

/// Why a connection is broken on purpose.
#[derive(Debug)]
pub(super) struct ConnectionBroken;

impl std::fmt::Display for ConnectionBroken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("broken on purpose")
    }
}

impl std::error::Error for ConnectionBroken {}

/// A body that can break in its middle.
pub(super) struct ResponseBody {
    body: Option<Bytes>,
    length: u64,
    breaks: bool,
    /// Whether what comes before the break has had its time to leave.
    has_left: bool,
}

impl ResponseBody {
    pub(super) fn new(body: Bytes, breaks: bool) -> Self {
        // Lengths of memory fit into 64 bits on every platform.
        let length = body.len() as u64;
        let body = if breaks { body.slice(..body.len() / 2) } else { body };
        Self { body: Some(body).filter(|body| !body.is_empty()), length, breaks, has_left: false }
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = ConnectionBroken;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ConnectionBroken>>> {
        match self.body.take() {
            Some(body) => Poll::Ready(Some(Ok(Frame::data(body)))),
            // A broken connection drops what is not written yet, which of a small answer is its head as well; it is
            // written while the body is waited for.
            None if self.breaks && !self.has_left => {
                self.has_left = true;
                context.waker().wake_by_ref();
                Poll::Pending
            }
            None if self.breaks => {
                self.breaks = false;
                Poll::Ready(Some(Err(ConnectionBroken)))
            }
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_none() && !self.breaks
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.length)
    }
}

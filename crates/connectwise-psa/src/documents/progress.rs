//! The progress of uploads and downloads, which callbacks receive.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use connectwise_psa_core::error::Error;
use connectwise_psa_core::transport::ByteStream;
use futures_core::Stream;

/// How much of a file has been transferred.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// The number of bytes so far. For an upload, these have been passed to the connection; the server has stored the
    /// file only when the call returns. A retry starts at 0 again.
    pub bytes: u64,
    /// The number of bytes of the whole file; `None` if it is not known.
    pub total: Option<u64>,
}

/// A callback that receives the progress.
pub(crate) type OnProgress = Arc<dyn Fn(Progress) + Send + Sync>;

/// Returns a stream that reports each chunk to a callback.
pub(crate) fn observed(stream: ByteStream, total: Option<u64>, on_progress: OnProgress) -> ByteStream {
    ByteStream::new(Observed { stream, bytes: 0, total, on_progress })
}

struct Observed {
    stream: ByteStream,
    bytes: u64,
    total: Option<u64>,
    on_progress: OnProgress,
}

impl Stream for Observed {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let item = Pin::new(&mut self.stream).poll_next(context);
        if let Poll::Ready(Some(Ok(chunk))) = &item {
            // A usize fits into 64 bits on every platform.
            self.bytes = self.bytes.saturating_add(chunk.len() as u64);
            (self.on_progress)(Progress { bytes: self.bytes, total: self.total });
        }
        item
    }
}

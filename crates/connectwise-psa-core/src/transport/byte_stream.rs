//! Streams of bytes: the bodies of responses and uploads.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use futures_core::Stream;

use crate::error::Error;

/// The most bytes that are allocated in advance because of a size hint.
const MAX_PREALLOCATION: usize = 16 * 1024 * 1024;

/// A stream of bytes that can fail.
pub struct ByteStream {
    stream: Pin<Box<dyn Stream<Item = Result<Bytes, Error>> + Send>>,
    /// How many bytes are expected, at most [`MAX_PREALLOCATION`]; 0 if unknown.
    size_hint: usize,
}

impl ByteStream {
    /// Wraps any stream.
    pub fn new(stream: impl Stream<Item = Result<Bytes, Error>> + Send + 'static) -> Self {
        Self { stream: Box::pin(stream), size_hint: 0 }
    }

    /// Sets how many bytes are expected, which avoids reallocations while collecting. Unlike
    /// [`expect_length`](Self::expect_length), the number is not checked.
    #[must_use]
    pub fn size_hint(self, bytes: u64) -> Self {
        Self { size_hint: usize::try_from(bytes).unwrap_or(usize::MAX).min(MAX_PREALLOCATION), ..self }
    }

    /// Returns a stream that fails with a transport error unless it carries exactly `length` bytes. Discards the
    /// [`size_hint`](Self::size_hint).
    #[must_use]
    pub fn expect_length(self, length: u64) -> Self {
        Self::new(ExpectedLength { stream: self, length, received: 0, ended: false })
    }

    /// Reads the stream to its end.
    ///
    /// # Errors
    ///
    /// The errors of the stream.
    pub async fn collect(self) -> Result<Bytes, Error> {
        self.collect_limited(usize::MAX).await
    }

    /// Reads at most `max` bytes and discards the rest. A longer stream is not an error.
    ///
    /// # Errors
    ///
    /// The errors of the stream.
    pub async fn collect_limited(mut self, max: usize) -> Result<Bytes, Error> {
        let mut chunks = Chunks::with_size_hint(self.size_hint.min(max));
        while chunks.length() < max {
            match std::future::poll_fn(|context| self.stream.as_mut().poll_next(context)).await {
                Some(chunk) => chunks.push(chunk?),
                None => break,
            }
        }
        let mut bytes = chunks.finish();
        bytes.truncate(max);
        Ok(bytes)
    }

    /// Reads up to `max` bytes. At an error, returns the bytes before it.
    pub(crate) async fn collect_available(mut self, max: usize) -> Bytes {
        let mut chunks = Chunks::with_size_hint(self.size_hint.min(max));
        while chunks.length() < max {
            match std::future::poll_fn(|context| self.stream.as_mut().poll_next(context)).await {
                Some(Ok(chunk)) => chunks.push(chunk),
                Some(Err(_)) | None => break,
            }
        }
        let mut bytes = chunks.finish();
        bytes.truncate(max);
        bytes
    }
}

/// Collected chunks. A single chunk is not copied.
#[derive(Default)]
struct Chunks {
    first: Option<Bytes>,
    all: BytesMut,
    size_hint: usize,
}

impl Chunks {
    fn with_size_hint(size_hint: usize) -> Self {
        Self { size_hint, ..Self::default() }
    }

    fn length(&self) -> usize {
        self.all.len() + self.first.as_ref().map_or(0, Bytes::len)
    }

    fn push(&mut self, chunk: Bytes) {
        if self.all.is_empty() && self.first.is_none() {
            self.first = Some(chunk);
            return;
        }
        if let Some(first) = self.first.take() {
            self.all.reserve(self.size_hint.max(first.len() + chunk.len()));
            self.all.extend_from_slice(&first);
        }
        self.all.extend_from_slice(&chunk);
    }

    fn finish(self) -> Bytes {
        self.first.unwrap_or_else(|| self.all.freeze())
    }
}

impl From<Bytes> for ByteStream {
    fn from(bytes: Bytes) -> Self {
        Self::new(Once(Some(bytes).filter(|bytes| !bytes.is_empty())))
    }
}

impl From<Vec<u8>> for ByteStream {
    fn from(bytes: Vec<u8>) -> Self {
        Self::from(Bytes::from(bytes))
    }
}

impl From<&'static str> for ByteStream {
    fn from(text: &'static str) -> Self {
        Self::from(Bytes::from_static(text.as_bytes()))
    }
}

impl Stream for ByteStream {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.stream.as_mut().poll_next(context)
    }
}

/// Does not show the content.
impl fmt::Debug for ByteStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ByteStream")
    }
}

/// A stream of one chunk, or of none.
struct Once(Option<Bytes>);

impl Stream for Once {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(self.0.take().map(Ok))
    }
}

/// A stream that fails if its length is not the expected one.
struct ExpectedLength {
    stream: ByteStream,
    length: u64,
    received: u64,
    ended: bool,
}

impl Stream for ExpectedLength {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let item = ready!(Pin::new(&mut self.stream).poll_next(context));
        let problem = match &item {
            Some(Ok(chunk)) => {
                // A usize fits into 64 bits on every platform.
                self.received = self.received.saturating_add(chunk.len() as u64);
                (self.received > self.length).then_some("more")
            }
            Some(Err(_)) => None,
            None => (self.received < self.length).then_some("fewer"),
        };
        self.ended = problem.is_some() || !matches!(item, Some(Ok(_)));
        Poll::Ready(match problem {
            Some(problem) => Some(Err(Error::transport_because(format!(
                "the body has {problem} than the expected {} bytes",
                self.length
            )))),
            None => item,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunks(parts: &'static [&'static str]) -> ByteStream {
        ByteStream::new(futures_util::stream::iter(parts.iter().map(|part| Ok(Bytes::from_static(part.as_bytes())))))
    }

    #[tokio::test]
    async fn chunks_are_joined_and_truncated() {
        for (parts, max, expected) in [
            (&[][..], 10, ""),
            (&["ab"], 10, "ab"),
            (&["ab", "", "cd", "e"], 10, "abcde"),
            (&["ab", "cd", "e"], 3, "abc"),
            (&["abcdef"], 3, "abc"),
        ] {
            assert_eq!(chunks(parts).collect_limited(max).await.unwrap(), expected);
            assert_eq!(chunks(parts).collect_available(max).await, expected);
            // The size hint does not change the result.
            for bytes in [0, 2, 5, u64::MAX] {
                assert_eq!(chunks(parts).size_hint(bytes).collect_limited(max).await.unwrap(), expected);
            }
        }
    }

    #[test]
    fn expected_bytes_are_allocated_once() {
        let mut chunks = Chunks::with_size_hint(1000);
        for _ in 0..100 {
            chunks.push(Bytes::from_static(b"0123456789"));
        }
        assert_eq!((chunks.length(), chunks.all.capacity()), (1000, 1000));
    }

    #[tokio::test]
    async fn a_stream_with_an_unexpected_length_is_an_error() {
        for (length, is_ok) in [(4, false), (5, true), (6, false)] {
            let result = chunks(&["abc", "de"]).expect_length(length).collect().await;
            assert_eq!(result.is_ok(), is_ok, "{length}");
            assert!(is_ok || result.unwrap_err().is_transport());
        }
    }
}

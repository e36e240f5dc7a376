//! Streams of bytes: the bodies of responses and uploads.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use futures_core::Stream;

use crate::error::Error;

/// The default maximum size of a body that is read into memory, in bytes: 256 MiB.
pub const MAX_RESPONSE_SIZE: u64 = 256 * 1024 * 1024;

/// The most bytes that are allocated in advance because of a size hint.
const MAX_PREALLOCATION: usize = 16 * 1024 * 1024;

/// A stream of bytes that can fail.
pub struct ByteStream {
    stream: Pin<Box<dyn Stream<Item = Result<Bytes, Error>> + Send>>,
    /// How many bytes are expected; 0 if unknown.
    size_hint: u64,
    /// The most bytes that [`collect`](Self::collect) reads.
    limit: u64,
}

impl ByteStream {
    /// Wraps any stream.
    pub fn new(stream: impl Stream<Item = Result<Bytes, Error>> + Send + 'static) -> Self {
        Self { stream: Box::pin(stream), size_hint: 0, limit: MAX_RESPONSE_SIZE }
    }

    /// Sets how many bytes are expected, which avoids reallocations while collecting. [`collect`](Self::collect) fails
    /// at once if they are more than its limit. Unlike with [`expect_length`](Self::expect_length), another number is
    /// not an error.
    #[must_use]
    pub fn size_hint(self, bytes: u64) -> Self {
        Self { size_hint: bytes, ..self }
    }

    /// Sets the largest number of bytes that [`collect`](Self::collect) reads. The default is [`MAX_RESPONSE_SIZE`]; a
    /// stream that was made from bytes in memory has no limit. The limit does not apply to reading the stream chunk by
    /// chunk.
    #[must_use]
    pub fn with_limit(self, bytes: u64) -> Self {
        Self { limit: bytes, ..self }
    }

    /// Returns a stream that fails with a transport error unless it carries exactly `length` bytes.
    #[must_use]
    pub fn expect_length(self, length: u64) -> Self {
        self.map_stream(|stream| ExpectedLength { stream, length, received: 0, ended: false }).size_hint(length)
    }

    /// Wraps the stream. The size hint and the limit stay the same.
    pub(crate) fn map_stream<S>(self, wrap: impl FnOnce(Self) -> S) -> Self
    where
        S: Stream<Item = Result<Bytes, Error>> + Send + 'static,
    {
        let (size_hint, limit) = (self.size_hint, self.limit);
        Self { stream: Box::pin(wrap(self)), size_hint, limit }
    }

    /// Returns the next chunk; `None` at the end. Like `StreamExt::next` of `futures`, but without that dependency.
    ///
    /// # Errors
    ///
    /// The errors of the stream.
    pub async fn next(&mut self) -> Option<Result<Bytes, Error>> {
        std::future::poll_fn(|context| self.stream.as_mut().poll_next(context)).await
    }

    /// Returns the first chunk that is not empty, and the whole stream. The chunk is empty if the stream is.
    pub(crate) async fn peek(mut self) -> Result<(Bytes, Self), Error> {
        loop {
            match self.next().await {
                Some(Ok(chunk)) if chunk.is_empty() => {}
                Some(Ok(chunk)) => {
                    let first = Some(chunk.clone());
                    return Ok((chunk, self.map_stream(|rest| Prepended { first, rest })));
                }
                Some(Err(error)) => return Err(error),
                None => return Ok((Bytes::new(), self)),
            }
        }
    }

    /// Reads the stream to its end.
    ///
    /// # Errors
    ///
    /// The errors of the stream, and an error whose [`is_response_too_large`](Error::is_response_too_large) is true if
    /// the stream has more bytes than its [limit](Self::with_limit). Then the rest is not read.
    pub async fn collect(mut self) -> Result<Bytes, Error> {
        if self.size_hint > self.limit {
            return Err(Error::response_too_large(self.limit));
        }
        let mut chunks = Chunks::with_size_hint(self.preallocation());
        while let Some(chunk) = self.next().await {
            let chunk = chunk?;
            // A usize fits into 64 bits on every platform.
            if chunk.len() as u64 > self.limit.saturating_sub(chunks.length() as u64) {
                return Err(Error::response_too_large(self.limit));
            }
            chunks.push(chunk);
        }
        Ok(chunks.finish())
    }

    /// Reads up to `max` bytes and discards the rest. At an error, returns the bytes before it. It is for bodies whose
    /// start is enough, such as those of error responses; [`collect`](Self::collect) never discards bytes.
    pub async fn collect_available(self, max: usize) -> Bytes {
        self.collect_available_until(max, std::future::pending()).await
    }

    /// Like [`collect_available`](Self::collect_available), but does not wait for more bytes after `end`, for example
    /// because a time has passed.
    pub async fn collect_available_until(mut self, max: usize, end: impl Future<Output = ()>) -> Bytes {
        let mut chunks = Chunks::with_size_hint(self.preallocation().min(max));
        let mut end = std::pin::pin!(end);
        while chunks.length() < max {
            let next = std::future::poll_fn(|context| match self.stream.as_mut().poll_next(context) {
                Poll::Pending => end.as_mut().poll(context).map(|()| None),
                ready => ready,
            });
            match next.await {
                Some(Ok(chunk)) => chunks.push(chunk),
                Some(Err(_)) | None => break,
            }
        }
        let mut bytes = chunks.finish();
        bytes.truncate(max);
        bytes
    }

    fn preallocation(&self) -> usize {
        usize::try_from(self.size_hint.min(self.limit)).unwrap_or(usize::MAX).min(MAX_PREALLOCATION)
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
        // The bytes are in memory already, so a limit would not save any.
        Self::new(Once(Some(bytes).filter(|bytes| !bytes.is_empty()))).with_limit(u64::MAX)
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

/// A stream with a chunk before it.
struct Prepended {
    first: Option<Bytes>,
    rest: ByteStream,
}

impl Stream for Prepended {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match self.first.take() {
            Some(chunk) => Poll::Ready(Some(Ok(chunk))),
            None => Pin::new(&mut self.rest).poll_next(context),
        }
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
    async fn chunks_are_joined_up_to_the_limit() {
        for (parts, all, start) in [
            (&[][..], "", ""),
            (&["ab"], "ab", "ab"),
            (&["ab", "", "cd", "e"], "abcde", "abc"),
            (&["abcdef"], "abcdef", "abc"),
        ] {
            assert_eq!(chunks(parts).collect_available(3).await, start);
            for limit in 0..8_u64 {
                // The size hint of `None` is unknown; the others are right, too small or too large.
                for hint in [None, Some(0), Some(1), Some(all.len() as u64), Some(7)] {
                    let stream = chunks(parts).with_limit(limit);
                    let stream = hint.map_or(chunks(parts).with_limit(limit), |hint| stream.size_hint(hint));
                    let is_too_large = (all.len() as u64).max(hint.unwrap_or_default()) > limit;
                    match stream.collect().await {
                        Ok(bytes) => assert!(!is_too_large && bytes == all, "{all} {limit} {hint:?}"),
                        Err(error) => {
                            assert!(is_too_large && error.is_response_too_large(), "{all} {limit} {hint:?}: {error}");
                        }
                    }
                }
            }
        }
    }

    #[tokio::test]
    async fn the_start_of_a_stalled_stream_is_kept() {
        let stalled = || {
            ByteStream::new(
                chunks(&["ab", "cd"])
                    .map_stream(|start| futures_util::stream::StreamExt::chain(start, futures_util::stream::pending())),
            )
        };
        let ended = std::future::ready(());
        assert_eq!(stalled().collect_available_until(3, ended.clone()).await, "abc");
        assert_eq!(stalled().collect_available_until(9, ended).await, "abcd");
    }

    #[tokio::test]
    async fn a_stream_that_never_ends_fails_at_the_limit_and_wrapping_keeps_the_limit() {
        let endless = || ByteStream::new(futures_util::stream::repeat_with(|| Ok(Bytes::from_static(&[0; 1000]))));
        for stream in [endless().with_limit(5000), endless().with_limit(5000).map_stream(|stream| stream)] {
            assert!(stream.collect().await.unwrap_err().is_response_too_large());
        }
        // The declared length is too large, so nothing is read: reading would never end.
        let pending = ByteStream::new(futures_util::stream::pending()).with_limit(5000).expect_length(5001);
        assert!(pending.collect().await.unwrap_err().is_response_too_large());
        assert_eq!(ByteStream::from(vec![0; 10]).collect().await.unwrap().len(), 10);
    }

    #[tokio::test]
    async fn a_stream_is_whole_after_its_first_chunk_was_read() {
        for (parts, first) in [(&[][..], ""), (&["", ""], ""), (&["", "ab", "cd"], "ab")] {
            let (start, mut whole) = chunks(parts).peek().await.unwrap();
            assert_eq!(start, first);
            let mut read = Vec::new();
            while let Some(chunk) = whole.next().await {
                read.extend_from_slice(&chunk.unwrap());
            }
            assert_eq!(read, parts.concat().as_bytes());
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

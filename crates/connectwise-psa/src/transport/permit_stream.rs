//! The body of a download, which counts as a request in flight until it is dropped.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use connectwise_psa_core::error::Error;
use connectwise_psa_core::transport::ByteStream;
use futures_core::Stream;
use tokio::sync::OwnedSemaphorePermit;

/// A body that holds the permit of its request.
pub(crate) struct PermitStream {
    body: ByteStream,
    _permit: Option<OwnedSemaphorePermit>,
}

impl PermitStream {
    pub(crate) const fn new(body: ByteStream, permit: Option<OwnedSemaphorePermit>) -> Self {
        Self { body, _permit: permit }
    }
}

impl Stream for PermitStream {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Pin::new(&mut self.body).poll_next(context)
    }
}

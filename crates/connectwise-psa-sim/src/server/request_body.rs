//! Reads request bodies, within limits of size and time.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, StatusCode, header};
use http_body_util::BodyExt as _;
use hyper::body::{Body, Incoming};
use tokio::time::{Instant, timeout, timeout_at};

use super::response_body::ConnectionClosed;
use crate::http::{FormPart, Request, Response};
use crate::settings::ConnectionLimits;

/// The maximum size of a body that is not a form, in bytes.
pub(super) const MAX_BODY_BYTES: usize = 8 * 1024 * 1024;

/// The maximum size of a body that is too large and still read, in bytes.
const MAX_REJECTED_BYTES: usize = 64 * 1024 * 1024;

/// The maximum size of the body of a request without credentials, in bytes.
pub(super) const MAX_ANONYMOUS_BYTES: usize = 64 * 1024;

/// The maximum time for a body that is not needed.
const DISCARD_TIMEOUT: Duration = Duration::from_secs(10);

/// A body that was not read completely.
pub(super) enum BodyError {
    /// It is rejected with this response. The rest of the body is not read, so the connection is closed.
    Rejected(Box<Response>),
    /// The client closed the connection.
    Closed(ConnectionClosed),
}

/// A body that is being read, within its limits.
struct Reading {
    body: Incoming,
    length: usize,
    limit: usize,
    pause: Duration,
    end: Instant,
}

impl Reading {
    fn new(body: Incoming, limit: usize, limits: &ConnectionLimits) -> Self {
        Self { body, length: 0, limit, pause: limits.body_pause, end: Instant::now() + limits.body_time }
    }

    /// Returns the next part of the body; `None` at its end.
    async fn next(&mut self) -> Result<Option<Bytes>, BodyError> {
        let announced = usize::try_from(self.body.size_hint().lower()).unwrap_or(usize::MAX);
        if announced.saturating_add(self.length) > self.limit {
            return Err(self.too_large().await);
        }
        loop {
            let part = timeout_at(self.end, timeout(self.pause, self.body.frame())).await;
            let Ok(Ok(part)) = part else {
                return Err(rejected(Response::text(StatusCode::REQUEST_TIMEOUT, "Request Timeout")));
            };
            let data = match part {
                None => return Ok(None),
                Some(Err(_)) => return Err(BodyError::Closed(ConnectionClosed)),
                Some(Ok(frame)) => frame.into_data(),
            };
            let Ok(data) = data else { continue };
            self.length += data.len();
            if self.length > self.limit {
                return Err(self.too_large().await);
            }
            return Ok(Some(data));
        }
    }

    async fn too_large(&mut self) -> BodyError {
        // Otherwise the client could get an error while it sends the body, instead of the response.
        discard(&mut self.body, &HeaderMap::new(), MAX_REJECTED_BYTES).await;
        rejected(Response::text(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large"))
    }
}

fn rejected(response: Response) -> BodyError {
    BodyError::Rejected(Box::new(response.with_header("connection", "close")))
}

/// Reads the body of a request, and its form, if it is one. The body of a form is not kept in addition to its parts.
pub(super) async fn read(
    request: &mut Request,
    body: Incoming,
    limit: usize,
    limits: &ConnectionLimits,
) -> Result<(), BodyError> {
    let mut reading = Reading::new(body, limit, limits);
    if let Some(boundary) = boundary(request) {
        request.form = read_form(&mut reading, boundary).await?;
        return Ok(());
    }
    // Not reserved in advance: the announced length may be wrong.
    let mut content = BytesMut::new();
    while let Some(data) = reading.next().await? {
        content.extend_from_slice(&data);
    }
    request.body = content.freeze();
    Ok(())
}

/// Reads a multipart form, part by part. Returns `None` for a malformed one.
async fn read_form(reading: &mut Reading, boundary: String) -> Result<Option<Vec<FormPart>>, BodyError> {
    let mut failure = None;
    let parts = parse_form(reading, boundary, &mut failure).await;
    match failure {
        Some(failure) => Err(failure),
        None => {
            // The rest of a malformed form, so that the client gets the response.
            while reading.next().await?.is_some() {}
            Ok(parts)
        }
    }
}

async fn parse_form(reading: &mut Reading, boundary: String, failure: &mut Option<BodyError>) -> Option<Vec<FormPart>> {
    let (to_form, chunks) = tokio::sync::mpsc::channel(1);
    let chunks = futures_util::stream::unfold(chunks, |mut chunks: tokio::sync::mpsc::Receiver<Bytes>| async move {
        chunks.recv().await.map(|chunk| (Ok::<_, std::io::Error>(chunk), chunks))
    });
    let feed = async {
        loop {
            match reading.next().await {
                Ok(Some(chunk)) => {
                    if to_form.send(chunk).await.is_err() {
                        break;
                    }
                }
                Ok(None) => break,
                Err(error) => {
                    *failure = Some(error);
                    break;
                }
            }
        }
        drop(to_form);
    };
    let parse = async {
        let mut form = multer::Multipart::new(Box::pin(chunks), boundary);
        let mut parts = Vec::new();
        while let Some(part) = form.next_field().await.ok()? {
            let (name, file_name) = (part.name().unwrap_or_default().to_owned(), part.file_name().map(str::to_owned));
            parts.push(FormPart { name, file_name, content: part.bytes().await.ok()? });
        }
        Some(parts)
    };
    futures_util::future::join(feed, parse).await.1
}

/// Reads a body that is not needed, without keeping it, so that the client can use the connection for its next request.
/// Longer bodies, and bodies that the client sends only after a consent, are not read: then the connection is closed.
pub(super) async fn discard(body: &mut Incoming, headers: &HeaderMap, limit: usize) {
    if headers.contains_key(header::EXPECT) {
        return;
    }
    let read = async {
        let mut length = 0;
        while let Some(Ok(frame)) = body.frame().await {
            length += frame.into_data().map_or(0, |data| data.len());
            if length > limit {
                return;
            }
        }
    };
    // Too slow: the connection is closed.
    let _ = timeout(DISCARD_TIMEOUT, read).await;
}

/// Returns whether a request has a multipart form.
pub(super) fn has_form(request: &Request) -> bool {
    boundary(request).is_some()
}

fn boundary(request: &Request) -> Option<String> {
    multer::parse_boundary(request.header("content-type")?).ok()
}

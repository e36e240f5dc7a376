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

/// The maximum size of a multipart form in bytes.
pub(super) const MAX_FORM_BYTES: usize = 64 * 1024 * 1024;

/// The maximum size of any other body in bytes.
pub(super) const MAX_BODY_BYTES: usize = 8 * 1024 * 1024;

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

/// Reads a body.
pub(super) async fn read(mut body: Incoming, limit: usize, limits: &ConnectionLimits) -> Result<Bytes, BodyError> {
    let too_large = || Response::text(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large");
    let too_slow = || Response::text(StatusCode::REQUEST_TIMEOUT, "Request Timeout");
    let rejected = |response: Response| BodyError::Rejected(Box::new(response.with_header("connection", "close")));
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    let end = Instant::now() + limits.body_time;
    // Not reserved in advance: the announced length may be wrong.
    let mut content = BytesMut::new();
    let mut is_too_large = announced > limit;
    while !is_too_large {
        let part = timeout_at(end, timeout(limits.body_pause, body.frame())).await;
        let Ok(Ok(part)) = part else { return Err(rejected(too_slow())) };
        match part {
            None => return Ok(content.freeze()),
            Some(Err(_)) => return Err(BodyError::Closed(ConnectionClosed)),
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    is_too_large = content.len() + data.len() > limit;
                    content.extend_from_slice(&data);
                }
            }
        }
    }
    drop(content);
    // Otherwise the client could get an error while it sends the body, instead of the response.
    discard(body, &HeaderMap::new(), MAX_FORM_BYTES).await;
    Err(rejected(too_large()))
}

/// Reads a body that is not needed, without keeping it, so that the client can use the connection for its next request.
/// Longer bodies, and bodies that the client sends only after a consent, are not read: then the connection is closed.
pub(super) async fn discard(mut body: Incoming, headers: &HeaderMap, limit: usize) {
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

/// Parses a multipart form. Returns `None` for any other body and for a malformed form.
pub(super) async fn parse_form(request: &Request) -> Option<Vec<FormPart>> {
    let boundary = boundary(request)?;
    let body = request.body.clone();
    let mut form =
        multer::Multipart::new(futures_util::stream::once(async move { Ok::<_, std::io::Error>(body) }), boundary);
    let mut parts = Vec::new();
    while let Some(part) = form.next_field().await.ok()? {
        let (name, file_name) = (part.name().unwrap_or_default().to_owned(), part.file_name().map(str::to_owned));
        parts.push(FormPart { name, file_name, content: part.bytes().await.ok()? });
    }
    Some(parts)
}

//! Compressed responses: the client requests them only if the program says so, and limits their size after decompression.

use std::io::Write as _;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::server::{Action, Server, ticket};

/// Returns a response with a ticket that is compressed, followed by this many spaces.
fn compressed(spaces: usize) -> Action {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(br#"{"id":5}"#).unwrap();
    encoder.write_all(&vec![b' '; spaces]).unwrap();
    let headers = [("content-type", "application/json"), ("content-encoding", "gzip")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
    Action::Respond { after: Duration::ZERO, status: 200, headers: headers.into(), body: encoder.finish().unwrap() }
}

#[tokio::test]
async fn by_default_uncompressed_responses_are_requested() {
    let server = Server::always(ticket()).await;
    let psa = server.builder().build().unwrap();
    psa.service().get_ticket(5).await.unwrap();
    assert_eq!(server.requests()[0].header("accept-encoding"), None);
    // A server that compresses nevertheless: the error does not call the body truncated or malformed JSON of a ticket.
    let server = Server::always(compressed(0)).await;
    let error = server.builder().build().unwrap().service().get_ticket(5).await.unwrap_err();
    assert!(error.is_decode() || error.is_unexpected_response(), "{error}");
}

#[cfg(feature = "gzip")]
#[tokio::test]
async fn compressed_responses_are_read_and_limited() {
    let server = Server::always(compressed(100_000)).await;
    let builder = server.builder().accept_gzip();
    let psa = builder.clone().build().unwrap();
    assert_eq!(psa.service().get_ticket(5).await.unwrap().id, Some(5));
    assert_eq!(server.requests()[0].header("accept-encoding"), Some("gzip"));
    let error = builder.max_response_size(100_000).build().unwrap().service().get_ticket(5).await.unwrap_err();
    assert!(error.is_response_too_large(), "{error}");
}

#[cfg(feature = "gzip")]
#[tokio::test]
async fn a_server_may_ignore_the_request_for_compression() {
    let server = Server::always(ticket()).await;
    let psa = server.builder().accept_gzip().build().unwrap();
    assert_eq!(psa.service().get_ticket(5).await.unwrap().id, Some(5));
}

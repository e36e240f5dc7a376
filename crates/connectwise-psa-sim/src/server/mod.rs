//! The server: connections, requests, responses. What a response is, others decide.

mod body;
mod delivery;
mod respond;
pub(crate) mod shared;

use std::sync::Arc;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use respond::respond;
use shared::Shared;

/// Takes connections until told to stop.
pub(crate) async fn serve(listener: TcpListener, shared: Arc<Shared>, mut stop: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            _ = stop.changed() => return,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => _ = tokio::spawn(connection(stream, Arc::clone(&shared), stop.clone())),
                Err(error) => tracing::warn!(%error, "a connection could not be taken"),
            },
        }
    }
}

async fn connection(stream: TcpStream, shared: Arc<Shared>, mut stop: watch::Receiver<bool>) {
    // Small answers leave at once.
    let _ = stream.set_nodelay(true);
    tokio::select! {
        _ = stop.changed() => {}
        () = converse(stream, shared) => {}
    }
}

/// Answers the requests of a connection, with TLS or without.
async fn converse(stream: TcpStream, shared: Arc<Shared>) {
    #[cfg(feature = "tls")]
    if let Some(certificates) = &shared.tls {
        match certificates.accept(stream).await {
            Ok(stream) => serve_connection(stream, Arc::clone(&shared)).await,
            Err(error) => {
                tracing::warn!(%error, "a client did not agree on TLS: it may not trust the certificate, or speak plain HTTP")
            }
        }
        return;
    }
    serve_connection(stream, shared).await;
}

async fn serve_connection(stream: impl AsyncRead + AsyncWrite + Unpin, shared: Arc<Shared>) {
    let service = service_fn(move |request| {
        let shared = Arc::clone(&shared);
        async move { respond(shared, request).await }
    });
    // A client that goes away, and a fault that breaks the connection, end it.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

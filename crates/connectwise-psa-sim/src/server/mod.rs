//! The HTTP server: connections, requests, responses.

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

/// Accepts connections until the server stops.
pub(crate) async fn serve(listener: TcpListener, shared: Arc<Shared>, mut stop: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            _ = stop.changed() => return,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => _ = tokio::spawn(connection(stream, Arc::clone(&shared), stop.clone())),
                Err(error) => tracing::warn!(%error, "cannot accept a connection"),
            },
        }
    }
}

async fn connection(stream: TcpStream, shared: Arc<Shared>, mut stop: watch::Receiver<bool>) {
    // Without this, small responses may be delayed.
    let _ = stream.set_nodelay(true);
    tokio::select! {
        _ = stop.changed() => {}
        () = handle_connection(stream, shared) => {}
    }
}

/// Serves the requests of a connection, with TLS or without.
async fn handle_connection(stream: TcpStream, shared: Arc<Shared>) {
    #[cfg(feature = "tls")]
    if let Some(certificates) = &shared.tls {
        match certificates.accept(stream).await {
            Ok(stream) => serve_connection(stream, Arc::clone(&shared)).await,
            Err(error) => {
                tracing::warn!(
                    %error,
                    "TLS handshake failed: perhaps the client does not trust the certificate, or uses plain HTTP"
                )
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
    // Errors are expected: a client disconnects, or a fault closes the connection.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

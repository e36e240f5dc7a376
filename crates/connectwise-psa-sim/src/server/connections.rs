//! Accepts connections and serves their requests. Their number, the size of request headers, and the time that a client
//! may take are limited, so that slow or broken clients cannot stop the server.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, watch};

use super::respond::respond;
use super::shared::Shared;
use super::write_timeout::WriteTimeout;
use crate::sync::Throttle;

/// The maximum size of the head of a request in bytes; up to twice as much may be read. A larger one gets 431.
const MAX_HEAD_BYTES: usize = 64 * 1024;

/// The maximum time for a TLS handshake.
#[cfg(feature = "tls")]
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// While the limit of connections is reached, idle ones are closed this often.
const CROWDED_PERIOD: Duration = Duration::from_millis(200);

/// The time before the next attempt, after a connection could not be accepted.
const ACCEPT_DELAY: Duration = Duration::from_millis(100);

/// Accepts connections until the server stops.
pub(crate) async fn serve(listener: TcpListener, shared: Arc<Shared>, mut stop: watch::Receiver<bool>) {
    let connections = Arc::new(Semaphore::new(shared.settings.connections.connections));
    let crowded = Arc::new(Notify::new());
    let mut failures = Throttle::default();
    loop {
        tokio::select! {
            _ = stop.changed() => return,
            (stream, permit) = accept(&listener, &connections, &crowded, &mut failures) => {
                let ends = Ends { stop: stop.clone(), crowded: Arc::clone(&crowded) };
                tokio::spawn(connection(stream, permit, Arc::clone(&shared), ends));
            }
        }
    }
}

/// What ends a connection from outside.
struct Ends {
    /// The server stops.
    stop: watch::Receiver<bool>,
    /// There are so many connections that a client waits: a connection that has served a request is closed, at once if
    /// it is idle, otherwise after its response.
    crowded: Arc<Notify>,
}

/// Waits until the server may have one more connection, and accepts it.
async fn accept(
    listener: &TcpListener,
    connections: &Arc<Semaphore>,
    crowded: &Notify,
    failures: &mut Throttle,
) -> (TcpStream, OwnedSemaphorePermit) {
    loop {
        let permit = permit(connections, crowded).await;
        match listener.accept().await {
            Ok((stream, _)) => return (stream, permit),
            Err(error) => {
                if let Some(count) = failures.report(1) {
                    tracing::warn!(%error, count, "cannot accept connections");
                }
                // At the limit of open files, the next attempt would fail at once, until another connection is closed.
                if !concerns_one_connection(&error) {
                    tokio::time::sleep(ACCEPT_DELAY).await;
                }
            }
        }
    }
}

/// Waits until the server may have one more connection.
async fn permit(connections: &Arc<Semaphore>, crowded: &Notify) -> OwnedSemaphorePermit {
    if let Ok(permit) = Arc::clone(connections).try_acquire_owned() {
        return permit;
    }
    loop {
        crowded.notify_waiters();
        // Repeated, because a connection may have served its first request meanwhile.
        let permit = tokio::time::timeout(CROWDED_PERIOD, Arc::clone(connections).acquire_owned()).await;
        // The semaphore is never closed.
        if let Ok(Ok(permit)) = permit {
            return permit;
        }
    }
}

/// Returns whether an error concerns only the connection that was to be accepted.
fn concerns_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::Interrupted
    )
}

async fn connection(
    stream: TcpStream,
    // Held until the connection is closed.
    _permit: OwnedSemaphorePermit,
    shared: Arc<Shared>,
    Ends { mut stop, crowded }: Ends,
) {
    // Without this, small responses may be delayed.
    let _ = stream.set_nodelay(true);
    tokio::select! {
        _ = stop.changed() => {}
        () = handle_connection(stream, shared, &crowded) => {}
    }
}

/// Serves the requests of a connection, with TLS or without.
async fn handle_connection(stream: TcpStream, shared: Arc<Shared>, crowded: &Notify) {
    #[cfg(feature = "tls")]
    if let Some(certificates) = &shared.tls {
        match tokio::time::timeout(HANDSHAKE_TIMEOUT, certificates.accept(stream)).await {
            Ok(Ok(stream)) => serve_connection(stream, Arc::clone(&shared), crowded).await,
            Ok(Err(error)) => {
                tracing::warn!(
                    %error,
                    "TLS handshake failed: perhaps the client does not trust the certificate, or uses plain HTTP"
                )
            }
            Err(_) => tracing::debug!("a client did not complete the TLS handshake"),
        }
        return;
    }
    serve_connection(stream, shared, crowded).await;
}

async fn serve_connection(stream: impl AsyncRead + AsyncWrite + Unpin, shared: Arc<Shared>, crowded: &Notify) {
    let limits = shared.settings.connections;
    let has_served = Arc::new(AtomicBool::new(false));
    let service = service_fn({
        let has_served = Arc::clone(&has_served);
        move |request| {
            has_served.store(true, Ordering::Relaxed);
            let shared = Arc::clone(&shared);
            async move { respond(shared, request).await }
        }
    });
    let stream = TokioIo::new(WriteTimeout::new(stream, limits.write_pause));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_time)
        .max_buf_size(MAX_HEAD_BYTES)
        .serve_connection(stream, service);
    let mut connection = std::pin::pin!(connection);
    let mut first_head = std::pin::pin!(tokio::time::sleep(limits.first_head_time));
    let mut is_new = true;
    loop {
        tokio::select! {
            // Errors are expected: a client disconnects or is too slow, or a fault closes the connection.
            _ = connection.as_mut() => return,
            () = first_head.as_mut(), if is_new => {
                if !has_served.load(Ordering::Relaxed) {
                    return;
                }
                is_new = false;
            }
            () = crowded.notified() => {
                if has_served.load(Ordering::Relaxed) {
                    connection.as_mut().graceful_shutdown();
                }
            }
        }
    }
}

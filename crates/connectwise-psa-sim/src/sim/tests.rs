//! Slow clients, with limits that are short enough for a test.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::Sim;
use crate::seed::Seed;
use crate::settings::ConnectionLimits;

const SHORT: Duration = Duration::from_millis(300);

async fn start(limits: ConnectionLimits) -> Sim {
    let mut builder = Sim::builder().seed(Seed::Empty);
    builder.settings.connections = limits;
    builder.start().await.unwrap()
}

/// Sends a text and returns what the server sends until it closes the connection.
async fn exchange(sim: &Sim, text: &str) -> String {
    let mut stream = TcpStream::connect(sim.address).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut response = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut response)).await;
    read.expect("the server closes the connection").unwrap();
    String::from_utf8(response).unwrap()
}

const POST: &str = "POST /v4_6_release/apis/3.0/company/companies HTTP/1.1\r\nHost: x\r\nclientId: x\r\n\
    Authorization: Basic ZGVtbytwdWJsaWM6cHJpdmF0ZQ==\r\n";

#[tokio::test]
async fn slow_clients_are_disconnected() {
    let defaults = ConnectionLimits::default();
    let sim = start(ConnectionLimits { head_time: SHORT, body_pause: SHORT, ..defaults }).await;
    assert_eq!(exchange(&sim, "GET / HTTP/1.1\r\nHost:").await, "", "an incomplete head");
    assert_eq!(exchange(&sim, "").await, "", "nothing");
    let response = exchange(&sim, &format!("{POST}Content-Length: 100\r\n\r\n{{")).await;
    assert!(response.starts_with("HTTP/1.1 408 "), "an incomplete body: {response}");
    let sim = start(ConnectionLimits { first_head_time: SHORT, ..defaults }).await;
    assert_eq!(exchange(&sim, "GET / HTTP/1.1\r\nHost:").await, "", "an incomplete first head");
    // Each part arrives in time, but the whole body takes too long.
    let sim = start(ConnectionLimits { body_time: 3 * SHORT, ..defaults }).await;
    let mut stream = TcpStream::connect(sim.address).await.unwrap();
    stream.write_all(format!("{POST}Content-Length: 100000\r\n\r\n").as_bytes()).await.unwrap();
    let start = Instant::now();
    while stream.write_all(b" ").await.is_ok() && start.elapsed() < Duration::from_secs(20) {
        tokio::time::sleep(SHORT / 6).await;
    }
    assert!(start.elapsed() < Duration::from_secs(20));
    assert_eq!(sim.requests().last().and_then(|request| request.status), Some(408));
}

#[tokio::test]
async fn further_clients_wait_until_a_connection_is_closed() {
    let sim = start(ConnectionLimits { connections: 2, ..ConnectionLimits::default() }).await;
    let page = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let idle = [TcpStream::connect(sim.address).await.unwrap(), TcpStream::connect(sim.address).await.unwrap()];
    let mut waiting = Box::pin(exchange(&sim, page));
    assert!(tokio::time::timeout(SHORT, &mut waiting).await.is_err(), "the server has two connections");
    drop(idle);
    assert!(waiting.await.starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn idle_connections_are_closed_for_waiting_clients() {
    let sim = start(ConnectionLimits { connections: 1, ..ConnectionLimits::default() }).await;
    let mut idle = TcpStream::connect(sim.address).await.unwrap();
    idle.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let page = exchange(&sim, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
    assert!(page.starts_with("HTTP/1.1 200 "));
    let mut response = String::new();
    idle.read_to_string(&mut response).await.unwrap();
    assert!(response.starts_with("HTTP/1.1 200 "), "it was served before it was closed");
}

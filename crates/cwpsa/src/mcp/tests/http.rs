//! Streamable HTTP: the token, and protection against websites that reach the server through a browser.

use std::net::SocketAddr;
use std::sync::Arc;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::{Fixture, read_only};
use crate::mcp::handler::Handler;
use crate::mcp::transport::{bind, serve_http};

const TOKEN: &str = "Authorization: Bearer secret";

async fn start() -> (Fixture, SocketAddr) {
    let fixture = Fixture::new(read_only()).await;
    let listener = bind(0).await.unwrap();
    let address = listener.local_addr().unwrap();
    let handler = Handler::new(Arc::clone(&fixture.server));
    tokio::spawn(async move { serve_http(handler, listener, "secret").await });
    (fixture, address)
}

/// Sends a message, and returns the status and the body.
async fn post(address: SocketAddr, headers: &[&str], message: &Value) -> (u16, String) {
    let body = message.to_string();
    let host = if headers.iter().any(|header| header.starts_with("Host:")) { "" } else { "Host: localhost\r\n" };
    let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
    let request = format!(
        "POST /mcp HTTP/1.1\r\n{host}{headers}Content-Type: application/json\r\nAccept: application/json, \
         text/event-stream\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).await.unwrap();
    let status = response.split(' ').nth(1).unwrap().parse().unwrap();
    (status, response)
}

fn initialize() -> Value {
    let client = json!({"name": "test", "version": "1"});
    let parameters = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client});
    json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": parameters})
}

#[tokio::test]
async fn requests_need_the_token_a_local_host_and_no_origin() {
    let (_fixture, address) = start().await;
    assert!(address.ip().is_loopback());
    for (headers, status) in [
        (vec![], 401),
        (vec!["Authorization: Bearer wrong"], 401),
        (vec!["Authorization: Basic secret"], 401),
        (vec![TOKEN, "Host: evil.example"], 403),
        (vec![TOKEN, "Origin: https://evil.example"], 403),
        (vec![TOKEN, "Origin: null"], 403),
        (vec![TOKEN], 200),
    ] {
        let (actual, body) = post(address, &headers, &initialize()).await;
        assert_eq!(actual, status, "{headers:?}: {body}");
    }
}

#[tokio::test]
async fn both_versions_of_the_protocol_are_served() {
    let (_fixture, address) = start().await;
    let (_, body) = post(address, &[TOKEN], &initialize()).await;
    assert!(body.contains(r#""protocolVersion":"2025-11-25""#), "{body}");
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
    });
    let call = |method: &str, mut parameters: Value| {
        parameters["_meta"] = meta.clone();
        json!({"jsonrpc": "2.0", "id": 2, "method": method, "params": parameters})
    };
    let discover = [TOKEN, "MCP-Protocol-Version: 2026-07-28", "Mcp-Method: server/discover"];
    let (status, body) = post(address, &discover, &call("server/discover", json!({}))).await;
    assert!(status == 200 && body.contains(r#""2026-07-28""#), "{status} {body}");
    let count = call("tools/call", json!({"name": "count", "arguments": {"id": "company.list_companies"}}));
    let headers = [TOKEN, "MCP-Protocol-Version: 2026-07-28", "Mcp-Method: tools/call", "Mcp-Name: count"];
    let (status, body) = post(address, &headers, &count).await;
    assert!(status == 200 && body.contains(r#""structuredContent":{"count":1}"#), "{status} {body}");
}

//! How clients reach the server: standard input and output, or HTTP on this machine only.

use std::net::Ipv4Addr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use rmcp::ServiceExt as _;
use rmcp::service::ServerInitializeError;
use rmcp::transport::stdio;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use sha2::{Digest as _, Sha256};
use tokio::net::TcpListener;

use crate::error::CommandError;
use crate::mcp::handler::Handler;

/// Serves one client on standard input and output, until it closes them.
pub(crate) async fn serve_stdio(handler: Handler) -> Result<(), CommandError> {
    let running = match handler.serve(stdio()).await {
        Ok(running) => running,
        // The client went away before it sent anything.
        Err(ServerInitializeError::ConnectionClosed(_)) => return Ok(()),
        Err(error) => return Err(CommandError::failure(format!("the client did not start the protocol: {error}"))),
    };
    running.waiting().await.map_err(|error| CommandError::failure(format!("the server stopped: {error}")))?;
    Ok(())
}

/// Binds a port of this machine. Port 0 is any free port.
pub(crate) async fn bind(port: u16) -> Result<TcpListener, CommandError> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .await
        .map_err(|error| CommandError::failure(format!("port {port} cannot be used: {error}")))
}

/// Serves clients over streamable HTTP at `/mcp`, until the process ends. Requests must have the token. Requests for other
/// hosts, and from pages of any website, are rejected, so that a website cannot use the server through a browser.
pub(crate) async fn serve_http(handler: Handler, listener: TcpListener, token: &str) -> Result<(), CommandError> {
    axum::serve(listener, router(handler, token))
        .await
        .map_err(|error| CommandError::failure(format!("the server stopped: {error}")))
}

fn router(handler: Handler, token: &str) -> Router {
    let config = StreamableHttpServerConfig::default().enforce_origin_validation();
    let sessions = Arc::new(LocalSessionManager::default());
    let service = StreamableHttpService::new(move || Ok(handler.clone()), sessions, config);
    Router::new().route_service("/mcp", service).layer(middleware::from_fn_with_state(Token::new(token), require_token))
}

/// The hash of the token. Hashes are compared, so that the time of a comparison says nothing about the token.
#[derive(Clone)]
struct Token([u8; 32]);

impl Token {
    fn new(token: &str) -> Self {
        Self(Sha256::digest(token).into())
    }
}

async fn require_token(State(token): State<Token>, request: Request, next: Next) -> Response {
    let given = request
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "))
        .map(Token::new);
    match given {
        Some(given) if given.0 == token.0 => next.run(request).await,
        _ => {
            (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Bearer")], "The bearer token is missing or wrong.")
                .into_response()
        }
    }
}

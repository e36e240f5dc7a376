//! A program that messages are forwarded to.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::routing::post;
use tokio::net::TcpListener;

/// A request that the target has received.
#[derive(Clone, Debug)]
pub(crate) struct Delivered {
    pub(crate) query: String,
    pub(crate) signature: String,
    pub(crate) body: Bytes,
}

/// A server on a free port that returns the same response to every message.
#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) url: String,
    state: Arc<TargetState>,
}

struct TargetState {
    status: StatusCode,
    body: &'static str,
    delivered: Mutex<Vec<Delivered>>,
}

impl Target {
    /// Starts a target.
    pub(crate) async fn start(status: u16, body: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let status = StatusCode::from_u16(status).unwrap();
        let state = Arc::new(TargetState { status, body, delivered: Mutex::default() });
        let router = Router::new().route("/hook", post(receive)).with_state(Arc::clone(&state));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, state }
    }

    /// Returns what was received.
    pub(crate) fn delivered(&self) -> Vec<Delivered> {
        self.state.delivered.lock().unwrap().clone()
    }
}

async fn receive(
    State(state): State<Arc<TargetState>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, HeaderMap, &'static str) {
    let signature = headers.get("x-content-signature").unwrap().to_str().unwrap().to_owned();
    let query = uri.query().unwrap_or_default().to_owned();
    state.delivered.lock().unwrap().push(Delivered { query, signature, body });
    let mut headers = HeaderMap::new();
    if state.status.is_redirection() {
        headers.insert("location", "/hook".parse().unwrap());
    }
    (state.status, headers, state.body)
}

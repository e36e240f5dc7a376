//! An HTTP server that takes the action that a test chooses for each request: it sends, delays, truncates or stalls a
//! response, resets or closes the connection, or does not respond. It records the requests.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use connectwise_psa::{CallOptions, Psa, PsaBuilder, RetryPolicy};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;

/// The `Authorization` header for the credentials of [`Server::builder`]: `acme+public:private`.
pub(crate) const BASIC: &str = "Basic YWNtZStwdWJsaWM6cHJpdmF0ZQ==";

/// The client id of [`Server::builder`].
pub(crate) const CLIENT_ID: &str = "the-client-id";

/// The path of the API in [`Server::builder`].
pub(crate) const BASE: &str = "/v4_6_release/apis/3.0";

/// A request that the server recorded.
#[derive(Clone, Debug)]
pub(crate) struct RecordedRequest {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    /// The headers in order, with names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl RecordedRequest {
    /// Returns the value of a header. Panics if the request has the header more than once.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(other, _)| other == name).map(|(_, value)| value.as_str());
        let value = values.next();
        assert!(values.next().is_none(), "the request has {name} more than once: {:?}", self.headers);
        value
    }

    /// Returns whether the request has no header with credentials.
    pub(crate) fn has_no_credentials(&self) -> bool {
        ["authorization", "clientid", "cookie", "x-cw-usertype"].iter().all(|name| self.header(name).is_none())
    }

    /// Returns method and target.
    pub(crate) fn request_line(&self) -> String {
        format!("{} {}", self.method, self.target)
    }

    /// Returns the method and the path below the base URL, without the query.
    pub(crate) fn short_line(&self) -> String {
        let path = self.target.split('?').next().unwrap();
        format!("{} {}", self.method, path.strip_prefix(BASE).unwrap_or(path))
    }
}

/// What the server does with a request.
#[derive(Clone)]
pub(crate) enum Action {
    Respond {
        after: Duration,
        status: u16,
        headers: Vec<(String, String)>,
        body: Vec<u8>,
    },
    /// Sends the headers and half of the body, and closes the connection.
    CutOff(Box<Action>),
    /// Sends the headers and half of the body, and keeps the connection open.
    Stall(Box<Action>),
    /// Sends the headers of the response without a length, and its body again and again, until the client disconnects.
    Endless(Box<Action>),
    /// Resets the connection.
    Reset,
    /// Closes the connection without a response.
    Close,
    /// Keeps the connection open without a response.
    Silence,
}

impl Action {
    pub(crate) fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        if let Self::Respond { headers, .. } = &mut self {
            headers.push((name.to_owned(), value.into()));
        }
        self
    }

    pub(crate) fn after(mut self, delay: Duration) -> Self {
        if let Self::Respond { after, .. } = &mut self {
            *after = delay;
        }
        self
    }
}

/// Returns a response with a JSON body.
pub(crate) fn json_response(status: u16, body: impl Into<String>) -> Action {
    let headers = vec![("content-type".to_owned(), "application/json; charset=utf-8".to_owned())];
    Action::Respond { after: Duration::ZERO, status, headers, body: body.into().into_bytes() }
}

/// Returns a response with the ticket that most tests read.
pub(crate) fn ticket() -> Action {
    json_response(200, r#"{"id":5}"#)
}

/// Returns a response with any media type.
pub(crate) fn response(status: u16, media_type: &str, body: &str) -> Action {
    Action::Respond {
        after: Duration::ZERO,
        status,
        headers: vec![("content-type".to_owned(), media_type.to_owned())],
        body: body.as_bytes().to_vec(),
    }
}

/// Returns a 429, with a `retry-after` header unless `retry_after` is empty.
pub(crate) fn rate_limited(retry_after: &str) -> Action {
    let response = json_response(
        429,
        r#"{"error":"ConnectWiseAPI","message":"Too many requests. Please try again in 30 seconds."}"#,
    );
    if retry_after.is_empty() { response } else { response.header("retry-after", retry_after) }
}

/// Returns a response whose body ends too early.
pub(crate) fn cut_off(status: u16, body: &str) -> Action {
    Action::CutOff(Box::new(json_response(status, body)))
}

/// Returns a response whose body never ends.
pub(crate) fn endless(status: u16, body: &str) -> Action {
    Action::Endless(Box::new(json_response(status, body)))
}

/// Returns a response that stalls in the middle of its body.
pub(crate) fn stalled(status: u16, body: &str) -> Action {
    Action::Stall(Box::new(json_response(status, body)))
}

type Handler = Box<dyn FnMut(&RecordedRequest) -> Action + Send>;

struct Shared {
    handler: Mutex<Handler>,
    requests: Mutex<Vec<RecordedRequest>>,
    open: AtomicUsize,
    max_open: AtomicUsize,
}

/// A server on a free port of the loopback interface. It stops when the tokio runtime of the test ends.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
    accepting: AbortHandle,
}

impl Server {
    /// Starts a server with a handler that returns the action for each request.
    pub(crate) async fn new(handler: impl FnMut(&RecordedRequest) -> Action + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            handler: Mutex::new(Box::new(handler)),
            requests: Mutex::default(),
            open: AtomicUsize::new(0),
            max_open: AtomicUsize::new(0),
        });
        let to_serve = Arc::clone(&shared);
        let accepting = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&to_serve)));
            }
        });
        Self { address, shared, accepting: accepting.abort_handle() }
    }

    /// Starts a server that takes one action for each request, in this order. After the last one, it responds with a
    /// status that no test expects.
    pub(crate) async fn with_actions(actions: impl IntoIterator<Item = Action>) -> Self {
        let mut actions: VecDeque<_> = actions.into_iter().collect();
        Self::new(move |_| {
            actions.pop_front().unwrap_or_else(|| json_response(418, r#"{"message":"no action is left"}"#))
        })
        .await
    }

    /// Starts a server that takes its actions from a queue. Returns both; the test adds actions to the queue.
    pub(crate) async fn with_queue() -> (Self, Arc<Mutex<VecDeque<Action>>>) {
        let queue: Arc<Mutex<VecDeque<Action>>> = Arc::default();
        let remaining = Arc::clone(&queue);
        let server =
            Self::new(move |_| remaining.lock().unwrap().pop_front().unwrap_or_else(|| json_response(418, "{}"))).await;
        (server, queue)
    }

    /// Starts a server that takes the same action for every request.
    pub(crate) async fn always(action: Action) -> Self {
        Self::new(move |_| action.clone()).await
    }

    /// Stops accepting connections.
    pub(crate) fn close(&self) {
        self.accepting.abort();
    }

    /// Returns the requests so far.
    pub(crate) fn requests(&self) -> Vec<RecordedRequest> {
        self.shared.requests.lock().unwrap().clone()
    }

    /// Returns the methods and paths of the requests so far.
    pub(crate) fn request_lines(&self) -> Vec<String> {
        self.requests().iter().map(RecordedRequest::short_line).collect()
    }

    /// Returns the number of requests so far.
    pub(crate) fn count(&self) -> usize {
        self.shared.requests.lock().unwrap().len()
    }

    /// Returns the highest number of concurrent requests so far.
    pub(crate) fn max_open(&self) -> usize {
        self.shared.max_open.load(Ordering::SeqCst)
    }

    /// Waits until the server has received this number of requests.
    pub(crate) async fn wait_for_requests(&self, count: usize) {
        while self.count() < count {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// Returns the builder of a client of this server, with all required settings and short delays between attempts.
    pub(crate) fn builder(&self) -> PsaBuilder {
        Psa::builder()
            .base_url(format!("http://{}{BASE}", self.address))
            .company("acme")
            .keys("public", "private")
            .client_id(CLIENT_ID)
            .options(CallOptions::new().retry(quick_retries()).timeout(Duration::from_secs(5)))
    }

    /// Returns a client of this server.
    pub(crate) fn psa(&self) -> Psa {
        self.builder().build().unwrap()
    }
}

/// Returns the default retry policy with short delays.
pub(crate) fn quick_retries() -> RetryPolicy {
    RetryPolicy::default().backoff(Duration::from_millis(1), Duration::from_millis(5))
}

/// Returns a port without a listener.
pub(crate) async fn closed_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port()
}

async fn serve(mut stream: TcpStream, shared: Arc<Shared>) {
    let Some(request) = read_request(&mut stream).await else { return };
    let action = (shared.handler.lock().unwrap())(&request);
    shared.requests.lock().unwrap().push(request);
    let open = shared.open.fetch_add(1, Ordering::SeqCst) + 1;
    shared.max_open.fetch_max(open, Ordering::SeqCst);
    perform(stream, action, &shared).await;
}

async fn perform(mut stream: TcpStream, action: Action, shared: &Shared) {
    let (action, is_endless) = match action {
        Action::Endless(response) => (*response, true),
        other => (other, false),
    };
    let (is_whole, closes, action) = match action {
        Action::CutOff(response) => (false, true, *response),
        Action::Stall(response) => (false, false, *response),
        other => (true, true, other),
    };
    let done = || shared.open.fetch_sub(1, Ordering::SeqCst);
    match action {
        Action::Respond { after, status, headers, body } => {
            tokio::time::sleep(after).await;
            let mut head = format!("HTTP/1.1 {status} Status\r\n");
            // The server closes the connection after each response. A response with a `connection` header of its own
            // does not announce this.
            if !headers.iter().any(|(name, _)| name == "connection") {
                head.push_str("connection: close\r\n");
            }
            let has_length = headers.iter().any(|(name, _)| name == "content-length");
            if !has_length && !is_endless && !matches!(status, 204 | 304) {
                head.push_str(&format!("content-length: {}\r\n", body.len()));
            }
            for (name, value) in headers {
                head.push_str(&format!("{name}: {value}\r\n"));
            }
            head.push_str("\r\n");
            let length = if is_whole { body.len() } else { body.len() / 2 };
            done();
            // The client may have disconnected.
            let _ = stream.write_all(head.as_bytes()).await;
            let _ = stream.write_all(&body[..length]).await;
            while is_endless && stream.write_all(&body).await.is_ok() {}
            if !closes {
                // Waits until the client disconnects.
                let _ = stream.read(&mut [0]).await;
            }
            let _ = stream.shutdown().await;
        }
        Action::Reset => {
            done();
            stream.set_zero_linger().unwrap();
        }
        Action::CutOff(_) | Action::Stall(_) | Action::Endless(_) | Action::Close => {
            done();
        }
        Action::Silence => {
            // Waits until the client disconnects.
            let _ = stream.read(&mut [0]).await;
            done();
        }
    }
}

/// Reads one request. Returns `None` if the connection ends before the request does.
async fn read_request(stream: &mut TcpStream) -> Option<RecordedRequest> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at + 4;
        }
        read_more(stream, &mut bytes).await?;
    };
    let head = String::from_utf8_lossy(&bytes[..head_end]).into_owned();
    let mut lines = head.lines();
    let mut start = lines.next()?.split(' ');
    let (method, target) = (start.next()?.to_owned(), start.next()?.to_owned());
    let headers: Vec<_> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let header = |name: &str| headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.clone());
    match header("content-length") {
        Some(length) => {
            let end = head_end + length.parse::<usize>().unwrap();
            while bytes.len() < end {
                read_more(stream, &mut bytes).await?;
            }
        }
        // A chunked body is recorded with its chunk sizes.
        None if header("transfer-encoding").is_some() => {
            while !bytes.ends_with(b"0\r\n\r\n") {
                read_more(stream, &mut bytes).await?;
            }
        }
        None => {}
    }
    let body = String::from_utf8_lossy(&bytes[head_end..]).into_owned();
    Some(RecordedRequest { method, target, headers, body })
}

async fn read_more(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> Option<()> {
    (stream.read_buf(bytes).await.ok()? > 0).then_some(())
}

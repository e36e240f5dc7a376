//! A scripted HTTP server on a free port of the loopback interface. It plays a fault for some requests, responds to the
//! others as the API does, and records all of them.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::AbortHandle;
use tokio::time::sleep;

use crate::api::Api;
use crate::request::RecordedRequest;

/// One step of what the server does with a connection after it has read a request.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Send(Vec<u8>),
    /// Sends one byte after another with a pause after each.
    Drip(Vec<u8>, Duration),
    /// Sends the same bytes repeatedly until this number of bytes is sent, or until the client disconnects.
    Repeat(&'static [u8], u64),
    /// Waits until the client disconnects.
    Wait,
    /// Waits for the next request on the connection.
    Next,
    /// Closes the connection.
    Close,
    /// Resets the connection.
    Reset,
}

/// What the server does with a request.
pub(crate) enum Action {
    /// Reads the request, then does these steps.
    Steps(Vec<Step>),
    /// Resets the connection although the request is not read yet.
    ResetUnread,
    /// Keeps the connection open and does not read the request.
    WaitUnread,
}

/// Chooses the action for a request, of which only the method and the target are known yet. The number says how many
/// requests came before it. `None` is the response of the API.
pub(crate) type Script = Box<dyn Fn(&RecordedRequest, usize) -> Option<Action> + Send + Sync>;

struct Shared {
    script: Script,
    /// Makes steps from a request that has been read, if the script has no action for it.
    api: Api,
    requests: Mutex<Vec<RecordedRequest>>,
}

/// The server. Dropping it stops it.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
    accepting: AbortHandle,
    connections: Arc<Mutex<Vec<AbortHandle>>>,
}

impl Server {
    /// Starts a server. It closes its port after this number of connections; `None` accepts all.
    pub(crate) async fn start(api: Api, script: Script, closes_port_after: Option<usize>) -> std::io::Result<Self> {
        let shared = Arc::new(Shared { script, api, requests: Mutex::default() });
        let connections = Arc::new(Mutex::new(Vec::<AbortHandle>::new()));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (to_serve, opened) = (Arc::clone(&shared), Arc::clone(&connections));
        let mut listener = Some(listener);
        let mut reserved = None;
        if closes_port_after == Some(0) {
            listener = None;
            reserved = reserve(address);
        }
        let accepting = tokio::spawn(async move {
            let mut accepted = 0;
            while let Some(open) = &listener {
                let Ok((stream, _)) = open.accept().await else { return };
                accepted += 1;
                // The port is closed before the response, so the next connection is sure to fail.
                if closes_port_after == Some(accepted) {
                    listener = None;
                    reserved = reserve(address);
                }
                let to_serve = Arc::clone(&to_serve);
                let task = tokio::spawn(async move { serve(stream, &to_serve, closes_port_after.is_some()).await });
                opened.lock().unwrap().push(task.abort_handle());
            }
            // Keeps the port until the server is dropped.
            let _reserved = reserved;
            std::future::pending().await
        });
        Ok(Self { address, shared, accepting: accepting.abort_handle(), connections })
    }

    /// Returns the requests so far.
    pub(crate) fn requests(&self) -> Vec<RecordedRequest> {
        self.shared.requests.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
        self.connections.lock().unwrap().iter().for_each(AbortHandle::abort);
    }
}

/// Binds the port without listening, so that no other server of this test gets it.
fn reserve(address: SocketAddr) -> Option<TcpSocket> {
    let socket = TcpSocket::new_v4().ok()?;
    socket.set_reuseaddr(true).ok()?;
    socket.bind(address).ok()?;
    Some(socket)
}

/// Serves the requests of one connection. `closes` says that the server closes it after one response.
async fn serve(mut stream: TcpStream, shared: &Shared, closes: bool) {
    // Each step is sent at once.
    let _ = stream.set_nodelay(true);
    while let Some(mut request) = peek_request_line(&stream).await {
        let before = shared.requests.lock().unwrap().len();
        let action = (shared.script)(&request, before);
        let is_read = matches!(action, None | Some(Action::Steps(_)));
        if is_read {
            match read_request(&mut stream).await {
                Some(read) => request = read,
                None => return,
            }
        }
        shared.requests.lock().unwrap().push(request.clone());
        let steps = match action {
            Some(Action::Steps(steps)) => steps,
            None => vec![Step::Send(shared.api.response(&request).bytes(closes)), Step::Next],
            Some(Action::ResetUnread) => vec![Step::Reset],
            Some(Action::WaitUnread) => vec![Step::Wait],
        };
        for step in steps {
            match run(&mut stream, step, is_read).await {
                Some(true) => {}
                Some(false) if !closes => break,
                _ => return,
            }
        }
    }
}

/// Does one step. Returns whether the following step is done; `None` ends the connection.
async fn run(stream: &mut TcpStream, step: Step, is_read: bool) -> Option<bool> {
    match step {
        Step::Send(bytes) => stream.write_all(&bytes).await.ok()?,
        Step::Drip(bytes, pause) => {
            for byte in bytes {
                stream.write_all(&[byte]).await.ok()?;
                sleep(pause).await;
            }
        }
        Step::Repeat(bytes, length) => {
            let mut sent = 0;
            while sent < length {
                stream.write_all(bytes).await.ok()?;
                sent += bytes.len() as u64;
            }
        }
        Step::Wait if is_read => {
            while stream.read(&mut [0; 1024]).await.is_ok_and(|length| length > 0) {}
            return None;
        }
        // The request stays unread, so the end of the connection cannot be seen; the server is dropped with its cell.
        Step::Wait => std::future::pending().await,
        Step::Next => return Some(false),
        Step::Close => {
            let _ = stream.shutdown().await;
            return None;
        }
        Step::Reset => {
            let _ = stream.set_zero_linger();
            return None;
        }
    }
    Some(true)
}

/// Returns the method and the target of the next request without reading it; `None` if the connection ends.
async fn peek_request_line(stream: &TcpStream) -> Option<RecordedRequest> {
    let mut bytes = vec![0; 8 * 1024];
    loop {
        let length = stream.peek(&mut bytes).await.ok()?;
        let text = String::from_utf8_lossy(bytes.get(..length)?);
        if length == 0 {
            return None;
        }
        if let Some((line, _)) = text.split_once("\r\n") {
            let mut parts = line.split(' ');
            let (method, target) = (parts.next()?.to_owned(), parts.next()?.to_owned());
            return Some(RecordedRequest { method, target, ..RecordedRequest::default() });
        }
        // The rest of the line has not arrived.
        sleep(Duration::from_millis(1)).await;
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
    let head = String::from_utf8_lossy(bytes.get(..head_end)?).into_owned();
    let mut lines = head.lines();
    let mut start = lines.next()?.split(' ');
    let (method, target) = (start.next()?.to_owned(), start.next()?.to_owned());
    let headers: Vec<_> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let mut request = RecordedRequest { method, target, headers, body: Vec::new() };
    match request.header("content-length") {
        Some(length) => {
            let end = head_end + length.parse::<usize>().ok()?;
            while bytes.len() < end {
                read_more(stream, &mut bytes).await?;
            }
        }
        // A chunked body is recorded with its chunk sizes.
        None if request.header("transfer-encoding").is_some() => {
            while !bytes.ends_with(b"0\r\n\r\n") {
                read_more(stream, &mut bytes).await?;
            }
        }
        None => {}
    }
    request.body = bytes.split_off(head_end);
    Some(request)
}

async fn read_more(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> Option<()> {
    (stream.read_buf(bytes).await.ok()? > 0).then_some(())
}

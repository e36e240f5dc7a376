//! A server that plays a script: it records what it is asked, and answers, delays, breaks off, resets or says nothing.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use connectwise_psa::{CallOptions, Psa, PsaBuilder, RetryPolicy};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;

/// What the credentials of [`builder`] are in the header: `acme+public:private`.
pub(crate) const BASIC: &str = "Basic YWNtZStwdWJsaWM6cHJpdmF0ZQ==";

/// The client id of [`builder`].
pub(crate) const CLIENT_ID: &str = "the-client-id";

/// The path of the API that [`builder`] uses.
pub(crate) const BASE: &str = "/v4_6_release/apis/3.0";

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    /// The headers in order, names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Asked {
    /// The value of a header that may stand there once only.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(other, _)| other == name).map(|(_, value)| value.as_str());
        let value = found.next();
        assert!(found.next().is_none(), "{name} is there twice: {:?}", self.headers);
        value
    }

    /// Whether it carries anything that tells who asks.
    pub(crate) fn is_anonymous(&self) -> bool {
        ["authorization", "clientid", "cookie", "x-cw-usertype"].iter().all(|name| self.header(name).is_none())
    }

    /// Method and target.
    pub(crate) fn line(&self) -> String {
        format!("{} {}", self.method, self.target)
    }

    /// Method and path behind the base, without the query.
    pub(crate) fn short(&self) -> String {
        let path = self.target.split('?').next().unwrap();
        format!("{} {}", self.method, path.strip_prefix(BASE).unwrap_or(path))
    }
}

/// What the server does with a request.
#[derive(Clone)]
pub(crate) enum Reaction {
    Answer {
        after: Duration,
        status: u16,
        headers: Vec<(String, String)>,
        body: Vec<u8>,
    },
    /// The head of an answer and half of its body.
    CutOff(Box<Reaction>),
    /// The same, and then nothing while the connection stays open.
    Stalled(Box<Reaction>),
    /// The connection is reset.
    Reset,
    /// The connection is closed in order.
    Close,
    /// Nothing, while the connection stays open.
    Silence,
}

impl Reaction {
    pub(crate) fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        if let Self::Answer { headers, .. } = &mut self {
            headers.push((name.to_owned(), value.into()));
        }
        self
    }

    pub(crate) fn after(mut self, delay: Duration) -> Self {
        if let Self::Answer { after, .. } = &mut self {
            *after = delay;
        }
        self
    }
}

/// An answer as JSON.
pub(crate) fn answer(status: u16, body: impl Into<String>) -> Reaction {
    let headers = vec![("content-type".to_owned(), "application/json; charset=utf-8".to_owned())];
    Reaction::Answer { after: Duration::ZERO, status, headers, body: body.into().into_bytes() }
}

/// The ticket that most tests read.
pub(crate) fn ticket() -> Reaction {
    answer(200, r#"{"id":5}"#)
}

/// An answer of another media type.
pub(crate) fn other(status: u16, media_type: &str, body: &str) -> Reaction {
    Reaction::Answer {
        after: Duration::ZERO,
        status,
        headers: vec![("content-type".to_owned(), media_type.to_owned())],
        body: body.as_bytes().to_vec(),
    }
}

/// A 429.
pub(crate) fn too_many(retry_after: &str) -> Reaction {
    let refusal =
        answer(429, r#"{"error":"ConnectWiseAPI","message":"Too many requests. Please try again in 30 seconds."}"#);
    if retry_after.is_empty() { refusal } else { refusal.header("retry-after", retry_after) }
}

/// An answer whose body ends too soon.
pub(crate) fn cut_off(status: u16, body: &str) -> Reaction {
    Reaction::CutOff(Box::new(answer(status, body)))
}

/// An answer whose body stops in its middle.
pub(crate) fn stalled(status: u16, body: &str) -> Reaction {
    Reaction::Stalled(Box::new(answer(status, body)))
}

type React = Box<dyn FnMut(&Asked) -> Reaction + Send>;

struct Shared {
    react: Mutex<React>,
    asked: Mutex<Vec<Asked>>,
    open: AtomicUsize,
    most_open: AtomicUsize,
}

/// A server on a free port of this machine, which ends with its runtime.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
    accepting: AbortHandle,
}

impl Server {
    /// A server that decides by the request.
    pub(crate) async fn new(react: impl FnMut(&Asked) -> Reaction + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            react: Mutex::new(Box::new(react)),
            asked: Mutex::default(),
            open: AtomicUsize::new(0),
            most_open: AtomicUsize::new(0),
        });
        let to_serve = Arc::clone(&shared);
        let accepting = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&to_serve)));
            }
        });
        Self { address, shared, accepting: accepting.abort_handle() }
    }

    /// A server that reacts in this order, and to what comes after it with a status that no test expects.
    pub(crate) async fn script(reactions: impl IntoIterator<Item = Reaction>) -> Self {
        let mut reactions: VecDeque<_> = reactions.into_iter().collect();
        Self::new(move |_| reactions.pop_front().unwrap_or_else(|| answer(418, r#"{"message":"the script is over"}"#)))
            .await
    }

    /// A server with a script that can be written on.
    pub(crate) async fn open_script() -> (Self, Arc<Mutex<VecDeque<Reaction>>>) {
        let script: Arc<Mutex<VecDeque<Reaction>>> = Arc::default();
        let played = Arc::clone(&script);
        let server = Self::new(move |_| played.lock().unwrap().pop_front().unwrap_or_else(|| answer(418, "{}"))).await;
        (server, script)
    }

    /// A server that always reacts in one way.
    pub(crate) async fn always(reaction: Reaction) -> Self {
        Self::new(move |_| reaction.clone()).await
    }

    /// Refuses connections from now on.
    pub(crate) fn close(&self) {
        self.accepting.abort();
    }

    /// What it was asked.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.shared.asked.lock().unwrap().clone()
    }

    /// Methods and paths of what it was asked.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.asked().iter().map(Asked::short).collect()
    }

    /// How often it was asked.
    pub(crate) fn count(&self) -> usize {
        self.shared.asked.lock().unwrap().len()
    }

    /// How many requests at most had no answer yet.
    pub(crate) fn most_open(&self) -> usize {
        self.shared.most_open.load(Ordering::SeqCst)
    }

    /// Waits until it was asked so often.
    pub(crate) async fn until(&self, count: usize) {
        while self.count() < count {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// A client of it that has every setting it needs, with delays that tests can bear.
    pub(crate) fn builder(&self) -> PsaBuilder {
        self.builder_of("127.0.0.1")
    }

    pub(crate) fn builder_of(&self, host: &str) -> PsaBuilder {
        Psa::builder()
            .base_url(format!("http://{host}:{}{BASE}", self.address.port()))
            .company("acme")
            .keys("public", "private")
            .client_id(CLIENT_ID)
            .options(CallOptions::new().retry(quick()).timeout(Duration::from_secs(5)))
    }

    /// A client of it.
    pub(crate) fn psa(&self) -> Psa {
        self.builder().build().unwrap()
    }
}

/// The usual number of tries without the usual delays.
pub(crate) fn quick() -> RetryPolicy {
    RetryPolicy::default().backoff(Duration::from_millis(1), Duration::from_millis(5))
}

/// A port at which nobody listens.
pub(crate) async fn closed_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port()
}

async fn serve(mut stream: TcpStream, shared: Arc<Shared>) {
    let Some(asked) = read(&mut stream).await else { return };
    let reaction = (shared.react.lock().unwrap())(&asked);
    shared.asked.lock().unwrap().push(asked);
    let open = shared.open.fetch_add(1, Ordering::SeqCst) + 1;
    shared.most_open.fetch_max(open, Ordering::SeqCst);
    react(stream, reaction, &shared).await;
}

async fn react(mut stream: TcpStream, reaction: Reaction, shared: &Shared) {
    let (whole, ends, reaction) = match reaction {
        Reaction::CutOff(answer) => (false, true, *answer),
        Reaction::Stalled(answer) => (false, false, *answer),
        other => (true, true, other),
    };
    let done = || shared.open.fetch_sub(1, Ordering::SeqCst);
    match reaction {
        Reaction::Answer { after, status, headers, body } => {
            tokio::time::sleep(after).await;
            let mut head = format!("HTTP/1.1 {status} Status\r\n");
            // Where an answer says otherwise, the connection is closed without notice.
            if !headers.iter().any(|(name, _)| name == "connection") {
                head.push_str("connection: close\r\n");
            }
            if !headers.iter().any(|(name, _)| name == "content-length") && !matches!(status, 204 | 304) {
                head.push_str(&format!("content-length: {}\r\n", body.len()));
            }
            for (name, value) in headers {
                head.push_str(&format!("{name}: {value}\r\n"));
            }
            head.push_str("\r\n");
            let length = if whole { body.len() } else { body.len() / 2 };
            done();
            // The client may be gone.
            let _ = stream.write_all(head.as_bytes()).await;
            let _ = stream.write_all(&body[..length]).await;
            if !ends {
                // Until the client goes.
                let _ = stream.read(&mut [0]).await;
            }
            let _ = stream.shutdown().await;
        }
        Reaction::Reset => {
            done();
            stream.set_zero_linger().unwrap();
        }
        Reaction::CutOff(_) | Reaction::Stalled(_) | Reaction::Close => {
            done();
        }
        Reaction::Silence => {
            // Until the client goes.
            let _ = stream.read(&mut [0]).await;
            done();
        }
    }
}

/// Reads one request; `None` when the connection ends before it.
async fn read(stream: &mut TcpStream) -> Option<Asked> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at + 4;
        }
        more(stream, &mut bytes).await?;
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
                more(stream, &mut bytes).await?;
            }
        }
        // Read as it comes, with the lengths in it.
        None if header("transfer-encoding").is_some() => {
            while !bytes.ends_with(b"0\r\n\r\n") {
                more(stream, &mut bytes).await?;
            }
        }
        None => {}
    }
    let body = String::from_utf8_lossy(&bytes[head_end..]).into_owned();
    Some(Asked { method, target, headers, body })
}

async fn more(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> Option<()> {
    (stream.read_buf(bytes).await.ok()? > 0).then_some(())
}

//! The server: connections, requests, answers. What an answer is, others decide.

use std::collections::VecDeque;
use std::ops::{Deref, DerefMut};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use chrono::Utc;
use http::StatusCode;
use http_body_util::BodyExt as _;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::sync::watch;
use uuid::Uuid;

use crate::actions::callbacks::Delivery;
use crate::exchange::{Answer, Asked, FormPart};
use crate::faults::{Effect, Fault, strike};
use crate::gate::{self, Address, Caller};
use crate::operations;
use crate::problem::Problem;
use crate::router::{self, Found};
use crate::settings::Settings;
use crate::sim::Seen;
use crate::state::Journal;
use crate::world::{Scene, World};

/// How large a request may be, in bytes.
const MOST: usize = 64 * 1024 * 1024;

/// How many requests are remembered.
const REMEMBERED: usize = 100_000;

/// What all connections of a server share.
pub(crate) struct Shared {
    pub(crate) settings: Settings,
    pub(crate) world: Arc<Mutex<World>>,
    /// None when nothing is kept.
    pub(crate) journal: Option<Journal>,
    pub(crate) faults: Mutex<Vec<Fault>>,
    pub(crate) log: Mutex<VecDeque<Seen>>,
    /// Told of every request.
    pub(crate) watcher: Option<Watcher>,
    /// Host and port under which the server is reached.
    pub(crate) authority: String,
    /// Itself, for work that goes on after an answer.
    pub(crate) this: Weak<Self>,
    /// Where that work is done, whoever asks for it.
    pub(crate) runtime: Handle,
    /// None when the server speaks plain HTTP.
    #[cfg(feature = "tls")]
    pub(crate) tls: Option<crate::tls::Certificates>,
}

/// What is done with every request that was seen.
pub(crate) type Watcher = Box<dyn Fn(&Seen) + Send + Sync>;

impl Shared {
    /// What its URLs begin with.
    pub(crate) fn scheme(&self) -> &'static str {
        #[cfg(feature = "tls")]
        if self.tls.is_some() {
            return "https";
        }
        "http"
    }

    /// Does something with the records as a member, and sends what callbacks tell of it.
    pub(crate) fn act<T>(&self, world: &mut World, caller: &Caller, work: impl FnOnce(&mut Scene<'_>) -> T) -> T {
        let link_base = self.settings.link_base();
        let origin = format!("{}://{}", self.scheme(), self.authority);
        let settings = &self.settings;
        let done = work(&mut Scene { world: &mut *world, settings, caller, now: Utc::now(), clock: Instant::now(), link_base: &link_base, origin: &origin });
        for message in std::mem::take(&mut world.outbox) {
            self.runtime.spawn(deliver(self.this.clone(), message));
        }
        done
    }

    pub(crate) fn world(&self) -> Turn<'_> {
        Turn { world: lock(&self.world), journal: self.journal.as_ref() }
    }
}

/// The world, as long as one has it alone. What has changed meanwhile goes to the state file as one change.
pub(crate) struct Turn<'a> {
    world: MutexGuard<'a, World>,
    journal: Option<&'a Journal>,
}

impl Deref for Turn<'_> {
    type Target = World;

    fn deref(&self) -> &World {
        &self.world
    }
}

impl DerefMut for Turn<'_> {
    fn deref_mut(&mut self) -> &mut World {
        &mut self.world
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if let Some(journal) = self.journal {
            journal.add(&self.world.records.take_edits());
        }
    }
}

/// A panic of one request leaves what it had not changed yet.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

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
            Ok(stream) => answer_all(stream, Arc::clone(&shared)).await,
            Err(error) => tracing::warn!(%error, "a client did not agree on TLS: it may not trust the certificate, or speak plain HTTP"),
        }
        return;
    }
    answer_all(stream, shared).await;
}

async fn answer_all(stream: impl AsyncRead + AsyncWrite + Unpin, shared: Arc<Shared>) {
    let service = service_fn(move |request| {
        let shared = Arc::clone(&shared);
        async move { respond(shared, request).await }
    });
    // A client that goes away, and a fault that breaks the connection, end it.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

/// Why a connection is broken on purpose.
#[derive(Debug)]
pub(crate) struct Broken;

impl std::fmt::Display for Broken {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        to.write_str("broken on purpose")
    }
}

impl std::error::Error for Broken {}

async fn respond(shared: Arc<Shared>, request: http::Request<Incoming>) -> Result<http::Response<Out>, Broken> {
    let (head, body) = request.into_parts();
    let (body, is_too_large) = match http_body_util::Limited::new(body, MOST).collect().await {
        Ok(body) => (body.to_bytes(), false),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => (Bytes::new(), true),
        Err(_) => return Err(Broken),
    };
    let target = head.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    let mut asked = Asked::new(head.method, target, head.headers, body);
    asked.form = form(&asked).await;
    let asked = asked;
    let begun = Instant::now();
    if !shared.settings.latency.is_zero() {
        tokio::time::sleep(shared.settings.latency).await;
    }
    let answer = if is_too_large { Some(too_large()) } else { answer(&shared, &asked).await };
    let status = answer.as_ref().map(|answer| answer.status.as_u16());
    let seen = Seen { method: asked.method.to_string(), path: asked.path.clone(), query: asked.query_text.clone(), status, duration: begun.elapsed() };
    tracing::info!(method = seen.method, path = seen.path, query = seen.query, status, duration_ms = seen.duration.as_millis(), "request");
    if let Some(watcher) = &shared.watcher {
        watcher(&seen);
    }
    remember(&mut lock(&shared.log), seen);
    let answer = answer.ok_or(Broken)?;
    let mut response = http::Response::new(Out::new(answer.body, answer.cut));
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.headers;
    Ok(response)
}

/// The gateway's answer to a body that is too large, and is not read to its end.
fn too_large() -> Answer {
    Answer::text(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large").with_header("connection", "close")
}

/// The parts of a form; none of any other body, and of one that cannot be read.
async fn form(asked: &Asked) -> Option<Vec<FormPart>> {
    let boundary = multer::parse_boundary(asked.header("content-type")?).ok()?;
    let body = asked.body.clone();
    let mut form = multer::Multipart::new(futures_util::stream::once(async move { Ok::<_, std::io::Error>(body) }), boundary);
    let mut parts = Vec::new();
    while let Some(part) = form.next_field().await.ok()? {
        let (name, file_name) = (part.name().unwrap_or_default().to_owned(), part.file_name().map(str::to_owned));
        parts.push(FormPart { name, file_name, content: part.bytes().await.ok()? });
    }
    Some(parts)
}

/// A server that runs for weeks forgets.
fn remember(log: &mut VecDeque<Seen>, seen: Seen) {
    if log.len() == REMEMBERED {
        log.pop_front();
    }
    log.push_back(seen);
}

/// The answer to a request; none breaks the connection.
async fn answer(shared: &Shared, asked: &Asked) -> Option<Answer> {
    let path = match gate::address(&asked.path, &shared.settings.code_base) {
        Address::CompanyInfo(company) => return Some(gate::company_info(&shared.settings, &company, &shared.authority)),
        Address::CallbackKey => {
            if let Err(refusal) = callback_key_is_given(shared, asked) {
                return Some(*refusal);
            }
            let parameter = |name: &str| asked.parameter(name).unwrap_or_default();
            return Some(crate::actions::callbacks::key_answer(parameter("companyName"), parameter("id")));
        }
        Address::Unrouted => return Some(gate::unrouted()),
        Address::Page => return Some(page()),
        Address::Api(path) => path,
    };
    let effect = strike(&mut lock(&shared.faults), asked, &path);
    let plain = async || stamped(shared, kept(shared, handle(shared, asked, &path)).await);
    match effect {
        None => Some(plain().await),
        Some(Effect::Instead(answer)) => Some(stamped(shared, answer)),
        Some(Effect::Change(change)) => Some(change(plain().await)),
        Some(Effect::Wait(latency)) => {
            tokio::time::sleep(latency).await;
            Some(plain().await)
        }
        Some(Effect::Drop { carried_out }) => {
            if carried_out {
                plain().await;
            }
            None
        }
    }
}

/// The answer, when all it can tell of is in the state file: changes, and what a reader has seen of those of others.
async fn kept(shared: &Shared, answer: Answer) -> Answer {
    let Some(journal) = &shared.journal else { return answer };
    match journal.saved().await {
        Ok(()) => answer,
        Err(why) => Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "ConnectWiseApi", why).answer(),
    }
}

/// facts: these headers come with every answer.
fn stamped(shared: &Shared, answer: Answer) -> Answer {
    let id = Uuid::new_v4().to_string();
    answer
        .with_header("x-cw-request-id", &id)
        .with_header("api-current-version", shared.settings.version.trim_start_matches('v'))
        .with_header("cache-control", "no-cache")
}

/// What the web site answers.
fn page() -> Answer {
    Answer::new(StatusCode::OK, "text/html; charset=utf-8", "<!DOCTYPE html><html><head><title>ConnectWise</title></head><body>Log in</body></html>")
}

/// Whether who asks for the key of a callback gets it.
fn callback_key_is_given(shared: &Shared, asked: &Asked) -> gate::Refused<()> {
    if shared.settings.private_callback_keys {
        gate::caller(&shared.settings, &shared.world().minted, asked, Instant::now())?;
    }
    Ok(())
}

fn handle(shared: &Shared, asked: &Asked, path: &str) -> Answer {
    let settings = &shared.settings;
    let length = "https://".len() + shared.authority.len() + asked.path.len() + asked.query_text.len() + 1;
    if length > settings.longest_url {
        return Answer::text(StatusCode::URI_TOO_LONG, "Request URI Too Long");
    }
    let clock = Instant::now();
    let mut world = shared.world();
    let mut gates = || -> gate::Refused<Caller> {
        let world = &mut *world;
        gate::tls(settings, shared.scheme() == "https")?;
        let caller = match gate::anonymous(settings, path) {
            Some(anonymous) => anonymous,
            None => {
                let caller = gate::caller(settings, &world.minted, asked, clock)?;
                gate::client_id(settings, asked)?;
                caller
            }
        };
        world.rate.admit(settings.per_minute, settings.retry_after, clock)?;
        gate::version(settings, asked)?;
        Ok(caller)
    };
    let caller = match gates() {
        Ok(caller) => caller,
        Err(answer) => return *answer,
    };
    let route = match router::find(&asked.method, path) {
        Found::Route(route) => route,
        Found::OtherMethod => {
            let message = format!("The requested resource does not support http method '{}'.", asked.method);
            return Problem::new(StatusCode::METHOD_NOT_ALLOWED, "ConnectWiseApi", message).answer();
        }
        Found::Nothing => return Problem::no_endpoint().answer(),
    };
    if let Err(answer) = gate::rights(settings, asked.method.as_str(), path) {
        return *answer;
    }
    let done = shared.act(&mut world, &caller, |scene| operations::run(scene, &route, asked));
    match done {
        Ok(answer) => with_empty(settings, &route, asked, answer),
        Err(problem) => problem.answer(),
    }
}

/// Writes members that records do not have where the server does so; not where the request chose members.
fn with_empty(settings: &Settings, route: &router::Route, asked: &Asked, mut answer: Answer) -> Answer {
    let (connectwise_psa::Answer::One(type_name) | connectwise_psa::Answer::Many(type_name)) = route.operation.answer else { return answer };
    let is_whole = asked.parameter("fields").is_none_or(|fields| fields.trim().is_empty());
    if (settings.empty.nulls || settings.empty.references)
        && is_whole
        && let Ok(mut value) = serde_json::from_slice(&answer.body)
    {
        settings.empty.write(type_name, &mut value);
        answer.body = value.to_string().into();
    }
    answer
}

/// Sends a message of a callback. facts: within 5 s, again after 2 and 4 s and only on some statuses, and a callback that keeps failing is switched off.
async fn deliver(shared: Weak<Shared>, message: Delivery) {
    let Some(settings) = shared.upgrade().map(|shared| shared.settings.clone()) else { return };
    let mut delays = settings.callback_delays.iter();
    let delivered = loop {
        let request = settings.http.post(&message.url).header("content-type", "application/json").header("x-content-signature", &message.signature);
        let outcome = request.timeout(Duration::from_secs(5)).body(message.body.clone()).send().await;
        let status = outcome.as_ref().ok().map(|answer| answer.status().as_u16());
        tracing::info!(url = message.url, status, "callback");
        match status {
            Some(200..=299) => break true,
            Some(404 | 409 | 419 | 429) => match delays.next() {
                Some(delay) => tokio::time::sleep(*delay).await,
                None => break false,
            },
            _ => break false,
        }
    };
    if let Some(shared) = shared.upgrade() {
        shared.world().delivered(message.callback, delivered, settings.callback_failures);
    }
}

/// A body that can break in its middle.
pub(crate) struct Out {
    body: Option<Bytes>,
    length: u64,
    breaks: bool,
    /// Whether what comes before the break has had its time to leave.
    has_left: bool,
}

impl Out {
    fn new(body: Bytes, breaks: bool) -> Self {
        // Lengths of memory fit into 64 bits on every platform.
        let length = body.len() as u64;
        let body = if breaks { body.slice(..body.len() / 2) } else { body };
        Self { body: Some(body).filter(|body| !body.is_empty()), length, breaks, has_left: false }
    }
}

impl Body for Out {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        match self.body.take() {
            Some(body) => Poll::Ready(Some(Ok(Frame::data(body)))),
            // A broken connection drops what is not written yet, which of a small answer is its head as well; it is written while the body is waited for.
            None if self.breaks && !self.has_left => {
                self.has_left = true;
                context.waker().wake_by_ref();
                Poll::Pending
            }
            None if self.breaks => {
                self.breaks = false;
                Poll::Ready(Some(Err(Broken)))
            }
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_none() && !self.breaks
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.length)
    }
}

//! The signing keys, cached. Bodies that are not verified yet name the keys, so whatever is posted, the cache is bounded,
//! each URL has at most one request at a time, and all of them together have a limit per minute.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use connectwise_psa_core::error::Error;
use connectwise_psa_core::transport::BoxFuture;
use tokio::sync::watch;
use tokio::time::Instant;
use tracing::Instrument as _;
use url::Url;

use crate::sync::lock;
use crate::transport::pipeline::runtime_is_running;
use crate::webhooks::rejection::{KeyFailure, Rejection};
use crate::webhooks::signature::SigningKey;

const MINUTE: Duration = Duration::from_secs(60);

/// How long a failure is kept that will not change soon.
const KEEP_REFUSAL: Duration = Duration::from_secs(30);

/// How long a failure is kept that may be over soon: shorter than the 2 seconds after which PSA sends a message again.
const KEEP_TRANSIENT: Duration = Duration::from_secs(1);

/// The most URLs whose keys or failures are kept.
const MAX_ENTRIES: usize = 256;

/// Requests a signing key.
pub(crate) type FetchKey = dyn Fn(Url) -> BoxFuture<'static, Outcome> + Send + Sync;

/// The result of a request for a signing key.
pub(crate) type Outcome = Result<SigningKey, KeyFailure>;

/// The signing keys by URL. Clones share them.
#[derive(Clone)]
pub(crate) struct Keys(Arc<Inner>);

struct Inner {
    fetch: Box<FetchKey>,
    /// How long a key is kept.
    keep: Duration,
    fetches_per_minute: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    entries: HashMap<Url, Entry>,
    /// When requests started, within the last minute.
    fetches: VecDeque<Instant>,
    /// The number of results so far.
    results: u64,
}

/// What is known about one URL.
#[derive(Default)]
struct Entry {
    kept: Option<Kept>,
    /// The result of the request that is running.
    running: Option<watch::Receiver<Option<Found>>>,
    /// When the key was last requested again because of a wrong signature.
    renewed_at: Option<Instant>,
    /// When a signature was last verified with the key.
    verified_at: Option<Instant>,
}

struct Kept {
    found: Found,
    at: Instant,
    until: Instant,
}

/// A result, and its number, which tells it from later results of the same URL.
#[derive(Clone)]
struct Found {
    outcome: Outcome,
    number: u64,
}

/// A key for a message.
pub(crate) struct Key {
    pub(crate) key: SigningKey,
    /// Whether the key was requested for this message. Requesting it again is of no use.
    pub(crate) is_fresh: bool,
    number: u64,
}

/// Where a result comes from.
enum Source {
    Kept(Found),
    Running(watch::Receiver<Option<Found>>),
}

impl Keys {
    pub(crate) fn new(fetch: Box<FetchKey>, keep: Duration, fetches_per_minute: usize) -> Self {
        Self(Arc::new(Inner { fetch, keep, fetches_per_minute, state: Mutex::default() }))
    }

    /// Returns the key with this URL: the kept one, that of a running request, or that of a new request.
    pub(crate) async fn get(&self, url: &Url) -> Result<Key, Rejection> {
        key(self.source(url)?).await
    }

    /// Returns another key than one that did not fit, if there may be one: a server can replace the key of a URL. Requests
    /// it at most once a minute.
    pub(crate) async fn renew(&self, url: &Url, wrong: &Key) -> Result<Option<Key>, Rejection> {
        match self.other_source(url, wrong)? {
            Some(source) => key(source).await.map(Some),
            None => Ok(None),
        }
    }

    /// Records that the key with this URL has verified a signature. Such keys are kept longest.
    pub(crate) fn verified(&self, url: &Url) {
        if let Some(entry) = self.0.state().entries.get_mut(url) {
            entry.verified_at = Some(Instant::now());
        }
    }

    fn source(&self, url: &Url) -> Result<Source, Rejection> {
        let mut state = self.0.state();
        if let Some(entry) = state.entries.get(url) {
            if let Some(kept) = entry.kept.as_ref().filter(|kept| Instant::now() < kept.until) {
                return Ok(Source::Kept(kept.found.clone()));
            }
            if let Some(running) = &entry.running {
                return Ok(Source::Running(running.clone()));
            }
        }
        self.start(&mut state, url).map(Source::Running)
    }

    fn other_source(&self, url: &Url, wrong: &Key) -> Result<Option<Source>, Rejection> {
        let mut state = self.0.state();
        let Some(entry) = state.entries.get(url) else { return Ok(None) };
        if let Some(running) = &entry.running {
            return Ok(Some(Source::Running(running.clone())));
        }
        if let Some(kept) = &entry.kept
            && kept.found.number != wrong.number
        {
            return Ok(Some(Source::Kept(kept.found.clone())));
        }
        if entry.renewed_at.is_some_and(|at| at.elapsed() < MINUTE) {
            return Ok(None);
        }
        let running = self.start(&mut state, url)?;
        if let Some(entry) = state.entries.get_mut(url) {
            entry.renewed_at = Some(Instant::now());
        }
        Ok(Some(Source::Running(running)))
    }

    /// Starts a request within the limit. It runs in a task of its own: a delivery that is given up does not waste it.
    fn start(&self, state: &mut State, url: &Url) -> Result<watch::Receiver<Option<Found>>, Rejection> {
        runtime_is_running().map_err(|error| Rejection::KeyUnavailable(KeyFailure::Request(Arc::new(error))))?;
        if !state.may_fetch(self.0.fetches_per_minute) {
            return Err(Rejection::TooManyKeys);
        }
        let (sender, running) = watch::channel(None);
        state.entries.entry(url.clone()).or_default().running = Some(running.clone());
        let request = Running { inner: Arc::clone(&self.0), url: url.clone(), sender };
        let fetch = (self.0.fetch)(url.clone());
        tokio::spawn(async move { request.finish(fetch.await) }.in_current_span());
        Ok(running)
    }
}

/// Waits for a key.
async fn key(source: Source) -> Result<Key, Rejection> {
    let (found, is_fresh) = match source {
        Source::Kept(found) => (Some(found), false),
        Source::Running(mut running) => {
            let found = running.wait_for(Option::is_some).await.ok().and_then(|found| found.clone());
            (found, true)
        }
    };
    // The task ends without a result only if the runtime shuts down.
    let stopped = || KeyFailure::Request(Arc::new(Error::transport_because("the request of the key was stopped")));
    let Found { outcome, number } = found.ok_or_else(stopped).map_err(Rejection::KeyUnavailable)?;
    outcome.map(|key| Key { key, is_fresh, number }).map_err(Rejection::KeyUnavailable)
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

impl State {
    /// Returns whether a request may start now, and counts it.
    fn may_fetch(&mut self, per_minute: usize) -> bool {
        while self.fetches.front().is_some_and(|at| at.elapsed() >= MINUTE) {
            self.fetches.pop_front();
        }
        let may_fetch = self.fetches.len() < per_minute;
        if may_fetch {
            self.fetches.push_back(Instant::now());
        }
        may_fetch
    }

    /// Keeps a result. A failure does not replace a key that is still valid: otherwise, a forged message could remove it.
    fn keep(&mut self, url: &Url, outcome: Outcome, keep_key: Duration) -> Found {
        let now = Instant::now();
        self.results += 1;
        let found = Found { outcome, number: self.results };
        let keep = match &found.outcome {
            Ok(_) => keep_key,
            Err(failure) if failure.is_transient() => KEEP_TRANSIENT,
            Err(_) => KEEP_REFUSAL,
        };
        let entry = self.entries.entry(url.clone()).or_default();
        entry.running = None;
        let has_key = entry.kept.as_ref().is_some_and(|kept| kept.found.outcome.is_ok() && now < kept.until);
        if found.outcome.is_ok() || !has_key {
            let until = now.checked_add(keep).unwrap_or(now);
            entry.kept = Some(Kept { found: found.clone(), at: now, until });
        }
        self.remove_least_useful(now);
        found
    }

    /// Removes the results that have expired, and then, above the limit, those that have never verified a signature, the
    /// oldest first.
    fn remove_least_useful(&mut self, now: Instant) {
        let is_current = |entry: &Entry| entry.kept.as_ref().is_some_and(|kept| now < kept.until);
        self.entries.retain(|_, entry| entry.running.is_some() || is_current(entry));
        while self.entries.len() > MAX_ENTRIES {
            let removable = self.entries.iter().filter(|(_, entry)| entry.running.is_none());
            let least_useful =
                removable.min_by_key(|(_, entry)| (entry.verified_at, entry.kept.as_ref().map(|kept| kept.at)));
            let Some(url) = least_useful.map(|(url, _)| url.clone()) else { return };
            self.entries.remove(&url);
        }
    }
}

/// A request that is running. If its task ends without a result, the next message requests the key again.
struct Running {
    inner: Arc<Inner>,
    url: Url,
    sender: watch::Sender<Option<Found>>,
}

impl Running {
    fn finish(self, outcome: Outcome) {
        let found = self.inner.state().keep(&self.url, outcome, self.inner.keep);
        // Nobody waits if the deliveries were given up.
        self.sender.send_replace(Some(found));
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.sender.borrow().is_none()
            && let Some(entry) = self.inner.state().entries.get_mut(&self.url)
        {
            entry.running = None;
        }
    }
}

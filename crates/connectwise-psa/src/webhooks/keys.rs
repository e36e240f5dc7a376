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
const KEEP_LASTING: Duration = Duration::from_secs(30);

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
            Err(_) => KEEP_LASTING,
        };
        let entry = self.entries.entry(url.clone()).or_default();
        entry.running = None;
        if found.outcome.as_ref().is_err_and(KeyFailure::is_transient) {
            // The key may have been replaced: the next message requests it again, within the limit per minute.
            entry.renewed_at = None;
        }
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use http::StatusCode;
    use tokio::time::{advance, sleep};

    use super::*;
    use crate::webhooks::signature::Signature;

    const HOUR: Duration = Duration::from_secs(60 * 60);
    const BODY: &[u8] = br#"{"Action":"updated","ID":7601,"Type":"ticket"}"#;
    const SIGNATURE: &str = "gafmZW08u4In2zHlJAU3fImYuNfyHTEYc/MVX2bP5KQ=";

    /// A server of keys, which counts its requests and takes some time.
    #[derive(Clone)]
    struct KeyServer {
        requests: Arc<AtomicUsize>,
        outcome: Arc<Mutex<Outcome>>,
    }

    impl KeyServer {
        fn new(outcome: Outcome) -> Self {
            Self { requests: Arc::default(), outcome: Arc::new(Mutex::new(outcome)) }
        }

        fn requests(&self) -> usize {
            self.requests.load(Ordering::SeqCst)
        }

        fn respond(&self, outcome: Outcome) {
            *lock(&self.outcome) = outcome;
        }

        fn keys(&self, fetches_per_minute: usize) -> Keys {
            let server = self.clone();
            let fetch = move |_| {
                let server = server.clone();
                Box::pin(async move {
                    server.requests.fetch_add(1, Ordering::SeqCst);
                    sleep(Duration::from_millis(10)).await;
                    lock(&server.outcome).clone()
                }) as BoxFuture<'static, Outcome>
            };
            Keys::new(Box::new(fetch), HOUR, fetches_per_minute)
        }
    }

    fn right() -> Outcome {
        Ok(SigningKey::new("test-signing-key"))
    }

    fn wrong() -> Outcome {
        Ok(SigningKey::new("another key"))
    }

    fn url(id: usize) -> Url {
        format!("https://psa.example/v4_6_release//system/callbackkey/index.rails?companyName=acme&id={id}")
            .parse()
            .unwrap()
    }

    /// Returns whether a key is the right one.
    fn is_right(key: &Key) -> bool {
        key.key.has_signed(BODY, &Signature::parse(SIGNATURE).unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn a_key_is_requested_once_until_it_expires() {
        let server = KeyServer::new(right());
        let keys = server.keys(30);
        let url = url(1);
        let (first, second, third) = tokio::join!(keys.get(&url), keys.get(&url), keys.get(&url));
        assert!([first, second, third].into_iter().all(|key| key.is_ok_and(|key| is_right(&key) && key.is_fresh)));
        advance(HOUR - Duration::from_secs(1)).await;
        assert!(!keys.get(&url).await.unwrap().is_fresh);
        assert_eq!(server.requests(), 1);
        advance(Duration::from_secs(1)).await;
        assert!(keys.get(&url).await.unwrap().is_fresh);
        assert_eq!(server.requests(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn failures_are_kept_for_a_short_time() {
        let lasting = [KeyFailure::Status(StatusCode::NOT_FOUND), KeyFailure::NotAKey, KeyFailure::TooLong];
        let transient = [
            KeyFailure::Status(StatusCode::INTERNAL_SERVER_ERROR),
            KeyFailure::Status(StatusCode::TOO_MANY_REQUESTS),
            KeyFailure::Timeout,
            KeyFailure::Request(Arc::new(Error::transport_because("reset"))),
        ];
        let cases = lasting.into_iter().map(|failure| (failure, KEEP_LASTING));
        for (failure, keep) in cases.chain(transient.into_iter().map(|failure| (failure, KEEP_TRANSIENT))) {
            let text = failure.to_string();
            let server = KeyServer::new(Err(failure));
            let keys = server.keys(30);
            let rejected = async || {
                let rejection = keys.get(&url(1)).await.map(|_| ()).unwrap_err();
                assert!(rejection.to_string().ends_with(&text), "{rejection}");
            };
            rejected().await;
            advance(keep - Duration::from_millis(1)).await;
            rejected().await;
            assert_eq!(server.requests(), 1, "{text}");
            advance(Duration::from_millis(1)).await;
            rejected().await;
            assert_eq!(server.requests(), 2, "{text}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn requests_have_a_limit_per_minute_whatever_is_requested() {
        let server = KeyServer::new(right());
        let keys = server.keys(5);
        let mut outcomes = Vec::new();
        for id in 0..100 {
            outcomes.push(keys.get(&url(id)).await);
        }
        assert_eq!(server.requests(), 5);
        assert!(outcomes.iter().take(5).all(Result::is_ok));
        assert!(outcomes.iter().skip(5).all(|outcome| matches!(outcome, Err(Rejection::TooManyKeys))));
        // Keys that are known are not requested, and a minute later, others are.
        assert!(keys.get(&url(0)).await.is_ok());
        advance(MINUTE).await;
        assert!(keys.get(&url(99)).await.is_ok());
        assert_eq!(server.requests(), 6);
    }

    #[tokio::test(start_paused = true)]
    async fn a_wrong_key_is_requested_again_at_most_once_a_minute() {
        let server = KeyServer::new(wrong());
        let keys = server.keys(30);
        let old = keys.get(&url(1)).await.unwrap();
        server.respond(right());
        let cached = keys.get(&url(1)).await.unwrap();
        let url_of_key = url(1);
        let (first, second) = tokio::join!(keys.renew(&url_of_key, &cached), keys.renew(&url_of_key, &cached));
        assert!([first, second].into_iter().all(|key| key.unwrap().is_some_and(|key| is_right(&key))));
        assert_eq!(server.requests(), 2);
        // A message that used the old key gets the new one without a request.
        assert!(keys.renew(&url(1), &old).await.unwrap().is_some_and(|key| is_right(&key) && !key.is_fresh));
        let new = keys.get(&url(1)).await.unwrap();
        for _ in 0..100 {
            assert!(keys.renew(&url(1), &new).await.unwrap().is_none());
        }
        assert_eq!(server.requests(), 2);
        advance(MINUTE).await;
        assert!(keys.renew(&url(1), &new).await.unwrap().is_some());
        assert_eq!(server.requests(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_does_not_replace_a_key_and_renewals_count_as_requests() {
        let server = KeyServer::new(right());
        let keys = server.keys(2);
        let key = keys.get(&url(1)).await.unwrap();
        server.respond(Err(KeyFailure::Timeout));
        assert!(matches!(keys.renew(&url(1), &key).await, Err(Rejection::KeyUnavailable(KeyFailure::Timeout))));
        assert!(is_right(&keys.get(&url(1)).await.unwrap()));
        assert!(matches!(keys.get(&url(2)).await, Err(Rejection::TooManyKeys)));
        assert_eq!(server.requests(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_renewal_that_failed_can_be_repeated_when_psa_sends_the_message_again() {
        let server = KeyServer::new(wrong());
        let keys = server.keys(30);
        keys.get(&url(1)).await.unwrap();
        let cached = keys.get(&url(1)).await.unwrap();
        server.respond(Err(KeyFailure::Timeout));
        assert!(keys.renew(&url(1), &cached).await.is_err());
        advance(Duration::from_secs(2)).await;
        server.respond(right());
        assert!(keys.renew(&url(1), &cached).await.unwrap().is_some_and(|key| is_right(&key)));
    }

    #[tokio::test(start_paused = true)]
    async fn keys_that_have_verified_a_signature_are_kept_longest() {
        let server = KeyServer::new(right());
        let keys = server.keys(usize::MAX);
        keys.get(&url(0)).await.unwrap();
        keys.verified(&url(0));
        for id in 1..=3 * MAX_ENTRIES {
            advance(Duration::from_millis(1)).await;
            keys.get(&url(id)).await.unwrap();
            assert!(keys.0.state().entries.len() <= MAX_ENTRIES);
        }
        assert!(!keys.get(&url(0)).await.unwrap().is_fresh);
        assert!(!keys.get(&url(3 * MAX_ENTRIES)).await.unwrap().is_fresh);
        assert!(keys.get(&url(1)).await.unwrap().is_fresh);
        // Results that have expired are removed.
        advance(HOUR).await;
        keys.get(&url(0)).await.unwrap();
        assert_eq!(keys.0.state().entries.len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_delivery_that_is_given_up_does_not_waste_its_request() {
        let server = KeyServer::new(right());
        let keys = server.keys(30);
        for _ in 0..5 {
            // The request takes 10 ms.
            let given_up = tokio::time::timeout(Duration::from_millis(1), keys.get(&url(1))).await;
            assert!(given_up.is_err());
        }
        assert!(is_right(&keys.get(&url(1)).await.unwrap()));
        assert_eq!(server.requests(), 1);
    }

    #[test]
    fn without_a_runtime_the_key_is_unavailable() {
        let keys = KeyServer::new(right()).keys(30);
        let outcome = keys.source(&url(1)).map(|_| ());
        assert!(matches!(outcome, Err(Rejection::KeyUnavailable(KeyFailure::Request(_)))));
    }
}

//! The one path of every request: login, place, limits, tries, answer. Each step has its file; this one puts them in order.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};

use ::http::{HeaderMap, HeaderValue, StatusCode};
use bytes::Bytes;
use futures_core::Stream;
use reqwest::Client;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, sleep, timeout};
use tracing::{Instrument as _, Span, field};
use url::Url;

use crate::auth::credentials::Login;
use crate::auth::members::{self, Member, Minted};
use crate::discovery::endpoint::Place;
use crate::dry_run::{self, Recorder};
use crate::options::{CallOptions, RetryPolicy, Version};
use crate::transport::budget::Budget;
use crate::transport::http;
use crate::transport::limits::{self, Limits};
use crate::{BoxFuture, ByteStream, Error, Method, Request, RequestBody, Response, Transport, rights};

/// How long a call may take in all unless set otherwise.
pub(crate) const CALL_TIMEOUT: Duration = Duration::from_secs(300);

/// How long to wait after a 429 that does not say. facts: the vendor's guide advises 30 s, doubled each time.
const COOL_DOWN: Duration = Duration::from_secs(30);

/// How much of a refusal's body is read, in bytes.
const MOST_OF_A_REFUSAL: usize = 64 * 1024;

/// What all clones of a client share.
pub(crate) struct Shared {
    pub(crate) client: Client,
    pub(crate) place: Place,
    pub(crate) company: String,
    pub(crate) login: Login,
    pub(crate) client_id: Option<HeaderValue>,
    pub(crate) limits: Limits,
    pub(crate) budget: Budget,
    pub(crate) members: Mutex<HashMap<String, Arc<Member>>>,
}

impl Shared {
    /// The member of that name, whose keys are shared by all who call as it.
    pub(crate) fn member(&self, identifier: &str) -> Arc<Member> {
        // A panic elsewhere leaves a table in it that is still true.
        let mut members = self.members.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(members.entry(identifier.to_owned()).or_insert_with(|| Arc::new(Member::new(identifier.to_owned()))))
    }
}

/// Sends requests as somebody, with options.
#[derive(Clone)]
pub(crate) struct Pipeline {
    pub(crate) shared: Arc<Shared>,
    /// The member that calls are made as; none is the client's own login.
    pub(crate) member: Option<Arc<Member>>,
    pub(crate) options: CallOptions,
    /// Takes requests in place of the server, in a dry run.
    pub(crate) recorder: Option<Recorder>,
}

/// The login of one try.
enum Identity {
    Own(Login),
    Minted(Minted),
}

impl Identity {
    fn login(&self) -> &Login {
        match self {
            Self::Own(login) => login,
            Self::Minted(minted) => &minted.login,
        }
    }
}

/// What a try has led to.
enum Step {
    Done(Result<Response, Error>),
    /// Once more, after a wait. The place is free: others may send meanwhile.
    Again {
        wait: Duration,
        why: String,
    },
}

impl Transport for Pipeline {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, Error>> {
        Box::pin(async move {
            if let Some(recorder) = &self.recorder {
                recorder.keep(self, &request)?;
                return Err(dry_run::unsent());
            }
            let limit = self.options.timeout.unwrap_or(CALL_TIMEOUT);
            // Whether there was a try whose outcome is not known.
            let under_way = AtomicBool::new(false);
            match timeout(limit, self.run(request, &under_way, limits::after(Instant::now(), limit))).await {
                Ok(outcome) => outcome,
                Err(_) if under_way.load(Ordering::Relaxed) => Err(Error::timeout(format!("the limit is {limit:?} for the whole call"))),
                Err(_) => {
                    let error = Error::connect(format!("waited {limit:?}, which is the limit for the whole call"));
                    Err(error.with_advice("Allow more time for a call, or send fewer requests at a time."))
                }
            }
        })
    }

    fn base_length(&self) -> usize {
        self.shared.place.known().as_str().len()
    }
}

impl Pipeline {
    async fn run(&self, request: Request, under_way: &AtomicBool, deadline: Instant) -> Result<Response, Error> {
        let policy = self.options.retry.unwrap_or_default();
        let mut call =
            Running { policy, delays: policy.sequence(), attempts: 0, refusals: 0, lost_before: false, sendable: true, renewed: false, moved: false, deadline };
        let repeatable = request.is_repeatable() || self.options.repeat_changes == Some(true);
        let mut next = Some(request);
        while let Some(request) = next.take() {
            let spare = request.try_clone();
            let identity = match self.identity().await {
                Ok(identity) => identity,
                // The minting had its own tries.
                Err(error) => {
                    let error = unsent(error, "The keys of the member could not be had, so the call was not made.");
                    return Err(if call.lost_before { Error::transport(error) } else { error });
                }
            };
            let base = match self.shared.place.base(&self.shared.client).await {
                Ok(base) => base,
                // A lookup changes nothing.
                Err(error) => match self.lost(unsent(error, "The server could not be asked where the API of the company is."), &mut call, true) {
                    Step::Again { wait, why } => {
                        tracing::warn!(?wait, reason = why.as_str(), "asking again where the API is");
                        sleep(wait).await;
                        next = Some(request);
                        continue;
                    }
                    Step::Done(outcome) => return outcome,
                },
            };
            let permit = self.shared.limits.admit().await;
            // A body that is a stream is used up by one try.
            call.sendable = spare.is_some();
            call.attempts += 1;
            under_way.store(true, Ordering::Relaxed);
            let about = About::of(&request);
            let outcome = self.attempt(request, &base, &identity, call.attempts, permit).await;
            let step = match outcome {
                Ok(response) if response.status.is_success() => {
                    self.shared.place.note(response.status, None, &base);
                    self.shared.budget.deposit();
                    Step::Done(Ok(Response { attempts: call.attempts, ..response }))
                }
                Ok(response) => self.refused(response, &mut call, &about, &identity, &base, repeatable).await?,
                Err(error) => self.lost(error, &mut call, repeatable),
            };
            match step {
                Step::Done(outcome) => return outcome,
                Step::Again { wait, why } => {
                    under_way.store(call.lost_before, Ordering::Relaxed);
                    tracing::warn!(
                        operation = about.operation.as_str(),
                        method = about.method,
                        attempt = call.attempts,
                        ?wait,
                        reason = why.as_str(),
                        "sending the request again"
                    );
                    sleep(wait).await;
                    next = spare;
                }
            }
        }
        Err(Error::invalid_input("request", "was lost"))
    }

    /// What comes before calls, within the time that a call may take.
    pub(crate) async fn in_time<T>(&self, what: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        let limit = self.options.timeout.unwrap_or(CALL_TIMEOUT);
        timeout(limit, what).await.unwrap_or_else(|_| Err(Error::timeout(format!("the limit is {limit:?} for the whole call"))))
    }

    /// The login to use, minted if it has to be.
    async fn identity(&self) -> Result<Identity, Error> {
        let Some(member) = &self.member else { return Ok(Identity::Own(self.shared.login.clone())) };
        let life = Mutex::new(Duration::ZERO);
        let store = |duration| *life.lock().unwrap_or_else(PoisonError::into_inner) = duration;
        let mint = || async {
            let (login, usable) = self.mint(&member.identifier).await?;
            store(usable);
            Ok(login)
        };
        member.login(mint, || *life.lock().unwrap_or_else(PoisonError::into_inner)).await.map(Identity::Minted)
    }

    /// The login that requests have: the member's, minted if it has to be, or the client's own.
    pub(crate) async fn log_in(&self) -> Result<Login, Error> {
        if self.recorder.is_some() {
            return Err(dry_run::unsent());
        }
        self.identity().await.map(|identity| identity.login().clone())
    }

    /// Asks for keys of a member, as the client's own login.
    async fn mint(&self, identifier: &str) -> Result<(Login, Duration), Error> {
        if identifier.is_empty() {
            return Err(Error::invalid_input("member", "is empty"));
        }
        // Minting twice does no harm, so that it may be repeated.
        let own = Self { member: None, options: self.options.clone().repeat_changes(), ..self.clone() };
        let segment = percent_encoding::utf8_percent_encode(identifier, percent_encoding::NON_ALPHANUMERIC);
        let mut request = Request::new(Method::Post, format!("/system/members/{segment}/tokens"));
        request.body = RequestBody::Json(members::body(identifier).to_string().into());
        let user_type = if self.shared.login.kind == crate::auth::credentials::Kind::Integrator { "integrator" } else { "member" };
        request.headers.insert("x-cw-usertype", HeaderValue::from_static(user_type));
        let explain = |error: Error| {
            let needs = "the login needs the right to impersonate members; an integrator login with Member Impersonation has it.";
            if error.is_permission_denied() {
                error.with_advice(format!("No keys for the member {identifier:?}: {needs}"))
            } else if error.is_unauthenticated() {
                error.with_advice(format!("No keys for the member {identifier:?}: check company, login and client id; also, {needs}"))
            } else {
                error
            }
        };
        let response = Box::pin(own.send(request)).await.map_err(explain)?.success(None).await.map_err(explain)?;
        let body = response.body.collect().await?;
        let answer = serde_json::from_slice(&body).map_err(|_| Error::invalid_input("member", "got an answer from the server that is no JSON"))?;
        members::read(&self.shared.company, &answer, SystemTime::now().into())
    }

    /// Sends a request once, inside its span. The answer is read to its end unless it is a file.
    async fn attempt(&self, request: Request, base: &Url, identity: &Identity, attempt: u32, permit: Option<OwnedSemaphorePermit>) -> Result<Response, Error> {
        let about = About::of(&request);
        let span = tracing::debug_span!(
            "psa.request",
            operation = about.operation.as_str(),
            method = about.method,
            path = request.path.as_str(),
            attempt,
            status = field::Empty,
            duration_ms = field::Empty,
            request_id = field::Empty,
            error = field::Empty,
        );
        let begun = Instant::now();
        let exchange = async {
            let headers = http::headers(&request, &self.accept()?, self.shared.client_id.as_ref())?;
            let download = request.download;
            let response = http::exchange(&self.shared.client, base, headers, identity.login(), request).await?;
            if download && response.status.is_success() {
                // The place is given back when the file has been read.
                let body = ByteStream::new(Held { body: response.body, _permit: permit });
                return Ok(Response { body, ..response });
            }
            let (status, headers) = (response.status, response.headers);
            let body = if status.is_success() {
                response.body.collect().await?
            } else {
                // Of a refusal, what comes is enough: its status is what matters.
                response.body.collect_at_most(MOST_OF_A_REFUSAL).await.unwrap_or_default()
            };
            Ok(Response { headers, ..Response::new(status, body) })
        };
        let outcome: Result<Response, Error> = exchange.instrument(span.clone()).await;
        record(&span, &outcome, begun.elapsed());
        outcome
    }

    pub(crate) fn accept(&self) -> Result<HeaderValue, Error> {
        match &self.options.version {
            Some(Version::Named(version)) if version.is_empty() || !version.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_')) => {
                Err(Error::invalid_input("version", format!("is {version:?}; it looks like 2025.8")))
            }
            Some(Version::Named(version)) => http::header(&format!("application/vnd.connectwise.com+json; version={version}"), "version"),
            Some(Version::Newest) | None => Ok(HeaderValue::from_static("application/json")),
        }
    }

    /// What follows from a status outside 2xx.
    async fn refused(
        &self,
        response: Response,
        call: &mut Running<impl Iterator<Item = Duration>>,
        about: &About,
        identity: &Identity,
        base: &Arc<Url>,
        repeatable: bool,
    ) -> Result<Step, Error> {
        let (status, headers) = (response.status, response.headers);
        let lost = call.lost_before;
        let body = response.body.collect().await?;
        let error = Error::of_answer(status, &headers, &body);
        let again = |wait, why: &str| Ok(Step::Again { wait, why: why.to_owned() });
        if let (Identity::Minted(minted), Some(member), StatusCode::UNAUTHORIZED, false) = (identity, &self.member, status, call.renewed) {
            call.renewed = true;
            member.forget(minted).await;
            if call.sendable {
                return again(Duration::ZERO, "the member's keys were refused");
            }
        }
        if self.shared.place.note(status, error.message(), base) && !call.moved {
            call.moved = true;
            if self.shared.place.has_moved(&self.shared.client, base).await && call.sendable {
                return again(Duration::ZERO, "the API has moved to another code base");
            }
        }
        let mut advice = None;
        if error.is_rate_limited() {
            let wait = error.retry_after().unwrap_or_else(|| COOL_DOWN.saturating_mul(1 << call.refusals.min(4)));
            call.refusals += 1;
            self.shared.limits.slow_down(wait);
            if call.sendable && call.attempts < call.policy.tries.max(1) && call.lasts(wait) {
                // The limits hold everybody back for as long.
                return again(Duration::ZERO, "the server asks for fewer requests");
            }
            advice = Some("The rate limit is exhausted: send fewer requests at a time, or allow more time for a call.".to_owned());
        } else if error.is_transient() {
            call.lost_before = true;
            if let Some(step) = self.retry(&error, call, repeatable) {
                return Ok(step);
            }
        } else if status == StatusCode::FORBIDDEN && is_about_rights(&error, &headers) {
            advice = rights::advice(about.method, &about.path);
        } else if status == StatusCode::NOT_FOUND && about.method == "DELETE" && call.lost_before {
            advice = Some("The answer to an earlier try was lost; that one may have deleted it.".to_owned());
        }
        Ok(Step::Done(Ok(Response { headers, attempts: call.attempts, lost_before: lost, advice, ..Response::new(status, body) })))
    }

    /// What follows when no answer came.
    fn lost(&self, error: Error, call: &mut Running<impl Iterator<Item = Duration>>, repeatable: bool) -> Step {
        if error.is_transient() {
            call.lost_before |= !error.is_connect() && !error.is_rate_limited();
            if let Some(step) = self.retry(&error, call, repeatable || error.is_connect()) {
                return step;
            }
        }
        // This try sent nothing, but an earlier one did.
        let error = if call.lost_before && error.is_connect() { Error::transport(error) } else { error };
        Step::Done(Err(error.with_attempts(call.attempts)))
    }

    /// Another try, if there may be one.
    fn retry(&self, error: &Error, call: &mut Running<impl Iterator<Item = Duration>>, may: bool) -> Option<Step> {
        if !may || !call.sendable {
            return None;
        }
        let delay = call.delays.next()?;
        let wait = error.retry_after().map_or(delay, |asked| asked.max(delay));
        if call.attempts >= call.policy.tries || !call.lasts(wait) || !self.shared.budget.withdraw() {
            return None;
        }
        Some(Step::Again { wait, why: reason(error) })
    }
}

/// A call between its tries.
struct Running<D> {
    policy: RetryPolicy,
    delays: D,
    attempts: u32,
    /// How many times the server asked for fewer requests.
    refusals: u32,
    /// Whether an earlier try may have been carried out.
    lost_before: bool,
    /// Whether there is a body to send again.
    sendable: bool,
    renewed: bool,
    moved: bool,
    deadline: Instant,
}

impl<D> Running<D> {
    /// Whether the time of the call goes beyond such a wait.
    fn lasts(&self, wait: Duration) -> bool {
        limits::after(Instant::now(), wait) < self.deadline
    }
}

/// What logs say of a request: no query, since conditions are the caller's data.
struct About {
    /// With its section; empty for calls by path.
    operation: String,
    method: &'static str,
    path: String,
}

impl About {
    fn of(request: &Request) -> Self {
        let path = request.path.clone();
        Self {
            operation: request.operation.map_or_else(String::new, |operation| format!("{}.{}", operation.section, operation.id)),
            method: request.method.as_str(),
            path,
        }
    }
}

/// Why a request is sent again, in a few words.
fn reason(error: &Error) -> String {
    match error.status() {
        Some(status) => status.to_string(),
        None if error.is_connect() => "no connection could be made".to_owned(),
        None if error.is_timeout() => "no answer came in time".to_owned(),
        None => "the exchange broke off".to_owned(),
    }
}

/// The failure of what comes before a call: it says nothing about the call itself, which was not sent.
fn unsent(error: Error, advice: &str) -> Error {
    if error.is_transient() && !error.is_connect() && !error.is_rate_limited() { Error::connect(error).with_advice(advice) } else { error }
}

/// Whether a 403 is the API's own about rights, and not about the address or from something that stands before the API.
fn is_about_rights(error: &Error, headers: &HeaderMap) -> bool {
    let is_page = text(headers, "content-type").is_some_and(|media_type| media_type.to_ascii_lowercase().contains("html"));
    !is_page && !error.message().is_some_and(|message| message.contains("SSL is required"))
}

fn record(span: &Span, outcome: &Result<Response, Error>, took: Duration) {
    span.record("duration_ms", took.as_secs_f64() * 1000.0);
    match outcome {
        Ok(response) => {
            span.record("status", response.status.as_u16());
            if let Some(id) = text(&response.headers, "x-cw-request-id") {
                span.record("request_id", id);
            }
        }
        Err(error) => {
            span.record("error", field::display(error));
        }
    }
    span.in_scope(|| if outcome.is_ok() { tracing::debug!("answered") } else { tracing::debug!("not answered") });
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// The body of a file, which keeps its place among the requests in flight.
struct Held {
    body: ByteStream,
    _permit: Option<OwnedSemaphorePermit>,
}

impl Stream for Held {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Pin::new(&mut self.body).poll_next(context)
    }
}

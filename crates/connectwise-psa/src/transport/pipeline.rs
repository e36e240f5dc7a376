//! Sends the requests of a call. Each attempt gets the credentials, the base URL and a permit, and sends the request.
//! Its outcome decides whether there is another attempt.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ::http::header::AUTHORIZATION;
use ::http::{HeaderMap, HeaderValue, StatusCode};
use bytes::Bytes;
#[cfg(feature = "system")]
use connectwise_psa_bindings::types::UserDefinedField;
use connectwise_psa_core::calls::is_file;
use connectwise_psa_core::conditions::Condition;
use connectwise_psa_core::error::{Error, MAX_ERROR_BODY};
use connectwise_psa_core::operation::{Method, Operation};
use connectwise_psa_core::secrets::KnownSecrets;
use connectwise_psa_core::transport::{BoxFuture, ByteStream, DryRun, Request, Response, Transport};
use reqwest::Client;
use tokio::runtime::Handle;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, sleep, sleep_until, timeout_at};
use url::Url;

use crate::auth::authentication::Authentication;
use crate::auth::members::{Member, MemberKeys, mint};
use crate::auth::source::{OwnCredentials, Supplied, supply};
use crate::discovery::company_info::CompanyInfo;
use crate::discovery::endpoint::Endpoint;
use crate::rights;
#[cfg(feature = "system")]
use crate::sync::Cached;
use crate::sync::lock;
use crate::transport::background;
use crate::transport::budget::Budget;
use crate::transport::echo::SentSecrets;
use crate::transport::http;
use crate::transport::limits::{self, Limits};
use crate::transport::progress::{Phase, Progress};
use crate::transport::retry::{self, RetryState, Step};
use crate::transport::trace::{self, RequestInfo};
use connectwise_psa_core::text::is_html;
use connectwise_psa_core::transport::{ApiVersion, CallOptions};

/// The default timeout of a call, including its retries.
pub(crate) const CALL_TIMEOUT: Duration = Duration::from_secs(300);

/// How long a call waits for a repeated discovery.
const LONGEST_REDISCOVERY: Duration = Duration::from_secs(20);

/// How long a call waits for the body of an error response.
const LONGEST_ERROR_BODY: Duration = Duration::from_secs(10);

/// What the error of a call says if the base URL could not be discovered.
const LOOKUP_FAILED: &str = "the base URL of the API could not be looked up";

/// The media type for discovery, which is not versioned.
const ACCEPT_JSON: HeaderValue = HeaderValue::from_static("application/json");

/// The state that all clones of a client share.
pub(crate) struct Shared {
    pub(crate) client: Client,
    pub(crate) endpoint: Endpoint,
    pub(crate) company: String,
    pub(crate) credentials: OwnCredentials,
    pub(crate) client_id: Option<HeaderValue>,
    /// The secrets of the client's own requests.
    pub(crate) secrets: Arc<KnownSecrets>,
    /// The most bytes of a response that are read into memory.
    pub(crate) max_response_size: u64,
    pub(crate) limits: Limits,
    pub(crate) budget: Budget,
    pub(crate) members: Mutex<HashMap<String, Arc<Member>>>,
    #[cfg(feature = "system")]
    pub(crate) custom_field_definitions: Cached<Vec<UserDefinedField>>,
}

impl Shared {
    /// Returns the member with this identifier. All callers share its keys.
    pub(crate) fn member(&self, identifier: &str) -> Arc<Member> {
        let mut members = lock(&self.members);
        Arc::clone(members.entry(identifier.to_owned()).or_insert_with(|| Arc::new(Member::new(identifier.to_owned()))))
    }
}

/// The transport of a client: the shared state, an optional member, and the options of calls.
#[derive(Clone)]
pub(crate) struct Pipeline {
    pub(crate) shared: Arc<Shared>,
    /// The member that calls are made as. `None` uses the client's own credentials.
    pub(crate) member: Option<Arc<Member>>,
    pub(crate) options: CallOptions,
    /// The condition that lists and counts of companies get in addition to their own filters.
    pub(crate) company_condition: Option<Arc<Condition>>,
    /// The options of a single call, which override `options`.
    pub(crate) call: CallOptions,
    /// The time at which the timeout of the call ends it; `None` before the call has started. The requests that precede
    /// the request of the call, such as a lookup, have the same deadline.
    pub(crate) deadline: Option<Instant>,
}

/// The credentials of one attempt.
enum Identity {
    Own(Authentication),
    Supplied(Box<Supplied>),
    Member(MemberKeys),
}

impl Identity {
    fn credentials(&self) -> &Authentication {
        match self {
            Self::Own(credentials) => credentials,
            Self::Supplied(supplied) => &supplied.authentication,
            Self::Member(member) => &member.credentials,
        }
    }
}

impl Transport for Pipeline {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, Error>> {
        let pipeline = self.with_options(&request);
        Box::pin(async move {
            let (pipeline, progress) = (pipeline.started(), Progress::default());
            pipeline.with_timeout(&progress, pipeline.run(request, &progress)).await
        })
    }

    fn spawn(&self, task: BoxFuture<'static, ()>) -> BoxFuture<'static, ()> {
        background::spawn(task)
    }

    fn dry_run(&self, request: &Request) -> Result<DryRun, Error> {
        let url = http::url(&self.shared.endpoint.known(), request)?;
        let mut headers = HeaderMap::new();
        // A dry run shows that the header is sent, not its value.
        let mut credentials = HeaderValue::from_static("login");
        credentials.set_sensitive(true);
        headers.insert(AUTHORIZATION, credentials);
        headers.extend(http::headers(request, &self.with_options(request).accept()?, self.shared.client_id.as_ref())?);
        Ok(DryRun::new(request, url, &headers))
    }

    fn default_condition(&self, operation: &Operation) -> Option<Condition> {
        let is_company_list = matches!(operation.path, "/company/companies" | "/company/companies/count");
        self.company_condition.as_deref().filter(|_| is_company_list).cloned()
    }

    fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.secrets().redact(text)
    }

    fn base_length(&self) -> usize {
        self.shared.endpoint.known().as_str().len()
    }
}

impl Pipeline {
    /// Returns the base URL. Discovers it, without retries, if it is not known yet.
    pub(crate) async fn base_url(&self) -> Result<Arc<Url>, Error> {
        let (call, progress) = (self.started(), Progress::default());
        let outcome = call.with_timeout(&progress, self.shared.endpoint.base(&call.fetch(1, &progress))).await;
        outcome.map_err(|error| self.secrets().redact_error(read_only(error)))
    }

    /// Requests the public company information without retries.
    pub(crate) async fn company_info(&self) -> Result<CompanyInfo, Error> {
        let (call, progress) = (self.started(), Progress::default());
        let outcome = call.with_timeout(&progress, self.shared.endpoint.company_info(&call.fetch(1, &progress))).await;
        outcome.map_err(|error| self.secrets().redact_error(read_only(error)))
    }

    /// Requests a small public resource of the server, once: without a member, without credentials unless the caller wants
    /// the client's own, and without following redirects. `url` must be one of the server; the caller has checked that.
    /// The caller limits these requests too. They do not wait for the client's limits, because the server that sent a
    /// message waits only a few seconds.
    #[cfg(feature = "webhooks")]
    pub(crate) async fn small_resource(
        &self,
        url: Url,
        with_credentials: bool,
        timeout: Duration,
    ) -> Result<Response, Error> {
        runtime_is_running()?;
        let options = CallOptions::new().timeout(timeout);
        let (call, progress) = (Self { member: None, call: options, ..self.clone() }.started(), Progress::default());
        let work = async {
            let identity = match with_credentials {
                true => Some(call.own_identity().await?),
                false => None,
            };
            call.fetch_once(url, identity.as_ref(), 1, None, &progress).await
        };
        let outcome = call.with_timeout(&progress, work).await;
        outcome.map_err(|error| self.secrets().redact_error(read_only(error)))
    }

    /// Returns the credentials of requests: the client's own credentials, or the member's keys. If necessary, it mints
    /// the keys: the server creates a temporary pair of API keys.
    pub(crate) async fn credentials(&self) -> Result<Authentication, Error> {
        runtime_is_running()?;
        let identity = self.identity().await?;
        Ok(identity.credentials().clone())
    }

    /// Has a source supply its credentials, because their kind is not known before. Its errors are those of the next call.
    pub(crate) async fn learn_credential_kind(&self) {
        if matches!(self.shared.credentials, OwnCredentials::Source { .. }) && runtime_is_running().is_ok() {
            let _ = timeout_at(self.deadline(), self.own_identity()).await;
        }
    }

    /// Returns the value of the `Accept` header: the media type with the API version.
    pub(crate) fn accept(&self) -> Result<HeaderValue, Error> {
        match self.call.version.as_ref().or(self.options.version.as_ref()) {
            Some(ApiVersion::Specific(version))
                if version.is_empty()
                    || !version.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_')) =>
            {
                Err(Error::invalid_input("version", format!("is {version:?}; a valid version looks like 2025.8")))
            }
            Some(ApiVersion::Specific(version)) => {
                http::header(&format!("application/vnd.connectwise.com+json; version={version}"), "version")
            }
            _ => Ok(ACCEPT_JSON),
        }
    }

    /// Returns the pipeline with the options of a request.
    fn with_options(&self, request: &Request) -> Self {
        Self { call: request.options.clone(), ..self.clone() }
    }

    /// Returns the secrets that requests send.
    pub(crate) fn secrets(&self) -> SentSecrets {
        let member = self.member.iter().flat_map(|member| member.secrets());
        let supplied = self.shared.credentials.supplied_secrets();
        SentSecrets::new(std::iter::once(Arc::clone(&self.shared.secrets)).chain(supplied).chain(member))
    }

    pub(crate) fn timeout(&self) -> Duration {
        self.call.timeout.or(self.options.timeout).unwrap_or(CALL_TIMEOUT)
    }

    /// Returns the pipeline of a call that starts now, unless it is part of a call that has started.
    fn started(&self) -> Self {
        Self { deadline: Some(self.deadline()), ..self.clone() }
    }

    /// Returns the time at which the timeout of the call ends it.
    fn deadline(&self) -> Instant {
        self.deadline.unwrap_or_else(|| limits::after(Instant::now(), self.timeout()))
    }

    /// Runs work with the timeout of the call. At the timeout, `progress` decides what the error says about the past.
    async fn with_timeout<T>(
        &self,
        progress: &Progress,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        runtime_is_running()?;
        let limit = self.timeout();
        if let Ok(outcome) = timeout_at(self.deadline(), work).await {
            return outcome;
        }
        let out_of_time = || Error::timeout_because(format!("the limit is {limit:?} for the whole call"));
        let error = match progress.phase() {
            Phase::Sent => out_of_time(),
            Phase::Queued => {
                let slots = self.shared.limits.max_concurrent_requests();
                let reason = format!(
                    "waited {limit:?}, the limit for the whole call, for one of {slots} concurrent requests to end"
                );
                Error::timeout_because(reason).not_sent()
            }
            Phase::BetweenAttempts => out_of_time().not_sent(),
            Phase::LookingUp => Error::preparation(LOOKUP_FAILED, read_only(out_of_time())),
            Phase::Minting => Error::preparation(self.minting_failed(), read_only(out_of_time())),
        };
        Err(error
            .with_attempts(progress.attempts())
            .with_earlier_attempt_ambiguous(progress.earlier_attempt_ambiguous())
            .with_earlier_attempt_sent(progress.earlier_attempt_sent()))
    }

    async fn run(&self, request: Request, progress: &Progress) -> Result<Response, Error> {
        let deadline = self.deadline();
        let repeatable = request.is_repeatable()
            || self.call.retry_non_idempotent.or(self.options.retry_non_idempotent) == Some(true);
        let mut state = retry::start(self.call.retry.or(self.options.retry).unwrap_or_default(), deadline, repeatable);
        let mut next = Some(request);
        while let Some(request) = next.take() {
            let spare = request.try_clone();
            // Minting and discovery send requests that need permits. They run before this request acquires its permit;
            // otherwise, it would wait for a permit while it holds one.
            progress.enter(Phase::Minting);
            let identity = match self.identity().await {
                Ok(identity) => identity,
                Err(error) if error.is_invalid_input() => return Err(state.last(error, state.ambiguous)),
                // Minting has already been retried.
                Err(error) => return Err(state.not_prepared(error, &self.minting_failed())),
            };
            progress.enter(Phase::LookingUp);
            let base = match self.base(&mut state).await {
                Ok(base) => base,
                Err(Step::Done(outcome)) => return outcome,
                Err(Step::Retry { wait, reason }) => {
                    trace::retrying_discovery(state.discoveries, wait, &reason);
                    sleep(wait).await;
                    next = Some(request);
                    continue;
                }
            };
            progress.enter(Phase::Queued);
            let permit = match self.shared.limits.admit(deadline).await {
                Ok(permit) => permit,
                Err(error) => return Err(state.last(error, state.ambiguous)),
            };
            // A body that is a stream can be sent only once.
            state.replayable = spare.is_some();
            state.attempts += 1;
            progress.set_attempts(state.attempts);
            progress.enter(Phase::Sent);
            let info = RequestInfo::new(&request);
            let outcome = self.attempt(request, &info, &base, &identity, state.attempts, permit).await;
            let step = match outcome {
                Ok(response) if response.status.is_success() => {
                    self.shared.endpoint.observe(response.status, None, &base);
                    self.shared.budget.deposit();
                    Step::Done(Ok(response.with_attempts(state.attempts)))
                }
                Ok(response) => {
                    state.sent = true;
                    self.after_error_response(response, &mut state, &info, &identity, &base).await?
                }
                Err(error) => state.after_error(error, &self.shared.budget),
            };
            match step {
                Step::Done(outcome) => return outcome,
                Step::Retry { wait, reason } => {
                    progress.set_earlier_attempt_ambiguous(state.ambiguous);
                    progress.set_earlier_attempt_sent(state.sent);
                    progress.enter(Phase::BetweenAttempts);
                    trace::retrying(&info, state.attempts, wait, &reason);
                    sleep(wait).await;
                    next = spare;
                }
            }
        }
        Err(Error::invalid_input("request", "cannot be sent again"))
    }

    /// Returns what the error of a call says if it got no credentials.
    fn minting_failed(&self) -> String {
        match self.member.as_deref() {
            Some(member) => format!("the API keys for the member {:?} could not be created", member.identifier),
            None => "the source of the credentials did not supply them".to_owned(),
        }
    }

    /// Returns the credentials to use. Mints the member's keys if necessary.
    async fn identity(&self) -> Result<Identity, Error> {
        let Some(member) = &self.member else { return self.own_identity().await };
        // Minting twice is harmless, so it may be retried. It uses the client's API version, because the version of the
        // call may not be valid for this endpoint.
        let mut options = self.call.clone().retry_non_idempotent();
        options.version = None;
        let own = Self { member: None, ..self.clone() };
        let send = |request: Request| own.send(request.with_options(options));
        if let OwnCredentials::Source { .. } = &self.shared.credentials {
            // The kind of the credentials of a source is known after it has supplied some.
            self.own_identity().await?;
        }
        let own_kind = self.shared.credentials.kind();
        let keys = mint(&self.shared.company, own_kind, &member.identifier, send);
        let keys = member.keys(keys).await.map_err(|error| self.secrets().redact_error(error))?;
        Ok(Identity::Member(keys))
    }

    /// Returns the client's own credentials.
    async fn own_identity(&self) -> Result<Identity, Error> {
        match &self.shared.credentials {
            OwnCredentials::Fixed(authentication) => Ok(Identity::Own((**authentication).clone())),
            OwnCredentials::Source { source, recent } => {
                let supplied = supply(&**source, recent, &self.shared.company).await;
                let supplied = supplied.map_err(|error| self.secrets().redact_error(error))?;
                Ok(Identity::Supplied(Box::new(supplied)))
            }
        }
    }

    /// Returns the base URL for an attempt, or the next step if discovery fails.
    async fn base(&self, state: &mut RetryState<impl Iterator<Item = Duration>>) -> Result<Arc<Url>, Step> {
        state.discoveries += 1;
        // The progress of the call stays as it is: a call that times out during discovery was not sent.
        let outcome = self.shared.endpoint.base(&self.fetch(state.discoveries, &Progress::default())).await;
        outcome.map_err(|error| {
            let (error, shared) = (self.secrets().redact_error(error), &self.shared);
            state.after_failed_preparation(error, LOOKUP_FAILED, &shared.budget, &shared.limits)
        })
    }

    /// Repeats discovery after a response that suggests that the API has moved. Returns whether it has. The response is
    /// the result of the call if discovery does not end in time.
    async fn has_moved(&self, attempt: u32, from: &Arc<Url>) -> bool {
        let ignored = Progress::default();
        let fetch = self.fetch(attempt, &ignored);
        let end = limits::shortly_before(self.deadline()).min(limits::after(Instant::now(), LONGEST_REDISCOVERY));
        let reason = match timeout_at(end, self.shared.endpoint.rediscover(&fetch, from)).await {
            Ok(Ok(has_moved)) => return has_moved,
            Ok(Err(error)) => self.secrets().redact_error(error).to_string(),
            Err(_) => "the server does not respond in time".to_owned(),
        };
        trace::not_rediscovered(&reason);
        false
    }

    /// Reads the body of an error response. The status is enough if the body cannot be read in time.
    async fn error_body(&self, body: ByteStream) -> Bytes {
        let end = limits::shortly_before(self.deadline()).min(limits::after(Instant::now(), LONGEST_ERROR_BODY));
        body.collect_available_until(MAX_ERROR_BODY, sleep_until(end)).await
    }

    /// Returns the function that sends the requests of discovery, and records their progress.
    fn fetch<'a>(
        &'a self,
        attempt: u32,
        progress: &'a Progress,
    ) -> impl Fn(Url) -> BoxFuture<'a, Result<Response, Error>> + Send + Sync + 'a {
        move |url| {
            Box::pin(async move {
                progress.enter(Phase::Queued);
                let permit = self.shared.limits.admit(self.deadline()).await.map_err(read_only)?;
                self.fetch_once(url, None, attempt, permit, progress).await
            })
        }
    }

    /// Sends one request to a URL outside the API: with the same logs as other requests, and without credentials if
    /// `identity` is `None`. Reads the whole body, which is small. `permit` is returned when the body has been read.
    async fn fetch_once(
        &self,
        url: Url,
        identity: Option<&Identity>,
        attempt: u32,
        permit: Option<OwnedSemaphorePermit>,
        progress: &Progress,
    ) -> Result<Response, Error> {
        let mut request = Request::new(Method::Get, url.path());
        request.query = url.query_pairs().map(|(name, value)| (name.into_owned().into(), value.into_owned())).collect();
        let mut server = url;
        server.set_path("");
        server.set_query(None);
        progress.enter(Phase::Sent);
        let info = RequestInfo::new(&request);
        let exchange = async {
            let _permit = permit;
            let client_id = identity.and(self.shared.client_id.as_ref());
            let headers = http::headers(&request, &ACCEPT_JSON, client_id)?;
            let credentials = identity.map(Identity::credentials);
            let response = http::exchange(&self.shared.client, &server, headers, credentials, request).await?;
            let (status, mut headers) = (response.status, response.headers);
            let body = if status.is_success() {
                response.body.with_limit(MAX_ERROR_BODY as u64).collect().await?
            } else {
                self.secrets().redact_body(self.error_body(response.body).await)
            };
            self.secrets().redact_headers(&mut headers, status.is_success());
            Ok(Response::new(status, body).with_headers(headers))
        };
        trace::in_span(&info, attempt, exchange).await.map_err(read_only)
    }

    /// Sends a request once. Reads the whole response (a longer one than the client's limit is an error) unless it is a
    /// download: a download gives the permit back as soon as its headers have arrived, so that it can last as long as the
    /// caller needs. An error, or an error response, contains no secrets of the client.
    async fn attempt(
        &self,
        request: Request,
        info: &RequestInfo,
        base: &Url,
        identity: &Identity,
        attempt: u32,
        permit: Option<OwnedSemaphorePermit>,
    ) -> Result<Response, Error> {
        let secrets = self.secrets();
        let limit = self.shared.max_response_size;
        let exchange = async {
            let headers = http::headers(&request, &self.accept()?, self.shared.client_id.as_ref())?;
            let (download, operation) = (request.download, request.operation);
            let response =
                http::exchange(&self.shared.client, base, headers, Some(identity.credentials()), request).await?;
            let (status, mut headers) = (response.status, response.headers);
            secrets.redact_headers(&mut headers, status.is_success());
            let body = if !status.is_success() {
                secrets.redact_body(self.error_body(response.body).await).into()
            } else if download && is_file(operation, &headers) {
                response.body.with_limit(limit)
            } else if download {
                // The body becomes the text of an error. It is read here, within the timeout of the call.
                response.body.collect_available(MAX_ERROR_BODY).await.into()
            } else {
                let body = response.body.with_limit(limit).collect().await;
                body.map_err(|error| error.with_response(status, &headers))?.into()
            };
            drop(permit);
            Ok(Response::new(status, body).with_headers(headers))
        };
        let exchange = async { exchange.await.map_err(|error| secrets.redact_error(error)) };
        trace::in_span(info, attempt, exchange).await
    }

    /// Handles credentials that the server rejected. Returns whether another attempt may have others.
    async fn has_other_credentials(&self, rejected: &Identity) -> bool {
        match (rejected, &self.member, &self.shared.credentials) {
            (Identity::Member(rejected), Some(member), _) => {
                member.discard(rejected).await;
                true
            }
            (Identity::Supplied(rejected), _, OwnCredentials::Source { source, .. }) => {
                source.rejected(&rejected.credentials).await
            }
            _ => false,
        }
    }

    /// Returns the next step after a status other than 2xx.
    async fn after_error_response(
        &self,
        response: Response,
        state: &mut RetryState<impl Iterator<Item = Duration>>,
        info: &RequestInfo,
        identity: &Identity,
        base: &Arc<Url>,
    ) -> Result<Step, Error> {
        let (status, headers) = (response.status, response.headers);
        let earlier_attempt_ambiguous = state.ambiguous;
        let body = response.body.collect().await?;
        let error = Error::from_response(status, &headers, &body);
        if status == StatusCode::UNAUTHORIZED && !state.renewed {
            state.renewed = true;
            if self.has_other_credentials(identity).await && state.replayable {
                return Ok(Step::retry_now("the server rejected the credentials, and others may be available"));
            }
        }
        if self.shared.endpoint.observe(status, error.message(), base) && !state.moved {
            state.moved = true;
            state.discoveries += 1;
            if self.has_moved(state.discoveries, base).await && state.replayable {
                return Ok(Step::retry_now("the API has moved to another code base"));
            }
        }
        let next = match error.is_rate_limited() {
            true => state.after_rate_limit(&error, &self.shared.limits),
            false => state.after_status(&error, &self.shared.budget),
        };
        if let Some(step) = next {
            return Ok(step);
        }
        let mut advice = None;
        if error.is_transient() && !state.replayable {
            advice = Some(
                "The upload is a stream, which can be sent only once: create it again for another call.".to_owned(),
            );
        } else if error.is_rate_limited() {
            advice = Some("Rate limit exceeded: send fewer requests at a time, or set a longer timeout.".to_owned());
        } else if status == StatusCode::FORBIDDEN && is_missing_right(&error, &headers, &body) {
            advice = rights::advice(info.method, &info.path);
        } else if status == StatusCode::NOT_FOUND && info.method == "DELETE" && state.ambiguous {
            advice = Some("An earlier attempt got no clear response; it may have deleted the record.".to_owned());
        }
        let response = Response::new(status, body).with_headers(headers).with_attempts(state.attempts);
        Ok(Step::Done(Ok(response.with_earlier_attempt_ambiguous(earlier_attempt_ambiguous).with_advice(advice))))
    }
}

/// Marks the error of a request of discovery or of minting keys. Such a request changes nothing that belongs to the caller,
/// so its error is never ambiguous.
fn read_only(error: Error) -> Error {
    error.with_request(true, true)
}

/// Fails outside a Tokio runtime, where timeouts and the network would panic.
pub(crate) fn runtime_is_running() -> Result<(), Error> {
    match Handle::try_current() {
        Ok(_) => Ok(()),
        Err(_) => Err(Error::invalid_input(
            "runtime",
            "is missing: calls need a Tokio runtime; start one with `#[tokio::main]`, or use the feature `blocking`",
        )),
    }
}

/// Returns whether a 403 means a missing right. It does not if a gateway sent it, or if the server requires https.
fn is_missing_right(error: &Error, headers: &HeaderMap, body: &[u8]) -> bool {
    !is_html(headers, body) && !error.message().is_some_and(|message| message.contains("SSL is required"))
}

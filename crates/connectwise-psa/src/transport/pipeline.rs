//! The order in which a request passes the steps: login, endpoint, permit, attempt, and what follows from the response.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ::http::header::AUTHORIZATION;
use ::http::{HeaderMap, HeaderValue, StatusCode};
use connectwise_psa_core::error::{Error, MAX_ERROR_BODY};
use connectwise_psa_core::operation::Method;
use connectwise_psa_core::transport::{BoxFuture, ByteStream, DryRun, Request, Response, Transport};
use reqwest::Client;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, sleep, timeout};
use url::Url;

use crate::auth::credentials::Login;
use crate::auth::members::{Member, MemberLogin, mint};
use crate::discovery::company_info::CompanyInfo;
use crate::discovery::endpoint::Endpoint;
use crate::rights;
use crate::sync::lock;
use crate::transport::budget::Budget;
use crate::transport::http;
use crate::transport::limits::{self, Limits};
use crate::transport::permit_stream::PermitStream;
use crate::transport::retry::{self, RetryState, Step, not_sent};
use crate::transport::trace::{self, RequestInfo};
use connectwise_psa_core::text::is_html;
use connectwise_psa_core::transport::{ApiVersion, CallOptions};

/// How long a call may take in all unless set otherwise.
pub(crate) const CALL_TIMEOUT: Duration = Duration::from_secs(300);

/// Discovery takes plain JSON and knows no versions.
const ACCEPT_JSON: HeaderValue = HeaderValue::from_static("application/json");

/// What all clones of a client share.
pub(crate) struct Shared {
    pub(crate) client: Client,
    pub(crate) endpoint: Endpoint,
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
        let mut members = lock(&self.members);
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
    /// What a single call differs in.
    pub(crate) call: CallOptions,
}

/// The login of one attempt.
enum Identity {
    Own(Login),
    Member(MemberLogin),
}

impl Identity {
    fn login(&self) -> &Login {
        match self {
            Self::Own(login) => login,
            Self::Member(member) => &member.login,
        }
    }
}

impl Transport for Pipeline {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, Error>> {
        let pipeline = self.with_options(&request);
        Box::pin(async move {
            // Whether there was an attempt whose outcome is not known.
            let sent = AtomicBool::new(false);
            pipeline.in_time(&sent, pipeline.run(request, &sent)).await
        })
    }

    fn dry_run(&self, request: &Request) -> Result<DryRun, Error> {
        let url = http::url(&self.shared.endpoint.known(), request)?;
        let mut headers = HeaderMap::new();
        let mut login = HeaderValue::from_static("login");
        login.set_sensitive(true);
        headers.insert(AUTHORIZATION, login);
        headers.extend(http::headers(request, &self.with_options(request).accept()?, self.shared.client_id.as_ref())?);
        Ok(DryRun::new(request, url, &headers))
    }

    fn base_length(&self) -> usize {
        self.shared.endpoint.known().as_str().len()
    }
}

impl Pipeline {
    /// The base URL that requests go to. It is discovered if it is not known yet, in one attempt.
    pub(crate) async fn base_url(&self) -> Result<Arc<Url>, Error> {
        let sent = AtomicBool::new(false);
        self.in_time(&sent, self.shared.endpoint.base(&self.fetch(1, &sent))).await
    }

    /// What the server tells about the company before anybody logs in, asked in one attempt.
    pub(crate) async fn company_info(&self) -> Result<CompanyInfo, Error> {
        let sent = AtomicBool::new(false);
        self.in_time(&sent, self.shared.endpoint.company_info(&self.fetch(1, &sent))).await
    }

    /// The login that requests have: the member's, minted if it has to be, or the client's own.
    pub(crate) async fn log_in(&self) -> Result<Login, Error> {
        self.identity().await.map(|identity| identity.login().clone())
    }

    /// The media type that responses are asked for in, with the version of the API's types.
    pub(crate) fn accept(&self) -> Result<HeaderValue, Error> {
        match self.call.version.as_ref().or(self.options.version.as_ref()) {
            Some(ApiVersion::Named(version))
                if version.is_empty()
                    || !version.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_')) =>
            {
                Err(Error::invalid_input("version", format!("is {version:?}; it looks like 2025.8")))
            }
            Some(ApiVersion::Named(version)) => {
                http::header(&format!("application/vnd.connectwise.com+json; version={version}"), "version")
            }
            _ => Ok(ACCEPT_JSON),
        }
    }

    /// The same pipeline for one request with options of its own.
    fn with_options(&self, request: &Request) -> Self {
        Self { call: request.options.clone(), ..self.clone() }
    }

    fn timeout(&self) -> Duration {
        self.call.timeout.or(self.options.timeout).unwrap_or(CALL_TIMEOUT)
    }

    /// Ends work that takes longer than a call may. `sent` tells whether something has left whose outcome is not known
    /// then.
    async fn in_time<T>(&self, sent: &AtomicBool, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        let limit = self.timeout();
        match timeout(limit, work).await {
            Ok(outcome) => outcome,
            Err(_) if sent.load(Ordering::Relaxed) => {
                Err(Error::timeout_because(format!("the limit is {limit:?} for the whole call")))
            }
            Err(_) => {
                let error = Error::connect_because(format!("waited {limit:?}, which is the limit for the whole call"));
                Err(error.with_advice("Allow more time for a call, or send fewer requests at a time."))
            }
        }
    }

    async fn run(&self, request: Request, sent: &AtomicBool) -> Result<Response, Error> {
        let deadline = limits::after(Instant::now(), self.timeout());
        let repeatable = request.is_repeatable()
            || self.call.retry_non_idempotent.or(self.options.retry_non_idempotent) == Some(true);
        let mut state = retry::start(self.call.retry.or(self.options.retry).unwrap_or_default(), deadline, repeatable);
        let mut next = Some(request);
        while let Some(request) = next.take() {
            let spare = request.try_clone();
            // Minting and discovery send requests of their own. They come before the permit, so that no request waits
            // for a permit while it holds one.
            let identity = match self.identity().await {
                Ok(identity) => identity,
                // The minting had its own attempts.
                Err(error) => {
                    let error = not_sent(error, "The keys of the member could not be obtained.");
                    let about_login =
                        error.is_unauthenticated() || error.is_permission_denied() || error.is_rate_limited();
                    // The status is not that of the call, which was not sent: its record may well be there.
                    let error = if error.is_api() && !about_login { no_keys(&error) } else { error };
                    return Err(if state.ambiguous { Error::transport(error.into_cause()) } else { error });
                }
            };
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
            let permit = self.shared.limits.admit().await;
            // A body that is a stream is used up by one attempt.
            state.replayable = spare.is_some();
            state.attempts += 1;
            sent.store(true, Ordering::Relaxed);
            let info = RequestInfo::new(&request);
            let outcome = self.attempt(request, &info, &base, &identity, state.attempts, permit).await;
            let step = match outcome {
                Ok(response) if response.status.is_success() => {
                    self.shared.endpoint.observe(response.status, None, &base);
                    self.shared.budget.deposit();
                    Step::Done(Ok(response.with_attempts(state.attempts)))
                }
                Ok(response) => self.after_error_response(response, &mut state, &info, &identity, &base).await?,
                Err(error) => state.after_error(error, &self.shared.budget),
            };
            match step {
                Step::Done(outcome) => return outcome,
                Step::Retry { wait, reason } => {
                    sent.store(state.ambiguous, Ordering::Relaxed);
                    trace::retrying(&info, state.attempts, wait, &reason);
                    sleep(wait).await;
                    next = spare;
                }
            }
        }
        Err(Error::invalid_input("request", "was lost"))
    }

    /// The login to use, minted if it has to be.
    async fn identity(&self) -> Result<Identity, Error> {
        let Some(member) = &self.member else { return Ok(Identity::Own(self.shared.login.clone())) };
        // Minting twice does no harm, so that it may be repeated. The version is that of the client: the call's own may
        // not be one for this endpoint.
        let mut options = self.call.clone().retry_non_idempotent();
        options.version = None;
        let own = Self { member: None, ..self.clone() };
        let send = |request: Request| own.send(request.with_options(options));
        let keys = mint(&self.shared.company, self.shared.login.kind, &member.identifier, send);
        member.login(keys).await.map(Identity::Member)
    }

    /// The base URL for an attempt; what follows when it cannot be discovered.
    async fn base(&self, state: &mut RetryState<impl Iterator<Item = Duration>>) -> Result<Arc<Url>, Step> {
        state.discoveries += 1;
        // A call that ends during discovery has not been sent itself.
        let outcome = self.shared.endpoint.base(&self.fetch(state.discoveries, &AtomicBool::new(false))).await;
        outcome.map_err(|error| {
            let error = not_sent(error, "The server could not be asked where the API of the company is.");
            state.after_failed_discovery(error, &self.shared.budget)
        })
    }

    /// How discovery sends its requests. `sent` is set with the first of them.
    fn fetch<'a>(
        &'a self,
        attempt: u32,
        sent: &'a AtomicBool,
    ) -> impl Fn(Url) -> BoxFuture<'a, Result<Response, Error>> + Send + Sync + 'a {
        move |url| Box::pin(self.discover(url, attempt, sent))
    }

    /// Sends one request of discovery: under the same limits and in the same span as every other, but without
    /// credentials. Its small body is read to its end.
    async fn discover(&self, url: Url, attempt: u32, sent: &AtomicBool) -> Result<Response, Error> {
        let request = Request::new(Method::Get, url.path());
        let mut server = url;
        server.set_path("");
        let permit = self.shared.limits.admit().await;
        sent.store(true, Ordering::Relaxed);
        let info = RequestInfo::new(&request);
        let exchange = async {
            let _until_it_is_read = permit;
            let headers = http::headers(&request, &ACCEPT_JSON, None)?;
            let response = http::exchange(&self.shared.client, &server, headers, None, request).await?;
            let (status, headers) = (response.status, response.headers);
            let body = response.body.collect_limited(MAX_ERROR_BODY).await?;
            Ok(Response::new(status, body).with_headers(headers))
        };
        // It changes nothing, whatever became of it.
        trace::in_span(&info, attempt, exchange).await.map_err(|error| error.with_request(true, true))
    }

    /// Sends a request once. The response is read to its end unless it is a file.
    async fn attempt(
        &self,
        request: Request,
        info: &RequestInfo,
        base: &Url,
        identity: &Identity,
        attempt: u32,
        permit: Option<OwnedSemaphorePermit>,
    ) -> Result<Response, Error> {
        let exchange = async {
            let headers = http::headers(&request, &self.accept()?, self.shared.client_id.as_ref())?;
            let download = request.download;
            let response = http::exchange(&self.shared.client, base, headers, Some(identity.login()), request).await?;
            if download && response.status.is_success() {
                // The permit is given back when the file has been read.
                return Ok(response.map_body(|body| ByteStream::new(PermitStream::new(body, permit))));
            }
            let (status, headers) = (response.status, response.headers);
            let body = if status.is_success() {
                response.body.collect().await?
            } else {
                // Of an error response, what comes is enough: its status is what matters.
                response.body.collect_limited(MAX_ERROR_BODY).await.unwrap_or_default()
            };
            Ok(Response::new(status, body).with_headers(headers))
        };
        trace::in_span(info, attempt, exchange).await
    }

    /// What follows from a status outside 2xx.
    async fn after_error_response(
        &self,
        response: Response,
        state: &mut RetryState<impl Iterator<Item = Duration>>,
        info: &RequestInfo,
        identity: &Identity,
        base: &Arc<Url>,
    ) -> Result<Step, Error> {
        let (status, headers) = (response.status, response.headers);
        let earlier_attempt_lost = state.ambiguous;
        let body = response.body.collect().await?;
        let error = Error::from_response(status, &headers, &body);
        if let (Identity::Member(refused), Some(member), StatusCode::UNAUTHORIZED, false) =
            (identity, &self.member, status, state.renewed)
        {
            state.renewed = true;
            member.discard(refused).await;
            if state.replayable {
                return Ok(Step::retry_now("the member's keys were refused"));
            }
        }
        if self.shared.endpoint.observe(status, error.message(), base) && !state.moved {
            state.moved = true;
            state.discoveries += 1;
            let ignored = AtomicBool::new(false);
            if self.shared.endpoint.rediscover(&self.fetch(state.discoveries, &ignored), base).await && state.replayable
            {
                return Ok(Step::retry_now("the API has moved to another code base"));
            }
        }
        let mut advice = None;
        if error.is_rate_limited() {
            if let Some(step) = state.after_rate_limit(&error, &self.shared.limits) {
                return Ok(step);
            }
            advice = Some(
                "The rate limit is exhausted: send fewer requests at a time, or allow more time for a call.".to_owned(),
            );
        } else if error.is_transient() {
            if let Some(step) = state.after_transient(&error, &self.shared.budget) {
                return Ok(step);
            }
        } else if status == StatusCode::FORBIDDEN && is_about_rights(&error, &headers, &body) {
            advice = rights::advice(info.method, &info.path);
        } else if status == StatusCode::NOT_FOUND && info.method == "DELETE" && state.ambiguous {
            advice = Some("The answer to an earlier try was lost; that one may have deleted it.".to_owned());
        }
        let response = Response::new(status, body).with_headers(headers).with_attempts(state.attempts);
        Ok(Step::Done(Ok(response.with_earlier_attempt_lost(earlier_attempt_lost).with_advice(advice))))
    }
}

/// The refusal to mint keys as an error of the call that needs them. What the server said is in its text; its status is
/// not that of the call.
fn no_keys(refused: &Error) -> Error {
    let status = refused.status().map(|status| status.to_string()).unwrap_or_default();
    let message = refused.message().unwrap_or("the server gives no reason");
    Error::invalid_input("member", format!("got no keys from the server ({status}: {})", message.trim_end_matches('.')))
}

/// Whether a 403 is the API's own about rights, and not about the address or from something that stands before the API.
fn is_about_rights(error: &Error, headers: &HeaderMap, body: &[u8]) -> bool {
    !is_html(headers, body) && !error.message().is_some_and(|message| message.contains("SSL is required"))
}

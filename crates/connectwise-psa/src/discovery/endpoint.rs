//! The base URL that requests are sent to. Depending on the setting [`Discovery`](crate::Discovery), it is discovered
//! before the first request, and again if the server's responses suggest that the API has moved.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use connectwise_psa_core::error::Error;
use connectwise_psa_core::text::{is_html, without_byte_order_mark};
use connectwise_psa_core::transport::{BoxFuture, Response};
use http::StatusCode;
use serde_json::Value;
use tokio::time::Instant;
use url::Url;

use crate::discovery::company_info::CompanyInfo;
use crate::discovery::site::{CODE_BASE, Site, is_cloud_host};
use crate::sync::lock;

/// A function that sends a GET request without credentials. The transport passes it to discovery, which therefore does
/// not depend on the transport.
pub(crate) type Fetch<'a> = dyn Fn(Url) -> BoxFuture<'a, Result<Response, Error>> + Send + Sync + 'a;

/// How many 404 responses in a row cause a new discovery: the code base may be outdated.
const NOT_FOUND_IN_A_ROW: u32 = 5;

/// The minimum time between a discovery and the next one that error responses cause.
const BETWEEN_DISCOVERIES: Duration = Duration::from_secs(60);

/// The base URL and its discovery.
pub(crate) struct Endpoint {
    site: Site,
    company: String,
    /// Whether the client discovers the base URL instead of using the configured one.
    is_discovered: bool,
    state: Mutex<State>,
    /// Held during a discovery, so there is one at a time.
    discovering: tokio::sync::Mutex<()>,
}

struct State {
    base: Option<Arc<Url>>,
    discovered_at: Option<Instant>,
    not_found_in_a_row: u32,
}

impl State {
    fn may_discover(&self) -> bool {
        self.discovered_at.is_none_or(|at| at.elapsed() >= BETWEEN_DISCOVERIES)
    }
}

impl Endpoint {
    pub(crate) fn new(site: Site, company: String, is_discovered: bool) -> Self {
        let base = (!is_discovered).then(|| Arc::new(site.base.clone()));
        let state = State { base, discovered_at: None, not_found_in_a_row: 0 };
        Self { site, company, is_discovered, state: Mutex::new(state), discovering: tokio::sync::Mutex::new(()) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Returns the current base URL: the discovered one, or the configured one before discovery.
    pub(crate) fn known(&self) -> Arc<Url> {
        self.state().base.clone().unwrap_or_else(|| Arc::new(self.site.base.clone()))
    }

    /// Returns the configured base URL, which discovery may have replaced.
    #[cfg(feature = "webhooks")]
    pub(crate) const fn configured(&self) -> &Url {
        &self.site.base
    }

    /// Returns whether the client discovers the base URL instead of using the configured one.
    pub(crate) const fn is_discovered(&self) -> bool {
        self.is_discovered
    }

    /// Returns whether the current host belongs to the ConnectWise cloud.
    pub(crate) fn is_cloud(&self) -> bool {
        self.known().host_str().is_some_and(is_cloud_host)
    }

    /// Returns the base URL, and discovers it first if necessary.
    pub(crate) async fn base(&self, fetch: &Fetch<'_>) -> Result<Arc<Url>, Error> {
        if let Some(base) = &self.state().base {
            return Ok(Arc::clone(base));
        }
        let _one_at_a_time = self.discovering.lock().await;
        if let Some(base) = &self.state().base {
            return Ok(Arc::clone(base));
        }
        self.discover(fetch).await
    }

    async fn discover(&self, fetch: &Fetch<'_>) -> Result<Arc<Url>, Error> {
        let info = self.company_info(fetch).await?;
        let code_base = info.code_base.as_deref().unwrap_or(CODE_BASE);
        let base = Arc::new(self.site.discovered_base(info.site_url.as_deref().unwrap_or_default(), code_base)?);
        tracing::debug!(base = base.as_str(), version = info.version_code.as_deref(), "discovered the base URL");
        let mut state = self.state();
        state.base = Some(Arc::clone(&base));
        state.discovered_at = Some(Instant::now());
        state.not_found_in_a_row = 0;
        Ok(base)
    }

    /// Requests the public company information without credentials.
    pub(crate) async fn company_info(&self, fetch: &Fetch<'_>) -> Result<CompanyInfo, Error> {
        let mut problem = None;
        for url in self.site.company_info_urls(&self.company) {
            let host = url.host_str().unwrap_or_default().to_owned();
            match request_company_info(fetch, url, &self.company).await {
                Ok(info) => return Ok(info),
                // An unknown company is conclusive. After any other failure, the next host may work.
                Err(LookupFailure::UnknownCompany) => {
                    return Err(Error::invalid_input(
                        "company",
                        format!(
                            "{:?} is unknown at {host}; use the short name that members enter when they log in, and \
                             the host of the company's region",
                            self.company
                        ),
                    ));
                }
                Err(LookupFailure::NotPsa(reason)) => {
                    problem = problem.or(Some(Error::invalid_input("host", format!("{host} {reason}"))))
                }
                Err(LookupFailure::Request(error)) if error.is_transient() => {
                    problem =
                        problem
                            .or(Some(error.with_advice(format!(
                                "Check the host: {host} did not return the company information."
                            ))))
                }
                Err(LookupFailure::Request(error)) => problem = problem.or(Some(error)),
            }
        }
        Err(problem.unwrap_or_else(|| Error::invalid_input("host", "cannot be used to look up the API")))
    }

    /// Records a response to a request to `from`. Returns whether the response suggests that the API has moved, so
    /// discovery should be repeated.
    pub(crate) fn observe(&self, status: StatusCode, message: Option<&str>, from: &Url) -> bool {
        let mut state = self.state();
        let mentions = |text: &str| message.is_some_and(|message| message.contains(text));
        let is_missing = status == StatusCode::NOT_FOUND;
        state.not_found_in_a_row = if is_missing { state.not_found_in_a_row.saturating_add(1) } else { 0 };
        let moved = mentions("Cannot route")
            || (is_missing && (mentions("endpoint does not exist") || state.not_found_in_a_row >= NOT_FOUND_IN_A_ROW));
        // The request was sent to an earlier base URL: another call has discovered a new one since.
        let is_outdated = state.base.as_deref().is_some_and(|base| base != from);
        // A call that gets such a response during a discovery waits for its result.
        let is_discovering = self.discovering.try_lock().is_err();
        moved && self.is_discovered && (is_outdated || is_discovering || state.may_discover())
    }

    /// Repeats discovery. Returns whether the base URL now differs from `from`, the one that the request was sent to.
    pub(crate) async fn rediscover(&self, fetch: &Fetch<'_>, from: &Arc<Url>) -> Result<bool, Error> {
        let _one_at_a_time = self.discovering.lock().await;
        // Another call may have discovered a new base URL meanwhile.
        if let Some(base) = &self.state().base
            && base != from
        {
            return Ok(true);
        }
        if !self.start_discovery() {
            return Ok(false);
        }
        Ok(self.discover(fetch).await? != *from)
    }

    /// Returns whether discovery may be repeated now. The next one waits for `BETWEEN_DISCOVERIES` even if this one fails
    /// or is dropped.
    fn start_discovery(&self) -> bool {
        let mut state = self.state();
        let may_discover = state.may_discover();
        if may_discover {
            state.discovered_at = Some(Instant::now());
        }
        may_discover
    }
}

enum LookupFailure {
    /// The host does not know the company.
    UnknownCompany,
    /// The host is not a PSA server. The text follows the host name in the error.
    NotPsa(String),
    /// The request failed, or the response has an unexpected status.
    Request(Error),
}

async fn request_company_info(fetch: &Fetch<'_>, url: Url, company: &str) -> Result<CompanyInfo, LookupFailure> {
    let response = match fetch(url).await {
        Err(error) if error.is_response_too_large() => {
            return Err(LookupFailure::NotPsa(
                "returns more than 64 KiB instead of the company information, so it is not a PSA server".to_owned(),
            ));
        }
        outcome => outcome.map_err(LookupFailure::Request)?,
    };
    let status = response.status;
    let body = response.body.collect().await.map_err(LookupFailure::Request)?;
    if status == StatusCode::NOT_FOUND {
        // A web server without the API returns a page.
        return Err(match is_html(&response.headers, &body) {
            true => LookupFailure::NotPsa(format!(
                "returns an HTML page ({status}) instead of the company information, so it is not a PSA server"
            )),
            false => LookupFailure::UnknownCompany,
        });
    }
    let error = || Error::from_response(status, &response.headers, &body);
    if status.is_redirection() {
        let target = error().redirect_target().map(|target| format!(" to {target}")).unwrap_or_default();
        return Err(LookupFailure::NotPsa(format!(
            "redirects ({status}){target} instead of returning the company information of {company:?}; set the host it \
             redirects to"
        )));
    }
    if !status.is_success() {
        return Err(LookupFailure::Request(error()));
    }
    if let Some(error) = Error::from_error_object(status, &response.headers, &body) {
        return Err(LookupFailure::Request(error));
    }
    // Observed on live servers: for an unknown company, the response is a success with the JSON value null.
    match serde_json::from_slice(without_byte_order_mark(&body)) {
        Ok(Value::Object(object)) => CompanyInfo::from_object(&object).ok_or_else(|| {
            LookupFailure::NotPsa(
                "returns a JSON object without company information, so it is not a PSA server".to_owned(),
            )
        }),
        Ok(Value::Null) => Err(LookupFailure::UnknownCompany),
        _ => Err(LookupFailure::NotPsa(
            "does not return the company information as a JSON object, so it is not a PSA server".to_owned(),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(is_discovered: bool) -> Endpoint {
        Endpoint::new(Site::from_host("na.myconnectwise.net").unwrap(), "acme".into(), is_discovered)
    }

    #[tokio::test(start_paused = true)]
    async fn responses_that_suggest_a_move_cause_at_most_one_discovery_a_minute() {
        let observe = |endpoint: &Endpoint, status, message| endpoint.observe(status, message, &endpoint.known());
        let not_found = |endpoint: &Endpoint| observe(endpoint, StatusCode::NOT_FOUND, Some("Ticket 5 not found"));
        let unrouted = |endpoint: &Endpoint| {
            observe(endpoint, StatusCode::BAD_REQUEST, Some("Cannot route. Codebase/company is invalid"))
        };
        let cloud = endpoint(true);
        assert!(unrouted(&cloud));
        assert!(observe(&cloud, StatusCode::NOT_FOUND, Some("The endpoint does not exist.")));
        assert!(!observe(&cloud, StatusCode::OK, None));
        // The fifth 404 in a row causes a discovery.
        assert_eq!((0..5).map(|_| not_found(&cloud)).collect::<Vec<_>>(), [false, false, false, false, true]);
        assert!(!observe(&cloud, StatusCode::OK, None) && !not_found(&cloud));
        cloud.state().discovered_at = Some(Instant::now());
        assert!(!unrouted(&cloud));
        tokio::time::advance(BETWEEN_DISCOVERIES).await;
        assert!(unrouted(&cloud));
        assert!(!unrouted(&endpoint(false)), "this client uses the configured base URL");
    }
}

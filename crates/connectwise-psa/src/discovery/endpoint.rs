//! Where requests go: the base URL, discovered once on the cloud and again when the cloud has moved.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use connectwise_psa_core::error::Error;
use connectwise_psa_core::transport::{BoxFuture, Response};
use http::StatusCode;
use serde_json::Value;
use tokio::time::Instant;
use url::Url;

use crate::discovery::company_info::CompanyInfo;
use crate::discovery::site::{CODE_BASE, Site, is_cloud_host};
use crate::sync::lock;

/// Reads an address without credentials. Whoever sends the requests gives it, so that discovery does not know how they
/// are sent.
pub(crate) type Fetch<'a> = dyn Fn(Url) -> BoxFuture<'a, Result<Response, Error>> + Send + Sync + 'a;

/// How many answers of 404 in a row lead to discovery: the code base may no longer be the tenant's.
const MISSING_IN_A_ROW: u32 = 5;

/// The shortest time between two discoveries because of what the server answers.
const BETWEEN_DISCOVERIES: Duration = Duration::from_secs(60);

/// The base URL and how it is found.
pub(crate) struct Endpoint {
    site: Site,
    company: String,
    /// Whether the server is asked where the API is.
    is_discovered: bool,
    state: Mutex<State>,
    /// One discovery at a time.
    discovering: tokio::sync::Mutex<()>,
}

struct State {
    base: Option<Arc<Url>>,
    discovered_at: Option<Instant>,
    missing_in_a_row: u32,
}

impl State {
    fn may_discover(&self) -> bool {
        self.discovered_at.is_none_or(|at| at.elapsed() >= BETWEEN_DISCOVERIES)
    }
}

impl Endpoint {
    pub(crate) fn new(site: Site, company: String, is_discovered: bool) -> Self {
        let base = (!is_discovered).then(|| Arc::new(site.base.clone()));
        let state = State { base, discovered_at: None, missing_in_a_row: 0 };
        Self { site, company, is_discovered, state: Mutex::new(state), discovering: tokio::sync::Mutex::new(()) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// The base URL as far as it is known without asking.
    pub(crate) fn known(&self) -> Arc<Url> {
        self.state().base.clone().unwrap_or_else(|| Arc::new(self.site.base.clone()))
    }

    /// Whether the server is asked where the API is.
    pub(crate) const fn is_discovered(&self) -> bool {
        self.is_discovered
    }

    /// Whether requests go to the vendor's cloud, by the name of the host.
    pub(crate) fn is_cloud(&self) -> bool {
        self.known().host_str().is_some_and(is_cloud_host)
    }

    /// The base URL, discovered unless it is known.
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
        let base = Arc::new(self.site.moved(info.site_url.as_deref().unwrap_or_default(), code_base)?);
        tracing::debug!(base = base.as_str(), version = info.version_code.as_deref(), "the API of the company is here");
        let mut state = self.state();
        state.base = Some(Arc::clone(&base));
        state.discovered_at = Some(Instant::now());
        state.missing_in_a_row = 0;
        Ok(base)
    }

    /// The public facts about the company, asked without credentials.
    pub(crate) async fn company_info(&self, fetch: &Fetch<'_>) -> Result<CompanyInfo, Error> {
        let mut problem = None;
        for url in self.site.company_info_urls(&self.company) {
            let host = url.host_str().unwrap_or_default().to_owned();
            match request_company_info(fetch, url, &self.company).await {
                Ok(info) => return Ok(info),
                // An unknown company is an answer; anything else may be the wrong one of two hosts.
                Err(Failure::Unknown) => {
                    return Err(Error::invalid_input(
                        "company",
                        format!(
                            "{:?} is unknown at {host}: it is the short name that members log in with, and each region knows its own",
                            self.company
                        ),
                    ));
                }
                Err(Failure::Host(why)) => {
                    problem = problem.or(Some(Error::invalid_input("host", format!("{host} {why}"))))
                }
                Err(Failure::Lost(error)) if error.is_transient() => {
                    problem =
                        problem.or(Some(error.with_advice(format!(
                            "Check the host: {host} should tell where the API of the company is."
                        ))))
                }
                Err(Failure::Lost(error)) => problem = problem.or(Some(error)),
            }
        }
        Err(problem.unwrap_or_else(|| Error::invalid_input("host", "cannot be asked where the API is")))
    }

    /// Takes notice of a response to a request that went to `from`; returns whether to find out if the API has moved.
    pub(crate) fn observe(&self, status: StatusCode, message: Option<&str>, from: &Url) -> bool {
        let mut state = self.state();
        let says = |text: &str| message.is_some_and(|message| message.contains(text));
        let is_missing = status == StatusCode::NOT_FOUND;
        state.missing_in_a_row = if is_missing { state.missing_in_a_row.saturating_add(1) } else { 0 };
        let moved = says("Cannot route")
            || (is_missing && (says("endpoint does not exist") || state.missing_in_a_row >= MISSING_IN_A_ROW));
        let is_elsewhere = state.base.as_deref().is_some_and(|base| base != from);
        moved && self.is_discovered && (is_elsewhere || state.may_discover())
    }

    /// Discovers the base URL again; returns whether it is another one than the request went to.
    pub(crate) async fn has_moved(&self, fetch: &Fetch<'_>, from: &Arc<Url>) -> bool {
        let _one_at_a_time = self.discovering.lock().await;
        // Another request may have found it meanwhile.
        if let Some(base) = &self.state().base
            && base != from
        {
            return true;
        }
        if !self.state().may_discover() {
            return false;
        }
        match self.discover(fetch).await {
            Ok(base) => base != *from,
            Err(error) => {
                tracing::warn!(%error, "where the API is could not be looked up again");
                self.state().discovered_at = Some(Instant::now());
                false
            }
        }
    }
}

enum Failure {
    /// The host does not know the company.
    Unknown,
    /// The host is none of PSA; continues the sentence after its name.
    Host(String),
    /// No answer came.
    Lost(Error),
}

async fn request_company_info(fetch: &Fetch<'_>, url: Url, company: &str) -> Result<CompanyInfo, Failure> {
    let response = fetch(url).await.map_err(Failure::Lost)?;
    let status = response.status;
    let body = response.body.collect().await.map_err(Failure::Lost)?;
    if status == StatusCode::NOT_FOUND {
        return Err(Failure::Unknown);
    }
    if status.is_redirection() {
        return Err(Failure::Host(format!(
            "redirects ({status}) instead of telling where the API of {company:?} is; set the host it leads to"
        )));
    }
    if !status.is_success() {
        return Err(Failure::Lost(Error::from_response(status, &response.headers, &body)));
    }
    // facts: an unknown company is a success with the JSON null.
    match serde_json::from_slice(&body) {
        Ok(Value::Object(members)) => Ok(CompanyInfo::read(&members)),
        Ok(Value::Null) => Err(Failure::Unknown),
        _ => Err(Failure::Host(
            "does not say where the API is: it answers with something else than JSON, so it is no PSA server"
                .to_owned(),
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
    async fn signs_of_a_move_are_noted_and_not_too_often() {
        let note = |endpoint: &Endpoint, status, message| endpoint.observe(status, message, &endpoint.known());
        let missing = |endpoint: &Endpoint| note(endpoint, StatusCode::NOT_FOUND, Some("Ticket 5 not found"));
        let unrouted = |endpoint: &Endpoint| {
            note(endpoint, StatusCode::BAD_REQUEST, Some("Cannot route. Codebase/company is invalid"))
        };
        let cloud = endpoint(true);
        assert!(unrouted(&cloud));
        assert!(note(&cloud, StatusCode::NOT_FOUND, Some("The endpoint does not exist.")));
        assert!(!note(&cloud, StatusCode::OK, None));
        assert_eq!((0..5).map(|_| missing(&cloud)).collect::<Vec<_>>(), [false, false, false, false, true]);
        assert!(!note(&cloud, StatusCode::OK, None) && !missing(&cloud));
        cloud.state().discovered_at = Some(Instant::now());
        assert!(!unrouted(&cloud));
        tokio::time::advance(BETWEEN_DISCOVERIES).await;
        assert!(unrouted(&cloud));
        assert!(!unrouted(&endpoint(false)));
    }
}

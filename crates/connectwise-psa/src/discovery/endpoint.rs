//! Where requests go: the base URL, looked up once on the cloud and again when the cloud has moved.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::StatusCode;
use reqwest::Client;
use serde_json::Value;
use tokio::time::Instant;
use url::Url;

use crate::discovery::company_info::CompanyInfo;
use crate::discovery::site::{Site, is_cloud_host};
use crate::transport::http::fetch;
use crate::{ByteStream, Error};

/// How many answers of 404 in a row make a storm: the code base may no longer be the tenant's.
const STORM: u32 = 5;

/// The shortest time between two lookups because of what the server answers.
const BETWEEN_LOOKUPS: Duration = Duration::from_secs(60);

/// How much of an answer to a lookup is read, in bytes.
const MOST: usize = 64 * 1024;

/// The base URL and how it is found.
pub(crate) struct Place {
    site: Site,
    company: String,
    /// Whether the server is asked where the API is.
    looks_up: bool,
    state: Mutex<State>,
    /// One lookup at a time.
    looking: tokio::sync::Mutex<()>,
}

struct State {
    base: Option<Arc<Url>>,
    looked_at: Option<Instant>,
    missing_in_a_row: u32,
}

impl State {
    fn may_look(&self) -> bool {
        self.looked_at.is_none_or(|at| at.elapsed() >= BETWEEN_LOOKUPS)
    }
}

impl Place {
    pub(crate) fn new(site: Site, company: String, looks_up: bool) -> Self {
        let base = (!looks_up).then(|| Arc::new(site.base.clone()));
        let state = State { base, looked_at: None, missing_in_a_row: 0 };
        Self { site, company, looks_up, state: Mutex::new(state), looking: tokio::sync::Mutex::new(()) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere leaves facts in it that are still true.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The base URL as far as it is known without asking.
    pub(crate) fn known(&self) -> Arc<Url> {
        self.state().base.clone().unwrap_or_else(|| Arc::new(self.site.base.clone()))
    }

    /// Whether the server is asked where the API is.
    pub(crate) const fn looks_up(&self) -> bool {
        self.looks_up
    }

    /// Whether requests go to the vendor's cloud, by the name of the host.
    pub(crate) fn is_cloud(&self) -> bool {
        self.known().host_str().is_some_and(is_cloud_host)
    }

    /// The base URL.
    pub(crate) async fn base(&self, client: &Client) -> Result<Arc<Url>, Error> {
        if let Some(base) = &self.state().base {
            return Ok(Arc::clone(base));
        }
        let _one_at_a_time = self.looking.lock().await;
        if let Some(base) = &self.state().base {
            return Ok(Arc::clone(base));
        }
        self.look(client).await
    }

    async fn look(&self, client: &Client) -> Result<Arc<Url>, Error> {
        let info = self.ask(client).await?;
        let code_base = info.code_base.as_deref().unwrap_or(crate::discovery::site::CODE_BASE);
        let base = Arc::new(self.site.moved(info.site_url.as_deref().unwrap_or_default(), code_base)?);
        tracing::debug!(base = base.as_str(), version = info.version_code.as_deref(), "the API of the company is here");
        let mut state = self.state();
        state.base = Some(Arc::clone(&base));
        state.looked_at = Some(Instant::now());
        state.missing_in_a_row = 0;
        Ok(base)
    }

    /// The public facts about the company, asked without credentials.
    pub(crate) async fn ask(&self, client: &Client) -> Result<CompanyInfo, Error> {
        let mut problem = None;
        for url in self.site.lookups(&self.company) {
            let host = url.host_str().unwrap_or_default().to_owned();
            match lookup(client, url, &self.company).await {
                Ok(info) => return Ok(info),
                // An unknown company is an answer; anything else may be the wrong one of two hosts.
                Err(Failure::Unknown) => {
                    return Err(Error::invalid_input(
                        "company",
                        format!("{:?} is unknown at {host}: it is the short name that members log in with, and each region knows its own", self.company),
                    ));
                }
                Err(Failure::Host(why)) => problem = problem.or(Some(Error::invalid_input("host", format!("{host} {why}")))),
                Err(Failure::Lost(error)) if error.is_transient() => {
                    problem = problem.or(Some(error.with_advice(format!("Check the host: {host} should tell where the API of the company is."))))
                }
                Err(Failure::Lost(error)) => problem = problem.or(Some(error)),
            }
        }
        Err(problem.unwrap_or_else(|| Error::invalid_input("host", "cannot be asked where the API is")))
    }

    /// Notes an answer to a request that went to `from`; says whether to find out if the API has moved.
    pub(crate) fn note(&self, status: StatusCode, message: Option<&str>, from: &Url) -> bool {
        let mut state = self.state();
        let says = |text: &str| message.is_some_and(|message| message.contains(text));
        let is_missing = status == StatusCode::NOT_FOUND;
        state.missing_in_a_row = if is_missing { state.missing_in_a_row.saturating_add(1) } else { 0 };
        let moved = says("Cannot route") || (is_missing && (says("endpoint does not exist") || state.missing_in_a_row >= STORM));
        let is_elsewhere = state.base.as_deref().is_some_and(|base| base != from);
        moved && self.looks_up && (is_elsewhere || state.may_look())
    }

    /// Looks the base URL up again; whether it is another one than the request went to.
    pub(crate) async fn has_moved(&self, client: &Client, from: &Arc<Url>) -> bool {
        let _one_at_a_time = self.looking.lock().await;
        // Another request may have looked meanwhile.
        if let Some(base) = &self.state().base
            && base != from
        {
            return true;
        }
        if !self.state().may_look() {
            return false;
        }
        match self.look(client).await {
            Ok(base) => base != *from,
            Err(error) => {
                tracing::warn!(%error, "where the API is could not be looked up again");
                self.state().looked_at = Some(Instant::now());
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

async fn lookup(client: &Client, url: Url, company: &str) -> Result<CompanyInfo, Failure> {
    let response = fetch(client, url).await.map_err(Failure::Lost)?;
    let status = response.status;
    let body = ByteStream::collect_at_most(response.body, MOST).await.map_err(Failure::Lost)?;
    if status == StatusCode::NOT_FOUND {
        return Err(Failure::Unknown);
    }
    if status.is_redirection() {
        return Err(Failure::Host(format!("redirects ({status}) instead of telling where the API of {company:?} is; set the host it leads to")));
    }
    if !status.is_success() {
        return Err(Failure::Lost(Error::of_answer(status, &response.headers, &body)));
    }
    // facts: an unknown company is a success with the JSON null.
    match serde_json::from_slice(&body) {
        Ok(Value::Object(members)) => Ok(CompanyInfo::read(&members)),
        Ok(Value::Null) => Err(Failure::Unknown),
        _ => Err(Failure::Host("does not say where the API is: it answers with something else than JSON, so it is no PSA server".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(looks_up: bool) -> Place {
        Place::new(Site::of_host("na.myconnectwise.net").unwrap(), "acme".into(), looks_up)
    }

    #[tokio::test(start_paused = true)]
    async fn signs_of_a_move_are_noted_and_not_too_often() {
        let note = |place: &Place, status, message| place.note(status, message, &place.known());
        let missing = |place: &Place| note(place, StatusCode::NOT_FOUND, Some("Ticket 5 not found"));
        let unrouted = |place: &Place| note(place, StatusCode::BAD_REQUEST, Some("Cannot route. Codebase/company is invalid"));
        let place_ = place(true);
        assert!(unrouted(&place_));
        assert!(note(&place_, StatusCode::NOT_FOUND, Some("The endpoint does not exist.")));
        assert!(!note(&place_, StatusCode::OK, None));
        assert_eq!((0..5).map(|_| missing(&place_)).collect::<Vec<_>>(), [false, false, false, false, true]);
        assert!(!note(&place_, StatusCode::OK, None) && !missing(&place_));
        place_.state().looked_at = Some(Instant::now());
        assert!(!unrouted(&place_));
        tokio::time::advance(BETWEEN_LOOKUPS).await;
        assert!(unrouted(&place_));
        assert!(!unrouted(&place(false)));
    }
}

//! One call that tells in words whether the settings of a client are right, and what to do where they are not.

mod diagnosis;
mod probe;
pub(crate) mod report;

pub use report::{Check, CheckOutcome, CheckReport, CheckSubject};

pub use crate::rights::{Right, rights};

use std::sync::Arc;
use std::time::Duration;

use connectwise_psa_core::error::Error;
use connectwise_psa_core::operation::Method;
use connectwise_psa_core::transport::Request;
use tokio::time::timeout;

use crate::auth::credentials::Login;
use crate::check::diagnosis::{ClientId, Diagnosis, Member};
use crate::check::probe::{Expected, PROBED_COUNTS, ProbeResult};
use crate::client::Psa;
use connectwise_psa_core::transport::{CallOptions, RetryPolicy};

/// How long each of the questions may take, with its retries.
const LIMIT: Duration = Duration::from_secs(20);

/// What shows whether the API is there, and which release it is. facts: some servers answer it to everybody, so that it
/// says nothing about the keys.
const INFO: &str = "/system/info";

impl Psa {
    /// Tries the settings out: whether host, company, keys and client id are right, and what the login may read; of
    /// each that is not, what to do about it.
    ///
    /// It never fails: what goes wrong is in the report. It reads only, about ten times in a row, and gives each
    /// question 20 s and three tries. For a client of [`as_member`](Self::as_member) keys of the member are minted, and
    /// the rights are the member's.
    ///
    /// ```no_run
    /// # async fn run() -> Result<(), connectwise_psa::Error> {
    /// let psa = connectwise_psa::Psa::from_env()?;
    /// let report = psa.check().await;
    /// if !report.is_ok() {
    ///     // FAILED  keys: the server refuses them (401 Unauthorized, ConnectWiseApi: UserNotAuthenticated) — Check …
    ///     eprintln!("{report}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn check(&self) -> CheckReport {
        let psa = self.with(CallOptions::new().retry(RetryPolicy::interactive()).timeout(LIMIT));
        let own = psa.without_member();
        let is_discovered = psa.pipeline().shared.endpoint.is_discovered();
        let mut diagnosis = psa.diagnosis();
        if is_discovered {
            diagnosis.company_info = Some(psa.company_info().await.map_err(Arc::new));
            diagnosis.locate(&psa);
        }
        // Without a place to send them to, requests would only find the same.
        if diagnosis.cause().is_none() {
            let login = psa.pipeline().shared.login.clone();
            diagnosis.own.push(own.probe(INFO, Expected::Release, &[&login]).await);
            diagnosis.locate(&psa);
            for (path, _) in PROBED_COUNTS {
                if diagnosis.is_settled() {
                    break;
                }
                diagnosis.own.push(own.probe(path, Expected::Count, &[&login]).await);
            }
            if diagnosis.is_accepted() && diagnosis.member.is_some() {
                psa.probe_as_member(&mut diagnosis, &login).await;
            }
            if !is_discovered && diagnosis.could_use_company_info() {
                diagnosis.company_info = Some(psa.company_info().await.map_err(Arc::new));
            }
        }
        diagnosis.report()
    }

    /// What is known before anything is asked.
    fn diagnosis(&self) -> Diagnosis {
        let shared = &self.pipeline().shared;
        let mut diagnosis = Diagnosis {
            host: String::new(),
            base: String::new(),
            is_cloud: false,
            is_discovered: shared.endpoint.is_discovered(),
            company: shared.company.clone(),
            login: shared.login.kind,
            client_id: ClientId::new(shared.client_id.as_ref().map(|value| value.as_bytes())),
            company_info: None,
            own: Vec::new(),
            member: self.pipeline().member.as_ref().map(|member| Member {
                name: member.identifier.clone(),
                minted: None,
                results: Vec::new(),
            }),
        };
        diagnosis.locate(self);
        diagnosis
    }

    /// Asks one thing as whoever this client is. Answers that repeat something of `logins` are not kept.
    async fn probe(&self, path: &str, expected: Expected, logins: &[&Login]) -> ProbeResult {
        let mut request = Request::new(Method::Get, path);
        if expected == Expected::Count {
            // Counts of large tables take long, and nothing depends on the number.
            request.query.push(("conditions".into(), "id=0".to_owned()));
        }
        let client = &self.pipeline().shared.client;
        let is_secret = |text: &str| logins.iter().any(|login| login.is_in(client, text));
        let answer = async {
            let response = self.connection().send(request).await?;
            let body = response.body.collect().await?;
            Ok((response.status, response.headers, body))
        };
        match answer.await {
            Ok((status, headers, body)) => ProbeResult::answer(status, &headers, &body, expected, is_secret),
            Err(error) => ProbeResult::error(error, is_secret),
        }
    }

    /// Mints the member's keys and reads with them.
    async fn probe_as_member(&self, diagnosis: &mut Diagnosis, own: &Login) {
        let client = &self.pipeline().shared.client;
        let minted = timeout(LIMIT, self.pipeline().log_in()).await;
        let minted = minted.unwrap_or_else(|_| Err(Error::timeout_because(format!("the limit is {LIMIT:?}"))));
        let Some(member) = &mut diagnosis.member else { return };
        let minted = match minted {
            Ok(minted) => minted,
            Err(error) => {
                member.minted = Some(Err(ProbeResult::error(error, |text| own.is_in(client, text))));
                return;
            }
        };
        member.minted = Some(Ok(()));
        for (path, _) in PROBED_COUNTS {
            let result = self.probe(path, Expected::Count, &[own, &minted]).await;
            let goes_on = result.should_continue() && !result.refuses_login();
            member.results.push(result);
            if !goes_on {
                return;
            }
        }
    }
}

impl Diagnosis {
    /// Notes where requests go, as far as it is known by now.
    fn locate(&mut self, psa: &Psa) {
        let endpoint = &psa.pipeline().shared.endpoint;
        let base = endpoint.known();
        let host = base.host_str().unwrap_or_default();
        self.host = base.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        self.base = base.to_string();
        let says_so = self.company_info.as_ref().and_then(|info| info.as_ref().ok()).and_then(|info| info.is_cloud);
        self.is_cloud = endpoint.is_cloud() || says_so == Some(true);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rights::rights;

    #[test]
    fn every_reading_has_its_right() {
        for (path, name) in PROBED_COUNTS {
            assert_eq!(rights("GET", path).first().map(|right| right.level), Some("Inquire"), "{name}");
        }
    }

    #[test]
    fn a_check_can_move_between_threads() {
        fn moves<T: Send>(_: T) {}
        let psa = Psa::builder().host("psa.example").company("acme").keys("pub", "priv").build().unwrap();
        moves(psa.check());
        moves(CheckReport::new(Vec::new()));
    }
}

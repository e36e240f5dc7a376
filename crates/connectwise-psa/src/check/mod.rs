//! [`Psa::check`] tests the settings of a client against the server, and reports what is wrong and how to fix it.

mod diagnosis;
mod probe;
pub(crate) mod report;

pub use report::{Check, CheckOutcome, CheckReport, CheckSubject};

pub use crate::rights::{Right, rights};

use std::sync::Arc;
use std::time::Duration;

use connectwise_psa_core::error::{Error, MAX_ERROR_BODY};
use connectwise_psa_core::operation::Method;
use connectwise_psa_core::transport::Request;
use tokio::time::timeout;

use crate::check::diagnosis::{ClientId, Diagnosis, MemberDiagnosis};
use crate::check::probe::{Expected, PROBED_COUNTS, ProbeResult};
use crate::client::Psa;
use connectwise_psa_core::transport::{CallOptions, RetryPolicy};

/// The timeout of each request of a check, including its retries, unless the client's own timeout is shorter.
const TIMEOUT: Duration = Duration::from_secs(20);

/// The endpoint with information about the server, which shows whether the API is available, and its release. Observed
/// on live servers: some respond without authentication, so a success does not prove that the keys are valid.
const INFO: &str = "/system/info";

impl Psa {
    /// Tests the settings against the server: whether host, company, keys and client id are valid, and which common
    /// lists the credentials may read. For each problem, the report has advice.
    ///
    /// This method never fails; all problems are in the report. It sends about ten read requests, one after the other.
    /// Each ends after 20 s or the client's timeout, and after two retries or those of the client's policy, whichever is
    /// less. For a client of [`as_member`](Self::as_member), it also mints keys for the member (the server creates a
    /// temporary pair of API keys), and the reported rights are those of the member.
    ///
    /// ```no_run
    /// # async fn run() -> Result<(), connectwise_psa::Error> {
    /// let psa = connectwise_psa::Psa::from_env()?;
    /// let report = psa.check().await;
    /// if !report.is_ok() {
    ///     // FAILED  keys: the server rejects them (401 Unauthorized, ConnectWiseApi: UserNotAuthenticated) — Check …
    ///     eprintln!("{report}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn check(&self) -> CheckReport {
        let psa = self.with(self.check_options());
        let own = psa.without_member();
        let is_discovered = psa.pipeline().shared.endpoint.is_discovered();
        own.pipeline().learn_credential_kind().await;
        let mut diagnosis = psa.diagnosis();
        if is_discovered {
            diagnosis.company_info = Some(psa.company_info().await.map_err(Arc::new));
            diagnosis.update_host(&psa);
        }
        // If the base URL cannot be discovered, further requests would fail in the same way.
        if diagnosis.cause().is_none() {
            diagnosis.own_results.push(own.probe(INFO, Expected::Release).await);
            diagnosis.update_host(&psa);
            for (path, _) in PROBED_COUNTS {
                if diagnosis.is_settled() {
                    break;
                }
                diagnosis.own_results.push(own.probe(path, Expected::Count).await);
            }
            if diagnosis.is_accepted() && diagnosis.member.is_some() {
                psa.probe_as_member(&mut diagnosis).await;
            }
            if !is_discovered && diagnosis.could_use_company_info() {
                diagnosis.company_info = Some(psa.company_info().await.map_err(Arc::new));
            }
        }
        diagnosis.report()
    }

    /// Returns the options of the requests of a check. Their timeout and attempts do not exceed those of the client.
    fn check_options(&self) -> CallOptions {
        let own = &self.pipeline().options;
        let policy = RetryPolicy::interactive();
        let attempts = own.retry.map_or(policy.max_attempts, |own| own.max_attempts.min(policy.max_attempts));
        CallOptions::new().retry(policy.max_attempts(attempts)).timeout(self.pipeline().timeout().min(TIMEOUT))
    }

    /// Returns the diagnosis before any request is sent.
    fn diagnosis(&self) -> Diagnosis {
        let shared = &self.pipeline().shared;
        let mut diagnosis = Diagnosis {
            host: String::new(),
            base: String::new(),
            is_cloud: false,
            is_discovered: shared.endpoint.is_discovered(),
            company: shared.company.clone(),
            credential_kind: shared.credentials.kind(),
            client_id: ClientId::new(shared.client_id.as_ref().map(|value| value.as_bytes())),
            company_info: None,
            own_results: Vec::new(),
            member: self.pipeline().member.as_ref().map(|member| MemberDiagnosis {
                identifier: member.identifier.clone(),
                minted: None,
                results: Vec::new(),
            }),
        };
        diagnosis.update_host(self);
        diagnosis
    }

    /// Sends a probe with this client's credentials. The result does not quote the credentials.
    async fn probe(&self, path: &str, expected: Expected) -> ProbeResult {
        let mut request = Request::new(Method::Get, path);
        if expected == Expected::Count {
            // Counting a large table is slow, and the number does not matter, so the condition matches no record.
            request.query.push(("conditions".into(), "id=0".to_owned()));
        }
        let outcome = async {
            let response = self.connection().send(request).await?;
            let body = response.body.collect().await?;
            Ok((response.status, response.headers, body))
        };
        match outcome.await {
            Ok((status, headers, body)) => {
                // The pipeline redacts only error responses. The expected responses are short, so the start is enough.
                let start = body.slice(..body.len().min(MAX_ERROR_BODY));
                let body = self.pipeline().secrets().redact_body(start);
                ProbeResult::from_response(status, &headers, &body, expected)
            }
            Err(error) => ProbeResult::from_error(error),
        }
    }

    /// Mints the member's keys and sends the probes with them.
    async fn probe_as_member(&self, diagnosis: &mut Diagnosis) {
        let limit = self.pipeline().timeout();
        let minted = timeout(limit, self.pipeline().credentials()).await;
        let minted = minted.unwrap_or_else(|_| Err(Error::timeout_because(format!("the limit is {limit:?}"))));
        let Some(member) = &mut diagnosis.member else { return };
        if let Err(error) = minted {
            member.minted = Some(Err(ProbeResult::from_error(error)));
            return;
        }
        member.minted = Some(Ok(()));
        for (path, _) in PROBED_COUNTS {
            let result = self.probe(path, Expected::Count).await;
            let should_continue = result.should_continue() && !result.applies_to_every_request();
            member.results.push(result);
            if !should_continue {
                return;
            }
        }
    }
}

impl Diagnosis {
    /// Updates the host, the base URL, and whether they belong to the cloud, because discovery may have changed them.
    fn update_host(&mut self, psa: &Psa) {
        let endpoint = &psa.pipeline().shared.endpoint;
        let base = endpoint.known();
        let host = base.host_str().unwrap_or_default();
        self.host = base.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        self.base = base.to_string();
        let reported = self.company_info.as_ref().and_then(|info| info.as_ref().ok()).and_then(|info| info.is_cloud);
        self.is_cloud = endpoint.is_cloud() || reported == Some(true);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rights::rights;

    #[test]
    fn every_probed_list_has_a_right() {
        for (path, name) in PROBED_COUNTS {
            assert_eq!(rights("GET", path).first().map(|right| right.level), Some("Inquire"), "{name}");
        }
    }

    #[test]
    fn the_future_and_the_report_of_a_check_are_send() {
        fn assert_send<T: Send>(_: T) {}
        let psa = Psa::builder().host("psa.example").company("acme").keys("pub", "priv").build().unwrap();
        assert_send(psa.check());
        assert_send(CheckReport::new(Vec::new()));
    }
}

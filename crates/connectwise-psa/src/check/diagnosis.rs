//! Derives the report of a check from the results of its requests. This module does not send requests.

use std::sync::Arc;

use connectwise_psa_core::error::Error;
use uuid::Uuid;

use crate::auth::credentials::CredentialKind;
use crate::check::probe::{
    NO_TIME, PROBED_COUNTS, ProbeResult, Verdict, error_text, one_line, release, unreachable, waited,
};
use crate::check::report::{Check, CheckOutcome, CheckReport, CheckSubject};
use crate::discovery::company_info::CompanyInfo;
use crate::rights::rights;

/// The settings of a client and the results of the requests of a check.
pub(crate) struct Diagnosis {
    /// The host, and the port if it is not the default port.
    pub(crate) host: String,
    /// The base URL.
    pub(crate) base: String,
    pub(crate) is_cloud: bool,
    /// Whether the client discovers the base URL instead of using the configured one.
    pub(crate) is_discovered: bool,
    pub(crate) company: String,
    pub(crate) credential_kind: CredentialKind,
    pub(crate) client_id: ClientId,
    /// The company information, if it was requested.
    pub(crate) company_info: Option<Result<CompanyInfo, Arc<Error>>>,
    /// The results with the client's own credentials: first the information about the server, then the probed counts in
    /// order, as far as they were sent.
    pub(crate) own_results: Vec<ProbeResult>,
    pub(crate) member: Option<MemberDiagnosis>,
}

/// An impersonated member and the results of its requests.
pub(crate) struct MemberDiagnosis {
    pub(crate) identifier: String,
    /// Whether keys were minted (created by the server at the client's request); `None` if the client did not try.
    pub(crate) minted: Option<Result<(), ProbeResult>>,
    /// The results of the probed counts in order, as far as they were sent.
    pub(crate) results: Vec<ProbeResult>,
}

/// The form of the client id, without the id itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClientId {
    Missing,
    /// Not a GUID. The client ids that ConnectWise issues are GUIDs.
    NotAGuid,
    Guid,
}

impl ClientId {
    pub(crate) fn new(text: Option<&[u8]>) -> Self {
        match text {
            None => Self::Missing,
            // The parser also accepts GUIDs without hyphens, in braces and as URNs, which ConnectWise does not use.
            Some(text) if text.len() == HYPHENATED_LENGTH && Uuid::try_parse_ascii(text).is_ok() => Self::Guid,
            Some(_) => Self::NotAGuid,
        }
    }
}

/// The length of a GUID with hyphens.
const HYPHENATED_LENGTH: usize = 36;

/// The first problem, because of which later checks are not possible.
pub(crate) struct Cause {
    subject: CheckSubject,
    outcome: CheckOutcome,
    summary: String,
    advice: String,
    error: Option<Arc<Error>>,
    /// Why later checks are not possible: `the keys are wrong`.
    reason: &'static str,
}

impl Cause {
    fn new(subject: CheckSubject, summary: String, advice: impl Into<String>, error: Option<&Arc<Error>>) -> Self {
        let reason = match subject {
            CheckSubject::Host => "the host is wrong",
            CheckSubject::Company => "the company is wrong",
            CheckSubject::ClientId => "the client id is wrong",
            _ => "the keys are wrong",
        };
        Self { subject, outcome: CheckOutcome::Failed, summary, advice: advice.into(), error: error.cloned(), reason }
    }

    fn check(&self) -> Check {
        Check::new(self.subject, self.outcome, &self.summary)
            .with_advice(self.advice.clone())
            .with_error(self.error.clone())
    }
}

const NOT_A_GUID: &str = "It does not look like a client id of ConnectWise, which is a GUID.";
const SET_CLIENT_ID: &str =
    "Set the client id that ConnectWise issues in its developer portal (environment variable CW_CLIENT_ID).";
const BASE_URL_UNKNOWN: &str = "the base URL of the API is unknown";
const INCONCLUSIVE: &str = "the responses of the server are inconclusive";

impl Diagnosis {
    /// Returns whether the server is known to accept the client's own credentials.
    pub(crate) fn is_accepted(&self) -> bool {
        // A success of the first request is ignored. Observed on live servers: some send the information about the
        // server without authentication. A 403 proves the credentials only if a client id is set or its message is
        // about permissions: a server that requires a client id may also respond with 403, and its message is not
        // documented.
        self.own_results.iter().skip(1).any(|result| result.verdict == Verdict::Success)
            || self.own_results.iter().any(|result| {
                result.mentions_permissions()
                    || (result.verdict == Verdict::Forbidden && self.client_id != ClientId::Missing)
            })
    }

    /// Returns whether the results with the client's own credentials are sufficient or final, so no more are needed.
    pub(crate) fn is_settled(&self) -> bool {
        let is_accepted = self.is_accepted();
        let is_final =
            |last: &ProbeResult| !last.should_continue() || (last.applies_to_every_request() && !is_accepted);
        (is_accepted && self.member.is_some()) || self.own_results.last().is_some_and(is_final)
    }

    /// Returns whether the company information could explain the problem. It is for clients that do not discover their
    /// base URL, because other clients have already requested the information.
    pub(crate) fn could_use_company_info(&self) -> bool {
        self.cause().is_some_and(|cause| cause.subject != CheckSubject::Host)
    }

    /// Returns the first problem with host, company, client id and credentials, or `None` if none is known.
    pub(crate) fn cause(&self) -> Option<Cause> {
        if let (true, Some(Err(error))) = (self.is_discovered, &self.company_info) {
            return Some(self.discovery_cause(error));
        }
        if self.is_accepted() {
            return None;
        }
        // The most conclusive result has the lowest rank.
        let rank = |result: &&ProbeResult| match result.verdict {
            _ if result.applies_to_every_request() || !result.should_continue() => 0,
            Verdict::ServerError => 1,
            Verdict::Other => 2,
            Verdict::Forbidden => 3,
            Verdict::NotFound => 4,
            _ => 5,
        };
        self.own_results.iter().min_by_key(rank).map(|result| self.rejection_cause(result))
    }

    /// Returns why discovery failed.
    fn discovery_cause(&self, error: &Arc<Error>) -> Cause {
        let message = |name: &str| one_line(error.message().unwrap_or(name));
        match error.parameter() {
            Some("company") => Cause::new(
                CheckSubject::Company,
                message("company"),
                "Check its spelling and letter case, and the region.",
                Some(error),
            ),
            Some("host") => Cause::new(
                CheckSubject::Host,
                message("host"),
                "Use the host that members log in to, such as na.myconnectwise.net.",
                Some(error),
            ),
            // The client could not send the request.
            Some(input) => {
                let summary = format!("cannot be checked: {input} {}", message("input"));
                let cause = Cause::new(CheckSubject::Host, summary, "Correct this, and check again.", Some(error));
                Cause { outcome: CheckOutcome::Unknown, reason: BASE_URL_UNKNOWN, ..cause }
            }
            None if error.is_api() || error.is_unexpected_response() => {
                let advice = "Check the host, and any proxy or gateway in front of the server; try again later.";
                let text = if error.is_api() { error_text(error) } else { one_line(&error.summary()) };
                let summary = format!("{} does not return the base URL of the API ({text})", self.host);
                Cause { reason: BASE_URL_UNKNOWN, ..Cause::new(CheckSubject::Host, summary, advice, Some(error)) }
            }
            None if waited(error) => {
                let cause = Cause::new(
                    CheckSubject::Host,
                    format!("cannot be checked: {NO_TIME}"),
                    "Send fewer requests at a time, and check again.",
                    Some(error),
                );
                Cause { outcome: CheckOutcome::Unknown, reason: BASE_URL_UNKNOWN, ..cause }
            }
            None => self.unreachable_cause(error),
        }
    }

    fn unreachable_cause(&self, error: &Arc<Error>) -> Cause {
        let (summary, advice) = unreachable(&self.host, error);
        Cause { reason: "the host cannot be reached", ..Cause::new(CheckSubject::Host, summary, advice, Some(error)) }
    }

    /// Returns why the server is not known to accept the credentials.
    fn rejection_cause(&self, result: &ProbeResult) -> Cause {
        let (ProbeResult { summary, verdict, .. }, error, base) = (result, result.error.as_ref(), &self.base);
        let cause = |subject, summary, advice: String| Cause::new(subject, summary, advice, error);
        match (verdict, error) {
            (Verdict::NoResponse, Some(error)) => self.unreachable_cause(error),
            (Verdict::NotTheApi, _) => {
                let advice = format!(
                    "Requests go to {base}: check host and path. On the cloud, the API needs https and a host that \
                     starts with `api-`."
                );
                cause(CheckSubject::Host, format!("{} {summary}", self.host), advice)
            }
            (Verdict::Unrouted, _) => {
                let advice = format!("Check the company, the region, and the code base in the base URL ({base}).");
                cause(
                    CheckSubject::Company,
                    format!("the server cannot route requests for {:?} or its code base ({summary})", self.company),
                    advice,
                )
            }
            (Verdict::ClientId | Verdict::Unauthenticated | Verdict::Forbidden | Verdict::NotFound, _)
                if self.needs_client_id(*verdict) =>
            {
                let problem = if self.is_cloud {
                    "not set, and the cloud rejects requests without one"
                } else {
                    "not set, and the server rejects the requests"
                };
                Cause {
                    reason: "no client id is set",
                    ..cause(CheckSubject::ClientId, format!("{problem} ({summary})"), SET_CLIENT_ID.to_owned())
                }
            }
            (Verdict::ClientId, _) => {
                let note = if self.client_id == ClientId::NotAGuid {
                    NOT_A_GUID
                } else {
                    "A private client id works only for the ConnectWise customer that requested it."
                };
                cause(
                    CheckSubject::ClientId,
                    format!("the server rejects it ({summary})"),
                    format!("Check it in ConnectWise's developer portal. {note}"),
                )
            }
            (Verdict::Unauthenticated, _) => {
                cause(CheckSubject::Keys, format!("the server rejects them ({summary})"), self.keys_advice())
            }
            // ConnectWise's guide says that a wrong company and wrong keys can result in a 404 on the cloud.
            (Verdict::NotFound, _) if self.is_cloud => {
                let text = format!("the cloud responds with not found ({summary}), as it may for wrong keys");
                cause(
                    CheckSubject::Keys,
                    text,
                    format!("{} Also check the code base in the base URL ({base}).", self.keys_advice()),
                )
            }
            (Verdict::NotFound, _) => {
                let advice = "Check the path of the base URL; it is usually /v4_6_release/apis/3.0.";
                cause(
                    CheckSubject::Host,
                    format!("{} does not have the API at {base} ({summary})", self.host),
                    advice.to_owned(),
                )
            }
            _ => {
                let advice = match verdict {
                    Verdict::Busy => "Send fewer requests at a time, and check again in a minute.",
                    Verdict::ServerError => "The server, or a gateway in front of it, fails: check again later.",
                    _ if result.is_unsent() => "Correct this, and check again.",
                    _ => {
                        "Follow the message of the server; if it is about the API version, set another version or none."
                    }
                };
                let cause = cause(CheckSubject::Keys, format!("cannot be checked: {summary}"), advice.to_owned());
                Cause { outcome: CheckOutcome::Unknown, reason: INCONCLUSIVE, ..cause }
            }
        }
    }

    /// Returns whether an error response probably has the cause that no client id is set.
    fn needs_client_id(&self, verdict: Verdict) -> bool {
        self.client_id == ClientId::Missing
            && (self.is_cloud || matches!(verdict, Verdict::ClientId | Verdict::Forbidden))
    }

    fn keys_advice(&self) -> String {
        let keys = match self.credential_kind {
            CredentialKind::Keys | CredentialKind::Minted => {
                "Check the public and the private key, and that their member is active. The private key is shown only \
                 once: create new keys if in doubt."
            }
            CredentialKind::Integrator => "Check the name and the password of the integrator login.",
            CredentialKind::Bearer => "Get a new token: tokens expire.",
            CredentialKind::MemberHash => "Check the member id, and get a new hash: a hash is valid for one session.",
        };
        let company =
            if self.known_company().is_some() { "" } else { " Check the company too: it is part of the credentials." };
        format!("{keys}{company} Some servers reject a wrong client id in the same way.")
    }

    /// Returns the company information if it is not empty.
    fn known_company(&self) -> Option<&CompanyInfo> {
        let info = self.company_info.as_ref()?.as_ref().ok()?;
        (info.company_id.is_some() || info.code_base.is_some() || info.version_code.is_some()).then_some(info)
    }

    /// Returns whether the server has responded to any request. A request may not even have been sent.
    fn has_response(&self) -> bool {
        let is_response = |info: &Result<CompanyInfo, Arc<Error>>| match info {
            Ok(_) => true,
            Err(error) => error.status().is_some(),
        };
        self.company_info.as_ref().is_some_and(is_response) || self.own_results.iter().any(|result| !result.is_unsent())
    }

    /// Returns the report.
    pub(crate) fn report(&self) -> CheckReport {
        let cause = self.cause();
        let mut checks = vec![
            self.host(cause.as_ref()),
            self.company(cause.as_ref()),
            self.keys(cause.as_ref()),
            self.client_id(cause.as_ref()),
        ];
        checks.extend(self.member.as_ref().map(|member| member.check(cause.as_ref())));
        checks.extend((0..PROBED_COUNTS.len()).filter_map(|position| self.right(position, cause.as_ref())));
        CheckReport::new(checks)
    }

    fn host(&self, cause: Option<&Cause>) -> Check {
        if let Some(cause) = cause.filter(|cause| cause.subject == CheckSubject::Host) {
            return cause.check();
        }
        let subject = CheckSubject::Host;
        if let Some(unsent) = self.own_results.first().filter(|_| !self.has_response()) {
            return Check::new(subject, CheckOutcome::Unknown, format!("cannot be checked: {}", unsent.summary))
                .with_error(unsent.error.clone());
        }
        let looks_like_api = cause.is_none()
            || self.is_cloud
            || self.known_company().is_some()
            || self.own_results.iter().any(ProbeResult::looks_like_api);
        if !looks_like_api {
            let text = format!("{} responds, but the responses do not show whether it is a PSA server", self.host);
            return Check::new(subject, CheckOutcome::Unknown, text).with_advice("Check the host.".to_owned());
        }
        let looked_up = self.known_company().and_then(|info| release(info.version_code.as_deref()?));
        let release = looked_up.or_else(|| self.own_results.iter().find_map(|result| result.release.clone()));
        let release = release.map(|release| format!(" (release {release})")).unwrap_or_default();
        Check::new(subject, CheckOutcome::Ok, format!("{} responds{release}", self.host))
    }

    fn company(&self, cause: Option<&Cause>) -> Check {
        let (subject, company) = (CheckSubject::Company, &self.company);
        match (cause, self.known_company()) {
            (Some(cause), _) if cause.subject == subject => cause.check(),
            (_, Some(info)) => {
                let name =
                    info.company_name.as_deref().map(|name| format!(" ({})", one_line(name))).unwrap_or_default();
                // One source says that the letter case matters.
                let other = info.company_id.as_deref().filter(|id| id != company && id.eq_ignore_ascii_case(company));
                let note = other.map(|id| {
                    format!("The server spells it {id:?}; use this spelling if the server rejects the credentials.")
                });
                Check::new(subject, CheckOutcome::Ok, format!("the server knows {company:?}{name}")).with_advice(note)
            }
            (None, None) => Check::new(
                subject,
                CheckOutcome::Ok,
                format!("{company:?} is correct, because the server accepts the credentials"),
            ),
            (Some(cause), None) => match &self.company_info {
                // Self-hosted servers may not have this endpoint, so its failure proves nothing.
                Some(Err(error)) if error.parameter() == Some("company") => {
                    let text = format!("the server does not confirm that it knows {company:?}");
                    Check::new(subject, CheckOutcome::Unknown, text)
                        .with_advice("Check its spelling and letter case.".to_owned())
                        .with_error(Some(Arc::clone(error)))
                }
                _ => unchecked(subject, cause.reason),
            },
        }
    }

    fn keys(&self, cause: Option<&Cause>) -> Check {
        match cause {
            None => Check::new(CheckSubject::Keys, CheckOutcome::Ok, "the server accepts them"),
            Some(cause) if cause.subject == CheckSubject::Keys => cause.check(),
            Some(cause) => unchecked(CheckSubject::Keys, cause.reason),
        }
    }

    fn client_id(&self, cause: Option<&Cause>) -> Check {
        let subject = CheckSubject::ClientId;
        match (cause, self.client_id) {
            (Some(cause), _) if cause.subject == subject => cause.check(),
            (None, ClientId::Guid) => Check::new(subject, CheckOutcome::Ok, "the server accepts it"),
            (None, ClientId::NotAGuid) => {
                Check::new(subject, CheckOutcome::Ok, "the server accepts it").with_advice(NOT_A_GUID.to_owned())
            }
            (None, ClientId::Missing) => {
                let note =
                    self.is_cloud.then(|| format!("ConnectWise requires a client id on every call. {SET_CLIENT_ID}"));
                Check::new(subject, CheckOutcome::Ok, "not set, and the server does not require one").with_advice(note)
            }
            (Some(_), ClientId::Missing) if self.is_cloud => {
                Check::new(subject, CheckOutcome::Failed, "not set, and the cloud rejects requests without one")
                    .with_advice(SET_CLIENT_ID.to_owned())
            }
            (Some(cause), ClientId::Missing) => {
                let text = format!("not set; whether the server requires one is unknown because {}", cause.reason);
                Check::new(subject, CheckOutcome::Unknown, text)
            }
            (Some(cause), ClientId::NotAGuid) => unchecked(subject, cause.reason).with_advice(NOT_A_GUID.to_owned()),
            (Some(cause), ClientId::Guid) => unchecked(subject, cause.reason),
        }
    }

    /// Returns the check of the right to read a list.
    fn right(&self, position: usize, cause: Option<&Cause>) -> Option<Check> {
        let (path, name) = PROBED_COUNTS.get(position)?;
        // The first of the own results is the information about the server.
        let (result, role_owner) = match &self.member {
            Some(member) => (member.results.get(position), format!("the member {:?}", member.identifier)),
            None => (self.own_results.get(position + 1), "the API member".to_owned()),
        };
        let rights = rights("GET", path);
        let check =
            |outcome, text: String| Check { rights: rights.clone(), ..Check::new(CheckSubject::Right, outcome, text) };
        let unknown = |reason: &str| check(CheckOutcome::Unknown, format!("reading {name} cannot be checked {reason}"));
        Some(match (cause, result) {
            (Some(cause), _) => unknown(&format!("because {}", cause.reason)),
            (None, Some(result)) => match result.verdict {
                Verdict::Success => check(CheckOutcome::Ok, format!("{name} can be read")),
                Verdict::Forbidden => {
                    let entries: Vec<_> = rights.iter().map(ToString::to_string).collect();
                    let entries = entries.join(", ");
                    let advice = format!("Grant the security role of {role_owner} the rights it may lack: {entries}.");
                    check(CheckOutcome::Failed, format!("{name} cannot be read ({})", result.summary))
                        .with_advice(advice)
                        .with_error(result.error.clone())
                }
                _ => unknown(&format!("({})", result.summary)).with_error(result.error.clone()),
            },
            (None, None) if self.member.as_ref().is_some_and(|member| !member.is_accepted()) => {
                unknown("because the member cannot be impersonated")
            }
            (None, None) => unknown(&format!("because {INCONCLUSIVE}")),
        })
    }
}

impl MemberDiagnosis {
    /// Returns whether keys were minted and the server does not reject them.
    fn is_accepted(&self) -> bool {
        matches!(self.minted, Some(Ok(())))
            && !self.results.iter().any(|result| result.verdict == Verdict::Unauthenticated)
    }

    fn check(&self, cause: Option<&Cause>) -> Check {
        let (subject, identifier) = (CheckSubject::Member, &self.identifier);
        let minted = match (cause, &self.minted) {
            (Some(cause), _) => return unchecked(subject, cause.reason),
            (None, None) => return unchecked(subject, INCONCLUSIVE),
            (None, Some(minted)) => minted,
        };
        let rejected = self.results.iter().find(|result| result.verdict == Verdict::Unauthenticated);
        let (result, text) = match (minted, rejected) {
            (Err(result), _) => (result, format!("API keys for {identifier:?} cannot be created ({})", result.summary)),
            (Ok(()), Some(result)) => (
                result,
                format!("the server rejects the API keys that it created for {identifier:?} ({})", result.summary),
            ),
            (Ok(()), None) => {
                return Check::new(subject, CheckOutcome::Ok, format!("{identifier:?} can be impersonated"));
            }
        };
        let (outcome, advice) = match result.verdict {
            Verdict::Forbidden | Verdict::Unauthenticated if minted.is_err() => (
                CheckOutcome::Failed,
                "Use credentials with the right to impersonate members, such as an integrator login with Member \
                 Impersonation.",
            ),
            Verdict::NoResponse | Verdict::Busy | Verdict::ServerError => (CheckOutcome::Unknown, "Check again later."),
            _ => (
                CheckOutcome::Failed,
                "Check that an active member has this identifier, which is the name the member logs in with.",
            ),
        };
        Check::new(subject, outcome, text).with_advice(advice.to_owned()).with_error(result.error.clone())
    }
}

/// Returns the check of a subject that cannot be checked because of an earlier problem.
fn unchecked(subject: CheckSubject, reason: &str) -> Check {
    Check::new(subject, CheckOutcome::Unknown, format!("cannot be checked because {reason}"))
}

#[cfg(test)]
mod tests;

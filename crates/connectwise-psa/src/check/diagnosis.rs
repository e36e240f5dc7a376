//! What was found out about the settings of a client, and the report that follows from it. Nothing is asked here.

use std::sync::Arc;

use connectwise_psa_core::error::Error;
use uuid::Uuid;

use crate::auth::credentials::LoginKind;
use crate::check::probe::{
    Meaning, NO_TIME, PROBED_COUNTS, ProbeResult, one_line, release, unreachable, waited, words,
};
use crate::check::report::{Check, CheckOutcome, CheckReport, CheckSubject};
use crate::discovery::company_info::CompanyInfo;
use crate::rights::rights;

/// What is known about the client, and what was result.
pub(crate) struct Diagnosis {
    /// Host and port that requests go to.
    pub(crate) host: String,
    /// The base URL.
    pub(crate) base: String,
    pub(crate) is_cloud: bool,
    /// Whether requests depend on discovery.
    pub(crate) is_discovered: bool,
    pub(crate) company: String,
    pub(crate) login: LoginKind,
    pub(crate) client_id: ClientId,
    /// What the server tells about the company, if it was asked.
    pub(crate) company_info: Option<Result<CompanyInfo, Arc<Error>>>,
    /// What the client's own login result: about the server first, then from the readings in their order, as far as
    /// they were asked.
    pub(crate) own: Vec<ProbeResult>,
    pub(crate) member: Option<Member>,
}

/// A member that is called as.
pub(crate) struct Member {
    pub(crate) name: String,
    /// Whether its keys were minted, if that was tried.
    pub(crate) minted: Option<Result<(), ProbeResult>>,
    /// What it result from the readings.
    pub(crate) results: Vec<ProbeResult>,
}

/// The client id, as far as it shows: not the id itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClientId {
    Missing,
    /// The vendor's are GUIDs, and this is none.
    Odd,
    Guid,
}

impl ClientId {
    pub(crate) fn new(text: Option<&[u8]>) -> Self {
        match text {
            None => Self::Missing,
            // Without hyphens, in braces or as a URN it is a GUID too, but not as the vendor writes one.
            Some(text) if text.len() == HYPHENATED && Uuid::try_parse_ascii(text).is_ok() => Self::Guid,
            Some(_) => Self::Odd,
        }
    }
}

/// The length of a GUID with its hyphens.
const HYPHENATED: usize = 36;

/// The first thing that is wrong, which all after it depends on.
pub(crate) struct Cause {
    subject: CheckSubject,
    outcome: CheckOutcome,
    what: String,
    advice: String,
    error: Option<Arc<Error>>,
    /// How things stand because of it: `the keys are wrong`.
    consequence: &'static str,
}

impl Cause {
    fn new(subject: CheckSubject, what: String, advice: impl Into<String>, error: Option<&Arc<Error>>) -> Self {
        let consequence = match subject {
            CheckSubject::Host => "the host is wrong",
            CheckSubject::Company => "the company is wrong",
            CheckSubject::ClientId => "the client id is wrong",
            _ => "the keys are wrong",
        };
        Self { subject, outcome: CheckOutcome::Failed, what, advice: advice.into(), error: error.cloned(), consequence }
    }

    fn check(&self) -> Check {
        Check::new(self.subject, self.outcome, &self.what).advise(self.advice.clone()).because(self.error.clone())
    }
}

const NOT_A_GUID: &str = "It does not look like one: the vendor's are GUIDs.";
const SET_ONE: &str =
    "Set the client id that the vendor gives to programs in its developer portal (CW_CLIENT_ID in the environment).";

impl Diagnosis {
    /// Whether the server is known to accept the client's own login.
    pub(crate) fn is_accepted(&self) -> bool {
        // facts: the facts about the server may be told to everybody. A server that wants a client id may answer 403
        // too, in words nobody has written down.
        self.own.iter().skip(1).any(|result| result.meaning == Meaning::Answered)
            || self.own.iter().any(|result| {
                result.mentions_permissions()
                    || (result.meaning == Meaning::Forbidden && self.client_id != ClientId::Missing)
            })
    }

    /// Whether more questions as the own login would show nothing more.
    pub(crate) fn is_settled(&self) -> bool {
        let is_accepted = self.is_accepted();
        let is_over = |last: &ProbeResult| !last.should_continue() || (last.refuses_login() && !is_accepted);
        (is_accepted && self.member.is_some()) || self.own.last().is_some_and(is_over)
    }

    /// Whether to ask about the company although requests do not depend on it.
    pub(crate) fn could_use_company_info(&self) -> bool {
        self.cause().is_some_and(|cause| cause.subject != CheckSubject::Host)
    }

    /// What is wrong with the login or before it; `None` while nothing is known to be.
    pub(crate) fn cause(&self) -> Option<Cause> {
        if let (true, Some(Err(error))) = (self.is_discovered, &self.company_info) {
            return Some(self.no_endpoint(error));
        }
        if self.is_accepted() {
            return None;
        }
        let weight = |result: &&ProbeResult| match result.meaning {
            _ if result.refuses_login() || !result.should_continue() => 0,
            Meaning::Failing => 1,
            Meaning::Odd => 2,
            Meaning::Forbidden => 3,
            Meaning::Missing => 4,
            _ => 5,
        };
        self.own.iter().min_by_key(weight).map(|result| self.no_login(result))
    }

    /// Why it is not known where the API is.
    fn no_endpoint(&self, error: &Arc<Error>) -> Cause {
        let says = |name: &str| one_line(error.message().unwrap_or(name));
        match error.parameter() {
            Some("company") => Cause::new(
                CheckSubject::Company,
                says("company"),
                "Check its spelling and letter case, and the region.",
                Some(error),
            ),
            Some(_) => Cause::new(
                CheckSubject::Host,
                says("host"),
                "Use the host that members log in to, as na.myconnectwise.net.",
                Some(error),
            ),
            None if error.is_api() => {
                let advice = "Check the host, and what stands between here and the server; try again later.";
                let what = format!("{} does not tell where the API is ({})", self.host, words(error));
                Cause {
                    consequence: "it is not known where the API is",
                    ..Cause::new(CheckSubject::Host, what, advice, Some(error))
                }
            }
            None if waited(error) => {
                let cause = Cause::new(
                    CheckSubject::Host,
                    format!("cannot be told: {NO_TIME}"),
                    "Send fewer requests at a time, and check again.",
                    Some(error),
                );
                Cause { outcome: CheckOutcome::Unknown, consequence: "it is not known where the API is", ..cause }
            }
            None => self.no_answer(error),
        }
    }

    fn no_answer(&self, error: &Arc<Error>) -> Cause {
        let (what, advice) = unreachable(&self.host, error);
        Cause { consequence: "the host cannot be reached", ..Cause::new(CheckSubject::Host, what, advice, Some(error)) }
    }

    /// Why the login is not known to be accepted.
    fn no_login(&self, result: &ProbeResult) -> Cause {
        let (ProbeResult { what: said, meaning, .. }, error, base) = (result, result.error.as_ref(), &self.base);
        let cause = |subject, what, advice: String| Cause::new(subject, what, advice, error);
        match (meaning, error) {
            (Meaning::Lost, Some(error)) => self.no_answer(error),
            (Meaning::NotTheApi, _) => {
                let advice = format!(
                    "Requests go to {base}: check host and path; the cloud's API has `api-` in front of its host, and https."
                );
                cause(CheckSubject::Host, format!("{} {said}", self.host), advice)
            }
            (Meaning::Unrouted, _) => {
                let advice = format!("Check the company, the region, and the code base in the base URL ({base}).");
                cause(
                    CheckSubject::Company,
                    format!("no way leads to {:?} or its code base ({said})", self.company),
                    advice,
                )
            }
            (Meaning::ClientId | Meaning::Unauthenticated | Meaning::Forbidden | Meaning::Missing, _)
                if self.needs_client_id(*meaning) =>
            {
                let what = if self.is_cloud {
                    "none is set, and the cloud refuses calls without one"
                } else {
                    "none is set, and calls are refused"
                };
                Cause {
                    consequence: "no client id is set",
                    ..cause(CheckSubject::ClientId, format!("{what} ({said})"), SET_ONE.to_owned())
                }
            }
            (Meaning::ClientId, _) => {
                let note = if self.client_id == ClientId::Odd {
                    NOT_A_GUID
                } else {
                    "A private one is for the vendor's customer who asked for it alone."
                };
                cause(
                    CheckSubject::ClientId,
                    format!("the server refuses it ({said})"),
                    format!("Check it in the vendor's developer portal. {note}"),
                )
            }
            (Meaning::Unauthenticated, _) => {
                cause(CheckSubject::Keys, format!("the server refuses them ({said})"), self.check_keys())
            }
            // facts: the vendor's guide says that a wrong company and wrong keys can show as 404 on the cloud.
            (Meaning::Missing, _) if self.is_cloud => {
                let what = format!("the cloud finds nothing for them ({said}), which is how it can answer wrong keys");
                cause(
                    CheckSubject::Keys,
                    what,
                    format!("{} Check the code base in the base URL as well ({base}).", self.check_keys()),
                )
            }
            (Meaning::Missing, _) => {
                let advice = "Check the path of the base URL; mostly it is /v4_6_release/apis/3.0.";
                cause(
                    CheckSubject::Host,
                    format!("{} has nothing of the API at {base} ({said})", self.host),
                    advice.to_owned(),
                )
            }
            _ => {
                let advice = match meaning {
                    Meaning::Busy => "Send fewer requests at a time, and check again in a minute.",
                    Meaning::Failing => "The server, or what stands before it, fails: check again later.",
                    _ => "Do what the server says; when it is about the version, set another one or none.",
                };
                let cause = cause(CheckSubject::Keys, format!("cannot be told: {said}"), advice.to_owned());
                Cause { outcome: CheckOutcome::Unknown, consequence: "the server gives no clear answer", ..cause }
            }
        }
    }

    /// Whether a refusal is that of a missing client id.
    fn needs_client_id(&self, meaning: Meaning) -> bool {
        self.client_id == ClientId::Missing
            && (self.is_cloud || matches!(meaning, Meaning::ClientId | Meaning::Forbidden))
    }

    fn check_keys(&self) -> String {
        let keys = match self.login {
            LoginKind::Keys | LoginKind::Minted => {
                "Check the public and the private key, and that their member is active; the private key is shown once, so make new ones if in doubt."
            }
            LoginKind::Integrator => "Check the name and the password of the integrator login.",
            LoginKind::MemberHash => "Check the member id, and get a fresh hash: it ends with the session.",
        };
        let company =
            if self.known_company().is_some() { "" } else { " Check the company too, which is a part of the login." };
        format!("{keys}{company} Some servers say the same of a wrong client id.")
    }

    /// What the server tells about the company, when it tells something.
    fn known_company(&self) -> Option<&CompanyInfo> {
        let info = self.company_info.as_ref()?.as_ref().ok()?;
        (info.company_id.is_some() || info.code_base.is_some() || info.version_code.is_some()).then_some(info)
    }

    /// The report.
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
        let looks_like_api = cause.is_none()
            || self.is_cloud
            || self.known_company().is_some()
            || self.own.iter().any(ProbeResult::looks_like_api);
        if !looks_like_api {
            let what = format!("{} answers, but whether it is a PSA server cannot be told", self.host);
            return Check::new(subject, CheckOutcome::Unknown, what).advise("Check the host.".to_owned());
        }
        let looked_up = self.known_company().and_then(|info| release(info.version_code.as_deref()?));
        let release = looked_up.or_else(|| self.own.iter().find_map(|result| result.release.clone()));
        let release = release.map(|release| format!(" (release {release})")).unwrap_or_default();
        Check::new(subject, CheckOutcome::Ok, format!("{} answers{release}", self.host))
    }

    fn company(&self, cause: Option<&Cause>) -> Check {
        let (subject, company) = (CheckSubject::Company, &self.company);
        match (cause, self.known_company()) {
            (Some(cause), _) if cause.subject == subject => cause.check(),
            (_, Some(info)) => {
                let name =
                    info.company_name.as_deref().map(|name| format!(" ({})", one_line(name))).unwrap_or_default();
                // facts: one source says that the letter case matters.
                let other = info.company_id.as_deref().filter(|id| id != company && id.eq_ignore_ascii_case(company));
                let note =
                    other.map(|id| format!("The server spells it {id:?}; when the login is refused, spell it so."));
                Check::new(subject, CheckOutcome::Ok, format!("{company:?} is known there{name}")).advise(note)
            }
            (None, None) => Check::new(
                subject,
                CheckOutcome::Ok,
                format!("{company:?} is right, since the server accepts the login"),
            ),
            (Some(cause), None) => match &self.company_info {
                // Servers of their own need not have that address, so that it proves nothing.
                Some(Err(error)) if error.parameter() == Some("company") => {
                    let what = format!("the server does not say that it knows {company:?}");
                    Check::new(subject, CheckOutcome::Unknown, what)
                        .advise("Check its spelling and letter case.".to_owned())
                        .because(Some(Arc::clone(error)))
                }
                _ => open(subject, cause.consequence),
            },
        }
    }

    fn keys(&self, cause: Option<&Cause>) -> Check {
        match cause {
            None => Check::new(CheckSubject::Keys, CheckOutcome::Ok, "the server accepts them"),
            Some(cause) if cause.subject == CheckSubject::Keys => cause.check(),
            Some(cause) => open(CheckSubject::Keys, cause.consequence),
        }
    }

    fn client_id(&self, cause: Option<&Cause>) -> Check {
        let subject = CheckSubject::ClientId;
        match (cause, self.client_id) {
            (Some(cause), _) if cause.subject == subject => cause.check(),
            (None, ClientId::Guid) => Check::new(subject, CheckOutcome::Ok, "the server accepts it"),
            (None, ClientId::Odd) => {
                Check::new(subject, CheckOutcome::Ok, "the server accepts it").advise(NOT_A_GUID.to_owned())
            }
            (None, ClientId::Missing) => {
                let note = self.is_cloud.then(|| format!("The vendor asks for one on every call. {SET_ONE}"));
                Check::new(subject, CheckOutcome::Ok, "none is set, and the server asks for none").advise(note)
            }
            (Some(_), ClientId::Missing) if self.is_cloud => {
                Check::new(subject, CheckOutcome::Failed, "none is set, and the cloud refuses calls without one")
                    .advise(SET_ONE.to_owned())
            }
            (Some(cause), ClientId::Missing) => {
                let what =
                    format!("none is set; whether the server asks for one cannot be told while {}", cause.consequence);
                Check::new(subject, CheckOutcome::Unknown, what)
            }
            (Some(cause), ClientId::Odd) => open(subject, cause.consequence).advise(NOT_A_GUID.to_owned()),
            (Some(cause), ClientId::Guid) => open(subject, cause.consequence),
        }
    }

    /// What a reading has shown.
    fn right(&self, position: usize, cause: Option<&Cause>) -> Option<Check> {
        let (path, name) = PROBED_COUNTS.get(position)?;
        // The own login asks about the server first.
        let (result, who) = match &self.member {
            Some(member) => (member.results.get(position), format!("the member {:?}", member.name)),
            None => (self.own.get(position + 1), "the API member".to_owned()),
        };
        let rights = rights("GET", path);
        let check =
            |outcome, what: String| Check { rights: rights.clone(), ..Check::new(CheckSubject::Right, outcome, what) };
        let open = |why: &str| check(CheckOutcome::Unknown, format!("whether {name} can be read cannot be told {why}"));
        Some(match (cause, result) {
            (Some(cause), _) => open(&format!("while {}", cause.consequence)),
            (None, Some(result)) => match result.meaning {
                Meaning::Answered => check(CheckOutcome::Ok, format!("{name} can be read")),
                Meaning::Forbidden => {
                    let entries: Vec<_> = rights.iter().map(ToString::to_string).collect();
                    let advice =
                        format!("Give the security role of {who} this right (it may need): {}.", entries.join(", "));
                    check(CheckOutcome::Failed, format!("{name} cannot be read ({})", result.what))
                        .advise(advice)
                        .because(result.error.clone())
                }
                _ => open(&format!("({})", result.what)).because(result.error.clone()),
            },
            (None, None) if self.member.as_ref().is_some_and(|member| !member.is_good()) => {
                open("while the member cannot be called as")
            }
            (None, None) => open("while the server gives no clear answer"),
        })
    }
}

impl Member {
    /// Whether there are keys that the server accepts.
    fn is_good(&self) -> bool {
        matches!(self.minted, Some(Ok(())))
            && !self.results.iter().any(|result| result.meaning == Meaning::Unauthenticated)
    }

    fn check(&self, cause: Option<&Cause>) -> Check {
        let (subject, name) = (CheckSubject::Member, &self.name);
        let minted = match (cause, &self.minted) {
            (Some(cause), _) => return open(subject, cause.consequence),
            (None, None) => return open(subject, "the server gives no clear answer"),
            (None, Some(minted)) => minted,
        };
        let refused = self.results.iter().find(|result| result.meaning == Meaning::Unauthenticated);
        let (result, what) = match (minted, refused) {
            (Err(result), _) => (result, format!("there are no keys for {name:?} ({})", result.what)),
            (Ok(()), Some(result)) => (result, format!("the keys minted for {name:?} are refused ({})", result.what)),
            (Ok(()), None) => return Check::new(subject, CheckOutcome::Ok, format!("{name:?} can be called as")),
        };
        let (outcome, advice) = match result.meaning {
            Meaning::Forbidden | Meaning::Unauthenticated if minted.is_err() => (
                CheckOutcome::Failed,
                "Give the login the right to impersonate members; an integrator login with Member Impersonation has it.",
            ),
            Meaning::Lost | Meaning::Busy | Meaning::Failing => (CheckOutcome::Unknown, "Check again later."),
            _ => (
                CheckOutcome::Failed,
                "Check that there is an active member of that name; it is the one the member logs in with.",
            ),
        };
        Check::new(subject, outcome, what).advise(advice.to_owned()).because(result.error.clone())
    }
}

/// A check that something before it stands in the way of.
fn open(subject: CheckSubject, consequence: &str) -> Check {
    Check::new(subject, CheckOutcome::Unknown, format!("cannot be told while {consequence}"))
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, StatusCode};

    use super::*;
    use crate::check::probe::Expected;

    const FORBIDDEN: &str =
        r#"{"code":"Security","message":"You do not have security permission to perform this action."}"#;
    const REFUSED: &str = r#"{"code":"ConnectWiseApi","message":"UserNotAuthenticated"}"#;
    const GONE: &str = r#"{"code":"ConnectWiseApi","message":"The endpoint does not exist."}"#;

    /// What is found at a server that answers everything alike.
    fn diagnosis(is_cloud: bool, client_id: ClientId, status: u16, body: &str) -> Diagnosis {
        let result = |expected| {
            ProbeResult::answer(
                StatusCode::from_u16(status).unwrap(),
                &HeaderMap::new(),
                body.as_bytes(),
                expected,
                |_| false,
            )
        };
        let mut own = vec![result(Expected::Release)];
        own.extend((0..PROBED_COUNTS.len()).map(|_| result(Expected::Count)));
        let (host, base) = ("psa.example".to_owned(), "https://psa.example/v4_6_release/apis/3.0".to_owned());
        Diagnosis {
            host,
            base,
            is_cloud,
            is_discovered: false,
            company: "acme".to_owned(),
            login: LoginKind::Keys,
            client_id,
            company_info: None,
            own,
            member: None,
        }
    }

    /// Host, company, keys, client id, rights as `ok`, `no` and `?`.
    fn outcomes(diagnosis: &Diagnosis) -> String {
        let short = |check: &Check| match check.outcome {
            CheckOutcome::Ok => "ok",
            CheckOutcome::Failed => "no",
            CheckOutcome::Unknown => "?",
        };
        let report = diagnosis.report();
        let mut texts: Vec<_> =
            report.checks().iter().filter(|check| check.subject != CheckSubject::Right).map(short).collect();
        let mut rights: Vec<_> =
            report.checks().iter().filter(|check| check.subject == CheckSubject::Right).map(short).collect();
        assert_eq!(rights.len(), PROBED_COUNTS.len());
        rights.dedup();
        texts.extend(rights);
        texts.join(" ")
    }

    #[test]
    fn what_all_answers_alike_mean() {
        use ClientId::{Guid, Missing, Odd};
        let count = r#"{"count":1}"#;
        for (is_cloud, client_id, status, body, expected, text) in [
            (true, Guid, 200, count, "ok ok ok ok ok", "psa.example answers"),
            (true, Odd, 200, count, "ok ok ok ok ok", "It does not look like one"),
            (true, Missing, 200, count, "ok ok ok ok ok", "The vendor asks for one"),
            (false, Missing, 200, count, "ok ok ok ok ok", "asks for none"),
            (true, Guid, 403, FORBIDDEN, "ok ok ok ok no", "System > Member Maintenance (Inquire)"),
            (true, Missing, 403, FORBIDDEN, "ok ok ok ok no", "members cannot be read (403 Forbidden, Security"),
            (true, Missing, 403, "", "ok ? ? no ?", "none is set, and the cloud"),
            (false, Missing, 403, "", "? ? ? no ?", "none is set, and calls are refused"),
            (false, Guid, 403, "", "ok ok ok ok no", "companies cannot be read"),
            (true, Guid, 401, REFUSED, "ok ? no ? ?", "Check the public and the private key"),
            (true, Missing, 401, REFUSED, "ok ? ? no ?", "none is set, and the cloud"),
            (
                false,
                Missing,
                401,
                REFUSED,
                "ok ? no ? ?",
                "whether the server asks for one cannot be told while the keys are wrong",
            ),
            (false, Guid, 401, "", "? ? no ? ?", "whether it is a PSA server cannot be told"),
            (
                false,
                Odd,
                401,
                REFUSED,
                "ok ? no ? ?",
                "cannot be told while the keys are wrong — It does not look like one",
            ),
            (true, Guid, 400, r#"{"message":"clientId is missing"}"#, "ok ? ? no ?", "the server refuses it"),
            (
                false,
                Odd,
                401,
                r#"{"code":"A","message":"clientId is unknown"}"#,
                "ok ? ? no ?",
                "It does not look like one",
            ),
            (
                false,
                Missing,
                401,
                r#"{"code":"A","message":"clientId is missing"}"#,
                "ok ? ? no ?",
                "Set the client id",
            ),
            (
                true,
                Guid,
                400,
                "Cannot route. Codebase/company is invalid",
                "ok no ? ? ?",
                "Check the company, the region, and the code base",
            ),
            (true, Guid, 404, GONE, "ok ? no ? ?", "which is how it can answer wrong keys"),
            (
                false,
                Guid,
                404,
                GONE,
                "no ? ? ? ?",
                "has nothing of the API at https://psa.example/v4_6_release/apis/3.0",
            ),
            (false, Guid, 404, "<html>", "no ? ? ? ?", "an HTML page"),
            (true, Missing, 200, "<html>", "no ? ? no ?", "psa.example answers with an HTML page"),
            (true, Guid, 403, r#"{"code":"Security","message":"SSL is required."}"#, "no ? ? ? ?", "SSL is required"),
            (true, Guid, 301, "", "no ? ? ? ?", "leads elsewhere"),
            (true, Guid, 429, "", "ok ? ? ? ?", "check again in a minute"),
            (false, Guid, 503, "", "? ? ? ? ?", "cannot be told: 503 Service Unavailable"),
            (
                false,
                Guid,
                400,
                r#"{"code":"A","message":"it does not support the API version"}"#,
                "ok ? ? ? ?",
                "set another one or none",
            ),
        ] {
            let diagnosis = diagnosis(is_cloud, client_id, status, body);
            let report = diagnosis.report().to_string();
            assert_eq!(outcomes(&diagnosis), expected, "{status} {body}\n{report}");
            assert!(report.contains(text), "{status} {body}\n{report}");
        }
    }

    #[test]
    fn the_facts_about_a_server_prove_nothing_about_the_keys() {
        let info = |status: u16, body: &str| {
            ProbeResult::answer(
                StatusCode::from_u16(status).unwrap(),
                &HeaderMap::new(),
                body.as_bytes(),
                Expected::Release,
                |_| false,
            )
        };
        let mut refused = diagnosis(false, ClientId::Guid, 401, REFUSED);
        refused.own[0] = info(200, r#"{"version":"v2025.1"}"#);
        assert_eq!(outcomes(&refused), "ok ? no ? ?");
        assert!(refused.report().to_string().contains("answers (release v2025.1)"));
        let mut alone = diagnosis(false, ClientId::Guid, 404, GONE);
        alone.own[0] = info(200, "{}");
        assert_eq!(outcomes(&alone), "no ? ? ? ?");
        let mut good = diagnosis(false, ClientId::Guid, 200, r#"{"count":1}"#);
        good.own[0] = info(404, GONE);
        assert_eq!(outcomes(&good), "ok ok ok ok ok");
    }

    #[test]
    fn what_the_lookup_says_comes_first() {
        let company = || CompanyInfo {
            company_id: Some("Acme".to_owned()),
            company_name: Some("Acme Inc.".to_owned()),
            ..CompanyInfo::default()
        };
        let unknown = || Error::invalid_input("company", "\"acme\" is unknown at psa.example");
        for (is_discovered, lookup, expected, text) in [
            (true, Err(unknown()), "ok no ? ? ?", "Check its spelling"),
            (true, Err(Error::invalid_input("host", "psa.example redirects")), "no ? ? ? ?", "psa.example redirects"),
            (true, Err(Error::connect("dns error")), "no ? ? ? ?", "there is no host of the name psa.example"),
            (
                true,
                Err(Error::from_response(StatusCode::BAD_GATEWAY, &HeaderMap::new(), b"")),
                "no ? ? ? ?",
                "does not tell where the API is (502",
            ),
            (
                true,
                Err(Error::connect("waited 20s, which is the limit for the whole call")),
                "? ? ? ? ?",
                "host: cannot be told: other requests leave no time",
            ),
            (
                true,
                Ok(company()),
                "ok ok no ? ?",
                "\"acme\" is known there (Acme Inc.) — The server spells it \"Acme\"",
            ),
            (true, Ok(CompanyInfo::default()), "ok ? no ? ?", "Check the company too"),
            (false, Ok(company()), "ok ok no ? ?", "is known there"),
            // Where requests do not depend on it, its failure proves nothing.
            (false, Err(unknown()), "ok ? no ? ?", "does not say that it knows \"acme\""),
            (false, Err(Error::connect("dns error")), "ok ? no ? ?", "cannot be told while the keys are wrong"),
        ] {
            let mut diagnosis = diagnosis(true, ClientId::Guid, 401, REFUSED);
            diagnosis.is_discovered = is_discovered;
            diagnosis.company_info = Some(lookup.map_err(Arc::new));
            let report = diagnosis.report().to_string();
            assert_eq!(outcomes(&diagnosis), expected, "{report}");
            assert!(report.contains(text), "{report}");
        }
    }

    #[test]
    fn a_member_is_judged_by_its_keys() {
        let result = |status: u16, body: &str| {
            ProbeResult::answer(
                StatusCode::from_u16(status).unwrap(),
                &HeaderMap::new(),
                body.as_bytes(),
                Expected::Count,
                |_| false,
            )
        };
        let six = |status: u16, body: &str| (0..6).map(|_| result(status, body)).collect::<Vec<_>>();
        for (minted, readings, expected, text) in [
            (Ok(()), six(200, r#"{"count":1}"#), "ok ok ok ok ok ok", "\"jdoe\" can be called as"),
            (Ok(()), six(403, FORBIDDEN), "ok ok ok ok ok no", "the security role of the member \"jdoe\""),
            (Ok(()), vec![result(401, REFUSED)], "ok ok ok ok no ?", "the keys minted for \"jdoe\" are refused"),
            (Err(result(403, FORBIDDEN)), vec![], "ok ok ok ok no ?", "Member Impersonation"),
            (Err(result(401, REFUSED)), vec![], "ok ok ok ok no ?", "Member Impersonation"),
            (Err(result(404, GONE)), vec![], "ok ok ok ok no ?", "an active member of that name"),
            (Err(result(503, "")), vec![], "ok ok ok ok ? ?", "Check again later"),
        ] {
            let mut diagnosis = diagnosis(true, ClientId::Guid, 200, r#"{"count":1}"#);
            diagnosis.member = Some(Member { name: "jdoe".to_owned(), minted: Some(minted), results: readings });
            let report = diagnosis.report().to_string();
            assert_eq!(outcomes(&diagnosis), expected, "{report}");
            assert!(report.contains(text), "{report}");
        }
    }

    #[test]
    fn client_ids_are_guids() {
        for (text, expected) in [
            (None, ClientId::Missing),
            (Some("0f8fad5b-d9cb-469f-a165-70867728950e"), ClientId::Guid),
            (Some("0F8FAD5B-D9CB-469F-A165-70867728950E"), ClientId::Guid),
            (Some("0f8fad5bd9cb469fa16570867728950e"), ClientId::Odd),
            (Some("0f8fad5b-d9cb-469f-a165-70867728950g"), ClientId::Odd),
            (Some("{0f8fad5b-d9cb-469f-a165-70867728950e}"), ClientId::Odd),
            (Some("urn:uuid:0f8fad5b-d9cb-469f-a165-70867728950e"), ClientId::Odd),
            (Some("0f8fad5b-d9cb-469f-a165-7086772895-e"), ClientId::Odd),
            (Some("demo"), ClientId::Odd),
        ] {
            assert_eq!(ClientId::new(text.map(str::as_bytes)), expected, "{text:?}");
        }
    }
}

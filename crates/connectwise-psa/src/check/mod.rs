//! One call that tells in words whether the settings of a client are right, and what to do where they are not.

mod diagnosis;
mod probe;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use self::diagnosis::{ClientId, Facts, Member};
use self::probe::{Expected, Heard};
use crate::auth::credentials::Login;
use crate::{CallOptions, CompanyInfo, Error, Method, Psa, Request, RetryPolicy, Right};

/// How long each of the questions may take, with its retries.
const LIMIT: Duration = Duration::from_secs(20);

/// What shows whether the API is there, and which release it is. facts: some servers answer it to everybody, so that it says nothing about the keys.
const INFO: &str = "/system/info";

/// The readings that most programs need, and what each of them reads.
const READINGS: [(&str, &str); 6] = [
    ("/system/members/count", "members"),
    ("/company/companies/count", "companies"),
    ("/company/contacts/count", "contacts"),
    ("/service/tickets/count", "service tickets"),
    ("/service/boards/count", "service boards"),
    ("/time/entries/count", "time entries"),
];

/// What a check is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CheckSubject {
    /// The host, and whether the API is there.
    Host,
    /// The short name of the company.
    Company,
    /// The keys, or what the client logs in with in their place.
    Keys,
    /// The client id that the vendor gave to the program.
    ClientId,
    /// The member that is called as; only for clients of [`Psa::as_member`].
    Member,
    /// A right of the security role.
    Right,
}

impl CheckSubject {
    /// Its name: `client id`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Company => "company",
            Self::Keys => "keys",
            Self::ClientId => "client id",
            Self::Member => "member",
            Self::Right => "right",
        }
    }
}

impl fmt::Display for CheckSubject {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.pad(self.as_str())
    }
}

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CheckOutcome {
    /// It is right.
    Ok,
    /// It is wrong.
    Failed,
    /// It cannot be told, mostly because something before it is wrong.
    Unknown,
}

impl CheckOutcome {
    /// `ok`, `FAILED` or `unknown`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failed => "FAILED",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for CheckOutcome {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.pad(self.as_str())
    }
}

/// One line of a [`CheckReport`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Check {
    /// What it is about.
    pub subject: CheckSubject,
    /// How it ended.
    pub outcome: CheckOutcome,
    /// What was found, in words.
    pub what: String,
    /// What to do, in a sentence or two; notes on what is right stand here too.
    pub advice: Option<String>,
    /// For a [right](CheckSubject::Right), the entries of the security role that the reading may need.
    pub rights: Vec<Right>,
    /// The error it was found by.
    pub error: Option<Arc<Error>>,
}

impl Check {
    pub(crate) fn new(subject: CheckSubject, outcome: CheckOutcome, what: impl Into<String>) -> Self {
        Self { subject, outcome, what: what.into(), advice: None, rights: Vec::new(), error: None }
    }

    pub(crate) fn advise(self, advice: impl Into<Option<String>>) -> Self {
        Self { advice: advice.into(), ..self }
    }

    pub(crate) fn because(self, error: Option<Arc<Error>>) -> Self {
        Self { error, ..self }
    }
}

/// `FAILED  keys: the server refuses them (401 Unauthorized) — Check the public and the private key.`
impl fmt::Display for Check {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "{}  {}: {}", self.outcome, self.subject, self.what)?;
        match &self.advice {
            Some(advice) => write!(to, " — {advice}"),
            None => Ok(()),
        }
    }
}

/// What [`Psa::check`] found: host, company, keys and client id, the member if there is one, and then the rights. It prints as one line for each, and holds no
/// secrets.
#[derive(Clone, Debug)]
pub struct CheckReport {
    checks: Vec<Check>,
}

impl CheckReport {
    pub(crate) const fn new(checks: Vec<Check>) -> Self {
        Self { checks }
    }

    /// Every check in order.
    #[must_use]
    pub fn checks(&self) -> &[Check] {
        &self.checks
    }

    /// Whether everything is right: nothing failed, and nothing was left open. A program that needs fewer rights than are checked looks at
    /// [`checks`](Self::checks).
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.checks.iter().all(|check| check.outcome == CheckOutcome::Ok)
    }
}

impl fmt::Display for CheckReport {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, check) in self.checks.iter().enumerate() {
            if position > 0 {
                to.write_str("\n")?;
            }
            check.fmt(to)?;
        }
        Ok(())
    }
}

impl Psa {
    /// Tries the settings out: whether host, company, keys and client id are right, and what the login may read; of each that is not, what to do about it.
    ///
    /// It never fails: what goes wrong is in the report. It reads only, about ten times in a row, and gives each question 20 s and three tries. For a
    /// client of [`as_member`](Self::as_member) keys of the member are minted, and the rights are the member's.
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
        let own = psa.as_itself();
        let looks_up = psa.pipeline().shared.place.looks_up();
        let mut facts = psa.facts();
        if looks_up {
            facts.lookup = Some(psa.look_up().await);
            facts.place(&psa);
        }
        // Without a place to send them to, requests would only find the same.
        if facts.cause().is_none() {
            let login = psa.pipeline().shared.login.clone();
            facts.own.push(own.hear(INFO, Expected::Release, &[&login]).await);
            facts.place(&psa);
            for (path, _) in READINGS {
                if facts.is_settled() {
                    break;
                }
                facts.own.push(own.hear(path, Expected::Count, &[&login]).await);
            }
            if facts.is_accepted() && facts.member.is_some() {
                psa.hear_as_member(&mut facts, &login).await;
            }
            if !looks_up && facts.could_use_lookup() {
                facts.lookup = Some(psa.look_up().await);
            }
        }
        facts.report()
    }

    /// What is known before anything is asked.
    fn facts(&self) -> Facts {
        let shared = &self.pipeline().shared;
        let mut facts = Facts {
            host: String::new(),
            base: String::new(),
            is_cloud: false,
            looks_up: shared.place.looks_up(),
            company: shared.company.clone(),
            login: shared.login.kind,
            client_id: ClientId::of(shared.client_id.as_ref().map(|value| value.as_bytes())),
            lookup: None,
            own: Vec::new(),
            member: self.pipeline().member.as_ref().map(|member| Member { name: member.identifier.clone(), minted: None, heard: Vec::new() }),
        };
        facts.place(self);
        facts
    }

    async fn look_up(&self) -> Result<CompanyInfo, Arc<Error>> {
        let outcome = timeout(LIMIT, self.company_info()).await;
        outcome.unwrap_or_else(|_| Err(Error::timeout(format!("the limit is {LIMIT:?}")))).map_err(Arc::new)
    }

    /// Asks one thing as whoever this client is. Answers that repeat something of `logins` are not kept.
    async fn hear(&self, path: &str, expected: Expected, logins: &[&Login]) -> Heard {
        let mut request = Request::new(Method::Get, path);
        if expected == Expected::Count {
            // Counts of large tables take long, and nothing depends on the number.
            request.query.push(("conditions".into(), "id=0".to_owned()));
        }
        let client = &self.pipeline().shared.client;
        let is_secret = |text: &str| logins.iter().any(|login| login.shows_in(client, text));
        let answer = async {
            let response = self.connection().send(request).await?;
            let body = response.body.collect().await?;
            Ok((response.status, response.headers, body))
        };
        match answer.await {
            Ok((status, headers, body)) => Heard::answer(status, &headers, &body, expected, is_secret),
            Err(error) => Heard::error(error, is_secret),
        }
    }

    /// Mints the member's keys and reads with them.
    async fn hear_as_member(&self, facts: &mut Facts, own: &Login) {
        let client = &self.pipeline().shared.client;
        let minted = timeout(LIMIT, self.pipeline().log_in()).await;
        let minted = minted.unwrap_or_else(|_| Err(Error::timeout(format!("the limit is {LIMIT:?}"))));
        let Some(member) = &mut facts.member else { return };
        let minted = match minted {
            Ok(minted) => minted,
            Err(error) => {
                member.minted = Some(Err(Heard::error(error, |text| own.shows_in(client, text))));
                return;
            }
        };
        member.minted = Some(Ok(()));
        for (path, _) in READINGS {
            let heard = self.hear(path, Expected::Count, &[own, &minted]).await;
            let goes_on = heard.lets_go_on() && !heard.refuses_login();
            member.heard.push(heard);
            if !goes_on {
                return;
            }
        }
    }
}

impl Facts {
    /// Notes where requests go, as far as it is known by now.
    fn place(&mut self, psa: &Psa) {
        let place = &psa.pipeline().shared.place;
        let base = place.known();
        let host = base.host_str().unwrap_or_default();
        self.host = base.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        self.base = base.to_string();
        let says_so = self.lookup.as_ref().and_then(|lookup| lookup.as_ref().ok()).and_then(|info| info.is_cloud);
        self.is_cloud = place.is_cloud() || says_so == Some(true);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_prints_a_line_for_each_check_and_is_ok_when_all_are() {
        let line = |subject, outcome, what: &str| Check::new(subject, outcome, what);
        let fine = line(CheckSubject::Host, CheckOutcome::Ok, "psa.example answers");
        let wrong = line(CheckSubject::Keys, CheckOutcome::Failed, "the server refuses them").advise("Do this.".to_owned());
        let open = line(CheckSubject::ClientId, CheckOutcome::Unknown, "cannot be told while the keys are wrong");
        let report = CheckReport::new(vec![fine.clone(), wrong, open.clone()]);
        let expected =
            "ok  host: psa.example answers\nFAILED  keys: the server refuses them — Do this.\nunknown  client id: cannot be told while the keys are wrong";
        assert_eq!(report.to_string(), expected);
        for (checks, is_ok) in [(report.checks().to_vec(), false), (vec![fine.clone(), open], false), (vec![fine], true)] {
            assert_eq!(CheckReport::new(checks).is_ok(), is_ok);
        }
    }

    #[test]
    fn every_reading_has_its_right() {
        for (path, name) in READINGS {
            assert_eq!(crate::rights("GET", path).first().map(|right| right.level), Some("Inquire"), "{name}");
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

//! The report of a check: a line for each thing that was looked at.

use std::fmt;
use std::sync::Arc;

use connectwise_psa_core::error::Error;

use crate::rights::Right;

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
    /// The member that is called as; only for clients of [`Psa::as_member`](crate::Psa::as_member).
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
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
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
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
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
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}  {}: {}", self.outcome, self.subject, self.what)?;
        match &self.advice {
            Some(advice) => write!(f, " — {advice}"),
            None => Ok(()),
        }
    }
}

/// What [`Psa::check`](crate::Psa::check) found: host, company, keys and client id, the member if there is one, and
/// then the rights. It prints as one line for each, and holds no secrets.
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

    /// Whether everything is right: nothing failed, and nothing was left open. A program that needs fewer rights than
    /// are checked looks at [`checks`](Self::checks).
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.checks.iter().all(|check| check.outcome == CheckOutcome::Ok)
    }
}

impl fmt::Display for CheckReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, check) in self.checks.iter().enumerate() {
            if position > 0 {
                f.write_str("\n")?;
            }
            check.fmt(f)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_prints_a_line_for_each_check_and_is_ok_when_all_are() {
        let line = |subject, outcome, what: &str| Check::new(subject, outcome, what);
        let fine = line(CheckSubject::Host, CheckOutcome::Ok, "psa.example answers");
        let wrong =
            line(CheckSubject::Keys, CheckOutcome::Failed, "the server refuses them").advise("Do this.".to_owned());
        let open = line(CheckSubject::ClientId, CheckOutcome::Unknown, "cannot be told while the keys are wrong");
        let report = CheckReport::new(vec![fine.clone(), wrong, open.clone()]);
        let expected = "ok  host: psa.example answers\nFAILED  keys: the server refuses them — Do this.\nunknown  client id: cannot be told while the keys are wrong";
        assert_eq!(report.to_string(), expected);
        for (checks, is_ok) in
            [(report.checks().to_vec(), false), (vec![fine.clone(), open], false), (vec![fine], true)]
        {
            assert_eq!(CheckReport::new(checks).is_ok(), is_ok);
        }
    }
}

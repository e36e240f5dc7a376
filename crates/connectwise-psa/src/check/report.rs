//! The report of a check: one line for each setting and right.

use std::fmt;
use std::sync::Arc;

use connectwise_psa_core::error::Error;

use crate::rights::Right;

/// The setting or right that a check is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CheckSubject {
    /// The host, and whether it has the API.
    Host,
    /// The company id.
    Company,
    /// The keys, or the other credentials that the client uses instead.
    Keys,
    /// The client id that ConnectWise issued to the program.
    ClientId,
    /// The impersonated member; only for clients of [`Psa::as_member`](crate::Psa::as_member).
    Member,
    /// A right of the security role.
    Right,
}

impl CheckSubject {
    /// Returns the name: `client id`.
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

/// The outcome of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CheckOutcome {
    /// The setting is valid, or the right is granted.
    Ok,
    /// The setting is wrong, or the right is missing.
    Failed,
    /// The setting or right could not be checked, usually because an earlier check failed.
    Unknown,
}

impl CheckOutcome {
    /// Returns `ok`, `FAILED` or `unknown`.
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
    /// The setting or right.
    pub subject: CheckSubject,
    /// The outcome.
    pub outcome: CheckOutcome,
    /// The finding, as text.
    pub what: String,
    /// What to do, in a sentence or two. A check that is ok may have a note here.
    pub advice: Option<String>,
    /// For a [right](CheckSubject::Right): the rights that the security role may need to read the list that this check
    /// tested.
    pub rights: Vec<Right>,
    /// The error that shows the problem.
    pub error: Option<Arc<Error>>,
}

impl Check {
    pub(crate) fn new(subject: CheckSubject, outcome: CheckOutcome, what: impl Into<String>) -> Self {
        Self { subject, outcome, what: what.into(), advice: None, rights: Vec::new(), error: None }
    }

    pub(crate) fn with_advice(self, advice: impl Into<Option<String>>) -> Self {
        Self { advice: advice.into(), ..self }
    }

    pub(crate) fn with_error(self, error: Option<Arc<Error>>) -> Self {
        Self { error, ..self }
    }
}

/// `FAILED  keys: the server rejects them (401 Unauthorized) — Check the public and the private key.`
impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}  {}: {}", self.outcome, self.subject, self.what)?;
        match &self.advice {
            Some(advice) => write!(f, " — {advice}"),
            None => Ok(()),
        }
    }
}

/// The result of [`Psa::check`](crate::Psa::check): checks of host, company, keys and client id, of the member if there
/// is one, and of the rights. [`Display`](fmt::Display) prints one line for each check. The report does not contain
/// secrets.
#[derive(Clone, Debug)]
pub struct CheckReport {
    checks: Vec<Check>,
}

impl CheckReport {
    pub(crate) const fn new(checks: Vec<Check>) -> Self {
        Self { checks }
    }

    /// Returns all checks in order.
    #[must_use]
    pub fn checks(&self) -> &[Check] {
        &self.checks
    }

    /// Returns whether all checks are ok. It is false if any check is unknown. A program that needs only some of the
    /// checked rights can look at [`checks`](Self::checks) instead.
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
    fn a_report_has_a_line_for_each_check_and_is_ok_if_all_checks_are() {
        let check = |subject, outcome, what: &str| Check::new(subject, outcome, what);
        let ok = check(CheckSubject::Host, CheckOutcome::Ok, "psa.example responds");
        let failed = check(CheckSubject::Keys, CheckOutcome::Failed, "the server rejects them")
            .with_advice("Do this.".to_owned());
        let unknown =
            check(CheckSubject::ClientId, CheckOutcome::Unknown, "cannot be checked because the keys are wrong");
        let report = CheckReport::new(vec![ok.clone(), failed, unknown.clone()]);
        let expected = [
            "ok  host: psa.example responds",
            "FAILED  keys: the server rejects them — Do this.",
            "unknown  client id: cannot be checked because the keys are wrong",
        ];
        assert_eq!(report.to_string(), expected.join("\n"));
        for (checks, is_ok) in [(report.checks().to_vec(), false), (vec![ok.clone(), unknown], false), (vec![ok], true)]
        {
            assert_eq!(CheckReport::new(checks).is_ok(), is_ok);
        }
    }
}

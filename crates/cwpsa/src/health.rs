//! The state of a connection: the client's check, the rights of the API member, and the exit code that follows.

use std::fmt::Write as _;

use connectwise_psa::access::{AccessReport, AccessSource, Finding, Verdict};
use connectwise_psa::check::{Check, CheckOutcome, CheckReport, CheckSubject};
use connectwise_psa::{Error, ErrorKind};
use serde_json::{Value, json};

use crate::error::CommandError;
use crate::error::kinds::exit_of;
use crate::exit::Exit;

/// The kinds of errors that say more than the subject of the check: the server did not get so far as to look at it.
const SAID_BY_ERROR: [ErrorKind; 5] =
    [ErrorKind::Connect, ErrorKind::Timeout, ErrorKind::Transport, ErrorKind::RateLimited, ErrorKind::Server];

/// The state of a connection.
pub(crate) struct Health {
    pub(crate) check: CheckReport,
    /// The comparison of the rights; `None` if a setting is wrong.
    pub(crate) access: Option<Result<AccessReport, Error>>,
    /// Whether the caller chose what it needs. Then these rights count, and not those of the common lists.
    pub(crate) is_chosen: bool,
}

impl Health {
    /// Returns the exit code: that of the first problem.
    pub(crate) fn exit(&self) -> Exit {
        if let Some(check) = failed_setting(&self.check) {
            return exit_of_check(check);
        }
        if !self.is_chosen {
            return self.problems().next().map_or(Exit::Success, exit_of_check);
        }
        match &self.access {
            None => Exit::Failure,
            Some(Err(error)) => exit_of(error.kind()).0,
            Some(Ok(report)) if report.missing().next().is_some() => Exit::Authentication,
            Some(Ok(report)) if report.is_complete() => Exit::Success,
            // Some of the rights are not known.
            Some(Ok(_)) => Exit::Failure,
        }
    }

    fn problems(&self) -> impl Iterator<Item = &Check> {
        self.check.checks().iter().filter(|check| check.outcome != CheckOutcome::Ok)
    }

    /// Returns the report for people.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        let is_shown = |check: &&Check| !self.is_chosen || check.subject != CheckSubject::Right;
        for check in self.check.checks().iter().filter(is_shown) {
            let _ = writeln!(text, "{check}");
        }
        match &self.access {
            None => {}
            Some(Ok(report)) => {
                let heading = if self.is_chosen { "Rights:" } else { "Rights that the everyday commands need:" };
                let _ = write!(text, "\n{heading}\n{report}");
            }
            Some(Err(error)) => {
                let _ = write!(text, "\nThe rights cannot be read: {error}");
            }
        }
        text.trim_end().to_owned()
    }

    /// Returns the report for programs.
    pub(crate) fn to_json(&self, connection: &str) -> Value {
        let checks: Vec<_> = self.check.checks().iter().map(check_json).collect();
        let access = match &self.access {
            None => Value::Null,
            Some(Ok(report)) => access_json(report),
            Some(Err(error)) => json!({ "error": error.to_string() }),
        };
        json!({ "connection": connection, "ok": self.exit() == Exit::Success, "checks": checks, "access": access })
    }
}

fn check_json(check: &Check) -> Value {
    let outcome = match check.outcome {
        CheckOutcome::Ok => "ok",
        CheckOutcome::Failed => "failed",
        _ => "unknown",
    };
    let rights: Vec<_> = check.rights.iter().map(ToString::to_string).collect();
    json!({
        "subject": check.subject.as_str(),
        "outcome": outcome,
        "what": check.what,
        "advice": check.advice,
        "rights": rights,
    })
}

fn access_json(report: &AccessReport) -> Value {
    let source = match report.source() {
        AccessSource::MySecurity => "mySecurity",
        _ => "probes",
    };
    let findings: Vec<_> = report.findings().iter().map(finding_json).collect();
    json!({
        "source": source,
        "complete": report.is_complete(),
        "findings": findings,
        "unknownOperations": report.unknown_operations(),
        "tableSetup": report.table_setup(),
    })
}

fn finding_json(finding: &Finding) -> Value {
    let verdict = match finding.verdict {
        Verdict::Granted => "granted",
        Verdict::Missing => "missing",
        _ => "unknown",
    };
    json!({
        "area": finding.area,
        "entry": finding.entry,
        "permission": finding.permission.as_str(),
        "needed": finding.needed.as_str(),
        "granted": finding.granted.map(|level| level.as_str()),
        "verdict": verdict,
        "neededFor": finding.needed_for,
    })
}

/// Returns the first setting that is wrong or could not be checked. Rights are not settings.
pub(crate) fn failed_setting(report: &CheckReport) -> Option<&Check> {
    let is_problem = |check: &&Check| check.outcome != CheckOutcome::Ok && check.subject != CheckSubject::Right;
    let mut settings = report.checks().iter().filter(is_problem);
    let failed = report.checks().iter().filter(is_problem).find(|check| check.outcome == CheckOutcome::Failed);
    failed.or_else(|| settings.next())
}

/// Returns an error if a setting is wrong. The credentials of a connection are stored only if the server accepts them.
pub(crate) fn reject_failed_settings(report: &CheckReport) -> Result<(), CommandError> {
    let Some(check) = failed_setting(report) else { return Ok(()) };
    let message = format!("the connection was not stored: {}: {}", check.subject, check.what);
    let advice = check.advice.clone().unwrap_or_default();
    let next_step = format!("{advice} Use --no-check to store the connection nevertheless.");
    Err(CommandError::new(exit_of_check(check), "check_failed", message).with_next_step(next_step.trim_start()))
}

/// Returns the exit code for a check that is not ok.
fn exit_of_check(check: &Check) -> Exit {
    let kind = check.error.as_deref().map(Error::kind);
    if let Some(kind) = kind.filter(|kind| SAID_BY_ERROR.contains(kind)) {
        return exit_of(kind).0;
    }
    match check.subject {
        CheckSubject::Host => Exit::NotFound,
        CheckSubject::Company | CheckSubject::Keys | CheckSubject::ClientId | CheckSubject::Member => {
            Exit::Authentication
        }
        _ if check.outcome == CheckOutcome::Failed => Exit::Authentication,
        _ => Exit::Failure,
    }
}

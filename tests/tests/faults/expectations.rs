//! Reads the table of expectations.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::calls::{Call, Class};
use crate::faults::{Fault, RetryAfter};

const TABLE: &str = include_str!("expectations.toml");

/// How often a client sends a request that it always retries, at most.
pub(crate) const MAX_ATTEMPTS: u32 = 3;

/// The table.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Table {
    #[serde(rename = "rule")]
    pub(crate) rules: Vec<Rule>,
    retry_after: BTreeMap<String, RetryAfterRule>,
}

/// How often a request is sent that is always retried.
#[derive(Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RetryAfterRule {
    transient: u32,
    rate_limited: u32,
    seconds: Option<u64>,
}

/// What faults must lead to.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Rule {
    pub(crate) title: String,
    pub(crate) faults: Vec<String>,
    /// Why the cells are not run yet.
    pub(crate) waiting: Option<String>,
    read: String,
    repeatable_change: Option<String>,
    change: String,
    download: Option<String>,
    preparation: String,
    #[serde(default)]
    pub(crate) only: BTreeMap<String, String>,
}

impl Rule {
    /// Returns the text of the outcome for a class of calls; `None` for checks.
    pub(crate) fn for_class(&self, class: Class) -> Option<&str> {
        Some(match class {
            Class::Read => &self.read,
            Class::RepeatableChange => self.repeatable_change.as_ref().unwrap_or(&self.change),
            Class::Change => &self.change,
            Class::Download => self.download.as_ref().unwrap_or(&self.read),
            Class::Preparation => &self.preparation,
            Class::Check => return None,
        })
    }

    /// Returns the text of the outcome for a call. For checks, it is the one for reads.
    pub(crate) fn for_call(&self, call: &Call) -> &str {
        let only = self.only.get(call.name).or_else(|| self.only.get(call.content.name()));
        only.map(String::as_str).or_else(|| self.for_class(call.class)).unwrap_or(&self.read)
    }
}

/// What a predicate must return; `None` if both values are right.
pub(crate) type Predicate = Option<bool>;

/// What a cell must lead to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) may_succeed: bool,
    /// The kinds of error, one of which is right.
    pub(crate) kinds: Vec<String>,
    pub(crate) is_transient: Predicate,
    pub(crate) is_retryable: Predicate,
    pub(crate) is_ambiguous: Predicate,
    /// How often the decisive request is sent: the least and the most.
    pub(crate) attempts: (u32, u32),
    /// Whether the request is retried until it succeeds or the attempts are used up.
    pub(crate) is_retried: bool,
    /// The value of `retry_after()` in seconds, if there is an error response.
    pub(crate) retry_after: Option<Option<u64>>,
}

impl Outcome {
    fn parse(text: &str) -> Result<Self, String> {
        let mut parts = text.split(',').map(str::trim);
        let kinds: Vec<_> = parts.next().unwrap_or_default().split(" or ").map(str::to_owned).collect();
        let mut outcome = Self {
            may_succeed: kinds.iter().any(|kind| kind == "ok"),
            kinds: kinds.into_iter().filter(|kind| kind != "ok").collect(),
            is_transient: Some(false),
            is_retryable: Some(false),
            is_ambiguous: Some(false),
            attempts: (1, 1),
            is_retried: false,
            retry_after: None,
        };
        let mut attempts = outcome.kinds.is_empty().then_some((1, 1));
        for word in parts {
            let (name, value) = word.strip_suffix('?').map_or((word, Some(true)), |name| (name, None));
            match name {
                "transient" => outcome.is_transient = value,
                "retryable" => outcome.is_retryable = value,
                "ambiguous" => outcome.is_ambiguous = value,
                "once" => attempts = Some((1, 1)),
                "2 attempts" => attempts = Some((2, 2)),
                "1-3 attempts" => attempts = Some((1, MAX_ATTEMPTS)),
                "retried" => {
                    attempts = Some((MAX_ATTEMPTS, MAX_ATTEMPTS));
                    outcome.is_retried = true;
                }
                other => return Err(format!("{other:?} is not a word of an outcome: {text}")),
            }
        }
        outcome.attempts = attempts.ok_or_else(|| format!("the number of attempts is missing: {text}"))?;
        Ok(outcome)
    }
}

impl Table {
    /// Reads the table. Fails if an outcome cannot be parsed.
    pub(crate) fn read() -> Result<Self, String> {
        let table: Self = toml::from_str(TABLE).map_err(|error| error.to_string())?;
        for rule in &table.rules {
            let texts = Class::ALL.into_iter().filter_map(|class| rule.for_class(class));
            for text in texts.chain(rule.only.values().map(String::as_str)) {
                Outcome::parse(text).map_err(|problem| format!("{}: {problem}", rule.title))?;
            }
        }
        Ok(table)
    }

    /// Returns the rule of a fault.
    pub(crate) fn rule(&self, fault: &Fault) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.faults.contains(&fault.name))
    }

    /// Returns what a call must lead to that meets a fault. A check must report a failure unless a read succeeds.
    pub(crate) fn outcome(&self, fault: &Fault, call: &Call) -> Result<Outcome, String> {
        let rule = self.rule(fault).ok_or_else(|| format!("no rule names the fault {:?}", fault.name))?;
        let mut outcome = Outcome::parse(rule.for_call(call))?;
        if let Some(retry_after) = fault.retry_after {
            let rule = self.retry_after(retry_after)?;
            if outcome.is_retried {
                let attempts = if fault.name == "429" { rule.rate_limited } else { rule.transient };
                outcome.attempts = (attempts, attempts);
            }
            outcome.retry_after = Some(rule.seconds);
        }
        if call.is_sent_once {
            outcome.attempts = (1, 1);
            outcome.is_retried = false;
        }
        Ok(outcome)
    }

    fn retry_after(&self, retry_after: RetryAfter) -> Result<RetryAfterRule, String> {
        let name = retry_after.name();
        self.retry_after.get(name).copied().ok_or_else(|| format!("no rule for the Retry-After {name:?}"))
    }
}

//! Planned changes, which wait for their confirmation. A handle stands for a plan: it is valid for one call, once, for some
//! minutes, and on the server that issued it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::mcp::seal::Fingerprint;

/// How long a handle is valid.
pub(crate) const LIFETIME: Duration = Duration::from_mins(5);
/// How long a used or expired handle is remembered, to say what is wrong with it.
const MEMORY: Duration = Duration::from_hours(1);
/// The number of plans that wait at the same time.
const MAX_OPEN: usize = 20;
/// The number of handles that are remembered.
const MAX_REMEMBERED: usize = 1_000;

/// Who confirms a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Confirmation {
    /// The agent, which sends the handle.
    Handle,
    /// The user, whom the client asks.
    Client,
}

/// Why a handle is rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rejected {
    Unknown,
    Used,
    Expired,
    OtherCall,
    OtherConfirmation,
    TooMany,
    NoRandomNumbers,
}

impl Rejected {
    /// Returns the reason in a sentence, with what to do.
    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::Unknown => {
                "This handle was altered, or another server or connection issued it. Call without a handle to plan the change again."
            }
            Self::Used => {
                "This handle was used before. A handle works once. Read the record to see whether the change was made."
            }
            Self::Expired => "This handle expired after 5 minutes. Call without a handle to plan the change again.",
            Self::OtherCall => {
                "This handle was issued for another operation, other parameters or another body. Repeat the planned call unchanged, or call without a handle to plan a new one."
            }
            Self::OtherConfirmation => "This handle is not for agents: the user must confirm the change in the client.",
            Self::TooMany => {
                "20 planned changes wait for their confirmation. Confirm them, or wait until they expire after 5 minutes."
            }
            Self::NoRandomNumbers => "The operating system has no random numbers for a handle.",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    Used,
}

#[derive(Debug)]
struct Plan {
    call: Fingerprint,
    confirmation: Confirmation,
    issued: Instant,
    state: State,
}

impl Plan {
    fn is_open(&self, now: Instant) -> bool {
        self.state == State::Open && now.duration_since(self.issued) < LIFETIME
    }

    fn check(&self, call: Fingerprint, confirmation: Confirmation, now: Instant) -> Result<(), Rejected> {
        if self.state == State::Used {
            Err(Rejected::Used)
        } else if !self.is_open(now) {
            Err(Rejected::Expired)
        } else if self.call != call {
            Err(Rejected::OtherCall)
        } else if self.confirmation != confirmation {
            Err(Rejected::OtherConfirmation)
        } else {
            Ok(())
        }
    }
}

/// The plans of a server.
#[derive(Debug, Default)]
pub(crate) struct Plans(Mutex<HashMap<String, Plan>>);

impl Plans {
    /// Issues the handle of a call.
    pub(crate) fn issue(
        &self,
        call: Fingerprint,
        confirmation: Confirmation,
        now: Instant,
    ) -> Result<String, Rejected> {
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(|_| Rejected::NoRandomNumbers)?;
        let handle = URL_SAFE_NO_PAD.encode(random);
        let mut plans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        plans.retain(|_, plan| now.duration_since(plan.issued) < MEMORY);
        if plans.values().filter(|plan| plan.is_open(now)).count() >= MAX_OPEN || plans.len() >= MAX_REMEMBERED {
            return Err(Rejected::TooMany);
        }
        plans.insert(handle.clone(), Plan { call, confirmation, issued: now, state: State::Open });
        Ok(handle)
    }

    /// Checks a handle, and leaves it as it is.
    pub(crate) fn check(
        &self,
        handle: &str,
        call: Fingerprint,
        confirmation: Confirmation,
        now: Instant,
    ) -> Result<(), Rejected> {
        let plans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        plans.get(handle).ok_or(Rejected::Unknown)?.check(call, confirmation, now)
    }

    /// Uses a handle up. A handle that is rejected stays as it is.
    pub(crate) fn take(
        &self,
        handle: &str,
        call: Fingerprint,
        confirmation: Confirmation,
        now: Instant,
    ) -> Result<(), Rejected> {
        let mut plans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let plan = plans.get_mut(handle).ok_or(Rejected::Unknown)?;
        plan.check(call, confirmation, now)?;
        plan.state = State::Used;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(text: &str) -> Fingerprint {
        Fingerprint::of(&text).unwrap()
    }

    #[test]
    fn a_handle_works_once_for_its_call() {
        let (plans, now) = (Plans::default(), Instant::now());
        let handle = plans.issue(call("a"), Confirmation::Handle, now).unwrap();
        let take = |handle: &str, of: &str, by| plans.take(handle, call(of), by, now);
        assert_eq!(take(&handle, "b", Confirmation::Handle), Err(Rejected::OtherCall));
        assert_eq!(take("x", "a", Confirmation::Handle), Err(Rejected::Unknown));
        assert_eq!(take(&handle, "a", Confirmation::Client), Err(Rejected::OtherConfirmation));
        assert_eq!(take(&handle, "a", Confirmation::Handle), Ok(()));
        assert_eq!(take(&handle, "a", Confirmation::Handle), Err(Rejected::Used));
        assert_eq!(Plans::default().take(&handle, call("a"), Confirmation::Handle, now), Err(Rejected::Unknown));
    }

    #[test]
    fn an_agent_cannot_use_the_handle_of_a_confirmation_by_the_user() {
        let (plans, now) = (Plans::default(), Instant::now());
        let handle = plans.issue(call("a"), Confirmation::Client, now).unwrap();
        assert_eq!(plans.take(&handle, call("a"), Confirmation::Handle, now), Err(Rejected::OtherConfirmation));
    }

    #[test]
    fn handles_expire_and_are_limited() {
        let (plans, now) = (Plans::default(), Instant::now());
        let handles: Vec<_> =
            (0..MAX_OPEN).map(|_| plans.issue(call("a"), Confirmation::Handle, now).unwrap()).collect();
        assert_eq!(plans.issue(call("a"), Confirmation::Handle, now), Err(Rejected::TooMany));
        let later = now + LIFETIME;
        assert_eq!(plans.take(&handles[0], call("a"), Confirmation::Handle, later), Err(Rejected::Expired));
        assert!(plans.issue(call("a"), Confirmation::Handle, later).is_ok());
    }
}

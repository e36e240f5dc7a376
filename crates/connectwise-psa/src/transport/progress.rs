//! How far a call has got. At its timeout, the progress decides what the error says about the past.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, Ordering};

/// A step of a call that can last until its timeout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Looks up the base URL of the API.
    LookingUp,
    /// Creates the keys of a member.
    Minting,
    /// Waits for the client's own limits.
    Queued,
    /// A request has been sent.
    Sent,
    /// Waits before the next attempt.
    BetweenAttempts,
}

/// The current phase of a call, which the code that enforces the timeout reads.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    phase: AtomicU8,
    earlier_attempt_ambiguous: AtomicBool,
    earlier_attempt_sent: AtomicBool,
    attempts: AtomicU32,
}

const PHASES: [Phase; 5] = [Phase::LookingUp, Phase::Minting, Phase::Queued, Phase::Sent, Phase::BetweenAttempts];

impl Progress {
    pub(crate) fn enter(&self, phase: Phase) {
        let index = PHASES.iter().position(|other| *other == phase).and_then(|index| u8::try_from(index).ok());
        self.phase.store(index.unwrap_or_default(), Ordering::Relaxed);
    }

    pub(crate) fn phase(&self) -> Phase {
        PHASES.get(usize::from(self.phase.load(Ordering::Relaxed))).copied().unwrap_or(Phase::Sent)
    }

    /// Records how many times the request of the call has been sent.
    pub(crate) fn set_attempts(&self, attempts: u32) {
        self.attempts.store(attempts, Ordering::Relaxed);
    }

    pub(crate) fn attempts(&self) -> u32 {
        self.attempts.load(Ordering::Relaxed)
    }

    /// Records that the server may have carried out an attempt that has ended.
    pub(crate) fn set_earlier_attempt_ambiguous(&self, lost: bool) {
        self.earlier_attempt_ambiguous.store(lost, Ordering::Relaxed);
    }

    pub(crate) fn earlier_attempt_ambiguous(&self) -> bool {
        self.earlier_attempt_ambiguous.load(Ordering::Relaxed)
    }

    /// Records that an attempt that has ended was sent.
    pub(crate) fn set_earlier_attempt_sent(&self, sent: bool) {
        self.earlier_attempt_sent.store(sent, Ordering::Relaxed);
    }

    pub(crate) fn earlier_attempt_sent(&self) -> bool {
        self.earlier_attempt_sent.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_phase_is_kept() {
        let progress = Progress::default();
        for phase in PHASES {
            progress.enter(phase);
            assert_eq!(progress.phase(), phase);
        }
    }
}

//! The budget of retries, shared by all clones: a server that is down is not sent every request several times.

use std::sync::atomic::{AtomicU32, Ordering};

/// How many retries there are when all is well.
const MOST: u32 = 100;

/// Retries that are left; each success gives one back.
pub(crate) struct Budget(AtomicU32);

impl Budget {
    pub(crate) const fn new() -> Self {
        Self(AtomicU32::new(MOST))
    }

    /// Takes one, if there is one.
    pub(crate) fn withdraw(&self) -> bool {
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
    }

    /// Gives one back.
    pub(crate) fn deposit(&self) {
        // At its limit there is nothing to update.
        let _ = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| (left < MOST).then_some(left + 1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retries_are_spent_and_given_back() {
        let budget = Budget::new();
        budget.deposit();
        assert_eq!((0..200).filter(|_| budget.withdraw()).count(), 100);
        budget.deposit();
        assert!(budget.withdraw() && !budget.withdraw());
    }
}

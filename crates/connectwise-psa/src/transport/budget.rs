//! The retry budget, which all clones of a client share. It prevents a client from retrying every request while a
//! server is down.

use std::sync::atomic::{AtomicU32, Ordering};

/// The size of a full budget.
const MAX_RETRIES: u32 = 100;

/// The number of retries that are left. Each successful request adds one.
pub(crate) struct Budget(AtomicU32);

impl Budget {
    pub(crate) const fn new() -> Self {
        Self(AtomicU32::new(MAX_RETRIES))
    }

    /// Takes one retry. Returns false if none is left.
    pub(crate) fn withdraw(&self) -> bool {
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
    }

    /// Adds one retry, unless the budget is full.
    pub(crate) fn deposit(&self) {
        // A full budget is not updated, which is not an error.
        let _ =
            self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| (left < MAX_RETRIES).then_some(left + 1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retries_are_withdrawn_and_deposited() {
        let budget = Budget::new();
        // The budget is full, so it stays at 100.
        budget.deposit();
        assert_eq!((0..200).filter(|_| budget.withdraw()).count(), 100);
        budget.deposit();
        assert!(budget.withdraw() && !budget.withdraw());
    }
}

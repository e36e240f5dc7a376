//! The options of a catch-up.

use std::time::Duration;

use connectwise_psa_core::json::DateTime;

use crate::webhooks::callback_type::CallbackType;

/// The default overlap of two catch-ups. Observed on one live server: conditions found a new record only after several
/// minutes.
const OVERLAP: Duration = Duration::from_secs(10 * 60);

/// What a catch-up does with known records that the lists no longer contain.
///
/// A record is missing from a list if it was deleted, but also if the API member may no longer see it: restricted boards
/// and withdrawn rights hide records without an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Deletions {
    /// Missing records are reported as deleted, up to a limit. Above it, the type is not caught up, and the error is
    /// [`ManyDeleted`](crate::webhooks::CatchUpError::ManyDeleted).
    ///
    /// The limit is exceeded if more than `records` and more than `percent` of the known records are missing, or if
    /// nothing is left of more than one record. The default is 20 records and 5 percent.
    Guarded {
        /// So many missing records are always plausible.
        records: usize,
        /// So many of 100 known records are always plausible.
        percent: u8,
    },
    /// All missing records are reported as deleted. Use it for one run, after a person has confirmed that they were
    /// deleted.
    Confirmed,
    /// Nothing is reported as deleted, and the ids of all records are not read, except by the first catch-up. The
    /// missing records stay known, so that a later catch-up can still report them.
    Ignored,
}

impl Default for Deletions {
    fn default() -> Self {
        Self::Guarded { records: 20, percent: 5 }
    }
}

impl Deletions {
    /// Returns whether so many missing records are plausible.
    pub(crate) fn allows(self, missing: usize, known: usize) -> bool {
        match self {
            Self::Confirmed | Self::Ignored => true,
            Self::Guarded { .. } if missing == known && known > 1 => false,
            Self::Guarded { records, percent } => {
                missing <= records || missing.saturating_mul(100) <= known.saturating_mul(usize::from(percent))
            }
        }
    }
}

/// The options of a catch-up.
#[derive(Clone, Debug)]
#[must_use = "options do nothing by themselves"]
pub struct CatchUpOptions {
    pub(crate) overlap: Duration,
    pub(crate) since: Option<DateTime>,
    pub(crate) deletions: Deletions,
    pub(crate) excluded: Vec<CallbackType>,
}

impl Default for CatchUpOptions {
    fn default() -> Self {
        Self { overlap: OVERLAP, since: None, deletions: Deletions::default(), excluded: Vec::new() }
    }
}

impl CatchUpOptions {
    /// Returns the default options.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets how far a catch-up goes back behind the checkpoint. The default is 10 minutes. Changes within the overlap are
    /// returned again.
    pub fn overlap(mut self, overlap: Duration) -> Self {
        self.overlap = overlap;
        self
    }

    /// Returns also the changes since this time of the server's clock, if it is earlier than the checkpoint. The first
    /// catch-up of a type has no checkpoint: without this time, it returns no events.
    pub fn since(mut self, time: DateTime) -> Self {
        self.since = Some(time);
        self
    }

    /// Sets what happens with known records that the lists no longer contain.
    pub fn deletions(mut self, deletions: Deletions) -> Self {
        self.deletions = deletions;
        self
    }

    /// Leaves out a type, for example one that has no catch-up although a callback is registered for it.
    pub fn without(mut self, callback_type: CallbackType) -> Self {
        self.excluded.push(callback_type);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_part_of_the_records_is_not_reported_as_deleted_without_confirmation() {
        let guarded = Deletions::default();
        for (missing, known, expected) in [
            (0, 0, true),
            (0, 500, true),
            (1, 1, true),
            (2, 2, false),
            (19, 20, true),
            (20, 400, true),
            (20, 20, false),
            (21, 400, false),
            (21, 420, true),
            (500, 10_000, true),
            (501, 10_000, false),
        ] {
            assert_eq!(guarded.allows(missing, known), expected, "{missing} of {known}");
            assert!(Deletions::Confirmed.allows(missing, known));
        }
    }
}

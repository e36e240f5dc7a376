//! The errors of a catch-up. Each is about one type of record.

use std::{error, fmt, io};

use connectwise_psa_core::error::Error;

use crate::webhooks::callback_type::CallbackType;

/// An error of a catch-up. It is about one type of record: nothing is stored for that type, so its next catch-up returns
/// the same changes again. The other types are not affected.
#[derive(Debug)]
#[non_exhaustive]
pub enum CatchUpError {
    /// A call failed, for example because the API member may not read the list.
    Call(CallbackType, Error),
    /// The state could not be read or written, or is damaged.
    State(CallbackType, io::Error),
    /// There is no catch-up for this type.
    Unsupported(CallbackType, String),
    /// Many of the records that the checkpoint contains are missing from the lists. That happens if the API member may
    /// no longer see them, so they are not reported as deleted. If they were deleted, run one catch-up with
    /// [`Deletions::Confirmed`](crate::webhooks::Deletions::Confirmed).
    #[non_exhaustive]
    ManyDeleted {
        /// The type of the records.
        callback_type: CallbackType,
        /// How many records the checkpoint contains.
        known: usize,
        /// How many of them are missing.
        missing: usize,
    },
    /// The checkpoint belongs to another company.
    #[non_exhaustive]
    OtherCompany {
        /// The type of the records.
        callback_type: CallbackType,
        /// The company of the checkpoint.
        company: String,
    },
}

impl CatchUpError {
    /// Returns the type of record that the error is about.
    #[must_use]
    pub fn callback_type(&self) -> &CallbackType {
        match self {
            Self::Call(callback_type, _)
            | Self::State(callback_type, _)
            | Self::Unsupported(callback_type, _)
            | Self::ManyDeleted { callback_type, .. }
            | Self::OtherCompany { callback_type, .. } => callback_type,
        }
    }
}

impl fmt::Display for CatchUpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "catch-up of {}: ", self.callback_type())?;
        match self {
            Self::Call(..) => f.write_str("a call failed"),
            Self::State(..) => f.write_str("the stored state cannot be used"),
            Self::Unsupported(_, reason) => f.write_str(reason),
            Self::ManyDeleted { known, missing, .. } => write!(
                f,
                "{missing} of {known} known records are missing from the lists; they were deleted, or the API member may \
                 no longer see them"
            ),
            Self::OtherCompany { company, .. } => write!(f, "the stored state belongs to the company {company:?}"),
        }
    }
}

impl error::Error for CatchUpError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Call(_, error) => Some(error),
            Self::State(_, error) => Some(error),
            _ => None,
        }
    }
}

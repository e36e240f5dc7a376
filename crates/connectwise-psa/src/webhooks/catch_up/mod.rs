//! Catch-up after an outage: the changes whose messages were lost, found by comparing the lists of PSA with a stored
//! state.

pub(crate) mod checkpoint;
pub(crate) mod error;
pub(crate) mod file_state;
pub(crate) mod known_ids;
pub(crate) mod options;
mod producer;
pub(crate) mod run;
mod sources;
pub(crate) mod state;

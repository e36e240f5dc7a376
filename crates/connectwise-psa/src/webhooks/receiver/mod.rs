//! The receiver: it accepts messages for a store, and passes stored messages to a handler.

mod attempt;
mod dispatcher;
pub(super) mod handle;
pub(super) mod outcome;
mod settings;
mod shared;

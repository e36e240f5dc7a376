//! The receiver: it accepts messages for a store, and passes stored messages to a handler.

mod attempt;
mod dispatcher;
mod outcome;
#[allow(clippy::module_inception, reason = "the file has the name of its type")]
mod receiver;
mod settings;

pub use outcome::Outcome;
pub use receiver::{Receiver, ReceiverBuilder, SIGNATURE_HEADER};

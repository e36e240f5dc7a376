//! Webhooks, which PSA names callbacks: registration, verified messages, and catch-up after an outage.

mod callback_type;
mod entity;
mod event;
mod key_url;
mod keys;
mod message;
mod rejection;
mod signature;
mod verifier;

pub use callback_type::CallbackType;
pub use entity::Entity;
pub use event::{Action, Event};
pub use message::{InvalidMessage, Message};
pub use rejection::{KeyFailure, KeyUrlProblem, Rejection};
pub use verifier::{Verifier, VerifierBuilder};

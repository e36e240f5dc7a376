//! Webhooks, which PSA names callbacks: registration, verified messages, and catch-up after an outage.

mod callback_type;
mod entity;
mod event;
mod message;
mod receiver;
mod rejection;
mod store;
mod verifier;

pub use callback_type::CallbackType;
pub use entity::Entity;
pub use event::{Action, Event};
pub use message::{InvalidMessage, Message};
pub use receiver::{Outcome, Receiver, ReceiverBuilder, SIGNATURE_HEADER};
pub use rejection::{KeyFailure, KeyUrlProblem, Rejection};
pub use store::{
    Acceptance, DamagedLine, DedupKey, FailedMessage, FileStore, FileStoreBuilder, MemoryStore, MessageStore, NewMessage,
    OpenError, StoreError, StoreLimits, UnhandledMessage,
};
pub use verifier::{Verifier, VerifierBuilder};

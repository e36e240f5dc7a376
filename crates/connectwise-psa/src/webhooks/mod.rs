//! Webhooks, which PSA names callbacks: registration, verified messages, and catch-up after an outage.

mod callback_type;
mod entity;
mod event;

pub use callback_type::CallbackType;
pub use entity::Entity;
pub use event::{Action, Event};

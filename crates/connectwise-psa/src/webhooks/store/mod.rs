//! Stores of accepted messages: the trait, a store in memory, and a store in a file.

pub(super) mod file;
mod journal;
pub(super) mod limits;
mod lock_file;
pub(super) mod memory;
pub(super) mod message_store;
pub(super) mod messages;
mod state;
mod writer;

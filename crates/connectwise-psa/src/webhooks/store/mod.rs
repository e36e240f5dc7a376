//! Stores of accepted messages: the trait, a store in memory, and a store in a file.

mod file;
mod journal;
mod limits;
mod lock_file;
mod memory;
mod message_store;
mod messages;
mod state;
mod writer;

pub use file::{DamagedLine, FileStore, FileStoreBuilder, OpenError};
pub use limits::StoreLimits;
pub use memory::MemoryStore;
pub use message_store::{Acceptance, MessageStore, StoreError};
pub use messages::{DedupKey, FailedMessage, NewMessage, UnhandledMessage};

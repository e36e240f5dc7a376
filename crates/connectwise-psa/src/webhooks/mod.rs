//! Webhooks, which PSA names callbacks: registration, verified messages, and catch-up after an outage.

#[cfg(feature = "axum")]
mod axum;
mod callback_type;
mod callbacks;
mod catch_up;
mod entity;
mod event;
mod key_url;
mod keys;
mod levels;
mod message;
mod plan;
mod receiver;
mod reconcile;
mod registration;
mod registration_set;
mod rejection;
mod signature;
mod start;
mod store;
mod verifier;

#[cfg(feature = "axum")]
pub use axum::{VerifiedMessage, receive};
pub use callback_type::CallbackType;
pub use callbacks::{Callbacks, RegisteredCallback};
pub use catch_up::checkpoint::Checkpoint;
pub use catch_up::error::CatchUpError;
pub use catch_up::file_state::FileState;
pub use catch_up::known_ids::KnownIds;
pub use catch_up::options::{CatchUpOptions, Deletions};
pub use catch_up::run::CatchUp;
pub use catch_up::state::{CatchUpState, MemoryState};
pub use entity::Entity;
pub use event::{Action, Event};
pub use levels::{
    ActivityLevel, AgreementLevel, CompanyLevel, ConfigurationLevel, ContactLevel, ExpenseLevel, InvoiceLevel,
    MemberLevel, NamedLevel, OpportunityLevel, ProductCatalogLevel, ProjectLevel, PurchaseOrderLevel, ScheduleLevel,
    Subscription, TicketLevel, TimeLevel,
};
pub use message::{InvalidMessage, Message};
pub use plan::{Plan, PlannedUpdate};
pub use receiver::handle::{Receiver, ReceiverBuilder, SIGNATURE_HEADER};
pub use receiver::outcome::Outcome;
pub use reconcile::{ReconcileError, Report};
pub use registration::Registration;
pub use registration_set::RegistrationSet;
pub use rejection::{KeyFailure, KeyUrlProblem, Rejection};
pub use start::Started;
pub use store::file::{DamagedLine, FileStore, FileStoreBuilder, OpenError};
pub use store::limits::StoreLimits;
pub use store::memory::MemoryStore;
pub use store::message_store::{Acceptance, MessageStore, StoreError};
pub use store::messages::{DedupKey, FailedMessage, NewMessage, UnhandledMessage};
pub use verifier::{Verifier, VerifierBuilder};

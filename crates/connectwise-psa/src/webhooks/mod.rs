//! Webhooks, which PSA names callbacks: registration, verified messages, and catch-up after an outage.

mod callback_type;
mod callbacks;
mod entity;
mod event;
mod levels;
mod plan;
mod reconcile;
mod registration;
mod wanted;

pub use callback_type::CallbackType;
pub use callbacks::{Callbacks, RegisteredCallback};
pub use entity::Entity;
pub use event::{Action, Event};
pub use levels::{
    ActivityLevel, AgreementLevel, CompanyLevel, ConfigurationLevel, ContactLevel, ExpenseLevel, InvoiceLevel,
    MemberLevel, NamedLevel, OpportunityLevel, ProductCatalogLevel, ProjectLevel, PurchaseOrderLevel, ScheduleLevel,
    Subscription, TicketLevel, TimeLevel,
};
pub use plan::{Plan, PlannedUpdate};
pub use reconcile::{ReconcileError, Report};
pub use registration::Registration;
pub use wanted::Wanted;

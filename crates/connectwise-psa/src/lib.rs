//! A client for the ConnectWise PSA (formerly Manage) REST API: every operation, and the care that each of them needs.
//!
//! ```no_run
//! # #[cfg(feature = "service")]
//! # async fn run() -> Result<(), connectwise_psa::Error> {
//! use connectwise_psa::types::Ticket;
//! use connectwise_psa::{Patch, Psa};
//!
//! let psa = Psa::from_env()?;
//! let mut open = psa.service().list_tickets().filter(|ticket| ticket.closed_flag().eq(false)).stream();
//! while let Some(ticket) = open.next().await {
//!     println!("{:?}", ticket?.summary);
//! }
//! let created = psa.service().create_ticket(&Ticket::new("Printer on fire", 5)).await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Retries
//!
//! A request is sent again after a 429 (when the server says, or after 30 s), a 502, 503 or 504, a 500 that speaks of a timeout, and when the connection cannot
//! be made or breaks. Delays grow and vary ([`RetryPolicy`]); the time of the whole call and a budget shared by all clones bound them.
//!
//! What may have been carried out already is sent again only when that leaves the same: readings, searches, PUT, DELETE, and patches that set or empty members
//! by name. A POST, an `add` and a change of an element by its index are repeated only after a 429 or when no connection was made;
//! [`CallOptions::retry_non_idempotent`] lifts that for calls that bear it. Otherwise the error is [`is_ambiguous`](Error::is_ambiguous).
//!
//! # Credentials
//!
//! They go to the configured server and nowhere else. Redirects are not followed, of links only the page is read, and a lookup cannot lead out of the vendor's
//! domain. They are in secret types, and headers that carry them are marked, so that neither `Debug` nor logs show them.
//!
//! # Features
//!
//! One for each section of the API, all on by default; `rustls` (default) or `native-tls`; `blocking`; `schemas`. Programs that need one section compile in a
//! fraction of the time: `default-features = false, features = ["rustls", "service"]`.
#![forbid(unsafe_code)]
// docs.rs shows the feature of each item. This needs a nightly compiler, which sets `docsrs`.
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "blocking")]
pub mod blocking;
pub mod calls;
pub mod catalogue;
pub mod check;
pub mod conditions;
pub mod dependencies;
pub mod fields;
pub mod json;
pub mod patch;
pub mod raw;
pub mod transport;

mod auth;
mod builder;
mod client;
mod discovery;
mod rights;
mod sync;

pub use connectwise_psa_bindings::API_VERSION;
#[cfg(feature = "company")]
#[doc(inline)]
pub use connectwise_psa_bindings::company;
#[cfg(feature = "configurations")]
#[doc(inline)]
pub use connectwise_psa_bindings::configurations;
#[cfg(feature = "expense")]
#[doc(inline)]
pub use connectwise_psa_bindings::expense;
#[cfg(feature = "finance")]
#[doc(inline)]
pub use connectwise_psa_bindings::finance;
#[cfg(feature = "marketing")]
#[doc(inline)]
pub use connectwise_psa_bindings::marketing;
#[cfg(feature = "procurement")]
#[doc(inline)]
pub use connectwise_psa_bindings::procurement;
#[cfg(feature = "project")]
#[doc(inline)]
pub use connectwise_psa_bindings::project;
#[cfg(feature = "sales")]
#[doc(inline)]
pub use connectwise_psa_bindings::sales;
#[cfg(feature = "schedule")]
#[doc(inline)]
pub use connectwise_psa_bindings::schedule;
#[cfg(feature = "schemas")]
#[doc(inline)]
pub use connectwise_psa_bindings::schemas;
#[cfg(feature = "service")]
#[doc(inline)]
pub use connectwise_psa_bindings::service;
#[cfg(feature = "system")]
#[doc(inline)]
pub use connectwise_psa_bindings::system;
#[cfg(feature = "time")]
#[doc(inline)]
pub use connectwise_psa_bindings::time;
#[doc(inline)]
pub use connectwise_psa_bindings::types;

// What a program names every day. Each public item has one path: what is named here is in none of the modules.
pub use builder::PsaBuilder;
pub use client::Psa;
pub use connectwise_psa_core::calls::{Bookmark, Call, Count, Get, List, Page};
pub use connectwise_psa_core::conditions::Condition;
pub use connectwise_psa_core::error::{Error, ErrorKind, FieldError};
pub use connectwise_psa_core::fields::{Filter, Record};
pub use connectwise_psa_core::json::{Date, DateTime, RecordInfo, Reference};
pub use connectwise_psa_core::operation::Method;
pub use connectwise_psa_core::patch::Patch;
pub use connectwise_psa_core::query::ListQuery;
pub use connectwise_psa_core::serde_json::Value;
pub use connectwise_psa_core::transport::{ByteStream, CallOptions, Download, DryRun, RetryPolicy, Upload};
pub use connectwise_psa_core::uuid::Uuid;
pub use discovery::company_info::CompanyInfo;
pub use discovery::mode::Discovery;
pub use discovery::region::Region;
